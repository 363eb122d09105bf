import Canvas
import ControlPlane
import Dashboard
import KubernetesAPI
import Simulation
import SimulationKit

/// Draws what a user does to the dashboard: keys, the mouse, pasted text, commands, sizes of the terminal, time that passes.
struct KeyFuzz {
    var hostile: Hostile

    init(_ hostile: Hostile) { self.hostile = hostile }

    // MARK: Steps

    /// Any keys and events on any screen, with frames of many sizes between them.
    mutating func anything() -> [FuzzStep] {
        var steps = start()
        if hostile.chance(75) { steps.append(.line(screen())) }
        for _ in 0..<(2 + hostile.below(8)) {
            switch hostile.below(20) {
            case 0: steps.append(.line(command()))
            case 1: steps.append(.size(size()))
            case 2: steps.append(.passing(hostile.pick([16, 33, 250, 3000])))
            case 3, 4: steps.append(.event(mouse()))
            case 5: steps.append(.event(.paste(hostile.anyText(100))))
            case 6: steps.append(.edit(hostile.random.next()))
            default: steps.append(.event(.key(key())))
            }
        }
        return steps
    }

    /// Lines of the `:` prompt, by the grammar of its commands.
    mutating func commands() -> [FuzzStep] { start() + (0..<(1 + hostile.below(8))).map { _ in .line(command()) } }

    /// What is typed, pasted and edited in the prompt, the filter, the palette, the dialogs.
    mutating func typing() -> [FuzzStep] {
        var steps = start()
        switch hostile.below(8) {
        case 0: steps.append(.event(.key(.character(":"))))
        case 1: steps += [.line(screen()), .event(.key(.character("/")))]
        case 2: steps.append(.event(.key(.control("p"))))
        default:
            steps.append(
                .line(
                    hostile.pick(["po", "po", "no", "deploy", "sts", "deck", "pvc", "hpa", "gates", "recommend", "workload", "availability", "spread", "lab"])))
            if hostile.chance(50) { steps.append(.event(.key(.down))) }
            steps.append(.event(.key(hostile.pick(Self.openers))))
        }
        for _ in 0..<(3 + hostile.below(10)) {
            switch hostile.below(12) {
            case 0, 1:
                steps.append(.event(.paste(hostile.pick([hostile.anyText(300), hostile.quantity(), hostile.number(), hostile.duration(), hostile.load()]))))
            case 2, 3: steps.append(.event(.key(hostile.pick([.tab, .backtab, .enter, .down, .up]))))
            case 4, 5:
                for character in hostile.pick([hostile.quantity(), hostile.number(), hostile.duration(), "+50%", "-20%", hostile.anyText()]) {
                    steps.append(.event(.key(.character(character))))
                }
            case 6: steps.append(.size(size()))
            default: steps.append(.event(.key(hostile.pick(Self.editing))))
            }
        }
        if hostile.chance(30) { steps += [.event(.key(.enter)), .event(.key(.enter))] }
        return steps
    }

    private mutating func start() -> [FuzzStep] {
        // The small made ones most of the time: they cost least and hold the most.
        let made = FuzzedClusters.count - ScenarioCatalog.all.count
        let cluster = hostile.chance(80) ? ScenarioCatalog.all.count + hostile.below(made) : hostile.below(FuzzedClusters.count)
        return [.cluster(cluster), .size(size())]
    }

    // MARK: Parts

    mutating func size() -> Size {
        if hostile.chance(5) { return Size(width: hostile.below(40), height: hostile.below(10)) }
        if hostile.chance(80) { return Size(width: 40 + hostile.below(90), height: 10 + hostile.below(30)) }
        return Size(width: 40 + hostile.below(211), height: 10 + hostile.below(61))
    }

    private mutating func mouse() -> TerminalEvent {
        let kind = hostile.pick([MouseEvent.Kind.press, .press, .release, .wheelUp, .wheelDown])
        return .mouse(MouseEvent(x: hostile.below(250), y: hostile.below(70), kind: kind, button: hostile.pick([0, 1, 2, 3])))
    }

    private static let openers: [Key] = "RLCFsiIWVXAtbeady".map { .character($0) } + [.control("d"), .control("k"), .control("s"), .shiftUp, .enter]
    private static let editing: [Key] =
        [
            .left, .right, .home, .end, .backspace, .delete, .tab, .backtab, .up, .down, .controlLeft, .controlRight, .shiftUp, .shiftDown, .pageUp, .pageDown,
            .enter, .escape,
        ]
        + "awudkehfbcx".map { .control($0) } + [.alt("b"), .alt("f"), .alt("d")] + "+-= 09yn!uf/:*".map { .character($0) }
    private static let special: [Key] = [
        .enter, .tab, .backtab, .escape, .backspace, .delete, .insert, .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .shiftLeft, .shiftRight,
        .shiftUp, .shiftDown, .controlLeft,
        .controlRight, .controlUp, .controlDown,
    ]
    private static let printable = (0x20..<0x7F).compactMap { UnicodeScalar($0).map(Character.init) }

    private mutating func key() -> Key {
        switch hostile.below(10) {
        case 0, 1, 2, 3: return hostile.pick(Self.special)
        case 4: return .control(hostile.pick(Array("abcdefghijklmnopqrstuvwxyz \\]^_")))
        case 5: return hostile.chance(50) ? .function(1 + hostile.below(24)) : .alt(hostile.pick(Self.printable))
        case 6: return hostile.chance(50) ? .character(hostile.anyText().first ?? "x") : .character(hostile.pick(Array("0123456789")))
        default: return .character(hostile.pick(Self.printable))
        }
    }

    /// A line that opens a screen.
    private mutating func screen() -> String {
        if hostile.chance(40) { return hostile.pick(KindInfo.all).plural }
        if hostile.chance(60) { return hostile.pick(Dashboard.screenNames) }
        return hostile.pick([
            "deck hostname", "rebalance", "containers", "xray deploy", "xray no", "pulse", "help", "aliases", "scenarios", "explain pod.spec", "ctx", "live",
            "branch", "po", "no", "ev",
            "things",
        ])
    }

    /// A command with arguments of the kinds that commands take, right or wrong.
    private mutating func command() -> String {
        var words = [hostile.chance(75) ? hostile.pick(Dashboard.commandNames) : hostile.pick(KindInfo.all.map(\.plural) + ["po", "no", "svc", "things"])]
        // Scenarios start a whole simulation; their number is kept small.
        if words[0].hasPrefix("scenario"), hostile.chance(90) { words[0] = "whatif" }
        for _ in 0..<hostile.pick([0, 1, 1, 2, 2, 3]) { words.append(argument()) }
        return words.joined(separator: hostile.chance(95) ? " " : "  ")
    }

    private mutating func argument() -> String {
        switch hostile.below(16) {
        case 0: hostile.number()
        case 1: hostile.pick(["+", "-", ""]) + hostile.duration()
        case 2: hostile.pick(["+", "-", ""]) + hostile.number() + "%"
        case 3: hostile.load()
        case 4: hostile.quantity()
        case 5, 6, 7: "\u{1}name"
        case 8: "\u{1}node"
        case 9: hostile.pick(["deploy/", "sts/", "po/", "/", "//"]) + "\u{1}name"
        case 10:
            hostile.pick([
                "on", "off", "all", "max", "none", "header", "crumbs", "motion", "ascii", "fail", "recover", "logs", "exec", "from", "get", "zone", "hostname",
                "pod.spec.containers", "x10",
            ])
        case 11:
            hostile.pick([
                "/web", "/(", "/[a-", "/(a+)+$", "-f", "-l", "@x", "app=web", "'app in (a,b)'", "!kube-system", ",", "!", "a,b", "default", "kube-system",
                "cpu>1", "age<5m", "'", "\"",
            ])
        case 12: hostile.pick(["get", "logs", "from"]) + " /api/v1/nodes/" + hostile.anyText() + "/proxy/metrics"
        case 13: hostile.subdomain()
        default: hostile.anyText()
        }
    }
}

/// One thing that is done in a case.
public enum FuzzStep: Sendable, CustomStringConvertible {
    /// Begin with this cluster.
    case cluster(Int)
    case size(Size)
    case event(TerminalEvent)
    /// A line of the `:` prompt; U+0001 and `name` or `node` stand for one of the cluster's.
    case line(String)
    /// So many milliseconds of real time pass.
    case passing(Int)
    /// If the editor was asked for, the text comes back with changes drawn by this number.
    case edit(UInt64)
    /// A line of a manifest.
    case text(String)
    /// A word that the program's flags and arguments read.
    case word(String)
    case request(FuzzedRequest)

    public var description: String {
        switch self {
        case .cluster(let number): "cluster \(number)"
        case .size(let size): "size \(size.width)x\(size.height)"
        case .event(.key(let key)): "key \(key.description)"
        case .event(.paste(let text)): "paste \(text.debugDescription)"
        case .event(let event): "\(event)"
        case .line(let line): "line \(line.debugDescription)"
        case .passing(let milliseconds): "passing \(milliseconds) ms"
        case .edit(let number): "edit \(number)"
        case .text(let line): line
        case .word(let word): "word \(word.debugDescription)"
        case .request(let request): request.description
        }
    }
}
