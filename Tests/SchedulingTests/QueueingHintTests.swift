import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// `scheduler.md` §4.4: an event wakes the pods that it can help, and no others.
@Suite struct QueueingHintTests {
    typealias Change = @Sendable (inout Bench) -> Void
    struct Case: Sendable, CustomTestStringConvertible {
        var plugin: String
        /// Makes the cluster, and the pod `p` that fits nowhere in it.
        var setUp: Change
        var harmless: [Change]
        var helpful: Change
        var testDescription: String { plugin }
    }

    private static func node(_ name: String = "a", _ change: @escaping @Sendable (inout Node) -> Void) -> Change {
        { bench in _ = try! bench.cluster.update(Node.self, ObjectKey(name: name), change) }
    }
    private static func delete(_ name: String) -> Change {
        { bench in
            let pod = bench.stored(name)
            bench.cluster.finishDeletion(ofPod: pod.key, uid: pod.metadata.uid)
        }
    }
    private static func term(_ app: String) -> PodAffinity {
        var term = PodAffinityTerm()
        (term.labelSelector, term.topologyKey) = (LabelSelector(matchLabels: ["app": app]), hostnameKey)
        var affinity = PodAffinity()
        affinity.required = [term]
        return affinity
    }
    private static func claimed(_ pod: inout Pod) {
        var volume = Volume()
        volume.name = "data"
        volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource()
        volume.persistentVolumeClaim!.claimName = "data"
        pod.spec.volumes = [volume]
    }
    private static func addClaim(_ name: String) -> Change {
        { bench in
            var claim = PersistentVolumeClaim()
            claim.metadata.name = name
            claim.spec.storageClassName = "none"
            try! bench.cluster.adopt(claim)
        }
    }
    private static func port(_ number: Int) -> @Sendable (inout Pod) -> Void {
        { pod in
            var port = ContainerPort()
            (port.containerPort, port.hostPort) = (number, number)
            pod.spec.containers[0].ports = [port]
        }
    }
    private static let label = node { $0.metadata.labels["note"] = "x" }
    private static let heartbeat: Change = { bench in
        bench.cluster.modify(Node.self, ObjectKey(name: "a")) { $0.status.conditions.set(Condition(type: "Ready", status: true), now: .start) }
    }

    static let cases = [
        Case(
            plugin: "NodeUnschedulable",
            setUp: {
                $0.node("a") { $0.spec.unschedulable = true }
                $0.pod("p")
            },
            harmless: [label, heartbeat], helpful: node { $0.spec.unschedulable = false }),
        Case(
            plugin: "TaintToleration",
            setUp: {
                $0.node("a") { $0.spec.taints = [Taint(key: "k", effect: "NoSchedule")] }
                $0.pod("p")
            },
            harmless: [label, node { $0.spec.taints = [Taint(key: "other", effect: "NoSchedule")] }],
            helpful: node { $0.spec.taints = [] }),
        Case(
            plugin: "NodeAffinity",
            setUp: {
                $0.node("a")
                $0.pod("p") { $0.spec.nodeSelector = ["disk": "ssd"] }
            },
            harmless: [label, node { $0.metadata.labels["disk"] = "hdd" }], helpful: node { $0.metadata.labels["disk"] = "ssd" }),
        Case(
            plugin: "NodePorts",
            setUp: { bench in
                bench.node("a")
                bench.pod("web", on: "a", port(80))
                bench.pod("tls", on: "a", port(443))
                bench.pod("p", port(80))
            },
            harmless: [label, delete("tls")], helpful: delete("web")),
        Case(
            plugin: "NodeResourcesFit",
            setUp: {
                $0.node("a", cpu: "1")
                $0.pod("p", cpu: "2")
            },
            harmless: [
                label, node { $0.status.allocatable["memory"] = Quantity("32Gi")! },
                { bench in bench.cluster.modify(Node.self, ObjectKey(name: "a")) { $0.status.allocatable["cpu"] = Quantity("1500m")! } },
            ],
            helpful: { bench in bench.cluster.modify(Node.self, ObjectKey(name: "a")) { $0.status.allocatable["cpu"] = Quantity(2) } }),
        Case(
            plugin: "PodTopologySpread",
            setUp: { bench in
                bench.zones(("a", 2), ("b", 1))
                _ = try! bench.cluster.update(Node.self, ObjectKey(name: "b1")) { $0.spec.unschedulable = true }
                bench.pod("stranger", labels: ["app": "other"], on: "a1")
                bench.pod("p") { $0.spec.topologySpreadConstraints = [spread(zoneKey, 1)] }
            },
            harmless: [
                delete("stranger"), { bench in bench.pod("more", labels: ["app": "other"], on: "b1") },
                { bench in _ = try! bench.cluster.update(Node.self, ObjectKey(name: "a1")) { $0.metadata.labels["note"] = "x" } },
            ],
            helpful: delete("a-0")),
        Case(
            plugin: "InterPodAffinity, own affinity",
            setUp: { bench in
                bench.node("a")
                bench.pod("p", labels: ["app": "p"]) {
                    $0.spec.affinity = Affinity()
                    $0.spec.affinity!.podAffinity = term("cache")
                }
            },
            harmless: [label, { bench in bench.pod("web", on: "a") }],
            helpful: { bench in bench.pod("cache", labels: ["app": "cache"], on: "a") }),
        Case(
            plugin: "InterPodAffinity, anti-affinity of another",
            setUp: { bench in
                bench.node("a")
                bench.pod("quiet", on: "a") {
                    $0.spec.affinity = Affinity()
                    $0.spec.affinity!.podAntiAffinity = term("p")
                }
                bench.pod("web", on: "a")
                bench.pod("p", labels: ["app": "p"])
            },
            harmless: [heartbeat, delete("web")], helpful: delete("quiet")),
        Case(
            plugin: "VolumeRestrictions, a claim that is missing",
            setUp: {
                $0.node("a")
                $0.pod("p", claimed)
            },
            harmless: [label, addClaim("another")], helpful: addClaim("data")),
    ]

    @Test(arguments: cases)
    func `only what can help is worth another try`(_ test: Case) {
        var bench = Bench()
        test.setUp(&bench)
        bench.run(.seconds(2))
        func attempts() -> Int { bench.scheduler.lastAttempt(of: bench.stored("p").key, in: bench.cluster)?.attempts ?? 0 }
        #expect(attempts() == 1 && bench.place("p") == "")
        for (number, change) in test.harmless.enumerated() {
            change(&bench)
            bench.run(.seconds(15))
            #expect(attempts() == 1, "harmless change \(number)")
        }
        test.helpful(&bench)
        bench.run(.seconds(15))
        #expect(attempts() != 1, "it was not tried again")
    }
}
