// Many clients at once, well and badly behaved, and whether the server kept its word to them.

#if Network
    import APIServer
    import Dispatch
    import Foundation
    import KubernetesAPI
    import NIOCore
    import NIOPosix
    import Network
    import Simulation
    import SimulationKit
    import Synchronization

    /// A crowd of clients that write, watch, come and go, send garbage and half requests, at one server.
    ///
    /// Writers and watchers keep account of what they were told. At the end it must hold: nothing that was acknowledged is lost; every
    /// watcher that stayed saw each change once and in order; the session's journal, replayed without clients, leads to the same state.
    public struct Crowd: Sendable {
        /// How many clients there are; each is one connection, some of them again and again.
        public var clients = 200
        public var duration = Duration.seconds(5)
        /// Writes a second that all writers together aim at.
        public var rate = 400
        public var seed: UInt64 = 1

        public init() {}

        /// What came of it.
        public struct Report: Sendable {
            /// Writes that were acknowledged, and those that were refused for a reason that is no fault (429).
            public var acknowledged = 0
            public var putOff = 0
            /// Changes that each watcher saw.
            public var seen = 0
            public var watchers = 0
            /// Requests cut in the middle, garbage, streams that were left.
            public var misdeeds = 0
            /// Watchers that never read, and were dropped for it.
            public var dropped = 0
            /// Commands of the journal that were replayed.
            public var replayed = 0
            /// What should not be, in words.
            public var problems: [String] = []
        }

        static let namespace = "crowd"
        static let path = "/api/v1/namespaces/crowd/configmaps"

        /// Runs the crowd at a server of its own.
        public func run() throws -> Report {
            let server = try CrowdServer()
            let ledger = Ledger()
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            defer { try? group.syncShutdownGracefully() }
            let scene = try Scene(place: server.place(), nobody: server.place(isNobody: true), ledger: ledger, seed: seed)
            try prepare(scene, group)
            let watchers = max(1, clients / 5)
            try scene.open(watchers, on: group) { Watcher(number: $0, scene: scene) }
            guard scene.wait(seconds: 20, until: { ledger.count(of: .watching) == watchers }) else {
                return Report(problems: ["only \(ledger.count(of: .watching)) of \(watchers) watches began"])
            }
            let writers = max(1, clients * 2 / 5)
            let pause = Double(writers) / Double(max(1, rate))
            try scene.open(writers, on: group) { Writer(number: $0, pause: pause, scene: scene) }
            try scene.open(max(1, clients / 20), on: group) { _ in DeafWatcher(scene: scene) }
            try scene.open(max(1, clients - watchers - writers - clients / 20), on: group) { Troublemaker(number: $0, scene: scene) }
            Thread.sleep(forTimeInterval: duration.seconds)
            scene.isOver.store(true, ordering: .relaxed)
            let isQuiet = scene.wait(seconds: 30) { ledger.count(of: .writing) == 0 }
            if !isQuiet { ledger.complain("\(ledger.count(of: .writing)) writers wait for an answer at the end") }
            let sawAll = scene.wait(seconds: 30) { ledger.hasSeenAll }
            if !sawAll { ledger.complain("not every watcher saw the last change") }
            var report = ledger.report()
            report.watchers = watchers
            let session = server.stop()
            check(session, ledger, &report)
            return report
        }

        /// A namespace for the crowd.
        private func prepare(_ scene: Scene, _ group: MultiThreadedEventLoopGroup) throws {
            try scene.open(1, on: group) { _ in Founder(scene: scene) }
            _ = scene.wait(seconds: 10) { scene.ledger.count(of: .founded) == 1 }
        }

        /// Compares what is there with what was acknowledged, and with what a replay leads to.
        private func check(_ session: Session, _ ledger: Ledger, _ report: inout Report) {
            for (name, number) in ledger.wanted.sorted(by: { $0.key < $1.key }) {
                let found = session.cluster.store.configMaps[ObjectKey(namespace: Self.namespace, name: name)]?.data["n"]
                if found != number.map(String.init) {
                    report.problems.append("\(name) is \(found ?? "not there"), acknowledged was \(number.map(String.init) ?? "its deletion")")
                }
            }
            var own = session
            // A turn may have ended in the middle of an instant.
            own.advance(to: own.now)
            guard var replay = own.replayOfAll() else { return }
            report.replayed = own.journal.count
            replay.run()
            if Self.digest(replay.session) != Self.digest(own) { report.problems.append("the journal replayed leads to another state") }
        }

        /// A number that stands for all objects and the time.
        public static func digest(_ session: Session) -> String {
            var bytes = Array("\(session.now.rfc3339) \(session.cluster.store.revision)\n".utf8)
            for kind in Kind.allCases {
                for object in session.cluster.store.objects(kind) {
                    object.document.write(to: &bytes)
                    bytes.append(0x0a)
                }
            }
            return StableHash.hex(StableHash.fnv1a64(String(decoding: bytes, as: UTF8.self)))
        }
    }

    /// A server with its simulation's thread, which gives its session back at the end.
    final class CrowdServer: Sendable {
        private let authority: CertificateAuthority
        private let listener: APIListener
        private let inbox = Inbox()
        private let ended = DispatchSemaphore(value: 0)
        private let end = Mutex<Session?>(nil)
        private let start: Session

        init() throws {
            authority = try CertificateAuthority()
            listener = try APIListener(identity: try authority.server(for: ["127.0.0.1", "localhost"]), authority: authority, inbox: inbox)
            var start = Session(Simulation(SimulationOptions()))
            start.mostCommands = .max
            start.isPaused = false
            start.speed = .times(10)
            self.start = start
            let thread = Thread { [self] in
                let served = ServedSession(self.start, api: APIServer(), inbox: inbox, programs: SimulatedPrograms.find)
                served.run()
                end.withLock { $0 = served.session }
                ended.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }

        func place(isNobody: Bool = false) throws -> Place {
            let identity = isNobody ? nil : try authority.client(user: "crowd", groups: ["system:masters"])
            return Place(port: listener.port, trust: authority.root.certificate, identity: identity)
        }

        /// Ends the server; returns the session as it was left.
        func stop() -> Session {
            inbox.stop()
            ended.wait()
            listener.close()
            return end.withLock { $0 } ?? start
        }
    }

    /// What all clients have in common.
    final class Scene: Sendable {
        let place: Place
        let nobody: Place
        let security: TLSContext
        let nobodysSecurity: TLSContext
        let ledger: Ledger
        let seed: UInt64
        let isOver = Atomic(false)

        init(place: Place, nobody: Place, ledger: Ledger, seed: UInt64) throws {
            (self.place, self.nobody, self.ledger, self.seed) = (place, nobody, ledger, seed)
            (security, nobodysSecurity) = (try place.security(), try nobody.security())
        }

        var hasEnded: Bool { isOver.load(ordering: .relaxed) }

        func open(
            _ count: Int, on group: MultiThreadedEventLoopGroup, _ role: @escaping @Sendable (Int) -> any Role
        ) throws {
            for number in 0..<count {
                try Line.open(place, security, on: group.next()) { role(number) }.wait()
            }
        }

        /// Waits until something is so; returns whether that came true.
        func wait(seconds: Double, until isDone: () -> Bool) -> Bool {
            let end = DispatchTime.now().uptimeNanoseconds + UInt64(seconds * 1e9)
            while DispatchTime.now().uptimeNanoseconds < end {
                if isDone() { return true }
                usleep(5000)
            }
            return isDone()
        }
    }

    /// What the server told its clients, put together.
    final class Ledger: Sendable {
        enum Stage { case founded, watching, writing }
        private struct Content {
            var stages: [Stage: Int] = [:]
            var report = Crowd.Report()
            /// What was acknowledged last, by name: a number, or that it is gone.
            var wanted: [String: Int?] = [:]
            /// Of each watcher, how many changes it saw and a number that stands for them.
            var seen: [Int: (count: Int, hash: UInt64)] = [:]
        }
        private let content = Mutex(Content())

        func enter(_ stage: Stage) { content.withLock { $0.stages[stage, default: 0] += 1 } }
        func leave(_ stage: Stage) { content.withLock { $0.stages[stage, default: 0] -= 1 } }
        func count(of stage: Stage) -> Int { content.withLock { $0.stages[stage] ?? 0 } }
        func complain(_ text: String) { content.withLock { if $0.report.problems.count < 20 { $0.report.problems.append(text) } } }
        func noteMisdeed() { content.withLock { $0.report.misdeeds += 1 } }
        func noteDropped() { content.withLock { $0.report.dropped += 1 } }
        func notePutOff() { content.withLock { $0.report.putOff += 1 } }

        func acknowledge(_ name: String, _ number: Int?) {
            content.withLock {
                $0.report.acknowledged += 1
                $0.wanted.updateValue(number, forKey: name)
            }
        }
        func beginWatching(_ watcher: Int) {
            content.withLock {
                $0.stages[.watching, default: 0] += 1
                $0.seen[watcher] = (0, 0)
            }
        }
        func see(_ watcher: Int, _ hash: UInt64) {
            content.withLock {
                $0.seen[watcher, default: (0, 0)].count += 1
                $0.seen[watcher]?.hash = hash
            }
        }

        var wanted: [String: Int?] { content.withLock { $0.wanted } }
        /// Whether each watcher saw as many changes as were acknowledged.
        var hasSeenAll: Bool { content.withLock { content in content.seen.values.allSatisfy { $0.count >= content.report.acknowledged } } }

        func report() -> Crowd.Report {
            content.withLock { content in
                var report = content.report
                let hashes = Set(content.seen.values.map(\.hash))
                if hashes.count > 1 { report.problems.append("the watchers saw \(hashes.count) different sequences") }
                report.seen = content.seen.values.map(\.count).min() ?? 0
                if let most = content.seen.values.map(\.count).max(), most != report.acknowledged {
                    report.problems.append("a watcher saw \(most) changes, \(report.acknowledged) were acknowledged")
                }
                return report
            }
        }
    }
#endif
