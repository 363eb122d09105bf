// The themes that are part of the program: standard and monochrome.

extension Theme {
    /// The theme without a skin: calm colours on a dark ground, as in `themes/harbor-dark.yaml`.
    public static let standard: Theme = {
        let ground = Color(hex: 0x10151C)
        let raised = Color(hex: 0x18202A)
        func ink(_ hex: UInt32, _ attributes: Attributes = []) -> Style {
            Style(foreground: Color(hex: hex), background: ground, attributes: attributes)
        }
        func ink(_ hex: UInt32, on back: UInt32, _ attributes: Attributes = []) -> Style {
            Style(
                foreground: Color(hex: hex), background: Color(hex: back), attributes: attributes)
        }
        let text: UInt32 = 0xD3DAE4
        let dim: UInt32 = 0x8C98AA
        let teal: UInt32 = 0x5CCFC0
        let amber: UInt32 = 0xF0B866
        let violet: UInt32 = 0xC49BF2
        let red: UInt32 = 0xFF7A85
        let green: UInt32 = 0x8BD49C
        let blue: UInt32 = 0x6FB1F0
        return Theme(
            name: "harbor-dark",
            styles: [
                .text: ink(text), .dim: ink(dim), .accent: ink(teal),
                .title: ink(0xE8EDF4, .bold), .titleHighlight: ink(teal),
                .titleCounter: ink(dim), .titleFilter: ink(violet),
                .border: ink(0x3B4858), .borderFocus: ink(teal),
                .statusLine: Style(foreground: Color(hex: text), background: raised),
                .statusLabel: Style(foreground: Color(hex: dim), background: raised),
                .statusPast: ink(0x10151C, on: amber, .bold),
                .menuKey: ink(teal, .bold), .menuText: ink(dim),
                .crumb: ink(text, on: 0x26313F), .crumbActive: ink(0x10151C, on: teal, .bold),
                .flashInfo: ink(green), .flashWarn: ink(amber), .flashError: ink(red, .bold),
                .prompt: ink(text), .promptSuggestion: ink(0x66758A),
                .tableHeader: ink(dim, .bold), .tableSorted: ink(teal, .bold),
                .cursor: ink(0xFFFFFF, on: 0x2B4560, .bold), .mark: ink(amber, .bold),
                .rowAdded: ink(blue), .rowModified: ink(violet), .rowPending: ink(amber),
                .rowError: ink(red), .rowHighlight: ink(teal), .rowKilled: ink(dim),
                .rowCompleted: ink(dim), .good: ink(green),
                .yamlKey: ink(blue), .yamlColon: ink(dim), .yamlValue: ink(text),
                .dialog: Style(foreground: Color(hex: text), background: raised),
                .dialogLabel: Style(foreground: Color(hex: dim), background: raised),
                .dialogField: ink(text, on: 0x26313F),
                .dialogFieldFocus: ink(0xFFFFFF, on: 0x2B4560, .bold),
                .button: ink(text, on: 0x26313F), .buttonFocus: ink(0x10151C, on: teal, .bold),
                .gaugeCPU: ink(blue), .gaugeMemory: ink(violet), .gaugeFree: ink(0x3B4858),
                .sparkline: ink(blue), .sparklineFault: ink(red), .limit: ink(amber),
                .wait: ink(0x66758A), .work: ink(blue), .after: ink(violet),
                .search: ink(0x10151C, on: amber),
                .log: ink(text), .logIndicator: ink(dim),
                .help: ink(text), .helpKey: ink(teal, .bold), .helpSection: ink(amber, .bold),
                .workload1: ink(0x56B4E9), .workload2: ink(0xE69F00), .workload3: ink(0x4DC99F),
                .workload4: ink(0xF0E442), .workload5: ink(0xE093BF), .workload6: ink(0xFF7F50),
                .workload7: ink(0x93A5FF), .workload8: ink(0xB8C0CC),
            ])
    }()

    /// No colours, for `NO_COLOR` and terminals without: states differ by attributes and glyphs.
    public static let monochrome: Theme = {
        var styles: [Role: Style] = [:]
        let bold: [Role] = [
            .accent, .title, .titleHighlight, .borderFocus, .menuKey, .flashWarn, .flashError,
            .tableHeader, .mark, .rowPending, .rowError, .helpKey, .helpSection, .dialogFieldFocus,
            .sparklineFault, .limit, .yamlKey,
        ]
        let underlined: [Role] = [
            .tableSorted, .rowError, .dialogField, .dialogFieldFocus, .flashError, .sparklineFault,
        ]
        let reversed: [Role] = [
            .cursor, .crumbActive, .statusPast, .buttonFocus, .search, .statusLine, .statusLabel,
        ]
        let faint: [Role] = [
            .dim, .rowKilled, .rowCompleted, .gaugeFree, .promptSuggestion, .wait, .border,
        ]
        for role in Role.allCases { styles[role] = .plain }
        for (roles, attribute) in [
            (bold, Attributes.bold), (underlined, .underline), (reversed, .reverse), (faint, .dim),
        ] {
            for role in roles { styles[role]?.attributes.formUnion(attribute) }
        }
        return Theme(name: "monochrome", styles: styles)
    }()
}
