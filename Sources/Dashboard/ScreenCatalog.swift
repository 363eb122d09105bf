// The one list of full-screen views: README's keys, the views of a keymap and the recorded pictures follow from it.

/// A full-screen view as the table of keys, keymaps and the recorded pictures know it.
package struct ScreenEntry: Sendable {
    /// What its pictures are called.
    package var name: String
    /// Its keys, under the headings of the help.
    package var keys: [BindingGroup]
    /// The keys that lead there from the first view of the built-in cluster, as `--keys` takes them: its pictures are taken there.
    package var path: String

    init(_ name: String, _ keys: [BindingGroup], path: String) { (self.name, self.keys, self.path) = (name, keys, path) }
}

/// All full-screen views but tables and texts, which ``Bindings`` describes, in the order of README's keys.
package enum ScreenCatalog {
    package static let all: [ScreenEntry] = [
        ScreenEntry("drain-progress", [DrainScreen.keys], path: ":no /b2<Enter>ry<wait:5s>"),
        ScreenEntry("xray", [ListScreen.list, ListScreen.tree], path: ":xray deploy<Enter>"),
        ScreenEntry("deck", DeckScreen().bindings, path: ""),
        ScreenEntry("spread", SpreadScreen(focus: nil).bindings, path: "X"),
        ScreenEntry("why", WhyScreen(.init(name: "")).bindings, path: "W"),
        ScreenEntry("volumes", VolumesScreen().bindings, path: ":volumes<Enter>"),
        ScreenEntry("migrate", [MigrateScreen.keys], path: ":scenario single-writer<Enter>:migrate reports<Enter><Enter>"),
        ScreenEntry("what-if", WhatIfScreen(.node("")).bindings, path: "B"),
        ScreenEntry("availability", AvailabilityScreen().bindings, path: ":av<Enter>"),
        ScreenEntry("autoscaler", AutoscalerScreen(nil).bindings, path: ":scenario horizontal-autoscaling<Enter><wait:5m>:autoscaler<Enter>"),
        ScreenEntry("workloads", WorkloadsScreen().bindings, path: ":wk<Enter>"),
        ScreenEntry("gates", GatesScreen().bindings, path: ":gates<Enter>"),
        ScreenEntry("pod", [PodScreen.keys], path: ":po /web<Enter><Enter>"),
        ScreenEntry("node", [NodeScreen.keys], path: ":no /c3<Enter><Enter>"),
        ScreenEntry("recommend", RecommendScreen(focus: nil).bindings, path: "<wait:8m>:recommend web<Enter>"),
        ScreenEntry("lab", [LabScreen.keys], path: ":lab<Enter>"),
        ScreenEntry("links", LinksScreen().bindings, path: ":links<Enter>"),
        ScreenEntry("scenarios", ScenariosScreen().bindings, path: ":scenario<Enter>j"),
    ]
}
