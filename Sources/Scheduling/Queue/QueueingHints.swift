import ControlPlane
import KubernetesAPI

/// Something that happened in the cluster and may make a rejected pod worth another try.
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
}

// Which event is worth a retry, asked of the plugins that rejected the pod.
extension SchedulingState {
    /// Whether `event` may make a pod schedulable that these plugins rejected.
    ///
    /// - Source: Kubernetes, `isSchedulableAfter…` of the plugins; before 1.32 `EventsToRegister` alone decides.
    mutating func isWorthRetry(_ entry: QueuedPod, after event: ClusterEvent, _ settings: SchedulingProfile)
        -> Bool
    {
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
        for plugin in PluginName.allCases where entry.rejectedBy.contains(plugin) {
            if hints ? hint(plugin, entry, event, settings) : registers(plugin, event) { return true }
        }
        return false
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
    private func scaledDown(_ new: Pod, _ old: Pod) -> Bool {
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

    private mutating func fits(_ pod: Pod, row: Int, empty: Bool) -> Bool {
        for want in compile(pod.requests(RequestRules(pending: profile))) {
            if want.amount > (empty ? nodes.allocatable[want.resource][row] : nodes.free(want.resource, row)) { return false }
        }
        return true
    }

    /// Which events a plugin has registered for, without looking closer.
    private func registers(_ plugin: PluginName, _ event: ClusterEvent) -> Bool {
        switch event {
        case .nodeAdded, .nodeChanged:
            return plugin != .schedulingGates && plugin != .defaultPreemption
        case .nodeDeleted: return plugin == .podTopologySpread
        case .assignedPodAdded, .assignedPodChanged:
            return plugin == .podTopologySpread || plugin == .interPodAffinity
        case .assignedPodDeleted:
            return [
                .nodePorts, .nodeResourcesFit, .podTopologySpread, .interPodAffinity, .volumeRestrictions,
                .nodeVolumeLimits, .defaultPreemption,
            ].contains(plugin)
        case .storageChanged:
            return [.volumeBinding, .volumeZone, .volumeRestrictions, .nodeVolumeLimits].contains(plugin)
        case .podItselfChanged: return true
        }
    }

    /// The closer look of 1.32 and later.
    private mutating func hint(
        _ plugin: PluginName, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile
    ) -> Bool {
        let facts = entry.facts
        let tolerations = facts.spec.tolerations
        switch (plugin, event) {
        case (.nodeUnschedulable, .nodeAdded(let node)): return !node.spec.unschedulable
        case (.nodeUnschedulable, .nodeChanged(let node, let old)):
            return old.spec.unschedulable && !node.spec.unschedulable
        case (.nodeName, .nodeAdded): return true
        case (.taintToleration, .nodeAdded(let node)): return untoleratedTaint(of: node, tolerations, profile) == nil
        case (.taintToleration, .nodeChanged(let node, let old)):
            return untoleratedTaint(of: node, tolerations, profile) == nil
                && untoleratedTaint(of: old, tolerations, profile) != nil
        case (.nodeUnschedulable, .podItselfChanged(let new, let old)),
            (.taintToleration, .podItselfChanged(let new, let old)):
            return new.spec.tolerations != old.spec.tolerations
        case (.nodeAffinity, .nodeAdded(let node)):
            return facts.nodeSelection.allows(labels: node.metadata.labels, name: node.metadata.name)
        case (.nodeAffinity, .nodeChanged(let node, let old)):
            return facts.nodeSelection.allows(labels: node.metadata.labels, name: node.metadata.name)
                && !facts.nodeSelection.allows(labels: old.metadata.labels, name: old.metadata.name)
        case (.nodePorts, .nodeAdded): return true
        case (.nodePorts, .assignedPodDeleted(let pod)):
            return pod.spec.hostPorts.contains { port in
                facts.hostPorts.contains { $0.conflicts(HostPort(port)) }
            }
        case (.nodeResourcesFit, .nodeAdded(let node)):
            guard let row = nodes.row(node.metadata.name) else { return false }
            return fits(entry.pod, row: row, empty: true)
        case (.nodeResourcesFit, .nodeChanged(let node, let old)):
            guard let row = nodes.row(node.metadata.name), fits(entry.pod, row: row, empty: true) else {
                return false
            }
            let (new, before) = (node.status.allocatable, old.status.allocatable)
            if new["pods"]?.value ?? 0 > before["pods"]?.value ?? 0 { return true }
            let wanted = entry.pod.requests(RequestRules(pending: profile))
            let (grown, was) = (Resources(new), Resources(before))
            return (["cpu", "memory", "ephemeral-storage"] + wanted.scalars.map(\.name)).contains {
                wanted[$0] > 0 && grown[$0] > was[$0]
            }
        case (.nodeResourcesFit, .assignedPodDeleted): return true
        case (.nodeResourcesFit, .assignedPodChanged(let pod, let old)): return scaledDown(pod, old)
        case (.nodeResourcesFit, .podItselfChanged(let pod, let old)):
            let rules = RequestRules(pending: profile)
            return pod.requests(rules) != old.requests(rules)
        case (.podTopologySpread, _): return spreadHint(entry, event, settings)
        case (.interPodAffinity, _): return affinityHint(entry, event)
        case (.volumeBinding, .storageChanged(let kind, let key, _)):
            return kind != .persistentVolumeClaim || isOwnClaim(key, entry)
        case (.volumeBinding, .nodeAdded), (.volumeBinding, .nodeChanged): return true
        case (.volumeRestrictions, .assignedPodDeleted(let pod)):
            let names = Set(facts.claims)
            return pod.metadata.namespace == facts.namespace
                && pod.spec.volumes.contains {
                    $0.persistentVolumeClaim.map { names.contains($0.claimName) } ?? false
                }
                || !facts.disks.isEmpty
        case (.volumeRestrictions, .storageChanged(.persistentVolumeClaim, let key, true)):
            return isOwnClaim(key, entry)
        case (.volumeRestrictions, .nodeAdded): return true
        case (.volumeZone, .storageChanged(let kind, let key, let isNew)):
            return kind == .persistentVolumeClaim
                ? isOwnClaim(key, entry) : kind == .persistentVolume || isNew
        case (.volumeZone, .nodeAdded): return true
        case (.volumeZone, .nodeChanged(let node, let old)):
            return node.metadata.labels != old.metadata.labels
        case (.nodeVolumeLimits, .assignedPodDeleted(let pod)):
            return pod.spec.volumes.contains { $0.persistentVolumeClaim != nil || $0.ephemeral != nil }
        case (.nodeVolumeLimits, .storageChanged(let kind, let key, let isNew)):
            return kind == .csiNode || kind == .volumeAttachment
                || kind == .persistentVolumeClaim && isNew && isOwnClaim(key, entry)
        default: return false
        }
    }
    private func isOwnClaim(_ key: ObjectKey, _ entry: QueuedPod) -> Bool {
        key.namespace == entry.facts.namespace
            && entry.facts.claimNames(podName: entry.pod.metadata.name).contains(key.name)
    }

    private mutating func spreadHint(_ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile)
        -> Bool
    {
        let rules = demand(of: entry.pod, entry.facts, settings).hardSpread
        func matches(_ pod: Pod, _ rule: SpreadRule) -> Bool {
            rule.selector?.matches(pod.metadata.labels) ?? false
        }
        func hasAllKeys(_ node: Node) -> Bool {
            rules.allSatisfy { node.metadata.labels[$0.constraint.topologyKey] != nil }
        }
        switch event {
        case .assignedPodAdded(let pod), .assignedPodDeleted(let pod):
            return pod.metadata.namespace == entry.facts.namespace && rules.contains { matches(pod, $0) }
        case .assignedPodChanged(let pod, let old):
            return pod.metadata.namespace == entry.facts.namespace
                && rules.contains { matches(pod, $0) != matches(old, $0) }
        case .podItselfChanged(let pod, let old):
            if pod.metadata.labels != old.metadata.labels {
                return rules.contains { matches(pod, $0) != matches(old, $0) }
            }
            return pod.spec.tolerations != old.spec.tolerations
                && rules.contains { $0.constraint.nodeTaintsPolicy == "Honor" }
        case .nodeAdded(let node), .nodeDeleted(let node): return hasAllKeys(node)
        case .nodeChanged(let node, let old):
            let (new, before) = (hasAllKeys(node), hasAllKeys(old))
            if new != before { return true }
            return new
                && (node.spec.taints != old.spec.taints || node.spec.unschedulable != old.spec.unschedulable
                    || rules.contains {
                        node.metadata.labels[$0.constraint.topologyKey]
                            != old.metadata.labels[$0.constraint.topologyKey]
                    })
        case .storageChanged: return false
        }
    }

    private func affinityHint(_ entry: QueuedPod, _ event: ClusterEvent) -> Bool {
        let facts = entry.facts
        func labels(_ pod: Pod) -> StringMap<String> { namespaceLabels[pod.metadata.namespace] ?? [:] }
        func wants(_ pod: Pod, _ terms: [AffinityTerm]) -> Bool {
            terms.contains {
                $0.matches(
                    labels: pod.metadata.labels, namespace: pod.metadata.namespace,
                    namespaceLabels: labels(pod))
            }
        }
        func isUnwanted(by pod: Pod) -> Bool {
            (pod.spec.affinity?.podAntiAffinity?.required ?? []).contains {
                AffinityTerm($0, namespace: pod.metadata.namespace).matches(
                    labels: facts.labels, namespace: facts.namespace,
                    namespaceLabels: namespaceLabels[facts.namespace] ?? [:])
            }
        }
        let keys = (facts.requiredAffinity + facts.requiredAntiAffinity).map(\.topologyKey)
        switch event {
        case .assignedPodAdded(let pod): return wants(pod, facts.requiredAffinity)
        case .assignedPodChanged(let pod, let old):
            return wants(pod, facts.requiredAffinity) && !wants(old, facts.requiredAffinity)
                || wants(old, facts.requiredAntiAffinity) && !wants(pod, facts.requiredAntiAffinity)
        case .assignedPodDeleted(let pod):
            return wants(pod, facts.requiredAntiAffinity) || isUnwanted(by: pod)
        case .nodeAdded(let node): return keys.isEmpty || keys.contains { node.metadata.labels[$0] != nil }
        case .nodeChanged(let node, let old):
            return keys.contains { node.metadata.labels[$0] != old.metadata.labels[$0] }
                || keys.isEmpty && node.metadata.labels != old.metadata.labels
        case .podItselfChanged(let pod, let old): return pod.metadata.labels != old.metadata.labels
        default: return false
        }
    }
}
