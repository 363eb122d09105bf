import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

/// What `kubernetes-1.37.md` says of admission and subresources, by the numbers of its rows.
@Suite struct Kubernetes137Tests {
    private func cluster(_ minor: Int, os: String = "linux") throws -> Cluster {
        var cluster = Cluster(profile: KubernetesProfile(minor: minor))
        var node = Node()
        node.metadata.name = "n1"
        node.metadata.labels["kubernetes.io/os"] = os
        node.status.allocatable = ["cpu": Quantity(4), "memory": Quantity("8Gi")!, "pods": Quantity(110)]
        node.status.capacity = node.status.allocatable
        try cluster.create(node)
        for (name, cpu) in [("web", "1"), ("other", "3")] {
            var pod = Pod()
            pod.metadata.name = name
            var container = Container(name: "c", image: "web:1")
            container.resources.requests = ["cpu": Quantity(cpu)!, "memory": Quantity("1Gi")!]
            pod.spec.containers = [container]
            let made = try cluster.create(pod)
            try cluster.bind(pod: made.key, uid: made.metadata.uid, to: "n1")
        }
        return cluster
    }
    private let web = ObjectKey(namespace: "default", name: "web")
    private func refusal(_ cluster: inout Cluster, _ requests: ResourceList) -> APIError? {
        do throws(APIError) {
            try cluster.resize(pod: web, containers: [ContainerResize("c", requests: requests)])
            return nil
        } catch { return error }
    }

    @Test func `2_3 what the empty node could not hold is refused, whatever other pods take`() throws {
        for minor in [36, 37] {
            var cluster = try cluster(minor)
            let error = refusal(&cluster, ["cpu": Quantity(5)])
            let why = "node didn't have enough allocatable resources: cpu, requested: 5000, allocatable: 4000"
            #expect(error?.code == 403 && error?.message == "pods \"web\" is forbidden: \(why)" && error?.causes.map(\.reason) == ["NodeCapacity"])
            #expect(cluster.store.pods[web]?.metadata.generation == 1)
            let both = refusal(&cluster, ["cpu": Quantity(9), "memory": Quantity("9Gi")!])?.message ?? ""
            #expect(both.hasSuffix("cpu, requested: 9000, allocatable: 4000; memory, requested: 9663676416, allocatable: 8589934592"))
            #expect(refusal(&cluster, ["cpu": Quantity(2)]) == nil && cluster.store.pods[web]?.metadata.generation == 2)
        }
        var old = try cluster(35)
        #expect(refusal(&old, ["cpu": Quantity(5)]) == nil)
    }

    @Test func `2_3 a node that is gone or runs something else is told`() throws {
        var windows = try cluster(37, os: "windows")
        let error = refusal(&windows, ["cpu": Quantity(2)])
        #expect(error?.message == "pods \"web\" is forbidden: pod resize is only supported on linux nodes, node \"n1\" is \"windows\"")
        #expect(error?.causes.map(\.reason) == ["UnsupportedPlatform"])
        var gone = try cluster(37)
        try gone.delete(Node.self, ObjectKey(name: "n1"))
        #expect(refusal(&gone, ["cpu": Quantity(2)])?.message == "pods \"web\" is forbidden: node \"n1\" not found")
    }

    @Test func `5_5_3 an eviction that a broken budget forbids tells the cause from 1_37 on`() throws {
        for (minor, causes) in [(36, []), (37, ["DisruptionBudget"])] {
            var cluster = try cluster(minor)
            var budget = PodDisruptionBudget()
            budget.metadata.name = "guard"
            budget.metadata.namespace = "default"
            budget.spec.selector = LabelSelector(matchLabels: [:])
            budget.status.observedGeneration = 1
            for i in 0...2000 { budget.status.disruptedPods["p\(i)"] = .start }
            try cluster.adopt(budget)
            cluster.modify(Pod.self, web) { $0.status.phase = .running }
            do throws(APIError) {
                try cluster.evict(pod: web)
                Issue.record("evicted")
            } catch {
                #expect(error.code == 403 && error.causes.map(\.reason) == causes)
            }
        }
    }
}
