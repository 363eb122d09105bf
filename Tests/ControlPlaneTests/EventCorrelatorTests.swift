import KubernetesAPI
import SimulationKit
import Testing

@testable import ControlPlane

/// What the recorders of components combine and hold back.
@Suite struct EventCorrelatorTests {
    private static func tell(_ message: String, _ cluster: inout Cluster, uid: String = "u", from source: String = "test", reason: String = "Told") {
        var reference = ObjectReference()
        (reference.kind, reference.namespace, reference.name, reference.uid) = ("Pod", "default", "p", uid)
        cluster.record(reason, message, about: reference, source: EventSource(source))
    }
    private static func told(_ cluster: Cluster) -> [String] { cluster.store.events.sorted().map { "\($0.message) x\($0.count)" }.sorted() }

    @Test func `from the tenth message of a kind on one event stands for all, and says what came last`() {
        var cluster = Cluster()
        for number in 0..<12 {
            cluster.now = cluster.now + .seconds(1)
            Self.tell("number \(number)", &cluster)
        }
        Self.tell("number 3", &cluster)
        Self.tell("of its own", &cluster, reason: "Other")
        let plain = (0..<9).map { "number \($0) x\($0 == 3 ? 2 : 1)" }
        #expect(Self.told(cluster) == ["(combined from similar events): number 11 x3"] + plain + ["of its own x1"])
        #expect(cluster.store.events.all.first { $0.message.hasPrefix("(") }?.lastTimestamp == cluster.now)
        #expect(cluster.store.recount() == [])
        #expect(cluster.eventLog.events.map(\.message) == (0..<12).map { "number \($0)" } + ["number 3", "of its own"])
    }

    @Test func `after ten quiet minutes messages stand for themselves again`() {
        var cluster = Cluster()
        for number in 0..<10 { Self.tell("number \(number)", &cluster) }
        cluster.now = cluster.now + .minutes(10) + .seconds(1)
        Self.tell("later", &cluster)
        #expect(Self.told(cluster).contains("later x1"))
        for number in 0..<9 { Self.tell("new \(number)", &cluster) }
        // The event that stood for the others stands for these as well.
        #expect(Self.told(cluster).count { $0.hasPrefix("(") } == 1)
        #expect(Self.told(cluster).contains("(combined from similar events): new 8 x2"))
    }

    @Test func `of one object 25 events are sent at once and one in five minutes, which counts those held back`() {
        var cluster = Cluster()
        for _ in 0..<30 { Self.tell("again", &cluster) }
        Self.tell("elsewhere", &cluster, uid: "v")
        Self.tell("again", &cluster, from: "another")
        #expect(Self.told(cluster) == ["again x1", "again x25", "elsewhere x1"])
        cluster.now = cluster.now + .minutes(5)
        for _ in 0..<3 { Self.tell("again", &cluster) }
        #expect(Self.told(cluster) == ["again x1", "again x31", "elsewhere x1"])
        // The log has all that was told, and how often.
        #expect(cluster.eventLog.events.map { "\($0.message) x\($0.count)" }.suffix(3) == ["again x31", "again x32", "again x33"])
        #expect(cluster.eventLog.count == 35)
    }

    @Test func `a recorder of the newer kind holds nothing back`() {
        var cluster = Cluster()
        var reference = ObjectReference()
        (reference.kind, reference.namespace, reference.name, reference.uid) = ("Pod", "default", "p", "u")
        for number in 0..<40 {
            cluster.record("FailedScheduling", "\(number)", about: reference, source: EventSource("default-scheduler"), action: "Scheduling")
        }
        #expect(cluster.store.events.count == 40)
    }

    @Test func `so many objects are remembered and no more`() {
        var cluster = Cluster()
        for number in 0..<10_000 {
            for turn in 0..<2 { Self.tell("\(turn)", &cluster, uid: "\(number)") }
            #expect(cluster.eventCorrelator.count <= EventCorrelator.mostObjects)
        }
        #expect(cluster.eventCorrelator.count > EventCorrelator.mostObjects / 2)
        cluster.now = cluster.now + .hours(1)
        for number in 0..<5000 { Self.tell("later", &cluster, uid: "later \(number)") }
        #expect(cluster.eventCorrelator.count <= EventCorrelator.mostObjects)
    }

    @Test func `names that come after are the same whether events are told or not`() {
        var random = SeededRandom(seed: 3, stream: "test")
        var (told, silent) = (Cluster(), Cluster())
        silent.tellsEvents = false
        for step in 0..<600 {
            let (message, uid) = ("number \(random.below(14))", "\(random.below(3))")
            for _ in 0..<random.below(3) {
                Self.tell(message, &told, uid: uid)
                Self.tell(message, &silent, uid: uid)
            }
            (told.now, silent.now) = (told.now + .seconds(3), silent.now + .seconds(3))
            if step % 50 == 0 { #expect(told.makeUID() == silent.makeUID()) }
        }
        #expect(told.makeUID() == silent.makeUID())
        #expect(silent.store.events.count == 0)
    }
}
