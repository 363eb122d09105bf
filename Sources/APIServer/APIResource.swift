import ControlPlane
import KubernetesAPI

/// A resource under one version of an API group: a kind with its verbs, or a part of one (`pods/status`).
struct APIResource: Sendable, Equatable {
    var group: String
    var version: String
    /// `pods`; `pods/log` for a subresource.
    var name: String
    var singular: String
    var kind: String
    var isNamespaced: Bool
    var verbs: [String]
    var shortNames: [String] = []
    var categories: [String] = []
    /// Where the kind is of another group than the resource: `autoscaling/v1` of a Scale.
    var kindVersion: (group: String, version: String)?
    var hash = ""

    var isSubresource: Bool { name.contains("/") }
    var groupVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    static func == (a: APIResource, b: APIResource) -> Bool { a.groupVersion == b.groupVersion && a.name == b.name }

    static let allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
}

/// A version of an API group with its resources.
struct APIGroupVersion: Sendable {
    var group: String
    var version: String
    /// In the order of discovery: by name, each followed by its subresources.
    var resources: [APIResource]
    var groupVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// Those of Kubernetes itself, in the order of `/apis`; the core group first.
    static let builtIn = read(APIResource.catalog)
    /// What is served besides with the gate GenericWorkload.
    /// - Source: Kubernetes v1.37 `pkg/registry/scheduling/rest/storage_scheduling.go`; the scheduler's gang-scheduling.md §2.
    static let podGroups = read(
        """
        # scheduling.k8s.io/v1beta1
        podgroups PodGroup N *
        podgroups/status PodGroup gpu
        workloads Workload N *
        """)

    private static func read(_ catalog: String) -> [APIGroupVersion] {
        var all: [APIGroupVersion] = []
        for line in catalog.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words[0] == "#" {
                let parts = words[1].split(separator: "/").map(String.init)
                all.append(APIGroupVersion(group: parts.count == 2 ? parts[0] : "", version: parts[parts.count - 1], resources: []))
            } else {
                let last = all.count - 1
                all[last].resources.append(resource(words, in: all[last]))
            }
        }
        return all
    }

    private static func resource(_ words: [String], in version: APIGroupVersion) -> APIResource {
        let isSubresource = words[0].contains("/")
        let parent = version.resources.last { !$0.isSubresource }
        var resource = APIResource(
            group: version.group, version: version.version, name: words[0], singular: isSubresource ? "" : words[1].lowercased(), kind: words[1],
            isNamespaced: isSubresource ? parent?.isNamespaced ?? true : words[2] == "N", verbs: verbs(words[isSubresource ? 2 : 3]))
        for word in words.dropFirst(isSubresource ? 3 : 4) {
            guard let equals = word.firstIndex(of: "=") else { continue }
            let value = String(word[word.index(after: equals)...])
            let list = value.split(separator: ",").map(String.init)
            switch word[..<equals] {
            case "singular": resource.singular = value
            case "short": resource.shortNames = list
            case "in": resource.categories = list
            case "hash": resource.hash = value
            case "as":
                let parts = value.split(separator: "/").map(String.init)
                resource.kindVersion = (parts[0], parts[parts.count - 1])
            default: break
            }
        }
        return resource
    }

    private static func verbs(_ text: String) -> [String] {
        switch text {
        case "*": APIResource.allVerbs
        case "gpu": ["get", "patch", "update"]
        default: text.split(separator: ",").map(String.init)
        }
    }
}

/// What the server serves now: Kubernetes' own resources and those of the CustomResourceDefinitions.
struct APIResources: Sendable {
    private(set) var versions: [APIGroupVersion]
    private var index: [String: APIResource] = [:]
    private var isServed: Set<String> = []

    init(_ versions: [APIGroupVersion]) {
        self.versions = versions
        for version in versions {
            isServed.insert(version.groupVersion)
            for resource in version.resources { index["\(version.groupVersion)/\(resource.name)"] = resource }
        }
    }

    static let builtIn = APIResources(APIGroupVersion.builtIn)

    /// The resource `name` (`pods`, `pods/log`) of a group and version.
    func resource(_ group: String, _ version: String, _ name: String) -> APIResource? {
        index[group.isEmpty ? "\(version)/\(name)" : "\(group)/\(version)/\(name)"]
    }
    func version(_ group: String, _ version: String) -> APIGroupVersion? {
        versions.first { $0.group == group && $0.version == version }
    }
    func versions(ofGroup group: String) -> [APIGroupVersion] { versions.filter { $0.group == group } }
    /// The names of all groups but the core's, in the order of `/apis`.
    var groups: [String] {
        var groups: [String] = []
        for version in versions where !version.group.isEmpty && groups.last != version.group { groups.append(version.group) }
        return groups
    }
}
