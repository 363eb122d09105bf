import ControlPlane
import Kubelets
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// The tables of `pod-sessions.md`, row by row: those of the API server and the kubelet, of log files, termination messages, and of who may
/// ask a kubelet. A test's name begins with the section; `Rows` says which rows, or numbers of the column `#`, it covers.
@Suite struct PodSessionRowTests {
    static let key = PodLogTests.key
    static func running(_ spec: String = PodLogTests.app, _ annotations: String = "{evenkeel.dev/image-pull-time: 1s}", to seconds: Double = 60) -> Simulation {
        PodLogTests.run(PodLogTests.pod(spec, annotations: annotations), to: seconds)
    }
    /// What a user of kubectl reads; empty if nothing is refused.
    static func log(_ simulation: Simulation, _ key: ObjectKey = key, _ options: LogOptions = LogOptions()) -> String {
        if case .failure(let error) = simulation.log(of: key, options) { error.kubectlText(.logs) } else { "" }
    }
    static func exec(_ simulation: Simulation, _ key: ObjectKey = key, container: String = "", words: [String] = ["sh"]) -> String {
        if case .failure(let error) = simulation.exec(in: key, container: container, words) { error.kubectlText(.exec) } else { "" }
    }
    static func attach(_ simulation: Simulation, _ key: ObjectKey = key, container: String = "") -> String {
        if case .failure(let error) = simulation.attach(to: key, container: container) { error.kubectlText(.attach) } else { "" }
    }
    static func forward(_ simulation: Simulation, _ key: ObjectKey = key) -> String { simulation.portForwardProblem(key)?.kubectlText(.portForward) ?? "" }

    // MARK: §2.1 Before the kubelet is asked

    /// Rows: `pod-sessions.md` §2.1 rows 1–5.
    @Test func `2.1: what is wrong before a kubelet is asked`() throws {
        var simulation = Self.running("containers: [{name: app, image: nginx}, {name: side, image: side}]")
        let none = ObjectKey(namespace: "default", name: "none")
        let missing = "Error from server (NotFound): pods \"none\" not found"
        #expect(Self.log(simulation, none) == missing && Self.exec(simulation, none) == missing)
        #expect(Self.attach(simulation, none) == missing && Self.forward(simulation, none) == missing)
        func code<T>(_ result: Result<T, APIError>) -> Int { if case .failure(let error) = result { error.code } else { 200 } }
        #expect(code(simulation.log(of: none)) == 404 && code(simulation.exec(in: none, ["sh"])) == 404)
        let which = "a container name must be specified for pod web, choose one of: [app side]"
        #expect(Self.log(simulation).hasSuffix(which) && Self.exec(simulation).hasSuffix(which) && Self.attach(simulation).hasSuffix(which))
        #expect(code(simulation.log(of: Self.key)) == 400 && code(simulation.exec(in: Self.key, ["sh"])) == 400)
        let unknown = "container foo is not valid for pod web"
        #expect(Self.log(simulation, Self.key, LogOptions(container: "foo")).hasSuffix(unknown))
        #expect(Self.exec(simulation, container: "foo").hasSuffix(unknown) && Self.attach(simulation, container: "foo").hasSuffix(unknown))
        // The node's object is gone; the pod is not collected yet.
        _ = try simulation.perform(.delete(.node, ObjectKey(name: "a1"), DeleteOptions())).get()
        let gone = "Error from server (NotFound): nodes \"a1\" not found"
        #expect(Self.log(simulation, Self.key, LogOptions(container: "app")) == gone && Self.exec(simulation, container: "app") == gone)
        #expect(Self.attach(simulation, container: "app") == gone && Self.forward(simulation) == gone)
        #expect(simulation.trace(.stream(.exec, pod: Self.key, container: "app")).answer == gone)

        let waiting = PodLogTests.run(
            PodLogTests.pod("nodeSelector: {no: where}\n  " + PodLogTests.app).replacing("  nodeName: a1\n", with: ""), to: 30)
        #expect(Self.log(waiting).isEmpty && code(waiting.log(of: Self.key)) == 200)
        let homeless = "error: unable to upgrade connection: pod web does not have a host assigned"
        #expect(Self.exec(waiting) == homeless && Self.attach(waiting) == homeless && code(waiting.exec(in: Self.key, ["sh"])) == 400)
        // kubectl looks itself first.
        #expect(Self.forward(waiting) == "error: unable to forward port because pod is not running. Current status=Pending")
    }

    /// Rows: `pod-sessions.md` §2.1 rows 7–8, §2.3 row 9.
    @Test func `2.1: a dial that fails, and a node that is lost during a session`() throws {
        var simulation = Self.running()
        let host = try #require(simulation.cluster.store.nodes[ObjectKey(name: "a1")]?.status.addresses.first { $0.type == "InternalIP" }?.address) + ":10250"
        var shell = try simulation.exec(in: Self.key, ["sh"]).get()
        let cursor = try #require(try simulation.log(of: Self.key).get().cursor)
        var stopped = simulation
        _ = try stopped.perform(.fail(.kubelet("a1"))).get()
        let refused = "dial tcp \(host): connect: connection refused"
        #expect(Self.log(stopped) == "Error from server: Get \"https://\(host)/containerLogs/default/web/app\": \(refused)")
        for text in [Self.exec(stopped), Self.attach(stopped)] { #expect(text == "Error from server: error dialing backend: \(refused)") }
        #expect(stopped.portForwardProblem(Self.key)?.message == "error dialing backend: \(refused)" && stopped.portForwardProblem(Self.key)?.code == 500)
        _ = try simulation.perform(.fail(.node("a1"))).get()
        let silent = "dial tcp \(host): i/o timeout"
        #expect(Self.log(simulation) == "Error from server: Get \"https://\(host)/containerLogs/default/web/app\": \(silent)")
        #expect(Self.exec(simulation) == "Error from server: error dialing backend: \(silent)")
        // Nothing comes for a while, and nobody is told.
        simulation.advance(to: simulation.now + .seconds(30))
        let quiet = simulation.log(after: cursor)
        #expect(quiet.lines.isEmpty && quiet.cursor != nil && quiet.problem == nil)
        let output = shell.run(Array("hostname\n".utf8), in: simulation)
        #expect(output.stdout.isEmpty && output.exitCode == nil)
        // A stopped kubelet's connections end at once.
        #expect(stopped.log(after: cursor).problem == "error: read: connection reset by peer")
    }

    // MARK: §2.2 Logs

    /// The kubelet's own endpoint, through the API server's proxy to the node.
    private static func endpoint(_ path: String, _ simulation: Simulation, method: String = "GET") throws -> (Int, String) {
        let target = try LinkRequest.ProxyTarget(path: "nodes/a1/proxy/containerLogs")
        let answer = try simulation.proxy(ProxyRequest(method: method, path: "/containerLogs/\(path)"), to: target).get()
        return (answer.status, answer.body)
    }

    /// Rows: `pod-sessions.md` §2.2 rows 1–4.
    @Test func `2.2: the kubelet's own endpoint of logs`() throws {
        let simulation = Self.running()
        #expect(try Self.endpoint("default/none/app", simulation) == (404, "pod \"none\" does not exist\n"))
        #expect(try Self.endpoint("default/web/foo", simulation) == (404, "container \"foo\" not found in pod \"web\"\n"))
        #expect(try Self.endpoint("default/web/app?tailLines=many", simulation) == (400, #"{"message": "Unable to decode query."}"#))
        #expect(try Self.endpoint("default/web/app?tailLines=-1", simulation) == (422, #"{"message": "Invalid request."}"#))
        let (code, body) = try Self.endpoint("default/web/app?previous=true", simulation)
        #expect(code == 400 && body == "previous terminated container \"app\" in pod \"web\" not found\n")
        let (good, lines) = try Self.endpoint("default/web/app?tailLines=2", simulation)
        #expect(good == 200 && lines.split(separator: "\n").count == 2)
    }

    /// The same status with nobody but the object to tell of it: what the kubelet holds decides, first match wins.
    private static func status(_ edit: (inout ContainerStatus) -> Void) -> String { status(edit, previous: false) }
    private static func status(_ edit: (inout ContainerStatus) -> Void, previous: Bool) -> String {
        var (pod, status) = (Pod(), ContainerStatus())
        (pod.metadata.name, pod.metadata.namespace, pod.metadata.uid) = ("web", "default", "none")
        pod.spec.containers = [Container(name: "app", image: "nginx")]
        status.name = "app"
        edit(&status)
        pod.status.containerStatuses = [status]
        let simulation = running()
        switch simulation.kubelets.log(of: pod, container: "app", previous: previous, in: simulation.cluster) {
        case .success(let log): return "log of \(log.containerID)"
        case .failure(let error): return "\(error.code) \(error.message)"
        }
    }
    private static func ended(_ id: String) -> ContainerState {
        var (state, end) = (ContainerState(), ContainerStateTerminated())
        (end.containerID, end.startedAt, end.finishedAt) = (id, .start, .start + .seconds(5))
        state.terminated = end
        return state
    }
    private static func waiting(_ reason: String) -> ContainerState {
        var state = ContainerState()
        state.waiting = ContainerStateWaiting()
        state.waiting?.reason = reason
        return state
    }
    private static let quoted = "400 container \"app\" in pod \"web\" is"

    /// Rows: `pod-sessions.md` §2.2 #1, #2, #3, #4, #5, #6, #7, #8, #9, #10, #11.
    @Test func `2.2: the status that the kubelet holds decides which log there is`() {
        #expect(Self.status { $0.name = "other" } == "\(Self.quoted) not available")
        let none = "400 previous terminated container \"app\" in pod \"web\" not found"
        #expect(Self.status({ $0.state = Self.ended("c2") }, previous: true) == none)
        #expect(Self.status({ ($0.state, $0.lastState) = (Self.ended("c2"), Self.ended("")) }, previous: true) == none)
        #expect(Self.status({ ($0.state, $0.lastState) = (Self.ended("c2"), Self.ended("c1")) }, previous: true) == "log of c1")
        #expect(
            Self.status {
                $0.containerID = "c3"
                $0.state.running = ContainerStateRunning()
                $0.lastState = Self.ended("c2")
            } == "log of c3")
        #expect(Self.status { $0.state = Self.ended("c2") } == "log of c2")
        #expect(Self.status { ($0.state, $0.lastState) = (Self.ended(""), Self.ended("c1")) } == "log of c1")
        #expect(Self.status { $0.state = Self.ended("") } == "\(Self.quoted) terminated")
        #expect(Self.status { ($0.state, $0.lastState) = (Self.waiting("CrashLoopBackOff"), Self.ended("c1")) } == "log of c1")
        #expect(Self.status { ($0.state, $0.lastState) = (Self.waiting("CrashLoopBackOff"), Self.ended("")) } == "\(Self.quoted) terminated")
        #expect(Self.status { $0.state = Self.waiting("ErrImagePull") } == "\(Self.quoted) waiting to start: image can't be pulled")
        #expect(Self.status { $0.state = Self.waiting("ImagePullBackOff") } == "\(Self.quoted) waiting to start: trying and failing to pull image")
        for reason in ["ContainerCreating", "PodInitializing", "CreateContainerConfigError"] {
            #expect(Self.status { $0.state = Self.waiting(reason) } == "\(Self.quoted) waiting to start: \(reason)")
        }
        #expect(Self.status { $0.state = ContainerState() } == "\(Self.quoted) waiting to start - no logs yet")
    }

    // MARK: §2.3 exec, attach, port-forward

    /// Rows: `pod-sessions.md` §2.3 rows 1, 2, 3, 7.
    @Test func `2.3: what a kubelet does not know, what does not run, and what is not there`() throws {
        // Bound a moment ago, and its kubelet has not seen it.
        var simulation = PodLogTests.run("", to: 30)
        var pod = Pod()
        (pod.metadata.name, pod.metadata.namespace, pod.nodeName) = ("web", "default", "a1")
        pod.spec.containers = [Container(name: "app", image: "nginx")]
        _ = try simulation.perform(.create(pod)).get()
        #expect(Self.exec(simulation) == "error: unable to upgrade connection: pod does not exist")
        #expect(Self.attach(simulation) == "error: unable to upgrade connection: pod does not exist")
        let crashing = Self.running(
            PodLogTests.app, "{evenkeel.dev/run-time: 5s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}", to: 20)
        #expect(Self.exec(crashing) == "error: unable to upgrade connection: container not found (\"app\")")
        #expect(Self.attach(crashing) == "error: unable to upgrade connection: container not found (\"app\")")
        let missing = Self.exec(Self.running(), words: ["bash"])
        #expect(
            missing.hasPrefix(
                "error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec \""))
        #expect(missing.hasSuffix("exec: \"bash\": executable file not found in $PATH: unknown"))
        // The API server still takes it for running; the kubelet has never heard of it.
        try simulation.cluster.update(Pod.self, Self.key) { $0.status.phase = .running }
        #expect(Self.forward(simulation) == "error: unable to upgrade connection: pod not found (\"web_default\")")
    }

    /// Rows: `pod-sessions.md` §2.3 rows 4–6.
    @Test func `2.3: codes of programs, a container that dies, a port on which nobody listens`() throws {
        var simulation = Self.running()
        var program = try simulation.exec(in: Self.key, ["sh", "-c", "exit 7"]).get()
        #expect(program.run([], in: simulation).exitCode == 7)
        var shell = try simulation.exec(in: Self.key, ["sh"]).get()
        #expect(shell.run([], in: simulation).exitCode == nil)
        guard case .refused(let text) = simulation.answer(of: Self.key, port: 81, request: Array("GET / HTTP/1.1\r\n\r\n".utf8)) else {
            Issue.record("it listens")
            return
        }
        #expect(
            text.hasPrefix("error forwarding port 81 to pod ") && text.contains(", uid : failed to execute portforward in network namespace \"/var/run/netns/"))
        _ = simulation.perform(.delete(.pod, Self.key, DeleteOptions(gracePeriodSeconds: 0)))
        simulation.advance(to: simulation.now + .seconds(5))
        #expect(shell.run([], in: simulation).exitCode == 137)
    }

    /// Rows: `pod-sessions.md` §2.3 row 8, §7 rows 2, 3, 5.
    @Test func `2.3: a kubelet refuses whom it does not know, and who may not`() {
        var simulation = Self.running()
        TunnelTests.change(&simulation) { $0.fault = .noClientCertificate }
        #expect(Self.exec(simulation) == "error: unable to upgrade connection: Unauthorized")
        #expect(Self.forward(simulation) == "error: unable to upgrade connection: Unauthorized")
        TunnelTests.change(&simulation) { $0.fault = .clientForbidden }
        let words = "Forbidden (user=kube-apiserver-kubelet-client, verb=create, resource=nodes, subresource(s)=[proxy])"
        #expect(Self.exec(simulation) == "error: unable to upgrade connection: \(words)" && Self.attach(simulation) == Self.exec(simulation))
        #expect(Self.log(simulation).hasPrefix("Error from server (Forbidden): Forbidden (user=kube-apiserver-kubelet-client, verb=get,"))
    }

    // MARK: §4 Log files

    private static func files(_ simulation: Simulation) throws -> [ContainerLog.File] {
        let pod = try #require(simulation.cluster.store.pods[key])
        return try simulation.kubelets.log(of: pod, container: "app", in: simulation.cluster).get().files
    }

    /// Rows: `pod-sessions.md` §4 rows 3–6, §9 row 1.
    @Test func `4: how large files become, and how many there are`() throws {
        func problems(_ field: String) -> [String] {
            let yaml = "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n\(field)\n"
            return Input(ManifestReader.read(text: PodLogTests.cluster + yaml, file: "test.yaml")).problems.map(\.description)
        }
        #expect(problems("containerLogMaxFiles: 2").isEmpty)
        #expect(problems("containerLogMaxFiles: 1").contains { $0.hasSuffix("invalid configuration: containerLogMaxFiles must be greater than 1") })
        #expect(
            problems("containerLogMaxWorkers: 0").contains {
                $0.hasSuffix("invalid configuration: containerLogMaxWorkers must be greater than or equal to 1")
            })
        #expect(problems("containerLogMonitorInterval: 2s").contains { $0.contains("containerLogMonitorInterval") })
        // The defaults: 10 MiB, five files, looked at every ten seconds. 2 MiB a second.
        let line = String(repeating: "x", count: 2048 - 41)
        let simulation = Self.running(
            PodLogTests.app, "{evenkeel.dev/log: \(line), evenkeel.dev/log-every: 1ms, evenkeel.dev/image-pull-time: 1s}", to: 200)
        let files = try Self.files(simulation)
        #expect(files.map { $0.name.hasSuffix(".gz") } == [false, false, true, true, true])
        // The size and what comes until the next look, no more.
        #expect(files.dropFirst().allSatisfy { $0.size > 10 << 20 && $0.size <= (10 << 20) + 20 << 20 })
    }

    /// Rows: `pod-sessions.md` §4 rows 1, 2, 7, 9, 10.
    @Test func `4: which file a run writes, and how long it is kept`() throws {
        var simulation = Self.running(
            PodLogTests.app, "{evenkeel.dev/run-time: \"5s,forever\", evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}", to: 60)
        #expect(try Self.files(simulation).map(\.name) == ["1.log"])
        let pod = try #require(simulation.cluster.store.pods[Self.key])
        let before = try simulation.kubelets.log(of: pod, container: "app", previous: true, in: simulation.cluster).get()
        #expect(before.files.map(\.name) == ["0.log"])
        // A line of its file: the time to the nanosecond, the stream, F for a whole line, and the text.
        let first = try #require(try simulation.log(of: Self.key).get().lines.first)
        #expect(first.stamped.contains(/^2026-01-01T00:00:\d\d\.\d{9}Z starting nginx \(restart 1\)$/))
        _ = simulation.perform(.delete(.pod, Self.key, DeleteOptions(gracePeriodSeconds: 0)))
        simulation.advance(to: simulation.now + .seconds(5))
        #expect(Self.log(simulation) == "Error from server (NotFound): pods \"web\" not found")
        // Of a pod that has failed it is there as long as its object.
        var failed = Self.running(
            "restartPolicy: Never\n  " + PodLogTests.app,
            "{evenkeel.dev/run-time: 5s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}", to: 60)
        failed.advance(to: failed.now + .hours(3))
        #expect(try failed.log(of: Self.key).get().lines.last?.text == "fatal: cannot go on, exiting with code 1")
    }

    // MARK: §4.1 Termination messages

    /// Rows: `pod-sessions.md` §4.1 rows 1–3.
    @Test func `4.1: a message is cut to 4096 bytes, and the containers of a pod share 12288`() throws {
        let long = String(repeating: "m", count: 5000)
        func messages(_ containers: Int) -> [Int] {
            let list = (0..<containers).map { "{name: c\($0), image: nginx}" }.joined(separator: ", ")
            let end = "{evenkeel.dev/termination-message: \(long), evenkeel.dev/run-time: 5s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}"
            let simulation = Self.running("restartPolicy: Never\n  containers: [\(list)]", end, to: 90)
            let statuses = simulation.cluster.store.pods[Self.key]?.status.containerStatuses ?? []
            return statuses.compactMap { $0.state.terminated?.message.utf8.count }
        }
        #expect(messages(1) == [4096] && messages(3) == [4096, 4096, 4096] && messages(6) == Array(repeating: 2048, count: 6))
        // Only an error falls back to the log, and only if the file is empty.
        func fallback(_ more: String) -> String? {
            let spec = "restartPolicy: Never\n  containers: [{name: app, image: nginx, terminationMessagePolicy: FallbackToLogsOnError}]"
            let simulation = Self.running(spec, "{evenkeel.dev/log: \"line {n}\", evenkeel.dev/run-time: 5s, evenkeel.dev/image-pull-time: 1s\(more)}", to: 60)
            return simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.state.terminated?.message
        }
        #expect(fallback("") == "" && fallback(", evenkeel.dev/exit-code: \"1\"")?.hasPrefix("line 0\nline 1\n") == true)
        #expect(fallback(", evenkeel.dev/exit-code: \"1\", evenkeel.dev/termination-message: no database") == "no database")
        // It is written where the path says.
        var simulation = Self.running(
            "restartPolicy: Never\n  containers: [{name: app, image: nginx, terminationMessagePath: /tmp/end}]",
            "{evenkeel.dev/run-time: 90s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}", to: 30)
        var shell = try simulation.exec(in: Self.key, ["sh", "-c", "echo -n mine > /tmp/end"]).get()
        for command in shell.run([], in: simulation).commands { _ = try simulation.perform(command).get() }
        simulation.advance(to: .start + .seconds(150))
        #expect(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.state.terminated?.message == "mine")
    }

    // MARK: §5 What kubectl says itself

    /// Rows: `pod-sessions.md` §5 rows 3, 7, 11.
    @Test func `5: no session with a pod that is over, no port of one that does not run`() {
        for (code, phase) in [("0", "Succeeded"), ("1", "Failed")] {
            let simulation = Self.running(
                "restartPolicy: Never\n  " + PodLogTests.app,
                "{evenkeel.dev/run-time: 5s, evenkeel.dev/exit-code: \"\(code)\", evenkeel.dev/image-pull-time: 1s}")
            #expect(simulation.sessionProblem(Self.key, .exec) == "error: cannot exec into a container in a completed pod; current phase is \(phase)")
            #expect(simulation.sessionProblem(Self.key, .attach) == "error: cannot attach a container in a completed pod; current phase is \(phase)")
            #expect(simulation.sessionProblem(Self.key, .portForward) == "error: unable to forward port because pod is not running. Current status=\(phase)")
            #expect(simulation.sessionProblem(Self.key, .logs) == nil)
        }
    }

    // MARK: §7 Who may ask a kubelet

    /// Rows: `pod-sessions.md` §7 rows 6–14.
    @Test func `7: what right each path of a kubelet asks for`() {
        let (new, old) = (KubernetesProfile(KubernetesVersion(minor: 36)), KubernetesProfile(KubernetesVersion(minor: 32)))
        let rows: [(String, [String], [String])] = [
            ("/stats/summary", ["stats"], ["stats"]), ("/metrics/cadvisor", ["metrics"], ["metrics"]), ("/logs/messages", ["log"], ["log"]),
            ("/checkpoint/default/web/app", ["checkpoint"], ["checkpoint"]), ("/statusz", ["statusz"], ["proxy"]), ("/flagz", ["configz"], ["proxy"]),
            ("/pods", ["pods", "proxy"], ["proxy"]), ("/runningpods/", ["pods", "proxy"], ["proxy"]), ("/healthz/ping", ["healthz", "proxy"], ["proxy"]),
            ("/configz", ["configz", "proxy"], ["proxy"]), ("/containerLogs/default/web/app", ["proxy"], ["proxy"]),
            ("/exec/default/web/app?command=sh", ["proxy"], ["proxy"]), ("/attach/default/web/app", ["proxy"], ["proxy"]),
            ("/portForward/default/web", ["proxy"], ["proxy"]), ("/run/default/web/app", ["proxy"], ["proxy"]),
        ]
        for (path, wanted, before) in rows {
            #expect(KubeletAccess.subresources(path, new) == wanted, "\(path)")
            #expect(KubeletAccess.subresources(path, old) == before, "\(path)")
        }
        #expect(["POST", "GET", "PUT", "PATCH", "DELETE"].map(KubeletAccess.verb) == ["create", "get", "update", "patch", "delete"])
    }

    /// By the roles of the cluster: get on `nodes/proxy` is enough for a WebSocket exec, which is a GET.
    @Test func `7: rights on the node decide, one of those tried in turn is enough`() throws {
        var simulation = Self.running()
        let jane = UserInfo(name: "jane", groups: ["system:authenticated"])
        func refusal(_ method: String, _ path: String, _ user: UserInfo = jane) -> String? {
            KubeletAccess.refusal(user, method, path, node: "a1", in: simulation.cluster).map { "\($0.code) \($0.text)" }
        }
        #expect(refusal("GET", "/pods", .anonymous) == "401 Unauthorized")
        #expect(refusal("GET", "/exec/default/web/app") == "403 Forbidden (user=jane, verb=get, resource=nodes, subresource(s)=[proxy])")
        #expect(refusal("GET", "/pods") == "403 Forbidden (user=jane, verb=get, resource=nodes, subresource(s)=[pods proxy])")
        let role: JSONValue = [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "reader"],
            "rules": [["apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]]],
        ]
        let binding: JSONValue = [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": ["name": "jane"],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"],
            "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"]],
        ]
        _ = try simulation.perform(.apply([role, binding])).get()
        #expect(refusal("GET", "/exec/default/web/app") == nil && refusal("GET", "/pods") == nil)
        #expect(refusal("POST", "/exec/default/web/app") == "403 Forbidden (user=jane, verb=create, resource=nodes, subresource(s)=[proxy])")
        #expect(refusal("GET", "/metrics") == "403 Forbidden (user=jane, verb=get, resource=nodes, subresource(s)=[metrics])")
    }
}
