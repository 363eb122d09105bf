import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import SimulationKit
import Testing

@testable import Simulation

/// Questions about a state: how much fits, what is wrong, what differs.
@Suite struct QuestionTests {
    private func state(_ yaml: String, after time: Duration = .minutes(2)) -> Simulation {
        var session = session(yaml)
        session.advance(to: .start + time)
        return session.simulation
    }
    private func recorded(_ name: String) throws -> Simulation {
        let input = Input(ManifestReader.read(paths: [OpenedStateTests.path(name, "dump.yaml.gz")]))
        #expect(input.problems.isEmpty)
        var simulation = input.makeSession().session.simulation
        simulation.advance(to: simulation.now + .seconds(1))
        return simulation
    }
    private let web = ObjectKey(namespace: "default", name: "web")
    private let cluster = "  cluster: {zones: 3, nodesPerZone: 2}\n  duration: 10m"

    // MARK: Capacity

    @Test func `as many fit as the nodes have room for, and as many are placed if they are asked for`() throws {
        // 6 nodes of 4 cores less nothing: 40 pods of 100m each, three of which are there.
        var simulation = state(scenario(cluster) + deployment("web", replicas: 3))
        let capacity = try #require(Capacity(of: .deployment, web, in: simulation))
        #expect(capacity.count == 6 * 40 - 3)
        #expect(capacity.pools.map(\.fits).reduce(0, +) == capacity.count)
        #expect(capacity.pools.map(\.zone) == ["eu-a", "eu-b", "eu-c"])
        #expect(capacity.pools.flatMap(\.stops) == Array(repeating: .init(reason: "Insufficient cpu", nodes: 2), count: 3))
        #expect(capacity.explanation?.remedies.contains { $0.words == "add a node to eu-a" && $0.node == "a1-new" } ?? false)
        // What it says holds: exactly so many find a node.
        _ = simulation.perform(.scale(.deployment, web, replicas: 3 + capacity.count + 2))
        simulation.advance(to: simulation.now + .minutes(5))
        #expect(simulation.cluster.store.pods.all.count { $0.nodeName.isEmpty } == 2)
        #expect(try #require(Capacity(of: .deployment, web, in: simulation)).count == 0)
        #expect(try #require(Capacity(of: .deployment, web, in: simulation)).waiting == 2)
    }

    @Test func `a hard spread and a cordoned zone bound what fits`() throws {
        var simulation = state(scenario(cluster) + deployment("web", replicas: 3, zoneSpread("web")))
        for node in ["c1", "c2"] { _ = simulation.perform(.cordon(node: node)) }
        let capacity = try #require(Capacity(of: .deployment, web, in: simulation))
        // One more in each of the other two: then the skew would be 2.
        #expect(capacity.count == 2)
        #expect(capacity.pools.map(\.fits) == [1, 1, 0])
        #expect(capacity.explanation?.remedies.contains { $0.words == "uncordon c1" && $0.node == "c1" } ?? false)
    }

    @Test func `quotas, limits, claims and autoscalers bound it`() throws {
        let quota = """
            ---
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: small}
            spec: {hard: {pods: 5}}
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: scaler}
            spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 3, maxReplicas: 3}

            """
        let capacity = try #require(Capacity(of: .deployment, web, in: state(scenario(cluster) + deployment("web", replicas: 3) + quota)))
        #expect(capacity.count == 2)
        #expect(capacity.refusal?.contains("exceeded quota: small") ?? false)
        #expect(capacity.remarks == ["horizontalpodautoscaler/default/scaler allows at most 3"])
        #expect(try #require(Capacity(of: .deployment, web, in: state(scenario(cluster) + deployment("web", replicas: 3)), limit: 7)).isLimited)
        #expect(Capacity(of: .daemonSet, web, in: state(scenario(cluster))) == nil)
    }

    @Test func `a StatefulSet has claims of its own for each pod`() throws {
        let set = """
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: web}
            spec:
              replicas: 2
              serviceName: web
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}
                  containers: [{name: main, image: db}]
              volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]

            """
        let simulation = state(scenario(cluster) + set)
        #expect(try #require(Capacity(of: .statefulSet, web, in: simulation)).count == 4)
        // The question changes nothing.
        #expect(simulation.cluster.store.persistentVolumeClaims.count == 2)
    }

    @Test(arguments: OpenedStateTests.names) func `what fits into a real state finds a node there`(name: String) throws {
        let simulation = try recorded(name)
        // One that is being rolled out gets pods of both revisions.
        let still = simulation.cluster.store.deployments.all.filter { $0.status.replicas == $0.spec.replicas && $0.status.updatedReplicas == $0.spec.replicas }
        for deployment in still.prefix(2) {
            let key = deployment.key
            let capacity = try #require(Capacity(of: .deployment, key, in: simulation, limit: 5))
            var trial = simulation
            let waiting = capacity.waiting
            _ = trial.perform(.scale(.deployment, key, replicas: (deployment.spec.replicas ?? 1) + capacity.count))
            trial.advance(to: trial.now + .seconds(30))
            let unplaced = trial.cluster.store.pods.all.count { $0.isWaitingForNode && Workload(of: $0, trial.cluster) == capacity.workload }
            #expect(unplaced <= waiting, "\(key): \(capacity.count) more")
        }
    }

    // MARK: Check

    private func findings(_ yaml: String, _ rules: ClusterCheck.Rule...) -> [ClusterCheck.Finding] {
        ClusterCheck(state(yaml), rules: rules, namespaces: ["default"]).findings
    }

    @Test func `a cluster in order has no finding`() {
        let fine = deployment("web", replicas: 3, zoneSpread("web")).replacing("cpu: 100m}", with: "cpu: 100m, memory: 100Mi}") + budget("maxUnavailable: 1")
        #expect(ClusterCheck(state(scenario(cluster) + fine)).findings == [])
    }

    private func budget(_ spec: String, _ name: String = "web") -> String {
        """
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: \(name)}
        spec: {\(spec), selector: {matchLabels: {app: web}}}

        """
    }

    @Test func `single points of failure are told with what they hang on`() {
        let lone = findings(scenario(cluster) + deployment("web", replicas: 1), .singlePoint)
        #expect(lone.map(\.objects) == [["deployment/default/web"]])
        #expect(lone.map(\.reason) == ["one replica"])
        let together = findings(scenario(cluster) + deployment("web", replicas: 2, "nodeSelector: {kubernetes.io/hostname: a1}"), .singlePoint)
        #expect(together.map(\.reason) == ["2 ready pods on node a1"])
        let zone = findings(scenario(cluster) + deployment("web", replicas: 8, "nodeSelector: {topology.kubernetes.io/zone: eu-a}"), .singlePoint)
        #expect(zone.map(\.reason) == ["8 ready pods in zone eu-a"])
    }

    @Test func `budgets that allow nothing or count nobody are told, and the drains that they keep from ending`() {
        let web = deployment("web", replicas: 2, zoneSpread("web"))
        let tight = findings(scenario(cluster) + web + budget("minAvailable: 2"), .budget, .drain)
        #expect(tight.map(\.rule) == [.drain, .budget])
        #expect(tight[0].objects.count == 2)
        #expect(tight[0].reason == "poddisruptionbudget/default/web keeps minAvailable 2 and never lets a pod go")
        #expect(tight[1].reason == "keeps minAvailable 2 of 2 pods: no eviction is ever allowed")
        let nobody = findings(scenario(cluster) + web + budget("minAvailable: 1").replacing("app: web", with: "app: wbe"), .budget, .drain)
        #expect(nobody.map(\.reason) == ["its selector counts no pod"])
        let both = findings(scenario(cluster) + web + budget("maxUnavailable: 1") + budget("maxUnavailable: 1", "other"), .budget, .drain)
        #expect(both.map(\.rule) == [.drain])
        #expect(both[0].reason.contains("budgets other and web in default count the same pods"))
        // One may go, but what replaces it finds no room.
        let full = findings(
            scenario(cluster) + deployment("web", replicas: 6).replacing("cpu: 100m", with: "cpu: 3")
                + budget("maxUnavailable: 1"),
            .drain)
        // The node's only pod may go: the drain ends, and nothing is told.
        #expect(full == [])
        let two = findings(scenario(cluster) + deployment("web", replicas: 12).replacing("cpu: 100m", with: "cpu: 1900m") + budget("maxUnavailable: 1"), .drain)
        #expect(two.map { $0.objects.count } == [6])
        #expect(two.first?.reason == "poddisruptionbudget/default/web keeps its last pods: 11 healthy, 11 needed")
    }

    @Test func `constraints that cannot be met or count nobody are told`() {
        func reasons(_ spec: String, replicas: Int = 2) -> [String] {
            findings(scenario(cluster) + deployment("web", replicas: replicas, spec), .constraint).map(\.reason)
        }
        #expect(reasons(zoneSpread("web")) == [])
        let astray = reasons(zoneSpread("wbe"))
        #expect(astray.count == 1 && astray[0].hasPrefix("constraint on topology.kubernetes.io/zone: its selector "))
        #expect(astray.first?.hasSuffix(" does not count its own pods, nor any other") ?? false)
        #expect(reasons(zoneSpread("web", ", minDomains: 4")).contains("constraint on topology.kubernetes.io/zone: minDomains 4, but 3 domains to count"))
        let unplaced = reasons("nodeSelector: {disk: ssd}")
        #expect(unplaced.count == 1 && unplaced[0].hasPrefix("2 pods wait for a node: 0/6 nodes are available"))
        let away =
            "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: wbe}}}]}}"
        #expect(reasons(away) == ["podAntiAffinity over kubernetes.io/hostname: its selector counts no pod"])
    }

    @Test func `drift is told with the fewest moves, requests and bare pods with their owners`() {
        let drifted =
            scenario(
                cluster + "\n  steps:\n  - {at: 30s, cordon: {node: c1}}\n  - {at: 31s, cordon: {node: c2}}\n  - {at: 40s, drain: {node: c1}}\n"
                    + "  - {at: 40s, drain: {node: c2}}\n  - {at: 90s, uncordon: {node: c1}}\n  - {at: 91s, uncordon: {node: c2}}")
            + deployment("web", replicas: 6, zoneSpread("web", ", nodeTaintsPolicy: Honor"))
        let drift = findings(drifted, .drift)
        #expect(drift.map(\.reason) == ["skew 3 over topology.kubernetes.io/zone, maxSkew 1: eu-a 3, eu-b 3, eu-c 0"])
        #expect(drift.first?.remedy.hasPrefix("evict web-") ?? false)
        let bare = """
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: solo}
            spec: {containers: [{name: main, image: i}], nodeSelector: {kubernetes.io/hostname: a1}}

            """
        let found = findings(scenario(cluster) + deployment("web", replicas: 2) + bare, .requests, .barePod)
        #expect(
            found.map { "\($0.rule.rawValue) \($0.objects[0]): \($0.reason)" } == [
                "requests pod/default/solo: main: no cpu and memory", "requests deployment/default/web: main: no memory",
                "bare-pod pod/default/solo: no controller brings it back once a1 is lost or drained",
            ])
    }

    @Test(arguments: OpenedStateTests.names) func `a real state is looked through`(name: String) throws {
        let check = ClusterCheck(try recorded(name), drains: 3)
        #expect(check.findings.allSatisfy { !$0.reason.isEmpty && !$0.remedy.isEmpty && !$0.objects.isEmpty })
    }

    // MARK: Versions

    @Test func `another version drops what it does not know, and kubelets must not be newer`() {
        let simulation = state(scenario(cluster) + deployment("web", replicas: 3, zoneSpread("web", ", minDomains: 2")))
        let plan = VersionPlan(of: simulation.cluster, to: KubernetesProfile(KubernetesVersion(minor: 24)))
        let drops = plan.findings.filter { $0.sort == .drops && $0.objects.contains("deployment/default/web") }
        #expect(drops.contains { $0.words == "spec.template.spec.topologySpreadConstraints[0].minDomains 2 → unset" }, "\(plan.findings)")
        #expect(plan.findings.contains { $0.sort == .kubelets && $0.objects.count == 6 })
        #expect(plan.gates.contains { $0.name == "MinDomainsInPodTopologySpread" && !$0.isOn })
        let dropped = drops.first { $0.words.contains("minDomains") }
        #expect(dropped?.source == "`feature-gates.md`, MinDomainsInPodTopologySpread" && dropped?.since == KubernetesVersion(minor: 27))
        let same = VersionPlan(of: simulation.cluster, to: simulation.options.profile)
        #expect(same.findings == [] && same.gates.isEmpty)
    }

    @Test func `a plan tells what is decided otherwise of what is there, and where that is written`() throws {
        let yaml = """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db, namespace: default}
            spec:
              serviceName: db
              replicas: 1
              selector: {matchLabels: {app: db}}
              updateStrategy: {type: OnDelete}
              template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: example/db:1}]}}
            """
        var input = state(scenario(cluster) + "---\n" + yaml + "\n")
        input.advance(to: input.now + .seconds(30))
        let present = input.cluster.profile.version
        #expect(present == KubernetesVersion(minor: 37))
        let plan = VersionPlan(of: input.cluster, to: KubernetesProfile(minor: 36))
        let finding = try #require(plan.findings.first { $0.sort == .decides && $0.words.contains("OnDelete") })
        #expect(finding.objects == ["statefulset/default/db"] && finding.since == present && finding.source == "`kubernetes-1.37.md` §5.2")
        #expect(finding.words.hasPrefix("controllers: currentRevision of a StatefulSet with OnDelete never moves; before, "))
        #expect(!plan.findings.contains { $0.words.contains("Parallel StatefulSet") })
        #expect(plan.findings.allSatisfy { !$0.source.isEmpty })
    }

    // MARK: Differences

    @Test func `two states differ in what moved, what is wanted and what runs`() throws {
        let before = state(scenario(cluster) + deployment("web", replicas: 3, zoneSpread("web")) + deployment("old", replicas: 1))
        #expect(WhatIfAnswer("same", from: before, to: before).workloads.isEmpty)
        #expect(StateDifference(from: before.cluster, to: before.cluster).changes.isEmpty)
        var after = before
        let node = try #require(after.cluster.store.pods.all.first { $0.metadata.labels["app"] == "web" }).nodeName
        _ = after.perform(WhatIf.drain(node).commands[0])
        _ = after.perform(.scale(.deployment, web, replicas: 5))
        _ = after.perform(.setImage(.deployment, web, container: "main", image: "example/web:2"))
        _ = after.perform(.delete(.deployment, ObjectKey(namespace: "default", name: "old"), DeleteOptions()))
        after.advance(to: after.now + .minutes(2))
        let answer = WhatIfAnswer("a → b", from: before, to: after)
        let row = try #require(answer.workloads.first { $0.workload.name == "web" })
        #expect((row.readyBefore, row.readyAfter, row.moved) == (3, 5, 3))
        #expect(answer.nodes.contains { $0.name == node && $0.after == "cordoned" })
        let difference = StateDifference(from: before.cluster, to: after.cluster)
        #expect(difference.versions == [.init(what: "deployment/default/web main", before: "example/web:1", after: "example/web:2", count: 1)])
        let words = Dictionary(uniqueKeysWithValues: difference.changes.map { ($0.object, $0.words) })
        #expect(words["deployment/default/old"] == ["gone"])
        #expect(words["deployment/default/web"]?.first == "spec.replicas 3 → 5")
    }

    private let kept = """
        ---
        {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {level: "1"}}
        ---
        {apiVersion: monitoring.example.com/v1, kind: Probe, metadata: {name: front, namespace: shop}, spec: {interval: 30s}}
        ---
        {apiVersion: flowcontrol.apiserver.k8s.io/v1beta3, kind: FlowSchema, metadata: {name: fair}, spec: {matchingPrecedence: 900}}
        ---
        {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: look}, rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]}

        """

    @Test func `kinds without rules are compared, too: all that somebody wanted of them`() throws {
        let changed = kept.replacing("interval: 30s", with: "interval: 1m").replacing("verbs: [get]", with: "verbs: [get, list]")
            .replacing("level: \"1\"", with: "level: \"2\"").replacing("team: a", with: "team: b")
        let (before, after) = (state(scenario(cluster) + kept), state(scenario(cluster) + changed))
        let words = Dictionary(
            uniqueKeysWithValues: StateDifference(from: before.cluster, to: after.cluster).changes.map { ($0.object, $0.words) })
        #expect(
            words == [
                "namespace/shop": ["labels.team a → b"], "configmap/shop/settings": ["data.level 1 → 2"],
                "probes.monitoring.example.com/shop/front": ["spec.interval 30s → 1m"],
                "clusterroles.rbac.authorization.k8s.io/look": ["rules[0].verbs [\"get\"] → [\"get\",\"list\"]"],
            ])
        let without = state(scenario(cluster) + kept.split(separator: "\n").filter { !$0.contains("Probe") }.joined(separator: "\n"))
        #expect(
            StateDifference(from: before.cluster, to: without.cluster).changes == [
                .init(object: "probes.monitoring.example.com/shop/front", words: ["gone"])
            ])
    }

    @Test func `a plan says of kinds without rules that it does not judge them, unless their API is gone`() throws {
        let present = state(scenario(cluster + "\n  kubernetesVersion: \"1.30\"") + kept)
        let plan = VersionPlan(of: present.cluster, to: KubernetesProfile(try KubernetesVersion("1.34")))
        let counts = Dictionary(uniqueKeysWithValues: plan.unjudged.map { ($0.kind.qualifiedPlural, $0.count) })
        #expect(counts["probes.monitoring.example.com"] == 1 && counts["flowschemas.flowcontrol.apiserver.k8s.io"] == 1)
        #expect(counts["pods"] == nil)
        let refused = plan.findings.filter { $0.sort == .refuses }
        #expect(refused.map(\.objects) == [["flowschema/fair"]])
        #expect(refused.first?.words == "flowcontrol.apiserver.k8s.io/v1beta3 is no longer served")
        #expect(refused.first?.since?.description == "1.32")
        #expect(!VersionPlan(of: present.cluster, to: KubernetesProfile(try KubernetesVersion("1.31"))).findings.contains { $0.sort == .refuses })
    }
}
