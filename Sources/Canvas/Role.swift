/// What a piece of the screen means. Views ask the theme for a role, never for a colour.
public enum Role: String, CaseIterable, Hashable, Sendable {
    /// Ordinary text.
    case text
    /// Text of lesser weight.
    case dim
    /// What should catch the eye without being a state: names, the product.
    case accent
    /// The title of a box.
    case title
    /// The namespace or subject in a title.
    case titleHighlight
    /// The count in a title.
    case titleCounter
    /// The filter in a title.
    case titleFilter
    /// The frame of a box.
    case border
    /// The frame of the box with the focus.
    case borderFocus
    /// The first row of the screen.
    case statusLine
    /// Labels in the first row.
    case statusLabel
    /// The mark of a moment that is past, in the first row.
    case statusPast
    /// A key in the last row.
    case menuKey
    /// What the key does.
    case menuText
    /// A breadcrumb.
    case crumb
    /// The last breadcrumb.
    case crumbActive
    /// A message that all went well.
    case flashInfo
    /// A message that asks for attention.
    case flashWarn
    /// A message that something failed.
    case flashError
    /// The prompt for commands and filters.
    case prompt
    /// What the prompt would complete.
    case promptSuggestion
    /// Column titles.
    case tableHeader
    /// The title of the column that sorts.
    case tableSorted
    /// The row under the cursor.
    case cursor
    /// A marked row.
    case mark
    /// A row that just appeared.
    case rowAdded
    /// A row that just changed.
    case rowModified
    /// Waiting, and a rule that is at its limit.
    case rowPending
    /// Failed, and a rule that is violated.
    case rowError
    /// What a what-if would add.
    case rowHighlight
    /// Terminating.
    case rowKilled
    /// Completed.
    case rowCompleted
    /// Ready, fine, within limits.
    case good
    /// A key in YAML.
    case yamlKey
    /// The colon after it.
    case yamlColon
    /// The value.
    case yamlValue
    /// The surface of a dialog.
    case dialog
    /// A label in a dialog.
    case dialogLabel
    /// A field in a dialog.
    case dialogField
    /// The field with the focus.
    case dialogFieldFocus
    /// A button.
    case button
    /// The button with the focus.
    case buttonFocus
    /// The used part of a CPU bar.
    case gaugeCPU
    /// The used part of a memory bar.
    case gaugeMemory
    /// The free part of a bar.
    case gaugeFree
    /// A curve.
    case sparkline
    /// A curve where it is over its limit.
    case sparklineFault
    /// A limit.
    case limit
    /// A span of waiting.
    case wait
    /// A span of work.
    case work
    /// A span after the work, as probes.
    case after
    /// A search hit.
    case search
    /// A log line.
    case log
    /// The options above a log.
    case logIndicator
    /// Help text.
    case help
    /// A key in the help.
    case helpKey
    /// A heading in the help.
    case helpSection
    /// The first workload's colour; the eight can be told apart, also by the colour-blind.
    case workload1
    /// The second workload's colour.
    case workload2
    /// The third workload's colour.
    case workload3
    /// The fourth workload's colour.
    case workload4
    /// The fifth workload's colour.
    case workload5
    /// The sixth workload's colour.
    case workload6
    /// The seventh workload's colour.
    case workload7
    /// The eighth workload's colour.
    case workload8

    /// The workload roles in order.
    public static let workloads: [Role] = [
        .workload1, .workload2, .workload3, .workload4, .workload5, .workload6, .workload7,
        .workload8,
    ]

    /// The colour of the `index`th workload; from the eighth on they start over.
    public static func workload(_ index: Int) -> Role {
        workloads[((index % 8) + 8) % 8]
    }
}
