// Clusters that are made from a seed.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

struct GeneratedClusterTests {
    @Test(arguments: [(40, 1200, nil), (7, 30, 5), (100, 900, 1), (1, 1, nil), (3, 60, 100)] as [(Int, Int, Int?)])
    func `has as many pods as were asked for, and nothing is refused`(nodes: Int, pods: Int, workloads: Int?) {
        let made = GeneratedCluster(nodes: nodes, pods: pods, workloads: workloads, seed: 7)
        let input = made.scenario.input(overrides: made.overrides)
        #expect(input.problems.map(\.description) == [])
        let (session, refusals) = input.makeSession()
        #expect(refusals.problems.map(\.description) == [])
        let store = session.cluster.store
        #expect(store.nodes.count == nodes)
        let replicas = store.deployments.all.reduce(0) { $0 + ($1.spec.replicas ?? 1) } + store.statefulSets.all.reduce(0) { $0 + ($1.spec.replicas ?? 1) }
        #expect(replicas + store.daemonSets.count * nodes == pods)
        #expect(made.mix.reduce(0) { $0 + $1.replicas } == replicas && store.daemonSets.count == made.daemonSets.count)
        #expect(store.deployments.count + store.statefulSets.count == workloads ?? (pods + 59) / 60)
    }

    @Test func `its pods find places and run by the time it is first seen`() {
        let made = GeneratedCluster(nodes: 20, pods: 500, seed: 3)
        var session = made.scenario.input(overrides: made.overrides).makeSession().session
        session.advance(to: session.cluster.origin + GeneratedCluster.prelude)
        let pods = session.cluster.store.pods.all
        #expect(pods.count == 500)
        #expect(pods.count { $0.isReady } > 450)
    }

    @Test func `the same seed makes the same cluster, another another`() {
        let made = GeneratedCluster(pods: 2000, seed: 1)
        #expect(made.nodes == 80)
        #expect(made.manifests == GeneratedCluster(pods: 2000, seed: 1).manifests)
        #expect(made.manifests != GeneratedCluster(pods: 2000, seed: 2).manifests)
        #expect(made.manifests.contains("kind: StatefulSet") && made.manifests.contains("DoNotSchedule") && made.manifests.contains("kind: DaemonSet"))
    }
}
