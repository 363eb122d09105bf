// The node that a kubelet reports: registration, resources, conditions, and coming back.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    static func podPrefix(_ node: Node, _ index: Int) -> String {
        let range = node.spec.podCIDR.split(separator: "/").first ?? ""
        let numbers = range.split(separator: ".")
        if numbers.count == 4 { return numbers.prefix(3).joined(separator: ".") }
        return "10.\(244 + index / 256 % 12).\(index % 256)"
    }

    /// The next free address for a pod. Addresses go round, as those of the usual network plugins do.
    mutating func makePodAddress() -> String {
        nextPodAddress = nextPodAddress % 253 + 1
        return "\(podPrefix).\(nextPodAddress + 1)"
    }

    // MARK: Registration

    /// Fills in what is absent of the node's labels and status, and reports it ready.
    ///
    /// Absent capacity becomes 4 CPUs, 16Gi of memory, 100Gi of ephemeral storage and `maxPods` pods; absent
    /// allocatable is capacity less reservations and the hard eviction threshold. Allocatable that is equal to
    /// capacity is lowered too if the configuration names reservations or thresholds.
    ///
    /// Differs from Kubernetes: ephemeral storage keeps the form in which it is stated, such as `100Gi`, in all versions
    /// (`kubernetes-1.37.md` row 4.6.9).
    mutating func register(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        let key = ObjectKey(name: name)
        let now = cluster.now
        let settings = settings(host)
        cluster.modify(Node.self, key) { node in
            for (label, value) in [
                ("kubernetes.io/hostname", name), ("kubernetes.io/os", "linux"),
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
            status.allocatable = Self.allocatable(of: status.capacity, settings).merging(isStated ? status.allocatable : [:])
            if status.addresses.isEmpty {
                status.addresses = [
                    NodeAddress("InternalIP", address), NodeAddress("Hostname", name),
                ]
            }
            if status.nodeInfo == nil { status.nodeInfo = systemInfo(node, host.profile) }
            status.conditions = conditions(status.conditions, now, host.latencies)
            status.declaredFeatures = NodeFeature.declared(host.profile, hasExclusiveCPUs: settings.staticCPUs)
            node.status = Shared(status)
        }
        guard let node = cluster.store.nodes[key] else { return }
        readResources(node, settings)
        wasUnschedulable = node.spec.unschedulable
        cluster.leaseRenewals.join(name, at: now)
        tell("Starting", "Starting kubelet.", node, &host, &cluster)
        tell("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods", node, &host, &cluster)
        for reason in [
            "NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", "NodeReady",
        ] {
            tellStatus(reason, node, &host, &cluster)
        }
    }

    /// Capacity less reservations and hard eviction thresholds.
    /// - Source: Kubernetes `pkg/kubelet/cm/node_container_manager_linux.go`, `GetNodeAllocatableReservation`.
    private static func allocatable(of capacity: ResourceList, _ settings: KubeletSettings) -> ResourceList {
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

    mutating func readResources(_ node: Node, _ settings: KubeletSettings) {
        allocatable = Resources(node.status.allocatable)
        maxPods = Int(node.status.allocatable["pods"]?.value ?? Int64(settings.maxPods))
        imageCapacity = node.status.capacity["ephemeral-storage"]?.value ?? 0
        memoryCapacity = node.status.capacity.memoryBytes ?? 0
        cores = max(1, Int((node.status.capacity.milliCPU ?? 1000) / 1000))
    }

    private func systemInfo(_ node: Node, _ profile: KubernetesProfile) -> NodeSystemInfo {
        var info = NodeSystemInfo()
        let identity = node.metadata.uid
        (info.machineID, info.systemUUID) = (identity.filter { $0 != "-" }, identity)
        info.bootID = bootID(node.metadata.uid, 0)
        (info.kernelVersion, info.osImage) = ("6.8.0-45-generic", "Ubuntu 24.04.1 LTS")
        info.containerRuntimeVersion =
            profile.has(.containerd2) ? "containerd://2.1.4" : "containerd://1.7.22"
        info.kubeletVersion = "v\(profile.version).0"
        // Deprecated in 1.31 and empty from 1.33 on.
        info.kubeProxyVersion = profile.has(.kubeProxyVersionEmpty) ? "" : info.kubeletVersion
        (info.operatingSystem, info.architecture) = ("linux", "amd64")
        return info
    }
    private func bootID(_ uid: String, _ boot: Int) -> String {
        let digits =
            StableHash.hex(StableHash.fnv1a64("boot \(boot) \(uid)")) + StableHash.hex(StableHash.fnv1a64("\(uid) \(boot)"))
        let d = Array(digits)
        return [d[0..<8], d[8..<12], d[12..<16], d[16..<20], d[20..<32]].map { String($0) }.joined(
            separator: "-")
    }

    // MARK: Status

    /// The four conditions that the kubelet keeps; others stay.
    private func conditions(_ old: [Condition], _ now: Instant, _ latencies: KubeletLatencies) -> [Condition] {
        var conditions = old
        func set(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
            var condition = Condition(type: type, status: isTrue, reason: reason, message: message)
            condition.lastHeartbeatTime = now
            conditions.set(condition, now: now)
        }
        if hasMemoryPressure {
            set(
                ConditionType.memoryPressure, true, "KubeletHasInsufficientMemory",
                "kubelet has insufficient memory available")
        } else {
            set(
                ConditionType.memoryPressure, false, "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available")
        }
        set(ConditionType.diskPressure, false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure")
        set(ConditionType.pidPressure, false, "KubeletHasSufficientPID", "kubelet has sufficient PID available")
        defer { for ill in ills { set(ill.type, ill.isTrue, ill.reason, ill.message) } }
        if let problem = unreadiness(now, latencies) {
            set(ConditionType.ready, false, "KubeletNotReady", problem)
        } else {
            set(ConditionType.ready, true, "KubeletReady", "kubelet is posting ready status")
        }
        return conditions
    }

    /// The node's object changed.
    mutating func follow(_ node: Node, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if isFailed { return }
        if node.spec.unschedulable != wasUnschedulable {
            wasUnschedulable = node.spec.unschedulable
            tellStatus(node.spec.unschedulable ? "NodeNotSchedulable" : "NodeSchedulable", node, &host, &cluster)
        }
        if Resources(node.status.allocatable) != allocatable {
            readResources(node, settings(host))
            retryResizes(&host, &cluster)
        }
    }

    mutating func writeNodeStatus(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        host.reportDue[index] = cluster.now + settings(host).statusReport
        let key = ObjectKey(name: name)
        guard let old = cluster.store.nodes[key], old.metadata.uid == uid else { return }
        let now = cluster.now
        let features = NodeFeature.declared(host.profile, hasExclusiveCPUs: settings(host).staticCPUs)
        guard
            let new = cluster.modify(
                Node.self, key,
                {
                    $0.status.conditions = conditions($0.status.conditions, now, host.latencies)
                    $0.status.volumesInUse = volumes.inUse
                    $0.status.declaredFeatures = features
                })
        else { return }
        reportedVolumes(&host, &cluster)
        if new.status.conditions.isTrue(ConditionType.memoryPressure) != old.status.conditions.isTrue(ConditionType.memoryPressure) {
            tellStatus(hasMemoryPressure ? "NodeHasInsufficientMemory" : "NodeHasSufficientMemory", new, &host, &cluster)
        }
        let isReady = new.status.conditions.isTrue(ConditionType.ready)
        if isReady != old.status.conditions.isTrue(ConditionType.ready) { tellStatus(isReady ? "NodeReady" : "NodeNotReady", new, &host, &cluster) }
        // How long it has been ill is part of the message.
        if !isReady { host.reportDue[index] = .start }
    }

    private mutating func tellStatus(_ reason: String, _ node: Node, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        tell(reason, "Node \(node.name) status is now: \(reason)", node, &host, &cluster)
    }

    /// A kubelet that was silent looks at everything anew, as after a restart.
    mutating func comeBack(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        (isFailed, isStopped) = (false, false)
        silentSince = nil
        evicting = nil
        forgetRequests()
        cluster.leaseRenewals.join(name, at: cluster.now)
        if let node = cluster.store.nodes[ObjectKey(name: name)] {
            tell("Starting", "Starting kubelet.", node, &host, &cluster)
            if containersDie {
                let boot = bootID(uid, 1 + Int(cluster.now.nanoseconds / 1_000_000_000))
                cluster.modify(Node.self, node.key) { $0.status.nodeInfo?.bootID = boot }
                tell("Rebooted", "Node \(name) has been rebooted, boot id: \(boot)", node, warning: true, &host, &cluster)
            }
        }
        writeNodeStatus(&host, &cluster)
        unmountForgotten(cluster.now, &host)
        let rebooted = containersDie
        for slot in counted {
            with(slot, &host, &cluster) { $0.resume(&$1, rebooted: rebooted, &$2, &$3) }
        }
        // Pods that were bound while nobody listened.
        takeWaiting(&host, &cluster)
        if isWatchingMemory { host.schedule(.memory, of: index, at: cluster.now) }
        retryResizesSoon(cluster.now, &host, because: "pods_added")
    }
}
