// What a script of a container's command is made of: the commands of the small shell, and what holds them together.

/// A part of a script as it was read.
indirect enum ScriptNode {
    /// Words still have their quotes. What is muted goes to a file.
    case command([String], isMuted: Bool)
    case list([Step])
    case loop(while: ScriptNode, isUntil: Bool, body: ScriptNode)
    case each(name: String, words: [String], body: ScriptNode)
    case branch([(condition: ScriptNode, body: ScriptNode)])
    case muted(ScriptNode)

    struct Step {
        var condition = ShellPipeline.Condition.always
        var isNegated = false
        var node: ScriptNode
    }
}

/// Reads a script; nil where it has what is not known here: pipes, jobs, functions, input from files.
struct ScriptReader {
    private var rest: ArraySlice<ShellSyntax.Token>
    private var depth = 0

    static func read(_ text: String) -> ScriptNode? {
        guard let tokens = try? ShellSyntax.tokens(text) else { return nil }
        var reader = ScriptReader(rest: tokens[...])
        let list = reader.list(until: [])
        return reader.rest.isEmpty ? list : nil
    }
    private init(rest: ArraySlice<ShellSyntax.Token>) { self.rest = rest }

    private var isAtSeparator: Bool { if case .sign(let sign)? = rest.first { sign == ";" || sign == "\n" } else { false } }
    private var word: String? { if case .word(let word)? = rest.first { word } else { nil } }
    private mutating func skipSeparators() { while isAtSeparator { rest.removeFirst() } }
    private mutating func take(_ wanted: String) -> Bool {
        guard word == wanted else { return false }
        rest.removeFirst()
        return true
    }

    /// Commands up to one of the words in `ends`, which is left, or to the end.
    private mutating func list(until ends: Set<String>) -> ScriptNode? {
        depth += 1
        defer { depth -= 1 }
        guard depth < 50 else { return nil }
        var steps: [ScriptNode.Step] = []
        var condition = ShellPipeline.Condition.always
        skipSeparators()
        while !rest.isEmpty, word.map({ !ends.contains($0) }) ?? true {
            let isNegated = take("!")
            guard let node = command() else { return nil }
            steps.append(.init(condition: condition, isNegated: isNegated, node: node))
            if rest.isEmpty { break }
            if isAtSeparator {
                condition = .always
                skipSeparators()
                continue
            }
            guard case .sign(let sign)? = rest.first, sign == "&&" || sign == "||" else { return nil }
            rest.removeFirst()
            skipSeparators()
            condition = sign == "&&" ? .ifOK : .ifFailed
        }
        return steps.isEmpty ? nil : .list(steps)
    }

    private mutating func command() -> ScriptNode? {
        guard let first = word else { return nil }
        let node: ScriptNode?
        switch first {
        case "while", "until":
            rest.removeFirst()
            guard let condition = list(until: ["do"]), let body = block() else { return nil }
            node = .loop(while: condition, isUntil: first == "until", body: body)
        case "for": node = each()
        case "if": node = branch()
        case "{":
            rest.removeFirst()
            guard let body = list(until: ["}"]), take("}") else { return nil }
            node = body
        case "do", "done", "then", "fi", "elif", "else", "case", "function", "select", "}": return nil
        default: return simple()
        }
        guard let node else { return nil }
        guard let isMuted = redirects() else { return nil }
        return isMuted ? .muted(node) : node
    }

    /// `do LIST done`
    private mutating func block() -> ScriptNode? {
        guard take("do"), let body = list(until: ["done"]), take("done") else { return nil }
        return body
    }
    private mutating func each() -> ScriptNode? {
        rest.removeFirst()
        guard let name = word else { return nil }
        rest.removeFirst()
        guard take("in") else { return nil }
        var words: [String] = []
        while let next = word {
            words.append(next)
            rest.removeFirst()
        }
        skipSeparators()
        return block().map { .each(name: name, words: words, body: $0) }
    }
    private mutating func branch() -> ScriptNode? {
        var parts: [(condition: ScriptNode, body: ScriptNode)] = []
        while take(parts.isEmpty ? "if" : "elif") {
            guard let condition = list(until: ["then"]), take("then"), let body = list(until: ["elif", "else", "fi"]) else { return nil }
            parts.append((condition, body))
        }
        if take("else") {
            guard let body = list(until: ["fi"]) else { return nil }
            parts.append((.command(["true"], isMuted: false), body))
        }
        return take("fi") ? .branch(parts) : nil
    }

    private mutating func simple() -> ScriptNode? {
        var (words, isMuted) = ([String](), false)
        while true {
            if let next = word {
                words.append(next)
                rest.removeFirst()
            } else if case .redirect? = rest.first {
                guard let muted = redirects() else { return nil }
                isMuted = isMuted || muted
            } else {
                return words.isEmpty ? nil : .command(words, isMuted: isMuted)
            }
        }
    }

    /// Whether what stands here sends standard output elsewhere; nil if it cannot be read.
    private mutating func redirects() -> Bool? {
        var isMuted = false
        while case .redirect(let redirect)? = rest.first {
            rest.removeFirst()
            switch redirect.kind {
            case .read: return nil
            // Both streams of a container end in its log.
            case .sameAs: continue
            case .write, .append:
                guard let target = word else { return nil }
                rest.removeFirst()
                if redirect.stream == 1, !["/dev/stdout", "/dev/stderr", "/proc/1/fd/1", "/proc/1/fd/2"].contains(target) { isMuted = true }
            }
        }
        return isMuted
    }
}
