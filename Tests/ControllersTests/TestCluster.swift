import ControlPlane
import Controllers
import KubernetesAPI
import SimulationKit

/// A cluster with the controllers and a player who does the work of scheduler and kubelets: it binds pods to the
/// node with the fewest, makes them ready after a second, and finishes deletions after two.
struct TestCluster {
    var cluster: Cluster
    var controllers: ControllerManager
    var player = Player()

    init(minor: Int = 36, nodes: Int = 3, zones: Int = 3, seed: UInt64 = 1, gates: [FeatureGate: Bool] = [:]) {
        let overrides = gates.map { ($0.key.name, $0.value) }
        cluster = Cluster(
            profile: try! KubernetesProfile(version: KubernetesVersion(minor: minor), overrides: overrides), seed: seed)
        controllers = ControllerManager(profile: cluster.profile, seed: seed)
        for index in 0..<nodes { addNode("n\(index)", zone: "z\(index % zones)") }
    }

    mutating func addNode(_ name: String, zone: String) {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels = [
            "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone,
            "topology.kubernetes.io/region": "r",
        ]
        for type in ["MemoryPressure", "DiskPressure", "PIDPressure"] {
            node.status.conditions.set(
                Condition(type: type, status: false, reason: "Kubelet"), now: cluster.now)
        }
        node.status.conditions.set(
            Condition(type: "Ready", status: true, reason: "KubeletReady"), now: cluster.now)
        _ = try! cluster.create(node)
        player.nodes.append(name)
        player.alive.insert(name)
        cluster.leaseRenewals[name] = cluster.now
    }

    /// Lets `seconds` of virtual time pass; `check` is called after each moment at which something ran.
    mutating func run(_ seconds: Double, check: (Cluster) -> Void = { _ in }) {
        let end = cluster.now + .seconds(seconds)
        while true {
            let wakes = [controllers.nextWake(cluster), player.nextWake(cluster)].compactMap { $0 }
            guard let next = wakes.min(), next <= end else { break }
            cluster.now = max(cluster.now, next)
            controllers.run(&cluster)
            player.run(&cluster)
            check(cluster)
        }
        cluster.now = end
    }

    // MARK: What tests ask

    func events(_ reason: String) -> [String] {
        cluster.eventLog.events.filter { $0.reason == reason }.map(\.message)
    }
    func pods(_ namespace: String = "default") -> [Pod] { cluster.store.pods.sorted(namespace: namespace) }
    func deployment(_ name: String = "web") -> Deployment {
        cluster.store.deployments[ObjectKey(namespace: "default", name: name)]!
    }
    /// The sets of a Deployment, oldest revision first.
    func sets(_ name: String = "web") -> [ReplicaSet] {
        cluster.store.replicaSets.all.filter { $0.metadata.controller?.name == name }
            .sorted {
                Int($0.metadata.annotations["deployment.kubernetes.io/revision"]!)!
                    < Int($1.metadata.annotations["deployment.kubernetes.io/revision"]!)!
            }
    }
    func sizes(_ name: String = "web") -> [Int] { sets(name).map { $0.spec.replicas ?? 1 } }

    @discardableResult
    mutating func deploy(
        _ name: String = "web", replicas: Int, _ change: (inout DeploymentSpec) -> Void = { _ in }
    ) -> Deployment {
        var deployment = Deployment()
        deployment.metadata.name = name
        deployment.spec.replicas = replicas
        deployment.spec.selector = LabelSelector(matchLabels: ["app": name])
        deployment.spec.template = Self.template(name)
        change(&deployment.spec.value)
        return try! cluster.create(deployment)
    }
    mutating func setImage(_ image: String, of name: String = "web") {
        try! cluster.update(Deployment.self, ObjectKey(namespace: "default", name: name)) {
            $0.spec.template.spec.containers[0].image = image
        }
    }
    static func template(_ app: String) -> PodTemplateSpec {
        var container = Container()
        container.name = "main"
        container.image = "v1"
        var template = PodTemplateSpec()
        template.metadata.labels = ["app": app]
        template.spec.containers = [container]
        return template
    }
    /// A ready pod on `node`, put there by hand.
    @discardableResult
    mutating func addPod(_ name: String, labels: StringMap<String>, node: String, ready: Bool = true) -> Pod {
        var pod = Pod()
        pod.metadata.name = name
        pod.metadata.labels = labels
        pod.nodeName = node
        pod.spec.containers = Self.template(name).spec.containers
        pod.status.phase = .running
        pod.status.podIP = "10.9.0.\(cluster.store.pods.count)"
        pod.status.conditions.set(Condition(type: "Ready", status: ready), now: cluster.now)
        return try! cluster.adopt(pod)
    }
}

/// Plays scheduler and kubelets.
struct Player: Component {
    var cursor = WatchCursor.beginning
    var nodes: [String] = []
    /// Nodes whose kubelet lives: it renews its lease, starts pods and finishes deletions.
    var alive: Set<String> = []
    /// Images whose pods never become ready.
    var brokenImages: Set<String> = []
    /// Images whose containers end at once, with their exit codes.
    var endingImages: [String: Int] = [:]
    var binds = true
    var readyAfter = Duration.seconds(1)
    var gone = Duration.seconds(2)
    enum Step: Sendable {
        case start(ObjectKey)
        case finish(ObjectKey)
        case beat
    }
    var steps = EventQueue<Step>()
    var beats = false
    var addresses = 0

    func nextWake(_ cluster: Cluster) -> Instant? {
        let change = nextChange(cluster, delay: .milliseconds(5))
        let beat = beats ? nil : Optional(cluster.now)
        return [change, steps.nextDue, beat].compactMap { $0 }.min()
    }

    mutating func run(_ cluster: inout Cluster) {
        if !beats {
            beats = true
            steps.schedule(.beat, at: cluster.now)
        }
        while let entry = cluster.store.next(&cursor, until: cluster.now - .milliseconds(5)) {
            guard entry.kind == .pod else { continue }
            let change = cluster.store.pods.change(entry.index)
            guard change.action != .deleted, let pod = cluster.store.pods[change.object.key] else { continue }
            if pod.metadata.isTerminating {
                if change.previous?.metadata.isTerminating != true {
                    steps.schedule(.finish(pod.key), at: cluster.now + gone)
                }
            } else if change.action == .added {
                if pod.nodeName.isEmpty, binds { bind(pod, &cluster) }
                if pod.status.phase == .pending {
                    steps.schedule(.start(pod.key), at: cluster.now + readyAfter)
                }
            }
        }
        while let (_, step) = steps.popDue(by: cluster.now) { take(step, &cluster) }
    }

    private func bind(_ pod: Pod, _ cluster: inout Cluster) {
        let wanted = pod.spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms.first?.matchFields.first?
            .values
        let candidates = nodes.filter { name in
            guard let node = cluster.store.nodes[ObjectKey(name: name)] else { return false }
            let hard = node.spec.taints.filter { $0.effect != "PreferNoSchedule" }
            return wanted?.contains(name)
                ?? (!node.spec.unschedulable
                    && hard.allSatisfy { taint in pod.spec.tolerations.tolerate(taint, cluster.profile) })
        }
        let counts = candidates.map { cluster.store.podSlots(onNode: $0).count }
        guard let least = counts.min() else { return }
        try? cluster.bind(pod: pod.key, uid: pod.metadata.uid, to: candidates[counts.firstIndex(of: least)!])
    }

    private mutating func take(_ step: Step, _ cluster: inout Cluster) {
        let now = cluster.now
        switch step {
        case .beat:
            for node in nodes where alive.contains(node) { cluster.leaseRenewals[node] = now }
            steps.schedule(.beat, at: now + .seconds(10))
        case .finish(let key):
            guard let pod = cluster.store.pods[key], pod.metadata.isTerminating else { return }
            guard pod.nodeName.isEmpty || alive.contains(pod.nodeName) else { return }
            cluster.finishDeletion(ofPod: key, uid: pod.metadata.uid)
        case .start(let key):
            guard let pod = cluster.store.pods[key], alive.contains(pod.nodeName) else { return }
            addresses += 1
            let address = "10.0.\(addresses / 250).\(addresses % 250)"
            let image = pod.spec.containers[0].image
            let exit = endingImages[image]
            let ready = !brokenImages.contains(image) && exit == nil
            cluster.modify(Pod.self, key) { pod in
                pod.status.phase = exit.map { $0 == 0 ? .succeeded : .failed } ?? .running
                pod.status.podIP = address
                pod.status.startTime = now
                var status = ContainerStatus()
                status.name = "main"
                if let exit {
                    status.state.terminated = ContainerStateTerminated()
                    status.state.terminated?.exitCode = exit
                    status.state.terminated?.finishedAt = now
                }
                pod.status.containerStatuses = [status]
                pod.status.conditions.set(Condition(type: "Ready", status: ready), now: now)
            }
        }
    }

    /// The kubelet of `node` dies.
    mutating func kill(_ node: String) { alive.remove(node) }
    /// The kubelet of `node` comes back and reports.
    mutating func revive(_ node: String, _ cluster: inout Cluster) {
        alive.insert(node)
        cluster.leaseRenewals[node] = cluster.now
        let now = cluster.now
        cluster.modify(Node.self, ObjectKey(name: node)) { node in
            for type in ["MemoryPressure", "DiskPressure", "PIDPressure"] {
                node.status.conditions.set(Condition(type: type, status: false, reason: "Kubelet"), now: now)
            }
            node.status.conditions.set(
                Condition(type: "Ready", status: true, reason: "KubeletReady"), now: now)
        }
        for pod in cluster.store.pods(onNode: node) {
            if pod.metadata.isTerminating {
                steps.schedule(.finish(pod.key), at: now + gone)
            } else {
                steps.schedule(.start(pod.key), at: now + readyAfter)
            }
        }
    }
}
