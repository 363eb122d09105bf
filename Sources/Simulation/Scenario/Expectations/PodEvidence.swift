// Pods that an expectation was about, where it did not hold.
import ControlPlane
import KubernetesAPI
import Scheduling

/// What there is to say about pods that are not as expected.
enum PodEvidence {
    /// Each pod with its state and the reason, and what would get those placed that wait for a node; those that are not ready first.
    static func lines(_ pods: [Pod], in simulation: Simulation) -> [String] {
        let sorted = pods.filter { !$0.isReady } + pods.filter(\.isReady)
        var lines = sorted.prefix(10).map { "found: \($0.name)\($0.nodeName.isEmpty ? "" : " on \($0.nodeName)"), \(state($0))" }
        if pods.count > 10 { lines.append("found: \(pods.count - 10) more") }
        guard let waiting = sorted.first(where: \.isWaitingForNode) else { return lines }
        var packing = Packing(simulation.cluster, configuration: simulation.options.scheduler)
        let help = packing.explain(waiting, in: simulation.cluster).remedies.filter { $0.node != nil }
        if help.isEmpty { return lines + ["needed: more than one small change, for \(waiting.name) to find a node"] }
        return lines + help.prefix(3).map { "needed: \($0.words) (\($0.cost)), and \(waiting.name) goes to \($0.node ?? "")" }
    }

    /// `Running, ready`; `Pending: 0/12 nodes are available: …`; `Running, not ready, main CrashLoopBackOff: back-off …`
    private static func state(_ pod: Pod) -> String {
        if pod.metadata.isTerminating { return "terminating" }
        var words = [pod.status.phase.rawValue]
        if !pod.isFinished { words.append(pod.isReady ? "ready" : "not ready") }
        if !pod.status.reason.isEmpty { words.append(pod.status.reason) }
        if pod.isWaitingForNode, let message = pod.status.conditions[ConditionType.podScheduled]?.message, !message.isEmpty {
            return "\(pod.status.phase.rawValue): \(message)"
        }
        for status in pod.status.initContainerStatuses + pod.status.containerStatuses {
            if let waiting = status.state.waiting, !waiting.reason.isEmpty {
                words.append("\(status.name) \(waiting.reason)" + (waiting.message.isEmpty ? "" : ": \(waiting.message)"))
            } else if let ended = status.state.terminated, ended.exitCode != 0 {
                words.append("\(status.name) \(ended.reason.isEmpty ? "ended" : ended.reason) with exit code \(ended.exitCode)")
            }
        }
        return words.joined(separator: ", ")
    }
}
