// Where the lines of a list come from, and which of them pass its filter: at once if they are few, in slices if they are many.

import Canvas
import KubernetesAPI

/// Makes the lines of a ``ListScreen`` and keeps them up.
protocol ListSource {
    /// The lines as they were made last; while the first look at many is under way, those that come first.
    var lines: [ListScreen.Line] { get }
    /// Raised when they are others.
    var version: Int { get }
    /// How far the first look is, 0 … 1; nil if it is over.
    var progress: Double? { get }
    /// Takes in what changed in the world.
    mutating func refresh(_ world: World)
    /// Goes on with what is too much for one frame.
    mutating func work(_ world: World, until shouldStop: () -> Bool)
    /// What a line shows now.
    func cells(of line: ListScreen.Line, _ world: World) -> [StyledText]
    /// One of the same lines that has not looked at anything yet: for tests.
    var anew: any ListSource { get }
}

extension ListSource {
    var progress: Double? { nil }
    mutating func work(_ world: World, until shouldStop: () -> Bool) {}
    func cells(of line: ListScreen.Line, _ world: World) -> [StyledText] { line.cells }

    /// What differs from lines that are made anew; empty if nothing does, or not all is looked through. For tests.
    func faults(_ world: World) -> [String] {
        if progress != nil { return [] }
        var fresh = anew
        fresh.refresh(world)
        fresh.work(world) { false }
        fresh.refresh(world)
        func text(_ source: any ListSource) -> [String] {
            source.lines.map { line in "\(line.depth) \(line.id) " + source.cells(of: line, world).map(\.text).joined(separator: " | ") }
        }
        let (kept, made) = (text(self), text(fresh))
        if kept == made { return [] }
        let first = zip(kept, made).first { $0 != $1 }.map { "\($0), made anew \($1)" } ?? ""
        return ["\(kept.count) lines, made anew \(made.count): \(first)"]
    }
}

/// When a world was looked at: another one may look different.
struct WorldStamp: Equatable {
    var revision: Int
    var generation: Int
    var namespace: String
    var nanoseconds: Int64

    init(_ world: World) {
        (revision, generation, namespace, nanoseconds) = (world.store.revision, world.generation, world.namespace, world.now.nanoseconds)
    }
}

/// Few lines, made anew whenever something has changed.
struct MadeLines: ListSource {
    let make: @Sendable (World) -> [ListScreen.Line]
    private(set) var lines: [ListScreen.Line] = []
    private(set) var version = 0
    private var stamp: WorldStamp?

    init(make: @escaping @Sendable (World) -> [ListScreen.Line]) { self.make = make }
    var anew: any ListSource { MadeLines(make: make) }

    mutating func refresh(_ world: World) {
        let now = WorldStamp(world)
        if now == stamp { return }
        (stamp, lines, version) = (now, make(world), version + 1)
    }
}

/// Which lines of a list are shown: those that pass its filter and are not below a folded one.
struct ListSift {
    private struct Recipe: Equatable {
        var version: Int
        var filter: String
        var collapsed: Set<String>
        /// What lines show changes without them: only of interest to a filter.
        var revision: Int
    }
    private struct Work {
        var next = 0
        var hiddenBelow: Int?
        var found: [ListScreen.Line] = []
    }
    private var recipe: Recipe?
    private var work: Work?
    private var found: [ListScreen.Line]?
    private var titles: [String] = []

    var isAtWork: Bool { work != nil }

    /// Begins anew if something else is to be shown; what is little is done at once.
    mutating func refresh(_ source: any ListSource, filter: String, collapsed: Set<String>, _ titles: [String], _ world: World) {
        let new = Recipe(version: source.version, filter: filter, collapsed: collapsed, revision: filter.isEmpty ? 0 : world.store.revision)
        if let recipe, recipe == new { return }
        // A look that is under way would never end if each change began it anew.
        if work != nil, let recipe, recipe.version == new.version, recipe.filter == new.filter, recipe.collapsed == new.collapsed { return }
        recipe = new
        self.titles = titles
        if filter.isEmpty, collapsed.isEmpty {
            (work, found) = (nil, source.lines)
            return
        }
        work = Work()
        var looks = 0
        let limit = filter.isEmpty ? 100_000 : RowIndex.atOnce
        work(source, world) {
            looks += 1
            return looks > limit
        }
        // The first ones are seen at once.
        if let work { found = work.found }
    }

    mutating func work(_ source: any ListSource, _ world: World, until shouldStop: () -> Bool) {
        guard var work, let recipe else { return }
        self.work = nil
        let wanted = Filter(recipe.filter)
        let lines = source.lines
        while work.next < lines.count {
            if shouldStop() {
                self.work = work
                return
            }
            let line = lines[work.next]
            work.next += 1
            if let depth = work.hiddenBelow {
                if line.depth > depth { continue }
                work.hiddenBelow = nil
            }
            if recipe.collapsed.contains(line.id) { work.hiddenBelow = line.depth }
            if !wanted.terms.isEmpty {
                let cells = zip(titles, source.cells(of: line, world)).map { (title: $0, text: $1.text) }
                let labels = line.object.flatMap { world.store.object($0.kind, $0.key)?.metadata.labels } ?? [:]
                guard wanted.passes(cells: cells, labels: labels) else { continue }
            }
            work.found.append(line)
        }
        found = work.found
    }

    /// The lines to be shown from now on; nil if they are those of the last call.
    mutating func takeFound() -> [ListScreen.Line]? {
        defer { found = nil }
        return found
    }
}
