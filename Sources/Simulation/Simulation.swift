import ControlPlane
import Controllers
import Kubelets
import KubernetesAPI
import Scheduling
import SimulationKit

/// What a simulation is started with.
public struct SimulationOptions: Sendable {
    public var profile = KubernetesProfile.default
    public var seed: UInt64 = 0
    /// The moment at which it begins.
    public var origin = Instant.start
    public var scheduler = SchedulerConfiguration()
    /// The configuration of all kubelets.
    @Shared public var kubelet = KubeletConfiguration()
    /// Further documents that go over it, each for all nodes or for those that it selects, in this order.
    public var kubelets: [KubeletConfiguration] = []
    /// Parameters of the latency model.
    public var latencies = KubeletLatencies()
    /// Delays of the control plane.
    public var settings = ClusterSettings()
    public var controllerManager = ControllerManagerSettings()
    public var metricsServer = MetricsServer()
    public var nodeAutoscaler = NodeAutoscalerSettings()
    public init() {}
}

/// The whole simulated cluster: the API's objects, the scheduler, the controllers and the kubelets,
/// in one virtual time. A value: a copy is a fork that can be run ahead or gone back to.
///
/// ```swift
/// var simulation = Simulation(SimulationOptions())
/// try simulation.cluster.create(node)
/// simulation.advance(to: .start + .minutes(10))
/// ```
public struct Simulation: Sendable {
    @Shared public private(set) var options: SimulationOptions
    public var cluster: Cluster
    public var controllers: ControllerManager
    public var scheduler: Scheduler
    public var kubelets: KubeletFleet
    /// How control plane, nodes and pods reach each other.
    public internal(set) var links = LinkSettings()
    /// Those of the API server, if it goes by SSH.
    public internal(set) var tunnels = SSHTunnels()
    public private(set) var metricsServer: MetricsServer
    /// Workloads whose pods follow what is recommended for them.
    public internal(set) var vertical = VerticalScaler()
    public internal(set) var nodeAutoscaler: NodeAutoscaler
    /// What an opened state said that is not known here, by uid.
    var unknownFields: [String: [UnknownField]] = [:]
    /// What a followed cluster has beside its objects; nil in a simulation.
    @Shared var mirror: Mirror? = nil
    /// Drains that are under way.
    public internal(set) var drains: [Drain] = []
    /// Rebalances that are under way or over.
    public internal(set) var rebalancings: [Rebalancing] = []
    /// Changes from here on are kept for somebody who reads them later; nil: nobody does.
    var keptFrom: WatchCursor?
    /// So many of the newest changes are kept for watchers of the API server; states to go back to leave them out.
    var history = 0
    /// Changes before this place are not kept for watchers, however few they are: they hold too much.
    var forgotten = 0
    /// How many times a component ran: with the time, the position at which a command was applied.
    public private(set) var eventsRun = 0

    public init(_ options: SimulationOptions) { self.init(options, isEmpty: false) }

    /// - Parameter isEmpty: leave out what every cluster has from the start, for a state that brings it.
    init(_ options: SimulationOptions, isEmpty: Bool) {
        self.options = options
        cluster = Cluster(profile: options.profile, seed: options.seed, settings: options.settings, origin: options.origin, isEmpty: isEmpty)
        controllers = ControllerManager(profile: options.profile, seed: options.seed, settings: options.controllerManager)
        scheduler = Scheduler(profile: options.profile, seed: options.seed, configuration: options.scheduler)
        kubelets = KubeletFleet(
            profile: options.profile, seed: options.seed, configuration: options.kubelet,
            others: options.kubelets, latencies: options.latencies)
        metricsServer = options.metricsServer
        nodeAutoscaler = NodeAutoscaler(options.nodeAutoscaler, seed: options.seed)
    }

    /// The present moment.
    public var now: Instant { cluster.now }

    /// When the next event is due; nil if nothing will ever happen by itself.
    public var nextDue: Instant? { next?.due }

    /// A component in the loop: what it is asked and told.
    private struct Part: Sendable {
        /// When it next wants to run; nil: only when something changes.
        let nextWake: @Sendable (Simulation) -> Instant?
        /// Does everything that is due now.
        let run: @Sendable (inout Simulation) -> Void
        /// Up to where it has read the feed of changes; nil if it reads none.
        let read: @Sendable (Simulation) -> WatchCursor?
        /// Whether it has left the rest of a turn to the next one: nobody else runs before that. Nil: it never does, or comes first anyway.
        let isUnfinished: (@Sendable (Simulation) -> Bool)?

        init(
            _ nextWake: @escaping @Sendable (Simulation) -> Instant?, run: @escaping @Sendable (inout Simulation) -> Void,
            read: @escaping @Sendable (Simulation) -> WatchCursor?, isUnfinished: (@Sendable (Simulation) -> Bool)? = nil
        ) { (self.nextWake, self.run, self.read, self.isUnfinished) = (nextWake, run, read, isUnfinished) }
    }

    /// All components: a new one is a property above and a row here. Those that are due at the same instant run in this order.
    private static let parts: [Part] = [
        Part({ $0.controllers.nextWake($0.cluster) }, run: { $0.controllers.run(&$0.cluster) }, read: { $0.controllers.cursor }),
        Part({ $0.vertical.nextWake($0.cluster) }, run: { $0.runVerticalScaler() }, read: { $0.vertical.modes.isEmpty ? nil : $0.vertical.cursor }),
        Part({ $0.scheduler.nextWake($0.cluster) }, run: { $0.scheduler.run(&$0.cluster) }, read: { $0.scheduler.cursor }),
        Part(
            { $0.kubelets.nextWake($0.cluster) }, run: { $0.kubelets.run(&$0.cluster) }, read: { $0.kubelets.cursor },
            isUnfinished: { $0.kubelets.isUnfinished }),
        Part({ $0.metricsServer.nextWake($0.cluster) }, run: { $0.metricsServer.run(&$0.cluster, $0.kubelets) }, read: { _ in nil }),
        Part({ $0.nodeAutoscaler.nextWake }, run: { $0.nodeAutoscaler.run(&$0.cluster, $0.options.scheduler) }, read: { _ in nil }),
        Part({ $0.rebalancings.lazy.compactMap(\.nextStep).min() }, run: { $0.runRebalancings() }, read: { _ in nil }),
        Part({ $0.tunnels.nextWake }, run: { $0.runTunnels() }, read: { _ in nil }),
        Part({ $0.drains.lazy.compactMap(\.nextStep).min() }, run: { $0.runDrains() }, read: { _ in nil }),
    ]

    /// Who runs next, as a place in the list, and when.
    private var next: (part: Int, due: Instant)? {
        if isMirror { return nil }
        var first: (part: Int, due: Instant)?
        for index in Self.parts.indices {
            if Self.parts[index].isUnfinished?(self) ?? false { return (index, cluster.now) }
            guard let wake = Self.parts[index].nextWake(self) else { continue }
            let due = max(wake, cluster.now)
            if due < first?.due ?? .distantFuture { first = (index, due) }
        }
        return first
    }

    /// Runs the component that is due next, if it is due by `limit`; returns whether one was.
    @discardableResult
    public mutating func runNext(by limit: Instant) -> Bool {
        guard let (part, due) = next, due <= limit else { return false }
        cluster.now = due
        Self.parts[part].run(&self)
        eventsRun += 1
        cluster.store.compact(before: read)
        assertProgress(at: due)
        return true
    }

    /// Up to where all components have read the feed of changes.
    private var read: WatchCursor {
        var read = keptFrom?.position ?? .max
        if history > 0 { read = min(read, max(forgotten, cluster.store.end.position - history)) }
        for part in Self.parts { if let cursor = part.read(self) { read = min(read, cursor.position) } }
        return WatchCursor(position: read)
    }

    /// Forgets the changes that all components have read, be they ever so few: for a state that is kept.
    mutating func forgetReadChanges() { cluster.store.compact(before: read, surplus: 0) }

    /// Runs everything that is due by `limit` and moves the time there.
    public mutating func advance(to limit: Instant) {
        while runNext(by: limit) {}
        if limit > cluster.now { cluster.now = limit }
    }

    /// Moves the time on to `instant`, before anything that is due then.
    mutating func moveTime(to instant: Instant) { if instant > cluster.now { cluster.now = instant } }

    // A component that asks for the present instant again and again would stop time for ever.
    private var lastInstant = Instant.start
    private var runsAtInstant = 0
    private mutating func assertProgress(at instant: Instant) {
        if instant == lastInstant {
            runsAtInstant += 1
            precondition(runsAtInstant < 1_000_000, "time stands still at \(instant.rfc3339): a component never settles")
        } else {
            (lastInstant, runsAtInstant) = (instant, 0)
        }
    }
}
