// Runs a script ahead of time: how long it takes, what it writes, how it ends.

import SimulationKit

/// A script as it is run.
struct ScriptRun {
    enum Outcome: Equatable {
        /// It goes on.
        case done
        case exit
        /// Nothing comes after it.
        case forever
        /// It has what is not known here.
        case unknown
    }
    var variables: [String: String]
    var offset = Duration.zero
    var lines: [Script.Line] = []
    var lastCode = 0
    var round: Script.Round?
    private var stopsOnError = false
    /// Commands that may still be run: scripts are read, not trusted.
    private var left = 20_000

    init(variables: [String: String]) { self.variables = variables }

    /// A program and its arguments as they are given to it.
    mutating func program(_ words: [String], isMuted: Bool) -> Outcome {
        left -= 1
        guard left > 0, let first = words.first else { return .unknown }
        let arguments = Array(words.dropFirst())
        switch Script.name(first) {
        case "true", ":", "set": return set(arguments)
        case "false": lastCode = 1
        case "exit":
            if let word = arguments.first {
                guard let code = Int(word), (0...255).contains(code) else { return .unknown }
                lastCode = code
            }
            return .exit
        case "sleep": return sleep(arguments)
        case "echo": write(Self.echo(arguments), isMuted)
        case "printf": write(arguments.count == 1 && !arguments[0].contains("%") ? Self.unescaped(arguments[0]) : nil, isMuted)
        case "date": write(arguments.isEmpty ? "\(Script.Mark.date.rawValue)\n" : arguments == ["+%s"] ? "\(Script.Mark.unixTime.rawValue)\n" : nil, isMuted)
        case "hostname": write("\(Script.Mark.pod.rawValue)\n", isMuted)
        case "tail": return arguments == ["-f", "/dev/null"] ? .forever : .unknown
        case "sh", "bash", "ash", "dash": return shell(arguments, isMuted)
        case "export":
            for word in arguments where !assign(word) { return .unknown }
        case "exec":
            let outcome = program(arguments, isMuted: isMuted)
            return outcome == .done ? .exit : outcome
        default: return .unknown
        }
        return isUnknown ? .unknown : .done
    }
    private var isUnknown = false

    private mutating func set(_ arguments: [String]) -> Outcome {
        lastCode = 0
        if arguments.contains(where: { $0.hasPrefix("-") && $0.contains("e") }) { stopsOnError = true }
        return .done
    }

    private mutating func sleep(_ arguments: [String]) -> Outcome {
        guard !arguments.isEmpty else { return .unknown }
        for word in arguments {
            if ["infinity", "inf"].contains(word) { return .forever }
            let unit: Double =
                switch word.last {
                case "m": 60;
                case "h": 3600;
                case "d": 86_400;
                default: 1
                }
            let digits = word.last.map { "smhd".contains($0) } ?? false ? word.dropLast() : word[...]
            guard let number = Double(digits), number >= 0, number * unit <= Program.longest.seconds else { return .unknown }
            offset = offset + .seconds(number * unit)
        }
        lastCode = 0
        return .done
    }

    private mutating func shell(_ arguments: [String], _ isMuted: Bool) -> Outcome {
        guard let flags = arguments.first, flags.hasPrefix("-"), flags.hasSuffix("c"), arguments.count >= 2, let node = ScriptReader.read(arguments[1]) else {
            return .unknown
        }
        let (kept, stopped) = (variables, stopsOnError)
        stopsOnError = flags.contains("e")
        let outcome = run(node, isMuted)
        (variables, stopsOnError) = (kept, stopped)
        return outcome == .exit ? .done : outcome
    }

    private mutating func write(_ text: String?, _ isMuted: Bool) {
        lastCode = 0
        guard let text else {
            isUnknown = true
            return
        }
        if isMuted { return }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0) {
            lines.append(.init(offset: offset, text: String(line)))
        }
    }
    private static func echo(_ arguments: [String]) -> String {
        let flags = arguments.prefix { ["-e", "-n", "-ne", "-en"].contains($0) }
        let text = arguments.dropFirst(flags.count).joined(separator: " ")
        return (flags.contains { $0.contains("e") } ? unescaped(text) : text) + "\n"
    }
    private static func unescaped(_ text: String) -> String { text.replacing("\\n", with: "\n").replacing("\\t", with: "\t") }

    // MARK: What holds commands together

    mutating func run(_ node: ScriptNode, _ isMuted: Bool) -> Outcome {
        switch node {
        case .command(let raw, let muted): return command(raw, isMuted || muted)
        case .muted(let inner): return run(inner, true)
        case .list(let steps):
            for (index, step) in steps.enumerated() {
                if step.condition == .ifOK && lastCode != 0 || step.condition == .ifFailed && lastCode == 0 { continue }
                let outcome = run(step.node, isMuted)
                if outcome != .done { return outcome }
                if step.isNegated { lastCode = lastCode == 0 ? 1 : 0 }
                // What is only asked for does not stop it.
                let isAsked = step.isNegated || index + 1 < steps.count && steps[index + 1].condition != .always
                if stopsOnError, lastCode != 0, !isAsked { return .exit }
            }
            return .done
        case .branch(let parts):
            for part in parts {
                let outcome = ask(part.condition, isMuted)
                if outcome != .done { return outcome }
                if lastCode == 0 { return run(part.body, isMuted) }
            }
            lastCode = 0
            return .done
        case .each(let name, let raw, let body):
            for word in raw {
                guard let values = expanded(word) else { return .unknown }
                for value in values {
                    variables[name] = value
                    let outcome = run(body, isMuted)
                    if outcome != .done { return outcome }
                }
            }
            return .done
        case .loop(let condition, let isUntil, let body): return loop(condition, isUntil, body, isMuted)
        }
    }

    /// Runs a condition, which does not stop a script that stops on errors.
    private mutating func ask(_ condition: ScriptNode, _ isMuted: Bool) -> Outcome {
        let stopped = stopsOnError
        stopsOnError = false
        defer { stopsOnError = stopped }
        return run(condition, isMuted)
    }

    /// Here a loop goes round for ever or not at all: nothing that it asks can change.
    private mutating func loop(_ condition: ScriptNode, _ isUntil: Bool, _ body: ScriptNode, _ isMuted: Bool) -> Outcome {
        let (begin, before, known) = (offset, lines.count, variables)
        let outcome = ask(condition, isMuted)
        if outcome != .done { return outcome }
        if (lastCode == 0) == isUntil {
            lastCode = 0
            return .done
        }
        let end = run(body, isMuted)
        if end != .done { return end }
        guard variables == known else { return .unknown }
        let own = lines[before...].map { Script.Line(offset: $0.offset - begin, text: $0.text) }
        if offset > begin {
            round = Script.Round(begin: begin, period: offset - begin, lines: own)
        } else if !own.isEmpty {
            // It writes as fast as it can: nobody can say how fast that is.
            return .unknown
        }
        lines.removeLast(lines.count - before)
        return .forever
    }

    private mutating func command(_ raw: [String], _ isMuted: Bool) -> Outcome {
        var words: [String] = []
        for word in raw {
            guard let more = expanded(word) else { return .unknown }
            words += more
        }
        if words.count == raw.count, raw.allSatisfy({ $0.first?.isLetter ?? false || $0.first == "_" }), words.allSatisfy({ $0.contains("=") }) {
            for word in words where !assign(word) { return .unknown }
            lastCode = 0
            return .done
        }
        return words.isEmpty ? .done : program(words, isMuted: isMuted)
    }
    /// Sets a variable by `NAME=value`.
    private mutating func assign(_ word: String) -> Bool {
        guard let equals = word.firstIndex(of: "=") else { return false }
        let name = word[..<equals]
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else { return false }
        variables[String(name)] = String(word[word.index(after: equals)...])
        return true
    }

    // MARK: Words

    /// The words that `raw` stands for: without quotes, with the values of variables; nil if it has what is not known here.
    private func expanded(_ raw: String) -> [String]? {
        let all = Array(raw)
        var (words, word, at) = ([String](), "", 0)
        var (isQuoted, hasWord) = (false, false)
        while at < all.count {
            switch all[at] {
            case "'" where !isQuoted:
                guard let end = all[(at + 1)...].firstIndex(of: "'") else { return nil }
                word += String(all[(at + 1)..<end])
                (hasWord, at) = (true, end)
            case "\"":
                isQuoted.toggle()
                hasWord = true
            case "\\":
                guard at + 1 < all.count else { return nil }
                if isQuoted, !"$`\"\\".contains(all[at + 1]) { word.append("\\") }
                word.append(all[at + 1])
                (hasWord, at) = (true, at + 1)
            case "`": return nil
            case "*" where !isQuoted, "?" where !isQuoted: return nil
            case "$":
                guard let (value, end) = value(all, at) else { return nil }
                if isQuoted {
                    word += value
                    hasWord = true
                } else {
                    for (index, piece) in value.split(omittingEmptySubsequences: false, whereSeparator: { $0 == " " || $0 == "\n" }).enumerated() {
                        if index > 0 {
                            if hasWord { words.append(word) }
                            (word, hasWord) = ("", false)
                        }
                        word += piece
                        if !piece.isEmpty { hasWord = true }
                    }
                }
                at = end
            default:
                word.append(all[at])
                hasWord = true
            }
            at += 1
        }
        if hasWord { words.append(word) }
        return words
    }

    /// The value of what begins with a dollar, and where that ends.
    private func value(_ all: [Character], _ at: Int) -> (String, Int)? {
        guard at + 1 < all.count else { return ("$", at) }
        switch all[at + 1] {
        case "?": return ("\(lastCode)", at + 1)
        case "(":
            guard let end = all[at...].firstIndex(of: ")") else { return nil }
            let inner = String(all[(at + 2)..<end]).split(separator: " ").map(String.init)
            switch inner.first {
            case "date" where inner.count == 1: return (String(Script.Mark.date.rawValue), end)
            case "date" where inner[1...] == ["+%s"]: return (String(Script.Mark.unixTime.rawValue), end)
            case "hostname" where inner.count == 1: return (String(Script.Mark.pod.rawValue), end)
            case "seq":
                let numbers = inner.dropFirst().compactMap { Int($0) }
                guard numbers.count == inner.count - 1, (1...2).contains(numbers.count), let last = numbers.last else { return nil }
                let first = numbers.count == 2 ? numbers[0] : 1
                guard first <= last, last.saturatingSubtract(first) < 10_000 else { return nil }
                return ((first...last).map { "\($0)" }.joined(separator: " "), end)
            default: return nil
            }
        case "{":
            guard let end = all[at...].firstIndex(of: "}") else { return nil }
            let inner = String(all[(at + 2)..<end])
            if let range = inner.firstRange(of: ":-") {
                let known = variables[String(inner[..<range.lowerBound])] ?? ""
                return (known.isEmpty ? String(inner[range.upperBound...]) : known, end)
            }
            return variables[inner].map { ($0, end) }
        default:
            var end = at + 1
            while end < all.count, all[end].isASCII, all[end].isLetter || all[end] == "_" || all[end].isNumber && end > at + 1 { end += 1 }
            if end == at + 1 { return ("$", at) }
            // What its environment has besides, of Services say, is not known here.
            return variables[String(all[(at + 1)..<end])].map { ($0, end - 1) }
        }
    }
}
