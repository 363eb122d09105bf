// What a server costs its machine and its clients, measured from outside: a program of its own, clients over TLS.

#if Network
    import Dispatch
    import Foundation
    import NIOCore
    import NIOPosix
    import Network
    import SimulationKit
    import Synchronization

    /// Measures `evenkeel serve`. The clients share the machine with it, so its own CPU time is told beside each rate.
    public struct ServeFigures {
        public enum Part: String, CaseIterable, Sendable { case ready, creates, list, watch, busy }

        /// The program to be measured.
        public var program: String
        /// How long clients are busy in the part `busy`.
        public var busy = Duration.minutes(60)
        public var pods = 10_000

        public init(program: String) { self.program = program }

        public func run(_ part: Part, say: (String) -> Void) throws {
            switch part {
            case .ready: try ready(say)
            case .creates: try creates(say)
            case .list: try list(say)
            case .watch: try watch(say)
            case .busy: try busyTime(say)
            }
        }

        private func ready(_ say: (String) -> Void) throws {
            var times: [Double] = []
            var memory = 0.0
            for _ in 0..<5 {
                let child = try ServedChild(program)
                times.append(child.readySeconds * 1000)
                memory = child.megabytes
                child.end()
            }
            say("ready             \(text(times.min() ?? 0)) ms best of \(times.count), \(text(memory)) MB")
        }

        private func creates(_ say: (String) -> Void) throws {
            let child = try ServedChild(program)
            defer { child.end() }
            let (seconds, tally) = (5.0, Tally())
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            defer { try? group.syncShutdownGracefully() }
            let before = child.cpuSeconds
            for number in 0..<16 { try open(child, group) { Creator(number: number, tally: tally) } }
            Thread.sleep(forTimeInterval: seconds)
            tally.isOver.store(true, ordering: .relaxed)
            let made = tally.done.load(ordering: .relaxed)
            let cpu = child.cpuSeconds - before
            say(
                "creates           \(Int(Double(made) / seconds)) a second from 16 connections; the server took \(text(cpu * 1000 / max(1, Double(made) / 1000))) "
                    + "ms of CPU a thousand, has \(text(child.megabytes)) MB after \(made)")
            complain(tally, say)
        }

        private func list(_ say: (String) -> Void) throws {
            let child = try ServedChild(program, manifest: Self.deployment(pods), options: ["--nodes", String(pods / 80 + 1), "--zones", "1"])
            defer { child.end() }
            let tally = Tally()
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            defer { try? group.syncShutdownGracefully() }
            let lister = #"{"advance":"30m","paused":true}"#
            try open(child, group) { Asker("POST", "/apis/evenkeel.dev/v1/time", lister, tally: tally) }
            guard tally.wait(seconds: 600, until: 1) else { return say("list              not measured: the pods did not start in time") }
            for (name, path, accept) in [
                ("list", "/api/v1/pods", "application/json"), ("list, page of 500", "/api/v1/pods?limit=500", "application/json"),
                ("table, page of 500", "/api/v1/pods?limit=500", "application/json;as=Table;v=v1;g=meta.k8s.io"),
            ] {
                var times: [Double] = []
                let before = child.cpuSeconds
                for _ in 0..<5 {
                    let count = tally.done.load(ordering: .relaxed)
                    let begin = DispatchTime.now().uptimeNanoseconds
                    try open(child, group) { Asker("GET", path, "", accept: accept, tally: tally) }
                    guard tally.wait(seconds: 60, until: count + 1) else { return say("list              no answer") }
                    times.append(Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6)
                }
                say(
                    "\(name.padding(toLength: 18, withPad: " ", startingAt: 0))\(text(times.min() ?? 0)) ms best of 5 with a new connection each, "
                        + "\(tally.bytes.load(ordering: .relaxed) >> 10) kB, \(text((child.cpuSeconds - before) * 200)) ms of CPU each, \(pods) pods")
            }
            say("                  the server has \(text(child.megabytes)) MB")
            complain(tally, say)
        }

        private func watch(_ say: (String) -> Void) throws {
            let child = try ServedChild(program)
            defer { child.end() }
            let (watchers, rate, seconds, tally) = (100, 1000, 10.0, Tally())
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            defer { try? group.syncShutdownGracefully() }
            for _ in 0..<watchers { try open(child, group) { CountingWatcher(tally: tally) } }
            guard tally.wait(seconds: 30, until: watchers) else { return say("watch             the watches did not begin") }
            let before = child.cpuSeconds
            for number in 0..<8 { try open(child, group) { Ticker(number: number, pause: 8.0 / Double(rate), tally: tally) } }
            Thread.sleep(forTimeInterval: seconds)
            tally.isOver.store(true, ordering: .relaxed)
            Thread.sleep(forTimeInterval: 0.5)
            let (changes, seen) = (tally.done.load(ordering: .relaxed) - watchers, tally.events.load(ordering: .relaxed))
            say(
                "watch             \(Int(Double(changes) / seconds)) changes a second to \(watchers) watchers, \(Int(Double(seen) / seconds)) events a second; "
                    + "the server took \(text((child.cpuSeconds - before) / seconds)) of a core")
            complain(tally, say)
        }

        private func busyTime(_ say: (String) -> Void) throws {
            let child = try ServedChild(program)
            defer { child.end() }
            let tally = Tally()
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            defer { try? group.syncShutdownGracefully() }
            for _ in 0..<10 { try open(child, group) { CountingWatcher(tally: tally) } }
            for number in 0..<16 { try open(child, group) { Churner(number: number, tally: tally) } }
            let step = busy.seconds / 12
            for number in 1...12 {
                Thread.sleep(forTimeInterval: step)
                say(
                    "busy              after \(Duration.seconds(step * Double(number))): \(text(child.megabytes)) MB, \(tally.done.load(ordering: .relaxed)) requests, "
                        + "\(text(child.cpuSeconds)) s of CPU")
            }
            tally.isOver.store(true, ordering: .relaxed)
            complain(tally, say)
        }

        private func open(_ child: ServedChild, _ group: MultiThreadedEventLoopGroup, _ role: @escaping @Sendable () -> any Role) throws {
            try Line.open(child.place, child.security, on: group.next(), role).wait()
        }
        private func complain(_ tally: Tally, _ say: (String) -> Void) {
            let problem = tally.problem.withLock { $0 }
            if !problem.isEmpty { say("                  NOT AS WANTED: \(problem)") }
        }
        private func text(_ value: Double) -> String { String(format: value < 10 ? "%.2f" : "%.0f", value) }

        private static func deployment(_ replicas: Int) -> String {
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: \(replicas)
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: web:1, resources: {requests: {cpu: 10m, memory: 16Mi}}}]}

            """
        }
    }

    /// What clients count together.
    final class Tally: Sendable {
        let isOver = Atomic(false)
        let done = Atomic(0)
        let events = Atomic(0)
        let bytes = Atomic(0)
        let problem = Mutex("")

        func wait(seconds: Double, until count: Int) -> Bool {
            let end = DispatchTime.now().uptimeNanoseconds + UInt64(seconds * 1e9)
            while done.load(ordering: .relaxed) < count {
                if DispatchTime.now().uptimeNanoseconds > end { return false }
                usleep(200)
            }
            return true
        }
        func complain(_ text: String) { problem.withLock { if $0.isEmpty { $0 = text } } }
        func add() { done.add(1, ordering: .relaxed) }
    }

    /// `evenkeel serve` as a process of its own.
    final class ServedChild {
        let place: Place
        let security: TLSContext
        /// From its start until it says where it is.
        let readySeconds: Double
        private let process = Process()
        private let folder: URL

        init(_ program: String, manifest: String? = nil, options: [String] = []) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-figures-\(ProcessInfo.processInfo.processIdentifier)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let (kubeconfig, file) = (folder.appending(path: "kubeconfig"), folder.appending(path: "objects.yaml"))
            var arguments = ["serve", "--write-kubeconfig", kubeconfig.path] + options
            if let manifest {
                try manifest.write(to: file, atomically: true, encoding: .utf8)
                arguments.append(file.path)
            }
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            let output = Pipe()
            process.standardOutput = output
            let begin = DispatchTime.now().uptimeNanoseconds
            try process.run()
            let first = output.fileHandleForReading.availableData
            readySeconds = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
            let text = (try? String(contentsOf: kubeconfig, encoding: .utf8)) ?? ""
            func field(_ name: String) -> Data {
                let line = text.split(separator: "\n").first { $0.contains("\(name): ") }
                return line.flatMap { $0.split(separator: " ").last }.flatMap { Data(base64Encoded: String($0)) } ?? Data()
            }
            func der(_ pem: Data) -> [UInt8] {
                let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-----") }
                return Array(Data(base64Encoded: lines.joined()) ?? Data())
            }
            let port = String(decoding: first, as: UTF8.self).split(separator: "\n").first?.split(separator: ":").last.flatMap { Int($0) } ?? 0
            place = Place(
                port: port, trust: der(field("certificate-authority-data")),
                identity: Identity(certificate: der(field("client-certificate-data")), key: der(field("client-key-data"))))
            security = try place.security()
        }

        private func file(_ name: String) -> String {
            (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/\(name)", encoding: .utf8)) ?? ""
        }
        /// What it has in memory.
        var megabytes: Double {
            let line = file("status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
            return (kilobytes ?? 0) / 1024
        }
        /// What it has used of all cores.
        var cpuSeconds: Double {
            let fields = file("stat").split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }

        /// Ends it at once: Foundation's children do not hear every signal.
        func end() {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: folder)
        }
    }

    // MARK: Clients

    /// Asks one thing, once.
    final class Asker: Role {
        private let request: (method: String, path: String, body: String, accept: String)
        private let tally: Tally
        init(_ method: String, _ path: String, _ body: String, accept: String = "application/json", tally: Tally) {
            (request, self.tally) = ((method, path, body, accept), tally)
        }
        func connected(_ line: Line) {
            if request.method == "GET" { line.get(request.path, accept: request.accept) } else { line.request(request.method, request.path, request.body) }
        }
        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {
            if status >= 300 { tally.complain("\(status) for \(request.path)") }
            tally.bytes.store(body.readableBytes, ordering: .relaxed)
            tally.add()
            line.close()
        }
        func closed(_ line: Line) {}
    }

    /// Creates one object after another.
    final class Creator: Role {
        private let number: Int
        private let tally: Tally
        private var count = 0
        init(number: Int, tally: Tally) { (self.number, self.tally) = (number, tally) }
        func connected(_ line: Line) { ask(line) }
        private func ask(_ line: Line) {
            if tally.isOver.load(ordering: .relaxed) { return line.close() }
            count += 1
            line.request(
                "POST", "/api/v1/namespaces/default/configmaps",
                #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c\#(number)-\#(count)"},"data":{"a":"b"}}"#)
        }
        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {
            if status == 201 { tally.add() } else { tally.complain("a create was answered with \(status)") }
            ask(line)
        }
        func closed(_ line: Line) {}
    }

    /// Counts what it is told.
    final class CountingWatcher: Role {
        private let tally: Tally
        init(tally: Tally) { self.tally = tally }
        func connected(_ line: Line) {
            line.get("/api/v1/namespaces/default/configmaps?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
        }
        private var hasBegun = false
        func heard(_ text: ByteBufferView, _ line: Line) {
            if hasBegun { tally.events.add(1, ordering: .relaxed) }
            guard !hasBegun, text.starts(with: Array(#"{"type":"BOOKMARK""#.utf8)) else { return }
            hasBegun = true
            tally.add()
        }
        /// A server ends each watch after 30 to 60 minutes, and its client begins another.
        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {
            if status == 200 { connected(line) } else { tally.complain("a watch ended with \(status)") }
        }
        func closed(_ line: Line) { if !tally.isOver.load(ordering: .relaxed) { tally.complain("a watcher was dropped") } }
    }

    /// Changes one object at a steady pace.
    final class Ticker: Role {
        private let path: String
        private let name: String
        private let pause: Double
        private let tally: Tally
        private var count = 0
        init(number: Int, pause: Double, tally: Tally) {
            (name, self.pause, self.tally) = ("t\(number)", pause, tally)
            path = "/api/v1/namespaces/default/configmaps"
        }
        func connected(_ line: Line) { line.request("POST", path, #"{"metadata":{"name":"\#(name)"}}"#) }
        private var due: NIODeadline = .now()
        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {
            if status >= 300 { tally.complain("a change was answered with \(status)") }
            tally.add()
            due = max(due + .nanoseconds(Int64(pause * 1e9)), .now() - .milliseconds(100))
            line.loop?.assumeIsolated().scheduleTask(deadline: due) { self.ask(line) }
        }
        private func ask(_ line: Line) {
            if tally.isOver.load(ordering: .relaxed) { return line.close() }
            count += 1
            line.request("PATCH", "\(path)/\(name)", type: "application/merge-patch+json", #"{"data":{"n":"\#(count)"}}"#)
        }
        func closed(_ line: Line) {}
    }

    /// Creates, reads, changes and deletes, again and again, so that in the end there is no more than at the beginning.
    final class Churner: Role {
        private let name: String
        private let tally: Tally
        private var step = 0
        init(number: Int, tally: Tally) { (name, self.tally) = ("b\(number)", tally) }
        func connected(_ line: Line) { ask(line) }
        private static let path = "/apis/apps/v1/namespaces/default/deployments"
        private func ask(_ line: Line) {
            if tally.isOver.load(ordering: .relaxed) { return line.close() }
            let path = "\(Self.path)/\(name)"
            switch step % 6 {
            case 0:
                line.request(
                    "POST", Self.path,
                    #"{"metadata":{"name":"\#(name)"},"spec":{"replicas":2,"selector":{"matchLabels":{"a":"\#(name)"}},"template":{"metadata":{"labels":"#
                        + #"{"a":"\#(name)"}},"spec":{"containers":[{"name":"c","image":"app"}]}}}}"#)
            case 1: line.get("/api/v1/namespaces/default/pods?limit=50")
            case 2: line.request("PATCH", path, type: "application/merge-patch+json", #"{"spec":{"replicas":3}}"#)
            case 3: line.get(path)
            case 4: line.get("/api/v1/events?limit=20", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
            default: line.request("DELETE", path, #"{"propagationPolicy":"Background"}"#)
            }
            step += 1
        }
        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {
            if status >= 300 { tally.complain("a request was answered with \(status)") }
            tally.add()
            line.loop?.assumeIsolated().scheduleTask(in: .milliseconds(20)) { self.ask(line) }
        }
        func closed(_ line: Line) {}
    }
#endif
