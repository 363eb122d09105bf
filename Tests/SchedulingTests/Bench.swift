import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// A cluster, its scheduler, and builders for both.
struct Bench {
    var cluster: Cluster
    var scheduler: Scheduler

    init(minor: Int = 36, seed: UInt64 = 1, configuration: SchedulerConfiguration = .init(), gates: [String] = []) {
        let profile = try! KubernetesProfile(version: KubernetesVersion(minor: minor), overrides: gates.map { ($0, true) })
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
        _ name: String, cpu: String? = "500m", memory: String? = nil,
        labels: StringMap<String> = ["app": "web"],
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
        pod.spec.priorityClassName = priorityClass(pod.spec.priority ?? 0)
        return try! cluster.create(pod)
    }
    /// The class of this priority, made when it is first needed: the number alone would be refused.
    private mutating func priorityClass(_ value: Int) -> String {
        guard value != 0 else { return "" }
        var priority = PriorityClass()
        priority.metadata.name = "priority-\(value)"
        priority.value = value
        if cluster.store.priorityClasses[priority.key] == nil { try! cluster.create(priority) }
        return priority.name
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

    func place(_ name: String) -> String {
        cluster.store.pods[ObjectKey(namespace: "default", name: name)]?.nodeName ?? "gone"
    }
    func stored(_ name: String) -> Pod { cluster.store.pods[ObjectKey(namespace: "default", name: name)]! }
    func messages(_ reason: String) -> [String] {
        cluster.eventLog.events.filter { $0.reason == reason }.map(\.message)
    }
}
