// Groups of pods: scenario 12 of the scheduler's gang-scheduling.md.

import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct PodGroupTests {
    private let key = ObjectKey(namespace: "default", name: "g")
    private func test() throws -> TestCluster {
        var test = TestCluster(minor: 37, gates: [.genericWorkload: true])
        var group = PodGroup()
        group.metadata.name = "g"
        group.spec.schedulingPolicy.basic = .init()
        try test.cluster.create(group)
        return test
    }

    @Test(arguments: ["ends", "is deleted"])
    func `12 a group that is deleted stays until its pod`(_ way: String) throws {
        var test = try test()
        var pod = Pod()
        (pod.metadata.name, pod.spec) = ("p", TestCluster.template("web").spec)
        pod.spec.schedulingGroup = PodSchedulingGroup()
        pod.spec.schedulingGroup?.podGroupName = "g"
        try test.cluster.create(pod)
        test.run(5)
        #expect(test.cluster.store.podGroups[key]?.metadata.finalizers == [PodGroup.protection])
        try test.cluster.delete(PodGroup.self, key)
        test.run(60)
        #expect(test.cluster.store.podGroups[key]?.metadata.isTerminating == true)
        let name = ObjectKey(namespace: "default", name: "p")
        if way == "ends" {
            test.cluster.modify(Pod.self, name) { $0.status.phase = .succeeded }
        } else {
            try test.cluster.delete(Pod.self, name)
        }
        test.run(10)
        #expect(test.cluster.store.podGroups[key] == nil)
    }

    @Test func `a group without pods goes at once`() throws {
        var test = try test()
        test.run(1)
        try test.cluster.delete(PodGroup.self, key)
        test.run(1)
        #expect(test.cluster.store.podGroups[key] == nil)
    }
}
