// Who set which field of an object: what `metadata.managedFields` says, and server-side apply, which goes by it.
//
// Differs from Kubernetes: only what clients of the API server write is noted; controllers, scheduler and kubelets of the simulation write
// without a word in managedFields, so a client's apply never conflicts with them.

import KubernetesAPI
import SimulationKit

/// One entry of `metadata.managedFields`.
struct ManagedFields: Equatable {
    /// What entries are told apart by.
    struct Manager: Hashable {
        var name: String
        var isApply: Bool
        var apiVersion: String
        var subresource: String
    }
    var manager: Manager
    var time: String
    var fields: FieldSet

    init(_ manager: Manager, time: String, fields: FieldSet) {
        (self.manager, self.time, self.fields) = (manager, time, fields)
    }

    init?(_ json: JSONValue) {
        guard let operation = json["operation"]?.string, ["Apply", "Update"].contains(operation) else { return nil }
        func text(_ name: String) -> String { json[name]?.string ?? "" }
        self.init(
            Manager(name: text("manager"), isApply: operation == "Apply", apiVersion: text("apiVersion"), subresource: text("subresource")),
            time: text("time"), fields: FieldSet(fieldsV1: json["fieldsV1"]))
    }

    var json: JSONValue {
        var object: JSONObject = [
            "manager": .string(manager.name), "operation": .string(manager.isApply ? "Apply" : "Update"), "apiVersion": .string(manager.apiVersion),
            "time": .string(time), "fieldsType": "FieldsV1", "fieldsV1": fields.fieldsV1,
        ]
        if !manager.subresource.isEmpty { object["subresource"] = .string(manager.subresource) }
        return .object(object)
    }

    /// The entries of an object; nil if it says none that can be read.
    static func read(_ document: JSONValue?) -> [ManagedFields]? {
        guard let entries = document?["metadata"]?["managedFields"]?.array, !entries.isEmpty else { return nil }
        let read = entries.compactMap(ManagedFields.init)
        return read.count == entries.count ? read : nil
    }
    /// The entries as JSON in Kubernetes' order; nil for none.
    static func json(_ entries: [ManagedFields]) -> JSONValue? {
        let sorted = entries.filter { !$0.fields.isEmpty }.sorted { a, b in
            let (x, y) = (a.manager, b.manager)
            if x.isApply != y.isApply { return x.isApply }
            return (a.time, x.name, x.apiVersion, x.subresource) < (b.time, y.name, y.apiVersion, y.subresource)
        }
        return sorted.isEmpty ? nil : .array(sorted.map(\.json))
    }
}

/// A client as the owner of fields, for one write.
///
/// - Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal`, `sigs.k8s.io/structured-merge-diff/v6/merge`
public struct FieldManager: Sendable {
    /// Entries of updates; older ones beyond are put together as `ancient-changes`.
    static let updateManagersMax = 10

    public var name: String
    /// Group and version in which the object is written.
    public var apiVersion: String
    /// `status`, `scale` …, or nothing.
    public var subresource: String
    private let rules: FieldRules
    /// Whether the kind has its status written beside the object.
    private let hasStatus: Bool
    private let time: String

    public init(_ name: String, apiVersion: String, subresource: String = "", rules: FieldRules, hasStatus: Bool = true, now: Instant) {
        (self.name, self.apiVersion, self.subresource) = (name, apiVersion, subresource)
        (self.rules, self.hasStatus, time) = (rules, hasStatus, now.rfc3339)
    }

    private func manager(isApply: Bool) -> ManagedFields.Manager {
        ManagedFields.Manager(name: name, isApply: isApply, apiVersion: apiVersion, subresource: subresource)
    }

    /// The part of a document of which fields are owned in this write.
    private func owned(_ document: JSONValue?) -> JSONValue? {
        guard var object = document?.object else { return nil }
        object["apiVersion"] = nil
        object["kind"] = nil
        if hasStatus {
            if subresource == "status" { object["spec"] = nil } else { object["status"] = nil }
        }
        if var metadata = object["metadata"]?.object {
            for name in ["name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion"] { metadata[name] = nil }
            object["metadata"] = .object(metadata)
        }
        return .object(object)
    }

    /// The structures of `document` that Go writes in any object, so that nobody brings them: their paths.
    private func structures(_ document: JSONValue?, _ path: [String] = []) -> [[String]] {
        (document?.object?.members ?? []).flatMap { name, value -> [[String]] in
            let place = path + [name]
            return (value.object != nil || value.array != nil) && rules.isAlwaysThere(place) ? [place] + structures(value, place) : []
        }
    }

    // MARK: Updates

    /// The `managedFields` of an object that the client creates or replaces; nil for none.
    ///
    /// - Parameters:
    ///   - live: the object as it is; nil for a new one.
    ///   - new: as it will be, defaults filled in. Its own `managedFields` count if it says any: a list with one empty entry takes all away.
    public func managedFields(live: JSONValue?, new: JSONValue) -> JSONValue? {
        if let own = new["metadata"]?["managedFields"]?.array, own.count == 1, own[0].object?.members.isEmpty == true { return nil }
        var entries = ManagedFields.read(new) ?? ManagedFields.read(live) ?? []
        let (before, after) = (owned(live), owned(new))
        var comparison = rules.compare(before ?? [:], after)
        for path in structures(after) {
            let place = path.map { "f:\($0)" }
            comparison.added.remove(place[...])
            comparison.modified.remove(place[...])
        }
        take(comparison, manager(isApply: false), &entries)
        let taken = comparison.changed
        if !taken.isEmpty {
            if let index = entries.firstIndex(where: { $0.manager == manager(isApply: false) }) {
                entries[index].fields = entries[index].fields.union(taken)
                entries[index].time = time
            } else {
                entries.append(ManagedFields(manager(isApply: false), time: time, fields: taken))
            }
            cap(&entries)
        }
        return ManagedFields.json(entries)
    }

    /// Takes from the others what changed, and from all what is gone.
    private func take(_ comparison: FieldComparison, _ manager: ManagedFields.Manager, _ entries: inout [ManagedFields]) {
        let changed = comparison.changed
        for index in entries.indices {
            if entries[index].manager != manager { entries[index].fields = entries[index].fields.subtracting(changed) }
            entries[index].fields = entries[index].fields.subtracting(comparison.removed)
        }
        entries.removeAll { $0.fields.isEmpty }
    }

    private func cap(_ entries: inout [ManagedFields]) {
        var updates = entries.filter { !$0.manager.isApply }.sorted { ($0.time, $0.manager.name) < ($1.time, $1.manager.name) }
        var excess = updates.count - Self.updateManagersMax
        guard excess > 0 else { return }
        var buckets: [ManagedFields] = []
        var firsts: [ManagedFields] = []
        while excess > 0, !updates.isEmpty {
            let entry = updates.removeFirst()
            let bucket = ManagedFields.Manager(name: "ancient-changes", isApply: false, apiVersion: entry.manager.apiVersion, subresource: "")
            if let index = buckets.firstIndex(where: { $0.manager == bucket }) {
                buckets[index].fields = buckets[index].fields.union(entry.fields)
                buckets[index].time = entry.time
                excess -= 1
            } else if let index = firsts.firstIndex(where: { $0.manager.apiVersion == entry.manager.apiVersion }) {
                buckets.append(ManagedFields(bucket, time: entry.time, fields: firsts.remove(at: index).fields.union(entry.fields)))
                excess -= 1
            } else {
                firsts.append(entry)
            }
        }
        entries = entries.filter { $0.manager.isApply } + buckets + firsts + updates
    }

    // MARK: Apply

    /// What server-side apply of `config` makes of the object: the whole document with its new `managedFields`.
    ///
    /// - Parameter live: the object as it is; nil if there is none, then it is to be created.
    /// - Returns: nil if it changes neither the object nor who owns what.
    /// - Throws: 409 with a cause for each field that another manager set to another value, unless `force`.
    public func applied(_ config: JSONValue, to live: JSONValue?, force: Bool) throws(APIError) -> JSONValue? {
        let entries = ManagedFields.read(live) ?? []
        let me = manager(isApply: true)
        let wanted = owned(config) ?? [:]
        let before = owned(live) ?? [:]
        var set = rules.fields(of: wanted)
        for path in [["f:metadata"], ["f:status"]] where hasStatus || path != ["f:status"] { set.remove(path[...]) }
        var others = entries.filter { $0.manager != me }
        let last = entries.first { $0.manager == me }
        var after = rules.merged(before, wanted)
        if let last {
            let kept = others.reduce(set) { $0.union($1.fields) }
            after = rules.removing(last.fields, keeping: kept, from: after) ?? [:]
        }
        // What the subresource leaves aside is nobody's to compare.
        let comparison = rules.compare(before, after)
        if !force { try refuseConflicts(others, comparison.changed, live) }
        take(comparison, me, &others)
        let isSame = comparison.isSame && last?.fields == set && others == entries.filter { $0.manager != me }
        if live != nil, isSame { return nil }
        others.append(ManagedFields(me, time: time, fields: set))
        return result(after, live ?? config, ManagedFields.json(others), config)
    }

    /// `after`, of which only what is owned in this write was looked at, with the rest of `base`.
    private func result(_ after: JSONValue, _ base: JSONValue, _ managedFields: JSONValue?, _ config: JSONValue) -> JSONValue {
        var document = JSONObject()
        document["apiVersion"] = config["apiVersion"] ?? base["apiVersion"]
        document["kind"] = config["kind"] ?? base["kind"]
        var metadata = base["metadata"]?.object ?? JSONObject()
        let kept = owned(base)?["metadata"]?.object?.members ?? []
        for (name, _) in kept { metadata[name] = nil }
        for (name, value) in after["metadata"]?.object?.members ?? [] { metadata[name] = value }
        metadata["managedFields"] = managedFields
        // What apply says of the version it wants to change.
        if let version = config["metadata"]?["resourceVersion"], version != "" { metadata["resourceVersion"] = version }
        if let uid = config["metadata"]?["uid"], uid != "" { metadata["uid"] = uid }
        document["metadata"] = .object(metadata)
        for (name, value) in after.object?.members ?? [] where name != "metadata" { document[name] = value }
        let ownedNames = Set((owned(base)?.object?.members ?? []).map(\.key))
        for (name, value) in base.object?.members ?? [] where document[name] == nil && !ownedNames.contains(name) { document[name] = value }
        syncLastApplied(config, base, &document)
        return .object(document)
    }

    private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

    /// kubectl's own record of what it applied goes along when kubectl goes over to server-side apply.
    private func syncLastApplied(_ config: JSONValue, _ live: JSONValue, _ document: inout JSONObject) {
        guard name == "kubectl", live["metadata"]?["annotations"]?[Self.lastApplied] != nil, subresource.isEmpty else { return }
        var config = config
        config["metadata"]?["managedFields"] = nil
        var metadata = document["metadata"] ?? [:]
        var annotations = metadata["annotations"] ?? [:]
        annotations[Self.lastApplied] = .string(config.text() + "\n")
        metadata["annotations"] = annotations
        document["metadata"] = metadata
    }

    /// What kubectl may take over: what it applied on the client's side and is still so.
    private func takenOver(_ live: JSONValue?) -> FieldSet {
        guard name == "kubectl", let text = live?["metadata"]?["annotations"]?[Self.lastApplied]?.string, let before = owned(live),
            let document = try? JSONParser.read(Array(text.utf8)).value, let applied = owned(document)
        else { return FieldSet() }
        let comparison = rules.compare(applied, before)
        return rules.fields(of: applied).subtracting(comparison.modified).subtracting(comparison.removed)
    }

    private func refuseConflicts(_ others: [ManagedFields], _ changed: FieldSet, _ live: JSONValue?) throws(APIError) {
        let allowed = takenOver(live)
        var conflicts: [(manager: String, path: String)] = []
        for entry in others.sorted(by: { ($0.manager.name, $0.time) < ($1.manager.name, $1.time) }) {
            let manager = entry.manager
            var text = "\"\(manager.name)\""
            if !manager.subresource.isEmpty { text += " with subresource \"\(manager.subresource)\"" }
            if !manager.isApply { text += " using \(manager.apiVersion)" }
            for path in entry.fields.intersection(changed).subtracting(allowed).paths { conflicts.append((text, FieldSet.text(path))) }
        }
        guard let first = conflicts.first else { return }
        var message = "Apply failed with \(counted(conflicts.count, "conflict")): "
        if conflicts.count == 1 {
            message += "conflict with \(first.manager): \(first.path)"
        } else {
            var parts: [String] = []
            var managers: [String] = []
            for conflict in conflicts where !managers.contains(conflict.manager) { managers.append(conflict.manager) }
            for manager in managers {
                parts.append((["conflicts with \(manager):"] + conflicts.filter { $0.manager == manager }.map { "- \($0.path)" }).joined(separator: "\n"))
            }
            message += parts.joined(separator: "\n")
        }
        throw APIError(
            code: 409, reason: "Conflict", message: message,
            causes: conflicts.map { APIError.Cause(reason: "FieldManagerConflict", message: "conflict with \($0.manager)", field: $0.path) })
    }
}

extension Cluster {
    /// How the objects of a kind are owned field by field.
    public func fieldRules(_ info: KindInfo) -> FieldRules {
        guard info.type == .custom, let resource = customResource(group: info.group, plural: info.plural) else { return FieldRules(info) }
        return FieldRules(info, schema: resource.version(info.version)?.schema, isDefined: true)
    }
}
