import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// `pod-startup.md` §4 to §6: many pods at once, and what they ask of the API server.
@Suite struct BurstTests {
    @Test(arguments: [(10, 0.0, 0.0), (50, 8, 0), (110, 20, 0.2), (350, 68, 5), (625, 123, 10.5), (1000, 198, 18)])
    func `the last of so many requests begins when the table says`(count: Int, old: Double, new: Double) {
        for (qps, burst, seconds) in [(5, 10, old), (50, 100, new)] {
            var bucket = TokenBucket(qps: qps, burst: burst)
            var last = Instant.start
            for _ in 0..<count { last = bucket.reserve(at: .start) }
            #expect(last.sinceStart.seconds == seconds)
        }
    }

    @Test func `in no window begin more requests than burst and rate allow, and in their order`() {
        var random = SeededRandom(seed: 3, stream: "test")
        for _ in 0..<20 {
            let (qps, burst) = (1 + random.below(60), 1 + random.below(100))
            var bucket = TokenBucket(qps: qps, burst: burst)
            var now = Instant.start
            var starts: [Instant] = []
            for _ in 0..<400 {
                if random.below(3) == 0 { now = now + .milliseconds(random.below(400)) }
                #expect(bucket.tokens(at: now) <= Double(burst))
                starts.append(bucket.reserve(at: now))
                #expect(starts.last! >= now)
            }
            #expect(zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 })
            for (i, first) in starts.enumerated() {
                for j in stride(from: i, to: starts.count, by: 17) {
                    let allowed = Double(burst) + Double(qps) * (starts[j] - first).seconds + 1e-6
                    #expect(Double(j - i + 1) <= allowed)
                }
            }
        }
    }

    /// Sixty pods at once on one node, each with two ConfigMaps and eight Secrets of its own.
    private func burst(_ minor: Int, _ configuration: KubeletConfiguration = .init()) throws -> Bench {
        var bench = try Bench(minor, configuration: configuration)
        try bench.node(cpu: "64", memory: "256Gi")
        bench.run(to: 1)
        for i in 0..<60 {
            var pod = Pod.named("p\(i)", ["image-pull-time": "100ms"])
            for v in 0..<10 {
                var volume = Volume()
                volume.name = "v\(v)"
                if v < 2 {
                    var map = ConfigMap()
                    (map.metadata.name, map.metadata.namespace) = ("p\(i)-\(v)", "default")
                    try bench.cluster.create(map)
                    volume.configMap = ConfigMapVolumeSource()
                    volume.configMap?.name = map.metadata.name
                } else {
                    var secret = Secret()
                    (secret.metadata.name, secret.metadata.namespace) = ("p\(i)-\(v)", "default")
                    try bench.cluster.create(secret)
                    volume.secret = SecretVolumeSource()
                    volume.secret?.secretName = secret.metadata.name
                }
                pod.spec.volumes.append(volume)
            }
            try bench.bind(pod)
        }
        bench.run(to: 400)
        return bench
    }
    private func timeouts(_ bench: Bench) -> [ToldEvent] {
        bench.cluster.eventLog.events.filter { $0.reason == "FailedMount" && $0.message.contains("Unable to attach or mount volumes") }
    }

    @Test func `S9 with 5 requests a second a burst of pods runs into the mount timeout, with 50 it does not`() throws {
        let old = try burst(26)
        // All but the first half of the pods have their next try after the worker's patience.
        let gaveUp = old.fleet.activity(node: "n1", in: old.cluster)!.mountTimeouts
        #expect((20...40).contains(gaveUp), "\(gaveUp)")
        // Of the events, those that the recorder neither dropped nor combined.
        #expect((1...gaveUp).contains(timeouts(old).count), "\(timeouts(old).count)")
        let message = try #require(timeouts(old).first).message
        #expect(message.contains("unmounted volumes=[") && message.hasSuffix("unattached volumes=[]: timed out waiting for the condition"))
        // The calls for the volumes, and two for each status.
        let activity = old.fleet.activity(node: "n1", in: old.cluster)!
        #expect(activity.calls >= 661 && activity.callsWaited >= 651)
        #expect(old.cluster.store.pods.all.allSatisfy { $0.isReady })
        let new = try burst(27)
        #expect(timeouts(new).isEmpty)
        #expect(new.cluster.store.pods.all.allSatisfy { $0.isReady })
        var configuration = KubeletConfiguration()
        (configuration.kubeAPIQPS, configuration.kubeAPIBurst) = (50, 100)
        #expect(timeouts(try burst(26, configuration)).isEmpty)
        // Heartbeats have a client of their own.
        #expect(old.cluster.leaseRenewals["n1"]! > .start + .seconds(380))
    }

    @Test func `S10 from 1_36 on the timeout tells no event`() throws {
        func missing(_ minor: Int) throws -> Bench {
            var bench = try Bench(minor)
            try bench.node()
            var volume = Volume()
            volume.name = "v"
            volume.secret = SecretVolumeSource()
            volume.secret?.secretName = "none"
            try bench.bind(Pod.named("p").with { $0.spec.volumes = [volume] })
            bench.run(to: 300)
            #expect(bench.fleet.activity(node: "n1", in: bench.cluster)!.mountTimeouts == 2)
            #expect(bench.events("FailedMount").contains { $0.message.hasPrefix("MountVolume.SetUp failed for volume") })
            return bench
        }
        #expect(timeouts(try missing(36)).isEmpty)
        #expect(timeouts(try missing(35)).count == 2)
    }

    @Test func `S11 a Secret that comes after 40 seconds is mounted at the try after 70`() throws {
        var latencies = KubeletLatencies()
        latencies.apiLatency = .seconds(40)
        var bench = try Bench(27, latencies: latencies)
        try bench.node()
        var secret = Secret()
        (secret.metadata.name, secret.metadata.namespace) = ("login", "default")
        try bench.cluster.create(secret)
        try bench.bind(
            Pod.named().with {
                var volume = Volume()
                volume.name = "login"
                volume.secret = SecretVolumeSource()
                volume.secret?.secretName = "login"
                $0.spec.volumes = [volume]
                $0.spec.automountServiceAccountToken = false
            })
        bench.run(to: 200)
        let spans = bench.fleet.startup(of: bench.pod().metadata.uid)
        let volumes = spans.first { $0.stage == .volumes }!
        #expect(
            close(
                bench.times("FailedMount").map { $0 - volumes.begin.sinceStart.seconds },
                [1, 2.5, 4.5, 7.5, 12.5, 21.5, 38.5]))
        #expect(
            bench.events("FailedMount")[0].message
                == "MountVolume.SetUp failed for volume \"login\" : failed to sync secret cache: timed out waiting for the condition")
        let mounted = (volumes.end! - volumes.begin).seconds
        #expect((70.5...71.6).contains(mounted))
        let tokens = spans.first { $0.stage == .tokens }
        #expect(tokens == nil || tokens!.end! - tokens!.begin == .seconds(40))
    }

    @Test func `what waits for tokens can be seen while it does`() throws {
        var configuration = KubeletConfiguration()
        (configuration.kubeAPIQPS, configuration.kubeAPIBurst) = (1, 2)
        var bench = try Bench(27, configuration: configuration)
        try bench.node()
        for i in 0..<5 { try bench.bind(.named("p\(i)")) }
        bench.run(to: 3)
        let activity = bench.fleet.activity(node: "n1", in: bench.cluster)!
        #expect(activity.api.qps == 1 && activity.api.burst == 2)
        #expect(activity.api.tokens < 0)
        #expect(activity.waitingCalls.contains { $0.request == "POST serviceaccounts/token" })
        #expect(activity.waitingCalls.map(\.began) == activity.waitingCalls.map(\.began).sorted())
        #expect(!activity.unsentStatuses.isEmpty)
        bench.run(to: 200)
        let after = bench.fleet.activity(node: "n1", in: bench.cluster)!
        #expect(after.waitingCalls.isEmpty && after.unsentStatuses.isEmpty)
        #expect(after.api.tokens == 2)
        #expect(bench.cluster.store.pods.all.allSatisfy { $0.isReady })
    }

    @Test func `an event waits for its token and keeps its time`() throws {
        var configuration = KubeletConfiguration()
        (configuration.eventRecordQPS, configuration.eventBurst) = (1, 1)
        var bench = try Bench(configuration: configuration)
        try bench.node()
        bench.run(to: 60)
        try bench.bind(.named())
        bench.run(to: 120)
        let told = bench.cluster.eventLog.events.filter { $0.object.name == "p" }
        #expect(told.map(\.reason) == ["Pulling", "Pulled", "Created", "Started"])
        #expect(told[3].time - told[2].time >= .milliseconds(850))
        let started = bench.cluster.store.events.all.first { $0.reason == "Started" }!
        #expect(started.lastTimestamp == bench.container().state.running!.startedAt)
    }
}
