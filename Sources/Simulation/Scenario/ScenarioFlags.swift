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
        .f("kube-api-qps", \.kubeAPIQPS, "Pods that each controller creates or deletes in a second; default any number, upstream 20."),
        .f("kube-api-burst", \.kubeAPIBurst, "How many at once before that counts; default 30."),
        .f("horizontal-pod-autoscaler-sync-period", \.autoscalerSyncPeriod, "How often autoscalers are looked at; default 15s."),
        .f("horizontal-pod-autoscaler-downscale-stabilization", \.autoscalerDownscaleStabilization, "How long a higher wish holds; default 5m."),
        .f("horizontal-pod-autoscaler-tolerance", \.autoscalerTolerance, "How far a metric may be off; default 0.1."),
        .f("horizontal-pod-autoscaler-cpu-initialization-period", \.autoscalerCPUInitializationPeriod, "How long a pod counts as starting; default 5m."),
        .f("horizontal-pod-autoscaler-initial-readiness-delay", \.autoscalerInitialReadinessDelay, "In which readiness is not taken as the first; default 30s."),
        .f("node-monitor-period", \.nodeMonitorPeriod, "How often nodes are looked at; default 5s."),
        .f("node-monitor-grace-period", \.nodeMonitorGracePeriod, "Silence after which a node is lost; default 50s, before 1.32 40s."),
        .f("node-startup-grace-period", \.nodeStartupGracePeriod, "The same for nodes that never reported; default 60s."),
        .f("node-eviction-rate", \.nodeEvictionRate, "Nodes tainted NoExecute in a second and zone; default 0.1."),
        .f("secondary-node-eviction-rate", \.secondaryNodeEvictionRate, "The same in unhealthy zones that are large; default 0.01."),
        .f("large-cluster-size-threshold", \.largeClusterSizeThreshold, "Nodes beyond which a zone is large; default 50."),
        .f("unhealthy-zone-threshold", \.unhealthyZoneThreshold, "Share of nodes not ready that makes a zone unhealthy; default 0.55."),
        .f("terminated-pod-gc-threshold", \.terminatedPodGCThreshold, "Finished pods that are kept; default 12500."),
    ]

    /// The settings with these flags, and what is wrong with them, by flag.
    func settings() -> (ControllerManagerSettings, problems: [(flag: String, message: String)]) {
        var settings = ControllerManagerSettings()
        var problems: [(String, String)] = []
        func take<V: Comparable>(_ value: V?, _ flag: String, least: V, _ path: WritableKeyPath<ControllerManagerSettings, V>) {
            guard let value else { return }
            if value < least { return problems.append((flag, "must be \(least) or more, not \(value)")) }
            settings[keyPath: path] = value
        }
        func take<V: Comparable>(_ value: V?, _ flag: String, least: V, _ path: WritableKeyPath<ControllerManagerSettings, V?>) {
            guard let value else { return }
            if value < least { return problems.append((flag, "must be \(least) or more, not \(value)")) }
            settings[keyPath: path] = value
        }
        let second = Duration.seconds(1)
        take(kubeAPIQPS, "kube-api-qps", least: 0.1, \.kubeAPIQPS)
        take(kubeAPIBurst, "kube-api-burst", least: 1, \.kubeAPIBurst)
        take(autoscalerSyncPeriod, "horizontal-pod-autoscaler-sync-period", least: second, \.autoscalerSyncPeriod)
        take(autoscalerDownscaleStabilization, "horizontal-pod-autoscaler-downscale-stabilization", least: .zero, \.autoscalerDownscaleStabilization)
        take(autoscalerTolerance, "horizontal-pod-autoscaler-tolerance", least: 0, \.autoscalerTolerance)
        take(autoscalerCPUInitializationPeriod, "horizontal-pod-autoscaler-cpu-initialization-period", least: .zero, \.autoscalerCPUInitializationPeriod)
        take(autoscalerInitialReadinessDelay, "horizontal-pod-autoscaler-initial-readiness-delay", least: .zero, \.autoscalerInitialReadinessDelay)
        take(nodeMonitorPeriod, "node-monitor-period", least: second, \.nodeMonitorPeriod)
        take(nodeMonitorGracePeriod, "node-monitor-grace-period", least: second, \.nodeMonitorGracePeriod)
        take(nodeStartupGracePeriod, "node-startup-grace-period", least: second, \.nodeStartupGracePeriod)
        take(nodeEvictionRate, "node-eviction-rate", least: 0, \.nodeEvictionRate)
        take(secondaryNodeEvictionRate, "secondary-node-eviction-rate", least: 0, \.secondaryNodeEvictionRate)
        take(largeClusterSizeThreshold, "large-cluster-size-threshold", least: 0, \.largeClusterSizeThreshold)
        take(unhealthyZoneThreshold, "unhealthy-zone-threshold", least: 0, \.unhealthyZoneThreshold)
        take(terminatedPodGCThreshold, "terminated-pod-gc-threshold", least: 0, \.terminatedPodGCThreshold)
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
