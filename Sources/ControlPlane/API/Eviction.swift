// Evictions within disruption budgets, cordon and uncordon.

import KubernetesAPI
import SimulationKit

extension Cluster {
    /// Evicts a pod: deletes it if its disruption budget allows, as `POST pods/NAME/eviction` does.
    ///
    /// - Throws: 404 if there is no such pod; 429 if its budget does not allow it now (with the cause, and a time
    ///   to wait if the budget's status is behind); 500 if several budgets select it.
    /// - Source: Kubernetes `pkg/registry/core/pod/storage/eviction.go`.
    public mutating func evict(pod key: ObjectKey, _ options: DeleteOptions = DeleteOptions())
        throws(APIError)
    {
        guard let pod = store.pods[key] else { throw .notFound(Kind.pod.info, key.name) }
        if !pod.isFinished, pod.status.phase != .pending, !pod.metadata.isTerminating {
            try checkBudget(of: pod)
        }
        if profile.isEnabled(.podDisruptionConditions), !pod.isFinished, !pod.metadata.isTerminating {
            markDisrupted(key, reason: "EvictionByEvictionAPI", message: "Eviction API: evicting")
        }
        try delete(Pod.self, key, options)
    }

    /// Puts the condition DisruptionTarget on a pod that is about to be deleted from outside.
    public mutating func markDisrupted(_ pod: ObjectKey, reason: String, message: String) {
        let time = now
        modify(Pod.self, pod) {
            $0.status.conditions.set(
                Condition(type: ConditionType.disruptionTarget, status: true, reason: reason, message: message), now: time
            )
        }
    }

    /// Refuses if the budget of `pod` does not allow to lose it; else takes the loss off the budget.
    private mutating func checkBudget(of pod: Pod) throws(APIError) {
        let budgets = store.podDisruptionBudgets.all.filter {
            $0.namespace == pod.namespace && $0.spec.selector?.matches(pod.metadata.labels) ?? false
        }
        guard budgets.count <= 1 else {
            throw APIError(
                code: 500, reason: "",
                message:
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
            )
        }
        guard var budget = budgets.first else { return }
        if !pod.isReady {
            if profile.isEnabled(.pdbUnhealthyPodEvictionPolicy),
                budget.spec.unhealthyPodEvictionPolicy == "AlwaysAllow"
            {
                return
            }
            if budget.status.currentHealthy >= budget.status.desiredHealthy, budget.status.desiredHealthy > 0 {
                return
            }
        }
        func refuse(_ cause: String, retryAfter: Int = 0) -> APIError {
            .tooManyRequests(
                "Cannot evict pod as it would violate the pod's disruption budget.",
                causes: [.init(reason: "DisruptionBudget", message: cause)], retryAfterSeconds: retryAfter)
        }
        if budget.status.observedGeneration < budget.metadata.generation {
            throw refuse(
                "The disruption budget \(budget.name) is still being processed by the server.", retryAfter: 10
            )
        }
        if budget.status.disruptedPods.count > 2000 {
            let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
            let causes = profile.has(.brokenBudgetNamed) ? [APIError.Cause(reason: "DisruptionBudget", message: why)] : []
            throw .forbidden(Kind.podDisruptionBudget.info, budget.name, why, causes: causes)
        }
        if budget.status.disruptionsAllowed == 0 {
            let status = budget.status
            let allowed = status.conditions[ConditionType.disruptionAllowed]
            if status.currentHealthy <= status.desiredHealthy {
                throw refuse(
                    "The disruption budget \(budget.name) needs \(status.desiredHealthy) healthy pods "
                        + "and has \(status.currentHealthy) currently")
            } else if let allowed, allowed.reason == "SyncFailed" {
                throw refuse(
                    "The disruption budget \(budget.name) does not allow evicting pods currently "
                        + "because it failed sync: \(allowed.message)")
            }
            throw refuse("The disruption budget \(budget.name) does not allow evicting pods currently")
        }
        budget.status.disruptionsAllowed -= 1
        budget.status.disruptedPods[pod.name] = now
        if budget.status.disruptionsAllowed == 0 { budget.status.noteWhetherAllowed(now: now) }
        let status = budget.status
        modify(PodDisruptionBudget.self, budget.key) { $0.status = status }
    }

    // MARK: Cordon

    /// Marks a node as not schedulable; returns whether it was schedulable.
    @discardableResult
    public mutating func cordon(_ node: String) throws(APIError) -> Bool { try setUnschedulable(node, true) }
    /// Marks a node as schedulable again; returns whether it was not.
    @discardableResult
    public mutating func uncordon(_ node: String) throws(APIError) -> Bool {
        try setUnschedulable(node, false)
    }

    private mutating func setUnschedulable(_ name: String, _ wanted: Bool) throws(APIError) -> Bool {
        let key = ObjectKey(name: name)
        guard let node = store.nodes[key] else { throw .notFound(Kind.node.info, name) }
        if node.spec.unschedulable == wanted { return false }
        try update(Node.self, key) { $0.spec.unschedulable = wanted }
        return true
    }
}

extension PodDisruptionBudgetStatus {
    /// Sets the condition DisruptionAllowed from the number that is allowed.
    public mutating func noteWhetherAllowed(now: Instant) {
        var condition = Condition(
            type: ConditionType.disruptionAllowed, status: disruptionsAllowed > 0,
            reason: disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods")
        condition.observedGeneration = observedGeneration
        conditions.set(condition, now: now)
    }
}
