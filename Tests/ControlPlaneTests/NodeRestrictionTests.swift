import ControlPlane
import KubernetesAPI
import Testing

/// What a kubelet's own credentials may write: `control-plane-links.md` §3.
@Suite struct NodeRestrictionTests {
    static func cluster() throws -> Cluster {
        var cluster = Cluster()
        for name in ["a1", "a2"] {
            var node = Node()
            node.metadata.name = name
            node.metadata.labels = ["kubernetes.io/hostname": name]
            _ = try cluster.create(node)
            var pod = Pod()
            (pod.metadata.name, pod.metadata.namespace, pod.nodeName) = ("on-\(name)", "default", name)
            pod.spec.containers = [Container(name: "c", image: "i")]
            _ = try cluster.create(pod)
        }
        return cluster
    }
    /// What kubelet a1 is told; empty if it may.
    static func refusal(
        _ action: APIWrite.Action, _ info: KindInfo, _ name: String, namespace: String = "", subresource: String = "", user: String = "system:node:a1"
    ) throws -> String {
        var cluster = try cluster()
        let write = APIWrite(action, info, namespace: namespace, name: name, subresource: subresource, user: user)
        if case .failure(let error) = cluster.perform(write) { return "\(error.code) \(error.message)" }
        return ""
    }
    static func pod(_ metadata: JSONObject, _ spec: JSONObject = [:]) -> APIWrite.Action {
        var spec = spec
        spec["containers"] = [["name": "c", "image": "i"]]
        return .create(["metadata": .object(metadata), "spec": .object(spec)])
    }
    static func merge(_ patch: JSONValue) -> APIWrite.Action { .patch(.merge, patch, force: false) }

    @Test func `pods: mirrors of its own, and their end`() throws {
        let mirror: JSONObject = ["name": "static", "annotations": ["kubernetes.io/config.mirror": "x"]]
        #expect(try Self.refusal(Self.pod(mirror, ["nodeName": "a1"]), Kind.pod.info, "", namespace: "default").isEmpty)
        #expect(
            try Self.refusal(Self.pod(mirror, ["nodeName": "a2"]), Kind.pod.info, "", namespace: "default")
                == "403 pods \"static\" is forbidden: node \"a1\" can only create pods with spec.nodeName set to itself")
        #expect(
            try Self.refusal(Self.pod(["name": "own"], ["nodeName": "a1"]), Kind.pod.info, "", namespace: "default")
                == "403 pods \"own\" is forbidden: pod does not have \"kubernetes.io/config.mirror\" annotation, node \"a1\" can only create mirror pods")
        #expect(
            try Self.refusal(Self.pod(mirror, ["nodeName": "a1", "serviceAccountName": "default"]), Kind.pod.info, "", namespace: "default").hasSuffix(
                "node \"a1\" can not create pods that reference a service account"))
        #expect(try Self.refusal(.delete(DeleteOptions()), Kind.pod.info, "on-a1", namespace: "default").isEmpty)
        #expect(
            try Self.refusal(.delete(DeleteOptions()), Kind.pod.info, "on-a2", namespace: "default")
                == "403 pods \"on-a2\" is forbidden: node \"a1\" can only delete pods with spec.nodeName set to itself")
        #expect(
            try Self.refusal(.evict(DeleteOptions()), Kind.pod.info, "on-a2", namespace: "default", subresource: "eviction").hasSuffix(
                "node a1 can only evict pods with spec.nodeName set to itself"))
    }

    @Test func `pods: status of those that are its own`() throws {
        let status = Self.merge(["status": ["message": "hi"]])
        #expect(try Self.refusal(status, Kind.pod.info, "on-a1", namespace: "default", subresource: "status").isEmpty)
        #expect(
            try Self.refusal(status, Kind.pod.info, "on-a2", namespace: "default", subresource: "status").hasSuffix(
                "node \"a1\" can only update pod status for pods with spec.nodeName set to itself"))
        let label = Self.merge(["metadata": ["labels": ["a": "b"]]])
        #expect(
            try Self.refusal(label, Kind.pod.info, "on-a1", namespace: "default", subresource: "status").hasSuffix(
                "node \"a1\" cannot update labels through pod status"))
        #expect(
            try Self.refusal(label, Kind.pod.info, "on-a1", namespace: "default", subresource: "ephemeralcontainers").hasSuffix(
                "unexpected pod subresource \"ephemeralcontainers\", only 'status' and 'eviction' are allowed"))
    }

    @Test func `nodes: itself, without taints and labels of others`() throws {
        func label(_ name: String) throws -> String { try Self.refusal(Self.merge(["metadata": ["labels": [name: "x"]]]), Kind.node.info, "a1") }
        #expect(try label("mine").isEmpty && label("topology.kubernetes.io/zone").isEmpty && label("node.kubernetes.io/pool").isEmpty)
        #expect(
            try label("node-restriction.kubernetes.io/secure")
                == "403 nodes \"a1\" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/secure")
        #expect(try label("node-role.kubernetes.io/master").hasSuffix("is not allowed to modify labels: node-role.kubernetes.io/master"))
        #expect(
            try Self.refusal(Self.merge(["metadata": ["labels": ["a": "b"]]]), Kind.node.info, "a2")
                == "403 nodes \"a2\" is forbidden: node \"a1\" is not allowed to modify node \"a2\"")
        #expect(
            try Self.refusal(Self.merge(["spec": ["taints": [["key": "k", "effect": "NoSchedule"]]]]), Kind.node.info, "a1").hasSuffix(
                "node \"a1\" is not allowed to modify taints"))
        // Others may.
        #expect(try Self.refusal(Self.merge(["spec": ["taints": [["key": "k", "effect": "NoSchedule"]]]]), Kind.node.info, "a1", user: "jane").isEmpty)
    }

    @Test func `leases: its own`() throws {
        func lease(_ name: String, _ namespace: String) throws -> String {
            let info = try #require(KindInfo.find("leases"))
            return try Self.refusal(.create(["metadata": ["name": .string(name)], "spec": [:]]), info, "", namespace: namespace)
        }
        #expect(try lease("a2", "kube-node-lease").hasSuffix("can only access node lease with the same name as the requesting node"))
        #expect(try lease("a1", "default").hasSuffix("can only access leases in the \"kube-node-lease\" system namespace"))
    }
}
