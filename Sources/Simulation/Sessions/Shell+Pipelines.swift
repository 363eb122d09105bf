// Pipelines of a shell: commands, what goes from one to the next, and redirections.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

extension Shell {
    /// - Parameter piped: what the first command has on its standard input; nil: what the session has.
    mutating func run(_ pipeline: ShellPipeline, _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        switch pipeline.condition {
        case .ifOK where lastCode != 0, .ifFailed where lastCode == 0: return Result(code: lastCode)
        default: break
        }
        var result = Result()
        for (index, command) in pipeline.commands.enumerated() {
            var next = run(command, index == 0 ? piped : result.out, &turn)
            if next.wantsInput { return next }
            next.err = result.err + next.err
            next.delay = result.delay + next.delay
            result = next
        }
        if pipeline.isNegated { result.code = result.code == 0 ? 1 : 0 }
        return result
    }

    /// - Parameter piped: what the command before wrote; nil for the first.
    mutating func run(_ command: ShellCommand, _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        var input = piped
        for redirect in command.redirects {
            guard case .read = redirect.kind else { continue }
            let name = expand(redirect.target, &turn).joined(separator: " ")
            guard let bytes = turn.files.node(ContainerFiles.absolute(name, from: directory))?.bytes else {
                return .fail("sh: can't open \(name): no such file")
            }
            input = bytes
        }
        if let compound = command.compound {
            var result = runWhole(compound, input, &turn)
            if !result.wantsInput { redirect(&result, command.redirects, &turn) }
            return result
        }
        // Inside of a loop or group what is piped into it is read.
        let isOwn = input != nil
        if input == nil { input = turn.pipe }
        var words: [String] = []
        // What is assigned is not split into words.
        for raw in command.words {
            let isAssigned = words.allSatisfy { Self.assignment($0) != nil } && Self.assignment(raw) != nil
            words += isAssigned ? [expand(raw, &turn, splits: false).joined()] : expand(raw, &turn)
        }
        // NAME=value by itself sets a variable; before a command it is for that one.
        let kept = variables
        var assigned = 0
        while assigned < words.count, assigned < command.words.count, let (name, value) = Self.assignment(words[assigned]), command.words[assigned].first != "'"
        {
            set(name, value)
            assigned += 1
        }
        words.removeFirst(assigned)
        var result = words.isEmpty ? Result() : perform(words, input, &turn)
        if !words.isEmpty, assigned > 0 { variables = kept }
        if result.wantsInput { return result }
        if !isOwn, turn.pipe != nil, Self.readers.contains(words.first.map(ContainerFiles.name) ?? "") { turn.pipe = [] }
        redirect(&result, command.redirects, &turn)
        return result
    }
    /// Programs that read their standard input to its end.
    private static let readers: Set<String> = ["cat", "head", "tail", "wc", "grep", "sort", "tr", "tar", "sh"]

    private static func assignment(_ word: String) -> (String, String)? {
        guard let equals = word.firstIndex(of: "="), let first = word.first, first.isLetter || first == "_" else { return nil }
        let name = word[..<equals]
        guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else { return nil }
        return (String(name), String(word[word.index(after: equals)...]))
    }
    mutating func set(_ name: String, _ value: String) {
        if let at = variables.firstIndex(where: { $0.name == name }) { variables[at].value = value } else { variables.append((name, value)) }
    }

    private mutating func redirect(_ result: inout Result, _ redirects: [ShellCommand.Redirect], _ turn: inout Turn) {
        for redirect in redirects {
            switch redirect.kind {
            case .read: break
            case .sameAs(let other):
                if redirect.stream == 2, other == 1 {
                    result.out += result.err
                    result.err = []
                } else if redirect.stream == 1, other == 2 {
                    result.err += result.out
                    result.out = []
                }
            case .write, .append:
                let name = expand(redirect.target, &turn).joined(separator: " ")
                var bytes = redirect.stream == 2 ? result.err : result.out
                if redirect.stream == 2 { result.err = [] } else { result.out = [] }
                let path = ContainerFiles.absolute(name, from: directory)
                let old = turn.files.node(path)
                if old?.isFolder == true {
                    result = .fail("sh: can't create \(name): Is a directory")
                    return
                }
                if case .append = redirect.kind { bytes = (old?.bytes ?? []) + bytes }
                if let problem = write(bytes, path, mode: old?.mode ?? 0o644, &turn) {
                    result = .fail("sh: can't create \(name): \(problem == "No such file or directory" ? "nonexistent directory" : problem)")
                    return
                }
            }
        }
    }

    /// Writes a file, and has the simulation keep it. Returns why it cannot be done.
    func write(_ bytes: [UInt8], _ path: String, mode: Int, _ turn: inout Turn) -> String? {
        put(.init(.bytes(bytes), mode: mode, time: turn.simulation.now), path, &turn)
    }
    func put(_ entry: WrittenFiles.Entry, _ path: String, _ turn: inout Turn) -> String? {
        let before = turn.files.pending.count
        if let problem = turn.files.write(entry, at: path) { return problem }
        let new = turn.files.pending.dropFirst(before)
        if !new.isEmpty {
            turn.commands.append(.inContainer(pod: pod, container: container, .write(new.map { .init(layer: $0.layer, path: $0.path, entry: $0.entry) })))
        }
        return nil
    }
}
