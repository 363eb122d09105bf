// KubeletConfiguration: what it changes, and what is refused.

import Foundation
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct ConfigurationTests {
    @Test(arguments: [
        (-1, "invalid configuration: maxParallelImagePulls -1 must be a positive number"),
        (0, "invalid configuration: maxParallelImagePulls 0 must be a positive number"),
    ])
    func `a parallel limit below one is refused`(limit: Int, text: String) {
        var configuration = KubeletConfiguration()
        configuration.maxParallelImagePulls = limit
        #expect(configuration.validate(profile: .default) == [text])
    }

    @Test func `M9 the throttling factor must be a share`() {
        var configuration = KubeletConfiguration()
        configuration.memoryThrottlingFactor = 1.2
        #expect(
            configuration.validate(profile: .default)
                == [
                    "invalid configuration: memoryThrottlingFactor 1.2 must be greater than 0 and less than or equal to 1.0"
                ])
    }

    @Test func `a memory reservation needs its gate`() throws {
        var configuration = KubeletConfiguration()
        configuration.memoryReservationPolicy = "TieredReservation"
        #expect(
            configuration.validate(profile: KubernetesProfile(minor: 36)) == [
                "invalid configuration: memoryReservationPolicy \"TieredReservation\" requires MemoryQoS feature gate to be enabled"
            ])
        let profile = try KubernetesProfile(
            version: KubernetesVersion(minor: 36), overrides: [("MemoryQoS", true)])
        #expect(configuration.validate(profile: profile).isEmpty)
        #expect(configuration.validate(profile: KubernetesProfile(minor: 37)).isEmpty)
    }

    @Test func `negative rates are refused`() {
        var configuration = KubeletConfiguration()
        configuration.registryPullQPS = -1
        #expect(
            configuration.validate(profile: .default)
                == [
                    "invalid configuration: registryPullQPS (--registry-qps) -1 must not be a negative number"
                ])
    }

    /// Field and value, and what a kubelet says to it.
    @Test(
        arguments: [
            ("eventBurst", -1, "eventBurst (--event-burst) -1 must not be a negative number"),
            ("eventRecordQPS", -1, "eventRecordQPS (--event-qps) -1 must not be a negative number"),
            ("kubeAPIQPS", -1, "kubeAPIQPS (--kube-api-qps) -1 must not be a negative number"),
            ("kubeAPIBurst", -1, "kubeAPIBurst (--kube-api-burst) -1 must not be a negative number"),
            ("registryBurst", -1, "registryBurst (--registry-burst) -1 must not be a negative number"),
            ("maxPods", -1, "maxPods (--max-pods) -1 must not be a negative number"),
            ("imageGCHighThresholdPercent", 101, "imageGCHighThresholdPercent (--image-gc-high-threshold) 101 must be between 0 and 100, inclusive"),
            (
                "imageGCLowThresholdPercent", 85,
                "imageGCLowThresholdPercent (--image-gc-low-threshold) 85 must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) 85"
            ),
            ("imageMaximumGCAge", "1m", "imageMaximumGCAge 1m0s must be greater than imageMinimumGCAge 2m0s"),
            ("nodeLeaseDurationSeconds", -1, "nodeLeaseDurationSeconds must be greater than 0"),
            ("healthzPort", 70000, "healthzPort (--healthz-port) 70000 must be between 1 and 65535, inclusive"),
            ("memoryReservationPolicy", "Some", "option \"Some\" specified for memoryReservationPolicy. Valid options are \"None\" or \"TieredReservation\""),
            (
                "topologyManagerPolicy", "numa",
                "topologyManagerPolicy (--topology-manager-policy) \"numa\" must be one of: [\"none\" \"best-effort\" \"restricted\" \"single-numa-node\"]"
            ),
            ("shutdownGracePeriodCriticalPods", "5s", "shutdownGracePeriodCriticalPods 5s must be <= shutdownGracePeriod 0s"),
            (
                "enforceNodeAllocatable", ["system-reserved"],
                "systemReservedCgroup (--system-reserved-cgroup) must be specified when \"system-reserved\" or \"system-reserved-compressible\" included in enforceNodeAllocatable (--enforce-node-allocatable)"
            ),
            (
                "crashLoopBackOff", ["maxContainerRestartPeriod": "10m"],
                "CrashLoopBackOff.MaxContainerRestartPeriod (got: 600 seconds) must be set between 1s and 300s"
            ),
        ] as [(String, JSONValue, String)])
    func `a configuration that no kubelet starts with is refused in its words`(field: String, value: JSONValue, text: String) throws {
        var decoder = APIDecoder()
        let configuration = try #require(KubeletConfiguration.decode([field: value], &decoder))
        #expect(decoder.problems.isEmpty)
        #expect(configuration.validate(profile: .default) == ["invalid configuration: \(text)"])
    }

    @Test func `a configuration as kubeadm writes it is read strictly`() {
        let json: JSONValue = [
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "authentication": [
                "anonymous": ["enabled": false], "webhook": ["cacheTTL": "0s", "enabled": true],
            ],
            "cgroupDriver": "systemd", "clusterDNS": ["10.96.0.10"], "clusterDomain": "cluster.local",
            "evictionHard": ["memory.available": "200Mi", "nodefs.available": "10%"], "healthzPort": 10248,
            "imageMinimumGCAge": "0s", "kubeReserved": ["cpu": "200m"], "logging": ["verbosity": 0],
            "memorySwap": [:], "nodeStatusReportFrequency": "0s", "rotateCertificates": true,
            "shutdownGracePeriod": "0s", "staticPodPath": "/etc/kubernetes/manifests", "maxPods": 50,
        ]
        var decoder = APIDecoder()
        let configuration = KubeletConfiguration.decode(json, &decoder)
        #expect(decoder.problems.isEmpty)
        #expect(configuration?.maxPods == 50)
        #expect(configuration?.evictionHard["memory.available"] == "200Mi")
        decoder = APIDecoder()
        _ = KubeletConfiguration.decode(["maxpods": 50], &decoder)
        #expect(decoder.problems.map(\.kind) == [.unknownField(nearest: "maxPods")])
    }

    @Test func `the longest restart pause can be lowered`() throws {
        var configuration = KubeletConfiguration()
        configuration.crashLoopBackOff = CrashLoopBackOffConfig()
        configuration.crashLoopBackOff?.maxContainerRestartPeriod = GoDuration(.seconds(4))
        var bench = try Bench(configuration: configuration)
        try bench.node()
        try bench.bind(.named("p", ["run-time": "0s", "exit-code": "1"]))
        bench.run(to: 60)
        let starts = bench.times("Started")
        let waits = zip(starts.dropFirst(), starts).map { $0 - $1 - 0.15 }
        #expect(close(Array(waits[1..<4]), [4, 4, 4]))
    }

    @Test(arguments: [
        ("300m", Load.constant(300)),
        ("100m..500m/10m", .wave(low: 100, high: 500, period: .minutes(10), shift: .zero)),
        ("100m->1/5m", .ramp(from: 100, to: 1000, over: .minutes(5))),
    ])
    func `a load is read`(text: String, load: Load) { #expect(Load(text, amount: \.milliValue) == load) }

    @Test(arguments: ["", "x", "1m..", "5m..1m", "1m/5m", "1m->2m/0s"])
    func `what is no load is not read`(text: String) { #expect(Load(text, amount: \.milliValue) == nil) }

    @Test func `a load crosses its limit when it says`() {
        let wave = Load.wave(low: 0, high: 100, period: .seconds(100), shift: .zero)
        let crossing = wave.firstAbove(60, from: .start, startedAt: .start)!
        #expect(wave.value(at: crossing, startedAt: .start) > 60)
        #expect(wave.value(at: crossing - .milliseconds(2), startedAt: .start) <= 60)
        #expect(wave.firstAbove(100, from: .start, startedAt: .start) == nil)
        let ramp = Load.ramp(from: 0, to: 100, over: .seconds(100))
        #expect(ramp.firstAbove(60, from: .start, startedAt: .start)! - .start - .seconds(60) < .seconds(1.1))
    }
}
