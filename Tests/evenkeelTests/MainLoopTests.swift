import Canvas
import Dashboard
import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Terminal
import Testing
import evenkeel

/// The main loop on a script in place of a terminal: what the dashboard asks for is done, all of it and in order.
@Suite struct MainLoopTests {
    private struct Parts {
        let loop: MainLoop<ScriptedTerminal>
        var watch: LongWorkWatch<ScriptedTerminal>
        var folder: URL
    }

    /// The loop over the built-in cluster, paused, where all keys come in one turn and the end of the terminal after them; and the
    /// folder of its files, which the caller removes.
    private func make(_ keys: String) throws -> Parts {
        var session = Input(ManifestReader.read(text: BuiltInCluster.manifests, file: "built-in")).makeSession().session
        session.isPaused = true
        var terminal = ScriptedTerminal(size: Size(width: 120, height: 36))
        terminal.events = try Key.parse(keys).map { .key($0) }
        terminal.batch = terminal.events.count
        terminal.events.append(.hangup)
        let watch = LongWorkWatch(terminal, theme: .standard)
        let loop = MainLoop(dashboard: Dashboard(session: session), watch: watch)
        let folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-loop-\(UUID().uuidString)")
        loop.folder = folder.path
        return Parts(loop: loop, watch: watch, folder: folder)
    }

    @Test func `two files, two copies, a suspension and a theme of one turn all happen before the end`() throws {
        let parts = try make(":export a<Enter>:deploy<Enter>c:export b<Enter>jc:suspend<Enter>:skin standard<Enter>:q!<Enter>")
        defer { try? FileManager.default.removeItem(at: parts.folder) }
        let status = parts.loop.run()
        #expect(status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: parts.folder.path).sorted() == ["a.yaml", "b.yaml"])
        #expect(parts.watch.terminal.clipboard.count == 2 && parts.watch.terminal.clipboard.first != parts.watch.terminal.clipboard.last)
        #expect(parts.watch.terminal.suspensions == 1)
        #expect(parts.watch.terminal.isRestored)
        #expect(parts.loop.dashboard.requests == [])
    }

    @Test func `of two files that are there already one is asked about after the other`() throws {
        let parts = try make(":export a<Enter>:export b<Enter>")
        defer { try? FileManager.default.removeItem(at: parts.folder) }
        try FileManager.default.createDirectory(at: parts.folder, withIntermediateDirectories: true)
        for name in ["a.yaml", "b.yaml"] { try "kept".write(to: parts.folder.appending(path: name), atomically: true, encoding: .utf8) }
        _ = parts.loop.run()
        #expect(parts.watch.terminal.picture.contains("Replace  a.yaml"))
        parts.watch.terminal.batch = 1
        for key in ["<Esc>", "y"] {
            // An answer that came before the question was seen would not count.
            parts.loop.dashboard.advance(by: .seconds(1)) { true }
            parts.watch.terminal.events = try Key.parse(key).map { TerminalEvent.key($0) } + [.hangup]
            _ = parts.loop.run()
        }
        #expect(try String(contentsOf: parts.folder.appending(path: "a.yaml"), encoding: .utf8) == "kept")
        #expect(try String(contentsOf: parts.folder.appending(path: "b.yaml"), encoding: .utf8).contains("kind: Deployment"))
    }

    #if Network
        @Test func `clients are let in from the prompt, and sent away`() throws {
            let parts = try make(":serve 99999<Enter>")
            _ = parts.loop.run()
            #expect(parts.watch.terminal.picture.contains("A port is 0 to 65535, not 99999"))
            func type(_ keys: String) throws {
                parts.watch.terminal.events = try Key.parse(keys).map { TerminalEvent.key($0) }
                parts.watch.terminal.batch = parts.watch.terminal.events.count
                parts.watch.terminal.events.append(.hangup)
                _ = parts.loop.run()
            }
            let before = parts.loop.dashboard.session.cluster.settings.rootCertificates
            try type(":serve<Enter>")
            let session = parts.loop.dashboard.session
            #expect(session.speed == .times(1))
            // Pods trust the certificates of this very server.
            #expect(session.cluster.settings.rootCertificates.hasPrefix("-----BEGIN CERTIFICATE-----") && session.cluster.settings.rootCertificates != before)
            try type(":serve<Enter>")
            #expect(parts.loop.dashboard.session.cluster.settings.rootCertificates == session.cluster.settings.rootCertificates)
            // The next one is another.
            try type(":serve stop<Enter>")
            try type(":serve<Enter>")
            #expect(parts.loop.dashboard.session.cluster.settings.rootCertificates != session.cluster.settings.rootCertificates)
            try type(":serve stop<Enter>")
        }
    #endif

    @Test func `an edit goes through the editor of the user and back`() throws {
        let parts = try make(":deploy shop /api<Enter>e")
        parts.loop.environment = ["EDITOR": #"sed -i -E 0,/replicas:/s/(replicas:).[0-9]+/\1\x207/"#]
        _ = parts.loop.run()
        #expect(parts.watch.terminal.releases == 1)
        #expect(parts.loop.dashboard.session.cluster.store.deployments[ObjectKey(namespace: "shop", name: "api")]?.spec.replicas == 7)
    }

    @Test(arguments: [(.terminate(signal: 15), 143), (.hangup, 129)] as [(TerminalEvent, Int32)])
    func `a signal ends it with the status of a shell`(event: TerminalEvent, status: Int32) throws {
        let parts = try make("j")
        parts.watch.terminal.events = [event]
        let found = parts.loop.run()
        #expect(found == status)
        #expect(parts.watch.terminal.isRestored)
    }

    @Test func `while time runs it sleeps until the next frame, but never longer than time can be made up for`() throws {
        let parts = try make("j")
        for line in [":speed 1", ":play"] { parts.loop.dashboard.type(line) }
        #expect(!parts.loop.dashboard.session.isPaused && parts.loop.dashboard.session.speed == .times(1))
        #expect(parts.loop.dashboard.framePeriod == .milliseconds(100))
        _ = parts.loop.run()
        // A tenth of a second without what the frame took, or five times that.
        #expect(parts.watch.terminal.waits.first.map { (80...200).contains($0) } ?? false, "\(parts.watch.terminal.waits)")
        // Fewer frames are wanted: it does not look for keys all the time meanwhile.
        let calm = try make("j")
        for line in [":speed 1", ":play"] { calm.loop.dashboard.type(line) }
        calm.loop.framePeriod = 1_000_000_000
        _ = calm.loop.run()
        #expect(calm.watch.terminal.waits.first == 200)
        calm.loop.dashboard.type(":speed 2")
        #expect(calm.loop.dashboard.framePeriod == .milliseconds(33))
    }

    @Test func `a key acts on what its user saw, before more time runs, but keys without end do not hold time up`() throws {
        let parts = try make(",")
        for line in [":speed max", ":play"] { parts.loop.dashboard.type(line) }
        let before = parts.loop.dashboard.session.now
        _ = parts.loop.run()
        #expect(parts.loop.dashboard.session.isPaused)
        #expect(parts.loop.dashboard.session.now == before)

        let held = try make("jjjjjjjjjj")
        for line in [":speed max", ":play"] { held.loop.dashboard.type(line) }
        held.watch.terminal.batch = 1
        _ = held.loop.run()
        #expect(held.loop.dashboard.session.now > before)
    }

    @Test func `a key answers a question that it follows by a moment, though time does not run before it`() throws {
        let parts = try make("C")
        func isAsked() -> Bool { parts.loop.dashboard.frame(size: Size(width: 120, height: 36)).picture().contains("─ Create ─") }
        _ = parts.loop.run()
        #expect(isAsked())
        // Nothing but real time goes by.
        Thread.sleep(forTimeInterval: 0.3)
        parts.watch.terminal.events = [.key(try Key.parse("<Esc>")[0]), .hangup]
        _ = parts.loop.run()
        #expect(!isAsked())
    }
}
