// The words of a log: what a program says of its start and end, of its work, and of what holds it up.

import KubernetesAPI
import SimulationKit

extension ContainerLog {
    // MARK: Beginning and end

    func addBeginAndEnd(_ from: Instant, _ to: Instant, _ lines: inout [LogLine]) {
        func add(_ time: Instant, _ text: String) { if time >= from, time <= to { lines.append(LogLine(time, text)) } }
        // Who ends at once says it all at once.
        func early(_ milliseconds: Int) -> Instant { min(start + .milliseconds(milliseconds), end ?? .distantFuture) }
        let words = container.command + container.args
        add(start, "starting \(container.image)\(words.isEmpty ? "" : ": \(words.joined(separator: " "))")\(restarts > 0 ? " (restart \(restarts))" : "")")
        add(early(1), "pod \(pod.namespace)/\(pod.name) on node \(pod.nodeName)\(zone.isEmpty ? "" : " in zone \(zone)")")
        let limits = ["cpu", "memory"].compactMap { name in container.resources.limits[name].map { "\(name) \($0)" } }
        if !limits.isEmpty { add(early(2), "limits: \(limits.joined(separator: ", "))") }
        if answers > start, program.startupWork > 0 {
            let work = Duration(nanoseconds: program.startupWork)
            add(early(3), "warming up: \(work) of CPU time on \(program.threads == 1 ? "1 thread" : "\(program.threads) threads")")
        }
        if !isPlainInit {
            let ports = container.ports.map { ":\($0.containerPort)\($0.name.isEmpty ? "" : " (\($0.name))")" }
            add(max(answers, early(5)), ports.isEmpty ? "ready" : "listening on \(ports.joined(separator: ", "))")
        }
        if let signal { add(signal, program.stopTime == nil ? "received SIGTERM, ignored" : "received SIGTERM, shutting down") }
        guard let end else { return }
        // Who is killed has no last word.
        if reason == "OOMKilled" || exitCode == 137 || exitCode == 255 { return }
        if signal != nil {
            add(end, "stopped, exiting with code \(exitCode)")
        } else {
            add(end, exitCode == 0 ? "finished, exiting with code 0" : "fatal: cannot go on, exiting with code \(exitCode)")
        }
    }

    /// The time in which it does its work.
    private var working: ClosedRange<Instant>? {
        let stop = min(signal ?? last, last)
        return answers < stop ? answers...stop : nil
    }

    // MARK: Probes

    /// What a program notices of a probe that fails: the request that it refused. A port that is closed notices nothing.
    func addFailedProbes(_ from: Instant, _ to: Instant, _ lines: inout [LogLine]) {
        guard let working else { return }
        for (kind, worker) in probes {
            guard let window = program.failures[kind], worker.probe.tcpSocket == nil else { continue }
            let until = min(to, working.upperBound, window.until.map { start + $0 - Duration(nanoseconds: 1) } ?? to)
            var tick = worker.attempt(from: max(from, working.lowerBound, start + window.from))
            while tick <= until {
                lines.append(LogLine(tick, Self.refusal(of: worker.probe, kind, version)))
                tick = worker.attempt(from: tick + Duration(nanoseconds: 1))
            }
        }
    }

    private static func refusal(of probe: Probe, _ kind: ProbeKind, _ version: String) -> String {
        if let get = probe.httpGet {
            let path = get.path.hasPrefix("/") ? get.path : "/\(get.path)"
            return "GET \(path) 503 from kube-probe/\(version): \(kind.rawValue) check failed"
        }
        if probe.grpc != nil { return "grpc.health.v1.Health/Check NOT_SERVING: \(kind.rawValue) check failed" }
        return "\(kind.rawValue) check failed"
    }

    // MARK: Work

    static let bucket = Duration.seconds(10)
    /// CPU time of one request, or of one piece of work of a program that has no port, in thousandths of a second. *Model*.
    private var cost: Int { container.ports.isEmpty ? 1000 : 100 }
    /// Lines a second while it uses `milliCPU`.
    func lineRate(_ milliCPU: Int64) -> Double { min(Self.mostInBucket / 10, Double(milliCPU) / Double(cost)) }
    /// The most lines of ten seconds, whatever it uses.
    private static let mostInBucket = 4000.0

    /// Requests as its use of CPU has them, which is how demand comes to it.
    func addWork(_ from: Instant, _ to: Instant, _ lines: inout [LogLine]) {
        guard let working, !isPlainInit else { return }
        let (from, to) = (max(from, working.lowerBound), min(to, working.upperBound))
        guard from <= to, max(program.cpu.maximum, spans.lazy.map(\.cpu.maximum).max() ?? 0) > 0 else { return }
        let length = Self.bucket.nanoseconds
        for index in (from - start).nanoseconds / length...(to - start).nanoseconds / length {
            let begin = start + Self.bucket * Int(index)
            let use = use(at: begin + Self.bucket / 2)
            guard use.milliCPU > 0 else { continue }
            let bits = draw(Int(index))
            let count = Int(lineRate(use.milliCPU) * 10 + Self.unit(bits))
            if count == 0 { continue }
            let step = length / Int64(count)
            for k in 0..<count {
                let own = Self.mix(bits &+ UInt64(k))
                let time = begin + Duration(nanoseconds: Int64(k) * step + Int64(own % UInt64(max(1, step))))
                if time >= from, time <= to { lines.append(LogLine(time, text(own, use, Int(index) * 100 + k))) }
            }
        }
    }

    private static let paths = ["/", "/", "/api/items", "/api/items/", "/api/items/", "/api/cart", "/api/search?q=", "/static/app.js"]

    /// One request or piece of work. What is throttled takes longer.
    private func text(_ bits: UInt64, _ use: Use, _ number: Int) -> String {
        let slowness = use.slowness
        let base = Double(2 + bits >> 8 % 40)
        let time = Int(base * slowness)
        if container.ports.isEmpty { return "worked on batch \(number): \(1 + bits >> 20 % 400) items in \(time * 10) ms" }
        let choice = Int(bits % UInt64(Self.paths.count))
        var path = Self.paths[choice]
        if path.hasSuffix("/"), path.count > 1 || path.hasSuffix("=") { path += "\(1 + bits >> 24 % 9000)" }
        if path.hasSuffix("=") { path += "\(bits >> 24 % 900)" }
        let isPost = path == "/api/cart"
        let status = bits >> 40 % 100 == 0 ? 404 : isPost ? 201 : 200
        return "\(isPost ? "POST" : "GET") \(path) \(status) \(120 + bits >> 28 % 4000)B \(time)ms from 10.244.\(bits >> 44 % 64).\(2 + bits >> 50 % 250)"
    }

    // MARK: What holds it up

    /// What it uses at a moment.
    struct Use {
        var milliCPU: Int64
        var wanted: Int64
        var memory: Int64
        var limit: Int64?
        /// How much longer everything takes for want of CPU, 1…
        var slowness: Double { milliCPU > 0 && wanted > milliCPU ? Double(wanted) / Double(milliCPU) : 1 }
    }
    func use(at time: Instant) -> Use {
        // Mostly there are one or two.
        guard let span = spans.last(where: { $0.from <= time }) ?? spans.first else {
            let wanted = program.cpu.value(at: time, startedAt: start)
            let limit = container.resources.limits.milliCPU
            return Use(
                milliCPU: min(wanted, limit ?? .max), wanted: wanted, memory: program.memory.value(at: time, startedAt: start), limit: limit)
        }
        return Use(
            milliCPU: span.milliCPU(at: time), wanted: span.cpu.value(at: time, startedAt: start), memory: span.memory(at: time), limit: span.cpuLimit)
    }

    /// Each minute in which it is short of something it says so.
    func addComplaints(_ from: Instant, _ to: Instant, _ lines: inout [LogLine]) {
        guard let working, !isPlainInit else { return }
        let (from, to) = (max(from, working.lowerBound), min(to, working.upperBound))
        guard from <= to else { return }
        let memoryLimit = container.resources.limits.memoryBytes ?? 0
        let mostMemory = max(program.memory.maximum, spans.lazy.map(\.memory.maximum).max() ?? 0)
        let canBeThrottled = spans.contains { $0.cpu.maximum > $0.cpuLimit ?? .max } || program.cpu.maximum > container.resources.limits.milliCPU ?? .max
        // Most never are.
        guard canBeThrottled || memoryLimit > 0 && mostMemory > memoryLimit / 10 * 9 else { return }
        let minute = Duration.minutes(1)
        let first = ((from - start).nanoseconds + minute.nanoseconds - 1) / minute.nanoseconds
        var time = start + minute * Int(max(1, first))
        while time <= to {
            let use = use(at: time)
            if use.wanted > use.milliCPU {
                let share = Int((1 - 1 / use.slowness) * 100)
                lines.append(LogLine(time, "warning: slow, the CPU limit of \(use.limit ?? 0)m stopped this container for \(share) % of the last minute"))
            }
            if memoryLimit > 0, use.memory > memoryLimit / 10 * 9 {
                let (used, limit) = (use.memory >> 20, memoryLimit >> 20)
                lines.append(LogLine(time, "warning: memory \(used)Mi of \(limit)Mi (\(use.memory * 100 / memoryLimit) %), collecting garbage all the time"))
            }
            time = time + minute
        }
    }

    // MARK: Lines of its own

    /// The lines that an annotation gives, one after another, over and over.
    func addOwnLines(_ from: Instant, _ to: Instant, _ lines: inout [LogLine]) {
        let every = program.logEvery.nanoseconds
        let first = ((from - start).nanoseconds + every - 1) / every
        let final = (to - start).nanoseconds / every
        guard first <= final else { return }
        for index in first...final {
            let time = start + Duration(nanoseconds: index * every)
            lines.append(LogLine(time, filled(ownLines[Int(index % Int64(ownLines.count))], Int(index), time)))
        }
    }

    /// Names in braces that a line of one's own may have.
    public static let placeholders = ["pod", "namespace", "container", "node", "zone", "ip", "n", "restart", "time", "cpu", "memory"]

    private func filled(_ line: String, _ number: Int, _ time: Instant) -> String {
        guard line.contains("{") else { return line }
        var (text, rest) = ("", line[...])
        while let open = rest.firstIndex(of: "{") {
            text += rest[..<open]
            rest = rest[open...]
            guard let close = rest.firstIndex(of: "}"), let value = value(rest[rest.index(after: open)..<close], number, time) else {
                text += "{"
                rest = rest.dropFirst()
                continue
            }
            text += value
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }

    /// What a script writes where its line has a mark.
    func fill(_ mark: Script.Mark, _ time: Instant) -> String {
        switch mark {
        case .date: CalendarDate(time).text
        case .unixTime: "\(CalendarDate.unixSeconds(time))"
        case .pod: pod.name
        case .namespace: pod.namespace
        case .node: pod.nodeName
        case .ip: pod.status.podIP
        }
    }

    private func value(_ name: Substring, _ number: Int, _ time: Instant) -> String? {
        switch name {
        case "pod": pod.name
        case "namespace": pod.namespace
        case "container": container.name
        case "node": pod.nodeName
        case "zone": zone
        case "ip": pod.status.podIP
        case "n": "\(number)"
        case "restart": "\(restarts)"
        case "time": time.rfc3339
        case "cpu": "\(use(at: time).milliCPU)m"
        case "memory": "\(use(at: time).memory >> 20)Mi"
        default: nil
        }
    }
}
