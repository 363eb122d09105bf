import KubernetesAPI

/// Which kinds a document may have.
enum ManifestKinds {
    /// Documents that configure a part of the product instead of describing an object of the cluster.
    static let configurations = [
        ("evenkeel.dev/v1", "Scenario"),
        ("evenkeel.dev/v1", "NodePool"),
        ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration"),
        ("kubescheduler.config.k8s.io/v1", "KubeSchedulerConfiguration"),
    ]

    static func isConfiguration(_ document: ManifestDocument) -> Bool {
        configurations.contains { $0 == (document.apiVersion, document.kind) }
    }

    /// The facts about the document's kind.
    static func info(_ document: ManifestDocument) -> KindInfo {
        KindInfo.typed(apiVersion: document.apiVersion, kind: document.kind)
            ?? KindInfo.custom(apiVersion: document.apiVersion, kind: document.kind)
    }

    /// A kind that Kubernetes does not have in a group of its own: a slip, not somebody's custom resource.
    static func problem(_ document: ManifestDocument) -> ManifestProblem? {
        let (apiVersion, kind) = (document.apiVersion, document.kind)
        guard KindInfo.typed(apiVersion: apiVersion, kind: kind) == nil else { return nil }
        let slash = apiVersion.firstIndex(of: "/")
        let group = slash.map { String(apiVersion[..<$0]) } ?? ""
        guard
            ["", "apps", "batch", "autoscaling", "policy", "extensions"].contains(group)
                || group.hasSuffix("k8s.io"),
            group != "events.k8s.io", !group.hasSuffix(".x-k8s.io")
        else { return nil }
        // Early versions of a group had kinds of other shapes, which are kept.
        if let info = KindInfo.all.first(where: { $0.kind == kind }), !(info.group == group && apiVersion.contains("alpha")) {
            return document.problem("apiVersion", "no kind \(kind) in \(apiVersion); use \(info.apiVersion)")
        }
        let custom = KindInfo.custom(apiVersion: apiVersion, kind: kind)
        // What is kept but has no type is known by its plural; other groups of k8s.io have more kinds.
        if KindInfo.find(custom.plural)?.kind == kind || group.contains(".") { return nil }
        let candidates = KindInfo.all.filter { $0.group == group }.map(\.kind)
        let hint = nearest(kind, among: candidates).map { " (nearest: \($0))" } ?? ""
        return document.problem("kind", "no kind \(kind) in \(apiVersion)\(hint)")
    }
}
