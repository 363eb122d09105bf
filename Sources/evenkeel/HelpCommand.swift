// `evenkeel help`: about the topics of the program and its subcommands.

import ArgumentParser
import Dashboard

/// `evenkeel help [TOPIC|SUBCOMMAND]`: takes the place of ArgumentParser's own `help`, which knows subcommands alone.
struct HelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help", abstract: "Tell about a subcommand, or about \(ReferenceTopic.allCases.map(\.rawValue).joined(separator: ", ")).",
        discussion: "Topics:\n\n" + topics)

    @Argument(
        help: ArgumentHelp("A topic or a subcommand.", valueName: "topic"),
        completion: .list(known))
    var words: [String] = []

    /// All that it tells about.
    private static var known: [String] {
        ReferenceTopic.allCases.map(\.rawValue) + Evenkeel.configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    private static var topics: String {
        let width = (ReferenceTopic.allCases.map(\.rawValue.count).max() ?? 0) + 3
        return ReferenceTopic.allCases.map { "  " + $0.rawValue + String(repeating: " ", count: width - $0.rawValue.count) + $0.summary }
            .joined(separator: "\n")
    }

    func run() throws {
        guard let word = words.first else { throw CleanExit.helpRequest(Evenkeel.self) }
        if words.count == 1, let topic = ReferenceTopic(rawValue: word) { return Out.line(topic.text) }
        let named = Evenkeel.configuration.subcommands.first { $0.configuration.commandName == word || $0.configuration.aliases.contains(word) }
        guard words.count == 1, let named else {
            throw Failure.usage("no topic or subcommand \(words.joined(separator: " ")); there are: \(Self.known.joined(separator: ", "))")
        }
        throw CleanExit.helpRequest(named)
    }
}
