import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// What must hold between the parts of the control plane, after each event of a rough quarter of an hour.
@Suite struct InvariantTests {
    private static func text(seed: UInt64, version: String) -> String {
        scenario(
            """
              seed: \(seed)
              kubernetesVersion: "\(version)"
              cluster: {zones: 3, nodesPerZone: 3}
              steps:
              - {at: 45s, cordon: {node: b3}}
              - {at: 50s, scale: {kind: Deployment, name: web, replicas: 20}}
              - {at: 60s, fail: {zone: eu-a}}
              - {at: 70s, drain: {node: c1}}
              - {at: 80s, apply: {apiVersion: v1, kind: Pod, metadata: {name: boss}, spec: {priorityClassName: high, containers: [{name: c, image: i, resources: {requests: {cpu: 3500m}}}]}}}
              - {at: 100s, load: {kind: Deployment, name: cart, memory: 200Mi}}
              - {at: 130s, scale: {kind: Deployment, name: web, replicas: 60}}
              - {at: 150s, taint: {node: b1, key: gone, effect: NoExecute}}
              - {at: 200s, load: {kind: Deployment, name: cart, memory: 20Mi}}
              - {at: 240s, fail: {node: c2}}
              - {at: 250s, recover: {node: c2}}
              - {at: 260s, delete: {kind: Pod, name: boss}}
              - {at: 300s, apply: \(rollOut)}
              - {at: 380s, scale: {kind: StatefulSet, name: db, replicas: 4}}
              - {at: 500s, recover: {zone: eu-a}}
              - {at: 520s, uncordon: {node: c1}}
              - {at: 530s, uncordon: {node: b3}}
              - {at: 540s, untaint: {node: b1, key: gone}}
              - {at: 560s, scale: {kind: Deployment, name: web, replicas: 9}}
              expect:
              - {pods: {labelSelector: app=web, ready: true, count: 9}}
              - {pods: {labelSelector: app=cart, ready: true, count: 6}}
              - {pods: {labelSelector: app=db, ready: true, count: 4}}
              - {pods: {labelSelector: app=agent, ready: true, count: 9}}
              - {condition: {kind: Job, name: sums, type: Complete, status: "True"}}
              - {pods: {labelSelector: app=crash, count: 1}}
              - {event: {reason: Preempted}}
              - {event: {reason: TaintManagerEviction}}
              - {event: {reason: NodeNotReady, atLeast: 3}}
            """) + deployment("web", replicas: 9, zoneSpread("web")).replacing("cpu: 100m", with: "cpu: 700m")
            + deployment("cart", replicas: 6).replacing("cpu: 100m}", with: "cpu: 100m}, limits: {memory: 100Mi}") + """
                ---
                apiVersion: scheduling.k8s.io/v1
                kind: PriorityClass
                metadata: {name: high}
                value: 1000
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: crash, labels: {app: crash}, annotations: {evenkeel.dev/run-time: 5s, evenkeel.dev/exit-code: "1"}}
                spec:
                  nodeSelector: {kubernetes.io/hostname: b2}
                  tolerations: [{operator: Exists}]
                  priorityClassName: high
                  containers: [{name: c, image: i}]
                ---
                apiVersion: storage.k8s.io/v1
                kind: StorageClass
                metadata: {name: fast}
                provisioner: csi.example.com
                volumeBindingMode: WaitForFirstConsumer
                ---
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: db}
                spec:
                  serviceName: db
                  replicas: 3
                  selector: {matchLabels: {app: db}}
                  template:
                    metadata: {labels: {app: db}}
                    spec: {priorityClassName: high, containers: [{name: c, image: i, resources: {requests: {cpu: 500m}}, volumeMounts: [{name: data, mountPath: /d}]}]}
                  volumeClaimTemplates:
                  - metadata: {name: data}
                    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
                ---
                apiVersion: apps/v1
                kind: DaemonSet
                metadata: {name: agent}
                spec:
                  selector: {matchLabels: {app: agent}}
                  template:
                    metadata: {labels: {app: agent}}
                    spec: {tolerations: [{operator: Exists}], priorityClassName: high, containers: [{name: c, image: i, resources: {requests: {cpu: 100m}}}]}
                ---
                apiVersion: batch/v1
                kind: Job
                metadata: {name: sums}
                spec:
                  completions: 6
                  parallelism: 2
                  backoffLimit: 100
                  template:
                    metadata: {labels: {app: sums}, annotations: {evenkeel.dev/run-time: 20s}}
                    spec: {restartPolicy: OnFailure, containers: [{name: c, image: i}]}

                """
    }
    /// The roll-out of `cart` to a second image.
    private static let rollOut =
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart}, spec: {replicas: 6, selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: main, image: 'example/cart:2', resources: {requests: {cpu: 100m}, limits: {memory: 100Mi}}}]}}}}"

    @Test(arguments: [(1, "1.36"), (2, "1.36"), (3, "1.30"), (4, "1.27")] as [(UInt64, String)])
    func `invariants hold while nodes fail, pods move and images change`(seed: UInt64, version: String) {
        var session = session(Self.text(seed: seed, version: version))
        var watch = Watch()
        while session.now < .start + .minutes(15), session.step() {
            watch.look(at: session.cluster)
            if watch.broken.count > 5 { break }
        }
        session.finishScript()
        #expect(watch.broken == [])
        #expect(watch.podsSeen > 100 && watch.passes > 150 && watch.restarts > 5)
        #expect(session.script.failures.map(\.message) == [])
    }
}

/// Follows the feed of changes and notes what must not be.
private struct Watch {
    var broken: [String] = []
    var passes = 0
    var restarts = 0
    var podsSeen: Int { seen.count }
    private var cursor = WatchCursor.beginning
    private var seen: [String: Seen] = [:]
    private var nextPass = Instant.start + .seconds(5)
    private struct Seen {
        var phase = PodPhase.pending
        var node = ""
        var restarts: [String: Int] = [:]
    }

    mutating func look(at cluster: Cluster) {
        var touched: [String] = []
        while let entry = cluster.store.next(&cursor, until: cluster.now) {
            guard entry.kind == .pod else { continue }
            let change = cluster.store.pods.change(entry.index)
            if change.action == .deleted { continue }
            judge(change.object)
            let node = change.object.nodeName
            if !node.isEmpty, !touched.contains(node) { touched.append(node) }
        }
        for node in touched { sum(node, cluster) }
        // A look a little after each of the node controller's, which come every 5 s.
        if cluster.now >= nextPass + .milliseconds(100) {
            nextPass = nextPass + .seconds(5)
            passes += 1
            lookAtNodes(cluster)
        }
    }

    private mutating func judge(_ pod: Pod) {
        var last = seen[pod.metadata.uid] ?? Seen()
        let phase = pod.status.phase
        let isFinal = last.phase == .succeeded || last.phase == .failed
        if phase != last.phase, isFinal || phase == .pending {
            broken.append("\(pod.name) went from \(last.phase) to \(phase)")
        }
        if !last.node.isEmpty, pod.nodeName != last.node { broken.append("\(pod.name) moved to \(pod.nodeName)") }
        if phase != .pending, phase != .failed, pod.nodeName.isEmpty { broken.append("\(pod.name) is \(phase) nowhere") }
        if pod.metadata.ownerReferences.count(where: { $0.controller == true }) > 1 {
            broken.append("\(pod.name) has two controllers")
        }
        for status in pod.status.containerStatuses + pod.status.initContainerStatuses {
            let before = last.restarts[status.name] ?? 0
            if status.restartCount < before { broken.append("\(pod.name) restarted \(status.restartCount) times after \(before)") }
            restarts += max(0, status.restartCount - before)
            last.restarts[status.name] = status.restartCount
        }
        (last.phase, last.node) = (phase, pod.nodeName)
        seen[pod.metadata.uid] = last
    }

    private mutating func sum(_ name: String, _ cluster: Cluster) {
        guard let node = cluster.store.nodes[ObjectKey(name: name)] else { return }
        let pods = cluster.store.pods(onNode: name).filter { !$0.isFinished }
        let used = pods.reduce(Int64(0)) { $0 + $1.requests().milliCPU }
        if used > node.status.allocatable.milliCPU ?? 0 { broken.append("\(name) holds \(used)m CPU") }
        if pods.count > 110 { broken.append("\(name) holds \(pods.count) pods") }
    }

    private mutating func lookAtNodes(_ cluster: Cluster) {
        for node in cluster.store.nodes.all where !node.status.conditions.isTrue("Ready") {
            // Nodes that were lost after the controller's last look get their due at its next one.
            guard let since = node.status.conditions["Ready"]?.lastTransitionTime, cluster.now - since > .seconds(5) else { continue }
            for pod in cluster.store.pods(onNode: node.name) where pod.isReady {
                broken.append("\(pod.name) is ready on \(node.name), which is not, at \(cluster.now.sinceStart)")
            }
        }
        for row in cluster.store.pods.all where row.isReady && cluster.store.nodes[ObjectKey(name: row.nodeName)] == nil {
            broken.append("\(row.name) is ready on a node that is gone")
        }
    }
}
