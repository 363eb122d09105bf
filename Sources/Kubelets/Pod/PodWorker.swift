// The state of one pod on its node, and of its containers.

import KubernetesAPI
import SimulationKit

/// A pod on a node, for timers and queues: void once the pod's worker is gone.
struct PodReference: Sendable, Hashable {
    // Small, for there is one for each pod and in each timer of a pod.
    private let kubelet: Int32
    private let place: Int32
    /// Counts the pods of all nodes in order of arrival.
    let serial: Int
    /// The position of its kubelet in the fleet.
    var node: Int { Int(kubelet) }
    /// Its place in the kubelet's table.
    var slot: Int { Int(place) }

    init(node: Int, slot: Int, serial: Int) { (kubelet, place, self.serial) = (Int32(node), Int32(slot), serial) }
}

/// The three kinds of probes.
public enum ProbeKind: String, Sendable, CaseIterable {
    case startup, liveness, readiness
    /// As events name it.
    var title: String {
        switch self {
        case .startup: "Startup"
        case .liveness: "Liveness"
        case .readiness: "Readiness"
        }
    }
}

/// What a pod's worker is busy with. One thing at a time, as in the kubelet: a container that waits for its
/// image holds up those after it.
enum Operation: Sendable, Equatable {
    case setup, volumes, sandbox
    case image(Int)
    case create(Int)
    case start(Int)
    case postStart(Int)
    /// Killing one container so that it starts again.
    case kill(Int)
    /// Writing the resources of the containers that changed.
    case resize
}

/// How far the pod as a whole has come; containers follow.
enum WorkerStage: Sendable { case setup, volumes, sandbox, containers }

/// The state of one pod on its node.
struct PodWorker: Sendable {
    let reference: PodReference
    /// The pod as last seen.
    var pod: Pod
    /// The spec with the resources that the kubelet granted; shares the template's spec until a resize.
    var allocated: Shared<PodSpec>
    /// What the pod counts for on the node.
    var requests: Resources
    var stage = WorkerStage.setup
    /// Init containers, then containers, then those added for debugging.
    var containers: [ContainerRuntime]
    let initCount: Int
    /// The specs of the containers that were added for debugging, which stand behind all others.
    var added: [Container] = []
    var hasSandbox = false
    var ip = ""
    var startTime: Instant
    var operation: Operation?
    /// Raised with each operation: timers of older ones are void.
    var operationNumber = 0
    /// The object was removed while containers still ran.
    var isObjectRemoved = false
    /// The kubelet has forgotten it.
    var isDropped = false
    /// Whether the pod still counts on its node.
    var holdsResources = true
    var hasBegunMounting = false
    /// A new status waits for API tokens.
    var isStatusQueued = false
    /// The request to remove its object has its token.
    var hasDeletionToken = false
    /// When the kubelet began to probe the pod: the first time that its volumes were mounted.
    var probedSince: Instant?
    /// The volumes on their way, until all are mounted.
    var mounts: [VolumeMount] = []
    /// When the worker began to wait for its volumes, this time.
    var mountBegan = Instant.start
    var mountWake: Instant?
    var mountDeadline: Instant?
    /// ConfigMaps and Secrets that its node watches for it.
    var cachedObjects: [String] = []
    private var troubles = Seldom<Troubles>()

    /// What a pod that simply runs has nothing of.
    private struct Troubles: SeldomSet {
        var termination: Termination?
        var verdict: Verdict?
        var unmounted = Instant.start
        var resize = ResizeState()
    }
    var termination: Termination? {
        get { troubles.termination }
        set { troubles.termination = newValue }
    }
    /// Why the kubelet failed the pod: then it is Failed whatever its containers do.
    var verdict: Verdict? {
        get { troubles.verdict }
        set { troubles.verdict = newValue }
    }
    /// When its volumes are, or will be, taken from it, once its containers ended.
    var unmounted: Instant {
        get { troubles.unmounted }
        set { troubles.unmounted = newValue }
    }
    var resize: ResizeState {
        get { troubles.resize }
        set { troubles.resize = newValue }
    }

    var uid: String { pod.metadata.uid }
    var key: ObjectKey { pod.key }
    var restartPolicy: String { pod.spec.restartPolicy.isEmpty ? "Always" : pod.spec.restartPolicy }
    var grace: Duration { .seconds(pod.spec.terminationGracePeriodSeconds ?? 30) }
    var appIndices: Range<Int> { initCount..<containers.count - added.count }
    var addedIndices: Range<Int> { containers.count - added.count..<containers.count }

    /// The spec of container `i` as allocated.
    func spec(_ i: Int) -> Container {
        if i >= appIndices.upperBound { return added[i - appIndices.upperBound] }
        return i < initCount ? allocated.value.initContainers[i] : allocated.value.containers[i - initCount]
    }
    /// Whether an app container has ever been started, this time: then init containers are past.
    var wasInitialized: Bool { appIndices.contains { containers[$0].instance > 0 && !containers[$0].startsAnew } }
    /// Its containers end, or are on their way to start anew, all of them.
    var isStartingAnew: Bool { containers.contains { $0.startsAnew || $0.kill == .allRestart } }
    var isAnythingRunning: Bool { containers.contains(where: \.isRunning) }
    /// Whether the `instance`th instance of container `i` is the running one.
    func isRunning(_ i: Int, _ instance: Int) -> Bool { containers[i].instance == instance && containers[i].isRunning }

    /// Takes the pod's new status if nothing else changed that is to be acted on: mostly our own report coming back. Returns whether it did.
    mutating func takeStatus(of new: Pod) -> Bool {
        guard new.spec.identity == pod.spec.identity, new.spec.readinessGates.isEmpty,
            new.metadata.identity == pod.metadata.identity
                || new.metadata.deletionTimestamp == pod.metadata.deletionTimestamp && new.metadata.generation == pod.metadata.generation
                    && new.metadata.annotations == pod.metadata.annotations
        else { return false }
        pod.status = new.status
        return true
    }

    struct Verdict: Sendable, Equatable {
        var reason: String
        var message: String
        /// The message of the DisruptionTarget condition, where there is one.
        var disruption: String?
    }
    struct Termination: Sendable, Equatable {
        /// When everything must have been told to stop.
        var deadline: Instant
        /// The object is being deleted, and is to be removed at the end.
        var isDeletion: Bool
        var isFinished = false
    }
}

/// The state of one container on its node. What a container that simply runs has nothing of is kept out of line, see ``Troubles``.
@dynamicMemberLookup
struct ContainerRuntime: Sendable {
    let isInit: Bool
    let isSidecar: Bool
    /// What the API shows.
    var status: ContainerStatus
    var program: Program
    /// How often it was started.
    var instance = 0
    var work: StartupWork?
    var probes: [ProbeWorker] = []
    /// Raised when its loads change: older timers of running out of memory are void.
    var loadToken = 0
    /// Requests and limits in force in the running instance.
    var actuated = ResourceRequirements()
    /// Its share of the node's highest possible memory use.
    var memoryPeak: Int64 = 0
    private var troubles = Seldom<Troubles>()

    init(isInit: Bool, isSidecar: Bool, status: ContainerStatus, program: Program) {
        (self.isInit, self.isSidecar, self.status, self.program) = (isInit, isSidecar, status, program)
    }
    subscript<Member: Equatable>(dynamicMember path: WritableKeyPath<Troubles, Member>) -> Member {
        get { troubles[dynamicMember: path] }
        set { troubles[dynamicMember: path] = newValue }
    }

    /// What becomes of a container that does not just run.
    struct Troubles: SeldomSet {
        /// When the tickers of its probes began, where that was not with the pod.
        var tickers: [ProbeKind: Instant] = [:]
        var stop: StopSequence?
        /// Why the kubelet wants it dead, until it is.
        var kill: KillReason?
        /// It has ended, and the kubelet does not know yet.
        var exited: Exit?
        /// What MemoryQoS wrote for the running instance.
        var memory = MemoryValues()
        /// Its memory, once it has come near `memory.high`.
        var throttle: MemoryGroup?
        var crash = CrashBackOff()
        var pull = PullBackOff()
        /// All containers of the pod start anew by a rule, whatever their restart policy says, and this one has not yet.
        var startsAnew = false
        /// Time in which its program wanted more CPU than it may have, and how long it was stopped for it, before its use last changed.
        var throttled = CPUThrottling()
        /// A start failed and is not tried again before this.
        var retryAt: Instant?
        /// What it used before its load or limits last changed, oldest first.
        var past: [UsageSpan] = []
        /// When the running instance was told to stop.
        var signalled: Instant?
        /// The last instances that ended, newest last: at most two.
        var dead: [DeadInstance] = []
    }

    var isRunning: Bool { status.state.running != nil }
    var isPlainInit: Bool { isInit && !isSidecar }
    /// How the container ended, if it did and waits or stays so.
    var termination: ContainerStateTerminated? {
        isRunning ? nil : status.state.terminated ?? status.lastState.terminated
    }
    /// Whether startup is over: by the startup probe, or at once without one.
    var isStarted: Bool { status.started == true }
    var startedAt: Instant { status.state.running?.startedAt ?? .start }

    /// How a container ended.
    struct Exit: Sendable, Equatable {
        var code: Int
        var reason: String
        var at: Instant
    }
}

/// What is remembered of an instance that ended, as long as its kubelet keeps the dead container: what its log is made from and its
/// status does not tell.
struct DeadInstance: Sendable, Equatable {
    var containerID: String
    var end: Instant
    /// When it was done with its start.
    var answers: Instant
    var signalled: Instant?
    var tickers: [ProbeKind: Instant]
    var program: Program
}

/// Why the kubelet kills a running container while the pod goes on.
enum KillReason: Sendable, Equatable {
    case probe(ProbeKind)
    case resize
    case postStart
    /// A rule has all containers of the pod start anew.
    case allRestart
    /// Its image was changed.
    case definition
}

/// One probe of a running container.
///
/// Only attempts that can change something, or that fail, are made: as long as the outcome stays a success that
/// is known already, no timer runs.
struct ProbeWorker: Sendable {
    let kind: ProbeKind
    let probe: Probe
    /// When its ticker began; ticks follow each period, whatever becomes of the container.
    var ticker: Instant
    /// Ticks before this do nothing: the container's start and its initial delay.
    var earliest: Instant
    var successes = 0
    var failures = 0
    /// Nil: not decided yet.
    var result: Bool?
    /// Raised when another attempt is scheduled instead.
    var token = 0

    var period: Duration { Self.period(probe) }
    static func period(_ probe: Probe) -> Duration { .seconds(max(1, probe.periodSeconds == 0 ? 10 : probe.periodSeconds)) }
    var failureThreshold: Int { probe.failureThreshold == 0 ? 3 : probe.failureThreshold }
    var successThreshold: Int { max(1, probe.successThreshold) }

    /// The first tick at `time` or later that does something.
    func attempt(from time: Instant) -> Instant {
        let time = max(time, earliest)
        if time <= ticker { return ticker }
        let n = period.nanoseconds
        return ticker + Duration(nanoseconds: (time - ticker).nanoseconds.saturatingAdd(n - 1) / n * n)
    }
}

extension Container {
    /// Its probes, startup first.
    var probes: [(kind: ProbeKind, probe: Probe)] {
        let all: [(ProbeKind, Probe?)] = [(.startup, startupProbe), (.liveness, livenessProbe), (.readiness, readinessProbe)]
        return all.compactMap { kind, probe in probe.map { (kind: kind, probe: $0) } }
    }
}

/// A container on its way to the end.
struct StopSequence: Sendable, Equatable {
    enum Step: Sendable { case preStop, waitingForTurn, signalled }
    var step: Step
    let began: Instant
    var grace: Duration
    /// When the preStop hook ends, or the kernel kills.
    var due: Instant
    /// Sidecars wait for the others when the whole pod ends.
    var isOrdered: Bool
    var token = 0
    /// Whether the signal at `due` is the kill.
    var endsByKill = false
}

/// When a container that ended may start again.
///
/// - Source: Kubernetes `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `doBackOff`; client-go `flowcontrol.Backoff`.
struct CrashBackOff: Sendable, Equatable {
    var delay: Duration?
    var updated = Instant.start
    /// When the last instance ended that ended by itself.
    var exit: Instant?
    /// When the kubelet killed the last instance: it does not count for the very next start.
    var killed: Instant?

    /// When the next start is allowed; nil: now, and then the delay grows.
    mutating func next(_ now: Instant, initial: Duration, maximum: Duration) -> Instant? {
        guard let exit else { return nil }
        if let delay, exit - updated <= .seconds(600) {
            if now - exit < delay { return exit + delay }
            self.delay = min(delay * 2, maximum)
        } else {
            delay = initial
        }
        updated = now
        return nil
    }
    mutating func settleKill() {
        if let killed { exit = killed }
        killed = nil
    }
}

/// When an image that could not be pulled is tried again: 10 s, doubling to 300 s.
struct PullBackOff: Sendable, Equatable {
    var delay = Duration.zero
    var failedAt = Instant.start
    var error = ""
    /// The pod's status says ErrImagePull; at the next sync it turns to ImagePullBackOff.
    var isFresh = false

    var retryAt: Instant? { delay == .zero ? nil : failedAt + delay }
    mutating func fail(_ error: String, at now: Instant) {
        let forgotten = now - failedAt > .seconds(600)
        delay = delay == .zero || forgotten ? .seconds(10) : min(delay * 2, .seconds(300))
        failedAt = now
        self.error = error
        isFresh = true
    }
}
