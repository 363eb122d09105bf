import Controllers
import KubernetesAPI
import SimulationKit

/// Flags of kube-controller-manager that a scenario may set, by their names there.
public struct ControllerManagerFlags: APIStruct {
    /// What comes of the flags.
    private(set) var settings = ControllerManagerSettings()
    /// Flags with a value that they cannot have.
    private(set) var faults: [Fault] = []
    fileprivate var given: Set<String> = []
    public init() {}

    struct Fault: Sendable, Equatable {
        var flag: String
        var message: String
    }

    public static let summary = "Flags of kube-controller-manager, by their names there."
    /// One row a flag: its name, the setting with its default, what it can be, what it means.
    public static let fields: [Field<ControllerManagerFlags>] = [
        .flag("kube-api-qps", \.kubeAPIQPS, 0.1...1_000_000, "Pods that each controller creates or deletes in a second; default unlimited, upstream 20."),
        .flag("kube-api-burst", \.kubeAPIBurst, 1...1_000_000, "How many at once before that counts; default 30."),
        .flag("horizontal-pod-autoscaler-sync-period", \.autoscalerSyncPeriod, Duration.seconds(1)...longest, "How often autoscalers are synced; default 15s."),
        .flag(
            "horizontal-pod-autoscaler-downscale-stabilization", \.autoscalerDownscaleStabilization, Duration.zero...longest,
            "How long a higher recommendation holds; default 5m."),
        .flag("horizontal-pod-autoscaler-tolerance", \.autoscalerTolerance, 0...1_000_000, "How far a metric may be off; default 0.1."),
        .flag(
            "horizontal-pod-autoscaler-cpu-initialization-period", \.autoscalerCPUInitializationPeriod, Duration.zero...longest,
            "How long a pod counts as starting; default 5m."),
        .flag(
            "horizontal-pod-autoscaler-initial-readiness-delay", \.autoscalerInitialReadinessDelay, Duration.zero...longest,
            "In which readiness is not taken as the first; default 30s."),
        .flag("node-monitor-period", \.nodeMonitorPeriod, Duration.seconds(1)...longest, "How often nodes are checked; default 5s."),
        .flag(
            "node-monitor-grace-period", \.nodeMonitorGracePeriod, Duration.seconds(1)...longest,
            "Silence after which a node is lost; default 50s, before 1.32 40s."),
        .flag("node-startup-grace-period", \.nodeStartupGracePeriod, Duration.seconds(1)...longest, "The same for nodes that never reported; default 60s."),
        .flag("node-eviction-rate", \.nodeEvictionRate, 0...1_000_000, "Nodes tainted NoExecute in a second and zone; default 0.1."),
        .flag("secondary-node-eviction-rate", \.secondaryNodeEvictionRate, 0...1_000_000, "The same in unhealthy zones that are large; default 0.01."),
        .flag("large-cluster-size-threshold", \.largeClusterSizeThreshold, number, "Nodes beyond which a zone is large; default 50."),
        .flag("unhealthy-zone-threshold", \.unhealthyZoneThreshold, 0...1, "Share of nodes not ready that makes a zone unhealthy; default 0.55."),
        .flag("terminated-pod-gc-threshold", \.terminatedPodGCThreshold, number, "Finished pods to keep; default 12500."),
    ]
    private static let longest = Duration.hours(8760)
    private static let number = 0...Int(Int32.max)

    fileprivate mutating func take<V: Comparable>(_ value: V, _ flag: String, _ range: ClosedRange<V>, _ set: (inout ControllerManagerSettings) -> Void) {
        given.insert(flag)
        if range.contains(value) { return set(&settings) }
        faults.append(
            Fault(
                flag: flag,
                message: value < range.lowerBound ? "must be \(range.lowerBound) or more, not \(value)" : "must be \(range.upperBound) or less, not \(value)"))
    }
}

extension Field<ControllerManagerFlags> {
    fileprivate static func flag<V: APIValue & Comparable>(
        _ name: String, _ path: WritableKeyPath<ControllerManagerSettings, V> & Sendable, _ range: ClosedRange<V>, _ summary: String
    ) -> Self {
        .f(
            name, summary, get: { $0.given.contains(name) ? $0.settings[keyPath: path] : nil },
            set: { flags, value in flags.take(value, name, range) { $0[keyPath: path] = value } })
    }
    /// The same for a setting that may be absent.
    fileprivate static func flag<V: APIValue & Comparable>(
        _ name: String, _ path: WritableKeyPath<ControllerManagerSettings, V?> & Sendable, _ range: ClosedRange<V>, _ summary: String
    ) -> Self {
        .f(
            name, summary, get: { $0.settings[keyPath: path] },
            set: { flags, value in flags.take(value, name, range) { $0[keyPath: path] = value } })
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
