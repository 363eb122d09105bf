import ControlPlane
import KubernetesAPI

/// What an autoscaler measures and wants.
enum AutoscalerDisplay {
    /// `cpu: 45%/60%, memory: 120Mi/200Mi`; at most two, then how many more; `<none>` without metrics.
    /// - Source: Kubernetes `pkg/printers/internalversion/printers.go`, `formatHPAMetrics`.
    static func targets(_ object: HorizontalPodAutoscaler, profile: KubernetesProfile) -> String {
        let metrics = object.spec.metrics
        if metrics.isEmpty { return "<none>" }
        let list = metrics.indices.map { target(object, $0, named: profile.has(.autoscalerTargetsNamed)) }
        let more = list.count > 2 ? " + \(list.count - 2) more..." : ""
        return list.prefix(2).joined(separator: ", ") + more
    }

    /// The measured and the wanted value of the metric numbered `index`.
    static func target(_ object: HorizontalPodAutoscaler, _ index: Int, named: Bool) -> String {
        let metric = object.spec.metrics[index]
        let statuses = object.status.currentMetrics ?? []
        let status = index < statuses.count ? statuses[index].json ?? .null : .null
        switch metric.type {
        case "Resource":
            guard let resource = metric.resource else { break }
            return pair(
                resource.target.json ?? .null, status["resource"]?["current"] ?? .null,
                name: named ? resource.name : nil)
        case "ContainerResource":
            guard let source = metric.containerResource else { break }
            return pair(
                source.target.json ?? .null, status["containerResource"]?["current"] ?? .null,
                name: named ? source.name : nil)
        case "Pods":
            return pair(metric.pods?.target.json ?? .null, status["pods"]?["current"] ?? .null, name: nil)
        case "Object":
            return pair(
                metric.object?.target.json ?? .null, status["object"]?["current"] ?? .null, name: nil,
                isShared: true)
        case "External":
            return pair(
                metric.external?.target.json ?? .null, status["external"]?["current"] ?? .null, name: nil,
                isShared: true)
        default: break
        }
        return "<unknown type>"
    }

    /// - Parameter isShared: the metric is one value for all pods, so an average is marked as such.
    private static func pair(_ target: JSONValue, _ current: JSONValue, name: String?, isShared: Bool = false)
        -> String
    {
        func text(_ value: JSONValue?) -> String? { value?.string ?? value?.int.map(String.init) }
        let prefix = name.map { "\($0): " } ?? ""
        if let wanted = text(target["averageValue"]) {
            return
                "\(prefix)\(text(current["averageValue"]) ?? "<unknown>")/\(wanted)\(isShared ? " (avg)" : "")"
        }
        if let wanted = text(target["value"]) {
            return "\(prefix)\(text(current["value"]) ?? "<unknown>")/\(wanted)"
        }
        let have = text(current["averageUtilization"]).map { $0 + "%" } ?? "<unknown>"
        return "\(prefix)\(have)/\(text(target["averageUtilization"]).map { $0 + "%" } ?? "<auto>")"
    }
}

extension KindPrinter {
    static let horizontalPodAutoscaler = KindPrinter(
        HorizontalPodAutoscaler.self,
        [
            .name, TableColumn("REFERENCE"), TableColumn("TARGETS"), TableColumn("MINPODS", .number),
            TableColumn("MAXPODS", .number), TableColumn("REPLICAS", .number), .age,
        ]
    ) { object, cluster in
        [
            object.name, "\(object.spec.scaleTargetRef.kind)/\(object.spec.scaleTargetRef.name)",
            AutoscalerDisplay.targets(object, profile: cluster.profile),
            object.spec.minReplicas.map(String.init) ?? "<unset>", String(object.spec.maxReplicas),
            String(object.status.currentReplicas), object.age(cluster),
        ]
    }
}
