import Canvas
import Dashboard
import Foundation
import Manifests
import Simulation
import SimulationKit
import Testing

/// Screens as exact pictures: the same input, size and keys give the same characters, on every machine.
///
/// The pictures are the files in `Pictures`. `EVENKEEL_RECORD=1 swift test --filter PictureTests` writes them anew:
/// then read the difference, it is what users will see.
@Suite struct PictureTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Pictures")

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var width: Int
        var height: Int
        var keys: String
        var glyphs = GlyphSet.block
        var testDescription: String { "\(name) at \(width)x\(height)" }
        var file: String { "\(name)-\(width)x\(height).txt" }
    }

    static let cases: [Case] = {
        let screens: [(String, String)] = [
            ("deck-by-host", ":deck hostname<Enter>"), ("deck-nodes", "<Tab>jj"), ("pods", ":po<Enter>"),
            ("pods-faults", ":po<Enter><C-z>"), ("pods-filtered", ":po<Enter>/node:b1<Enter>"), ("nodes", ":no<Enter>"),
            ("deployments", ":deploy<Enter>"), ("statefulsets", ":sts<Enter>"), ("events", ":ev<Enter>"),
            ("claims", ":pvc<Enter>"), ("describe", ":po shop /web<Enter>d"),
            ("yaml", ":deploy shop<Enter>y"), ("help", "?"), ("aliases", "<C-a>"), ("explain", ":explain pod.spec.topologySpreadConstraints<Enter>"),
            ("create", "C"), ("delete", ":po<Enter><C-d>"), ("scale", ":deploy<Enter>s"), ("resize", ":po /db-1<Enter>R+"),
            ("resize-deferred", ":po /db-1<Enter>R3900m<Enter>"), ("resize-workload", ":deploy shop<Enter>jjjR+<Enter>"),
            ("resize-progress", ":po /db-0<Enter>d<S-Tab>"), ("load", ":deploy shop<Enter>jjjL++++++++<Tab>++++++++++"),
            ("evict", ":po /web<Enter>V"), ("fault", "I"), ("drain", ":no<Enter>r"), ("palette", "<C-p>drain"),
            ("volumes-waiting", ":scenario single-writer<Enter><wait:50s>:volumes<Enter>jjj"),
            ("pulses", ":pulses<Enter>"), ("containers", ":po /db-1<Enter>:co<Enter>"),
            ("trace", ":trace from shop/db-1<Enter>"), ("logs-workload", ":deploy shop /web<Enter>l<wait:20s>t"),
            ("logs-filtered", ":po /web<Enter>l<wait:60s>w/cart<Enter>"),
            ("unknown-command", ":podz<Enter>"), ("scenario-opened", ":scenario drain-budget<Enter><wait:70s>"),
            ("what-if-node", ":whatif b1<Enter>"), ("what-if-zone", ":whatif eu-a<Enter>"),
            ("lab-cpu", ":lab<Enter>4"), ("lab-budget", ":lab<Enter>2"), ("pod-usage", ":po /db-1<Enter><Enter><Tab>"),
            ("pod-starting", ":po /web<Enter><C-k><wait:900ms>Ag<Enter>"),
            ("node-pulls", ":no /c3<Enter><Enter><Tab>"), ("node-client", ":no /c3<Enter><Enter><Tab><Tab>"),
            ("node-cgroups", ":no /c3<Enter><Enter><Tab><Tab><Tab>"), ("node-settings", ":no /c3<Enter><Enter><Tab><Tab><Tab><Tab>"),
            ("availability-rates", ":av<Enter>p"),
            ("workloads-revisions", ":wk<Enter>r<wait:5s><Tab>j"), ("gates-toggled", ":gates<Enter>j<Enter>"),
            ("rebalance", ":rebalance web<Enter>"),
            ("autoscaler-held", ":scenario horizontal-autoscaling<Enter><wait:16m>:hpa<Enter><Enter><Tab>"),
            ("autoscaler-nodes", ":scenario elastic-web<Enter><wait:8m>:hpa<Enter><Enter><Tab><Tab>"),
            ("spread-rollout", ":scenario rolling-update<Enter><wait:66s>X"),
            ("spread-rollout-revisions", ":scenario rolling-update-revisions<Enter><wait:66s>X"),
        ]
        var all = screens.flatMap { name, keys in
            [Case(name: name, width: 120, height: 36, keys: keys), Case(name: name, width: 80, height: 24, keys: keys)]
        }
        all.append(Case(name: "deck-ascii", width: 80, height: 24, keys: "", glyphs: .ascii))
        all.append(Case(name: "pods", width: 200, height: 60, keys: ":po<Enter>"))
        all.append(Case(name: "what-if-zone", width: 200, height: 60, keys: ":whatif eu-a<Enter>"))
        all.append(Case(name: "lab", width: 200, height: 60, keys: ":lab<Enter>ooooooo+++"))
        all.append(Case(name: "resize-deferred", width: 200, height: 60, keys: ":po /db-1<Enter>R3900m<Enter>"))
        all.append(Case(name: "deck", width: 40, height: 10, keys: ""))
        for (width, height) in [(60, 15), (240, 70), (400, 120)] { all.append(Case(name: "deck", width: width, height: height, keys: "")) }
        for (name, keys) in [
            ("deck-zone-silent", ":fault fail eu-a<Enter><wait:12s>"), ("deck-zone-down", ":fault fail eu-a<Enter><wait:2m>"),
            ("pods-zone-down", ":fault fail eu-a<Enter><wait:2m>:po<Enter><C-z>"),
        ] {
            for (width, height) in [(60, 15), (80, 24), (120, 36)] { all.append(Case(name: name, width: width, height: height, keys: keys)) }
        }
        all.append(Case(name: "deck-zone-down", width: 200, height: 60, keys: ":fault fail eu-a<Enter><wait:2m>"))
        all.append(Case(name: "too-small", width: 30, height: 8, keys: ""))
        // Every view of the catalog at three sizes, if none is there that shows more.
        for screen in ScreenCatalog.all {
            for (width, height) in [(80, 24), (120, 36), (200, 60)] where !all.contains(where: { $0.name == screen.name && $0.width == width }) {
                all.append(Case(name: screen.name, width: width, height: height, keys: screen.path))
            }
        }
        return all
    }()

    /// The built-in cluster after its prelude, run once for all pictures.
    // Safe: never changed once it is made; each test works on a copy.
    nonisolated(unsafe) static let dashboards: [String: Dashboard] = {
        var result: [String: Dashboard] = [:]
        for glyphs in [GlyphSet.block, .ascii] {
            let input = Input(ManifestReader.read(text: BuiltInCluster.manifests, file: "built-in"))
            var options = DashboardOptions()
            options.name = BuiltInCluster.name
            options.glyphs = glyphs
            var dashboard = Dashboard(session: input.makeSession().session, options: options)
            dashboard.run(to: .start + BuiltInCluster.prelude)
            result[glyphs.alphabet.rawValue] = dashboard
        }
        return result
    }()

    @Test(arguments: cases)
    func `a screen is exactly its picture`(_ test: Case) throws {
        var dashboard = try #require(Self.dashboards[test.glyphs.alphabet.rawValue])
        let size = Size(width: test.width, height: test.height)
        _ = dashboard.frame(size: size)
        try dashboard.press(test.keys)
        let frame = dashboard.frame(size: size)
        let picture = frame.picture() + "\n"
        let file = Self.folder.appending(path: test.file)
        if ProcessInfo.processInfo.environment["EVENKEEL_RECORD"] != nil {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try picture.write(to: file, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(picture == expected, "\(test.file) differs:\n\(picture)")
    }

    @Test func `no frame leaves its size at any size`() {
        var dashboard = Self.dashboards["block"]!
        for (width, height) in [(1, 1), (5, 3), (40, 10), (41, 11), (60, 15), (80, 16), (99, 30), (101, 31), (300, 100)] {
            for keys in [
                "", ":po<Enter>", "X", "W", "?", "C", ":po<Enter>R", ":ev<Enter>", "<C-p>", "B", ":av<Enter>", ":wk<Enter>", ":gates<Enter>",
                ":autoscaler<Enter>", ":lab<Enter>", ":links<Enter>", ":po<Enter><Enter>", ":no<Enter><Enter>", ":no<Enter><Enter><Tab><Tab><Tab>",
            ] {
                var copy = dashboard
                #expect(throws: Never.self) { try copy.press(keys) }
                let frame = copy.frame(size: Size(width: width, height: height))
                #expect(frame.size == Size(width: width, height: height))
                for line in frame.picture().split(separator: "\n", omittingEmptySubsequences: false) {
                    #expect(TextWidth.columns(line) <= width)
                }
            }
        }
        dashboard.handle(.resize(Size(width: 10, height: 3)))
        _ = dashboard.frame(size: Size(width: 10, height: 3))
    }
}
