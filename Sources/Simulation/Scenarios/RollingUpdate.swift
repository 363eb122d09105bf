// The shipped scenarios `rolling-update` and `rolling-update-revisions`.

import SimulationKit

extension ShippedScenario {
    static let rollingUpdate = ShippedScenario(
        "rolling-update", "A rolling update whose spread counts both revisions: the new one ends up uneven", prelude: .seconds(60),
        rollingUpdate(
            name: "rolling-update", keys: "",
            atTheEnd: """
                  - {spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, skewAtLeast: 2}}
                """))

    static let rollingUpdateRevisions = ShippedScenario(
        "rolling-update-revisions", "The same with matchLabelKeys pod-template-hash: each revision is even by itself", prelude: .seconds(60),
        rollingUpdate(
            name: "rolling-update-revisions", keys: "\n        matchLabelKeys: [pod-template-hash]",
            atTheEnd: """
                  - {at: 130s, spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, revision: newest, skewAtMost: 1}}
                  - {spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, skewAtMost: 1}}
                """))

    private static func rollingUpdate(name: String, keys: String, atTheEnd: String) -> String {
        """
        # eu-c comes back from maintenance at 1m30s, after web was spread over the other two zones: 6 6 0. At 2m a new
        # image rolls out. \(keys.isEmpty ? "The rule counts both revisions, so the new pods fill eu-c up while the old ones are still\n# there; when those are gone, eu-c has too many." : "matchLabelKeys has each revision counted by itself, so the new pods are even.")
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: \(name)}
        spec:
          seed: 3
          cluster: {zones: 3, nodesPerZone: 2}
          duration: 8m
          steps:
          - {at: 0s, cordon: {node: c1}}
          - {at: 0s, cordon: {node: c2}}
          - {at: 90s, uncordon: {node: c1}}
          - {at: 90s, uncordon: {node: c2}}
          - {at: 2m, setImage: {kind: Deployment, name: web, container: web, image: "shop/web:1.9"}}
          expect:
          - {at: 90s, pods: {labelSelector: app=web, zone: eu-c, count: 0}}
          - {at: 90s, pods: {labelSelector: app=web, ready: true, count: 12}}
        \(atTheEnd)
          - {condition: {kind: Deployment, name: web, type: Progressing, status: "True", reason: NewReplicaSetAvailable}}
          - {pods: {labelSelector: app=web, ready: true, count: 12}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 12
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              topologySpreadConstraints:
              - maxSkew: 1
                topologyKey: topology.kubernetes.io/zone
                whenUnsatisfiable: DoNotSchedule
                nodeTaintsPolicy: Honor
                labelSelector: {matchLabels: {app: web}}\(keys)
              containers:
              - name: web
                image: shop/web:1.8
                resources: {requests: {cpu: 250m, memory: 256Mi}}
                readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 5}
        """
    }
}
