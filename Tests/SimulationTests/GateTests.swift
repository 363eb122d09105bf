import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// Feature gates that are set while a cluster runs.
@Suite struct GateTests {
    @Test func `a gate that is turned off acts on what is created next, and objects keep the fields they have`() throws {
        var session = session(
            scenario("  kubernetesVersion: \"1.27\"\n  cluster: {zones: 2, nodesPerZone: 1}")
                + deployment("web", replicas: 2, zoneSpread("web", ", minDomains: 3")))
        session.run(to: 60)
        // Two zones are fewer than three: the minimum counts as 0, one pod in each.
        _ = session.perform(.scale(.deployment, ObjectKey(namespace: "default", name: "web"), replicas: 3))
        session.run(to: 90)
        #expect(session.pods(app: "web").count { $0.nodeName.isEmpty } == 1)
        let answer = session.perform(.setGates(["MinDomainsInPodTopologySpread": false]))
        #expect(try answer.get().message == "components restarted with --feature-gates=MinDomainsInPodTopologySpread=false")
        session.run(to: 91)
        #expect(session.pods(app: "web").allSatisfy { !$0.nodeName.isEmpty })
        #expect(session.cluster.store.deployments.all[0].spec.template.spec.topologySpreadConstraints[0].minDomains == 3)
        // An update keeps the field, a new object loses it.
        var web = session.cluster.store.deployments.all[0]
        web.metadata.labels["touched"] = "yes"
        _ = try session.perform(.apply([web])).get()
        #expect(session.cluster.store.deployments.all[0].spec.template.spec.topologySpreadConstraints[0].minDomains == 3)
        web.metadata.name = "other"
        _ = try session.perform(.create(web)).get()
        let other = session.cluster.store.deployments[ObjectKey(namespace: "default", name: "other")]
        #expect(other?.spec.template.spec.topologySpreadConstraints[0].minDomains == nil)
    }

    @Test func `locked, unknown and needed gates are refused in the API server's words`() {
        var session = session(scenario("  cluster: {zones: 1, nodesPerZone: 1}"))
        func refusal(_ gates: StringMap<Bool>) -> String? {
            if case .failure(let error) = session.perform(.setGates(gates)) { error.message } else { nil }
        }
        #expect(refusal(["InPlacePodVerticalScaling": false]) == "cannot set feature gate InPlacePodVerticalScaling to false, feature is locked to true")
        #expect(refusal(["MinDomainsInPodTopologySpread": true])?.hasPrefix("unrecognized feature gate: MinDomainsInPodTopologySpread") == true)
        #expect(refusal(["MatchLabelKeysInPodTopologySpread": false])?.contains("depends on features that are disabled") == true)
        #expect(refusal(["MatchLabelKeysInPodTopologySpread": false, "MatchLabelKeysInPodTopologySpreadSelectorMerge": false]) == nil)
        #expect(session.cluster.profile.changedGates == [.matchLabelKeysInPodTopologySpread, .matchLabelKeysInPodTopologySpreadSelectorMerge])
    }

    @Test func `what must follow a gate is known both ways`() {
        let profile = KubernetesProfile(minor: 36)
        #expect(
            profile.settings(for: .matchLabelKeysInPodTopologySpread, on: false).map(\.0) == [
                .matchLabelKeysInPodTopologySpread, .matchLabelKeysInPodTopologySpreadSelectorMerge,
            ])
        #expect(profile.settings(for: .workloadAwarePreemption, on: true).map(\.0) == [.genericWorkload, .gangScheduling, .workloadAwarePreemption])
        for gate in FeatureGate.allCases where gate.stage(in: profile.version).isKnown && gate.stage(in: profile.version) != .locked {
            #expect(throws: Never.self) { try profile.setting(profile.settings(for: gate, on: !profile.isEnabled(gate)).map { ($0.0.name, $0.1) }) }
        }
    }

    @Test func `gates are undone, replayed and a step of a scenario`() {
        var session = session(scenario("  cluster: {zones: 1, nodesPerZone: 1}\n  steps:\n  - {at: 10s, gates: {MemoryQoS: false}}"))
        session.run(to: 20)
        #expect(!session.cluster.profile.isEnabled(.memoryQoS))
        _ = session.perform(.setGates(["EventedPLEG": true]))
        session.run(to: 40)
        let before = session.objects
        session.rewind(to: .start + .seconds(25))
        #expect(session.cluster.profile.isEnabled(.eventedPLEG))
        session.run(to: 40)
        #expect(session.objects == before)
        _ = session.undo()
        #expect(!session.cluster.profile.isEnabled(.eventedPLEG) && !session.cluster.profile.isEnabled(.memoryQoS))
    }

    @Test func `a scheduler that starts again goes on with the pods that wait`() {
        var session = session(scenario("  cluster: {zones: 2, nodesPerZone: 2}") + deployment("web", replicas: 4, "nodeSelector: {disk: fast}"))
        session.run(to: 30)
        #expect(session.pods(app: "web").allSatisfy { $0.nodeName.isEmpty })
        _ = session.perform(.setGates(["SchedulerPopFromBackoffQ": false]))
        session.run(to: 40)
        _ = session.perform(.label(.node, ObjectKey(name: "a1"), key: "disk", value: "fast"))
        session.run(to: 70)
        #expect(session.pods(app: "web").allSatisfy { $0.nodeName == "a1" && $0.isReady })
    }

    /// Source: `kubernetes-1.37.md` §3.8.
    @Test func `3_8 a resize that was put off gets the room of a pod that matters less, by its gate`() {
        let gate = "InPlacePodVerticalScalingSchedulerPreemption"
        func pod(_ name: String, _ cpu: String, _ more: String = "") -> String {
            """
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: \(name)}
            spec:
              terminationGracePeriodSeconds: 5
              \(more)
              containers: [{name: main, image: "example/\(name):1", resources: {requests: {cpu: "\(cpu)"}}}]

            """
        }
        let priority = "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 100\n"
        for isOn in [false, true] {
            var session = session(
                scenario(
                    "  kubernetesVersion: \"1.37\"\n  featureGates: {\(gate): \(isOn)}\n  cluster: {zones: 1, nodesPerZone: 1}\n"
                        + "  steps:\n  - {at: 1m, resize: {pod: high, requests: {cpu: \"3\"}}}")
                    + priority + pod("low", "2") + pod("high", "1", "priorityClassName: high"))
            session.run(to: 61)
            #expect(session.pod("high")?.status.conditions["PodResizePending"]?.reason == "Deferred")
            session.run(to: 120)
            let size = session.pod("high")?.status.containerStatuses.first?.resources?.requests["cpu"]
            #expect(size == Quantity(isOn ? 3 : 1) && (session.pod("low") == nil) == isOn)
            #expect(session.pod("high")?.status.containerStatuses.first?.restartCount == 0)
            #expect(session.events("Preempted").count == (isOn ? 1 : 0))
        }
    }
}
