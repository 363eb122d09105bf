import ControlPlane
import KubernetesAPI

/// What another version would make of the objects of a state: refuse them, drop or default their fields, decide or tell otherwise.
///
/// Objects that a controller makes are left out: what makes them is there. What is stored stays as it is until it is written again.
/// What is decided otherwise is told by the table of version differences, ``VersionChange``, and by the gates that are on in one version alone, as
/// far as they concern an object that is there.
public struct VersionPlan: Sendable {
    public enum Sort: String, Sendable, CaseIterable {
        case refuses, drops, defaults, kubelets, decides

        /// What holds where nothing is found.
        public var title: String {
            switch self {
            case .refuses: "no object is refused"
            case .drops: "no field is dropped"
            case .defaults: "no field has another default"
            case .kubelets: "kubelets are of versions that go with it"
            case .decides: "nothing here is decided or told otherwise"
            }
        }
        /// Whether one cannot go on.
        public var blocks: Bool { self == .refuses || self == .kubelets }
    }
    public struct Finding: Sendable, Equatable {
        public var sort: Sort
        /// Whom it is about, as `deployment/shop/web`.
        public var objects: [String]
        public var words: String
        /// Since which version; nil where several had a part in it.
        public var since: KubernetesVersion?
        /// Where it is written, such as `kubernetes-1.37.md` §3.6.
        public var source: String
    }
    /// In the order of the sorts.
    public private(set) var findings: [Finding] = []
    /// Kinds without rules here, custom ones and some of Kubernetes, by name: nothing is said of their objects but whether their API is served.
    public private(set) var unjudged: [(kind: KindInfo, count: Int)] = []
    /// Feature gates that are on in one of the versions only, by name; `isOn` tells of the new one.
    public private(set) var gates: [(name: String, isOn: Bool)] = []

    /// An object of each name that was looked at, until the sources are found.
    private var samples: [String: any StoredObject] = [:]

    public init(of cluster: Cluster, to: KubernetesProfile) {
        for kind in Kind.allCases where kind != .event && kind != .custom {
            for object in cluster.store.objects(kind) where object.metadata.controller == nil { look(at: object, from: cluster.profile, to: to) }
        }
        lookAtKept(cluster, to.version)
        lookAtKubelets(of: cluster, to.version)
        nameSources(cluster, to)
        lookAtDecisions(of: cluster, to)
        findings = Sort.allCases.flatMap { sort in findings.filter { $0.sort == sort } }
        for gate in FeatureGate.allCases where cluster.profile.isEnabled(gate) != to.isEnabled(gate) { gates.append((gate.name, to.isEnabled(gate))) }
        gates.sort { $0.name < $1.name }
    }

    private mutating func note(_ sort: Sort, _ object: String, _ words: String) {
        if let index = findings.firstIndex(where: { $0.sort == sort && $0.words == words }) {
            findings[index].objects.append(object)
        } else {
            findings.append(Finding(sort: sort, objects: [object], words: words, since: nil, source: ""))
        }
    }

    private mutating func look<O: StoredObject>(at object: O, from: KubernetesProfile, to: KubernetesProfile) {
        let name = VersionConcerns.name(object)
        samples[name] = object
        var (old, new) = (object, object)
        old.setDefaults(from)
        new.setDefaults(to)
        let known = Validation.create(old, profile: from)
        for error in Validation.create(new, profile: to) where !known.contains(error) { note(.refuses, name, "\(error.field): \(error.body)") }
        for words in StateDifference.differences(old.document["spec"] ?? .null, new.document["spec"] ?? .null) {
            note(words.hasSuffix(" → unset") ? .drops : .defaults, name, words)
        }
    }

    /// APIs of kinds without a type here that releases no longer serve.
    /// - Source: kubernetes.io, Deprecated API Migration Guide.
    private static let removed: [(apiVersion: String, kinds: Set<String>, minor: Int)] = [
        ("policy/v1beta1", ["PodSecurityPolicy"], 25), ("node.k8s.io/v1beta1", ["RuntimeClass"], 25),
        ("flowcontrol.apiserver.k8s.io/v1beta1", ["FlowSchema", "PriorityLevelConfiguration"], 26),
        ("storage.k8s.io/v1beta1", ["CSIStorageCapacity"], 27),
        ("flowcontrol.apiserver.k8s.io/v1beta2", ["FlowSchema", "PriorityLevelConfiguration"], 29),
        ("flowcontrol.apiserver.k8s.io/v1beta3", ["FlowSchema", "PriorityLevelConfiguration"], 32),
    ]

    private mutating func lookAtKept(_ cluster: Cluster, _ version: KubernetesVersion) {
        for object in cluster.store.customObjects.sorted() {
            let info = object.kindInfo
            if let index = unjudged.firstIndex(where: { $0.kind == info }) { unjudged[index].count += 1 } else { unjudged.append((info, 1)) }
            for api in Self.removed where api.apiVersion == info.apiVersion && api.kinds.contains(info.kind) {
                guard cluster.profile.version.minor < api.minor, version.minor >= api.minor else { continue }
                note(.refuses, VersionConcerns.name(object), "\(api.apiVersion) is no longer served")
            }
        }
        unjudged.sort { $0.kind.qualifiedPlural < $1.kind.qualifiedPlural }
    }

    /// Finds out which gate is behind each refusal, drop and default: without the gate's change it would not be there.
    private mutating func nameSources(_ cluster: Cluster, _ to: KubernetesProfile) {
        let differing = FeatureGate.allCases.filter { cluster.profile.isEnabled($0) != to.isEnabled($0) }
        for i in findings.indices {
            let finding = findings[i]
            findings[i].source = finding.sort == .kubelets ? "Kubernetes version skew policy" : "validation and defaults of Kubernetes \(to.version)"
            if let api = Self.removed.first(where: { finding.sort == .refuses && finding.words.hasPrefix($0.apiVersion + " ") }) {
                (findings[i].since, findings[i].source) = (KubernetesVersion(minor: api.minor), "Deprecated API Migration Guide")
                continue
            }
            guard finding.sort != .kubelets, let object = finding.objects.first.flatMap({ samples[$0] }) else { continue }
            let gate = differing.first { gate in
                var other = VersionPlan()
                other.look(at: object, from: cluster.profile, to: to.with(gate, on: cluster.profile.isEnabled(gate)))
                return !other.findings.contains { $0.sort == finding.sort && $0.words == finding.words }
            }
            guard let gate else { continue }
            (findings[i].since, findings[i].source) = (Self.turn(gate, cluster.profile.version, to.version), "`feature-gates.md`, \(gate.name)")
        }
        samples = [:]
    }

    /// The release between two in which a gate became what it is in the newer one.
    private static func turn(_ gate: FeatureGate, _ a: KubernetesVersion, _ b: KubernetesVersion) -> KubernetesVersion? {
        let newest = gate.isOnByDefault(in: max(a, b))
        return KubernetesVersion.all.first { version in
            min(a, b) < version && version <= max(a, b)
                && KubernetesVersion.all.allSatisfy { !(version...max(a, b)).contains($0) || gate.isOnByDefault(in: $0) == newest }
        }
    }

    private mutating func lookAtDecisions(of cluster: Cluster, _ to: KubernetesProfile) {
        let concerns = VersionConcerns(cluster)
        let from = cluster.profile
        for change in VersionChange.between(from.version, to.version) {
            let objects = concerns.objects(change)
            if objects.isEmpty { continue }
            let (old, new) = to.has(change) ? (change.before, change.after) : (change.after, change.before)
            findings.append(
                Finding(sort: .decides, objects: objects, words: "\(change.part.rawValue): \(new); before, \(old)", since: change.since, source: change.source))
        }
        for gate in FeatureGate.allCases where from.isEnabled(gate) != to.isEnabled(gate) {
            let objects = concerns.objects(gate)
            if objects.isEmpty { continue }
            let (old, new) = to.isEnabled(gate) ? gate.summary : (gate.summary.on, gate.summary.off)
            findings.append(
                Finding(
                    sort: .decides, objects: objects, words: "\(new); before, \(old)", since: Self.turn(gate, from.version, to.version),
                    source: "`feature-gates.md`, \(gate.name)"))
        }
    }

    private init() {}

    private mutating func lookAtKubelets(of cluster: Cluster, _ version: KubernetesVersion) {
        for node in cluster.store.nodes.sorted() {
            let numbers = (node.status.nodeInfo?.kubeletVersion ?? "").drop { $0 == "v" }.split(separator: ".")
            guard numbers.count >= 2, let minor = Int(numbers[1].prefix { $0.isASCII && $0.isNumber }) else { continue }
            let most = KubernetesProfile(version).has(.olderKubeletsTaken) ? 3 : 2
            if minor > version.minor {
                note(.kubelets, "node/\(node.name)", "kubelet 1.\(minor) is newer than the API server of \(version)")
            } else if version.minor - minor > most {
                note(.kubelets, "node/\(node.name)", "kubelet 1.\(minor) is more than \(most) minor versions behind \(version)")
            }
        }
    }
}
