import ControlPlane
import KubernetesAPI

/// What a resize would do now, in words for a dialog.
public struct ResizeOutlook: Sendable {
    public enum Verdict: Sendable { case fits, deferred, infeasible, refused }
    public var verdict: Verdict
    /// The kubelet's or API server's own text, or what happens.
    public var message: String
    /// Further lines: restarts, what would fit, what stays as it is.
    public var remarks: [String]
    /// What the pod requests more (or less) than now.
    public var change: Resources
    /// The largest CPU request of the changed container that fits now.
    public var largestCPU: Quantity?

    /// The verdict in a word.
    public var word: String {
        switch verdict {
        case .fits: "FITS now"
        case .deferred: "DEFERRED"
        case .infeasible: "INFEASIBLE"
        case .refused: "REFUSED"
        }
    }
}

extension Simulation {
    public func outlook(resizing pod: ObjectKey, _ resizes: [ContainerResize]) -> ResizeOutlook? { nil }
}
