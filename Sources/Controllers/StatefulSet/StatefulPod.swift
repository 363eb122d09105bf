import ControlPlane
import KubernetesAPI

// Identity and storage of a StatefulSet's pods.
// - Source: Kubernetes `pkg/controller/statefulset/stateful_set_utils.go`.
extension StatefulSet {
    // A state that is opened is taken as it is, and a file can say what no API server would hold.
    var wanted: Int { max(0, spec.replicas ?? 1) }
    var firstOrdinal: Int { max(0, spec.ordinals?.start ?? 0) }
    var isParallel: Bool { spec.podManagementPolicy == "Parallel" }
    var partition: Int { spec.updateStrategy.rollingUpdate?.partition ?? 0 }

    /// The number at the end of a pod's name; nil if the pod is not named after the set.
    func ordinal(of pod: Pod) -> Int? {
        guard pod.name.hasPrefix(name + "-") else { return nil }
        return Int(pod.name.dropFirst(name.count + 1))
    }
    func claimName(_ template: PersistentVolumeClaim, _ ordinal: Int) -> String {
        "\(template.metadata.name)-\(name)-\(ordinal)"
    }

    /// The pod `ordinal` of the set, from `template` with the revision called `revision`.
    func pod(_ ordinal: Int, _ template: PodTemplateSpec, revision: String, profile: KubernetesProfile) -> Pod {
        var pod = PodControl.pod(from: template, owner: self)
        let podName = "\(name)-\(ordinal)"
        pod.metadata.generateName = ""
        pod.metadata.name = podName
        pod.metadata.labels["statefulset.kubernetes.io/pod-name"] = podName
        if profile.isEnabled(.podIndexLabel) {
            pod.metadata.labels["apps.kubernetes.io/pod-index"] = String(ordinal)
        }
        pod.metadata.labels["controller-revision-hash"] = revision
        pod.spec.hostname = podName
        pod.spec.subdomain = spec.serviceName
        let claimed = spec.volumeClaimTemplates.map(\.metadata.name)
        if !claimed.isEmpty {
            let own = spec.volumeClaimTemplates.map { template in
                var volume = Volume()
                volume.name = template.metadata.name
                volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource()
                volume.persistentVolumeClaim?.claimName = claimName(template, ordinal)
                return volume
            }
            pod.spec.volumes = own + pod.spec.volumes.filter { !claimed.contains($0.name) }
        }
        return pod
    }

    func claimKey(_ template: PersistentVolumeClaim, _ ordinal: Int) -> ObjectKey {
        ObjectKey(namespace: namespace, name: claimName(template, ordinal))
    }

    /// The claim of the pod `ordinal`.
    func claim(from template: PersistentVolumeClaim, _ ordinal: Int) -> PersistentVolumeClaim {
        var claim = template
        claim.metadata.name = claimName(template, ordinal)
        claim.metadata.namespace = namespace
        claim.metadata.labels = template.metadata.labels.merging(spec.selector?.matchLabels ?? [:])
        if spec.persistentVolumeClaimRetentionPolicy?.whenDeleted == "Delete" {
            var owner = OwnerReference(controller: self)
            owner.controller = nil
            owner.blockOwnerDeletion = nil
            claim.metadata.ownerReferences.append(owner)
        }
        return claim
    }
}
