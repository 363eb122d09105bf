import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// A cluster with kubelets and nothing else: pods are bound by hand.
struct Bench {
    var cluster: Cluster
    var fleet: KubeletFleet

    init(
        _ minor: Int = 36, gates: [(String, Bool)] = [], configuration: KubeletConfiguration = KubeletConfiguration(),
        latencies: KubeletLatencies = KubeletLatencies()
    ) throws {
        let profile = try KubernetesProfile(version: KubernetesVersion(minor: minor), overrides: gates)
        cluster = Cluster(profile: profile, seed: 1)
        fleet = KubeletFleet(profile: profile, seed: 1, configuration: configuration, latencies: latencies)
    }

    /// Runs until `seconds` after the start.
    mutating func run(to seconds: Double) {
        let end = Instant.start + .seconds(seconds)
        var runs = 0
        while let wake = fleet.nextWake(cluster), wake <= end {
            cluster.now = max(cluster.now, wake)
            fleet.run(&cluster)
            runs += 1
            precondition(runs < 1_000_000, "the fleet never settles")
        }
        cluster.now = end
    }

    /// Runs step by step until `seconds`, and looks at the cluster after each.
    mutating func run(to seconds: Double, watching look: (Bench) -> Void) {
        let end = Instant.start + .seconds(seconds)
        while let wake = fleet.nextWake(cluster), wake <= end {
            cluster.now = max(cluster.now, wake)
            fleet.run(&cluster)
            look(self)
        }
        cluster.now = end
    }

    /// A node with what pods may use.
    mutating func node(_ name: String = "n1", cpu: String = "4", memory: String = "8Gi", pods: Int64 = 110)
        throws
    {
        var node = Node()
        node.metadata.name = name
        node.status.allocatable = [
            "cpu": Quantity(cpu)!, "memory": Quantity(memory)!, "pods": Quantity(pods),
        ]
        node.status.capacity = node.status.allocatable
        try cluster.create(node)
    }

    /// Creates a pod and binds it.
    @discardableResult
    mutating func bind(_ pod: Pod, to node: String = "n1") throws -> ObjectKey {
        let made = try cluster.create(pod)
        try cluster.bind(pod: made.key, uid: made.metadata.uid, to: node)
        return made.key
    }

    /// Makes a class for a priority, as admission wants one.
    mutating func priorityClass(_ value: Int) throws -> String {
        if value >= 2_000_000_000 { return "system-cluster-critical" }
        var priority = PriorityClass()
        priority.metadata.name = "priority-\(value)"
        priority.value = value
        if cluster.store.priorityClasses[priority.key] == nil { try cluster.create(priority) }
        return priority.name
    }

    func pod(_ name: String = "p") -> Pod {
        cluster.store.pods[ObjectKey(namespace: "default", name: name)] ?? Pod()
    }
    func has(_ name: String = "p") -> Bool {
        cluster.store.pods[ObjectKey(namespace: "default", name: name)] != nil
    }
    func container(_ index: Int = 0, of name: String = "p") -> ContainerStatus {
        pod(name).status.containerStatuses[index]
    }

    /// Times and messages of the told events about an object, in seconds.
    func events(_ reason: String, of name: String = "p") -> [(time: Double, message: String)] {
        cluster.eventLog.events.filter { $0.reason == reason && $0.object.name == name }
            .map { ($0.time.sinceStart.seconds, $0.message) }
    }
    func times(_ reason: String, of name: String = "p") -> [Double] { events(reason, of: name).map(\.time) }
}

extension Pod {
    /// A pod with one container per name, from an image that is on no node.
    static func named(
        _ name: String = "p", containers: [String] = ["c"], _ annotations: StringMap<String> = [:]
    ) -> Pod {
        var pod = Pod()
        pod.metadata.name = name
        pod.metadata.namespace = "default"
        for (key, value) in annotations.entries { pod.metadata.annotations["evenkeel.dev/\(key)"] = value }
        pod.spec.restartPolicy = "Always"
        pod.spec.terminationGracePeriodSeconds = 30
        pod.spec.containers = containers.map { Container(name: $0, image: "app:1") }
        return pod
    }
    func with(_ change: (inout Pod) -> Void) -> Pod {
        var pod = self
        change(&pod)
        return pod
    }
    func priority(_ name: String) -> Pod { with { $0.spec.priorityClassName = name } }
    func resources(
        cpu: String? = nil, memory: String? = nil, cpuLimit: String? = nil, memoryLimit: String? = nil
    ) -> Pod {
        with { pod in
            for i in pod.spec.containers.indices {
                if let cpu { pod.spec.containers[i].resources.requests["cpu"] = Quantity(cpu)! }
                if let memory { pod.spec.containers[i].resources.requests["memory"] = Quantity(memory)! }
                if let cpuLimit { pod.spec.containers[i].resources.limits["cpu"] = Quantity(cpuLimit)! }
                if let memoryLimit {
                    pod.spec.containers[i].resources.limits["memory"] = Quantity(memoryLimit)!
                }
            }
        }
    }
    var condition: [String: String] {
        Dictionary(uniqueKeysWithValues: status.conditions.map { ($0.type, $0.status) })
    }
}

extension Probe {
    static func http(period: Int = 10, threshold: Int = 3, delay: Int = 0) -> Probe {
        var probe = Probe()
        probe.httpGet = HTTPGetAction()
        probe.httpGet?.path = "/healthz"
        probe.httpGet?.port = .int(8080)
        (probe.periodSeconds, probe.failureThreshold, probe.initialDelaySeconds) = (period, threshold, delay)
        return probe
    }
}

/// Whether two lists of seconds agree to the millisecond.
func close(_ a: [Double], _ b: [Double], within tolerance: Double = 0.001) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
}
