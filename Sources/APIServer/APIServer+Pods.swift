// What is asked of running pods: logs, programs, ports.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// A log that is followed.
public struct APILogStream: Sendable {
    public var headers: [(name: String, value: String)]
    /// What was there when it was asked for.
    private var first: [UInt8]
    private var cursor: LogCursor?

    init(headers: [(name: String, value: String)], _ log: PodLog, follows: Bool) {
        (self.headers, first, cursor) = (headers, log.text, follows ? log.cursor : nil)
    }

    /// What was written since the last call; after `isOver` nothing comes.
    public mutating func next(in session: Session) -> (bytes: [UInt8], isOver: Bool) {
        var bytes = first
        first = []
        if let cursor {
            let new = session.simulation.log(after: cursor)
            bytes += new.text
            self.cursor = new.cursor
        }
        return (bytes, cursor == nil)
    }
}

/// A session with a pod that was asked for and is allowed: the pod and the container are there.
public struct APIPodSession: Sendable {
    public enum Kind: Sendable, Equatable {
        case exec(command: [String])
        case attach
        /// The ports of `?ports=` for the plain WebSocket form; empty for SPDY, which names them in its streams.
        case portForward(ports: [Int])
        /// A WebSocket through the API server's proxy, with what listens on a port of the pod.
        case webSocket(port: Int)
    }
    public var kind: Kind
    public var pod: ObjectKey
    /// Empty for port-forward.
    public var container: String
    public var stdin: Bool
    public var stdout: Bool
    public var stderr: Bool
    public var tty: Bool
}

extension APIServer {
    mutating func replyPod(_ request: ResourceRequest, in session: inout Session) throws(Refusal) -> APIReply {
        let info = request.info
        guard request.kind.info.type == .pod, ["exec", "attach", "portforward", "log"].contains(info.subresource) else { throw .noMethod }
        let key = ObjectKey(namespace: info.namespace, name: info.name)
        guard let pod = session.cluster.store.pods[key] else { throw Refusal(.notFound(Kind.pod.info, info.name)) }
        if info.subresource == "log" { return try log(request, pod, in: session) }
        let container = info.subresource == "portforward" ? "" : try self.container(info, of: pod)
        if pod.nodeName.isEmpty { throw Refusal(.badRequest("pod \(pod.name) does not have a host assigned")) }
        let kind: APIPodSession.Kind
        switch info.subresource {
        case "exec": kind = .exec(command: info.parameters.filter { $0.name == "command" }.map(\.value))
        case "attach": kind = .attach
        default: kind = .portForward(ports: info.parameters.filter { $0.name == "ports" }.flatMap { $0.value.split(separator: ",").compactMap { Int($0) } })
        }
        guard request.request.header("upgrade") != nil else { throw Refusal(.badRequest("Upgrade request required")) }
        return .session(
            APIPodSession(
                kind: kind, pod: key, container: container, stdin: info.flag("stdin"), stdout: info.flag("stdout"), stderr: info.flag("stderr"),
                tty: info.flag("tty")))
    }

    /// The container that is meant: the one that is named, or the only or default one.
    private func container(_ info: RequestInfo, of pod: Pod) throws(Refusal) -> String {
        let names =
            pod.spec.containers.map(\.name) + pod.spec.initContainers.map(\.name)
            + (pod.spec.ephemeralContainers?.array ?? []).compactMap { $0["name"]?.string }
        if let name = info.parameter("container"), !name.isEmpty {
            guard names.contains(name) else { throw Refusal(.badRequest("container \(name) is not valid for pod \(pod.name)")) }
            return name
        }
        if pod.spec.containers.count == 1 { return pod.spec.containers[0].name }
        let (containers, inits) = (pod.spec.containers.map(\.name), pod.spec.initContainers.map(\.name))
        let others = inits.isEmpty ? "" : " or one of the init containers: [\(inits.joined(separator: " "))]"
        throw Refusal(
            .badRequest("a container name must be specified for pod \(pod.name), choose one of: [\(containers.joined(separator: " "))]\(others)"))
    }

    /// - Source: Kubernetes `pkg/apis/core/types.go`, `PodLogOptions`.
    private func log(_ request: ResourceRequest, _ pod: Pod, in session: Session) throws(Refusal) -> APIReply {
        let info = request.info
        var options = LogOptions(container: try container(info, of: pod), previous: info.flag("previous"), timestamps: info.flag("timestamps"))
        func number(_ name: String) throws(Refusal) -> Int64? {
            guard let text = info.parameter(name), !text.isEmpty else { return nil }
            guard let value = Int64(text) else {
                throw Refusal(.badRequest("unable to decode query parameter \(name): strconv.ParseInt: parsing \"\(text)\": invalid syntax"))
            }
            return value
        }
        options.skipsCheck = info.flag("insecureSkipTLSVerifyBackend")
        options.sinceSeconds = try number("sinceSeconds")
        options.tailLines = try number("tailLines")
        options.limitBytes = try number("limitBytes")
        options.sinceTime = info.parameter("sinceTime").flatMap { Instant(rfc3339: $0) }
        let log: PodLog
        switch session.simulation.log(of: pod.key, options) {
        case .success(let found): log = found
        case .failure(let error): throw Refusal(error)
        }
        if pod.nodeName.isEmpty { return .answer(APIResponse(status: 204) { [] }) }
        let headers = [(name: "content-type", value: "text/plain")]
        let follows = info.flag("follow")
        // On a WebSocket it is a stream even if it ends at once.
        if follows || request.request.header("upgrade")?.lowercased() == "websocket" {
            return .log(APILogStream(headers: headers, log, follows: follows))
        }
        return .answer(APIResponse(status: 200, headers: headers) { log.text })
    }
}
