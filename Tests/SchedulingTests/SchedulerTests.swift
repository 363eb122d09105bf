import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// A cluster, its scheduler, and builders for both.
struct Bench {
    var cluster: Cluster
    var scheduler: Scheduler

    init(minor: Int = 36, seed: UInt64 = 1, configuration: SchedulerConfiguration = .init()) {
        let profile = KubernetesProfile(minor: minor)
        cluster = Cluster(profile: profile, seed: seed)
        scheduler = Scheduler(profile: profile, seed: seed, configuration: configuration)
    }

    @discardableResult
    mutating func node(
        _ name: String, cpu: String = "4", memory: String = "16Gi", zone: String? = nil,
        _ change: (inout Node) -> Void = { _ in }
    ) -> Node {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels["kubernetes.io/hostname"] = name
        if let zone { node.metadata.labels["topology.kubernetes.io/zone"] = zone }
        node.status.allocatable = [
            "cpu": Quantity(cpu)!, "memory": Quantity(memory)!, "pods": Quantity(110),
        ]
        node.status.capacity = node.status.allocatable
        change(&node)
        return try! cluster.create(node)
    }

    @discardableResult
    mutating func pod(
        _ name: String, cpu: String? = "500m", memory: String? = nil, labels: StringMap<String> = ["app": "web"],
        priority: Int = 0, on node: String = "", _ change: (inout Pod) -> Void = { _ in }
    ) -> Pod {
        var pod = Pod()
        pod.metadata.name = name
        pod.metadata.labels = labels
        var container = Container(name: "web", image: "web:1")
        if let cpu { container.resources.requests["cpu"] = Quantity(cpu)! }
        if let memory { container.resources.requests["memory"] = Quantity(memory)! }
        pod.spec.containers = [container]
        pod.spec.priority = priority
        pod.nodeName = node
        change(&pod)
        return try! cluster.create(pod)
    }

    /// Lets the scheduler work for `duration`.
    mutating func run(_ duration: Duration) {
        let end = cluster.now + duration
        while let wake = scheduler.nextWake(cluster), wake <= end {
            if wake > cluster.now { cluster.now = wake }
            scheduler.run(&cluster)
        }
        cluster.now = end
    }

    func place(_ name: String) -> String { cluster.store.pods[ObjectKey(namespace: "default", name: name)]?.nodeName ?? "gone" }
    func stored(_ name: String) -> Pod { cluster.store.pods[ObjectKey(namespace: "default", name: name)]! }
    func messages(_ reason: String) -> [String] {
        cluster.narrative.events.filter { $0.reason == reason }.map(\.message)
    }
}

@Suite struct SchedulerTests {
    @Test func `pending pods are bound to nodes with room`() {
        var bench = Bench()
        bench.node("a")
        bench.node("b")
        for i in 0..<6 { bench.pod("p\(i)", cpu: "1") }
        bench.run(.seconds(1))
        let places = (0..<6).map { bench.place("p\($0)") }
        #expect(places.filter { $0 == "a" }.count == 3)
        #expect(places.filter { $0 == "b" }.count == 3)
        #expect(bench.messages("Scheduled").first == "Successfully assigned default/p0 to \(places[0])")
        #expect(bench.stored("p0").status.conditions.isTrue("PodScheduled"))
    }

    @Test func `a pod that fits nowhere says why, and is placed when room appears`() {
        var bench = Bench()
        bench.node("a", cpu: "1")
        bench.pod("big", cpu: "2")
        bench.run(.seconds(1))
        let text = "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        #expect(bench.messages("FailedScheduling") == [text])
        let condition = bench.stored("big").status.conditions["PodScheduled"]
        #expect(condition?.status == "False")
        #expect(condition?.reason == "Unschedulable")
        #expect(condition?.message == text)
        bench.node("b")
        bench.run(.seconds(5))
        #expect(bench.place("big") == "b")
    }
}
