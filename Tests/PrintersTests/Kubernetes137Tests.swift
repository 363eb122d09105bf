import ControlPlane
import KubernetesAPI
import Printers
import Testing

/// What `kubernetes-1.37.md` says of tables and descriptions, by the numbers of its rows.
@Suite struct Kubernetes137Tests {
    private func describe(_ kind: Kind, _ name: String, _ yaml: String, _ minor: Int) throws -> [String] {
        let world = cluster(yaml, profile: KubernetesProfile(minor: minor))
        let namespace = kind.info.isNamespaced ? "default" : ""
        let object = try #require(world.store.object(kind, ObjectKey(namespace: namespace, name: name)))
        return Printers.describe(object, in: world).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test(arguments: [
        (34, "Pulling image \"nginx\""), (35, "spec.containers{app}: Pulling image \"nginx\""), (37, "spec.containers{app}: Pulling image \"nginx\""),
    ])
    func `1_10 describe begins an event with its container's path`(minor: Int, words: String) throws {
        let lines = try describe(
            .pod, "web",
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: default}
            spec: {containers: [{name: app, image: nginx}]}
            ---
            apiVersion: v1
            kind: Event
            metadata: {name: web.1, namespace: default}
            involvedObject: {kind: Pod, namespace: default, name: web, fieldPath: "spec.containers{app}"}
            reason: Pulling
            type: Normal
            message: Pulling image "nginx"
            source: {component: kubelet}
            firstTimestamp: "2026-01-01T00:00:10Z"
            lastTimestamp: "2026-01-01T00:00:10Z"
            count: 1
            """, minor)
        #expect(lines.contains { $0.hasSuffix("kubelet  \(words)") }, "\(lines)")
    }

    @Test(arguments: [
        (36, "delay=0s timeout=1s period=10s #success=1 #failure=3"), (37, "delay=0s timeout=1s period=10s successThreshold=1 failureThreshold=3"),
    ])
    func `7_1 describe names a probe's thresholds`(minor: Int, words: String) throws {
        let lines = try describe(
            .pod, "web",
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: default}
            spec:
              containers:
              - name: c
                image: nginx
                livenessProbe: {httpGet: {path: /live, port: 80}, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3}
            """, minor)
        #expect(lines.contains { $0.hasSuffix(words) })
    }

    @Test func `7_2 describe tells a StatefulSet's Service, policy and retention from 1_37 on`() throws {
        let yaml = """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db, namespace: default}
            spec:
              serviceName: db
              podManagementPolicy: OrderedReady
              replicas: 2
              selector: {matchLabels: {app: db}}
              updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0}}
              persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Delete}
              template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: postgres}]}}
            """
        let old = try describe(.statefulSet, "db", yaml, 36)
        #expect(!old.contains { $0.hasPrefix("Service Name") || $0.hasPrefix("Pod Management") || $0.hasPrefix("Persistent Volume Claim R") })
        let new = try describe(.statefulSet, "db", yaml, 37)
        let start = try #require(new.firstIndex { $0.hasPrefix("Service Name") })
        let words = new[start..<min(start + 9, new.count)].map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            words == [
                "Service Name db", "Pod Management Policy: OrderedReady", "Replicas: 2 desired | 0 total", "Update Strategy: RollingUpdate", "Partition: 0",
                "MaxUnavailable: 1",
                "Persistent Volume Claim Retention Policy:", "WhenDeleted: Retain", "WhenScaled: Delete",
            ])
    }

    @Test func `2_10 the architecture follows the kernel's version from 1_36 on`() throws {
        for (minor, kernel, shown) in [
            (35, "6.1.0-47-amd64", "6.1.0-47-amd64"), (36, "6.1.0-47-amd64", "6.1.0-47-amd64 (amd64)"), (37, "6.1.0-47-amd64", "6.1.0-47-amd64 (amd64)"),
            (37, "", "<unknown>"),
        ] {
            let world = cluster(
                """
                apiVersion: v1
                kind: Node
                metadata: {name: n1}
                status: {nodeInfo: {kernelVersion: "\(kernel)", architecture: amd64, kubeletVersion: v1.\(minor).0}}
                """, profile: KubernetesProfile(minor: minor))
            let titles = Printers.columns(for: Kind.node.info).map(\.title)
            let column = try #require(titles.firstIndex(of: "KERNEL-VERSION"))
            let node = try #require(world.store.nodes.all.first)
            #expect(Printers.row(for: node, in: world)[column] == shown)
            #expect(!titles.contains("ARCH"))
        }
    }

    @Test(arguments: [(36, ["new (default)", "old (default)"]), (37, ["new (default)", "old"])])
    func `7_6 only the default that counts is marked from 1_37 on`(minor: Int, names: [String]) {
        func storageClass(_ name: String, _ time: String) -> String {
            """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: \(name), creationTimestamp: "\(time)", annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
            provisioner: disk.example.com
            """
        }
        let yaml = storageClass("old", "2026-01-01T00:00:01Z") + "\n---\n" + storageClass("new", "2026-01-01T00:00:09Z")
        let world = cluster(yaml, profile: KubernetesProfile(minor: minor))
        #expect(world.store.storageClasses.sorted().map { Printers.row(for: $0, in: world)[0] } == names)
    }

    @Test(arguments: [(35, "nginx"), (36, "nginx (default)"), (37, "nginx (default)")])
    func `2_12 the default class of ingresses is marked from 1_36 on`(minor: Int, name: String) throws {
        let world = cluster(
            """
            apiVersion: networking.k8s.io/v1
            kind: IngressClass
            metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
            spec: {controller: k8s.io/ingress-nginx}
            """, profile: KubernetesProfile(minor: minor))
        let object = try #require(world.store.objects(.custom).first)
        #expect(Array(Printers.row(for: object, in: world).prefix(3)) == [name, "k8s.io/ingress-nginx", "<none>"])
    }

    @Test func `7_5 definitions of kinds tell group, scope and versions from 1_37 on`() throws {
        let yaml = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.example.com, creationTimestamp: "2026-01-01T00:00:00Z"}
            spec:
              group: example.com
              scope: Namespaced
              names: {plural: things, singular: thing, kind: Thing, listKind: ThingList}
              versions:
              - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
              - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}
            """
        for (minor, titles, cells) in [
            (36, ["NAME", "CREATED AT"], ["things.example.com"]),
            (37, ["NAME", "GROUP", "SCOPE", "VERSIONS", "CREATED AT"], ["things.example.com", "example.com", "Namespaced", "v1,v1beta1"]),
        ] {
            let world = cluster(yaml, profile: KubernetesProfile(minor: minor))
            let object = try #require(world.store.objects(.custom).first)
            #expect(Printers.columns(for: object.kindInfo, in: world).map(\.title) == titles)
            #expect(Array(Printers.row(for: object, in: world).dropLast()) == cells)
        }
    }
}
