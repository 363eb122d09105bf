// Kinds that are served in more than one version: how a document is turned into another of them.

extension JSONValue {
    /// The document of a kept object in the form of `apiVersion`, another version or group in which its kind is served.
    ///
    /// - Source: Kubernetes `pkg/apis/autoscaling/v1/conversion.go`, `pkg/apis/core/v1/conversion.go`.
    public func inVersion(_ apiVersion: String) -> JSONValue {
        guard let current = self["apiVersion"]?.string, current != apiVersion else { return self }
        var result = self
        switch apiVersion {
        case "autoscaling/v1": result = result.autoscalerV1
        case "events.k8s.io/v1": result = result.eventV1
        case "v1" where current == "events.k8s.io/v1": result = result.coreEvent
        default: break
        }
        result["apiVersion"] = .string(apiVersion)
        return result
    }

    /// One CPU target in place of a list of metrics; what has no field stands in annotations.
    private var autoscalerV1: JSONValue {
        guard var spec = self["spec"]?.object else { return self }
        var result = self
        var annotations = self["metadata"]?["annotations"]?.object ?? [:]
        func isCPU(_ metric: JSONValue) -> Bool {
            metric["type"]?.string == "Resource" && metric["resource"]?["name"]?.string == "cpu"
                && metric["resource"]?["target"]?["averageUtilization"] != nil
        }
        let metrics = spec["metrics"]?.array ?? []
        let cpu = metrics.firstIndex(where: isCPU)
        spec["metrics"] = nil
        if let cpu { spec["targetCPUUtilizationPercentage"] = metrics[cpu]["resource"]?["target"]?["averageUtilization"] }
        let others = metrics.indices.filter { $0 != cpu }.map { metrics[$0] }
        if !others.isEmpty { annotations["autoscaling.alpha.kubernetes.io/metrics"] = .string(JSONValue.array(others).text()) }
        if let behavior = spec["behavior"] {
            spec["behavior"] = nil
            annotations["autoscaling.alpha.kubernetes.io/behavior"] = .string(behavior.text())
        }
        if var status = self["status"]?.object {
            if let conditions = status["conditions"]?.array, !conditions.isEmpty {
                annotations["autoscaling.alpha.kubernetes.io/conditions"] = .string(JSONValue.array(conditions).text())
            }
            let current = status["currentMetrics"]?.array ?? []
            let used = current.first { $0["resource"]?["name"]?.string == "cpu" }?["resource"]?["current"]?["averageUtilization"]
            if let used { status["currentCPUUtilizationPercentage"] = used }
            if !current.isEmpty { annotations["autoscaling.alpha.kubernetes.io/current-metrics"] = .string(JSONValue.array(current).text()) }
            (status["conditions"], status["currentMetrics"]) = (nil, nil)
            result["status"] = .object(status)
        }
        result["spec"] = .object(spec)
        if !annotations.members.isEmpty { result["metadata"]?["annotations"] = .object(annotations) }
        return result
    }

    private static let eventNames = [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ]
    private var eventV1: JSONValue { renamed(Self.eventNames) }
    private var coreEvent: JSONValue { renamed(Self.eventNames.map { ($0.1, $0.0) }) }
    private func renamed(_ names: [(String, String)]) -> JSONValue {
        guard var object else { return self }
        object.members = object.members.map { member in (names.first { $0.0 == member.key }?.1 ?? member.key, member.value) }
        return .object(object)
    }
}
