import ArgumentParser
import KubernetesAPI
import Simulation

/// `evenkeel diff A B`: what differs between two states.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare two states: what moved, skew, pending pods, availability, versions.",
        usage: "evenkeel diff <before> <after> [<options>]",
        discussion: """
            Each state is a file, a folder or -. Pods are the same if their uids are; of
            the other objects, custom ones too, that is told what came, what is gone and
            what is wanted otherwise: all but status, and the labels.

              evenkeel diff yesterday.yaml.gz today.yaml.gz
              kubectl get … -A -o yaml | evenkeel diff before.yaml - --require no-pending,no-spof
              evenkeel run app.yaml -o json | evenkeel diff prod.yaml - -o markdown

            The verdict is about what is worse in the second state, as of whatif: block
            (pods that find no node, a workload without a ready pod), review (a single
            point of failure, a constraint that does not hold any more) or safe. Exit
            status: 1 if a required condition does not hold, or, where none is required,
            if the verdict is block.
            """)

    @OptionGroup var cluster: ClusterArguments
    @OptionGroup var live: LiveArguments
    @Option(help: ArgumentHelp("Conditions that decide about the exit status.", valueName: "no-pending,no-spof,skew")) var require: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("How to tell (default text).", valueName: "text|json|markdown|junit")) var output = ReportForm.text

    func run() throws {
        let required = try WhatIfCommand.Requirement.read(require)
        let names = cluster.files + (live.isAsked ? [live.context.flatMap { $0.isEmpty ? nil : $0 } ?? "present context"] : [])
        guard names.count == 2, cluster.scenario == nil else {
            throw Failure.usage("diff needs two states: files, folders, - for one of them, or --context for the second")
        }
        guard names[0] != names[1] || live.isAsked else { throw Failure.usage("diff needs two different states, not \(names[0]) twice") }
        let states = try names.enumerated().map { index, file in
            var one = cluster
            one.files = index < cluster.files.count ? [file] : []
            Out.error("\(file):\n")
            return try one.present(for: "diff", live: index < cluster.files.count ? nil : live)
        }
        let title = names.joined(separator: " → ")
        let answer = WhatIfAnswer(title, from: states[0], to: states[1])
        DiffReport(
            answer: WhatIfReport(answer, required: required, ofStates: true), difference: StateDifference(from: states[0].cluster, to: states[1].cluster),
            kubernetes: states.map { $0.options.profile.version.description }
        ).tell(as: output)
    }
}

/// What differs, in words.
struct DiffReport: Report {
    let answer: WhatIfReport
    let difference: StateDifference
    /// The version of each.
    let kubernetes: [String]

    var isFine: Bool { answer.isFine }

    private let versionHead = ["VERSION OF", "BEFORE", "AFTER", "NODES"]
    private var versionRows: [[String]] {
        let own = kubernetes[0] == kubernetes[1] ? [] : [["kubernetes", kubernetes[0], kubernetes[1], ""]]
        return own
            + difference.versions.map { version in
                [
                    version.what, version.before.isEmpty ? "none" : version.before, version.after.isEmpty ? "none" : version.after,
                    version.what == "kubelet" ? "\(version.count)" : "",
                ]
            }
    }
    private let changeHead = ["OBJECT", "CHANGE"]
    private var changeRows: [[String]] { difference.changes.map { [$0.object, shortList($0.words, most: 4)] } }
    /// Pods that wait and are new, or whose workload has more of them than before.
    private var pendingRows: [[String]] {
        answer.answer.pending.filter { pod in
            !pod.isOld || answer.answer.workload(pod.workload).map { $0.pendingAfter > $0.pendingBefore } ?? false
        }.map { ["\($0.key)", $0.message] }
    }
    private let pendingHead = ["PENDING", "REASON"]
    private var tables: [(head: [String], rows: [[String]])] {
        answer.tables + [(pendingHead, pendingRows), (versionHead, versionRows), (changeHead, changeRows)]
    }

    var text: String {
        var lines = answer.headlines
        for (head, rows) in tables where !rows.isEmpty { lines += [""] + columns([head] + rows) }
        if tables.allSatisfy({ $0.rows.isEmpty }) { lines += ["", "No difference."] }
        return lines.joined(separator: "\n") + "\n"
    }
    var markdown: String { (answer.markdownHeadlines + tables.flatMap { markdownTable($0.head, $0.rows) }).joined(separator: "\n") + "\n" }
    var junit: String { answer.junit }

    var json: JSONValue {
        var object = answer.json.object ?? JSONObject()
        object["kind"] = "DiffReport"
        object["versions"] = .array(
            versionRows.map { ["what": .string($0[0]), "before": .string($0[1]), "after": .string($0[2])] })
        object["changes"] = .array(
            difference.changes.map { ["object": .string($0.object), "changes": .array($0.words.map { .string($0) })] })
        return .object(object)
    }
}
