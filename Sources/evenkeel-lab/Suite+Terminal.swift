// The part of the suite that runs the program in a terminal: how long a key takes until its frame is written, and what it costs at rest.

import Foundation

extension Suite {
    /// The program beside this one.
    private static var program: String? {
        let path = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "evenkeel").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }
    /// Letters that no screen has: once one is typed into the prompt, the frame that shows it in place of the other answers the key.
    private static let signs = ["§", "¤"]

    mutating func terminal() {
        guard let program = Self.program else { return print("in a terminal: not measured, there is no evenkeel beside this program") }
        start(program)
        atRest(program)
        large(program)
    }

    private mutating func start(_ program: String) {
        let times = (0..<5).compactMap { _ in PseudoTerminal(program, ["--paused"])?.wait(for: "Spread", limit: 10) }.sorted()
        if let median = times.dropFirst(times.count / 2).first { note("terminal: first frame of the built-in cluster", "ms", median * 1000) }
    }

    /// The built-in cluster, as long as nobody does anything.
    private mutating func atRest(_ program: String) {
        for (name, arguments) in [("paused", ["--paused"]), ("at x1", ["--speed", "1"])] {
            guard let terminal = PseudoTerminal(program, arguments), terminal.wait(for: "Spread", limit: 10) != nil else { continue }
            rest("built-in cluster \(name)", terminal)
        }
    }
    private mutating func rest(_ name: String, _ terminal: PseudoTerminal) {
        // Until what was said last is gone.
        terminal.drain(seconds: 8)
        let before = terminal.processorTime
        let bytes = terminal.drain(seconds: 10)
        note("terminal: \(name), processor", "%", (terminal.processorTime - before) * 10)
        note("terminal: \(name), bytes written", "1/s", Double(bytes) / 10)
    }

    /// The made cluster: keys at rest, at full speed, and while a zone is lost.
    private mutating func large(_ program: String) {
        let arguments = ["--nodes", "\(nodes)", "--pods", "\(pods)", "--seed", "7", "--speed", "1"]
        guard let terminal = PseudoTerminal(program, arguments) else { return }
        guard let first = terminal.wait(for: "Spread", limit: 120) else { return print("terminal: the made cluster was not drawn within two minutes") }
        note("terminal: first frame of the made cluster", "ms", first * 1000)
        // As it grows, at full speed.
        terminal.type(":speed max\r")
        keys("all is made, Deck", terminal)
        terminal.type(":time +3m\r")
        _ = settle(terminal)
        terminal.type(",")
        for (name, open) in [("Deck", ":deck\r"), ("pods", ":po\r"), ("nodes", ":no\r"), ("Spread", "X")] {
            terminal.type(open)
            terminal.drain(seconds: 1)
            keys("paused, \(name)", terminal)
        }
        terminal.type(":po\r")
        terminal.drain(seconds: 1)
        keys("paused, filter of pods", terminal, prompt: "/")
        rest("made cluster paused", terminal)
        terminal.type(":speed 1\r,")
        rest("made cluster at x1", terminal)
        terminal.type(":deck\r:speed max\r")
        keys("full speed, Deck", terminal)
        terminal.type(":fault fail eu-a\r")
        for (name, open) in [("Deck", ":deck\r"), ("pods", ":po\r"), ("events", ":ev\r"), ("Spread", "X")] {
            terminal.type(open)
            still("a zone is lost, \(name)", terminal)
            keys("a zone is lost, \(name)", terminal)
        }
    }
    /// How long the screen stands still while nobody types.
    private mutating func still(_ name: String, _ terminal: PseudoTerminal) {
        terminal.drain(seconds: 0.5)
        let pauses = terminal.pauses(seconds: 8)
        guard let most = pauses.last else { return note("terminal: \(name), pictures within 8 s", "", 0, isRate: true) }
        for (column, value) in [("MEDIAN", pauses[pauses.count / 2]), ("99TH", pauses[pauses.count * 99 / 100]), ("MOST", most)] {
            add(Row(name: name, unit: "ms", value: value, table: "FROM FRAME TO FRAME IN A TERMINAL, ms", column: column))
        }
    }
    /// Waits until nothing is written for a second.
    private func settle(_ terminal: PseudoTerminal) -> Bool {
        for _ in 0..<120 where terminal.drain(seconds: 1) == 0 { return true }
        return false
    }

    /// Types a letter a hundred times into the prompt and waits for each to be seen.
    private mutating func keys(_ name: String, _ terminal: PseudoTerminal, prompt: String = ":") {
        terminal.drain(seconds: 0.5)
        terminal.type(prompt)
        terminal.drain(seconds: 0.3)
        var times: [Double] = []
        var bytes = 0
        var generator = SystemRandomNumberGenerator()
        for number in 0..<101 {
            let before = terminal.written
            let sign = Self.signs[number % 2]
            terminal.type(number == 0 ? sign : "\u{7f}" + sign)
            guard let time = terminal.wait(for: sign, limit: 10) else { break }
            // The first one opens what the others find open.
            if number > 0 {
                times.append(time * 1000)
                bytes += terminal.written - before
            }
            // At any moment of its turns.
            terminal.drain(seconds: 0.05 + Double.random(in: 0..<0.03, using: &generator))
        }
        terminal.type("\u{1b}")
        terminal.drain(seconds: 0.2)
        guard times.count == 100 else { return note("terminal: \(name), keys that were answered of 100", "", Double(times.count), isRate: true) }
        times.sort()
        for (column, value) in [("MEDIAN", times[50]), ("99TH", times[98]), ("MOST", times[99])] {
            add(Row(name: name, unit: "ms", value: value, table: "KEY TO FRAME IN A TERMINAL, ms", column: column))
        }
        add(Row(name: name, unit: "", value: Double(bytes) / 100, table: "KEY TO FRAME IN A TERMINAL, ms", column: "BYTES"))
    }
}
