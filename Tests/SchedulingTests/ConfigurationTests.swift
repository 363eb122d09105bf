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
}
