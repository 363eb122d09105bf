import ArgumentParser
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// `evenkeel check STATE`: what is wrong with a cluster before anything happens to it.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Find single points of failure, endless drains, budgets and constraints that do not work, drift.",
        discussion: """
            Looks at a state as it is, and tells each thing that is wrong with its
            object, the reason, and what would mend it:

            \(columns(ClusterCheck.Rule.allCases.map { ["  " + $0.rawValue, $0.title] }).joined(separator: "\n"))

            Drains and moves are tried on copies of the cluster, each to its end.

              evenkeel check prod.yaml
              evenkeel check prod.yaml -n shop --only single-point,budget
              evenkeel check prod.yaml --skip requests -o junit

            Exit status: 1 if anything was found.
            """)

    @OptionGroup var cluster: ClusterArguments
    @OptionGroup var live: LiveArguments
    @Option(name: .shortAndLong, parsing: .singleValue, help: ArgumentHelp("Only this namespace; may be repeated.", valueName: "name")) var namespace:
        [String] =
            []
    @Option(help: ArgumentHelp("Look only for these.", valueName: "rule,…")) var only: String?
    @Option(help: ArgumentHelp("Do not look for these.", valueName: "rule,…")) var skip: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Try a drain on so many nodes at most (default 50).", valueName: "count")) var drains: Int?
    @Option(name: .shortAndLong, help: ArgumentHelp("How to tell (default text).", valueName: "text|json|markdown|junit")) var output = ReportForm.text

    func run() throws {
        if let drains, !(0...100_000).contains(drains) { throw Failure.usage("--drains must be 0 to 100000, not \(drains)") }
        let wanted = try only.map { try rules("--only", $0) } ?? ClusterCheck.Rule.allCases
        let unwanted = try skip.map { try rules("--skip", $0) } ?? []
        let simulation = try cluster.present(for: "check", live: live, namespace: namespace.first)
        for name in namespace where simulation.cluster.store.namespaces[ObjectKey(name: name)] == nil {
            throw Failure.usage("there is no namespace \(name)")
        }
        let check = ClusterCheck(simulation, rules: wanted.filter { !unwanted.contains($0) }, namespaces: Set(namespace), drains: drains ?? 50)
        CheckReport(check: check).tell(as: output)
    }

    private func rules(_ option: String, _ text: String) throws -> [ClusterCheck.Rule] {
        try text.split(separator: ",").map { word in
            guard let rule = ClusterCheck.Rule(rawValue: word.trimmingCharacters(in: .whitespaces)) else {
                throw Failure.usage("\(option) knows \(ClusterCheck.Rule.allCases.map(\.rawValue).joined(separator: ", ")), not \(word)")
            }
            return rule
        }
    }
}

/// What was found, in words.
struct CheckReport: Report {
    let check: ClusterCheck

    var isFine: Bool { check.findings.isEmpty }
    private func findings(_ rule: ClusterCheck.Rule) -> [ClusterCheck.Finding] { check.findings.filter { $0.rule == rule } }
    private var untried: String? {
        check.untriedDrains == 0 ? nil : "\(counted(check.untriedDrains, "node's drain was", "nodes' drains were")) not tried; --drains tries more."
    }
    private var headline: String {
        check.findings.isEmpty
            ? "Nothing found."
            : "\(counted(check.findings.count, "finding")): "
                + check.rules.compactMap { rule in
                    let count = findings(rule).count
                    return count == 0 ? nil : "\(rule.rawValue) \(count)"
                }.joined(separator: ", ")
    }

    var text: String {
        var lines = [headline]
        for rule in check.rules {
            let found = findings(rule)
            if found.isEmpty { continue }
            lines += ["", "\(rule.title.prefix(1).uppercased() + rule.title.dropFirst()): no  (\(rule.rawValue))"]
            for finding in found { lines += ["  \(shortList(finding.objects)): \(finding.reason)", "    → \(finding.remedy)"] }
        }
        if let untried { lines += ["", untried] }
        return lines.joined(separator: "\n") + "\n"
    }

    var markdown: String {
        var lines = ["## \(headline)", ""]
        for rule in check.rules { lines.append("- \(findings(rule).isEmpty ? "✅" : "❌") \(rule.title)") }
        lines += markdownTable(
            ["RULE", "OBJECT", "REASON", "REMEDY"], check.findings.map { [$0.rule.rawValue, shortList($0.objects), $0.reason, $0.remedy] })
        if let untried { lines += ["", untried] }
        return lines.joined(separator: "\n") + "\n"
    }

    var json: JSONValue {
        [
            "apiVersion": "evenkeel.dev/v1", "kind": "CheckReport", "rules": .array(check.rules.map { .string($0.rawValue) }),
            "findings": .array(
                check.findings.map { finding in
                    [
                        "rule": .string(finding.rule.rawValue), "objects": .array(finding.objects.map { .string($0) }), "reason": .string(finding.reason),
                        "remedy": .string(finding.remedy),
                    ]
                }), "untriedDrains": .int(Int64(check.untriedDrains)),
        ]
    }

    var junit: String {
        let cases = check.rules.flatMap { rule in
            let found = findings(rule)
            if found.isEmpty { return [JUnit.Case(className: rule.rawValue, name: rule.title)] }
            return found.map {
                JUnit.Case(className: rule.rawValue, name: shortList($0.objects), lines: [$0.reason, "remedy: \($0.remedy)"], fails: true)
            }
        }
        return JUnit(name: "evenkeel check", cases: cases).text
    }
}
