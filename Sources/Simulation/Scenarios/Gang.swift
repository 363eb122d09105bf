// The shipped scenario `gang`.

import SimulationKit

extension ShippedScenario {
    static let gang = ShippedScenario(
        "gang", "A group of pods is placed in one zone or not at all, and is preempted as a whole",
        prelude: .seconds(75),
        """
        # A training job needs four workers in one zone, or none. Beside the web pods each zone has room for two: the gang waits, and no
        # worker takes a place that would be of no use to it. :groups tells who waits for whom. At two minutes web shrinks, and a zone takes
        # all four. At four minutes an urgent gang comes. The workers are preempted all together, as their group says, not one by one: the job
        # makes them anew, and they wait as a gang again. At seven minutes the urgent work is done, and they come back.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: gang}
        spec:
          kubernetesVersion: "1.37"
          featureGates: {GenericWorkload: true, TopologyAwareWorkloadScheduling: true}
          cluster: {zones: 2, nodesPerZone: 2}
          duration: 10m
          steps:
          - {at: 30s, apply: {apiVersion: batch/v1, kind: Job, metadata: {name: train}, spec: {completionMode: Indexed, parallelism: 4, completions: 4, backoffLimit: 100, template: {metadata: {labels: {app: train}, annotations: {evenkeel.dev/run-time: 1h}}, spec: {restartPolicy: Never, terminationGracePeriodSeconds: 5, schedulingGroup: {podGroupName: train}, containers: [{name: main, image: "lab/train:1", resources: {requests: {cpu: 1500m}}}]}}}}}
          - {at: 2m, scale: {kind: Deployment, name: web, replicas: 1}}
          - {at: 4m, apply: {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: urgent}, spec: {replicas: 6, selector: {matchLabels: {app: urgent}}, template: {metadata: {labels: {app: urgent}}, spec: {priorityClassName: serving, terminationGracePeriodSeconds: 5, schedulingGroup: {podGroupName: urgent}, containers: [{name: main, image: "lab/infer:1", resources: {requests: {cpu: 1500m}}}]}}}}}
          - {at: 7m, scale: {kind: ReplicaSet, name: urgent, replicas: 0}}
          expect:
          - {at: 1m50s, pods: {labelSelector: app=train, phase: Pending, node: "", count: 4}}
          - {at: 1m50s, condition: {kind: PodGroup, name: train, type: PodGroupInitiallyScheduled, status: "False", reason: Unschedulable}}
          - {at: 1m50s, event: {reason: FailedScheduling, kind: Pod, message: "0/2 placements are available, first placement status: minCount (4) cannot be satisfied: 2 scheduled, 1 remaining"}}
          - {at: 3m, pods: {labelSelector: app=train, ready: true, count: 4}}
          - {at: 3m, condition: {kind: PodGroup, name: train, type: PodGroupInitiallyScheduled, status: "True"}}
          - {at: 5m, pods: {labelSelector: app=urgent, ready: true, count: 6}}
          - {at: 5m, event: {reason: Preempted, kind: Pod, atLeast: 4, atMost: 4}}
          - {at: 5m, condition: {kind: PodGroup, name: train, type: DisruptionTarget, status: "True", reason: PreemptionByScheduler}}
          - {at: 6m50s, pods: {labelSelector: app=train, phase: Pending, node: "", count: 4}}
          - {pods: {labelSelector: app=train, ready: true, count: 4}}
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: serving}
        value: 1000
        ---
        apiVersion: scheduling.k8s.io/v1beta1
        kind: Workload
        metadata: {name: train}
        spec:
          controllerRef: {apiGroup: batch, kind: Job, name: train}
          podGroupTemplates:
          - {name: workers, schedulingPolicy: {gang: {minCount: 4}}, disruptionMode: {all: {}}}
        ---
        apiVersion: scheduling.k8s.io/v1beta1
        kind: PodGroup
        metadata: {name: train}
        spec:
          workloadRef: {workloadName: train, templateName: workers}
          schedulingPolicy: {gang: {minCount: 4}}
          schedulingConstraints: {topology: [{key: topology.kubernetes.io/zone}]}
          disruptionMode: {all: {}}
        ---
        apiVersion: scheduling.k8s.io/v1beta1
        kind: PodGroup
        metadata: {name: urgent}
        spec:
          priorityClassName: serving
          schedulingPolicy: {gang: {minCount: 6}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 4
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              priorityClassName: serving
              terminationGracePeriodSeconds: 5
              topologySpreadConstraints:
              - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
              containers: [{name: main, image: "shop/web:1", resources: {requests: {cpu: 1500m}}}]
        """)
}
