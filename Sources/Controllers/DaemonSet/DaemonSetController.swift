import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps one pod of each DaemonSet on each node that fits; the scheduler binds them by their node affinity.
/// - Source: Kubernetes `pkg/controller/daemon/daemon_controller.go`, `update.go`.
struct DaemonSetController: Controller {
    static let queueName = "daemonset"
    static let watches: [Kind] = [.daemonSet, .controllerRevision, .node, .pod]
    var queue = WorkQueue<ObjectKey>()
    private var revisions = Revisions()
    private var selectors = SelectorIndex()
    private var orphans = Orphans()
    private var sets: Set<ObjectKey> = []
    private var fits: [ObjectKey: NodeFit] = [:]
    /// By set: what was found for each node.
    private var layouts: [ObjectKey: Layout] = [:]
    private let podControl = PodControl(source: EventSource("daemonset-controller"))
    /// Failed pods by set and node: how often, and when the next may be removed.
    private var failures: [String: (count: Int, allowedAt: Instant)] = [:]

    static let burst = 250
    static let failureBackoff = (first: Duration.seconds(1), most: Duration.minutes(15))

    /// The nodes for a set, as long as none comes, goes or changes in more than its status.
    private struct Layout: Sendable {
        var version: Int?
        /// By the nodes' slots.
        var judgements: [Judgement?] = []
        /// In the order of the nodes' slots, without pods.
        var places: [Place] = []
        /// The places by the nodes' names.
        var byNode: [String: Int] = [:]
    }
    /// Whether a node is to have a pod of a set, as long as the node's metadata and spec are these.
    private struct Judgement: Sendable {
        var metadata: Metadata
        var spec: Shared<NodeSpec>
        var run: Bool
        var stay: Bool
    }

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        guard entry.kind == .daemonSet else { return revisions.observe(entry, cluster) }
        let change = cluster.store.daemonSets.change(entry.index)
        selectors.set(change.object.key, change.action == .deleted ? nil : change.object.spec.selector)
        if change.action == .deleted {
            sets.remove(change.object.key)
            revisions.forget(owner: change.object.metadata.uid)
        } else {
            sets.insert(change.object.key)
        }
        if change.action == .deleted { (fits[change.object.key], layouts[change.object.key]) = (nil, nil) }
        queue.add(change.object.key)
    }

    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) {
        guard let old = change.previous, change.action == .modified else {
            for key in sets.sorted() { queue.add(key) }
            return
        }
        // Heartbeats concern nobody here.
        let node = change.object
        if old.spec.identity == node.spec.identity, old.metadata.labels == node.metadata.labels { return }
        // A look costs in proportion to the nodes: only sets for which this one is another now take it.
        for key in sets.sorted() {
            guard let fit = fit(of: key, cluster) else { continue }
            if fit.judge(old) != fit.judge(node) { queue.add(key) }
        }
    }
    private mutating func fit(of key: ObjectKey, _ cluster: Cluster) -> NodeFit? {
        guard let set = cluster.store.daemonSets[key] else { return nil }
        if let known = fits[key], known.profile == cluster.profile, known.isOf(set.spec.template) { return known }
        layouts[key] = nil
        fits[key] = NodeFit(set.spec.template, cluster.profile)
        return fits[key]
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        if let labels = orphans.observe(change) {
            for key in selectors.matching(namespace: change.object.namespace, labels) { queue.add(key) }
        }
        guard let owner = change.object.metadata.controller ?? change.previous?.metadata.controller,
            owner.kind == "DaemonSet"
        else { return }
        let key = ObjectKey(namespace: change.object.namespace, name: owner.name)
        if change.action == .modified {
            // A look costs in proportion to the nodes: sets on many take changes of pods more of them at a time.
            let nodes = cluster.store.daemonSets[key]?.status.desiredNumberScheduled ?? 0
            queue.add(key, at: cluster.now + ReplicaSetController.statusBatch * (1 + nodes / 100))
        } else {
            queue.add(key)
        }
    }

    /// What stands where, for one look at one set.
    private struct View {
        var set: DaemonSet
        var hash: String
        var places: [Place] = []
        var byNode: [String: Int] = [:]
    }
    /// A node, and the set's pods that stand on it or wait for it.
    private struct Place: Sendable {
        var node: String
        var run: Bool
        var stay: Bool
        /// The oldest; nearly always the only one.
        var first: Daemon?
        var others: [Daemon] = []
        var pods: [Daemon] { first.map { [$0] + others } ?? [] }
    }
    /// A pod as it was at the look.
    private struct Daemon: Sendable {
        var slot: Int
        var isTerminating: Bool
        var isFinished: Bool
        var isReady: Bool
        var isAvailable: Bool
        /// When it becomes available.
        var availableAt: Instant?
        /// Of the set's present template.
        var isNew: Bool
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let set = cluster.store.daemonSets[key], !set.metadata.isTerminating,
            let selector = set.spec.selector
        else { return .none }
        if selector.isEmpty {
            cluster.record(
                "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.",
                about: set,
                warning: true, source: podControl.source)
            return .none
        }
        do throws(APIError) {
            let revision = try revisions.current(
                set.spec.template, of: set, collisions: set.status.collisionCount, &cluster)
            let view = look(set, revision.hash, selector, &cluster)
            var again = try manage(view, &cluster)
            if set.spec.updateStrategy.type != "OnDelete" { try rollOver(view, &cluster) }
            revisions.truncate(
                of: set.metadata.uid, limit: set.spec.revisionHistoryLimit ?? 10, live: [revision.name],
                &cluster)
            again = again.sooner(report(view, &cluster))
            return again
        } catch {
            return error.isNamespaceTerminating ? .none : .retry
        }
    }

    private mutating func look(
        _ set: DaemonSet, _ hash: String, _ selector: LabelSelector, _ cluster: inout Cluster
    ) -> View {
        var view = View(set: set, hash: hash)
        placeNodes(in: &view, cluster)
        if !orphans.matching(namespace: set.namespace, selector).isEmpty || !placePods(in: &view, selector, cluster) {
            // Some are to be adopted or released first.
            _ = cluster.claimPods(of: set, selector, orphans, suits: { _ in true })
            for index in view.places.indices { (view.places[index].first, view.places[index].others) = (nil, []) }
            _ = placePods(in: &view, nil, cluster)
        }
        return view
    }

    private mutating func placeNodes(in view: inout View, _ cluster: Cluster) {
        guard let fit = fit(of: view.set.key, cluster) else { return }
        let version = cluster.store.nodeLayout
        var layout = layouts.removeValue(forKey: view.set.key) ?? Layout()
        if layout.version != version {
            place(cluster.store.nodes, by: fit, in: &layout)
            layout.version = version
        }
        (view.places, view.byNode) = (layout.places, layout.byNode)
        layouts[view.set.key] = layout
    }
    private func place(_ nodes: Table<Node>, by fit: NodeFit, in layout: inout Layout) {
        while layout.judgements.count < nodes.rows.count { layout.judgements.append(nil) }
        layout.places.removeAll(keepingCapacity: true)
        layout.byNode.removeAll(keepingCapacity: true)
        layout.places.reserveCapacity(nodes.count)
        layout.byNode.reserveCapacity(nodes.count)
        for (slot, node) in nodes.rows.enumerated() {
            guard let node else {
                layout.judgements[slot] = nil
                continue
            }
            if layout.judgements[slot].map({ $0.metadata.identity != node.metadata.identity || $0.spec.identity != node.spec.identity }) ?? true {
                let (run, stay) = fit.judge(node)
                layout.judgements[slot] = Judgement(metadata: node.metadata, spec: node.spec, run: run, stay: stay)
            }
            guard let judgement = layout.judgements[slot] else { continue }
            layout.byNode[node.name] = layout.places.count
            layout.places.append(Place(node: node.name, run: judgement.run, stay: judgement.stay))
        }
    }

    /// Puts each pod of the set to its node. False, with some missing, if there is one that `selector` does not match.
    private func placePods(in view: inout View, _ selector: LabelSelector?, _ cluster: Cluster) -> Bool {
        var known = LabelMemo<Bool?>()
        for slot in cluster.store.podSlots(ownedBy: view.set.metadata.uid) {
            guard let pod = cluster.store.pods.rows[slot] else { continue }
            let isOfHash = known.value(pod.metadata.labels) { labels in
                selector?.matches(labels) ?? true ? labels["controller-revision-hash"] == view.hash : nil
            }
            guard let isNew = isOfHash else { return false }
            guard let place = view.byNode[NodeFit.node(of: pod)] else { continue }
            let wait = view.set.spec.minReadySeconds
            let isReady = pod.isReady
            let daemon = Daemon(
                slot: slot, isTerminating: pod.metadata.isTerminating, isFinished: pod.isFinished, isReady: isReady,
                isAvailable: isReady && (wait == 0 || pod.isAvailable(minReadySeconds: wait, now: cluster.now)),
                availableAt: wait == 0 ? nil : pod.availableAt(minReadySeconds: wait, now: cluster.now), isNew: isNew)
            if view.places[place].first == nil { view.places[place].first = daemon } else { view.places[place].others.append(daemon) }
        }
        return true
    }

    private var source: EventSource { podControl.source }
    private func surge(_ set: DaemonSet) -> Int {
        set.spec.updateStrategy.rollingUpdate?.maxSurge?.scaled(
            of: set.status.desiredNumberScheduled, roundUp: true) ?? 0
    }

    // MARK: One pod on each node

    private mutating func manage(_ view: View, _ cluster: inout Cluster) throws(APIError) -> Requeue {
        var missing: [String] = []
        var surplus: [Pod] = []
        var again = Requeue.none
        let surges = surge(view.set) > 0
        for place in view.places {
            if place.stay, place.others.isEmpty, let only = place.first, !only.isFinished { continue }
            let living = place.pods.filter { !$0.isTerminating }
            if !place.stay {
                surplus += living.compactMap { cluster.store.pods.rows[$0.slot] }
            } else if place.run, place.first == nil {
                missing.append(place.node)
            } else {
                var running: [(daemon: Daemon, pod: Pod)] = []
                for daemon in living {
                    guard let pod = cluster.store.pods.rows[daemon.slot] else { continue }
                    guard daemon.isFinished else {
                        running.append((daemon, pod))
                        continue
                    }
                    again = again.sooner(removeFinished(pod, of: view.set, place.node, &surplus, &cluster))
                }
                // During a surge the old and the new pod stand side by side.
                let isSurge = surges && running.count == 2 && running.contains { $0.daemon.isNew } && running.contains { !$0.daemon.isNew }
                if running.count > 1, !isSurge {
                    running.sort { a, b in
                        let (a, b) = (a.pod, b.pod)
                        if a.nodeName.isEmpty != b.nodeName.isEmpty { return b.nodeName.isEmpty }
                        let (x, y) = (a.metadata.creationTimestamp ?? .start, b.metadata.creationTimestamp ?? .start)
                        return x == y ? a.name < b.name : x < y
                    }
                    surplus += running.dropFirst().map(\.pod)
                }
            }
        }
        try createPods(on: missing, view, &cluster)
        for pod in surplus { try podControl.delete(pod, for: view.set, &cluster) }
        return again
    }

    /// A finished pod is removed, so that a new one comes; after repeated failures only from time to time.
    private mutating func removeFinished(
        _ pod: Pod, of set: DaemonSet, _ node: String, _ surplus: inout [Pod], _ cluster: inout Cluster
    ) -> Requeue {
        if pod.status.phase == .succeeded {
            cluster.record(
                "SucceededDaemonPod",
                "Found succeeded daemon pod \(pod.key) on node \(node), will try to delete it", about: set,
                source: source)
            surplus.append(pod)
            return .none
        }
        let key = "\(set.metadata.uid)/\(node)"
        if let before = failures[key], before.allowedAt > cluster.now { return .at(before.allowedAt) }
        let count = (failures[key]?.count ?? 0) + 1
        let delay = min(Self.failureBackoff.first * (1 << min(count - 1, 20)), Self.failureBackoff.most)
        failures[key] = (count, cluster.now + delay)
        cluster.record(
            "FailedDaemonPod", "Found failed daemon pod \(pod.key) on node \(node), will try to kill it",
            about: set,
            warning: true, source: source)
        surplus.append(pod)
        return .none
    }

    private func createPods(on nodes: [String], _ view: View, _ cluster: inout Cluster) throws(APIError) {
        let fit = NodeFit(view.set.spec.template, cluster.profile)
        var base = PodControl.pod(from: view.set.spec.template, owner: view.set)
        base.metadata.labels["controller-revision-hash"] = view.hash
        let set = view.set
        let result = PodControl.slowStart(min(nodes.count, Self.burst)) { index throws(APIError) in
            var pod = base
            pod.spec = fit.spec(on: nodes[index])
            try podControl.create(pod, for: set, &cluster)
        }
        if let error = result.error { throw error }
        // The rest comes with the next look, which the new pods cause.
    }

    // MARK: Rolling update

    private func rollOver(_ view: View, _ cluster: inout Cluster) throws(APIError) {
        let desired = view.places.count { $0.run }
        let rolling = view.set.spec.updateStrategy.rollingUpdate
        let surge = rolling?.maxSurge?.scaled(of: desired, roundUp: true) ?? 0
        var unavailable = (rolling?.maxUnavailable ?? .int(1)).scaled(of: desired, roundUp: true) ?? 1
        if unavailable == 0, surge == 0 { unavailable = 1 }
        var free: [(node: String, slot: Int)] = []
        var costly: [(node: String, slot: Int)] = []
        var used = 0
        func delete(_ slot: Int) throws(APIError) {
            if let pod = cluster.store.pods.rows[slot], pod.metadata.controller?.uid == view.set.metadata.uid {
                try podControl.delete(pod, for: view.set, &cluster)
            }
        }
        for place in view.places where place.run {
            if surge == 0, place.others.isEmpty, let only = place.first, !only.isTerminating, only.isNew {
                if !only.isAvailable { used += 1 }
                continue
            }
            let pods = place.pods.filter { !$0.isTerminating }
            let new = pods.first { $0.isNew }
            let old = pods.first { !$0.isNew }
            if surge > 0 {
                guard let old else { continue }
                if let new {
                    if !old.isAvailable || new.isAvailable {
                        try delete(old.slot)
                    } else {
                        used += 1
                    }
                } else if !old.isAvailable {
                    free.append((place.node, old.slot))
                } else {
                    costly.append((place.node, old.slot))
                }
            } else {
                switch (new, old) {
                case (nil, let old?):
                    if old.isAvailable {
                        costly.append((place.node, old.slot))
                    } else {
                        free.append((place.node, old.slot))
                    }
                case (let new?, nil): if !new.isAvailable { used += 1 }
                default: used += 1
                }
            }
        }
        let chosen = free + costly.prefix(max(0, (surge > 0 ? surge : unavailable) - used))
        if surge > 0 {
            try createPods(on: chosen.map(\.node), view, &cluster)
        } else {
            for (_, slot) in chosen { try delete(slot) }
        }
    }

    // MARK: Status

    private func report(_ view: View, _ cluster: inout Cluster) -> Requeue {
        let set = view.set
        var status = set.status
        (status.desiredNumberScheduled, status.currentNumberScheduled, status.numberMisscheduled) = (0, 0, 0)
        (status.numberReady, status.numberAvailable, status.updatedNumberScheduled) = (0, 0, 0)
        var again: Instant?
        for place in view.places {
            guard place.run else {
                if place.first != nil { status.numberMisscheduled += 1 }
                continue
            }
            status.desiredNumberScheduled += 1
            guard let first = place.first else { continue }
            let pod = place.others.isEmpty ? first : place.pods.first { $0.isReady && !$0.isTerminating } ?? first
            status.currentNumberScheduled += 1
            if pod.isReady {
                status.numberReady += 1
                if pod.isAvailable {
                    status.numberAvailable += 1
                } else if let time = pod.availableAt {
                    again = min(again ?? time, time)
                }
            }
            if first.isNew || place.others.contains(where: \.isNew) { status.updatedNumberScheduled += 1 }
        }
        status.numberUnavailable = status.desiredNumberScheduled - status.numberAvailable
        status.observedGeneration = set.metadata.generation
        if status != set.status { cluster.modify(DaemonSet.self, set.key) { $0.status = status } }
        return again.map { .at($0) } ?? .none
    }
}
