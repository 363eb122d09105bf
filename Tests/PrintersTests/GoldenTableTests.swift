import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import Printers
import SimulationKit
import Testing

@Suite(.enabled(if: Golden.isThere, "the recorded answers are not at hand"))
struct GoldenTableTests {
    @Test(arguments: KindInfo.all)
    func `columns are those of the API server`(_ kind: KindInfo) throws {
        // The file is one object of lists, without apiVersion and kind, so the reader of manifests refuses it.
        let text = try String(
            contentsOfFile: Golden.folder! + "tables/columns-all-resources.json", encoding: .utf8)
        let set = ManifestReader.read(
            text: "{\"apiVersion\":\"test/v1\",\"kind\":\"Columns\",\"tables\":" + text + "}")
        let recorded = try #require(
            set.documents.first?.json["tables"]?["\(kind.apiVersion)/\(kind.plural)"]?.array)
        let expected = recorded.map { column in
            "\(column["name"]!.string!.uppercased()) \(column["priority"]!.int!)"
        }
        #expect(Printers.columns(for: kind).map { "\($0.title) \($0.priority)" } == expected)
    }

    /// The recorded cells of the row called `name`, as texts.
    private func cells(_ table: String, row: Int = 0) throws -> [String] {
        let cells = try #require(try Golden.json("tables/\(table).json")["rows"]?.array?[row]["cells"]?.array)
        return cells.map { $0.string ?? $0.text() }
    }

    private func check<O: StoredObject>(_ type: O.Type, _ file: String, _ table: String, row: Int = 0) throws {
        let object = try Golden.object(type, "objects/\(file).json")
        #expect(Printers.row(for: object, in: Golden.cluster) == (try cells(table, row: row)))
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
        let object = try Golden.object(Namespace.self, "objects/namespace.json")
        var expected = try cells("namespaces")
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
        let set = ManifestReader.read(paths: [Golden.folder! + "objects/replicasets-limit1.json"])
        let object = try #require(set.documents.first?.decode().object as? ReplicaSet)
        let name = object.name
        let table = try #require(try Golden.json("tables/replicasets.json")["rows"]?.array)
        let row = try #require(table.first { $0["cells"]?.array?.first?.string == name }?["cells"]?.array)
        #expect(Printers.row(for: object, in: Golden.cluster) == row.map { $0.string ?? $0.text() })
    }

    @Test func `recorded events have the recorded cells`() throws {
        let set = ManifestReader.read(paths: [Golden.folder! + "objects/events-limit3.json"])
        let rows = try #require(try Golden.json("tables/events.json")["rows"]?.array)
        #expect(set.documents.count == 3)
        for document in set.documents {
            let event = try #require(document.decode().object as? Event)
            let cells = rows.compactMap { $0["cells"]?.array?.map { $0.string ?? $0.text() } }
            let expected = try #require(cells.first { $0.last == event.name })
            var row = Printers.row(for: event, in: Golden.cluster)
            // The recording took more than a second; ages may differ by it.
            row[0] = expected[0]
            row[7] = expected[7]
            #expect(row == expected)
        }
    }
}
