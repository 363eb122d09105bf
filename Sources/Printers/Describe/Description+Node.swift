// `describe` of nodes.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Description {
    /// - Source: Kubernetes `kubectl/pkg/describe/describe.go`, `describeNode`.
    mutating func node(_ node: Node) {
        let (meta, spec, status) = (node.metadata.value, node.spec.value, node.status.value)
        line(0, "Name:", meta.name)
        line(0, "Roles:", NodeDisplay.roles(of: node))
        labels(meta.labels)
        annotations(meta.annotations)
        line(0, "CreationTimestamp:", meta.creationTimestamp?.rfc1123 ?? "<unknown>")
        multiline(
            0, "Taints",
            spec.taints.map {
                $0.value.isEmpty ? "\($0.key):\($0.effect)" : "\($0.key)=\($0.value):\($0.effect)"
            })
        line(0, "Unschedulable:", String(spec.unschedulable))
        if let renewal = cluster.leaseRenewals[meta.name] {
            line(0, "Lease:")
            line(1, "HolderIdentity:", meta.name)
            line(1, "AcquireTime:", "<unset>")
            line(1, "RenewTime:", renewal.rfc1123)
        }
        if !status.conditions.isEmpty {
            table(
                "Conditions:",
                ["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"],
                status.conditions.map { condition in
                    [
                        condition.type + " ", condition.status + " ",
                        (condition.lastHeartbeatTime?.rfc1123 ?? "<unknown>") + " ",
                        (condition.lastTransitionTime?.rfc1123 ?? "<unknown>") + " ", condition.reason + " ",
                        condition.message,
                    ]
                })
        }
        line(0, "Addresses:")
        for address in status.addresses { line(1, "\(address.type):", address.address) }
        for (title, list) in [("Capacity", status.capacity), ("Allocatable", status.allocatable)]
        where !list.isEmpty {
            line(0, "\(title):")
            for (name, quantity) in list.entries { line(1, "\(name):", quantity.description) }
        }
        let info = status.nodeInfo ?? NodeSystemInfo()
        line(0, "System Info:")
        for (title, value) in [
            ("Machine ID", info.machineID), ("System UUID", info.systemUUID), ("Boot ID", info.bootID),
            ("Kernel Version", info.kernelVersion), ("OS Image", info.osImage),
            ("Operating System", info.operatingSystem), ("Architecture", info.architecture),
            ("Container Runtime Version", info.containerRuntimeVersion),
            ("Kubelet Version", info.kubeletVersion),
        ] {
            line(1, "\(title):", value)
        }
        if !spec.podCIDR.isEmpty { line(0, "PodCIDR:", spec.podCIDR) }
        if !spec.podCIDRs.isEmpty { line(0, "PodCIDRs:", spec.podCIDRs.joined(separator: ",")) }
        if !spec.providerID.isEmpty { line(0, "ProviderID:", spec.providerID) }
        podsAndResources(of: node)
    }

    /// The pods on the node and what they take of it together.
    private mutating func podsAndResources(of node: Node) {
        let pods = cluster.store.pods(onNode: node.name).filter { !$0.isFinished }.sorted { $0.key < $1.key }
        let have = Resources(node.status.allocatable.isEmpty ? node.status.capacity : node.status.allocatable)
        var requests = Resources()
        var limits = Resources()
        func share(_ text: String, _ part: Int64, _ whole: Int64) -> String {
            "\(text) (\(whole == 0 ? 0 : Int(saturating: (Double(part) / Double(whole) * 100).rounded(.down)))%)"
        }
        func cpu(_ amount: Resources) -> String {
            share(Quantity(milli: amount.milliCPU).description, amount.milliCPU, have.milliCPU)
        }
        func bytes(_ name: String, _ amount: Resources) -> String {
            share(Quantity(bytes: amount[name]).description, amount[name], have[name])
        }
        line(0, "Non-terminated Pods:", "(\(pods.count) in total)")
        line(
            1, "Namespace", "Name", "", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits",
            "Age")
        line(
            1, "---------", "----", "", "------------", "----------", "---------------", "-------------",
            "---")
        for pod in pods {
            let podRequests = pod.requests(RequestRules(assigned: cluster.profile))
            let podLimits = pod.limits(cluster.profile)
            requests += podRequests
            limits += podLimits
            line(
                1, pod.namespace, pod.name, "", cpu(podRequests), cpu(podLimits),
                bytes("memory", podRequests),
                bytes("memory", podLimits), pod.age(cluster))
        }
        line(0, "Allocated resources:")
        line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)")
        line(1, "Resource", "Requests", "Limits")
        line(1, "--------", "--------", "------")
        line(1, "cpu", cpu(requests), cpu(limits))
        for name in ["memory", "ephemeral-storage"] {
            line(1, name, bytes(name, requests), bytes(name, limits))
        }
        for scalar in have.scalars {
            if scalar.name.hasPrefix("hugepages-") {
                line(1, scalar.name, bytes(scalar.name, requests), bytes(scalar.name, limits))
            } else {
                line(1, scalar.name, String(requests[scalar.name]), String(limits[scalar.name]))
            }
        }
    }
}

extension Pod {
    /// The sum of the limits by the rules by which requests are summed.
    func limits(_ profile: KubernetesProfile) -> Resources {
        var copy = self
        func swap(_ resources: inout ResourceRequirements) { resources.requests = resources.limits }
        for i in copy.spec.containers.indices { swap(&copy.spec.containers[i].resources) }
        for i in copy.spec.initContainers.indices { swap(&copy.spec.initContainers[i].resources) }
        if var own = copy.spec.resources {
            swap(&own)
            copy.spec.resources = own
        }
        // The overhead raises limits only where there are some.
        let overhead = Resources(spec.overhead)
        copy.spec.overhead = [:]
        var sum = copy.requests(RequestRules(pending: profile))
        if sum.milliCPU > 0 { sum.milliCPU += overhead.milliCPU }
        if sum.memory > 0 { sum.memory += overhead.memory }
        return sum
    }
}
