// Sets of fields, as `metadata.managedFields` keeps them.

import KubernetesAPI

/// A set of fields of an object: a tree of path elements, in the form of FieldsV1.
///
/// An element is a text with the kind of step in front: `f:replicas` a member, `k:{"name":"web"}` the element of a list with these keys,
/// `v:"finalizer"` the element of a set.
/// - Source: Kubernetes `sigs.k8s.io/structured-merge-diff/v6/fieldpath`
public struct FieldSet: Sendable, Equatable {
    /// Whether the place itself is in the set, beside what is below it.
    var isMember = false
    private(set) var children: [String: FieldSet] = [:]

    public init() {}
    var isEmpty: Bool { !isMember && children.isEmpty }

    /// What is below the element. Empty sets are not kept.
    subscript(element: String) -> FieldSet {
        get { children[element] ?? FieldSet() }
        set { children[element] = newValue.isEmpty ? nil : newValue }
    }
    /// The elements in the order in which Kubernetes lists them: members, list elements by keys, by value, by place.
    var elements: [String] {
        children.keys.sorted { a, b in
            let (x, y) = (Self.rank(a), Self.rank(b))
            return x != y ? x < y : a < b
        }
    }
    private static func rank(_ element: String) -> Int { element.utf8.first.flatMap { Array("fkvi".utf8).firstIndex(of: $0) } ?? 4 }

    mutating func insert(_ path: ArraySlice<String>) {
        guard let first = path.first else {
            isMember = true
            return
        }
        self[first].insert(path.dropFirst())
    }
    mutating func remove(_ path: ArraySlice<String>) {
        guard let first = path.first else {
            isMember = false
            return
        }
        if children[first] != nil { self[first].remove(path.dropFirst()) }
    }

    func union(_ other: FieldSet) -> FieldSet {
        var result = self
        result.isMember = isMember || other.isMember
        for (element, child) in other.children { result.children[element] = result.children[element]?.union(child) ?? child }
        return result
    }
    func subtracting(_ other: FieldSet) -> FieldSet {
        var result = self
        result.isMember = isMember && !other.isMember
        for (element, child) in other.children {
            if let own = children[element] { result[element] = own.subtracting(child) }
        }
        return result
    }
    func intersection(_ other: FieldSet) -> FieldSet {
        var result = FieldSet()
        result.isMember = isMember && other.isMember
        for (element, child) in children {
            if let others = other.children[element] { result[element] = child.intersection(others) }
        }
        return result
    }

    /// The members of the set, in order.
    var paths: [[String]] {
        (isMember ? [[]] : []) + elements.flatMap { element in self[element].paths.map { [element] + $0 } }
    }

    // MARK: FieldsV1

    /// The set that `fields`, in the form of FieldsV1, says.
    init(fieldsV1 fields: JSONValue?) {
        for (element, child) in fields?.object?.members ?? [] {
            if element == "." {
                isMember = true
            } else if child.object?.members.isEmpty ?? true {
                self[element].isMember = true
            } else {
                self[element] = FieldSet(fieldsV1: child)
            }
        }
    }
    /// The set in the form of FieldsV1.
    var fieldsV1: JSONValue {
        var object = JSONObject()
        for element in elements {
            let child = self[element]
            guard case .object(var below) = child.fieldsV1 else { continue }
            if child.isMember, !below.members.isEmpty { below.members.insert((".", [:]), at: 0) }
            object.members.append((element, .object(below)))
        }
        return .object(object)
    }

    /// A path as conflicts name it: `.spec.containers[name="web"].image`.
    static func text(_ path: [String]) -> String {
        path.map { element in
            let content = element.dropFirst(2)
            switch element.first {
            case "k": return "[\(keys(content))]"
            case "v": return "[=\(content)]"
            case "i": return "[\(content)]"
            default: return ".\(content)"
            }
        }.joined()
    }

    /// `{"port":80,"protocol":"TCP"}` as `port=80,protocol="TCP"`.
    private static func keys(_ object: Substring) -> String {
        var (out, name) = ("", "")
        var (inText, isName, escaped) = (false, true, false)
        for character in object.dropFirst().dropLast() {
            switch character {
            case "\"" where !escaped:
                inText.toggle()
                if !isName { out.append(character) }
            case ":" where !inText && isName:
                out += name + "="
                (name, isName) = ("", false)
            case "," where !inText:
                out.append(character)
                isName = true
            default: if isName { name.append(character) } else { out.append(character) }
            }
            escaped = character == "\\" && !escaped
        }
        return out
    }
}
