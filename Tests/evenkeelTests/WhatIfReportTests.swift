import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

@testable import evenkeel

/// The verdict of `evenkeel whatif`, and what it is founded on.
@Suite struct WhatIfReportTests {
    /// Two nodes, on the first of which everything stands.
    private static func report(_ make: (ObjectStore) -> [Command]) throws -> WhatIfReport {
        let yaml = """
            apiVersion: evenkeel.dev/v1
            kind: Scenario
            metadata: {name: two}
            spec: {cluster: {zones: 1, nodesPerZone: 2}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: alone}
            spec: {nodeName: a1, containers: [{name: c, image: "c:1"}]}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec:
              replicas: 2
              podManagementPolicy: Parallel
              serviceName: db
              selector: {matchLabels: {app: db}}
              template:
                metadata: {labels: {app: db}}
                spec:
                  affinity:
                    podAntiAffinity:
                      requiredDuringSchedulingIgnoredDuringExecution:
                      - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}
                  containers: [{name: c, image: "c:1"}]
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 3
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  affinity:
                    podAntiAffinity:
                      requiredDuringSchedulingIgnoredDuringExecution:
                      - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}
                  containers: [{name: c, image: "c:1"}]
            ---
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: agent}
            spec:
              selector: {matchLabels: {app: agent}}
              template:
                metadata: {labels: {app: agent}}
                spec: {containers: [{name: c, image: "c:1"}]}
            """
        let input = Input(ManifestReader.read(text: yaml, file: "two.yaml"))
        #expect(input.problems.isEmpty, "\(input.problems)")
        var session = input.makeSession().session
        session.advance(to: .start + .minutes(2))
        #expect(session.cluster.store.pods.all.filter(\.isReady).count == 7)
        var question = WhatIf("it", make(session.cluster.store))
        question.isInOrder = true
        return WhatIfReport(question.answer(from: WhatIf.Present(session.simulation)), required: [])
    }
    private static func evidence(_ report: WhatIfReport, _ name: String) -> [String] {
        report.checks.filter { $0.name == name }.flatMap(\.evidence)
    }

    @Test func `of manifests that are applied together only those are left out that the server refuses`() throws {
        func configMap(in namespace: String) -> String { "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: \(namespace)}}\n---\n" }
        let more =
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: more}, spec: {replicas: 1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: 'c:1'}]}}}}"
        let manifests = ManifestReader.read(text: configMap(in: "none") + more, file: "new.yaml").documents.map(\.json)
        let report = try Self.report { _ in [.apply(manifests)] }
        #expect(Self.evidence(report, "accepted") == ["ConfigMap none/c: namespaces \"none\" not found"])
        let isMade = report.answer.workloads.contains { $0.workload.name == "more" && $0.readyAfter == 1 }
        #expect(isMade && report.verdict == .block && report.answer.refusal == nil)
        #expect(try Self.report { _ in [.apply([manifests[0]])] }.answer.refusal == "namespaces \"none\" not found")
    }

    @Test func `a pod that nobody makes again is no safe change`() throws {
        let report = try Self.report { _ in [.evict(pod: ObjectKey(namespace: "default", name: "alone"))] }
        #expect(report.verdict == .review)
        #expect(
            Self.evidence(report, "every pod that leaves is replaced") == ["pod/default/alone: nobody makes a pod again that has no controller"])
    }

    @Test func `a pod that waited and takes the place of another is nothing worse`() throws {
        let report = try Self.report { store in
            [.evict(pod: store.pods.sorted().first { $0.metadata.labels["app"] == "web" && $0.isReady }?.key ?? ObjectKey(name: ""))]
        }
        #expect(report.answer.workloads.map { [$0.pendingBefore, $0.pendingAfter, $0.readyBefore, $0.readyAfter] } == [[1, 1, 2, 2]])
        #expect(report.verdict != .block)
        let more = try Self.report { _ in [.scale(.deployment, ObjectKey(namespace: "default", name: "web"), replicas: 4)] }
        #expect(more.verdict == .block && Self.evidence(more, "no pod finds no node").count == 2)
    }

    @Test func `a pod that stays on a dead node is missing, and a DaemonSet is no single point of failure`() throws {
        let report = try Self.report { _ in [.fail(.node("a1"))] }
        #expect(
            Self.evidence(report, "every pod that leaves is replaced")
                == [
                    "pod/default/alone: nobody makes a pod again that has no controller",
                    "statefulset/default/db: 2 ready before, 1 after; 1 pod still terminating, and replaced only when gone",
                ])
        #expect(
            Self.evidence(report, "no workload becomes a single point of failure") == [
                "deployment/default/web: one replica", "statefulset/default/db: one replica",
            ])
    }
}
