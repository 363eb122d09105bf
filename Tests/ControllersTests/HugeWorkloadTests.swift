import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@testable import Controllers

/// Owners that want more pods than any cluster runs: each sync is bounded, and so is what a virtual minute makes.
@Suite struct HugeWorkloadTests {
    private func spec() -> PodTemplateSpec {
        var template = PodTemplateSpec()
        template.metadata.labels = ["app": "web"]
        template.spec = Shared(PodSpec())
        template.spec.containers = [Container(name: "c", image: "nginx")]
        return template
    }
    private func owner(_ kind: String, _ count: Int) -> any StoredObject {
        let metadata = Metadata(ObjectMeta(name: "web", namespace: "default", labels: ["app": "web"]))
        let selector = LabelSelector(matchLabels: ["app": "web"])
        switch kind {
        case "ReplicaSet":
            var set = ReplicaSet()
            (set.metadata, set.spec.replicas, set.spec.selector, set.spec.template) = (metadata, count, selector, spec())
            return set
        case "StatefulSet":
            var set = StatefulSet()
            (set.metadata, set.spec.replicas, set.spec.selector, set.spec.template) = (metadata, count, selector, spec())
            set.spec.podManagementPolicy = "Parallel"
            set.spec.serviceName = "web"
            return set
        default:
            var job = Job()
            (job.metadata, job.spec.parallelism, job.spec.completions, job.spec.template) = (metadata, count, count, spec())
            job.spec.template.spec.restartPolicy = "Never"
            if kind == "IndexedJob" { job.spec.completionMode = "Indexed" }
            return job
        }
    }

    @Test(arguments: ["ReplicaSet", "StatefulSet", "Job", "IndexedJob"])
    func `at most 500 pods come in a sync, and beyond what nodes can run 20 a second`(kind: String) throws {
        var cluster = Cluster()
        var manager = ControllerManager()
        func create<O: StoredObject>(_ object: O) throws { _ = try cluster.create(object) }
        try create(owner(kind, kind == "IndexedJob" ? 100_000 : Int(Int32.max)))
        var most = 0
        let end = Instant.start + .seconds(60)
        while let due = manager.nextWake(cluster), due <= end {
            cluster.now = max(due, cluster.now)
            let before = cluster.store.pods.count
            manager.run(&cluster)
            most = max(most, cluster.store.pods.count - before)
        }
        #expect(most <= 500 && most > 100)
        // There is no node: 1,000 at once, then 20 a second.
        #expect((2000...2400).contains(cluster.store.pods.count), "\(cluster.store.pods.count)")
    }

    @Test func `a long turn goes on at the same moment, and is cut so that each part is short`() throws {
        var cluster = Cluster()
        var manager = ControllerManager()
        for number in 0..<1500 {
            var namespace = Namespace()
            namespace.metadata.name = "n\(number)"
            _ = try cluster.create(namespace)
        }
        cluster.now = cluster.now + .seconds(1)
        let moment = cluster.now
        var parts: [Int] = []
        while let due = manager.nextWake(cluster), due <= moment {
            let before = cluster.store.revision
            manager.run(&cluster)
            parts.append(cluster.store.revision - before)
        }
        // Each controller writes some five hundred objects in a part.
        let accounts = cluster.store.serviceAccounts.all.count { $0.name == "default" && $0.namespace.hasPrefix("n") }
        #expect(accounts == 1500)
        #expect(parts.count > 2 && parts.allSatisfy { $0 < 1100 }, "\(parts)")
    }

    @Test func `a zone that falls silent is marked in parts, all at one moment`() throws {
        var cluster = Cluster()
        var manager = ControllerManager()
        for number in 0..<1200 {
            var node = Node()
            node.metadata.name = "n\(number)"
            node.status.conditions = [Condition(type: ConditionType.ready, status: true, reason: "KubeletReady", message: "")]
            _ = try cluster.create(node)
        }
        var parts: [Instant: [Int]] = [:]
        let end = cluster.now + .seconds(80)
        while let due = manager.nextWake(cluster), due <= end {
            cluster.now = max(due, cluster.now)
            let before = cluster.store.revision
            manager.run(&cluster)
            let isLost = cluster.store.nodes.all.contains { $0.status.conditions[ConditionType.ready]?.status == "Unknown" }
            if isLost, cluster.store.revision > before { parts[cluster.now, default: []].append(cluster.store.revision - before) }
        }
        #expect(cluster.store.nodes.all.allSatisfy { $0.status.conditions[ConditionType.ready]?.status == "Unknown" })
        let moments = Set(cluster.store.nodes.all.map { $0.status.conditions[ConditionType.ready]?.lastTransitionTime })
        #expect(moments.count == 1)
        let first = try #require(parts.keys.min().flatMap { parts[$0] })
        #expect(first.count > 2 && first.allSatisfy { $0 < 1100 }, "\(first)")
    }
}
