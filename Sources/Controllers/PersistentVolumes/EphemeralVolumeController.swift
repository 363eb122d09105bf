import ControlPlane
import KubernetesAPI
import SimulationKit

/// Makes the claims of generic ephemeral volumes, `POD-VOLUME`, which go with their pods.
///
/// - Source: Kubernetes `pkg/controller/volume/ephemeral/controller.go`.
struct EphemeralVolumeController: Controller {
    static let queueName = "ephemeral_volume"
    static let watches: [Kind] = [.pod, .persistentVolumeClaim]
    var queue = WorkQueue<ObjectKey>()

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        // What volumes a pod has is settled when it is made.
        guard change.action == .added, change.object.spec.volumes.contains(where: { $0.ephemeral != nil }) else { return }
        queue.add(change.object.key)
    }

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        let change = cluster.store.persistentVolumeClaims.change(entry.index)
        // One that was deleted under its pod is made again.
        guard change.action == .deleted, let owner = change.object.metadata.controller, owner.kind == "Pod" else { return }
        queue.add(ObjectKey(namespace: change.object.namespace, name: owner.name))
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let pod = cluster.store.pods[key], pod.isActive, !pod.metadata.isTerminating else { return .none }
        var requeue = Requeue.none
        for volume in pod.spec.volumes {
            guard let template = volume.ephemeral?["volumeClaimTemplate"] else { continue }
            do throws(APIError) { try make(template, volume.name, pod, &cluster) } catch {
                cluster.record(
                    "FailedBinding", "ephemeral volume \(volume.name): \(error.message)", about: pod, warning: true,
                    source: EventSource("ephemeral_volume"))
                requeue = .retry
            }
        }
        return requeue
    }

    private func make(_ template: JSONValue, _ volume: String, _ pod: Pod, _ cluster: inout Cluster) throws(APIError) {
        let key = ObjectKey(namespace: pod.namespace, name: "\(pod.name)-\(volume)")
        if let present = cluster.store.persistentVolumeClaims[key] {
            if present.metadata.controller?.uid == pod.metadata.uid { return }
            throw APIError(
                code: 409, reason: "Conflict",
                message: "PVC \(key.namespace)/\(key.name) was not created for pod \(pod.namespace)/\(pod.name) (pod is not owner)")
        }
        var document: JSONObject = ["spec": template["spec"] ?? [:]]
        document["metadata"] = template["metadata"]
        var decoder = APIDecoder()
        var claim = PersistentVolumeClaim(document: document, &decoder)
        (claim.metadata.name, claim.metadata.namespace) = (key.name, key.namespace)
        claim.metadata.ownerReferences = [OwnerReference(controller: pod)]
        try cluster.create(claim)
    }
}
