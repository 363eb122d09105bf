import ArgumentParser
import KubernetesAPI
import Simulation
import SimulationKit

/// `evenkeel plan STATE --to 1.37`: what another version of Kubernetes would make of a cluster.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what another Kubernetes version would refuse, drop, default or decide otherwise.",
        discussion: """
            The state is looked at with the rules of both versions: which objects the new
            API server would refuse if they were written again, which fields it would drop
            or default otherwise, which kubelets do not go with it, what would be decided
            or told otherwise about objects that are there, each with where that is written,
            and which feature gates change. Custom kinds, and kinds of Kubernetes without rules
            here, are counted: of these it is only told if their API is no longer served. Then
            both run on for ten virtual minutes, and what the new version decided otherwise is
            told.

              evenkeel plan prod.yaml --to 1.37
              evenkeel plan prod.yaml --kubernetes-version 1.33 --to 1.37 -o markdown

            The present version is that of the newest kubelet unless --kubernetes-version
            says otherwise. Exit status: 1 if something is refused, kubelets do not go
            with it, or pods would find no node.
            """)

    @OptionGroup var cluster: ClusterArguments
    @OptionGroup var live: LiveArguments
    @Option(help: ArgumentHelp("The version to go to, \(KubernetesVersion.rangeText).", valueName: "version")) var to: String
    @Option(name: .shortAndLong, help: ArgumentHelp("How to tell (default text).", valueName: "text|json|markdown|junit")) var output = ReportForm.text

    func run() throws {
        let version: KubernetesVersion
        do throws(ProfileError) { version = try KubernetesVersion(to) } catch { throw Failure.usage("--to: \(error.description)") }
        var input = try cluster.state(for: "plan", live: live)
        let from = input.options.profile.version
        if version == from { throw Failure.usage("--to \(version) is the version that the cluster has") }
        var old = try ClusterArguments.present(input)
        let plan = VersionPlan(of: old.cluster, to: KubernetesProfile(version))
        input.options.profile = KubernetesProfile(version)
        var new = try ClusterArguments.present(input)
        old.advance(to: old.now + .minutes(10))
        new.advance(to: new.now + .minutes(10))
        let answer = WhatIfAnswer("\(from) → \(version)", from: old, to: new)
        PlanReport(plan: plan, answer: WhatIfReport(answer, required: [], ofStates: true)).tell(as: output)
    }
}

/// What would come of another version, in words.
struct PlanReport: Report {
    let plan: VersionPlan
    /// What is decided otherwise.
    let answer: WhatIfReport

    var isFine: Bool { answer.isFine && !plan.findings.contains { $0.sort.blocks } }
    private func findings(_ sort: VersionPlan.Sort) -> [VersionPlan.Finding] { plan.findings.filter { $0.sort == sort } }
    private func line(_ finding: VersionPlan.Finding) -> String {
        "\(shortList(finding.objects)): \(finding.words) [\(finding.since.map { "since \($0), " } ?? "")\(finding.source.filter { $0 != "`" })]"
    }
    private var title: String { answer.answer.question.title }
    /// Kinds of which nothing is said.
    private var unjudged: String {
        let kinds = plan.unjudged.map { "\($0.count) \($0.kind.qualifiedPlural)" }.joined(separator: ", ")
        return kinds.isEmpty ? "" : "Not judged, as there are no rules for these kinds here: \(kinds)"
    }
    private let gateHead = ["FEATURE GATE", "BECOMES"]
    private var gateRows: [[String]] { plan.gates.map { [$0.name, $0.isOn ? "on" : "off"] } }

    var text: String {
        var lines = ["Plan: \(title)"]
        for sort in VersionPlan.Sort.allCases where !findings(sort).isEmpty {
            lines += ["", "\(sort.blocks ? "BLOCK " : "REVIEW") \(sort.title.prefix(1).uppercased() + sort.title.dropFirst()): no"]
            lines += findings(sort).map { "  " + line($0) }
        }
        if !unjudged.isEmpty { lines += ["", unjudged] }
        lines += ["", "After ten minutes:"] + answer.headlines
        for (head, rows) in answer.tables + [(gateHead, gateRows)] where !rows.isEmpty { lines += [""] + columns([head] + rows) }
        return lines.joined(separator: "\n") + "\n"
    }

    var markdown: String {
        var lines = ["## Plan: \(title)", ""]
        for sort in VersionPlan.Sort.allCases {
            lines.append("- \(findings(sort).isEmpty ? "✅" : sort.blocks ? "❌" : "⚠️") \(sort.title)")
            lines += findings(sort).map { "  - " + line($0) }
        }
        if !unjudged.isEmpty { lines.append("- ℹ️ \(unjudged)") }
        lines += [""] + answer.markdownHeadlines
        return (lines + (answer.tables + [(gateHead, gateRows)]).flatMap { markdownTable($0.head, $0.rows) }).joined(separator: "\n") + "\n"
    }

    var json: JSONValue {
        var object = answer.json.object ?? JSONObject()
        object["kind"] = "PlanReport"
        object["findings"] = .array(
            plan.findings.map { finding in
                [
                    "sort": .string(finding.sort.rawValue), "objects": .array(finding.objects.map { .string($0) }), "what": .string(finding.words),
                    "blocks": .bool(finding.sort.blocks), "since": finding.since.map { .string("\($0)") } ?? .null, "source": .string(finding.source),
                ]
            })
        object["notJudged"] = .array(plan.unjudged.map { ["kind": .string($0.kind.qualifiedPlural), "objects": .int(Int64($0.count))] })
        object["featureGates"] = .array(plan.gates.map { ["name": .string($0.name), "on": .bool($0.isOn)] })
        return .object(object)
    }

    var junit: String {
        let own = VersionPlan.Sort.allCases.map { sort in
            let found = findings(sort)
            let lines = found.map(line)
            return JUnit.Case(className: title, name: sort.title, lines: lines, fails: sort.blocks && !found.isEmpty)
        }
        let decided = answer.checks.map { JUnit.Case(className: title, name: $0.name, lines: $0.evidence, fails: answer.fails($0)) }
        return JUnit(name: "evenkeel plan", cases: own + decided).text
    }
}
