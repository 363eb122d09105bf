import ArgumentParser
import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit

/// `evenkeel whatif STATE --drain NODE …`: what would come of changes, without making them.
struct WhatIfCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whatif", abstract: "Say what would come of changes to a cluster: placements, pending pods, budgets, skew, availability.",
        discussion: """
            The changes are tried on the state of the files in the order in which they
            are written, each once what came of the one before has settled. What is lost,
            back or evicted one after another happens at once. The state is what kubectl
            prints:

              kubectl get nodes,ns,pods,deploy,rs,sts,ds,jobs,cronjobs,pdb,hpa,pvc,pv,sc,\\
                csinodes,volumeattachments,priorityclasses,svc,endpointslices,\\
                resourcequotas,limitranges,controllerrevisions -A -o yaml > prod.yaml

              evenkeel whatif prod.yaml --drain node-7
              evenkeel whatif --context prod --drain node-7     the cluster as it is
              evenkeel whatif prod.yaml --lose zone=eu-a --scale deploy/web=40
              evenkeel whatif prod.yaml --lose rack=r12
              evenkeel whatif prod.yaml --add-nodes 2,like=node-7,zone=eu-b --apply new.yaml
              helm template . | evenkeel whatif prod.yaml --apply - --require no-pending -o junit

            A workload is kind/name, or kind/namespace/name where several have the name.

            Where pods or nodes are equal in every respect the choice is chance, and the
            seed's here. --seeds 50 tries as many seeds and tells how often which outcome
            comes; the exit status is 1 if one of them is not fine. A seed of the table
            given as --seed shows that outcome in full.

            Where pods are placed in groups (gate GenericWorkload) it says of each group
            whether it still fits: on the nodes that are left, the lost pods made again.

            The verdict is block (refused, pods that find no node, budgets that block, a
            workload without a ready pod, a group that fits no more), review (it goes, but something is worse than
            before) or safe. Exit status: 1 if a required condition does not hold, or,
            where none is required, if the verdict is block.
            """)

    enum Requirement: String, CaseIterable {
        case noPending = "no-pending"
        case noSPOF = "no-spof"
        case skew, budgets

        /// The conditions of `--require`.
        static func read(_ text: String?) throws -> [Requirement] {
            try (text ?? "").split(separator: ",").map { word in
                guard let known = Requirement(rawValue: word.trimmingCharacters(in: .whitespaces)) else {
                    throw Failure.usage("--require knows \(allCases.map(\.rawValue).joined(separator: ", ")), not \(word)")
                }
                return known
            }
        }
    }

    @OptionGroup var cluster: ClusterArguments
    @OptionGroup var live: LiveArguments
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Cordon a node and evict its pods, with kubectl's --force and the like unless a flag says otherwise; may be repeated.",
            valueName: "node[,force=false][,timeout=40s]")) var drain: [String] = []
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The kubelet of a node, or of all nodes of a zone or with a label, falls silent.", valueName: "node|zone=name|label=value")) var lose: [String] = []
    @Option(
        parsing: .singleValue, help: ArgumentHelp("What was lost is back, also a node that is silent in the state.", valueName: "node|zone=name|label=value"))
    var recover: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Another number of replicas.", valueName: "kind/name=number")) var scale: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Apply manifests, as kubectl apply -f.", valueName: "file|-")) var apply: [String] = []
    @Option(
        name: .customLong("add-nodes"), parsing: .singleValue,
        help: ArgumentHelp("New nodes that are like one that is there.", valueName: "number,like=node[,zone=name]")) var addNodes: [String] = []
    @Option(
        name: .customLong("max-skew"), parsing: .singleValue,
        help: ArgumentHelp("Another maxSkew in all spread constraints of a workload.", valueName: "kind/name=number")) var maxSkew: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Evict a pod; budgets apply.", valueName: "pod/namespace/name")) var evict: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Keep new pods off a node.", valueName: "node")) var cordon: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Let new pods onto a node.", valueName: "node")) var uncordon: [String] = []
    @Option(
        parsing: .singleValue, help: ArgumentHelp("Put a taint on a node, as kubectl taint.", valueName: "node=key[=value]:effect")) var taint: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Take a taint off a node.", valueName: "node=key[:effect]")) var untaint: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Roll a workload out again.", valueName: "kind/name")) var restart: [String] = []
    @Option(
        name: .customLong("set-image"), parsing: .singleValue,
        help: ArgumentHelp("Roll a workload out with another image, of one container or of all.", valueName: "kind/name[:container]=image"))
    var setImage: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Roll a Deployment back, to the revision before or to one.", valueName: "deploy/name[=revision]"))
    var undo: [String] = []
    @Option(parsing: .singleValue, help: ArgumentHelp("Delete an object.", valueName: "kind/name")) var delete: [String] = []
    @Option(help: ArgumentHelp("Conditions that decide about the exit status.", valueName: "no-pending,no-spof,skew,budgets")) var require: String?
    @Option(help: ArgumentHelp("How long to run ahead at most, in virtual time (default 10m for each change).", valueName: "span")) var limit: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Try it with so many seeds, and tell how often which outcome comes.", valueName: "count")) var seeds:
        Int?
    @Option(name: .shortAndLong, help: ArgumentHelp("How to tell (default text).", valueName: "text|json|markdown|junit")) var output = ReportForm.text

    func run() throws {
        let required = try Requirement.read(require)
        var span = Duration.minutes(10)
        if let limit {
            guard let value = Duration(limit), value > .zero, value <= .hours(24) else {
                throw Failure.usage("--limit must be a span from 1ns to 24h such as 90s or 10m, not \(limit)")
            }
            span = value
        }
        if let seeds, !(1...10_000).contains(seeds) { throw Failure.usage("--seeds must be 1 to 10000, not \(seeds)") }
        var input = try cluster.state(for: "whatif", live: live)
        let first = input.options.seed
        var simulation = try ClusterArguments.present(input)
        var titles: [String] = []
        var commands: [Command] = []
        for (option, value) in try changes() {
            let (title, made) = try ChangeReader(store: simulation.cluster.store).read(option, value)
            titles.append(title)
            commands += made
        }
        var question = WhatIf(titles.joined(separator: ", then "), commands)
        question.isInOrder = true
        func report(_ simulation: Simulation) -> WhatIfReport {
            WhatIfReport(question.answer(from: WhatIf.Present(simulation), limit: span * max(1, commands.count)), required: required)
        }
        guard let seeds else { return report(simulation).tell(as: output) }
        var reports = [report(simulation)]
        for number in 1..<UInt64(seeds) {
            input.options.seed = first &+ number
            simulation = try ClusterArguments.present(input)
            reports.append(report(simulation))
        }
        SeedReport(reports: reports, first: first).tell(as: output)
    }

    /// The changes in the order of the command line, which the parser does not keep between options.
    private func changes() throws -> [(option: String, value: String)] {
        var values = [
            "drain": drain, "lose": lose, "scale": scale, "apply": apply, "add-nodes": addNodes, "max-skew": maxSkew, "evict": evict, "cordon": cordon,
            "uncordon": uncordon, "restart": restart, "delete": delete, "recover": recover, "taint": taint, "untaint": untaint, "set-image": setImage,
            "undo": undo,
        ].mapValues { $0[...] }
        var list: [(String, String)] = []
        for word in CommandLine.arguments.dropFirst() where word.hasPrefix("--") {
            let option = String(word.dropFirst(2).prefix { $0 != "=" })
            if let value = values[option]?.popFirst() { list.append((option, value)) }
        }
        if list.isEmpty { throw Failure.usage("whatif needs a change, such as --drain NODE or --lose zone=NAME") }
        return list
    }
}

/// Reads the words of one change.
struct ChangeReader {
    let store: ObjectStore

    func read(_ option: String, _ value: String) throws -> (title: String, commands: [Command]) {
        switch option {
        case "drain":
            let words = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let node = try node(words[0])
            return ("drain \(node.name)", [.drain(node: node.name, try drainOptions(words.dropFirst()))])
        case "lose":
            let (title, target) = try target(option, value)
            return ("lose \(title)", [.fail(target)])
        case "recover":
            let (title, target) = try target(option, value)
            return ("recover \(title)", [.recover(target)])
        case "taint": return try taint(value)
        case "untaint":
            let (name, text) = try parts(option, value, "node=key[:effect]")
            let words = text.split(separator: ":", maxSplits: 1).map(String.init)
            return ("untaint \(name) \(text)", [.untaint(node: try node(name).name, key: words[0], effect: words.count > 1 ? words[1] : "")])
        case "set-image":
            let (name, image) = try parts(option, value, "kind/name[:container]=image")
            let words = name.split(separator: ":", maxSplits: 1).map(String.init)
            let (kind, key) = try object("--\(option)", words[0])
            return ("image of \(name) to \(image)", [.setImage(kind, key, container: words.count > 1 ? words[1] : "*", image: image)])
        case "undo":
            let (name, revision) = value.contains("=") ? try number(option, value) : (value, 0)
            let (kind, key) = try object("--\(option)", name)
            guard kind == .deployment else { throw Failure.usage("--undo takes Deployments, not \(kind.rawValue) \(key)") }
            return ("roll \(key.name) back" + (revision == 0 ? "" : " to revision \(revision)"), [.undoRollout(key, toRevision: revision)])
        case "cordon": return ("cordon \(value)", [.cordon(node: try node(value).name)])
        case "uncordon": return ("uncordon \(value)", [.uncordon(node: try node(value).name)])
        case "scale":
            let (name, number) = try number(option, value)
            let (kind, key) = try object("--\(option)", name)
            return ("scale \(key.name) to \(number)", [.scale(kind, key, replicas: number)])
        case "max-skew":
            let (name, number) = try number(option, value)
            let (kind, key) = try object("--\(option)", name)
            return ("maxSkew of \(key.name) to \(number)", [.edit([try withMaxSkew(number, kind, key)])])
        case "restart":
            let (kind, key) = try object("--\(option)", value)
            return ("restart \(key.name)", [.restart(kind, key)])
        case "delete":
            let (kind, key) = try object("--\(option)", value)
            return ("delete \(kind.rawValue) \(key.name)", [.delete(kind, key, DeleteOptions())])
        case "evict":
            let (kind, key) = try object("--\(option)", value.contains("/") ? value : "pod/\(value)")
            guard kind == .pod else { throw Failure.usage("--evict takes pods, not \(value)") }
            return ("evict \(key)", [.evict(pod: key)])
        case "apply": return ("apply \(value)", [.apply(try manifests(value))])
        default: return try newNodes(value)
        }
    }

    /// The flags of kubectl drain, as `force=false` or `timeout=40s`; those that let it go on are set unless it is said otherwise.
    private func drainOptions(_ words: ArraySlice<String>) throws -> Drain.Options {
        var options = Drain.Options.thorough
        let flags: [(String, WritableKeyPath<Drain.Options, Bool>)] = [
            ("ignore-daemonsets", \.ignoreDaemonSets), ("delete-emptydir-data", \.deleteEmptyDirData), ("force", \.force),
            ("disable-eviction", \.disableEviction),
        ]
        let known = "force=, ignore-daemonsets=, delete-emptydir-data=, disable-eviction=, grace-period= and timeout="
        for word in words {
            let (name, text) = try parts("drain", word, "node[,flag=value…]")
            if name == "timeout", let timeout = Duration(text), timeout > .zero {
                options.timeout = timeout
            } else if name == "grace-period", let seconds = Int(text), (0...100_000).contains(seconds) {
                options.gracePeriodSeconds = seconds
            } else if let flag = flags.first(where: { $0.0 == name }), let isOn = Bool(text) {
                options[keyPath: flag.1] = isOn
            } else {
                throw Failure.usage("--drain knows \(known) after the node, each with a value that fits, not \(word)")
            }
        }
        return options
    }

    /// A node, a zone, or all nodes of a domain: by a label of nodes, or what stands after the last slash of one.
    private func target(_ option: String, _ value: String) throws -> (title: String, target: FaultTarget) {
        if value.hasPrefix("zone=") {
            let zone = String(value.dropFirst(5))
            guard store.nodes.all.contains(where: { $0.metadata.labels[LabelKey.zone] == zone }) else {
                throw Failure.usage("--\(option): no node is in zone \(zone)")
            }
            return ("zone \(zone)", .zone(zone))
        }
        guard let equals = value.firstIndex(of: "=") else { return ("node \(value)", .node(try node(value).name)) }
        let (label, value) = (String(value[..<equals]), String(value[value.index(after: equals)...]))
        let keys = Set(store.nodes.all.flatMap { $0.metadata.labels.entries.map(\.key) }).sorted()
        guard let key = keys.first(where: { $0 == label }) ?? keys.first(where: { $0.hasSuffix("/" + label) }) else {
            let near = nearest(label, among: keys).map { " (nearest: \($0))" } ?? ""
            throw Failure.usage("--\(option): no node has the label \(label)\(near)")
        }
        guard store.nodes.all.contains(where: { $0.metadata.labels[key] == value }) else { throw Failure.usage("--\(option): no node has \(key)=\(value)") }
        let target = FaultTarget.domain(key: key, value: value)
        return (target.text, target)
    }

    /// `node=key[=value]:effect`
    private func taint(_ value: String) throws -> (title: String, commands: [Command]) {
        let form = "node=key[=value]:effect"
        let (name, text) = try parts("taint", value, form)
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else { throw Failure.usage("--taint must be \(form), not \(value)") }
        let (pair, effect) = (text[..<colon].split(separator: "=", maxSplits: 1).map(String.init), String(text[text.index(after: colon)...]))
        guard ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(effect) else {
            throw Failure.usage("--taint: the effect must be NoSchedule, PreferNoSchedule or NoExecute, not \(effect)")
        }
        let taint = Taint(key: pair[0], value: pair.count > 1 ? pair[1] : "", effect: effect)
        return ("taint \(name) \(text)", [.taint(node: try node(name).name, taint)])
    }

    /// What stands before and after the first `=`.
    private func parts(_ option: String, _ value: String, _ form: String) throws -> (String, String) {
        let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw Failure.usage("--\(option) must be \(form), not \(value)") }
        return (parts[0], parts[1])
    }

    private func node(_ name: String) throws -> Node {
        guard let node = store.nodes[ObjectKey(name: name)] else { throw Failure.usage("there is no node \(name)") }
        return node
    }

    private func number(_ option: String, _ value: String) throws -> (String, Int) {
        let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let number = Int(parts[1]), (0...100_000).contains(number) else {
            throw Failure.usage("--\(option) must be kind/name=number, not \(value)")
        }
        return (parts[0], number)
    }

    /// The object that `kind/name` or `kind/namespace/name` names; `option` is what is said about it where there is none.
    func object(_ option: String, _ text: String) throws -> (Kind, ObjectKey) {
        let parts = text.split(separator: "/").map(String.init)
        guard (2...3).contains(parts.count), let info = KindInfo.find(parts[0].lowercased()), info.type != .custom else {
            throw Failure.usage("\(option) must be kind/name or kind/namespace/name, such as deploy/web, not \(text)")
        }
        let found = store.objects(info.type).filter { object in
            object.metadata.name == parts[parts.count - 1] && (parts.count == 2 || object.metadata.namespace == parts[1])
        }
        guard let first = found.first else { throw Failure.usage("\(option): there is no \(text)") }
        if found.count > 1 {
            let names = found.map { "\(parts[0])/\($0.key)" }.joined(separator: ", ")
            throw Failure.usage("\(option): \(text) is there \(found.count) times: \(names)")
        }
        return (info.type, first.key)
    }

    private func withMaxSkew(_ number: Int, _ kind: Kind, _ key: ObjectKey) throws -> any StoredObject {
        func change(_ template: inout PodTemplateSpec) throws {
            guard !template.spec.topologySpreadConstraints.isEmpty else { throw Failure.usage("--max-skew: \(key) has no topologySpreadConstraints") }
            for index in template.spec.topologySpreadConstraints.indices { template.spec.value.topologySpreadConstraints[index].maxSkew = number }
        }
        switch store.object(kind, key) {
        case var deployment as Deployment:
            try change(&deployment.spec.template)
            return deployment
        case var set as StatefulSet:
            try change(&set.spec.template)
            return set
        default: throw Failure.usage("--max-skew takes Deployments and StatefulSets, not \(kind.rawValue) \(key)")
        }
    }

    private func manifests(_ path: String) throws -> [JSONValue] {
        let set = ManifestReader.read(paths: [path]) { StandardInput.read() }
        var problems = set.problems
        for document in set.documents { problems += document.decode().problems }
        if !problems.isEmpty { throw Failure.input(problems, others: 0) }
        if set.documents.isEmpty { throw Failure.usage("--apply \(path): there are no objects in it") }
        return set.documents.map(\.json)
    }

    private func newNodes(_ value: String) throws -> (title: String, commands: [Command]) {
        let parts = value.split(separator: ",").map(String.init)
        var (like, zone): (String?, String?)
        for part in parts.dropFirst() {
            if part.hasPrefix("like=") {
                like = String(part.dropFirst(5))
            } else if part.hasPrefix("zone=") {
                zone = String(part.dropFirst(5))
            } else {
                throw Failure.usage("--add-nodes knows like= and zone=, not \(part)")
            }
        }
        guard let count = parts.first.flatMap({ Int($0) }), (1...10_000).contains(count), let like else {
            throw Failure.usage("--add-nodes must be number,like=node with a number from 1 to 10000, not \(value)")
        }
        guard case .create(let made)? = WhatIf.addNode(like: try node(like)).commands.first, var node = made as? Node else { return ("", []) }
        let base = node.name
        if let zone { node.metadata.labels[LabelKey.zone] = zone }
        var commands: [Command] = []
        var number = 0
        while commands.count < count {
            number += 1
            node.metadata.name = "\(base)-\(number)"
            node.metadata.labels[LabelKey.hostname] = node.metadata.name
            if store.nodes[node.key] == nil { commands.append(.create(node)) }
        }
        return ("add \(count == 1 ? "a node" : "\(count) nodes") like \(like)" + (zone.map { " in \($0)" } ?? ""), commands)
    }
}
