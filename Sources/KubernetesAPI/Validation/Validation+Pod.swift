// Pods and pod templates.
extension Validation {
    static func pod(_ pod: Pod, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        podSpec(pod.spec.value, nodeName: pod.nodeName, "spec", profile, &errors)
        if !pod.spec.schedulingGates.isEmpty, !pod.nodeName.isEmpty {
            errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
        }
    }

    static func template(
        _ template: PodTemplateSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        labels("\(at).labels", template.metadata.labels, &errors)
        annotations("\(at).annotations", template.metadata.annotations, &errors)
        podSpec(template.spec.value, nodeName: template.nodeName, "\(at).spec", profile, &errors)
    }

    static func podSpec(
        _ spec: PodSpec, nodeName: String, _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        let names = volumes(spec.volumes, "\(at).volumes", &errors)
        containers(spec, names, at, profile, &errors)
        initContainers(spec, names, at, profile, &errors)
        if let resources = spec.resources { podResources(resources, spec, "\(at).resources", &errors) }
        errors.oneOf("\(at).restartPolicy", spec.restartPolicy, ["Always", "OnFailure", "Never"])
        errors.oneOf(
            "\(at).dnsPolicy", spec.dnsPolicy, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
        labels("\(at).nodeSelector", spec.nodeSelector, &errors)
        if spec.hostNetwork { hostNetworkPorts(spec, at, &errors) }
        for (i, secret) in spec.imagePullSecrets.enumerated() where secret.name.isEmpty {
            errors.required("\(at).imagePullSecrets[\(i)].name")
        }
        if let own = spec.affinity { affinity(own, "\(at).affinity", profile, &errors) }
        for (i, gate) in spec.readinessGates.enumerated() {
            errors.invalid(
                "\(at).readinessGates[\(i)].conditionType", gate.conditionType,
                each: NameRules.qualifiedName(gate.conditionType))
        }
        schedulingGates(spec.schedulingGates, "\(at).schedulingGates", &errors)
        topologySpreadConstraints(
            spec.topologySpreadConstraints, "\(at).topologySpreadConstraints", profile, &errors)
        name(spec.serviceAccountName, "\(at).serviceAccountName", NameRules.subdomain, &errors)
        name(nodeName, "\(at).nodeName", NameRules.subdomain, &errors)
        if let seconds = spec.activeDeadlineSeconds, !(1...2_147_483_647).contains(seconds) {
            errors.invalid(
                "\(at).activeDeadlineSeconds", seconds, "must be between 1 and 2147483647, inclusive")
        }
        name(spec.hostname, "\(at).hostname", NameRules.label, &errors)
        name(spec.subdomain, "\(at).subdomain", NameRules.label, &errors)
        tolerations(spec.tolerations, "\(at).tolerations", profile, &errors)
        name(spec.priorityClassName, "\(at).priorityClassName", NameRules.subdomain, &errors)
        name(spec.runtimeClassName ?? "", "\(at).runtimeClassName", NameRules.subdomain, &errors)
        if let policy = spec.preemptionPolicy {
            errors.oneOf("\(at).preemptionPolicy", policy, ["Never", "PreemptLowerPriority"])
        }
        resourceList(spec.overhead, "\(at).overhead", &errors)
        if let os = spec.os { errors.oneOf("\(at).os.name", os.name, ["linux", "windows"]) }
    }

    /// Refuses a name that is set and breaks `rule`.
    private static func name(
        _ value: String, _ at: String, _ rule: (String) -> [String], _ errors: inout [FieldError]
    ) {
        if !value.isEmpty { errors.invalid(at, value, each: rule(value)) }
    }

    private static func hostNetworkPorts(_ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        for (i, container) in spec.containers.enumerated() {
            for (j, port) in container.ports.enumerated()
            where port.hostPort != 0 && port.hostPort != port.containerPort {
                errors.invalid(
                    "\(at).containers[\(i)].ports[\(j)].containerPort", port.containerPort,
                    "must match `hostPort` when `hostNetwork` is true")
            }
        }
    }

    private static func schedulingGates(
        _ gates: [PodSchedulingGate], _ at: String, _ errors: inout [FieldError]
    ) {
        for (i, gate) in gates.enumerated() {
            errors.invalid("\(at)[\(i)]", gate.name, each: NameRules.qualifiedName(gate.name))
            if gates[..<i].contains(gate) { errors.duplicate("\(at)[\(i)]", .string(gate.name)) }
        }
    }
}
