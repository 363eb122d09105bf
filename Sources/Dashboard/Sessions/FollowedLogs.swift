import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit

/// Whose logs are looked at.
enum LogSubject: Equatable {
    case pod(ObjectKey)
    /// The pods of a workload or Service.
    case pods(of: Kind, ObjectKey)

    var title: String {
        switch self {
        case .pod(let key): key.name
        case .pods(let kind, let key): "\(kind.info.kind.lowercased())/\(key.name)"
        }
    }
    var fileName: String { title.replacing("/", with: "-") }

    /// The pods, in natural order.
    fileprivate func pods(_ world: World) -> [Pod] {
        switch self {
        case .pod(let key): world.store.pods[key].map { [$0] } ?? []
        case .pods(let kind, let key): Sessions.pods(of: kind, key, world)
        }
    }
}

/// Which part of a log is read.
enum LogRange: Equatable {
    case tail, head
    case last(minutes: Int)
    /// What comes from the moment on at which it was opened.
    case fromNow
}

/// Logs of one or many containers in one list, with what comes as time runs.
///
/// It is looked at a few times a second however fast time runs, and asks each container only for what is new, at most for so
/// much; what is left out is said. So many pods at a high speed cost no more than few at a low one.
struct FollowedLogs {
    struct Line {
        enum Kind { case text, note, mark }
        var time: Instant
        var kind = Kind.text
        /// `web-1:app`; empty if there is one stream only.
        var source = ""
        var text: String

        func text(withTime: Bool) -> String { (withTime ? LogLine(time, "").stamped : "") + (source.isEmpty ? "" : "[\(source)] ") + text }

        func styled(withTime: Bool, width: Int, _ theme: Theme) -> StyledText {
            if kind == .mark { return StyledText(String("─", times: max(0, width - TextWidth.columns(text) - 1)) + " \(text)", theme[.logIndicator]) }
            var line = StyledText(withTime ? LogLine(time, "").stamped : "", theme[.dim])
            if !source.isEmpty { line.append("[\(source)] ", theme[.accent]) }
            let isBad = text.hasPrefix("fatal")
            line.append(text, theme[kind == .note ? .dim : isBad ? .rowError : text.hasPrefix("warning") || text.contains(" 503 ") ? .rowPending : .log])
            return line
        }
    }
    /// One container of one pod.
    private struct Stream {
        var pod: ObjectKey
        var uid: String
        var container: String
        var source: String
        var cursor: LogCursor?
        /// Up to where it was read.
        var readTo: Instant?
        /// Why it cannot be read now.
        var problem: String?
        /// Bytes that came on it.
        var bytes = 0
    }
    /// The sessions that are open.
    var sessions: [LinkSession] {
        streams.filter { $0.cursor != nil }.map { LinkSession(stream: isAttached ? .attach : .logs, pod: $0.pod, container: $0.container, bytes: $0.bytes) }
    }

    let subject: LogSubject
    private(set) var container: String?
    private(set) var isPrevious: Bool
    private var range: LogRange
    private(set) var shown: [Line] = []
    private(set) var badFilter: String?
    private var lines: [Line] = []
    private var streams: [Stream] = []
    private var hasMorePods = false
    private var pattern: SearchPattern?
    private var isInverse = false
    private var filter = ""
    /// Whether anything was read since it was opened, the range was changed or time went back.
    private var isOpen = false
    private var generation = 0
    private var readAt = Duration.zero
    private var podsAt = Duration.zero
    private var readTime = Instant.start
    private var chosenContainer: String?

    /// So many lines are kept.
    static let capacity = 5000
    /// So many are read when it is opened.
    static let firstLines = 1000
    /// So many containers are followed.
    static let mostStreams = 500

    init(_ subject: LogSubject, container: String?, previous: Bool, range: LogRange) {
        (self.subject, self.container, isPrevious, self.range) = (subject, container, previous, range)
        chosenContainer = container
    }

    var isAttached: Bool { range == .fromNow }
    var rangeText: String {
        switch range {
        case .tail: "tail"
        case .head: "head"
        case .last(let minutes): minutes == 60 ? "1h" : "\(minutes)m"
        case .fromNow: ""
        }
    }
    /// What is said in place of lines that there are none of.
    var emptyText: String {
        if let problem = streams.compactMap(\.problem).first { return problem }
        if streams.isEmpty { return subject.isPod ? "The pod is gone" : "There are no pods" }
        if !lines.isEmpty { return "No line matches \(filter)" }
        return isAttached ? "If you don't see a command prompt, try pressing enter." : "Nothing was logged in this time"
    }
    var remark: String? {
        if hasMorePods { return "the first \(Self.mostStreams) containers" }
        if streams.count > 1 { return "\(streams.count) containers, \(shown.count) lines" }
        return shown.isEmpty ? nil : "\(shown.count) lines"
    }

    // MARK: What the user asks for

    mutating func read(_ range: LogRange) { (self.range, isOpen) = (range, false) }
    mutating func togglePrevious() { (isPrevious, isOpen) = (!isPrevious, false) }
    mutating func toggleContainers() {
        if subject.isPod { container = container == nil ? chosenContainer ?? mainContainer : nil } else { allContainers.toggle() }
        isOpen = false
    }
    private var allContainers = false
    /// Where sessions with the first pod go if nobody says.
    private var mainContainer: String?
    mutating func clear() { (lines, shown) = ([], []) }
    mutating func mark(_ now: Instant) { append([Line(time: now, kind: .mark, text: now.rfc3339)]) }

    /// Shows only lines that `text` fits: a regular expression; with `!` before it those that it does not fit.
    mutating func find(_ text: String) {
        filter = text
        isInverse = text.hasPrefix("!")
        let wanted = isInverse ? String(text.dropFirst()) : text
        do {
            pattern = wanted.isEmpty ? nil : try SearchPattern(wanted)
            badFilter = nil
        } catch {
            // What was shown stays until it can be read.
            badFilter = error.text
            return
        }
        shown = lines.filter(passes)
    }
    private func passes(_ line: Line) -> Bool {
        guard let pattern, line.kind != .mark else { return true }
        return pattern.isFound(in: line.text(withTime: false)) != isInverse
    }

    private mutating func append(_ new: [Line]) {
        guard !new.isEmpty else { return }
        lines += new
        shown += new.filter(passes)
        if lines.count > Self.capacity { lines.removeFirst(lines.count - Self.capacity) }
        if shown.count > Self.capacity { shown.removeFirst(shown.count - Self.capacity) }
    }

    // MARK: Reading

    /// Takes in what is new, if it is time to look.
    mutating func update(_ world: World) {
        if world.generation != generation || world.now < readTime { isOpen = false }
        if !isOpen { return open(world) }
        guard range != .head else { return }
        // The more containers, the less often: a second in which time runs costs about as much whatever is followed.
        let interval = Duration.milliseconds(max(100, streams.count * 4))
        guard world.now != readTime, world.session.isPaused || world.clock >= readAt + interval else { return }
        follow(world)
    }

    private mutating func open(_ world: World) {
        (isOpen, generation, lines, shown, streams) = (true, world.generation, [], [], [])
        findStreams(world)
        let share = max(10, Self.firstLines / max(1, streams.count))
        var found: [Line] = []
        for index in streams.indices { found += read(index, first: share, world) }
        finish(found, world)
    }

    private mutating func follow(_ world: World) {
        if world.clock >= podsAt + max(.seconds(1), .milliseconds(streams.count * 10)) || world.session.isPaused { findStreams(world) }
        let most = max(20, 2000 / max(1, streams.count))
        var found: [Line] = []
        for index in streams.indices {
            if let cursor = streams[index].cursor {
                let part = world.session.simulation.log(after: cursor, atMost: most)
                if part.isCut, let first = part.lines.first { found.append(line(index, first.time, "… lines left out: time runs too fast to show all", .note)) }
                found += part.lines.map { line(index, $0.time, $0.text) }
                if let problem = part.problem { found.append(line(index, world.now, problem, .note)) }
                streams[index].bytes += part.lines.reduce(0) { $0 + $1.text.utf8.count + 1 }
                streams[index].cursor = part.cursor
                streams[index].readTo = world.now
            } else if !isPrevious {
                // It may have started again.
                found += read(index, first: most, world)
            }
        }
        finish(found, world)
    }

    private mutating func finish(_ found: [Line], _ world: World) {
        (readAt, readTime) = (world.clock, world.now)
        let inOrder = streams.count == 1 ? found : found.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        append(Array(inOrder.suffix(Self.capacity)))
    }

    /// Reads a container whose log is not open.
    private mutating func read(_ index: Int, first share: Int, _ world: World) -> [Line] {
        let stream = streams[index]
        var options = LogOptions(container: stream.container, previous: isPrevious, tailLines: Int64(share))
        if let readTo = stream.readTo {
            options.sinceTime = readTo + Duration(nanoseconds: 1)
        } else {
            switch range {
            case .tail: break
            case .head: (options.tailLines, options.limitBytes) = (nil, Int64(share) * 100)
            case .last(let minutes): options.sinceSeconds = Int64(minutes) * 60
            case .fromNow: options.tailLines = 0
            }
        }
        switch world.session.simulation.log(of: stream.pod, options) {
        case .success(let log):
            (streams[index].problem, streams[index].readTo) = (nil, world.now)
            streams[index].cursor = range == .head ? nil : log.cursor
            streams[index].bytes += log.lines.reduce(0) { $0 + $1.text.utf8.count + 1 }
            return log.lines.prefix(range == .head ? share : .max).map { line(index, $0.time, $0.text) }
        case .failure(let error):
            streams[index].problem = error.message
            return []
        }
    }
    private func line(_ index: Int, _ time: Instant, _ text: String, _ kind: Line.Kind = .text) -> Line {
        Line(time: time, kind: kind, source: streams[index].source, text: text)
    }

    /// The containers that there are now; those that are followed already stay as they are.
    private mutating func findStreams(_ world: World) {
        podsAt = world.clock
        let pods = subject.pods(world)
        mainContainer = pods.first?.defaultContainer
        let old = Dictionary(streams.map { ("\($0.uid)/\($0.container)", $0) }, uniquingKeysWith: { first, _ in first })
        var found: [Stream] = []
        hasMorePods = false
        for pod in pods {
            for name in containers(of: pod) {
                if found.count == Self.mostStreams {
                    hasMorePods = true
                    break
                }
                let known = old["\(pod.metadata.uid)/\(name)"]
                found.append(known ?? Stream(pod: pod.key, uid: pod.metadata.uid, container: name, source: source(pod, name)))
            }
        }
        streams = found
    }

    private func containers(of pod: Pod) -> [String] {
        if let container { return [container] }
        if subject.isPod || allContainers { return (pod.spec.initContainers + pod.spec.containers + pod.spec.ephemeral.map(\.container)).map(\.name) }
        return [pod.defaultContainer]
    }
    private func source(_ pod: Pod, _ container: String) -> String {
        switch subject {
        case .pod: self.container == nil && pod.allContainers.count > 1 ? container : ""
        case .pods: allContainers ? "\(pod.name)/\(container)" : pod.name
        }
    }
}

extension LogSubject {
    fileprivate var isPod: Bool { if case .pod = self { true } else { false } }
}

extension Pod {
    /// The container that sessions go to if nobody says: the annotation's, else the first.
    var defaultContainer: String {
        let named = metadata.annotations["kubectl.kubernetes.io/default-container"]
        return spec.containers.first { $0.name == named }?.name ?? spec.containers.first?.name ?? ""
    }
}
