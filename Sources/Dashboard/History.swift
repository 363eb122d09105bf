import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

/// Curves over virtual time, sampled at fixed instants so that two runs draw the same picture.
struct History {
    /// Between two samples: 10 s, so that a minute is six columns of a sparkline.
    static let period = Duration.seconds(10)
    /// How many samples are kept: one hour.
    static let capacity = 360

    private(set) var nextSample = Instant.start
    /// Requested share of CPU by domain of the deck's key, newest last.
    private(set) var cpuShare: [String: [Double]] = [:]
    /// Skew by spread group, newest last.
    private(set) var skew: [String: [Double]] = [:]
    /// The largest skew of each group so far, and when.
    private(set) var worst: [String: (skew: Int, at: Instant)] = [:]
    /// Events told, by ten-second stretch since the start.
    private(set) var eventCounts: [Int] = []
    private var toldBefore = 0

    /// - Parameters:
    ///   - domains: of the deck's key.
    ///   - told: how many events were told since the start.
    mutating func sample(_ domains: [String: DomainSum], _ groups: [SpreadOutline], told: Int, at time: Instant) {
        for (domain, sum) in domains { append(sum.cpuShare, to: &cpuShare[domain, default: []]) }
        for group in groups { append(Double(group.skewNow), to: &skew[group.id, default: []]) }
        note(groups, at: time)
        eventCounts.append(max(0, told - toldBefore))
        toldBefore = told
        nextSample = time + Self.period
    }

    /// Remembers the largest skew: of what is shown between two samples, too.
    mutating func note(_ groups: [SpreadOutline], at time: Instant) {
        for group in groups where group.skewNow > worst[group.id]?.skew ?? -1 { worst[group.id] = (group.skewNow, time) }
    }

    private func append(_ value: Double, to values: inout [Double]) {
        values.append(value)
        if values.count > Self.capacity * 2 { values.removeFirst(values.count - Self.capacity) }
    }
}
