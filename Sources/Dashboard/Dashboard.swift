import Canvas
import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit

/// The dashboard: what the user is looking at, and what keys do to it.
///
/// A state machine without I/O: events go in, frames come out. The caller owns the terminal and the clock:
/// it hands in events and elapsed real time, and draws when ``needsFrame`` says so.
///
/// ```swift
/// var dashboard = Dashboard(session: session, options: DashboardOptions())
/// dashboard.handle(.key(.character("D")))
/// dashboard.advance(by: .milliseconds(16), until: { false })
/// let canvas = dashboard.frame(size: Size(width: 120, height: 36))
/// ```
public struct Dashboard {
    var world: World
    var stack: [any Screen]
    var dialog: (any Dialog)?
    var prompt: Prompt?
    var flash: Flash?
    /// A key that waits for a letter: `m` or `'`.
    var chord: Chord?
    var bookmarks: [Character: Bookmark] = [:]
    var flashUntil = Duration.zero
    var clock = Duration.zero
    private var dialogOpenedAt: Duration?
    private var lastInterrupt: Duration?
    var highlightsUntil: Duration?
    var replacements = Replacements()
    /// Connections to forwarded ports, by the host's numbers.
    var connections: [Int: ForwardedConnection] = [:]
    var lastCheckpoint = Duration.zero
    /// How far virtual time was to run in the last turn.
    var goal: Instant?
    var history = CommandHistory()
    var showsHeader = true
    var showsCrumbs = true
    /// Only the screen, without the rows around it.
    var isFullScreen = false
    /// Whether the user wants the peek pane; nil: where the view has it by itself.
    private var wantsPeek: Bool?
    private var size = Size(width: 80, height: 24)

    /// Set when the user asked to leave.
    public private(set) var wantsToQuit = false
    /// What the caller is asked for and has not taken by ``takeRequest()`` yet, oldest first.
    public internal(set) var requests: [HostRequest] = []
    /// Whether the dialog that is open is the question of ``askToReplace(_:content:)``.
    private(set) var asksToReplace = false
    /// How roles look.
    public var theme: Theme {
        get { world.options.theme }
        set { (world.options.theme, needsFrame) = (newValue, true) }
    }
    /// What lines and gauges are drawn with.
    public var glyphs: GlyphSet {
        get { world.options.glyphs }
        set { (world.options.glyphs, needsFrame) = (newValue, true) }
    }
    /// Whether something happened that a new frame would show.
    public internal(set) var needsFrame = true

    public init(session: Session, options: DashboardOptions = DashboardOptions()) {
        world = World(session: session, options: options)
        stack = [DeckScreen()]
        world.sample()
        if let notice = options.notice { show(notice, .info) }
    }

    /// What the owner says to work that takes long.
    public var usersPatience: Patience {
        get { world.patience }
        set { world.patience = newValue }
    }

    /// The session with all its state, for summaries.
    public var session: Session { world.session }

    /// The commands of the `:` prompt, oldest first: kept from one start to the next by the caller.
    public var commandLines: [String] {
        get { history.lines }
        set { history = CommandHistory(lines: newValue) }
    }

    /// A new frame would show something else.
    mutating func setNeedsFrame() { needsFrame = true }

    /// Shows or hides the first row.
    public mutating func toggleHeader() { showsHeader.toggle() }
    /// Shows or hides the breadcrumbs.
    public mutating func toggleCrumbs() { showsCrumbs.toggle() }

    /// Opens a scenario that comes with the program in place of the session; pace and pause stay as they are.
    mutating func open(_ scenario: ShippedScenario) {
        let input = scenario.input()
        var (session, refusals) = input.makeSession()
        if let problem = (input.problems + refusals.problems).first { return show(problem.description, .error) }
        closeForwards()
        session.isPaused = world.session.isPaused
        session.speed = world.session.speed
        var options = world.options
        options.name = scenario.name
        let patience = world.patience
        world = World(session: session, options: options)
        world.patience = patience
        stack = [DeckScreen()]
        replacements.forget()
        lastCheckpoint = clock
        world.sample()
        if run(to: .start + scenario.prelude) { show(scenario.summary, .info) }
    }

    // MARK: Events

    /// Takes one event from the terminal. `isScripted` events are never dropped as slips of the hand.
    public mutating func handle(_ event: TerminalEvent, isScripted: Bool = false) {
        needsFrame = true
        switch event {
        case .key(let key): press(key, isScripted: isScripted)
        case .paste(let text):
            if prompt != nil {
                prompt!.field.insert(text)
                if prompt!.purpose == .filter { setFilter(prompt!.field.text) }
            } else if dialog != nil {
                dialog?.paste(text)
            } else if let effects = withTop({ screen, world in screen.paste(text, world) }) {
                apply(effects)
            }
        case .mouse(let mouse):
            guard dialog == nil, prompt == nil, rows.body.contains(mouse.point) else { return }
            world.refresh()
            prepareTop()
            let effects = withTop { screen, world in screen.mouse(mouse, world) }
            apply(effects)
        case .resize(let size): self.size = size
        case .focus, .resumed, .learned: break
        case .suspendRequested: requests.append(.suspend)
        case .terminate, .hangup: wantsToQuit = true
        }
    }

    /// Types a line as a user would, with Enter at its end: `:po`.
    public mutating func type(_ line: String) {
        for character in line { handle(.key(character == " " ? .character(" ") : .character(character)), isScripted: true) }
        handle(.key(.enter), isScripted: true)
    }

    /// Presses keys given in the notation of `--keys`; `<wait:30s>` lets virtual time run in between.
    /// - Throws: `KeyNotation`'s error with the place.
    public mutating func press(_ notation: String) throws {
        var rest = Substring(notation)
        while let start = rest.range(of: "<wait:") {
            for key in try Key.parse(String(rest[..<start.lowerBound])) { handle(.key(key), isScripted: true) }
            let after = rest[start.upperBound...]
            guard let end = after.firstIndex(of: ">"), let span = Duration(after[..<end]) else { break }
            run(to: world.now + span)
            clock = clock + span
            world.clock = clock
            rest = after[after.index(after: end)...]
        }
        for key in try Key.parse(String(rest)) { handle(.key(key), isScripted: true) }
        // What is computed in the background is there in the frame that follows.
        withTop { screen, world in
            screen.prepare(world)
            screen.work(world) { false }
        }
    }

    private mutating func press(_ key: Key, isScripted: Bool) {
        if key == .control("c") {
            if let last = lastInterrupt, clock - last < .seconds(1) { wantsToQuit = true }
            lastInterrupt = clock
        }
        // The key that leaves does so wherever one is; ctrl-c first closes what is open.
        if case .function = key, binding(for: key)?.action == Action(GeneralAction.interrupt) {
            wantsToQuit = true
            return
        }
        if flash?.level == .error { flash = nil }
        // Where nothing but the message about the size is seen, q means leave.
        if size.width < 40 || size.height < 10, key == .character("q") { wantsToQuit = true }
        world.refresh()
        if prompt != nil { return typeInPrompt(key) }
        if dialog != nil {
            if key == .control("c") { return apply([.closeDialog]) }
            // Keys typed before the dialog was seen must not answer it.
            if !isScripted, let opened = dialogOpenedAt, clock - opened < .milliseconds(250) { return }
            let effects = dialog!.handle(key, world)
            return apply(effects)
        }
        if let chord {
            self.chord = nil
            return finish(chord, key)
        }
        if let effects = withTop({ screen, world in screen.typed(key, world) }) { return apply(effects) }
        let binding = binding(for: key)
        if let hotkey = world.options.settings.hotkeys.first(where: { $0.key == key }), binding == nil || hotkey.overrides {
            return run(line: hotkey.command)
        }
        guard let binding else {
            show("\(key.description) does nothing here" + keysAreListed, .info)
            return
        }
        perform(binding.action)
    }

    /// `; ? lists the keys`, as far as a key does.
    private var keysAreListed: String {
        let key = world.key(GeneralAction.help, in: Bindings.general)
        return key.isEmpty ? "" : "; \(key) lists the keys"
    }

    /// The groups of bindings in force: the screen's own first.
    var bindingGroups: [BindingGroup] {
        let keymap = world.options.settings.keymap
        var taken: Set<Key> = []
        return groupsOfBindings.map { group in
            var group = keymap.applied(to: group)
            // A key means what the first group says; what loses all its keys is not offered.
            for index in group.bindings.indices where !taken.isEmpty && group.bindings[index].keys.contains(where: taken.contains) {
                group.bindings[index].keys.removeAll { taken.contains($0) }
            }
            if group.bindings.contains(where: \.keys.isEmpty) { group.bindings.removeAll { $0.keys.isEmpty } }
            taken.formUnion(group.bindings.flatMap(\.keys))
            return group
        }
    }

    private var groupsOfBindings: [BindingGroup] { stack.last!.bindings + [Bindings.general, Bindings.time, Bindings.navigation] }

    /// What a key means: the first group that has it says so.
    private func binding(for key: Key) -> Binding? {
        let keymap = world.options.settings.keymap
        return groupsOfBindings.lazy.compactMap { keymap.applied(to: $0).bindings.first { $0.keys.contains(key) } }.first
    }

    mutating func perform(_ action: Action) {
        prepareTop()
        if let reason = stack.last!.refusal(action, world) { return show(reason, .warning) }
        let effects = withTop { screen, world in screen.perform(action, world) }
        if let effects { return apply(effects) }
        guard let general = GeneralAction(action) else { return show("That does nothing here" + keysAreListed, .info) }
        performGlobally(general)
    }
    mutating func perform(_ action: GeneralAction) { perform(Action(action)) }

    mutating func withTop<Result>(_ body: (inout any Screen, World) -> Result) -> Result {
        var screen = stack.removeLast()
        defer { stack.append(screen) }
        return body(&screen, world)
    }

    private mutating func performGlobally(_ action: GeneralAction) {
        switch action {
        case .command: prompt = Prompt(.command)
        case .filter: prompt = Prompt(.filter, text: stack.last!.filter)
        case .help: apply([.push(HelpScreen(bindingGroups, of: stack.last!.crumb, hotkeys: world.options.settings.hotkeys))])
        case .back:
            if !stack.last!.filter.isEmpty { setFilter("") } else { apply([.pop]) }
        case .interrupt: wantsToQuit = true
        case .aliases: apply([.push(AliasScreen())])
        case .palette: prompt = Prompt(.palette)
        case .redraw: break
        case .fullScreen, .zoom: isFullScreen.toggle()
        case .setBookmark: chord = .set
        case .goToBookmark: chord = .go
        case .peek: wantsPeek = !(wantsPeek ?? stack.last!.peeksByDefault)
        case .toggleHeader: toggleHeader()
        case .toggleCrumbs: toggleCrumbs()
        case .clearFilter: setFilter("")
        case .historyBack: if let line = history.back() { run(line: line, remember: false) }
        case .historyForward: if let line = history.forward() { run(line: line, remember: false) }
        case .lastCommand: if let line = history.last() { run(line: line) }
        case .allNamespaces: setNamespace("")
        case .namespace1, .namespace2, .namespace3, .namespace4, .namespace5, .namespace6, .namespace7, .namespace8, .namespace9:
            guard let index = GeneralAction.namespaces.firstIndex(of: action) else { return }
            let names = world.favouriteNamespaces
            if index < names.count { setNamespace(names[index]) } else { show("There are only \(names.count) namespaces", .warning) }
        case .deck: apply([.root(DeckScreen())])
        case .spread: apply([.push(SpreadScreen(focus: stack.last!.focusedWorkload(world)))])
        case .whatIf: if let subject = stack.last!.whatIfSubject(world) { apply([.push(WhatIfScreen(subject))]) }
        case .create: open(Forms.create(world))
        case .fault:
            let node: String? = if case .node(let name) = stack.last!.whatIfSubject(world) { name } else { nil }
            open(Forms.fault(world, node: node))
        case .undo: undo()
        case .pause: setPaused(!world.session.isPaused)
        case .step where world.isMirror: lookBack(to: world.followed?.session?.moments.first { $0 > world.now } ?? .distantFuture)
        case .step:
            world.session.isPaused = true
            if !world.session.step() { show("Nothing is left to happen", .info) }
        case .slower: setSpeed(world.session.speed.slower)
        case .faster: setSpeed(world.session.speed.faster)
        case .time: prompt = Prompt(.command, text: "time ")
        case .previousEvent: rewind(to: max(world.cluster.origin, world.now - .seconds(10)))
        case .nextEvent: if world.isMirror { lookBack(to: world.now + .seconds(10)) } else { run(to: world.now + .seconds(10)) }
        }
    }

    // MARK: Effects

    mutating func apply(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .push(let screen): stack.append(screen)
            case .pop:
                let leaves = world.hint(GeneralAction.interrupt, "leaves")
                if stack.count > 1 { stack.removeLast() } else { show(leaves.isEmpty ? "<:q> leaves" : "<:q> or \(leaves)", .info) }
            case .root(let screen): stack = [screen]
            case .flash(let text, let level): show(text, level)
            case .open(let dialog): open(dialog)
            case .closeDialog: dialog = nil
            case .perform(let commands, let screen): if perform(commands), let screen { stack.append(screen) }
            case .attempt(let commands, let screen): attempt(commands, then: screen)
            case .setNamespace(let name): setNamespace(name)
            case .setAvailability(let parameters): world.availability = parameters
            case .copy(let text, let what):
                requests.append(.copy(text))
                show("Sent to the terminal's clipboard: \(what.prefix(60))", .info)
            case .edit(let object):
                edit(object)
            case .write(let name, let content, let replaces): requests.append(.write(file: name, content: content, replaces: replaces))
            case .forward(let kind, let key, let port, let localPort): openForward(kind, key, port: port, localPort: localPort)
            case .closeForward(let id): closeForward(id)
            case .run(let line): run(line: line)
            case .act(let action): perform(action)
            case .press(let key): press(key, isScripted: true)
            case .prompt(let text): prompt = Prompt(.command, text: text)
            case .quit: wantsToQuit = true
            }
        }
    }

    private mutating func open(_ new: some Dialog) {
        if world.options.readOnly, !world.isMirror, new.changesCluster { return show("Read-only: nothing can be changed", .error) }
        dialog = new
        asksToReplace = false
        dialogOpenedAt = clock
    }

    /// Performs commands and tells the answers: the only answer, or how many of them were refused. Returns whether none was.
    @discardableResult
    mutating func perform(_ commands: [Command]) -> Bool {
        if world.isMirror {
            offer(commands)
            return false
        }
        return execute(commands).isEmpty
    }

    /// Performs what a dialog asks for. Refused, the dialog stays with all that was typed, unless a part is done that cannot be
    /// done twice.
    private mutating func attempt(_ commands: [Command], then screen: (any Screen)?) {
        if world.isMirror { return offer(commands) }
        let refusals = execute(commands)
        let isPartlyDone = refusals.count < commands.count
        if refusals.isEmpty || dialog == nil || isPartlyDone && commands.contains(where: \.isOnce) {
            dialog = nil
            if refusals.isEmpty, let screen { stack.append(screen) }
            return
        }
        let named = refusals.flatMap {
            $0.reason == "AlreadyExists" ? [APIError.Cause(reason: $0.reason, message: $0.message, field: "metadata.name")] : $0.causes
        }
        dialog?.refused(flash?.text ?? "", named)
        flash = nil
    }

    /// Performs commands, tells the answers and returns the refusals.
    mutating func execute(_ commands: [Command]) -> [APIError] {
        if world.options.readOnly {
            show("Read-only: nothing can be changed", .error)
            return [.badRequest("Read-only: nothing can be changed")]
        }
        var refusals: [APIError] = []
        var last = ""
        noteChange()
        replacements.expect(after: commands, world)
        for command in commands {
            switch world.session.perform(command) {
            case .success(let receipt):
                last = receipt.message
                // What screens derived by the old gates is not trusted.
                if case .setGates = command { world.generation += 1 }
            case .failure(let error): refusals.append(error)
            }
        }
        if let first = refusals.first?.message {
            show(refusals.count == 1 ? "Refused: \(first)" : "\(refusals.count) of \(commands.count) refused: \(first)", .error)
        } else {
            show(
                (commands.count > 1 ? "\(last) and \(commands.count - 1) more" : last) + "   " + world.hint(GeneralAction.undo, "undo", in: Bindings.general),
                .info)
        }
        return refusals
    }

    mutating func setPaused(_ isPaused: Bool) {
        if world.isMirror { return world.isFollowing ? stopAtPresent() : lookAtPresent() }
        world.session.isPaused = isPaused
        goal = nil
        show(isPaused ? "Paused" : "Playing at \(world.session.speed)", .info)
    }

    /// Applies the manifests of files and folders.
    mutating func applyFiles(_ paths: [String]) {
        if paths.isEmpty { return show("Name a file or a folder with manifests", .warning) }
        let manifests = ManifestReader.read(paths: paths)
        let (_, found) = manifests.decodeAll()
        if let problem = (manifests.problems + found).first { return show(problem.description, .error) }
        if manifests.documents.isEmpty { return show("There are no objects in \(paths.joined(separator: " "))", .warning) }
        perform([.apply(manifests.documents.map(\.json))])
    }

    mutating func undo() {
        if world.isMirror { return show("There is nothing to undo: nothing is changed here", .warning) }
        if world.options.readOnly { return show("Read-only: nothing can be changed", .error) }
        replacements.forget()
        if let entry = world.session.undo() {
            world.generation += 1
            goal = nil
            if case .success(let receipt) = entry.result { show("Undone: \(receipt.message) (now \(world.time(world.now)))", .info) }
        } else {
            show("There is nothing to undo", .warning)
        }
    }

    mutating func rewind(to time: Instant) {
        if world.isMirror { return lookBack(to: time) }
        world.session.isPaused = true
        replacements.forget()
        guard var replay = world.session.replay(to: time) else { return show("This is the beginning", .info) }
        let (from, patience, origin) = (replay.session.now, world.patience, world.cluster.origin)
        let arrived = replay.run { now in
            patience.isOver {
                WorkProgress(
                    title: "Going back to T+\(clockText(time, since: origin, milliseconds: false))",
                    detail: "from T+\(clockText(from, since: origin, milliseconds: false)) on: T+\(clockText(now, since: origin, milliseconds: false))",
                    share: (now - from).seconds / max((time - from).seconds, 1e-9))
            }
        }
        guard arrived else { return show("Stopped: still at \(world.time(world.now))", .warning) }
        world.session = replay.session
        world.generation += 1
        show("Back at \(world.time(world.now)); \(world.mark(GeneralAction.pause, in: Bindings.time)) plays on from here", .info)
    }

    mutating func setSpeed(_ speed: Speed) {
        if world.isMirror { return show("A real cluster has its own speed; :branch makes a simulation of it", .warning) }
        world.session.speed = speed
        goal = nil
        show("Speed \(speed)", .info)
    }

    mutating func setNamespace(_ name: String) {
        world.namespace = name
        show(name.isEmpty ? "All namespaces" : "Namespace \(name)", .info)
    }

    /// What the list of forwards says has changed.
    mutating func noteForwards() { needsFrame = true }
    mutating func setFilter(_ text: String) { withTop { screen, _ in screen.filter = text } }

    /// Shows a message on the crumbs row: six seconds, or until a key for an error.
    mutating func show(_ text: String, _ level: Flash.Level) {
        flash = Flash(text: text.replacing("\n", with: " "), level: level)
        flashUntil = clock + .seconds(6)
        needsFrame = true
    }
    /// Asks whether the file called `name` that is there is to be replaced; it is requested again if so.
    public mutating func askToReplace(_ name: String, content: String) {
        var form = Form(
            title: "Replace", subject: name, fields: [], action: "Replace", startOnCancel: true,
            preview: { _, world in [StyledText("There is a file of this name. What is in it would be lost.", world.theme[.text])] },
            submit: { _, _ in .done([.write(file: name, content: content, replaces: true)]) })
        form.changesCluster = false
        open(form)
        asksToReplace = true
    }

    /// Shows what came of something the caller did.
    public mutating func note(_ text: String, isError: Bool = false) { show(text, isError ? .error : .info) }

    mutating func noteChange() { highlightsUntil = clock + TableScreen.highlightTime + .milliseconds(5) }

    // MARK: Frames

    /// Draws the whole screen.
    public mutating func frame(size: Size) -> Canvas {
        self.size = size
        needsFrame = false
        noteFrame()
        world.refresh()
        if !replacements.isEmpty, flash?.level != .error, let news = replacements.news(world) { show(news, .info) }
        let theme = world.theme
        var canvas = Canvas(size: size, glyphs: world.glyphs, style: theme[.text])
        if size.width < 40 || size.height < 10 {
            let text = StyledText("Evenkeel needs 40 x 10, has \(size.width) x \(size.height). q quits.", theme[.flashWarn])
            for (y, line) in text.wrapped(to: size.width).enumerated() { canvas.write(line, at: Point(x: 0, y: y), maxWidth: size.width) }
            return canvas
        }
        let rows = rows
        let area = rows.body
        let (screenArea, peek) = prepareTop()
        if let row = rows.status { StatusLine.draw(on: &canvas, in: row, world) }
        if let row = rows.crumbs { drawCrumbs(on: &canvas, in: row) }
        if let row = rows.strip { TimeStrip.draw(on: &canvas, in: row, world) }
        canvas.withClip(screenArea) { canvas in stack.last!.draw(on: &canvas, in: screenArea, world) }
        withTop { screen, world in screen.wasDrawn(world) }
        if let peek, screenArea.bottom < area.bottom { PeekPane.draw(peek, on: &canvas, in: area.inset(top: screenArea.height), world) }
        if let row = rows.keys { KeyRow.draw(self, on: &canvas, in: row) }
        if dialog != nil {
            dialog?.refresh(world, in: area)
            canvas.withClip(area) { canvas in dialog?.draw(on: &canvas, in: area, world) }
        }
        prompt?.drawSuggestions(on: &canvas, above: area, self)
        if let chord { drawBookmarks(for: chord, on: &canvas, in: area) }
        return canvas
    }

    /// The rows around the view, nil for those that are not shown, and what they leave.
    private struct Rows {
        var status: Rect?
        var body: Rect
        var strip: Rect?
        var crumbs: Rect?
        var keys: Rect?
    }
    private var rows: Rows {
        // On less nothing is drawn.
        var rows = Rows(body: Rect(x: 0, y: 0, width: max(40, size.width), height: max(10, size.height)))
        func last() -> Rect {
            defer { rows.body = rows.body.inset(bottom: 1) }
            return Rect(x: 0, y: rows.body.bottom - 1, width: rows.body.width, height: 1)
        }
        if showsHeader && !isFullScreen {
            rows.status = rows.body.row(0)
            rows.body = rows.body.inset(top: 1)
        }
        if !isFullScreen { rows.keys = last() }
        if showsCrumbs && size.height >= 12 && !isFullScreen || prompt != nil || flash != nil || !world.outages.isEmpty { rows.crumbs = last() }
        if size.height >= 16 && !isFullScreen { rows.strip = last() }
        return rows
    }

    /// Prepares the view on top for the world as it is. Returns where it stands and what the peek pane, which has the rest, tells.
    @discardableResult
    mutating func prepareTop() -> (area: Rect, peek: Peek?) {
        let area = rows.body
        let wantsPeek = wantsPeek
        if stack.last is LinksScreen { world.sessions = openSessions }
        let seen = stack.last!.spreadSeen(world)
        world.look(at: seen)
        defer {
            // Others may have scrolled into sight.
            let now = stack.last!.spreadSeen(world)
            if now != seen { world.look(at: now) }
        }
        return withTop { screen, world in
            var peek: Peek?
            if wantsPeek ?? screen.peeksByDefault, !screen.isText {
                peek = screen.peek(world)
                // Which row is under the cursor may not be known yet.
                if peek == nil {
                    screen.refresh(world, in: area)
                    peek = screen.peek(world)
                }
            }
            let screenArea = area.inset(bottom: peek.map { PeekPane.height($0, in: area, isWanted: wantsPeek == true) } ?? 0)
            screen.refresh(world, in: screenArea)
            return (screenArea, peek)
        }
    }

    private func drawCrumbs(on canvas: inout Canvas, in row: Rect) {
        let theme = world.theme
        if let open = prompt {
            open.draw(on: &canvas, in: row, self)
            if let flash, flash.level == .error {
                let text = StyledText(" \(flash.text) ", theme[.flashError]).truncated(to: row.width - TextWidth.columns(open.field.text) - 6)
                canvas.write(text, endingAt: row.right - 1, y: row.y)
            }
            return
        }
        var crumbs = StyledText(" ")
        for (index, screen) in stack.enumerated() {
            crumbs.append("<\(screen.crumb)>", theme[index == stack.count - 1 ? .crumbActive : .crumb])
            crumbs.append(" ")
        }
        // The flash may have all but the last crumb.
        var used = canvas.write(
            crumbs.truncated(to: flash == nil ? row.width : max(row.width / 3, row.width - TextWidth.columns(flash!.text) - 3)), at: row.origin)
        // A fault stays in sight whatever is said beside it.
        if !world.outages.isEmpty {
            let chip = world.outages.chip(width: flash == nil ? row.width - used - 1 : max(24, row.width - used - TextWidth.columns(flash!.text) - 4), world)
            used += canvas.write(StyledText(chip, theme[.flashError]).truncated(to: max(0, row.width - used)), at: Point(x: row.x + used, y: row.y)) + 1
        }
        guard let flash else {
            var end = row.right - 1
            if let remark = stack.last!.remark(world), used + TextWidth.columns(remark) + 3 <= row.width {
                end -= canvas.write(StyledText(remark, theme[.dim]), endingAt: end, y: row.y) + 3
            }
            drawNamespaces(on: &canvas, from: row.x + used + 2, to: end, y: row.y)
            return
        }
        let role: Role = flash.level == .info ? .flashInfo : flash.level == .warning ? .flashWarn : .flashError
        let room = row.width - used - 2
        let text = StyledText(flash.text, theme[role]).truncated(to: room)
        canvas.write(text, endingAt: row.right - 1, y: row.y)
    }

    /// Which namespace each digit stands for, as many as there is room for: `<0> all <1> default <2> shop`.
    private func drawNamespaces(on canvas: inout Canvas, from start: Int, to end: Int, y: Int) {
        let theme = world.theme
        let actions = ([.allNamespaces] + GeneralAction.namespaces).map { Action($0) }
        // Where digits mean something else, they are not offered.
        let keys = Dictionary(bindingGroups.flatMap { $0.bindings }.map { ($0.action, $0.keys[0]) }, uniquingKeysWith: { first, _ in first })
        let keymap = world.options.settings.keymap
        let own = Set(stack.last!.bindings.flatMap { keymap.applied(to: $0).bindings.flatMap(\.keys) })
        let isOther = keymap.applied(to: Bindings.general).bindings.contains { actions.contains($0.action) && !own.isDisjoint(with: $0.keys) }
        guard !isOther else { return }
        var text = StyledText("")
        for (action, name) in zip(actions, ["all"] + world.favouriteNamespaces) {
            guard let key = keys[action] else { continue }
            let isPresent = action == actions[0] ? world.namespace.isEmpty : world.namespace == name
            var part = StyledText(text.isEmpty ? "" : " ")
            part.append("<\(key)>", theme[.menuKey])
            part.append(" \(name)", theme[isPresent ? .titleHighlight : .dim])
            if text.width + part.width > end - start { break }
            text.append(part)
        }
        canvas.write(text, endingAt: end, y: y)
    }

    var currentSize: Size { size }
}
