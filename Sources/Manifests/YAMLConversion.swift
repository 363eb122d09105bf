import Foundation
import KubernetesAPI
import Yams

/// Reads one YAML document into JSON with the line of everything.
struct YAMLConversion {
    let file: String
    /// Added to the lines that the parser counts.
    let lineOffset: Int
    /// How many values may come yet: aliases of aliases multiply.
    private var budget: Int

    /// Nesting beyond this is refused; real manifests stay below 60.
    static let depthLimit = 200

    /// Reads `chunk` of `file`.
    /// - Throws: what is wrong with it, with its place.
    static func read(_ chunk: DocumentSplitter.Chunk, file: String) throws(ManifestProblem)
        -> (json: JSONValue, positions: PositionTree)?
    {
        if nestingBound(chunk.text) > depthLimit {
            throw ManifestProblem(
                file: file, line: chunk.line, message: "nested more than \(depthLimit) levels deep")
        }
        if let name = aliasAsKey(chunk.text) {
            throw ManifestProblem(file: file, line: chunk.line, message: "the alias *\(name) cannot be a key")
        }
        // Two YAML escapes cannot make one character; in JSON they do.
        let isJSON = chunk.text.first { !$0.isWhitespace } == "{"
        let text = isJSON ? joiningSurrogates(String(chunk.text)) : String(chunk.text)
        var conversion = YAMLConversion(
            file: file, lineOffset: chunk.line - 1, budget: 250_000 + chunk.text.utf8.count)
        let root: Yams.Node?
        do {
            // The basic resolver knows no rules: scalars are resolved here, as kubectl does.
            root = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch let error as YamlError {
            throw conversion.problem(error, in: text)
        } catch {
            throw ManifestProblem(file: file, line: chunk.line, message: "\(error)")
        }
        guard let root else { return nil }
        let (json, positions) = try conversion.value(root)
        return json == .null ? nil : (json, positions)
    }

    private init(file: String, lineOffset: Int, budget: Int) {
        (self.file, self.lineOffset, self.budget) = (file, lineOffset, budget)
    }

    private func line(_ node: Yams.Node) -> Int { (node.mark?.line ?? 1) + lineOffset }

    private mutating func value(_ node: Yams.Node) throws(ManifestProblem) -> (JSONValue, PositionTree) {
        budget -= 1
        if budget < 0 {
            throw ManifestProblem(file: file, line: line(node), message: "aliases expand to too many values")
        }
        var tree = PositionTree(line: Int32(clamping: line(node)))
        switch node {
        case .scalar(let scalar):
            return (try self.scalar(scalar, node), tree)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            elements.reserveCapacity(sequence.count)
            for element in sequence {
                let (json, position) = try value(element)
                elements.append(json)
                tree.children.append(position)
            }
            return (.array(elements), tree)
        case .mapping(let mapping):
            let object = try object(mapping, &tree)
            return (.object(object), tree)
        case .alias:
            throw ManifestProblem(file: file, line: line(node), message: "unknown alias")
        }
    }

    private mutating func object(_ mapping: Yams.Node.Mapping, _ tree: inout PositionTree)
        throws(ManifestProblem)
        -> JSONObject
    {
        var object = JSONObject()
        var merges: [Yams.Node] = []
        for (keyNode, node) in mapping {
            guard case .scalar(let scalar) = keyNode else {
                throw ManifestProblem(file: file, line: line(keyNode), message: "a key must be a text")
            }
            if scalar.string == "<<", scalar.style == .plain {
                if case .sequence(let several) = node { merges += several } else { merges.append(node) }
                continue
            }
            let key = try keyText(scalar, keyNode)
            var (json, position) = try value(node)
            // The key's line: a value may begin on a later one.
            position.line = Int32(clamping: line(keyNode))
            if object[key] != nil {
                // Different texts of one key, such as 1 and "1"; equal ones the parser finds.
                throw ManifestProblem(
                    file: file, line: line(keyNode), message: "key \"\(key)\" is there twice")
            }
            object.members.append((key, json))
            json = .null
            tree.children.append(position)
        }
        // Keys of the mapping itself win over merged ones, earlier merged mappings over later ones.
        for node in merges {
            guard case .mapping(let source) = node else {
                throw ManifestProblem(file: file, line: line(node), message: "<< must merge a mapping")
            }
            var sourceTree = PositionTree(line: 0)
            let merged = try self.object(source, &sourceTree)
            for (index, member) in merged.members.enumerated() where object[member.key] == nil {
                object.members.append(member)
                tree.children.append(sourceTree.children[index])
            }
        }
        return object
    }

    private func keyText(_ scalar: Yams.Node.Scalar, _ node: Yams.Node) throws(ManifestProblem) -> String {
        // By now the parser has marked plain keys as texts; their style tells that they are not.
        let value =
            scalar.style == .plain ? ScalarResolution.resolve(scalar.string) : try self.scalar(scalar, node)
        switch value {
        case .string(let text): return text
        case .null: return "null"
        case let other: return other.text()
        }
    }

    private func scalar(_ scalar: Yams.Node.Scalar, _ node: Yams.Node) throws(ManifestProblem) -> JSONValue {
        let text = scalar.string
        switch scalar.tag.rawValue {
        case Tag.Name.implicit.rawValue: return ScalarResolution.resolve(text)
        case Tag.Name.int.rawValue, Tag.Name.float.rawValue:
            guard let number = ScalarResolution.number(text) else {
                throw ManifestProblem(file: file, line: line(node), message: "\"\(text)\" is no number")
            }
            return number
        case Tag.Name.bool.rawValue, Tag.Name.null.rawValue: return ScalarResolution.resolve(text)
        case Tag.Name.binary.rawValue:
            guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters),
                let decoded = String(data: data, encoding: .utf8)
            else {
                throw ManifestProblem(
                    file: file, line: line(node), message: "!!binary value contains invalid base64 data")
            }
            return .string(decoded)
        default: return .string(text)
        }
    }

    /// Puts the parser's error into words.
    private func problem(_ error: YamlError, in text: String) -> ManifestProblem {
        func make(_ context: YamlError.Context?, _ problem: String, _ mark: Mark) -> ManifestProblem {
            var message = "YAML syntax: \(problem)"
            if let context, !context.text.isEmpty {
                message += " \(context.text)"
                if context.mark.line != mark.line {
                    message += " that began on line \(context.mark.line + lineOffset)"
                }
            }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            if problem.contains("cannot start any token"), mark.line <= lines.count,
                lines[mark.line - 1].prefix(while: \.isWhitespace).contains("\t")
            {
                message = "YAML syntax: a tab cannot indent; use spaces"
            }
            return ManifestProblem(
                file: file, line: mark.line + lineOffset, column: mark.column, message: message)
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return make(context, problem, mark)
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            return ManifestProblem(
                file: file, line: 1 + lineOffset + before.count { $0.isNewline },
                message: "YAML syntax: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let key = duplicates.first ?? ""
            let first = context.mark.line
            let second = Self.secondLine(of: key, at: context.mark, in: text)
            let message =
                second.map { _ in "key \"\(key)\" is there twice, first on line \(first + lineOffset)" }
                ?? "key \"\(key)\" is there twice"
            return ManifestProblem(file: file, line: (second ?? first) + lineOffset, message: message)
        default:
            return ManifestProblem(file: file, line: lineOffset + 1, message: "YAML syntax: \(error)")
        }
    }

    /// The line of the next key with the same text in the same column, if the mapping is in block style.
    private static func secondLine(of key: String, at mark: Mark, in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for number in mark.line..<max(mark.line, lines.count) {
            let line = lines[number]
            let trimmed = line.drop { $0 == " " }
            if trimmed.isEmpty || trimmed.first == "#" { continue }
            let column = line.count - trimmed.count + 1
            if column < mark.column { return nil }
            let unquoted = trimmed.first == "\"" || trimmed.first == "'" ? trimmed.dropFirst() : trimmed
            if column == mark.column, unquoted.hasPrefix(key),
                unquoted.dropFirst(key.count).first.map({ ":\"' ".contains($0) }) ?? false
            {
                return number + 1
            }
        }
        return nil
    }

    /// The name of an alias that is used as a key: the parser would compare keys by all that the alias
    /// stands for, which may be more than time allows. Nobody writes manifests so.
    static func aliasAsKey(_ text: Substring) -> Substring? {
        func isName(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
        }
        var rest = text
        while let star = rest.utf8.firstIndex(of: UInt8(ascii: "*")) {
            let before = text[..<star]
            rest = rest[star...].dropFirst()
            guard before.last.map({ " \n{,[".contains($0) }) ?? true else { continue }
            let name = rest.prefix(while: isName)
            let after = rest[name.endIndex...].first { $0 != " " }
            guard !name.isEmpty, after == ":" || before.hasSuffix("? ") else { continue }
            // A star in a text has no anchor of its name.
            let anchors = [": &", "- &", "[&", ", &", ",&"].map { $0 + name }
            if anchors.contains(where: { anchor in
                text.ranges(of: anchor).contains { !(text[$0.upperBound...].first.map(isName) ?? false) }
            }) {
                return name
            }
        }
        return nil
    }

    /// Not less than the depth to which `text` nests, without parsing it: the parser is recursive, and a
    /// file of brackets would end the program.
    static func nestingBound(_ text: Substring) -> Int {
        var indents: [Int] = []
        var deepest = 0
        var brackets = 0
        var bracketsDeepest = 0
        var (indent, isIndent, dashes, previous) = (0, true, 0, UInt8(0))
        for byte in text.utf8 {
            defer { previous = byte }
            switch byte {
            case UInt8(ascii: "\n"): (indent, isIndent, dashes) = (0, true, 0)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                brackets += 1
                bracketsDeepest = max(bracketsDeepest, brackets)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(0, brackets - 1)
            default: break
            }
            guard isIndent else { continue }
            switch byte {
            case UInt8(ascii: " "):
                indent += 1
                // Each `- ` on a line is a level of its own.
                if previous == UInt8(ascii: "-") || previous == UInt8(ascii: "?") { dashes += 1 }
            case UInt8(ascii: "-"), UInt8(ascii: "?"): indent += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): break
            default:
                isIndent = false
                while let last = indents.last, last >= indent { indents.removeLast() }
                indents.append(indent)
                deepest = max(deepest, indents.count + dashes)
            }
        }
        return deepest + bracketsDeepest
    }

    /// Turns the pairs of `\uD83D\uDE00` escapes that JSON has into one escape that YAML knows.
    static func joiningSurrogates(_ text: String) -> String {
        guard text.contains("\\ud") || text.contains("\\uD") else { return text }
        var out = ""
        var rest = Substring(text)
        func unit(_ text: Substring) -> UInt32? {
            guard text.hasPrefix("\\u") else { return nil }
            return UInt32(text.dropFirst(2).prefix(4), radix: 16)
        }
        while let slash = rest.firstIndex(of: "\\") {
            out += rest[..<slash]
            rest = rest[slash...]
            if let high = unit(rest), (0xd800..<0xdc00).contains(high), let low = unit(rest.dropFirst(6)),
                (0xdc00..<0xe000).contains(low)
            {
                let scalar = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
                let hex = String(scalar, radix: 16)
                out += "\\U" + String(repeating: "0", count: 8 - hex.count) + hex
                rest = rest.dropFirst(12)
            } else {
                out += rest.prefix(2)
                rest = rest.dropFirst(2)
            }
        }
        return out + rest
    }
}
