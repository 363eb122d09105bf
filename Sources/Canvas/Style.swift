/// A colour of the screen: the terminal's own, or red, green and blue from 0 to 255.
public enum Color: Hashable, Sendable {
    /// What the terminal uses when no colour is set.
    case terminalDefault
    /// An sRGB colour; devices with fewer colours show the nearest they have.
    case rgb(UInt8, UInt8, UInt8)

    /// The colour `0xRRGGBB`.
    public init(hex: UInt32) {
        self = .rgb(
            UInt8(truncatingIfNeeded: hex >> 16), UInt8(truncatingIfNeeded: hex >> 8),
            UInt8(truncatingIfNeeded: hex))
    }

    /// One number a colour: bit 24 is set for sRGB, the lower bits are `RRGGBB`; 0 is the default.
    package var packed: UInt32 {
        switch self {
        case .terminalDefault: 0
        case .rgb(let r, let g, let b): 1 << 24 | UInt32(r) << 16 | UInt32(g) << 8 | UInt32(b)
        }
    }

    package init(packed: UInt32) {
        self = packed == 0 ? .terminalDefault : Color(hex: packed)
    }

    /// A colour between this one (`amount` 0) and `other` (`amount` 1); the terminal's own colour
    /// cannot be mixed and gives `self`.
    public func mixed(with other: Color, amount: Double) -> Color {
        guard case .rgb(let r, let g, let b) = self, case .rgb(let r2, let g2, let b2) = other
        else { return self }
        func mix(_ from: UInt8, _ to: UInt8) -> UInt8 {
            let value = Double(from) + (Double(to) - Double(from)) * min(1, max(0, amount))
            return UInt8(value.rounded())
        }
        return .rgb(mix(r, r2), mix(g, g2), mix(b, b2))
    }
}

/// How text is set apart without colour. Blinking is left out on purpose.
public struct Attributes: OptionSet, Hashable, Sendable {
    /// One bit an attribute.
    public let rawValue: UInt8

    /// Attributes from their bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Heavier or brighter.
    public static let bold = Attributes(rawValue: 1)
    /// Fainter.
    public static let dim = Attributes(rawValue: 2)
    /// Slanted, where the font has it.
    public static let italic = Attributes(rawValue: 4)
    /// A line below.
    public static let underline = Attributes(rawValue: 8)
    /// Foreground and background exchanged.
    public static let reverse = Attributes(rawValue: 16)
}

/// How a cell looks: two colours and attributes.
///
/// Kept in nine bytes, as frames are compared cell by cell.
public struct Style: Hashable, Sendable {
    private var foregroundBits: UInt32
    private var backgroundBits: UInt32
    /// Bold, underlined and so on.
    public var attributes: Attributes

    /// A style; colours not given are the terminal's own.
    public init(
        foreground: Color = .terminalDefault, background: Color = .terminalDefault,
        attributes: Attributes = []
    ) {
        self.foregroundBits = foreground.packed
        self.backgroundBits = background.packed
        self.attributes = attributes
    }

    /// The terminal's own colours, nothing set.
    public static let plain = Style()

    /// The colour of the strokes.
    public var foreground: Color {
        get { Color(packed: foregroundBits) }
        set { foregroundBits = newValue.packed }
    }

    /// The colour behind them.
    public var background: Color {
        get { Color(packed: backgroundBits) }
        set { backgroundBits = newValue.packed }
    }

    /// The same style with these attributes added.
    public func with(_ attributes: Attributes) -> Style {
        var style = self
        style.attributes.formUnion(attributes)
        return style
    }

    /// The same style without these attributes.
    public func without(_ attributes: Attributes) -> Style {
        var style = self
        style.attributes.subtract(attributes)
        return style
    }

    /// The same style on another background.
    public func on(_ background: Color) -> Style {
        var style = self
        style.background = background
        return style
    }

    /// The same style with another foreground.
    public func colored(_ foreground: Color) -> Style {
        var style = self
        style.foreground = foreground
        return style
    }

    /// This style with what `other` says laid over it: its colours unless they are the terminal's
    /// own, and its attributes added.
    public func merging(_ other: Style) -> Style {
        var style = self
        if other.foregroundBits != 0 { style.foregroundBits = other.foregroundBits }
        if other.backgroundBits != 0 { style.backgroundBits = other.backgroundBits }
        style.attributes.formUnion(other.attributes)
        return style
    }

    package var foregroundPacked: UInt32 { foregroundBits }
    package var backgroundPacked: UInt32 { backgroundBits }
}
