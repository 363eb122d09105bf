/// The fields that Kubernetes' published schemas call required, by the structure's name.
/// - Source: Kubernetes `api/openapi-spec/v3`, v1.36.
package enum RequiredFields {
    package static let byStructure: [String: [String]] = [
        "PodSpec": ["containers"], "Container": ["name"], "EphemeralContainer": ["name"], "ContainerPort": ["containerPort"],
        "EnvVar": ["name"], "ConfigMapKeySelector": ["key"], "SecretKeySelector": ["key"], "KeySelector": ["key"], "ObjectFieldSelector": ["fieldPath"],
        "ResourceFieldSelector": ["resource"], "VolumeMount": ["name", "mountPath"], "VolumeDevice": ["name", "devicePath"], "Volume": ["name"],
        "PersistentVolumeClaimVolumeSource": ["claimName"], "HostPathVolumeSource": ["path"], "KeyToPath": ["key", "path"],
        "NFSVolumeSource": ["server", "path"], "CSIVolumeSource": ["driver"], "HTTPGetAction": ["port"], "TCPSocketAction": ["port"],
        "GRPCAction": ["port"], "HTTPHeader": ["name", "value"], "SleepAction": ["seconds"], "ContainerResizePolicy": ["resourceName", "restartPolicy"],
        "SelectorRequirement": ["key", "operator"], "NodeSelector": ["nodeSelectorTerms"], "PreferredSchedulingTerm": ["weight", "preference"],
        "WeightedPodAffinityTerm": ["weight", "podAffinityTerm"], "PodAffinityTerm": ["topologyKey"],
        "TopologySpreadConstraint": ["maxSkew", "topologyKey", "whenUnsatisfiable"], "Taint": ["key", "effect"], "HostAlias": ["ip"],
        "PodReadinessGate": ["conditionType"], "PodSchedulingGate": ["name"], "Sysctl": ["name", "value"], "SeccompProfile": ["type"],
        "DeploymentSpec": ["selector", "template"], "ReplicaSetSpec": ["selector"], "StatefulSetSpec": ["selector", "template"],
        "DaemonSetSpec": ["selector", "template"], "JobSpec": ["template"], "CronJobSpec": ["schedule", "jobTemplate"],
        "PodFailurePolicy": ["rules"], "PodFailurePolicyRule": ["action"], "SuccessPolicy": ["rules"],
        "ServicePort": ["port"], "EndpointSlice": ["addressType", "endpoints"], "Endpoint": ["addresses"],
        "HorizontalPodAutoscalerSpec": ["scaleTargetRef", "maxReplicas"], "CrossVersionObjectReference": ["kind", "name"], "MetricSpec": ["type"],
        "ResourceMetricSource": ["name", "target"], "ContainerResourceMetricSource": ["name", "target", "container"], "MetricTarget": ["type"],
        "HPAScalingPolicy": ["type", "value", "periodSeconds"], "CSIPersistentVolumeSource": ["driver", "volumeHandle"],
        "StorageClass": ["provisioner"], "CSIDriver": ["spec"], "CSINode": ["spec"], "CSINodeSpec": ["drivers"], "CSINodeDriver": ["name", "nodeID"],
        "VolumeAttachment": ["spec"], "VolumeAttachmentSpec": ["attacher", "source", "nodeName"], "PriorityClass": ["value"],
        "LimitRangeSpec": ["limits"], "LimitRangeItem": ["type"], "ControllerRevision": ["revision"], "TopologySelectorRequirement": ["key", "values"],
        "OwnerReference": ["apiVersion", "kind", "name", "uid"], "Condition": ["type", "status"], "Event": ["metadata", "involvedObject"],
        "ContainerStatus": ["name", "ready", "restartCount", "image", "imageID"], "NodeAddress": ["type", "address"],
        "AttachedVolume": ["name", "devicePath"], "PodIP": ["ip"], "HostIP": ["ip"],
        "NodeSystemInfo": [
            "machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion", "kubeletVersion", "kubeProxyVersion",
            "operatingSystem", "architecture",
        ],
        "ReplicaSetStatus": ["replicas"], "StatefulSetStatus": ["replicas"], "HorizontalPodAutoscalerStatus": ["desiredReplicas"],
        "DaemonSetStatus": ["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"],
        "PodDisruptionBudgetStatus": ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"],
    ]
}
