import ControlPlane
import KubernetesAPI

/// What a resize would do now, in words for a dialog.
public struct ResizeOutlook: Sendable {
    public enum Verdict: Sendable { case unchanged, fits, deferred, infeasible, refused }
    public var verdict: Verdict
    /// The kubelet's or API server's own text, or what happens.
    public var message: String
    /// Further lines: restarts, what would fit, what stays as it is.
    public var remarks: [String] = []
    /// What the pod requests more (or less) than now.
    public var change = Resources()
    /// The largest CPU request of the first changed container that fits now.
    public var largestCPU: Quantity?

    /// The verdict in a word.
    public var word: String {
        switch verdict {
        case .unchanged: "NO CHANGE"
        case .fits: "FITS now"
        case .deferred: "DEFERRED"
        case .infeasible: "INFEASIBLE"
        case .refused: "REFUSED"
        }
    }
}

extension Simulation {
    /// What ``Command/resize(pod:_:)`` would come to if it were given now; nothing is changed.
    public func outlook(resizing key: ObjectKey, _ resizes: [ContainerResize]) -> ResizeOutlook {
        let forecast = cluster.forecastResize(pod: key, containers: resizes)
        var outlook: ResizeOutlook
        switch forecast.outcome {
        case .unchanged: return ResizeOutlook(verdict: .unchanged, message: "the pod has these values already")
        case .fits: outlook = ResizeOutlook(verdict: .fits, message: "the kubelet grants it at once, in place")
        case .deferred(let message, let resource, let lack):
            outlook = ResizeOutlook(verdict: .deferred, message: message)
            let amount = resource == "cpu" ? Quantity(milli: lack) : Quantity(bytes: lack)
            outlook.remarks.append("\(amount) \(resource) too much for now; tried again when a pod leaves or shrinks there. The scheduler counts it at once.")
        case .infeasible(let message): outlook = ResizeOutlook(verdict: .infeasible, message: message)
        case .refused(let error): return ResizeOutlook(verdict: .refused, message: error.message)
        }
        if !forecast.restarts.isEmpty { outlook.remarks.append("restarts \(forecast.restarts.joined(separator: ", ")): its resizePolicy says RestartContainer") }
        if outlook.verdict != .fits {
            for largest in forecast.largest {
                outlook.remarks.append("\(largest.container) fits up to cpu \(Quantity(milli: largest.milliCPU)), memory \(Quantity(bytes: (largest.memory >> 20) << 20))   <f> takes it")
            }
        }
        outlook.largestCPU = forecast.largest.first.map { Quantity(milli: $0.milliCPU) }
        guard let pod = cluster.store.pods[key] else { return outlook }
        if let owner = pod.metadata.controller { outlook.remarks.append("\(owner.kind) \(owner.name) keeps its template: a replacement starts with the old size") }
        var fork = cluster
        if let after = try? fork.resize(pod: key, containers: resizes) {
            let rules = RequestRules(pending: cluster.profile)
            outlook.change = after.requests(rules) - pod.requests(rules)
        }
        return outlook
    }
}
