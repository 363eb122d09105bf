// What the API server fills in, kind by kind.

import KubernetesAPI
import Testing

struct DefaultingTests {
    static func decode<O: KubernetesObject>(_ type: O.Type, _ json: JSONValue) -> O {
        var decoder = APIDecoder()
        let object = O.decode(json, &decoder)!
        precondition(decoder.problems.isEmpty, "\(decoder.problems)")
        return object
    }
    static func defaulted<O: KubernetesObject>(_ type: O.Type, _ json: JSONValue, minor: Int = 36) -> O {
        var object = decode(type, json)
        object.setDefaults(KubernetesProfile(minor: minor))
        return object
    }
    static let container: JSONValue = ["name": "c", "image": "nginx:1.25"]

    @Test func `a pod gets what the API server fills in`() {
        let pod = Self.defaulted(
            Pod.self,
            [
                "spec": [
                    "containers": [
                        [
                            "name": "c", "image": "nginx", "ports": [["containerPort": 80]],
                            "resources": [
                                "limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "100m"],
                            ],
                            "livenessProbe": ["httpGet": ["port": 80]],
                            "env": [
                                ["name": "N", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]
                            ],
                        ]
                    ],
                    "volumes": [["name": "v"], ["name": "m", "configMap": ["name": "m"]]],
                ]
            ])
        let spec = pod.spec.value
        #expect(spec.restartPolicy == "Always" && spec.dnsPolicy == "ClusterFirst")
        #expect(spec.schedulerName == "default-scheduler" && spec.terminationGracePeriodSeconds == 30)
        #expect(spec.securityContext == [:] && spec.enableServiceLinks == true)
        let container = spec.containers[0]
        #expect(container.imagePullPolicy == "Always" && container.ports[0].protocol == "TCP")
        #expect(container.terminationMessagePath == "/dev/termination-log")
        #expect(container.resources.requests == ["cpu": Quantity("100m")!, "memory": Quantity("1Gi")!])
        #expect(
            container.livenessProbe?.httpGet?.path == "/"
                && container.livenessProbe?.httpGet?.scheme == "HTTP")
        let probe = container.livenessProbe!
        #expect(
            [probe.timeoutSeconds, probe.periodSeconds, probe.successThreshold, probe.failureThreshold] == [
                1, 10, 1, 3,
            ])
        #expect(container.env[0].valueFrom?.fieldRef?["apiVersion"] == "v1")
        #expect(container.resizePolicy.isEmpty)
        #expect(spec.volumes[0].emptyDir != nil && spec.volumes[1].configMap?.defaultMode == 420)
    }

    @Test(arguments: [
        ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.25", "IfNotPresent"),
        ("registry:5000/nginx", "Always"), ("registry:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:abc", "IfNotPresent"), ("nginx:latest@sha256:abc", "IfNotPresent"),
    ])
    func `the pull policy follows the tag`(image: String, policy: String) {
        let pod = Self.defaulted(
            Pod.self, ["spec": ["containers": [["name": "c", "image": .string(image)]]]])
        #expect(pod.spec.containers[0].imagePullPolicy == policy)
    }

    @Test func `a template gets no requests from limits and no service links`() {
        let deployment = Self.defaulted(
            Deployment.self,
            [
                "spec": [
                    "template": [
                        "spec": ["containers": [["name": "c", "resources": ["limits": ["cpu": "1"]]]]]
                    ]
                ]
            ])
        #expect(deployment.spec.template.spec.containers[0].resources.requests.isEmpty)
        #expect(deployment.spec.template.spec.enableServiceLinks == nil)
        #expect(deployment.spec.template.spec.restartPolicy == "Always")
    }

    @Test func `host network ports are ports of the node, before 1.28 in templates too`() {
        let spec: JSONValue = [
            "hostNetwork": true, "containers": [["name": "c", "ports": [["containerPort": 80]]]],
        ]
        #expect(Self.defaulted(Pod.self, ["spec": spec]).spec.containers[0].ports[0].hostPort == 80)
        let old = Self.defaulted(Deployment.self, ["spec": ["template": ["spec": spec]]], minor: 27)
        #expect(old.spec.template.spec.containers[0].ports[0].hostPort == 80)
        let new = Self.defaulted(Deployment.self, ["spec": ["template": ["spec": spec]]])
        #expect(new.spec.template.spec.containers[0].ports[0].hostPort == 0)
    }

    @Test func `pod-level requests come from the containers, else from the limits`() {
        let pod = Self.defaulted(
            Pod.self,
            [
                "spec": [
                    "resources": ["limits": ["cpu": "2", "memory": "1Gi"]],
                    "containers": [
                        ["name": "c", "resources": ["requests": ["cpu": "300m"]]], ["name": "d"],
                    ],
                ]
            ])
        #expect(pod.spec.resources?.requests == ["cpu": Quantity("300m")!, "memory": Quantity("1Gi")!])
    }

    @Test func `workloads get their strategies and limits`() {
        let deployment = Self.defaulted(Deployment.self, [:])
        #expect(deployment.spec.replicas == 1 && deployment.spec.revisionHistoryLimit == 10)
        #expect(deployment.spec.progressDeadlineSeconds == 600)
        #expect(deployment.spec.strategy.rollingUpdate?.maxSurge == .string("25%"))
        #expect(
            Self.defaulted(Deployment.self, ["spec": ["strategy": ["type": "Recreate"]]]).spec.strategy
                .rollingUpdate == nil)
        let set = Self.defaulted(StatefulSet.self, [:])
        #expect(
            set.spec.podManagementPolicy == "OrderedReady"
                && set.spec.updateStrategy.rollingUpdate?.partition == 0)
        #expect(set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted == "Retain")
        let daemons = Self.defaulted(DaemonSet.self, [:])
        #expect(daemons.spec.updateStrategy.rollingUpdate?.maxUnavailable == .int(1))
        #expect(daemons.spec.updateStrategy.rollingUpdate?.maxSurge == .int(0))
        let job = Self.defaulted(Job.self, [:])
        #expect(job.spec.completions == 1 && job.spec.parallelism == 1 && job.spec.backoffLimit == 6)
        #expect(
            job.spec.completionMode == "NonIndexed" && job.spec.podReplacementPolicy == "TerminatingOrFailed")
        let queue = Self.defaulted(Job.self, ["spec": ["parallelism": 3]])
        #expect(queue.spec.completions == nil && queue.spec.parallelism == 3)
        let cron = Self.defaulted(CronJob.self, [:])
        #expect(cron.spec.concurrencyPolicy == "Allow" && cron.spec.successfulJobsHistoryLimit == 3)
    }

    @Test func `services, storage, secrets and autoscalers get theirs`() {
        let service = Self.defaulted(Service.self, ["spec": ["ports": [["port": 80]]]])
        #expect(service.spec.type == "ClusterIP" && service.spec.ports[0].targetPort == .int(80))
        #expect(service.spec.internalTrafficPolicy == "Cluster" && service.spec.externalTrafficPolicy == "")
        let storage = Self.defaulted(StorageClass.self, ["provisioner": "p"])
        #expect(storage.reclaimPolicy == "Delete" && storage.volumeBindingMode == "Immediate")
        #expect(Self.defaulted(PersistentVolume.self, [:]).spec.persistentVolumeReclaimPolicy == "Retain")
        #expect(Self.defaulted(PersistentVolumeClaim.self, [:]).spec.volumeMode == "Filesystem")
        let secret = Self.defaulted(
            Secret.self, ["stringData": ["a": "", "b": "x", "c": "xy", "d": "xyz", "e": "grün"]])
        #expect(secret.type == "Opaque" && secret.stringData.isEmpty)
        #expect(secret.data == ["a": "", "b": "eA==", "c": "eHk=", "d": "eHl6", "e": "Z3LDvG4="])
        let scaler = Self.defaulted(HorizontalPodAutoscaler.self, ["spec": ["behavior": ["scaleDown": [:]]]])
        #expect(
            scaler.spec.minReplicas == 1 && scaler.spec.metrics[0].resource?.target.averageUtilization == 80)
        #expect(scaler.spec.behavior?.scaleUp?.stabilizationWindowSeconds == 0)
        #expect(scaler.spec.behavior?.scaleDown?.policies?.count == 1)
        let node = Self.defaulted(Node.self, ["status": ["capacity": ["cpu": "4"]]])
        #expect(node.status.allocatable == ["cpu": Quantity(4)])
        let space = Self.defaulted(Namespace.self, ["metadata": ["name": "shop"]])
        #expect(space.metadata.labels["kubernetes.io/metadata.name"] == "shop")
    }

    // MARK: Gates

    static let gated: JSONValue = [
        "spec": [
            "schedulingGates": [["name": "example.com/g"]], "resources": ["requests": ["cpu": "1"]],
            "initContainers": [["name": "i", "image": "i", "restartPolicy": "Always"]],
            "containers": [
                [
                    "name": "c", "image": "c", "resources": ["requests": ["cpu": "1", "memory": "1Gi"]],
                    "resizePolicy": [["resourceName": "cpu", "restartPolicy": "NotRequired"]],
                ]
            ],
            "topologySpreadConstraints": [
                [
                    "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
                    "minDomains": 3,
                    "nodeAffinityPolicy": "Ignore", "nodeTaintsPolicy": "Honor", "matchLabelKeys": ["h"],
                ]
            ],
        ]
    ]

    @Test func `fields of gates that are off are left out`() {
        let old = Self.defaulted(Pod.self, Self.gated, minor: 24).spec.value
        #expect(old.schedulingGates.isEmpty && old.resources == nil)
        #expect(old.initContainers[0].restartPolicy == nil && old.containers[0].resizePolicy.isEmpty)
        let constraint = old.topologySpreadConstraints[0]
        #expect(
            constraint.minDomains == nil && constraint.nodeAffinityPolicy == nil
                && constraint.matchLabelKeys.isEmpty)

        let article = Self.defaulted(Pod.self, Self.gated, minor: 27).spec.value
        #expect(article.schedulingGates.count == 1 && article.topologySpreadConstraints[0].minDomains == 3)
        #expect(article.topologySpreadConstraints[0].matchLabelKeys == ["h"])

        let new = Self.defaulted(Pod.self, Self.gated).spec.value
        #expect(
            new.resources != nil && new.initContainers[0].isSidecar
                && new.containers[0].resizePolicy.count == 1)
    }

    @Test func `resize policies are filled in from the gate's start until 1.32`() {
        let spec: JSONValue = [
            "spec": ["containers": [["name": "c", "resources": ["requests": ["memory": "1Gi"]]]]]
        ]
        #expect(Self.defaulted(Pod.self, spec, minor: 26).spec.containers[0].resizePolicy.isEmpty)
        let alpha = KubernetesProfile(minor: 27).isEnabled(.inPlacePodVerticalScaling)
        let policies = Self.defaulted(Pod.self, spec, minor: 27).spec.containers[0].resizePolicy
        #expect(policies == (alpha ? [ContainerResizePolicy("memory", "NotRequired")] : []))
        #expect(Self.defaulted(Pod.self, spec, minor: 33).spec.containers[0].resizePolicy.isEmpty)
    }

    @Test func `matchLabelKeys are written into the selector from 1.34 on`() {
        var pod = Self.decode(
            Pod.self,
            [
                "metadata": ["labels": ["app": "a", "hash": "1"]],
                "spec": [
                    "topologySpreadConstraints": [
                        [
                            "labelSelector": ["matchLabels": ["app": "a"]],
                            "matchLabelKeys": ["hash", "absent"],
                        ],
                        ["matchLabelKeys": ["hash"]],
                    ]
                ],
            ])
        let before = pod.spec.identity
        Defaulting.mergeMatchLabelKeys(&pod, profile: KubernetesProfile(minor: 33))
        #expect(pod.spec.identity == before)
        Defaulting.mergeMatchLabelKeys(&pod, profile: KubernetesProfile(minor: 34))
        let constraints = pod.spec.topologySpreadConstraints
        #expect(constraints[0].labelSelector?.matchExpressions == [SelectorRequirement("hash", "In", ["1"])])
        #expect(constraints[0].matchLabelKeys == ["hash", "absent"])
        #expect(constraints[1].labelSelector == nil)
    }

    // MARK: Once is enough

    @Test(arguments: KindInfo.all.indices)
    func `applying it twice is the same as once`(_ index: Int) throws {
        func check<O: KubernetesObject>(_ type: O.Type) {
            for json in [[:], CodingTests.sample(type)] as [JSONValue] {
                let once = Self.defaulted(type, json)
                var twice = once
                twice.setDefaults(KubernetesProfile(minor: 36))
                #expect(twice == once, "\(O.kind)")
                #expect(twice.metadata.identity == once.metadata.identity, "\(O.kind)")
            }
        }
        check(CodingTests.types[index])
    }

    @Test func `a pod that is complete keeps the very same spec`() {
        let first = Self.defaulted(Pod.self, Self.gated)
        var second = Pod()
        second.spec = first.spec
        second.setDefaults(.default)
        #expect(second.spec.identity == first.spec.identity)
        var third = Self.defaulted(Deployment.self, ["spec": ["template": Self.gated]])
        let (spec, template) = (third.spec.identity, third.spec.template.spec.identity)
        third.setDefaults(.default)
        #expect(third.spec.identity == spec && third.spec.template.spec.identity == template)
    }
}
