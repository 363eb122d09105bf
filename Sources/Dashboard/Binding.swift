import Canvas
import KubernetesAPI

/// Everything that a key, the palette or a mouse click can ask for.
///
/// A binding names an action; the screen that has the focus performs it, or the dashboard if the screen
/// does not know it.
public enum Action: String, CaseIterable, Sendable {
    // Everywhere
    case command, filter, help, back, interrupt, aliases, palette, redraw
    case toggleHeader, toggleCrumbs, clearFilter, historyBack, historyForward, lastCommand
    case allNamespaces, namespace1, namespace2, namespace3, namespace4, namespace5, namespace6, namespace7,
        namespace8, namespace9
    case deck, spread, whatIf, create, fault, undo
    case traceRequest, toggleAuthority, toggleServing, toggleEgress, toggleTrust
    case pause, step, slower, faster, time, previousEvent, nextEvent
    case nextPane, previousPane
    // Tables and lists
    case down, up, left, right, top, bottom, pageDown, pageUp
    case open, mark, markRange, clearMarks, faultsOnly, wide, copyName, copyNamespace, warp, save
    case columnLeft, columnRight, sortByColumn, sortByName, sortByAge, sortByStatus, sortByNamespace
    case sortByReady, sortByRestarts, sortByCPU, sortByMemory, sortByCPURequest, sortByMemoryRequest, sortByCPULimit, sortByMemoryLimit
    case sortByIP, sortByNode, sortByRole, sortByPods, sortByUpToDate, sortByAvailable, sortByDesired, sortByCurrent
    case sortByType, sortByReason, sortBySource, sortByCount, sortByFirstSeen, sortByLastSeen, sortByVolume, sortByStorageClass, sortByCapacity
    case peek
    case holders, migrate
    // Objects
    case describe, yaml, edit, delete, kill, events, owner, node, why
    case load, moreLoad, lessLoad, recommend, autosize
    case resize, evict, scale, restart, setImage, showPods, replicaSets
    case cordon, uncordon, drain
    case moreDemand, lessDemand
    case cells, topologyKey, allFailures, scores
    case nextOption, previousOption, increase, decrease, newSeed, moreRuns, export
    case rollback, pauseRollout, rebalance, parameters
    case searchNext, searchPrevious, fullScreen
    // What the views of k9s have besides
    case setBookmark, goToBookmark, zoom, containers, usedBy, useNamespace, trigger, suspendJob, decode, stopDrain, logs, previousLogs, shell, attach,
        portForward, placeGhost, removeGhost
    // Single views
    case tryFix1, tryFix2, tryFix3, tryFix4, tryFix5, tryFix6, tryFix7, tryFix8, tryFix9
    case comparePulls, compareAPIBudgets, comparePLEGs, compareCPULimits, saveScenario
    case allReleases, changedOnly, warningsOnly, askAgain, smallerMaxSkew, largerMaxSkew
    case expand, expandAll, takeRecommendation, setDemand, toggleNodeAutoscaler, copyCommand, copyText
}

extension Action {
    static let namespaces: [Action] = [.namespace1, .namespace2, .namespace3, .namespace4, .namespace5, .namespace6, .namespace7, .namespace8, .namespace9]
    /// The changes that the why screen offers, in its order.
    static let fixes: [Action] = [.tryFix1, .tryFix2, .tryFix3, .tryFix4, .tryFix5, .tryFix6, .tryFix7, .tryFix8, .tryFix9]
    /// The comparisons of the startup lab, in the order of `StartupLab.Preset`.
    static let comparisons: [Action] = [.comparePulls, .compareAPIBudgets, .comparePLEGs, .compareCPULimits]

    /// What was called by another view's action until it got a name of its own, by view (the heading of the help in lower case).
    /// The old names still work in a keymap.
    package static let renamed: [(view: String, old: Action, new: Action)] = {
        var result: [(view: String, old: Action, new: Action)] = [
            ("startup lab", .yaml, .saveScenario), ("feature gates", .wide, .allReleases), ("feature gates", .faultsOnly, .changedOnly),
            ("deck", .faultsOnly, .warningsOnly), ("what if", .searchNext, .askAgain), ("spread", .columnLeft, .smallerMaxSkew),
            ("spread", .columnRight, .largerMaxSkew), ("tree", .mark, .expand), ("tree", .cells, .expandAll),
            ("recommend", .resize, .takeRecommendation), ("autoscaler", .load, .setDemand), ("autoscaler", .autosize, .toggleNodeAutoscaler),
            ("migrate", .copyName, .copyCommand), ("text", .copyName, .copyText), ("help", .copyName, .copyText),
        ]
        for (old, new) in zip(namespaces, fixes) { result.append(("why", old, new)) }
        for (old, new) in zip(namespaces, comparisons) { result.append(("startup lab", old, new)) }
        return result
    }()
}

/// One key and what it does, as data: help, the footer, the palette and the README read it.
public struct Binding: Sendable {
    /// The keys, the first of which is shown.
    public var keys: [Key]
    public var action: Action
    /// What it does, in one or two words for the footer.
    public var label: String
    /// What it does, in a sentence for the help.
    public var help: String
    /// Shown in the footer from the left in this order; 0 is not shown.
    public var footer: Int
    /// Its keys in the k9s preset; nil: the same, but for letters with shift, which are left to sorting.
    public var k9sKeys: [Key]?
    /// The only preset that has it; nil: all.
    public var preset: KeymapPreset?

    public init(_ keys: Key..., action: Action, _ label: String, _ help: String, footer: Int = 0) {
        (self.keys, self.action, self.label, self.help, self.footer) = (keys, action, label, help, footer)
    }

    /// The binding with other keys in the k9s preset.
    func k9s(_ keys: Key...) -> Binding {
        var result = self
        result.k9sKeys = keys
        return result
    }
    /// The binding in one preset alone.
    func only(in preset: KeymapPreset) -> Binding {
        var result = self
        result.preset = preset
        return result
    }
}

/// The bindings of a view, under a heading of the help.
public struct BindingGroup: Sendable {
    public var title: String
    public var bindings: [Binding]
    public init(_ title: String, _ bindings: [Binding]) { (self.title, self.bindings) = (title, bindings) }
}

/// The bindings that several views share.
public enum Bindings {
    /// Keys that mean the same in every view.
    public static let general = BindingGroup(
        "General",
        [
            Binding(.character(":"), action: .command, "command", "Type a command: a kind, or one of :help's list"),
            Binding(.character("/"), action: .filter, "filter", "Filter the rows, or search a text"),
            Binding(.character("?"), .function(1), action: .help, "help", "Show the keys of this view"),
            Binding(.escape, action: .back, "back", "Leave a prompt, clear the filter, or go back"),
            Binding(.character("q"), action: .back, "back", "Go back"),
            Binding(.control("a"), action: .aliases, "aliases", "List the kinds and their short names"),
            Binding(.control("p"), action: .palette, "palette", "Find any action, kind or object"),
            Binding(.control("c"), .function(10), action: .interrupt, "quit", "Quit"),
            Binding(.control("r"), .control("l"), action: .redraw, "redraw", "Redraw the screen"),
            Binding(.control("e"), action: .toggleHeader, "header", "Show or hide the first row"),
            Binding(.control("g"), action: .toggleCrumbs, "crumbs", "Show or hide the breadcrumbs"),
            Binding(.control("u"), .control("q"), action: .clearFilter, "clear", "Clear the filter"),
            Binding(.character("["), action: .historyBack, "older", "Previous command"),
            Binding(.character("]"), action: .historyForward, "newer", "Next command"),
            Binding(.character("-"), action: .lastCommand, "last", "Repeat the last command"),
            Binding(.character("0"), action: .allNamespaces, "all", "All namespaces"),
            Binding(.character("1"), action: .namespace1, "ns 1", "First namespace; 2 to 9: the others"),
            Binding(.character("2"), action: .namespace2, "", ""),
            Binding(.character("3"), action: .namespace3, "", ""),
            Binding(.character("4"), action: .namespace4, "", ""),
            Binding(.character("5"), action: .namespace5, "", ""),
            Binding(.character("6"), action: .namespace6, "", ""),
            Binding(.character("7"), action: .namespace7, "", ""),
            Binding(.character("8"), action: .namespace8, "", ""),
            Binding(.character("9"), action: .namespace9, "", ""),
            Binding(.control("o"), action: .peek, "peek", "Show or hide the pane about the row: conditions, last events"),
            Binding(.character("D"), action: .deck, "deck", "The big picture: domains, nodes, pods"),
            Binding(.character("X"), action: .spread, "spread", "Spread of the row's workload over its domains", footer: 45),
            Binding(.character("B"), action: .whatIf, "what if", "What if: try a change on a fork and see what would differ", footer: 47),
            Binding(.character("C"), action: .create, "create", "Create an object with a form", footer: 50),
            Binding(.character("I"), action: .fault, "fault", "Fail or recover a node or a zone", footer: 60),
            Binding(.character("U"), action: .undo, "undo", "Undo the last command: back to the state before it"),
            Binding(.character("Z"), action: .zoom, "zoom", "Zoom the focused pane, or show all panes"),
            Binding(.character("m"), action: .setBookmark, "bookmark", "Bookmark this view under the letter that follows"),
            Binding(.character("'"), action: .goToBookmark, "go to", "Go to the bookmark of the letter that follows"),
        ])

    /// Keys of virtual time.
    public static let time = BindingGroup(
        "Time",
        [
            Binding(.character(","), action: .pause, "pause", "Pause or play", footer: 80),
            Binding(.character("."), action: .step, "step", "One event"),
            Binding(.character("<"), action: .slower, "slower", "Slower"),
            Binding(.character(">"), action: .faster, "faster", "Faster"),
            Binding(.character("T"), action: .time, "time", "Go to a time: 5m, +30s, -10s"),
            Binding(.character("{"), action: .previousEvent, "back 10s", "Go back 10 seconds"),
            Binding(.character("}"), action: .nextEvent, "on 10s", "Go forward 10 seconds"),
        ])

    /// Moving in lists.
    public static let navigation = BindingGroup(
        "Navigation",
        [
            Binding(.character("j"), .down, action: .down, "down", "Next row"),
            Binding(.character("k"), .up, action: .up, "up", "Previous row"),
            Binding(.character("h"), .left, action: .left, "left", "Scroll left"),
            Binding(.character("l"), .right, action: .right, "right", "Scroll right"),
            Binding(.character("g"), .home, action: .top, "top", "First row"),
            Binding(.character("G"), .end, action: .bottom, "bottom", "Last row").k9s(.character("G"), .end),
            Binding(.control("f"), .pageDown, action: .pageDown, "page down", "Next page"),
            Binding(.control("b"), .pageUp, action: .pageUp, "page up", "Previous page"),
            Binding(.tab, action: .nextPane, "pane", "Next pane or field"),
            Binding(.backtab, action: .previousPane, "", "Previous pane or field"),
        ])

    /// Keys of every table.
    public static let table = BindingGroup(
        "Table",
        [
            Binding(.enter, action: .open, "open", "Open the row", footer: 5),
            Binding(.character("d"), action: .describe, "describe", "Describe the object", footer: 10),
            Binding(.character("y"), action: .yaml, "yaml", "Show the object as YAML", footer: 15),
            Binding(.character("e"), action: .edit, "edit", "Edit the object as YAML in your editor", footer: 16),
            Binding(.control("d"), action: .delete, "delete", "Delete the marked rows, or this one", footer: 70),
            Binding(.character(" "), action: .mark, "mark", "Mark the row"),
            Binding(.control(" "), action: .markRange, "mark range", "Mark all rows from the last mark"),
            Binding(.control("\\"), action: .clearMarks, "clear marks", "Clear all marks"),
            Binding(.control("z"), action: .faultsOnly, "faults", "Show only rows with a fault"),
            Binding(.control("w"), action: .wide, "wide", "Show kubectl's wide columns"),
            Binding(.shiftLeft, action: .columnLeft, "column", "Select the column to the left"),
            Binding(.shiftRight, action: .columnRight, "", "Select the column to the right"),
            sort("O", .sortByColumn, "the chosen column; again to reverse"),
            sort("N", .sortByName, "name"),
            sort("A", .sortByAge, "age"),
            sort("S", .sortByStatus, "status"),
            sort("P", .sortByNamespace, "namespace"),
            Binding(.character("c"), action: .copyName, "copy", "Copy the name"),
            Binding(.character("n"), action: .copyNamespace, "", "Copy the namespace"),
            Binding(.character("w"), action: .warp, "warp", "Go to the row's namespace"),
            Binding(.control("s"), action: .save, "save", "Save the table as CSV, JSON or YAML"),
        ])

    /// A key that sorts means the same in all presets.
    static func sort(_ key: Character, _ action: Action, _ what: String) -> Binding {
        Binding(.character(key), action: action, "", "Sort by \(what)").k9s(.character(key))
    }

    /// The keys by which k9s sorts the tables of a kind, beside those of all tables.
    static func sorting(_ kind: Kind) -> BindingGroup {
        let metrics: [Binding] = [sort("C", .sortByCPU, "CPU"), sort("M", .sortByMemory, "memory")]
        let own: [Binding]
        switch kind {
        case .pod:
            own =
                [
                    sort("R", .sortByReady, "ready"), sort("T", .sortByRestarts, "restarts"), sort("X", .sortByCPURequest, "CPU in % of the request"),
                    sort("Z", .sortByMemoryRequest, "memory in % of the request"), sort("I", .sortByIP, "IP"), sort("O", .sortByNode, "node"),
                    Binding(.control("x"), action: .sortByCPULimit, "", "Sort by CPU in % of the limit"),
                    Binding(.control("q"), action: .sortByMemoryLimit, "", "Sort by memory in % of the limit"),
                ] + metrics
        case .node: own = [sort("R", .sortByRole, "role"), sort("O", .sortByPods, "pods")] + metrics
        case .deployment: own = [sort("R", .sortByReady, "ready"), sort("U", .sortByUpToDate, "up-to-date"), sort("L", .sortByAvailable, "available")]
        case .daemonSet:
            own = [
                sort("D", .sortByDesired, "desired"), sort("C", .sortByCurrent, "current"), sort("R", .sortByReady, "ready"),
                sort("U", .sortByUpToDate, "up-to-date"), sort("L", .sortByAvailable, "available"),
            ]
        case .replicaSet: own = [sort("D", .sortByDesired, "desired"), sort("C", .sortByCurrent, "current"), sort("R", .sortByReady, "ready")]
        case .statefulSet: own = [sort("R", .sortByReady, "ready")]
        case .service: own = [sort("T", .sortByType, "type")]
        case .event:
            own = [
                sort("L", .sortByLastSeen, "last seen"), sort("F", .sortByFirstSeen, "first seen"), sort("T", .sortByType, "type"),
                sort("R", .sortByReason, "reason"), sort("S", .sortBySource, "source"), sort("C", .sortByCount, "count"),
            ]
        case .persistentVolumeClaim:
            own = [sort("V", .sortByVolume, "volume"), sort("O", .sortByStorageClass, "storage class"), sort("C", .sortByCapacity, "capacity")]
        default: own = []
        }
        // Kinds without a row of the table have no information of their own.
        return BindingGroup(own.isEmpty ? "Sort" : "Sort \(kind.info.plural)", own.map { $0.only(in: .k9s) })
    }

    /// Keys of single kinds.
    public static let pods = BindingGroup(
        "Pods",
        [
            Binding(.character("R"), action: .resize, "resize", "Resize the pod in place", footer: 20),
            Binding(.character("V"), action: .evict, "evict", "Evict the pod; disruption budgets apply", footer: 25),
            Binding(.character("W"), action: .why, "why", "Why it is pending, or why it was placed here", footer: 30),
            Binding(.control("k"), action: .kill, "kill", "Kill: delete at once, without a grace period", footer: 0),
            Binding(.character("o"), action: .node, "node", "Show the pod's node"),
            Binding(.character("L"), action: .load, "load", "Set the load: how much CPU and memory it uses"),
            Binding(.character(")"), action: .moreLoad, "more load", "More load: CPU up by a quarter of the request"),
            Binding(.character("("), action: .lessLoad, "less load", "Less load"),
            Binding(.character("H"), action: .recommend, "usage", "Usage over time and the recommended size"),
            Binding(.character("J"), action: .owner, "owner", "Show the pod's owner").k9s(.character("J")),
            Binding(.character("K"), action: .containers, "containers", "Show the pod's containers").only(in: .evenkeel),
            Binding(.enter, action: .containers, "containers", "Show the pod's containers", footer: 5).only(in: .k9s),
            Binding(.alt("k"), action: .open, "pod", "Its startup, use, conditions and events").only(in: .k9s),
            Binding(.character("i"), action: .setImage, "image", "Set the image of a container"),
            Binding(.character("l"), action: .logs, "logs", "Events of the pod: simulated programs write no logs"),
            Binding(.character("p"), action: .previousLogs, "previous", "As logs: there are none of the container before"),
            Binding(.character("s"), action: .shell, "shell", "Simulated containers have no shell"),
            Binding(.character("a"), action: .attach, "attach", "Simulated containers have nothing to attach to"),
            Binding(.character("f"), action: .portForward, "forward", "Simulated containers listen on no port"),
        ])
    public static let workloads = BindingGroup(
        "Workload",
        [
            Binding(.character("s"), action: .scale, "scale", "Scale", footer: 20),
            Binding(.character("r"), action: .restart, "restart", "Restart by a rolling update", footer: 25),
            Binding(.character("l"), action: .logs, "logs", "Events of the pod: simulated programs write no logs"),
            Binding(.character("i"), action: .setImage, "image", "Set the image of a container", footer: 30),
            Binding(.character("R"), action: .resize, "resize", "Resize all of its pods in place", footer: 22),
            Binding(.character("L"), action: .load, "load", "Set the load: how much CPU and memory each pod uses"),
            Binding(.character(")"), action: .moreLoad, "more load", "More load: 10 % more demand, or each pod's CPU up by a quarter of its request"),
            Binding(.character("("), action: .lessLoad, "less load", "Less load"),
            Binding(.character("H"), action: .recommend, "usage", "Usage over time and the recommended size"),
            Binding(.character("z"), action: .replicaSets, "replica sets", "Show the ReplicaSets"),
            Binding(.character("J"), action: .owner, "owner", "Show the owner").k9s(.character("J")),
        ])
    public static let claims = BindingGroup(
        "Claims and volumes",
        [
            Binding(.character("V"), action: .holders, "holders", "Who holds the volume, who waits for it, and why", footer: 15),
            Binding(.character("u"), action: .usedBy, "used by", "The pods that use it", footer: 20),
            Binding(.character("M"), action: .migrate, "to RWOP", "Move the volume to ReadWriteOncePod, step by step", footer: 25),
        ])
    /// Keys of what can be asked for more or less.
    public static let demand = BindingGroup(
        "Demand",
        [
            Binding(.character(")"), action: .moreDemand, "demand", "Raise the workload's demand by 10 % (see :demand)", footer: 35),
            Binding(.character("("), action: .lessDemand, "demand -", "Lower the workload's demand by 10 %"),
        ])
    public static let replicaSets = BindingGroup(
        "ReplicaSets",
        [
            Binding(.control("l"), action: .rollback, "roll back", "Roll the Deployment back to this revision", footer: 18),
            Binding(.character("s"), action: .scale, "scale", "Scale", footer: 20),
            Binding(.character("J"), action: .owner, "owner", "Show the owner").k9s(.character("J")),
        ])
    public static let nodes = BindingGroup(
        "Nodes",
        [
            Binding(.character("c"), action: .cordon, "cordon", "Keep new pods off the node", footer: 20),
            Binding(.character("u"), action: .uncordon, "uncordon", "Let new pods onto the node", footer: 25),
            Binding(.character("r"), action: .drain, "drain", "Cordon the node and evict its pods", footer: 30),
            Binding(.enter, action: .showPods, "pods", "The pods on the node", footer: 5).only(in: .k9s),
            Binding(.alt("k"), action: .open, "node", "Its pods, image pulls, API client, cgroups and settings").only(in: .k9s),
        ])
    public static let namespaces = BindingGroup(
        "Namespaces",
        [
            Binding(.character("u"), action: .useNamespace, "use", "Switch to this namespace, or to the marked ones", footer: 20)
        ])
    public static let cronJobs = BindingGroup(
        "CronJobs",
        [
            Binding(.character("t"), action: .trigger, "trigger", "Create a Job from it now", footer: 20),
            Binding(.character("s"), action: .suspendJob, "suspend", "Suspend or resume its schedule", footer: 25),
        ])
    /// Kinds that pods use: configmaps, claims, service accounts, priority classes.
    public static let used = BindingGroup(
        "Used by pods", [Binding(.character("u"), action: .usedBy, "used by", "The pods that use it", footer: 20)])
    public static let secrets = BindingGroup(
        "Secrets",
        [
            Binding(.character("u"), action: .usedBy, "used by", "The pods that use it", footer: 20),
            Binding(.character("x"), action: .decode, "decode", "Show the values decoded", footer: 25),
        ])
    /// Keys of one object in full.
    public static let object = BindingGroup(
        "Object",
        [
            Binding(.tab, action: .nextPane, "tab", "Next tab: describe, YAML, events, conditions, resize", footer: 5),
            Binding(.character("d"), action: .describe, "describe", "Describe", footer: 10),
            Binding(.character("y"), action: .yaml, "yaml", "YAML", footer: 15),
            Binding(.character("e"), action: .edit, "edit", "Edit the object as YAML in your editor", footer: 16),
            Binding(.control("d"), action: .delete, "delete", "Delete the object", footer: 70),
        ])
    /// Keys of texts: YAML, describe, help.
    public static let text = BindingGroup(
        "Text",
        [
            Binding(.character("n"), action: .searchNext, "next", "Next hit", footer: 20),
            Binding(.character("N"), action: .searchPrevious, "previous", "Previous hit", footer: 25).k9s(.character("N")),
            Binding(.character("c"), action: .copyText, "copy", "Copy the text", footer: 30),
            Binding(.character("f"), action: .fullScreen, "full screen", "Full screen on or off"),
            Binding(.control("s"), action: .save, "save", "Save the text in the working directory"),
        ])
}
