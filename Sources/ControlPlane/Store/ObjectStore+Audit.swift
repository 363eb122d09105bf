// What the store keeps up with each write, counted anew. For tests, which do so on random clusters.

import KubernetesAPI

extension ObjectStore {
    /// What is not as a count of all objects says; empty if all is well. O(objects).
    package func recount() -> [String] {
        var faults: [String] = []
        func look<O: StoredObject>(_ type: O.Type) { faults += self[keyPath: O.table].recount() }
        for type in Self.types { look(type) }
        var (byNode, byOwner) = (SlotGroups<String>(), SlotGroups<String>())
        for (slot, pod) in pods.rows.enumerated() {
            if podMarks[slot] != pod.map(PodMarks.init) ?? [] { faults.append("marks of the pod in slot \(slot)") }
            guard let pod else { continue }
            if !pod.nodeName.isEmpty { byNode.insert(slot, under: pod.nodeName) }
            if let owner = pod.metadata.controller { byOwner.insert(slot, under: owner.uid) }
        }
        if byNode != slotsByNode { faults.append("pods by node") }
        if byOwner != slotsByOwner { faults.append("pods by owner") }
        var byClaim = SlotGroups<ObjectKey>()
        for (slot, volume) in persistentVolumes.rows.enumerated() {
            if let volume { byClaim.insert(slot, under: volume.claimKey) }
        }
        if byClaim != volumesByClaim { faults.append("volumes by claim") }
        var (toNode, ofVolume) = (SlotGroups<String>(), SlotGroups<String>())
        for (slot, attachment) in volumeAttachments.rows.enumerated() {
            guard let attachment else { continue }
            toNode.insert(slot, under: attachment.spec.nodeName)
            if let volume = attachment.spec.source.persistentVolumeName { ofVolume.insert(slot, under: volume) }
        }
        if toNode != attachmentsByNode { faults.append("attachments by node") }
        if ofVolume != attachmentsByVolume { faults.append("attachments by volume") }
        for (slot, event) in events.rows.enumerated() {
            guard let event else { continue }
            // Of several that tell the same, one is found.
            let found = self.event(telling: event.reason, event.message, about: event.involvedObject, source: event.source)
            if found == nil { faults.append("the event in slot \(slot) is not found by what it tells") }
            if !eventSlots(about: event.involvedObject.kind, ObjectKey(namespace: event.involvedObject.namespace, name: event.involvedObject.name)).contains(
                slot)
            {
                faults.append("the event in slot \(slot) is not found by its object")
            }
        }
        if eventsByContent.count > events.count { faults.append("events by what they tell") }
        return faults
    }
}

extension Table {
    fileprivate func recount() -> [String] {
        var (faults, count) = ([String](), 0)
        for (slot, row) in rows.enumerated() {
            guard let row else { continue }
            count += 1
            if self.slot(of: row.key) != slot { faults.append("\(Object.kind.rawValue) \(row.key) is not found in slot \(slot)") }
        }
        if count != self.count { faults.append("\(count) \(Object.kind.rawValue) objects, \(self.count) counted") }
        return faults
    }
}
