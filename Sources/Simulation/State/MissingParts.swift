// What a state leaves out and controllers cannot do without: guessed from what it holds, so that nothing moves by being opened.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// Objects that follow from others where the files hold none of their kind.
///
/// `kubectl get all` has no ControllerRevisions, without which a StatefulSet would roll its pods; `kubectl get pods` has no ReplicaSets,
/// without which pods would be collected. What is there of a kind is taken to be all of it.
struct MissingParts {
    /// In the order in which they are to be put behind the others.
    private(set) var made: [any StoredObject] = []
    /// What was made, in words.
    private(set) var guessed: [String] = []
    /// Identities of owners that nobody can say to be gone, as the files hold no object of their kind.
    private(set) var unseenOwners: Set<String> = []

    private let pods: [Pod]

    init(of objects: [any StoredObject]) {
        pods = objects.compactMap { $0 as? Pod }
        let infos = objects.map(\.kindInfo)
        var kinds = Set(infos.map { "\($0.group)/\($0.kind)" })
        func has(_ kind: Kind) -> Bool { kinds.contains("\(kind.info.group)/\(kind.info.kind)") }
        func note(_ words: String, since count: Int) { if made.count > count { guessed.append("\(words), \(made.count - count)") } }
        var before = made.count
        if !has(.replicaSet) { makeReplicaSets(objects.compactMap { $0 as? Deployment }) }
        note("ReplicaSets of pods (the files hold none)", since: before)
        if made.count > before { kinds.insert("apps/ReplicaSet") }
        before = made.count
        if !has(.controllerRevision) { makeRevisions(objects) }
        note("revisions of StatefulSets and DaemonSets (the files hold none)", since: before)
        before = made.count
        if !has(.priorityClass) { makePriorityClasses() }
        note("priority classes of pods (the files hold none)", since: before)
        before = made.count
        if !has(.persistentVolume) { makeVolumes(objects.compactMap { $0 as? PersistentVolumeClaim }) }
        note("volumes of bound claims, in reach of all nodes (the files hold none)", since: before)
        findUnseenOwners(objects + made, kinds)
    }

    private mutating func findUnseenOwners(_ objects: [any StoredObject], _ kinds: Set<String>) {
        var names: [String] = []
        for object in objects {
            for reference in object.metadata.ownerReferences {
                let group = reference.group
                guard !kinds.contains("\(group)/\(reference.kind)"), unseenOwners.insert(reference.uid).inserted else { continue }
                if !names.contains(reference.kind) { names.append(reference.kind) }
            }
        }
        if !names.isEmpty { guessed.append("owners that the files do not hold (\(names.joined(separator: ", ")); taken as there, and inactive)") }
    }

    // MARK: ReplicaSets

    private mutating func makeReplicaSets(_ deployments: [Deployment]) {
        var groups: [String: [Pod]] = [:]
        var order: [OwnerReference] = []
        for pod in pods {
            guard let owner = pod.metadata.controller, owner.kind == "ReplicaSet", owner.apiVersion.hasPrefix("apps/") else { continue }
            if groups[owner.uid] == nil { order.append(owner) }
            groups[owner.uid, default: []].append(pod)
        }
        let above = Dictionary(deployments.map { ($0.key, $0) }) { first, _ in first }
        var setsOf: [ObjectKey: Int] = [:]
        func deployment(_ owner: OwnerReference, _ pod: Pod) -> Deployment? {
            let ending = "-" + (pod.metadata.labels["pod-template-hash"] ?? "")
            return owner.name.hasSuffix(ending) ? above[ObjectKey(namespace: pod.namespace, name: String(owner.name.dropLast(ending.count)))] : nil
        }
        for owner in order { if let pod = groups[owner.uid]?.first, let found = deployment(owner, pod) { setsOf[found.key, default: 0] += 1 } }
        for owner in order {
            guard let own = groups[owner.uid], let first = own.first else { continue }
            let found = deployment(owner, first)
            made.append(Self.replicaSet(owner, own, first, found, isOnly: found.map { setsOf[$0.key] == 1 } ?? true))
        }
    }

    private static func replicaSet(_ owner: OwnerReference, _ pods: [Pod], _ first: Pod, _ deployment: Deployment?, isOnly: Bool) -> ReplicaSet {
        var set = ReplicaSet()
        (set.metadata.name, set.metadata.namespace, set.metadata.uid) = (owner.name, first.namespace, owner.uid)
        (set.metadata.generation, set.metadata.creationTimestamp) = (1, pods.compactMap(\.metadata.creationTimestamp).min())
        let active = pods.filter { !$0.isFinished && !$0.metadata.isTerminating }
        let hash = first.metadata.labels["pod-template-hash"]
        var spec = ReplicaSetSpec()
        spec.replicas = active.count
        spec.template = template(of: first)
        spec.selector = LabelSelector(matchLabels: spec.template.metadata.labels)
        if let deployment {
            set.metadata.ownerReferences = [OwnerReference(controller: deployment)]
            // The pods of a Deployment's newest template run its images.
            let images = deployment.spec.template.spec.containers.map(\.image)
            let isNew = isOnly || images == first.spec.containers.map(\.image)
            if isNew { spec.template = deployment.spec.template }
            if isOnly { spec.replicas = deployment.spec.replicas ?? 1 }
            spec.selector = deployment.spec.selector
            if let hash {
                spec.selector?.matchLabels["pod-template-hash"] = hash
                spec.template.metadata.labels["pod-template-hash"] = hash
            }
            spec.minReadySeconds = deployment.spec.minReadySeconds
            let revision = deployment.metadata.annotations[AnnotationKey.deploymentRevision].flatMap { Int($0) } ?? 1
            set.metadata.annotations[AnnotationKey.deploymentRevision] = "\(isNew ? revision : max(1, revision - 1))"
        }
        set.metadata.labels = spec.template.metadata.labels
        set.spec = Shared(spec)
        set.status.replicas = active.count
        set.status.fullyLabeledReplicas = active.count
        set.status.readyReplicas = active.count(where: \.isReady)
        set.status.availableReplicas = active.count(where: \.isReady)
        set.status.observedGeneration = 1
        return set
    }

    /// What a pod was made of: without what the API server, the scheduler and admission put into it.
    private static func template(of pod: Pod) -> PodTemplateSpec {
        var template = PodTemplateSpec()
        template.metadata.labels = pod.metadata.labels
        for key in [LabelKey.zone, LabelKey.region] { template.metadata.labels[key] = nil }
        template.metadata.annotations = pod.metadata.annotations
        var spec = pod.spec.value
        (spec.priority, spec.preemptionPolicy) = (nil, nil)
        for index in spec.topologySpreadConstraints.indices {
            let keys = spec.topologySpreadConstraints[index].matchLabelKeys
            spec.topologySpreadConstraints[index].labelSelector?.matchExpressions.removeAll { keys.contains($0.key) }
        }
        template.spec = Shared(spec)
        return template
    }

    // MARK: Revisions

    private mutating func makeRevisions(_ objects: [any StoredObject]) {
        var own: [String: [Pod]] = [:]
        for pod in pods { if let owner = pod.metadata.controller { own[owner.uid, default: []].append(pod) } }
        for object in objects {
            let pods = own[object.metadata.uid] ?? []
            if let set = object as? StatefulSet {
                let labels = pods.compactMap { $0.metadata.labels["controller-revision-hash"] }
                let name = set.status.updateRevision.isEmpty ? labels.first ?? "" : set.status.updateRevision
                if name.hasPrefix(set.name + "-") { made.append(Self.revision(name, of: set, set.spec.template)) }
            } else if let set = object as? DaemonSet {
                func generation(_ pod: Pod) -> Int { pod.metadata.labels["pod-template-generation"].flatMap { Int($0) } ?? 0 }
                let newest = pods.map(generation).max() ?? 0
                let wanted = set.metadata.annotations["deprecated.daemonset.template.generation"].flatMap { Int($0) } ?? newest
                let hash = pods.first { generation($0) == newest }?.metadata.labels["controller-revision-hash"]
                if newest >= wanted, let hash { made.append(Self.revision("\(set.name)-\(hash)", of: set, set.spec.template)) }
            }
        }
    }

    private static func revision(_ name: String, of owner: some StoredObject, _ template: PodTemplateSpec) -> ControllerRevision {
        var revision = ControllerRevision()
        (revision.metadata.name, revision.metadata.namespace) = (name, owner.metadata.namespace)
        revision.metadata.labels = template.metadata.labels
        revision.metadata.labels["controller-revision-hash"] = String(name.dropFirst(owner.metadata.name.count + 1))
        revision.metadata.ownerReferences = [OwnerReference(controller: owner)]
        revision.metadata.creationTimestamp = owner.metadata.creationTimestamp
        var json = template.json ?? [:]
        json["$patch"] = "replace"
        (revision.data, revision.revision) = (["spec": ["template": json]], 1)
        return revision
    }

    // MARK: Classes and volumes

    private mutating func makePriorityClasses() {
        var known: Set<String> = ["system-cluster-critical", "system-node-critical", ""]
        for pod in pods {
            guard let priority = pod.spec.priority, known.insert(pod.spec.priorityClassName).inserted else { continue }
            var made = PriorityClass()
            (made.metadata.name, made.value, made.preemptionPolicy) = (pod.spec.priorityClassName, priority, pod.spec.preemptionPolicy)
            self.made.append(made)
        }
    }

    private mutating func makeVolumes(_ claims: [PersistentVolumeClaim]) {
        var known: Set<String> = []
        for claim in claims where !claim.spec.volumeName.isEmpty && known.insert(claim.spec.volumeName).inserted {
            var volume = PersistentVolume()
            volume.metadata.name = claim.spec.volumeName
            volume.metadata.creationTimestamp = claim.metadata.creationTimestamp
            volume.spec.capacity = claim.status.capacity
            volume.spec.accessModes = claim.spec.accessModes
            volume.spec.storageClassName = claim.spec.storageClassName ?? ""
            volume.spec.volumeMode = claim.spec.volumeMode
            volume.spec.claimRef = ObjectReference(claim)
            volume.status.phase = "Bound"
            made.append(volume)
        }
    }
}
