// The shipped scenario `vertical-scaling`.

import SimulationKit

extension ShippedScenario {
    static let verticalScaling = ShippedScenario(
        "vertical-scaling", "Pods throttled at their limit; the automatic mode resizes them in place, none restarts", prelude: .minutes(6),
        """
        # web wants 900m of CPU but may have 400m: throttled. At 8m the automatic mode (InPlaceOrRecreate) is turned on for
        # it: requests rise to what is used and 15 %, limits keep their ratio, again each minute as more is seen. At 20m one
        # more replica comes, and has the recommended size from its first moment.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: vertical-scaling}
        spec:
          cluster: {zones: 1, nodesPerZone: 2}
          duration: 25m
          steps:
          - {at: 3m, load: {kind: Deployment, name: web, cpu: 900m}}
          - {at: 8m, autosize: {kind: Deployment, name: web}}
          - {at: 20m, scale: {kind: Deployment, name: web, replicas: 4}}
          expect:
          - {at: 8m, event: {reason: InPlaceResizedByVPA, atMost: 0}}
          - {event: {reason: InPlaceResizedByVPA, atLeast: 3}}
          - {event: {reason: EvictedByVPA, atMost: 0}}
          - {event: {reason: Killing, atMost: 0}}
          - {pods: {labelSelector: app=web, ready: true, count: 4}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}, annotations: {evenkeel.dev/cpu: 100m..180m/4m, evenkeel.dev/memory: 150Mi}}
            spec:
              containers:
              - {name: web, image: "shop/web:1.8", resources: {requests: {cpu: 200m, memory: 300Mi}, limits: {cpu: 400m, memory: 600Mi}}}
        """)
}
