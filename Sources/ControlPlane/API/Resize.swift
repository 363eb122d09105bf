import KubernetesAPI
import SimulationKit

/// New CPU and memory of one container, or of the pod as a whole; what is not named stays.
public struct ContainerResize: Sendable, Equatable {
    /// In place of a container's name: the resources of the pod as a whole (`spec.resources`).
    public static let wholePod = "*"
    public var name: String
    public var requests: ResourceList
    public var limits: ResourceList
    public init(_ name: String, requests: ResourceList = [:], limits: ResourceList = [:]) {
        (self.name, self.requests, self.limits) = (name, requests, limits)
    }
}

extension Cluster {
    /// Changes CPU and memory of a running pod's containers, as a patch of the subresource `resize` does; up to
    /// 1.31 as a patch of the pod itself. The kubelet decides afterwards.
    ///
    /// - Returns: the pod as written; unchanged if nothing differs.
    /// - Throws: what the API server would refuse: 404, 422 or 403; the pod is as it was then.
    @discardableResult
    public mutating func resize(pod key: ObjectKey, containers: [ContainerResize]) throws(APIError) -> Pod {
        try resize(patched(key, containers))
    }

    /// Replaces the resources of a pod's containers by those of `pod`, as `PUT …/pods/NAME/resize` does: other
    /// changes are dropped. Leaving a request or limit out is an attempt to remove it.
    @discardableResult
    public mutating func resize(_ pod: Pod) throws(APIError) -> Pod {
        var (new, old) = try checkedResize(pod)
        if new == old { return old }
        note(&new, over: old)
        return store.replace(new, at: now)
    }

    func patched(_ key: ObjectKey, _ containers: [ContainerResize]) throws(APIError) -> Pod {
        guard var pod = store.pods[key] else { throw .notFound(Kind.pod.info, key.name) }
        func apply(_ change: ContainerResize, _ container: inout Container) {
            container.resources.requests = container.resources.requests.merging(change.requests)
            container.resources.limits = container.resources.limits.merging(change.limits)
        }
        for change in containers {
            if change.name == ContainerResize.wholePod {
                var resources = pod.spec.resources ?? ResourceRequirements()
                resources.requests = resources.requests.merging(change.requests)
                resources.limits = resources.limits.merging(change.limits)
                pod.spec.resources = resources
            } else if let i = pod.spec.containers.firstIndex(where: { $0.name == change.name }) {
                apply(change, &pod.spec.containers[i])
            } else if let i = pod.spec.initContainers.firstIndex(where: { $0.name == change.name }) {
                apply(change, &pod.spec.initContainers[i])
            } else {
                // A patch of an unknown container would add one.
                throw .invalid(
                    Kind.pod.info, key.name,
                    [
                        FieldError(
                            .forbidden, "spec.containers", "containers may not be added or removed on resize")
                    ])
            }
        }
        return pod
    }

    /// The pod as it would be written and as it is, after all checks.
    func checkedResize(_ wanted: Pod) throws(APIError) -> (new: Pod, old: Pod) {
        let info = Kind.pod.info
        guard let old = store.pods[wanted.key] else { throw .notFound(info, wanted.name) }
        if wanted.metadata.resourceVersion != 0,
            wanted.metadata.resourceVersion != old.metadata.resourceVersion
        {
            throw .conflict(
                info, wanted.name,
                "the object has been modified; please apply your changes to the latest version and try again")
        }
        let errors =
            profile.resizeReportsConditions ? resizeErrors(wanted, old: old) : updateErrors(wanted, old: old)
        if !errors.isEmpty { throw .invalid(info, old.name, errors) }
        var new = old
        for i in wanted.spec.containers.indices {
            new.spec.containers[i].resources = wanted.spec.containers[i].resources
        }
        for i in wanted.spec.initContainers.indices {
            new.spec.initContainers[i].resources = wanted.spec.initContainers[i].resources
        }
        if profile.isEnabled(.podLevelResources) { new.spec.resources = wanted.spec.resources }
        if new.spec == old.spec { return (old, old) }
        new.metadata.generation += 1
        try requireWithinLimitRanges(new)
        if let refusal = featureRefusal(new, old: old) ?? sizeRefusal(new) { throw refusal }
        try requireQuota(for: new, replacing: old)
        if !profile.resizeReportsConditions, requestsDifferFromAllocated(new) {
            new.status.resize = "Proposed"
        }
        return (new, old)
    }

    // MARK: Checks, 1.33 and later

    /// - Source: Kubernetes v1.36.2 `pkg/apis/core/validation/validation.go`, `ValidatePodResize`.
    private func resizeErrors(_ new: Pod, old: Pod) -> [FieldError] {
        if !profile.isEnabled(.inPlacePodVerticalScaling) { return updateErrors(new, old: old) }
        if old.metadata.annotations[AnnotationKey.mirrorPod] != nil {
            return [FieldError(.forbidden, "[]", "static pods cannot be resized")]
        }
        if old.spec.os?.name == "windows" {
            return [FieldError(.forbidden, "[]", "windows pods cannot be resized")]
        }
        if old.spec.resourceClaims != nil, old.status.value.hasNodeAllocatableClaims {
            return [
                FieldError(.forbidden, "spec", "pods with node allocatable resource claims cannot be resized")
            ]
        }
        var errors: [FieldError] = []
        if new.spec.value.qosClass(profile) != old.status.qosClass, old.status.qosClass != .unset {
            errors.append(
                FieldError(
                    .invalid, "spec", value: "\"\(old.status.qosClass.rawValue)\"",
                    "Pod QOS Class may not change as a result of resizing"))
        }
        if let running = old.status.containerStatuses.first(where: { $0.state.running != nil }),
            running.resources == nil
        {
            errors.append(FieldError(.forbidden, "spec", "Pod running on node without support for resize"))
        }
        let lists = [
            ("spec.containers", new.spec.containers, old.spec.containers),
            ("spec.initContainers", new.spec.initContainers, old.spec.initContainers),
        ]
        for (path, wanted, present) in lists {
            if wanted.count != present.count {
                let what = path == "spec.containers" ? "containers" : "initContainers"
                return errors + [
                    FieldError(.forbidden, path, "\(what) may not be added or removed on resize")
                ]
            }
            for i in wanted.indices where wanted[i].name != present[i].name {
                let what = path == "spec.containers" ? "containers" : "initContainers"
                return errors + [
                    FieldError(
                        .forbidden, "\(path)[\(i)].name", "\(what) may not be renamed or reordered on resize")
                ]
            }
            for i in wanted.indices {
                errors += containerErrors(wanted[i], present[i], "\(path)[\(i)]", path)
            }
        }
        errors += podLevelErrors(new, old: old)
        if !onlyCPUAndMemoryChanged(new.spec.value, old.spec.value) {
            errors.append(FieldError(.forbidden, "spec", "only cpu and memory resources are mutable"))
        }
        return errors
    }

    private func containerErrors(_ new: Container, _ old: Container, _ path: String, _ list: String)
        -> [FieldError]
    {
        var errors: [FieldError] = []
        let (requests, limits) = ("\(path).resources.requests", "\(path).resources.limits")
        if old.resources.requests.keys.contains(where: { new.resources.requests[$0] == nil }) {
            errors.append(FieldError(.forbidden, requests, "resource requests cannot be removed"))
        }
        if old.resources.limits.keys.contains(where: { new.resources.limits[$0] == nil }) {
            errors.append(FieldError(.forbidden, limits, "resource limits cannot be removed"))
        }
        for (field, list) in [(limits, new.resources.limits), (requests, new.resources.requests)] {
            for (name, quantity) in list.entries where quantity < .zero {
                errors.append(
                    FieldError(
                        .invalid, "\(field)[\(name)]", value: "\"\(quantity)\"",
                        "must be greater than or equal to 0"))
            }
        }
        for (name, request) in new.resources.requests.entries {
            if let limit = new.resources.limits[name], request > limit {
                errors.append(
                    FieldError(
                        .invalid, requests, value: "\"\(request)\"",
                        "must be less than or equal to \(name) limit of \(limit)"))
            }
        }
        let changed =
            new.resources.requests != old.resources.requests || new.resources.limits != old.resources.limits
        if changed, list == "spec.initContainers", !old.isSidecar {
            if !profile.isEnabled(.inPlacePodVerticalScalingInitContainers) {
                errors.append(
                    FieldError(.forbidden, path, "resources for non-sidecar init containers are immutable"))
            } else if old.resizePolicy.contains(where: { $0.restartPolicy == "RestartContainer" }) {
                errors.append(
                    FieldError(
                        .forbidden, path,
                        "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"
                    ))
            }
        }
        if !profile.memoryLimitCanShrinkInPlace, let before = old.resources.limits["memory"],
            let after = new.resources.limits["memory"], after < before,
            !old.resizePolicy.contains(where: {
                $0.resourceName == "memory" && $0.restartPolicy == "RestartContainer"
            })
        {
            errors.append(
                FieldError(
                    .forbidden, limits,
                    "memory limits cannot be decreased unless resizePolicy is RestartContainer"))
        }
        return errors
    }

    private func podLevelErrors(_ new: Pod, old: Pod) -> [FieldError] {
        guard let present = old.spec.resources else {
            guard new.spec.resources != nil, profile.isEnabled(.podLevelResources) else { return [] }
            return [FieldError(.forbidden, "spec.resources", "only cpu and memory resources are mutable")]
        }
        if !profile.isEnabled(.inPlacePodLevelResourcesVerticalScaling), new.spec.resources != present {
            return [FieldError(.forbidden, "spec.resources", "pod-level resources are immutable")]
        }
        guard let wanted = new.spec.resources else {
            return [FieldError(.forbidden, "spec.resources", "pod-level resources cannot be removed")]
        }
        var errors: [FieldError] = []
        if present.requests.keys.contains(where: { wanted.requests[$0] == nil }) {
            errors.append(
                FieldError(
                    .forbidden, "spec.resources.requests", "pod-level resource requests cannot be removed"))
        }
        if present.limits.keys.contains(where: { wanted.limits[$0] == nil }) {
            errors.append(
                FieldError(.forbidden, "spec.resources.limits", "pod-level resource limits cannot be removed")
            )
        }
        if !sameBesidesCPUAndMemory(wanted, present) {
            errors.append(
                FieldError(
                    .forbidden, "spec.resources", "only cpu and memory resources are mutable at pod-level"))
        }
        return errors
    }

    private func sameBesidesCPUAndMemory(_ a: ResourceRequirements, _ b: ResourceRequirements) -> Bool {
        func rest(_ resources: ResourceRequirements) -> ResourceRequirements {
            var resources = resources
            for name in ["cpu", "memory"] {
                resources.requests[name] = nil
                resources.limits[name] = nil
            }
            return resources
        }
        return rest(a) == rest(b)
    }

    private func onlyCPUAndMemoryChanged(_ new: PodSpec, _ old: PodSpec) -> Bool {
        zip(new.containers + new.initContainers, old.containers + old.initContainers).allSatisfy {
            sameBesidesCPUAndMemory($0.resources, $1.resources) && $0.resizePolicy == $1.resizePolicy
        }
    }

    /// What the admission plugin `NodeDeclaredFeatureValidator` says.
    /// - Source: Kubernetes v1.37 `plugin/pkg/admission/nodedeclaredfeatures`.
    private func featureRefusal(_ new: Pod, old: Pod) -> APIError? {
        guard !new.nodeName.isEmpty else { return nil }
        let needed = NodeFeature.needed(toChange: old.spec.value, to: new.spec.value, profile)
        if needed.isEmpty { return nil }
        let info = Kind.pod.info
        guard let node = store.nodes[ObjectKey(name: new.nodeName)] else { return .forbidden(info, new.name, "node \"\(new.nodeName)\" not found") }
        let missing = node.status.value.missing(needed)
        if missing.isEmpty { return nil }
        let names = missing.map(\.rawValue).joined(separator: ", ")
        return .forbidden(info, new.name, "pod update requires features \(names) which are not available on node \"\(node.name)\"")
    }

    /// What the admission plugin `PodResizeValidator` says (1.36).
    /// - Source: Kubernetes v1.36.2 `plugin/pkg/admission/podresize`.
    private func sizeRefusal(_ pod: Pod) -> APIError? {
        guard profile.resizeBeyondNodeIsRefused, !pod.nodeName.isEmpty else { return nil }
        let info = Kind.pod.info
        guard let node = store.nodes[ObjectKey(name: pod.nodeName)] else { return .forbidden(info, pod.name, "node \"\(pod.nodeName)\" not found") }
        if let os = node.metadata.labels[LabelKey.os], os != "linux" {
            let why = "pod resize is only supported on linux nodes, node \"\(node.name)\" is \"\(os)\""
            return .forbidden(
                info, pod.name, why, causes: [.init(reason: "UnsupportedPlatform", message: why)])
        }
        let allocatable = Resources(node.status.allocatable)
        let wanted = pod.requests(RequestRules(pending: profile))
        var parts: [String] = []
        for name in ["cpu", "memory"] where wanted[name] > allocatable[name] {
            parts.append("\(name), requested: \(wanted[name]), allocatable: \(allocatable[name])")
        }
        if parts.isEmpty { return nil }
        let why = "node didn't have enough allocatable resources: \(parts.joined(separator: "; "))"
        return .forbidden(info, pod.name, why, causes: [.init(reason: "NodeCapacity", message: why)])
    }

    // MARK: Checks, up to 1.32

    /// - Source: Kubernetes v1.27.16 `pkg/apis/core/validation/validation.go`, `ValidatePodUpdate`.
    private func updateErrors(_ new: Pod, old: Pod) -> [FieldError] {
        let (wanted, present) = (new.spec.value, old.spec.value)
        let resources = wanted.containers.map(\.resources) == present.containers.map(\.resources)
        let others =
            wanted.initContainers.map(\.resources) == present.initContainers.map(\.resources)
            && wanted.containers.map(\.resizePolicy) == present.containers.map(\.resizePolicy)
        if resources && others { return [] }
        guard profile.isEnabled(.inPlacePodVerticalScaling), others, onlyCPUAndMemoryChanged(wanted, present)
        else {
            return [
                FieldError(
                    .forbidden, "spec",
                    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
                        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
                        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
                        + (profile.isEnabled(.inPlacePodVerticalScaling)
                            ? ",`spec.containers[*].resources` (for CPU/memory only)" : ""))
            ]
        }
        let qos = wanted.qosClass(profile)
        if qos != old.status.qosClass, old.status.qosClass != .unset {
            return [FieldError(.invalid, "metadata", value: "\"\(qos.rawValue)\"", "Pod QoS is immutable")]
        }
        return wanted.containers.indices.flatMap { i in
            wanted.containers[i].resources.requests.entries.compactMap { name, request in
                guard let limit = wanted.containers[i].resources.limits[name], request > limit else {
                    return nil
                }
                return FieldError(
                    .invalid, "spec.containers[\(i)].resources.requests", value: "\"\(request)\"",
                    "must be less than or equal to \(name) limit")
            }
        }
    }

    private func requestsDifferFromAllocated(_ pod: Pod) -> Bool {
        pod.spec.containers.contains { container in
            guard let status = pod.status.containerStatuses.first(where: { $0.name == container.name }) else {
                return false
            }
            return ["cpu", "memory"].contains {
                container.resources.requests[$0] != status.allocatedResources[$0]
            }
        }
    }
}

extension PodStatus {
    /// Claims that count against the node's allocatable are named in `extendedResourceClaimStatus`.
    fileprivate var hasNodeAllocatableClaims: Bool { extendedResourceClaimStatus != nil }
}
