import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

// What the random clusters hold besides nodes and pods.
extension DifferentialTests.Trial {
    /// Namespaces, priority classes, volumes with their claims, attach limits, disruption budgets.
    mutating func addObjects() {
        var other = Namespace()
        other.metadata = Metadata(ObjectMeta(name: "other", labels: ["team": "x"]))
        try! bench.cluster.adopt(other)
        for (name, value, policy) in [("low", 10, nil), ("high", 100, nil), ("patient", 100, "Never")] {
            var priority = PriorityClass()
            priority.metadata.name = name
            (priority.value, priority.preemptionPolicy) = (value, policy)
            try! bench.cluster.adopt(priority)
        }
        addClass("local", provisioner: "kubernetes.io/no-provisioner", zones: [])
        addClass("made", provisioner: "csi.example.com", zones: ["a", "d"])
        for namespace in ["default", "other"] {
            for i in 0..<2 {
                let zone = pick(["a", "b"])
                let name = "\(namespace)-\(i)"
                addVolume(name, zone: zone, isLabelled: chance(3), claim: ObjectKey(namespace: namespace, name: "bound-\(i)"))
                addClaim(namespace, "bound-\(i)", className: "fast", mode: chance(2) ? "ReadWriteOncePod" : "ReadWriteOnce", volume: name)
            }
            addClaim(namespace, "local", className: "local", mode: "ReadWriteOnce", volume: "")
            addClaim(namespace, "made", className: "made", mode: "ReadWriteOnce", volume: "")
            if chance(2) {
                var budget = PodDisruptionBudget()
                budget.metadata = Metadata(ObjectMeta(name: "guard", namespace: namespace))
                budget.spec.selector = LabelSelector(matchLabels: ["app": pick(["x", "y"])])
                budget.status.disruptionsAllowed = random.below(2)
                try! bench.cluster.adopt(budget)
            }
        }
        for zone in ["a", "c"] { addVolume("free-\(zone)", zone: zone, isLabelled: false, claim: nil) }
    }

    private mutating func addClass(_ name: String, provisioner: String, zones: [String]) {
        var storageClass = StorageClass()
        storageClass.metadata.name = name
        (storageClass.provisioner, storageClass.volumeBindingMode) = (provisioner, "WaitForFirstConsumer")
        if !zones.isEmpty {
            var requirement = TopologySelectorRequirement()
            (requirement.key, requirement.values) = (zoneKey, zones)
            var term = TopologySelectorTerm()
            term.matchLabelExpressions = [requirement]
            storageClass.allowedTopologies = [term]
        }
        try! bench.cluster.adopt(storageClass)
    }
    private mutating func addVolume(_ name: String, zone: String, isLabelled: Bool, claim: ObjectKey?) {
        var volume = PersistentVolume()
        volume.metadata.name = name
        volume.spec.capacity = ["storage": Quantity(bytes: 1 << Int64(29 + random.below(3)))]
        volume.spec.accessModes = ["ReadWriteOnce", "ReadWriteOncePod"]
        volume.spec.storageClassName = claim == nil ? "local" : "fast"
        volume.status.phase = claim == nil ? "Available" : "Bound"
        if let claim {
            var reference = ObjectReference()
            (reference.kind, reference.namespace, reference.name) = ("PersistentVolumeClaim", claim.namespace, claim.name)
            volume.spec.claimRef = reference
            volume.spec.csi = CSIPersistentVolumeSource()
            (volume.spec.csi!.driver, volume.spec.csi!.volumeHandle) = ("csi.example.com", name)
        }
        if isLabelled {
            volume.metadata.labels[zoneKey] = zone
        } else {
            var term = NodeSelectorTerm()
            term.matchExpressions = [SelectorRequirement(zoneKey, "In", [zone])]
            volume.spec.nodeAffinity = VolumeNodeAffinity()
            volume.spec.nodeAffinity!.required = NodeSelector()
            volume.spec.nodeAffinity!.required!.nodeSelectorTerms = [term]
        }
        try! bench.cluster.adopt(volume)
    }
    private mutating func addClaim(_ namespace: String, _ name: String, className: String, mode: String, volume: String) {
        var claim = PersistentVolumeClaim()
        claim.metadata = Metadata(ObjectMeta(name: name, namespace: namespace))
        claim.spec.storageClassName = className
        claim.spec.accessModes = [mode]
        claim.spec.resources.requests["storage"] = Quantity(bytes: 1 << 30)
        if !volume.isEmpty {
            claim.spec.volumeName = volume
            claim.status.phase = "Bound"
            claim.metadata.annotations["pv.kubernetes.io/bind-completed"] = "yes"
        }
        try! bench.cluster.adopt(claim)
    }
    /// One volume of the driver may be attached to the node.
    mutating func limitVolumes(of node: String) {
        guard bench.cluster.store.csiNodes[ObjectKey(name: node)] == nil else { return }
        var driver = CSINodeDriver()
        (driver.name, driver.nodeID) = ("csi.example.com", node)
        driver.allocatable = VolumeNodeResources()
        driver.allocatable!.count = 1
        var csiNode = CSINode()
        csiNode.metadata.name = node
        csiNode.spec.drivers = [driver]
        try! bench.cluster.adopt(csiNode)
    }

    mutating func term(_ app: String) -> PodAffinityTerm {
        var term = PodAffinityTerm()
        term.labelSelector = LabelSelector(matchLabels: ["app": app])
        term.topologyKey = chance(2) ? zoneKey : hostnameKey
        switch random.below(6) {
        case 0: term.namespaces = ["other"]
        case 1: term.namespaceSelector = LabelSelector()
        case 2: term.namespaceSelector = LabelSelector(matchLabels: ["team": "x"])
        default: break
        }
        return term
    }
    mutating func template(_ number: Int) -> Pod {
        let apps = ["x", "y"]
        var pod = Pod()
        pod.metadata.namespace = chance(4) ? "other" : "default"
        pod.metadata.labels = ["app": pick(apps), "revision": pick(["1", "2"])]
        var owner = OwnerReference()
        (owner.apiVersion, owner.kind, owner.name, owner.uid) = ("apps/v1", "Job", "t\(number)", "t\(number)")
        owner.controller = true
        pod.metadata.ownerReferences = [owner]
        pod.spec.priorityClassName = pick(["", "", "low", "high", "patient"])
        var container = Container(name: "web", image: "web:1")
        if !chance(4) { container.resources.requests["cpu"] = Quantity(milli: Int64(50 * (1 + random.below(8)))) }
        if !chance(3) { container.resources.requests["memory"] = Quantity(bytes: Int64(100 + random.below(400)) << 20) }
        if chance(8) {
            var port = ContainerPort()
            (port.containerPort, port.hostPort) = (80, 8080)
            container.ports = [port]
        }
        pod.spec.containers = [container]
        for key in [zoneKey, hostnameKey] where chance(2) {
            var rule = spread(
                key, 1 + random.below(3), hard: chance(2), selector: LabelSelector(matchLabels: ["app": pick(apps)]))
            if rule.whenUnsatisfiable == "DoNotSchedule", chance(4) { rule.minDomains = 2 + random.below(2) }
            if chance(3) { rule.nodeTaintsPolicy = "Honor" }
            if chance(3) { rule.nodeAffinityPolicy = "Ignore" }
            if chance(4) { rule.matchLabelKeys = ["revision"] }
            pod.spec.topologySpreadConstraints.append(rule)
        }
        var affinity = Affinity()
        if chance(4) {
            affinity.podAntiAffinity = PodAffinity()
            affinity.podAntiAffinity!.required = [term(pick(apps))]
        }
        if chance(4) {
            affinity.podAffinity = PodAffinity()
            if chance(2) { affinity.podAffinity!.required = [term(pick(apps))] }
            var weighted = WeightedPodAffinityTerm()
            (weighted.weight, weighted.podAffinityTerm) = (1 + random.below(100), term(pick(apps)))
            affinity.podAffinity!.preferred = [weighted]
        }
        if chance(5) {
            var like = PreferredSchedulingTerm()
            like.weight = 1 + random.below(50)
            like.preference.matchExpressions = [SelectorRequirement("disk", "Exists")]
            affinity.nodeAffinity = NodeAffinity()
            affinity.nodeAffinity!.preferred = [like]
        }
        if chance(6) {
            var must = NodeSelectorTerm()
            must.matchExpressions = [SelectorRequirement(zoneKey, chance(2) ? "In" : "NotIn", [pick(["a", "b"])])]
            if affinity.nodeAffinity == nil { affinity.nodeAffinity = NodeAffinity() }
            affinity.nodeAffinity!.required = NodeSelector()
            affinity.nodeAffinity!.required!.nodeSelectorTerms = [must]
        }
        if affinity != Affinity() { pod.spec.affinity = affinity }
        if chance(5) { pod.spec.nodeSelector = ["disk": "ssd"] }
        if chance(4) { pod.spec.tolerations = [chance(2) ? Toleration(operator: "Exists") : Toleration(key: "k", operator: "Exists")] }
        if chance(4) {
            var volume = Volume()
            volume.name = "data"
            volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource()
            volume.persistentVolumeClaim!.claimName = pick(["bound-0", "bound-1", "local", "made"])
            pod.spec.volumes = [volume]
        }
        return pod
    }
}
