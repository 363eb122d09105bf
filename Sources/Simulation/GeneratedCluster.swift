// Clusters of any size with a believable mix of workloads, for trying and for benchmarks.

import KubernetesAPI
import SimulationKit

/// A cluster made from a seed: so many pods in so many workloads, as clusters of companies have them.
///
/// A few workloads have most of the pods. Most are Deployments; some are StatefulSets, half of them with a volume for each pod;
/// up to three DaemonSets stand on each node. Two in five spread over zones with DoNotSchedule, others with ScheduleAnyway, over
/// hosts, or not at all; some keep apart by anti-affinity. Services, disruption budgets and priorities go with them. Requests are
/// such that three fifths of the nodes' CPU and half of their memory are asked for.
///
/// ```swift
/// let cluster = GeneratedCluster(nodes: 1000, pods: 20_000, seed: 7)
/// let session = cluster.scenario.input(overrides: cluster.overrides).makeSession().session
/// ```
public struct GeneratedCluster: Sendable {
    public let nodes: Int
    public let zones: Int
    public let pods: Int
    public let workloads: Int
    public let seed: UInt64
    private let node: NodeShape

    /// - Parameters:
    ///   - nodes: 1 or more; default one for 25 pods.
    ///   - zones: 1 … 26; default 3.
    ///   - pods: of all workloads in sum, 0 or more.
    ///   - workloads: Deployments and StatefulSets in sum, 1 or more; default one for 60 pods.
    ///   - node: what each node has.
    public init(nodes: Int? = nil, zones: Int? = nil, pods: Int, workloads: Int? = nil, seed: UInt64 = 0, node: NodeShape = NodeShape()) {
        self.pods = max(0, pods)
        self.nodes = max(1, nodes ?? (self.pods + 24) / 25)
        self.zones = min(max(1, zones ?? 3), 26)
        self.workloads = max(1, workloads ?? (self.pods + 59) / 60)
        self.seed = seed
        self.node = node
    }

    /// How long it lives before it is first seen: most of its pods run by then.
    public static let prelude = Duration.seconds(60)

    /// The nodes to go with it: room for all pods, unless the caller said how much room there is.
    public var overrides: InputOverrides {
        var overrides = InputOverrides()
        (overrides.nodes, overrides.zones, overrides.seed, overrides.node) = (nodes, zones, seed, node)
        if node.pods == nil { overrides.node.pods = min(65_535, max(110, (pods / nodes + 1) * 3 / 2)) }
        return overrides
    }

    /// The workloads as a scenario that can be opened.
    public var scenario: ShippedScenario {
        ShippedScenario(
            "\(counted(nodes, "node"))", "\(counted(pods, "pod")) in \(counted(workloads, "workload")), made from seed \(seed)", prelude: Self.prelude,
            manifests)
    }

    // MARK: The mix

    /// A Deployment or StatefulSet of the mix.
    public struct Workload: Sendable {
        public var name: String
        public var namespace: String
        public var replicas: Int
        public var isStateful: Bool
        /// What each of its pods asks for, in thousandths of a core and in MiB.
        public var milliCPU: Int
        public var mebibytes: Int
    }
    private static let names = [
        "api", "web", "cart", "search", "billing", "auth", "feed", "mail", "media", "orders", "stock", "quotes", "session", "gateway", "report", "export",
        "index", "rank", "thumbs", "chat", "ledger", "geo", "ads", "audit", "cache", "queue", "store", "sync", "proxy", "jobs",
    ]
    private static let teams = ["shop", "pay", "data", "ads", "core", "maps", "social", "video", "ops", "labs"]

    /// The names of the DaemonSets, which take at most a third of the pods.
    public var daemonSets: ArraySlice<String> { ["net", "log", "node-agent"].prefix(pods / (3 * nodes)) }
    /// The other workloads, the largest first.
    public var mix: [Workload] {
        var random = SeededRandom(seed: seed, stream: Self.stream)
        return mix(&random)
    }
    private static let stream = "generated cluster"

    /// The manifests: a Scenario's document comes first, as in a user's file.
    public var manifests: String {
        var random = SeededRandom(seed: seed, stream: Self.stream)
        let mix = mix(&random)
        let teams = Array(Set(mix.map(\.namespace))).sorted()
        var text = Self.head
        for team in teams { text += "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: \(team)}\n" }
        for name in daemonSets { text += daemonSet(name) }
        for workload in mix { text += manifest(workload, &random) }
        return text
    }
    private static let head = """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
        provisioner: csi.evenkeel.dev
        volumeBindingMode: WaitForFirstConsumer
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: front}
        value: 1000
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: batch}
        value: -10
        preemptionPolicy: Never

        """

    /// Names and sizes: the k-th largest has about 1/k of the largest's pods.
    private func mix(_ random: inout SeededRandom) -> [Workload] {
        let count = workloads
        var left = pods - daemonSets.count * nodes
        let sum = (1...count).reduce(0.0) { $0 + 1 / Double($1 + 3) }
        let total = Double(left)
        let teamCount = min(Self.teams.count * 10, 1 + count / 8)
        var (mix, shares): ([Workload], [(cpu: Int, memory: Int)]) = ([], [])
        for index in 0..<count {
            let wanted = index + 1 == count ? left : Int(total / Double(index + 4) / sum)
            let replicas = min(left, wanted)
            left -= replicas
            // Databases are small.
            let isStateful = replicas <= 60 && random.below(7) == 0
            let team = random.below(teamCount)
            mix.append(
                Workload(
                    name: "\(Self.names[index % Self.names.count])\(index < Self.names.count ? "" : "-\(index / Self.names.count + 1)")",
                    namespace: "\(Self.teams[team % Self.teams.count])\(team < Self.teams.count ? "" : "-\(team / Self.teams.count + 1)")",
                    replicas: replicas, isStateful: isStateful, milliCPU: 0, mebibytes: 0))
            shares.append((cpu: [1, 1, 2, 2, 4, 4, 8, 16][random.below(8)], memory: [1, 2, 2, 4, 4, 8][random.below(6)]))
        }
        let sums = zip(mix, shares).reduce((cpu: 1, memory: 1)) { ($0.cpu + $1.1.cpu * $1.0.replicas, $0.memory + $1.1.memory * $1.0.replicas) }
        let scale = scale(ofSums: sums.cpu, sums.memory)
        for (index, share) in shares.enumerated() {
            mix[index].milliCPU = max(5, Int(Double(share.cpu) * scale.cpu) / 5 * 5)
            mix[index].mebibytes = max(8, Int(Double(share.memory) * scale.memory) / 8 * 8)
        }
        return mix
    }

    /// Thousandths of a core and MiB for a share of 1.
    private func scale(ofSums cpuShares: Int, _ memoryShares: Int) -> (cpu: Double, memory: Double) {
        let cpu = Double((node.cpu ?? Quantity(4)).milliValue) * Double(nodes) * 0.6
        let memory = Double((node.memory ?? Quantity(bytes: 16 << 30)).value >> 20) * Double(nodes) * 0.5
        // Large ones would not find a place in what others leave of a node.
        return (min(250, cpu / Double(cpuShares)), min(512, memory / Double(memoryShares)))
    }

    // MARK: Manifests

    private func daemonSet(_ name: String) -> String {
        """
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: \(name), namespace: kube-system}
        spec:
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}}
            spec:
              tolerations: [{operator: Exists}]
              priorityClassName: system-node-critical
              containers: [{name: \(name), image: "sys/\(name):2.1", resources: {requests: {cpu: 50m, memory: 100Mi}}}]

        """
    }

    private func manifest(_ workload: Workload, _ random: inout SeededRandom) -> String {
        let (name, namespace) = (workload.name, workload.namespace)
        let meta = "metadata: {name: \(name), namespace: \(namespace), labels: {app: \(name)}}"
        var pod = ""
        let selector = "labelSelector: {matchLabels: {app: \(name)}}"
        func spread(_ key: String, _ skew: Int, _ action: String) -> String {
            "      - {maxSkew: \(skew), topologyKey: \(key), whenUnsatisfiable: \(action), \(selector)}\n"
        }
        let constraints =
            switch random.below(20) {
            case 0..<5: spread(LabelKey.zone, 1, "DoNotSchedule")
            case 5..<8: spread(LabelKey.zone, 1, "DoNotSchedule") + spread(LabelKey.hostname, 2, "ScheduleAnyway")
            case 8..<12: spread(LabelKey.zone, 2, "ScheduleAnyway")
            case 12..<14: spread(LabelKey.hostname, 3, "ScheduleAnyway")
            default: ""
            }
        if !constraints.isEmpty { pod += "      topologySpreadConstraints:\n\(constraints)" }
        if constraints.isEmpty, workload.replicas <= nodes / 4, random.below(3) == 0 {
            pod += "      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: \(LabelKey.hostname), \(selector)}]}}\n"
        }
        switch random.below(10) {
        case 0..<2: pod += "      priorityClassName: front\n"
        case 2: pod += "      priorityClassName: batch\n"
        default: break
        }
        let (cpu, memory) = (workload.milliCPU, workload.mebibytes)
        let hasVolume = workload.isStateful && random.below(2) == 0
        pod += "      containers:\n      - name: \(name)\n        image: \"\(namespace)/\(name):1.\(random.below(20))\"\n"
        pod += "        resources: {requests: {cpu: \(cpu)m, memory: \(memory)Mi}, limits: {memory: \(memory * 2)Mi}}\n"
        pod += "        readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 10}\n"
        if hasVolume { pod += "        volumeMounts: [{name: data, mountPath: /data}]\n" }

        var text = "---\napiVersion: apps/v1\nkind: \(workload.isStateful ? "StatefulSet" : "Deployment")\n\(meta)\nspec:\n  replicas: \(workload.replicas)\n"
        if workload.isStateful { text += "  serviceName: \(name)\n  podManagementPolicy: Parallel\n" }
        text += "  selector: {matchLabels: {app: \(name)}}\n  template:\n    metadata: {labels: {app: \(name)}}\n    spec:\n\(pod)"
        if hasVolume {
            text += "  volumeClaimTemplates:\n  - metadata: {name: data}\n    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}\n"
        }
        if workload.isStateful || random.below(5) < 3 {
            text +=
                "---\napiVersion: v1\nkind: Service\n\(meta)\nspec: {\(workload.isStateful ? "clusterIP: None, " : "")selector: {app: \(name)}, ports: [{port: 80, targetPort: 8080}]}\n"
        }
        if workload.replicas > 2, random.below(3) == 0 {
            text += "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\n\(meta)\nspec: {maxUnavailable: 10%, selector: {matchLabels: {app: \(name)}}}\n"
        }
        return text
    }
}
