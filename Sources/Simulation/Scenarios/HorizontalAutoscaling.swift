// The shipped scenario `horizontal-autoscaling`.

import SimulationKit

extension ShippedScenario {
    static let horizontalAutoscaling = ShippedScenario(
        "horizontal-autoscaling", "A load that rises and falls takes web from 2 replicas to 15 and back", prelude: .minutes(2),
        """
        # What web is asked to do in sum, shared by its ready pods: 500m, from 4m on up to 6 CPU, from 14m on down again.
        # The autoscaler wants 60 % of what the pods request. It goes up by at most double in 15 s, and down only
        # 5 minutes after the last higher wish. :demand web 3, or ( and ) on the workload, bend the load.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: horizontal-autoscaling}
        spec:
          seed: 11
          cluster: {zones: 3, nodesPerZone: 2}
          duration: 26m
          expect:
          - {at: 4m, field: {kind: HorizontalPodAutoscaler, name: web, path: status.desiredReplicas, equals: 2}}
          - {at: 14m, field: {kind: HorizontalPodAutoscaler, name: web, path: status.desiredReplicas, equals: 15}}
          - {at: 14m, pods: {labelSelector: app=web, ready: true, count: 15}}
          - {at: 14m, spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, skewAtMost: 1}}
          - {at: 14m, condition: {kind: HorizontalPodAutoscaler, name: web, type: ScalingLimited, status: "True", reason: TooManyReplicas}}
          - {event: {reason: SuccessfulRescale, message: "cpu resource utilization (percentage of request) above target", atLeast: 3}}
          - {event: {reason: SuccessfulRescale, message: All metrics below target}}
          - {field: {kind: Deployment, name: web, path: spec.replicas, equals: 2}}
          - {pods: {labelSelector: app=web, ready: true, count: 2}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          annotations: {evenkeel.dev/demand: 500m@4m 6@8m 6@14m 500m@16m}
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
                resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {cpu: "1"}}
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
        """)
}
