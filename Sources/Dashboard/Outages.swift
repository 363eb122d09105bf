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
    /// When each lost node's first pod is going to be deleted, as it was found last.
    private var evictions: [String: Instant?] = [:]
    /// The node whose pods are looked at next.
    private var next = 0
    /// How many were looked at since something changed.
    private var looked = 0
    /// While time runs something changes all the time.
    private var isPaused = false
    private var stamp: Stamp?
    private var lookedAt = Duration.zero
    /// Those that were lost at the last look, in their order.
    private var lost: Set<String> = []
    private var names: [String] = []
    /// How many nodes each zone has, and the layout of the view that says so.
    private var sizes: [String: Int] = [:]
    private var sizesOf = -1

    private struct Stamp: Equatable {
        var silent: Int
        var notReady: Int
        var world: WorldStamp
    }
    /// So many nodes are looked at in one turn, with their pods; where no more are lost all is known at once.
    private static let nodesAtOnce = 50
    /// Where more are lost they are looked at again after so much real time.
    private static let period = Duration.milliseconds(200)

    var isEmpty: Bool { groups.isEmpty }
    /// Whether another turn would tell more.
    var isBehind: Bool { byNode.count > Self.nodesAtOnce && (evictions.count < byNode.count || isPaused && looked < byNode.count) }
    subscript(node: String) -> NodeOutlook? { byNode[node] }

    init() {}

    /// Looks at the nodes again, if one is lost and something has changed. O(nodes, and pods on some of those that are lost).
    mutating func refresh(_ world: World) {
        // Not held in variables: a copy of the simulation with all its parts would cost more than most looks.
        let silent = world.session.simulation.kubelets.failedNodes
        if silent.isEmpty && world.view.down.isEmpty {
            if !groups.isEmpty || stamp != nil { self = Outages() }
            return
        }
        let new = Stamp(silent: silent.count, notReady: world.view.down.count, world: WorldStamp(world))
        isPaused = world.session.isPaused
        if new == stamp, !isBehind { return }
        let isSame = stamp?.silent == new.silent && stamp?.notReady == new.notReady && stamp?.world.generation == new.world.generation
        // A look at thousands of lost nodes takes as long as a frame. While time stands still the frames have nothing else to do.
        let period = isBehind ? isPaused ? .zero : Self.period / 2 : Self.period
        if isSame, byNode.count > Self.nodesAtOnce, world.clock - lookedAt < period { return }
        let lost = world.view.down.union(silent)
        // What was known of another past is not.
        if stamp?.world.generation != new.world.generation { (self.lost, evictions) = ([], [:]) }
        if new != stamp { looked = 0 }
        (stamp, lookedAt) = (new, world.clock)
        look(at: lost, world.session.simulation, world.view)
    }

    private mutating func look(at lost: Set<String>, _ simulation: Simulation, _ view: ClusterView) {
        let isMany = lost.count > Self.nodesAtOnce
        // Of those that are lost now all but their evictions is told at once.
        let isNew = lost != self.lost
        if isNew {
            // Putting thousands of names in order takes longer than a look at them.
            (self.lost, names) = (lost, lost.sorted { naturalOrder($0, $1) || !naturalOrder($1, $0) && $0 < $1 })
        }
        let wereKnown = !isNew && evictions.count == byNode.count
        let due = isMany ? Set((0..<Self.nodesAtOnce).map { names[(next + $0) % names.count] }) : []
        looked += due.count
        next = isMany ? (next + Self.nodesAtOnce) % names.count : 0
        let wanted = isMany && !isNew ? due : nil
        let found = simulation.controllers.outlook(ofLost: lost, wanted: wanted, evictions: isMany ? due : nil, simulation.cluster)
        // A machine may be lost that is no node any more.
        if wanted == nil { byNode = [:] }
        for name in due { (byNode[name], evictions[name]) = (nil, nil) }
        for outlook in found { byNode[outlook.node] = outlook }
        if isNew { evictions = evictions.filter { byNode[$0.key] != nil } }
        // Those whose turn comes later were to be not ready at this moment, if they are.
        for name in view.down where byNode[name]?.isNotReady == false { byNode[name]?.isNotReady = true }
        if isMany {
            for outlook in found where due.contains(outlook.node) { evictions[outlook.node] = outlook.evictionAt }
            // Nobody knows which is the first until all have been looked at.
            let areKnown = evictions.count == byNode.count
            for name in areKnown == wereKnown ? found.map(\.node) : names { byNode[name]?.evictionAt = areKnown ? evictions[name] ?? nil : nil }
        }
        let outlooks = names.compactMap { byNode[$0] }
        groups = []
        if sizesOf != view.layout {
            (sizes, sizesOf) = ([:], view.layout)
            for node in view.nodes.values { sizes[node.zone, default: 0] += 1 }
        }
        let byZone = Dictionary(grouping: outlooks, by: \.zone)
        for outlook in outlooks {
            let inZone = byZone[outlook.zone] ?? []
            if !outlook.zone.isEmpty, inZone.count > 1, inZone.count == sizes[outlook.zone] {
                if inZone.first?.node == outlook.node { groups.append(Group(name: outlook.zone, nodes: inZone)) }
            } else {
                groups.append(Group(name: TextWidth.truncated(outlook.node, to: 24), nodes: [outlook]))
            }
        }
    }

    /// What differs from a look at all lost nodes at once; empty if nothing does. For tests, while time stands still.
    func faults(_ world: World) -> [String] {
        guard !isBehind else { return [] }
        let lost = world.view.down.union(world.session.simulation.kubelets.failedNodes)
        let whole = world.session.simulation.controllers.outlook(ofLost: lost, world.cluster)
        return Set(byNode.keys) == lost && whole.allSatisfy { byNode[$0.node] == $0 }
            ? [] : ["the outlook of \(lost.count) lost nodes is not that of all at once"]
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
