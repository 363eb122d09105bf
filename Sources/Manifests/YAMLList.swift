// Cuts a large List in YAML into its items, so that it is not read all at once.

import Foundation

/// A List in block style, as `kubectl get -o yaml` prints it: `items:` on a line of its own, and each item behind a dash.
///
/// ```yaml
/// apiVersion: v1
/// items:
/// - apiVersion: v1
///   kind: Pod
/// kind: List
/// ```
/// A line that is indented as the dashes are, or less, is in no item: YAML lets no text of an item go on there.
struct YAMLList {
    /// Everything but the items.
    var head: DocumentSplitter.Chunk
    /// Where the items are in the bytes of the text, with the number of the first line.
    var items: [(place: Range<Int>, line: Int)] = []

    /// Less is read at once: nobody waits for it.
    static let leastBytes = 1 << 20

    /// - Parameter passed: told now and then how many bytes were looked at.
    /// - Returns: nil if it is something else, or if items may refer to one another.
    init?(_ chunk: DocumentSplitter.Chunk, passed: (Int) -> Void) {
        head = DocumentSplitter.Chunk(text: "", line: chunk.line)
        let isList = chunk.text.utf8.withContiguousStorageIfAvailable { look($0, chunk.line, passed) }
        guard isList == true else { return nil }
    }

    private mutating func look(_ bytes: UnsafeBufferPointer<UInt8>, _ firstLine: Int, _ passed: (Int) -> Void) -> Bool {
        if Self.mayHaveAliases(bytes) { return false }
        var outside = ""
        var (at, line, told) = (0, firstLine, 0)
        var (isInside, wasInside) = (false, false)
        var indent: Int?
        while at < bytes.count {
            let end = Self.place(of: 10, in: bytes, from: at) ?? bytes.count
            let next = min(end + 1, bytes.count)
            let spaces = bytes[at..<end].prefix { $0 == 32 }.count
            let text = bytes[(at + spaces)..<end]
            let isEmpty = text.first.map { $0 == 13 || $0 == 35 } ?? true
            if isInside, isEmpty || spaces > indent ?? .max {
                // It goes on with the item, or stands between two.
            } else if isInside, spaces == indent ?? spaces, Self.isDash(text) {
                indent = spaces
                close(at)
                items.append((at..<at, line))
            } else {
                if isInside { close(at) }
                // Only what is not indented can come behind the items.
                if isInside, spaces > 0 { return false }
                isInside = false
                outside += String(decoding: bytes[at..<next], as: UTF8.self)
                if spaces == 0, Self.isItems(text) {
                    if wasInside { return false }
                    (isInside, wasInside) = (true, true)
                }
            }
            (at, line) = (next, line + 1)
            if at - told >= 1 << 20 {
                told = at
                passed(at)
            }
        }
        if isInside { close(at) }
        head.text = outside[...]
        return !items.isEmpty
    }

    /// The last item ends before `end`.
    private mutating func close(_ end: Int) {
        guard let last = items.indices.last else { return }
        items[last].place = items[last].place.lowerBound..<end
    }

    private static func isDash(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard text.first == UInt8(ascii: "-") else { return false }
        return text.dropFirst().first.map { $0 == 32 || $0 == 13 } ?? true
    }
    private static func isItems(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        text.starts(with: Array("items:".utf8)) && text.dropFirst(6).allSatisfy { $0 == 32 || $0 == 13 }
    }

    /// Whether something looks like an anchor: `- &name`, `key: &name`.
    private static func mayHaveAliases(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        while let place = place(of: 38, in: bytes, from: at) {
            at = place + 1
            guard place >= 2, at < bytes.count, bytes[place - 1] == 32, [45, 58].contains(bytes[place - 2]) else { continue }
            if (48...57).contains(bytes[at]) || (65...90).contains(bytes[at] & 0xdf) { return true }
        }
        return false
    }

    private static func place(of byte: Int32, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count, let found = memchr(base + start, byte, bytes.count - start) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// An item as a document of its own: the dash makes place for a space, all else stays where it is.
    func chunk(_ index: Int, of chunk: DocumentSplitter.Chunk) -> DocumentSplitter.Chunk {
        let item = items[index]
        let text = chunk.text.utf8.withContiguousStorageIfAvailable { bytes in
            var own = Array(bytes[item.place])
            if let dash = own.firstIndex(of: UInt8(ascii: "-")) { own[dash] = 32 }
            return String(decoding: own, as: UTF8.self)
        }
        return DocumentSplitter.Chunk(text: (text ?? "")[...], line: item.line)
    }
}
