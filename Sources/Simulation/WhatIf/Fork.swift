import ControlPlane
import KubernetesAPI
import SimulationKit

/// A fork of a simulation that is given commands and run ahead, with a record of what became of which pod.
/// The simulation it was made of stays as it is.
///
/// ```swift
/// var fork = Fork(of: simulation)
/// fork.perform(.drain(node: "c2", options))
/// fork.run()                                // until it settles, 10 virtual minutes at most
/// fork.pods.filter { $0.came }              // replacements, and where they are
/// ```
/// The record comes from the feed of changes: it costs what changed, not what exists.
public struct Fork: Sendable {
    @Shared public private(set) var simulation: Simulation
    public let start: Instant
    /// Pods that changed, in the order of their first change.
    public private(set) var pods: [PodFate] = []
    /// Readiness of the workloads of these pods since the start.
    public private(set) var readiness: [Workload: ReadinessTrace] = [:]
    /// When a pod last was placed, became ready or not, ended or began to leave.
    public private(set) var lastChange: Instant
    /// Whether nothing more was about to happen when the run ended; false: the limit came first.
    public private(set) var isSettled = false
    /// Moments at which nothing had moved for a while although something was to come, with what had become of the pods until then.
    private(set) var rests: [(at: Instant, pods: [PodFate])] = []
    /// More would not be read.
    private static let mostRests = 8

    private var indices: [String: Int] = [:]
    private var owners = WorkloadIndex()
    /// As it was at the start: the owners of pods may be gone before they are.
    @Shared private var origin: Cluster
    private var cursor: WatchCursor
    /// Identities of placed pods that are on their way: starting, or leaving.
    private var moving: Set<String> = []
    /// Nodes that were lost, tainted or taken away, with when: what runs there goes some time later.
    private var left: [(node: String, at: Instant)] = []
    private var leftNodes: Set<String> = []
    /// By when the last pod of these is to be on its way, until one of the pods or nodes changes.
    private var lastLeaving: (isKnown: Bool, at: Instant?) = (false, nil)
    private var quiet = Duration.seconds(20)
    /// Drains that give up some time, with when.
    private var timeouts: [(node: String, at: Instant)] = []

    /// What became of one pod.
    public struct PodFate: Sendable {
        public var workload: Workload
        /// As it was at the start; nil if it came later.
        public var before: Pod?
        /// As it is now; nil if it is gone.
        public var after: Pod?
        /// Created since the start and still there.
        public var came: Bool { before == nil && after?.metadata.isTerminating == false }
        /// There at the start, and gone or going now.
        public var left: Bool { before?.metadata.isTerminating == false && after?.metadata.isTerminating ?? true }
    }

    /// How the number of a workload's ready pods moved.
    public struct ReadinessTrace: Sendable, Equatable {
        /// Against the start.
        public var change = 0
        /// The lowest value of ``change``, and when it was reached.
        public var lowest = 0
        public var lowestAt: Instant
    }

    /// - Parameter simulation: of a followed cluster the fork is a simulation that goes on from its present state.
    public init(of simulation: Simulation) {
        let simulation = simulation.awake
        self.simulation = simulation
        origin = simulation.cluster
        (start, lastChange) = (simulation.now, simulation.now)
        cursor = simulation.cluster.store.end
        // A view of the spread that followed the original goes on from here.
        self.simulation.keptFrom = cursor
        self.simulation.cluster.tellsEvents = false
    }

    /// Performs a command on the fork.
    @discardableResult
    public mutating func perform(_ command: Command) -> Result<Receipt, APIError> {
        switch command {
        case .fail(.node(let name)), .fail(.kubelet(let name)): leave([name])
        case .delete(.node, let key, _): leave([key.name])
        case .fail(.zone(let zone)): leave { $0.zone == zone }
        case .fail(.domain(let key, let value)): leave { $0.metadata.labels[key] == value }
        case .taint(let name, let taint): if taint.effect == TaintEffect.noExecute { leave([name]) }
        case .drain(let name, let options): if let timeout = options.timeout { timeouts.append((name, simulation.now + timeout)) }
        case .restart(let kind, let key), .setImage(let kind, let key, _, _): waitFor(kind, key)
        case .apply(let manifests):
            for case .success(let object) in manifests.map({ decodeObject($0) }) { waitFor(object) }
        case .edit(let objects): for object in objects { waitFor(object) }
        default: break
        }
        let result = simulation.perform(command)
        lastLeaving.isKnown = false
        lastChange = simulation.now
        read()
        return result
    }

    private mutating func leave(_ names: [String]) {
        left += names.map { ($0, simulation.now) }
        leftNodes.formUnion(names)
    }
    private mutating func leave(_ isMeant: (Node) -> Bool) { leave(simulation.cluster.store.nodes.all.filter(isMeant).map(\.name)) }

    private mutating func waitFor(_ object: any StoredObject) {
        if let node = object as? Node, node.spec.taints.contains(where: { $0.effect == TaintEffect.noExecute }) { leave([node.name]) }
        waitFor(type(of: object).kind, object.key)
    }

    /// New pods count as available only after minReadySeconds: nothing changes until then.
    private mutating func waitFor(_ kind: Kind, _ key: ObjectKey) {
        let store = simulation.cluster.store
        let seconds =
            kind == .deployment
            ? store.deployments[key]?.spec.minReadySeconds ?? 0 : kind == .statefulSet ? store.statefulSets[key]?.spec.minReadySeconds ?? 0 : 0
        quiet = max(quiet, .seconds(20 + seconds))
    }

    /// Runs ahead until nothing is about to change, at most for `limit` of virtual time.
    ///
    /// That is when no pod starts or leaves and none changed for 20 s (longer than a pod's back-off and an
    /// autoscaler's period), or when those that start or leave have been stuck for two minutes. It also waits until taints have driven out
    /// the pods of lost and tainted nodes that do not tolerate them for ever, and until those of deleted nodes are collected.
    ///
    /// - Parameter shouldStop: asked before each event, with the time; a run that it stopped goes on where it was when called again.
    /// - Returns: whether it came to its end.
    @discardableResult
    public mutating func run(for limit: Duration = .minutes(10), unless shouldStop: (Instant) -> Bool = { _ in false }) -> Bool {
        let end = start + limit
        isSettled = false
        while true {
            if shouldStop(simulation.now) { return false }
            let goal = lastChange + (moving.isEmpty ? quiet : max(quiet, .minutes(2)))
            if simulation.runNext(by: min(goal, end)) {
                read()
            } else if goal > end {
                simulation.moveTime(to: end)
                return true
            } else if let due = nextLeaving(), due > goal {
                noteRest()
                let later = min(due, end)
                guard simulation.runNext(by: later) else {
                    simulation.moveTime(to: later)
                    isSettled = later < end
                    return true
                }
                read()
            } else {
                isSettled = true
                simulation.moveTime(to: goal)
                return true
            }
        }
    }

    private mutating func noteRest() {
        guard lastChange > rests.last?.at ?? start, rests.count < Self.mostRests, pods.contains(where: { $0.before == nil || $0.left }) else { return }
        rests.append((lastChange, pods))
    }

    /// Lets some time pass, whatever happens in it.
    mutating func wait(for span: Duration) {
        let end = simulation.now + span
        while step(by: end) {}
    }

    /// Runs the next event that is due by `limit`; false if there is none, and the time is moved there.
    mutating func step(by limit: Instant) -> Bool {
        guard simulation.runNext(by: limit) else {
            simulation.moveTime(to: limit)
            return false
        }
        read()
        return true
    }

    /// Runs ahead until `isDone` says so (asked after each event), at most for `limit`, unless `shouldStop` says so first;
    /// returns whether it did not.
    @discardableResult
    public mutating func run(for limit: Duration, until isDone: (Fork) -> Bool, unless shouldStop: (Instant) -> Bool = { _ in false }) -> Bool {
        let end = start + limit
        while !isDone(self), simulation.runNext(by: end) {
            read()
            if shouldStop(simulation.now) { return false }
        }
        return true
    }

    /// By when pods of nodes that were lost, tainted or taken away must be on their way, of those that do not tolerate it for ever; nil if none
    /// are left.
    ///
    /// - Source: a lost node is noticed within a minute; `live-behaviour.md`: then one node of a zone is tainted each 10 s, and orphans of a
    ///   deleted node go within 74 s.
    private mutating func nextLeaving() -> Instant? {
        if !lastLeaving.isKnown { lastLeaving = (true, lastToLeave) }
        assert(lastLeaving.at == lastToLeave, "a pod of a node that was left moved, and was not seen")
        let running = timeouts.filter { timeout in simulation.drains.contains { $0.node == timeout.node && $0.state == .running } }
        return (running.map(\.at) + [lastLeaving.at].compactMap { $0 }).max()
    }
    /// The same without drains. O(nodes that were left, and their pods).
    private var lastToLeave: Instant? {
        var latest: Instant?
        for (name, at) in left {
            let node = simulation.cluster.store.nodes[ObjectKey(name: name)]
            let isLost = node != nil && simulation.kubelets.isFailed(node: name)
            let isOutOfService = node?.spec.taints.contains { $0.key == "node.kubernetes.io/out-of-service" } ?? false
            for pod in simulation.cluster.store.pods(onNode: name) where !pod.isFinished {
                // What ends on such a node is collected, too.
                guard let node, !isOutOfService else {
                    latest = max(latest ?? at, at + .minutes(2))
                    continue
                }
                if pod.metadata.isTerminating { continue }
                var taints = node.spec.taints.filter { $0.effect == TaintEffect.noExecute }
                if isLost { taints.append(Taint(key: TaintKey.unreachable, value: "", effect: TaintEffect.noExecute)) }
                guard let seconds = pod.spec.value.shortestStay(under: taints) else { continue }
                let notice = isLost ? Duration.seconds(90 + min(left.count, 1000) * 10) : .seconds(10)
                latest = max(latest ?? at, at + notice + .seconds(seconds))
            }
        }
        return latest
    }

    // MARK: The feed

    private mutating func read() {
        while let entry = simulation.cluster.store.next(&cursor, until: .distantFuture) {
            switch entry.kind {
            case .pod: note(simulation.cluster.store.pods.change(entry.index))
            case .node where !leftNodes.isEmpty:
                if leftNodes.contains(simulation.cluster.store.nodes.change(entry.index).object.name) { lastLeaving.isKnown = false }
            default: break
            }
        }
    }

    private mutating func note(_ change: Change<Pod>) {
        let uid = change.object.metadata.uid
        let now: Pod? = change.action == .deleted ? nil : change.object
        if leftNodes.contains(change.object.nodeName) { lastLeaving.isKnown = false }
        let index: Int
        if let known = indices[uid] {
            index = known
            pods[index].after = now
        } else {
            index = pods.count
            indices[uid] = index
            let workload = owners.workload(of: change.object, change.previous == nil ? simulation.cluster : origin)
            pods.append(PodFate(workload: workload, before: change.previous, after: now))
        }
        let (was, isNow) = (Visible(change.previous), Visible(now))
        guard was != isNow else { return }
        lastChange = simulation.now
        if was.isReady != isNow.isReady {
            let workload = pods[index].workload
            var trace = readiness[workload] ?? ReadinessTrace(lowestAt: start)
            trace.change += isNow.isReady ? 1 : -1
            if trace.change < trace.lowest { (trace.lowest, trace.lowestAt) = (trace.change, simulation.now) }
            readiness[workload] = trace
        }
        // A dead kubelet neither starts nor ends anything.
        let isMoving = now.map { pod in
            !pod.nodeName.isEmpty && !pod.isFinished && (pod.metadata.isTerminating || !pod.isReady)
                && !simulation.kubelets.isFailed(node: pod.nodeName)
        }
        if isMoving == true { moving.insert(uid) } else { moving.remove(uid) }
    }

    /// What a user sees of a pod.
    private struct Visible: Equatable {
        var exists = false
        var node = ""
        var isReady = false
        var isLeaving = false
        var phase: PodPhase?
        init(_ pod: Pod?) {
            guard let pod else { return }
            exists = true
            node = pod.nodeName
            isLeaving = pod.metadata.isTerminating
            isReady = pod.isReady && !isLeaving
            phase = pod.status.phase
        }
    }
}

extension Simulation {
    /// Where the pod called `key` is `span` after `command`, tried on a fork; nil if the command is refused or the pod
    /// still waits.
    public func placement(of key: ObjectKey, after command: Command, within span: Duration = .seconds(2)) -> String? {
        var fork = Fork(of: self)
        guard case .success = fork.perform(command) else { return nil }
        func node(_ fork: Fork) -> String { fork.simulation.cluster.store.pods[key]?.nodeName ?? "" }
        fork.run(for: span) { !node($0).isEmpty }
        let name = node(fork)
        return name.isEmpty ? nil : name
    }
}

extension PodSpec {
    /// How long the pod stays under these NoExecute taints, in seconds; nil: for ever.
    /// - Source: Kubernetes `pkg/controller/tainteviction/taint_eviction.go`: the shortest of the tolerations that are used.
    fileprivate func shortestStay(under taints: [Taint]) -> Int? {
        var shortest: Int?
        for taint in taints {
            guard let used = tolerations.first(where: { $0.tolerates(taint) }) else { return 0 }
            if let seconds = used.tolerationSeconds { shortest = min(shortest ?? .max, max(0, min(seconds, 86_400))) }
        }
        return shortest
    }
}
