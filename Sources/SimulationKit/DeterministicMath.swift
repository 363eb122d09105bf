/// Functions whose last bit must not depend on the machine's maths library.
public enum DeterministicMath {
    /// The natural logarithm of `x` > 0, accurate to about 1e-15, from IEEE-exact operations only.
    public static func ln(_ x: Double) -> Double {
        precondition(x > 0, "ln needs a positive number")
        // x = m · 2^e with m in [√½, √2); then ln m = 2·atanh((m − 1)/(m + 1)) as a series.
        var m = x.significand
        var e = Double(x.exponent)
        if m > 1.4142135623730951 {
            m /= 2
            e += 1
        }
        let t = (m - 1) / (m + 1)
        let square = t * t
        var term = t
        var sum = 0.0
        var k = 1.0
        while k < 60 {
            sum += term / k
            term *= square
            k += 2
        }
        return 2 * sum + e * 0.6931471805599453
    }

    /// e to the power of `x`, accurate to about 1e-15, for |x| up to 700.
    public static func exp(_ x: Double) -> Double {
        // x = n·ln 2 + r with |r| ≤ ½ ln 2; then the series for e^r.
        let n = (x / 0.6931471805599453).rounded()
        let r = x - n * 0.6931471805599453
        var term = 1.0
        var sum = 1.0
        var k = 1.0
        while k < 24 {
            term *= r / k
            sum += term
            k += 1
        }
        return sum * Double(sign: .plus, exponent: Int(n), significand: 1)
    }

    /// ⌊log₂ n⌋ of a positive count; 0 for anything smaller than 1.
    public static func log2Bucket(_ n: Int64) -> Int { n < 1 ? 0 : 63 - n.leadingZeroBitCount }
}
