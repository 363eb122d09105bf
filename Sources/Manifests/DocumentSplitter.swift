/// Cuts a stream of YAML or JSON into its documents, so that a broken one does not hide the others.
///
/// A line that starts with `---` ends a document wherever it stands, even in a block of text: YAML says so,
/// and kubectl cuts there too.
enum DocumentSplitter {
    struct Chunk {
        var text: Substring
        /// The number of its first line in the file, from 1.
        var line: Int
    }

    /// - Parameter passed: told now and then how many bytes were looked at.
    static func split(_ text: String, passed: (Int) -> Void = { _ in }) -> [Chunk] {
        var told = 0
        var chunks: [Chunk] = []
        let bytes = text.utf8
        var start = bytes.startIndex
        var startLine = 1
        var line = 1
        var hasContent = false
        var hasDirective = false
        func close(at end: String.Index, _ nextLine: Int, next: String.Index) {
            if hasContent { chunks += jsonValues(Chunk(text: text[start..<end], line: startLine)) }
            (start, startLine, hasContent, hasDirective) = (next, nextLine, false, false)
        }
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let end = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
            let next = end < bytes.endIndex ? bytes.index(after: end) : end
            let content = bytes[index..<end]
            if isMarker(content, UInt8(ascii: "-")) {
                // A `%YAML` line belongs to the document behind the marker.
                if hasContent || !hasDirective { close(at: index, line, next: index) }
                // What follows the marker on its line is content unless it is a comment.
                hasContent = isContent(content.dropFirst(3))
            } else if isMarker(content, UInt8(ascii: ".")) {
                close(at: index, line + 1, next: next)
            } else if content.first == UInt8(ascii: "%"), !hasContent {
                hasDirective = true
            } else if !hasContent {
                hasContent = isContent(content)
            }
            index = next
            line += 1
            if line & 0xfff == 0 {
                let done = bytes.distance(from: bytes.startIndex, to: index)
                if done - told >= 1 << 20 {
                    told = done
                    passed(done)
                }
            }
        }
        close(at: bytes.endIndex, line, next: bytes.endIndex)
        return chunks
    }

    private static func isMarker(_ line: Substring.UTF8View.SubSequence, _ character: UInt8) -> Bool {
        guard line.starts(with: [character, character, character]) else { return false }
        guard let after = line.dropFirst(3).first else { return true }
        return after == UInt8(ascii: " ") || after == UInt8(ascii: "\t") || after == UInt8(ascii: "\r")
    }
    private static func isContent(_ line: Substring.UTF8View.SubSequence) -> Bool {
        let first = line.first {
            $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r")
        }
        return first != nil && first != UInt8(ascii: "#")
    }

    /// JSON values may follow one another without a marker: `{…} {…}`.
    private static func jsonValues(_ chunk: Chunk) -> [Chunk] {
        let bytes = chunk.text.utf8
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
        guard bytes.first(where: { !isSpace($0) }) == UInt8(ascii: "{") else { return [chunk] }
        var chunks: [Chunk] = []
        var start = bytes.startIndex
        var (startLine, line, depth, inString, escaped) = (chunk.line, chunk.line, 0, false, false)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index = bytes.index(after: index)
            if byte == UInt8(ascii: "\n") { line += 1 }
            if escaped {
                escaped = false
                continue
            }
            switch byte {
            case UInt8(ascii: "\\") where inString: escaped = true
            case UInt8(ascii: "\""): inString.toggle()
            case UInt8(ascii: "{") where !inString, UInt8(ascii: "[") where !inString: depth += 1
            case UInt8(ascii: "}") where !inString, UInt8(ascii: "]") where !inString:
                depth -= 1
                if depth == 0 {
                    chunks.append(Chunk(text: chunk.text[start..<index], line: startLine))
                    (start, startLine) = (index, line)
                }
            default:
                // Something else between two values: this is no JSON, so YAML shall say what is wrong.
                if depth == 0, !inString, !isSpace(byte) { return [chunk] }
            }
        }
        let rest = chunk.text[start...]
        if depth != 0 || inString || chunks.isEmpty || rest.utf8.contains(where: { !isSpace($0) }) {
            return [chunk]
        }
        return chunks
    }
}
