import ControlPlane
import KubernetesAPI
import SimulationKit

/// A sort of cluster as people have it, whose nodes, agents and StorageClasses can be put under manifests.
///
/// Reservations follow what each documents: EKS' bootstrap script (255 Mi and 11 Mi a pod), GKE's "plan node sizes" (25 % of the
/// first 4 GiB, 20 % of the next, 10 % of the next 8, 6 % up to 128, 2 % above), AKS' "node resource reservations" (20 MB a pod
/// and 50 MB, at most a quarter); all keep 100 Mi for eviction. Requests of the agents are those of the add-ons as installed.
public enum ClusterLook: String, Sendable, CaseIterable {
    case kind, eks, gke, aks

    /// `kind, eks, gke or aks`
    public static let choices = "kind, eks, gke or aks"
    public var title: String { self == .kind ? "kind" : rawValue.uppercased() }
    /// How many nodes there are if nobody says.
    public var defaultNodes: Int { self == .kind ? 4 : 12 }
    /// How many zones; kind's nodes are in none.
    public var defaultZones: Int { self == .kind ? 0 : 3 }

    var defaultPool: String {
        switch self {
        case .kind: "kind"
        case .eks: "default"
        case .gke: "default-pool"
        case .aks: "nodepool1"
        }
    }
    private var region: String {
        switch self {
        case .kind: "eu"
        case .eks: "eu-central-1"
        case .gke: "europe-west1"
        case .aks: "westeurope"
        }
    }
    /// The name of a zone: `eu-central-1a`, `europe-west1-b`, `westeurope-1`; empty if there are none.
    func zone(_ index: Int, of zones: Int) -> String {
        if zones <= 0 { return "" }
        let number = index % zones
        switch self {
        case .kind: return "eu-\(ClusterShape.letter(number))"
        case .eks: return "eu-central-1\(ClusterShape.letter(number))"
        // There is no europe-west1-a.
        case .gke: return "europe-west1-\(ClusterShape.letter(number + 1))"
        case .aks: return "westeurope-\(number + 1)"
        }
    }

    // MARK: Machines

    /// The machine types of the family that pools usually begin with, by cores.
    private var machines: [(type: String, cores: Int64)] {
        switch self {
        case .kind: []
        case .eks:
            [
                ("m5.large", 2), ("m5.xlarge", 4), ("m5.2xlarge", 8), ("m5.4xlarge", 16), ("m5.8xlarge", 32), ("m5.12xlarge", 48), ("m5.16xlarge", 64),
                ("m5.24xlarge", 96),
            ]
        case .gke: [2, 4, 8, 16, 32].map { ("e2-standard-\($0)", $0) }
        case .aks: [2, 4, 8, 16, 32, 48, 64, 96].map { ("Standard_D\($0)s_v5", $0) }
        }
    }
    private func machine(_ milliCPU: Int64) -> String? { (machines.first { $0.cores * 1000 >= milliCPU } ?? machines.last)?.type }

    /// Thousandths of the machine's memory that its system sees.
    private var seenMemory: Int64 {
        switch self {
        case .kind: 1000
        case .eks: 949
        case .gke: 977
        case .aks: 976
        }
    }
    /// EKS gives each pod an address of the machine's network cards, of which each type has so many.
    private func maxPods(_ milliCPU: Int64) -> Int {
        guard self == .eks else { return 110 }
        return milliCPU <= 2000 ? 29 : milliCPU <= 8000 ? 58 : milliCPU <= 48_000 ? 234 : 737
    }

    private func reservedCPU(_ milliCPU: Int64) -> Int64 {
        switch self {
        case .kind: return 0
        case .eks, .gke:
            // 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the others.
            var (left, sum) = (milliCPU, Int64(0))
            for (size, share) in [(1000, 600), (1000, 100), (2000, 50), (Int64.max, 25)] as [(Int64, Int64)] {
                sum += min(left, size) * share
                left -= min(left, size)
            }
            return sum / 10_000
        case .aks:
            let steps: [(cores: Int64, taken: Int64)] = [(64, 740), (32, 420), (16, 260), (8, 180), (4, 140), (2, 100)]
            return min(milliCPU, steps.first { milliCPU >= $0.cores * 1000 }?.taken ?? 60)
        }
    }
    private func reservedMemory(_ bytes: Int64, pods: Int) -> Int64 {
        let mega: Int64 = 1 << 20
        let threshold = 100 * mega
        switch self {
        case .kind: return 0
        case .eks: return (255 + 11 * Int64(pods)) * mega + threshold
        case .gke:
            if bytes < 1 << 30 { return 255 * mega + threshold }
            var (left, sum) = (bytes, Int64(0))
            for (size, percent) in [(4 << 30, 25), (4 << 30, 20), (8 << 30, 10), (112 << 30, 6), (Int64.max, 2)] as [(Int64, Int64)] {
                let part = min(left, size)
                sum += part / 100 * percent
                left -= part
            }
            return sum + threshold
        case .aks: return min(20_000_000 * Int64(pods) + 50_000_000, bytes / 4) + threshold
        }
    }
    private var disk: Int64 {
        switch self {
        case .kind, .gke: 100 << 30
        case .eks: 80 << 30
        case .aks: 128 << 30
        }
    }
    /// A tenth for eviction; GKE takes more: the least of half, of 6 GiB and 35 %, and of 100 GiB.
    private func reservedDisk(_ bytes: Int64) -> Int64 {
        switch self {
        case .kind: 0
        case .gke: bytes / 10 + min(bytes / 2, (6 << 30) + bytes / 100 * 35, 100 << 30)
        case .eks, .aks: bytes / 10
        }
    }

    // MARK: Nodes

    /// The `index`th of `count` nodes of a pool, before which all pools have `first`.
    func node(_ shape: NodeShape, pool: String, _ index: Int, of count: Int, from first: Int = 0, zone: String) -> Node {
        var shape = shape
        let milliCPU = shape.cpu?.milliValue ?? 4000
        let machine = machine(milliCPU)
        shape.pods = shape.pods ?? maxPods(milliCPU)
        if shape.memory == nil { shape.memory = Quantity(bytes: (4 << 30) * max(1, (milliCPU + 999) / 1000) / 1000 * seenMemory / 1024 * 1024) }
        if shape.resources["ephemeral-storage"] == nil { shape.resources["ephemeral-storage"] = Quantity(bytes: disk) }
        let identity = Self.digits("\(rawValue) \(pool) \(index)", 17)
        let name = name(pool, index, from: first)
        var node = shape.node(name, zone: zone, region: region)
        node.status.allocatable["cpu"] = Quantity(milli: milliCPU - reservedCPU(milliCPU))
        for (resource, taken) in [
            ("memory", { (bytes: Int64) in reservedMemory(bytes, pods: shape.pods ?? 0) }), ("ephemeral-storage", reservedDisk),
        ] as [(String, (Int64) -> Int64)] {
            guard let bytes = node.status.capacity[resource]?.value else { continue }
            node.status.allocatable[resource] = Quantity(bytes: max(0, bytes - taken(bytes)))
        }
        var labels: StringMap<String> = [LabelKey.betaOS: "linux", LabelKey.betaArch: "amd64"]
        if let machine { (labels["node.kubernetes.io/instance-type"], labels["beta.kubernetes.io/instance-type"]) = (machine, machine) }
        if self != .kind, !zone.isEmpty {
            (labels[LabelKey.betaZone], labels[LabelKey.betaRegion]) = (zone, region)
        }
        switch self {
        case .kind:
            node.spec.providerID = "kind://docker/kind/\(name)"
            if index == 0, pool == defaultPool {
                labels["node-role.kubernetes.io/control-plane"] = ""
                labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
                // A control plane that is alone takes pods.
                if count > 1 { node.spec.taints = [Taint(key: "node-role.kubernetes.io/control-plane", value: "", effect: TaintEffect.noSchedule)] }
            }
        case .eks:
            node.spec.providerID = "aws:///\(zone)/i-0\(identity.prefix(16))"
            labels["eks.amazonaws.com/nodegroup"] = pool
            labels["eks.amazonaws.com/capacityType"] = "ON_DEMAND"
            labels["topology.ebs.csi.aws.com/zone"] = zone
            node.status.addresses = [
                NodeAddress("InternalIP", Self.address(name)), NodeAddress("InternalDNS", name), NodeAddress("Hostname", name),
            ]
        case .gke:
            node.spec.providerID = "gce://my-project/\(zone)/\(name)"
            labels["cloud.google.com/gke-nodepool"] = pool
            labels["cloud.google.com/gke-os-distribution"] = "cos"
            labels["cloud.google.com/gke-container-runtime"] = "containerd"
            labels["cloud.google.com/gke-provisioning"] = "standard"
            labels["cloud.google.com/gke-boot-disk"] = "pd-balanced"
            labels["cloud.google.com/gke-cpu-scaling-level"] = String(max(1, milliCPU / 1000))
            labels["cloud.google.com/gke-max-pods-per-node"] = String(shape.pods ?? 110)
            labels["cloud.google.com/machine-family"] = "e2"
            labels["topology.gke.io/zone"] = zone
        case .aks:
            node.spec.providerID =
                "azure:///subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mc_shop_shop_westeurope/providers/"
                + "Microsoft.Compute/virtualMachineScaleSets/\(name.dropLast(6))/virtualMachines/\(index)"
            labels["agentpool"] = pool
            labels["kubernetes.azure.com/agentpool"] = pool
            labels["kubernetes.azure.com/cluster"] = "MC_shop_shop_westeurope"
            labels["kubernetes.azure.com/mode"] = pool == defaultPool ? "system" : "user"
            labels["kubernetes.azure.com/os-sku"] = "Ubuntu"
            labels["kubernetes.azure.com/role"] = "agent"
            labels["kubernetes.azure.com/storageprofile"] = "managed"
            labels["topology.disk.csi.azure.com/zone"] = zone
        }
        node.metadata.labels = labels.merging(node.metadata.labels)
        return node.labelled(shape)
    }

    private func name(_ pool: String, _ index: Int, from first: Int) -> String {
        switch self {
        case .kind:
            if pool != defaultPool { return "\(pool)-\(index + 1)" }
            return index == 0 ? "kind-control-plane" : index == 1 ? "kind-worker" : "kind-worker\(index)"
        case .eks:
            // An odd step goes through all of two bytes before it comes back.
            let number = ((first + index) * 27_961 + 1_047) % 65_536
            return "ip-10-\((first + index) / 65_536)-\(number / 256)-\(number % 256).eu-central-1.compute.internal"
        case .gke: return "gke-shop-\(pool)-\(Self.digits(pool, 8))-\(Self.letters(index))"
        case .aks:
            let number = String(index, radix: 36)
            let digits = String(10_000_000 + StableHash.fnv1a64(pool) % 90_000_000)
            return "aks-\(pool)-\(digits)-vmss" + String(repeating: "0", count: max(0, 6 - number.count)) + number
        }
    }
    /// The address that stands in an EKS node's name.
    private static func address(_ name: String) -> String {
        name.prefix { $0 != "." }.split(separator: "-").dropFirst().joined(separator: ".")
    }
    private static func digits(_ text: String, _ count: Int) -> String {
        var out = ""
        var round = 0
        while out.count < count {
            out += String(StableHash.fnv1a64("\(round) \(text)"), radix: 16)
            round += 1
        }
        return String(out.prefix(count))
    }
    /// Four letters that no other index up to half a million has.
    private static func letters(_ index: Int) -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        var number = (index * 206_347 + 91_331) % 531_441
        return String(
            (0..<4).map { _ in
                defer { number /= alphabet.count }
                return alphabet[number % alphabet.count]
            })
    }

    // MARK: What runs on them

    /// The DaemonSets of kube-system and the StorageClasses with their drivers.
    func objects(version: KubernetesVersion) -> [any StoredObject] { agents.map(daemonSet) + classes(version) }

    private struct Agent {
        var name: String
        /// Name, image, CPU and memory requests of each container.
        var containers: [(name: String, image: String, cpu: String, memory: String)]
        var isOnHostNetwork = true
    }
    private var agents: [Agent] {
        switch self {
        case .kind:
            return [
                Agent(name: "kindnet", containers: [("kindnet-cni", "docker.io/kindest/kindnetd:v20250512", "100m", "50Mi")]),
                Agent(name: "kube-proxy", containers: [("kube-proxy", "registry.k8s.io/kube-proxy:v1", "", "")]),
            ]
        case .eks:
            return [
                Agent(
                    name: "aws-node",
                    containers: [("aws-node", "amazon-k8s-cni:v1.20", "25m", ""), ("aws-eks-nodeagent", "aws-network-policy-agent:v1.2", "25m", "")]),
                Agent(name: "kube-proxy", containers: [("kube-proxy", "eks/kube-proxy:v1", "100m", "")]),
                Agent(
                    name: "ebs-csi-node",
                    containers: [
                        ("ebs-plugin", "aws-ebs-csi-driver:v1.45", "10m", "40Mi"), ("node-driver-registrar", "csi-node-driver-registrar:v2.13", "10m", "40Mi"),
                        ("liveness-probe", "livenessprobe:v2.15", "10m", "40Mi"),
                    ], isOnHostNetwork: false),
            ]
        case .gke:
            return [
                Agent(
                    name: "fluentbit-gke",
                    containers: [
                        ("fluentbit", "gke.gcr.io/fluent-bit:v1", "50m", "100Mi"), ("fluentbit-gke", "gke.gcr.io/fluent-bit-gke-exporter:v1", "50m", "100Mi"),
                    ]),
                Agent(name: "gke-metrics-agent", containers: [("gke-metrics-agent", "gke.gcr.io/gke-metrics-agent:1", "6m", "100Mi")]),
                Agent(
                    name: "pdcsi-node",
                    containers: [
                        ("csi-driver-registrar", "gke.gcr.io/csi-node-driver-registrar:v2", "10m", "10Mi"),
                        ("gce-pd-driver", "gke.gcr.io/gcp-compute-persistent-disk-csi-driver:v1", "10m", "20Mi"),
                    ]),
                Agent(name: "kube-proxy", containers: [("kube-proxy", "gke.gcr.io/kube-proxy-amd64:v1", "100m", "")]),
            ]
        case .aks:
            return [
                Agent(name: "azure-ip-masq-agent", containers: [("azure-ip-masq-agent", "mcr.microsoft.com/aks/ip-masq-agent-v2:v1", "100m", "50Mi")]),
                Agent(
                    name: "cloud-node-manager",
                    containers: [("cloud-node-manager", "mcr.microsoft.com/oss/kubernetes/azure-cloud-node-manager:v1", "50m", "50Mi")]),
                Agent(
                    name: "csi-azuredisk-node",
                    containers: [
                        ("node-driver-registrar", "mcr.microsoft.com/oss/kubernetes-csi/csi-node-driver-registrar:v2", "10m", "20Mi"),
                        ("liveness-probe", "mcr.microsoft.com/oss/kubernetes-csi/livenessprobe:v2", "10m", "20Mi"),
                        ("azuredisk", "mcr.microsoft.com/oss/kubernetes-csi/azuredisk-csi:v1", "10m", "20Mi"),
                    ]),
                Agent(
                    name: "csi-azurefile-node",
                    containers: [
                        ("node-driver-registrar", "mcr.microsoft.com/oss/kubernetes-csi/csi-node-driver-registrar:v2", "10m", "20Mi"),
                        ("liveness-probe", "mcr.microsoft.com/oss/kubernetes-csi/livenessprobe:v2", "10m", "20Mi"),
                        ("azurefile", "mcr.microsoft.com/oss/kubernetes-csi/azurefile-csi:v1", "10m", "20Mi"),
                    ]),
                Agent(name: "kube-proxy", containers: [("kube-proxy", "mcr.microsoft.com/oss/kubernetes/kube-proxy:v1", "100m", "")]),
            ]
        }
    }
    private func daemonSet(_ agent: Agent) -> any StoredObject {
        var set = DaemonSet()
        set.metadata.name = agent.name
        set.metadata.namespace = "kube-system"
        set.metadata.labels = ["k8s-app": agent.name]
        set.spec.selector = LabelSelector()
        set.spec.selector?.matchLabels = ["k8s-app": agent.name]
        set.spec.template.metadata.labels = ["k8s-app": agent.name]
        set.spec.template.spec.hostNetwork = agent.isOnHostNetwork
        set.spec.template.spec.priorityClassName = "system-node-critical"
        set.spec.template.spec.tolerations = [Toleration(key: "", operator: "Exists", value: "", effect: "")]
        set.spec.template.spec.containers = agent.containers.map { it in
            var container = Container()
            (container.name, container.image) = (it.name, it.image)
            if let cpu = Quantity(it.cpu) { container.resources.requests["cpu"] = cpu }
            if let memory = Quantity(it.memory) { container.resources.requests["memory"] = memory }
            return container
        }
        return set
    }

    private func classes(_ version: KubernetesVersion) -> [any StoredObject] {
        func make(_ name: String, _ provisioner: String, waits: Bool = true, grows: Bool = true, isDefault: Bool = false, _ parameters: StringMap<String> = [:])
            -> any StoredObject
        {
            var made = StorageClass.make(name, provisioner, waits: waits, isDefault: isDefault)
            made.allowVolumeExpansion = grows ? true : nil
            made.parameters = parameters
            return made
        }
        switch self {
        case .kind: return [StorageClass.standard]
        case .eks:
            // From 1.30 on gp2 is no default; the one of the EBS add-on is.
            let isOld = version.minor < 30
            let list = [make("gp2", "kubernetes.io/aws-ebs", grows: false, isDefault: isOld, ["fsType": "ext4", "type": "gp2"])]
            return isOld ? list : list + [make("ebs-csi-default-sc", "ebs.csi.aws.com", isDefault: true)]
        case .gke:
            return [
                make("standard-rwo", "pd.csi.storage.gke.io", isDefault: true, ["type": "pd-balanced"]),
                make("premium-rwo", "pd.csi.storage.gke.io", ["type": "pd-ssd"]),
                make("standard", "kubernetes.io/gce-pd", waits: false, ["type": "pd-standard"]),
            ]
        case .aks:
            return [
                make("default", "disk.csi.azure.com", isDefault: true, ["skuname": "StandardSSD_LRS"]),
                make("managed", "disk.csi.azure.com", ["skuname": "StandardSSD_LRS"]),
                make("managed-csi", "disk.csi.azure.com", ["skuname": "StandardSSD_LRS"]),
                make("managed-csi-premium", "disk.csi.azure.com", ["skuname": "Premium_LRS"]),
                make("managed-premium", "disk.csi.azure.com", ["skuname": "Premium_LRS"]),
                make("azurefile", "file.csi.azure.com", waits: false, ["skuName": "Standard_LRS"]),
                make("azurefile-csi", "file.csi.azure.com", waits: false, ["skuName": "Standard_LRS"]),
                make("azurefile-csi-premium", "file.csi.azure.com", waits: false, ["skuName": "Premium_LRS"]),
                make("azurefile-premium", "file.csi.azure.com", waits: false, ["skuName": "Premium_LRS"]),
            ]
        }
    }
}
