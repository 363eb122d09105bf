import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import Printers
import SimulationKit
import Testing

/// The tables of a real API server against ours.
@Suite struct GoldenTableTests {
    /// Groups of pods are not served where the columns were recorded; theirs are in gang-scheduling.md §2.3.
    @Test(arguments: KindInfo.all.filter { $0.type != .podGroup && $0.type != .workload })
    func `columns are those of the API server`(_ kind: KindInfo) throws {
        let recorded = try #require(Golden.columns["\(kind.apiVersion)/\(kind.plural)"])
        #expect(Printers.columns(for: kind).map { "\($0.title) \($0.priority)" } == recorded)
    }

    private func check<O: StoredObject>(_ type: O.Type, _ name: String, _ table: String, row: Int = 0) throws {
        let object = try Golden.objects(type, name)[0]
        let rows = try Golden.rows(table)
        #expect(Printers.row(for: object, in: Golden.cluster) == rows[row])
    }

    @Test func `a recorded pod has the recorded cells`() throws { try check(Pod.self, "pod", "pod-single") }
    @Test func `a recorded node has the recorded cells`() throws { try check(Node.self, "node", "nodes") }
    @Test func `a recorded deployment has the recorded cells`() throws {
        try check(Deployment.self, "deployment", "deployments")
    }
    @Test func `a recorded service has the recorded cells`() throws {
        try check(Service.self, "service", "services", row: 1)
    }
    @Test func `a recorded namespace has the recorded cells`() throws {
        let object = try Golden.objects(Namespace.self, "namespace")[0]
        var expected = try Golden.rows("namespaces")[0]
        expected[2] = Printers.ageText(from: object.metadata.creationTimestamp, to: Golden.cluster.now)
        #expect(Printers.row(for: object, in: Golden.cluster) == expected)
    }
    @Test func `a recorded volume has the recorded cells`() throws {
        try check(PersistentVolume.self, "pv", "persistentvolumes")
    }
    @Test func `a recorded claim has the recorded cells`() throws {
        try check(PersistentVolumeClaim.self, "pvc", "persistentvolumeclaims")
    }
    @Test func `a recorded budget has the recorded cells`() throws {
        try check(PodDisruptionBudget.self, "pdb", "poddisruptionbudgets")
    }
    @Test(arguments: ["hpa-v1", "hpa-v2"])
    func `a recorded autoscaler has the recorded cells in both versions`(_ file: String) throws {
        try check(HorizontalPodAutoscaler.self, file, "horizontalpodautoscalers")
    }

    @Test func `a recorded replica set has the recorded cells`() throws {
        let object = try Golden.objects(ReplicaSet.self, "replicasets-limit1")[0]
        let row = try Golden.rows("replicasets").first { $0.first == object.name }
        #expect(Printers.row(for: object, in: Golden.cluster) == row)
    }

    @Test func `recorded events have the recorded cells`() throws {
        let events = try Golden.objects(Event.self, "events-limit3")
        let rows = try Golden.rows("events")
        #expect(events.count == 3)
        for event in events {
            let expected = try #require(rows.first { $0.last == event.name })
            var row = Printers.row(for: event, in: Golden.cluster)
            // The recording took more than a second; ages may differ by it.
            row[0] = expected[0]
            row[7] = expected[7]
            #expect(row == expected)
        }
    }
}
