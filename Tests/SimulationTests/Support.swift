import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// What is wrong with `yaml`, each as `test.yaml:LINE: PATH: MESSAGE`.
func problems(_ yaml: String) -> [String] {
    Input(ManifestReader.read(text: yaml, file: "test.yaml")).problems.map(\.description)
}

/// A session with the objects and the scenario of `yaml`, none of which is refused.
func session(_ yaml: String, sourceLocation: SourceLocation = #_sourceLocation) -> Session {
    let input = Input(ManifestReader.read(text: yaml, file: "test.yaml"))
    #expect(input.problems.isEmpty, sourceLocation: sourceLocation)
    let (session, refused) = input.makeSession()
    #expect(refused.problems.isEmpty, sourceLocation: sourceLocation)
    return session
}

extension Session {
    /// Runs until `seconds` after the start.
    mutating func run(to seconds: Double) { advance(to: .start + .seconds(seconds)) }

    /// All events that were told, as `--events jsonl` writes them.
    var story: [String] {
        let eventLog = cluster.eventLog
        precondition(eventLog.count == eventLog.events.count, "old events were forgotten")
        return eventLog.events.map { $0.json(since: .start).text() }
    }
    /// All objects, as `-o json` writes them.
    var objects: String {
        Kind.allCases.flatMap { cluster.store.objects($0) }.map { $0.document.text() }.joined(separator: "\n")
    }
    func pods(_ namespace: String = "default", app: String? = nil) -> [Pod] {
        cluster.store.pods.sorted(namespace: namespace).filter { app == nil || $0.metadata.labels["app"] == app }
    }
    func pod(_ name: String) -> Pod? { cluster.store.pods[ObjectKey(namespace: "default", name: name)] }
    func node(_ name: String) -> Node { cluster.store.nodes[ObjectKey(name: name)]! }
    func isReady(node name: String) -> Bool { node(name).status.conditions.isTrue("Ready") }
    func events(_ reason: String) -> [ToldEvent] { cluster.eventLog.events.filter { $0.reason == reason } }
    func count(_ kind: Kind) -> Int { cluster.store.objects(kind).count }
}

/// A Deployment whose pods take 100m of a CPU each.
func deployment(_ name: String, replicas: Int, _ podSpec: String = "") -> String {
    """
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: \(name)}
    spec:
      replicas: \(replicas)
      selector: {matchLabels: {app: \(name)}}
      template:
        metadata: {labels: {app: \(name)}}
        spec:
          containers: [{name: main, image: "example/\(name):1", resources: {requests: {cpu: 100m}}}]
    \(podSpec.isEmpty ? "" : "      " + podSpec)

    """
}
/// A constraint that spreads the pods of `app` over zones, for a pod spec.
func zoneSpread(_ app: String, _ more: String = "") -> String {
    "topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, "
        + "whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: \(app)}}\(more)}]"
}
/// The head of a scenario; what follows is its `spec`'s further fields, each line starting with two spaces.
func scenario(_ spec: String) -> String {
    """
    apiVersion: evenkeel.dev/v1
    kind: Scenario
    metadata: {name: test}
    spec:
    \(spec)

    """
}
