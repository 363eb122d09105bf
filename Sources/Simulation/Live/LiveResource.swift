// What is asked of a cluster that is followed, and what each of it is for.

import KubernetesAPI

/// One kind of objects that is followed.
public struct LiveResource: Sendable, Hashable {
    /// How it is asked for.
    public enum Way: Sendable, Hashable {
        /// Listed, then watched.
        case watched
        /// Listed again and again: nothing tells of changes.
        case polled
        /// One object of this name in this namespace, once.
        case one(namespace: String, name: String)
    }
    public let info: KindInfo
    public var way = Way.watched
    /// API versions to try, in this order: the first that is served is used.
    let versions: [String]
    /// What lacks without it.
    public let need: String

    private init(_ info: KindInfo, older: [String] = [], way: Way = .watched, _ need: String) {
        (self.info, self.way, self.need) = (info, way, need)
        versions = [info.apiVersion] + older
    }
    private init(_ kind: Kind, older: [String] = [], _ need: String) { self.init(kind.info, older: older, need) }
    private init(kept kind: String, _ need: String) {
        // A kind that is kept has its facts there.
        self.init(KindInfo.keptKinds.first { $0.kind == kind } ?? KindInfo.custom(apiVersion: "v1", kind: kind), need)
    }

    /// Use of pods as the metrics API tells it.
    static let metrics = LiveResource(
        KindInfo(
            group: "metrics.k8s.io", version: "v1beta1", kind: "PodMetrics", plural: "pods", shortNames: [], isNamespaced: true, type: .custom),
        way: .polled, "measured use; it is guessed from requests")
    /// Use of nodes as the metrics API tells it.
    static let nodeMetrics = LiveResource(
        KindInfo(
            group: "metrics.k8s.io", version: "v1beta1", kind: "NodeMetrics", plural: "nodes", shortNames: [], isNamespaced: false, type: .custom),
        way: .polled, "figures of what nodes use beside their pods")
    /// The settings that kubeadm gave all kubelets.
    /// - Source: Kubernetes `cmd/kubeadm/app/constants`, KubeletBaseConfigurationConfigMap.
    static let kubeletSettings = LiveResource(
        Kind.configMap.info, way: .one(namespace: "kube-system", name: "kubelet-config"), "kubelet settings; the version's defaults are used")

    /// All that is asked for, what is needed first in front. Never Secrets, never ConfigMaps but the one that names kubelet settings.
    public static let all: [LiveResource] = [
        LiveResource(.node, "labels, taints and room of nodes; those that pods run on are guessed"),
        LiveResource(.namespace, "namespaces without pods, and their labels"),
        LiveResource(.pod, "pods at all"),
        LiveResource(.deployment, "rollouts; pods have only their ReplicaSets"),
        LiveResource(.replicaSet, "revisions, and replacements of Deployments' pods"),
        LiveResource(.statefulSet, "replacements of their pods"),
        LiveResource(.daemonSet, "daemons; their pods look like bare pods"),
        LiveResource(.podDisruptionBudget, "budgets; drains and evictions look freer than they are"),
        LiveResource(.priorityClass, "preemption by priority"),
        LiveResource(.persistentVolumeClaim, "claims; pods with volumes cannot be placed"),
        LiveResource(.persistentVolume, "zones and nodes that volumes tie pods to"),
        LiveResource(.storageClass, "new volumes"),
        LiveResource(.csiNode, "limits of volumes on a node"),
        LiveResource(.csiDriver, "ways in which drivers attach volumes"),
        LiveResource(.volumeAttachment, "attachments of volumes"),
        LiveResource(.service, "default spread constraints, and traffic"),
        LiveResource(.endpointSlice, "traffic and its zones"),
        LiveResource(.horizontalPodAutoscaler, older: ["autoscaling/v1"], "autoscaling"),
        LiveResource(.job, "replacements of their pods"),
        LiveResource(.cronJob, "jobs to come"),
        LiveResource(.replicationController, "replacements of their pods"),
        LiveResource(.controllerRevision, "revisions of StatefulSets and DaemonSets"),
        LiveResource(.resourceQuota, "quotas"),
        LiveResource(.limitRange, "default requests of new pods"),
        LiveResource(.serviceAccount, "service accounts"),
        LiveResource(.event, "events"),
        LiveResource(kept: "Lease", "leases; how long a node is silent follows from its conditions"),
        LiveResource(kept: "CustomResourceDefinition", "custom kinds and their objects"),
        LiveResource(kept: "RuntimeClass", "overhead of pods, and nodes that have their runtimes"),
        LiveResource(kept: "Role", "rights in namespaces (:can)"), LiveResource(kept: "RoleBinding", "rights in namespaces (:can)"),
        LiveResource(kept: "ClusterRole", "rights (:can)"), LiveResource(kept: "ClusterRoleBinding", "rights (:can)"),
        metrics, nodeMetrics, kubeletSettings,
    ]

    /// The kind that a CustomResourceDefinition defines, in the version in which it is stored; nil if nothing can be made of it.
    static func custom(definedBy definition: JSONValue) -> LiveResource? {
        guard let spec = definition["spec"], let group = spec["group"]?.string, !group.isEmpty,
            let plural = spec["names"]?["plural"]?.string, !plural.isEmpty, let kind = spec["names"]?["kind"]?.string, !kind.isEmpty
        else { return nil }
        let served = (spec["versions"]?.array ?? []).filter { $0["served"] != false }
        // One version is enough: all show the same objects.
        guard let version = (served.first { $0["storage"] == true } ?? served.first)?["name"]?.string else { return nil }
        let info = KindInfo(
            group: group, version: version, kind: kind, plural: plural, shortNames: spec["names"]?["shortNames"]?.array?.compactMap(\.string) ?? [],
            isNamespaced: spec["scope"]?.string != "Cluster", type: .custom)
        return LiveResource(info, "objects of this custom kind")
    }
    var isOfDefinitions: Bool { info.kind == "CustomResourceDefinition" }

    /// What is so of every followed cluster, in sentences.
    public static let remarks = [
        "Nothing is changed there: kubectl proxy lets through nothing but reading. Secrets are never asked for.",
        "Objects of custom kinds are followed as their definitions are seen; each needs a rule for its group, which is told where it is missing.",
        "Not followed: NetworkPolicies, Ingresses, webhooks and all other kinds that are not listed here; none of these is acted on.",
    ]

    /// `pods`, `deployments.apps`, `pods.metrics.k8s.io`
    public var name: String {
        if case .one(let namespace, let name) = way { return "\(info.plural) \(namespace)/\(name)" }
        return info.qualifiedPlural
    }

    /// Whether it can be asked for in one namespace instead of all.
    var isNarrowed: Bool { if case .one = way { false } else { info.isNamespaced } }

    /// The path of the list in one namespace or in all.
    func path(version: Int, namespace: String?) -> String {
        let apiVersion = versions[min(version, versions.count - 1)]
        let root = apiVersion.contains("/") ? "/apis/\(apiVersion)" : "/api/\(apiVersion)"
        if case .one(let own, let name) = way { return "\(root)/namespaces/\(own)/\(info.plural)/\(name)" }
        return namespace.map { "\(root)/namespaces/\($0)/\(info.plural)" } ?? "\(root)/\(info.plural)"
    }

    /// The smallest rule that allows it.
    public var rule: LiveRule {
        let verbs =
            switch way {
            case .watched: ["list", "watch"]
            case .polled: ["list"]
            case .one: ["get"]
            }
        var rule = LiveRule(group: info.group, resources: [info.plural], verbs: verbs)
        if case .one(_, let name) = way { rule.names = [name] }
        return rule
    }
}

/// A rule of a role, as `kubectl create role` makes it.
public struct LiveRule: Sendable, Hashable {
    public var group: String
    public var resources: [String]
    /// The names that it is about; empty: all.
    public var names: [String] = []
    public var verbs: [String]

    /// As an element of `rules`, in lines of at most 80 columns.
    public var yaml: String {
        func list(_ field: String, _ values: [String]) -> String {
            var lines = ["  \(field): ["]
            for (index, value) in values.enumerated() {
                let word = (value.isEmpty ? "\"\"" : value) + (index + 1 == values.count ? "]" : ",")
                if lines[lines.count - 1].utf8.count + word.utf8.count > 78 { lines.append("   ") }
                lines[lines.count - 1] += (lines[lines.count - 1].hasSuffix("[") ? "" : " ") + word
            }
            return lines.joined(separator: "\n")
        }
        let parts = [list("apiGroups", [group]), list("resources", resources)] + (names.isEmpty ? [] : [list("resourceNames", names)]) + [list("verbs", verbs)]
        return "- " + parts.joined(separator: "\n").dropFirst(2)
    }

    /// Rules of one group and the same verbs as one, in the order of the first of each.
    public static func merged(_ rules: [LiveRule]) -> [LiveRule] {
        var merged: [LiveRule] = []
        for rule in rules {
            if let index = merged.firstIndex(where: { $0.group == rule.group && $0.verbs == rule.verbs && $0.names == rule.names }) {
                merged[index].resources += rule.resources
            } else {
                merged.append(rule)
            }
        }
        return merged
    }

    /// A ClusterRole of these rules, or a Role in a namespace.
    public static func role(_ name: String, _ rules: [LiveRule], namespace: String? = nil) -> String {
        let place = namespace.map { ", namespace: \($0)" } ?? ""
        return
            (["apiVersion: rbac.authorization.k8s.io/v1", "kind: \(namespace == nil ? "ClusterRole" : "Role")", "metadata: {name: \(name)\(place)}", "rules:"]
            + merged(rules).map(\.yaml)).joined(separator: "\n")
    }

    /// Documents that give somebody what following a cluster asks for: all of it, and, for one namespace, what is there.
    public static var manifests: String {
        let all = LiveResource.all.filter { $0 != .kubeletSettings }
        let settings = role("evenkeel-view-kubelet", [LiveResource.kubeletSettings.rule], namespace: "kube-system")
        return [
            "# Everything, to be bound by a ClusterRoleBinding:",
            role("evenkeel-view", all.map(\.rule)),
            "---", "# Settings of kubelets, on a cluster made by kubeadm:", settings,
            "---", "# One namespace is enough, to be bound there by a RoleBinding:",
            role("evenkeel-view-namespace", all.filter(\.info.isNamespaced).map(\.rule)),
        ].joined(separator: "\n") + "\n"
    }
}
