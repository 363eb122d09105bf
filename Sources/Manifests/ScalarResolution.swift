import Foundation
import KubernetesAPI

/// What a scalar of YAML means, as kubectl's parser reads it.
///
/// That parser follows YAML 1.1: `yes`, `on` and `y` are true, `0777` is octal. Dates stay texts.
/// - Source: `go.yaml.in/yaml/v2`, `resolve.go`.
enum ScalarResolution {
    /// The value of the plain scalar `text`.
    static func resolve(_ text: String) -> JSONValue {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return number(text) ?? .string(text)
        default:
            switch text {
            case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
            case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
                return .bool(false)
            case "~", "null", "Null", "NULL": return .null
            default: return .string(text)
            }
        }
    }

    /// The value of `text` if it is written like a number.
    static func number(_ text: String) -> JSONValue? {
        let plain = text.replacing("_", with: "")
        if let int = integer(plain) { return .int(int) }
        if isDecimal(plain), let double = Double(plain), double.isFinite { return .double(double) }
        return nil
    }

    /// Go's `ParseInt` with base 0.
    private static func integer(_ text: String) -> Int64? {
        var digits = Substring(text)
        var sign = ""
        if digits.first == "-" || digits.first == "+" { sign = digits.removeFirst() == "-" ? "-" : "" }
        guard let first = digits.first, first.isASCII, first.isNumber else { return nil }
        let prefix = digits.prefix(2).lowercased()
        switch prefix {
        case "0x": return parse(sign, digits.dropFirst(2), radix: 16)
        case "0o": return parse(sign, digits.dropFirst(2), radix: 8)
        case "0b": return parse(sign, digits.dropFirst(2), radix: 2)
        default: return parse(sign, digits, radix: digits.count > 1 && first == "0" ? 8 : 10)
        }
    }
    private static func parse(_ sign: String, _ digits: Substring, radix: Int) -> Int64? {
        guard let first = digits.first, first.isHexDigit else { return nil }
        return Int64(sign + digits, radix: radix)
    }

    /// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
    private static func isDecimal(_ text: String) -> Bool {
        var rest = Substring(text)
        func digits() -> Int {
            let run = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(run.count)
            return run.count
        }
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        let whole = digits()
        var fraction = 0
        if rest.first == "." {
            rest.removeFirst()
            fraction = digits()
        }
        guard whole + fraction > 0 else { return false }
        if rest.first == "e" || rest.first == "E" {
            rest.removeFirst()
            if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
