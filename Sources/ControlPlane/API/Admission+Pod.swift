import KubernetesAPI

// What admission does to pods.
extension Cluster {
    // MARK: ServiceAccount

    func setServiceAccount(_ pod: inout Pod) throws(APIError) {
        if pod.spec.serviceAccountName.isEmpty {
            pod.spec.serviceAccountName = "default"
            pod.spec.serviceAccount = "default"
        }
        let name = pod.spec.serviceAccountName
        let account = store.serviceAccounts[ObjectKey(namespace: pod.namespace, name: name)]
        // Differs from Kubernetes: the controllers make the account `default` a moment after the namespace;
        // pods that come before it are taken.
        guard account != nil || name == "default" else {
            throw .forbidden(
                pod.kindInfo, pod.name,
                "error looking up service account \(pod.namespace)/\(name): serviceaccount \"\(name)\" not found"
            )
        }
        if pod.spec.imagePullSecrets.isEmpty, let secrets = account?.imagePullSecrets, !secrets.isEmpty {
            pod.spec.imagePullSecrets = secrets
        }
    }

    // MARK: Priority

    func setPriority(_ pod: inout Pod) throws(APIError) {
        let (name, priority, policy) = try priority(ofClass: pod.spec.priorityClassName, for: pod.kindInfo, pod.name)
        if name != pod.spec.priorityClassName { pod.spec.priorityClassName = name }
        try requirePriority(pod.spec.priority, priority, "pod", pod.kindInfo, pod.name)
        try requirePreemptionPolicy(pod.spec.preemptionPolicy, policy, "pod", pod.kindInfo, pod.name)
        if pod.spec.priority == nil { pod.spec.priority = priority }
        if pod.spec.preemptionPolicy == nil { pod.spec.preemptionPolicy = policy }
    }

    /// What a pod or group is given by its class; one without a class gets the default one, if there is one.
    func priority(ofClass given: String, for kind: KindInfo, _ name: String) throws(APIError) -> (name: String, value: Int, policy: String) {
        let found =
            given.isEmpty
            ? store.priorityClasses.all.filter(\.globalDefault).min { ($0.value, $0.name) < ($1.value, $1.name) }
            : store.priorityClasses[ObjectKey(name: given)]
        if found == nil, !given.isEmpty { throw .forbidden(kind, name, "no PriorityClass with name \(given) was found") }
        return (found?.name ?? "", found?.value ?? 0, found?.preemptionPolicy ?? "PreemptLowerPriority")
    }
    func requirePriority(_ given: Int?, _ computed: Int, _ what: String, _ kind: KindInfo, _ name: String) throws(APIError) {
        guard let given, given != computed else { return }
        throw .forbidden(
            kind, name,
            "the integer value of priority (\(given)) must not be provided in \(what) spec; priority admission "
                + "controller computed \(computed) from the given PriorityClass name")
    }
    func requirePreemptionPolicy(_ given: String?, _ computed: String, _ what: String, _ kind: KindInfo, _ name: String) throws(APIError) {
        guard let given, given != computed else { return }
        throw .forbidden(
            kind, name,
            "the string value of PreemptionPolicy (\(given)) must not be provided in \(what) spec; priority "
                + "admission controller computed \(computed) from the given PriorityClass name")
    }

    // MARK: DefaultTolerationSeconds

    /// Pods leave a node that is not ready or unreachable after five minutes, unless they say otherwise.
    func setDefaultTolerations(_ pod: inout Pod) {
        for key in [TaintKey.notReady, TaintKey.unreachable] {
            let said = pod.spec.tolerations.contains {
                ($0.key == key || $0.key.isEmpty) && ($0.effect == TaintEffect.noExecute || $0.effect.isEmpty)
            }
            if said { continue }
            pod.spec.tolerations.append(
                Toleration(key: key, operator: "Exists", effect: TaintEffect.noExecute, seconds: 300))
        }
    }

    // MARK: PodTopologyLabels

    /// A pod that names its node gets the node's zone and region at once; others when they are bound.
    func setTopologyLabels(_ pod: inout Pod) {
        guard !pod.nodeName.isEmpty, profile.isEnabled(.podTopologyLabelsAdmission),
            let labels = store.nodes[ObjectKey(name: pod.nodeName)]?.metadata.labels
        else { return }
        for label in [LabelKey.zone, LabelKey.region] {
            if let value = labels[label], pod.metadata.labels[label] == nil {
                pod.metadata.labels[label] = value
            }
        }
    }
}

// MARK: One completed spec for all pods of a template

/// What defaulting and admission made of the specs of templates, for the next pod of the same owner.
struct CompletedSpecs: Sendable {
    private static let most = 128
    private var recent: [String: CompletedSpec] = [:]
    private var earlier: [String: CompletedSpec] = [:]

    /// The last completed spec of the owner `uid`. Those of owners that make no pods any more are forgotten: the next pod of
    /// such a one costs one completion.
    subscript(uid: String) -> CompletedSpec? {
        mutating get {
            if let known = recent[uid] { return known }
            guard let known = earlier[uid] else { return nil }
            self[uid] = known
            return known
        }
        set {
            if recent.count >= Self.most { (earlier, recent) = (recent, [:]) }
            recent[uid] = newValue
        }
    }
}

/// See ``CompletedSpecs``.
struct CompletedSpec: Sendable {
    /// The spec as the owner gave it; kept, so that its identity stays its own.
    var source: Shared<PodSpec>
    var result: Shared<PodSpec>
    var namespace: String
    var labels: StringMap<String>
    /// How often the objects had changed that admission looks at.
    var circumstances: SIMD4<Int>
}

extension Pod {
    /// The pods of one template share one spec (``Shared/identity``), although each passes defaulting and admission: it is
    /// completed once. The cost per pod is then O(1) instead of O(spec).
    public mutating func reuse(from cluster: inout Cluster) throws(APIError) -> Bool {
        guard let owner = metadata.controller?.uid, let known = cluster.completedSpecs[owner], known.source.identity == spec.identity,
            known.namespace == namespace, nodeName.isEmpty, known.labels == metadata.labels,
            known.circumstances == cluster.circumstances
        else { return false }
        try cluster.requireNamespace(of: self)
        spec = known.result
        return true
    }
}

extension Cluster {
    fileprivate var circumstances: SIMD4<Int> {
        SIMD4(store.limitRanges.changeCount, store.serviceAccounts.changeCount, store.priorityClasses.changeCount, store.customObjects.changeCount)
    }

    /// Keeps the spec of a pod that was completed from `source` and found valid.
    mutating func remember<O: StoredObject>(_ object: O, source: Shared<PodSpec>?) {
        guard let source, let pod = object as? Pod, let owner = pod.metadata.controller?.uid,
            // What a limit range set is also told in an annotation of each pod.
            pod.metadata.annotations[Self.limitRangerAnnotation] == nil
        else { return }
        completedSpecs[owner] = CompletedSpec(
            source: source, result: pod.spec, namespace: pod.namespace, labels: pod.metadata.labels,
            circumstances: circumstances)
    }
}
