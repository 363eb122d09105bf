// Which pods a kubelet ends to make room for a critical one.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// Ends pods of lower priority until the critical pod fits; false, and ends none, if that cannot be reached.
    ///
    /// BestEffort pods go first, then Burstable, then Guaranteed, and of a class no more than needed: of the pods
    /// that alone suffice for the rest the one that overshoots least, else the one that comes closest.
    /// - Source: Kubernetes `pkg/kubelet/preemption/preemption.go`.
    mutating func makeRoom(for worker: PodWorker, _ requests: Resources, _ host: inout KubeletHost, _ cluster: inout Cluster) -> Bool {
        var need = requests + used - allocatable
        if counted.contains(worker.reference.slot) { need -= worker.requests }
        let surplusPods = (activePods + 1).saturatingSubtract(maxPods)
        var candidates: [[PodWorker]] = [[], [], []]
        for slot in counted {
            guard let other = pods[slot], other.holdsResources, !other.pod.isCritical,
                other.pod.spec.priority ?? 0 < worker.pod.spec.priority ?? 0
            else { continue }
            let rank = [.bestEffort: 0, .burstable: 1][other.pod.spec.value.qosClass(host.profile)] ?? 2
            candidates[rank].append(other)
        }
        let names = ["cpu", "memory", "ephemeral-storage"] + requests.scalars.map(\.name)
        func distance(_ need: Resources, _ pods: Int, without victim: PodWorker?) -> (Double, Int64) {
            var rest = 0.0
            var surplus: Int64 = 0
            let freed = victim?.requests ?? Resources()
            for name in names where need[name] > 0 {
                let share = Double(max(0, need[name].saturatingSubtract(freed[name]))) / Double(need[name])
                rest += share * share
                surplus = surplus.saturatingAdd(max(0, freed[name].saturatingSubtract(need[name])))
            }
            if pods > 0, victim == nil { rest += 1 }
            return (rest, surplus)
        }
        // From the class that is to be spared most: what could all lower ones together not give?
        var chosen: [[PodWorker]] = [[], [], []]
        for rank in [2, 1, 0] {
            var rest = need
            var restPods = surplusPods
            for lower in candidates.prefix(rank).joined() {
                rest -= lower.requests
                restPods -= 1
            }
            for above in chosen[(rank + 1)...].joined() {
                rest -= above.requests
                restPods -= 1
            }
            var left = candidates[rank]
            while distance(rest, restPods, without: nil).0 > 0 {
                guard
                    let best = left.indices.min(by: {
                        distance(rest, restPods, without: left[$0])
                            < distance(rest, restPods, without: left[$1])
                    })
                else { return false }
                let victim = left.remove(at: best)
                rest -= victim.requests
                restPods -= 1
                chosen[rank].append(victim)
            }
        }
        for victim in chosen.joined() {
            with(victim.reference, &host, &cluster) { kubelet, victim, host, cluster in
                kubelet.tell(
                    "Preempting", "Preempted in order to admit critical pod", victim, warning: true, &host, &cluster)
                victim.verdict = .init(
                    reason: "Preempting", message: "Preempted in order to admit critical pod",
                    disruption: "Pod was preempted by Kubelet to accommodate a critical pod.")
                // Differs from Kubernetes: the room counts as free at once, though the victims may take their grace.
                kubelet.release(&victim)
                kubelet.terminate(&victim, grace: .seconds(0), &host, &cluster)
                kubelet.continueTermination(&victim, &host, &cluster)
            }
        }
        return true
    }
}
