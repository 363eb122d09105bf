/// A style for each role.
public struct Theme: Equatable, Sendable {
    /// What `:skin` calls it.
    public var name: String
    private var styles: [Role: Style]

    /// A theme; roles that are missing look like `.text`.
    public init(name: String, styles: [Role: Style]) {
        self.name = name
        self.styles = styles
    }

    /// The style of a role.
    public subscript(role: Role) -> Style {
        get { styles[role] ?? styles[.text] ?? .plain }
        set { styles[role] = newValue }
    }

    /// The WCAG contrast of a role's foreground on its background, from 1 to 21.
    ///
    /// Nil if one of the two is the terminal's own colour, which nobody knows.
    public func contrast(of role: Role) -> Double? {
        Theme.contrast(self[role])
    }

    /// The WCAG contrast of a style's foreground on its background; nil if nobody knows one of them.
    public static func contrast(_ style: Style) -> Double? {
        guard let front = style.foreground.luminance, let back = style.background.luminance
        else { return nil }
        return (max(front, back) + 0.05) / (min(front, back) + 0.05)
    }

    /// How text of `style` looks in the row under the cursor. States keep their hue: it is mixed with the cursor's
    /// own colour as far as it takes to be read there. Plain text takes the cursor's.
    ///
    /// - Parameter plain: the style of plain text.
    public func underCursor(_ style: Style, plain: Style) -> Style {
        let over = self[.cursor]
        var result = style.foreground == plain.foreground ? over : style
        result.background = over.background
        result.attributes.formUnion(over.attributes)
        for step in 1...4 {
            guard let contrast = Theme.contrast(result), contrast < 4.5 else { break }
            result.foreground = style.foreground.mixed(with: over.foreground, amount: Double(step) / 4)
        }
        return result
    }

    /// The text roles with less contrast than `minimum`, as `:skin` reports them.
    public func faintRoles(below minimum: Double) -> [(role: Role, contrast: Double)] {
        Role.allCases.compactMap { role in
            guard !Role.graphic.contains(role), let contrast = contrast(of: role),
                contrast < minimum
            else { return nil }
            return (role, contrast)
        }
    }
}

extension Role {
    /// Roles for lines and areas, which need no contrast for reading.
    public static let graphic: Set<Role> = [
        .border, .borderFocus, .gaugeFree, .wait, .yamlColon, .promptSuggestion,
    ]
}

extension Color {
    /// Relative luminance after WCAG 2, from 0 (black) to 1 (white); nil for the terminal's own.
    public var luminance: Double? {
        guard case .rgb(let r, let g, let b) = self else { return nil }
        return 0.2126 * Color.linear(r) + 0.7152 * Color.linear(g) + 0.0722 * Color.linear(b)
    }
}
