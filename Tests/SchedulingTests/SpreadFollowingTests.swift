// A view of the spread that follows a cluster says what a new one says.

import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

struct SpreadFollowingTests {
    private static func pod(_ number: Int, app: Int, daemon: Bool = false) -> Pod {
        var pod = Pod()
        pod.metadata.name = "pod-\(number)"
        pod.metadata.namespace = "default"
        pod.metadata.labels = ["app": "app-\(app)"]
        var owner = OwnerReference()
        (owner.apiVersion, owner.kind, owner.name, owner.uid) = ("apps/v1", daemon ? "DaemonSet" : "ReplicaSet", "app-\(app)", "uid-\(app)")
        owner.controller = true
        pod.metadata.ownerReferences = [owner]
        var container = Container(name: "app", image: "app:\(app)")
        container.resources.requests = ["cpu": Quantity(milli: 100)]
        pod.spec.containers = [container]
        let selector = LabelSelector(matchLabels: ["app": "app-\(app)"])
        pod.spec.topologySpreadConstraints = [
            TopologySpreadConstraint(
                maxSkew: 1, topologyKey: LabelKey.zone, whenUnsatisfiable: app % 2 == 0 ? "DoNotSchedule" : "ScheduleAnyway", labelSelector: selector)
        ]
        if app % 3 == 0 {
            pod.spec.topologySpreadConstraints.append(
                TopologySpreadConstraint(maxSkew: 2, topologyKey: LabelKey.hostname, whenUnsatisfiable: "DoNotSchedule", labelSelector: selector))
        }
        return pod
    }
    private static func node(_ number: Int) -> Node {
        var node = Node()
        node.metadata.name = "n\(number)"
        node.metadata.labels = [LabelKey.hostname: "n\(number)"]
        if number % 7 != 6 { node.metadata.labels[LabelKey.zone] = "z\(number % 3)" }
        node.status.capacity = ["cpu": Quantity(1), "memory": Quantity(bytes: 8 << 30), "pods": Quantity(10)]
        node.status.allocatable = node.status.capacity
        return node
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>) func `groups kept up are those made anew`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed, stream: "spread")
        var cluster = Cluster()
        for number in 0..<8 { try cluster.create(Self.node(number)) }
        // A call that may look at few nodes makes the groups that changed in turn.
        var view = SpreadView(share: seed > 3 ? 8 : 20_000)
        var shown: [String: SpreadOutline] = [:]
        var names: [String] = []
        for step in 0..<250 {
            cluster.now = cluster.now + .milliseconds(100)
            let name = names.isEmpty ? "" : names[random.below(names.count)]
            let key = ObjectKey(namespace: "default", name: name)
            switch random.below(10) {
            case 0...3:
                let app = random.below(seed > 3 ? 12 : 5)
                try cluster.create(Self.pod(step, app: app, daemon: app == 4))
                names.append("pod-\(step)")
            case 4, 5:
                let node = "n\(random.below(8))"
                cluster.modify(Pod.self, key) { if $0.nodeName.isEmpty { $0.nodeName = node } }
            case 6:
                let isReady = random.below(2) == 0
                cluster.modify(Pod.self, key) { pod in
                    if pod.nodeName.isEmpty { return }
                    pod.status.phase = .running
                    pod.status.conditions.set(Condition(type: ConditionType.ready, status: isReady), now: .start)
                }
            case 7: _ = try? cluster.delete(Pod.self, key)
            case 8:
                let isCordoned = random.below(2) == 0
                cluster.modify(Node.self, ObjectKey(name: "n\(random.below(8))")) { $0.spec.unschedulable = isCordoned }
            default:
                if random.below(4) == 0 {
                    let zone = "z\(random.below(4))"
                    cluster.modify(Node.self, ObjectKey(name: "n\(random.below(8))")) { $0.metadata.labels[LabelKey.zone] = zone }
                } else {
                    cluster.modify(Pod.self, key) { if !$0.nodeName.isEmpty { $0.status.phase = .succeeded } }
                }
            }
            if random.below(3) > 0 { continue }
            if random.below(4) == 0 { view.catchUp(with: cluster) }
            let fresh = SpreadView.groups(of: cluster)
            let outlines = view.outlines(of: cluster)
            for outline in view.changed { shown[outline.id] = outline }
            // Those that changed are told, with all figures as they are in the groups.
            #expect(outlines.allSatisfy { shown[$0.id] == $0 }, "step \(step)")
            let groups = Dictionary(uniqueKeysWithValues: fresh.map { ($0.id, $0) })
            for outline in outlines {
                let group = try #require(groups[outline.id], "step \(step): \(outline.id)")
                #expect(
                    [outline.carriers, outline.waiting, outline.skewNow] == [group.carriers, group.waiting.count, group.skewNow], "step \(step): \(outline.id)")
            }
            #expect(outlines.count == fresh.count)
            // Those that are looked at closer are right as soon as nothing is put off any more.
            let some = outlines.map(\.id).filter { _ in random.below(3) > 0 }
            var seen = view.look(at: some, of: cluster)
            while view.isBehind { seen = view.look(at: some, of: cluster) }
            #expect(some.allSatisfy { seen[$0] == groups[$0] } && seen.count == some.count, "step \(step)")
            let kept = view.groups(of: cluster)
            #expect(kept == fresh, "step \(step): \(zip(kept, fresh).first { $0 != $1 }.map { "\($0)\n\($1)" } ?? "\(kept.count) and \(fresh.count) groups")")
            if kept != fresh { return }
        }
    }

    @Test func `all pods of a DaemonSet are one group`() throws {
        var cluster = Cluster()
        for number in 0..<6 { try cluster.create(Self.node(number)) }
        for number in 0..<6 {
            var pod = Self.pod(number, app: 1, daemon: true)
            var term = NodeSelectorTerm()
            term.matchFields = [SelectorRequirement("metadata.name", "In", ["n\(number)"])]
            var affinity = Affinity()
            affinity.nodeAffinity = NodeAffinity()
            affinity.nodeAffinity?.required = NodeSelector()
            affinity.nodeAffinity?.required?.nodeSelectorTerms = [term]
            pod.spec.affinity = affinity
            pod.nodeName = number < 4 ? "n\(number)" : ""
            try cluster.create(pod)
        }
        let groups = SpreadView.groups(of: cluster)
        #expect(groups.count == 1)
        #expect(groups.first?.carriers == 6)
        #expect(groups.first?.waiting.count == 2)
        #expect(groups.first?.domains.map(\.pods) == [2, 1, 1])
    }
}
