import KubernetesAPI

// The admission plugins in the order of the API server. The first half completes objects before they are
// validated, the second (``Cluster/reviewCreate(_:)``) only refuses, after validation.
//
// Differs from Kubernetes: TaintNodesByCondition does not mark new nodes; the node life-cycle controller
// does a moment later if they are not ready.
// - Source: Kubernetes `pkg/kubeapiserver/options/plugins.go`.
extension StoredObject {
    public mutating func reuse(from cluster: inout Cluster) throws(APIError) -> Bool { false }
    public mutating func admit(to cluster: inout Cluster) throws(APIError) {}
    public mutating func completeGiven(in cluster: inout Cluster) throws(APIError) {}
    public mutating func admitChange(from old: Self, to cluster: inout Cluster) throws(APIError) {}
    public func review(in cluster: Cluster) throws(APIError) {}
}

extension Pod {
    public mutating func admit(to cluster: inout Cluster) throws(APIError) {
        cluster.setLimitRangeDefaults(&self)
        try cluster.setServiceAccount(&self)
        try cluster.setPriority(&self)
        cluster.setDefaultTolerations(&self)
        try cluster.setRuntimeClass(&self)
        cluster.setTopologyLabels(&self)
        Defaulting.mergeMatchLabelKeys(&self, profile: cluster.profile)
    }
    public mutating func completeGiven(in cluster: inout Cluster) throws(APIError) {
        cluster.setLimitRangeDefaults(&self)
        if spec.priority == nil { try cluster.setPriority(&self) }
        cluster.setDefaultTolerations(&self)
        cluster.setTopologyLabels(&self)
        Defaulting.mergeMatchLabelKeys(&self, profile: cluster.profile, again: true)
    }
    public func review(in cluster: Cluster) throws(APIError) {
        try cluster.requireWithinLimitRanges(self)
        try cluster.requirePodSecurity(self)
    }
}

extension Namespace {
    public mutating func admitChange(from old: Namespace, to cluster: inout Cluster) throws(APIError) {
        try cluster.requirePodSecurityLabels(self, over: old)
    }
    public func review(in cluster: Cluster) throws(APIError) { try cluster.requirePodSecurityLabels(self, over: nil) }
}

extension PersistentVolumeClaim {
    public mutating func admit(to cluster: inout Cluster) throws(APIError) { cluster.setDefaultStorageClass(&self) }
    public mutating func completeGiven(in cluster: inout Cluster) throws(APIError) { cluster.setDefaultStorageClass(&self) }
    public mutating func admitChange(from old: PersistentVolumeClaim, to cluster: inout Cluster) throws(APIError) {
        try cluster.requireExpandable(self, old)
    }
    public func review(in cluster: Cluster) throws(APIError) { try cluster.requireWithinLimitRanges(self) }
}

extension Service {
    public mutating func admit(to cluster: inout Cluster) throws(APIError) { try cluster.allocateAddresses(&self) }
    public mutating func admitChange(from old: Service, to cluster: inout Cluster) throws(APIError) {
        dropDependentFields(of: old)
        cluster.keepAddresses(&self, of: old)
        try cluster.allocateAddresses(&self)
    }
}

extension Job {
    /// A job without labels takes those of its template, also those that are made for it. By the time of admission defaulting has given
    /// it the template's own, and nobody knows any more that it had none.
    public mutating func reuse(from cluster: inout Cluster) throws(APIError) -> Bool {
        if metadata.labels.isEmpty { cluster.setSelector(&self) }
        return false
    }
    public mutating func admit(to cluster: inout Cluster) throws(APIError) { cluster.setSelector(&self) }
}

extension DaemonSet {
    /// Counts the changes of the template, for clients of old versions.
    /// - Source: Kubernetes `pkg/apis/apps/v1/conversion.go`.
    private static let templateGeneration = "deprecated.daemonset.template.generation"
    public mutating func admit(to cluster: inout Cluster) throws(APIError) { metadata.annotations[Self.templateGeneration] = "1" }
    public mutating func admitChange(from old: DaemonSet, to cluster: inout Cluster) throws(APIError) {
        guard let before = old.metadata.annotations[Self.templateGeneration].flatMap({ Int($0) }) else { return }
        metadata.annotations[Self.templateGeneration] = String(spec.template == old.spec.template ? before : before.saturatingAdd(1))
    }
}

extension PriorityClass {
    public mutating func admitChange(from old: PriorityClass, to cluster: inout Cluster) throws(APIError) {
        try cluster.requireSingleDefault(self)
    }
    public func review(in cluster: Cluster) throws(APIError) { try cluster.requireSingleDefault(self) }
}

extension Cluster {
    /// Defaulting and admission of a new object. Returns whether it is like an earlier one that was found valid.
    mutating func complete<O: StoredObject>(_ object: inout O) throws(APIError) -> Bool {
        if try object.reuse(from: &self) { return true }
        object.setDefaults(profile)
        try requireNamespace(of: object)
        try object.admit(to: &self)
        return false
    }

    // MARK: NamespaceLifecycle

    func requireNamespace<O: StoredObject>(of object: O) throws(APIError) {
        guard O.kind != .namespace, object.kindInfo.isNamespaced else { return }
        let namespace = object.metadata.namespace
        guard let found = store.namespaces[ObjectKey(name: namespace)] else {
            throw .notFound(Kind.namespace.info, namespace)
        }
        if found.metadata.isTerminating {
            throw .forbidden(
                object.kindInfo, object.metadata.name,
                "unable to create new content in namespace \(namespace) because it is being terminated",
                causes: [
                    .init(
                        reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
                        field: "metadata.namespace")
                ])
        }
    }

    // MARK: DefaultStorageClass, PersistentVolumeClaimResize

    fileprivate func setDefaultStorageClass(_ claim: inout PersistentVolumeClaim) {
        guard claim.spec.storageClassName == nil,
            claim.metadata.annotations[AnnotationKey.storageClass] == nil
        else { return }
        claim.spec.storageClassName = store.defaultStorageClass?.name
    }

    fileprivate func requireExpandable(_ new: PersistentVolumeClaim, _ old: PersistentVolumeClaim)
        throws(APIError)
    {
        guard old.status.phase == "Bound", let size = new.spec.resources.requests["storage"],
            let before = old.spec.resources.requests["storage"], size > before
        else { return }
        let storage = store.storageClasses[ObjectKey(name: new.spec.storageClassName ?? "")]
        if storage?.allowVolumeExpansion != true {
            throw .forbidden(
                new.kindInfo, new.name,
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
            )
        }
    }

    // MARK: Priority (of the classes themselves)

    fileprivate func requireSingleDefault(_ priority: PriorityClass) throws(APIError) {
        guard priority.globalDefault,
            let other = store.priorityClasses.all.first(where: {
                $0.globalDefault && $0.name != priority.name
            })
        else { return }
        throw .forbidden(
            priority.kindInfo, priority.name,
            "PriorityClass \(other.name) is already marked as default. Only one default can exist")
    }

    // MARK: Job selector

    /// A job selects its pods by its own identity, unless the user selects them.
    /// - Source: Kubernetes `pkg/registry/batch/job/strategy.go`, `generateSelector`.
    fileprivate func setSelector(_ job: inout Job) {
        if job.spec.manualSelector == true { return }
        let uid = job.metadata.uid
        let labels: StringMap<String> = [
            LabelKey.jobControllerUID: uid, LabelKey.jobName: job.name,
            "controller-uid": uid, "job-name": job.name,
        ]
        job.spec.template.metadata.labels = job.spec.template.metadata.labels.merging(labels)
        if job.spec.selector == nil { job.spec.selector = LabelSelector() }
        job.spec.selector!.matchLabels[LabelKey.jobControllerUID] = uid
        // The defaults of a job without labels are its template's.
        if job.metadata.labels.isEmpty { job.metadata.labels = job.spec.template.metadata.labels }
    }
}
