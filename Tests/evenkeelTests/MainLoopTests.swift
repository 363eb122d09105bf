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
    private typealias Parts = (loop: MainLoop<ScriptedTerminal>, watch: LongWorkWatch<ScriptedTerminal>, folder: URL)

    /// The loop over the built-in cluster, paused, where all keys come in one turn and the end of the terminal after them; and the
    /// folder of its files, which the caller removes.
    private func parts(_ keys: String) throws -> Parts {
        var session = Input(ManifestReader.read(text: BuiltInCluster.manifests, file: "built-in")).makeSession().session
        session.isPaused = true
        var terminal = ScriptedTerminal(size: Size(width: 120, height: 36))
        terminal.events = try Key.parse(keys).map { .key($0) }
        terminal.batch = terminal.events.count
        terminal.events.append(.hangup)
        let watch = LongWorkWatch(terminal, theme: .standard)
        var loop = MainLoop(dashboard: Dashboard(session: session), watch: watch)
        let folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-loop-\(UUID().uuidString)")
        loop.folder = folder.path
        return (loop, watch, folder)
    }

    @Test func `two files, two copies, a suspension and a theme of one turn all happen before the end`() throws {
        var (loop, watch, folder) = try parts(":export a<Enter>:deploy<Enter>c:export b<Enter>jc:suspend<Enter>:skin standard<Enter>:q!<Enter>")
        defer { try? FileManager.default.removeItem(at: folder) }
        let status = loop.run()
        #expect(status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.yaml", "b.yaml"])
        #expect(watch.terminal.clipboard.count == 2 && watch.terminal.clipboard.first != watch.terminal.clipboard.last)
        #expect(watch.terminal.suspensions == 1)
        #expect(watch.terminal.isRestored)
        #expect(loop.dashboard.requests == [])
    }

    @Test func `of two files that are there already one is asked about after the other`() throws {
        var (loop, watch, folder) = try parts(":export a<Enter>:export b<Enter>")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["a.yaml", "b.yaml"] { try "kept".write(to: folder.appending(path: name), atomically: true, encoding: .utf8) }
        _ = loop.run()
        #expect(watch.terminal.picture.contains("Replace  a.yaml"))
        watch.terminal.batch = 1
        for key in ["<Esc>", "y"] {
            // An answer that came before the question was seen would not count.
            loop.dashboard.advance(by: .seconds(1)) { true }
            watch.terminal.events = try Key.parse(key).map { .key($0) } + [.hangup]
            _ = loop.run()
        }
        #expect(try String(contentsOf: folder.appending(path: "a.yaml"), encoding: .utf8) == "kept")
        #expect(try String(contentsOf: folder.appending(path: "b.yaml"), encoding: .utf8).contains("kind: Deployment"))
    }

    @Test func `an edit goes through the editor of the user and back`() throws {
        var (loop, watch, _) = try parts(":deploy shop /api<Enter>e")
        loop.environment = ["EDITOR": #"sed -i -E 0,/replicas:/s/(replicas:).[0-9]+/\1\x207/"#]
        _ = loop.run()
        #expect(watch.terminal.releases == 1)
        #expect(loop.dashboard.session.cluster.store.deployments[ObjectKey(namespace: "shop", name: "api")]?.spec.replicas == 7)
    }

    @Test(arguments: [(TerminalEvent.terminate(signal: 15), 143), (.hangup, 129)])
    func `a signal ends it with the status of a shell`(event: TerminalEvent, status: Int32) throws {
        var (loop, watch, _) = try parts("j")
        watch.terminal.events = [event]
        let found = loop.run()
        #expect(found == status)
        #expect(watch.terminal.isRestored)
    }
}
