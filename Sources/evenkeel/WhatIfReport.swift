import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// What came of a change, in words, with a verdict and its evidence.
struct WhatIfReport: Report {
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
    /// The answer compares two states that are given: nothing was done, and nothing is known of what happened in between.
    let ofStates: Bool

    init(_ answer: WhatIfAnswer, required: [WhatIfCommand.Requirement], ofStates: Bool = false) {
        (self.answer, self.required, self.ofStates) = (answer, required, ofStates)
        var checks: [Check] = []
        let refused = answer.refused + answer.evictions.filter { $0.refusal != nil }.map { "evict \($0.pod): \($0.words)" }
        checks.append(Check(name: "accepted", requirement: nil, evidence: (answer.refusal.map { [$0] } ?? []) + refused, blocks: true))
        // Where as many wait as before, one that waited has only taken the place of another.
        let pending = answer.pending.filter { pod in answer.workload(pod.workload).map { $0.pendingAfter > $0.pendingBefore } ?? !pod.isOld }
        checks.append(Check(name: "no pod finds no node", requirement: .noPending, evidence: pending.map { "\($0.key): \($0.message)" }, blocks: true))
        let heldBack = answer.heldBack.filter { $0.count > $0.before }
        if !heldBack.isEmpty {
            // Only told where it is so: most clusters have nothing that holds pods back.
            checks.append(
                Check(
                    name: "every pod may be made", requirement: .noPending,
                    evidence: heldBack.map { "\($0.workload.title): \(counted($0.count, "pod")) not made: \($0.message)" }, blocks: true))
        }
        checks.append(
            Check(
                name: "no budget blocks", requirement: .budgets,
                evidence: answer.blocked.map { blocked in
                    "\(blocked.budget) keeps \(blocked.pods.map(\.name).joined(separator: ", ")): \(blocked.healthy) healthy, \(blocked.needed) needed"
                }, blocks: true))
        if !answer.drains.isEmpty {
            checks.append(Check(name: "every drain ends", requirement: .budgets, evidence: Self.unfinished(answer), blocks: true))
        }
        checks.append(
            Check(
                name: "every workload keeps a ready pod", requirement: nil,
                evidence: answer.workloads.filter { $0.readyBefore > 0 && $0.readyAfter == 0 && ($0.after?.desired ?? 0) > 0 }
                    .map { "\($0.workload.title): \($0.readyBefore) ready before, none after" }, blocks: true))
        let short = answer.workloads.compactMap { Self.shortage($0, answer) }
        if !short.isEmpty { checks.append(Check(name: "every pod that leaves is replaced", requirement: nil, evidence: short, blocks: false)) }
        if !answer.groups.isEmpty {
            let lost = answer.groups.filter { !$0.fits && $0.fitBefore }
            checks.append(
                Check(name: "every group of pods still fits", requirement: .noPending, evidence: lost.map { "\($0.key): \($0.words)" }, blocks: true))
        }
        checks.append(
            Check(
                name: "no workload becomes a single point of failure", requirement: .noSPOF,
                evidence: answer.workloads.compactMap { difference in
                    guard difference.workload.hasReplicas, let after = difference.after, after.risk.isSinglePoint || after.risk == .down,
                        after.risk < difference.before?.risk ?? .none
                    else { return nil }
                    return "\(difference.workload.title): \(after.riskWord)"
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
                    .map { "\($0.workload.title): no ready pod \(Self.span($0.lowestAfter)) after the change" }, blocks: false))
        checks.append(
            Check(
                name: "it settles", requirement: nil,
                evidence: answer.isSettled || answer.refusal != nil ? [] : ["still changing \(Self.span(answer.ran)) after the change"], blocks: false))
        if ofStates { checks.removeAll { ["accepted", "no budget blocks", "no service gap", "it settles"].contains($0.name) } }
        self.checks = checks
    }

    /// What a workload lacks that no other condition tells: pods that nobody makes again, that stay on dead nodes, that are not ready yet.
    private static func shortage(_ row: WhatIfAnswer.WorkloadDifference, _ answer: WhatIfAnswer) -> String? {
        if row.workload.kind == "Pod" {
            return row.readyBefore > 0 && row.readyAfter == 0 ? "\(row.workload.title): nobody makes a pod again that has no controller" : nil
        }
        guard row.workload.hasReplicas, row.readyAfter > 0, let after = row.after, after.desired >= row.before?.desired ?? 0 else { return nil }
        let told = max(0, row.pendingAfter - row.pendingBefore) + answer.heldBack.reduce(0) { $0 + ($1.workload == row.workload ? $1.count - $1.before : 0) }
        let short = row.readyBefore - row.readyAfter - told
        guard short > 0 else { return nil }
        let why =
            row.counts.terminating > 0
            ? "\(counted(row.counts.terminating, "pod")) still terminating, and replaced only when gone" : "\(counted(short, "pod")) not ready"
        return "\(row.workload.title): \(row.readyBefore) ready before, \(row.readyAfter) after; \(why)"
    }

    /// Drains that kubectl gave up, and those that wait for something else than a budget.
    private static func unfinished(_ answer: WhatIfAnswer) -> [String] {
        answer.drains.compactMap { drain in
            if let failure = drain.failure { return "\(drain.node): \(failure)" }
            let held = Set(answer.blocked.flatMap(\.pods))
            let left = drain.left.filter { !held.contains($0) }.map { "\($0)" }
            return drain.isRunning && !left.isEmpty ? "\(drain.node): still there are \(shortList(left))" : nil
        }
    }

    private static func title(_ group: SpreadGroup) -> String {
        group.owners.first.map { "\($0.kind.lowercased())/\(group.namespace)/\($0.name)" } ?? group.namespace
    }

    private static func span(_ time: Duration) -> String { time.truncated(to: .milliseconds(100)).description }

    var verdict: Verdict {
        let failed = checks.filter { !$0.evidence.isEmpty }
        return failed.isEmpty ? .safe : failed.contains(where: \.blocks) ? .block : .review
    }
    /// Whether what is required holds; without requirements, whether nothing blocks.
    var isFine: Bool { !checks.contains(where: fails) }

    /// Whether a condition does not hold that decides about the exit status.
    func fails(_ check: Check) -> Bool {
        if check.evidence.isEmpty { return false }
        return required.isEmpty ? check.blocks : check.name == "accepted" || (check.requirement.map(required.contains) ?? false)
    }

    // MARK: Text

    var text: String {
        var lines = headlines
        for (head, rows) in tables where !rows.isEmpty { lines += [""] + columns([head] + rows) }
        if !answer.placed.isEmpty {
            lines += ["", "Placed: \(answer.placed.count) pods that waited before, on \(Set(answer.placed).sorted().joined(separator: ", "))"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The verdict with its evidence.
    var headlines: [String] {
        var lines = ["Verdict: \(verdict.rawValue)", "\(ofStates ? "States: " : "Change: ") \(answer.question.title)"]
        if answer.refusal == nil, !ofStates {
            lines += answer.rests.map { "At rest: \(Self.span($0.after)) after the change, for a while: \(Self.words($0))" }
            lines.append("Settled: \(answer.isSettled ? "after \(Self.span(answer.took))" : "no, still changing after \(Self.span(answer.ran))")")
        }
        for check in checks where !check.evidence.isEmpty {
            lines += ["", "\(check.blocks ? "BLOCK " : "REVIEW") \(check.name.prefix(1).uppercased() + check.name.dropFirst()): no"]
            lines += grouped(check.evidence).map { "  \($0)" }
        }
        return lines
    }
    /// `8 new, 9 ending, 4 waiting: deployment/shop/web 3, …`
    private static func words(_ rest: WhatIfAnswer.Rest) -> String {
        func sum(_ number: (PodCounts) -> Int) -> Int { rest.workloads.reduce(0) { $0 + number($1.counts) } }
        let numbers = [(sum(\.gone), "gone"), (sum(\.new), "new"), (sum(\.terminating), "ending"), (rest.pending.count, "waiting for a node")]
        return numbers.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    var tables: [(head: [String], rows: [[String]])] {
        [(workloadHead, workloadRows), (groupHead, groupRows), (nodeHead, nodeRows), (skewHead, skewRows)]
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
        return groups.map { "\(shortList($0.names)):\($0.text)" }
    }

    private var workloadHead: [String] { ["WORKLOAD", "READY"] + (ofStates ? [] : ["LOWEST"]) + ["MOVED", "PENDING", "RISK"] }
    private var workloadRows: [[String]] {
        answer.workloads.map { row in
            let before = row.before?.riskWord ?? "", after = row.after?.riskWord ?? ""
            return [row.workload.title, arrow(row.readyBefore, row.readyAfter)] + (ofStates ? [] : ["\(row.lowest)"]) + [
                "\(row.moved)", arrow(row.pendingBefore, row.pendingAfter),
                before == after ? after : "\(before.isEmpty ? "none" : before) → \(after.isEmpty ? "none" : after)",
            ]
        }
    }
    private let groupHead = ["GROUP", "RUNNING", "NEEDED", "FITS"]
    private var groupRows: [[String]] {
        answer.groups.map { ["\($0.key)", arrow($0.runningBefore, $0.runningAfter), "\($0.minCount)", $0.fits ? "yes" : "no: \($0.why)"] }
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

    var markdown: String { (markdownHeadlines + tables.flatMap { markdownTable($0.head, $0.rows) }).joined(separator: "\n") + "\n" }

    /// The verdict and each condition.
    var markdownHeadlines: [String] {
        var lines = ["## \(verdict.rawValue): \(answer.question.title)", ""]
        for check in checks {
            lines.append("- \(check.evidence.isEmpty ? "✅" : check.blocks ? "❌" : "⚠️") \(check.name)")
            lines += grouped(check.evidence).map { "  - \($0)" }
        }
        return lines
    }

    var json: JSONValue {
        var object: JSONObject = [
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
                        "workload": .string(row.workload.title), "readyBefore": .int(Int64(row.readyBefore)), "readyAfter": .int(Int64(row.readyAfter)),
                        "lowestReady": .int(Int64(row.lowest)), "moved": .int(Int64(row.moved)), "pendingBefore": .int(Int64(row.pendingBefore)),
                        "pendingAfter": .int(Int64(row.pendingAfter)), "riskBefore": .string(row.before?.riskWord ?? ""),
                        "riskAfter": .string(row.after?.riskWord ?? ""), "gone": .int(Int64(row.counts.gone)), "new": .int(Int64(row.counts.new)),
                        "terminating": .int(Int64(row.counts.terminating)), "zonesBefore": Self.json(row.countsBefore.zones),
                        "zonesAfter": Self.json(row.counts.zones),
                    ]
                }),
            "nodes": .array(
                answer.nodes.map { node in
                    [
                        "node": .string(node.name), "zone": .string(node.zone), "before": .string(node.before), "after": .string(node.after),
                        "pods": .array(
                            node.pods.map {
                                ["workload": .string($0.workload.title), "before": .int(Int64($0.before)), "after": .int(Int64($0.after))]
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
            "pending": Self.json(answer.pending),
        ]
        if !answer.heldBack.isEmpty {
            object["heldBack"] = .array(
                answer.heldBack.map {
                    [
                        "workload": .string($0.workload.title), "pods": .int(Int64($0.count)), "podsBefore": .int(Int64($0.before)),
                        "message": .string($0.message),
                    ]
                })
        }
        addWhatHappened(to: &object)
        if !answer.groups.isEmpty {
            object["groups"] = .array(
                answer.groups.map {
                    [
                        "group": .string("\($0.key)"), "needed": .int(Int64($0.minCount)), "pods": .int(Int64($0.pods)),
                        "runningBefore": .int(Int64($0.runningBefore)), "runningAfter": .int(Int64($0.runningAfter)), "fits": .bool($0.fits),
                        "why": .string($0.why),
                    ]
                })
        }
        return .object(object)
    }

    /// Evictions, drains and what was on the way, where there were any.
    private func addWhatHappened(to object: inout JSONObject) {
        if !answer.evictions.isEmpty {
            object["evictions"] = .array(
                answer.evictions.map { eviction in
                    var row: JSONObject = ["pod": .string("\(eviction.pod)"), "code": .int(Int64(eviction.refusal?.code ?? 201))]
                    if let refusal = eviction.refusal { row["status"] = refusal.status }
                    return .object(row)
                })
        }
        if !answer.drains.isEmpty {
            object["drains"] = .array(
                answer.drains.map { drain in
                    [
                        "node": .string(drain.node), "ended": .bool(drain.failure == nil && !drain.isRunning),
                        "lines": .array(drain.lines.map { .string($0) }), "left": .array(drain.left.map { .string("\($0)") }),
                    ]
                })
        }
        if answer.rests.isEmpty { return }
        object["rests"] = .array(
            answer.rests.map { rest in
                [
                    "seconds": .double(rest.after.seconds),
                    "workloads": .array(
                        rest.workloads.map { row in
                            [
                                "workload": .string(row.workload.title), "gone": .int(Int64(row.counts.gone)), "new": .int(Int64(row.counts.new)),
                                "terminating": .int(Int64(row.counts.terminating)), "pending": .int(Int64(row.counts.pending)),
                                "zones": Self.json(row.counts.zones),
                            ]
                        }),
                    "pending": Self.json(rest.pending),
                ]
            })
    }
    private static func json(_ zones: [(zone: String, pods: Int)]) -> JSONValue {
        .object(zones.reduce(into: JSONObject()) { $0[$1.zone] = .int(Int64($1.pods)) })
    }
    private static func json(_ pending: [WhatIfAnswer.PendingPod]) -> JSONValue {
        .array(
            pending.map {
                [
                    "pod": .string("\($0.key)"), "workload": .string($0.workload.title), "message": .string($0.message),
                    "waitedBefore": .bool($0.isOld),
                ]
            })
    }

    /// One test case a check.
    var junit: String {
        let cases = checks.map { JUnit.Case(className: answer.question.title, name: $0.name, lines: $0.evidence, fails: fails($0)) }
        return JUnit(name: "evenkeel \(ofStates ? "diff" : "whatif")", cases: cases).text
    }
}
