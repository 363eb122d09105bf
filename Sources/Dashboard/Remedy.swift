// The commands that carry out a remedy which the scheduler found.

import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation

extension Remedy {
    /// What applies the change; empty if it cannot be done from here: nobody owns the pod, so there is no template.
    func commands(for pod: Pod, _ world: World) -> [Command] {
        switch change {
        case .uncordon(let node): [.uncordon(node: node)]
        case .untaint(let node, let taints): taints.map { .untaint(node: node, key: $0.key, effect: $0.effect) }
        case .label(let node, let key, let value): [.label(.node, ObjectKey(name: node), key: key, value: value)]
        case .addNode(let node): [.create(node)]
        case .resize(let pod, let container, let requests): [.resize(pod: pod, [ContainerResize(container, requests: requests)])]
        case .template(let spec): Self.rollout(of: pod, to: spec, world)
        case .addClass(let storageClass): [.create(storageClass)]
        case .makeDefault(let name):
            [.patch(.storageClass, ObjectKey(name: name), ["metadata": ["annotations": [AnnotationKey.isDefaultClass: "true"]]])]
        case .delete(let pod): [.delete(.pod, pod, DeleteOptions())]
        }
    }

    /// Changes the template of the pod's workload as the pod's own spec was changed.
    private static func rollout(of pod: Pod, to spec: PodSpec, _ world: World) -> [Command] {
        // Only what remedies touch: the rest of a pod's spec was completed when it was made.
        func change(_ template: inout PodSpec) {
            template.topologySpreadConstraints = spec.topologySpreadConstraints.map { rule in
                // Keys of matchLabelKeys were merged into the pod's selector.
                var rule = rule
                let own = template.topologySpreadConstraints.first { $0.topologyKey == rule.topologyKey }
                if let own { rule.labelSelector = own.labelSelector }
                return rule
            }
            for (i, container) in spec.containers.enumerated() where i < template.containers.count {
                if container.resources.requests != pod.spec.containers[i].resources.requests {
                    template.containers[i].resources.requests = container.resources.requests
                }
            }
            template.tolerations += spec.tolerations.filter { !pod.spec.tolerations.contains($0) && !template.tolerations.contains($0) }
            template.nodeSelector = spec.nodeSelector
            template.affinity = spec.affinity
        }
        let workload = Workload(of: pod, world.cluster)
        if workload.kind == "Deployment", var object = world.store.deployments[workload.key] {
            change(&object.spec.template.spec.value)
            return [.edit([object])]
        }
        if workload.kind == "StatefulSet", var object = world.store.statefulSets[workload.key] {
            change(&object.spec.template.spec.value)
            return [.edit([object])]
        }
        return []
    }
}
