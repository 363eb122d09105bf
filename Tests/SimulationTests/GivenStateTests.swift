import ControlPlane
import KubernetesAPI
import Manifests
import Scheduling
import Simulation
import SimulationKit
import Testing

/// `schedule` and `run` read the same files: what a pod gets from the API server it gets in both.
@Suite struct GivenStateTests {
    private static let nodes = (1...3).map { index in
        """
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n\(index), labels: {kubernetes.io/hostname: n\(index), topology.kubernetes.io/zone: z\(index)}}
        status:
          capacity: {cpu: "4", memory: 8Gi, pods: "110"}
          allocatable: {cpu: "4", memory: 8Gi, pods: "110"}

        """
    }.joined()

    /// Where the pods of `yaml` are put without running, and by running.
    private func places(_ yaml: String, sourceLocation: SourceLocation = #_sourceLocation) -> (given: [String], run: [String]) {
        let input = Input(ManifestReader.read(text: Self.nodes + yaml, file: "test.yaml"))
        let (cluster, refused) = input.makeGivenState()
        #expect(input.problems.isEmpty && refused.problems.isEmpty, "\(input.problems) \(refused.problems)", sourceLocation: sourceLocation)
        var given: [String: String] = [:]
        for pod in cluster.store.pods.all { given[pod.name] = pod.nodeName }
        for decision in decide(cluster: cluster, order: .file) { given[decision.pod.name] = decision.winner ?? "-" }
        var session = session(Self.nodes + yaml, sourceLocation: sourceLocation)
        session.run(to: 20)
        var run: [String: String] = [:]
        for pod in session.pods() { run[pod.name] = pod.nodeName.isEmpty ? "-" : pod.nodeName }
        let names = given.keys.sorted()
        return (names.map { "\($0) \(given[$0]!)" }, names.map { "\($0) \(run[$0] ?? "?")" })
    }

    private func pod(_ name: String, _ labels: String, _ spec: String) -> String {
        """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name), labels: {\(labels)}}
        spec:
          containers: [{name: c, image: "example/c:1", resources: {requests: {cpu: 100m}}}]
          \(spec)

        """
    }

    @Test(arguments: ["podAffinity", "podAntiAffinity"]) func `label keys of affinity terms are merged`(kind: String) {
        for field in ["matchLabelKeys", "mismatchLabelKeys"] {
            let term =
                "affinity: {\(kind): {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, "
                + "labelSelector: {matchLabels: {app: a}}, \(field): [rev]}]}}"
            let others = pod("p1", "app: a, rev: \"1\"", "nodeName: n1") + pod("p2", "app: a, rev: \"2\"", "nodeName: n2")
            let (given, run) = places(others + pod("q", "app: a, rev: \"2\"", term))
            #expect(given == run)
            // The pod may be with, or must not be with, exactly those that the term means.
            let meant = field == "matchLabelKeys" ? "n2" : "n1"
            let place = given.last!.split(separator: " ")[1]
            #expect(kind == "podAffinity" ? place == meant : place != meant && place != "-")
        }
    }

    @Test func `pods that exist carry merged terms too, and merging twice is merging once`() {
        let term =
            "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: topology.kubernetes.io/zone, "
            + "labelSelector: {matchLabels: {app: a}}, matchLabelKeys: [rev]}]}}"
        let guards = (1...3).map { pod("g\($0)", "app: a, rev: \"1\"", "nodeName: n\($0)\n  \(term)") }.joined()
        let (given, run) = places(guards + pod("q", "app: a, rev: \"2\"", "") + pod("r", "app: a, rev: \"1\"", ""))
        #expect(given == run)
        #expect(given.contains("r -") && !given.contains("q -"))
        var once = Pod()
        once.metadata.labels = ["rev": "1"]
        var term1 = PodAffinityTerm()
        (term1.topologyKey, term1.labelSelector, term1.matchLabelKeys) = ("k", LabelSelector(matchLabels: ["app": "a"]), ["rev"])
        once.spec.affinity = Affinity()
        once.spec.affinity?.podAntiAffinity = PodAffinity()
        once.spec.affinity?.podAntiAffinity?.required = [term1]
        Defaulting.mergeMatchLabelKeys(&once, profile: .default, again: true)
        var twice = once
        Defaulting.mergeMatchLabelKeys(&twice, profile: .default, again: true)
        #expect(once == twice)
        #expect(once.spec.affinity?.podAntiAffinity?.required[0].labelSelector?.matchExpressions.count == 1)
    }

    @Test(arguments: ["default", "kube-system", "kube-public"])
    func `labels for a namespace that exists from the start count`(name: String) {
        let yaml = """
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: \(name), labels: {team: blue}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: there, namespace: \(name), labels: {app: a}}
            spec: {nodeName: n2, containers: [{name: c, image: "example/c:1"}]}

            """
        let term =
            "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, "
            + "labelSelector: {matchLabels: {app: a}}, namespaceSelector: {matchLabels: {team: blue}}}]}}"
        let (given, run) = places(yaml + pod("q", "app: q", term))
        #expect(given == run.map { $0.replacing("there ?", with: "there n2") })
        #expect(given.contains("q n2"))
    }

    @Test func `priorities, limit ranges and default tolerations count`() {
        let (given, run) = places(
            """
            ---
            apiVersion: v1
            kind: LimitRange
            metadata: {name: limits}
            spec: {limits: [{type: Container, defaultRequest: {memory: 5Gi}, default: {memory: 5Gi}}]}

            """ + (1...4).map { pod("p\($0)", "app: p", "") }.joined())
        #expect(given == run)
        #expect(given.count { $0.hasSuffix(" -") } == 1)
        let input = Input(
            ManifestReader.read(
                text: Self.nodes + pod("low", "app: p", "") + pod("high", "app: p", "priorityClassName: system-cluster-critical"), file: "test.yaml"))
        let (cluster, _) = input.makeGivenState()
        #expect(decide(cluster: cluster, order: .queue).map(\.pod.name) == ["high", "low"])
        let unknown = Input(ManifestReader.read(text: Self.nodes + pod("p", "app: p", "priorityClassName: none"), file: "test.yaml"))
        #expect(unknown.makeGivenState().refusals.problems.map(\.message) == unknown.makeSession().refusals.problems.map(\.message))
    }
}
