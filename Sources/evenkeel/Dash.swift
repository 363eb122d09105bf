import ArgumentParser
import Canvas
import Dashboard
import Foundation
import Simulation
import SimulationKit
import Terminal

/// `evenkeel [FILE…]`: the dashboard.
struct Dash: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Open the dashboard (the default).",
        discussion: """
            The keys, commands and flags of k9s mean what they mean there. Your own keys,
            names and colours are read from $XDG_CONFIG_HOME (~/.config):

              evenkeel/keymap.yaml      preset: k9s
                                        keymap: {kill: [], nodes: {drain: ctrl-r}}
              evenkeel/aliases.yaml     aliases: {shop: pods shop app=web}
              evenkeel/hotkeys.yaml     hotKeys: {a: {shortCut: F5, command: deploy}}
              evenkeel/themes/*.yaml    themes: k9s skins
              k9s/aliases.yaml, k9s/hotkeys.yaml and k9s/skins/ as they are

            Commands typed after : are kept in $XDG_STATE_HOME/evenkeel/history.
            """,
        aliases: ["dash"])

    @OptionGroup var cluster: ClusterArguments

    @Option(help: ArgumentHelp("Speed of virtual time: 1 to 10000, or max (default 10).", valueName: "factor"))
    var speed: String?

    @Flag(name: [.customLong("read-only"), .customLong("readonly")], help: "Refuse everything that changes the cluster.")
    var readOnly = false

    @Flag(help: "The opposite of --read-only, which it overrides.") var write = false

    @Flag(help: "Start paused.") var paused = false

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Look at one namespace.", valueName: "name")) var namespace: String?
    @Flag(name: [.customShort("A"), .customLong("all-namespaces")], help: "Look at all namespaces (the default).") var allNamespaces = false
    @Option(name: [.customShort("c"), .long], help: ArgumentHelp("Run a command of the : prompt at the start, such as po or spread.", valueName: "line")) var command: String?
    @Option(help: ArgumentHelp("A theme: a file, or a name in the themes folder (K9S_SKIN is used too).", valueName: "name")) var skin: String?
    @Option(help: ArgumentHelp("Keys to start from: k9s (letters with shift sort, and nothing else) or evenkeel (the default).", valueName: "preset")) var keymap: KeymapPreset?
    @Flag(name: .customLong("no-color"), help: "Attributes only; also by NO_COLOR.") var noColor = false
    @Flag(help: "Draw with ASCII characters only.") var ascii = false
    @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.") var noMouse = false
    @Flag(help: "Swap light and dark, keeping the hues.") var invert = false
    @Flag(help: "Hide the header, as ctrl-e does.") var headless = false
    @Flag(help: "Hide the breadcrumbs, as ctrl-g does.") var crumbsless = false
    @Option(name: [.customShort("r"), .long], help: ArgumentHelp("At most one frame in so many seconds while time runs (default 0.033).", valueName: "seconds")) var refresh: Double?
    @Flag(name: .customLong("reduced-motion"), help: "One frame a second, and nothing flashes.") var reducedMotion = false
    @Option(name: [.customLong("screen-dump-dir"), .customLong("screenDumpDir", withSingleDash: false)], help: ArgumentHelp("Where ctrl-s saves (default: the working directory).", valueName: "folder")) var screenDumpFolder: String?
    @Flag(help: "Accepted for compatibility with k9s: there is no splash screen.") var splashless = false
    @Flag(help: "Accepted for compatibility with k9s: there is no logo.") var logoless = false
    @Option(name: [.customShort("l"), .customLong("logLevel"), .customLong("log-level")], help: ArgumentHelp("Accepted for compatibility with k9s: there is no log.", valueName: "level")) var logLevel: String?
    @Option(name: [.customLong("logFile"), .customLong("log-file")], help: ArgumentHelp("Accepted for compatibility with k9s: there is no log.", valueName: "file")) var logFile: String?
    @Option(help: ArgumentHelp("Refused: nothing but the simulated cluster is there to look at.", valueName: "name", visibility: .hidden)) var context: String?
    @Option(help: ArgumentHelp("Refused, as --context.", valueName: "file", visibility: .hidden)) var kubeconfig: String?

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        var options = DashboardOptions()
        let (loaded, input) = try cluster.session(builtIn: true)
        var session = loaded
        if let speed {
            guard let value = Speed(speed) else { throw Failure.usage("--speed must be 1 to 10000 or max, not \(speed)") }
            session.speed = value
        }
        if context != nil || kubeconfig != nil {
            throw Failure.usage("Evenkeel talks to no cluster; give it manifests, such as those of `kubectl get all,no -A -o yaml`")
        }
        if let refresh, !(0...3600).contains(refresh) { throw Failure.usage("--refresh must be 0 to 3600 seconds, not \(refresh)") }
        session.isPaused = paused
        options.readOnly = readOnly && !write
        options.reducedMotion = reducedMotion
        let problems = Settings.load(&options.settings)
        if let keymap { options.settings.keymap.preset = keymap }
        options.name = input.scenario.map(\.metadata.name) ?? Dash.name(cluster.files)
        let remarks = cluster.remarks(input)
        options.notice = remarks.isEmpty ? "<,> pause   <?> help   <:> command" : remarks.joined(separator: " ")

        let terminal: NcursesTerminal
        do throws(TerminalError) {
            terminal = try NcursesTerminal.open(
                NcursesTerminal.Options(noColor: noColor || !(environment["NO_COLOR"] ?? "").isEmpty, ascii: ascii, mouse: !noMouse))
        } catch {
            throw Failure.usage(error.description)
        }
        var warnings = (terminal.remark.map { [$0] } ?? []) + problems
        options.glyphs = terminal.capabilities.glyphs
        if terminal.capabilities.colors == 0 { options.theme = .monochrome }
        if let name = skin ?? environment["EVENKEEL_SKIN"] ?? environment["K9S_SKIN"], !name.isEmpty, terminal.capabilities.colors > 0 {
            switch Skins.load(name) {
            case .success(let found):
                options.theme = found.theme
                warnings += found.remarks
            case .failure(let problem): warnings.append(problem.message)
            }
        } else if terminal.capabilities.colors > 0, Skins.isLight(terminal.background, environment["COLORFGBG"]),
            case .success(let light) = Skins.load("harbor-light")
        {
            options.theme = light.theme
        }
        if invert { options.theme = options.theme.inverted }
        var dashboard = Dashboard(session: session, options: options)
        let watch = LongWorkWatch(terminal, theme: options.theme)
        dashboard.usersPatience = watch.patience
        // What comes with the program begins where it is worth looking at. Keys wait for that.
        watch.begin(onlyLeaving: true)
        if let shipped = try cluster.shipped(builtIn: true) { dashboard.run(to: .start + shipped.prelude) }
        dashboard.commandLines = History.load()
        if headless { dashboard.toggleHeader() }
        if crumbsless { dashboard.toggleCrumbs() }
        if let first = warnings.first {
            dashboard.note(warnings.count == 1 ? first : "\(first)  (and \(warnings.count - 1) more)", isError: true)
        }
        if let namespace, !allNamespaces { dashboard.type(":ns \(namespace)") }
        if let command { dashboard.type(":\(command)") }
        var loop = MainLoop(terminal: terminal, dashboard: dashboard, watch: watch)
        loop.framePeriod = UInt64(max(refresh ?? 0, reducedMotion ? 1 : 0.033) * 1e9)
        loop.folder = screenDumpFolder
        let status = loop.run()
        History.save(loop.dashboard.commandLines)
        let end = loop.dashboard.session
        Out.line("evenkeel: stopped at \(end.now.sinceStart), \(end.commandCount) commands, seed \(end.simulation.options.seed)")
        Out.end(status)
    }

    private static func name(_ files: [String]) -> String {
        let name = (files[0] as NSString).lastPathComponent
        return files.count == 1 ? (name as NSString).deletingPathExtension : "\(files.count) files"
    }
}

/// The loop of the dashboard: sleep until a key, a signal or the next frame; let time run; draw.
struct MainLoop {
    var terminal: NcursesTerminal
    var dashboard: Dashboard
    private let watch: LongWorkWatch
    private var last = DispatchTime.now().uptimeNanoseconds

    init(terminal: NcursesTerminal, dashboard: Dashboard, watch: LongWorkWatch) {
        (self.terminal, self.dashboard, self.watch) = (terminal, dashboard, watch)
    }

    /// At most so much work between two looks at the keyboard, in nanoseconds.
    private static let slice: UInt64 = 12_000_000
    /// Between two frames while time runs, in nanoseconds: 30 a second unless the user asks for fewer.
    var framePeriod: UInt64 = 33_000_000
    /// Where files are saved; nil for the working directory.
    var folder: String?
    /// Whether another window has the keyboard: then four frames a second are enough.
    private var isUnfocused = false

    /// Runs until the user leaves; answers the exit status.
    mutating func run() -> Int32 {
        var lastFrame: UInt64 = 0
        var hadKey = true
        while true {
            let now = DispatchTime.now().uptimeNanoseconds
            if dashboard.needsFrame, hadKey || now &- lastFrame >= (isUnfocused ? max(framePeriod, 250_000_000) : framePeriod) {
                watch.begin()
                let frame = dashboard.frame(size: terminal.size)
                guard watch.show(frame) else {
                    terminal.restore()
                    return 129
                }
                lastFrame = now
                hadKey = false
            }
            let events = nextEvents(since: lastFrame)
            advance()
            for event in events {
                hadKey = true
                watch.begin()
                switch event {
                case .terminate(let signal):
                    terminal.restore()
                    return 128 + signal
                case .hangup:
                    terminal.restore()
                    return 129
                case .focus(let hasFocus):
                    isUnfocused = !hasFocus
                    dashboard.handle(event)
                default: dashboard.handle(event)
                }
            }
            if dashboard.wantsToQuit {
                terminal.restore()
                return 0
            }
            performRequests()
        }
    }

    private func nextEvents(since lastFrame: UInt64) -> [TerminalEvent] {
        let kept = watch.takeEvents()
        return kept + terminal.nextEvents(timeoutMilliseconds: kept.isEmpty ? timeout(since: lastFrame) : 0)
    }

    private func timeout(since lastFrame: UInt64) -> Int32 {
        guard let patience = dashboard.patience else { return dashboard.needsFrame ? 0 : -1 }
        if dashboard.session.isPaused { return Int32(max(1, patience.nanoseconds / 1_000_000)) }
        if dashboard.session.speed == .maximum { return 0 }
        let elapsed = DispatchTime.now().uptimeNanoseconds &- lastFrame
        return Int32(max(1, (patience.nanoseconds - Int64(elapsed)) / 1_000_000))
    }

    private mutating func advance() {
        let now = DispatchTime.now().uptimeNanoseconds
        let elapsed = min(now &- last, 3_600_000_000_000)
        last = now
        let deadline = now + Self.slice
        dashboard.advance(by: Duration(nanoseconds: Int64(elapsed))) { DispatchTime.now().uptimeNanoseconds > deadline }
    }

    /// Opens `text` in the user's editor, as k9s and kubectl choose it, and applies what comes back.
    private mutating func edit(_ text: String) {
        let environment = ProcessInfo.processInfo.environment
        let editor = ["EVENKEEL_EDITOR", "K9S_EDITOR", "KUBE_EDITOR", "EDITOR"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "vi"
        let file = FileManager.default.temporaryDirectory.appending(path: "evenkeel-edit-\(ProcessInfo.processInfo.processIdentifier).yaml")
        var text = text
        var keepsFile = false
        defer { if !keepsFile { try? FileManager.default.removeItem(at: file) } }
        do {
            while true {
                try text.write(to: file, atomically: true, encoding: .utf8)
                let status = try terminal.withTerminalReleased { try ChildProgram.run(editor.split(separator: " ").map(String.init) + [file.path]) }
                last = DispatchTime.now().uptimeNanoseconds
                guard status == 0 else { return dashboard.note("\(editor) ended with status \(status)", isError: true) }
                switch dashboard.applyEdited(try String(contentsOf: file, encoding: .utf8), shown: text) {
                case .done: return
                case .again(let refused): text = refused
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

    /// Does what the dashboard asked its owner for: suspend, clipboard, files, themes.
    private mutating func performRequests() {
        if dashboard.wantsToSuspend {
            dashboard.wantsToSuspend = false
            terminal.suspend()
            last = DispatchTime.now().uptimeNanoseconds
        }
        if let text = dashboard.clipboard {
            dashboard.clipboard = nil
            do throws(TerminalError) {
                _ = try terminal.copyToClipboard(text)
            } catch {
                dashboard.note(error.description, isError: true)
            }
        }
        if let file = dashboard.fileToWrite {
            dashboard.fileToWrite = nil
            let isPath = file.name.hasPrefix("/") || file.name.hasPrefix("~/")
            let path = folder.flatMap { isPath ? nil : "\($0)/\(file.name)" } ?? file.name
            if let folder, !isPath { try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
            do throws(SavedFile.Problem) {
                try SavedFile(path: path).write(file.content, replacing: file.replaces)
                dashboard.note("Saved \(path)")
            } catch {
                if case .exists = error { dashboard.askToReplace(file.name, content: file.content) } else { dashboard.note("Not saved: \(error)", isError: true) }
            }
        }
        if let text = dashboard.textToEdit {
            dashboard.textToEdit = nil
            edit(text)
        }
        if let name = dashboard.requestedSkin {
            dashboard.requestedSkin = nil
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

extension KeymapPreset: ExpressibleByArgument {}
