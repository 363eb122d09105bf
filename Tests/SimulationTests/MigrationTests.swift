import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@testable import Simulation

/// Moving a volume from ReadWriteOnce to ReadWriteOncePod: `storage.md` §5.4 and V12.
@Suite struct MigrationTests {
    private static let objects = """
        ---
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
        provisioner: disk.example.com
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, labels: {team: a}}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          strategy: {type: Recreate}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}, annotations: {evenkeel.dev/image-size: "1"}}
            spec:
              containers: [{name: main, image: "web:1", volumeMounts: [{name: d, mountPath: /d}]}]
              volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]
        """
    private let key = ObjectKey(namespace: "default", name: "data")

    private func start(_ extra: String = "") -> Session {
        var session = session(scenario("  cluster: {zones: 1, nodesPerZone: 3}\n") + Self.objects + "\n" + extra)
        session.run(to: 60)
        return session
    }
    private func users(_ session: Session) -> [ObjectKey] {
        session.cluster.store.pods.all.filter { $0.spec.volumes.contains { $0.persistentVolumeClaim?.claimName == "data" } }.map(\.key).sorted()
    }
    private func migration(_ session: Session) throws -> Migration { try #require(Migration(of: key, users: users(session), in: session.cluster)) }
    private func perform(_ session: inout Session, _ commands: [Command]) {
        for command in commands {
            if case .failure(let error) = session.perform(command) { Issue.record("\(error.message)") }
        }
    }
    private func run(_ session: inout Session, _ seconds: Int) { session.run(to: session.now.sinceStart.seconds + Double(seconds)) }
    private func claim(_ session: Session) -> PersistentVolumeClaim? { session.cluster.store.persistentVolumeClaims[key] }
    private func volumes(_ session: Session) -> [PersistentVolume] { session.cluster.store.persistentVolumes.all }

    @Test func `V12: the eight steps keep the volume and leave it to one pod`() throws {
        var session = start()
        let migration = try migration(session)
        let before = volumes(session)[0]
        #expect(before.spec.accessModes == ["ReadWriteOnce"] && before.spec.persistentVolumeReclaimPolicy == "Delete")
        var seen: [Int] = []
        for _ in 0..<60 where !migration.isDone(users(session), in: session.cluster) {
            let steps = migration.steps(users(session), in: session.cluster)
            let next = try #require(steps.firstIndex { $0.state == .next || $0.state == .waits })
            // Steps are done in their order, and none falls back.
            #expect(steps[..<next].allSatisfy { $0.state == .done } && steps[(next + 1)...].allSatisfy { $0.state == .later })
            if seen.last != next + 1 { seen.append(next + 1) }
            perform(&session, migration.commandsOfNext(users(session), in: session.cluster))
            run(&session, 5)
            #expect(volumes(session).map(\.name) == [before.name], "the data is kept")
        }
        #expect(seen == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(migration.isDone(users(session), in: session.cluster))
        let after = volumes(session)[0]
        #expect(after.metadata.uid == before.metadata.uid && after.spec.accessModes == ["ReadWriteOncePod"])
        #expect(after.spec.persistentVolumeReclaimPolicy == "Delete")
        let new = try #require(claim(session))
        #expect(new.spec.accessModes == ["ReadWriteOncePod"] && new.status.phase == "Bound" && new.spec.volumeName == before.name)
        #expect(new.metadata.labels["team"] == "a")
        #expect(session.pods(app: "web").map(\.isReady) == [true])
    }

    @Test func `a step is done by kubectl's command alone, whoever typed it`() throws {
        var session = start()
        let migration = try migration(session)
        perform(&session, [.patch(.persistentVolume, ObjectKey(name: migration.volume), ["spec": ["persistentVolumeReclaimPolicy": "Retain"]])])
        let steps = migration.steps(users(session), in: session.cluster)
        #expect(steps[0].state == .done && steps[1].state == .next)
        #expect(steps[1].command == "kubectl scale deployment web --replicas=0")
        // One who comes later finds what the policy was in the class.
        let second = try self.migration(session)
        #expect(
            second.steps(users(session), in: session.cluster)[6].command
                == "kubectl patch pv \(migration.volume) -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Delete\"}}'")
    }

    /// The steps up to 3, then those of `numbers`, with time between them.
    private func migrate(_ session: inout Session, leavingOut number: Int) throws {
        let volume = ObjectKey(name: volumes(session)[0].name)
        var new = try #require(claim(session))
        let made = { () -> PersistentVolumeClaim in
            var claim = PersistentVolumeClaim()
            (claim.metadata.name, claim.metadata.namespace, claim.spec) = (new.metadata.name, new.metadata.namespace, new.spec)
            claim.spec.accessModes = ["ReadWriteOncePod"]
            claim.spec.volumeName = ""
            return claim
        }
        let steps: [(Int, Command)] = [
            (1, .patch(.persistentVolume, volume, ["spec": ["persistentVolumeReclaimPolicy": "Retain"]])),
            (2, .scale(.deployment, ObjectKey(namespace: "default", name: "web"), replicas: 0)),
            (3, .delete(.persistentVolumeClaim, key, DeleteOptions())),
            (4, .patch(.persistentVolume, volume, ["spec": ["claimRef": ["uid": ""]]])),
            (5, .patch(.persistentVolume, volume, ["spec": ["accessModes": ["ReadWriteOncePod"]]])),
            (6, .create(made())),
        ]
        for (step, command) in steps where step != number {
            perform(&session, [command])
            run(&session, 60)
        }
        new = try #require(claim(session))
    }

    @Test func `without step 4 the claim waits, as the volume belongs to another identity`() throws {
        var session = start()
        let name = volumes(session)[0].name
        try migrate(&session, leavingOut: 4)
        #expect(volumes(session).first { $0.name == name }?.status.phase == "Released")
        #expect(claim(session)?.spec.volumeName != name)
    }

    @Test func `without step 5 nothing matches, and the class makes another volume`() throws {
        var session = start()
        let name = volumes(session)[0].name
        try migrate(&session, leavingOut: 5)
        #expect(claim(session)?.spec.volumeName != name)
        #expect(volumes(session).count == 2)
    }

    @Test func `the mode is not added next to another`() throws {
        var session = start()
        let volume = ObjectKey(name: volumes(session)[0].name)
        guard case .failure(let error) = session.perform(.patch(.persistentVolume, volume, ["spec": ["accessModes": ["ReadWriteOnce", "ReadWriteOncePod"]]]))
        else {
            Issue.record("taken")
            return
        }
        #expect(error.causes.first?.message == "Forbidden: may not use ReadWriteOncePod with other access modes")
    }

    @Test func `a driver whose sidecars are too old says so before anything is done`() throws {
        let session = start(
            """
            ---
            apiVersion: storage.k8s.io/v1
            kind: CSIDriver
            metadata: {name: disk.example.com, annotations: {evenkeel.dev/csi-attacher: v3.2.1}}
            spec: {attachRequired: true}
            """)
        let obstacle = try #require(try migration(session).obstacle(in: session.cluster))
        #expect(obstacle.contains("csi-attacher") && obstacle.contains("3.2.1"), "\(obstacle)")
    }
}
