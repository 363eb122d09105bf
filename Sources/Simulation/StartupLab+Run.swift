import ControlPlane
import Kubelets
import KubernetesAPI
import Manifests
import SimulationKit

/// One burst under one setting with one seed, under way.
struct LabRun: Sendable {
    @Shared private var simulation: Simulation
    private let seed: UInt64
    private var arrivals: [(at: Instant, pod: Pod)]
    private var arrived = 0
    private var pods: [StartupLab.PodStart]
    private var index: [String: Int] = [:]
    private var uids: [String]
    private var left: Int
    private var cursor: WatchCursor

    /// The burst begins when the node has been there for two seconds, with its image store empty.
    static let begin = Instant.start + .seconds(2)
    /// Pods that are not ready by then count as never ready.
    static let patience = Duration.minutes(15)

    init(
        _ burst: StartupLab.Burst, _ setting: StartupLab.Setting, _ base: SimulationOptions, _ network: StartupLab.Network,
        seed: UInt64
    ) {
        self.seed = seed
        var options = SimulationOptions()
        (options.profile, options.seed, options.settings) = (base.profile, seed, base.settings)
        options.kubelet = setting.configuration(base)
        options.latencies = setting.latencies(base, network)
        var simulation = Simulation(options)
        let plan = LabPlan(burst, setting, seed: seed)
        for object in plan.objects { _ = simulation.perform(.create(object)) }
        arrivals = plan.arrivals
        pods = arrivals.map {
            StartupLab.PodStart(name: $0.pod.name, image: $0.pod.spec.containers[0].image, created: $0.at - Self.begin)
        }
        for (number, arrival) in arrivals.enumerated() { index[arrival.pod.name] = number }
        uids = Array(repeating: "", count: arrivals.count)
        left = arrivals.count
        cursor = simulation.cluster.store.end
        self.simulation = simulation
    }

    /// Runs on; returns whether the burst is over.
    mutating func advance(until shouldStop: () -> Bool) -> Bool {
        let end = Self.begin + Self.patience
        while left > 0, simulation.now < end {
            let due = arrived < arrivals.count ? arrivals[arrived].at : end
            // A pod comes before what the components do at its instant, as the steps of a scenario do.
            if !simulation.runNext(by: due - Duration(nanoseconds: 1)) {
                simulation.moveTime(to: due)
                if arrived < arrivals.count {
                    if case .failure = simulation.perform(.create(arrivals[arrived].pod)) { left -= 1 }
                    arrived += 1
                }
            }
            read()
            if shouldStop() { return left == 0 || simulation.now >= end }
        }
        return true
    }

    private mutating func read() {
        let store = simulation.cluster.store
        while let entry = store.next(&cursor, until: .distantFuture) {
            guard entry.kind == .pod else { continue }
            let change = store.pods.change(entry.index)
            guard let number = index[change.object.name] else { continue }
            uids[number] = change.object.metadata.uid
            if change.object.isReady, pods[number].ready == nil {
                pods[number].ready = entry.time - Self.begin
                left -= 1
            }
        }
    }

    var result: StartupLab.Run {
        var pods = pods
        for number in pods.indices {
            // A pull that failed is asked for again: from the first wait to the last load.
            for span in simulation.kubelets.startup(of: uids[number]) {
                let (begin, end) = (span.begin - Self.begin, span.end.map { $0 - Self.begin })
                switch span.stage {
                case .imageQueue: pods[number].pullAsked = pods[number].pullAsked ?? begin
                case .image where span.container == "main" || pods[number].pullBegan == nil:
                    pods[number].pullAsked = pods[number].pullAsked ?? begin
                    (pods[number].pullBegan, pods[number].pullEnded) = (begin, end)
                case .application where pods[number].started == nil: (pods[number].started, pods[number].answered) = (begin, end)
                case .probes where pods[number].ready.map({ begin < $0 }) ?? true: pods[number].answered = end
                default: break
                }
            }
        }
        let nodes = simulation.cluster.store.nodes.all.compactMap { simulation.kubelets.activity(node: $0.name, in: simulation.cluster) }
        return StartupLab.Run(
            seed: seed, pods: pods, failedMounts: simulation.cluster.eventLog.events.count { $0.reason == EventReason.failedMount },
            mountTimeouts: nodes.reduce(0) { $0 + $1.mountTimeouts },
            end: simulation.now - Self.begin)
    }
}

/// What a run is made of: the node, what the pods mount, and the pods with their arrivals.
struct LabPlan {
    var objects: [any StoredObject] = []
    var arrivals: [(at: Instant, pod: Pod)] = []

    /// Names and sizes in MB of the images.
    static let images: [(name: String, size: Int)] = [
        ("web", 212), ("cart", 312), ("api", 140), ("db", 395), ("log", 41), ("pay", 180), ("mail", 96), ("find", 260),
        ("train", 520), ("auth", 75), ("feed", 150), ("ads", 330),
    ]

    init(_ burst: StartupLab.Burst, _ setting: StartupLab.Setting, seed: UInt64) {
        var node = Node()
        node.metadata.name = "cold-1"
        node.status.capacity = [
            "cpu": Quantity(64), "memory": Quantity(bytes: 256 << 30), "pods": Quantity(110), "ephemeral-storage": Quantity(bytes: 500 << 30),
        ]
        node.status.allocatable = node.status.capacity
        objects = [node]
        var random = SeededRandom(seed: seed, stream: "startup-lab")
        var pods: [Pod] = []
        let count = min(burst.pods, 110)
        for image in 0..<burst.images {
            for number in 1...max(1, count / burst.images + (image < count % burst.images ? 1 : 0)) where pods.count < count {
                pods.append(Self.pod(image, number, burst, setting, &random, &objects))
            }
        }
        // A burst has no order: who comes first is chance.
        for last in pods.indices.reversed() { pods.swapAt(last, random.below(last + 1)) }
        var at = LabRun.begin
        for pod in pods {
            at = at + .milliseconds(random.below(20))
            arrivals.append((at, pod))
        }
    }

    private static func pod(
        _ image: Int, _ number: Int, _ burst: StartupLab.Burst, _ setting: StartupLab.Setting, _ random: inout SeededRandom,
        _ objects: inout [any StoredObject]
    ) -> Pod {
        let (name, size) = images[image]
        var pod = Pod()
        pod.metadata.namespace = "default"
        pod.metadata.name = "\(name)-\(number)"
        var container = Container()
        (container.name, container.image) = ("main", "shop/\(name):1")
        container.resources.requests = ["cpu": Quantity(milli: 100), "memory": Quantity(bytes: 64 << 20)]
        if let limit = setting.cpuLimit { container.resources.limits = ["cpu": Quantity(milli: limit)] }
        var probe = Probe()
        probe.httpGet = HTTPGetAction()
        probe.httpGet?.port = .int(8080)
        probe.periodSeconds = 1
        container.readinessProbe = probe
        let work = Int64(burst.work * 1000 * (0.8 + 0.4 * random.unit()))
        pod.metadata.annotations = [
            Program.prefix + "image-size": Quantity(Int64(size * burst.imageSize) * 10_000).description,
            Program.prefix + "startup-work": "\(Double(work) / 1000)", Program.prefix + "threads": "2",
        ]
        for volume in 0..<burst.volumes {
            let object = "\(pod.name)-\(volume + 1)"
            var source = Volume()
            source.name = "config-\(volume + 1)"
            // One ConfigMap in five, the others are Secrets.
            if volume % 5 == 0 {
                var map = ConfigMap()
                (map.metadata.namespace, map.metadata.name) = ("default", object)
                objects.append(map)
                source.configMap = ConfigMapVolumeSource()
                source.configMap?.name = object
            } else {
                var secret = Secret()
                (secret.metadata.namespace, secret.metadata.name) = ("default", object)
                objects.append(secret)
                source.secret = SecretVolumeSource()
                source.secret?.secretName = object
            }
            pod.spec.volumes.append(source)
            var mount = VolumeMount()
            (mount.name, mount.mountPath) = (source.name, "/etc/config-\(volume + 1)")
            container.volumeMounts.append(mount)
        }
        pod.spec.containers = [container]
        for number in 0..<burst.initContainers {
            var early = Container()
            (early.name, early.image) = ("init-\(number + 1)", container.image)
            pod.metadata.annotations[Program.prefix + "\(early.name).run-time"] = "200ms"
            pod.spec.initContainers.append(early)
        }
        return pod
    }
}

extension StartupLab {
    /// The sum of the sizes of the burst's images, in bytes.
    public var imageBytes: Int64 {
        LabPlan.images.prefix(min(burst.images, burst.pods)).reduce(0) { $0 + Int64($1.size * burst.imageSize) * 10_000 }
    }

    /// A side with its first seed as manifests with a scenario that `evenkeel` plays.
    public func scenario(_ side: Side) -> String {
        let setting = setting(side)
        let plan = LabPlan(burst, setting, seed: seed(0))
        let profile = base.profile
        var spec: JSONValue = [
            "seed": .string("\(seed(0))"), "kubernetesVersion": .string("\(base.profile.version)"), "duration": .string("\(LabRun.patience)"),
        ]
        for gate in profile.changedGates { spec["featureGates"] = merge(spec["featureGates"], gate.name, .bool(profile.isEnabled(gate))) }
        spec["parameters"] = SimulationOptions.parameters(setting.latencies(base, .given), base.settings)
        spec["steps"] = .array(plan.arrivals.map { ["at": .string("\($0.at.sinceStart)"), "apply": $0.pod.document] })
        let scenario: JSONValue = [
            "apiVersion": .string(Scenario.apiVersion), "kind": "Scenario",
            "metadata": ["name": .string("startup-\(side.name.lowercased())")], "spec": spec,
        ]
        var kubelet = setting.configuration(base)
        (kubelet.apiVersion, kubelet.kind) = ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration")
        return ManifestWriter.yaml([scenario, .object(kubelet.jsonObject)] + plan.objects.map(\.document))
    }

    private func merge(_ object: JSONValue?, _ key: String, _ value: JSONValue) -> JSONValue {
        var object = object ?? .object(JSONObject())
        object[key] = value
        return object
    }
}
