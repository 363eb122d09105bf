import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// What the scheduler keeps current from the feed must be what it would read anew.
@Suite struct ChurnTests {
    private func term(_ app: String, _ key: String) -> PodAffinityTerm {
        var term = PodAffinityTerm()
        term.labelSelector = LabelSelector(matchLabels: ["app": app])
        term.topologyKey = key
        return term
    }
    private func dress(_ pod: inout Pod, _ random: inout SeededRandom) {
        let apps = ["web", "db", "api"]
        pod.metadata.labels["app"] = apps[random.below(3)]
        var affinity = Affinity()
        if random.below(3) == 0 {
            affinity.podAntiAffinity = PodAffinity()
            affinity.podAntiAffinity!.required = [term(apps[random.below(3)], hostnameKey)]
        }
        if random.below(3) == 0 {
            var weighted = WeightedPodAffinityTerm()
            (weighted.weight, weighted.podAffinityTerm) = (
                random.below(100) + 1, term(apps[random.below(3)], zoneKey)
            )
            affinity.podAffinity = PodAffinity()
            affinity.podAffinity!.preferred = [weighted]
            if random.below(2) == 0 {
                affinity.podAffinity!.required = [term(apps[random.below(3)], zoneKey)]
            }
        }
        if affinity != Affinity() { pod.spec.affinity = affinity }
        if random.below(3) == 0 {
            pod.spec.topologySpreadConstraints = [
                spread(
                    zoneKey, 1 + random.below(2), hard: random.below(2) == 0,
                    selector: LabelSelector(matchLabels: ["app": pod.metadata.labels["app"]!]))
            ]
        }
        if random.below(4) == 0 {
            var port = ContainerPort()
            (port.containerPort, port.hostPort) = (80, 8080)
            pod.spec.containers[0].ports = [port]
        }
        if random.below(4) == 0 { pod.spec.tolerations = [Toleration(key: "dedicated", operator: "Exists")] }
        if random.below(4) == 0 { pod.spec.nodeSelector = ["disk": "ssd"] }
        pod.spec.priority = random.below(3) * 10
    }

    @Test(arguments: [27, 34, 36])
    func `a scheduler that followed every change decides like a new one`(minor: Int) {
        var bench = Bench(minor: minor, seed: UInt64(minor))
        var random = SeededRandom(seed: UInt64(minor), stream: "churn")
        for i in 0..<10 { bench.node("n\(i)", zone: ["a", "b", "c"][i % 3]) }
        var probes = 0
        for step in 0..<220 {
            let pods = bench.cluster.store.pods.all
            switch random.below(8) {
            case 0, 1, 2: bench.pod("p\(step)", cpu: "\(random.below(20))00m") { dress(&$0, &random) }
            case 3 where !pods.isEmpty:
                _ = try! bench.cluster.delete(Pod.self, pods[random.below(pods.count)].key)
            case 4:
                for pod in pods where pod.metadata.isTerminating {
                    bench.cluster.finishDeletion(ofPod: pod.key, uid: pod.metadata.uid)
                }
            case 5:
                _ = try? bench.cluster.update(Node.self, ObjectKey(name: "n\(random.below(10))")) { node in
                    switch random.below(4) {
                    case 0: node.spec.unschedulable.toggle()
                    case 1:
                        node.spec.taints =
                            node.spec.taints.isEmpty ? [Taint(key: "dedicated", effect: "NoSchedule")] : []
                    case 2: node.metadata.labels["disk"] = node.metadata.labels["disk"] == nil ? "ssd" : nil
                    default: node.metadata.labels[zoneKey] = ["a", "b", "c", "d"][random.below(4)]
                    }
                }
            case 6 where step % 4 == 0:
                let key = ObjectKey(name: "n\(random.below(10))")
                if bench.cluster.store.nodes[key] != nil {
                    _ = try! bench.cluster.delete(Node.self, key)
                } else {
                    bench.node(key.name, zone: "b")
                }
            case 7 where !pods.isEmpty:
                bench.cluster.modify(Pod.self, pods[random.below(pods.count)].key) {
                    if random.below(3) == 0, !$0.nodeName.isEmpty { $0.status.phase = .succeeded }
                }
            default: break
            }
            bench.run(.milliseconds(500 + random.below(3000)))

            var probe = Pod()
            probe.metadata.name = "probe"
            probe.metadata.namespace = "default"
            probe.spec.containers = [Container(name: "c", image: "web:1")]
            probe.spec.containers[0].resources.requests = ["cpu": Quantity("500m")!]
            dress(&probe, &random)
            // A pod on its way to its node counts for the scheduler before the store knows it.
            let isBinding = bench.cluster.store.pods.all.contains {
                bench.scheduler.lastAttempt(of: $0.key, in: bench.cluster)?.queue == "binding"
            }
            if isBinding { continue }
            let followed = bench.scheduler.explain(pod: probe, in: bench.cluster)
            var fresh = bench.cluster
            try! fresh.adopt(probe)
            let read = decide(cluster: fresh, order: .file, choose: { _ in nil }).first {
                $0.pod.name == "probe"
            }!
            let differences = Golden.differences(followed.json, read.json, "step \(step)")
            #expect(differences.isEmpty, "\(differences.prefix(3))")
            if !differences.isEmpty { return }
            probes += followed.result == .bound ? 1 : 0
            checkInvariants(bench)
        }
        #expect(probes > 20)
        #expect(bench.messages("Scheduled").count > 20)
    }

    /// No node holds more than it has, unless it shrank, which never happens here.
    private func checkInvariants(_ bench: Bench) {
        for node in bench.cluster.store.nodes.all {
            let pods = bench.cluster.store.pods(onNode: node.metadata.name).filter { !$0.isFinished }
            let used = pods.reduce(Int64(0)) { $0 + $1.requests().milliCPU }
            #expect(used <= node.status.allocatable.milliCPU!, "\(node.metadata.name)")
            #expect(pods.count { !$0.spec.hostPorts.isEmpty } <= 1)
        }
    }
}
