// CPU demand on a workload or Service, shared by its ready pods.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// What a workload or a Service is asked to do in sum, in CPU: its ready pods share it evenly, so the more there are the
/// less each has to do. Without a ready pod nobody does it.
///
/// Given by the annotation ``Demand/annotation`` of a Deployment, StatefulSet, DaemonSet, ReplicaSet or Service. A pod of
/// such a workload uses its share, and what its own annotation `evenkeel.dev/cpu` says if that is a constant.
public struct Demand: Sendable {
    public static let annotation = Program.prefix + "demand"

    /// Thousandths of a core, over time.
    public var load: Load
    /// How many pods share it.
    public internal(set) var pods = 0

    /// Reads the annotation: as CPU use of a program, see ``Load``.
    public static func load(_ text: String) -> Load? { Load(text, amount: \.milliValue) }
    /// The text of a demand as the annotation has it.
    public static func text(_ load: Load) -> String { load.text { Quantity(milli: $0).description } }
}

extension KubeletFleet {
    /// A load balancer takes a moment until a pod that became ready, or no longer is, counts.
    static let demandDelay = Duration.seconds(1)

    /// The demand on a workload or Service; nil if there is none.
    public func demand(on target: LoadTarget) -> Demand? { host.demands[target] }

    // MARK: Noticing

    /// A workload, Service or its addresses changed.
    mutating func noticeDemand(_ entry: LogEntry, _ cluster: Cluster) {
        func look<O: StoredObject>(_ change: Change<O>) {
            let object = change.object
            let text = change.action == .deleted ? nil : object.metadata.annotations[Demand.annotation]
            // A ReplicaSet has its Deployment's annotations too.
            if text == nil && host.demands.isEmpty || O.self == ReplicaSet.self && object.metadata.controller != nil { return }
            let target = LoadTarget(kind: O.kind.rawValue, key: object.key)
            let load = text.flatMap(Demand.load)
            if load == host.demands[target]?.load { return }
            if let load {
                host.demands[target, default: Demand(load: load)].load = load
            } else {
                // Kept until its pods have been let go.
                host.demands[target]?.load = .constant(0)
            }
            demandIsDue(target, cluster)
        }
        switch entry.kind {
        case .deployment: look(cluster.store.deployments.change(entry.index))
        case .statefulSet: look(cluster.store.statefulSets.change(entry.index))
        case .replicaSet: look(cluster.store.replicaSets.change(entry.index))
        case .daemonSet: look(cluster.store.daemonSets.change(entry.index))
        case .service: look(cluster.store.services.change(entry.index))
        case .endpointSlice:
            if host.demands.isEmpty { return }
            let slice = cluster.store.endpointSlices.change(entry.index).object
            guard let service = slice.metadata.labels[LabelKey.serviceName] else { return }
            let target = LoadTarget(kind: Kind.service.rawValue, key: ObjectKey(namespace: slice.namespace, name: service))
            if host.demands[target] != nil { demandIsDue(target, cluster) }
        default: break
        }
    }

    /// A pod came, went, or changed; there are host.demands.
    mutating func noticeDemand(of change: Change<Pod>, _ cluster: Cluster) {
        func serves(_ pod: Pod) -> Bool { pod.isReady && !pod.metadata.isTerminating }
        let before = change.previous.map(serves) ?? false
        let after = change.action != .deleted && serves(change.object)
        guard before != after else { return }
        for target in LoadTarget.all(of: change.object, in: cluster) where host.demands[target] != nil { demandIsDue(target, cluster) }
    }

    private mutating func demandIsDue(_ target: LoadTarget, _ cluster: Cluster) {
        if demandsDue.isEmpty { host.timers.schedule(.demands, at: cluster.now + Self.demandDelay) }
        if !demandsDue.contains(target) { demandsDue.append(target) }
    }

    // MARK: Sharing

    /// Shares the demands that are due among the pods that are ready now.
    mutating func shareDemands(_ cluster: inout Cluster) {
        let due = demandsDue
        demandsDue = []
        for target in due {
            let before = host.serving.filter { $0.value == target }.map(\.key)
            let isWanted = isDemanded(target, cluster)
            let pods = isWanted ? servers(of: target, cluster) : []
            for uid in before { host.serving[uid] = nil }
            for uid in pods { host.serving[uid] = target }
            if isWanted { host.demands[target]?.pods = pods.count } else { host.demands[target] = nil }
            reprogram((before + pods).compactMap { host.pods[$0] }, &cluster)
        }
    }

    /// Has pods follow what was set from outside, in the order in which they came.
    mutating func reprogram(_ pods: [PodReference], _ cluster: inout Cluster) {
        for pod in Set(pods).sorted(by: { $0.serial < $1.serial }) {
            nodes[pod.node]?.with(pod, &host, &cluster) { $0.reprogram(&$1, &$2, $3) }
        }
    }

    private func isDemanded(_ target: LoadTarget, _ cluster: Cluster) -> Bool {
        guard let kind = Kind(rawValue: target.kind) else { return false }
        return cluster.store.object(kind, target.key)?.metadata.annotations[Demand.annotation].flatMap(Demand.load) != nil
    }

    /// The identities of the pods that meet a demand: ready and not being deleted.
    private func servers(of target: LoadTarget, _ cluster: Cluster) -> [String] {
        let store = cluster.store
        var pods: [Pod] = []
        switch target.kind {
        case "Deployment":
            guard let uid = store.deployments[target.key]?.metadata.uid else { break }
            for case let set? in store.replicaSets.rows where set.metadata.controller?.uid == uid { pods += store.pods(ownedBy: set.metadata.uid) }
        case "Service":
            for slice in store.endpointSlices.rows {
                guard let slice, slice.namespace == target.key.namespace, slice.metadata.labels[LabelKey.serviceName] == target.key.name
                else { continue }
                pods += slice.endpoints.compactMap { endpoint in
                    endpoint.targetRef?["name"]?.string.flatMap { store.pods[ObjectKey(namespace: slice.namespace, name: $0)] }
                }
            }
        default:
            guard let kind = Kind(rawValue: target.kind), let object = store.object(kind, target.key) else { break }
            pods = store.pods(ownedBy: object.metadata.uid)
        }
        return pods.filter { $0.isReady && !$0.metadata.isTerminating }.map(\.metadata.uid)
    }
}

extension KubeletHost {
    /// Gives container `i` its part of the pod's share, by the containers' CPU requests, evenly without.
    func meetDemand(_ program: inout Program, _ worker: PodWorker, _ i: Int, _ cluster: Cluster) {
        var idle: Int64 = 0
        let annotations = worker.pod.metadata.annotations
        let ownIsGiven = annotations["\(Program.prefix)\(worker.spec(i).name).cpu"] ?? annotations["\(Program.prefix)cpu"]
        if ownIsGiven != nil, case .constant(let own) = program.cpu { idle = own }
        guard let target = serving[worker.uid], let demand = demands[target], demand.pods > 0 else {
            if LoadTarget.all(of: worker.pod, in: cluster).contains(where: { demands[$0] != nil }) { program.cpu = .constant(idle) }
            return
        }
        let requests = worker.appIndices.map { worker.spec($0).resources.requests.milliCPU ?? 0 }
        let sum = requests.saturatingSum
        let (part, whole) = sum == 0 ? (1, Int64(requests.count)) : (requests[i - worker.initCount], sum)
        program.cpu = demand.load.map { idle + $0.proportion(part, of: whole.saturatingMultiply(Int64(demand.pods))) }
    }
}
