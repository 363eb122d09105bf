// What screens keep up from the feed of changes is what there is, whatever happens.

import Canvas
import ControlPlane
import Dashboard
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@Suite struct RecountTests {
    private static func dashboard(nodes: Int, pods: Int, seed: UInt64) -> Dashboard {
        let made = GeneratedCluster(nodes: nodes, pods: pods, seed: seed)
        return Dashboard(session: made.scenario.input(overrides: made.overrides).makeSession().session)
    }

    /// Commands and keys at random, with time in between.
    @Test(arguments: [1, 2, 3, 4, 8, 9] as [UInt64]) func `rows, cells and counts kept up are those counted anew`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed, stream: "recount")
        var dashboard = Self.dashboard(nodes: 12, pods: 260, seed: seed)
        let screens = [
            ":po<Enter>", ":po kube-system<Enter>", ":ev<Enter>", ":no<Enter>", ":deploy all<Enter>", ":po all<Enter>Shift-A", ":po -l app=api<Enter>",
            ":wk<Enter>", ":deck<Enter>", ":deck kubernetes.io/hostname<Enter>",
        ]
        try dashboard.press(screens[Int(seed) % screens.count].replacing("Shift-A", with: ""))
        for _ in 0..<40 {
            let nodes = dashboard.session.cluster.store.nodes.all
            let node = nodes[random.below(nodes.count)].name
            let sets = dashboard.session.cluster.store.deployments.all
            let set = sets[random.below(sets.count)]
            switch random.below(9) {
            case 0: try dashboard.press(":fault fail \(node)<Enter>")
            case 1: try dashboard.press(":fault recover \(node)<Enter>")
            case 2: try dashboard.press(":deploy all<Enter>/\(set.name)<Enter>s<Ctrl-u>\(random.below(30))<Enter>")
            case 3: try dashboard.press(":cordon \(node)<Enter>")
            case 4: try dashboard.press("U")
            case 5: try dashboard.press(screens[random.below(screens.count)].replacing("Shift-A", with: ""))
            case 6: try dashboard.press("jjjkG")
            case 7: try dashboard.press("A")
            default: break
            }
            try dashboard.press("<Esc><wait:\(1 + random.below(12))s>")
            _ = dashboard.frame(size: Size(width: 120, height: 36))
            #expect(dashboard.recount() == [])
        }
    }

    /// X-rays and pulses of more pods than are looked through at once, while they come, go and fail.
    @Test(arguments: [":xray deploy<Enter>", ":xray no<Enter>", ":xray svc<Enter>", ":pulses<Enter>"]) func `long lists are those made anew`(
        keys: String
    ) throws {
        var random = SeededRandom(seed: 5, stream: "lists \(keys)")
        var dashboard = Self.dashboard(nodes: 20, pods: 1300, seed: 5)
        dashboard.run(to: dashboard.session.cluster.origin + .seconds(20))
        func whole() {
            let size = Size(width: 120, height: 36)
            _ = dashboard.frame(size: size)
            // While something comes or goes a look may be begun again.
            for _ in 0..<20 where dashboard.patience == .milliseconds(1) {
                dashboard.advance(by: .zero, until: { false })
                _ = dashboard.frame(size: size)
            }
        }
        try dashboard.press(keys)
        whole()
        #expect(dashboard.recount() == [])
        for _ in 0..<6 {
            let node = dashboard.session.cluster.store.nodes.all[random.below(20)].name
            let sets = dashboard.session.cluster.store.deployments.all
            let set = sets[random.below(sets.count)]
            switch random.below(3) {
            case 0: try dashboard.press(":fault fail \(node)<Enter>")
            case 1: try dashboard.press(":fault recover \(node)<Enter>")
            default:
                dashboard.serve { session in _ = session.perform(.scale(.deployment, set.key, replicas: random.below(40))) }
            }
            try dashboard.press("<wait:\(1 + random.below(60))s>")
            whole()
            #expect(dashboard.recount() == [])
        }
    }

    /// More nodes are lost than are looked at at once.
    @Test func `the outlook of a large zone that is lost is that of all its nodes at once`() throws {
        var dashboard = Self.dashboard(nodes: 200, pods: 700, seed: 3)
        dashboard.run(to: dashboard.session.cluster.origin + .seconds(20))
        let size = Size(width: 120, height: 36)
        for (index, keys) in [":fault fail eu-a<Enter>", "<wait:30s>", "<wait:60s>", "<wait:6m>", ":fault recover eu-a<Enter><wait:20s>"].enumerated() {
            try dashboard.press(keys)
            _ = dashboard.frame(size: size)
            for _ in 0..<20 where dashboard.patience == .milliseconds(1) {
                dashboard.advance(by: .milliseconds(100), until: { false })
                _ = dashboard.frame(size: size)
            }
            #expect(dashboard.recount() == [])
            let text = dashboard.frame(size: size).picture()
            #expect(text.contains("eu-a silent") == (index <= 1), "\(index): \(text)")
            #expect(text.contains("eu-a NotReady") == (index == 2 || index == 3), "\(index): \(text)")
        }
    }

    /// A table that is too large to be looked through at once: the first rows are there, keys are answered, and in the end it is all there.
    @Test func `a large table is looked through in slices`() throws {
        var dashboard = Self.dashboard(nodes: 60, pods: 6000, seed: 1)
        dashboard.run(to: dashboard.session.cluster.origin + .seconds(20))
        let pods = dashboard.session.cluster.store.pods.count
        #expect(pods == 6000)
        for key in [":po<Enter>"] { for key in try Key.parse(key) { dashboard.handle(.key(key), isScripted: true) } }
        let size = Size(width: 120, height: 36)
        let first = dashboard.frame(size: size).picture()
        #expect(first.contains("looking through all pods") && first.contains("/1 "))
        dashboard.handle(.key(.down), isScripted: true)
        _ = dashboard.frame(size: size)
        dashboard.advance(by: .milliseconds(10), until: { false })
        let all = dashboard.frame(size: size).picture()
        #expect(!all.contains("looking through") && all.contains("[6000]"))
        #expect(dashboard.recount() == [])
        for key in try Key.parse("/web<Enter>") { dashboard.handle(.key(key), isScripted: true) }
        _ = dashboard.frame(size: size)
        dashboard.advance(by: .milliseconds(10), until: { false })
        let filtered = dashboard.frame(size: size).picture()
        #expect(filtered.contains("of 6000 shown"))
        // Time goes on under it.
        try dashboard.press("<Esc><Esc><wait:30s>")
        _ = dashboard.frame(size: size)
        #expect(dashboard.recount() == [])
    }
}
