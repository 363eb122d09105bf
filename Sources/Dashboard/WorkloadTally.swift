// How the pods of each workload are and where, kept up pod by pod.

import ControlPlane
import KubernetesAPI

/// Workloads with how many pods they have, how those are, what they ask for, and how many are in each domain.
///
/// A pod that changes costs a look at a dictionary; a look at the workloads costs nothing. Pods that are done do not count.
struct WorkloadTally {
    struct Line: Equatable {
        var workload: Workload
        var pods = 0
        var ready = 0
        var faults = 0
        /// Those that are to have a node.
        var waiting = 0
        /// Those that ended badly.
        var failed = 0
        /// What those on a node request, in thousandths of a core and bytes; wide enough that what was added can be taken back.
        var milliCPU: Int128 = 0
        var memory: Int128 = 0
        /// Pods on nodes by the value of the topology key.
        var domains: [String: Int] = [:]

        fileprivate mutating func count(_ state: PodState, _ sign: Int) {
            if state == .ready { ready += sign }
            if state == .failed { failed += sign }
            if state.isFault { faults += sign }
        }
    }
    private var lines: [Line] = []
    private var slots: [Workload: Int] = [:]
    private var free: [Int] = []
    /// Users' workloads before those of the machinery, by namespace and name.
    private var order: [Int] = []

    var count: Int { order.count }
    /// The workloads that have pods: users' before those of the machinery, by namespace and name. O(workloads).
    var all: [Line] { order.map { lines[$0] } }
    /// Where those of ``all`` stand that have faults, then where the others do.
    var faultsFirst: [Int] { order.filter { lines[$0].faults > 0 } + order.filter { lines[$0].faults == 0 } }
    /// The line at one of the places of ``faultsFirst``.
    subscript(place: Int) -> Line { lines[place] }
    subscript(workload: Workload) -> Line? { slots[workload].map { lines[$0] } }

    /// Counts a pod on a node of `domain`, or one without a node.
    mutating func add(_ pod: PodCell, domain: String?) { count(pod, domain, 1) }
    /// Takes back what ``add(_:domain:)`` counted.
    mutating func remove(_ pod: PodCell, domain: String?) { count(pod, domain, -1) }

    /// Counts a pod on a node that was in one state in another, neither of them `done`.
    mutating func change(of workload: Workload, from old: PodState, to new: PodState) {
        guard old != new, let slot = slots[workload] else { return }
        lines[slot].count(old, -1)
        lines[slot].count(new, 1)
    }

    private mutating func count(_ pod: PodCell, _ domain: String?, _ sign: Int) {
        // Without a node, those that are over or on their way out are of no interest.
        guard pod.state != .done, domain != nil || pod.state.isWaiting else { return }
        let slot = slots[pod.workload] ?? insert(pod.workload)
        lines[slot].pods += sign
        lines[slot].count(pod.state, sign)
        if let domain {
            lines[slot].domains[domain, default: 0] += sign
            if lines[slot].domains[domain] == 0 { lines[slot].domains[domain] = nil }
            lines[slot].milliCPU += Int128(sign) * Int128(pod.requests.milliCPU)
            lines[slot].memory += Int128(sign) * Int128(pod.requests.memory)
        } else {
            lines[slot].waiting += sign
        }
        if lines[slot].pods == 0 { remove(slot) }
    }

    private func place(of workload: Workload) -> Int {
        order.partitioningIndex { other in
            let other = lines[other].workload
            return other.isSystem != workload.isSystem ? other.isSystem : !(other < workload)
        }
    }
    private mutating func insert(_ workload: Workload) -> Int {
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            lines[slot] = Line(workload: workload)
        } else {
            slot = lines.count
            lines.append(Line(workload: workload))
        }
        order.insert(slot, at: place(of: workload))
        slots[workload] = slot
        return slot
    }
    private mutating func remove(_ slot: Int) {
        order.remove(at: place(of: lines[slot].workload))
        slots[lines[slot].workload] = nil
        free.append(slot)
    }
}
