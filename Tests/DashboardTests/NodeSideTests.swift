import Canvas
import Dashboard
import Manifests
import Simulation
import SimulationKit
import Testing

/// The screens of the node side, driven by keys: pod, node, startup lab.
@Suite struct NodeSideTests {
    static let size = Size(width: 120, height: 36)

    private func dashboard(_ yaml: String, at time: Duration) -> Dashboard {
        let input = Input(ManifestReader.read(text: yaml, file: "test.yaml"))
        #expect(input.problems.isEmpty)
        var dashboard = Dashboard(session: input.makeSession().session)
        dashboard.run(to: .start + time)
        return dashboard
    }
    private func picture(_ dashboard: inout Dashboard) -> String { dashboard.frame(size: Self.size).picture() }

    private static let twoPods = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: first, namespace: default, annotations: {evenkeel.dev/image-pull-time: 20s}}
        spec: {containers: [{name: main, image: "shop/big:1", resources: {requests: {cpu: 500m}, limits: {cpu: "1", memory: 256Mi}}}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: second, namespace: default, annotations: {evenkeel.dev/image-pull-time: 5s, evenkeel.dev/startup-work: "4"}}
        spec: {containers: [{name: main, image: "shop/small:1", resources: {requests: {cpu: 500m}, limits: {cpu: 500m, memory: 256Mi}}}]}
        """

    @Test func `the waterfall grows while the pod starts and says what it stands behind`() throws {
        var dashboard = dashboard(Self.twoPods, at: .seconds(10))
        try dashboard.press(":po /second<Enter><Enter>")
        let early = picture(&dashboard)
        #expect(early.contains("not ready after") && early.contains("behind big:1: serializeImagePulls"), "\(early)")
        try dashboard.press("<wait:60s>")
        let late = picture(&dashboard)
        #expect(late.contains("from created to ready") && late.contains("image queue") && late.contains("image pull"), "\(late)")
        // 20 s behind the other, 5 s of its own.
        let row = try #require(late.split(separator: "\n").first { $0.contains("pull small:1") })
        #expect(row.contains("▒█") && row.contains("25."), "\(row)")
        // The first was never behind anybody.
        try dashboard.press("<Esc>:po /first<Enter><Enter>")
        #expect(!picture(&dashboard).contains("image queue"))
    }

    @Test func `Enter on the pull leads to the node's pulls, and from its pods back to the pod`() throws {
        var dashboard = dashboard(Self.twoPods, at: .seconds(60))
        try dashboard.press(":po /second<Enter><Enter>")
        let rows = picture(&dashboard).split(separator: "\n").filter { $0.hasPrefix("│") }
        let first = try #require(rows.firstIndex { $0.contains("queue and schedule") })
        let pull = try #require(rows.firstIndex { $0.contains("pull small:1") })
        try dashboard.press(String(repeating: "j", count: pull - first) + "<Enter>")
        let node = picture(&dashboard)
        #expect(node.contains("Node n1") && node.contains("shop/small:1") && node.contains("<n1>"), "\(node)")
        try dashboard.press("<Tab><Tab><Tab><Tab><Tab><Enter>")
        #expect(picture(&dashboard).contains("Startup  "))
    }

    @Test func `describe, YAML and the node stay one key away from a pod`() throws {
        for (key, text) in [("d", "Node:"), ("y", "kind: Pod"), ("o", "Image pulls"), ("W", "Why")] {
            var dashboard = dashboard(Self.twoPods, at: .seconds(60))
            try dashboard.press(":po<Enter><Enter>" + key)
            let picture = picture(&dashboard)
            #expect(picture.contains(text), "\(key): \(picture)")
        }
    }

    @Test func `a node says what its loss would do, and that it is lost`() throws {
        // With another node: where all are silent, nothing is evicted.
        let other = "\n---\napiVersion: v1\nkind: Node\nmetadata: {name: n2}\nspec: {unschedulable: true}\n"
        var dashboard = dashboard(Self.twoPods + other, at: .seconds(60))
        try dashboard.press(":no<Enter><Enter>")
        // The default toleration is 300 s, after the 40 s of the lease.
        let before = picture(&dashboard)
        #expect(before.contains("2 pods are evicted 35") && before.contains("2 not replaced"), "\(before)")
        try dashboard.press("<Esc>:fault fail n1<Enter>:no<Enter><Enter>")
        #expect(picture(&dashboard).contains("The node is lost"))
    }

    @Test func `the lab computes in slices between keys`() throws {
        var dashboard = dashboard(Self.twoPods, at: .seconds(1))
        dashboard.type(":lab")
        #expect(dashboard.patience == .milliseconds(1))
        var slices = 0
        while dashboard.patience == .milliseconds(1), slices < 100_000 {
            dashboard.advance(by: .milliseconds(1)) { true }
            slices += 1
        }
        #expect(slices > 20, "\(slices)")
        let sliced = picture(&dashboard)
        var other = self.dashboard(Self.twoPods, at: .seconds(1))
        try other.press(":lab<Enter>")
        #expect(sliced.split(separator: "\n").dropFirst().prefix(31) == picture(&other).split(separator: "\n").dropFirst().prefix(31))
    }

    @Test func `the lab writes its report and a scenario that reads back`() throws {
        var dashboard = dashboard(Self.twoPods, at: .seconds(1))
        try dashboard.press(":lab<Enter>")
        try dashboard.press("e<Enter>")
        let report = try #require(dashboard.fileToWrite)
        #expect(report.name == "startup-lab.txt" && report.content.contains("serializeImagePulls") && report.content.contains("half of them"))
        try dashboard.press("<Tab>y<Enter>")
        let scenario = try #require(dashboard.fileToWrite)
        #expect(scenario.name == "startup-a.yaml")
        #expect(Input(ManifestReader.read(text: scenario.content, file: "a.yaml")).problems.isEmpty)
    }
}
