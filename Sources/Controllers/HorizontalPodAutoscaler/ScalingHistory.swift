import KubernetesAPI
import SimulationKit

/// What an autoscaler wished and did lately, and what that leaves of a new wish: stabilization, then speed, then bounds.
///
/// - Source: Kubernetes v1.36.2 `pkg/controller/podautoscaler/horizontal.go`, `normalizeDesiredReplicas` and the
///   functions with behavior below it.
struct ScalingHistory: Sendable {
    private struct Wish: Sendable {
        var replicas: Int
        var at: Instant
    }
    private struct Step: Sendable {
        /// How many replicas were added, or removed; positive.
        var count: Int
        var at: Instant
    }
    private var wishes: [Wish] = []
    private var ups: [Step] = []
    private var downs: [Step] = []

    /// A decision, with the conditions AbleToScale and ScalingLimited that explain it.
    struct Decision: Equatable {
        var replicas: Int
        var able: (reason: String, message: String)
        var limited: (isTrue: Bool, reason: String, message: String)
        var speed: AutoscalerTrace.Speed
        static func == (a: Decision, b: Decision) -> Bool {
            a.replicas == b.replicas && a.able == b.able && a.limited == b.limited && a.speed == b.speed
        }
    }
    struct Bounds {
        var current: Int
        var least: Int
        var most: Int
    }

    /// The size that was found counts as the first wish.
    mutating func begin(_ current: Int, now: Instant) {
        if wishes.isEmpty { wishes.append(Wish(replicas: current, at: now)) }
    }

    private static let ready = ("ReadyForNewScale", "recommended size matches current size")
    private static let highest = ("ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation")
    private static let lowest = ("ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation")
    private static let within = ("DesiredWithinRange", "the desired count is within the acceptable range")
    private static let tooMany = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
    private static let tooFew = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
    private static let upLimit = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
    private static let downLimit = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")

    // MARK: Without behavior

    /// Goes down only to the highest wish of `window`, and up at most to twice the size, or 4.
    mutating func decide(_ wish: Int, _ bounds: Bounds, window: Duration, now: Instant) -> Decision {
        let stable = wishes.filter { $0.at >= now - window }.map(\.replicas).max().map { max($0, wish) } ?? wish
        let held = wishes.last { $0.at >= now - window && $0.replicas == stable }.map { $0.at + window }
        remember(wish, keeping: window, now: now)
        let limit = max(2 * bounds.current, 4)
        let (most, why) = bounds.most > limit ? (limit, Self.upLimit) : (bounds.most, Self.tooMany)
        let (size, reason) = stable < bounds.least ? (bounds.least, Self.tooFew) : stable > most ? (most, why) : (stable, Self.within)
        return Decision(
            replicas: size, able: stable == wish ? Self.ready : Self.highest,
            limited: (size != stable, reason.0, reason.1),
            speed: AutoscalerTrace.Speed(
                stable: stable, heldUntil: stable == wish ? nil : held, upWindow: .zero, downWindow: window, highest: limit, lowest: nil))
    }

    private mutating func remember(_ wish: Int, keeping window: Duration, now: Instant) {
        wishes.removeAll { $0.at < now - window }
        wishes.append(Wish(replicas: wish, at: now))
    }

    // MARK: With behavior

    mutating func decide(_ wish: Int, _ bounds: Bounds, up: HPAScalingRules, down: HPAScalingRules, now: Instant) -> Decision {
        let (upWindow, downWindow) = (Duration.seconds(up.stabilizationWindowSeconds ?? 0), Duration.seconds(down.stabilizationWindowSeconds ?? 300))
        let lowest = wishes.filter { $0.at > now - upWindow }.reduce(wish) { min($0, $1.replicas) }
        let highest = wishes.filter { $0.at > now - downWindow }.reduce(wish) { max($0, $1.replicas) }
        let stable = min(max(bounds.current, lowest), max(lowest, highest))
        let window = wish >= bounds.current ? upWindow : downWindow
        let held = wishes.last { $0.at > now - window && $0.replicas == stable }.map { $0.at + window }
        remember(wish, keeping: max(upWindow, downWindow), now: now)
        let able = stable == wish ? Self.ready : wish >= bounds.current ? Self.lowest : Self.highest

        var (size, reason) = (stable, Self.within)
        let (highestNow, lowestNow) = (max(bounds.current, upwards(up, bounds.current, now)), min(bounds.current, downwards(down, bounds.current, now)))
        if stable > bounds.current {
            let limit = highestNow
            let (most, why) = bounds.most > limit ? (limit, Self.upLimit) : (bounds.most, Self.tooMany)
            if stable > most { (size, reason) = (most, why) }
        } else if stable < bounds.current {
            let limit = lowestNow
            let (least, why) = bounds.least < limit ? (limit, Self.downLimit) : (bounds.least, Self.tooFew)
            if stable < least { (size, reason) = (least, why) }
        }
        return Decision(
            replicas: size, able: able, limited: (size != stable, reason.0, reason.1),
            speed: AutoscalerTrace.Speed(
                stable: stable, heldUntil: stable == wish ? nil : held, upWindow: upWindow, downWindow: downWindow, highest: highestNow, lowest: lowestNow))
    }

    /// Notes that the size was changed, as long as a policy counts it.
    mutating func note(from old: Int, to new: Int, up: HPAScalingRules?, down: HPAScalingRules?, now: Instant) {
        func keep(_ steps: inout [Step], _ rules: HPAScalingRules?, _ count: Int) {
            let longest = Duration.seconds((rules?.policies ?? []).map(\.periodSeconds).max() ?? 0)
            steps.removeAll { $0.at < now - longest }
            steps.append(Step(count: count, at: now))
        }
        if new > old { keep(&ups, up, new - old) } else { keep(&downs, down, old - new) }
    }

    /// The size at the start of a policy's period.
    private func start(_ policy: HPAScalingPolicy, _ current: Int, _ now: Instant) -> Int {
        let since = now - .seconds(policy.periodSeconds)
        func sum(_ steps: [Step]) -> Int { steps.reduce(0) { $1.at > since ? $0 + $1.count : $0 } }
        return current - sum(ups) + sum(downs)
    }

    private func upwards(_ rules: HPAScalingRules, _ current: Int, _ now: Instant) -> Int {
        if rules.selectPolicy == "Disabled" { return current }
        let sizes = (rules.policies ?? []).map { policy in
            let start = start(policy, current, now)
            return policy.type == "Pods" ? start + policy.value : Int(saturating: (Double(start) * (1 + Double(policy.value) / 100)).rounded(.up))
        }
        return (rules.selectPolicy == "Min" ? sizes.min() : sizes.max()) ?? current
    }

    private func downwards(_ rules: HPAScalingRules, _ current: Int, _ now: Instant) -> Int {
        if rules.selectPolicy == "Disabled" { return current }
        let sizes = (rules.policies ?? []).map { policy in
            let start = start(policy, current, now)
            return policy.type == "Pods" ? start - policy.value : Int(saturating: (Double(start) * (1 - Double(policy.value) / 100)).rounded(.towardZero))
        }
        return (rules.selectPolicy == "Min" ? sizes.max() : sizes.min()) ?? current
    }
}
