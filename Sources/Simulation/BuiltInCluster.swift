import SimulationKit

/// The cluster that opens when no files are given: a story about spread, told by an ordinary scenario.
public enum BuiltInCluster {
    public static let name = "three-zones"
    /// How long it has run when it is first seen: long enough for all of its troubles to show.
    public static let prelude = Duration.seconds(150)

    /// Three zones with four nodes each. c2 is cordoned and c4 kept for databases, so `web`'s fifteenth replica
    /// waits for a place in eu-c; `api` drifted when it was scaled down; db-0 waits for more CPU.
    public static let manifests = """
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: three-zones}
        spec:
          seed: 7
          cluster: {zones: 3, nodesPerZone: 4}
          duration: 15m
          steps:
          - {at: 0s, cordon: {node: c2}}
          - {at: 0s, taint: {node: c4, key: dedicated, value: db, effect: NoSchedule}}
          - {at: 80s, scale: {kind: Deployment, name: api, namespace: shop, replicas: 6}}
          - {at: 110s, scale: {kind: Deployment, name: web, namespace: shop, replicas: 15}}
          - {at: 130s, resize: {pod: db-1, namespace: shop, container: db, requests: {cpu: 700m}}}
          - {at: 140s, resize: {pod: db-0, namespace: shop, container: db, requests: {cpu: 3900m}}}
          expect:
          - {at: 150s, spread: {kind: Deployment, name: web, namespace: shop, topologyKey: topology.kubernetes.io/zone, skewAtMost: 1}}
          - {at: 150s, spread: {kind: Deployment, name: api, namespace: shop, topologyKey: topology.kubernetes.io/zone, skewAtLeast: 2}}
          - {at: 150s, pods: {namespace: shop, labelSelector: app=web, phase: Pending, count: 1}}
          - {at: 150s, event: {reason: ResizeDeferred, name: db-0}}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: log, namespace: kube-system}
        spec:
          selector: {matchLabels: {app: log}}
          template:
            metadata: {labels: {app: log}}
            spec:
              tolerations: [{operator: Exists}]
              priorityClassName: system-node-critical
              containers:
              - {name: log, image: "sys/log:3.1", resources: {requests: {cpu: 100m, memory: 200Mi}, limits: {memory: 400Mi}}}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: net, namespace: kube-system}
        spec:
          selector: {matchLabels: {app: net}}
          template:
            metadata: {labels: {app: net}}
            spec:
              hostNetwork: true
              tolerations: [{operator: Exists}]
              priorityClassName: system-node-critical
              containers:
              - {name: net, image: "sys/net:1.9", resources: {requests: {cpu: 100m, memory: 100Mi}}}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop}
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: core}
        value: 2000
        preemptionPolicy: Never
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: front}
        value: 1000
        preemptionPolicy: Never
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: index, namespace: shop}
        spec:
          replicas: 2
          selector: {matchLabels: {app: index}}
          template:
            metadata: {labels: {app: index}}
            spec:
              affinity:
                nodeAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                    nodeSelectorTerms:
                    - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [c1, c3]}]
                podAntiAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                  - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: index}}}
              priorityClassName: core
              containers:
              - {name: index, image: "shop/index:4.2", resources: {requests: {cpu: 2500m, memory: 6Gi}, limits: {cpu: "3", memory: 8Gi}}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec:
          replicas: 14
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              topologySpreadConstraints:
              - maxSkew: 1
                topologyKey: topology.kubernetes.io/zone
                whenUnsatisfiable: DoNotSchedule
                minDomains: 3
                labelSelector: {matchLabels: {app: web}}
                matchLabelKeys: [pod-template-hash]
              - {maxSkew: 3, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
              priorityClassName: front
              containers:
              - name: web
                image: shop/web:1.8
                ports: [{containerPort: 8080}]
                resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {cpu: "1", memory: 512Mi}}
                resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]
                startupProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1, failureThreshold: 30}
                readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 5}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web, namespace: shop}
        spec: {minAvailable: 12, selector: {matchLabels: {app: web}}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api, namespace: shop, labels: {app: api}}
        spec:
          replicas: 9
          selector: {matchLabels: {app: api}}
          template:
            metadata: {labels: {app: api}}
            spec:
              topologySpreadConstraints:
              - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: api}}}
              containers:
              - name: api
                image: shop/api:2.0
                resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 256Mi}}
                readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 5}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: cart, namespace: shop, labels: {app: cart}}
        spec:
          replicas: 5
          selector: {matchLabels: {app: cart}}
          template:
            metadata: {labels: {app: cart}}
            spec:
              topologySpreadConstraints:
              - {maxSkew: 2, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: cart}}}
              containers:
              - {name: cart, image: "shop/cart:2.3", resources: {requests: {cpu: 300m, memory: 512Mi}, limits: {cpu: 600m, memory: 1Gi}}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: db, namespace: shop}
        spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
        ---
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
        provisioner: csi.evenkeel.dev
        volumeBindingMode: WaitForFirstConsumer
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: shop}
        spec:
          serviceName: db
          replicas: 3
          podManagementPolicy: Parallel
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              tolerations: [{key: dedicated, operator: Equal, value: db, effect: NoSchedule}]
              affinity:
                nodeAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                    nodeSelectorTerms:
                    - matchExpressions: [{key: kubernetes.io/hostname, operator: NotIn, values: [c1, c3]}]
              topologySpreadConstraints:
              - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: db}}}
              containers:
              - name: db
                image: shop/db:15
                resources: {requests: {cpu: 500m, memory: 2Gi}, limits: {cpu: "4", memory: 4Gi}}
                volumeMounts: [{name: data, mountPath: /data}]
          volumeClaimTemplates:
          - metadata: {name: data}
            spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 10Gi}}}
        """
}

extension ShippedScenario {
    /// What opens without files.
    public static let threeZones = ShippedScenario(
        BuiltInCluster.name, "What opens without files: a replica that waits, a skew that drifted, a resize put off",
        prelude: BuiltInCluster.prelude, BuiltInCluster.manifests)
}
