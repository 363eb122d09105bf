import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// What ``SpreadView`` tells against what the scheduler says.
@Suite struct SpreadTruthTests {
    /// Two profiles: the first with listed defaults or the system's, the second without the spread filter.
    static func configuration(_ random: inout SeededRandom) -> SchedulerConfiguration {
        var configuration = SchedulerConfiguration()
        var first = SchedulerProfile()
        if random.below(3) > 0 {
            var config = SchedulerPluginConfig()
            config.name = "PodTopologySpread"
            config.args = [
                "defaultingType": "List",
                "defaultConstraints": [
                    ["maxSkew": .int(Int64(1 + random.below(2))), "topologyKey": .string(zoneKey), "whenUnsatisfiable": "DoNotSchedule"]
                ],
            ]
            first.pluginConfig = [config]
        }
        var second = SchedulerProfile()
        second.schedulerName = "lenient"
        second.plugins = SchedulerPlugins()
        second.plugins!.filter.disabled = [SchedulerPlugin("PodTopologySpread")]
        configuration.profiles = [first, second]
        return configuration
    }

    static func template(_ number: Int, _ random: inout SeededRandom) -> Pod {
        var pod = Pod()
        pod.metadata.namespace = "default"
        pod.metadata.labels = ["app": "app\(number)"]
        pod.metadata.ownerReferences = [owner(number)]
        var container = Container(name: "web", image: "web:1")
        container.resources.requests["cpu"] = Quantity(milli: Int64(200 + 300 * random.below(4)))
        pod.spec.containers = [container]
        if random.below(6) == 0 { pod.spec.schedulerName = "lenient" }
        let selector = LabelSelector(matchLabels: ["app": "app\(number)"])
        for key in [zoneKey, hostnameKey] where random.below(3) > 0 {
            pod.spec.topologySpreadConstraints.append(
                spread(key, 1 + random.below(3), hard: random.below(4) > 0, selector: selector) {
                    if $0.whenUnsatisfiable == "DoNotSchedule", random.below(3) == 0 { $0.minDomains = 2 + random.below(3) }
                    if random.below(3) == 0 { $0.nodeTaintsPolicy = "Honor" }
                    if random.below(4) == 0 { $0.nodeAffinityPolicy = "Ignore" }
                })
        }
        if random.below(4) == 0 { pod.spec.nodeSelector = ["disk": "fast"] }
        if random.below(5) == 0 {
            var port = ContainerPort()
            (port.containerPort, port.hostPort) = (80, 8080)
            pod.spec.containers[0].ports = [port]
        }
        if random.below(6) == 0 {
            var term = PodAffinityTerm()
            (term.labelSelector, term.topologyKey) = (LabelSelector(matchLabels: ["app": "app0"]), zoneKey)
            pod.spec.affinity = Affinity()
            if random.below(2) == 0 {
                pod.spec.affinity!.podAffinity = PodAffinity()
                pod.spec.affinity!.podAffinity!.required = [term]
            } else {
                pod.spec.affinity!.podAntiAffinity = PodAffinity()
                pod.spec.affinity!.podAntiAffinity!.required = [term]
            }
        }
        return pod
    }
    static func owner(_ number: Int) -> OwnerReference {
        var owner = OwnerReference()
        (owner.apiVersion, owner.kind, owner.name, owner.uid) = ("batch/v1", "Job", "t\(number)", "t\(number)")
        owner.controller = true
        return owner
    }

    private static var service: Service {
        var service = Service()
        service.metadata.name = "all"
        service.spec.selector = ["app": "app1"]
        var port = ServicePort()
        port.port = 80
        service.spec.ports = [port]
        return service
    }

    @Test func `one more is taken where the scheduler's filter lets a new pod in, and nowhere else`() {
        var compared: [Bool: Int] = [:]
        var (closedByRule, defaults, unenforced) = (0, 0, 0)
        for seed in 0..<70 {
            var random = SeededRandom(seed: UInt64(seed), stream: "spread-truth")
            let configuration = Self.configuration(&random)
            var bench = Bench(seed: UInt64(seed), configuration: configuration)
            let zones = ["a", "b", "c", "d"].prefix(2 + random.below(3))
            let count = 3 + random.below(7)
            for i in 0..<count {
                let zone = random.below(9) == 0 ? nil : zones[random.below(zones.count)]
                bench.node("n\(i)", cpu: ["1", "2", "8"][random.below(3)], zone: zone) { node in
                    if random.below(2) == 0 { node.metadata.labels["disk"] = "fast" }
                    if random.below(6) == 0 {
                        node.spec.unschedulable = true
                        node.spec.taints = [Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")]
                    } else if random.below(6) == 0 {
                        node.spec.taints = [Taint(key: "dedicated", effect: "NoSchedule")]
                    }
                }
            }
            try! bench.cluster.create(Self.service)
            let templates = (0..<3).map { Self.template($0, &random) }
            for (number, template) in templates.enumerated() {
                for i in 0..<random.below(7) {
                    // Some were put on a node by hand, whatever the rules; the others are placed, or wait.
                    let node = random.below(3) == 0 ? "n\(random.below(count))" : ""
                    bench.pod("t\(number)-\(i)", labels: template.metadata.labels, on: node) {
                        ($0.spec, $0.metadata.ownerReferences) = (template.spec, template.metadata.ownerReferences)
                        $0.nodeName = node
                    }
                }
            }
            bench.run(.seconds(3))
            for group in SpreadView.groups(of: bench.cluster, configuration: configuration) {
                guard let number = group.owners.first.flatMap({ Int($0.name.dropFirst()) }), templates.indices.contains(number) else {
                    Issue.record("seed \(seed): \(group.label)")
                    return
                }
                var copy = bench
                let template = templates[number]
                copy.pod("fresh", labels: template.metadata.labels) {
                    ($0.spec, $0.metadata.ownerReferences) = (template.spec, template.metadata.ownerReferences)
                }
                let decision = decide(cluster: copy.cluster, order: .file, configuration: configuration, choose: { _ in nil })
                    .first { $0.pod.name == "fresh" }
                let feasible = Set((decision?.nodes ?? []).filter(\.isFeasible).map(\.node))
                let excluded = Set(group.excludedNodes.map(\.name))
                for domain in group.domains {
                    let takes = copy.cluster.store.nodes.all.contains { node in
                        node.metadata.labels[group.topologyKey] == domain.name && !excluded.contains(node.metadata.name)
                            && feasible.contains(node.metadata.name)
                    }
                    #expect(domain.takesOneMore == takes, "seed \(seed): \(group.label) \(domain.name), taking \(feasible.sorted())")
                    compared[takes, default: 0] += 1
                    if group.isHard, !domain.takesNext { closedByRule += 1 }
                    if !domain.takesNext, group.isHard, group.isEnforced { #expect(!domain.takesOneMore) }
                }
                if group.isDefault { defaults += 1 }
                if !group.isEnforced { unenforced += 1 }
                if let moves = group.movesToEven {
                    #expect(moves > 0 || !group.violatedNow, "seed \(seed): \(group.label) is violated, and 0 moves would make it even")
                }
            }
        }
        #expect(compared[true, default: 0] > 60 && compared[false, default: 0] > 60 && closedByRule > 20 && defaults > 5 && unenforced > 3)
    }

    @Test func `no move helps while domains are missing or closed`() {
        var bench = Bench()
        bench.zones(("a", 3), ("b", 3), carrying: [spread(zoneKey, 2) { $0.minDomains = 3 }])
        let missing = SpreadView.groups(of: bench.cluster)[0]
        #expect(missing.violatedNow && missing.minDomainsUnmet && missing.movesToEven == nil)

        for isCordoned in [false, true] {
            var owned = Bench()
            owned.node("a1", cpu: "64", zone: "a")
            owned.node("b1", cpu: "64", zone: "b") { $0.spec.unschedulable = isCordoned }
            for i in 0..<3 {
                owned.pod("p\(i)", on: "a1") {
                    $0.spec.topologySpreadConstraints = [spread(zoneKey, 1)]
                    $0.metadata.ownerReferences = [Self.owner(0)]
                }
            }
            #expect(SpreadView.groups(of: owned.cluster)[0].movesToEven == (isCordoned ? nil : 1))
        }
    }

    @Test func `pods have the defaults of the profile that their schedulerName names`() {
        var configuration = SpreadTests.listed
        var other = SchedulerProfile()
        other.schedulerName = "other"
        configuration.profiles.append(other)
        var bench = Bench(configuration: configuration)
        bench.zones(("a", 1), ("b", 0))
        bench.service()
        bench.pod("own", on: "b1") { $0.spec.schedulerName = "other" }
        let groups = SpreadView.groups(of: bench.cluster, configuration: configuration)
        #expect(groups.filter { $0.scheduler == "default-scheduler" }.map(\.maxSkew) == [1])
        #expect(groups.filter { $0.scheduler == "other" }.map(\.maxSkew) == [3, 5])
        #expect(groups.filter { $0.scheduler == "other" }.allSatisfy { !$0.isHard })
    }
}
