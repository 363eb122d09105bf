import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// The invariants of `scheduler.md` and `topology-spread.md`, by their numbers, on random clusters. Those
/// that hold after each event (room, ports, anti-affinity, skew, counts) the scheduler checks by itself in debug builds.
@Suite struct InvariantTests {
    /// Random clusters with pods on them, and a pod that is still to be placed.
    private func trials(_ count: Int, _ body: (inout DifferentialTests.Trial, Pod) throws -> Void) rethrows {
        for seed in 0..<count {
            var trial = DifferentialTests.Trial(seed: UInt64(10_000_000 + seed))
            _ = trial.run()
            var pod = trial.templates[seed % trial.templates.count]
            pod.metadata.name = "probe"
            guard let created = try? trial.bench.cluster.create(pod) else { continue }
            try body(&trial, created)
        }
    }
    private func explain(_ pod: Pod, _ cluster: Cluster) -> Explanation {
        Scheduler(profile: cluster.profile, seed: 0).explain(pod: pod, in: cluster)
    }

    @Test func `2 and 6 a pod waits in one place, or has a node, and gates allow no attempt`() {
        var bench = Bench()
        bench.node("a", cpu: "2")
        for i in 0..<6 {
            bench.pod("p\(i)", cpu: "1") {
                if i > 3 {
                    var gate = PodSchedulingGate()
                    gate.name = "example.com/hold"
                    $0.spec.schedulingGates = [gate]
                }
            }
        }
        var seen: Set<String> = []
        while let wake = bench.scheduler.nextWake(bench.cluster), wake < .start + .seconds(20) {
            bench.cluster.now = max(wake, bench.cluster.now)
            bench.scheduler.run(&bench.cluster)
            for pod in bench.cluster.store.pods.all {
                let attempt = bench.scheduler.lastAttempt(of: pod.key, in: bench.cluster)
                if pod.nodeName.isEmpty, let attempt { seen.insert(attempt.queue) }
                if let attempt, !pod.spec.schedulingGates.isEmpty { #expect(attempt.attempts == 0 && attempt.queue == "gated") }
            }
        }
        #expect(seen.isSuperset(of: ["active", "binding", "unschedulable", "gated"]))
        for pod in bench.cluster.store.pods.all {
            #expect((bench.scheduler.lastAttempt(of: pod.key, in: bench.cluster) == nil) == !pod.nodeName.isEmpty)
        }
    }

    @Test func `5 the counts of a failure's text cover all nodes`() {
        var failures = 0
        trials(50) { trial, pod in
            let found = explain(pod, trial.bench.cluster)
            guard found.result == .unschedulable, found.preFilter == nil else { return }
            failures += 1
            let nodes = trial.bench.cluster.store.nodes.count
            #expect(found.core.hasPrefix("0/\(nodes) nodes are available: "))
            let parts = found.core.split(separator: ": ", maxSplits: 1)[1].split(separator: ", ")
            let sum = parts.reduce(0) { $0 + Int($1.prefix { $0.isNumber })! }
            #expect(sum >= nodes, "\(found.core)")
        }
        #expect(failures > 5)
    }

    @Test func `10 and spread 5 no score leaves its range`() {
        let weights = ["TaintToleration": 3, "NodeAffinity": 2, "PodTopologySpread": 2, "InterPodAffinity": 2]
        var scored = 0
        trials(50) { trial, pod in
            let found = explain(pod, trial.bench.cluster)
            for node in found.nodes where node.isFeasible {
                for (plugin, score) in zip(found.scorePlugins, node.scores) {
                    #expect((0...(100 * (weights[plugin] ?? 1))).contains(score), "\(plugin): \(score)")
                    scored += 1
                }
            }
        }
        #expect(scored > 300)
    }

    @Test func `spread 3 verdicts do not depend on room elsewhere`() {
        var refused = 0
        trials(40) { trial, pod in
            let before = explain(pod, trial.bench.cluster)
            var roomy = trial.bench.cluster
            for node in roomy.store.nodes.all {
                roomy.modify(Node.self, node.key) {
                    $0.status.allocatable["cpu"] = Quantity(1000)
                    $0.status.allocatable["memory"] = Quantity(bytes: 1 << 42)
                    $0.status.allocatable["pods"] = Quantity(1000)
                }
            }
            let after = explain(pod, roomy)
            for (old, new) in zip(before.nodes, after.nodes) where old.refusal?.plugin == "PodTopologySpread" {
                refused += 1
                #expect(new.refusal == old.refusal)
            }
        }
        #expect(refused > 5)
    }

    @Test func `spread 4 the order of nodes changes no verdict and no score`() throws {
        try trials(40) { trial, pod in
            let cluster = trial.bench.cluster
            var turned = Cluster(profile: cluster.profile)
            let store = cluster.store
            for node in store.nodes.all.reversed() { try turned.adopt(node) }
            for namespace in store.namespaces.all where turned.store.namespaces[namespace.key] == nil { try turned.adopt(namespace) }
            for object in store.storageClasses.all.reversed() { try turned.adopt(object) }
            for object in store.csiNodes.all.reversed() { try turned.adopt(object) }
            for object in store.persistentVolumes.all.reversed() { try turned.adopt(object) }
            for object in store.persistentVolumeClaims.all.reversed() { try turned.adopt(object) }
            for object in store.podDisruptionBudgets.all.reversed() { try turned.adopt(object) }
            for other in store.pods.all { try turned.adopt(other) }
            #expect(explain(pod, turned).nodes == explain(pod, cluster).nodes)
        }
    }

    @Test func `spread 2 and 7 what does not count changes no count`() {
        var bench = Bench()
        bench.zones(("a", 2), ("b", 1), ("c", 1))
        func rule(_ taints: String) -> [TopologySpreadConstraint] { [spread(zoneKey, 1) { $0.nodeTaintsPolicy = taints }] }
        let before = bench.verdicts(rule("Ignore"))
        #expect(before["a1"] != "ok" && before["b1"] == "ok" && before["c1"] == "ok")
        // Pending, of another namespace, being deleted, ended: on b, where one more would close the zone.
        bench.pod("pending", cpu: "100")
        try! bench.cluster.adopt(
            {
                var n = Namespace()
                n.metadata.name = "other"
                return n
            }())
        bench.pod("foreign", on: "b1") { $0.metadata.namespace = "other" }
        let leaving = bench.pod("leaving", on: "b1")
        _ = try! bench.cluster.delete(Pod.self, leaving.key)
        bench.cluster.modify(Pod.self, bench.pod("ended", on: "b1").key) { $0.status.phase = .succeeded }
        #expect(bench.verdicts(rule("Ignore")) == before)
        // A taint on all nodes of c takes the zone out only where taints are honoured.
        _ = try! bench.cluster.update(Node.self, ObjectKey(name: "c1")) { $0.spec.taints = [Taint(key: "k", effect: "NoSchedule")] }
        bench.pod("b-more", on: "b1")
        #expect(bench.verdicts(rule("Ignore"))["b1"] != "ok")
        #expect(bench.verdicts(rule("Honor"))["b1"] == "ok")
    }

    @Test func `spread 8 soft constraints refuse nobody`() {
        trials(40) { trial, pod in
            guard pod.spec.topologySpreadConstraints.allSatisfy({ $0.whenUnsatisfiable == "ScheduleAnyway" }) else { return }
            #expect(!explain(pod, trial.bench.cluster).nodes.contains { $0.refusal?.plugin == "PodTopologySpread" })
        }
    }
}
