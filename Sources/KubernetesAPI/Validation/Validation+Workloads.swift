// Deployments, ReplicaSets, StatefulSets and DaemonSets.
extension Validation {
    static func deployment(_ spec: DeploymentSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        errors.nonnegative("spec.replicas", spec.replicas)
        selector(spec.selector, "empty selector is invalid for deployment", &errors)
        replicaTemplate(spec.template, spec.selector, profile, &errors)
        strategy(spec.strategy, &errors)
        errors.nonnegative("spec.minReadySeconds", spec.minReadySeconds)
        errors.nonnegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit)
        if let deadline = spec.progressDeadlineSeconds {
            errors.nonnegative("spec.progressDeadlineSeconds", deadline)
            if deadline <= spec.minReadySeconds {
                errors.invalid(
                    "spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
            }
        }
    }

    static func replicaSet(_ spec: ReplicaSetSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        errors.nonnegative("spec.replicas", spec.replicas)
        errors.nonnegative("spec.minReadySeconds", spec.minReadySeconds)
        // The API server says "deployment" here too.
        selector(spec.selector, "empty selector is invalid for deployment", &errors)
        replicaTemplate(spec.template, spec.selector, profile, &errors)
    }

    private static func replicaTemplate(
        _ own: PodTemplateSpec, _ selector: LabelSelector?, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        if let selector, !isSelector(selector) {
            errors.invalid("spec.selector", selector.json ?? [:], "invalid label selector")
        } else {
            workloadTemplate(own, selector, "ReplicaSet", profile, &errors)
        }
    }

    static func replicationController(
        _ spec: ReplicationControllerSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        errors.nonnegative("spec.minReadySeconds", spec.minReadySeconds)
        if spec.selector.isEmpty { errors.required("spec.selector") }
        errors.nonnegative("spec.replicas", spec.replicas)
        guard let own = spec.template else {
            errors.required("spec.template")
            return
        }
        let selector = LabelSelector(matchLabels: spec.selector)
        workloadTemplate(own, selector, "ReplicationController", profile, &errors)
    }

    static func daemonSet(_ spec: DaemonSetSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        // One without a selector selects nothing, also not its own pods: that is all that is said of it.
        if spec.selector != nil { selector(spec.selector, "empty selector is invalid for daemonset", &errors) }
        workloadTemplate(spec.template, spec.selector, "DaemonSet", profile, &errors)
        errors.nonnegative("spec.minReadySeconds", spec.minReadySeconds)
        let at = "spec.updateStrategy"
        switch spec.updateStrategy.type {
        case "OnDelete": break
        case "RollingUpdate":
            guard let rolling = spec.updateStrategy.rollingUpdate else {
                errors.required("\(at).rollingUpdate")
                break
            }
            errors.nonnegativeOrPercent("\(at).rollingUpdate.maxUnavailable", rolling.maxUnavailable)
            errors.nonnegativeOrPercent("\(at).rollingUpdate.maxSurge", rolling.maxSurge)
            switch (isZero(rolling.maxUnavailable), isZero(rolling.maxSurge)) {
            case (false, false):
                errors.invalid(
                    "\(at).rollingUpdate.maxSurge", rolling.maxSurge!.json!,
                    "may not be set when maxUnavailable is non-zero")
            case (true, true):
                errors.required("\(at).rollingUpdate.maxUnavailable", "cannot be 0 when maxSurge is 0")
            default: break
            }
            errors.atMost100Percent("\(at).rollingUpdate.maxUnavailable", rolling.maxUnavailable)
            errors.atMost100Percent("\(at).rollingUpdate.maxSurge", rolling.maxSurge)
        default: errors.notSupported(at, .string(spec.updateStrategy.type), ["RollingUpdate", "OnDelete"])
        }
        errors.nonnegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit)
    }

    // MARK: Parts

    private static func selector(_ selector: LabelSelector?, _ empty: String, _ errors: inout [FieldError]) {
        guard let selector else {
            errors.required("spec.selector")
            return
        }
        labelSelector("spec.selector", selector, &errors)
        if selector.isEmpty { errors.invalid("spec.selector", selector.json ?? [:], empty) }
    }

    /// No selector selects nothing, an empty one everything.
    private static func mismatch(_ own: PodTemplateSpec, _ selector: LabelSelector?, _ errors: inout [FieldError]) {
        let matches = selector.map { $0.isEmpty || !isSelector($0) || $0.matches(own.metadata.labels) } ?? false
        if !matches {
            errors.invalid("spec.template.metadata.labels", own.metadata.labels.json ?? .null, "`selector` does not match template `labels`")
        }
    }

    private static func workloadTemplate(
        _ own: PodTemplateSpec, _ selector: LabelSelector?, _ kind: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        mismatch(own, selector, &errors)
        template(own, "spec.template", profile, &errors)
        alwaysRuns(own.spec.value, kind, &errors)
    }

    /// Pods that are to run on are started again, and have no deadline.
    private static func alwaysRuns(_ spec: PodSpec, _ kind: String, _ errors: inout [FieldError]) {
        if spec.restartPolicy != "Always" { errors.notSupported("spec.template.spec.restartPolicy", .string(spec.restartPolicy), ["Always"]) }
        if spec.activeDeadlineSeconds != nil {
            errors.forbidden("spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in \(kind) is not Supported")
        }
    }

    private static func strategy(_ strategy: DeploymentStrategy, _ errors: inout [FieldError]) {
        let at = "spec.strategy"
        switch strategy.type {
        case "Recreate":
            if strategy.rollingUpdate != nil {
                errors.forbidden(
                    "\(at).rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
            }
        case "RollingUpdate":
            guard let rolling = strategy.rollingUpdate else {
                errors.required("\(at).rollingUpdate", "this should be defaulted and never be nil")
                return
            }
            let field = "\(at).rollingUpdate.maxUnavailable"
            errors.nonnegativeOrPercent(field, rolling.maxUnavailable)
            errors.nonnegativeOrPercent("\(at).rollingUpdate.maxSurge", rolling.maxSurge)
            if isZero(rolling.maxUnavailable), isZero(rolling.maxSurge) {
                errors.invalid(field, rolling.maxUnavailable?.json ?? 0, "may not be 0 when `maxSurge` is 0")
            }
            errors.atMost100Percent(field, rolling.maxUnavailable)
        default: errors.notSupported("\(at).type", .string(strategy.type), ["Recreate", "RollingUpdate"])
        }
    }

    private static func isZero(_ value: IntOrString?) -> Bool {
        switch value {
        case nil: true
        case .int(let i)?: i == 0
        case .string(let text)?: (value?.percent ?? Int(text) ?? 0) == 0
        }
    }

    // MARK: StatefulSet

    private static func onlyRolling(_ strategy: StatefulSetUpdateStrategy, _ at: String, _ errors: inout [FieldError]) {
        guard let rolling = strategy.rollingUpdate else { return }
        errors.invalid("\(at).rollingUpdate", rolling.json ?? [:], "only allowed for updateStrategy 'RollingUpdate'")
    }

    static func statefulSet(
        _ spec: StatefulSetSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        if spec.podManagementPolicy.isEmpty {
            errors.required("spec.podManagementPolicy")
        } else if !["OrderedReady", "Parallel"].contains(spec.podManagementPolicy) {
            errors.invalid(
                "spec.podManagementPolicy", .string(spec.podManagementPolicy),
                "must be 'OrderedReady' or 'Parallel'")
        }
        let at = "spec.updateStrategy"
        switch spec.updateStrategy.type {
        case "OnDelete": onlyRolling(spec.updateStrategy, at, &errors)
        case "Recreate" where profile.isEnabled(.statefulSetRecreateStrategy): onlyRolling(spec.updateStrategy, at, &errors)
        case "RollingUpdate":
            let rolling = spec.updateStrategy.rollingUpdate
            errors.nonnegative("\(at).rollingUpdate.partition", rolling?.partition)
            errors.nonnegativeOrPercent("\(at).rollingUpdate.maxUnavailable", rolling?.maxUnavailable)
            if let most = rolling?.maxUnavailable, isZero(most) {
                errors.invalid("\(at).rollingUpdate.maxUnavailable", most.json!, "cannot be 0")
            }
            errors.atMost100Percent("\(at).rollingUpdate.maxUnavailable", rolling?.maxUnavailable)
        default:
            errors.invalid(at, spec.updateStrategy.json ?? [:], "must be 'RollingUpdate' or 'OnDelete'")
        }
        if let policy = spec.persistentVolumeClaimRetentionPolicy {
            let at = "spec.persistentVolumeClaimRetentionPolicy"
            errors.oneOf("\(at).whenDeleted", policy.whenDeleted, ["Delete", "Retain"])
            errors.oneOf("\(at).whenScaled", policy.whenScaled, ["Delete", "Retain"])
        }
        errors.nonnegative("spec.replicas", spec.replicas)
        errors.nonnegative("spec.minReadySeconds", spec.minReadySeconds)
        errors.nonnegative("spec.ordinals.start", spec.ordinals?.start)
        errors.nonnegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit)
        selector(spec.selector, "empty selector is invalid for statefulset", &errors)
        if let selector = spec.selector, !isSelector(selector) {
            errors.invalid("spec.selector", selector.json ?? [:], "")
        } else {
            statefulSetTemplate(spec, profile, &errors)
        }
        guard profile.has(.statefulSetTemplatesValidated) else { return }
        for (i, claim) in spec.volumeClaimTemplates.enumerated() {
            persistentVolumeClaim(claim.spec, "spec.volumeClaimTemplates[\(i)].spec", profile, &errors)
        }
        if !spec.serviceName.isEmpty { errors.invalid("spec.serviceName", spec.serviceName, each: NameRules.subdomain(spec.serviceName)) }
    }

    /// Before 1.33 the pod spec of the template was not looked at: each pod is validated when it is made.
    private static func statefulSetTemplate(
        _ spec: StatefulSetSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        var own = spec.template
        mismatch(own, spec.selector, &errors)
        if profile.has(.statefulSetTemplatesValidated) {
            // Its mounts may name the claims of the set, which take the place of volumes of the same name.
            for claim in spec.volumeClaimTemplates where !own.spec.volumes.contains(where: { $0.name == claim.name }) {
                var volume = Volume()
                volume.name = claim.name
                volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource()
                volume.persistentVolumeClaim?.claimName = claim.name
                own.spec.volumes.append(volume)
            }
            template(own, "spec.template", profile, &errors)
        } else {
            labels("spec.template.labels", own.metadata.labels, &errors)
            annotations("spec.template.annotations", own.metadata.annotations, &errors)
        }
        alwaysRuns(own.spec.value, "StatefulSet", &errors)
    }

    static func statefulSetChange(
        _ new: StatefulSetSpec, _ old: StatefulSetSpec, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        statefulSet(new, profile, &errors)
        var same = new
        same.replicas = old.replicas
        same.ordinals = old.ordinals
        same.template = old.template
        same.updateStrategy = old.updateStrategy
        same.persistentVolumeClaimRetentionPolicy = old.persistentVolumeClaimRetentionPolicy
        same.minReadySeconds = old.minReadySeconds
        let history = profile.has(.statefulSetHistoryChanges)
        if history { same.revisionHistoryLimit = old.revisionHistoryLimit }
        if same != old {
            errors.forbidden(
                "spec",
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                    + "'updateStrategy', \(history ? "'revisionHistoryLimit', " : "")"
                    + "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
        }
    }
}
