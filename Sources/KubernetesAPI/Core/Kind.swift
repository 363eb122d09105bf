/// The kinds that have a type of their own, and `custom` for all others.
///
/// The raw value is the kind's name in the API. The one list of kinds, in the order in which lists show them: a case, and its
/// type below.
public enum Kind: String, CaseIterable, Sendable, Hashable {
    case pod = "Pod"
    case node = "Node"
    case deployment = "Deployment"
    case replicaSet = "ReplicaSet"
    case statefulSet = "StatefulSet"
    case daemonSet = "DaemonSet"
    case job = "Job"
    case cronJob = "CronJob"
    case service = "Service"
    case endpointSlice = "EndpointSlice"
    case namespace = "Namespace"
    case event = "Event"
    case configMap = "ConfigMap"
    case secret = "Secret"
    case serviceAccount = "ServiceAccount"
    case persistentVolume = "PersistentVolume"
    case persistentVolumeClaim = "PersistentVolumeClaim"
    case storageClass = "StorageClass"
    case csiDriver = "CSIDriver"
    case csiNode = "CSINode"
    case volumeAttachment = "VolumeAttachment"
    case podDisruptionBudget = "PodDisruptionBudget"
    case priorityClass = "PriorityClass"
    case horizontalPodAutoscaler = "HorizontalPodAutoscaler"
    case resourceQuota = "ResourceQuota"
    case limitRange = "LimitRange"
    case controllerRevision = "ControllerRevision"
    case replicationController = "ReplicationController"
    case workload = "Workload"
    case podGroup = "PodGroup"
    case custom = ""

    /// The type of the kind's objects.
    public var type: any KubernetesObject.Type {
        switch self {
        case .pod: Pod.self
        case .node: Node.self
        case .deployment: Deployment.self
        case .replicaSet: ReplicaSet.self
        case .statefulSet: StatefulSet.self
        case .daemonSet: DaemonSet.self
        case .job: Job.self
        case .cronJob: CronJob.self
        case .service: Service.self
        case .endpointSlice: EndpointSlice.self
        case .namespace: Namespace.self
        case .event: Event.self
        case .configMap: ConfigMap.self
        case .secret: Secret.self
        case .serviceAccount: ServiceAccount.self
        case .persistentVolume: PersistentVolume.self
        case .persistentVolumeClaim: PersistentVolumeClaim.self
        case .storageClass: StorageClass.self
        case .csiDriver: CSIDriver.self
        case .csiNode: CSINode.self
        case .volumeAttachment: VolumeAttachment.self
        case .podDisruptionBudget: PodDisruptionBudget.self
        case .priorityClass: PriorityClass.self
        case .horizontalPodAutoscaler: HorizontalPodAutoscaler.self
        case .resourceQuota: ResourceQuota.self
        case .limitRange: LimitRange.self
        case .controllerRevision: ControllerRevision.self
        case .replicationController: ReplicationController.self
        case .workload: SchedulingWorkload.self
        case .podGroup: PodGroup.self
        case .custom: CustomObject.self
        }
    }
    /// The facts about the kind. Empty for `custom`, whose objects carry their own.
    public var info: KindInfo { type.info }
}

/// The facts about one kind.
public struct KindInfo: Sendable, Hashable {
    /// Empty for the core group.
    public var group: String
    public var version: String
    public var kind: String
    /// The name in URLs and commands, lower case plural.
    public var plural: String
    public var shortNames: [String]
    public var isNamespaced: Bool
    /// The typed kind, or `custom`.
    public var type: Kind

    /// `v1` or `apps/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// `deployments.apps`, as kubectl prints names of kinds outside the core group.
    public var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

    init(
        _ type: Kind, _ group: String, _ version: String, _ plural: String, _ shortNames: [String],
        namespaced: Bool = true
    ) {
        self.init(
            group: group, version: version, kind: type.rawValue, plural: plural, shortNames: shortNames,
            isNamespaced: namespaced, type: type)
    }
    public init(
        group: String, version: String, kind: String, plural: String, shortNames: [String], isNamespaced: Bool,
        type: Kind
    ) {
        (self.group, self.version, self.kind, self.plural) = (group, version, kind, plural)
        (self.shortNames, self.isNamespaced, self.type) = (shortNames, isNamespaced, type)
    }

    /// All typed kinds in the order in which lists show them.
    public static let all: [KindInfo] = Kind.allCases.filter { $0 != .custom }.map(\.info)
    private static let byKind = Dictionary(grouping: all, by: \.kind)
    /// The typed kind called `kind`, such as `Deployment`, in its group. O(1).
    public static func named(_ kind: String, group: String) -> KindInfo? { byKind[kind]?.first { $0.group == group } }

    /// Kinds of Kubernetes itself that are kept but not acted on: plural, short names and scope are known.
    public static let keptKinds: [KindInfo] = {
        func kept(
            _ group: String, _ version: String, _ kind: String, _ plural: String, _ short: [String] = [],
            namespaced: Bool = true
        ) -> KindInfo {
            KindInfo(
                group: group, version: version, kind: kind, plural: plural, shortNames: short,
                isNamespaced: namespaced, type: .custom)
        }
        return [
            kept("rbac.authorization.k8s.io", "v1", "Role", "roles", ["ro"]),
            kept("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", ["rb"]),
            kept("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", ["cr"], namespaced: false),
            kept("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", ["crb"], namespaced: false),
            kept("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ["netpol", "np"]),
            kept("networking.k8s.io", "v1", "Ingress", "ingresses", ["ing"]),
            kept("networking.k8s.io", "v1", "IngressClass", "ingressclasses", [], namespaced: false),
            kept("", "v1", "Endpoints", "endpoints", ["ep"]),
            kept("", "v1", "PodTemplate", "podtemplates"),
            kept("", "v1", "ComponentStatus", "componentstatuses", ["cs"], namespaced: false),
            kept("coordination.k8s.io", "v1", "Lease", "leases"),
            kept("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", [], namespaced: false),
            kept("storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities"),
            kept("storage.k8s.io", "v1", "VolumeAttributesClass", "volumeattributesclasses", ["vac"], namespaced: false),
            kept("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", ["crd", "crds"], namespaced: false),
            kept("apiregistration.k8s.io", "v1", "APIService", "apiservices", [], namespaced: false),
            kept("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", [], namespaced: false),
            kept("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", [], namespaced: false),
            kept("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema", "flowschemas", [], namespaced: false),
            kept("flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfiguration", "prioritylevelconfigurations", [], namespaced: false),
            kept("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", ["csr"], namespaced: false),
            kept("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", [], namespaced: false),
            kept("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", [], namespaced: false),
            kept("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicy", "mutatingadmissionpolicies", [], namespaced: false),
            kept("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", [], namespaced: false),
            kept("networking.k8s.io", "v1", "IPAddress", "ipaddresses", ["ip"], namespaced: false),
            kept("networking.k8s.io", "v1", "ServiceCIDR", "servicecidrs", [], namespaced: false),
            kept("resource.k8s.io", "v1", "DeviceClass", "deviceclasses", [], namespaced: false),
            kept("resource.k8s.io", "v1", "ResourceClaim", "resourceclaims"),
            kept("resource.k8s.io", "v1", "ResourceClaimTemplate", "resourceclaimtemplates"),
            kept("resource.k8s.io", "v1", "ResourceSlice", "resourceslices", [], namespaced: false),
        ]
    }()

    /// The facts about a kind without a type: known for Kubernetes' own, guessed for others
    /// (namespaced, plural by English rules), which a CustomResourceDefinition may correct.
    public static func custom(apiVersion: String, kind: String) -> KindInfo {
        if let known = keptKinds.first(where: { $0.apiVersion == apiVersion && $0.kind == kind }) { return known }
        let parts = apiVersion.split(separator: "/")
        // Another version of one of these: names and scope are the same.
        let group = parts.count == 2 ? String(parts[0]) : ""
        if let known = keptKinds.first(where: { $0.group == group && $0.kind == kind }) {
            return KindInfo(
                group: group, version: String(parts.last ?? "v1"), kind: kind, plural: known.plural, shortNames: known.shortNames,
                isNamespaced: known.isNamespaced, type: .custom)
        }
        let lower = kind.lowercased()
        let plural =
            if lower.hasSuffix("s") || lower.hasSuffix("x") || lower.hasSuffix("ch") || lower.hasSuffix("sh") {
                lower + "es"
            } else if lower.hasSuffix("y"), let before = lower.dropLast().last, !"aeiou".contains(before) {
                String(lower.dropLast()) + "ies"
            } else {
                lower + "s"
            }
        return KindInfo(
            group: parts.count == 2 ? String(parts[0]) : "", version: String(parts.last ?? "v1"), kind: kind,
            plural: plural, shortNames: [], isNamespaced: true, type: .custom)
    }

    /// The kind meant by a name as users type it: kind, plural, short name, or `plural.group`, in any case;
    /// `extra` are the kinds of loaded custom objects. Nil if there is none.
    public static func find(_ name: String, among extra: [KindInfo] = []) -> KindInfo? {
        let lower = name.lowercased()
        return typedNames[lower] ?? (extra.isEmpty ? nil : extra.first { $0.names.contains(lower) }) ?? keptNames[lower]
    }
    /// The names that are understood, in lower case.
    private var names: [String] { [plural, kind.lowercased()] + shortNames + [qualifiedPlural, "\(apiVersion)/\(plural)"] }
    /// Kinds by each of their names; of two with the same name the first one.
    private static let typedNames = byName(all)
    private static let keptNames = byName(keptKinds)
    private static func byName(_ kinds: [KindInfo]) -> [String: KindInfo] {
        Dictionary(kinds.flatMap { kind in kind.names.map { ($0, kind) } }, uniquingKeysWith: { first, _ in first })
    }
    /// The group in an `apiVersion`: of `apps/v1` it is `apps`, of `v1` the core's, which is empty.
    public static func group(of apiVersion: String) -> String {
        apiVersion.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(apiVersion[..<$0]) } ?? ""
    }
    /// The typed kind of a document, or nil: then it is kept as a custom object. Older versions of a group are read
    /// as the served one.
    public static func typed(apiVersion: String, kind: String) -> KindInfo? {
        let group = group(of: apiVersion)
        guard let info = all.first(where: { $0.kind == kind && $0.group == group }) else { return nil }
        if info.apiVersion == apiVersion { return info }
        // autoscaling/v1 has another shape; it is converted by its reader.
        return ["autoscaling/v1", "batch/v1beta1", "policy/v1beta1", "discovery.k8s.io/v1beta1", "scheduling.k8s.io/v1alpha2"].contains(apiVersion) ? info : nil
    }
}
