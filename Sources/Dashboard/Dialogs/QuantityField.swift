import Canvas
import KubernetesAPI
import SimulationKit

/// A field for an amount of CPU or memory: steps through sensible values, or takes an amount or a change of the
/// present one: `900m`, `+250m`, `-20%`.
struct QuantityField {
    /// cpu or memory.
    var resource: String
    /// What is now; nil: nothing.
    var present: Quantity?
    var text: TextField
    /// Nobody has typed what stands there: the first digit replaces it.
    private var isUntouched = true
    /// What amounts are made of; other keys do nothing here.
    private static let characters = Set("0123456789.+-%munkKMGTPEie ")
    /// The text before a `+` or `-` that stepped: with a digit after it, it was the sign of a change.
    private var beforeSign: (text: String, sign: Character)?

    init(_ resource: String, present: Quantity?) {
        (self.resource, self.present) = (resource, present)
        text = TextField(present?.description ?? "")
    }

    var wanted: String { text.text.trimmingSpaces }
    /// The amount meant, in relation to ``present``; nil if it cannot be read, or nothing is wanted.
    var quantity: Quantity? { quantity(from: present) }
    /// The amount meant for something that has `present` now.
    func quantity(from present: Quantity?) -> Quantity? { Self.quantity(wanted, present: present) }
    var isRelative: Bool { wanted.first == "+" || wanted.first == "-" }
    var isChanged: Bool { wanted.isEmpty ? present != nil : quantity != present }
    var isReadable: Bool { wanted.isEmpty && present == nil || quantity.map { $0 >= .zero } ?? false }

    mutating func set(_ quantity: Quantity) {
        text = TextField(quantity.description)
        (isUntouched, beforeSign) = (true, nil)
    }
    mutating func reset() {
        text = TextField(present?.description ?? "")
        (isUntouched, beforeSign) = (true, nil)
    }

    /// Takes a key; returns whether it was one for the field.
    mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .up, .character("="): step(1)
        case .down: step(-1)
        case .shiftUp: step(1, times: 5)
        case .shiftDown: step(-1, times: 5)
        case .character(let sign) where (sign == "+" || sign == "-") && !text.isEmpty:
            let before = wanted
            step(sign == "+" ? 1 : -1)
            beforeSign = (before, sign)
        case .character(let digit) where (digit.isNumber || digit == ".") && (isUntouched || beforeSign != nil):
            text = TextField(beforeSign.map { String($0.sign) } ?? "")
            (isUntouched, beforeSign) = (false, nil)
            _ = text.handle(key)
        case .character(let character) where !Self.characters.contains(character): return false
        default:
            beforeSign = nil
            let isKnown = text.handle(key)
            if isKnown { isUntouched = false }
            return isKnown
        }
        return true
    }
    mutating func paste(_ words: String) {
        if isUntouched { text = TextField("") }
        (isUntouched, beforeSign) = (false, nil)
        text.insert(words.replacing("\n", with: " "))
    }

    /// Steps to the next round amount: CPU by 50m up to half a core, 100m up to 2, then 250m; memory by 32Mi up to 512Mi,
    /// 128Mi up to 2Gi, then 512Mi.
    mutating func step(_ direction: Int64, times: Int = 1) {
        var now = quantity ?? present ?? (resource == "cpu" ? Quantity(milli: 100) : Quantity(bytes: 64 << 20))
        for _ in 0..<times {
            if resource == "cpu" {
                let value = max(0, now.milliValue)
                let size: Int64 = value + min(0, direction) < 500 ? 50 : value + min(0, direction) < 2000 ? 100 : 250
                now = Quantity(milli: max(10, Self.step(value, direction, size)))
            } else {
                let value = max(0, now.value)
                let size: Int64 = value + min(0, direction) < 512 << 20 ? 32 << 20 : value + min(0, direction) < 2 << 30 ? 128 << 20 : 512 << 20
                now = Quantity(bytes: max(16 << 20, Self.step(value, direction, size)))
            }
        }
        set(now)
    }

    /// The next or last multiple of `size`; what is beyond all amounts stays the largest.
    static func step(_ value: Int64, _ direction: Int64, _ size: Int64) -> Int64 {
        (direction > 0 ? value / size + 1 : value.saturatingAdd(size - 1) / size - 1).saturatingMultiply(size)
    }

    /// The largest change in percent that makes sense: a thousand times as much.
    static let mostPercent = 100_000

    /// An amount, or a change of the present one: `+250m`, `-10%`.
    static func quantity(_ text: String, present: Quantity?) -> Quantity? {
        guard let sign = text.first, sign == "+" || sign == "-" else { return Quantity(text) }
        let present = present ?? .zero
        let rest = text.dropFirst().filter { $0 != " " }
        let factor: Int128 = sign == "-" ? -1 : 1
        if rest.hasSuffix("%") {
            guard let percent = Int(rest.dropLast()), (0...Self.mostPercent).contains(percent) else { return nil }
            let change = present.nano * Int128(percent) / 100
            // Whole millicores and whole mebibytes: what a user would have typed.
            let unit: Int128 = present.format == .binarySI ? (1 << 20) * 1_000_000_000 : 1_000_000
            return Quantity(nano: (present.nano + factor * change + unit / 2) / unit * unit, format: present.format)
        }
        guard let change = Quantity(rest) else { return nil }
        let format = present == .zero ? change.format : present.format
        return Quantity(nano: present.nano + factor * change.nano, format: format)
    }
}
