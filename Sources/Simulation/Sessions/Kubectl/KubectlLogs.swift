// What `kubectl logs` prints: its own checks, hints and errors, and the logs it asks for.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// A run of `kubectl logs`.
///
/// A value: whoever holds it calls ``run(in:)`` now and then, shows what comes back and calls again at ``wake``. It asks the simulation as
/// kubectl asks the API server, and changes nothing.
///
/// ```swift
/// var logs = KubectlLogs(["-l", "app=web", "--prefix"], namespace: "default")
/// let pieces = logs.run(in: simulation)         // logs.exitCode == 0
/// ```
///
/// - Source: Kubernetes 1.36 `staging/src/k8s.io/kubectl/pkg/cmd/logs/logs.go`, `pkg/polymorphichelpers/logsforobject.go`; `pod-sessions.md` §3.
public struct KubectlLogs: Sendable {
    /// Whole lines, each with its end.
    public struct Piece: Sendable, Equatable {
        /// On standard error.
        public var isError: Bool
        public var text: String
    }
    /// One container whose log is asked for.
    private struct Request: Sendable {
        var pod: ObjectKey
        var options: LogOptions
        var cursor: LogCursor?
        /// It was refused, and is asked for again.
        var nextTry: Instant?
        var isOver = false
    }

    /// Nil: it goes on.
    public private(set) var exitCode: Int?
    /// When it wants to be run again; nil: whenever time has gone on.
    public private(set) var wake: Instant?
    private let arguments: [String]
    private var namespace: String
    private var requests: [Request]?
    private var follows = false
    private var prefixes = false
    private var ignoresErrors = false
    private var patience = Duration.seconds(20)
    private var begin: Instant?
    private var pieces: [Piece] = []
    private var most = Int.max

    /// - Parameter words: what follows `kubectl logs`.
    public init(_ words: [String], namespace: String = "default") { (arguments, self.namespace) = (words, namespace) }

    /// Does what can be done now. Returns what it prints, in order.
    /// - Parameter most: of more lines that are new on one stream only the newest are read, and that is said.
    public mutating func run(in simulation: Simulation, atMost most: Int = .max) -> [Piece] {
        guard exitCode == nil else { return [] }
        self.most = most
        pieces = []
        wake = nil
        do throws(KubectlFlags.Mistake) {
            if requests == nil {
                begin = simulation.now
                requests = try ask(simulation)
            }
            try read(simulation)
        } catch {
            say("error: \(error.text)")
            exitCode = 1
        }
        return pieces
    }

    private mutating func say(_ line: String) { pieces.append(Piece(isError: true, text: line + "\n")) }

    // MARK: What is asked for

    private static let flags: [KubectlFlags.Flag] = [
        .init("follow", "f"), .init("previous", "p"), .init("container", "c", takesValue: true), .init("all-containers"), .init("all-pods"),
        .init("selector", "l", takesValue: true), .init("prefix"), .init("timestamps"), .init("tail", takesValue: true),
        .init("since", takesValue: true), .init("since-time", takesValue: true), .init("limit-bytes", takesValue: true),
        .init("max-log-requests", takesValue: true), .init("ignore-errors"), .init("insecure-skip-tls-verify-backend"),
        .init("pod-running-timeout", takesValue: true), .init("namespace", "n", takesValue: true),
    ]
    private static let usage = """
        expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.
        POD or TYPE/NAME is a required argument for the logs command
        See 'kubectl logs -h' for help and examples
        """

    private mutating func ask(_ simulation: Simulation) throws(KubectlFlags.Mistake) -> [Request] {
        let flags = try KubectlFlags(arguments, Self.flags, command: "kubectl logs")
        func fail(_ text: String) -> KubectlFlags.Mistake { KubectlFlags.Mistake(text: text) }
        if let named = flags.values["namespace"], !named.isEmpty { namespace = named }
        let selector = flags.values["selector"] ?? ""
        switch flags.words.count {
        case 0 where selector.isEmpty, 3...: throw fail(Self.usage)
        case 1 where !selector.isEmpty: throw fail("only a selector (-l) or a POD name is allowed\nSee 'kubectl logs -h' for help and examples")
        default: break
        }
        if let time = try flags.duration("pod-running-timeout") { patience = time }
        if patience <= .zero { throw fail("--pod-running-timeout must be higher than zero") }
        let tail = try flags.number("tail")
        let most = try flags.number("max-log-requests") ?? 5
        let limit = try flags.number("limit-bytes") ?? 0
        let since = try flags.duration("since") ?? .zero
        var options = LogOptions(
            container: flags.words.count == 2 ? flags.words[1] : flags.values["container"] ?? "", previous: flags.isOn("previous"),
            timestamps: flags.isOn("timestamps"))
        options.skipsCheck = flags.isOn("insecure-skip-tls-verify-backend")
        if let text = flags.values["since-time"], !text.isEmpty {
            guard let time = Instant(rfc3339: text) else {
                throw fail("parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\(text)\" as \"2006\"")
            }
            options.sinceTime = time
        }
        // A selector may find many pods: of each the end alone.
        if let tail, tail != -1 { options.tailLines = tail } else if tail == nil, !selector.isEmpty { options.tailLines = 10 }
        let object = try find(flags.words.first, selector, simulation)
        if options.sinceTime != nil, since != .zero { throw fail("at most one of `sinceTime` or `sinceSeconds` may be specified") }
        let allContainers = flags.isOn("all-containers")
        if allContainers, !options.container.isEmpty { throw fail("--all-containers=true should not be specified with container name \(options.container)") }
        if flags.values["container"] != nil, flags.words.count == 2 { throw fail("only one of -c or an inline [CONTAINER] arg is allowed") }
        if limit < 0 { throw fail("--limit-bytes must be greater than 0") }
        if since < .zero { throw fail("--since must be greater than 0") }
        if let tail = options.tailLines, tail < -1 { throw fail("--tail must be greater than or equal to -1") }
        if limit > 0 { options.limitBytes = limit }
        if since > .zero { options.sinceSeconds = max(1, since.nanoseconds.saturatingAdd(500_000_000) / 1_000_000_000) }
        follows = flags.isOn("follow")
        prefixes = flags.isOn("prefix") || flags.isOn("all-pods")
        ignoresErrors = flags.isOn("ignore-errors")
        let pods = try choose(object, all: flags.isOn("all-pods"), simulation)
        var found: [Request] = []
        for pod in pods { found += try requests(of: pod, options, allContainers) }
        if follows, found.count > 1, Int64(found.count) > most {
            throw fail(
                "you are attempting to follow \(found.count) log streams, but maximum allowed concurrency is \(most), use --max-log-requests to increase the limit"
            )
        }
        return found
    }

    private enum Found {
        case pods([Pod])
        case owner(any StoredObject)
    }
    private mutating func find(_ word: String?, _ selector: String, _ simulation: Simulation) throws(KubectlFlags.Mistake) -> Found {
        let store = simulation.cluster.store
        guard let word else {
            guard let labels = LabelSelector(text: selector) else {
                throw KubectlFlags.Mistake(text: "unable to parse requirement: \(selector) is no label selector")
            }
            let pods = store.pods.sorted(namespace: namespace).filter { labels.matches($0.metadata.labels) }
            if pods.isEmpty { say("No resources found in \(namespace) namespace.") }
            return .pods(pods)
        }
        let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts.last ?? word
        guard let info = parts.count == 2 ? KindInfo.find(parts[0], among: store.customKinds) : Kind.pod.info else {
            throw KubectlFlags.Mistake(text: "the server doesn't have a resource type \"\(parts[0])\"")
        }
        let key = info.isNamespaced ? ObjectKey(namespace: namespace, name: name) : ObjectKey(name: name)
        if info.type == .pod, let pod = store.pods[key] { return .pods([pod]) }
        if info.type != .pod, let object = store.object(info.type, key) { return .owner(object) }
        throw KubectlFlags.Mistake(text: "error from server (NotFound): \(info.qualifiedPlural) \"\(name)\" not found in namespace \"\(namespace)\"")
    }

    /// The pod of an object that is meant, or all of them.
    private mutating func choose(_ found: Found, all: Bool, _ simulation: Simulation) throws(KubectlFlags.Mistake) -> [Pod] {
        switch found {
        case .pods(let pods): return pods
        case .owner(let object):
            guard let selector = PodsOfObject.selector(object) else {
                let type = "*v1.\(object.kindInfo.kind)"
                throw KubectlFlags.Mistake(text: "cannot get the logs from \(type): selector for \(type) not implemented")
            }
            let pods = PodsOfObject.byLogging(simulation.cluster.store.pods.sorted(namespace: namespace).filter { selector.matches($0.metadata.labels) })
            if all { return pods.sorted { $0.name < $1.name } }
            guard let first = pods.first else { throw KubectlFlags.Mistake(text: "timed out waiting for the condition") }
            if pods.count > 1 { say("Found \(pods.count) pods, using pod/\(first.name)") }
            return [first]
        }
    }

    private mutating func requests(of pod: Pod, _ options: LogOptions, _ all: Bool) throws(KubectlFlags.Mistake) -> [Request] {
        if all {
            let names = (pod.spec.initContainers + pod.spec.containers).map(\.name) + pod.spec.ephemeral.map(\.container.name)
            return names.map { name in
                var own = options
                own.container = name
                return Request(pod: pod.key, options: own)
            }
        }
        var options = options
        if options.container.isEmpty {
            let (name, notes) = PodsOfObject.defaultContainer(of: pod)
            for note in notes { say(note) }
            options.container = name
        }
        if !pod.allContainers.contains(where: { $0.name == options.container }) {
            throw KubectlFlags.Mistake(text: "container \(options.container) is not valid for pod \(pod.name) out of: \(PodsOfObject.containerNames(of: pod))")
        }
        return [Request(pod: pod.key, options: options)]
    }

    // MARK: What comes

    private mutating func read(_ simulation: Simulation) throws(KubectlFlags.Mistake) {
        for index in (requests ?? []).indices {
            if try !readOne(index, simulation) { return }
        }
        wake = requests?.filter { !$0.isOver && $0.cursor == nil }.compactMap(\.nextTry).min()
        if requests?.allSatisfy(\.isOver) ?? true { exitCode = 0 }
    }

    /// Returns false if it has ended with an error.
    private mutating func readOne(_ index: Int, _ simulation: Simulation) throws(KubectlFlags.Mistake) -> Bool {
        guard let request = requests?[index], !request.isOver, request.nextTry.map({ $0 <= simulation.now }) ?? true else { return true }
        if let cursor = request.cursor {
            let log = simulation.log(after: cursor, atMost: most)
            if log.isCut { say("… lines left out: time runs too fast to show all") }
            show(log, request)
            requests?[index].cursor = log.cursor
            requests?[index].isOver = log.cursor == nil
            if let problem = log.problem {
                say(problem)
                exitCode = 1
                return false
            }
            return true
        }
        switch simulation.log(of: request.pod, request.options) {
        case .success(let log):
            show(log, request)
            requests?[index].cursor = follows ? log.cursor : nil
            requests?[index].isOver = !follows || log.cursor == nil
        case .failure(let error):
            // From 1.36 on it waits for a container that is waiting.
            if follows, simulation.cluster.profile.version.minor >= 36 {
                if simulation.now >= (begin ?? simulation.now) + patience { throw KubectlFlags.Mistake(text: "context deadline exceeded") }
                say(error.message)
                requests?[index].nextTry = simulation.now + .seconds(1)
                return true
            }
            requests?[index].isOver = true
            if ignoresErrors {
                pieces.append(Piece(isError: false, text: "error: \(error.message)\n"))
                return true
            }
            say(error.kubectlText(.logs))
            exitCode = 1
            return false
        }
        return true
    }

    private mutating func show(_ log: PodLog, _ request: Request) {
        let text = String(decoding: log.text, as: UTF8.self)
        if text.isEmpty { return }
        guard prefixes else { return pieces.append(Piece(isError: false, text: text)) }
        let mark = "[pod/\(request.pod.name)/\(request.options.container)] "
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
        pieces.append(Piece(isError: false, text: lines.map { mark + $0 + "\n" }.joined()))
    }
}
