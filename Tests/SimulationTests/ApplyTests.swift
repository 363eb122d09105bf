import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// `kubectl apply` and `kubectl edit` of objects that are there.
@Suite struct ApplyTests {
    private static let cluster = scenario("  cluster: {zones: 1, nodesPerZone: 2}\n")
    private func manifests(_ yaml: String) -> [JSONValue] { ManifestReader.read(text: yaml, file: "", whole: true).documents.map(\.json) }
    /// What each manifest is answered with: the message, or the refusal.
    private func apply(_ session: inout Session, _ yaml: String) -> String {
        switch session.perform(.apply(manifests(yaml))) {
        case .success(let receipt): receipt.message
        case .failure(let error): error.message
        }
    }
    private func web(_ spec: String, image: String = "web:1", labels: String = "") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, labels: {\(labels)}}
        spec:
          \(spec)
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: "\(image)", ports: [{containerPort: 80}]}]}

        """
    }
    private let key = ObjectKey(namespace: "default", name: "web")

    static let unchanged = [
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: solo, labels: {app: solo}}
        spec: {containers: [{name: c, image: "solo:1", resources: {requests: {cpu: 100m}}}]}
        """,
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: once}
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "once:1"}]}}}
        """,
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec: {accessModes: [ReadWriteOnce], storageClassName: now, resources: {requests: {storage: 1Gi}}}
        """,
        """
        apiVersion: v1
        kind: Service
        metadata: {name: dns}
        spec: {type: NodePort, selector: {app: dns}, ports: [{name: udp, port: 53, protocol: UDP}, {name: tcp, port: 53, protocol: TCP}]}
        """,
        """
        apiVersion: autoscaling/v1
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, targetCPUUtilizationPercentage: 60}
        """,
        """
        apiVersion: example.com/v1
        kind: Widget
        metadata: {name: w}
        spec: {parts: [{name: a}, {name: b}], note: "<a & b>"}
        """,
    ]
    @Test(arguments: unchanged) func `what was applied and has run is unchanged when it is applied again`(_ yaml: String) {
        let storage = """
            ---
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: now}
            provisioner: disk.example.com

            """
        var session = session(Self.cluster + storage + "---\n" + yaml + "\n")
        session.run(to: 60)
        let revision = session.cluster.store.revision
        #expect(apply(&session, yaml).hasSuffix(" unchanged"))
        #expect(session.cluster.store.revision == revision)
    }

    @Test func `a Deployment without replicas keeps what was set, and loses what its manifest said before`() {
        var session = session(Self.cluster + "---\n" + web("minReadySeconds: 5", labels: "tier: front, team: a"))
        session.run(to: 10)
        _ = session.perform(.scale(.deployment, key, replicas: 4))
        _ = session.perform(.label(.deployment, key, key: "by", value: "hand"))
        #expect(apply(&session, web("", image: "web:2", labels: "tier: back")) == "deployment.apps/web configured")
        let changed = session.cluster.store.deployments[key]
        #expect(changed?.spec.replicas == 4)
        #expect(changed?.spec.minReadySeconds == 0)
        #expect(changed?.spec.template.spec.containers[0].image == "web:2")
        #expect(changed?.metadata.labels == ["by": "hand", "tier": "back"])
        #expect(apply(&session, web("replicas: 2", image: "web:2", labels: "tier: back")) == "deployment.apps/web configured")
        #expect(session.cluster.store.deployments[key]?.spec.replicas == 2)
        // Now the manifest had replicas; without them the default comes back, as it does in Kubernetes.
        #expect(apply(&session, web("", image: "web:2", labels: "tier: back")) == "deployment.apps/web configured")
        #expect(session.cluster.store.deployments[key]?.spec.replicas == 1)
    }

    @Test func `lists are merged by their keys, and what others put in stays`() {
        var session = session(Self.cluster + "---\n" + web("replicas: 1"))
        _ = session.perform(.patch(.deployment, key, ["spec": ["template": ["spec": ["containers": [["name": "sidecar", "image": "side:1"]]]]]]))
        var text = web("replicas: 1").replacing("containers: [{", with: "containers: [{env: [{name: A, value: v}], ")
        _ = apply(&session, text)
        let containers = session.cluster.store.deployments[key]!.spec.template.spec.containers
        // A new element of a patch goes before those that were there.
        #expect(containers.map(\.name) == ["sidecar", "main"])
        #expect(containers[1].env.map(\.name) == ["A"])
        text = text.replacing("env: [{name: A, value: v}]", with: "env: [{name: B, value: v}]")
        _ = apply(&session, text)
        #expect(session.cluster.store.deployments[key]!.spec.template.spec.containers.map { $0.env.map(\.name) } == [[], ["B"]])
        // Recreate has no rollingUpdate beside it: the map keeps only what the manifest names.
        #expect(apply(&session, text.replacing("replicas: 1", with: "replicas: 1\n  strategy: {type: Recreate}")) == "deployment.apps/web configured")
        #expect(session.cluster.store.deployments[key]?.spec.strategy.rollingUpdate == nil)
    }

    @Test func `a Job is suspended by applying it, and its template stays as it is`() {
        let job = Self.unchanged[1]
        var session = session(Self.cluster + "---\n" + job + "\n")
        session.run(to: 5)
        #expect(apply(&session, job.replacing("spec: {template", with: "spec: {suspend: true, template")) == "job.batch/once configured")
        #expect(session.cluster.store.jobs.all[0].spec.suspend == true)
        let refusal = apply(&session, job.replacing("once:1", with: "once:2"))
        #expect(refusal.hasPrefix("Job.batch \"once\" is invalid: spec.template: Invalid value: "))
        #expect(refusal.hasSuffix(": field is immutable"))
    }

    @Test func `what may not change is refused in the API server's words, and nothing is changed`() {
        let pod = Self.unchanged[0]
        var session = session(Self.cluster + "---\n" + pod + "\n---\n" + web("replicas: 1"))
        session.run(to: 30)
        let before = session.cluster.store.revision
        #expect(apply(&session, pod.replacing("cpu: 100m", with: "cpu: 200m")).contains("spec: Forbidden: pod updates may not change fields other than"))
        #expect(
            apply(
                &session,
                web("replicas: 1").replacing("matchLabels: {app: web}", with: "matchLabels: {app: web, a: b}").replacing(
                    "labels: {app: web}", with: "labels: {app: web, a: b}")
            ).contains("spec.selector: Invalid value: "))
        #expect(
            apply(&session, "{apiVersion: v1, kind: Pod, metadata: {generateName: x-}, spec: {containers: [{name: c, image: i}]}}")
                == "cannot use generate name with apply")
        #expect(session.cluster.store.revision == before)
        #expect(apply(&session, pod.replacing("solo:1", with: "solo:2")) == "pod/solo configured")
        #expect(session.pod("solo")?.spec.containers[0].image == "solo:2")
    }

    @Test func `the manifest is kept in the annotation that kubectl uses`() {
        let session = session(Self.cluster + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {b: \"<&>\", a: x}\n")
        let kept = session.cluster.store.configMaps[ObjectKey(namespace: "default", name: "c")]?.metadata.annotations[
            "kubectl.kubernetes.io/last-applied-configuration"]
        #expect(
            kept
                == #"{"apiVersion":"v1","data":{"a":"x","b":"\u003c\u0026\u003e"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"c","namespace":"default"}}"#
                + "\n")
    }

    @Test func `objects that every cluster has take over what the files say of them`() {
        let session = session(Self.cluster + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {team: a}}\n")
        #expect(session.cluster.store.namespaces[ObjectKey(name: "default")]?.metadata.labels["team"] == "a")
        #expect(session.cluster.store.namespaces[ObjectKey(name: "default")]?.metadata.labels["kubernetes.io/metadata.name"] == "default")
    }

    @Test func `status that nothing simulated owns is kept as the files have it`() {
        var session = session(
            Self.cluster + """
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: gated}
                spec: {readinessGates: [{conditionType: example.com/lb}], containers: [{name: c, image: i}]}
                status: {conditions: [{type: example.com/lb, status: "True"}, {type: Ready, status: "True"}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: done}
                spec: {nodeName: a1, restartPolicy: Never, containers: [{name: c, image: i}]}
                status: {phase: Succeeded, message: "it is over", startTime: "2025-12-31T00:00:00Z"}
                ---
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: c}
                spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 2Gi}}}
                status: {conditions: [{type: Resizing, status: "True"}], allocatedResources: {storage: 2Gi}}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: lb}
                spec: {type: LoadBalancer, ports: [{port: 80}]}
                status: {loadBalancer: {ingress: [{ip: 192.0.2.7}]}}
                ---
                apiVersion: networking.k8s.io/v1
                kind: Ingress
                metadata: {name: web}
                spec: {defaultBackend: {service: {name: lb, port: {number: 80}}}}
                status: {loadBalancer: {ingress: [{ip: 192.0.2.8}]}}

                """)
        session.run(to: 60)
        #expect(session.pod("gated")?.isReady == true)
        #expect(session.pod("gated")?.status.conditions["example.com/lb"]?.status == "True")
        #expect(session.pod("done")?.status.phase == .succeeded && session.pod("done")?.status.message == "it is over")
        let claim = session.cluster.store.persistentVolumeClaims[ObjectKey(namespace: "default", name: "c")]
        #expect(claim?.status.conditions.map(\.type) == ["Resizing"])
        #expect(session.cluster.store.services[ObjectKey(namespace: "default", name: "lb")]?.status?["loadBalancer"]?["ingress"]?.array?.count == 1)
        #expect(session.cluster.store.customObjects.all.first?.content["status"]?["loadBalancer"]?["ingress"]?.array?.count == 1)
    }

    @Test func `an edit takes labels away, and a stale one is refused`() {
        var session = session(Self.cluster + "---\n" + web("replicas: 1", labels: "tier: front"))
        var object = session.cluster.store.deployments[key]!
        let stale = object
        object.metadata.labels = ["new": "yes"]
        #expect(try! session.perform(.edit([object])).get().message == "deployment.apps/web edited")
        #expect(session.cluster.store.deployments[key]?.metadata.labels == ["new": "yes"])
        guard case .failure(let error) = session.perform(.edit([stale])) else {
            Issue.record("a stale object was taken")
            return
        }
        #expect(error.code == 409)
    }
}
