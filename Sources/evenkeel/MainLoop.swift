// The loop that runs the dashboard on a terminal, or on a script in tests.

import Canvas
import Dashboard
import Dispatch
import Foundation
import Simulation
import SimulationKit
import Terminal

/// The loop of the dashboard: sleep until a key, a signal or the next frame; let time run; draw; do what the dashboard asks for.
package final class MainLoop<Device: TerminalDevice> {
    package var dashboard: Dashboard
    /// It has the terminal, since it looks at the keyboard while the dashboard works.
    private let watch: LongWorkWatch<Device>
    private var last = DispatchTime.now().uptimeNanoseconds

    package init(dashboard: Dashboard, watch: LongWorkWatch<Device>) { (self.dashboard, self.watch) = (dashboard, watch) }

    /// At most so much work between two looks at the keyboard, in nanoseconds.
    private static var slice: UInt64 { 8_000_000 }
    /// The least time between two frames for which no key asks, in nanoseconds, if the user wants fewer than the dashboard.
    package var framePeriod: UInt64 = 0
    /// Where files are saved; nil for the working directory.
    package var folder: String?
    /// Names the editor.
    package var environment = ProcessInfo.processInfo.environment
    var server = DashboardServer()
    /// Chooses theme and glyphs by what the terminal is known to be.
    var dress: ((inout Dashboard, LongWorkWatch<Device>) -> Void)?
    /// What a followed cluster told since the last call, and the moment; nil if none is followed.
    package var follow: (() -> (update: LiveUpdate, now: Instant))?
    /// Whether another window has the keyboard: then four frames a second are enough.
    private var isUnfocused = false
    /// Whether time ran in this turn.
    private var runs = true
    private var lastFrame: UInt64 = 0
    /// What the last frames took, in nanoseconds: one that took long does not keep the next one waiting.
    private var cost: UInt64 = 0
    private let forwards = ForwardedPorts()

    /// Runs until the user leaves; returns the exit status.
    package func run() -> Int32 {
        var hadKey = true
        while true {
            let now = DispatchTime.now().uptimeNanoseconds
            if dashboard.needsFrame, hadKey || now &- lastFrame >= period {
                watch.begin()
                let frame = dashboard.frame(size: watch.terminal.size)
                guard watch.show(frame) else {
                    watch.terminal.restore()
                    return 129
                }
                lastFrame = now
                cost = (cost * 3 + (DispatchTime.now().uptimeNanoseconds &- now)) / 4
                hadKey = false
            }
            let events = nextEvents()
            // A key acts on what its user sees, and is not kept waiting by the simulation; nor do keys without end hold that up.
            runs = events.isEmpty || !runs
            advance()
            for event in events {
                hadKey = true
                watch.begin()
                switch event {
                case .terminate(let signal):
                    watch.terminal.restore()
                    return 128 + signal
                case .hangup:
                    watch.terminal.restore()
                    return 129
                case .focus(let hasFocus):
                    isUnfocused = !hasFocus
                    dashboard.handle(event)
                case .learned: dress?(&dashboard, watch)
                default: dashboard.handle(event)
                }
            }
            forwards.exchange(&dashboard)
            performRequests()
            if dashboard.wantsToQuit {
                watch.terminal.restore()
                return 0
            }
        }
    }

    /// Between two frames for which no key asks, in nanoseconds. They take a sixth of the time, as the rest is the simulation's; where that
    /// would leave the screen standing still for more than 50 ms, up to half.
    private var period: UInt64 {
        let rest = min(cost * 6, max(cost * 2, 33_000_000), 500_000_000)
        return max(framePeriod, UInt64(dashboard.framePeriod.nanoseconds), rest, isUnfocused ? 250_000_000 : 0)
    }

    private func nextEvents() -> [TerminalEvent] {
        let kept = watch.takeEvents()
        var wait = kept.isEmpty ? timeout : 0
        // Requests do not wake the terminal: they are looked for.
        if server.isRunning, !(0...5).contains(wait) { wait = 5 }
        return kept + watch.terminal.nextEvents(timeoutMilliseconds: wait)
    }

    /// How long to wait for a key, in milliseconds; -1 for as long as none comes.
    private var timeout: Int32 {
        guard let patience = dashboard.patience else { return dashboard.needsFrame ? 0 : -1 }
        if dashboard.session.isPaused { return Int32(max(1, patience.nanoseconds / 1_000_000)) }
        if dashboard.session.speed == .maximum || dashboard.isBehind { return 0 }
        // Until the next frame is due, unless the dashboard has something to do before; and no longer than time can be made up for.
        let rest = Int64(period) - Int64(clamping: DispatchTime.now().uptimeNanoseconds &- lastFrame)
        let wait = patience < dashboard.framePeriod ? min(patience.nanoseconds, rest) : rest
        return Int32(min(max(1, wait / 1_000_000), 200))
    }

    private func advance() {
        let now = DispatchTime.now().uptimeNanoseconds
        let elapsed = min(now &- last, 3_600_000_000_000)
        last = now
        guard runs else { return dashboard.pass(Duration(nanoseconds: Int64(elapsed))) }
        // A frame that is due does not wait for the end of a slice.
        let deadline = dashboard.needsFrame ? min(now + Self.slice, max(now, lastFrame &+ period)) : now + Self.slice
        dashboard.advance(by: Duration(nanoseconds: Int64(elapsed))) { DispatchTime.now().uptimeNanoseconds > deadline }
        server.turn(&dashboard)
        if let (update, now) = follow?() { dashboard.follow(update, at: now) }
    }

    /// Opens `text` in the user's editor, as k9s and kubectl choose it, and applies what comes back.
    private func edit(_ object: EditedObject) {
        let environment = environment
        let editor = ["EVENKEEL_EDITOR", "K9S_EDITOR", "KUBE_EDITOR", "EDITOR"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "vi"
        let file = FileManager.default.temporaryDirectory.appending(path: "evenkeel-edit-\(ProcessInfo.processInfo.processIdentifier).yaml")
        var object = object
        var keepsFile = false
        defer { if !keepsFile { try? FileManager.default.removeItem(at: file) } }
        do {
            while true {
                try object.text.write(to: file, atomically: true, encoding: .utf8)
                let status = try watch.terminal.withTerminalReleased { try ChildProgram.run(editor.split(separator: " ").map(String.init) + [file.path]) }
                last = DispatchTime.now().uptimeNanoseconds
                guard status == 0 else { return dashboard.note("\(editor) ended with status \(status)", isError: true) }
                switch dashboard.applyEdited(try String(contentsOf: file, encoding: .utf8), of: object) {
                case .done: return
                case .again(let refused): object = refused
                case .givenUp(let message, let refused):
                    keepsFile = true
                    try refused.write(to: file, atomically: true, encoding: .utf8)
                    return dashboard.note("\(message) A copy of your changes has been stored to \(file.path)", isError: true)
                }
            }
        } catch {
            dashboard.note("The editor \(editor) could not be used: \(error)", isError: true)
        }
    }

    /// Does what the dashboard asks for, in the order in which it was asked.
    private func performRequests() {
        while let request = dashboard.takeRequest() {
            switch request {
            case .suspend:
                watch.terminal.suspend()
                last = DispatchTime.now().uptimeNanoseconds
            case .copy(let text):
                do throws(TerminalError) {
                    _ = try watch.terminal.copyToClipboard(text)
                } catch {
                    dashboard.note(error.description, isError: true)
                }
            case .write(let file, let content, let replaces): write(content, to: file, replaces: replaces)
            case .edit(let object): edit(object)
            case .listen(let id, let port): forwards.listen(id, port: port, &dashboard)
            case .closePort(let id): forwards.close(id)
            case .serve(let port): server.start(port: port, &dashboard)
            case .stopServing: server.stop(&dashboard)
            case .loadTheme(let name):
                switch Skins.load(name) {
                case .success(let found):
                    dashboard.theme = found.theme
                    watch.theme = found.theme
                    dashboard.note((["Theme \(name)"] + found.remarks).joined(separator: "; "))
                case .failure(let problem): dashboard.note(problem.message, isError: true)
                }
            }
        }
    }

    /// Writes a file into the folder for files, unless its name is a whole path.
    private func write(_ content: String, to file: String, replaces: Bool) {
        let isPath = file.hasPrefix("/") || file.hasPrefix("~/")
        let path = folder.flatMap { isPath ? nil : "\($0)/\(file)" } ?? file
        if let folder, !isPath { try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        do throws(SavedFile.Problem) {
            try SavedFile(path: path).write(content, replacing: replaces)
            dashboard.note("Saved \(path)")
        } catch {
            if case .exists = error { dashboard.askToReplace(file, content: content) } else { dashboard.note("Not saved: \(error)", isError: true) }
        }
    }
}
