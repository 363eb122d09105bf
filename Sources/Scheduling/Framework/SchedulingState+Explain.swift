// A decision told in full: verdicts, scores and what would help, for the Why screen and `schedule`.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension SchedulingState {
    /// Looks at every node for `pod` and records everything. The state is the same afterwards.
    ///
    /// - Parameter everyFilter: also asks the filters that are left out once one has refused a node.
    mutating func explain(
        _ pod: Pod, _ settings: SchedulingProfile, _ store: ObjectStore, now: Instant, everyFilter: Bool = false
    ) -> Explanation {
        if pod.metadata.isTerminating { return Explanation(pod: pod.key, result: .skipped) }
        if !pod.spec.schedulingGates.isEmpty, settings.preEnqueue.contains(.schedulingGates) {
            var explanation = Explanation(pod: pod.key, result: .gated)
            let names = pod.spec.schedulingGates.map(\.name).joined(separator: " ")
            explanation.gate = Explanation.Refusal(
                plugin: PluginName.schedulingGates.rawValue, code: "UnschedulableAndUnresolvable",
                reasons: ["waiting for scheduling gates: [\(names)]"])
            return explanation
        }
        if let why = pod.podGroupKey.flatMap({ groups?.number(of: $0) }).flatMap({ groups?.whyNotTried($0) }) {
            var explanation = Explanation(pod: pod.key, result: .gated)
            explanation.gate = Explanation.Refusal(
                plugin: PluginName.gangScheduling.rawValue, code: "UnschedulableAndUnresolvable", reasons: [why])
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
        explanation.filterPlugins = settings.filters.filter { $0.filter != nil && $0.concerns(cycle.demand.facts) }.map(\.name.rawValue)
        explanation.scorePlugins = settings.scores.map(\.plugin.name.rawValue)
        if let refusal = diagnosis.preFilter {
            explanation.preFilter = self.refusal(refusal, cycle)
        } else {
            explanation.nodes = verdicts(diagnosis, cycle, everyFilter ? further(diagnosis, cycle, store) : [])
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

    private func refusal(_ rejection: Rejection, _ cycle: Cycle, row: Int? = nil) -> Explanation.Refusal {
        var plugin: String? = rejection.plugin.rawValue
        if rejection.reason.subject == .notSelected { plugin = nil }
        return Explanation.Refusal(
            plugin: plugin, code: rejection.isUnresolvable ? "UnschedulableAndUnresolvable" : "Unschedulable",
            reasons: rejection.reason.words(cycle.demand, self), detail: row.map { detail(rejection, row: $0, cycle) } ?? "")
    }

    /// By row: the refusals of the plugins that come after the one that refused the node.
    private func further(_ diagnosis: Diagnosis, _ cycle: Cycle, _ store: ObjectStore) -> [[Rejection]] {
        var result: [[Rejection]] = Array(repeating: [], count: nodes.count)
        var refused = NodeMask(count: nodes.count)
        for plugin in cycle.settings.filters {
            var pass = FilterPass(candidates: refused, recording: .all, rows: nodes.count)
            plugin.filter?(cycle, self, store, &pass)
            for row in refused.members { if let rejection = pass.rejections[row] { result[row].append(rejection) } }
            for (row, rejection) in diagnosis.rejections.enumerated() where rejection?.plugin == plugin.name { refused[row] = true }
        }
        return result
    }

    private func verdicts(_ diagnosis: Diagnosis, _ cycle: Cycle, _ further: [[Rejection]]) -> [Explanation.Verdict] {
        let feasible = diagnosis.feasible.members
        let scores = scores(cycle, feasible)
        var place: [Int: Int] = [:]
        for (i, row) in feasible.enumerated() { place[row] = i }
        return nodes.present.members.map { row in
            var verdict = Explanation.Verdict(node: nodes.names[row])
            if let i = place[row] {
                verdict.scores = scores.map { $0.isEmpty ? 0 : $0[i] }
            } else if let rejection = diagnosis.rejections[row] {
                verdict.refusal = refusal(rejection, cycle, row: row)
                if !further.isEmpty { verdict.further = further[row].map { refusal($0, cycle, row: row) } }
                if rejection.reason.subject == .notSelected { verdict.isPrefiltered = true }
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
    ///
    /// - Parameter everyFilter: also asks the filters that are left out once one has refused a node.
    public func explain(pod: Pod, in cluster: Cluster, everyFilter: Bool = false) -> Explanation {
        var (state, pending) = trial(of: pod, in: cluster)
        return state.explain(pending, settings(for: pod) ?? profiles[0], cluster.store, now: cluster.now, everyFilter: everyFilter)
    }
    /// The smallest changes that could get the pending `pod` placed, each tried; those that help first.
    /// - Parameter explanation: of the same pod and cluster, with every filter asked.
    public func remedies(for pod: Pod, _ explanation: Explanation, in cluster: Cluster) -> [Remedy] {
        let (state, pending) = trial(of: pod, in: cluster)
        return state.remedies(pending, explanation, settings(for: pod) ?? profiles[0], cluster.store)
    }
    /// The state without `pod`, and the pod without a node.
    private func trial(of pod: Pod, in cluster: Cluster) -> (SchedulingState, Pod) {
        var copy = self
        copy.readChanges(cluster, until: cluster.now)
        if let slot = cluster.store.pods.slot(of: pod.key) { copy.state.remove(podAt: slot) }
        var pending = pod
        pending.nodeName = ""
        return (copy.state, pending)
    }
}
