import Canvas
import Dashboard
import Foundation
import Terminal

/// Watches the keyboard while the dashboard works for long, and shows how far it is.
///
/// What was typed before the progress was seen is kept for afterwards, as anybody types ahead; only ctrl-c and F10 stop the
/// work from the first moment. From then on any key does.
package final class LongWorkWatch<Device: TerminalDevice> {
    var theme: Theme
    package var terminal: Device
    /// Events that came meanwhile.
    private var events: [TerminalEvent] = []
    /// What is on the screen, for the progress to stand on.
    private var frame: Canvas?
    private var began: UInt64 = 0
    private var lastLook: UInt64 = 0
    private var lastShown: UInt64 = 0
    private var isShown = false
    private var onlyLeaving = false

    /// Work that takes longer is felt, and shown; in nanoseconds.
    private static var felt: UInt64 { 80_000_000 }
    private static var lookPeriod: UInt64 { 20_000_000 }
    private static var showPeriod: UInt64 { 100_000_000 }

    package init(_ terminal: Device, theme: Theme) { (self.terminal, self.theme) = (terminal, theme) }

    /// What the dashboard asks.
    var patience: Patience {
        Patience(isOver: { [self] in isOver($0) }, isFelt: { [self] in DispatchTime.now().uptimeNanoseconds &- began > Self.felt })
    }

    /// A key or frame begins, and with it the time that is allowed for it.
    ///
    /// - Parameter onlyLeaving: only what leaves the program stops the work.
    func begin(onlyLeaving: Bool = false) {
        began = DispatchTime.now().uptimeNanoseconds
        isShown = false
        self.onlyLeaving = onlyLeaving
    }

    /// Shows at once how far work is that is known to take long, and of which only leaving the program is possible.
    func begin(showing progress: WorkProgress) {
        begin(onlyLeaving: true)
        show(progress)
    }

    /// Whether the user wants to leave, or the terminal is gone; shows how far it is now and then.
    func isLeaving(_ progress: @autoclosure () -> WorkProgress) -> Bool { isOver(progress) }

    @discardableResult
    private func show(_ progress: WorkProgress) -> Bool {
        (isShown, lastShown) = (true, DispatchTime.now().uptimeNanoseconds)
        var picture = frame ?? Canvas(size: terminal.size, glyphs: terminal.capabilities.glyphs, style: theme[.text])
        var progress = progress
        if onlyLeaving { progress.hint = "ctrl-c leaves" }
        progress.draw(on: &picture, theme: theme)
        do throws(TerminalError) { try terminal.present(picture) } catch { return false }
        return true
    }

    /// Shows a frame; false if the terminal is gone.
    @discardableResult
    func show(_ new: Canvas) -> Bool {
        frame = new
        do throws(TerminalError) { try terminal.present(new) } catch { return false }
        return true
    }

    /// Takes in what is there already, such as the terminal's answers to what it was asked.
    func look() { events += terminal.nextEvents(timeoutMilliseconds: 0) }

    /// The events that came during long work, in the order they came.
    func takeEvents() -> [TerminalEvent] {
        defer { events = [] }
        return events
    }

    private func isOver(_ progress: () -> WorkProgress) -> Bool {
        let now = DispatchTime.now().uptimeNanoseconds
        guard now &- lastLook > Self.lookPeriod else { return false }
        lastLook = now
        var stops = false
        for event in terminal.nextEvents(timeoutMilliseconds: 0) {
            switch event {
            case .key(.control("c")) where !onlyLeaving: stops = true
            case .terminate, .hangup, .key(.function(10)), .key(.control("c")):
                stops = true
                events.append(event)
            case .key, .paste: if isShown, !onlyLeaving { stops = true } else { events.append(event) }
            case .mouse: if !isShown { events.append(event) }
            case .suspendRequested, .resize, .resumed, .focus, .learned: events.append(event)
            }
        }
        if stops { return true }
        if now &- began > Self.felt, !isShown || now &- lastShown > Self.showPeriod {
            guard show(progress()) else {
                events.append(.hangup)
                return true
            }
        }
        return false
    }
}
