import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// One change that might get a pending pod placed, and what came of trying it.
///
/// Changes of nodes are tried on a fork of the simulation that runs two seconds ahead; changes of the pod by asking
/// the scheduler about the changed pod. Nothing of the session changes.
struct Remedy {
    /// `uncordon c2`, `cpu request 500m to 300m`.
    var change: String
    /// Where the pod would go; nil: it would still wait.
    var node: String?
    /// What it costs: `none`, `new rollout`, `looser rule`.
    var cost: String
    /// What applies it; nil if it cannot be done from here.
    var command: Command?

    /// The changes worth trying for `pod`, those that help first.
    static func find(for pod: Pod, _ explanation: Explanation, _ world: World) -> [Remedy] {
        var remedies: [Remedy] = []
        let simulation = world.session.simulation
        func tryOnFork(_ command: Command) -> String? {
            var fork = simulation
            guard case .success = fork.perform(command) else { return nil }
            fork.advance(to: fork.now + .seconds(2))
            let name = fork.cluster.store.pods[pod.key]?.nodeName ?? ""
            return name.isEmpty ? nil : name
        }
        func tryPod(_ change: String, cost: String, _ modify: (inout PodSpec) -> Void) {
            var changed = pod
            modify(&changed.spec.value)
            let node = simulation.scheduler.explain(pod: changed, in: world.cluster).winner
            remedies.append(Remedy(change: change, node: node, cost: cost, command: rollout(of: pod, world, modify)))
        }

        let refused = explanation.nodes.filter { !$0.isFeasible }
        for node in refused.filter({ $0.refusal?.plugin == "NodeUnschedulable" }).prefix(3) {
            let command = Command.uncordon(node: node.node)
            remedies.append(Remedy(change: "uncordon \(node.node)", node: tryOnFork(command), cost: "none", command: command))
        }
        var taints: [Taint] = []
        for node in refused where node.refusal?.plugin == "TaintToleration" {
            for taint in world.view.nodes[node.node]?.taints ?? [] where taint.effect != "PreferNoSchedule" && !taints.contains(taint) && taints.count < 2 {
                taints.append(taint)
            }
        }
        for taint in taints {
            tryPod("tolerate \(taint.text)", cost: "new rollout") { spec in
                spec.tolerations.append(Toleration(key: taint.key, operator: "Equal", value: taint.value, effect: taint.effect))
            }
        }
        for (index, constraint) in pod.spec.topologySpreadConstraints.enumerated() where constraint.isHard {
            let key = TopologyKeys.short(constraint.topologyKey)
            tryPod("maxSkew \(constraint.maxSkew) to \(constraint.maxSkew + 1) on \(key)", cost: "looser rule") { $0.topologySpreadConstraints[index].maxSkew += 1 }
            tryPod("ScheduleAnyway on \(key)", cost: "soft rule") { $0.topologySpreadConstraints[index].whenUnsatisfiable = "ScheduleAnyway"; $0.topologySpreadConstraints[index].minDomains = nil }
        }
        for resource in ["cpu", "memory"] {
            let short = refused.filter { $0.refusal?.reasons.contains("Insufficient \(resource)") ?? false }
            let free = short.compactMap { node in world.view.nodes[node.node].map { ($0.allocatable - $0.requested)[resource] } }.max() ?? 0
            let index = pod.spec.containers.indices.max { amount(pod, $0, resource) < amount(pod, $1, resource) } ?? 0
            let others = pod.requests()[resource] - amount(pod, index, resource)
            let fitting = free - others
            guard !short.isEmpty, fitting > 0, let present = pod.spec.containers[index].resources.requests[resource] else { continue }
            let wanted = resource == "cpu" ? Quantity(milli: fitting) : Quantity(bytes: (fitting >> 20) << 20)
            tryPod("\(resource) request \(present) to \(wanted)", cost: "new rollout") { $0.containers[index].resources.requests[resource] = wanted }
        }
        if !pod.spec.nodeSelector.isEmpty || pod.spec.affinity?.nodeAffinity?.required != nil {
            tryPod("without node selector and affinity", cost: "new rollout") { spec in
                spec.nodeSelector = [:]
                spec.affinity?.nodeAffinity?.required = nil
            }
        }
        if pod.spec.affinity?.podAntiAffinity?.required.isEmpty == false {
            tryPod("without required pod anti-affinity", cost: "looser rule") { $0.affinity?.podAntiAffinity?.required = [] }
        }
        let zone = zoneThatTakes(pod, world)
        let nodes = world.view.nodeNames.compactMap { world.store.nodes[ObjectKey(name: $0)] }
        if let like = nodes.first(where: { $0.spec.taints.isEmpty && (zone == nil || $0.zone == zone) }) {
            remedies.append(addNode(like: like, tryOnFork))
        }
        return remedies.filter { $0.node != nil } + remedies.filter { $0.node == nil }
    }

    private static func amount(_ pod: Pod, _ index: Int, _ resource: String) -> Int64 {
        Resources(pod.spec.containers[index].resources.requests)[resource]
    }

    /// The zone that the pod's hard zone rule allows now, if it has one.
    private static func zoneThatTakes(_ pod: Pod, _ world: World) -> String? {
        let workload = Workload(of: pod, world.cluster)
        return world.spread.first { $0.isHard && $0.workload == workload && $0.topologyKey == "topology.kubernetes.io/zone" }?
            .domains.first { $0.takesNext }?.name
    }

    /// One node more, empty and like `like`.
    private static func addNode(like: Node, _ tryOnFork: (Command) -> String?) -> Remedy {
        var node = Node()
        node.metadata.name = like.metadata.name + "-new"
        node.metadata.labels = like.metadata.labels
        node.metadata.labels["kubernetes.io/hostname"] = node.metadata.name
        node.status.capacity = like.status.capacity
        node.status.allocatable = like.status.allocatable
        let command = Command.create(node)
        return Remedy(change: "add a node" + (like.zone.isEmpty ? "" : " to \(like.zone)"), node: tryOnFork(command), cost: "one node", command: command)
    }

    /// The command that changes the template of the pod's workload in the same way; nil for a pod without one.
    private static func rollout(of pod: Pod, _ world: World, _ modify: (inout PodSpec) -> Void) -> Command? {
        let workload = Workload(of: pod, world.cluster)
        if workload.kind == "Deployment", var object = world.store.deployments[workload.key] {
            modify(&object.spec.template.spec.value)
            return .apply([object])
        }
        if workload.kind == "StatefulSet", var object = world.store.statefulSets[workload.key] {
            modify(&object.spec.template.spec.value)
            return .apply([object])
        }
        return nil
    }
}
