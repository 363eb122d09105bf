import ControlPlane
import KubernetesAPI
import SimulationKit
public struct SchedulerConfiguration: Sendable { public init() {} }
public struct Scheduler: Component {
    public var cursor = WatchCursor.beginning
    public init(profile: KubernetesProfile, seed: UInt64, configuration: SchedulerConfiguration = .init()) {}
    public func nextWake(_ cluster: Cluster) -> Instant? { nil }
    public mutating func run(_ cluster: inout Cluster) {}
}
