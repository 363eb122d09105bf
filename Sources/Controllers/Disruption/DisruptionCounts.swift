// What a disruption budget has to know of its pods, kept up by those that change.

import ControlPlane
import KubernetesAPI

/// How many pods a budget selects, how many of them are healthy, and whose they are.
struct DisruptionCounts: Sendable, Equatable {
    /// What one pod adds.
    private struct Member: Sendable, Equatable {
        var isHealthy: Bool
        /// The identity of its controlling owner; nil if it has none.
        var owner: String?
    }
    private struct Owner: Sendable, Equatable {
        /// As one of its pods has it.
        var reference: OwnerReference
        var pods: Int
        static func == (a: Owner, b: Owner) -> Bool { a.pods == b.pods && a.reference.uid == b.reference.uid }
    }
    /// By slot.
    private var members: [Int: Member] = [:]
    private var byOwner: [String: Owner] = [:]
    private(set) var healthy = 0
    /// Pods without an owner.
    private(set) var unmanaged = 0

    var pods: Int { members.count }

    /// The owners, each once, by their identities.
    var owners: [OwnerReference] { byOwner.values.map(\.reference).sorted { $0.uid < $1.uid } }

    static func isHealthy(_ pod: Pod) -> Bool { pod.isReady && !pod.metadata.isTerminating }

    /// The pod in `slot` is this one now; nil: the budget selects none there.
    mutating func set(_ slot: Int, _ pod: Pod?) {
        if let old = members[slot] { add(old, -1) }
        guard let pod else { return members[slot] = nil }
        let controller = pod.metadata.controller
        let new = Member(isHealthy: Self.isHealthy(pod), owner: controller?.uid)
        members[slot] = new
        if let controller, byOwner[controller.uid] == nil { byOwner[controller.uid] = Owner(reference: controller, pods: 0) }
        add(new, 1)
    }
    private mutating func add(_ member: Member, _ sign: Int) {
        if member.isHealthy { healthy += sign }
        guard let owner = member.owner else { return unmanaged += sign }
        byOwner[owner]?.pods += sign
        if byOwner[owner]?.pods == 0 { byOwner[owner] = nil }
    }
}
