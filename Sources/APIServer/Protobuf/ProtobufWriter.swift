// Writes protobuf: old clients take the OpenAPI document in no other form.

/// A message being written, field by field.
struct ProtobufWriter: Sendable {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
    private mutating func append(_ number: Int, _ content: some Collection<UInt8>) {
        varint(UInt64(number) << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }
    /// A text; also when it is empty.
    mutating func text(_ number: Int, _ value: String) { append(number, value.utf8) }
    /// A whole number, a truth value as 1 or 0.
    mutating func number(_ number: Int, _ value: Int64) {
        varint(UInt64(number) << 3)
        varint(UInt64(bitPattern: value))
    }
    /// A message that `content` writes.
    mutating func message(_ number: Int, _ content: (inout ProtobufWriter) -> Void) {
        var writer = ProtobufWriter()
        content(&writer)
        append(number, writer.bytes)
    }
}
