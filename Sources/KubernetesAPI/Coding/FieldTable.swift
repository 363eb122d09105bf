// Fields without their types: what reading and writing an object goes through, the same code for all structures.
//
// A field is known by where it is in the structure and by what reads and writes values of its type. So a structure costs the compiler
// hardly more than its list of fields, and a type of value its three functions once, in however many structures it is.

/// How a value of one type is read, and written, where it is in memory.
final class ValueCoder: Sendable {
    /// Puts what the JSON says in place of the value, unless it is no such value, which is noted.
    let decode: @Sendable (UnsafeMutableRawPointer, JSONValue, inout APIDecoder) -> Void
    /// ``APIValue/json``
    let encode: @Sendable (UnsafeRawPointer) -> JSONValue?
    /// ``APIValue/writeJSON(to:)``
    let write: @Sendable (UnsafeRawPointer, inout [UInt8]) -> Bool

    init(
        decode: @escaping @Sendable (UnsafeMutableRawPointer, JSONValue, inout APIDecoder) -> Void,
        encode: @escaping @Sendable (UnsafeRawPointer) -> JSONValue?, write: @escaping @Sendable (UnsafeRawPointer, inout [UInt8]) -> Bool
    ) { (self.decode, self.encode, self.write) = (decode, encode, write) }

    // Not inlined, so that it is made once for a type, not once for a field.
    @inline(never) static func of<Value: APIValue>(_ type: Value.Type) -> ValueCoder {
        ValueCoder(
            decode: { place, json, decoder in
                if let value = Value.decode(json, &decoder) { place.assumingMemoryBound(to: Value.self).pointee = value }
            },
            encode: { $0.assumingMemoryBound(to: Value.self).pointee.json },
            write: { $0.assumingMemoryBound(to: Value.self).pointee.writeJSON(to: &$1) })
    }

    /// Of a value whose JSON must be what `schema` reads.
    @inline(never) static func of<Value: APIValue, Schema: APIValue>(_ type: Value.Type, as schema: Schema.Type) -> ValueCoder {
        let plain = of(type)
        return ValueCoder(
            decode: { place, json, decoder in
                var silent = APIDecoder()
                if Schema.decode(json, &decoder) != nil { plain.decode(place, json, &silent) }
            },
            encode: plain.encode, write: plain.write)
    }
}

/// A way to a property that has no place of its own in memory: one that is computed or watched.
private protocol PropertyPath {
    func change(_ root: UnsafeMutableRawPointer, _ body: (UnsafeMutableRawPointer) -> Void)
    func look<Result>(_ root: UnsafeRawPointer, _ body: (UnsafeRawPointer) -> Result) -> Result
}

extension WritableKeyPath: PropertyPath {
    fileprivate func change(_ root: UnsafeMutableRawPointer, _ body: (UnsafeMutableRawPointer) -> Void) {
        withUnsafeMutablePointer(to: &root.assumingMemoryBound(to: Root.self).pointee[keyPath: self]) { body(UnsafeMutableRawPointer($0)) }
    }
    fileprivate func look<Result>(_ root: UnsafeRawPointer, _ body: (UnsafeRawPointer) -> Result) -> Result {
        withUnsafePointer(to: root.assumingMemoryBound(to: Root.self).pointee[keyPath: self]) { body(UnsafeRawPointer($0)) }
    }
}

/// What a ``Field`` is, whatever it is a field of.
final class AnyField: @unchecked Sendable {  // all that is in it stays as it is; key paths are made of literals
    let name: String
    let summary: String
    let type: any APIValue.Type
    private let coder: ValueCoder
    /// Where the value is in the structure; with ``path``, where what the path begins at is.
    private let offset: Int
    private let path: (any PropertyPath)?
    private let isAlways: Bool
    let bits: Int
    /// `"name":`
    let key: [UInt8]

    /// - Parameters:
    ///   - type: as `explain` tells it.
    ///   - offset: where the value is in the structure; nil if it has no place there and `path` is the way to it.
    init(
        _ name: String, _ summary: String, _ type: any APIValue.Type, _ coder: ValueCoder, offset: Int?, path: AnyKeyPath?, isAlways: Bool = false,
        bits: Int = 32
    ) {
        (self.name, self.summary, self.type, self.coder) = (name, summary, type, coder)
        self.offset = offset ?? 0
        self.path = offset == nil ? path as? any PropertyPath : nil
        (self.isAlways, self.bits) = (isAlways, bits)
        key = Array("\"\(name)\":".utf8)
    }

    /// The field of a structure that has `inner`'s structure at `offset`.
    init(_ inner: AnyField, at offset: Int) {
        (name, summary, type, coder, path) = (inner.name, inner.summary, inner.type, inner.coder, inner.path)
        self.offset = inner.offset + offset
        (isAlways, bits, key) = (inner.isAlways, inner.bits, inner.key)
    }

    /// Reads the field of the structure at `root`.
    func decode(_ root: UnsafeMutableRawPointer, _ json: JSONValue, _ decoder: inout APIDecoder) {
        decoder.bits = bits
        guard let path else { return coder.decode(root + offset, json, &decoder) }
        path.change(root + offset) { coder.decode($0, json, &decoder) }
    }

    /// The field of the structure at `root` as JSON; nil if it is left out.
    func encode(_ root: UnsafeRawPointer) -> JSONValue? {
        let json = path.map { $0.look(root + offset, coder.encode) } ?? coder.encode(root + offset)
        return json ?? (isAlways ? emptyValue : nil)
    }

    /// Appends the field of the structure at `root`; false if it is left out.
    func write(_ root: UnsafeRawPointer, to out: inout [UInt8]) -> Bool {
        let isWritten = if let path { path.look(root + offset) { coder.write($0, &out) } } else { coder.write(root + offset, &out) }
        if isWritten { return true }
        guard isAlways else { return false }
        emptyValue.write(to: &out)
        return true
    }

    private var emptyValue: JSONValue {
        let name = type.typeName
        if name.hasPrefix("[]") { return [] }
        switch name {
        case "string": return ""
        case "integer": return 0
        case "boolean": return false
        default: return [:]
        }
    }
}

/// The fields of a structure, found by name.
final class FieldTable: Sendable {
    let fields: [AnyField]
    /// Places in `fields` by name, and in the order of the names, in which kubectl prints them.
    private let places: [String: Int]
    private let sorted: [Int]

    init(_ fields: [AnyField]) {
        self.fields = fields
        places = Dictionary(fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        sorted = fields.indices.sorted { fields[$0].name < fields[$1].name }
    }

    /// Reads the members of `object` into the structure at `root`; members that no field knows are problems.
    func read(_ object: JSONObject, into root: UnsafeMutableRawPointer, _ decoder: inout APIDecoder) {
        var next = 0
        for (name, json) in object.members {
            guard let field = field(name, &next) else {
                decoder.note(.unknownField(nearest: nearest(name, among: fields.map(\.name))), field: name)
                continue
            }
            if case .null = json { continue }
            decoder.enter(.field(field.name))
            field.decode(root, json, &decoder)
            decoder.leave()
        }
    }

    /// - Parameter next: where to look first, in the order of names; mostly they come in it.
    private func field(_ name: String, _ next: inout Int) -> AnyField? {
        for place in next..<min(next + 4, sorted.count) where fields[sorted[place]].name == name {
            next = place + 1
            return fields[sorted[place]]
        }
        guard let place = places[name] else { return nil }
        next = (sorted.firstIndex(of: place) ?? 0) + 1
        return fields[place]
    }

    /// The structure at `root` as JSON, without what is empty.
    func json(_ root: UnsafeRawPointer) -> JSONObject {
        var object = JSONObject()
        for field in fields {
            if let value = field.encode(root) { object.members.append((field.name, value)) }
        }
        return object
    }

    /// Appends the members that are not left out, with commas between them; after a comma if there is one before.
    func write(_ root: UnsafeRawPointer, to out: inout [UInt8], afterOthers: Bool) {
        var needsComma = afterOthers
        for field in fields {
            let mark = out.count
            if needsComma { out.append(0x2c) }
            out.append(contentsOf: field.key)
            if field.write(root, to: &out) { needsComma = true } else { out.removeLast(out.count - mark) }
        }
    }
}
