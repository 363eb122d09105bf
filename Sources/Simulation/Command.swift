import ControlPlane
import Controllers
import KubernetesAPI
import SimulationKit

/// A cluster of machines or one of them: what a fault strikes.
public enum FaultTarget: Sendable, Equatable {
    case node(String)
    /// All nodes whose `topology.kubernetes.io/zone` is this.
    case zone(String)
    /// All nodes whose label `key` is `value`: a rack, a block of racks.
    case domain(key: String, value: String)
    /// The kubelet of a node alone: its process ends, the machine and what runs on it go on.
    case kubelet(String)

    /// `node c2`, `zone eu-a`, `rack r1`
    public var text: String {
        switch self {
        case .node(let name): "node \(name)"
        case .zone(let name): "zone \(name)"
        case .domain(let key, let value): "\(key.split(separator: "/").last ?? "domain") \(value)"
        case .kubelet(let name): "kubelet of \(name)"
        }
    }
}

/// Everything that a user, a key, a scenario step or the journal can ask of the simulation.
public enum Command: Sendable {
    /// Applies manifests as `kubectl apply` does: a three-way merge of what was applied last, what is there and this.
    case apply([JSONValue])
    /// Puts changed objects in the place of those that are there, as `kubectl edit` does.
    case edit([any StoredObject])
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
    /// Changes fields of the configuration of the selected nodes' kubelets; null gives a field its default back.
    case configureKubelets(NodeChoice, JSONObject)
    /// The container runtime of a node answers nothing for a time.
    case hangRuntime(node: String, Duration)
    /// What the workload or Service is asked to do in sum, as ``Demand`` reads it; nil: nothing is said.
    case demand(Kind, ObjectKey, String?)
    /// Lets the pods of a workload follow what is recommended for them, or no longer.
    case autosize(Kind, ObjectKey, VerticalScaling)
    /// Turns the node autoscaler on or off, with these settings.
    case nodeAutoscaler(NodeAutoscalerSettings)
    case label(Kind, ObjectKey, key: String, value: String?)
    case patch(Kind, ObjectKey, JSONValue)
    /// Restarts the API server with other flags for the way to its nodes.
    case links(LinkSettings)
    /// The same, with what is not named left as it is.
    case changeLinks(LinkChange)
    /// Evicts these pods of a workload one after another, each when the replacement of the one before is ready; without
    /// pods those of its plan.
    case rebalance(Workload, [ObjectKey])
    /// What a session in a container did there.
    case inContainer(pod: ObjectKey, container: String, ContainerAction)
    /// Starts the components again with these feature gates besides those already set.
    case setGates(StringMap<Bool>)
    /// A write of a client of the API server.
    case write(APIWrite)
    /// Begins to serve real clients: pods trust these certificates (PEM), and tokens are signed with this secret key from now on.
    case trust(certificates: String, tokenKey: [UInt8])
    /// Lets resource versions go on at a number, as after going back to a snapshot.
    case skipRevisions(to: Int)
    /// What the API server of a followed cluster told.
    case mirror([MirrorChange])

    /// Applies manifests that say what these objects do.
    public static func apply(_ objects: [any StoredObject]) -> Command { .apply(objects.map { $0.manifest }) }
}

/// Some nodes, or all.
public enum NodeChoice: Sendable, Equatable {
    case all
    case node(String)
    /// Those with labels as `kubectl -l` takes them.
    case selector(String)

    /// `all nodes`, `node c2`, `nodes with pool=big`
    public var text: String {
        switch self {
        case .all: "all nodes"
        case .node(let name): "node \(name)"
        case .selector(let selector): "nodes with \(selector)"
        }
    }
}

/// What a command answered.
public struct Receipt: Sendable, Equatable {
    /// The answer as kubectl prints it: `pod/web-0 deleted`.
    public var message: String
    public init(_ message: String) { self.message = message }
}
