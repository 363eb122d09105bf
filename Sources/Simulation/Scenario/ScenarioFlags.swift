// The flags of the parts that a scenario may set, one row each with every fact: its name, the setting with its default, what it
// can be, what it means.
import Controllers
import KubernetesAPI
import SimulationKit

/// Flags of one part. What is absent stays as it is.
protocol SettingFlags: APIStruct {
    associatedtype Settings: Sendable
    var values: FlagValues<Settings> { get set }
}

/// What flags say.
struct FlagValues<Settings: Sendable>: Sendable {
    /// A value that a flag cannot have.
    struct Fault: Sendable, Equatable {
        var flag: String
        var message: String
    }
    /// The defaults with what is said.
    fileprivate(set) var settings: Settings
    fileprivate(set) var faults: [Fault] = []
    fileprivate var given: Set<String> = []
    fileprivate var changes: [@Sendable (inout Settings) -> Void] = []

    init(_ defaults: Settings) { settings = defaults }

    fileprivate mutating func take(_ flag: String, wrong: String?, _ change: @escaping @Sendable (inout Settings) -> Void) {
        given.insert(flag)
        if let wrong { return faults.append(Fault(flag: flag, message: wrong)) }
        changes.append(change)
        change(&settings)
    }
}

extension SettingFlags {
    /// What comes of the flags.
    var settings: Settings { values.settings }
    /// Flags with a value that they cannot have.
    var faults: [FlagValues<Settings>.Fault] { values.faults }
    /// `settings` with what is said here.
    func applied(to settings: Settings) -> Settings { values.changes.reduce(into: settings) { $1(&$0) } }
}

extension Field where Root: SettingFlags {
    /// A flag that can be anything in `range`.
    /// - Parameter wrong: what is wrong with a value outside of it; default `must be 1 or more, not 0`.
    fileprivate static func flag<V: APIValue & Comparable>(
        _ name: String, _ path: WritableKeyPath<Root.Settings, V> & Sendable, _ range: ClosedRange<V>, _ summary: String,
        wrong: (@Sendable (V) -> String)? = nil
    ) -> Self {
        .f(
            name, summary, get: { $0.values.given.contains(name) ? $0.settings[keyPath: path] : nil },
            set: { flags, value in flags.values.take(name, wrong: fault(value, range, wrong)) { $0[keyPath: path] = value } })
    }
    /// The same for a setting that may be absent.
    fileprivate static func flag<V: APIValue & Comparable>(
        _ name: String, _ path: WritableKeyPath<Root.Settings, V?> & Sendable, _ range: ClosedRange<V>, _ summary: String,
        wrong: (@Sendable (V) -> String)? = nil
    ) -> Self {
        .f(
            name, summary, get: { $0.settings[keyPath: path] },
            set: { flags, value in flags.values.take(name, wrong: fault(value, range, wrong)) { $0[keyPath: path] = value } })
    }
    /// A flag that can have any value of its type.
    fileprivate static func flag<V: APIValue>(_ name: String, _ path: WritableKeyPath<Root.Settings, V> & Sendable, _ summary: String) -> Self {
        .f(
            name, summary, get: { $0.values.given.contains(name) ? $0.settings[keyPath: path] : nil },
            set: { flags, value in flags.values.take(name, wrong: nil) { $0[keyPath: path] = value } })
    }

    private static func fault<V: Comparable>(_ value: V, _ range: ClosedRange<V>, _ wrong: (@Sendable (V) -> String)?) -> String? {
        if range.contains(value) { return nil }
        if let wrong { return wrong(value) }
        return value < range.lowerBound ? "must be \(range.lowerBound) or more, not \(value)" : "must be \(range.upperBound) or less, not \(value)"
    }
}

private let longest = Duration.hours(8760)
private let number = 0...Int(Int32.max)

/// Flags of kube-controller-manager that a scenario may set, by their names there.
public struct ControllerManagerFlags: SettingFlags {
    var values = FlagValues(ControllerManagerSettings())
    public init() {}
    public static func == (a: Self, b: Self) -> Bool { a.jsonObject == b.jsonObject }

    public static let summary = "Flags of kube-controller-manager, by their names there."
    public static let fields: Fields<ControllerManagerFlags> = [
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
}

/// Flags of the metrics server that a scenario may set.
public struct MetricsServerFlags: SettingFlags {
    var values = FlagValues(MetricsServer())
    public init() {}
    public static func == (a: Self, b: Self) -> Bool { a.jsonObject == b.jsonObject }

    public static let summary = "Flags of the metrics server, by their names there."
    public static let fields: Fields<MetricsServerFlags> = [
        .flag(
            "metric-resolution", \.resolution, Duration.seconds(1)...Duration.hours(24),
            "The time between two measurements, 1s or more; what is served is the mean over twice that. Default 15s.",
            wrong: { $0 < .seconds(1) ? "must be 1s or more" : "must be 24h or less" })
    ]
}

/// The node autoscaler of a scenario, or a change of it by a step.
public struct AutoscalerFlags: SettingFlags {
    var values: FlagValues<NodeAutoscalerSettings>
    public init() {
        // Written is on, unless it says otherwise.
        var settings = NodeAutoscalerSettings()
        settings.isOn = true
        values = FlagValues(settings)
    }
    public static func == (a: Self, b: Self) -> Bool { a.jsonObject == b.jsonObject }

    public static let summary = "Adds nodes when pods wait and removes nodes that are hardly used: one pool of nodes in each zone."
    public static let fields: Fields<AutoscalerFlags> = [
        .flag("enabled", \.isOn, "Whether it works; default true where it is written, else it is off."),
        .flag("zones", \.zones, "The zones with a pool; default those of the nodes."),
        .flag("minPerZone", \.minPerZone, number, "Fewest nodes in a pool; default 1."),
        .flag("maxPerZone", \.maxPerZone, Int.min...Int.max, "Most nodes in a pool; default 10."),
        .flag("max-nodes-total", \.maxNodesTotal, 1...Int(Int32.max), "Most nodes in all pools; default unlimited."),
        .flag("scan-interval", \.scanInterval, Duration.seconds(1)...Duration.hours(24), "How often it checks; default 10s.", wrong: outside("1s", "24h")),
        .flag(
            "provisioningFrom", \.provisioningFrom, Duration.zero...longest, "A new node is ready at the earliest after this; default 60s.",
            wrong: outside("0s", "8760h")),
        .flag("provisioningTo", \.provisioningTo, Duration.zero...longest, "And at the latest after this; default 120s.", wrong: outside("0s", "8760h")),
        .flag("scale-down-enabled", \.scalesDown, "Whether nodes are removed; default true."),
        .flag(
            "scale-down-unneeded-time", \.unneededTime, Duration.zero...longest, "How long a node must be unneeded; default 10m.", wrong: outside("0s", "8760h")
        ),
        .flag(
            "scale-down-delay-after-add", \.delayAfterAdd, Duration.zero...longest, "How long after an addition none is removed; default 10m.",
            wrong: outside("0s", "8760h")),
        .flag(
            "scale-down-delay-after-failure", \.delayAfterFailure, Duration.zero...longest, "The same after a removal that failed; default 3m.",
            wrong: outside("0s", "8760h")),
        .flag(
            "scale-down-utilization-threshold", \.utilizationThreshold, 0...1,
            "Share of requests below which a node may be unneeded; default 0.5.", wrong: { "must be 0 to 1, not \($0)" }),
    ]
    private static func outside(_ least: String, _ most: String) -> @Sendable (Duration) -> String { { "must be from \(least) to \(most), not \($0)" } }

    /// What is wrong with `settings` that these flags lead to; nil if nothing is.
    func problem(in settings: NodeAutoscalerSettings) -> (field: String, message: String)? {
        faults.first.map { ($0.flag, $0.message) } ?? settings.problem
    }
}
