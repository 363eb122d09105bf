import Canvas
import Controllers
import KubernetesAPI
import Simulation
import SimulationKit

/// An autoscaler's arithmetic as lines of a table: step, what it came to, and why.
enum AutoscalerWords {
    struct Step {
        var name: String
        var value: String
        var why: String
        var role = Role.text
    }

    static func steps(_ trace: AutoscalerTrace, _ scaler: HorizontalPodAutoscaler, since origin: Instant) -> [Step] {
        var steps: [Step] = []
        // What asks for most decides.
        let deciding = trace.metrics.first { $0.measured?.proposal == trace.wish && trace.wish != nil }
        for metric in trace.metrics {
            steps.append(measured(metric))
            if metric == deciding, let it = metric.measured { steps += ratio(metric, it) }
        }
        if let wish = trace.wish { steps.append(Step(name: "wish", value: "\(wish)", why: formula(trace, deciding))) }
        if let speed = trace.speed, let wish = trace.wish {
            steps.append(
                Step(
                    name: "stabilized", value: "\(speed.stable)", why: stabilized(speed, wish, since: origin), role: speed.stable == wish ? .text : .rowPending)
            )
            let limited = max(speed.lowest ?? .min, min(speed.stable, speed.highest ?? .max))
            steps.append(
                Step(
                    name: "speed", value: "\(limited)", why: pace(speed, trace.current, scaler.spec.behavior),
                    role: limited == speed.stable ? .text : .rowPending))
        }
        let bounded = trace.speed.map { $0.stable > trace.most || $0.stable < trace.least } ?? (trace.wish == nil && !trace.reason.isEmpty)
        let why = trace.speed == nil && !trace.reason.isEmpty ? trace.reason : "minReplicas, maxReplicas"
        steps.append(Step(name: "bounds", value: "\(trace.least)..\(trace.most)", why: why, role: bounded ? .rowPending : .text))
        steps.append(outcome(trace))
        return steps
    }

    private static func amount(_ thousandths: Int64, _ metric: AutoscalerTrace.Metric) -> String {
        if metric.name.hasPrefix("cpu") { return Quantity(milli: thousandths).description }
        let bytes = thousandths / 1000
        return bytes >= 10 << 30 ? "\(bytes >> 30)Gi" : bytes >= 1 << 20 ? "\(bytes >> 20)Mi" : "\(bytes)"
    }

    /// `500m`, `4.63`: cores in a word.
    static func cores(_ milli: Int64) -> String {
        milli < 1000 ? Quantity(milli: milli).description : secondsText((Double(milli) / 10).rounded() / 100)
    }
    /// `5m`, not `5m0s`.
    static func span(_ span: Duration) -> String {
        let text = span.description
        return text.hasSuffix("m0s") ? String(text.dropLast(2)) : text
    }

    /// A value in the unit of the metric's target: `75%`, `300m`.
    static func text(_ value: Int64, of metric: AutoscalerTrace.Metric) -> String {
        metric.isUtilization ? "\(value)%" : amount(value, metric)
    }

    private static func measured(_ metric: AutoscalerTrace.Metric) -> Step {
        let target = text(metric.target, of: metric)
        guard let it = metric.measured else { return Step(name: metric.name, value: "?/\(target)", why: metric.failure ?? "", role: .rowError) }
        var why = amount(it.used, metric) + " used"
        if metric.isUtilization { why += " of \(amount(it.requested, metric)) requested" }
        why += " by \(counted(it.ready, "ready pod"))"
        for (count, words) in [(it.unready, "not ready yet"), (it.missing, "not measured"), (it.ignored, "ending")] where count > 0 {
            why += ", \(count) \(words)"
        }
        return Step(name: metric.name, value: "\(text(it.value, of: metric))/\(target)", why: why)
    }

    private static func ratio(_ metric: AutoscalerTrace.Metric, _ it: AutoscalerTrace.Measured) -> [Step] {
        let (least, most) = (1 - it.toleranceDown, 1 + it.toleranceUp)
        let range = "\(trimmed(least)) to \(trimmed(most))"
        func verdict(_ ratio: Double) -> String {
            ratio > most ? "above \(trimmed(most)): up" : ratio < least ? "below \(trimmed(least)): down" : "within \(range): no change"
        }
        let division = metric.isUtilization ? "\(it.value) / \(metric.target)" : "\(text(it.value, of: metric)) / \(text(metric.target, of: metric))"
        var steps = [
            Step(
                name: "ratio", value: fixed(it.ratio, 2), why: "\(division), \(verdict(it.ratio))",
                role: it.ratio > most || it.ratio < least ? .rowHighlight : .text)
        ]
        if let cautious = it.cautious {
            var counted: [String] = []
            if it.missing > 0, it.ratio != 1 {
                let share = metric.isUtilization ? "\(max(100, metric.target))% of its request" : "the target"
                counted.append("each pod without metrics counts as \(it.ratio < 1 ? share : "0")")
            }
            if it.unready > 0, it.ratio > 1 { counted.append("each not ready as 0") }
            steps.append(Step(name: "cautious", value: fixed(cautious, 2), why: counted.joined(separator: ", ") + ": \(verdict(cautious))", role: .rowPending))
        }
        return steps
    }

    /// `0.9`, `1.05`
    private static func trimmed(_ value: Double) -> String { secondsText(value) }

    private static func formula(_ trace: AutoscalerTrace, _ deciding: AutoscalerTrace.Metric?) -> String {
        let others = trace.metrics.compactMap { metric in metric.measured.map { "\(metric.name) \($0.proposal)" } }
        let head = trace.metrics.count > 1 ? "the highest of \(others.joined(separator: ", ")): " : ""
        guard let it = deciding?.measured else { return head }
        let last = it.cautious ?? it.ratio
        if last <= 1 + it.toleranceUp, last >= 1 - it.toleranceDown { return head + "no change" }
        if it.cautious != nil, (it.ratio > 1) != (last > 1) { return head + "no change: with unready pods counted the direction would flip" }
        let product = Int(saturating: (last * Double(it.counted)).rounded(.up))
        if product != it.proposal { return head + "no change: ceil(\(fixed(last, 2)) × \(it.counted)) would flip the direction" }
        return head + "ceil(\(fixed(last, 2)) × \(counted(it.counted, "pod")))"
    }

    private static func stabilized(_ speed: AutoscalerTrace.Speed, _ wish: Int, since origin: Instant) -> String {
        func window(_ span: Duration) -> String { span == .zero ? "at once" : "over \(self.span(span))" }
        if speed.stable == wish { return "up \(window(speed.upWindow)), down \(window(speed.downWindow))" }
        let until = speed.heldUntil.map { " until \(clockText($0, since: origin, milliseconds: false))" } ?? ""
        return wish < speed.stable
            ? "held by the highest recommendation of the last \(span(speed.downWindow))\(until)"
            : "held by the lowest recommendation of the last \(span(speed.upWindow))\(until)"
    }

    private static func pace(_ speed: AutoscalerTrace.Speed, _ current: Int, _ behavior: HorizontalPodAutoscalerBehavior?) -> String {
        guard let behavior else { return "no behavior: up to \(speed.highest ?? current) now (2 × \(current), at least 4), down in one step" }
        func rules(_ rules: HPAScalingRules?) -> String {
            guard let rules, rules.selectPolicy != "Disabled" else { return rules == nil ? "" : "never" }
            let list = (rules.policies ?? []).map { "\($0.type == "Percent" ? "\($0.value)%" : counted($0.value, "pod")) in \($0.periodSeconds)s" }
            return list.joined(separator: rules.selectPolicy == "Min" ? " and " : " or ")
        }
        if speed.stable > current { return "up to \(speed.highest ?? current) now: " + rules(behavior.scaleUp) }
        if speed.stable < current { return "down to \(max(0, speed.lowest ?? 0)) now: " + rules(behavior.scaleDown) }
        return "up \(rules(behavior.scaleUp)); down \(rules(behavior.scaleDown))"
    }

    private static func outcome(_ trace: AutoscalerTrace) -> Step {
        guard let desired = trace.desired else {
            return Step(name: "desired", value: "\(trace.current)", why: "stays: without a metric nothing changes", role: .rowError)
        }
        if trace.current == 0, trace.least > 0 {
            return Step(name: "desired", value: "0", why: "off while the workload has 0 replicas; scale it up to start it", role: .rowPending)
        }
        if desired == trace.current { return Step(name: "desired", value: "\(desired)", why: "as it is", role: .good) }
        return Step(name: "desired", value: "\(desired)", why: "from \(trace.current): \(trace.reason)", role: .rowHighlight)
    }
}
