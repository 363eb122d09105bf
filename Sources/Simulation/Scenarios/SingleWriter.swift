// The shipped scenario `single-writer`.

import SimulationKit

extension ShippedScenario {
    static let singleWriter = ShippedScenario(
        "single-writer", "ReadWriteOncePod: a second pod waits for the claim, one of higher priority takes it from its holder",
        prelude: .seconds(75),
        """
        # One claim for one pod. writer has it; second waits, with the scheduler's words for every node. At two minutes
        # urgent comes with a higher priority: the scheduler preempts writer, and urgent gets the volume on its node.
        # writer takes three seconds to stop, so that urgent's back-off is over when it is gone; with less, second might
        # take its place first, and be preempted in turn.
        # At four minutes intruder names a node itself, so that no scheduler looks: the kubelet refuses it the volume.
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: single-writer}
        spec:
          cluster: {zones: 1, nodesPerZone: 3}
          duration: 6m
          steps:
          - {at: 1m, apply: {apiVersion: v1, kind: Pod, metadata: {name: second, labels: {app: second}}, spec: {terminationGracePeriodSeconds: 5, containers: [{name: main, image: "shop/ledger:1", volumeMounts: [{name: data, mountPath: /data}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: ledger}}]}}}
          - {at: 2m, apply: {apiVersion: v1, kind: Pod, metadata: {name: urgent, labels: {app: urgent}}, spec: {priorityClassName: urgent, terminationGracePeriodSeconds: 5, containers: [{name: main, image: "shop/ledger:1", volumeMounts: [{name: data, mountPath: /data}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: ledger}}]}}}
          - {at: 4m, apply: {apiVersion: v1, kind: Pod, metadata: {name: intruder, labels: {app: intruder}}, spec: {nodeName: a1, containers: [{name: main, image: "shop/ledger:1", volumeMounts: [{name: data, mountPath: /data}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: ledger}}]}}}
          expect:
          - {at: 1m, pods: {labelSelector: app=writer, ready: true, count: 1}}
          - {at: 1m50s, pods: {labelSelector: app=second, phase: Pending, node: "", count: 1}}
          - {at: 1m50s, event: {reason: FailedScheduling, kind: Pod, name: second, message: 3 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod}}
          - {at: 1m50s, event: {reason: Preempted, atMost: 0}}
          - {at: 2m1s, event: {reason: Preempted, kind: Pod, name: writer}}
          - {at: 3m30s, pods: {labelSelector: app=writer, count: 0, matchesNothing: true}}
          - {at: 3m30s, pods: {labelSelector: app=urgent, ready: true, node: a1, count: 1}}
          - {pods: {labelSelector: app=second, phase: Pending, node: "", count: 1}}
          - {pods: {labelSelector: app=intruder, ready: true, count: 0}}
          - {event: {reason: FailedMount, kind: Pod, name: intruder, message: volume uses the ReadWriteOncePod access mode and is already in use by another pod, atLeast: 5}}
        ---
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
        provisioner: disk.example.com
        volumeBindingMode: WaitForFirstConsumer
        ---
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: disk.example.com}
        spec: {attachRequired: true}
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: urgent}
        value: 1000
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: ledger}
        spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 10Gi}}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: writer, labels: {app: writer}, annotations: {evenkeel.dev/stop-time: 3s}}
        spec:
          terminationGracePeriodSeconds: 5
          containers: [{name: main, image: "shop/ledger:1", volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: ledger}}]
        ---
        # ReadWriteOnce: any number of pods, of one node. exporter stands on another node than reports: one of the two
        # gets a Multi-Attach error. :migrate reports moves the volume to ReadWriteOncePod.
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: reports}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: reports}
        spec:
          replicas: 1
          strategy: {type: Recreate}
          selector: {matchLabels: {app: reports}}
          template:
            metadata: {labels: {app: reports}}
            spec:
              terminationGracePeriodSeconds: 5
              nodeSelector: {kubernetes.io/hostname: a2}
              containers: [{name: main, image: "shop/reports:3", volumeMounts: [{name: data, mountPath: /data}]}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: reports}}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: exporter, labels: {app: exporter}}
        spec:
          nodeSelector: {kubernetes.io/hostname: a3}
          containers: [{name: main, image: "shop/export:1", volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: reports}}]
        """)
}
