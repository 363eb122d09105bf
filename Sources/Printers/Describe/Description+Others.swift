import ControlPlane
import KubernetesAPI
import SimulationKit

// - Source: Kubernetes `kubectl/pkg/describe/describe.go`.
extension Description {
    mutating func service(_ object: Service) {
        let (meta, spec) = (object.metadata.value, object.spec)
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        labels(meta.labels)
        annotations(meta.annotations)
        line(0, "Selector:", spec.selector.labelText)
        line(0, "Type:", spec.type.or("ClusterIP"))
        if let policy = spec.ipFamilyPolicy { line(0, "IP Family Policy:", policy) }
        if !spec.ipFamilies.isEmpty { line(0, "IP Families:", spec.ipFamilies.joined(separator: ",")) }
        line(0, "IP:", spec.clusterIP)
        line(0, "IPs:", spec.clusterIPs.joined(separator: ",").or("<none>"))
        if !spec.externalIPs.isEmpty { line(0, "External IPs:", spec.externalIPs.joined(separator: ",")) }
        if !spec.externalName.isEmpty { line(0, "External Name:", spec.externalName) }
        let ingress = ServiceDisplay.externalAddress(object, wide: true)
        if spec.type == "LoadBalancer", ingress != "<pending>" { line(0, "LoadBalancer Ingress:", ingress) }
        for port in spec.ports {
            let ending = "/\(port.protocol.or("TCP"))"
            line(0, "Port:", port.name.or("<unset>"), "\(port.port)\(ending)")
            line(0, "TargetPort:", (port.targetPort?.text ?? String(port.port)) + ending)
            if port.nodePort > 0 {
                line(0, "NodePort:", port.name.or("<unset>"), "\(port.nodePort)\(ending)")
            }
            line(0, "Endpoints:", endpoints(of: object, port))
        }
        line(0, "Session Affinity:", spec.sessionAffinity.or("None"))
        if !spec.externalTrafficPolicy.isEmpty {
            line(0, "External Traffic Policy:", spec.externalTrafficPolicy)
        }
        if let policy = spec.internalTrafficPolicy { line(0, "Internal Traffic Policy:", policy) }
    }

    /// The ready addresses behind one port, at most three.
    private func endpoints(of service: Service, _ port: ServicePort) -> String {
        var addresses: [String] = []
        for slice in cluster.store.endpointSlices.sorted(namespace: service.namespace)
        where slice.metadata.labels[LabelKey.serviceName] == service.name {
            guard let number = slice.ports.first(where: { ($0.name ?? "") == port.name })?.port else {
                continue
            }
            for endpoint in slice.endpoints where endpoint.conditions.ready ?? true {
                addresses += endpoint.addresses.map { "\($0):\(number)" }
            }
        }
        let more = addresses.count > 3 ? " + \(addresses.count - 3) more..." : ""
        return addresses.prefix(3).joined(separator: ",") + more
    }

    mutating func persistentVolume(_ object: PersistentVolume) {
        let (meta, spec) = (object.metadata.value, object.spec)
        line(0, "Name:", meta.name)
        labels(meta.labels)
        annotations(meta.annotations)
        line(0, "Finalizers:", "[\(meta.finalizers.joined(separator: " "))]")
        line(0, "StorageClass:", spec.storageClassName)
        status(meta, object.status.phase)
        line(0, "Claim:", spec.claimRef.map { "\($0.namespace)/\($0.name)" } ?? "")
        line(0, "Reclaim Policy:", spec.persistentVolumeReclaimPolicy)
        line(0, "Access Modes:", accessModeText(spec.accessModes))
        if let mode = spec.volumeMode { line(0, "VolumeMode:", mode) }
        line(0, "Capacity:", (spec.capacity["storage"] ?? .zero).description)
        if let terms = spec.nodeAffinity?.required?.nodeSelectorTerms {
            line(0, "Node Affinity:", "")
            line(1, "Required Terms:", "")
            for (i, term) in terms.enumerated() {
                multiline(
                    2, "Term \(i)",
                    term.matchExpressions.map { requirement in
                        let values =
                            requirement.values.isEmpty
                            ? "" : " [\(requirement.values.joined(separator: ", "))]"
                        return "\(requirement.key) \(requirement.operator.lowercased())\(values)"
                    })
            }
        } else {
            line(0, "Node Affinity:", "<none>")
        }
        line(0, "Message:", object.status.message)
        line(0, "Source:")
        if let source = spec.csi {
            csi(source)
        } else if let source = spec.hostPath {
            hostPath(source)
        } else if let source = spec.local {
            line(2, "Type:", "LocalVolume (a persistent volume backed by local storage on a node)")
            line(2, "Path:", source["path"]?.string ?? "")
        } else {
            var rest = spec.jsonObject
            for known in ["capacity", "claimRef", "nodeAffinity"] { rest[known] = nil }
            other(rest)
        }
    }

    mutating func persistentVolumeClaim(_ object: PersistentVolumeClaim) {
        let (meta, spec) = (object.metadata.value, object.spec)
        let isBound = !spec.volumeName.isEmpty
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        line(0, "StorageClass:", spec.storageClassName ?? "")
        status(meta, object.status.phase)
        line(0, "Volume:", spec.volumeName)
        labels(meta.labels)
        annotations(meta.annotations)
        line(0, "Finalizers:", "[\(meta.finalizers.joined(separator: " "))]")
        line(0, "Capacity:", isBound ? (object.status.capacity["storage"] ?? .zero).description : "")
        line(0, "Access Modes:", isBound ? accessModeText(object.status.accessModes) : "")
        if let mode = spec.volumeMode { line(0, "VolumeMode:", mode) }
        let users = cluster.store.pods.sorted(namespace: meta.namespace).filter { pod in
            pod.spec.volumes.contains { $0.persistentVolumeClaim?.claimName == meta.name }
        }
        multiline(0, "Used By", users.map(\.name))
        if !object.status.conditions.isEmpty {
            table(
                "Conditions:",
                ["Type", "Status", "LastProbeTime", "LastTransitionTime", "Reason", "Message"],
                object.status.conditions.map {
                    [
                        $0.type + " ", $0.status, $0.lastProbeTime?.rfc1123 ?? "<unknown>",
                        $0.lastTransitionTime?.rfc1123 ?? "<unknown>", $0.reason, $0.message,
                    ]
                })
        }
    }

    mutating func podDisruptionBudget(_ object: PodDisruptionBudget) {
        let status = object.status
        line(0, "Name:", object.name)
        line(0, "Namespace:", object.namespace)
        if let least = object.spec.minAvailable { line(0, "Min available:", least.text) }
        if let most = object.spec.maxUnavailable { line(0, "Max unavailable:", most.text) }
        line(0, "Selector:", object.spec.selector == nil ? "<unset>" : object.spec.selector.text)
        line(0, "Status:")
        line(2, "Allowed disruptions:", String(status.disruptionsAllowed))
        line(2, "Current:", String(status.currentHealthy))
        line(2, "Desired:", String(status.desiredHealthy))
        line(2, "Total:", String(status.expectedPods))
    }

    mutating func namespace(_ object: Namespace) {
        line(0, "Name:", object.name)
        labels(object.metadata.labels)
        annotations(object.metadata.annotations)
        line(0, "Status:", object.status.phase)
        if !object.status.conditions.isEmpty {
            table(
                "Conditions:", ["Type", "Status", "LastTransitionTime", "Reason", "Message"],
                object.status.conditions.map {
                    [
                        $0.type, $0.status, $0.lastTransitionTime?.rfc1123 ?? "<unknown>", $0.reason,
                        $0.message,
                    ]
                })
        }
        blank()
        let quotas = cluster.store.resourceQuotas.sorted(namespace: object.name)
        if quotas.isEmpty { line(0, "No resource quota.") } else { line(0, "Resource Quotas") }
        for quota in quotas {
            line(1, "Name:", quota.name)
            line(1, "Resource", "Used", "Hard")
            line(1, "--------", "---", "---")
            for (name, hard) in quota.status.hard.entries {
                line(1, name, (quota.status.used[name] ?? .zero).description, hard.description)
            }
        }
        blank()
        limitRanges(cluster.store.limitRanges.sorted(namespace: object.name))
    }

    private mutating func limitRanges(_ ranges: [LimitRange]) {
        if ranges.isEmpty { return line(0, "No LimitRange resource.") }
        line(0, "Resource Limits")
        limits(1, ranges.flatMap(\.spec.limits))
    }
    private mutating func limits(_ level: Int, _ items: [LimitRangeItem]) {
        line(level, "Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio")
        line(level, "----", "--------", "---", "---", "---------------", "-------------", "-----------------------")
        for item in items {
            let lists = [item.min, item.max, item.defaultRequest, item.default, item.maxLimitRequestRatio]
            var names: [String] = []
            for name in lists.flatMap(\.keys).sorted() where names.last != name { names.append(name) }
            for name in names { line(level, [item.type, name] + lists.map { $0[name]?.description ?? "-" }) }
        }
    }

    mutating func limitRange(_ object: LimitRange) {
        line(0, "Name:", object.name)
        line(0, "Namespace:", object.namespace)
        limits(0, object.spec.limits)
    }

    mutating func resourceQuota(_ object: ResourceQuota) {
        line(0, "Name:", object.name)
        line(0, "Namespace:", object.namespace)
        let scopes = object.spec.scopes.sorted()
        if !scopes.isEmpty { line(0, "Scopes:", scopes.joined(separator: ", ")) }
        let help = [
            "Terminating":
                "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
            "NotTerminating":
                "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
            "BestEffort": "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
            "NotBestEffort": "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
        ]
        for text in scopes.compactMap({ help[$0] }) { line(0, " * \(text)") }
        line(0, "Resource", "Used", "Hard")
        line(0, "--------", "----", "----")
        for (name, hard) in object.status.hard.entries {
            var used = object.status.used[name] ?? .zero
            used.format = hard.format
            line(0, name, used.description, hard.description)
        }
    }

    mutating func storageClass(_ object: StorageClass) {
        line(0, "Name:", object.name)
        line(0, "IsDefaultClass:", object.isDefault ? "Yes" : "No")
        line(0, "Annotations:", object.metadata.annotations.labelText)
        line(0, "Provisioner:", object.provisioner)
        line(0, "Parameters:", object.parameters.labelText)
        line(0, "AllowVolumeExpansion:", object.allowVolumeExpansion.map { $0 ? "True" : "False" } ?? "<unset>")
        if object.mountOptions.isEmpty { line(0, "MountOptions:", "<none>") } else { line(0, "MountOptions:") }
        for option in object.mountOptions { line(1, option) }
        if let policy = object.reclaimPolicy { line(0, "ReclaimPolicy:", policy) }
        if let mode = object.volumeBindingMode { line(0, "VolumeBindingMode:", mode) }
        if !object.allowedTopologies.isEmpty { line(0, "AllowedTopologies:", "") }
        for (i, term) in object.allowedTopologies.enumerated() {
            multiline(1, "Term \(i)", term.matchLabelExpressions.map { "\($0.key) in [\($0.values.joined(separator: ", "))]" })
        }
    }

    mutating func horizontalPodAutoscaler(_ object: HorizontalPodAutoscaler) {
        let (meta, spec, status) = (object.metadata.value, object.spec, object.status)
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        labels(meta.labels)
        annotations(meta.annotations)
        line(0, "CreationTimestamp:", meta.creationTimestamp?.rfc1123 ?? "<unknown>")
        line(0, "Reference:", "\(spec.scaleTargetRef.kind)/\(spec.scaleTargetRef.name)")
        line(0, "Metrics:", "( current / target )")
        for (i, metric) in spec.metrics.enumerated() {
            var values = AutoscalerDisplay.target(object, i, named: false).replacing("/", with: " / ")
            let current = i < status.currentMetrics?.count ?? 0 ? status.currentMetrics![i].current : nil
            if let percent = current?.averageUtilization, let average = current?.averageValue {
                values = "\(percent)% (\(average))" + values.drop { $0 != " " }
            }
            switch metric.type {
            case "Resource":
                let name = metric.resource?.name ?? ""
                let unit =
                    metric.resource?.target.averageUtilization == nil ? "" : "  (as a percentage of request)"
                line(1, "resource \(name) on pods\(unit):", values)
            case "ContainerResource":
                let source = metric.containerResource ?? ContainerResourceMetricSource()
                let unit = source.target.averageUtilization == nil ? "" : "  (as a percentage of request)"
                line(1, "resource \(source.name) of container \"\(source.container)\" on pods\(unit):", values)
            case "Pods": line(1, "\"\(metric.pods?.metric.name ?? "")\" on pods:", values)
            case "Object":
                let source = metric.object ?? ObjectMetricSource()
                line(1, "\"\(source.metric.name)\" on \(source.describedObject.kind)/\(source.describedObject.name):", values)
            case "External": line(1, "\"\(metric.external?.metric.name ?? "")\":", values)
            default: line(1, "<unknown metric type \"\(metric.type)\">")
            }
        }
        line(0, "Min replicas:", spec.minReplicas.map(String.init) ?? "<unset>")
        line(0, "Max replicas:", String(spec.maxReplicas))
        if let behavior = spec.behavior?.json {
            line(0, "Behavior:")
            tree(behavior, level: 1)
        }
        line(
            0, "\(spec.scaleTargetRef.kind) pods:",
            "\(status.currentReplicas) current / \(status.desiredReplicas) desired")
        if !status.conditions.isEmpty {
            table(
                "Conditions:", ["Type", "Status", "Reason", "Message"],
                status.conditions.map { [$0.type, $0.status, $0.reason, $0.message] })
        }
    }
}
