// All that `explain` can tell about: kinds, configurations, scenarios, custom resources.

import ControlPlane
import KubernetesAPI
import Printers
import Simulation

extension Explain.Context {
    /// What can be explained with these definitions of custom resources, the product's own documents included.
    public static func complete(kinds: [KindInfo] = [], definitions: [CustomObject]) -> Explain.Context {
        func entry(_ apiVersion: String, _ kind: String, _ structure: any APIStruct.Type) -> (kind: KindInfo, structure: any APIStruct.Type) {
            (KindInfo.custom(apiVersion: apiVersion, kind: kind), structure)
        }
        return Explain.Context(
            kinds: kinds, definitions: definitions,
            configurations: [
                entry("evenkeel.dev/v1", "Scenario", Scenario.self), entry("evenkeel.dev/v1", "NodePool", NodePool.self),
                entry("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration", KubeletConfiguration.self),
                entry("kubescheduler.config.k8s.io/v1", "KubeSchedulerConfiguration", SchedulerConfiguration.self),
            ])
    }

    /// What can be explained of a cluster.
    static func complete(_ store: ObjectStore) -> Explain.Context { complete(kinds: store.customKinds, definitions: store.customObjects.all) }
}
