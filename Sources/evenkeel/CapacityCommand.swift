import ArgumentParser
import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// `evenkeel capacity STATE deploy/web`: how many more pods of a workload fit.
struct CapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity", abstract: "Say how many more pods of a workload fit, what stops them, and what would help.",
        usage: "evenkeel capacity <state> ... <kind/name> [<options>]",
        discussion: """
            Pods are made one after another as the workload's controller makes them, so
            that quotas and limits count, and placed as the scheduler places them, until
            one finds no node. Nobody is evicted for them, and nothing is started.

              evenkeel capacity prod.yaml deploy/web
              evenkeel capacity prod.yaml deploy/web --need 40
              evenkeel capacity prod.yaml sts/shop/db --lose zone=eu-a -o json

            A workload is kind/name, or kind/namespace/name where several have the name;
            a pod stands for more like it. With --lose the question is asked once what
            came of the loss has settled: what had to move has taken its room by then.

            The table has a row for each pool of nodes in each zone: how many more fit
            there, and what stops the next one on how many of its nodes. Below it are the
            smallest changes that could help, each tried.

            Exit status: 1 if fewer fit than --need says, 1 without it.
            """)

    @OptionGroup var cluster: ClusterArguments
    @OptionGroup var live: LiveArguments
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("First lose a node, or all nodes of a zone; may be repeated.", valueName: "node|zone=name")) var lose: [String] = []
    @Option(parsing: .unconditional, help: ArgumentHelp("How many more are to fit (default 1).", valueName: "count")) var need: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("Do not try more than this (default 10000).", valueName: "count")) var limit: Int?
    @Option(name: .shortAndLong, help: ArgumentHelp("How to tell (default text).", valueName: "text|json|markdown|junit")) var output = ReportForm.text

    func run() throws {
        for (name, value) in [("--need", need), ("--limit", limit)] {
            if let value, !(1...100_000).contains(value) { throw Failure.usage("\(name) must be 1 to 100000, not \(value)") }
        }
        var cluster = cluster
        guard let workload = cluster.files.popLast() else { throw Failure.usage("capacity needs a state and a workload, such as prod.yaml deploy/web") }
        guard live.isAsked || !cluster.files.isEmpty || cluster.scenario != nil else {
            throw Failure.usage("capacity needs the state of a cluster before the workload: a file, a folder, -, or --context")
        }
        var simulation = try cluster.present(for: "capacity", live: live)
        let reader = ChangeReader(store: simulation.cluster.store)
        let (kind, key) = try reader.object("capacity", workload)
        var titles: [String] = []
        if !lose.isEmpty {
            var fork = Fork(of: simulation)
            for value in lose {
                let (title, commands) = try reader.read("lose", value)
                titles.append(title)
                for command in commands { fork.perform(command) }
            }
            fork.run()
            simulation = fork.simulation
        }
        guard let capacity = Capacity(of: kind, key, in: simulation, limit: max(limit ?? 10_000, need ?? 1)) else {
            throw Failure.usage("capacity is about workloads that say how many pods they have, not about \(kind.rawValue) \(key)")
        }
        CapacityReport(capacity: capacity, need: need ?? 1, losses: titles).tell(as: output)
    }
}

/// How many fit, in words.
struct CapacityReport: Report {
    let capacity: Capacity
    let need: Int
    let losses: [String]

    var isFine: Bool { capacity.count >= need }
    private var title: String {
        capacity.workload.title + (losses.isEmpty ? "" : ", after: " + losses.joined(separator: ", "))
    }
    private var count: String { capacity.isLimited ? "\(capacity.count) or more" : "\(capacity.count)" }

    /// What stops the next one, in lines; empty if nothing did.
    private var stop: [String] {
        if let refusal = capacity.refusal { return [refusal] }
        guard let explanation = capacity.explanation else { return [] }
        let waiting = capacity.waiting == 0 ? [] : ["\(counted(capacity.waiting, "pod waits", "pods wait")) for a node already"]
        let why = explanation.core.isEmpty ? explanation.message : explanation.core
        return [explanation.gate?.words ?? explanation.preFilter?.words ?? why] + waiting
    }
    private let head = ["POOL", "ZONE", "NODES", "FIT", "WHAT STOPS THE NEXT"]
    private var rows: [[String]] {
        capacity.pools.map { pool in
            let stops = pool.stops.map { $0.nodes == pool.nodes ? $0.reason : "\($0.reason) (\($0.nodes))" }
            return [pool.name, pool.zone.isEmpty ? "-" : pool.zone, "\(pool.nodes)", "\(pool.fits)", stops.joined(separator: ", ")]
        }
    }
    private var remedies: [Remedy] { capacity.explanation?.remedies ?? [] }
    private let remedyHead = ["CHANGE", "THE NEXT ONE", "COST"]
    private var remedyRows: [[String]] { remedies.map { [$0.words, $0.node.map { "goes to \($0)" } ?? "still waits", $0.cost] } }

    var text: String {
        var lines = ["\(count) more of \(title)" + (need > 1 ? ", needed \(need)" : "")]
        lines += stop.map { "Then: \($0)" } + capacity.remarks.map { "Note: \($0)" }
        if !rows.isEmpty { lines += [""] + columns([head] + rows) }
        if !remedies.isEmpty { lines += ["", "What would help, each tried:"] + columns([remedyHead] + remedyRows).map { "  \($0)" } }
        return lines.joined(separator: "\n") + "\n"
    }

    var markdown: String {
        var lines = ["## \(count) more of \(title)", ""]
        lines += (stop.map { "then: \($0)" } + capacity.remarks).map { "- \($0)" }
        lines += markdownTable(head, rows) + markdownTable(remedyHead, remedyRows)
        return lines.joined(separator: "\n") + "\n"
    }

    var json: JSONValue {
        var object: JSONObject = [
            "apiVersion": "evenkeel.dev/v1", "kind": "CapacityReport", "workload": .string(capacity.workload.title),
            "losses": .array(losses.map { .string($0) }), "fits": .int(Int64(capacity.count)), "needed": .int(Int64(need)), "enough": .bool(isFine),
            "limited": .bool(capacity.isLimited), "waiting": .int(Int64(capacity.waiting)), "stops": .array(stop.map { .string($0) }),
            "remarks": .array(capacity.remarks.map { .string($0) }),
            "pools": .array(
                capacity.pools.map { pool in
                    [
                        "pool": .string(pool.name), "zone": .string(pool.zone), "nodes": .int(Int64(pool.nodes)), "fits": .int(Int64(pool.fits)),
                        "stops": .array(pool.stops.map { ["reason": .string($0.reason), "nodes": .int(Int64($0.nodes))] }),
                    ]
                }),
        ]
        object["remedies"] = .array(
            remedies.map { remedy in
                var row: JSONObject = ["change": .string(remedy.words), "helps": .bool(remedy.node != nil), "cost": .string(remedy.cost)]
                row["node"] = remedy.node.map { .string($0) }
                return .object(row)
            })
        return .object(object)
    }

    var junit: String {
        let lines = ["\(count) more fit, \(need) needed"] + stop + remedies.filter { $0.node != nil }.map { "would help: \($0.words) (\($0.cost))" }
        return JUnit(name: "evenkeel capacity", cases: [.init(className: title, name: "\(need) more fit", lines: lines, fails: !isFine)]).text
    }
}
