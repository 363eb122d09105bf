// What a kubelet says of its node.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct NodeTests {
    private func node(_ bench: Bench, _ name: String = "n1") -> Node {
        bench.cluster.store.nodes[ObjectKey(name: name)]!
    }

    @Test func `a bare node gets capacity, labels, versions and a ready kubelet`() throws {
        var bench = try Bench()
        var bare = Node()
        bare.metadata.name = "n1"
        try bench.cluster.create(bare)
        bench.run(to: 1)
        let node = node(bench)
        #expect(node.status.capacity["cpu"] == Quantity("4"))
        #expect(node.status.capacity["memory"] == Quantity("16Gi"))
        // Less the hard eviction thresholds: 100Mi of memory and 10 % of the storage.
        #expect(node.status.allocatable["memory"]?.description == "16284Mi")
        #expect(node.status.allocatable["ephemeral-storage"] == Quantity("90Gi"))
        #expect(node.status.allocatable["pods"] == Quantity("110"))
        #expect(node.metadata.labels["kubernetes.io/hostname"] == "n1")
        #expect(node.metadata.labels["kubernetes.io/os"] == "linux")
        #expect(node.status.nodeInfo?.kubeletVersion == "v1.36.0")
        #expect(
            node.status.conditions.map { "\($0.type)=\($0.status)" } == [
                "MemoryPressure=False", "DiskPressure=False", "PIDPressure=False", "Ready=True",
            ])
        #expect(
            bench.cluster.eventLog.events.map(\.reason) == [
                "Starting", "NodeAllocatableEnforced", "NodeHasSufficientMemory", "NodeHasNoDiskPressure",
                "NodeHasSufficientPID", "NodeReady",
            ])
        #expect(bench.cluster.leaseRenewals["n1"] == .start + .milliseconds(10))
    }

    @Test func `what a manifest states of a node stays`() throws {
        var bench = try Bench()
        try bench.node(cpu: "64", memory: "256Gi")
        bench.run(to: 1)
        #expect(node(bench).status.allocatable["cpu"] == Quantity("64"))
        #expect(node(bench).status.allocatable["memory"] == Quantity("256Gi"))
    }

    @Test func `reservations lower what pods may use`() throws {
        var configuration = KubeletConfiguration()
        configuration.kubeReserved = ["memory": "500Mi", "cpu": "200m"]
        var bench = try Bench(configuration: configuration)
        var bare = Node()
        bare.metadata.name = "n1"
        bare.status.capacity = ["memory": Quantity("8Gi")!]
        try bench.cluster.create(bare)
        bench.run(to: 1)
        #expect(node(bench).status.allocatable["memory"]?.description == "7592Mi")
        #expect(node(bench).status.allocatable["cpu"] == Quantity("3800m"))
    }

    @Test func `leases are renewed each ten seconds, the status each five minutes`() throws {
        var bench = try Bench()
        for i in 0..<50 { try bench.node("n\(i)") }
        bench.run(to: 1)
        let revision = bench.cluster.store.revision
        var wakes = 0
        bench.run(to: 291) { _ in wakes += 1 }
        #expect(wakes == 29)
        #expect(bench.cluster.store.revision == revision)
        #expect(bench.cluster.leaseRenewals["n49"] == .start + .seconds(290.01))
        bench.run(to: 320)
        #expect(bench.cluster.store.revision == revision + 50)
    }

    @Test func `cordoning is told`() throws {
        var bench = try Bench()
        try bench.node()
        bench.run(to: 1)
        try bench.cluster.update(Node.self, ObjectKey(name: "n1")) { $0.spec.unschedulable = true }
        bench.run(to: 2)
        #expect(
            bench.events("NodeNotSchedulable", of: "n1").map(\.message) == [
                "Node n1 status is now: NodeNotSchedulable"
            ])
    }

    @Test func `pods that were bound before their node came are started when it does`() throws {
        var bench = try Bench()
        try bench.bind(.named())
        bench.run(to: 10)
        #expect(bench.pod().status.phase == .pending)
        try bench.node()
        bench.run(to: 60)
        #expect(bench.pod().isReady)
    }

    @Test(arguments: ["selector", "port", "taint"])
    func `a pod that does not belong on the node is refused`(what: String) throws {
        var bench = try Bench()
        try bench.node()
        func port(_ pod: inout Pod) {
            var port = ContainerPort()
            (port.containerPort, port.hostPort) = (80, 8080)
            pod.spec.containers[0].ports = [port]
        }
        try bench.bind(Pod.named("first").with(port))
        bench.run(to: 30)
        if what == "taint" {
            try bench.cluster.update(Node.self, ObjectKey(name: "n1")) {
                $0.spec.taints = [Taint(key: "down", effect: "NoExecute")]
            }
        }
        try bench.bind(
            Pod.named().with {
                if what == "selector" { $0.spec.nodeSelector["disk"] = "ssd" }
                if what == "port" { port(&$0) }
            })
        bench.run(to: 31)
        let expected = [
            "selector": (
                "NodeAffinity",
                "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
            ),
            "port": (
                "NodePorts",
                "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
            ),
            "taint": (
                "TaintToleration",
                "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"
            ),
        ][what]!
        #expect(bench.pod().status.reason == expected.0)
        #expect(bench.events(expected.0).map(\.message) == [expected.1])
    }

    @Test func `the node takes no more pods than it may`() throws {
        var bench = try Bench()
        try bench.node(pods: 1)
        try bench.bind(.named("first"))
        bench.run(to: 1)
        try bench.bind(.named())
        bench.run(to: 2)
        #expect(
            bench.pod().status.message
                == "Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: 1, capacity: 1"
        )
    }

    @Test func `use is within its request and can be set for a workload`() throws {
        var bench = try Bench()
        try bench.node()
        var set = ReplicaSet()
        set.metadata.name = "web"
        set.metadata.namespace = "default"
        set.spec.selector = LabelSelector()
        set.spec.selector?.matchLabels = ["app": "web"]
        set.spec.template.metadata.labels = ["app": "web"]
        set.spec.template.spec = Pod.named().spec
        let made = try bench.cluster.create(set)
        func owned(_ name: String) -> Pod {
            Pod.named(name, containers: ["a", "b"]).resources(cpu: "1", memory: "1Gi").with {
                $0.metadata.ownerReferences = [OwnerReference(controller: made)]
            }
        }
        try bench.bind(owned("p"))
        bench.run(to: 60)
        for second in stride(from: 60.0, to: 4000, by: 97) {
            bench.run(to: second)
            let usage = bench.fleet.usage(of: bench.pod(), in: bench.cluster)
            #expect((600...1600).contains(usage.milliCPU))
            #expect(((600 << 20)...(1640 << 20)).contains(usage.memory))
        }
        bench.fleet.setLoad(
            of: LoadTarget(kind: "ReplicaSet", key: made.key), cpu: 300, memory: 200 << 20, in: &bench.cluster
        )
        #expect(bench.fleet.usage(of: bench.pod(), in: bench.cluster) == (300, 200 << 20))
        try bench.bind(owned("later"))
        bench.run(to: 4100)
        #expect(bench.fleet.usage(of: bench.pod("later"), in: bench.cluster) == (300, 200 << 20))
        #expect(bench.fleet.containerUsage(of: bench.pod(), in: bench.cluster).map(\.milliCPU) == [150, 150])
    }
}
