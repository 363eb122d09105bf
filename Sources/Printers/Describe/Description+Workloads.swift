import ControlPlane
import KubernetesAPI
import SimulationKit

// - Source: Kubernetes `kubectl/pkg/describe/describe.go`.
extension Description {
    mutating func deployment(_ object: Deployment) {
        let (spec, status) = (object.spec.value, object.status)
        head(object.metadata.value, created: true)
        line(0, "Selector:", spec.selector.text)
        line(
            0, "Replicas:",
            "\(spec.replicas ?? 1) desired | \(status.updatedReplicas) updated | \(status.replicas) total | "
                + "\(status.availableReplicas) available | \(status.unavailableReplicas) unavailable")
        line(0, "StrategyType:", spec.strategy.type.or("RollingUpdate"))
        line(0, "MinReadySeconds:", String(spec.minReadySeconds))
        if let rolling = spec.strategy.rollingUpdate {
            line(
                0, "RollingUpdateStrategy:",
                "\(rolling.maxUnavailable?.text ?? "25%") max unavailable, \(rolling.maxSurge?.text ?? "25%") max surge"
            )
        }
        podTemplate(spec.template)
        conditions(status.conditions)
        let owned = cluster.store.replicaSets.sorted(namespace: object.namespace)
            .filter { $0.metadata.controller?.uid == object.metadata.uid }
        func isNew(_ set: ReplicaSet) -> Bool {
            set.metadata.annotations[AnnotationKey.deploymentRevision]
                == object.metadata.annotations[AnnotationKey.deploymentRevision]
        }
        func names(_ sets: [ReplicaSet]) -> String {
            sets.map { "\($0.name) (\($0.status.replicas)/\($0.spec.replicas ?? 1) replicas created)" }
                .joined(separator: ", ").or("<none>")
        }
        line(0, "OldReplicaSets:", names(owned.filter { !isNew($0) }))
        line(0, "NewReplicaSet:", names(owned.filter(isNew)))
    }

    mutating func replicaSet(_ object: ReplicaSet) {
        let meta = object.metadata.value
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        line(0, "Selector:", object.spec.selector.text)
        labels(meta.labels)
        annotations(meta.annotations)
        controller(meta)
        line(0, "Replicas:", "\(object.status.replicas) current / \(object.spec.replicas ?? 1) desired")
        podsStatus(meta)
        podTemplate(object.spec.template)
        conditions(object.status.conditions)
    }

    mutating func statefulSet(_ object: StatefulSet) {
        let (meta, spec) = (object.metadata.value, object.spec.value)
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        line(0, "CreationTimestamp:", meta.creationTimestamp?.rfc1123 ?? "<unknown>")
        line(0, "Selector:", spec.selector.text)
        labels(meta.labels)
        annotations(meta.annotations)
        let tellsAll = cluster.profile.has(.statefulSetWords)
        // kubectl's own line has no colon.
        if tellsAll, !spec.serviceName.isEmpty { line(0, "Service Name", spec.serviceName) }
        if tellsAll, !spec.podManagementPolicy.isEmpty { line(0, "Pod Management Policy:", spec.podManagementPolicy) }
        line(0, "Replicas:", "\(spec.replicas ?? 1) desired | \(object.status.replicas) total")
        line(0, "Update Strategy:", spec.updateStrategy.type.or("RollingUpdate"))
        if let rolling = spec.updateStrategy.rollingUpdate {
            if let partition = rolling.partition { line(1, "Partition:", String(partition)) }
            if let most = rolling.maxUnavailable { line(1, "MaxUnavailable:", most.text) }
        }
        if tellsAll, let retention = spec.persistentVolumeClaimRetentionPolicy {
            line(0, "Persistent Volume Claim Retention Policy:")
            line(1, "WhenDeleted:", retention.whenDeleted)
            line(1, "WhenScaled:", retention.whenScaled)
        }
        podsStatus(meta)
        podTemplate(spec.template)
        if spec.volumeClaimTemplates.isEmpty { return line(0, "Volume Claims:", "<none>") }
        line(0, "Volume Claims:")
        for claim in spec.volumeClaimTemplates {
            line(1, "Name:", claim.name)
            line(1, "StorageClass:", claim.spec.storageClassName ?? "")
            labels(1, "Labels", claim.metadata.labels)
            annotations(1, claim.metadata.annotations)
            line(1, "Capacity:", claim.spec.resources.requests["storage"]?.description ?? "<default>")
            line(1, "Access Modes:", "[\(claim.spec.accessModes.joined(separator: " "))]")
        }
    }

    mutating func daemonSet(_ object: DaemonSet) {
        let (meta, status) = (object.metadata.value, object.status)
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        line(0, "Selector:", object.spec.selector.text)
        line(0, "Node-Selector:", object.spec.template.spec.nodeSelector.labelText)
        labels(meta.labels)
        annotations(meta.annotations)
        line(0, "Desired Number of Nodes Scheduled: \(status.desiredNumberScheduled)")
        line(0, "Current Number of Nodes Scheduled: \(status.currentNumberScheduled)")
        line(0, "Number of Nodes Scheduled with Up-to-date Pods: \(status.updatedNumberScheduled)")
        line(0, "Number of Nodes Scheduled with Available Pods: \(status.numberAvailable)")
        line(0, "Number of Nodes Misscheduled: \(status.numberMisscheduled)")
        podsStatus(meta)
        podTemplate(object.spec.template)
    }

    mutating func job(_ object: Job) {
        let (meta, spec, status) = (object.metadata.value, object.spec.value, object.status)
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        line(0, "Selector:", spec.selector.text)
        labels(meta.labels)
        annotations(meta.annotations)
        controller(meta)
        if let parallelism = spec.parallelism { line(0, "Parallelism:", String(parallelism)) }
        line(0, "Completions:", spec.completions.map(String.init) ?? "<unset>")
        if let mode = spec.completionMode { line(0, "Completion Mode:", mode) }
        if let suspend = spec.suspend { line(0, "Suspend:", String(suspend)) }
        if let limit = spec.backoffLimit { line(0, "Backoff Limit:", String(limit)) }
        if let seconds = spec.ttlSecondsAfterFinished {
            line(0, "TTL Seconds After Finished:", String(seconds))
        }
        if let start = status.startTime {
            line(0, "Start Time:", start.rfc1123)
            if let end = status.completionTime {
                line(0, "Completed At:", end.rfc1123)
                line(0, "Duration:", Printers.ageText(from: start, to: end.flooredToSecond))
            }
        }
        if let seconds = spec.activeDeadlineSeconds { line(0, "Active Deadline Seconds:", "\(seconds)s") }
        let ready = status.ready.map { " (\($0) Ready)" } ?? ""
        line(
            0, "Pods Statuses:",
            "\(status.active) Active\(ready) / \(status.succeeded) Succeeded / \(status.failed) Failed")
        if spec.completionMode == "Indexed" {
            line(0, "Completed Indexes:", status.completedIndexes.or("<none>"))
        }
        podTemplate(spec.template)
    }

    // MARK: Parts

    private mutating func head(_ meta: ObjectMeta, created: Bool) {
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        if created { line(0, "CreationTimestamp:", meta.creationTimestamp?.rfc1123 ?? "<unknown>") }
        labels(meta.labels)
        annotations(meta.annotations)
    }

    private mutating func conditions(_ conditions: [Condition]) {
        if conditions.isEmpty { return }
        table(
            "Conditions:", ["Type", "Status", "Reason"],
            conditions.map { [$0.type + " ", $0.status, $0.reason] })
    }

    private mutating func podsStatus(_ owner: ObjectMeta) {
        let pods = cluster.store.pods(ownedBy: owner.uid)
        func count(_ phase: PodPhase) -> Int { pods.count { $0.status.phase == phase } }
        line(
            0, "Pods Status:",
            "\(count(.running)) Running / \(count(.pending)) Waiting / \(count(.succeeded)) Succeeded / "
                + "\(count(.failed)) Failed"
        )
    }
}
