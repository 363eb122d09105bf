// Services.
extension Validation {
    static func service(_ service: Service, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        let spec = service.spec
        let mode = "service.kubernetes.io/topology-mode"
        let hints = "service.kubernetes.io/topology-aware-hints"
        if let wanted = service.metadata.annotations[mode], let old = service.metadata.annotations[hints], wanted != old {
            errors.invalid(
                "metadata.annotations[\(mode)]", .string(wanted), "must match annotations[\(hints)] when both are specified")
        }
        let headless = isHeadless(spec)
        if spec.ports.isEmpty, !headless, spec.type != "ExternalName" { errors.required("spec.ports") }
        if spec.type == "LoadBalancer" || spec.type == "NodePort", headless {
            errors.invalid("spec.clusterIPs[0]", "None", "may not be set to 'None' for \(spec.type) services")
        }
        if spec.type == "ExternalName" { externalName(spec, &errors) }
        for (i, port) in spec.ports.enumerated() {
            servicePort(
                port, "spec.ports[\(i)]", required: spec.ports.count > 1, earlier: spec.ports[..<i], &errors)
        }
        labels("spec.selector", spec.selector, &errors)
        errors.choice("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"])
        affinityTimeout(spec, &errors)
        clusterAddresses(spec, &errors)
        for (i, address) in spec.externalIPs.enumerated() {
            let at = "spec.externalIPs[\(i)]"
            if IPAddress(address) == nil { errors.ipAddress(at, address) } else { errors.nonSpecialAddress(at, address) }
        }
        errors.choice("spec.type", spec.type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])
        nodePorts(spec, &errors)
        for (i, port) in spec.ports.enumerated() {
            let same = spec.ports[..<i].contains { $0.port == port.port && $0.protocol == port.protocol }
            if same {
                errors.duplicate(
                    "spec.ports[\(i)]",
                    ["port": .int(Int64(port.port)), "protocol": .string(port.protocol)])
            }
        }
        loadBalancer(service, &errors)
        trafficPolicies(spec, &errors)
        if let wish = spec.trafficDistribution {
            let known =
                profile.isEnabled(.preferSameTrafficDistribution)
                ? ["PreferClose", "PreferSameNode", "PreferSameZone"] : ["PreferClose"]
            errors.oneOf("spec.trafficDistribution", wish, known)
        }
    }

    /// The API server fills the list from the single address before it looks.
    private static func isHeadless(_ spec: ServiceSpec) -> Bool {
        spec.clusterIPs.isEmpty ? spec.clusterIP == "None" : spec.clusterIPs == ["None"]
    }

    private static func externalName(_ spec: ServiceSpec, _ errors: inout [FieldError]) {
        let why = "may not be set for ExternalName services"
        if !spec.clusterIPs.isEmpty || !spec.clusterIP.isEmpty { errors.forbidden("spec.clusterIPs", why) }
        if !spec.ipFamilies.isEmpty { errors.forbidden("spec.ipFamilies", why) }
        if spec.ipFamilyPolicy != nil { errors.forbidden("spec.ipFamilyPolicy", why) }
        let name = spec.externalName.hasSuffix(".") ? String(spec.externalName.dropLast()) : spec.externalName
        if name.isEmpty {
            errors.required("spec.externalName")
        } else {
            errors.invalid("spec.externalName", name, each: NameRules.subdomain(name))
        }
    }

    private static func affinityTimeout(_ spec: ServiceSpec, _ errors: inout [FieldError]) {
        let at = "spec.sessionAffinityConfig"
        let config = spec.sessionAffinityConfig?.read(SessionAffinityConfig.self)
        switch spec.sessionAffinity {
        case "ClientIP":
            let why = "when session affinity type is ClientIP"
            guard let config else { return errors.required(at, why) }
            guard let client = config.clientIP else { return errors.required("\(at).clientIP", why) }
            guard let seconds = client.timeoutSeconds else { return errors.required("\(at).clientIP.timeoutSeconds", why) }
            if !(1...86400).contains(seconds) {
                errors.invalid("\(at).clientIP.timeoutSeconds", seconds, "must be greater than 0 and less than 86400")
            }
        case "None": if config != nil { errors.forbidden(at, "must not be set when session affinity is None") }
        default: break
        }
    }

    private static func clusterAddresses(_ spec: ServiceSpec, _ errors: inout [FieldError]) {
        if spec.type == "ExternalName" { return }
        let (at, addresses) = ("spec.clusterIPs", spec.clusterIPs)
        let printed = addresses.json ?? []
        if spec.clusterIP.isEmpty {
            if !addresses.isEmpty { errors.invalid(at, printed, "must be empty when `clusterIP` is not specified") }
        } else if let first = addresses.first, first != spec.clusterIP {
            errors.invalid(at, printed, "first value must match `clusterIP`")
        }
        for (i, family) in spec.ipFamilies.enumerated() {
            errors.oneOf("spec.ipFamilies[\(i)]", family, ["IPv4", "IPv6"])
            if spec.ipFamilies[..<i].contains(family) { errors.duplicate("spec.ipFamilies[\(i)]", .string(family)) }
        }
        if let policy = spec.ipFamilyPolicy {
            errors.oneOf("spec.ipFamilyPolicy", policy, ["PreferDualStack", "RequireDualStack", "SingleStack"])
        }
        var isReadable = true
        for (i, address) in (addresses.isEmpty && !spec.clusterIP.isEmpty ? [spec.clusterIP] : addresses).enumerated() {
            if i == 0, address == "None" {
                if addresses.count > 1 {
                    isReadable = false
                    errors.invalid(at, printed, "'None' must be the first and only value")
                }
            } else if IPAddress(address) == nil {
                isReadable = false
                errors.ipAddress("\(at)[\(i)]", address)
            }
        }
        if addresses.count > 2 { errors.invalid(at, printed, "may only hold up to 2 values") }
        if !isReadable { return }
        let isV6 = addresses.compactMap { IPAddress($0)?.isV6 }
        if addresses.count > 1, Set(isV6).count < 2 {
            errors.invalid(at, printed, "may specify no more than one IP for each IP family")
        }
        for (i, (isV6, family)) in zip(isV6, spec.ipFamilies).enumerated() where !isHeadless(spec) {
            if isV6 != (family == "IPv6"), family == "IPv4" || family == "IPv6" {
                errors.invalid("\(at)[\(i)]", .string(addresses[i]), "expected an \(family) value as indicated by `ipFamilies[\(i)]`")
            }
        }
    }

    private static func loadBalancer(_ service: Service, _ errors: inout [FieldError]) {
        let spec = service.spec
        let isLoadBalancer = spec.type == "LoadBalancer"
        let why = "may only be used when `type` is 'LoadBalancer'"
        let annotation = "service.beta.kubernetes.io/load-balancer-source-ranges"
        if !spec.loadBalancerSourceRanges.isEmpty {
            // The API server writes it with a capital.
            let at = "spec.LoadBalancerSourceRanges"
            if !isLoadBalancer { errors.forbidden(at, why) }
            for (i, range) in spec.loadBalancerSourceRanges.enumerated() { errors.ipRange("\(at)[\(i)]", range.trimmed) }
        } else if let text = service.metadata.annotations[annotation] {
            let at = "metadata.annotations[\(annotation)]"
            if !isLoadBalancer { errors.forbidden(at, why) }
            if !text.trimmed.isEmpty {
                for range in text.split(separator: ",", omittingEmptySubsequences: false) { errors.ipRange(at, String(range).trimmed) }
            }
        }
        if spec.allocateLoadBalancerNodePorts != nil, !isLoadBalancer {
            errors.forbidden("spec.allocateLoadBalancerNodePorts", why)
        }
        if let name = spec.loadBalancerClass {
            if isLoadBalancer {
                errors.invalid("spec.loadBalancerClass", name, each: NameRules.qualifiedName(name))
            } else {
                errors.forbidden("spec.loadBalancerClass", why)
            }
        }
    }

    private static func trafficPolicies(_ spec: ServiceSpec, _ errors: inout [FieldError]) {
        let isReachable = spec.type == "LoadBalancer" || spec.type == "NodePort" || spec.type == "ClusterIP" && !spec.externalIPs.isEmpty
        let policy = spec.externalTrafficPolicy
        if isReachable {
            errors.choice("spec.externalTrafficPolicy", policy, ["Cluster", "Local"])
        } else if !policy.isEmpty {
            errors.invalid("spec.externalTrafficPolicy", .string(policy), "may only be set for externally-accessible services")
        }
        let port = spec.healthCheckNodePort
        if spec.type == "LoadBalancer", policy == "Local" {
            if port != 0 { errors.port("spec.healthCheckNodePort", port) }
        } else if port != 0 {
            errors.invalid(
                "spec.healthCheckNodePort", port,
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
        }
        if let policy = spec.internalTrafficPolicy { errors.oneOf("spec.internalTrafficPolicy", policy, ["Cluster", "Local"]) }
    }

    private static func servicePort(
        _ port: ServicePort, _ at: String, required: Bool, earlier: ArraySlice<ServicePort>,
        _ errors: inout [FieldError]
    ) {
        if port.name.isEmpty {
            if required { errors.required("\(at).name") }
        } else {
            errors.invalid("\(at).name", port.name, each: NameRules.label(port.name))
            if earlier.contains(where: { $0.name == port.name }) {
                errors.duplicate("\(at).name", .string(port.name))
            }
        }
        errors.port("\(at).port", port.port)
        errors.choice("\(at).protocol", port.protocol, ["SCTP", "TCP", "UDP"])
        if let target = port.targetPort { errors.port("\(at).targetPort", target) }
        if let name = port.appProtocol { errors.invalid("\(at).appProtocol", name, each: NameRules.qualifiedName(name)) }
    }

    private static func nodePorts(_ spec: ServiceSpec, _ errors: inout [FieldError]) {
        for (i, port) in spec.ports.enumerated() where port.nodePort != 0 && spec.type == "ClusterIP" {
            errors.forbidden("spec.ports[\(i)].nodePort", "may not be used when `type` is 'ClusterIP'")
        }
        for (i, port) in spec.ports.enumerated() where port.nodePort != 0 {
            let at = "spec.ports[\(i)].nodePort"
            if spec.ports[..<i].contains(where: { $0.nodePort == port.nodePort && $0.protocol == port.protocol }) {
                errors.duplicate(at, .int(Int64(port.nodePort)))
            }
            if spec.type == "NodePort" || spec.type == "LoadBalancer", !(30000...32767).contains(port.nodePort) {
                errors.invalid(
                    at, port.nodePort,
                    "provided port is not in the valid range. The range of valid ports is 30000-32767")
            }
        }
    }

    static func serviceChange(_ new: ServiceSpec, _ old: ServiceSpec, _ errors: inout [FieldError]) {
        var own: [FieldError] = []
        if new.type != "ExternalName", old.type != "ExternalName" {
            addressChange(new, old, &own)
            if !isHeadless(new), !isHeadless(old) { familyChange(new, old, &own) }
        }
        if new.type == "LoadBalancer", old.type == "LoadBalancer", new.loadBalancerClass != old.loadBalancerClass {
            own.invalid("spec.loadBalancerClass", new.loadBalancerClass.json ?? .null, "may not change once set")
        }
        func hasHealthCheck(_ spec: ServiceSpec) -> Bool { spec.type == "LoadBalancer" && spec.externalTrafficPolicy == "Local" }
        if hasHealthCheck(new), hasHealthCheck(old), new.healthCheckNodePort != old.healthCheckNodePort {
            own.forbidden("spec.healthCheckNodePort", "field is immutable")
        }
        errors = own + errors
    }

    private static func addressChange(_ new: ServiceSpec, _ old: ServiceSpec, _ errors: inout [FieldError]) {
        if isHeadless(new), isHeadless(old) { return }
        let (after, before) = (new.clusterIPs, old.clusterIPs)
        let printed = after.json ?? []
        if after.count == before.count {
            for (i, address) in before.enumerated() where address != after[i] {
                errors.invalid("spec.clusterIPs[\(i)]", printed, "may not change once set")
            }
            return
        }
        if after.isEmpty { errors.invalid("spec.clusterIPs[0]", printed, "primary clusterIP can not be unset") }
        if let first = after.first, let was = before.first, first != was {
            errors.invalid("spec.clusterIPs[0]", printed, "may not change once set")
        }
        if before.count > after.count, after.count == 1, new.ipFamilyPolicy != "SingleStack" {
            errors.invalid(
                "spec.ipFamilyPolicy", new.ipFamilyPolicy.json ?? .null,
                "must be set to 'SingleStack' when releasing the secondary clusterIP")
        }
    }

    private static func familyChange(_ new: ServiceSpec, _ old: ServiceSpec, _ errors: inout [FieldError]) {
        let (after, before) = (new.ipFamilies, old.ipFamilies)
        let at = "spec.ipFamilies[0]"
        if after.count == before.count {
            for (x, y) in zip(after, before) where x != y { errors.invalid(at, after.json ?? [], "may not change once set") }
            return
        }
        if let first = after.first, let was = before.first, first != was {
            errors.invalid(at, new.clusterIPs.json ?? [], "may not change once set")
        }
        if before.count > after.count, after.count == 1, new.ipFamilyPolicy != "SingleStack" {
            errors.invalid(
                "spec.ipFamilyPolicy", new.ipFamilyPolicy.json ?? .null,
                "must be set to 'SingleStack' when releasing the secondary ipFamily")
        }
    }

    // MARK: EndpointSlice

    /// - Source: Kubernetes `pkg/apis/discovery/validation/validation.go`.
    static func endpointSlice(_ slice: EndpointSlice, _ errors: inout [FieldError]) {
        errors.choice("addressType", slice.addressType, ["FQDN", "IPv4", "IPv6"])
        if slice.endpoints.count > 1000 { errors.tooMany("endpoints", slice.endpoints.count, 1000) }
        for (i, endpoint) in slice.endpoints.enumerated() {
            let at = "endpoints[\(i)]"
            if endpoint.addresses.isEmpty { errors.required("\(at).addresses", "must contain at least 1 address") }
            if endpoint.addresses.count > 100 { errors.tooMany("\(at).addresses", endpoint.addresses.count, 100) }
            for (j, address) in endpoint.addresses.enumerated() {
                let at = "\(at).addresses[\(j)]"
                switch slice.addressType {
                case "IPv4", "IPv6":
                    if IPAddress(address)?.isV6 != (slice.addressType == "IPv6") {
                        errors.invalid(at, .string(address), "must be a valid \(slice.addressType) address")
                    }
                    errors.nonSpecialAddress(at, address)
                case "FQDN": errors.invalid(at, address, each: NameRules.subdomain(address))
                default: break
                }
            }
            if let node = endpoint.nodeName { errors.invalid("\(at).nodeName", node, each: NameRules.subdomain(node)) }
            if let host = endpoint.hostname { errors.invalid("\(at).hostname", host, each: NameRules.label(host)) }
        }
        if slice.ports.count > 20_000 { errors.tooMany("ports", slice.ports.count, 20_000) }
        for (i, port) in slice.ports.enumerated() {
            let at = "ports[\(i)]"
            if let name = port.name {
                if !name.isEmpty { errors.invalid("\(at).name", name, each: NameRules.label(name)) }
                if slice.ports[..<i].contains(where: { $0.name == name }) { errors.duplicate("\(at).name", .string(name)) }
            }
            if let number = port.port { errors.port("\(at).port", number) }
            errors.choice("\(at).protocol", port.protocol ?? "", ["SCTP", "TCP", "UDP"])
            if let name = port.appProtocol { errors.invalid("\(at).appProtocol", name, each: NameRules.qualifiedName(name)) }
        }
    }
}
