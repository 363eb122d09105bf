// Silent nodes: conditions, taints, evictions and their rate.

import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct NodeLifecycleTests {
    private func node(_ test: TestCluster, _ name: String) -> Node {
        test.cluster.store.nodes[ObjectKey(name: name)]!
    }
    private func taints(_ test: TestCluster, _ name: String) -> [String] {
        node(test, name).spec.taints.map(\.text)
    }

    @Test(arguments: [(27, 40.0), (36, 50.0)])
    func `a silent kubelet is noticed after the grace period of its version`(minor: Int, grace: Double) {
        var test = TestCluster(minor: minor, nodes: 3)
        test.deploy(replicas: 3)
        test.run(100)
        test.player.kill("n1")
        test.run(grace - 10)
        #expect(node(test, "n1").isReady)
        test.run(20.1)
        let ready = node(test, "n1").status.conditions["Ready"]
        #expect(ready?.status == "Unknown")
        #expect(ready?.reason == "NodeStatusUnknown")
        #expect(ready?.message == "Kubelet stopped posting node status.")
        #expect(node(test, "n1").status.conditions["DiskPressure"]?.status == "Unknown")
        #expect(test.cluster.store.pods(onNode: "n1").allSatisfy { !$0.isReady })
        #expect(test.events("NodeNotReady") == ["Node n1 status is now: NodeNotReady", "Node is not ready"])
        #expect(
            taints(test, "n1")
                == ["node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"])
    }

    /// Tolerations as the API server's admission adds them.
    private func tolerate(_ spec: inout DeploymentSpec) {
        for key in ["not-ready", "unreachable"] {
            spec.template.spec.tolerations.append(
                Toleration(
                    key: "node.kubernetes.io/\(key)", operator: "Exists", effect: "NoExecute", seconds: 300))
        }
    }

    @Test func `pods leave a lost node 300 s after its taint`() {
        var test = TestCluster(nodes: 4, zones: 2)
        test.deploy(replicas: 4, tolerate)
        test.run(60)
        test.player.kill("n1")
        let name = test.cluster.store.pods(onNode: "n1")[0].name
        var taintedAt: Instant?
        var deletedAt: Instant?
        test.run(500) { cluster in
            if taintedAt == nil,
                cluster.store.nodes[ObjectKey(name: "n1")]!.spec.taints.contains(where: {
                    $0.effect == "NoExecute"
                })
            {
                taintedAt = cluster.now
            }
            if deletedAt == nil,
                cluster.store.pods[ObjectKey(namespace: "default", name: name)]?.metadata.isTerminating
                    == true
            {
                deletedAt = cluster.now
            }
        }
        let wait = (deletedAt! - taintedAt!).seconds
        #expect(wait >= 300 && wait < 300.1)
        let pod = test.cluster.store.pods[ObjectKey(namespace: "default", name: name)]!
        #expect(pod.status.conditions["DisruptionTarget"]?.reason == "DeletionByTaintManager")
        #expect(test.events("TaintManagerEviction") == ["Marking for deletion Pod default/\(name)"])
        // It stays, terminating, and has a replacement elsewhere.
        #expect(test.pods().filter(\.isActive).count == 4)
    }

    @Test func `a node that comes back in time keeps its pods`() {
        var test = TestCluster(nodes: 4, zones: 2)
        test.deploy(replicas: 4, tolerate)
        test.run(60)
        test.player.kill("n1")
        let name = test.cluster.store.pods(onNode: "n1")[0].name
        test.run(150)
        test.player.revive("n1", &test.cluster)
        test.run(400)
        #expect(taints(test, "n1") == [])
        #expect(test.events("TaintManagerEviction") == ["Cancelling deletion of Pod default/\(name)"])
        #expect(test.cluster.store.pods[ObjectKey(namespace: "default", name: name)]?.isReady == true)
    }

    /// When each node of a lost zone got its NoExecute taint.
    private func taintTimes(killing count: Int, of size: Int) -> [Double] {
        var test = TestCluster(nodes: size * 3, zones: 3)
        test.run(60)
        for index in 0..<count { test.player.kill("n\(index * 3)") }
        var times: [Double] = []
        test.run(300) { cluster in
            let tainted = cluster.store.nodes.all.count {
                $0.spec.taints.contains { $0.effect == "NoExecute" }
            }
            while times.count < tainted { times.append(cluster.now.sinceStart.seconds) }
        }
        return times.map { $0 - (times.first ?? 0) }
    }

    // Scenarios 13 and 14.
    @Test func `a lost zone is tainted one node each ten seconds`() {
        #expect(taintTimes(killing: 7, of: 7) == [0, 10, 20, 30, 40, 50, 60])
    }
    @Test func `a zone in partial disruption keeps its pods`() {
        #expect(taintTimes(killing: 4, of: 7) == [])
    }
    @Test func `two of seven nodes are no disruption of the zone`() {
        #expect(taintTimes(killing: 2, of: 7) == [0, 10])
    }
    @Test func `when all nodes are lost nobody is evicted`() {
        #expect(taintTimes(killing: 7, of: 7).count == 7)
        var test = TestCluster(nodes: 3, zones: 1)
        test.run(60)
        for name in ["n0", "n1", "n2"] { test.player.kill(name) }
        test.run(600)
        #expect(test.cluster.store.nodes.all.allSatisfy { !$0.isReady })
        #expect(
            test.cluster.store.nodes.all.allSatisfy { !$0.spec.taints.contains { $0.effect == "NoExecute" } })
    }

    @Test func `a cordoned node has the taint and loses it again`() {
        var test = TestCluster()
        test.run(1)
        try! test.cluster.cordon("n0")
        test.run(1)
        #expect(taints(test, "n0") == ["node.kubernetes.io/unschedulable:NoSchedule"])
        try! test.cluster.uncordon("n0")
        test.run(1)
        #expect(taints(test, "n0") == [])
    }

    @Test func `pods of a deleted node go after their quarantine`() {
        var test = TestCluster()
        test.deploy(replicas: 3)
        test.run(30)
        test.player.kill("n1")
        let name = test.cluster.store.pods(onNode: "n1")[0].name
        _ = try! test.cluster.delete(Node.self, ObjectKey(name: "n1"))
        test.run(39)
        #expect(test.cluster.store.pods[ObjectKey(namespace: "default", name: name)] != nil)
        test.run(30)
        #expect(test.cluster.store.pods[ObjectKey(namespace: "default", name: name)] == nil)
        #expect(test.deployment().status.readyReplicas == 3)
        #expect(test.events("RemovingNode") == ["Node n1 event: Removing Node n1 from Controller"])
    }
}
