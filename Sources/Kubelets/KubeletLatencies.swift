import SimulationKit

/// How long a kubelet and its container runtime take for each step. All values are *model*: Kubernetes leaves
/// them to the machine.
public struct KubeletLatencies: Sendable, Equatable {
    /// Control groups and directories of a new pod.
    public var podSetup = Duration.milliseconds(10)
    /// One local volume, ConfigMap, Secret or token.
    public var setUpVolume = Duration.milliseconds(5)
    /// Staging a volume of a claim on a node: once for all its pods.
    public var stageVolume = Duration.seconds(1)
    /// Publishing a staged volume to a pod.
    public var publishVolume = Duration.milliseconds(500)
    /// Taking a volume from a pod that has ended, and the same again to take it off the node after its last pod.
    public var unpublishVolume = Duration.milliseconds(500)
    /// The pod's sandbox with its network.
    public var runSandbox = Duration.milliseconds(300)
    /// Asking the registry what an image consists of.
    public var manifestCheck = Duration.milliseconds(300)
    /// Bytes per second that one pull gets from the registry.
    public var registryRate = 50_000_000.0
    /// Bytes per second that all pulls of a node share.
    public var nodeBandwidth = 125_000_000.0
    /// Bytes per second at which downloaded layers are unpacked.
    public var unpackRate = 200_000_000.0
    public var createContainer = Duration.milliseconds(50)
    public var startContainer = Duration.milliseconds(100)
    /// From the end of a container, or of a failed pull, until the next sync of the pod sees that it must wait.
    public var backOffNotice = Duration.seconds(1)
    /// Unmounting and removing control groups once all containers ended.
    public var cleanUp = Duration.milliseconds(100)
    /// One `UpdateContainerResources` call.
    public var updateResources = Duration.milliseconds(50)
    /// A sync that failed is repeated after this, times 1 to 1.5. Kubernetes' own constant.
    public var syncErrorBackOff = Duration.seconds(10)
    /// A sync is repeated after this, times 1 to 1.5, if nothing else asks for one. Kubernetes' own constant.
    public var resync = Duration.seconds(60)
    public init() {}
}
