import ControlPlane
import KubernetesAPI
import SimulationKit

// Tables of the kinds that are kept as they came: Kubernetes' own have kubectl's columns, custom resources those of their
// CustomResourceDefinition if it is there.
// - Source: Kubernetes `pkg/printers/internalversion/printers.go`.
extension KindPrinter {
    /// The printer of a kind without a type of its own.
    static func kept(_ kind: KindInfo, in cluster: Cluster?) -> KindPrinter {
        if kind.kind == "CustomResourceDefinition", kind.group == "apiextensions.k8s.io", cluster?.profile.has(.definitionColumns) == true { return definition }
        if let own = known[kind.kind], own.group == kind.group { return own.printer }
        if let columns = cluster.flatMap({ definedColumns(kind, $0) }), !columns.isEmpty { return defined(columns) }
        return custom
    }

    /// A kind without columns of its own is shown as kubectl shows a custom resource without extra columns.
    static let custom = kept([], age: true) { _, _ in [] }

    private static func kept(_ columns: [TableColumn], age: Bool = true, _ cells: @escaping @Sendable (JSONObject, CustomObject) -> [String]) -> KindPrinter {
        // The age stands before the columns of -o wide.
        let always = columns.count { $0.priority == 0 }
        var all = columns
        if age { all.insert(.age, at: always) }
        all.insert(.name, at: 0)
        return KindPrinter(CustomObject.self, all) { object, cluster in
            var cells = cells(object.content, object)
            if age { cells.insert(object.age(cluster), at: min(always, cells.count)) }
            return [object.name] + cells
        }
    }
    private static let createdAt = kept([TableColumn("CREATED AT")], age: false) { _, object in [object.metadata.creationTimestamp?.rfc3339 ?? "<unknown>"] }
    private static let binding = kept([
        TableColumn("ROLE"), TableColumn("USERS", wide: true), TableColumn("GROUPS", wide: true), TableColumn("SERVICEACCOUNTS", wide: true),
    ]) { content, _ in
        let role = content["roleRef"]
        let subjects = content["subjects"]?.array ?? []
        func names(_ kind: String) -> String {
            subjects.filter { $0["kind"]?.string == kind }.map { subject in
                let name = subject["name"]?.string ?? ""
                return kind == "ServiceAccount" ? "\(subject["namespace"]?.string ?? "")/\(name)" : name
            }.joined(separator: ", ")
        }
        return ["\(role?["kind"]?.string ?? "")/\(role?["name"]?.string ?? "")", names("User"), names("Group"), names("ServiceAccount")]
    }
    private static let webhooks = kept([TableColumn("WEBHOOKS", .number)]) { content, _ in [String(content["webhooks"]?.array?.count ?? 0)] }
    private static let policyBinding = kept([TableColumn("POLICYNAME"), TableColumn("PARAMREF")]) { content, _ in
        let reference = content["spec"]?["paramRef"]
        let names = [reference?["namespace"]?.string, reference?["name"]?.string].compactMap { $0 }
        return [content["spec"]?["policyName"]?.string ?? "", reference == nil ? "<unset>" : names.joined(separator: "/").or("*")]
    }
    private static func policy(_ list: String) -> KindPrinter {
        kept([TableColumn(list.uppercased(), .number), TableColumn("PARAMKIND")]) { content, _ in
            let kind = content["spec"]?["paramKind"]
            return [
                String(content["spec"]?[list]?.array?.count ?? 0),
                kind.map { "\($0["apiVersion"]?.string ?? "")/\($0["kind"]?.string ?? "")" } ?? "<unset>",
            ]
        }
    }

    private static let componentStatus = kept([TableColumn("STATUS"), TableColumn("MESSAGE"), TableColumn("ERROR")], age: false) { content, _ in
        let healthy = content["conditions"]?.array?.first { $0["type"]?.string == "Healthy" }
        let status = ["True": "Healthy", "False": "Unhealthy"][healthy?["status"]?.string ?? ""] ?? "Unknown"
        return [status, healthy?["message"]?.string ?? "", healthy?["error"]?.string ?? ""]
    }
    private static let endpointsTable = kept([TableColumn("ENDPOINTS")]) { content, _ in [endpointText(content["subsets"]?.array ?? [])] }
    private static let podTemplate = kept([TableColumn("CONTAINERS"), TableColumn("IMAGES"), TableColumn("POD LABELS")], age: false) { content, _ in
        let containers = content["template"]?["spec"]?["containers"]?.array ?? []
        let labels = content["template"]?["metadata"]?["labels"]?.object?.members ?? []
        return [
            containers.map { $0["name"]?.string ?? "" }.joined(separator: ","), containers.map { $0["image"]?.string ?? "" }.joined(separator: ","),
            labels.map { "\($0.key)=\($0.value.string ?? "")" }.sorted().joined(separator: ",").or("<none>"),
        ]
    }
    private static let networkPolicy = kept([TableColumn("POD-SELECTOR")]) { content, _ in
        var decoder = APIDecoder()
        return [content["spec"]?["podSelector"].flatMap { LabelSelector.decode($0, &decoder) }.text ?? "<none>"]
    }
    private static let ingress = kept([TableColumn("CLASS"), TableColumn("HOSTS"), TableColumn("ADDRESS"), TableColumn("PORTS")]) { content, _ in
        let spec = content["spec"]
        let hosts = (spec?["rules"]?.array ?? []).compactMap { $0["host"]?.string }.filter { !$0.isEmpty }
        let more = hosts.count > 3 ? " + \(hosts.count - 3) more..." : ""
        return [
            spec?["ingressClassName"]?.string ?? "<none>", hosts.isEmpty ? "*" : hosts.prefix(3).joined(separator: ",") + more,
            ServiceDisplay.addresses(content["status"]?["loadBalancer"], wide: false),
            spec?["tls"]?.array?.isEmpty == false ? "80, 443" : "80",
        ]
    }
    private static let ingressClass = KindPrinter(
        CustomObject.self, [.name, TableColumn("CONTROLLER"), TableColumn("PARAMETERS"), .age]
    ) { object, cluster in
        let spec = object.content["spec"]
        let parameters = spec?["parameters"].map { "\($0["kind"]?.string ?? "")\($0["apiGroup"]?.string.map { ".\($0)" } ?? "")/\($0["name"]?.string ?? "")" }
        let isDefault = object.metadata.annotations["ingressclass.kubernetes.io/is-default-class"] == "true"
        let name = object.name + (isDefault && cluster.profile.has(.defaultIngressClassMarked) ? " (default)" : "")
        return [name, spec?["controller"]?.string ?? "", parameters ?? "<none>", object.age(cluster)]
    }
    private static let definition = kept(
        [TableColumn("GROUP"), TableColumn("SCOPE"), TableColumn("VERSIONS"), TableColumn("CREATED AT")], age: false
    ) { content, object in
        let spec = content["spec"]
        let versions = (spec?["versions"]?.array ?? []).compactMap { $0["name"]?.string }
        return [
            spec?["group"]?.string ?? "", spec?["scope"]?.string ?? "", versions.joined(separator: ","),
            object.metadata.creationTimestamp?.rfc3339 ?? "<unknown>",
        ]
    }
    private static let ipAddress = kept([TableColumn("PARENTREF")], age: false) { content, _ in
        let parent = content["spec"]?["parentRef"]
        return [["resource", "namespace", "name"].compactMap { parent?[$0]?.string }.joined(separator: "/").or("<none>")]
    }
    private static let serviceCIDR = kept([TableColumn("CIDRS")]) { content, _ in
        [(content["spec"]?["cidrs"]?.array ?? []).compactMap(\.string).joined(separator: ",")]
    }
    private static let signingRequest = KindPrinter(
        CustomObject.self,
        [.name, .age, TableColumn("SIGNERNAME"), TableColumn("REQUESTOR"), TableColumn("REQUESTEDDURATION"), TableColumn("CONDITION")]
    ) { object, cluster in
        let (spec, status) = (object.content["spec"], object.content["status"])
        let types = (status?["conditions"]?.array ?? []).compactMap { $0["type"]?.string }
        var condition = types.contains("Denied") ? "Denied" : types.contains("Approved") ? "Approved" : "Pending"
        if types.contains("Failed") { condition += ",Failed" }
        if status?["certificate"]?.string?.isEmpty == false { condition += ",Issued" }
        let seconds = spec?["expirationSeconds"]?.int.map { max(0, min($0, 1 << 31)) }
        return [
            object.name, object.age(cluster), spec?["signerName"]?.string ?? "<none>", spec?["username"]?.string ?? "",
            seconds.map { Printers.ageText(from: .start, to: .start + .seconds(Int($0))) } ?? "<none>", condition,
        ]
    }
    private static let apiService = kept([TableColumn("SERVICE"), TableColumn("AVAILABLE")]) { content, _ in
        let service = content["spec"]?["service"]
        let available = content["status"]?["conditions"]?.array?.first { $0["type"]?.string == "Available" }
        let reason = available?["reason"]?.string.map { " (\($0))" } ?? ""
        return [
            service.map { "\($0["namespace"]?.string ?? "")/\($0["name"]?.string ?? "")" } ?? "Local",
            available.map { $0["status"]?.string == "True" ? "True" : "\($0["status"]?.string ?? "")\(reason)" } ?? "Unknown",
        ]
    }
    private static let lease = kept([TableColumn("HOLDER")]) { content, _ in [content["spec"]?["holderIdentity"]?.string ?? ""] }
    private static let runtimeClass = kept([TableColumn("HANDLER")]) { content, _ in [content["handler"]?.string ?? ""] }
    private static let volumeAttributesClass = kept([TableColumn("DRIVERNAME")]) { content, _ in [content["driverName"]?.string ?? ""] }
    private static let resourceClaim = kept([TableColumn("STATE")]) { content, object in
        var states: [String] = []
        if object.metadata.isTerminating { states.append("deleted") }
        let status = content["status"]
        if status?["allocation"] == nil { states.append("pending") } else { states.append("allocated") }
        if status?["reservedFor"]?.array?.isEmpty == false { states.append("reserved") }
        return [states.joined(separator: ",")]
    }
    private static let resourceSlice = kept([TableColumn("NODE"), TableColumn("DRIVER"), TableColumn("POOL")]) { content, _ in
        let spec = content["spec"]
        return [spec?["nodeName"]?.string ?? "", spec?["driver"]?.string ?? "", spec?["pool"]?["name"]?.string ?? ""]
    }
    private static let flowSchema = KindPrinter(
        CustomObject.self,
        [.name, TableColumn("PRIORITYLEVEL"), TableColumn("MATCHINGPRECEDENCE", .number), TableColumn("DISTINGUISHERMETHOD"), .age, TableColumn("MISSINGPL")]
    ) { object, cluster in
        let spec = object.content["spec"]
        let dangling = object.content["status"]?["conditions"]?.array?.first { $0["type"]?.string == "Dangling" }
        return [
            object.name, spec?["priorityLevelConfiguration"]?["name"]?.string ?? "", spec?["matchingPrecedence"]?.int.map(String.init) ?? "1000",
            spec?["distinguisherMethod"]?["type"]?.string ?? "<none>", object.age(cluster), dangling?["status"]?.string ?? "?",
        ]
    }
    private static let priorityLevelConfiguration = kept([
        TableColumn("TYPE"), TableColumn("NOMINALCONCURRENCYSHARES"), TableColumn("QUEUES"), TableColumn("HANDSIZE"), TableColumn("QUEUELENGTHLIMIT"),
    ]) { content, _ in
        let spec = content["spec"]
        let limited = spec?["limited"] ?? spec?["exempt"]
        let queuing = spec?["limited"]?["limitResponse"]?["queuing"]
        func number(_ name: String) -> String { queuing?[name]?.int.map(String.init) ?? "<none>" }
        return [
            spec?["type"]?.string ?? "", limited?["nominalConcurrencyShares"]?.int.map(String.init) ?? "<none>",
            number("queues"), number("handSize"), number("queueLengthLimit"),
        ]
    }

    /// The kinds of Kubernetes itself.
    private static let known: [String: (group: String, printer: KindPrinter)] = [
        "ComponentStatus": ("", componentStatus),
        "Endpoints": ("", endpointsTable),
        "PodTemplate": ("", podTemplate),
        "Role": ("rbac.authorization.k8s.io", createdAt),
        "ClusterRole": ("rbac.authorization.k8s.io", createdAt),
        "RoleBinding": ("rbac.authorization.k8s.io", binding),
        "ClusterRoleBinding": ("rbac.authorization.k8s.io", binding),
        "NetworkPolicy": ("networking.k8s.io", networkPolicy),
        "Ingress": ("networking.k8s.io", ingress),
        "IngressClass": ("networking.k8s.io", ingressClass),
        "IPAddress": ("networking.k8s.io", ipAddress),
        "ServiceCIDR": ("networking.k8s.io", serviceCIDR),
        "CertificateSigningRequest": ("certificates.k8s.io", signingRequest),
        "CustomResourceDefinition": ("apiextensions.k8s.io", createdAt),
        "APIService": ("apiregistration.k8s.io", apiService),
        "Lease": ("coordination.k8s.io", lease),
        "RuntimeClass": ("node.k8s.io", runtimeClass),
        "CSIStorageCapacity": ("storage.k8s.io", createdAt),
        "VolumeAttributesClass": ("storage.k8s.io", volumeAttributesClass),
        "MutatingWebhookConfiguration": ("admissionregistration.k8s.io", webhooks),
        "ValidatingWebhookConfiguration": ("admissionregistration.k8s.io", webhooks),
        "ValidatingAdmissionPolicy": ("admissionregistration.k8s.io", policy("validations")),
        "MutatingAdmissionPolicy": ("admissionregistration.k8s.io", policy("mutations")),
        "ValidatingAdmissionPolicyBinding": ("admissionregistration.k8s.io", policyBinding),
        "MutatingAdmissionPolicyBinding": ("admissionregistration.k8s.io", policyBinding),
        "ResourceClaim": ("resource.k8s.io", resourceClaim),
        "ResourceSlice": ("resource.k8s.io", resourceSlice),
        "FlowSchema": ("flowcontrol.apiserver.k8s.io", flowSchema),
        "PriorityLevelConfiguration": ("flowcontrol.apiserver.k8s.io", priorityLevelConfiguration),
    ]

    /// The ready addresses with their ports, at most three.
    private static func endpointText(_ subsets: [JSONValue]) -> String {
        var list: [String] = []
        for subset in subsets {
            let addresses = (subset["addresses"]?.array ?? []).compactMap { $0["ip"]?.string }
            let ports = subset["ports"]?.array ?? []
            if ports.isEmpty { list += addresses }
            for port in ports {
                let number = port["port"]?.int ?? 0
                list += addresses.map { $0.contains(":") ? "[\($0)]:\(number)" : "\($0):\(number)" }
            }
        }
        return (list.prefix(3).joined(separator: ",") + (list.count > 3 ? " + \(list.count - 3) more..." : "")).or("<none>")
    }

    // MARK: Custom resources

    /// The columns that a CustomResourceDefinition of the files gives the kind.
    private static func definedColumns(_ kind: KindInfo, _ cluster: Cluster) -> [JSONValue]? {
        guard let definition = cluster.store.definition(of: kind), let versions = definition.content["spec"]?["versions"]?.array else { return nil }
        return (versions.first { $0["name"]?.string == kind.version } ?? versions.first)?["additionalPrinterColumns"]?.array
    }

    private static func defined(_ columns: [JSONValue]) -> KindPrinter {
        let titles = columns.map { column in
            let type = column["type"]?.string ?? ""
            return TableColumn(
                column["name"]?.string?.uppercased() ?? "", type == "date" ? .age : type == "integer" || type == "number" ? .number : .text,
                wide: (column["priority"]?.int ?? 0) > 0)
        }
        return KindPrinter(CustomObject.self, [.name] + titles) { object, cluster in
            let document = object.document
            return [object.name]
                + columns.map { column in
                    // Of several values the first is shown.
                    document.values(at: column["jsonPath"]?.string ?? "").first?.cell(column["type"]?.string ?? "", cluster.now) ?? ""
                }
        }
    }
}

extension JSONValue {
    /// The value in a column of a type; empty if it is of another.
    /// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor/tableconvertor.go`
    fileprivate func cell(_ type: String, _ now: Instant) -> String {
        switch (type, self) {
        case ("string", .null): "<no value>"
        case ("string", .string(let text)): text
        case ("string", _): text()
        case ("integer", .int), ("number", .int), ("number", .double), ("boolean", .bool): text()
        case ("integer", .double(let number)): Int64(exactly: number.rounded(.towardZero)).map { "\($0)" } ?? ""
        case ("date", .string(let time)): Instant(rfc3339: time).map { Printers.ageText(from: $0, to: now) } ?? "<invalid>"
        default: ""
        }
    }
}

extension JSONValue {
    /// What a path such as `.status.conditions[?(@.type=="Ready")].status` or `.spec.hosts[*]` leads to, as printer columns of
    /// CustomResourceDefinitions name it.
    func values(at path: String) -> [JSONValue] {
        var found = [self]
        var rest = Substring(path)
        while let first = rest.first, !found.isEmpty {
            rest = rest.dropFirst()
            switch first {
            case ".":
                if rest.first == "[" || rest.isEmpty { continue }
                var name = ""
                while let c = rest.first, c != ".", c != "[" {
                    rest = rest.dropFirst()
                    // A dot in a name is escaped.
                    if c == "\\", let next = rest.first {
                        name.append(next)
                        rest = rest.dropFirst()
                    } else {
                        name.append(c)
                    }
                }
                found = found.compactMap { $0[name] }
            case "[":
                guard let end = rest.firstIndex(of: "]") else { return [] }
                let inside = rest[..<end]
                rest = rest[rest.index(after: end)...]
                if inside == "*" {
                    found = found.flatMap { $0.array ?? $0.object?.members.map(\.value) ?? [] }
                } else if let number = Int(inside) {
                    found = found.compactMap { value in
                        guard let array = value.array else { return nil }
                        let index = number < 0 ? array.count + number : number
                        return array.indices.contains(index) ? array[index] : nil
                    }
                } else if inside.hasPrefix("?(@."), inside.hasSuffix(")") {
                    let condition = inside.dropFirst(4).dropLast().split(separator: "=", omittingEmptySubsequences: true)
                    guard condition.count == 2 else { return [] }
                    func plain(_ text: Substring) -> String { String(text.filter { $0 != "\"" && $0 != "'" && $0 != " " }) }
                    let (name, wanted) = (plain(condition[0]), plain(condition[1]))
                    found = found.flatMap { ($0.array ?? []).filter { ($0[name]?.string ?? $0[name]?.text()) == wanted } }
                } else {
                    let name = String(inside.filter { $0 != "'" && $0 != "\"" })
                    found = found.compactMap { $0[name] }
                }
            default: return []
            }
        }
        return found
    }
}
