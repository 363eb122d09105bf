import ControlPlane
import KubernetesAPI
import SimulationKit

/// A pod on its way to its node: decided, not yet written.
struct Binding: Sendable {
    var entry: QueuedPod
    var node: String
    /// Claims that take a volume that is there.
    var matched: [(claim: ObjectKey, volume: String)] = []
    /// Claims for which a volume is to be made.
    var provisioned: [ObjectKey] = []
    /// Volumes were asked for, and are waited for.
    var waitsForVolumes = false
    /// The place among all bindings by their begin.
    var number = 0
    /// How often the API server was asked to bind in vain.
    var failures = 0
    var claims: [ObjectKey] { matched.map(\.claim) + provisioned }
}

// From assuming to binding: volumes first, then the pod.
extension Scheduler {
    mutating func beginBinding(_ slot: Int, _ binding: Binding, _ cluster: inout Cluster) {
        var binding = binding
        let uid = binding.entry.pod.metadata.uid
        if binding.claims.isEmpty {
            timers.schedule(.bind(slot: slot, uid: uid), at: cluster.now + timing.cycle + timing.bind)
        } else {
            askForVolumes(binding, &cluster)
            binding.waitsForVolumes = true
            for claim in binding.claims { bindingsByClaim[claim, default: []].append(slot) }
            changedBindings.insert(slot)
            timers.schedule(.volumesLate(slot: slot, uid: uid), at: cluster.now + timing.volumes)
        }
        begunBindings += 1
        binding.number = begunBindings
        bindings[slot] = binding
    }

    /// Forgets a binding and what was assumed for it.
    mutating func endBinding(_ slot: Int) {
        guard let binding = bindings.removeValue(forKey: slot) else { return }
        for claim in binding.claims {
            bindingsByClaim[claim]?.removeAll { $0 == slot }
            if bindingsByClaim[claim]?.isEmpty == true { bindingsByClaim[claim] = nil }
        }
        for (_, volume) in binding.matched { state.volumes.claimOfVolume[volume] = nil }
        for claim in binding.provisioned { state.volumes.nodeOfClaim[claim] = nil }
    }

    /// Reserves volumes for their claims and names the node for those to be made; the volume controller does the rest.
    private func askForVolumes(_ binding: Binding, _ cluster: inout Cluster) {
        for (key, volume) in binding.matched {
            guard let claim = cluster.store.persistentVolumeClaims[key] else { continue }
            cluster.modify(PersistentVolume.self, ObjectKey(name: volume)) { volume in
                volume.spec.claimRef = ObjectReference(claim)
                volume.metadata.annotations["pv.kubernetes.io/bound-by-controller"] = "yes"
            }
        }
        for key in binding.provisioned {
            cluster.modify(PersistentVolumeClaim.self, key) { claim in
                claim.metadata.annotations[AnnotationKey.selectedNode] = binding.node
            }
        }
    }

    /// Lets pods go on whose volumes are bound, of those whose claims changed, in the order in which they began.
    mutating func continueBindings(_ cluster: inout Cluster) {
        if bindingsByClaim.isEmpty {
            (claimCursor, changedBindings) = (cluster.store.end, [])
            return
        }
        while let entry = cluster.store.next(&claimCursor, until: cluster.now) {
            guard entry.kind == .persistentVolumeClaim else { continue }
            if let slots = bindingsByClaim[cluster.store.persistentVolumeClaims.change(entry.index).object.key] { changedBindings.formUnion(slots) }
        }
        if changedBindings.isEmpty { return }
        let changed = changedBindings.compactMap { slot in bindings[slot].map { (slot, $0) } }.sorted { $0.1.number < $1.1.number }
        changedBindings = []
        for (slot, binding) in changed where binding.waitsForVolumes {
            let claims = binding.claims.map { cluster.store.persistentVolumeClaims[$0] }
            if claims.allSatisfy({ $0?.isFullyBound ?? false }) {
                bindings[slot]?.waitsForVolumes = false
                timers.schedule(
                    .bind(slot: slot, uid: binding.entry.pod.metadata.uid), at: cluster.now + timing.bind)
            } else if let lost = binding.provisioned.first(where: { key in
                // The provisioner takes the annotation off when it cannot make a volume there.
                guard let claim = cluster.store.persistentVolumeClaims[key] else { return true }
                return claim.metadata.annotations[AnnotationKey.selectedNode] != binding.node
            }) {
                abandon(
                    slot,
                    "binding volumes: "
                        + (cluster.store.persistentVolumeClaims[lost] == nil
                            ? "failed to get PVC \"\(lost)\""
                            : "selectedNode annotation reset for PVC \"\(lost.name)\""),
                    &cluster)
            }
        }
    }

    mutating func giveUpVolumes(_ slot: Int, _ uid: String, _ cluster: inout Cluster) {
        guard let binding = bindings[slot], binding.waitsForVolumes, binding.entry.pod.metadata.uid == uid
        else { return }
        abandon(slot, "binding volumes: context deadline exceeded", &cluster)
    }

    /// Writes the binding.
    mutating func bind(_ slot: Int, _ uid: String, _ cluster: inout Cluster) {
        guard let binding = bindings[slot], binding.entry.pod.metadata.uid == uid, !binding.waitsForVolumes
        else { return }
        let pod = binding.entry.pod
        do {
            try cluster.bind(pod: pod.key, uid: uid, to: binding.node)
        } catch {
            if state.profile.has(.bindingRetried), let wait = Self.pauseBeforeBindingAgain(after: error.code, failures: binding.failures) {
                bindings[slot]!.failures += 1
                timers.schedule(.bind(slot: slot, uid: uid), at: cluster.now + wait)
                return
            }
            abandon(
                slot, "binding rejected: running Bind plugin \"DefaultBinder\": \(error.message)", &cluster)
            return
        }
        endBinding(slot)
        totals.scheduled += 1
        cluster.record(
            "Scheduled", "Successfully assigned \(pod.key) to \(binding.node)", about: pod,
            source: EventSource(Self.schedulerName(of: pod)), action: "Binding")
    }

    /// The pause before a binding is tried once more that failed for a moment: by an error of the server, by its absence or a conflict.
    ///
    /// Differs from Kubernetes: the pauses of 10, 50 and 250 ms are not lengthened by up to a tenth at random.
    /// - Source: kubernetes PR 138855, client-go `util/retry`, `DefaultBackoff`; `VersionChange.bindingRetried`.
    package static func pauseBeforeBindingAgain(after code: Int, failures: Int) -> Duration? {
        guard [500, 503, 409].contains(code) else { return nil }
        let pauses: [Duration] = [.milliseconds(10), .milliseconds(50), .milliseconds(250)]
        return pauses.indices.contains(failures) ? pauses[failures] : nil
    }

    /// Gives the place back and puts the pod through the failure path.
    mutating func abandon(_ slot: Int, _ message: String, _ cluster: inout Cluster) {
        guard let binding = bindings[slot] else { return }
        endBinding(slot)
        let placed = state.placedPod(slot)
        state.remove(podAt: slot)
        guard let pod = cluster.store.pods.rows[slot], pod.metadata.uid == binding.entry.pod.metadata.uid
        else { return }
        var entry = binding.entry
        entry.pod = pod
        queue.put(entry, slot: slot, into: .inFlight)
        let group = state.groups?.number(ofSlot: slot)
        fail(slot, message, rejectedBy: [], nomination: nominationAfterFailure, isGrouped: group != nil, &cluster)
        if let group { putBack(group, after: slot, cluster.now) }
        if let placed { move(after: .assignedPodDeleted(placed.pod), cluster.now) }
    }
}
