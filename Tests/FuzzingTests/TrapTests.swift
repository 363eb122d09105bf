import Canvas
import Dashboard
import Fuzzing
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// What ended the program once, by the keys that did it.
@Suite struct TrapTests {
    private static func dashboard(_ yaml: String, nodes: Int? = nil, seconds: Int = 30) -> Dashboard {
        var overrides = InputOverrides()
        overrides.nodes = nodes
        var session = Input(ManifestReader.read(text: yaml, file: "test.yaml"), overrides: overrides).makeSession().session
        session.advance(to: .start + .seconds(seconds))
        return Dashboard(session: session)
    }
    private static func node(_ name: String, zone: String = "eu-central-1a") -> String {
        """
        ---
        {apiVersion: v1, kind: Node, metadata: {name: \(name), labels: {topology.kubernetes.io/zone: \(zone)}}, status: {capacity: {cpu: 4, memory: 16Gi, pods: 110}}}

        """
    }
    private static func pod(_ name: String, _ more: String = "") -> String {
        "---\n{apiVersion: v1, kind: Pod, metadata: {name: \(name), namespace: default}, spec: {containers: [{name: main, image: 'a:1'\(more)}]}}\n"
    }
    private static let web = """
        ---
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: 'a:1', resources: {requests: {cpu: 100m, memory: 64Mi}}}]}}}}

        """

    @Test func `the Deck shows nodes and pods with the names that clouds and people give them`() {
        var dashboard = Self.dashboard(
            Self.node("ip-10-0-3-22.eu-central-1.compute.internal") + Self.node("ip-10-0-13-122.eu-central-1.compute.internal", zone: "eu-central-1b")
                + Self.pod("my-team-authentication") + Self.pod("a-b-" + String(repeating: "c", count: 60)))
        for width in 40...250 {
            let picture = dashboard.frame(size: Size(width: width, height: 24)).picture()
            #expect(picture.contains("3-22"), "\(width)")
            #expect(picture.contains("13-122"), "\(width)")
        }
        #expect(dashboard.frame(size: Size(width: 120, height: 36)).picture().contains("my-t…cation"))
    }

    @Test(arguments: [
        ["gke-prod-default-pool-8f3b2c1d-x1z9", "gke-prod-default-pool-8f3b2c1d-q7k2", "gke-prod-batch-pool-77aa2c1d-0abc"],
        ["aks-nodepool1-12345678-vmss000000", "aks-nodepool1-12345678-vmss000001", "aks-nodepool1-12345678-vmss00000a"],
        ["node-01-prod-eu", "node-02-prod-eu", "node-03-prod-eu"],
        ["a" + String(repeating: "x", count: 251) + "1", "a" + String(repeating: "x", count: 251) + "2"],
    ])
    func `nodes can be told apart in narrow boxes`(names: [String]) {
        var dashboard = Self.dashboard(names.map { Self.node($0) }.joined())
        for width in [40, 60, 80, 120] {
            let picture = dashboard.frame(size: Size(width: width, height: 30)).picture()
            for name in names { #expect(picture.contains(name.suffix(1) == "u" ? name.dropFirst(5).prefix(2) : name.suffix(1) + " "), "\(name) at \(width)") }
        }
    }

    @Test func `lists without rows take every key and the wheel`() throws {
        for screen in [
            "recommend", "po", "spread", "why", "volumes", "availability", "workload", "autoscaler", "hpa", "xray deploy", "pulse", "gates /zzz", "scenarios",
            "whatif",
        ] {
            var dashboard = Self.dashboard("", nodes: 1)
            try dashboard.press(":ns kube-public<Enter>:\(screen)<Enter>")
            for key: Key in [
                .down, .pageDown, .end, .up, .pageUp, .home, .tab, .enter, .character("j"), .character("G"), .character("R"), .character("W"), .character("L"),
            ] {
                dashboard.handle(.key(key), isScripted: true)
                dashboard.handle(.mouse(MouseEvent(x: 10, y: 6, kind: .wheelDown, button: 0)))
                dashboard.handle(.mouse(MouseEvent(x: 10, y: 6, kind: .wheelUp, button: 0)))
                _ = dashboard.frame(size: Size(width: 100, height: 30))
                try dashboard.press("<Esc>")
            }
        }
    }

    @Test(arguments: [
        ":po<Enter>L9999999999999999<down>", ":po<Enter>R9999999999999999<down>", ":po<Enter>L<tab>8Ei<up>", ":po<Enter>R<tab><tab>8Ei<up><up>",
        ":po<Enter>L9223372036854775807<S-Up><S-Up>", ":po<Enter>L-9223372036854775807-", ":po<Enter>R-9223372036854775807<down>",
        ":po<Enter>L+-9223372036854775808%<Enter><Enter>", ":po<Enter>R+99999999999%<Enter><Enter>", ":po<Enter>R16Ei<Enter>y",
        ":whatif web 9223372036854775807<Enter>", ":whatif web 99999999999999999999<Enter>",
        ":demand web 2<Enter>:demand web 9223372036854775%<Enter>", ":demand web 2<Enter>:demand web -9223372036854775808%<Enter>", ":time -2555555h<Enter>",
        ":time -2562047h47m16s<Enter>",
        ":speed 9223372036854775808<Enter>", ":deploy<Enter>s<C-u>-9223372036854775808<Enter><Enter>", ":deploy<Enter>s<C-u>9223372036854775807<Enter><Enter>",
        ":ns ,<Enter>:po<Enter>",
        "<Esc>:availability<Enter>p<Tab><Tab><Tab><Tab><Tab><Tab><C-u>1e300<Enter>y", ":set header 9999999999999999999<Enter>",
        ":seed 99999999999999999999<Enter>",
    ])
    func `numbers that are typed are refused or stay at the largest there is`(keys: String) throws {
        var dashboard = Self.dashboard(Self.web, nodes: 2)
        try dashboard.press(keys)
        #expect(dashboard.frame(size: Size(width: 120, height: 36)).picture().contains("evenkeel"))
    }

    @Test func `a change by more percent than make sense is refused in words`() throws {
        var dashboard = Self.dashboard(Self.web, nodes: 2)
        try dashboard.press(":demand web 2<Enter>:demand web 9223372036854775%<Enter>")
        #expect(dashboard.frame(size: Size(width: 120, height: 36)).picture().contains("at most 100000%"))
        try dashboard.press("<Esc>:whatif web 3000000000<Enter>")
        #expect(dashboard.frame(size: Size(width: 120, height: 36)).picture().contains("at most 10000"))
    }

    @Test func `a form without choices keeps still`() throws {
        var dashboard = Self.dashboard("", nodes: 1)
        try dashboard.press(":no<Enter><C-d>y")
        try dashboard.press(":fault<Enter><Right><Left><Tab><Right><Left> hl<Tab><Right><Left> <Tab><Right><Left>")
        #expect(dashboard.frame(size: Size(width: 100, height: 30)).picture().contains("Fault"))
    }

    /// Every screen, and the dialogs of its rows, at sizes from the smallest to the largest, on clusters with names of all kinds.
    @Test(arguments: 0..<4)
    func `no screen and no dialog traps whatever things are called`(part: Int) {
        var hostile = Hostile(SeededRandom(seed: UInt64(part), stream: "sizes"))
        let screens = [
            "deck", "deck hostname", "spread", "availability", "workload", "autoscaler", "gates", "volumes", "recommend", "pulse", "links", "help",
            "xray deploy", "xray no", "aliases", "po", "no", "ev",
            "deploy", "sts", "ds", "cj", "svc", "pvc", "hpa", "pdb", "cm", "things", "whatif", "why",
        ]
        var cluster = Fuzzer.cluster(ScenarioCatalog.all.count + 1 + part * 3)
        for screen in screens {
            cluster.type(":\(screen)")
            for key: Key? in [
                nil,
                hostile.pick([
                    .character("R"), .character("L"), .character("F"), .character("C"), .control("d"), .character("d"), .character("y"), .enter,
                    .character("t"), .character("W"),
                ]),
            ] {
                if let key { cluster.handle(.key(key), isScripted: true) }
                _ = cluster.frame(size: Size(width: 40 + hostile.below(211), height: 10 + hostile.below(61)))
                _ = cluster.frame(size: Size(width: 40 + hostile.below(30), height: 10 + hostile.below(15)))
            }
            for _ in 0..<3 { cluster.handle(.key(.escape), isScripted: true) }
        }
    }
}
