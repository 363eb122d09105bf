import ArgumentParser
import Canvas
import Dashboard
import Foundation
import Manifests
import Network
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
    @Option(name: [.customShort("c"), .long], help: ArgumentHelp("Run a command of the : prompt at the start, such as po or spread.", valueName: "line"))
    var command: String?
    @Option(help: ArgumentHelp("A theme: a file, or a name in the themes folder (K9S_SKIN is used too).", valueName: "name")) var skin: String?
    @Option(help: ArgumentHelp("Keys to start from: k9s (letters with shift sort, and nothing else) or evenkeel (the default).", valueName: "preset"))
    var keymap: KeymapPreset?
    @Flag(name: .customLong("no-color"), help: "Attributes only; also by NO_COLOR.") var noColor = false
    @Flag(help: "Draw with ASCII characters only.") var ascii = false
    @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.") var noMouse = false
    @Flag(help: "Swap light and dark, keeping the hues.") var invert = false
    #if Network
        @Flag(help: "Let kubectl and other clients in; virtual time then begins at the present and runs x1.") var serve = false
    #endif
    @Flag(help: "Hide the header, as ctrl-e does.") var headless = false
    @Flag(help: "Hide the breadcrumbs, as ctrl-g does.") var crumbsless = false
    @Option(
        name: [.customShort("r"), .long], help: ArgumentHelp("At most one frame in so many seconds while time runs (default 0.033).", valueName: "seconds"))
    var refresh: Double?
    @Flag(name: .customLong("reduced-motion"), help: "One frame a second, and nothing flashes.") var reducedMotion = false
    @Option(
        name: [.customLong("screen-dump-dir"), .customLong("screenDumpDir", withSingleDash: false)],
        help: ArgumentHelp("Where ctrl-s saves (default: the working directory).", valueName: "folder")) var screenDumpFolder: String?
    @Flag(help: "Accepted for compatibility with k9s: there is no splash screen.") var splashless = false
    @Flag(help: "Accepted for compatibility with k9s: there is no logo.") var logoless = false
    @Option(
        name: [.customShort("l"), .customLong("logLevel"), .customLong("log-level")],
        help: ArgumentHelp("Accepted for compatibility with k9s: there is no log.", valueName: "level")) var logLevel: String?
    @Option(
        name: [.customLong("logFile"), .customLong("log-file")], help: ArgumentHelp("Accepted for compatibility with k9s: there is no log.", valueName: "file"))
    var logFile: String?
    @OptionGroup var live: LiveArguments

    func run() throws {
        if let refresh, !(0...3600).contains(refresh) { throw Failure.usage("--refresh must be 0 to 3600 seconds, not \(refresh)") }
        var options = DashboardOptions()
        options.reducedMotion = reducedMotion
        let problems = Settings.load(&options.settings)
        if let keymap { options.settings.keymap.preset = keymap }
        if live.isAsked { return try runLive(options, problems) }
        let shipped = try cluster.shipped(builtIn: true)
        let screen = isLong ? try self.screen(options) : nil
        var (session, input) = try open(on: screen) { $0.origin = origin(before: shipped?.prelude ?? .zero) }
        try setPace(of: &session)
        options.readOnly = readOnly && !write
        options.name = input.scenario?.metadata.name ?? shipped?.name ?? Dash.name(cluster.files)
        options.opened = input.state
        let remarks = cluster.remarks(input)
        options.notice = remarks.isEmpty ? options.firstKeys : remarks.joined(separator: " ")
        let server = try startServing(&session, &options)
        let loop = try loop(session, options, problems, on: screen) { dashboard in
            // What comes with the program begins where it is worth looking at. Keys wait for that.
            if let shipped { dashboard.run(to: session.cluster.origin + shipped.prelude) }
        }
        loop.server = server
        let status = loop.run()
        loop.server.end()
        History.save(loop.dashboard.commandLines)
        let end = loop.dashboard.session
        Out.line("evenkeel: stopped at \(end.now - end.cluster.origin), \(end.commandCount) commands, seed \(end.simulation.options.seed)")
        Out.end(status)
    }

    /// The dashboard of a real cluster.
    private func runLive(_ options: DashboardOptions, _ problems: [String]) throws {
        try cluster.check(for: live)
        #if Network
            if serve { throw Failure.usage("--serve lets clients into a simulation, not into a real cluster") }
            var options = options
            let connection = try LiveConnection(live, namespace: namespace, try cluster.overrides())
            defer { connection.close() }
            (options.name, options.readOnly) = (connection.name, true)
            let loop = try loop(connection.session, options, problems) { $0.beginFollowing(connection.name, kubectl: connection.command) }
            loop.follow = connection.turn
            let status = loop.run()
            connection.close()
            History.save(loop.dashboard.commandLines)
            let span = (connection.cluster.clock.now - connection.session.now).truncated(to: .seconds(1))
            Out.line("evenkeel: followed \(connection.name) for \(span), and changed nothing")
            Out.end(status)
        #else
            throw Failure.usage("this program was built without sockets (the package trait Network); it opens files alone")
        #endif
    }

    // MARK: The terminal

    /// A terminal that is open, and what shows on it how far long work is.
    private struct Screen {
        let terminal: NcursesTerminal
        let watch: LongWorkWatch<NcursesTerminal>
        let theme: Theme
        let warnings: [String]
    }

    private func screen(_ options: DashboardOptions) throws -> Screen {
        let environment = ProcessInfo.processInfo.environment
        let terminal: NcursesTerminal
        do throws(TerminalError) {
            terminal = try NcursesTerminal.open(
                NcursesTerminal.Options(noColor: noColor || !(environment["NO_COLOR"] ?? "").isEmpty, ascii: ascii, mouse: !noMouse))
        } catch {
            throw Failure.usage(error.description)
        }
        var warnings = terminal.remark.map { [$0] } ?? []
        let theme = chosenTheme(terminal, &warnings)
        return Screen(terminal: terminal, watch: LongWorkWatch(terminal, theme: theme), theme: theme, warnings: warnings)
    }

    /// So large files are not read before anybody would wonder what happens, in bytes.
    private static let large = 4 << 20

    /// Whether the files take long to read.
    private var isLong: Bool {
        func size(_ path: String) -> Int { (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0 }
        let sizes = cluster.files.map { path in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            // What is packed is some ten times as large.
            return (names.isEmpty ? [path] : names.map { "\(path)/\($0)" }).map { size($0) * ($0.hasSuffix(".gz") ? 10 : 1) }.saturatingSum
        }
        return sizes.saturatingSum > Self.large
    }

    /// Reads the files and makes the session of them; `screen` shows how far that is.
    private func open(on screen: Screen?, _ adjust: (inout InputOverrides) -> Void) throws -> (Session, Input) {
        guard let screen else { return try cluster.session(builtIn: true, adjust) }
        let name = Dash.name(cluster.files)
        func show(_ progress: @autoclosure () -> WorkProgress) {
            guard screen.watch.isLeaving(progress()) else { return }
            screen.terminal.restore()
            // As a shell tells what a signal ended.
            let signals = screen.watch.takeEvents().compactMap { if case .terminate(let signal) = $0 { signal } else { nil } }
            Out.end(128 + (signals.first ?? SIGINT))
        }
        screen.watch.begin(showing: WorkProgress(title: "Reading \(name)"))
        do {
            let input = try cluster.input(builtIn: true, progress: { show(Self.progress($0)) }, adjust)
            let (session, refusals) = input.makeSession { done, total in
                show(WorkProgress(title: "Opening \(name)", detail: "\(done) of \(total) objects", share: Double(done) / Double(total)))
            }
            try ClusterArguments.check(refusals, input)
            screen.watch.begin(showing: WorkProgress(title: "Opening \(name)", detail: "\(session.cluster.store.pods.count) pods"))
            return (session, input)
        } catch {
            screen.terminal.restore()
            throw error
        }
    }

    private static func progress(_ reading: ReadingProgress) -> WorkProgress {
        let name = Dash.name([reading.file])
        let share = reading.total.map { Double(reading.done) / Double(max(1, $0)) }
        switch reading.stage {
        case .looking:
            let total = reading.total.map { " of \($0 >> 20)" } ?? ""
            return WorkProgress(title: "Looking through \(name)", detail: "\(reading.done >> 20)\(total) MB", share: share)
        case .reading:
            let total = reading.total.map { " of \($0)" } ?? ""
            return WorkProgress(title: "Reading \(name)", detail: "\(reading.done)\(total) objects", share: share)
        }
    }

    /// The loop over a terminal that is open.
    ///
    /// - Parameters:
    ///   - screen: a terminal that was opened already.
    ///   - prepare: what is to be done to the dashboard before it is seen; only what leaves the program stops it.
    private func loop(
        _ session: Session, _ given: DashboardOptions, _ problems: [String], on screen: Screen? = nil, prepare: (inout Dashboard) -> Void
    ) throws -> MainLoop<NcursesTerminal> {
        var options = given
        let screen = try screen ?? self.screen(options)
        let (terminal, watch) = (screen.terminal, screen.watch)
        let warnings = screen.warnings + problems
        options.theme = screen.theme
        options.glyphs = terminal.capabilities.glyphs
        var dashboard = Dashboard(session: session, options: options)
        dashboard.usersPatience = watch.patience
        // A made cluster may be seen as it grows.
        watch.begin(onlyLeaving: cluster.pods == nil)
        prepare(&dashboard)
        dashboard.commandLines = History.load()
        if headless { dashboard.toggleHeader() }
        if crumbsless { dashboard.toggleCrumbs() }
        if let first = warnings.first {
            dashboard.note(warnings.count == 1 ? first : "\(first)  (and \(warnings.count - 1) more)", isError: true)
        }
        if let namespace, !allNamespaces { if live.isAsked { dashboard.look(at: namespace) } else { dashboard.type(":ns \(namespace)") } }
        if let command { dashboard.type(":\(command)") }
        // What the terminal has answered by now: nobody waits for it.
        watch.look()
        dress(&dashboard, watch)
        let loop = MainLoop(dashboard: dashboard, watch: watch)
        loop.dress = dress
        loop.framePeriod = UInt64(max(refresh ?? 0, reducedMotion ? 1 : 0) * 1e9)
        loop.folder = screenDumpFolder
        return loop
    }

    /// Chooses theme and glyphs by what the terminal has told of itself; called again whenever it tells more.
    private func dress(_ dashboard: inout Dashboard, _ watch: LongWorkWatch<NcursesTerminal>) {
        let glyphs = watch.terminal.capabilities.glyphs
        if dashboard.glyphs.alphabet != glyphs.alphabet { dashboard.glyphs = glyphs }
        guard skinName == nil, watch.terminal.background != nil else { return }
        var warnings: [String] = []
        dashboard.theme = chosenTheme(watch.terminal, &warnings)
        watch.theme = dashboard.theme
    }

    /// The theme that the user names; none if there is no name.
    private var skinName: String? {
        let environment = ProcessInfo.processInfo.environment
        return (skin ?? environment["EVENKEEL_SKIN"] ?? environment["K9S_SKIN"]).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The theme that the user names, else a dark or light one as the terminal is.
    private func chosenTheme(_ terminal: NcursesTerminal, _ warnings: inout [String]) -> Theme {
        var theme = Theme.standard
        if terminal.capabilities.colors == 0 {
            theme = .monochrome
        } else if let skinName {
            switch Skins.load(skinName) {
            case .success(let found):
                theme = found.theme
                warnings += found.remarks
            case .failure(let problem): warnings.append(problem.message)
            }
        } else if Skins.isLight(terminal.background, ProcessInfo.processInfo.environment["COLORFGBG"]), case .success(let light) = Skins.load("harbor-light") {
            theme = light.theme
        }
        return invert ? theme.inverted : theme
    }

    private func setPace(of session: inout Session) throws {
        if let speed {
            guard let value = Speed(speed) else { throw Failure.usage("--speed must be 1 to 10000 or max, not \(speed)") }
            session.speed = value
        }
        session.isPaused = paused
    }

    /// When virtual time begins if not at its usual start.
    private func origin(before prelude: Duration) -> Instant? {
        #if Network
            serve ? Instant.present - prelude : nil
        #else
            nil
        #endif
    }

    /// With --serve: the server, which belongs to the session from its beginning.
    private func startServing(_ session: inout Session, _ options: inout DashboardOptions) throws -> DashboardServer {
        var server = DashboardServer()
        #if Network
            guard serve else { return server }
            if speed == nil { session.speed = .times(1) }
            options.notice = try server.start(before: &session)
        #endif
        return server
    }

    private static func name(_ files: [String]) -> String {
        var name = (files[0] as NSString).lastPathComponent
        if name.hasSuffix(".gz") { name = (name as NSString).deletingPathExtension }
        return files.count == 1 ? (name as NSString).deletingPathExtension : "\(files.count) files"
    }
}

extension KeymapPreset: ExpressibleByArgument {}
