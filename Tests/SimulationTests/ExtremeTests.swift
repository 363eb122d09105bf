import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// Extreme values in every numeric field, by the tables of fields, through whole runs: refused or simulated, never a trap.
///
/// `EVENKEEL_EXTREMES=100000 swift test --filter ExtremeTests` looks at more.
@Suite struct ExtremeTests {
    /// What is put in place of numbers, by the field's type.
    private static let numbers: [JSONValue] = [
        0, 1, -1, .int(Int64(Int32.max)), .int(Int64(Int32.min)), .int(.max), .int(.min), .double(1e300), 65535, 100,
    ]
    private static let quantities: [JSONValue] = [
        "8Ei", "90Pi", "1e18", "9223372036854775807", "-1", "0", "1n", "1e-9", "7E", "99999999999999999999", "1m", "-8Ei",
    ]
    private static let durations: [JSONValue] = ["2555555h", "0s", "-1h", "1ns", "2562047h47m16.854775807s", "1e300h"]
    private static let shares: [JSONValue] = ["9223372036854775807%", "0%", "100%", "2147483647%", "-5%", 2_147_483_647, 0]
    private static let times: [JSONValue] = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1733-01-01T00:00:00Z", "2318-01-01T00:00:00Z"]
    private static let texts: [JSONValue] = [
        "inf", "nan", "-1", "1e300", "9223372036854775807", "2555555h", "8Ei", "0..8Ei/1ns", "8Ei->0/1ns", "1e18@0s 0@1ns", "-5..-1", "-1s-1s", "", "1e300%",
        "99999999999999999999",
    ]

    /// Numbers that make as many things: the simulation is not there to hold two billion pods.
    private static let counts: Set<String> = [
        "replicas", "parallelism", "completions", "minReplicas", "maxReplicas", "nodesPerZone", "maxPerZone", "minPerZone",
    ]

    private static func values(_ field: String, _ type: String) -> [JSONValue]? {
        switch type {
        case "integer", "number": counts.contains(field) ? [0, 1, 3, -1] : numbers
        case "Quantity": quantities
        case "Duration": durations
        case "IntOrString": shares
        case "Time": times
        default: nil
        }
    }

    /// Puts extremes into some of the numeric fields of `json`, which is a `type`.
    private static func mutate<S: APIStruct>(_ json: JSONValue, as type: S.Type, chance: Double, _ random: inout SeededRandom, depth: Int = 0) -> JSONValue {
        guard case .object(var object) = json, depth < 12 else { return json }
        for field in S.fields {
            let present = object[field.name]
            if let values = values(field.name, field.typeName.replacing("[]", with: "").replacing("*", with: "")), !field.typeName.hasPrefix("[]") {
                if random.unit() < chance { object[field.name] = values[random.below(values.count)] }
                continue
            }
            if field.typeName.hasPrefix("map["), var map = present?.object {
                for (key, value) in map.members where random.unit() < chance * 4 {
                    let isText = value.string.flatMap { Quantity($0) } == nil || key.contains("/")
                    let values = isText ? texts : quantities
                    map[key] = values[random.below(values.count)]
                }
                object[field.name] = .object(map)
                continue
            }
            guard let structure = field.structure, let present else { continue }
            func open<T: APIStruct>(_ type: T.Type) -> JSONValue {
                if case .array(let elements) = present { return .array(elements.map { mutate($0, as: type, chance: chance, &random, depth: depth + 1) }) }
                return mutate(present, as: type, chance: chance, &random, depth: depth + 1)
            }
            object[field.name] = open(structure)
        }
        return .object(object)
    }

    private static let manifests = """
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: small}
        handler: small
        overhead: {podFixed: {cpu: 10m}}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n1, labels: {topology.kubernetes.io/zone: a}}
        spec: {podCIDR: 10.1.0.0/24}
        status: {capacity: {cpu: 8, memory: 32Gi, pods: 110, ephemeral-storage: 100Gi, example.com/gpu: 4}, allocatable: {cpu: 8, memory: 32Gi, pods: 110}, images: [{names: [nginx], sizeBytes: 100}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n2, labels: {topology.kubernetes.io/zone: b}}
        status: {capacity: {cpu: 4, memory: 16Gi, pods: 110}}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: single
          annotations:
            evenkeel.dev/startup-work: "2"
            evenkeel.dev/threads: "2"
            evenkeel.dev/run-time: 60s
            evenkeel.dev/exit-code: "1"
            evenkeel.dev/stop-time: 1s
            evenkeel.dev/cpu: 100m..500m/10m
            evenkeel.dev/memory: 64Mi->1Gi/5m
            evenkeel.dev/page-cache: 10Mi
            evenkeel.dev/image-size: 100M
            evenkeel.dev/image-pull-time: 5s
            evenkeel.dev/liveness-fails: 30s-90s
        spec:
          nodeName: n1
          priority: 5
          terminationGracePeriodSeconds: 5
          activeDeadlineSeconds: 100
          runtimeClassName: small
          overhead: {cpu: 10m}
          resources: {requests: {cpu: 1}, limits: {cpu: 2}}
          tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]
          initContainers: [{name: i, image: a, resources: {requests: {cpu: 1}, limits: {cpu: 2}}}]
          containers:
          - name: c
            image: nginx
            ports: [{containerPort: 80, hostPort: 80}]
            resources: {requests: {cpu: 100m, memory: 1Gi, example.com/gpu: 1, hugepages-2Mi: 4Mi}, limits: {cpu: 1, memory: 2Gi, example.com/gpu: 1, hugepages-2Mi: 4Mi}}
            startupProbe: {httpGet: {port: 80}, periodSeconds: 1, failureThreshold: 30}
            livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 5, timeoutSeconds: 1, initialDelaySeconds: 1, terminationGracePeriodSeconds: 1}
            readinessProbe: {exec: {command: [a]}, successThreshold: 1}
            lifecycle: {preStop: {sleep: {seconds: 1}}, postStart: {sleep: {seconds: 1}}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, annotations: {evenkeel.dev/demand: 1..3/1m}}
        spec:
          replicas: 3
          minReadySeconds: 1
          revisionHistoryLimit: 2
          progressDeadlineSeconds: 60
          strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 1}}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}, annotations: {evenkeel.dev/cpu: 200m, controller.kubernetes.io/pod-deletion-cost: "5"}}
            spec:
              topologySpreadConstraints: [{maxSkew: 1, minDomains: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]
              affinity:
                nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 5, preference: {matchExpressions: [{key: a, operator: Gt, values: ["5"]}]}}]}
                podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 5, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}}]}
              containers: [{name: c, image: i, resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}}]
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 2
          serviceName: db
          ordinals: {start: 1}
          podManagementPolicy: Parallel
          updateStrategy: {rollingUpdate: {partition: 0, maxUnavailable: 1}}
          selector: {matchLabels: {app: db}}
          template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 100m}}}]}}
          volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}}]
        ---
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: fast}
        provisioner: csi.example.com
        ---
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: csi.example.com, annotations: {evenkeel.dev/volumes-per-node: "5"}}
        spec: {}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent}
        spec:
          minReadySeconds: 1
          updateStrategy: {rollingUpdate: {maxUnavailable: 1}}
          selector: {matchLabels: {app: agent}}
          template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: c, image: i}]}}
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: job}
        spec: {parallelism: 2, completions: 3, completionMode: Indexed, backoffLimit: 2, activeDeadlineSeconds: 90, ttlSecondsAfterFinished: 5, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: cron}
        spec: {schedule: "* * * * *", startingDeadlineSeconds: 100, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1, jobTemplate: {spec: {backoffLimit: 1, template: {spec: {restartPolicy: OnFailure, containers: [{name: c, image: i}]}}}}}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          minReplicas: 1
          maxReplicas: 5
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}, {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 64Mi}}}]
          behavior: {scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Percent, value: 100, periodSeconds: 15}]}, scaleDown: {stabilizationWindowSeconds: 5, policies: [{type: Pods, value: 1, periodSeconds: 15}]}}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web}
        spec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 80, nodePort: 30080}], type: NodePort, sessionAffinityConfig: {clientIP: {timeoutSeconds: 10}}}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: quota}
        spec: {hard: {requests.cpu: "100", limits.memory: 900Gi, pods: "50"}}
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: high}
        value: 1000
        """
    private static let configurations: [JSONValue] = [
        [
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "evictionHard": ["memory.available": "100Mi", "nodefs.available": "10%"], "systemReserved": ["cpu": "100m", "memory": "1Gi"],
            "kubeReserved": ["memory": "1Gi"], "maxPods": 50,
        ],
        [
            "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
            "profiles": [["schedulerName": "default-scheduler", "plugins": ["score": ["enabled": [["name": "NodeResourcesFit", "weight": 5]]]]]],
        ],
        [
            "apiVersion": "evenkeel.dev/v1", "kind": "Scenario", "metadata": ["name": "x"],
            "spec": [
                "controllerManager": ["kube-api-qps": 20], "metricsServer": ["metric-resolution": "15s"], "autoscaler": ["enabled": true, "maxPerZone": 3],
                "steps": [
                    ["at": "20s", "load": ["kind": "Deployment", "name": "web", "cpu": "1", "memory": "1Gi"]],
                    ["at": "30s", "runtime": ["node": "n1", "hangs": "10s"]],
                    ["at": "40s", "resize": ["pod": "single", "requests": ["cpu": "1"], "limits": ["cpu": "2"]]],
                    ["at": "50s", "scale": ["kind": "Deployment", "name": "web", "replicas": 4]],
                ],
                "parameters": ["runSandbox": "1s", "registryRate": "10M", "resync": "60s", "pageSize": 4096, "sharedLayers": .double(0.5)],
            ],
        ],
    ]

    /// One run with extremes: of each part either what was refused, or two virtual minutes of it.
    /// - Parameter isState: the objects tell a state, which is opened as it is.
    static func run(_ seed: UInt64, isState: Bool = false) {
        var random = SeededRandom(seed: seed, stream: "extremes")
        // From one field here and there to many at once.
        let chance = [0.01, 0.03, 0.1][random.below(3)]
        func changed(_ json: JSONValue) -> JSONValue {
            switch json["kind"]?.string {
            case "KubeletConfiguration": return mutate(json, as: KubeletConfiguration.self, chance: chance, &random)
            case "KubeSchedulerConfiguration": return mutate(json, as: SchedulerConfiguration.self, chance: chance, &random)
            case "Scenario":
                var scenario = mutate(json, as: Scenario.self, chance: chance, &random)
                if var spec = scenario["spec"], var parameters = spec["parameters"]?.object {
                    for (key, _) in parameters.members where random.unit() < chance * 4 {
                        parameters[key] = (texts + numbers)[random.below(texts.count + numbers.count)]
                    }
                    spec["parameters"] = .object(parameters)
                    scenario["spec"] = spec
                }
                return scenario
            default:
                guard let info = KindInfo.typed(apiVersion: json["apiVersion"]?.string ?? "", kind: json["kind"]?.string ?? "") else { return json }
                func open<O: StoredObject>(_ type: O.Type) -> JSONValue { (type as? any APIStruct.Type).map { opened($0) } ?? json }
                func opened<S: APIStruct>(_ type: S.Type) -> JSONValue { mutate(json, as: type, chance: chance, &random) }
                return open(ObjectStore.type(of: info.type))
            }
        }
        let base = ManifestReader.read(text: manifests, file: "extremes").documents.map(\.json) + (random.below(3) == 0 ? configurations : [])
        // What is refused is left as it was, so that the rest runs.
        var parts: [JSONValue] = []
        for (number, json) in base.enumerated() {
            var new = changed(json)
            if isState { new["metadata"]?["uid"] = .string("\(number)") }
            let alone = Input(ManifestReader.read(text: new.text(), file: "extremes"))
            parts.append(alone.problems.isEmpty && alone.makeSession().refusals.problems.isEmpty ? new : random.below(2) == 0 ? json : new)
        }
        var set = ManifestReader.read(text: parts.map { $0.text() }.joined(separator: "\n---\n"), file: "extremes")
        if !Input(set).problems.isEmpty { set = ManifestReader.read(text: base.map { $0.text() }.joined(separator: "\n---\n"), file: "extremes") }
        var session = Input(set).makeSession().session
        session.advance(to: session.now + .minutes(2))
        _ = session.perform(.fail(.node("n2")))
        session.advance(to: session.now + .seconds(30))
        for pod in session.cluster.store.pods.all {
            _ = session.simulation.kubelets.cgroups(of: pod, in: session.cluster)
            _ = session.simulation.usage(of: pod)
        }
    }

    @Test func `extreme values in any numeric field are refused or simulated, those of a state too`() {
        let count = ProcessInfo.processInfo.environment["EVENKEEL_EXTREMES"].flatMap { UInt64($0) } ?? 40
        let first = ProcessInfo.processInfo.environment["EVENKEEL_EXTREMES_FROM"].flatMap { UInt64($0) } ?? 0
        for seed in first..<first + count {
            if count > 1000 { print("seed \(seed)") }
            Self.run(seed, isState: seed % 2 == 1)
        }
    }

    @Test(arguments: [
        ("startup-work", "inf"), ("startup-work", "nan"), ("startup-work", "-1"), ("threads", "0"), ("threads", "9223372036854775807"),
        ("run-time", "2555555h"),
        ("run-time", "-1s"), ("exit-code", "256"), ("cpu", "1e18"), ("cpu", "-1..5"), ("cpu", "1..2/1ns"), ("memory", "8Ei"), ("image-size", "-1"),
        ("image-pull-time", "-5s"), ("liveness-fails", "-30s"), ("image-pull", "sometimes"), ("stop-time", "inf"),
    ])
    func `an annotation out of its range is refused with its line and the range`(_ key: String, _ value: String) throws {
        let yaml =
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    evenkeel.dev/\(key): \"\(value)\"\nspec: {containers: [{name: c, image: i}]}\n"
        let found = problems(yaml)
        #expect(found.count == 1)
        let text = try #require(found.first)
        #expect(text.hasPrefix("test.yaml:6: metadata.annotations[evenkeel.dev/\(key)]: must be "), "\(text)")
        #expect(text.hasSuffix(", not \"\(value)\""))
    }

    @Test(arguments: [
        ("runSandbox: 2555555h", "from 0s to 24h0m0s"), ("resync: 0s", "from 100ms to 24h0m0s"),
        ("registryRate: 0", "must be a number from 1 to 1000000000000000"),
        ("pageSize: 1e300", "must be a number from 1 to 1073741824"), ("eventTimeToLive: -1s", "from 1s to 8760h0m0s"),
        ("sharedLayers: 1.5", "must be 0 or more and less than 1"),
    ])
    func `a parameter out of its range is refused with the range`(_ parameter: String, _ range: String) {
        let found = problems(scenario("  parameters: {\(parameter)}"))
        #expect(
            found.count == 1 && found[0].hasPrefix("test.yaml:5: spec.parameters.\(parameter.prefix { $0 != ":" }): ") && found[0].contains(range), "\(found)")
    }

    @Test(arguments: [
        ("evictionHard: {memory.available: 1e300%}", "eviction percentage threshold memory.available must be a number from 0% to 100%: 1e300%"),
        ("evictionHard: {memory.available: 101%}", "eviction percentage threshold memory.available must be <= 100%: 101%"),
        ("evictionHard: {memory.available: \"-5\"}", "eviction threshold memory.available must be positive: -5"),
        ("evictionHard: {heat: 5%}", "unsupported eviction signal heat"),
        ("systemReserved: {cpu: \"-1\"}", "--system-reserved value failed to parse: resource quantity for \"cpu\" cannot be negative: -1"),
        ("kubeReserved: {gpu: \"1\"}", "--kube-reserved value failed to parse: cannot reserve \"gpu\" resource"),
    ])
    func `a kubelet does not start with thresholds and reservations that make no sense`(_ field: String, _ message: String) {
        let found = problems("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n\(field)\n")
        #expect(found.count == 1 && found[0].hasSuffix(message), "\(found)")
    }
}
