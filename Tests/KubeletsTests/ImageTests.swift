import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// `pod-startup.md` §2: policies, rate limit, failures, garbage collection, and what screens see of it.
@Suite struct ImageTests {
    private func image(_ name: String, _ image: String, _ annotations: StringMap<String> = [:]) -> Pod {
        Pod.named(name, annotations).with { $0.spec.containers[0].image = image }
    }
    private var login: LocalObjectReference {
        var reference = LocalObjectReference()
        reference.name = "login"
        return reference
    }
    private func activity(_ bench: Bench) -> NodeActivity { bench.fleet.activity(node: "n1", in: bench.cluster)! }

    @Test func `S7 more parallel pulls than the registry's rate allows fail and are tried again`() throws {
        var configuration = KubeletConfiguration()
        configuration.serializeImagePulls = false
        var bench = try Bench(configuration: configuration)
        try bench.node(cpu: "64", memory: "64Gi")
        bench.run(to: 60)
        for i in 0..<15 { try bench.bind(image("p\(i)", "i\(i):1", ["image-pull-time": "5s"])) }
        bench.run(to: 120)
        let failed = bench.cluster.eventLog.events.filter { $0.message.hasSuffix(": pull QPS exceeded") }
        #expect(failed.count == 5)
        for event in failed {
            let name = event.object.name
            let pulling = bench.times("Pulling", of: name)
            #expect(pulling.count == 2)
            #expect(pulling[1] - pulling[0] >= 10 && pulling[1] - pulling[0] < 12)
        }
        #expect(bench.cluster.store.pods.all.allSatisfy { $0.isReady })
        #expect(activity(bench).pastPulls.count { $0.error == "pull QPS exceeded" } == 5)
    }

    @Test func `a pod's containers have their images one after the other`() throws {
        var configuration = KubeletConfiguration()
        configuration.serializeImagePulls = false
        var bench = try Bench(configuration: configuration)
        try bench.node()
        try bench.bind(
            Pod.named(containers: ["a", "b"], ["image-pull-time": "5s"]).with {
                $0.spec.containers[0].image = "a:1"
                $0.spec.containers[1].image = "b:1"
            })
        bench.run(to: 60)
        #expect(bench.times("Pulling")[1] >= bench.times("Started")[0])
    }

    @Test func `each Pulling is followed by one Pulled or Failed, and no more pulls run than may`() throws {
        for limit in [1, 3] {
            var configuration = KubeletConfiguration()
            configuration.maxParallelImagePulls = limit
            configuration.registryPullQPS = 0
            var bench = try Bench(configuration: configuration)
            try bench.node(cpu: "64", memory: "64Gi")
            var random = SeededRandom(seed: 11, stream: "test")
            for i in 0..<30 {
                try bench.bind(
                    image("p\(i)", ["app:1", "web:2", "does-not-exist:1", "big:\(i)"][random.below(4)], ["image-size": "\(10 + random.below(300))M"]))
            }
            bench.run(to: 300) { bench in
                let running = activity(bench).pulls.filter { $0.began != nil }
                #expect(running.count <= limit)
            }
            for i in 0..<30 {
                let pulling = bench.times("Pulling", of: "p\(i)").count
                let ended =
                    bench.times("Pulled", of: "p\(i)").count
                    + bench.events("Failed", of: "p\(i)").count { $0.message.hasPrefix("Failed to pull") }
                let present = bench.events("Pulled", of: "p\(i)").count { $0.message.contains("already present") }
                #expect(pulling == ended - present)
            }
            for pull in activity(bench).pastPulls { #expect(pull.asked <= pull.began && pull.began <= pull.ended) }
        }
    }

    @Test func `what is pulled and waits can be seen with its progress`() throws {
        var bench = try Bench()
        try bench.node()
        for name in ["a", "b", "c"] { try bench.bind(image(name, "\(name):1", ["image-pull-time": "10s"])) }
        bench.run(to: 6)
        let pulls = activity(bench).pulls
        #expect(pulls.map(\.image) == ["a:1", "b:1", "c:1"])
        #expect(pulls.map { $0.began != nil } == [true, false, false])
        #expect(abs(pulls[0].progress - 0.54) < 0.05)
        #expect(pulls[0].end! - pulls[0].began! == .seconds(10))
        #expect(activity(bench).pullLimit == 1)
        bench.run(to: 60)
        let stages = bench.fleet.startup(of: bench.pod("c").metadata.uid).map(\.stage)
        #expect(stages == [.scheduling, .watch, .setup, .volumes, .sandbox, .imageQueue, .image, .create, .start, .application])
        #expect(activity(bench).images.map(\.name) == ["a:1", "b:1", "c:1"])
        #expect(activity(bench).images.allSatisfy { $0.isInUse })
        #expect(activity(bench).imageBytes == activity(bench).images.reduce(0) { $0 + $1.size })
    }

    @Test func `an image that must not be pulled and is not there is an error`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named().with { $0.spec.containers[0].imagePullPolicy = "Never" })
        bench.run(to: 5)
        let text = "Container image \"app:1\" is not present with pull policy of Never"
        #expect(bench.container().state.waiting?.reason == "ErrImageNeverPull")
        #expect(bench.events("ErrImageNeverPull").first?.message == text)
        #expect(bench.times("Pulling").isEmpty)
    }

    @Test func `with the policy Always a present image costs the check of its manifest`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(image("a", "app"))
        bench.run(to: 60)
        try bench.bind(image("b", "app"))
        bench.run(to: 90)
        #expect(bench.events("Pulled", of: "b")[0].message.hasPrefix("Successfully pulled image \"app\" in 300ms (300ms including waiting)"))
    }

    @Test func `another tag of a repository shares its layers`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(image("a", "app:1", ["image-size": "500M"]))
        bench.run(to: 60)
        try bench.bind(image("b", "app:2", ["image-size": "500M"]))
        bench.run(to: 120)
        let pulls = activity(bench).pastPulls.map { ($0.ended - $0.began).seconds }
        // 500 MB: 10 s to load, 2.5 s to unpack; of the second 40 %.
        #expect(close(pulls, [12.8, 5.3]))
    }

    @Test(arguments: [
        ("unavailable", 36, "RegistryUnavailable", "image pull failed for app:1 because the registry is unavailable: "),
        ("unavailable", 27, "RegistryUnavailable", "image pull failed for app:1 because the registry is unavailable."),
        ("bad-signature", 36, "SignatureValidationFailed", "image pull failed for app:1 because the signature validation failed: "),
        ("bad-signature", 27, "ErrImagePull", "rpc error: code = Unknown desc = SignatureValidationFailed"),
        ("denied", 36, "ErrImagePull", "rpc error: code = Unknown desc = failed to pull and unpack image \"app:1\""),
    ])
    func `a failure has its own reason`(failure: String, minor: Int, reason: String, message: String) throws {
        var bench = try Bench(minor)
        try bench.node()
        try bench.bind(.named("p", ["image-pull": failure]))
        var seen: [String] = []
        bench.run(to: 5) { bench in
            if let waiting = bench.pod().status.containerStatuses.first?.state.waiting, waiting.reason == reason { seen.append(waiting.message) }
        }
        #expect(seen.first?.hasPrefix(message) == true)
        #expect(bench.events("Failed").contains { $0.message == "Error: \(reason)" })
    }

    @Test(arguments: ["App:1", "a b", "app:", "/app", "shop//web:1"])
    func `a name that is none is told as such`(name: String) throws {
        var bench = try Bench()
        try bench.node()
        // The API server takes any name that is not empty.
        try bench.bind(image("p", name))
        bench.run(to: 5)
        #expect(bench.container().state.waiting?.reason == "InvalidImageName")
        #expect(bench.events("InspectFailed").first?.message.hasPrefix("Failed to apply default image tag \"\(name)\": ") == true)
        #expect(bench.events("Failed").first?.message == "Error: InvalidImageName")
    }

    @Test(arguments: ["app", "app:1", "docker.io/library/nginx:1.27", "localhost:5000/a/b:x", "registry.k8s.io/pause@sha256:0123", "ghcr.io/a-b/c_d.e"])
    func `a good name is taken`(name: String) throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(image("p", name))
        bench.run(to: 60)
        #expect(bench.pod().isReady)
    }

    @Test func `a missing pull secret is told and does not keep the pod`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named().with { $0.spec.imagePullSecrets = [login] })
        bench.run(to: 60)
        #expect(
            bench.events("FailedToRetrieveImagePullSecret").map(\.message) == [
                "Unable to retrieve some image pull secrets (login); attempting to pull the image may not succeed."
            ])
        #expect(bench.pod().isReady)
    }

    @Test func `an image pulled with a secret is checked again for a pod without it`() throws {
        func pulls(_ minor: Int) throws -> Int {
            var bench = try Bench(minor)
            try bench.node()
            var secret = Secret()
            (secret.metadata.name, secret.metadata.namespace) = ("login", "default")
            try bench.cluster.create(secret)
            try bench.bind(Pod.named("a").with { $0.spec.imagePullSecrets = [login] })
            bench.run(to: 60)
            try bench.bind(Pod.named("b").with { $0.spec.imagePullSecrets = [login] })
            try bench.bind(.named("c"))
            bench.run(to: 120)
            #expect(bench.times("Pulling", of: "b").isEmpty)
            return bench.times("Pulling", of: "c").count
        }
        let counts = [try pulls(36), try pulls(34)]
        #expect(counts == [1, 0])
    }

    /// A node with 100 GB on which images of 79 GB are in use, and of 4 and 3 GB are not.
    private func full(_ minor: Int = 36) throws -> Bench {
        var configuration = KubeletConfiguration()
        configuration.registryPullQPS = 0
        var bench = try Bench(minor, configuration: configuration)
        var node = Node()
        node.metadata.name = "n1"
        node.status.capacity = ["cpu": Quantity("64")!, "memory": Quantity("64Gi")!, "ephemeral-storage": Quantity("100G")!, "pods": Quantity(110)]
        try bench.cluster.create(node)
        bench.run(to: 1)
        for (name, size) in [("old", "4G"), ("new", "3G"), ("used", "79G")] {
            try bench.bind(image(name, "\(name):1", ["image-size": size, "image-pull-time": "1s"]))
            bench.run(to: bench.cluster.now.sinceStart.seconds + 20)
        }
        return bench
    }

    @Test func `S17 images that nobody uses go, the least recently used first, down to 80 percent`() throws {
        var bench = try full()
        for name in ["old", "new"] {
            try bench.cluster.delete(Pod.self, bench.pod(name).key)
            bench.run(to: bench.cluster.now.sinceStart.seconds + 20)
        }
        #expect(activity(bench).imageBytes == 86_000_000_000)
        bench.run(to: 310)
        #expect(activity(bench).images.map(\.name) == ["used:1"])
        #expect(bench.times("FreeDiskSpaceFailed", of: "n1").isEmpty)
    }

    @Test func `images in use are never deleted, and that it does not suffice is told`() throws {
        var bench = try full()
        bench.run(to: 310)
        #expect(activity(bench).images.count == 3)
        #expect(
            bench.events("FreeDiskSpaceFailed", of: "n1").map(\.message) == [
                "Insufficient free disk space on the node's image filesystem (86% of 93.1 GiB used). Failed to free sufficient space by "
                    + "deleting unused images (freed 0 bytes). Investigate disk usage, as it could be used by active images, logs, volumes, or other data."
            ])
        #expect(bench.times("ImageGCFailed", of: "n1").isEmpty)
        bench.run(to: 610)
        #expect(bench.times("ImageGCFailed", of: "n1").count == 1)
    }

    @Test func `an image younger than two minutes stays`() throws {
        var bench = try full()
        try bench.cluster.delete(Pod.self, bench.pod("old").key)
        bench.run(to: 250)
        try bench.bind(image("late", "late:1", ["image-size": "1G", "image-pull-time": "1s"]))
        bench.run(to: 260)
        try bench.cluster.delete(Pod.self, bench.pod("late").key, DeleteOptions(gracePeriodSeconds: 0))
        bench.run(to: 310)
        #expect(activity(bench).images.map(\.name) == ["late:1", "new:1", "used:1"])
    }

    @Test func `an unused image goes after its greatest age, if there is one`() throws {
        var configuration = KubeletConfiguration()
        configuration.imageMaximumGCAge = GoDuration(.minutes(20))
        var bench = try Bench(configuration: configuration)
        try bench.node()
        try bench.bind(.named("a"))
        bench.run(to: 60)
        try bench.cluster.delete(Pod.self, bench.pod("a").key)
        bench.run(to: 1200)
        #expect(activity(bench).images.count == 1)
        bench.run(to: 1810)
        #expect(activity(bench).images.isEmpty)
    }
}
