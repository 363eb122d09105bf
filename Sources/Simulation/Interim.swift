import ControlPlane
import KubernetesAPI
public struct ResizeRequest { public init(_ name: String, requests: ResourceList, limits: ResourceList) {} }
extension Cluster { public mutating func resize(pod: ObjectKey, _ r: [ResizeRequest]) throws(APIError) {} }
