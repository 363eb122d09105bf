import ControlPlane
import KubernetesAPI

/// Something that happened in the cluster and may make a rejected pod worth another try.
///
/// Differs from Kubernetes: 1.37 asks plugins about pods on nodes, pods without one and the rejected pod itself by events of three
/// sorts; these sorts serve all versions, with the same wake-ups (`kubernetes-1.37.md` row 3.10.2).
enum ClusterEvent: Sendable {
    case nodeAdded(Node)
    case nodeChanged(Node, previous: Node)
    case nodeDeleted(Node)
    case assignedPodAdded(Pod)
    case assignedPodChanged(Pod, previous: Pod)
    case assignedPodDeleted(Pod)
    /// A claim, volume or class: which kind, and the claim's key if it is one.
    case storageChanged(Kind, ObjectKey, isNew: Bool)
    case podItselfChanged(Pod, previous: Pod)

    /// Sorts of events, for which plugins register.
    struct Sort: OptionSet, Sendable {
        let rawValue: Int
        /// A node came or changed.
        static let nodes = Sort(rawValue: 1)
        static let nodeGone = Sort(rawValue: 2)
        /// A pod on a node came or changed.
        static let pods = Sort(rawValue: 4)
        static let podGone = Sort(rawValue: 8)
        static let storage = Sort(rawValue: 16)
        /// The rejected pod changed, which always counts.
        static let podItself: Sort = []
    }
    var sort: Sort {
        switch self {
        case .nodeAdded, .nodeChanged: .nodes
        case .nodeDeleted: .nodeGone
        case .assignedPodAdded, .assignedPodChanged: .pods
        case .assignedPodDeleted: .podGone
        case .storageChanged: .storage
        case .podItselfChanged: .podItself
        }
    }
}

// Which event is worth a retry, asked of the plugins that rejected the pod.
extension SchedulingState {
    /// Whether `event` may make a pod schedulable that these plugins rejected.
    ///
    /// - Source: Kubernetes, `isSchedulableAfter…` of the plugins; before 1.32 `EventsToRegister` alone decides. That a new node wakes all was
    ///   seen of v1.36.3: pods that no label or taint of it let in were tried again with it counted.
    mutating func isWorthRetry(_ entry: QueuedPod, after event: ClusterEvent, _ settings: SchedulingProfile)
        -> Bool
    {
        if !entry.pod.nodeName.isEmpty { return helpsResize(entry.pod, event) }
        let hints = profile.isEnabled(.schedulerQueueingHints)
        if case .podItselfChanged(let new, let old) = event, !hints {
            return new.spec != old.spec || new.metadata.labels != old.metadata.labels
        }
        // An assigned pod that came or changed can only help pods that look at their neighbours.
        if case .assignedPodAdded(let pod) = event, !concerns(pod, entry) { return false }
        if case .assignedPodChanged(let pod, let old) = event, old.metadata.labels != pod.metadata.labels,
            !concerns(pod, entry), !concerns(old, entry), !scaledDown(pod, old)
        {
            return false
        }
        if !hints, case .nodeAdded(let node) = event { return passesPreCheck(entry, node) }
        if !hints, case .nodeChanged(let node, _) = event { return passesPreCheck(entry, node) }
        // Where DynamicResources speaks after the filters, its name is among those that refused; it asks to be woken by each new node.
        if case .nodeAdded = event, settings.postFilters.contains(.dynamicResources), !entry.rejectedBy.contains(.schedulingGates) { return true }
        for plugin in PluginCatalog.all where entry.rejectedBy.contains(plugin.name) {
            if hints ? plugin.hint?(&self, entry, event, settings) ?? false : plugin.events.contains(event.sort) { return true }
        }
        return false
    }

    /// Whether no pod without a node is helped by `event`, whatever refused it: hints of plugins look at an assigned pod's labels and at
    /// what it asks for.
    func helpsNobody(_ event: ClusterEvent) -> Bool {
        guard case .assignedPodChanged(let pod, let old) = event, profile.isEnabled(.schedulerQueueingHints) else { return false }
        return pod.metadata.labels == old.metadata.labels && !scaledDown(pod, old)
    }

    private func concerns(_ pod: Pod, _ entry: QueuedPod) -> Bool {
        if entry.rejectedBy.contains(.podTopologySpread), pod.metadata.namespace == entry.facts.namespace {
            return true
        }
        let labels = namespaceLabels[pod.metadata.namespace] ?? [:]
        return entry.facts.requiredAffinity.contains {
            $0.matches(
                labels: pod.metadata.labels, namespace: pod.metadata.namespace, namespaceLabels: labels)
        }
    }
    func scaledDown(_ new: Pod, _ old: Pod) -> Bool {
        if new.spec.identity == old.spec.identity && new.status.identity == old.status.identity {
            return false
        }
        let rules = RequestRules(assigned: profile)
        let (a, b) = (new.requests(rules), old.requests(rules))
        return a != b && a.union(b) == b
    }

    /// The old rule for nodes: a few cheap filters, whatever rejected the pod.
    private mutating func passesPreCheck(_ entry: QueuedPod, _ node: Node) -> Bool {
        guard let row = nodes.row(node.metadata.name), nodes.objects[row] != nil else { return true }
        let facts = entry.facts
        if node.spec.unschedulable || untoleratedTaint(of: node, facts.spec.tolerations, profile) != nil {
            return false
        }
        if !facts.nodeSelection.allows(labels: node.metadata.labels, name: node.metadata.name) {
            return false
        }
        return fits(entry.pod, row: row, empty: false)
    }

    mutating func fits(_ pod: Pod, row: Int, empty: Bool) -> Bool {
        for want in compile(pod.requests(RequestRules(pending: profile))) {
            if want.amount > (empty ? nodes.allocatable[want.resource][row] : nodes.free(want.resource, row)) { return false }
        }
        return true
    }
}

extension QueuedPod {
    /// Whether the pod asks for the claim `key`.
    func claims(_ key: ObjectKey) -> Bool {
        key.namespace == facts.namespace && facts.claimNames(podName: pod.metadata.name).contains(key.name)
    }
}
