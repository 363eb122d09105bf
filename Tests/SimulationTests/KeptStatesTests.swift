import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// What a session holds to go back to, and how long going back may be stopped.
@Suite struct KeptStatesTests {
    private let web = ObjectKey(namespace: "default", name: "web")
    private func make() -> Session {
        session(scenario("  seed: 3\n  cluster: {zones: 3, nodesPerZone: 1}\n") + deployment("web", replicas: 6))
    }

    @Test func `states kept at full speed are bounded by what they hold`() {
        var session = make()
        for minute in 1...400 {
            _ = minute % 5 == 0 ? session.perform(.restart(.deployment, web)) : .success(Receipt(""))
            session.run(to: Double(minute) * 20)
            session.checkpoint()
        }
        #expect(session.keptSize <= Session.capacity)
        #expect(session.keptCount <= 240 && session.keptCount >= 8)
        // The beginning and the last moments are there still.
        let story = session.story
        session.rewind(to: .start + .seconds(7990))
        session.run(to: 8000)
        #expect(session.story == story)
        let undone = session.undo()
        #expect((try? undone?.result.get())?.message.contains("restarted") == true)
    }

    @Test func `states between which nothing happens hold next to nothing`() {
        var session = make()
        session.run(to: 60)
        session.checkpoint()
        let before = session.keptSize
        for i in 0..<20 { _ = session.perform(.scale(.deployment, web, replicas: 6 + i % 2)) }
        #expect(session.keptSize - before < 4 << 20)
        var undone = 0
        while session.undo() != nil { undone += 1 }
        #expect(undone == 20)
    }

    @Test func `the last commands are remembered, not all`() {
        var session = session(scenario("  cluster: {zones: 1, nodesPerZone: 1}\n"))
        #expect(session.mostCommands == 10_000)
        session.mostCommands = 300
        for i in 0..<410 { _ = session.perform(i % 2 == 0 ? .cordon(node: "a1") : .uncordon(node: "a1")) }
        #expect(session.commandCount == 410)
        #expect(session.journal.count <= 300)
        let undone = [session.undo(), session.undo()]
        #expect(!undone.contains { $0 == nil })
    }

    @Test func `clients' large writes are remembered up to a bound, and their changes are kept up to another`() throws {
        var session = session(scenario("  cluster: {zones: 1, nodesPerZone: 1}\n"))
        session.keepChanges(8192)
        let text = String(repeating: "x", count: 1_000_000)
        let cursor = session.cluster.store.end
        func write(_ number: Int) -> APIWrite {
            let document: JSONValue = [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("c\(number)"), "namespace": "default"],
                "data": ["text": .string("\(number)\(text)")],
            ]
            return APIWrite(.create(document), Kind.configMap.info, namespace: "default")
        }
        for number in 0..<75 {
            _ = try session.perform(write(number)).get()
            session.run(to: Double(number))
            if number == 40 { #expect(session.journal.count == 41) }
        }
        let isHeld = session.cluster.store.holds(cursor)
        #expect(!isHeld)
        #expect(session.journal.count < 51 && session.journal.count >= 20, "\(session.journal.count)")
        #expect(session.commandCount == 75)
        // It can still be replayed from what is remembered.
        let objects = session.objects
        var replay = try #require(session.replayOfAll())
        let arrived = replay.run()
        #expect(arrived && replay.session.objects == objects)
    }

    @Test func `going back can be stopped, and then nothing has changed`() throws {
        var session = make()
        session.run(to: 40)
        _ = session.perform(.scale(.deployment, web, replicas: 8))
        session.run(to: 120)
        let objects = session.objects
        var replay = try #require(session.replay(to: .start + .seconds(100)))
        var asked = 0
        let arrived = replay.run { _ in
            asked += 1
            return asked == 30
        }
        #expect(!arrived && replay.session.now < .start + .seconds(100))
        #expect(session.objects == objects && session.now == .start + .seconds(120))
        // It goes on from where it was stopped, to the same end.
        let goesOn = replay.run()
        #expect(goesOn)
        session.rewind(to: .start + .seconds(100))
        #expect(replay.session.objects == session.objects && replay.session.story == session.story)
        #expect(replay.session.journal.count == 1)
    }
}
