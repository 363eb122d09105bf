import SimulationKit

/// An object of a kind that has a type of its own: all that the API server must know of a kind.
///
/// A new kind answers each requirement in its own file; there are defaults only where forgetting one would do no harm.
public protocol KubernetesObject: APIStruct {
    static var kind: Kind { get }
    /// Group, names and scope.
    static var info: KindInfo { get }
    var metadata: Metadata { get set }
    /// That of its metadata, which an event that was told here has without making the rest.
    var resourceVersion: Int { get set }
    /// What the store finds the object by: namespace and name.
    var key: ObjectKey { get }
    var kindInfo: KindInfo { get }
    /// The conditions in the status; none for kinds without.
    var conditions: [Condition] { get }
    /// Takes over what a manifest does not write from the object that this one replaces: the status.
    mutating func keepStatus(of other: Self)

    /// Fills in what the API server would when the object is written. Twice is the same as once.
    ///
    /// For pods, that is what the API server gives to pods alone as well (requests from limits,
    /// `enableServiceLinks`); templates get what they get in Kubernetes.
    mutating func setDefaults(_ profile: KubernetesProfile)
    /// What is wrong with the object by itself, its metadata aside; after defaulting.
    func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError])
    /// What is wrong with it only while it is new; default nothing.
    func validateNew(_ errors: inout [FieldError])
    /// What is wrong with it as the next version of `old`: includes ``validate(_:_:)`` unless the change alone is looked at.
    func validateChange(from old: Self, _ profile: KubernetesProfile, _ errors: inout [FieldError])
    /// Whether a user should look at it: what the filter for faults keeps.
    var isFaulty: Bool { get }
    /// What it counts for in a quota, by the quota's resources, besides `count/…`; empty for most kinds.
    var quotaUse: ResourceList { get }
}

extension KubernetesObject {
    public func validateNew(_ errors: inout [FieldError]) {}
}

/// A kind with a status. It says itself which conditions that has: there is no default to forget about.
public protocol ObjectWithStatus: KubernetesObject {
    associatedtype Status
    var status: Status { get set }
}

extension ObjectWithStatus {
    public mutating func keepStatus(of other: Self) { status = other.status }
}

/// A kind that is all spec.
public protocol ObjectWithoutStatus: KubernetesObject {}

extension ObjectWithoutStatus {
    public var conditions: [Condition] { [] }
    public mutating func keepStatus(of other: Self) {}
    public var isFaulty: Bool { metadata.isTerminating }
}

extension KubernetesObject {
    public var resourceVersion: Int {
        get { metadata.resourceVersion }
        set { metadata.resourceVersion = newValue }
    }
    /// Namespace and name.
    public var key: ObjectKey { ObjectKey(namespace: metadata.namespace, name: metadata.name) }
    public var name: String { metadata.name }
    public var namespace: String { metadata.namespace }
    public var kindInfo: KindInfo { Self.info }

    /// The object that `document` describes, in any version that is read. What is wrong with it is noted in `decoder`.
    public init(document: JSONObject, _ decoder: inout APIDecoder) {
        self.init()
        var content = document
        if Self.kind != .custom {
            content = JSONValue.object(document).inServedVersion.object ?? document
            content["apiVersion"] = nil
            content["kind"] = nil
        }
        read(content, &decoder)
    }

    /// The whole object as JSON, with apiVersion and kind in front.
    public var document: JSONValue {
        var object = JSONObject()
        object.members.append(("apiVersion", .string(kindInfo.apiVersion)))
        object.members.append(("kind", .string(kindInfo.kind)))
        object.members += jsonObject.members.filter { $0.key != "apiVersion" && $0.key != "kind" }
        return .object(object)
    }
}

/// An object of a kind that is kept and shown but not acted on.
public struct CustomObject: ObjectWithoutStatus {
    public static let kind = Kind.custom
    /// Nothing: each object says of what kind it is, see ``kindInfo``.
    public static let info = KindInfo(.custom, "", "", "", [])
    public var apiVersion = ""
    public var kindName = ""
    public var metadata = Metadata(ObjectMeta())
    /// Everything but apiVersion, kind and metadata, as it came.
    public var content = JSONObject()
    /// What a CustomResourceDefinition says of the kind; nil for others, and where it was not asked.
    public var defined: DefinedKind?

    /// What cannot be guessed of a custom kind by its name.
    public struct DefinedKind: Sendable, Equatable {
        public var plural: String
        public var shortNames: [String]
        public var isNamespaced: Bool
        public init(plural: String, shortNames: [String], isNamespaced: Bool) {
            (self.plural, self.shortNames, self.isNamespaced) = (plural, shortNames, isNamespaced)
        }
    }

    public init() {}
    public static let summary = "An object of a kind that Evenkeel keeps and shows but does not act on."
    public static let fields: Fields<CustomObject> = [.f("metadata", \.metadata, "Names, labels, owners.")]

    /// The kind is part of the key: two kinds may have an object of the same name.
    public var key: ObjectKey {
        Self.key(kindName, group, namespace: metadata.namespace, metadata.name)
    }
    /// The key of the kept object `name` of a kind and group.
    public static func key(_ kind: String, _ group: String, namespace: String = "", _ name: String) -> ObjectKey {
        ObjectKey(namespace: namespace, name: "\(kind).\(group)/\(name)")
    }
    /// The API group, empty for the core group.
    public var group: String { KindInfo.group(of: apiVersion) }
    public var kindInfo: KindInfo {
        var info = KindInfo.custom(apiVersion: apiVersion, kind: kindName)
        if let defined { (info.plural, info.shortNames, info.isNamespaced) = (defined.plural, defined.shortNames, defined.isNamespaced) }
        return info
    }

    public mutating func read(_ object: JSONObject, _ decoder: inout APIDecoder) {
        for (key, value) in object.members {
            switch key {
            case "apiVersion": apiVersion = value.string ?? ""
            case "kind": kindName = value.string ?? ""
            case "metadata":
                decoder.at(.field("metadata")) { decoder in
                    if let meta = ObjectMeta.decode(value, &decoder) { metadata = Metadata(meta) }
                }
            default: content[key] = value
            }
        }
    }
    public var jsonObject: JSONObject {
        var object = JSONObject()
        object["metadata"] = metadata.json
        object.members += content.members
        return object
    }
}

extension CustomObject {
    public mutating func setDefaults(_ profile: KubernetesProfile) {
        guard KeptStructure.of(apiVersion: apiVersion, kind: kindName) != nil, var filled = KeptReading(document, keepsUnknown: true)?.document else { return }
        KeptRules.complete(&filled, profile)
        for name in ["apiVersion", "kind", "metadata"] { filled[name] = nil }
        content = filled.object ?? content
    }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { errors += KeptRules.problems(document, old: nil, profile) }
    public func validateChange(from old: CustomObject, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        errors += KeptRules.problems(document, old: old.document, profile)
    }
    public var quotaUse: ResourceList { [:] }
}

extension JSONValue {
    /// The document in the form of the version that the cluster keeps: autoscaling/v1 has one CPU target where v2 has a list
    /// of metrics. `apiVersion` stays as it is.
    /// - Source: Kubernetes `pkg/apis/autoscaling/v1/conversion.go`.
    public var inServedVersion: JSONValue {
        if self["apiVersion"]?.string == "scheduling.k8s.io/v1alpha2" { return groupsOfAlpha }
        guard self["apiVersion"]?.string == "autoscaling/v1", self["kind"]?.string == "HorizontalPodAutoscaler" else { return self }
        var result = self
        if var spec = self["spec"]?.object, let target = spec["targetCPUUtilizationPercentage"] {
            spec["targetCPUUtilizationPercentage"] = nil
            spec["metrics"] = [
                ["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": target]]]
            ]
            result["spec"] = .object(spec)
        }
        if var status = self["status"]?.object {
            status["currentCPUUtilizationPercentage"] = nil
            result["status"] = .object(status)
        }
        return result
    }

    /// Groups of 1.36: the disruption mode is a word, and a group names its template otherwise.
    /// - Source: gang-scheduling.md §2.
    private var groupsOfAlpha: JSONValue {
        func converted(_ spec: JSONObject) -> JSONObject {
            var spec = spec
            switch spec["disruptionMode"]?.string {
            case "Pod": spec["disruptionMode"] = ["single": [:]]
            case "PodGroup": spec["disruptionMode"] = ["all": [:]]
            default: break
            }
            if let template = spec["podGroupTemplateRef"]?["workload"] {
                spec["podGroupTemplateRef"] = nil
                var reference = JSONObject()
                reference["workloadName"] = template["workloadName"]
                reference["templateName"] = template["podGroupTemplateName"]
                spec["workloadRef"] = .object(reference)
            }
            return spec
        }
        var result = self
        guard var spec = self["spec"]?.object else { return self }
        if let templates = spec["podGroupTemplates"]?.array {
            spec["podGroupTemplates"] = .array(templates.map { $0.object.map { .object(converted($0)) } ?? $0 })
        }
        result["spec"] = .object(converted(spec))
        return result
    }
}
