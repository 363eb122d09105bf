import ArgumentParser
import Simulation

/// `evenkeel scenarios`: the scenarios that come with the program.
struct ScenariosCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenarios", abstract: "List the scenarios that come with the program, or print one.",
        discussion: """
            Each is a file as a user would write it, with expectations that hold.

              evenkeel scenarios
              evenkeel --scenario zone-outage-honor       open it in the dashboard
              evenkeel run --scenario zone-outage-honor   play it without a screen
              evenkeel scenarios --print zone-outage-honor > our-outage.yaml
            """)

    @Option(help: ArgumentHelp("Print the manifests of one, as a start for your own.", valueName: "name"), completion: .list(ScenarioCatalog.all.map(\.name)))
    var print: String?

    func run() throws {
        guard let name = print else {
            let width = (ScenarioCatalog.all.map(\.name.count).max() ?? 0) + 3
            for scenario in [("NAME", "SHOWS")] + ScenarioCatalog.all.map({ ($0.name, $0.summary) }) {
                Out.line(scenario.0 + String(repeating: " ", count: width - scenario.0.count) + scenario.1)
            }
            return
        }
        guard let scenario = ScenarioCatalog.find(name) else {
            throw Failure.usage("no scenario \(name); there are: \(ScenarioCatalog.all.map(\.name).joined(separator: ", "))")
        }
        Out.line(scenario.manifests)
    }
}
