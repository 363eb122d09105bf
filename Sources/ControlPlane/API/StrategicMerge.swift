import KubernetesAPI

/// How the lists and maps of a kind are merged: by which key the elements of a list are told apart, which lists are sets,
/// and which maps lose what a new version does not name.
///
/// A kind without rules is merged as JSON merge patches are: maps one by one, lists as a whole.
/// - Source: the `patchStrategy` and `patchMergeKey` of Kubernetes' `k8s.io/api` types.
public struct MergeRules: Sendable {
    private let kind: Kind
    private let kindName: String

    public init(_ info: KindInfo) { (kind, kindName) = (info.type, info.kind) }

    enum List: Equatable {
        case key(String)
        case set, whole
    }

    private static let podSpec: [String: String] = [
        "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "volumes": "name", "imagePullSecrets": "name",
        "hostAliases": "ip", "topologySpreadConstraints": "topologyKey", "schedulingGates": "name", "resourceClaims": "name",
    ]
    private static let container = ["ports": "containerPort", "env": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath"]

    /// How the list at `path` (names of fields, without positions) is merged.
    func list(_ path: [String]) -> List {
        guard let name = path.last else { return .whole }
        let parent = path.dropLast().last ?? ""
        if parent == "metadata" { return name == "ownerReferences" ? .key("uid") : name == "finalizers" ? .set : .whole }
        if kind == .custom {
            return kindName.hasSuffix("WebhookConfiguration") && path == ["webhooks"] ? .key("name") : .whole
        }
        if ["containers", "initContainers", "ephemeralContainers"].contains(parent), let key = Self.container[name] { return .key(key) }
        if parent == "spec", hasPods, let key = Self.podSpec[name] { return .key(key) }
        switch (kind, path) {
        case (.service, ["spec", "ports"]): return .key("port")
        case (.serviceAccount, ["secrets"]): return .key("name")
        case (.csiNode, ["spec", "drivers"]): return .key("name")
        case (.node, ["spec", "podCIDRs"]): return .set
        case (.node, ["status", "addresses"]): return .key("type")
        case (.pod, ["status", "podIPs"]), (.pod, ["status", "hostIPs"]): return .key("ip")
        case (_, ["status", "conditions"]): return .key("type")
        default: return .whole
        }
    }

    private var hasPods: Bool {
        [.pod, .deployment, .replicaSet, .statefulSet, .daemonSet, .job, .cronJob, .replicationController].contains(kind)
    }

    /// Whether the map at `path` loses the members that a new version of it does not name.
    func retainsKeys(_ path: [String]) -> Bool {
        guard hasPods else { return false }
        return kind == .deployment && path == ["spec", "strategy"] || path.suffix(2) == ["spec", "volumes"] || path.suffix(2) == ["spec", "resourceClaims"]
    }

    /// Whether the map at `path` is replaced as a whole.
    func replaces(_ path: [String]) -> Bool { kind == .podDisruptionBudget && path == ["spec", "selector"] }
}

extension JSONValue {
    /// What `kubectl apply` makes of this object, the one in the cluster: what `modified` says is put over it, what
    /// `original` said when it was applied last and `modified` no longer does is taken away, all else stays.
    public func applying(_ modified: JSONValue, over original: JSONValue?, _ rules: MergeRules) -> JSONValue {
        applying(modified, over: original, rules, [])
    }

    private func applying(_ modified: JSONValue, over original: JSONValue?, _ rules: MergeRules, _ path: [String]) -> JSONValue {
        switch (self, modified) {
        case (.object(let live), .object(let wanted)) where !rules.replaces(path):
            var result = live
            for (name, value) in wanted.members {
                if value == .null {
                    result[name] = nil
                } else if let present = live[name] {
                    result[name] = present.applying(value, over: original?[name], rules, path + [name])
                } else {
                    // What is new has nothing to be merged with, but nulls in it say nothing.
                    result[name] = value.withoutNulls
                }
            }
            for (name, _) in original?.object?.members ?? [] where wanted[name] == nil { result[name] = nil }
            if rules.retainsKeys(path) { result.members.removeAll { wanted[$0.key] == nil } }
            return .object(result)
        case (.array(let live), .array(let wanted)):
            let before = original?.array ?? []
            switch rules.list(path) {
            case .whole: return modified
            case .set:
                let gone = before.filter { !wanted.contains($0) }
                return .array(Self.ordered(wanted, live: live.filter { !gone.contains($0) }) { $0 == $1 })
            case .key(let key):
                guard let wantedKeys = Self.keys(wanted, key), let liveKeys = Self.keys(live, key), let keysBefore = Self.keys(before, key) else {
                    return modified
                }
                let merged = zip(wantedKeys, wanted).map { name, element -> (ElementKey, JSONValue) in
                    let old = keysBefore.firstIndex(of: name).map { before[$0] }
                    guard let index = liveKeys.firstIndex(of: name) else { return (name, element.withoutNulls) }
                    return (name, live[index].applying(element, over: old, rules, path))
                }
                let kept = zip(liveKeys, live).filter { !keysBefore.contains($0.0) || wantedKeys.contains($0.0) }
                return .array(Self.ordered(merged, live: kept) { $0.0 == $1.0 }.map(\.1))
            }
        default: return modified.withoutNulls
        }
    }

    /// What a strategic merge patch makes of this object.
    func patched(_ patch: JSONValue, _ rules: MergeRules, _ path: [String] = []) -> JSONValue {
        switch (self, patch) {
        case (_, .object(let change)):
            if change["$patch"]?.string == "delete" { return .object(JSONObject()) }
            var result = rules.replaces(path) || change["$patch"]?.string == "replace" ? JSONObject() : object ?? JSONObject()
            for (name, value) in change.members where !name.hasPrefix("$") {
                result[name] = value == .null ? nil : (result[name] ?? .null).patched(value, rules, path + [name])
            }
            for (name, value) in change.members where name.hasPrefix("$deleteFromPrimitiveList/") {
                let list = String(name.dropFirst("$deleteFromPrimitiveList/".count))
                let gone = value.array ?? []
                if let elements = result[list]?.array { result[list] = .array(elements.filter { !gone.contains($0) }) }
            }
            for (name, value) in change.members where name.hasPrefix("$setElementOrder/") {
                let list = String(name.dropFirst("$setElementOrder/".count))
                guard let elements = result[list]?.array, let order = value.array else { continue }
                result[list] = .array(Self.ordered(elements, by: order, server: self[list]?.array ?? [], rules.list(path + [list])))
            }
            if let kept = change["$retainKeys"]?.array { result.members.removeAll { !kept.contains(.string($0.key)) } }
            return .object(result)
        case (_, .array(var elements)):
            let live = array ?? []
            let replaces = elements.contains { $0["$patch"]?.string == "replace" }
            elements.removeAll { $0["$patch"]?.string == "replace" }
            if replaces { return .array(elements) }
            switch rules.list(path) {
            case .whole: return patch
            case .set: return .array(Self.ordered(live + elements.filter { !live.contains($0) }, by: elements, server: live, .set))
            case .key(let key):
                var merged = live
                for element in elements {
                    guard let value = element[key] else { return patch }
                    let index = merged.firstIndex { $0[key] == value }
                    if element["$patch"]?.string == "delete" {
                        if let index { merged.remove(at: index) }
                    } else if let index {
                        merged[index] = merged[index].patched(element, rules, path)
                    } else {
                        merged.append(JSONValue.null.patched(element, rules, path))
                    }
                }
                return .array(Self.ordered(merged, by: elements.filter { $0["$patch"]?.string != "delete" }, server: live, .key(key)))
            }
        default: return patch
        }
    }

    /// Why a strategic merge patch cannot be put over this object: an element of a list has no name to be found by. nil if it can.
    /// - Source: Kubernetes `apimachinery/pkg/util/mergepatch/errors.go`, `ErrNoMergeKey`
    func mergeProblem(_ patch: JSONValue, _ rules: MergeRules, _ path: [String] = []) -> String? {
        switch (self, patch) {
        case (.object(let live), .object(let change)):
            if rules.replaces(path) || ["delete", "replace"].contains(change["$patch"]?.string) { return nil }
            // What is new has nothing to be merged with.
            return change.members.lazy.compactMap { name, value in live[name]?.mergeProblem(value, rules, path + [name]) }.first
        case (.array(let live), .array(let change)):
            guard case .key(let key) = rules.list(path), !change.contains(where: { $0["$patch"]?.string == "replace" }) else { return nil }
            return change.lazy.compactMap { element -> String? in
                guard let value = element[key] else { return "map: \(element.goText) does not contain declared merge key: \(key)" }
                return live.first { $0[key] == value }?.mergeProblem(element, rules, path)
            }.first
        default: return nil
        }
    }

    /// An element of a list by its key; of several with the same key (one port for TCP and for UDP) the first, second …
    private struct ElementKey: Equatable {
        var value: JSONValue
        var number: Int
    }
    /// The keys of the elements; nil if one has none.
    private static func keys(_ elements: [JSONValue], _ key: String) -> [ElementKey]? {
        var keys: [ElementKey] = []
        var seen: [String: Int] = [:]
        for element in elements {
            guard let value = element[key] else { return nil }
            let number = seen[value.text(), default: 0]
            seen[value.text()] = number + 1
            keys.append(ElementKey(value: value, number: number))
        }
        return keys
    }

    /// The elements in the order that a patch wants, and those that only the server has between them: before what they stand before there.
    /// - Source: Kubernetes `apimachinery/pkg/util/strategicpatch/patch.go`, `normalizeElementOrder`
    private static func ordered(_ elements: [JSONValue], by order: [JSONValue], server: [JSONValue], _ list: MergeRules.List) -> [JSONValue] {
        func names(_ list: [JSONValue], _ key: String?) -> [ElementKey]? {
            key.map { keys(list, $0) } ?? list.map { ElementKey(value: $0, number: 0) }
        }
        let key: String? = if case .key(let key) = list { key } else { nil }
        guard list != .whole, let known = names(elements, key), let wanted = names(order, key), let before = names(server, key) else { return elements }
        let all = Array(zip(known, elements))
        var left = wanted.compactMap { name in all.first { $0.0 == name } }[...]
        var right = all.filter { !wanted.contains($0.0) }[...]
        var result: [JSONValue] = []
        while let a = left.first, let b = right.first {
            if let x = before.firstIndex(of: a.0), let y = before.firstIndex(of: b.0), y < x {
                result.append(b.1)
                right.removeFirst()
            } else {
                result.append(a.1)
                left.removeFirst()
            }
        }
        return result + left.map(\.1) + right.map(\.1)
    }

    /// The wanted elements in their order; those that only the cluster has each after the one that it follows there.
    private static func ordered<Element>(_ wanted: [Element], live: [Element], _ same: (Element, Element) -> Bool) -> [Element] {
        var result = wanted
        var previous: Element?
        for element in live {
            defer { previous = element }
            if wanted.contains(where: { same($0, element) }) { continue }
            let index = previous.flatMap { previous in result.firstIndex { same($0, previous) } }
            result.insert(element, at: index.map { $0 + 1 } ?? 0)
        }
        return result
    }

    /// The value without members that are null, at any depth.
    var withoutNulls: JSONValue {
        switch self {
        case .object(var object):
            object.members = object.members.filter { $0.value != .null }.map { ($0.key, $0.value.withoutNulls) }
            return .object(object)
        case .array(let elements): return .array(elements.map(\.withoutNulls))
        default: return self
        }
    }
}
