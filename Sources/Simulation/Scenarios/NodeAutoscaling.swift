// The shipped scenarios `elastic-web` and `min-domains-autoscaler`.

import SimulationKit

extension ShippedScenario {
    static let elasticWeb = ShippedScenario(
        "elastic-web", "2 to 15 replicas on 3 to 20 nodes in three zones: pods and nodes follow the load", prelude: .minutes(4),
        """
        # The load on web rises from 2 CPU to 24 and falls again. The pod autoscaler wants 60 % of what pods request, so 2 to
        # 15 replicas; each needs most of a node, so the node autoscaler adds nodes, up to 7 a zone and 20 in all, and
        # removes them 10 minutes after they are no longer needed. Bend the load: :demand web 10, or ( and ) on web.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: elastic-web}
        spec:
          seed: 15
          cluster: {zones: 3, nodesPerZone: 1}
          autoscaler: {minPerZone: 1, maxPerZone: 7, max-nodes-total: 20}
          duration: 70m
          expect:
          - {at: 5m, nodes: {count: 3}}
          - {at: 5m, field: {kind: HorizontalPodAutoscaler, name: web, path: status.desiredReplicas, equals: 2}}
          - {at: 25m, pods: {labelSelector: app=web, ready: true, count: 15}}
          - {at: 25m, nodes: {ready: true, atLeast: 15}}
          - {at: 25m, nodes: {atMost: 20}}
          - {at: 25m, spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, skewAtMost: 1}}
          - {event: {reason: TriggeredScaleUp, atLeast: 5}}
          - {event: {reason: ScaleDown, kind: Node, atLeast: 10}}
          # Back where it began: two replicas, a node a zone.
          - {field: {kind: HorizontalPodAutoscaler, name: web, path: status.desiredReplicas, equals: 2}}
          - {pods: {labelSelector: app=web, ready: true, count: 2}}
          - {nodes: {count: 3}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          annotations: {evenkeel.dev/demand: 2@5m 24@15m 24@25m 2@30m}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              topologySpreadConstraints:
              - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
              containers:
              - name: web
                image: shop/web:1.8
                resources: {requests: {cpu: 2500m, memory: 2Gi}}
                readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 5}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          minReplicas: 2
          maxReplicas: 15
          metrics:
          - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web}
        spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
        """)

    static let minDomains = ShippedScenario(
        "min-domains-autoscaler", "Nodes in one zone only: minDomains makes the node autoscaler open the other two", prelude: .seconds(30),
        """
        # All nodes are in eu-a. web wants three zones (minDomains: 3): until there are three, a zone takes one pod, the others
        # wait, and only a node of another zone helps. plain has the same rule without minDomains: one zone is even by
        # itself, nothing waits, and no other zone is ever opened for it.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: min-domains-autoscaler}
        spec:
          seed: 2
          cluster: {zones: 1, nodesPerZone: 2}
          autoscaler: {zones: [eu-a, eu-b, eu-c], minPerZone: 0, maxPerZone: 5, scale-down-enabled: false}
          duration: 8m
          expect:
          - {at: 20s, pods: {labelSelector: app=web, phase: Pending, count: 5}}
          - {at: 20s, pods: {labelSelector: app=plain, ready: true, zone: eu-a, count: 4}}
          - {event: {reason: TriggeredScaleUp, message: eu-b 0->1}}
          - {event: {reason: TriggeredScaleUp, message: eu-c 0->1}}
          - {nodes: {zone: eu-a, count: 2}}
          - {nodes: {count: 4}}
          - {pods: {labelSelector: app=web, ready: true, count: 6}}
          - {pods: {labelSelector: app=web, zone: eu-b, count: 2}}
          - {pods: {labelSelector: app=web, zone: eu-c, count: 2}}
          - {pods: {labelSelector: app=plain, zone: eu-a, count: 4}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 6
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              topologySpreadConstraints:
              - maxSkew: 1
                minDomains: 3
                topologyKey: topology.kubernetes.io/zone
                whenUnsatisfiable: DoNotSchedule
                labelSelector: {matchLabels: {app: web}}
              containers:
              - {name: web, image: "shop/web:1.8", resources: {requests: {cpu: 500m, memory: 256Mi}}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: plain}
        spec:
          replicas: 4
          selector: {matchLabels: {app: plain}}
          template:
            metadata: {labels: {app: plain}}
            spec:
              topologySpreadConstraints:
              - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: plain}}}
              containers:
              - {name: plain, image: "shop/plain:1.0", resources: {requests: {cpu: 250m, memory: 128Mi}}}
        """)
}
