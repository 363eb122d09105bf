import ControlPlane
import KubernetesAPI
import SimulationKit
public struct KubeletConfiguration: Sendable { public init() {} }
public struct KubeletFleet: Component {
    public var cursor = WatchCursor.beginning
    public init(profile: KubernetesProfile, seed: UInt64, configuration: KubeletConfiguration = .init()) {}
    public func nextWake(_ cluster: Cluster) -> Instant? { nil }
    public mutating func run(_ cluster: inout Cluster) {}
    public mutating func fail(node: String, in cluster: Cluster) {}
    public mutating func recover(node: String, in cluster: inout Cluster) {}
    public mutating func setLoad(kind: Kind, key: ObjectKey, cpu: Quantity?, memory: Quantity?) {}
    public func usage(of pod: Pod, in cluster: Cluster) -> (milliCPU: Int64, memory: Int64) { (0, 0) }
}
public struct ResizeRequest { public init(_ name: String, requests: ResourceList, limits: ResourceList) {} }
extension Cluster { public mutating func resize(pod: ObjectKey, _ r: [ResizeRequest]) throws(APIError) {} }
extension KubeletConfiguration: APIStruct { public static let summary = ""; public static let fields: [Field<KubeletConfiguration>] = []; public func validate(profile: KubernetesProfile) -> [String] { [] } }
