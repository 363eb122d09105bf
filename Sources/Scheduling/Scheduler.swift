public import ControlPlane
public import KubernetesAPI
public import SimulationKit

/// Delays of the scheduler, in virtual time.
public struct SchedulerTiming: Sendable, Equatable {
    /// How long one attempt keeps the scheduler busy. *Model*: 1 ms.
    public var cycle = Duration.milliseconds(1)
    /// From the decision until the binding is written. *Model*: 5 ms.
    public var bind = Duration.milliseconds(5)
    /// How long volumes may take before the pod gives up its place. Kubernetes' default: 600 s.
    public var volumes = Duration.seconds(600)
    public init() {}
}

/// What a scheduler has done since its start, as its metrics count it.
public struct SchedulerTotals: Sendable, Equatable {
    /// Attempts by their result: bound, refused by filters, ended in an error.
    public var scheduled = 0
    public var unschedulable = 0
    public var errors = 0
    /// Pods that were preempted.
    public var victims = 0
}

/// kube-scheduler: takes pending pods one by one and binds each to the best node.
///
/// A value like all components: a copy schedules its own fork of the cluster.
/// - Source: Kubernetes `pkg/scheduler/schedule_one.go`.
public struct Scheduler: Component {
    public internal(set) var cursor = WatchCursor.beginning
    /// Delays; may be changed at any time.
    public var timing = SchedulerTiming()
    public internal(set) var totals = SchedulerTotals()
    let profiles: [SchedulingProfile]
    var state: SchedulingState
    var queue: SchedulingQueue
    var busyUntil = Instant.start
    var random: SeededRandom
    /// Where the search for feasible nodes begins in the order of nodes.
    var startIndex = 0
    /// Groups that wait, by their numbers in ``PodGroupIndex``.
    var groupQueue: SchedulingQueue
    var bindings: [Int: Binding] = [:]
    var begunBindings = 0
    /// Slots of the pods that wait for volumes, by claim.
    var bindingsByClaim: [ObjectKey: [Int]] = [:]
    /// Those of them whose claims changed, or that have just begun to wait; and how far changes of claims were looked at, which is
    /// as far as there are any: a binding asks for its claims as they are.
    var changedBindings: Set<Int> = []
    var claimCursor = WatchCursor.beginning
    var timers = EventQueue<Timer>()
    #if DEBUG
        var eventsUntilAudit = 0
    #endif

    enum Timer: Sendable {
        case bind(slot: Int, uid: String)
        case volumesLate(slot: Int, uid: String)
    }

    /// A scheduler that has seen nothing yet.
    ///
    /// - Parameter configuration: must be valid, see ``SchedulerConfiguration/validate(for:)``; what is not is left out.
    public init(profile: KubernetesProfile, seed: UInt64, configuration: SchedulerConfiguration = .init()) {
        profiles = SchedulingProfile.all(configuration, profile)
        state = SchedulingState(profile: profile)
        queue = SchedulingQueue(
            initialBackoff: .seconds(configuration.podInitialBackoffSeconds ?? 1),
            maxBackoff: .seconds(configuration.podMaxBackoffSeconds ?? 10), profile: profile)
        groupQueue = queue
        random = SeededRandom(seed: seed, stream: "scheduler")
    }

    public func nextWake(_ cluster: Cluster) -> Instant? {
        let ready = queue.isReady || groupQueue.isReady ? max(busyUntil, cluster.now) : nil
        var wake = nextChange(cluster, delay: cluster.settings.schedulerWatchDelay) ?? .distantFuture
        if let due = timers.nextDue, due < wake { wake = due }
        if let ready, ready < wake { wake = ready }
        if let flush = queue.nextFlush, flush < wake { wake = flush }
        if state.groups != nil, let flush = groupQueue.nextFlush, flush < wake { wake = flush }
        return wake == .distantFuture ? nil : wake
    }

    public mutating func run(_ cluster: inout Cluster) {
        let end = cursor.position + Self.mostRead
        readChanges(cluster, until: cluster.now - cluster.settings.schedulerWatchDelay, upTo: end)
        // No pod is tried before all is read that has come by now.
        if cursor.position >= end { return }
        while let (_, timer) = timers.popDue(by: cluster.now) {
            switch timer {
            case .bind(let slot, let uid): bind(slot, uid, &cluster)
            case .volumesLate(let slot, let uid): giveUpVolumes(slot, uid, &cluster)
            }
        }
        continueBindings(&cluster)
        queue.flush(now: cluster.now)
        if state.groups != nil { groupQueue.flush(now: cluster.now) }
        while busyUntil <= cluster.now, attemptNext(&cluster) {}
        #if DEBUG
            auditCounts()
        #endif
    }

    // MARK: The feed

    mutating func readChanges(_ cluster: Cluster, until limit: Instant, upTo end: Int = .max) {
        // The store is not held in a variable: a copy of its many tables for each look would cost more than the look.
        while cursor.position < end, let entry = cluster.store.next(&cursor, until: limit) {
            switch entry.kind {
            case .event: continue
            case .pod: read(cluster.store.pods.change(entry.index), cluster.now)
            case .node: read(cluster.store.nodes.change(entry.index), cluster.now)
            case .persistentVolumeClaim:
                storage(cluster.store.persistentVolumeClaims.change(entry.index), cluster.now)
            case .persistentVolume: storage(cluster.store.persistentVolumes.change(entry.index), cluster.now)
            case .storageClass: storage(cluster.store.storageClasses.change(entry.index), cluster.now)
            case .csiNode: storage(cluster.store.csiNodes.change(entry.index), cluster.now)
            case .csiDriver: storage(cluster.store.csiDrivers.change(entry.index), cluster.now)
            case .volumeAttachment: storage(cluster.store.volumeAttachments.change(entry.index), cluster.now)
            case .podGroup where state.groups != nil: read(cluster.store.podGroups.change(entry.index), cluster.now)
            default: state.read(entry, cluster.store)
            }
        }
    }

    private mutating func storage<O: StoredObject>(_ change: Change<O>, _ now: Instant) {
        move(after: .storageChanged(O.kind, change.object.key, isNew: change.action == .added), now)
    }

    private mutating func read(_ change: Change<Node>, _ now: Instant) {
        let node = change.object
        switch change.action {
        case .added:
            state.set(node: node)
            move(after: .nodeAdded(node), now)
        case .modified:
            state.set(node: node)
            guard let old = change.previous,
                old.spec.identity != node.spec.identity || old.metadata.labels != node.metadata.labels
                    || old.status.allocatable != node.status.allocatable || old.status.declaredFeatures != node.status.declaredFeatures
            else { return }
            move(after: .nodeChanged(node, previous: old), now)
        case .deleted:
            state.remove(node: node.metadata.name)
            move(after: .nodeDeleted(node), now)
        }
    }

    private mutating func read(_ change: Change<Pod>, _ now: Instant) {
        let (pod, slot) = (change.object, change.slot)
        if change.action == .deleted {
            // A pod that was only assumed here gives its place back, as if it had run.
            let wasPlaced = state.placedPod(slot) != nil
            let group = state.groups?.number(ofSlot: slot)
            state.forget(podAt: slot)
            queue.remove(slot)
            endBinding(slot)
            if let group { noteMemberChanged(group, isAdded: false, now) }
            if wasPlaced || !pod.nodeName.isEmpty || !pod.status.nominatedNodeName.isEmpty {
                move(after: .assignedPodDeleted(pod), now)
            }
            return
        }
        let wasAssigned =
            !(change.previous?.nodeName.isEmpty ?? true) && !(change.previous?.isFinished ?? true)
        let former = state.groups?.number(ofSlot: slot)
        state.note(pod: pod, slot: slot)
        defer {
            if let former, pod.isFinished { noteMemberChanged(former, isAdded: false, now) }
            if !pod.isFinished, !pod.nodeName.isEmpty, !wasAssigned, let group = state.groups?.number(ofSlot: slot) {
                noteMemberChanged(group, isAdded: true, now)
            }
        }
        if pod.isFinished {
            queue.remove(slot)
            if wasAssigned { move(after: .assignedPodDeleted(change.previous!), now) }
        } else if !pod.nodeName.isEmpty {
            notePlaced(pod, slot, change.previous, now)
            if wasAssigned, let old = change.previous {
                if old.metadata.labels != pod.metadata.labels || old.spec.identity != pod.spec.identity
                    || old.status.identity != pod.status.identity
                {
                    move(after: .assignedPodChanged(pod, previous: old), now)
                }
            } else {
                move(after: .assignedPodAdded(pod), now)
            }
        } else if settings(for: pod) != nil {
            notePending(pod, slot, change.previous, now)
        }
    }

    mutating func notePending(_ pod: Pod, _ slot: Int, _ previous: Pod?, _ now: Instant) {
        if state.groups != nil, pod.podGroupKey != nil { return noteGrouped(pod, slot, now) }
        guard let known = queue[slot] else {
            if bindings[slot] != nil { return }
            let entry = QueuedPod(pod: pod, facts: state.facts(of: pod), timestamp: now)
            queue.put(entry, slot: slot, into: isGated(pod) ? .gated : .active)
            return
        }
        let facts = state.facts(of: pod)
        queue.update(slot) { ($0.pod, $0.facts) = (pod, facts) }
        switch known.place {
        case .gated:
            if !isGated(pod) {
                queue.update(slot) { $0.timestamp = now }
                queue.requeue(slot, now: now)
            }
        case .unschedulable:
            if let previous,
                previous.spec.identity != pod.spec.identity
                    || previous.metadata.labels != pod.metadata.labels,
                let settings = settings(for: pod),
                state.isWorthRetry(queue[slot]!, after: .podItselfChanged(pod, previous: previous), settings)
            {
                queue.requeue(slot, now: now)
            }
        default: break
        }
    }
    func isGated(_ pod: Pod) -> Bool {
        !pod.spec.schedulingGates.isEmpty
            && settings(for: pod)?.preEnqueue.contains(.schedulingGates) ?? false
    }

    /// The profile that a pod asks for; nil if it is another scheduler's.
    func settings(for pod: Pod) -> SchedulingProfile? {
        let name = Self.schedulerName(of: pod)
        return profiles.first { $0.name == name }
    }
    static func schedulerName(of pod: Pod) -> String {
        pod.spec.schedulerName.isEmpty ? "default-scheduler" : pod.spec.schedulerName
    }

    /// Offers an event to the pods that wait for one.
    mutating func move(after event: ClusterEvent, _ now: Instant) {
        if state.groups != nil { moveGroups(after: event, now) }
        // Most changes of pods are reports of their kubelets, which help nobody.
        if queue.unschedulable.isEmpty || queue.waitingResizes == 0 && state.helpsNobody(event) { return }
        let helped = queue.waitingClasses.filter { waiting in
            guard let settings = settings(for: waiting.first.pod) else { return false }
            return state.isWorthRetry(waiting.first, after: event, settings)
        }
        if !helped.isEmpty { queue.requeue(classes: helped.map(\.number), now: now) }
    }
}
