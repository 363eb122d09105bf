// Archives of `tar` in the ustar format, as far as files and folders go.

import Kubelets
import SimulationKit

/// An archive that is being made; ``entries(of:)`` reads one.
struct TarArchive: Sendable {
    struct Entry: Sendable, Equatable {
        var name: String
        var isFolder: Bool
        var mode: Int
        var bytes: [UInt8]
    }
    private var bytes: [UInt8] = []
    private static let block = 512

    mutating func add(_ name: String, _ node: ContainerFiles.Node) {
        let content = node.bytes ?? []
        var header = [UInt8](repeating: 0, count: Self.block)
        func put(_ text: String, _ at: Int, _ width: Int) { for (index, byte) in text.utf8.prefix(width).enumerated() { header[at + index] = byte } }
        func octal(_ value: Int, _ at: Int, _ width: Int) {
            let digits = String(value, radix: 8)
            put(String(repeating: "0", count: max(0, width - 1 - digits.count)) + digits, at, width - 1)
        }
        let full = node.isFolder && !name.hasSuffix("/") ? name + "/" : name
        // A long name is cut at a slash in two.
        var (head, tail) = ("", full)
        if full.utf8.count > 100, let slash = full.dropLast().lastIndex(of: "/") {
            (head, tail) = (String(full[..<slash]), String(full[full.index(after: slash)...]))
        }
        put(tail, 0, 100)
        octal(node.mode, 100, 8)
        octal(0, 108, 8)
        octal(0, 116, 8)
        octal(content.count, 124, 12)
        octal(CalendarDate.unixSeconds(node.time), 136, 12)
        put("        ", 148, 8)
        put(node.isFolder ? "5" : "0", 156, 1)
        put("ustar", 257, 6)
        put("00", 263, 2)
        put("root", 265, 32)
        put("root", 297, 32)
        put(head, 345, 155)
        let sum = header.reduce(0) { $0 + Int($1) }
        octal(sum, 148, 7)
        (header[154], header[155]) = (0, 32)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (Self.block - content.count % Self.block) % Self.block)
    }

    /// The archive with its end.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 2 * Self.block) }

    /// Whether the end of the archive is there.
    static func isComplete(_ bytes: [UInt8]) -> Bool {
        var at = 0
        while at + block <= bytes.count {
            if bytes[at..<(at + block)].allSatisfy({ $0 == 0 }) { return true }
            at += block + (size(bytes, at) + block - 1) / block * block
        }
        return false
    }
    private static func size(_ bytes: [UInt8], _ at: Int) -> Int { max(0, number(bytes[(at + 124)..<(at + 136)])) }
    private static func number(_ field: ArraySlice<UInt8>) -> Int { Int(text(field).trimming(" "), radix: 8) ?? 0 }
    private static func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: field.prefix { $0 != 0 }, as: UTF8.self) }

    /// The files and folders of an archive; nil if it is none. Links are left out.
    static func entries(of bytes: [UInt8]) -> [Entry]? {
        var (at, entries, longName) = (0, [Entry](), "")
        while at + block <= bytes.count, !bytes[at..<(at + block)].allSatisfy({ $0 == 0 }) {
            let size = size(bytes, at)
            guard bytes[(at + 257)..<(at + 262)].elementsEqual("ustar".utf8), size >= 0, at + block + size <= bytes.count else { return nil }
            let content = bytes[(at + block)..<(at + block + size)]
            let (name, prefix) = (text(bytes[at..<(at + 100)]), text(bytes[(at + 345)..<(at + 500)]))
            let full = longName.isEmpty ? (prefix.isEmpty ? name : "\(prefix)/\(name)") : longName
            switch bytes[at + 156] {
            case 48, 0: entries.append(Entry(name: full, isFolder: false, mode: number(bytes[(at + 100)..<(at + 108)]) & 0o777, bytes: Array(content)))
            case 53: entries.append(Entry(name: full, isFolder: true, mode: 0o755, bytes: []))
            case 76: longName = text(content)  // GNU's long name of the next one
            case 120: longName = paxPath(content)
            default: break
            }
            if ![76, 120].contains(bytes[at + 156]) { longName = "" }
            at += block + (size + block - 1) / block * block
        }
        return entries
    }
    /// The path among the records `25 path=…` of a pax header; empty if it has none.
    private static func paxPath(_ content: ArraySlice<UInt8>) -> String {
        for line in content.split(separator: 10) {
            let record = String(decoding: line, as: UTF8.self)
            if let range = record.firstRange(of: " path=") { return String(record[range.upperBound...]) }
        }
        return ""
    }
}

extension String {
    fileprivate func trimming(_ sign: Character) -> String { String(drop { $0 == sign }.reversed().drop { $0 == sign }.reversed()) }
}
