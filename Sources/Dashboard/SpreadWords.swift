import Canvas
import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

/// What screens say about a spread constraint, in one place so that all say the same.
enum SpreadWords {
    static func role(_ group: SpreadGroup) -> Role {
        group.isHard && group.isViolated ? .rowError : group.isAtLimit && group.isHard ? .rowPending : .good
    }

    /// `ok`, `at limit`, `DRIFT`, `uneven`.
    static func state(_ group: SpreadGroup, _ world: World) -> StyledText {
        let theme = world.theme
        if group.isViolated { return StyledText(group.isHard ? "DRIFT" : "uneven", theme[group.isHard ? .rowError : .rowPending]) }
        if group.isHard, !group.isEnforced { return StyledText("off", theme[.dim]) }
        if group.isBlocked { return StyledText("blocked", theme[.rowError]) }
        if group.isAtLimit, group.isHard { return StyledText("at limit", theme[.rowPending]) }
        return StyledText("ok", theme[.good])
    }

    static func columns(width: Int, _ groups: [SpreadGroup]) -> [TableWidget.Column] {
        let counts = countsWidth(width, groups)
        return [
            TableWidget.Column("WORKLOAD", minimum: 8, ideal: 14), TableWidget.Column("KEY", minimum: 4, ideal: 8),
            TableWidget.Column("RULE", minimum: 4), TableWidget.Column("COUNTS", minimum: min(counts, 11), ideal: counts),
            TableWidget.Column("SKEW", minimum: 5, ideal: 6),
            TableWidget.Column("LAST 10 MIN", minimum: sparkWidth(width, groups), priority: 5),
            TableWidget.Column("STATE", minimum: 8),
        ]
    }

    /// The columns for the counts: all domains of each rule, as long as the curve has room beside them.
    private static func countsWidth(_ width: Int, _ groups: [SpreadGroup]) -> Int {
        groups.map { counts($0, room: countsRoom(width)).count }.max().map { max(11, $0) } ?? 11
    }
    private static func countsRoom(_ width: Int) -> Int { max(11, min(48, width - 55)) }
    /// `5 5 4`; of more domains than there is room for the fewest, the most and how many.
    static func counts(_ group: SpreadGroup, room: Int) -> String {
        let counts = group.domains.map(\.pods)
        // Thousands of hosts are not written down to see that there is no room for them.
        let all = counts.count <= room ? counts.map { String($0) }.joined(separator: " ") : ""
        return counts.count <= room && all.count <= room ? all : "\(counts.min() ?? 0)..\(counts.max() ?? 0)/\(counts.count)"
    }
    /// The columns left for the curve in a table of `width` columns.
    static func sparkWidth(_ width: Int, _ groups: [SpreadGroup]) -> Int { max(11, min(60, width - 44 - countsWidth(width, groups))) }

    /// The cells of a group for the columns of a table of `width` columns.
    static func cells(_ group: SpreadGroup, width: Int, of groups: [SpreadGroup], _ world: World) -> [StyledText] {
        let theme = world.theme
        let countText = counts(group, room: countsRoom(width))
        let relation = group.skewNow > group.maxSkew ? ">" : String(world.glyphs.atMost)
        let values = (world.history.skew[group.id] ?? []).suffix(60)
        let highest = max(Double(group.maxSkew) + 1, values.max() ?? 0)
        return [
            StyledText(group.ownerName + (group.revision.map { " \($0.prefix(6))" } ?? ""), theme[.text]),
            StyledText(TopologyKeys.short(group.topologyKey), theme[.dim]), StyledText(group.isHard ? "hard" : "soft", theme[group.isHard ? .text : .dim]),
            StyledText(countText, theme[.text]), StyledText("\(group.skewNow) \(relation) \(group.maxSkew)", theme[role(group)]),
            StyledText(Sparkline(Array(values), minimum: 0, maximum: highest).text(width: sparkWidth(width, groups), glyphs: world.glyphs), theme[.sparkline]),
            state(group, world),
        ]
    }

    /// `takes now   eu-a 0   eu-b 0   eu-c 1        waiting on this rule: 1 pod`
    static func takes(_ group: SpreadGroup, _ world: World) -> StyledText {
        let theme = world.theme
        var text = StyledText("takes  ", theme[.dim])
        for domain in group.domains.prefix(8) {
            text.append("\(domain.name) ", theme[.text])
            text.append(domain.takesOneMore ? "yes  " : "no  ", theme[domain.takesOneMore ? .good : .rowPending])
        }
        if group.domains.count > 8 { text.append("… ", theme[.dim]) }
        if !group.waiting.isEmpty { text.append("  waiting: \(counted(group.waiting.count, "pod"))", theme[.rowPending]) }
        return text
    }

    /// What is special about the group now, in a line.
    static func remark(_ group: SpreadGroup, _ world: World) -> StyledText {
        let theme = world.theme
        if group.isHard, !group.isEnforced {
            return StyledText("\(group.scheduler) runs without the filter PodTopologySpread: the rule holds nothing back", theme[.rowPending])
        }
        if group.isViolated, group.isHard {
            return StyledText("Nothing moves pods that run: \(moves(group)).", theme[.rowPending])
        }
        if !group.waiting.isEmpty, let domain = group.blockers.first {
            return StyledText(
                "\(domain) holds the minimum down and takes no pod: room for \(group.room.map { "\($0) more" } ?? "any number")", theme[.rowPending])
        }
        if let least = group.minDomains, group.domains.count < least {
            return StyledText("minDomains \(least) is not met (\(group.domains.count)): the minimum counts as 0", theme[.rowPending])
        }
        if !group.stranded.isEmpty { return StyledText("\(group.stranded.count) matching pods are on nodes that do not count", theme[.dim]) }
        return StyledText(group.isDefault ? "A default constraint of the scheduler" : "", theme[.dim])
    }

    /// `2 moves would make it even`, or why no moves can.
    static func moves(_ group: SpreadGroup) -> String {
        if let moves = group.movesToEven { return "\(counted(moves, "move")) would make it even" }
        if group.minDomainsUnmet { return "with \(group.domainCount) of minDomains \(group.minDomains ?? 1) no moves make it even" }
        return "no moves make it even, as \(group.blockers.first ?? "the domain that lacks pods") takes none"
    }

    /// A word for the SPREAD column of a pod: the worst state of its groups.
    static func word(for pod: Pod, _ world: World) -> (text: String, role: Role?) {
        let constraints = pod.spec.topologySpreadConstraints
        if constraints.isEmpty || pod.metadata.isTerminating || pod.isFinished { return ("-", .dim) }
        if pod.nodeName.isEmpty {
            let message = pod.status.conditions[ConditionType.podScheduled]?.message ?? ""
            return message.contains("topology spread") ? ("waits", .rowPending) : ("-", .dim)
        }
        let workload = Workload(of: pod, world.cluster)
        return world.drifting.contains(ObjectKey(namespace: workload.namespace, name: workload.name)) ? ("DRIFT", .rowError) : ("ok", .good)
    }
}
