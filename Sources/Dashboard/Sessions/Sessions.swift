import Canvas
import ControlPlane
import KubernetesAPI
import Simulation

/// Sessions with pods by key: logs, a shell, attach.
enum Sessions {
    /// Logs of a pod, or of all pods of a workload or Service; nil for other objects.
    static func logs(of object: any StoredObject, previous: Bool, _ world: World) -> [Effect]? {
        guard let pod = object as? Pod else {
            return [.push(LogScreen(.pods(of: object.kindInfo.type, object.key), previous: previous))]
        }
        func screen(_ container: String?) -> [Effect] { [.push(LogScreen(.pod(pod.key), container: container, previous: previous))] }
        if pod.spec.containers.count + pod.spec.initContainers.count == 1 { return screen(pod.defaultContainer) }
        return [.open(ContainerDialog(previous ? "Previous logs" : "Logs", of: pod, allowsAll: true, choose: screen))]
    }

    /// A shell in a pod, or what attach shows of it.
    static func enter(_ object: any StoredObject, attaches: Bool, _ world: World) -> [Effect]? {
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
                if case .failure(let error) = simulation.attach(to: key, container: container ?? "") { return [.flash(error.kubectlText(.attach), .error)] }
                return [.push(LogScreen(.pod(key), container: container, range: .fromNow))]
            }
            switch simulation.exec(in: key, container: container ?? "", ["sh"]) {
            case .success(let shell): return [.push(ShellScreen(shell))]
            case .failure(let error): return [.flash(error.kubectlText(.exec), .error)]
            }
        }
        if let problem = simulation.sessionProblem(key, attaches ? .attach : .exec) { return [.flash(problem, .error)] }
        if pod.spec.containers.count == 1 { return start(pod.defaultContainer) }
        return [.open(ContainerDialog(attaches ? "Attach" : "Shell", of: pod, allowsAll: false, onlyRunning: true, choose: start))]
    }
}
