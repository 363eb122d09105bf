// The stages of a feature gate, and what each allows.

extension FeatureGate {
    /// How far a gate has come in one release, and what it is unless somebody sets it.
    public enum Stage: Character, CaseIterable, Sendable {
        /// The release does not know the gate yet.
        case absent = "·"
        /// Alpha and off.
        case alphaOff = "a"
        /// Alpha and on; no gate of the table uses it.
        case alphaOn = "A"
        /// Beta and off.
        case betaOff = "b"
        /// Beta and on.
        case betaOn = "B"
        /// Generally available, on, and still possible to turn off.
        case ga = "G"
        /// Generally available and locked: turning it off is refused.
        case locked = "L"
        /// Deprecated and off.
        case deprecated = "d"
        /// The release does not know the gate any more; see `FeatureGate.isDropped`.
        case removed = "×"

        /// The stage in words, without its default: `alpha`, `beta`, `GA`, `GA, locked` and so on.
        public var text: String {
            switch self {
            case .absent: "not there yet"
            case .alphaOff, .alphaOn: "alpha"
            case .betaOff, .betaOn: "beta"
            case .ga: "GA"
            case .locked: "GA, locked"
            case .deprecated: "deprecated"
            case .removed: "removed"
            }
        }

        /// Whether the release accepts the gate's name.
        public var isKnown: Bool { self != .absent && self != .removed }

        /// Whether a known gate is on when nobody sets it.
        public var isOnByDefault: Bool {
            switch self {
            case .alphaOn, .betaOn, .ga, .locked: true
            case .absent, .alphaOff, .betaOff, .deprecated, .removed: false
            }
        }

        /// Whether the gate follows `AllAlpha`.
        public var isAlpha: Bool { self == .alphaOff || self == .alphaOn }

        /// Whether the gate follows `AllBeta`.
        public var isBeta: Bool { self == .betaOff || self == .betaOn }
    }

    /// The gate's stage in a release.
    ///
    /// - Complexity: O(1), no allocation.
    public func stage(in version: KubernetesVersion) -> Stage {
        Self.rows[rawValue].stages[version.minor - KubernetesVersion.minors.lowerBound]
    }

    /// The heading under which lists show the gate.
    public var group: Group { Self.rows[rawValue].group }

    /// The releases that accept the gate's name, oldest first; never empty and without holes.
    public var versions: ClosedRange<KubernetesVersion> {
        let known = KubernetesVersion.all.filter { stage(in: $0).isKnown }
        guard let first = known.first, let last = known.last else {
            preconditionFailure("\(name) has no release in the table of feature gates")
        }
        return first...last
    }

    /// Whether the gate went away together with its behaviour, rather than becoming built in.
    ///
    /// True for a removed gate that never became GA: `PodHasNetworkCondition` (renamed to
    /// `PodReadyToStartContainersCondition` in 1.28), `InPlacePodVerticalScalingAllocatedStatus`
    /// (withdrawn), `GangScheduling` and `WorkloadAwarePreemption` (part of `GenericWorkload`
    /// since 1.37). After their removal these are off; every other removed gate is on.
    public var isDropped: Bool {
        let history = Self.rows[rawValue].stages
        guard history.last == .removed, let last = history.last(where: \.isKnown) else {
            return false
        }
        return last != .ga && last != .locked
    }

    /// Whether the behaviour is there in a release when nobody sets the gate.
    ///
    /// A removed gate counts as on, as its behaviour is built in, unless it was dropped.
    public func isOnByDefault(in version: KubernetesVersion) -> Bool {
        let stage = stage(in: version)
        return stage == .removed ? !isDropped : stage.isOnByDefault
    }
}
