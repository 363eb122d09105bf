// The server under load: what it costs, and whether it keeps its word to a crowd.

#if Network
    import ArgumentParser
    import Crowd
    import Foundation
    import SimulationKit

    struct ServeLoad: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve-load",
            abstract: "What evenkeel serve costs: time to be ready, creates, lists, watches; with `busy` also whether its memory stays as it is.")
        @Argument(help: ArgumentHelp("ready, creates, list, watch, busy; all but the last if none is given.", valueName: "part")) var parts:
            [ServeFigures.Part] =
                [.ready, .creates, .list, .watch]
        @Option(help: ArgumentHelp("The program that is measured; the evenkeel beside this one.", valueName: "file")) var program: String?
        @Option(help: ArgumentHelp("How long `busy` takes.", valueName: "span")) var busy = "60m"
        @Option(help: "How many pods `list` lists.") var pods = 10_000
        func validate() throws {
            if Duration(busy).map({ $0 <= .zero }) ?? true { throw ValidationError("--busy must be a span such as 60m.") }
            if pods < 1 { throw ValidationError("Numbers are at least 1.") }
        }
        func run() throws {
            let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "evenkeel").path
            var figures = ServeFigures(program: program ?? beside)
            figures.busy = Duration(busy) ?? figures.busy
            figures.pods = pods
            for part in parts { try figures.run(part) { print($0) } }
        }
    }

    struct CrowdCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "crowd", abstract: "Many clients that write, watch, leave, send garbage and half requests; tells what the server did wrong by them.")
        @Option(help: "How many clients.") var clients = 200
        @Option(name: .customLong("for"), help: ArgumentHelp("How long.", valueName: "span")) var span = "10m"
        @Option(help: "Writes a second.") var rate = 400
        @Option(help: "The same seed draws the same clients.") var seed: UInt64 = 1
        func validate() throws {
            if Duration(span).map({ $0 <= .zero }) ?? true { throw ValidationError("--for must be a span such as 10m.") }
            if clients < 5 || rate < 1 { throw ValidationError("There are at least 5 clients and 1 write a second.") }
        }
        func run() throws {
            var crowd = Crowd()
            (crowd.clients, crowd.duration, crowd.rate, crowd.seed) = (clients, Duration(span) ?? crowd.duration, rate, seed)
            let report = try crowd.run()
            print(
                "crowd             \(clients) clients for \(span): \(report.acknowledged) writes acknowledged, \(report.putOff) put off; \(report.watchers) "
                    + "watchers saw \(report.seen) changes each; \(report.misdeeds) misdeeds; \(report.dropped) watchers that never read were dropped")
            print("crowd             \(report.replayed) commands replayed")
            for problem in report.problems { print("crowd             NOT AS WANTED: \(problem)") }
            if !report.problems.isEmpty { throw ExitCode.failure }
        }
    }

    extension ServeFigures.Part: ExpressibleByArgument {}
#endif
