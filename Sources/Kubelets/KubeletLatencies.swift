// How long each step takes: the parameters of the latency model.

import ControlPlane
import SimulationKit

/// How long a kubelet, its container runtime and its network take for each step: the parameters of the latency model.
///
/// Set by a scenario's `spec.parameters`, by the names in ``parameters``. *Model* values are ours: Kubernetes leaves them to
/// the machine. The others are Kubernetes' own constants. Times can be 0s to 24h, those after which something is tried again
/// 100ms to 24h; rates 1 to 1e15 bytes a second, `sharedLayers` from 0 and less than 1, `pageSize` 1 to 1073741824.
public struct KubeletLatencies: Sendable, Equatable {
    public var apiLatency = Duration.milliseconds(10)
    public var podSetup = Duration.milliseconds(10)
    public var setUpVolume = Duration.milliseconds(5)
    public var stageVolume = Duration.seconds(1)
    public var publishVolume = Duration.milliseconds(500)
    public var unpublishVolume = Duration.milliseconds(500)
    public var cacheWait = Duration.seconds(1)
    public var mountPoll = Duration.milliseconds(300)
    public var mountTimeout = Duration.seconds(123)
    public var runSandbox = Duration.milliseconds(300)
    public var manifestCheck = Duration.milliseconds(300)
    public var registryRate = 50_000_000.0
    public var nodeBandwidth = 125_000_000.0
    public var unpackRate = 200_000_000.0
    public var sharedLayers = 0.6
    public var createContainer = Duration.milliseconds(50)
    public var startContainer = Duration.milliseconds(100)
    public var backOffNotice = Duration.seconds(1)
    public var cleanUp = Duration.milliseconds(100)
    public var updateResources = Duration.milliseconds(50)
    public var syncErrorBackOff = Duration.seconds(10)
    public var resync = Duration.seconds(60)
    public var relistPeriod = Duration.seconds(1)
    public var relistBase = Duration.milliseconds(2)
    public var relistPerContainer = Duration.microseconds(150)
    public var inspectPod = Duration.milliseconds(3)
    public var eventLatency = Duration.milliseconds(20)
    public var eventCost = Duration.milliseconds(1)
    public var memoryRate = 200_000_000.0
    public var reclaimRate = 209_715_200.0
    public var pageSize = 4096.0
    public init() {}

    /// The parameters that a scenario can set.
    public static let parameters: [Parameter<KubeletLatencies>] = [
        .time("apiLatency", \.apiLatency, "from the begin of a request of a kubelet to its answer"),
        .time("podSetup", \.podSetup, "control groups and directories of a new pod"),
        .time("setUpVolume", \.setUpVolume, "mounting one ConfigMap, Secret, token or local volume"),
        .time("stageVolume", \.stageVolume, "staging a volume of a claim on a node, once for all its pods"),
        .time("publishVolume", \.publishVolume, "publishing a staged volume to a pod"),
        .time("unpublishVolume", \.unpublishVolume, "taking a volume from a pod that has ended, and again to take it off the node after its last pod"),
        .time(
            "cacheWait", \.cacheWait, "how long a mount waits for its ConfigMap or Secret before it fails",
            source: "`pkg/kubelet/util/manager/watch_based_manager.go`"),
        .time(
            "mountPoll", \.mountPoll, "how often a pod's worker looks whether all volumes are mounted", source: "`pkg/kubelet/volumemanager/volume_manager.go`"),
        .time("mountTimeout", \.mountTimeout, "after this it gives up and tries again", range: .again, source: "`pkg/kubelet/volumemanager/volume_manager.go`"),
        .time("runSandbox", \.runSandbox, "the pod's sandbox with its network"),
        .time("manifestCheck", \.manifestCheck, "asking the registry what an image consists of"),
        .number("registryRate", \.registryRate, 1...1e15, "bytes a second that one pull gets from the registry"),
        .number("nodeBandwidth", \.nodeBandwidth, 1...1e15, "bytes a second that all pulls of a node share"),
        .number("unpackRate", \.unpackRate, 1...1e15, "bytes a second at which downloaded layers are unpacked"),
        .number("sharedLayers", \.sharedLayers, 0...1.0.nextDown, "share of an image that is there already if another of its repository is"),
        .time("createContainer", \.createContainer, "one CreateContainer call"),
        .time("startContainer", \.startContainer, "one StartContainer call"),
        .time("backOffNotice", \.backOffNotice, "from a failed pull or seen exit to the sync that finds the back-off"),
        .time("cleanUp", \.cleanUp, "unmounting and removing control groups once all containers ended"),
        .time("updateResources", \.updateResources, "one UpdateContainerResources call"),
        .time(
            "syncErrorBackOff", \.syncErrorBackOff, "a failed sync is repeated after this, times 1 to 1.5", range: .again,
            source: "`pkg/kubelet/kubelet.go`, `backOffPeriod`"),
        .time(
            "resync", \.resync, "a sync is repeated after this, times 1 to 1.5, if nothing else asks for one", range: .again,
            source: "`pkg/kubelet/kubelet.go`, `syncFrequency`"),
        .time(
            "relistPeriod", \.relistPeriod, "generic PLEG: from the end of one list to the begin of the next", range: .again, source: "`pkg/kubelet/kubelet.go`"
        ),
        .time("relistBase", \.relistBase, "a list, whatever its length"),
        .time("relistPerContainer", \.relistPerContainer, "a list, for each container and sandbox: 50 µs kubelet, 100 µs runtime"),
        .time("inspectPod", \.inspectPod, "a list, for each pod that changed"),
        .time("eventLatency", \.eventLatency, "evented PLEG: from a change to its event"),
        .time("eventCost", \.eventCost, "evented PLEG: CPU time of one event"),
        .number("memoryRate", \.memoryRate, 1...1e15, "bytes a second at which a program fills memory"),
        .number("reclaimRate", \.reclaimRate, 1...1e15, "bytes a second of page cache that the kernel takes back"),
        .number("pageSize", \.pageSize, 1...1_073_741_824, "bytes of a page of the nodes' kernels, to which MemoryQoS cuts `memory.high`"),
    ]
}
