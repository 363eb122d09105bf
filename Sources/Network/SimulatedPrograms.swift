// What answers in a session with a simulated pod: a shell, the output of a container, its ports.

#if Network
    import APIServer
    import ControlPlane
    import KubernetesAPI
    import Simulation
    import SimulationKit

    /// The programs of simulated pods.
    public enum SimulatedPrograms {
        /// Finds the program for a session: ``PodPrograms`` of the simulation itself.
        public static func find(_ asked: APIPodSession, _ session: Session) -> Result<any PodProgram, APIError> {
            let simulation = session.simulation
            switch asked.kind {
            case .exec(let command):
                return simulation.exec(in: asked.pod, container: asked.container, command, terminal: asked.tty, takesInput: asked.stdin)
                    .map { ShellProgram($0) }
                    .flatMapError { error in
                        // The runtime's own troubles come once the session has begun.
                        let mark = "Internal error occurred: "
                        guard error.code == 500, error.message.hasPrefix(mark) else { return .failure(error) }
                        return .success(FailedProgram(text: String(error.message.dropFirst(mark.count))))
                    }
            case .attach:
                // A shell that reads what is typed is talked to; of anything else the output is seen.
                if asked.stdin, case .success(let shell?) = simulation.attachedShell(to: asked.pod, container: asked.container, terminal: asked.tty) {
                    return .success(ShellProgram(shell))
                }
                return simulation.attach(to: asked.pod, container: asked.container).map { AttachedProgram(cursor: $0) }
            case .portForward:
                if let problem = simulation.portForwardProblem(asked.pod) { return .failure(problem) }
                return .success(PortProgram(pod: asked.pod))
            case .webSocket: return .success(EchoProgram(pod: asked.pod))
            }
        }
    }

    /// A program that could not be run.
    private struct FailedProgram: PodProgram {
        let text: String
        mutating func receive(_ input: PodInput, in session: inout Session) -> [PodOutput] { [] }
        mutating func news(in session: inout Session) -> [PodOutput] { [.failure(text)] }
    }

    /// exec: a shell, or one of its programs.
    private struct ShellProgram: PodProgram {
        private var shell: Shell
        /// When it wants to be run again.
        private var wake = Instant(nanoseconds: .min)

        init(_ shell: Shell) { self.shell = shell }

        mutating func receive(_ input: PodInput, in session: inout Session) -> [PodOutput] {
            switch input {
            case .stdin(let bytes): run(bytes, in: &session)
            case .stdinEnd: run([], isEnd: true, in: &session)
            default: []
            }
        }

        mutating func news(in session: inout Session) -> [PodOutput] { wake <= session.now ? run([], in: &session) : [] }

        private mutating func run(_ bytes: [UInt8], isEnd: Bool = false, in session: inout Session) -> [PodOutput] {
            let result = shell.run(bytes, isEnd: isEnd, in: session.simulation)
            for command in result.commands { _ = session.perform(command) }
            // Once a second it is asked by itself: its container may be gone.
            wake = min(result.wake ?? .distantFuture, session.now + .seconds(1))
            var output: [PodOutput] = []
            if !result.stdout.isEmpty { output.append(.stdout(result.stdout)) }
            if !result.stderr.isEmpty { output.append(.stderr(result.stderr)) }
            if let code = result.exitCode { output.append(.exit(code)) }
            return output
        }
    }

    /// attach: what the container writes from now on.
    private struct AttachedProgram: PodProgram {
        var cursor: LogCursor
        mutating func receive(_ input: PodInput, in session: inout Session) -> [PodOutput] { [] }
        mutating func news(in session: inout Session) -> [PodOutput] {
            let log = session.simulation.log(after: cursor)
            let output: [PodOutput] = log.text.isEmpty ? [] : [.stdout(log.text)]
            guard let next = log.cursor else { return output + [.exit(0)] }
            cursor = next
            return output
        }
    }

    /// A WebSocket: each message comes back, as long as the pod runs.
    private struct EchoProgram: PodProgram {
        let pod: ObjectKey
        mutating func receive(_ input: PodInput, in session: inout Session) -> [PodOutput] {
            if case .stdin(let message) = input { [.stdout(message)] } else { [] }
        }
        mutating func news(in session: inout Session) -> [PodOutput] {
            session.cluster.store.pods[pod]?.status.phase == .running ? [] : [.exit(0)]
        }
    }

    /// port-forward: HTTP/1.1 on the ports that the pod listens on.
    private struct PortProgram: PodProgram {
        let pod: ObjectKey
        private var connections: [Int: (port: Int, request: [UInt8])] = [:]
        /// Bytes of a request that a connection may hold before it is answered.
        private static let largestRequest = 1 << 20

        init(pod: ObjectKey) { self.pod = pod }

        mutating func receive(_ input: PodInput, in session: inout Session) -> [PodOutput] {
            switch input {
            case .connect(let id, let port):
                connections[id] = (port, [])
                return answer(id, in: session)
            case .data(let id, let bytes):
                guard let held = connections[id]?.request.count, held + bytes.count <= Self.largestRequest else { return close(id) }
                connections[id]?.request += bytes
                return answer(id, in: session)
            case .close(let id): return close(id)
            default: return []
            }
        }

        mutating func news(in session: inout Session) -> [PodOutput] { [] }

        private mutating func close(_ id: Int, error: String? = nil) -> [PodOutput] {
            connections.removeValue(forKey: id) == nil ? [] : [.closed(id: id, error: error)]
        }

        /// Answers the requests that are whole.
        private mutating func answer(_ id: Int, in session: Session) -> [PodOutput] {
            var output: [PodOutput] = []
            while let (port, request) = connections[id] {
                switch session.simulation.answer(of: pod, port: port, request: request) {
                case .incomplete: return output
                case .refused(let text): return output + close(id, error: text)
                case .response(let bytes, let consumed):
                    output.append(.data(id: id, bytes))
                    let (asked, rest) = (String(decoding: request.prefix(consumed), as: UTF8.self), request.dropFirst(consumed))
                    connections[id]?.request = Array(rest)
                    let head = asked.prefix(while: { $0 != "\r\n" })
                    if head.hasSuffix("HTTP/1.0") || asked.lowercased().contains("\r\nconnection: close\r\n") { return output + close(id) }
                    if rest.isEmpty { return output }
                }
            }
            return output
        }
    }
#endif
