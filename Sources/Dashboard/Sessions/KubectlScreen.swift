// What kubectl would print: its logs by a command line, and what comes back through the API server's proxy.

import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What `kubectl logs` prints, as time goes on: its own words and the logs that it asks for.
struct KubectlLogScreen: TextScreen {
    var text = ScrollingText()
    var filter = ""
    private let line: String
    private var logs: KubectlLogs
    private var printed: [(text: String, isError: Bool)] = []
    private var generation: Int?
    private let words: [String]
    private let namespace: String

    /// So many lines are kept.
    private static let capacity = 5000

    init(_ words: [String], namespace: String) {
        (self.words, self.namespace) = (words, namespace)
        line = (["kubectl", "logs"] + words).joined(separator: " ")
        logs = KubectlLogs(words, namespace: namespace)
    }

    var crumb: String { "kubectl logs" }
    var heading: StyledText { StyledText("$ \(line)") }
    func remark(_ world: World) -> String? { logs.exitCode.map { "exit status \($0)" } ?? "ctrl-c or Escape ends it" }

    func lines(_ world: World, width: Int) -> [StyledText] {
        // Logs are cut and scrolled sideways; what kubectl says is read whole.
        printed.flatMap { line in
            let text = StyledText(line.text, world.theme[line.isError ? .rowPending : .log])
            return line.isError ? text.wrapped(to: width) : [text]
        }
    }

    mutating func refresh(_ world: World, in area: Rect) {
        // Time was turned back: what was printed has not happened.
        if generation != world.generation { (generation, logs, printed) = (world.generation, KubectlLogs(words, namespace: namespace), []) }
        let before = printed.count
        for piece in logs.run(in: world.session.simulation, atMost: Self.capacity) {
            let lines = piece.text.split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines.dropLast(piece.text.hasSuffix("\n") ? 1 : 0) { printed.append((String(line), piece.isError)) }
        }
        if printed.count > Self.capacity { printed.removeFirst(printed.count - Self.capacity) }
        let inside = area.interior.inset(x: 1, y: 0)
        text.show(lines(world, width: inside.width), in: inside)
        // The end stays in sight as lines come.
        if printed.count != before, logs.exitCode == nil { _ = text.perform(Action(Motion.bottom)) }
    }
}

/// What a node, a pod or a Service answers through the API server's proxy, asked anew as time goes on.
struct ProxyScreen: TextScreen {
    var text = ScrollingText()
    var filter = ""
    let target: LinkRequest.ProxyTarget
    private var answer: [(text: String, role: Role)] = []
    private var asked: Instant?

    init(_ target: LinkRequest.ProxyTarget) { self.target = target }

    var crumb: String { "proxy" }
    var heading: StyledText { StyledText("GET \(target.thing.rawValue)s/\(target.id)/proxy/\(target.rest)") }
    func remark(_ world: World) -> String? { asked.map { "asked at \(world.time($0, milliseconds: false))" } }

    func lines(_ world: World, width: Int) -> [StyledText] { answer.flatMap { StyledText($0.text, world.theme[$0.role]).wrapped(to: width) } }

    mutating func refresh(_ world: World, in area: Rect) {
        if asked != world.now { ask(world) }
        let inside = area.interior.inset(x: 1, y: 0)
        text.show(lines(world, width: inside.width), in: inside)
    }

    private mutating func ask(_ world: World) {
        asked = world.now
        let request = ProxyRequest(method: "GET", path: "/\(target.rest)", headers: [("accept", "text/plain, */*")])
        switch world.session.simulation.proxy(request, to: target) {
        case .success(let found):
            answer = [("\(found.status)  \(found.type)", found.status < 400 ? .good : .rowError), ("", .text)]
            answer += found.body.split(separator: "\n", omittingEmptySubsequences: false).map { (String($0).replacing("\t", with: "    "), .text) }
        case .failure(let error):
            answer = [("\(error.code)", .rowError), ("", .text), ("Error from server (\(error.reason)): \(error.message)", .rowError)]
        }
    }
}

extension Dashboard {
    /// Runs a line of kubectl as far as it is about sessions with pods and the proxy.
    mutating func kubectl(_ words: [String]) {
        guard let verb = words.first else { return show("kubectl logs, exec, attach, port-forward, debug, or get of a path of the proxy", .info) }
        let rest = Array(words.dropFirst())
        if world.isMirror { return apply([.open(KubectlDialog(talking: words, "", world))]) }
        let namespace = world.namespace.isEmpty || world.namespace.contains(where: { $0 == "," || $0 == "!" }) ? "default" : world.namespace
        switch verb {
        case "logs", "log": apply([.push(KubectlLogScreen(rest, namespace: namespace))])
        case "get": proxy(rest.filter { $0 != "--raw" }, namespace: namespace)
        case "exec", "attach", "port-forward", "debug":
            // By the keys of the pod's row, whose dialogs ask for what is not said here.
            var named = rest.prefix { $0 != "--" }.filter { !$0.hasPrefix("-") }.first ?? ""
            if named.hasPrefix("pod/") || named.hasPrefix("po/") { named = String(named[named.index(after: named.firstIndex(of: "/") ?? named.startIndex)...]) }
            if named.isEmpty { return show("error: pod, type/name or --filename must be specified", .error) }
            let world = self.world
            withPod(named) { pod in
                switch verb {
                case "exec": Sessions.enter(pod, attaches: false, world) ?? []
                case "attach": Sessions.enter(pod, attaches: true, world) ?? []
                case "debug": Sessions.debug(pod, world)
                default: Sessions.forward(pod, world) ?? []
                }
            }
        default: show("kubectl \(verb) is not known here: :\(verb) may be, or `:serve` for a kubectl of your own", .error)
        }
    }

    /// Shows what comes back through the API server's proxy.
    mutating func proxy(_ words: [String], namespace: String? = nil) {
        do {
            let path = words.first ?? ""
            let target = try LinkRequest.ProxyTarget(path: path, namespace: namespace ?? (world.namespace.isEmpty ? "default" : world.namespace))
            if world.isMirror { return apply([.open(KubectlDialog(talking: ["get", "--raw", path], "", world))]) }
            apply([.push(ProxyScreen(target))])
        } catch { show(error.text, .error) }
    }
}
