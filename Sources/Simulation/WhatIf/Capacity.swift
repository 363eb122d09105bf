import ControlPlane
import Controllers
import KubernetesAPI
import Scheduling

/// How many more pods of a workload fit into a cluster as it is, where they would go, and what stops the next one.
///
/// Pods are made as the workload's controller makes them, so that admission, limits and quotas have their say, and placed as
/// the scheduler places them, each counting for the next. Nobody is evicted for them and no time runs.
public struct Capacity: Sendable {
    public var workload: Workload
    /// The node of each pod that fits, in the order in which they were placed.
    public var nodes: [String] = []
    /// Whether no more than so many were tried, and all of them fit.
    public var isLimited = false
    /// What the API server says against the next pod; nil if it takes it.
    public var refusal: String?
    /// Why the next pod finds no node, with what would help; nil if it got that far.
    public var explanation: Explanation?
    /// Pods of the workload that wait for a node already.
    public var waiting: Int
    /// What else bounds the workload, in words.
    public var remarks: [String] = []
    public var pools: [Pool] = []

    /// Nodes that are managed together, in one zone.
    public struct Pool: Sendable, Equatable {
        /// As its nodes' labels call it; else the instance type, else the size.
        public var name: String
        public var zone: String
        public var nodes = 0
        public var fits = 0
        /// What stops the next pod, with how many of the nodes; the most first.
        public var stops: [Stop] = []
    }
    public struct Stop: Sendable, Equatable {
        public var reason: String
        public var nodes: Int
    }

    /// How many fit.
    public var count: Int { nodes.count }

    /// - Parameter limit: more than this are not tried.
    /// - Returns: nil for what does not choose how many pods it has, such as a DaemonSet.
    public init?(of kind: Kind, _ key: ObjectKey, in simulation: Simulation, limit: Int = 10_000) {
        var cluster = simulation.cluster
        guard var maker = PodMaker(of: kind, key, in: cluster) else { return nil }
        workload = Workload(kind: kind.rawValue, namespace: key.namespace, name: key.name)
        waiting = 0
        for case let pod? in cluster.store.pods.rows where pod.isWaitingForNode && Workload(of: pod, cluster) == workload { waiting += 1 }
        var packing = Packing(cluster, configuration: simulation.options.scheduler)
        while refusal == nil, explanation == nil, !isLimited {
            guard count < limit else {
                isLimited = true
                break
            }
            do throws(APIError) {
                let pod = try maker.create(in: &cluster)
                if let node = packing.place(pod, in: cluster) { nodes.append(node) } else { explanation = packing.explain(pod, in: cluster) }
            } catch {
                refusal = error.message
            }
        }
        pools = pools(of: simulation.cluster)
        for scaler in cluster.store.horizontalPodAutoscalers.sorted(namespace: key.namespace)
        where scaler.spec.scaleTargetRef.kind == kind.rawValue && scaler.spec.scaleTargetRef.name == key.name {
            remarks.append("horizontalpodautoscaler/\(scaler.key) allows at most \(scaler.spec.maxReplicas)")
        }
    }

    private func pools(of cluster: Cluster) -> [Pool] {
        var pools: [Pool] = []
        var indices: [String: Int] = [:]
        var placed: [String: Int] = [:]
        for node in nodes { placed[node, default: 0] += 1 }
        var reasons: [String: String] = [:]
        for verdict in explanation?.nodes ?? [] { reasons[verdict.node] = verdict.refusal?.reasons.joined(separator: ", ") }
        for node in cluster.store.nodes.sorted() {
            let (name, zone) = (node.pool, node.zone)
            let index = indices["\(zone)/\(name)"] ?? pools.count
            if index == pools.count {
                indices["\(zone)/\(name)"] = index
                pools.append(Pool(name: name, zone: zone))
            }
            pools[index].nodes += 1
            pools[index].fits += placed[node.name] ?? 0
            guard let reason = reasons[node.name] else { continue }
            if let known = pools[index].stops.firstIndex(where: { $0.reason == reason }) {
                pools[index].stops[known].nodes += 1
            } else {
                pools[index].stops.append(Stop(reason: reason, nodes: 1))
            }
        }
        for index in pools.indices { pools[index].stops.sort { ($1.nodes, $0.reason) < ($0.nodes, $1.reason) } }
        return pools.sorted { ($0.name, $0.zone) < ($1.name, $1.zone) }
    }
}

extension Node {
    /// What the pool of nodes that it belongs to is called: as its provider's labels say, else its instance type, else its size.
    public var pool: String {
        for label in [
            "eks.amazonaws.com/nodegroup", "cloud.google.com/gke-nodepool", "kubernetes.azure.com/agentpool", "agentpool", "karpenter.sh/nodepool",
            "node.kubernetes.io/instance-type",
        ] {
            if let name = metadata.labels[label], !name.isEmpty { return name }
        }
        return "\(status.allocatable["cpu"]?.description ?? "0") CPU, \(status.allocatable["memory"]?.description ?? "0")"
    }
}
