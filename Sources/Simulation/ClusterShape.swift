import ControlPlane
import KubernetesAPI

/// The nodes put under manifests that bring none.
public struct ClusterShape: Sendable, Equatable {
    /// How many zones, 1 … 26.
    public var zones: Int
    /// How many nodes in sum, 1 or more; zones get them in turn.
    public var nodes: Int

    public init(zones: Int = 3, nodes: Int = 12) {
        self.zones = zones
        self.nodes = nodes
    }

    /// The node objects: `a1`, `b1`, `c1`, `a2` … in zones `eu-a`, `eu-b`, `eu-c` …, each with 4 cores,
    /// 16 GiB and room for 110 pods.
    public var manifests: [Node] {
        (0..<nodes).map { index in
            let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index % zones)))
            var node = Node()
            node.metadata.name = "\(letter)\(index / zones + 1)"
            node.metadata.labels = [
                "kubernetes.io/hostname": node.metadata.name, "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64", "topology.kubernetes.io/zone": "eu-\(letter)",
                "topology.kubernetes.io/region": "eu",
            ]
            node.status.capacity = [
                "cpu": Quantity(4), "memory": Quantity(bytes: 16 << 30), "pods": Quantity(110),
                "ephemeral-storage": Quantity(bytes: 100 << 30),
            ]
            node.status.allocatable = node.status.capacity
            return node
        }
    }
}
