import ControlPlane
import KubernetesAPI
import SimulationKit
public struct ControllerManager: Component {
    public var cursor = WatchCursor.beginning
    public init(profile: KubernetesProfile, seed: UInt64) {}
    public func nextWake(_ cluster: Cluster) -> Instant? { nil }
    public mutating func run(_ cluster: inout Cluster) {}
}
