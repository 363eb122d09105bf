import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// Sessions with pods by key: logs, a shell, attach.
enum Sessions {
    /// The pods of a workload or Service, in natural order.
    static func pods(of kind: Kind, _ key: ObjectKey, _ world: World) -> [Pod] {
        let store = world.store
        func sorted(_ pods: [Pod]) -> [Pod] { pods.sorted { naturalOrder($0.name, $1.name) } }
        if kind == .service {
            guard let service = store.services[key], !service.spec.selector.isEmpty else { return [] }
            let selector = LabelSelector(matchLabels: service.spec.selector)
            return sorted(
                store.pods.rows.lazy.compactMap { $0 }.filter { $0.metadata.namespace == key.namespace && selector.matches($0.metadata.labels) })
        }
        guard let object = store.object(kind, key) else { return [] }
        return sorted(store.pods(below: object))
    }

    /// The pod of a workload that a session goes to: one that runs and is ready before others, and of these the one that has been ready
    /// for longest; nil if none runs.
    /// - Source: Kubernetes `pkg/controller/controller_utils.go`, `ActivePods`; kubectl `pkg/polymorphichelpers/attachablepodforobject.go`.
    static func attachablePod(of kind: Kind, _ key: ObjectKey, _ world: World) -> Pod? {
        func readySince(_ pod: Pod) -> Instant { pod.status.conditions["Ready"]?.lastTransitionTime ?? .distantFuture }
        return pods(of: kind, key, world).filter { $0.status.phase == .running && !$0.metadata.isTerminating }
            .min { ($0.isReady ? 0 : 1, readySince($0)) < ($1.isReady ? 0 : 1, readySince($1)) }
    }

    /// Asks for a container to look into the pod with.
    static func debug(_ pod: Pod, _ world: World) -> [Effect] {
        if pod.isFinished { return [.flash("The pod has ended: a container that is added to it would never start", .warning)] }
        return [.open(DebugContainer.form(of: pod, world))]
    }

    /// What a key does to one container of a pod; nil for keys that are not for containers.
    static func effects(of action: ObjectAction, in container: String, of pod: Pod, _ world: World) -> [Effect]? {
        switch action {
        case .logs, .previousLogs: logs(of: pod, container: container, previous: action == .previousLogs, world)
        case .shell, .attach: enter(pod, container: container, attaches: action == .attach, world)
        case .portForward: forward(pod, container: container, world)
        case .forwards: [.push(ForwardsScreen())]
        default: nil
        }
    }

    /// Logs of a pod, of one of its containers, or of all pods of a workload or Service.
    static func logs(of object: any StoredObject, container: String? = nil, previous: Bool, _ world: World) -> [Effect]? {
        if world.isMirror { return real(["logs", previous ? "--previous" : "--follow"], object, container, [], world) }
        guard let pod = object as? Pod else {
            return [.push(LogScreen(.pods(of: object.kindInfo.type, object.key), previous: previous))]
        }
        func screen(_ container: String?) -> [Effect] { [.push(LogScreen(.pod(pod.key), container: container, previous: previous))] }
        if let container { return screen(container) }
        if pod.allContainers.count == 1 { return screen(pod.defaultContainer) }
        return [.open(ContainerDialog(previous ? "Previous logs" : "Logs", of: pod, allowsAll: true, choose: screen))]
    }

    /// Programs of a real cluster are talked with by kubectl alone.
    static func real(_ words: [String], _ object: any StoredObject, _ container: String?, _ rest: [String], _ world: World) -> [Effect] {
        let name = object is Pod ? object.metadata.name : "\(object.kindInfo.qualifiedPlural)/\(object.metadata.name)"
        let place = object.metadata.namespace.isEmpty ? [] : ["-n", object.metadata.namespace]
        return [.open(KubectlDialog(talking: words + [name] + place + (container.map { ["-c", $0] } ?? []) + rest, "", world))]
    }

    /// A shell in a pod, or what attach shows of it.
    static func enter(_ object: any StoredObject, container: String? = nil, attaches: Bool, _ world: World) -> [Effect]? {
        if world.isMirror { return real([attaches ? "attach" : "exec", "-it"], object, container, attaches ? [] : ["--", "sh"], world) }
        let pod: Pod
        switch object {
        case let own as Pod: pod = own
        case let service as Service:
            let network = PodNetwork(world.session.simulation)
            guard let first = service.spec.ports.lazy.compactMap({ network.endpoints(of: service, $0).first?.pod }).first else {
                return [.flash("Service \(service.name) has no ready pod", .warning)]
            }
            pod = first
        default: return nil
        }
        let key = pod.key
        let simulation = world.session.simulation
        func start(_ container: String?) -> [Effect] {
            if attaches {
                // A shell that reads what is typed is talked to.
                if case .success(let shell?) = simulation.attachedShell(to: key, container: container ?? "") {
                    return [.push(ShellScreen(attachingTo: key, container: shell.container, intro: []))]
                }
                if case .failure(let error) = simulation.attach(to: key, container: container ?? "") { return [.flash(error.kubectlText(.attach), .error)] }
                return [.push(LogScreen(.pod(key), container: container, range: .fromNow))]
            }
            switch simulation.exec(in: key, container: container ?? "", ["sh"]) {
            case .success(let shell): return [.push(ShellScreen(shell))]
            case .failure(let error): return [.flash(error.kubectlText(.exec), .error)]
            }
        }
        if let problem = simulation.sessionProblem(key, attaches ? .attach : .exec) { return [.flash(problem, .error)] }
        if let container { return start(container) }
        if pod.spec.containers.count == 1, pod.spec.ephemeralContainers == nil { return start(pod.defaultContainer) }
        return [.open(ContainerDialog(attaches ? "Attach" : "Shell", of: pod, allowsAll: false, onlyRunning: true, choose: start))]
    }
}

extension Dashboard {
    /// Opens the logs of a pod, as its key does; for measuring.
    package mutating func openLog(of key: ObjectKey) { apply([.push(LogScreen(.pod(key)))]) }
    /// The same of all pods of a workload or Service.
    package mutating func openLog(of kind: Kind, _ key: ObjectKey) { apply([.push(LogScreen(.pods(of: kind, key)))]) }
}
