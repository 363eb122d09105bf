import KubernetesAPI

// The admission plugins in the order of the API server. The first half completes objects before they are
// validated, the second (``Cluster/reviewCreate(_:)``) only refuses, after validation.
//
// Differs from Kubernetes: no token volume (`kube-api-access-…`) is mounted into pods. Its name is random
// for each pod, so no two pods of a template could share their spec.
// Differs from Kubernetes: TaintNodesByCondition does not mark new nodes; the node life-cycle controller
// does a moment later if they are not ready.
// - Source: Kubernetes `pkg/kubeapiserver/options/plugins.go`.
extension Cluster {
    /// Completes `object` before it is created, or refuses it.
    mutating func admitCreate<O: StoredObject>(_ object: inout O) throws(APIError) {
        try requireNamespace(of: object)
        switch O.kind {
        case .pod:
            var pod = object as! Pod
            setLimitRangeDefaults(&pod)
            try setServiceAccount(&pod)
            try setPriority(&pod)
            setDefaultTolerations(&pod)
            try setRuntimeClass(&pod)
            setTopologyLabels(&pod)
            Defaulting.mergeMatchLabelKeys(&pod, profile: profile)
            object = pod as! O
        case .persistentVolumeClaim:
            var claim = object as! PersistentVolumeClaim
            setDefaultStorageClass(&claim)
            object = claim as! O
        case .service:
            var service = object as! Service
            allocateAddresses(&service)
            object = service as! O
        case .job:
            var job = object as! Job
            setSelector(&job)
            object = job as! O
        default: break
        }
    }

    /// Completes an object of a given state as ``admitCreate(_:)`` does one that is created, as far as placement looks at
    /// it; what the object states already stays.
    mutating func completeGiven<O: StoredObject>(_ object: inout O) throws(APIError) {
        switch O.kind {
        case .pod:
            var pod = object as! Pod
            setLimitRangeDefaults(&pod)
            if pod.spec.priority == nil { try setPriority(&pod) }
            setDefaultTolerations(&pod)
            setTopologyLabels(&pod)
            Defaulting.mergeMatchLabelKeys(&pod, profile: profile, again: true)
            object = pod as! O
        case .persistentVolumeClaim:
            var claim = object as! PersistentVolumeClaim
            setDefaultStorageClass(&claim)
            object = claim as! O
        default: break
        }
    }

    /// Completes or refuses the change from `old` to `new`.
    mutating func admitUpdate<O: StoredObject>(_ new: inout O, old: O) throws(APIError) {
        switch O.kind {
        case .service:
            var service = new as! Service
            keepAddresses(&service, of: old as! Service)
            allocateAddresses(&service)
            new = service as! O
        case .priorityClass: try requireSingleDefault(new as! PriorityClass)
        case .persistentVolumeClaim:
            try requireExpandable(new as! PersistentVolumeClaim, old as! PersistentVolumeClaim)
        default: break
        }
    }

    /// Refuses a complete and valid object that the cluster's limits do not allow.
    func reviewCreate<O: StoredObject>(_ object: O) throws(APIError) {
        switch O.kind {
        case .pod, .persistentVolumeClaim: try requireWithinLimitRanges(object)
        case .priorityClass: try requireSingleDefault(object as! PriorityClass)
        default: break
        }
        try requireQuota(for: object)
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

    private func setDefaultStorageClass(_ claim: inout PersistentVolumeClaim) {
        guard claim.spec.storageClassName == nil,
            claim.metadata.annotations[AnnotationKey.storageClass] == nil
        else { return }
        let defaults = store.storageClasses.all.filter(\.isDefault)
        // The newest of several; by name among equally old ones.
        let chosen = defaults.min { a, b in
            let (x, y) = (a.metadata.creationTimestamp ?? .start, b.metadata.creationTimestamp ?? .start)
            return x != y ? x > y : a.name < b.name
        }
        claim.spec.storageClassName = chosen?.name
    }

    private func requireExpandable(_ new: PersistentVolumeClaim, _ old: PersistentVolumeClaim)
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

    private func requireSingleDefault(_ priority: PriorityClass) throws(APIError) {
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
    private func setSelector(_ job: inout Job) {
        if job.spec.manualSelector == true { return }
        let uid = job.metadata.uid
        let labels: StringMap<String> = [
            LabelKey.jobControllerUID: uid, LabelKey.jobName: job.name,
            "controller-uid": uid, "job-name": job.name,
        ]
        job.spec.template.metadata.labels = job.spec.template.metadata.labels.merging(labels)
        if job.spec.selector == nil { job.spec.selector = LabelSelector() }
        job.spec.selector!.matchLabels[LabelKey.jobControllerUID] = uid
    }
}
