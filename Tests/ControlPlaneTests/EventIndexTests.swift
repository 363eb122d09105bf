import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

/// Events found by the object that they are about are those that a look at all events finds.
@Suite struct EventIndexTests {
    private static func plain(_ store: ObjectStore, _ kind: String, _ key: ObjectKey) -> Set<String> {
        Set(
            store.events.all.filter {
                $0.involvedObject.kind == kind && $0.involvedObject.name == key.name && $0.involvedObject.namespace == key.namespace
            }.map(\.metadata.name))
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `the events about an object, as they are told, told again, deleted and forgotten`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed, stream: "event index")
        var cluster = Cluster()
        cluster.settings.eventTimeToLive = .seconds(90)
        // Objects of one name, of several kinds and namespaces.
        let subjects: [(kind: String, key: ObjectKey)] = ["Pod", "Node", "Deployment"].flatMap { kind in
            ["web", "db", "cache"].flatMap { name in
                ["a", "b"].map { (kind, ObjectKey(namespace: kind == "Node" ? "" : $0, name: name)) }
            }
        }
        var found = 0
        var forks: [(cluster: Cluster, answers: [Set<String>])] = []
        for step in 0..<400 {
            let subject = subjects[random.below(subjects.count)]
            switch random.below(8) {
            case 0: cluster.now = cluster.now + .seconds(random.below(40))
            case 1:
                let events = cluster.store.events.all
                if !events.isEmpty { _ = try cluster.delete(Event.self, events[random.below(events.count)].key) }
            default:
                var reference = ObjectReference()
                (reference.kind, reference.namespace, reference.name) = (subject.kind, subject.key.namespace, subject.key.name)
                reference.uid = "\(subject.kind) \(subject.key)"
                cluster.record(["Pulled", "Failed"][random.below(2)], "step \(random.below(3))", about: reference, source: EventSource("kubelet"))
            }
            for (kind, key) in subjects {
                let events = cluster.store.events(about: kind, key)
                #expect(Set(events.map(\.metadata.name)) == Self.plain(cluster.store, kind, key))
                found += events.count
            }
            if step % 100 == 50 { forks.append((cluster, subjects.map { Self.plain(cluster.store, $0.kind, $0.key) })) }
        }
        #expect(found > 1000)
        // A copy is a snapshot of the index as well.
        for fork in forks {
            #expect(subjects.map { Set(fork.cluster.store.events(about: $0.kind, $0.key).map(\.metadata.name)) } == fork.answers)
        }
    }
}
