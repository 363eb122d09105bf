// What may change of a pod that exists.
extension Validation {
    static func podChange(_ new: Pod, _ old: Pod, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        // Most updates are about labels and owners alone.
        if new.spec.identity == old.spec.identity, new.nodeName == old.nodeName { return }
        let (spec, before) = (new.spec.value, old.spec.value)
        podContent(profile.has(.escalationJudgedAtCreation) ? new.withoutSysAdminRule : new, profile, &errors)
        if spec.containers.count != before.containers.count {
            return errors.forbidden("spec.containers", "pod updates may not add or remove containers")
        }
        if spec.initContainers.count != before.initContainers.count {
            return errors.forbidden("spec.initContainers", "pod updates may not add or remove containers")
        }
        images(spec.containers, "spec.containers", &errors)
        images(spec.initContainers, "spec.initContainers", &errors)
        let count = errors.count
        activeDeadline(spec, before, &errors)
        if errors.count > count, spec.activeDeadlineSeconds != nil { return }
        addedTolerations(spec.tolerations, before.tolerations, profile, &errors)
        removedGates(new, old, &errors)
        if !before.schedulingGates.isEmpty { nodeRules(spec, before, &errors) }
        var wanted = new
        wanted.spec = Shared(allowed(spec, over: before, isGated: !before.schedulingGates.isEmpty, profile))
        if wanted.spec.value != before || new.nodeName != old.nodeName {
            let difference = InternalForm.podDifference(old.document["spec"] ?? [:], wanted.document["spec"] ?? [:])
            errors.forbidden("spec", mayNotChange(profile) + "\n" + difference)
        }
    }

    private static func mayNotChange(_ profile: KubernetesProfile) -> String {
        var text =
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
            + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
            + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
        if resizesByUpdate(profile) { text += ",`spec.containers[*].resources` (for CPU/memory only)" }
        return text
    }

    /// Before the `resize` subresource, an ordinary update resized.
    private static func resizesByUpdate(_ profile: KubernetesProfile) -> Bool {
        profile.isEnabled(.inPlacePodVerticalScaling) && !profile.resizeUsesSubresource
    }

    private static func images(_ containers: [Container], _ at: String, _ errors: inout [FieldError]) {
        for (i, container) in containers.enumerated() {
            if container.image.isEmpty { errors.required("\(at)[\(i)].image") }
            imageWithoutSpaces(container, "\(at)[\(i)]", &errors)
        }
    }

    private static func activeDeadline(_ spec: PodSpec, _ old: PodSpec, _ errors: inout [FieldError]) {
        let field = "spec.activeDeadlineSeconds"
        switch (spec.activeDeadlineSeconds, old.activeDeadlineSeconds) {
        case (let new?, _) where !(0...2_147_483_647).contains(new):
            errors.invalid(field, new, "must be between 0 and 2147483647, inclusive")
        case (let new?, let before?) where new > before:
            errors.invalid(field, new, "must be less than or equal to previous value")
        case (nil, .some):
            errors.invalid(field, .null, "must not update from a positive integer to nil value")
        default: break
        }
    }

    private static func addedTolerations(
        _ new: [Toleration], _ old: [Toleration], _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        if new == old { return }
        for before in old {
            let kept = new.contains {
                var same = before
                same.tolerationSeconds = $0.tolerationSeconds
                return same == $0
            }
            if !kept {
                errors.forbidden(
                    "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"
                )
                return
            }
        }
        tolerations(new, "spec.tolerations", profile, &errors)
    }

    private static func removedGates(_ new: Pod, _ old: Pod, _ errors: inout [FieldError]) {
        for (i, gate) in new.spec.schedulingGates.enumerated() where !old.spec.schedulingGates.contains(gate) {
            errors.forbidden(
                "spec.schedulingGates[\(i)].name",
                "only deletion is allowed, but found new scheduling gate '\(gate.name)'")
        }
        if !old.spec.schedulingGates.isEmpty, !new.nodeName.isEmpty {
            errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
        }
    }

    /// `spec` with everything that may change put back as it was.
    private static func allowed(
        _ spec: PodSpec, over old: PodSpec, isGated: Bool, _ profile: KubernetesProfile
    ) -> PodSpec {
        var spec = spec
        for i in spec.containers.indices {
            spec.containers[i].image = old.containers[i].image
            if resizesByUpdate(profile) {
                putBack(&spec.containers[i].resources.requests, old.containers[i].resources.requests)
                putBack(&spec.containers[i].resources.limits, old.containers[i].resources.limits)
            }
        }
        for i in spec.initContainers.indices { spec.initContainers[i].image = old.initContainers[i].image }
        spec.activeDeadlineSeconds = old.activeDeadlineSeconds
        spec.tolerations = old.tolerations
        if spec.terminationGracePeriodSeconds == 1, (old.terminationGracePeriodSeconds ?? 0) < 0 {
            spec.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds
        }
        spec.schedulingGates = old.schedulingGates
        if isGated {
            spec.nodeSelector = old.nodeSelector
            if spec.affinity?.podAffinity == nil, spec.affinity?.podAntiAffinity == nil, old.affinity == nil {
                spec.affinity = nil
            } else {
                spec.affinity = spec.affinity ?? Affinity()
                spec.affinity?.nodeAffinity = old.affinity?.nodeAffinity
            }
        }
        return spec
    }

    private static func putBack(_ list: inout ResourceList, _ old: ResourceList) {
        for name in ["cpu", "memory"] { list[name] = old[name] }
    }

    /// A gated pod's node rules may only be tightened: labels added, and requirements added to each term.
    private static func nodeRules(_ spec: PodSpec, _ old: PodSpec, _ errors: inout [FieldError]) {
        if !old.nodeSelector.entries.allSatisfy({ spec.nodeSelector[$0.key] == $0.value }) {
            errors.invalid(
                "spec.nodeSelector", spec.nodeSelector.json ?? [:],
                "only additions to spec.nodeSelector are allowed (no mutations or deletions)")
        }
        guard spec.affinity?.nodeAffinity != old.affinity?.nodeAffinity, let before = old.affinity?.nodeAffinity?.required else { return }
        let at = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
        let terms = spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms ?? []
        if !before.nodeSelectorTerms.isEmpty, terms.count != before.nodeSelectorTerms.count {
            return errors.invalid(
                at, terms.json ?? [], "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
        }
        for (i, (new, old)) in zip(terms, before.nodeSelectorTerms).enumerated() {
            let grows =
                old.matchExpressions.isEmpty && old.matchFields.isEmpty
                ? new == old
                : new.matchExpressions.starts(with: old.matchExpressions) && new.matchFields.starts(with: old.matchFields)
            if !grows { errors.invalid("\(at)[\(i)]", new.json ?? [:], "only additions are allowed (no mutations or deletions)") }
        }
    }
}

extension Pod {
    /// The pod as an update of it is judged: that `allowPrivilegeEscalation: false` does not go with CAP_SYS_ADMIN is asked of new pods alone.
    fileprivate var withoutSysAdminRule: Pod {
        var pod = self
        func relax(_ container: inout Container) {
            guard container.securityContext?["allowPrivilegeEscalation"] == false, container.securityContext?["privileged"] != true else { return }
            container.securityContext?["allowPrivilegeEscalation"] = nil
        }
        for i in spec.containers.indices { relax(&pod.spec.containers[i]) }
        for i in spec.initContainers.indices { relax(&pod.spec.initContainers[i]) }
        return pod
    }
}
