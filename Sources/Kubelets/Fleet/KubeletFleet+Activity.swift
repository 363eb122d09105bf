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
        guard let kubelet = kubelet(of: name) else { return nil }
        let now = cluster.now
        let (settings, latencies) = (kubelet.settings(host), host.latencies)
        var activity = NodeActivity(node: name)
        activity.isSilent = kubelet.isFailed
        activity.pullLimit = settings.pullLimit
        activity.pulls = kubelet.images.pulls(at: now, latencies)
        activity.pastPulls = Array(kubelet.images.past.elements.suffix(64))
        let used = kubelet.imagesInUse()
        activity.images = kubelet.images.images.sorted { $0.key < $1.key }.map { name, image in
            .init(
                name: name, size: image.size, isInUse: used.contains(name), firstDetected: image.firstDetected,
                lastUsed: image.lastUsed)
        }
        activity.imageBytes = kubelet.images.bytes
        activity.imageCapacity = kubelet.imageCapacity
        (activity.imageHighPercent, activity.imageLowPercent) = (settings.imageHighPercent, settings.imageLowPercent)
        activity.api = kubelet.api.main.level(at: now)
        activity.events = kubelet.api.events.level(at: now)
        activity.registry = kubelet.images.registry.level(at: now)
        let waits = kubelet.api.waits.elements
        activity.waitingCalls = waits.filter { $0.began > now }.sorted { $0.began < $1.began }
        activity.pastWaits = waits.filter { $0.began <= now }.suffix(64)
        (activity.calls, activity.callsWaited) = (kubelet.api.calls, kubelet.api.callsWaited)
        activity.longestWait = kubelet.api.longestWait
        activity.mountTimeouts = kubelet.api.mountTimeouts
        activity.droppedEvents = kubelet.api.droppedEvents
        activity.unsentStatuses = kubelet.api.unsent.compactMap { kubelet.pods[$0.slot]?.key }
        activity.pleg = kubelet.plegActivity(now, latencies)
        return activity
    }

    /// The settings of `node`'s kubelet that the simulation acts on, in the order of the document's fields; empty
    /// if it has not started yet.
    public func settings(node name: String) -> [KubeletSetting] {
        kubelet(of: name).map { host.setups[$0.setup].rows } ?? []
    }

    /// How long pods took to become ready; pods that are gone, or never were ready, do not count.
    public func timesToReady(in cluster: Cluster, where counts: (Pod) -> Bool = { _ in true }) -> TimeToReady {
        var times: [Duration] = []
        for case let pod? in cluster.store.pods.rows where counts(pod) {
            guard let ready = host.timelines[pod.metadata.uid]?.ready, let created = pod.metadata.creationTimestamp
            else { continue }
            times.append(ready - created)
        }
        return TimeToReady(times)
    }
}

extension KubeletFleet {
    /// Requests that all kubelets have sent to the API server so far.
    public var requestsToServer: Int { nodes.reduce(0) { $0 + ($1?.api.calls ?? 0) } }
}
