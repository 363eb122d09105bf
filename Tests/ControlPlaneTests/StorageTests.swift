import KubernetesAPI
import SimulationKit
import Testing

@testable import ControlPlane

/// What objects are stored in and found by, against plain arrays and dictionaries.
@Suite struct StorageTests {
    @Test func `pages are a list, and a copy of them stays as it is`() {
        var random = SeededRandom(seed: 1, stream: "pages")
        var (pages, plain) = (Pages<Int>(), [Int]())
        var copies: [(pages: Pages<Int>, plain: [Int])] = []
        for step in 0..<5000 {
            if plain.isEmpty || random.below(3) > 0 {
                pages.append(step)
                plain.append(step)
            } else {
                let place = random.below(plain.count)
                pages[place] = -step
                plain[place] = -step
            }
            if step % 611 == 0 { copies.append((pages, plain)) }
        }
        #expect(pages.count == plain.count && Array(pages) == plain)
        #expect((0..<plain.count).map { pages[$0] } == plain)
        for copy in copies { #expect(Array(copy.pages) == copy.plain) }
        #expect(Array(Pages<Int>()).isEmpty)
    }

    @Test func `a dictionary in parts is one, and a copy of it stays as it is`() {
        var random = SeededRandom(seed: 3, stream: "shards")
        var (shards, plain) = (Shards<Int, Int>(), [Int: Int]())
        var copies: [(shards: Shards<Int, Int>, plain: [Int: Int])] = []
        for step in 0..<20_000 {
            let key = random.below(9000)
            switch random.below(4) {
            case 0: (shards[key], plain[key]) = (nil, nil)
            case 1:
                shards[key]? += 1
                plain[key]? += 1
            default: (shards[key], plain[key]) = (step, step)
            }
            if step % 2999 == 0 { copies.append((shards, plain)) }
        }
        copies.append((shards, plain))
        for copy in copies {
            #expect(copy.shards.count == copy.plain.count)
            #expect((0..<9000).allSatisfy { copy.shards[$0] == copy.plain[$0] })
        }
    }

    @Test(arguments: [3, 40, 5000]) func `places are found by the hash of what stands there`(_ keys: Int) {
        var random = SeededRandom(seed: 2, stream: "slot index")
        // Few hashes for many keys: several share one.
        func hash(_ key: Int) -> Int { key % max(2, keys / 3) }
        var (index, plain) = (SlotIndex(), [Int: Int]())
        var rows: [Int?] = []
        for _ in 0..<20_000 {
            let key = random.below(keys)
            if let slot = plain[key] {
                if random.below(2) == 0 {
                    let (first, second) = (index.remove(hash(key), slot), index.remove(hash(key), slot))
                    #expect(first && !second)
                    (plain[key], rows[slot]) = (nil, nil)
                }
            } else {
                rows.append(key)
                index.insert(hash(key), rows.count - 1)
                plain[key] = rows.count - 1
            }
            let other = random.below(keys)
            #expect(index.find(hash(other)) { rows[$0] == other } == plain[other])
        }
        #expect(index.count == plain.count)
        for key in 0..<keys { #expect(index.find(hash(key)) { rows[$0] == key } == plain[key]) }
    }

    @Test func `an event kept in short reads as one that was written in full`() throws {
        var cluster = Cluster()
        var reference = ObjectReference()
        (reference.kind, reference.namespace, reference.name, reference.uid) = ("Pod", "shop", "web-0", "7")
        reference.fieldPath = "spec.containers{web}"
        cluster.now = .start + .seconds(30)
        cluster.record("Pulled", "Container image is there already", about: reference, source: EventSource("kubelet", host: "c2"))
        cluster.now = .start + .seconds(90)
        cluster.record("Pulled", "Container image is there already", about: reference, source: EventSource("kubelet", host: "c2"))
        // Another component tells the same: that is another event.
        cluster.record("Pulled", "Container image is there already", about: reference, source: EventSource("runtime", host: "c2"))
        let events = cluster.store.events.all
        try #require(events.count == 2)
        let event = events[0]
        #expect(event.count == 2 && event.lastTimestamp == .start + .seconds(90) && event.firstTimestamp == .start + .seconds(30))
        var decoder = APIDecoder()
        let read = Event(document: try #require(event.document.object), &decoder)
        #expect(decoder.problems.isEmpty && read.document == event.document && read.key == event.key)
        #expect(cluster.store.events[event.key] == event && cluster.store.events.slot(of: read.key) == 0)
        #expect(cluster.store.events[ObjectKey(namespace: "shop", name: "web-0.ffff")] == nil)
        // Changed by a client, it is the same but for the change, and is still found by what it tells and by its name.
        try cluster.update(Event.self, event.key) { $0.metadata.labels["seen"] = "yes" }
        let changed = try #require(cluster.store.events[event.key])
        #expect(changed.metadata.labels["seen"] == "yes" && changed.message == event.message && changed.count == 2)
        #expect(changed.metadata.uid == event.metadata.uid && changed.metadata.resourceVersion > event.metadata.resourceVersion)
        cluster.record("Pulled", "Container image is there already", about: reference, source: EventSource("kubelet", host: "c2"))
        #expect(cluster.store.events[event.key]?.count == 3 && cluster.store.events.count == 2)
        #expect(cluster.store.recount() == [])
    }

    /// Writes a volume or an attachment now and then.
    private func writeVolumes(_ cluster: inout Cluster, _ step: Int, _ random: inout SeededRandom) throws {
        let volumes = cluster.store.persistentVolumes.all
        let volume = volumes.isEmpty ? nil : volumes[random.below(volumes.count)]
        switch (random.below(12), volume) {
        case (0, _):
            var new = PersistentVolume()
            new.metadata.name = "pv-\(step)"
            new.spec.capacity = ["storage": Quantity(1)]
            new.spec.accessModes = ["ReadWriteOnce"]
            new.spec.hostPath = ["path": "/data"]
            if random.below(2) == 0 { new.spec.claimRef = claim(random.below(3)) }
            try cluster.create(new)
        case (1, let volume?):
            let reference = random.below(3) == 0 ? nil : claim(random.below(3))
            cluster.modify(PersistentVolume.self, volume.key) { $0.spec.claimRef = reference }
        case (2, let volume?): cluster.store.remove(PersistentVolume.self, volume.key, at: cluster.now)
        case (3, let volume?):
            var new = VolumeAttachment()
            new.metadata.name = "csi-\(step)"
            new.spec.attacher = "disk"
            new.spec.nodeName = ["a", "b"][random.below(2)]
            new.spec.source.persistentVolumeName = volume.name
            try cluster.create(new)
        case (4, _):
            if let attachment = cluster.store.volumeAttachments.all.first { cluster.store.remove(VolumeAttachment.self, attachment.key, at: cluster.now) }
        default: break
        }
        for number in 0..<3 {
            let key = ObjectKey(namespace: "default", name: "claim-\(number)")
            let reserved = cluster.store.persistentVolumes.all.filter { $0.spec.claimRef?.name == key.name }.map(\.name)
            #expect(cluster.store.volumes(reservedFor: key).map(\.name) == reserved)
        }
        #expect(cluster.store.unclaimedVolumes.map(\.name) == cluster.store.persistentVolumes.all.filter { $0.spec.claimRef == nil }.map(\.name))
    }
    private func claim(_ number: Int) -> ObjectReference {
        var reference = ObjectReference()
        (reference.kind, reference.namespace, reference.name) = ("PersistentVolumeClaim", "default", "claim-\(number)")
        return reference
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `what is kept up with each write is what a count of all objects says`(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed, stream: "storage")
        var cluster = Cluster(seed: seed)
        cluster.settings.eventTimeToLive = .seconds(60)
        for name in ["a", "b"] {
            var node = Node()
            node.metadata.name = name
            node.metadata.labels = [LabelKey.zone: "zone-\(name)"]
            try cluster.create(node)
        }
        for step in 0..<600 {
            try writeVolumes(&cluster, step, &random)
            let pods = cluster.store.pods.all
            let pod = pods.isEmpty ? nil : pods[random.below(pods.count)]
            switch (random.below(8), pod) {
            case (0...2, _), (_, nil):
                var new = Pod()
                new.metadata.generateName = "p-"
                new.metadata.labels = ["app": "\(random.below(2))"]
                var owner = OwnerReference()
                (owner.apiVersion, owner.kind, owner.name, owner.uid, owner.controller) = ("apps/v1", "ReplicaSet", "set", "\(random.below(3))", true)
                if random.below(4) > 0 { new.metadata.ownerReferences = [owner] }
                new.spec.containers = [Container(name: "c", image: "i")]
                try cluster.create(new)
            case (3, let pod?): if pod.nodeName.isEmpty { try cluster.bind(pod: pod.key, uid: pod.metadata.uid, to: ["a", "b"][random.below(2)]) }
            case (4, let pod?):
                let now = cluster.now
                cluster.modify(Pod.self, pod.key) { pod in
                    pod.status.phase = [.pending, .running, .succeeded, .failed][random.below(4)]
                    pod.status.conditions.set(Condition(type: ConditionType.ready, status: random.below(2) == 0), now: now)
                }
            case (5, let pod?): try cluster.delete(Pod.self, pod.key, DeleteOptions(gracePeriodSeconds: random.below(2) * 30))
            case (6, let pod?): try cluster.update(Pod.self, pod.key) { $0.metadata.labels["app"] = "\(random.below(3))" }
            case (_, let pod?):
                cluster.now = cluster.now + .seconds(random.below(20))
                cluster.record("Step", "\(random.below(5))", about: pod, source: EventSource("test"))
            }
            if step % 20 == 0 { #expect(cluster.store.recount() == []) }
        }
        let selector = LabelSelector(matchLabels: ["app": "0"])
        for uid in ["0", "1", "2"] {
            let pods = cluster.store.pods(ownedBy: uid)
            let tally = cluster.store.count(podsOwnedBy: uid, matching: LabelSelector(), template: selector)
            #expect(tally?.active == pods.count(where: \.isActive))
            #expect(tally?.fullyLabeled == pods.count { $0.isActive && selector.matches($0.metadata.labels) })
            #expect(tally?.ready == pods.count { $0.isActive && $0.isReady })
            #expect(tally?.terminating == pods.count { $0.metadata.isTerminating && !$0.isFinished })
            #expect(
                (cluster.store.count(podsOwnedBy: uid, matching: selector, template: selector) == nil)
                    == pods.contains { !selector.matches($0.metadata.labels) })
        }
        #expect(cluster.store.recount() == [])
    }
}
