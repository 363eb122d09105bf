import ControlPlane
import KubernetesAPI
import SimulationKit

/// Creating and deleting pods for an owner, with the events that all workload controllers tell.
/// - Source: Kubernetes `pkg/controller/controller_utils.go`.
struct PodControl: Sendable {
    /// The controller's name in events, such as `replicaset-controller`.
    var source: EventSource

    /// Most creates and deletes in one sync.
    static let burst = 500

    /// A pod of `template` for `owner`; its spec is the template's own, shared.
    static func pod(from template: PodTemplateSpec, owner: some KubernetesObject) -> Pod {
        var meta = ObjectMeta()
        meta.generateName = owner.metadata.name + "-"
        meta.namespace = owner.metadata.namespace
        meta.labels = template.metadata.labels
        meta.annotations = template.metadata.annotations
        meta.finalizers = template.metadata.finalizers
        meta.ownerReferences = [OwnerReference(controller: owner)]
        var pod = Pod()
        pod.metadata = Metadata(meta)
        pod.spec = template.spec
        pod.nodeName = template.nodeName
        return pod
    }

    /// Creates `pod` and tells so; a refusal is told and thrown.
    @discardableResult
    func create(_ pod: Pod, for owner: some KubernetesObject, _ cluster: inout Cluster) throws(APIError)
        -> Pod
    {
        do throws(APIError) {
            let created = try cluster.create(pod)
            cluster.record(EventReason.successfulCreate, "Created pod: \(created.name)", about: owner, source: source)
            return created
        } catch {
            if !error.isNamespaceTerminating {
                cluster.record(
                    EventReason.failedCreate, "Error creating: \(error.message)", about: owner, warning: true,
                    source: source)
            }
            throw error
        }
    }

    /// Deletes `pod` and tells so. A pod that is gone already is no failure.
    func delete(_ pod: Pod, for owner: some KubernetesObject, _ cluster: inout Cluster) throws(APIError) {
        do throws(APIError) {
            try cluster.delete(Pod.self, pod.key, DeleteOptions(uid: pod.metadata.uid))
            cluster.record(EventReason.successfulDelete, "Deleted pod: \(pod.name)", about: owner, source: source)
        } catch {
            if error.code == 404 || error.code == 409 { return }
            cluster.record(
                EventReason.failedDelete, "Error deleting: \(error.message)", about: owner, warning: true,
                source: source)
            throw error
        }
    }

    /// Calls `create` up to `count` times in batches of 1, 2, 4 …; a batch with a failure is the last one.
    /// Returns how often it succeeded, and the first failure.
    static func slowStart(_ count: Int, _ create: (Int) throws(APIError) -> Void) -> (
        created: Int, error: APIError?
    ) {
        var done = 0
        var created = 0
        var batch = 1
        while done < count {
            var failure: APIError?
            for index in done..<min(done + batch, count) {
                do throws(APIError) {
                    try create(index)
                    created += 1
                } catch {
                    failure = failure ?? error
                }
            }
            if let failure { return (created, failure) }
            done += batch
            batch *= 2
        }
        return (created, nil)
    }
}

/// How many pods a controller may create for one owner in a sync, and when it may create more.
///
/// Upstream's controllers create at most 500 in a sync, and at most 20 a second by their client's limit. Without that limit
/// (see ``ControllerManagerSettings``) an owner that wants 2,147,483,647 pods would have them, and all memory, within a
/// virtual second. So it holds as soon as there are more pods than the nodes could ever run.
struct PodAllowance {
    /// How many may be created now, 0 or more.
    private(set) var count: Int
    /// When to look again for the next ones.
    private(set) var again = Requeue.none

    /// Pods beyond this many wait for nodes that are not there: the most that a node runs anywhere, and a thousand.
    private static func free(_ cluster: Cluster) -> Int { cluster.store.nodes.count * 250 + 1000 - cluster.store.pods.count }
    private static let period = Duration.seconds(10)
    private static let batch = 200

    init(missing: Int, _ active: @autoclosure () -> [Pod], _ cluster: Cluster) {
        count = max(0, min(missing, PodControl.burst))
        let free = Self.free(cluster)
        guard count > max(0, free) else { return }
        if free > 0 {
            count = free
            return
        }
        let last = active().lazy.compactMap(\.metadata.creationTimestamp).max()
        let next = last.map { $0 + Self.period } ?? cluster.now
        count = next <= cluster.now ? min(count, Self.batch) : 0
        again = .at(next <= cluster.now ? cluster.now + Self.period : next)
    }
}

extension APIError {
    /// Nothing more can be created: the namespace is being deleted. Controllers then give up silently.
    var isNamespaceTerminating: Bool { causes.contains { $0.reason == "NamespaceTerminating" } }
}

extension Pod {
    /// When the pod became ready, as precise as the API has it; nil if it is not ready.
    var readySince: Instant? {
        status.conditions[ConditionType.ready].flatMap { $0.isTrue ? $0.lastTransitionTime : nil }
    }
    /// Whether the pod has been ready for `minReadySeconds`.
    func isAvailable(minReadySeconds: Int, now: Instant) -> Bool {
        guard let since = status.conditions[ConditionType.ready], since.isTrue else { return false }
        return minReadySeconds == 0 || (since.lastTransitionTime ?? now) + .seconds(minReadySeconds) <= now
    }
    /// When a ready pod that is not available yet becomes so; nil for others.
    func availableAt(minReadySeconds: Int, now: Instant) -> Instant? {
        guard minReadySeconds > 0, let since = readySince else { return nil }
        let time = since + .seconds(minReadySeconds)
        return time > now ? time : nil
    }
    /// Being deleted and not finished yet.
    var isTerminating: Bool { metadata.deletionTimestamp != nil && !isFinished }
}
