import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// The worked scenarios of `pod-startup.md` §9 that concern images, probes and CPU limits.
@Suite struct StartupTests {
    /// Three pods with images of 30, 10 and 10 s; when each was pulled, after the first began.
    private func pulls(_ configuration: KubeletConfiguration) throws -> (times: [Double], last: String) {
        var bench = try Bench(configuration: configuration)
        try bench.node()
        for (name, time) in [("a", "30s"), ("b", "10s"), ("c", "10s")] {
            try bench.bind(
                Pod.named(name, ["image-pull-time": time]).with { $0.spec.containers[0].image = "\(name):1" })
        }
        bench.run(to: 120)
        let start = bench.times("Pulling", of: "a")[0]
        return (
            ["a", "b", "c"].map { bench.times("Pulled", of: $0)[0] - start },
            bench.events("Pulled", of: "c")[0].message
        )
    }

    @Test func `S1 serialized pulls wait for each other`() throws {
        let result = try pulls(KubeletConfiguration())
        #expect(close(result.times, [30, 40, 50]))
        #expect(
            result.last.hasPrefix(
                "Successfully pulled image \"c:1\" in 10s (50s including waiting). Image size: "))
    }

    @Test func `S2 two pulls run at once`() throws {
        var configuration = KubeletConfiguration()
        configuration.maxParallelImagePulls = 2
        #expect(close(try pulls(configuration).times, [30, 10, 20]))
    }

    @Test func `S3 without a limit all pulls run at once`() throws {
        var configuration = KubeletConfiguration()
        configuration.serializeImagePulls = false
        #expect(close(try pulls(configuration).times, [30, 10, 10]))
    }

    @Test func `S4 serialized pulls with a parallel limit are refused`() {
        var configuration = KubeletConfiguration()
        configuration.serializeImagePulls = true
        configuration.maxParallelImagePulls = 3
        #expect(
            configuration.validate(profile: .default) == [
                "invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls "
                    + "(--serialize-image-pulls) is set to false"
            ])
    }

    @Test func `S5 a parallel limit alone makes pulls parallel`() throws {
        var configuration = KubeletConfiguration()
        configuration.maxParallelImagePulls = 5
        #expect(close(try pulls(configuration).times, [30, 10, 10]))
        configuration.maxParallelImagePulls = 1
        #expect(close(try pulls(configuration).times, [30, 40, 50]))
    }

    @Test func `S6 a second pull of the same image only checks the manifest`() throws {
        var bench = try Bench()
        try bench.node()
        for name in ["a", "b"] { try bench.bind(.named(name, ["image-pull-time": "20s"])) }
        bench.run(to: 60)
        let start = bench.times("Pulling", of: "a")[0]
        #expect(close(bench.times("Pulling", of: "b"), [start]))
        #expect(
            close(
                bench.times("Pulled", of: "a") + bench.times("Pulled", of: "b"), [start + 20, start + 20.3]))
        #expect(bench.events("Pulled", of: "b")[0].message.contains("in 300ms (20.3s including waiting)"))
    }

    @Test func `an image that is there is not pulled`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named("a"))
        bench.run(to: 60)
        try bench.bind(.named("b"))
        bench.run(to: 90)
        #expect(bench.times("Pulling", of: "b").isEmpty)
        #expect(
            bench.events("Pulled", of: "b").map(\.message) == [
                "Container image \"app:1\" already present on machine and can be accessed by the pod"
            ])
    }

    @Test func `parallel pulls share the node's bandwidth`() throws {
        var configuration = KubeletConfiguration()
        configuration.serializeImagePulls = false
        var bench = try Bench(configuration: configuration)
        try bench.node()
        // Five pulls of 250 MB at 125/5 = 25 MB/s: 10 s, then 1.25 s to unpack and 0.3 s for the manifest.
        for name in ["a", "b", "c", "d", "e"] {
            try bench.bind(
                Pod.named(name, ["image-size": "250M"]).with { $0.spec.containers[0].image = "\(name):1" })
        }
        bench.run(to: 60)
        let start = bench.times("Pulling", of: "a")[0]
        #expect(close(["a", "e"].map { bench.times("Pulled", of: $0)[0] - start }, [11.55, 11.55]))
    }

    @Test func `S8 an image that is not in the registry is tried at 0, 10, 30, 70, 150, 310 seconds`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named().with { $0.spec.containers[0].image = "does-not-exist:1" })
        var reasons: [String] = []
        bench.run(to: 400) { bench in
            guard bench.has(), let reason = bench.pod().status.containerStatuses.first?.state.waiting?.reason
            else { return }
            if reasons.last != reason { reasons.append(reason) }
        }
        let times = bench.times("Pulling")
        #expect(close(times.map { $0 - times[0] }, [0, 10, 30, 70, 150, 310]))
        #expect(
            Array(reasons.prefix(5)) == [
                "ContainerCreating", "ErrImagePull", "ImagePullBackOff", "ErrImagePull", "ImagePullBackOff",
            ])
        #expect(
            bench.container().state.waiting?.message.hasPrefix(
                "Back-off pulling image \"does-not-exist:1\": ErrImagePull: rpc error: code = NotFound")
                == true)
    }

    @Test func `S15 a liveness probe kills a program that its CPU limit keeps from starting`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["startup-work": "10", "stop-time": "0s"]).resources(cpu: "100m", cpuLimit: "100m")
                .with {
                    $0.spec.containers[0].livenessProbe = .http(period: 10, threshold: 3)
                })
        var waits = false
        bench.run(to: 600) { bench in
            waits = waits || bench.pod().status.containerStatuses.first?.state.waiting?.reason == "CrashLoopBackOff"
        }
        let start = bench.times("Started")[0]
        #expect((20...30).contains(bench.times("Killing")[0] - start))
        #expect(bench.container().restartCount > 2)
        // It gets so far that the back-off holds it; of the event, the recorder may have dropped it.
        #expect(waits)
    }

    @Test func `S16 a startup probe and a higher limit let it start`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["startup-work": "10"]).resources(cpu: "1", cpuLimit: "1").with {
                $0.spec.containers[0].livenessProbe = .http(period: 10, threshold: 3)
                $0.spec.containers[0].startupProbe = .http(period: 10, threshold: 30)
            })
        bench.run(to: 600)
        let start = bench.container().state.running!.startedAt!
        // Its work takes 10 s; the next tick of the probe finds it done.
        #expect((.seconds(10)...(.seconds(20))).contains(bench.pod().status.conditions["Ready"]!.lastTransitionTime! - start))
        #expect(bench.container().restartCount == 0)
    }

    /// Seconds from the start of the container until it answers, found by probing each second.
    private func answers(_ work: String, _ threads: Int, _ limit: String?) throws -> Double {
        var bench = try Bench()
        try bench.node(cpu: "8")
        try bench.bind(
            Pod.named("p", ["startup-work": work, "threads": "\(threads)"]).resources(
                cpu: "100m", cpuLimit: limit
            ).with { $0.spec.containers[0].readinessProbe = .http(period: 1) })
        bench.run(to: 300)
        return
            (bench.pod().status.conditions["Ready"]!.lastTransitionTime! - bench.container().state.running!
            .startedAt!).seconds
    }

    @Test(arguments: [
        ("10", 1, "100m", 100.0), ("10", 1, "500m", 20), ("10", 1, "1", 10), ("10", 4, "2", 5),
        ("4", 2, "250m", 16),
    ])
    func `start-up work takes as long as the CPU limit makes it`(
        work: String, threads: Int, limit: String, seconds: Double
    ) throws {
        #expect(try answers(work, threads, limit) == seconds)
    }

    @Test func `S18 raising the limit speeds up what is left`() throws {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(
            Pod.named("p", ["startup-work": "10"]).resources(cpu: "100m", cpuLimit: "250m").with {
                $0.spec.containers[0].readinessProbe = .http(period: 1)
            })
        bench.run(to: 20)
        let start = bench.container().state.running!.startedAt!
        // The kubelet hears of it after 10 ms and writes it within 50 ms.
        bench.run(to: (start.sinceStart + .milliseconds(9940)).seconds)
        #expect(!bench.pod().isReady)
        try bench.cluster.resize(pod: key, containers: [.init("c", limits: ["cpu": Quantity("1")!])])
        bench.run(to: 60)
        // 2.5 s of work are done by 10 s, the other 7.5 s take as long: the next probe sees it at 18 s.
        #expect((bench.pod().status.conditions["Ready"]!.lastTransitionTime! - start) == .seconds(18))
    }

    @Test func `a missing ConfigMap keeps the pod from being mounted until it is there`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named().with {
                var volume = Volume()
                volume.name = "config"
                volume.configMap = ConfigMapVolumeSource()
                volume.configMap?.name = "settings"
                $0.spec.volumes = [volume]
            })
        bench.run(to: 20)
        #expect(bench.container().state.waiting?.reason == "ContainerCreating")
        #expect(
            bench.events("FailedMount")[0].message
                == "MountVolume.SetUp failed for volume \"config\" : configmap \"settings\" not found")
        #expect(
            close(
                bench.times("FailedMount").map { $0 - bench.times("FailedMount")[0] },
                [0, 0.5, 1.5, 3.5, 7.5, 15.5]))
        var map = ConfigMap()
        map.metadata.name = "settings"
        map.metadata.namespace = "default"
        try bench.cluster.create(map)
        bench.run(to: 60)
        #expect(bench.pod().isReady)
    }

    @Test func `a missing Secret in the environment is a configuration error`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named(containers: ["c", "d"]).with {
                var source = EnvFromSource()
                source.secretRef = OptionalReference()
                source.secretRef?.name = "login"
                $0.spec.containers[0].envFrom = [source]
            })
        bench.run(to: 30)
        #expect(bench.container(0).state.waiting?.reason == "CreateContainerConfigError")
        #expect(bench.container(0).state.waiting?.message == "secret \"login\" not found")
        #expect(bench.events("Failed")[0].message == "Error: secret \"login\" not found")
        // The other container is not held up.
        #expect(bench.container(1).state.running != nil)
        #expect(bench.pod().status.phase == .pending)
    }

    @Test func `a claim that is not bound is waited for`() throws {
        var bench = try Bench()
        try bench.node()
        var claim = PersistentVolumeClaim()
        claim.metadata.name = "data"
        claim.metadata.namespace = "default"
        claim.spec.accessModes = ["ReadWriteOnce"]
        claim.spec.resources.requests["storage"] = Quantity("1Gi")!
        try bench.cluster.create(claim)
        try bench.bind(
            Pod.named().with {
                var volume = Volume()
                volume.name = "data"
                volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource()
                volume.persistentVolumeClaim?.claimName = "data"
                $0.spec.volumes = [volume]
            })
        bench.run(to: 30)
        #expect(bench.times("Pulling").isEmpty)
        bench.cluster.modify(PersistentVolumeClaim.self, claim.key) { $0.status.phase = "Bound" }
        bench.run(to: 60)
        #expect(bench.pod().isReady)
    }

    @Test func `the steps of a start are recorded without a gap`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named())
        bench.run(to: 60)
        let spans = bench.fleet.startup(of: bench.pod().metadata.uid)
        #expect(
            spans.map(\.stage) == [
                .scheduling, .watch, .setup, .volumes, .sandbox, .image, .create, .start, .application,
            ])
        for (a, b) in zip(spans, spans.dropFirst()) { #expect(a.end == b.begin) }
        #expect(spans.last?.container == "c")
        #expect(spans.last?.end == bench.pod().status.conditions["Ready"]?.lastTransitionTime)
    }
}
