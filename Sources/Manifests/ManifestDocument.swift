import KubernetesAPI

/// One object as a file describes it, not yet decoded.
public struct ManifestDocument: Sendable {
    /// The file's path, or `-` for standard input.
    public var source: String
    /// Where the object begins in the file, from 1.
    public var line: Int
    /// The object. Members keep the order of the file; aliases and merge keys are resolved.
    public var json: JSONValue
    /// The lines of all members and elements.
    let places: DocumentPlaces

    init(source: String, line: Int, json: JSONValue, places: DocumentPlaces) {
        (self.source, self.line, self.json, self.places) = (source, line, json, places)
    }

    /// An object that did not come from a file: `source` says from where, and it has no lines.
    public init(source: String, json: JSONValue) { self.init(source: source, line: 0, json: json, places: .tree(PositionTree(line: 0))) }

    public var apiVersion: String { json["apiVersion"]?.string ?? "" }
    public var kind: String { json["kind"]?.string ?? "" }
    public var name: String { json["metadata"]?["name"]?.string ?? "" }
    public var namespace: String { json["metadata"]?["namespace"]?.string ?? "" }

    /// Whether it tells what is, rather than what is wanted: it carries what only an API server writes, an identity or a revision, or
    /// is a measurement.
    public var isState: Bool {
        func isWritten(_ field: String) -> Bool { !(json["metadata"]?[field]?.string ?? "").isEmpty }
        return isWritten("uid") || isWritten("resourceVersion") || apiVersion.hasPrefix("metrics.k8s.io/")
    }

    /// The facts about its kind: guessed where it is not one of Kubernetes' own.
    public var kindInfo: KindInfo { ManifestKinds.info(self) }

    /// Why there can be no such kind: a slip in the name of one of Kubernetes' own, or in its version.
    public var kindProblem: ManifestProblem? { ManifestKinds.problem(self) }

    /// The line of the field at `path` (as `spec.containers[0].image` or `metadata.labels[app]`), or of its
    /// nearest ancestor that is there.
    public func line(of path: String) -> Int { path.isEmpty ? line : places.tree.line(at: path, in: json) ?? line }

    /// A problem of this document's field at `path`, with the field's line.
    public func problem(_ path: String, _ message: String) -> ManifestProblem {
        ManifestProblem(file: source, line: line(of: path), path: path, message: message)
    }
}

/// What is wrong with a file, and where.
public struct ManifestProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or folder, or `-` for standard input.
    public var file: String
    /// From 1; nil if the whole file is meant.
    public var line: Int?
    /// From 1; given for syntax errors only.
    public var column: Int?
    /// The field, such as `spec.containers[0].image`; empty if none is meant.
    public var path: String
    /// What is wrong, without file and field.
    public var message: String

    public init(file: String, line: Int? = nil, column: Int? = nil, path: String = "", message: String) {
        (self.file, self.line, self.column, self.path, self.message) = (file, line, column, path, message)
    }

    /// `web.yaml:12: spec.replicas: must be a whole number, not string`
    public var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        return text + (path.isEmpty ? ": \(message)" : ": \(path): \(message)")
    }
}

/// What was read from some files.
public struct ManifestSet: Sendable {
    /// The objects, in the order of paths, files and lines.
    public var documents: [ManifestDocument] = []
    /// Scenarios and component configurations, which are no objects of the cluster.
    public var configurations: [ManifestDocument] = []
    /// Everything that was wrong, in the same order. The documents above are free of these problems.
    public var problems: [ManifestProblem] = []

    public init() {}

    /// The configurations of one kind, such as `Scenario`.
    public func configurations(ofKind kind: String) -> [ManifestDocument] {
        configurations.filter { $0.kind == kind }
    }
}

/// Where the parts of a document are.
enum DocumentPlaces: Sendable {
    case tree(PositionTree)
    /// In the lines of this JSON, which begins in `line`; the first `added` members are not in it. It is read for them when somebody
    /// asks, which is seldom.
    case text([UInt8], line: Int32, added: Int)

    var tree: PositionTree {
        switch self {
        case .tree(let tree): return tree
        case .text(let text, let line, let added):
            guard var (_, tree) = text.withUnsafeBufferPointer({ JSONReader.read($0, line: line) }) else { return PositionTree(line: line) }
            tree.children.insert(contentsOf: Array(repeating: PositionTree(line: line), count: added), at: 0)
            return tree
        }
    }
}

/// The line of a value and of everything in it; children are in the order of the JSON value's.
struct PositionTree: Sendable {
    var line: Int32
    var children: [PositionTree] = []

    /// The line of the deepest part of `path` that exists; nil for the empty path.
    func line(at path: String, in json: JSONValue) -> Int? {
        var tree = self
        var value = json
        var found: Int?
        for step in JSONValue.steps(path) {
            var index: Int?
            switch value {
            case .object(let object): index = object.members.firstIndex { $0.key == step }
            case .array(let elements): index = Int(step).flatMap { elements.indices.contains($0) ? $0 : nil }
            default: break
            }
            guard let index, index < tree.children.count else { break }
            tree = tree.children[index]
            found = Int(tree.line)
            switch value {
            case .object(let object): value = object.members[index].value
            case .array(let elements): value = elements[index]
            default: break
            }
        }
        return found
    }
}
