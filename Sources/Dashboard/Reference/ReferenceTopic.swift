// What the program tells about itself beside its subcommands: `evenkeel help TOPIC`, and the tables of the documentation.

import ControlPlane
import Kubelets
import KubernetesAPI
import Printers
import Simulation

/// Something to look up, made of the data that the program itself goes by.
public enum ReferenceTopic: String, CaseIterable, Sendable {
    case keys, commands, parameters, annotations, transports, rbac, differences

    /// What it tells, in a line.
    public var summary: String {
        switch self {
        case .keys: "Keys of the dashboard by view, and those of --keymap k9s."
        case .commands: "Commands that the dashboard takes after a colon."
        case .parameters: "How long each step takes: a scenario's spec.parameters."
        case .annotations: "Annotations that tell what programs, images and drivers do."
        case .transports: "What kubectl says when the way to a node fails, by transport."
        case .rbac: "What --context asks of a cluster, and roles that allow it."
        case .differences: "Where the simulation differs from Kubernetes on purpose."
        }
    }

    /// What is taken and kept, but changes nothing.
    public static let notActedOn = """
        Not acted on: network policies, webhooks, custom controllers, dynamic resource allocation, metrics of adapters (autoscalers go
        by CPU and memory).
        """

    /// What stands above the tables.
    private var introduction: String {
        switch self {
        case .keys: "Keys of the dashboard. ? shows those of a view; a keymap.yaml changes them (evenkeel dashboard --help)."
        case .commands: "Commands that the dashboard takes after a colon. Each kind is one too, by any name that kubectl takes."
        case .parameters: "A scenario sets them in spec.parameters, such as {runSandbox: 2s, registryRate: 10M}."
        case .annotations:
            "Keys that begin with evenkeel.dev/. Those of pods may name a container first, as in evenkeel.dev/web.run-time."
        case .transports:
            "What a user of kubectl reads, by what fails, what is asked (as :trace takes it) and how the API server reaches nodes. SSH tunnels are history: they were removed in Kubernetes 1.22. A node that is cut off becomes NotReady when its lease is 50 s old, and its pods run on; the control plane believes that they are not ready, and evicts them after 5 minutes."
        case .rbac:
            "What evenkeel --context asks of a cluster, and what lacks where it is not allowed. Nothing is changed: kubectl proxy is told to refuse POST, PUT, PATCH and DELETE. Secrets are never asked for."
        case .differences: "What differs on purpose, and in which source file. \(Self.notActedOn)"
        }
    }

    /// The topic's tables, each with its heading; the first has none.
    public var tables: [(heading: String, table: ReferenceTable)] {
        switch self {
        case .keys: [("", KeyTable.table()), ("With --keymap k9s these are other:", KeyTable.table(.k9s))]
        case .commands: [("", KeyTable.commands)]
        case .parameters:
            [
                (
                    "",
                    ReferenceTable(
                        ["parameter", "what", "default", "source"],
                        rows: KubeletLatencies.parameters.map { $0.cells(default: KubeletLatencies()) }
                            + ClusterSettings.parameters.map { $0.cells(default: ClusterSettings()) })
                )
            ]
        case .annotations:
            [
                (
                    "",
                    ReferenceTable(
                        ["of", "key", "value", "range", "default"], isGrouped: true,
                        rows: AnnotationNote.all.map { note in
                            [note.object, note.keys.map { "`\($0)`" }.joined(separator: ", "), note.value, note.range, note.fallback]
                        })
                )
            ]
        case .transports:
            [
                (
                    "",
                    ReferenceTable(
                        ["what fails", "transport"] + TransportFailures.requests, isGrouped: true,
                        rows: TransportFailures.rows.map { [$0.failure, $0.transport.title] + $0.answers })
                )
            ]
        case .rbac:
            [
                (
                    "",
                    ReferenceTable(
                        ["what", "verbs", "without it there are no"],
                        rows: LiveResource.all.map { [$0.name, $0.rule.verbs.joined(separator: ", "), $0.need] })
                )
            ]
        case .differences:
            [("", Differences.table(of: Differences.all))]
        }
    }

    /// All of it as plain text, for a terminal and for a pipe.
    public var text: String {
        let blocks = tables.map { ($0.heading.isEmpty ? "" : $0.heading + "\n\n") + $0.table.text }
        return Explain.wrapped(introduction, indent: 0) + "\n" + blocks.joined(separator: "\n\n") + (self == .rbac ? "\n\n" + LiveRule.manifests : "")
    }
}
