import ControlPlane
import Controllers
import KubernetesAPI
import SimulationKit
import Testing

/// The horizontal pod autoscaler: `controllers.md` §6, worked scenarios 8 to 12, invariants 4 and 5.
@Suite struct HorizontalPodAutoscalerTests {
    /// A cluster whose pods request 200m and use what `use` says, measured every 5 s.
    struct Scaled {
        var test: TestCluster
        /// Thousandths of a core of a pod, by its number in the order of creation; nil: not measured.
        var use: (Int, Pod) -> Int64? = { _, _ in 0 }
        var sizes: [(at: Double, replicas: Int)] = []

        init(
            replicas: Int, requests: ResourceList = ["cpu": Quantity(milli: 200), "memory": Quantity(bytes: 100 << 20)], minor: Int = 36,
            _ change: (inout HorizontalPodAutoscalerSpec) -> Void = { _ in }
        ) {
            test = TestCluster(minor: minor, nodes: 3)
            test.deploy(replicas: replicas) { $0.template.spec.containers[0].resources.requests = requests }
            test.run(400)
            var scaler = HorizontalPodAutoscaler()
            scaler.metadata.name = "web"
            scaler.spec.scaleTargetRef.kind = "Deployment"
            scaler.spec.scaleTargetRef.name = "web"
            scaler.spec.scaleTargetRef.apiVersion = "apps/v1"
            scaler.spec.minReplicas = 1
            scaler.spec.maxReplicas = 100
            scaler.spec.metrics = [Self.cpu(50)]
            change(&scaler.spec)
            _ = try! test.cluster.create(scaler)
        }
        static func cpu(_ percent: Int) -> MetricSpec {
            var metric = MetricSpec()
            metric.type = "Resource"
            metric.resource = ResourceMetricSource()
            metric.resource!.name = "cpu"
            metric.resource!.target.type = "Utilization"
            metric.resource!.target.averageUtilization = percent
            return metric
        }
        var scaler: HorizontalPodAutoscaler { test.cluster.store.horizontalPodAutoscalers[ObjectKey(namespace: "default", name: "web")]! }
        var replicas: Int { test.deployment().spec.replicas! }
        var reasons: [String: String] { Dictionary(uniqueKeysWithValues: scaler.status.conditions.map { ($0.type, "\($0.status) \($0.reason)") }) }

        /// Lets time pass in steps of 5 s, with new measurements before each.
        mutating func run(_ seconds: Int) {
            for _ in 0..<(seconds / 5) {
                var metrics: [String: PodMetrics] = [:]
                let pods = test.pods().sorted { ($0.metadata.creationTimestamp!, $0.name) < ($1.metadata.creationTimestamp!, $1.name) }
                for (index, pod) in pods.enumerated() where pod.status.phase == .running {
                    guard let value = use(index, pod) else { continue }
                    metrics[pod.metadata.uid] = PodMetrics(
                        timestamp: test.cluster.now, window: .seconds(30), containers: [.init(name: "main", milliCPU: value, memory: 50 << 20)])
                }
                test.cluster.metrics.serve(metrics)
                test.run(5)
                if sizes.last?.replicas != replicas { sizes.append((test.cluster.now.sinceStart.seconds, replicas)) }
            }
        }
    }

    // MARK: The formula

    @Test func `scenario 8: 4 pods at 75 percent with a target of 50 become 6`() {
        var scaled = Scaled(replicas: 4)
        scaled.use = { _, _ in 150 }
        scaled.run(20)
        #expect(scaled.replicas == 6)
        #expect(scaled.scaler.status.currentMetrics?.first?.current?.averageUtilization == 75)
        #expect(scaled.scaler.status.currentMetrics?.first?.current?.averageValue == Quantity(milli: 150))
        #expect(scaled.test.events("SuccessfulRescale") == ["New size: 6; reason: cpu resource utilization (percentage of request) above target"])
        #expect(scaled.scaler.status.currentReplicas == 4 && scaled.scaler.status.desiredReplicas == 6)
        #expect(scaled.scaler.status.lastScaleTime != nil)
        #expect(
            scaled.reasons == ["AbleToScale": "True SucceededRescale", "ScalingActive": "True ValidMetricFound", "ScalingLimited": "False DesiredWithinRange"])
    }

    @Test func `scenario 9: a ratio of exactly 1 point 1 is within the tolerance`() {
        var scaled = Scaled(replicas: 4)
        scaled.use = { index, _ in index == 0 ? 111 : 110 }
        scaled.run(60)
        #expect(scaled.replicas == 4)
        #expect(scaled.scaler.status.currentMetrics?.first?.current?.averageUtilization == 55)
        scaled.use = { _, _ in 112 }
        scaled.run(15)
        #expect(scaled.replicas == 5)
    }

    @Test func `scenario 10: a pod that is not measured counts as idle on the way up`() {
        var scaled = Scaled(replicas: 4)
        scaled.use = { index, _ in index == 3 ? nil : 160 }
        scaled.run(20)
        #expect(scaled.replicas == 5)
    }

    @Test func `a pod that is not measured counts as fully used on the way down`() {
        var scaled = Scaled(replicas: 4)
        // 25 % of three; with the missing one at 100 %: (150 + 200) / 800 = 43 %, ratio 0.86, ceil(3.44) = 4.
        scaled.use = { index, _ in index == 3 ? nil : 50 }
        scaled.run(400)
        #expect(scaled.replicas == 4)
        scaled.use = { _, _ in 50 }
        scaled.run(400)
        #expect(scaled.replicas < 4)
    }

    @Test func `pods that just became ready do not raise the wish further`() {
        var scaled = Scaled(replicas: 4)
        scaled.use = { _, _ in 150 }
        scaled.run(20)
        #expect(scaled.replicas == 6)
        // The two new pods are young: as idle ones they bring 75 % down to 50 %, so nothing happens for now.
        scaled.run(15)
        #expect(scaled.replicas == 6)
    }

    @Test func `the use of a container alone, and an average value, can be the metric`() {
        var container = MetricSpec()
        container.type = "ContainerResource"
        container.containerResource = ContainerResourceMetricSource()
        container.containerResource!.name = "cpu"
        container.containerResource!.container = "main"
        container.containerResource!.target.type = "Utilization"
        container.containerResource!.target.averageUtilization = 50
        var memory = MetricSpec()
        memory.type = "Resource"
        memory.resource = ResourceMetricSource()
        memory.resource!.name = "memory"
        memory.resource!.target.type = "AverageValue"
        memory.resource!.target.averageValue = Quantity(bytes: 25 << 20)
        var scaled = Scaled(replicas: 2) { $0.metrics = [container, memory] }
        scaled.use = { _, _ in 150 }
        scaled.run(20)
        // CPU: 75 / 50 of 2 = 3; memory: 50 Mi / 25 Mi of 2 = 4: the highest counts.
        #expect(scaled.replicas == 4)
        #expect(scaled.test.events("SuccessfulRescale") == ["New size: 4; reason: memory resource above target"])
        let current = scaled.scaler.status.currentMetrics ?? []
        #expect(current.map(\.type) == ["ContainerResource", "Resource"])
        #expect(current.first?.containerResource?.container == "main" && current.last?.current?.averageValue == Quantity(bytes: 50 << 20))
    }

    // MARK: From the wish to the size

    @Test func `scenario 11: without behavior it at most doubles at each sync`() {
        var scaled = Scaled(replicas: 2) { ($0.minReplicas, $0.maxReplicas) = (2, 15) }
        scaled.use = { _, _ in 2000 }
        // Only what the first two do counts at once; they alone ask for 40.
        var limits: [String] = []
        scaled.run(5)
        for _ in 0..<3 {
            scaled.run(15)
            limits.append(scaled.reasons["ScalingLimited"] ?? "")
        }
        #expect(scaled.sizes.map(\.replicas) == [2, 4, 8, 15])
        #expect(zip(scaled.sizes.dropFirst(), scaled.sizes.dropFirst(2)).allSatisfy { $1.at - $0.at == 15 })
        #expect(limits[0] == "True ScaleUpLimit" && limits[1] == "True ScaleUpLimit" && limits[2] == "True TooManyReplicas")
    }

    @Test func `scenario 12: it goes down in one step when the last high wish is 300 s old`() {
        var scaled = Scaled(replicas: 15) { ($0.minReplicas, $0.maxReplicas) = (2, 15) }
        scaled.use = { _, _ in 100 }
        scaled.run(60)
        #expect(scaled.replicas == 15)
        scaled.use = { _, _ in 0 }
        let start = scaled.test.cluster.now.sinceStart.seconds
        scaled.run(290)
        #expect(scaled.replicas == 15)
        #expect(scaled.reasons["AbleToScale"] == "True ScaleDownStabilized")
        scaled.run(40)
        #expect(scaled.sizes.map(\.replicas) == [15, 2])
        let took = scaled.sizes.last!.at - start
        #expect(took > 285 && took <= 320)
        #expect(scaled.test.events("SuccessfulRescale") == ["New size: 2; reason: All metrics below target"])
        #expect(scaled.reasons["ScalingLimited"] == "True TooFewReplicas")
    }

    @Test func `policies limit the pace in both directions, and the window upwards takes the lowest wish`() {
        var scaled = Scaled(replicas: 10) { spec in
            (spec.minReplicas, spec.maxReplicas) = (1, 50)
            spec.behavior = HorizontalPodAutoscalerBehavior()
            spec.behavior!.scaleUp = HPAScalingRules()
            spec.behavior!.scaleUp!.stabilizationWindowSeconds = 60
            spec.behavior!.scaleUp!.policies = [.init(type: "Percent", value: 10, periodSeconds: 60), .init(type: "Pods", value: 3, periodSeconds: 60)]
            spec.behavior!.scaleDown = HPAScalingRules()
            spec.behavior!.scaleDown!.stabilizationWindowSeconds = 0
            spec.behavior!.scaleDown!.selectPolicy = "Min"
            spec.behavior!.scaleDown!.policies = [.init(type: "Percent", value: 50, periodSeconds: 60), .init(type: "Pods", value: 2, periodSeconds: 60)]
        }
        scaled.use = { _, _ in 100 }
        scaled.run(60)
        scaled.use = { _, _ in 200 }
        scaled.run(45)
        #expect(scaled.replicas == 10 && scaled.reasons["AbleToScale"] == "True ScaleUpStabilized")
        scaled.run(100)
        #expect(scaled.sizes.map(\.replicas) == [10, 13, 16] && scaled.reasons["ScalingLimited"] == "True ScaleUpLimit")
        // What was added in the last 60 s counts for the size at the start of that time: let it pass.
        scaled.use = { _, _ in 100 }
        scaled.run(90)
        scaled.use = { _, _ in 0 }
        scaled.run(90)
        #expect(scaled.sizes.map(\.replicas) == [10, 13, 16, 14, 12] && scaled.reasons["ScalingLimited"] == "True ScaleDownLimit")
        #expect(scaled.sizes[2].at - scaled.sizes[1].at == 60 && scaled.sizes[4].at - scaled.sizes[3].at == 60)
    }

    @Test func `a direction can be disabled`() {
        var scaled = Scaled(replicas: 4) { spec in
            spec.behavior = HorizontalPodAutoscalerBehavior()
            spec.behavior!.scaleDown = HPAScalingRules()
            spec.behavior!.scaleDown!.selectPolicy = "Disabled"
        }
        scaled.run(900)
        #expect(scaled.replicas == 4)
    }

    @Test(arguments: [(36, 5), (32, 4)])
    func `an autoscaler's own tolerance counts where its gate is on`(minor: Int, size: Int) {
        var scaled = Scaled(replicas: 4, minor: minor) { spec in
            spec.behavior = HorizontalPodAutoscalerBehavior()
            spec.behavior!.scaleUp = HPAScalingRules()
            spec.behavior!.scaleUp!.tolerance = Quantity(milli: 20)
        }
        // 54 % of a target of 50: a ratio of 1.08.
        scaled.use = { _, _ in 108 }
        scaled.run(20)
        #expect(scaled.replicas == size)
    }

    @Test func `invariant 4: the size returns into its bounds at the next sync, without metrics`() {
        var scaled = Scaled(replicas: 4) { ($0.minReplicas, $0.maxReplicas) = (3, 6) }
        scaled.use = { _, _ in nil }
        try! scaled.test.cluster.scale(.deployment, ObjectKey(namespace: "default", name: "web"), to: 20)
        scaled.run(20)
        #expect(scaled.replicas == 6)
        try! scaled.test.cluster.scale(.deployment, ObjectKey(namespace: "default", name: "web"), to: 1)
        scaled.run(20)
        #expect(scaled.replicas == 3)
        #expect(
            scaled.test.events("SuccessfulRescale") == [
                "New size: 6; reason: Current number of replicas above Spec.MaxReplicas",
                "New size: 3; reason: Current number of replicas below Spec.MinReplicas",
            ])
    }

    @Test func `invariant 5: it never goes below the highest wish of the last 300 s`() {
        var scaled = Scaled(replicas: 5) { ($0.minReplicas, $0.maxReplicas) = (2, 15) }
        var random = SeededRandom(seed: 4, stream: "load")
        var wishes: [(at: Double, replicas: Int)] = []
        for _ in 0..<160 {
            let value = Int64(random.below(220))
            scaled.use = { _, _ in value }
            let before = scaled.replicas
            scaled.run(15)
            let now = scaled.test.cluster.now.sinceStart.seconds
            // What the look in these 15 s asked for at least: with all pods counted, from the utilization it saw.
            if let percent = scaled.scaler.status.currentMetrics?.first?.current?.averageUtilization, percent >= 45, percent <= 55 {
                wishes.append((now, before))
            }
            if scaled.replicas < before {
                for wish in wishes where wish.at > now - 285 { #expect(scaled.replicas >= wish.replicas) }
            }
            #expect((2...15).contains(scaled.replicas))
        }
        #expect(scaled.sizes.count > 3)
    }

    // MARK: When it cannot

    @Test func `it first looks 15 s after it was made, and says why it has no metrics`() {
        var scaled = Scaled(replicas: 2)
        scaled.use = { _, _ in nil }
        scaled.run(10)
        #expect(scaled.scaler.status.conditions.isEmpty)
        scaled.run(10)
        #expect(scaled.reasons == ["AbleToScale": "True SucceededGetScale", "ScalingActive": "False FailedGetResourceMetric"])
        #expect(
            scaled.scaler.status.conditions["ScalingActive"]?.message
                == "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API"
        )
        #expect(
            scaled.test.events("FailedComputeMetricsReplicas") == [
                "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API"
            ])
        #expect(scaled.scaler.status.currentReplicas == 2 && scaled.scaler.status.desiredReplicas == 0)
    }

    @Test func `pods without a request fail the metric; of several metrics the rest may still scale up, never down`() {
        var memory = Scaled.cpu(50)
        memory.resource!.name = "memory"
        var scaled = Scaled(replicas: 2, requests: ["cpu": Quantity(milli: 200)]) { $0.metrics = [Scaled.cpu(50), memory] }
        scaled.use = { _, _ in 50 }
        scaled.run(20)
        let message = scaled.scaler.status.conditions["ScalingActive"]?.message ?? ""
        #expect(
            message.hasPrefix(
                "the HPA was unable to compute the replica count: failed to get memory utilization: missing request for memory in container main of Pod web-"))
        scaled.run(400)
        #expect(scaled.replicas == 2)
        scaled.use = { _, _ in 150 }
        scaled.run(20)
        #expect(scaled.replicas == 3 && scaled.reasons["ScalingActive"] == "True ValidMetricFound")
    }

    @Test func `a target that is not there, or has no replicas, or shares its pods, is not scaled`() {
        var gone = Scaled(replicas: 2) { $0.scaleTargetRef.name = "other" }
        gone.run(20)
        #expect(gone.test.events("FailedGetScale") == ["deployments.apps \"other\" not found"])
        #expect(
            gone.scaler.status.conditions["AbleToScale"]?.message
                == "the HPA controller was unable to get the target's current scale: deployments.apps \"other\" not found")

        var off = Scaled(replicas: 0)
        off.run(20)
        #expect(off.reasons["ScalingActive"] == "False ScalingDisabled" && off.replicas == 0)

        var twice = Scaled(replicas: 2)
        var second = twice.scaler
        second.metadata.name = "web2"
        _ = try! twice.test.cluster.create(second)
        twice.use = { _, _ in 200 }
        twice.run(35)
        #expect(twice.reasons["ScalingActive"] == "False AmbiguousSelector" && twice.replicas == 2)
        #expect(twice.test.events("AmbiguousSelector").first == "pods by selector app=web are controlled by multiple HPAs: [{web default} {web2 default}]")

        var custom = Scaled(replicas: 2) { spec in
            spec.metrics[0] = MetricSpec()
            spec.metrics[0].type = "Pods"
            spec.metrics[0].pods = PodsMetricSource()
            spec.metrics[0].pods!.metric.name = "hits"
            spec.metrics[0].pods!.target.type = "AverageValue"
            spec.metrics[0].pods!.target.averageValue = Quantity(10)
        }
        custom.run(20)
        #expect(custom.reasons["ScalingActive"] == "False FailedGetPodsMetric")
    }
}
