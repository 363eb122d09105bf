extension LabelSelector {
    /// Reads a selector as `kubectl -l` takes it: `app=web,tier!=db,env in (a,b),!legacy,x`; nil if it is none.
    public init?(text: String) {
        self.init()
        for part in Self.split(text) {
            let words = part.split(whereSeparator: { $0 == " " || $0 == "(" || $0 == ")" || $0 == "," }).map(String.init)
            if words.isEmpty { continue }
            if words.count >= 2, words[1] == "in" || words[1] == "notin" {
                matchExpressions.append(SelectorRequirement(words[0], words[1] == "in" ? "In" : "NotIn", Array(words.dropFirst(2))))
            } else if let separator = part.range(of: "!=") {
                matchExpressions.append(SelectorRequirement(part[..<separator.lowerBound].trimmed, "NotIn", [part[separator.upperBound...].trimmed]))
            } else if let equals = part.firstIndex(of: "=") {
                let value = part[part.index(after: equals)...].drop { $0 == "=" }
                matchLabels[part[..<equals].trimmed] = value.trimmed
            } else if part.first == "!" {
                matchExpressions.append(SelectorRequirement(part.dropFirst().trimmed, "DoesNotExist"))
            } else if words.count == 1 {
                matchExpressions.append(SelectorRequirement(words[0], "Exists"))
            } else {
                return nil
            }
        }
    }

    // Commas inside parentheses do not separate requirements.
    private static func split(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var start = text.startIndex
        for index in text.indices {
            switch text[index] {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        parts.append(text[start...])
        return parts.map { Substring($0.trimmed) }.filter { !$0.isEmpty }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var view = self[...]
        while view.first == " " { view = view.dropFirst() }
        while view.last == " " { view = view.dropLast() }
        return String(view)
    }
    fileprivate func range(of pattern: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(pattern) { return index..<self.index(index, offsetBy: pattern.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
