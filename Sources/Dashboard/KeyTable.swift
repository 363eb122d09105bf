import Canvas
import KubernetesAPI
import Printers

/// All bindings and commands as tables for `evenkeel help` and the documentation, generated so that they cannot lie.
public enum KeyTable {
    /// All groups in the order in which help shows them.
    public static let groups: [BindingGroup] =
        [
            Bindings.general, Bindings.time, Bindings.navigation, Bindings.table, Bindings.pods, Bindings.containers, Bindings.workloads,
            Bindings.services, Bindings.demand, Bindings.jobs, Bindings.replicaSets,
            Bindings.nodes, Bindings.claims,
            Bindings.namespaces, Bindings.cronJobs, Bindings.used, Bindings.secrets,
        ] + ScreenCatalog.all.flatMap(\.keys) + [Bindings.object, Bindings.text, HelpScreen.keys] + sorted.map(Bindings.sorting)

    /// The kinds whose tables k9s sorts by keys of their own.
    private static let sorted: [Kind] = [.pod, .node, .deployment, .statefulSet, .daemonSet, .replicaSet, .service, .event, .persistentVolumeClaim]

    /// All actions that have a key, in that order.
    static let actions: [Action] = {
        var seen: Set<Action> = []
        return groups.flatMap(\.bindings).map(\.action).filter { seen.insert($0).inserted }
    }()

    /// The groups that stand before ``Bindings/table`` in tables of their kinds.
    static let kinds: [BindingGroup] = [
        Bindings.pods, Bindings.workloads, Bindings.services, Bindings.demand, Bindings.jobs, Bindings.replicaSets, Bindings.nodes, Bindings.claims,
        Bindings.namespaces, Bindings.cronJobs,
        Bindings.used, Bindings.secrets,
    ]

    /// A row for each binding; of the k9s preset those that are others than the default's.
    public static func table(_ preset: KeymapPreset = .evenkeel) -> ReferenceTable {
        var rows: [[String]] = []
        for group in groups {
            let ours = Keymap().applied(to: group).bindings
            for binding in Keymap(preset: preset).applied(to: group).bindings where !binding.help.isEmpty {
                if preset != .evenkeel, ours.contains(where: { $0.action == binding.action && $0.keys == binding.keys }) { continue }
                rows.append([group.title, binding.keys.map { "`\($0)`" }.joined(separator: " "), binding.help])
            }
        }
        return ReferenceTable(["where", "key", "does"], isGrouped: true, rows: rows)
    }

    /// A row for each command of the `:` prompt.
    public static var commands: ReferenceTable {
        ReferenceTable(
            ["command", "does"],
            rows: PromptCommands.all.map { command in
                let names = command.names.map { "`:\($0)`" }.joined(separator: " ")
                return [names + (command.arguments.isEmpty ? "" : " `\(command.arguments)`"), command.help]
            })
    }
}
