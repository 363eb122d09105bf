// How long containers were stopped by their CPU limit.

import KubernetesAPI
import SimulationKit

/// What the kernel's CPU quota has done to a container.
///
/// In each period of 100 ms the container may use its limit times that; once it is used up the container is stopped for the
/// rest. So a program that wants `w` under a limit `l` is stopped for the share `1 − l / w` of each period.
/// - Source: Linux CFS bandwidth control, `cpu.stat`.
struct CPUThrottling: Sendable, Equatable {
    /// Time in which more was wanted than the limit, so in which each period was cut short.
    var wanted = Duration.zero
    /// How long it was stopped.
    var stopped = Duration.zero
    var periods: Int { Int(clamping: wanted.nanoseconds / StartupWork.period) }

    static func + (a: CPUThrottling, b: CPUThrottling) -> CPUThrottling {
        CPUThrottling(wanted: a.wanted + b.wanted, stopped: a.stopped + b.stopped)
    }
}

extension Load {
    /// The curve in steps: each has its value in its middle. After the last the curve stays, or begins again.
    private struct Steps {
        var origin: Instant
        var steps: [(length: Duration, value: Int64)]
        /// Nil: it begins again.
        var rest: Int64?

        /// What a limit does up to `time`.
        func throttling(_ limit: Int64, until time: Instant) -> CPUThrottling {
            var left = max(.zero, time - origin)
            var result = CPUThrottling()
            func add(_ length: Duration, _ value: Int64) {
                guard value > limit, length > .zero else { return }
                result.wanted = result.wanted + length
                result.stopped = result.stopped + length * (1 - Double(limit) / Double(value))
            }
            let whole = steps.reduce(Duration.zero) { $0 + $1.length }
            if rest == nil, whole > .zero {
                let rounds = left.nanoseconds / whole.nanoseconds
                for step in steps { add(step.length * Int(rounds), step.value) }
                left = left - whole * Int(rounds)
            }
            for step in steps where left > .zero {
                add(min(left, step.length), step.value)
                left = left - step.length
            }
            if let rest { add(left, rest) }
            return result
        }
    }

    private var steps: (_ startedAt: Instant) -> Steps {
        func even(_ count: Int, _ length: Duration, _ value: (Double) -> Double) -> [(length: Duration, value: Int64)] {
            (0..<count).map { (length / count, Int64(saturating: value((Double($0) + 0.5) / Double(count)))) }
        }
        func between(_ a: Int64, _ b: Int64) -> (Double) -> Double { { Double(a) + Double(b - a) * $0 } }
        switch self {
        case .constant(let value): return { Steps(origin: $0, steps: [], rest: value) }
        case .ramp(let from, let to, let over): return { Steps(origin: $0, steps: even(64, over, between(from, to)), rest: to) }
        case .wave(_, _, let period, let shift):
            let origin = Instant.start - shift
            let values = even(128, period) { Double(value(at: origin + period * $0, startedAt: .start)) }
            return { _ in Steps(origin: origin, steps: values, rest: nil) }
        case .points(let points):
            var all = points.first.map { [($0.at, $0.value)] } ?? []
            for (a, b) in zip(points, points.dropFirst()) { all += even(16, b.at - a.at, between(a.value, b.value)).map { ($0.length, $0.value) } }
            return { _ in Steps(origin: .start, steps: all.map { (length: $0.0, value: $0.1) }, rest: points.last?.value ?? 0) }
        }
    }

    /// What a limit of `limit` thousandths of a core does to a program with this use from `begin` to `end`.
    func throttling(_ limit: Int64, from begin: Instant, to end: Instant, startedAt start: Instant) -> CPUThrottling {
        guard maximum > limit, end > begin else { return CPUThrottling() }
        let steps = self.steps(start)
        let (before, after) = (steps.throttling(limit, until: begin), steps.throttling(limit, until: end))
        return CPUThrottling(wanted: after.wanted - before.wanted, stopped: after.stopped - before.stopped)
    }
}

extension PodWorker {
    /// What the quota has done to the running instance of container `i`, with its start.
    func throttling(_ i: Int, _ now: Instant, _ profile: KubernetesProfile) -> CPUThrottling {
        let container = containers[i]
        var result = container.throttled + presentThrottling(i, now, profile)
        if let work = container.work {
            let (periods, stopped) = work.throttling(at: now)
            result = result + CPUThrottling(wanted: Duration(nanoseconds: StartupWork.period) * periods, stopped: stopped)
        }
        return result
    }

    /// The same since its use last changed, without its start.
    func presentThrottling(_ i: Int, _ now: Instant, _ profile: KubernetesProfile) -> CPUThrottling {
        let container = containers[i]
        guard container.isRunning, let limit = cpuLimit(i, profile), limit > 0 else { return CPUThrottling() }
        var begin = max(container.startedAt, container.past.last?.to ?? .start)
        if let work = container.work { begin = max(begin, work.end) }
        return container.program.cpu.throttling(limit, from: begin, to: now, startedAt: container.startedAt)
    }

    /// The share of time in which container `i` is stopped now, 0…1.
    func throttledShare(_ i: Int, _ now: Instant, _ profile: KubernetesProfile) -> Double {
        let container = containers[i]
        if let work = container.work, work.left > 0, work.end > now { return work.throttledShare(at: now) }
        guard container.isRunning, container.exited == nil, let limit = cpuLimit(i, profile), limit > 0 else { return 0 }
        let wanted = container.program.cpu.value(at: now, startedAt: container.startedAt)
        return wanted > limit ? 1 - Double(limit) / Double(wanted) : 0
    }
}
