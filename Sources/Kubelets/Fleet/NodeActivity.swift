// What the kubelet of one node is doing, as a value for screens.

import KubernetesAPI
import SimulationKit

/// What the kubelet of one node is doing, for screens: made on demand by ``KubeletFleet/activity(node:in:)``.
///
/// ```swift
/// if let activity = simulation.kubelets.activity(node: "n1", in: simulation.cluster) {
///     for pull in activity.pulls where pull.began == nil { … }  // waits for its turn
///     activity.api.tokens  // −3.5: the next four calls are booked ahead
/// }
/// ```
public struct NodeActivity: Sendable, Equatable {
    public var node: String
    /// The kubelet is failed: nothing below moves.
    public var isSilent = false

    /// Image pulls under way in the order of their begin, then those that wait, in the order of their turn.
    public var pulls: [Pull] = []
    /// How many pulls may run at once; nil: no limit. 1 when they are serialized.
    public var pullLimit: Int?
    /// Pulls that ended, oldest first; the last 64.
    public var pastPulls: [PastPull] = []
    /// The images on the node by name.
    public var images: [StoredImage] = []
    /// Bytes of all images.
    public var imageBytes: Int64 = 0
    /// Bytes of the file system they are on, and the percentages at which garbage collection begins and ends.
    public var imageCapacity: Int64 = 0
    public var imageHighPercent = 85
    public var imageLowPercent = 80

    /// Requests to the API server but for events and heartbeats (`kubeAPIQPS`, `kubeAPIBurst`).
    public var api = Bucket()
    /// Events (`eventRecordQPS`, `eventBurst`).
    public var events = Bucket()
    /// Begins of image pulls (`registryPullQPS`, `registryBurst`); an empty one fails the pull instead of delaying it.
    public var registry = Bucket()
    /// Calls that are booked and have not begun, in their order.
    public var waitingCalls: [Call] = []
    /// Calls that had to wait for a token, oldest first; the last 64.
    public var pastWaits: [Call] = []
    /// Calls since the kubelet started, how many of them waited, and the longest wait.
    public var calls = 0
    public var callsWaited = 0
    public var longestWait = Duration.zero
    /// Times a pod's worker gave up waiting for its volumes and began anew.
    public var mountTimeouts = 0
    /// Events that were never told: the recorder's queue of 1,000 was full, or more than 25 were about one object.
    public var droppedEvents = 0
    /// Pods whose newest status is not in the API yet.
    public var unsentStatuses: [ObjectKey] = []

    public var pleg = PLEG()

    /// A pull that waits or runs.
    public struct Pull: Sendable, Equatable {
        public var image: String
        public var pod: ObjectKey
        public var container: String
        /// When the container's turn came to have its image.
        public var asked: Instant
        /// Nil while it waits for its turn.
        public var began: Instant?
        /// 0…1 of its time.
        public var progress = 0.0
        /// Bytes of the image.
        public var size: Int64
        /// When it ends at the present rates; nil while it waits.
        public var end: Instant?
        /// Another pull brings the same layers: it ends with that one.
        public var sharesLayers = false
    }
    /// A pull that ended.
    public struct PastPull: Sendable, Equatable {
        public var image: String
        public var pod: ObjectKey
        public var container: String
        public var asked: Instant
        public var began: Instant
        public var ended: Instant
        public var size: Int64
        /// Nil: it succeeded.
        public var error: String?
    }
    /// An image on the node.
    public struct StoredImage: Sendable, Equatable {
        public var name: String
        public var size: Int64
        public var isInUse: Bool
        public var firstDetected: Instant
        public var lastUsed: Instant
    }
    /// A token bucket: it fills at `qps` up to `burst`; each request takes one token.
    public struct Bucket: Sendable, Equatable {
        /// Tokens a second; 0: no limit.
        public var qps = 0
        public var burst = 0
        /// Tokens now, at most `burst`; negative: so many requests are booked ahead.
        public var tokens = 0.0
        /// When a request made now would begin.
        public var next = Instant.start
    }
    /// A request to the API server.
    public struct Call: Sendable, Equatable {
        /// `POST serviceaccounts/token`, `LIST configmaps`, `PATCH pods/status` …
        public var request: String
        /// The pod for which it is made.
        public var pod: ObjectKey
        public var asked: Instant
        /// When it got its token.
        public var began: Instant
    }
    /// How the kubelet learns what became of containers.
    public struct PLEG: Sendable, Equatable {
        /// By events of the runtime rather than by listing everything.
        public var isEvented = false
        /// From the end of one list to the begin of the next.
        public var period = Duration.seconds(1)
        /// When the last successful list began; nil before the first.
        public var lastRelist: Instant?
        /// How long a list takes with the containers that are there.
        public var relistDuration = Duration.zero
        /// A list that began longer ago than this makes the node NotReady.
        public var threshold = Duration.minutes(3)
        /// Nil: healthy. Else the words in the node's Ready condition.
        public var problem: String?
        /// The runtime does not answer until then.
        public var hangsUntil: Instant?
        /// Containers and sandboxes that a list goes through.
        public var items = 0
        /// Thousandths of a core that listing and events cost now, without changes.
        public var milliCPU = 0.0
        /// The longest time from the end of a container until the kubelet knows.
        public var detectionAtMost = Duration.zero
        /// What it found out, oldest first; the last 64.
        public var detections: [Detection] = []
    }
    /// A change of a container that the PLEG found out.
    public struct Detection: Sendable, Equatable {
        public var pod: ObjectKey
        public var container: String
        /// `ContainerStarted` or `ContainerDied`.
        public var event: String
        public var happened: Instant
        public var seen: Instant
    }
}

/// The control group of one container, one pod, or one QoS class: what the kubelet writes into cgroup v2.
public struct CgroupValues: Sendable, Equatable {
    /// `/kubepods/burstable`, the pod's name, or the container's.
    public var name: String
    /// Quota in microseconds per 100 ms; nil: `max`.
    public var cpuQuota: Int64?
    /// 1…10000.
    public var cpuWeight: Int64
    /// Bytes; 0: not protected.
    public var memoryMin: Int64 = 0
    public var memoryLow: Int64 = 0
    /// Bytes; nil: `max`.
    public var memoryHigh: Int64?
    public var memoryMax: Int64?
    /// Containers only.
    public var oomScoreAdj: Int?

    // What becomes of them at this moment; containers only, zero while it does not run.
    /// Bytes in use, with the page cache.
    public var memoryUsed: Int64 = 0
    /// Share of the last moment in which the container was stopped for its CPU quota, 0…1.
    public var cpuThrottled = 0.0
    /// Share of time in which it waits for memory to be reclaimed above `memory.high`, 0…0.98.
    public var memoryStall = 0.0
    /// How often it was throttled at `memory.high` (`container_memory_events_high_total`).
    public var memoryHighEvents = 0
    /// Periods in which its start-up work was stopped, and for how long in all.
    public var throttledPeriods = 0
    public var throttledTime = Duration.zero
}

/// One line of a kubelet's configuration, as it is in force.
public struct KubeletSetting: Sendable, Equatable {
    /// The field: `maxParallelImagePulls`.
    public var field: String
    /// `5`, `5m0s`, `unset`.
    public var value: String
    /// The document leaves it out; the value is the version's default.
    public var isDefault: Bool
}

/// How long pods took to become ready, from creation to the first time their condition Ready was True.
public struct TimeToReady: Sendable, Equatable {
    /// In ascending order.
    public var times: [Duration]
    public init(_ times: [Duration]) { self.times = times.sorted() }
    public var count: Int { times.count }
    /// The smallest time within which `percent` of the pods became ready; nil without pods.
    public func percentile(_ percent: Int) -> Duration? {
        times.isEmpty ? nil : times[max(0, (times.count * percent + 99) / 100 - 1)]
    }
    public var median: Duration? { percentile(50) }
}
