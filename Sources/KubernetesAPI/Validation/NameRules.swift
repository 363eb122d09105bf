/// The rules for names, labels and keys. Each returns what is wrong with a text; empty if nothing is.
/// - Source: Kubernetes `apimachinery/pkg/util/validation/validation.go`.
package enum NameRules {
    /// Up to 253 characters: labels joined by dots. What most objects are called.
    package static func subdomain(_ text: String) -> [String] {
        var problems = length(text, 253)
        if !isSubdomain(text) {
            problems.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
                    + "must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
                    + #"validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#)
        }
        return problems
    }

    /// Up to 63 characters without dots: namespaces, containers, volumes.
    package static func label(_ text: String) -> [String] {
        var problems = length(text, 63)
        if isLabel(text) { return problems }
        problems.append(
            isSubdomain(text)
                ? "must not contain dots"
                : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
                    + "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
                    + "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
        return problems
    }

    /// As ``label(_:)``, and the first is a letter: services.
    package static func dns1035Label(_ text: String) -> [String] {
        var problems = length(text, 63)
        if !isLabel(text) || !(text.utf8.first.map { 97...122 ~= $0 } ?? false) {
            problems.append(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                    + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used "
                    + "for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')")
        }
        return problems
    }

    /// The key of a label: a name of up to 63 characters, after a subdomain and a slash if it has a prefix.
    static func labelKey(_ text: String) -> [String] { qualified(text, "a valid label key") }
    /// A name with an optional prefix, as resources, scheduling gates and annotations have.
    package static func qualifiedName(_ text: String) -> [String] { qualified(text, "a qualified name") }

    private static let nameRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

    private static func qualified(_ text: String, _ what: String) -> [String] {
        // Most are right and have no prefix; each pod's labels come here.
        if text.utf8.count <= 63, isWord(text) { return [] }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        var problems: [String] = []
        if parts.count > 2 {
            return [
                "\(what) \(nameRule) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        if parts.count == 2 {
            if parts[0].isEmpty {
                problems.append("prefix part must be non-empty")
            } else {
                problems += subdomain(String(parts[0])).map { "prefix part \($0)" }
            }
        }
        let name = String(parts.last!)
        if name.isEmpty {
            problems.append("name part must be non-empty")
        } else {
            problems += length(name, 63).map { "name part \($0)" }
        }
        if name.isEmpty || !isWord(name) { problems.append("name part \(nameRule)") }
        return problems
    }

    /// The value of a label: empty, or up to 63 characters.
    package static func labelValue(_ text: String) -> [String] {
        var problems = length(text, 63)
        if !text.isEmpty, !isWord(text) {
            problems.append(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                    + "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
                    + "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
        }
        return problems
    }

    /// The name of a port: up to 15 characters, at least one letter.
    static func portName(_ text: String) -> [String] {
        var problems = length(text, 15)
        let bytes = Array(text.utf8)
        if bytes.isEmpty || !bytes.allSatisfy({ isLowerAlphanumeric($0) || $0 == 45 }) {
            problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !bytes.contains(where: { 97...122 ~= $0 }) {
            problems.append("must contain at least one letter (a-z)")
        }
        if text.contains("--") { problems.append("must not contain consecutive hyphens") }
        if bytes.first == 45 || bytes.last == 45 { problems.append("must not begin or end with a hyphen") }
        return problems
    }

    /// The key of a ConfigMap or Secret.
    static func configKey(_ text: String) -> [String] {
        var problems = length(text, 253)
        let bytes = Array(text.utf8)
        if bytes.isEmpty || !bytes.allSatisfy({ isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }) {
            problems.append(
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    + "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
        } else if text == "." {
            problems.append("must not be '.'")
        } else if text == ".." {
            problems.append("must not be '..'")
        } else if text.hasPrefix("..") {
            problems.append("must not start with '..'")
        }
        return problems
    }

    /// The name of an environment variable; since 1.32 nearly anything printable.
    static func environmentName(_ text: String, _ profile: KubernetesProfile) -> [String] {
        let bytes = Array(text.utf8)
        if profile.has(.environmentNamesRelaxed) {
            if bytes.allSatisfy({ 32...126 ~= $0 && $0 != 61 }) { return [] }
            return [
                "a valid environment variable name must consist only of printable ASCII characters other than '='"
            ]
        }
        let fits = bytes.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
        if fits, let first = bytes.first, !(48...57 ~= first) { return [] }
        return [
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and "
                + "must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used "
                + "for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')"
        ]
    }

    /// The name of a header of HTTP.
    static func httpHeaderName(_ text: String) -> [String] {
        if !text.isEmpty, text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 45 }) { return [] }
        return [
            "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is "
                + "'[-A-Za-z0-9]+')"
        ]
    }

    /// A subdomain in which underscores are allowed.
    static func subdomainWithUnderscores(_ text: String) -> [String] {
        var problems = length(text, 253)
        let fits = text.utf8.split(separator: 46, omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, let last = part.last else { return false }
            return (isLowerAlphanumeric(first) || first == 95) && (isLowerAlphanumeric(last) || last == 95 && part.count == 1)
                && part.allSatisfy { isLowerAlphanumeric($0) || $0 == 45 || $0 == 95 }
        }
        if !fits {
            problems.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
                    + "with an alphanumeric character or underscore (e.g. 'example.com', regex used for validation is "
                    + #"'[a-z0-9_]([-_a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')"#)
        }
        return problems
    }

    /// A name to which something will be added: a dash at its end does no harm.
    static func maskingDash(_ text: String) -> String {
        text.utf8.count > 1 && text.hasSuffix("-") ? String(text.dropLast(2)) + "a" : text
    }

    /// A part of a path in a URL.
    static func pathSegment(_ text: String) -> [String] {
        if text == "." || text == ".." { return ["may not be '\(text)'"] }
        return ["/", "%"].filter { text.contains($0) }.map { "may not contain '\($0)'" }
    }

    // MARK: Shapes

    private static func length(_ text: String, _ limit: Int) -> [String] {
        text.utf8.count > limit ? ["must be no more than \(limit) bytes"] : []
    }
    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool { 97...122 ~= byte || 48...57 ~= byte }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerAlphanumeric(byte) || 65...90 ~= byte }

    private static func isLabel(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last, first != 45, last != 45 else { return false }
        return bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == 45 }
    }
    private static func isLabel(_ text: String) -> Bool { isLabel(text.utf8) }
    private static func isSubdomain(_ text: String) -> Bool {
        text.utf8.split(separator: 46, omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    }
    private static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
    }
}
