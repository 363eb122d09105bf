import ControlPlane
import KubernetesAPI
import SimulationKit

/// Watches the kubelets' signs of life and marks nodes that fall silent: conditions, pods' readiness, taints.
///
/// Differs from Kubernetes: the gate NodeControllerLeaseCircuitBreaker changes nothing, because the controller always sees the newest lease;
/// conditions of NodeLifecycleConditions are names that nobody sets (`kubernetes-1.37.md` §5.3).
/// - Source: Kubernetes `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
struct NodeLifecycleController: Controller {
    enum Key: Hashable, Sendable {
        case monitor
        case taints(String)
        case pods(String)
        case zone(String)
    }

    static let queueName = "node_lifecycle_controller"
    static let watches: [Kind] = [.node]
    var queue = WorkQueue<Key>()
    private let source = EventSource("node-controller")

    private let settings: ControllerManagerSettings
    private let gracePeriod: Duration

    /// What was last heard of a node, on this controller's own clock.
    private struct Health {
        var zone: String
        /// Conditions as they were then.
        var ready: Condition?
        var renewal: Instant?
        var heardAt: Instant
    }
    private var health: [String: Health] = [:]
    private var zones: [String: ZoneTainter] = [:]
    /// The zones in the order they came.
    private var zoneNames: [String] = []
    private var removed: [Node] = []
    /// Nodes, by their slot, with which all was well at the last pass, and their zone's place among the names. As long
    /// as they do not change and renew their leases with all others there is nothing to look at.
    ///
    /// Likewise nodes that were found lost: as long as they do not change and nobody's lease comes or goes.
    private var quiet: [(node: Node, zone: Int, isLost: Bool)?] = []
    /// The leases' version and common renewal at the last pass, and when that renewal was heard of.
    private static let markedAtOnce = 30
    private var leases = (version: -1, beat: Instant.start, heardAt: Instant.start)

    init(profile: KubernetesProfile, settings: ControllerManagerSettings) {
        self.settings = settings
        gracePeriod = settings.nodeMonitorGracePeriod ?? .seconds(profile.nodeMonitorGracePeriodSeconds)
        queue.add(.monitor, at: .start)
    }

    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) {
        if change.action == .deleted { removed.append(change.object) }
        if let old = change.previous, change.action == .modified, old.spec.identity == change.object.spec.identity,
            old.status.conditions.elementsEqual(
                change.object.status.conditions, by: { $0.type == $1.type && $0.status == $1.status })
        {
            return
        }
        queue.add(.taints(change.object.name))
    }

    mutating func reconcile(_ key: Key, _ cluster: inout Cluster) -> Requeue {
        switch key {
        case .monitor: return .at(monitor(&cluster) ? cluster.now + settings.nodeMonitorPeriod : cluster.now)
        case .taints(let name):
            markConditions(name, &cluster)
            return .none
        case .pods(let name):
            if let node = cluster.store.nodes[ObjectKey(name: name)] { markPodsNotReady(node, &cluster) }
            return .none
        case .zone(let name):
            return taintNext(in: name, &cluster)
        }
    }

    static func zone(of node: Node) -> String {
        (node.metadata.labels[LabelKey.region] ?? "") + "/" + node.zone
    }

    // MARK: One pass over all nodes

    /// A pass over all nodes, as far as it has got.
    private struct Pass {
        /// The next node's slot.
        var slot = 0
        var counts: [String: (ready: Int, notReady: Int)] = [:]
        var quietCounts: [Int]
        var lostCounts: [Int]
        /// Of how many nodes the pods were looked at.
        var marked = 0
        /// Whether nobody's lease came or went since the last pass, and all others were renewed in time.
        var areSame: Bool
        var areFresh: Bool
        /// The leases at the last pass.
        var before: (version: Int, beat: Instant, heardAt: Instant)
    }
    private var pass: Pass?

    /// Goes on with the pass over all nodes, or begins one. Returns whether it is over: after many writes the rest is left for the next
    /// turn at the same moment.
    private mutating func monitor(_ cluster: inout Cluster) -> Bool {
        var pass = pass ?? beginPass(&cluster)
        self.pass = nil
        let last = cluster.store.revision + TurnShare.writesAtOnce
        let slots = cluster.store.nodes.rows.count
        if quiet.count < slots { quiet += Array(repeating: nil, count: slots - quiet.count) }
        while pass.slot < slots {
            if cluster.store.revision >= last {
                self.pass = pass
                return false
            }
            look(at: pass.slot, &pass, &cluster)
            pass.slot += 1
        }
        for (place, count) in pass.quietCounts.enumerated() where count > 0 { pass.counts[zoneNames[place], default: (0, 0)].ready += count }
        for (place, count) in pass.lostCounts.enumerated() where count > 0 { pass.counts[zoneNames[place], default: (0, 0)].notReady += count }
        setRates(pass.counts, &cluster)
        return true
    }

    private mutating func beginPass(_ cluster: inout Cluster) -> Pass {
        forgetRemoved(&cluster)
        let isBeat = cluster.leaseRenewals.beat > leases.beat
        let areSame = cluster.leaseRenewals.version == leases.version
        let none = [Int](repeating: 0, count: zoneNames.count)
        let pass = Pass(
            quietCounts: none, lostCounts: none, areSame: areSame, areFresh: areSame && (isBeat || cluster.now <= leases.heardAt + gracePeriod),
            before: leases)
        leases = (cluster.leaseRenewals.version, cluster.leaseRenewals.beat, isBeat ? cluster.now : leases.heardAt)
        return pass
    }

    private mutating func look(at slot: Int, _ pass: inout Pass, _ cluster: inout Cluster) {
        guard let node = cluster.store.nodes.rows[slot] else {
            quiet[slot] = nil
            return
        }
        if let known = quiet[slot], known.isLost {
            if pass.areSame, known.node.isSame(as: node) { return pass.lostCounts[known.zone] += 1 }
            quiet[slot] = nil
        } else if let known = quiet[slot] {
            if pass.areFresh, known.node.isSame(as: node) { return pass.quietCounts[known.zone] += 1 }
            // What was heard of all was heard of it, up to the last pass.
            quiet[slot] = nil
            if var heard = health[node.name] {
                heard.heardAt = max(heard.heardAt, pass.before.heardAt)
                heard.renewal = max(heard.renewal ?? .start, pass.before.beat)
                health[node.name] = heard
            }
        }
        let zone = register(node, &cluster)
        let earlier = node.status.conditions[ConditionType.ready]?.status ?? "Unknown"
        let after = judge(node, &cluster)
        if after == "True" {
            pass.counts[zone, default: (0, 0)].ready += 1
            markReachable(node, zone, &cluster)
        } else {
            pass.counts[zone, default: (0, 0)].notReady += 1
            markUnreachable(node, zone, after, &cluster)
            tellLost(node, earlier, &pass.marked, &cluster)
        }
        remember(node, slot, zone, after, &cluster)
    }

    /// Tells that a node is lost, and takes the readiness of its pods away.
    ///
    /// - Parameter marked: of how many nodes the pods were looked at in this pass. Those of a whole zone are a turn of their own, and more.
    private mutating func tellLost(_ node: Node, _ earlier: String, _ marked: inout Int, _ cluster: inout Cluster) {
        // A kubelet that reports itself as not ready tells its own event.
        if earlier == "True" {
            cluster.record(EventReason.nodeNotReady, "Node \(node.name) status is now: NodeNotReady", about: node, source: source)
        }
        guard earlier == "True" || health[node.name]?.ready?.isTrue == true else { return }
        if marked < Self.markedAtOnce { markPodsNotReady(node, &cluster) } else { queue.add(.pods(node.name)) }
        marked += 1
    }

    private mutating func forgetRemoved(_ cluster: inout Cluster) {
        for node in removed where cluster.store.nodes[node.key] == nil {
            if let gone = health.removeValue(forKey: node.name) { zones[gone.zone]?.remove(node.name) }
            cluster.record(
                "RemovingNode", "Node \(node.name) event: Removing Node \(node.name) from Controller",
                about: node,
                source: source)
        }
        removed = []
    }

    /// Keeps a node as quiet, or as lost, so that the next passes need not look at it while nothing changes.
    private mutating func remember(_ node: Node, _ slot: Int, _ zone: String, _ ready: String, _ cluster: inout Cluster) {
        let name = node.name
        let seen = cluster.store.nodes[node.key]
        health[name]?.ready = seen?.status.conditions[ConditionType.ready]
        if let seen, ready == "True", cluster.leaseRenewals.isBeating(name),
            !seen.spec.taints.contains(where: { Self.lifecycleTaints.contains($0.key) }),
            let place = zoneNames.firstIndex(of: zone)
        {
            quiet[slot] = (seen, place, false)
        } else if let seen, ready == "Unknown", seen.isSame(as: node), !cluster.leaseRenewals.isBeating(name),
            let place = zoneNames.firstIndex(of: zone)
        {
            quiet[slot] = (seen, place, true)
        }
    }

    /// Notes a new node, and hears what is new of a known one. Returns its zone.
    private mutating func register(_ node: Node, _ cluster: inout Cluster) -> String {
        let zone = Self.zone(of: node)
        let ready = node.status.conditions[ConditionType.ready]
        let renewal = cluster.leaseRenewals[node.name]
        if zones[zone] == nil {
            zones[zone] = ZoneTainter(interval: settings.nodeEvictionInterval)
            zoneNames.append(zone)
        }
        guard var known = health[node.name] else {
            // What was there before the state was opened is no news.
            if node.metadata.creationTimestamp ?? cluster.origin >= cluster.origin {
                cluster.record(
                    "RegisteredNode", "Node \(node.name) event: Registered Node \(node.name) in Controller",
                    about: node,
                    source: source)
            }
            let heard = ready == nil ? node.metadata.creationTimestamp ?? cluster.now : cluster.now
            health[node.name] = Health(zone: zone, ready: ready, renewal: renewal, heardAt: heard)
            return zone
        }
        if known.zone != zone {
            zones[known.zone]?.remove(node.name)
            known.zone = zone
        }
        // A report that changed something, or a renewed lease, is a sign of life.
        let reported =
            ready?.lastHeartbeatTime != known.ready?.lastHeartbeatTime || ready?.status != known.ready?.status
        if reported || (renewal ?? .start) > (known.renewal ?? .start)
            || (renewal != nil && known.renewal == nil)
        {
            known.heardAt = cluster.now
            known.renewal = renewal
        }
        health[node.name] = known
        return zone
    }

    /// Sets the conditions of a node that was silent for too long. Returns the status of Ready.
    private func judge(_ node: Node, _ cluster: inout Cluster) -> String {
        let ready = node.status.conditions[ConditionType.ready]
        let grace = ready == nil ? settings.nodeStartupGracePeriod : gracePeriod
        guard let known = health[node.name], cluster.now > known.heardAt + grace else {
            return ready?.status ?? "Unknown"
        }
        let now = cluster.now
        cluster.modify(Node.self, node.key) { node in
            for type in [ConditionType.ready, ConditionType.memoryPressure, ConditionType.diskPressure, ConditionType.pidPressure] {
                guard var condition = node.status.conditions[type] else {
                    node.status.conditions.set(
                        Condition(
                            type: type, status: "Unknown", reason: "NodeStatusNeverUpdated",
                            message: "Kubelet never posted node status."), now: now)
                    continue
                }
                if condition.status == "Unknown" { continue }
                condition.status = "Unknown"
                condition.reason = "NodeStatusUnknown"
                condition.message = "Kubelet stopped posting node status."
                node.status.conditions.set(condition, now: now)
            }
        }
        return "Unknown"
    }

    /// Takes the readiness of the node's pods away.
    private func markPodsNotReady(_ node: Node, _ cluster: inout Cluster) {
        let now = cluster.now
        for pod in cluster.store.pods(onNode: node.name) where pod.isReady {
            guard
                let changed = cluster.modify(
                    Pod.self, pod.key,
                    { pod in
                        guard var ready = pod.status.conditions[ConditionType.ready] else { return }
                        ready.status = "False"
                        pod.status.conditions.set(ready, now: now)
                    })
            else { continue }
            cluster.record(EventReason.nodeNotReady, "Node is not ready", about: changed, warning: true, source: source)
        }
    }

    // MARK: What is to come

    /// A node that is silent or not ready: when the controller last heard of it, since when it is not ready or when it
    /// will be if no more is heard, and when the taint comes that drives pods out (nil: never, as it is).
    struct Lost {
        var node: Node
        var heardAt: Instant
        var lostAt: Instant
        var taintAt: Instant?
    }

    /// What is to come for the nodes called `names`, or for those of them that are `wanted`. O(nodes), and mostly for the wanted ones.
    func outlook(of names: Set<String>, wanted: Set<String>?, _ cluster: Cluster) -> [Lost] {
        // By the zones' places, which most nodes are known with: a zone's name is made of two labels.
        var numbers = Dictionary(zip(zoneNames, 0...)) { first, _ in first }
        var counts = [(ready: Int, notReady: Int)](repeating: (0, 0), count: zoneNames.count)
        var found: [(slot: Int, zone: Int)] = []
        let rows = cluster.store.nodes.rows
        for slot in rows.indices {
            guard let node = rows[slot] else { continue }
            let zone: Int
            if slot < quiet.count, let known = quiet[slot], known.node.isSame(as: node) {
                zone = known.zone
            } else {
                let name = Self.zone(of: node)
                zone = numbers[name] ?? counts.count
                numbers[name] = zone
                if zone == counts.count { counts.append((0, 0)) }
            }
            if names.contains(node.name) {
                counts[zone].notReady += 1
                found.append((slot, zone))
            } else {
                counts[zone].ready += 1
            }
        }
        let states = counts.map { ZoneState(ready: $0.ready, notReady: $0.notReady, threshold: settings.unhealthyZoneThreshold) }
        let areAllLost = zip(counts, states).allSatisfy { $0.ready + $0.notReady == 0 || $1 == .fullDisruption }
        let period = max(settings.nodeMonitorPeriod, Duration(nanoseconds: 1))
        let nextPass = max(queue.due(.monitor) ?? cluster.now, cluster.now)
        var result: [Lost] = []
        // Those of a zone that are found lost in one pass are tainted one after another.
        var places = [Int](repeating: 0, count: counts.count)
        let tainters = zoneNames.map { zones[$0] }
        let queues = tainters.map { Dictionary(zip($0?.waiting ?? [], 0...), uniquingKeysWith: { first, _ in first }) }
        for (slot, zone) in found {
            guard let node = rows[slot] else { continue }
            // Its place among those that wait for the taint already, or behind them.
            var queued: (place: Int, next: Instant)?
            if zone < queues.count, let place = queues[zone][node.name], let next = tainters[zone]?.nextDue { queued = (place, next) }
            let place = queued?.place ?? places[zone]
            if queued == nil { places[zone] += 1 }
            if let wanted, !wanted.contains(node.name) { continue }
            let ready = node.status.conditions[ConditionType.ready]
            var lost = Lost(node: node, heardAt: health[node.name]?.heardAt ?? node.metadata.creationTimestamp ?? cluster.now, lostAt: .start)
            // As long as it renewed with the others, what was heard of all was heard of it.
            if slot < quiet.count, let known = quiet[slot], !known.isLost { lost.heardAt = max(lost.heardAt, leases.heardAt) }
            if ready?.isTrue ?? true {
                // The first pass at which the grace period is over.
                let end = lost.heardAt + (ready == nil ? settings.nodeStartupGracePeriod : gracePeriod)
                lost.lostAt = nextPass > end ? nextPass : nextPass + period * Int((end - nextPass).nanoseconds / period.nanoseconds + 1)
            } else {
                lost.lostAt = ready?.lastTransitionTime ?? lost.heardAt
            }
            if !areAllLost, let interval = states[zone].interval(nodes: counts[zone].ready + counts[zone].notReady, settings) {
                lost.taintAt = max(queued?.next ?? lost.lostAt, cluster.now) + interval * place
            }
            result.append(lost)
        }
        return result
    }

    // MARK: NoExecute taints

    private static func taint(for status: String) -> String {
        status == "False" ? TaintKey.notReady : TaintKey.unreachable
    }
    static let lifecycleTaints = [TaintKey.notReady, TaintKey.unreachable]

    private mutating func markUnreachable(
        _ node: Node, _ zone: String, _ status: String, _ cluster: inout Cluster
    ) {
        let own = Self.taint(for: status)
        let present = node.spec.taints.filter {
            $0.effect == TaintEffect.noExecute && Self.lifecycleTaints.contains($0.key)
        }
        if present.contains(where: { $0.key == own }) { return }
        if !present.isEmpty {
            // The kind of trouble changed: swapped at once.
            swapNoExecute(node.name, to: own, &cluster)
        } else {
            zones[zone]!.add(node.name)
            queue.add(.zone(zone))
        }
    }

    private mutating func markReachable(_ node: Node, _ zone: String, _ cluster: inout Cluster) {
        zones[zone]!.remove(node.name)
        if node.spec.taints.contains(where: {
            $0.effect == TaintEffect.noExecute && Self.lifecycleTaints.contains($0.key)
        }) {
            swapNoExecute(node.name, to: nil, &cluster)
        }
    }

    private func swapNoExecute(_ node: String, to key: String?, _ cluster: inout Cluster) {
        let now = cluster.now
        cluster.modifySpec(ofNode: node) { spec in
            spec.taints.removeAll { $0.effect == TaintEffect.noExecute && Self.lifecycleTaints.contains($0.key) }
            if let key { spec.taints.append(Taint(key: key, effect: TaintEffect.noExecute, timeAdded: now)) }
        }
    }

    private mutating func taintNext(in zone: String, _ cluster: inout Cluster) -> Requeue {
        while let name = zones[zone]!.next(cluster.now) {
            guard let node = cluster.store.nodes[ObjectKey(name: name)] else { continue }
            let status = node.status.conditions[ConditionType.ready]?.status ?? "Unknown"
            if status != "True" { swapNoExecute(name, to: Self.taint(for: status), &cluster) }
        }
        return zones[zone]!.nextDue.map { .at($0) } ?? .none
    }

    // MARK: Zones

    private mutating func setRates(_ counts: [String: (ready: Int, notReady: Int)], _ cluster: inout Cluster) {
        let present = zoneNames.filter { counts[$0] != nil }
        func isFull(_ state: ZoneState?) -> Bool { state == .fullDisruption }
        let states = present.map { ZoneState(ready: counts[$0]!.ready, notReady: counts[$0]!.notReady, threshold: settings.unhealthyZoneThreshold) }
        let allAreFull = !states.isEmpty && states.allSatisfy(isFull)
        let known = zoneNames.compactMap { zones[$0]!.state }
        let allWereFull = !known.isEmpty && known.allSatisfy(isFull)
        if allAreFull && allWereFull { return }
        // Both change who waits for a taint, of lost nodes too.
        if allAreFull || allWereFull { for slot in quiet.indices where quiet[slot]?.isLost == true { quiet[slot] = nil } }
        if allAreFull {
            // The trouble is likely here and not there: nobody is evicted.
            for node in cluster.store.nodes.all { markReachable(node, Self.zone(of: node), &cluster) }
        } else if allWereFull {
            // What was silent so far gets a new chance.
            for node in cluster.store.nodes.all { health[node.name]?.heardAt = cluster.now }
            leases.heardAt = cluster.now
        }
        for (zone, state) in zip(present, states)
        where state != zones[zone]!.state || allAreFull || allWereFull {
            let size = counts[zone]!.ready + counts[zone]!.notReady
            zones[zone]!.setInterval(allAreFull ? nil : state.interval(nodes: size, settings), now: cluster.now)
            zones[zone]!.state = state
            queue.add(.zone(zone))
        }
    }

    // MARK: NoSchedule taints

    private static let conditionTaints: [(type: String, status: String, key: String)] = [
        (ConditionType.ready, "False", TaintKey.notReady),
        (ConditionType.ready, "Unknown", TaintKey.unreachable),
        (ConditionType.memoryPressure, "True", TaintKey.memoryPressure),
        (ConditionType.diskPressure, "True", TaintKey.diskPressure),
        (ConditionType.networkUnavailable, "True", TaintKey.networkUnavailable),
        (ConditionType.pidPressure, "True", TaintKey.pidPressure),
    ]

    /// Gives a node the NoSchedule taints that its conditions ask for, and takes the others of that sort off.
    private func markConditions(_ name: String, _ cluster: inout Cluster) {
        guard let node = cluster.store.nodes[ObjectKey(name: name)] else { return }
        var wanted: [String] = []
        for rule in Self.conditionTaints where node.status.conditions[rule.type]?.status == rule.status {
            wanted.append(rule.key)
        }
        if node.spec.unschedulable { wanted.append(TaintKey.unschedulable) }
        let ours = Self.conditionTaints.map(\.key) + [TaintKey.unschedulable]
        let present = node.spec.taints.filter { $0.effect == TaintEffect.noSchedule && ours.contains($0.key) }.map(
            \.key)
        if Set(present) == Set(wanted) { return }
        let now = cluster.now
        cluster.modifySpec(ofNode: name) { spec in
            spec.taints.removeAll {
                $0.effect == TaintEffect.noSchedule && ours.contains($0.key) && !wanted.contains($0.key)
            }
            for key in wanted where !present.contains(key) {
                spec.taints.append(Taint(key: key, effect: TaintEffect.noSchedule, timeAdded: now))
            }
        }
    }
}

extension Node {
    /// Whether the two are one version of one object, found out without a look into it.
    fileprivate func isSame(as other: Node) -> Bool {
        metadata.identity == other.metadata.identity && spec.identity == other.spec.identity
            && status.identity == other.status.identity
    }
}

extension Cluster {
    /// Changes a node's spec as a controller does.
    mutating func modifySpec(ofNode name: String, _ change: (inout NodeSpec) -> Void) {
        _ = try? update(Node.self, ObjectKey(name: name)) { change(&$0.spec.value) }
    }
}
