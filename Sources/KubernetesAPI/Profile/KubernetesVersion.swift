/// A minor release of Kubernetes that Evenkeel can imitate, from 1.22 to 1.37.
///
/// Patch releases are not told apart: the behaviour is that of the `.0` release, except where a
/// property of `KubernetesProfile` names another.
public struct KubernetesVersion: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// The second number of the release: 37 for 1.37. Within `minors`.
    public let minor: Int

    /// The minor numbers that have a column in the table of feature gates.
    public static let minors: ClosedRange<Int> = 22...37

    /// The release used when nobody asks for another: 1.37.
    public static let `default` = KubernetesVersion(minor: 37)

    /// All known releases, oldest first.
    public static let all: [KubernetesVersion] = minors.map { KubernetesVersion(minor: $0) }

    /// The release 1.`minor`.
    ///
    /// - Precondition: `minor` is within `minors`; text from a person goes through `init(_:)`.
    public init(minor: Int) {
        precondition(
            Self.minors.contains(minor), "Kubernetes 1.\(minor) is outside of \(Self.rangeText)")
        self.minor = minor
    }

    /// Reads `1.37`, `v1.37` or `1.37.2`; the patch number is checked for digits and forgotten.
    ///
    /// - Throws: `ProfileError.unknownVersion` with the text given.
    public init(_ text: some StringProtocol) throws(ProfileError) {
        let digits = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let numbers = digits.split(separator: ".", omittingEmptySubsequences: false)
        let isPlain = numbers.allSatisfy { number in
            !number.isEmpty && number.allSatisfy { ("0"..."9").contains($0) }
        }
        guard isPlain, numbers.count == 2 || numbers.count == 3, numbers[0] == "1",
            let minor = Int(numbers[1]), Self.minors.contains(minor)
        else {
            throw .unknownVersion(String(text))
        }
        self.minor = minor
    }

    /// The known release nearest to a version as servers and kubelets tell it, `v1.36.2-eks-1`; nil if that is none.
    public static func nearest(to text: String) -> KubernetesVersion? {
        let numbers = text.drop { $0 == "v" }.split(separator: ".")
        guard numbers.count >= 2, let minor = Int(numbers[1].prefix { $0.isASCII && $0.isNumber }) else { return nil }
        return all.min { abs($0.minor - minor) < abs($1.minor - minor) }
    }

    /// The known range as a person reads it: `1.22 to 1.37`.
    public static var rangeText: String { "1.\(minors.lowerBound) to 1.\(minors.upperBound)" }

    /// The release as `1.37`.
    public var description: String { "1.\(minor)" }

    /// Older releases come first.
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.minor < rhs.minor }
}
