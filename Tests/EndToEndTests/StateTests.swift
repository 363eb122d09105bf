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

    private static let tests = recorded.deletingLastPathComponent().deletingLastPathComponent()
    /// Ours, and those of published projects where they are at hand.
    static let manifests = ["Manifests", "../../shared/manifests", "../../../shared/manifests"].flatMap { folder in
        let path = tests.appending(path: folder).path
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".yaml") }.sorted().map { "\(path)/\($0)" }
    }

    @Test func `what run prints of shipped scenarios is opened again with every object`() async throws {
        let list = try await Program.run("scenarios")
        let names = list.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }.filter { $0.first?.isLowercase ?? false }
        #expect(names.count > 10 && names.contains("three-zones"))
        for name in names { try await check(["--scenario", name]) }
    }

    @Test(arguments: manifests) func `what run prints of a project is opened again with every object`(path: String) async throws { try await check([path]) }

    /// `run X -o json | run - --until 1s -o json` keeps every object.
    private func check(_ words: [String]) async throws {
        let first = try await Program.run(["run"] + words + ["-o", "json"])
        #expect(first.status == .exited(0), "\(first.error)")
        let again = try await Program.run(["run", "-", "--until", "1s", "-o", "json"], input: first.output)
        #expect(again.status == .exited(0), "\(again.error)")
        let before = try names(first.output)
        let lost = before.subtracting(try names(again.output))
        #expect(before.count > 30 && lost.isEmpty, "\(words) \(before.count): \(lost.sorted().prefix(5))")
        #expect(again.error.contains("Opened as of 2026-01-01T0"))
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

    @Test(arguments: [
        ("rollout-revisions/before-2", ["--undo", "deploy/web/stuck"], ["deployment/web/stuck": 1]),
        (
            "rollout-revisions/dump", ["mlk", "nomlk", "surge0", "recreate"].flatMap { ["--set-image", "deploy/web/\($0)=nginx:1.30"] },
            ["deployment/web/mlk": 6, "deployment/web/nomlk": 6, "deployment/web/recreate": 3, "deployment/web/surge0": 4]
        ),
        ("static-pv-statefulsets/before-2", ["--recover", "ip-10-0-23-168.eu-central-1.compute.internal"], [:]),
    ])
    func `what was done to a real cluster is asked for by name`(state: String, change: [String], moved: [String: Int]) async throws {
        let file = Self.recorded.appending(path: "\(state).yaml.gz").path
        let answer = try await Program.run(["whatif", file] + change + ["-o", "json"])
        #expect(answer.status == .exited(0), "\(answer.error)")
        let workloads = try #require(try json(answer.output)["workloads"] as? [[String: Any]])
        let found = Dictionary(uniqueKeysWithValues: workloads.map { ($0["workload"] as? String ?? "", $0["moved"] as? Int ?? 0) }).filter { $0.value > 0 }
        #expect(found == moved)
    }

    @Test func `a lost zone is told as it was found when it first stood still`() async throws {
        let file = Self.dump("zone-lost-tolerant")
        let expected = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: Self.recorded.appending(path: "zone-lost-tolerant/case-1.json"))) as? [String: Any])
        let report = try json(try await Program.run("whatif", file, "--lose", "zone=eu-central-1b", "-o", "json").output)
        let rest = try #require((report["rests"] as? [[String: Any]])?.first)
        let rows = try #require(rest["workloads"] as? [[String: Any]])
        for (name, field) in [("gone", "podsGone"), ("new", "podsNew"), ("terminating", "podsNowTerminating")] {
            let found = rows.reduce(into: [String: Int]()) { $0[($1["workload"] as? String ?? "")] = $1[name] as? Int }.filter { $0.value > 0 }
            let wanted = (expected[field] as? [String: Int] ?? [:]).map { key, count in (key.prefix { $0 != "/" }.lowercased() + key.drop { $0 != "/" }, count)
            }
            #expect(found == Dictionary(uniqueKeysWithValues: wanted), "\(name)")
        }
        let pending = try #require(rest["pending"] as? [[String: Any]])
        #expect(pending.count == 4)
    }

    @Test func `flags of a drain are read, and others refused`() async throws {
        let node = "ip-10-0-17-156.eu-central-1.compute.internal"
        let report = try json(try await Program.run("whatif", Self.dump("boutique-small"), "--drain", "\(node),force=false,timeout=40s", "-o", "json").output)
        let drain = try #require((report["drains"] as? [[String: Any]])?.first)
        #expect(drain["ended"] as? Bool == true && (drain["lines"] as? [String])?.last == "node/\(node) drained")
        for flag in ["force=perhaps", "timeout=-1s", "speed=fast", "force"] {
            let answer = try await Program.run("whatif", Self.dump("boutique-small"), "--drain", "\(node),\(flag)")
            #expect(answer.status == .exited(2), "\(flag) \(answer.error)")
        }
    }

    @Test(arguments: [
        ["--taint", "NODE=dedicated:Never"], ["--taint", "NODE"], ["--untaint", "NODE"], ["--set-image", "deploy/frontend"], ["--undo", "ds/aws-node"],
        ["--recover", "mars"], ["--recover", "planet=mars"],
    ])
    func `a change that makes no sense is bad usage`(change: [String]) async throws {
        let words = change.map { $0.replacing("NODE", with: "ip-10-0-17-156.eu-central-1.compute.internal") }
        let answer = try await Program.run(["whatif", Self.dump("boutique-small")] + words)
        #expect(answer.status == .exited(2) && answer.output.isEmpty, "\(answer.error)")
    }

    @Test func `README's example is what the program says`() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let start = try #require(readme.range(of: "```text\n$ evenkeel whatif prod.yaml.gz "))
        let block = try #require(readme[start.upperBound...].components(separatedBy: "\n```").first).components(separatedBy: "\n")
        let words = block[0].split(separator: " ").map(String.init)
        let answer = try await Program.run(["whatif", Self.dump("boutique-small")] + words)
        let shown = Array(block.dropFirst().prefix { $0 != "…" })
        #expect(shown.count > 5)
        // What ends in empty cells is shown without their spaces.
        let said = answer.output.components(separatedBy: "\n").prefix(shown.count).map { String($0.reversed().drop { $0 == " " }.reversed()) }
        #expect(said == shown)
    }

    @Test func `how many fit, what is wrong and what differs is told in each form`() async throws {
        let dump = Self.dump("boutique-small")
        let capacity = try await Program.run("capacity", dump, "deploy/frontend", "-o", "json")
        #expect(capacity.status == .exited(0), "\(capacity.error)")
        let fits = try #require(try json(capacity.output)["fits"] as? Int)
        #expect(fits > 0)
        let more = try await Program.run("capacity", dump, "deploy/frontend", "--need", "\(fits + 1)", "-o", "junit")
        #expect(more.status == .exited(1))
        #expect(more.output.contains("<failure message=\"\(fits) more fit, \(fits + 1) needed\">"))
        let lost = try await Program.run("capacity", dump, "deploy/frontend", "--lose", "zone=eu-central-1a")
        #expect(lost.output.contains("after: lose zone eu-central-1a"), "\(lost.error)")
        let check = try await Program.run("check", dump, "--skip", "requests", "-o", "json")
        let findings = try #require(try json(check.output)["findings"] as? [[String: Any]])
        #expect(check.status == .exited(findings.isEmpty ? 0 : 1))
        #expect(findings.allSatisfy { $0["rule"] as? String != "requests" })
        let junit = try await Program.run("check", dump, "--only", "single-point,budget", "-o", "junit")
        #expect(junit.output.hasPrefix("<?xml"))
        let markdown = try await Program.run("check", dump, "-n", "boutique", "-o", "markdown")
        #expect(markdown.output.hasPrefix("## "))
        let before = Self.recorded.appending(path: "boutique-small/before-2.yaml.gz").path
        let diff = try await Program.run("diff", dump, before)
        #expect(diff.output.hasPrefix("Verdict: "), "\(diff.error)")
        let same = try await Program.run("diff", dump, Self.recorded.appending(path: "boutique-small/../boutique-small/dump.yaml.gz").path)
        #expect(same.status == .exited(0))
        #expect(same.output.contains("No difference."), "\(same.output)")
    }

    @Test func `where chance decides the seeds are counted`() async throws {
        let answer = try await Program.run(
            "whatif", Self.dump("scale-down-choice"), "--scale", "deploy/prod/mixed=3", "--seeds", "3", "-o", "json")
        #expect(answer.status == .exited(0), "\(answer.error)")
        let report = try json(answer.output)
        #expect(report["kind"] as? String == "WhatIfDistribution" && report["seeds"] as? Int == 3)
        let workloads = try #require(report["workloads"] as? [[String: Any]])
        #expect(!workloads.isEmpty)
        for workload in workloads {
            let outcomes = try #require(workload["outcomes"] as? [[String: Any]])
            #expect(outcomes.reduce(0) { $0 + ($1["seeds"] as? Int ?? 0) } == 3)
        }
    }

    @Test(arguments: [
        (["capacity", "X"], "capacity needs the state of a cluster before the workload"), (["capacity", "X", "deploy/nobody"], "there is no deploy/nobody"),
        (["capacity", "X", "deploy/infer", "--need", "0"], "--need must be 1 to 100000"), (["check", "X", "--only", "luck"], "--only knows single-point"),
        (["check", "X", "-n", "mars"], "there is no namespace mars"), (["plan", "X", "--to", "1.36"], "is the version that the cluster has"),
        (["plan", "X", "--to", "1.99"], "--to: "), (["diff", "X"], "diff needs two states"),
        (["diff", "X", "X"], "diff needs two different states"),
        (["run", "X", "--report", "json", "-o", "json"], "--report goes to standard output"),
    ])
    func `a question that makes no sense is a mistake of usage`(words: [String], message: String) async throws {
        let answer = try await Program.run(words.map { $0 == "X" ? Self.dump("gpu-pool") : $0 })
        #expect(answer.status == .exited(2))
        #expect(answer.error.contains(message), "\(answer.error)")
    }

    @Test func `unknown fields of a state are given back`() async throws {
        let state = """
            {"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "uid": "1", "creationTimestamp": "2026-01-01T00:00:00Z"}, "shape": {"round": true},
             "status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "10"}, "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"},
                        "conditions": [{"type": "Ready", "status": "True", "mood": "good"}]}}]}
            """
        let file = FileManager.default.temporaryDirectory.appending(path: "evenkeel-\(UUID().uuidString).json")
        try state.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let answer = try await Program.run("run", file.path, "--until", "2m", "-o", "json")
        #expect(answer.status == .exited(0), "\(answer.error)")
        #expect(answer.error.contains("Not known here, kept: shape of Node, status.conditions[].mood of Node."), "\(answer.error)")
        let items = try #require(try json(answer.output)["items"] as? [[String: Any]])
        let node = try #require(items.first { $0["kind"] as? String == "Node" })
        #expect((node["shape"] as? [String: Any])?["round"] as? Bool == true)
        let conditions = try #require((node["status"] as? [String: Any])?["conditions"] as? [[String: Any]])
        #expect(conditions.first { $0["type"] as? String == "Ready" }?["mood"] as? String == "good")
    }

    @Test func `a report of a run names each step and expectation`() async throws {
        let answer = try await Program.run("run", "--scenario", "drain-budget", "--report", "junit")
        #expect(answer.status == .exited(0), "\(answer.error)")
        #expect(answer.output.hasPrefix("<?xml"))
        #expect(answer.output.contains("spec.expect[0]"))
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
