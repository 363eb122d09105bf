import ControlPlane
import Kubelets
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// Logs: the table of states of `pod-sessions.md` §2.1 and §2.2, its worked scenarios by number, and what a log says.
///
/// Rows: `pod-sessions.md` §9 #4, #5, #6, #11, #16, #21.
@Suite struct PodLogTests {
    static let cluster = """
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: logs}
        spec: {seed: 1, cluster: {zones: 1, nodesPerZone: 2}}

        """
    static func pod(_ spec: String, annotations: String = "{}") -> String {
        """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, annotations: \(annotations)}
        spec:
          nodeName: a1
          \(spec)

        """
    }
    static let app = "containers: [{name: app, image: nginx, ports: [{containerPort: 80}]}]"
    static let key = ObjectKey(namespace: "default", name: "web")

    static func run(_ yaml: String, to seconds: Double) -> Simulation {
        var session = session(cluster + yaml)
        session.run(to: seconds)
        return session.simulation
    }
    static func text(_ simulation: Simulation, _ options: LogOptions = LogOptions()) -> String {
        switch simulation.log(of: key, options) {
        case .success(let log): String(decoding: log.text, as: UTF8.self)
        case .failure(let error): "\(error.code) \(error.message)"
        }
    }
    static func lines(_ simulation: Simulation, _ options: LogOptions = LogOptions()) -> [String] {
        text(simulation, options).split(separator: "\n").map(String.init)
    }

    // MARK: Worked scenarios

    @Test func `1: the log of a pod without a node is empty`() throws {
        let simulation = Self.run(
            Self.pod("nodeSelector: {no: where}\n  " + Self.app).replacing("  nodeName: a1\n", with: ""), to: 30)
        let log = try simulation.log(of: Self.key).get()
        #expect(log.lines.isEmpty && log.cursor == nil)
    }

    @Test func `2: an image that cannot be pulled`() {
        let yaml = Self.pod("containers: [{name: app, image: does-not-exist}]")
        // First the error, then the back-off.
        let words = (1...40).map { Self.text(Self.run(yaml, to: Double($0))) }
        #expect(words.contains("400 container \"app\" in pod \"web\" is waiting to start: image can't be pulled"))
        #expect(words.contains("400 container \"app\" in pod \"web\" is waiting to start: trying and failing to pull image"))
    }

    @Test func `3: a container that is being made`() {
        let simulation = Self.run(Self.pod(Self.app, annotations: "{evenkeel.dev/image-pull-time: 60s}"), to: 10)
        #expect(Self.text(simulation) == "400 container \"app\" in pod \"web\" is waiting to start: ContainerCreating")
    }

    @Test func `4: a container that waits after a crash shows its last run with and without previous`() {
        let yaml = Self.pod(Self.app, annotations: "{evenkeel.dev/run-time: 20s, evenkeel.dev/exit-code: \"3\", evenkeel.dev/image-pull-time: 1s}")
        var session = session(Self.cluster + yaml)
        for second in stride(from: 10.0, to: 200, by: 1) {
            session.run(to: second)
            guard session.pod("web")?.status.containerStatuses.first?.state.waiting?.reason == "CrashLoopBackOff" else { continue }
            let now = Self.lines(session.simulation)
            #expect(now.last == "fatal: cannot go on, exiting with code 3")
            #expect(now == Self.lines(session.simulation, LogOptions(previous: true)))
            return
        }
        Issue.record("it never waited")
    }

    @Test func `5: a first run has nothing before it`() {
        let simulation = Self.run(Self.pod(Self.app), to: 60)
        #expect(Self.text(simulation, LogOptions(previous: true)) == "400 previous terminated container \"app\" in pod \"web\" not found")
    }

    @Test func `6: previous is the last run alone`() {
        let yaml = Self.pod(
            Self.app, annotations: "{evenkeel.dev/run-time: \"5s,5s,5s,forever\", evenkeel.dev/image-pull-time: 1s, evenkeel.dev/exit-code: \"1\"}")
        let simulation = Self.run(yaml, to: 300)
        #expect(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.restartCount == 3)
        #expect(Self.lines(simulation).first == "starting nginx (restart 3)")
        #expect(Self.lines(simulation, LogOptions(previous: true)).first == "starting nginx (restart 2)")
    }

    @Test func `9 and 10: which container`() {
        let simulation = Self.run(Self.pod("containers: [{name: app, image: nginx}, {name: side, image: side}]"), to: 60)
        #expect(Self.text(simulation) == "400 a container name must be specified for pod web, choose one of: [app side]")
        #expect(Self.text(simulation, LogOptions(container: "foo")) == "400 container foo is not valid for pod web")
        #expect(Self.lines(simulation, LogOptions(container: "side")).first == "starting side")
    }

    @Test func `11: files of a log that grows by 1 MiB each second`() throws {
        let line = String(repeating: "x", count: 1024 - ContainerLogTestValues.overhead)
        let yaml = """
            ---
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            containerLogMaxSize: 10Mi
            containerLogMaxFiles: 3

            """ + Self.pod(Self.app, annotations: "{evenkeel.dev/log: \(line), evenkeel.dev/log-every: 1ms, evenkeel.dev/image-pull-time: 1s}")
        let simulation = Self.run(yaml, to: 70)
        let pod = try #require(simulation.cluster.store.pods[Self.key])
        let log = try simulation.kubelets.log(of: pod, container: "app", in: simulation.cluster).get()
        let files = log.files
        #expect(files.map { $0.name.hasSuffix(".gz") } == [false, false, true])
        #expect(files[0].name == "0.log" && files[1].name.hasPrefix("0.log.20260101-00"))
        // No more than the size and what comes until the kubelet looks again.
        #expect(files.allSatisfy { $0.size <= 21 << 20 })
        let read = try simulation.log(of: Self.key, LogOptions(tailLines: 1_000_000)).get()
        #expect(read.lines.first.map { $0.time >= files[0].begin } ?? true)
        #expect(read.lines.count <= 21_000)
    }

    @Test func `14: a kubelet that is silent`() {
        var simulation = Self.run(Self.pod(Self.app), to: 60)
        _ = simulation.perform(.fail(.node("a1")))
        let text = Self.text(simulation)
        #expect(text.hasPrefix("500 Get \"https://"))
        #expect(text.contains(":10250/containerLogs/default/web/app\": dial tcp "))
    }

    @Test func `16: no konnectivity agent`() {
        var simulation = Self.run(Self.pod(Self.app), to: 60)
        var links = simulation.links
        (links.egress, links.fault) = (.konnectivity, .tunnelsDown)
        _ = simulation.perform(.links(links))
        #expect(Self.text(simulation).hasSuffix("No agent available"))
    }

    @Test func `21: a termination message from the log`() throws {
        let line = String(repeating: "y", count: 99)
        let yaml = Self.pod(
            "restartPolicy: Never\n  containers: [{name: app, image: nginx, terminationMessagePolicy: FallbackToLogsOnError}]",
            annotations:
                "{evenkeel.dev/log: \(line), evenkeel.dev/log-every: 100ms, evenkeel.dev/run-time: 20s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}"
        )
        let simulation = Self.run(yaml, to: 60)
        let message = try #require(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.state.terminated?.message)
        // 20 lines and a part.
        #expect(message.utf8.count == 2048)
        #expect(message.split(separator: "\n").count == 21)
    }

    @Test func `a termination message from its file`() throws {
        let yaml = Self.pod(
            "restartPolicy: Never\n  " + Self.app,
            annotations:
                "{evenkeel.dev/termination-message: no database, evenkeel.dev/run-time: 5s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}")
        let end = Self.run(yaml, to: 60).cluster.store.pods[Self.key]?.status.containerStatuses.first?.state.terminated
        #expect(end?.message == "no database")
    }

    // MARK: States

    @Test func `a pod that is not there`() {
        let simulation = Self.run("", to: 10)
        #expect(Self.text(simulation) == "404 pods \"web\" not found")
    }

    @Test func `what an API server refuses to look up`() {
        let simulation = Self.run(Self.pod(Self.app), to: 60)
        let cases: [(LogOptions, String)] = [
            (LogOptions(tailLines: -1), "tailLines: Invalid value: -1: must be greater than or equal to 0"),
            (LogOptions(limitBytes: 0), "limitBytes: Invalid value: 0: must be greater than 0"),
            (LogOptions(sinceSeconds: 0), "sinceSeconds: Invalid value: 0: must be greater than 0"),
            (LogOptions(sinceSeconds: 1, sinceTime: .start), "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"),
        ]
        for (options, words) in cases { #expect(Self.text(simulation, options) == "422 PodLogOptions \"web\" is invalid: \(words)") }
    }

    @Test func `a finished pod's log is there until its object is gone`() {
        let yaml = Self.pod("restartPolicy: Never\n  " + Self.app, annotations: "{evenkeel.dev/run-time: 5s, evenkeel.dev/image-pull-time: 1s}")
        var simulation = Self.run(yaml, to: 20)
        let early = Self.lines(simulation)
        simulation.advance(to: .start + .hours(1))
        #expect(Self.lines(simulation) == early)
        #expect(early.last == "finished, exiting with code 0")
    }

    // MARK: Words

    @Test func `a log tells what its container lived through`() {
        let yaml = Self.pod(
            "containers: [{name: app, image: nginx, args: [-q], ports: [{name: http, containerPort: 80}], resources: {limits: {cpu: 200m, memory: 128Mi}}, readinessProbe: {httpGet: {path: /ready, port: 80}, periodSeconds: 5}}]",
            annotations:
                "{evenkeel.dev/startup-work: \"1\", evenkeel.dev/readiness-fails: 30s-41s, evenkeel.dev/cpu: 400m, evenkeel.dev/memory: 120Mi, evenkeel.dev/image-pull-time: 1s}"
        )
        let lines = Self.lines(Self.run(yaml, to: 200))
        #expect(lines[0] == "starting nginx: -q")
        #expect(lines[1] == "pod default/web on node a1 in zone eu-a")
        #expect(lines[2] == "limits: cpu 200m, memory 128Mi")
        #expect(lines[3] == "warming up: 1s of CPU time on 1 thread")
        #expect(lines[4] == "listening on :80 (http)")
        let version = KubernetesProfile.default.version
        let refused = lines.count { $0 == "GET /ready 503 from kube-probe/\(version): readiness check failed" }
        #expect((2...3).contains(refused))
        #expect(lines.contains("warning: slow, the CPU limit of 200m stopped this container for 50 % of the last minute"))
        #expect(lines.contains("warning: memory 120Mi of 128Mi (93 %), collecting garbage all the time"))
        // At 200m two requests a second.
        #expect((300...400).contains(lines.count { $0.contains("ms from 10.244.") }))
    }

    @Test func `who runs out of memory has no last word`() {
        let yaml = Self.pod(
            "restartPolicy: Never\n  containers: [{name: app, image: nginx, resources: {limits: {memory: 64Mi}}}]",
            annotations: "{evenkeel.dev/memory: \"10Mi->100Mi/1m\", evenkeel.dev/run-time: forever, evenkeel.dev/cpu: \"0\", evenkeel.dev/image-pull-time: 1s}")
        let simulation = Self.run(yaml, to: 120)
        #expect(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.state.terminated?.reason == "OOMKilled")
        #expect(Self.lines(simulation).last == "ready")
    }

    @Test func `a log ends with the signal`() throws {
        var simulation = Self.run(Self.pod(Self.app, annotations: "{evenkeel.dev/cpu: \"0\", evenkeel.dev/stop-time: 4s}"), to: 60)
        let cursor = try #require(try simulation.log(of: Self.key, LogOptions(tailLines: 0)).get().cursor)
        _ = simulation.perform(.delete(.pod, Self.key, DeleteOptions()))
        simulation.advance(to: simulation.now + .seconds(2))
        let read = simulation.log(after: cursor)
        #expect(read.lines.map(\.text) == ["received SIGTERM, shutting down"])
        #expect(read.cursor != nil)
    }

    @Test func `lines of one's own`() {
        let yaml = """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: words}
            data: {lines: "first\\nsecond {n}\\n"}

            """ + Self.pod(Self.app, annotations: "{evenkeel.dev/log-from: words/lines, evenkeel.dev/log-every: 10s, evenkeel.dev/image-pull-time: 1s}")
        #expect(Self.lines(Self.run(yaml, to: 40)).prefix(3) == ["first", "second 1", "first"])
        let template = Self.pod(Self.app, annotations: "{evenkeel.dev/log: \"{pod} on {node} in {zone}: {n} {what}\", evenkeel.dev/image-pull-time: 1s}")
        #expect(Self.lines(Self.run(template, to: 10)).first == "web on a1 in eu-a: 0 {what}")
    }

    @Test func `a command that the shell knows decides how its container runs, what it logs and how it exits`() throws {
        func end(_ command: String) throws -> (time: Duration, code: Int, log: [String]) {
            let yaml = Self.pod(
                "restartPolicy: Never\n  containers: [{name: app, image: busybox, command: \(command)}]", annotations: "{evenkeel.dev/image-pull-time: 1s}")
            let simulation = Self.run(yaml, to: 120)
            let end = try #require(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.state.terminated)
            let time = try #require(end.finishedAt) - (try #require(end.startedAt))
            return (time, end.exitCode, Self.lines(simulation))
        }
        let asleep = try end("[sleep, \"45\"]")
        #expect(asleep.time == .seconds(45) && asleep.code == 0 && asleep.log.isEmpty)
        let failed = try end("[sh, -c, echo hi; sleep 2; exit 3]")
        #expect(failed.time == .seconds(2) && failed.code == 3 && failed.log == ["hi"])
        // An annotation wins.
        let told = Self.run(
            Self.pod(
                "restartPolicy: Never\n  containers: [{name: app, image: busybox, command: [sleep, \"45\"]}]",
                annotations: "{evenkeel.dev/image-pull-time: 1s, evenkeel.dev/run-time: 5s, evenkeel.dev/exit-code: \"9\"}"), to: 60)
        #expect(told.cluster.store.pods[Self.key]?.status.containerStatuses.first?.state.terminated?.exitCode == 9)
        // It never ends by itself, and as process 1 does not die of SIGTERM.
        let yaml = Self.pod("containers: [{name: app, image: busybox, args: [sleep, infinity]}]", annotations: "{evenkeel.dev/image-pull-time: 1s}")
        var simulation = Self.run(yaml, to: 3600)
        #expect(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.restartCount == 0)
        _ = simulation.perform(.delete(.pod, Self.key, DeleteOptions()))
        simulation.advance(to: simulation.now + .seconds(29))
        #expect(simulation.cluster.store.pods[Self.key] != nil)
        simulation.advance(to: simulation.now + .seconds(5))
        #expect(simulation.cluster.store.pods[Self.key] == nil)
    }

    @Test func `a script's log is read and followed like any other`() throws {
        let yaml = Self.pod(
            "containers: [{name: app, image: busybox, command: [sh, -c, 'while true; do date; sleep 5; done']}]",
            annotations: "{evenkeel.dev/image-pull-time: 1s}")
        var simulation = Self.run(yaml, to: 60)
        let log = try simulation.log(of: Self.key, LogOptions(tailLines: 2)).get()
        #expect(log.lines.allSatisfy { $0.text.hasPrefix("Thu Jan  1 00:00:") && $0.text.hasSuffix(" UTC 2026") })
        #expect(log.lines.count == 2 && log.lines[1].time - log.lines[0].time == .seconds(5))
        simulation.advance(to: simulation.now + .seconds(10))
        #expect(simulation.log(after: try #require(log.cursor)).lines.count == 2)
    }

    // MARK: Reading

    @Test func `since, tail, limit and time stamps`() throws {
        let simulation = Self.run(Self.pod(Self.app, annotations: "{evenkeel.dev/log: \"line {n}\", evenkeel.dev/image-pull-time: 1s}"), to: 60)
        let all = Self.lines(simulation)
        #expect(Self.lines(simulation, LogOptions(tailLines: 3)) == Array(all.suffix(3)))
        #expect(Self.text(simulation, LogOptions(tailLines: 0)).isEmpty)
        #expect(Self.lines(simulation, LogOptions(sinceSeconds: 10)).count == 10)
        #expect(Self.text(simulation, LogOptions(limitBytes: 9)) == "line 0\nli")
        let stamped = try #require(Self.lines(simulation, LogOptions(tailLines: 1, timestamps: true)).first)
        #expect(stamped.contains("2026-01-01T00:00:5") && stamped.hasSuffix("Z \(all.last ?? "")"))
        #expect(stamped.split(separator: " ")[0].utf8.count == 30)
    }

    @Test func `following gives what is new once, in pieces of any size`() throws {
        var simulation = Self.run(Self.pod(Self.app, annotations: "{evenkeel.dev/cpu: 500m}"), to: 40)
        var followed = try simulation.log(of: Self.key).get()
        var lines = followed.lines
        for step in [0.0, 0.3, 7, 0.0, 31, 2.5, 90] {
            simulation.advance(to: simulation.now + .seconds(step))
            followed = simulation.log(after: try #require(followed.cursor))
            lines += followed.lines
        }
        #expect(lines == (try simulation.log(of: Self.key).get()).lines)
        // Only the newest of very many.
        simulation.advance(to: simulation.now + .hours(1))
        let cut = simulation.log(after: try #require(followed.cursor), atMost: 10)
        #expect(cut.isCut && cut.lines.count == 10)
        #expect(cut.lines == (try simulation.log(of: Self.key, LogOptions(tailLines: 10)).get()).lines)
    }

    @Test func `following ends with the instance and does not go on to the next`() throws {
        let yaml = Self.pod(
            Self.app, annotations: "{evenkeel.dev/run-time: 20s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/cpu: \"0\", evenkeel.dev/image-pull-time: 1s}")
        var simulation = Self.run(yaml, to: 10)
        let cursor = try #require(try simulation.log(of: Self.key).get().cursor)
        simulation.advance(to: .start + .seconds(35))
        let rest = simulation.log(after: cursor)
        #expect(rest.lines.map(\.text) == ["fatal: cannot go on, exiting with code 1"])
        #expect(rest.cursor == nil)
    }

    @Test func `what is read twice is the same, whole or in parts`() throws {
        let simulation = Self.run(Self.pod(Self.app, annotations: "{evenkeel.dev/cpu: 100m..900m/10m}"), to: 900)
        let pod = try #require(simulation.cluster.store.pods[Self.key])
        let log = try simulation.kubelets.log(of: pod, container: "app", in: simulation.cluster).get()
        let whole = log.lines(from: log.start, through: simulation.now)
        #expect(log.lastLines(100_000, from: log.start, through: simulation.now) == whole)
        #expect(log.lastLines(77, from: log.start, through: simulation.now) == Array(whole.suffix(77)))
        let middle = log.start + .seconds(333)
        #expect(log.lines(from: log.start, through: middle) + log.lines(from: middle + Duration(nanoseconds: 1), through: simulation.now) == whole)
        #expect(zip(whole, whole.dropFirst()).allSatisfy { $0.time <= $1.time })
    }
}

private enum ContainerLogTestValues {
    /// Bytes that a line has in its file before its text: so that a line of 1 KiB is one.
    static let overhead = 41
}
