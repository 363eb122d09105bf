import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// What a container of a workload uses, and what it should request: as the vertical pod autoscaler works it out.
public struct Recommendation: Sendable {
    /// Cores in thousandths, memory in bytes.
    public struct Amounts: Sendable, Equatable {
        public var milliCPU: Int64
        public var memory: Int64
        public subscript(resource: String) -> Int64 { resource == "cpu" ? milliCPU : memory }
    }
    public var container: String
    /// How many pods were looked at, and over how long.
    public var pods = 0
    public var span = Duration.zero
    /// What is used: median, 90th and 95th percentile of CPU; the same of the peaks of memory.
    public var median = Amounts(milliCPU: 0, memory: 0)
    public var p90 = Amounts(milliCPU: 0, memory: 0)
    public var p95 = Amounts(milliCPU: 0, memory: 0)
    /// What to request, and between what a request is left alone.
    public var lower = Amounts(milliCPU: 0, memory: 0)
    public var target = Amounts(milliCPU: 0, memory: 0)
    public var upper = Amounts(milliCPU: 0, memory: 0)
    /// How often it ran out of memory in that time.
    public var outOfMemory = 0
    /// The share of time in which it was throttled, 0 … 1.
    public var throttled = 0.0
}

extension Simulation {
    /// How many pods of a workload are looked at; the others are taken to be like them.
    static let podsObserved = 40
    /// How many moments of a pod are looked at; one a minute, as metrics come, or fewer.
    static let momentsObserved = 480

    /// What each container of `pods`, which are pods of one workload, uses and should request.
    ///
    /// Target is the 90th percentile, bounds are the median and the 95th, of CPU use sampled each minute and of memory
    /// peaks, older ones counting half for each 24 h; 15 % on top; bounds widen while little is known. What was used is
    /// computed from the programs, so it costs nothing until somebody asks.
    /// - Complexity: O(pods · moments), at most 40 · 480 for each container.
    /// - Source: autoscaler `vertical-pod-autoscaler/pkg/recommender/logic/estimator.go`, `recommender.go`.
    public func recommendations(for pods: [Pod]) -> [Recommendation] {
        guard let first = pods.first else { return [] }
        let observed = Self.thinned(pods, to: Self.podsObserved)
        let containers = first.spec.containers + first.spec.sidecars
        return containers.map { recommendation($0, sharing: containers.count, observed, of: pods.count) }
    }

    private static func thinned(_ pods: [Pod], to count: Int) -> [Pod] {
        pods.count <= count ? pods : (0..<count).map { pods[$0 * pods.count / count] }
    }

    private func recommendation(_ container: Container, sharing count: Int, _ pods: [Pod], of all: Int) -> Recommendation {
        var result = Recommendation(container: container.name)
        result.pods = all
        var cpu = UsageHistogram.cpu
        var memory = UsageHistogram.memory
        var (moments, throttled) = (0, 0)
        for pod in pods {
            let spans = kubelets.usageHistory(of: pod, container: container.name, in: cluster)
            guard let begin = spans.first?.from else { continue }
            result.span = max(result.span, now - begin)
            let request = pod.spec.containers.first { $0.name == container.name }?.resources.requests.milliCPU ?? 0
            let length = spans.reduce(Duration.zero) { $0 + ($1.to - $1.from) }
            let stride = max(.seconds(60), length / Self.momentsObserved)
            var peak: Int64 = 0
            for span in spans {
                var time = span.from
                // A short stretch is one moment too.
                repeat {
                    let used = span.milliCPU(at: time)
                    let age = now - time
                    let weight = max(Double(request) / 1000, 0.1) * Self.decay(age)
                    cpu.add(Double(used) / 1000, weight: weight)
                    moments += 1
                    if span.cpu.value(at: time, startedAt: span.startedAt) > used { throttled += 1 }
                    peak = max(peak, span.memory(at: time))
                    time = time + stride
                } while time < span.to
                peak = max(peak, span.memory(at: span.to))
                if span.isOutOfMemory {
                    result.outOfMemory += 1
                    // What it would have needed is not known: a fifth more, and 100 MB at least.
                    let used = span.memory(at: span.to)
                    peak = max(peak, used.proportion(12, of: 10), used.saturatingAdd(100_000_000))
                }
            }
            if peak > 0 { memory.add(Double(peak), weight: 1) }
        }
        func amounts(_ percentile: Double) -> Recommendation.Amounts {
            .init(milliCPU: Int64(saturating: cpu.percentile(percentile) * 1000), memory: Int64(saturating: memory.percentile(percentile).rounded(.towardZero)))
        }
        (result.median, result.p90, result.p95) = (amounts(0.5), amounts(0.9), amounts(0.95))
        result.throttled = moments == 0 ? 0 : Double(throttled) / Double(moments)
        // Each pod gets 25m and 250 MB at least, shared by its containers.
        func estimate(_ base: Recommendation.Amounts, times factor: Double) -> Recommendation.Amounts {
            .init(
                milliCPU: max(25 / Int64(count), Int64(saturating: Double(base.milliCPU) * 1.15 * factor)),
                memory: max(250_000_000 / Int64(count), Int64(saturating: (Double(base.memory) * 1.15 * factor).rounded(.towardZero))))
        }
        let days = max(result.span.seconds / 86_400, 1e-6)
        let confidence = min(Double(moments) / 1440, days)
        let low = 1 + 0.001 / max(confidence, 1e-6)
        result.target = estimate(result.p90, times: 1)
        result.lower = estimate(result.median, times: 1 / (low * low))
        // Before much is known the upper bound is out of all reason; a hundredfold says the same.
        result.upper = estimate(result.p95, times: min(100, 1 + 1 / max(confidence, 1e-6)))
        return result
    }

    /// The weight left of a sample of this age: half for each 24 h.
    private static func decay(_ age: Duration) -> Double {
        DeterministicMath.exp(-0.6931471805599453 * age.seconds / 86_400)
    }
}

extension Recommendation {
    /// The resize that brings a container from what it has to the target; limits keep their ratio to the requests. Nil
    /// if it has that already.
    /// - Source: autoscaler `vertical-pod-autoscaler/pkg/utils/vpa/limit_and_request_scaling.go`.
    public func resize(of container: Container) -> ContainerResize? {
        var wish = ContainerResize(container.name)
        for resource in ["cpu", "memory"] {
            let amount = target[resource]
            guard amount > 0 else { continue }
            // Whole 5m and MiB: what a user would write.
            let new = resource == "cpu" ? Quantity(milli: amount.saturatingAdd(4) / 5 * 5) : Quantity(mebibytesOf: amount, roundedUp: true)
            let old = container.resources.requests[resource]
            if new != old { wish.requests[resource] = new }
            if let limit = container.resources.limits[resource], let old, old > .zero {
                let scaled = limit.scaled(by: new.nano, over: old.nano).nano
                let unit: Int128 = resource == "cpu" ? 1_000_000 : (1 << 20) * 1_000_000_000
                let rounded = Quantity(nano: (scaled + unit - 1) / unit * unit, format: new.format)
                if rounded != limit { wish.limits[resource] = rounded }
            }
        }
        return wish.requests.isEmpty && wish.limits.isEmpty ? nil : wish
    }

    /// Whether the autoscaler would act: a request is out of bounds; or it ran out of memory and has less than the target;
    /// or the pod is older than 12 h and a request differs from the target by more than a tenth.
    /// - Source: autoscaler `vertical-pod-autoscaler/pkg/updater/priority/update_priority_calculator.go`.
    public func isDue(_ container: Container, podAge: Duration) -> Bool {
        ["cpu", "memory"].contains { resource in
            let have = resource == "cpu" ? container.resources.requests.milliCPU ?? 0 : container.resources.requests.memoryBytes ?? 0
            if have < lower[resource] || have > upper[resource] { return true }
            if resource == "memory", outOfMemory > 0, have < target.memory { return true }
            let difference = have == 0 ? 1 : abs(Double(target[resource]) - Double(have)) / Double(have)
            return podAge >= .seconds(12 * 3600) && difference > 0.1
        }
    }
}
