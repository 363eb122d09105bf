// What holds for every view of the catalog: keys work before the first frame was drawn, and what cannot be done is refused alike.

import Canvas
import Dashboard
import Testing

@Suite struct ScreenTests {
    private static let size = Size(width: 120, height: 36)

    /// The built-in cluster with the view of `entry` on top, not drawn yet.
    private func dashboard(_ entry: ScreenEntry) throws -> Dashboard {
        var dashboard = try #require(PictureTests.dashboards["block"])
        dashboard.handle(.resize(Self.size))
        try dashboard.press(entry.path)
        return dashboard
    }

    @Test(arguments: ScreenCatalog.all.map(\.name))
    func `every key works before the first frame was drawn`(_ name: String) throws {
        let entry = try #require(ScreenCatalog.all.first { $0.name == name })
        let fresh = try dashboard(entry)
        let groups = entry.keys + [Bindings.general, Bindings.time, Bindings.navigation]
        for key in groups.flatMap(\.bindings).flatMap(\.keys) {
            var pressed = fresh
            pressed.handle(.key(key), isScripted: true)
            #expect(pressed.frame(size: Self.size).size == Self.size, "\(key)")
        }
    }

    @Test(arguments: ScreenCatalog.all.map(\.name))
    func `moving before the first frame does what it does after it`(_ name: String) throws {
        let entry = try #require(ScreenCatalog.all.first { $0.name == name })
        let fresh = try dashboard(entry)
        var drawn = fresh
        _ = drawn.frame(size: Self.size)
        for keys in ["j", "G", "<C-f>", "jjk", "l", "<Tab>jG"] {
            var (early, late) = (fresh, drawn)
            try early.press(keys)
            try late.press(keys)
            #expect(early.frame(size: Self.size).picture() == late.frame(size: Self.size).picture(), "\(keys)")
        }
    }

    @Test(arguments: ["xray", "spread", "volumes", "workloads", "availability", "gates", "pod", "node", "links", "scenarios", "recommend", "lab"])
    func `a cursor key moves the cursor before the first frame`(_ name: String) throws {
        let entry = try #require(ScreenCatalog.all.first { $0.name == name })
        var still = try dashboard(entry)
        var moved = still
        // The path of one ends with j already; up is as good.
        try moved.press(entry.path.hasSuffix("j") ? "k" : "j")
        #expect(still.frame(size: Self.size).picture() != moved.frame(size: Self.size).picture())
    }

    @Test func `what cannot be done is told by the palette and by who asks for it, in the same words`() throws {
        var dashboard = try #require(PictureTests.dashboards["block"])
        _ = dashboard.frame(size: Self.size)
        try dashboard.press(":volumes<Enter>W")
        let reason = "Only a pod waits for a node; select its row below"
        #expect(dashboard.frame(size: Self.size).picture().contains(reason))
        try dashboard.press("<C-p>why the pod")
        #expect(dashboard.frame(size: Self.size).picture().contains("Only a pod waits"))
    }
}
