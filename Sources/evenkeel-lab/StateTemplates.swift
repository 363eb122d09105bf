// Objects as kubectl prints them, with `|NAME|` where they differ: what `evenkeel-lab state` writes a cluster of.
import KubernetesAPI

/// Text with places to fill in.
struct Template {
    /// Pieces of text, and between them names of what comes there.
    private let pieces: [String]

    /// - Parameter json: an object. It is printed as an item of a List, members by name, as kubectl does.
    init(_ json: String) {
        guard let (value, _) = try? JSONParser.read(Array(json.utf8)) else { fatalError("a template is no JSON: \(json)") }
        let text = value.sortedByName.text(indent: 4).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n        ")
        // What stands for a number is written without its quotes.
        pieces = text.replacing("\"#", with: "|").replacing("#\"", with: "|").split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    }

    func append(to out: inout String, _ values: [String: String]) {
        for (index, piece) in pieces.enumerated() { out += index % 2 == 0 ? piece : values[piece] ?? "" }
    }
}

extension JSONValue {
    fileprivate var sortedByName: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.sortedByName))
        case .object(var object):
            object.members = object.members.map { ($0.key, $0.value.sortedByName) }.sorted { $0.key < $1.key }
            return .object(object)
        default: return self
        }
    }
}

extension Template {
    static let namespace = Template(
        """
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"creationTimestamp": "|CREATED|", "name": "|NAMESPACE|", "resourceVersion": "|RV|", "uid": "|UID|",
         "labels": {"kubernetes.io/metadata.name": "|NAMESPACE|"}}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        """)

    static let storageClass = Template(
        """
        {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"creationTimestamp": "|CREATED|", "name": "gp3", "resourceVersion": "|RV|",
         "uid": "|UID|", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "ebs.csi.aws.com", "reclaimPolicy": "Delete",
         "allowVolumeExpansion": true, "volumeBindingMode": "WaitForFirstConsumer", "parameters": {"type": "gp3"}}
        """)

    static let node = Template(
        """
        {"apiVersion": "v1", "kind": "Node", "metadata": {"creationTimestamp": "|CREATED|", "name": "|NODE|", "resourceVersion": "|RV|", "uid": "|UID|",
         "annotations": {"alpha.kubernetes.io/provided-node-ip": "|HOSTIP|", "csi.volume.kubernetes.io/nodeid": "{\\"ebs.csi.aws.com\\":\\"|INSTANCE|\\"}",
          "node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true"},
         "labels": {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/instance-type": "m5.4xlarge", "beta.kubernetes.io/os": "linux",
          "eks.amazonaws.com/capacityType": "ON_DEMAND", "eks.amazonaws.com/nodegroup": "general", "kubernetes.io/arch": "amd64",
          "kubernetes.io/hostname": "|NODE|", "kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": "m5.4xlarge",
          "topology.ebs.csi.aws.com/zone": "|ZONE|", "topology.kubernetes.io/region": "eu-central-1", "topology.kubernetes.io/zone": "|ZONE|"}},
         "spec": {"podCIDR": "|CIDR|", "podCIDRs": ["|CIDR|"], "providerID": "aws:///|ZONE|/|INSTANCE|"},
         "status": {"addresses": [{"address": "|HOSTIP|", "type": "InternalIP"}, {"address": "|NODE|", "type": "Hostname"}],
          "allocatable": {"cpu": "15890m", "ephemeral-storage": "95551679124", "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": "61834804Ki", "pods": "234"},
          "capacity": {"cpu": "16", "ephemeral-storage": "104845292Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": "64315956Ki", "pods": "234"},
          "conditions": [
           {"lastHeartbeatTime": "|NOW|", "lastTransitionTime": "|CREATED|", "message": "kubelet has sufficient memory available",
            "reason": "KubeletHasSufficientMemory", "status": "False", "type": "MemoryPressure"},
           {"lastHeartbeatTime": "|NOW|", "lastTransitionTime": "|CREATED|", "message": "kubelet has no disk pressure", "reason": "KubeletHasNoDiskPressure",
            "status": "False", "type": "DiskPressure"},
           {"lastHeartbeatTime": "|NOW|", "lastTransitionTime": "|CREATED|", "message": "kubelet has sufficient PID available",
            "reason": "KubeletHasSufficientPID", "status": "False", "type": "PIDPressure"},
           {"lastHeartbeatTime": "|NOW|", "lastTransitionTime": "|CREATED|", "message": "kubelet is posting ready status", "reason": "KubeletReady",
            "status": "True", "type": "Ready"}],
          "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
          "images": [\((0..<20).map { number in
              "{\"names\": [\"registry.example/team/image-\(number)@sha256:\(String(repeating: "0123456789abcdef", count: 4))\", "
                  + "\"registry.example/team/image-\(number):v1.\(number).0\"], \"sizeBytes\": \(40_000_000 + number * 1_234_567)}"
          }.joined(separator: ", "))],
          "nodeInfo": {"architecture": "amd64", "bootID": "|UID2|", "containerRuntimeVersion": "containerd://2.1.5", "kernelVersion": "6.12.55-74.119.amzn2023.x86_64",
           "kubeProxyVersion": "", "kubeletVersion": "v1.36.1", "machineID": "|HASH64|", "operatingSystem": "linux", "osImage": "Amazon Linux 2023.9.20251117",
           "systemUUID": "|UID2|"}}}
        """)

    static let budget = Template(
        """
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"creationTimestamp": "|CREATED|", "generation": 1, "name": "|APP|",
         "namespace": "|NAMESPACE|", "resourceVersion": "|RV|", "uid": "|UID|"}, "spec": {"maxUnavailable": "10%", "selector": {"matchLabels": {"app": "|APP|"}}},
         "status": {"conditions": [{"lastTransitionTime": "|CREATED|", "message": "", "observedGeneration": 1, "reason": "SufficientPods", "status": "True",
          "type": "DisruptionAllowed"}], "currentHealthy": "#REPLICAS#", "desiredHealthy": "#DESIRED#", "disruptionsAllowed": "#ALLOWED#",
          "expectedPods": "#REPLICAS#", "observedGeneration": 1}}
        """)

    static let service = Template(
        """
        {"apiVersion": "v1", "kind": "Service", "metadata": {"creationTimestamp": "|CREATED|", "name": "|APP|", "namespace": "|NAMESPACE|",
         "resourceVersion": "|RV|", "uid": "|UID|", "labels": {"app": "|APP|"}}, "spec": {"clusterIP": "|CLUSTERIP|", "clusterIPs": ["|CLUSTERIP|"],
         "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "ports": [{"name": "http", "port": 80, "protocol": "TCP",
         "targetPort": "http"}], "selector": {"app": "|APP|"}, "sessionAffinity": "None", "type": "ClusterIP"}, "status": {"loadBalancer": {}}}
        """)

    static let claim = Template(
        """
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes",
         "pv.kubernetes.io/bound-by-controller": "yes", "volume.beta.kubernetes.io/storage-provisioner": "ebs.csi.aws.com",
         "volume.kubernetes.io/selected-node": "|NODE|", "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"}, "creationTimestamp": "|CREATED|",
         "finalizers": ["kubernetes.io/pvc-protection"], "labels": {"app": "|APP|"}, "name": "data-|POD|", "namespace": "|NAMESPACE|", "resourceVersion": "|RV|",
         "uid": "|CLAIM|"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100Gi"}}, "storageClassName": "gp3",
         "volumeMode": "Filesystem", "volumeName": "pvc-|CLAIM|"}, "status": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "100Gi"}, "phase": "Bound"}}
        """)

    static let volume = Template(
        """
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"},
         "creationTimestamp": "|CREATED|", "finalizers": ["external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-protection"],
         "name": "pvc-|CLAIM|", "resourceVersion": "|RV|", "uid": "|UID|"}, "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "100Gi"},
         "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "data-|POD|", "namespace": "|NAMESPACE|", "uid": "|CLAIM|"},
         "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": "vol-|CLAIM|"},
         "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["|ZONE|"]}]}]}},
         "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "gp3", "volumeMode": "Filesystem"},
         "status": {"lastPhaseTransitionTime": "|CREATED|", "phase": "Bound"}}
        """)
}

/// The templates of one workload: all that is the same for its pods is written in them once.
struct WorkloadTemplates {
    enum Owner: String { case deployment = "Deployment", statefulSet = "StatefulSet", daemonSet = "DaemonSet" }
    let pod: Template
    /// The workload, and what stands between it and its pods: a ReplicaSet or a ControllerRevision.
    let workload: Template
    let revision: Template

    init(_ owner: Owner, image: Int, milliCPU: Int, mebibytes: Int, isSpread: Bool, isMeshed: Bool) {
        let hash = owner == .deployment ? "\"pod-template-hash\": \"|HASH|\"" : "\"controller-revision-hash\": \"|HASH|\""
        func spec(_ mount: String, _ placed: String, _ volumes: String) -> String {
            Self.podSpec(owner, image, milliCPU, mebibytes, isSpread, isMeshed, mount, placed, volumes)
        }
        let template = "{\"metadata\": {\"labels\": {\"app\": \"|APP|\"}}, \"spec\": \(spec("", "", ""))}"
        let hashed = "{\"metadata\": {\"labels\": {\"app\": \"|APP|\", \(hash)}}, \"spec\": \(spec("", "", ""))}"
        let isController = "\"blockOwnerDeletion\": true, \"controller\": true"
        let meta = "\"creationTimestamp\": \"|CREATED|\", \"namespace\": \"|NAMESPACE|\", \"resourceVersion\": \"|RV|\""
        let ownMeta = "\(meta), \"generation\": 1, \"name\": \"|APP|\", \"uid\": \"|OWNER|\", \"labels\": {\"app\": \"|APP|\"}"
        let ownedMeta =
            "\(meta), \"name\": \"|APP|-|HASH|\", \"uid\": \"|REVISION|\", \"labels\": {\"app\": \"|APP|\", \(hash)}, \"ownerReferences\": "
            + "[{\"apiVersion\": \"apps/v1\", \"kind\": \"\(owner.rawValue)\", \"name\": \"|APP|\", \"uid\": \"|OWNER|\", \(isController)}]"
        let counts = "\"observedGeneration\": 1, \"replicas\": \"#REPLICAS#\", \"readyReplicas\": \"#REPLICAS#\", \"availableReplicas\": \"#REPLICAS#\""
        let selector = "\"selector\": {\"matchLabels\": {\"app\": \"|APP|\"}}"
        let number = "\"deployment.kubernetes.io/revision\": \"1\""
        let history =
            "{\"apiVersion\": \"apps/v1\", \"kind\": \"ControllerRevision\", \"metadata\": {\(ownedMeta)}, \"revision\": 1, "
            + "\"data\": {\"spec\": {\"template\": {\"$patch\": \"replace\", \(template.dropFirst())}}}"
        switch owner {
        case .deployment:
            workload = Template(
                """
                {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {\(ownMeta), "annotations": {\(number)}},
                 "spec": {"progressDeadlineSeconds": 600, "replicas": "#REPLICAS#", "revisionHistoryLimit": 10, \(selector),
                 "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"}, "template": \(template)},
                 "status": {\(counts), "updatedReplicas": "#REPLICAS#", "conditions": [
                 {"lastTransitionTime": "|CREATED|", "lastUpdateTime": "|CREATED|", "message": "Deployment has minimum availability.",
                 "reason": "MinimumReplicasAvailable", "status": "True", "type": "Available"},
                 {"lastTransitionTime": "|CREATED|", "lastUpdateTime": "|CREATED|", "message": "ReplicaSet \\"|APP|-|HASH|\\" has successfully progressed.",
                 "reason": "NewReplicaSetAvailable", "status": "True", "type": "Progressing"}]}}
                """)
            revision = Template(
                """
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {\(ownedMeta), "generation": 1, "annotations": {\(number),
                 "deployment.kubernetes.io/desired-replicas": "|REPLICAS|", "deployment.kubernetes.io/max-replicas": "|SURGED|"}},
                 "spec": {"replicas": "#REPLICAS#", "selector": {"matchLabels": {"app": "|APP|", \(hash)}}, "template": \(hashed)},
                 "status": {\(counts), "fullyLabeledReplicas": "#REPLICAS#"}}
                """)
        case .statefulSet:
            workload = Template(
                """
                {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {\(ownMeta)}, "spec": {"podManagementPolicy": "OrderedReady",
                 "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}, "replicas": "#REPLICAS#", "revisionHistoryLimit": 10,
                 \(selector), "serviceName": "|APP|", "template": \(template), "updateStrategy": {"rollingUpdate": {"partition": 0}, "type": "RollingUpdate"},
                 "volumeClaimTemplates": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"],
                 "resources": {"requests": {"storage": "100Gi"}}, "storageClassName": "gp3", "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}]},
                 "status": {\(counts), "collisionCount": 0, "currentReplicas": "#REPLICAS#", "currentRevision": "|APP|-|HASH|", "updateRevision": "|APP|-|HASH|",
                 "updatedReplicas": "#REPLICAS#"}}
                """)
            revision = Template(history)
        case .daemonSet:
            workload = Template(
                """
                {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {\(ownMeta), "annotations": {"deprecated.daemonset.template.generation": "1"}},
                 "spec": {"revisionHistoryLimit": 10, \(selector), "template": \(template), "updateStrategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
                 "type": "RollingUpdate"}}, "status": {"currentNumberScheduled": "#REPLICAS#", "desiredNumberScheduled": "#REPLICAS#", "numberAvailable": "#REPLICAS#",
                 "numberMisscheduled": 0, "numberReady": "#REPLICAS#", "observedGeneration": 1, "updatedNumberScheduled": "#REPLICAS#"}}
                """)
            revision = Template(history)
        }
        // The pods of a StatefulSet name the whole revision.
        pod = Self.pod(owner, image, isMeshed, owner == .statefulSet ? hash.replacing("|HASH|", with: "|APP|-|HASH|") : hash, spec)
    }

    private static func pod(_ owner: Owner, _ image: Int, _ isMeshed: Bool, _ hash: String, _ spec: (String, String, String) -> String) -> Template {
        let between = owner == .deployment ? ("ReplicaSet", "|APP|-|HASH|", "|REVISION|") : (owner.rawValue, "|APP|", "|OWNER|")
        let labels = owner == .statefulSet ? ", \"apps.kubernetes.io/pod-index\": \"|INDEX|\", \"statefulset.kubernetes.io/pod-name\": \"|POD|\"" : ""
        let token = "kube-api-access-|SUFFIX|"
        let mount = ", {\"mountPath\": \"/var/run/secrets/kubernetes.io/serviceaccount\", \"name\": \"\(token)\", \"readOnly\": true}"
        let placed =
            "\"nodeName\": \"|NODE|\", \"preemptionPolicy\": \"PreemptLowerPriority\", \"priority\": 0, \"enableServiceLinks\": true, "
            + "\"serviceAccount\": \"default\", \"serviceAccountName\": \"default\", "
            + (owner == .statefulSet ? "\"hostname\": \"|POD|\", \"subdomain\": \"|APP|\", " : "")
        let projected = """
            {"name": "\(token)", "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
             {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
             {"downwardAPI": {"items": [{"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]}}]}}
            """
        let data = owner == .statefulSet ? ", {\"name\": \"data\", \"persistentVolumeClaim\": {\"claimName\": \"data-|POD|\"}}" : ""
        let conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map {
            "{\"lastProbeTime\": null, \"lastTransitionTime\": \"|STARTED|\", \"observedGeneration\": 1, \"status\": \"True\", \"type\": \"\($0)\"}"
        }
        let proxy = isMeshed ? ", \(status("proxy", "registry.example/mesh/proxy:v2.7.1", "|HASH64B|"))" : ""
        func status(_ name: String, _ image: String, _ id: String) -> String {
            """
            {"containerID": "containerd://\(id)", "image": "\(image)", "imageID": "registry.example/team/\(name)@sha256:\(String(repeating: "89abcdef", count: 8))",
             "lastState": {}, "name": "\(name)", "ready": true, "resources": {"requests": {"cpu": "\(name == "proxy" ? "10m" : "|CPU|")",
             "memory": "\(name == "proxy" ? "32Mi" : "|MEMORY|")"}}, "restartCount": "#RESTARTS#", "started": true, "state": {"running": {"startedAt": "|STARTED|"}},
             "volumeMounts": [{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "\(token)", "readOnly": true, "recursiveReadOnly": "Disabled"}]}
            """
        }
        return Template(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"creationTimestamp": "|CREATED|", "generateName": "\(between.1)-", "generation": 1,
             "labels": {"app": "|APP|", \(hash)\(labels)}, "name": "|POD|", "namespace": "|NAMESPACE|", "ownerReferences": [{"apiVersion": "apps/v1",
             "blockOwnerDeletion": true, "controller": true, "kind": "\(between.0)", "name": "\(between.1)", "uid": "\(between.2)"}], "resourceVersion": "|RV|",
             "uid": "|UID|"}, "spec": \(spec(mount, placed, "\(data), \(projected)")),
             "status": {"conditions": [\(conditions.joined(separator: ", "))], "containerStatuses": [
             \(status("app", "registry.example/team/image-\(image):v1.\(image).0", "|HASH64|"))\(proxy)],
             "hostIP": "|HOSTIP|", "hostIPs": [{"ip": "|HOSTIP|"}], "observedGeneration": 1, "phase": "Running", "podIP": "|IP|", "podIPs": [{"ip": "|IP|"}],
             "qosClass": "Burstable", "startTime": "|STARTED|"}}
            """)
    }

    /// - Parameters:
    ///   - mount, placed, volumes: what a pod has besides its template, each with the comma that it needs.
    private static func podSpec(
        _ owner: Owner, _ image: Int, _ milliCPU: Int, _ mebibytes: Int, _ isSpread: Bool, _ isMeshed: Bool, _ mount: String, _ placed: String,
        _ volumes: String
    ) -> String {
        let spread =
            isSpread
            ? """
            "topologySpreadConstraints": [{"labelSelector": {"matchLabels": {"app": "|APP|"}}, "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
             "whenUnsatisfiable": "ScheduleAnyway"}],
            """ : ""
        let tolerations = ["not-ready", "unreachable"].map {
            "{\"effect\": \"NoExecute\", \"key\": \"node.kubernetes.io/\($0)\", \"operator\": \"Exists\"\(owner == .daemonSet ? "" : ", \"tolerationSeconds\": 300")}"
        }
        // Pods get them, templates do not say them.
        let tolerated = placed.isEmpty ? "" : "\"tolerations\": [\(tolerations.joined(separator: ", "))],"
        let data = owner == .statefulSet ? ", {\"mountPath\": \"/data\", \"name\": \"data\"}" : ""
        let ends = "\"terminationMessagePath\": \"/dev/termination-log\", \"terminationMessagePolicy\": \"File\""
        let proxy =
            isMeshed
            ? """
            , {"args": ["proxy", "--drain-time=30s"], "image": "registry.example/mesh/proxy:v2.7.1", "imagePullPolicy": "IfNotPresent", "name": "proxy",
             "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}}, \(ends), "volumeMounts": [{"mountPath": "/tmp", "name": "tmp"}\(mount)]}
            """ : ""
        return """
            {\(placed)\(spread)\(tolerated)"containers": [
             {"env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}, {"name": "LOG_LEVEL", "value": "info"},
             {"name": "DATABASE_URL", "value": "postgres://db.|NAMESPACE|.svc.cluster.local:5432/|APP|"}],
             "image": "registry.example/team/image-\(image):v1.\(image).0", "imagePullPolicy": "IfNotPresent",
             "livenessProbe": {"failureThreshold": 3, "httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "periodSeconds": 10, "successThreshold": 1,
             "timeoutSeconds": 1}, "name": "app", "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}, {"containerPort": 9090, "name": "metrics",
             "protocol": "TCP"}], "readinessProbe": {"failureThreshold": 3, "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"}, "periodSeconds": 10,
             "successThreshold": 1, "timeoutSeconds": 1}, "resources": {"limits": {"memory": "\(mebibytes < 512 ? "\(mebibytes * 2)Mi" : "\(mebibytes / 512)Gi")"}, "requests": {"cpu": "\(milliCPU)m",
             "memory": "\(mebibytes)Mi"}}, "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
             "readOnlyRootFilesystem": true}, \(ends), "volumeMounts": [{"mountPath": "/etc/app", "name": "config"}, {"mountPath": "/tmp", "name": "tmp"}\(data)\(mount)]}\(proxy)],
             "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": {"fsGroup": 2000,
             "runAsNonRoot": true, "runAsUser": 1000}, "terminationGracePeriodSeconds": 30,
             "volumes": [{"configMap": {"defaultMode": 420, "name": "|APP|", "optional": true}, "name": "config"}, {"emptyDir": {}, "name": "tmp"}\(volumes)]}
            """
    }
}
