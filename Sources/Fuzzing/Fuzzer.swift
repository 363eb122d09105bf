import Canvas
import ControlPlane
import Dashboard
import KubernetesAPI
import Manifests
import Printers
import Scheduling
import Simulation
import SimulationKit

/// What is drawn at random.
public enum FuzzKind: String, CaseIterable, Sendable {
    /// Keys, mouse, pastes and sizes on frames of several clusters.
    case keys
    /// Manifests that come with the program, changed.
    case manifests
    /// Extreme values in the fields of each kind.
    case values
    /// Lines of the `:` prompt.
    case commands
    /// Typing in prompt, filter, palette and dialogs.
    case prompt
    /// What flags and arguments of the program are read by.
    case arguments
    /// Requests to the API server: documents, patches, selectors, protobuf, and what is none of it.
    case requests
    /// Keys and other events while a cluster is followed that fails now and then: nothing there may be changed.
    case live
}

/// One case: the same kind, seed and number always give the same steps.
public struct FuzzCase: Sendable {
    public var kind: FuzzKind
    public var steps: [FuzzStep]

    public init(_ kind: FuzzKind, seed: UInt64, number: Int) {
        self.kind = kind
        var hostile = Hostile(SeededRandom(seed: seed &+ UInt64(number) &* 0x9E37_79B9, stream: kind.rawValue))
        var keys = KeyFuzz(hostile)
        func lines(_ text: String) -> [FuzzStep] { text.split(separator: "\n", omittingEmptySubsequences: false).map { .text(String($0)) } }
        steps =
            switch kind {
            case .keys, .live: keys.anything()
            case .commands: keys.commands()
            case .prompt: keys.typing()
            case .manifests: lines(Self.manifests.mutated(&hostile))
            case .values: lines(Self.manifests.extreme(&hostile))
            case .arguments: (0..<4).map { _ in .word(FuzzCase.word(&hostile)) }
            case .requests: (0..<12).map { _ in .request(Self.manifests.request(&hostile)) }
            }
    }
    /// How many inputs it is made of: keys and other events, lines, words; a manifest is one.
    public var inputs: Int {
        switch kind {
        case .manifests, .values: 1
        case .keys, .commands, .prompt, .arguments, .requests, .live:
            steps.count {
                switch $0 {
                case .event, .line, .edit, .word, .request: true
                case .cluster, .size, .passing, .text: false
                }
            }
        }
    }
    fileprivate static let manifests = ManifestFuzz()

    private static func word(_ hostile: inout Hostile) -> String {
        switch hostile.below(8) {
        case 0: hostile.number()
        case 1: hostile.duration()
        case 2: "1." + hostile.number()
        case 3:
            hostile.pick(["MemoryQoS", "InPlacePodVerticalScaling", hostile.label(), ""]) + hostile.pick(["=", "", ",", "=="])
                + hostile.pick(["true", "false", "", hostile.anyText()])
        case 4:
            "<" + hostile.pick(["C-", "ctrl-", "S-", "A-", "", "wait:"])
                + hostile.pick([hostile.anyText(), "Enter", "F99", hostile.duration(), hostile.number()]) + hostile.pick([">", ""])
        case 5: hostile.number() + hostile.pick(["x", "X", "×"]) + hostile.number()
        case 6:
            hostile.pick(KindInfo.all).plural + hostile.pick([".spec", ".", "..", ".status.conditions", ".spec.template.spec.containers", ""])
                + hostile.pick(["", ".x", hostile.anyText()])
        default: hostile.anyText(200)
        }
    }
}

/// Runs cases. What fails, fails by a trap: there is nothing to return.
public struct Fuzzer {
    private var clusters: [Int: Dashboard] = [:]
    private var lives: [Int: (live: FuzzedLive, dashboard: Dashboard)] = [:]

    public init() {}

    /// Does the steps of `aCase`.
    public mutating func run(_ aCase: FuzzCase) {
        switch aCase.kind {
        case .keys, .commands, .prompt: press(aCase.steps)
        case .live: press(aCase.steps, follows: true)
        case .manifests, .values:
            let text = aCase.steps.map { if case .text(let line) = $0 { line } else { "" } }.joined(separator: "\n")
            if let session = FuzzCase.manifests.run(text) { look(at: session, by: StableHash.fnv1a32(text)) }
        case .arguments: for step in aCase.steps { if case .word(let word) = step { Self.read(word) } }
        case .requests: FuzzedServer.send(aCase.steps.compactMap { if case .request(let request) = $0 { request } else { nil } })
        }
    }

    // MARK: The dashboard

    /// A cluster of those that keys are pressed on, by its number: the scenarios that come with the program, an empty one, then
    /// made ones.
    public static func cluster(_ number: Int) -> Dashboard { FuzzedClusters.dashboard(number) }

    /// - Parameter follows: the cluster is not in the dashboard, but is followed by it.
    private mutating func press(_ steps: [FuzzStep], follows: Bool = false) {
        var dashboard: Dashboard?
        var live: FuzzedLive?
        var user = FuzzedUser()
        var size = Size(width: 80, height: 24)
        for step in steps {
            if dashboard == nil {
                dashboard = cluster(0)
                dashboard?.usersPatience = user.patience
            }
            switch step {
            case .cluster(let number) where follows:
                var (own, shown) =
                    lives[number]
                    ?? {
                        var live = FuzzedLive(number)
                        let dashboard = live.dashboard()
                        return (live, dashboard)
                    }()
                lives[number] = (own, shown)
                own.pass(.milliseconds(20), &shown)
                (live, dashboard) = (own, shown)
            case .cluster(let number): dashboard = cluster(number)
            case .size(let new):
                size = new
                dashboard?.handle(.resize(new))
            case .event(let event): dashboard?.handle(event, isScripted: true)
            case .line(let line):
                // From wherever it is: dialogs and prompts close first.
                for _ in 0..<2 { dashboard?.handle(.key(.escape), isScripted: true) }
                let words = dashboard.map { Self.filled(line, $0) } ?? line
                dashboard?.type(":" + words)
            case .passing(let milliseconds):
                var calls = 0
                dashboard?.advance(by: .milliseconds(milliseconds)) {
                    calls += 1
                    return calls > 50
                }
                if var shown = dashboard {
                    live?.pass(.milliseconds(milliseconds), &shown)
                    dashboard = shown
                }
            case .edit(let number):
                var edited: EditedObject?
                while let request = dashboard?.takeRequest() { if case .edit(let object) = request { edited = object } }
                guard let edited else { continue }
                var hostile = Hostile(SeededRandom(seed: number, stream: "edit"))
                var lines = edited.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                let index = hostile.below(lines.count)
                let head = lines[index].prefix { $0 != ":" }
                lines[index] =
                    hostile.chance(50)
                    ? "\(head): \(hostile.pick([hostile.number(), hostile.quantity(), hostile.duration()]))" : lines[index] + hostile.anyText()
                _ = dashboard?.applyEdited(lines.joined(separator: "\n"), of: edited)
            case .text, .word, .request: continue
            }
            if case .cluster(let number) = step {
                user = FuzzedUser(quickness: number % 2 == 0 ? 300 : nil)
                dashboard?.usersPatience = user.patience
            }
            if dashboard?.wantsToQuit ?? true { return }
            // As the program does: where nothing has changed, what is on the screen stays.
            if dashboard?.needsFrame ?? false { _ = dashboard?.frame(size: size) }
            user.rest()
        }
    }

    private mutating func cluster(_ number: Int) -> Dashboard {
        if let known = clusters[number] { return known }
        let new = FuzzedClusters.dashboard(number)
        clusters[number] = new
        return new
    }

    /// The line with names of the cluster in the places for them.
    private static func filled(_ line: String, _ dashboard: Dashboard) -> String {
        guard line.contains("\u{1}") else { return line }
        let store = dashboard.session.cluster.store
        let pick = Int(StableHash.fnv1a32(line) % 1000)
        func one(_ names: [String]) -> String { names.isEmpty ? "x" : names[pick % names.count] }
        let names =
            store.pods.sorted().map(\.metadata.name) + store.deployments.sorted().map(\.metadata.name) + store.statefulSets.sorted().map(\.metadata.name)
        return line.replacing("\u{1}name", with: one(names)).replacing("\u{1}node", with: one(store.nodes.sorted().map(\.metadata.name)))
    }

    /// One screen of what a manifest came to, the descriptions and tables of its objects, and one key.
    private func look(at session: Session, by number: UInt32) {
        var dashboard = Dashboard(session: session)
        let screens = Dashboard.screenNames + ["po", "no", "deploy", "xray no", "ev", "quota", "limits", "hpa", "pvc", "cj"]
        let size = Size(width: 40 + Int(number / 7 % 160), height: 10 + Int(number / 3 % 50))
        dashboard.type(":" + screens[Int(number % UInt32(screens.count))])
        _ = dashboard.frame(size: size)
        dashboard.handle(
            .key([.enter, .character("d"), .character("R"), .character("L"), .character("W"), .character("y"), .tab][Int(number / 11 % 7)]), isScripted: true)
        _ = dashboard.frame(size: size)
        // A few kinds a case: describing all would be most of its time.
        let last = Kind.allCases.compactMap { $0 == .event || $0 == .endpointSlice ? nil : session.cluster.store.objects($0).last }
        for (index, object) in last.enumerated() where index % 5 == Int(number % 5) { _ = Printers.describe(object, in: session.cluster) }
    }

    // MARK: Words

    /// Reads a word as every flag and argument does that takes one.
    private static func read(_ word: String) {
        _ = Duration(word)
        _ = Speed(word)
        _ = Quantity(word)
        _ = Instant(rfc3339: word)
        _ = LabelSelector(text: word)
        _ = try? KubernetesVersion(word)
        if let gates = try? KubernetesProfile.parseOverrides(word) { _ = try? KubernetesProfile(version: .default, overrides: gates) }
        _ = try? Key.parse(word)
        _ = try? Explain.text(path: word)
        _ = try? LinkRequest(word, namespace: "default")
        _ = ScenarioCatalog.find(word)
        _ = KindInfo.find(word)
    }
}
