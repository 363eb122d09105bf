// `evenkeel serve`: options, the kubeconfig, the way into the background and the way out.

#if Network
    import APIServer
    import ArgumentParser
    import Dispatch
    import Foundation
    import Network
    import Simulation
    import SimulationKit

    /// `evenkeel serve [FILE…]`: the control plane for kubectl and other clients.
    struct ServeCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve", abstract: "Serve the simulated cluster to kubectl and other clients.",
            discussion: """
                An HTTPS server on loopback that answers as a Kubernetes API server does, with
                a scheduler, controllers and kubelets behind it. Without files it is an empty
                cluster of three nodes in three zones. Virtual time starts at the present and
                runs x1.

                  evenkeel serve                         until ctrl-c
                  eval "$(evenkeel serve --background)"  sets KUBECONFIG
                  kubectl get nodes
                  evenkeel serve --stop

                The kubeconfig holds an administrator's client certificate. It is written for
                you alone (mode 0600) into $XDG_RUNTIME_DIR/evenkeel, and goes with the server.
                """)

        @OptionGroup var cluster: ClusterArguments
        @Option(help: ArgumentHelp("IP address to listen on. Any but a loopback address lets others reach the server.", valueName: "address")) var address =
            "127.0.0.1"
        @Option(help: ArgumentHelp("Port to listen on; 0 takes one that is free.", valueName: "number")) var port = 0
        @Option(help: ArgumentHelp("Speed of virtual time: 0 (paused) to 10000, or max.", valueName: "factor")) var speed = "1"
        @Option(help: ArgumentHelp("Write the kubeconfig there.", valueName: "file"), completion: .file()) var writeKubeconfig: String?
        @Option(help: ArgumentHelp("Add a line in the form of audit.k8s.io/v1 for each request.", valueName: "file"), completion: .file()) var audit: String?
        @Option(name: .customLong("for"), help: ArgumentHelp("End after so much real time, such as 10m.", valueName: "span")) var lifetime: String?
        @Flag(help: "Go into the background once ready, and print what sets KUBECONFIG.") var background = false
        @Flag(help: "End the server in the background.") var stop = false
        @Flag(help: .hidden) var detached = false

        func run() throws {
            let folder = try RuntimeFolder()
            if stop { return try BackgroundServer.stop(in: folder) }
            if background { return try BackgroundServer.start(in: folder) }
            try serve(folder)
        }

        private func serve(_ folder: RuntimeFolder) throws {
            guard (0...65_535).contains(port) else { throw Failure.usage("--port must be 0 to 65535, not \(port)") }
            var life: Duration?
            if let lifetime {
                guard let span = Duration(lifetime), span > .zero else { throw Failure.usage("--for must be a span such as 90s or 10m, not \(lifetime)") }
                life = span
            }
            let log: AuditLog?
            do { log = try audit.map { try AuditLog(path: $0) } } catch { throw Failure(status: 4, message: "Error: --audit \(error)\n") }
            defer { log?.flush() }
            let (session, prelude) = try session()
            // Held until the end; without it nobody could tell whose process it is.
            let claim = detached ? try BackgroundServer.claim(folder) : nil
            defer { withExtendedLifetime(claim) {} }

            let server = try RunningServer(address: address, port: port, kubeconfig: writeKubeconfig, in: folder)
            defer { server.close() }
            let signals = Self.stop(server.inbox, after: life)
            defer { for signal in signals { signal.cancel() } }
            var own = server.session(session)
            own.advance(to: own.cluster.origin + prelude)
            announce(server.file, server.place)
            ServedSession(own, desk: server.desk(audit: log), inbox: server.inbox).run()
        }

        /// The session as it begins, and how long it is to run before it is seen.
        private func session() throws -> (session: Session, prelude: Duration) {
            let prelude = try cluster.shipped()?.prelude ?? .zero
            var (session, input) = try cluster.session { overrides in
                overrides.origin = Instant.present - prelude
                let isBare = cluster.files.isEmpty && cluster.scenario == nil && cluster.nodePool.isEmpty && cluster.like == nil
                if isBare, overrides.nodes == nil { overrides.nodes = max(3, overrides.zones ?? 3) }
            }
            for remark in cluster.remarks(input) { Out.error(remark + "\n") }
            session.isPaused = speed == "0"
            if speed != "0" {
                guard let speed = Speed(speed) else { throw Failure.usage("--speed must be 0 to 10000 or max, not \(speed)") }
                session.speed = speed
            }
            return (session, prelude)
        }

        private func announce(_ file: String, _ place: String) {
            if !RunningServer.names.contains(address), !address.hasPrefix("127.") {
                Out.error("Warning: on \(address) other machines can reach this server; it trusts whoever has its kubeconfig.\n")
            }
            if detached {
                Out.line(file)
            } else {
                Out.line("https://\(place)")
                Out.line("export KUBECONFIG=\(BackgroundServer.quoted(file))")
            }
            Out.flush()
            if detached { BackgroundServer.letGo() }
        }

        /// Ends the server by signals, and after its time.
        private static func stop(_ inbox: Inbox, after life: Duration?) -> [any DispatchSourceProtocol] {
            signal(SIGPIPE, SIG_IGN)
            var sources: [any DispatchSourceProtocol] = [SIGINT, SIGTERM, SIGHUP].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { inbox.stop() }
                source.resume()
                return source
            }
            if let life {
                let timer = DispatchSource.makeTimerSource(queue: .global())
                timer.schedule(deadline: .now() + .nanoseconds(Int(life.nanoseconds)))
                timer.setEventHandler { inbox.stop() }
                timer.resume()
                sources.append(timer)
            }
            return sources
        }
    }

    extension Instant {
        /// The wall clock's present, in whole seconds as Kubernetes writes times.
        static var present: Instant { Instant(nanoseconds: (Int64(time(nil)) - 1_767_225_600) * 1_000_000_000) }
    }

    /// A folder that is the user's alone: `$XDG_RUNTIME_DIR/evenkeel`, or one in the folder for temporary files.
    struct RuntimeFolder {
        let path: String

        init() throws {
            let environment = ProcessInfo.processInfo.environment
            if let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/") {
                path = "\(runtime)/evenkeel"
            } else {
                path = "\(environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp")/evenkeel-\(getuid())"
            }
            var status = stat()
            // Somebody else may have made it, or a link in its place.
            guard mkdir(path, 0o700) == 0 || errno == EEXIST, lstat(path, &status) == 0 else {
                throw Failure(status: 4, message: "Error: \(path): \(String(cString: strerror(errno)))\n")
            }
            guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(), status.st_mode & 0o077 == 0 else {
                throw Failure(status: 4, message: "Error: \(path) is not a folder of yours alone (mode 0700)\n")
            }
        }
    }

    /// A file that only its owner reads, in place of what was there.
    enum SecretFile {
        static func write(_ text: String, to path: String) throws {
            // mkstemp makes it with mode 0600.
            var name = Array("\(path).XXXXXX".utf8CString)
            let descriptor = mkstemp(&name)
            guard descriptor >= 0 else { throw failed(path) }
            let temporary = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            let bytes = Array(text.utf8)
            let isWritten = Foundation.write(descriptor, bytes, bytes.count) == bytes.count
            guard close(descriptor) == 0, isWritten, rename(temporary, path) == 0 else {
                let failure = failed(path)
                unlink(temporary)
                throw failure
            }
        }
        private static func failed(_ path: String) -> Failure { Failure(status: 4, message: "Error: \(path): \(String(cString: strerror(errno)))\n") }
    }
#endif
