import KubernetesAPI
import SimulationKit

/// What the node autoscaler is started with, by the names of cluster-autoscaler's flags where it has them.
///
/// - Source: cluster-autoscaler 1.36, `controllers.md` §12. Times of the machines are a *model*.
public struct NodeAutoscalerSettings: Sendable, Equatable {
    /// Off by default: nodes are then only what the user makes them.
    public var isOn = false
    /// The zones with a pool of nodes, one each; empty: those of the nodes that are there.
    public var zones: [String] = []
    /// How many nodes each pool keeps at least, and has at most.
    public var minPerZone = 1
    public var maxPerZone = 10
    /// `max-nodes-total`: nodes of all pools; nil: no limit.
    public var maxNodesTotal: Int?
    /// `scan-interval`
    public var scanInterval = Duration.seconds(10)
    /// From the decision until a new node appears, drawn evenly between the two. *Model*: 60 to 120 s.
    public var provisioningFrom = Duration.seconds(60)
    public var provisioningTo = Duration.seconds(120)
    /// `scale-down-enabled`
    public var scalesDown = true
    /// `scale-down-unneeded-time`
    public var unneededTime = Duration.minutes(10)
    /// `scale-down-delay-after-add`
    public var delayAfterAdd = Duration.minutes(10)
    /// `scale-down-delay-after-failure`
    public var delayAfterFailure = Duration.minutes(3)
    /// `scale-down-utilization-threshold`: of CPU or memory requested, whichever is more.
    public var utilizationThreshold = 0.5
    /// `max-graceful-termination-sec`: how long pods may take to leave a node that is to go.
    public var maxGracefulTermination = Duration.minutes(10)
    public init() {}

    /// Settings that do not go together, by the scenario's field; nil if all do.
    var problem: (field: String, message: String)? {
        if maxPerZone < max(1, minPerZone) { return ("maxPerZone", "must be \(max(1, minPerZone)) or more, not \(maxPerZone)") }
        if provisioningTo < provisioningFrom { return ("provisioningTo", "must not be before provisioningFrom") }
        return nil
    }
}
