// Validation, rule by rule, with field paths and words.

import KubernetesAPI
import Testing

struct ValidationTests {
    /// The messages about `json` as a new object, after defaulting.
    static func create<O: KubernetesObject>(_ type: O.Type, _ json: JSONValue, minor: Int = 36) -> [String] {
        let object = DefaultingTests.defaulted(type, json, minor: minor)
        return Validation.create(object, profile: KubernetesProfile(minor: minor)).map(\.message)
    }
    /// The messages about a change of the object that `json` describes.
    static func update<O: KubernetesObject>(
        _ type: O.Type, _ json: JSONValue, minor: Int = 36, _ change: (inout O) -> Void
    ) -> [String] {
        let old = DefaultingTests.defaulted(type, json, minor: minor)
        var new = old
        change(&new)
        return Validation.update(new, old: old, profile: KubernetesProfile(minor: minor)).map(\.message)
    }
    static func pod(_ spec: JSONValue, name: JSONValue = "p", minor: Int = 36) -> [String] {
        var whole = spec
        if whole["containers"] == nil { whole["containers"] = [DefaultingTests.container] }
        return create(Pod.self, ["metadata": ["name": name], "spec": whole], minor: minor)
    }
    static func container(_ more: JSONValue, minor: Int = 36) -> [String] {
        var container = DefaultingTests.container
        for (key, value) in more.object!.members { container[key] = value }
        return pod(["containers": [container]], minor: minor)
    }

    // MARK: Names

    @Test(arguments: [
        ("a", true), ("a-b.c-d.9", true), ("A", false), ("-a", false), ("a-", false), ("a..b", false),
        (".a", false),
        ("a_b", false), ("ä", false), (String(repeating: "a", count: 253), true),
        (String(repeating: "a", count: 254), false),
    ])
    func `names of objects are DNS subdomains`(name: String, valid: Bool) {
        #expect(Self.pod([:], name: .string(name)).isEmpty == valid)
    }

    @Test func `namespaces, containers and services have stricter names`() {
        #expect(
            Self.create(Namespace.self, ["metadata": ["name": "a.b"]])
                == ["metadata.name: Invalid value: \"a.b\": must not contain dots"])
        #expect(
            Self.container(["name": "Main"])
                == [
                    "spec.containers[0].name: Invalid value: \"Main\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
                ])
        let service = Self.create(
            Service.self, ["metadata": ["name": "9_a"], "spec": ["ports": [["port": 80]]]])
        #expect(service.count == 1 && service[0].contains("a lowercase RFC 1123 label must consist of"))
        #expect(
            Self.create(
                CronJob.self,
                [
                    "metadata": ["name": .string(String(repeating: "a", count: 53))],
                    "spec": [
                        "schedule": "* * * * *",
                        "jobTemplate": [
                            "spec": [
                                "template": [
                                    "spec": [
                                        "restartPolicy": "Never", "containers": [DefaultingTests.container],
                                    ]
                                ]
                            ]
                        ],
                    ],
                ]) == [
                    "metadata.name: Invalid value: \"\(String(repeating: "a", count: 53))\": must be no more than 52 characters"
                ])
    }

    @Test(arguments: [
        ("app", 0), ("example.com/app", 0), ("a/b/c", 1), ("/app", 1), ("example.com/", 2), ("", 2),
        ("Example.com/x", 1),
        ("-x", 1), (String(repeating: "k", count: 64), 1),
    ])
    func `keys of labels are qualified names`(key: String, problems: Int) {
        let errors = Self.create(ConfigMap.self, ["metadata": ["name": "m", "labels": [key: "v"]]])
        #expect(errors.count == problems)
    }

    // MARK: Containers

    @Test func `probes have one action and sane numbers`() {
        #expect(
            Self.container(["livenessProbe": ["periodSeconds": -1, "successThreshold": 2]]) == [
                "spec.containers[0].livenessProbe: Required value: must specify a handler type",
                "spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
                "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
            ])
        #expect(
            Self.container(["readinessProbe": ["exec": ["command": ["a"]], "tcpSocket": ["port": "web"]]])
                == [
                    "spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"
                ])
        #expect(
            Self.container(["startupProbe": ["httpGet": ["port": 0]]])
                == [
                    "spec.containers[0].startupProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive"
                ])
    }

    @Test func `environment, ports and mounts are checked`() {
        #expect(
            Self.container([
                "env": [
                    ["name": ""], ["name": "A=B"],
                    ["name": "C", "value": "x", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]],
                ]
            ]) == [
                "spec.containers[0].env[0].name: Required value",
                "spec.containers[0].env[1].name: Invalid value: \"A=B\": a valid environment variable name must consist only of printable ASCII characters other than '='",
                "spec.containers[0].env[2].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
            ])
        #expect(Self.container(["env": [["name": "9-A"]]]).isEmpty)
        #expect(Self.container(["env": [["name": "9-A"]]], minor: 27).count == 1)
        #expect(
            Self.container([
                "ports": [
                    ["name": "web", "containerPort": 1],
                    ["name": "web", "containerPort": 2, "protocol": "HTTP"], ["containerPort": 0],
                ]
            ]) == [
                "spec.containers[0].ports[1].name: Duplicate value: \"web\"",
                "spec.containers[0].ports[1].protocol: Unsupported value: \"HTTP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
                "spec.containers[0].ports[2].containerPort: Required value",
            ])
        #expect(
            Self.pod([
                "volumes": [["name": "v"], ["name": "v", "emptyDir": [:], "configMap": ["name": "m"]]],
                "containers": [
                    [
                        "name": "c", "image": "i",
                        "volumeMounts": [
                            ["name": "v", "mountPath": "/a", "subPath": "../x"],
                            ["name": "v", "mountPath": "/a"],
                        ],
                    ]
                ],
            ]) == [
                "spec.volumes[1].configMap: Forbidden: may not specify more than 1 volume type",
                "spec.volumes[1].name: Duplicate value: \"v\"",
                "spec.containers[0].volumeMounts.subPath: Invalid value: \"../x\": must not contain '..'",
                "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique",
            ])
    }

    @Test func `only sidecars among init containers have probes`() {
        let probe: JSONValue = ["exec": ["command": ["a"]]]
        #expect(
            Self.pod(["initContainers": [["name": "i", "image": "i", "livenessProbe": probe]]])
                == [
                    "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"
                ])
        #expect(
            Self.pod([
                "initContainers": [
                    ["name": "i", "image": "i", "restartPolicy": "Always", "livenessProbe": probe]
                ]
            ]).isEmpty)
        #expect(
            Self.pod(["initContainers": [["name": "c", "image": "i"]]])
                == ["spec.initContainers[0].name: Duplicate value: \"c\""])
    }

    // MARK: Placement

    static func spread(_ constraint: JSONValue, minor: Int = 36) -> [String] {
        var whole: JSONValue = ["maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"]
        for (key, value) in constraint.object!.members { whole[key] = value }
        return pod(["topologySpreadConstraints": [whole]], minor: minor)
    }

    @Test func `a key in matchLabelKeys and selector clashes at the key before 1.34`() {
        let constraint: JSONValue = [
            "labelSelector": ["matchLabels": ["app": "a"]], "matchLabelKeys": ["app"],
        ]
        #expect(
            Self.spread(constraint, minor: 33)
                == [
                    "spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: \"app\": exists in both matchLabelKeys and labelSelector"
                ])
        // From 1.34 on it is found where the API server merged the label of a pod, and not otherwise.
        #expect(Self.spread(constraint).isEmpty)
    }

    @Test func `policies of a constraint are Honor or Ignore`() {
        #expect(
            Self.spread(["nodeTaintsPolicy": "X", "nodeAffinityPolicy": "Ignore"])
                == [
                    "spec.topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: \"X\": supported values: \"Honor\", \"Ignore\""
                ])
    }

    @Test func `comparing tolerations are unknown before 1.35`() {
        let tolerations: JSONValue = ["tolerations": [["key": "k", "operator": "Gt", "value": "5"]]]
        #expect(
            Self.pod(tolerations, minor: 34)
                == [
                    "spec.tolerations[0].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \"Exists\""
                ])
        #expect(
            Self.pod(["tolerations": [["operator": "Equal"], ["key": "k", "tolerationSeconds": 5]]]) == [
                "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
                "spec.tolerations[1].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` is set",
            ])
    }

    // MARK: Changes of pods

    static let simple: JSONValue = [
        "metadata": ["name": "p"],
        "spec": [
            "containers": [["name": "c", "image": "a", "resources": ["requests": ["cpu": "1"]]]],
            "tolerations": [["key": "k", "operator": "Exists"]],
        ],
    ]

    @Test func `image, deadline, labels and more tolerations may change`() {
        #expect(
            Self.update(Pod.self, Self.simple) { pod in
                pod.spec.containers[0].image = "b"
                pod.spec.activeDeadlineSeconds = 60
                pod.spec.tolerations.append(Toleration(key: "x", operator: "Exists"))
                pod.metadata.labels["new"] = "label"
            }.isEmpty)
    }

    @Test func `other fields may not change`() {
        let text =
            "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
        let moved = Self.update(Pod.self, Self.simple) { $0.nodeName = "n" }
        #expect(moved.count == 1 && moved[0].hasPrefix(text + "\n@@ -"), "\(moved)")
        let lines = """
            "NodeSelector": null,
              "ServiceAccountName": "",
              "AutomountServiceAccountToken": null,
            - "NodeName": "",
            + "NodeName": "n",
              "SecurityContext": {
               "HostNetwork": false,
               "HostPID": false,

            """
        #expect(moved.first?.hasSuffix(lines) == true, "\(moved)")
        // Two changes that are far from each other are two parts.
        let larger = Self.update(Pod.self, Self.simple) {
            $0.spec.containers[0].resources.requests["cpu"] = Quantity(2)
            $0.spec.schedulerName = "other"
        }
        #expect(larger.count == 1 && larger[0].hasPrefix(text) && larger[0].split(separator: "\n").count { $0.hasPrefix("@@ -") } == 2, "\(larger)")
        #expect(larger.first?.contains("\n+     \"cpu\": \"2\"") == true, "\(larger)")
        #expect(
            Self.update(Pod.self, Self.simple) { $0.spec.containers.append($0.spec.containers[0]) }.suffix(1)
                == ["spec.containers: Forbidden: pod updates may not add or remove containers"])
        #expect(
            Self.update(Pod.self, Self.simple) { $0.spec.tolerations = [] }
                == [
                    "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
                ])
        #expect(
            Self.update(Pod.self, Self.simple) { $0.spec.schedulingGates = [Self.gate("g")] }
                == [
                    "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"
                ])
    }
    static func gate(_ name: String) -> PodSchedulingGate {
        var gate = PodSchedulingGate()
        gate.name = name
        return gate
    }

    @Test func `a gated pod's node rules may be tightened, not loosened`() {
        var gated = Self.simple
        gated["spec"]!["schedulingGates"] = [["name": "g"]]
        gated["spec"]!["nodeSelector"] = ["disk": "ssd"]
        #expect(Self.update(Pod.self, gated) { $0.spec.nodeSelector["zone"] = "a" }.isEmpty)
        #expect(Self.update(Pod.self, gated) { $0.spec.schedulingGates = [] }.isEmpty)
        #expect(Self.update(Pod.self, gated) { $0.spec.nodeSelector["disk"] = "hdd" }.count == 1)
        #expect(Self.update(Pod.self, Self.simple) { $0.spec.nodeSelector["zone"] = "a" }.count == 1)
    }

    // MARK: Workloads

    static func workload(_ more: JSONValue) -> JSONValue {
        var spec: JSONValue = [
            "selector": ["matchLabels": ["app": "a"]],
            "template": [
                "metadata": ["labels": ["app": "a"]], "spec": ["containers": [DefaultingTests.container]],
            ],
        ]
        for (key, value) in more.object!.members { spec[key] = value }
        return ["metadata": ["name": "w"], "spec": spec]
    }

    @Test func `selectors of workloads are needed, match, and stay`() {
        #expect(
            Self.create(Deployment.self, Self.workload(["selector": .null])) == [
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`",
            ])
        #expect(
            Self.create(DaemonSet.self, Self.workload(["selector": [:]]))
                == ["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"])
        for error in [
            Self.create(ReplicaSet.self, Self.workload(["selector": ["matchLabels": ["app": "b"]]])),
            Self.create(StatefulSet.self, Self.workload(["selector": ["matchLabels": ["app": "b"]]])),
        ] {
            #expect(
                error == [
                    "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"
                ])
        }
        #expect(
            Self.update(DaemonSet.self, Self.workload([:])) {
                $0.spec.selector = LabelSelector(matchLabels: ["app": "b"])
                $0.spec.template.metadata.labels = ["app": "b"]
            } == ["spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable"])
    }

    @Test func `the template of a job stays, and is printed as the server holds it`() {
        let container: JSONValue = ["name": "c", "image": "i", "env": [["name": "A", "value": "b"]], "securityContext": ["privileged": false]]
        let spec: JSONValue = [
            "containers": [container], "restartPolicy": "Never", "hostNetwork": true, "volumes": [["name": "v", "emptyDir": [:]]], "dnsPolicy": "Default",
        ]
        let job: JSONValue = ["metadata": ["name": "j", "namespace": "n"], "spec": ["template": ["metadata": ["labels": ["a": "b"]], "spec": spec]]]
        let refused = Self.update(Job.self, job) { $0.spec.template.spec.containers[0].image = "other" }
        #expect(refused.count == 1)
        let text = refused.first ?? ""
        #expect(text.hasPrefix(#"spec.template: Invalid value: {"labels":{"#), "\(text)")
        #expect(text.hasSuffix(": field is immutable"))
        for part in [
            #""Spec":{"Volumes":[{"Name":"v","HostPath":null,"EmptyDir":{"Medium":"","SizeLimit":null},"GCEPersistentDisk":null,"#,
            #""InitContainers":null,"Containers":[{"Name":"c","Image":"other","Command":null,"Args":null,"WorkingDir":"","Ports":null,"EnvFrom":null,"#
                + #""Env":[{"Name":"A","Value":"b","ValueFrom":null}],"Resources":{"Limits":null,"Requests":null,"Claims":null},"#,
            #""SecurityContext":{"Capabilities":null,"Privileged":false,"#, #""Stdin":false,"StdinOnce":false,"TTY":false}],"EphemeralContainers":null"#,
            #""DNSPolicy":"Default","NodeSelector":null,"#, #""SecurityContext":{"HostNetwork":true,"HostPID":false,"#, #""HostnameOverride":null}}: "#,
        ] { #expect(text.contains(part), "\(part) in \(text)") }
        #expect(Self.update(Job.self, job) { $0.spec.parallelism = 2 } == [])
    }

    @Test func `strategies have known types and fitting numbers`() {
        #expect(
            Self.create(
                Deployment.self,
                Self.workload(["strategy": ["type": "Recreate", "rollingUpdate": ["maxSurge": 1]]]))
                == [
                    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"
                ])
        #expect(
            Self.create(Deployment.self, Self.workload(["strategy": ["type": "Fast"]]))
                == [
                    "spec.strategy.type: Unsupported value: \"Fast\": supported values: \"Recreate\", \"RollingUpdate\""
                ])
        #expect(
            Self.create(
                DaemonSet.self,
                Self.workload(["updateStrategy": ["rollingUpdate": ["maxSurge": 1, "maxUnavailable": 1]]]))
                == [
                    "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"
                ])
        #expect(
            Self.create(StatefulSet.self, Self.workload(["podManagementPolicy": "Chaos"]))
                == [
                    "spec.podManagementPolicy: Invalid value: \"Chaos\": must be 'OrderedReady' or 'Parallel'"
                ])
    }

    @Test func `of a StatefulSet only some fields may change`() {
        #expect(
            Self.update(StatefulSet.self, Self.workload([:])) {
                $0.spec.replicas = 5
                $0.spec.minReadySeconds = 5
                $0.spec.template.spec.containers[0].image = "b"
                $0.spec.revisionHistoryLimit = 3
            }.isEmpty)
        #expect(
            Self.update(StatefulSet.self, Self.workload([:])) { $0.spec.serviceName = "s" }
                == [
                    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
                ])
        #expect(
            Self.update(StatefulSet.self, Self.workload([:]), minor: 27) { $0.spec.revisionHistoryLimit = 3 }
                == [
                    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
                ])
    }

    @Test func `pods of jobs end, pods of other workloads do not`() {
        let job: JSONValue = [
            "metadata": ["name": "j"],
            "spec": [
                "completionMode": "Indexed", "parallelism": 2,
                "template": ["spec": ["containers": [DefaultingTests.container]]],
            ],
        ]
        #expect(
            Self.create(Job.self, job) == [
                "spec.completions: Required value: when completion mode is Indexed",
                "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
            ])
        var never = Self.workload([:])
        never["spec"]!["template"]!["spec"]!["restartPolicy"] = "Never"
        #expect(
            Self.create(ReplicaSet.self, never)
                == [
                    "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""
                ])
    }

    @Test func `a cron job has five fields and known policies`() {
        let template: JSONValue = [
            "spec": [
                "template": ["spec": ["restartPolicy": "Never", "containers": [DefaultingTests.container]]]
            ]
        ]
        #expect(
            Self.create(
                CronJob.self,
                [
                    "metadata": ["name": "c"],
                    "spec": ["schedule": "* * *", "concurrencyPolicy": "Maybe", "jobTemplate": template],
                ]) == [
                    "spec.schedule: Invalid value: \"* * *\": expected exactly 5 fields, found 3: [* * *]",
                    "spec.concurrencyPolicy: Unsupported value: \"Maybe\": supported values: \"Allow\", \"Forbid\", \"Replace\"",
                ])
    }

    // MARK: The rest

    @Test func `services name their ports and keep their address`() {
        let service: JSONValue = [
            "metadata": ["name": "s"],
            "spec": ["clusterIP": "10.96.0.9", "ports": [["port": 80], ["port": 80, "name": "b"]]],
        ]
        #expect(
            Self.create(Service.self, service) == [
                "spec.ports[0].name: Required value",
                "spec.ports[1]: Duplicate value: {\"port\":80,\"protocol\":\"TCP\"}",
            ])
        let single: JSONValue = [
            "metadata": ["name": "s"],
            "spec": ["clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"], "ports": [["port": 80]]],
        ]
        #expect(
            Self.update(Service.self, single) {
                $0.spec.clusterIP = "10.96.0.10"
                $0.spec.clusterIPs = ["10.96.0.10"]
            } == ["spec.clusterIPs[0]: Invalid value: [\"10.96.0.10\"]: may not change once set"])
    }

    @Test func `bound claims may grow; immutable maps stay`() {
        let claim: JSONValue = [
            "metadata": ["name": "v"],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "volumeName": "pv",
                "resources": ["requests": ["storage": "2Gi"]],
            ],
            "status": ["phase": "Bound", "capacity": ["storage": "2Gi"]],
        ]
        #expect(
            Self.update(PersistentVolumeClaim.self, claim) {
                $0.spec.resources.requests["storage"] = Quantity("3Gi")
            }.isEmpty)
        #expect(
            Self.update(PersistentVolumeClaim.self, claim) {
                $0.spec.resources.requests["storage"] = Quantity("1Gi")
            }
                == ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"])
        #expect(
            Self.update(ConfigMap.self, ["metadata": ["name": "m"], "immutable": true, "data": ["a": "b"]]) {
                $0.data["a"] = "c"
            }
                == ["data: Forbidden: field is immutable when `immutable` is set"])
        #expect(
            Self.update(Secret.self, ["metadata": ["name": "s"]]) { $0.type = "other" }
                == ["type: Invalid value: \"other\": field is immutable"])
    }

    @Test func `the access mode for one pod has its versions`() {
        let claim: JSONValue = [
            "metadata": ["name": "v"],
            "spec": ["accessModes": ["ReadWriteOncePod"], "resources": ["requests": ["storage": "1Gi"]]],
        ]
        #expect(Self.create(PersistentVolumeClaim.self, claim).isEmpty)
        #expect(
            Self.create(PersistentVolumeClaim.self, claim, minor: 26)
                == [
                    "spec.accessModes: Unsupported value: \"ReadWriteOncePod\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\""
                ])
    }

    @Test func `a node may offer anything, but not less than nothing`() {
        let node: JSONValue = [
            "metadata": ["name": "n"], "status": ["capacity": ["attachable-volumes-x": "9", "cpu": "-1"]],
        ]
        #expect(
            Self.create(Node.self, node) == [
                "status.capacity[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
                "status.allocatable[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
            ])
    }

    @Test func `limit ranges keep their order`() {
        #expect(
            Self.create(
                LimitRange.self,
                [
                    "metadata": ["name": "l"],
                    "spec": ["limits": [["type": "Container", "min": ["cpu": "2"], "max": ["cpu": "1"]]]],
                ]
            ).contains(
                "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1"))
    }

    @Test(arguments: KindInfo.all.indices)
    func `an object without a name is refused, whatever its kind`(_ index: Int) {
        func check<O: KubernetesObject>(_ type: O.Type) {
            #expect(
                Self.create(type, [:]).first
                    == "metadata.name: Required value: name or generateName is required")
        }
        check(CodingTests.types[index])
    }
}
