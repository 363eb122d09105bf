// What `:export` writes is opened as it was: each object of the shipped scenarios and of manifests of whole projects.

import ControlPlane
import Foundation
import Kubelets
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

@testable import Dashboard

@Suite struct ExportTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Manifests")
    static let manifests = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".yaml") }.sorted()

    @Test func `there are manifests`() { #expect(Self.manifests.count > 3) }

    @Test(arguments: ScenarioCatalog.all.map(\.name)) func `a shipped scenario is exported and opened whole`(name: String) throws {
        let shipped = try #require(ScenarioCatalog.find(name))
        try check(shipped.input(overrides: InputOverrides()))
    }

    @Test(arguments: manifests) func `a project's manifests are exported and opened whole`(name: String) throws {
        try check(Input(ManifestReader.read(paths: [Self.folder.appending(path: name).path])))
    }

    private func check(_ input: Input) throws {
        #expect(input.problems.isEmpty, "\(input.problems.prefix(3))")
        var session = input.makeSession().session
        session.advance(to: session.cluster.origin + (session.script.duration ?? Script.usualDuration))
        var dashboard = Dashboard(session: session)
        try dashboard.press(":export all<Enter>")
        let file = try #require(dashboard.fileToWrite)
        let read = Input(ManifestReader.read(text: file.content, file: file.name))
        #expect(read.problems.isEmpty, "\(read.problems.prefix(3))")
        var (opened, refusals) = read.makeSession()
        #expect(refusals.problems.isEmpty, "\(refusals.problems.prefix(3))")
        #expect(opened.now == read.state.newest)

        let before = documents(of: session)
        let after = documents(of: opened)
        let different = before.keys.sorted().flatMap { name -> [String] in
            guard let other = after[name] else { return ["\(name) is not there"] }
            return StateDifference.differences(before[name] ?? .null, other, "object").map { "\(name): \($0)" }
        }
        #expect(different.isEmpty, "\(different.count): \(different.prefix(8))")
        // A second later nothing is gone that was to stay.
        opened.advance(to: opened.now + .seconds(1))
        let later = documents(of: opened)
        let lost = before.filter { later[$0.key] == nil && $0.value["metadata"]?["deletionTimestamp"] == nil }
        #expect(lost.isEmpty, "\(lost.keys.sorted().prefix(5))")
    }

    /// Each object by kind, name and uid, without its number among the writes, which is the server's.
    private func documents(of session: Session) -> [String: JSONValue] {
        var all: [String: JSONValue] = [:]
        for kind in Kind.allCases {
            for object in session.cluster.store.objects(kind) {
                var document = session.simulation.document(of: object).object ?? [:]
                var metadata = document["metadata"]?.object ?? [:]
                metadata["resourceVersion"] = nil
                // What autoscalers measured is asked of the pods from then on.
                if var annotations = metadata["annotations"]?.object, annotations[Demand.annotation] != nil {
                    annotations[Demand.annotation] = nil
                    metadata["annotations"] = annotations.members.isEmpty ? nil : .object(annotations)
                }
                document["metadata"] = .object(metadata)
                // Data of Secrets are left out, their keys stay.
                if object is Secret, let data = document["data"]?.object {
                    document["data"] = .array(data.members.map { .string($0.key) })
                }
                all["\(object.kindInfo.kind) \(object.key) \(object.metadata.uid)"] = .object(document)
            }
        }
        return all
    }
}
