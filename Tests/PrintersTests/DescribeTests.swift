// `describe` of pods, nodes, and of kinds without words of their own.

import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit
import Testing

struct DescribeTests {
    @Test func `a pod with all that can be told of containers, and its events`() throws {
        var world = cluster(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
              labels: {app: web, tier: front}
              annotations: {note: hello}
              ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, uid: u, controller: true}]
            spec:
              nodeName: n1
              containers:
              - name: c
                image: nginx:1
                command: [sh, -c]
                ports: [{name: http, containerPort: 80}, {containerPort: 81, protocol: UDP, hostPort: 81}]
                resources: {limits: {memory: 1Gi}, requests: {cpu: 100m}}
                livenessProbe: {httpGet: {path: /live, port: 80}, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3}
                env:
                - {name: A, value: b}
                - {name: K, valueFrom: {secretKeyRef: {name: s, key: k}}}
                - {name: ME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                envFrom: [{configMapRef: {name: m, optional: true}}]
                volumeMounts: [{name: d, mountPath: /data}, {name: d, mountPath: /cfg, subPath: x, readOnly: true}]
              volumes: [{name: d, emptyDir: {}}]
              tolerations: [{key: k, value: v, effect: NoSchedule}, {operator: Exists}]
            status:
              phase: Running
              hostIP: 10.0.0.1
              startTime: "2026-01-01T00:00:05Z"
              containerStatuses:
              - name: c
                image: nginx:1
                imageID: ""
                ready: false
                restartCount: 1
                state: {waiting: {reason: CrashLoopBackOff}}
                lastState: {terminated: {exitCode: 1, reason: Error, startedAt: "2026-01-01T00:00:10Z", finishedAt: "2026-01-01T00:00:20Z"}}
              conditions: [{type: Ready, status: "False"}]
            """, at: 30)
        let pod = try #require(world.store.pods[ObjectKey(namespace: "default", name: "web")])
        world.record(
            "Pulled", "Container image already present", about: pod,
            source: EventSource("kubelet", host: "n1"))
        for _ in 0..<3 {
            world.now = world.now + .seconds(10)
            world.record(
                "BackOff", "Back-off restarting failed container\n", about: pod, warning: true,
                source: EventSource("kubelet", host: "n1"))
        }
        #expect(
            Printers.describe(pod, in: world) == """
                Name:           web
                Namespace:      default
                Node:           n1/10.0.0.1
                Start Time:     Thu, 01 Jan 2026 00:00:05 +0000
                Labels:         app=web
                                tier=front
                Annotations:    note: hello
                Status:         Running
                IP:
                IPs:            <none>
                Controlled By:  ReplicaSet/web-1
                Containers:
                  c:
                    Container ID:
                    Image:         nginx:1
                    Image ID:
                    Ports:         80/TCP (http), 81/UDP
                    Host Ports:    0/TCP (http), 81/UDP
                    Command:
                      sh
                      -c
                    State:          Waiting
                      Reason:       CrashLoopBackOff
                    Last State:     Terminated
                      Reason:       Error
                      Exit Code:    1
                      Started:      Thu, 01 Jan 2026 00:00:10 +0000
                      Finished:     Thu, 01 Jan 2026 00:00:20 +0000
                    Ready:          False
                    Restart Count:  1
                    Limits:
                      memory:  1Gi
                    Requests:
                      cpu:     100m
                      memory:  1Gi
                    Liveness:  http-get http://:80/live delay=0s timeout=1s period=10s #success=1 #failure=3
                    Environment Variables from:
                      m  ConfigMap  Optional: true
                    Environment:
                      A:   b
                      K:   <set to the key 'k' in secret 's'>  Optional: false
                      ME:  web (v1:metadata.name)
                    Mounts:
                      /cfg from d (ro,path="x")
                      /data from d (rw)
                      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-5b574 (ro)
                Conditions:
                  Type    Status
                  Ready   False
                Volumes:
                  d:
                    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
                    Medium:
                    SizeLimit:  <unset>
                  kube-api-access-5b574:
                    Type:                    Projected (a volume that contains injected data from multiple sources)
                    TokenExpirationSeconds:  3607
                    ConfigMapName:           kube-root-ca.crt
                    Optional:                <nil>
                    DownwardAPI:             true
                QoS Class:                   Burstable
                Node-Selectors:              <none>
                Tolerations:                 op=Exists
                                             k=v:NoSchedule
                Events:
                  Type     Reason   Age               From     Message
                  ----     ------   ----              ----     -------
                  Normal   Pulled   30s               kubelet  Container image already present
                  Warning  BackOff  0s (x3 over 20s)  kubelet  Back-off restarting failed container

                """)
    }

    @Test func `a node tells what its pods take of it`() throws {
        var world = cluster(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: n1}
            spec: {taints: [{key: a, value: b, effect: NoSchedule}, {key: c, effect: NoExecute}]}
            status:
              capacity: {cpu: 4, memory: 8Gi, pods: 110, example.com/gpu: 2}
              allocatable: {cpu: 4, memory: 8Gi, pods: 110, example.com/gpu: 2}
              addresses: [{type: InternalIP, address: 10.0.0.1}]
              conditions: [{type: Ready, status: "True", reason: KubeletReady, message: fine, lastHeartbeatTime: "2026-01-01T00:00:05Z", lastTransitionTime: "2026-01-01T00:00:00Z"}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: p1}
            spec: {nodeName: n1, containers: [{name: c, image: i, resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 5}}}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: p2}
            spec: {nodeName: n1, containers: [{name: c, image: i, resources: {requests: {example.com/gpu: 1}, limits: {example.com/gpu: 1}}}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: done}
            spec: {nodeName: n1, containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}
            status: {phase: Succeeded}
            """)
        world.leaseRenewals["n1"] = .start + .seconds(95)
        let node = try #require(world.store.nodes[ObjectKey(name: "n1")])
        #expect(
            Printers.describe(node, in: world) == """
                Name:               n1
                Roles:              <none>
                Labels:             <none>
                Annotations:        <none>
                CreationTimestamp:  Thu, 01 Jan 2026 00:00:00 +0000
                Taints:             a=b:NoSchedule
                                    c:NoExecute
                Unschedulable:      false
                Lease:
                  HolderIdentity:  n1
                  AcquireTime:     <unset>
                  RenewTime:       Thu, 01 Jan 2026 00:01:35 +0000
                Conditions:
                  Type    Status  LastHeartbeatTime                 LastTransitionTime                Reason         Message
                  ----    ------  -----------------                 ------------------                ------         -------
                  Ready   True    Thu, 01 Jan 2026 00:00:05 +0000   Thu, 01 Jan 2026 00:00:00 +0000   KubeletReady   fine
                Addresses:
                  InternalIP:  10.0.0.1
                Capacity:
                  cpu:              4
                  example.com/gpu:  2
                  memory:           8Gi
                  pods:             110
                Allocatable:
                  cpu:              4
                  example.com/gpu:  2
                  memory:           8Gi
                  pods:             110
                System Info:
                  Machine ID:
                  System UUID:
                  Boot ID:
                  Kernel Version:
                  OS Image:
                  Operating System:
                  Architecture:
                  Container Runtime Version:
                  Kubelet Version:
                Non-terminated Pods:          (2 in total)
                  Namespace                   Name    CPU Requests  CPU Limits  Memory Requests  Memory Limits  Age
                  ---------                   ----    ------------  ----------  ---------------  -------------  ---
                  default                     p1      500m (12%)    5 (125%)    1Gi (12%)        0 (0%)         100s
                  default                     p2      0 (0%)        0 (0%)      0 (0%)           0 (0%)         100s
                Allocated resources:
                  (Total limits may be over 100 percent, i.e., overcommitted.)
                  Resource           Requests    Limits
                  --------           --------    ------
                  cpu                500m (12%)  5 (125%)
                  memory             1Gi (12%)   0 (0%)
                  ephemeral-storage  0 (0%)      0 (0%)
                  example.com/gpu    1           1
                Events:              <none>

                """)
    }

    @Test func `other kinds are told as a tree`() throws {
        let world = cluster(
            """
            apiVersion: example.com/v1
            kind: Widget
            metadata: {name: w, annotations: {long: "\(String(repeating: "x", count: 150))"}}
            spec: {maxSize: 3, colours: [red, blue], parts: [{kindOfPart: a}], text: "one\\ntwo"}
            """)
        let widget = try #require(world.store.customObjects.sorted().first)
        let uid = widget.metadata.uid
        let revision = widget.metadata.resourceVersion
        #expect(
            Printers.describe(widget, in: world) == """
                Name:         w
                Namespace:    default
                Labels:       <none>
                Annotations:  long:
                                \(String(repeating: "x", count: 140))...
                API Version:  example.com/v1
                Kind:         Widget
                Metadata:
                  Creation Timestamp:  2026-01-01T00:00:00Z
                  Generation:          1
                  Resource Version:    \(revision)
                  UID:                 \(uid)
                Spec:
                  Colours:
                    red
                    blue
                  Max Size:  3
                  Parts:
                    Kind Of Part:  a
                  Text:            one
                                   two
                Events:            <none>

                """)
    }

    @Test func `credentials are not shown`() throws {
        let world = cluster(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {password: aHVudGVyMg==}")
        let secret = try #require(world.store.secrets.sorted().first)
        let text = Printers.describe(secret, in: world)
        #expect(text.split(separator: "\n").contains("  Password:  7 bytes"))
        #expect(!text.contains("aHVudGVyMg"))
    }

    @Test(arguments: KindInfo.all)
    func `an empty object of each kind can be described`(_ kind: KindInfo) {
        func make<O: StoredObject>(_ type: O.Type) -> any StoredObject {
            var object = type.init()
            object.metadata.name = "it"
            return object
        }
        let lines = Printers.describe(make(ObjectStore.type(of: kind.type)), in: Cluster()).split(
            separator: "\n")
        #expect(lines.first?.hasPrefix("Name:") == true)
        #expect(lines.first?.hasSuffix(" it") == true)
        #expect(!lines.contains { $0.hasSuffix(" ") })
    }
}
