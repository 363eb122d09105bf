import KubernetesAPI

/// The zone hints that the EndpointSlice controller gives endpoints for `service.kubernetes.io/topology-mode: Auto`.
///
/// - Source: Kubernetes `staging/src/k8s.io/endpointslice/topologycache/{topologycache,sliceinfo,utils}.go`.
public struct TopologyHints: Sendable, Equatable {
    /// What a zone has and gets.
    public struct Zone: Sendable, Equatable {
        public var name: String
        /// Allocatable CPU of its ready nodes.
        public var milliCPU: Int64
        /// Ready endpoints in it.
        public var endpoints: Int
        public init(name: String, milliCPU: Int64, endpoints: Int) {
            (self.name, self.milliCPU, self.endpoints) = (name, milliCPU, endpoints)
        }
    }
    /// `hinted[from][to]`: endpoints in the zone numbered `from` that serve the zone numbered `to`; nil: withdrawn.
    public private(set) var hinted: [[Int]]?
    /// Why there are none, as the event TopologyAwareHintsDisabled says.
    public private(set) var refusal = ""

    /// - Parameters:
    ///   - isComplete: every ready node has a zone and allocatable CPU.
    ///   - strays: ready endpoints without a zone.
    public init(_ zones: [Zone], isComplete: Bool = true, strays: Int = 0) {
        let total = zones.reduce(0) { $0 + $1.endpoints }
        let cpu = zones.reduce(0) { $0 + $1.milliCPU }
        guard isComplete, cpu > 0, zones.allSatisfy({ $0.milliCPU > 0 || $0.endpoints == 0 }) else {
            refusal = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
            return
        }
        let counted = zones.filter { $0.milliCPU > 0 }
        guard counted.count > 1 else {
            refusal = "Nodes only ready in one zone"
            return
        }
        guard total + strays >= counted.count else {
            refusal = "Insufficient number of endpoints (\(total + strays) endpoints, \(counted.count) zones)"
            return
        }
        let desired = zones.map { Double($0.milliCPU) / Double(cpu) * Double(total + strays) }
        let least = desired.reduce(0) { $0 + Int(($1 / Self.overload).rounded(.up)) }
        guard least <= total + strays else {
            refusal =
                "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold "
                + "(\(total + strays) endpoints, \(counted.count) zones)"
            return
        }
        guard strays == 0 else {
            refusal = "One or more endpoints do not have a zone specified"
            return
        }
        var hints = zones.indices.map { from in zones.indices.map { from == $0 ? zones[from].endpoints : 0 } }
        // What a zone has more than it should, or less; the largest surplus gives to the largest deficit.
        var surplus = zones.indices.map { Double(zones[$0].endpoints) - desired[$0] }
        while true {
            let giver = surplus.indices.max { surplus[$0] < surplus[$1] }!
            let taker = surplus.indices.min { surplus[$0] < surplus[$1] }!
            let (more, less) = (surplus[giver], -surplus[taker])
            guard more >= 1 || less >= 1, more >= 0.5, less >= 0.5, hints[giver][giver] > 0 else { break }
            hints[giver][giver] -= 1
            hints[giver][taker] += 1
            surplus[giver] -= 1
            surplus[taker] += 1
        }
        hinted = hints
    }

    /// Kubernetes' overload threshold: an endpoint may get a fifth more than its share.
    static let overload = 1.2
}
