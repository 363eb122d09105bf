import ControlPlane
import Kubelets
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// The small shell in a container, and what pods answer on their ports: `pod-sessions.md` §2.3, §6 and its worked scenarios.
///
/// Rows: `pod-sessions.md` §9 #7.
@Suite struct ShellTests {
    static let manifests =
        PodLogTests.cluster + """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings}
            data: {color: blue, "app.conf": "debug = no\\n"}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: password}
            stringData: {word: hunter2}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web, labels: {app: web}}
            spec:
              nodeName: a1
              volumes:
              - {name: config, configMap: {name: settings}}
              - {name: secret, secret: {secretName: password}}
              - {name: info, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}, {path: cpu, resourceFieldRef: {containerName: app, resource: limits.cpu}}]}}
              - {name: scratch, emptyDir: {}}
              containers:
              - name: app
                image: nginx
                command: [nginx, -g, daemon off]
                ports: [{name: http, containerPort: 8080}]
                resources: {limits: {cpu: 500m, memory: 128Mi}}
                env:
                - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
                - {name: PLACE, value: "$(COLOR) on $(NOTHING)"}
                - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                volumeMounts:
                - {name: config, mountPath: /etc/config}
                - {name: secret, mountPath: /etc/secret, readOnly: true}
                - {name: info, mountPath: /etc/info}
                - {name: scratch, mountPath: /scratch}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: bare}
            spec:
              nodeName: a2
              automountServiceAccountToken: false
              containers: [{name: bare, image: gcr.io/distroless/base}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}, {name: gone, port: 81, targetPort: 9999}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: empty}
            spec: {selector: {app: nobody}, ports: [{port: 80}]}

            """
    static let key = ObjectKey(namespace: "default", name: "web")

    static func running() -> Simulation {
        var session = session(manifests)
        session.run(to: 60)
        return session.simulation
    }
    /// What `sh -c TEXT` writes, and its exit code.
    static func run(_ text: String, _ simulation: inout Simulation, input: String? = nil) throws -> (out: String, err: String, code: Int?) {
        var shell = try simulation.exec(in: key, ["sh", "-c", text], takesInput: input != nil).get()
        var output = shell.run(Array((input ?? "").utf8), isEnd: true, in: simulation)
        for command in output.commands { _ = try simulation.perform(command).get() }
        var (out, err) = (output.stdout, output.stderr)
        while output.exitCode == nil, let wake = output.wake {
            simulation.advance(to: wake)
            output = shell.run([], in: simulation)
            for command in output.commands { _ = try simulation.perform(command).get() }
            (out, err) = (out + output.stdout, err + output.stderr)
        }
        return (String(decoding: out, as: UTF8.self), String(decoding: err, as: UTF8.self), output.exitCode)
    }
    static func out(_ text: String) throws -> String {
        var simulation = running()
        let result = try run(text, &simulation)
        return result.out + result.err
    }

    // MARK: Texts of the table

    @Test func `1: exec into a pod without a node`() {
        let yaml = PodLogTests.pod("nodeSelector: {no: where}\n  " + PodLogTests.app).replacing("  nodeName: a1\n", with: "")
        let result = PodLogTests.run(yaml, to: 30).exec(in: Self.key, ["sh"])
        #expect(result.problem == "400 pod web does not have a host assigned")
    }

    @Test func `7: exec into a container that crashed`() {
        var session = session(
            PodLogTests.cluster
                + PodLogTests.pod(PodLogTests.app, annotations: "{evenkeel.dev/run-time: 5s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}"))
        for second in 1...60 {
            session.run(to: Double(second))
            guard session.pod("web")?.status.containerStatuses.first?.state.waiting?.reason == "CrashLoopBackOff" else { continue }
            #expect(session.simulation.exec(in: Self.key, ["sh"]).problem == "404 container not found (\"app\")")
            return
        }
        Issue.record("it never crashed")
    }

    @Test func `14 and 16: a session travels on the links`() {
        var simulation = Self.running()
        _ = simulation.perform(.fail(.node("a1")))
        let problem = simulation.exec(in: Self.key, ["sh"]).problem
        #expect(problem.hasPrefix("500 error dialing backend: dial tcp "))
        #expect(simulation.attach(to: Self.key).problem == problem)
    }

    @Test func `a program that the image lacks`() {
        let simulation = Self.running()
        let problem = simulation.exec(in: Self.key, ["bash"]).problem
        #expect(problem.hasPrefix("500 Internal error occurred: error executing command in container: failed to exec in container: failed to start exec \""))
        #expect(
            problem.hasSuffix(
                "\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"bash\": executable file not found in $PATH: unknown"))
        let bare = simulation.exec(in: ObjectKey(namespace: "default", name: "bare"), ["sh"]).problem
        #expect(bare.hasSuffix("exec: \"sh\": executable file not found in $PATH: unknown"))
    }

    @Test func `a program's exit code is the session's`() throws {
        var simulation = Self.running()
        #expect(try Self.run("exit 3", &simulation).code == 3)
        #expect(try Self.run("false", &simulation).code == 1)
        #expect(try Self.run("true && echo yes || echo no", &simulation).out == "yes\n")
        let unknown = try Self.run("frobnicate 1", &simulation)
        #expect(unknown.err == "sh: frobnicate: not found\n" && unknown.code == 127)
    }

    @Test func `a session ends with its container`() throws {
        var simulation = Self.running()
        var shell = try simulation.exec(in: Self.key, ["sh"]).get()
        #expect(shell.run([], in: simulation).exitCode == nil)
        _ = simulation.perform(.delete(.pod, Self.key, DeleteOptions()))
        simulation.advance(to: simulation.now + .minutes(1))
        #expect(shell.run([], in: simulation).exitCode == 137)
    }

    // MARK: What it knows

    @Test func `environment`() throws {
        let text = try Self.out("env")
        for line in ["COLOR=blue", "PLACE=blue on $(NOTHING)", "NODE=a1", "HOSTNAME=web", "KUBERNETES_SERVICE_HOST=10.96.0.1", "KUBERNETES_SERVICE_PORT=443"] {
            #expect(text.split(separator: "\n").contains(Substring(line)))
        }
        #expect(try Self.out("echo $COLOR \"$NODE\" '$NODE' ${NO:-none} $?") == "blue a1 $NODE none 0\n")
    }

    @Test func `what is mounted`() throws {
        #expect(try Self.out("cat /etc/config/color") == "blue")
        #expect(try Self.out("cat /etc/secret/word") == "hunter2")
        // From 1.35 on a pod has its node's zone and region as labels, too.
        #expect(try Self.out("cat /etc/info/labels").split(separator: "\n").first == "app=\"web\"")
        #expect(try Self.out("cat /etc/info/cpu") == "1")
        #expect(try Self.out("ls /var/run/secrets/kubernetes.io/serviceaccount") == "ca.crt\nnamespace\ntoken\n")
        #expect(try Self.out("cat /var/run/secrets/kubernetes.io/serviceaccount/namespace") == "default")
        #expect(try Self.out("ls /etc/config; ls /nothing") == "app.conf\ncolor\nls: /nothing: No such file or directory\n")
        #expect(try Self.out("echo x > /etc/config/new") == "sh: can't create /etc/config/new: Read-only file system\n")
        #expect(try Self.out("cat /sys/fs/cgroup/cpu.max") == "50000 100000\n")
    }

    @Test func `what is written stays, each in its layer`() throws {
        var simulation = Self.running()
        #expect(try Self.run("echo one > /tmp/a; echo two >> /tmp/a; cat /tmp/a | wc -l", &simulation).out == "2\n")
        #expect(try Self.run("cat /tmp/a", &simulation).out == "one\ntwo\n")
        _ = try Self.run("echo kept > /scratch/b", &simulation)
        // A restart of the container takes its own layer, and leaves the volume.
        _ = try Self.run("kill 1", &simulation)
        simulation.advance(to: simulation.now + .seconds(30))
        #expect(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.restartCount == 1)
        #expect(try Self.run("cat /tmp/a", &simulation).code == 1)
        #expect(try Self.run("cat /scratch/b", &simulation).out == "kept\n")
        #expect(try Self.run("rm /scratch/b; ls /scratch", &simulation).out.isEmpty)
    }

    @Test func `process 1 ends as it would`() throws {
        var simulation = Self.running()
        // What it does not handle does nothing.
        _ = try Self.run("kill -9 1", &simulation)
        simulation.advance(to: simulation.now + .seconds(30))
        #expect(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first?.restartCount == 0)
        _ = try Self.run("kill 1", &simulation)
        simulation.advance(to: simulation.now + .seconds(30))
        let status = try #require(simulation.cluster.store.pods[Self.key]?.status.containerStatuses.first)
        #expect(status.restartCount == 1 && status.lastState.terminated?.exitCode == 143)
        let log = try simulation.log(of: Self.key, LogOptions(previous: true)).get()
        #expect(log.lines.suffix(2).map(\.text) == ["received SIGTERM, shutting down", "stopped, exiting with code 143"])
    }

    @Test func `who, where and when`() throws {
        #expect(try Self.out("hostname; whoami; pwd; id -u") == "web\nroot\n/\n0\n")
        #expect(try Self.out("date; date +%s") == "Thu Jan  1 00:01:00 UTC 2026\n1767225660\n")
        #expect(try Self.out("ps").split(separator: "\n")[1].hasSuffix("nginx -g daemon off"))
        #expect(try Self.out("df").split(separator: "\n").last?.hasSuffix(" /var/run/secrets/kubernetes.io/serviceaccount") == true)
        #expect(try Self.out("free").hasPrefix("              total"))
        #expect(try Self.out("top").contains("nginx"))
        var simulation = Self.running()
        let before = simulation.now
        #expect(try Self.run("sleep 90; date", &simulation).out == "Thu Jan  1 00:02:30 UTC 2026\n")
        #expect(simulation.now == before + .seconds(90))
    }

    @Test func `names and requests`() throws {
        let simulation = Self.running()
        let address = try #require(simulation.cluster.store.services[Self.key]?.spec.clusterIP)
        #expect(try Self.out("nslookup web").hasSuffix("Name:\tweb.default.svc.cluster.local\nAddress: \(address)\n\n"))
        #expect(try Self.out("nslookup nobody").hasSuffix("** server can't find nobody: NXDOMAIN\n\n"))
        #expect(try Self.out("getent hosts kubernetes.default").hasPrefix("10.96.0.1 "))
        #expect(try Self.out("curl -s web").hasPrefix("pod web in default on node a1 in zone eu-a\nGET / on "))
        #expect(try Self.out("curl -s -H 'Accept: application/json' web:80/x").contains("\"pod\":\"web\""))
        #expect(try Self.out("curl web:81") == "curl: (7) Failed to connect to web port 81 after 1 ms: Could not connect to server\n")
        #expect(try Self.out("curl empty") == "curl: (7) Failed to connect to empty port 80 after 1 ms: Could not connect to server\n")
        #expect(try Self.out("curl nowhere; echo $?") == "6\ncurl: (6) Could not resolve host: nowhere\n")
        #expect(try Self.out("wget -qO- web").hasPrefix("pod web in default"))
        #expect(try Self.out("curl https://kubernetes.default/version") == "curl: (60) SSL certificate problem: unable to get local issuer certificate\n")
        #expect(try Self.out("curl -sk https://kubernetes.default/version").contains("\"major\":\"1\""))
        let own = "/var/run/secrets/kubernetes.io/serviceaccount"
        let asked = try Self.out(
            "curl -s --cacert \(own)/ca.crt -H \"Authorization: Bearer $(cat \(own)/token)\" https://kubernetes.default/api/v1/namespaces/default/pods")
        #expect(
            asked.contains(
                "pods is forbidden: User \\\"system:serviceaccount:default:default\\\" cannot list resource \\\"pods\\\" in API group \\\"\\\" in the namespace \\\"default\\\""
            ))
    }

    @Test func `pipes, quotes and substitution`() throws {
        #expect(try Self.out("printf 'b\\na\\n' | sort | head -n 1") == "a\n")
        #expect(try Self.out("echo \"$(hostname) and $(echo two)\" 'it''s'") == "web and two its\n")
        #expect(try Self.out("ls /etc/config/* | grep app") == "/etc/config/app.conf\n")
        #expect(try Self.out("cd /etc/config && cat color; pwd") == "blue/etc/config\n")
        #expect(try Self.out("ls /nothing 2>/dev/null || echo failed 1>&2") == "failed\n")
        #expect(try Self.out("command -v bash >/dev/null && exec bash || echo sh") == "sh\n")
        #expect(try Self.out("test -d /tmp && [ -f /etc/hosts ] && echo yes") == "yes\n")
    }

    @Test(arguments: [
        ("if true; then echo yes; else echo no; fi", "yes\n"), ("if false; then echo a; elif [ 1 -eq 1 ]; then echo b; else echo c; fi", "b\n"),
        ("if false; then echo a; fi; echo $?", "0\n"), ("for i in 1 2 3; do echo -n \"$i \"; done", "1 2 3 "),
        ("for f in /etc/config/*; do echo $f; done", "/etc/config/app.conf\n/etc/config/color\n"),
        ("i=0; while [ $i -lt 3 ]; do i=$((i + 1)); echo $i; done", "1\n2\n3\n"), ("i=3; until [ $i -eq 0 ]; do i=$((i-1)); done; echo $i", "0\n"),
        ("for i in 1 2 3 4; do if [ $i -eq 2 ]; then continue; fi; [ $i = 4 ] && break; echo $i; done; echo end", "1\n3\nend\n"),
        ("for a in x y; do for b in 1 2; do echo $a$b; done; done", "x1\nx2\ny1\ny2\n"), ("for i in b a; do echo $i; done | sort", "a\nb\n"),
        ("printf 'one\\ntwo\\n' | while read line; do echo \"<$line>\"; done", "<one>\n<two>\n"),
        ("for i in 1 2; do echo $i; done > /tmp/out; cat /tmp/out", "1\n2\n"), ("x=$(for i in 1 2; do echo $i; done); echo $x", "1 2\n"),
        ("(cd /etc; x=1; pwd); pwd; echo \"<$x>\"", "/etc\n/\n<>\n"), ("{ echo a; echo b; } | wc -l", "2\n"), ("(exit 3); echo $?", "3\n"),
        ("false || { echo one; echo two; }", "one\ntwo\n"), ("true && for i in 1; do echo $i; done || echo no", "1\n"),
        ("false; for i in 1; do :; done && echo ok", "ok\n"), ("! false && echo ok; ! { false; } && echo too", "ok\ntoo\n"),
        ("echo $((2 + 3 * 4)) $(( (7 - 1) / 4 )) $((5 % 3)) $((1 < 2 && 3 != 3))", "14 1 2 0\n"), ("echo a; for i in 1; do exit 4; done; echo b", "a\n"),
        ("for i in 1 2\ndo\n  # a remark\n  echo $i\ndone", "1\n2\n"), ("sh -c 'for i in 1 2; do echo $i; done; exit 5'; echo $?", "1\n2\n5\n"),
        ("case x in x) echo x;; esac", "sh: case: not known to this simulated shell\n"),
        ("f() { echo x; }", "sh: functions: not known to this simulated shell\n"),
        ("sleep 1 & echo", "sh: &: not known to this simulated shell\n"), ("if true; then; fi", "sh: syntax error: unexpected \";\"\n"),
        ("done", "sh: syntax error: unexpected \"done\"\n"),
    ])
    func `loops, branches and groups`(line: String, answer: String) throws { #expect(try Self.out(line) == answer) }

    @Test func `each round of a loop has its own time`() throws {
        #expect(try Self.out("for i in 1 2 3; do date +%S; sleep 5; done") == "00\n05\n10\n")
        // One that never waits lets time go on, and can be given up.
        let simulation = Self.running()
        var shell = try simulation.exec(in: Self.key, ["sh"], terminal: true).get()
        #expect(shell.run(Array("while true; do :; done\r".utf8), in: simulation).wake == simulation.now + .milliseconds(1))
        #expect(String(decoding: shell.run([3], in: simulation).stdout, as: UTF8.self).hasSuffix("/ # "))
        #expect(try Self.out("while true; do :; done | wc -l; echo $?").hasSuffix("not known to this simulated shell\n"))
    }

    @Test func `a command over several lines`() throws {
        let simulation = Self.running()
        var shell = try simulation.exec(in: Self.key, ["sh"], terminal: true).get()
        func type(_ text: String) -> String { String(decoding: shell.run(Array(text.utf8), in: simulation).stdout, as: UTF8.self) }
        #expect(type("for i in 1 2\r").hasSuffix("> "))
        #expect(type("do echo n$i\r").hasSuffix("> "))
        #expect(type("done\r") == "done\r\nn1\r\nn2\r\n/ # ")
        #expect(type("echo 'a\r").hasSuffix("> ") && type("b'\r").hasSuffix("a\r\nb\r\n/ # "))
        // It is given up like any other line.
        #expect(type("if true\r").hasSuffix("> ") && type("\u{3}").hasSuffix("/ # "))
    }

    @Test func `a shell at a terminal`() throws {
        let simulation = Self.running()
        var shell = try simulation.exec(in: Self.key, ["sh"], terminal: true).get()
        func type(_ text: String) -> String { String(decoding: shell.run(Array(text.utf8), in: simulation).stdout, as: UTF8.self) }
        #expect(type("") == "/ # ")
        #expect(type("ecko\u{7F}\u{7F}ho hi") == "ecko\u{8} \u{8}\u{8} \u{8}ho hi")
        #expect(type("\r") == "\r\nhi\r\n/ # ")
        #expect(type("\u{1B}[A") == "echo hi")
        #expect(type("\r") == "\r\nhi\r\n/ # ")
        #expect(type("sleep 5\r") == "sleep 5\r\n")
        #expect(type("\u{3}") == "^C\r\n/ # ")
        let end = shell.run([4], in: simulation)
        #expect(end.exitCode == 130)
    }

    @Test func `kubectl cp copies out and in`() throws {
        var simulation = Self.running()
        var out = try simulation.exec(in: Self.key, ["tar", "cf", "-", "/etc/config"], takesInput: false).get()
        let archive = out.run([], in: simulation).stdout
        #expect(archive.count % 512 == 0)
        var into = try simulation.exec(in: Self.key, ["tar", "-xmf", "-", "-C", "/tmp"]).get()
        // It comes in pieces.
        #expect(into.run(Array(archive.prefix(700)), in: simulation).exitCode == nil)
        let output = into.run(Array(archive.dropFirst(700)), isEnd: true, in: simulation)
        #expect(output.exitCode == 0)
        for command in output.commands { _ = try simulation.perform(command).get() }
        #expect(try Self.run("cat /tmp/etc/config/color", &simulation).out == "blue")
        #expect(try Self.run("test -d /tmp/etc", &simulation).code == 0)
    }

    @Test func `read takes one line of what is typed, word by word`() throws {
        let simulation = Self.running()
        var shell = try simulation.exec(in: Self.key, ["sh", "-c", "read x y; cat; echo $x, $y; exit 4"]).get()
        #expect(shell.run(Array("one two".utf8), in: simulation).exitCode == nil)
        let output = shell.run(Array(" three\nrest\n".utf8), isEnd: true, in: simulation)
        #expect(String(decoding: output.stdout, as: UTF8.self) == "rest\none, two three\n")
        #expect(output.exitCode == 4)
    }

    // MARK: Ports

    @Test func `a pod answers on its ports`() throws {
        let simulation = Self.running()
        func ask(_ text: String, port: Int = 8080) -> PodAnswer { simulation.answer(of: Self.key, port: port, request: Array(text.utf8)) }
        #expect(ask("GET / HTTP/1.1\r\nHost: x\r\n") == .incomplete)
        #expect(ask("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab") == .incomplete)
        guard case .response(let bytes, 19) = ask("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n") else {
            Issue.record("no answer")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self).contains("pod web in default on node a1 in zone eu-a\nGET /a on "))
        guard case .refused(let text) = ask("GET / HTTP/1.1\r\n\r\n", port: 80) else {
            Issue.record("it listens")
            return
        }
        #expect(text.hasPrefix("error forwarding port 80 to pod ") && text.contains("failed to connect to localhost:80 inside namespace"))
        #expect(text.contains("IPv4: dial tcp4 127.0.0.1:80: connect: connection refused"))
    }

    @Test func `a container that declares no port listens where its image does`() throws {
        let simulation = PodLogTests.run(
            PodLogTests.pod("containers: [{name: app, image: nginx}]", annotations: "{evenkeel.dev/image-pull-time: 1s}"), to: 30)
        let get = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        if case .refused(let text) = simulation.answer(of: Self.key, port: 80, request: get) { Issue.record("\(text)") }
        guard case .refused = simulation.answer(of: Self.key, port: 81, request: get) else {
            Issue.record("it listens on a port that nobody has")
            return
        }
    }

    @Test func `a port cannot be forwarded before the pod runs`() {
        let simulation = PodLogTests.run(PodLogTests.pod(PodLogTests.app, annotations: "{evenkeel.dev/image-pull-time: 60s}"), to: 10)
        #expect(simulation.portForwardProblem(Self.key)?.message == "unable to forward port because pod is not running. Current status=Pending")
        #expect(Self.running().portForwardProblem(Self.key) == nil)
    }
}

extension Result where Failure == APIError {
    /// `404 pods "web" not found`; empty if it is none.
    fileprivate var problem: String { if case .failure(let error) = self { "\(error.code) \(error.message)" } else { "" } }
}
