// The shipped scenarios `zone-outage-ignore` and `zone-outage-honor`.

import SimulationKit

extension ShippedScenario {
    static let zoneOutageIgnore = ShippedScenario(
        "zone-outage-ignore", "A zone is lost; nodeTaintsPolicy Ignore: replacements wait for it", prelude: .seconds(60),
        zoneOutage(
            name: "zone-outage-ignore", policy: "Ignore",
            atEleven: """
                  # The lost zone still counts as a domain, with 0 pods: another zone would get one too many.
                  - {at: 11m, pods: {labelSelector: app=web, phase: Pending, count: 5}}
                  - {at: 11m, pods: {labelSelector: app=web, ready: true, count: 10}}
                  - {at: 11m, event: {reason: FailedScheduling, message: didn't match pod topology spread constraints}}
                  - {pods: {labelSelector: app=web, zone: eu-c, ready: true, count: 5}}
                """))

    static let zoneOutageHonor = ShippedScenario(
        "zone-outage-honor", "A zone is lost; nodeTaintsPolicy Honor: replacements land in the other two", prelude: .seconds(60),
        zoneOutage(
            name: "zone-outage-honor", policy: "Honor",
            atEleven: """
                  # Tainted nodes do not count: the two zones left are the domains.
                  - {at: 11m, pods: {labelSelector: app=web, phase: Pending, count: 0}}
                  - {at: 11m, pods: {labelSelector: app=web, ready: true, count: 15}}
                  # Nothing moves them back when the zone returns.
                  - {pods: {labelSelector: app=web, zone: eu-c, count: 0}}
                """))

    private static func zoneOutage(name: String, policy: String, atEleven: String) -> String {
        """
        # A zone of four nodes goes dark at 2m and comes back at 12m. The nodes are NotReady after 50 s, then tainted
        # one each 10 s; their pods tolerate that for 300 s, then they are deleted and replaced.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: \(name)}
        spec:
          seed: 5
          cluster: {zones: 3, nodesPerZone: 4}
          duration: 16m
          steps:
          - {at: 2m, fail: {zone: eu-c}}
          - {at: 12m, recover: {zone: eu-c}}
          expect:
          - {at: 2m, spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, skewAtMost: 1}}
          - {at: 4m, condition: {kind: Node, name: c1, type: Ready, status: Unknown}}
          - {at: 4m, pods: {labelSelector: app=web, ready: true, count: 10}}
        \(atEleven)
          - {pods: {labelSelector: app=web, ready: true, count: 15}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 15
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              topologySpreadConstraints:
              - maxSkew: 1
                topologyKey: topology.kubernetes.io/zone
                whenUnsatisfiable: DoNotSchedule
                nodeTaintsPolicy: \(policy)
                labelSelector: {matchLabels: {app: web}}
              containers:
              - name: web
                image: shop/web:1.8
                resources: {requests: {cpu: 500m, memory: 256Mi}}
                readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 5}
        """
    }
}
