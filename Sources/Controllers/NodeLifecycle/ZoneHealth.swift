import KubernetesAPI
import SimulationKit

/// How well a zone is, by the share of its nodes that are not ready.
/// - Source: Kubernetes `pkg/controller/nodelifecycle/node_lifecycle_controller.go`, `ComputeZoneState`.
enum ZoneState: Sendable, Equatable {
    case normal, partialDisruption, fullDisruption

    /// - Parameter threshold: the share of not ready nodes from which a zone counts as partly disrupted.
    init(ready: Int, notReady: Int, threshold: Double) {
        if ready == 0 && notReady > 0 {
            self = .fullDisruption
        } else if notReady > 2, Double(notReady) / Double(ready + notReady) >= threshold {
            self = .partialDisruption
        } else {
            self = .normal
        }
    }

    /// The time between two nodes that get a NoExecute taint in a zone of `nodes` nodes; nil: none gets it.
    func interval(nodes: Int, _ settings: ControllerManagerSettings) -> Duration? {
        switch self {
        case .normal, .fullDisruption: settings.nodeEvictionInterval
        case .partialDisruption:
            nodes > settings.largeClusterSizeThreshold ? ControllerManagerSettings.interval(settings.secondaryNodeEvictionRate) : nil
        }
    }
}

/// The nodes of one zone that wait for a NoExecute taint, and how fast they get it: a token bucket of one.
struct ZoneTainter: Sendable {
    private(set) var waiting: [String] = []
    /// The time between two nodes; nil: stopped.
    private(set) var interval: Duration?
    private var nextAllowed = Instant.start
    var state: ZoneState?

    init(interval: Duration?) { self.interval = interval }

    mutating func add(_ node: String) { if !waiting.contains(node) { waiting.append(node) } }
    mutating func remove(_ node: String) { waiting.removeAll { $0 == node } }

    /// When the next node gets its taint; nil if none waits or the zone is stopped.
    var nextDue: Instant? { waiting.isEmpty || interval == nil ? nil : nextAllowed }

    /// The next node, if one waits and the rate allows it now.
    mutating func next(_ now: Instant) -> String? {
        guard let interval, !waiting.isEmpty, nextAllowed <= now else { return nil }
        nextAllowed = now + interval
        return waiting.removeFirst()
    }

    /// Another rate. If the bucket was empty, the new one starts empty too.
    mutating func setInterval(_ new: Duration?, now: Instant) {
        if new == interval { return }
        let wasEmpty = interval == nil || nextAllowed > now
        nextAllowed = wasEmpty ? now + (new ?? .zero) : now
        interval = new
    }
}
