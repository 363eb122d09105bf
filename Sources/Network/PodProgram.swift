// The seam between a client's session with a pod and the program that answers in it.

#if Network
    import APIServer
    import ControlPlane
    import Simulation

    /// What a client sends in a session with a pod.
    public enum PodInput: Sendable, Equatable {
        /// Bytes of standard input.
        case stdin([UInt8])
        /// Standard input has come to its end.
        case stdinEnd
        /// The client's terminal has this size, in characters.
        case resize(width: Int, height: Int)
        /// A connection to a port of the pod begins; its number is the client's, and is in all that belongs to it.
        case connect(id: Int, port: Int)
        /// Bytes to the port.
        case data(id: Int, [UInt8])
        /// The client sends no more, or has closed the connection.
        case close(id: Int)
        /// The client has gone; nothing more is heard.
        case gone
    }

    /// What a pod's program says in a session.
    public enum PodOutput: Sendable, Equatable {
        case stdout([UInt8])
        case stderr([UInt8])
        /// The program has ended with this exit code; nothing more comes.
        case exit(Int)
        /// It could not be run, with the runtime's text; nothing more comes.
        case failure(String)
        /// Bytes from a port.
        case data(id: Int, [UInt8])
        /// The pod has closed the connection, after an error if there is a text.
        case closed(id: Int, error: String?)

        var isEnd: Bool {
            switch self {
            case .exit, .failure: true
            default: false
            }
        }
    }

    /// The other end of a session with a pod: a shell, an attached container, the ports. A value on the simulation's thread.
    public protocol PodProgram: Sendable {
        /// Takes what the client sent; returns what the program says to it at once.
        mutating func receive(_ input: PodInput, in session: inout Session) -> [PodOutput]
        /// What the program says by itself, asked for after each slice of the simulation.
        mutating func news(in session: inout Session) -> [PodOutput]
    }

    /// Finds the program for a session, or says why there is none.
    public typealias PodPrograms = @Sendable (APIPodSession, Session) -> Result<any PodProgram, APIError>
#endif
