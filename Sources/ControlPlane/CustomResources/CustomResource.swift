// Kinds that CustomResourceDefinitions make.

import KubernetesAPI
import SimulationKit

/// A kind that a CustomResourceDefinition makes, as clients find and use it.
public struct CustomResource: Sendable {
    /// One version of the kind. All have the same content: nothing is converted.
    public struct Version: Sendable {
        public var name: String
        public var isServed: Bool
        public var isStored: Bool
        public var isDeprecated: Bool
        /// What a client of a deprecated version is told; empty for the usual words.
        public var deprecationWarning: String
        /// The `openAPIV3Schema`.
        public var schema: JSONValue?
        /// Whether status is written by its own subresource.
        public var hasStatus: Bool
        public var scale: Scale?
        /// `additionalPrinterColumns`; where there are none, the age.
        public var columns: [JSONValue]
        public var selectableFields: [String]
    }
    /// Where a kind that can be scaled has its numbers, as `.spec.replicas`.
    public struct Scale: Sendable {
        public var replicas: String
        public var statusReplicas: String
        public var labelSelector: String
    }

    /// The name of the definition: `widgets.example.com`
    public var name: String
    public var group: String
    public var kind: String
    public var listKind: String
    public var plural: String
    public var singular: String
    public var shortNames: [String]
    public var categories: [String]
    public var isNamespaced: Bool
    public var versions: [Version]

    /// The kind that `definition` makes; nil unless it says group, names and versions.
    public init?(_ definition: CustomObject) {
        guard definition.kindName == "CustomResourceDefinition", let spec = definition.content["spec"], let group = spec["group"]?.string,
            let names = spec["names"], let kind = names["kind"]?.string, let plural = names["plural"]?.string, let versions = spec["versions"]?.array
        else { return nil }
        func texts(_ field: String) -> [String] { names[field]?.array?.compactMap(\.string) ?? [] }
        (name, self.group, self.kind, self.plural) = (definition.metadata.name, group, kind, plural)
        listKind = names["listKind"]?.string ?? "\(kind)List"
        singular = names["singular"]?.string ?? kind.lowercased()
        (shortNames, categories) = (texts("shortNames"), texts("categories"))
        isNamespaced = spec["scope"]?.string != "Cluster"
        self.versions = versions.compactMap(Version.init)
    }

    /// The version that is served under this name.
    public func version(_ name: String) -> Version? { versions.first { $0.name == name && $0.isServed } }

    /// The facts about the kind in one version.
    public func info(_ version: String) -> KindInfo {
        var info = KindInfo.custom(apiVersion: "\(group)/\(version)", kind: kind)
        (info.plural, info.shortNames, info.isNamespaced) = (plural, shortNames, isNamespaced)
        return info
    }

    /// The object that `document` describes, with what the definition says of its kind.
    func object(_ document: JSONValue) -> CustomObject {
        var decoder = APIDecoder()
        var object = CustomObject(document: document.object ?? JSONObject(), &decoder)
        object.defined = CustomObject.DefinedKind(plural: plural, shortNames: shortNames, isNamespaced: isNamespaced)
        return object
    }
}

extension CustomResource.Version {
    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string else { return nil }
        self.name = name
        isServed = json["served"] == true
        isStored = json["storage"] == true
        isDeprecated = json["deprecated"] == true
        deprecationWarning = json["deprecationWarning"]?.string ?? ""
        schema = json["schema"]?["openAPIV3Schema"]
        hasStatus = json["subresources"]?["status"]?.object != nil
        scale = json["subresources"]?["scale"]?.object.flatMap { scale in
            guard let replicas = scale["specReplicasPath"]?.string, let status = scale["statusReplicasPath"]?.string else { return nil }
            return CustomResource.Scale(replicas: replicas, statusReplicas: status, labelSelector: scale["labelSelectorPath"]?.string ?? "")
        }
        let columns = json["additionalPrinterColumns"]?.array ?? []
        self.columns = columns.isEmpty ? [["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"]] : columns
        selectableFields = json["selectableFields"]?.array?.compactMap { $0["jsonPath"]?.string } ?? []
    }
}

extension Cluster {
    /// The kinds that CustomResourceDefinitions make, by the names of the definitions. What discovery and OpenAPI tell.
    public var customResources: [CustomResource] {
        store.customObjects.sorted().filter { $0.kindName == "CustomResourceDefinition" && !$0.metadata.isTerminating }.compactMap(CustomResource.init)
    }

    /// The kind that is called `plural` in a group. Also while its definition waits for its objects to go.
    public func customResource(group: String, plural: String) -> CustomResource? {
        store.customObjects[Self.definitionKey("\(plural).\(group)")].flatMap(CustomResource.init)
    }

    /// Lets an object of a custom kind know what its definition says of the kind. One that has been through an API server, and is in no
    /// namespace, is of a kind without, also where nobody shows the definition.
    func settleKind<O: StoredObject>(of object: inout O) {
        guard O.kind == .custom, var custom = object as? CustomObject, custom.defined == nil else { return }
        let guess = custom.kindInfo
        if KindInfo.keptKinds.contains(where: { $0.group == guess.group && $0.kind == guess.kind }) { return }
        if let resource = customResource(group: guess.group, plural: guess.plural), resource.kind == guess.kind {
            custom.defined = CustomObject.DefinedKind(plural: resource.plural, shortNames: resource.shortNames, isNamespaced: resource.isNamespaced)
        } else if !custom.metadata.uid.isEmpty, custom.metadata.namespace.isEmpty {
            custom.defined = CustomObject.DefinedKind(plural: guess.plural, shortNames: guess.shortNames, isNamespaced: false)
        }
        if let settled = custom as? O { object = settled }
    }

    static func definitionKey(_ name: String) -> ObjectKey { CustomObject.key("CustomResourceDefinition", "apiextensions.k8s.io", name) }
}
