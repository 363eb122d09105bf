import Canvas
import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

@testable import Dashboard

/// What screens say of pods, nodes and zones that are not well.
@Suite struct HealthTests {
    private func dashboard(_ yaml: String, at time: Duration) -> Dashboard {
        let input = Input(ManifestReader.read(text: yaml, file: "test.yaml"))
        #expect(input.problems.isEmpty, "\(input.problems)")
        var dashboard = Dashboard(session: input.makeSession().session)
        dashboard.run(to: .start + time)
        return dashboard
    }
    private func picture(_ dashboard: inout Dashboard, _ width: Int = 120, _ height: Int = 36) -> String {
        dashboard.frame(size: Size(width: width, height: height)).picture()
    }

    /// A pod that runs on a node with one container in this state.
    private func pod(_ phase: PodPhase = .pending, node: String = "n1", _ change: (inout ContainerStatus) -> Void = { _ in }, initial: Bool = false) -> Pod {
        var pod = Pod()
        pod.metadata.name = "p"
        pod.spec.containers = [Container(name: "c", image: "c:1")]
        pod.nodeName = node
        pod.status.phase = phase
        var status = ContainerStatus()
        status.name = "c"
        change(&status)
        if initial { pod.status.initContainerStatuses = [status] } else { pod.status.containerStatuses = [status] }
        return pod
    }
    private func waiting(_ reason: String) -> (inout ContainerStatus) -> Void {
        {
            var state = ContainerStateWaiting()
            state.reason = reason
            $0.state.waiting = state
        }
    }

    @Test(arguments: [
        "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
        "CrashLoopBackOff",
    ])
    func `a container that does not start is a fault, in init containers too`(reason: String) {
        for initial in [false, true] {
            #expect(PodState(pod(.pending, waiting(reason), initial: initial), isNodeReady: true, now: nil) == .faulty)
            #expect(PodState(pod(.running, waiting(reason), initial: initial), isNodeReady: true, now: nil) == .faulty)
        }
        #expect(PodState.faulty.isFault && World.role(.faulty) == .rowError)
    }

    @Test func `what starts or ends in good time is no fault, what is overdue or lost is`() {
        for reason in ["ContainerCreating", "PodInitializing", ""] {
            #expect(PodState(pod(.pending, waiting(reason)), isNodeReady: true, now: nil) == .starting)
        }
        var ended = pod(.running) {
            var state = ContainerStateTerminated()
            (state.exitCode, state.reason) = (137, "OOMKilled")
            $0.state.terminated = state
        }
        #expect(PodState(ended, isNodeReady: true, now: nil) == .faulty)
        ended.status.phase = .failed
        ended.status.reason = "Evicted"
        #expect(PodState(ended, isNodeReady: true, now: nil) == .failed && PodState.failed.isFault)

        var pending = pod(node: "")
        pending.status.conditions.set(Condition(type: "PodScheduled", status: false, reason: "Unschedulable", message: "0/3 nodes are available"), now: .start)
        #expect(PodState(pending, isNodeReady: true, now: nil) == .unschedulable)
        pending.status.conditions.set(Condition(type: "PodScheduled", status: false, reason: "SchedulingGated", message: ""), now: .start)
        #expect(PodState(pending, isNodeReady: true, now: nil) == .starting)

        var leaving = pod(.running)
        #expect(PodState(leaving, isNodeReady: false, now: nil) == .unreachable)
        leaving.metadata.deletionTimestamp = Instant.start + .seconds(30)
        #expect(PodState(leaving, isNodeReady: true, now: Instant.start + .seconds(40)) == .leaving)
        #expect(PodState(leaving, isNodeReady: true, now: Instant.start + .seconds(60)) == .stuck)
        #expect(PodState(leaving, isNodeReady: false, now: Instant.start) == .stuck)
        #expect(!PodState.leaving.isFault && !PodState.starting.isFault && PodState.stuck.isFault)
    }

    private static let quota = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: small, namespace: default}
        spec: {hard: {pods: "2"}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: default}
        spec:
          replicas: 5
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: "web:1"}]}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: default}
        spec:
          replicas: 2
          podManagementPolicy: Parallel
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec: {containers: [{name: main, image: "db:1"}]}
        """

    @Test func `what a quota holds back stands among what is not placed, until the quota lets it`() throws {
        var dashboard = dashboard(Self.quota, at: .seconds(40))
        let deck = picture(&dashboard)
        #expect(deck.contains("not placed 5"), "\(deck)")
        #expect(deck.contains("not created") && deck.contains("exceeded quota: small"), "\(deck)")
        try dashboard.press("W")
        let why = picture(&dashboard)
        #expect(why.contains("Pods not created") && why.contains("web") && why.contains("exceeded quota: small"), "\(why)")
        let quota = ObjectKey(namespace: "default", name: "small")
        var changed = try #require(dashboard.world.store.resourceQuotas[quota])
        changed.spec.hard["pods"] = Quantity(20)
        dashboard.perform([.apply([changed])])
        try dashboard.press("<Esc><wait:20m>")
        let after = picture(&dashboard)
        #expect(!after.contains("not created"), "\(after)")
    }

    @Test func `an event that is told again stands once, with kubectl's count`() throws {
        let yaml = """
            apiVersion: v1
            kind: Node
            metadata: {name: n1}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: loops, namespace: default, annotations: {evenkeel.dev/run-time: 1s, evenkeel.dev/exit-code: "1"}}
            spec: {containers: [{name: main, image: "web:1"}]}
            """
        var dashboard = dashboard(yaml, at: .minutes(4))
        try dashboard.press("<Tab><Tab>")
        let most = try #require(dashboard.world.store.events.all.max { $0.count < $1.count })
        #expect(most.count > 3)
        let pane = picture(&dashboard, 200, 60)
        let lines = pane.split(separator: "\n").filter { $0.contains(" \(most.reason) ") && $0.contains("loops") && $0.contains(most.message.prefix(20)) }
        #expect(lines.count == 1 && lines[0].contains(" \(most.reason) ×\(most.count) "), "\(most.reason) \(most.count)\n\(pane)")
        #expect(dashboard.world.view.faults == 1)
        #expect(pane.contains("faults 1"), "\(pane)")
    }

    private static let zones = """
        apiVersion: v1
        kind: Pod
        metadata: {name: bare, namespace: default}
        spec: {nodeName: b1, containers: [{name: main, image: "web:1"}]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: default}
        spec:
          replicas: 4
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]
              containers: [{name: main, image: "web:1"}]
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: default}
        spec:
          replicas: 1
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec: {containers: [{name: main, image: "db:1"}]}
        """
        + ["a1", "a2", "b1", "b2", "c1"].map { name in
            """

            ---
            apiVersion: v1
            kind: Node
            metadata: {name: \(name), labels: {topology.kubernetes.io/zone: \(name.prefix(1))}}
            """
        }.joined()

    @Test func `a lost zone is on every screen with what comes next, and each of it comes then`() throws {
        var dashboard = dashboard(Self.zones, at: .seconds(63))
        dashboard.perform([.fail(.zone("a"))])
        try dashboard.press("<wait:12s>")
        for keys in ["", ":po<Enter>", ":no<Enter>", "X", ":wk<Enter>", ":po<Enter>d", "?"] {
            var copy = dashboard
            try copy.press(keys)
            copy.flash = nil
            let text = picture(&copy)
            #expect(text.contains(" a silent ") && text.contains("NotReady in ") && text.contains("evictions in "), "\(keys): \(text)")
            #expect(picture(&copy, 60, 15).contains("a silent"), "\(keys)")
        }
        #expect(picture(&dashboard).contains("SILENT"))
        let outlook = try #require(dashboard.world.outages["a1"])
        let second = try #require(dashboard.world.outages["a2"])
        let evictions = try #require([outlook.evictionAt, second.evictionAt].compactMap { $0 }.min())
        // Told beforehand, and so it comes: not a moment earlier.
        func isReady() -> Bool { dashboard.world.store.nodes[ObjectKey(name: "a1")]!.isReady }
        dashboard.run(to: outlook.notReadyAt - .milliseconds(1))
        #expect(isReady())
        dashboard.run(to: outlook.notReadyAt + .milliseconds(1))
        #expect(!isReady())
        func evicted() -> Int { dashboard.world.store.pods.all.count { $0.nodeName.hasPrefix("a") && $0.metadata.isTerminating } }
        dashboard.run(to: evictions - .seconds(1))
        #expect(evicted() == 0)
        dashboard.flash = nil
        let down = picture(&dashboard)
        #expect(down.contains("DOWN") && down.contains("NotReady 4m"), "\(down)")
        dashboard.run(to: evictions + .seconds(1))
        #expect(evicted() > 0)
        dashboard.perform([.recover(.zone("a"))])
        try dashboard.press("<wait:60s>")
        dashboard.flash = nil
        let after = picture(&dashboard)
        #expect(dashboard.world.outages.isEmpty && !after.contains("silent ") && !after.contains(" DOWN"), "\(after)")
    }

    @Test func `what becomes of a lost node's pods is what a fork says`() throws {
        let dashboard = dashboard(Self.zones, at: .seconds(60))
        let simulation = dashboard.session.simulation
        func outcome(_ kind: String, _ name: String) throws -> ReplacementTrial.Outcome {
            let one = try #require(simulation.availability().first { $0.workload == Workload(kind: kind, namespace: "default", name: name) })
            var trial = try #require(ReplacementTrial(of: one, simulation))
            trial.run()
            return try #require(trial.outcome)
        }
        let web = try outcome("Deployment", "web")
        let after = try #require(web.after)
        #expect(web.back == web.lost && after > .seconds(340) && after < .seconds(400), "\(web)")
        let db = try outcome("StatefulSet", "db")
        #expect(db.after == nil && db.back == 0 && db.why.contains("StatefulSet"), "\(db)")
        let bare = try outcome("Pod", "bare")
        #expect(bare.after == nil && bare.back == 0 && bare.why == "nobody replaces a pod without a controller", "\(bare)")
        var copy = dashboard
        try copy.press(":av<Enter>/bare<Enter>")
        #expect(picture(&copy).contains("nobody replaces a pod without a controller"), "\(picture(&copy))")
    }

    @Test func `the best possible spread is within what node selectors allow`() throws {
        let yaml = Self.zones.replacing(
            "      containers: [{name: main, image: \"web:1\"}]",
            with: "      nodeSelector: {topology.kubernetes.io/zone: a}\n      containers: [{name: main, image: \"web:1\"}]")
        var dashboard = dashboard(yaml, at: .seconds(60))
        try dashboard.press(":av<Enter>/web<Enter>")
        let text = picture(&dashboard)
        #expect(text.contains("best possible 100% = ceil(4/1)/4"), "\(text)")
    }

    @Test func `MemoryPressure of a node is on the Deck`() throws {
        let dashboard = dashboard(Self.zones, at: .seconds(60))
        var cluster = dashboard.session.simulation.cluster
        let now = cluster.now
        cluster.modify(Node.self, ObjectKey(name: "b1")) {
            $0.status.conditions.set(Condition(type: "MemoryPressure", status: true, reason: "KubeletHasInsufficientMemory"), now: now)
        }
        var view = ClusterView()
        view.refresh(cluster, generation: 0)
        #expect(view.nodes["b1"]?.word == "MemoryPressure" && view.nodes["b1"]?.isFine == false && view.nodes["b1"]?.shortWord(9) == "MemPress")
    }
}
