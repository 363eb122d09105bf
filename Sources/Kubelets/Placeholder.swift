import ControlPlane
import KubernetesAPI
import SimulationKit
public struct KubeletConfiguration: Sendable { public init() {} }
public struct KubeletFleet: Component {
    public var cursor = WatchCursor.beginning
    public init(profile: KubernetesProfile, seed: UInt64, configuration: KubeletConfiguration = .init()) {}
    public func nextWake(_ cluster: Cluster) -> Instant? { nil }
    public mutating func run(_ cluster: inout Cluster) {}
}
