// Bodies of requests in protobuf: typed clients of Kubernetes send no other form, and do not fall back when it is refused.

import KubernetesAPI
import SimulationKit

/// Why bytes are not read as protobuf.
public struct ProtobufError: Error, Equatable, Sendable {
    public var message: String
}

/// Reads `application/vnd.kubernetes.protobuf`: four bytes, then the message `Unknown` around the object's own.
public enum ProtobufBody {
    static let magic: [UInt8] = [0x6b, 0x38, 0x73, 0]
    /// Messages within messages.
    static let depthLimit = 64
    /// Values in one body. A body of 3 MiB can name more than a million that are empty.
    static let valuesLimit = 500_000

    /// The object in `body` as JSON, with apiVersion and kind in front.
    ///
    /// What Go leaves out when it is empty is left out.
    /// - Throws: if the bytes are cut off, are no protobuf, say a kind that is not known, or nest too deep.
    public static func json(_ body: [UInt8]) throws(ProtobufError) -> JSONValue {
        guard body.starts(with: magic) else { throw ProtobufError(message: "provided data does not appear to be a protobuf message, expected prefix k8s") }
        var reader = ProtobufReader(bytes: body)
        let envelope = try reader.fields(magic.count..<body.count)
        let type = try reader.fields(reader.lastBytes(envelope, 1) ?? 0..<0)
        let apiVersion = try reader.lastBytes(type, 1).map { reader.text($0) } ?? ""
        let kind = try reader.lastBytes(type, 2).map { reader.text($0) } ?? ""
        let raw = try reader.lastBytes(envelope, 2) ?? 0..<0
        if let encoding = try reader.lastBytes(envelope, 3), !encoding.isEmpty { throw ProtobufError(message: "unsupported content encoding") }
        var object: JSONObject = ["apiVersion": .string(apiVersion), "kind": .string(kind)]
        if let content = try reader.lastBytes(envelope, 4), reader.text(content) == "application/json" {
            return try reader.json(raw)
        }
        guard let message = ProtobufMessage.ofKind[kind == "DeleteOptions" ? kind : "\(apiVersion) \(kind)"] else {
            throw ProtobufError(message: "no kind \"\(kind)\" is registered for version \"\(apiVersion)\"")
        }
        object.members += try reader.message(message, [raw], depth: 0).members
        return .object(object)
    }
}

/// What the message of a type consists of.
struct ProtobufMessage: Sendable {
    struct Field: Sendable {
        enum Shape: Sendable { case one, optional, list, map }
        enum Content: Sendable {
            case text, bool, int, double, bytes, time, microTime, duration, quantity, intOrString, json, texts
            /// A message, by its place in ``ProtobufMessage/all``.
            case message(Int)
        }
        var number: Int
        var name: String
        var shape: Shape
        var content: Content
        /// The members stand in the message around it.
        var isInline: Bool { name == "&" }
    }
    var fields: [Field] = []
    /// The place of the field of a number.
    var byNumber: [Int: Int] = [:]

    /// By `apiVersion kind`, and `DeleteOptions`, which has any version.
    static let ofKind: [String: ProtobufMessage] = {
        var kinds = ["DeleteOptions": index["DeleteOptions"].map { all[$0] } ?? ProtobufMessage()]
        for line in ProtobufTable.kinds.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 1, let last = words.last, let place = index[last] else { continue }
            kinds["\(words[0]) \(words[1])"] = all[place]
        }
        return kinds
    }()

    /// The lines of the table, those that go on put together.
    private static let lines: [[Substring]] = {
        var lines: [[Substring]] = []
        for line in ProtobufTable.messages.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix(" "), !lines.isEmpty { lines[lines.count - 1] += words } else { lines.append(words) }
        }
        return lines
    }()
    private static let index = Dictionary(uniqueKeysWithValues: lines.enumerated().map { (String($1[0]), $0) })
    static let all: [ProtobufMessage] = lines.map { words in
        var message = ProtobufMessage()
        for word in words.dropFirst() {
            let parts = word.split(separator: ":", maxSplits: 2)
            guard parts.count == 3, let number = Int(parts[0]) else { continue }
            var type = parts[2]
            var shape = Field.Shape.one
            for (prefix, meant) in [("*", Field.Shape.optional), ("[]", .list), ("{}", .map)] where type.hasPrefix(prefix) {
                type = type.dropFirst(prefix.count)
                shape = meant
            }
            message.byNumber[number] = message.fields.count
            message.fields.append(Field(number: number, name: String(parts[1]), shape: shape, content: content(type)))
        }
        return message
    }

    private static func content(_ type: Substring) -> Field.Content {
        switch type {
        case "s": .text
        case "b": .bool
        case "i": .int
        case "d": .double
        case "B": .bytes
        case "T": .time
        case "M": .microTime
        case "D": .duration
        case "Q": .quantity
        case "I": .intOrString
        case "R": .json
        case "X": .texts
        default: index[String(type)].map { .message($0) } ?? .json
        }
    }
}

/// Reads messages of which the table knows the fields. Nothing in the bytes is trusted: lengths stay inside the message around.
struct ProtobufReader {
    enum Payload {
        case number(UInt64)
        case bytes(Range<Int>)
    }
    typealias WireField = (number: Int, payload: Payload)
    typealias Field = ProtobufMessage.Field

    let bytes: [UInt8]
    private var values = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    // MARK: The wire

    static let cutOff = ProtobufError(message: "unexpected EOF")

    private func varint(_ at: inout Int, _ end: Int) throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard at < end else { throw Self.cutOff }
            let byte = bytes[at]
            at += 1
            // Bits beyond 64 are lost, as in Go.
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw ProtobufError(message: "proto: integer overflow")
    }

    private func fixed(_ size: Int, _ at: inout Int, _ end: Int) throws(ProtobufError) -> UInt64 {
        guard end - at >= size else { throw Self.cutOff }
        var value: UInt64 = 0
        for i in 0..<size { value |= UInt64(bytes[at + i]) << UInt64(8 * i) }
        at += size
        return value
    }

    /// The fields of the message at `range`, in their order.
    func fields(_ range: Range<Int>) throws(ProtobufError) -> [WireField] {
        var fields: [WireField] = []
        var at = range.lowerBound
        while at < range.upperBound {
            let tag = try varint(&at, range.upperBound)
            let number = tag >> 3
            guard 1...0x1fff_ffff ~= number else { throw ProtobufError(message: "proto: illegal tag \(number)") }
            switch tag & 7 {
            case 0: fields.append((Int(number), .number(try varint(&at, range.upperBound))))
            case 1: fields.append((Int(number), .number(try fixed(8, &at, range.upperBound))))
            case 2:
                let length = try varint(&at, range.upperBound)
                guard length <= UInt64(range.upperBound - at) else { throw Self.cutOff }
                fields.append((Int(number), .bytes(at..<at + Int(length))))
                at += Int(length)
            case 5: fields.append((Int(number), .number(try fixed(4, &at, range.upperBound))))
            default: throw ProtobufError(message: "proto: illegal wireType \(tag & 7)")
            }
        }
        return fields
    }

    private func range(_ payload: Payload, _ number: Int) throws(ProtobufError) -> Range<Int> {
        guard case .bytes(let range) = payload else { throw ProtobufError(message: "proto: wrong wireType for field \(number)") }
        return range
    }
    private func number(_ payload: Payload, _ number: Int) throws(ProtobufError) -> UInt64 {
        guard case .number(let value) = payload else { throw ProtobufError(message: "proto: wrong wireType for field \(number)") }
        return value
    }
    /// The content of the last field of this number.
    func lastBytes(_ fields: [WireField], _ number: Int) throws(ProtobufError) -> Range<Int>? {
        guard let field = fields.last(where: { $0.number == number }) else { return nil }
        return try range(field.payload, number)
    }
    private func lastNumber(_ fields: [WireField], _ number: Int) throws(ProtobufError) -> Int64 {
        guard let field = fields.last(where: { $0.number == number }) else { return 0 }
        return Int64(bitPattern: try self.number(field.payload, number))
    }
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The JSON that stands in a message.
    func json(_ range: Range<Int>) throws(ProtobufError) -> JSONValue {
        do throws(JSONParser.Problem) { return try JSONParser.read(Array(bytes[range])).value } catch {
            throw ProtobufError(message: "the JSON in the message cannot be read: \(error.text)")
        }
    }

    // MARK: Messages

    /// The message of which the parts stand at `ranges`: a message that is there twice is merged.
    mutating func message(_ type: ProtobufMessage, _ ranges: [Range<Int>], depth: Int) throws(ProtobufError) -> JSONObject {
        guard depth < ProtobufBody.depthLimit else { throw ProtobufError(message: "the message is nested too deep") }
        var found: [[Payload]] = Array(repeating: [], count: type.fields.count)
        for range in ranges {
            for field in try fields(range) {
                if let place = type.byNumber[field.number] { found[place].append(field.payload) }
            }
        }
        var object = JSONObject()
        for (field, payloads) in zip(type.fields, found) where !payloads.isEmpty {
            guard let json = try value(field, payloads, depth) else { continue }
            values += 1
            if values > ProtobufBody.valuesLimit { throw ProtobufError(message: "the message has too many values") }
            if field.isInline { object.members += json.object?.members ?? [] } else { object.members.append((field.name, json)) }
        }
        return object
    }

    /// The value of a field; nil if it is empty and no pointer.
    private mutating func value(_ field: Field, _ payloads: [Payload], _ depth: Int) throws(ProtobufError) -> JSONValue? {
        switch field.shape {
        case .one, .optional:
            if case .message(let type) = field.content {
                var ranges: [Range<Int>] = []
                for payload in payloads { ranges.append(try range(payload, field.number)) }
                let object = try message(ProtobufMessage.all[type], ranges, depth: depth + 1)
                return object.members.isEmpty && field.shape == .one ? nil : .object(object)
            }
            let json = try scalar(field, payloads[payloads.count - 1], depth)
            return field.shape == .one && Self.isEmpty(json) ? nil : json
        case .list:
            var elements: [JSONValue] = []
            for payload in payloads {
                if case .bytes(let packed) = payload, case .int = field.content {
                    var at = packed.lowerBound
                    while at < packed.upperBound { elements.append(.int(Int64(bitPattern: try varint(&at, packed.upperBound)))) }
                } else {
                    elements.append(try scalar(field, payload, depth))
                }
                values += 1
                if values + elements.count > ProtobufBody.valuesLimit { throw ProtobufError(message: "the message has too many values") }
            }
            return .array(elements)
        case .map: return try map(field, payloads, depth)
        }
    }

    private mutating func map(_ field: Field, _ payloads: [Payload], _ depth: Int) throws(ProtobufError) -> JSONValue {
        var entries: [String: JSONValue] = [:]
        for payload in payloads {
            let entry = try fields(try range(payload, field.number))
            let key = try lastBytes(entry, 1).map { text($0) } ?? ""
            let content = entry.last { $0.number == 2 }?.payload
            values += 1
            if values > ProtobufBody.valuesLimit { throw ProtobufError(message: "the message has too many values") }
            entries[key] = if let content { try scalar(field, content, depth) } else { "" }
        }
        var object = JSONObject()
        object.members = entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return .object(object)
    }

    private static func isEmpty(_ json: JSONValue) -> Bool {
        switch json {
        case .null, .bool(false), .int(0), .string(""): true
        case .double(let d): d == 0
        default: false
        }
    }

    /// One value; null for the zero time.
    private mutating func scalar(_ field: Field, _ payload: Payload, _ depth: Int) throws(ProtobufError) -> JSONValue {
        let number = field.number
        switch field.content {
        case .bool: return .bool(try self.number(payload, number) != 0)
        case .int: return .int(Int64(bitPattern: try self.number(payload, number)))
        case .double: return .double(Double(bitPattern: try self.number(payload, number)))
        case .text: return .string(text(try range(payload, number)))
        case .bytes: return .string(Base64.encode(bytes[try range(payload, number)]))
        case .message(let type): return .object(try message(ProtobufMessage.all[type], [try range(payload, number)], depth: depth + 1))
        default: break
        }
        let inner = try fields(try range(payload, number))
        switch field.content {
        case .quantity: return .string(try lastBytes(inner, 1).map { text($0) } ?? "0")
        case .intOrString:
            if try lastNumber(inner, 1) == 0 { return .int(Int64(Int32(truncatingIfNeeded: try lastNumber(inner, 2)))) }
            return .string(try lastBytes(inner, 3).map { text($0) } ?? "")
        case .duration: return .string(Duration(nanoseconds: try lastNumber(inner, 1)).description)
        case .texts:
            var texts: [JSONValue] = []
            for field in inner where field.number == 1 { texts.append(.string(text(try range(field.payload, 1)))) }
            return .array(texts)
        case .json:
            guard let raw = try lastBytes(inner, 1), !raw.isEmpty else { return .null }
            return try json(raw)
        default:
            let (seconds, nanos) = (try lastNumber(inner, 1), try lastNumber(inner, 2))
            return time(seconds, nanos, micro: { if case .microTime = field.content { true } else { false } }())
        }
    }

    private func time(_ seconds: Int64, _ nanos: Int64, micro: Bool) -> JSONValue {
        if seconds == 0, nanos == 0 { return .null }
        // Out of the range of moments stands at its ends.
        let moment = Instant(unixSeconds: seconds)
        guard micro else { return .string(moment.rfc3339) }
        let fraction = String(1_000_000 + max(0, min(nanos, 999_999_999)) / 1000).dropFirst()
        return .string(moment.rfc3339.dropLast() + ".\(fraction)Z")
    }
}
