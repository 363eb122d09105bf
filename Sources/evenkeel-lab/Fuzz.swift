import Foundation
import Fuzzing

/// `evenkeel-lab fuzz KIND`: many random cases in processes of their own, since a trap ends the process it is in.
///
/// A worker writes the number of the case it begins into a file. When it ends before its time, or is at one case for more
/// than five seconds, that case is reported with the steps that are needed for it, and another worker goes on behind it.
struct Fuzz {
    private static let patience = 5.0

    private var kind: FuzzKind
    private var seed: UInt64 = 1
    private let progress = URL(filePath: NSTemporaryDirectory()).appending(path: "evenkeel-fuzz-\(ProcessInfo.processInfo.processIdentifier)")

    static func run(_ options: Lab.FuzzCommand) {
        if let path = options.worker {
            let only = options.only?.split(separator: ",").compactMap { Int($0) }
            return work(options.kind, options.seed, options.from, options.count, only, path)
        }
        if let number = options.number {
            let aCase = FuzzCase(options.kind, seed: options.seed, number: number)
            for step in aCase.steps { print(step.description) }
            fflush(nil)
            var fuzzer = Fuzzer()
            print("\(text(seconds { fuzzer.run(aCase) })) s")
            return
        }
        Fuzz(kind: options.kind, seed: options.seed).run(from: options.from, count: options.count)
    }

    private static func text(_ seconds: Double) -> String { String(format: "%.2f", seconds) }

    // MARK: The worker

    private static func work(_ kind: FuzzKind, _ seed: UInt64, _ from: Int, _ count: Int, _ only: [Int]?, _ path: String) {
        // What asks for more memory than this fails, and not the machine.
        var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        endWithParent()
        let file = open(path, O_WRONLY)
        func note(_ state: [Int64]) { _ = state.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) } }
        var fuzzer = Fuzzer()
        var slowest = (number: 0, milliseconds: 0)
        var inputs = 0
        for number in from..<from + count {
            note([Int64(number), Int64(slowest.number), Int64(slowest.milliseconds), Int64(inputs)])
            var aCase = FuzzCase(kind, seed: seed, number: number)
            if let only { aCase.steps = only.map { aCase.steps[$0] } }
            let time = Int(seconds { fuzzer.run(aCase) } * 1000)
            if time > slowest.milliseconds { slowest = (number, time) }
            inputs += aCase.inputs
        }
        note([Int64(from + count), Int64(slowest.number), Int64(slowest.milliseconds), Int64(inputs)])
    }

    /// Ends this process soon after the one that started it, even in the middle of a case that never ends.
    private static func endWithParent() {
        let parent = getppid()
        Thread.detachNewThread {
            while getppid() == parent { Thread.sleep(forTimeInterval: 0.3) }
            _exit(1)
        }
    }

    // MARK: The supervisor

    private enum End: Equatable { case done, trapped, hung }

    /// Runs a worker on cases until it has done them, trapped or hung; returns the case it was at, the slowest one, and how many
    /// inputs were done.
    private func worker(
        from: Int, count: Int, only: [Int]? = nil, report: (Int) -> Void = { _ in }
    ) -> (end: End, at: Int, slowest: (number: Int, milliseconds: Int), inputs: Int) {
        var state: [Int64] = [Int64(from), 0, 0, 0]
        try? state.withUnsafeBytes { Data($0) }.write(to: progress)
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0])
        process.arguments =
            ["fuzz", kind.rawValue, "--seed", "\(seed)", "--from", "\(from)", "--count", "\(count)", "--worker", progress.path]
            + (only.map { ["--only", $0.map(String.init).joined(separator: ",")] } ?? [])
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return (.trapped, from, (0, 0), 0) }
        var (last, since, computed) = (Int64(-1), Date(), 0.0)
        var isHung = false
        while process.isRunning {
            Thread.sleep(forTimeInterval: count == 1 ? 0.01 : 0.1)
            state = read() ?? state
            if state[0] != last { (last, since, computed) = (state[0], Date(), Self.processorSeconds(process.processIdentifier)) }
            report(Int(state[0]))
            // By its computing, since others may take the processors; one that waits for something is told after ten minutes. The
            // first case builds its clusters too.
            let waited = Date().timeIntervalSince(since)
            let patience = Self.patience + (state[0] == Int64(from) ? 5 : 0)
            if waited > 600 || waited > patience && Self.processorSeconds(process.processIdentifier) - computed > patience {
                isHung = true
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
        }
        process.waitUntilExit()
        state = read() ?? state
        let isDone = process.terminationReason == .exit && process.terminationStatus == 0
        return (isHung ? .hung : isDone ? .done : .trapped, Int(state[0]), (Int(state[1]), Int(state[2])), Int(state[3]))
    }

    /// What a process has computed so far, in seconds; 0 where the system does not tell.
    private static func processorSeconds(_ process: Int32) -> Double {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), let end = status.lastIndex(of: ")") else { return 0 }
        // The 14th and 15th fields; the second one ends with the bracket.
        let ticks = status[end...].split(separator: " ").dropFirst(12).prefix(2).compactMap { Double($0) }
        return ticks.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func read() -> [Int64]? {
        guard let data = try? Data(contentsOf: progress), data.count == 32 else { return nil }
        return data.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
    }

    private func run(from: Int, count: Int) {
        defer { try? FileManager.default.removeItem(at: progress) }
        let begin = Date()
        var next = from
        var (traps, hangs, inputs) = (0, 0, 0)
        var slowest = (number: 0, milliseconds: 0)
        var told = begin
        while next < from + count {
            let (end, at, slow, done) = worker(from: next, count: from + count - next) { now in
                guard Date().timeIntervalSince(told) > 30 else { return }
                told = Date()
                print("\(kind.rawValue): \(grouped(now - from)) cases, \(traps) traps, \(hangs) hangs, \(Self.text(told.timeIntervalSince(begin))) s")
                fflush(nil)
            }
            if slow.milliseconds > slowest.milliseconds { slowest = slow }
            inputs += done
            if end == .done { break }
            if end == .trapped { traps += 1 } else { hangs += 1 }
            print(
                "\n\(kind.rawValue): case \(at) of seed \(seed) \(end == .trapped ? "trapped" : "took more than \(Int(Self.patience)) s"); evenkeel-lab fuzz \(kind.rawValue) --seed \(seed) --case \(at)"
            )
            for step in shrunk(at, end) { print("    \(step)") }
            fflush(nil)
            next = at + 1
        }
        print(
            "\n\(grouped(count)) cases of \(kind.rawValue), \(grouped(inputs)) inputs, seed \(seed): \(traps) traps, \(hangs) hangs; \(Self.text(Date().timeIntervalSince(begin))) s, "
                + "the slowest took \(slowest.milliseconds) ms (case \(slowest.number))")
        guard traps + hangs > 0 else { return }
        try? FileManager.default.removeItem(at: progress)
        exit(1)
    }

    /// The steps of a case without those it ends in the same way without: half of them, a quarter, … and single ones.
    private func shrunk(_ number: Int, _ end: End) -> [FuzzStep] {
        let steps = FuzzCase(kind, seed: seed, number: number).steps
        var kept = Array(steps.indices)
        // What takes seconds is tried a few times only.
        var tries = end == .hung ? 12 : 150
        var size = max(1, kept.count / 2)
        while tries > 0 {
            var isSmaller = false
            var start = 0
            while start < kept.count, tries > 0 {
                var fewer = kept
                fewer.removeSubrange(start..<min(start + size, kept.count))
                tries -= 1
                if !fewer.isEmpty, worker(from: number, count: 1, only: fewer).end == end { (kept, isSmaller) = (fewer, true) } else { start += size }
            }
            if size == 1, !isSmaller { break }
            size = max(1, size / 2)
        }
        return kept.map { steps[$0] }
    }
}
