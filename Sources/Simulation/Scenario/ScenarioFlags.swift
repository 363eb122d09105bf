import Controllers
import KubernetesAPI
import SimulationKit

/// Flags of kube-controller-manager that a scenario may set, by their names there.
public struct ControllerManagerFlags: APIStruct {
    public var kubeAPIQPS: Double?
    public var kubeAPIBurst: Int?
    public var autoscalerSyncPeriod: Duration?
    public var autoscalerDownscaleStabilization: Duration?
    public var autoscalerTolerance: Double?
    public var autoscalerCPUInitializationPeriod: Duration?
    public var autoscalerInitialReadinessDelay: Duration?
    public var nodeMonitorPeriod: Duration?
    public var nodeMonitorGracePeriod: Duration?
    public var nodeStartupGracePeriod: Duration?
    public var nodeEvictionRate: Double?
    public var secondaryNodeEvictionRate: Double?
    public var largeClusterSizeThreshold: Int?
    public var unhealthyZoneThreshold: Double?
    public var terminatedPodGCThreshold: Int?
    public init() {}
    public static let summary = "Flags of kube-controller-manager, by their names there."
    public static let fields: [Field<ControllerManagerFlags>] = [
        .f("kube-api-qps", \.kubeAPIQPS, "Pods that each controller creates or deletes in a second; default unlimited, upstream 20."),
        .f("kube-api-burst", \.kubeAPIBurst, "How many at once before that counts; default 30."),
        .f("horizontal-pod-autoscaler-sync-period", \.autoscalerSyncPeriod, "How often autoscalers are synced; default 15s."),
        .f("horizontal-pod-autoscaler-downscale-stabilization", \.autoscalerDownscaleStabilization, "How long a higher recommendation holds; default 5m."),
        .f("horizontal-pod-autoscaler-tolerance", \.autoscalerTolerance, "How far a metric may be off; default 0.1."),
        .f("horizontal-pod-autoscaler-cpu-initialization-period", \.autoscalerCPUInitializationPeriod, "How long a pod counts as starting; default 5m."),
        .f("horizontal-pod-autoscaler-initial-readiness-delay", \.autoscalerInitialReadinessDelay, "In which readiness is not taken as the first; default 30s."),
        .f("node-monitor-period", \.nodeMonitorPeriod, "How often nodes are checked; default 5s."),
        .f("node-monitor-grace-period", \.nodeMonitorGracePeriod, "Silence after which a node is lost; default 50s, before 1.32 40s."),
        .f("node-startup-grace-period", \.nodeStartupGracePeriod, "The same for nodes that never reported; default 60s."),
        .f("node-eviction-rate", \.nodeEvictionRate, "Nodes tainted NoExecute in a second and zone; default 0.1."),
        .f("secondary-node-eviction-rate", \.secondaryNodeEvictionRate, "The same in unhealthy zones that are large; default 0.01."),
        .f("large-cluster-size-threshold", \.largeClusterSizeThreshold, "Nodes beyond which a zone is large; default 50."),
        .f("unhealthy-zone-threshold", \.unhealthyZoneThreshold, "Share of nodes not ready that makes a zone unhealthy; default 0.55."),
        .f("terminated-pod-gc-threshold", \.terminatedPodGCThreshold, "Finished pods to keep; default 12500."),
    ]

    /// The settings with these flags, and what is wrong with them, by flag.
    func settings() -> (ControllerManagerSettings, problems: [(flag: String, message: String)]) {
        var settings = ControllerManagerSettings()
        var problems: [(String, String)] = []
        func take<V: Comparable>(_ value: V?, _ flag: String, _ range: ClosedRange<V>, _ set: (V) -> Void) {
            guard let value else { return }
            if range.contains(value) { return set(value) }
            problems.append((flag, value < range.lowerBound ? "must be \(range.lowerBound) or more, not \(value)" : "must be \(range.upperBound) or less, not \(value)"))
        }
        func take<V: Comparable>(_ value: V?, _ flag: String, _ range: ClosedRange<V>, _ path: WritableKeyPath<ControllerManagerSettings, V>) {
            take(value, flag, range) { settings[keyPath: path] = $0 }
        }
        func take<V: Comparable>(_ value: V?, _ flag: String, _ range: ClosedRange<V>, _ path: WritableKeyPath<ControllerManagerSettings, V?>) {
            take(value, flag, range) { settings[keyPath: path] = $0 }
        }
        let (second, longest) = (Duration.seconds(1), Duration.hours(8760))
        let number = 0...Int(Int32.max)
        take(kubeAPIQPS, "kube-api-qps", 0.1...1_000_000, \.kubeAPIQPS)
        take(kubeAPIBurst, "kube-api-burst", 1...1_000_000, \.kubeAPIBurst)
        take(autoscalerSyncPeriod, "horizontal-pod-autoscaler-sync-period", second...longest, \.autoscalerSyncPeriod)
        take(autoscalerDownscaleStabilization, "horizontal-pod-autoscaler-downscale-stabilization", Duration.zero...longest, \.autoscalerDownscaleStabilization)
        take(autoscalerTolerance, "horizontal-pod-autoscaler-tolerance", 0...1_000_000, \.autoscalerTolerance)
        take(autoscalerCPUInitializationPeriod, "horizontal-pod-autoscaler-cpu-initialization-period", Duration.zero...longest, \.autoscalerCPUInitializationPeriod)
        take(autoscalerInitialReadinessDelay, "horizontal-pod-autoscaler-initial-readiness-delay", Duration.zero...longest, \.autoscalerInitialReadinessDelay)
        take(nodeMonitorPeriod, "node-monitor-period", second...longest, \.nodeMonitorPeriod)
        take(nodeMonitorGracePeriod, "node-monitor-grace-period", second...longest, \.nodeMonitorGracePeriod)
        take(nodeStartupGracePeriod, "node-startup-grace-period", second...longest, \.nodeStartupGracePeriod)
        take(nodeEvictionRate, "node-eviction-rate", 0...1_000_000, \.nodeEvictionRate)
        take(secondaryNodeEvictionRate, "secondary-node-eviction-rate", 0...1_000_000, \.secondaryNodeEvictionRate)
        take(largeClusterSizeThreshold, "large-cluster-size-threshold", number, \.largeClusterSizeThreshold)
        take(unhealthyZoneThreshold, "unhealthy-zone-threshold", 0...1, \.unhealthyZoneThreshold)
        take(terminatedPodGCThreshold, "terminated-pod-gc-threshold", number, \.terminatedPodGCThreshold)
        return (settings, problems)
    }
}

/// Flags of the metrics server that a scenario may set.
public struct MetricsServerFlags: APIStruct {
    public var metricResolution: Duration?
    public init() {}
    public static let summary = "Flags of the metrics server, by their names there."
    public static let fields: [Field<MetricsServerFlags>] = [
        .f("metric-resolution", \.metricResolution, "The time between two measurements, 1s or more; what is served is the mean over twice that. Default 15s.")
    ]
}

/// The node autoscaler of a scenario, or a change of it by a step: what is absent stays as it is.
public struct AutoscalerFlags: APIStruct {
    public var enabled: Bool?
    public var zones: [String]?
    public var minPerZone: Int?
    public var maxPerZone: Int?
    public var maxNodesTotal: Int?
    public var scanInterval: Duration?
    public var provisioningFrom: Duration?
    public var provisioningTo: Duration?
    public var scaleDownEnabled: Bool?
    public var unneededTime: Duration?
    public var delayAfterAdd: Duration?
    public var delayAfterFailure: Duration?
    public var utilizationThreshold: Double?
    public init() {}
    public static let summary = "Adds nodes when pods wait and removes nodes that are hardly used: one pool of nodes in each zone."
    public static let fields: [Field<AutoscalerFlags>] = [
        .f("enabled", \.enabled, "Whether it works; default true where it is written, else it is off."),
        .f("zones", \.zones, "The zones with a pool; default those of the nodes."),
        .f("minPerZone", \.minPerZone, "Fewest nodes in a pool; default 1."), .f("maxPerZone", \.maxPerZone, "Most nodes in a pool; default 10."),
        .f("max-nodes-total", \.maxNodesTotal, "Most nodes in all pools; default unlimited."),
        .f("scan-interval", \.scanInterval, "How often it checks; default 10s."),
        .f("provisioningFrom", \.provisioningFrom, "A new node is ready at the earliest after this; default 60s."),
        .f("provisioningTo", \.provisioningTo, "And at the latest after this; default 120s."),
        .f("scale-down-enabled", \.scaleDownEnabled, "Whether nodes are removed; default true."),
        .f("scale-down-unneeded-time", \.unneededTime, "How long a node must be unneeded; default 10m."),
        .f("scale-down-delay-after-add", \.delayAfterAdd, "How long after an addition none is removed; default 10m."),
        .f("scale-down-delay-after-failure", \.delayAfterFailure, "The same after a removal that failed; default 3m."),
        .f("scale-down-utilization-threshold", \.utilizationThreshold, "Share of requests below which a node may be unneeded; default 0.5."),
    ]

    /// `settings` with what is said here.
    func applied(to settings: NodeAutoscalerSettings) -> NodeAutoscalerSettings {
        var result = settings
        func take<V>(_ value: V?, _ path: WritableKeyPath<NodeAutoscalerSettings, V>) { if let value { result[keyPath: path] = value } }
        result.isOn = enabled ?? true
        take(zones, \.zones)
        take(minPerZone, \.minPerZone)
        take(maxPerZone, \.maxPerZone)
        if let maxNodesTotal { result.maxNodesTotal = maxNodesTotal }
        take(scanInterval, \.scanInterval)
        take(provisioningFrom, \.provisioningFrom)
        take(provisioningTo, \.provisioningTo)
        take(scaleDownEnabled, \.scalesDown)
        take(unneededTime, \.unneededTime)
        take(delayAfterAdd, \.delayAfterAdd)
        take(delayAfterFailure, \.delayAfterFailure)
        take(utilizationThreshold, \.utilizationThreshold)
        return result
    }
}
