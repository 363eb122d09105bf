import KubernetesAPI
import SimulationKit

/// Which pods of a ReplicaSet go first when it shrinks.
///
/// - Source: Kubernetes `pkg/controller/controller_utils.go`, `ActivePodsWithRanks`.
struct DeletionRanking {
    var now: Instant
    var usesDeletionCost: Bool
    /// Compare ages by the power of two they reach, so that pods of about one age are chosen by chance (their UID).
    var usesLogarithmicAges: Bool
    /// Decides among pods that are equal in everything: upstream has its list of pods from a map, in chance's order.
    var random: SeededRandom

    private struct Candidate {
        var pod: Pod
        var uid: String
        var phase: Int
        var isReady: Bool
        var cost: Int
        var neighbours: Int
        /// Whole seconds, as the API stores times.
        var readySince: Instant?
        var created: Instant
        var restarts: (containers: Int, sidecars: Int)
    }

    /// The `count` of `pods` that go first. `neighbours` counts the related active pods by node.
    mutating func first(_ count: Int, of pods: [Pod], neighbours: [String: Int] = [:]) -> [Pod] {
        let candidates = pods.shuffled(using: &random).map { pod in
            let status = pod.status.value
            let sidecars = Set(pod.spec.initContainers.lazy.filter(\.isSidecar).map(\.name))
            return Candidate(
                pod: pod, uid: pod.metadata.uid,
                phase: status.phase == .pending ? 0 : status.phase == .unknown ? 1 : 2, isReady: pod.isReady,
                cost: usesDeletionCost
                    ? Int(pod.metadata.annotations[AnnotationKey.podDeletionCost] ?? "") ?? 0
                    : 0,
                neighbours: neighbours[pod.nodeName] ?? 0, readySince: pod.readySince?.flooredToSecond,
                created: (pod.metadata.creationTimestamp ?? now).flooredToSecond,
                restarts: (
                    status.containerStatuses.map(\.restartCount).max() ?? 0,
                    status.initContainerStatuses.filter { sidecars.contains($0.name) }.map(\.restartCount)
                        .max() ?? 0
                ))
        }
        return candidates.sorted(by: precedes).prefix(count).map(\.pod)
    }

    private func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
        if a.pod.nodeName.isEmpty != b.pod.nodeName.isEmpty { return a.pod.nodeName.isEmpty }
        if a.phase != b.phase { return a.phase < b.phase }
        if a.isReady != b.isReady { return !a.isReady }
        if a.cost != b.cost { return a.cost < b.cost }
        if a.neighbours != b.neighbours { return a.neighbours > b.neighbours }
        if a.isReady, let first = a.readySince, let second = b.readySince, first != second {
            return isYounger(first, a, than: second, b)
        }
        if a.restarts != b.restarts { return a.restarts > b.restarts }
        if a.created != b.created { return isYounger(a.created, a, than: b.created, b) }
        return false
    }

    private func isYounger(_ first: Instant, _ a: Candidate, than second: Instant, _ b: Candidate) -> Bool {
        guard usesLogarithmicAges else { return first > second }
        let (x, y) = (bucket(first), bucket(second))
        return x == y ? a.uid < b.uid : x < y
    }
    private func bucket(_ time: Instant) -> Int {
        let age = (now - time).nanoseconds
        return age > 0 ? DeterministicMath.log2Bucket(age) : -1
    }
}
