import KubernetesAPI
import SimulationKit

/// The names of the annotations by which a Deployment and its ReplicaSets remember.
enum DeploymentAnnotation {
    static let revisionHistory = "deployment.kubernetes.io/revision-history"
    static let desiredReplicas = "deployment.kubernetes.io/desired-replicas"
    static let maxReplicas = "deployment.kubernetes.io/max-replicas"
    /// Not copied from the Deployment to its ReplicaSets.
    static let notCopied: Set<String> = [
        AnnotationKey.lastApplied, AnnotationKey.deploymentRevision, revisionHistory, desiredReplicas, maxReplicas,
        "deprecated.deployment.rollback.to",
    ]
    static let podTemplateHash = "pod-template-hash"
}

// The arithmetic of a roll-out.
// - Source: Kubernetes `pkg/controller/deployment/util/deployment_util.go`.
extension DeploymentSpec {
    // A state that was opened may say less than none.
    var wanted: Int { max(0, replicas ?? 1) }
    var isRollingUpdate: Bool { strategy.type != "Recreate" }
    /// Seconds without progress until failure; nil: for ever.
    var progressDeadline: Int? {
        let seconds = progressDeadlineSeconds ?? 600
        return seconds == Int(Int32.max) ? nil : seconds
    }

    /// How many pods may be too many (percentages round up) and how many missing (rounded down); never both 0.
    var fenceposts: (surge: Int, unavailable: Int) {
        guard isRollingUpdate else { return (0, 0) }
        let surge =
            (strategy.rollingUpdate?.maxSurge ?? .string("25%")).scaled(of: wanted, roundUp: true) ?? 0
        let unavailable =
            (strategy.rollingUpdate?.maxUnavailable ?? .string("25%")).scaled(of: wanted, roundUp: false) ?? 0
        return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable)
    }
    var maxSurge: Int { fenceposts.surge }
    /// Capped at the number of replicas.
    var maxUnavailable: Int { isRollingUpdate && wanted > 0 ? min(fenceposts.unavailable, wanted) : 0 }

    /// How many replicas the new ReplicaSet should have now, when all sets together have `total`.
    func newReplicas(total: Int, new: Int) -> Int {
        guard isRollingUpdate else { return wanted }
        let most = wanted.saturatingAdd(maxSurge)
        return total >= most ? new : new + min(most - total, wanted - new)
    }
}

extension PodTemplateSpec {
    /// The template without the label that tells revisions apart.
    var withoutHash: PodTemplateSpec {
        var template = self
        template.metadata.labels[DeploymentAnnotation.podTemplateHash] = nil
        return template
    }
    /// The 32-bit hash that names this revision, in the safe alphabet.
    ///
    /// Differs from Kubernetes: the hash is taken of the template's JSON, not of a dump of Go structures; its form
    /// is the same, its value is not.
    func revisionHash(collisions: Int?) -> String {
        let text = (json?.text() ?? "") + (collisions.map(String.init) ?? "")
        return StableHash.safeEncode(StableHash.fnv1a32(text))
    }
}

extension ReplicaSet {
    var wanted: Int { max(0, spec.replicas ?? 1) }
    /// How many of the available pods are wanted on: a set that was made smaller reports those that are to go until they
    /// went. Upstream notices such a stale report, too, and scales nothing down because of it.
    var lasting: Int { min(status.availableReplicas, wanted) }
    var revision: Int { Int(metadata.annotations[AnnotationKey.deploymentRevision] ?? "") ?? 0 }
    /// A number of replicas that an annotation holds; nil if it is none.
    func annotation(_ name: String) -> Int? { metadata.annotations[name].flatMap { Int32($0) }.map(Int.init) }

    /// By how much the set's size changes when `deployment` is scaled in proportion and `allowed` are left.
    func proportion(of deployment: Deployment, toAdd: Int, added: Int) -> Int {
        if wanted == 0 || toAdd == 0 || toAdd == added { return 0 }
        let allowed = toAdd - added
        let fraction = self.fraction(of: deployment)
        return toAdd > 0 ? min(fraction, allowed) : max(fraction, allowed)
    }
    private func fraction(of deployment: Deployment) -> Int {
        if deployment.spec.wanted == 0 { return -wanted }
        var before = annotation(DeploymentAnnotation.maxReplicas) ?? 0
        if before == 0 { before = deployment.status.replicas }
        if before == 0 { return 0 }
        // Rounded half up, as all terms are positive.
        let most = Int128(deployment.spec.wanted.saturatingAdd(deployment.spec.maxSurge))
        return Int(clamping: (2 * Int128(wanted) * most + Int128(before)) / (2 * Int128(before))).saturatingSubtract(wanted)
    }
}

extension Array where Element == ReplicaSet {
    var active: [ReplicaSet] { filter { $0.wanted > 0 } }
    var total: Int { reduce(0) { $0 + $1.wanted } }
    var available: Int { reduce(0) { $0 + $1.status.availableReplicas } }
    /// Oldest first; names decide ties.
    var oldestFirst: [ReplicaSet] {
        sorted { a, b in
            let (x, y) = (a.metadata.creationTimestamp ?? .start, b.metadata.creationTimestamp ?? .start)
            return x == y ? a.name < b.name : x < y
        }
    }
    /// Largest first; ties: newer or older first.
    func largestFirst(newerFirst: Bool) -> [ReplicaSet] {
        let byAge = newerFirst ? Array(oldestFirst.reversed()) : oldestFirst
        return byAge.enumerated().sorted { a, b in
            a.element.wanted == b.element.wanted ? a.offset < b.offset : a.element.wanted > b.element.wanted
        }.map(\.element)
    }
}
