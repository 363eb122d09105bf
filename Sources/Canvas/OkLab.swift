// Colours in a space where equal distances look equal, to find the nearest and to swap light and dark.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A colour in OkLab, where distances are what the eye sees.
public struct OkLab: Equatable, Sendable {
    /// Lightness, 0 to 1.
    public var lightness: Double
    /// Green (negative) to red.
    public var a: Double
    /// Blue (negative) to yellow.
    public var b: Double

    /// A place by its coordinates.
    public init(lightness: Double, a: Double, b: Double) { (self.lightness, self.a, self.b) = (lightness, a, b) }

    /// The place of an sRGB colour.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
        let r = Color.linear(red)
        let g = Color.linear(green)
        let b = Color.linear(blue)
        let l = cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b)
        let m = cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b)
        let s = cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b)
        lightness = 0.210_454_255_3 * l + 0.793_617_785 * m - 0.004_072_046_8 * s
        a = 1.977_998_495_1 * l - 2.428_592_205 * m + 0.450_593_709_9 * s
        self.b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766 * s
    }

    /// The square of the distance to another colour; 1 from black to white.
    public func squaredDistance(to other: OkLab) -> Double {
        let dl = lightness - other.lightness
        let da = a - other.a
        let db = b - other.b
        return dl * dl + da * da + db * db
    }
}

extension Color {
    /// An sRGB channel as light, 0 to 1.
    static func linear(_ channel: UInt8) -> Double {
        let value = Double(channel) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    /// This colour in OkLab; nil for the terminal's own.
    public var okLab: OkLab? {
        guard case .rgb(let r, let g, let b) = self else { return nil }
        return OkLab(red: r, green: g, blue: b)
    }
}
