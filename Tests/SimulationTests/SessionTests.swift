// Sessions: time, commands, undo, rewinding.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@Suite struct SessionTests {
    private let web = ObjectKey(namespace: "default", name: "web")
    private func make(_ spec: String = "") -> Session {
        session(scenario("  seed: 3\n  cluster: {zones: 3, nodesPerZone: 1}\n" + spec) + deployment("web", replicas: 6))
    }
    private func fails(_ result: Result<Receipt, APIError>) -> String? {
        if case .failure(let error) = result { error.message } else { nil }
    }

    // MARK: Undo

    @Test func `undo takes back the last command and all that came of it`() {
        var session = make()
        session.run(to: 60)
        let before = session
        _ = session.perform(.scale(.deployment, web, replicas: 2))
        session.run(to: 90)
        #expect(session.pods().count == 2)
        let undone = session.undo()
        #expect(undone?.result == .success(Receipt("deployment.apps/web scaled to 2")))
        #expect(session.now == before.now && session.objects == before.objects && session.story == before.story)
        #expect(session.journal.isEmpty)
        #expect(session.undo() == nil)
    }

    @Test func `each undo goes one command further back`() {
        var session = make()
        session.run(to: 60)
        var states: [String] = []
        for replicas in [2, 9, 4] {
            states.append(session.objects)
            _ = session.perform(.scale(.deployment, web, replicas: replicas))
            session.run(to: session.now.sinceStart.seconds + 20)
        }
        for state in states.reversed() {
            #expect(session.undo() != nil)
            #expect(session.objects == state)
        }
        #expect(session.now == .start + .seconds(60))
    }

    @Test func `a refused command leaves no trace, not even in the names that come next`() {
        var (plain, tried) = (make(), make())
        plain.run(to: 30)
        tried.run(to: 30)
        var nameless = Pod()
        nameless.metadata.generateName = "p-"
        #expect(fails(tried.perform(.create(nameless)))?.contains("spec.containers: Required value") == true)
        var good = ConfigMap()
        good.metadata.name = "good"
        #expect(fails(tried.perform(.apply([good, nameless]))) != nil)
        #expect(fails(tried.perform(.scale(.deployment, web, replicas: -1))) != nil)
        #expect(fails(tried.perform(.fail(.zone("eu-x")))) == "no node has topology.kubernetes.io/zone=eu-x")
        #expect(tried.journal.isEmpty && tried.undo() == nil)
        #expect(tried.cluster.store.configMaps.all.allSatisfy { $0.metadata.name != "good" })
        for i in 0..<2 {
            _ = i == 0 ? plain.perform(.restart(.deployment, web)) : tried.perform(.restart(.deployment, web))
        }
        plain.run(to: 60)
        tried.run(to: 60)
        #expect(plain.story == tried.story && plain.objects == tried.objects)
    }

    // MARK: Rewind

    @Test func `after going back the same events come again`() {
        var session = make()
        session.run(to: 20)
        session.checkpoint()
        session.run(to: 120)
        let (story, objects) = (session.story, session.objects)
        var then = make()
        then.run(to: 33.5)
        let went = session.rewind(to: .start + .seconds(33.5))
        #expect(went)
        #expect(session.now == .start + .seconds(33.5))
        #expect(session.objects == then.objects && session.story == then.story)
        session.run(to: 120)
        #expect(session.story == story && session.objects == objects)
    }

    @Test func `going back keeps the commands given before, and forgets later ones`() {
        var session = make()
        session.run(to: 40)
        _ = session.perform(.scale(.deployment, web, replicas: 8))
        _ = session.perform(.cordon(node: "a1"))
        session.run(to: 60)
        let (story, objects) = (session.story, session.objects)
        session.run(to: 80)
        _ = session.perform(.delete(.deployment, web, .init()))
        session.run(to: 120)
        session.rewind(to: .start + .seconds(60))
        #expect(session.story == story && session.objects == objects)
        #expect(session.journal.map { (try? $0.result.get().message) ?? "" } == ["deployment.apps/web scaled to 8", "node/a1 cordoned"])
        session.run(to: 200)
        #expect(session.pods().count == 8)
        // What is kept can be undone still.
        #expect((try? session.undo()?.result.get())?.message == "node/a1 cordoned")
        #expect(!session.node("a1").spec.unschedulable && session.now == .start + .seconds(40))
        #expect((try? session.undo()?.result.get())?.message == "deployment.apps/web scaled to 8")
        #expect(session.pods().count == 6)
    }

    @Test func `a command between the events of one instant stays at its place`() {
        var session = make()
        // Stop at an event after which more is due at the same instant.
        var events = 0
        session.advance(
            to: .start + .seconds(10),
            until: {
                events += 1
                return events == 60
            })
        while session.simulation.nextDue != session.now { session.step() }
        _ = session.perform(.scale(.deployment, web, replicas: 1))
        let given = session.now
        session.run(to: 15)
        let story = session.story
        session.run(to: 60)
        session.rewind(to: .start + .seconds(15))
        #expect(session.story == story)
        #expect(session.journal.map(\.time) == [given])
    }

    @Test func `hundreds of commands can be gone back over`() {
        var session = make()
        var objects: [String] = []
        for i in 0..<300 {
            _ = session.perform(.scale(.deployment, web, replicas: 1 + i % 7))
            if i <= 50 { objects.append(session.objects) }
            session.run(to: Double(i + 1))
        }
        #expect(session.journal.count == 300)
        for second in [50, 21, 3] {
            session.rewind(to: .start + .seconds(second))
            #expect(session.objects == objects[second], "\(second) s")
            #expect(session.journal.count == second + 1)
        }
    }

    @Test func `the scenario goes on after going back, and its steps happen once`() {
        var session = make(
            """
              steps:
              - {at: 30s, scale: {kind: Deployment, name: web, replicas: 3}}
              - {at: 50s, scale: {kind: Deployment, name: web, replicas: 4}}
              expect:
              - {at: 40s, pods: {labelSelector: app=web, count: 9}}
            """)
        session.run(to: 45)
        _ = session.perform(.cordon(node: "b1"))
        session.run(to: 90)
        let (story, objects) = (session.story, session.objects)
        for second in [60.0, 30, 10] {
            session.rewind(to: .start + .seconds(second))
            #expect(session.script.failures.count == (second < 40 ? 0 : 1))
            if second < 45 {
                session.run(to: 45)
                _ = session.perform(.cordon(node: "b1"))
            }
            session.run(to: 90)
            #expect(session.story == story && session.objects == objects, "from \(second) s")
            #expect(session.journal.map(\.isScripted) == [true, false, true])
            #expect(session.script.failures.count == 1)
        }
    }

    @Test func `the future cannot be gone back to`() {
        var session = make()
        session.run(to: 10)
        let went = (session.rewind(to: .start + .seconds(10)), session.rewind(to: .start + .seconds(11)))
        #expect(went == (false, false))
        #expect(session.now == .start + .seconds(10))
    }

    // MARK: Pace

    @Test func `virtual time runs as fast as the speed says, and not while paused`() {
        var session = make()
        session.run(to: 5)
        #expect(session.isPaused)
        #expect(session.target(elapsed: .seconds(3)) == .start + .seconds(5))
        session.isPaused = false
        #expect(session.target(elapsed: .milliseconds(50)) == .start + .seconds(5.5))
        session.speed = .times(1)
        #expect(session.target(elapsed: .milliseconds(50)) == .start + .seconds(5.05))
        session.speed = .times(10_000)
        #expect(session.target(elapsed: .milliseconds(50)) == .start + .seconds(505))
        session.speed = .maximum
        #expect(session.target(elapsed: .milliseconds(50)) == nil)
    }

    @Test func `speeds go up and down in steps and stop at the ends`() {
        #expect(Speed.times(1).slower == .times(1) && Speed.times(1).faster == .times(2))
        #expect(Speed.times(10_000).faster == .maximum && Speed.maximum.faster == .maximum)
        #expect(Speed.maximum.slower == .times(10_000))
        for speed in Speed.steps { #expect(Speed(speed.description) == speed) }
    }

    @Test(arguments: [("7", .slower, "x5"), ("7", .faster, "x10"), ("9999", .faster, "x10000"), ("9999", .slower, "x5000")] as [(String, Direction, String)])
    func `from a speed between two steps the next one is taken`(from: String, to: Direction, next: String) throws {
        let speed = try #require(Speed(from))
        #expect((to == .slower ? speed.slower : speed.faster).description == next)
    }
    enum Direction: Sendable { case slower, faster }

    @Test(
        arguments: [("10", 10), ("x50", 50), ("×2", 2), ("X10000", 10_000), ("0", nil), ("10001", nil), ("-1", nil), ("fast", nil), ("", nil)]
            as [(String, Int?)])
    func `a speed is read as it is typed`(text: String, times: Int?) {
        #expect(Speed(text) == times.map { .times($0) })
    }
}
