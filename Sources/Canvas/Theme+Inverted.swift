// A theme with light and dark swapped.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Theme {
    /// The theme with light and dark turned around and the hues kept, as k9s' `--invert`.
    public var inverted: Theme {
        var result = self
        for role in Role.allCases {
            var style = self[role]
            style = Style(foreground: style.foreground.inverted, background: style.background.inverted, attributes: style.attributes)
            result[role] = style
        }
        return result
    }
}

extension Color {
    /// The colour with the opposite lightness in OkLab; the terminal's own stays.
    public var inverted: Color {
        guard let lab = okLab else { return self }
        return Color(okLab: OkLab(lightness: 1 - lab.lightness, a: lab.a, b: lab.b))
    }

    /// The nearest sRGB colour: channels beyond the gamut are cut.
    init(okLab lab: OkLab) {
        let l = cube(lab.lightness + 0.396_337_777_4 * lab.a + 0.215_803_757_3 * lab.b)
        let m = cube(lab.lightness - 0.105_561_345_8 * lab.a - 0.063_854_172_8 * lab.b)
        let s = cube(lab.lightness - 0.089_484_177_5 * lab.a - 1.291_485_548 * lab.b)
        func channel(_ value: Double) -> UInt8 {
            let encoded = value <= 0.003_130_8 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055
            return UInt8(max(0, min(255, (encoded * 255).rounded())))
        }
        self = .rgb(
            channel(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
            channel(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
            channel(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s))
    }
}

private func cube(_ x: Double) -> Double { x * x * x }
