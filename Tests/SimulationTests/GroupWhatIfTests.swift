import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// Which group of pods still fits when a domain is lost.
@Suite struct GroupWhatIfTests {
    /// A group of four pods that stays in one zone, and the set that makes its pods.
    private static func group(_ name: String) -> String {
        """
        ---
        apiVersion: scheduling.k8s.io/v1beta1
        kind: PodGroup
        metadata: {name: \(name)}
        spec:
          schedulingPolicy: {gang: {minCount: 4}}
          schedulingConstraints: {topology: [{key: topology.kubernetes.io/zone}]}
        ---
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: \(name)}
        spec:
          replicas: 4
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}}
            spec:
              schedulingGroup: {podGroupName: \(name)}
              containers: [{name: main, image: "lab/work:1", resources: {requests: {cpu: 1500m}}}]

        """
    }
    private static func cluster(_ groups: [String]) -> Session {
        let head = scenario(
            "  kubernetesVersion: \"1.37\"\n  featureGates: {GenericWorkload: true, TopologyAwareWorkloadScheduling: true}\n"
                + "  cluster: {zones: 2, nodesPerZone: 2}")
        var session = session(head + groups.map(group).joined())
        session.run(to: 60)
        return session
    }
    private static func lost(_ session: Session, _ zone: String) -> [WhatIfAnswer.GroupDifference] {
        let target = FaultTarget.domain(key: "topology.kubernetes.io/zone", value: zone)
        return WhatIf("lose \(target.text)", [.fail(target)]).answer(from: WhatIf.Present(session.simulation)).groups
    }
    private static func zone(_ session: Session, _ app: String) -> String {
        session.cluster.store.nodes[ObjectKey(name: session.pods(app: app).first?.nodeName ?? "")]?.zone ?? ""
    }

    @Test func `a group fits where there is room, and not where another one is`() throws {
        let alone = Self.cluster(["a"])
        let zone = Self.zone(alone, "a")
        #expect(Set(alone.pods(app: "a").map { alone.cluster.store.nodes[ObjectKey(name: $0.nodeName)]?.zone }).count == 1)
        let answer = Self.lost(alone, zone)
        #expect(answer.map(\.key.name) == ["a"])
        #expect(answer.first?.runningBefore == 4 && answer.first?.fits == true && answer.first?.why == "", "\(answer)")

        let both = Self.cluster(["a", "b"])
        #expect(Set([Self.zone(both, "a"), Self.zone(both, "b")]).count == 2)
        let crowded = Self.lost(both, Self.zone(both, "a"))
        let (a, b) = (try #require(crowded.first { $0.key.name == "a" }), try #require(crowded.first { $0.key.name == "b" }))
        #expect(a.fitBefore && !a.fits && a.runningAfter == 0, "\(a)")
        #expect(a.why.hasPrefix("0/1 placements are available, first placement status: minCount (4) cannot be satisfied"), "\(a)")
        #expect(b.fits && b.runningAfter == 4 && b.runningBefore == 4, "\(b)")
    }

    @Test func `without the gate there are no groups to tell of`() {
        var session = session(scenario("  cluster: {zones: 2, nodesPerZone: 1}") + deployment("web", replicas: 2))
        session.run(to: 30)
        #expect(WhatIf.drain("a1").answer(from: WhatIf.Present(session.simulation)).groups.isEmpty)
    }
}
