import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// A demand on a workload or Service is shared by its ready pods, and what the metrics server sees of it.
@Suite struct DemandTests {
    private func make(_ spec: String = "", demand: String? = "900m", extra: String = "") -> Session {
        let web = deployment("web", replicas: 3)
        return session(
            scenario("  cluster: {zones: 3, nodesPerZone: 1}\n" + spec)
                + (demand.map { web.replacing("metadata: {name: web}", with: "metadata: {name: web, annotations: {evenkeel.dev/demand: \($0)}}") } ?? web)
                + extra)
    }
    private func use(_ session: Session) -> [Int64] { session.pods(app: "web").map { session.simulation.usage(of: $0).milliCPU } }

    @Test func `the ready pods share the demand, so more pods have less to do each`() {
        var session = make(
            "  steps:\n  - {at: 60s, scale: {kind: Deployment, name: web, replicas: 9}}\n  - {at: 2m, scale: {kind: Deployment, name: web, replicas: 2}}")
        session.run(to: 59)
        #expect(use(session) == [300, 300, 300])
        session.run(to: 119)
        #expect(use(session) == Array(repeating: 100, count: 9))
        session.run(to: 180)
        #expect(use(session) == [450, 450])
    }

    @Test func `a pod that is not ready has no share, and a limit caps what a pod does`() {
        let web = deployment("web", replicas: 3).replacing("cpu: 100m}", with: "cpu: 100m}, limits: {cpu: 200m}")
            .replacing("metadata: {name: web}", with: "metadata: {name: web, annotations: {evenkeel.dev/demand: 900m}}")
            .replacing(
                "metadata: {labels: {app: web}}", with: "metadata: {labels: {app: web}, annotations: {evenkeel.dev/cpu: 20m, evenkeel.dev/readiness-fails: 2m}}"
            )
            .replacing("name: main,", with: "name: main, readinessProbe: {httpGet: {port: 80}, periodSeconds: 1, failureThreshold: 1},")
        var session = session(scenario("  cluster: {zones: 1, nodesPerZone: 1}") + web)
        session.run(to: 60)
        #expect(use(session) == [200, 200, 200])
        session.run(to: 160)
        #expect(use(session) == [20, 20, 20])
    }

    @Test func `a demand follows its curve, is bent by a command and by a step, and is taken away`() {
        var session = make(
            "  steps:\n  - {at: 100s, demand: {kind: Deployment, name: web, cpu: 600m@100s 1200m@200s}}\n  - {at: 300s, demand: {kind: deploy, name: web}}",
            demand: nil)
        session.run(to: 60)
        let own = use(session)
        #expect(session.perform(.demand(.deployment, ObjectKey(namespace: "default", name: "web"), "300m")).isSuccess)
        session.run(to: 70)
        #expect(use(session) == [100, 100, 100])
        session.run(to: 150)
        #expect(use(session) == [300, 300, 300])
        session.run(to: 290)
        #expect(use(session) == [400, 400, 400])
        session.run(to: 310)
        #expect(session.simulation.kubelets.demand(on: LoadTarget(kind: "Deployment", key: ObjectKey(namespace: "default", name: "web"))) == nil)
        #expect(use(session) != [400, 400, 400] && own != [100, 100, 100])
        #expect(session.perform(.demand(.deployment, ObjectKey(namespace: "default", name: "web"), "much")).isRefused("\"much\" is not a demand"))
        #expect(session.perform(.demand(.node, ObjectKey(name: "a1"), "1")).isRefused("a demand is set on"))
    }

    @Test func `the demand on a Service goes to the pods behind it`() {
        let service = """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: front, annotations: {evenkeel.dev/demand: 600m}}
            spec: {selector: {app: web}, ports: [{port: 80}]}

            """
        var session = make(demand: nil, extra: service)
        session.run(to: 60)
        #expect(use(session) == [200, 200, 200])
    }

    @Test func `an autoscaler sees the mean of 30 s, after a pod's second measurement, and nothing of a silent node`() throws {
        let scaler = """
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 3, maxReplicas: 3}

            """
        var session = make("  steps:\n  - {at: 101s, demand: {kind: Deployment, name: web, cpu: 300m}}\n  - {at: 200s, fail: {node: a1}}", extra: scaler)
        session.run(to: 24)
        #expect(session.pods(app: "web").allSatisfy { session.cluster.metrics[$0] == nil })
        session.run(to: 100)
        let pod = try #require(session.pods(app: "web").first)
        let before = try #require(session.cluster.metrics[pod])
        #expect(before.containers == [.init(name: "main", milliCPU: 300, memory: before.containers[0].memory)])
        #expect(before.window == .seconds(30) && before.timestamp == .start + .seconds(100))
        session.run(to: 116)
        #expect(session.cluster.metrics[pod]?.containers[0].milliCPU == 250)
        session.run(to: 131)
        #expect(session.cluster.metrics[pod]?.containers[0].milliCPU == 150)
        session.run(to: 146)
        #expect(session.cluster.metrics[pod]?.containers[0].milliCPU == 100)
        session.run(to: 220)
        for pod in session.pods(app: "web") { #expect((session.cluster.metrics[pod] == nil) == (pod.nodeName == "a1")) }
    }

    @Test func `a curve is read and written, and wrong ones are named with their place`() throws {
        for text in ["2", "300m", "200m..6/30m0s", "500m@0s 6@5m0s 6@20m0s"] {
            #expect(Demand.load(text).map(Demand.text) == text)
        }
        for text in ["", "x", "1@", "@1m", "2@5m 1@3m", "1..2..3", "3..2/5m", "1/5m"] { #expect(Demand.load(text) == nil, "\(text)") }
        let curve = try #require(Demand.load("1@1m, 3@2m"))
        #expect([0, 60, 90, 120, 999].map { curve.value(at: .start + .seconds($0), startedAt: .start) } == [1000, 1000, 2000, 3000, 3000])
        #expect(curve.maximum == 3000)
        #expect(curve.firstAbove(2000, from: .start, startedAt: .start).map { $0.sinceStart.seconds > 90 && $0.sinceStart.seconds < 90.1 } == true)
        #expect(curve.firstAbove(3000, from: .start, startedAt: .start) == nil)
        #expect(
            problems(
                scenario(
                    "  steps:\n  - {at: 1s, demand: {kind: Deployment, name: web, cpu: much}}\n  controllerManager: {kube-api-qps: 0, node-monitor-period: 0s}\n  metricsServer: {metric-resolution: 0s}"
                )) == [
                    "test.yaml:7: spec.controllerManager.kube-api-qps: must be 0.1 or more, not 0.0",
                    "test.yaml:7: spec.controllerManager.node-monitor-period: must be 1s or more, not 0s",
                    "test.yaml:8: spec.metricsServer.metric-resolution: must be 1s or more",
                    "test.yaml:6: spec.steps[0].demand.cpu: \"much\" is not a demand such as 2, 200m..6/30m or 500m@0s 6@5m",
                ])
    }
}

extension Result where Success == Receipt, Failure == APIError {
    var isSuccess: Bool { if case .success = self { true } else { false } }
    func isRefused(_ part: String) -> Bool { if case .failure(let error) = self { error.message.contains(part) } else { false } }
}
