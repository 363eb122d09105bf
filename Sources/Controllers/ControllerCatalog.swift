import KubernetesAPI

/// The one list of controllers, in the order in which they run.
enum ControllerCatalog {
    static func make(profile: KubernetesProfile, seed: UInt64, settings: ControllerManagerSettings) -> [any Controller] {
        [
            ServiceAccountController(),
            NamespaceController(),
            GarbageCollector(),
            ReplicaSetController(seed: seed),
            ReplicationControllerController(seed: seed),
            DeploymentController(),
            StatefulSetController(),
            DaemonSetController(),
            JobController(seed: seed),
            CronJobController(),
            HorizontalPodAutoscalerController(settings: settings),
            DisruptionController(),
            EndpointSliceController(),
            NodeLifecycleController(profile: profile, settings: settings),
            TaintEvictionController(),
            PodGarbageCollector(settings: settings),
            EphemeralVolumeController(),
            PersistentVolumeController(),
            AttachDetachController(),
            ResourceQuotaController(),
        ] + (profile.knowsPodGroups ? [PodGroupProtectionController()] : [])
    }
}
