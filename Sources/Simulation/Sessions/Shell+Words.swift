// Words of a shell: quotes, variables, substitutions and patterns.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

extension Shell {
    /// The words that `raw` stands for: without quotes, with the values of variables, split where these are not quoted.
    mutating func expand(_ raw: String, _ turn: inout Turn, splits: Bool = true) -> [String] {
        let all = Array(raw)
        var (words, word, at) = ([String](), "", 0)
        var (isQuoted, hasWord, hasPattern) = (false, false, false)
        func endWord() {
            if hasWord { words.append(word) }
            (word, hasWord) = ("", false)
        }
        while at < all.count {
            let sign = all[at]
            switch sign {
            case "'" where !isQuoted:
                let end = all[(at + 1)...].firstIndex(of: "'") ?? all.count
                word += String(all[(at + 1)..<end])
                (hasWord, at) = (true, end)
            case "\"":
                isQuoted.toggle()
                hasWord = true
            case "\\" where at + 1 < all.count:
                let next = all[at + 1]
                if isQuoted, !"$`\"\\\n".contains(next) { word.append("\\") }
                word.append(next)
                (hasWord, at) = (true, at + 1)
            case "$":
                let (value, end) = value(all, at, &turn)
                if let value {
                    if isQuoted || !splits {
                        word += value
                        hasWord = true
                    } else {
                        let pieces = value.split(omittingEmptySubsequences: false) { $0 == " " || $0 == "\n" || $0 == "\t" }
                        for (index, piece) in pieces.enumerated() {
                            if index > 0 { endWord() }
                            word += piece
                            if !piece.isEmpty { hasWord = true }
                        }
                    }
                } else {
                    word.append("$")
                    hasWord = true
                }
                at = end
            case "~" where at == 0 && (all.count == 1 || all[1] == "/"):
                word += "/root"
                hasWord = true
            default:
                if !isQuoted, sign == "*" || sign == "?" { hasPattern = true }
                word.append(sign)
                hasWord = true
            }
            at += 1
        }
        endWord()
        if hasPattern, words.count == 1 {
            let found = matches(words[0], turn)
            if !found.isEmpty { return found }
        }
        return words
    }

    /// The value of what begins with a dollar at `at`, and where that ends; nil if it is a dollar alone.
    mutating func value(_ all: [Character], _ at: Int, _ turn: inout Turn) -> (String?, Int) {
        guard at + 1 < all.count else { return (nil, at) }
        switch all[at + 1] {
        case "?": return ("\(lastCode)", at + 1)
        case "$": return ("7", at + 1)
        case "(":
            var (depth, end) = (1, at + 2)
            while end < all.count {
                if all[end] == "(" { depth += 1 } else if all[end] == ")" { depth -= 1 }
                if depth == 0 { break }
                end += 1
            }
            let inner = String(all[(at + 2)..<min(end, all.count)])
            if inner.hasPrefix("("), inner.hasSuffix(")") {
                let known = turn.environment + variables
                func number(_ name: String) -> Int { known.last { $0.name == name }.flatMap { Int($0.value) } ?? 0 }
                return (ShellArithmetic.value(String(inner.dropFirst().dropLast()), number).map { "\($0)" } ?? "0", end)
            }
            let result = runApart((try? ShellSyntax.parse(inner)) ?? [], nil, &turn)
            lastCode = result.code
            var out = result.out
            while out.last == 10 { out.removeLast() }
            return (String(decoding: out, as: UTF8.self), end)
        case "{":
            let end = all[at...].firstIndex(of: "}") ?? all.count - 1
            guard end >= at + 2 else { return ("", all.count - 1) }
            let inner = String(all[(at + 2)..<end])
            for sign in [":-", "-"] {
                guard let range = inner.firstRange(of: sign) else { continue }
                let known = variable(String(inner[..<range.lowerBound]), turn)
                return (known == nil || known == "" && sign == ":-" ? String(inner[range.upperBound...]) : known, end)
            }
            return (variable(inner, turn) ?? "", end)
        default:
            var end = at + 1
            while end < all.count, all[end].isASCII, all[end].isLetter || all[end] == "_" || all[end].isNumber && end > at + 1 { end += 1 }
            if end == at + 1 { return (nil, at) }
            return (variable(String(all[(at + 1)..<end]), turn) ?? "", end - 1)
        }
    }
    func variable(_ name: String, _ turn: Turn) -> String? {
        if name == "PWD" { return directory }
        return variables.last { $0.name == name }?.value ?? turn.environment.first { $0.name == name }?.value
    }

    /// The paths that a pattern in their last part fits, in order.
    private func matches(_ pattern: String, _ turn: Turn) -> [String] {
        let slash = pattern.lastIndex(of: "/")
        let head = slash.map { String(pattern[...$0]) } ?? ""
        let tail = Array(slash.map { pattern[pattern.index(after: $0)...] } ?? pattern[...])
        if head.contains("*") { return [] }
        let names = turn.files.list(ContainerFiles.absolute(head.isEmpty ? "." : head, from: directory))
        return names.filter { $0.hasPrefix(".") == (tail.first == ".") && Self.fits(Array($0), tail) }.map { head + $0 }
    }
    private static func fits(_ name: [Character], _ pattern: [Character]) -> Bool {
        var (n, p) = (0, 0)
        // Where to go on when what was tried after the last star does not fit.
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p + 1, n)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                (n, p) = (n + 1, p + 1)
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (p, n) = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}

extension Simulation {
    /// `kubectl exec`: from the API server over the way to the kubelet into a running container.
    ///
    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - terminal: with `-t`.
    ///   - takesInput: with `-i`.
    /// - Source: `pod-sessions.md` §2.3.
    public func exec(
        in key: ObjectKey, container name: String = "", _ words: [String], terminal: Bool = false, takesInput: Bool = true
    ) -> Result<Shell, APIError> {
        do throws(APIError) {
            guard let program = words.first else { throw .badRequest("you must specify at least one command for the container") }
            let (pod, container, way) = try session(.exec, key, name)
            let spec = pod.allContainers.first { $0.name == container }
            let id = pod.allContainerStatuses.first { $0.name == container }?.containerID ?? ""
            let isKnown = ContainerFiles.name(program) == "sh" || Shell.programs.contains(ContainerFiles.name(program))
            // Images without anything but their program.
            let isBare = spec.map { $0.image.contains("distroless") || $0.image.contains("/pause") || $0.image.hasPrefix("pause") } ?? false
            guard isKnown, !isBare else {
                let place = program.contains("/") ? "stat \(program): no such file or directory" : "executable file not found in $PATH"
                let exec = StableHash.hex(StableHash.fnv1a64("\(id) \(words.joined(separator: " ")) \(now.nanoseconds)"), 4)
                throw APIError(
                    code: 500, reason: "InternalError",
                    message:
                        "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec \"\(exec)\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"\(program)\": \(place): unknown"
                )
            }
            return .success(Shell(pod, container, id: id, way, words, hasTerminal: terminal, takesInput: takesInput))
        } catch {
            return .failure(error)
        }
    }
}
