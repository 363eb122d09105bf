// How kubectl reads a command line.

import SimulationKit

/// The flags of a command, and what is no flag.
///
/// - Source: `github.com/spf13/pflag`, as kubectl 1.37 answers.
struct KubectlFlags {
    /// A flag: its name, its letter, and whether a value has to follow.
    struct Flag {
        var name: String
        var letter: Character?
        var takesValue: Bool
        init(_ name: String, _ letter: Character? = nil, takesValue: Bool = false) { (self.name, self.letter, self.takesValue) = (name, letter, takesValue) }
    }
    /// In the words that the user reads, without `error: `.
    struct Mistake: Error {
        var text: String
    }

    /// Words that are no flags.
    private(set) var words: [String] = []
    /// How many of them stood before `--`; nil: there was none.
    private(set) var dash: Int?
    private(set) var values: [String: String] = [:]
    private let command: String

    /// - Parameter command: `kubectl logs`
    init(_ arguments: [String], _ flags: [Flag], command: String) throws(Mistake) {
        self.command = command
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                dash = words.count
                words += rest
                break
            }
            if word.hasPrefix("--") {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard let flag = flags.first(where: { $0.name == parts[0] }) else { throw usage("unknown flag: --\(parts[0])") }
                if parts.count == 2 {
                    values[flag.name] = parts[1]
                } else if !flag.takesValue {
                    values[flag.name] = "true"
                } else if let value = rest.popFirst() {
                    values[flag.name] = value
                } else {
                    throw usage("flag needs an argument: \(word)")
                }
            } else if word.hasPrefix("-"), word.count > 1 {
                try take(letters: word, flags, &rest)
            } else {
                words.append(word)
            }
        }
        for flag in flags where !flag.takesValue {
            if let value = values[flag.name], Self.truth(value) == nil {
                throw usage(
                    "invalid argument \"\(value)\" for \"\(name(flag))\" flag: strconv.ParseBool: parsing \"\(value)\": invalid syntax")
            }
        }
    }

    /// `-fp`, `-c app`, `-capp`, `-c=app`
    private mutating func take(letters word: String, _ flags: [Flag], _ rest: inout ArraySlice<String>) throws(Mistake) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let flag = flags.first(where: { $0.letter == letter }) else { throw usage("unknown shorthand flag: '\(letter)' in \(word)") }
            if letters.first == "=" {
                values[flag.name] = String(letters.dropFirst())
                return
            }
            if !flag.takesValue {
                values[flag.name] = "true"
            } else if !letters.isEmpty {
                values[flag.name] = String(letters)
                return
            } else if let value = rest.popFirst() {
                values[flag.name] = value
            } else {
                throw usage("flag needs an argument: '\(letter)' in \(word)")
            }
        }
    }

    private func usage(_ text: String) -> Mistake { Mistake(text: "\(text)\nSee '\(command) --help' for usage.") }
    private func name(_ flag: Flag) -> String { flag.letter.map { "-\($0), --\(flag.name)" } ?? "--\(flag.name)" }
    private static func truth(_ text: String) -> Bool? {
        ["1", "t", "T", "true", "TRUE", "True"].contains(text) ? true : ["0", "f", "F", "false", "FALSE", "False"].contains(text) ? false : nil
    }

    func isOn(_ name: String) -> Bool { values[name].flatMap(Self.truth) ?? false }
    func number(_ name: String) throws(Mistake) -> Int64? {
        guard let text = values[name] else { return nil }
        if let value = Int64(text) { return value }
        let isNumber = text.drop { $0 == "-" || $0 == "+" }.allSatisfy(\.isWholeNumber) && text.contains(where: \.isWholeNumber)
        throw usage(
            "invalid argument \"\(text)\" for \"--\(name)\" flag: strconv.ParseInt: parsing \"\(text)\": \(isNumber ? "value out of range" : "invalid syntax")")
    }
    func duration(_ name: String) throws(Mistake) -> Duration? {
        guard let text = values[name] else { return nil }
        if let value = Duration(text) { return value }
        let lacksUnit = !text.isEmpty && text.allSatisfy { $0.isWholeNumber || $0 == "." || $0 == "-" || $0 == "+" }
        throw usage("invalid argument \"\(text)\" for \"--\(name)\" flag: time: \(lacksUnit ? "missing unit in" : "invalid") duration \"\(text)\"")
    }
}
