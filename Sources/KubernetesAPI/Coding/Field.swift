/// A value that can stand in an API object: it reads itself from JSON and writes itself back.
public protocol APIValue: Sendable, Equatable {
    /// Reads the value. A wrong type adds a problem to `decoder` and returns nil.
    static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Self?
    /// The value as JSON; nil if the API leaves it out (Go's `omitempty`).
    var json: JSONValue? { get }
    /// Appends ``json`` as text; returns false, and appends nothing, if the API leaves the value out.
    func writeJSON(to out: inout [UInt8]) -> Bool
    /// The type as `explain` names it: `string`, `[]Object`, `map[string]string` …
    static var typeName: String { get }
    /// The structure behind the value, through lists and maps; nil for plain values.
    static var structure: (any APIStruct.Type)? { get }
}

extension APIValue {
    public static var structure: (any APIStruct.Type)? { nil }
}

/// A structure of the API, described once: the list of its fields serves reading, writing,
/// strictness about unknown fields, and `explain`.
public protocol APIStruct: APIValue {
    init()
    /// The fields in the order in which they are written.
    static var fields: Fields<Self> { get }
    /// What the structure is, in one sentence.
    static var summary: String { get }
    /// Reads the members of `object` into this value; members that no field knows are problems.
    mutating func read(_ object: JSONObject, _ decoder: inout APIDecoder)
    /// The structure as JSON, without what is empty.
    var jsonObject: JSONObject { get }
    /// Appends the members of the structure as text, after a comma if others are before them.
    func writeMembers(to out: inout [UInt8], afterOthers: Bool)
}

/// One field of an API structure.
public struct Field<Root>: Sendable {
    let field: AnyField

    init(field: AnyField) { self.field = field }

    /// The name in JSON.
    public var name: String { field.name }
    /// What the field means, in one or two sentences.
    public var summary: String { field.summary }
    /// The type as `explain` names it.
    public var typeName: String { field.type.typeName }
    /// The width of its whole numbers: 32 or 64.
    public var bits: Int { field.bits }
    /// The structure behind the field, if any.
    public var structure: (any APIStruct.Type)? { field.type.structure }

    /// A field kept at `path`. With `always`, it is written even when empty. `bits` is the width of its whole numbers: 32 as
    /// nearly all of the API's, or 64.
    @inline(__always) public static func f<Value: APIValue>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, _ summary: String, always: Bool = false, bits: Int = 32
    ) -> Field { Field(name, path, summary, Value.self, .of(Value.self), always, bits) }

    /// A field whose JSON must be what `schema` reads, and that is kept in a plainer form: mostly as the JSON that was
    /// written.
    @inline(__always) static func f<Value: APIValue, Schema: APIValue>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, as schema: Schema.Type, _ summary: String
    ) -> Field { Field(name, path, summary, Schema.self, .of(Value.self, as: Schema.self), false, 32) }

    // Never specialized, so that a table is a list of calls and nothing is compiled for each pair of root and value.
    @inline(never) @_semantics("optimize.sil.specialize.generic.never") init<Value: APIValue>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, _ summary: String, _ type: any APIValue.Type, _ coder: ValueCoder,
        _ isAlways: Bool, _ bits: Int
    ) {
        field = AnyField(name, summary, type, coder, offset: MemoryLayout<Root>.offset(of: path), path: path, isAlways: isAlways, bits: bits)
    }

    /// A field of which the value is found and put by functions, as no one property keeps it; `get` returns nil if it is absent.
    public static func f<Value: APIValue>(
        _ name: String, _ summary: String, get: @escaping @Sendable (Root) -> Value?, set: @escaping @Sendable (inout Root, Value) -> Void
    ) -> Field {
        let coder = ValueCoder(
            decode: { root, json, decoder in
                if let value = Value.decode(json, &decoder) { set(&root.assumingMemoryBound(to: Root.self).pointee, value) }
            },
            encode: { get($0.assumingMemoryBound(to: Root.self).pointee).json },
            write: { get($0.assumingMemoryBound(to: Root.self).pointee).writeJSON(to: &$1) })
        return Field(field: AnyField(name, summary, Value.self, coder, offset: 0, path: nil))
    }

    /// The field of a structure that `Root` has at `path`.
    static func inner<Inner: APIStruct>(_ field: Field<Inner>, at path: WritableKeyPath<Root, Inner> & Sendable) -> Field {
        Field(field: AnyField(field.field, at: MemoryLayout<Root>.offset(of: path) ?? 0))
    }
}

/// The fields of an API structure, in the order in which they are written: made as an array of them is.
public struct Fields<Root>: ExpressibleByArrayLiteral, RandomAccessCollection, Sendable {
    let table: FieldTable

    @inline(never) @_semantics("optimize.sil.specialize.generic.never") public init(_ fields: [Field<Root>]) {
        table = FieldTable(fields.map(\.field))
    }
    public init(arrayLiteral fields: Field<Root>...) { self.init(fields) }

    public var startIndex: Int { 0 }
    public var endIndex: Int { table.fields.count }
    public subscript(index: Int) -> Field<Root> { Field(field: table.fields[index]) }

    public static func + (fields: Fields, others: [Field<Root>]) -> Fields { Fields(Array(fields) + others) }
}

/// What reading an object found wrong, with the place.
public struct DecodeProblem: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// The structure has no such field; `nearest` is the most similar one.
        case unknownField(nearest: String?)
        /// The value has another type than the field; or cannot be read as it.
        case wrongType(expected: String, found: String)
        /// The text cannot be read as the field's type, with the reason.
        case invalid(String)
    }
    /// The field, as `spec.containers[0].image`.
    public var path: String
    public var kind: Kind

    /// The problem in words, without the path.
    public var message: String {
        switch kind {
        case .unknownField(let nearest):
            "unknown field" + (nearest.map { " (nearest: \($0))" } ?? "")
        case .wrongType(let expected, let found): "must be \(expected), not \(found)"
        case .invalid(let why): why
        }
    }
}

/// Carries the path and collects problems while an object is read.
public struct APIDecoder {
    /// The place being read.
    public private(set) var path: [PathElement] = []
    /// All problems so far, in reading order.
    public private(set) var problems: [DecodeProblem] = []

    /// The width of the whole numbers of the field being read.
    var bits = 64

    public enum PathElement: Sendable, Equatable {
        case field(String)
        case index(Int)
        case key(String)
    }

    public init() {}

    /// Notes a problem at the current place, or at its member `field`.
    public mutating func note(_ kind: DecodeProblem.Kind, field: String? = nil) {
        problems.append(DecodeProblem(path: Self.text(path + (field.map { [.field($0)] } ?? [])), kind: kind))
    }
    /// Notes that the value has the wrong type.
    public mutating func expected(_ expected: String, _ found: JSONValue) {
        note(.wrongType(expected: expected, found: found.typeName))
    }
    /// Reads a whole number of `bits` bits; of as many as the field has, if that is nil. What is none is noted.
    mutating func integer(_ json: JSONValue, _ expected: String, bits: Int? = nil) -> Int? {
        let bits = bits ?? self.bits
        switch json {
        case .null: return 0
        case .int(let i) where bits == 64 || Int64(Int32.min)...Int64(Int32.max) ~= i: return Int(i)
        case .double(let d) where d == d.rounded() && abs(d) < (bits == 64 ? 0x1p63 : 0x1p31): return Int(d)
        case .int, .double:
            let range = bits == 64 ? "\(Int64.min) to \(Int64.max)" : "\(Int32.min) to \(Int32.max)"
            note(.wrongType(expected: "\(expected) from \(range) (int\(bits))", found: "number \(json.text())"))
        default: self.expected(expected, json)
        }
        return nil
    }
    /// Reads one level deeper until ``leave()``.
    mutating func enter(_ element: PathElement) { path.append(element) }
    mutating func leave() { path.removeLast() }
    /// Reads one level deeper.
    public mutating func at<T>(_ element: PathElement, _ body: (inout APIDecoder) -> T) -> T {
        path.append(element)
        defer { path.removeLast() }
        return body(&self)
    }

    /// A path as Kubernetes writes it: `spec.containers[0].env[2].name`, `metadata.labels[app]`.
    public static func text(_ path: [PathElement]) -> String {
        var out = ""
        for element in path {
            switch element {
            case .field(let name): out += out.isEmpty ? name : ".\(name)"
            case .index(let i): out += "[\(i)]"
            case .key(let key): out += "[\(key)]"
            }
        }
        return out
    }
}

extension APIStruct {
    public static var typeName: String { "Object" }
    public static var structure: (any APIStruct.Type)? { Self.self }

    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Self? {
        if json == .null { return Self() }
        guard let object = json.object else {
            decoder.expected("an object", json)
            return nil
        }
        var value = Self()
        value.read(object, &decoder)
        return value
    }

    public mutating func read(_ object: JSONObject, _ decoder: inout APIDecoder) {
        withUnsafeMutablePointer(to: &self) { Self.fields.table.read(object, into: UnsafeMutableRawPointer($0), &decoder) }
    }

    public var json: JSONValue? { .object(jsonObject) }

    public var jsonObject: JSONObject { withUnsafePointer(to: self) { Self.fields.table.json(UnsafeRawPointer($0)) } }

    public func writeMembers(to out: inout [UInt8], afterOthers: Bool) {
        withUnsafePointer(to: self) { Self.fields.table.write(UnsafeRawPointer($0), to: &out, afterOthers: afterOthers) }
    }
}

/// The name in `candidates` with the smallest edit distance to `word`, if it is close enough to be a slip.
public func nearest(_ word: String, among candidates: [String]) -> String? {
    func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let cost = min(row[j] + 1, row[j + 1] + 1, previous + (x == y ? 0 : 1))
                previous = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[b.count]
    }
    let lower = Array(word.lowercased().utf8)
    var best: (name: String, distance: Int)?
    // No more than that is a slip, and texts whose lengths differ by more are not compared: a word may be a pasted page.
    let most = max(1, word.count / 3)
    for candidate in candidates where abs(candidate.utf8.count - lower.count) <= most {
        let d = distance(lower, Array(candidate.lowercased().utf8))
        if d < best?.distance ?? Int.max { best = (candidate, d) }
    }
    guard let best, best.distance <= most else { return nil }
    return best.name
}
