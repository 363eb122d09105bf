import ControlPlane
import Controllers
import KubernetesAPI
import SimulationKit

/// A cluster of machines or one of them: what a fault strikes.
public enum FaultTarget: Sendable, Equatable {
    case node(String)
    /// All nodes whose `topology.kubernetes.io/zone` is this.
    case zone(String)

    /// `node c2`, `zone eu-a`
    public var text: String {
        switch self {
        case .node(let name): "node \(name)"
        case .zone(let name): "zone \(name)"
        }
    }
}

/// Everything that a user, a key, a scenario step or the journal can ask of the simulation.
public enum Command: Sendable {
    case apply([any StoredObject])
    case create(any StoredObject)
    case delete(Kind, ObjectKey, DeleteOptions)
    case scale(Kind, ObjectKey, replicas: Int)
    case resize(pod: ObjectKey, [ContainerResize])
    case evict(pod: ObjectKey)
    case cordon(node: String)
    case uncordon(node: String)
    case drain(node: String, Drain.Options)
    /// Ends a drain under way; the node stays cordoned.
    case stopDrain(node: String)
    case taint(node: String, Taint)
    case untaint(node: String, key: String, effect: String)
    case fail(FaultTarget)
    case recover(FaultTarget)
    case restart(Kind, ObjectKey)
    case pause(ObjectKey, Bool)
    /// Rolls a Deployment back to a revision; 0 is the one before the present.
    case undoRollout(ObjectKey, toRevision: Int)
    /// `*` is every container.
    case setImage(Kind, ObjectKey, container: String, image: String)
    case load(Kind, ObjectKey, cpu: Quantity?, memory: Quantity?)
    case label(Kind, ObjectKey, key: String, value: String?)
}

/// What a command answered.
public struct Receipt: Sendable, Equatable {
    /// The answer as kubectl prints it: `pod/web-0 deleted`.
    public var message: String
    public init(_ message: String) { self.message = message }
}
