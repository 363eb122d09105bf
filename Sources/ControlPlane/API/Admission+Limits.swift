import KubernetesAPI

// LimitRanger: defaults and bounds of a namespace for containers, pods and claims.
extension Cluster {
    static let limitRangerAnnotation = "kubernetes.io/limit-ranger"

    private func limits(_ namespace: String) -> [LimitRange] {
        store.limitRanges.isEmpty ? [] : store.limitRanges.sorted(namespace: namespace)
    }

    /// Gives containers the namespace's default requests and limits.
    func setLimitRangeDefaults(_ pod: inout Pod) {
        for range in limits(pod.namespace) {
            var requests = ResourceList()
            var limits = ResourceList()
            for item in range.spec.limits where item.type == "Container" {
                requests = requests.merging(item.defaultRequest)
                limits = limits.merging(item.default)
            }
            var notes: [String] = []
            func fill(_ list: inout ResourceList, _ defaults: ResourceList, _ what: String) {
                let missing = defaults.entries.filter { list[$0.key] == nil }
                if missing.isEmpty { return }
                for (name, amount) in missing { list[name] = amount }
                notes.append("\(missing.map(\.key).joined(separator: ", ")) \(what)")
            }
            for i in pod.spec.containers.indices {
                let name = pod.spec.containers[i].name
                fill(&pod.spec.containers[i].resources.requests, requests, "request for container \(name)")
                fill(&pod.spec.containers[i].resources.limits, limits, "limit for container \(name)")
            }
            for i in pod.spec.initContainers.indices {
                let name = pod.spec.initContainers[i].name
                fill(
                    &pod.spec.initContainers[i].resources.requests, requests,
                    "request for init container \(name)")
                fill(&pod.spec.initContainers[i].resources.limits, limits, "limit for init container \(name)")
            }
            if !notes.isEmpty {
                pod.metadata.annotations[Self.limitRangerAnnotation] =
                    "LimitRanger plugin set: " + notes.joined(separator: "; ")
            }
        }
    }

    /// Refuses what is outside the namespace's bounds.
    func requireWithinLimitRanges<O: StoredObject>(_ object: O) throws(APIError) {
        for range in limits(object.metadata.namespace) {
            var problems: [String] = []
            for item in range.spec.limits {
                if let pod = object as? Pod { check(pod.spec.value, item, &problems) }
                if let claim = object as? PersistentVolumeClaim, item.type == "PersistentVolumeClaim" {
                    let requests = claim.spec.resources.requests
                    check(requests, requests, item, &problems)
                }
            }
            if problems.isEmpty { continue }
            let text = problems.count == 1 ? problems[0] : "[\(problems.joined(separator: ", "))]"
            throw .forbidden(object.kindInfo, object.metadata.name, text)
        }
    }

    private func check(_ spec: PodSpec, _ item: LimitRangeItem, _ problems: inout [String]) {
        switch item.type {
        case "Container":
            for container in spec.containers + spec.initContainers {
                check(container.resources.requests, container.resources.limits, item, &problems)
            }
        case "Pod": check(spec.sum(\.requests), spec.sum(\.limits), item, &problems)
        default: break
        }
    }

    /// - Source: Kubernetes `plugin/pkg/admission/limitranger/admission.go`, `minConstraint`,
    ///   `maxConstraint`, `limitRequestRatioConstraint`.
    private func check(
        _ requests: ResourceList, _ limits: ResourceList, _ item: LimitRangeItem, _ problems: inout [String]
    ) {
        // A claim has requests only; they are compared with both bounds.
        let isClaim = item.type == "PersistentVolumeClaim"
        for (name, least) in item.min.entries {
            let rule = "minimum \(name) usage per \(item.type) is \(least)"
            if let request = requests[name] {
                if request < least { problems.append("\(rule), but request is \(request)") }
            } else {
                problems.append("\(rule).  No request is specified")
            }
            if !isClaim, let limit = limits[name], limit < least {
                problems.append("\(rule), but limit is \(limit)")
            }
        }
        for (name, most) in item.max.entries {
            let rule = "maximum \(name) usage per \(item.type) is \(most)"
            guard let limit = limits[name] else {
                problems.append("\(rule).  No limit is specified")
                continue
            }
            if limit > most {
                problems.append("\(rule), but \(isClaim ? "request" : "limit") is \(limit)")
            } else if let request = requests[name], request > most {
                problems.append("\(rule), but request is \(request)")
            }
        }
        for (name, ratio) in item.maxLimitRequestRatio.entries {
            let rule = "\(name) max limit to request ratio per \(item.type) is \(ratio)"
            guard let request = requests[name], request > .zero else {
                problems.append("\(rule), but no request is specified or request is 0")
                continue
            }
            guard let limit = limits[name], limit > .zero else {
                problems.append("\(rule), but no limit is specified or limit is 0")
                continue
            }
            if limit > request.scaled(by: ratio.nano, over: 1_000_000_000) {
                let millionths = Int64(clamping: limit.nano * 1_000_000 / request.nano)
                let fraction = String(millionths % 1_000_000 + 1_000_000).dropFirst()
                problems.append("\(rule), but provided ratio is \(millionths / 1_000_000).\(fraction)")
            }
        }
    }
}
