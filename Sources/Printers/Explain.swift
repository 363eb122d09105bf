import ControlPlane
import KubernetesAPI

/// What the fields of the API mean, from the tables by which objects are read and written.
///
/// ```swift
/// print(try Explain.text(path: "pod.spec.tolerations"))
/// for field in try Explain.page(path: "pod.spec").fields { print(field.name, field.type) }
/// ```
public enum Explain {
    /// One field of a page.
    public struct FieldEntry: Sendable, Hashable {
        public var name: String
        /// The type as kubectl names it: `string`, `[]Container`, `map[string]string`.
        public var type: String
        public var summary: String
        /// Whether the field has fields of its own.
        public var hasFields: Bool
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
    /// - Parameter kinds: kinds of custom objects that are loaded.
    /// - Throws: ``Failure``, which names the nearest kind or field.
    public static func page(path: String, kinds: [KindInfo] = []) throws(Failure) -> Page {
        let (kind, steps) = try start(path, kinds)
        return try walk(kind, steps).page
    }

    /// The page as `kubectl explain` lays it out; with `recursive` all fields below without their meaning.
    /// - Throws: ``Failure``, which names the nearest kind or field.
    public static func text(path: String, recursive: Bool = false, kinds: [KindInfo] = []) throws(Failure)
        -> String
    {
        let (kind, steps) = try start(path, kinds)
        let (page, structure) = try walk(kind, steps)
        var out = kind.group.isEmpty ? "" : "GROUP:      \(kind.group)\n"
        out += "KIND:       \(kind.kind)\nVERSION:    \(kind.version)\n\n"
        if let name = page.path.last, let type = page.type { out += "FIELD: \(name) <\(type)>\n\n" }
        out += "DESCRIPTION:\n" + wrapped(page.summary, indent: 4)
        if let structure {
            out += "\nFIELDS:\n"
            if recursive {
                if page.path.isEmpty {
                    for field in kindFields(kind) { out += "  \(field.name)\t<\(field.type)>\n" }
                }
                tree(structure, indent: 2, above: [], into: &out)
            } else {
                for field in page.fields {
                    out += "  \(field.name)\t<\(field.type)>\n" + wrapped(field.summary, indent: 4) + "\n"
                }
            }
        }
        return out
    }

    // MARK: Finding

    private static func start(_ path: String, _ kinds: [KindInfo]) throws(Failure) -> (KindInfo, [String]) {
        let parts = path.split(separator: ".").map(String.init)
        guard let first = parts.first else {
            throw Failure(description: "name a kind, such as pod or deployment.spec")
        }
        // The longest name that is a kind wins: `deployments.apps` before `deployments`.
        for count in stride(from: parts.count, through: 1, by: -1) {
            if let kind = KindInfo.find(parts[..<count].joined(separator: "."), among: kinds) {
                return (kind, Array(parts[count...]))
            }
        }
        let names = KindInfo.all.flatMap { [$0.kind.lowercased(), $0.plural] }
        let hint = nearest(first, among: names).map { "; nearest: \($0)" } ?? ""
        throw Failure(description: "no kind is called \"\(first)\"\(hint)")
    }

    private static func walk(_ kind: KindInfo, _ steps: [String]) throws(Failure)
        -> (page: Page, structure: (any APIStruct.Type)?)
    {
        var structure: (any APIStruct.Type)? = type(of: kind)
        var page = Page(
            kind: kind, path: [], type: nil, structure: kind.kind, summary: structure?.summary ?? "",
            fields: kindFields(kind) + entries(of: structure))
        for step in steps {
            let place = ([kind.kind.lowercased()] + page.path).joined(separator: ".")
            guard let field = page.fields.first(where: { $0.name == step }) else {
                if kind.type == .custom, page.path.isEmpty {
                    throw Failure(description: "\(kind.kind) is kept as it came: its fields are not known")
                }
                if page.fields.isEmpty {
                    throw Failure(description: "\(place) has no fields that are known here")
                }
                let hint = nearest(step, among: page.fields.map(\.name)).map { "; nearest: \($0)" } ?? ""
                throw Failure(description: "\(place) has no field \"\(step)\"\(hint)")
            }
            structure = structure.flatMap { member(step, of: $0) }
            page.path.append(step)
            page.type = field.type
            page.structure = structure.map(name)
            // The field says what it is for, the structure what it is; the latter often repeats the former.
            let general = structure.map { $0.summary } ?? ""
            page.summary =
                field.summary == general || general.isEmpty ? field.summary : "\(field.summary) \(general)"
            page.fields = entries(of: structure)
        }
        return (page, structure)
    }

    private static func type(of kind: KindInfo) -> any APIStruct.Type { ObjectStore.type(of: kind.type) }

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

    private static func entries(of structure: (any APIStruct.Type)?) -> [FieldEntry] {
        func entries<S: APIStruct>(_ type: S.Type) -> [FieldEntry] {
            S.fields.map { field in
                FieldEntry(
                    name: field.name, type: typeText(field.typeName, field.structure), summary: field.summary,
                    hasFields: field.structure != nil)
            }.filter { $0.name != "apiVersion" && $0.name != "kind" || !(type is any KubernetesObject.Type) }
        }
        guard let structure else { return [] }
        // The one field of the API that stands outside its structure's table: a pod's node is kept beside
        // the spec.
        let node = FieldEntry(
            name: "nodeName", type: "string", summary: "The node that the pod is bound to; empty until then.",
            hasFields: false)
        return entries(structure) + (structure == PodSpec.self ? [node] : [])
    }

    private static func member(_ name: String, of structure: any APIStruct.Type) -> (any APIStruct.Type)? {
        func find<S: APIStruct>(_ type: S.Type) -> (any APIStruct.Type)? {
            S.fields.first { $0.name == name }?.structure
        }
        return find(structure)
    }

    private static func name(_ structure: any APIStruct.Type) -> String { "\(structure)" }

    /// `[]Object` with a structure behind it as `[]Container`.
    private static func typeText(_ typeName: String, _ structure: (any APIStruct.Type)?) -> String {
        guard let structure, typeName.hasSuffix("Object") else { return typeName }
        return typeName.dropLast(6) + name(structure)
    }

    // MARK: Writing

    /// All fields below, each with its type; a structure inside itself is not opened again.
    private static func tree(
        _ structure: any APIStruct.Type, indent: Int, above: [String], into out: inout String
    ) {
        for field in entries(of: structure) {
            out += String(repeating: " ", count: indent) + "\(field.name)\t<\(field.type)>\n"
            guard let inner = member(field.name, of: structure), !above.contains(name(inner)) else {
                continue
            }
            tree(inner, indent: indent + 2, above: above + [name(structure)], into: &out)
        }
    }

    /// `text` in lines of at most 80 columns.
    private static func wrapped(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var out = ""
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > 80 {
                out += margin + line + "\n"
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        return line.isEmpty ? out : out + margin + line + "\n"
    }
}
