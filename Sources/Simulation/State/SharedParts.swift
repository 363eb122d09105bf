// Equal parts of the pods of a state, kept once: a large cluster has many pods of few templates, each of which was read by itself.

import KubernetesAPI

/// Lets the pods of one owner share what is equal in them. They stay what they are.
struct SharedParts {
    /// The first pod of each owner.
    private var first: [String: Pod] = [:]

    mutating func share(_ pod: inout Pod) {
        guard let owner = pod.metadata.controller?.uid else { return }
        guard let model = first[owner] else {
            first[owner] = pod
            return
        }
        var meta = pod.metadata.value
        Self.share(&meta.labels, model.metadata.labels)
        Self.share(&meta.annotations, model.metadata.annotations)
        Self.share(&meta.ownerReferences, model.metadata.ownerReferences)
        Self.share(&meta.namespace, model.metadata.namespace)
        Self.share(&meta.generateName, model.metadata.generateName)
        pod.metadata = Metadata(meta)
        var spec = pod.spec.value
        if spec == model.spec.value {
            pod.spec = model.spec
        } else {
            Self.share(&spec, model.spec.value)
            pod.spec = Shared(spec)
        }
        var status = pod.status.value
        Self.share(&status.hostIPs, model.status.value.hostIPs)
        Self.share(&status.conditions, model.status.value.conditions)
        pod.status = Shared(status)
    }

    private static func share(_ spec: inout PodSpec, _ model: PodSpec) {
        // Those of a DaemonSet differ in the node that they are for, those of a StatefulSet in their claims.
        for i in spec.containers.indices where i < model.containers.count { share(&spec.containers[i], model.containers[i]) }
        for i in spec.initContainers.indices where i < model.initContainers.count { share(&spec.initContainers[i], model.initContainers[i]) }
        for i in spec.volumes.indices where i < model.volumes.count { share(&spec.volumes[i], model.volumes[i]) }
        share(&spec.nodeSelector, model.nodeSelector)
        share(&spec.affinity, model.affinity)
        share(&spec.tolerations, model.tolerations)
        share(&spec.topologySpreadConstraints, model.topologySpreadConstraints)
        share(&spec.securityContext, model.securityContext)
        share(&spec.imagePullSecrets, model.imagePullSecrets)
        share(&spec.serviceAccountName, model.serviceAccountName)
        share(&spec.serviceAccount, model.serviceAccount)
        share(&spec.schedulerName, model.schedulerName)
        share(&spec.priorityClassName, model.priorityClassName)
        share(&spec.preemptionPolicy, model.preemptionPolicy)
    }

    private static func share(_ container: inout Container, _ model: Container) {
        share(&container.image, model.image)
        share(&container.command, model.command)
        share(&container.args, model.args)
        share(&container.ports, model.ports)
        share(&container.envFrom, model.envFrom)
        share(&container.env, model.env)
        share(&container.resources, model.resources)
        for i in container.volumeMounts.indices where i < model.volumeMounts.count {
            share(&container.volumeMounts[i].mountPath, model.volumeMounts[i].mountPath)
        }
        share(&container.livenessProbe, model.livenessProbe)
        share(&container.readinessProbe, model.readinessProbe)
        share(&container.startupProbe, model.startupProbe)
        share(&container.lifecycle, model.lifecycle)
        share(&container.securityContext, model.securityContext)
        share(&container.terminationMessagePath, model.terminationMessagePath)
    }

    private static func share(_ volume: inout Volume, _ model: Volume) {
        let name = volume.name
        volume.name = model.name
        guard volume == model else {
            volume.name = name
            return
        }
        volume = model
        volume.name = name
    }

    private static func share<Value: Equatable>(_ value: inout Value, _ model: Value) { if value == model { value = model } }
}
