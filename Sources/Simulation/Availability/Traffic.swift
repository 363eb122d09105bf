import KubernetesAPI

/// How kube-proxy chooses among the endpoints of a Service.
public enum Routing: String, Sendable, CaseIterable {
    /// Every ready endpoint with the same probability.
    case uniform
    /// `trafficDistribution: PreferSameZone`, once `PreferClose`.
    case preferSameZone
    /// `trafficDistribution: PreferSameNode`.
    case preferSameNode
    /// `service.kubernetes.io/topology-mode: Auto`.
    case topologyHints
    /// `internalTrafficPolicy: Local`.
    case local

    /// What the Service asks for, as far as the cluster's release and gates know it.
    ///
    /// - Source: Kubernetes `pkg/proxy/topology.go`, `endpointslice/trafficdist/trafficdist.go`.
    public init(_ service: Service, _ profile: KubernetesProfile) {
        let annotations = service.metadata.annotations
        let mode = annotations["service.kubernetes.io/topology-aware-hints"] ?? annotations["service.kubernetes.io/topology-mode"]
        if service.spec.internalTrafficPolicy == "Local" {
            self = .local
        } else if profile.isEnabled(.topologyAwareHints), mode == "Auto" || mode == "auto" {
            self = .topologyHints
        } else if profile.isEnabled(.serviceTrafficDistribution) {
            let newNames = profile.isEnabled(.preferSameTrafficDistribution)
            switch service.spec.trafficDistribution {
            case "PreferClose": self = .preferSameZone
            case "PreferSameZone" where newNames: self = .preferSameZone
            case "PreferSameNode" where newNames: self = .preferSameNode
            default: self = .uniform
            }
        } else {
            self = .uniform
        }
    }

    /// As the field or annotation of the Service is written.
    public var text: String {
        switch self {
        case .uniform: "uniform"
        case .preferSameZone: "PreferSameZone"
        case .preferSameNode: "PreferSameNode"
        case .topologyHints: "topology-mode Auto"
        case .local: "internalTrafficPolicy Local"
        }
    }
}

/// Where the traffic to a Service goes: how much of it crosses zones, what that costs, how long it takes.
public struct Traffic: Sendable, Equatable {
    /// A zone with clients, endpoints or both.
    public struct Zone: Sendable, Equatable {
        public var name: String
        public var region: String
        /// Ready nodes, and those of them with a ready endpoint: clients are on all of them alike.
        public var nodes: Int
        public var nodesWithEndpoints: Int
        public var milliCPU: Int64
        /// e_z: ready endpoints.
        public var endpoints: Int
        /// c_z: share of all client traffic.
        public var clients: Double
        public init(
            name: String, region: String = "", nodes: Int = 1, nodesWithEndpoints: Int? = nil, milliCPU: Int64 = 4000, endpoints: Int,
            clients: Double
        ) {
            (self.name, self.region, self.nodes, self.milliCPU) = (name, region, nodes, milliCPU)
            (self.endpoints, self.clients) = (endpoints, clients)
            self.nodesWithEndpoints = nodesWithEndpoints ?? min(nodes, endpoints)
        }
    }
    public let zones: [Zone]
    /// What was asked for.
    public let asked: Routing
    /// What comes of it: hints that are withdrawn leave uniform.
    public let routing: Routing
    /// Why hints were withdrawn, in the event's words; empty otherwise.
    public let hintsRefusal: String
    /// `shares[z][y]`: the share of the traffic from the zone numbered `z` that goes to the zone numbered `y`.
    public let shares: [[Double]]
    /// Share of a zone's traffic that stays on its node; part of `shares[z][z]`.
    public let onNode: [Double]

    public init(_ zones: [Zone], _ asked: Routing, isComplete: Bool = true) {
        self.zones = zones
        self.asked = asked
        let total = zones.reduce(0) { $0 + $1.endpoints }
        let uniform = zones.map { total == 0 ? 0 : Double($0.endpoints) / Double(total) }
        var routing = asked
        var refusal = ""
        var hints: [[Int]] = []
        if asked == .topologyHints {
            let found = TopologyHints(zones.map { .init(name: $0.name, milliCPU: $0.milliCPU, endpoints: $0.endpoints) }, isComplete: isComplete)
            if let hinted = found.hinted { hints = hinted } else { (routing, refusal) = (.uniform, found.refusal) }
        }
        var shares: [[Double]] = []
        var onNode = [Double](repeating: 0, count: zones.count)
        for (z, zone) in zones.enumerated() {
            func only(_ share: Double = 1) -> [Double] { zones.indices.map { $0 == z ? share : 0 } }
            let own = zone.nodes == 0 ? 0 : Double(zone.nodesWithEndpoints) / Double(zone.nodes)
            let near = zone.endpoints > 0 ? only() : uniform
            switch routing {
            case .uniform: shares.append(uniform)
            case .preferSameZone: shares.append(near)
            case .preferSameNode:
                onNode[z] = own
                shares.append(zip(only(own), near).map { $0 + $1 * (1 - own) })
            case .local:
                onNode[z] = own
                shares.append(only(own))
            case .topologyHints:
                let serving = hints.map { $0[z] }
                let sum = serving.reduce(0, +)
                shares.append(sum == 0 ? uniform : serving.map { Double($0) / Double(sum) })
            }
        }
        (self.routing, hintsRefusal, self.shares, self.onNode) = (routing, refusal, shares, onNode)
    }

    /// X: the share of all traffic that crosses zones.
    public var crossZone: Double {
        zones.indices.reduce(0) { sum, z in
            sum + zones[z].clients * shares[z].indices.reduce(0) { $0 + ($1 == z ? 0 : shares[z][$1]) }
        }
    }
    /// The share of all traffic that finds no endpoint.
    public var dropped: Double { zones.indices.reduce(0) { $0 + zones[$1].clients * max(0, 1 - shares[$1].reduce(0, +)) } }
    /// o_z: how much more than a fair share each endpoint of the zone gets; nil without endpoints there.
    public func loadFactor(_ zone: Int) -> Double? {
        let total = zones.reduce(0) { $0 + $1.endpoints }
        guard zones[zone].endpoints > 0 else { return nil }
        let arriving = zones.indices.reduce(0) { $0 + zones[$1].clients * shares[$1][zone] }
        return arriving * Double(total) / Double(zones[zone].endpoints)
    }
    /// The largest load factor; nil without endpoints.
    public var worstLoadFactor: Double? { zones.indices.compactMap(loadFactor).max() }
    /// Money for a month of 30 days: T · 2,592,000 s · X · price.
    public func monthlyCost(_ parameters: AvailabilityParameters) -> Double {
        parameters.gigabytesPerSecond * 2_592_000 * crossZone * parameters.pricePerGigabyte
    }
    /// Mean round trip in ms of the traffic that arrives; nil if none does.
    public func meanLatency(_ latency: AvailabilityParameters.Latency) -> Double? {
        var (sum, served) = (0.0, 0.0)
        for (z, zone) in zones.enumerated() {
            for (y, other) in zones.enumerated() {
                let share = zone.clients * shares[z][y]
                served += share
                if y == z {
                    let local = zone.clients * onNode[z]
                    sum += local * latency.sameNode + (share - local) * latency.sameZone
                } else {
                    sum += share * (zone.region == other.region ? latency.otherZone : latency.otherRegion)
                }
            }
        }
        return served == 0 ? nil : sum / served
    }
    /// The share of all traffic whose round trip takes longer than `limit` ms.
    public func share(slowerThan limit: Double, _ latency: AvailabilityParameters.Latency) -> Double {
        var sum = 0.0
        for (z, zone) in zones.enumerated() {
            for (y, other) in zones.enumerated() {
                let time = y == z ? latency.sameZone : zone.region == other.region ? latency.otherZone : latency.otherRegion
                if time > limit { sum += zone.clients * (shares[z][y] - (y == z ? onNode[z] : 0)) }
            }
            if latency.sameNode > limit { sum += zone.clients * onNode[z] }
        }
        return sum
    }
}
