// Tables as kubectl prints them: columns, widths, namespaces.

import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit
import Testing

struct TableTests {
    private let world = cluster(
        """
        apiVersion: v1
        kind: Node
        metadata:
          name: n1
          labels: {node-role.kubernetes.io/worker: "", kubernetes.io/role: edge}
        spec: {unschedulable: true}
        status:
          conditions: [{type: Ready, status: "False"}]
          nodeInfo: {machineID: m, systemUUID: s, bootID: b, kernelVersion: "6.8", osImage: Linux, containerRuntimeVersion: c://2, kubeletVersion: v1.36.0, kubeProxyVersion: "", operatingSystem: linux, architecture: arm64}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: a-very-long-name, namespace: shop}
        spec: {nodeName: n1, containers: [{name: c, image: i}], readinessGates: [{conditionType: x}]}
        status: {phase: Running, podIP: 10.0.0.7}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: b}
        spec: {containers: [{name: c, image: i}]}
        status: {phase: Pending}
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: j}
        spec: {completions: 3, template: {spec: {containers: [{name: c, image: i}]}}}
        status: {succeeded: 1, startTime: "2026-01-01T00:00:30Z"}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: lb}
        spec: {type: LoadBalancer, clusterIP: 10.96.0.2, ports: [{port: 80, nodePort: 30080}, {port: 53, protocol: UDP}]}
        ---
        apiVersion: example.com/v1
        kind: Widget
        metadata: {name: w}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: q}
        status: {hard: {pods: 10, requests.cpu: 2, limits.cpu: 4}, used: {pods: 3, requests.cpu: 500m}}
        """)

    private func table(_ kind: KindInfo, wide: Bool = false, namespaces: Bool = false) -> String {
        Printers.table(
            kind, world.store.objects(kind.type), in: world, wide: wide, namespaceColumn: namespaces)
    }

    @Test func `pods of all namespaces`() {
        #expect(
            table(Kind.pod.info, namespaces: true) == """
                NAMESPACE   NAME               READY   STATUS    RESTARTS   AGE
                default     b                  0/1     Pending   0          100s
                shop        a-very-long-name   0/1     Running   0          100s

                """)
    }

    @Test func `wide pods`() {
        #expect(
            table(Kind.pod.info, wide: true) == """
                NAME               READY   STATUS    RESTARTS   AGE    IP         NODE     NOMINATED NODE   READINESS GATES
                b                  0/1     Pending   0          100s   <none>     <none>   <none>           <none>
                a-very-long-name   0/1     Running   0          100s   10.0.0.7   n1       <none>           0/1

                """)
    }

    @Test func `a cordoned node that is not ready`() {
        #expect(
            table(Kind.node.info, wide: true) == """
                NAME   STATUS                        ROLES         AGE    VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE   KERNEL-VERSION   CONTAINER-RUNTIME
                n1     NotReady,SchedulingDisabled   edge,worker   100s   v1.36.0   <none>        <none>        Linux      6.8 (arm64)      c://2

                """)
    }

    @Test func `a running job, a load balancer and a quota`() {
        #expect(
            table(Kind.job.info) == """
                NAME   STATUS    COMPLETIONS   DURATION   AGE
                j      Running   1/3           70s        100s

                """)
        #expect(
            table(Kind.service.info) == """
                NAME         TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)               AGE
                kubernetes   ClusterIP      10.96.0.1    <none>        443/TCP               100s
                lb           LoadBalancer   10.96.0.2    <pending>     80:30080/TCP,53/UDP   100s

                """)
        #expect(
            table(Kind.resourceQuota.info) == """
                NAME   REQUEST                            LIMIT             AGE
                q      pods: 3/10, requests.cpu: 500m/2   limits.cpu: 0/4   100s

                """)
    }

    @Test func `other kinds have a name and an age`() throws {
        let kind = try #require(world.store.customKinds.first)
        #expect(
            table(kind) == """
                NAME   AGE
                w      100s

                """)
    }

    @Test func `no objects, no table`() { #expect(table(Kind.secret.info) == "") }

    @Test(arguments: KindInfo.all)
    func `an empty object of each kind has a cell for each column`(_ kind: KindInfo) {
        func make<O: StoredObject>(_ type: O.Type) -> any StoredObject { type.init() }
        let row = Printers.row(for: make(ObjectStore.type(of: kind.type)), in: world)
        #expect(row.count == Printers.columns(for: kind).count)
    }
}
