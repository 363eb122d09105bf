import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// The worked scenarios (C1 … C16) and invariants of the links between control plane, nodes and pods.
///
/// Rows: `control-plane-links.md` §9 #C1, #C2, #C3, #C4, #C5, #C6, #C7, #C8, #C9, #C10, #C11, #C12, #C13, #C14, #C15, #C16.
/// Rows: `pod-sessions.md` §8.2 row 2, §9 #20.
@Suite struct LinkTests {
    /// Two nodes, a Deployment behind a Service, a pod without a token, a Service without pods.
    static let manifests = """
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: links}
        spec: {seed: 1, cluster: {zones: 1, nodesPerZone: 2}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec:
          nodeName: a1
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}, {name: https, containerPort: 8443}]}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: quiet}
        spec:
          automountServiceAccountToken: false
          nodeName: a2
          containers: [{name: quiet, image: quiet}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: exporter}
        spec:
          nodeName: a1
          hostNetwork: true
          containers: [{name: exporter, image: exporter, ports: [{name: metrics, containerPort: 9100, hostPort: 9100}]}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: empty}
        spec: {selector: {app: nobody}, ports: [{name: http, port: 80}]}
        """

    static func running(until time: Duration = .minutes(2)) -> Simulation {
        var simulation = Input(ManifestReader.read(text: manifests, file: "links")).makeSession().session.simulation
        simulation.advance(to: .start + time)
        return simulation
    }
    static let web = ObjectKey(namespace: "default", name: "web")
    static let logs = LinkRequest.stream(.logs, pod: web, container: nil)
    static func get(_ path: String) throws -> LinkRequest { .proxy(try LinkRequest.ProxyTarget(path: path)) }
    static func change(_ simulation: inout Simulation, _ edit: (inout LinkSettings) -> Void) -> Result<Receipt, APIError> {
        var settings = simulation.links
        edit(&settings)
        return simulation.perform(.links(settings))
    }

    /// C1, of `control-plane-links.md` as all that follow.
    @Test func `a pod is given three files and the server's address`() throws {
        let simulation = Self.running()
        let pod = try #require(simulation.cluster.store.pods[Self.web])
        let credentials = PodCredentials(of: pod, in: simulation.cluster, at: simulation.now)
        #expect(credentials.isMounted)
        #expect(credentials.user == "system:serviceaccount:default:default")
        #expect(PodCredentials.files.map(\.name) == ["token", "ca.crt", "namespace"])
        #expect(PodCredentials.environment.first { $0.name == "KUBERNETES_SERVICE_HOST" }?.value == "10.96.0.1")
        let service = try #require(simulation.cluster.store.services[ObjectKey(namespace: "default", name: "kubernetes")])
        #expect(service.spec.clusterIP == PodCredentials.serverAddress)
        #expect(service.spec.ports.map(\.port) == [443])
    }

    /// C2.
    @Test func `the pod's word about the token wins over its account's`() throws {
        var simulation = Self.running()
        try simulation.cluster.update(ServiceAccount.self, ObjectKey(namespace: "default", name: "default")) { $0.automountServiceAccountToken = false }
        var pod = try #require(simulation.cluster.store.pods[Self.web])
        #expect(!PodCredentials(of: pod, in: simulation.cluster, at: simulation.now).isMounted)
        pod.spec.automountServiceAccountToken = true
        #expect(PodCredentials(of: pod, in: simulation.cluster, at: simulation.now).isMounted)
    }

    /// C4.
    @Test func `a token is renewed once between 2876 and 2886 seconds`() throws {
        let simulation = Self.running(until: .minutes(50))
        let pod = try #require(simulation.cluster.store.pods[Self.web])
        let credentials = PodCredentials(of: pod, in: simulation.cluster, at: simulation.now)
        let start = try #require(pod.status.startTime)
        #expect(credentials.fetches.count == 2)
        let age = credentials.fetches[1] - start
        #expect(age > .seconds(2875) && age <= .seconds(2886))
    }

    /// C5.
    @Test func `an old token is stale, or refused where lives are not extended`() {
        var settings = LinkSettings()
        #expect(PodCredentials.verdict(age: .minutes(60), settings) == .valid)
        #expect(PodCredentials.verdict(age: .hours(2), settings) == .stale)
        settings.extendsTokens = false
        #expect(PodCredentials.verdict(age: .hours(2), settings) == .expired)
    }

    @Test func `a pod reaches the server, and without a token it is nobody`() {
        let simulation = Self.running()
        let trace = simulation.trace(.fromPod(Self.web))
        #expect(trace.failedHop == nil)
        #expect(trace.isEncrypted && trace.isVerified)
        let anonymous = simulation.trace(.fromPod(ObjectKey(namespace: "default", name: "quiet")))
        #expect(anonymous.answer == "403: forbidden: User \"system:anonymous\" cannot get path \"/api\"")
    }

    /// C7 and C8.
    @Test func `nobody checks a kubelet's certificate unless told to`() {
        var simulation = Self.running()
        var trace = simulation.trace(Self.logs)
        #expect(trace.failedHop == nil && trace.isEncrypted && !trace.isVerified && !trace.canBeIntercepted)
        _ = Self.change(&simulation) { $0.networkIsUntrusted = true }
        #expect(simulation.trace(Self.logs).canBeIntercepted)
        // With the authority given, self-signed certificates are refused; pods run on.
        _ = Self.change(&simulation) { $0.checksKubelets = true }
        trace = simulation.trace(Self.logs)
        #expect(trace.answer.hasSuffix("tls: failed to verify certificate: x509: certificate signed by unknown authority"))
        _ = Self.change(&simulation) { $0.servingCertificate = .clusterAuthority }
        trace = simulation.trace(Self.logs)
        #expect(trace.failedHop == nil && trace.isVerified && !trace.canBeIntercepted)
    }

    /// C9 and C10.
    @Test func `the proxy speaks plain HTTP unless told otherwise, and checks nobody`() throws {
        let simulation = Self.running()
        let plain = simulation.trace(try Self.get("/api/v1/namespaces/default/pods/web:8080/proxy/"))
        #expect(plain.failedHop == nil && !plain.isEncrypted)
        let first = simulation.trace(try Self.get("/api/v1/namespaces/default/pods/web/proxy/"))
        #expect(first.hops.last?.what.contains(":8080/") == true)
        let secure = simulation.trace(try Self.get("/api/v1/namespaces/default/pods/https:web:8443/proxy/"))
        #expect(secure.failedHop == nil && secure.isEncrypted && !secure.isVerified)
        #expect(
            simulation.trace(try Self.get("/api/v1/namespaces/default/pods/web:8443/proxy/")).answer == "400: Client sent an HTTP request to an HTTPS server.")
        #expect(
            simulation.trace(try Self.get("/api/v1/namespaces/default/pods/https:web:8080/proxy/")).answer.hasSuffix(
                "http: server gave HTTP response to HTTPS client"))
        #expect(simulation.trace(try Self.get("/api/v1/namespaces/default/pods/web:9/proxy/")).answer.hasSuffix(":9: connect: connection refused"))
        #expect(Link.podProxy.facts(LinkSettings()).isEncrypted == false)
        #expect(Link.securePodProxy.facts(LinkSettings()).checksClient == false)
    }

    /// C11 and C12.
    @Test func `a node's own port is dialled as a kubelet, any other as a plain server`() throws {
        let simulation = Self.running()
        let kubelet = simulation.trace(try Self.get("/api/v1/nodes/a1/proxy/metrics"))
        #expect(kubelet.isEncrypted && kubelet.answer == "200 from the kubelet")
        let other = simulation.trace(try Self.get("/api/v1/nodes/a1:9100/proxy/metrics"))
        #expect(!other.isEncrypted && other.failedHop == nil && other.answer == "200 from exporter on a1")
        // Nothing listens on that port of the other node, whatever its pods have in their own networks.
        let refused = simulation.trace(try Self.get("nodes/a2:9100/proxy/metrics"))
        #expect(refused.failedHop != nil && refused.answer.hasSuffix(":9100: connect: connection refused"))
        #expect(simulation.trace(try Self.get("nodes/a1:8080/proxy/")).answer.hasSuffix(":8080: connect: connection refused"))
        #expect(simulation.trace(try Self.get("nodes/https:a1:9100/proxy/")).answer.hasSuffix("http: server gave HTTP response to HTTPS client"))
        #expect(simulation.trace(try Self.get("nodes/https:a1:/proxy/healthz")).answer == "200 from the kubelet")
        #expect(simulation.trace(try Self.get("nodes/a1:99999/proxy/")).answer.hasSuffix("dial tcp: address 99999: invalid port"))
    }

    @Test(arguments: [
        ("pods/web/proxy", "/api/v1/namespaces/default/pods/web/proxy/"), ("po/web:8080/proxy/a/b", "/api/v1/namespaces/default/pods/web:8080/proxy/a/b"),
        ("nodes/a1:9100/proxy", "/api/v1/nodes/a1:9100/proxy/"), ("svc/https:web:http/proxy/", "/api/v1/namespaces/default/services/https:web:http/proxy/"),
        ("namespaces/default/services/web:http/proxy", "/api/v1/namespaces/default/services/web:http/proxy"),
    ])
    func `a short path of the proxy means the long one`(_ short: String, _ long: String) throws {
        #expect(try LinkRequest("get \(short)", namespace: "") == Self.get(long))
        #expect(try LinkRequest("get pods/web/proxy", namespace: "shop") == Self.get("/api/v1/namespaces/shop/pods/web/proxy"))
    }

    @Test func `names of ports are for services, those of a pod are not looked up`() throws {
        let simulation = Self.running()
        #expect(simulation.trace(try Self.get("services/web:http/proxy")).failedHop == nil)
        // `http` means 80 wherever a name of a port is dialled.
        #expect(simulation.trace(try Self.get("pods/web:http/proxy")).answer.hasSuffix(":80: connect: connection refused"))
        #expect(simulation.trace(try Self.get("pods/web:metrics/proxy")).answer.hasSuffix("dial tcp: lookup tcp/metrics: unknown port"))
    }

    @Test func `an untrusted network tells the links apart`() {
        var settings = LinkSettings()
        #expect(Link.allCases.filter { !$0.facts(settings).isSafe } == [.serverToKubelet, .nodeProxy, .podProxy, .securePodProxy, .serviceProxy, .sshTunnel])
        #expect(Link.podProxy.facts(settings).risk == "readable" && Link.securePodProxy.facts(settings).risk == "spoofable")
        settings.checksKubelets = true
        #expect(Link.serverToKubelet.facts(settings).risk == nil)
    }

    /// C3.
    @Test func `a pod whose account is missing is refused`() {
        var simulation = Self.running()
        var pod = Pod()
        (pod.metadata.name, pod.metadata.namespace, pod.spec.serviceAccountName) = ("lost", "default", "nobody")
        pod.spec.containers = [Container(name: "c", image: "i")]
        guard case .failure(let error) = simulation.perform(.create(pod)) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == 403)
        #expect(error.message == "pods \"lost\" is forbidden: error looking up service account default/nobody: serviceaccount \"nobody\" not found")
    }

    /// C6.
    @Test func `of three servers one that died is met by a third of the connections for at most 25 s`() {
        var simulation = Self.running()
        _ = Self.change(&simulation) { $0.serverCount = 3 }
        func refused() -> Int {
            var (count, at) = (0, simulation)
            for _ in 0..<300 {
                at.advance(to: at.now + .milliseconds(10))
                if at.trace(.fromPod(Self.web)).failedHop != nil { count += 1 }
            }
            return count
        }
        #expect(refused() == 0)
        let now = simulation.now
        _ = Self.change(&simulation) { ($0.deadServers, $0.serversDiedAt) = (1, now) }
        #expect((70...130).contains(refused()))
        simulation.advance(to: simulation.now + .seconds(25))
        #expect(refused() == 0)
    }

    /// C15, and scenario 16 of `pod-sessions.md`.
    @Test func `without agents nothing goes through the tunnel, and kubelets go on`() throws {
        var simulation = Self.running()
        _ = Self.change(&simulation) { ($0.egress, $0.fault) = (.konnectivity, .tunnelsDown) }
        for request in [Self.logs, .stream(.exec, pod: Self.web, container: nil), try Self.get("pods/web/proxy")] {
            #expect(simulation.trace(request).answer.hasSuffix("No agent available"))
        }
        #expect(simulation.trace(.fromNode("a1")).failedHop == nil)
        #expect(simulation.trace(.fromPod(Self.web)).failedHop == nil)
    }

    /// C13.
    @Test func `a service is resolved to a ready endpoint, or to none`() throws {
        let simulation = Self.running()
        let found = simulation.trace(try Self.get("/api/v1/namespaces/default/services/web:80/proxy/"))
        #expect(found.failedHop == nil)
        #expect(found.hops.last?.to == "web")
        #expect(
            simulation.trace(try Self.get("/api/v1/namespaces/default/services/empty:http/proxy/")).answer
                == "503: no endpoints available for service \"empty:http\"")
        #expect(
            simulation.trace(try Self.get("/api/v1/namespaces/default/services/web:81/proxy/")).answer == "503: no service port 81 found for service \"web\"")
    }

    /// C14.
    @Test func `a silent node is not reached, and its lease not renewed`() throws {
        var simulation = Self.running()
        _ = simulation.perform(.fail(.node("a1")))
        #expect(simulation.trace(Self.logs).answer.hasSuffix("i/o timeout"))
        #expect(simulation.trace(.fromNode("a1")).failedHop == 0)
        simulation.advance(to: simulation.now + .minutes(1))
        #expect(simulation.cluster.store.nodes[ObjectKey(name: "a1")]?.isReady == false)
        #expect(simulation.cluster.store.pods[Self.web]?.status.phase == .running)
    }

    /// Scenario 15 of `pod-sessions.md`.
    @Test func `konnectivity goes by the agent on the node, else by another, else not at all`() {
        var simulation = Self.running()
        _ = Self.change(&simulation) { $0.egress = .konnectivity }
        let direct = simulation.trace(Self.logs)
        #expect(direct.failedHop == nil && direct.hops.contains { $0.to == "agent on a1" })
        // The tunnel does not change what protects the link inside it.
        #expect(!direct.isVerified)
        _ = simulation.perform(.fail(.node("a1")))
        let around = simulation.trace(Self.logs)
        #expect(around.hops.contains { $0.to == "agent on a2" } && around.failedHop != nil)
        _ = simulation.perform(.fail(.node("a2")))
        #expect(simulation.trace(Self.logs).answer.hasSuffix("/containerLogs/default/web/web\": No agent available"))
    }

    /// C16, and scenario 20 of `pod-sessions.md`.
    @Test func `SSH tunnels are refused but as history, and say so`() throws {
        var simulation = Self.running()
        #expect(simulation.links.warning == nil && !Link.present(simulation.links).contains(.sshTunnel))
        guard case .failure(let refusal) = Self.change(&simulation, { $0.egress = .sshTunnel }) else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.message.hasPrefix("SSH tunnels were removed in Kubernetes 1.22") && refusal.message.contains("unknown flag: --ssh-user"))
        #expect(simulation.links.egress == .direct)
        _ = Self.change(&simulation) { ($0.egress, $0.showsHistory) = (.sshTunnel, true) }
        #expect(simulation.links.warning?.contains("removed in 1.22") == true && simulation.links.warning?.contains("unknown flag: --ssh-user") == true)
        let row = try #require(Link.present(simulation.links).first { $0 == .sshTunnel }).facts(simulation.links)
        #expect(row.isEncrypted && !row.checksServer && row.checksClient && !row.isSafe)
        // The inner link's facts stay, and the tunnel's host is not checked.
        simulation.advance(to: simulation.now + .seconds(1))
        let trace = simulation.trace(Self.logs)
        #expect(trace.failedHop == nil && !trace.isVerified && trace.hops.contains { $0.to == "node a1" })
    }

    // MARK: The failures of each transport

    /// Each cell of the documentation's table, in the words of the specification; with scenarios 14, 16 and 17 of `pod-sessions.md`. A dash:
    /// the transport cannot fail so.
    static let cells: [(failure: TransportFailures.Failure, request: String, answers: [String])] = {
        let logs = "Error from server: Get \"https://10.0.0.11:10250/containerLogs/default/web/app\": "
        let exec = "Error from server: error dialing backend: "
        let proxy = "503: error trying to reach service: "
        let good = ["200, the log of app", "101 Switching Protocols: exec to app", "200 from web", "200 from the kubelet"]
        let (pod, node) = ("200 /api as system:serviceaccount:default:default", "200")
        var cells: [(failure: TransportFailures.Failure, request: String, answers: [String])] = []
        /// What is said by direct, SSH tunnels, Konnectivity; an empty text: it works.
        func fails(
            _ failure: TransportFailures.Failure, _ problems: [String], pods: [String]? = nil, fromPod: String = pod, fromNode: String = node
        ) {
            for (at, prefix) in [logs, exec, proxy, proxy].enumerated() {
                let found = at == 2 ? pods ?? problems : problems
                cells.append((failure, TransportFailures.requests[at], found.map { $0 == "–" ? $0 : $0.isEmpty ? good[at] : prefix + $0 }))
            }
            cells.append((failure, "from web", problems.map { $0 == "–" ? $0 : fromPod }))
            cells.append((failure, "from node n1", problems.map { $0 == "–" ? $0 : fromNode }))
        }
        let works = ["", "", ""]
        fails(.none, works)
        let silent = "dial tcp 10.0.0.11:10250: i/o timeout"
        let unanswered = "ssh: rejected: connect failed (Connection timed out)"
        fails(
            .nodeCutOff, [silent, unanswered, silent], pods: ["dial tcp POD: i/o timeout", unanswered, "dial tcp POD: i/o timeout"],
            fromPod: "dial tcp 10.96.0.1:443: i/o timeout", fromNode: "dial tcp: i/o timeout: the lease expires and the node becomes NotReady")
        let closed = "dial tcp 10.0.0.11:10250: connect: connection refused"
        let refused = [closed, "ssh: rejected: connect failed (Connection refused)", closed]
        fails(.kubeletPortClosed, refused, pods: works)
        fails(
            .kubeletStopped, refused, pods: works, fromNode: "the kubelet does not run: the lease expires and the node becomes NotReady")
        let unknown = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        fails(.certificateUnknown, [unknown, unknown, unknown], pods: works)
        // The kubelet is reached, and refuses: no proxy says that it did not get through.
        let who = "user=kube-apiserver-kubelet-client"
        let refusals: [(TransportFailures.Failure, [String])] = [
            (
                .noClientCertificate,
                [
                    "error: You must be logged in to the server (the server has asked for the client to provide credentials ( pods/log web))",
                    "error: unable to upgrade connection: Unauthorized", good[2], "401: Unauthorized", pod, node,
                ]
            ),
            (
                .clientForbidden,
                [
                    "Error from server (Forbidden): Forbidden (\(who), verb=get, resource=nodes, subresource(s)=[proxy]) ( pods/log web)",
                    "error: unable to upgrade connection: Forbidden (\(who), verb=create, resource=nodes, subresource(s)=[proxy])", good[2],
                    "403: Forbidden (\(who), verb=get, resource=nodes, subresource(s)=[proxy])", pod, node,
                ]
            ),
        ]
        for (failure, texts) in refusals {
            for (request, text) in zip(TransportFailures.requests, texts) { cells.append((failure, request, [text, text, text])) }
        }
        fails(.tunnelDown, ["–", "", ""])
        let noTunnel = "No SSH tunnels currently open. Were the targets able to accept an ssh-key for user \"gke\"?"
        fails(.tunnelsDown, ["–", noTunnel, "No agent available"])
        fails(.keyRefused, ["–", noTunnel, "–"])
        fails(.keyUnreadable, ["–", noTunnel, "–"])
        fails(.proxyServerDown, ["–", "–", "dial unix /etc/kubernetes/konnectivity-server/konnectivity-server.socket: connect: connection refused"])
        return cells
    }()

    @Test(arguments: cells) func `each transport fails in its own words`(failure: TransportFailures.Failure, request: String, answers: [String]) throws {
        let place = try #require(TransportFailures.requests.firstIndex(of: request))
        for (egress, expected) in zip(TransportFailures.transports, answers) {
            let row = TransportFailures.rows.first { $0.failure == failure.rawValue && $0.transport == egress }
            guard var found = row?.answers[place] else {
                #expect(expected == "–", "\(failure.rawValue), \(request), \(egress.title)")
                continue
            }
            // The pod's address is the simulation's.
            if expected.contains("POD") {
                let address = try #require(found.firstRange(of: "dial tcp ")).upperBound
                found.replaceSubrange(address..<(found[address...].firstRange(of: ": ")?.lowerBound ?? address), with: "POD")
            }
            #expect(found == expected, "\(failure.rawValue), \(request), \(egress.title)")
        }
    }

    @Test func `the table has all failures, transports and requests, and each of its cells is tested`() {
        let (failures, requests) = (TransportFailures.Failure.allCases, TransportFailures.requests)
        #expect(
            TransportFailures.transports == [.direct, .sshTunnel, .konnectivity] && TransportFailures.transports.count == LinkSettings.Egress.allCases.count)
        #expect(Set(Self.cells.map { "\($0.failure.rawValue), \($0.request)" }).count == failures.count * requests.count)
        #expect(Self.cells.allSatisfy { $0.answers.count == 3 })
        let possible = Self.cells.filter { $0.request == requests[0] }.reduce(0) { sum, cell in sum + cell.answers.count { $0 != "–" } }
        #expect(TransportFailures.rows.count == possible && TransportFailures.rows.allSatisfy { $0.answers.count == requests.count })
    }

    /// Attach and port-forward go the way of exec, and fail in its words.
    @Test(arguments: TransportFailures.Failure.allCases, TransportFailures.transports)
    func `attach and port-forward fail as exec does`(failure: TransportFailures.Failure, egress: LinkSettings.Egress) throws {
        guard let simulation = TransportFailures.simulation(failure, egress) else { return }
        func answer(_ text: String) throws -> String { simulation.trace(try LinkRequest(text, namespace: "default")).answer }
        let exec = try answer("exec web")
        #expect(try answer("attach web") == exec.replacing("exec to app", with: "attach to app"))
        #expect(try answer("port-forward web") == exec.replacing("exec to app", with: "port-forward to web"))
        // A session is opened or refused as the trace says.
        let key = ObjectKey(namespace: "default", name: "web")
        switch simulation.exec(in: key, ["true"]) {
        case .success: #expect(exec.hasPrefix("101"))
        case .failure(let error): #expect(error.kubectlText(.exec) == exec)
        }
        let log = try answer("logs web")
        switch simulation.log(of: key) {
        case .success: #expect(log.hasPrefix("200"))
        case .failure(let error): #expect(error.kubectlText(.logs) == log)
        }
    }

    // MARK: Rights

    @Test func `a pod may do what its account's roles say`() throws {
        var simulation = Self.running()
        let list = LinkRequest.fromPod(Self.web, path: "/api/v1/namespaces/default/pods")
        #expect(try LinkRequest("from web /api/v1/namespaces/default/pods", namespace: "") == list)
        #expect(
            simulation.trace(list).answer
                == "403: pods is forbidden: User \"system:serviceaccount:default:default\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\""
        )
        _ = try simulation.perform(
            .apply([
                [
                    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": ["name": "view", "namespace": "default"],
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"],
                    "subjects": [["kind": "ServiceAccount", "name": "default", "namespace": "default"]],
                ]
            ])
        ).get()
        let trace = simulation.trace(list)
        #expect(trace.failedHop == nil && trace.answer == "200 /api/v1/namespaces/default/pods as system:serviceaccount:default:default")
    }

    /// C1, C4, C5 and what ends a token.
    @Test func `a pod's token is recognised as long as its pod is there`() throws {
        var simulation = Self.running()
        let pod = try #require(simulation.cluster.store.pods[Self.web])
        func credentials() -> PodCredentials { PodCredentials(of: pod, in: simulation.cluster, at: simulation.now) }
        let token = try #require(credentials().token(of: pod, in: simulation.cluster))
        let found = try simulation.cluster.authenticate(token: token).get()
        #expect(found.user.name == "system:serviceaccount:default:default" && !found.isStale)
        #expect(found.user.extra["authentication.kubernetes.io/pod-name"] == ["web"] && found.user.extra["authentication.kubernetes.io/node-name"] == ["a1"])
        let short = try #require(credentials().token(of: pod, in: simulation.cluster, extending: false))
        simulation.advance(to: .start + .hours(2))
        #expect(credentials().token(of: pod, in: simulation.cluster) != token)
        #expect(try simulation.cluster.authenticate(token: token).get().isStale)
        guard case .failure(let refusal) = simulation.cluster.authenticate(token: short) else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.text == "service account token has expired")
        _ = simulation.perform(.delete(.pod, Self.web, DeleteOptions(gracePeriodSeconds: 0)))
        simulation.advance(to: simulation.now + .minutes(2))
        guard case .failure(let gone) = simulation.cluster.authenticate(token: token) else {
            Issue.record("accepted")
            return
        }
        #expect(gone.text == "service account token has been invalidated")
    }

    /// C1 and C2: the volume as a client sees it.
    @Test func `a pod is shown with its token volume, and its spec is shared all the same`() throws {
        var simulation = Self.running()
        let cluster = simulation.cluster
        let pod = try #require(cluster.store.pods[Self.web])
        let spec = cluster.document(of: pod)["spec"]
        #expect(pod.spec.volumes.isEmpty && pod.tokenVolumeName.hasPrefix("kube-api-access-"))
        #expect(
            spec?["volumes"]?.text()
                == #"[{"name":"\#(pod.tokenVolumeName)","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}}]"#
        )
        #expect(
            spec?["containers"]?.array?[0]["volumeMounts"]?.text()
                == #"[{"name":"\#(pod.tokenVolumeName)","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]"#)
        let quiet = try #require(cluster.store.pods[ObjectKey(namespace: "default", name: "quiet")])
        #expect(cluster.document(of: quiet)["spec"]?["volumes"] == nil)
        try simulation.cluster.update(ServiceAccount.self, ObjectKey(namespace: "default", name: "default")) { $0.automountServiceAccountToken = false }
        #expect(simulation.cluster.document(of: pod)["spec"]?["volumes"] == nil)
        // What a client read and sends back with a change is taken as the change alone.
        var seen = cluster.shown(pod)
        seen.metadata.labels["x"] = "y"
        var changed = cluster
        try changed.update(seen)
        #expect(changed.store.pods[Self.web]?.spec == pod.spec && changed.store.pods[Self.web]?.metadata.labels["x"] == "y")
    }

    @Test func `containers find the Services of their namespace in their environment`() throws {
        let simulation = Self.running()
        var pod = try #require(simulation.cluster.store.pods[Self.web])
        let all = PodCredentials.environment(of: pod, started: simulation.now, in: simulation.cluster)
        let address = try #require(simulation.cluster.store.services[Self.web]?.spec.clusterIP)
        #expect(
            all.dropFirst(PodCredentials.environment.count).filter { $0.name.hasPrefix("WEB_") }.map { "\($0.name)=\($0.value)" } == [
                "WEB_SERVICE_HOST=\(address)", "WEB_SERVICE_PORT=80", "WEB_SERVICE_PORT_HTTP=80", "WEB_PORT=tcp://\(address):80",
                "WEB_PORT_80_TCP=tcp://\(address):80", "WEB_PORT_80_TCP_PROTO=tcp", "WEB_PORT_80_TCP_PORT=80", "WEB_PORT_80_TCP_ADDR=\(address)",
            ])
        pod.spec.enableServiceLinks = false
        #expect(PodCredentials.environment(of: pod, started: simulation.now, in: simulation.cluster).count == PodCredentials.environment.count)
    }

    @Test(arguments: [
        ("logs", "A request is one of: logs|exec|attach|port-forward POD, get PATH, from POD [PATH], from node NODE"),
        ("dig web", "Unknown request dig; use logs, exec, attach, port-forward, get or from"),
        ("get /api/v1/pods", "Not a proxy path: /api/v1/nodes/ID/proxy/… or /api/v1/namespaces/NS/pods|services/ID/proxy/…"),
        ("get /api/v1/namespaces/default/pods/a:b:c/proxy/", "invalid pod request \"a:b:c\""),
    ])
    func `a request that cannot be read is told`(_ text: String, _ words: String) {
        #expect(throws: LinkRequest.Mistake(text: words)) { _ = try LinkRequest(text, namespace: "") }
    }

    @Test func `every failed request names its hop`() throws {
        var simulation = Self.running()
        _ = simulation.perform(.fail(.node("a1")))
        for request in [Self.logs, .fromNode("none"), .fromPod(ObjectKey(namespace: "default", name: "none")), try Self.get("/api/v1/nodes/none/proxy/")] {
            let trace = simulation.trace(request)
            #expect(trace.failedHop != nil, "\(request)")
            #expect(!trace.answer.isEmpty)
        }
    }
}
