// What the API server fills in for services, nodes, configuration and policies.
extension Defaulting {
    static func service(_ service: inout Service, _ profile: KubernetesProfile) {
        service.spec.sessionAffinity.fill("None")
        switch service.spec.sessionAffinity {
        case "None": service.spec.sessionAffinityConfig = nil
        case "ClientIP" where service.spec.sessionAffinityConfig == nil:
            service.spec.sessionAffinityConfig = ["clientIP": ["timeoutSeconds": 10800]]
        default: break
        }
        service.spec.type.fill("ClusterIP")
        for i in service.spec.ports.indices {
            service.spec.ports[i].protocol.fill("TCP")
            switch service.spec.ports[i].targetPort {
            case nil, .int(0), .string(""):
                service.spec.ports[i].targetPort = .int(service.spec.ports[i].port)
            default: break
            }
        }
        let type = service.spec.type
        if type == "NodePort" || type == "LoadBalancer" || !service.spec.externalIPs.isEmpty {
            service.spec.externalTrafficPolicy.fill("Cluster")
        }
        if ["ClusterIP", "NodePort", "LoadBalancer"].contains(type) {
            service.spec.internalTrafficPolicy.fill("Cluster")
        }
        if type == "LoadBalancer" { service.spec.allocateLoadBalancerNodePorts.fill(true) }
        if !profile.isEnabled(.serviceTrafficDistribution) { service.spec.trafficDistribution = nil }
        if service.status == nil { service.status = ["loadBalancer": [:]] }
    }

    static func endpointSlice(_ slice: inout EndpointSlice) {
        for i in slice.ports.indices {
            slice.ports[i].name.fill("")
            slice.ports[i].protocol.fill("TCP")
        }
    }

    static func namespace(_ namespace: inout Namespace) {
        let label = "kubernetes.io/metadata.name"
        let name = namespace.metadata.name
        if !name.isEmpty, namespace.metadata.labels[label] != name { namespace.metadata.labels[label] = name }
        namespace.status.phase.fill("Active")
    }

    static func node(_ node: inout Node) {
        guard node.status.allocatable.isEmpty, !node.status.capacity.isEmpty else { return }
        node.status.allocatable = node.status.capacity
    }

    static func secret(_ secret: inout Secret) {
        secret.type.fill("Opaque")
        for (key, text) in secret.stringData.entries { secret.data[key] = Base64.encode(text.utf8) }
        if !secret.stringData.isEmpty { secret.stringData = [:] }
    }

    static func priorityClass(_ priority: inout PriorityClass) {
        priority.preemptionPolicy.fill("PreemptLowerPriority")
    }

    static func podDisruptionBudget(_ budget: inout PodDisruptionBudget, _ profile: KubernetesProfile) {
        if !profile.isEnabled(.pdbUnhealthyPodEvictionPolicy) { budget.spec.unhealthyPodEvictionPolicy = nil }
    }

    static func limitRange(_ range: inout LimitRange) {
        for i in range.spec.limits.indices where range.spec.limits[i].type == "Container" {
            fill(&range.spec.limits[i].default, from: range.spec.limits[i].max)
            fill(&range.spec.limits[i].defaultRequest, from: range.spec.limits[i].default)
            fill(&range.spec.limits[i].defaultRequest, from: range.spec.limits[i].min)
        }
    }
    private static func fill(_ list: inout ResourceList, from other: ResourceList) {
        for (name, amount) in other.entries where list[name] == nil { list[name] = amount }
    }

    // MARK: HorizontalPodAutoscaler

    static func horizontalPodAutoscaler(_ scaler: inout HorizontalPodAutoscaler, _ profile: KubernetesProfile) {
        scaler.spec.minReplicas.fill(1)
        if scaler.spec.metrics.isEmpty {
            var metric = MetricSpec()
            metric.type = "Resource"
            metric.resource = ResourceMetricSource()
            metric.resource!.name = "cpu"
            metric.resource!.target.type = "Utilization"
            metric.resource!.target.averageUtilization = 80
            scaler.spec.metrics = [metric]
        }
        guard var behavior = scaler.spec.behavior else { return }
        var (up, down) = (behavior.scaleUp ?? HPAScalingRules(), behavior.scaleDown ?? HPAScalingRules())
        up.stabilizationWindowSeconds.fill(0)
        up.selectPolicy.fill("Max")
        up.policies.fill([HPAScalingPolicy(type: "Pods", value: 4, periodSeconds: 15), HPAScalingPolicy(type: "Percent", value: 100, periodSeconds: 15)])
        // The window downwards stays open: the controller manager's own setting fills it.
        down.selectPolicy.fill("Max")
        down.policies.fill([HPAScalingPolicy(type: "Percent", value: 100, periodSeconds: 15)])
        if !profile.isEnabled(.hpaConfigurableTolerance) { (up.tolerance, down.tolerance) = (nil, nil) }
        (behavior.scaleUp, behavior.scaleDown) = (up, down)
        scaler.spec.behavior = behavior
    }
}
