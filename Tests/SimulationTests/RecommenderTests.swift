import ControlPlane
import Kubelets
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// What is suggested from use over time, and the automatic mode that follows it.
@Suite struct RecommenderTests {
    private func session(cpu: String, memory: String = "100Mi", request: String = "500m", limit: String? = nil, replicas: Int = 2, extra: String = "") throws
        -> Session
    {
        let limits = limit.map { ", limits: {cpu: \($0)}" } ?? ""
        let text = """
            apiVersion: evenkeel.dev/v1
            kind: Scenario
            metadata: {name: recommend}
            spec: {cluster: {zones: 1, nodesPerZone: 2}}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: \(replicas)
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}, annotations: {evenkeel.dev/cpu: "\(cpu)", evenkeel.dev/memory: "\(memory)"}}
                spec:
                  containers:
                  - {name: web, image: "web:1", resources: {requests: {cpu: \(request), memory: 400Mi}\(limits)}}
            \(extra)
            """
        let input = Input(ManifestReader.read(text: text, file: "recommend"))
        try #require(input.problems.isEmpty, "\(input.problems)")
        var session = input.makeSession().session
        session.isPaused = false
        session.advance(to: .start + .minutes(30))
        return session
    }
    private let web = LoadTarget(kind: "Deployment", key: ObjectKey(namespace: "default", name: "web"))
    private func pods(_ session: Session) -> [Pod] { session.simulation.pods(of: web) }
    private func look(_ session: Session) throws -> Recommendation {
        try #require(session.simulation.recommendations(for: pods(session)).first)
    }
    private func autosize(_ session: inout Session, _ mode: VerticalScaling = .inPlaceOrRecreate) {
        let result = session.perform(.autosize(.deployment, web.key, mode))
        #expect(throws: Never.self) { try result.get() }
    }

    @Test func `percentiles are the ends of buckets that grow by a twentieth`() {
        var histogram = UsageHistogram.cpu
        for value in 1...100 { histogram.add(Double(value) / 100, weight: 1) }
        #expect((0.5...0.54).contains(histogram.percentile(0.5)))
        #expect((0.9...0.96).contains(histogram.percentile(0.9)))
        #expect(UsageHistogram.cpu.percentile(0.9) == 0)
        histogram.add(5, weight: 10_000)
        #expect((5...5.3).contains(histogram.percentile(0.5)))
    }

    @Test func `steady use is suggested with a margin of 15 percent`() throws {
        let it = try look(session(cpu: "200m", memory: "300Mi"))
        #expect((200...221).contains(it.p90.milliCPU))
        #expect(it.target.milliCPU == Int64((Double(it.p90.milliCPU) * 1.15).rounded()))
        #expect(((300 << 20)...(326 << 20)).contains(it.p90.memory))
        #expect(it.pods == 2 && it.throttled == 0 && it.outOfMemory == 0)
        #expect(it.lower.milliCPU <= it.target.milliCPU && it.target.milliCPU <= it.upper.milliCPU)
    }

    @Test func `of use that swings the 90th percentile is taken, not the middle and not the peak`() throws {
        let it = try look(session(cpu: "100m..1000m/10m"))
        #expect(it.median.milliCPU < it.p90.milliCPU && it.p90.milliCPU < 1062)
        #expect((400...720).contains(it.median.milliCPU))
    }

    @Test func `throttled use is seen as what the limit gave, and told`() throws {
        let it = try look(session(cpu: "2", limit: "1"))
        #expect((1000...1062).contains(it.p90.milliCPU))
        #expect(it.throttled > 0.99)
    }

    @Test func `a load that was set is part of the history`() throws {
        var session = try session(cpu: "100m")
        _ = session.perform(.load(.deployment, web.key, cpu: Quantity("800m"), memory: nil))
        session.advance(to: .start + .minutes(60))
        let it = try look(session)
        #expect(it.p90.milliCPU >= 800 && it.median.milliCPU >= 100)
        #expect(it.span > .minutes(59))
        // Half of the time each.
        session.advance(to: .start + .minutes(600))
        #expect(try look(session).median.milliCPU >= 800)
    }

    @Test func `running out of memory raises what is suggested`() throws {
        var session = try session(cpu: "100m", extra: "")
        let before = try look(session).target.memory
        _ = session.perform(.resize(pod: pods(session)[0].key, [ContainerResize("web", limits: ["memory": Quantity("450Mi")!])]))
        session.advance(to: .start + .minutes(31))
        _ = session.perform(.load(.deployment, web.key, cpu: nil, memory: Quantity("500Mi")))
        session.advance(to: .start + .minutes(32))
        let it = try look(session)
        #expect(it.outOfMemory > 0)
        #expect(it.target.memory > before * 3 / 2)
    }

    @Test func `off by default nothing is resized, in automatic mode pods follow without a restart`() throws {
        var session = try session(cpu: "1100m", request: "200m")
        session.advance(to: .start + .minutes(40))
        #expect(pods(session).allSatisfy { $0.spec.containers[0].resources.requests["cpu"] == Quantity("200m") })
        autosize(&session)
        session.advance(to: .start + .minutes(45))
        let sized = pods(session)
        #expect(sized.allSatisfy { ($0.spec.containers[0].resources.requests.milliCPU ?? 0) >= 1100 })
        #expect(
            sized.allSatisfy {
                $0.status.containerStatuses[0].restartCount == 0
                    && $0.status.containerStatuses[0].resources?.requests == $0.spec.containers[0].resources.requests
            })
        // A new pod comes with the recommended size.
        _ = session.perform(.scale(.deployment, web.key, replicas: 3))
        session.advance(to: .start + .minutes(46))
        #expect(pods(session).count == 3)
        #expect(pods(session).allSatisfy { ($0.spec.containers[0].resources.requests.milliCPU ?? 0) >= 1100 })
        autosize(&session, .off)
        #expect(session.simulation.vertical.modes.isEmpty)
    }

    @Test func `a pod whose resize is put off is evicted after five minutes, but not in mode InPlace`() throws {
        for (mode, moves) in [(VerticalScaling.inPlaceOrRecreate, true), (.inPlace, false)] {
            // Two nodes, three pods: two of them share one, and do not both fit there at their size.
            var session = try session(cpu: "1900m", request: "500m", replicas: 3)
            autosize(&session, mode)
            session.advance(to: .start + .minutes(33))
            let stuck = try #require(pods(session).first { $0.status.conditions["PodResizePending"]?.reason == "Deferred" })
            session.advance(to: .start + .minutes(50))
            #expect((session.cluster.store.pods[stuck.key] == nil) == moves, "\(mode)")
            if moves {
                #expect(session.cluster.eventLog.events.contains { $0.reason == "EvictedByVPA" })
                // What comes instead asks for its size from the start.
                #expect(pods(session).allSatisfy { ($0.spec.containers[0].resources.requests.milliCPU ?? 0) >= 1900 })
            }
        }
    }

    @Test func `a disruption budget keeps the automatic mode from evicting`() throws {
        var session = try session(
            cpu: "1900m", request: "500m", replicas: 3,
            extra: """
                ---
                apiVersion: policy/v1
                kind: PodDisruptionBudget
                metadata: {name: web}
                spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}
                """)
        let names = pods(session).map(\.name)
        autosize(&session)
        session.advance(to: .start + .minutes(60))
        #expect(pods(session).map(\.name) == names)
    }

    @Test func `going back replays the automatic mode`() throws {
        var session = try session(cpu: "1100m", request: "200m")
        autosize(&session)
        session.advance(to: .start + .minutes(35))
        let after = pods(session)
        session.rewind(to: .start + .minutes(31))
        session.advance(to: .start + .minutes(35))
        #expect(pods(session) == after)
    }
}
