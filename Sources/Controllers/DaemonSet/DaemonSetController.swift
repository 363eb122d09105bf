import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps one pod of each DaemonSet on each node that fits; the scheduler binds them by their node affinity.
/// - Source: Kubernetes `pkg/controller/daemon/daemon_controller.go`, `update.go`.
struct DaemonSetController: Controller {
    static let watches: [Kind] = [.daemonSet, .controllerRevision, .node, .pod]
    var queue = WorkQueue<ObjectKey>()
    private var revisions = Revisions()
    private var selectors = SelectorIndex()
    private var orphans = Orphans()
    private var sets: Set<ObjectKey> = []
    private var fits: [ObjectKey: NodeFit] = [:]
    private let podControl = PodControl(source: EventSource("daemonset-controller"))
    /// Failed pods by set and node: how often, and when the next may be removed.
    private var failures: [String: (count: Int, allowedAt: Instant)] = [:]

    static let burst = 250
    static let failureBackoff = (first: Duration.seconds(1), most: Duration.minutes(15))

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
        fits[change.object.key] = nil
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
        if let known = fits[key], known.profile == cluster.profile { return known }
        fits[key] = cluster.store.daemonSets[key].map { NodeFit($0.spec.template, cluster.profile) }
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
        var nodes: [(node: Node, run: Bool, stay: Bool)]
        /// Pods by node, oldest first.
        var pods: [String: [Pod]]
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

    private func look(
        _ set: DaemonSet, _ hash: String, _ selector: LabelSelector, _ cluster: inout Cluster
    ) -> View {
        let fit = NodeFit(set.spec.template, cluster.profile)
        var pods: [String: [Pod]] = [:]
        for pod in cluster.claimPods(of: set, selector, orphans, suits: { _ in true }) {
            pods[NodeFit.node(of: pod), default: []].append(pod)
        }
        let nodes = cluster.store.nodes.all.map { node in
            let (run, stay) = fit.judge(node)
            return (node: node, run: run, stay: stay)
        }
        return View(set: set, hash: hash, nodes: nodes, pods: pods)
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
        for (node, run, stay) in view.nodes {
            let pods = view.pods[node.name] ?? []
            let living = pods.filter { !$0.metadata.isTerminating }
            if !stay {
                surplus += living
            } else if run, pods.isEmpty {
                missing.append(node.name)
            } else {
                var running: [Pod] = []
                for pod in living {
                    guard pod.isFinished else {
                        running.append(pod)
                        continue
                    }
                    again = again.sooner(removeFinished(pod, of: view.set, node.name, &surplus, &cluster))
                }
                // During a surge the old and the new pod stand side by side.
                let isSurge =
                    surges && running.count == 2
                    && running.contains { $0.metadata.labels["controller-revision-hash"] == view.hash }
                    && running.contains { $0.metadata.labels["controller-revision-hash"] != view.hash }
                if running.count > 1, !isSurge {
                    running.sort { a, b in
                        if a.nodeName.isEmpty != b.nodeName.isEmpty { return b.nodeName.isEmpty }
                        let (x, y) = (a.metadata.creationTimestamp ?? .start, b.metadata.creationTimestamp ?? .start)
                        return x == y ? a.name < b.name : x < y
                    }
                    surplus += running.dropFirst()
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
        let now = cluster.now
        let desired = view.nodes.count { $0.run }
        let rolling = view.set.spec.updateStrategy.rollingUpdate
        let surge = rolling?.maxSurge?.scaled(of: desired, roundUp: true) ?? 0
        var unavailable = (rolling?.maxUnavailable ?? .int(1)).scaled(of: desired, roundUp: true) ?? 1
        if unavailable == 0, surge == 0 { unavailable = 1 }
        func isAvailable(_ pod: Pod) -> Bool {
            pod.isAvailable(minReadySeconds: view.set.spec.minReadySeconds, now: now)
        }
        var free: [(node: String, pod: Pod)] = []
        var costly: [(node: String, pod: Pod)] = []
        var used = 0
        for (node, run, _) in view.nodes where run {
            let pods = (view.pods[node.name] ?? []).filter { !$0.metadata.isTerminating }
            let new = pods.first { $0.metadata.labels["controller-revision-hash"] == view.hash }
            let old = pods.first { $0.metadata.labels["controller-revision-hash"] != view.hash }
            if surge > 0 {
                guard let old else { continue }
                if let new {
                    if !isAvailable(old) || isAvailable(new) {
                        try podControl.delete(old, for: view.set, &cluster)
                    } else {
                        used += 1
                    }
                } else if !isAvailable(old) {
                    free.append((node.name, old))
                } else {
                    costly.append((node.name, old))
                }
            } else {
                switch (new, old) {
                case (nil, let old?):
                    if isAvailable(old) {
                        costly.append((node.name, old))
                    } else {
                        free.append((node.name, old))
                    }
                case (let new?, nil): if !isAvailable(new) { used += 1 }
                default: used += 1
                }
            }
        }
        let chosen = free + costly.prefix(max(0, (surge > 0 ? surge : unavailable) - used))
        if surge > 0 {
            try createPods(on: chosen.map(\.node), view, &cluster)
        } else {
            for (_, pod) in chosen { try podControl.delete(pod, for: view.set, &cluster) }
        }
    }

    // MARK: Status

    private func report(_ view: View, _ cluster: inout Cluster) -> Requeue {
        let set = view.set
        let now = cluster.now
        var status = set.status
        (status.desiredNumberScheduled, status.currentNumberScheduled, status.numberMisscheduled) = (0, 0, 0)
        (status.numberReady, status.numberAvailable, status.updatedNumberScheduled) = (0, 0, 0)
        var again: Instant?
        for (node, run, _) in view.nodes {
            let pods = view.pods[node.name] ?? []
            guard run else {
                if !pods.isEmpty { status.numberMisscheduled += 1 }
                continue
            }
            status.desiredNumberScheduled += 1
            guard let pod = pods.first(where: { $0.isReady && !$0.metadata.isTerminating }) ?? pods.first
            else { continue }
            status.currentNumberScheduled += 1
            if pod.isReady {
                status.numberReady += 1
                if pod.isAvailable(minReadySeconds: set.spec.minReadySeconds, now: now) {
                    status.numberAvailable += 1
                } else if let time = pod.availableAt(minReadySeconds: set.spec.minReadySeconds, now: now) {
                    again = min(again ?? time, time)
                }
            }
            if pods.contains(where: { $0.metadata.labels["controller-revision-hash"] == view.hash }) {
                status.updatedNumberScheduled += 1
            }
        }
        status.numberUnavailable = status.desiredNumberScheduled - status.numberAvailable
        status.observedGeneration = set.metadata.generation
        if status != set.status { cluster.modify(DaemonSet.self, set.key) { $0.status = status } }
        return again.map { .at($0) } ?? .none
    }
}
