public import KubernetesAPI

/// Pods that a topology spread constraint looks at alike, and how they are spread now.
///
/// One group for each distinct rule: namespace, effective selector, topology key, action, numbers and policies.
/// The quantities are those of the scheduler's filter; ``skewNow`` is about pods that are there, ``SpreadDomain/oneMore``
/// about the next one as far as this rule goes, ``SpreadDomain/takesOneMore`` about the next one as the whole filter has it.
public struct SpreadGroup: Sendable, Equatable {
    /// The workload whose pods carry the constraint.
    public struct Owner: Sendable, Hashable {
        /// `Deployment`, `StatefulSet` …; `Pod` for a pod without owner.
        public var kind: String
        public var name: String
    }
    public enum State: String, Sendable { case ok, atLimit, uneven, violated }

    /// A node that does not count for the rule.
    public struct ExcludedNode: Sendable, Equatable {
        public enum Why: Sendable, Equatable {
            /// It lacks this label, a topology key of the pod's constraints with the same action.
            case missingLabel(String)
            /// The pod's node selector or affinity does not allow it.
            case affinity
            /// It has this taint, which the pod does not tolerate.
            case taint(String)
        }
        public var name: String
        public var why: Why
        public init(name: String, why: Why) { (self.name, self.why) = (name, why) }
        /// The reason in words.
        public var text: String {
            switch why {
            case .missingLabel(let key): "no label \(key)"
            case .affinity: "not allowed by node selector or affinity"
            case .taint(let taint): "taint \(taint)"
            }
        }
    }

    /// All workloads with pods that carry the rule, in the order of their first pod.
    public var owners: [Owner]
    public var namespace: String
    public var topologyKey: String
    /// DoNotSchedule rather than ScheduleAnyway.
    public var isHard: Bool
    public var maxSkew: Int
    /// As written, where the version knows it; nil counts as 1.
    public var minDomains: Int?
    /// Whether node selector and affinity decide which nodes count.
    public var honorsAffinity: Bool
    /// Whether taints decide which nodes count.
    public var honorsTaints: Bool
    /// What is counted, with the values of matchLabelKeys put in: `app=web,pod-template-hash=7d9f6c`.
    public var selector: String
    public var matchLabelKeys: [String]
    /// The value of `pod-template-hash`, if matchLabelKeys tells revisions apart.
    public var revision: String?
    /// The rule comes from the scheduler's configuration, not from the pods.
    public var isDefault: Bool
    /// The profile of the scheduler that places the pods.
    public var scheduler: String
    /// Whether that profile has the plugin that filters by spread; if not, a hard rule holds nothing back.
    public var isEnforced: Bool

    /// Pods with the rule in their spec, placed or waiting.
    public var carriers: Int
    /// Carriers without a node, sorted.
    public var waiting: [ObjectKey]
    /// Whether a carrier counts itself: if not, placing it changes no count.
    public var selfMatch: Int
    /// Eligible domains, sorted by name.
    public var domains: [SpreadDomain]
    /// Matching pods on nodes that do not count, sorted; in no sum.
    public var stranded: [ObjectKey]
    /// Matching pods that are being deleted, sorted; in no sum.
    public var terminating: [ObjectKey]
    /// Nodes that do not count, sorted by name.
    public var excludedNodes: [ExcludedNode]

    /// m: the fewest pods in an eligible domain.
    public var minimum: Int
    /// g: the minimum that the rule goes by, 0 while there are fewer domains than minDomains.
    public var effectiveMinimum: Int

    /// `Deployment web / topology.kubernetes.io/zone / DoNotSchedule`, with the revision if there is one.
    public var label: String {
        let owner = owners.first.map { "\($0.kind) \($0.name)" } ?? namespace
        return [
            owner + (revision.map { " (\($0))" } ?? ""), topologyKey,
            isHard ? "DoNotSchedule" : "ScheduleAnyway",
        ]
        .joined(separator: " / ")
    }
    /// D: how many domains are eligible.
    public var domainCount: Int { domains.count }
    /// Pods counted in all domains.
    public var matched: Int { domains.reduce(0) { $0 + $1.pods } }
    /// By how much the fullest domain exceeds what the rule goes by; 0 without domains.
    public var skewNow: Int { domains.map(\.skew).max() ?? 0 }
    /// The fullest domain's pods less the emptiest one's.
    public var rawSpread: Int { (domains.map(\.pods).max() ?? 0) - minimum }
    /// More skew than allowed: after a scale-down or an eviction. For a soft rule read "uneven".
    public var violatedNow: Bool { skewNow > maxSkew }
    public var minDomainsUnmet: Bool { isHard && domainCount < minDomains ?? 1 }
    public var state: State {
        if violatedNow { return isHard ? .violated : .uneven }
        return skewNow == maxSkew ? .atLimit : .ok
    }
    /// Domains with the fewest pods that cannot take one, whatever the spread: they hold the minimum down.
    public var blockers: [String] { domains.filter { $0.pods == minimum && !$0.isOpen }.map(\.name) }

    /// How many more pods the rule allows in the domains that can take any; nil: any number, or the rule is soft.
    ///
    /// Domains that can take no pod hold the minimum down, now or once the others have caught up.
    public var room: Int? {
        guard isHard else { return nil }
        var bound = domains.filter { !$0.isOpen }.map(\.pods).min()
        if minDomainsUnmet { bound = 0 }
        guard let bound else { return nil }
        return domains.filter(\.isOpen).reduce(0) { $0 + max(0, bound + maxSkew - $1.pods) }
    }

    /// The least number of pods to move so that no two domains differ by more than maxSkew; nil if no moves can do it:
    /// domains are missing, or those that lack pods take none.
    public var movesToEven: Int? {
        if minDomainsUnmet && violatedNow { return nil }
        if domains.isEmpty { return 0 }
        return RebalanceMath(domains.map { .init(pods: $0.pods, movable: $0.pods, isOpen: $0.isOpen) }, maxSkew: maxSkew)?.moves
    }
    /// Whether pods wait for this rule: it refuses every domain that would take one otherwise.
    public var isBlocked: Bool {
        isHard && isEnforced && !waiting.isEmpty && domains.contains(where: \.isOpen) && domains.allSatisfy { !$0.isOpen || !$0.takesNext }
    }
}

/// One domain of a spread group.
public struct SpreadDomain: Sendable, Equatable {
    /// The value of the topology key.
    public var name: String
    /// Nodes with this value, those that count, and those of them that would take a carrier if there were no spread.
    public var nodes: Int
    public var countedNodes: Int
    public var openNodes: Int
    /// Pods that count.
    public var pods: Int
    /// Those of them that are ready.
    public var ready: Int
    /// Pods above the minimum that the rule goes by.
    public var skew: Int
    /// What the filter would compute for one more pod here: pods + self − minimum.
    public var oneMore: Int
    /// Whether this rule allows that; for a soft rule that is only a wish.
    public var takesNext: Bool
    /// Counted nodes that pass the scheduler's whole filter for a new pod like the carriers.
    public var takers: Int
    /// What the filter would compute, spelled out: `5+1-4 = 2 > 1`.
    public func arithmetic(maxSkew: Int) -> String {
        "\(pods)+\(oneMore - skew)-\(pods - skew) = \(oneMore) \(oneMore <= maxSkew ? "≤" : ">") \(maxSkew)"
    }
    /// Whether a node would take a carrier if there were no spread.
    public var isOpen: Bool { openNodes > 0 }
    /// Whether the scheduler would find a node here for one more pod.
    public var takesOneMore: Bool { takers > 0 }
}
