import ControlPlane
import Foundation
import Kubelets
import KubernetesAPI
import Manifests
import SimulationKit
import Testing

@testable import Simulation

/// States that a real control plane (v1.36.3) was found in are opened as they are, stand still, and go on as the real one did.
@Suite struct OpenedStateTests {
    static let recorded = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded")
    static let names = (try? FileManager.default.contentsOfDirectory(atPath: recorded.path))?.sorted() ?? []
    /// Each recorded operation, as `gpu-pool/1`.
    static let cases = names.flatMap { name in
        (1...9).filter { FileManager.default.fileExists(atPath: path(name, "case-\($0).yaml")) }.map { "\(name)/\($0)" }
    }
    static func path(_ name: String, _ file: String) -> String { recorded.appending(path: "\(name)/\(file)").path }
    static func json(_ name: String, _ file: String) throws -> JSONValue {
        try #require(ManifestReader.read(paths: [path(name, file)], whole: true, standardInput: { [] }).documents.first?.json)
    }

    private func open(_ paths: [String]) throws -> (session: Session, input: Input) {
        let input = Input(ManifestReader.read(paths: paths))
        #expect(input.problems.isEmpty, "\(input.problems.prefix(3))")
        let (session, refusals) = input.makeSession()
        #expect(refusals.problems.isEmpty, "\(refusals.problems.prefix(3))")
        return (session, input)
    }

    @Test(arguments: names) func `a state that is opened is what it was, and stands still`(name: String) throws {
        var (session, input) = try open([Self.path(name, "dump.yaml.gz")])
        let facts = try Self.json(name, "facts.json")
        #expect(input.options.profile.version.description == "1.36")
        #expect(session.now == input.state.newest)
        check(session.cluster, facts)
        let before = session.cluster
        session.advance(to: session.now + .minutes(10))
        check(session.cluster, facts)
        // Nothing moved: the same objects, each pod where it was, with as many restarts unless it crashes again and again.
        for pod in before.store.pods.all where !pod.isFinished {
            let now = try #require(session.cluster.store.pods[pod.key], "\(pod.key) is gone")
            #expect(now.metadata.uid == pod.metadata.uid && now.nodeName == pod.nodeName, "\(pod.key)")
            #expect(now.isReady == pod.isReady, "\(pod.key)")
            #expect(now.status.podIP == pod.status.podIP, "\(pod.key)")
            if pod.isReady { #expect(now.status.value.containerStatuses == pod.status.value.containerStatuses, "\(pod.key)") }
        }
        for claim in before.store.persistentVolumeClaims.all { #expect(session.cluster.store.persistentVolumeClaims[claim.key] == claim) }
        for volume in before.store.persistentVolumes.all { #expect(session.cluster.store.persistentVolumes[volume.key] == volume) }
        for attachment in before.store.volumeAttachments.all { #expect(session.cluster.store.volumeAttachments[attachment.key] == attachment) }
    }

    @Test(arguments: names) func `pods of a template share their spec, and each is told with the token that it came with`(name: String) throws {
        let path = Self.path(name, "dump.yaml.gz")
        let session = try open([path]).session
        for document in ManifestReader.read(paths: [path]).documents where document.kind == "Pod" {
            let pod = try #require(session.cluster.store.pods[ObjectKey(namespace: document.namespace, name: document.name)])
            let shown = session.simulation.document(of: pod)
            for path in ["spec.volumes", "spec.containers[0].volumeMounts", "spec.initContainers[0].volumeMounts"] {
                #expect(shown.value(at: path) == document.json.value(at: path), "\(path) of \(pod.key)")
            }
        }
        let pods = session.cluster.store.pods.all.filter { $0.metadata.controller?.kind == "ReplicaSet" }
        for (owner, pods) in Dictionary(grouping: pods, by: { $0.metadata.controller?.name ?? "" }) {
            #expect(Set(pods.map(\.spec.identity)).count == 1, "\(owner)")
        }
    }

    @Test func `a change of an opened pod leaves its token where it was`() throws {
        var session = try open([Self.path("boutique-small", "dump.yaml.gz")]).session
        let pod = try #require(session.cluster.store.pods.all.first { !$0.tokenVolume.isEmpty && !$0.isFinished })
        let before = session.simulation.document(of: pod)["spec"]
        // What a client sends is the pod as it was shown, with the volume in it.
        var decoder = APIDecoder()
        var changed = Pod(document: session.simulation.document(of: pod).object ?? [:], &decoder)
        changed.metadata.labels["tried"] = "yes"
        #expect(decoder.problems.isEmpty)
        let result = session.perform(.edit([changed]))
        if case .failure(let error) = result { Issue.record("\(error)") }
        let after = try #require(session.cluster.store.pods[pod.key])
        #expect(after.metadata.labels["tried"] == "yes" && after.tokenVolume == pod.tokenVolume)
        #expect(session.simulation.document(of: after)["spec"] == before)
    }

    /// Pods on their nodes, and pods that wait with their message.
    private func check(_ cluster: Cluster, _ facts: JSONValue) {
        for (node, pods) in facts["boundPods"]?.object?.members ?? [] {
            let bound = Set(cluster.store.pods(onNode: node).map { "\($0.key)" })
            let missing = (pods.array ?? []).compactMap(\.string).filter { !bound.contains($0) }
            #expect(missing.isEmpty, "not on \(node): \(missing)")
        }
        let pending = facts["pending"]?.array ?? []
        #expect(cluster.store.pods.all.count { $0.nodeName.isEmpty && !$0.isFinished } == pending.count)
        for fact in pending {
            let name = (fact["pod"]?.string ?? "").split(separator: "/").map(String.init)
            let pod = cluster.store.pods[ObjectKey(namespace: name[0], name: name[1])]
            let condition = pod?.status.conditions["PodScheduled"]
            #expect(condition?.reason == fact["reason"]?.string, "\(name)")
            #expect(condition?.message == fact["message"]?.string, "\(name)")
        }
    }

    @Test func `a manifest goes on top of what the state has, and what is there twice counts once`() throws {
        var set = ManifestReader.read(paths: [Self.path("boutique-small", "dump.yaml.gz"), Self.path("boutique-small", "dump.yaml.gz")])
        #expect(set.problems.isEmpty)
        let wanted = "{apiVersion: v1, kind: Namespace, metadata: {name: boutique, labels: {team: shop}}}"
        set.documents += ManifestReader.read(text: wanted, file: "wanted.yaml").documents
        let input = Input(set)
        #expect(input.problems.isEmpty, "\(input.problems.prefix(3))")
        let (session, refusals) = input.makeSession()
        #expect(refusals.problems.isEmpty, "\(refusals.problems.prefix(3))")
        let namespace = try #require(session.cluster.store.namespaces[ObjectKey(name: "boutique")])
        #expect(namespace.metadata.labels["team"] == "shop" && namespace.metadata.labels["kubernetes.io/metadata.name"] == "boutique")
    }

    @Test(arguments: [("{}", 40), ("{evenkeel.dev/stop-time: 45s}", 25), ("{evenkeel.dev/stop-time: never}", 40)])
    func `a pod that is ending takes the rest of its time`(annotations: String, rest: Int) throws {
        let state = """
            {apiVersion: v1, kind: Node, metadata: {name: n1, uid: u1}, status: {capacity: {cpu: 4, memory: 16Gi, pods: 110}, allocatable: {cpu: 4, memory: 16Gi, pods: 110},
              conditions: [{type: Ready, status: "True", lastHeartbeatTime: "2026-01-01T00:10:00Z", lastTransitionTime: "2026-01-01T00:00:00Z"}]}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: slow, namespace: default, uid: u2, creationTimestamp: "2026-01-01T00:00:00Z", deletionTimestamp: "2026-01-01T00:10:40Z",
              deletionGracePeriodSeconds: 60, annotations: \(annotations)}
            spec: {nodeName: n1, terminationGracePeriodSeconds: 60, containers: [{name: main, image: "a:1"}]}
            status: {phase: Running, startTime: "2026-01-01T00:00:00Z", podIP: 10.0.0.9, conditions: [{type: Ready, status: "True"}],
              containerStatuses: [{name: main, image: "a:1", ready: true, started: true, state: {running: {startedAt: "2026-01-01T00:00:05Z"}}}]}
            """
        var session = Input(ManifestReader.read(text: state, file: "state.yaml")).makeSession().session
        let begin = session.now
        #expect(begin.rfc3339 == "2026-01-01T00:10:00Z")
        let key = ObjectKey(namespace: "default", name: "slow")
        session.advance(to: begin + .seconds(rest - 1))
        let pod = try #require(session.cluster.store.pods[key])
        #expect(pod.status.containerStatuses.first?.state.running != nil)
        session.advance(to: begin + .seconds(rest + 4))
        #expect(session.cluster.store.pods[key] == nil)
    }

    @Test func `a resize that was put off goes on waiting, and comes through once there is room`() throws {
        var first = try #require(ScenarioCatalog.find("node-full-resize")).input(overrides: InputOverrides()).makeSession().session
        first.advance(to: .start + .seconds(120))
        let items = Kind.allCases.flatMap { first.cluster.store.objects($0).map(\.document) }
        let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(items)]
        let input = Input(ManifestReader.read(text: list.text(indent: 0), file: "state.json"))
        #expect(input.problems.isEmpty, "\(input.problems.prefix(3))")
        var session = input.makeSession().session
        let key = ObjectKey(namespace: "default", name: "db")
        func db() throws -> Pod { try #require(session.cluster.store.pods[key]) }
        session.advance(to: session.now + .minutes(5))
        #expect(try db().status.conditions["PodResizePending"]?.reason == "Deferred")
        #expect(try db().status.containerStatuses.first?.allocatedResources["cpu"] == Quantity("1"))
        _ = session.perform(.delete(.pod, ObjectKey(namespace: "default", name: "batch"), DeleteOptions()))
        session.advance(to: session.now + .minutes(1))
        #expect(try db().status.conditions["PodResizePending"] == nil)
        #expect(try db().status.containerStatuses.first?.resources?.requests["cpu"] == Quantity("2500m"))
        #expect(try db().status.containerStatuses.first?.restartCount == 0)
    }

    /// A pod with resources of its own as a whole, 1 CPU and 1Gi, on a node of 2 CPU, beside one that asks for 500m.
    private func resizing(to cpu: String, version: String = "1.37", wholePod: Bool = true) throws -> Session {
        let own = wholePod ? "resources: {requests: {cpu: \"1\", memory: 512Mi}, limits: {cpu: \"1\", memory: 1Gi}}" : ""
        let size = wholePod ? "" : ", resources: {requests: {cpu: \"1\", memory: 512Mi}, limits: {cpu: \"1\", memory: 1Gi}}"
        var first = session(
            """
            \(scenario("  kubernetesVersion: \"\(version)\"\n  featureGates: {InPlacePodVerticalScaling: true}\n"))
            ---
            {apiVersion: v1, kind: Node, metadata: {name: n1}, status: {capacity: {cpu: 2100m, memory: 8Gi, pods: 20}}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: other}, spec: {containers: [{name: c, image: app, resources: {requests: {cpu: 500m}}}]}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: db}, spec: {containers: [{name: c, image: app\(size)}], \(own)}}
            """)
        first.run(to: 60)
        let resize = ContainerResize(
            wholePod ? ContainerResize.wholePod : "c", requests: ["cpu": try #require(Quantity(cpu))], limits: ["cpu": try #require(Quantity("3"))])
        let result = first.perform(.resize(pod: ObjectKey(namespace: "default", name: "db"), [resize]))
        if case .failure(let error) = result { Issue.record("\(error)") }
        return first
    }
    /// The session as a state, opened again.
    private func reopened(_ session: Session) throws -> Session {
        let items = Kind.allCases.flatMap { session.cluster.store.objects($0).map { session.simulation.document(of: $0) } }
        let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(items)]
        var overrides = InputOverrides()
        overrides.version = session.cluster.profile.version
        overrides.featureGates = [("InPlacePodVerticalScaling", true)]
        let input = Input(ManifestReader.read(text: list.text(indent: 0), file: "state.json"), overrides: overrides)
        #expect(input.problems.isEmpty, "\(input.problems.prefix(3))")
        let (opened, refusals) = input.makeSession()
        #expect(refusals.problems.isEmpty, "\(refusals.problems.prefix(3))")
        return opened
    }

    @Test(arguments: [true, false]) func `a resize that was under way is brought into force`(wholePod: Bool) throws {
        var first = try resizing(to: "1500m", wholePod: wholePod)
        let key = ObjectKey(namespace: "default", name: "db")
        func db(_ session: Session) throws -> Pod { try #require(session.cluster.store.pods[key]) }
        func limit(_ pod: Pod) -> Quantity? { (wholePod ? pod.status.resources : pod.status.containerStatuses.first?.resources)?.limits["cpu"] }
        var steps = 0
        while try db(first).status.conditions["PodResizeInProgress"] == nil, steps < 1000, first.step() { steps += 1 }
        #expect(try limit(db(first)) == Quantity("1"))
        var session = try reopened(first)
        let before = session.cluster.eventLog.count
        session.advance(to: session.now + .seconds(30))
        #expect(try limit(db(session)) == Quantity("3"))
        #expect(try db(session).status.conditions["PodResizeInProgress"] == nil)
        #expect(try db(session).status.containerStatuses.first?.restartCount == 0)
        #expect(session.cluster.eventLog.events(from: before).map(\.reason).filter { $0.hasPrefix("Resize") } == ["ResizeCompleted"])
    }

    @Test func `a resize of a whole pod that was put off waits for room`() throws {
        var first = try resizing(to: "1800m")
        first.run(to: 90)
        let key = ObjectKey(namespace: "default", name: "db")
        func db(_ session: Session) throws -> Pod { try #require(session.cluster.store.pods[key]) }
        #expect(try db(first).status.conditions["PodResizePending"]?.reason == "Deferred")
        var session = try reopened(first)
        session.advance(to: session.now + .minutes(5))
        #expect(try db(session).status.conditions["PodResizePending"]?.reason == "Deferred")
        #expect(try db(session).status.allocatedResources["cpu"] == Quantity("1"))
        _ = session.perform(.delete(.pod, ObjectKey(namespace: "default", name: "other"), DeleteOptions()))
        session.advance(to: session.now + .minutes(1))
        #expect(try db(session).status.conditions["PodResizePending"] == nil)
        #expect(try db(session).status.resources?.limits["cpu"] == Quantity("3"))
        #expect(try db(session).status.resources?.requests["cpu"] == Quantity("1800m"))
    }

    @Test func `a resize of 1_27 goes on from its state in the status`() throws {
        let first = try resizing(to: "1500m", version: "1.27", wholePod: false)
        let key = ObjectKey(namespace: "default", name: "db")
        func db(_ session: Session) throws -> Pod { try #require(session.cluster.store.pods[key]) }
        // As the API server wrote it, before the kubelet said anything.
        #expect(try db(first).status.resize == "Proposed")
        var session = try reopened(first)
        session.advance(to: session.now + .minutes(3))
        #expect(try db(session).status.resize.isEmpty)
        #expect(try db(session).status.containerStatuses.first?.resources?.limits["cpu"] == Quantity("3"))
    }

    @Test func `an autoscaler goes on with what it last measured`() throws {
        var first = try #require(ScenarioCatalog.find("horizontal-autoscaling")).input(overrides: InputOverrides()).makeSession().session
        first.advance(to: .start + .minutes(5))
        let scaled = try #require(first.cluster.store.horizontalPodAutoscalers.all.first)
        #expect(scaled.status.currentReplicas > 2)
        // A real cluster says nothing of the demand.
        let items = Kind.allCases.flatMap { first.cluster.store.objects($0).map(\.document) }
        let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(items)]
        let input = Input(ManifestReader.read(text: list.text(indent: 0).replacing(Demand.annotation, with: "example.com/none"), file: "state.json"))
        #expect(input.problems.isEmpty, "\(input.problems.prefix(3))")
        var (session, refusals) = input.makeSession()
        #expect(refusals.problems.isEmpty)
        // It was on its way up: it gets as far as the sum of what was measured asks for, and stays there.
        session.advance(to: session.now + .minutes(10))
        let now = try #require(session.cluster.store.horizontalPodAutoscalers[scaled.key])
        #expect(now.status.currentReplicas >= scaled.status.currentReplicas && now.status.currentReplicas < now.spec.maxReplicas)
        #expect(now.status.conditions.isTrue("ScalingActive"))
        session.advance(to: session.now + .minutes(2))
        #expect(session.cluster.store.horizontalPodAutoscalers[scaled.key]?.status.currentReplicas == now.status.currentReplicas)
    }

    /// A real control plane names attachments otherwise than it is done here.
    @Test func `a volume leaves the node of a pod that is drained, and the next one gets it`() throws {
        var (session, _) = try open([Self.path("static-pv-statefulsets", "dump.yaml.gz")])
        let key = ObjectKey(namespace: "data", name: "kafka-1")
        let before = try #require(session.cluster.store.pods[key])
        func attached() -> [String] {
            session.cluster.store.volumeAttachments.all.filter { $0.spec.source.persistentVolumeName == "kafka-1" && $0.status.attached }.map(\.spec.nodeName)
        }
        #expect(before.isReady && attached() == [before.nodeName])
        let answer = WhatIf.drain(before.nodeName).answer(from: WhatIf.Present(session.simulation))
        let row = try #require(answer.workload(Workload(kind: "StatefulSet", namespace: "data", name: "kafka")))
        #expect(row.readyAfter == row.readyBefore && answer.isSettled)
        _ = session.perform(.drain(node: before.nodeName, .thorough))
        session.advance(to: session.now + .minutes(1))
        let now = try #require(session.cluster.store.pods[key])
        #expect(now.isReady && now.nodeName != before.nodeName && attached() == [now.nodeName])
    }

    @Test func `what a state was attaching or detaching comes to its end`() throws {
        let dump = Self.path("static-pv-statefulsets", "dump.yaml.gz")
        func attachments(_ change: (inout JSONValue) -> Void) throws -> [VolumeAttachment] {
            var manifests = ManifestReader.read(paths: [dump])
            let index = try #require(
                manifests.documents.firstIndex { $0.kind == "VolumeAttachment" && $0.json.value(at: "spec.source.persistentVolumeName") == "kafka-1" })
            var json = manifests.documents[index].json
            change(&json)
            manifests.documents[index] = ManifestDocument(source: dump, json: json)
            let input = Input(manifests)
            var session = input.makeSession().session
            session.advance(to: session.now + .seconds(10))
            return session.cluster.store.volumeAttachments.all.filter { $0.spec.source.persistentVolumeName == "kafka-1" }
        }
        #expect(try attachments { $0["status"] = ["attached": false] }.map(\.status.attached) == [true])
        // Its pod still wants it: once it is gone it is attached again, under a name of ours.
        let leaving = try attachments {
            $0["metadata"]?["deletionTimestamp"] = "2026-11-28T13:43:59Z"
            $0["metadata"]?["finalizers"] = ["external-attacher/ebs-csi-aws-com"]
        }
        #expect(leaving.count == 1 && leaving[0].status.attached && !leaving[0].metadata.isTerminating)
    }

    @Test(arguments: cases) func `what was done to a real state has the same outcome`(name: String) throws {
        let parts = name.split(separator: "/").map(String.init)
        let state = Self.path(parts[0], parts[1] == "1" ? "dump.yaml.gz" : "before-\(parts[1]).yaml.gz")
        let expected = try Self.json(parts[0], "case-\(parts[1]).json")
        let manifests = ManifestReader.read(paths: [state, Self.path(parts[0], "case-\(parts[1]).yaml")])
        // Where pods are equal in every respect chance decides there and the seed here: then one of some seeds gives what was recorded.
        var differences: [String] = []
        for seed in UInt64(0)..<12 {
            var overrides = InputOverrides()
            overrides.seed = seed
            let input = Input(manifests, overrides: overrides)
            #expect(input.problems.isEmpty, "\(input.problems.prefix(3))")
            var (session, refusals) = input.makeSession()
            #expect(refusals.problems.isEmpty)
            let before = session.cluster.store
            let duration = try #require(session.script.duration)
            session.advance(to: session.cluster.origin + duration)
            session.finishScript()
            #expect(session.script.failures.isEmpty, "\(session.script.failures)")
            compare(before, session.cluster.store, expected)
            differences = placements(before, session.cluster.store, expected)
            if differences.isEmpty { break }
        }
        #expect(differences.isEmpty)
    }

    private func workloads(_ pods: some Sequence<Pod>, _ stores: ObjectStore...) -> [String: Int] {
        pods.reduce(into: [:]) { $0[workload($1, stores), default: 0] += 1 }
    }

    /// What may not depend on chance: how many pods of a workload are gone, new, ending and waiting, and why they wait.
    private func compare(_ before: ObjectStore, _ after: ObjectStore, _ expected: JSONValue) {
        func isIn(_ store: ObjectStore, _ pod: Pod) -> Bool { store.pods[pod.key]?.metadata.uid == pod.metadata.uid }
        #expect(workloads(before.pods.all.filter { !isIn(after, $0) }, before, after) == numbers(expected["podsGone"]))
        #expect(workloads(after.pods.all.filter { !isIn(before, $0) }, before, after) == numbers(expected["podsNew"]))
        let ending = after.pods.all.filter { $0.metadata.isTerminating && before.pods[$0.key]?.metadata.isTerminating != true }
        #expect(workloads(ending, before, after) == numbers(expected["podsNowTerminating"]))
        let waiting = after.pods.all.filter { $0.nodeName.isEmpty && !$0.isFinished }
        let texts = expected["pendingAfter"]?.object?.members ?? []
        #expect(workloads(waiting, before, after) == texts.reduce(into: [:]) { $0[$1.key] = numbers($1.value).values.reduce(0, +) })
        let isNodeAdded = after.nodes.count > before.nodes.count
        // A waiting pod's text is as old as its last attempt: what was recorded, or what stood there before.
        for pod in waiting {
            let text = pod.status.conditions["PodScheduled"]?.message ?? ""
            let recorded = expected["pendingAfter"]?[workload(pod, [before, after])]
            // Since each new node wakes all, those of a case that adds one are as fresh as recorded.
            #expect(recorded?[text] != nil || !isNodeAdded && before.pods[pod.key]?.status.conditions["PodScheduled"]?.message == text, "\(pod.key): \(text)")
        }
    }

    /// Workloads of which the zones have other numbers of pods than in any recorded run.
    private func placements(_ before: ObjectStore, _ after: ObjectStore, _ expected: JSONValue) -> [String] {
        (expected["perZone"]?.object?.members ?? []).compactMap { name, zones in
            let pods = after.pods.all.filter { !$0.nodeName.isEmpty && !$0.isFinished && !$0.metadata.isTerminating && workload($0, [before, after]) == name }
            let found = pods.reduce(into: [String: Int]()) {
                $0[after.nodes[ObjectKey(name: $1.nodeName)]?.metadata.labels["topology.kubernetes.io/zone"] ?? "", default: 0] += 1
            }
            let several = expected["varying"]?["perZone \(name)"]?.array?.map(numbers) ?? []
            return ([numbers(zones)] + several).contains(found) ? nil : "\(name): \(found), recorded \(numbers(zones)) \(several)"
        }
    }

    private func numbers(_ json: JSONValue?) -> [String: Int] {
        (json?.object?.members ?? []).reduce(into: [:]) { $0[$1.key] = Int($1.value.int ?? 0) }
    }

    /// `Deployment/shop/web`, with ReplicaSets folded into their Deployment.
    private func workload(_ pod: Pod, _ stores: [ObjectStore]) -> String {
        guard let owner = pod.metadata.controller else { return "Pod/\(pod.key)" }
        let key = ObjectKey(namespace: pod.namespace, name: owner.name)
        let above = owner.kind == "ReplicaSet" ? stores.lazy.compactMap { $0.replicaSets[key]?.metadata.controller }.first : nil
        return "\(above?.kind ?? owner.kind)/\(pod.namespace)/\(above?.name ?? owner.name)"
    }
}
