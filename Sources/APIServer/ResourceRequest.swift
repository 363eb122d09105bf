import ControlPlane
import KubernetesAPI
import SimulationKit

/// A resource that is served, and the kind that is kept for it.
struct ServedKind: Sendable {
    var resource: APIResource
    /// The kind as it is kept.
    var info: KindInfo
    /// Whether the objects have a status that is written by itself.
    var hasStatus: Bool
    /// Of a CustomResourceDefinition.
    var isCustom = false
    /// Fields by which its objects can be selected beside name and namespace, and those of the kind's own.
    var selectableFields: [String] = []

    /// The version in which clients read and write.
    var apiVersion: String { resource.groupVersion }
}

/// A request for a resource, understood.
struct ResourceRequest: Sendable {
    var request: APIRequest
    var info: RequestInfo
    var kind: ServedKind
    var representation: Representation
    /// `299 - "…"`
    var warnings: [String] = []

    var form: ObjectForm {
        ObjectForm(
            info: kind.info, apiVersion: kind.apiVersion, representation: representation,
            included: ObjectForm.Included(rawValue: info.parameter("includeObject") ?? "") ?? .metadata)
    }

    func filter() throws(Refusal) -> ObjectFilter {
        var filter = try ObjectFilter(
            namespace: kind.info.isNamespaced ? info.namespace : "", labelSelector: info.parameter("labelSelector") ?? "",
            fieldSelector: info.parameter("fieldSelector") ?? "", kind: kind.info, also: kind.selectableFields)
        // A watch of one object by its path.
        if !info.name.isEmpty { filter.fields.append(.init(field: "metadata.name", value: info.name, isEqual: true)) }
        return filter
    }

    /// The headers of an answer with objects.
    var headers: [(name: String, value: String)] {
        [("audit-id", ""), ("cache-control", "no-cache, private"), ("content-type", representation.contentType)].filter { !$0.1.isEmpty }
            + warnings.map { ("warning", "299 - \(Self.quoted($0))") }
    }

    /// A text as a header has it.
    /// - Source: staging/src/k8s.io/apimachinery/pkg/util/net/http.go, `NewWarningHeader`
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7f {
            if scalar == "\"" || scalar == "\\" { result.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    // MARK: Options of writes

    /// What the parameters of a write say.
    struct WriteOptions: Sendable {
        var isDryRun = false
        var fieldManager = ""
        var fieldValidation = FieldValidation.warn
        var force = false
    }

    func writeOptions() throws(Refusal) -> WriteOptions {
        var options = WriteOptions()
        var errors: [FieldError] = []
        let dryRuns = info.parameters.filter { $0.name == "dryRun" && !$0.value.isEmpty }.map(\.value)
        if dryRuns.contains(where: { $0 != "All" }) {
            errors.append(Self.dryRunError(dryRuns))
        }
        options.isDryRun = !dryRuns.isEmpty
        if let manager = info.parameter("fieldManager"), !manager.isEmpty {
            if manager.utf8.count > 128 {
                errors.append(FieldError(.tooLong, "fieldManager", "may not be more than 128 bytes"))
            }
            options.fieldManager = manager
        } else {
            // As upstream: the first word of the program's name.
            options.fieldManager = String((request.header("user-agent") ?? "").prefix { $0 != "/" }.prefix(128))
            if options.fieldManager.isEmpty { options.fieldManager = "unknown" }
        }
        if let text = info.parameter("fieldValidation"), !text.isEmpty {
            if let validation = FieldValidation(rawValue: text) {
                options.fieldValidation = validation
            } else {
                errors.append(
                    FieldError(
                        .notSupported, "fieldValidation", value: "\"\(text)\"", "supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""))
            }
        }
        options.force = info.flag("force")
        if !errors.isEmpty {
            let kind = ["create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"][info.verb] ?? "DeleteOptions"
            throw .options(kind, errors)
        }
        return options
    }

    static func dryRunError(_ values: [String]) -> FieldError {
        FieldError(
            .notSupported, "dryRun", value: "[\(values.map { "\"\($0)\"" }.joined(separator: ","))]", "supported values: \"All\"")
    }
}
