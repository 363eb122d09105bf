import ControlPlane
import Controllers
import KubernetesAPI
import SimulationKit
import Testing

/// What `kubernetes-1.37.md` says of the controllers, by the numbers of its rows.
@Suite struct Kubernetes137Tests {
    private typealias Scaled = HorizontalPodAutoscalerTests.Scaled

    // MARK: HorizontalPodAutoscaler

    private static func external(_ change: (inout MetricTarget) -> Void) -> MetricSpec {
        var metric = MetricSpec()
        metric.type = "External"
        metric.external = ExternalMetricSource()
        metric.external!.metric.name = "queue"
        change(&metric.external!.target)
        return metric
    }
    private static var tenEach: MetricSpec {
        external { ($0.type, $0.averageValue) = ("AverageValue", Quantity("10")!) }
    }
    private func setQueue(_ value: String, _ scaled: inout Scaled) {
        try! scaled.test.cluster.update(HorizontalPodAutoscaler.self, scaled.scaler.key) { $0.metadata.annotations["evenkeel.dev/metric-queue"] = value }
    }
    private func scale(_ scaled: inout Scaled, to replicas: Int) {
        try! scaled.test.cluster.scale(.deployment, ObjectKey(namespace: "default", name: "web"), to: replicas)
    }

    @Test func `5_1 an autoscaler takes the last replica, remembers it and brings replicas back`() {
        var scaled = Scaled(replicas: 1, minor: 37) {
            $0.minReplicas = 0
            $0.metrics = [Self.tenEach]
        }
        setQueue("10", &scaled)
        scaled.run(30)
        #expect(scaled.replicas == 1 && scaled.scaler.status.conditions["ScaledToZero"] == nil)
        setQueue("0", &scaled)
        scaled.run(280)
        #expect(scaled.replicas == 1)
        scaled.run(60)
        #expect(scaled.replicas == 0)
        let condition = scaled.scaler.status.conditions["ScaledToZero"]
        #expect(condition?.status == "True" && condition?.reason == "ScaledToZero" && condition?.message == "the HPA controller scaled the workload to zero")
        #expect(scaled.test.events("SuccessfulRescale") == ["New size: 0; reason: All metrics below target"])
        setQueue("25", &scaled)
        scaled.run(20)
        #expect(scaled.replicas == 3)
        #expect(scaled.reasons["ScaledToZero"] == "False NotScaledToZero")
        #expect(scaled.test.events("SuccessfulRescale").last == "New size: 3; reason: external metric queue(nil) above target")
    }

    @Test func `5_1 a zero that was set by hand stays`() {
        var scaled = Scaled(replicas: 1, minor: 37) {
            $0.minReplicas = 0
            $0.metrics = [Self.tenEach]
        }
        setQueue("25", &scaled)
        scaled.run(20)
        #expect(scaled.replicas == 3)
        scale(&scaled, to: 0)
        scaled.run(60)
        #expect(scaled.replicas == 0 && scaled.reasons["ScalingActive"] == "False ScalingDisabled")
        let message = scaled.scaler.status.conditions["ScalingActive"]?.message
        #expect(message == "scaling is disabled since the replica count of the target is zero")
    }

    @Test func `5_1 its own zero is left for a minimum that was raised`() {
        var scaled = Scaled(replicas: 1, minor: 37) {
            $0.minReplicas = 0
            $0.metrics = [Self.tenEach]
        }
        setQueue("0", &scaled)
        scaled.run(360)
        #expect(scaled.replicas == 0)
        try! scaled.test.cluster.update(HorizontalPodAutoscaler.self, scaled.scaler.key) { $0.spec.minReplicas = 2 }
        scaled.run(20)
        #expect(scaled.replicas == 2)
    }

    @Test func `5_1 from zero neither tolerance nor pods count for a value`() {
        var scaled = Scaled(replicas: 1, minor: 37) {
            $0.minReplicas = 0
            $0.metrics = [Self.external { ($0.type, $0.value) = ("Value", Quantity("10")!) }]
        }
        setQueue("0", &scaled)
        scaled.run(360)
        #expect(scaled.replicas == 0)
        setQueue("10500m", &scaled)
        scaled.run(20)
        #expect(scaled.replicas == 2)
    }

    @Test func `5_1 a minimum of zero needs the gate and a metric without pods`() {
        func refusal(_ minor: Int, _ metric: MetricSpec) -> [String] {
            var scaler = HorizontalPodAutoscaler()
            scaler.metadata.name = "web"
            (scaler.spec.scaleTargetRef.kind, scaler.spec.scaleTargetRef.name) = ("Deployment", "web")
            (scaler.spec.minReplicas, scaler.spec.maxReplicas, scaler.spec.metrics) = (0, 3, [metric])
            scaler.setDefaults(KubernetesProfile(minor: minor))
            return Validation.create(scaler, profile: KubernetesProfile(minor: minor)).map { "\($0.field): \($0.body)" }
        }
        #expect(refusal(36, Self.tenEach) == ["spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"])
        #expect(refusal(37, Self.tenEach) == [])
        #expect(
            refusal(37, Scaled.cpu(50)) == [
                "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas"
            ])
    }

    @Test func `5_1_1 a new or changed autoscaler is looked at at once from 1_37 on`() {
        for (minor, atOnce) in [(36, false), (37, true)] {
            var scaled = Scaled(replicas: 2, minor: minor)
            scaled.use = { _, _ in 100 }
            scaled.run(5)
            #expect(scaled.scaler.status.conditions.isEmpty != atOnce)
            scaled.run(45)
            #expect(scaled.replicas == 2)
            try! scaled.test.cluster.update(HorizontalPodAutoscaler.self, scaled.scaler.key) { $0.spec.minReplicas = 4 }
            scaled.test.run(0.1)
            #expect((scaled.replicas == 4) == atOnce)
            scaled.run(20)
            #expect(scaled.replicas == 4)
        }
    }

    @Test func `5_1_2 the tolerance of a direction counts in 1_37`() {
        var scaled = Scaled(replicas: 2, minor: 37) {
            $0.behavior = HorizontalPodAutoscalerBehavior()
            $0.behavior?.scaleUp = HPAScalingRules()
            $0.behavior?.scaleUp?.tolerance = Quantity("500m")!
        }
        scaled.use = { _, _ in 140 }
        scaled.run(60)
        #expect(scaled.replicas == 2)
    }

    @Test func `5_1_3 status and conditions say which generation they are about`() {
        for minor in [36, 37] {
            var scaled = Scaled(replicas: 2, minor: minor)
            scaled.use = { _, _ in 100 }
            scaled.run(20)
            try! scaled.test.cluster.update(HorizontalPodAutoscaler.self, scaled.scaler.key) { $0.spec.maxReplicas = 7 }
            scaled.run(20)
            let status = scaled.scaler.status
            #expect(scaled.scaler.metadata.generation == 2)
            #expect(status.observedGeneration == (minor == 37 ? 2 : nil))
            #expect(status.conditions["ScalingActive"]?.observedGeneration == (minor == 37 ? 2 : 0))
        }
    }

    // MARK: StatefulSet

    private let key = ObjectKey(namespace: "default", name: "web")
    private func make(_ test: inout TestCluster, replicas: Int, _ change: (inout StatefulSetSpec) -> Void) {
        var set = StatefulSet()
        set.metadata.name = "web"
        set.spec.replicas = replicas
        set.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        set.spec.template = TestCluster.template("web")
        change(&set.spec.value)
        _ = try! test.cluster.create(set)
    }
    private func ending(_ test: TestCluster) -> [String] { test.pods().filter(\.metadata.isTerminating).map(\.name) }

    @Test func `5_2 broken old pods of a Parallel set go first and cost nothing from 1_37 on`() {
        for minor in [35, 37] {
            var test = TestCluster(minor: minor, gates: [.maxUnavailableStatefulSet: true])
            make(&test, replicas: 5) {
                $0.podManagementPolicy = "Parallel"
                $0.updateStrategy.rollingUpdate = RollingUpdateStatefulSet()
                $0.updateStrategy.rollingUpdate?.maxUnavailable = .int(2)
            }
            test.run(30)
            let now = test.cluster.now
            for pod in test.pods().prefix(2) {
                test.cluster.modify(Pod.self, pod.key) { $0.status.conditions.set(Condition(type: "Ready", status: false), now: now) }
            }
            test.run(1)
            try! test.cluster.update(StatefulSet.self, key) { $0.spec.template.spec.containers[0].image = "v2" }
            test.run(1)
            #expect(ending(test) == (minor == 37 ? ["web-0", "web-1"] : []))
            test.run(60)
            #expect(test.pods().allSatisfy { $0.spec.containers[0].image == (minor == 37 ? "v2" : "v1") })
        }
    }

    @Test func `5_2 two of five go together at 40 percent, and the default is one`() {
        var test = TestCluster(minor: 37)
        make(&test, replicas: 5) {
            $0.updateStrategy.rollingUpdate = RollingUpdateStatefulSet()
            $0.updateStrategy.rollingUpdate?.maxUnavailable = .string("40%")
        }
        test.run(30)
        try! test.cluster.update(StatefulSet.self, key) { $0.spec.template.spec.containers[0].image = "v2" }
        test.run(1)
        #expect(ending(test) == ["web-3", "web-4"])
        for (minor, expected) in [(36, nil), (37, .int(1))] as [(Int, IntOrString?)] {
            var other = TestCluster(minor: minor)
            make(&other, replicas: 1) { $0.updateStrategy.rollingUpdate = RollingUpdateStatefulSet() }
            #expect(other.cluster.store.statefulSets[key]?.spec.updateStrategy.rollingUpdate?.maxUnavailable == expected)
        }
    }

    @Test func `5_2 with OnDelete the current revision moves once all pods are new`() {
        for minor in [36, 37] {
            var test = TestCluster(minor: minor)
            make(&test, replicas: 2) { $0.updateStrategy.type = "OnDelete" }
            test.run(20)
            let first = test.cluster.store.statefulSets[key]!.status.currentRevision
            try! test.cluster.update(StatefulSet.self, key) { $0.spec.template.spec.containers[0].image = "v2" }
            test.run(5)
            #expect(test.cluster.store.statefulSets[key]!.status.currentRevision == first)
            for pod in test.pods() { _ = try! test.cluster.delete(Pod.self, pod.key) }
            test.run(30)
            let status = test.cluster.store.statefulSets[key]!.status
            #expect(status.updatedReplicas == 2)
            #expect((status.currentRevision == status.updateRevision) == (minor == 37))
        }
    }

    // MARK: Claims

    @Test func `5_4 a bound claim says since when no pod uses it`() {
        for minor in [36, 37] {
            var test = TestCluster(minor: minor)
            var made = StorageClass()
            made.metadata.name = "fast"
            made.provisioner = "disk.example.com"
            made.volumeBindingMode = "Immediate"
            _ = try! test.cluster.create(made)
            var claim = PersistentVolumeClaim()
            claim.metadata.name = "data"
            claim.spec.accessModes = ["ReadWriteOnce"]
            claim.spec.storageClassName = "fast"
            claim.spec.resources.requests = ["storage": Quantity("1Gi")!]
            let key = try! test.cluster.create(claim).key
            func condition() -> Condition? { test.cluster.store.persistentVolumeClaims[key]?.status.conditions["Unused"] }
            test.run(1)
            #expect(condition() == nil)
            test.run(10)
            if minor == 36 {
                #expect(condition() == nil)
                continue
            }
            #expect(condition()?.status == "True" && condition()?.reason == "NoPodsUsingPVC")
            #expect(condition()?.message == "No pods are currently referencing this PVC")
            let since = condition()?.lastTransitionTime
            test.player.binds = false
            var pod = Pod()
            pod.metadata.name = "p"
            pod.spec.containers = TestCluster.template("p").spec.containers
            var volume = Volume()
            volume.name = "data"
            volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource()
            volume.persistentVolumeClaim?.claimName = "data"
            pod.spec.volumes = [volume]
            pod = try! test.cluster.create(pod)
            test.run(1)
            #expect(pod.nodeName.isEmpty && condition()?.status == "False" && condition()?.reason == "PodUsingPVC")
            #expect(condition()?.message == "A pod is currently referencing this PVC")
            test.run(10)
            test.cluster.modify(Pod.self, pod.key) { $0.status.phase = .succeeded }
            test.run(1)
            #expect(condition()?.status == "True" && condition()?.lastTransitionTime != since)
        }
    }

    // MARK: Others

    @Test func `1_5 pods that end are counted by ReplicaSets and Deployments from 1_35 on`() {
        for (minor, counted) in [(34, nil), (35, 1), (37, 1)] as [(Int, Int?)] {
            var test = TestCluster(minor: minor)
            test.deploy(replicas: 2)
            test.run(10)
            test.player.gone = .seconds(20)
            _ = try! test.cluster.delete(Pod.self, test.pods()[0].key)
            test.run(2)
            #expect(test.sets()[0].status.terminatingReplicas == counted)
            #expect(test.deployment().status.terminatingReplicas == counted)
        }
    }

    @Test func `5_2 with Recreate nothing is made before the last old pod is gone`() {
        var test = TestCluster(minor: 37, gates: [.statefulSetRecreateStrategy: true])
        make(&test, replicas: 3) { $0.updateStrategy.type = "Recreate" }
        test.run(20)
        #expect(test.pods().count == 3)
        func progress() -> String? { test.cluster.store.statefulSets[key]?.status.conditions["Progressing"]?.message }
        #expect(progress() == nil)
        test.player.gone = .seconds(4)
        try! test.cluster.update(StatefulSet.self, key) { $0.spec.template.spec.containers[0].image = "v2" }
        test.run(1)
        #expect(ending(test) == ["web-0", "web-1", "web-2"] && progress() == "Deleting old revision pods")
        var messages: [String] = []
        var mixed = false
        test.run(30) { cluster in
            let message = cluster.store.statefulSets[key]?.status.conditions["Progressing"]?.message ?? "none"
            if messages.last != message { messages.append(message) }
            mixed = mixed || Set(cluster.store.pods.all.map { $0.spec.containers[0].image }).count > 1
        }
        #expect(messages == ["Deleting old revision pods", "Waiting for new-revision pods to be created", "none"] && !mixed)
        #expect(test.pods().allSatisfy { $0.spec.containers[0].image == "v2" } && test.pods().count == 3)
    }

    @Test func `5_2 without its gate Recreate is refused, and an older object is told of`() {
        var test = TestCluster(minor: 37)
        var set = StatefulSet()
        set.metadata.name = "web"
        (set.spec.replicas, set.spec.selector) = (1, LabelSelector(matchLabels: ["app": "web"]))
        set.spec.template = TestCluster.template("web")
        set.spec.updateStrategy.type = "Recreate"
        #expect(throws: APIError.self) { try test.cluster.create(set) }
        _ = try! test.cluster.adopt(set)
        test.run(5)
        let text = "statefulset default/web uses Recreate strategy but feature gate StatefulSetRecreateStrategy is disabled"
        #expect(test.events("UnknownStrategy").first == text)
    }

    @Test func `5_5_1 a job without active pods that waits to replace one keeps its status`() {
        var test = TestCluster(minor: 37)
        test.player.endingImages = ["bad": 1]
        var job = Job()
        job.metadata.name = "work"
        job.spec.template = TestCluster.template("work")
        job.spec.template.spec.containers[0].image = "bad"
        job.spec.template.spec.restartPolicy = "Never"
        job.spec.backoffLimit = 3
        let key = try! test.cluster.create(job).key
        test.run(8)
        let status = test.cluster.store.jobs[key]!.status
        #expect(status.active == 0 && status.failed == 1 && status.startTime != nil)
        test.run(20)
        #expect(test.cluster.store.jobs[key]!.status.failed == 2)
    }
}
