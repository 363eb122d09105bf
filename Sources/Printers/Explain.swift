import ControlPlane
import KubernetesAPI

/// What the fields of the API mean, from the tables by which objects are read and written, and from the schemas of
/// CustomResourceDefinitions.
///
/// ```swift
/// print(try Explain.text(path: "pod.spec.tolerations"))
/// for field in try Explain.page(path: "pod.spec").fields { print(field.name, field.type) }
/// ```
public enum Explain {
    /// What can be explained besides the kinds that are acted on.
    public struct Context: Sendable {
        /// Kinds of custom objects that are loaded.
        public var kinds: [KindInfo]
        /// CustomResourceDefinitions, whose schemas explain custom resources.
        public var definitions: [CustomObject]
        /// Documents that are no objects of the cluster, such as a Scenario.
        public var configurations: [(kind: KindInfo, structure: any APIStruct.Type)]

        public init(kinds: [KindInfo] = [], definitions: [CustomObject] = [], configurations: [(kind: KindInfo, structure: any APIStruct.Type)] = []) {
            self.definitions = definitions.filter { $0.kindName == "CustomResourceDefinition" }
            // The definition knows the names that users type.
            self.kinds =
                kinds
                + self.definitions.compactMap { definition in
                    let spec = definition.content["spec"]
                    guard let group = spec?["group"]?.string, let kind = spec?["names"]?["kind"]?.string else { return nil }
                    let versions = spec?["versions"]?.array ?? []
                    let version = (versions.first { $0["storage"] == true } ?? versions.first)?["name"]?.string ?? "v1"
                    var info = KindInfo.custom(apiVersion: "\(group)/\(version)", kind: kind)
                    if let plural = spec?["names"]?["plural"]?.string { info.plural = plural }
                    info.shortNames = (spec?["names"]?["shortNames"]?.array ?? []).compactMap(\.string)
                    return info
                }
            self.configurations = configurations
        }
    }

    /// One field of a page.
    public struct FieldEntry: Sendable, Hashable {
        public var name: String
        /// The type as kubectl names it: `string`, `[]Container`, `map[string]string`.
        public var type: String
        public var summary: String
        /// Whether the field has fields of its own.
        public var hasFields: Bool
        /// Whether an object without the field is refused.
        public var isRequired = false
        /// The values that it may have, if they are few.
        public var values: [String] = []

        /// `  name	<type> -required-`, as kubectl prints it.
        fileprivate func line(_ indent: Int) -> String {
            String(repeating: " ", count: indent) + "\(name)\t<\(type)>\(isRequired ? " -required-" : "")\n"
        }
    }

    /// What is known about a kind or a field.
    public struct Page: Sendable {
        public var kind: KindInfo
        /// The path of the field without the kind, such as `["spec", "containers"]`; empty for the kind itself.
        public var path: [String]
        /// The field's type; nil for the kind itself.
        public var type: String?
        /// The structure's name, if the field has fields.
        public var structure: String?
        /// What it means: of the field, and of the structure behind it.
        public var summary: String
        /// The fields in the order in which they are written; empty for plain values.
        public var fields: [FieldEntry]
    }

    /// A path that names nothing.
    public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        public var description: String
    }

    /// What is known about `path`: a kind by any of its names, and fields: `po.spec.containers`,
    /// `deployments.apps.spec`.
    /// - Throws: ``Failure``, which names the nearest kind or field.
    public static func page(path: String, in context: Context = Context()) throws(Failure) -> Page {
        let (kind, steps) = try start(path, context)
        return try walk(kind, steps, context).page
    }

    /// The paths that begin with what is `typed` up to its last dot, for a shell to choose from: kinds, or the fields of one.
    public static func completions(of typed: String, in context: Context = Context()) -> [String] {
        guard let dot = typed.lastIndex(of: ".") else { return (KindInfo.all + context.configurations.map(\.kind)).map { $0.kind.lowercased() } }
        let above = String(typed[..<dot])
        return ((try? page(path: above, in: context))?.fields ?? []).map { "\(above).\($0.name)" }
    }

    /// The page as `kubectl explain` lays it out; with `recursive` all fields below without their meaning. A path that
    /// begins with `evenkeel.dev` means the product's annotations.
    /// - Throws: ``Failure``, which names the nearest kind or field.
    public static func text(path: String, recursive: Bool = false, in context: Context = Context()) throws(Failure) -> String {
        if path == "annotations" || path == "evenkeel.dev" || path.hasPrefix(AnnotationNote.prefix) { return try annotations(path) }
        let (kind, steps) = try start(path, context)
        let (page, node) = try walk(kind, steps, context)
        var out = kind.group.isEmpty ? "" : "GROUP:      \(kind.group)\n"
        out += "KIND:       \(kind.kind)\nVERSION:    \(kind.version)\n\n"
        if let name = page.path.last, let type = page.type { out += "FIELD: \(name) <\(type)>\n\n" }
        out += "DESCRIPTION:\n" + wrapped(page.summary, indent: 4)
        if node.hasFields || !page.fields.isEmpty {
            out += "\nFIELDS:\n"
            if recursive {
                if page.path.isEmpty { for field in kindFields(kind) { out += field.line(2) } }
                tree(node, indent: 2, above: [], isRoot: page.path.isEmpty, into: &out)
            } else {
                for field in page.fields {
                    out += field.line(2)
                    if !field.values.isEmpty { out += "  enum: \(field.values.joined(separator: ", "))\n" }
                    out += wrapped(field.summary, indent: 4) + "\n"
                }
            }
        }
        return out
    }

    /// All annotations, or the one that is meant.
    private static func annotations(_ path: String) throws(Failure) -> String {
        let isAll = !path.hasPrefix(AnnotationNote.prefix) || path == AnnotationNote.prefix
        // A container's own annotation has its name before the key.
        let key = String(path.dropFirst(AnnotationNote.prefix.count).split(separator: ".").last ?? "")
        let notes = AnnotationNote.all.filter { isAll || $0.keys.contains(key) }
        if notes.isEmpty {
            let hint = nearest(key, among: AnnotationNote.all.flatMap(\.keys)).map { "; nearest: \(AnnotationNote.prefix)\($0)" } ?? ""
            throw Failure(description: "there is no annotation \(path)\(hint)")
        }
        func plain(_ text: String) -> String { text.filter { $0 != "`" } }
        var out = "ANNOTATIONS:\n"
        for note in notes {
            for name in note.keys { out += "  \(AnnotationNote.prefix)\(name)\n" }
            var text = "Of a \(note.object): \(plain(note.value))."
            if !note.range.isEmpty { text += " Range: \(plain(note.range))." }
            if !note.fallback.isEmpty { text += " Default: \(plain(note.fallback))." }
            if note.object == "Pod" { text += " For one container: \(AnnotationNote.prefix)CONTAINER.\(note.keys[0])." }
            out += wrapped(text, indent: 4) + "\n"
        }
        return out
    }

    // MARK: Finding

    private static func start(_ path: String, _ context: Context) throws(Failure) -> (KindInfo, [String]) {
        let parts = path.split(separator: ".").map(String.init)
        guard let first = parts.first else {
            throw Failure(description: "name a kind, such as pod or deployment.spec")
        }
        let known = context.configurations.map(\.kind) + context.kinds
        // The longest name that is a kind wins: `deployments.apps` before `deployments`.
        for count in stride(from: parts.count, through: 1, by: -1) {
            if let kind = KindInfo.find(parts[..<count].joined(separator: "."), among: known) {
                return (kind, Array(parts[count...]))
            }
        }
        let names = (KindInfo.all + known).flatMap { [$0.kind.lowercased(), $0.plural] }
        let hint = nearest(first, among: names).map { "; nearest: \($0)" } ?? ""
        throw Failure(description: "no kind is called \"\(first)\"\(hint)")
    }

    private static func walk(_ kind: KindInfo, _ steps: [String], _ context: Context) throws(Failure) -> (page: Page, node: Node) {
        var node = root(of: kind, context)
        var page = Page(
            kind: kind, path: [], type: nil, structure: kind.kind, summary: node.summary,
            fields: kindFields(kind) + node.fields.filter { $0.name != "apiVersion" && $0.name != "kind" })
        for step in steps {
            let place = ([kind.kind.lowercased()] + page.path).joined(separator: ".")
            guard let field = page.fields.first(where: { $0.name == step }) else {
                if case .structure(let type) = node, type == CustomObject.self {
                    throw Failure(description: "\(kind.kind) is kept as it came: its fields are not known")
                }
                if page.fields.isEmpty {
                    throw Failure(description: "\(place) has no fields that are known here")
                }
                let hint = nearest(step, among: page.fields.map(\.name)).map { "; nearest: \($0)" } ?? ""
                throw Failure(description: "\(place) has no field \"\(step)\"\(hint)")
            }
            node = node.member(step)
            page.path.append(step)
            page.type = field.type
            page.structure = node.name
            // The field says what it is for, the structure what it is; the latter often repeats the former.
            let general = node.summary
            page.summary =
                field.summary == general || general.isEmpty ? field.summary : "\(field.summary) \(general)"
            page.fields = node.fields
        }
        return (page, node)
    }

    private static func root(of kind: KindInfo, _ context: Context) -> Node {
        if let configuration = context.configurations.first(where: { $0.kind == kind }) { return .structure(configuration.structure) }
        guard kind.type == .custom else { return .structure(ObjectStore.type(of: kind.type)) }
        for definition in context.definitions {
            let spec = definition.content["spec"]
            guard spec?["group"]?.string == kind.group, spec?["names"]?["kind"]?.string == kind.kind, let versions = spec?["versions"]?.array,
                let version = versions.first(where: { $0["name"]?.string == kind.version }) ?? versions.first,
                let schema = version["schema"]?["openAPIV3Schema"]
            else { continue }
            return .schema(schema)
        }
        return .structure(CustomObject.self)
    }

    /// The two fields that stand above the tables.
    private static func kindFields(_ kind: KindInfo) -> [FieldEntry] {
        [
            FieldEntry(
                name: "apiVersion", type: "string",
                summary: "Group and version of the kind: \(kind.apiVersion).",
                hasFields: false),
            FieldEntry(name: "kind", type: "string", summary: "The kind: \(kind.kind).", hasFields: false),
        ]
    }

    // MARK: Writing

    /// All fields below, each with its type; a structure inside itself is not opened again.
    private static func tree(_ node: Node, indent: Int, above: [String], isRoot: Bool, into out: inout String) {
        for field in node.fields where !isRoot || field.name != "apiVersion" && field.name != "kind" {
            out += field.line(indent)
            let inner = node.member(field.name)
            guard inner.hasFields, !(inner.name.map(above.contains) ?? false), above.count < 32 else { continue }
            tree(inner, indent: indent + 2, above: above + [node.name].compactMap { $0 }, isRoot: false, into: &out)
        }
    }

    /// `text` in lines of at most 80 columns.
    package static func wrapped(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var out = ""
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !line.isEmpty, indent + line.count + 1 + word.count > 80 {
                out += margin + line + "\n"
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        return line.isEmpty ? out : out + margin + line + "\n"
    }
}

/// What is behind a field: a structure of the product's tables, or a schema of a CustomResourceDefinition.
private enum Node {
    case structure(any APIStruct.Type)
    case schema(JSONValue)
    case nothing

    var hasFields: Bool { if case .structure = self { true } else { !fields.isEmpty } }

    /// The structure's name.
    var name: String? { if case .structure(let type) = self { "\(type)" } else { nil } }

    var summary: String {
        switch self {
        case .structure(let type): type.summary
        case .schema(let schema): schema["description"]?.string ?? ""
        case .nothing: ""
        }
    }

    var fields: [Explain.FieldEntry] {
        switch self {
        case .structure(let type): return Self.entries(of: type)
        case .schema(let schema):
            let required = (schema["required"]?.array ?? []).compactMap(\.string)
            // In the order of their names, as kubectl has them.
            let members = (schema["properties"]?.object?.members ?? []).sorted { $0.key < $1.key }
            return members.map { name, field in
                Explain.FieldEntry(
                    name: name, type: Self.type(of: field), summary: field["description"]?.string ?? "<no description>",
                    hasFields: Self.content(of: field)["properties"] != nil, isRequired: required.contains(name),
                    values: (field["enum"]?.array ?? []).map { $0.string ?? $0.text() })
            }
        case .nothing: return []
        }
    }

    func member(_ name: String) -> Node {
        switch self {
        case .structure(let type):
            func find<S: APIStruct>(_ type: S.Type) -> (any APIStruct.Type)? { S.fields.first { $0.name == name }?.structure }
            return find(type).map(Node.structure) ?? .nothing
        case .schema(let schema):
            if name == "metadata", schema["properties"]?["metadata"]?["properties"] == nil { return .structure(ObjectMeta.self) }
            return schema["properties"]?[name].map { .schema(Self.content(of: $0)) } ?? .nothing
        case .nothing: return .nothing
        }
    }

    /// What a list or a map consists of.
    private static func content(of schema: JSONValue) -> JSONValue {
        var schema = schema
        for _ in 0..<8 {
            guard let inner = schema["items"] ?? (schema["properties"] == nil ? schema["additionalProperties"] : nil), inner.object != nil else { break }
            schema = inner
        }
        return schema
    }

    private static func type(of schema: JSONValue, depth: Int = 0) -> String {
        if schema["x-kubernetes-int-or-string"] == true { return "IntOrString" }
        switch schema["type"]?.string {
        case "array": return "[]" + (depth < 8 ? schema["items"].map { type(of: $0, depth: depth + 1) } ?? "Object" : "Object")
        case "object":
            guard depth < 8, let values = schema["additionalProperties"], values.object != nil else { return "Object" }
            return "map[string]" + type(of: values, depth: depth + 1)
        case let type?: return type
        case nil: return "Object"
        }
    }

    private static func entries(of structure: any APIStruct.Type) -> [Explain.FieldEntry] {
        let required = RequiredFields.byStructure["\(structure)"] ?? []
        func entries<S: APIStruct>(_ type: S.Type) -> [Explain.FieldEntry] {
            S.fields.map { field in
                Explain.FieldEntry(
                    name: field.name, type: typeText(field.typeName, field.structure), summary: field.summary,
                    hasFields: field.structure != nil, isRequired: required.contains(field.name))
            }
        }
        // The one field of the API that stands outside its structure's table: a pod's node is kept beside
        // the spec.
        let node = Explain.FieldEntry(
            name: "nodeName", type: "string", summary: "The node that the pod is bound to; empty until then.",
            hasFields: false)
        return entries(structure) + (structure == PodSpec.self ? [node] : [])
    }

    /// `[]Object` with a structure behind it as `[]Container`.
    private static func typeText(_ typeName: String, _ structure: (any APIStruct.Type)?) -> String {
        guard let structure, typeName.hasSuffix("Object") else { return typeName }
        return typeName.dropLast(6) + "\(structure)"
    }
}
