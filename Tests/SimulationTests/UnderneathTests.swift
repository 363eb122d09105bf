import ControlPlane
import Controllers
import KubernetesAPI
import Manifests
import Scheduling
import Simulation
import SimulationKit
import Testing

/// What is put under manifests that bring no nodes and no StorageClass.
@Suite struct UnderneathTests {
    private static let database = """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 2
          serviceName: db
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec: {containers: [{name: main, image: "db:1", volumeMounts: [{name: data, mountPath: /data}]}]}
          volumeClaimTemplates:
          - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}

        """
    private static let `class` = """
        ---
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: slow}
        provisioner: disk.example.com

        """
    private func input(_ text: String, pools: String? = nil, _ change: (inout InputOverrides) -> Void = { _ in }) -> Input {
        var overrides = InputOverrides()
        change(&overrides)
        if let pools { overrides.pools = ManifestReader.read(text: pools, file: "pools.yaml") }
        return Input(ManifestReader.read(text: text, file: "test.yaml"), overrides: overrides)
    }
    private func like(_ look: ClusterLook, nodes: Int = 3) -> [Node] {
        input(Self.database) { ($0.node.like, $0.nodes) = (look, nodes) }.shape!.manifests
    }

    @Test func `claims without a class get a volume from the class that is put under them`() {
        var session = session(Self.database)
        #expect(session.cluster.store.storageClasses.all.map(\.name) == ["standard"])
        session.run(to: 120)
        #expect(session.pods(app: "db").count(where: \.isReady) == 2)
        #expect(session.cluster.store.persistentVolumeClaims.all.allSatisfy { $0.status.phase == "Bound" && $0.spec.storageClassName == "standard" })
    }

    @Test func `files that bring a class get none`() {
        let session = input(Self.database + Self.class).makeSession().session
        #expect(session.cluster.store.storageClasses.all.map(\.name) == ["slow"])
    }

    @Test func `no nodes are no nodes`() {
        let none = input(Self.database) { $0.nodes = 0 }
        #expect(none.shape?.count == 0)
        #expect(none.makeSession().session.cluster.store.nodes.count == 0)
    }

    @Test func `each node has the resources that were asked for`() {
        let session = input(Self.database) {
            ($0.nodes, $0.node.cpu, $0.node.memory, $0.node.pods) = (2, Quantity(8), Quantity(bytes: 32 << 30), 20)
            $0.node.resources = ["nvidia.com/gpu": Quantity(8)]
        }.makeSession().session
        for node in session.cluster.store.nodes.all {
            #expect(
                node.status.capacity.entries.map { "\($0.key)=\($0.value)" } == [
                    "cpu=8", "ephemeral-storage=100Gi", "memory=32Gi", "nvidia.com/gpu=8", "pods=20",
                ])
            #expect(node.status.allocatable == node.status.capacity)
        }
    }

    @Test func `figures out of range are named`() {
        func wrong(_ change: (inout NodeShape) -> Void) -> String? {
            var shape = NodeShape()
            change(&shape)
            return shape.problem.map { "\($0.field) \($0.message)" }
        }
        #expect(wrong { $0.cpu = .zero } == "cpu must be more than 0 and at most 100000 cores, not 0")
        #expect(wrong { $0.cpu = Quantity("9e18") }?.hasPrefix("cpu must be") == true)
        #expect(wrong { $0.memory = Quantity("8Ei") }?.hasPrefix("memory must be 1Mi to 1Pi") == true)
        #expect(wrong { $0.pods = .max }?.hasPrefix("pods must be") == true)
        #expect(wrong { $0.pods = -1 }?.hasPrefix("pods must be") == true)
        #expect(wrong { $0.resources = ["gpu": Quantity(1)] }?.hasPrefix("resources[gpu] must be") == true)
        #expect(wrong { $0.resources = ["a b/c": Quantity(1)] }?.hasPrefix("resources[a b/c]") == true)
        #expect(wrong { $0.resources = ["x.y/gpu": Quantity("500m")!] } == "resources[x.y/gpu] must be a whole number, not 500m")
        #expect(wrong { $0.resources = ["cpu": Quantity(1)] } == "resources[cpu] is said by cpu")
        #expect(wrong { $0.resources = ["x.y/gpu": Quantity(8)] } == nil)
    }

    @Test(arguments: ClusterLook.allCases) func `nodes like those of a provider are accepted, and all are ready with its agents`(_ look: ClusterLook) {
        let input = input(Self.database) { ($0.node.like, $0.nodes) = (look, 4) }
        #expect(input.problems.isEmpty)
        var (session, refusals) = input.makeSession()
        #expect(refusals.problems.isEmpty)
        let store = session.cluster.store
        #expect(store.nodes.count == 4)
        #expect(Set(store.nodes.all.map(\.spec.providerID)).count == 4)
        #expect(store.storageClasses.all.count(where: \.isDefault) == 1)
        session.run(to: 180)
        let agents = session.cluster.store.daemonSets.all
        #expect(agents.count >= 2 && agents.allSatisfy { $0.namespace == "kube-system" && $0.status.numberReady == 4 })
        #expect(session.pods(app: "db").count(where: \.isReady) == 2)
    }

    @Test func `reservations are those that the providers document`() {
        func text(_ look: ClusterLook, _ name: String) -> String { like(look).last!.status.allocatable[name]!.description }
        #expect(ClusterLook.allCases.map { text($0, "cpu") } == ["4", "3920m", "3920m", "3860m"])
        #expect(ClusterLook.allCases.map { text($0, "pods") } == ["110", "58", "110", "110"])
        // 255 Mi, 11 Mi for each of 58 pods, and 100 Mi for eviction.
        let eks = like(.eks)[0].status.value
        #expect(eks.capacity.memoryBytes! - eks.allocatable.memoryBytes! == (255 + 11 * 58 + 100) << 20)
        // 20 MB for each of 110 pods and 50 MB, and 100 Mi.
        let aks = like(.aks)[0].status.value
        #expect(aks.capacity.memoryBytes! - aks.allocatable.memoryBytes! == 2_250_000_000 + 100 << 20)
    }

    @Test func `nodes look like the provider's`() {
        #expect(like(.kind).map(\.name) == ["kind-control-plane", "kind-worker", "kind-worker2"])
        #expect(like(.kind)[0].spec.taints.map(\.key) == ["node-role.kubernetes.io/control-plane"])
        #expect(like(.kind, nodes: 1)[0].spec.taints.isEmpty)
        #expect(like(.kind).allSatisfy { $0.zone.isEmpty })
        #expect(like(.eks).map(\.zone) == ["eu-central-1a", "eu-central-1b", "eu-central-1c"])
        #expect(like(.eks)[0].name.hasSuffix(".eu-central-1.compute.internal"))
        #expect(like(.gke)[0].metadata.labels["cloud.google.com/gke-nodepool"] == "default-pool")
        #expect(like(.aks)[0].metadata.labels["node.kubernetes.io/instance-type"] == "Standard_D4s_v5")
        for look in ClusterLook.allCases {
            let names = like(look, nodes: 3000).map(\.name)
            #expect(Set(names).count == 3000)
        }
    }

    private static let pools = """
        apiVersion: evenkeel.dev/v1
        kind: NodePool
        metadata: {name: web}
        spec: {count: 3, zones: [north, south], cpu: 2, memory: 4Gi, labels: {tier: web}}
        ---
        apiVersion: evenkeel.dev/v1
        kind: NodePool
        metadata: {name: gpu}
        spec: {count: 1, zones: 1, cpu: 16, resources: {nvidia.com/gpu: 8}, taints: [{key: gpu, effect: NoSchedule}]}

        """
    @Test func `pools bring several sorts of nodes`() {
        let input = input(Self.database, pools: Self.pools)
        #expect(input.problems.isEmpty)
        #expect(input.shape?.text == "4 nodes in 2 pools")
        let nodes = input.makeSession().session.cluster.store.nodes.all
        #expect(nodes.map(\.name) == ["web-1", "web-2", "web-3", "gpu-1"])
        #expect(nodes.map(\.zone) == ["north", "south", "north", "eu-a"])
        #expect(nodes[0].metadata.labels["tier"] == "web")
        #expect(nodes[3].status.capacity["nvidia.com/gpu"] == Quantity(8))
        #expect(nodes[3].spec.taints.map(\.effect) == ["NoSchedule"])
    }

    @Test(arguments: [
        ("count: 3", "count: 100001", "pools.yaml:4: spec.count: must be 0 to 100000, not 100001"),
        ("zones: [north, south]", "zones: 27", "pools.yaml:4: spec.zones: must be 1 to 26, or the names of zones"),
        ("cpu: 2", "cpu: 0", "pools.yaml:4: spec.cpu: must be more than 0 and at most 100000 cores, not 0"),
        ("cpu: 2", "like: eksx", "pools.yaml:4: spec.like: must be kind, eks, gke or aks, not \"eksx\""),
        ("name: web", "name: gpu", "pools.yaml:8: metadata.name: a second NodePool gpu"),
        ("name: web", "name: W_b", "pools.yaml:3: metadata.name: "),
        ("tier: web", "tier: a b", "pools.yaml:4: spec.labels: "),
        ("kind: NodePool\nmetadata: {name: web}", "kind: Pod\nmetadata: {name: web}", "pools.yaml:2: kind: must be NodePool"),
    ]) func `a wrong pool is named with file, line and field`(_ old: String, _ new: String, _ problem: String) {
        let text = Self.pools.replacing(old, with: new, maxReplacements: 1)
        let found = input(Self.database, pools: text).problems.map(\.description)
        #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
    }

    // MARK: schedule

    private func expanded(_ text: String) -> (decisions: [Explanation], notes: [String]) {
        let input = input(text)
        var state = input.makeGivenState().cluster
        let notes = state.expandWorkloads()
        return (decide(cluster: state, order: .queue, configuration: input.options.scheduler), notes)
    }

    @Test func `schedule places the pods that workloads would make`() {
        let text =
            deployment("web", replicas: 3, zoneSpread("web")) + "---\n" + Self.database + """
                ---
                apiVersion: apps/v1
                kind: DaemonSet
                metadata: {name: log}
                spec:
                  selector: {matchLabels: {app: log}}
                  template: {metadata: {labels: {app: log}}, spec: {nodeSelector: {topology.kubernetes.io/zone: eu-b}, containers: [{name: c, image: i}]}}
                ---
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: night}
                spec:
                  schedule: "0 3 * * *"
                  jobTemplate: {spec: {completions: 2, parallelism: 5, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}

                """
        let (decisions, notes) = expanded(text)
        #expect(notes.isEmpty)
        func names(_ prefix: String) -> [Explanation] { decisions.filter { $0.pod.name.hasPrefix(prefix) } }
        #expect(names("web-").count == 3 && names("db-").count == 2 && names("log-").count == 4 && names("night-").count == 2)
        #expect(decisions.allSatisfy { $0.winner != nil })
        // Spread over three zones, as the running cluster would have it.
        #expect(Set(names("web-").compactMap { $0.winner?.first }) == ["a", "b", "c"])
    }

    @Test func `schedule says why a workload makes no pods`() {
        let text = deployment("none", replicas: 0) + deployment("wrong", replicas: 1, "priorityClassName: absent") + deployment("huge", replicas: 2_147_483_647)
        let (decisions, notes) = expanded(text)
        #expect(decisions.isEmpty)
        #expect(notes.count == 3)
        #expect(notes.contains("deployment.apps/huge makes no pod: 2147483647 pods are more than the 100000 that are tried in sum"))
        #expect(notes.contains("deployment.apps/none makes no pod: replicas is 0"))
        #expect(
            notes.contains { $0.hasPrefix("deployment.apps/wrong makes no pod: pods \"wrong-") && $0.hasSuffix("no PriorityClass with name absent was found") })
    }

    @Test func `gates of the command line are judged by the scenario's version`() {
        func problems(_ version: String?, _ own: String, _ gates: [(String, Bool)]) -> [String] {
            let text = version.map { scenario("  kubernetesVersion: \"\($0)\"\n  featureGates: {\(own)}\n") } ?? ""
            return input(text + deployment("web", replicas: 1)) { $0.featureGates = gates }.problems.map(\.description)
        }
        // Known until 1.30 alone.
        let gate = "MinDomainsInPodTopologySpread"
        #expect(problems("1.27", "", [(gate, false)]).isEmpty)
        #expect(problems(nil, "", [(gate, false)]).first?.hasPrefix("--feature-gates: unrecognized feature gate: \(gate)") == true)
        #expect(problems("1.36", "", [(gate, false)]).first?.hasPrefix("--feature-gates: ") == true)
        #expect(problems("1.36", "\(gate): false", [("NodeSwap", true)]).first?.hasPrefix("test.yaml:6: spec.featureGates") == true)
    }

    // MARK: What would help

    private func remedies(_ text: String, of pod: String) -> [String] {
        let input = input(text)
        let decisions = decide(cluster: input.makeGivenState().cluster, order: .file, configuration: input.options.scheduler, explaining: true)
        return decisions.first { $0.pod.name == pod }?.remedies.map { "\($0.words): \($0.node == nil ? "no" : "yes"); \($0.cost)" } ?? []
    }
    private func user(_ name: String, _ spec: String = "") -> String {
        """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name)}
        spec: {\(spec)containers: [{name: c, image: i, volumeMounts: [{name: d, mountPath: /d}]}], volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]}

        """
    }
    private func claim(_ spec: String, _ mode: String = "ReadWriteOnce") -> String {
        """
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec: {accessModes: [\(mode)], \(spec)resources: {requests: {storage: 1Gi}}}

        """
    }

    @Test func `a StorageClass that is missing is offered, and tried`() {
        #expect(
            remedies(claim("storageClassName: fast, ") + user("p"), of: "p").contains("create StorageClass fast, which claim data asks for: yes; one class"))
        #expect(remedies(Self.class + claim("") + user("p"), of: "p").contains("make slow the default StorageClass: claim data names none: yes; one class"))
        // Nobody makes volumes for this one.
        let none = Self.class.replacing("disk.example.com", with: "kubernetes.io/no-provisioner")
        #expect(remedies(none + claim("") + user("p"), of: "p").contains("make slow the default StorageClass: claim data names none: no; one class"))
        // A claim that wants a volume without a class is helped by none.
        #expect(!remedies(claim("storageClassName: '', ") + user("p"), of: "p").contains { $0.contains("StorageClass") })
    }

    @Test func `freeing the holder of a claim for one pod is offered`() {
        let volume = """
            ---
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: v}
            spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOncePod], storageClassName: slow, claimRef: {namespace: default, name: data}, csi: {driver: disk.example.com, volumeHandle: v}}

            """
        let bound = claim("storageClassName: slow, volumeName: v, ", "ReadWriteOncePod")
            .replacing("metadata: {name: data}", with: "metadata: {name: data, annotations: {pv.kubernetes.io/bind-completed: 'yes'}}")
        let found = remedies(Self.class + volume + bound + user("holder", "nodeName: a1, ") + user("p"), of: "p")
        #expect(found.contains("delete pod holder, which holds claim data: yes; one pod"), "\(found)")
    }

    @Test func `a ReplicaSet beside pods of the files makes none`() {
        let set = """
            ---
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: other}
            spec: {replicas: 3, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}}

            """
        let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: solo}\nspec: {containers: [{name: c, image: i}]}\n"
        #expect(expanded(set).decisions.count == 3)
        #expect(expanded(set + pod).decisions.map(\.pod.name) == ["solo"])
        #expect(expanded(set + pod).notes.count == 1)
    }
}
