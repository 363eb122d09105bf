// `describe`, kind by kind.

import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit
import Testing

struct DescribeKindsTests {
    private let world = cluster(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 2
          selector: {matchLabels: {app: db}}
          updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}
          template:
            metadata: {labels: {app: db}}
            spec:
              initContainers: [{name: setup, image: s}]
              containers: [{name: c, image: i, volumeMounts: [{name: data, mountPath: /data}]}]
              volumes: [{name: cfg, configMap: {name: cfg}}]
          volumeClaimTemplates:
          - metadata: {name: data}
            spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        status: {replicas: 2}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent, uid: ds-uid}
        spec:
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec: {nodeSelector: {disk: ssd}, containers: [{name: c, image: i}]}
        status: {currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 2, numberReady: 1, updatedNumberScheduled: 1, numberAvailable: 1}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: agent-1
          ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: agent, uid: ds-uid, controller: true}]
        spec: {containers: [{name: c, image: i}], volumes: [{name: d, persistentVolumeClaim: {claimName: claim}}]}
        status: {phase: Running}
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: sum}
        spec:
          parallelism: 2
          completions: 3
          completionMode: Indexed
          backoffLimit: 6
          activeDeadlineSeconds: 600
          selector: {matchLabels: {job: sum}}
          template:
            metadata: {labels: {job: sum}}
            spec: {containers: [{name: c, image: i}], priorityClassName: high, tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]}
        status: {active: 0, ready: 0, succeeded: 3, failed: 1, completedIndexes: 0-2, startTime: "2026-01-01T00:00:10Z", completionTime: "2026-01-01T00:01:20Z"}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, labels: {app: web}}
        spec:
          type: NodePort
          selector: {app: web}
          clusterIP: 10.96.0.5
          clusterIPs: [10.96.0.5]
          ports: [{name: http, port: 80, targetPort: web, nodePort: 30080}]
          externalTrafficPolicy: Local
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{name: http, port: 8080}]
        endpoints:
        - {addresses: [10.0.0.1], conditions: {ready: true}}
        - {addresses: [10.0.0.2], conditions: {ready: false}}
        - {addresses: [10.0.0.3], conditions: {ready: true}}
        - {addresses: [10.0.0.4]}
        - {addresses: [10.0.0.5]}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv1}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          persistentVolumeReclaimPolicy: Delete
          storageClassName: fast
          volumeMode: Filesystem
          claimRef: {namespace: default, name: claim}
          nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a, b]}]}]}}
          csi: {driver: d.example.com, volumeHandle: v-1, fsType: ext4, volumeAttributes: {tier: gold}}
        status: {phase: Bound}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: claim}
        spec: {volumeName: pv1, storageClassName: fast, volumeMode: Filesystem}
        status: {phase: Bound, accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: q}
        status: {hard: {pods: 10}, used: {pods: 3}}
        ---
        apiVersion: v1
        kind: LimitRange
        metadata: {name: l}
        spec: {limits: [{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 100m}, max: {memory: 1Gi}}]}
        """)

    private func text(_ kind: Kind, _ name: String, namespace: String = "default") throws -> String {
        Printers.describe(try #require(world.store.object(kind, ObjectKey(namespace: namespace, name: name))), in: world)
    }

    @Test func `a StatefulSet tells its claims`() throws {
        let expected = """
            Name:               db
            Namespace:          default
            CreationTimestamp:  Thu, 01 Jan 2026 00:00:00 +0000
            Selector:           app=db
            Labels:             <none>
            Annotations:        <none>
            Replicas:           2 desired | 2 total
            Update Strategy:    RollingUpdate
              Partition:        1
            Pods Status:        0 Running / 0 Waiting / 0 Succeeded / 0 Failed
            Pod Template:
              Labels:  app=db
              Init Containers:
               setup:
                Image:        s
                Port:         <none>
                Host Port:    <none>
                Environment:  <none>
                Mounts:       <none>
              Containers:
               c:
                Image:        i
                Port:         <none>
                Host Port:    <none>
                Environment:  <none>
                Mounts:
                  /data from data (rw)
              Volumes:
               cfg:
                Type:          ConfigMap (a volume populated by a ConfigMap)
                Name:          cfg
                Optional:      false
              Node-Selectors:  <none>
              Tolerations:     <none>
            Volume Claims:
              Name:          data
              StorageClass:  fast
              Labels:        <none>
              Annotations:   <none>
              Capacity:      1Gi
              Access Modes:  [ReadWriteOnce]
            Events:          <none>

            """
        #expect(try text(.statefulSet, "db") == expected)
    }

    @Test func `a DaemonSet counts nodes and its pods`() throws {
        let expected = """
            Name:           agent
            Namespace:      default
            Selector:       app=agent
            Node-Selector:  disk=ssd
            Labels:         <none>
            Annotations:    <none>
            Desired Number of Nodes Scheduled: 2
            Current Number of Nodes Scheduled: 1
            Number of Nodes Scheduled with Up-to-date Pods: 1
            Number of Nodes Scheduled with Available Pods: 1
            Number of Nodes Misscheduled: 0
            Pods Status:  1 Running / 0 Waiting / 0 Succeeded / 0 Failed
            Pod Template:
              Labels:  app=agent
              Containers:
               c:
                Image:         i
                Port:          <none>
                Host Port:     <none>
                Environment:   <none>
                Mounts:        <none>
              Volumes:         <none>
              Node-Selectors:  disk=ssd
              Tolerations:     <none>
            Events:            <none>

            """
        #expect(try text(.daemonSet, "agent") == expected)
    }

    @Test func `a Job tells how long it took`() throws {
        let expected = """
            Name:                     sum
            Namespace:                default
            Selector:                 job=sum
            Labels:                   job=sum
            Annotations:              <none>
            Parallelism:              2
            Completions:              3
            Completion Mode:          Indexed
            Suspend:                  false
            Backoff Limit:            6
            Start Time:               Thu, 01 Jan 2026 00:00:10 +0000
            Completed At:             Thu, 01 Jan 2026 00:01:20 +0000
            Duration:                 70s
            Active Deadline Seconds:  600s
            Pods Statuses:            0 Active (0 Ready) / 3 Succeeded / 1 Failed
            Completed Indexes:        0-2
            Pod Template:
              Labels:  job=sum
              Containers:
               c:
                Image:              i
                Port:               <none>
                Host Port:          <none>
                Environment:        <none>
                Mounts:             <none>
              Volumes:              <none>
              Priority Class Name:  high
              Node-Selectors:       <none>
              Tolerations:          a:NoExecute op=Exists for 5s
            Events:                 <none>

            """
        #expect(try text(.job, "sum") == expected)
    }

    @Test func `a Service tells its ready endpoints, three at most`() throws {
        let expected = """
            Name:                     web
            Namespace:                default
            Labels:                   app=web
            Annotations:              <none>
            Selector:                 app=web
            Type:                     NodePort
            IP:                       10.96.0.5
            IPs:                      10.96.0.5
            Port:                     http  80/TCP
            TargetPort:               web/TCP
            NodePort:                 http  30080/TCP
            Endpoints:                10.0.0.1:8080,10.0.0.3:8080,10.0.0.4:8080 + 1 more...
            Session Affinity:         None
            External Traffic Policy:  Local
            Internal Traffic Policy:  Cluster
            Events:                   <none>

            """
        #expect(try text(.service, "web") == expected)
    }

    @Test func `a volume tells where it can be reached`() throws {
        let expected = """
            Name:              pv1
            Labels:            <none>
            Annotations:       <none>
            Finalizers:        []
            StorageClass:      fast
            Status:            Bound
            Claim:             default/claim
            Reclaim Policy:    Delete
            Access Modes:      RWO
            VolumeMode:        Filesystem
            Capacity:          1Gi
            Node Affinity:
              Required Terms:
                Term 0:        zone in [a, b]
            Message:
            Source:
                Type:              CSI (a Container Storage Interface (CSI) volume source)
                Driver:            d.example.com
                FSType:            ext4
                VolumeHandle:      v-1
                ReadOnly:          false
                VolumeAttributes:  tier=gold
            Events:                <none>

            """
        #expect(try text(.persistentVolume, "pv1", namespace: "") == expected)
    }

    @Test func `a claim tells which pods use it`() throws {
        let expected = """
            Name:          claim
            Namespace:     default
            StorageClass:  fast
            Status:        Bound
            Volume:        pv1
            Labels:        <none>
            Annotations:   <none>
            Finalizers:    []
            Capacity:      1Gi
            Access Modes:  RWO
            VolumeMode:    Filesystem
            Used By:       agent-1
            Events:        <none>

            """
        #expect(try text(.persistentVolumeClaim, "claim") == expected)
    }

    @Test func `a namespace tells its quotas and limits`() throws {
        let expected = """
            Name:         default
            Labels:       kubernetes.io/metadata.name=default
            Annotations:  <none>
            Status:       Active

            Resource Quotas
              Name:     q
              Resource  Used  Hard
              --------  ---   ---
              pods      3     10

            Resource Limits
              Type       Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio
              ----       --------  ---  ---  ---------------  -------------  -----------------------
              Container  cpu       -    -    100m             500m           -
              Container  memory    -    1Gi  1Gi              1Gi            -

            """
        #expect(try text(.namespace, "default", namespace: "") == expected)
    }
}
