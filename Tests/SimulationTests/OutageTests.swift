import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// A zone goes dark: `topology-spread.md`, scenario 7, with all parts of the control plane at work.
@Suite struct OutageTests {
    private func make(version: String = "1.36", policy: String) -> Session {
        session(
            scenario(
                """
                  seed: 5
                  kubernetesVersion: "\(version)"
                  cluster: {zones: 3, nodesPerZone: 1}
                  steps:
                  - {at: 60s, fail: {zone: eu-c}}
                  - {at: 700s, recover: {zone: eu-c}}
                """) + deployment("web", replicas: 15, zoneSpread("web", ", nodeTaintsPolicy: \(policy)")))
    }
    private func counts(_ session: Session) -> [Int] {
        ["a1", "b1", "c1", ""].map { name in
            session.pods().count { $0.nodeName == name && !$0.metadata.isTerminating }
        }
    }
    private func moment(_ session: Session, _ reason: String, _ about: String) -> Double? {
        session.events(reason).first { $0.object.name == about }?.time.sinceStart.seconds
    }

    @Test(arguments: [("1.31", 40.0), ("1.36", 50.0)])
    func `a silent node is lost when the grace period of its version is over`(version: String, grace: Double) throws {
        var session = make(version: version, policy: "Ignore")
        session.run(to: 59)
        #expect(counts(session) == [5, 5, 5, 0])
        // The last lease was renewed up to 10 s before the fault; the controller looks every 5 s.
        session.run(to: 60 + grace - 11)
        #expect(session.isReady(node: "c1"))
        session.run(to: 60 + grace + 6)
        let condition = session.node("c1").status.conditions["Ready"]
        #expect(condition?.status == "Unknown" && condition?.reason == "NodeStatusUnknown")
        #expect(
            Set(session.node("c1").spec.taints.filter { $0.key == "node.kubernetes.io/unreachable" }.map(\.effect))
                == ["NoSchedule", "NoExecute"])
        let lost = try #require(moment(session, "NodeNotReady", "c1"))
        #expect(lost > 60 + grace - 11 && lost <= 60 + grace + 6)
        // The pods are there still, but no longer ready; their kubelet cannot say so, the controller does.
        let dark = session.pods().filter { $0.nodeName == "c1" }
        #expect(dark.count == 5 && dark.allSatisfy { !$0.isReady && !$0.metadata.isTerminating })
        #expect(["a1", "b1"].allSatisfy { session.isReady(node: $0) })
    }

    @Test(arguments: [("Ignore", [5, 5, 0, 5]), ("Honor", [7, 8, 0, 0])])
    func `replacements wait for the lost zone only if its taints are ignored`(policy: String, after: [Int]) throws {
        var session = make(policy: policy)
        session.run(to: 120)
        let lost = try #require(session.node("c1").spec.taints.first { $0.effect == "NoExecute" }?.timeAdded)
        // Pods tolerate the taint for 300 s.
        session.advance(to: lost + .seconds(299))
        #expect(counts(session) == [5, 5, 5, 0])
        session.advance(to: lost + .seconds(320))
        let leaving = session.pods().filter(\.metadata.isTerminating)
        #expect(leaving.count == 5 && leaving.allSatisfy { $0.nodeName == "c1" })
        #expect(session.events("TaintManagerEviction").count >= 5)
        session.run(to: 690)
        let live = counts(session)
        #expect([live[0], live[1]].sorted() + live[2...] == after)
        // Nobody on the dark node can finish the deletion.
        #expect(session.pods().count(where: \.metadata.isTerminating) == 5)
        let waiting = session.pods().filter { $0.nodeName.isEmpty }
        for pod in waiting {
            #expect(
                pod.status.conditions["PodScheduled"]?.message.contains(
                    "2 node(s) didn't match pod topology spread constraints") == true)
        }

        session.run(to: 900)
        #expect(session.isReady(node: "c1"))
        #expect(session.pods().count == 15)
        #expect(session.pods().filter { !$0.isReady }.map(\.name) == [])
        if policy == "Ignore" { #expect(counts(session) == [5, 5, 5, 0]) }
        // With Honor the pods have moved for good: nothing moves them back.
        if policy == "Honor" { #expect(counts(session)[2] == 0) }
    }

    @Test func `a node that comes back in time keeps its pods`() {
        var session = session(
            scenario(
                """
                  cluster: {zones: 3, nodesPerZone: 1}
                  steps:
                  - {at: 60s, fail: {node: c1}}
                  - {at: 300s, recover: {node: c1}}
                """) + deployment("web", replicas: 6, zoneSpread("web")))
        session.run(to: 59)
        let before = session.pods().map(\.metadata.uid)
        session.run(to: 290)
        #expect(!session.isReady(node: "c1"))
        session.run(to: 600)
        #expect(session.pods().map(\.metadata.uid) == before)
        #expect(session.pods().allSatisfy { $0.isReady && $0.status.containerStatuses[0].restartCount == 0 })
        #expect(session.node("c1").spec.taints.isEmpty)
    }
}
