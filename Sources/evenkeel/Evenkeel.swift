// The program's command line: subcommands, exit status, and the arguments that name a cluster.

import ArgumentParser
import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Terminal

extension ClusterLook: ExpressibleByArgument {}

/// The program: the dashboard when no subcommand is named.
@main
struct Evenkeel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evenkeel",
        abstract: "A terminal dashboard over a simulated Kubernetes control plane.",
        usage: """
            evenkeel [<file> ...] [<options>]
            evenkeel <subcommand>
            """,
        discussion: """
            Opens the dashboard on the manifests of the given files and folders, or on
            a built-in cluster. The control plane runs inside the process, in virtual
            time: pause it, speed it up, rewind it. ? lists the keys, :q leaves.

              evenkeel                          the built-in cluster
              evenkeel app.yaml k8s/            manifests on 12 nodes in 3 zones
              evenkeel --nodes 20 --zones 4 -   manifests from standard input
              evenkeel --scenario zone-outage-honor   a shipped story; evenkeel scenarios lists them
              evenkeel run scenario.yaml        without a screen, for CI
              evenkeel validate k8s/            would the API server accept them?
              evenkeel serve                    a server for kubectl and other clients
              evenkeel whatif prod.yaml --drain node-7
                                                the state of a cluster, and what would
                                                become of it; also capacity, check, diff, plan
              evenkeel --context prod           your own cluster, read-only, by way of kubectl;
                                                without a name the present context
              evenkeel help keys                also commands, parameters, annotations,
                                                rbac, differences

            Options of the dashboard (evenkeel dashboard --help tells them all):

              --nodes N --zones Z               nodes under manifests without any
              --pods M --workloads K            a cluster of so many pods, made from the seed
              --node-cpu 8 --node-memory 32Gi   what each has; --node-pods, --node-resource
              --like kind|eks|gke|aks           nodes and classes as people have them
              --node-pool FILE                  several sorts of nodes
              --seed N                          the same seed, the same bytes
              --speed 1..10000|max, --paused    how fast virtual time runs
              --kubernetes-version 1.27         whose rules apply: \(KubernetesVersion.rangeText)
              --feature-gates A=true,B=false    gates off their defaults
              --read-only                       look, but change nothing
              -n NAMESPACE, -c COMMAND          where to start, as in k9s
              --skin NAME, --no-color, --ascii, --no-mouse

            Exit status: 0 fine, 1 refused or expectation failed, 2 bad usage,
            3 bad input, 4 output that could not be written.
            """,
        version: "evenkeel 0.1.0",
        subcommands: [
            Dash.self, Run.self, WhatIfCommand.self, CapacityCommand.self, CheckCommand.self, DiffCommand.self, PlanCommand.self, ScheduleCommand.self,
            ScreenCommand.self,
            ExplainCommand.self, ValidateCommand.self,
            ScenariosCommand.self, HelpCommand.self,
        ] + network,
        defaultSubcommand: Dash.self)

    /// What is there with the package trait `Network` alone.
    private static var network: [any ParsableCommand.Type] {
        #if Network
            [ServeCommand.self]
        #else
            []
        #endif
    }

    /// Runs the command line and maps every way out to the documented exit status.
    static func main() {
        Out.claimDescriptors()
        do {
            var command = try parseAsRoot(LiveArguments.completed(Array(CommandLine.arguments.dropFirst())))
            try command.run()
        } catch let failure as Failure {
            Out.flush()
            Out.error(failure.message)
            Out.end(failure.status)
        } catch {
            let status = exitCode(for: error)
            let text = fullMessage(for: error)
            if status == .success {
                Out.line(text)
                Out.end(0)
            }
            Out.flush()
            if !text.isEmpty { Out.error(brief(text) + "\n") }
            Out.end(status == .validationFailure ? 2 : status.rawValue)
        }
        Out.end(0)
    }

    /// What is wrong and where help is, without the list of all options in between.
    private static func brief(_ text: String) -> String {
        let lines = text.split(separator: "\n")
        guard lines.count > 2, lines[0].hasPrefix("Error:"), let more = lines.last(where: { $0.contains("See '") }) else { return text }
        return "\(lines[0])\n\(more.drop { $0 == " " })"
    }
}

/// A way out with its status and what is said on standard error.
struct Failure: Error {
    var status: Int32
    var message: String

    /// 1: the cluster refused, or an expectation failed.
    static func refused(_ lines: [String]) -> Failure { Failure(status: 1, message: lines.joined(separator: "\n") + "\n") }
    /// 2: the command line makes no sense.
    static func usage(_ line: String) -> Failure { Failure(status: 2, message: "Error: \(line)\n") }
    /// 3: the files make no sense.
    static func input(_ problems: [ManifestProblem], others: Int) -> Failure {
        var lines = problems.prefix(100).map(\.description)
        if problems.count > 100 { lines.append("… and \(problems.count - 100) more problems") }
        if others > 0 {
            lines.append("Nothing was applied. \(counted(others, "other document is", "other documents are")) fine.")
        }
        return Failure(status: 3, message: lines.joined(separator: "\n") + "\n")
    }
}

/// Which cluster: files, size, version. Shared by all subcommands that simulate.
struct ClusterArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Manifests: files, folders, or - for standard input.", valueName: "file"), completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []

    @Option(
        help: ArgumentHelp("Open a scenario that comes with the program (evenkeel scenarios lists them).", valueName: "name"),
        completion: .list(ScenarioCatalog.all.map(\.name)))
    var scenario: String?

    // Unconditional: -1 is a bad number, not an option.
    @Option(parsing: .unconditional, help: ArgumentHelp("How many nodes to add to manifests that bring none (default 12).", valueName: "count"))
    var nodes: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("In how many zones, 1 to 26 (default 3).", valueName: "count"))
    var zones: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Make a cluster of so many pods from the seed, with a believable mix of workloads, in place of files.", valueName: "count"))
    var pods: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("In how many Deployments and StatefulSets (default one for 60 pods).", valueName: "count"))
    var workloads: Int?

    @Option(help: ArgumentHelp("Nodes, agents and StorageClasses as such a cluster has them.", valueName: "kind|eks|gke|aks"))
    var like: ClusterLook?

    @Option(help: ArgumentHelp("Cores of each node put under manifests (default 4).", valueName: "quantity"))
    var nodeCpu: String?

    @Option(help: ArgumentHelp("Memory of each (default 16Gi).", valueName: "quantity"))
    var nodeMemory: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("How many pods each takes (default 110).", valueName: "count"))
    var nodePods: Int?

    @Option(help: ArgumentHelp("A further resource of each, such as nvidia.com/gpu=8; may be repeated.", valueName: "name=quantity"))
    var nodeResource: [String] = []

    @Option(
        help: ArgumentHelp("A file of NodePool documents: several sorts of nodes; may be repeated.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var nodePool: [String] = []

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Seed of all random choices: the same seed and input give the same bytes (default 0).", valueName: "number")
    )
    var seed: UInt64?

    @Option(help: ArgumentHelp("Version whose rules apply, \(KubernetesVersion.rangeText) (default \(KubernetesVersion.default)).", valueName: "version"))
    var kubernetesVersion: String?

    @Option(help: ArgumentHelp("Feature gates that differ from the version's defaults.", valueName: "A=true,B=false"))
    var featureGates: String?

    func overrides() throws -> InputOverrides {
        var overrides = InputOverrides()
        if let nodes, !(0...100_000).contains(nodes) { throw Failure.usage("--nodes must be 0 to 100000, not \(nodes)") }
        if let zones, !(1...26).contains(zones) { throw Failure.usage("--zones must be 1 to 26, not \(zones)") }
        (overrides.nodes, overrides.zones, overrides.seed) = (nodes, zones, seed)
        overrides.node = try nodeShape()
        if !nodePool.isEmpty {
            if nodes != nil || zones != nil || overrides.node != NodeShape() {
                throw Failure.usage("--node-pool says how many nodes there are and what they have; leave out --nodes, --zones, --like and --node-...")
            }
            overrides.pools = ManifestReader.read(paths: nodePool)
        }
        do throws(ProfileError) {
            overrides.version = try kubernetesVersion.map { text throws(ProfileError) in try KubernetesVersion(text) }
            overrides.featureGates = try KubernetesProfile.parseOverrides(featureGates ?? "")
        } catch {
            throw Failure.usage(error.description)
        }
        return overrides
    }

    private func nodeShape() throws -> NodeShape {
        func quantity(_ option: String, _ text: String) throws -> Quantity {
            guard let quantity = Quantity(text) else { throw Failure.usage("\(option) must be a quantity such as 8, 500m or 32Gi, not \(text)") }
            return quantity
        }
        var shape = NodeShape()
        shape.like = like
        shape.cpu = try nodeCpu.map { try quantity("--node-cpu", $0) }
        shape.memory = try nodeMemory.map { try quantity("--node-memory", $0) }
        shape.pods = nodePods
        for text in nodeResource {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Failure.usage("--node-resource must be name=quantity such as nvidia.com/gpu=8, not \(text)")
            }
            if shape.resources[parts[0]] != nil { throw Failure.usage("--node-resource \(parts[0]) is there twice") }
            shape.resources[parts[0]] = try quantity("--node-resource \(parts[0])", parts[1])
        }
        if let wrong = shape.problem {
            let option = wrong.field.hasPrefix("resources[") ? "--node-resource \(wrong.field.dropFirst(10).dropLast())" : "--node-\(wrong.field)"
            throw Failure.usage("\(option) \(wrong.message)")
        }
        return shape
    }

    /// The cluster that is to be made, if one is.
    func generated() throws -> GeneratedCluster? {
        guard let pods else {
            if workloads != nil { throw Failure.usage("--workloads goes with --pods: it says in how many workloads they are") }
            return nil
        }
        guard files.isEmpty, scenario == nil, nodePool.isEmpty else { throw Failure.usage("--pods makes a cluster; give it, or files, or a scenario") }
        guard (1...1_000_000).contains(pods) else { throw Failure.usage("--pods must be 1 to 1000000, not \(pods)") }
        if let workloads, !(1...100_000).contains(workloads) { throw Failure.usage("--workloads must be 1 to 100000, not \(workloads)") }
        return GeneratedCluster(nodes: nodes, zones: zones, pods: pods, workloads: workloads, seed: seed ?? 0, node: try nodeShape())
    }

    /// The scenario that is made or was asked for, or the built-in cluster where there is nothing else.
    func shipped(builtIn: Bool = false) throws -> ShippedScenario? {
        if let generated = try generated() { return generated.scenario }
        guard let scenario else { return files.isEmpty && builtIn ? .threeZones : nil }
        guard files.isEmpty else { throw Failure.usage("--scenario opens a scenario that comes with the program; give it or files") }
        if let found = ScenarioCatalog.find(scenario) { return found }
        throw Failure.usage("no scenario \(scenario); there are: \(ScenarioCatalog.all.map(\.name).joined(separator: ", "))")
    }

    /// Reads and understands the files; bad input ends the program with status 3.
    ///
    /// - Parameter adjust: what a subcommand says against the command line.
    /// - Parameter progress: told how far files are read.
    func input(
        builtIn: Bool = false, progress: @escaping (ReadingProgress) -> Void = { _ in }, _ adjust: (inout InputOverrides) -> Void = { _ in }
    ) throws -> Input {
        var overrides = try overrides()
        if let generated = try generated() { (overrides.nodes, overrides.node) = (generated.nodes, generated.overrides.node) }
        adjust(&overrides)
        let input =
            try shipped(builtIn: builtIn)?.input(overrides: overrides)
            ?? Input(paths: files, overrides: overrides, progress: progress) { StandardInput.read() }
        // The scenario may set the version by which the gates are judged, so that this is known only now.
        if let gates = input.problems.first(where: { $0.file == Input.featureGatesFlag }) { throw Failure.usage(gates.message) }
        if !input.problems.isEmpty { throw Failure.input(input.problems, others: input.objects.count) }
        return input
    }

    /// The session; objects that the API server refuses end the program with status 1 unless `lenient`.
    func session(builtIn: Bool = false, _ adjust: (inout InputOverrides) -> Void = { _ in }) throws -> (session: Session, input: Input) {
        let input = try input(builtIn: builtIn, adjust)
        let (session, refusals) = input.makeSession()
        try Self.check(refusals, input)
        return (session, input)
    }

    /// Ends the program if objects were refused: with status 3 if they are invalid in themselves, else with 1.
    static func check(_ refusals: Input.Refusals, _ input: Input) throws {
        guard refusals.objects > 0 else { return }
        let lines =
            refusals.problems.map(\.description) + ["\(refusals.objects) of \(input.objects.count) objects were refused by the API server; nothing was run."]
        throw Failure(status: refusals.areInvalid ? 3 : 1, message: lines.joined(separator: "\n") + "\n")
    }

    /// What to tell a user about the input: nodes put under it, kinds not acted on.
    func remarks(_ input: Input) -> [String] {
        if let scenario { return ScenarioCatalog.find(scenario).map { [$0.summary + "."] } ?? [] }
        if let generated = try? generated() { return [generated.scenario.summary + "."] }
        if files.isEmpty { return [] }
        var lines = input.state.summary
        if let shape = input.shape {
            switch shape.count {
            case 0: lines.append("The files hold no Node, and none was put under them.")
            case let count: lines.append("\(shape.pools.isEmpty ? "The files hold no Node: " : "")\(shape.text) \(count == 1 ? "was" : "were") put under them.")
            }
        } else if nodes != nil || zones != nil || like != nil || nodeCpu != nil || nodeMemory != nil || nodePods != nil || !nodeResource.isEmpty {
            lines.append("The files bring their own nodes; none was put under them.")
        }
        if input.hasClaims, let given = input.storageClasses.first(where: \.isDefault) {
            lines.append("The files hold no StorageClass: \(given.name) (default, \(given.provisioner)) was put under them.")
        }
        for (kind, count) in input.keptKinds { lines.append("\(count) \(kind.qualifiedPlural) kept, not acted on.") }
        return lines
    }
}
