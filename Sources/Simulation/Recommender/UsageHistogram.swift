import SimulationKit

/// Use of a resource as weights in buckets that grow by 5 %: what percentiles are read from.
///
/// - Source: autoscaler `vertical-pod-autoscaler/pkg/recommender/util/histogram.go`, `histogram_options.go`,
///   `model/aggregations_config.go`.
public struct UsageHistogram: Sendable, Equatable {
    private static let ratio = 1.05
    private let first: Double
    private var weights: [Double]
    public private(set) var total = 0.0

    private init(first: Double, buckets: Int) {
        self.first = first
        weights = Array(repeating: 0, count: buckets)
    }
    /// For cores: from 0.01, up to 1000.
    public static var cpu: UsageHistogram { UsageHistogram(first: 0.01, buckets: 176) }
    /// For bytes: from 10 MB, up to 1 TB.
    public static var memory: UsageHistogram { UsageHistogram(first: 1e7, buckets: 176) }

    /// Where bucket `n` begins: first · (1 + r + … + rⁿ⁻¹).
    private func start(_ n: Int) -> Double {
        if n == 0 { return 0 }
        var power = 1.0
        for _ in 0..<n { power *= Self.ratio }
        return first * (power - 1) / (Self.ratio - 1)
    }

    /// Counts `value` with `weight`.
    public mutating func add(_ value: Double, weight: Double) {
        var bucket = 0
        var end = first
        var size = first
        while value >= end, bucket < weights.count - 1 {
            bucket += 1
            size *= Self.ratio
            end += size
        }
        weights[bucket] += weight
        total += weight
    }

    /// The end of the bucket in which the share `percentile` (0 … 1) of all weight is reached; 0 if nothing was counted.
    public func percentile(_ percentile: Double) -> Double {
        guard total > 0 else { return 0 }
        var sum = 0.0
        let goal = percentile * total
        for (bucket, weight) in weights.enumerated() where weight > 0 {
            sum += weight
            if sum >= goal - 1e-12 { return start(bucket + 1) }
        }
        return start(weights.count)
    }
}
