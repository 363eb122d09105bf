// The labels of a namespace that say what its pods may do.

import KubernetesAPI
import Testing

@testable import APIServer

struct PodSecurityTests {
    private static let prefix = "pod-security.kubernetes.io/"
    private static let silent =
        "allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities "
        + "(container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"c\" must set "
        + "securityContext.runAsNonRoot=true), seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to "
        + "\"RuntimeDefault\" or \"Localhost\")"

    private static func pod(_ spec: JSONValue = [:], container: JSONValue = [:]) -> JSONValue {
        var (spec, container) = (spec, container)
        (container["name"], container["image"]) = ("c", "b")
        spec["containers"] = [container]
        return ["metadata": ["name": "p"], "spec": spec]
    }
    private static func label(_ client: inout Client, _ labels: JSONObject) -> Client.Answer {
        var all = JSONObject()
        for (name, value) in labels.members { all[prefix + name] = value }
        return client.send(
            "PATCH", "/api/v1/namespaces/n", body: ["metadata": ["labels": .object(all)]], contentType: "application/merge-patch+json")
    }

    @Test func `a pod that is not allowed is refused with all reasons`() {
        var client = Client(namespaces: ["n"])
        #expect(Self.label(&client, ["enforce": "restricted"]).code == 200)
        let answer = client.send("POST", "/api/v1/namespaces/n/pods", body: Self.pod())
        #expect(answer.code == 403)
        #expect(answer.json["message"]?.string == "pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": \(Self.silent)")
        let good: JSONValue = [
            "allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": ["drop": ["ALL"]], "seccompProfile": ["type": "RuntimeDefault"],
        ]
        #expect(client.send("POST", "/api/v1/namespaces/n/pods", body: Self.pod(container: ["securityContext": good])).code == 201)
    }

    @Test func `the baseline forbids the node and little else`() {
        var client = Client(namespaces: ["n"])
        _ = Self.label(&client, ["enforce": "baseline", "enforce-version": "v1.36"])
        let bad = Self.pod(
            ["hostNetwork": true, "volumes": [["name": "h", "hostPath": ["path": "/"]]]],
            container: ["ports": [["containerPort": 80, "hostPort": 80]], "securityContext": ["privileged": true, "capabilities": ["add": ["NET_ADMIN"]]]])
        let answer = client.send("POST", "/api/v1/namespaces/n/pods", body: bad)
        #expect(
            answer.json["message"]?.string == "pods \"p\" is forbidden: violates PodSecurity \"baseline:v1.36\": non-default capabilities (container \"c\" "
                + "must not include \"NET_ADMIN\" in securityContext.capabilities.add), host namespaces (hostNetwork=true), hostPath volumes (volume \"h\"), "
                + "hostPort (container \"c\" uses hostPort 80), privileged (container \"c\" must not set securityContext.privileged=true)")
        #expect(client.send("POST", "/api/v1/namespaces/n/pods", body: Self.pod()).code == 201)
    }

    @Test func `makers of pods are warned, and a stricter namespace of the pods it has`() {
        var client = Client(namespaces: ["n"])
        #expect(client.send("POST", "/api/v1/namespaces/n/pods", body: Self.pod()).code == 201)
        let labelled = Self.label(&client, ["enforce": "restricted"])
        #expect(
            labelled.warnings == [
                #"299 - "existing pods in namespace \"n\" violate the new PodSecurity enforce level \"restricted:latest\"""#,
                #"299 - "p: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile""#,
            ])
        let deployment: JSONValue = [
            "metadata": ["name": "d"],
            "spec": [
                "selector": ["matchLabels": ["a": "b"]],
                "template": ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "b"]]]],
            ],
        ]
        let made = client.send("POST", "/apis/apps/v1/namespaces/n/deployments", body: deployment)
        #expect(made.code == 201)
        #expect(made.warnings == ["299 - \(ResourceRequest.quoted("would violate PodSecurity \"restricted:latest\": \(Self.silent)"))"])
        client.run(seconds: 2)
        let events = client.send("GET", "/api/v1/namespaces/n/events").json["items"]?.array ?? []
        let failed = events.first { $0["reason"] == "FailedCreate" }?["message"]?.string ?? ""
        #expect(failed.contains("violates PodSecurity \"restricted:latest\""))
    }

    @Test func `labels that mean nothing are refused`() {
        var client = Client(namespaces: ["n"])
        let answer = Self.label(&client, ["audit": "wrong", "enforce-version": "v9"])
        #expect(answer.code == 422)
        #expect(
            answer.json["message"]?.string == "Namespace \"n\" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "
                + "\"v9\": must be \"latest\" or \"v1.x\", metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: \"wrong\": must be one of "
                + "privileged, baseline, restricted]")
    }
}
