import ControlPlane
import KubernetesAPI
import SimulationKit

/// How a workload would stand a failure, from where its ready pods are now.
public struct WorkloadAvailability: Sendable, Equatable {
    public var workload: Workload
    /// Nodes with ready pods, by name.
    public var places: [Unavailability.Place]
    /// S: how many pods it wants.
    public var desired: Int
    /// Q: how many pods it needs, and who says so: a budget's name, or nil for the parameter or 1.
    public var quorum: Int
    public var budget: String?
    public var byNode: BlastRadius
    public var byZone: BlastRadius
    public var unavailability: Unavailability
    /// P0 if the pods of a dead node are back elsewhere within the time of replacement, if anybody replaces them there.
    public var noneWithReplacement: Double
    /// The Service in front of it, if there is one, and its traffic.
    public var service: String?
    public var traffic: Traffic?

    /// What is wrong, the worst first.
    public enum Risk: Int, Sendable, Comparable {
        case down, oneReplica, oneNode, oneZone, quorumNode, quorumZone, none
        public static func < (a: Risk, b: Risk) -> Bool { a.rawValue < b.rawValue }
        /// All ready pods stand or fall together.
        public var isSinglePoint: Bool { self >= .oneReplica && self <= .oneZone }
    }
    /// R: ready pods.
    public var ready: Int { byNode.ready }
    public var risk: Risk {
        if desired == 0 && ready == 0 { return .none }
        if ready == 0 { return .down }
        if ready == 1 { return .oneReplica }
        if byNode.isSinglePoint { return .oneNode }
        if byZone.isSinglePoint, knowsZones { return .oneZone }
        if quorum > 0, byNode.isQuorumSinglePoint(quorum) { return .quorumNode }
        if quorum > 0, knowsZones, byZone.isQuorumSinglePoint(quorum) { return .quorumZone }
        return .none
    }
    /// Whether any node has a zone.
    public var knowsZones: Bool

    /// The risk in few words: `all on n1`.
    public var riskWord: String {
        switch risk {
        case .down, .oneReplica, .none: riskText
        case .oneNode: "all on \(byNode.domains[0].name)"
        case .oneZone: "all in \(byZone.domains[0].name)"
        case .quorumNode: "needs \(byNode.domains[0].name)"
        case .quorumZone: "needs \(byZone.domains[0].name)"
        }
    }
    /// The risk in words: `2 ready pods on node n1`.
    public var riskText: String {
        switch risk {
        case .down: "no ready pod"
        case .oneReplica: "one replica"
        case .oneNode: "\(ready) ready pods on node \(byNode.domains[0].name)"
        case .oneZone: "\(ready) ready pods in zone \(byZone.domains[0].name)"
        case .quorumNode: "without node \(byNode.domains[0].name) \(byNode.survivors(without: byNode.domains[0])) of \(quorum) needed"
        case .quorumZone: "without zone \(byZone.domains[0].name) \(byZone.survivors(without: byZone.domains[0])) of \(quorum) needed"
        case .none: ""
        }
    }
}

extension Workload {
    /// Whether its pods stand for one another: they are not one a node, not runs that end, and not a pod alone.
    public var hasReplicas: Bool { !["DaemonSet", "Job", "CronJob", "Pod", "Node"].contains(kind) }
}

extension Simulation {
    /// How each workload would stand a failure, the worst first.
    ///
    /// - Parameter only: just these workloads; nil for all.
    /// - Complexity: one pass over pods and nodes.
    public func availability(_ parameters: AvailabilityParameters = .init(), only: Set<Workload>? = nil) -> [WorkloadAvailability] {
        var survey = AvailabilitySurvey(cluster, parameters, only: only)
        survey.run(cluster)
        return survey.results
    }
}

/// Gathers what is asked of a cluster for ``WorkloadAvailability``, in as many steps as its caller likes.
///
/// ```swift
/// var survey = AvailabilitySurvey(cluster)
/// while !survey.run(cluster, until: { isTimeUp }) { … }
/// survey.results          // the worst first
/// ```
public struct AvailabilitySurvey: Sendable {
    private struct Found {
        var workload: Workload
        var sample: Pod
        var isActive = false
        var places: [String: Int] = [:]
        var nodeNames: [String] = []
    }
    /// What was found, the worst first; empty until all is.
    public private(set) var results: [WorkloadAvailability] = []
    /// Whether ``results`` are all.
    public private(set) var isDone = false

    private let parameters: AvailabilityParameters
    private let only: Set<Workload>?
    private var owners = WorkloadIndex()
    private var nodes: [String: (zone: String, region: String)] = [:]
    private var zones: [(name: String, region: String, nodes: Int, milliCPU: Int64)] = []
    private var isComplete = true
    private var found: [Found] = []
    private var indices: [Workload: Int] = [:]
    private let budgets: [String: [PodDisruptionBudget]]
    private let services: [String: [Service]]
    private var nextPod = 0
    private var nextWorkload = 0

    /// As many pods are looked at in one step.
    private static let podsAtOnce = 64

    /// - Parameter only: just these workloads; nil for all.
    public init(_ cluster: Cluster, _ parameters: AvailabilityParameters = .init(), only: Set<Workload>? = nil) {
        (self.parameters, self.only) = (parameters, only)
        budgets = Dictionary(grouping: cluster.store.podDisruptionBudgets.sorted(), by: \.metadata.namespace)
        services = Dictionary(grouping: cluster.store.services.sorted(), by: \.metadata.namespace)
        for case let node? in cluster.store.nodes.rows {
            let zone = node.zone
            let region = node.metadata.labels[LabelKey.region] ?? ""
            nodes[node.metadata.name] = (zone, region)
            let milliCPU = Resources(node.status.allocatable).milliCPU
            let index: Int
            if let known = zones.firstIndex(where: { $0.name == zone }) {
                index = known
            } else {
                index = zones.count
                zones.append((zone, region, 0, 0))
            }
            guard node.isReady else { continue }
            if zone.isEmpty || milliCPU == 0 { isComplete = false }
            zones[index].nodes += 1
            zones[index].milliCPU = zones[index].milliCPU.saturatingAdd(milliCPU)
        }
        zones.sort { $0.name < $1.name }
    }

    /// How far it is, 0 … 1.
    public func progress(_ cluster: Cluster) -> Double {
        let pods = max(1, cluster.store.pods.rows.count)
        return 0.5 * min(1, Double(nextPod) / Double(pods)) + (found.isEmpty ? 0 : 0.5 * Double(nextWorkload) / Double(found.count))
    }

    /// Goes on until all is found or `shouldStop` says so, which is asked before each step; returns whether all is.
    ///
    /// - Parameter cluster: as it is now: what changed since an earlier step may be found as it was or as it is.
    @discardableResult
    public mutating func run(_ cluster: Cluster, until shouldStop: () -> Bool = { false }) -> Bool {
        while !isDone {
            if shouldStop() { return false }
            if nextPod < cluster.store.pods.rows.count {
                let end = min(nextPod + Self.podsAtOnce, cluster.store.pods.rows.count)
                for case let pod? in cluster.store.pods.rows[nextPod..<end] where !pod.isFinished { look(at: pod, cluster) }
                nextPod = end
            } else if nextWorkload < found.count {
                let one = found[nextWorkload]
                nextWorkload += 1
                results.append(availability(of: one, budgets[one.workload.namespace] ?? [], services[one.workload.namespace] ?? [], cluster))
            } else {
                results.sort { a, b in
                    if a.risk != b.risk { return a.risk < b.risk }
                    if a.unavailability.none != b.unavailability.none { return a.unavailability.none > b.unavailability.none }
                    return a.workload < b.workload
                }
                isDone = true
            }
        }
        return true
    }

    private mutating func look(at pod: Pod, _ cluster: Cluster) {
        let workload = owners.workload(of: pod, cluster)
        if let only, !only.contains(workload) { return }
        let index: Int
        if let known = indices[workload] {
            index = known
        } else {
            index = found.count
            indices[workload] = index
            found.append(Found(workload: workload, sample: pod))
        }
        guard pod.isReady, !pod.metadata.isTerminating, !pod.nodeName.isEmpty else { return }
        if found[index].places[pod.nodeName] == nil { found[index].nodeNames.append(pod.nodeName) }
        found[index].places[pod.nodeName, default: 0] += 1
    }

    private func availability(
        of found: Found, _ budgets: [PodDisruptionBudget], _ services: [Service], _ cluster: Cluster
    ) -> WorkloadAvailability {
        let places = found.nodeNames.sorted().map { name in
            Unavailability.Place(
                node: name, zone: nodes[name]?.zone ?? "", region: nodes[name]?.region ?? "", ready: found.places[name] ?? 0)
        }
        var perZone: [String: Int] = [:]
        for place in places { perZone[place.zone, default: 0] += place.ready }
        let labels = found.sample.metadata.labels
        let budget = budgets.first { $0.spec.selector?.matches(labels) ?? false }
        let quorum = parameters.quorum ?? budget?.status.desiredHealthy ?? 1
        let service = services.first { service in
            !service.spec.selector.isEmpty && service.spec.selector.entries.allSatisfy { labels[$0.key] == $0.value }
        }
        let unavailability = Unavailability(places, quorum: quorum, parameters)
        // Nobody replaces a bare pod, and a StatefulSet or DaemonSet does not while the node is only silent.
        let isReplaced = !["Pod", "Node", "StatefulSet", "DaemonSet"].contains(found.workload.kind)
        let downtime = isReplaced ? min(parameters.nodeRepair, parameters.replacement) : parameters.nodeRepair
        return WorkloadAvailability(
            workload: found.workload, places: places, desired: desired(found, cluster), quorum: quorum,
            budget: parameters.quorum == nil ? budget?.metadata.name : nil,
            byNode: BlastRadius(places.map { ($0.node, $0.ready) }),
            byZone: BlastRadius(zones.map { ($0.name, perZone[$0.name] ?? 0) }), unavailability: unavailability,
            noneWithReplacement: Unavailability(places, quorum: quorum, parameters, node: parameters.node(repairedIn: downtime)).none,
            service: service?.metadata.name, traffic: service.map { traffic(to: $0, places, cluster) }, knowsZones: zones.contains { !$0.name.isEmpty })
    }

    /// Pods of a workload are taken for the endpoints of its Service.
    private func traffic(to service: Service, _ places: [Unavailability.Place], _ cluster: Cluster) -> Traffic {
        let withNodes = zones.count { $0.nodes > 0 }
        let shares = zones.reduce(0) { $0 + (parameters.clientShares[$1.name] ?? 0) }
        return Traffic(
            zones.map { zone in
                let here = places.filter { $0.zone == zone.name }
                let clients = shares > 0 ? (parameters.clientShares[zone.name] ?? 0) / shares : zone.nodes > 0 ? 1 / Double(withNodes) : 0
                return Traffic.Zone(
                    name: zone.name, region: zone.region, nodes: zone.nodes, nodesWithEndpoints: min(zone.nodes, here.count),
                    milliCPU: zone.milliCPU, endpoints: here.reduce(0) { $0 + $1.ready }, clients: clients)
            }, Routing(service, cluster.profile), isComplete: isComplete)
    }

    private func desired(_ found: Found, _ cluster: Cluster) -> Int {
        let (store, key) = (cluster.store, found.workload.key)
        return switch found.workload.kind {
        case "Deployment": store.deployments[key]?.spec.replicas ?? 0
        case "StatefulSet": store.statefulSets[key]?.spec.replicas ?? 0
        case "ReplicaSet": store.replicaSets[key]?.spec.replicas ?? 0
        case "DaemonSet": store.daemonSets[key]?.status.desiredNumberScheduled ?? 0
        case "Job": store.jobs[key]?.spec.parallelism ?? 1
        default: 1
        }
    }
}
