import SimulationKit

/// What kube-controller-manager is started with, by the names of its flags; the defaults are its own but for the rate.
///
/// Differs from Kubernetes: by default the clients of the controllers are not limited to 20 calls a second (burst 30),
/// which is what keeps a real cluster at 20 new pods a second for each controller. One comes to see what scheduler and
/// kubelets do with 1,000 pods, not to wait 50 s for them; `kube-api-qps: 20` and `kube-api-burst: 30` bring it back.
/// Once there are more pods than nodes could run (250 a node, and 1,000), each owner gets no more than 20 a second.
/// - Source: Kubernetes v1.36.2 `cmd/kube-controller-manager/app/options`.
public struct ControllerManagerSettings: Sendable, Equatable {
    /// `kube-api-qps`: pods that each controller creates or deletes in a second; nil: any number.
    public var kubeAPIQPS: Double?
    /// `kube-api-burst`: how many at once before that counts.
    public var kubeAPIBurst = 30
    /// `horizontal-pod-autoscaler-sync-period`
    public var autoscalerSyncPeriod = Duration.seconds(15)
    /// `horizontal-pod-autoscaler-downscale-stabilization`
    public var autoscalerDownscaleStabilization = Duration.minutes(5)
    /// `horizontal-pod-autoscaler-tolerance`
    public var autoscalerTolerance = 0.1
    /// `horizontal-pod-autoscaler-cpu-initialization-period`
    public var autoscalerCPUInitializationPeriod = Duration.minutes(5)
    /// `horizontal-pod-autoscaler-initial-readiness-delay`
    public var autoscalerInitialReadinessDelay = Duration.seconds(30)
    /// `node-monitor-period`
    public var nodeMonitorPeriod = Duration.seconds(5)
    /// `node-monitor-grace-period`; nil: the version's default, 40 s, or 50 s from 1.32 on.
    public var nodeMonitorGracePeriod: Duration?
    /// `node-startup-grace-period`
    public var nodeStartupGracePeriod = Duration.seconds(60)
    /// `node-eviction-rate`: nodes a second for each zone.
    public var nodeEvictionRate = 0.1
    /// `secondary-node-eviction-rate`: in zones that are mostly unhealthy, if they are large.
    public var secondaryNodeEvictionRate = 0.01
    /// `large-cluster-size-threshold`: nodes of a zone beyond which the secondary rate is used, not 0.
    public var largeClusterSizeThreshold = 50
    /// `unhealthy-zone-threshold`: the share of not ready nodes from which a zone counts as unhealthy.
    public var unhealthyZoneThreshold = 0.55
    /// `terminated-pod-gc-threshold`: finished pods beyond this are deleted.
    public var terminatedPodGCThreshold = 12_500
    public init() {}

    /// The time between two nodes that get a NoExecute taint in a zone; nil: never.
    var nodeEvictionInterval: Duration? { Self.interval(nodeEvictionRate) }
    static func interval(_ rate: Double) -> Duration? { rate > 0 ? .seconds(1 / rate) : nil }
}
