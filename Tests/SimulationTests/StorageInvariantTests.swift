import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// What must hold of volumes after each event, while pods come and go, nodes fail and claims are deleted at random.
@Suite struct StorageInvariantTests {
    /// Claims of every mode, in classes that bind at once and that wait; pods that share them, and some that pass the
    /// scheduler by.
    private static func start(_ version: String) -> String {
        var yaml = scenario("  kubernetesVersion: \"\(version)\"\n  cluster: {zones: 2, nodesPerZone: 2}\n")
        for (name, mode, reclaim) in [("now", "Immediate", "Delete"), ("later", "WaitForFirstConsumer", "Retain")] {
            yaml += """
                ---
                apiVersion: storage.k8s.io/v1
                kind: StorageClass
                metadata: {name: \(name)}
                provisioner: disk.example.com
                reclaimPolicy: \(reclaim)
                volumeBindingMode: \(mode)

                """
        }
        for (name, value) in [("low", 0), ("middle", 10), ("high", 20)] {
            yaml += "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: \(name)}\nvalue: \(value)\n"
        }
        for index in 0..<6 { yaml += Self.claim(index) }
        return yaml
    }
    private static func claim(_ index: Int) -> String {
        """
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: c\(index)}
        spec: {storageClassName: \(index % 2 == 0 ? "now" : "later"), accessModes: [\(["ReadWriteOncePod", "ReadWriteOnce", "ReadWriteMany"][index / 2])], resources: {requests: {storage: 1Gi}}}

        """
    }
    private static func pod(_ name: String, claim: Int, priority: String, node: String?) -> String {
        """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name)}
        spec:
          priorityClassName: \(priority)
          terminationGracePeriodSeconds: 5
          containers: [{name: c, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
          volumes: [{name: d, persistentVolumeClaim: {claimName: c\(claim)}}]
          \(node.map { "nodeName: \($0)" } ?? "")

        """
    }

    @Test(arguments: [(1, "1.36"), (2, "1.36"), (3, "1.29"), (4, "1.27")] as [(UInt64, String)])
    func `volumes, claims and attachments keep to the rules`(seed: UInt64, version: String) {
        var session = session(Self.start(version))
        var random = SeededRandom(seed: seed, stream: "storage")
        var watch = Watch()
        func pick(_ n: Int) -> Int { Int(random.next() % UInt64(n)) }
        func apply(_ yaml: String) { for object in Input(ManifestReader.read(text: yaml)).objects { _ = session.perform(.apply([object])) } }
        let nodes = ["a1", "a2", "b1", "b2"]
        for round in 0..<90 {
            switch pick(10) {
            case 0...4: apply(Self.pod("p\(round)", claim: [0, 0, 1, 1, 2, 3, 4, 5][pick(8)], priority: ["low", "middle", "high"][pick(3)], node: nil))
            case 5:
                watch.bypassing.insert("p\(round)")
                apply(Self.pod("p\(round)", claim: [0, 0, 1, 1, 2, 3, 4, 5][pick(8)], priority: "low", node: nodes[pick(4)]))
            case 6, 8:
                let pods = session.pods()
                if !pods.isEmpty { _ = session.perform(.delete(.pod, pods[pick(pods.count)].key, DeleteOptions(gracePeriodSeconds: pick(4) == 0 ? 0 : nil))) }
            case 7:
                // One node at a time is down.
                for node in nodes { _ = session.perform(.recover(.node(node))) }
                if pick(2) == 0 { _ = session.perform(.fail(.node(nodes[pick(4)]))) }
            default:
                let claim = pick(6)
                _ = session.perform(.delete(.persistentVolumeClaim, ObjectKey(namespace: "default", name: "c\(claim)"), DeleteOptions()))
                apply(Self.claim(claim))
            }
            let end = session.now + .seconds(3 + pick(60))
            while session.now < end, session.step() {
                watch.look(at: session)
                if watch.broken.count > 5 { break }
            }
        }
        #expect(watch.broken == [])
        #expect(watch.attachments > 10 && watch.preemptions + watch.refusals > 0)
    }

    private struct Watch {
        var broken: [String] = []
        var bypassing: Set<String> = []
        var attachments = 0
        var preemptions = 0
        var refusals = 0
        private var told = 0
        private var revision = -1
        private var before: Cluster?
        private var lastFailure: [String: (time: Instant, pause: Duration)] = [:]
        private var seenAttachments: Set<String> = []

        mutating func look(at session: Session) {
            let cluster = session.cluster
            let store = cluster.store
            guard store.revision != revision else { return }
            revision = store.revision
            func fail(_ text: String) { broken.append("\(session.now.sinceStart): \(text)") }

            for claim in store.persistentVolumeClaims.all {
                // 4.
                if claim.spec.accessModes.contains("ReadWriteOncePod"), claim.spec.accessModes.count > 1 { fail("\(claim.key) mixes modes") }
                // 1: bound means that both point at each other.
                if claim.status.phase == "Bound" {
                    let volume = store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)]
                    if volume == nil || volume!.spec.claimRef?.uid != claim.metadata.uid { fail("\(claim.key) is bound on one side") }
                }
                // 5.
                if claim.spec.storageClassName == "later", !claim.spec.volumeName.isEmpty,
                    claim.metadata.annotations["volume.kubernetes.io/selected-node"] == nil,
                    store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)]?.metadata.annotations["pv.kubernetes.io/provisioned-by"] != nil,
                    store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)]?.spec.claimRef?.uid == claim.metadata.uid,
                    before?.store.persistentVolumeClaims[claim.key]?.spec.volumeName == ""
                {
                    fail("\(claim.key) has a volume before a node was selected")
                }
            }
            if let before {
                // 6: a claim in use is not removed.
                for claim in before.store.persistentVolumeClaims.all where store.persistentVolumeClaims[claim.key]?.metadata.uid != claim.metadata.uid {
                    let users = before.store.pods.all.filter { $0.uses(claim.name) && !$0.isFinished && !$0.nodeName.isEmpty && store.pods[$0.key] != nil }
                    if !users.isEmpty { fail("\(claim.key) was removed under \(users.map(\.name))") }
                }
                // 8: what is released stays so.
                for volume in before.store.persistentVolumes.all where volume.status.phase == "Released" {
                    if let now = store.persistentVolumes[volume.key], now.status.phase == "Bound" { fail("\(volume.name) was bound after its release") }
                }
                // 7: nothing is taken from a healthy node that has it mounted.
                for attachment in before.store.volumeAttachments.all where !attachment.metadata.isTerminating && attachment.status.attached {
                    let now = store.volumeAttachments[attachment.key]
                    guard now == nil || now!.metadata.isTerminating else { continue }
                    let node = attachment.spec.nodeName
                    let volume = attachment.spec.source.persistentVolumeName!
                    if store.nodes[ObjectKey(name: node)]?.isReady == true, !session.simulation.kubelets.isFailed(node: node),
                        !session.simulation.kubelets.mounts(of: volume, on: node).isEmpty
                    {
                        fail("\(volume) is taken from \(node), which has it mounted")
                    }
                }
            }
            // 2: one node at a time.
            var places: [String: [String]] = [:]
            for attachment in store.volumeAttachments.all {
                places[attachment.spec.source.persistentVolumeName!, default: []].append(attachment.spec.nodeName)
                if seenAttachments.insert(attachment.metadata.uid).inserted { attachments += 1 }
            }
            for volume in store.persistentVolumes.all {
                if !volume.allowsMultiAttach, (places[volume.name]?.count ?? 0) > 1 { fail("\(volume.name) is attached to \(places[volume.name]!)") }
                // 3: one pod alone has it mounted. A node that is cut off is not asked.
                guard volume.isForOnePod, let claim = volume.spec.claimRef else { continue }
                let mounted = (places[volume.name] ?? []).filter { !session.simulation.kubelets.isFailed(node: $0) }
                    .flatMap { session.simulation.kubelets.mounts(of: volume.name, on: $0) }
                if mounted.count > 1 { fail("\(volume.name) is mounted for \(mounted.count) pods") }
                let placed = store.pods.all.filter {
                    $0.uses(claim.name) && !$0.nodeName.isEmpty && !$0.isFinished && !$0.metadata.isTerminating && !bypassing.contains($0.name)
                }
                if placed.count > 1, !store.pods.all.contains(where: { bypassing.contains($0.name) && $0.uses(claim.name) }) {
                    fail("\(claim.name) was given to \(placed.map(\.name))")
                }
            }
            // 9 and 10, as they are told.
            for event in cluster.eventLog.events(from: told) {
                if event.reason == "FailedMount", event.message.contains("ReadWriteOncePod") {
                    refusals += 1
                    if let last = lastFailure[event.object.name], event.time - last.time < .milliseconds(499) { fail("\(event.object) tried again too soon") }
                    lastFailure[event.object.name] = (event.time, .zero)
                }
                if event.reason == "Preempted" {
                    preemptions += 1
                    guard let victim = before?.store.pods[event.object] else { continue }
                    let higher = store.pods.all.contains { $0.spec.priority ?? 0 > victim.spec.priority ?? 0 && $0.claims == victim.claims }
                    if !higher { fail("\(victim.name) was preempted for nobody of higher priority that wants its claim") }
                }
            }
            told = cluster.eventLog.count
            before = cluster
        }
    }
}

extension Pod {
    fileprivate var claims: [String] { spec.volumes.compactMap { $0.persistentVolumeClaim?.claimName } }
    fileprivate func uses(_ claim: String) -> Bool { claims.contains(claim) }
}
