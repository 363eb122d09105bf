// What all kubelets share, and each is handed beside the cluster: timers, latencies, profile, settings, chance.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// What all kubelets share.
///
/// A kubelet asks here for a timer, for how long something takes, for its settings and for chance; nothing of it belongs to one
/// node. It is passed `inout` beside the cluster, so that nothing is copied.
struct KubeletHost: Sendable {
    /// The cluster's version and gates; a kubelet's own are in its settings.
    var profile: KubernetesProfile
    var latencies: KubeletLatencies
    /// The configurations in use; the first is that of nodes that no document singles out.
    var setups: [KubeletSetup]
    var jitter: SeededRandom
    var timers = EventQueue<Timer>()
    /// When the status of each node is to be written at the latest; in the past: at the next heartbeat. By itself, so that a
    /// heartbeat of thousands of quiet nodes looks at nothing else.
    var reportDue: [Instant] = []
    /// Where each pod is, by its identity.
    var pods = Shards<String, PodReference>()
    private var lastSerial = 0
    /// Recorded starts by pod identity, until the pod's object is gone.
    var timelines = Shards<String, Timeline>()
    /// Pods that wait for a claim to be bound, in the order in which they began to.
    var waitingForClaim: [ObjectKey: [PodReference]] = [:]
    var loads: [LoadTarget: LoadOverride] = [:]
    var demands: [LoadTarget: Demand] = [:]
    /// Who meets which demand, by the pod's identity.
    var serving: [String: LoadTarget] = [:]
    /// Faults: containers and how often updating their resources is still to fail.
    var failingUpdates: [ResourceUpdate: Int] = [:]
    /// What an opened state showed of programs.
    var seen = SeenPrograms()
    /// What was written into containers from outside.
    var files = WrittenFiles()
    /// When a pod was last asked to resize, or had resized.
    var lastResize: Instant?
    /// Identities of images that were started, so that all containers of an image share the text.
    private var imageIDs: [String: String] = [:]

    /// What is due at some moment.
    enum Timer: Sendable {
        case heartbeat
        case demands
        case node(Int, NodeTimer)
        case pod(PodReference, PodTimer)
    }
    enum NodeTimer: Sendable {
        case pull(token: Int)
        case memory
        case images
        /// The status that the kubelet is sending.
        case status(token: Int)
        /// The first event that waits for a token.
        case events
        /// A hanging runtime makes the node unready, or answers again.
        case pleg
        case resizeRetry(token: Int)
        case unpublished(volume: String, pod: String)
        case unstaged(volume: String)
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
        /// A program that got a signal from inside its container ends.
        case quits(container: Int, instance: Int)
        case deadline
        case gone

        /// What happens in the container, whatever the kubelet does.
        var isOfTheProgram: Bool {
            switch self {
            case .exit, .outOfMemory, .memory, .quits: true
            default: false
            }
        }
    }

    init(profile: KubernetesProfile, seed: UInt64, configuration: KubeletConfiguration, latencies: KubeletLatencies) {
        (self.profile, self.latencies) = (profile, latencies)
        setups = [KubeletSetup(configuration, profile: profile)]
        jitter = SeededRandom(seed: seed, stream: "kubelet")
    }

    /// The identity of an image. *Model*: from its name.
    mutating func imageID(of image: String) -> String {
        if let known = imageIDs[image] { return known }
        if imageIDs.count >= 4096 { imageIDs = [:] }
        let digest = StableHash.hex(StableHash.fnv1a64(image)) + StableHash.hex(StableHash.fnv1a64(image + "@"))
        let id = "\(image.prefix { $0 != "@" })@sha256:\(digest)\(digest)"
        imageIDs[image] = id
        return id
    }

    mutating func nextSerial() -> Int {
        lastSerial += 1
        return lastSerial
    }

    mutating func schedule(_ timer: NodeTimer, of node: Int, at due: Instant) {
        timers.schedule(.node(node, timer), at: due)
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

    /// A failed sync is repeated after this: the back-off and up to half of it more.
    mutating func syncErrorBackOff() -> Duration { latencies.syncErrorBackOff * (1 + jitter.unit() / 2) }
}
