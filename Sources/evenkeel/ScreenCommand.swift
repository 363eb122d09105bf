import ArgumentParser
import Canvas
import Dashboard
import Simulation
import SimulationKit

/// `evenkeel screen`: one frame as text.
struct ScreenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "screen", abstract: "Print one frame of the dashboard as text.",
        discussion: """
            For documentation, bug reports and tests. Time runs first, then the keys are pressed.

              evenkeel screen --size 120x36 --keys ':po<Enter>' --after 30s app.yaml
            """)

    @OptionGroup var cluster: ClusterArguments
    @Option(help: ArgumentHelp("Columns and rows, such as 80x24 (default 120x36).", valueName: "WxH")) var size = "120x36"
    @Option(help: ArgumentHelp("Keys to press, such as ':po<Enter>jj' or '<ctrl-d>'; <wait:30s> lets time run between keys.", valueName: "keys")) var keys = ""
    @Option(help: ArgumentHelp("Virtual time that passes before the keys (default 0s; what comes with the program starts after its own).", valueName: "span"))
    var after = "0s"
    @Option(help: ArgumentHelp("Keys: k9s or evenkeel (the default).", valueName: "preset")) var keymap: KeymapPreset = .evenkeel
    @Flag(help: "With colours, as escape sequences.") var color = false
    @Flag(help: "Draw with ASCII characters only.") var ascii = false

    func run() throws {
        let parts = size.lowercased().split(separator: "x").compactMap { Int($0) }
        guard parts.count == 2, (1...1000).contains(parts[0]), (1...1000).contains(parts[1]) else {
            throw Failure.usage("--size must be columns x rows such as 120x36, not \(size)")
        }
        guard let span = Duration(after), span >= .zero else { throw Failure.usage("--after must be a span such as 30s, not \(after)") }
        let (session, input) = try cluster.session(builtIn: true)
        var options = DashboardOptions()
        options.name = input.scenario.map(\.metadata.name) ?? "manifests"
        options.opened = input.state
        options.glyphs = ascii ? .ascii : .block
        options.settings.keymap.preset = keymap
        let remarks = cluster.remarks(input)
        options.notice = remarks.isEmpty ? nil : remarks.joined(separator: " ")
        var dashboard = Dashboard(session: session, options: options)
        let start = try cluster.shipped(builtIn: true)?.prelude ?? .zero
        dashboard.run(to: dashboard.session.cluster.origin + start + span)
        _ = dashboard.frame(size: Size(width: parts[0], height: parts[1]))
        do {
            try dashboard.press(keys)
        } catch {
            throw Failure.usage("--keys: \(error)")
        }
        let frame = dashboard.frame(size: Size(width: parts[0], height: parts[1]))
        Out.line(color ? frame.styledPicture() : frame.picture())
    }
}
