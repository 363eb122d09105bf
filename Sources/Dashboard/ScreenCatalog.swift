// The one list of full-screen views: README's keys, the views of a keymap and the recorded pictures follow from it.

/// A full-screen view as the table of keys, keymaps and the recorded pictures know it.
package struct ScreenEntry: Sendable {
    /// What its pictures are called.
    package var name: String
    /// Its keys, under the headings of the help.
    package var keys: [BindingGroup]
    /// The keys that lead there from the first view of the built-in cluster, as `--keys` takes them: its pictures are taken there.
    package var path: String
    /// The command of the `:` prompt that opens it, if there is one: help, completion and the documentation follow.
    var command: PromptCommand?

    init(_ name: String, _ keys: [BindingGroup], path: String, command: PromptCommand? = nil) {
        (self.name, self.keys, self.path, self.command) = (name, keys, path, command)
    }
}

/// All full-screen views but tables and texts, which ``Bindings`` describes, in the order of README's keys.
package enum ScreenCatalog {
    package static let all: [ScreenEntry] = [
        ScreenEntry("drain-progress", [DrainScreen.keys], path: ":no /b2<Enter>ry<wait:5s>"),
        ScreenEntry("xray", [ListScreen.list, ListScreen.tree], path: ":xray deploy<Enter>"),
        ScreenEntry("deck", DeckScreen().bindings, path: "", command: DeckScreen.command),
        ScreenEntry("spread", SpreadScreen(focus: nil).bindings, path: "X", command: SpreadScreen.command),
        ScreenEntry("why", WhyScreen(.init(name: "")).bindings, path: "W", command: WhyScreen.command),
        ScreenEntry("volumes", VolumesScreen().bindings, path: ":volumes<Enter>", command: VolumesScreen.command),
        ScreenEntry("migrate", [MigrateScreen.keys], path: ":scenario single-writer<Enter>:migrate reports<Enter><Enter>", command: MigrateScreen.command),
        ScreenEntry("what-if", WhatIfScreen(.node("")).bindings, path: "B", command: WhatIfScreen.command),
        ScreenEntry("availability", AvailabilityScreen().bindings, path: ":av<Enter>", command: AvailabilityScreen.command),
        ScreenEntry(
            "autoscaler", AutoscalerScreen(nil).bindings, path: ":scenario horizontal-autoscaling<Enter><wait:5m>:autoscaler<Enter>",
            command: AutoscalerScreen.command),
        ScreenEntry("workloads", WorkloadsScreen().bindings, path: ":wk<Enter>", command: WorkloadsScreen.command),
        ScreenEntry("groups", GroupsScreen().bindings, path: ":scenario gang<Enter>:groups<Enter>", command: GroupsScreen.command),
        ScreenEntry("gates", GatesScreen().bindings, path: ":gates<Enter>", command: GatesScreen.command),
        ScreenEntry("versions", VersionsScreen(nil).bindings, path: ":versions 1.27<Enter>", command: VersionsScreen.command),
        ScreenEntry("pod", [PodScreen.keys], path: ":po /web<Enter><Enter>"),
        ScreenEntry("node", [NodeScreen.keys], path: ":no /c3<Enter><Enter>"),
        ScreenEntry("logs", [LogScreen.keys], path: ":po /web<Enter>l"),
        ScreenEntry("forwards", [ForwardsScreen.keys], path: ":po /web<Enter>F<Enter>f", command: ForwardsScreen.command),
        ScreenEntry("shell", [], path: ":po /web<Enter>shostname; date<Enter>ls /<Enter>df<Enter>nslookup kubernetes.default<Enter>frobnicate<Enter>"),
        ScreenEntry("recommend", RecommendScreen(focus: nil).bindings, path: "<wait:8m>:recommend web<Enter>", command: RecommendScreen.command),
        ScreenEntry("lab", [LabScreen.keys], path: ":lab<Enter>", command: LabScreen.command),
        ScreenEntry("links", LinksScreen().bindings, path: ":links<Enter>", command: LinksScreen.command),
        ScreenEntry("can", [CanScreen.keys], path: ":can delete pods<Enter>", command: CanScreen.command),
        ScreenEntry("scenarios", ScenariosScreen().bindings, path: ":scenario<Enter>j", command: ScenariosScreen.command),
    ]
}
