import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit

/// The documents that describe the API, made from the tables by which objects are read and written.
///
/// kubectl looks for two things: whether a resource can be patched with `fieldValidation`, and what `explain` is to print.
enum OpenAPI {
    // MARK: Version 3

    /// The path of a version's document below `/openapi/v3/`: `api/v1`, `apis/apps/v1`.
    static func path(_ version: APIGroupVersion) -> String { version.group.isEmpty ? "api/\(version.version)" : "apis/\(version.groupVersion)" }

    /// What changes when a document does.
    static func hash(_ version: APIGroupVersion, _ definitions: [CustomObject]) -> String {
        let revisions = definitions.filter { $0.content["spec"]?["group"]?.string == version.group }.map { "\($0.metadata.resourceVersion)" }
        let text = version.groupVersion + version.resources.map(\.name).joined(separator: ",") + revisions.joined(separator: ",") + "1"
        return String(StableHash.fnv1a64(text), radix: 16, uppercase: true)
    }

    static func index(_ resources: APIResources, _ definitions: [CustomObject]) -> JSONValue {
        var paths = JSONObject()
        for version in resources.versions {
            let path = path(version)
            paths.members.append((path, ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash(version, definitions))")]))
        }
        return ["paths": .object(paths)]
    }

    static func document(_ version: APIGroupVersion, _ definitions: [CustomObject]) -> JSONValue {
        var schemas = Schemas()
        var paths = JSONObject()
        let root = version.group.isEmpty ? "/api/\(version.version)/" : "/apis/\(version.groupVersion)/"
        for resource in version.resources where !resource.isSubresource {
            let definition = definitions.first {
                $0.content["spec"]?["group"]?.string == version.group && $0.content["spec"]?["names"]?["plural"]?.string == resource.name
            }
            let name = schemas.add(resource, definition)
            let kind = groupVersionKind(resource)
            let collection = root + (resource.isNamespaced ? "namespaces/{namespace}/" : "") + resource.name
            // By these `explain` finds the kind of a resource; that of 1.27 looks at the list of all namespaces alone.
            func operations(_ actions: [(method: String, action: String, verb: String)]) -> JSONObject {
                var operations = JSONObject()
                for (method, action, verb) in actions where resource.verbs.contains(verb) {
                    operations[method] = ["responses": answer(name), "x-kubernetes-action": .string(action), "x-kubernetes-group-version-kind": kind]
                }
                return operations
            }
            if resource.isNamespaced, resource.verbs.contains("list") { paths[root + resource.name] = .object(operations([("get", "list", "list")])) }
            paths[collection] = .object(
                operations([("get", "list", "list"), ("post", "post", "create"), ("delete", "deletecollection", "deletecollection")]))
            var single = operations([("get", "get", "get"), ("put", "put", "update"), ("delete", "delete", "delete")])
            if resource.verbs.contains("patch") { single["patch"] = patch(kind, name) }
            if !single.members.isEmpty { paths[collection + "/{name}"] = .object(single) }
        }
        return [
            "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": "v1.36.0"], "paths": .object(paths),
            "components": ["schemas": .object(schemas.sorted)],
        ]
    }

    private static func groupVersionKind(_ resource: APIResource) -> JSONValue {
        ["group": .string(resource.group), "kind": .string(resource.kind), "version": .string(resource.version)]
    }

    private static func answer(_ schema: String) -> JSONValue {
        let reference: JSONValue = .string("#/components/schemas/\(schema)")
        return ["200": ["description": "OK", "content": ["application/json": ["schema": ["$ref": reference]]]]]
    }

    /// The operation of a patch. It does not offer strategic merge patches: kubectl then merges by its own tables, which know
    /// the keys of all lists.
    private static func patch(_ kind: JSONValue, _ schema: String) -> JSONValue {
        let parameters = ["dryRun", "fieldManager", "fieldValidation"].map { name -> JSONValue in
            ["name": .string(name), "in": "query", "schema": ["type": "string", "uniqueItems": true]]
        }
        let force: JSONValue = ["name": "force", "in": "query", "schema": ["type": "boolean", "uniqueItems": true]]
        let body: JSONValue = ["schema": ["$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Patch"]]
        return [
            "parameters": .array(parameters + [force]),
            "requestBody": [
                "required": true,
                "content": ["application/apply-patch+yaml": body, "application/json-patch+json": body, "application/merge-patch+json": body],
            ],
            "responses": answer(schema), "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": kind,
        ]
    }

    // MARK: Schemas

    /// Schemas by their names.
    private struct Schemas {
        private var all: [String: JSONValue] = ["io.k8s.apimachinery.pkg.apis.meta.v1.Patch": ["type": "object"]]
        var sorted: JSONObject {
            var object = JSONObject()
            object.members = all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            return object
        }

        /// Adds the schema of a resource's kind; returns its name.
        mutating func add(_ resource: APIResource, _ definition: CustomObject?) -> String {
            if let definition { return addCustom(resource, definition) }
            let package = resource.group.isEmpty ? "core" : String(resource.group.prefix { $0 != "." })
            let name = "io.k8s.api.\(package).\(resource.version).\(resource.kind)"
            let info = resource.kind == "Event" ? Event.info : KindInfo.typed(apiVersion: resource.groupVersion, kind: resource.kind)
            if let words = EvenkeelAPI.summaries[resource.kind], resource.group == EvenkeelAPI.group {
                // Without fields, so that kubectl leaves it to the server to say what is wrong with them.
                all[name] = ["type": "object", "description": .string(words), "x-kubernetes-group-version-kind": [groupVersionKind(resource)]]
                return name
            }
            var schema: JSONValue
            if let info {
                schema = structure(ObjectStore.type(of: info.type), package: "\(package).\(resource.version)")
            } else if let root = KeptStructure.of(apiVersion: resource.groupVersion, kind: resource.kind) {
                schema = kept(root, "\(package).\(resource.version)")
                schema["properties"]?["metadata"] = metadataField
            } else {
                schema = ["type": "object", "description": .string("\(resource.kind) is kept as it comes.")]
                schema["properties"] = ["metadata": metadataField]
            }
            complete(&schema, resource)
            all[name] = schema
            return name
        }

        /// The schema of a structure that has no type of its own here.
        private mutating func kept(_ structure: KeptStructure, _ package: String) -> JSONValue {
            var properties = JSONObject()
            for field in structure.fields { properties[field.name] = kept(field.type, package) }
            var schema: JSONValue = ["type": "object", "properties": .object(properties)]
            let required = structure.fields.filter(\.isRequired).map { JSONValue.string($0.name) }
            if !required.isEmpty { schema["required"] = .array(required) }
            return schema
        }

        private mutating func kept(_ type: String, _ package: String) -> JSONValue {
            if type.hasPrefix("[]") { return ["type": "array", "items": kept(String(type.dropFirst(2)), package)] }
            if type.hasPrefix("map[string]") { return ["type": "object", "additionalProperties": kept(String(type.dropFirst(11)), package)] }
            if let structure = KeptStructure.named(type) {
                let name = "io.k8s.api.\(package).\(type)"
                if all[name] == nil {
                    // Known before its fields are: a structure may be inside itself.
                    all[name] = ["type": "object"]
                    all[name] = kept(structure, package)
                }
                return ["default": [:], "allOf": [["$ref": .string("#/components/schemas/\(name)")]]]
            }
            if let typed = KeptStructure.typed(type) { return reference(typed, package: "core.v1", description: "") }
            var schema = field(type, nil, package, "")
            schema["description"] = nil
            return schema
        }

        private mutating func addCustom(_ resource: APIResource, _ definition: CustomObject) -> String {
            let package = resource.group.split(separator: ".").reversed().joined(separator: ".")
            let name = "\(package).\(resource.version).\(resource.kind)"
            let versions = definition.content["spec"]?["versions"]?.array ?? []
            var schema = versions.first { $0["name"]?.string == resource.version }?["schema"]?["openAPIV3Schema"] ?? ["type": "object"]
            var properties = schema["properties"]?.object ?? JSONObject()
            properties["metadata"] = metadataField
            schema["properties"] = .object(properties)
            complete(&schema, resource)
            all[name] = schema
            return name
        }

        /// Adds what every kind has.
        private mutating func complete(_ schema: inout JSONValue, _ resource: APIResource) {
            var properties = schema["properties"]?.object ?? JSONObject()
            for (name, text) in [("apiVersion", Words.apiVersion), ("kind", Words.kind)] {
                properties[name] = ["type": "string", "description": .string(text)]
            }
            schema["properties"] = .object(properties)
            if let words = Words.byField[resource.kind] { schema["description"] = .string(words) }
            schema["x-kubernetes-group-version-kind"] = [groupVersionKind(resource)]
        }

        private var metadataField: JSONValue {
            mutating get { reference(ObjectMeta.self, package: "", description: Words.metadata) }
        }

        /// A field whose type is a structure, with the structure's schema among the others.
        private mutating func reference(_ type: any APIStruct.Type, package: String, description: String) -> JSONValue {
            ["description": .string(description), "default": [:], "allOf": [["$ref": .string("#/components/schemas/\(add(type, package))")]]]
        }

        private mutating func add(_ type: any APIStruct.Type, _ package: String, as other: String? = nil) -> String {
            let word = other ?? Self.names["\(type)"] ?? "\(type)"
            let isMeta = ["ObjectMeta", "OwnerReference", "LabelSelector", "LabelSelectorRequirement", "ManagedFieldsEntry"].contains(word)
            let name = isMeta ? "io.k8s.apimachinery.pkg.apis.meta.v1.\(word)" : "io.k8s.api.\(package).\(word)"
            if all[name] == nil {
                // Known before its fields are: a structure may be inside itself.
                all[name] = ["type": "object"]
                all[name] = structure(type, package: package)
            }
            return name
        }

        /// Structures that Kubernetes calls otherwise.
        private static let names = ["SelectorRequirement": "LabelSelectorRequirement"]

        private mutating func structure(_ type: any APIStruct.Type, package: String) -> JSONValue {
            func structure<S: APIStruct>(_ type: S.Type, _ schemas: inout Schemas) -> JSONValue {
                var properties = JSONObject()
                for field in S.fields {
                    let words = Words.byField["\(type).\(field.name)"] ?? field.summary
                    var schema =
                        field.structure == Condition.self
                        ? schemas.conditions(of: "\(type)", package, words) : schemas.field(field.typeName, field.structure, package, words)
                    if field.bits == 64, schema["format"] == "int32" { schema["format"] = "int64" }
                    if let values = Words.values["\(type).\(field.name)"] { schema["enum"] = .array(values.map { .string($0) }) }
                    properties[field.name] = schema
                }
                if type == PodSpec.self {
                    properties["nodeName"] = ["type": "string", "description": "The node that the pod is bound to; empty until then."]
                }
                if type == ObjectMeta.self { properties["managedFields"] = schemas.managedFields }
                var schema: JSONValue = [
                    "type": "object", "description": .string(Words.byField["\(type)"] ?? S.summary), "properties": .object(properties),
                ]
                if let required = Words.required["\(type)"] ?? RequiredFields.byStructure["\(type)"], !required.isEmpty {
                    schema["required"] = .array(required.map { .string($0) })
                }
                return schema
            }
            return structure(type, &self)
        }

        /// One structure stands here for many of Kubernetes': which of its fields a kind's conditions have.
        private mutating func conditions(of owner: String, _ package: String, _ words: String) -> JSONValue {
            let own = String(owner.dropLast("Status".count))
            let others = ["lastTransitionTime", "message", "reason", "status", "type"]
            let fields =
                switch own {
                case "Deployment": others + ["lastUpdateTime"]
                case "Job", "PersistentVolumeClaim": others + ["lastProbeTime"]
                case "Pod": others + ["lastProbeTime", "observedGeneration"]
                case "Node": others + ["lastHeartbeatTime"]
                case "ReplicaSet", "StatefulSet", "DaemonSet", "HorizontalPodAutoscaler", "Namespace", "ReplicationController": others
                default: others + ["observedGeneration"]
                }
            let isCommon = fields.contains("observedGeneration") && own != "Pod"
            let name = isCommon ? "io.k8s.apimachinery.pkg.apis.meta.v1.Condition" : "io.k8s.api.\(package).\(own)Condition"
            var schema = structure(Condition.self, package: package)
            var properties = schema["properties"]?.object ?? JSONObject()
            properties.members.removeAll { !fields.contains($0.key) }
            schema["properties"] = .object(properties)
            schema["required"] = isCommon ? ["type", "status", "lastTransitionTime", "reason", "message"] : ["type", "status"]
            all[name] = schema
            let items: JSONValue = ["default": [:], "allOf": [["$ref": .string("#/components/schemas/\(name)")]]]
            return ["type": "array", "description": .string(words), "items": items]
        }

        private var managedFields: JSONValue {
            mutating get {
                func text(_ words: String) -> JSONValue { ["type": "string", "description": .string(words)] }
                all["io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"] = ["type": "object", "description": "A set of fields."]
                all["io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry"] = [
                    "type": "object", "description": "Who manages which fields.",
                    "properties": [
                        "apiVersion": text("The version that the fields are of."), "fieldsType": text("FieldsV1."),
                        "fieldsV1": [
                            "description": "The fields.",
                            "allOf": [["$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"]],
                        ],
                        "manager": text("Who manages them."), "operation": text("Apply or Update."), "subresource": text("Through which subresource."),
                        "time": ["type": "string", "format": "date-time", "description": "When the manager last changed them."],
                    ],
                ]
                return [
                    "type": "array", "description": "Who set which field, for server-side apply.",
                    "items": ["default": [:], "allOf": [["$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry"]]],
                ]
            }
        }

        private mutating func field(_ typeName: String, _ structure: (any APIStruct.Type)?, _ package: String, _ words: String) -> JSONValue {
            let description: JSONValue = .string(words)
            if typeName.hasPrefix("[]") {
                var items = field(String(typeName.dropFirst(2)), structure, package, "")
                items["description"] = nil
                return ["type": "array", "description": description, "items": items]
            }
            if typeName.hasPrefix("map[string]") {
                var values = field(String(typeName.dropFirst(11)), structure, package, "")
                values["description"] = nil
                return ["type": "object", "description": description, "additionalProperties": values]
            }
            if let structure {
                // One structure stands for two of Kubernetes' here.
                if structure == SelectorRequirement.self, words.contains("node") || package.isEmpty {
                    let name = add(structure, package, as: "NodeSelectorRequirement")
                    return ["description": description, "default": [:], "allOf": [["$ref": .string("#/components/schemas/\(name)")]]]
                }
                return reference(structure, package: package, description: words)
            }
            switch typeName {
            case "string": return ["type": "string", "description": description]
            case "integer": return ["type": "integer", "format": "int32", "description": description]
            case "boolean": return ["type": "boolean", "description": description]
            case "number": return ["type": "number", "format": "double", "description": description]
            case "Time": return ["type": "string", "format": "date-time", "description": description]
            case "Duration": return ["type": "string", "description": description]
            case "Quantity":
                all["io.k8s.apimachinery.pkg.api.resource.Quantity"] = [
                    "oneOf": [["type": "string"], ["type": "number"]], "description": "A number with a unit, such as 100m or 64Mi.",
                ]
                return ["description": description, "allOf": [["$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"]]]
            case "IntOrString":
                all["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = [
                    "oneOf": [["type": "integer"], ["type": "string"]], "format": "int-or-string", "description": "A number, or a percentage.",
                ]
                return ["description": description, "allOf": [["$ref": "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString"]]]
            default: return ["type": "object", "description": description]
            }
        }
    }

    /// Kubernetes' own words where they are not those of the field tables: what every kind says, and what is asked for most.
    enum Words {
        private static let conventions = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
        static let apiVersion =
            "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest "
            + "internal value, and may reject unrecognized values. More info: \(conventions)#resources"
        static let kind =
            "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client "
            + "submits requests to. Cannot be updated. In CamelCase. More info: \(conventions)#types-kinds"
        static let metadata = "Standard object's metadata. More info: \(conventions)#metadata"

        static let byField: [String: String] = [
            "Pod": "Pod is a collection of containers that can run on a host. This resource is created by clients and scheduled onto hosts.",
            "Pod.metadata": metadata,
            "Pod.spec": "Specification of the desired behavior of the pod. More info: \(conventions)#spec-and-status",
            "Pod.status":
                "Most recently observed status of the pod. This data may not be up to date. Populated by the system. Read-only. More info: "
                + "\(conventions)#spec-and-status",
            "Deployment": "Deployment enables declarative updates for Pods and ReplicaSets.",
            "Deployment.metadata": metadata,
            "Deployment.spec": "Specification of the desired behavior of the Deployment.",
            "Deployment.status": "Most recently observed status of the Deployment.",
            "PodDisruptionBudget": "PodDisruptionBudget is an object to define the max disruption that can be caused to a collection of pods",
            "DeploymentStrategy.rollingUpdate": "Rolling update config params. Present only if DeploymentStrategyType = RollingUpdate.",
            "RollingUpdateDeployment": "Spec to control the desired behavior of rolling update.",
            "RollingUpdateDeployment.maxSurge":
                "The maximum number of pods that can be scheduled above the desired number of pods. Value can be an absolute number (ex: 5) or a "
                + "percentage of desired pods (ex: 10%). This can not be 0 if MaxUnavailable is 0. Absolute number is calculated from percentage by "
                + "rounding up. Defaults to 25%. Example: when this is set to 30%, the new ReplicaSet can be scaled up immediately when the rolling "
                + "update starts, such that the total number of old and new pods do not exceed 130% of desired pods. Once old pods have been killed, "
                + "new ReplicaSet can be scaled up further, ensuring that total number of pods running at any time during the update is at most 130% "
                + "of desired pods.",
            "RollingUpdateDeployment.maxUnavailable":
                "The maximum number of pods that can be unavailable during the update. Value can be an absolute number (ex: 5) or a percentage of "
                + "desired pods (ex: 10%). Absolute number is calculated from percentage by rounding down. This can not be 0 if MaxSurge is 0. "
                + "Defaults to 25%. Example: when this is set to 30%, the old ReplicaSet can be scaled down to 70% of desired pods immediately when "
                + "the rolling update starts. Once new pods are ready, old ReplicaSet can be scaled down further, followed by scaling up the new "
                + "ReplicaSet, ensuring that the total number of pods available at all times during the update is at least 70% of desired pods.",
        ]

        /// Fields that have to be there, where the published schemas say otherwise than ``RequiredFields``.
        static let required: [String: [String]] = ["PodDisruptionBudgetStatus": []]
        static let values: [String: [String]] = ["PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy": ["AlwaysAllow", "IfHealthyBudget"]]
    }
}
