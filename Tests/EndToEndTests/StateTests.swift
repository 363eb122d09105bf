import Foundation
import Testing

/// A real cluster's state opened by the program: run, asked, and given back.
@Suite struct StateTests {
    private static let recorded = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "SimulationTests/Recorded")
    private static func dump(_ name: String) -> String { recorded.appending(path: "\(name)/dump.yaml.gz").path }

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
    /// What names each object of a List, with its identity.
    private func names(_ text: String) throws -> Set<String> {
        let items = try #require(try json(text)["items"] as? [[String: Any]])
        return Set(
            items.compactMap { item in
                guard let meta = item["metadata"] as? [String: Any] else { return nil }
                return "\(item["kind"] ?? "")/\(meta["namespace"] ?? "")/\(meta["name"] ?? "") \(meta["uid"] ?? "")"
            })
    }

    @Test func `what run prints is opened again with every object`() async throws {
        let first = try await Program.run("run", "--scenario", "drain-budget", "-o", "json")
        #expect(first.status == .exited(0))
        let folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "state.json")
        try first.output.write(to: file, atomically: true, encoding: .utf8)
        let again = try await Program.run("run", file.path, "--until", "1s", "-o", "json")
        #expect(again.status == .exited(0), "\(again.error)")
        let lost = try names(first.output).subtracting(names(again.output))
        #expect(lost.isEmpty, "\(lost.sorted().prefix(5))")
        #expect(again.error.contains("Opened as of 2026-01-01T00:0"))
    }

    @Test func `a drain of a real cluster is judged before it is done`() async throws {
        let drain = "ip-10-0-17-156.eu-central-1.compute.internal"
        let text = try await Program.run("whatif", Self.dump("boutique-small"), "--drain", drain)
        #expect(text.status == .exited(0), "\(text.error)")
        #expect(text.output.hasPrefix("Verdict: "))
        #expect(text.output.contains("Change:  drain \(drain)"))
        #expect(text.error.contains("Opened as of 2026-11-28T13:25:21Z: 9 nodes"))
        let whole = try await Program.run("whatif", Self.dump("boutique-small"), "--drain", drain, "-o", "json")
        let report = try json(whole.output)
        #expect(report["kind"] as? String == "WhatIfReport")
        let workloads = try #require(report["workloads"] as? [[String: Any]])
        let moved = Dictionary(uniqueKeysWithValues: workloads.map { ($0["workload"] as? String ?? "", $0["moved"] as? Int ?? 0) }).filter { $0.value > 0 }
        // As the real control plane did.
        #expect(
            moved == ["deployment/boutique/cartservice": 1, "deployment/boutique/frontend": 1, "deployment/boutique/loadgenerator": 1])
    }

    @Test func `what does not fit fails in CI`() async throws {
        let answer = try await Program.run(
            "whatif", Self.dump("gpu-pool"), "--scale", "deploy/infer=30", "--require", "no-pending", "-o", "junit")
        #expect(answer.status == .exited(1))
        #expect(answer.output.hasPrefix("<?xml"))
        #expect(answer.output.contains("Insufficient nvidia.com/gpu"))
        #expect(answer.output.contains("<failure"))
        let fine = try await Program.run("whatif", Self.dump("gpu-pool"), "--scale", "deploy/infer=30", "--require", "budgets", "-o", "markdown")
        #expect(fine.status == .exited(0))
        #expect(fine.output.hasPrefix("## block: scale infer to 30"))
    }

    @Test(arguments: [
        (["--drain", "nobody"], "there is no node nobody"), ([], "whatif needs a change"), (["--scale", "web"], "--scale must be kind/name=number"),
        (["--scale", "deploy/nobody=3"], "there is no deploy/nobody"), (["--lose", "zone=mars"], "no node is in zone mars"),
        (["--add-nodes", "2"], "--add-nodes must be"), (["--cordon", "x", "--require", "luck"], "--require knows"),
    ])
    func `a change that names nothing is a mistake of usage`(words: [String], message: String) async throws {
        let answer = try await Program.run(["whatif", Self.dump("gpu-pool")] + words)
        #expect(answer.status == .exited(2))
        #expect(answer.error.contains(message), "\(answer.error)")
    }

    @Test func `a broken packed file is told as such`() async throws {
        let data = try Data(contentsOf: URL(filePath: Self.dump("gpu-pool")))
        let file = FileManager.default.temporaryDirectory.appending(path: "evenkeel-\(UUID().uuidString).yaml.gz")
        try data.prefix(data.count / 2).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let answer = try await Program.run("run", file.path)
        #expect(answer.status == .exited(3))
        #expect(answer.error.contains("is packed by gzip, and broken or cut off"))
    }
}
