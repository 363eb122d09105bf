// Use of resources that is set from outside: for a pod, or all pods of a workload.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// Whose use of resources is set from outside: one pod, or all pods of a workload.
public struct LoadTarget: Hashable, Sendable {
    public var kind: String
    public var key: ObjectKey
    /// - Parameter kind: `Pod`, `Deployment`, `ReplicaSet`, `StatefulSet`, `DaemonSet`, `Job`, `CronJob` …
    public init(kind: String, key: ObjectKey) { (self.kind, self.key) = (kind, key) }

    /// The pod itself and what it belongs to, directly and through one step: its ReplicaSet and Deployment.
    public static func all(of pod: Pod, in cluster: Cluster) -> [LoadTarget] {
        var targets = [LoadTarget(kind: "Pod", key: pod.key)]
        guard let owner = pod.metadata.controller else { return targets }
        let key = ObjectKey(namespace: pod.namespace, name: owner.name)
        targets.append(LoadTarget(kind: owner.kind, key: key))
        let upper: OwnerReference? =
            switch owner.kind {
            case "ReplicaSet": cluster.store.replicaSets[key]?.metadata.controller
            case "Job": cluster.store.jobs[key]?.metadata.controller
            default: nil
            }
        if let upper {
            targets.append(
                LoadTarget(kind: upper.kind, key: ObjectKey(namespace: pod.namespace, name: upper.name)))
        }
        return targets
    }
}

/// Use per pod from outside: thousandths of a core and bytes; nil leaves the program's own.
public struct LoadOverride: Sendable, Equatable {
    public var cpu: Int64?
    public var memory: Int64?
}

extension KubeletFleet {
    /// Sets what each pod of `target` uses from now on, also pods that come later; nil gives that resource back
    /// to the program. Spread over the pod's containers by their requests, evenly without.
    /// - Parameters:
    ///   - cpu: thousandths of a core per pod; held within ``Load/range``, as is memory.
    ///   - memory: bytes per pod.
    public mutating func setLoad(
        of target: LoadTarget, cpu: Int64?, memory: Int64?, in cluster: inout Cluster
    ) {
        func held(_ amount: Int64?) -> Int64? { amount.map { min(max($0, Load.range.lowerBound), Load.range.upperBound) } }
        host.loads[target] = cpu == nil && memory == nil ? nil : LoadOverride(cpu: held(cpu), memory: held(memory))
        var pods: [PodReference] = []
        for node in nodes.indices {
            for case let worker? in nodes[node]?.pods ?? [] where LoadTarget.all(of: worker.pod, in: cluster).contains(target) {
                pods.append(worker.reference)
            }
        }
        reprogram(pods, &cluster)
    }

    /// What was set by ``setLoad(of:cpu:memory:in:)`` for `target`; nil if nothing was.
    public func load(of target: LoadTarget) -> LoadOverride? { host.loads[target] }
}

extension KubeletHost {
    /// Puts what was set from outside over a program's own use.
    func override(_ program: inout Program, _ worker: PodWorker, _ i: Int, _ cluster: Cluster) {
        if !seen.isEmpty { seen.guide(&program, worker, i) }
        guard worker.appIndices.contains(i) else { return }
        if !demands.isEmpty { meetDemand(&program, worker, i, cluster) }
        if loads.isEmpty { return }
        guard let load = LoadTarget.all(of: worker.pod, in: cluster).lazy.compactMap({ loads[$0] }).first else { return }
        func share(_ name: String, _ amount: (Quantity) -> Int64, _ total: Int64) -> Int64 {
            let requests = worker.appIndices.map { worker.spec($0).resources.requests[name].map(amount) ?? 0 }
            let sum = requests.saturatingSum
            if sum == 0 { return total / Int64(requests.count) }
            return total.proportion(requests[i - worker.initCount], of: sum)
        }
        if let cpu = load.cpu { program.cpu = .constant(share("cpu", \.milliValue, cpu)) }
        if let memory = load.memory { program.memory = .constant(share("memory", \.value, memory)) }
    }
}
