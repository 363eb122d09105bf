// What the API server fills in and refuses in objects of kinds that are kept without being acted on.

/// The rules of kinds that have no type of their own here, on documents that were read by ``KeptReading``.
public enum KeptRules {
    private static let rbac = "rbac.authorization.k8s.io"

    /// Fills in what follows from other fields.
    /// - Source: Kubernetes `pkg/apis/{networking,rbac,core}/v1/defaults.go`
    public static func complete(_ document: inout JSONValue, _ profile: KubernetesProfile) {
        switch document["kind"]?.string {
        case "Ingress": if document["status"] == nil { document["status"] = ["loadBalancer": [:]] }
        case "CertificateSigningRequest": if document["status"] == nil { document["status"] = [:] }
        case "NetworkPolicy":
            if document["spec"] == nil { document["spec"] = ["podSelector": [:]] }
            let spec = document["spec"] ?? [:]
            if (spec["policyTypes"]?.array ?? []).isEmpty {
                document["spec"]?["policyTypes"] = (spec["egress"]?.array ?? []).isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
            }
        case "RoleBinding", "ClusterRoleBinding":
            guard let subjects = document["subjects"]?.array else { return }
            document["subjects"] = .array(
                subjects.map { subject in
                    guard subject["apiGroup"]?.string ?? "" == "", ["User", "Group"].contains(subject["kind"]?.string ?? "") else { return subject }
                    var subject = subject
                    subject["apiGroup"] = .string(rbac)
                    return subject
                })
        case "PodTemplate":
            var decoder = APIDecoder()
            guard let object = document["template"]?.object else { return }
            var template = PodTemplateSpec()
            template.read(object, &decoder)
            Defaulting.template(&template, profile)
            document["template"] = template.json
        default: break
        }
    }

    /// What is wrong with an object by itself, or as the next version of `old`; its metadata aside.
    public static func problems(_ document: JSONValue, old: JSONValue?, _ profile: KubernetesProfile) -> [FieldError] {
        var errors: [FieldError] = []
        switch document["kind"]?.string {
        case "Ingress": ingress(document["spec"] ?? [:], &errors)
        case "IngressClass": ingressClass(document["spec"] ?? [:], old?["spec"], &errors)
        case "NetworkPolicy": networkPolicy(document["spec"] ?? [:], &errors)
        case "Role": rules(document, isNamespaced: true, &errors)
        case "ClusterRole": rules(document, isNamespaced: false, &errors)
        case "RoleBinding", "ClusterRoleBinding": binding(document, old, &errors)
        case "Lease": lease(document["spec"] ?? [:], &errors)
        case "RuntimeClass": runtimeClass(document, old, &errors)
        case "Endpoints": endpoints(document, &errors)
        case "PodTemplate": podTemplate(document, profile, &errors)
        case "CertificateSigningRequest": if old == nil { request(document["spec"] ?? [:], &errors) }
        case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration": webhooks(document, &errors)
        default: break
        }
        return errors
    }

    private static func text(_ value: JSONValue?, _ field: String) -> String { value?[field]?.string ?? "" }
    private static func elements(_ value: JSONValue?, _ field: String, _ path: String) -> [(path: String, value: JSONValue)] {
        (value?[field]?.array ?? []).enumerated().map { ("\(path)[\($0)]", $1) }
    }

    // MARK: networking.k8s.io

    /// - Source: Kubernetes `pkg/apis/networking/validation/validation.go`
    private static func ingress(_ spec: JSONValue, _ errors: inout [FieldError]) {
        let rules = spec["rules"]?.array ?? []
        if rules.isEmpty, spec["defaultBackend"] == nil {
            errors.invalid("spec", spec["rules"] ?? .null, "either `defaultBackend` or `rules` must be specified")
        }
        if let backend = spec["defaultBackend"] { self.backend(backend, "spec.defaultBackend", &errors) }
        for (path, rule) in elements(spec, "rules", "spec.rules") {
            host(text(rule, "host"), "\(path).host", &errors)
            guard let http = rule["http"] else { continue }
            if (http["paths"]?.array ?? []).isEmpty { errors.required("\(path).http.paths") }
            for (place, item) in elements(http, "paths", "\(path).http.paths") { self.path(item, place, &errors) }
        }
        for (path, tls) in elements(spec, "tls", "spec.tls") {
            for (index, name) in (tls["hosts"]?.array ?? []).enumerated() { host(name.string ?? "", "\(path).hosts[\(index)]", &errors) }
            let secret = text(tls, "secretName")
            if !secret.isEmpty { errors.invalid("\(path).secretName", secret, each: NameRules.subdomain(secret)) }
        }
        let name = text(spec, "ingressClassName")
        if spec["ingressClassName"] != nil { errors.invalid("spec.ingressClassName", name, each: NameRules.subdomain(name)) }
    }

    private static func host(_ host: String, _ field: String, _ errors: inout [FieldError]) {
        if host.isEmpty { return }
        if IPAddress(host) != nil { errors.invalid(field, .string(host), "must be a DNS name, not an IP address") }
        guard host.contains("*") else { return errors.invalid(field, host, each: NameRules.subdomain(host)) }
        if !host.hasPrefix("*.") || !NameRules.subdomain(String(host.dropFirst(2))).isEmpty {
            errors.invalid(
                field, .string(host),
                "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric "
                    + "characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is "
                    + #"'\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#)
        }
    }

    private static func path(_ item: JSONValue, _ at: String, _ errors: inout [FieldError]) {
        guard let type = item["pathType"]?.string else { return errors.required("\(at).pathType", "pathType must be specified") }
        let path = text(item, "path")
        switch type {
        case "Exact", "Prefix":
            if !path.hasPrefix("/") { errors.invalid("\(at).path", .string(path), "must be an absolute path") }
            for part in ["//", "/./", "/../", "%2f", "%2F"] where path.contains(part) {
                errors.invalid("\(at).path", .string(path), "must not contain '\(part)'")
            }
            for end in ["/..", "/."] where path.hasSuffix(end) { errors.invalid("\(at).path", .string(path), "cannot end with '\(end)'") }
        case "ImplementationSpecific":
            if !path.isEmpty, !path.hasPrefix("/") { errors.invalid("\(at).path", .string(path), "must be an absolute path") }
        default: errors.notSupported("\(at).pathType", .string(type), ["Exact", "ImplementationSpecific", "Prefix"])
        }
        backend(item["backend"] ?? [:], "\(at).backend", &errors)
    }

    private static func backend(_ backend: JSONValue, _ at: String, _ errors: inout [FieldError]) {
        switch (backend["resource"], backend["service"]) {
        case (.some, .some): errors.invalid(at, "", "cannot set both resource and service backends")
        case (.some, nil): break
        case (nil, let service?):
            let name = text(service, "name")
            if name.isEmpty { errors.required("\(at).service.name") } else { errors.invalid("\(at).service.name", name, each: NameRules.dns1035Label(name)) }
            let (portName, number) = (text(service["port"], "name"), service["port"]?["number"]?.int ?? 0)
            if !portName.isEmpty, number != 0 {
                errors.invalid(at, "", "cannot set both port name & port number")
            } else if !portName.isEmpty {
                errors.invalid("\(at).service.port.name", portName, each: NameRules.portName(portName))
            } else if number != 0 {
                errors.port("\(at).service.port.number", Int(number))
            } else {
                errors.required(at, "port name or number is required")
            }
        case (nil, nil): errors.invalid(at, "", "resource or service backend is required")
        }
    }

    private static func ingressClass(_ spec: JSONValue, _ old: JSONValue?, _ errors: inout [FieldError]) {
        let controller = text(spec, "controller")
        if let old { errors.immutable("spec.controller", controller, text(old, "controller")) }
        if controller.isEmpty {
            errors.required("spec.controller")
        } else if controller.split(separator: "/", maxSplits: 1).count != 2 {
            errors.invalid("spec.controller", .string(controller), #"must be a domain-prefixed path (such as "acme.io/foo")"#)
        }
        guard let parameters = spec["parameters"] else { return }
        if text(parameters, "kind").isEmpty { errors.required("spec.parameters.kind", "kind is required") }
        if text(parameters, "name").isEmpty { errors.required("spec.parameters.name", "name is required") }
        let (scope, namespace) = (text(parameters, "scope"), text(parameters, "namespace"))
        errors.oneOf("spec.parameters.scope", scope, ["Cluster", "Namespace"])
        if scope == "Namespace", namespace.isEmpty { errors.required("spec.parameters.namespace", "`parameters.scope` is set to 'Namespace'") }
        if scope == "Cluster", !namespace.isEmpty { errors.forbidden("spec.parameters.namespace", "`parameters.scope` is set to 'Cluster'") }
    }

    private static func networkPolicy(_ spec: JSONValue, _ errors: inout [FieldError]) {
        selector(spec["podSelector"], "spec.podSelector", &errors)
        for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
            for (path, rule) in elements(spec, direction, "spec.\(direction)") {
                for (place, port) in elements(rule, "ports", "\(path).ports") { self.port(port, place, &errors) }
                for (place, peer) in elements(rule, peers, "\(path).\(peers)") { self.peer(peer, place, &errors) }
            }
        }
        let types = spec["policyTypes"]?.array ?? []
        if types.count > 2 { return errors.invalid("spec.policyTypes", .array(types), "may not specify more than two policyTypes") }
        for (index, type) in types.enumerated() { errors.oneOf("spec.policyTypes[\(index)]", type.string ?? "", ["Ingress", "Egress"]) }
    }

    private static func port(_ port: JSONValue, _ at: String, _ errors: inout [FieldError]) {
        errors.oneOf("\(at).protocol", text(port, "protocol"), ["TCP", "UDP", "SCTP"])
        let end = port["endPort"]?.int
        switch port["port"] {
        case .string(let name)?:
            if let end { errors.invalid("\(at).endPort", Int(end), "may not be specified when `port` is non-numeric") }
            errors.invalid("\(at).port", name, each: NameRules.portName(name))
        case let number?:
            let first = number.int ?? 0
            errors.port("\(at).port", Int(clamping: first))
            guard let end else { return }
            if end < first { errors.invalid("\(at).endPort", Int(clamping: end), "must be greater than or equal to `port`") }
            errors.port("\(at).endPort", Int(clamping: end))
        case nil:
            if let end { errors.invalid("\(at).endPort", Int(end), "may not be specified when `port` is not specified") }
        }
    }

    private static func peer(_ peer: JSONValue, _ at: String, _ errors: inout [FieldError]) {
        let named = ["podSelector", "namespaceSelector", "ipBlock"].filter { peer[$0] != nil }
        for name in named where name != "ipBlock" { selector(peer[name], "\(at).\(name)", &errors) }
        if let block = peer["ipBlock"] {
            let range = text(block, "cidr")
            if range.isEmpty { errors.required("\(at).ipBlock.cidr") } else { errors.ipRange("\(at).ipBlock.cidr", range) }
            for (index, except) in (block["except"]?.array ?? []).enumerated() { errors.ipRange("\(at).ipBlock.except[\(index)]", except.string ?? "") }
        }
        if named.isEmpty { errors.required(at, "must specify a peer") }
        if named.count > 1, peer["ipBlock"] != nil { errors.forbidden(at, "may not specify both ipBlock and another peer") }
    }

    private static func selector(_ json: JSONValue?, _ at: String, _ errors: inout [FieldError]) {
        guard let object = json?.object else { return }
        var decoder = APIDecoder()
        var selector = LabelSelector()
        selector.read(object, &decoder)
        Validation.labelSelector(at, selector, &errors)
    }

    // MARK: rbac.authorization.k8s.io

    /// - Source: Kubernetes `pkg/apis/rbac/validation/validation.go`
    private static func rules(_ document: JSONValue, isNamespaced: Bool, _ errors: inout [FieldError]) {
        for (path, rule) in elements(document, "rules", "rules") {
            func isEmpty(_ field: String) -> Bool { (rule[field]?.array ?? []).isEmpty }
            if isEmpty("verbs") { errors.required("\(path).verbs", "verbs must contain at least one value") }
            if !isEmpty("nonResourceURLs") {
                let urls = rule["nonResourceURLs"] ?? []
                if isNamespaced { errors.invalid("\(path).nonResourceURLs", urls, "namespaced rules cannot apply to non-resource URLs") }
                if !isEmpty("apiGroups") || !isEmpty("resources") || !isEmpty("resourceNames") {
                    errors.invalid("\(path).nonResourceURLs", urls, "rules cannot apply to both regular resources and non-resource URLs")
                }
                continue
            }
            if isEmpty("apiGroups") { errors.required("\(path).apiGroups", "resource rules must supply at least one api group") }
            if isEmpty("resources") { errors.required("\(path).resources", "resource rules must supply at least one resource") }
        }
        guard let aggregation = document["aggregationRule"] else { return }
        if (aggregation["clusterRoleSelectors"]?.array ?? []).isEmpty {
            errors.required("aggregationRule.clusterRoleSelectors", "at least one clusterRoleSelector required if aggregationRule is non-nil")
        }
        for (path, item) in elements(aggregation, "clusterRoleSelectors", "aggregationRule.clusterRoleSelectors") { selector(item, path, &errors) }
    }

    private static func binding(_ document: JSONValue, _ old: JSONValue?, _ errors: inout [FieldError]) {
        let role = document["roleRef"] ?? [:]
        if text(role, "apiGroup") != rbac { errors.notSupported("roleRef.apiGroup", .string(text(role, "apiGroup")), [rbac]) }
        let kinds = document["kind"]?.string == "RoleBinding" ? ["Role", "ClusterRole"] : ["ClusterRole"]
        errors.oneOf("roleRef.kind", text(role, "kind"), kinds)
        let name = text(role, "name")
        if name.isEmpty { errors.required("roleRef.name") } else { errors.invalid("roleRef.name", name, each: segment(name)) }
        let isNamespaced = document["kind"]?.string == "RoleBinding"
        for (path, item) in elements(document, "subjects", "subjects") { subject(item, path, isNamespaced: isNamespaced, &errors) }
        // As Go prints the structure that has no names for JSON.
        func printed(_ role: JSONValue) -> JSONValue {
            ["APIGroup": .string(text(role, "apiGroup")), "Kind": .string(text(role, "kind")), "Name": .string(text(role, "name"))]
        }
        if let old = old?["roleRef"], printed(old) != printed(role) { errors.invalid("roleRef", printed(role), "cannot change roleRef") }
    }

    /// - Parameter isNamespaced: an account without a namespace is of that of the binding.
    private static func subject(_ subject: JSONValue, _ at: String, isNamespaced: Bool, _ errors: inout [FieldError]) {
        let (name, group) = (text(subject, "name"), text(subject, "apiGroup"))
        if name.isEmpty { errors.required("\(at).name") }
        switch text(subject, "kind") {
        case "ServiceAccount":
            if !name.isEmpty { errors.invalid("\(at).name", name, each: NameRules.subdomain(name)) }
            if !group.isEmpty { errors.notSupported("\(at).apiGroup", .string(group), [""]) }
            if !isNamespaced, text(subject, "namespace").isEmpty { errors.required("\(at).namespace") }
        case "User", "Group": if group != rbac { errors.notSupported("\(at).apiGroup", .string(group), [rbac]) }
        default: errors.notSupported("\(at).kind", .string(text(subject, "kind")), ["ServiceAccount", "User", "Group"])
        }
    }

    /// What may not be in a part of a path.
    private static func segment(_ name: String) -> [String] {
        if name == "." || name == ".." { return ["may not be '\(name)'"] }
        return ["/", "%"].filter(name.contains).map { "may not contain '\($0)'" }
    }

    // MARK: Others

    /// - Source: Kubernetes `pkg/apis/coordination/validation/validation.go`
    private static func lease(_ spec: JSONValue, _ errors: inout [FieldError]) {
        if let seconds = spec["leaseDurationSeconds"]?.int, seconds <= 0 {
            errors.invalid("spec.leaseDurationSeconds", .int(seconds), "must be greater than 0")
        }
        if let transitions = spec["leaseTransitions"]?.int, transitions < 0 {
            errors.invalid("spec.leaseTransitions", .int(transitions), "must be greater than or equal to 0")
        }
    }

    /// - Source: Kubernetes `pkg/apis/node/validation/validation.go`
    private static func runtimeClass(_ document: JSONValue, _ old: JSONValue?, _ errors: inout [FieldError]) {
        let handler = text(document, "handler")
        if let old { return errors.immutable("handler", handler, text(old, "handler")) }
        errors.invalid("handler", handler, each: NameRules.label(handler))
    }

    private static func endpoints(_ document: JSONValue, _ errors: inout [FieldError]) {
        for (path, subset) in elements(document, "subsets", "subsets") {
            if (subset["addresses"]?.array ?? []).isEmpty, (subset["notReadyAddresses"]?.array ?? []).isEmpty {
                errors.required(path, "must specify `addresses` or `notReadyAddresses`")
            }
            for field in ["addresses", "notReadyAddresses"] {
                for (place, address) in elements(subset, field, "\(path).\(field)") { errors.ipAddress("\(place).ip", text(address, "ip")) }
            }
            for (place, port) in elements(subset, "ports", "\(path).ports") {
                errors.port("\(place).port", Int(clamping: port["port"]?.int ?? 0))
                errors.oneOf("\(place).protocol", text(port, "protocol"), ["SCTP", "TCP", "UDP"])
            }
        }
    }

    private static func podTemplate(_ document: JSONValue, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        var decoder = APIDecoder()
        var template = PodTemplateSpec()
        if let object = document["template"]?.object { template.read(object, &decoder) }
        Validation.template(template, "template", profile, &errors)
    }

    static let usages = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature",
        "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc",
        "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
    ]

    /// - Source: Kubernetes `pkg/apis/certificates/validation/validation.go`
    private static func request(_ spec: JSONValue, _ errors: inout [FieldError]) {
        let request = text(spec, "request")
        let lines = String(decoding: Base64.decode(request) ?? [], as: UTF8.self)
        if !lines.contains("-----BEGIN CERTIFICATE REQUEST-----") {
            errors.invalid("spec.request", .string(request), "PEM block type must be CERTIFICATE REQUEST")
        }
        let wanted = (spec["usages"]?.array ?? []).compactMap(\.string)
        if wanted.isEmpty { errors.required("spec.usages", "usages must be provided") }
        for (index, usage) in wanted.enumerated() {
            errors.oneOf("spec.usages[\(index)]", usage, usages)
            if wanted[..<index].contains(usage) { errors.duplicate("spec.usages[\(index)]", .string(usage)) }
        }
        let signer = text(spec, "signerName")
        let parts = signer.split(separator: "/", omittingEmptySubsequences: false)
        if signer.isEmpty {
            errors.required("spec.signerName")
        } else if signer == "kubernetes.io/legacy-unknown" {
            errors.invalid("spec.signerName", .string(signer), "the legacy signerName is not allowed via this API version")
        } else if parts.count != 2 {
            errors.invalid("spec.signerName", .string(signer), "must be a fully qualified domain and path of the form 'example.com/signer-name'")
        }
        if let seconds = spec["expirationSeconds"]?.int, seconds < 600 {
            errors.invalid("spec.expirationSeconds", .int(seconds), "may not specify a duration less than 600 seconds (10 minutes)")
        }
    }

    /// - Source: Kubernetes `pkg/apis/admissionregistration/validation/validation.go`
    private static func webhooks(_ document: JSONValue, _ errors: inout [FieldError]) {
        for (path, hook) in elements(document, "webhooks", "webhooks") {
            let name = text(hook, "name")
            if name.isEmpty {
                errors.required("\(path).name")
            } else if name.split(separator: ".").count < 3 {
                errors.invalid("\(path).name", .string(name), "should be a domain with at least three segments separated by dots")
            }
            if (hook["admissionReviewVersions"]?.array ?? []).isEmpty {
                errors.required("\(path).admissionReviewVersions", "must specify one of v1, v1beta1")
            }
            errors.oneOf("\(path).failurePolicy", text(hook, "failurePolicy"), ["Fail", "Ignore"])
            errors.oneOf("\(path).matchPolicy", text(hook, "matchPolicy"), ["Equivalent", "Exact"])
            if hook["sideEffects"] == nil { errors.required("\(path).sideEffects", "must specify one of None, NoneOnDryRun") }
            if let seconds = hook["timeoutSeconds"]?.int, !(1...30).contains(seconds) {
                errors.invalid("\(path).timeoutSeconds", .int(seconds), "the timeout value must be between 1 and 30 seconds")
            }
            let client = hook["clientConfig"]
            if (client?["url"] == nil) == (client?["service"] == nil) { errors.required("\(path).clientConfig", "exactly one of url or service is required") }
        }
    }
}
