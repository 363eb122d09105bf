import ControlPlane
import KubernetesAPI
import SimulationKit

extension SchedulingState {
    /// Looks at every node for `pod` and records everything. The state is the same afterwards.
    mutating func explain(_ pod: Pod, _ settings: SchedulingProfile, _ store: ObjectStore, now: Instant)
        -> Explanation
    {
        if pod.metadata.isTerminating { return Explanation(pod: pod.key, result: .skipped) }
        if !pod.spec.schedulingGates.isEmpty, settings.preEnqueue.contains(.schedulingGates) {
            var explanation = Explanation(pod: pod.key, result: .gated)
            let names = pod.spec.schedulingGates.map(\.name).joined(separator: " ")
            explanation.gate = Explanation.Refusal(
                plugin: PluginName.schedulingGates.rawValue, code: "UnschedulableAndUnresolvable",
                reasons: ["waiting for scheduling gates: [\(names)]"])
            return explanation
        }
        if nodes.presentCount == 0 {
            var explanation = Explanation(pod: pod.key, result: .unschedulable)
            explanation.message = "no nodes available to schedule pods"
            return explanation
        }
        var cycle = makeCycle(pod, settings)
        let diagnosis = diagnose(&cycle, store)
        var explanation = Explanation(
            pod: pod.key, result: diagnosis.feasible.isEmpty ? .unschedulable : .bound)
        explanation.scorePlugins = settings.scores.map(\.plugin.name.rawValue)
        if let refusal = diagnosis.preFilter {
            explanation.preFilter = self.refusal(refusal, cycle)
        } else {
            explanation.nodes = verdicts(diagnosis, cycle)
        }
        if explanation.result == .bound {
            choose(&explanation, pod)
            return explanation
        }
        explanation.unschedulablePlugins = diagnosis.plugins.map(\.rawValue).sorted()
        explanation.core = core(diagnosis, cycle)
        var unused = SeededRandom(seed: 0, stream: "explain")
        let preemption = preempt(diagnosis, cycle, store, random: &unused, now: now, all: true)
        explanation.message = message(diagnosis, preemption, cycle)
        explanation.preemption = result(of: preemption)
        return explanation
    }

    private func refusal(_ rejection: Rejection, _ cycle: Cycle) -> Explanation.Refusal {
        var plugin: String? = rejection.plugin.rawValue
        if case .notSelected = rejection.reason { plugin = nil }
        return Explanation.Refusal(
            plugin: plugin, code: rejection.isUnresolvable ? "UnschedulableAndUnresolvable" : "Unschedulable",
            reasons: rejection.reason.words(cycle.demand, self))
    }

    private func verdicts(_ diagnosis: Diagnosis, _ cycle: Cycle) -> [Explanation.Verdict] {
        let feasible = diagnosis.feasible.members
        let scores = scores(cycle, feasible)
        var place: [Int: Int] = [:]
        for (i, row) in feasible.enumerated() { place[row] = i }
        return nodes.present.members.map { row in
            var verdict = Explanation.Verdict(node: nodes.names[row])
            if let i = place[row] {
                verdict.scores = scores.map { $0.isEmpty ? 0 : $0[i] }
            } else if let rejection = diagnosis.rejections[row] {
                verdict.refusal = refusal(rejection, cycle)
                if case .notSelected = rejection.reason { verdict.isPrefiltered = true }
            }
            return verdict
        }.sorted { $0.node < $1.node }
    }

    private func choose(_ explanation: inout Explanation, _ pod: Pod) {
        let feasible = explanation.nodes.filter(\.isFeasible)
        let best = feasible.map(\.total).max()!
        let tied = feasible.filter { $0.total == best }.map(\.node)
        explanation.winner = tied[0]
        let nominated = pod.status.nominatedNodeName
        if !nominated.isEmpty, feasible.contains(where: { $0.node == nominated }) {
            explanation.winner = nominated
            explanation.viaNomination = true
        } else if tied.count > 1 {
            explanation.tied = tied
        }
    }

    private func result(of preemption: Preemption) -> Explanation.PreemptionResult {
        var result = Explanation.PreemptionResult(message: preemption.message)
        result.candidates = preemption.candidates.map { candidate in
            Explanation.Candidate(
                node: nodes.names[candidate.row], victims: candidate.victims.map { placed[$0]!.pod.key },
                pdbViolations: candidate.violations)
        }.sorted { $0.node < $1.node }
        if case .nominated(let candidate) = preemption.outcome {
            result.nominated = nodes.names[candidate.row]
        }
        if preemption.tied.count > 1 { result.tied = preemption.tied.map { nodes.names[$0] } }
        return result
    }
}

extension Scheduler {
    /// How the scheduler would place `pod` now, with all nodes looked at; nothing is changed.
    ///
    /// A pod that has a place is explained as if it were placed again. O(nodes), and for a pod without a place
    /// O(pods that could be evicted).
    public func explain(pod: Pod, in cluster: Cluster) -> Explanation {
        var copy = self
        copy.readChanges(cluster, until: cluster.now)
        if let slot = cluster.store.pods.slot(of: pod.key) { copy.state.remove(podAt: slot) }
        var pending = pod
        pending.nodeName = ""
        let settings = settings(for: pod) ?? profiles[0]
        return copy.state.explain(pending, settings, cluster.store, now: cluster.now)
    }
}
