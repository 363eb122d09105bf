import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@testable import Scheduling

/// What `kubernetes-1.37.md` says of the scheduler, by the numbers of its rows.
@Suite struct Kubernetes137Tests {
    private func text(_ bench: Bench) -> String { bench.messages("FailedScheduling").first ?? "" }

    @Test(arguments: [(34, "3 node(s) had untolerated taint {a: b}"), (35, "3 node(s) had untolerated taint(s)"), (37, "3 node(s) had untolerated taint(s)")])
    func `1_2 the taint is named up to 1_34`(minor: Int, words: String) {
        var bench = Bench(minor: minor)
        for name in ["n1", "n2", "n3"] { bench.node(name) { $0.spec.taints = [Taint(key: "a", value: "b", effect: "NoSchedule")] } }
        bench.pod("p")
        bench.run(.seconds(1))
        #expect(text(bench).hasPrefix("0/3 nodes are available: \(words)."))
    }

    @Test(arguments: [(34, "n1"), (35, ""), (37, "")])
    func `1_3 a failed attempt clears a nomination that was set from outside`(minor: Int, nominated: String) {
        var bench = Bench(minor: minor)
        bench.node("n1", cpu: "1")
        bench.pod("p", cpu: "2")
        bench.cluster.modify(Pod.self, bench.stored("p").key) {
            $0.spec.preemptionPolicy = "Never"
            $0.status.nominatedNodeName = "n1"
        }
        bench.run(.seconds(1))
        #expect(!bench.messages("FailedScheduling").isEmpty)
        #expect(bench.stored("p").status.nominatedNodeName == nominated)
    }

    @Test func `1_3 a preemptor keeps its nomination while its victims end`() {
        var bench = Bench(minor: 37)
        bench.node("n1", cpu: "2")
        bench.pod("low", cpu: "2", priority: 1, on: "n1")
        bench.pod("boss", cpu: "2", priority: 100)
        bench.run(.seconds(1))
        bench.node("n2") { $0.spec.taints = [Taint(key: "a", value: "b", effect: "NoSchedule")] }
        bench.run(.seconds(30))
        #expect(bench.messages("FailedScheduling").contains { $0.hasSuffix("preemption: not eligible due to a terminating pod on the nominated node.") })
        #expect(bench.stored("boss").status.nominatedNodeName == "n1")
    }

    // MARK: Scores

    private func score(_ plugin: String, _ bench: Bench, _ pod: String, on node: String) -> Int? {
        let explained = bench.scheduler.explain(pod: bench.stored(pod), in: bench.cluster)
        guard let index = explained.scorePlugins.firstIndex(of: plugin) else { return nil }
        return explained.nodes.first { $0.node == node }?.scores[index]
    }

    @Test(arguments: [("0", "0", 93, 71), ("1", "4Gi", 93, 78), ("3", "1Gi", 62, 72), ("1", "5Gi", 87, 78)])
    func `3_1 balance is scored as it will be up to 1_35, and by its gain from 1_36 on`(cpu: String, memory: String, old: Int, new: Int) {
        for (minor, expected) in [(35, old), (36, new), (37, new)] {
            var bench = Bench(minor: minor)
            bench.node("n1", cpu: "4", memory: "8Gi")
            if cpu != "0" { bench.pod("used", cpu: cpu, memory: memory, on: "n1") }
            bench.pod("p", cpu: "1", memory: "1Gi")
            bench.run(.milliseconds(0))
            #expect(score("NodeResourcesBalancedAllocation", bench, "p", on: "n1") == expected, "1.\(minor)")
        }
    }

    @Test(arguments: [(35, true, 48), (36, true, 100), (37, true, 49), (36, false, 48), (37, false, 48)])
    func `3_2 an image volume counts in 1_36, and in the measure too in 1_37`(minor: Int, hasVolume: Bool, expected: Int) {
        var bench = Bench(minor: minor)
        for name in ["n1", "n2"] {
            bench.node(name) {
                $0.status.images = ["web:1", "data:1"].map { image in
                    var entry = ContainerImage()
                    (entry.names, entry.sizeBytes) = ([image], 500 * 1024 * 1024)
                    return entry
                }
            }
        }
        bench.pod("p") {
            guard hasVolume else { return }
            var volume = Volume()
            volume.name = "data"
            volume.image = ImageVolumeSource()
            volume.image?.reference = "data:1"
            $0.spec.volumes = [volume]
        }
        bench.run(.milliseconds(0))
        #expect(score("ImageLocality", bench, "p", on: "n1") == expected)
    }

    // MARK: Storage

    private func addClass(_ name: String, _ bench: inout Bench) throws {
        var storageClass = StorageClass()
        storageClass.metadata.name = name
        (storageClass.provisioner, storageClass.volumeBindingMode) = ("\(name).csi.example.com", "WaitForFirstConsumer")
        try bench.cluster.create(storageClass)
    }
    private func addDriver(_ name: String, _ bench: inout Bench, _ change: (inout CSIDriver) -> Void = { _ in }) throws {
        var driver = CSIDriver()
        driver.metadata.name = "\(name).csi.example.com"
        driver.spec.storageCapacity = true
        change(&driver)
        try bench.cluster.create(driver)
    }
    private func addRoom(_ className: String, node: String, _ amount: String, _ bench: inout Bench) throws {
        var object = CustomObject()
        var decoder = APIDecoder()
        object.read(
            [
                "apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "metadata": ["name": .string("\(className)-\(node)"), "namespace": "default"],
                "storageClassName": .string(className), "capacity": .string(amount),
                "nodeTopology": ["matchLabels": ["kubernetes.io/hostname": .string(node)]],
            ], &decoder)
        try bench.cluster.adopt(object)
    }
    private func addClaim(_ name: String, _ className: String, _ amount: String, _ bench: inout Bench) throws {
        var claim = PersistentVolumeClaim()
        claim.metadata.name = name
        claim.spec.storageClassName = className
        claim.spec.accessModes = ["ReadWriteOnce"]
        claim.spec.resources.requests["storage"] = Quantity(amount)!
        try bench.cluster.create(claim)
    }
    private func addPod(_ bench: inout Bench, claims: [String]) {
        bench.pod("p") {
            $0.spec.volumes = claims.map { name in
                var volume = Volume()
                volume.name = name
                volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource()
                volume.persistentVolumeClaim?.claimName = name
                return volume
            }
        }
    }

    /// Claims as class and size, rooms as class and size; the score.
    @Test(arguments: [
        ([("a", "10Gi")], [("a", "100Gi")], 90), ([("a", "10Gi")], [("a", "20Gi")], 50), ([("a", "15Gi"), ("a", "15Gi")], [("a", "100Gi")], 70),
        ([("a", "10Gi"), ("b", "50Gi")], [("a", "100Gi"), ("b", "60Gi")], 54), ([("c", "10Gi")], [], 0),
    ])
    func `3_3 nodes are scored by the room that volumes leave`(claims: [(String, String)], rooms: [(String, String)], expected: Int) throws {
        var bench = Bench(minor: 37)
        bench.node("n1")
        bench.node("n2")
        for name in ["a", "b", "c"] { try addClass(name, &bench) }
        for name in ["a", "b"] { try addDriver(name, &bench) }
        for (name, amount) in rooms { for node in ["n1", "n2"] { try addRoom(name, node: node, amount, &bench) } }
        for (i, claim) in claims.enumerated() { try addClaim("c\(i)", claim.0, claim.1, &bench) }
        addPod(&bench, claims: claims.indices.map { "c\($0)" })
        bench.run(.milliseconds(0))
        #expect(score("VolumeBinding", bench, "p", on: "n1") == expected)
    }

    @Test func `3_3 the larger room wins from 1_37 on`() throws {
        for (minor, gain) in [(36, nil), (37, 40)] as [(Int, Int?)] {
            var bench = Bench(minor: minor)
            bench.node("n1")
            bench.node("n2")
            try addClass("a", &bench)
            try addDriver("a", &bench)
            try addRoom("a", node: "n1", "20Gi", &bench)
            try addRoom("a", node: "n2", "100Gi", &bench)
            try addClaim("c", "a", "10Gi", &bench)
            addPod(&bench, claims: ["c"])
            bench.run(.milliseconds(0))
            let (first, second) = (score("VolumeBinding", bench, "p", on: "n1"), score("VolumeBinding", bench, "p", on: "n2"))
            #expect(second.flatMap { second in first.map { second - $0 } } == gain)
            let explained = bench.scheduler.explain(pod: bench.stored("p"), in: bench.cluster)
            #expect(explained.tied == (minor == 36 ? ["n1", "n2"] : []))
        }
    }

    @Test func `3_4 a node without the driver is refused where the driver says so`() throws {
        for (minor, asks, words) in [(36, true, nil), (37, false, nil), (37, true, "2 a.csi.example.com CSI driver is not installed on the node")]
            as [(Int, Bool, String?)]
        {
            var bench = Bench(minor: minor)
            bench.node("n1")
            bench.node("n2")
            try addClass("a", &bench)
            try addDriver("a", &bench) {
                $0.spec.storageCapacity = false
                $0.spec.preventPodSchedulingIfMissing = asks
            }
            #expect(bench.cluster.store.csiDrivers.all.first?.spec.preventPodSchedulingIfMissing == (minor == 36 ? nil : asks))
            try addClaim("c", "a", "10Gi", &bench)
            addPod(&bench, claims: ["c"])
            bench.run(.seconds(1))
            if let words {
                #expect(text(bench).hasPrefix("0/2 nodes are available: \(words)."))
            } else {
                #expect(text(bench) == "")
            }
        }
    }

    // MARK: Preemption and binding

    @Test(arguments: [
        (36, "0/3 nodes are available: 3 Insufficient cpu."),
        (37, "0/3 nodes are available: 3 Insufficient cpu. preemption: found a potential placement for pod on node n2, preempting 1 victims"),
    ])
    func `3_6 the text of a preemption names its node`(minor: Int, words: String) {
        var bench = Bench(minor: minor)
        for (name, used) in [("n1", "2"), ("n2", "2"), ("n3", "2")] {
            bench.node(name, cpu: "2")
            bench.pod("low-\(name)", cpu: used, priority: name == "n2" ? 0 : 5, on: name)
        }
        bench.pod("boss", cpu: "2", priority: 100)
        bench.run(.seconds(1))
        #expect(text(bench) == words)
        #expect(bench.stored("boss").status.conditions["PodScheduled"]?.message == words)
        #expect(bench.stored("boss").status.conditions["PodScheduled"]?.reason == "Unschedulable")
    }

    @Test func `2_6 a victim that waits for its volumes goes back into the queue`() throws {
        for minor in [35, 36, 37] {
            var bench = Bench(minor: minor)
            bench.node("n1", cpu: "2")
            try addClass("a", &bench)
            try addClaim("c", "a", "10Gi", &bench)
            addPod(&bench, claims: ["c"])
            bench.run(.seconds(1))
            let boss = bench.pod("boss", cpu: "2", priority: 100)
            bench.run(.milliseconds(900))
            if minor == 35 {
                #expect(bench.cluster.store.pods[ObjectKey(namespace: "default", name: "p")] == nil || bench.stored("p").metadata.isTerminating)
                continue
            }
            #expect(bench.messages("Preempted") == ["Preempted by pod \(boss.metadata.uid) on node n1 (in kube-scheduler memory)."])
            #expect(!bench.stored("p").metadata.isTerminating)
            #expect(bench.stored("p").status.conditions["DisruptionTarget"] == nil)
            #expect(bench.scheduler.lastAttempt(of: bench.stored("p").key, in: bench.cluster)?.queue == "backoff")
        }
    }

    @Test func `3_7 a binding that fails for a moment is tried again`() {
        let ms = [0, 1, 2, 3].map { Scheduler.pauseBeforeBindingAgain(after: 503, failures: $0) }
        #expect(ms == [.milliseconds(10), .milliseconds(50), .milliseconds(250), nil])
        for code in [500, 409] { #expect(Scheduler.pauseBeforeBindingAgain(after: code, failures: 0) == .milliseconds(10)) }
        for code in [404, 403, 429, 504] { #expect(Scheduler.pauseBeforeBindingAgain(after: code, failures: 0) == nil) }
    }

    @Test func `3_7 a conflict is tried again, too, and fails in the end`() throws {
        for (minor, early) in [(36, 1), (37, 0)] {
            var bench = Bench(minor: minor)
            bench.cluster.settings.schedulerWatchDelay = .seconds(2)
            bench.node("n1")
            bench.node("n2")
            let pod = bench.pod("p")
            bench.run(.milliseconds(2001))
            try bench.cluster.bind(pod: pod.key, uid: pod.metadata.uid, to: "n2")
            bench.run(.milliseconds(100))
            #expect(bench.messages("FailedScheduling").count == early)
            bench.run(.milliseconds(400))
            #expect(bench.messages("FailedScheduling").count == 1)
            #expect(bench.messages("FailedScheduling").first?.contains("pod p is already assigned to node \"n2\"") == true)
        }
    }

    // MARK: Resize

    @Test(arguments: [(36, 4), (37, 3)])
    func `3_9 a resize counts the largest of the sums from 1_37 on`(minor: Int, cpus: Int64) {
        var pod = Pod()
        func add(_ name: String, spec: String, allocated: String) {
            var container = Container(name: name, image: "web:1")
            container.resources.requests["cpu"] = Quantity(spec)!
            pod.spec.containers.append(container)
            var status = ContainerStatus()
            status.name = name
            status.allocatedResources["cpu"] = Quantity(allocated)!
            status.resources = ResourceRequirements()
            status.resources?.requests["cpu"] = Quantity(allocated)!
            pod.status.containerStatuses.append(status)
        }
        add("a", spec: "1", allocated: "2")
        add("b", spec: "2", allocated: "1")
        #expect(pod.requests(RequestRules(assigned: KubernetesProfile(minor: minor))).milliCPU == cpus * 1000)
        pod.status.conditions.set(Condition(type: "PodResizePending", status: true, reason: "Infeasible"), now: .start)
        #expect(pod.requests(RequestRules(assigned: KubernetesProfile(minor: minor))).milliCPU == 3000)
    }

    // MARK: Queue and features of nodes

    @Test func `3_10_1 a pod that restarts all its containers goes to nodes that declare it`() {
        for (minor, isRefused) in [(36, true), (37, true)] {
            var bench = Bench(minor: minor)
            bench.node("n1")
            bench.pod("p") {
                $0.spec.containers[0].restartPolicy = "Never"
                $0.spec.containers[0].restartPolicyRules = [["action": "RestartAllContainers", "exitCodes": ["operator": "In", "values": [7]]]]
            }
            bench.run(.seconds(1))
            #expect(text(bench).hasPrefix("0/1 nodes are available: 1 node(s) didn't match Pod's required features.") == isRefused)
            bench.cluster.modify(Node.self, ObjectKey(name: "n1")) { $0.status.declaredFeatures = ["RestartAllContainersOnContainerExits"] }
            bench.run(.seconds(15))
            #expect(bench.place("p") == "n1")
        }
    }

    @Test func `3_10_3 a pod that several terms keep away is woken by the end of a pod that any of them means`() {
        for gone in ["a", "b"] {
            var bench = Bench(minor: 37)
            bench.node("n1")
            bench.node("n2")
            bench.pod("a", labels: ["app": "a"], on: "n1")
            bench.pod("b", labels: ["app": "b"], on: "n2")
            bench.pod("p", labels: ["app": "p"]) { pod in
                var anti = PodAffinity()
                anti.required = ["a", "b"].map { app in
                    var term = PodAffinityTerm()
                    (term.labelSelector, term.topologyKey) = (LabelSelector(matchLabels: ["app": app]), "kubernetes.io/hostname")
                    return term
                }
                pod.spec.affinity = Affinity()
                pod.spec.affinity?.podAntiAffinity = anti
            }
            bench.run(.seconds(1))
            #expect(bench.place("p").isEmpty)
            _ = try! bench.cluster.delete(Pod.self, bench.stored(gone).key, DeleteOptions(gracePeriodSeconds: 0))
            bench.run(.seconds(5))
            #expect(bench.place("p") == (gone == "a" ? "n1" : "n2"))
        }
    }

    @Test func `3_10_4 a pod that found a node after all says that it is scheduled`() {
        var bench = Bench(minor: 37)
        bench.node("n1", cpu: "1")
        bench.pod("p", cpu: "2")
        bench.run(.seconds(1))
        #expect(bench.stored("p").status.conditions["PodScheduled"]?.status == "False")
        bench.node("n2", cpu: "4")
        bench.run(.seconds(15))
        #expect(bench.place("p") == "n2" && bench.stored("p").status.conditions["PodScheduled"]?.status == "True")
    }

    /// A request of nothing says as little as none, but leaves the short cut through the spec.
    @Test(arguments: [27, 33, 36, 37]) func `what a pod requests is the same by the status as by the spec where both say so`(minor: Int) {
        var random = SeededRandom(seed: 5, stream: "requests")
        let rules = RequestRules(assigned: KubernetesProfile(minor: minor))
        for _ in 0..<200 {
            var pod = Pod()
            for kind in 0..<2 {
                for number in 0..<(Int(random.next() % 3) + 1 - kind) {
                    var container = Container()
                    container.name = "c\(kind)\(number)"
                    if kind == 1, random.next() % 2 == 0 { container.restartPolicy = "Always" }
                    for name in ["cpu", "memory", "example.com/x"] where random.next() % 3 != 0 {
                        container.resources.requests[name] = Quantity(Int64(random.next() % 5))
                    }
                    var status = ContainerStatus()
                    status.name = container.name
                    if random.next() % 4 != 0 { status.resources = container.resources }
                    if random.next() % 4 != 0 { status.allocatedResources = container.resources.requests }
                    if kind == 0 {
                        pod.spec.containers.append(container)
                        pod.status.containerStatuses.append(status)
                    } else {
                        pod.spec.initContainers.append(container)
                        pod.status.initContainerStatuses.append(status)
                    }
                }
            }
            if random.next() % 4 == 0 {
                pod.status.conditions.append(Condition(type: ConditionType.podResizePending, status: "True", reason: ConditionReason.infeasible))
            }
            let short = (pod.runsAsAsked, pod.requests(rules), nonZeroRequests(pod, rules))
            for index in pod.status.containerStatuses.indices where !pod.status.containerStatuses[index].allocatedResources.isEmpty {
                pod.status.containerStatuses[index].allocatedResources["example.com/nothing"] = .zero
            }
            for index in pod.status.initContainerStatuses.indices where !pod.status.initContainerStatuses[index].allocatedResources.isEmpty {
                pod.status.initContainerStatuses[index].allocatedResources["example.com/nothing"] = .zero
            }
            let long = (pod.requests(rules), nonZeroRequests(pod, rules))
            let isSame = short.0 && short.1 == long.0 && short.2 == long.1
            #expect(isSame)
        }
    }
}
