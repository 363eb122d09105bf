import SimulationKit

/// Amounts of resources as whole numbers, for sums and comparisons: CPU in thousandths of a core,
/// memory and ephemeral storage in bytes, all others in units. Sums stay at the ends of the range.
public struct Resources: Sendable, Hashable {
    public var milliCPU: Int64 = 0
    public var memory: Int64 = 0
    public var ephemeralStorage: Int64 = 0
    /// All other resources, sorted by name.
    public private(set) var scalars: [Scalar] = []

    public struct Scalar: Sendable, Hashable {
        public var name: String
        public var amount: Int64
    }

    public init(milliCPU: Int64 = 0, memory: Int64 = 0) {
        self.milliCPU = milliCPU
        self.memory = memory
    }
    /// The amounts of a resource list; `pods` and storage of claims are left out.
    public init(_ list: ResourceList) {
        for (name, quantity) in list.entries { self[name] = name == "cpu" ? quantity.milliValue : quantity.value }
    }

    /// The amount of the resource called `name`.
    public subscript(name: String) -> Int64 {
        get {
            switch name {
            case "cpu": milliCPU
            case "memory": memory
            case "ephemeral-storage": ephemeralStorage
            default: scalars.first { $0.name == name }?.amount ?? 0
            }
        }
        set {
            switch name {
            case "cpu": milliCPU = newValue
            case "memory": memory = newValue
            case "ephemeral-storage": ephemeralStorage = newValue
            case "pods", "storage": break
            default:
                if let i = scalars.firstIndex(where: { $0.name == name }) {
                    scalars[i].amount = newValue
                } else if newValue != 0 {
                    let i = scalars.firstIndex { $0.name > name } ?? scalars.count
                    scalars.insert(Scalar(name: name, amount: newValue), at: i)
                }
            }
        }
    }

    public static func + (a: Resources, b: Resources) -> Resources {
        var sum = a
        sum.milliCPU = a.milliCPU.saturatingAdd(b.milliCPU)
        sum.memory = a.memory.saturatingAdd(b.memory)
        sum.ephemeralStorage = a.ephemeralStorage.saturatingAdd(b.ephemeralStorage)
        for scalar in b.scalars { sum[scalar.name] = a[scalar.name].saturatingAdd(scalar.amount) }
        return sum
    }
    public static func - (a: Resources, b: Resources) -> Resources {
        var sum = a
        sum.milliCPU = a.milliCPU.saturatingSubtract(b.milliCPU)
        sum.memory = a.memory.saturatingSubtract(b.memory)
        sum.ephemeralStorage = a.ephemeralStorage.saturatingSubtract(b.ephemeralStorage)
        for scalar in b.scalars { sum[scalar.name] = a[scalar.name].saturatingSubtract(scalar.amount) }
        return sum
    }
    public static func += (a: inout Resources, b: Resources) { a = a + b }
    public static func -= (a: inout Resources, b: Resources) { a = a - b }

    /// The larger amount of each resource.
    public func union(_ other: Resources) -> Resources {
        var result = self
        result.milliCPU = max(milliCPU, other.milliCPU)
        result.memory = max(memory, other.memory)
        result.ephemeralStorage = max(ephemeralStorage, other.ephemeralStorage)
        for scalar in other.scalars { result[scalar.name] = max(result[scalar.name], scalar.amount) }
        return result
    }
}

/// What of a pod counts as requested.
public struct RequestRules: Sendable, Equatable {
    /// Count what the kubelet allocated or runs, where that is more than the spec (in-place resize).
    public var useStatus = false
    /// Of the status only what is allocated counts, as up to 1.32.
    public var allocatedOnly = false
    /// Of a pod in resize the largest of three sums counts (spec, allocated, running), not the sum of each container's largest, as from
    /// 1.37 on.
    public var largestSum = false
    /// `spec.resources` of the pod replaces the containers' sums (1.34 and later).
    public var podLevelResources = true
    /// Init containers with restartPolicy Always are sidecars (1.29 and later).
    public var sidecars = true
    public init() {}
    /// The rules of `profile` for a pod that stands on a node.
    public init(assigned profile: KubernetesProfile) {
        useStatus = profile.isEnabled(.inPlacePodVerticalScaling)
        allocatedOnly = !profile.resizeReportsConditions
        largestSum = profile.has(.footprintOfSums)
        podLevelResources = profile.isEnabled(.podLevelResources)
        sidecars = profile.isEnabled(.sidecarContainers)
    }
    /// The rules of `profile` for a pod that is being placed: the spec alone counts.
    public init(pending profile: KubernetesProfile) {
        self.init(assigned: profile)
        useStatus = false
    }
}

extension Pod {
    /// What the pod requests in sum.
    ///
    /// Containers and sidecars together, or the highest need while init containers run, whichever is more,
    /// per resource; then the pod's own `resources`, then the overhead.
    /// - Source: Kubernetes `component-helpers/resource/helpers.go`, `PodRequests`.
    public func requests(_ rules: RequestRules = RequestRules()) -> Resources {
        var rules = rules
        if rules.useStatus, runsAsAsked { rules.useStatus = false }
        if rules.useStatus, rules.largestSum, !status.containerStatuses.isEmpty { return largestSum(rules) }
        // Asked of most pods: without a copy of the status, and without a look at its conditions where it does not count.
        let infeasible =
            rules.useStatus
            && (status.conditions[ConditionType.podResizePending]?.reason == ConditionReason.infeasible || status.resize == ConditionReason.infeasible)
        func request(_ container: Container, _ statuses: [ContainerStatus]) -> Resources {
            let spec = Resources(container.resources.requests)
            guard rules.useStatus, let state = statuses.first(where: { $0.name == container.name }) else { return spec }
            if rules.allocatedOnly, !state.allocatedResources.isEmpty {
                let granted = Resources(state.allocatedResources)
                return infeasible ? granted : granted.union(spec)
            }
            guard let actual = state.resources else { return spec }
            let present = Resources(actual.requests).union(Resources(state.allocatedResources))
            return infeasible ? present : present.union(spec)
        }
        var sum = Resources()
        for container in spec.containers { sum += request(container, status.containerStatuses) }
        var sidecars = Resources()
        var initPeak = Resources()
        for container in spec.initContainers {
            if rules.sidecars && container.isSidecar {
                let own = request(container, status.initContainerStatuses)
                sidecars += own
                sum += own
                initPeak = initPeak.union(sidecars)
            } else {
                initPeak = initPeak.union(Resources(container.resources.requests) + sidecars)
            }
        }
        var total = sum.union(initPeak)
        if rules.podLevelResources, let own = spec.resources?.requests {
            var wanted = Resources(own)
            if rules.useStatus, let actual = status.resources {
                let present = Resources(actual.requests).union(Resources(status.allocatedResources))
                wanted = infeasible ? present : present.union(wanted)
            }
            for (name, _) in own.entries where name == "cpu" || name == "memory" || name.hasPrefix("hugepages-") {
                total[name] = wanted[name]
            }
        }
        return total + Resources(spec.overhead)
    }
}

extension Pod {
    /// Whether the status says nothing of requests but what the spec asks for, as of most pods: then the spec alone tells what the pod
    /// requests, whatever the rules are.
    public var runsAsAsked: Bool {
        if status.resources != nil || !status.allocatedResources.isEmpty { return false }
        func agree(_ states: [ContainerStatus], _ containers: [Container]) -> Bool {
            states.indices.allSatisfy { index in
                guard let own = containers.firstIndex(where: { $0.name == states[index].name }) else { return true }
                let wanted = containers[own].resources.requests
                if let actual = states[index].resources, actual.requests != wanted { return false }
                return states[index].allocatedResources.isEmpty || states[index].allocatedResources == wanted
            }
        }
        return agree(status.containerStatuses, spec.containers) && agree(status.initContainerStatuses, spec.initContainers)
    }

    /// The largest of what the spec, the allocated and the actuated resources come to, per resource; the spec is left out while a resize is infeasible.
    /// - Source: kubernetes PR 140047 and 140646; `kubernetes-1.37.md` §3.9.
    private func largestSum(_ rules: RequestRules) -> Resources {
        let status = self.status.value
        func sum(_ container: (Container, [ContainerStatus]) -> ResourceList, own: ResourceList?) -> Resources {
            var pod = self
            pod.spec.resources?.requests = own ?? spec.resources?.requests ?? [:]
            for i in spec.containers.indices {
                pod.spec.containers[i].resources.requests = container(spec.containers[i], status.containerStatuses)
            }
            for i in spec.initContainers.indices {
                pod.spec.initContainers[i].resources.requests = container(spec.initContainers[i], status.initContainerStatuses)
            }
            var plain = rules
            plain.useStatus = false
            return pod.requests(plain)
        }
        func allocated(_ container: Container, _ statuses: [ContainerStatus]) -> ResourceList {
            guard let state = statuses.first(where: { $0.name == container.name }), !state.allocatedResources.isEmpty else {
                return container.resources.requests
            }
            return state.allocatedResources
        }
        func actuated(_ container: Container, _ statuses: [ContainerStatus]) -> ResourceList {
            statuses.first { $0.name == container.name }?.resources?.requests ?? allocated(container, statuses)
        }
        let granted = status.allocatedResources.isEmpty ? nil : status.allocatedResources
        let present = sum(allocated, own: granted).union(sum(actuated, own: status.resources?.requests ?? granted))
        let infeasible = status.conditions[ConditionType.podResizePending]?.reason == ConditionReason.infeasible
        return infeasible ? present : present.union(sum({ container, _ in container.resources.requests }, own: nil))
    }
}

extension PodSpec {
    /// The class by which nodes rank the pod under pressure, by the rules of a release: up to 1.36 the pod's own resources decide as soon
    /// as they are there, if only as `{}`; later if they request or limit something.
    /// - Source: kubernetes PR 137150; `kubernetes-1.37.md` §6 row 6.1.
    public func qosClass(_ profile: KubernetesProfile) -> QOSClass {
        if resources != nil, resources?.isAnySupported == false, profile.isEnabled(.podLevelResources),
            !profile.isEnabled(.podLevelResourcesFixKubeletQOSClass)
        {
            return .bestEffort
        }
        return qosClass
    }

    /// The class by which nodes rank the pod under pressure, from CPU and memory alone.
    /// - Source: Kubernetes `pkg/apis/core/v1/helper/qos/qos.go`.
    public var qosClass: QOSClass {
        func amounts(_ list: ResourceList) -> [String: Quantity] {
            var result: [String: Quantity] = [:]
            for name in ["cpu", "memory"] { if let q = list[name], q > .zero { result[name] = q } }
            return result
        }
        if let own = resources, own.isAnySupported {
            let requests = amounts(own.requests)
            let limits = amounts(own.limits)
            if requests.isEmpty && limits.isEmpty { return .bestEffort }
            return limits.count == 2 && requests == limits ? .guaranteed : .burstable
        }
        var any = false
        var guaranteed = true
        for container in containers + initContainers {
            let requests = amounts(container.resources.requests)
            let limits = amounts(container.resources.limits)
            if !requests.isEmpty || !limits.isEmpty { any = true }
            if limits.count < 2 || limits.contains(where: { requests[$0.key] ?? $0.value != $0.value }) { guaranteed = false }
        }
        return !any ? .bestEffort : guaranteed ? .guaranteed : .burstable
    }

    /// The ports of the node that the pod takes.
    public var hostPorts: [ContainerPort] {
        (containers + initContainers.filter(\.isSidecar)).flatMap { $0.ports.filter { $0.hostPort > 0 } }
    }
}

extension ResourceRequirements {
    /// Whether a resource that a pod as a whole may have is requested or limited.
    fileprivate var isAnySupported: Bool {
        (requests.entries + limits.entries).contains { $0.key == "cpu" || $0.key == "memory" || $0.key.hasPrefix("hugepages-") }
    }
}

extension PodSpec {
    /// The sum over containers, or the most that one init container needs, per resource.
    public func sum(_ list: KeyPath<ResourceRequirements, ResourceList>) -> ResourceList {
        var total = ResourceList()
        for container in containers {
            for (name, amount) in container.resources[keyPath: list].entries {
                total[name] = total[name].map { $0 + amount } ?? amount
            }
        }
        for container in initContainers {
            for (name, amount) in container.resources[keyPath: list].entries {
                total[name] = max(total[name] ?? .zero, amount)
            }
        }
        return total
    }
}
