// Sessions with pods: what the API server does with a kubelet on behalf of a user.
//
//     simulation.log(of: key, LogOptions(container: "app", tailLines: 100))    -> Result<PodLog, APIError>
//     simulation.log(after: cursor, atMost: 500)                               -> PodLog; costs what is new
//     simulation.exec(in: key, container: "app", ["sh"], terminal: true)       -> Result<Shell, APIError>
//     shell.run(bytes, isEnd: false, in: simulation)                           -> Shell.Output: bytes, commands, wake, exit code
//     simulation.attach(to: key, container: "app")                             -> Result<LogCursor, APIError>; its output is followed as a log
//     simulation.answer(of: key, port: 80, request: bytes)                     -> PodAnswer: bytes, or the text of a refused port
//
// All are pure questions to a state; what changes it is a ``Command`` that the caller performs, so that it stands in the journal.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// What of a log is asked for: the query of `GET pods/NAME/log`.
public struct LogOptions: Sendable, Equatable {
    /// Empty: the only one.
    public var container: String
    /// The instance before the present one.
    public var previous: Bool
    /// Not older than so many seconds, more than 0.
    public var sinceSeconds: Int64?
    public var sinceTime: Instant?
    /// So many lines of the end, 0 or more.
    public var tailLines: Int64?
    /// At most so many bytes, more than 0.
    public var limitBytes: Int64?
    /// Each line begins with its time.
    public var timestamps: Bool
    /// `--insecure-skip-tls-verify-backend`: the kubelet's certificate is taken as it comes.
    public var skipsCheck = false

    public init(
        container: String = "", previous: Bool = false, sinceSeconds: Int64? = nil, sinceTime: Instant? = nil, tailLines: Int64? = nil,
        limitBytes: Int64? = nil, timestamps: Bool = false
    ) {
        (self.container, self.previous, self.sinceSeconds, self.sinceTime) = (container, previous, sinceSeconds, sinceTime)
        (self.tailLines, self.limitBytes, self.timestamps) = (tailLines, limitBytes, timestamps)
    }
}

/// A part of a log, and from where it goes on.
public struct PodLog: Sendable {
    public var lines: [LogLine] = []
    /// For what comes after; nil: the container has ended, and all it wrote was read.
    public var cursor: LogCursor?
    /// Lines that were left out because there were more than asked for.
    public var isCut = false
    /// What ended the session before the container did.
    public var problem: String?
    fileprivate var timestamps = false
    fileprivate var limit: Int64?

    /// The lines as the API server sends them.
    public var text: [UInt8] {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += (timestamps ? line.stamped : line.text).utf8
            bytes.append(10)
            if let limit, bytes.count >= limit { break }
        }
        return limit.map { Array(bytes.prefix(Int(clamping: $0))) } ?? bytes
    }
}

/// How far one instance of a container has been read.
public struct LogCursor: Sendable, Equatable {
    public let pod: ObjectKey
    let uid: String
    public let container: String
    public let containerID: String
    let way: Simulation.Way
    /// All before this moment was read, and so many lines of it itself.
    var upTo: Instant
    var readOfIt: Int
    var timestamps: Bool
    /// Bytes that may still come; nil: no limit.
    var bytesLeft: Int64?
}

extension Simulation {
    /// `GET pods/NAME/log`: from the API server over the way to the kubelet to the log, with what stands in between.
    ///
    /// - Returns: a log of a pod that has no node yet is empty and has no cursor.
    /// - Source: Kubernetes `pkg/registry/core/pod/strategy.go`, `LogLocation`; `pod-sessions.md` §2.
    public func log(of key: ObjectKey, _ options: LogOptions = LogOptions()) -> Result<PodLog, APIError> {
        do throws(APIError) {
            if let error = options.problem(key.name) { throw error }
            let pod = try sessionPod(key)
            let container = try sessionContainer(options.container, of: pod)
            guard let node = try sessionNode(pod, isLog: true) else { return .success(PodLog()) }
            let way = try reach(node, .logs, pod, container, skipsCheck: options.skipsCheck)
            let log = try kubelets.log(of: pod, container: container, previous: options.previous, in: cluster).get()
            return .success(read(log, pod, container, way, options))
        } catch {
            return .failure(error)
        }
    }

    /// A log as the kubelet gives it, without the way to it.
    func kubeletLog(_ pod: Pod, _ options: LogOptions) -> Result<PodLog, APIError> {
        if let error = options.problem(pod.name) { return .failure(error) }
        let way = Way(egress: links.egress, via: "")
        return kubelets.log(of: pod, container: options.container, previous: options.previous, in: cluster)
            .map { read($0, pod, options.container, way, options) }
    }

    /// What came after `cursor`; of more than `most` lines only the newest.
    /// - Complexity: O(lines that are new, or `most`).
    public func log(after cursor: LogCursor, atMost most: Int = .max) -> PodLog {
        guard let pod = cluster.store.pods[cursor.pod], pod.metadata.uid == cursor.uid else { return PodLog() }
        switch state(ofSessionWith: pod, by: cursor.way) {
        case .alive: break
        case .silent: return PodLog(cursor: cursor)
        case .broken(let problem): return PodLog(problem: problem)
        }
        for previous in [false, true] {
            guard case .success(let log) = kubelets.log(of: pod, container: cursor.container, previous: previous, in: cluster),
                log.containerID == cursor.containerID
            else { continue }
            return read(log, after: cursor, atMost: most)
        }
        return PodLog()
    }

    private func read(_ log: ContainerLog, _ pod: Pod, _ container: String, _ way: Way, _ options: LogOptions) -> PodLog {
        var from = log.liveSince
        if let seconds = options.sinceSeconds { from = max(from, now - .seconds(Int(clamping: seconds))) }
        if let time = options.sinceTime { from = max(from, time) }
        let lines =
            if let tail = options.tailLines {
                log.lastLines(Int(clamping: tail), from: from, through: now)
            } else if let limit = options.limitBytes {
                log.firstLines(bytes: limit, from: from, through: now)
            } else {
                log.lines(from: from, through: now)
            }
        var result = PodLog(lines: lines, timestamps: options.timestamps, limit: options.limitBytes)
        let left = options.limitBytes.map { $0 - Int64(result.text.count) }
        if !log.isOver, left.map({ $0 > 0 }) ?? true {
            result.cursor = LogCursor(
                pod: pod.key, uid: pod.metadata.uid, container: container, containerID: log.containerID, way: way, upTo: now,
                readOfIt: log.lines(from: now, through: now).count, timestamps: options.timestamps, bytesLeft: left)
        }
        return result
    }

    private func read(_ log: ContainerLog, after cursor: LogCursor, atMost most: Int) -> PodLog {
        var new =
            most == .max ? log.lines(from: cursor.upTo, through: now) : log.lastLines(most.saturatingAdd(1 + cursor.readOfIt), from: cursor.upTo, through: now)
        // What was read of the cursor's own moment comes first, unless it was left out already.
        if let first = new.first, first.time == cursor.upTo { new.removeFirst(min(cursor.readOfIt, new.count)) }
        var result = PodLog(timestamps: cursor.timestamps, limit: cursor.bytesLeft)
        result.isCut = new.count > most
        result.lines = result.isCut ? new.suffix(most) : new
        if log.isOver { return result }
        var next = cursor
        next.readOfIt = (now == cursor.upTo ? cursor.readOfIt : 0) + new.reversed().prefix { $0.time == now }.count
        next.upTo = now
        if let limit = cursor.bytesLeft {
            next.bytesLeft = limit - Int64(result.text.count)
            if limit <= Int64(result.text.count) { return result }
        }
        result.cursor = next
        return result
    }

    /// What comes from a container from now on: what `kubectl attach` shows.
    public func attach(to key: ObjectKey, container name: String = "") -> Result<LogCursor, APIError> {
        do throws(APIError) {
            let (pod, container, way) = try session(.attach, key, name)
            let log = try kubelets.log(of: pod, container: container, in: cluster).get()
            let cursor = LogCursor(
                pod: key, uid: pod.metadata.uid, container: container, containerID: log.containerID, way: way, upTo: now,
                readOfIt: log.lines(from: now, through: now).count, timestamps: false, bytesLeft: nil)
            return .success(cursor)
        } catch {
            return .failure(error)
        }
    }

    /// The shell that a container runs itself and reads what is typed, for whom attaches to it; nil if the container runs something else,
    /// so that only its output is seen.
    public func attachedShell(to key: ObjectKey, container name: String = "", terminal: Bool = false) -> Result<Shell?, APIError> {
        do throws(APIError) {
            let (pod, container, way) = try session(.attach, key, name)
            guard let spec = pod.allContainers.first(where: { $0.name == container }), spec.stdin, spec.runsShell else { return .success(nil) }
            let id = pod.allContainerStatuses.first { $0.name == container }?.containerID ?? ""
            return .success(Shell(ofContainer: container, pod, id: id, way, hasTerminal: terminal && spec.tty))
        } catch {
            return .failure(error)
        }
    }

    // MARK: The way to a container

    /// A session of exec or attach as far as the runtime: the pod, the name of its container, and what it goes by.
    func session(_ stream: LinkRequest.Stream, _ key: ObjectKey, _ name: String) throws(APIError) -> (Pod, String, Way) {
        let pod = try sessionPod(key)
        let container = try sessionContainer(name, of: pod)
        guard let node = try sessionNode(pod, isLog: false) else { throw .badRequest("pod \(key.name) does not have a host assigned") }
        let way = try reach(node, stream, pod, container)
        guard kubelets.knows(pod) else { throw .notFoundPlain("pod does not exist") }
        let status = pod.allContainerStatuses.first { $0.name == container }
        guard status?.state.running != nil else { throw .notFoundPlain("container not found (\"\(container)\")") }
        return (pod, container, way)
    }

    func sessionPod(_ key: ObjectKey) throws(APIError) -> Pod {
        guard let pod = cluster.store.pods[key] else { throw .notFound(Kind.pod.info, key.name) }
        return pod
    }

    /// - Source: Kubernetes `pkg/registry/core/pod/strategy.go`, `validateContainer`.
    func sessionContainer(_ name: String, of pod: Pod) throws(APIError) -> String {
        let (containers, inits) = (pod.spec.containers.map(\.name), pod.spec.initContainers.map(\.name))
        if name.isEmpty {
            if containers.count == 1 { return containers[0] }
            if containers.isEmpty { throw .badRequest("a container name must be specified for pod \(pod.name)") }
            let others = inits.isEmpty ? "" : " or one of the init containers: [\(inits.joined(separator: " "))]"
            throw .badRequest("a container name must be specified for pod \(pod.name), choose one of: [\(containers.joined(separator: " "))]\(others)")
        }
        if (containers + inits + pod.spec.ephemeral.map(\.container.name)).contains(name) { return name }
        throw .badRequest("container \(name) is not valid for pod \(pod.name)")
    }

    /// The node of a pod; nil if it has none yet and a log is asked for, which is empty then.
    func sessionNode(_ pod: Pod, isLog: Bool) throws(APIError) -> Node? {
        if pod.nodeName.isEmpty {
            if isLog { return nil }
            throw .badRequest("pod \(pod.name) does not have a host assigned")
        }
        guard let node = cluster.store.nodes[ObjectKey(name: pod.nodeName)] else { throw .notFound(Kind.node.info, pod.nodeName) }
        return node
    }

    /// The API server dials the kubelet over the links as they are.
    @discardableResult
    func reach(_ node: Node, _ stream: LinkRequest.Stream, _ pod: Pod, _ container: String, skipsCheck: Bool = false) throws(APIError) -> Way {
        let path = "/\(stream.path)/\(pod.namespace)/\(pod.name)" + (stream == .portForward ? "" : "/\(container)")
        switch way(toKubeletOf: node, path, isStream: stream != .logs, skipsCheck: skipsCheck) {
        case .success(let way): return way
        case .failure(let problem):
            guard let refusal = problem.refusal else { throw APIError(code: 500, reason: "InternalError", message: problem.text) }
            if stream != .logs { throw APIError(code: refusal.code, reason: refusal.code == 401 ? "Unauthorized" : "Forbidden", message: refusal.text) }
            throw APIError(
                code: refusal.code, reason: refusal.code == 401 ? "Unauthorized" : "Forbidden",
                message: refusal.code == 401
                    ? "the server has asked for the client to provide credentials ( pods/log \(pod.name))" : "\(refusal.text) ( pods/log \(pod.name))")
        }
    }
}

extension LogOptions {
    /// - Source: Kubernetes `pkg/apis/core/validation/validation.go`, `ValidatePodLogOptions`.
    fileprivate func problem(_ pod: String) -> APIError? {
        var problems: [(field: String, body: String, reason: String)] = []
        func check(_ field: String, _ value: Int64?, _ least: Int64, _ what: String) {
            if let value, value < least { problems.append((field, "Invalid value: \(value): must be greater than \(what)", "FieldValueInvalid")) }
        }
        check("tailLines", tailLines, 0, "or equal to 0")
        check("limitBytes", limitBytes, 1, "0")
        if sinceSeconds != nil, sinceTime != nil {
            problems.append(("", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified", "FieldValueForbidden"))
        } else {
            check("sinceSeconds", sinceSeconds, 1, "0")
        }
        if problems.isEmpty { return nil }
        let texts = problems.map { $0.field.isEmpty ? $0.body : "\($0.field): \($0.body)" }
        let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
        return APIError(
            code: 422, reason: "Invalid", message: "PodLogOptions \"\(pod)\" is invalid: \(list)",
            causes: problems.map { APIError.Cause(reason: $0.reason, message: $0.body, field: $0.field) }, kind: "PodLogOptions", name: pod)
    }
}

extension APIError {
    /// 404 in the plain words of a kubelet, which end an upgrade.
    static func notFoundPlain(_ message: String) -> APIError { APIError(code: 404, reason: "NotFound", message: message) }
}
