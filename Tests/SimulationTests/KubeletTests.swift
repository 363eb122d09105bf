import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// Kubelets within a whole cluster: configured by documents and steps, bursts, pressure.
@Suite struct KubeletTests {
    private func nodes(_ names: [String], memory: String = "16Gi") -> String {
        names.map {
            "---\napiVersion: v1\nkind: Node\nmetadata: {name: \($0), labels: {pool: \"\($0.prefix { !$0.isNumber })\"}}\n"
                + "status: {capacity: {cpu: \"16\", memory: \(memory), pods: \"110\"}}\n"
        }.joined()
    }

    @Test func `documents go over each other, and one with a selector is for its nodes only`() {
        var session = session(
            """
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            maxPods: 50
            evictionHard: {memory.available: 200Mi}
            ---
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            metadata: {annotations: {evenkeel.dev/node-selector: pool=big}}
            maxParallelImagePulls: 5
            evictionHard: {nodefs.available: 5%}
            featureGates: {MemoryQoS: false}
            \(nodes(["big1", "small1"]))
            """)
        session.run(to: 1)
        let kubelets = session.simulation.kubelets
        let (big, small) = (kubelets.configuration(node: "big1")!, kubelets.configuration(node: "small1")!)
        #expect(big.maxPods == 50 && small.maxPods == 50)
        #expect(big.maxParallelImagePulls == 5 && small.maxParallelImagePulls == nil)
        #expect(big.evictionHard == ["memory.available": "200Mi", "nodefs.available": "5%"])
        #expect(kubelets.activity(node: "big1", in: session.cluster)?.pullLimit == 5)
        #expect(kubelets.activity(node: "small1", in: session.cluster)?.pullLimit == 1)
        func setting(_ node: String, _ field: String) -> KubeletSetting? { kubelets.settings(node: node).first { $0.field == field } }
        #expect(setting("big1", "maxParallelImagePulls").map { "\($0.value) \($0.isDefault)" } == "5 false")
        #expect(setting("small1", "serializeImagePulls").map { "\($0.value) \($0.isDefault)" } == "true true")
        #expect(setting("big1", "featureGates.MemoryQoS")?.value == "false")
        #expect(setting("small1", "featureGates.MemoryQoS")?.value == "true")
    }

    @Test(arguments: [
        (
            "serializeImagePulls: true\nmaxParallelImagePulls: 3",
            "invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false"
        ),
        ("featureGates: {EventedPlegg: true}", "failed to set feature gates from initial flags-based config: unrecognized feature gate: EventedPlegg"),
        ("metadata: {annotations: {evenkeel.dev/node-selector: \"a b\"}}", "is not a label selector"),
        ("memoryThrottlingFactor: 1.2", "invalid configuration: memoryThrottlingFactor 1.2 must be greater than 0 and less than or equal to 1.0"),
        ("kubeAPIBurst: -1", "invalid configuration: kubeAPIBurst (--kube-api-burst) -1 must not be a negative number"),
    ])
    func `bad configuration is refused in the kubelet's words`(fields: String, text: String) {
        let found = problems("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n\(fields)\n")
        #expect(found.count == 1 && found[0].contains(text), "\(found)")
    }

    @Test func `a step changes kubelets while they work, and what waits follows at once`() {
        var session = session(
            scenario(
                """
                  steps:
                  - {at: 5s, kubelet: {set: {serializeImagePulls: true, maxParallelImagePulls: 5}}, refused: maxParallelImagePulls cannot be larger than 1}
                  - {at: 6s, kubelet: {selector: pool=nowhere, set: {maxParallelImagePulls: 5}}, refused: no node matches}
                  - {at: 10s, kubelet: {node: big1, set: {maxParallelImagePulls: 3}}}
                  - {at: 60s, kubelet: {set: {maxParallelImagePulls: null}}}
                """) + nodes(["big1"])
                + (0..<4).map {
                    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p\($0), annotations: {evenkeel.dev/image-pull-time: 30s}}\n"
                        + "spec: {containers: [{name: c, image: \"i\($0):1\"}]}\n"
                }.joined())
        func pulling() -> Int {
            session.simulation.kubelets.activity(node: "big1", in: session.cluster)!.pulls.count { $0.began != nil }
        }
        session.run(to: 9)
        #expect(pulling() == 1)
        session.run(to: 11)
        #expect(pulling() == 3)
        session.run(to: 61)
        #expect(session.simulation.kubelets.activity(node: "big1", in: session.cluster)!.pullLimit == 1)
        var finished = session
        finished.finishScript()
        #expect(finished.script.failures.isEmpty, "\(finished.script.failures)")
        // The change is in the journal: going back and on again has it too.
        session.rewind(to: .start + .seconds(9))
        #expect(pulling() == 1)
        session.run(to: 11)
        #expect(pulling() == 3)
    }

    @Test func `a runtime that hangs makes its node unready for a while`() {
        var session = session(
            scenario("  steps:\n  - {at: 60s, runtime: {node: n1, hangs: 240s}}") + nodes(["n1", "n2"]))
        session.run(to: 230)
        #expect(session.isReady(node: "n1"))
        session.run(to: 260)
        #expect(!session.isReady(node: "n1") && session.isReady(node: "n2"))
        #expect(session.node("n1").spec.taints.contains { $0.key == "node.kubernetes.io/not-ready" })
        session.run(to: 330)
        #expect(session.isReady(node: "n1"))
    }

    @Test func `a parameter of the model is set by name, and a mistake is told`() {
        var session = session(
            scenario("  parameters: {runSandbox: 10s, kubeletWatchDelay: 1s, registryRate: 10M}") + nodes(["n1"])
                + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n")
        session.run(to: 60)
        let spans = session.simulation.kubelets.startup(of: session.pod("p")!.metadata.uid)
        #expect(spans.first { $0.stage == .sandbox }.map { $0.end! - $0.begin } == .seconds(10))
        #expect(session.cluster.settings.kubeletWatchDelay == .seconds(1))
        #expect(session.simulation.kubelets.latencies.registryRate == 10_000_000)
        #expect(problems(scenario("  parameters: {runSandbx: 10s}")).first?.contains("spec.parameters.runSandbx: is not a parameter") == true)
        #expect(problems(scenario("  parameters: {runSandbox: 10}")).first?.contains("must be a length of time such as 300ms") == true)
        #expect(problems(scenario("  parameters: {sharedLayers: 1}")).first?.contains("must be 0 or more and less than 1") == true)
    }

    /// Of the shipped scenario: timeouts of mounts, and how long the pods took.
    private func burst(_ name: String) throws -> (timeouts: Int, times: TimeToReady) {
        var (session, _) = try #require(ScenarioCatalog.find(name)).input().makeSession()
        var timeouts: Set<String> = []
        session.advance(to: .start + .minutes(8)) {
            false
        }
        for event in session.cluster.store.events.all where event.message.contains("Unable to attach or mount volumes") {
            timeouts.insert(event.involvedObject.name)
        }
        return (timeouts.count, session.simulation.kubelets.timesToReady(in: session.cluster))
    }

    @Test func `of a burst of sixty pods the old rates time out, the new ones do not, and parallel pulls are faster still`() throws {
        let (old, new, parallel) = (try burst("pod-burst-1-26"), try burst("pod-burst-1-27"), try burst("pod-burst-parallel"))
        #expect(old.timeouts > 0 && new.timeouts == 0 && parallel.timeouts == 0)
        #expect([old, new, parallel].allSatisfy { $0.times.count == 60 })
        #expect(old.times.median! > new.times.median! && new.times.median! > parallel.times.median!)
        #expect(old.times.percentile(95)! > new.times.percentile(95)!)
    }

    @Test func `memory pressure taints its node, and for five minutes after it has gone`() {
        var session = session(
            nodes(["n1"], memory: "1Gi")
                + """
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: p, annotations: {evenkeel.dev/memory: "100Mi->990Mi/60s"}}
                spec: {containers: [{name: c, image: i}]}

                """)
        var (pressure, taint, relief): (Double?, Double?, Double?)
        for second in 0..<500 {
            session.run(to: Double(second))
            let node = session.node("n1")
            let isTainted = node.spec.taints.contains { $0.key == "node.kubernetes.io/memory-pressure" && $0.effect == "NoSchedule" }
            if pressure == nil, node.status.conditions.isTrue("MemoryPressure") { pressure = Double(second) }
            if taint == nil, isTainted { taint = Double(second) }
            if taint != nil, relief == nil, !isTainted { relief = Double(second) }
        }
        #expect(session.pod("p")?.status.reason == "Evicted")
        #expect(taint! - pressure! <= 1)
        #expect(relief! - pressure! >= 300 && relief! - pressure! < 330)
    }
}
