import ControlPlane
import Dashboard
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit

/// The clusters that keys are pressed on.
enum FuzzedClusters {
    /// How many there are: those that come with the program, an empty one, and made ones with hostile names and values.
    static let count = ScenarioCatalog.all.count + 1 + 24

    /// A cluster by its number, small and with some minutes behind it.
    static func dashboard(_ number: Int) -> Dashboard {
        var options = DashboardOptions()
        if number % 5 == 4 { options.glyphs = .ascii } else if number % 5 == 3 { options.glyphs = .braille }
        if number < ScenarioCatalog.all.count {
            let scenario = ScenarioCatalog.all[number]
            options.name = scenario.name
            var dashboard = Dashboard(session: scenario.input().makeSession().session, options: options)
            dashboard.run(to: .start + min(scenario.prelude, .seconds(150)))
            return dashboard
        }
        var hostile = Hostile(SeededRandom(seed: UInt64(number), stream: "clusters"))
        let isEmpty = number == ScenarioCatalog.all.count
        var overrides = InputOverrides()
        if isEmpty { overrides.nodes = 1 }
        let text = isEmpty ? "" : manifests(&hostile)
        options.name = hostile.anyText()
        var session = Input(ManifestReader.read(text: text, file: "fuzz"), overrides: overrides).makeSession().session
        if isEmpty { _ = session.perform(.delete(.node, ObjectKey(name: "a1"), DeleteOptions())) }
        // Bounded by events: what a hostile value asks for may be much.
        var events = 0
        session.advance(to: .start + .seconds(60)) {
            events += 1
            return events > 5000
        }
        return Dashboard(session: session, options: options)
    }

    /// Nodes as clouds name them, workloads with names, labels, images and messages of any kind.
    static func manifests(_ hostile: inout Hostile) -> String {
        var documents: [JSONValue] = []
        let zones = (0..<3).map { _ in hostile.label() }
        let big = hostile.chance(30)
        for name in hostile.nodeNames(1 + hostile.below(6)) {
            let cpu = big ? hostile.pick(["4", "1m", "9223372036854775807", "8Ei", "0"]) : "4"
            let memory = big ? hostile.pick(["16Gi", "1", "8Ei", "0"]) : "16Gi"
            let capacity: JSONValue = ["cpu": .string(cpu), "memory": .string(memory), "pods": "30", "nvidia.com/gpu": "2"]
            var labels: JSONValue = ["kubernetes.io/hostname": .string(String(name.prefix(63))), "kubernetes.io/os": "linux"]
            if hostile.chance(85) { labels["topology.kubernetes.io/zone"] = .string(hostile.pick(zones)) }
            documents.append([
                "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name), "labels": labels],
                "status": ["capacity": capacity, "allocatable": capacity],
            ])
        }
        for _ in 0..<(1 + hostile.below(4)) { documents += workload(&hostile) }
        for _ in 0..<hostile.below(4) {
            let name = hostile.subdomain()
            documents.append([
                "apiVersion": "v1", "kind": "Event", "metadata": ["name": .string(name), "namespace": "default"], "type": "Warning",
                "reason": .string(hostile.label()),
                "message": .string(hostile.anyText(300)), "involvedObject": ["kind": "Pod", "name": .string(hostile.subdomain()), "namespace": "default"],
                "lastTimestamp": .string(hostile.pick(["2026-01-01T00:00:10Z", "0001-01-01T00:00:00Z"])), "count": .int(hostile.pick([1, 2, 2_147_483_647])),
            ])
        }
        documents.append([
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(hostile.subdomain()), "namespace": "default"],
            "data": ["text": .string(hostile.anyText(300))],
        ])
        documents.append([
            "apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": .string(hostile.subdomain()), "namespace": "default"],
            "spec": ["text": .string(hostile.anyText())],
        ])
        return ManifestWriter.yaml(documents)
    }

    private static func workload(_ hostile: inout Hostile) -> [JSONValue] {
        let name = hostile.label(40)
        let labels: JSONValue = ["app": .string(name)]
        let amounts = hostile.chance(20)
        var annotations: JSONValue = ["kubernetes.io/description": .string(hostile.anyText(200))]
        if hostile.chance(50) { annotations["evenkeel.dev/cpu"] = .string(amounts ? hostile.load() : "100m..400m/2m") }
        if hostile.chance(20) { annotations["evenkeel.dev/run-time"] = "3s" }
        let container: JSONValue = [
            "name": .string(hostile.label()),
            "image": .string(
                hostile.pick(["nginx:1", "registry.example.com:5000/" + hostile.subdomain() + "@sha256:00", hostile.label() + "/日本語:ü", "does-not-exist"])),
            "resources": [
                "requests": ["cpu": .string(amounts ? hostile.quantity() : "100m"), "memory": .string(amounts ? hostile.quantity() : "64Mi")],
                "limits": hostile.chance(50) ? [:] : ["cpu": "1", "memory": "1Gi"],
            ],
        ]
        var pod: JSONValue = ["containers": .array([container])]
        if hostile.chance(50) {
            pod["topologySpreadConstraints"] = [
                [
                    "maxSkew": .int(hostile.pick([1, 2, 2_147_483_647])),
                    "topologyKey": .string(hostile.pick(["topology.kubernetes.io/zone", "kubernetes.io/hostname", hostile.subdomain()])),
                    "whenUnsatisfiable": "DoNotSchedule", "labelSelector": ["matchLabels": labels],
                ]
            ]
        }
        let template: JSONValue = ["metadata": ["labels": labels, "annotations": annotations], "spec": pod]
        let replicas = JSONValue.int(Int64(hostile.below(5)))
        let meta: JSONValue = [
            "name": .string(name), "namespace": "default",
            "annotations": hostile.chance(30) ? ["evenkeel.dev/demand": .string(amounts ? hostile.load() : "2")] : [:],
        ]
        var documents: [JSONValue] = []
        switch hostile.below(5) {
        case 0:
            documents.append([
                "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta,
                "spec": [
                    "replicas": replicas, "serviceName": .string(name), "selector": ["matchLabels": labels], "template": template,
                    "volumeClaimTemplates": [
                        [
                            "metadata": ["name": "data"],
                            "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": .string(amounts ? hostile.quantity() : "1Gi")]]],
                        ]
                    ],
                ],
            ])
        case 1:
            documents.append([
                "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": ["selector": ["matchLabels": labels], "template": template],
            ])
        case 2:
            var template = template
            template["spec"]?["restartPolicy"] = "Never"
            documents.append([
                "apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta,
                "spec": ["schedule": "* * * * *", "jobTemplate": ["spec": ["template": template]]],
            ])
        default:
            documents.append([
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
                "spec": ["replicas": replicas, "selector": ["matchLabels": labels], "template": template],
            ])
        }
        if hostile.chance(40) {
            documents.append([
                "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": .string(name), "namespace": "default"],
                "spec": [
                    "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": .string(name)], "minReplicas": 1,
                    "maxReplicas": .int(hostile.pick([1, 3, 10])),
                    "metrics": [["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 50]]]],
                ],
            ])
        }
        if hostile.chance(40) {
            documents.append([
                "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": ["name": .string(name), "namespace": "default"],
                "spec": ["minAvailable": 1, "selector": ["matchLabels": labels]],
            ])
        }
        if hostile.chance(40) {
            documents.append([
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string("s" + String(name.prefix(50))), "namespace": "default"],
                "spec": ["selector": labels, "ports": [["port": 80]]],
            ])
        }
        return documents
    }
}
