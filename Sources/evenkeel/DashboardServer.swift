// The server beside a dashboard: `--serve`, and `:serve` from its prompt.

import Dashboard
import Simulation

#if Network
    import Network
    import SimulationKit

    /// Lets clients in, and gives them their turns with the dashboard's session.
    struct DashboardServer {
        private var running: (server: RunningServer, desk: Desk)?
        var isRunning: Bool { running != nil }
        /// What is to be typed in another terminal.
        private var advice: String { running.map { "export KUBECONFIG=\(BackgroundServer.quoted($0.server.file))" } ?? "" }

        /// Starts before the session has begun, which then is as if it had always been so; returns what is to be typed.
        mutating func start(before session: inout Session) throws -> String {
            let server = try listen(port: 0)
            session = server.session(session)
            return advice
        }

        /// Starts beside a session that runs. Virtual time goes on where it is, at the clock's speed.
        mutating func start(port: Int, _ dashboard: inout Dashboard) {
            if running != nil { return dashboard.note("It is served: \(advice)") }
            do {
                let server = try listen(port: port)
                dashboard.serve { session in
                    _ = session.perform(.trust(certificates: server.certificates, tokenKey: RunningServer.makeTokenKey()))
                    session.speed = .times(1)
                }
                dashboard.note("Served at x1: \(advice)")
            } catch {
                let text = (error as? Failure)?.message.split(separator: "\n").first.map { String($0).replacing("Error: ", with: "") }
                dashboard.note(text ?? "\(error)", isError: true)
            }
        }

        mutating func stop(_ dashboard: inout Dashboard) {
            guard running != nil else { return dashboard.note("Nobody is served", isError: true) }
            end()
            dashboard.note("No longer served")
        }

        private mutating func listen(port: Int) throws -> RunningServer {
            let server = try RunningServer(port: port, in: RuntimeFolder())
            running = (server, server.desk())
            return server
        }

        /// Answers what has come.
        mutating func turn(_ dashboard: inout Dashboard) {
            guard running != nil else { return }
            dashboard.serve { session in running?.desk.turn(&session) }
        }

        /// Ends all connections.
        mutating func end() {
            running?.server.close()
            running = nil
        }
    }
#else
    /// A build without the network refuses.
    struct DashboardServer {
        let isRunning = false
        func start(port: Int, _ dashboard: inout Dashboard) { dashboard.note("This program was built without the network", isError: true) }
        func stop(_ dashboard: inout Dashboard) { dashboard.note("Nobody is served", isError: true) }
        func turn(_ dashboard: inout Dashboard) {}
        func end() {}
    }
#endif
