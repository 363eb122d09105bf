// Which pod and which container kubectl takes if nobody says.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// - Source: Kubernetes `staging/src/k8s.io/kubectl/pkg/{polymorphichelpers/helpers.go,util/podutils/podutils.go,cmd/util/podcmd/podcmd.go}`.
enum PodsOfObject {
    /// The pods that belong to an object, by its selector; nil if kubectl knows none for such objects.
    static func selector(_ object: any StoredObject) -> LabelSelector? {
        switch object {
        case let service as Service: service.spec.selector.isEmpty ? nil : LabelSelector(matchLabels: service.spec.selector)
        case let deployment as Deployment: deployment.spec.selector
        case let set as ReplicaSet: set.spec.selector
        case let set as StatefulSet: set.spec.selector
        case let set as DaemonSet: set.spec.selector
        case let job as Job: job.spec.selector
        case let controller as ReplicationController: LabelSelector(matchLabels: controller.spec.selector)
        default: nil
        }
    }

    /// In the order in which `kubectl logs` prefers them: placed, running, ready, ready for longer, restarted more often, older.
    static func byLogging(_ pods: [Pod]) -> [Pod] {
        func rank(_ phase: PodPhase) -> Int { phase == .running ? 0 : phase == .unknown ? 1 : phase == .pending ? 2 : 0 }
        func readySince(_ pod: Pod) -> Instant {
            pod.isReady ? pod.status.conditions[ConditionType.ready]?.lastTransitionTime ?? .distantFuture : .distantFuture
        }
        func restarts(_ pod: Pod) -> Int { pod.status.containerStatuses.map(\.restartCount).max() ?? 0 }
        func isBefore(_ a: Pod, _ b: Pod) -> Bool {
            if a.nodeName.isEmpty != b.nodeName.isEmpty { return !a.nodeName.isEmpty }
            if rank(a.status.phase) != rank(b.status.phase) { return rank(a.status.phase) < rank(b.status.phase) }
            if a.isReady != b.isReady { return a.isReady }
            if readySince(a) != readySince(b) { return readySince(a) < readySince(b) }
            if restarts(a) != restarts(b) { return restarts(a) > restarts(b) }
            let (born, other) = (a.metadata.creationTimestamp ?? .distantFuture, b.metadata.creationTimestamp ?? .distantFuture)
            return born != other ? born < other : a.name < b.name
        }
        return pods.sorted(by: isBefore)
    }

    /// `app, side, debugger-x (ephem), init-db (init)`
    static func containerNames(of pod: Pod) -> String {
        (pod.spec.containers.map(\.name) + pod.spec.ephemeral.map { "\($0.container.name) (ephem)" } + pod.spec.initContainers.map { "\($0.name) (init)" })
            .joined(separator: ", ")
    }

    /// The container that is meant if none is named, and what is said about that.
    static func defaultContainer(of pod: Pod) -> (name: String, notes: [String]) {
        var notes: [String] = []
        if let named = pod.metadata.annotations["kubectl.kubernetes.io/default-container"], !named.isEmpty {
            if pod.allContainers.contains(where: { $0.name == named }) { return (named, []) }
            notes.append("Default container name \"\(named)\" not found in pod \(pod.name)")
        }
        let name = pod.spec.containers.first?.name ?? ""
        if pod.allContainers.count > 1 { notes.append("Defaulted container \"\(name)\" out of: \(containerNames(of: pod))") }
        return (name, notes)
    }
}
