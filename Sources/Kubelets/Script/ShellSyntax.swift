// What a line of the small shell means: commands, pipes, redirects; words with quotes and variables.

/// A line that cannot be read.
package struct ShellSyntaxError: Error {
    package var text: String
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
    package init(words: [String] = []) { self.words = words }
}

package enum ShellSyntax {
    private static let unknownWords: Set<String> = ["if", "for", "while", "until", "case", "function", "select", "{", "(", "then", "do", "done", "fi", "esac"]

    /// - Throws: what the shell says of a line that it cannot read.
    package static func parse(_ text: String) throws(ShellSyntaxError) -> [ShellPipeline] {
        var pipelines: [ShellPipeline] = []
        var pipeline = ShellPipeline(condition: .always)
        var command = ShellCommand()
        var awaited: ShellCommand.Redirect?
        func endCommand(_ sign: String) throws(ShellSyntaxError) {
            if awaited != nil { throw ShellSyntaxError(text: "syntax error: unexpected \(sign)") }
            if let word = command.words.first, unknownWords.contains(word) { throw ShellSyntaxError(text: "\(word): not known to this simulated shell") }
            if command.words.isEmpty, command.redirects.isEmpty {
                if !pipeline.commands.isEmpty || sign == "\"|\"" { throw ShellSyntaxError(text: "syntax error: unexpected \(sign)") }
                return
            }
            pipeline.commands.append(command)
            command = ShellCommand()
        }
        func endPipeline(_ next: ShellPipeline.Condition, _ sign: String) throws(ShellSyntaxError) {
            try endCommand(sign)
            if !pipeline.commands.isEmpty { pipelines.append(pipeline) }
            pipeline = ShellPipeline(condition: next)
        }
        for token in try tokens(text) {
            switch token {
            case .word(let word):
                if var redirect = awaited {
                    redirect.target = word
                    command.redirects.append(redirect)
                    awaited = nil
                } else if word == "!", command.words.isEmpty, pipeline.commands.isEmpty {
                    pipeline.isNegated = true
                } else {
                    command.words.append(word)
                }
            case .sign(";"), .sign("\n"): try endPipeline(.always, "\";\"")
            case .sign("&&"): try endPipeline(.ifOK, "\"&&\"")
            case .sign("||"): try endPipeline(.ifFailed, "\"||\"")
            case .sign("|"): try endCommand("\"|\"")
            case .sign(let sign): throw ShellSyntaxError(text: "\(sign): not known to this simulated shell")
            case .redirect(let redirect):
                if case .sameAs = redirect.kind { command.redirects.append(redirect) } else { awaited = redirect }
            }
        }
        try endPipeline(.always, "end of line")
        return pipelines
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
        throw ShellSyntaxError(text: "syntax error: unterminated quoted string")
    }
}
