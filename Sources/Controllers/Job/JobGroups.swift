// The groups that Jobs make of their pods, so that these are placed together or not at all: the gate WorkloadWithJob.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// The Workload and the PodGroup of one Job.
///
/// Differs from Kubernetes: 1.37 made this anew, and what of it changed is not known; it is done as 1.36 does it. The group takes the priority
/// class of the pods, as it must have their priority.
/// - Source: Kubernetes v1.36.2 `pkg/controller/job/job_scheduling_manager.go`; gang-scheduling.md §7.
struct JobGroups {
    let job: Job
    let source: EventSource

    /// The group that the job's pods name; nil: they are placed one by one.
    ///
    /// Makes what is missing, the Workload only for a job that has not begun.
    func group(in cluster: inout Cluster) -> String? {
        guard cluster.profile.knowsPodGroups, cluster.profile.isEnabled(.workloadWithJob), qualifies else { return nil }
        let plans = cluster.store.workloads.sorted(namespace: job.namespace).filter { workload in
            workload.spec.controllerRef.map { $0.apiGroup == "batch" && $0.kind == "Job" && $0.name == job.name } ?? false
        }
        // Whose plan counts cannot be told.
        if plans.count > 1 { return nil }
        guard let plan = plans.first ?? makePlan(&cluster) else { return nil }
        let made = cluster.store.podGroups.sorted(namespace: job.namespace).filter { group in
            group.spec.workloadRef?.workloadName == plan.name && group.metadata.ownerReferences.contains { $0.uid == job.metadata.uid }
        }
        if let known = made.first { return made.count == 1 ? known.name : nil }
        return makeGroup(of: plan, &cluster)
    }

    /// Whether all pods of the job run at the same time, each with an index, and name no group of their own.
    private var qualifies: Bool {
        let parallelism = job.spec.parallelism ?? 1
        return parallelism > 1 && job.spec.completionMode == "Indexed" && job.spec.completions == parallelism && job.spec.template.spec.schedulingGroup == nil
    }

    private func makePlan(_ cluster: inout Cluster) -> SchedulingWorkload? {
        guard job.status.startTime == nil else { return nil }
        var plan = SchedulingWorkload()
        plan.metadata.name = named(job.name)
        plan.metadata.namespace = job.namespace
        plan.metadata.ownerReferences = [OwnerReference(controller: job)]
        var reference = SchedulingWorkloadSpec.ControllerReference()
        (reference.apiGroup, reference.kind, reference.name) = ("batch", "Job", job.name)
        plan.spec.controllerRef = reference
        var template = PodGroupTemplate()
        template.name = "\(job.name)-pgt-0"
        template.spec.schedulingPolicy.gang = .init()
        template.spec.schedulingPolicy.gang?.minCount = job.spec.parallelism ?? 1
        template.spec.priorityClassName = job.spec.template.spec.priorityClassName
        plan.spec.podGroupTemplates = [template]
        guard let created = try? cluster.create(plan) else { return nil }
        cluster.record("WorkloadCreated", "Created Workload \(created.name)", about: job, source: source)
        return created
    }

    private func makeGroup(of plan: SchedulingWorkload, _ cluster: inout Cluster) -> String? {
        guard plan.spec.podGroupTemplates.count == 1, let template = plan.spec.podGroupTemplates.first else { return nil }
        var group = PodGroup()
        group.metadata.name = named("\(plan.name)-\(template.name)")
        group.metadata.namespace = job.namespace
        var workload = OwnerReference(controller: plan)
        (workload.controller, workload.blockOwnerDeletion) = (nil, nil)
        group.metadata.ownerReferences = [OwnerReference(controller: job), workload]
        group.spec = template.spec
        group.spec.priority = nil
        var reference = PodGroupWorkloadReference()
        (reference.workloadName, reference.templateName) = (plan.name, template.name)
        group.spec.workloadRef = reference
        return (try? cluster.create(group))?.name
    }

    /// A name and a hash of the job behind it, so that a job of the same name gets other ones.
    private func named(_ prefix: String) -> String {
        "\(prefix)-\(StableHash.safeEncode(UInt32(truncatingIfNeeded: StableHash.fnv1a64("\(prefix)/\(job.metadata.uid)"))))"
    }
}
