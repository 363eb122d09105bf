import ControlPlane
import KubernetesAPI

/// What the API server of another version would make of the objects of a state: refuse them, drop or default their fields.
///
/// Objects that a controller makes are left out: what makes them is there. What is stored stays as it is until it is written again.
public struct VersionPlan: Sendable {
    public enum Sort: String, Sendable, CaseIterable {
        case refuses, drops, defaults, kubelets

        /// What holds where nothing is found.
        public var title: String {
            switch self {
            case .refuses: "no object is refused"
            case .drops: "no field is dropped"
            case .defaults: "no field has another default"
            case .kubelets: "kubelets are of versions that go with it"
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
    }
    /// In the order of the sorts.
    public private(set) var findings: [Finding] = []
    /// Feature gates that are on in one of the versions only, by name; `isOn` tells of the new one.
    public private(set) var gates: [(name: String, isOn: Bool)] = []

    public init(of cluster: Cluster, to: KubernetesProfile) {
        for kind in Kind.allCases where kind != .event && kind != .custom {
            for object in cluster.store.objects(kind) where object.metadata.controller == nil { look(at: object, from: cluster.profile, to: to) }
        }
        lookAtKubelets(of: cluster, to.version)
        findings = Sort.allCases.flatMap { sort in findings.filter { $0.sort == sort } }
        for gate in FeatureGate.allCases where cluster.profile.isEnabled(gate) != to.isEnabled(gate) { gates.append((gate.name, to.isEnabled(gate))) }
        gates.sort { $0.name < $1.name }
    }

    private mutating func note(_ sort: Sort, _ object: String, _ words: String) {
        if let index = findings.firstIndex(where: { $0.sort == sort && $0.words == words }) {
            findings[index].objects.append(object)
        } else {
            findings.append(Finding(sort: sort, objects: [object], words: words))
        }
    }

    private mutating func look<O: StoredObject>(at object: O, from: KubernetesProfile, to: KubernetesProfile) {
        let info = object.kindInfo
        let name = "\(info.kind.lowercased())/\(info.isNamespaced ? "\(object.key)" : object.metadata.name)"
        var (old, new) = (object, object)
        old.setDefaults(from)
        new.setDefaults(to)
        let known = Validation.create(old, profile: from)
        for error in Validation.create(new, profile: to) where !known.contains(error) { note(.refuses, name, "\(error.field): \(error.body)") }
        for words in StateDifference.differences(old.document["spec"] ?? .null, new.document["spec"] ?? .null) {
            note(words.hasSuffix(" → unset") ? .drops : .defaults, name, words)
        }
    }

    private mutating func lookAtKubelets(of cluster: Cluster, _ version: KubernetesVersion) {
        for node in cluster.store.nodes.sorted() {
            let numbers = (node.status.nodeInfo?.kubeletVersion ?? "").drop { $0 == "v" }.split(separator: ".")
            guard numbers.count >= 2, let minor = Int(numbers[1].prefix { $0.isASCII && $0.isNumber }) else { continue }
            // Up to 1.27 two minor versions, from 1.28 on three.
            let most = version.minor >= 28 ? 3 : 2
            if minor > version.minor {
                note(.kubelets, "node/\(node.name)", "kubelet 1.\(minor) is newer than the API server of \(version)")
            } else if version.minor - minor > most {
                note(.kubelets, "node/\(node.name)", "kubelet 1.\(minor) is more than \(most) minor versions behind \(version)")
            }
        }
    }
}
