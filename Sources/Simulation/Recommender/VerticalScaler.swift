import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// How a workload's pods follow what is recommended for them.
public enum VerticalScaling: String, Sendable, CaseIterable {
    case off = "Off"
    /// Resized in place where that goes, else evicted, budgets respected.
    case inPlaceOrRecreate = "InPlaceOrRecreate"
    /// Resized in place or left alone.
    case inPlace = "InPlace"
}

/// Resizes the pods of chosen workloads to what is recommended, in the manner of the vertical pod autoscaler.
///
/// Nothing runs as long as no workload is chosen.
/// - Source: autoscaler `vertical-pod-autoscaler/pkg/updater`, `docs/features.md`.
public struct VerticalScaler: Sendable {
    /// The updater's interval.
    public static let period = Duration.seconds(60)
    /// How long a resize may be deferred, or in progress, before the pod is evicted.
    public static let deferredMost = Duration.minutes(5)
    public static let inProgressMost = Duration.minutes(60)

    /// The workloads with a mode other than off, in the order in which they were chosen.
    public private(set) var modes: [(target: LoadTarget, mode: VerticalScaling)] = []
    /// Up to where changes of pods were read: new pods get the recommended size before they are placed.
    var cursor = WatchCursor.beginning
    var nextRun = Instant.start
    /// What was recommended when last looked, for pods that come between.
    var latest: [LoadTarget: [Recommendation]] = [:]

    public subscript(target: LoadTarget) -> VerticalScaling { modes.first { $0.target == target }?.mode ?? .off }

    mutating func set(_ mode: VerticalScaling, of target: LoadTarget, in cluster: Cluster) {
        if modes.isEmpty { cursor = cluster.store.end }
        if modes.isEmpty || nextRun < cluster.now { nextRun = cluster.now }
        modes.removeAll { $0.target == target }
        if mode != .off { modes.append((target, mode)) }
        latest[target] = nil
    }

    func nextWake(_ cluster: Cluster) -> Instant? {
        if modes.isEmpty { return nil }
        return cluster.store.entry(at: cursor).map { min($0.time, nextRun) } ?? nextRun
    }
}

extension Simulation {
    /// Sizes new pods, and once a minute looks at all pods of the chosen workloads.
    mutating func runVerticalScaler() {
        sizeNewPods()
        guard vertical.nextRun <= now else { return }
        vertical.nextRun = now + VerticalScaler.period
        for (target, mode) in vertical.modes {
            let pods = pods(of: target)
            let recommendations = recommendations(for: pods.filter { !$0.nodeName.isEmpty })
            if !recommendations.isEmpty { vertical.latest[target] = recommendations }
            follow(recommendations, pods, mode)
        }
    }

    /// The unfinished pods of a workload, by name.
    public func pods(of target: LoadTarget) -> [Pod] {
        cluster.store.pods.sorted(namespace: target.key.namespace).filter { pod in
            !pod.isFinished && !pod.metadata.isTerminating && LoadTarget.all(of: pod, in: cluster).contains(target)
        }
    }

    /// Differs from Kubernetes: there are no webhooks, so a new pod gets the recommended size by a resize, in the moment in
    /// which it was created and before the scheduler sees it.
    private mutating func sizeNewPods() {
        let limit = now
        while let entry = cluster.store.next(&vertical.cursor, until: limit) {
            guard entry.kind == .pod else { continue }
            let change = cluster.store.pods.change(entry.index)
            guard change.action == .added, let pod = cluster.store.pods[change.object.key], pod.nodeName.isEmpty else { continue }
            for target in LoadTarget.all(of: pod, in: cluster) {
                guard let recommendations = vertical.latest[target] else { continue }
                let wishes = wishes(recommendations, pod)
                if !wishes.isEmpty { _ = try? cluster.resize(pod: pod.key, containers: wishes) }
            }
        }
    }

    private func wishes(_ recommendations: [Recommendation], _ pod: Pod) -> [ContainerResize] {
        recommendations.compactMap { recommendation in
            (pod.spec.containers + pod.spec.sidecars).first { $0.name == recommendation.container }.flatMap { recommendation.resize(of: $0) }
        }
    }

    private mutating func follow(_ recommendations: [Recommendation], _ pods: [Pod], _ mode: VerticalScaling) {
        for pod in pods where !pod.nodeName.isEmpty {
            if isStuck(pod) {
                // One replica alone is not evicted, as the updater's --min-replicas says.
                if mode == .inPlaceOrRecreate, pods.count >= 2 { evict(pod, "its resize does not come through") }
                continue
            }
            if pod.status.conditions[ConditionType.podResizePending] != nil || pod.status.conditions[ConditionType.podResizeInProgress] != nil { continue }
            let age = now - (pod.metadata.creationTimestamp ?? now)
            let isDue = recommendations.contains { recommendation in
                (pod.spec.containers + pod.spec.sidecars).contains { $0.name == recommendation.container && recommendation.isDue($0, podAge: age) }
            }
            let wishes = wishes(recommendations, pod)
            guard isDue, !wishes.isEmpty else { continue }
            do throws(APIError) {
                try cluster.resize(pod: pod.key, containers: wishes)
                tell("InPlaceResizedByVPA", "Pod was resized in place by VPA Updater.", pod)
            } catch {
                if mode == .inPlaceOrRecreate, pods.count >= 2 { evict(pod, error.message) }
            }
        }
    }

    /// Whether the pod's resize is infeasible, failed, or takes too long.
    private func isStuck(_ pod: Pod) -> Bool {
        let conditions = pod.status.conditions
        func isOlder(_ condition: Condition, than span: Duration) -> Bool { now - (condition.lastTransitionTime ?? now) > span }
        if let pending = conditions[ConditionType.podResizePending] {
            return pending.reason == ConditionReason.infeasible || isOlder(pending, than: VerticalScaler.deferredMost)
        }
        if let progress = conditions[ConditionType.podResizeInProgress] {
            return progress.reason == "Error" || isOlder(progress, than: VerticalScaler.inProgressMost)
        }
        return pod.status.resize == ConditionReason.infeasible
    }

    private mutating func evict(_ pod: Pod, _ why: String) {
        do throws(APIError) {
            try cluster.evict(pod: pod.key)
            tell("EvictedByVPA", "Pod was evicted by VPA Updater to apply resource recommendation: \(why)", pod)
        } catch {
            // The budget says no: tried again in a minute.
        }
    }

    private mutating func tell(_ reason: String, _ message: String, _ pod: Pod) {
        cluster.record(reason, message, about: pod, source: EventSource("vpa-updater"))
    }
}
