// KubeSchedulerConfiguration: what it changes, and what is wrong with it.

import ControlPlane
import KubernetesAPI
import Scheduling
import Testing

@Suite struct ConfigurationTests {
    private func read(_ json: JSONValue) -> SchedulerConfiguration {
        var decoder = APIDecoder()
        let configuration = SchedulerConfiguration.decode(json, &decoder)!
        #expect(decoder.problems.isEmpty)
        return configuration
    }

    @Test func `a disabled filter no longer refuses, and weights change scores`() {
        let configuration = read([
            "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
            "profiles": [
                [
                    "schedulerName": "default-scheduler",
                    "plugins": [
                        "filter": ["disabled": [["name": "NodeResourcesFit"]]],
                        "multiPoint": ["enabled": [["name": "TaintToleration", "weight": 7]]],
                        "score": ["disabled": [["name": "ImageLocality"]]],
                    ],
                ]
            ],
        ])
        #expect(configuration.validate(for: .default).isEmpty)
        var bench = Bench()
        bench.node("a", cpu: "1")
        bench.pod("p", cpu: "2")
        let decision = decide(cluster: bench.cluster, order: .file, configuration: configuration)[0]
        #expect(decision.winner == "a")
        #expect(
            decision.scorePlugins.first == "TaintToleration"
                && !decision.scorePlugins.contains("ImageLocality"))
        #expect(decision.nodes[0].scores[0] == 700)
    }

    @Test func `what is wrong is said in the words of kube-scheduler`() {
        let configuration = read([
            "percentageOfNodesToScore": 101, "podInitialBackoffSeconds": 5, "podMaxBackoffSeconds": 2,
            "profiles": [
                [
                    "schedulerName": "x", "plugins": ["filter": ["enabled": [["name": "Nonsense"]]]],
                    "pluginConfig": [
                        [
                            "name": "PodTopologySpread",
                            "args": [
                                "defaultingType": "System",
                                "defaultConstraints": [
                                    [
                                        "maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "",
                                        "labelSelector": [:],
                                    ]
                                ],
                            ],
                        ]
                    ],
                ],
                ["schedulerName": "x"],
            ],
        ])
        #expect(
            configuration.validate(for: .default).map(\.message) == [
                "profiles[0].plugins.filter.enabled[0]: Invalid value: \"Nonsense\": filter plugin \"Nonsense\" does not exist",
                "profiles[0].pluginConfig[0].args.defaultingType: Invalid value: \"System\": when .defaultConstraints are not empty",
                "profiles[0].pluginConfig[0].args.defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)",
                "profiles[0].pluginConfig[0].args.defaultConstraints[0].topologyKey: Required value: can not be empty",
                "profiles[0].pluginConfig[0].args.defaultConstraints[0].whenUnsatisfiable: Required value: can not be empty",
                "profiles[0].pluginConfig[0].args.defaultConstraints[0].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod",
                "profiles[1].schedulerName: Duplicate value: \"x\"",
                "percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]",
                "podMaxBackoffSeconds: Invalid value: 2: must be greater than or equal to PodInitialBackoffSeconds",
            ])
    }

    // MARK: Arguments of plugins

    /// What `plugin` gives the node `a` for a pod of 1 CPU, 1Gi and 2 GPUs: 4 CPU, 8Gi and 4 GPUs, of which 2 CPU, 2Gi and 1 GPU are used.
    private func score(_ plugin: String, _ args: JSONValue, minor: Int = 36) -> Int? {
        let configuration = read(["profiles": [["pluginConfig": [["name": .string(plugin), "args": args]]]]])
        #expect(configuration.validate(for: KubernetesProfile(minor: minor)).isEmpty)
        var bench = Bench(minor: minor)
        bench.node("a", cpu: "4", memory: "8Gi") { $0.status.allocatable["example.com/gpu"] = Quantity(4) }
        bench.pod("used", cpu: "2", memory: "2Gi", on: "a") { $0.ask(forGPUs: 1) }
        bench.pod("p", cpu: "1", memory: "1Gi") { $0.ask(forGPUs: 2) }
        let decision = decide(cluster: bench.cluster, order: .file, configuration: configuration)[0]
        return decision.scorePlugins.firstIndex(of: plugin).map { decision.nodes[0].scores[$0] }
    }
    private func strategy(_ type: String, _ resources: JSONValue = [], shape: JSONValue? = nil) -> JSONValue {
        var strategy: JSONValue = ["type": .string(type), "resources": resources]
        if let shape { strategy["requestedToCapacityRatio"] = ["shape": shape] }
        return ["scoringStrategy": strategy]
    }

    @Test func `nodes are ranked by the scoring strategy and the resources that are asked for`() {
        #expect(score("NodeResourcesFit", [:]) == (25 + 62) / 2)
        #expect(score("NodeResourcesFit", strategy("LeastAllocated")) == (25 + 62) / 2)
        #expect(score("NodeResourcesFit", strategy("MostAllocated", [["name": "cpu", "weight": 3], ["name": "memory", "weight": 1]])) == (75 * 3 + 37) / 4)
        // Without a weight it is 1; what no node has does not count.
        #expect(score("NodeResourcesFit", strategy("MostAllocated", [["name": "example.com/gpu"], ["name": "example.com/none"]])) == 75)
        let rising: JSONValue = [["utilization": 0, "score": 0], ["utilization": 100, "score": 10]]
        let falling: JSONValue = [["utilization": 0, "score": 10], ["utilization": 100, "score": 0]]
        #expect(score("NodeResourcesFit", strategy("RequestedToCapacityRatio", shape: rising)) == 56)
        #expect(score("NodeResourcesFit", strategy("RequestedToCapacityRatio", shape: falling)) == 44)
    }

    @Test func `the balance is that of the resources that are asked for`() {
        let three: JSONValue = ["resources": [["name": "cpu", "weight": 1], ["name": "memory", "weight": 1], ["name": "example.com/gpu", "weight": 1]]]
        // Shares of 75, 37.5 and 75 % with the pod, of 50, 25 and 25 % without.
        #expect(score("NodeResourcesBalancedAllocation", three, minor: 35) == 82)
        #expect(score("NodeResourcesBalancedAllocation", three, minor: 36) == 50 + (50 + 82 - 88) / 2)
        #expect(score("NodeResourcesBalancedAllocation", ["resources": [["name": "cpu"]]], minor: 35) == 100)
    }

    @Test func `an extended resource can be left to others, and nodes can be asked for by all pods of a profile`() {
        var bench = Bench()
        bench.node("a")
        bench.node("b") { $0.metadata.labels["pool"] = "batch" }
        bench.pod("p") { $0.ask(forGPUs: 1) }
        func decision(_ plugin: String, _ args: JSONValue) -> Explanation {
            let configuration = read(["profiles": [["pluginConfig": [["name": .string(plugin), "args": args]]]]])
            #expect(configuration.validate(for: .default).isEmpty)
            return decide(cluster: bench.cluster, order: .file, configuration: configuration)[0]
        }
        #expect(decision("NodeResourcesFit", [:]).winner == nil)
        #expect(decision("NodeResourcesFit", ["ignoredResources": ["example.com/gpu"]]).winner != nil)
        #expect(decision("NodeResourcesFit", ["ignoredResourceGroups": ["example.com"]]).winner != nil)
        #expect(decision("NodeResourcesFit", ["ignoredResourceGroups": ["other.com"]]).winner == nil)
        _ = try! bench.cluster.delete(Pod.self, bench.stored("p").key)
        bench.pod("q")
        let batch: JSONValue = ["matchExpressions": [["key": "pool", "operator": "In", "values": ["batch"]]]]
        let wanted = decision("NodeAffinity", ["addedAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": [batch]]]])
        #expect(wanted.winner == "b" && wanted.nodes[0].refusal?.reasons == ["node(s) didn't match scheduler-enforced node affinity"])
        let liked = decision(
            "NodeAffinity", ["addedAffinity": ["preferredDuringSchedulingIgnoredDuringExecution": [["weight": 100, "preference": batch]]]])
        #expect(liked.winner == "b")
    }

    @Test func `what is wrong with arguments is said in the words of kube-scheduler`() {
        func errors(_ plugin: String, _ args: JSONValue) -> [String] {
            let configuration = read(["profiles": [["pluginConfig": [["name": .string(plugin), "args": args]]]]])
            return configuration.validate(for: .default).map { $0.message.replacing("profiles[0].pluginConfig[0].args.", with: "") }
        }
        #expect(
            errors("NodeResourcesFit", strategy("Best", [["name": "cpu", "weight": 101]])) == [
                "scoringStrategy.type: Unsupported value: \"Best\": supported values: \"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\"",
                "scoringStrategy.resources[0].weight: Invalid value: 101: resource weight of cpu not in valid range (0, 100]",
            ])
        #expect(errors("NodeResourcesFit", ["ignoredResourceGroups": ["a/b"]]).first?.hasSuffix("resource group name can't contain '/'") == true)
        #expect(
            errors("NodeResourcesFit", strategy("RequestedToCapacityRatio"))
                == ["scoringStrategy.shape: Required value: at least one point must be specified"])
        #expect(errors("NodeResourcesBalancedAllocation", ["resources": [["name": "cpu", "weight": 2]]]).count == 1)
        #expect(errors("NodeAffinity", ["addedAffinity": [:]]).count == 1)
    }
}

extension Pod {
    /// Extended resources are not overcommitted: the limit is the request.
    fileprivate mutating func ask(forGPUs count: Int64) {
        spec.containers[0].resources.requests["example.com/gpu"] = Quantity(count)
        spec.containers[0].resources.limits["example.com/gpu"] = Quantity(count)
    }
}
