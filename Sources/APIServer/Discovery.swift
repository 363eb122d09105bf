import KubernetesAPI
import SimulationKit

/// The documents by which clients find out what is served, in the old form (a list for each version) and in the aggregated one.
enum Discovery {
    static func versions(address: String) -> JSONValue {
        [
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(address)]],
        ]
    }

    static func groups(_ resources: APIResources) -> JSONValue {
        ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(resources.groups.map { group($0, resources) })]
    }

    /// `/apis/GROUP`, with kind and version in front.
    static func groupDocument(_ name: String, _ resources: APIResources) -> JSONValue {
        var document: JSONObject = ["kind": "APIGroup", "apiVersion": "v1"]
        document.members += group(name, resources).object?.members ?? []
        return .object(document)
    }

    private static func group(_ name: String, _ resources: APIResources) -> JSONValue {
        let versions = resources.versions(ofGroup: name).map { version -> JSONValue in
            ["groupVersion": .string(version.groupVersion), "version": .string(version.version)]
        }
        return ["name": .string(name), "versions": .array(versions), "preferredVersion": versions.first ?? [:]]
    }

    static func resourceList(_ version: APIGroupVersion) -> JSONValue {
        let resources = version.resources.map { resource -> JSONValue in
            var entry: JSONObject = [
                "name": .string(resource.name), "singularName": .string(resource.singular), "namespaced": .bool(resource.isNamespaced),
            ]
            if let (group, version) = resource.kindVersion {
                entry["group"] = .string(group)
                entry["version"] = .string(version)
            }
            entry["kind"] = .string(resource.kind)
            entry["verbs"] = strings(resource.verbs)
            if !resource.shortNames.isEmpty { entry["shortNames"] = strings(resource.shortNames) }
            if !resource.categories.isEmpty { entry["categories"] = strings(resource.categories) }
            if !resource.hash.isEmpty { entry["storageVersionHash"] = .string(resource.hash) }
            return .object(entry)
        }
        return ["kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(version.groupVersion), "resources": .array(resources)]
    }

    /// All of `/apis`, or of `/api` with `core`, in one document.
    static func aggregated(_ resources: APIResources, core: Bool) -> JSONValue {
        let groups = core ? [""] : resources.groups
        let items = groups.map { group -> JSONValue in
            let versions = resources.versions(ofGroup: group).map { version -> JSONValue in
                ["version": .string(version.version), "resources": .array(aggregated(version)), "freshness": "Current"]
            }
            return ["metadata": group.isEmpty ? [:] : ["name": .string(group)], "versions": .array(versions)]
        }
        return ["kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:], "items": .array(items)]
    }

    private static func aggregated(_ version: APIGroupVersion) -> [JSONValue] {
        var list: [JSONObject] = []
        for resource in version.resources {
            let kind: JSONValue = [
                "group": .string(resource.kindVersion?.group ?? ""), "version": .string(resource.kindVersion?.version ?? ""),
                "kind": .string(resource.kind),
            ]
            if let slash = resource.name.firstIndex(of: "/") {
                let name = String(resource.name[resource.name.index(after: slash)...])
                let entry: JSONValue = ["subresource": .string(name), "responseKind": kind, "verbs": strings(resource.verbs)]
                if let last = list.indices.last { list[last]["subresources"] = .array((list[last]["subresources"]?.array ?? []) + [entry]) }
                continue
            }
            var entry: JSONObject = [
                "resource": .string(resource.name), "responseKind": kind, "scope": resource.isNamespaced ? "Namespaced" : "Cluster",
                "singularResource": .string(resource.singular), "verbs": strings(resource.verbs),
            ]
            if !resource.shortNames.isEmpty { entry["shortNames"] = strings(resource.shortNames) }
            if !resource.categories.isEmpty { entry["categories"] = strings(resource.categories) }
            list.append(entry)
        }
        return list.map { .object($0) }
    }

    private static func strings(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }

    /// `"…"`: a text that is another for another document.
    static func etag(_ bytes: [UInt8]) -> String {
        let hash = StableHash.fnv1a64(String(decoding: bytes, as: UTF8.self))
        let digits = String(hash, radix: 16, uppercase: true)
        return "\"" + String(repeating: "0", count: 16 - digits.count) + digits + "\""
    }
}
