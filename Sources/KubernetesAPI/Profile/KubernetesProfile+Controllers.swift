// Defaults and texts of the controllers that differ from release to release, outside of gates.

extension KubernetesProfile {
    /// Seconds without a sign of life after which a node becomes Unknown
    /// (`--node-monitor-grace-period`): 40 up to 1.31, 50 from 1.32 on.
    ///
    /// The check runs each 5 s, so Unknown shows 40 to 45 or 50 to 55 s after the last renewal.
    ///
    /// - Source: Kubernetes v1.32, `pkg/controller/nodelifecycle/config/v1alpha1/defaults.go`.
    public var nodeMonitorGracePeriodSeconds: Int { has(.nodeMonitorGrace50) ? 50 : 40 }

    /// Whether the event `ScalingReplicaSet` reads `Scaled up replica set X from A to B`; before,
    /// it reads `… X to B from A`, and `… X to B` at creation.
    ///
    /// - Source: Kubernetes v1.27.16 (no) and v1.36.2 (yes), `pkg/controller/deployment/sync.go`.
    ///   Judgement between them, taken as yes from 1.31 on.
    public var scalingEventReadsFromTo: Bool { has(.scalingEventFromTo) }

    /// The message of the event `ExternalProvisioning`.
    ///
    /// - Source: Kubernetes v1.27.16 and v1.36.2,
    ///   `pkg/controller/volume/persistentvolume/pv_controller.go`. Judgement between them: new
    ///   words from 1.28 on.
    public func externalProvisioningMessage(driver: String) -> String {
        has(.externalProvisioningText)
            ? "Waiting for a volume to be created either by the external provisioner '\(driver)' or"
                + " manually by the system administrator. If volume creation is delayed, please"
                + " verify that the provisioner is running and correctly registered."
            : "waiting for a volume to be created, either by external provisioner \"\(driver)\" or"
                + " manually created by system administrator"
    }
}
