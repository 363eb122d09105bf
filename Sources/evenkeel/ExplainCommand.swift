import ArgumentParser
import Printers

/// `evenkeel explain pod.spec…`
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say what a field of an object means.",
        discussion: """
            Kinds by any name that kubectl takes (po, deploy, hpa), then fields with dots
            between them; lists need no index. For all kinds that the simulation acts on, in
            words of our own.

              evenkeel explain deploy
              evenkeel explain pod.spec.topologySpreadConstraints.maxSkew
              evenkeel explain sts.spec --recursive

            In the dashboard: :explain pod.spec
            """)

    @Argument(help: ArgumentHelp("A kind, or a kind and a path of fields.", valueName: "kind.field")) var path: String
    @Flag(help: "List the fields of fields too.") var recursive = false

    func run() throws {
        do {
            print(try Explain.text(path: path, recursive: recursive))
        } catch {
            throw Failure.usage("\(error)")
        }
    }
}
