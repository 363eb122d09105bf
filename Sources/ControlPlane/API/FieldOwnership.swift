// What two versions of an object differ in, and what an applied one makes of it, field by field.

import KubernetesAPI

/// Fields in which a new version differs from an old one.
struct FieldComparison {
    var added = FieldSet()
    var removed = FieldSet()
    var modified = FieldSet()

    /// What the new version says that the old does not.
    var changed: FieldSet { added.union(modified) }
    var isSame: Bool { added.isEmpty && removed.isEmpty && modified.isEmpty }
}

extension FieldRules {
    /// The elements of a list with their path elements; nil for a list that has one owner, or in which elements are not told apart.
    func elements(_ list: [JSONValue], _ path: [String]) -> [(element: String, value: JSONValue)]? {
        var result: [(String, JSONValue)] = []
        var seen: Set<String> = []
        for value in list {
            let element: String
            switch self.list(path) {
            case .atomic: return nil
            case .set: element = "v:\(value.text())"
            case .map(let keys):
                var key = JSONObject()
                for name in keys.sorted() {
                    guard let content = value[name] ?? defaultKey(name) else { return nil }
                    key.members.append((name, content))
                }
                element = "k:\(JSONValue.object(key).text())"
            }
            guard seen.insert(element).inserted else { return nil }
            result.append((element, value))
        }
        return result
    }

    /// Adds why elements of lists cannot be told apart: two have the same keys, or one lacks a key.
    /// - Source: sigs.k8s.io/structured-merge-diff/v6, typed/validate.go and typed/helpers.go
    func collectProblems(of value: JSONValue, _ path: [String], _ place: String, _ problems: inout [String]) {
        switch value {
        case .object(let object) where !isAtomic(path):
            for (name, member) in object.members { collectProblems(of: member, path + [name], "\(place).\(name)", &problems) }
        case .array(let list):
            guard case .map(let keys) = self.list(path) else { return }
            var seen: Set<String> = []
            for (index, element) in list.enumerated() {
                guard element.object != nil else { continue }
                if let missing = keys.first(where: { element[$0] == nil && defaultKey($0) == nil }) {
                    let why = "associative list with keys has an element that omits key field \"\(missing)\" (and doesn't have default value)"
                    problems.append("\(place): element \(index): \(why)")
                    continue
                }
                let key = keyText(of: element, keys)
                if !seen.insert(key).inserted { problems.append("\(place): duplicate entries for key \(key)") }
                collectProblems(of: element, path, place + key, &problems)
            }
        default: break
        }
    }

    /// `[port=80,protocol="TCP"]`
    private func keyText(of element: JSONValue, _ keys: [String]) -> String {
        "[\(keys.sorted().map { "\($0)=\((element[$0] ?? defaultKey($0) ?? .null).text())" }.joined(separator: ","))]"
    }

    /// A path with positions, as `spec.containers[0].image`, with the keys of the elements instead.
    func text(of path: String, in document: JSONValue) -> String {
        var (names, place, value): ([String], String, JSONValue?) = ([], "", document)
        for part in path.split(separator: ".") {
            let pieces = part.split(separator: "[")
            guard let name = pieces.first.map({ String($0) }) else { continue }
            names.append(name)
            place += ".\(name)"
            value = value?[name]
            for position in pieces.dropFirst() {
                let index = String(position.dropLast())
                if case .array(let list) = value, let number = Int(index), list.indices.contains(number) {
                    value = list[number]
                    if case .map(let keys) = self.list(names), let element = value { place += keyText(of: element, keys) } else { place += "[\(number)]" }
                } else {
                    value = value?[index]
                    place += ".\(index)"
                }
            }
        }
        return place
    }

    private func isGranular(_ list: [JSONValue]?, _ path: [String]) -> Bool {
        guard self.list(path) != .atomic else { return false }
        return list.map { elements($0, path) != nil } ?? true
    }

    // MARK: All fields

    /// All fields that `value` says.
    func fields(of value: JSONValue) -> FieldSet {
        var set = FieldSet()
        collect(value, [], &set)
        return set
    }

    private func collect(_ value: JSONValue, _ path: [String], _ set: inout FieldSet) {
        switch value {
        case .object(let object) where !isAtomic(path):
            for (name, member) in object.members {
                var child = set["f:\(name)"]
                collect(member, path + [name], &child)
                if member == .null || member.object?.members.isEmpty == true || isKey(name, at: path) { child.isMember = true }
                set["f:\(name)"] = child
            }
        case .array(let list):
            guard let elements = elements(list, path), self.list(path) != .atomic else {
                set.isMember = true
                return
            }
            for (element, value) in elements {
                var child = set[element]
                if self.list(path) != .set { collect(value, path, &child) }
                child.isMember = true
                set[element] = child
            }
        default: set.isMember = true
        }
    }

    // MARK: Comparing

    func compare(_ old: JSONValue?, _ new: JSONValue?) -> FieldComparison {
        var result = FieldComparison()
        compare(old, new, [], [], &result)
        return result
    }

    private func compare(_ old: JSONValue?, _ new: JSONValue?, _ path: [String], _ place: [String], _ result: inout FieldComparison) {
        func leaf() {
            if old == new { return }
            if old == nil {
                result.added.insert(place[...])
            } else if new == nil {
                result.removed.insert(place[...])
            } else {
                result.modified.insert(place[...])
            }
        }
        /// What is there anew, or no longer, is so itself, beside what it holds.
        func mark() { if old == nil || new == nil, !place.isEmpty { leaf() } }
        switch (old ?? new, new ?? old) {
        case (.object(let a), .object(let b)):
            if isAtomic(path) || a.members.isEmpty && b.members.isEmpty { return leaf() }
            mark()
            let before = old == nil ? JSONObject() : a
            let after = new == nil ? JSONObject() : b
            for (name, value) in after.members { compare(before[name], value, path + [name], place + ["f:\(name)"], &result) }
            for (name, value) in before.members where after[name] == nil { compare(value, nil, path + [name], place + ["f:\(name)"], &result) }
        case (.array(let a), .array(let b)):
            guard list(path) != .atomic, let a = elements(a, path), let b = elements(b, path), !(a.isEmpty && b.isEmpty) else { return leaf() }
            mark()
            let before = old == nil ? [] : a
            let after = new == nil ? [] : b
            let isSet = list(path) == .set
            for (element, value) in after {
                let former = before.first { $0.element == element }?.value
                if isSet {
                    if former == nil { result.added.insert((place + [element])[...]) }
                } else {
                    compare(former, value, path, place + [element], &result)
                }
            }
            for (element, value) in before where !after.contains(where: { $0.element == element }) {
                if isSet { result.removed.insert((place + [element])[...]) } else { compare(value, nil, path, place + [element], &result) }
            }
        default: leaf()
        }
    }

    // MARK: Applying

    /// `live` with what `config` says over it.
    func merged(_ live: JSONValue?, _ config: JSONValue, _ path: [String] = []) -> JSONValue {
        switch (live, config) {
        case (.object(let before), .object(let wanted)) where !isAtomic(path):
            var result = before
            for (name, value) in wanted.members { result[name] = value == .null ? nil : merged(before[name], value, path + [name]) }
            return .object(result)
        case (.array(let before), .array(let wanted)):
            guard list(path) != .atomic, let before = elements(before, path), let wanted = elements(wanted, path) else { return config }
            var result = wanted
            var previous: String?
            for (element, value) in before {
                defer { previous = element }
                if let index = result.firstIndex(where: { $0.element == element }) {
                    if list(path) != .set { result[index].value = merged(value, result[index].value, path) }
                } else {
                    let index = previous.flatMap { previous in result.firstIndex { $0.element == previous } }
                    result.insert((element, value), at: index.map { $0 + 1 } ?? 0)
                }
            }
            return .array(result.map(\.value))
        default: return config
        }
    }

    /// `value` without what is in `last` and nothing of it in `kept`; nil if nothing is left.
    func removing(_ last: FieldSet, keeping kept: FieldSet, from value: JSONValue, _ path: [String] = []) -> JSONValue? {
        func reduced(_ element: String, _ member: JSONValue, _ path: [String]) -> JSONValue? {
            guard let gone = last.children[element] else { return member }
            let others = kept[element]
            if gone.isMember && others.isEmpty { return nil }
            return gone.children.isEmpty ? member : removing(gone, keeping: others, from: member, path)
        }
        switch value {
        case .object(let object) where !isAtomic(path):
            var result = JSONObject()
            for (name, member) in object.members {
                if let rest = reduced("f:\(name)", member, path + [name]) { result.members.append((name, rest)) }
            }
            return result.members.isEmpty && !object.members.isEmpty ? nil : .object(result)
        case .array(let list):
            guard let elements = elements(list, path) else { return value }
            let rest = elements.compactMap { reduced($0.element, $0.value, path) }
            return rest.isEmpty && !list.isEmpty ? nil : .array(rest)
        default: return value
        }
    }
}
