import ArgumentParser
import ControlPlane
import Controllers
import Foundation
import KubernetesAPI
import Manifests
import Scheduling
import Simulation

/// `evenkeel schedule FILE…`: where each pending pod would go, without running time.
struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Show where each pending pod would go, and why.",
        discussion: """
            All nodes are considered, ties go to the lexicographically smallest node
            name, a placed pod counts for the next one, nothing is evicted. Objects are
            taken as they are, with their status; no time runs. Workloads without pods in
            the files stand for the pods that they would make.

            With --explain each pod comes with the matrix of nodes and plugins (passed,
            stopped here, not asked), the constraint and the domain that refuse it, every
            score, what preemption would do, and the smallest changes that would help,
            each tried on a fork.
            """)

    enum Order: String, ExpressibleByArgument, CaseIterable { case queue, file }
    enum Output: String, ExpressibleByArgument, CaseIterable { case json, table }

    @OptionGroup var cluster: ClusterArguments
    @Option(help: ArgumentHelp("In which order: as the queue sorts them, or as in the files (default queue).", valueName: "queue|file")) var order = Order.queue
    @Option(name: .shortAndLong, help: ArgumentHelp("json has every node's verdict (default table).", valueName: "json|table")) var output = Output.table
    @Flag(help: "Say for each pod which plugin refused which node and why, and what would help.") var explain = false
    @Flag(help: "With --explain: also ask the plugins that are skipped once one has refused a node.") var all = false
    @Option(help: ArgumentHelp("Only this pod; with --explain it may be placed already.", valueName: "[namespace/]name")) var pod: String?

    func run() throws {
        if cluster.files.isEmpty { throw Failure.usage("schedule needs files") }
        if all, !explain { throw Failure.usage("--all goes with --explain") }
        let input = try cluster.input()
        var (state, refusals) = input.makeGivenState()
        try ClusterArguments.check(refusals, input)
        for line in cluster.remarks(input) + state.expandWorkloads() { note(line) }
        let wanted = pod.map { text in
            let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
            return parts.count == 2 ? ObjectKey(namespace: parts[0], name: parts[1]) : ObjectKey(namespace: "default", name: text)
        }
        if let wanted, state.store.pods[wanted] == nil { throw Failure.usage("there is no pod \(wanted) in the files") }
        if let wanted, explain, let placed = state.store.pods[wanted], !placed.nodeName.isEmpty {
            let explanation = explainPlace(of: placed, in: state, configuration: input.options.scheduler)
            return output == .json ? printJSON([explanation], input) : Out.line(report(explanation, node: placed.nodeName))
        }
        let decisions = decide(
            cluster: state, order: order == .queue ? .queue : .file, configuration: input.options.scheduler, explaining: explain
        ).filter { wanted == nil || $0.pod == wanted }
        if decisions.isEmpty {
            let placed = state.store.pods.all.count
            note(
                "Nothing to place: " + (placed == 0 ? "the files hold no pod, and no workload that makes one." : "none of the \(placed) pods waits for a node.")
            )
        }
        if output == .json { return printJSON(decisions, input) }
        if explain { return Out.line(decisions.map { report($0) }.joined(separator: "\n\n")) }
        var rows = [["POD", "RESULT", "NODE", "MESSAGE"]]
        for decision in decisions { rows.append([decision.pod.description, decision.result.rawValue, decision.winner ?? "-", decision.message]) }
        for line in columns(rows, gap: 3) { Out.line(line.trimmedAtEnd) }
    }

    private func note(_ line: String) { Out.error(line + "\n") }
    private func report(_ explanation: Explanation, node: String? = nil) -> String {
        ScheduleReport(all: all).lines(explanation, node: node).joined(separator: "\n")
    }
    private func printJSON(_ decisions: [Explanation], _ input: Input) {
        let report: JSONValue = [
            "scorePlugins": .array(scorePluginNames(input.options.scheduler, input.options.profile).map { .string($0) }),
            "decisions": .array(decisions.map { explain ? $0.explainedJSON : $0.json }),
        ]
        Out.line(report.text(indent: 2))
    }
}
