import ControlPlane
import KubernetesAPI
import Simulation

/// The API server of a simulated cluster: requests in, answers out, no sockets.
///
/// It is used on the simulation's thread alone. What it returns is encoded on any thread.
public struct APIServer: Sendable {
    /// What clients are told about the way to the server, as `127.0.0.1:6443`.
    public var address: String

    public init(address: String = "127.0.0.1:6443") {
        self.address = address
    }

    /// Answers one request of an authenticated user. Writes go through the session's journal; nothing that a client sends traps.
    public mutating func reply(to request: APIRequest, in session: inout Session) -> APIReply {
        .answer(APIResponse(status: 404, headers: [("content-type", "text/plain; charset=utf-8")]) { Array("404 page not found\n".utf8) })
    }
}

/// What becomes of a request.
public enum APIReply: Sendable {
    case answer(APIResponse)
    /// 200 and a stream of events, one a line; see ``APIWatch``.
    case watch(APIWatch)
    /// 200 and a text that goes on: the log of a container that is followed.
    case log(APILogStream)
    /// The connection is to be upgraded for a session with a pod's program: exec, attach or port-forward.
    case session(APIPodSession)
}

/// A stream of changes. The holder asks for what is new after each slice of the simulation, on the simulation's thread.
public struct APIWatch: Sendable {
    /// Of the answer that begins the stream; its status is 200.
    public var headers: [(name: String, value: String)]
    /// Seconds of the wall clock after which the stream is to end without an error; the holder counts them.
    public var timeoutSeconds: Int

    init(headers: [(name: String, value: String)], timeoutSeconds: Int) {
        (self.headers, self.timeoutSeconds) = (headers, timeoutSeconds)
    }

    /// What is new since the last call: one closure an event, each called at most once, on any thread. After `isOver` the
    /// stream ends once these are sent.
    public mutating func next(in session: Session) -> (chunks: [@Sendable () -> [UInt8]], isOver: Bool) { ([], true) }
}

/// A log that is followed.
public struct APILogStream: Sendable {
    public var headers: [(name: String, value: String)]

    /// What was written since the last call; after `isOver` nothing comes.
    public mutating func next(in session: Session) -> (bytes: [UInt8], isOver: Bool) { ([], true) }
}

/// A session with a pod that was asked for and is allowed: the pod and the container are there and run.
public struct APIPodSession: Sendable {
    public enum Kind: Sendable, Equatable {
        case exec(command: [String])
        case attach
        /// The ports of `?ports=` for the plain WebSocket form; empty for SPDY, which names them in its streams.
        case portForward(ports: [Int])
    }
    public var kind: Kind
    public var pod: ObjectKey
    public var container: String
    public var stdin: Bool
    public var stdout: Bool
    public var stderr: Bool
    public var tty: Bool
}
