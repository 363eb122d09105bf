import Yams

/// Why a skin cannot be used, with the place in the file.
public struct ThemeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file as the caller named it.
    public let file: String
    /// From 1; 0 if the place is unknown.
    public let line: Int
    /// What is wrong, as a sentence without the place.
    public let reason: String

    /// `file:line: reason`.
    public var description: String {
        line > 0 ? "\(file):\(line): \(reason)" : "\(file): \(reason)"
    }
}

/// Reads themes from skins as k9s has them.
///
/// The block `k9s:` is read as k9s reads it; what it lacks comes from our standard theme on the
/// skin's background. A block `evenkeel:` beside it may set our roles directly:
///
/// ```yaml
/// evenkeel:
///   limit: "#ffb454"
///   wait: {fgColor: gray, bgColor: default, style: bold}
/// ```
public enum ThemeReader {
    /// A theme and what was strange in its file, a line each with file and line number.
    public struct Reading: Sendable {
        /// The theme.
        public var theme: Theme
        /// Keys that mean nothing here.
        public var warnings: [String]
    }

    /// The theme in the text of a skin.
    ///
    /// - Parameters:
    ///   - yaml: the contents of the file.
    ///   - file: its name, for messages.
    ///   - name: what the theme will be called.
    /// - Throws: `ThemeError` for YAML that cannot be read, colours that do not exist, and files
    ///   with neither a `k9s:` nor an `evenkeel:` block.
    public static func read(
        _ yaml: String, file: String, name: String
    ) throws(ThemeError) -> Reading {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw problem(error, file: file)
        } catch {
            throw ThemeError(file: file, line: 0, reason: "not YAML: \(error)")
        }
        guard let mapping = root?.mapping else {
            throw ThemeError(file: file, line: 1, reason: "a skin has a block `k9s:`")
        }
        var skin = Skin(file: file)
        var found = false
        for (key, value) in mapping {
            switch key.string {
            case "k9s":
                found = true
                try skin.collect(value, path: "", known: true)
            case "evenkeel":
                found = true
                try skin.collectRoles(value)
            default:
                // Other keys at the top hold anchors, as `foreground: &foreground "#fff"`.
                continue
            }
        }
        guard found else {
            throw ThemeError(file: file, line: 1, reason: "a skin has a block `k9s:`")
        }
        return Reading(theme: skin.theme(named: name), warnings: skin.warnings)
    }

    private static func problem(_ error: YamlError, file: String) -> ThemeError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return ThemeError(file: file, line: mark.line, reason: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return ThemeError(
                file: file, line: context.mark.line,
                reason: "the key `\(duplicates.first ?? "?")` is there twice")
        default:
            return ThemeError(file: file, line: 0, reason: "not YAML: \(error)")
        }
    }
}

/// The values of a skin by path.
private struct Skin {
    let file: String
    var colors: [String: Color] = [:]
    var menuStyle: String?
    var roles: [Role: RoleEntry] = [:]
    var warnings: [String] = []

    struct RoleEntry {
        var foreground: Color?
        var background: Color?
        var attributes: Attributes?
    }

    init(file: String) {
        self.file = file
    }

    mutating func collect(_ node: Node, path: String, known: Bool) throws(ThemeError) {
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                let name = key.string ?? "?"
                let inner = path.isEmpty ? name : path + "." + name
                if name == "<<" {
                    try collect(value, path: path, known: known)
                } else if SkinKeys.groups.contains(inner) || SkinKeys.ignoredGroups.contains(inner) {
                    try collect(value, path: inner, known: known)
                } else if SkinKeys.ignored.contains(inner)
                    || SkinKeys.ignoredGroups.contains(where: { inner.hasPrefix($0 + ".") })
                {
                    continue
                } else if SkinKeys.colors.contains(inner) {
                    try take(value, path: inner)
                } else {
                    warn(line(key), "unknown key `\(inner)` is ignored")
                }
            }
        default:
            if !path.isEmpty { warn(line(node), "`\(path)` should be a block; it is ignored") }
        }
    }

    private mutating func take(_ node: Node, path: String) throws(ThemeError) {
        if path == "frame.menu.fgStyle" {
            menuStyle = node.string
            return
        }
        if case .sequence(let sequence) = node {
            for (index, item) in sequence.enumerated() {
                colors["\(path)[\(index)]"] = try color(item)
            }
            return
        }
        colors[path] = try color(node)
    }

    mutating func collectRoles(_ node: Node) throws(ThemeError) {
        guard let mapping = node.mapping else {
            throw ThemeError(
                file: file, line: line(node), reason: "`evenkeel` should be a block of roles")
        }
        for (key, value) in mapping {
            guard let name = key.string, let role = Role(rawValue: name) else {
                warn(line(key), "unknown role `\(key.string ?? "?")` is ignored")
                continue
            }
            var entry = RoleEntry()
            if let fields = value.mapping {
                for (field, content) in fields {
                    switch field.string {
                    case "fgColor": entry.foreground = try color(content)
                    case "bgColor": entry.background = try color(content)
                    case "style": entry.attributes = try attributes(content)
                    default:
                        warn(line(field), "unknown key `\(name).\(field.string ?? "?")` is ignored")
                    }
                }
            } else {
                entry.foreground = try color(value)
            }
            roles[role] = entry
        }
    }

    private func attributes(_ node: Node) throws(ThemeError) -> Attributes {
        var result: Attributes = []
        for word in (node.string ?? "").split(whereSeparator: { " ,".contains($0) }) {
            switch word {
            case "bold": result.insert(.bold)
            case "dim": result.insert(.dim)
            case "italic": result.insert(.italic)
            case "underline": result.insert(.underline)
            case "reverse": result.insert(.reverse)
            case "normal": break
            default:
                throw ThemeError(
                    file: file, line: line(node),
                    reason: "`\(word)` is not a style; use bold, dim, italic, underline, reverse")
            }
        }
        return result
    }

    private func color(_ node: Node) throws(ThemeError) -> Color {
        let text = node.string ?? ""
        let name = text.lowercased()
        if name == "default" || name == "-" || name.isEmpty { return .terminalDefault }
        if name.hasPrefix("#") {
            let digits = name.dropFirst()
            if digits.count == 6, let hex = UInt32(digits, radix: 16) { return Color(hex: hex) }
            if digits.count == 3, UInt32(digits, radix: 16) != nil,
                let hex = UInt32(digits.map { "\($0)\($0)" }.joined(), radix: 16)
            {
                return Color(hex: hex)
            }
        } else if let color = ColorNames.color(named: name) {
            return color
        }
        throw ThemeError(
            file: file, line: line(node),
            reason: "`\(text)` is not a colour; use \"#rrggbb\", a W3C name, or default")
    }

    private func line(_ node: Node) -> Int { node.mark?.line ?? 0 }

    private mutating func warn(_ line: Int, _ text: String) {
        warnings.append("\(file):\(line): \(text)")
    }

    func theme(named name: String) -> Theme {
        let standard = Theme.standard
        let ground = colors["body.bgColor"] ?? standard[.text].background
        var theme = Theme(name: name, styles: [:])
        for role in Role.allCases {
            let keys = SkinKeys.keys(of: role)
            var style = standard[role]
            // Surfaces of the standard theme stay only where the skin has no background at all.
            if colors["body.bgColor"] != nil { style.background = ground }
            if let color = first(keys.foreground) { style.foreground = color }
            if let color = first(keys.background) { style.background = color }
            if role == .menuText, let menuStyle {
                style.attributes = menuStyle == "dim" ? .dim : menuStyle == "bold" ? .bold : []
            }
            theme[role] = style
        }
        for (role, entry) in roles {
            if let color = entry.foreground { theme[role].foreground = color }
            if let color = entry.background { theme[role].background = color }
            if let attributes = entry.attributes { theme[role].attributes = attributes }
        }
        return theme
    }

    private func first(_ paths: [String]) -> Color? {
        for path in paths { if let color = colors[path] { return color } }
        return nil
    }
}

/// The keys of a k9s skin, and which roles they colour.
private enum SkinKeys {
    /// The keys to look at for a role, the first that is there counts.
    static func keys(of role: Role) -> (foreground: [String], background: [String]) {
        let body = "body.fgColor"
        let table = ["views.table.bgColor", "body.bgColor"]
        func status(_ key: String) -> (foreground: [String], background: [String]) {
            (["frame.status.\(key)Color"], table)
        }
        let titleBack = ["frame.title.bgColor", "body.bgColor"]
        let dialogBack = ["dialog.bgColor", "body.bgColor"]
        let buttonBack = ["dialog.buttonBgColor", "dialog.bgColor", "body.bgColor"]
        let chartBack = ["views.charts.bgColor", "body.bgColor"]
        let logBack = ["views.logs.bgColor", "body.bgColor"]
        let helpBack = ["help.bgColor", "body.bgColor"]
        switch role {
        case .text: return (["views.table.fgColor", body], table)
        case .dim: return (["frame.status.completedColor"], table)
        case .accent: return (["body.logoColor", "info.fgColor"], table)
        case .title: return (["frame.title.fgColor", body], titleBack)
        case .titleHighlight: return (["frame.title.highlightColor"], titleBack)
        case .titleCounter: return (["frame.title.counterColor"], titleBack)
        case .titleFilter: return (["frame.title.filterColor"], titleBack)
        case .border: return (["frame.border.fgColor"], ["body.bgColor"])
        case .borderFocus: return (["frame.border.focusColor"], ["body.bgColor"])
        case .statusLine: return (["info.sectionColor", body], ["body.bgColor"])
        case .statusLabel: return (["info.fgColor", body], ["body.bgColor"])
        case .statusPast:
            return (["body.bgColor"], ["frame.status.pendingColor", "frame.status.highlightColor"])
        case .menuKey: return (["frame.menu.keyColor"], ["body.bgColor"])
        case .menuText: return (["frame.menu.fgColor", body], ["body.bgColor"])
        case .crumb: return (["frame.crumbs.fgColor"], ["frame.crumbs.bgColor"])
        case .crumbActive: return (["frame.crumbs.fgColor"], ["frame.crumbs.activeColor"])
        case .flashInfo: return (["body.logoColorInfo", "frame.status.addColor"], ["body.bgColor"])
        case .flashWarn:
            return (["body.logoColorWarn", "frame.status.pendingColor"], ["body.bgColor"])
        case .flashError:
            return (["body.logoColorError", "frame.status.errorColor"], ["body.bgColor"])
        case .prompt: return (["prompt.fgColor", body], ["prompt.bgColor", "body.bgColor"])
        case .promptSuggestion:
            return (["prompt.suggestColor"], ["prompt.bgColor", "body.bgColor"])
        case .tableHeader:
            return (["views.table.header.fgColor"], ["views.table.header.bgColor"] + table)
        case .tableSorted:
            return (
                ["views.table.header.selectedSortColumnColor", "views.table.header.sorterColor"],
                ["views.table.header.bgColor"] + table
            )
        case .cursor:
            return (
                ["views.table.cursorFgColor", "body.bgColor"],
                ["views.table.cursorBgColor", "views.xray.cursorColor", "frame.status.addColor"]
            )
        case .mark: return (["views.table.markColor", "frame.status.highlightColor"], table)
        case .rowAdded: return status("new")
        case .rowModified: return status("modify")
        case .rowPending:
            return (["frame.status.pendingColor", "frame.status.highlightColor"], table)
        case .rowError: return status("error")
        case .rowHighlight: return status("highlight")
        case .rowKilled: return status("kill")
        case .rowCompleted: return status("completed")
        case .good: return status("add")
        case .yamlKey: return (["views.yaml.keyColor"], ["body.bgColor"])
        case .yamlColon: return (["views.yaml.colonColor"], ["body.bgColor"])
        case .yamlValue: return (["views.yaml.valueColor", body], ["body.bgColor"])
        case .dialog: return (["dialog.fgColor", body], dialogBack)
        case .dialogLabel: return (["dialog.labelFgColor", "dialog.fgColor"], dialogBack)
        case .dialogField, .dialogFieldFocus:
            return (["dialog.fieldFgColor", "dialog.fgColor"], dialogBack)
        case .button: return (["dialog.buttonFgColor", body], buttonBack)
        case .buttonFocus:
            return (
                ["dialog.buttonFocusFgColor", "body.bgColor"],
                ["dialog.buttonFocusBgColor"] + buttonBack
            )
        case .gaugeCPU:
            return (
                ["views.charts.resourceColors.cpu[0]", "views.charts.defaultDialColors[0]"],
                chartBack
            )
        case .gaugeMemory:
            return (
                ["views.charts.resourceColors.mem[0]", "views.charts.defaultDialColors[0]"],
                chartBack
            )
        case .gaugeFree: return (["frame.border.fgColor"], chartBack)
        case .sparkline, .work: return (["views.charts.defaultChartColors[0]"], chartBack)
        case .sparklineFault: return (["views.charts.defaultChartColors[1]"], chartBack)
        case .limit: return (["frame.status.pendingColor", "frame.status.highlightColor"], table)
        case .wait: return (["frame.status.killColor", "frame.border.fgColor"], chartBack)
        case .after: return (["frame.status.modifyColor"], chartBack)
        case .search:
            return (["body.bgColor"], ["frame.title.filterColor", "frame.status.highlightColor"])
        case .log: return (["views.logs.fgColor", body], logBack)
        case .logIndicator: return (["views.logs.indicator.fgColor", body], logBack)
        case .help: return (["help.fgColor", body], helpBack)
        case .helpKey: return (["help.keyColor", "frame.menu.keyColor"], helpBack)
        case .helpSection: return (["help.sectionColor", "frame.title.highlightColor"], helpBack)
        case .workload1, .workload2, .workload3, .workload4, .workload5, .workload6, .workload7,
            .workload8:
            return ([], table)
        }
    }

    static let groups: Set<String> = [
        "body", "prompt", "prompt.border", "help", "info", "frame", "frame.border", "frame.title",
        "frame.menu", "frame.crumbs", "frame.status", "views", "views.table",
        "views.table.header", "views.xray", "views.charts", "views.charts.resourceColors",
        "views.yaml", "views.picker", "views.logs", "views.logs.indicator", "dialog",
    ]

    /// Blocks of k9s for things there are none of here.
    static let ignoredGroups: Set<String> = ["splash", "emoji"]

    /// Keys of k9s that are right and mean nothing here.
    static let ignored: Set<String> = ["views.xray.showIcons"]

    static let colors: Set<String> = {
        let text = """
            body fgColor bgColor logoColor logoColorMsg logoColorInfo logoColorWarn logoColorError
            prompt fgColor bgColor suggestColor
            prompt.border command default
            help fgColor bgColor sectionColor keyColor numKeyColor
            info sectionColor fgColor cpuColor memColor k9sRevColor
            frame.border fgColor focusColor
            frame.title fgColor bgColor highlightColor counterColor filterColor
            frame.menu fgColor fgStyle keyColor numKeyColor
            frame.crumbs fgColor bgColor activeColor
            frame.status newColor modifyColor addColor pendingColor errorColor highlightColor \
            killColor completedColor
            views.table fgColor bgColor cursorFgColor cursorBgColor markColor
            views.table.header fgColor bgColor sorterColor selectedSortColumnColor
            views.xray fgColor bgColor cursorColor cursorTextColor graphicColor
            views.charts bgColor dialBgColor chartBgColor focusFgColor focusBgColor \
            defaultDialColors defaultChartColors
            views.charts.resourceColors cpu mem
            views.yaml keyColor colonColor valueColor
            views.picker mainColor focusColor shortcutColor
            views.logs fgColor bgColor
            views.logs.indicator fgColor bgColor toggleOnColor toggleOffColor
            dialog fgColor bgColor buttonFgColor buttonBgColor buttonFocusFgColor \
            buttonFocusBgColor labelFgColor fieldFgColor
            """
        var paths: Set<String> = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let group = words.first else { continue }
            for word in words.dropFirst() { paths.insert("\(group).\(word)") }
        }
        return paths
    }()
}
