import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// `kubectl logs`: the flags and texts of `pod-sessions.md` §3, and worked scenarios 1–3, 9, 10, 12 and 13 as their user sees them. What kubectl
/// itself prints of a served cluster is in the end-to-end tests, in the same words.
///
/// Rows: `pod-sessions.md` §3.1 rows 1–15, §3.2 rows 1–13, §9 #1, #2, #3, #9, #10, #12, #13.
@Suite struct KubectlLogsTests {
    /// What was printed: standard error in angles.
    struct Run {
        var text = ""
        var code: Int?
        var out: [String] { text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("‹") } }
    }
    /// Runs it to its end, or for so many seconds.
    static func run(_ line: String, _ simulation: Simulation, for seconds: Double = 0) -> Run {
        var at = simulation
        var logs = KubectlLogs(line.split(separator: " ").map(String.init))
        var run = Run()
        let end = at.now + .seconds(seconds)
        while true {
            for piece in logs.run(in: at) { run.text += piece.isError ? "‹\(piece.text.dropLast())›\n" : piece.text }
            run.code = logs.exitCode
            if logs.exitCode != nil || at.now >= end { return run }
            at.advance(to: min(end, max(at.now + .milliseconds(100), logs.wake ?? at.now + .seconds(1))))
        }
    }

    static let cluster = PodLogTests.run(
        PodLogTests.pod(
            "initContainers: [{name: init-db, image: first}]\n  containers: [{name: app, image: nginx}, {name: side, image: side}]",
            annotations: "{evenkeel.dev/app.log: \"line {n} of app\", evenkeel.dev/side.log: \"word {n} of side\", evenkeel.dev/image-pull-time: 1s}")
                + """
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: shop}
                spec:
                  replicas: 6
                  selector: {matchLabels: {app: shop}}
                  template:
                    metadata: {labels: {app: shop}, annotations: {evenkeel.dev/log: "sale {n}", evenkeel.dev/image-pull-time: 1s}}
                    spec: {containers: [{name: main, image: shop}]}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: three}
                spec:
                  replicas: 3
                  selector: {matchLabels: {app: three}}
                  template:
                    metadata: {labels: {app: three}, annotations: {evenkeel.dev/log: "sale {n}", evenkeel.dev/log-every: 500ms, evenkeel.dev/image-pull-time: 1s}}
                    spec: {containers: [{name: main, image: shop}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: solo, annotations: {evenkeel.dev/log: "line {n}", evenkeel.dev/image-pull-time: 1s}}
                spec: {containers: [{name: c, image: solo}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: named, annotations: {kubectl.kubernetes.io/default-container: side, evenkeel.dev/image-pull-time: 1s}}
                spec: {containers: [{name: app, image: nginx}, {name: side, image: side}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: wrong, annotations: {kubectl.kubernetes.io/default-container: x, evenkeel.dev/image-pull-time: 1s}}
                spec: {containers: [{name: app, image: nginx}, {name: side, image: side}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: stuck}
                spec: {nodeSelector: {no: where}, containers: [{name: c, image: c}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: bad}
                spec: {containers: [{name: c, image: does-not-exist}]}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: bare}
                spec: {ports: [{port: 80}]}

                """, to: 120)
    static func run(_ line: String, for seconds: Double = 0) -> Run { run(line, cluster, for: seconds) }

    // MARK: Worked scenarios

    @Test func `1: a pod without a node logs nothing`() {
        let run = Self.run("stuck")
        #expect(run.text.isEmpty && run.code == 0)
    }

    @Test func `2: an image that cannot be pulled`() {
        let run = Self.run("bad")
        #expect(run.code == 1)
        #expect(run.text == "‹Error from server (BadRequest): container \"c\" in pod \"bad\" is waiting to start: trying and failing to pull image›\n")
    }

    @Test func `3: following waits for a container that is being made, a line each second, and goes on with its log`() {
        let making = PodLogTests.run(
            PodLogTests.pod(PodLogTests.app, annotations: "{evenkeel.dev/image-pull-time: 10s, evenkeel.dev/log: hello}"), to: 5)
        let waiting = "‹container \"app\" in pod \"web\" is waiting to start: ContainerCreating›"
        let run = Self.run("-f web", making, for: 12)
        let lines = run.text.split(separator: "\n").map(String.init)
        #expect(run.code == nil && lines.count { $0 == waiting } >= 5 && lines.last == "hello")
        #expect(lines.firstIndex(of: "hello").map { !lines[$0...].contains(waiting) } == true)
        // Not for longer than it was told.
        let given = Self.run("-f bad --pod-running-timeout=3s", for: 30)
        #expect(given.code == 1 && given.text.hasSuffix("›\n‹error: context deadline exceeded›\n"))
        #expect(given.text.split(separator: "\n").count == 4)
        #expect(Self.run("-f bad", for: 60).text.split(separator: "\n").count == 21)
        // Up to 1.35 it fails at once.
        let old = session(
            scenario("  kubernetesVersion: \"1.35\"\n  cluster: {zones: 1, nodesPerZone: 1}")
                + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containers: [{name: c, image: does-not-exist}]}\n")
        var simulation = old.simulation
        simulation.advance(to: .start + .seconds(60))
        #expect(Self.run("-f bad", simulation).text.hasPrefix("‹Error from server (BadRequest): container \"c\""))
    }

    @Test func `9: of several containers the first, with a note`() {
        let run = Self.run("web --tail=1")
        #expect(run.text.hasPrefix("‹Defaulted container \"app\" out of: app, side, init-db (init)›\nline ") && run.code == 0)
    }

    @Test func `10: a container that is not there`() {
        let run = Self.run("web -c foo")
        #expect(run.text == "‹error: container foo is not valid for pod web out of: app, side, init-db (init)›\n" && run.code == 1)
    }

    @Test func `12: no more than five streams are followed`() {
        let run = Self.run("-l app=shop -f")
        #expect(
            run.text
                == "‹error: you are attempting to follow 6 log streams, but maximum allowed concurrency is 5, use --max-log-requests to increase the limit›\n")
        #expect(run.code == 1)
        #expect(Self.run("-l app=shop -f --max-log-requests=6", for: 5).code == nil)
        // One stream is always followed.
        #expect(Self.run("solo -f --max-log-requests=0", for: 5).code == nil)
    }

    @Test func `13: of each of three pods the last ten lines`() {
        #expect(Self.run("-l app=three --tail=-1").out.count > 300)
        let run = Self.run("-l app=three")
        #expect(run.out.count == 30 && run.code == 0)
    }

    // MARK: §3.2 kubectl's own texts

    private static let usage =
        "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples"

    /// Each row of the table, and flags that cannot be read.
    @Test(arguments: [
        ("", usage), ("a b c", usage),
        ("web -l app=web", "error: only a selector (-l) or a POD name is allowed\nSee 'kubectl logs -h' for help and examples"),
        ("nope", "error: error from server (NotFound): pods \"nope\" not found in namespace \"default\""),
        ("deploy/nope", "error: error from server (NotFound): deployments.apps \"nope\" not found in namespace \"default\""),
        ("web -n other", "error: error from server (NotFound): pods \"web\" not found in namespace \"other\""),
        ("foo/bar", "error: the server doesn't have a resource type \"foo\""),
        ("node/a1", "error: cannot get the logs from *v1.Node: selector for *v1.Node not implemented"),
        ("web --all-containers -c app", "error: --all-containers=true should not be specified with container name app"),
        ("web app -c app", "error: only one of -c or an inline [CONTAINER] arg is allowed"),
        ("web --since=1s --since-time=2026-01-01T00:00:00Z", "error: at most one of `sinceTime` or `sinceSeconds` may be specified"),
        ("web --limit-bytes=-1", "error: --limit-bytes must be greater than 0"), ("web --since=-1s", "error: --since must be greater than 0"),
        ("web --tail=-2", "error: --tail must be greater than or equal to -1"),
        ("web --pod-running-timeout=0s", "error: --pod-running-timeout must be higher than zero"),
        ("--bogus web", "error: unknown flag: --bogus\nSee 'kubectl logs --help' for usage."),
        ("-z web", "error: unknown shorthand flag: 'z' in -z\nSee 'kubectl logs --help' for usage."),
        ("web --container", "error: flag needs an argument: --container\nSee 'kubectl logs --help' for usage."),
        ("web -c", "error: flag needs an argument: 'c' in -c\nSee 'kubectl logs --help' for usage."),
        (
            "web --tail=x",
            "error: invalid argument \"x\" for \"--tail\" flag: strconv.ParseInt: parsing \"x\": invalid syntax\nSee 'kubectl logs --help' for usage."
        ),
        ("web --since=5", "error: invalid argument \"5\" for \"--since\" flag: time: missing unit in duration \"5\"\nSee 'kubectl logs --help' for usage."),
        ("web -p -c app", "Error from server (BadRequest): previous terminated container \"app\" in pod \"web\" not found"),
    ])
    func `3.2: kubectl refuses in its own words`(line: String, words: String) {
        let run = Self.run(line)
        #expect(run.text == "‹\(words)›\n" && run.code == 1)
    }

    @Test func `3.2: a selector that finds nothing is no error`() {
        let run = Self.run("-l app=none")
        #expect(run.text == "‹No resources found in default namespace.›\n" && run.code == 0)
    }

    @Test func `3.2: the annotation names the default container, or one that is not there`() {
        #expect(!Self.run("named --tail=1").text.contains("‹"))
        #expect(Self.run("named --tail=1").out == Self.run("named side --tail=1").out)
        #expect(
            Self.run("wrong --tail=1").text.hasPrefix(
                "‹Default container name \"x\" not found in pod wrong›\n‹Defaulted container \"app\" out of: app, side›\n"))
    }

    @Test func `3.2: of several pods one is taken, the one that has been ready for longest`() throws {
        let run = Self.run("deploy/shop --tail=1")
        let name = try #require(run.text.firstMatch(of: /‹Found 6 pods, using pod\/(\S+)›/)).1
        let pods = Self.cluster.cluster.store.pods.sorted(namespace: "default").filter { $0.metadata.labels["app"] == "shop" }
        let since = pods.compactMap { $0.status.conditions["Ready"]?.lastTransitionTime }
        #expect(pods.first { $0.name == name }?.status.conditions["Ready"]?.lastTransitionTime == since.min() && run.out.count == 1)
        // With none that is ready one that runs comes first, and any before one without a node.
        var simulation = Self.cluster
        _ = simulation.perform(.scale(.deployment, ObjectKey(namespace: "default", name: "shop"), replicas: 7))
        simulation.advance(to: simulation.now + .milliseconds(50))
        #expect(Self.run("deploy/shop --tail=1", simulation).text.hasPrefix("‹Found 7 pods, using pod/\(name)›\n"))
        #expect(Self.run("svc/bare").text == "‹error: cannot get the logs from *v1.Service: selector for *v1.Service not implemented›\n")
    }

    @Test func `3.2: ephemeral containers stand between the others`() throws {
        var simulation = Self.cluster
        let patch: JSONValue = ["spec": ["ephemeralContainers": [["name": "debugger-x", "image": "busybox"]]]]
        let write = APIWrite(
            .patch(.strategic, patch, force: false), Kind.pod.info, namespace: "default", name: "web", subresource: "ephemeralcontainers",
            fieldManager: "test")
        _ = try simulation.perform(.write(write)).get()
        #expect(
            Self.run("web -c foo", simulation).text
                == "‹error: container foo is not valid for pod web out of: app, side, debugger-x (ephem), init-db (init)›\n")
    }

    // MARK: §3.1 flags

    @Test func `3.1: flags with letters, values behind them, and a double dash`() {
        for line in ["web -c app --tail 1", "web -capp --tail=1", "web -c=app --tail=1", "-c app --tail=1 -- web", "--container=app web --tail=1"] {
            #expect(Self.run(line).text.hasPrefix("line ") && Self.run(line).out.count == 1, "\(line)")
        }
        #expect(Self.run("web -fc app --tail=1", for: 3).code == nil)
    }

    @Test func `3.1: all containers come in the order of the spec, all pods with a prefix`() {
        let all = Self.run("web --all-containers --prefix").out.map { String($0.prefix { $0 != " " }) }
        var order: [String] = []
        for mark in all where order.last != mark { order.append(mark) }
        #expect(order == ["[pod/web/init-db]", "[pod/web/app]", "[pod/web/side]"])
        let pods = Self.run("deploy/three --all-pods --tail=2")
        #expect(pods.out.count == 6 && pods.out.allSatisfy { $0.hasPrefix("[pod/three-") && $0.contains("/main] sale ") } && !pods.text.contains("Found"))
    }

    @Test func `3.1: since, then tail, then the limit of bytes`() {
        #expect(Self.run("solo --since=10s").out.count == 10)
        #expect(Self.run("solo --since=10s --tail=3").out == Array(Self.run("solo --since=10s").out.suffix(3)))
        #expect(Self.run("solo --tail=0").text.isEmpty)
        #expect(Self.run("solo --tail=2 --limit-bytes=5").text == "line ")
        #expect(Self.run("solo --since-time=2026-01-01T00:01:50Z").out.count == 10)
        #expect(Self.run("solo --timestamps --tail=1").text.contains(/^2026-01-01T00:0\d:\d\d\.\d{9}Z line \d+\n$/))
    }

    @Test func `3.1: following ends with the container, and does not go on to the next`() {
        let yaml = PodLogTests.pod(
            PodLogTests.app, annotations: "{evenkeel.dev/run-time: 20s, evenkeel.dev/exit-code: \"1\", evenkeel.dev/image-pull-time: 1s}")
        let run = Self.run("web -f", PodLogTests.run(yaml, to: 10), for: 120)
        #expect(run.code == 0 && run.out.last == "fatal: cannot go on, exiting with code 1")
        #expect(run.out.count { $0.hasPrefix("starting") } == 1)
    }

    @Test func `3.1: with ignore-errors what fails is told, and the rest follows`() {
        var simulation = Self.cluster
        for name in ["bad", "solo"] {
            _ = simulation.perform(.label(.pod, ObjectKey(namespace: "default", name: name), key: "x", value: "y"))
        }
        let plain = Self.run("-l x=y", simulation)
        #expect(plain.code == 1 && plain.out.isEmpty)
        let rest = Self.run("-l x=y --ignore-errors --tail=1", simulation)
        #expect(rest.code == 0 && rest.out.count == 2)
        #expect(rest.out.first == "error: container \"c\" in pod \"bad\" is waiting to start: trying and failing to pull image")
    }

    /// And of `control-plane-links.md` §4.
    @Test func `3.1: the check of a kubelet's certificate is skipped for one request`() {
        var simulation = Self.cluster
        TunnelTests.change(&simulation) { $0.checksKubelets = true }
        #expect(Self.run("solo --tail=1", simulation).text.hasSuffix("x509: certificate signed by unknown authority›\n"))
        #expect(Self.run("solo --tail=1 --insecure-skip-tls-verify-backend", simulation).out.count == 1)
    }

    @Test func `3.1: streams that are followed interleave as they come`() {
        let run = Self.run("-l app=three -f --tail=0 --prefix", for: 3)
        let sources = run.out.map { String($0.prefix { $0 != " " }) }
        #expect(run.code == nil && Set(sources).count == 3 && sources.count >= 15)
        #expect(zip(sources, sources.dropFirst()).count { $0 != $1 } > 5)
    }
}
