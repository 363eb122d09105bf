// What the gate MemoryQoS writes into cgroups.

import KubernetesAPI
import SimulationKit

/// The gate MemoryQoS on one node: what it writes into `memory.min`, `memory.low` and `memory.high`.
///
/// Differs from Kubernetes: turned off again, the gate leaves no stale values behind in any version.
/// - Source: KEP-2570; Kubernetes v1.27.16 and v1.36.2 `pkg/kubelet/kuberuntime/kuberuntime_container_linux.go`,
///   `pkg/kubelet/cm/helpers_linux.go`; `memory-qos.md` §2; for 1.37 `kubernetes-1.37.md` §4.2.
public struct MemoryProtection: Sendable, Equatable {
    /// What of the requests is protected.
    public enum Policy: Sendable { case always, none, tiered }
    public var isEnabled = false
    /// Where between request and limit throttling begins: more than 0, at most 1; nil: nowhere.
    public var factor: Double? = 0.9
    public var formula = KubernetesProfile.MemoryHighFormula.betweenRequestAndLimit
    /// Before 1.36 requests are always protected.
    public var policy = Policy.always
    /// Whether throttling also concerns containers that neither request nor limit memory.
    public var coversBestEffort = false
    /// Bytes of a page, to which `memory.high` is cut.
    public var pageSize: Int64 = 4096
    public init() {}

    /// `memory.high` of a container; nil: not written.
    /// - Parameters:
    ///   - request: bytes, 0 for none.
    ///   - limit: bytes, 0 for none.
    ///   - allocatable: bytes of the node, which stand for an absent limit.
    public func high(request: Int64, limit: Int64, allocatable: Int64) -> Int64? {
        let top = limit != 0 ? limit : allocatable
        guard isEnabled, let factor, request != limit || formula == .shareOfLimit || (coversBestEffort && limit == 0), top > 0 else { return nil }
        let high: Int64
        switch formula {
        case .shareOfLimit: high = Int64(saturating: (factor * Double(top)).rounded(.down))
        case .betweenRequestAndLimit:
            // In this order: the product in floating point, then whole bytes, then whole pages.
            high = Int64(saturating: (Double(request) + Double(top - request) * factor).rounded(.down)) / pageSize * pageSize
        }
        return high > request && high != 0 ? high : nil
    }

    /// `memory.min` and `memory.low` of a container or pod that requests `request`; 0: not protected.
    public func protection(request: Int64, isGuaranteed: Bool) -> (min: Int64, low: Int64) {
        guard isEnabled, request > 0 else { return (0, 0) }
        switch policy {
        case .always: return (request, 0)
        case .none: return (0, 0)
        case .tiered: return isGuaranteed ? (request, 0) : (0, request)
        }
    }

    /// How long the kernel lets each 256 KiB wait that are charged while `usage` is above `high`.
    /// - Source: Linux `mm/memcontrol.c`, `calculate_high_delay`.
    public static func delay(usage: Int64, high: Int64) -> Double {
        guard usage > high, high > 0 else { return 0 }
        let overage = Double(usage - high) / Double(high)
        return min(2, 64 * overage * overage)
    }
}

/// The memory of a container in the course of time: what its program has got, as opposed to what it wants.
///
/// Below `high` a program gets what it wants. Above, its page cache is taken first; then each 256 KiB more wait, so
/// that it creeps towards `max`, where it is killed.
struct MemoryGroup: Sendable, Equatable {
    /// Bytes that cannot be taken away.
    var anonymous: Int64 = 0
    /// Bytes of page cache.
    var cache: Int64 = 0
    /// Share of time in which the program waits, 0…0.98.
    var stall = 0.0
    /// Batches that were throttled.
    var highEvents = 0
    var usage: Int64 { anonymous + cache }

    static let batch = 262_144.0

    /// One step of `seconds`: the program wants `demand` bytes of its own and `wanted` of cache, and fills memory at
    /// up to `rate` bytes a second.
    mutating func step(
        demand: Int64, cache wanted: Int64, high: Int64?, rate: Double, reclaim: Double, seconds: Double
    ) {
        stall = 0
        // Page cache takes what is left below the threshold; it never pushes the group above.
        cache = max(0, min(wanted, high.map { max(cache, $0 - anonymous) } ?? wanted))
        if demand <= anonymous {
            anonymous = demand
        } else if let high {
            // In small parts, as the delay grows with each.
            var left = seconds
            let part = seconds / 20
            while left > 0, anonymous < demand {
                // Page cache makes room first.
                let over = usage - high
                if over > 0, cache > 0 { cache -= min(cache, over, Int64(saturating: reclaim * part).saturatingAdd(1)) }
                let delay = MemoryProtection.delay(usage: usage, high: high)
                let speed = Self.batch / (Self.batch / rate + delay)
                var gain = min(demand - anonymous, max(1, Int64(saturating: (speed * part).rounded(.down))))
                // Up to the threshold nothing is held back, beyond it each batch is.
                if usage < high, gain > high - usage + cache { gain = max(1, high - usage + cache) }
                anonymous += gain
                if delay > 0 {
                    let batches = Double(gain) / Self.batch
                    highEvents = highEvents.saturatingAdd(Int(saturating: batches.rounded(.up)))
                    stall += min(0.98, delay * speed / Self.batch) * part / seconds
                }
                left -= part
            }
            stall = min(0.98, stall)
        } else {
            anonymous += min(demand - anonymous, Int64(saturating: (rate * seconds).rounded(.down)))
        }
        if let high, cache > 0, usage > high { cache -= min(cache, usage - high) }
    }
}
