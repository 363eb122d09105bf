// Nodes: registration, heartbeats, status, faults.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// The nodes whose kubelets are silent. O(nodes).
    public var failedNodes: [String] { nodes.indices.compactMap { nodes[$0]?.isFailed == true ? nodes[$0]?.name : nil } }

    mutating func see(_ change: Change<Node>, _ cluster: inout Cluster) {
        let node = change.object
        switch (nodeIndex[node.name], change.action) {
        case (let index?, .deleted):
            removeNode(index)
            cluster.leaseRenewals.leave(node.name)
        case (nil, .deleted): break
        case (nil, _): addNode(node, &cluster)
        case (let index?, _):
            // A node of the same name, made anew.
            if nodes[index]?.uid != node.metadata.uid {
                removeNode(index)
                addNode(node, &cluster)
            } else {
                // Most changes of a node are its own heartbeats.
                if let old = change.previous, old.spec.identity == node.spec.identity,
                    old.status.allocatable == node.status.allocatable
                {
                    return
                }
                follow(node, index, &cluster)
            }
        }
    }

    private mutating func addNode(_ seen: Node, _ cluster: inout Cluster) {
        guard let node = cluster.store.nodes[seen.key], node.metadata.uid == seen.metadata.uid else { return }
        let index = nodes.count
        let setup = setup(for: node.metadata.labels)
        let settings = setups[setup].settings
        var state = NodeState(
            index: index, name: node.name,
            images: ImageStore(
                limit: settings.pullLimit, registry: TokenBucket(qps: settings.registryQPS, burst: settings.registryBurst)),
            api: APIClient(settings), pleg: Pleg(at: cluster.now, index: index))
        state.setup = setup
        state.pleg.isEvented = settings.isEvented
        state.uid = node.metadata.uid
        state.address =
            node.status.addresses.first { $0.type == "InternalIP" }?.address
            ?? "172.18.\(index / 250 % 256).\(index % 250 + 2)"
        state.podPrefix = podPrefix(node, index)
        for image in node.status.images {
            for name in image.names { state.images.add(name, size: max(0, Int64(image.sizeBytes)), at: cluster.now) }
        }
        nodes.append(state)
        reportDue.append(.start + settings.statusReport)
        nodeIndex[node.name] = index
        if !isBeating {
            isBeating = true
            timers.schedule(.heartbeat, at: cluster.now + setups[0].settings.leaseRenewal)
        }
        register(index, &cluster)
        let waiting = cluster.store.pods(onNode: node.name).filter { slots[$0.metadata.uid] == nil }
        take(waiting.map { ($0, cluster.now) }, &cluster)
    }

    private func podPrefix(_ node: Node, _ index: Int) -> String {
        let range = node.spec.podCIDR.split(separator: "/").first ?? ""
        let numbers = range.split(separator: ".")
        if numbers.count == 4 { return numbers.prefix(3).joined(separator: ".") }
        return "10.\(244 + index / 256 % 12).\(index % 256)"
    }

    /// The next free address for a pod. Addresses go round, as those of the usual network plugins do.
    mutating func makePodAddress(_ node: Int) -> String {
        guard var state = nodes[node] else { return "" }
        state.nextPodAddress = state.nextPodAddress % 253 + 1
        nodes[node]!.nextPodAddress = state.nextPodAddress
        return "\(state.podPrefix).\(state.nextPodAddress + 1)"
    }

    private mutating func removeNode(_ index: Int) {
        guard let state = nodes[index] else { return }
        for slot in state.workers {
            if let worker = workers[slot] {
                slots[worker.uid] = nil
                workers[slot] = nil
                freeSlots.append(slot)
            }
        }
        nodes[index] = nil
        reportDue[index] = .distantFuture
        nodeIndex[state.name] = nil
    }

    // MARK: Registration

    /// Fills in what is absent of the node's labels and status, and reports it ready.
    ///
    /// Absent capacity becomes 4 CPUs, 16Gi of memory, 100Gi of ephemeral storage and `maxPods` pods; absent
    /// allocatable is capacity less reservations and the hard eviction threshold. Allocatable that is equal to
    /// capacity is lowered too if the configuration names reservations or thresholds.
    private mutating func register(_ index: Int, _ cluster: inout Cluster) {
        guard let state = nodes[index] else { return }
        let key = ObjectKey(name: state.name)
        let now = cluster.now
        let settings = settings(index)
        cluster.modify(Node.self, key) { node in
            for (label, value) in [
                ("kubernetes.io/hostname", state.name), ("kubernetes.io/os", "linux"),
                ("kubernetes.io/arch", "amd64"),
                ("beta.kubernetes.io/os", "linux"), ("beta.kubernetes.io/arch", "amd64"),
            ] where node.metadata.labels[label] == nil {
                node.metadata.labels[label] = value
            }
            var status = node.status.value
            if status.capacity.isEmpty && !status.allocatable.isEmpty { status.capacity = status.allocatable }
            let defaults: ResourceList = [
                "cpu": Quantity(4), "memory": Quantity(bytes: 16 << 30),
                "ephemeral-storage": Quantity(bytes: 100 << 30),
                "pods": Quantity(Int64(settings.maxPods)),
            ]
            let stated = status.capacity
            status.capacity = defaults.merging(status.capacity)
            // The API server has set allocatable to capacity where only that was given.
            let isStated = !settings.hasReservations || status.allocatable != stated
            status.allocatable = allocatable(status.capacity, settings).merging(isStated ? status.allocatable : [:])
            if status.addresses.isEmpty {
                status.addresses = [
                    NodeAddress("InternalIP", state.address), NodeAddress("Hostname", state.name),
                ]
            }
            if status.nodeInfo == nil { status.nodeInfo = systemInfo(node) }
            status.conditions = conditions(status.conditions, state, now)
            node.status = Shared(status)
        }
        guard let node = cluster.store.nodes[key] else { return }
        readResources(node, index)
        nodes[index]!.isRegistered = true
        nodes[index]!.wasUnschedulable = node.spec.unschedulable
        cluster.leaseRenewals.join(state.name, at: now)
        tell("Starting", "Starting kubelet.", node, &cluster)
        tell("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods", node, &cluster)
        for reason in [
            "NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", "NodeReady",
        ] {
            tellStatus(reason, node, &cluster)
        }
    }

    /// Capacity less reservations and hard eviction thresholds.
    /// - Source: Kubernetes `pkg/kubelet/cm/node_container_manager_linux.go`, `GetNodeAllocatableReservation`.
    func allocatable(_ capacity: ResourceList, _ settings: KubeletSettings) -> ResourceList {
        var result = capacity
        for (name, quantity) in capacity.entries {
            let threshold =
                switch name {
                case "memory": settings.memoryThreshold
                case "ephemeral-storage": settings.nodefsThreshold
                default: nil as KubeletSettings.Threshold?
                }
            let taken = settings.reserved[name].saturatingAdd(threshold?.value(of: quantity.value) ?? 0)
            if taken == 0 { continue }
            let held = name == "cpu" ? Quantity(milli: taken) : Quantity(taken)
            result[name] = quantity - held < .zero ? Quantity.zero : quantity - held
        }
        return result
    }

    mutating func readResources(_ node: Node, _ index: Int) {
        nodes[index]!.allocatable = Resources(node.status.allocatable)
        nodes[index]!.maxPods = Int(node.status.allocatable["pods"]?.value ?? Int64(settings(index).maxPods))
        nodes[index]!.imageCapacity = node.status.capacity["ephemeral-storage"]?.value ?? 0
        nodes[index]!.memoryCapacity = node.status.capacity.memoryBytes ?? 0
        nodes[index]!.cores = max(1, Int((node.status.capacity.milliCPU ?? 1000) / 1000))
    }

    private func systemInfo(_ node: Node) -> NodeSystemInfo {
        var info = NodeSystemInfo()
        let identity = node.metadata.uid
        (info.machineID, info.systemUUID) = (identity.filter { $0 != "-" }, identity)
        info.bootID = bootID(node.metadata.uid, 0)
        (info.kernelVersion, info.osImage) = ("6.8.0-45-generic", "Ubuntu 24.04.1 LTS")
        info.containerRuntimeVersion =
            profile.version.minor >= 34 ? "containerd://2.1.4" : "containerd://1.7.22"
        info.kubeletVersion = "v\(profile.version).0"
        // Deprecated in 1.31 and empty from 1.33 on.
        info.kubeProxyVersion = profile.version.minor >= 33 ? "" : info.kubeletVersion
        (info.operatingSystem, info.architecture) = ("linux", "amd64")
        return info
    }
    private func bootID(_ uid: String, _ boot: Int) -> String {
        let digits =
            hex(StableHash.fnv1a64("boot \(boot) \(uid)")) + hex(StableHash.fnv1a64("\(uid) \(boot)"))
        let d = Array(digits)
        return [d[0..<8], d[8..<12], d[12..<16], d[16..<20], d[20..<32]].map { String($0) }.joined(
            separator: "-")
    }

    // MARK: Status

    /// The four conditions that the kubelet keeps; others stay.
    private func conditions(_ old: [Condition], _ state: NodeState, _ now: Instant) -> [Condition] {
        var conditions = old
        func set(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
            var condition = Condition(type: type, status: isTrue, reason: reason, message: message)
            condition.lastHeartbeatTime = now
            conditions.set(condition, now: now)
        }
        if state.hasMemoryPressure {
            set(
                "MemoryPressure", true, "KubeletHasInsufficientMemory",
                "kubelet has insufficient memory available")
        } else {
            set(
                "MemoryPressure", false, "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available")
        }
        set("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure")
        set("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available")
        if let problem = unreadiness(state, now) {
            set("Ready", false, "KubeletNotReady", problem)
        } else {
            set("Ready", true, "KubeletReady", "kubelet is posting ready status")
        }
        return conditions
    }

    private mutating func follow(_ node: Node, _ index: Int, _ cluster: inout Cluster) {
        guard let state = nodes[index], !state.isFailed else { return }
        if node.spec.unschedulable != state.wasUnschedulable {
            nodes[index]!.wasUnschedulable = node.spec.unschedulable
            tellStatus(node.spec.unschedulable ? "NodeNotSchedulable" : "NodeSchedulable", node, &cluster)
        }
        if Resources(node.status.allocatable) != state.allocatable {
            readResources(node, index)
            retryResizes(index, &cluster)
        }
    }

    /// Renews all leases, and writes the node statuses that are due.
    ///
    /// Differs from Kubernetes: all nodes beat at the same moment, so that 5,000 idle ones cost one wake-up.
    mutating func heartbeat(_ cluster: inout Cluster) {
        for index in silenced {
            guard let state = nodes[index], state.isFailed else { continue }
            cluster.leaseRenewals.leave(state.name)
            nodes[index]?.silentSince = cluster.leaseRenewals[state.name]
        }
        silenced = []
        cluster.leaseRenewals.renew(at: cluster.now)
        for index in reportDue.indices where reportDue[index] <= cluster.now && nodes[index]?.isFailed == false {
            writeNodeStatus(index, &cluster)
        }
        timers.schedule(.heartbeat, at: cluster.now + setups[0].settings.leaseRenewal)
    }

    mutating func writeNodeStatus(_ index: Int, _ cluster: inout Cluster) {
        guard let state = nodes[index] else { return }
        reportDue[index] = cluster.now + setups[state.setup].settings.statusReport
        let key = ObjectKey(name: state.name)
        guard let old = cluster.store.nodes[key], old.metadata.uid == state.uid else { return }
        let now = cluster.now
        guard
            let new = cluster.modify(
                Node.self, key,
                {
                    $0.status.conditions = conditions($0.status.conditions, state, now)
                    $0.status.volumesInUse = state.volumes.inUse
                })
        else { return }
        reportedVolumes(index, &cluster)
        if new.status.conditions.isTrue("MemoryPressure") != old.status.conditions.isTrue("MemoryPressure") {
            tellStatus(
                state.hasMemoryPressure ? "NodeHasInsufficientMemory" : "NodeHasSufficientMemory", new,
                &cluster)
        }
        let isReady = new.status.conditions.isTrue("Ready")
        if isReady != old.status.conditions.isTrue("Ready") { tellStatus(isReady ? "NodeReady" : "NodeNotReady", new, &cluster) }
        // How long it has been ill is part of the message.
        if !isReady { reportDue[index] = .start }
    }

    mutating func tell(
        _ reason: String, _ message: String, _ node: Node, warning: Bool = false, _ cluster: inout Cluster
    ) {
        send(
            reason, message, about: ObjectReference(node), warning: warning,
            from: EventSource("kubelet", host: node.name), node: nodeIndex[node.name] ?? 0, &cluster)
    }
    private mutating func tellStatus(_ reason: String, _ node: Node, _ cluster: inout Cluster) {
        tell(reason, "Node \(node.name) status is now: \(reason)", node, &cluster)
    }

    // MARK: Faults

    /// What becomes of containers whose kubelet falls silent.
    public enum ContainerFate: Sendable {
        /// The machine is cut off or its kubelet hangs: programs go on.
        case survive
        /// The machine is off: when it returns, they have ended and start again.
        case die
    }

    /// Silences a node's kubelet: no heartbeat, no status, no probes, no end of deletions, until ``recover(node:)``.
    /// Answers false if there is no such node or it is silent already.
    @discardableResult
    public mutating func fail(node name: String, containers: ContainerFate = .survive) -> Bool {
        guard let index = nodeIndex[name], nodes[index]?.isFailed == false else { return false }
        nodes[index]!.isFailed = true
        silenced.append(index)
        nodes[index]!.containersDie = containers == .die
        return true
    }

    /// Brings a silent kubelet back. Answers false if it is not silent.
    @discardableResult
    public mutating func recover(node name: String) -> Bool {
        guard let index = nodeIndex[name], nodes[index]?.isFailed == true, !recovering.contains(index) else {
            return false
        }
        recovering.append(index)
        return true
    }
    /// Whether the node's kubelet is silent.
    public func isFailed(node name: String) -> Bool {
        nodeIndex[name].flatMap { nodes[$0]?.isFailed } ?? false
    }

    /// The kubelet looks at everything anew, as after a restart.
    mutating func comeBack(_ index: Int, _ cluster: inout Cluster) {
        guard let state = nodes[index] else { return }
        nodes[index]!.isFailed = false
        nodes[index]!.silentSince = nil
        nodes[index]!.evicting = nil
        forgetRequests(index)
        cluster.leaseRenewals.join(state.name, at: cluster.now)
        let node = cluster.store.nodes[ObjectKey(name: state.name)]
        if let node {
            tell("Starting", "Starting kubelet.", node, &cluster)
            if state.containersDie {
                let boot = bootID(state.uid, 1 + Int(cluster.now.nanoseconds / 1_000_000_000))
                cluster.modify(Node.self, node.key) { $0.status.nodeInfo?.bootID = boot }
                tell(
                    "Rebooted", "Node \(state.name) has been rebooted, boot id: \(boot)", node, warning: true,
                    &cluster)
            }
        }
        writeNodeStatus(index, &cluster)
        unmountForgotten(index, cluster.now)
        for slot in state.workers {
            with(slot, &cluster) { $0.resume(&$1, rebooted: state.containersDie, &$2) }
        }
        // Pods that were bound while nobody listened.
        let waiting = cluster.store.pods(onNode: state.name).filter { slots[$0.metadata.uid] == nil }
        take(waiting.map { ($0, cluster.now) }, &cluster)
        if nodes[index]?.isWatchingMemory == true { timers.schedule(.memory(node: index), at: cluster.now) }
        retryResizesSoon(index, cluster.now, because: "pods_added")
    }
}

func hex(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
}
