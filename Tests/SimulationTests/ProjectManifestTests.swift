// Manifests of whole projects, ten minutes each.

import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// Where manifests of whole projects are: ours in `Tests/Manifests`, in the shapes in which projects publish theirs; and those of
/// projects where they are at hand.
enum ProjectManifests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let published = ["../../shared/manifests", "../../../shared/manifests"].map { tests.appending(path: $0) }
        .first { FileManager.default.fileExists(atPath: $0.path) }

    /// `ours`, and `theirs` if they are at hand.
    static func names<Case>(_ ours: [Case], published theirs: [Case]) -> [Case] { published == nil ? ours : ours + theirs }

    static func input(_ name: String) -> Input {
        let paths = [tests.appending(path: "Manifests/\(name).yaml"), published?.appending(path: "\(name).yaml")].compactMap { $0?.path }
        return Input(ManifestReader.read(paths: [paths.first { FileManager.default.fileExists(atPath: $0) } ?? paths[0]]))
    }
}

@Suite struct ProjectManifestTests {
    private func afterTenMinutes(_ name: String) -> Session {
        let input = ProjectManifests.input(name)
        #expect(input.problems.isEmpty, "\(input.problems)")
        var (session, refused) = input.makeSession()
        #expect(refused.problems.isEmpty, "\(refused.problems)")
        session.run(to: 600)
        return session
    }

    @Test(
        arguments: ProjectManifests.names(
            [("shop", 12), ("notes", 6), ("ring", 3)], published: [("online-boutique", 12), ("guestbook", 6), ("cassandra", 3)]))
    func `all pods of an application become ready`(name: String, pods: Int) {
        let session = afterTenMinutes(name)
        #expect(session.pods().count == pods)
        #expect(session.pods().filter { !$0.isReady }.map(\.name) == [])
        #expect(ProjectManifests.input(name).keptKinds.isEmpty)
    }

    @Test(arguments: ProjectManifests.names(["ring"], published: ["cassandra"]))
    func `the members of a ring come one after another, each with its volume`(name: String) throws {
        let session = afterTenMinutes(name)
        #expect(session.pods().map(\.name) == (0...2).map { "\(name)-\($0)" })
        let ready = session.pods().map { $0.status.conditions["Ready"]?.lastTransitionTime }
        let started = session.pods().map { $0.metadata.creationTimestamp }
        #expect(try #require(started[1]) > #require(ready[0]))
        #expect(try #require(started[2]) > #require(ready[1]))
        #expect(session.cluster.store.persistentVolumeClaims.all.map(\.status.phase) == ["Bound", "Bound", "Bound"])
        #expect(session.cluster.store.persistentVolumes.count == 3)
    }

    @Test(
        arguments: ProjectManifests.names(
            [("lookout", "lookout", "board", "sources", "board-sources", 15)],
            published: [("kube-prometheus", "monitoring", "grafana", "grafana-datasources", "grafana-datasources", 16)]))
    func `a pod whose Secret is not there waits for it, and all others are ready`(
        name: String, namespace: String, app: String, volume: String, secret: String, least: Int
    ) {
        let session = afterTenMinutes(name)
        let waiting = session.pods(namespace).filter { !$0.isReady }
        #expect(waiting.map { $0.metadata.labels["app.kubernetes.io/name"] } == [app])
        #expect(session.pods(namespace).count >= least)
        #expect(waiting.first?.status.containerStatuses.map { $0.state.waiting?.reason } == ["ContainerCreating"])
        let mounts = session.events("FailedMount")
        #expect(mounts.allSatisfy { $0.object == waiting.first?.key && $0.isWarning })
        #expect(mounts.first?.message == "MountVolume.SetUp failed for volume \"\(volume)\" : secret \"\(secret)\" not found")
    }

    @Test func `kinds that are not acted on are counted once each`() {
        let kept = ProjectManifests.input("lookout").keptKinds.map { "\($0.kind.kind) \($0.count)" }
        #expect(
            kept.sorted() == [
                "APIService 1", "ClusterRole 2", "ClusterRoleBinding 1", "CustomResourceDefinition 1", "NetworkPolicy 2", "Role 2", "Route 1",
                "ServiceWatch 2",
            ])
    }
}
