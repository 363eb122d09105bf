// What the kubelet of one node knows.

import KubernetesAPI
import SimulationKit

/// What the kubelet of one node knows.
struct NodeState: Sendable {
    let index: Int
    let name: String
    /// The node's address.
    var address = ""
    /// The first two or three numbers of its pods' addresses.
    var podPrefix = ""
    var nextPodAddress = 0
    var uid = ""
    var allocatable = Resources()
    var maxPods = 110
    var memoryCapacity: Int64 = 0
    var cores = 1
    /// Slots of the workers that count here, in order of arrival.
    var workers: [Int] = []
    /// Sum of the requests of pods that are admitted and not at their end.
    var used = Resources()
    var images: ImageStore
    var volumes = NodeVolumes()
    /// Its configuration's position.
    var setup = 0
    var api: APIClient
    var pleg: Pleg
    /// Bytes of the file system that images are on.
    var imageCapacity: Int64 = 0
    var isWatchingImages = false
    /// Failures of image garbage collection in a row.
    var imageFailures = 0
    /// Pods whose resize waits for room, in the order of trying.
    var pendingResizes: [PodReference] = []
    var resizeTimer = 0
    /// Why they are tried next, in the words of the kubelet's metrics.
    var resizeTrigger = ""
    /// Sum over running containers of the most memory each can come to use.
    var memoryPeak: Int64 = 0
    var isWatchingMemory = false
    var lastMemoryPressure: Instant?
    var hasMemoryPressure = false
    /// A pod that is being evicted: no other one until it is gone, or until this moment.
    var evicting: (pod: PodReference, until: Instant)?
    var isFailed = false
    /// The last heartbeat before it fell silent, once one was missed.
    var silentSince: Instant?
    /// What becomes of the containers that ran when the kubelet fell silent.
    var containersDie = false
    var isRegistered = false
    var wasUnschedulable = false
}
