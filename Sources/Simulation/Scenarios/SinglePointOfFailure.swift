// The shipped scenario `single-point-of-failure`.

import SimulationKit

extension ShippedScenario {
    static let singlePoint = ShippedScenario(
        "single-point-of-failure", "All replicas of pay share a node that fails; those of web are spread", prelude: .seconds(60),
        """
        # pay keeps its replicas beside its cache, on one node: three replicas, one point of failure. web spreads over
        # hosts. At 2m that node falls silent: web loses a part, pay everything, for the 5 to 6 minutes that it takes
        # Kubernetes to give the pods up. The cache is pinned to the node and never comes back.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: single-point-of-failure}
        spec:
          cluster: {zones: 3, nodesPerZone: 2}
          duration: 10m
          steps:
          - {at: 2m, fail: {node: b1}}
          expect:
          - {at: 2m, pods: {labelSelector: app=pay, node: b1, ready: true, count: 3}}
          - {at: 2m, spread: {kind: Deployment, name: web, topologyKey: kubernetes.io/hostname, skewAtMost: 1}}
          - {at: 4m, pods: {labelSelector: app=pay, ready: true, count: 0}}
          - {at: 4m, condition: {kind: Deployment, name: pay, type: Available, status: "False"}}
          - {at: 4m, pods: {labelSelector: app=web, ready: true, count: 5}}
          - {at: 4m, condition: {kind: Deployment, name: web, type: Available, status: "True"}}
          # web is whole again on other nodes; pay waits for the cache, which waits for its node.
          - {pods: {labelSelector: app=web, ready: true, count: 6}}
          - {pods: {labelSelector: app=pay, ready: true, count: 0}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: cache}
        spec:
          replicas: 1
          selector: {matchLabels: {app: cache}}
          template:
            metadata: {labels: {app: cache}}
            spec:
              nodeSelector: {kubernetes.io/hostname: b1}
              containers:
              - {name: cache, image: "shop/cache:7", resources: {requests: {cpu: 500m, memory: 1Gi}}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: pay}
        spec:
          replicas: 3
          selector: {matchLabels: {app: pay}}
          template:
            metadata: {labels: {app: pay}}
            spec:
              affinity:
                podAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                  - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: cache}}}
              containers:
              - {name: pay, image: "shop/pay:3.0", resources: {requests: {cpu: 250m, memory: 256Mi}}}
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
              - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
              containers:
              - {name: web, image: "shop/web:1.8", resources: {requests: {cpu: 250m, memory: 256Mi}}}
        """)
}
