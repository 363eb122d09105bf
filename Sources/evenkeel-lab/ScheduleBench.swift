import CAllocations
import ControlPlane
import Foundation
import KubernetesAPI
import Scheduling
import SimulationKit

/// Pods per second through the scheduler, every node considered.
struct ScheduleBench {
    /// A kind of workload: the templates that the pods are made from in turn.
    struct Workload {
        var name: String
        /// Pods per node.
        var density = 10
        /// Whether each template has a ReplicaSet, so that the system's default spread constraints apply.
        var hasReplicaSets = false
        var templates: [Pod]
    }

    static let workloads: [Workload] = [
        Workload(name: "plain", templates: [template(0)]),
        Workload(name: "zone+hostname maxSkew 1", templates: [template(0, spread: [hard(zone, 1), hard(hostname, 1)])]),
        Workload(name: "zone+hostname maxSkew 5", templates: [template(0, spread: [hard(zone, 5), hard(hostname, 5)])]),
        Workload(
            name: "zone hard, hostname soft",
            templates: [template(0, spread: [hard(zone, 1), soft(hostname, 1)])]),
        Workload(
            name: "anti-affinity by hostname", density: 1,
            templates: [
                template(0) { pod in
                    var term = PodAffinityTerm()
                    (term.labelSelector, term.topologyKey) = (LabelSelector(matchLabels: ["app": "app-0"]), hostname)
                    var affinity = Affinity()
                    affinity.podAntiAffinity = PodAffinity()
                    affinity.podAntiAffinity!.required = [term]
                    pod.spec.affinity = affinity
                }
            ]),
        Workload(name: "default spread", hasReplicaSets: true, templates: [template(0)]),
        Workload(name: "mix of 50 templates", templates: (0..<50).map(mixed)),
    ]

    static let zone = LabelKey.zone
    static let hostname = LabelKey.hostname
    private static func hard(_ key: String, _ skew: Int) -> (String, Int, String) { (key, skew, "DoNotSchedule") }
    private static func soft(_ key: String, _ skew: Int) -> (String, Int, String) { (key, skew, "ScheduleAnyway") }

    private static func template(
        _ number: Int, cpu: Int64 = 100, memory: Int64 = 128, spread: [(key: String, skew: Int, action: String)] = [],
        _ change: (inout Pod) -> Void = { _ in }
    ) -> Pod {
        var pod = Pod()
        pod.metadata.namespace = "default"
        pod.metadata.labels = ["app": "app-\(number)"]
        var owner = OwnerReference()
        (owner.apiVersion, owner.kind, owner.name, owner.uid) = ("apps/v1", "ReplicaSet", "app-\(number)", "uid-\(number)")
        owner.controller = true
        pod.metadata.ownerReferences = [owner]
        var container = Container(name: "app", image: "app:\(number)")
        container.resources.requests = ["cpu": Quantity(milli: cpu), "memory": Quantity(bytes: memory << 20)]
        pod.spec.containers = [container]
        pod.spec.topologySpreadConstraints = spread.map {
            TopologySpreadConstraint(
                maxSkew: $0.skew, topologyKey: $0.key, whenUnsatisfiable: $0.action,
                labelSelector: LabelSelector(matchLabels: ["app": "app-\(number)"]))
        }
        change(&pod)
        return pod
    }
    private static func mixed(_ i: Int) -> Pod {
        let spread: [(key: String, skew: Int, action: String)] =
            switch i % 5 {
            case 0: [hard(zone, 1), hard(hostname, 2)]
            case 1: [hard(zone, 2)]
            case 2: [soft(zone, 1)]
            default: []
            }
        return template(i, cpu: Int64(50 + 10 * (i % 7)), memory: Int64(64 << (i % 3)), spread: spread)
    }

    /// Fifty Deployments with `pods` pods between them, each as `adjust` leaves it.
    static func deployments(_ pods: Int, count: Int = 50, in cluster: inout Cluster, adjust: (Int, inout Deployment) -> Void = { _, _ in }) {
        for i in 0..<count {
            var deployment = Deployment()
            deployment.metadata.name = "app-\(i)"
            deployment.metadata.namespace = "default"
            deployment.spec.replicas = pods / count + (i < pods % count ? 1 : 0)
            deployment.spec.selector = LabelSelector(matchLabels: ["app": "app-\(i)"])
            deployment.spec.template.metadata.labels = ["app": "app-\(i)"]
            var container = Container(name: "app", image: "app:\(i)")
            container.resources.requests = ["cpu": Quantity(milli: 100), "memory": Quantity(bytes: 128 << 20)]
            deployment.spec.template.spec.containers = [container]
            adjust(i, &deployment)
            _ = try! cluster.create(deployment)
        }
    }

    static func nodes(_ count: Int, named prefix: String = "node", in cluster: inout Cluster) {
        for i in 0..<count {
            var node = Node()
            node.metadata.name = "\(prefix)-\(i)"
            node.metadata.labels = [hostname: node.metadata.name, zone: ["a", "b", "c", "d"][i % 4]]
            node.status.allocatable = [
                "cpu": Quantity(16), "memory": Quantity(bytes: 64 << 30), "pods": Quantity(110),
            ]
            node.status.capacity = node.status.allocatable
            _ = try! cluster.create(node)
        }
    }

    private var cluster: Cluster
    private var scheduler: Scheduler
    private let workload: Workload
    private let pods: Int

    private init(_ workload: Workload, nodes: Int, pods: Int, _ profile: KubernetesProfile) {
        (self.workload, self.pods) = (workload, pods)
        var configuration = SchedulerConfiguration()
        configuration.percentageOfNodesToScore = 100
        cluster = Cluster(profile: profile)
        scheduler = Scheduler(profile: cluster.profile, seed: 1, configuration: configuration)
        Self.nodes(nodes, in: &cluster)
        for template in workload.templates where workload.hasReplicaSets {
            var set = ReplicaSet()
            set.metadata.name = template.metadata.controller!.name
            set.metadata.namespace = "default"
            set.spec.selector = LabelSelector(matchLabels: template.metadata.labels)
            set.spec.template.metadata.labels = template.metadata.labels
            set.spec.template.spec = template.spec
            _ = try! cluster.create(set)
        }
        schedule(until: .start + .seconds(1))
    }

    private mutating func create() {
        for i in 0..<pods {
            var pod = workload.templates[i % workload.templates.count]
            pod.metadata.name = "pod-\(i)"
            _ = try! cluster.create(pod)
        }
    }
    private mutating func schedule(until limit: Instant) {
        while let wake = scheduler.nextWake(cluster), wake <= limit {
            if wake > cluster.now { cluster.now = wake }
            scheduler.run(&cluster)
            cluster.store.compact(before: scheduler.cursor)
        }
    }

    /// Runs the scheduler until no pod waits; returns how many have a node.
    private mutating func placeAll() -> Int {
        schedule(until: cluster.now + .hours(1))
        return cluster.store.pods.rows.count { !($0?.nodeName.isEmpty ?? true) }
    }

    private static let legend = """
        placed /s     The pods exist when the clock starts. Counted is all that follows: reading them from the feed of
                      changes, the queue, the decision over every node, the binding's write with condition and zone label,
                      the Scheduled event, and reading the bound pod back. By the clock on the wall, best of the runs.
        by CPU        The same by the time that the one thread was computing: what other programs take is left out.
        created /s    The API server's part before it: defaulting, admission, validation, write; by CPU.
        decisions /s  Filters, scores and the counts of the pod on its node; no queue, no write; by CPU.
        allocs        Blocks asked of malloc per placed pod. peak MB: of the process.
        """

    static func run(_ options: Lab.Schedule, _ profile: KubernetesProfile) {
        let (phase, runs) = (options.phase, options.runs)
        let widths = [26, 6, 7, 10, 10, 10, 12, 7, 8]
        print(row(["workload", "nodes", "pods", "placed /s", "by CPU", "created /s", "decisions /s", "allocs", "peak MB"], widths))
        for workload in workloads where options.only.map(workload.name.contains) ?? true {
            for nodes in options.nodes {
                let count = min(nodes.saturatingMultiply(workload.density), options.pods)
                resetPeakMemory()
                var best = (placed: 0.0, computed: 0.0, created: 0.0, decided: 0.0)
                var left = 0
                var allocations = 0
                for _ in 0..<runs where phase != .decide {
                    var bench = ScheduleBench(workload, nodes: nodes, pods: count, profile)
                    let creation = processorSeconds { bench.create() }
                    best.created = max(best.created, Double(count) / creation)
                    var placed = 0
                    let before = allocation_count()
                    var computing = 0.0
                    let time = seconds { computing = processorSeconds { placed = bench.placeAll() } }
                    best.placed = max(best.placed, Double(placed) / time)
                    best.computed = max(best.computed, Double(placed) / computing)
                    allocations = (allocation_count() - before) / max(1, placed)
                    left = count - placed
                }
                for _ in 0..<runs where phase != .all {
                    var bench = ScheduleBench(workload, nodes: nodes, pods: count, profile)
                    bench.create()
                    let waiting = bench.cluster.store.pods.all
                    var placed = 0
                    let time = processorSeconds {
                        for (slot, pod) in waiting.enumerated() {
                            if bench.scheduler.decideAndCount(pod, slot: slot, bench.cluster.store) { placed += 1 }
                        }
                    }
                    best.decided = max(best.decided, Double(placed) / time)
                }
                func rate(_ value: Double) -> String { value == 0 ? "–" : grouped(Int(value)) }
                print(
                    row(
                        [
                            workload.name, grouped(nodes), grouped(count), rate(best.placed), rate(best.computed),
                            rate(best.created), rate(best.decided),
                            allocations > 0 ? grouped(allocations) : "–", peakMemory().map(grouped) ?? "–",
                        ], widths) + (left > 0 ? "  (\(left) found no node)" : ""))
                fflush(nil)
            }
        }
        print(legend)
    }
}
