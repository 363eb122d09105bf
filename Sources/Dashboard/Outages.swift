import Canvas
import ControlPlane
import Controllers
import KubernetesAPI
import Simulation
import SimulationKit

/// Nodes and zones that are silent or not ready, and what comes next for them.
struct Outages {
    /// Nodes that were lost together.
    private struct Group {
        var name: String
        var nodes: [NodeOutlook]
        /// The first thing to come decides.
        var heardAt: Instant { nodes.map(\.heardAt).max() ?? .start }
        var isNotReady: Bool { nodes.allSatisfy(\.isNotReady) }
        var notReadyAt: Instant { nodes.map(\.notReadyAt).max() ?? .start }
        var evictionAt: Instant? { nodes.compactMap(\.evictionAt).min() }
        var isHeldBack: Bool { nodes.contains(where: \.isHeldBack) }
    }
    private var groups: [Group] = []
    private var byNode: [String: NodeOutlook] = [:]

    var isEmpty: Bool { groups.isEmpty }
    subscript(node: String) -> NodeOutlook? { byNode[node] }

    init() {}

    /// Cost: the nodes, only if one is lost.
    init(_ simulation: Simulation, _ view: ClusterView) {
        let silent = Set(simulation.kubelets.failedNodes)
        if silent.isEmpty && view.notReady == 0 { return }
        let lost = silent.union(view.nodeNames.filter { view.nodes[$0]?.isDown == true })
        let outlooks = simulation.controllers.outlook(ofLost: lost, simulation.cluster).sorted { naturalOrder($0.node, $1.node) }
        var sizes: [String: Int] = [:]
        for node in view.nodes.values { sizes[node.zone, default: 0] += 1 }
        let byZone = Dictionary(grouping: outlooks, by: \.zone)
        for outlook in outlooks {
            byNode[outlook.node] = outlook
            let inZone = byZone[outlook.zone] ?? []
            if !outlook.zone.isEmpty, inZone.count > 1, inZone.count == sizes[outlook.zone] {
                if inZone.first?.node == outlook.node { groups.append(Group(name: outlook.zone, nodes: inZone)) }
            } else {
                groups.append(Group(name: TextWidth.truncated(outlook.node, to: 24), nodes: [outlook]))
            }
        }
    }

    /// `eu-a silent 12 s · NotReady in 38 s · evictions in 5m38s`, as much of it as fits into `width`.
    func chip(width: Int, _ world: World) -> String {
        guard let first = groups.first else { return "" }
        let now = world.now
        var parts = [first.name + (first.isNotReady ? " NotReady \(Self.span(now - first.notReadyAt))" : " silent \(Self.span(now - first.heardAt))")]
        if !first.isNotReady { parts.append("NotReady in \(Self.span(first.notReadyAt - now))") }
        if let eviction = first.evictionAt {
            parts.append("evictions in \(Self.span(eviction - now))")
        } else if first.isHeldBack {
            parts.append("no evictions while most nodes are lost")
        }
        let more = groups.count > 1 ? "  +\(groups.count - 1) more" : ""
        for count in stride(from: parts.count, through: 1, by: -1) {
            let text = " " + parts.prefix(count).joined(separator: " \(world.glyphs.separator) ") + more + " "
            if TextWidth.columns(text) <= width { return text }
        }
        return " " + TextWidth.truncated(first.name + (first.isNotReady ? " NotReady" : " silent") + more, to: max(0, width - 2)) + " "
    }

    /// `12 s`, `5m38s`
    static func span(_ span: Duration) -> String {
        let seconds = max(0, span.wholeSeconds)
        return seconds < 60
            ? "\(seconds) s" : seconds < 3600 ? "\(seconds / 60)m\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)s" : "\(seconds / 3600)h\(seconds / 60 % 60)m"
    }
}
