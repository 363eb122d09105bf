import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit
import Testing

/// Which evictions bring a constraint back within its skew.
@Suite struct RebalanceTests {
    typealias Domain = RebalanceMath.Domain
    static let web = Workload(kind: "Deployment", namespace: "default", name: "web")

    static func open(_ counts: [Int]) -> [Domain] { counts.map { Domain(pods: $0, movable: $0, isOpen: true) } }

    @Test func `3/3/0 needs two moves and ends at 2/2/2`() {
        let math = RebalanceMath(Self.open([3, 3, 0]), maxSkew: 1)
        #expect(math?.moves == 2 && math?.target == [2, 2, 2])
        #expect(RebalanceMath(Self.open([5, 4, 5]), maxSkew: 1)?.moves == 0)
    }

    @Test func `a closed domain that lacks pods, or pods that nobody replaces, cannot be helped`() {
        var domains = Self.open([3, 3, 0])
        domains[2].isOpen = false
        #expect(RebalanceMath(domains, maxSkew: 1) == nil)
        domains = Self.open([3, 0])
        domains[0].movable = 0
        #expect(RebalanceMath(domains, maxSkew: 1) == nil)
    }

    /// The fewest moves over all final counts, by trying all of them.
    static func bruteForce(_ domains: [Domain], maxSkew: Int) -> Int? {
        let total = domains.reduce(0) { $0 + $1.pods }
        var best: Int?
        func search(_ index: Int, _ left: Int, _ counts: [Int]) {
            if index == domains.count {
                guard left == 0, counts.max()! - counts.min()! <= maxSkew else { return }
                let moves = zip(domains, counts).reduce(0) { $0 + max(0, $1.0.pods - $1.1) }
                best = min(best ?? .max, moves)
                return
            }
            let domain = domains[index]
            for count in (domain.pods - domain.movable)...max(domain.pods, domain.isOpen ? left : domain.pods) where count <= left {
                search(index + 1, left - count, counts + [count])
            }
        }
        search(0, total, [])
        return best
    }

    @Test func `the planner moves as few pods as any way could`() {
        var random = SeededRandom(seed: 11, stream: "test")
        var possible = 0
        for _ in 0..<1500 {
            let domains = (0..<(2 + random.below(3))).map { _ -> Domain in
                let pods = random.below(6)
                return Domain(pods: pods, movable: random.below(4) == 0 ? random.below(pods + 1) : pods, isOpen: random.below(5) > 0)
            }
            let maxSkew = 1 + random.below(3)
            let math = RebalanceMath(domains, maxSkew: maxSkew)
            #expect(math?.moves == Self.bruteForce(domains, maxSkew: maxSkew), "\(domains) maxSkew \(maxSkew)")
            if let math {
                possible += 1
                #expect(math.target.max()! - math.target.min()! <= maxSkew)
                #expect(math.target.reduce(0, +) == domains.reduce(0) { $0 + $1.pods })
            }
        }
        #expect(possible > 500)
    }

    /// Nine pods over three zones, then scaled down so that zone c loses its three: 3/3/0.
    static func drifted(_ more: String = "") throws -> Session {
        var session = session(scenario("  cluster: {zones: 3, nodesPerZone: 2}") + deployment("web", replicas: 9, zoneSpread("web")) + more)
        session.run(to: 60)
        for pod in session.pods(app: "web") where session.node(pod.nodeName).zone == "eu-c" {
            var pod = pod
            pod.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"] = "-10"
            _ = try session.perform(.apply([pod])).get()
        }
        _ = try session.perform(.scale(.deployment, web.key, replicas: 6)).get()
        session.run(to: 120)
        let zone = WhatIf.Present(session.simulation).spread(of: web).first { !$0.isDefault }
        #expect(zone?.domains.map(\.pods) == [3, 3, 0] && zone?.movesToEven == 2)
        return session
    }

    @Test func `a plan has the fewest moves, and carrying it out leaves the constraint satisfied`() throws {
        var session = try Self.drifted()
        let before = session.objects
        let plan = RebalancePlan(for: Self.web, session.simulation)
        #expect(plan.steps.count == 2 && plan.problem.isEmpty)
        #expect(plan.steps.allSatisfy { $0.to.hasPrefix("c") } && Set(plan.steps.map { $0.from.prefix(1) }) == ["a", "b"])
        #expect(session.objects == before)

        _ = try session.perform(plan.command).get()
        // One after another: never more than one is missing.
        var fewest = 6
        while session.simulation.rebalancings.contains(where: { $0.state == .running }) {
            session.step()
            fewest = min(fewest, session.pods(app: "web").count { $0.isReady && !$0.metadata.isTerminating })
        }
        #expect(session.simulation.rebalancings.map(\.state) == [.done] && fewest == 5)
        let zone = WhatIf.Present(session.simulation).spread(of: Self.web).first { !$0.isDefault }
        #expect(zone?.domains.map(\.pods) == [2, 2, 2])
    }

    @Test func `a budget that allows nothing stops the plan in its own words`() throws {
        let budget = """
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec: {minAvailable: 6, selector: {matchLabels: {app: web}}}

            """
        let session = try Self.drifted(budget)
        let plan = RebalancePlan(for: Self.web, session.simulation)
        #expect(plan.steps.isEmpty && plan.problem == "The disruption budget web needs 6 healthy pods and has 6 currently")
    }

    @Test func `a zone that takes no pod stops the plan`() throws {
        var session = try Self.drifted()
        for node in ["c1", "c2"] { _ = session.perform(.cordon(node: node)) }
        session.run(to: 130)
        let plan = RebalancePlan(for: Self.web, session.simulation)
        #expect(plan.steps.isEmpty && plan.problem == "zone: no domain that lacks pods can take one")
    }

    @Test func `nothing is planned where nothing is violated`() {
        let session = WhatIfTests.cluster(2, replicas: 6)
        #expect(RebalancePlan(for: Self.web, session.simulation).steps.isEmpty)
    }
}
