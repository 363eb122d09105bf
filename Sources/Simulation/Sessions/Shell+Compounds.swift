// Loops and branches of a shell, step by step.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

extension Shell {
    /// The pipeline that is due, which stays in front; nil if something else was done in its place.
    mutating func nextPipeline(_ turn: inout Turn) -> ShellPipeline? {
        switch queue[0] {
        case .run(let pipeline):
            // What is piped, redirected or negated is run as a whole.
            guard pipeline.commands.count == 1, let compound = pipeline.commands[0].compound, pipeline.commands[0].redirects.isEmpty, !pipeline.isNegated
            else { return pipeline }
            if case .subshell = compound { return pipeline }
            queue.removeFirst()
            if isDue(pipeline) { start(compound, &turn) }
        case .branch(let parts, let isDecided):
            queue.removeFirst()
            if let first = parts.first, isDecided ? lastCode == 0 : first.condition.isEmpty {
                queue.insert(contentsOf: first.body.map(Work.run), at: 0)
            } else if isDecided {
                lastCode = 0
                queue.insert(.branch(parts.dropFirst(), isDecided: false), at: 0)
            } else if let first = parts.first {
                queue.insert(contentsOf: first.condition.map(Work.run) + [.branch(parts, isDecided: true)], at: 0)
            }
        case .loop(let condition, let isUntil, let body, let isDecided):
            queue.removeFirst()
            if !isDecided {
                queue.insert(contentsOf: condition.map(Work.run) + [.loop(while: condition, isUntil: isUntil, body: body, isDecided: true)], at: 0)
            } else if (lastCode == 0) != isUntil {
                queue.insert(contentsOf: body.map(Work.run) + [.loop(while: condition, isUntil: isUntil, body: body, isDecided: false)], at: 0)
            } else {
                lastCode = 0
            }
        case .each(let name, let words, let body):
            queue.removeFirst()
            guard let first = words.first else { return nil }
            set(name, first)
            queue.insert(contentsOf: body.map(Work.run) + [.each(name: name, words: words.dropFirst(), body: body)], at: 0)
        }
        return nil
    }
    private func isDue(_ pipeline: ShellPipeline) -> Bool {
        switch pipeline.condition {
        case .always: true
        case .ifOK: lastCode == 0
        case .ifFailed: lastCode != 0
        }
    }
    mutating func start(_ compound: ShellCompound, _ turn: inout Turn) {
        switch compound {
        case .branch(let parts): queue.insert(.branch(parts[...], isDecided: false), at: 0)
        case .loop(let condition, let isUntil, let body): queue.insert(.loop(while: condition, isUntil: isUntil, body: body, isDecided: false), at: 0)
        case .each(let name, let words, let body):
            let values = words.flatMap { expand($0, &turn) }
            lastCode = 0
            queue.insert(.each(name: name, words: values[...], body: body), at: 0)
        case .group(let list), .subshell(let list): queue.insert(contentsOf: list.map(Work.run), at: 0)
        }
    }
    mutating func leaveLoop() {
        let leaves = leaving == .loop
        leaving = nil
        guard let at = queue.firstIndex(where: \.isLoop) else { return }
        queue.removeFirst(leaves ? at + 1 : at)
        if leaves { lastCode = 0 }
    }

    /// Runs a list as a whole, inside of a pipe, a subshell or `$(…)`: what it waits for adds up.
    mutating func runWhole(_ list: [ShellPipeline], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        let outer = turn.pipe
        if let piped { turn.pipe = piped }
        // What was read of a pipe that is not its own stays read.
        defer { if piped != nil { turn.pipe = outer } }
        var result = Result(code: lastCode)
        for pipeline in list where leaving == nil && ended == nil {
            turn.steps += 1
            if turn.steps > Self.mostNestedSteps {
                ended = 2
                result.err += "sh: a loop that runs so long in a pipe or $(...): not known to this simulated shell\n".utf8
                result.code = 2
                break
            }
            let next = run(pipeline, nil, &turn)
            if next.wantsInput { return next }
            result = Result(out: result.out + next.out, err: result.err + next.err, code: next.code, delay: result.delay + next.delay)
            lastCode = next.code
        }
        return result
    }
    /// Runs a list as a shell of its own: what it sets and where it goes ends with it.
    mutating func runApart(_ list: [ShellPipeline], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        let kept = (directory, variables, exported, leaving)
        var result = runWhole(list, piped, &turn)
        (directory, variables, exported, leaving) = kept
        if let code = ended {
            (ended, lastCode, result.code) = (nil, code, code)
        }
        return result
    }
    mutating func runWhole(_ compound: ShellCompound, _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        let outer = turn.pipe
        if let piped { turn.pipe = piped }
        // What was read of a pipe that is not its own stays read.
        defer { if piped != nil { turn.pipe = outer } }
        var result = Result()
        /// Returns false if it ends here.
        func add(_ next: Result) -> Bool {
            result = Result(
                out: result.out + next.out, err: result.err + next.err, code: next.code, delay: result.delay + next.delay, wantsInput: next.wantsInput)
            return !next.wantsInput && ended == nil
        }
        /// Whether the loop goes on after a round.
        func goesOn() -> Bool {
            let leaves = leaving == .loop
            leaving = nil
            return !leaves && ended == nil
        }
        switch compound {
        case .group(let list): return runWhole(list, nil, &turn)
        case .subshell(let list): return runApart(list, nil, &turn)
        case .branch(let parts):
            for part in parts {
                if !part.condition.isEmpty {
                    guard add(runWhole(part.condition, nil, &turn)) else { return result }
                    if lastCode != 0 { continue }
                }
                _ = add(runWhole(part.body, nil, &turn))
                return result
            }
            (lastCode, result.code) = (0, 0)
        case .loop(let condition, let isUntil, let body):
            var code = 0
            while true {
                guard add(runWhole(condition, nil, &turn)) else { return result }
                if (lastCode == 0) == isUntil { break }
                guard add(runWhole(body, nil, &turn)) else { return result }
                code = result.code
                if !goesOn() { break }
            }
            (lastCode, result.code) = (code, code)
        case .each(let name, let words, let body):
            for value in words.flatMap({ expand($0, &turn) }) {
                set(name, value)
                guard add(runWhole(body, nil, &turn)) else { return result }
                if !goesOn() { break }
            }
        }
        return result
    }
}
