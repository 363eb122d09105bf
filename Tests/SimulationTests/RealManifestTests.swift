import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// Where manifests of real projects are, if they are.
enum RealManifests {
    static let folder: URL? = {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return ["../shared/manifests", "../../shared/manifests"].map { root.appending(path: $0) }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }()
    static func input(_ name: String) -> Input {
        Input(ManifestReader.read(paths: [folder!.appending(path: name + ".yaml").path]))
    }
}

/// Manifests as their projects publish them, ten minutes each. They are no part of this repository.
@Suite(.enabled(if: RealManifests.folder != nil, "needs ../shared/manifests"))
struct RealManifestTests {
    private func afterTenMinutes(_ name: String) -> Session {
        let input = RealManifests.input(name)
        #expect(input.problems.isEmpty, "\(input.problems)")
        var (session, refused) = input.makeSession()
        #expect(refused.problems.isEmpty, "\(refused.problems)")
        session.run(to: 600)
        return session
    }

    @Test(arguments: [("online-boutique", 12), ("guestbook", 6), ("cassandra", 3)])
    func `all pods of an application become ready`(name: String, pods: Int) {
        let session = afterTenMinutes(name)
        #expect(session.pods().count == pods)
        #expect(session.pods().filter { !$0.isReady }.map(\.name) == [])
        #expect(RealManifests.input(name).keptKinds.isEmpty)
    }

    @Test func `the members of a ring come one after another, each with its volume`() throws {
        let session = afterTenMinutes("cassandra")
        #expect(session.pods().map(\.name) == ["cassandra-0", "cassandra-1", "cassandra-2"])
        let ready = session.pods().map { $0.status.conditions["Ready"]?.lastTransitionTime }
        let started = session.pods().map { $0.metadata.creationTimestamp }
        #expect(try #require(started[1]) > #require(ready[0]))
        #expect(try #require(started[2]) > #require(ready[1]))
        #expect(session.cluster.store.persistentVolumeClaims.all.map(\.status.phase) == ["Bound", "Bound", "Bound"])
        #expect(session.cluster.store.persistentVolumes.count == 3)
    }

    @Test func `a pod whose Secret is not there waits for it, and all others are ready`() {
        let session = afterTenMinutes("kube-prometheus")
        let waiting = session.pods("monitoring").filter { !$0.isReady }
        #expect(waiting.map { $0.metadata.labels["app.kubernetes.io/name"] } == ["grafana"])
        #expect(session.pods("monitoring").count > 15)
        #expect(waiting.first?.status.containerStatuses.map { $0.state.waiting?.reason } == ["ContainerCreating"])
        let mounts = session.events("FailedMount")
        #expect(mounts.allSatisfy { $0.object == waiting.first?.key && $0.isWarning })
        #expect(
            mounts.first?.message
                == "MountVolume.SetUp failed for volume \"grafana-datasources\" : secret \"grafana-datasources\" not found")
    }

    @Test func `kinds that are not acted on are counted once each`() {
        let kept = RealManifests.input("kube-prometheus").keptKinds
        let names = kept.map(\.kind.kind)
        #expect(Set(names).count == names.count)
        let text = try! String(contentsOf: RealManifests.folder!.appending(path: "kube-prometheus.yaml"), encoding: .utf8)
        let lines = text.split(separator: "\n")
        for (kind, count) in kept where !["Role", "RoleBinding"].contains(kind.kind) {
            // Roles and their bindings stand in lists as well.
            #expect(lines.count { $0 == "kind: \(kind.kind)" } == count, "\(kind.kind)")
        }
        #expect(names.contains("NetworkPolicy") && names.contains("ServiceMonitor"))
        #expect(names.contains("ClusterRole") && !names.contains("Deployment"))
    }
}
