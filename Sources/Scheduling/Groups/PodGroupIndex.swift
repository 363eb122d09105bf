// Which pods belong to which group, as far as the scheduler has seen them.

import ControlPlane
import KubernetesAPI

/// The groups that exist or that pods name, with their pods. Kept only in releases and with gates that place by group.
struct PodGroupIndex: Sendable {
    struct Group: Sendable {
        let key: ObjectKey
        /// nil: pods name it, but it is not there.
        var object: PodGroup?
        /// Slots of its pods that have not ended, rising.
        var slots: [Int] = []
    }
    // By number; numbers of groups that are gone are given again.
    private(set) var groups: [Group?] = []
    private var numbers: [ObjectKey: Int] = [:]
    private var free: [Int] = []
    private var numberOfSlot: [Int: Int] = [:]

    subscript(number: Int) -> Group? { number < groups.count ? groups[number] : nil }
    /// The number of the group called `key`; nil if nobody knows it.
    func number(of key: ObjectKey) -> Int? { numbers[key] }
    /// The number of the group of the pod at `slot`.
    func number(ofSlot slot: Int) -> Int? { numberOfSlot[slot] }
    /// The group that the pod at `slot` belongs to, if it exists.
    func object(ofSlot slot: Int) -> PodGroup? { numberOfSlot[slot].flatMap { groups[$0]?.object } }

    private mutating func make(_ key: ObjectKey) -> Int {
        if let known = numbers[key] { return known }
        let number = free.popLast() ?? groups.count
        if number == groups.count { groups.append(nil) }
        groups[number] = Group(key: key)
        numbers[key] = number
        return number
    }
    private mutating func release(_ number: Int) {
        guard let group = groups[number], group.object == nil, group.slots.isEmpty else { return }
        numbers[group.key] = nil
        groups[number] = nil
        free.append(number)
    }

    mutating func set(_ object: PodGroup) { groups[make(object.key)]!.object = object }
    mutating func remove(_ key: ObjectKey) {
        guard let number = numbers[key] else { return }
        groups[number]!.object = nil
        release(number)
    }

    /// Takes in a pod as the store has it.
    mutating func note(_ pod: Pod, _ slot: Int) {
        let key = pod.isFinished ? nil : pod.podGroupKey
        if let known = numberOfSlot[slot] {
            if groups[known]?.key == key { return }
            remove(slot)
        }
        guard let key else { return }
        let number = make(key)
        numberOfSlot[slot] = number
        let place = groups[number]!.slots.firstIndex { $0 > slot } ?? groups[number]!.slots.count
        groups[number]!.slots.insert(slot, at: place)
    }
    mutating func remove(_ slot: Int) {
        guard let number = numberOfSlot.removeValue(forKey: slot) else { return }
        groups[number]!.slots.removeAll { $0 == slot }
        release(number)
    }

    /// Why the pods of a group are not tried at all; nil if they are.
    /// - Source: Kubernetes `pkg/scheduler/framework/plugins/gangscheduling/gangscheduling.go`, `PreEnqueue`; gang-scheduling.md §3.
    func whyNotTried(_ number: Int) -> String? {
        guard let group = groups[number] else { return nil }
        guard let object = group.object else { return "waiting for pods's pod group \"\(group.key.name)\" to appear in scheduling queue" }
        return object.isGang && group.slots.count < object.minCount
            ? "waiting for minCount pods from a gang to appear in scheduling queue" : nil
    }
}

extension SchedulingState {
    /// How many pods of a group have a place: bound or assumed.
    func scheduledCount(_ group: PodGroupIndex.Group) -> Int { group.slots.count { placedPod($0) != nil } }

    /// The priority that counts when pods are chosen as victims: that of the group, if there is one.
    func victimPriority(_ slot: Int, _ pod: PlacedPod) -> Int { groups?.object(ofSlot: slot)?.spec.priority ?? pod.facts.priority }
}
