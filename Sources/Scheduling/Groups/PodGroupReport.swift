// What is to be told of groups of pods: who waits for whom, what is missing, where the whole group would fit.

public import ControlPlane
public import KubernetesAPI
import SimulationKit

/// A group as the scheduler sees it now.
public struct PodGroupReport: Sendable, Equatable {
    public enum State: String, Sendable {
        /// The PodGroup does not exist, or too few of its pods do: nothing is tried.
        case incomplete
        /// It was not tried yet, or is tried soon.
        case queued
        /// Too few of its pods fit.
        case waiting
        /// Pods of lower priority are ending to make room for it.
        case makingRoom = "making room"
        /// Enough pods have a node; the others wait.
        case partly = "placed in part"
        /// All its pods have a node.
        case placed
    }
    public var key: ObjectKey
    /// nil: pods name it, but it is not there.
    public var object: PodGroup?
    public var state: State
    /// All its pods that have not ended, by name.
    public var pods: [ObjectKey]
    /// How many of them have a node, or are about to be bound to one.
    public var scheduled: Int
    public var waiting: [ObjectKey]
    /// Pods of lower priority that are ending on nodes nominated for it, by name.
    public var victims: [ObjectKey]
    /// Why nothing is tried, or what the last attempt brought; may be empty.
    public var message: String
    public var minCount: Int { object?.minCount ?? 1 }
    /// How many pods are still to be made before anything is tried.
    public var podsToCome: Int { object?.isGang == true ? max(0, minCount - pods.count) : 0 }
    /// How many places are missing.
    public var placesMissing: Int { max(0, minCount - scheduled) }
}

/// Where the pods of a group would go if it were tried now.
public struct PodGroupTrial: Sendable, Equatable {
    public enum Outcome: Sendable, Equatable {
        case fits(node: String)
        case refused(String)
        /// The attempt had ended before.
        case notTried
    }
    /// Its pods that wait, in the order in which they are tried.
    public var outcomes: [(pod: ObjectKey, outcome: Outcome)] = []
    /// Why too few fit; nil: the group would be placed.
    public var refusal: String?
    public static func == (a: Self, b: Self) -> Bool { a.refusal == b.refusal && a.outcomes.elementsEqual(b.outcomes) { $0 == $1 } }
}

/// How much of a group one topology domain could take.
public struct PodGroupDomain: Sendable, Equatable {
    public var name: String
    public var nodes: Int
    /// How many of the waiting pods would fit, one after the other.
    public var room: Int
    /// How many pods of the group are there already.
    public var present: Int
    public var takesAll: Bool
    /// With what is there already it reaches minCount.
    public var takesEnough: Bool
}

extension Scheduler {
    /// All groups that exist or that pods name, by name; empty where pods are placed one by one. O(groups × their pods).
    public func podGroups(in cluster: Cluster) -> [PodGroupReport] {
        guard state.groups != nil else { return [] }
        var copy = self
        copy.readChanges(cluster, until: cluster.now)
        let groups = copy.state.groups?.groups ?? []
        return groups.enumerated().compactMap { number, group in group.map { copy.report($0, number) } }.sorted { $0.key < $1.key }
    }
    /// The group called `key`; nil if nobody knows it.
    public func podGroup(_ key: ObjectKey, in cluster: Cluster) -> PodGroupReport? {
        guard state.groups != nil else { return nil }
        var copy = self
        copy.readChanges(cluster, until: cluster.now)
        guard let number = copy.state.groups?.number(of: key), let group = copy.state.groups?[number] else { return nil }
        return copy.report(group, number)
    }

    private func report(_ group: PodGroupIndex.Group, _ number: Int) -> PodGroupReport {
        func pod(_ slot: Int) -> ObjectKey? { (queue[slot]?.pod ?? state.placedPod(slot)?.pod)?.key }
        let waiting = group.slots.filter { state.placedPod($0) == nil }
        let scheduled = group.slots.count - waiting.count
        let victims = victims(waiting)
        let why = state.groups?.whyNotTried(number)
        let entry = groupQueue[number]
        let condition = group.object?.status.conditions[state.profile.podGroupScheduledCondition]
        var result = PodGroupReport(
            key: group.key, object: group.object, state: .placed, pods: group.slots.compactMap(pod).sorted(), scheduled: scheduled,
            waiting: waiting.compactMap(pod).sorted(), victims: victims, message: entry?.message ?? condition?.message ?? "")
        if let why, !waiting.isEmpty || group.object != nil && group.slots.isEmpty {
            (result.state, result.message) = (.incomplete, why)
        } else if !victims.isEmpty {
            result.state = .makingRoom
        } else if waiting.isEmpty {
            if group.slots.isEmpty { result.state = .incomplete }
        } else if scheduled >= result.minCount {
            result.state = .partly
        } else {
            result.state = entry?.lastAttempt == nil ? .queued : .waiting
        }
        return result
    }

    /// The pods of lower priority that are ending where pods at `slots` are nominated.
    private func victims(_ slots: [Int]) -> [ObjectKey] {
        var rows: Set<Int> = []
        for slot in slots { if let node = queue[slot]?.pod.status.nominatedNodeName, !node.isEmpty, let row = state.nodes.row(node) { rows.insert(row) } }
        let priority = slots.compactMap { queue[$0]?.facts.priority }.max() ?? 0
        return rows.flatMap { state.nodes.podSlots[$0] }.compactMap { state.placedPod($0) }
            .filter { $0.isTerminating && $0.facts.priority < priority }.map(\.pod.key).sorted()
    }

    /// Tries the group called `key` as it is now; nothing is changed and nobody is evicted. nil if it cannot be tried.
    ///
    /// - Parameters:
    ///   - extra: pods to be placed with it that do not exist, such as those that a lost node took.
    ///   - nodes: taken as gone, with the pods of the group there.
    public func trial(ofGroup key: ObjectKey, extra: [Pod] = [], without nodes: Set<String> = [], in cluster: Cluster) -> PodGroupTrial? {
        guard let (ready, group) = readied(key, extra, without: nodes, cluster) else { return nil }
        var copy = ready
        let plan = copy.findPlaces(group, cluster)
        var trial = PodGroupTrial(refusal: plan.refusal)
        for slot in group.waiting {
            guard let pod = copy.queue[slot]?.pod.key else { continue }
            if let place = plan.placed.first(where: { $0.slot == slot }) {
                trial.outcomes.append((pod, .fits(node: copy.state.nodes.names[place.row])))
            } else {
                trial.outcomes.append((pod, plan.failures[slot].map { .refused($0.message) } ?? .notTried))
            }
        }
        return trial
    }

    /// How much of the group each domain of the node label `topologyKey` could take, the roomiest first; empty if nothing of it waits.
    public func domains(forGroup key: ObjectKey, by topologyKey: String, in cluster: Cluster) -> [PodGroupDomain] {
        guard var (copy, group) = readied(key, [], without: [], cluster) else { return [] }
        let slots = copy.state.groups?[group.number]?.slots ?? []
        let minCount = group.object.minCount
        // Every pod is to be tried: how many fit is the question, not whether enough do.
        group.object.spec.schedulingPolicy.gang?.minCount = 1
        return copy.allDomains(topologyKey).map { domain in
            let present = slots.count { slot in copy.state.placedPod(slot).map { domain.nodes[$0.row] } ?? false }
            let room = copy.findPlaces(group, within: domain.nodes, cluster).placed.count
            return PodGroupDomain(
                name: domain.name, nodes: domain.nodes.count, room: room, present: present, takesAll: room == group.waiting.count,
                takesEnough: present + room >= minCount)
        }.sorted { ($0.room, $1.name) > ($1.room, $0.name) }
    }

    /// A copy that has read all, and the group with its pods that wait.
    private func readied(
        _ key: ObjectKey, _ extra: [Pod], without nodes: Set<String>, _ cluster: Cluster
    ) -> (Scheduler, GroupInCycle)? {
        guard state.groups != nil else { return nil }
        var copy = self
        copy.readChanges(cluster, until: cluster.now)
        if !nodes.isEmpty, let number = copy.state.groups?.number(of: key) {
            for slot in copy.state.groups?[number]?.slots ?? [] {
                guard let pod = copy.state.placedPod(slot)?.pod, nodes.contains(pod.nodeName) || pod.metadata.isTerminating else { continue }
                copy.state.forget(podAt: slot)
            }
            for node in nodes.sorted() { copy.state.remove(node: node) }
        }
        for (i, pod) in extra.enumerated() {
            let slot = cluster.store.pods.rows.count + i
            var pod = pod
            (pod.nodeName, pod.metadata.deletionTimestamp, pod.status) = ("", nil, Shared(PodStatus()))
            copy.state.note(pod: pod, slot: slot)
            copy.queue.put(QueuedPod(pod: pod, facts: copy.state.facts(of: pod), timestamp: cluster.now), slot: slot, into: .grouped)
        }
        guard let number = copy.state.groups?.number(of: key), let object = copy.state.groups?[number]?.object else { return nil }
        let waiting = copy.waiting(number)
        return waiting.isEmpty ? nil : (copy, GroupInCycle(number: number, object: object, waiting: waiting))
    }
}
