// Label selectors in kubectl's notation: `app=web,tier in (a, b),!old`.

extension LabelSelector {
    /// Reads a selector as `kubectl -l` takes it: `app=web,tier!=db,env in (a,b),!legacy,x`; nil if it is none.
    /// - Source: Kubernetes `apimachinery/pkg/labels/selector.go`, `Parse`; `<` and `>` are not taken.
    public init?(text: String) {
        self.init()
        guard let parts = Self.split(text) else { return nil }
        for part in parts {
            guard let requirement = Self.requirement(part), Self.isLabel(requirement.key, "-_./"), !requirement.key.isEmpty,
                requirement.values.allSatisfy({ Self.isLabel($0, "-_.") })
            else { return nil }
            if requirement.operator == "In", requirement.values.count == 1, matchLabels[requirement.key] == nil {
                matchLabels[requirement.key] = requirement.values[0]
            } else {
                matchExpressions.append(requirement)
            }
        }
    }

    private static func requirement(_ part: Substring) -> SelectorRequirement? {
        if let open = part.firstIndex(of: "(") {
            let words = part[..<open].split(separator: " ")
            guard part.last == ")", words.count == 2, words[1] == "in" || words[1] == "notin" else { return nil }
            let values = part[part.index(after: open)...].dropLast().split(separator: ",", omittingEmptySubsequences: false)
            return SelectorRequirement(String(words[0]), words[1] == "in" ? "In" : "NotIn", values.map(\.trimmed))
        }
        if let equals = part.firstIndex(of: "=") {
            let isNegative = part[..<equals].last == "!"
            var value = part[part.index(after: equals)...]
            if !isNegative, value.first == "=" { value = value.dropFirst() }
            return SelectorRequirement(
                part[..<equals].dropLast(isNegative ? 1 : 0).trimmed, isNegative ? "NotIn" : "In", [value.trimmed])
        }
        return part.first == "!"
            ? SelectorRequirement(part.dropFirst().trimmed, "DoesNotExist") : SelectorRequirement(part.trimmed, "Exists")
    }

    private static func isLabel(_ text: String, _ others: String) -> Bool {
        text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }
    }

    /// Commas inside parentheses do not separate requirements. Nil if the parentheses do not pair up.
    private static func split(_ text: String) -> [Substring]? {
        if text.trimmed.isEmpty { return [] }
        var parts: [Substring] = []
        var isInside = false
        var start = text.startIndex
        for index in text.indices {
            switch text[index] {
            case "(", ")":
                if isInside != (text[index] == ")") { return nil }
                isInside.toggle()
            case "," where !isInside:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        parts.append(text[start...])
        return isInside ? nil : parts.map { Substring($0.trimmed) }
    }
}
