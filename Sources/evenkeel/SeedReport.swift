import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What came of one change with several seeds: how often which outcome.
struct SeedReport: Report {
    let reports: [WhatIfReport]
    /// The seed of the first report; those of the others follow it.
    let first: UInt64

    /// What became of a workload with some of the seeds.
    struct Outcome: Hashable {
        var ready: Int
        /// `eu-a 2, eu-b 1`
        var zones: String
        var moved: Int
        var pending: Int
        var risk: String
    }

    var isFine: Bool { reports.allSatisfy(\.isFine) }
    private func share(_ count: Int) -> String { "\((count * 200 + reports.count) / (2 * reports.count)) %" }

    private var verdicts: [(verdict: WhatIfReport.Verdict, count: Int)] {
        [.block, .review, .safe].map { verdict in (verdict, reports.count { $0.verdict == verdict }) }.filter { $0.1 > 0 }
    }
    /// Conditions that do not hold with each seed, with how often they do not and the evidence where they first did not.
    private var failures: [(check: WhatIfReport.Check, count: Int, fails: Bool)] {
        reports[0].checks.indices.compactMap { index in
            let failed = reports.filter { !$0.checks[index].evidence.isEmpty }
            return failed.first.map { ($0.checks[index], failed.count, $0.fails($0.checks[index])) }
        }
    }

    /// The outcomes of each workload that was touched with any seed, the most frequent first, with a seed that leads to it.
    private var outcomes: [(workload: Workload, outcomes: [(outcome: Outcome, count: Int, seed: UInt64)])] {
        let touched = Set(reports.flatMap { $0.answer.workloads.map(\.workload) }).sorted()
        return touched.map { workload in
            var found: [(outcome: Outcome?, count: Int, seed: UInt64)] = []
            for (index, report) in reports.enumerated() {
                let outcome = report.answer.workload(workload).map(Self.outcome)
                if let known = found.firstIndex(where: { $0.outcome == outcome }) {
                    found[known].count += 1
                } else {
                    found.append((outcome, 1, first &+ UInt64(index)))
                }
            }
            let untouched = Outcome(ready: -1, zones: "untouched", moved: 0, pending: 0, risk: "")
            return (
                workload,
                found.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
                    .map { ($0.element.outcome ?? untouched, $0.element.count, $0.element.seed) }
            )
        }
    }
    private static func outcome(_ difference: WhatIfAnswer.WorkloadDifference) -> Outcome {
        let zones = (difference.after?.byZone.domains ?? []).sorted { $0.name < $1.name }.map { "\($0.name.isEmpty ? "no zone" : $0.name) \($0.ready)" }
        return Outcome(
            ready: difference.readyAfter, zones: zones.joined(separator: ", "), moved: difference.moved, pending: difference.pendingAfter,
            risk: difference.after.map { risk($0.risk) } ?? "")
    }
    /// The risk without the name of the node or zone: another one is no other outcome.
    private static func risk(_ risk: WorkloadAvailability.Risk) -> String {
        switch risk {
        case .down: "no ready pod"
        case .oneReplica: "one replica"
        case .oneNode: "all on one node"
        case .oneZone: "all in one zone"
        case .quorumNode: "needs one node"
        case .quorumZone: "needs one zone"
        case .none: ""
        }
    }

    private let head = ["WORKLOAD", "SHARE", "READY", "BY ZONE", "MOVED", "PENDING", "RISK", "SEED"]
    private var rows: [[String]] {
        outcomes.flatMap { workload, outcomes in
            outcomes.enumerated().map { index, row in
                [
                    index == 0 ? workload.title : "", share(row.count), row.outcome.ready < 0 ? "" : "\(row.outcome.ready)", row.outcome.zones,
                    "\(row.outcome.moved)", "\(row.outcome.pending)", row.outcome.risk, "\(row.seed)",
                ]
            }
        }
    }
    private var headline: String {
        verdicts.map { "\($0.verdict.rawValue) \(share($0.count))" }.joined(separator: ", ")
    }
    private var change: String { reports[0].answer.question.title }

    var text: String {
        var lines = [
            "Verdict: \(headline)", "Change:  \(change)", "Seeds:   \(first) to \(first &+ UInt64(reports.count - 1)), \(counted(reports.count, "trial"))",
        ]
        for (check, count, _) in failures {
            lines += ["", "\(check.blocks ? "BLOCK " : "REVIEW") \(check.name.prefix(1).uppercased() + check.name.dropFirst()): not in \(share(count))"]
            lines.append("  such as \(check.evidence[0])")
        }
        if !rows.isEmpty { lines += [""] + columns([head] + rows) }
        return lines.joined(separator: "\n") + "\n"
    }

    var markdown: String {
        var lines = ["## \(headline): \(change)", ""]
        for (check, count, _) in failures { lines.append("- \(check.blocks ? "❌" : "⚠️") \(check.name): not in \(share(count)), such as \(check.evidence[0])") }
        return (lines + markdownTable(head, rows)).joined(separator: "\n") + "\n"
    }

    var json: JSONValue {
        var counts = JSONObject()
        counts.members = verdicts.map { ($0.verdict.rawValue, .int(Int64($0.count))) }
        return [
            "apiVersion": "evenkeel.dev/v1", "kind": "WhatIfDistribution", "change": .string(change), "firstSeed": .string("\(first)"),
            "seeds": .int(Int64(reports.count)),
            "verdicts": .object(counts),
            "failures": .array(
                failures.map {
                    [
                        "name": .string($0.check.name), "seeds": .int(Int64($0.count)), "decides": .bool($0.fails),
                        "evidence": .array($0.check.evidence.map { .string($0) }),
                    ]
                }),
            "workloads": .array(
                outcomes.map { workload, outcomes in
                    [
                        "workload": .string(workload.title),
                        "outcomes": .array(
                            outcomes.map { row in
                                [
                                    "seeds": .int(Int64(row.count)), "seed": .string("\(row.seed)"), "ready": .int(Int64(max(0, row.outcome.ready))),
                                    "zones": .string(row.outcome.zones), "moved": .int(Int64(row.outcome.moved)),
                                    "pending": .int(Int64(row.outcome.pending)), "risk": .string(row.outcome.risk),
                                ]
                            }),
                    ]
                }),
        ]
    }

    var junit: String {
        let failures = failures
        let cases = reports[0].checks.map { check in
            guard let failure = failures.first(where: { $0.check.name == check.name }) else { return JUnit.Case(className: change, name: check.name) }
            let lines = ["not with \(failure.count) of \(reports.count) seeds"] + failure.check.evidence
            return JUnit.Case(className: change, name: check.name, lines: lines, fails: failure.fails)
        }
        return JUnit(name: "evenkeel whatif", cases: cases).text
    }
}
