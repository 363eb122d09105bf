import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import Scheduling
import Simulation
import SimulationKit

/// How the dashboard is started.
public struct DashboardOptions: Sendable {
    /// Refuse everything that changes the cluster.
    public var readOnly = false
    /// Name of what is shown, such as `three-zones`.
    public var name = "sim"
    /// The state that was opened; empty if there was none. What it does not tell is guessed.
    public var opened = OpenedState()
    /// A remark shown at the start: where the nodes come from, which kinds are not acted on.
    public var notice: String?
    public var theme = Theme.standard
    public var glyphs = GlyphSet.block
    /// The user's own keys and names.
    public var settings = UserSettings()
    /// No highlights of what has just changed.
    public var reducedMotion = false
    public init() {}
}

/// What screens may look at: the session, what is derived from it, and how to draw.
struct World {
    var session: Session
    var options: DashboardOptions
    var theme: Theme { options.theme }
    var glyphs: GlyphSet { options.glyphs }
    /// The namespace looked at; empty for all, `a,b` for several, `!a` for all others.
    var namespace = ""
    /// Real time since the start: only for what is highlighted for a moment.
    var clock = Duration.zero
    /// Asked by work that may take long.
    var patience = Patience()
    /// The node label by which the Deck makes columns.
    var topologyKey = LabelKey.zone
    private(set) var view = ClusterView()
    private(set) var spread: [SpreadOutline] = []
    /// All of those groups that the view shows, by their ids.
    private(set) var spreadGroups: [String: SpreadGroup] = [:]
    /// Workloads, by namespace and name, of which a hard rule is violated.
    private(set) var drifting: Set<ObjectKey> = []
    /// Raised when one of them changes.
    private(set) var spreadVersion = 0
    /// How many hard rules are violated.
    private(set) var drift = 0
    /// Whether a look at them, or at what is lost, would tell more.
    var isBehind: Bool { spreadView.isBehind || spreadIsPutOff || outages.isBehind }
    var history = History()
    private(set) var outages = Outages()
    private var spreadRevision = -1
    /// Many groups are put in order so often while time runs, in real time; and whether that was put off.
    private static let spreadPause = Duration.milliseconds(100)
    private var spreadLooked = Duration.zero
    private var spreadIsPutOff = false
    private var spreadView: SpreadView
    private var spreadGeneration = 0
    /// The rates, traffic and prices that availability is worked out from.
    var availability = AvailabilityParameters()
    /// Follows the session, for forks to go on from.
    var spreadFollower: SpreadView { spreadView }
    /// The cluster that is followed, if one is.
    var followed: Followed?
    /// Ports of this machine that lead to pods.
    var forwards: [Forward] = []
    /// The sessions with pods that are open, for the view of the links.
    var sessions: [LinkSession] = []
    /// Raised when the session's past was changed, so that nothing derived is trusted.
    var generation = 0

    init(session: Session, options: DashboardOptions) {
        self.session = session
        // Screens follow the feed from frame to frame; who loses sight of it looks at everything again.
        self.session.keepChanges(8192)
        self.options = options
        spreadView = SpreadView(configuration: session.simulation.options.scheduler)
    }

    var cluster: Cluster { session.cluster }
    var store: ObjectStore { session.cluster.store }
    var now: Instant { session.now }

    /// Brings what is derived up to date with the session.
    ///
    /// - Parameter isWhole: puts nothing off, however large the cluster is.
    mutating func refresh(isWhole: Bool = false) {
        readTo = store.revision
        view.refresh(session.cluster, generation: generation, topologyKey: topologyKey)
        // Taken out for it: what it keeps of thousands of nodes would be copied if the world had it, too.
        var outages = outages
        self.outages = Outages()
        outages.refresh(self)
        self.outages = outages
        let revision = store.revision &+ generation << 40
        if revision != spreadRevision {
            let isLarge = spread.count > 200
            spreadIsPutOff =
                !isWhole && isLarge && !session.isPaused && generation == spreadGeneration && clock - spreadLooked < Self.spreadPause
            if spreadIsPutOff {
                // What changed is taken in all the same: that of a tenth of a second at once would be a long frame.
                if !isMirror { spreadView.catchUp(with: cluster) }
                return
            }
            spreadLooked = clock
            spreadRevision = revision
            if generation != spreadGeneration {
                spreadView = SpreadView(configuration: session.simulation.options.scheduler)
                spreadGeneration = generation
            }
            let outlines = spreadView.outlines(of: cluster)
            if !spreadView.changed.isEmpty || outlines.count != spread.count {
                spread = outlines.sorted(by: Self.comesFirst)
                let violated = spread.filter { $0.isHard && $0.isViolated }
                drift = violated.count
                drifting = Set(violated.map { ObjectKey(namespace: $0.namespace, name: $0.ownerName) })
                spreadVersion += 1
            }
            history.note(spreadView.changed, at: now)
        }
    }

    /// Looks closer at these groups, which the view shows.
    mutating func look(at groups: [String]) {
        if groups.isEmpty && spreadGroups.isEmpty { return }
        spreadGroups = spreadView.look(at: groups, of: cluster)
    }
    /// The group whose outline has this id, if the view shows it.
    func spreadGroup(_ id: String?) -> SpreadGroup? { id.flatMap { spreadGroups[$0] } }

    /// So many writes are read at a time while time runs: a frame, for which a key may wait, reads no more.
    static let readInFrame = 1024
    /// The same where no frame is drawn meanwhile: what changes again and again is read more seldom.
    static let farAhead = 4096
    /// How many may be written before they have to be taken in, if `most` may wait.
    func room(_ most: Int) -> Int { max(1, readTo.saturatingAdd(most).saturatingSubtract(store.revision)) }
    private var readTo = 0
    /// Takes in what changed before the feed forgets it, while time runs far between two frames.
    mutating func keepUp() {
        readTo = store.revision
        if isMirror || generation != spreadGeneration { return }
        // One turn of a controller may touch a good part of a large cluster.
        session.keepChanges(min(store.count / 2, 65_536))
        view.refresh(session.cluster, generation: generation, topologyKey: topologyKey)
        spreadView.catchUp(with: cluster)
    }

    /// Rules that users wrote before the scheduler's defaults, large groups first, zones before hosts.
    private static func comesFirst(_ a: SpreadOutline, _ b: SpreadOutline) -> Bool {
        func rank(_ group: SpreadOutline) -> (Int, Int, Int) {
            (group.isDefault ? 1 : 0, group.isHard ? 0 : 1, -group.carriers)
        }
        if rank(a) != rank(b) { return rank(a) < rank(b) }
        return (a.namespace, a.ownerName, a.topologyKey, a.id) < (b.namespace, b.ownerName, b.topologyKey, b.id)
    }

    /// Takes a sample of the curves; called at fixed virtual times.
    mutating func sample() {
        refresh(isWhole: true)
        history.sample(view.nodes.domains, spread, told: cluster.eventLog.count - cluster.eventLog.past, at: now)
    }

    /// Whether objects of a namespace are looked at; those without one always are.
    func shows(_ name: String) -> Bool {
        if namespace.isEmpty || name.isEmpty { return true }
        let names = namespace.split(separator: ",")
        if names.first?.hasPrefix("!") ?? false { return !names.contains("!" + Substring(name)) }
        return names.contains(Substring(name))
    }

    /// The namespaces of the digit keys: the user's own before the system's.
    var favouriteNamespaces: [String] {
        store.namespaces.sorted().map(\.metadata.name).sorted { a, b in
            let (x, y) = (a.hasPrefix("kube-"), b.hasPrefix("kube-"))
            return x != y ? !x : a < b
        }
    }

    // MARK: Words

    /// A span since `time` in kubectl's short form: `11s`, `3m19s`.
    func age(_ time: Instant?) -> String { time == nil ? "-" : Printers.ageText(from: time, to: now) }

    /// Stands before what a pod uses where that is a guess: what was not measured in an opened state.
    func guessMark(_ pod: Pod) -> String { session.simulation.kubelets.isGuessed(pod, in: cluster) ? "~" : "" }

    /// The sign of a pod's state.
    func glyph(_ state: PodState) -> Character {
        switch state {
        case .ready: glyphs.ready
        case .notReady: glyphs.notReady
        case .starting: glyphs.starting
        case .leaving: glyphs.leaving
        case .failed, .unschedulable, .faulty, .unreachable, .stuck: glyphs.failed
        case .done: glyphs.passed
        }
    }
    /// How a pod is, by its containers, its node and the time.
    func state(of pod: Pod) -> PodState {
        PodState(
            pod,
            isNodeReady: pod.nodeName.isEmpty
                || store.nodes[ObjectKey(name: pod.nodeName)].map { $0.isReady || $0.status.conditions[ConditionType.ready] == nil } ?? false,
            now: now)
    }
    /// The role in which a pod's state is drawn.
    static func role(_ state: PodState) -> Role {
        switch state {
        case .ready: .good
        case .notReady, .starting: .rowPending
        case .leaving: .rowKilled
        case .failed, .unschedulable, .faulty, .unreachable, .stuck: .rowError
        case .done: .rowCompleted
        }
    }
}

extension Array {
    /// The element at `index`; nil outside the array.
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

extension World {
    /// How long after the beginning `time` is, `00:12:31.250`; with a minus for what an opened state tells of the time before.
    func time(_ time: Instant, milliseconds: Bool = true) -> String { clockText(time, since: cluster.origin, milliseconds: milliseconds) }

    /// The same in five columns: minutes and seconds, `12:31`; before the beginning how long ago, `-3h`.
    func shortTime(_ time: Instant) -> String {
        if time >= cluster.origin { return String(self.time(time, milliseconds: false).dropFirst(3)) }
        let ago = "-" + Printers.ageText(from: time, to: cluster.origin)
        // Of `5m12s` the larger unit will do.
        return ago.count <= 5 ? ago : String(ago.prefix { !$0.isLetter }) + String(ago.first { $0.isLetter } ?? "s")
    }
}

/// `T+00:12:31.250` without the `T+`.
func clockText(_ time: Instant, since origin: Instant = .start, milliseconds: Bool = true) -> String {
    func two(_ n: Int64) -> String { n < 10 ? "0\(n)" : "\(n)" }
    let span = (time - origin).nanoseconds
    let ms = Int64(clamping: span.magnitude) / 1_000_000
    let s = ms / 1000
    var text = "\(span < 0 ? "-" : "")\(two(s / 3600)):\(two(s / 60 % 60)):\(two(s % 60))"
    if milliseconds {
        let rest = String(ms % 1000)
        text += "." + String("0", times: 3 - rest.count) + rest
    }
    return text
}
