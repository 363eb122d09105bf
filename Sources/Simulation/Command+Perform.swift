// What each command does to the cluster.

import ControlPlane
import Controllers
import Kubelets
import KubernetesAPI
import Scheduling
import SimulationKit

extension Simulation {
    /// Performs a command at the present instant and returns what kubectl would print, or the API
    /// server's refusal. A refused command changes nothing.
    public mutating func perform(_ command: Command) -> Result<Receipt, APIError> {
        let before = command.isOneWrite ? nil : self
        do throws(APIError) {
            return .success(Receipt(try answer(command)))
        } catch {
            if let before { self = before }
            return .failure(error)
        }
    }

    private mutating func answer(_ command: Command) throws(APIError) -> String {
        switch command {
        case .create(let object): return try create(object)
        case .apply(let manifests):
            var answers: [String] = []
            for manifest in manifests { answers.append(try apply(manifest)) }
            return answers.joined(separator: ", ")
        case .edit(let objects):
            var answers: [String] = []
            for object in objects { answers.append(try edit(object)) }
            return answers.joined(separator: ", ")
        case .delete(let kind, let key, let options):
            try delete(ObjectStore.type(of: kind), key, options)
            return "\(name(kind, key)) \(options.gracePeriodSeconds == 0 ? "force deleted" : "deleted")"
        case .scale(let kind, let key, let replicas):
            try cluster.scale(kind, key, to: replicas)
            return "\(name(kind, key)) scaled to \(replicas)"
        case .resize(let key, let resizes):
            var resizes = resizes
            // A scenario may leave out the name of the only container.
            if let only = cluster.store.pods[key]?.spec.containers, only.count == 1 {
                for index in resizes.indices where resizes[index].name.isEmpty { resizes[index].name = only[0].name }
            }
            _ = try cluster.resize(pod: key, containers: resizes)
            return "pod/\(key.name) resized"
        case .evict(let key):
            try cluster.evict(pod: key)
            return "pod/\(key.name) evicted"
        case .cordon(let node):
            return try cluster.cordon(node) ? "node/\(node) cordoned" : "node/\(node) already cordoned"
        case .uncordon(let node):
            return try cluster.uncordon(node) ? "node/\(node) uncordoned" : "node/\(node) already uncordoned"
        case .drain(let node, let options): return try startDrain(node, options)
        case .stopDrain(let node):
            guard drains.contains(where: { $0.node == node && $0.state == .running }) else { throw .badRequest("node \(node) is not being drained") }
            drains.removeAll { $0.node == node }
            return "drain of node/\(node) stopped; it stays cordoned"
        case .taint(let node, let taint):
            var taint = taint
            if taint.effect == TaintEffect.noExecute, taint.timeAdded == nil { taint.timeAdded = now }
            try cluster.update(Node.self, ObjectKey(name: node)) { node in
                node.spec.taints.removeAll { $0.key == taint.key && $0.effect == taint.effect }
                node.spec.taints.append(taint)
            }
            return "node/\(node) tainted"
        case .untaint(let node, let key, let effect):
            let before = cluster.store.nodes[ObjectKey(name: node)]?.spec.taints.count ?? 0
            let after = try cluster.update(Node.self, ObjectKey(name: node)) { node in
                node.spec.taints.removeAll { $0.key == key && (effect.isEmpty || $0.effect == effect) }
            }
            if after.spec.taints.count == before { throw APIError.badRequest("taint \"\(key)\" not found") }
            return "node/\(node) untainted"
        case .fail(let target), .recover(let target):
            let names = try nodes(target)
            let fails = if case .fail = command { true } else { false }
            let isStopped = if case .kubelet = target { true } else { false }
            for name in names {
                _ = fails ? kubelets.fail(node: name, isStopped: isStopped) : kubelets.recover(node: name)
                // Kubelets start a moment after their nodes appear.
                if fails, !kubelets.isFailed(node: name) {
                    throw .badRequest("the kubelet of node \(name) has not started yet")
                }
            }
            return "\(target.text) \(!fails ? "recovered" : isStopped ? "stopped" : "failed: its kubelets are silent")"
        case .restart(let kind, let key): return try restart(kind, key)
        case .pause(let key, let isPaused):
            try cluster.update(Deployment.self, key) { $0.spec.paused = isPaused }
            return "deployment.apps/\(key.name) \(isPaused ? "paused" : "resumed")"
        case .undoRollout(let key, let revision):
            return "deployment.apps/\(key.name) \(try cluster.undoRollout(ofDeployment: key, toRevision: revision))"
        case .setImage(let kind, let key, let container, let image): return try setImage(kind, key, container, image)
        case .load(let kind, let key, let cpu, let memory):
            guard cluster.store.object(kind, key) != nil else { throw .notFound(kind.info, key.name) }
            kubelets.setLoad(
                of: LoadTarget(kind: kind.rawValue, key: key), cpu: cpu?.milliValue, memory: memory?.value, in: &cluster)
            let parts = [cpu.map { "cpu \($0)" }, memory.map { "memory \($0)" }].compactMap { $0 }
            return
                "\(name(kind, key)) load set\(parts.isEmpty ? " back to its program's own" : ": \(parts.joined(separator: ", "))\(kind == .pod ? "" : " a pod")")"
        case .configureKubelets(let choice, let fields):
            let names = try nodes(choice)
            let problems = kubelets.configure(names, fields, in: &cluster)
            if let first = problems.first { throw .badRequest(first) }
            let what = fields.members.map { "\($0.key)=\($0.value.text())" }.joined(separator: " ")
            return "kubelet of \(choice.text) configured: \(what)"
        case .hangRuntime(let node, let time):
            guard cluster.store.nodes[ObjectKey(name: node)] != nil else { throw .notFound(Kind.node.info, node) }
            guard kubelets.hangRuntime(node: node, for: time, at: now) else {
                throw .badRequest("the kubelet of node \(node) is silent")
            }
            return "the container runtime of node \(node) hangs for \(time)"
        case .demand(let kind, let key, let text):
            guard [.deployment, .statefulSet, .daemonSet, .replicaSet, .service].contains(kind) else {
                throw .badRequest("a demand is set on a Deployment, StatefulSet, DaemonSet, ReplicaSet or Service, not on a \(kind.info.kind)")
            }
            if let text, Demand.load(text) == nil {
                throw .badRequest("\"\(text)\" is not a demand such as 2, 200m..6/30m or 500m@0s 6@5m")
            }
            try setAnnotation(ObjectStore.type(of: kind), key, Demand.annotation, text)
            return "\(name(kind, key)) demand \(text ?? "removed")"
        case .autosize(let kind, let key, let mode):
            guard [.deployment, .statefulSet, .daemonSet, .replicaSet, .job, .cronJob].contains(kind) else {
                throw .badRequest("the pods of \(kind.info.plural) cannot be sized")
            }
            guard cluster.store.object(kind, key) != nil else { throw .notFound(kind.info, key.name) }
            vertical.set(mode, of: LoadTarget(kind: kind.rawValue, key: key), in: cluster)
            return "\(name(kind, key)) vertical scaling \(mode.rawValue)"
        case .nodeAutoscaler(let settings):
            if let problem = settings.problem { throw .badRequest("\(problem.field) \(problem.message)") }
            nodeAutoscaler.set(settings, now: now)
            return settings.isOn ? "node autoscaler on: \(settings.minPerZone) to \(settings.maxPerZone) nodes a zone" : "node autoscaler off"
        case .label(let kind, let key, let label, let value):
            try setLabel(ObjectStore.type(of: kind), key, label, value)
            return "\(name(kind, key)) labeled"
        case .patch(let kind, let key, let patch):
            let before = cluster.store.object(kind, key)?.metadata.resourceVersion
            let after = try cluster.patch(kind, key, patch).metadata.resourceVersion
            return "\(name(kind, key)) patched\(before == after ? " (no change)" : "")"
        case .links(let settings): return try perform(settings)
        case .changeLinks(let change): return try perform(change.applied(to: links))
        case .setGates(let gates): return try setGates(gates)
        case .inContainer(let key, let container, let action): return try perform(action, in: key, container: container)
        case .rebalance(let workload, let pods): return try startRebalancing(workload, pods)
        case .write(let write): return try perform(write).get().receipt(of: write)
        case .trust(let certificates, let tokenKey):
            cluster.trust(certificates, tokenKey: tokenKey)
            return "pods trust the server's certificates"
        case .skipRevisions(let revision):
            cluster.store.skipRevisions(to: revision)
            return "resource versions go on at \(cluster.store.revision)"
        case .mirror(let changes):
            take(changes)
            return counted(changes.count, "change")
        }
    }

    /// Does what a client of the API server asks.
    mutating func perform(_ write: APIWrite) -> Result<APIWritten, APIError> { cluster.perform(write) }

    /// `deployment.apps/web`, as kubectl names objects in its answers.
    private func name(_ kind: Kind, _ key: ObjectKey) -> String {
        if kind == .custom { return key.name }
        let info = kind.info
        return info.kind.lowercased() + (info.group.isEmpty ? "" : ".\(info.group)") + "/\(key.name)"
    }

    // MARK: Objects of any kind

    mutating func create<O: StoredObject>(_ object: O) throws(APIError) -> String {
        let made = try cluster.create(object)
        return "\(label(made)) created"
    }

    func label(_ object: some StoredObject) -> String {
        let info = object.kindInfo
        return info.kind.lowercased() + (info.group.isEmpty ? "" : ".\(info.group)") + "/\(object.metadata.name)"
    }

    private mutating func delete<O: StoredObject>(_ type: O.Type, _ key: ObjectKey, _ options: DeleteOptions) throws(APIError) {
        try cluster.delete(type, key, options)
    }

    private mutating func setLabel<O: StoredObject>(_ type: O.Type, _ key: ObjectKey, _ label: String, _ value: String?) throws(APIError) {
        try cluster.update(type, key) { $0.metadata.labels[label] = value }
    }

    private mutating func setAnnotation<O: StoredObject>(_ type: O.Type, _ key: ObjectKey, _ name: String, _ value: String?) throws(APIError) {
        try cluster.update(type, key) { $0.metadata.annotations[name] = value }
    }

    // MARK: Workloads

    /// Changes the template's annotation, as `kubectl rollout restart` does.
    private mutating func restart(_ kind: Kind, _ key: ObjectKey) throws(APIError) -> String {
        let stamp = now.rfc3339
        func mark(_ template: inout PodTemplateSpec) { template.metadata.annotations["kubectl.kubernetes.io/restartedAt"] = stamp }
        switch kind {
        case .deployment:
            if cluster.store.deployments[key]?.spec.paused == true {
                throw .badRequest("deployments.apps \"\(key.name)\" can't restart paused deployment (run rollout resume first)")
            }
            try cluster.update(Deployment.self, key) { mark(&$0.spec.template) }
        case .statefulSet: try cluster.update(StatefulSet.self, key) { mark(&$0.spec.template) }
        case .daemonSet: try cluster.update(DaemonSet.self, key) { mark(&$0.spec.template) }
        default: throw .badRequest("\(kind.info.plural) \"\(key.name)\" restarting is not supported")
        }
        return "\(name(kind, key)) restarted"
    }

    private mutating func setImage(_ kind: Kind, _ key: ObjectKey, _ container: String, _ image: String) throws(APIError) -> String {
        var found = false
        func put(_ spec: inout Shared<PodSpec>) {
            for index in spec.containers.indices where container == "*" || spec.containers[index].name == container {
                (spec.containers[index].image, found) = (image, true)
            }
            for index in spec.initContainers.indices where container == "*" || spec.initContainers[index].name == container {
                (spec.initContainers[index].image, found) = (image, true)
            }
        }
        switch kind {
        case .deployment: try cluster.update(Deployment.self, key) { put(&$0.spec.template.spec) }
        case .statefulSet: try cluster.update(StatefulSet.self, key) { put(&$0.spec.template.spec) }
        case .daemonSet: try cluster.update(DaemonSet.self, key) { put(&$0.spec.template.spec) }
        case .pod: try cluster.update(Pod.self, key) { put(&$0.spec) }
        default: throw .badRequest("the image of \(kind.info.plural) cannot be set")
        }
        if !found { throw .badRequest("unable to find container named \"\(container)\"") }
        return "\(name(kind, key)) image updated"
    }

    // MARK: Nodes

    private func nodes(_ target: FaultTarget) throws(APIError) -> [String] {
        switch target {
        case .node(let name), .kubelet(let name):
            guard cluster.store.nodes[ObjectKey(name: name)] != nil else { throw .notFound(Kind.node.info, name) }
            return [name]
        case .zone(let zone):
            let names = cluster.store.nodes.all.filter { $0.zone == zone }.map(\.metadata.name)
            if names.isEmpty { throw .badRequest("no node has topology.kubernetes.io/zone=\(zone)") }
            return names
        case .domain(let key, let value):
            let names = cluster.store.nodes.all.filter { $0.metadata.labels[key] == value }.map(\.metadata.name)
            if names.isEmpty { throw .badRequest("no node has \(key)=\(value)") }
            return names
        }
    }

    private func nodes(_ choice: NodeChoice) throws(APIError) -> [String] {
        switch choice {
        case .all: return cluster.store.nodes.all.map(\.metadata.name)
        case .node(let name): return try nodes(FaultTarget.node(name))
        case .selector(let text):
            guard let selector = LabelSelector(text: text) else { throw .badRequest("\"\(text)\" is not a label selector") }
            let names = cluster.store.nodes.all.filter { selector.matches($0.metadata.labels) }.map(\.metadata.name)
            if names.isEmpty { throw .badRequest("no node matches \(text)") }
            return names
        }
    }

    private mutating func startDrain(_ node: String, _ options: Drain.Options) throws(APIError) -> String {
        guard cluster.store.nodes[ObjectKey(name: node)] != nil else { throw .notFound(Kind.node.info, node) }
        var drain = Drain(node: node, options)
        drain.step(&cluster)
        drains.removeAll { $0.node == node }
        drains.append(drain)
        // kubectl cordons before it looks at the pods: the node stays so where it refuses to go on.
        if case .failed(let why) = drain.state { return "node/\(node) cordoned, not drained: \(why)" }
        let leaving = drain.pods.count
        return "node/\(node) cordoned, \(counted(leaving, "pod")) to evict"
    }

    /// Moves on the drains that are due, and forgets those that ended well.
    mutating func runDrains() {
        for index in drains.indices where drains[index].nextStep.map({ $0 <= now }) ?? false {
            drains[index].step(&cluster)
        }
    }

    /// CPU in thousandths of a core and memory in bytes that a running pod uses now.
    public func usage(of pod: Pod) -> (milliCPU: Int64, memory: Int64) { kubelets.usage(of: pod, in: cluster) }
    /// The same for each running container, in the order of the spec.
    public func containerUsage(of pod: Pod) -> [KubeletFleet.Usage] { kubelets.containerUsage(of: pod, in: cluster) }
}

extension Command {
    /// Whether the first refusal comes before anything is changed, so that there is nothing to take back.
    fileprivate var isOneWrite: Bool {
        switch self {
        case .apply(let manifests): manifests.count <= 1
        case .edit(let objects): objects.count <= 1
        case .drain, .fail, .rebalance: false
        default: true
        }
    }
}

extension APIWritten {
    /// What the journal says of it: `deployment.apps/web created`.
    func receipt(of write: APIWrite) -> String {
        let info = write.info
        let name = "\(info.kind.lowercased())\(info.group.isEmpty ? "" : ".\(info.group)")/\(object.metadata.name)"
        let verb =
            switch write.action {
            case .create: "created"
            case .update: "replaced"
            case .patch: "patched"
            case .delete: "deleted"
            case .evict: "evicted"
            case .bind: "bound"
            }
        return write.subresource.isEmpty ? "\(name) \(verb)" : "\(name) \(write.subresource) \(verb)"
    }
}
