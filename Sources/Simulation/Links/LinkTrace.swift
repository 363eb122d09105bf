import ControlPlane
import KubernetesAPI
import SimulationKit

/// One request followed from end to end: the hops, what protects each, and the answer or the hop that failed.
public struct LinkTrace: Sendable, Equatable {
    public struct Hop: Sendable, Equatable {
        public var from: String
        public var what: String
        public var to: String
        public var took: Duration
        public var isEncrypted: Bool
        public var checksServer: Bool
        public var note: String
    }
    public var hops: [Hop] = []
    /// The answer, in the words that a client sees.
    public var answer = ""
    /// The hop that failed, by its place; nil if none did.
    public var failedHop: Int?
    /// The pod and the port that a request through the proxy has come to.
    public var destination: Destination?
    /// The node of the agent or tunnel that it went by; empty: by none.
    public var via = ""
    /// A hop whose server nobody checks, on a network where somebody may pretend to be it.
    public var canBeIntercepted = false

    public struct Destination: Sendable, Equatable {
        public var pod: ObjectKey
        public var port: Int
    }

    public var total: Duration { hops.reduce(.zero) { $0 + $1.took } }
    public var isEncrypted: Bool { hops.allSatisfy(\.isEncrypted) }
    /// Whether each hop checked who answered.
    public var isVerified: Bool { hops.allSatisfy(\.checksServer) }
}

extension Simulation {
    /// Follows `request` through the present state; nothing is changed.
    ///
    /// Differs from Kubernetes: a program is taken to listen on the ports that its container declares or its probes ask, or on those that its
    /// image is known for, or on any if nothing tells, with TLS on declared ports named `https` and on 443, 6443 and 8443.
    public func trace(_ request: LinkRequest) -> LinkTrace {
        var tracer = LinkTracer(simulation: self)
        switch request {
        case .stream(let stream, let pod, let container): tracer.follow(stream, pod, container)
        case .proxy(let target): tracer.follow(target)
        case .fromPod(let key, let path): tracer.followPod(key, path)
        case .fromNode(let name): tracer.followNode(name)
        }
        tracer.trace.canBeIntercepted = links.networkIsUntrusted && !tracer.trace.isVerified
        return tracer.trace
    }
}

extension Simulation {
    /// What a session goes by.
    struct Way: Sendable, Equatable {
        var egress: LinkSettings.Egress
        /// The node of the agent or tunnel; empty: none.
        var via: String
    }
    /// Why the kubelet is not reached, in the words that a client sees.
    struct NoWay: Error {
        var text: String
        /// The kubelet's own refusal, if it was reached.
        var refusal: KubeletAccess.Refusal?
    }
    /// How the API server gets through to a kubelet.
    /// - Parameter skipsCheck: it takes the kubelet's certificate as it comes.
    func way(toKubeletOf node: Node, _ path: String, isStream: Bool, skipsCheck: Bool = false) -> Result<Way, NoWay> {
        var tracer = LinkTracer(simulation: self)
        tracer.skipsCheck = skipsCheck
        if tracer.callKubelet(of: node, path, { isStream ? .stream : .logs(url: $0) }) {
            return .success(Way(egress: links.egress, via: tracer.trace.via))
        }
        let (answer, head) = (tracer.trace.answer, "Error from server: ")
        if !answer.hasPrefix(head) {
            return .failure(NoWay(text: answer, refusal: KubeletAccess.refusal(of: links, at: node.metadata.name, path, isStream ? "POST" : "GET")))
        }
        return .failure(NoWay(text: String(answer.dropFirst(head.count))))
    }

    /// What has become of a session that is under way.
    enum SessionState: Equatable {
        case alive
        /// Nothing comes, and who waits does not know why.
        case silent
        /// It has ended, in the words that its user sees.
        case broken(String)
    }
    /// A session with `pod` that goes by `way`.
    /// - Source: `pod-sessions.md` §2.3, §8.2 and §8.3.
    func state(ofSessionWith pod: Pod, by way: Way) -> SessionState {
        let lost = SessionState.broken("error: read: connection reset by peer")
        // The API server was started anew.
        if way.egress != links.egress { return lost }
        switch way.egress {
        case .direct: break
        case .konnectivity:
            if links.fault == .proxyServerDown || links.has(.tunnelsDown, at: way.via) || kubelets.isCutOff(node: way.via) { return lost }
        case .sshTunnel:
            guard let tunnel = tunnels.open.first(where: { $0.node == way.via }), !tunnel.isBroken else { return lost }
            if kubelets.isCutOff(node: way.via) { return .silent }
        }
        if kubelets.isCutOff(node: pod.nodeName) { return .silent }
        if kubelets.isFailed(node: pod.nodeName) || links.has(.kubeletPortClosed, at: pod.nodeName) { return lost }
        return .alive
    }
}

/// Writes a trace hop by hop; stops at the first that fails.
private struct LinkTracer {
    @Shared private(set) var simulation: Simulation
    var trace = LinkTrace()
    /// `--insecure-skip-tls-verify-backend`
    var skipsCheck = false
    private var settings: LinkSettings { simulation.links }
    private var store: ObjectStore { simulation.cluster.store }

    init(simulation: Simulation) { self.simulation = simulation }

    private mutating func hop(_ from: String, _ what: String, _ to: String, took: Duration, encrypted: Bool = true, checked: Bool = true, _ note: String = "") {
        trace.hops.append(LinkTrace.Hop(from: from, what: what, to: to, took: took, isEncrypted: encrypted, checksServer: checked, note: note))
    }
    private mutating func fail(_ answer: String) {
        trace.failedHop = trace.hops.count - 1
        trace.answer = answer
    }
    private func isReachable(_ node: String) -> Bool { store.nodes[ObjectKey(name: node)] != nil && !simulation.kubelets.isCutOff(node: node) }
    /// Which of several, by the seed and the moment.
    private func chance(_ purpose: String) -> SeededRandom {
        SeededRandom(seed: simulation.options.seed &+ UInt64(bitPattern: simulation.now.nanoseconds), stream: purpose)
    }

    /// From the user to the API server: never what fails here.
    private mutating func callServer(_ what: String) {
        hop("you", what, "API server", took: settings.nodeLatency, "client certificate or token; server verified by the kubeconfig's CA")
    }

    /// Who asks for a connection, which decides how its failure is worded.
    fileprivate enum Caller {
        case logs(url: String)
        case stream, proxy

        func text(_ problem: String) -> String {
            switch self {
            case .logs(let url): "Error from server: Get \"\(url)\": \(problem)"
            case .stream: "Error from server: error dialing backend: \(problem)"
            case .proxy: "503: error trying to reach service: \(problem)"
            }
        }
        /// What a kubelet's refusal, which came back, becomes.
        func text(refusal: KubeletAccess.Refusal, _ path: String) -> String {
            let pod = path.split(separator: "/").dropFirst(2).first ?? ""
            switch self {
            case .logs:
                return refusal.code == 401
                    ? "error: You must be logged in to the server (the server has asked for the client to provide credentials ( pods/log \(pod)))"
                    : "Error from server (Forbidden): \(refusal.text) ( pods/log \(pod))"
            case .stream: return "error: unable to upgrade connection: \(refusal.text)"
            case .proxy: return "\(refusal.code): \(refusal.text)"
            }
        }
        /// How the kubelet is asked.
        var method: String { if case .stream = self { "POST" } else { "GET" } }
    }

    /// By an agent or a tunnel towards `address`, if there are any. Returns who dials at its end; nil if it ends before.
    private mutating func leave(towards address: String, on node: String, _ caller: Caller) -> String? {
        switch settings.egress {
        case .direct: return "API server"
        case .sshTunnel: return enterTunnel(towards: address, caller)
        case .konnectivity:
            hop("API server", "CONNECT", "konnectivity server", took: .microseconds(100), "local socket")
            if settings.fault == .proxyServerDown {
                fail(caller.text("dial unix /etc/kubernetes/konnectivity-server/konnectivity-server.socket: connect: connection refused"))
                return nil
            }
            let agents = store.nodes.sorted().map(\.metadata.name).filter { isReachable($0) && !settings.has(.tunnelsDown, at: $0) }
            if agents.isEmpty {
                fail(caller.text("No agent available"))
                return nil
            }
            var random = chance("agents")
            let agent = settings.agents == .destHost && agents.contains(node) ? node : agents[random.below(agents.count)]
            trace.via = agent
            hop(
                "konnectivity server", "tunnel", "agent on \(agent)", took: settings.nodeLatency,
                agent == node
                    ? "mutual TLS; the agent dialed out"
                    : agents.contains(node)
                        ? "mutual TLS; any agent (strategy default), so through \(agent) and the node network"
                        : "mutual TLS; no agent on \(node), so through \(agent) and the node network")
            return "agent"
        }
    }
    private mutating func enterTunnel(towards address: String, _ caller: Caller) -> String? {
        var random = chance("tunnels")
        guard let (tunnel, isOwn) = simulation.tunnels.pick(address, &random) else {
            hop("API server", "choose a tunnel", "no tunnel", took: .zero, checked: false, "TCP port 22 of each node; the key of the host is not checked")
            fail(caller.text("No SSH tunnels currently open. Were the targets able to accept an ssh-key for user \"\(settings.tunnelUser)\"?"))
            return nil
        }
        trace.via = tunnel.node
        let note = isOwn ? "" : "; SSH tunnel not found for address \"\(address)\", picking random node"
        let isSilent = !isReachable(tunnel.node)
        hop(
            "API server", "SSH tunnel", "node \(tunnel.node)", took: isSilent ? SSHTunnels.checkTimeout : settings.nodeLatency, checked: false,
            "as \(settings.tunnelUser), the key of the host is not checked\(note)")
        if tunnel.isBroken || isSilent {
            fail(caller.text(tunnel.isBroken ? "EOF" : SSHTunnels.lostPacket))
            return nil
        }
        return "node \(tunnel.node)"
    }
    /// What a dial ends with, as who dials sees it.
    private func refused(_ host: String) -> String {
        settings.egress == .sshTunnel ? "ssh: rejected: connect failed (Connection refused)" : "dial tcp \(host): connect: connection refused"
    }
    private func timedOut(_ host: String) -> String {
        settings.egress == .sshTunnel ? "ssh: rejected: connect failed (Connection timed out)" : "dial tcp \(host): i/o timeout"
    }

    // MARK: The kubelet's API

    mutating func follow(_ stream: LinkRequest.Stream, _ key: ObjectKey, _ container: String?) {
        callServer("\(stream == .logs ? "GET" : "POST") pods/\(key.name)/\(stream == .logs ? "log" : stream.rawValue.replacing("-", with: ""))")
        do throws(APIError) {
            let pod = try simulation.sessionPod(key)
            let name = container ?? pod.spec.containers.first?.name ?? ""
            if stream != .portForward { _ = try simulation.sessionContainer(name, of: pod) }
            guard let node = try simulation.sessionNode(pod, isLog: stream == .logs) else {
                trace.answer = "200 with an empty body: the pod has no node yet"
                return
            }
            let path = "/\(stream.path)/\(key.namespace)/\(key.name)" + (stream == .portForward ? "" : "/\(name)")
            guard callKubelet(of: node, path, { stream == .logs ? .logs(url: $0) : .stream }) else { return }
            switch stream {
            case .logs: _ = try simulation.kubelets.log(of: pod, container: name, in: simulation.cluster).get()
            case .portForward: if let problem = simulation.portForwardProblem(key) { throw problem }
            case .exec, .attach:
                guard pod.allContainerStatuses.first(where: { $0.name == name })?.state.running != nil else {
                    throw .notFoundPlain("container not found (\"\(name)\")")
                }
            }
            hop("kubelet \(pod.nodeName)", stream.rawValue, "runtime", took: .milliseconds(1), "on the node, over the runtime's socket")
            trace.answer =
                stream == .logs
                ? "200, the log of \(name)" : "101 Switching Protocols: \(stream.rawValue) to \(stream == .portForward ? key.name : name)"
        } catch {
            fail(error.kubectlText(stream))
        }
    }

    /// The API server dials the kubelet. Returns whether it got there.
    fileprivate mutating func callKubelet(of node: Node, _ path: String, _ caller: (_ url: String) -> Caller) -> Bool {
        let name = node.metadata.name
        let host = "\(node.kubeletAddress):10250"
        let caller = caller("https://\(host)\(path)")
        let checks = settings.checksKubelets && !skipsCheck
        guard let from = leave(towards: node.kubeletAddress, on: name, caller) else { return false }
        guard isReachable(name) else {
            hop(from, path, "kubelet \(name)", took: settings.kubeletDialTimeout, checked: checks)
            fail(caller.text(timedOut(host)))
            return false
        }
        let note =
            checks
            ? "kubelet certificate verified by --kubelet-certificate-authority"
            : "HTTPS with a client certificate; the kubelet's serving certificate is not verified"
        hop(from, path, "kubelet \(name)", took: settings.nodeLatency, checked: checks, note)
        if simulation.kubelets.isFailed(node: name) || settings.has(.kubeletPortClosed, at: name) {
            fail(caller.text(refused(host)))
            return false
        }
        if checks, settings.servingCertificate == .selfSigned {
            fail(caller.text("tls: failed to verify certificate: x509: certificate signed by unknown authority"))
            return false
        }
        if let refusal = KubeletAccess.refusal(of: settings, at: name, path, caller.method) {
            fail(caller.text(refusal: refusal, path))
            return false
        }
        return true
    }

    // MARK: The proxy

    mutating func follow(_ target: LinkRequest.ProxyTarget) {
        callServer("GET \(target.thing.rawValue)s/\(target.id)/proxy/\(target.rest)")
        switch target.thing {
        case .node:
            guard let node = store.nodes[ObjectKey(name: target.name)] else { return fail("404: nodes \"\(target.name)\" not found") }
            if target.port.isEmpty || target.port == "10250" {
                // The exception: the kubelet's own port is always dialled as for logs, whatever the scheme says.
                if callKubelet(of: node, "/\(target.rest)", { _ in .proxy }) { trace.answer = "200 from the kubelet" }
                return
            }
            guard let from = leave(towards: node.kubeletAddress, on: target.name, .proxy) else { return }
            let found = listener(on: node, target.port)
            dial(
                target, from: from, address: node.kubeletAddress, port: target.port,
                thing: found.map { "\($0.pod.name) on \(target.name)" } ?? "\(target.name):\(target.port)",
                isUp: isReachable(target.name), listens: found != nil, speaksTLS: found.map { Self.speaksTLS($0.port) })
            arrive(found.map { ($0.pod, $0.port.containerPort) })
        case .pod:
            let key = ObjectKey(namespace: target.namespace, name: target.name)
            guard let pod = store.pods[key] else { return fail("404: pods \"\(target.name)\" not found") }
            reach(target, pod, port: target.port.isEmpty ? pod.spec.containers.flatMap(\.ports).first.map { "\($0.containerPort)" } ?? "" : target.port)
        case .service:
            let key = ObjectKey(namespace: target.namespace, name: target.name)
            guard let service = store.services[key] else { return fail("404: services \"\(target.name)\" not found") }
            var portName = target.port
            if let number = Int(target.port) {
                guard let port = service.spec.ports.first(where: { $0.port == number }) else {
                    return fail("503: no service port \(number) found for service \"\(target.name)\"")
                }
                portName = port.name
            }
            let slices = store.endpointSlices.sorted().filter {
                $0.namespace == target.namespace && $0.metadata.labels[LabelKey.serviceName] == target.name
            }
            var ready: [(ObjectKey, Int?)] = []
            for slice in slices {
                guard let port = slice.ports.first(where: { ($0.name ?? "") == portName }) else { continue }
                for endpoint in slice.endpoints where endpoint.conditions.ready == true {
                    guard let pod = endpoint.targetRef?["name"]?.string else { continue }
                    ready.append((ObjectKey(namespace: target.namespace, name: pod), port.port))
                }
            }
            guard !ready.isEmpty else { return fail("503: no endpoints available for service \"\(target.id)\"") }
            var random = chance("service proxy")
            let (podKey, port) = ready[random.below(ready.count)]
            guard let pod = store.pods[podKey] else { return fail("503: no endpoints available for service \"\(target.id)\"") }
            hop(
                "API server", "choose 1 of \(ready.count) ready endpoints", podKey.name, took: .zero,
                "not through the ClusterIP: the API server picks an endpoint itself")
            reach(target, pod, port: port.map { "\($0)" } ?? "")
        }
    }

    /// The pod that listens on a port of the node itself, by its host network or a host port; nil if none does.
    private func listener(on node: Node, _ port: String) -> (pod: ObjectKey, port: ContainerPort)? {
        guard let number = Int(port) else { return nil }
        for pod in store.pods(onNode: node.metadata.name) where !pod.isFinished {
            for container in pod.spec.containers where pod.status.containerStatuses.contains(where: { $0.name == container.name && $0.state.running != nil }) {
                for own in container.ports where own.hostPort == number || pod.spec.hostNetwork && own.containerPort == number { return (pod.key, own) }
            }
        }
        return nil
    }
    private static func speaksTLS(_ port: ContainerPort) -> Bool { port.name.contains("https") || [443, 6443, 8443].contains(port.containerPort) }

    private mutating func reach(_ target: LinkRequest.ProxyTarget, _ pod: Pod, port: String) {
        guard !pod.status.podIP.isEmpty else {
            hop("API server", "dial", pod.name, took: .zero, encrypted: false, checked: false)
            return fail("400: address not allowed")
        }
        guard let from = leave(towards: pod.status.podIP, on: pod.nodeName, .proxy) else { return }
        // Go knows these two names; those of the container are not looked up.
        let text = port.isEmpty ? (target.scheme == "https" ? "443" : "80") : ["http": "80", "https": "443"][port] ?? port
        let number = Int(text)
        let container = pod.spec.containers.first { $0.ports.contains { $0.containerPort == number } }
        let listens = number.map { simulation.kubelets.listener(of: pod, port: $0, at: simulation.now) != nil } ?? false
        dial(
            target, from: from, address: pod.status.podIP, port: text, thing: pod.name, isUp: isReachable(pod.nodeName), listens: listens,
            speaksTLS: container?.ports.first { $0.containerPort == number }.map(Self.speaksTLS))
        arrive(number.map { (pod.key, $0) })
    }

    private mutating func arrive(_ place: (pod: ObjectKey, port: Int)?) {
        if trace.failedHop == nil, let place { trace.destination = LinkTrace.Destination(pod: place.pod, port: place.port) }
    }

    /// `speaksTLS` is nil if nobody knows.
    private mutating func dial(
        _ target: LinkRequest.ProxyTarget, from: String, address: String, port: String, thing: String, isUp: Bool, listens: Bool, speaksTLS: Bool?
    ) {
        let host = "\(address):\(port)"
        let secure = target.scheme == "https"
        let note =
            secure
            ? "TLS, but the server certificate is not verified and no client certificate is sent"
            : "plain HTTP: neither side is authenticated, and anyone on the way can read it"
        hop(
            from, "GET \(secure ? "https" : "http")://\(host)/\(target.rest)", thing,
            took: isUp ? settings.nodeLatency + settings.podLatency : settings.proxyDialTimeout, encrypted: secure, checked: false, note)
        func refuse(_ problem: String) { fail(Caller.proxy.text(problem)) }
        guard let number = Int(port) else { return refuse("dial tcp: lookup tcp/\(port): unknown port") }
        guard (0...65535).contains(number) else { return refuse("dial tcp: address \(port): invalid port") }
        if !isUp { return refuse(timedOut(host)) }
        if !listens { return refuse(refused(host)) }
        if let speaksTLS, speaksTLS != secure {
            return fail(
                secure
                    ? Caller.proxy.text("http: server gave HTTP response to HTTPS client")
                    : "400: Client sent an HTTP request to an HTTPS server.")
        }
        trace.answer = "200 from \(thing)"
    }

    // MARK: Towards the API server

    mutating func followPod(_ key: ObjectKey, _ path: String) {
        guard let pod = store.pods[key] else {
            hop(key.name, "connect", "node network", took: .zero)
            return fail("pods \"\(key.name)\" not found")
        }
        let credentials = PodCredentials(of: pod, in: simulation.cluster, at: simulation.now)
        hop(
            "container", "connect \(PodCredentials.serverAddress):443", "node \(pod.nodeName.isEmpty ? "-" : pod.nodeName)", took: .microseconds(50),
            "KUBERNETES_SERVICE_HOST and _PORT, or kubernetes.default.svc")
        guard pod.status.containerStatuses.contains(where: { $0.state.running != nil }) else { return fail("no container of the pod runs") }
        hop(
            "kube-proxy's rule", "DNAT to an endpoint", "API server:6443", took: settings.nodeLatency,
            "TLS from the container to the API server; DNAT only rewrites the address")
        guard isReachable(pod.nodeName) else { return fail("dial tcp \(PodCredentials.serverAddress):443: i/o timeout") }
        // The rule takes any of the endpoints, also one whose server has died and that nobody has taken out yet.
        let servers = settings.serverEndpoints(at: simulation.now)
        var random = chance("servers \(pod.metadata.uid)")
        if servers.alive + servers.dead == 0 || random.below(servers.alive + servers.dead) >= servers.alive {
            return fail("dial tcp \(PodCredentials.serverAddress):443: connect: connection refused")
        }
        hop(
            "API server", "authenticate", credentials.isMounted ? credentials.user : "system:anonymous", took: .microseconds(200),
            credentials.isMounted ? tokenNote(credentials) : "automountServiceAccountToken is false: no token")
        let account = PodCredentials.account(of: pod)
        authorize(credentials.isMounted ? .serviceAccount(account) : .anonymous, AccessRequest(method: "GET", path: path), path)
    }

    /// The last hop to the API server: whether the user may, and the answer.
    private mutating func authorize(_ user: UserInfo, _ request: AccessRequest, _ path: String) {
        let decision = Authorizer(simulation.cluster).decide(user, request)
        if path != "/api" {
            hop("API server", "authorize", "\(request.verb) \(request.path ?? request.resource)", took: .microseconds(100), decision.reason)
        }
        if !decision.isAllowed { return fail("403: \(request.refusal(of: user, reason: decision.reason).message)") }
        trace.answer = "200 \(path) as \(user.name)"
    }

    private func tokenNote(_ credentials: PodCredentials) -> String {
        guard let last = credentials.fetches.last, let next = credentials.nextFetch else { return "token bound to the pod" }
        let now = simulation.now
        return "token bound to the pod, \((now - last).truncated(to: .seconds(1))) old, next in \((next - now).truncated(to: .seconds(1)))"
    }

    mutating func followNode(_ name: String) {
        guard let node = store.nodes[ObjectKey(name: name)] else {
            hop(name, "connect", "API server", took: .zero)
            return fail("nodes \"\(name)\" not found")
        }
        let up = isReachable(name)
        if up, simulation.kubelets.isFailed(node: name) {
            hop("kubelet \(name)", "PUT leases/\(name)", "API server:6443", took: .zero)
            return fail("the kubelet does not run: the lease expires and the node becomes NotReady")
        }
        hop(
            "kubelet \(name)", "PUT leases/\(name)", "API server:6443", took: up ? settings.nodeLatency : settings.kubeletDialTimeout,
            "HTTPS to the kubeconfig's address; server verified by the cluster CA, client certificate system:node:\(name)")
        if !up { return fail("dial tcp: i/o timeout: the lease expires and the node becomes NotReady") }
        hop("API server", "authorize", "Node authorizer", took: .microseconds(100), "only objects referenced by pods on \(node.kubeletAddress)")
        let lease = AccessRequest(verb: "update", group: "coordination.k8s.io", resource: "leases", namespace: "kube-node-lease", name: name)
        let user = UserInfo.named("system:node:\(name)")
        let decision = Authorizer(simulation.cluster).decide(user, lease)
        if !decision.isAllowed { return fail("403: \(lease.refusal(of: user, reason: decision.reason).message)") }
        trace.answer = "200"
    }
}
