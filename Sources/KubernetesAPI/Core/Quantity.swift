/// An amount of a resource as the API writes it: `250m`, `1.5`, `512Mi`, `2G`.
///
/// Exact: the amount is held in billionths. Printing gives Kubernetes' canonical form in the
/// family of suffixes (decimal or binary) in which it was written.
/// - Source: Kubernetes `apimachinery/pkg/api/resource/quantity.go`.
public struct Quantity: APIValue, Hashable, Comparable {
    public enum Format: Sendable, Hashable { case decimalSI, binarySI, decimalExponent }

    /// The amount in billionths of a unit.
    public var nano: Int128
    /// The family of suffixes for printing.
    public var format: Format

    public init(nano: Int128, format: Format = .decimalSI) {
        self.nano = nano
        self.format = format
    }
    /// `value` whole units (bytes, pods, cores).
    public init(_ value: Int64, format: Format = .decimalSI) {
        self.init(nano: Int128(value) * 1_000_000_000, format: format)
    }
    /// `value` thousandths of a unit, as CPU is counted.
    public init(milli value: Int64) { self.init(nano: Int128(value) * 1_000_000) }
    /// `value` bytes, printed with `Ki`, `Mi`, `Gi`.
    public init(bytes value: Int64) { self.init(value, format: .binarySI) }

    public static let zero = Quantity(0)

    public static func < (a: Quantity, b: Quantity) -> Bool { a.nano < b.nano }
    public static func == (a: Quantity, b: Quantity) -> Bool { a.nano == b.nano }
    public func hash(into hasher: inout Hasher) { hasher.combine(nano) }
    public static func + (a: Quantity, b: Quantity) -> Quantity { Quantity(nano: a.nano + b.nano, format: a.format) }
    public static func - (a: Quantity, b: Quantity) -> Quantity { Quantity(nano: a.nano - b.nano, format: a.format) }

    /// Whole units, rounded up, as the API's `Value()`.
    public var value: Int64 { Int64(clamping: Self.divideRoundingUp(nano, 1_000_000_000)) }
    /// Thousandths, rounded up, as the API's `MilliValue()`.
    public var milliValue: Int64 { Int64(clamping: Self.divideRoundingUp(nano, 1_000_000)) }

    private static func divideRoundingUp(_ n: Int128, _ d: Int128) -> Int128 { n >= 0 ? (n + d - 1) / d : n / d }

    private static let suffixes: [(text: String, factor: Int128, format: Format)] = [
        ("Ki", 1 << 10, .binarySI), ("Mi", 1 << 20, .binarySI), ("Gi", 1 << 30, .binarySI),
        ("Ti", 1 << 40, .binarySI), ("Pi", 1 << 50, .binarySI), ("Ei", 1 << 60, .binarySI),
        ("k", 1_000, .decimalSI), ("M", 1_000_000, .decimalSI), ("G", 1_000_000_000, .decimalSI),
        ("T", 1_000_000_000_000, .decimalSI), ("P", 1_000_000_000_000_000, .decimalSI),
        ("E", 1_000_000_000_000_000_000, .decimalSI),
    ]
    private static let fractions: [(text: String, divisor: Int128)] = [
        ("m", 1_000), ("u", 1_000_000), ("n", 1_000_000_000),
    ]
    /// The pattern that the API server names when a text is no quantity.
    public static let pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"

    /// Reads `text`; nil if it is no quantity. Amounts finer than a billionth are rounded up.
    public init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        var negative = false
        if rest.first == "-" || rest.first == "+" { negative = rest.removeFirst() == "-" }
        let number = rest.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
        let suffix = rest.dropFirst(number.count)
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, number.contains(where: \.isWholeNumber) else { return nil }
        let whole = String(parts[0])
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard whole.count + fraction.count <= 28 else { return nil }

        var numerator: Int128 = 1_000_000_000
        var denominator: Int128 = 1
        var format = Format.decimalSI
        if suffix.isEmpty {
        } else if let known = Self.suffixes.first(where: { $0.text == suffix }) {
            numerator *= known.factor
            format = known.format
        } else if let known = Self.fractions.first(where: { $0.text == suffix }) {
            denominator = known.divisor
        } else if suffix.first == "e" || suffix.first == "E", let exponent = Int(suffix.dropFirst()),
            (-18...18).contains(exponent)
        {
            for _ in 0..<abs(exponent) { if exponent > 0 { numerator *= 10 } else { denominator *= 10 } }
            format = .decimalExponent
        } else {
            return nil
        }
        guard let digits = Int128(whole + fraction) ?? (whole + fraction == "" ? 0 : nil) else { return nil }
        for _ in fraction { denominator *= 10 }
        let (product, overflow) = digits.multipliedReportingOverflow(by: numerator)
        guard !overflow else { return nil }
        let amount = Self.divideRoundingUp(product, denominator)
        nano = negative ? -amount : amount
        self.format = format
    }

    /// The canonical text.
    public var description: String {
        let sign = nano < 0 ? "-" : ""
        let amount = nano.magnitude
        if amount == 0 { return "0" }
        if format == .binarySI, amount % 1_000_000_000 == 0 {
            var value = amount / 1_000_000_000
            var power = 0
            while power < 6, value % 1024 == 0 { value /= 1024; power += 1 }
            return "\(sign)\(value)" + ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]
        }
        var value = amount
        var power = 0
        while power < 9, value % 1000 == 0 { value /= 1000; power += 1 }
        if format == .decimalExponent {
            let exponent = power * 3 - 9
            return "\(sign)\(value)" + (exponent == 0 ? "" : "e\(exponent)")
        }
        return "\(sign)\(value)" + ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][power]
    }

    public static var typeName: String { "Quantity" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Quantity? {
        let text: String
        switch json {
        case .string(let s): text = s
        case .int(let i): text = String(i)
        case .double(let d): text = "\(d)"
        default:
            decoder.expected("a quantity such as 250m or 512Mi", json)
            return nil
        }
        if let quantity = Quantity(text) { return quantity }
        decoder.note(.invalid("quantities must match the regular expression '\(pattern)'"))
        return nil
    }
    public var json: JSONValue? { .string(description) }
}

extension Quantity: CustomStringConvertible {}

/// Amounts by resource name, such as `["cpu": "250m", "memory": "512Mi"]`.
public typealias ResourceList = StringMap<Quantity>

extension StringMap where Value == Quantity {
    /// CPU in thousandths of a core; nil if not stated.
    public var milliCPU: Int64? { self["cpu"]?.milliValue }
    /// Memory in bytes; nil if not stated.
    public var memoryBytes: Int64? { self["memory"]?.value }
}

extension Quantity {
    /// Bytes cut to whole mebibytes, or filled up to them: amounts as a user would write them.
    public init(mebibytesOf bytes: Int64, roundedUp: Bool = false) {
        let unit: Int64 = 1 << 20
        self.init(bytes: (bytes + (roundedUp ? unit - 1 : 0)) / unit * unit)
    }
}
