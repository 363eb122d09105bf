import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// The resources that CustomResourceDefinitions bring, kept up to date with them.
struct ServedDefinitions: Sendable {
    private var kinds: [String: KindInfo] = [:]
    /// What else a version says, by its place.
    private var notes: [String: Note] = [:]

    struct Note: Sendable {
        /// Fields by which objects can be selected, as `spec.size`.
        var selectableFields: [String]
        /// What a client is told of a version that is deprecated.
        var warning: String?
    }
    private var cursor = WatchCursor.beginning
    private var returns = -1
    private var hasPodGroups = false

    /// The kind of a resource of a definition; nil for a resource of Kubernetes itself.
    func kind(of resource: APIResource) -> KindInfo? { kinds["\(resource.groupVersion)/\(resource.name)"] }

    func note(of resource: APIResource) -> Note? { notes["\(resource.groupVersion)/\(resource.name)"] }

    /// Reads what changed; returns all that is served if a definition did.
    mutating func update(_ session: Session) -> [APIGroupVersion]? {
        let store = session.cluster.store
        var isChanged = returns != session.returns || !store.holds(cursor)
        returns = session.returns
        if hasPodGroups != session.cluster.profile.knowsPodGroups { isChanged = true }
        hasPodGroups = session.cluster.profile.knowsPodGroups
        if isChanged {
            cursor = store.end
        } else {
            while let entry = store.next(&cursor, until: .distantFuture) {
                if entry.kind == .custom, (store.change(of: entry).object as? CustomObject)?.kindName == "CustomResourceDefinition" { isChanged = true }
            }
        }
        return isChanged ? read(store) : nil
    }

    private mutating func read(_ store: ObjectStore) -> [APIGroupVersion] {
        (kinds, notes) = ([:], [:])
        var all = APIGroupVersion.builtIn
        if hasPodGroups {
            all.insert(contentsOf: APIGroupVersion.podGroups, at: all.firstIndex { $0.group == "scheduling.k8s.io" }.map { $0 + 1 } ?? all.count)
        }
        var added: [APIGroupVersion] = []
        for object in store.customObjects.sorted() where object.kindName == "CustomResourceDefinition" && !object.metadata.isTerminating {
            guard let spec = object.content["spec"], let group = spec["group"]?.string, let kind = spec["names"]?["kind"]?.string,
                let plural = spec["names"]?["plural"]?.string
            else { continue }
            for version in spec["versions"]?.array ?? [] where version["served"] == .bool(true) {
                guard let name = version["name"]?.string else { continue }
                let resources = self.resources(group, name, kind, plural, spec, version)
                kinds["\(group)/\(name)/\(plural)"] = KindInfo(
                    group: group, version: name, kind: kind, plural: plural, shortNames: resources[0].shortNames,
                    isNamespaced: resources[0].isNamespaced, type: .custom)
                let usual = "\(group)/\(name) \(kind) is deprecated"
                notes["\(group)/\(name)/\(plural)"] = Note(
                    selectableFields: (version["selectableFields"]?.array ?? []).compactMap { $0["jsonPath"]?.string.map { String($0.drop { $0 == "." }) } },
                    warning: version["deprecated"] == true ? version["deprecationWarning"]?.string ?? usual : nil)
                if let at = added.firstIndex(where: { $0.group == group && $0.version == name }) {
                    added[at].resources = (added[at].resources + resources).sorted { $0.name < $1.name }
                } else {
                    added.append(APIGroupVersion(group: group, version: name, resources: resources))
                }
            }
        }
        added.sort { $0.group != $1.group ? $0.group < $1.group : Self.isNewer($0.version, $1.version) }
        // Before the aggregated groups, which come last.
        all.insert(contentsOf: added, at: all.firstIndex { $0.group == "metrics.k8s.io" } ?? all.count)
        return all
    }

    private func resources(
        _ group: String, _ version: String, _ kind: String, _ plural: String, _ spec: JSONValue, _ definition: JSONValue
    ) -> [APIResource] {
        let names = spec["names"]
        func strings(_ name: String) -> [String] { (names?[name]?.array ?? []).compactMap(\.string) }
        var resource = APIResource(
            group: group, version: version, name: plural, singular: names?["singular"]?.string ?? kind.lowercased(), kind: kind,
            isNamespaced: spec["scope"]?.string != "Cluster", verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
            shortNames: strings("shortNames"), categories: strings("categories"))
        resource.hash = Base64.encode((0..<8).map { UInt8(truncatingIfNeeded: StableHash.fnv1a64("\(group)/\(version)/\(kind)") >> UInt64(8 * $0)) })
        var all = [resource]
        for (name, key) in [("status", "status"), ("scale", "scale")] where definition["subresources"]?[key] != nil {
            var part = APIResource(
                group: group, version: version, name: "\(plural)/\(name)", singular: "", kind: name == "scale" ? "Scale" : kind,
                isNamespaced: resource.isNamespaced, verbs: ["get", "patch", "update"])
            if name == "scale" { part.kindVersion = ("autoscaling", "v1") }
            all.append(part)
        }
        return all
    }

    /// `v2` before `v1` before `v1beta1` before `v1alpha1` before anything else.
    static func isNewer(_ a: String, _ b: String) -> Bool {
        func rank(_ version: String) -> (Int, Int, Int)? {
            guard version.first == "v" else { return nil }
            let digits = version.dropFirst().prefix { $0.isNumber }
            guard let major = Int(digits) else { return nil }
            let rest = version.dropFirst(1 + digits.count)
            if rest.isEmpty { return (3, major, 0) }
            for (stage, name) in [(2, "beta"), (1, "alpha")] where rest.hasPrefix(name) {
                guard let minor = Int(rest.dropFirst(name.count)) else { return nil }
                return (stage, major, minor)
            }
            return nil
        }
        switch (rank(a), rank(b)) {
        case (let x?, let y?): return x > y
        case (.some, nil): return true
        case (nil, .some): return false
        case (nil, nil): return a < b
        }
    }
}
