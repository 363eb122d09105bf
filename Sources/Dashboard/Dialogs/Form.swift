import Canvas
import ControlPlane
import Simulation
import SimulationKit

/// One field of a form.
struct FormField {
    enum Content {
        case text(TextField)
        case choice([String], Int)
    }
    var name: String
    var label: String
    var content: Content
    /// What is expected, dim behind the field.
    var hint: String

    init(_ name: String, _ label: String, text: String = "", hint: String = "") {
        (self.name, self.label, self.hint) = (name, label, hint)
        content = .text(TextField(prefilled: text))
    }
    init(_ name: String, _ label: String, choices: [String], selected: Int = 0, hint: String = "") {
        (self.name, self.label, self.hint) = (name, label, hint)
        content = .choice(choices, selected)
    }
    var value: String {
        switch content {
        case .text(let field): field.text.trimmingSpaces
        case .choice(let choices, let index): choices.isEmpty ? "" : choices[index]
        }
    }
}

/// The values of a form by the names of its fields.
struct FormValues {
    var values: [String: String]
    subscript(name: String) -> String { values[name] ?? "" }
    /// The whole number in a field, as far as the API counts: 32 bits; nil if it is none.
    func int(_ name: String) -> Int? { Int32(self[name]).map(Int.init) }
}

/// What a form wants done, or why it cannot be done yet.
enum FormResult {
    case done([Effect])
    case problem(String, field: String)
}

/// A dialog of labelled fields and buttons: `tab` moves, space or arrows choose, Enter goes to the buttons.
///
/// Used for everything that asks a few values: create, scale, drain, delete, faults. What it says about the
/// values before they are used comes from `preview`, computed before each draw.
struct Form: Dialog {
    var title: String
    var subject: String
    var fields: [FormField]
    var action: String
    /// Lines under the fields: what would happen.
    var preview: (FormValues, World) -> [StyledText]
    var submit: (FormValues, World) -> FormResult
    /// Shows or hides a field by the values of the others.
    var isShown: (String, FormValues) -> Bool = { _, _ in true }
    var changesCluster = true
    /// Index among the shown fields; then Cancel and the action.
    var focus = 0
    /// The form field that the cause of a refusal is about: where the cursor goes when it is refused.
    var fieldOf: (APIError.Cause) -> String? = { _ in nil }
    /// Adapts the other fields after one was changed.
    var adapt: (inout Form, String, World) -> Void = { _, _, _ in }
    private var problem: String?
    /// Whether the user has changed a field. Until then Enter leads to Cancel: a key pressed by mistake changes nothing.
    private var isTouched = false
    private var layout = Layout()

    init(
        title: String, subject: String = "", fields: [FormField], action: String, startOnCancel: Bool = false,
        isShown: @escaping (String, FormValues) -> Bool = { _, _ in true },
        preview: @escaping (FormValues, World) -> [StyledText] = { _, _ in [] },
        submit: @escaping (FormValues, World) -> FormResult
    ) {
        (self.title, self.subject, self.fields, self.action) = (title, subject, fields, action)
        (self.preview, self.submit, self.isShown) = (preview, submit, isShown)
        if startOnCancel { focus = shown.count }
    }

    var values: FormValues { FormValues(values: Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }) }
    private var shown: [Int] {
        let values = values
        return fields.indices.filter { isShown(fields[$0].name, values) }
    }

    var hints: [(key: String, text: String)] {
        [("tab", "next"), ("←/→", "choose"), ("enter", focus < shown.count ? "buttons" : "press"), ("y", action.lowercased()), ("esc", "cancel")]
            .filter { $0.key != "y" || fields.isEmpty || focus >= shown.count }
    }

    mutating func handle(_ key: Key, _ world: World) -> [Effect] {
        let shown = shown
        let count = shown.count + 2
        let onButtons = focus >= shown.count
        switch key {
        case .escape: return [.closeDialog]
        case .tab: focus = (focus + 1) % count
        case .backtab: focus = (focus + count - 1) % count
        // Arrows never lead to the button that acts: who thinks to be in a list must not press it.
        case .down: focus = onButtons ? 0 : focus + 1
        case .up: focus = onButtons ? max(0, shown.count - 1) : (focus + shown.count) % (shown.count + 1)
        case .enter:
            if !onButtons {
                focus = shown.count + (isTouched ? 1 : 0)
            } else if focus == shown.count {
                return [.closeDialog]
            } else {
                return press(world)
            }
        case .character("y") where onButtons: return press(world)
        case .character("n") where onButtons: return [.closeDialog]
        case .left where onButtons, .right where onButtons: focus = focus == shown.count ? shown.count + 1 : shown.count
        default:
            guard !onButtons else { return [] }
            problem = nil
            switch fields[shown[focus]].content {
            case .text(var field):
                let before = field.text
                _ = field.handle(key)
                fields[shown[focus]].content = .text(field)
                if field.text != before { changed(shown[focus], world) }
            case .choice(let choices, let index):
                guard !choices.isEmpty else { return [] }
                switch key {
                case .left, .character("h"): fields[shown[focus]].content = .choice(choices, (index + choices.count - 1) % choices.count)
                case .right, .character(" "), .character("l"): fields[shown[focus]].content = .choice(choices, (index + 1) % choices.count)
                default: return []
                }
                changed(shown[focus], world)
            }
        }
        return []
    }

    private mutating func changed(_ index: Int, _ world: World) {
        isTouched = true
        adapt(&self, fields[index].name, world)
    }

    private mutating func press(_ world: World) -> [Effect] {
        problem = nil
        switch submit(values, world) {
        case .done(let effects): return .attempting(effects)
        case .problem(let text, let field):
            problem = text
            focus = shown.firstIndex { fields[$0].name == field } ?? focus
            return []
        }
    }

    mutating func refused(_ text: String, _ causes: [APIError.Cause]) {
        problem = text
        let named = causes.compactMap { fieldOf($0) }
        if let place = shown.firstIndex(where: { fields[$0].name == named.first }) { focus = place }
    }

    mutating func paste(_ text: String) {
        guard focus < shown.count, case .text(var field) = fields[shown[focus]].content else { return }
        field.insert(text.replacing("\n", with: " "))
        fields[shown[focus]].content = .text(field)
        (isTouched, problem) = (true, nil)
    }

    /// Where the parts of the form stand.
    private struct Layout {
        var size = Size(width: 0, height: 0)
        var labelWidth = 0
        /// What would happen, and why it was refused, each in lines of the form's width.
        var preview: [StyledText] = []
        var refusal: [StyledText] = []
        /// Rows that the reason of a refusal takes.
        var reasonHeight = 1
        /// The first field that is seen.
        var top = 0
    }

    mutating func refresh(_ world: World, in area: Rect) {
        let shown = shown
        let labelWidth = (shown.map { TextWidth.columns(fields[$0].label) }.max() ?? 0) + 2
        let lines = preview(values, world)
        let width = min(
            area.width,
            max(
                56,
                min(
                    area.width - 4,
                    max(labelWidth + max(62, 40 + (shown.map { TextWidth.columns(fields[$0].hint) }.max() ?? 0)), (lines.map(\.width).max() ?? 0) + 6))))
        let inner = width - 4
        let wrapped = lines.flatMap { $0.wrapped(to: inner) }
        let refusal = problem.map { StyledText($0, world.theme[.flashError]).wrapped(to: inner) } ?? []
        let height = min(area.height, shown.count + wrapped.count + (wrapped.isEmpty ? 0 : 1) + 4 + max(1, refusal.count))
        // Inside of the frame: the fields, which scroll, what would happen, the reason of a refusal, the buttons.
        let insideHeight = max(0, height - 2)
        let reasonHeight = min(max(1, refusal.count), max(1, insideHeight - 2))
        layout = Layout(
            size: Size(width: width, height: height), labelWidth: labelWidth, preview: wrapped, refusal: refusal, reasonHeight: reasonHeight,
            top: Scrolling.top(
                following: min(focus, max(0, shown.count - 1)), from: layout.top, height: max(1, insideHeight - 1 - reasonHeight), count: shown.count))
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let shown = shown
        let (labelWidth, inner) = (layout.labelWidth, layout.size.width - 4)
        var title = StyledText(self.title, theme[.title])
        if !subject.isEmpty { title.append("  \(subject)", theme[.titleHighlight]) }
        let inside = Popup(title: title).draw(on: &canvas, centeredIn: area, size: layout.size, theme: theme)
        let surface = theme[.dialog].background
        let end = inside.bottom - 1 - layout.reasonHeight
        var y = inside.y
        for (position, index) in shown.enumerated().dropFirst(layout.top) where y < end {
            let field = fields[index]
            let focused = position == focus
            canvas.write(field.label, at: Point(x: inside.x, y: y), style: theme[.dialogLabel].on(surface), maxWidth: labelWidth - 1)
            let fieldRect = Rect(x: inside.x + labelWidth, y: y, width: min(34, inner - labelWidth), height: 1)
            switch field.content {
            case .text(let text):
                text.draw(
                    on: &canvas, at: fieldRect.origin, width: fieldRect.width,
                    style: theme[focused ? .dialogFieldFocus : .dialogField], focused: focused)
            case .choice(let choices, let selected):
                let style = theme[focused ? .dialogFieldFocus : .dialogField]
                canvas.fill(fieldRect, style: style)
                let value = choices.isEmpty ? "" : choices[selected]
                canvas.write("\(focused ? "‹ " : "  ")\(value)\(focused ? " ›" : "")", at: fieldRect.origin, style: style, maxWidth: fieldRect.width)
            }
            if !field.hint.isEmpty {
                canvas.write(
                    field.hint, at: Point(x: fieldRect.right + 2, y: y), style: theme[.dim].on(surface), maxWidth: max(0, inside.right - fieldRect.right - 2),
                    ellipsis: true)
            }
            y += 1
        }
        if !layout.preview.isEmpty { y += 1 }
        for line in layout.preview where y < end {
            canvas.write(line.restyled(from: theme[.dialog]) { $0.on(surface) }, at: Point(x: inside.x, y: y), style: theme[.dialog], maxWidth: inner)
            y += 1
        }
        for (line, text) in layout.refusal.prefix(layout.reasonHeight).enumerated() {
            canvas.write(text.restyled { $0.on(surface) }, at: Point(x: inside.x, y: end + line), maxWidth: inner)
        }
        ButtonRow(["Cancel", action], focused: focus >= shown.count ? focus - shown.count : nil)
            .draw(on: &canvas, in: Rect(x: inside.x, y: inside.bottom - 1, width: inner, height: 1), theme: theme)
    }
}

extension Command {
    /// Whether it cannot be done again to what it has been done to.
    var isOnce: Bool {
        switch self {
        case .create, .delete, .evict: true
        default: false
        }
    }
}
