import SimulationKit

/// When each node's kubelet last renewed its lease.
///
/// Kubelets that are well all renew at the same moment: that is one number, and not one write a node.
public struct LeaseRenewals: Sendable {
    private var own: [String: Instant] = [:]
    private var beating: Set<String> = []
    /// When those that are well last renewed.
    public private(set) var beat = Instant.start
    /// Raised when a node begins or ceases to renew with the others, or is renewed by itself.
    public private(set) var version = 0

    public init() {}

    /// The node's last renewal; nil if there was none. Set, it is renewed by itself and not with the others.
    public subscript(node: String) -> Instant? {
        get { beating.contains(node) ? max(own[node] ?? beat, beat) : own[node] }
        set {
            own[node] = newValue
            beating.remove(node)
            version += 1
        }
    }

    /// The node renews now, and from now on with the others.
    public mutating func join(_ node: String, at now: Instant) {
        own[node] = now
        beating.insert(node)
        version += 1
    }
    /// The node ceases to renew.
    public mutating func leave(_ node: String) {
        own[node] = self[node]
        beating.remove(node)
        version += 1
    }
    /// All that renew together do so now. O(1).
    public mutating func renew(at now: Instant) { beat = now }
    /// Whether the node renews with the others.
    public func isBeating(_ node: String) -> Bool { beating.contains(node) }
}
