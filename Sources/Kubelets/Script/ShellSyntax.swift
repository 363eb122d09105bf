// What a line of the small shell means: commands, pipes, redirects; words with quotes and variables.

/// A line that cannot be read.
package struct ShellSyntaxError: Error {
    package var text: String
    /// More lines may make it whole.
    package var isIncomplete = false
}

/// What holds commands together.
package indirect enum ShellCompound: Sendable {
    /// `if`, `elif` and `else` in their order; an `else` has no condition.
    case branch([(condition: [ShellPipeline], body: [ShellPipeline])])
    case loop(while: [ShellPipeline], isUntil: Bool, body: [ShellPipeline])
    /// Words still have their quotes.
    case each(name: String, words: [String], body: [ShellPipeline])
    case group([ShellPipeline])
    /// In a shell of its own.
    case subshell([ShellPipeline])
}

/// Some commands joined by pipes, and when they are run.
package struct ShellPipeline: Sendable {
    package enum Condition: Sendable { case always, ifOK, ifFailed }
    package var condition: Condition
    package var isNegated = false
    package var commands: [ShellCommand] = []
    package init(condition: Condition, commands: [ShellCommand] = []) { (self.condition, self.commands) = (condition, commands) }
}

/// One command as written: words still have their quotes.
package struct ShellCommand: Sendable {
    package struct Redirect: Sendable {
        package enum Kind: Sendable { case write, append, read, sameAs(Int) }
        package var stream: Int
        package var kind: Kind
        package var target: String
    }
    package var words: [String] = []
    package var redirects: [Redirect] = []
    /// In place of words.
    package var compound: ShellCompound?
    package init(words: [String] = []) { self.words = words }
}

package enum ShellSyntax {
    /// - Throws: what the shell says of a line that it cannot read.
    package static func parse(_ text: String) throws(ShellSyntaxError) -> [ShellPipeline] {
        var parser = ShellParser(rest: try tokens(text)[...])
        return try parser.all()
    }

    enum Token {
        case word(String)
        case sign(String)
        case redirect(ShellCommand.Redirect)
    }

    static func tokens(_ text: String) throws(ShellSyntaxError) -> [Token] {
        let all = Array(text)
        var (tokens, word, at) = ([Token](), "", 0)
        var hasWord = false
        func endWord() {
            if hasWord { tokens.append(.word(word)) }
            (word, hasWord) = ("", false)
        }
        while at < all.count {
            let sign = all[at]
            switch sign {
            case " ", "\t", "\r": endWord()
            case "#" where !hasWord:
                while at + 1 < all.count, all[at + 1] != "\n" { at += 1 }
            case "\\":
                word.append(sign)
                if at + 1 < all.count { word.append(all[at + 1]) }
                (hasWord, at) = (true, at + 1)
            case "'", "\"":
                let end = try closing(sign, all, at)
                word += String(all[at...end])
                (hasWord, at) = (true, end)
            case "$" where at + 1 < all.count && (all[at + 1] == "(" || all[at + 1] == "{"):
                let end = try closing(all[at + 1] == "(" ? ")" : "}", all, at + 1)
                word += String(all[at...end])
                (hasWord, at) = (true, end)
            case "\n", ";", "|", "&", "(", ")":
                endWord()
                if sign == "|" || sign == "&", at + 1 < all.count, all[at + 1] == sign {
                    tokens.append(.sign("\(sign)\(sign)"))
                    at += 1
                } else {
                    tokens.append(.sign("\(sign)"))
                }
            case ">", "<":
                // A digit right before is the number of the stream.
                var stream = sign == ">" ? 1 : 0
                if let digit = Int(word), word.count == 1, hasWord { (stream, word, hasWord) = (digit, "", false) }
                endWord()
                var kind: ShellCommand.Redirect.Kind = sign == ">" ? .write : .read
                if at + 1 < all.count, all[at + 1] == sign {
                    if sign == "<" { throw ShellSyntaxError(text: "<<: not known to this simulated shell") }
                    (kind, at) = (.append, at + 1)
                } else if at + 2 < all.count, all[at + 1] == "&", let other = all[at + 2].wholeNumberValue {
                    (kind, at) = (.sameAs(other), at + 2)
                }
                tokens.append(.redirect(.init(stream: stream, kind: kind, target: "")))
            default:
                word.append(sign)
                hasWord = true
            }
            at += 1
        }
        endWord()
        return tokens
    }

    /// Where what begins at `start` is closed by `end`; parentheses may be nested.
    private static func closing(_ end: Character, _ all: [Character], _ start: Int) throws(ShellSyntaxError) -> Int {
        var (at, depth) = (start + 1, 1)
        while at < all.count {
            if all[at] == "\\", end != "'" { at += 1 } else if end == ")", all[at] == "(" { depth += 1 } else if all[at] == end { depth -= 1 }
            if depth == 0 { return at }
            at += 1
        }
        throw ShellSyntaxError(text: "syntax error: unterminated quoted string", isIncomplete: true)
    }
}

/// Reads what tokens mean.
private struct ShellParser {
    var rest: ArraySlice<ShellSyntax.Token>
    private var depth = 0

    init(rest: ArraySlice<ShellSyntax.Token>) { self.rest = rest }

    private static let unknownWords: Set<String> = ["case", "function", "select", "esac"]
    private static let closingWords: Set<String> = ["then", "do", "done", "fi", "elif", "else", "}"]

    private var word: String? { if case .word(let word)? = rest.first { word } else { nil } }
    private var sign: String? { if case .sign(let sign)? = rest.first { sign } else { nil } }
    private func unexpected() -> ShellSyntaxError {
        guard let found = word ?? sign else {
            if rest.isEmpty { return ShellSyntaxError(text: "syntax error: unexpected end of file (expecting more)", isIncomplete: true) }
            return ShellSyntaxError(text: "syntax error: unexpected redirection")
        }
        return ShellSyntaxError(text: "syntax error: unexpected \(found == "\n" ? "newline" : "\"\(found)\"")")
    }
    private mutating func skipNewlines() { while sign == "\n" { rest.removeFirst() } }
    private mutating func take(_ wanted: String) throws(ShellSyntaxError) {
        guard word == wanted else { throw unexpected() }
        rest.removeFirst()
    }

    mutating func all() throws(ShellSyntaxError) -> [ShellPipeline] {
        let list = try list(until: [], closesSubshell: false)
        if !rest.isEmpty { throw unexpected() }
        return list
    }

    /// Pipelines up to one of the words in `ends`, which is left, or to the end.
    private mutating func list(until ends: Set<String>, closesSubshell: Bool) throws(ShellSyntaxError) -> [ShellPipeline] {
        depth += 1
        defer { depth -= 1 }
        if depth > 50 { throw ShellSyntaxError(text: "nested too deeply for this simulated shell") }
        var (list, condition) = ([ShellPipeline](), ShellPipeline.Condition.always)
        while true {
            skipNewlines()
            if rest.isEmpty {
                if condition == .always { return list }
                throw unexpected()
            }
            if condition == .always, let word, ends.contains(word) { return list }
            if condition == .always, closesSubshell, sign == ")" { return list }
            list.append(try pipeline(condition))
            switch sign {
            case nil where rest.isEmpty: return list
            case ";", "\n":
                condition = .always
                rest.removeFirst()
            case "&&", "||":
                condition = sign == "&&" ? .ifOK : .ifFailed
                rest.removeFirst()
            case ")" where closesSubshell: condition = .always
            case "&": throw ShellSyntaxError(text: "&: not known to this simulated shell")
            default: throw unexpected()
            }
        }
    }
    /// A list that must not be empty, and the word that ends it, which is left.
    private mutating func body(until ends: Set<String>) throws(ShellSyntaxError) -> [ShellPipeline] {
        let list = try list(until: ends, closesSubshell: false)
        if list.isEmpty || rest.isEmpty { throw unexpected() }
        return list
    }

    private mutating func pipeline(_ condition: ShellPipeline.Condition) throws(ShellSyntaxError) -> ShellPipeline {
        var pipeline = ShellPipeline(condition: condition)
        while word == "!" {
            pipeline.isNegated.toggle()
            rest.removeFirst()
        }
        pipeline.commands.append(try command())
        while sign == "|" {
            rest.removeFirst()
            skipNewlines()
            pipeline.commands.append(try command())
        }
        return pipeline
    }

    private mutating func command() throws(ShellSyntaxError) -> ShellCommand {
        var command = ShellCommand()
        switch word {
        case let first? where Self.unknownWords.contains(first): throw ShellSyntaxError(text: "\(first): not known to this simulated shell")
        case let first? where Self.closingWords.contains(first): throw unexpected()
        case "if": command.compound = try branch()
        case "while", "until":
            let isUntil = word == "until"
            rest.removeFirst()
            let condition = try body(until: ["do"])
            command.compound = .loop(while: condition, isUntil: isUntil, body: try block())
        case "for": command.compound = try each()
        case "{":
            rest.removeFirst()
            let list = try body(until: ["}"])
            try take("}")
            command.compound = .group(list)
        case nil where sign == "(":
            rest.removeFirst()
            let list = try list(until: [], closesSubshell: true)
            guard !list.isEmpty, sign == ")" else { throw unexpected() }
            rest.removeFirst()
            command.compound = .subshell(list)
        default: return try simple()
        }
        while try redirect(&command) {}
        return command
    }

    private mutating func simple() throws(ShellSyntaxError) -> ShellCommand {
        var command = ShellCommand()
        while true {
            if let word {
                command.words.append(word)
                rest.removeFirst()
            } else if try !redirect(&command) {
                break
            }
        }
        if sign == "(", command.words.count == 1 { throw ShellSyntaxError(text: "functions: not known to this simulated shell") }
        if command.words.isEmpty, command.redirects.isEmpty { throw unexpected() }
        return command
    }
    /// Takes a redirect if one stands here.
    private mutating func redirect(_ command: inout ShellCommand) throws(ShellSyntaxError) -> Bool {
        guard case .redirect(var redirect)? = rest.first else { return false }
        rest.removeFirst()
        if case .sameAs = redirect.kind {
        } else {
            guard let target = word else { throw unexpected() }
            redirect.target = target
            rest.removeFirst()
        }
        command.redirects.append(redirect)
        return true
    }

    /// `do LIST done`
    private mutating func block() throws(ShellSyntaxError) -> [ShellPipeline] {
        try take("do")
        let list = try body(until: ["done"])
        try take("done")
        return list
    }
    private mutating func branch() throws(ShellSyntaxError) -> ShellCompound {
        var parts: [(condition: [ShellPipeline], body: [ShellPipeline])] = []
        repeat {
            rest.removeFirst()
            let condition = try body(until: ["then"])
            try take("then")
            parts.append((condition, try body(until: ["elif", "else", "fi"])))
        } while word == "elif"
        if word == "else" {
            rest.removeFirst()
            parts.append(([], try body(until: ["fi"])))
        }
        try take("fi")
        return .branch(parts)
    }
    private mutating func each() throws(ShellSyntaxError) -> ShellCompound {
        rest.removeFirst()
        guard let name = word else { throw unexpected() }
        guard let first = name.first, first.isLetter || first == "_", name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
            throw ShellSyntaxError(text: "syntax error: bad for loop variable")
        }
        rest.removeFirst()
        var words: [String] = []
        if word == "in" {
            rest.removeFirst()
            while let next = word {
                words.append(next)
                rest.removeFirst()
            }
        }
        if sign == ";" { rest.removeFirst() }
        skipNewlines()
        return .each(name: name, words: words, body: try block())
    }
}
