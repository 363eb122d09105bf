// Pods and pod templates.
extension Validation {
    static func pod(_ pod: Pod, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        podContent(pod, profile, &errors)
        if pod.spec.ephemeralContainers?.array?.isEmpty == false {
            errors.forbidden("spec.ephemeralContainers", "cannot be set on create")
        }
        if !pod.spec.schedulingGates.isEmpty, !pod.nodeName.isEmpty {
            errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
        }
    }

    /// What holds for a pod whenever it is written.
    static func podContent(_ pod: Pod, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        let spec = pod.spec.value
        podAnnotations(pod.metadata.annotations, spec, nodeName: pod.nodeName, "metadata.annotations", profile, &errors)
        podSpec(spec, podName: pod.metadata.name, nodeName: pod.nodeName, isPod: true, "spec", profile, &errors)
        if spec.serviceAccountName.isEmpty {
            for (i, volume) in spec.volumes.enumerated() {
                for (j, source) in (volume.projected?.sources ?? []).enumerated() where source.serviceAccountToken != nil {
                    errors.forbidden(
                        "spec.volumes[\(i)].projected.sources[\(j)].serviceAccountToken",
                        "must not be specified when serviceAccountName is not set")
                }
            }
        }
        for (i, it) in spec.containers.enumerated() { imageWithoutSpaces(it, "spec.containers[\(i)]", &errors) }
        for (i, it) in spec.initContainers.enumerated() { imageWithoutSpaces(it, "spec.initContainers[\(i)]", &errors) }
    }

    static func template(
        _ template: PodTemplateSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        labels("\(at).labels", template.metadata.labels, &errors)
        annotations("\(at).annotations", template.metadata.annotations, &errors)
        let spec = template.spec.value
        podAnnotations(template.metadata.annotations, spec, nodeName: template.nodeName, "\(at).annotations", profile, &errors)
        podSpec(spec, podName: "", nodeName: template.nodeName, isPod: false, "\(at).spec", profile, &errors)
        if spec.ephemeralContainers?.array?.isEmpty == false {
            errors.forbidden("\(at).spec.ephemeralContainers", "ephemeral containers not allowed in pod template")
        }
    }

    /// Annotations that have a meaning for pods.
    static func podAnnotations(
        _ annotations: StringMap<String>, _ spec: PodSpec, nodeName: String, _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        if annotations.isEmpty { return }
        if let value = annotations[AnnotationKey.mirrorPod], nodeName.isEmpty {
            errors.invalid(
                "\(at)[kubernetes.io/config.mirror]", .string(value), "must set spec.nodeName if mirror pod annotation is set")
        }
        let cost = AnnotationKey.podDeletionCost
        if let value = annotations[cost], profile.isEnabled(.podDeletionCost), Int32(value).map(String.init) != value {
            errors.invalid("\(at)[\(cost)]", .string(value), "must be a 32bit integer")
        }
        for (key, value) in annotations.entries {
            if key == "seccomp.security.alpha.kubernetes.io/pod" || key.hasPrefix("container.seccomp.security.alpha.kubernetes.io/") {
                if value.hasPrefix("localhost/") {
                    descendingPath(String(value.dropFirst("localhost/".count)), "\(at).\(key)", &errors)
                } else if !["runtime/default", "docker/default", "unconfined"].contains(value) {
                    errors.invalid("\(at).\(key)", .string(value), "must be a valid seccomp profile")
                }
            }
            let appArmor = "container.apparmor.security.beta.kubernetes.io/"
            guard key.hasPrefix(appArmor) else { continue }
            let name = String(key.dropFirst(appArmor.count))
            if !allContainers(spec, "").contains(where: { $0.container.name == name }) {
                errors.invalid("\(at)[\(key)]", .string(name), "container not found")
            }
            if !["", "runtime/default", "unconfined"].contains(value), !value.hasPrefix("localhost/") {
                errors.invalid("\(at)[\(key)]", .string(value), "invalid AppArmor profile name: \(JSONValue.string(value).text())")
            }
        }
    }

    static func podSpec(
        _ spec: PodSpec, podName: String, nodeName: String, isPod: Bool, _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        let volumes = volumes(spec.volumes, podName: podName, isPod: isPod, "\(at).volumes", profile, &errors)
        resourceClaims(spec, "\(at).resourceClaims", &errors)
        containers(spec, volumes, at, profile, &errors)
        initContainers(spec, volumes, at, profile, &errors)
        if spec.ephemeralContainers != nil { ephemeralContainers(spec, volumes, at, profile, &errors) }
        if let resources = spec.resources { podResources(resources, spec, "\(at).resources", &errors) }
        if spec.hostNetwork { hostNetworkPorts(spec, isPod: isPod, at, &errors) }
        errors.choice("\(at).restartPolicy", spec.restartPolicy, ["Always", "OnFailure", "Never"])
        errors.choice(
            "\(at).dnsPolicy", spec.dnsPolicy, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
        labels("\(at).nodeSelector", spec.nodeSelector, &errors)
        if let context = spec.securityContext?.read(PodSecurityContext.self) {
            podSecurityContext(context, spec, "\(at).securityContext", &errors)
        }
        if let own = spec.affinity { affinity(own, "\(at).affinity", profile, &errors) }
        dnsConfig(spec, "\(at).dnsConfig", profile, &errors)
        for (i, gate) in spec.readinessGates.enumerated() {
            errors.invalid(
                "\(at).readinessGates[\(i)].conditionType", gate.conditionType,
                each: NameRules.qualifiedName(gate.conditionType))
        }
        schedulingGates(spec.schedulingGates, "\(at).schedulingGates", &errors)
        if let group = spec.schedulingGroup { schedulingGroup(group, "\(at).schedulingGroup", &errors) }
        topologySpreadConstraints(
            spec.topologySpreadConstraints, "\(at).topologySpreadConstraints", profile, &errors)
        hostProcesses(spec, at, &errors)
        hostUsers(spec, at, &errors)
        name(spec.serviceAccountName, "\(at).serviceAccountName", NameRules.subdomain, &errors)
        name(nodeName, "\(at).nodeName", NameRules.subdomain, &errors)
        if let seconds = spec.activeDeadlineSeconds, !(1...2_147_483_647).contains(seconds) {
            errors.invalid(
                "\(at).activeDeadlineSeconds", seconds, "must be between 1 and 2147483647, inclusive")
        }
        name(spec.hostname, "\(at).hostname", NameRules.label, &errors)
        name(spec.subdomain, "\(at).subdomain", NameRules.label, &errors)
        if let name = spec.hostnameOverride { hostnameOverride(name, spec, "\(at).hostnameOverride", &errors) }
        tolerations(spec.tolerations, "\(at).tolerations", profile, &errors)
        for (i, alias) in (spec.hostAliases?.read([HostAlias].self) ?? []).enumerated() {
            errors.ipAddress("\(at).hostAliases[\(i)].ip", alias.ip)
            for (j, host) in alias.hostnames.enumerated() {
                errors.invalid("\(at).hostAliases[\(i)].hostnames[\(j)]", host, each: NameRules.subdomain(host))
            }
        }
        name(spec.priorityClassName, "\(at).priorityClassName", NameRules.subdomain, &errors)
        if let runtime = spec.runtimeClassName {
            errors.invalid("\(at).runtimeClassName", runtime, each: NameRules.subdomain(runtime))
        }
        if let policy = spec.preemptionPolicy {
            errors.choice("\(at).preemptionPolicy", policy, ["PreemptLowerPriority", "Never"])
        }
        if !spec.overhead.isEmpty {
            var overhead = ResourceRequirements()
            overhead.limits = spec.overhead
            containerResources(overhead, claims: [], "\(at).overhead", &errors)
        }
        if let os = spec.os { operatingSystem(os, spec, at, &errors) }
    }

    private static func hostnameOverride(_ name: String, _ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        if name.utf8.count > 64 {
            errors.tooLong(at, 64)
        } else {
            errors.invalid(at, name, each: NameRules.subdomain(name))
        }
        if spec.setHostnameAsFQDN == true { errors.forbidden(at, "may not be specified when setHostnameAsFQDN is true") }
        if spec.hostNetwork { errors.forbidden(at, "may not be specified when hostNetwork is true") }
    }

    /// The names of the pod's claims of dynamic resources.
    static func claimNames(_ spec: PodSpec) -> [String] {
        (spec.resourceClaims?.array ?? []).compactMap { $0["name"]?.string }.filter { !$0.isEmpty }
    }

    private static func resourceClaims(_ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        let claims = spec.resourceClaims?.read([PodResourceClaim].self) ?? []
        for (i, claim) in claims.enumerated() {
            let at = "\(at)[\(i)]"
            if claim.name.isEmpty {
                errors.required("\(at).name")
            } else if claims[..<i].contains(where: { $0.name == claim.name }) {
                errors.duplicate("\(at).name", .string(claim.name))
            } else {
                errors.invalid("\(at).name", claim.name, each: NameRules.label(claim.name))
            }
            switch (claim.resourceClaimName, claim.resourceClaimTemplateName) {
            case (.some, .some):
                errors.invalid(
                    at, claim.json ?? [:], "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
            case (nil, nil):
                errors.invalid(at, claim.json ?? [:], "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
            default: break
            }
            for (name, field) in [
                (claim.resourceClaimName, "resourceClaimName"), (claim.resourceClaimTemplateName, "resourceClaimTemplateName"),
            ] {
                if let name { errors.invalid("\(at).\(field)", name, each: NameRules.subdomain(name)) }
            }
        }
    }

    private static func dnsConfig(_ spec: PodSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        let config = spec.dnsConfig?.read(PodDNSConfig.self)
        if spec.dnsPolicy == "None", config?.nameservers.isEmpty ?? true {
            return config == nil
                ? errors.required(at, "must provide `dnsConfig` when `dnsPolicy` is None")
                : errors.required("\(at).nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")
        }
        guard let config else { return }
        let servers = config.nameservers
        if servers.count > 3 {
            errors.invalid("\(at).nameservers", servers.json ?? [], "must not have more than 3 nameservers")
        }
        for (i, server) in servers.enumerated() { errors.ipAddress("\(at).nameservers[\(i)]", server) }
        let searches = config.searches
        if searches.count > 32 {
            errors.invalid("\(at).searches", searches.json ?? [], "must not have more than 32 search paths")
        }
        if searches.joined(separator: " ").utf8.count > 2048 {
            errors.invalid(
                "\(at).searches", searches.json ?? [], "must not have more than 2048 characters (including spaces) in the search list")
        }
        // From 1.33 on underscores and a single dot are allowed.
        let isRelaxed = profile.has(.searchDomainsRelaxed)
        for (i, search) in searches.enumerated() where !(isRelaxed && search == ".") {
            let domain = search.hasSuffix(".") ? String(search.dropLast()) : search
            errors.invalid(
                "\(at).searches[\(i)]", domain,
                each: isRelaxed ? NameRules.subdomainWithUnderscores(domain) : NameRules.subdomain(domain))
        }
        for (i, option) in config.options.enumerated() where option.name.isEmpty {
            errors.required("\(at).options[\(i)]", "must not be empty")
        }
    }

    /// Refuses a name that is set and breaks `rule`.
    private static func name(
        _ value: String, _ at: String, _ rule: (String) -> [String], _ errors: inout [FieldError]
    ) {
        if !value.isEmpty { errors.invalid(at, value, each: rule(value)) }
    }

    private static func hostNetworkPorts(_ spec: PodSpec, isPod: Bool, _ at: String, _ errors: inout [FieldError]) {
        for (i, container) in spec.containers.enumerated() {
            // Templates may leave the host port out: pods get it.
            for (j, port) in container.ports.enumerated()
            where (isPod || port.hostPort != 0) && port.hostPort != port.containerPort {
                errors.invalid(
                    "\(at).containers[\(i)].ports[\(j)].hostPort", port.hostPort,
                    "must match `containerPort` when `hostNetwork` is true")
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
