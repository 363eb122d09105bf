public import ControlPlane
import KubernetesAPI
public import SimulationKit

/// What is going to become of a node that is silent or not ready, by the settings of the controllers that watch it.
public struct NodeOutlook: Sendable, Equatable {
    public var node: String
    public var zone: String
    /// When the controller last heard of it.
    public var heardAt: Instant
    /// Whether the API says that it is not ready, and since when; else when it will.
    public var isNotReady: Bool
    public var notReadyAt: Instant
    /// When its first pod is going to be deleted; nil: none is, as long as nothing changes.
    public var evictionAt: Instant?
    /// Whether taints are held back because too many nodes are lost.
    public var isHeldBack: Bool
}

extension ControllerManager {
    /// What is going to become of the nodes `names`, all that are silent or not ready.
    ///
    /// - Parameters:
    ///   - wanted: which of them are asked for; nil for all.
    ///   - evictions: of which of these evictions are looked for, which takes a look at their pods; nil for all.
    /// - Complexity: O(nodes and pods on `evictions`).
    public func outlook(
        ofLost names: Set<String>, wanted: Set<String>? = nil, evictions due: Set<String>? = nil, _ cluster: Cluster
    ) -> [NodeOutlook] {
        guard let lifecycle = controllers.lazy.compactMap({ $0 as? NodeLifecycleController }).first else { return [] }
        let evictions = controllers.lazy.compactMap { $0 as? TaintEvictionController }.first
        return lifecycle.outlook(of: names, wanted: wanted, cluster).map { lost in
            let node = lost.node
            let isTainted = node.spec.taints.contains { $0.effect == TaintEffect.noExecute && NodeLifecycleController.lifecycleTaints.contains($0.key) }
            return NodeOutlook(
                node: node.name, zone: node.zone, heardAt: lost.heardAt, isNotReady: !node.isReady, notReadyAt: lost.lostAt,
                evictionAt: due?.contains(node.name) ?? true
                    ? evictions?.firstEviction(from: node.name, taintAt: isTainted ? nil : lost.taintAt, cluster) : nil,
                isHeldBack: !isTainted && lost.taintAt == nil)
        }
    }
}
