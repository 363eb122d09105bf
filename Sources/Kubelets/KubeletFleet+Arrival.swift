// Pods that come to a node: a worker for each, and the kubelet's own admission.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// Takes over pods that were bound to nodes; those of one batch in the order of their creation.
    mutating func take(_ arrivals: [(pod: Pod, bound: Instant)], _ cluster: inout Cluster) {
        if arrivals.isEmpty { return }
        let order = arrivals.indices.sorted { a, b in
            let (x, y) = (arrivals[a].pod, arrivals[b].pod)
            let (s, t) = (x.metadata.creationTimestamp ?? .start, y.metadata.creationTimestamp ?? .start)
            return s != t ? s < t : a < b
        }
        for i in order {
            let (seen, bound) = arrivals[i]
            guard let node = nodeIndex[seen.nodeName], nodes[node]?.isFailed == false,
                slots[seen.metadata.uid] == nil,
                let pod = cluster.store.pods[seen.key], pod.metadata.uid == seen.metadata.uid, !pod.isFinished
            else { continue }
            take(pod, node, bound: bound, &cluster)
        }
    }

    private mutating func take(_ pod: Pod, _ node: Int, bound: Instant, _ cluster: inout Cluster) {
        let slot = freeSlots.popLast() ?? workers.count
        if slot == workers.count { workers.append(nil) }
        nextSerial += 1
        var worker = PodWorker(
            pod, node: node, reference: PodReference(slot: slot, serial: nextSerial), at: cluster.now)
        worker.requests = requests(worker)
        for i in worker.containers.indices { override(&worker.containers[i].program, worker, i, cluster) }
        slots[worker.uid] = slot
        if pod.status.containerStatuses.contains(where: { !$0.state.isEmpty }) {
            // The pod ran before this kubelet did: it goes on as the API has it.
            takeBack(&worker, &cluster)
        } else {
            var timeline = Timeline()
            if let created = pod.metadata.creationTimestamp {
                timeline.add(.scheduling, from: created, to: bound)
            }
            timeline.add(.watch, from: bound, to: cluster.now)
            timelines[worker.uid] = timeline
            if pod.metadata.isTerminating {
                book(&worker)
                terminate(&worker, grace: .seconds(1), deletion: true, &cluster)
                continueTermination(&worker, &cluster)
            } else if let refusal = admit(worker, &cluster) {
                reject(&worker, refusal, &cluster)
            } else {
                book(&worker)
                if let limit = pod.spec.activeDeadlineSeconds {
                    schedule(.deadline, worker, at: worker.startTime + .seconds(limit))
                }
                writeStatus(&worker, &cluster)
                sync(&worker, &cluster)
            }
        }
        if slots[worker.uid] == slot { workers[slot] = worker }
    }

    /// Puts the pod on its node's books.
    private mutating func book(_ worker: inout PodWorker) {
        nodes[worker.node]!.used += worker.requests
        nodes[worker.node]!.workers.append(worker.reference.slot)
    }

    /// What the pod counts for, by the resources that are allocated to it.
    func requests(_ worker: PodWorker) -> Resources {
        var pod = Pod()
        pod.spec = worker.allocated
        return pod.requests(RequestRules(pending: profile))
    }

    /// Goes on with a pod whose containers run already.
    private mutating func takeBack(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        book(&worker)
        let status = worker.pod.status.value
        worker.stage = .containers
        worker.hasSandbox = true
        worker.probedSince = cluster.now
        worker.ip = status.podIP.isEmpty ? makePodAddress(worker.node) : status.podIP
        worker.startTime = status.startTime ?? cluster.now
        let known = status.initContainerStatuses + status.containerStatuses
        for i in worker.containers.indices {
            guard let old = known.first(where: { $0.name == worker.containers[i].status.name }) else {
                continue
            }
            worker.containers[i].status = old
            worker.containers[i].instance = max(0, old.restartCount).saturatingAdd(old.state.waiting == nil ? 1 : 0)
            if let end = old.state.terminated?.finishedAt { worker.containers[i].crash.exit = end }
            if old.state.running != nil {
                nodes[worker.node]!.images.add(Self.fullName(old.image), size: ImageStore.modelSize(old.image), at: cluster.now)
            }
        }
        resume(&worker, rebooted: false, &cluster)
    }

    // MARK: Admission

    struct Refusal: Sendable {
        var reason: String
        var message: String
        /// Only resources were missing: a critical pod may drive others off.
        var missing: (resource: String, amount: Int64)?
    }

    private mutating func reject(_ worker: inout PodWorker, _ refusal: Refusal, _ cluster: inout Cluster) {
        worker.verdict = .init(reason: refusal.reason, message: "Pod was rejected: \(refusal.message)")
        tell(refusal.reason, refusal.message, worker, warning: true, &cluster)
        let now = cluster.now
        _ = call("GET pods", worker, now)
        _ = call("PATCH pods/status", worker, now)
        cluster.modify(Pod.self, worker.key) { pod in
            pod.status.phase = .failed
            pod.status.reason = refusal.reason
            pod.status.message = "Pod was rejected: \(refusal.message)"
            if pod.status.startTime == nil { pod.status.startTime = now }
        }
        worker.holdsResources = false
        drop(&worker)
    }

    /// Whether the node takes the pod; a critical pod that lacks only room drives others off first.
    /// - Source: Kubernetes `pkg/kubelet/lifecycle/predicate.go`, `pkg/kubelet/eviction/eviction_manager.go`.
    private mutating func admit(_ worker: PodWorker, _ cluster: inout Cluster) -> Refusal? {
        guard let refusal = refusal(worker, worker.requests, cluster) else { return nil }
        guard refusal.missing != nil, isCritical(worker.pod) else { return refusal }
        return makeRoom(for: worker, worker.requests, &cluster) ? nil : refusal
    }

    /// The first reason not to take the pod with `requests`; nil if there is none.
    func refusal(_ worker: PodWorker, _ requests: Resources, _ cluster: Cluster) -> Refusal? {
        guard let state = nodes[worker.node], let node = cluster.store.nodes[ObjectKey(name: state.name)]
        else {
            return Refusal(reason: "InvalidNodeInfo", message: "Kubelet cannot get node info.")
        }
        let pod = worker.pod
        if state.hasMemoryPressure, !isCritical(pod), pod.spec.qosClass == .bestEffort,
            !pod.spec.tolerations.tolerate(
                Taint(key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule"), cluster.profile)
        {
            return Refusal(reason: "Evicted", message: "The node had condition: [MemoryPressure]. ")
        }
        if let os = pod.spec.os?.name, !os.isEmpty, os != node.metadata.labels["kubernetes.io/os"] ?? "linux" {
            return Refusal(
                reason: "PodOSNotSupported",
                message: "Failed to admit pod as the OS field doesn't match node OS")
        }
        if let short = shortage(requests, of: worker, state) { return short }
        let labels = node.metadata.labels
        let fits =
            pod.spec.nodeSelector.entries.allSatisfy { labels[$0.key] == $0.value }
            && (pod.spec.affinity?.nodeAffinity?.required?.matches(labels: labels, name: node.name) ?? true)
        if !fits {
            return Refusal(
                reason: "NodeAffinity",
                message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
        }
        if hasPortConflict(worker, state) {
            return Refusal(
                reason: "NodePorts",
                message:
                    "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports")
        }
        let unbearable = node.spec.taints.contains { taint in
            taint.effect == "NoExecute" && !pod.spec.tolerations.tolerate(taint, cluster.profile)
        }
        if unbearable {
            return Refusal(
                reason: "TaintToleration",
                message: "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate")
        }
        return nil
    }

    /// The first resource of which the node has not enough beside its other pods.
    private func shortage(_ requests: Resources, of worker: PodWorker, _ state: NodeState) -> Refusal? {
        let isThere = state.workers.contains(worker.reference.slot) && worker.holdsResources
        let others = isThere ? state.used - worker.requests : state.used
        func short(_ name: String, _ wanted: Int64, _ used: Int64, _ capacity: Int64) -> Refusal? {
            let free = capacity.saturatingSubtract(used)
            guard wanted > 0, wanted > free else { return nil }
            return Refusal(
                reason: "OutOf\(name)",
                message:
                    "Node didn't have enough resource: \(name), requested: \(wanted), used: \(used), capacity: \(capacity)",
                missing: (name, wanted.saturatingSubtract(free)))
        }
        let pods = Int64(activePods(state) - (isThere ? 1 : 0))
        if let refusal = short("pods", 1, pods, Int64(state.maxPods)) { return refusal }
        for name in ["cpu", "memory", "ephemeral-storage"] + requests.scalars.map(\.name) {
            if let refusal = short(name, requests[name], others[name], state.allocatable[name]) {
                return refusal
            }
        }
        return nil
    }

    private func activePods(_ state: NodeState) -> Int {
        // A worker that is being looked at stands outside of the table, and counts.
        state.workers.reduce(0) { $0 + (workers[$1]?.holdsResources ?? true ? 1 : 0) }
    }

    private func hasPortConflict(_ worker: PodWorker, _ state: NodeState) -> Bool {
        let wanted = worker.pod.spec.hostPorts
        if wanted.isEmpty { return false }
        func everywhere(_ ip: String) -> Bool { ip.isEmpty || ip == "0.0.0.0" }
        for slot in state.workers where slot != worker.reference.slot {
            guard let other = workers[slot], other.holdsResources else { continue }
            for taken in other.pod.spec.hostPorts {
                let conflict = wanted.contains { port in
                    port.hostPort == taken.hostPort
                        && (port.protocol.isEmpty ? "TCP" : port.protocol)
                            == (taken.protocol.isEmpty ? "TCP" : taken.protocol)
                        && (everywhere(port.hostIP) || everywhere(taken.hostIP)
                            || port.hostIP == taken.hostIP)
                }
                if conflict { return true }
            }
        }
        return false
    }

    /// Whether the kubelet itself makes room for the pod, and never evicts it.
    func isCritical(_ pod: Pod) -> Bool { pod.spec.priority ?? 0 >= 2_000_000_000 }

    /// Ends pods of lower priority until the critical pod fits; false, and ends none, if that cannot be reached.
    ///
    /// BestEffort pods go first, then Burstable, then Guaranteed, and of a class no more than needed: of the pods
    /// that alone suffice for the rest the one that overshoots least, else the one that comes closest.
    /// - Source: Kubernetes `pkg/kubelet/preemption/preemption.go`.
    mutating func makeRoom(for worker: PodWorker, _ requests: Resources, _ cluster: inout Cluster) -> Bool {
        guard let state = nodes[worker.node] else { return false }
        var need = requests + state.used - state.allocatable
        if state.workers.contains(worker.reference.slot) { need -= worker.requests }
        let pods = (activePods(state) + 1).saturatingSubtract(state.maxPods)
        var candidates: [[PodWorker]] = [[], [], []]
        for slot in state.workers {
            guard let other = workers[slot], other.holdsResources, !isCritical(other.pod),
                other.pod.spec.priority ?? 0 < worker.pod.spec.priority ?? 0
            else { continue }
            let rank = [.bestEffort: 0, .burstable: 1][other.pod.spec.qosClass] ?? 2
            candidates[rank].append(other)
        }
        let names = ["cpu", "memory", "ephemeral-storage"] + requests.scalars.map(\.name)
        func distance(_ need: Resources, _ pods: Int, without victim: PodWorker?) -> (Double, Int64) {
            var rest = 0.0
            var surplus: Int64 = 0
            let freed = victim?.requests ?? Resources()
            for name in names where need[name] > 0 {
                let share = Double(max(0, need[name].saturatingSubtract(freed[name]))) / Double(need[name])
                rest += share * share
                surplus = surplus.saturatingAdd(max(0, freed[name].saturatingSubtract(need[name])))
            }
            if pods > 0, victim == nil { rest += 1 }
            return (rest, surplus)
        }
        // From the class that is to be spared most: what could all lower ones together not give?
        var chosen: [[PodWorker]] = [[], [], []]
        for rank in [2, 1, 0] {
            var rest = need
            var restPods = pods
            for lower in candidates.prefix(rank).joined() {
                rest -= lower.requests
                restPods -= 1
            }
            for above in chosen[(rank + 1)...].joined() {
                rest -= above.requests
                restPods -= 1
            }
            var left = candidates[rank]
            while distance(rest, restPods, without: nil).0 > 0 {
                guard
                    let best = left.indices.min(by: {
                        distance(rest, restPods, without: left[$0])
                            < distance(rest, restPods, without: left[$1])
                    })
                else { return false }
                let victim = left.remove(at: best)
                rest -= victim.requests
                restPods -= 1
                chosen[rank].append(victim)
            }
        }
        for victim in chosen.joined() {
            with(victim.reference, &cluster) { fleet, victim, cluster in
                fleet.tell(
                    "Preempting", "Preempted in order to admit critical pod", victim, warning: true, &cluster)
                victim.verdict = .init(
                    reason: "Preempting", message: "Preempted in order to admit critical pod",
                    disruption: "Pod was preempted by Kubelet to accommodate a critical pod.")
                // Differs from Kubernetes: the room counts as free at once, though the victims may take their grace.
                fleet.release(&victim)
                fleet.terminate(&victim, grace: .seconds(0), &cluster)
                fleet.continueTermination(&victim, &cluster)
            }
        }
        return true
    }
}

extension PodWorker {
    init(_ pod: Pod, node: Int, reference: PodReference, at now: Instant) {
        (self.pod, self.node, self.reference) = (pod, node, reference)
        allocated = pod.spec
        requests = Resources()
        startTime = now
        initCount = pod.spec.initContainers.count
        let waiting = pod.spec.initContainers.isEmpty ? "ContainerCreating" : "PodInitializing"
        containers = []
        containers.reserveCapacity(initCount + pod.spec.containers.count)
        for (isInit, list) in [(true, pod.spec.initContainers), (false, pod.spec.containers)] {
            for spec in list {
                var status = ContainerStatus()
                (status.name, status.image) = (spec.name, spec.image)
                status.state = .waiting(waiting)
                status.started = false
                containers.append(
                    ContainerRuntime(
                        isInit: isInit, isSidecar: isInit && spec.isSidecar, status: status,
                        program: Program(spec, isInit: isInit, of: pod)))
            }
        }
    }
}
