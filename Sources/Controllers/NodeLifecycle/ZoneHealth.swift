import DequeModule
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
    /// In the order of their coming, some of them gone again; each with its number.
    private var line: Deque<(node: String, number: Int)> = []
    /// The numbers of those that wait: a zone may have tens of thousands.
    private var numbers: [String: Int] = [:]
    private var last = 0
    /// The time between two nodes; nil: stopped.
    private(set) var interval: Duration?
    private var nextAllowed = Instant.start
    var state: ZoneState?

    init(interval: Duration?) { self.interval = interval }

    mutating func add(_ node: String) {
        if numbers[node] != nil { return }
        last += 1
        numbers[node] = last
        line.append((node, last))
    }
    mutating func remove(_ node: String) {
        if numbers.removeValue(forKey: node) == nil { return }
        // Those that are gone are dropped before they are most of the line.
        if line.count > 2 * numbers.count + 16 { line.removeAll { numbers[$0.node] != $0.number } }
    }
    /// Those that wait, in their order. O(nodes).
    var waiting: [String] { line.compactMap { numbers[$0.node] == $0.number ? $0.node : nil } }

    /// When the next node gets its taint; nil if none waits or the zone is stopped.
    var nextDue: Instant? { numbers.isEmpty || interval == nil ? nil : nextAllowed }

    /// The next node, if one waits and the rate allows it now.
    mutating func next(_ now: Instant) -> String? {
        guard let interval, !numbers.isEmpty, nextAllowed <= now else { return nil }
        nextAllowed = now + interval
        while let first = line.popFirst() {
            guard numbers[first.node] == first.number else { continue }
            numbers[first.node] = nil
            return first.node
        }
        return nil
    }

    /// Another rate. If the bucket was empty, the new one starts empty too.
    mutating func setInterval(_ new: Duration?, now: Instant) {
        if new == interval { return }
        let wasEmpty = interval == nil || nextAllowed > now
        nextAllowed = wasEmpty ? now + (new ?? .zero) : now
        interval = new
    }
}
