import ArgumentParser
import ControlPlane
import KubernetesAPI
import Manifests
import Scheduling
import Simulation

/// `evenkeel schedule FILE…`: where each pending pod would go, without running time.
struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Say where each pending pod would go and why.",
        discussion: """
            All nodes are considered, ties go to the lexicographically smallest node
            name, a placed pod counts for the next one, nothing is evicted. Objects are
            taken as they are, with their status; no time runs.
            """)

    enum Order: String, ExpressibleByArgument, CaseIterable { case queue, file }
    enum Output: String, ExpressibleByArgument, CaseIterable { case json, table }

    @OptionGroup var cluster: ClusterArguments
    @Option(help: ArgumentHelp("In which order: as the queue would, or as in the files (default queue).", valueName: "queue|file")) var order = Order.queue
    @Option(name: .shortAndLong, help: ArgumentHelp("json has every node's verdict (default table).", valueName: "json|table")) var output = Output.table

    func run() throws {
        if cluster.files.isEmpty, cluster.scenario == nil { throw Failure.usage("schedule needs files or --scenario") }
        let input = try cluster.input()
        let (state, refusals) = input.makeGivenState()
        try ClusterArguments.check(refusals, input)
        let decisions = decide(cluster: state, order: order == .queue ? .queue : .file, configuration: input.options.scheduler)
        switch output {
        case .json:
            let report: JSONValue = [
                "scorePlugins": .array(scorePluginNames(input.options.scheduler, input.options.profile).map { .string($0) }), "decisions": .array(decisions.map(\.json)),
            ]
            print(report.text(indent: 2))
        case .table:
            var rows = [["POD", "RESULT", "NODE", "MESSAGE"]]
            for decision in decisions { rows.append([decision.pod.description, decision.result.rawValue, decision.winner ?? "-", decision.message]) }
            let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
            for row in rows {
                let line = (0..<3).map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count + 3) }.joined() + row[3]
                print(line.last == " " ? String(line.reversed().drop { $0 == " " }.reversed()) : line)
            }
        }
    }
}
