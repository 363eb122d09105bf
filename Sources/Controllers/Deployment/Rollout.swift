import ControlPlane
import KubernetesAPI
import SimulationKit

// The two strategies.
extension DeploymentController {
    /// One step of a rolling update: up if there is room, else down as far as availability allows.
    /// - Source: Kubernetes `pkg/controller/deployment/rolling.go`.
    func rollOver(
        _ deployment: inout Deployment, _ sets: [ReplicaSet], _ cluster: inout Cluster
    ) throws(APIError) -> Requeue {
        let (found, old) = try newSet(for: &deployment, sets, create: true, &cluster)
        guard let new = found else { return .none }
        let wanted = deployment.spec.wanted
        let all = old + [new]
        let size =
            new.wanted > wanted
            ? wanted : deployment.spec.value.newReplicas(total: all.total, new: new.wanted)
        if new.wanted != wanted, size != new.wanted, try resize(new, to: size, of: deployment, &cluster) {
            return reportNow(deployment, all, &cluster)
        }
        if try shrinkOld(deployment, old.active.oldestFirst, new, total: all.total, &cluster) {
            return reportNow(deployment, all, &cluster)
        }
        if deployment.isComplete(deployment.status) { cleanUp(deployment, old, &cluster) }
        return reportNow(deployment, all, &cluster)
    }

    private func reportNow(_ deployment: Deployment, _ sets: [ReplicaSet], _ cluster: inout Cluster)
        -> Requeue
    {
        let present = refreshed(sets, cluster)
        return reportRollout(deployment, present, new: split(present, for: deployment).new, &cluster)
    }

    private func shrinkOld(
        _ deployment: Deployment, _ old: [ReplicaSet], _ new: ReplicaSet, total: Int, _ cluster: inout Cluster
    ) throws(APIError) -> Bool {
        if old.isEmpty { return false }
        let leastAvailable = deployment.spec.wanted - deployment.spec.maxUnavailable
        let most = total - leastAvailable - (new.wanted - new.lasting)
        if most <= 0 { return false }
        // Replicas that do not work are no loss: they go first.
        var gone = 0
        for set in old where gone < most && set.wanted > set.lasting {
            let count = min(most - gone, set.wanted - set.lasting)
            try resize(set, to: set.wanted - count, of: deployment, &cluster)
            gone += count
        }
        var spare = old.reduce(new.lasting) { $0 + $1.lasting } - leastAvailable
        var shrunk = gone > 0
        for set in refreshed(old, cluster) where spare > 0 && set.wanted > 0 {
            let count = min(set.wanted, spare)
            try resize(set, to: set.wanted - count, of: deployment, &cluster)
            spare -= count
            shrunk = true
        }
        return shrunk
    }

    /// One step of Recreate: all old pods go, then the new set comes at full size.
    /// - Source: Kubernetes `pkg/controller/deployment/recreate.go`.
    func recreate(
        _ deployment: inout Deployment, _ sets: [ReplicaSet], _ cluster: inout Cluster
    ) throws(APIError) -> Requeue {
        let (_, old) = try newSet(for: &deployment, sets, create: false, &cluster)
        var scaled = false
        for set in old.active { if try resize(set, to: 0, of: deployment, &cluster) { scaled = true } }
        if scaled { return reportNow(deployment, sets, &cluster) }
        let oldPodsRun = old.contains { set in
            cluster.store.pods(ownedBy: set.metadata.uid).contains { !$0.isFinished }
        }
        if oldPodsRun { return reportNow(deployment, sets, &cluster) }
        let (found, _) = try newSet(for: &deployment, sets, create: true, &cluster)
        guard let new = found else { return .none }
        if new.wanted != deployment.spec.wanted {
            try resize(new, to: deployment.spec.wanted, of: deployment, &cluster)
        }
        if deployment.isComplete(deployment.status) { cleanUp(deployment, old, &cluster) }
        return reportNow(deployment, old + [new], &cluster)
    }
}
