import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@testable import Kubelets

/// Random pods of two containers on a node, under serial, limited and unlimited pulls: invariants 2 to 6 of `pod-startup.md`.
@Suite struct StartupInvariantTests {
    @Test(arguments: [1, 3, nil] as [Int?], 0..<6 as Range<UInt64>)
    func `pulls and containers keep their order`(limit: Int?, seed: UInt64) throws {
        var random = SeededRandom(seed: seed, stream: "startup \(limit ?? 0)")
        var configuration = KubeletConfiguration()
        configuration.serializeImagePulls = limit == 1
        if limit != 1 { configuration.maxParallelImagePulls = limit }
        (configuration.registryPullQPS, configuration.registryBurst) = (50, 100)
        var bench = try Bench(configuration: configuration)
        try bench.node(cpu: "64", memory: "256Gi")
        let images = (0..<8).map { "image-\($0):1" } + ["does-not-exist:1"]
        var order: [String: [String]] = [:]
        var most = 0
        func look(_ bench: Bench) { most = max(most, bench.fleet.activity(node: "n1", in: bench.cluster)!.pulls.count { $0.began != nil }) }
        for i in 0..<14 {
            let name = "p\(i)"
            let first = random.below(8)
            let pair = [images[first], images[random.below(10) == 0 ? 8 : (first + 1 + random.below(7)) % 8]]
            order[name] = pair
            try bench.bind(
                Pod.named(name, containers: ["a", "b"], ["image-pull-time": "\(1 + random.below(9))s"]).with {
                    for k in 0..<2 { $0.spec.containers[k].image = pair[k] }
                })
            bench.run(to: bench.cluster.now.sinceStart.seconds + Double(random.below(4)), watching: look)
        }
        bench.run(to: 200, watching: look)
        // 2.
        #expect(most <= limit ?? 100)

        var onNode: Set<String> = []
        var open: Set<String> = []
        var started: [String: Int] = [:]
        for event in bench.cluster.eventLog.events where event.kind == "Pod" {
            let pod = event.object.name
            let image = event.message.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
            let pull = "\(pod) \(image)"
            // 5. The second container is not touched before the first has started.
            if image == order[pod]?[1], image != order[pod]?[0] { #expect(started[pod, default: 0] >= 1, "\(event.message)") }
            switch event.reason {
            case "Pulling":
                // 4 and 6.
                #expect(open.insert(pull).inserted, "\(pull) is pulled twice at a time")
                #expect(!onNode.contains(image), "\(image) is there already")
            case "Pulled" where event.message.hasPrefix("Successfully pulled"):
                #expect(open.remove(pull) != nil, "\(pull) ended without a begin")
                // 3. Of the two times the second has the waiting in it.
                let times = event.message.matches(of: #/([0-9.]+m?s)/#).prefix(2).map { Self.seconds(String($0.output.1)) }
                #expect(times.count == 2 && times[1] >= times[0], "\(event.message)")
            case "Pulled": #expect(event.message.contains("already present"))
            case "Failed" where event.message.hasPrefix("Failed to pull"): #expect(open.remove(pull) != nil, "\(pull) failed without a begin")
            case "Started": started[pod, default: 0] += 1
            default: break
            }
            // Pods that had begun to pull it before wait for the same pull, or for their own.
            if event.reason == "Pulled", open.allSatisfy({ !$0.hasSuffix(" \(image)") }) { onNode.insert(image) }
        }
        // Of a pod whose image never comes, the recorder drops some.
        if bench.fleet.activity(node: "n1", in: bench.cluster)!.droppedEvents == 0 { #expect(open.isEmpty, "a pull never ended") }
        #expect(started.values.reduce(0, +) > 20)
    }

    private static func seconds(_ text: String) -> Double {
        text.hasSuffix("ms") ? Double(text.dropLast(2))! / 1000 : Double(text.dropLast())!
    }
}
