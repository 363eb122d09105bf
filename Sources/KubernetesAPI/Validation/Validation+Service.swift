// Services.
extension Validation {
    static func service(_ spec: ServiceSpec, _ errors: inout [FieldError]) {
        let headless = spec.clusterIP == "None"
        if spec.ports.isEmpty, !headless, spec.type != "ExternalName" { errors.required("spec.ports") }
        if spec.type == "LoadBalancer" || spec.type == "NodePort", headless {
            errors.invalid(
                "spec.clusterIPs[0]", .string(spec.clusterIP),
                "may not be set to 'None' for \(spec.type) services")
        }
        if spec.type == "ExternalName" {
            if spec.externalName.isEmpty {
                errors.required("spec.externalName")
            } else {
                errors.invalid(
                    "spec.externalName", spec.externalName, each: NameRules.subdomain(spec.externalName))
            }
        }
        for (i, port) in spec.ports.enumerated() {
            servicePort(
                port, "spec.ports[\(i)]", required: spec.ports.count > 1, earlier: spec.ports[..<i], &errors)
        }
        labels("spec.selector", spec.selector, &errors)
        errors.oneOf("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"])
        errors.oneOf("spec.type", spec.type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])
        nodePorts(spec, &errors)
        if let policy = spec.internalTrafficPolicy {
            errors.oneOf("spec.internalTrafficPolicy", policy, ["Cluster", "Local"])
        }
        if !spec.externalTrafficPolicy.isEmpty {
            errors.oneOf("spec.externalTrafficPolicy", spec.externalTrafficPolicy, ["Cluster", "Local"])
        }
        if let wish = spec.trafficDistribution {
            errors.oneOf(
                "spec.trafficDistribution", wish, ["PreferClose", "PreferSameNode", "PreferSameZone"])
        }
        for (i, port) in spec.ports.enumerated() {
            let same = spec.ports[..<i].contains { $0.port == port.port && $0.protocol == port.protocol }
            if same {
                errors.duplicate(
                    "spec.ports[\(i)]",
                    ["port": .int(Int64(port.port)), "protocol": .string(port.protocol)])
            }
        }
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
        errors.oneOf("\(at).protocol", port.protocol, ["SCTP", "TCP", "UDP"])
        if let target = port.targetPort { errors.port("\(at).targetPort", target) }
    }

    private static func nodePorts(_ spec: ServiceSpec, _ errors: inout [FieldError]) {
        for (i, port) in spec.ports.enumerated() where port.nodePort != 0 {
            let at = "spec.ports[\(i)].nodePort"
            if spec.type == "ClusterIP" {
                errors.forbidden(at, "may not be used when `type` is 'ClusterIP'")
            } else if !(30000...32767).contains(port.nodePort) {
                errors.invalid(
                    at, port.nodePort,
                    "provided port is not in the valid range. The range of valid ports is 30000-32767")
            }
        }
    }

    static func serviceChange(_ new: ServiceSpec, _ old: ServiceSpec, _ errors: inout [FieldError]) {
        if new.type != "ExternalName", old.type != "ExternalName", !old.clusterIP.isEmpty,
            new.clusterIP != old.clusterIP
        {
            errors.invalid(
                "spec.clusterIPs[0]", new.clusterIPs.json ?? .null, "may not change once set")
        }
    }
}
