// Rolling a Deployment back to an earlier revision, as `kubectl rollout undo` does.

import ControlPlane
import KubernetesAPI

extension Cluster {
    /// Rolls a Deployment back, as `kubectl rollout undo` does: the template of `revision` (0: the one before the
    /// present) becomes the Deployment's; its ReplicaSet then gets the next revision number.
    ///
    /// - Returns: what kubectl says after the object's name: `rolled back`, or that there was nothing to do.
    /// - Throws: 404 if there is no such Deployment; 400 with kubectl's text if it is paused or has no such revision.
    /// - Source: Kubernetes `kubectl/pkg/polymorphichelpers/rollback.go`.
    @discardableResult
    public mutating func undoRollout(ofDeployment key: ObjectKey, toRevision revision: Int = 0)
        throws(APIError) -> String
    {
        guard let deployment = store.deployments[key] else { throw .notFound(Kind.deployment.info, key.name) }
        if deployment.spec.paused {
            throw .badRequest(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/\(key.name)' "
                    + "and try again")
        }
        let sets = store.replicaSets.all.filter { $0.metadata.controller?.uid == deployment.metadata.uid }
            .sorted { $0.revision < $1.revision }
        let target: ReplicaSet?
        if revision > 0 {
            target = sets.first { $0.revision == revision }
            if target == nil { throw .badRequest("unable to find specified revision \(revision) in history") }
        } else {
            target = sets.dropLast().last
            if target == nil { throw .badRequest("no rollout history found for deployment \"\(key.name)\"") }
        }
        let template = target!.spec.template.withoutHash
        if template == deployment.spec.template.withoutHash {
            return "skipped rollback (current template already matches revision \(target!.revision))"
        }
        try update(Deployment.self, key) { $0.spec.template = template }
        return "rolled back"
    }
}
