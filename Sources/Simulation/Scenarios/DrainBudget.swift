// The shipped scenario `drain-budget`.

import SimulationKit

extension ShippedScenario {
    static let drainBudget = ShippedScenario(
        "drain-budget", "A drain waits for a disruption budget, until one more replica lets it through",
        """
        # Three replicas and a budget that wants all three: the eviction API answers 429 each time the drain asks.
        # A fourth replica makes room for one disruption, and the drain ends.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: drain-budget}
        spec:
          cluster: {zones: 3, nodesPerZone: 1}
          duration: 6m
          steps:
          - {at: 1m, drain: {node: a1}}
          - {at: 2m, refused: would violate the pod's disruption budget, evict: {pod: db-0}}
          - {at: 3m, scale: {kind: Deployment, name: web, replicas: 4}}
          expect:
          - {at: 1m, pods: {labelSelector: app=web, node: a1, count: 1}}
          - {at: 2m50s, pods: {labelSelector: app=web, node: a1, ready: true, count: 1}}
          - {at: 2m50s, event: {reason: NodeNotSchedulable, kind: Node, name: a1}}
          - {pods: {labelSelector: app=web, node: a1, count: 0}}
          - {pods: {labelSelector: app=web, ready: true, count: 4}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              topologySpreadConstraints:
              - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
              containers:
              - {name: web, image: "shop/web:1.8", resources: {requests: {cpu: 500m, memory: 256Mi}}}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web}
        spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          serviceName: db
          replicas: 2
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              nodeSelector: {kubernetes.io/hostname: b1}
              containers:
              - {name: db, image: "shop/db:15", resources: {requests: {cpu: 500m, memory: 1Gi}}}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: db}
        spec: {maxUnavailable: 0, selector: {matchLabels: {app: db}}}
        """)
}
