// What admission fills in, and what it refuses.

import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

struct AdmissionTests {
    var cluster = Cluster()

    @discardableResult
    mutating func create(_ json: JSONValue) throws -> any StoredObject {
        func create<O: StoredObject>(_ object: O) throws(APIError) -> any StoredObject {
            try cluster.create(object)
        }
        return try create(try decodeObject(json).get())
    }
    mutating func refusal(_ json: JSONValue) -> APIError? {
        do {
            try create(json)
            return nil
        } catch { return error as? APIError }
    }
    @discardableResult
    mutating func pod(_ spec: JSONValue = [:], name: String = "p") throws -> Pod {
        try create(Self.pod(spec, name: name)) as! Pod
    }
    static func pod(_ spec: JSONValue = [:], name: String = "p") -> JSONValue {
        var whole = spec
        if whole["containers"] == nil { whole["containers"] = [["name": "c", "image": "i"]] }
        return ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)], "spec": whole]
    }

    // MARK: Completing pods

    @Test mutating func `a pod gets an account, a priority and five minutes on a lost node`() throws {
        let pod = try pod()
        #expect(pod.spec.serviceAccountName == "default" && pod.spec.serviceAccount == "default")
        #expect(pod.spec.priority == 0 && pod.spec.preemptionPolicy == "PreemptLowerPriority")
        #expect(
            pod.spec.tolerations == [
                Toleration(
                    key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", seconds: 300
                ),
                Toleration(
                    key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute",
                    seconds: 300),
            ])
    }

    @Test mutating func `a runtime class brings its overhead, selector and tolerations`() throws {
        let toleration: JSONValue = ["key": "kata", "operator": "Exists"]
        try create([
            "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": ["name": "kata"], "handler": "kata",
            "overhead": ["podFixed": ["cpu": "250m", "memory": "120Mi"]],
            "scheduling": ["nodeSelector": ["kata": "yes"], "tolerations": [toleration, toleration]],
        ])
        let pod = try pod(["runtimeClassName": "kata", "nodeSelector": ["disk": "ssd"]])
        #expect(pod.spec.overhead == ["cpu": Quantity("250m")!, "memory": Quantity("120Mi")!])
        #expect(pod.spec.nodeSelector == ["disk": "ssd", "kata": "yes"])
        #expect(pod.spec.tolerations.filter { $0.key == "kata" }.count == 1)
        #expect(try self.pod(["runtimeClassName": "kata", "overhead": ["cpu": "0.25", "memory": "120Mi"]], name: "same").spec.overhead == pod.spec.overhead)
        #expect(
            refusal(Self.pod(["runtimeClassName": "kata", "overhead": ["cpu": "1"]]))?.message
                == "pods \"p\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
        #expect(
            refusal(Self.pod(["overhead": ["cpu": "1"]]))?.message
                == "pods \"p\" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        #expect(refusal(Self.pod(["runtimeClassName": "gvisor"]))?.message == "pods \"p\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found")
        #expect(
            refusal(Self.pod(["runtimeClassName": "kata", "nodeSelector": ["kata": "no"]]))?.message
                == "pods \"p\" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no")
    }

    @Test mutating func `own tolerations stand before the default ones, or in their place`() throws {
        let stays = try pod(["tolerations": [["operator": "Exists"]]], name: "stays")
        #expect(stays.spec.tolerations.count == 1)
        let soon = try pod(
            [
                "tolerations": [
                    [
                        "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute",
                        "tolerationSeconds": 5,
                    ]
                ]
            ], name: "soon")
        #expect(soon.spec.tolerations.map(\.tolerationSeconds) == [5, 300])
        #expect(
            soon.spec.tolerations.map(\.key) == [
                "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready",
            ])
    }

    @Test mutating func `the priority is that of the class, or of the default class`() throws {
        #expect(
            try pod(["priorityClassName": "system-node-critical"], name: "a").spec.priority == 2_000_001_000)
        try create([
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": ["name": "batch"],
            "value": 5, "globalDefault": true, "preemptionPolicy": "Never",
        ])
        let standard = try pod(name: "b")
        #expect(standard.spec.priority == 5 && standard.spec.priorityClassName == "batch")
        #expect(standard.spec.preemptionPolicy == "Never")
        #expect(
            refusal(Self.pod(["priority": 7], name: "c"))?.message
                == "pods \"c\" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 5 from the given PriorityClass name"
        )
        #expect(
            refusal([
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": ["name": "other"],
                "value": 6, "globalDefault": true,
            ])?.message
                == "priorityclasses.scheduling.k8s.io \"other\" is forbidden: PriorityClass batch is already marked as default. Only one default can exist"
        )
    }

    @Test mutating func `an invalid pod is refused for what it is, not for the quota it would exceed`() throws {
        try create([
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"],
            "spec": ["hard": ["pods": "0"]],
        ])
        #expect(refusal(Self.pod(["restartPolicy": "Maybe"]))?.code == 422)
        #expect(refusal(Self.pod())?.code == 403)
    }

    // MARK: One spec for the pods of a template

    mutating func replica(_ template: PodTemplateSpec, _ number: Int, owner: String = "uid-1") throws -> Pod {
        var pod = Pod()
        pod.metadata.name = "web-\(number)"
        pod.metadata.labels = template.metadata.labels
        var reference = OwnerReference()
        (reference.apiVersion, reference.kind, reference.name) = ("apps/v1", "ReplicaSet", "web")
        (reference.uid, reference.controller) = (owner, true)
        pod.metadata.ownerReferences = [reference]
        pod.spec = template.spec
        return try cluster.create(pod)
    }
    static func template() -> PodTemplateSpec {
        var template = PodTemplateSpec()
        template.metadata.labels = ["app": "web"]
        template.spec.containers = [
            Container(
                name: "c", image: "i",
                resources: ResourceRequirements(requests: [:], limits: ["cpu": Quantity(1)]))
        ]
        return template
    }

    @Test mutating func `the pods of one template share one completed spec`() throws {
        let template = Self.template()
        let first = try replica(template, 1)
        let second = try replica(template, 2)
        #expect(first.spec.identity == second.spec.identity)
        #expect(second.spec.containers[0].resources.requests["cpu"] == Quantity(1))
        #expect(second.spec.tolerations.count == 2 && second.status.qosClass == .burstable)
        #expect(template.spec.tolerations.isEmpty)
    }

    @Test mutating func `another template, namespace rule or class makes a new spec`() throws {
        let template = Self.template()
        let first = try replica(template, 1)
        var changed = template
        changed.spec.containers[0].image = "j"
        #expect(try replica(changed, 2).spec.containers[0].image == "j")
        let back = try replica(template, 3)
        #expect(back.spec.value == first.spec.value)
        try create([
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": ["name": "d"],
            "value": 9, "globalDefault": true,
        ])
        #expect(try replica(template, 4).spec.priority == 9)
        try create([
            "apiVersion": "v1", "kind": "LimitRange", "metadata": ["name": "l"],
            "spec": ["limits": [["type": "Container", "default": ["memory": "1Gi"]]]],
        ])
        let limited = try replica(template, 5)
        #expect(limited.spec.containers[0].resources.limits["memory"] == Quantity("1Gi"))
        #expect(
            limited.metadata.annotations["kubernetes.io/limit-ranger"]
                == "LimitRanger plugin set: memory request for container c; memory limit for container c")
        #expect(limited.status.qosClass == .guaranteed)
        #expect(try replica(template, 6).metadata.annotations == limited.metadata.annotations)
    }

    @Test mutating func `a refused template is refused each time`() throws {
        var template = Self.template()
        template.spec.restartPolicy = "Maybe"
        for number in 1...2 {
            #expect(throws: APIError.self) { try replica(template, number) }
        }
    }

    // MARK: Limits and quotas

    static let outside: [(resources: JSONValue, why: String)] = [
        (
            ["requests": ["cpu": "50m"], "limits": ["cpu": "100m"]],
            "minimum cpu usage per Container is 100m, but request is 50m"
        ),
        (
            ["requests": ["cpu": "1"], "limits": ["cpu": "3"]],
            "[maximum cpu usage per Container is 2, but limit is 3, cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000]"
        ),
    ]

    @Test(arguments: outside)
    mutating func `containers outside the bounds are refused`(resources: JSONValue, why: String) throws {
        try create([
            "apiVersion": "v1", "kind": "LimitRange", "metadata": ["name": "l"],
            "spec": [
                "limits": [
                    [
                        "type": "Container", "min": ["cpu": "100m"], "max": ["cpu": "2"],
                        "maxLimitRequestRatio": ["cpu": "2"],
                    ]
                ]
            ],
        ])
        let pod = Self.pod(["containers": [["name": "c", "image": "i", "resources": resources]]])
        #expect(refusal(pod)?.message == "pods \"p\" is forbidden: \(why)")
    }

    @Test mutating func `claims have bounds too`() throws {
        try create([
            "apiVersion": "v1", "kind": "LimitRange", "metadata": ["name": "l"],
            "spec": ["limits": [["type": "PersistentVolumeClaim", "max": ["storage": "2Gi"]]]],
        ])
        #expect(
            refusal(Self.claim("v", storage: "5Gi"))?.message
                == "persistentvolumeclaims \"v\" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi"
        )
    }
    static func claim(_ name: String, storage: String = "1Gi") -> JSONValue {
        [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string(name)],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": .string(storage)]],
            ],
        ]
    }

    @Test mutating func `a quota counts what is there, and wants resources stated`() throws {
        try create([
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"],
            "spec": ["hard": ["requests.cpu": "1", "requests.memory": "1Gi", "pods": "5"]],
        ])
        func spec(_ cpu: String) -> JSONValue {
            [
                "containers": [
                    [
                        "name": "c", "image": "i",
                        "resources": ["requests": ["cpu": .string(cpu), "memory": "100Mi"]],
                    ]
                ]
            ]
        }
        try pod(spec("600m"), name: "a")
        #expect(
            refusal(Self.pod(spec("500m"), name: "b"))?.message
                == "pods \"b\" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1"
        )
        try pod(spec("400m"), name: "b")
        #expect(
            refusal(Self.pod(name: "c"))?.message
                == "pods \"c\" is forbidden: failed quota: q: must specify requests.cpu for: c; requests.memory for: c"
        )
        // A finished pod gives its share back.
        cluster.modify(Pod.self, ObjectKey(namespace: "default", name: "a")) { $0.status.phase = .succeeded }
        try pod(spec("600m"), name: "c")
    }

    @Test mutating func `a quota with a scope counts only pods in it`() throws {
        try create([
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"],
            "spec": ["hard": ["pods": "1"], "scopes": ["BestEffort"]],
        ])
        try pod(name: "a")
        #expect(refusal(Self.pod(name: "b"))?.reason == "Forbidden")
        try pod(
            ["containers": [["name": "c", "image": "i", "resources": ["requests": ["cpu": "1"]]]]], name: "b")
    }

    // MARK: Other kinds

    @Test mutating func `services get addresses of their own and keep them`() throws {
        func service(_ name: String) -> JSONValue {
            [
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)],
                "spec": ["type": "NodePort", "ports": [["port": 80]]],
            ]
        }
        let first = try create(service("a")) as! Service
        let second = try create(service("b")) as! Service
        #expect(first.spec.clusterIP.hasPrefix("10.96.") && first.spec.clusterIPs == [first.spec.clusterIP])
        #expect(first.spec.clusterIP != second.spec.clusterIP)
        #expect((30000...32767).contains(first.spec.ports[0].nodePort))
        #expect(first.spec.ports[0].nodePort != second.spec.ports[0].nodePort)
        #expect(first.spec.ipFamilies == ["IPv4"] && first.spec.ipFamilyPolicy == "SingleStack")
        var again = try decodeObject(service("a")).get() as! Service
        again.metadata.namespace = "default"
        let updated = try cluster.update(again)
        #expect(updated.spec == first.spec)
        var other = AdmissionTests()
        #expect((try other.create(service("a")) as! Service).spec.clusterIP == first.spec.clusterIP)
    }

    @Test mutating func `a claim without a class gets the newest default class`() throws {
        for (name, isDefault) in [("old", "true"), ("new", "true"), ("other", "false")] {
            cluster.now = cluster.now + .seconds(1)
            try create([
                "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
                "metadata": [
                    "name": .string(name),
                    "annotations": ["storageclass.kubernetes.io/is-default-class": .string(isDefault)],
                ], "provisioner": "p",
            ])
        }
        #expect((try create(Self.claim("v")) as! PersistentVolumeClaim).spec.storageClassName == "new")
        var named = Self.claim("w")
        named["spec"]!["storageClassName"] = ""
        #expect((try create(named) as! PersistentVolumeClaim).spec.storageClassName == "")
    }

    @Test mutating func `a job selects its pods by its identity`() throws {
        let job =
            try create([
                "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "j"],
                "spec": [
                    "template": [
                        "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]]
                    ]
                ],
            ]) as! Job
        #expect(job.spec.selector?.matchLabels == ["batch.kubernetes.io/controller-uid": job.metadata.uid])
        #expect(job.spec.template.metadata.labels["batch.kubernetes.io/job-name"] == "j")
    }

    @Test mutating func `an expansion needs a class that allows it`() throws {
        try create([
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "fixed"],
            "provisioner": "p",
        ])
        var claim = Self.claim("v")
        claim["spec"]!["storageClassName"] = "fixed"
        try create(claim)
        let key = ObjectKey(namespace: "default", name: "v")
        cluster.modify(PersistentVolumeClaim.self, key) { $0.status.phase = "Bound" }
        let error = #expect(throws: APIError.self) {
            try cluster.update(PersistentVolumeClaim.self, key) {
                $0.spec.resources.requests["storage"] = Quantity("2Gi")
            }
        }
        #expect(error?.code == 403)
        #expect(error?.message.contains("only dynamically provisioned pvc can be resized") == true)
    }

    // MARK: Documents

    @Test func `documents become typed or custom objects`() throws {
        let scaler =
            try decodeObject([
                "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "h"],
                "spec": ["maxReplicas": 3, "targetCPUUtilizationPercentage": 60],
            ]).get() as? HorizontalPodAutoscaler
        #expect(scaler?.spec.metrics.first?.resource?.target.averageUtilization == 60)
        let custom =
            try decodeObject([
                "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"],
                "spec": ["size": 3],
            ]).get() as? CustomObject
        #expect(
            custom?.kindInfo.qualifiedPlural == "widgets.example.com" && custom?.content["spec"]?["size"] == 3
        )
        #expect(custom?.document["spec"]?["size"] == 3 && custom?.document["kind"] == "Widget")
        // The same kind of another group is not ours.
        #expect(
            try decodeObject([
                "apiVersion": "example.com/v1", "kind": "Deployment", "metadata": ["name": "d"],
            ]).get() is CustomObject)
    }

    @Test func `documents that are none are refused`() {
        func message(_ json: JSONValue, strict: Bool = true) -> String? {
            if case .failure(let error) = decodeObject(json, strict: strict) { error.message } else { nil }
        }
        #expect(message(["apiVersion": "v1"]) == "Object 'Kind' is missing in '{\"apiVersion\":\"v1\"}'")
        #expect(message(["kind": "Pod"])?.hasPrefix("Object 'apiVersion' is missing") == true)
        #expect(message([1, 2])?.contains("must be an object, not array") == true)
        let slip: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "spec": ["replica": 3]]
        #expect(
            message(slip)
                == "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \"spec.replica\""
        )
        #expect(message(slip, strict: false) == nil)
    }
}
