import Canvas
import ControlPlane
import Dashboard
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// Logs, shell and attach by key.
///
/// Rows: `pod-sessions.md` §9 #8, #22, #23, §5 rows 20, 23, 24.
@Suite struct SessionScreenTests {
    struct User {
        var dashboard: Dashboard
        init(_ yaml: String, at time: Duration = .seconds(60)) {
            var session = Input(ManifestReader.read(text: yaml, file: "test.yaml")).makeSession().session
            session.advance(to: .start + time)
            dashboard = Dashboard(session: session)
        }
        @discardableResult
        mutating func press(_ keys: String) throws -> String {
            try dashboard.press(keys)
            return screen
        }
        var screen: String {
            var copy = dashboard
            return copy.frame(size: Size(width: 120, height: 30)).picture()
        }
    }
    static let two = """
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: sessions}
        spec: {seed: 1, cluster: {zones: 1, nodesPerZone: 2}}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          annotations: {evenkeel.dev/app.log: "line {n} of app", evenkeel.dev/side.log: "word {n} of side", evenkeel.dev/image-pull-time: 1s}
        spec:
          initContainers: [{name: first, image: first}]
          containers: [{name: app, image: nginx}, {name: side, image: side}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: done, annotations: {evenkeel.dev/run-time: 5s}}
        spec: {restartPolicy: Never, containers: [{name: done, image: done}]}

        """

    @Test func `one of several containers, or all, with one more key`() throws {
        var user = User(Self.two)
        #expect(try user.press(":po /web<Enter>l").contains("─ Logs  web"))
        #expect(try user.press("<Enter>").contains("─ Logs of web:app"))
        #expect(user.screen.contains("of app") && !user.screen.contains("of side"))
        #expect(try user.press("<Esc>la").contains("[side] word"))
        #expect(user.screen.contains("[app] line"))
        #expect(try user.press("a").contains("─ Logs of web:app"))
    }

    @Test func `lines come as time runs, and stay where the user scrolled`() throws {
        var user = User(Self.two)
        try user.press(":po /web<Enter>l<Enter><wait:10s>")
        #expect(user.screen.contains("line 6"))
        try user.press("g<wait:100s>")
        #expect(user.screen.contains("line 0 of app"))
        #expect(!user.screen.contains("line 150"))
        #expect(try user.press("G").contains("line 16"))
    }

    @Test func `search, time stamps, marks, ranges`() throws {
        var user = User(Self.two)
        try user.press(":po /web<Enter>l<Enter>")
        #expect(try user.press("/line 1[0-2]<Enter>").contains("line 12 of app"))
        #expect(!user.screen.contains("line 13"))
        try user.press("<Esc>")
        #expect(try user.press("/!line 4<Enter>").contains("line 52 of app"))
        try user.press("<C-u>")
        #expect(try user.press("t").contains("2026-01-01T00:00:"))
        #expect(try user.press("m").contains("─ 2026-01-01T00:01:00Z"))
        #expect(try user.press("1").contains("line 0 of app"))
        #expect(try user.press("C").contains("Nothing was logged"))
        #expect(try user.press("2").contains("  1m"))
        try user.press("c")
        #expect(user.dashboard.requests.contains { if case .copy(let text) = $0 { text.contains("line ") } else { false } })
    }

    @Test func `8: no session with a pod that is over`() throws {
        var user = User(Self.two)
        #expect(try user.press(":po /done<Enter>s").contains("error: cannot exec into a container in a completed pod; current phase is Succeeded"))
        #expect(try user.press("a").contains("error: cannot attach a container in a completed pod; current phase is Succeeded"))
        #expect(try user.press("l").contains("finished, exiting with code 0"))
    }

    @Test func `what a shell changes stands in the journal`() throws {
        var user = User(Self.two)
        try user.press(":po /web<Enter>s<Enter>")
        #expect(try user.press("echo kept > /tmp/a; cat /tmp/a<Enter>").contains("kept"))
        #expect(user.dashboard.session.journal.count == 1)
        #expect(try user.press("kill 1<Enter><wait:5s>").contains("ended with code 137"))
        let status = user.dashboard.session.cluster.store.pods[ObjectKey(namespace: "default", name: "web")]?.status.containerStatuses.first
        #expect(status?.lastState.terminated?.exitCode == 143 || status?.state.terminated?.exitCode == 143)
    }

    @Test func `sleep waits for virtual time`() throws {
        var user = User(Self.two)
        try user.press(":po /web<Enter>s<Enter>sleep 30; date<Enter>")
        #expect(user.screen.contains("waits until"))
        try user.press("<wait:31s>")
        user.dashboard.advance(by: .milliseconds(10)) { false }
        #expect(user.screen.contains("00:01:3"))
    }

    @Test func `sessions with the container under the cursor`() throws {
        var user = User(Self.two)
        try user.press(":po /web<Enter>K")
        #expect(user.screen.contains("Containers of web"))
        // The init container is first, then app and side.
        #expect(try user.press("jjl").contains("─ Logs of web:side"))
        #expect(try user.press("<Esc>k<Enter>").contains("─ Logs of web:app"))
        #expect(try user.press("<Esc>p").contains("previous terminated container \"app\" in pod \"web\" not found"))
        #expect(try user.press("<Esc>s").contains("─ Shell in web:app"))
        #expect(try user.press("<Esc>a").contains("─ Attached to web:app"))
        #expect(try user.press("<Esc>F").contains("─ Port-forward  pod web"))
        #expect(try user.press("<Esc>f").contains("─ Port-forwards"))
    }

    @Test func `the view of the links tells of the sessions that travel on them`() throws {
        var user = User(Self.two)
        #expect(try user.press(":links<Enter>").contains("LIVE"))
        func row(_ title: String) -> String { user.screen.split { $0.isNewline }.first { $0.contains(title) }.map(String.init) ?? "" }
        let title = "API server → kubelet"
        #expect(!row(title).contains("KiB") && row(title).contains(" 0 "))
        try user.press(":po /web<Enter>la<wait:30s>:links<Enter>")
        // The logs of its three containers; the first has ended.
        #expect(row(title).contains(" 2 ") && (row(title).contains("KiB") || row(title).contains(" B")))
        #expect(row("kubelet, kube-proxy → API server").contains(" req"))
        // A session that is under way ends with what it travels on, in the words of who loses it.
        try user.press("ef:po /web<Enter>s<Enter>")
        #expect(user.screen.contains("error dialing backend: dial tcp"))
    }

    @Test func `what travels stays in sight at 80 columns`() throws {
        var user = User(Self.two)
        try user.press(":links<Enter>")
        var copy = user.dashboard
        let narrow = copy.frame(size: Size(width: 80, height: 24)).picture()
        #expect(narrow.contains("LIVE") && narrow.contains("TRAFFIC") && !narrow.contains("DIALS") && narrow.contains(" req"))
        #expect(user.screen.contains("DIALS") && user.screen.contains("TRANSPORT"))
    }

    @Test func `what the API server says of its tunnels is shown where they are`() throws {
        var user = User(Self.two)
        try user.press(":links<Enter>ee<wait:5s>Gkk")
        #expect(user.screen.contains("[+]SSH Tunnel Check ok") && user.screen.contains("Successfully added tunnel for"))
    }

    @Test func `what comes back through the proxy is shown, and what kubectl logs prints`() throws {
        var user = User(Self.two)
        #expect(try user.press(":get pods/web:80/proxy/hello<Enter>").contains("─ GET pods/web:80/proxy/hello"))
        #expect(user.screen.contains("pod web in default on node a") && user.screen.contains("GET /hello on "))
        #expect(try user.press(":get svc/none:80/proxy/<Enter>").contains("Error from server (NotFound): services \"none\" not found"))
        #expect(try user.press(":get pods/web<Enter>").contains("Not a proxy path"))
        #expect(try user.press(":kubectl logs web --tail=2<Enter>").contains("Defaulted container \"app\" out of: app, side, first (init)"))
        #expect(user.screen.contains("of app") && user.screen.contains("exit status 0"))
        try user.press(":k logs web -f -c side --tail=5<Enter><wait:20s>")
        #expect(user.screen.contains("word 7") && !user.screen.contains("exit status"))
        #expect(try user.press(":k exec web<Enter>").contains("─ Shell  web"))
        #expect(try user.press("<Esc>:k top<Enter>").contains("kubectl top is not known here"))
    }

    @Test func `a session ends when something on its way is gone`() throws {
        var user = User(Self.two)
        try user.press(":po /web<Enter>s<Enter>echo hi<Enter>")
        #expect(user.screen.contains("hi"))
        var links = user.dashboard.session.simulation.links
        links.fault = .kubeletPortClosed
        user.dashboard.serve { _ = $0.perform(.links(links)) }
        #expect(try user.press("echo ho<Enter>").contains("error: read: connection reset by peer"))
        #expect(user.screen.contains("command terminated with exit code 1"))
    }

    @Test func `22: a debugger by one key, and a second one with another name`() throws {
        var user = User(Self.two)
        #expect(try user.press(":po /web<Enter>E").contains("─ Debug  pod web"))
        try user.press("<Enter>")
        #expect(user.screen.contains("Defaulting debug container name to debugger-"))
        #expect(user.screen.contains("Targeting container \"app\"."))
        try user.press("<wait:2m>")
        #expect(user.screen.contains("If you don't see a command prompt, try pressing enter."))
        #expect(try user.press("ps<Enter>").contains("nginx"))
        #expect(try user.press("exit 3<Enter>").contains("ended with code 3"))
        try user.press("<Esc><wait:5s>E<Enter><wait:2m>")
        let pod = user.dashboard.session.cluster.store.pods[ObjectKey(namespace: "default", name: "web")]
        let states = pod?.status.ephemeralStatuses ?? []
        #expect(states.count == 2 && Set(states.map(\.name)).count == 2)
        #expect(states.first?.state.terminated?.exitCode == 3 && states.last?.state.running != nil)
        // It is one of the pod's containers from now on.
        #expect(try user.press("<Esc>K").contains("ephemeral"))
    }

    @Test func `a forward to a Deployment leads to one of its ready pods, and stays with it`() throws {
        var user = User(
            """
            apiVersion: evenkeel.dev/v1
            kind: Scenario
            metadata: {name: ports}
            spec: {seed: 1, cluster: {zones: 1, nodesPerZone: 2}}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: shop}
            spec:
              replicas: 3
              selector: {matchLabels: {app: shop}}
              template:
                metadata: {labels: {app: shop}, annotations: {evenkeel.dev/image-pull-time: 1s}}
                spec: {containers: [{name: app, image: shop, ports: [{containerPort: 8080}]}]}

            """)
        #expect(try user.press(":deploy /shop<Enter>F").contains("─ Port-forward  pod shop-"))
        try user.press("<Enter>")
        user.dashboard.forwardIsOpen(1, port: 8080)
        let get = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        var pods: Set<Substring> = []
        for connection in 1...5 {
            let answer = String(decoding: user.dashboard.receive(get, on: connection, ofForward: 1).bytes, as: UTF8.self)
            pods.formUnion(answer.split { $0.isNewline }.filter { $0.hasPrefix("pod shop-") })
        }
        #expect(pods.count == 1)
        // Without a pod that runs there is nothing to forward to.
        try user.press(":deploy /shop<Enter>s0<Enter><Enter><wait:60s>")
        #expect(user.dashboard.session.cluster.store.deployments[ObjectKey(namespace: "default", name: "shop")]?.spec.replicas == 0)
        #expect(try user.press("F").contains("Deployment shop has no pod that runs"))
    }

    @Test func `23: a forwarded port answers until its pod is gone`() throws {
        var user = User(
            """
            apiVersion: evenkeel.dev/v1
            kind: Scenario
            metadata: {name: ports}
            spec: {seed: 1, cluster: {zones: 1, nodesPerZone: 2}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web, labels: {app: web}}
            spec: {containers: [{name: app, image: nginx, ports: [{name: http, containerPort: 8080}]}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: shop}
            spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}

            """)
        let get = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        #expect(try user.press(":po /web<Enter>F").contains("─ Port-forward  pod web"))
        try user.press("<Enter>")
        #expect(user.dashboard.requests == [.listen(id: 1, port: 8080)])
        user.dashboard.forwardIsOpen(1, port: 8080)
        let answer = user.dashboard.receive(get, on: 1, ofForward: 1)
        #expect(String(decoding: answer.bytes, as: UTF8.self).contains("pod web in default on node ") && !answer.closes)
        #expect(try user.press("f").contains("127.0.0.1:8080"))
        #expect(user.screen.contains("open"))
        // The pod is deleted: the forward ends, and takes no other one.
        let key = ObjectKey(namespace: "default", name: "web")
        try user.press(":po /web<Enter><C-k><wait:60s>")
        #expect(user.dashboard.session.cluster.store.pods[key] == nil)
        #expect(user.dashboard.receive(get, on: 2, ofForward: 1).closes)
        #expect(user.screen.contains("lost connection to pod"))
    }
}
