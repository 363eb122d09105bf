// What the store keeps up with each write, counted anew. For tests, which do so on random clusters.

import KubernetesAPI

extension ObjectStore {
    /// What is not as a count of all pods says; empty if all is well. O(pods).
    package func recount() -> [String] {
        var faults: [String] = []
        var (byNode, byOwner) = ([String: [Int]](), [String: [Int]]())
        for (slot, pod) in pods.rows.enumerated() {
            if podMarks[slot] != pod.map(PodMarks.init) ?? [] { faults.append("marks of the pod in slot \(slot)") }
            guard let pod else { continue }
            if !pod.nodeName.isEmpty { byNode[pod.nodeName, default: []].append(slot) }
            if let owner = pod.metadata.controller { byOwner[owner.uid, default: []].append(slot) }
        }
        if byNode != slotsByNode { faults.append("pods by node") }
        if byOwner != slotsByOwner { faults.append("pods by owner") }
        return faults
    }
}
