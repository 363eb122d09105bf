import ControlPlane
import KubernetesAPI

/// Which objects a list or a watch is about.
struct ObjectFilter: Sendable {
    var namespace = ""
    var labels: LabelSelector?
    var fields: [FieldRequirement] = []

    struct FieldRequirement: Sendable, Equatable {
        var field: String
        var value: String
        var isEqual: Bool
    }

    /// Whether nothing but the namespace is asked for.
    var isPlain: Bool { (labels?.isEmpty ?? true) && fields.isEmpty }

    /// - Parameter others: fields that objects of the kind can be selected by, beside those of Kubernetes' own.
    init(
        namespace: String = "", labelSelector: String = "", fieldSelector: String = "", kind: KindInfo, also others: [String] = []
    ) throws(Refusal) {
        self.namespace = namespace
        if !labelSelector.isEmpty {
            guard let selector = LabelSelector(text: labelSelector) else {
                throw Refusal(.badRequest(LabelSyntax.problem(labelSelector)))
            }
            labels = selector
        }
        fields = try Self.requirements(fieldSelector)
        for requirement in fields where !SelectableFields.names(kind).contains(requirement.field) && !others.contains(requirement.field) {
            throw Refusal(.badRequest("field label not supported: \(requirement.field)"))
        }
    }

    private static func requirements(_ text: String) throws(Refusal) -> [FieldRequirement] {
        var requirements: [FieldRequirement] = []
        for part in text.split(separator: ",") {
            guard let equals = part.firstIndex(of: "=") else {
                throw Refusal(.badRequest("invalid selector: '\(text)'; can't understand '\(part)'"))
            }
            var name = part[..<equals]
            var value = part[part.index(after: equals)...]
            let isEqual = name.last != "!"
            if !isEqual { name = name.dropLast() } else if value.first == "=" { value = value.dropFirst() }
            requirements.append(FieldRequirement(field: String(name), value: String(value), isEqual: isEqual))
        }
        return requirements
    }

    /// Whether `object` is one of those.
    func matches(_ object: any StoredObject) -> Bool {
        if !namespace.isEmpty, object.metadata.namespace != namespace { return false }
        if let labels, !labels.matches(object.metadata.labels) { return false }
        return fields.allSatisfy { ($0.value == SelectableFields.value($0.field, of: object)) == $0.isEqual }
    }

    /// The one name that can match, if the fields say so.
    var name: String? { fields.first { $0.field == "metadata.name" && $0.isEqual }?.value }
}

/// The fields by which objects can be selected: two of every kind, and a few of some.
/// - Source: Kubernetes `pkg/apis/*/v1/conversion.go`, `AddFieldLabelConversionsFor…`.
enum SelectableFields {
    static func names(_ kind: KindInfo) -> [String] {
        ["metadata.name", "metadata.namespace"] + (special[kind.kind].flatMap { $0.group == kind.group ? $0.fields : nil } ?? [])
    }

    private static let special: [String: (group: String, fields: [String])] = [
        "Pod": (
            "",
            [
                "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
                "status.podIP", "status.podIPs", "status.nominatedNodeName",
            ]
        ),
        "Node": ("", ["spec.unschedulable"]),
        "Namespace": ("", ["status.phase"]),
        "Secret": ("", ["type"]),
        "ReplicationController": ("", ["status.replicas"]),
        "ReplicaSet": ("apps", ["status.replicas"]),
        "Job": ("batch", ["status.successful"]),
        "Event": (
            "",
            [
                "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
                "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
                "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "reportingController",
            ]
        ),
        "CertificateSigningRequest": ("certificates.k8s.io", ["spec.signerName"]),
        "ResourceSlice": ("resource.k8s.io", ["spec.nodeName", "spec.driver"]),
        "Service": ("", ["spec.clusterIP", "spec.type"]),
    ]

    static func value(_ field: String, of object: any StoredObject) -> String {
        switch field {
        case "metadata.name": return object.metadata.name
        case "metadata.namespace": return object.metadata.namespace
        default: break
        }
        switch object {
        case let pod as Pod: return value(field, of: pod)
        case let node as Node: return node.spec.unschedulable ? "true" : "false"
        case let namespace as Namespace: return namespace.status.phase
        case let event as Event: return value(field, of: event)
        default:
            guard let value = object.document.value(at: field == "status.successful" ? "status.succeeded" : field) else {
                return ["status.successful", "status.replicas"].contains(field) ? "0" : ""
            }
            return value.string ?? value.text()
        }
    }

    private static func value(_ field: String, of pod: Pod) -> String {
        switch field {
        case "spec.nodeName": pod.nodeName
        case "spec.restartPolicy": pod.spec.restartPolicy
        case "spec.schedulerName": pod.spec.schedulerName
        case "spec.serviceAccountName": pod.spec.serviceAccountName
        case "spec.hostNetwork": pod.spec.hostNetwork ? "true" : "false"
        case "status.phase": pod.status.phase.rawValue
        case "status.nominatedNodeName": pod.status.nominatedNodeName
        default: pod.document.value(at: "status.podIP")?.string ?? ""
        }
    }

    private static func value(_ field: String, of event: Event) -> String {
        let about = event.involvedObject
        return switch field.hasPrefix("regarding.") ? "involvedObject." + field.dropFirst(10) : field {
        case "involvedObject.kind": about.kind
        case "involvedObject.namespace": about.namespace
        case "involvedObject.name": about.name
        case "involvedObject.uid": about.uid
        case "reason": event.reason
        case "type": event.type
        default:
            switch event.document.value(at: field == "reportingController" ? "reportingComponent" : field == "source" ? "source.component" : field) {
            case .string(let text)?: text
            default: field == "source" ? event.document.value(at: "reportingComponent")?.string ?? "" : ""
            }
        }
    }
}

/// What is wrong with a label selector, in the API server's words.
/// - Source: staging/src/k8s.io/apimachinery/pkg/labels/selector.go, `Parser`
enum LabelSyntax {
    static func problem(_ text: String) -> String {
        var parser = Parser(tokens: tokens(text))
        return "unable to parse requirement: \(parser.problem() ?? "found '\(text)'")"
    }

    private static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var word = ""
        func flush() {
            if !word.isEmpty { tokens.append(word) }
            word = ""
        }
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case " ", "\t", "\n", "\r": flush()
            case "(", ")", ",", "<", ">":
                flush()
                tokens.append(String(character))
            case "!", "=":
                flush()
                if rest.first == "=" {
                    rest.removeFirst()
                    tokens.append("\(character)=")
                } else {
                    tokens.append(String(character))
                }
            default: word.append(character)
            }
        }
        flush()
        return tokens
    }

    private struct Parser {
        let tokens: [String]
        var at = 0
        private static let signs: Set<String> = ["(", ")", ",", "!", "=", "==", "!=", "<", ">", "in", "notin", ""]
        var next: String { at < tokens.count ? tokens[at] : "" }

        mutating func problem() -> String? {
            while at < tokens.count {
                if let problem = requirement() { return problem }
                switch next {
                case "": return nil
                case ",":
                    at += 1
                    if next == "" || next == "," || next == ")" { return "found '\(next)', expected: identifier after ','" }
                default: return "found '\(next)', expected: ',' or 'end of string'"
                }
            }
            return nil
        }

        private mutating func requirement() -> String? {
            if next == "!" { at += 1 }
            if Self.signs.contains(next) { return "found '\(next)', expected: identifier" }
            at += 1
            switch next {
            case "", ",": return nil
            case "in", "notin":
                at += 1
                guard next == "(" else { return "found '\(next)' expected: '('" }
                at += 1
                while next != ")" {
                    if next.isEmpty { return "found '', expected: ',' or ')'" }
                    at += 1
                }
                at += 1
                return nil
            case "=", "==", "!=", "<", ">":
                at += 1
                if !Self.signs.contains(next) { at += 1 }
                return nil
            default: return "found '\(next)', expected: in, notin, =, ==, !=, gt, lt"
            }
        }
    }
}
