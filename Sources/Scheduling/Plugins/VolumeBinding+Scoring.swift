// How full a node's storage would be: the score of VolumeBinding, with the gate StorageCapacityScoring.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// A line through points of use in percent and score of 0…10.
struct UtilizationShape: Sendable {
    var points: [(utilization: Int64, score: Int64)]

    init(points: [(utilization: Int64, score: Int64)]) { self.points = points }
    init(_ points: [UtilizationPoint]) { self.init(points: points.map { (Int64($0.utilization), Int64($0.score)) }) }

    /// The more room is left, the better: it can be needed when a volume grows.
    static let most = UtilizationShape(points: [(0, 10), (100, 0)])

    /// The score of 0…100 at a use of 0…100 percent.
    /// - Source: Kubernetes `pkg/scheduler/framework/plugins/helper/shape_score.go`.
    func score(at utilization: Int64) -> Int64 {
        guard let first = points.first, let last = points.last else { return 0 }
        if utilization <= first.utilization { return first.score * 10 }
        for (a, b) in zip(points, points.dropFirst()) where utilization <= b.utilization {
            return a.score * 10 + (b.score - a.score) * 10 * (utilization - a.utilization) / (b.utilization - a.utilization)
        }
        return last.score * 10
    }
}

/// What a StorageClass can still provision for the nodes that a selector matches.
struct StorageRoom: Sendable {
    var className: String
    var nodes: LabelSelector
    var capacity: Int64
    /// The largest volume that can be made.
    var largest: Quantity
}

extension VolumeBinding {
    /// The CSIStorageCapacity objects of the classes of `claims` whose drivers publish any.
    static func rooms(for claims: [PersistentVolumeClaim], _ store: ObjectStore) -> [StorageRoom] {
        var classes: [String] = []
        for name in claims.map(\.className) where !classes.contains(name) {
            guard let storageClass = store.storageClasses[ObjectKey(name: name)], publishesCapacity(storageClass, store) else { continue }
            classes.append(name)
        }
        if classes.isEmpty { return [] }
        // CSIStorageCapacity has no type of its own; few clusters have any.
        return store.customObjects.all.compactMap { object in
            guard object.kindName == "CSIStorageCapacity", let name = object.content["storageClassName"]?.string, classes.contains(name),
                let topology = object.content["nodeTopology"]
            else { return nil }
            var decoder = APIDecoder()
            guard let nodes = LabelSelector.decode(topology, &decoder) else { return nil }
            let capacity = object.content["capacity"]?.string.flatMap { Quantity($0) }
            guard let largest = object.content["maximumVolumeSize"]?.string.flatMap({ Quantity($0) }) ?? capacity else { return nil }
            return StorageRoom(className: name, nodes: nodes, capacity: max(0, capacity?.value ?? 0), largest: largest)
        }
    }

    /// The mean over the classes of the pod's waiting claims; 0 on a node that has neither volumes for them nor known room.
    ///
    /// - Source: Kubernetes `pkg/scheduler/framework/plugins/volumebinding/{scorer,volume_binding}.go`; `kubernetes-1.37.md` §3.3.
    @Sendable static func score(_ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]) -> Bool {
        guard let shape = cycle.settings.storageShape, !cycle.volumes.waiting.isEmpty else { return false }
        for (i, row) in rows.enumerated() {
            guard let node = state.nodes.objects[row] else { continue }
            var use: [(className: String, requested: Int64, capacity: Int64)] = []
            func add(_ className: String, _ requested: Int64, _ capacity: Int64, sums: Bool) {
                if let k = use.firstIndex(where: { $0.className == className }) {
                    use[k].requested = use[k].requested.saturatingAdd(requested)
                    use[k].capacity = sums ? use[k].capacity.saturatingAdd(capacity) : capacity
                } else {
                    use.append((className, requested, capacity))
                }
            }
            let plan = matches(cycle, node, state)
            if plan.matched.isEmpty {
                for claim in plan.provisioned {
                    let room = cycle.volumes.rooms.first {
                        $0.className == claim.className && $0.largest >= claim.requestedStorage && $0.nodes.matches(node.metadata.labels)
                    }
                    if let room { add(claim.className, claim.requestedStorage.value, room.capacity, sums: false) }
                }
            } else {
                for (claim, volume) in plan.matched {
                    add(claim.className, claim.requestedStorage.value, (volume.spec.capacity["storage"] ?? .zero).value, sums: true)
                }
            }
            if use.isEmpty { continue }
            let sum = use.reduce(Int64(0)) { $0 + shape.score(at: utilization($1.requested, $1.capacity)) }
            scores[i] = Int((Double(sum) / Double(use.count)).rounded())
        }
        return true
    }

    private static func utilization(_ requested: Int64, _ capacity: Int64) -> Int64 {
        if capacity <= 0 || requested > capacity { return 100 }
        return Int64((Double(max(0, requested)) * 100 / Double(capacity)).rounded(.towardZero))
    }
}
