// The suite: how large clusters are lived with, in one run that can be compared with an earlier one.

import Canvas
import Dashboard
import Foundation
import Simulation
import SimulationKit

/// Measures start-up, the life of a made cluster, frames and answers to keys, every screen, and the program in a terminal.
///
/// What runs in this process is measured in time of the processor: what its real time would be with nothing else on the machine.
struct Suite {
    struct Row: Codable {
        var name: String
        var unit: String
        var value: Double
        /// Whether more is better.
        var isRate = false
        /// The table that it is a cell of, and its column there; the name is the line's.
        var table: String?
        var column: String?

        var id: String { [table, name, column].compactMap { $0 }.joined(separator: "/") }
    }
    /// What can be left out.
    enum Part: String, CaseIterable { case life, frames, screens, terminal }
    var nodes: Int
    var pods: Int
    var parts = Set(Part.allCases)
    var rows: [Row] = []

    init(nodes: Int, pods: Int) { (self.nodes, self.pods) = (nodes, pods) }

    mutating func run() {
        if parts.contains(.life) {
            for count in [1000, 2500] {
                note("built-in cluster on \(count) nodes", "s", processorSeconds { _ = Self.builtIn(nodes: count) })
            }
        }
        if parts != [.terminal] { measureHere() }
        if parts.contains(.terminal) { terminal() }
    }

    private mutating func measureHere() {
        var dashboard: Dashboard?
        let made = GeneratedCluster(nodes: nodes, pods: pods, seed: 7)
        note("read and load", "s", processorSeconds { dashboard = Dashboard(session: made.scenario.input(overrides: made.overrides).makeSession().session) })
        guard var dashboard else { return }
        resetPeakMemory()
        life(&dashboard)
        if parts.contains(.frames) {
            for size in [Size(width: 120, height: 36), Size(width: 200, height: 60), Size(width: 400, height: 120)] {
                for (name, keys) in [("Deck", ":deck<Enter>"), ("pods", ":po<Enter>"), ("Spread", "X")] { frames(of: name, keys, size, dashboard) }
            }
            tables(dashboard)
            // As after going back in time, and where a state is opened.
            note("views of all pods made anew", "s", processorSeconds { _ = Dashboard(session: dashboard.session) })
            busy(dashboard)
        }
        if parts.contains(.screens) { screens(dashboard) }
    }

    /// Takes a figure, and tells it at once to who waits.
    mutating func add(_ row: Row) {
        rows.append(row)
        FileHandle.standardError.write(Data("\(row.id): \(String(format: "%.2f", row.value)) \(row.unit)\n".utf8))
    }
    mutating func note(_ name: String, _ unit: String, _ value: Double, isRate: Bool = false) {
        add(Row(name: name, unit: unit, value: value, isRate: isRate))
    }

    private static func builtIn(nodes: Int) -> Dashboard {
        var overrides = InputOverrides()
        overrides.nodes = nodes
        var dashboard = Dashboard(session: ShippedScenario.threeZones.input(overrides: overrides).makeSession().session)
        dashboard.run(to: dashboard.session.cluster.origin + BuiltInCluster.prelude)
        return dashboard
    }

    /// From nothing to all ready, the events and curves of the dashboard included.
    private mutating func life(_ dashboard: inout Dashboard) {
        func ready() -> Int { dashboard.session.cluster.store.pods.rows.count { $0?.isReady ?? false } }
        let origin = dashboard.session.cluster.origin
        var ends = origin
        let spent = processorSeconds {
            while ready() < pods, ends < origin + .minutes(10) {
                ends = ends + .seconds(10)
                dashboard.run(to: ends)
            }
        }
        note("pods brought to ready", "1/s", Double(ready()) / max(spent, 1e-9), isRate: true)
        note("peak of memory", "MB", Double(peakMemory() ?? 0))
        dashboard.run(to: ends + .minutes(2))
        let quiet = processorSeconds { dashboard.run(to: dashboard.session.now + .minutes(10)) }
        note("virtual time at rest", "h/s", 1 / 6 / max(quiet, 1e-9), isRate: true)
    }

    /// Milliseconds of `count` calls, or of as many as there are in `limit` seconds: the median, and the 99th percentile.
    static func times(_ count: Int, limit: Double = 10, _ body: () -> Void) -> (median: Double, most: Double) {
        var all: [Double] = []
        var sum = 0.0
        while all.count < count, all.isEmpty || sum < limit {
            all.append(processorSeconds(body) * 1000)
            sum += all[all.count - 1] / 1000
        }
        all.sort()
        return (all[all.count / 2], all[min(all.count - 1, all.count * 99 / 100)])
    }
    /// Lets a view compute in slices, as the loop of the program does, until it has nothing to compute or has taken `limit` seconds, as one
    /// that tries something on a fork may. Returns the slowest turn in ms.
    @discardableResult
    static func settle(_ dashboard: inout Dashboard, _ size: Size, limit: Double = 5) -> Double {
        var slowest = 0.0
        var sum = 0.0
        while dashboard.patience == .milliseconds(1), sum < limit {
            let spent = processorSeconds {
                let end = ContinuousClock.now + .milliseconds(8)
                dashboard.advance(by: .milliseconds(8)) { ContinuousClock.now > end }
                _ = dashboard.frame(size: size)
            }
            sum += spent
            slowest = max(slowest, spent * 1000)
        }
        return slowest
    }

    private mutating func frames(of name: String, _ keys: String, _ size: Size, _ dashboard: Dashboard) {
        var dashboard = dashboard
        try? dashboard.press(keys)
        _ = dashboard.frame(size: size)
        let text = "\(name) at \(size.width)x\(size.height)"
        note("\(text), frame at rest", "ms", Self.times(30) { _ = dashboard.frame(size: size) }.median)
        let scrolling = Self.times(60) {
            dashboard.handle(.key(.character("j")), isScripted: true)
            _ = dashboard.frame(size: size)
        }
        note("\(text), key to frame, median", "ms", scrolling.median)
        note("\(text), key to frame, 99th", "ms", scrolling.most)
    }

    /// A key that opens, sorts or filters: the first frame after it, and the time until the table is whole.
    private mutating func tables(_ dashboard: Dashboard) {
        let size = Size(width: 120, height: 36)
        for (name, before, keys) in [("open pods", "", ":po<Enter>"), ("sort pods by age", ":po<Enter>", "A"), ("filter pods", ":po<Enter>", "/web<Enter>")] {
            var dashboard = dashboard
            try? dashboard.press(before)
            _ = dashboard.frame(size: size)
            var slowest = 0.0
            let whole = processorSeconds {
                for key in (try? Key.parse(keys)) ?? [] {
                    slowest = max(
                        slowest,
                        processorSeconds {
                            dashboard.handle(.key(key), isScripted: true)
                            _ = dashboard.frame(size: size)
                        } * 1000)
                }
                slowest = max(slowest, Self.settle(&dashboard, size))
            }
            note("\(name), slowest frame", "ms", slowest)
            note("\(name), until all is there", "ms", whole * 1000)
        }
    }

    /// Full speed while a zone is lost: keys that come at the worst moment, just as the simulation begins a slice.
    private mutating func busy(_ dashboard: Dashboard) {
        for (name, keys) in [("Deck", ":deck<Enter>"), ("pods", ":po<Enter>")] {
            // As one that was opened on it: a copy would have its views in common with the other, and copy them piece by piece.
            var dashboard = Dashboard(session: dashboard.session)
            try? dashboard.press(":fault fail eu-a<Enter>\(keys)")
            dashboard.run(to: dashboard.session.now + .seconds(30))
            try? dashboard.press(":speed max<Enter>")
            if dashboard.session.isPaused { try? dashboard.press(",") }
            var (spent, changes) = (0.0, 0)
            let size = Size(width: 120, height: 36)
            var cells = 0
            // A step of one component cannot be interrupted.
            var longest = 0.0
            var last = dashboard.frame(size: size)
            let total = Self.times(200) {
                let before = dashboard.session.cluster.store.revision
                spent += processorSeconds {
                    let end = ContinuousClock.now + .milliseconds(8)
                    var from = seconds(on: CLOCK_THREAD_CPUTIME_ID)
                    dashboard.advance(by: .milliseconds(8)) {
                        let now = seconds(on: CLOCK_THREAD_CPUTIME_ID)
                        longest = max(longest, now - from)
                        from = now
                        return ContinuousClock.now > end
                    }
                }
                changes += dashboard.session.cluster.store.revision - before
                dashboard.handle(.key(.character("j")), isScripted: true)
                let frame = dashboard.frame(size: size)
                cells += FrameDiff.runs(from: last, to: frame).reduce(0) { $0 + $1.count }
                last = frame
            }
            note("\(name), a zone is lost, key to frame, median", "ms", total.median)
            note("\(name), a zone is lost, key to frame, 99th", "ms", total.most)
            note("\(name), a zone is lost, longest step", "ms", longest * 1000)
            note("\(name), a zone is lost, changes", "1/s", Double(changes) / max(spent, 1e-9), isRate: true)
            note("\(name), a zone is lost, cells written a frame", "", Double(cells) / 200)
        }
    }

    // MARK: Output

    /// One line a row, compared with an earlier run's where that has it: `2.00x` is twice the time, or twice the rate. Then the tables, in
    /// which what is worse than before by more than a tenth has a `!`.
    func text(against earlier: [Row]) -> String {
        let before = Dictionary(earlier.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a })
        let single = rows.filter { $0.table == nil }
        let width = single.map(\.name.count).max() ?? 0
        var text = single.map { row in
            var line = row.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + String(format: "%12.2f", row.value) + " " + row.unit
            if let old = before[row.id], old.value > 0 {
                line =
                    line.padding(toLength: width + 22, withPad: " ", startingAt: 0)
                    + String(format: "before %10.2f  %5.2fx%@", old.value, row.value / old.value, Self.isWorse(row, than: old) ? "  worse" : "")
            }
            return line + "\n"
        }.joined()
        for table in rows.compactMap(\.table).uniqued() {
            let cells = rows.filter { $0.table == table }
            let columns = cells.compactMap(\.column).uniqued()
            let lines =
                [[table] + columns]
                + cells.map(\.name).uniqued().map { name in
                    [name]
                        + columns.map { column in
                            guard let row = cells.first(where: { $0.name == name && $0.column == column }) else { return "-" }
                            return String(format: "%.2f", row.value) + (before[row.id].map { Self.isWorse(row, than: $0) } ?? false ? "!" : "")
                        }
                }
            let widths = (0...columns.count).map { index in lines.map { $0[index].count }.max() ?? 0 }
            text += "\n" + lines.map { evenkeel_lab.row($0, widths) + "\n" }.joined()
        }
        return text
    }
    private static func isWorse(_ row: Row, than old: Row) -> Bool {
        guard old.value > 0 else { return false }
        // What takes less than a twentieth of a millisecond is not worth a word.
        if row.unit == "ms", row.value < 0.05 { return false }
        return row.isRate ? row.value / old.value < 0.9 : row.value / old.value > 1.1
    }
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(rows), as: UTF8.self) + "\n"
    }
    static func read(_ path: String) throws -> [Row] {
        try JSONDecoder().decode([Row].self, from: Data(contentsOf: URL(filePath: path)))
    }
}

extension Sequence where Element: Hashable {
    /// Each element once, where it stands first.
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
