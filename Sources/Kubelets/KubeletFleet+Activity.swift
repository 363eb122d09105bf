// What screens ask of the kubelets. All of it is read only and made on demand.
//
//     activity(node:in:)          pulls, images, token buckets, calls that wait, PLEG            NodeActivity
//     cgroups(of:in:)             the cgroups of a pod: first its own, then each container's      [CgroupValues]
//     cgroups(node:in:)           /kubepods, /kubepods/burstable, /kubepods/besteffort            [CgroupValues]
//     settings(node:)             the configuration in force, field by field                      [KubeletSetting]
//     configuration(node:)        the same as a document
//     startup(of:at:)             the steps of a pod's start                                      [StageSpan]
//     timesToReady(in:where:)     how long pods took                                              TimeToReady

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// Times that pods' workers gave up waiting for volumes, on all nodes.
    public var mountTimeouts: Int { nodes.reduce(0) { $0 + ($1?.api.mountTimeouts ?? 0) } }

    /// What the kubelet of `node` is doing; nil if it has not started yet.
    /// - Complexity: O(pods and images of the node).
    public func activity(node name: String, in cluster: Cluster) -> NodeActivity? {
        guard let index = nodeIndex[name], let state = nodes[index] else { return nil }
        let now = cluster.now
        let settings = settings(index)
        var activity = NodeActivity(node: name)
        activity.isSilent = state.isFailed
        activity.pullLimit = settings.pullLimit
        activity.pulls = state.images.pulls(at: now, latencies)
        activity.pastPulls = Array(state.images.past.elements.suffix(64))
        let used = imagesInUse(state)
        activity.images = state.images.names.map { name in
            let image = state.images.images[name]!
            return .init(
                name: name, size: image.size, isInUse: used.contains(name), firstDetected: image.firstDetected,
                lastUsed: image.lastUsed)
        }
        activity.imageBytes = state.images.bytes
        activity.imageCapacity = state.imageCapacity
        (activity.imageHighPercent, activity.imageLowPercent) = (settings.imageHighPercent, settings.imageLowPercent)
        activity.api = state.api.main.level(at: now)
        activity.events = state.api.events.level(at: now)
        activity.registry = state.images.registry.level(at: now)
        let waits = state.api.waits.elements
        activity.waitingCalls = waits.filter { $0.began > now }.sorted { $0.began < $1.began }
        activity.pastWaits = waits.filter { $0.began <= now }.suffix(64)
        (activity.calls, activity.callsWaited) = (state.api.calls, state.api.callsWaited)
        activity.longestWait = state.api.longestWait
        activity.mountTimeouts = state.api.mountTimeouts
        activity.droppedEvents = state.api.droppedEvents
        activity.unsentStatuses = state.api.unsent.compactMap { workers[$0.slot].flatMap { $0.key } }
        activity.pleg = plegActivity(state, now)
        return activity
    }

    /// The settings of `node`'s kubelet that the simulation acts on, in the order of the document's fields; empty
    /// if it has not started yet.
    public func settings(node name: String) -> [KubeletSetting] {
        guard let index = nodeIndex[name], let state = nodes[index] else { return [] }
        return setups[state.setup].rows
    }

    /// How long pods took to become ready; pods that are gone, or never were ready, do not count.
    public func timesToReady(in cluster: Cluster, where counts: (Pod) -> Bool = { _ in true }) -> TimeToReady {
        var times: [Duration] = []
        for case let pod? in cluster.store.pods.rows where counts(pod) {
            guard let ready = timelines[pod.metadata.uid]?.ready, let created = pod.metadata.creationTimestamp
            else { continue }
            times.append(ready - created)
        }
        return TimeToReady(times)
    }
}
