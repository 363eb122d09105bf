import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// What came of a change, in words, with a verdict and its evidence.
struct WhatIfReport {
    enum Verdict: String { case safe, review, block }
    /// One condition and what speaks against it.
    struct Check {
        var name: String
        var requirement: WhatIfCommand.Requirement?
        /// Empty: it holds.
        var evidence: [String]
        /// Whether it alone makes the change impossible.
        var blocks: Bool
    }
    let answer: WhatIfAnswer
    let checks: [Check]
    let required: [WhatIfCommand.Requirement]

    init(_ answer: WhatIfAnswer, required: [WhatIfCommand.Requirement]) {
        (self.answer, self.required) = (answer, required)
        var checks: [Check] = []
        checks.append(Check(name: "accepted", requirement: nil, evidence: answer.refusal.map { [$0] } ?? [], blocks: true))
        let pending = answer.pending.filter { !$0.isOld || answer.workload($0.workload).map { $0.pendingAfter > $0.pendingBefore } ?? false }
        checks.append(Check(name: "no pod finds no node", requirement: .noPending, evidence: pending.map { "\($0.key): \($0.message)" }, blocks: true))
        checks.append(
            Check(
                name: "no budget blocks", requirement: .budgets,
                evidence: answer.blocked.map { blocked in
                    "\(blocked.budget) keeps \(blocked.pods.map(\.name).joined(separator: ", ")): \(blocked.healthy) healthy, \(blocked.needed) needed"
                }, blocks: true))
        checks.append(
            Check(
                name: "every workload keeps a ready pod", requirement: nil,
                evidence: answer.workloads.filter { $0.readyBefore > 0 && $0.readyAfter == 0 && ($0.after?.desired ?? 0) > 0 }
                    .map { "\(Self.title($0.workload)): \($0.readyBefore) ready before, none after" }, blocks: true))
        checks.append(
            Check(
                name: "no workload becomes a single point of failure", requirement: .noSPOF,
                evidence: answer.workloads.compactMap { difference in
                    guard let after = difference.after, after.risk.isSinglePoint || after.risk == .down, after.risk < difference.before?.risk ?? .none
                    else { return nil }
                    return "\(Self.title(difference.workload)): \(after.riskWord)"
                }, blocks: false))
        checks.append(
            Check(
                name: "spread constraints hold", requirement: .skew,
                evidence: answer.spread.compactMap { difference in
                    guard let after = difference.after, after.state == .violated, difference.before?.state != .violated else { return nil }
                    return "\(Self.title(after)): skew \(after.skewNow) over \(after.topologyKey), maxSkew \(after.maxSkew)"
                }, blocks: false))
        checks.append(
            Check(
                name: "no service gap", requirement: nil,
                evidence: answer.workloads.filter { $0.readyBefore > 0 && $0.lowest <= 0 && $0.readyAfter > 0 }
                    .map { "\(Self.title($0.workload)): no ready pod \(Self.span($0.lowestAfter)) after the change" }, blocks: false))
        checks.append(
            Check(
                name: "it settles", requirement: nil,
                evidence: answer.isSettled || answer.refusal != nil ? [] : ["still changing \(Self.span(answer.ran)) after the change"], blocks: false))
        self.checks = checks
    }

    /// `deployment/shop/web`
    private static func title(_ workload: Workload) -> String { "\(workload.kind.lowercased())/\(workload.key)" }
    private static func title(_ group: SpreadGroup) -> String {
        group.owners.first.map { "\($0.kind.lowercased())/\(group.namespace)/\($0.name)" } ?? group.namespace
    }

    private static func span(_ time: Duration) -> String { time.truncated(to: .milliseconds(100)).description }

    var verdict: Verdict {
        let failed = checks.filter { !$0.evidence.isEmpty }
        return failed.isEmpty ? .safe : failed.contains(where: \.blocks) ? .block : .review
    }
    /// Whether what is required holds; without requirements, whether nothing blocks.
    var isFine: Bool {
        if answer.refusal != nil { return false }
        if required.isEmpty { return verdict != .block }
        return checks.allSatisfy { check in check.evidence.isEmpty || !(check.requirement.map(required.contains) ?? false) }
    }

    // MARK: Text

    var text: String {
        var lines = ["Verdict: \(verdict.rawValue)", "Change:  \(answer.question.title)"]
        if answer.refusal == nil {
            lines.append("Settled: \(answer.isSettled ? "after \(Self.span(answer.took))" : "no, still changing after \(Self.span(answer.ran))")")
        }
        for check in checks where !check.evidence.isEmpty {
            lines += ["", "\(check.blocks ? "BLOCK " : "REVIEW") \(check.name.prefix(1).uppercased() + check.name.dropFirst()): no"]
            lines += grouped(check.evidence).map { "  \($0)" }
        }
        if !workloadRows.isEmpty { lines += [""] + columns([workloadHead] + workloadRows) }
        if !nodeRows.isEmpty { lines += [""] + columns([nodeHead] + nodeRows) }
        if !skewRows.isEmpty { lines += [""] + columns([skewHead] + skewRows) }
        if !answer.placed.isEmpty {
            lines += ["", "Placed: \(answer.placed.count) pods that waited before, on \(Set(answer.placed).sorted().joined(separator: ", "))"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The same reason of many pods once.
    private func grouped(_ lines: [String]) -> [String] {
        guard lines.count > 5 else { return lines }
        var groups: [(text: String, names: [String])] = []
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            let text = parts.count == 2 ? parts[1] : ""
            if let index = groups.firstIndex(where: { $0.text == text }) { groups[index].names.append(parts[0]) } else { groups.append((text, [parts[0]])) }
        }
        return groups.map { group in
            let names = group.names.prefix(3).joined(separator: ", ") + (group.names.count > 3 ? " and \(group.names.count - 3) more" : "")
            return "\(names):\(group.text)"
        }
    }

    private let workloadHead = ["WORKLOAD", "READY", "LOWEST", "MOVED", "PENDING", "RISK"]
    private var workloadRows: [[String]] {
        answer.workloads.map { row in
            let before = row.before?.riskWord ?? "", after = row.after?.riskWord ?? ""
            return [
                Self.title(row.workload), arrow(row.readyBefore, row.readyAfter), "\(row.lowest)", "\(row.moved)", arrow(row.pendingBefore, row.pendingAfter),
                before == after ? after : "\(before.isEmpty ? "none" : before) → \(after.isEmpty ? "none" : after)",
            ]
        }
    }
    private let nodeHead = ["NODE", "ZONE", "STATE", "PODS"]
    private var nodeRows: [[String]] {
        answer.nodes.map { node in
            let state = node.before == node.after ? node.after : "\(node.before.isEmpty ? "none" : node.before) → \(node.after.isEmpty ? "gone" : node.after)"
            let pods = node.pods.map { pod in
                let change = pod.after - pod.before
                return "\(pod.workload.name) \(change > 0 ? "+" : "")\(change)"
            }
            return [node.name, node.zone, state, pods.joined(separator: ", ")]
        }
    }
    private let skewHead = ["CONSTRAINT", "KEY", "MAXSKEW", "SKEW", "COUNTS"]
    private var skewRows: [[String]] {
        answer.spread.filter { $0.before?.skewNow != $0.after?.skewNow || $0.before?.state != $0.after?.state }.map { difference in
            let group = difference.group
            let counts = difference.after?.domains.map { "\($0.name) \($0.pods)" }.joined(separator: ", ") ?? "gone"
            return [
                "\(Self.title(group))\(group.isHard ? "" : " (soft)")", group.topologyKey, "\(group.maxSkew)",
                arrow(difference.before.map { "\($0.skewNow)" } ?? "-", difference.after.map { "\($0.skewNow)" } ?? "-"),
                group.domains.count > 8 ? "\(group.domains.count) domains" : counts,
            ]
        }
    }
    private func arrow<Value: Equatable>(_ a: Value, _ b: Value) -> String { a == b ? "\(b)" : "\(a) → \(b)" }

    // MARK: Other forms

    var markdown: String {
        var lines = ["## \(verdict.rawValue): \(answer.question.title)", ""]
        for check in checks {
            lines.append("- \(check.evidence.isEmpty ? "✅" : check.blocks ? "❌" : "⚠️") \(check.name)")
            lines += grouped(check.evidence).map { "  - \($0)" }
        }
        func table(_ head: [String], _ rows: [[String]]) {
            guard !rows.isEmpty else { return }
            lines += ["", "| " + head.joined(separator: " | ") + " |", "|" + head.map { _ in " --- |" }.joined()]
            lines += rows.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
        }
        table(workloadHead, workloadRows)
        table(nodeHead, nodeRows)
        table(skewHead, skewRows)
        return lines.joined(separator: "\n") + "\n"
    }

    var json: JSONValue {
        let object: JSONValue = [
            "apiVersion": "evenkeel.dev/v1", "kind": "WhatIfReport", "change": .string(answer.question.title), "verdict": .string(verdict.rawValue),
            "settled": .bool(answer.isSettled), "seconds": .double(answer.took.seconds),
            "checks": .array(
                checks.map { check in
                    [
                        "name": .string(check.name), "holds": .bool(check.evidence.isEmpty), "blocks": .bool(check.blocks),
                        "evidence": .array(check.evidence.map { .string($0) }),
                    ]
                }),
            "workloads": .array(
                answer.workloads.map { row in
                    [
                        "workload": .string(Self.title(row.workload)), "readyBefore": .int(Int64(row.readyBefore)), "readyAfter": .int(Int64(row.readyAfter)),
                        "lowestReady": .int(Int64(row.lowest)), "moved": .int(Int64(row.moved)), "pendingBefore": .int(Int64(row.pendingBefore)),
                        "pendingAfter": .int(Int64(row.pendingAfter)), "riskBefore": .string(row.before?.riskWord ?? ""),
                        "riskAfter": .string(row.after?.riskWord ?? ""),
                    ]
                }),
            "nodes": .array(
                answer.nodes.map { node in
                    [
                        "node": .string(node.name), "zone": .string(node.zone), "before": .string(node.before), "after": .string(node.after),
                        "pods": .array(
                            node.pods.map {
                                ["workload": .string(Self.title($0.workload)), "before": .int(Int64($0.before)), "after": .int(Int64($0.after))]
                            }),
                    ]
                }),
            "spread": .array(
                answer.spread.map { difference in
                    let group = difference.group
                    var row: JSONObject = [
                        "workload": .string(Self.title(group)), "topologyKey": .string(group.topologyKey), "hard": .bool(group.isHard),
                        "maxSkew": .int(Int64(group.maxSkew)),
                    ]
                    row["skewBefore"] = difference.before.map { .int(Int64($0.skewNow)) }
                    row["skewAfter"] = difference.after.map { .int(Int64($0.skewNow)) }
                    return .object(row)
                }),
            "pending": .array(
                answer.pending.map {
                    [
                        "pod": .string("\($0.key)"), "workload": .string(Self.title($0.workload)), "message": .string($0.message),
                        "waitedBefore": .bool($0.isOld),
                    ]
                }),
        ]
        return object
    }

    /// One test case a check: what CI systems show.
    var junit: String {
        func escaped(_ text: String) -> String {
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
        }
        func fails(_ check: Check) -> Bool {
            if check.evidence.isEmpty { return false }
            return required.isEmpty ? check.blocks : check.name == "accepted" || (check.requirement.map(required.contains) ?? false)
        }
        let title = escaped(answer.question.title)
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            #"<testsuite name="evenkeel whatif" tests="\#(checks.count)" failures="\#(checks.count(where: fails))">"#,
        ]
        for check in checks {
            let head = #"  <testcase classname="\#(title)" name="\#(escaped(check.name))""#
            if check.evidence.isEmpty {
                lines.append(head + "/>")
            } else {
                let text = escaped(check.evidence.joined(separator: "\n"))
                let element = fails(check) ? "failure" : "system-out"
                let attribute = fails(check) ? #" message="\#(escaped(check.evidence[0]))""# : ""
                lines += [head + ">", "    <\(element)\(attribute)>\(text)</\(element)>", "  </testcase>"]
            }
        }
        return (lines + ["</testsuite>"]).joined(separator: "\n") + "\n"
    }
}
