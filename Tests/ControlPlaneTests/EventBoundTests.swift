import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

/// Where clients are served, so many events are kept and no more.
@Suite struct EventBoundTests {
    /// Each message is about another object: of one, no recorder would send so much.
    private static func tell(_ cluster: inout Cluster, _ message: String) {
        var reference = ObjectReference()
        (reference.kind, reference.namespace, reference.name, reference.uid) = ("Pod", "default", "p", message)
        cluster.record("Told", message, about: reference, source: EventSource("test"))
    }

    @Test func `the newest are kept, and those that are told again`() {
        var cluster = Cluster()
        cluster.settings.mostEvents = 100
        for number in 0..<1000 {
            cluster.now = cluster.now + .seconds(1)
            Self.tell(&cluster, "number \(number)")
            if number % 10 == 0 { Self.tell(&cluster, "again") }
            #expect(cluster.store.events.count <= 101)
        }
        let messages = Set(cluster.store.events.all.map(\.message))
        #expect(messages.contains("again"))
        #expect((920..<1000).allSatisfy { messages.contains("number \($0)") })
        #expect(!messages.contains("number 800"))
    }

    @Test func `without a bound they stay for their hour`() {
        var cluster = Cluster()
        for number in 0..<1000 {
            cluster.now = cluster.now + .seconds(1)
            Self.tell(&cluster, "number \(number)")
        }
        #expect(cluster.store.events.count == 1000)
        cluster.now = cluster.now + .hours(2)
        // Some with each that is told: all at once would be a long turn where there are many more.
        for number in 0..<4 { Self.tell(&cluster, "last \(number)") }
        #expect(cluster.store.events.count == 4)
    }

    @Test func `what is told again after its hour is a new event, while others wait to be removed`() {
        var cluster = Cluster()
        for number in 0..<1000 { Self.tell(&cluster, "number \(number)") }
        Self.tell(&cluster, "number 999")
        #expect(cluster.store.events.all.first { $0.message == "number 999" }?.count == 2)
        cluster.now = cluster.now + .hours(2)
        Self.tell(&cluster, "number 999")
        let told = cluster.store.events.all.filter { $0.message == "number 999" }
        #expect(told.map(\.count) == [1])
        #expect(cluster.store.events.count == 750)
    }

    @Test func `events of clients end as well`() throws {
        var cluster = Cluster()
        let document: JSONValue = ["metadata": ["name": "e"], "involvedObject": ["kind": "Pod", "namespace": "default", "name": "p"], "reason": "R"]
        _ = try cluster.perform(APIWrite(.create(document), Kind.event.info, namespace: "default")).get()
        #expect(cluster.store.events.count == 1)
        cluster.now = cluster.now + .hours(2)
        Self.tell(&cluster, "later")
        #expect(cluster.store.events.all.map(\.message) == ["later"])
    }
}
