/// Why a version or a set of feature gates is refused.
///
/// `description` is a sentence for a person; where Kubernetes has words for the case, it starts
/// with them.
public enum ProfileError: Error, Hashable, Sendable {
    /// The text names no release of `KubernetesVersion.minors`.
    case unknownVersion(String)
    /// The release has no gate of this name, though others may; `nearest` is a known name like it.
    case unrecognizedGate(String, version: KubernetesVersion, nearest: String?)
    /// The gate is locked to true in the release.
    case lockedGate(FeatureGate, version: KubernetesVersion)
    /// The gate is on, but gates that it needs are off.
    case disabledDependencies(FeatureGate, disabled: [FeatureGate])
    /// An item of a list has a value but no name.
    case missingName(item: String)
    /// An item of a list such as `A=true,B=false` has no value.
    case missingValue(item: String)
    /// The value of an item is none of those that Go reads as a boolean.
    case invalidValue(name: String, value: String)
}

extension ProfileError: CustomStringConvertible {
    /// The refusal as a sentence without a full stop.
    public var description: String {
        switch self {
        case .unknownVersion(let text):
            return "unknown Kubernetes version \"\(text)\": use \(KubernetesVersion.rangeText)"
        case .unrecognizedGate(let name, let version, let nearest):
            let history = Self.history(ofGateNamed: name, in: version)
            let hint = nearest.map { "; did you mean \($0)?" } ?? ""
            return "unrecognized feature gate: \(name) (\(history)\(hint))"
        case .lockedGate(let gate, _):
            return "cannot set feature gate \(gate) to false, feature is locked to true"
        case .disabledDependencies(let gate, let disabled):
            let names = disabled.map(\.name).joined(separator: " ")
            return "\(gate) is enabled, but depends on features that are disabled: [\(names)]"
        case .missingName(let item):
            return "missing feature gate name in \(item)"
        case .missingValue(let item):
            return "missing bool value for \(item): write \(item)=true or \(item)=false"
        case .invalidValue(let name, let value):
            return "invalid value of \(name)=\(value): use true or false"
        }
    }

    private static func history(
        ofGateNamed name: String, in version: KubernetesVersion
    ) -> String {
        guard let gate = FeatureGate(name: name) else {
            return "no such gate in Kubernetes \(KubernetesVersion.rangeText)"
        }
        let known = gate.versions
        let releases =
            known.lowerBound == known.upperBound
            ? "only in \(known.lowerBound)" : "in \(known.lowerBound) to \(known.upperBound)"
        guard gate.stage(in: version) == .removed else {
            return "it exists \(releases), not yet in \(version)"
        }
        let afterwards = gate.isDropped ? "dropped" : "made permanent"
        return "it exists \(releases) and was \(afterwards) by \(version)"
    }
}
