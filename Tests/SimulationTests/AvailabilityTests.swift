import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// Measures and scenarios of a workload's availability, in numbers.
@Suite struct AvailabilityTests {
    typealias Place = Unavailability.Place
    static let rates = AvailabilityParameters()

    /// Pods on own nodes, so many in each zone, or `perNode` on each node.
    static func layout(_ zones: [Int], perNode: Int = 1) -> [Place] {
        zones.enumerated().flatMap { z, count in
            stride(from: 0, to: count, by: perNode).map { Place(node: "z\(z)n\($0)", zone: "z\(z)", ready: min(perNode, count - $0)) }
        }
    }
    static func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 0.01) -> Bool { abs(a - b) <= abs(b) * tolerance }

    // MARK: Structure

    @Test func `two ready pods on one node are a single point of failure at both levels`() {
        let node = BlastRadius([("n1", 2)])
        #expect(node.isSinglePoint && node.worst == 1)
        #expect(BlastRadius([("a", 2), ("b", 0)]).isSinglePoint)
    }

    @Test func `two pods in two zones have effective domains of two and no single point`() {
        let zones = BlastRadius([("a", 1), ("b", 1)])
        #expect(!zones.isSinglePoint && zones.worst == 0.5 && zones.effectiveDomains == 2)
        #expect(!zones.isQuorumSinglePoint(1))
        #expect(zones.isQuorumSinglePoint(2))
    }

    @Test func `losing one of three nodes with five pods each overloads the rest at 70 percent`() {
        let nodes = BlastRadius([("a", 5), ("b", 5), ("c", 5)], open: 3)
        let factor = nodes.loadFactor(without: nodes.domains[0])
        #expect(factor == 1.5 && 0.7 * factor! > 1)
        #expect(nodes.evenness == 1)
    }

    @Test func `blast radii sum to one and never beat the best possible`() {
        var random = SeededRandom(seed: 5, stream: "test")
        for _ in 0..<500 {
            let counts = (0..<(1 + random.below(6))).map { ("d\($0)", random.below(6)) }
            let radius = BlastRadius(counts, open: counts.count)
            guard radius.ready > 0 else { continue }
            #expect(abs(radius.domains.reduce(0) { $0 + radius.share(of: $1) } - 1) < 1e-12)
            #expect(radius.worst! >= radius.bestPossible! - 1e-12)
            #expect(radius.bestPossible! >= 1 / Double(radius.ready) - 1e-12)
            #expect((0...1).contains(radius.evenness!))
        }
    }

    @Test(arguments: [(1, 2, 2), (2, 3, 4), (3, 5, 6), (5, 8, 10), (8, 12, 16), (10, 15, 20)])
    func `so many pods survive the loss of a zone`(demand: Int, inThree: Int, inTwo: Int) {
        #expect(BlastRadius.podsNeeded(for: demand, zones: 3) == inThree)
        #expect(BlastRadius.podsNeeded(for: demand, zones: 2) == inTwo)
        #expect(BlastRadius.podsNeeded(for: demand, zones: 1) == nil)
    }

    // MARK: Probability

    struct Row: Sendable {
        var name: String
        var places: [Place]
        var none: Double
        var half: Double
    }
    static let table = [
        Row(name: "2 on one node", places: layout([2], perNode: 2), none: 1.10e-3, half: 1.10e-3),
        Row(name: "2 nodes, one zone", places: layout([2]), none: 1.04e-4, half: 1.04e-4),
        Row(name: "2 nodes, two zones", places: layout([1, 1]), none: 4.40e-6, half: 4.40e-6),
        Row(name: "3 over 3 zones", places: layout([1, 1, 1]), none: 9.25e-9, half: 1.32e-5),
        Row(name: "4: 2/1/1", places: layout([2, 1, 1]), none: 4.6e-10, half: 4.5e-7),
        Row(name: "5: 2/2/1", places: layout([2, 2, 1]), none: 2.3e-11, half: 1.3e-6),
        Row(name: "10: 4/3/3", places: layout([4, 3, 3]), none: 1.0e-12, half: 3.6e-8),
        Row(name: "15: 5/5/5", places: layout([5, 5, 5]), none: 1.0e-12, half: 3.0e-8),
        Row(name: "15 in one zone", places: layout([15]), none: 1.0e-4, half: 1.0e-4),
        Row(name: "3 nodes x 5, three zones", places: layout([5, 5, 5], perNode: 5), none: 1.3e-9, half: 3.6e-6),
        Row(name: "3 nodes x 5, one zone", places: layout([15], perNode: 5), none: 1.0e-4, half: 1.03e-4),
        Row(name: "3 nodes x 5, zones 10/5", places: layout([10, 5], perNode: 5), none: 1.1e-7, half: 1.03e-4),
    ]

    @Test(arguments: table.indices) func `the unavailability of a layout is that of the table`(index: Int) {
        let row = Self.table[index]
        let pods = row.places.reduce(0) { $0 + $1.ready }
        let found = Unavailability(row.places, quorum: (pods + 1) / 2, Self.rates)
        #expect(Self.isClose(found.none, row.none, 0.05), "\(row.name): \(found.none)")
        #expect(Self.isClose(found.belowQuorum, row.half, 0.05), "\(row.name): \(found.belowQuorum)")
        #expect(Self.isClose(found.loss, 0.0021))
    }

    @Test func `unavailability in minutes a year`() {
        func minutes(_ zones: [Int], perNode: Int = 1) -> Double {
            Unavailability(Self.layout(zones, perNode: perNode), quorum: 1, Self.rates).none * Unavailability.minutesPerYear
        }
        #expect(Self.isClose(minutes([2], perNode: 2), 579))
        #expect(Self.isClose(minutes([2]), 54.7))
        #expect(Self.isClose(minutes([1, 1]), 2.32))
    }

    @Test func `spreading and adding replicas never raise the probability that nothing is up`() {
        var random = SeededRandom(seed: 9, stream: "test")
        for round in 0..<300 {
            var places = (0..<(1 + random.below(4))).map { Place(node: "n\($0)", zone: "z\(random.below(3))", ready: 1 + random.below(3)) }
            let quorum = 1 + random.below(3)
            let before = Unavailability(places, quorum: quorum, Self.rates)
            #expect(before.none <= before.belowQuorum + 1e-15 && before.belowQuorum <= 1)
            // All counts together are certain.
            let total = places.reduce(0) { $0 + $1.ready }
            #expect(abs(Unavailability(places, quorum: total + 1, Self.rates).belowQuorum - 1) < 1e-9)
            if places[0].ready > 1 {
                var moved = places
                moved[0].ready -= 1
                moved.append(Place(node: "free", zone: places[0].zone, ready: 1))
                #expect(Unavailability(moved, quorum: 1, Self.rates).none <= before.none * (1 + 1e-9), "round \(round)")
            }
            places.append(Place(node: "new", zone: "z\(random.below(4))", ready: 1))
            #expect(Unavailability(places, quorum: quorum, Self.rates).none <= before.none * (1 + 1e-9))
        }
    }

    @Test func `quick replacement of a dead node's pods is worth something`() {
        let quick = Self.rates.node(repairedIn: .minutes(6))
        #expect(quick < Self.rates.node && Self.isClose(quick, 0.0002, 0.05))
        #expect(Self.isClose(Self.rates.node(repairedIn: Self.rates.nodeRepair), Self.rates.node, 1e-9))
    }

    // MARK: Traffic

    static func traffic(_ endpoints: [Int], _ routing: Routing) -> Traffic {
        Traffic(endpoints.enumerated().map { .init(name: "\($0)", nodes: 7, endpoints: $1, clients: 1 / 3) }, routing)
    }

    @Test(arguments: [
        ([5, 5, 5], 0.0, 1.0), ([15, 0, 0], 0.667, 1.0), ([10, 5, 0], 0.333, 1.333), ([7, 4, 4], 0, 1.25), ([2, 1, 1], 0, 1.333),
        ([1, 1, 0], 0.333, 1.0), ([2, 0, 0], 0.667, 1.0),
    ])
    func `zone preference and presence in each zone save cross-zone traffic`(endpoints: [Int], prefer: Double, load: Double) {
        #expect(Self.isClose(Self.traffic(endpoints, .uniform).crossZone, 2 / 3, 1e-9))
        #expect(abs(Self.traffic(endpoints, .preferSameZone).crossZone - prefer) < 0.001)
        #expect(abs(Self.traffic(endpoints, .preferSameZone).worstLoadFactor! - load) < 0.001)
    }

    @Test func `load factors of 10, 5 and 0 endpoints`() {
        let traffic = Self.traffic([10, 5, 0], .preferSameZone)
        #expect(abs(traffic.loadFactor(0)! - 0.833) < 0.001)
        #expect(abs(traffic.loadFactor(1)! - 1.333) < 0.001)
        #expect(traffic.loadFactor(2) == nil)
    }

    @Test func `the weights conserve the load`() {
        var random = SeededRandom(seed: 3, stream: "test")
        for _ in 0..<300 {
            let zones = (0..<(1 + random.below(5))).map {
                Traffic.Zone(name: "\($0)", nodes: 1 + random.below(4), endpoints: random.below(6), clients: Double(1 + random.below(5)))
            }
            let clients = zones.reduce(0) { $0 + $1.clients }
            let shares = zones.map { zone in
                var zone = zone
                zone.clients /= clients
                return zone
            }
            let total = zones.reduce(0) { $0 + $1.endpoints }
            guard total > 0 else { continue }
            let uniform = Traffic(shares, .uniform)
            for routing in Routing.allCases {
                let traffic = Traffic(shares, routing)
                #expect((-1e-9...1 + 1e-9).contains(traffic.crossZone))
                let weighed = zones.indices.reduce(0) { $0 + (traffic.loadFactor($1) ?? 0) * Double(zones[$1].endpoints) }
                if traffic.dropped < 1e-9 { #expect(abs(weighed - Double(total)) < 1e-6, "\(routing)") } else { #expect(routing == .local) }
                if zones.allSatisfy({ $0.endpoints > 0 }), routing == .preferSameZone { #expect(traffic.crossZone <= uniform.crossZone + 1e-9) }
            }
        }
    }

    @Test(arguments: 1...15) func `topology hints are given for some numbers of endpoints only`(endpoints: Int) {
        let counts = (0..<3).map { (endpoints + 2 - $0) / 3 }
        let hints = TopologyHints(counts.enumerated().map { .init(name: "\($0)", milliCPU: 4000, endpoints: $1) })
        #expect((hints.hinted != nil) == [3, 6, 7, 9, 10, 12, 13, 14, 15].contains(endpoints))
    }

    @Test func `withdrawn hints leave uniform routing and tell why`() {
        let traffic = Self.traffic([2, 1, 1], .topologyHints)
        #expect(traffic.routing == .uniform && Self.isClose(traffic.crossZone, 2 / 3, 1e-9))
        #expect(
            traffic.hintsRefusal == "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (4 endpoints, 3 zones)")
        #expect(Self.traffic([1, 1, 0], .topologyHints).hintsRefusal == "Insufficient number of endpoints (2 endpoints, 3 zones)")
        let prefer = Self.traffic([2, 1, 1], .preferSameZone)
        #expect(prefer.crossZone == 0 && abs(prefer.loadFactor(0)! - 0.667) < 0.001 && abs(prefer.loadFactor(1)! - 1.333) < 0.001)
    }

    @Test func `a zone with more endpoints than its share of CPU lends some`() {
        let hints = TopologyHints([
            .init(name: "a", milliCPU: 4000, endpoints: 6), .init(name: "b", milliCPU: 4000, endpoints: 2), .init(name: "c", milliCPU: 4000, endpoints: 1),
        ])
        #expect(hints.hinted == [[3, 1, 2], [0, 2, 0], [0, 0, 1]])
    }

    @Test func `cost is traffic by time by share by price`() {
        var parameters = Self.rates
        parameters.gigabytesPerSecond = 0.125
        #expect(abs(Self.traffic([5, 5, 5], .uniform).monthlyCost(parameters) - 4320) < 1e-6)
        #expect(abs(Self.traffic([8, 7, 0], .preferSameZone).monthlyCost(parameters) - 2160) < 1e-6)
        #expect(Self.traffic([5, 5, 5], .preferSameZone).monthlyCost(parameters) == 0)
    }

    @Test func `latency by routing`() {
        func mean(_ endpoints: [Int], _ routing: Routing) -> Double { Self.traffic(endpoints, routing).meanLatency(.init())! }
        #expect(Self.isClose(mean([5, 5, 5], .uniform), 1.5, 1e-9) && Self.isClose(mean([5, 5, 5], .preferSameZone), 0.5, 1e-9))
        #expect(Self.isClose(mean([1, 1, 0], .preferSameZone), 1.0, 1e-9) && Self.isClose(mean([15, 0, 0], .preferSameZone), 1.5, 1e-9))
        #expect(Self.isClose(Self.traffic([5, 5, 5], .uniform).share(slowerThan: 1, .init()), 2 / 3, 1e-9))
    }

    @Test func `the release and its gates decide which routing a service gets`() {
        var service = Service()
        service.spec.trafficDistribution = "PreferSameZone"
        #expect(Routing(service, KubernetesProfile(minor: 36)) == .preferSameZone)
        #expect(Routing(service, KubernetesProfile(minor: 33)) == .uniform)
        service.spec.trafficDistribution = "PreferClose"
        #expect(Routing(service, KubernetesProfile(minor: 31)) == .preferSameZone)
        #expect(Routing(service, KubernetesProfile(minor: 29)) == .uniform)
        service.spec.trafficDistribution = "PreferSameNode"
        #expect(Routing(service, KubernetesProfile(minor: 35)) == .preferSameNode)
        service.metadata.annotations["service.kubernetes.io/topology-mode"] = "Auto"
        #expect(Routing(service, KubernetesProfile(minor: 36)) == .topologyHints)
        service.spec.internalTrafficPolicy = "Local"
        #expect(Routing(service, KubernetesProfile(minor: 36)) == .local)
    }

    // MARK: Of a cluster

    @Test func `a workload on one node is found and said so, and a budget makes a quorum`() throws {
        let yaml =
            scenario("  cluster: {zones: 3, nodesPerZone: 2}") + deployment("web", replicas: 2, "nodeSelector: {kubernetes.io/hostname: a1}")
            + deployment("api", replicas: 3, zoneSpread("api"))
                + """
                ---
                apiVersion: policy/v1
                kind: PodDisruptionBudget
                metadata: {name: api}
                spec: {minAvailable: 3, selector: {matchLabels: {app: api}}}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: api}
                spec: {selector: {app: api}, ports: [{port: 80}], trafficDistribution: PreferSameZone}

                """
        var session = session(yaml)
        session.run(to: 120)
        let found = session.simulation.availability()
        #expect(found.map(\.workload.name) == ["web", "api"])
        let (web, api) = (found[0], found[1])
        #expect(web.risk == .oneNode && web.riskText == "2 ready pods on node a1" && Self.isClose(web.unavailability.none, 1.10e-3))
        #expect(web.traffic == nil)
        #expect(api.risk == .quorumNode && api.quorum == 3 && api.budget == "api")
        #expect(api.riskText.hasSuffix("2 of 3 needed"))
        #expect(try #require(api.traffic).crossZone == 0)
        #expect(found == session.simulation.availability())
        // In steps, as a screen that shows a large cluster looks for it, it is the same.
        var survey = AvailabilitySurvey(session.cluster)
        var stops = 0
        while true {
            var isFirst = true
            let isDone = survey.run(session.cluster) {
                defer { isFirst = false }
                return !isFirst
            }
            if isDone { break }
            #expect(survey.results.count < found.count || !survey.isDone)
            stops += 1
        }
        #expect(survey.results == found && stops >= found.count)
    }
}
