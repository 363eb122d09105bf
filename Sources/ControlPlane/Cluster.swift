import DequeModule
import KubernetesAPI
import SimulationKit

/// The API server's side of the simulation: the objects, the time, and the verbs on objects.
///
/// Scheduler, controllers and kubelets get it `inout` when they run; screens read it. A value: a
/// copy is a fork that can be run ahead (what-if) or gone back to (undo).
public struct Cluster: Sendable {
    /// The present moment of virtual time. Only the simulation's loop moves it.
    public var now: Instant
    /// The moment at which the simulation begins: ``Instant/start``, or the newest one that an opened state knows.
    public let origin: Instant
    public var store = ObjectStore()
    /// Version and feature gates.
    public internal(set) var profile: KubernetesProfile
    /// Whether gates were set since the start: objects may then have fields of gates that are off.
    var gatesWereChanged = false
    public var settings: ClusterSettings
    /// What the metrics server measured.
    public var metrics = MetricsAPI()
    /// When each node's kubelet last renewed its lease, by node name.
    ///
    /// Differs from Kubernetes: leases are kept here, not as Lease objects; 5,000 of them would be
    /// 500 writes a second that nobody reads but the node controller.
    public var leaseRenewals = LeaseRenewals()
    /// Events as they were told, for `--events` and the ticker.
    public internal(set) var eventLog = EventLog()
    var eventRecorder = EventRecorder()
    /// Of the controllers; each kubelet has its own.
    var eventCorrelator = EventCorrelator()
    /// Whether events are told. A fork that is run ahead and thrown away has no reader for them.
    public var tellsEvents = true
    /// Hashes of the events that were left out.
    var leftOut: Set<Int> = []
    /// Whose write this is, for `metadata.managedFields`; nil for the simulation's own, which are not noted.
    var writer: FieldManager?
    /// The last completed spec of each controlling owner, by its identity.
    var completedSpecs = CompletedSpecs()
    /// Identities of owners of which a state that was opened holds no object of their kind: nobody can say that they are gone.
    public var unseenOwners: Set<String> = []
    /// The last labels that bindings gave to pods.
    var boundLabels = BoundLabels()
    var names: SeededRandom
    /// What tokens of service accounts are signed with: from the seed, so that each run has the same. A server with real clients sets a
    /// secret one.
    public var tokenKey: [UInt8]

    /// A cluster with what every cluster has from the start, unless `isEmpty`: then ``bootstrap()`` is to follow once a state is in it.
    public init(
        profile: KubernetesProfile = .default, seed: UInt64 = 0, settings: ClusterSettings = ClusterSettings(), origin: Instant = .start,
        isEmpty: Bool = false
    ) {
        self.profile = profile
        self.settings = settings
        (self.origin, now) = (origin, origin)
        names = SeededRandom(seed: seed, stream: "names")
        tokenKey = SHA256.hash(Array("service account key \(seed)".utf8))
        if !isEmpty { bootstrap() }
    }

    /// Takes the certificates (PEM) that pods are to trust, and the secret key of tokens, of a server with real clients.
    public mutating func trust(_ certificates: String, tokenKey: [UInt8]) {
        self.tokenKey = tokenKey
        settings.rootCertificates = certificates
        settings.mostEvents = ClusterSettings.mostEventsServed
        for map in store.configMaps.sorted() where map.name == "kube-root-ca.crt" {
            modify(ConfigMap.self, map.key) { $0.data = ["ca.crt": certificates] }
        }
    }

    /// Takes other feature gates, as an API server that is started again with them. Objects stay as they are stored.
    public mutating func restart(with profile: KubernetesProfile) {
        self.profile = profile
        gatesWereChanged = true
    }

    /// A fresh identity, in the form of a UUID.
    mutating func makeUID() -> String { StableHash.uuid(&names) }

    /// `base` and five characters, as the API server completes `generateName`; the base is cut to 58.
    mutating func makeName(_ base: String) -> String {
        var name = String(base.prefix(58))
        for _ in 0..<5 { name.append(StableHash.safeAlphabet[names.below(StableHash.safeAlphabet.count)]) }
        return name
    }
}

/// Delays of the control plane, in virtual time.
public struct ClusterSettings: Sendable, Equatable {
    /// From a write until controllers see it. *Model*: 5 ms.
    public var controllerWatchDelay = Duration.milliseconds(5)
    /// From a write until the scheduler sees it. *Model*: 5 ms.
    public var schedulerWatchDelay = Duration.milliseconds(5)
    /// From a write until the kubelet concerned sees it. *Model*: 10 ms.
    public var kubeletWatchDelay = Duration.milliseconds(10)
    /// Events older than this are dropped. Kubernetes' default: 1 h.
    public var eventTimeToLive = Duration.hours(1)
    /// So many Event objects are kept; the oldest beyond are dropped before their time. As many as there are, unless clients are served.
    ///
    /// Differs from Kubernetes: there etcd grows until the oldest are an hour old, or until it is full.
    public var mostEvents = Int.max
    /// Busy clients make a thousand a second, which would stay for an hour.
    static let mostEventsServed = 50_000
    /// What pods are to trust the API server by, as PEM: the file `ca.crt` beside their tokens.
    ///
    /// Differs from Kubernetes: without real clients there is no certificate authority, so the text only has the form of a certificate.
    public var rootCertificates = """
        -----BEGIN CERTIFICATE-----
        c2ltdWxhdGVkIGNlcnRpZmljYXRlIGF1dGhvcml0eQ==
        -----END CERTIFICATE-----

        """
    public init() {}

    /// The delays that a scenario can set.
    public static let parameters: [Parameter<ClusterSettings>] = [
        .time("kubeletWatchDelay", \.kubeletWatchDelay, "from a write to the kubelet concerned"),
        .time("controllerWatchDelay", \.controllerWatchDelay, "from a write to the controllers"),
        .time("schedulerWatchDelay", \.schedulerWatchDelay, "from a write to the scheduler"),
        .time(
            "eventTimeToLive", \.eventTimeToLive, "how long Event objects are kept", range: .seconds(1)...Duration.hours(24 * 365),
            source: "kube-apiserver `--event-ttl`"),
    ]
}

/// A part of the control plane that runs by itself: scheduler, controllers, kubelets.
///
/// The loop asks each component when it next has something to do, moves the time to the earliest
/// answer, and lets those run that are due, in the order of the catalog.
public protocol Component: Sendable {
    /// When the component next wants to run: its own timers, or changes that it has not seen and that are
    /// old enough to have reached it. Nil: only when something changes.
    func nextWake(_ cluster: Cluster) -> Instant?
    /// Does everything that is due at `cluster.now`.
    mutating func run(_ cluster: inout Cluster)
    /// Up to where the component has read the feed of changes; older ones may be forgotten.
    var cursor: WatchCursor { get }
}

extension Component {
    /// So many changes a component reads at most before it lets others have their turn; the rest at the same instant: some milliseconds' worth.
    public static var mostRead: Int { 500 }
    /// After so many writes it leaves the rest to another turn at the same instant.
    public static var mostWritten: Int { 500 }
    /// When the first change that this component has not read reaches it; nil if there is none.
    public func nextChange(_ cluster: Cluster, delay: Duration) -> Instant? {
        cluster.store.entry(at: cursor).map { $0.time + delay }
    }
}
