// Pods that come to a node: a worker for each, and the kubelet's own admission.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// A pod that was bound to a node, and when.
typealias Arrival = (pod: Pod, bound: Instant)

extension Kubelet {
    /// Pods of one batch are taken in the order of their creation.
    static func inOrder(_ arrivals: [Arrival]) -> [Arrival] {
        arrivals.enumerated().sorted { a, b in
            let (s, t) = (a.element.pod.metadata.creationTimestamp ?? .start, b.element.pod.metadata.creationTimestamp ?? .start)
            return s != t ? s < t : a.offset < b.offset
        }.map(\.element)
    }

    /// Takes the pods that were bound to the node while nobody listened.
    mutating func takeWaiting(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        let waiting = cluster.store.pods(onNode: name).filter { host.pods[$0.metadata.uid] == nil }
        for arrival in Self.inOrder(waiting.map { ($0, cluster.now) }) { take(arrival, &host, &cluster) }
    }

    /// Takes over a pod that was bound to the node, if it is still there.
    mutating func take(_ arrival: Arrival, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard !isFailed, host.pods[arrival.pod.metadata.uid] == nil, let pod = cluster.store.pods[arrival.pod.key],
            pod.metadata.uid == arrival.pod.metadata.uid, !pod.isFinished
        else { return }
        var worker = makeWorker(pod, &host, cluster)
        begin(&worker, bound: arrival.bound, &host, &cluster)
        if !worker.isDropped { pods[worker.reference.slot] = worker }
    }

    /// A worker for the pod, with a place in the table.
    mutating func makeWorker(_ pod: Pod, _ host: inout KubeletHost, _ cluster: Cluster) -> PodWorker {
        let slot = freeSlots.popLast() ?? pods.count
        if slot == pods.count { pods.append(nil) }
        var worker = PodWorker(
            pod, reference: PodReference(node: index, slot: slot, serial: host.nextSerial()), at: cluster.now)
        worker.requests = Resources(requestedBy: worker.allocated, host.profile)
        for i in worker.containers.indices { host.override(&worker.containers[i].program, worker, i, cluster) }
        host.pods[worker.uid] = worker.reference
        return worker
    }

    private mutating func begin(_ worker: inout PodWorker, bound: Instant, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if worker.pod.hasBegun, worker.pod.status.containerStatuses.contains(where: { !$0.state.isEmpty }) {
            // The pod ran before this kubelet did: it goes on as the API has it.
            return takeBack(&worker, &host, &cluster)
        }
        var timeline = Timeline()
        if let created = worker.pod.metadata.creationTimestamp { timeline.add(.scheduling, from: created, to: bound) }
        timeline.add(.watch, from: bound, to: cluster.now)
        host.timelines[worker.uid] = timeline
        if worker.pod.metadata.isTerminating {
            book(worker)
            terminate(&worker, grace: .seconds(1), deletion: true, &host, &cluster)
            continueTermination(&worker, &host, &cluster)
        } else if let refusal = admit(worker, &host, &cluster) {
            reject(&worker, refusal, &host, &cluster)
        } else {
            book(worker)
            if let limit = worker.pod.spec.activeDeadlineSeconds {
                host.schedule(.deadline, worker, at: worker.startTime + .seconds(limit))
            }
            writeStatus(&worker, &host, &cluster)
            sync(&worker, &host, &cluster)
        }
    }

    /// Puts the pod on the node's books.
    mutating func book(_ worker: PodWorker) {
        used += worker.requests
        counted.append(worker.reference.slot)
    }

    /// Takes the containers for debugging that are new in the pod's spec.
    func takeAdded(_ worker: inout PodWorker, _ host: KubeletHost, _ cluster: Cluster) {
        guard worker.pod.spec.ephemeralContainers != nil else { return }
        for spec in worker.pod.spec.ephemeral where !worker.added.contains(where: { $0.name == spec.container.name }) { worker.add(spec.container) }
    }

    /// Goes on with a pod whose containers run already.
    private mutating func takeBack(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        book(worker)
        let status = worker.pod.status.value
        worker.stage = .containers
        worker.hasSandbox = true
        worker.probedSince = cluster.now
        worker.ip = status.podIP.isEmpty ? makePodAddress() : status.podIP
        worker.startTime = status.startTime ?? cluster.now
        let known = status.initContainerStatuses + status.containerStatuses + status.ephemeralStatuses
        for i in worker.containers.indices {
            guard let old = known.first(where: { $0.name == worker.containers[i].status.name }) else {
                continue
            }
            worker.containers[i].status = old
            worker.containers[i].instance = max(0, old.restartCount).saturatingAdd(old.state.waiting == nil ? 1 : 0)
            if let end = old.state.terminated?.finishedAt { worker.containers[i].crash.exit = end }
            if old.state.running != nil {
                images.add(Self.fullName(old.image), size: ImageStore.modelSize(old.image), at: cluster.now)
            }
        }
        resume(&worker, rebooted: false, &host, &cluster)
    }

    // MARK: Admission

    struct Refusal: Sendable {
        var reason: String
        var message: String
        /// Only resources were missing: a critical pod may drive others off.
        var missing: (resource: String, amount: Int64)?
    }

    private mutating func reject(_ worker: inout PodWorker, _ refusal: Refusal, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        worker.verdict = .init(reason: refusal.reason, message: "Pod was rejected: \(refusal.message)")
        tell(refusal.reason, refusal.message, worker, warning: true, &host, &cluster)
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
        drop(&worker, &host)
    }

    /// Whether the node takes the pod; a critical pod that lacks only room drives others off first.
    /// - Source: Kubernetes `pkg/kubelet/lifecycle/predicate.go`, `pkg/kubelet/eviction/eviction_manager.go`.
    private mutating func admit(_ worker: PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) -> Refusal? {
        guard let refusal = refusal(worker, worker.requests, cluster) else { return nil }
        guard refusal.missing != nil, worker.pod.isCritical else { return refusal }
        return makeRoom(for: worker, worker.requests, &host, &cluster) ? nil : refusal
    }

    /// The first reason not to take the pod with `requests`; nil if there is none.
    func refusal(_ worker: PodWorker, _ requests: Resources, _ cluster: Cluster) -> Refusal? {
        guard let node = cluster.store.nodes[ObjectKey(name: name)] else {
            return Refusal(reason: "InvalidNodeInfo", message: "Kubelet cannot get node info.")
        }
        let pod = worker.pod
        if hasMemoryPressure, !pod.isCritical, pod.spec.qosClass == .bestEffort,
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
        if let short = shortage(requests, of: worker) { return short }
        let labels = node.metadata.labels
        let fits =
            pod.spec.nodeSelector.entries.allSatisfy { labels[$0.key] == $0.value }
            && (pod.spec.affinity?.nodeAffinity?.required?.matches(labels: labels, name: node.name) ?? true)
        if !fits {
            return Refusal(
                reason: "NodeAffinity",
                message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
        }
        if hasPortConflict(worker) {
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
    private func shortage(_ requests: Resources, of worker: PodWorker) -> Refusal? {
        let isThere = counted.contains(worker.reference.slot) && worker.holdsResources
        let others = isThere ? used - worker.requests : used
        func short(_ name: String, _ wanted: Int64, _ used: Int64, _ capacity: Int64) -> Refusal? {
            let free = capacity.saturatingSubtract(used)
            guard wanted > 0, wanted > free else { return nil }
            return Refusal(
                reason: "OutOf\(name)",
                message:
                    "Node didn't have enough resource: \(name), requested: \(wanted), used: \(used), capacity: \(capacity)",
                missing: (name, wanted.saturatingSubtract(free)))
        }
        let pods = Int64(activePods - (isThere ? 1 : 0))
        if let refusal = short("pods", 1, pods, Int64(maxPods)) { return refusal }
        for name in ["cpu", "memory", "ephemeral-storage"] + requests.scalars.map(\.name) {
            if let refusal = short(name, requests[name], others[name], allocatable[name]) {
                return refusal
            }
        }
        return nil
    }

    /// How many pods count on the node.
    var activePods: Int {
        // A worker that is being looked at stands outside of the table, and counts.
        counted.reduce(0) { $0 + (pods[$1]?.holdsResources ?? true ? 1 : 0) }
    }

    private func hasPortConflict(_ worker: PodWorker) -> Bool {
        let wanted = worker.pod.spec.hostPorts
        if wanted.isEmpty { return false }
        func everywhere(_ ip: String) -> Bool { ip.isEmpty || ip == "0.0.0.0" }
        for slot in counted where slot != worker.reference.slot {
            guard let other = pods[slot], other.holdsResources else { continue }
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

}

extension PodWorker {
    init(_ pod: Pod, reference: PodReference, at now: Instant) {
        (self.pod, self.reference) = (pod, reference)
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
        for spec in pod.spec.ephemeral { add(spec.container) }
    }

    /// Puts a container for debugging behind the others; it starts as soon as the pod has its sandbox.
    mutating func add(_ spec: Container) {
        added.append(spec)
        var status = ContainerStatus()
        (status.name, status.image) = (spec.name, spec.image)
        status.state = .waiting("ContainerCreating")
        containers.append(ContainerRuntime(isInit: false, isSidecar: false, status: status, program: Program(added: spec)))
    }
}

extension Pod {
    /// Whether the kubelet itself makes room for the pod, and never evicts it.
    var isCritical: Bool { spec.priority ?? 0 >= 2_000_000_000 }
}

extension Resources {
    /// What a pod with `spec` counts for on its node.
    init(requestedBy spec: Shared<PodSpec>, _ profile: KubernetesProfile) {
        var pod = Pod()
        pod.spec = spec
        self = pod.requests(RequestRules(pending: profile))
    }
}
