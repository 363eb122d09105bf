// What admission does to groups of pods and the plans that they are made from.
// - Source: Kubernetes `plugin/pkg/admission/{podgroup,priority,scheduling}`; gang-scheduling.md §2.

import KubernetesAPI

extension SchedulingWorkload {
    public mutating func admit(to cluster: inout Cluster) throws(APIError) { try cluster.requirePodGroups() }
}

extension PodGroup {
    public mutating func admit(to cluster: inout Cluster) throws(APIError) {
        try cluster.requirePodGroups()
        try cluster.requireTemplate(of: self)
        if !metadata.finalizers.contains(Self.protection) { metadata.finalizers.append(Self.protection) }
        try cluster.setPriority(&self)
    }
    public mutating func completeGiven(in cluster: inout Cluster) throws(APIError) {
        if spec.priority == nil { try cluster.setPriority(&self) }
    }
    public mutating func resetForCreate(in cluster: Cluster) { status = PodGroupStatus() }
}

extension Cluster {
    /// Without the gate the API's group version is not served.
    fileprivate func requirePodGroups() throws(APIError) {
        if profile.knowsPodGroups { return }
        throw APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
    }

    /// In 1.36 the template that a group was made from must be there.
    fileprivate func requireTemplate(of group: PodGroup) throws(APIError) {
        guard !profile.has(.podGroupWorkloadUnchecked), let name = group.spec.workloadRef?.workloadName else { return }
        let workload = store.workloads[ObjectKey(namespace: group.namespace, name: name)]
        if let workload, !workload.metadata.isTerminating { return }
        let why = workload == nil ? "not found" : "is being deleted"
        throw .forbidden(group.kindInfo, group.name, "PodGroup rejected: Workload \"\(name)\" \(why)")
    }

    /// Groups get their priority as pods do.
    fileprivate func setPriority(_ group: inout PodGroup) throws(APIError) {
        guard profile.groupsHavePriority else { return }
        let (name, priority, policy) = try priority(ofClass: group.spec.priorityClassName, for: group.kindInfo, group.name)
        group.spec.priorityClassName = name
        try requirePriority(group.spec.priority, priority, "podgroup", group.kindInfo, group.name)
        group.spec.priority = priority
        guard profile.groupsHavePreemptionPolicy else { return }
        try requirePreemptionPolicy(group.spec.preemptionPolicy, policy, "podgroup", group.kindInfo, group.name)
        group.spec.preemptionPolicy = policy
    }
}
