// The kubelets of all nodes as one component: changes in, timers, pod workers.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// The kubelets of all nodes, as one component.
///
/// Every Node object has a kubelet as soon as it appears. Work is done only where something is due: a pod
/// that runs quietly has no timer, and the heartbeats of all nodes are one wake-up each 10 s.
///
/// ```swift
/// var fleet = KubeletFleet(profile: .default, seed: 7)
/// try cluster.bind(pod: pod.key, uid: pod.metadata.uid, to: "node-1")
/// while let wake = fleet.nextWake(cluster), wake <= end {
///     cluster.now = max(cluster.now, wake)
///     fleet.run(&cluster)
/// }
/// ```
///
/// The life of a pod: `KubeletFleet+Arrival` (admission), `+Start` (stages up to running containers), `+Sync`
/// (what to do next), `+Probes`, `+Resize`, `+Eviction`, `+Demand` (load shared by pods), `+Stop` (termination), `PodStatusWriter` (what the
/// API shows of it).
public struct KubeletFleet: Component {
    public internal(set) var profile: KubernetesProfile
    /// The configuration documents as given: those for all nodes, and those for some.
    public let documents: [KubeletConfiguration]
    /// Latencies of kubelets and runtimes. Takes effect for what begins from now on.
    public var latencies: KubeletLatencies
    public private(set) var cursor = WatchCursor.beginning

    var timers = EventQueue<Timer>()
    var nodes: [NodeState?] = []
    /// When the status of each node is to be written at the latest; in the past: at the next heartbeat. By itself, so that a
    /// heartbeat of thousands of quiet nodes looks at nothing else.
    var reportDue: [Instant] = []
    var nodeIndex: [String: Int] = [:]
    var workers: [PodWorker?] = []
    var freeSlots: [Int] = []
    var slots: [String: Int] = [:]
    var nextSerial = 0
    /// Recorded starts by pod identity, until the pod's object is gone.
    var timelines: [String: Timeline] = [:]
    var loads: [LoadTarget: LoadOverride] = [:]
    var demands: [LoadTarget: Demand] = [:]
    /// Who meets which demand, by the pod's identity.
    var serving: [String: LoadTarget] = [:]
    /// Demands whose pods are to be counted anew.
    var demandsDue: [LoadTarget] = []
    /// Nodes whose kubelet comes back at the next run.
    var recovering: [Int] = []
    /// Pods that wait for a claim to be bound, or for their node to report their volumes in use, by what they wait for.
    var waitingForStorage: [String: [PodReference]] = [:]
    /// Faults: containers and how often updating their resources is still to fail.
    var failingUpdates: [ResourceUpdate: Int] = [:]
    var isBeating = false
    /// When a pod was last asked to resize, or had resized.
    var lastResize: Instant?
    /// Nodes that fell silent since the last heartbeat.
    var silenced: [Int] = []
    var jitter: SeededRandom
    /// The configurations in use; the first is that of nodes that no document singles out.
    var setups: [KubeletSetup]

    /// What is due at some moment.
    enum Timer: Sendable {
        case heartbeat
        case pod(PodReference, PodTimer)
        case pull(node: Int, token: Int)
        case memory(node: Int)
        case images(node: Int)
        /// The status that a kubelet is sending.
        case status(node: Int, token: Int)
        /// The first event that waits for a token.
        case events(node: Int)
        /// A hanging runtime makes its node unready, or answers again.
        case pleg(node: Int)
        case demands
        case resizeRetry(node: Int, token: Int)
        case unpublished(node: Int, volume: String, pod: String)
        case unstaged(node: Int, volume: String)
    }
    enum PodTimer: Sendable {
        case sync
        case operation(Int)
        case exit(container: Int, instance: Int)
        case outOfMemory(container: Int, instance: Int, token: Int)
        /// The kubelet finds out that a container runs, or that it has ended.
        case detected(container: Int, instance: Int)
        /// A container near its `memory.high` goes on.
        case memory(container: Int, instance: Int, token: Int)
        case probe(container: Int, instance: Int, probe: Int, token: Int)
        case stop(container: Int, instance: Int, token: Int)
        case deadline
        case gone
    }

    /// - Parameters:
    ///   - configuration: for all nodes; see ``KubeletConfiguration/validate(profile:)``.
    ///   - others: documents that go over it, in this order; each for all nodes or for those that it selects.
    ///   - latencies: times of the model.
    public init(
        profile: KubernetesProfile, seed: UInt64, configuration: KubeletConfiguration = .init(),
        others: [KubeletConfiguration] = [], latencies: KubeletLatencies = .init()
    ) {
        self.profile = profile
        documents = [configuration] + others
        self.latencies = latencies
        jitter = SeededRandom(seed: seed, stream: "kubelet")
        let general = documents.filter(\.isForAllNodes).reduce(KubeletConfiguration()) { $0.applying($1.jsonObject) ?? $0 }
        setups = [KubeletSetup(general, profile: profile)]
    }

    public func nextWake(_ cluster: Cluster) -> Instant? {
        if !recovering.isEmpty { return cluster.now }
        let change = nextChange(cluster, delay: cluster.settings.kubeletWatchDelay)
        guard let timer = timers.nextDue else { return change }
        return change.map { min($0, timer) } ?? timer
    }

    public mutating func run(_ cluster: inout Cluster) {
        for node in recovering { comeBack(node, &cluster) }
        recovering = []
        readChanges(&cluster)
        while let (_, timer) = timers.popDue(by: cluster.now) { fire(timer, &cluster) }
    }

    // MARK: Changes

    private mutating func readChanges(_ cluster: inout Cluster) {
        let limit = cluster.now - cluster.settings.kubeletWatchDelay
        var arrivals: [(pod: Pod, bound: Instant)] = []
        while let entry = cluster.store.next(&cursor, until: limit) {
            switch entry.kind {
            case .pod:
                let change = cluster.store.pods.change(entry.index)
                if !demands.isEmpty { noticeDemand(of: change, cluster) }
                if change.object.nodeName.isEmpty { continue }
                if slots[change.object.metadata.uid] == nil, change.action != .deleted {
                    if change.previous?.nodeName.isEmpty ?? true {
                        arrivals.append((change.object, entry.time))
                    }
                    continue
                }
                if !arrivals.isEmpty {
                    take(arrivals, &cluster)
                    arrivals = []
                }
                see(change, &cluster)
            case .node:
                let change = cluster.store.nodes.change(entry.index)
                see(change, &cluster)
            case .persistentVolumeClaim: storageChanged(entry, &cluster)
            case .deployment, .statefulSet, .replicaSet, .daemonSet, .service, .endpointSlice: noticeDemand(entry, cluster)
            default: break
            }
        }
        take(arrivals, &cluster)
    }

    private mutating func see(_ change: Change<Pod>, _ cluster: inout Cluster) {
        let pod = change.object
        guard let slot = slots[pod.metadata.uid] else {
            timelines[pod.metadata.uid] = nil
            return
        }
        if change.action == .modified, let old = workers[slot]?.pod, isOnlyStatus(pod, old) {
            workers[slot]!.pod.status = pod.status
            return
        }
        with(slot, &cluster) { fleet, worker, cluster in
            if change.action == .deleted {
                worker.isObjectRemoved = true
                worker.pod = pod
                if fleet.isDark(worker) { return }
                // Admission goes by what the API server has: what is deleted there counts no more, though it still ends.
                fleet.release(&worker)
                fleet.terminate(
                    &worker, grace: .seconds(max(1, pod.metadata.deletionGracePeriodSeconds ?? 1)), &cluster)
                fleet.continueTermination(&worker, &cluster)
                return
            }
            let old = worker.pod
            worker.pod = pod
            if fleet.isDark(worker) { return }
            fleet.compare(&worker, with: old, &cluster)
        }
    }

    /// Whether the change is nothing to act on: mostly our own report coming back.
    private func isOnlyStatus(_ pod: Pod, _ old: Pod) -> Bool {
        pod.spec.identity == old.spec.identity && pod.spec.readinessGates.isEmpty
            && pod.metadata.deletionTimestamp == old.metadata.deletionTimestamp
            && pod.metadata.generation == old.metadata.generation
            && pod.metadata.annotations == old.metadata.annotations
    }

    /// Acts on what is new in a pod.
    mutating func compare(_ worker: inout PodWorker, with old: Pod, _ cluster: inout Cluster) {
        let pod = worker.pod
        if pod.metadata.identity != old.metadata.identity {
            if pod.metadata.annotations != old.metadata.annotations { reprogram(&worker, &cluster) }
            if pod.metadata.isTerminating,
                worker.termination?.isDeletion != true
                    || pod.metadata.deletionGracePeriodSeconds != old.metadata.deletionGracePeriodSeconds
            {
                terminate(
                    &worker, grace: .seconds(pod.metadata.deletionGracePeriodSeconds ?? 30), deletion: true,
                    &cluster)
                continueTermination(&worker, &cluster)
                return
            }
        }
        if worker.termination != nil { return }
        if pod.spec.identity != old.spec.identity { specChanged(&worker, old, &cluster) }
        if !pod.spec.readinessGates.isEmpty, pod.status.identity != old.status.identity {
            writeStatus(&worker, &cluster)
        }
    }

    // MARK: Timers

    private mutating func fire(_ timer: Timer, _ cluster: inout Cluster) {
        switch timer {
        case .heartbeat: heartbeat(&cluster)
        case .pull(let node, let token): pullsEnd(node, token, &cluster)
        case .memory(let node): checkMemory(node, &cluster)
        case .images(let node): collectImages(node, &cluster)
        case .status(let node, let token): continueSending(node, token, &cluster)
        case .events(let node): sendWaitingEvents(node, &cluster)
        case .pleg(let node): if nodes[node] != nil { reportDue[node] = .start }
        case .demands: shareDemands(&cluster)
        case .resizeRetry(let node, let token):
            if nodes[node]?.resizeTimer == token { retryResizes(node, &cluster) }
        case .unpublished(let node, let volume, let pod): unpublished(volume, pod, node, cluster.now)
        case .unstaged(let node, let volume): unstaged(volume, node)
        case .pod(let reference, let timer):
            guard workers[reference.slot]?.reference == reference else { return }
            with(reference.slot, &cluster) { $0.fire(timer, &$1, &$2) }
        }
    }

    private mutating func fire(_ timer: PodTimer, _ worker: inout PodWorker, _ cluster: inout Cluster) {
        if isDark(worker) {
            // Programs go on without their kubelet; it finds out when it comes back.
            if case .exit(let i, let instance) = timer, worker.containers[i].instance == instance {
                endUnseen(&worker, i, cluster.now)
            }
            return
        }
        // A kubelet whose runtime does not answer waits; programs go on.
        if let hang = nodes[worker.node]?.pleg.hang, hang.until > cluster.now, !timer.isOfTheProgram {
            return schedule(timer, worker, at: hang.until)
        }
        switch timer {
        case .sync: sync(&worker, &cluster)
        case .operation(let number):
            if worker.operationNumber == number, worker.operation != nil { endOperation(&worker, &cluster) }
        case .exit(let i, let instance):
            guard worker.containers[i].instance == instance, worker.containers[i].isRunning else { return }
            let code = worker.containers[i].program.exitCode(instance)
            exits(&worker, i, code: code, reason: code == 0 ? "Completed" : "Error", cluster.now)
        case .outOfMemory(let i, let instance, let token):
            guard worker.containers[i].instance == instance, worker.containers[i].isRunning,
                worker.containers[i].loadToken == token
            else { return }
            exits(&worker, i, code: 137, reason: "OOMKilled", cluster.now)
        case .detected(let i, let instance):
            guard worker.containers[i].instance == instance, worker.containers[i].isRunning else { return }
            detected(&worker, i, &cluster)
        case .memory(let i, let instance, let token):
            guard worker.containers[i].instance == instance, worker.containers[i].isRunning,
                worker.containers[i].loadToken == token
            else { return }
            stepMemory(&worker, i, &cluster)
        case .probe(let i, let instance, let probe, let token):
            guard worker.containers[i].instance == instance, worker.containers[i].isRunning else { return }
            attempt(&worker, i, probe, token, &cluster)
        case .stop(let i, let instance, let token):
            guard worker.containers[i].instance == instance, worker.containers[i].stop?.token == token else {
                return
            }
            continueStop(&worker, i, &cluster)
        case .deadline: deadlinePassed(&worker, &cluster)
        case .gone: finishDeletion(&worker, &cluster)
        }
    }

    // MARK: Workers

    /// Runs `body` on the worker in `slot`, taken out of the table so that nothing is copied.
    mutating func with(
        _ slot: Int, _ cluster: inout Cluster,
        _ body: (inout KubeletFleet, inout PodWorker, inout Cluster) -> Void
    ) {
        guard var worker = workers[slot] else { return }
        workers[slot] = nil
        body(&self, &worker, &cluster)
        // A worker that was dropped in the meantime must not come back.
        if slots[worker.uid] == slot { workers[slot] = worker }
    }
    /// The same by reference; does nothing if that worker is gone.
    mutating func with(
        _ reference: PodReference, _ cluster: inout Cluster,
        _ body: (inout KubeletFleet, inout PodWorker, inout Cluster) -> Void
    ) {
        if workers[reference.slot]?.reference == reference { with(reference.slot, &cluster, body) }
    }

    mutating func schedule(_ timer: PodTimer, _ worker: PodWorker, at due: Instant) {
        timers.schedule(.pod(worker.reference, timer), at: due)
    }
    /// Asks for another look at the pod.
    mutating func syncLater(_ worker: PodWorker, at due: Instant) { schedule(.sync, worker, at: due) }

    /// Begins something that keeps the worker busy until `due`; nil: until somebody says that it ended.
    mutating func begin(_ operation: Operation, _ worker: inout PodWorker, until due: Instant?) {
        worker.operation = operation
        worker.operationNumber += 1
        if let due { schedule(.operation(worker.operationNumber), worker, at: due) }
    }

    /// Forgets a pod whose containers have ended.
    mutating func drop(_ worker: inout PodWorker) {
        release(&worker)
        forgetObjects(worker)
        nodes[worker.node]?.api.correlator.forget(worker.uid)
        let slot = worker.reference.slot
        slots[worker.uid] = nil
        timelines[worker.uid]?.containers = worker.containers.map(\.status.name)
        if worker.isObjectRemoved { timelines[worker.uid] = nil }
        freeSlots.append(slot)
        nodes[worker.node]?.workers.removeAll { $0 == slot }
    }

    /// Takes the pod off its node's books.
    mutating func release(_ worker: inout PodWorker) {
        guard worker.holdsResources else { return }
        worker.holdsResources = false
        nodes[worker.node]?.used -= worker.requests
        nodes[worker.node]?.pendingResizes.removeAll { $0 == worker.reference }
        nodes[worker.node]?.images.cancel(worker.reference)
        for i in worker.containers.indices { countMemory(&worker, i, 0) }
    }

    /// Whether nobody looks after the pod: its node's kubelet is silent.
    func isDark(_ worker: PodWorker) -> Bool { nodes[worker.node]?.isFailed ?? true }

    /// Tells an event of the pod, or of one of its containers.
    mutating func tell(
        _ reason: String, _ message: String, _ worker: PodWorker, container: Int? = nil,
        warning: Bool = false,
        _ cluster: inout Cluster
    ) {
        if worker.isObjectRemoved { return }
        var path = ""
        if let i = container {
            path =
                "spec.\(worker.containers[i].isInit ? "initContainers" : "containers"){\(worker.containers[i].status.name)}"
        }
        send(
            reason, message, about: ObjectReference(worker.pod, fieldPath: path), warning: warning,
            from: EventSource("kubelet", host: worker.pod.nodeName), node: worker.node, &cluster)
    }
}

extension KubeletFleet.PodTimer {
    /// What happens in the container, whatever the kubelet does.
    var isOfTheProgram: Bool {
        switch self {
        case .exit, .outOfMemory, .memory: true
        default: false
        }
    }
}
