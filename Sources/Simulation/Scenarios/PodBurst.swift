// The shipped scenarios `pod-burst-1-26`, `pod-burst-1-27` and `pod-burst-parallel`.

import SimulationKit

extension ShippedScenario {
    static let podBurstOld = ShippedScenario(
        "pod-burst-1-26", "Sixty pods at once on one node with the kubelet of 1.26: mounts time out for want of API tokens",
        podBurst(
            name: "pod-burst-1-26", version: "1.26",
            why: """
                # The kubelet of 1.26 makes 5 requests a second (kubeAPIQPS) and 10 at once (kubeAPIBurst). What it must ask for the
                # volumes of sixty pods takes it more than two minutes; mounts that wait longer than a second for their ConfigMap or
                # Secret fail and try again ever later, and after 2m3s the pod's worker gives up: FailedMount.
                """,
            expectations: """
                  - {event: {reason: FailedMount, message: Unable to attach or mount volumes, atLeast: 10}}
                  - {timeToReady: {percentile: 50, atLeast: 70s}}
                """))

    static let podBurst = ShippedScenario(
        "pod-burst-1-27", "The same with the kubelet of 1.27: 50 requests a second, and nothing times out",
        podBurst(
            name: "pod-burst-1-27", version: "1.27",
            why: """
                # The kubelet of 1.27 makes 50 requests a second and 100 at once: no mount times out. What takes the time now are the
                # images, which are pulled one after the other (serializeImagePulls).
                """,
            expectations: """
                  - {event: {reason: FailedMount, message: Unable to attach or mount volumes, atMost: 0}}
                  - {timeToReady: {percentile: 50, atMost: 60s}}
                """))

    static let podBurstParallel = ShippedScenario(
        "pod-burst-parallel", "The same with maxParallelImagePulls: 5: images are pulled side by side",
        podBurst(
            name: "pod-burst-parallel", version: "1.27",
            why: """
                # The kubelet of 1.27 with up to five pulls at once: they share the node's bandwidth, but none waits for all others.
                """,
            configuration: """
                apiVersion: kubelet.config.k8s.io/v1beta1
                kind: KubeletConfiguration
                maxParallelImagePulls: 5
                ---

                """,
            expectations: """
                  - {event: {reason: FailedMount, message: Unable to attach or mount volumes, atMost: 0}}
                  - {timeToReady: {percentile: 50, atMost: 35s}}
                """))

    /// Sixty pods of twelve teams, each with two ConfigMaps and eight Secrets of its own.
    private static func podBurst(
        name: String, version: String, why: String, configuration: String = "", expectations: String
    ) -> String {
        var text = """
            \(why)
            \(configuration)apiVersion: evenkeel.dev/v1
            kind: Scenario
            metadata: {name: \(name)}
            spec:
              seed: 5
              kubernetesVersion: "\(version)"
              duration: 8m
              expect:
            \(expectations)
              - {pods: {ready: true, count: 60}}
            ---
            apiVersion: v1
            kind: Node
            metadata: {name: big, labels: {topology.kubernetes.io/zone: eu-a}}
            status: {capacity: {cpu: "32", memory: 128Gi, ephemeral-storage: 200Gi, pods: "110"}}

            """
        for pod in 1...60 {
            let id = pod < 10 ? "0\(pod)" : "\(pod)"
            let team = (pod - 1) % 12 + 1
            for volume in 1...10 {
                let kind = volume <= 2 ? "ConfigMap" : "Secret"
                text += "---\n{apiVersion: v1, kind: \(kind), metadata: {name: svc-\(id)-\(volume)}}\n"
            }
            let volumes = (1...10).map {
                "{name: v\($0), \($0 <= 2 ? "configMap: {name" : "secret: {secretName"): svc-\(id)-\($0)}}"
            }
            text += """
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: svc-\(id), labels: {team: team-\(team)}, annotations: {evenkeel.dev/image-size: 150M, evenkeel.dev/startup-work: "2"}}
                spec:
                  volumes: [\(volumes.joined(separator: ", "))]
                  containers:
                  - name: app
                    image: "shop/team-\(team):1.0"
                    resources: {requests: {cpu: 400m, memory: 512Mi}}
                    readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 2}

                """
        }
        return text
    }
}
