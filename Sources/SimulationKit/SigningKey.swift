// Signatures that whoever has the public key can check: ECDSA on the curve P-256 with SHA-256, which tokens call ES256.

/// A private key.
///
/// A key and a message always give the same signature (RFC 6979), so that a run that is repeated has the same bytes. It signs tokens of
/// simulated accounts; certificates and connections have the keys of their own library.
/// - Source: SEC 1 §4.1, RFC 6979 §3.2; the formulas of the Explicit-Formulas Database, `shortw/jacobian-3`
public struct SigningKey: Sendable {
    private let scalar: Number

    /// The key that follows from a secret of any length.
    public init(secret: [UInt8]) {
        // Two hashes are more than 256 bits, so that no key is more likely than others; any remainder but 0 is a key.
        let low = Number(bytes: SHA256.hash(secret + [1])), high = Number(bytes: SHA256.hash(secret + [2]))
        let order = Modulus.order
        // high · 2^256 + low
        let wide = order.add(order.multiply(order.reduced(high), order.squared), order.reduced(low))
        scalar = wide == Number() ? Number(1) : wide
    }
    /// The key that is this number.
    init(scalar: [UInt8]) { self.scalar = Modulus.order.reduced(Number(bytes: scalar)) }

    /// The point that belongs to the key, as bytes of its coordinates.
    public var publicKey: (x: [UInt8], y: [UInt8]) {
        let point = Point.generator.multiplied(by: scalar).affine
        return (point.x.bytes, point.y.bytes)
    }

    /// The signature of a message: two numbers of 32 bytes.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        let order = Modulus.order
        let nonce = nonce(message)
        let r = order.reduced(Point.generator.multiplied(by: nonce).affine.x)
        return r.bytes + order.times(order.inverse(nonce), sum(r, message)).bytes
    }

    /// Whether this key made the signature of `message`. Whoever has the key need not look at points: the number of the point is known,
    /// and nobody else can make the sum.
    public func made(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == 64 else { return false }
        let order = Modulus.order
        let (r, s) = (Number(bytes: Array(signature[..<32])), Number(bytes: Array(signature[32...])))
        guard order.reduced(r) == r, order.reduced(s) == s, r != Number(), s != Number() else { return false }
        return SHA256.areEqual(order.times(s, nonce(message)).bytes, sum(r, message).bytes)
    }

    private func sum(_ r: Number, _ message: [UInt8]) -> Number {
        let order = Modulus.order
        return order.add(order.reduced(Number(bytes: SHA256.hash(message))), order.times(r, scalar))
    }

    private func nonce(_ message: [UInt8]) -> Number {
        let order = Modulus.order
        let seed = scalar.bytes + order.reduced(Number(bytes: SHA256.hash(message))).bytes
        var (key, value) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 1, count: 32))
        for round: UInt8 in [0, 1] {
            key = SHA256.code(of: value + [round] + seed, key: key)
            value = SHA256.code(of: value, key: key)
        }
        while true {
            value = SHA256.code(of: value, key: key)
            let candidate = Number(bytes: value)
            if candidate != Number(), order.reduced(candidate) == candidate { return candidate }
            key = SHA256.code(of: value + [0], key: key)
            value = SHA256.code(of: value, key: key)
        }
    }
}

/// A number of 256 bits, the lowest 64 first.
private struct Number: Equatable {
    var words = SIMD4<UInt64>()

    init(_ value: UInt64 = 0) { words[0] = value }
    init(words: SIMD4<UInt64>) { self.words = words }
    /// Of 32 bytes, the highest first.
    init(bytes: [UInt8]) {
        for (index, byte) in bytes.reversed().prefix(32).enumerated() { words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8) }
    }
    var bytes: [UInt8] { (0..<32).reversed().map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) } }

    func bit(_ index: Int) -> Bool { words[index / 64] >> UInt64(index % 64) & 1 == 1 }

    func adding(_ other: Number) -> (sum: Number, carry: Bool) {
        var (sum, carry) = (Number(), UInt128(0))
        for i in 0..<4 {
            carry += UInt128(words[i]) + UInt128(other.words[i])
            sum.words[i] = UInt64(truncatingIfNeeded: carry)
            carry >>= 64
        }
        return (sum, carry != 0)
    }
    func subtracting(_ other: Number) -> (difference: Number, borrow: Bool) {
        var (difference, borrow) = (Number(), Int128(0))
        for i in 0..<4 {
            borrow += Int128(words[i]) - Int128(other.words[i])
            difference.words[i] = UInt64(truncatingIfNeeded: borrow)
            borrow >>= 64
        }
        return (difference, borrow != 0)
    }
}

/// Arithmetic modulo a prime of 256 bits, by Montgomery: products are divided by 2^256.
private struct Modulus {
    let prime: Number
    /// What makes the lowest 64 bits of a sum with a multiple of the prime 0.
    private let factor: UInt64
    /// 2^512 modulo the prime: a product with it multiplies by 2^256.
    let squared: Number

    /// Of the coordinates.
    static let field = Modulus(Number(words: [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001]))
    /// Of the multiples of the generator.
    static let order = Modulus(Number(words: [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000]))

    private init(_ prime: Number) {
        self.prime = prime
        var inverse: UInt64 = 1
        for _ in 0..<6 { inverse = inverse &* (2 &- prime.words[0] &* inverse) }
        factor = 0 &- inverse
        var power = Number(1)
        for _ in 0..<512 { power = Self.add(power, power, prime) }
        squared = power
    }

    private static func add(_ a: Number, _ b: Number, _ prime: Number) -> Number {
        let (sum, carry) = a.adding(b)
        let (less, borrow) = sum.subtracting(prime)
        return carry || !borrow ? less : sum
    }
    func add(_ a: Number, _ b: Number) -> Number { Self.add(a, b, prime) }
    func subtract(_ a: Number, _ b: Number) -> Number {
        let (difference, borrow) = a.subtracting(b)
        return borrow ? difference.adding(prime).sum : difference
    }
    /// A number that is less than twice the prime, as both primes are near 2^256.
    func reduced(_ a: Number) -> Number {
        let (less, borrow) = a.subtracting(prime)
        return borrow ? a : less
    }

    /// a · b / 2^256.
    func multiply(_ a: Number, _ b: Number) -> Number {
        var t = SIMD8<UInt64>()
        for i in 0..<4 {
            var carry = UInt128(0)
            for j in 0..<4 {
                carry += UInt128(a.words[j]) * UInt128(b.words[i]) + UInt128(t[j])
                t[j] = UInt64(truncatingIfNeeded: carry)
                carry >>= 64
            }
            carry += UInt128(t[4])
            (t[4], t[5]) = (UInt64(truncatingIfNeeded: carry), UInt64(truncatingIfNeeded: carry >> 64))
            let multiple = t[0] &* factor
            carry = (UInt128(multiple) * UInt128(prime.words[0]) + UInt128(t[0])) >> 64
            for j in 1..<4 {
                carry += UInt128(multiple) * UInt128(prime.words[j]) + UInt128(t[j])
                t[j - 1] = UInt64(truncatingIfNeeded: carry)
                carry >>= 64
            }
            carry += UInt128(t[4])
            t[3] = UInt64(truncatingIfNeeded: carry)
            t[4] = t[5] &+ UInt64(truncatingIfNeeded: carry >> 64)
        }
        let result = Number(words: t.lowHalf)
        let (less, borrow) = result.subtracting(prime)
        return t[4] != 0 || !borrow ? less : result
    }

    func into(_ a: Number) -> Number { multiply(a, squared) }
    func out(_ a: Number) -> Number { multiply(a, Number(1)) }
    /// a · b of plain numbers.
    func times(_ a: Number, _ b: Number) -> Number { multiply(into(a), b) }

    /// 1 / a of a plain number, by Fermat.
    func inverse(_ a: Number) -> Number { out(inverse(inside: into(a))) }
    func inverse(inside base: Number) -> Number {
        let exponent = prime.subtracting(Number(2)).difference
        var result = into(Number(1))
        for index in (0..<256).reversed() {
            result = multiply(result, result)
            if exponent.bit(index) { result = multiply(result, base) }
        }
        return result
    }
}

/// A point of the curve in Jacobian coordinates, each within Montgomery's; the one at infinity has z = 0.
private struct Point {
    var x: Number
    var y: Number
    var z: Number

    static let generator: Point = {
        let field = Modulus.field
        return Point(
            x: field.into(Number(words: [0xf4a1_3945_d898_c296, 0x7703_7d81_2deb_33a0, 0xf8bc_e6e5_63a4_40f2, 0x6b17_d1f2_e12c_4247])),
            y: field.into(Number(words: [0xcbb6_4068_37bf_51f5, 0x2bce_3357_6b31_5ece, 0x8ee7_eb4a_7c0f_9e16, 0x4fe3_42e2_fe1a_7f9b])),
            z: field.into(Number(1)))
    }()

    var affine: (x: Number, y: Number) {
        let field = Modulus.field
        let inverse = field.inverse(inside: z)
        let square = field.multiply(inverse, inverse)
        return (field.out(field.multiply(x, square)), field.out(field.multiply(y, field.multiply(square, inverse))))
    }

    /// Each bit takes the same steps, whatever it is.
    func multiplied(by scalar: Number) -> Point {
        var result = Point(x: Number(), y: Number(), z: Number())
        for index in (0..<256).reversed() {
            result = result.doubled
            let sum = result.adding(self)
            result = scalar.bit(index) ? sum : result
        }
        return result
    }

    private var doubled: Point {
        let field = Modulus.field
        func twice(_ a: Number) -> Number { field.add(a, a) }
        let delta = field.multiply(z, z), gamma = field.multiply(y, y)
        let beta = field.multiply(x, gamma)
        let slope = field.multiply(field.subtract(x, delta), field.add(x, delta))
        let alpha = field.add(twice(slope), slope)
        let four = twice(twice(beta))
        let newX = field.subtract(field.multiply(alpha, alpha), twice(four))
        let sum = field.add(y, z)
        let newZ = field.subtract(field.subtract(field.multiply(sum, sum), gamma), delta)
        let eight = twice(twice(twice(field.multiply(gamma, gamma))))
        return Point(x: newX, y: field.subtract(field.multiply(alpha, field.subtract(four, newX)), eight), z: newZ)
    }

    private func adding(_ other: Point) -> Point {
        if z == Number() { return other }
        if other.z == Number() { return self }
        let field = Modulus.field
        let (zz, otherZZ) = (field.multiply(z, z), field.multiply(other.z, other.z))
        let (u, otherU) = (field.multiply(x, otherZZ), field.multiply(other.x, zz))
        let s = field.multiply(field.multiply(y, otherZZ), other.z), otherS = field.multiply(field.multiply(other.y, zz), z)
        let (h, r) = (field.subtract(otherU, u), field.subtract(otherS, s))
        if h == Number() { return r == Number() ? doubled : Point(x: Number(), y: Number(), z: Number()) }
        let hh = field.multiply(h, h)
        let (hhh, v) = (field.multiply(h, hh), field.multiply(u, hh))
        let newX = field.subtract(field.subtract(field.multiply(r, r), hhh), field.add(v, v))
        let newY = field.subtract(field.multiply(r, field.subtract(v, newX)), field.multiply(s, hhh))
        return Point(x: newX, y: newY, z: field.multiply(field.multiply(z, other.z), h))
    }
}
