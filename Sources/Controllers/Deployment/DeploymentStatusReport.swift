import ControlPlane
import KubernetesAPI
import SimulationKit

// What a Deployment reports, and whether its roll-out gets on.
// - Source: Kubernetes `pkg/controller/deployment/progress.go`, `sync.go`.

extension Deployment {
    /// The status that follows from the ReplicaSets; conditions but Available are carried over.
    func status(from sets: [ReplicaSet], new: ReplicaSet?, profile: KubernetesProfile, now: Instant)
        -> DeploymentStatus
    {
        var result = DeploymentStatus()
        result.observedGeneration = metadata.generation
        result.replicas = sets.reduce(0) { $0 + $1.status.replicas }
        result.updatedReplicas = new?.status.replicas ?? 0
        result.readyReplicas = sets.reduce(0) { $0 + $1.status.readyReplicas }
        result.availableReplicas = sets.available
        result.unavailableReplicas = max(0, sets.total - sets.available)
        result.collisionCount = status.collisionCount
        result.conditions = status.conditions
        if profile.isEnabled(.deploymentReplicaSetTerminatingReplicas) {
            result.terminatingReplicas = sets.reduce(0) { $0 + ($1.status.terminatingReplicas ?? 0) }
        }
        let isAvailable = result.availableReplicas >= spec.wanted - spec.maxUnavailable
        result.set(
            isAvailable
                ? Condition(
                    type: ConditionType.available, status: true, reason: "MinimumReplicasAvailable",
                    message: "Deployment has minimum availability.")
                : Condition(
                    type: ConditionType.available, status: false, reason: "MinimumReplicasUnavailable",
                    message: "Deployment does not have minimum availability."), now: now)
        return result
    }

    /// Everything is of the new template, available and counted.
    func isComplete(_ status: DeploymentStatus) -> Bool {
        status.updatedReplicas == spec.wanted && status.replicas == spec.wanted
            && status.availableReplicas == spec.wanted && status.observedGeneration >= metadata.generation
    }
    /// Whether `status` is further on than the last one reported.
    func isProgress(_ status: DeploymentStatus) -> Bool {
        let old = self.status
        return status.updatedReplicas > old.updatedReplicas
            || status.replicas - status.updatedReplicas < old.replicas - old.updatedReplicas
            || status.readyReplicas > old.readyReplicas || status.availableReplicas > old.availableReplicas
    }
    /// When the roll-out fails unless it gets on; nil if that cannot be.
    var deadline: Instant? {
        guard let seconds = spec.progressDeadline, let progressing = status.conditions[ConditionType.progressing],
            progressing.reason != ConditionReason.newReplicaSetAvailable
        else { return nil }
        return (progressing.lastUpdateTime ?? .start) + .seconds(seconds)
    }
}

extension DeploymentStatus {
    /// Sets a condition unless one with its status and reason is there.
    mutating func set(_ condition: Condition, now: Instant) {
        if let old = conditions[condition.type], old.status == condition.status,
            old.reason == condition.reason
        {
            return
        }
        refresh(condition, now: now)
    }
    /// Sets a condition, with a new time of update in any case.
    mutating func refresh(_ condition: Condition, now: Instant) {
        var condition = condition
        condition.lastUpdateTime = now
        conditions.set(condition, now: now)
        // What was set last stands last.
        if let index = conditions.firstIndex(where: { $0.type == condition.type }) { conditions.append(conditions.remove(at: index)) }
    }
}

extension DeploymentController {
    /// Reports the status of a roll-out: progress, completion, or that its time is up.
    func reportRollout(
        _ deployment: Deployment, _ sets: [ReplicaSet], new: ReplicaSet?, _ cluster: inout Cluster
    ) -> Requeue {
        let now = cluster.now
        var status = deployment.status(from: sets, new: new, profile: cluster.profile, now: now)
        let subject = new.map { "ReplicaSet \"\($0.name)\"" } ?? "Deployment \"\(deployment.name)\""
        let reason = deployment.status.conditions[ConditionType.progressing]?.reason
        if deployment.spec.progressDeadline == nil { status.conditions.remove(ConditionType.progressing) }
        let wasComplete = status.replicas == status.updatedReplicas && reason == ConditionReason.newReplicaSetAvailable
        if deployment.spec.progressDeadline != nil, !wasComplete {
            if deployment.isComplete(status) {
                status.set(
                    Condition(
                        type: ConditionType.progressing, status: true, reason: ConditionReason.newReplicaSetAvailable,
                        message: "\(subject) has successfully progressed."), now: now)
            } else if deployment.isProgress(status) {
                status.refresh(
                    Condition(
                        type: ConditionType.progressing, status: true, reason: "ReplicaSetUpdated",
                        message: "\(subject) is progressing."), now: now)
            } else if reason == ConditionReason.progressDeadlineExceeded || deployment.deadline.map({ $0 < now }) ?? false {
                status.set(
                    Condition(
                        type: ConditionType.progressing, status: false, reason: ConditionReason.progressDeadlineExceeded,
                        message: "\(subject) has timed out progressing."), now: now)
            }
        }
        // The new set's failure is told before those of the old ones.
        let failures = (new.map { [$0] } ?? []) + sets
        if let failure = failures.lazy.compactMap({ $0.status.conditions[ConditionType.replicaFailure] }).first {
            status.set(
                Condition(
                    type: ConditionType.replicaFailure, status: failure.status, reason: failure.reason,
                    message: failure.message),
                now: now)
        } else {
            status.conditions.remove(ConditionType.replicaFailure)
        }
        if status != deployment.status {
            cluster.modify(Deployment.self, deployment.key) { $0.status = status }
            return .none
        }
        // Nothing changed: come back when the time is up.
        guard let deadline = deployment.deadline, !deployment.isComplete(status),
            reason != ConditionReason.progressDeadlineExceeded
        else { return .none }
        return .at(max(deadline + .seconds(1), now + .seconds(1)))
    }

    /// Reports the status without judging the roll-out: when paused, scaling or being deleted.
    func reportCounts(
        _ deployment: Deployment, _ sets: [ReplicaSet], new: ReplicaSet?, _ cluster: inout Cluster
    ) {
        let status = deployment.status(from: sets, new: new, profile: cluster.profile, now: cluster.now)
        if status != deployment.status {
            cluster.modify(Deployment.self, deployment.key) { $0.status = status }
        }
    }
}
