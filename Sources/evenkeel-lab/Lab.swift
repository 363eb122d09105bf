import ArgumentParser
import Foundation
import Fuzzing
import KubernetesAPI

/// Measures and fuzzes; asserts nothing. What is printed depends on the machine.
@main struct Lab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evenkeel-lab", abstract: "Measure Evenkeel, or look for inputs that trap it. Use a release build.",
        subcommands: [
            SuiteCommand.self, Schedule.self, Life.self, Quiet.self, Store.self, WhatIfTimes.self, Frames.self, Logs.self, State.self, Open.self,
            FuzzCommand.self,
        ] + network)

    #if Network
        private static let network: [any ParsableCommand.Type] = [ServeLoad.self, CrowdCommand.self]
    #else
        private static let network: [any ParsableCommand.Type] = []
    #endif

    struct SuiteCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "suite", abstract: "Start-up, the life of a made cluster, frames and answers to keys: all that is felt, in one run.")
        @OptionGroup var size: ClusterSize
        @Option(help: ArgumentHelp("Write the figures into a file, as JSON, for a later --against.", valueName: "file")) var json: String?
        @Option(help: ArgumentHelp("Compare with the figures of an earlier run.", valueName: "file")) var against: String?
        @Option(parsing: .upToNextOption, help: "Only these parts: life, frames, screens, terminal.") var only: [Suite.Part] = Suite.Part.allCases
        func run() throws {
            let earlier = try against.map { try Suite.read($0) } ?? []
            var suite = Suite(nodes: size.nodes ?? 1000, pods: size.pods ?? (size.nodes ?? 1000).saturatingMultiply(20))
            suite.parts = Set(only)
            suite.run()
            print(suite.text(against: earlier), terminator: "")
            if let json { try suite.json().write(toFile: json, atomically: true, encoding: .utf8) }
        }
    }

    struct Schedule: ParsableCommand {
        enum Phase: String, ExpressibleByArgument, CaseIterable { case all, decide, both }
        static let configuration = CommandConfiguration(abstract: "Pods placed a second, by kind of workload and number of nodes.")
        @Argument(help: "Numbers of nodes.") var nodes = [100, 1000, 5000]
        @Option(help: "Only workloads whose name contains this.") var only: String?
        @Option(help: "At most so many pods.") var pods = 50_000
        // The best of several: other work on the machine only ever makes a run slower.
        @Option(help: "The best of so many runs counts.") var runs = 3
        @Option(help: "all: whole placements; decide: decisions alone; both.") var phase = Phase.both
        @Option(help: "Gates to set, such as GenericWorkload=true.") var featureGates = ""
        func profile() throws -> KubernetesProfile { try KubernetesProfile(version: .default, featureGates: featureGates) }
        func validate() throws {
            if (nodes + [pods, runs]).contains(where: { $0 < 1 }) { throw ValidationError("Numbers are at least 1.") }
            do { _ = try profile() } catch { throw ValidationError("\(error)") }
        }
        func run() throws { ScheduleBench.run(self, try profile()) }
    }

    struct Quiet: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Real time of one virtual hour in which nothing happens.")
        @OptionGroup var size: ClusterSize
        func run() { quietHour(nodes: size.nodes ?? 5000, pods: size.pods) }
    }

    struct Life: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pods a second from their creation until they are ready, and the memory that each takes then.")
        @OptionGroup var size: ClusterSize
        @Option(help: "Deployments that the pods are of.") var deployments = 1
        func validate() throws { if deployments < 1 { throw ValidationError("Numbers are at least 1.") } }
        func run() {
            let nodes = size.nodes ?? 1000
            wholeLife(nodes: nodes, pods: size.pods ?? nodes.saturatingMultiply(20), deployments: deployments)
        }
    }

    struct Store: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Writes a second into the store.")
        func run() { storeWrites() }
    }

    struct WhatIfTimes: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "whatif", abstract: "Time of an answer to \"what if\", by kind of change.")
        @OptionGroup var size: ClusterSize
        @Option(help: "Only questions that begin so.") var only = ""
        func run() { whatIf(nodes: size.nodes ?? 1000, pods: size.pods, only: only) }
    }

    struct Logs: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Opening the log of any pod, and following those of many at x100.")
        @Option(help: "Pods of the cluster of which single logs are opened.") var pods = 150_000
        @Option(help: "Pods whose logs are followed.") var followed = 500
        @Option(help: "Seconds of real time for which they are followed.") var seconds = 10
        func validate() throws {
            if [pods, followed, seconds].contains(where: { $0 < 1 }) { throw ValidationError("Numbers are at least 1.") }
        }
        func run() {
            openLogs(pods: pods)
            followLogs(of: followed, seconds: seconds)
        }
    }

    struct Frames: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dashboard", abstract: "Time of a frame of each screen, and of an answer to a key in a terminal.")
        func run() { DashboardBenchmark.run() }
    }

    struct State: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Writes the state of a cluster at rest, as kubectl get -o json prints it.")
        @Option(help: "Nodes of the cluster.") var nodes = 1000
        @Option(help: "Pods on them.") var pods = 10_000
        @Option(help: "The same seed gives the same bytes.") var seed: UInt64 = 1
        @Argument(help: "The file to write.") var file: String
        func validate() throws {
            if !(1...100_000).contains(nodes) || !(1...nodes * 200).contains(pods) { throw ValidationError("1 to 100000 nodes, and up to 200 pods on each.") }
        }
        func run() throws {
            guard FileManager.default.createFile(atPath: file, contents: nil), let handle = FileHandle(forWritingAtPath: file) else {
                throw ValidationError("\(file) cannot be written.")
            }
            try StateFile.write(nodes: nodes, pods: pods, seed: seed, to: handle)
        }
    }

    struct Open: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Time and memory of opening a state, and of a what-if on it.")
        @Argument(help: "The state, as evenkeel-lab state or kubectl writes it.") var file: String
        func run() { openState(file) }
    }

    struct FuzzCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fuzz", abstract: "Random cases; those that trap or take more than 5 s are told, with the steps they need.")
        @Argument(help: ArgumentHelp("What is drawn at random.", valueName: "kind")) var kind: FuzzKind
        @Option(help: "How many cases.") var count = 10_000
        @Option(help: "The same seed draws the same cases.") var seed: UInt64 = 1
        @Option(help: "The first case.") var from = 0
        @Option(name: .customLong("case"), help: "Print the steps of one case, and do them here.") var number: Int?
        @Option(help: ArgumentHelp("The file that a worker tells its progress in.", visibility: .private)) var worker: String?
        @Option(help: ArgumentHelp("The steps that a worker does, by number.", visibility: .private)) var only: String?
        func validate() throws {
            if count < 1 || from < 0 || (number ?? 0) < 0 { throw ValidationError("Cases are counted from 0, and at least one is done.") }
        }
        func run() { Fuzz.run(self) }
    }
}

struct ClusterSize: ParsableArguments {
    @Argument(help: "Nodes of the cluster.") var nodes: Int?
    @Argument(help: "Pods on it; ten a node if not given.") var pods: Int?
    func validate() throws {
        if (nodes ?? 1) < 1 || (pods ?? 1) < 1 { throw ValidationError("Numbers are at least 1.") }
    }
}

extension FuzzKind: ExpressibleByArgument {}
extension Suite.Part: ExpressibleByArgument {}
