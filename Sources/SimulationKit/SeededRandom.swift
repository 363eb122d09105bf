/// A stream of random numbers that is the same for the same seed and name on every machine.
///
/// Each purpose draws from a stream of its own (`SeededRandom(seed: 7, stream: "kubelet")`), so
/// that a new consumer does not shift the others. The generator is SplitMix64.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The stream called `stream` of the run with `seed`.
    public init(seed: UInt64, stream: String) {
        state = seed ^ (StableHash.fnv1a64(stream) &* 0x9E37_79B9_7F4A_7C15)
        _ = next()
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in 0 ..< `bound`; `bound` must be positive.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a random number below \(bound) does not exist")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number in 0 ..< 1.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A length in `low` ..< `high`, or `low` if they are equal.
    public mutating func duration(in low: Duration, _ high: Duration) -> Duration {
        high <= low ? low : low + (high - low) * unit()
    }
}

/// Hashes that are the same in every process, unlike `Hasher`.
public enum StableHash {
    /// 64-bit FNV-1a of the text's UTF-8.
    public static func fnv1a64(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }

    /// 32-bit FNV-1a of the text's UTF-8, as Kubernetes uses for template hashes.
    public static func fnv1a32(_ text: String) -> UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return hash
    }

    /// 64 bits of the text's UTF-8, eight bytes at a time: for tables in memory, not for names.
    public static func of(_ text: String, seed: UInt64 = 0) -> UInt64 {
        func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let product = (a ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: b ^ 0xa076_1d64_78bd_642f)
            return product.high ^ product.low
        }
        func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
            let raw = UnsafeRawBufferPointer(bytes)
            var hash = seed &+ UInt64(raw.count)
            var place = 0
            while place + 8 <= raw.count {
                hash = mixed(hash, UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
                place += 8
            }
            var rest: UInt64 = 0
            while place < raw.count {
                rest = rest << 8 | UInt64(raw[place])
                place += 1
            }
            return mixed(hash, rest)
        }
        var text = text
        return text.withUTF8(hash)
    }

    /// `number` in 16 hexadecimal digits, and `count` - 1 further groups that follow from it.
    public static func hex(_ number: UInt64, _ count: Int = 1) -> String {
        (0..<count).map { index in
            let digits = String(number &* (UInt64(index) * 2 + 1), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The letters and digits that Kubernetes uses in generated names: no vowels, no look-alikes.
    public static let safeAlphabet = Array("bcdfghjklmnpqrstvwxz2456789")

    /// Kubernetes' `SafeEncodeString` of a decimal number: each digit's character code picks a letter.
    public static func safeEncode(_ number: UInt32) -> String {
        String(String(number).utf8.map { safeAlphabet[Int($0) % safeAlphabet.count] })
    }

    /// An identity in the form of a random UUID, from the next two numbers of `random`.
    public static func uuid(_ random: inout SeededRandom) -> String { uuid(uuidBits(&random)) }
    /// What such an identity is made from: the next two numbers of `random`.
    public static func uuidBits(_ random: inout SeededRandom) -> (UInt64, UInt64) { (random.next(), random.next()) }
    /// The identity that is made from `bits`.
    public static func uuid(_ bits: (high: UInt64, low: UInt64)) -> String {
        // Eight, four, four, four and twelve digits; '4' and one of 8, 9, a, b mark a random UUID.
        let first = bits.high & ~0xf000 | 0x4000
        let second = bits.low & ~0xc000_0000_0000_0000 | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { text in
            var i = 0
            for half in [first, second] {
                for digit in stride(from: 15, through: 0, by: -1) {
                    let nibble = UInt8(half >> UInt64(4 * digit) & 0xf)
                    text[i] = nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
                    i += 1
                    if i == 8 || i == 13 || i == 18 || i == 23 {
                        text[i] = UInt8(ascii: "-")
                        i += 1
                    }
                }
            }
            return i
        }
    }
    /// The identity that follows from `text`.
    public static func uuid(_ text: String) -> String {
        var random = SeededRandom(seed: fnv1a64(text), stream: "uuid")
        return uuid(&random)
    }
}
