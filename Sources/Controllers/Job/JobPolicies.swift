import KubernetesAPI

/// What a failed pod means for its Job.
/// - Source: Kubernetes v1.36.2 `pkg/controller/job/pod_failure_policy.go`.
struct PodFailurePolicy: Sendable {
    enum Action: String, Sendable {
        case failJob = "FailJob"
        case ignore = "Ignore"
        case count = "Count"
        case failIndex = "FailIndex"
    }
    private enum Condition: Sendable {
        /// Nil container: any.
        case exitCodes(container: String?, isIn: Bool, values: [Int])
        case podConditions([(type: String, status: String)])
    }
    private var rules: [(action: Action, condition: Condition)] = []

    /// What a pod's failure comes to.
    struct Verdict: Sendable {
        /// Nil: no rule matched.
        var action: Action?
        /// Whether it counts towards the limits.
        var isCounted = true
        /// Why the Job fails at once.
        var message: String?
    }

    /// Nil without a policy.
    init?(_ spec: JobSpec) {
        guard let policy = spec.podFailurePolicy else { return nil }
        for rule in policy["rules"]?.array ?? [] {
            guard let action = rule["action"]?.string.flatMap(Action.init(rawValue:)) else { continue }
            if let codes = rule["onExitCodes"], codes != .null {
                let values = (codes["values"]?.array ?? []).compactMap { $0.int.map(Int.init) }
                rules.append(
                    (action, .exitCodes(container: codes["containerName"]?.string, isIn: codes["operator"]?.string == "In", values: values)))
            } else {
                let patterns = (rule["onPodConditions"]?.array ?? []).map {
                    (type: $0["type"]?.string ?? "", status: $0["status"]?.string ?? "True")
                }
                rules.append((action, .podConditions(patterns)))
            }
        }
    }

    func verdict(on pod: Pod, _ profile: KubernetesProfile) -> Verdict {
        for (index, rule) in rules.enumerated() {
            let why: String
            switch rule.condition {
            case .exitCodes(let container, let isIn, let values):
                func match(_ status: ContainerStatus) -> Bool {
                    guard let end = status.state.terminated, end.exitCode != 0 else { return false }
                    return (container == nil || container == status.name) && values.contains(end.exitCode) == isIn
                }
                let status = pod.status.containerStatuses.first(where: match) ?? pod.status.initContainerStatuses.first(where: match)
                guard let status, let end = status.state.terminated else { continue }
                why = "Container \(status.name) for pod \(pod.key) failed with exit code \(end.exitCode)"
            case .podConditions(let patterns):
                let condition = pod.status.conditions.first { condition in
                    patterns.contains { $0.type == condition.type && $0.status == condition.status }
                }
                guard let condition else { continue }
                why = "Pod \(pod.key) has condition \(condition.type)"
            }
            switch rule.action {
            case .ignore: return Verdict(action: .ignore, isCounted: false)
            case .count: return Verdict(action: .count)
            case .failIndex:
                // Before there were limits for each index the rule is passed over.
                if profile.isEnabled(.jobBackoffLimitPerIndex) { return Verdict(action: .failIndex) }
            case .failJob:
                return Verdict(action: .failJob, message: "\(why) matching FailJob rule at index \(index)")
            }
        }
        return Verdict()
    }
}

/// Indexes of an Indexed Job.
enum JobIndexes {
    /// As the API writes them: `0-2,5`.
    static func text(_ indexes: some Collection<Int>) -> String {
        let indexes = indexes.sorted()
        var parts: [String] = []
        var position = 0
        while position < indexes.count {
            let first = indexes[position]
            var last = first
            while position + 1 < indexes.count, indexes[position + 1] == last + 1 {
                position += 1
                last += 1
            }
            parts.append(first == last ? "\(first)" : last == first + 1 ? "\(first),\(last)" : "\(first)-\(last)")
            position += 1
        }
        return parts.joined(separator: ",")
    }

    /// The ranges of such a text, as far as they are below `completions`; what is no range is left out.
    static func ranges(_ text: String, below completions: Int) -> [ClosedRange<Int>] {
        text.split(separator: ",").compactMap { part in
            let ends = part.split(separator: "-").map { Int($0) }
            guard let first = ends.first, let low = first, let end = ends.last, let high = end, 0 <= low, low <= high,
                low < completions
            else { return nil }
            return low...min(high, completions - 1)
        }
    }
}

extension JobSpec {
    /// The rule of the success policy that `succeeded` indexes fulfil, in the API's words; nil: none.
    /// - Source: Kubernetes v1.36.2 `pkg/controller/job/success_policy.go`.
    func successMessage(_ succeeded: Set<Int>) -> String? {
        guard let rules = successPolicy?["rules"]?.array, !succeeded.isEmpty else { return nil }
        for (index, rule) in rules.enumerated() {
            let count = rule["succeededCount"]?.int.map(Int.init)
            let isMet: Bool
            if let text = rule["succeededIndexes"]?.string {
                let ranges = JobIndexes.ranges(text, below: completions ?? 0)
                let wanted = ranges.reduce(0) { $0 + $1.count }
                let reached = succeeded.count { index in ranges.contains { $0.contains(index) } }
                isMet = reached >= count ?? wanted
            } else {
                isMet = count.map { succeeded.count >= $0 } ?? false
            }
            if isMet { return "Matched rules at index \(index)" }
        }
        return nil
    }
}
