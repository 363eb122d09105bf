import Canvas
import KubernetesAPI

/// What a key, the palette or a mouse click asks for, known by the name that users write in a keymap.
///
/// A binding names an action; the screen that has the focus performs it, or the dashboard if the screen does not know it.
public struct Action: Hashable, Sendable, CustomStringConvertible {
    public let name: String
    public var description: String { name }

    init(_ action: some ScreenAction) { name = action.rawValue }
    init(name: String) { self.name = name }
}

/// The actions of a view, each a case whose name users write in a keymap. Who performs them switches over all cases, so that the
/// compiler names one that was forgotten. A name may stand in several views; each performs its own.
protocol ScreenAction: RawRepresentable, Sendable where RawValue == String {}

extension ScreenAction {
    /// `action` as one of these; nil if it is none.
    init?(_ action: Action) { self.init(rawValue: action.name) }
}

/// What works in every view: the dashboard performs it.
enum GeneralAction: String, ScreenAction {
    case command, filter, help, back, interrupt, aliases, palette, redraw
    case toggleHeader, toggleCrumbs, clearFilter, historyBack, historyForward, lastCommand
    case allNamespaces, namespace1, namespace2, namespace3, namespace4, namespace5, namespace6, namespace7, namespace8, namespace9
    case deck, spread, whatIf, create, fault, undo
    case pause, step, slower, faster, time, previousEvent, nextEvent
    case peek, zoom, fullScreen, setBookmark, goToBookmark

    static let namespaces: [GeneralAction] = [
        .namespace1, .namespace2, .namespace3, .namespace4, .namespace5, .namespace6, .namespace7, .namespace8, .namespace9,
    ]
}

/// Moving in lists and texts and between panes.
enum Motion: String, ScreenAction {
    case down, up, left, right, top, bottom, pageDown, pageUp
    case nextPane, previousPane
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
    /// What the action was called in its view before it got a name of its own: it still works in a keymap.
    package var oldName: String?

    init(_ keys: Key..., action: some ScreenAction, _ label: String, _ help: String, footer: Int = 0) {
        (self.keys, self.action, self.label, self.help, self.footer) = (keys, Action(action), label, help, footer)
    }

    /// The binding of an action that was called otherwise before.
    func formerly(_ name: String) -> Binding {
        var result = self
        result.oldName = name
        return result
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
            Binding(.character(":"), action: GeneralAction.command, "command", "Type a command: a kind, or one of :help's list"),
            Binding(.character("/"), action: GeneralAction.filter, "filter", "Filter the rows, or search a text"),
            Binding(.character("?"), .function(1), action: GeneralAction.help, "help", "Show the keys of this view"),
            Binding(.escape, action: GeneralAction.back, "back", "Leave a prompt, clear the filter, or go back"),
            Binding(.character("q"), action: GeneralAction.back, "back", "Go back"),
            Binding(.control("a"), action: GeneralAction.aliases, "aliases", "List the kinds and their short names"),
            Binding(.control("p"), action: GeneralAction.palette, "palette", "Find any action, kind or object"),
            Binding(.control("c"), .function(10), action: GeneralAction.interrupt, "quit", "Quit"),
            Binding(.control("r"), .control("l"), action: GeneralAction.redraw, "redraw", "Redraw the screen"),
            Binding(.control("e"), action: GeneralAction.toggleHeader, "header", "Show or hide the first row"),
            Binding(.control("g"), action: GeneralAction.toggleCrumbs, "crumbs", "Show or hide the breadcrumbs"),
            Binding(.control("u"), .control("q"), action: GeneralAction.clearFilter, "clear", "Clear the filter"),
            Binding(.character("["), action: GeneralAction.historyBack, "older", "Previous command"),
            Binding(.character("]"), action: GeneralAction.historyForward, "newer", "Next command"),
            Binding(.character("-"), action: GeneralAction.lastCommand, "last", "Repeat the last command"),
            Binding(.character("0"), action: GeneralAction.allNamespaces, "all", "All namespaces"),
            Binding(.character("1"), action: GeneralAction.namespace1, "ns 1", "First namespace; 2 to 9: the others"),
            Binding(.character("2"), action: GeneralAction.namespace2, "", ""),
            Binding(.character("3"), action: GeneralAction.namespace3, "", ""),
            Binding(.character("4"), action: GeneralAction.namespace4, "", ""),
            Binding(.character("5"), action: GeneralAction.namespace5, "", ""),
            Binding(.character("6"), action: GeneralAction.namespace6, "", ""),
            Binding(.character("7"), action: GeneralAction.namespace7, "", ""),
            Binding(.character("8"), action: GeneralAction.namespace8, "", ""),
            Binding(.character("9"), action: GeneralAction.namespace9, "", ""),
            Binding(.control("o"), action: GeneralAction.peek, "peek", "Show or hide the pane about the row: conditions, last events"),
            Binding(.character("D"), action: GeneralAction.deck, "deck", "The big picture: domains, nodes, pods"),
            Binding(.character("X"), action: GeneralAction.spread, "spread", "Spread of the row's workload over its domains", footer: 45),
            Binding(.character("B"), action: GeneralAction.whatIf, "what if", "What if: try a change on a fork and see what would differ", footer: 47),
            Binding(.character("C"), action: GeneralAction.create, "create", "Create an object with a form", footer: 50),
            Binding(.character("I"), action: GeneralAction.fault, "fault", "Fail or recover a node or a zone", footer: 60),
            Binding(.character("U"), action: GeneralAction.undo, "undo", "Undo the last command: back to the state before it"),
            Binding(.character("Z"), action: GeneralAction.zoom, "zoom", "Zoom the focused pane, or show all panes"),
            Binding(.character("m"), action: GeneralAction.setBookmark, "bookmark", "Bookmark this view under the letter that follows"),
            Binding(.character("'"), action: GeneralAction.goToBookmark, "go to", "Go to the bookmark of the letter that follows"),
        ])

    /// Keys of virtual time.
    public static let time = BindingGroup(
        "Time",
        [
            Binding(.character(","), action: GeneralAction.pause, "pause", "Pause or play", footer: 80),
            Binding(.character("."), action: GeneralAction.step, "step", "One event"),
            Binding(.character("<"), action: GeneralAction.slower, "slower", "Slower"),
            Binding(.character(">"), action: GeneralAction.faster, "faster", "Faster"),
            Binding(.character("T"), action: GeneralAction.time, "time", "Go to a time: 5m, +30s, -10s"),
            Binding(.character("{"), action: GeneralAction.previousEvent, "back 10s", "Go back 10 seconds"),
            Binding(.character("}"), action: GeneralAction.nextEvent, "on 10s", "Go forward 10 seconds"),
        ])

    /// Moving in lists.
    public static let navigation = BindingGroup(
        "Navigation",
        [
            Binding(.character("j"), .down, action: Motion.down, "down", "Next row"),
            Binding(.character("k"), .up, action: Motion.up, "up", "Previous row"),
            Binding(.character("h"), .left, action: Motion.left, "left", "Scroll left"),
            Binding(.character("l"), .right, action: Motion.right, "right", "Scroll right"),
            Binding(.character("g"), .home, action: Motion.top, "top", "First row"),
            Binding(.character("G"), .end, action: Motion.bottom, "bottom", "Last row").k9s(.character("G"), .end),
            Binding(.control("f"), .pageDown, action: Motion.pageDown, "page down", "Next page"),
            Binding(.control("b"), .pageUp, action: Motion.pageUp, "page up", "Previous page"),
            Binding(.tab, action: Motion.nextPane, "pane", "Next pane or field"),
            Binding(.backtab, action: Motion.previousPane, "", "Previous pane or field"),
        ])

    /// Keys of every table.
    public static let table = BindingGroup(
        "Table",
        [
            Binding(.enter, action: ObjectAction.open, "open", "Open the row", footer: 5),
            Binding(.character("d"), action: ObjectAction.describe, "describe", "Describe the object", footer: 10),
            Binding(.character("y"), action: ObjectAction.yaml, "yaml", "Show the object as YAML", footer: 15),
            Binding(.character("e"), action: ObjectAction.edit, "edit", "Edit the object as YAML in your editor", footer: 16),
            Binding(.control("d"), action: ObjectAction.delete, "delete", "Delete the marked rows, or this one", footer: 70),
            Binding(.character(" "), action: TableScreen.Actions.mark, "mark", "Mark the row"),
            Binding(.control(" "), action: TableScreen.Actions.markRange, "mark range", "Mark all rows from the last mark"),
            Binding(.control("\\"), action: TableScreen.Actions.clearMarks, "clear marks", "Clear all marks"),
            Binding(.control("z"), action: TableScreen.Actions.faultsOnly, "faults", "Show only rows with a fault"),
            Binding(.control("w"), action: TableScreen.Actions.wide, "wide", "Show kubectl's wide columns"),
            Binding(.shiftLeft, action: TableScreen.Actions.columnLeft, "column", "Select the column to the left"),
            Binding(.shiftRight, action: TableScreen.Actions.columnRight, "", "Select the column to the right"),
            sort("O", .sortByColumn, "the chosen column; again to reverse"),
            sort("N", .sortByName, "name"),
            sort("A", .sortByAge, "age"),
            sort("S", .sortByStatus, "status"),
            sort("P", .sortByNamespace, "namespace"),
            Binding(.character("c"), action: TableScreen.Actions.copyName, "copy", "Copy the name"),
            Binding(.character("n"), action: TableScreen.Actions.copyNamespace, "", "Copy the namespace"),
            Binding(.character("w"), action: TableScreen.Actions.warp, "warp", "Go to the row's namespace"),
            Binding(.control("s"), action: TableScreen.Actions.save, "save", "Save the table as CSV, JSON or YAML"),
        ])

    /// A key that sorts means the same in all presets.
    static func sort(_ key: Character, _ action: SortAction, _ what: String) -> Binding {
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
                    Binding(.control("x"), action: SortAction.sortByCPULimit, "", "Sort by CPU in % of the limit"),
                    Binding(.control("q"), action: SortAction.sortByMemoryLimit, "", "Sort by memory in % of the limit"),
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
            Binding(.character("R"), action: ObjectAction.resize, "resize", "Resize the pod in place", footer: 20),
            Binding(.character("V"), action: ObjectAction.evict, "evict", "Evict the pod; disruption budgets apply", footer: 25),
            Binding(.character("W"), action: ObjectAction.why, "why", "Why it is pending, or why it was placed here", footer: 30),
            Binding(.control("k"), action: ObjectAction.kill, "kill", "Kill: delete at once, without a grace period", footer: 0),
            Binding(.character("o"), action: ObjectAction.node, "node", "Show the pod's node"),
            Binding(.character("L"), action: ObjectAction.load, "load", "Set the load: how much CPU and memory it uses"),
            Binding(.character(")"), action: ObjectAction.moreLoad, "more load", "More load: CPU up by a quarter of the request"),
            Binding(.character("("), action: ObjectAction.lessLoad, "less load", "Less load"),
            Binding(.character("H"), action: ObjectAction.recommend, "usage", "Usage over time and the recommended size"),
            Binding(.character("J"), action: ObjectAction.owner, "owner", "Show the pod's owner").k9s(.character("J")),
            Binding(.character("K"), action: ObjectAction.containers, "containers", "Show the pod's containers").only(in: .evenkeel),
            Binding(.enter, action: ObjectAction.containers, "containers", "Show the pod's containers", footer: 5).only(in: .k9s),
            Binding(.alt("k"), action: ObjectAction.open, "pod", "Its startup, use, conditions and events").only(in: .k9s),
            Binding(.character("i"), action: ObjectAction.setImage, "image", "Set the image of a container"),
            Binding(.character("l"), action: ObjectAction.logs, "logs", "What its containers write", footer: 12),
            Binding(.character("p"), action: ObjectAction.previousLogs, "previous", "What the instance before wrote"),
            Binding(.character("s"), action: ObjectAction.shell, "shell", "A small shell in a container", footer: 13),
            Binding(.character("a"), action: ObjectAction.attach, "attach", "What a container writes from now on"),
            Binding(.character("E"), action: ObjectAction.debug, "debug", "Add an ephemeral container and open a shell in it"),
        ] + forwarding)
    /// Keys of what has pods: their logs.
    private static let logsOfPods = [
        Binding(.character("l"), action: ObjectAction.logs, "logs", "What the containers of its pods write", footer: 18),
        Binding(.character("p"), action: ObjectAction.previousLogs, "previous", "What the instances before wrote"),
    ]
    /// Keys of what has ports that can be forwarded.
    private static let forwarding = [
        Binding(.character("F"), action: ObjectAction.portForward, "forward", "Forward a port of this machine to it").k9s(.character("F")),
        Binding(.character("f"), action: ObjectAction.forwards, "forwards", "The ports that are forwarded"),
    ]
    public static let workloads = BindingGroup(
        "Workload",
        [
            Binding(.character("s"), action: ObjectAction.scale, "scale", "Scale", footer: 20),
            Binding(.character("r"), action: ObjectAction.restart, "restart", "Restart by a rolling update", footer: 25),
        ] + logsOfPods + forwarding + [
            Binding(.character("i"), action: ObjectAction.setImage, "image", "Set the image of a container", footer: 30),
            Binding(.character("R"), action: ObjectAction.resize, "resize", "Resize all of its pods in place", footer: 22),
            Binding(.character("L"), action: ObjectAction.load, "load", "Set the load: how much CPU and memory each pod uses"),
            Binding(
                .character(")"), action: ObjectAction.moreLoad, "more load", "More load: 10 % more demand, or each pod's CPU up by a quarter of its request"),
            Binding(.character("("), action: ObjectAction.lessLoad, "less load", "Less load"),
            Binding(.character("H"), action: ObjectAction.recommend, "usage", "Usage over time and the recommended size"),
            Binding(.character("z"), action: ObjectAction.replicaSets, "replica sets", "Show the ReplicaSets"),
            Binding(.character("J"), action: ObjectAction.owner, "owner", "Show the owner").k9s(.character("J")),
        ])
    public static let claims = BindingGroup(
        "Claims and volumes",
        [
            Binding(.character("V"), action: ObjectAction.holders, "holders", "Who holds the volume, who waits for it, and why", footer: 15),
            Binding(.character("u"), action: ObjectAction.usedBy, "used by", "The pods that use it", footer: 20),
            Binding(.character("M"), action: ObjectAction.migrate, "to RWOP", "Move the volume to ReadWriteOncePod, step by step", footer: 25),
        ])
    /// Keys of what can be asked for more or less.
    public static let demand = BindingGroup(
        "Demand",
        [
            Binding(.character(")"), action: ObjectAction.moreDemand, "demand", "Raise the workload's demand by 10 % (see :demand)", footer: 35),
            Binding(.character("("), action: ObjectAction.lessDemand, "demand -", "Lower the workload's demand by 10 %"),
        ])
    /// Keys of a Service: sessions with the pods behind it.
    public static let services = BindingGroup(
        "Services",
        logsOfPods + [
            Binding(.character("s"), action: ObjectAction.shell, "shell", "A small shell in the first ready pod", footer: 19),
            Binding(.character("a"), action: ObjectAction.attach, "attach", "What the first ready pod writes from now on"),
        ] + forwarding)
    /// Keys of a Job: logs of its pods.
    public static let jobs = BindingGroup(
        "Jobs",
        logsOfPods)
    public static let replicaSets = BindingGroup(
        "ReplicaSets",
        [
            Binding(.control("l"), action: ObjectAction.rollback, "roll back", "Roll the Deployment back to this revision", footer: 18),
            Binding(.character("s"), action: ObjectAction.scale, "scale", "Scale", footer: 20),
            Binding(.character("l"), action: ObjectAction.logs, "logs", "What the containers of its pods write", footer: 25),
            Binding(.character("p"), action: ObjectAction.previousLogs, "previous", "What the instances before wrote"),
            Binding(.character("J"), action: ObjectAction.owner, "owner", "Show the owner").k9s(.character("J")),
        ] + forwarding)
    /// Keys of the list of a pod's containers: sessions with the one under the cursor.
    public static let containers = BindingGroup(
        "Containers",
        [
            Binding(.character("l"), .enter, action: ObjectAction.logs, "logs", "What the container writes", footer: 12),
            Binding(.character("p"), action: ObjectAction.previousLogs, "previous", "What the instance before wrote", footer: 14),
            Binding(.character("s"), action: ObjectAction.shell, "shell", "A small shell in the container", footer: 13),
            Binding(.character("a"), action: ObjectAction.attach, "attach", "What the container writes from now on", footer: 16),
        ] + forwarding)
    public static let nodes = BindingGroup(
        "Nodes",
        [
            Binding(.character("c"), action: ObjectAction.cordon, "cordon", "Keep new pods off the node", footer: 20),
            Binding(.character("u"), action: ObjectAction.uncordon, "uncordon", "Let new pods onto the node", footer: 25),
            Binding(.character("r"), action: ObjectAction.drain, "drain", "Cordon the node and evict its pods", footer: 30),
            Binding(.enter, action: ObjectAction.showPods, "pods", "The pods on the node", footer: 5).only(in: .k9s),
            Binding(.alt("k"), action: ObjectAction.open, "node", "Its pods, image pulls, API client, cgroups and settings").only(in: .k9s),
        ])
    public static let namespaces = BindingGroup(
        "Namespaces",
        [
            Binding(.character("u"), action: ObjectAction.useNamespace, "use", "Switch to this namespace, or to the marked ones", footer: 20)
        ])
    public static let cronJobs = BindingGroup(
        "CronJobs",
        [
            Binding(.character("t"), action: ObjectAction.trigger, "trigger", "Create a Job from it now", footer: 20),
            Binding(.character("s"), action: ObjectAction.suspendJob, "suspend", "Suspend or resume its schedule", footer: 25),
        ])
    /// Kinds that pods use: configmaps, claims, service accounts, priority classes.
    public static let used = BindingGroup(
        "Used by pods", [Binding(.character("u"), action: ObjectAction.usedBy, "used by", "The pods that use it", footer: 20)])
    public static let secrets = BindingGroup(
        "Secrets",
        [
            Binding(.character("u"), action: ObjectAction.usedBy, "used by", "The pods that use it", footer: 20),
            Binding(.character("x"), action: ObjectAction.decode, "decode", "Show the values decoded", footer: 25),
        ])
    /// Keys of one object in full.
    public static let object = BindingGroup(
        "Object",
        [
            Binding(.tab, action: DetailScreen.Actions.nextPane, "tab", "Next tab: describe, YAML, events, conditions, resize", footer: 5),
            Binding(.character("d"), action: DetailScreen.Actions.describe, "describe", "Describe", footer: 10),
            Binding(.character("y"), action: DetailScreen.Actions.yaml, "yaml", "YAML", footer: 15),
            Binding(.character("e"), action: DetailScreen.Actions.edit, "edit", "Edit the object as YAML in your editor", footer: 16),
            Binding(.control("d"), action: DetailScreen.Actions.delete, "delete", "Delete the object", footer: 70),
        ])
    /// Keys of texts: YAML, describe, help.
    public static let text = BindingGroup(
        "Text",
        [
            Binding(.character("n"), action: TextActions.searchNext, "next", "Next hit", footer: 20),
            Binding(.character("N"), action: TextActions.searchPrevious, "previous", "Previous hit", footer: 25).k9s(.character("N")),
            Binding(.character("c"), action: TextActions.copyText, "copy", "Copy the text", footer: 30).formerly("copyName"),
            Binding(.character("f"), action: GeneralAction.fullScreen, "full screen", "Full screen on or off"),
            Binding(.control("s"), action: TextActions.save, "save", "Save the text in the working directory"),
        ])
}
