// States that do not hold everything, as users bring them: nothing moves by being opened, whatever is left out.

import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import SimulationKit
import Testing

@testable import Simulation

@Suite struct PartialStateTests {
    /// What `kubectl get all` prints.
    static let all = ["Pod", "Service", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob", "HorizontalPodAutoscaler"]
    static let selections: [String: [String]] = [
        "get all": all, "get all,nodes": all + ["Node"], "get nodes,pods": ["Node", "Pod"], "get pods": ["Pod"],
        "get nodes,pods,deploy,sts,ds": ["Node", "Pod", "Deployment", "StatefulSet", "DaemonSet"],
        "get all,nodes,pvc": all + ["Node", "PersistentVolumeClaim"], "get nodes,pods,volumeattachments": ["Node", "Pod", "VolumeAttachment"],
        "get nodes,pods,pv,volumeattachments": ["Node", "Pod", "PersistentVolume", "VolumeAttachment"],
        "get nodes,pods,pvc,volumeattachments": ["Node", "Pod", "PersistentVolumeClaim", "VolumeAttachment"],
    ]
    static let dumps = ["prometheus-ebs", "static-pv-statefulsets", "rollout-revisions", "batch-preemption"]

    private func open(_ dump: String, _ kinds: [String]) -> Session {
        var set = ManifestReader.read(paths: [OpenedStateTests.path(dump, "dump.yaml.gz")])
        set.documents.removeAll { !kinds.contains($0.kind) }
        let input = Input(set)
        #expect(input.problems.isEmpty, "\(input.problems.prefix(3))")
        let (session, refusals) = input.makeSession()
        #expect(refusals.problems.isEmpty, "\(refusals.problems.prefix(3))")
        return session
    }

    @Test(arguments: dumps, selections.keys.sorted()) func `nothing moves`(dump: String, selection: String) throws {
        var session = open(dump, try #require(Self.selections[selection]))
        let before = session.cluster.store
        session.advance(to: session.now + .minutes(5))
        for pod in before.pods.all where !pod.isFinished && !pod.nodeName.isEmpty && !pod.metadata.isTerminating {
            let now = session.cluster.store.pods[pod.key]
            #expect(now?.metadata.uid == pod.metadata.uid && now?.nodeName == pod.nodeName, "\(pod.key)")
        }
        for attachment in before.volumeAttachments.all { #expect(session.cluster.store.volumeAttachments[attachment.key] == attachment) }
        for claim in before.persistentVolumeClaims.all { #expect(session.cluster.store.persistentVolumeClaims[claim.key]?.status.phase == claim.status.phase) }
    }

    @Test func `pods of ReplicaSets that are not in the files come back elsewhere`() throws {
        let session = open("boutique-small", ["Node", "Pod"])
        let answer = WhatIf.drain("ip-10-0-17-156.eu-central-1.compute.internal").answer(from: WhatIf.Present(session.simulation))
        let moved = answer.workloads.filter { $0.moved > 0 }.map { "\($0.workload.kind) \($0.moved)" }
        #expect(moved == ["ReplicaSet 1", "ReplicaSet 1", "ReplicaSet 1"] && answer.pending.isEmpty)
    }

    @Test func `what was made is said, and what is whole needs nothing`() {
        let guessed = open("static-pv-statefulsets", Self.all + ["Node", "PersistentVolumeClaim"]).simulation
        #expect(guessed.cluster.store.controllerRevisions.count > 0)
        var set = ManifestReader.read(paths: [OpenedStateTests.path("static-pv-statefulsets", "dump.yaml.gz")])
        let whole = Input(set).state.guessed
        #expect(!whole.contains { text in ["ReplicaSets", "revisions", "classes", "volumes", "owners"].contains { text.contains($0) } }, "\(whole)")
        set.documents.removeAll { $0.kind == "ControllerRevision" || $0.kind == "ReplicaSet" || $0.kind == "PersistentVolume" }
        let partial = Input(set).state.guessed.joined(separator: "\n")
        #expect(partial.contains("ReplicaSets of pods") && partial.contains("revisions of StatefulSets") && partial.contains("volumes of bound claims"))
    }

    @Test func `without any moment time begins as always`() {
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default, uid: u}, spec: {nodeName: n1, containers: [{name: c, image: i}]}}"
        let input = Input(ManifestReader.read(text: pod, file: "a.yaml"))
        #expect(input.problems.isEmpty && input.state.newest == .start)
    }
}
