import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit

/// Manifests that are nearly right: those that come with the program with something changed, and the smallest object of each
/// kind with extreme values in some of its fields.
struct ManifestFuzz {
    /// The documents that come with the program, by scenario.
    private let shipped: [[JSONValue]] = ScenarioCatalog.all.map { scenario in
        let manifests = ManifestReader.read(text: scenario.manifests, file: scenario.name)
        return (manifests.configurations + manifests.documents).map(\.json)
    }

    /// A document that comes with the program, mostly changed.
    func document(_ hostile: inout Hostile) -> JSONValue {
        var document = hostile.pick(hostile.pick(shipped.filter { !$0.isEmpty }))
        for _ in 0..<hostile.below(3) { document = changed(document, hostile.pick([0, 1, 2, 3, 4, 5, 6, 7]), "", &hostile) }
        return document
    }

    // MARK: Changed documents

    /// Some documents of a scenario with one to three changes in their structure, or in their bytes.
    func mutated(_ hostile: inout Hostile) -> String {
        let all = hostile.pick(shipped)
        var documents = all.filter { _ in hostile.chance(300 / max(3, all.count)) }
        if documents.isEmpty { documents = [hostile.pick(all)] }
        let inBytes = hostile.chance(25)
        if !inBytes {
            for _ in 0..<(1 + hostile.below(3)) {
                let index = hostile.below(documents.count)
                documents[index] = changed(documents[index], hostile.pick([0, 1, 2, 3, 4, 5, 6, 7]), "", &hostile)
            }
        }
        let text = ManifestWriter.yaml(documents)
        return inBytes ? bytes(text, &hostile) : text
    }

    /// `value` changed somewhere at most `depth` levels below.
    private func changed(_ value: JSONValue, _ depth: Int, _ name: String, _ hostile: inout Hostile) -> JSONValue {
        switch value {
        case .object(var object) where !object.members.isEmpty:
            let index = hostile.below(object.members.count)
            if depth > 0 || hostile.chance(30) {
                object.members[index].value = changed(object.members[index].value, depth - 1, object.members[index].key, &hostile)
            } else {
                switch hostile.below(6) {
                case 0: object.members.remove(at: index)
                case 1: object.members[index].key = hostile.chance(50) ? hostile.label() : hostile.anyText()
                case 2: object.members.append(object.members[index])
                case 3: object[hostile.pick(Self.fieldNames)] = hostile.value(hostile.pick(Self.types), of: "")
                case 4: object.members[index].value = hostile.value(hostile.pick(Self.types), of: object.members[index].key)
                default: object.members.swapAt(index, hostile.below(object.members.count))
                }
            }
            return .object(object)
        case .array(var array) where !array.isEmpty:
            let index = hostile.below(array.count)
            if depth > 0 || hostile.chance(40) {
                array[index] = changed(array[index], depth - 1, name, &hostile)
            } else if hostile.chance(50) {
                array.append(array[index])
            } else {
                array.remove(at: index)
            }
            return .array(array)
        default:
            // Mostly another value of the same type.
            guard hostile.chance(75) else { return hostile.value(hostile.pick(Self.types), of: name) }
            switch value {
            case .int, .double: return hostile.value("integer", of: name)
            case .bool: return hostile.value("boolean", of: name)
            case .string(let text):
                if Quantity(text) != nil { return .string(hostile.quantity()) }
                if Duration(text) != nil { return .string(hostile.duration()) }
                return hostile.value("string", of: name)
            default: return hostile.value("string", of: name)
            }
        }
    }
    private static let types = [
        "string", "integer", "number", "boolean", "Quantity", "Duration", "Time", "IntOrString", "[]string", "map[string]string", "map[string]Quantity",
    ]
    /// Names of fields of all structures.
    private static let fieldNames = Array(Set(KindInfo.all.flatMap { names(of: ObjectStore.type(of: $0.type), 4) })).sorted()
    private static func names(of type: any APIStruct.Type, _ depth: Int) -> [String] {
        func names<S: APIStruct>(_ type: S.Type) -> [String] {
            S.fields.flatMap { [$0.name] + (depth > 0 ? $0.structure.map { Self.names(of: $0, depth - 1) } ?? [] : []) }
        }
        return names(type)
    }

    /// `text` with bytes turned, taken out, put in and repeated.
    private func bytes(_ text: String, _ hostile: inout Hostile) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<(1 + hostile.below(6)) {
            guard !bytes.isEmpty else { break }
            let at = hostile.below(bytes.count)
            let end = min(bytes.count, at + 1 + hostile.below(hostile.chance(80) ? 4 : 200))
            switch hostile.below(6) {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: hostile.random.next())
            case 1: bytes.removeSubrange(at..<end)
            case 2: bytes.insert(contentsOf: bytes[at..<end], at: hostile.below(bytes.count))
            case 3: bytes.insert(contentsOf: Array(hostile.pick(Self.pieces).utf8), at: at)
            case 4: bytes.insert(contentsOf: Array(hostile.anyText().utf8), at: at)
            default: bytes.insert(contentsOf: Array(hostile.number().utf8), at: at)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
    private static let pieces = [
        "\n---\n", "...\n", "&a ", "*a", "<<: *a\n", "!!binary ", "!!float ", "? ", ": ", "- ", "|\n", ">-\n", "{", "}", "[", "]", "\t", "#", "%YAML 1.2\n",
        "\u{FEFF}", "\"", "'", "\\", "null", "~", ",",
        "\r\n", "  ",
    ]

    // MARK: Extreme values

    /// An object of some kind with extreme values in one to three fields, among nodes and a workload.
    func extreme(_ hostile: inout Hostile) -> String {
        let (sample, type) = hostile.pick(Self.samples)
        var object = sample
        for _ in 0..<hostile.pick([1, 1, 1, 2, 3]) { object = set(object, type, 0, &hostile) }
        // What a server would never hold, a file can say that tells a state: it is opened as it is.
        if hostile.chance(25) { object["metadata"]?["uid"] = "1" }
        let text = ManifestWriter.yaml(object)
        return hostile.chance(30) ? text + "---\n" + Self.neighbour : text
    }

    /// `value`, whose fields are those of `type`, with an extreme value in one of them or in one below.
    private func set(_ value: JSONValue, _ type: any APIStruct.Type, _ depth: Int, _ hostile: inout Hostile) -> JSONValue {
        func set<S: APIStruct>(_ type: S.Type) -> JSONValue {
            var object = value.object ?? JSONObject()
            var field = hostile.pick(Array(S.fields))
            // Most of what matters is below the spec.
            if depth == 0, let spec = S.fields.first(where: { $0.name == "spec" }), hostile.chance(70) { field = spec }
            if field.name == "apiVersion" || field.name == "kind" { return value }
            guard let inner = field.structure, hostile.chance(95) else {
                object[field.name] = hostile.value(field.typeName, of: field.name)
                return .object(object)
            }
            if field.typeName.hasPrefix("[]") {
                var array = object[field.name]?.array ?? []
                if array.isEmpty || hostile.chance(10) { array.append(.object(JSONObject())) }
                let index = hostile.below(array.count)
                array[index] = self.set(array[index], inner, depth + 1, &hostile)
                object[field.name] = .array(array)
            } else if field.typeName.hasPrefix("map[") {
                object[field.name] = .object(["x": self.set(.object(JSONObject()), inner, depth + 1, &hostile)])
            } else {
                object[field.name] = self.set(object[field.name] ?? .object(JSONObject()), inner, depth + 1, &hostile)
            }
            return .object(object)
        }
        return set(type)
    }

    /// The smallest object of each kind that is accepted, with the type that has its fields.
    private static let samples: [(JSONValue, any APIStruct.Type)] = {
        let pod = "spec: {containers: [{name: main, image: 'a:1', resources: {requests: {cpu: 100m, memory: 64Mi}}}]}"
        let template = "selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, \(pod)}"
        let job = "template: {metadata: {labels: {app: x}}, spec: {restartPolicy: Never, containers: [{name: main, image: 'a:1'}]}}"
        let bodies: [(String, Int)] = [
            ("{apiVersion: v1, kind: Pod, metadata: {name: x, annotations: {evenkeel.dev/cpu: 100m}}, \(pod)}", 6),
            (
                "{apiVersion: v1, kind: Node, metadata: {name: x, labels: {topology.kubernetes.io/zone: a}}, status: {capacity: {cpu: 4, memory: 16Gi, pods: 110}, allocatable: {cpu: 4, memory: 16Gi, pods: 110}}}",
                3
            ),
            ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: 2, strategy: {rollingUpdate: {maxSurge: 1}}, \(template)}}", 6),
            ("{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: x}, spec: {replicas: 2, \(template)}}", 1),
            (
                "{apiVersion: v1, kind: ReplicationController, metadata: {name: x}, spec: {replicas: 2, selector: {app: x}, template: {metadata: {labels: {app: x}}, \(pod)}}}",
                1
            ),
            (
                "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x}, spec: {replicas: 2, serviceName: x, volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}], \(template)}}",
                4
            ),
            ("{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x}, spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 1}}, \(template)}}", 3),
            ("{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {completions: 2, parallelism: 1, \(job)}}", 4),
            ("{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {schedule: '* * * * *', jobTemplate: {spec: {\(job)}}}}", 3),
            ("{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {selector: {app: x}, ports: [{port: 80}]}}", 2),
            (
                "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: x}, addressType: IPv4, endpoints: [{addresses: [10.0.0.1]}], ports: [{port: 80}]}",
                1
            ),
            ("{apiVersion: v1, kind: Namespace, metadata: {name: x}}", 1),
            (
                "{apiVersion: v1, kind: Event, metadata: {name: x}, involvedObject: {kind: Pod, name: x}, reason: R, message: m, lastTimestamp: '2026-01-01T00:00:01Z'}",
                1
            ),
            ("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: b}}", 1),
            ("{apiVersion: v1, kind: Secret, metadata: {name: x}, data: {a: YQ==}}", 1),
            ("{apiVersion: v1, kind: ServiceAccount, metadata: {name: x}}", 1),
            (
                "{apiVersion: v1, kind: PersistentVolume, metadata: {name: x}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}}}",
                2
            ),
            (
                "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}",
                2
            ),
            ("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: x}, provisioner: example.com/p}", 1),
            ("{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: x}, spec: {}}", 1),
            ("{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: x}, spec: {drivers: [{name: example.com, nodeID: x}]}}", 1),
            (
                "{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: x}, spec: {attacher: example.com, nodeName: x, source: {persistentVolumeName: x}}}",
                1
            ),
            ("{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: x}, spec: {minAvailable: 1, selector: {matchLabels: {app: x}}}}", 2),
            ("{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: x}, value: 10}", 1),
            (
                "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: x}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: n}, maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}], behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}}}",
                4
            ),
            ("{apiVersion: v1, kind: ResourceQuota, metadata: {name: x}, spec: {hard: {pods: 10}}}", 1),
            ("{apiVersion: v1, kind: LimitRange, metadata: {name: x}, spec: {limits: [{type: Container, max: {cpu: 2}}]}}", 1),
            ("{apiVersion: apps/v1, kind: ControllerRevision, metadata: {name: x}, revision: 1}", 1),
        ]
        var samples: [(JSONValue, any APIStruct.Type)] = []
        for (text, weight) in bodies {
            for document in ManifestReader.read(text: text, file: "sample").documents {
                samples += Array(repeating: (document.json, ObjectStore.type(of: document.kindInfo.type)), count: weight)
            }
        }
        let configurations: [(String, any APIStruct.Type, Int)] = [
            (
                "{apiVersion: evenkeel.dev/v1, kind: Scenario, metadata: {name: s}, spec: {cluster: {zones: 1, nodesPerZone: 1}, steps: [{at: 5s, cordon: {node: a1}}], expect: [{at: 20s, nodes: {count: 1}}]}}",
                Scenario.self, 8
            ),
            ("{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration}", KubeletConfiguration.self, 6),
            ("{apiVersion: kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration}", SchedulerConfiguration.self, 3),
        ]
        for (text, type, weight) in configurations {
            for document in ManifestReader.read(text: text, file: "sample").configurations { samples += Array(repeating: (document.json, type), count: weight) }
        }
        return samples
    }()

    private static let neighbour = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: n}
        spec:
          replicas: 2
          selector: {matchLabels: {app: x}}
          template: {metadata: {labels: {app: x}}, spec: {containers: [{name: main, image: 'a:1', resources: {requests: {cpu: 100m, memory: 64Mi}}}]}}

        """

    // MARK: Running

    /// Reads, validates and, if it is accepted, runs the text for thirty virtual seconds; returns the session that came of it.
    func run(_ text: String) -> Session? {
        let manifests = ManifestReader.read(text: text, file: "fuzz")
        let review = ManifestReview(manifests.documents)
        for answer in review.answers {
            (_, _) = (answer.title, answer.status.text())
            for fault in answer.faults { _ = fault.description }
        }
        var overrides = InputOverrides()
        (overrides.nodes, overrides.zones) = (2, 2)
        let input = Input(manifests, overrides: overrides)
        for problem in input.problems { _ = problem.description }
        guard input.problems.isEmpty else { return nil }
        var (session, refusals) = input.makeSession()
        for problem in refusals.problems { _ = problem.description }
        // Bounded by events: a manifest may ask for more than a second of real time can do.
        var events = 0
        session.advance(to: .start + .seconds(30)) {
            events += 1
            return events > 1500
        }
        return session
    }
}
