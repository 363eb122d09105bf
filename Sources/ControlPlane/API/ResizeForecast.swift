import KubernetesAPI

/// What a resize would come to if it were asked for now.
public struct ResizeForecast: Sendable, Equatable {
    public enum Outcome: Sendable, Equatable {
        /// Nothing would change.
        case unchanged
        /// The node has room: granted at once.
        case fits
        /// Waits for room. `shortBy` names the first resource that lacks and how much: thousandths of a core
        /// or bytes.
        case deferred(message: String, resource: String, shortBy: Int64)
        /// The node never grants it.
        case infeasible(message: String)
        /// The API server says no.
        case refused(APIError)
    }
    public var outcome: Outcome
    /// The containers that would restart, in the order of the spec.
    public var restarts: [String] = []
    /// For each container named in the wish: the largest CPU request (thousandths of a core) and memory request
    /// (bytes) that fit now, the other containers as wished.
    public var largest: [Largest] = []
    /// Granted, but not written as long as so much memory is used: the kubelet's own text.
    public var blocked: String?

    public struct Largest: Sendable, Equatable {
        public var container: String
        public var milliCPU: Int64
        public var memory: Int64
        public init(container: String, milliCPU: Int64, memory: Int64) {
            (self.container, self.milliCPU, self.memory) = (container, milliCPU, memory)
        }
    }
}

extension Cluster {
    /// What ``resize(pod:containers:)`` would come to now, without doing it.
    ///
    /// From what the API shows; a kubelet with a static CPU or memory manager may still call it infeasible.
    /// - Complexity: O(pods on the node).
    public func forecastResize(pod key: ObjectKey, containers: [ContainerResize]) -> ResizeForecast {
        var fork = self
        let before = store.pods[key]
        let resized: Pod
        do throws(APIError) {
            resized = try fork.resize(pod: key, containers: containers)
        } catch {
            var forecast = ResizeForecast(outcome: .refused(error))
            // A wish beyond the node is a wish all the same: say what would fit.
            if error.causes.contains(where: { $0.reason == "NodeCapacity" }), let wished = try? patched(key, containers) {
                forecast.largest = room(for: wished, containers)?.largest ?? []
            }
            return forecast
        }
        guard let before, resized.spec != before.spec else { return ResizeForecast(outcome: .unchanged) }
        var forecast = ResizeForecast(outcome: .fits)
        forecast.restarts = restarts(resized, before)
        guard let room = self.room(for: resized, containers) else { return forecast }
        let (capacity, used, wanted) = (room.capacity, room.used, room.wanted)
        forecast.largest = room.largest
        for name in ["cpu", "memory"] where wanted[name] > capacity[name] {
            forecast.outcome = .infeasible(
                message:
                    "Node didn't have enough capacity: \(name), requested: \(wanted[name]), capacity: \(capacity[name])"
            )
            return forecast
        }
        for name in ["cpu", "memory"] where wanted[name] > capacity[name] - used[name] {
            forecast.outcome = .deferred(
                message:
                    "Node didn't have enough resource: \(name), requested: \(wanted[name]), used: \(used[name]), capacity: \(capacity[name])",
                resource: name, shortBy: wanted[name] - (capacity[name] - used[name]))
            return forecast
        }
        return forecast
    }

    /// What the node of a resized pod has, what its other pods hold, and what the pod would; nil without a node.
    private func room(for resized: Pod, _ containers: [ContainerResize]) -> (
        capacity: Resources, used: Resources, wanted: Resources, largest: [ResizeForecast.Largest]
    )? {
        guard let node = store.nodes[ObjectKey(name: resized.nodeName)] else { return nil }
        let rules = RequestRules(pending: profile)
        let capacity = Resources(node.status.allocatable)
        var used = Resources()
        for other in store.pods(onNode: resized.nodeName) where other.key != resized.key && !other.isFinished {
            used += allocated(other).requests(rules)
        }
        let wanted = resized.requests(rules)
        let largest = containers.map { change in
            let container = (resized.spec.containers + resized.spec.initContainers).first { $0.name == change.name }
            let own = Resources(container?.resources.requests ?? resized.spec.resources?.requests ?? [:])
            let room = capacity - used - wanted + own
            return ResizeForecast.Largest(container: change.name, milliCPU: max(0, room.milliCPU), memory: max(0, room.memory))
        }
        return (capacity, used, wanted, largest)
    }

    /// The pod with the resources that its kubelet granted.
    func allocated(_ pod: Pod) -> Pod {
        guard profile.isEnabled(.inPlacePodVerticalScaling) else { return pod }
        var pod = pod
        for status in pod.status.containerStatuses where !status.allocatedResources.isEmpty {
            if let i = pod.spec.containers.firstIndex(where: { $0.name == status.name }),
                pod.spec.containers[i].resources.requests != status.allocatedResources
            {
                pod.spec.containers[i].resources.requests = status.allocatedResources
            }
        }
        return pod
    }

    /// Running containers whose policy wants a restart for what would change.
    private func restarts(_ new: Pod, _ old: Pod) -> [String] {
        zip(new.spec.containers + new.spec.initContainers, old.spec.containers + old.spec.initContainers)
            .compactMap { new, before in
                let statuses = old.status.containerStatuses + old.status.initContainerStatuses
                guard statuses.contains(where: { $0.name == new.name && $0.state.running != nil }) else {
                    return nil
                }
                let restarts = new.resizePolicy.contains { policy in
                    policy.restartPolicy == "RestartContainer"
                        && (new.resources.requests[policy.resourceName]
                            != before.resources.requests[policy.resourceName]
                            || new.resources.limits[policy.resourceName]
                                != before.resources.limits[policy.resourceName])
                }
                return restarts ? new.name : nil
            }
    }
}
