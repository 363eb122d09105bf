import KubernetesAPI

/// How the parts of a kind's objects are owned: which lists are told apart element by element, and which maps and lists have one owner as
/// a whole.
///
/// Paths are names of fields, without positions: `spec.containers.ports` is the ports of any container.
/// - Source: the `listType`, `listMapKey`, `mapType` and `structType` of Kubernetes' `k8s.io/api` types; for custom resources
///   `x-kubernetes-list-type` and the like of their schema.
public struct FieldRules: Sendable {
    enum List: Equatable {
        case atomic, set
        case map([String])
    }

    private let info: KindInfo
    /// The schema of the version of a custom resource.
    private let schema: JSONValue?
    private let isDefined: Bool

    /// - Parameter schema: the `openAPIV3Schema`, for a kind that a CustomResourceDefinition makes.
    public init(_ info: KindInfo, schema: JSONValue? = nil, isDefined: Bool = false) {
        (self.info, self.schema) = (info, schema)
        self.isDefined = isDefined || schema != nil
    }

    // MARK: Lists

    private static let ofContainers: [String: [String]] = [
        "ports": ["containerPort", "protocol"], "env": ["name"], "volumeMounts": ["mountPath"], "volumeDevices": ["devicePath"],
    ]
    private static let ofPodSpec: [String: [String]] = [
        "containers": ["name"], "initContainers": ["name"], "ephemeralContainers": ["name"], "volumes": ["name"], "imagePullSecrets": ["name"],
        "hostAliases": ["ip"], "topologySpreadConstraints": ["topologyKey", "whenUnsatisfiable"], "schedulingGates": ["name"],
        "resourceClaims": ["name"],
    ]

    /// How the list at `path` is owned.
    func list(_ path: [String]) -> List {
        guard let name = path.last else { return .atomic }
        let parent = path.dropLast().last ?? ""
        if path.first == "metadata" { return name == "ownerReferences" ? .map(["uid"]) : name == "finalizers" ? .set : .atomic }
        if isDefined { return definedList(path) }
        if ["containers", "initContainers", "ephemeralContainers"].contains(parent), let keys = Self.ofContainers[name] { return .map(keys) }
        if parent == "resources", name == "claims" { return .map(["name"]) }
        if parent == "spec", hasPods, let keys = Self.ofPodSpec[name] { return .map(keys) }
        if name == "webhooks", info.kind.hasSuffix("WebhookConfiguration") { return .map(["name"]) }
        if name == "matchConditions", info.group == "admissionregistration.k8s.io" { return .map(["name"]) }
        switch (info.type, path) {
        case (.service, ["spec", "ports"]): return .map(["port", "protocol"])
        case (.serviceAccount, ["secrets"]): return .map(["name"])
        case (.csiNode, ["spec", "drivers"]): return .map(["name"])
        case (.csiDriver, ["spec", "volumeLifecycleModes"]), (.node, ["spec", "podCIDRs"]): return .set
        case (.job, _) where parent == "uncountedTerminatedPods": return .set
        case (.job, ["status", "conditions"]): return .atomic
        case (.node, ["status", "addresses"]): return .map(["type"])
        case (.pod, ["status", "podIPs"]): return .map(["ip"])
        case (.pod, ["status", "resourceClaimStatuses"]): return .map(["name"])
        case (_, ["status", "conditions"]): return .map(["type"])
        default: return .atomic
        }
    }

    private var hasPods: Bool {
        [.pod, .deployment, .replicaSet, .statefulSet, .daemonSet, .job, .cronJob, .replicationController].contains(info.type) || info.kind == "PodTemplate"
    }

    /// What an element that does not say a key has for it.
    func defaultKey(_ name: String) -> JSONValue? { name == "protocol" && !isDefined ? "TCP" : nil }

    // MARK: Maps

    /// Structures and maps that have one owner, by the field that holds them.
    private static let atomicMaps: Set<String> = [
        "selector", "labelSelector", "namespaceSelector", "podSelector", "objectSelector", "nodeSelector", "mismatchLabelSelector",
        "requiredDuringSchedulingIgnoredDuringExecution", "preference", "configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef", "fileKeyRef",
        "configMapRef", "dataSource", "roleRef", "involvedObject", "related", "regarding", "scopeSelector", "matchConstraints", "matchResources", "paramKind",
        "paramRef", "resource",
    ]

    /// Whether the map at `path` has one owner.
    func isAtomic(_ path: [String]) -> Bool {
        guard let name = path.last, path.first != "metadata" else { return false }
        if isDefined { return schema(at: path)?["x-kubernetes-map-type"]?.string == "atomic" }
        if name.hasSuffix("ecretRef") { return true }
        switch path {
        case ["spec", "nodeAffinity", "required"]: return true
        case _ where name == "port" && path.dropLast().last == "service": return true
        default: return Self.atomicMaps.contains(name)
        }
    }

    /// Whether `name` is a key of a map at `path`, rather than a field of a structure: such keys are owned beside what is below them.
    func isKey(_ name: String, at path: [String]) -> Bool {
        guard isDefined, path.first != "metadata", !path.isEmpty else { return false }
        return schema(at: path)?["properties"]?[name] == nil
    }

    /// A part of the structure that is there, empty, in an object that says nothing, as Go writes structures.
    func isAlwaysThere(_ path: [String]) -> Bool {
        if path.count == 1 { return ["metadata"].contains(path[0]) || !isDefined && ["spec", "status"].contains(path[0]) }
        guard !isDefined, let name = path.last, !path.dropLast().contains("containers") else { return false }
        switch name {
        case "strategy", "updateStrategy", "template", "jobTemplate", "loadBalancer", "daemonEndpoints", "kubeletEndpoint", "nodeInfo", "scaleTargetRef":
            return true
        case "resources": return info.type == .persistentVolumeClaim
        case "containers": return hasPods
        case "metadata", "spec": return path.dropLast().last == "template" || path.dropLast().last == "jobTemplate"
        default: return false
        }
    }

    // MARK: Schemas

    private func definedList(_ path: [String]) -> List {
        guard let schema = schema(at: path) else { return .atomic }
        switch schema["x-kubernetes-list-type"]?.string {
        case "map": return .map(schema["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? [])
        case "set": return .set
        default: return .atomic
        }
    }

    /// The schema of what is at `path`.
    private func schema(at path: [String]) -> JSONValue? {
        var schema = schema
        for name in path {
            if let items = schema?["items"] { schema = items }
            schema = schema?["properties"]?[name] ?? (schema?["additionalProperties"]?.object == nil ? nil : schema?["additionalProperties"])
            if schema == nil { return nil }
        }
        return schema
    }
}
