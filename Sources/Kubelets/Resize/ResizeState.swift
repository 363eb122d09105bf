// Where a pod's resize in place stands.

import KubernetesAPI
import SimulationKit

/// Where a pod's resize in place stands.
struct ResizeState: Sendable, Equatable {
    struct Condition: Sendable, Equatable {
        var reason: String
        var message: String
        var generation: Int
        var since: Instant
    }
    /// Not granted yet: Deferred or Infeasible.
    var pending: Condition?
    /// Granted, and not in force yet; reason Error if writing it failed.
    var inProgress: Condition?
    /// `status.resize` up to 1.32; nil: as the API server set it.
    var text: String?
    /// What is still to be written, in its order.
    var steps: [ResizeStep] = []
    /// The pod's own control group as it was last written; nil: as its first allocation says.
    var cgroup: PodCgroup?
    /// Requests that are in force before a resize: smaller ones afterwards make room for others.
    var before = Resources()
    /// After an error: nothing is written before this.
    var retryAt = Instant.start
    /// The last error that was told.
    var toldError = ""
    /// The latest resize as it was carried out.
    var trace: ResizeTrace?
}

/// One write that brings a resize into force.
struct ResizeStep: Sendable, Equatable {
    enum Target: Sendable, Equatable {
        /// The runtime is told of the pod's new size and may say no (`UpdatePodSandboxResources`).
        case runtime
        case podLimit, podRequest
        /// One `UpdateContainerResources` call.
        case container(Int)
    }
    var target: Target
    /// cpu or memory.
    var resource: String
    /// What is written, for a container.
    var request: Quantity?
    var limit: Quantity?
}

/// A fault: updates of one resource of one container fail.
struct ResourceUpdate: Hashable, Sendable {
    var uid: String
    /// Empty: the runtime refuses the pod's new size as a whole.
    var container: String
    /// cpu or memory.
    var resource: String
}

/// The latest resize of a pod as its kubelet carried it out: when it was seen, granted and in force, and what was
/// written in between.
public struct ResizeTrace: Sendable, Equatable {
    public struct Write: Sendable, Equatable {
        public var time: Instant
        /// `pod`, or the container's name.
        public var target: String
        /// `cpu.max`, `cpu.weight`, `memory.max` or the resource's name.
        public var what: String
        public var value: String
    }
    public var generation: Int
    /// When the kubelet saw the wish.
    public var asked: Instant
    /// When it was granted.
    public var granted: Instant?
    /// When it was in force.
    public var completed: Instant?
    /// What made the kubelet try the last time, in the words of its metrics: `pod_updated`, `pods_removed` …
    public var trigger = "pod_updated"
    /// How often the kubelet tried to grant it.
    public var tries = 0
    /// Containers that were restarted for it.
    public var restarts: [String] = []
    public private(set) var writes: [Write] = []

    init(generation: Int, asked: Instant) { (self.generation, self.asked) = (generation, asked) }

    /// From the wish to its being in force; nil before.
    public var length: Duration? { completed.map { $0 - asked } }

    mutating func note(_ target: String, _ what: String, _ value: String, at now: Instant) {
        // A container that can never be updated would add writes for ever.
        if writes.count < 100 { writes.append(Write(time: now, target: target, what: what, value: value)) }
    }
}

extension ContainerRuntime {
    /// What of `wanted` (CPU and memory only) differs from what is in force: resource names.
    func changes(to wanted: ResourceRequirements) -> [String] {
        ["memory", "cpu"].filter {
            wanted.requests[$0] != actuated.requests[$0] || wanted.limits[$0] != actuated.limits[$0]
        }
    }
}
