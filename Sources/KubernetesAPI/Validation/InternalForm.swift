// How the API server prints pods and their templates that it refuses: not as clients write them, but as it holds them.

/// The names and the order of the fields of the server's own types, which have all fields, also those that are empty.
///
/// A line is a type and its fields: `name:kind`, where a kind is `s` for a text, `b` for a flag, `i` for a whole number, a name for
/// another type, `[]` before it for a list, `*` for one that may be missing, `=` for one whose fields stand in its place. Without a
/// kind a value is printed as clients write it. A field is called there as here but for its first letters.
/// - Source: Kubernetes `pkg/apis/core/types.go`; apimachinery `validation/field/errors.go`
enum InternalForm {
    /// A pod template, in the form of clients, as the server prints it.
    static func podTemplate(_ template: JSONValue) -> JSONValue {
        var result = template["metadata"]?.object ?? JSONObject()
        result.members.append(("Spec", podSpec(template["spec"] ?? [:])))
        return .object(result)
    }

    private static func podSpec(_ given: JSONValue) -> JSONValue {
        var spec = given
        // The server holds what concerns the host with the security of the pod.
        var security = spec["securityContext"] ?? [:]
        for field in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
            if let value = spec[field] { security[field] = value }
        }
        spec["securityContext"] = security
        return form(spec, as: "PodSpec")
    }

    // MARK: Differences

    /// What differs between two pod specs in the form of clients.
    static func podDifference(_ old: JSONValue, _ new: JSONValue) -> String { difference(podSpec(old), podSpec(new)) }
    /// What differs between the specs of two claims in the form of clients.
    static func claimDifference(_ old: JSONValue, _ new: JSONValue) -> String {
        difference(form(old, as: "PersistentVolumeClaimSpec"), form(new, as: "PersistentVolumeClaimSpec"))
    }

    /// Lines with a sign before them, with three around each change.
    /// - Source: Kubernetes `apimachinery/pkg/util/diff`
    private static func difference(_ old: JSONValue, _ new: JSONValue) -> String {
        let (before, after) = (lines(old), lines(new))
        var (removed, added): (Set<Int>, Set<Int>) = ([], [])
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var steps: [(sign: Character, line: String, old: Int, new: Int)] = []
        var (i, j) = (0, 0)
        while i < before.count || j < after.count {
            if i < before.count, removed.contains(i) {
                steps.append(("-", before[i], i, j))
                i += 1
            } else if j < after.count, added.contains(j) {
                steps.append(("+", after[j], i, j))
                j += 1
            } else if i < before.count {
                steps.append((" ", before[i], i, j))
                (i, j) = (i + 1, j + 1)
            } else {
                break
            }
        }
        var (text, from) = ("", 0)
        while let first = steps[from...].firstIndex(where: { $0.sign != " " }) {
            var last = first
            // Changes that are near each other are told together.
            while let next = steps[(last + 1)...].firstIndex(where: { $0.sign != " " }), next - last <= 6 { last = next }
            let part = steps[max(from, first - 3)...min(steps.count - 1, last + 3)]
            let (olds, news) = (part.count { $0.sign != "+" }, part.count { $0.sign != "-" })
            let (old, new) = (part.first?.old ?? 0, part.first?.new ?? 0)
            text += "@@ -\(range(old, olds)) +\(range(new, news)) @@\n" + part.map { "\($0.sign)\($0.line)\n" }.joined()
            from = last + 1
        }
        return text
    }

    private static func range(_ start: Int, _ count: Int) -> String {
        count == 1 ? "\(start + 1)" : "\(count == 0 ? start : start + 1),\(count)"
    }

    /// JSON in lines, a space for each step in.
    private static func lines(_ value: JSONValue, _ depth: Int = 0) -> [String] {
        let indent = String(repeating: " ", count: depth)
        func wrapped(_ open: String, _ parts: [[String]], _ close: String) -> [String] {
            if parts.isEmpty { return [open + close] }
            let inner = parts.enumerated().flatMap { index, part in
                index == parts.count - 1 ? part : part.dropLast() + [(part.last ?? "") + ","]
            }
            return [open] + inner + [indent + close]
        }
        switch value {
        case .object(let object):
            let parts = object.members.map { name, member in
                let inner = lines(member, depth + 1)
                return ["\(indent) \(JSONValue.string(name).text()): \(inner[0])"] + inner.dropFirst()
            }
            return wrapped("{", parts, "}")
        case .array(let elements):
            let parts = elements.map { element in
                let inner = lines(element, depth + 1)
                return ["\(indent) \(inner[0])"] + inner.dropFirst()
            }
            return wrapped("[", parts, "]")
        default: return [value.text()]
        }
    }

    private static func form(_ value: JSONValue, as kind: Substring) -> JSONValue {
        if kind.hasPrefix("[]") {
            guard let elements = value.array, !elements.isEmpty else { return .null }
            return .array(elements.map { form($0, as: kind.dropFirst(2)) })
        }
        let isOptional = kind.hasPrefix("*")
        let name = isOptional ? kind.dropFirst() : kind
        if value == .null {
            if isOptional { return .null }
            switch name {
            case "s": return ""
            case "b": return false
            case "i": return 0
            default: break
            }
        }
        guard let fields = types[name] else { return value }
        var result = JSONObject()
        add(fields, of: value, to: &result)
        return .object(result)
    }

    private static func add(_ fields: [(name: Substring, kind: Substring)], of value: JSONValue, to result: inout JSONObject) {
        for (name, kind) in fields {
            if kind.hasPrefix("="), let inner = types[kind.dropFirst()] {
                add(inner, of: value, to: &result)
            } else {
                result.members.append((String(name), form(value[key(name)] ?? .null, as: kind)))
            }
        }
    }

    /// `DNSPolicy` is `dnsPolicy`, `HostIP` is `hostIP`.
    private static func key(_ name: Substring) -> String {
        if let special = ["SetHostnameAsFQDN": "setHostnameAsFQDN", "ISCSI": "iscsi", "AWSElasticBlockStore": "awsElasticBlockStore"][name] { return special }
        let capitals = name.prefix { $0.isUppercase }
        let count = capitals.count == name.count || capitals.count == 1 ? capitals.count : capitals.count - 1
        return name.prefix(count).lowercased() + name.dropFirst(count)
    }

    private static let types: [Substring: [(name: Substring, kind: Substring)]] = {
        var types: [Substring: [(name: Substring, kind: Substring)]] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            types[words[0]] = words.dropFirst().map { word in
                let parts = word.split(separator: ":", maxSplits: 1)
                return (parts[0], parts.count > 1 ? parts[1] : "")
            }
        }
        return types
    }()

    private static let text = """
        PodSpec Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers: RestartPolicy:s TerminationGracePeriodSeconds:*i \
        ActiveDeadlineSeconds:*i DNSPolicy:s NodeSelector: ServiceAccountName:s AutomountServiceAccountToken:*b NodeName:s SecurityContext:*PodSecurityContext \
        ImagePullSecrets:[]LocalObjectReference Hostname:s Subdomain:s SetHostnameAsFQDN:*b Affinity:*Affinity SchedulerName:s Tolerations:[]Toleration \
        HostAliases:[]HostAlias PriorityClassName:s Priority:*i PreemptionPolicy:*s DNSConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate \
        RuntimeClassName:*s Overhead: EnableServiceLinks:*b TopologySpreadConstraints:[]TopologySpreadConstraint OS:*PodOS \
        SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim Resources:*ResourceRequirements HostnameOverride:*s
        PersistentVolumeClaimSpec AccessModes: Selector: Resources:VolumeResources VolumeName:s StorageClassName:*s VolumeMode:*s DataSource: DataSourceRef: \
        VolumeAttributesClassName:*s
        VolumeResources Limits: Requests:
        PodSecurityContext HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:*b HostUsers:*b SELinuxOptions: WindowsOptions: RunAsUser:*i RunAsGroup:*i \
        RunAsNonRoot:*b SupplementalGroups: SupplementalGroupsPolicy:*s FSGroup:*i FSGroupChangePolicy:*s Sysctls: SeccompProfile:*SeccompProfile \
        AppArmorProfile: SELinuxChangePolicy:*s
        SeccompProfile Type:s LocalhostProfile:*s
        Container Name:s Image:s Command: Args: WorkingDir:s Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:ResourceRequirements \
        ResizePolicy:[]ContainerResizePolicy RestartPolicy:*s RestartPolicyRules: VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice \
        LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s \
        ImagePullPolicy:s SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY:b
        ContainerPort Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s
        EnvFromSource Prefix:s ConfigMapRef:*OptionalReference SecretRef:*OptionalReference
        OptionalReference Name:s Optional:*b
        LocalObjectReference Name:s
        EnvVar Name:s Value:s ValueFrom:*EnvVarSource
        EnvVarSource FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector FileKeyRef:
        ObjectFieldSelector APIVersion:s FieldPath:s
        ResourceFieldSelector ContainerName:s Resource:s Divisor:
        KeySelector Name:s Key:s Optional:*b
        ResourceRequirements Limits: Requests: Claims:
        ContainerResizePolicy ResourceName:s RestartPolicy:s
        VolumeMount Name:s ReadOnly:b RecursiveReadOnly:*s MountPath:s SubPath:s MountPropagation:*s SubPathExpr:s
        VolumeDevice Name:s DevicePath:s
        Probe =:=Handler InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds:*i
        Handler Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction
        ExecAction Command:
        HTTPGetAction Path:s Port: Host:s Scheme:s HTTPHeaders:[]HTTPHeader
        HTTPHeader Name:s Value:s
        TCPSocketAction Port: Host:s
        GRPCAction Port:i Service:*s
        Lifecycle PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:*s
        LifecycleHandler Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction Sleep:*SleepAction
        SleepAction Seconds:i
        SecurityContext Capabilities:*Capabilities Privileged:*b SELinuxOptions: WindowsOptions: RunAsUser:*i RunAsGroup:*i RunAsNonRoot:*b \
        ReadOnlyRootFilesystem:*b AllowPrivilegeEscalation:*b ProcMount:*s SeccompProfile:*SeccompProfile AppArmorProfile:
        Capabilities Add: Drop:
        Affinity NodeAffinity: PodAffinity: PodAntiAffinity:
        Toleration Key:s Operator:s Value:s Effect:s TolerationSeconds:*i
        HostAlias IP:s Hostnames:
        PodDNSConfig Nameservers: Searches: Options:
        PodReadinessGate ConditionType:s
        TopologySpreadConstraint MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector: MinDomains:*i NodeAffinityPolicy:*s NodeTaintsPolicy:*s \
        MatchLabelKeys:
        PodOS Name:s
        PodSchedulingGate Name:s
        PodResourceClaim Name:s ResourceClaimName:*s ResourceClaimTemplateName:*s
        Volume Name:s =:=VolumeSource
        VolumeSource HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk: AWSElasticBlockStore: GitRepo: Secret:*SecretVolume NFS: ISCSI: Glusterfs: \
        PersistentVolumeClaim:*ClaimVolume RBD: Quobyte: FlexVolume: Cinder: CephFS: Flocker: DownwardAPI: FC: AzureFile: ConfigMap:*ConfigMapVolume \
        VsphereVolume: AzureDisk: PhotonPersistentDisk: Projected:*Projected PortworxVolume: ScaleIO: StorageOS: CSI: Ephemeral: Image:
        Projected Sources:[]VolumeProjection DefaultMode:*i
        VolumeProjection Secret:*ConfigMapProjection DownwardAPI:*DownwardAPIProjection ConfigMap:*ConfigMapProjection \
        ServiceAccountToken:*TokenProjection ClusterTrustBundle: PodCertificate:
        ConfigMapProjection Name:s Items:[]KeyToPath Optional:*b
        DownwardAPIProjection Items:[]DownwardAPIFile
        DownwardAPIFile Path:s FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:*i
        TokenProjection Audience:s ExpirationSeconds:i Path:s
        HostPath Path:s Type:*s
        EmptyDir Medium:s SizeLimit:
        SecretVolume SecretName:s Items:[]KeyToPath DefaultMode:*i Optional:*b
        ConfigMapVolume Name:s Items:[]KeyToPath DefaultMode:*i Optional:*b
        KeyToPath Key:s Path:s Mode:*i
        ClaimVolume ClaimName:s ReadOnly:b
        """
}
