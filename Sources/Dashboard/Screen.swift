import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What a screen or dialog wants done by the dashboard.
enum Effect {
    case push(any Screen)
    case pop
    /// Back to this screen alone.
    case root(any Screen)
    case flash(String, Flash.Level = .info)
    case open(any Dialog)
    case closeDialog
    /// Perform a command; the answer or refusal is flashed.
    case perform([Command], then: (any Screen)? = nil)
    /// Perform what a dialog asks for: it closes if that is done, and is told the reason if it is refused.
    case attempt([Command], then: (any Screen)? = nil)
    case setNamespace(String)
    case setAvailability(AvailabilityParameters)
    case copy(String, what: String)
    /// Open the object in the user's editor and apply what comes back.
    case edit(any StoredObject)
    /// Have a file written; one that is there already is replaced only after a question, unless `replaces` says so.
    case write(file: String, content: String, replaces: Bool = false)
    /// Forward a port of a pod or Service.
    case forward(Kind, ObjectKey, port: Int, localPort: Int)
    case closeForward(Int)
    case run(line: String)
    /// Do what a key for it would do in the view that is on top by then.
    case act(Action)
    /// Do what this key does.
    case press(Key)
    /// Open the command prompt with this text.
    case prompt(String)
    case quit
}

/// A message on the crumbs row.
public struct Flash: Sendable, Equatable {
    public enum Level: Sendable { case info, warning, error }
    public var text: String
    public var level: Level
}

/// A full-screen view. A value: it holds what the user is looking at (cursor, scroll, sort, filter), never the data.
protocol Screen {
    /// Its name in the breadcrumbs.
    var crumb: String { get }
    /// Its own keys; those of ``Bindings/general``, time and navigation come after.
    var bindings: [BindingGroup] { get }
    /// The filter or search text in force; empty for none.
    var filter: String { get set }
    /// Whether the filter is a search in a text (the prompt says so).
    var isText: Bool { get }
    /// The workload the view is about, if any: the Deck and Spread follow it.
    func focusedWorkload(_ world: World) -> Workload?
    /// What the key for what-if asks about; nil: the workload.
    func whatIfSubject(_ world: World) -> WhatIfSubject?
    /// Whether the footer offers `action` for what is under the cursor: not all that works belongs there.
    func offers(_ action: Action, _ world: World) -> Bool
    /// Why `action`, one of its own, cannot be done now, in words for the user; nil if it can. Whoever asks for it is told so, and the
    /// palette tells beforehand.
    func unavailable(_ action: Action, _ world: World) -> String?
    /// The ids of the spread groups that it shows whole: ``World/spreadGroup(_:)`` has them when it is refreshed and drawn.
    func spreadSeen(_ world: World) -> [String]
    /// The sessions with pods that are open as long as the view is.
    var sessions: [LinkSession] { get }
    /// What stands at the right of the breadcrumbs while there is no message; nil for nothing.
    func remark(_ world: World) -> String?
    /// Performs `action`; nil if the screen does not know it.
    mutating func perform(_ action: Action, _ world: World) -> [Effect]?
    /// Takes in what changed in the world and in the view's place on the screen: which rows there are, where the cursor stands among
    /// them, which of them are seen. It comes before every key, click and frame, so keys work before the first frame was drawn.
    mutating func refresh(_ world: World, in area: Rect)
    /// Draws what ``refresh(_:in:)`` prepared for the same area.
    func draw(on canvas: inout Canvas, in area: Rect, _ world: World)
    /// What was prepared has been seen: what differs from it next time is news.
    mutating func wasDrawn(_ world: World)
    /// Whether the view has something to compute beside time and keys.
    var hasWork: Bool { get }
    /// Starts what is to be computed for what is looked at now; part of ``refresh(_:in:)``.
    mutating func prepare(_ world: World)
    /// Computes until `shouldStop` says so; it is asked often.
    mutating func work(_ world: World, until shouldStop: () -> Bool)
    /// What the peek pane tells about the row under the cursor; nil if there is nothing to tell.
    func peek(_ world: World) -> Peek?
    /// Whether the peek pane is there unless the user hides it; where the view tells about the row itself it is not.
    var peeksByDefault: Bool { get }
    /// Takes a key that is typed rather than asks for something, before any binding; nil if nothing is typed here.
    mutating func typed(_ key: Key, _ world: World) -> [Effect]?
    /// Takes a text that was pasted; nil if nothing is typed here.
    mutating func paste(_ text: String, _ world: World) -> [Effect]?
    /// Time has gone on: does what was waiting for it.
    mutating func tick(_ world: World) -> [Effect]
    /// Keys for the last row while the view takes what is typed; nil if it does not.
    var typingHints: [(key: String, text: String)]? { get }
    /// A click or turn of the wheel inside the view.
    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect]
}

extension Screen {
    var isText: Bool { false }
    func focusedWorkload(_ world: World) -> Workload? { nil }
    func whatIfSubject(_ world: World) -> WhatIfSubject? { focusedWorkload(world).map(WhatIfSubject.workload) }
    func offers(_ action: Action, _ world: World) -> Bool {
        switch GeneralAction(action) {
        case .spread: focusedWorkload(world) != nil
        case .create, .fault: !isText
        case .whatIf: refusal(action, world) == nil
        default: true
        }
    }
    func unavailable(_ action: Action, _ world: World) -> String? { nil }
    /// Why `action`, its own or a general one, cannot be done now; nil if it can.
    func refusal(_ action: Action, _ world: World) -> String? {
        if let reason = unavailable(action, world) { return reason }
        switch GeneralAction(action) {
        case .whatIf: return whatIfSubject(world) == nil ? "Select a node, a workload or a constraint first" : nil
        case .peek: return isText ? "There is no row to peek at" : nil
        default: return nil
        }
    }
    func spreadSeen(_ world: World) -> [String] { [] }
    var sessions: [LinkSession] { [] }
    func remark(_ world: World) -> String? { nil }
    func peek(_ world: World) -> Peek? { nil }
    var peeksByDefault: Bool { false }
    var hasWork: Bool { false }
    mutating func refresh(_ world: World, in area: Rect) {}
    mutating func wasDrawn(_ world: World) {}
    mutating func prepare(_ world: World) {}
    mutating func work(_ world: World, until shouldStop: () -> Bool) {}
    mutating func typed(_ key: Key, _ world: World) -> [Effect]? { nil }
    mutating func paste(_ text: String, _ world: World) -> [Effect]? { nil }
    mutating func tick(_ world: World) -> [Effect] { [] }
    var typingHints: [(key: String, text: String)]? { nil }
    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        guard event.kind == .wheelDown || event.kind == .wheelUp else { return [] }
        var effects: [Effect] = []
        for _ in 0..<(isText ? 3 : 1) { effects += perform(Action(event.kind == .wheelDown ? Motion.down : .up), world) ?? [] }
        return effects
    }
}

/// A box over the screen that takes all keys until it closes.
protocol Dialog {
    mutating func handle(_ key: Key, _ world: World) -> [Effect]
    mutating func paste(_ text: String)
    /// Prepares what is drawn next in `area`: what follows from the world as it is, what is scrolled to.
    mutating func refresh(_ world: World, in area: Rect)
    func draw(on canvas: inout Canvas, in area: Rect, _ world: World)
    /// Keys for the last row while the dialog is open.
    var hints: [(key: String, text: String)] { get }
    /// Whether it is refused when nothing may be changed.
    var changesCluster: Bool { get }
    /// What it asked for was refused: it stays as it is and says why. The causes name the fields.
    mutating func refused(_ text: String, _ causes: [APIError.Cause])
}

extension [Effect] {
    /// The effects of a dialog that is done: commands that are refused leave it open.
    static func attempting(_ effects: [Effect]) -> [Effect] {
        guard effects.count == 1, case .perform(let commands, let screen) = effects[0] else { return [.closeDialog] + effects }
        return [.attempt(commands, then: screen)]
    }
}

extension Dialog {
    mutating func paste(_ text: String) {}
    mutating func refresh(_ world: World, in area: Rect) {}
    var changesCluster: Bool { true }
}
