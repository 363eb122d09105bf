import Canvas
import KubernetesAPI

/// The bindings as a table for the README, generated so that it cannot lie.
public enum KeyTable {
    /// All groups in the order in which help shows them.
    public static let groups: [BindingGroup] =
        [
            Bindings.general, Bindings.time, Bindings.navigation, Bindings.table, Bindings.pods, Bindings.workloads, Bindings.demand, Bindings.replicaSets,
            Bindings.nodes, Bindings.claims,
            Bindings.namespaces, Bindings.cronJobs, Bindings.used, Bindings.secrets,
        ] + ScreenCatalog.all.flatMap(\.keys) + [Bindings.object, Bindings.text, HelpScreen.keys] + sorted.map(Bindings.sorting)

    /// The kinds whose tables k9s sorts by keys of their own.
    private static let sorted: [Kind] = [.pod, .node, .deployment, .statefulSet, .daemonSet, .replicaSet, .service, .event, .persistentVolumeClaim]

    /// The groups that stand before ``Bindings/table`` in tables of their kinds.
    static let kinds: [BindingGroup] = [
        Bindings.pods, Bindings.workloads, Bindings.demand, Bindings.replicaSets, Bindings.nodes, Bindings.claims, Bindings.namespaces, Bindings.cronJobs,
        Bindings.used, Bindings.secrets,
    ]

    /// Markdown: a table with a row for each binding; of the k9s preset those that are others than the default's.
    public static func markdown(_ preset: KeymapPreset = .evenkeel) -> String {
        var lines = ["| where | key | does |", "| --- | --- | --- |"]
        for group in groups {
            let ours = Keymap().applied(to: group).bindings
            for binding in Keymap(preset: preset).applied(to: group).bindings where !binding.help.isEmpty {
                if preset != .evenkeel, ours.contains(where: { $0.action == binding.action && $0.keys == binding.keys }) { continue }
                let keys = binding.keys.map { "`\($0.description.replacing("|", with: "\\|"))`" }.joined(separator: " ")
                lines.append("| \(group.title) | \(keys) | \(binding.help.replacing("|", with: "\\|")) |")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Markdown: a table with a row for each command of the `:` prompt.
    public static var commandMarkdown: String {
        (["| command | does |", "| --- | --- |"]
            + PromptCommands.all.map { command in
                let names = command.names.map { "`:\($0)`" }.joined(separator: " ")
                let arguments = command.arguments.isEmpty ? "" : " `\(command.arguments.replacing("|", with: "\\|"))`"
                return "| \(names)\(arguments) | \(command.help) |"
            }).joined(separator: "\n")
    }
}
