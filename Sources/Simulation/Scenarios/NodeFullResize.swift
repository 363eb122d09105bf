// The shipped scenario `node-full-resize`.

import SimulationKit

extension ShippedScenario {
    static let nodeFullResize = ShippedScenario(
        "node-full-resize", "A resize waits on a full node; another pod goes, and it comes through without a restart", prelude: .seconds(90),
        """
        # The one node has 4 cores: batch takes 2, cache 500m, db 1. At 1m db asks for 2 more: 1 core short, Deferred.
        # At 3m batch is deleted; the kubelet tries again at once and writes the new size. db never restarts.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: node-full-resize}
        spec:
          cluster: {zones: 1, nodesPerZone: 1}
          duration: 5m
          steps:
          - {at: 1m, resize: {pod: db, requests: {cpu: "2500m"}}}
          - {at: 90s, refused: "node didn't have enough allocatable resources: cpu, requested: 5000, allocatable: 4000", resize: {pod: db, requests: {cpu: 5}, limits: {cpu: 5}}}
          - {at: 3m, delete: {kind: Pod, name: batch}}
          expect:
          - {at: 2m, condition: {kind: Pod, name: db, type: PodResizePending, status: "True", reason: Deferred}}
          - {at: 2m, field: {kind: Pod, name: db, path: "status.containerStatuses[0].allocatedResources.cpu", equals: "1"}}
          - {at: 2m, event: {reason: ResizeDeferred, name: db, message: OutOfcpu, atLeast: 1, atMost: 1}}
          - {condition: {kind: Pod, name: db, type: PodResizePending, status: absent}}
          - {condition: {kind: Pod, name: db, type: PodResizeInProgress, status: absent}}
          - {field: {kind: Pod, name: db, path: "status.containerStatuses[0].resources.requests.cpu", equals: 2500m}}
          - {field: {kind: Pod, name: db, path: "status.containerStatuses[0].restartCount", atMost: 0}}
          - {event: {reason: ResizeCompleted, name: db, atLeast: 1, atMost: 1}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: batch}
        spec:
          terminationGracePeriodSeconds: 5
          containers:
          - {name: batch, image: "shop/batch:1.0", resources: {requests: {cpu: "2", memory: 1Gi}}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: cache}
        spec:
          containers:
          - {name: cache, image: "shop/cache:7", resources: {requests: {cpu: 500m, memory: 1Gi}}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, annotations: {evenkeel.dev/cpu: 500m..2/4m}}
        spec:
          containers:
          - {name: db, image: "shop/db:15", resources: {requests: {cpu: "1", memory: 2Gi}, limits: {cpu: "3", memory: 4Gi}}}
        """)
}
