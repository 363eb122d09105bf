import KubernetesAPI
import SimulationKit
import Testing

@testable import ControlPlane

/// What the store keeps up with each write, against a count of all objects.
@Suite struct StorageTests {
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
