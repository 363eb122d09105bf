import KubernetesAPI
import Manifests
import Simulation
import Testing

/// What a long run keeps: it must not grow while the number of pods stays the same.
struct GrowthTests {
    /// How many elements the collections within a value hold, by their path; the places of elements are left out of it.
    private struct Census {
        var counts: [String: Int] = [:]

        init(_ value: Any) { count(value, "") }

        private mutating func count(_ value: Any, _ path: String) {
            // Objects of the API are as large as they are; how many there are is counted.
            if value is any KubernetesObject || value is String || value is JSONValue { return }
            let mirror = Mirror(reflecting: value)
            switch mirror.displayStyle {
            case .collection, .dictionary, .set:
                counts[path, default: 0] += mirror.children.count
                for child in mirror.children.prefix(2000) { count(child.value, path) }
            case .struct, .tuple, .optional, .enum:
                for child in mirror.children { count(child.value, child.label.map { $0 == "some" || $0.hasPrefix(".") ? path : "\(path).\($0)" } ?? path) }
            // What is kept out of line is counted as if it stood in its place.
            case .class where String(reflecting: type(of: value)).contains(".Seldom<"):
                for child in mirror.children { count(child.value, path) }
            default: break
            }
        }
    }

    @Test(arguments: ["job", "crash", "scaled", "probes"])
    func `what a run keeps does not grow while the number of pods stays the same`(_ kind: String) {
        let workload =
            switch kind {
            case "job":
                """
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: tick}
                spec:
                  schedule: "* * * * *"
                  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}
                ---
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: tock}
                spec:
                  schedule: "* * * * *"
                  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}
                """
            case "crash":
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: crash}
                spec:
                  replicas: 3
                  selector: {matchLabels: {app: a}}
                  template:
                    metadata: {labels: {app: a}, annotations: {evenkeel.dev/run-time: 15s, evenkeel.dev/exit-code: "1"}}
                    spec: {containers: [{name: c, image: i}]}
                """
            case "scaled":
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web, annotations: {evenkeel.dev/demand: 500m..4/10m}}
                spec:
                  selector: {matchLabels: {app: a}}
                  template:
                    metadata: {labels: {app: a}}
                    spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 500m}}}]}
                ---
                apiVersion: autoscaling/v2
                kind: HorizontalPodAutoscaler
                metadata: {name: web}
                spec:
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
                  minReplicas: 1
                  maxReplicas: 10
                  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
                  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
                """
            default:
                """
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: db}
                spec:
                  serviceName: db
                  podManagementPolicy: Parallel
                  replicas: 3
                  selector: {matchLabels: {app: a}}
                  template:
                    metadata: {labels: {app: a}, annotations: {evenkeel.dev/c.readiness-fails: 60s}}
                    spec:
                      containers:
                      - {name: c, image: i, readinessProbe: {httpGet: {port: 80}}, livenessProbe: {tcpSocket: {port: 80}}}
                      - {name: bad, image: does-not-exist}
                """
            }
        let input = Input(ManifestReader.read(text: workload, file: kind))
        #expect(input.problems.isEmpty)
        var session = input.makeSession().session
        session.run(to: 150 * 60)
        let before = Census(session.simulation).counts
        session.run(to: 240 * 60)
        let after = Census(session.simulation).counts
        // Buffers of what was last, with how much they hold at most.
        let buffers = [
            ".cluster.eventLog.events.pages": 8256, ".cluster.store.log.pages": 464, "changes.pages": 464, "images.past.elements": 600,
            "pleg.detections.elements": 1600, "timelines.shards.value.entries": 6000, "changed.entries": 20_000, "touched.entries": 2000,
            // Tables of places are as long as a power of two, and stay as long as they ever were.
            "slots.entries": 4096, "eventsByContent.entries": 4096,
            // What was told last takes one of so many places.
            "eventRecorder.references.values": 1 << 14, "eventRecorder.messages.values": 1 << 10, "eventRecorder.sources.values": 1 << 14,
            // What was worked out for templates is forgotten all at once, when there is so much of it.
            "boundLabels.known.before.sorted": 4000, "boundLabels.known.after.sorted": 4000, "completedSpecs.recent": 130, "recent.value.circumstances": 400,
            "recent.value.labels.sorted": 600,
            "state.costs": 300, "state.demands": 160, "state.factsBySpec": 200, "state.factsBySpec.value": 400,
            "state.rankingNumbers": 160, "state.rankings": 160, "traces.value.looks": 600,
        ]
        for (path, count) in after.sorted(by: { $0.key < $1.key }) where count > before[path, default: 0] + 20 {
            let most = buffers.first { path.hasSuffix($0.key) }?.value ?? 0
            #expect(count <= most, "\(path): \(before[path, default: 0]) after 2.5 hours, \(count) after 4")
        }
    }
}
