import KubernetesAPI
import SimulationKit

/// Where a pod's resize in place stands.
struct ResizeState: Sendable {
    struct Condition: Sendable {
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
    /// Calls to the runtime that are still to be made, in their order.
    var calls: [ResourceUpdate] = []
    /// Requests that are in force before a resize: smaller ones afterwards make room for others.
    var before = Resources()
    /// After an error: nothing is written before this.
    var retryAt = Instant.start
    /// The last error that was told.
    var toldError = ""
}

/// One `UpdateContainerResources` call: one resource of one container.
public struct ResourceUpdate: Hashable, Sendable {
    var uid: String
    var container: String
    /// cpu or memory.
    var resource: String
}

extension ContainerRuntime {
    /// What of `wanted` (CPU and memory only) differs from what is in force: resource names.
    func changes(to wanted: ResourceRequirements) -> [String] {
        ["memory", "cpu"].filter {
            wanted.requests[$0] != actuated.requests[$0] || wanted.limits[$0] != actuated.limits[$0]
        }
    }
}
