// What the API server fills in for workloads.
extension Defaulting {
    static func deployment(_ deployment: inout Deployment, _ profile: KubernetesProfile) {
        edit(&deployment.spec) { spec in
            spec.replicas.fill(1)
            spec.strategy.type.fill("RollingUpdate")
            if spec.strategy.type == "RollingUpdate" {
                spec.strategy.rollingUpdate.fill(RollingUpdateDeployment())
                spec.strategy.rollingUpdate!.maxUnavailable.fill(.string("25%"))
                spec.strategy.rollingUpdate!.maxSurge.fill(.string("25%"))
            }
            spec.revisionHistoryLimit.fill(10)
            spec.progressDeadlineSeconds.fill(600)
            template(&spec.template, profile)
        }
    }

    static func replicaSet(_ set: inout ReplicaSet, _ profile: KubernetesProfile) {
        edit(&set.spec) { spec in
            spec.replicas.fill(1)
            template(&spec.template, profile)
        }
    }

    static func replicationController(_ controller: inout ReplicationController, _ profile: KubernetesProfile) {
        controller.spec.replicas.fill(1)
        guard controller.spec.template != nil else { return }
        template(&controller.spec.template!, profile)
        let labels = controller.spec.template!.metadata.labels
        if controller.spec.selector.isEmpty { controller.spec.selector = labels }
        if controller.metadata.labels.isEmpty, !labels.isEmpty { controller.metadata.labels = labels }
    }

    static func statefulSet(_ set: inout StatefulSet, _ profile: KubernetesProfile) {
        edit(&set.spec) { spec in
            dropDisabledFields(&spec, profile)
            spec.podManagementPolicy.fill("OrderedReady")
            spec.updateStrategy.type.fill("RollingUpdate")
            if spec.updateStrategy.type == "RollingUpdate" {
                spec.updateStrategy.rollingUpdate.fill(RollingUpdateStatefulSet())
                spec.updateStrategy.rollingUpdate!.partition.fill(0)
                if profile.isEnabled(.maxUnavailableStatefulSet) {
                    spec.updateStrategy.rollingUpdate!.maxUnavailable.fill(.int(1))
                }
            }
            if profile.isEnabled(.statefulSetAutoDeletePVC) {
                spec.persistentVolumeClaimRetentionPolicy.fill(PVCRetentionPolicy())
                spec.persistentVolumeClaimRetentionPolicy!.whenDeleted.fill("Retain")
                spec.persistentVolumeClaimRetentionPolicy!.whenScaled.fill("Retain")
            }
            spec.replicas.fill(1)
            spec.revisionHistoryLimit.fill(10)
            template(&spec.template, profile)
            for i in spec.volumeClaimTemplates.indices {
                claimTemplate(&spec.volumeClaimTemplates[i], profile)
            }
        }
    }

    static func daemonSet(_ set: inout DaemonSet, _ profile: KubernetesProfile) {
        edit(&set.spec) { spec in
            spec.updateStrategy.type.fill("RollingUpdate")
            if spec.updateStrategy.type == "RollingUpdate" {
                spec.updateStrategy.rollingUpdate.fill(RollingUpdateDeployment())
                spec.updateStrategy.rollingUpdate!.maxUnavailable.fill(.int(1))
                spec.updateStrategy.rollingUpdate!.maxSurge.fill(.int(0))
            }
            spec.revisionHistoryLimit.fill(10)
            template(&spec.template, profile)
        }
    }

    static func job(_ job: inout Job, _ profile: KubernetesProfile) {
        edit(&job.spec) { spec in
            jobSpec(&spec, profile)
            // A job without completions and parallelism runs one pod; with parallelism alone it is a work
            // queue.
            if spec.completions == nil, spec.parallelism == nil {
                spec.completions = 1
                spec.parallelism = 1
            }
            spec.parallelism.fill(1)
            // With a limit for each index, failures of others do not count.
            spec.backoffLimit.fill(spec.backoffLimitPerIndex == nil ? 6 : Int(Int32.max))
            spec.completionMode.fill("NonIndexed")
            spec.suspend.fill(false)
            spec.manualSelector.fill(false)
            if profile.isEnabled(.jobPodReplacementPolicy) {
                spec.podReplacementPolicy.fill(
                    spec.podFailurePolicy == nil ? "TerminatingOrFailed" : "Failed")
            }
        }
        if job.metadata.labels.isEmpty, !job.spec.template.metadata.labels.isEmpty {
            job.metadata.labels = job.spec.template.metadata.labels
        }
    }

    static func cronJob(_ job: inout CronJob, _ profile: KubernetesProfile) {
        job.spec.concurrencyPolicy.fill("Allow")
        job.spec.suspend.fill(false)
        job.spec.successfulJobsHistoryLimit.fill(3)
        job.spec.failedJobsHistoryLimit.fill(1)
        jobSpec(&job.spec.jobTemplate.spec, profile)
    }

    private static func jobSpec(_ spec: inout JobSpec, _ profile: KubernetesProfile) {
        dropDisabledFields(&spec, profile)
        template(&spec.template, profile)
    }
}
