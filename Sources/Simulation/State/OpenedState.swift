// The objects of files that tell what is: read, sorted by what becomes of them, and put into a cluster as they are.

import ControlPlane
import Kubelets
import KubernetesAPI
import Manifests
import SimulationKit

/// A state of a real or simulated cluster, as `kubectl get … -A -o yaml` prints it.
///
/// What carries a uid or a resourceVersion is state and is opened as it is: names, identities, owners, times, spec and status are
/// kept, and nothing is created, defaulted anew or started again. What a state does not tell is guessed, and said to be.
public struct OpenedState: Sendable {
    /// The objects, in the order of the files.
    public private(set) var objects: [any StoredObject] = []
    /// The newest moment that the files know: where time goes on from.
    public private(set) var newest = Instant.zeroTime
    /// How many objects of a kind were kept, in the order of first appearance.
    public private(set) var kept: [(kind: KindInfo, count: Int)] = []
    /// What was left out, in words, with how often.
    public private(set) var leftOut: [(what: String, count: Int)] = []
    /// Fields that are kept and not acted on, as they are not known here, with how often.
    public private(set) var unknownNames: [(what: String, count: Int)] = []
    /// What was guessed, in words.
    public private(set) var guessed: [String] = []
    /// What the state tells kubelets.
    private(set) var known = KnownState()
    /// CPU that workloads are asked for in sum, in thousandths of a core, as their autoscalers measured it.
    private(set) var demands: [(kind: Kind, key: ObjectKey, milliCPU: Int64)] = []
    /// Identities of owners that the files could not hold; see ``MissingParts``.
    private(set) var unseenOwners: Set<String> = []
    private var hasUsage = false
    private var parts = SharedParts()
    /// Fields of objects that are not known here, by the object's uid: they are given back as they came.
    private(set) var unknownFields: [String: [UnknownField]] = [:]

    public init() {}

    /// What becomes of a state's parts, in sentences.
    public static let rules = [
        "State is what carries a uid or a resourceVersion; other objects are manifests and are applied on top of it.",
        "Names, identities, owners, labels, times, spec and status are kept. What every cluster has from the start comes from the state where it has it.",
        "Time goes on from the newest moment that the files know.",
        "Pods that run go on running; what waits or crashes goes on to, with its back-off; a node that was silent stays silent.",
        "A pod that was told to stop takes the rest of its grace, as nothing tells when it would end.",
        "Use comes from PodMetrics and NodeMetrics where the files hold them, else from requests. ConfigMaps and Secrets are taken as there if the files hold none.",
        "An image that nobody could pull stays so, and a program that crashed each time goes on to, in new pods, too.",
        "The version is that of the newest kubelet; a KubeletConfiguration or KubeSchedulerConfiguration in the files is used.",
        "Leases tell which nodes are silent. managedFields, Endpoints and the data of Secrets are left out; unknown fields are kept and not acted on.",
    ]

    /// Whether there is any state.
    public var isEmpty: Bool { objects.isEmpty }

    /// Takes in a document; answers what is wrong with it.
    mutating func read(_ document: ManifestDocument) -> [ManifestProblem] {
        note(document.json)
        switch (document.apiVersion.prefix { $0 != "/" }, document.kind) {
        case ("coordination.k8s.io", "Lease"):
            leaveOut("leases")
            if document.namespace == "kube-node-lease", let time = document.json["spec"]?["renewTime"]?.string.flatMap({ Instant(rfc3339: $0) }) {
                known.renewals[document.name] = time
            }
            return []
        case ("metrics.k8s.io", "PodMetrics"):
            readUsage(document)
            return []
        case ("metrics.k8s.io", "NodeMetrics"):
            known.nodeUsage[document.name] = Self.amounts(document.json["usage"])
            return []
        case ("metrics.k8s.io", _): return []
        // They are made of the slices.
        case ("v1", "Endpoints"), ("v1", "ComponentStatus"): return []
        default: break
        }
        let (read, problems) = StateObject.read(document)
        guard let read else { return problems }
        // The same field of several elements is one.
        for path in read.unknownPaths {
            let what = "\(path.filter { !$0.isNumber }) of \(document.kindInfo.kind)"
            if let index = unknownNames.firstIndex(where: { $0.what == what }) { unknownNames[index].count += 1 } else { unknownNames.append((what, 1)) }
        }
        var stored = read.object
        if !read.unknown.isEmpty { unknownFields[stored.metadata.uid] = read.unknown }
        if read.hadManagedFields { leaveOut("managedFields") }
        if read.hadSecretData { leaveOut("data of Secrets") }
        if var pod = stored as? Pod {
            pod.setTokenVolumeAside()
            parts.share(&pod)
            stored = pod
        }
        if let index = kept.firstIndex(where: { $0.kind == document.kindInfo }) { kept[index].count += 1 } else { kept.append((document.kindInfo, 1)) }
        objects.append(stored)
        return problems
    }

    private mutating func leaveOut(_ what: String) {
        if let index = leftOut.firstIndex(where: { $0.what == what }) { leftOut[index].count += 1 } else { leftOut.append((what, 1)) }
    }

    // MARK: Time

    /// Looks for moments that the object tells of what has been.
    private mutating func note(_ json: JSONValue) {
        guard let object = json.object else { return }
        func look(_ json: JSONValue) {
            switch json {
            case .object(let object):
                for (key, value) in object.members {
                    if case .string(let text) = value {
                        // What is to come, and what is wanted, is no such moment.
                        guard text.utf8.count >= 20, text.utf8.first.map({ 48...57 ~= $0 }) ?? false,
                            key.hasSuffix("Time") || key.hasSuffix("Timestamp") || key == "timestamp" || key == "time", key != "deletionTimestamp",
                            let moment = Instant(rfc3339: text), moment != .zeroTime
                        else { continue }
                        newest = max(newest, moment)
                    } else {
                        look(value)
                    }
                }
            case .array(let elements): for element in elements { look(element) }
            default: break
            }
        }
        for (key, value) in object.members where key != "spec" && key != "data" { look(key == "metadata" ? value : .object([key: value])) }
        if json["kind"]?.string == "Lease", let spec = json["spec"] { look(spec) }
    }

    // MARK: Usage

    private mutating func readUsage(_ document: ManifestDocument) {
        hasUsage = true
        let key = ObjectKey(namespace: document.namespace, name: document.name)
        known.usage[key, default: [:]].merge(Self.usage(in: document.json)) { $1 }
    }

    /// What a PodMetrics says of its containers.
    static func usage(in json: JSONValue) -> [String: (milliCPU: Int64, memory: Int64)] {
        var usage: [String: (milliCPU: Int64, memory: Int64)] = [:]
        for container in json["containers"]?.array ?? [] {
            guard let name = container["name"]?.string else { continue }
            usage[name] = amounts(container["usage"])
        }
        return usage
    }
    /// Thousandths of a core and bytes of a `usage`.
    static func amounts(_ usage: JSONValue?) -> (milliCPU: Int64, memory: Int64) {
        let cpu = usage?["cpu"]?.string.flatMap { Quantity($0) }?.milliValue ?? 0
        return (max(0, cpu), max(0, usage?["memory"]?.string.flatMap { Quantity($0) }?.value ?? 0))
    }

    /// The state of a cluster that is mirrored, as of `now`; ``finish()`` completes it.
    init(
        of objects: [any StoredObject], usage: MeasuredUsage?, nodeUsage: MeasuredNodes, unknown: [String: [UnknownField]],
        renewals: [String: Instant] = [:], now: Instant
    ) {
        (self.objects, unknownFields) = (objects, unknown)
        for object in objects {
            if let index = kept.firstIndex(where: { $0.kind == object.kindInfo }) { kept[index].count += 1 } else { kept.append((object.kindInfo, 1)) }
        }
        newest = now
        hasUsage = usage != nil
        (known.usage, known.nodeUsage, known.renewals) = (usage ?? [:], nodeUsage, renewals)
    }

    // MARK: What follows from all of it

    /// Completes what is only known once all documents were read.
    mutating func finish() {
        guard !isEmpty else { return }
        parts = SharedParts()
        known.hidesConfigMaps = !objects.contains { $0 is ConfigMap }
        known.hidesSecrets = !objects.contains { $0 is Secret }
        // Without any moment in it time begins as it always does.
        if newest == .zeroTime { newest = .start }
        let missing = MissingParts(of: objects)
        objects += missing.made
        guessed += missing.guessed
        unseenOwners = missing.unseenOwners
        makeNodes()
        let isMeasured = hasUsage
        if !isMeasured { readAutoscalers() }
        let pods = objects.lazy.compactMap { $0 as? Pod }
        if !pods.isEmpty {
            guessed.append(isMeasured ? "use of pods without PodMetrics (from requests)" : "use of all pods (from requests; the files hold no PodMetrics)")
        }
        if !demands.isEmpty { guessed.append("what autoscaled workloads are asked for (as their autoscalers measured it last)") }
        if known.hidesConfigMaps { guessed.append("ConfigMaps that pods ask for (taken as there; the files hold none)") }
        if known.hidesSecrets { guessed.append("Secrets that pods ask for (taken as there; the files hold none)") }
    }

    /// Whether anything was measured: autoscalers must not act on a guess. In a state without autoscalers nobody is misled.
    var hasMetricsServer: Bool { hasUsage || !objects.contains { $0 is HorizontalPodAutoscaler } }

    /// What autoscalers last measured is the use of the pods that they look at, where nothing better is known.
    private mutating func readAutoscalers() {
        var owners: [String: String] = [:]
        for case let set as ReplicaSet in objects {
            if let owner = set.metadata.controller { owners["\(set.key)"] = "\(owner.kind)/\(set.namespace)/\(owner.name)" }
        }
        var pods: [String: [Pod]] = [:]
        for case let pod as Pod in objects {
            guard let owner = pod.metadata.controller else { continue }
            let direct = "\(owner.kind)/\(pod.namespace)/\(owner.name)"
            pods[owner.kind == "ReplicaSet" ? owners["\(pod.namespace)/\(owner.name)"] ?? direct : direct, default: []].append(pod)
        }
        for case let scaler as HorizontalPodAutoscaler in objects {
            let target = scaler.spec.scaleTargetRef
            for metric in scaler.status.currentMetrics ?? [] {
                guard let resource = metric.resource, let average = resource.current.averageValue, average >= .zero else { continue }
                hasUsage = true
                let own = (pods["\(target.kind)/\(scaler.namespace)/\(target.name)"] ?? []).filter { !$0.isFinished && !$0.nodeName.isEmpty }
                if resource.name == "cpu", let kind = Kind(rawValue: target.kind) {
                    // What is asked of them all stays the same, however many share it.
                    let sum = average.milliValue.saturatingMultiply(Int64(own.count))
                    demands.append((kind, ObjectKey(namespace: scaler.namespace, name: target.name), sum))
                } else {
                    for pod in own { share(average, resource.name, among: pod) }
                }
            }
        }
    }

    /// A pod's use of a resource is shared by its containers as they request it.
    private mutating func share(_ amount: Quantity, _ resource: String, among pod: Pod) {
        let requests = pod.spec.containers.map { max(0, $0.resources.requests[resource]?.milliValue ?? 0) }
        let sum = requests.saturatingSum
        for (container, request) in zip(pod.spec.containers, requests) {
            let all = resource == "cpu" ? amount.milliValue : amount.value
            let own = sum == 0 ? all / Int64(max(1, requests.count)) : all.proportion(request, of: sum)
            if resource == "cpu" {
                known.usage[pod.key, default: [:]][container.name, default: (0, 0)].milliCPU = own
            } else if resource == "memory" {
                known.usage[pod.key, default: [:]][container.name, default: (0, 0)].memory = own
            }
        }
    }

    /// The version of the newest kubelet; nil without nodes.
    var version: KubernetesVersion? {
        var newest: KubernetesVersion?
        for case let node as Node in objects {
            let nearest = KubernetesVersion.nearest(to: node.status.nodeInfo?.kubeletVersion ?? "")
            if let nearest, nearest.minor > newest?.minor ?? 0 { newest = nearest }
        }
        return newest
    }

    /// Nodes that pods run on, where the files hold no Node at all: as large as what runs there asks for.
    private mutating func makeNodes() {
        guard !objects.contains(where: { $0 is Node }) else { return }
        var pods: [String: [Pod]] = [:]
        for case let pod as Pod in objects where !pod.nodeName.isEmpty { pods[pod.nodeName, default: []].append(pod) }
        for name in pods.keys.sorted() {
            var node = Node()
            node.metadata.name = name
            node.metadata.labels[LabelKey.hostname] = name
            var wanted = Resources()
            for pod in pods[name] ?? [] {
                if !pod.isFinished { wanted += pod.requests(RequestRules(pending: .default)) }
                for label in [LabelKey.zone, LabelKey.region] {
                    if let value = pod.metadata.labels[label] { node.metadata.labels[label] = value }
                }
            }
            let cores = max(4, wanted["cpu"].saturatingAdd(999) / 1000)
            node.status.capacity = ["cpu": Quantity(cores), "memory": Quantity(bytes: max(16 << 30, wanted["memory"])), "pods": Quantity(110)]
            for scalar in wanted.scalars { node.status.capacity[scalar.name] = Quantity(scalar.amount) }
            objects.append(node)
        }
        if !pods.isEmpty { guessed.append("the nodes that pods run on, \(pods.count) (the files hold no Node)") }
    }

    /// The summary in a few lines: what was kept, guessed and left out.
    public var summary: [String] {
        guard !isEmpty else { return [] }
        var lines = ["Opened as of \(newest.rfc3339): " + kept.map { "\($0.count) \($0.kind.qualifiedPlural)" }.joined(separator: ", ") + "."]
        if !guessed.isEmpty { lines.append("Guessed: " + guessed.joined(separator: "; ") + ".") }
        if !unknownNames.isEmpty {
            lines.append("Not known here, kept: " + unknownNames.map { $0.count == 1 ? $0.what : "\($0.what) (\($0.count))" }.joined(separator: ", ") + ".")
        }
        if !leftOut.isEmpty { lines.append("Left out: " + leftOut.map { $0.count == 1 ? $0.what : "\($0.what) (\($0.count))" }.joined(separator: ", ") + ".") }
        return lines
    }
}

extension Simulation {
    /// Puts a state into a simulation in which nothing is yet and nothing has run; adds what every cluster has and the state does not name.
    ///
    /// - Returns: the objects that are there twice, by their place in the state.
    mutating func open(_ state: OpenedState, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) -> [(index: Int, error: APIError)] {
        var refused: [(Int, APIError)] = []
        var done = 0
        func put<O: StoredObject>(_ object: O, _ index: Int) {
            done += 1
            progress(done, state.objects.count)
            do throws(APIError) { try cluster.adopt(object) } catch { refused.append((index, error)) }
        }
        // Namespaces first: one that is named but not there is made.
        for (index, object) in state.objects.enumerated() where object is Namespace { put(object, index) }
        for (index, object) in state.objects.enumerated() where !(object is Namespace) && !(object is Event) { put(object, index) }
        // In the order of time, in which the log keeps them.
        let events = state.objects.enumerated().compactMap { index, object in (object as? Event).map { (index, $0, EventLog.time(of: $0) ?? .zeroTime) } }
        for (index, event, _) in events.sorted(by: { ($0.2, $0.0) < ($1.2, $1.0) }) { put(event, index) }
        cluster.unseenOwners = state.unseenOwners
        cluster.bootstrap()
        cluster.metrics.isInstalled = state.hasMetricsServer
        kubelets.takeOver(state.known, &cluster)
        unknownFields = state.unknownFields
        for demand in state.demands where cluster.store.object(demand.kind, demand.key)?.metadata.annotations[Demand.annotation] == nil {
            _ = perform(.demand(demand.kind, demand.key, "\(demand.milliCPU)m"))
        }
        return refused
    }
}
