// What kube-scheduler refuses in its configuration, in its words.

public import KubernetesAPI

extension SchedulerConfiguration {
    /// What is wrong with the configuration, in the words of kube-scheduler; empty if it can be used.
    ///
    /// - Source: Kubernetes `pkg/scheduler/apis/config/validation/validation{,_pluginargs}.go`.
    public func validate(for profile: KubernetesProfile) -> [FieldError] {
        var errors: [FieldError] = []
        if !apiVersion.isEmpty, apiVersion != "kubescheduler.config.k8s.io/v1" {
            errors.append(
                FieldError(
                    .notSupported, "apiVersion", value: quoted(apiVersion),
                    "supported values: \"kubescheduler.config.k8s.io/v1\""))
        }
        if !kind.isEmpty, kind != "KubeSchedulerConfiguration" {
            errors.append(
                FieldError(
                    .notSupported, "kind", value: quoted(kind),
                    "supported values: \"KubeSchedulerConfiguration\""))
        }
        if let parallelism, parallelism <= 0 {
            errors.append(
                FieldError(
                    .invalid, "parallelism", value: String(parallelism),
                    "should be an integer value greater than zero"))
        }
        var names: [String] = []
        for (i, written) in profiles.enumerated() {
            let path = "profiles[\(i)]"
            let name = written.schedulerName ?? "default-scheduler"
            if name.isEmpty { errors.append(FieldError(.required, path + ".schedulerName")) }
            if names.contains(name) {
                errors.append(FieldError(.duplicate, path + ".schedulerName", value: quoted(name)))
            }
            names.append(name)
            errors += percentage(written.percentageOfNodesToScore, path + ".percentageOfNodesToScore")
            errors += written.validate(path, profile)
        }
        errors += percentage(percentageOfNodesToScore, "percentageOfNodesToScore")
        let initial = podInitialBackoffSeconds ?? 1
        if initial <= 0 {
            errors.append(
                FieldError(
                    .invalid, "podInitialBackoffSeconds", value: String(initial), "must be greater than 0"))
        }
        if podMaxBackoffSeconds ?? 10 < initial {
            errors.append(
                FieldError(
                    .invalid, "podMaxBackoffSeconds", value: String(podMaxBackoffSeconds ?? 10),
                    "must be greater than or equal to PodInitialBackoffSeconds"))
        }
        return errors
    }

    private func percentage(_ value: Int?, _ path: String) -> [FieldError] {
        guard let value, !(0...100).contains(value) else { return [] }
        return [FieldError(.invalid, path, value: String(value), "not in valid range [0-100]")]
    }
}

private func quoted(_ text: String) -> String { "\"\(text)\"" }

extension SchedulerProfile {
    func validate(_ path: String, _ profile: KubernetesProfile) -> [FieldError] {
        var errors: [FieldError] = []
        let known = Set(PluginCatalog.plugins(profile).map(\.name.rawValue))
        let sets: [(name: String, set: SchedulerPluginSet)] =
            plugins.map {
                [
                    ("preEnqueue", $0.preEnqueue), ("queueSort", $0.queueSort), ("preFilter", $0.preFilter),
                    ("filter", $0.filter), ("postFilter", $0.postFilter), ("preScore", $0.preScore),
                    ("score", $0.score),
                    ("reserve", $0.reserve), ("permit", $0.permit), ("preBind", $0.preBind),
                    ("bind", $0.bind),
                    ("postBind", $0.postBind), ("multiPoint", $0.multiPoint),
                ]
            } ?? []
        for (point, set) in sets {
            for (i, plugin) in set.enabled.enumerated() where !known.contains(plugin.name) {
                errors.append(
                    FieldError(
                        .invalid, "\(path).plugins.\(point).enabled[\(i)]", value: quoted(plugin.name),
                        "\(point) plugin \(quoted(plugin.name)) does not exist"))
            }
        }
        var seen: [String] = []
        for (i, config) in pluginConfig.enumerated() {
            let place = "\(path).pluginConfig[\(i)]"
            if seen.contains(config.name) {
                errors.append(FieldError(.duplicate, place, value: quoted(config.name)))
            }
            seen.append(config.name)
            errors += config.validate(place + ".args", profile)
        }
        return errors
    }
}

extension SchedulerPluginConfig {
    func validate(_ path: String, _ profile: KubernetesProfile) -> [FieldError] {
        var decoder = APIDecoder()
        let args = args ?? [:]
        var errors: [FieldError] = []
        switch PluginName(rawValue: name) {
        case .podTopologySpread:
            if let spread = PodTopologySpreadArgs.decode(args, &decoder) { errors = spread.validate(path) }
        case .interPodAffinity:
            if let affinity = InterPodAffinityArgs.decode(args, &decoder),
                let weight = affinity.hardPodAffinityWeight,
                !(0...100).contains(weight)
            {
                errors.append(
                    FieldError(
                        .invalid, path + ".hardPodAffinityWeight", value: String(weight),
                        "not in valid range [0, 100]"))
            }
        case .volumeBinding:
            if let binding = VolumeBindingArgs.decode(args, &decoder) { errors = binding.validate(path, profile) }
        case .defaultPreemption:
            if let preemption = DefaultPreemptionArgs.decode(args, &decoder) {
                errors = preemption.validate(path)
            }
        case .nodeResourcesFit: if let fit = NodeResourcesFitArgs.decode(args, &decoder) { errors = fit.validate(path) }
        case .nodeResourcesBalancedAllocation:
            if let balanced = NodeResourcesBalancedAllocationArgs.decode(args, &decoder) { errors = balanced.validate(path) }
        case .nodeAffinity: if let affinity = NodeAffinityArgs.decode(args, &decoder) { errors = affinity.validate(path) }
        default: break
        }
        return decoder.problems.map { FieldError(.invalid, path + "." + $0.path, $0.message) } + errors
    }
}

extension VolumeBindingArgs {
    func validate(_ path: String, _ profile: KubernetesProfile) -> [FieldError] {
        var errors: [FieldError] = []
        if !shape.isEmpty, !profile.isEnabled(.storageCapacityScoring) {
            errors.append(
                FieldError(.invalid, path + ".shape", value: "\(shape.count) points", "unexpected field `shape`, feature StorageCapacityScoring is disabled"))
        }
        return errors + shapeErrors(shape, path + ".shape")
    }
}

/// What is wrong with a line that turns use into a score.
private func shapeErrors(_ shape: [UtilizationPoint], _ path: String) -> [FieldError] {
    var errors: [FieldError] = []
    for (i, point) in shape.enumerated() {
        let place = "\(path)[\(i)]"
        if !(0...100).contains(point.utilization) {
            errors.append(FieldError(.invalid, place + ".utilization", value: String(point.utilization), "not in valid range [0-100]"))
        }
        if i > 0, point.utilization <= shape[i - 1].utilization {
            errors.append(
                FieldError(.invalid, place + ".utilization", value: String(point.utilization), "utilization values must be sorted in increasing order"))
        }
        if !(0...10).contains(point.score) {
            errors.append(FieldError(.invalid, place + ".score", value: String(point.score), "not in valid range [0-10]"))
        }
    }
    return errors
}

extension NodeResourcesFitArgs {
    func validate(_ path: String) -> [FieldError] {
        var errors: [FieldError] = []
        for (i, name) in ignoredResources.enumerated() {
            errors += NameRules.qualifiedName(name).map { FieldError(.invalid, path + ".ignoredResources[\(i)]", value: quoted(name), $0) }
        }
        for (i, group) in ignoredResourceGroups.enumerated() {
            let place = path + ".ignoredResourceGroups[\(i)]"
            if group.contains("/") { errors.append(FieldError(.invalid, place, value: quoted(group), "resource group name can't contain '/'")) }
            errors += NameRules.qualifiedName(group).map { FieldError(.invalid, place, value: quoted(group), $0) }
        }
        guard let strategy = scoringStrategy else { return errors }
        let place = path + ".scoringStrategy"
        let types = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]
        if !types.contains(strategy.type) {
            let list = types.map(quoted).joined(separator: ", ")
            errors.append(FieldError(.notSupported, place + ".type", value: quoted(strategy.type), "supported values: \(list)"))
        }
        for (i, resource) in strategy.resources.enumerated() where !(0...100).contains(resource.weight) {
            errors.append(
                FieldError(
                    .invalid, "\(place).resources[\(i)].weight", value: String(resource.weight),
                    "resource weight of \(resource.name) not in valid range (0, 100]"))
        }
        if let ratio = strategy.requestedToCapacityRatio {
            if ratio.shape.isEmpty { errors.append(FieldError(.required, place + ".shape", "at least one point must be specified")) }
            errors += shapeErrors(ratio.shape, place + ".shape")
        } else if strategy.type == "RequestedToCapacityRatio" {
            errors.append(FieldError(.required, place + ".shape", "at least one point must be specified"))
        }
        return errors
    }
}

extension NodeResourcesBalancedAllocationArgs {
    func validate(_ path: String) -> [FieldError] {
        var errors: [FieldError] = []
        for (i, resource) in resources.enumerated() {
            let place = "\(path).resources[\(i)]"
            if resources[..<i].contains(where: { $0.name == resource.name }) {
                errors.append(FieldError(.duplicate, place + ".name", value: quoted(resource.name)))
            }
            if ![0, 1].contains(resource.weight) {
                errors.append(FieldError(.invalid, place + ".weight", value: String(resource.weight), "resource weight of \(resource.name) should be 1"))
            }
        }
        return errors
    }
}

extension NodeAffinityArgs {
    func validate(_ path: String) -> [FieldError] {
        guard let added = addedAffinity, added.required?.nodeSelectorTerms.isEmpty ?? true, added.preferred.isEmpty else { return [] }
        return [FieldError(.required, path + ".addedAffinity", "at least one of required or preferred must be set")]
    }
}

extension PodTopologySpreadArgs {
    func validate(_ path: String) -> [FieldError] {
        var errors: [FieldError] = []
        if !["", "System", "List"].contains(defaultingType) {
            errors.append(
                FieldError(
                    .notSupported, path + ".defaultingType", value: quoted(defaultingType),
                    "supported values: \"System\", \"List\""))
        }
        if ["", "System"].contains(defaultingType), !defaultConstraints.isEmpty {
            errors.append(
                FieldError(
                    .invalid, path + ".defaultingType", value: quoted("System"),
                    "when .defaultConstraints are not empty"))
        }
        for (i, constraint) in defaultConstraints.enumerated() {
            let place = path + ".defaultConstraints[\(i)]"
            if constraint.maxSkew <= 0 {
                errors.append(
                    FieldError(
                        .invalid, place + ".maxSkew", value: String(constraint.maxSkew),
                        "not in valid range (0, inf)"))
            }
            if constraint.topologyKey.isEmpty {
                errors.append(FieldError(.required, place + ".topologyKey", "can not be empty"))
            }
            let action = constraint.whenUnsatisfiable
            if action.isEmpty {
                errors.append(FieldError(.required, place + ".whenUnsatisfiable", "can not be empty"))
            } else if action != "DoNotSchedule", action != "ScheduleAnyway" {
                errors.append(
                    FieldError(
                        .notSupported, place + ".whenUnsatisfiable", value: quoted(action),
                        "supported values: \"DoNotSchedule\", \"ScheduleAnyway\""))
            }
            if constraint.labelSelector != nil {
                errors.append(
                    FieldError(
                        .forbidden, place + ".labelSelector",
                        "constraint must not define a selector, as they deduced for each pod"))
            }
            let later = defaultConstraints[(i + 1)...]
            if later.contains(where: {
                $0.topologyKey == constraint.topologyKey && $0.whenUnsatisfiable == action
            }) {
                errors.append(
                    FieldError(
                        .duplicate, place + ".{topologyKey, whenUnsatisfiable}",
                        value: quoted("{\(constraint.topologyKey), \(action)}")))
            }
        }
        return errors
    }
}

extension DefaultPreemptionArgs {
    func validate(_ path: String) -> [FieldError] {
        var errors: [FieldError] = []
        let percentage = minCandidateNodesPercentage ?? 10
        let absolute = minCandidateNodesAbsolute ?? 100
        if !(0...100).contains(percentage) {
            errors.append(
                FieldError(
                    .invalid, path + ".minCandidateNodesPercentage", value: String(percentage),
                    "not in valid range [0, 100]"))
        }
        if absolute < 0 {
            errors.append(
                FieldError(
                    .invalid, path + ".minCandidateNodesAbsolute", value: String(absolute),
                    "not in valid range [0, inf)"))
        }
        if percentage == 0 && absolute == 0 {
            errors.append(
                FieldError(
                    .invalid, path + ".minCandidateNodesPercentage", value: String(percentage),
                    "cannot be zero at the same time as minCandidateNodesAbsolute"))
            errors.append(
                FieldError(
                    .invalid, path + ".minCandidateNodesAbsolute", value: String(absolute),
                    "cannot be zero at the same time as minCandidateNodesPercentage"))
        }
        return errors
    }
}
