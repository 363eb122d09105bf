import SimulationKit

/// An amount of a resource as the API writes it: `250m`, `1.5`, `512Mi`, `2G`.
///
/// Exact: the amount is held in billionths, at most what 64 bits hold in whole units; what is more counts as that much,
/// and sums and products stay there too. Printing gives Kubernetes' canonical form in the
/// family of suffixes (decimal or binary) in which it was written.
/// - Source: Kubernetes `apimachinery/pkg/api/resource/quantity.go`.
public struct Quantity: APIValue, Hashable, Comparable {
    public enum Format: Sendable, Hashable { case decimalSI, binarySI, decimalExponent }

    /// The amount in billionths of a unit, between ±``most``.
    public private(set) var nano: Int128
    /// The family of suffixes for printing.
    public var format: Format

    /// The most that is told apart: the largest whole number of 64 bits.
    public static let most = Int128(Int64.max) * 1_000_000_000

    public init(nano: Int128, format: Format = .decimalSI) {
        self.nano = max(-Self.most, min(Self.most, nano))
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
    public static func += (a: inout Quantity, b: Quantity) { a = a + b }
    public static func - (a: Quantity, b: Quantity) -> Quantity { Quantity(nano: a.nano - b.nano, format: a.format) }

    public static func * (a: Quantity, b: Int) -> Quantity { a.scaled(by: Int128(b), over: 1) }
    /// The amount times `numerator` over `denominator`, rounded towards zero, as the same amount of another whole; the most
    /// there is if `denominator` is 0.
    public func scaled(by numerator: Int128, over denominator: Int128) -> Quantity {
        let isNegative = (nano < 0) != ((numerator < 0) != (denominator < 0))
        let product = nano.magnitude.multipliedFullWidth(by: numerator.magnitude)
        let size =
            product.high >= denominator.magnitude
            ? UInt128(Self.most) : min(UInt128(Self.most), denominator.magnitude.dividingFullWidth(product).quotient)
        return Quantity(nano: isNegative ? -Int128(size) : Int128(size), format: format)
    }

    /// Whole units, rounded up, as the API's `Value()`.
    public var value: Int64 { Int64(clamping: Self.divideRoundingUp(nano, 1_000_000_000)) }
    /// Thousandths, rounded up, as the API's `MilliValue()`.
    public var milliValue: Int64 { Int64(clamping: Self.divideRoundingUp(nano, 1_000_000)) }

    private static func divideRoundingUp(_ n: Int128, _ d: Int128) -> Int128 { n >= 0 ? (n + d - 1) / d : n / d }

    private static let suffixes: [(text: String, power: Int, format: Format)] = [
        ("Ki", 10, .binarySI), ("Mi", 20, .binarySI), ("Gi", 30, .binarySI), ("Ti", 40, .binarySI),
        ("Pi", 50, .binarySI), ("Ei", 60, .binarySI),
        ("n", -9, .decimalSI), ("u", -6, .decimalSI), ("m", -3, .decimalSI), ("", 0, .decimalSI), ("k", 3, .decimalSI),
        ("M", 6, .decimalSI), ("G", 9, .decimalSI), ("T", 12, .decimalSI), ("P", 15, .decimalSI), ("E", 18, .decimalSI),
    ]
    /// The pattern that the API server names when a text is no quantity.
    public static let pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"

    /// Reads `text`; nil if it is no quantity. Amounts finer than a billionth are rounded up, and what is beyond ``most``
    /// is that much.
    public init?(_ text: some StringProtocol) {
        if let plain = Self.plain(text.utf8) {
            self = plain
            return
        }
        var rest = Substring(text)
        var negative = false
        if rest.first == "-" || rest.first == "+" { negative = rest.removeFirst() == "-" }
        let number = rest.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
        let suffix = rest.dropFirst(number.count)
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, number.contains(where: \.isWholeNumber) else { return nil }

        // The amount is digits · 10^power · 2^shift.
        var (power, shift) = (0, 0)
        if let known = Self.suffixes.first(where: { $0.text == suffix }) {
            format = known.format
            if known.format == .binarySI { shift = known.power } else { power = known.power }
        } else if suffix.first == "e" || suffix.first == "E", let exponent = Int64(suffix.dropFirst()) {
            format = .decimalExponent
            power = Int(max(-1_000_000_000, min(1_000_000_000, exponent)))
        } else {
            return nil
        }
        var digits = parts.joined().utf8.drop { $0 == 48 }
        if parts.count == 2 { power -= parts[1].utf8.count }
        while digits.last == 48 {
            digits.removeLast()
            power += 1
        }
        // Digits that 128 bits have no room for only say that there is more.
        let room = shift > 0 ? 19 : 37
        var isMore = digits.count > room
        if isMore {
            power += digits.count - room
            digits = digits.prefix(room)
        }
        var amount = digits.reduce(UInt128(0)) { $0 * 10 + UInt128($1 - 48) } << UInt128(shift)
        let limit = UInt128(Self.most)
        power += 9
        while power > 0, amount > 0, amount <= limit {
            amount *= 10
            power -= 1
        }
        while power < 0, amount > 0 {
            let (quotient, remainder) = amount.quotientAndRemainder(dividingBy: 10)
            isMore = isMore || remainder > 0
            amount = quotient
            power += 1
        }
        let size = Int128(min(limit, amount < limit && isMore ? amount + 1 : amount))
        nano = negative ? -size : size
    }

    /// What nearly all amounts are, read without looking at characters: up to twelve digits, and `m` or a power of 1024 or nothing.
    private static func plain(_ text: some Collection<UInt8>) -> Quantity? {
        var rest = text[...]
        var amount: Int128 = 0
        var count = 0
        while let digit = rest.first, 48...57 ~= digit, count <= 12 {
            amount = amount * 10 + Int128(digit - 48)
            count += 1
            rest = rest.dropFirst()
        }
        guard 1...12 ~= count else { return nil }
        guard let sign = rest.first else { return Quantity(nano: amount * 1_000_000_000) }
        rest = rest.dropFirst()
        if sign == UInt8(ascii: "m"), rest.isEmpty { return Quantity(nano: amount * 1_000_000) }
        guard rest.first == UInt8(ascii: "i"), rest.dropFirst().isEmpty else { return nil }
        let shift: Int128
        switch sign {
        case UInt8(ascii: "K"): shift = 10
        case UInt8(ascii: "M"): shift = 20
        case UInt8(ascii: "G"): shift = 30
        case UInt8(ascii: "T"): shift = 40
        default: return nil
        }
        return Quantity(nano: (amount << shift) * 1_000_000_000, format: .binarySI)
    }

    /// The canonical text.
    public var description: String {
        let sign = nano < 0 ? "-" : ""
        let amount = nano.magnitude
        if amount == 0 { return "0" }
        if format == .binarySI, amount % 1_000_000_000 == 0, amount >= 1_024_000_000_000 {
            var value = amount / 1_000_000_000
            var power = 0
            while power < 6, value % 1024 == 0 {
                value /= 1024
                power += 1
            }
            return "\(sign)\(value)" + ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]
        }
        var value = amount
        var power = 0
        while power < 9, value % 1000 == 0 {
            value /= 1000
            power += 1
        }
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
        case .string(let s): text = s.trimmed
        case .int(let i): text = String(i)
        case .null: return .zero
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
        self.init(bytes: bytes.saturatingAdd(roundedUp ? unit - 1 : 0) / unit * unit)
    }
}
