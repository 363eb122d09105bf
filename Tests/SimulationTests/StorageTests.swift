import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// The worked scenarios of persistent storage, played by all components together.
@Suite struct StorageTests {
    // MARK: Manifests

    private static func storageClass(_ mode: String = "Immediate", reclaim: String = "Delete") -> String {
        """
        ---
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
        provisioner: disk.example.com
        reclaimPolicy: \(reclaim)
        volumeBindingMode: \(mode)

        """
    }
    private static func claim(_ modes: String, extra: String = "") -> String {
        """
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec: {accessModes: [\(modes)], resources: {requests: {storage: 1Gi}}\(extra)}

        """
    }
    private static func pod(_ name: String, _ spec: String = "", mode: String = "volumeMounts: [{name: d, mountPath: /d}]") -> String {
        """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name), annotations: {evenkeel.dev/image-size: "1"}}
        spec:
          containers: [{name: c, image: i, \(mode)}]
          volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]
          \(spec)

        """
    }
    private static func on(_ node: String) -> String { "nodeSelector: {kubernetes.io/hostname: \(node)}" }
    private static let priority = """
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: high}
        value: 1000

        """
    private static func web(_ strategy: String) -> String {
        """
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          strategy: {\(strategy)}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}, annotations: {evenkeel.dev/image-size: "1"}}
            spec:
              containers: [{name: main, image: "web:1", volumeMounts: [{name: d, mountPath: /d}]}]
              volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]

        """
    }
    /// One zone, so that no volume is out of reach.
    private func play(_ yaml: String, version: String = "1.36", zones: Int = 1, gates: String = "") -> Session {
        session(scenario("  kubernetesVersion: \"\(version)\"\n  featureGates: {\(gates)}\n  cluster: {zones: \(zones), nodesPerZone: 3}\n") + yaml)
    }
    private func objects(_ yaml: String) -> [any StoredObject] { Input(ManifestReader.read(text: yaml)).objects }
    private func told(_ session: Session, _ reason: String, _ object: String? = nil) -> [(time: Double, message: String)] {
        session.events(reason).filter { object == nil || $0.object.name == object }.map { ($0.time.sinceStart.seconds, $0.message) }
    }
    private let claimKey = ObjectKey(namespace: "default", name: "data")
    private func claim(_ session: Session) -> PersistentVolumeClaim? { session.cluster.store.persistentVolumeClaims[claimKey] }
    private func volume(_ session: Session) -> PersistentVolume? { session.cluster.store.persistentVolumes.all.first }
    private func perform(_ session: inout Session, _ command: Command) {
        if case .failure(let error) = session.perform(command) { Issue.record("\(error.message)") }
    }
    private func delete(_ session: inout Session, _ kind: Kind, _ name: String, grace: Int? = nil) {
        let namespace = kind.info.isNamespaced ? "default" : ""
        perform(&session, .delete(kind, ObjectKey(namespace: namespace, name: name), DeleteOptions(gracePeriodSeconds: grace)))
    }
    private func isRunning(_ session: Session, _ name: String) -> Bool { session.pod(name)?.isReady ?? false }

    static let inUse = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
    static let inUseByName = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"

    // MARK: V1, V2: provisioning

    @Test func `V1: an immediate class makes the volume in five seconds without any pod`() {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOnce"))
        session.run(to: 4.9)
        #expect(claim(session)?.status.phase == "Pending")
        session.run(to: 5.5)
        #expect(claim(session)?.status.phase == "Bound")
        #expect(
            told(session, "ExternalProvisioning").map(\.message) == [
                "Waiting for a volume to be created either by the external provisioner 'disk.example.com' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
            ])
        #expect(told(session, "ProvisioningSucceeded").map(\.message) == ["Successfully provisioned volume \(volume(session)!.name)"])
        #expect(session.count(.volumeAttachment) == 0)
    }

    @Test func `V2: a class that waits makes the volume when a pod has its node, then it is attached`() {
        var session = play(Self.storageClass("WaitForFirstConsumer") + Self.claim("ReadWriteOnce"))
        session.run(to: 60)
        #expect(claim(session)?.status.phase == "Pending" && session.count(.persistentVolume) == 0)
        #expect(told(session, "WaitForFirstConsumer").first?.message == "waiting for first consumer to be created before binding")
        perform(&session, .apply(objects(Self.pod("a"))))
        session.run(to: 66)
        #expect(claim(session)?.status.phase == "Bound")
        #expect(told(session, "WaitForPodScheduled").isEmpty || told(session, "WaitForPodScheduled")[0].message == "waiting for pod a to be scheduled")
        session.run(to: 90)
        let bound = told(session, "Scheduled", "a")[0].time
        let attached = told(session, "SuccessfulAttachVolume", "a")
        #expect(attached.map(\.message) == ["AttachVolume.Attach succeeded for volume \"\(volume(session)!.name)\" "])
        // Attaching takes three seconds and begins at the controller's next look.
        #expect((3.0...3.2).contains(attached[0].time - bound))
        #expect(isRunning(session, "a"))
        let node = session.node(session.pod("a")!.nodeName)
        #expect(node.status.volumesInUse == [volume(session)!.uniqueName])
        #expect(node.status.volumesAttached.map(\.name) == [volume(session)!.uniqueName])
    }

    // MARK: V3 to V5: ReadWriteOnce

    @Test func `V3: two pods on one node share a ReadWriteOnce volume`() {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOnce") + Self.pod("a", Self.on("a1")) + Self.pod("b", Self.on("a1")))
        session.run(to: 60)
        #expect(isRunning(session, "a") && isRunning(session, "b"))
        #expect(session.count(.volumeAttachment) == 1)
    }

    @Test func `V4 and V5: a second node waits until the first pod is gone and the volume detached`() throws {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOnce") + Self.pod("a", Self.on("a1")))
        session.run(to: 60)
        perform(&session, .apply(objects(Self.pod("b", Self.on("a2")))))
        session.run(to: 180)
        let name = volume(session)!.name
        #expect(told(session, "FailedAttachVolume", "b").map(\.message) == ["Multi-Attach error for volume \"\(name)\" Volume is already used by pod(s) a"])
        #expect(session.pod("b")?.status.containerStatuses.first?.state.waiting?.reason == "ContainerCreating")
        delete(&session, .pod, "a")
        session.run(to: 240)
        let killed = told(session, "Killing", "a")[0].time
        let attached = try #require(told(session, "SuccessfulAttachVolume", "b").first).time
        // The end of the program, unmounting, the next report of the node, detaching 2 s, attaching 3 s.
        #expect((7.0...18.0).contains(attached - killed), "\(attached - killed)")
        #expect(isRunning(session, "b"))
        #expect(session.cluster.store.volumeAttachments.all.map(\.spec.nodeName) == ["a2"])
        #expect(session.node("a1").status.volumesAttached.isEmpty && session.node("a1").status.volumesInUse.isEmpty)
    }

    @Test func `many nodes may have a volume that can be shared`() {
        var session = play(
            Self.storageClass() + Self.claim("ReadWriteMany") + Self.pod("a", Self.on("a1")) + Self.pod("b", Self.on("a2")) + Self.pod("c", Self.on("a3")))
        session.run(to: 60)
        #expect(["a", "b", "c"].allSatisfy { isRunning(session, $0) })
        #expect(session.cluster.store.volumeAttachments.all.map(\.spec.nodeName).sorted() == ["a1", "a2", "a3"])
    }

    @Test func `a driver that needs no attaching is mounted without`() {
        let driver = """
            ---
            apiVersion: storage.k8s.io/v1
            kind: CSIDriver
            metadata: {name: disk.example.com}
            spec: {attachRequired: false}

            """
        var session = play(
            driver + Self.storageClass() + Self.claim("ReadWriteOnce") + Self.pod("a", Self.on("a1")) + Self.pod("b", Self.on("a2")))
        session.run(to: 30)
        // Not enforced where nothing is attached.
        #expect(isRunning(session, "a") && isRunning(session, "b"))
        #expect(session.count(.volumeAttachment) == 0)
    }

    @Test func `of two pods that come at once to two nodes, one gets a ReadWriteOnce volume`() {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOnce") + Self.pod("a", Self.on("a1")) + Self.pod("b", Self.on("a2")))
        session.run(to: 60)
        #expect(session.count(.volumeAttachment) == 1)
        #expect(isRunning(session, "a") != isRunning(session, "b"))
        #expect(told(session, "FailedAttachVolume").count == 1)
    }

    // MARK: V6 to V8: ReadWriteOncePod and the scheduler

    @Test(arguments: [("1.36", inUse), ("1.33", inUse), ("1.29", inUseByName), ("1.27", inUseByName)])
    func `V6: a second pod of equal priority waits for all nodes`(version: String, words: String) {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOncePod") + Self.pod("a") + Self.pod("b"), version: version)
        session.run(to: 120)
        #expect(isRunning(session, "a") && session.pod("b")?.nodeName == "")
        let last = told(session, "FailedScheduling", "b").last?.message ?? ""
        #expect(last.hasPrefix("0/3 nodes are available: 3 \(words)."), "\(last)")
        // Up to 1.29 a full stop is put behind a text that has one.
        let stop = words == Self.inUseByName ? ".." : "."
        #expect(last.hasSuffix("preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod\(stop)"), "\(last)")
        delete(&session, .pod, "a")
        session.run(to: 200)
        #expect(isRunning(session, "b"))
    }

    @Test(arguments: ["1.36", "1.27"])
    func `V7: a pod of higher priority takes the claim from its holder, on the holder's node`(version: String) {
        var session = play(Self.priority + Self.storageClass() + Self.claim("ReadWriteOncePod") + Self.pod("a"), version: version)
        session.run(to: 60)
        let node = session.pod("a")!.nodeName
        perform(&session, .apply(objects(Self.pod("b", "priorityClassName: high"))))
        session.run(to: 61)
        #expect(session.pod("b")?.status.nominatedNodeName == node)
        #expect(session.pod("a")?.status.conditions["DisruptionTarget"]?.reason == "PreemptionByScheduler")
        session.run(to: 150)
        #expect(told(session, "Preempted", "a").count == 1)
        #expect(session.pod("a") == nil && isRunning(session, "b") && session.pod("b")?.nodeName == node)
        #expect(session.events("Preempted").map(\.object.name) == ["a"])
    }

    @Test func `V8: before 1.27 the holder is not preempted`() {
        var session = play(
            Self.priority + Self.storageClass() + Self.claim("ReadWriteOncePod") + Self.pod("a"), version: "1.25", gates: "ReadWriteOncePod: true")
        session.run(to: 60)
        perform(&session, .apply(objects(Self.pod("b", "priorityClassName: high"))))
        session.run(to: 300)
        #expect(isRunning(session, "a") && session.pod("b")?.nodeName == "")
        #expect(session.events("Preempted").isEmpty)
    }

    // MARK: V9, V10: pods that pass the scheduler by

    @Test func `V9: the kubelet refuses a second pod on the node, later and later, until the first has ended`() {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOncePod") + Self.pod("a", Self.on("a1")))
        session.run(to: 60)
        perform(&session, .apply(objects(Self.pod("b", "nodeName: a1"))))
        session.run(to: 80)
        let failures = told(session, "FailedMount", "b")
        let text =
            "MountVolume.SetUp failed for volume \"\(volume(session)!.name)\" : volume uses the ReadWriteOncePod access mode and is already in use by another pod"
        #expect(failures.count >= 4 && failures.allSatisfy { $0.message == text })
        let pauses = zip(failures, failures.dropFirst()).map { $1.time - $0.time }
        for (pause, least) in zip(pauses, [0.5, 1, 2, 4]) { #expect(pause >= least - 0.001 && pause < least + 0.5, "\(pauses)") }
        delete(&session, .pod, "a")
        session.run(to: 140)
        #expect(session.pod("a") == nil && isRunning(session, "b"))
    }

    @Test func `a block volume is refused in its own words`() {
        let device = "volumeDevices: [{name: d, devicePath: /dev/x}]"
        var session = play(
            Self.storageClass() + Self.claim("ReadWriteOncePod", extra: ", volumeMode: Block") + Self.pod("a", Self.on("a1"), mode: device))
        session.run(to: 60)
        perform(&session, .apply(objects(Self.pod("b", "nodeName: a1", mode: device))))
        session.run(to: 70)
        #expect(
            told(session, "FailedMapVolume", "b").first?.message
                == "MapVolume.SetUpDevice failed for volume \"\(volume(session)!.name)\" : volume uses the ReadWriteOncePod access mode and is already in use by another pod"
        )
    }

    @Test func `V10: on another node the attachment stops it`() {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOncePod") + Self.pod("a", Self.on("a1")))
        session.run(to: 60)
        perform(&session, .apply(objects(Self.pod("b", "nodeName: a2"))))
        session.run(to: 90)
        #expect(
            told(session, "FailedAttachVolume", "b").map(\.message) == [
                "Multi-Attach error for volume \"\(volume(session)!.name)\" Volume is already used by pod(s) a"
            ])
        #expect(told(session, "FailedMount", "b").isEmpty && !isRunning(session, "b"))
    }

    // MARK: V11 to V13: moving a volume to ReadWriteOncePod

    @Test func `V11: the mode stands alone, and only where the version has it`() {
        var session = play("")
        func answer(_ modes: String) -> String? {
            guard case .failure(let error) = session.perform(.apply(objects(Self.claim(modes)))) else { return nil }
            return error.causes.first?.message
        }
        #expect(answer("ReadWriteOnce, ReadWriteOncePod") == "Forbidden: may not use ReadWriteOncePod with other access modes")
        #expect(answer("ReadWriteOncePod") == nil)
        for (version, gate, taken) in [
            ("1.22", "", false), ("1.22", "ReadWriteOncePod: true", true), ("1.26", "", false), ("1.27", "", true), ("1.29", "", true),
        ] {
            session = play("", version: version, gates: gate)
            let found = answer("ReadWriteOncePod")
            #expect((found == nil) == taken, "\(version)")
            if let found { #expect(found.hasPrefix("Unsupported value: \"ReadWriteOncePod\"")) }
        }
    }

    @Test func `a claim keeps its modes, a volume's can be edited but not mixed`() {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOnce"))
        session.run(to: 10)
        let modes: JSONValue = ["spec": ["accessModes": ["ReadWriteOncePod"]]]
        if case .success = session.perform(.patch(.persistentVolumeClaim, claimKey, modes)) { Issue.record("changed") }
        let volume = volume(session)!.key
        if case .success = session.perform(.patch(.persistentVolume, volume, ["spec": ["accessModes": ["ReadWriteOnce", "ReadWriteOncePod"]]])) {
            Issue.record("mixed")
        }
        perform(&session, .patch(.persistentVolume, volume, modes))
        #expect(self.volume(session)?.spec.accessModes == ["ReadWriteOncePod"])
    }

    @Test func `V13: without Retain the data goes with the claim`() {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOnce") + Self.pod("a"))
        session.run(to: 60)
        delete(&session, .pod, "a")
        session.run(to: 63)
        delete(&session, .persistentVolumeClaim, "data")
        session.run(to: 64)
        #expect(claim(session) == nil)
        #expect(volume(session)?.status.phase == "Released")
        // The provisioner does not delete what is still attached.
        #expect(told(session, "VolumeFailedDelete").first?.message.contains("is still attached to node") == true)
        session.run(to: 120)
        #expect(volume(session) == nil && session.count(.volumeAttachment) == 0)
    }

    // MARK: V14: a node is lost

    @Test func `V14: the volume of a lost node comes free when its pod is removed and six minutes have passed`() throws {
        var session = play(Self.storageClass() + Self.claim("ReadWriteOnce") + Self.web("type: RollingUpdate"))
        session.run(to: 60)
        let first = session.pods(app: "web")[0]
        perform(&session, .fail(.node(first.nodeName)))
        session.run(to: 450)
        let second = try #require(session.pods(app: "web").first { $0.name != first.name })
        // 50 s until the node is unreachable, 300 s of toleration.
        let marked = try #require(session.pod(first.name)?.metadata.deletionTimestamp).sinceStart.seconds
        #expect((400...450).contains(marked - 30), "\(marked)")
        #expect(
            told(session, "FailedAttachVolume", second.name).map(\.message) == [
                "Multi-Attach error for volume \"\(volume(session)!.name)\" Volume is already used by pod(s) \(first.name)"
            ])
        var outOfService = session
        // As long as the pod's object is there, the volume is wanted there.
        session.run(to: 1000)
        #expect(!isRunning(session, second.name))
        delete(&session, .pod, first.name, grace: 0)
        session.run(to: 1355)
        #expect(told(session, "SuccessfulAttachVolume", second.name).isEmpty)
        // The kubelet looks again later and later, up to two minutes apart.
        session.run(to: 1500)
        let attached = try #require(told(session, "SuccessfulAttachVolume", second.name).first).time
        #expect((1365.0...1366.0).contains(attached), "\(attached)")
        #expect(isRunning(session, second.name))

        // The taint removes the pod and detaches at once.
        perform(&outOfService, .taint(node: first.nodeName, Taint(key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute")))
        outOfService.run(to: 500)
        #expect(outOfService.pod(first.name) == nil && isRunning(outOfService, second.name))
    }

    // MARK: V15 to V17

    @Test func `V15: a claim in use stays until its pod is gone`() {
        var session = play(Self.storageClass(reclaim: "Retain") + Self.claim("ReadWriteOnce") + Self.pod("a"))
        session.run(to: 60)
        delete(&session, .persistentVolumeClaim, "data")
        session.run(to: 100)
        #expect(claim(session)?.metadata.isTerminating == true && volume(session)?.status.phase == "Bound")
        delete(&session, .pod, "a")
        session.run(to: 140)
        #expect(claim(session) == nil && volume(session)?.status.phase == "Released")
        // A released volume is nobody's.
        perform(&session, .apply(objects(Self.claim("ReadWriteOnce", extra: ", volumeName: \(volume(session)!.name)"))))
        session.run(to: 200)
        #expect(claim(session)?.status.phase == "Pending" && volume(session)?.status.phase == "Released")
    }

    private func driver(_ annotation: String) -> String {
        """
        ---
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: disk.example.com, annotations: {\(annotation)}}
        spec: {}

        """
    }

    @Test func `V16: a provisioner that is too old does not know the mode`() {
        var session = play(driver("evenkeel.dev/csi-provisioner: v2.2.0") + Self.storageClass() + Self.claim("ReadWriteOncePod"))
        session.run(to: 60)
        #expect(claim(session)?.status.phase == "Pending")
        #expect(
            told(session, "ProvisioningFailed").first?.message
                == "failed to provision volume with StorageClass \"fast\": unsupported access mode: ReadWriteOncePod (csi-provisioner v2.2.0; v3.0.0 is the first to know it)"
        )
        session = play(driver("evenkeel.dev/csi-provisioner: v3.0.0") + Self.storageClass() + Self.claim("ReadWriteOncePod"))
        session.run(to: 60)
        #expect(claim(session)?.status.phase == "Bound")
        // Other modes are as they were.
        session = play(driver("evenkeel.dev/csi-provisioner: v2.2.0") + Self.storageClass() + Self.claim("ReadWriteOnce"))
        session.run(to: 60)
        #expect(claim(session)?.status.phase == "Bound")
    }

    @Test func `an attacher that is too old does not attach the mode`() {
        var session = play(driver("evenkeel.dev/csi-attacher: 3.2.1") + Self.storageClass() + Self.claim("ReadWriteOncePod") + Self.pod("a"))
        session.run(to: 60)
        #expect(!isRunning(session, "a"))
        #expect(
            told(session, "FailedAttachVolume", "a").first?.message
                == "AttachVolume.Attach failed for volume \"\(volume(session)!.name)\" : unsupported access mode: ReadWriteOncePod (csi-attacher 3.2.1; v3.3.0 is the first to know it)"
        )
    }

    @Test func `what is no CSI driver does not know the mode`() {
        var session = play(Self.storageClass().replacing("disk.example.com", with: "kubernetes.io/gce-pd") + Self.claim("ReadWriteOncePod"))
        session.run(to: 30)
        #expect(claim(session)?.status.phase == "Pending" && !told(session, "ProvisioningFailed").isEmpty)
    }

    @Test(arguments: [("RollingUpdate", false), ("Recreate", true)])
    func `V17: a roll-out that surges hangs on its own claim, one that recreates does not`(strategy: String, completes: Bool) {
        let web = Self.web(strategy == "RollingUpdate" ? "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}" : "type: Recreate")
        var session = play(Self.storageClass() + Self.claim("ReadWriteOncePod") + web)
        session.run(to: 60)
        #expect(session.pods(app: "web").map(\.isReady) == [true])
        perform(&session, .setImage(.deployment, ObjectKey(namespace: "default", name: "web"), container: "main", image: "web:2"))
        session.run(to: 300)
        let pods = session.pods(app: "web")
        #expect(pods.contains { $0.isReady && $0.spec.containers[0].image == "web:2" } == completes)
        if !completes {
            #expect(pods.count == 2 && pods.contains { $0.nodeName.isEmpty })
            #expect(session.events("FailedScheduling").contains { $0.message.contains(Self.inUse) })
        }
    }

    @Test func `a node takes so many volumes of a driver, and the next pod goes elsewhere`() {
        let claims = (0..<4).map { Self.claim("ReadWriteOnce").replacing("name: data", with: "name: data-\($0)") }.joined()
        let pods = (0..<4).map { Self.pod("p\($0)", Self.on("a1")).replacing("claimName: data", with: "claimName: data-\($0)") }.joined()
        var session = play(driver("evenkeel.dev/volumes-per-node: \"3\"") + Self.storageClass() + claims + pods)
        session.run(to: 60)
        #expect(session.cluster.store.csiNodes.all.map(\.name).sorted() == ["a1", "a2", "a3"])
        #expect((0..<4).count { isRunning(session, "p\($0)") } == 3)
        let waiting = (0..<4).map { "p\($0)" }.first { session.pod($0)!.nodeName.isEmpty }!
        #expect(told(session, "FailedScheduling", waiting).last?.message.contains("1 node(s) exceed max volume count") == true)
    }

    @Test func `volumes on a node's disk are pinned to the node's hostname, others to its zone`() throws {
        for (provisioner, label) in [
            ("rancher.io/local-path", "kubernetes.io/hostname"), ("openebs.io/local", "kubernetes.io/hostname"),
            ("disk.example.com", "topology.kubernetes.io/zone"),
        ] {
            let storageClass = Self.storageClass("WaitForFirstConsumer").replacing("disk.example.com", with: provisioner)
            var session = session(storageClass + Self.claim("ReadWriteOnce") + Self.pod("p"))
            session.run(to: 60)
            let node = session.node(session.pod("p")!.nodeName)
            let volume = try #require(session.cluster.store.persistentVolumes.all.first)
            let terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
            #expect(terms.map(\.matchExpressions) == [[SelectorRequirement(label, "In", [node.metadata.labels[label]!])]])
            // The pod comes back to its volume: on the very node, or anywhere in the zone.
            let fits = session.cluster.store.nodes.all.filter { fit in
                volume.spec.nodeAffinity?.required?.matches(labels: fit.metadata.labels, name: fit.metadata.name) ?? true
            }
            #expect(fits.count == (label == "kubernetes.io/hostname" ? 1 : 4))
        }
        // Without a pod nobody knows the node.
        var session = session(Self.storageClass("Immediate").replacing("disk.example.com", with: "rancher.io/local-path") + Self.claim("ReadWriteOnce"))
        session.run(to: 30)
        #expect(session.events("ProvisioningFailed").first?.message.hasSuffix("configuration error, no node was specified") == true)
        #expect(session.count(.persistentVolume) == 0)
    }

    @Test(arguments: [("Delete", ReclaimForecast.Fate.destroyed), ("Retain", .retained)])
    func `deleting a claim says what becomes of its volume, and that comes`(policy: String, fate: ReclaimForecast.Fate) throws {
        var session = session(Self.storageClass("WaitForFirstConsumer", reclaim: policy) + Self.claim("ReadWriteOnce") + Self.pod("p"))
        let key = ObjectKey(namespace: "default", name: "data")
        #expect(session.cluster.reclaim(deleting: session.cluster.store.persistentVolumeClaims[key]!).fate == .none)
        session.run(to: 60)
        let claim = try #require(session.cluster.store.persistentVolumeClaims[key])
        let forecast = session.cluster.reclaim(deleting: claim)
        #expect(forecast.fate == fate && forecast.volume == claim.spec.volumeName)
        #expect(forecast.users.map(\.name) == ["p"])
        #expect(forecast.text.contains("reclaim policy \(policy)") && forecast.text.contains("until pod p is gone"))
        #expect(session.cluster.losesVolume(deleting: claim) == (fate == .destroyed))
        #expect(session.cluster.claims(deletedWith: session.cluster.store.namespaces[ObjectKey(name: "default")]!).map(\.name) == ["data"])
        // And so it comes: protected while in use, then as told.
        _ = session.perform(.delete(.persistentVolumeClaim, key, DeleteOptions()))
        session.run(to: 90)
        #expect(session.cluster.store.persistentVolumeClaims[key]?.metadata.isTerminating == true)
        #expect(session.count(.persistentVolume) == 1)
        _ = session.perform(.delete(.pod, ObjectKey(namespace: "default", name: "p"), DeleteOptions()))
        session.run(to: 300)
        #expect(session.cluster.store.persistentVolumeClaims[key] == nil)
        #expect(session.cluster.store.persistentVolumes.all.map(\.status.phase) == (fate == .destroyed ? [] : ["Released"]))
    }
}
