// What the API server fills in for pods and pod templates.
extension Defaulting {
    static func pod(_ pod: inout Pod, _ profile: KubernetesProfile) {
        edit(&pod.spec) { spec in
            podSpec(&spec, profile)
            // Only pods get the following; templates stay as written.
            for i in spec.containers.indices { podContainer(&spec.containers[i], profile) }
            for i in spec.initContainers.indices { podContainer(&spec.initContainers[i], profile) }
            if spec.resources != nil { podLevelResources(&spec) }
            spec.enableServiceLinks.fill(true)
            if spec.hostNetwork { hostPorts(&spec) }
        }
    }

    static func template(_ template: inout PodTemplateSpec, _ profile: KubernetesProfile) {
        edit(&template.spec) { podSpec(&$0, profile) }
    }

    static func podSpec(_ spec: inout PodSpec, _ profile: KubernetesProfile) {
        dropDisabledFields(&spec, profile)
        spec.dnsPolicy.fill("ClusterFirst")
        spec.restartPolicy.fill("Always")
        spec.securityContext.fill([:])
        spec.terminationGracePeriodSeconds.fill(30)
        spec.schedulerName.fill("default-scheduler")
        // The deprecated name of the field always says the same.
        spec.serviceAccountName.fill(spec.serviceAccount)
        if spec.serviceAccount != spec.serviceAccountName { spec.serviceAccount = spec.serviceAccountName }
        for i in spec.volumes.indices { volume(&spec.volumes[i]) }
        for i in spec.containers.indices { container(&spec.containers[i]) }
        for i in spec.initContainers.indices { container(&spec.initContainers[i]) }
        // Before 1.28 the template got the host ports too.
        if spec.hostNetwork, !profile.has(.templateHostPortsLeft) { hostPorts(&spec) }
        roundToMilli(&spec.overhead)
    }

    // MARK: Containers

    static func container(_ container: inout Container) {
        container.imagePullPolicy.fill(pullPolicy(image: container.image))
        container.terminationMessagePath.fill("/dev/termination-log")
        container.terminationMessagePolicy.fill("File")
        for i in container.ports.indices { container.ports[i].protocol.fill("TCP") }
        for i in container.env.indices where container.env[i].valueFrom?.fieldRef != nil {
            fieldRef(&container.env[i].valueFrom!.fieldRef!)
        }
        roundToMilli(&container.resources.requests)
        roundToMilli(&container.resources.limits)
        probe(&container.livenessProbe)
        probe(&container.readinessProbe)
        probe(&container.startupProbe)
        if container.lifecycle?.postStart?.httpGet != nil {
            httpGet(&container.lifecycle!.postStart!.httpGet!)
        }
        if container.lifecycle?.preStop?.httpGet != nil { httpGet(&container.lifecycle!.preStop!.httpGet!) }
    }

    /// `Always` for the tag `latest` (written or meant), else `IfNotPresent`.
    static func pullPolicy(image: String) -> String {
        if image.contains("@") { return "IfNotPresent" }
        let name = image.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let colon = name.firstIndex(of: ":") else { return "Always" }
        return name[name.index(after: colon)...] == "latest" ? "Always" : "IfNotPresent"
    }

    private static func probe(_ probe: inout Probe?) {
        guard probe != nil else { return }
        probe!.timeoutSeconds.fill(1)
        probe!.periodSeconds.fill(10)
        probe!.successThreshold.fill(1)
        probe!.failureThreshold.fill(3)
        if probe!.httpGet != nil { httpGet(&probe!.httpGet!) }
        if probe!.grpc != nil { probe!.grpc!.service.fill("") }
    }

    private static func httpGet(_ action: inout HTTPGetAction) {
        action.path.fill("/")
        action.scheme.fill("HTTP")
    }

    private static func fieldRef(_ reference: inout JSONValue) {
        if reference["apiVersion"] == nil { reference["apiVersion"] = "v1" }
    }

    /// The API keeps amounts down to thousandths, rounded up.
    static func roundToMilli(_ list: inout ResourceList) {
        for (name, quantity) in list.entries where quantity.nano % 1_000_000 != 0 {
            let up = quantity.nano > 0 ? quantity.nano + 999_999 : quantity.nano
            list[name] = Quantity(nano: up / 1_000_000 * 1_000_000, format: quantity.format)
        }
    }

    private static func podContainer(_ container: inout Container, _ profile: KubernetesProfile) {
        for (name, limit) in container.resources.limits.entries
        where container.resources.requests[name] == nil {
            container.resources.requests[name] = limit
        }
        guard profile.isEnabled(.inPlacePodVerticalScaling), profile.resizePolicyIsDefaulted else { return }
        for name in ["cpu", "memory"] where container.resources.requests[name] != nil {
            if !container.resizePolicy.contains(where: { $0.resourceName == name }) {
                container.resizePolicy.append(ContainerResizePolicy(name, "NotRequired"))
            }
        }
    }

    private static func hostPorts(_ spec: inout PodSpec) {
        for i in spec.containers.indices {
            for j in spec.containers[i].ports.indices {
                spec.containers[i].ports[j].hostPort.fill(spec.containers[i].ports[j].containerPort)
            }
        }
        for i in spec.initContainers.indices {
            for j in spec.initContainers[i].ports.indices {
                spec.initContainers[i].ports[j].hostPort.fill(spec.initContainers[i].ports[j].containerPort)
            }
        }
    }

    // MARK: Resources of the whole pod

    /// Requests of the pod follow from its containers, else from its limits; limits from its containers if
    /// each has one.
    private static func podLevelResources(_ spec: inout PodSpec) {
        guard var own = spec.resources, !(own.requests.isEmpty && own.limits.isEmpty) else { return }
        func isHugePages(_ name: String) -> Bool { name.hasPrefix("hugepages-") }
        let limits = spec.aggregate(\.limits)
        for (name, amount) in limits.entries
        where isHugePages(name) && own.requests[name] == nil && own.limits[name] == nil {
            own.limits[name] = amount
        }
        if own.limits.isEmpty {
            let all = spec.containers + spec.initContainers
            for (name, amount) in limits.entries
            where (name == "cpu" || name == "memory") && all.allSatisfy({ $0.resources.limits[name] != nil }) {
                own.limits[name] = amount
            }
        } else {
            for (name, amount) in spec.aggregate(\.requests).entries
            where (name == "cpu" || name == "memory") && own.requests[name] == nil {
                own.requests[name] = amount
            }
            for (name, limit) in own.limits.entries
            where own.requests[name] == nil && (name == "cpu" || name == "memory" || isHugePages(name)) {
                own.requests[name] = limit
            }
        }
        spec.resources = own
    }

    // MARK: Volumes

    private static func volume(_ volume: inout Volume) {
        if volume.configMap != nil { volume.configMap!.defaultMode.fill(420) }
        if volume.secret != nil { volume.secret!.defaultMode.fill(420) }
        if volume.projected != nil { projected(&volume.projected!) }
        if volume.downwardAPI != nil { downwardAPI(&volume.downwardAPI!, mode: true) }
        if volume.hostPath != nil, volume.hostPath!["type"] == nil { volume.hostPath!["type"] = "" }
        if let image = volume.image { volume.image!.pullPolicy.fill(pullPolicy(image: image.reference)) }
        if volume.ephemeral?["volumeClaimTemplate"] != nil {
            var template = volume.ephemeral!["volumeClaimTemplate"]!
            var spec = template["spec"] ?? [:]
            if spec["volumeMode"] == nil {
                spec["volumeMode"] = "Filesystem"
                template["spec"] = spec
                volume.ephemeral!["volumeClaimTemplate"] = template
            }
        }
        if volume.emptyDir == nil, volume.sources.isEmpty { volume.emptyDir = EmptyDirVolumeSource() }
    }

    private static func projected(_ volume: inout ProjectedVolumeSource) {
        volume.defaultMode.fill(420)
        for i in volume.sources.indices {
            if volume.sources[i].downwardAPI != nil {
                downwardAPI(&volume.sources[i].downwardAPI!, mode: false)
            }
            if volume.sources[i].serviceAccountToken != nil,
                volume.sources[i].serviceAccountToken!["expirationSeconds"] == nil
            {
                volume.sources[i].serviceAccountToken!["expirationSeconds"] = 3600
            }
        }
    }

    private static func downwardAPI(_ volume: inout JSONValue, mode: Bool) {
        if mode, volume["defaultMode"] == nil { volume["defaultMode"] = 420 }
        guard var items = volume["items"]?.array else { return }
        var changed = false
        for i in items.indices {
            guard var reference = items[i]["fieldRef"], reference["apiVersion"] == nil else { continue }
            fieldRef(&reference)
            items[i]["fieldRef"] = reference
            changed = true
        }
        if changed { volume["items"] = .array(items) }
    }

    // MARK: matchLabelKeys

    /// Writes what `matchLabelKeys` (and in affinities `mismatchLabelKeys`) mean for `pod` into its
    /// selectors.
    ///
    /// Once, when the pod is created: a label that changes later leaves the selector as it is. Spread
    /// constraints are treated so from 1.34 on; before that only the scheduler adds the labels.
    /// - Parameter again: the selectors may have been written before; what they say already is not said twice.
    /// - Source: Kubernetes `pkg/registry/core/pod/strategy.go`, `applyMatchLabelKeysAndMismatchLabelKeys`
    ///   and `applyLabelKeysToLabelSelector` of topology spread constraints.
    public static func mergeMatchLabelKeys(_ pod: inout Pod, profile: KubernetesProfile, again: Bool = false) {
        let labels = pod.metadata.labels
        edit(&pod.spec) { spec in
            if profile.isEnabled(.matchLabelKeysInPodTopologySpreadSelectorMerge) {
                for i in spec.topologySpreadConstraints.indices {
                    let keys = spec.topologySpreadConstraints[i].matchLabelKeys
                    add(keys, "In", labels, again, to: &spec.topologySpreadConstraints[i].labelSelector)
                }
            }
            if profile.isEnabled(.matchLabelKeysInPodAffinity), spec.affinity != nil {
                merge(&spec.affinity!.podAffinity, labels, again)
                merge(&spec.affinity!.podAntiAffinity, labels, again)
            }
        }
    }

    private static func merge(_ affinity: inout PodAffinity?, _ labels: StringMap<String>, _ again: Bool) {
        guard affinity != nil else { return }
        func merge(_ term: inout PodAffinityTerm) {
            add(term.matchLabelKeys, "In", labels, again, to: &term.labelSelector)
            add(term.mismatchLabelKeys, "NotIn", labels, again, to: &term.labelSelector)
        }
        for i in affinity!.required.indices { merge(&affinity!.required[i]) }
        for i in affinity!.preferred.indices { merge(&affinity!.preferred[i].podAffinityTerm) }
    }

    private static func add(
        _ keys: [String], _ operator: String, _ labels: StringMap<String>, _ again: Bool, to selector: inout LabelSelector?
    ) {
        guard selector != nil else { return }
        for key in keys {
            guard let value = labels[key] else { continue }
            let requirement = SelectorRequirement(key, `operator`, [value])
            if again, selector!.matchExpressions.contains(requirement) { continue }
            selector!.matchExpressions.append(requirement)
        }
    }
}

extension PodSpec {
    /// The sum over containers and sidecars, or the most that init containers need, per resource.
    func aggregate(_ list: KeyPath<ResourceRequirements, ResourceList>) -> ResourceList {
        func add(_ b: ResourceList, to a: inout ResourceList) {
            for (name, amount) in b.entries { a[name] = a[name].map { $0 + amount } ?? amount }
        }
        func raise(_ a: inout ResourceList, to b: ResourceList) {
            for (name, amount) in b.entries { a[name] = a[name].map { max($0, amount) } ?? amount }
        }
        var sum = ResourceList()
        for container in containers { add(container.resources[keyPath: list], to: &sum) }
        var sidecars = ResourceList()
        var peak = ResourceList()
        for container in initContainers {
            var now = container.resources[keyPath: list]
            if container.isSidecar {
                add(now, to: &sum)
                add(now, to: &sidecars)
                now = sidecars
            } else {
                add(sidecars, to: &now)
            }
            raise(&peak, to: now)
        }
        raise(&sum, to: peak)
        return sum
    }
}

extension Volume {
    /// The names of the sources that are set, in the order of the API server's checks; one in a valid volume.
    var sources: [String] {
        let set = jsonObject.members.map(\.key).filter { $0 != "name" }
        return set.count < 2 ? set : Validation.volumeSources.filter(set.contains)
    }
}
