import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// What resizing some pods would do now, in words for a dialog.
public struct ResizeOutlook: Sendable {
    /// From the best to the worst.
    public enum Verdict: Int, Sendable, Comparable {
        case unchanged, fits, restarts, blocked, deferred, infeasible, refused
        public static func < (a: Verdict, b: Verdict) -> Bool { a.rawValue < b.rawValue }

        /// The verdict in a word or two.
        public var word: String {
            ["NO CHANGE", "FITS now", "RESTARTS", "WAITS FOR MEMORY", "DEFERRED", "INFEASIBLE", "REFUSED"][rawValue]
        }
    }
    /// How it would go with one pod.
    public struct PodOutlook: Sendable {
        public var pod: ObjectKey
        public var node: String
        public var verdict: Verdict
        /// The kubelet's or API server's own text, or what happens.
        public var message: String
        /// Containers that restart, by their resizePolicy.
        public var restarts: [String] = []
        /// What is missing on the node: cpu in thousandths of a core or memory in bytes.
        public var lack: (resource: String, amount: Int64)?
        /// For each changed container the most that fits now.
        public var largest: [ResizeForecast.Largest] = []
        /// What the pod requests more (or less) than now.
        public var change = Resources()
        /// What it requests afterwards.
        public var wanted = Resources()
    }
    /// A condition of the resize and whether it holds.
    public struct Check: Sendable, Equatable {
        public enum State: Sendable { case passed, warning, failed }
        public var state: State
        public var text: String
    }

    /// In the order in which they were asked for.
    public var pods: [PodOutlook] = []
    /// About ``lead``: what holds, what to know.
    public var checks: [Check] = []
    /// About ``lead`` if it lacks room: what on its node could give it.
    public var makingRoom: [String] = []
    /// How many pods there are that were not looked at.
    public var unseen = 0

    /// The pod to show: the first with the worst verdict.
    public var lead: PodOutlook? { pods.filter { $0.verdict == verdict }.first }
    /// The worst verdict of all pods.
    public var verdict: Verdict { pods.map(\.verdict).max() ?? .unchanged }
    /// How many pods have each verdict, from the best to the worst.
    public var counts: [(verdict: Verdict, count: Int)] {
        (0...Verdict.refused.rawValue).compactMap { Verdict(rawValue: $0) }
            .map { verdict in (verdict: verdict, count: pods.count { $0.verdict == verdict }) }.filter { $0.count > 0 }
    }
}

extension Simulation {
    /// What ``Command/resize(pod:_:)`` would come to for each pod if they were given now, one after the other; nothing is
    /// changed.
    ///
    /// - Complexity: O(pods · pods on their nodes), at most 200 pods.
    public func outlook(resizing wishes: [(pod: ObjectKey, resizes: [ContainerResize])]) -> ResizeOutlook {
        var outlook = ResizeOutlook()
        // Granted pods count with their new size for those after them.
        var trial = cluster
        for (key, resizes) in wishes.prefix(200) {
            let one = look(at: key, resizes, &trial)
            outlook.pods.append(one)
        }
        outlook.unseen = max(0, wishes.count - 200)
        if let lead = outlook.lead, let pod = cluster.store.pods[lead.pod] {
            outlook.checks = checks(pod, lead)
            outlook.makingRoom = makingRoom(lead)
        }
        return outlook
    }

    private func look(at key: ObjectKey, _ resizes: [ContainerResize], _ trial: inout Cluster) -> ResizeOutlook.PodOutlook {
        let forecast = kubelets.forecastResize(pod: key, containers: resizes, in: trial)
        let before = trial.store.pods[key]
        var result = ResizeOutlook.PodOutlook(pod: key, node: before?.nodeName ?? "", verdict: .fits, message: "", largest: forecast.largest)
        result.restarts = forecast.restarts
        switch forecast.outcome {
        case .unchanged: (result.verdict, result.message) = (.unchanged, "already has these values")
        case .fits where before?.nodeName.isEmpty ?? true: result.message = "waits for a node: placed with the new size"
        case .fits where forecast.blocked != nil: (result.verdict, result.message) = (.blocked, forecast.blocked!)
        case .fits where !forecast.restarts.isEmpty:
            result.verdict = .restarts
            result.message = "granted at once; \(forecast.restarts.joined(separator: ", ")) restarts, as its resizePolicy says"
        case .fits: result.message = "the kubelet grants it at once, in place, without a restart"
        case .deferred(let message, let resource, let lack):
            if before?.spec.priority ?? 0 >= 2_000_000_000 {
                result.message = "critical: the kubelet evicts pods of lower priority to make room"
            } else {
                (result.verdict, result.message, result.lack) = (.deferred, message, (resource, lack))
            }
        case .infeasible(let message): (result.verdict, result.message) = (.infeasible, message)
        case .refused(let error): (result.verdict, result.message) = (.refused, error.message)
        }
        guard let pod = before, result.verdict != .refused, result.verdict != .unchanged, let after = try? trial.resize(pod: key, containers: resizes)
        else { return result }
        let rules = RequestRules(pending: options.profile)
        result.wanted = after.requests(rules)
        result.change = result.wanted - pod.requests(rules)
        // On the trial, what fits is granted.
        if result.verdict <= .blocked {
            trial.modify(Pod.self, key) { pod in
                for i in pod.status.containerStatuses.indices {
                    let name = pod.status.containerStatuses[i].name
                    guard let container = after.spec.containers.first(where: { $0.name == name }) else { continue }
                    pod.status.containerStatuses[i].allocatedResources = container.resources.requests
                }
            }
        }
        return result
    }

    // MARK: Checks

    private func checks(_ pod: Pod, _ lead: ResizeOutlook.PodOutlook) -> [ResizeOutlook.Check] {
        var checks: [ResizeOutlook.Check] = []
        func add(_ state: ResizeOutlook.Check.State, _ text: String) { checks.append(.init(state: state, text: text)) }
        let isRefused = lead.verdict == .refused
        if !isRefused { add(.passed, "QoS stays \(pod.status.qosClass.rawValue)") }
        if !isRefused, !cluster.store.limitRanges.sorted(namespace: pod.namespace).isEmpty { add(.passed, "LimitRange") }
        for quota in cluster.store.resourceQuotas.sorted(namespace: pod.namespace) where !isRefused {
            let hard = quota.spec.hard["requests.cpu"] ?? quota.spec.hard["cpu"]
            add(.passed, "quota \(quota.name)\(hard.map { " of \($0) cpu" } ?? "")")
        }
        if !pod.nodeName.isEmpty, options.profile.resizeBeyondNodeIsRefused, !isRefused { add(.passed, "node os linux") }
        if !isRefused, lead.restarts.isEmpty { add(.passed, "no restart") }
        for name in lead.restarts {
            add(.warning, "\(name) restarts")
            let used = kubelets.containerUsage(of: pod, in: cluster).first { $0.container == name }
            if let used, let limit = used.memoryLimit, used.memory > limit { add(.warning, "\(name) uses more than its limit") }
        }
        if let owner = pod.metadata.controller {
            let containers = template(of: owner, in: pod.namespace)?.containers ?? []
            let size = ["cpu", "memory"].map { name in
                "\(name) \(containers.map { $0.resources.requests[name]?.description ?? "-" }.joined(separator: "+"))"
            }
            add(.warning, "\(owner.kind) \(owner.name) keeps \(size.joined(separator: ", ")): a replacement starts with the old size")
        }
        let workload = pod.metadata.controller.flatMap { owner in
            owner.kind == "ReplicaSet" ? cluster.store.replicaSets[ObjectKey(namespace: pod.namespace, name: owner.name)]?.metadata.controller : owner
        }
        if let workload,
            let scaler = cluster.store.horizontalPodAutoscalers.sorted(namespace: pod.namespace).first(where: {
                $0.spec.scaleTargetRef.kind == workload.kind && $0.spec.scaleTargetRef.name == workload.name
            })
        {
            add(.warning, "HPA \(scaler.name) measures use against requests: its utilization will change")
        }
        return checks
    }

    /// The spec that an owner makes its pods from.
    private func template(of owner: OwnerReference, in namespace: String) -> PodSpec? {
        let key = ObjectKey(namespace: namespace, name: owner.name)
        return switch owner.kind {
        case "ReplicaSet": cluster.store.replicaSets[key]?.spec.template.spec.value
        case "StatefulSet": cluster.store.statefulSets[key]?.spec.template.spec.value
        case "DaemonSet": cluster.store.daemonSets[key]?.spec.template.spec.value
        case "Job": cluster.store.jobs[key]?.spec.template.spec.value
        default: nil
        }
    }

    // MARK: Making room

    /// What on the pod's node could give what it lacks: one pod that could shrink, one that could move.
    private func makingRoom(_ lead: ResizeOutlook.PodOutlook) -> [String] {
        guard let lack = lead.lack else { return [] }
        func text(_ amount: Int64) -> String { (lack.resource == "cpu" ? Quantity(milli: amount) : Quantity(mebibytesOf: amount, roundedUp: true)).description }
        let rules = RequestRules(assigned: options.profile)
        struct Other {
            var pod: Pod
            var requested: Int64
            var used: Int64
        }
        let others = cluster.store.pods(onNode: lead.node)
            .filter { $0.key != lead.pod && !$0.isFinished && !$0.metadata.isTerminating && $0.spec.priority ?? 0 < 2_000_000_000 }
            .map { pod in
                let used = kubelets.usage(of: pod, in: cluster)
                return Other(
                    pod: pod, requested: pod.requests(rules)[lack.resource], used: lack.resource == "cpu" ? used.milliCPU : used.memory)
            }
        var lines: [String] = []
        // A margin of 15 %, as the autoscaler's recommender keeps.
        if let spare = others.filter({ $0.requested.saturatingSubtract($0.used.proportion(115, of: 100)) >= lack.amount })
            .max(by: { $0.requested.saturatingSubtract($0.used) < $1.requested.saturatingSubtract($1.used) })
        {
            lines.append("shrink \(spare.pod.name) by \(text(lack.amount)): uses \(text(spare.used)) of \(text(spare.requested))")
        }
        let movable = others.filter { $0.requested >= lack.amount && $0.pod.metadata.controller.map { $0.kind != "DaemonSet" } ?? false }
        if let least = movable.min(by: { ($0.pod.spec.priority ?? 0, $0.requested) < ($1.pod.spec.priority ?? 0, $1.requested) }) {
            lines.append("move \(least.pod.name) (\(text(least.requested)))")
        }
        if lines.isEmpty, !others.isEmpty {
            var rest = lack.amount
            var names: [String] = []
            for other in others.sorted(by: { $0.requested > $1.requested }) where rest > 0 && other.requested > 0 {
                names.append(other.pod.name)
                rest = rest.saturatingSubtract(other.requested)
            }
            if rest <= 0 { lines.append("\(names.count) pods would have to be evicted: \(names.joined(separator: ", "))") }
        }
        return lines
    }
}
