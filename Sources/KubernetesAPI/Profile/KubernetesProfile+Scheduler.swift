// What kube-scheduler does differently from release to release, outside of feature gates.
//
// "Source" names where the boundary comes from. "Golden data" are decisions recorded from the real
// schedulers of v1.27.1 and v1.34.1; where only such end points are known, the doc says
// "Judgement" and gives the releases that are certain. The releases stand in the table of `VersionChange`.

// MARK: - Choosing a node

extension KubernetesProfile {
    /// How the scheduler chooses among nodes with the same highest total.
    public enum SchedulerTieRule: Hashable, Sendable {
        /// Uniformly random among the highest.
        case random
        /// The root of a binary max-heap built over the feasible nodes in their order.
        ///
        /// Deterministic, but not "first in list": for totals 5, 9, 9 it is the second node, for
        /// 1, 1, 9, 9 the fourth.
        case heap
    }

    /// How ties among nodes are broken: the heap from 1.36 on, chance before.
    ///
    /// - Source: Kubernetes v1.36.2 and v1.34.1, `pkg/scheduler/schedule_one.go`. Judgement for
    ///   1.35, taken as random.
    public var schedulerTieRule: SchedulerTieRule { has(.tiesByHeap) ? .heap : .random }

    /// What the score of `NodeResourcesBalancedAllocation` compares.
    public enum BalancedAllocationFormula: Hashable, Sendable {
        /// The balance of the node with the pod on it: `b(with)`, 0 to 100.
        case afterOnly
        /// The change of balance: `50 + (50 + b(with) − b(without)) div 2`, 50 to 100.
        case improvement
    }

    /// The formula of `NodeResourcesBalancedAllocation`: improvement from 1.36 on, after-only before.
    ///
    /// - Source: Kubernetes v1.36.2 and v1.34.1, `noderesources/balanced_allocation.go`. Judgement
    ///   for 1.35, taken as after-only.
    public var balancedAllocationFormula: BalancedAllocationFormula {
        has(.balancedByImprovement) ? .improvement : .afterOnly
    }

    /// Whether `NodeResourcesBalancedAllocation` has no opinion (0) on a pod that requests neither
    /// cpu nor memory; before 1.33 it scores such a pod like any other.
    ///
    /// - Source: kubernetes PR 130260; golden data.
    public var bestEffortBalancedAllocationSkipped: Bool { has(.balanceOfBestEffortSkipped) }

    /// Whether `PodTopologySpread` gives every feasible node its full 100 (200 with its weight)
    /// when no soft constraint applies; from 1.28 on the plugin is skipped and counts 0.
    ///
    /// All nodes get the same, so the winner does not change; totals on the screen do.
    ///
    /// - Source: kubernetes PR 118608; golden data.
    public var spreadWithoutSoftConstraintsScores: Bool { !has(.spreadWithoutSoftConstraintsSkipped) }

    /// Whether `ImageLocality` also sums the images of init containers.
    ///
    /// - Source: kubernetes issue 115587; golden data (1.27 no, 1.34 yes). Judgement for 1.28 to
    ///   1.33, taken as yes.
    public var imageLocalityCountsInitContainers: Bool { has(.imageLocalityOfInitContainers) }
}

// MARK: - Filters and their reasons

extension KubernetesProfile {
    /// Whether the reason for an untolerated taint leaves key and value out: `node(s) had
    /// untolerated taint(s)` from 1.35 on, `node(s) had untolerated taint {KEY: VALUE}` before.
    ///
    /// - Source: kubernetes PR 134740. Its back-port to 1.34.2 is not imitated.
    public var taintReasonIsGeneric: Bool { has(.untoleratedTaintText) }

    /// Whether `NodeResourcesFit` answers UnschedulableAndUnresolvable on a node whose entire
    /// allocatable is smaller than a request; before 1.34 it is plain Unschedulable, so that
    /// preemption tries such nodes in vain.
    ///
    /// - Source: kubernetes PR 131345; golden data.
    public var fitTooLargeIsUnresolvable: Bool { has(.tooLargeUnresolvable) }

    /// Whether a conflict over a ReadWriteOncePod claim cannot be solved by preemption: up to 1.26.
    ///
    /// - Source: KEP-2485, Kubernetes v1.27.1 `volumerestrictions/volume_restrictions.go`.
    public var readWriteOncePodConflictIsUnresolvable: Bool { !has(.readWriteOncePodPreempts) }

    /// The filter reason for a ReadWriteOncePod claim that another pod uses; new words from 1.33
    /// on.
    ///
    /// - Source: kubernetes PR 129145; golden data.
    public var readWriteOncePodReason: String {
        has(.readWriteOncePodText)
            ? "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode"
                + " already in-use by another pod"
            : "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod"
                + " access mode"
    }

    /// The filter reason for a bound volume that the node cannot reach; new words from 1.33 on.
    ///
    /// - Source: kubernetes PR 129887; golden data.
    public var volumeNodeAffinityReason: String {
        has(.volumeAffinityText)
            ? "node(s) didn't match PersistentVolume's node affinity"
            : "node(s) had volume node affinity conflict"
    }

    /// Whether nodes that a non-empty PreFilter node set left out are counted in the failure text
    /// as `node(s) didn't satisfy plugin(s) [NodeAffinity]`; before 1.30 they are not mentioned.
    ///
    /// - Source: kubernetes PR 119779, merged for 1.30; golden data.
    public var preFilterExclusionsAreCounted: Bool { has(.preFilterExclusionsCounted) }
}

// MARK: - Queue

extension KubernetesProfile {
    /// Whether the end of a backoff is rounded down to a whole second.
    ///
    /// - Source: Kubernetes v1.33, `pkg/scheduler/backend/queue/backoff_queue.go`.
    public var backoffExpiryIsFloored: Bool { has(.backoffFloored) }
}

// MARK: - Preemption

extension KubernetesProfile {
    /// Whether the profile has the plugin `DynamicResources`, whose PostFilter text
    /// `no new claims to deallocate` precedes that of preemption.
    ///
    /// With it, a PreFilter refusal leaves `not found` as the whole PostFilter text, and preemption
    /// does not run.
    ///
    /// - Source: Kubernetes v1.34.1 `pkg/scheduler/apis/config/v1/default_plugins.go`; golden data.
    public var postFilterDynamicResourcesText: Bool { has(.dynamicResourcesText) }

    /// Whether preemption's sentence brings its own full stop, so that the whole failure text ends
    /// in two; up to 1.29.
    ///
    /// - Source: kubernetes PR 117588 and issue 123301 ("resolved in 1.30"); golden data.
    public var failureTextEndsInTwoStops: Bool { !has(.oneFullStop) }

    /// Whether nodes count as `Preemption is not helpful for scheduling` after a PreFilter refusal;
    /// in 1.26 and 1.27 they count as neither curable nor incurable.
    ///
    /// - Source: kubernetes PR 119778; golden data. Its back-ports are not imitated.
    public var preFilterRefusalIsUnresolvable: Bool { has(.preFilterRefusalUnresolvable) || !has(.preFilterRefusalUndecided) }

    /// Whether the victims of a node are listed by importance; before 1.32 those that violate a
    /// disruption budget come first.
    ///
    /// The first victim is taken for the most important one when nodes are compared, so the choice
    /// of the node can differ too.
    ///
    /// - Source: kubernetes PR 128307; golden data. Its back-ports are not imitated.
    public var victimsAreSortedByImportance: Bool { has(.victimsByImportance) }

    /// Whether the event `Preempted` names the preemptor's UID:
    /// `Preempted by pod UID on node NODE` from 1.29 on, `Preempted by a pod on node NODE` before.
    ///
    /// - Source: kubernetes issue 119866, after the freeze of 1.28.
    public var preemptedEventNamesPreemptor: Bool { has(.preemptorNamed) }
}
