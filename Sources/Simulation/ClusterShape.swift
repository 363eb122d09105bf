import ControlPlane
import KubernetesAPI
import SimulationKit

/// What each node of a sort has; what is nil is as the cluster is like, or 4 cores, 16 GiB and room for 110 pods.
public struct NodeShape: Sendable, Equatable {
    public var cpu: Quantity?
    public var memory: Quantity?
    public var pods: Int?
    /// Further resources: `nvidia.com/gpu: 8`.
    public var resources: ResourceList = [:]
    public var labels: StringMap<String> = [:]
    public var taints: [Taint] = []
    /// Whose nodes they look like; nil for nodes without reservations, in zones `eu-a`, `eu-b` …
    public var like: ClusterLook?

    public init() {}

    /// What is wrong with the figures: the field, and why.
    public var problem: (field: String, message: String)? {
        if let cpu, cpu <= .zero || cpu > Quantity(100_000) { return ("cpu", "must be more than 0 and at most 100000 cores, not \(cpu)") }
        if let memory, memory < Quantity(bytes: 1 << 20) || memory > Quantity(bytes: 1 << 50) { return ("memory", "must be 1Mi to 1Pi, not \(memory)") }
        if let pods, !(0...65_535).contains(pods) { return ("pods", "must be 0 to 65535, not \(pods)") }
        for (name, amount) in resources.entries {
            if ["cpu", "memory", "pods"].contains(name) { return ("resources[\(name)]", "is said by \(name)") }
            if let wrong = NameRules.qualifiedName(name).first { return ("resources[\(name)]", wrong) }
            if name != "ephemeral-storage", !name.contains("/"), !name.hasPrefix("hugepages-") {
                return ("resources[\(name)]", "must be ephemeral-storage, hugepages-SIZE or a name with a domain, such as nvidia.com/gpu")
            }
            if amount < .zero || amount > Quantity(bytes: 1 << 50) { return ("resources[\(name)]", "must be 0 to 1Pi, not \(amount)") }
            if amount.milliValue % 1000 != 0 { return ("resources[\(name)]", "must be a whole number, not \(amount)") }
        }
        return nil
    }

    /// A node with these resources in a zone.
    func node(_ name: String, zone: String, region: String) -> Node {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels = [LabelKey.hostname: name, LabelKey.os: "linux", LabelKey.arch: "amd64"]
        if !zone.isEmpty {
            node.metadata.labels[LabelKey.zone] = zone
            if !region.isEmpty { node.metadata.labels[LabelKey.region] = region }
        }
        node.status.capacity = [
            "cpu": cpu ?? Quantity(4), "memory": memory ?? Quantity(bytes: 16 << 30), "pods": Quantity(Int64(pods ?? 110)),
            "ephemeral-storage": Quantity(bytes: 100 << 30),
        ]
        node.status.capacity = node.status.capacity.merging(resources)
        node.status.allocatable = node.status.capacity
        return node
    }
}

/// The nodes put under manifests that bring none.
public struct ClusterShape: Sendable, Equatable {
    /// How many zones, up to 26; 0: the nodes are in none.
    public var zones: Int
    /// How many nodes in sum; zones get them in turn.
    public var nodes: Int
    /// What each node has.
    public var node = NodeShape()
    /// Pools that stand in the place of `nodes`.
    public var pools: [NodePool] = []

    public init(zones: Int = 3, nodes: Int = 12) {
        self.zones = zones
        self.nodes = nodes
    }

    /// How many nodes there are in sum.
    public var count: Int { pools.isEmpty ? nodes : pools.reduce(0) { $0 + $1.spec.count } }
    /// `12 nodes in 3 zones`, `5 nodes in 2 pools`.
    public var text: String {
        if !pools.isEmpty { return "\(counted(count, "node")) in \(counted(pools.count, "pool"))" }
        let places = node.like == .kind && zones == 0 ? "" : " in \(counted(min(zones, max(nodes, 1)), "zone"))"
        return counted(nodes, "node") + (node.like.map { " like \($0.title)'s" } ?? "") + places
    }
    /// Whose nodes some of them look like, in the order of first appearance.
    public var looks: [ClusterLook] {
        var looks: [ClusterLook] = []
        for look in pools.isEmpty ? [node.like] : pools.map({ $0.spec.look }) {
            if let look, !looks.contains(look) { looks.append(look) }
        }
        return looks
    }

    /// The node objects: `a1`, `b1`, `c1`, `a2` … in zones `eu-a`, `eu-b`, `eu-c` …, each with 4 cores, 16 GiB and room
    /// for 110 pods; or those of the pools, or as the cluster that they are like has them.
    public var manifests: [Node] {
        if !pools.isEmpty {
            var first = 0
            return pools.flatMap { pool in
                defer { first += pool.spec.count }
                return pool.nodes(from: first)
            }
        }
        if let look = node.like { return (0..<max(0, nodes)).map { look.node(node, pool: look.defaultPool, $0, of: nodes, zone: look.zone($0, of: zones)) } }
        return (0..<max(0, nodes)).map { index in
            let letter = Self.letter(index % max(1, zones))
            return node.node("\(letter)\(index / max(1, zones) + 1)", zone: "eu-\(letter)", region: "eu").labelled(node)
        }
    }

    /// `a`, `b` … `z`, then from the beginning.
    static func letter(_ index: Int) -> String { String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index % 26))) }

    /// What else such a cluster has from the start: the agents on its nodes and its StorageClasses.
    public func objects(version: KubernetesVersion) -> [any StoredObject] { looks.flatMap { $0.objects(version: version) } }
}

extension Node {
    /// The node with the labels and taints of its sort.
    func labelled(_ shape: NodeShape) -> Node {
        var node = self
        node.metadata.labels = node.metadata.labels.merging(shape.labels)
        node.spec.taints += shape.taints
        return node
    }
}

// MARK: Pools

/// Some equal nodes, as a document of the files or of `--node-pool`.
public struct NodePool: APIStruct {
    public var metadata = ObjectMeta()
    public var spec = NodePoolSpec()
    public init() {}
    public static let summary = "Equal nodes to put under manifests that bring none."
    public static let fields: Fields<NodePool> = [
        .f("metadata", \.metadata, "The name, with which the names of the nodes begin."),
        .f("spec", \.spec, "How many, where, and what each has."),
    ]

    /// The names of its zones; empty if it has none.
    var zones: [String] {
        switch spec.zones {
        case .array(let names): names.compactMap(\.string)
        case let number?: (0..<max(0, min(26, Int(number.int ?? 3)))).map { spec.look?.zone($0, of: 26) ?? "eu-\(ClusterShape.letter($0))" }
        case nil: spec.look == .kind ? [] : (0..<3).map { spec.look?.zone($0, of: 3) ?? "eu-\(ClusterShape.letter($0))" }
        }
    }

    /// The nodes, before which all pools have `first`.
    func nodes(from first: Int) -> [Node] {
        let (zones, shape) = (zones, spec.shape)
        return (0..<max(0, spec.count)).map { node($0, shape, zones, from: first) }
    }
    private func node(_ index: Int, _ shape: NodeShape, _ zones: [String], from first: Int) -> Node {
        let zone = zones.isEmpty ? "" : zones[index % zones.count]
        if let look = shape.like { return look.node(shape, pool: metadata.name, index, of: spec.count, from: first, zone: zone) }
        return shape.node("\(metadata.name)-\(index + 1)", zone: zone, region: zone.hasPrefix("eu-") ? "eu" : "").labelled(shape)
    }

    /// What is wrong with it: the field and why.
    var problem: (field: String, message: String)? {
        if metadata.name.isEmpty { return ("metadata.name", "is missing") }
        if let wrong = NameRules.subdomain(metadata.name).first { return ("metadata.name", wrong) }
        if !(0...100_000).contains(spec.count) { return ("spec.count", "must be 0 to 100000, not \(spec.count)") }
        if let like = spec.like, spec.look == nil { return ("spec.like", "must be \(ClusterLook.choices), not \"\(like)\"") }
        switch spec.zones {
        case nil: break
        case .array(let names):
            if names.count > 1000 || names.contains(where: { ($0.string ?? "").isEmpty || !NameRules.labelValue($0.string ?? "").isEmpty }) {
                return ("spec.zones", "must be a number or the names of zones")
            }
        case let number?: if !(1...26).contains(number.int ?? 0) { return ("spec.zones", "must be 1 to 26, or the names of zones") }
        }
        if let wrong = spec.shape.problem { return ("spec.\(wrong.field)", wrong.message) }
        // What the API server would say of one of them.
        if spec.count > 0 {
            var complete = node(0, spec.shape, zones, from: 0)
            complete.setDefaults(.default)
            if let error = Validation.create(complete, profile: .default).first {
                return (error.field.hasPrefix("spec.taints") ? error.field : error.field.hasPrefix("metadata.labels") ? "spec.labels" : "spec", error.body)
            }
        }
        return nil
    }
}

public struct NodePoolSpec: APIStruct {
    public var count = 1
    public var zones: JSONValue?
    public var like: String?
    public var cpu: Quantity?
    public var memory: Quantity?
    public var pods: Int?
    public var resources: ResourceList = [:]
    public var labels: StringMap<String> = [:]
    public var taints: [Taint] = []
    public init() {}
    public static let summary = "How many nodes, where, and what each has."
    public static let fields: Fields<NodePoolSpec> = [
        .f("count", \.count, "How many nodes in sum, 0 to 100000; default 1. Zones get them in turn."),
        .f("zones", \.zones, "How many zones, or their names; default 3."),
        .f("like", \.like, "Whose nodes they look like: kind, eks, gke or aks."),
        .f("cpu", \.cpu, "Cores of each node; default 4."),
        .f("memory", \.memory, "Memory of each node; default 16Gi."),
        .f("pods", \.pods, "How many pods each node takes; default 110."),
        .f("resources", \.resources, "Further resources of each node, such as nvidia.com/gpu: 8."),
        .f("labels", \.labels, "Further labels of each node."),
        .f("taints", \.taints, "Taints of each node."),
    ]

    var look: ClusterLook? { like.flatMap { ClusterLook(rawValue: $0) } }
    var shape: NodeShape {
        var shape = NodeShape()
        (shape.cpu, shape.memory, shape.pods, shape.resources) = (cpu, memory, pods, resources)
        (shape.labels, shape.taints, shape.like) = (labels, taints, look)
        return shape
    }
}
