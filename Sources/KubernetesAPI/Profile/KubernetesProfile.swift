/// The Kubernetes that a cluster imitates: a release and its feature gates.
///
/// A profile fixes gates, changed defaults and version-dependent texts together, once, at the start
/// of a run. Code asks it for the behaviour it needs and does not compare versions:
///
/// ```swift
/// let profile = try KubernetesProfile(
///     version: KubernetesVersion("1.27"), overrides: [("InPlacePodVerticalScaling", true)])
/// profile.isEnabled(.inPlacePodVerticalScaling)  // true
/// profile.taintReasonIsGeneric                   // false
/// ```
public struct KubernetesProfile: Sendable, Hashable {
    /// The imitated release.
    public let version: KubernetesVersion

    /// One bit a gate, by ordinal; a second word as there are more than 64 gates.
    private var enabledLow: UInt64 = 0
    private var enabledHigh: UInt64 = 0

    /// The newest release with its own defaults: 1.37.
    public static let `default` = KubernetesProfile(.default)

    /// The defaults of version 1.`minor`; 22 … 37, anything else ends the program.
    public init(minor: Int) {
        self.init(KubernetesVersion(minor: minor))
    }

    /// A release with its own defaults.
    public init(_ version: KubernetesVersion) {
        self.version = version
        for gate in FeatureGate.allCases {
            set(gate, to: gate.isOnByDefault(in: version))
        }
    }

    /// A release with some gates set.
    ///
    /// As in Kubernetes, a name given twice takes its last value, and `AllAlpha` and `AllBeta` set
    /// those gates of their stage that are not named themselves. A locked gate may be set to true.
    ///
    /// - Parameter overrides: upstream names and values, in the order given by the user.
    /// - Throws: the first of: a name unknown in the release, a locked gate set to false (both in
    ///   the order of `overrides`), a gate that is on while one that it needs is off (in the order
    ///   of the table).
    /// - Source: Kubernetes v1.36, `staging/src/k8s.io/component-base/featuregate`.
    public init(
        version: KubernetesVersion, overrides: [(String, Bool)]
    ) throws(ProfileError) {
        self.init(version)
        var named: [(FeatureGate, Bool)] = []
        for (name, value) in overrides {
            switch name {
            case Self.allAlpha:
                for gate in FeatureGate.allCases where gate.stage(in: version).isAlpha {
                    set(gate, to: value)
                }
            case Self.allBeta:
                for gate in FeatureGate.allCases where gate.stage(in: version).isBeta {
                    set(gate, to: value)
                }
            default:
                named.append((try Self.settableGate(name, to: value, in: version), value))
            }
        }
        for (gate, value) in named {
            set(gate, to: value)
        }
        try checkDependencies()
    }

    /// A release with the gates of a list as the flag `--feature-gates` takes it.
    ///
    /// - Parameter featureGates: such as `A=true,B=false`; empty for none.
    /// - Throws: as `parseOverrides(_:)` and `init(version:overrides:)`.
    public init(version: KubernetesVersion, featureGates: String) throws(ProfileError) {
        try self.init(version: version, overrides: Self.parseOverrides(featureGates))
    }

    /// Whether the behaviour behind a gate is there.
    ///
    /// A gate that the release does not know yet is off. A gate that it does not know any more is
    /// on, since its behaviour is built in, except for those of `FeatureGate.isDropped`.
    ///
    /// - Complexity: O(1), a bit test.
    public func isEnabled(_ gate: FeatureGate) -> Bool {
        let bit = gate.rawValue
        let word = bit < 64 ? enabledLow : enabledHigh
        return word & (1 << UInt64(truncatingIfNeeded: bit & 63)) != 0
    }

    /// The gates that the release knows and that differ from its default, in the order of the
    /// table.
    public var changedGates: [FeatureGate] {
        FeatureGate.allCases.filter { isEnabled($0) != $0.isOnByDefault(in: version) }
    }

    /// The same with one gate set, whatever it needs and whatever needs it.
    package func with(_ gate: FeatureGate, on: Bool) -> KubernetesProfile {
        var copy = self
        copy.set(gate, to: on)
        return copy
    }

    /// The same release with some gates set besides those that were changed already.
    ///
    /// - Throws: as ``init(version:overrides:)``.
    public func setting(_ gates: [(String, Bool)]) throws(ProfileError) -> KubernetesProfile {
        let named = Set(gates.map(\.0))
        let kept = changedGates.filter { !named.contains($0.name) && $0.stage(in: version).isKnown }.map { ($0.name, isEnabled($0)) }
        return try KubernetesProfile(version: version, overrides: kept + gates)
    }

    /// What has to be set together with `gate` so that every gate that is on has what it needs: the gates that it
    /// needs when it is turned on, those that need it when it is turned off. In the order of the table, `gate` included.
    public func settings(for gate: FeatureGate, on: Bool) -> [(FeatureGate, Bool)] {
        var wanted: Set<FeatureGate> = [gate]
        var grew = true
        while grew {
            grew = false
            for other in FeatureGate.allCases where !wanted.contains(other) && isEnabled(other) != on {
                let follows = on ? wanted.contains { $0.dependencies.contains(other) } : other.dependencies.contains { wanted.contains($0) }
                if follows { (wanted, grew) = (wanted.union([other]), true) }
            }
        }
        return FeatureGate.allCases.filter(wanted.contains).map { ($0, on) }
    }

    private mutating func set(_ gate: FeatureGate, to value: Bool) {
        let bit = gate.rawValue
        let mask: UInt64 = 1 << UInt64(bit & 63)
        if bit < 64 {
            enabledLow = value ? enabledLow | mask : enabledLow & ~mask
        } else {
            enabledHigh = value ? enabledHigh | mask : enabledHigh & ~mask
        }
    }
}

// MARK: - Overrides

extension KubernetesProfile {
    /// The name that stands for all alpha gates not named themselves.
    public static let allAlpha = "AllAlpha"

    /// The name that stands for all beta gates not named themselves.
    public static let allBeta = "AllBeta"

    /// Reads a list of gates as the flag `--feature-gates` takes it.
    ///
    /// Values are those that Go reads as booleans: `1`, `t`, `T`, `true`, `True`, `TRUE` and their
    /// opposites. Blanks around names and values and empty items are skipped.
    ///
    /// - Returns: names and values in the order of the list; names are not checked.
    /// - Throws: `ProfileError.missingName`, `.missingValue` or `.invalidValue` for the first bad item.
    public static func parseOverrides(_ list: String) throws(ProfileError) -> [(String, Bool)] {
        var overrides: [(String, Bool)] = []
        for item in list.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].trimmed
            if name.isEmpty && parts.count == 1 { continue }
            if name.isEmpty { throw .missingName(item: item.trimmed) }
            guard parts.count == 2 else { throw .missingValue(item: name) }
            let text = parts[1].trimmed
            guard let value = boolean(text) else { throw .invalidValue(name: name, value: text) }
            overrides.append((name, value))
        }
        return overrides
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "True", "TRUE": true
        case "0", "f", "F", "false", "False", "FALSE": false
        default: nil
        }
    }

    private static func settableGate(
        _ name: String, to value: Bool, in version: KubernetesVersion
    ) throws(ProfileError) -> FeatureGate {
        guard let gate = FeatureGate(name: name), gate.stage(in: version).isKnown else {
            let nearest = nearestName(to: name, in: version)
            throw .unrecognizedGate(name, version: version, nearest: nearest)
        }
        if !value && gate.stage(in: version) == .locked {
            throw .lockedGate(gate, version: version)
        }
        return gate
    }

    // Differs from Kubernetes: dependencies are checked in every release, though only the newest
    // ones refuse to start; a half-enabled feature would show behaviour nobody describes.
    private func checkDependencies() throws(ProfileError) {
        for gate in FeatureGate.allCases where isEnabled(gate) {
            let disabled = gate.dependencies.filter { !isEnabled($0) }
            if !disabled.isEmpty {
                throw .disabledDependencies(gate, disabled: disabled)
            }
        }
    }

    /// The name most like `name` that the release accepts, or nil if none is close.
    ///
    /// A name of the table is spelled correctly, so it gets no suggestion.
    private static func nearestName(to name: String, in version: KubernetesVersion) -> String? {
        guard FeatureGate(name: name) == nil else { return nil }
        let known = FeatureGate.allCases.filter { $0.stage(in: version).isKnown }.map(\.name)
        let lowercased = Array(name.lowercased().utf8)
        let distances = (known + [allAlpha, allBeta]).map { candidate in
            (candidate, editDistance(lowercased, Array(candidate.lowercased().utf8)))
        }
        // One slip for each three letters: further away it is another word, not a typing error.
        guard let nearest = distances.min(by: { $0.1 < $1.1 }), nearest.1 * 3 <= name.utf8.count
        else { return nil }
        return nearest.0
    }

    /// Levenshtein's distance: single-byte insertions, deletions and replacements.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let replaced = previous[column] + (byte == other ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
