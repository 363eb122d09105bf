import KubernetesAPI
import SimulationKit

/// Writes YAML as `kubectl get -o yaml` prints it.
///
/// Keys stay in the given order; texts are quoted only where they would be read as something else; several
/// lines become a literal block; lists stand under their key without indentation; long texts are folded after
/// column 80.
///
/// Differs from Kubernetes: kubectl sorts the keys, here metadata comes before spec and spec before status.
/// - Source: `go.yaml.in/yaml/v2`, `emitterc.go`.
public enum ManifestWriter {
    /// The value as one YAML document, with a line break at its end.
    public static func yaml(_ value: JSONValue) -> String {
        var writer = YAMLWriter()
        writer.write(value, indent: 0, place: .root)
        return writer.text
    }
    /// Several documents, with `---` between them.
    public static func yaml(_ values: [JSONValue]) -> String { values.map(yaml).joined(separator: "---\n") }
}

private struct YAMLWriter {
    enum Place { case root, member, element }
    var text = ""

    /// Writes `value` and ends the line. What came before it ends in `key:` for a member, in `-` for an element.
    mutating func write(_ value: JSONValue, indent: Int, place: Place) {
        switch value {
        case .object(let object) where !object.members.isEmpty:
            if place == .member { text += "\n" }
            for (i, (key, member)) in object.members.enumerated() {
                if place == .element, i == 0 { text += " " } else { text += spaces(indent) }
                text += YAMLScalar(key, isKey: true).inline + ":"
                // A list stands in the column of its key, a mapping two further.
                if case .array(let elements) = member, !elements.isEmpty {
                    write(member, indent: indent, place: .member)
                } else {
                    write(member, indent: indent + 2, place: .member)
                }
            }
        case .array(let elements) where !elements.isEmpty:
            if place == .member { text += "\n" }
            for (i, element) in elements.enumerated() {
                if place == .element, i == 0 { text += " " } else { text += spaces(indent) }
                text += "-"
                write(element, indent: indent + 2, place: .element)
            }
        default:
            if place != .root { text += " " }
            scalar(value, indent: indent)
            text += "\n"
        }
    }

    private mutating func scalar(_ value: JSONValue, indent: Int) {
        switch value {
        case .object: text += "{}"
        case .array: text += "[]"
        case .string(let string):
            let column = text.unicodeScalars.reversed().prefix { $0 != "\n" }.count
            text += YAMLScalar(string, isKey: false).text(indent: max(indent, 2), column: column)
        default: text += value.text()
        }
    }
    private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}

/// A text and the ways in which YAML may write it.
private struct YAMLScalar {
    let string: String
    let isKey: Bool
    init(_ string: String, isKey: Bool) { (self.string, self.isKey) = (string, isKey) }

    enum Style { case plain, singleQuoted, doubleQuoted, literal }

    /// On one line, as keys are written.
    var inline: String {
        switch style {
        case .plain: string
        case .singleQuoted: "'" + string.replacing("'", with: "''") + "'"
        default: "\"" + string.unicodeScalars.map(Self.escaped).joined() + "\""
        }
    }

    /// The text as a value that starts at `column`; further lines are indented by `indent`.
    func text(indent: Int, column: Int) -> String {
        switch style {
        case .literal: literal(indent)
        case .plain: folded(string, indent, column)
        case .singleQuoted: "'" + folded(string.replacing("'", with: "''"), indent, column + 1) + "'"
        case .doubleQuoted: inline
        }
    }

    private var style: Style {
        // What would be read as another value, and the empty text, get double quotes, as upstream writes them.
        if ScalarResolution.resolve(string) != .string(string) || Self.isLikeADate(string)
            || Self.isBase60(string)
        {
            return .doubleQuoted
        }
        let scalars = Array(string.unicodeScalars)
        if scalars.contains(where: { !Self.isPrintable($0) }) { return .doubleQuoted }
        if scalars.contains("\n") {
            // A block cannot show spaces at the end of a line.
            let hidesSpaces = zip(scalars, scalars.dropFirst()).contains { $0 == " " && $1 == "\n" }
            let isBlock = !hidesSpaces && scalars.last != " " && scalars.first != "\n"
            return isKey || !isBlock ? .doubleQuoted : .literal
        }
        return isPlain(scalars) ? .plain : .singleQuoted
    }

    private func isPlain(_ scalars: [Unicode.Scalar]) -> Bool {
        guard let first = scalars.first, let last = scalars.last else { return false }
        if first == " " || last == " " || string == "---" || string == "..." { return false }
        if string.hasPrefix("---") || string.hasPrefix("...") { return false }
        switch first {
        case "#", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`": return false
        case "-", "?", ":": if scalars.count == 1 || scalars[1] == " " { return false }
        case "<": if string == "<<" { return false }
        default: break
        }
        if last == ":" { return false }
        for (a, b) in zip(scalars, scalars.dropFirst()) where (a == ":" && b == " ") || (a == " " && b == "#") {
            return false
        }
        return true
    }

    private func literal(_ indent: Int) -> String {
        let trailing = string.reversed().prefix { $0 == "\n" }.count
        let chomping = trailing == 0 ? "-" : trailing == 1 ? "" : "+"
        var lines = string.split(separator: "\n", omittingEmptySubsequences: false)
        if trailing > 0 { lines.removeLast() }
        let margin = String(repeating: " ", count: indent)
        // Spaces at the start would be taken for indentation, so the number of the real ones is stated.
        let hint = string.first == " " ? "2" : ""
        return "|\(hint)\(chomping)\n" + lines.map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
    }

    /// Breaks at single spaces beyond column 80; reading puts the spaces back.
    private func folded(_ string: String, _ indent: Int, _ start: Int) -> String {
        let scalars = Array(string.unicodeScalars)
        var out = String.UnicodeScalarView()
        var column = start
        for (i, scalar) in scalars.enumerated() {
            let isInner = i > 0 && i + 1 < scalars.count
            if scalar == " ", isInner, column > 80, scalars[i - 1] != " ", scalars[i + 1] != " " {
                out.append("\n")
                out.append(contentsOf: String(repeating: " ", count: indent).unicodeScalars)
                column = indent
            } else {
                out.append(scalar)
                column += 1
            }
        }
        return String(out)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0a, 0x20...0x7e, 0xa0...0xd7ff, 0xe000...0xfffd, 0x1_0000...0x10_ffff:
            // The byte-order mark and the further line breaks of Unicode would be read as such.
            return scalar.value != 0xfeff && scalar.value != 0x2028 && scalar.value != 0x2029
        default: return false
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        case "\0": return "\\0"
        case _ where isPrintable(scalar): return String(scalar)
        default:
            let hex = String(scalar.value, radix: 16, uppercase: true)
            let (letter, width) =
                scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x1_0000 ? ("u", 4) : ("U", 8)
            return "\\\(letter)" + String(repeating: "0", count: width - hex.count) + hex
        }
    }

    /// `2026-01-01` and `2026-01-01T00:00:00Z`: other readers take them for times.
    private static func isLikeADate(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 8, bytes.prefix(4).allSatisfy({ (48...57).contains($0) }), bytes[4] == 45 else {
            return false
        }
        if bytes.count == 10 { return bytes[7] == 45 && bytes[5...6].allSatisfy { (48...57).contains($0) } }
        return bytes.count > 10 && (bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "))
            && Instant(rfc3339: text.replacing(" ", with: "T")) != nil
    }

    /// `12:30:45`: YAML 1.1 counts in sixties.
    private static func isBase60(_ text: String) -> Bool {
        guard text.contains(":") else { return false }
        let unsigned = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        let parts = unsigned.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 1
            && parts.enumerated().allSatisfy { i, part in
                !part.isEmpty
                    && part.utf8.allSatisfy { (48...57).contains($0) || (i == parts.count - 1 && $0 == 46) }
                    && (i == 0 || Int(part.prefix { $0 != "." }).map { $0 < 60 } ?? false)
            }
    }
}
