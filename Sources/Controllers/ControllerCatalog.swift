import KubernetesAPI

/// The one list of controllers, in the order in which they run.
enum ControllerCatalog {
    static func make(profile: KubernetesProfile, seed: UInt64) -> [any Controller] {
        [
            ServiceAccountController(),
            NamespaceController(),
            GarbageCollector(),
            ReplicaSetController(),
            DeploymentController(),
            StatefulSetController(),
            DaemonSetController(),
            JobController(),
            CronJobController(),
            DisruptionController(),
            EndpointSliceController(),
            NodeLifecycleController(profile: profile),
            TaintEvictionController(profile: profile),
            PodGarbageCollector(),
            PersistentVolumeController(),
            AttachDetachController(),
            ResourceQuotaController(),
        ]
    }
}
