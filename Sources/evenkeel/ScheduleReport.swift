import Scheduling

/// A decision as text: the matrix of nodes and plugins, the scores, what would help.
struct ScheduleReport {
    /// Also what plugins say that were not asked any more.
    var all = false

    func lines(_ explanation: Explanation, node: String? = nil) -> [String] {
        var lines = [headline(explanation, node)]
        if !explanation.message.isEmpty { lines.append("  " + explanation.message) }
        if let refusal = explanation.preFilter ?? explanation.gate {
            lines.append("  \(refusal.plugin ?? "several plugins"): \(refusal.words)")
        }
        let refused = explanation.nodes.contains { !$0.isFeasible }
        if refused { lines += indented(matrix(explanation)) }
        if explanation.nodes.contains(where: \.isFeasible) { lines += indented(scores(explanation, node ?? explanation.winner)) }
        if refused { lines.append("  stopped by  " + explanation.stoppedBy.map { "\($0.plugin) \($0.nodes)" }.joined(separator: "   ")) }
        if !explanation.preemptionWords.isEmpty { lines.append("  preemption  " + explanation.preemptionWords) }
        if !explanation.remedies.isEmpty {
            lines.append("  what would help, each tried:")
            lines += indented(
                columns(
                    explanation.remedies.map { remedy in
                        [
                            "  " + (remedy.node == nil ? mark(.stopped) : mark(.passed)), remedy.words, remedy.node.map { "goes to \($0)" } ?? "still waits",
                            remedy.cost,
                        ]
                    }))
        }
        return lines
    }

    private func headline(_ explanation: Explanation, _ node: String?) -> String {
        if let node { return "\(explanation.pod)  on \(node), as if it were placed now" }
        guard let winner = explanation.winner else { return "\(explanation.pod)  \(explanation.result.rawValue)" }
        let ties = explanation.tied.count > 1 ? ", the first by name of \(explanation.tied.count) equal nodes" : ""
        return "\(explanation.pod)  goes to \(winner)" + (explanation.viaNomination ? ", where room was made for it" : ties)
    }

    private func mark(_ mark: Explanation.Mark) -> String {
        switch mark {
        case .passed: "✓"
        case .stopped: "✗"
        case .failsToo: "x"
        case .notAsked: "·"
        }
    }

    private func matrix(_ explanation: Explanation) -> [String] {
        var rows = [["NODE"] + explanation.checks.map(\.title) + ["REASON"]]
        for group in explanation.groups(all: all) where !group.verdict.isFeasible {
            let marks = explanation.marks(group.verdict, all: all).map(mark)
            rows.append([names(group.nodes)] + marks + [explanation.reason(group.verdict, all: all)])
        }
        return columns(rows)
    }
    /// `a1 a2 a3`, or `a1 … and 40 more`.
    private func names(_ nodes: [String]) -> String {
        var text = nodes[0]
        for (i, name) in nodes.enumerated().dropFirst() {
            if text.count + name.count > 32 { return "\(text) and \(nodes.count - i) more" }
            text += " " + name
        }
        return text
    }

    private func scores(_ explanation: Explanation, _ chosen: String?) -> [String] {
        let feasible = explanation.nodes.filter(\.isFeasible).enumerated()
            .sorted { ($1.element.total, $0.offset) < ($0.element.total, $1.offset) }.map(\.element)
        var rows = [["NODE"] + explanation.scorePlugins + ["TOTAL"]]
        for verdict in feasible.prefix(20) {
            rows.append([verdict.node] + verdict.scores.map(String.init) + [String(verdict.total) + (verdict.node == chosen ? " chosen" : "")])
        }
        // One feasible node is taken without a score.
        if feasible.count > 20 { rows.append(["\(feasible.count - 20) more with less"]) }
        return columns(rows)
    }

    private func indented(_ lines: [String]) -> [String] { lines.map { "  " + $0 } }
}
