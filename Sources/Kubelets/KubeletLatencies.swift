import SimulationKit

/// How long a kubelet, its container runtime and its network take for each step: the parameters of the latency model.
///
/// Set by a scenario's `spec.parameters`, by the name in the table. *Model* values are ours: Kubernetes leaves them to
/// the machine. The others are Kubernetes' own constants. Times can be 0s to 24h, those after which something is tried again
/// 100ms to 24h; rates 1 to 1e15 bytes a second, `sharedLayers` from 0 and less than 1, `pageSize` 1 to 1073741824.
///
/// | parameter | default | what | source |
/// | --- | --- | --- | --- |
/// | `apiLatency` | `10ms` | from the begin of a request of a kubelet to its answer | model |
/// | `podSetup` | `10ms` | control groups and directories of a new pod | model |
/// | `setUpVolume` | `5ms` | mounting one ConfigMap, Secret, token or local volume | model |
/// | `stageVolume` | `1s` | staging a volume of a claim on a node, once for all its pods | model |
/// | `publishVolume` | `500ms` | publishing a staged volume to a pod | model |
/// | `unpublishVolume` | `500ms` | taking a volume from a pod that has ended, and again to take it off the node after its last pod | model |
/// | `cacheWait` | `1s` | how long a mount waits for its ConfigMap or Secret before it fails | `pkg/kubelet/util/manager/watch_based_manager.go` |
/// | `mountPoll` | `300ms` | how often a pod's worker looks whether all volumes are mounted | `pkg/kubelet/volumemanager/volume_manager.go` |
/// | `mountTimeout` | `2m3s` | after this it gives up and tries again | `pkg/kubelet/volumemanager/volume_manager.go` |
/// | `runSandbox` | `300ms` | the pod's sandbox with its network | model |
/// | `manifestCheck` | `300ms` | asking the registry what an image consists of | model |
/// | `registryRate` | `50000000` | bytes a second that one pull gets from the registry | model |
/// | `nodeBandwidth` | `125000000` | bytes a second that all pulls of a node share | model |
/// | `unpackRate` | `200000000` | bytes a second at which downloaded layers are unpacked | model |
/// | `sharedLayers` | `0.6` | share of an image that is there already if another of its repository is | model |
/// | `createContainer` | `50ms` | one CreateContainer call | model |
/// | `startContainer` | `100ms` | one StartContainer call | model |
/// | `backOffNotice` | `1s` | from a failed pull or seen exit to the sync that finds the back-off | model |
/// | `cleanUp` | `100ms` | unmounting and removing control groups once all containers ended | model |
/// | `updateResources` | `50ms` | one UpdateContainerResources call | model |
/// | `syncErrorBackOff` | `10s` | a failed sync is repeated after this, times 1 to 1.5 | `pkg/kubelet/kubelet.go`, `backOffPeriod` |
/// | `resync` | `60s` | a sync is repeated after this, times 1 to 1.5, if nothing else asks for one | `pkg/kubelet/kubelet.go`, `syncFrequency` |
/// | `relistPeriod` | `1s` | generic PLEG: from the end of one list to the begin of the next | `pkg/kubelet/kubelet.go` |
/// | `relistBase` | `2ms` | a list, whatever its length | model |
/// | `relistPerContainer` | `150us` | a list, for each container and sandbox: 50 µs kubelet, 100 µs runtime | model |
/// | `inspectPod` | `3ms` | a list, for each pod that changed | model |
/// | `eventLatency` | `20ms` | evented PLEG: from a change to its event | model |
/// | `eventCost` | `1ms` | evented PLEG: CPU time of one event | model |
/// | `memoryRate` | `200000000` | bytes a second at which a program fills memory | model |
/// | `reclaimRate` | `209715200` | bytes a second of page cache that the kernel takes back | model |
/// | `pageSize` | `4096` | bytes of a page of the nodes' kernels, to which MemoryQoS cuts `memory.high` | model |
/// | `kubeletWatchDelay` | `10ms` | from a write to the kubelet concerned | model |
/// | `controllerWatchDelay` | `5ms` | from a write to the controllers | model |
/// | `schedulerWatchDelay` | `5ms` | from a write to the scheduler | model |
/// | `eventTimeToLive` | `1h` | how long Event objects are kept | kube-apiserver `--event-ttl` |
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

    /// A parameter that is a length of time, by its name, with the lengths that it can have.
    public static let times: [(name: String, path: WritableKeyPath<KubeletLatencies, Duration> & Sendable, range: ClosedRange<Duration>)] = {
        // What is waited for before the same is tried again must not be no time at all: it would be tried for ever.
        let again = Duration.milliseconds(100)...Duration.hours(24)
        let step = Duration.zero...Duration.hours(24)
        return [
            ("apiLatency", \.apiLatency, step), ("podSetup", \.podSetup, step), ("setUpVolume", \.setUpVolume, step),
            ("stageVolume", \.stageVolume, step), ("publishVolume", \.publishVolume, step), ("unpublishVolume", \.unpublishVolume, step),
            ("cacheWait", \.cacheWait, step), ("mountPoll", \.mountPoll, step),
            ("mountTimeout", \.mountTimeout, again), ("runSandbox", \.runSandbox, step), ("manifestCheck", \.manifestCheck, step),
            ("createContainer", \.createContainer, step), ("startContainer", \.startContainer, step),
            ("backOffNotice", \.backOffNotice, step), ("cleanUp", \.cleanUp, step), ("updateResources", \.updateResources, step),
            ("syncErrorBackOff", \.syncErrorBackOff, again), ("resync", \.resync, again), ("relistPeriod", \.relistPeriod, again),
            ("relistBase", \.relistBase, step), ("relistPerContainer", \.relistPerContainer, step), ("inspectPod", \.inspectPod, step),
            ("eventLatency", \.eventLatency, step), ("eventCost", \.eventCost, step),
        ]
    }()
    /// A parameter that is a number, by its name, with the numbers that it can be.
    public static let numbers: [(name: String, path: WritableKeyPath<KubeletLatencies, Double> & Sendable, range: ClosedRange<Double>)] = [
        ("registryRate", \.registryRate, 1...1e15), ("nodeBandwidth", \.nodeBandwidth, 1...1e15), ("unpackRate", \.unpackRate, 1...1e15),
        ("sharedLayers", \.sharedLayers, 0...1.0.nextDown), ("memoryRate", \.memoryRate, 1...1e15), ("reclaimRate", \.reclaimRate, 1...1e15),
        ("pageSize", \.pageSize, 1...1_073_741_824),
    ]
}
