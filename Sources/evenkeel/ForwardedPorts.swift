// Forwarded ports of the dashboard, on sockets of this machine.

import Dashboard

#if Network
    import Network

    /// Does what the dashboard asks for of ports, and brings it what clients send.
    struct ForwardedPorts {
        private let ports = LoopbackPorts()

        func listen(_ id: Int, port: Int, _ dashboard: inout Dashboard) {
            do {
                dashboard.forwardIsOpen(id, port: try ports.open(id, port: port))
            } catch {
                let address = "127.0.0.1:\(port)"
                dashboard.forwardFailed(id, "Unable to listen on port \(port): unable to create listener: Error listen tcp4 \(address): \(error)")
            }
        }
        func close(_ id: Int) { ports.close(id) }

        /// Answers what has come.
        func exchange(_ dashboard: inout Dashboard) {
            for event in ports.take() {
                switch event {
                case .data(let id, let connection, let bytes):
                    let answer = dashboard.receive(bytes, on: connection, ofForward: id)
                    if !answer.bytes.isEmpty || answer.closes { ports.send(answer.bytes, to: connection, closes: answer.closes) }
                case .closed(let connection): dashboard.connectionClosed(connection)
                }
            }
        }
    }
#else
    /// A build without the network refuses.
    struct ForwardedPorts {
        func listen(_ id: Int, port: Int, _ dashboard: inout Dashboard) { dashboard.forwardFailed(id, "This program was built without the network") }
        func close(_ id: Int) {}
        func exchange(_ dashboard: inout Dashboard) {}
    }
#endif
