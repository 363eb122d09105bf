import KubernetesAPI
import SimulationKit

/// What the availability of a workload is worked out from besides where its pods are. The defaults are round
/// figures to compare layouts by, not measurements.
public struct AvailabilityParameters: Sendable, Equatable {
    /// Share of time that a zone is down; 0 … 1.
    public var zone = 1e-4
    /// Share of time that a node is down while its zone is up.
    public var node = 1e-3
    /// Share of time that a pod is down while its node is up.
    public var pod = 1e-3
    /// How long a node stays down, for the estimate with replacement of its pods.
    public var nodeRepair = Duration.minutes(30)
    /// How long the pods of a dead node take to be back elsewhere: detection, toleration, placing and start.
    public var replacement = Duration.seconds(390)
    /// Bytes of requests and responses, in GB/s, to each Service.
    public var gigabytesPerSecond = 0.01
    /// Price of a GB that crosses zones, leaving and entering.
    public var pricePerGigabyte = 0.02
    /// Share of the clients in each zone; zones that are missing have none. Empty: the same in every zone with nodes.
    public var clientShares: [String: Double] = [:]
    /// Round trip in ms.
    public var latency = Latency()
    /// Least number of ready pods for service; nil: what a budget says, else 1.
    public var quorum: Int?

    public struct Latency: Sendable, Equatable {
        public var sameNode = 0.1
        public var sameZone = 0.5
        public var otherZone = 2.0
        public var otherRegion = 30.0
        public init() {}
    }
    public init() {}

    /// The share of time down that goes with a mean time to repair, `repair`, if it is `down` with the node's own:
    /// p = MTTR / (MTBF + MTTR), MTBF being kept.
    public func node(repairedIn repair: Duration) -> Double {
        guard nodeRepair > .zero, node < 1 else { return node }
        let between = nodeRepair.seconds * (1 - node) / node
        return repair.seconds / (between + repair.seconds)
    }
}
