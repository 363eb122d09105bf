import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// The tables of `control-plane-links.md` row by row, its invariants, and what is left of `pod-sessions.md` §8. A test's name begins with the
/// section; `Rows` says which rows, or numbers of the column `#`, it covers.
@Suite struct LinkRowTests {
    private static let web = LinkTests.web
    private static func trace(_ simulation: Simulation, _ text: String) throws -> LinkTrace { simulation.trace(try LinkRequest(text, namespace: "default")) }

    /// Rows: `control-plane-links.md` §1 rows 1–2, §3.
    @Test func `1: nodes and pods dial the API server alone, it dials them`() throws {
        let simulation = LinkTests.running()
        for text in ["from web", "from node a1"] {
            let hops = try Self.trace(simulation, text).hops
            #expect(hops.contains { $0.to.hasPrefix("API server") } && !hops.contains { $0.to.contains("store") || $0.to.contains("scheduler") }, "\(text)")
        }
        for text in [
            "logs web", "exec web", "attach web", "port-forward web", "get nodes/a1/proxy/metrics", "get pods/web:8080/proxy/", "get svc/web:80/proxy/",
        ] {
            let hops = try Self.trace(simulation, text).hops
            #expect(hops.first?.to == "API server" && hops.dropFirst().first?.from == "API server", "\(text)")
        }
        #expect(Link.podToServer.initiator == "pod" && Link.nodeToServer.initiator == "node" && Link.serverToKubelet.initiator == "API server")
    }

    // MARK: §2 Pod → API server

    /// Rows: `control-plane-links.md` §2.1 rows 1–7.
    @Test func `2.1: what admission injects into a pod`() throws {
        var simulation = LinkTests.running()
        let cluster = simulation.cluster
        let pod = try #require(cluster.store.pods[Self.web])
        // 1: the account; 2: automount by the pod, else the account, else yes.
        #expect(PodCredentials.account(of: pod) == ObjectKey(namespace: "default", name: "default"))
        // 3: one volume, its name from the API's alphabet, mounted read-only into every container.
        let suffix = pod.tokenVolumeName.dropFirst("kube-api-access-".count)
        #expect(suffix.count == 5 && suffix.allSatisfy { "bcdfghjklmnpqrstvwxz2456789".contains($0) })
        let shown = cluster.shown(pod)
        #expect(shown.spec.volumes.count { $0.name == pod.tokenVolumeName } == 1)
        #expect(
            shown.spec.containers.allSatisfy {
                $0.volumeMounts.filter { $0.mountPath == "/var/run/secrets/kubernetes.io/serviceaccount" }.map(\.readOnly) == [true]
            })
        // The three files with their sources.
        let sources = cluster.document(of: pod)["spec"]?["volumes"]?.array?.first?["projected"]
        #expect(sources?["defaultMode"]?.int == 420)
        let files = sources?["sources"]?.array ?? []
        #expect(files.count == 3 && files[0]["serviceAccountToken"]?["expirationSeconds"]?.int == 3607 && files[0]["serviceAccountToken"]?["path"] == "token")
        #expect(files[1]["configMap"]?["name"] == "kube-root-ca.crt" && files[2]["downwardAPI"]?["items"]?.array?.first?["path"] == "namespace")
        #expect(cluster.store.configMaps[ObjectKey(namespace: "default", name: "kube-root-ca.crt")]?.data["ca.crt"]?.hasPrefix("-----BEGIN") == true)
        // 4: the account's secrets for pulling, if the pod has none.
        try simulation.cluster.update(ServiceAccount.self, ObjectKey(namespace: "default", name: "default")) {
            var registry = LocalObjectReference()
            registry.name = "registry"
            $0.imagePullSecrets = [registry]
        }
        var other = Pod()
        (other.metadata.name, other.metadata.namespace) = ("pulls", "default")
        other.spec.containers = [Container(name: "c", image: "i")]
        _ = try simulation.perform(.create(other)).get()
        let made = try #require(simulation.cluster.store.pods[ObjectKey(namespace: "default", name: "pulls")])
        #expect(simulation.cluster.document(of: made)["spec"]?["imagePullSecrets"]?.text() == #"[{"name":"registry"}]"#)
    }

    /// Rows: `control-plane-links.md` §2.3 rows 1–6, §9 rows 1–2.
    @Test func `2.3: how a pod finds the server`() throws {
        let simulation = LinkTests.running()
        let key = ObjectKey(namespace: "default", name: "kubernetes")
        let store = simulation.cluster.store
        let service = try #require(store.services[key])
        #expect(service.spec.selector.isEmpty && service.spec.type == "ClusterIP" && service.spec.sessionAffinity == "None")
        #expect(service.spec.clusterIP == "10.96.0.1")
        let port = try #require(service.spec.ports.first)
        #expect(port.name == "https" && port.port == 443 && port.protocol == "TCP" && port.targetPort == .int(6443))
        let slice = try #require(store.endpointSlices.all.first { $0.metadata.labels["kubernetes.io/service-name"] == "kubernetes" })
        #expect(slice.namespace == "default" && slice.ports.first?.port == 6443 && slice.endpoints.first?.addresses.isEmpty == false)
        #expect(store.object(.custom, ObjectKey(namespace: "default", name: "Endpoints./kubernetes")) != nil)
        func out(_ line: String) throws -> String {
            var shell = try simulation.exec(in: Self.web, ["sh", "-c", line]).get()
            return String(decoding: shell.run([], in: simulation).stdout, as: UTF8.self)
        }
        #expect(try out("getent hosts kubernetes.default.svc.cluster.local").hasPrefix("10.96.0.1 "))
        let wanted = [
            "KUBERNETES_SERVICE_HOST=10.96.0.1", "KUBERNETES_SERVICE_PORT=443", "KUBERNETES_SERVICE_PORT_HTTPS=443", "KUBERNETES_PORT=tcp://10.96.0.1:443",
            "KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443", "KUBERNETES_PORT_443_TCP_PROTO=tcp", "KUBERNETES_PORT_443_TCP_PORT=443",
            "KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1",
        ]
        let found = Set(try out("env").split(separator: "\n").map(String.init))
        #expect(wanted.allSatisfy(found.contains))
        // Also in other namespaces and without links to Services.
        var pod = try #require(store.pods[Self.web])
        pod.metadata.namespace = "kube-public"
        pod.spec.enableServiceLinks = false
        #expect(PodCredentials.environment(of: pod, started: simulation.now, in: simulation.cluster).map { "\($0.name)=\($0.value)" } == wanted)
    }

    /// Rows: `control-plane-links.md` §2.3 rows 7, 9–12, §9 rows 3–4.
    @Test func `2.3: what a pod sees when it fails`() throws {
        var simulation = LinkTests.running()
        func shell(_ line: String, _ simulation: Simulation) throws -> String {
            var shell = try simulation.exec(in: Self.web, ["sh", "-c", line]).get()
            let output = shell.run([], in: simulation)
            return String(decoding: output.stdout + output.stderr, as: UTF8.self)
        }
        let folder = "/var/run/secrets/kubernetes.io/serviceaccount"
        let list =
            "curl -s --cacert \(folder)/ca.crt -H \"Authorization: Bearer $(cat \(folder)/token)\" https://kubernetes.default/api/v1/namespaces/default/pods"
        #expect(
            try shell(list, simulation).contains(
                "User \\\"system:serviceaccount:default:default\\\" cannot list resource \\\"pods\\\" in API group \\\"\\\" in the namespace \\\"default\\\""))
        #expect(try shell("curl https://kubernetes.default/api", simulation).contains("unable to get local issuer certificate"))
        #expect(try shell(list.replacing("$(cat \(folder)/token)", with: "revoked"), simulation).contains("Unauthorized"))
        // One of three servers that died is met until its lease has expired and somebody has looked.
        TunnelTests.change(&simulation) { $0.serverCount = 3 }
        let now = simulation.now
        TunnelTests.change(&simulation) { ($0.deadServers, $0.serversDiedAt) = (1, now) }
        #expect(simulation.links.serverEndpoints(at: now + .seconds(15)) == (2, 1) && simulation.links.serverEndpoints(at: now + .seconds(25)) == (2, 0))
        // With none left connections are refused.
        TunnelTests.change(&simulation) { ($0.deadServers, $0.serversDiedAt) = (3, now) }
        simulation.advance(to: now + .minutes(1))
        #expect(try Self.trace(simulation, "from web").answer == "dial tcp 10.96.0.1:443: connect: connection refused")
    }

    // MARK: §4 API server → kubelet

    /// Rows: `control-plane-links.md` §4 rows 1–6, §9 rows 8, 11.
    @Test func `4: what protects the way to a kubelet`() throws {
        var simulation = LinkTests.running()
        let facts = Link.serverToKubelet.facts(simulation.links)
        #expect(facts.transport == "HTTPS :10250" && facts.isEncrypted && !facts.checksServer && facts.checksClient)
        let address = simulation.cluster.store.nodes[ObjectKey(name: "a1")]?.status.addresses.first { $0.type == "InternalIP" }?.address ?? ""
        TunnelTests.change(&simulation) { $0.checksKubelets = true }
        #expect(Link.serverToKubelet.facts(simulation.links).checksServer)
        #expect(
            try Self.trace(simulation, "logs web").answer
                == "Error from server: Get \"https://\(address):10250/containerLogs/default/web/web\": tls: failed to verify certificate: x509: certificate signed by unknown authority"
        )
        TunnelTests.change(&simulation) { ($0.servingCertificate, $0.fault) = (.clusterAuthority, .noClientCertificate) }
        #expect(try Self.trace(simulation, "exec web").answer == "error: unable to upgrade connection: Unauthorized")
        // Who dials a silent node waits for 5 s to its kubelet, for 30 s through the proxy.
        TunnelTests.change(&simulation) { $0.fault = .none }
        _ = simulation.perform(.fail(.node("a1")))
        #expect(try Self.trace(simulation, "logs web").hops.last?.took == .seconds(5))
        #expect(try Self.trace(simulation, "get pods/web:8080/proxy/").hops.last?.took == .seconds(30))
    }

    // MARK: §5 The proxy

    /// Rows: `control-plane-links.md` §5 rows 1–3.
    @Test(arguments: [
        ("nodes/a1", "a1", "", ""), ("nodes/a1:9100", "a1", "", "9100"), ("nodes/https:a1:10250", "a1", "https", "10250"), ("nodes/http:a1:", "a1", "http", ""),
        ("pods/web", "web", "", ""), ("pods/web:8080", "web", "", "8080"), ("pods/https:web:8443", "web", "https", "8443"),
        ("services/web", "web", "", ""), ("services/web:http", "web", "", "http"), ("services/https:web:443", "web", "https", "443"),
        ("services/:web:80", "web", "", "80"),
    ])
    func `5: the forms of an id`(path: String, name: String, scheme: String, port: String) throws {
        let target = try LinkRequest.ProxyTarget(path: "\(path)/proxy/a/b")
        #expect(target.name == name && target.scheme == scheme && target.port == port && target.rest == "a/b")
        for wrong in ["a:b:c:d", "ftp:web:80", "https::80"] {
            #expect(throws: LinkRequest.Mistake.self) { try LinkRequest.ProxyTarget(path: "pods/\(wrong)/proxy/") }
        }
    }

    /// Rows: `control-plane-links.md` §5 rows 4–10.
    @Test func `5: what the proxy dials, and what protects it`() throws {
        let simulation = LinkTests.running()
        func last(_ path: String) throws -> LinkTrace.Hop { try #require(try Self.trace(simulation, "get \(path)").hops.last) }
        #expect(try last("pods/web:8080/proxy/").what.hasPrefix("GET http://") && !(try last("pods/web:8080/proxy/").isEncrypted))
        let secure = try last("pods/https:web:8443/proxy/")
        #expect(secure.isEncrypted && !secure.checksServer && secure.note.contains("no client certificate is sent"))
        // The first port of the first container that declares one; without any 80 or 443.
        #expect(try last("pods/web/proxy/").what.contains(":8080/") && (try last("pods/quiet/proxy/").what.contains(":80/")))
        #expect(try last("pods/https:quiet:/proxy/").what.contains(":443/"))
        // A Service goes straight to an endpoint's pod.
        let service = try Self.trace(simulation, "get services/web:80/proxy/")
        let address = try #require(simulation.cluster.store.pods[Self.web]?.status.podIP)
        #expect(service.hops.last?.what == "GET http://\(address):8080/" && service.destination?.pod == Self.web)
        // The kubelet's own port is dialled as a kubelet whatever the prefix says.
        for id in ["a1", "a1:10250", "http:a1:10250", "https:a1:"] {
            let kubelet = try last("nodes/\(id)/proxy/healthz")
            #expect(kubelet.isEncrypted && kubelet.to == "kubelet a1", "\(id)")
        }
        #expect(try last("nodes/a1:9100/proxy/metrics").what.hasPrefix("GET http://"))
        // A pod without an address cannot be dialled.
        let waiting = PodLogTests.run(PodLogTests.pod("nodeSelector: {no: where}\n  " + PodLogTests.app).replacing("  nodeName: a1\n", with: ""), to: 30)
        #expect(try Self.trace(waiting, "get pods/web:80/proxy/").answer == "400: address not allowed")
    }

    // MARK: §6 and §7

    /// Rows: `control-plane-links.md` §6 rows 1–4, §7 #1, #2, #3, #4, #5, #6, #7, #8, #9, #10, #11, §9 rows 9, 13.
    @Test func `7: the summary of all links`() throws {
        var settings = LinkSettings()
        func row(_ link: Link) -> [Bool] {
            let facts = link.facts(settings)
            return [facts.isEncrypted, facts.checksServer, facts.checksClient, facts.isSafe]
        }
        #expect(row(.podToServer) == [true, true, true, true] && row(.nodeToServer) == [true, true, true, true])
        #expect(row(.serverToKubelet) == [true, false, true, false])
        for link in [Link.nodeProxy, .podProxy, .serviceProxy] { #expect(row(link) == [false, false, false, false]) }
        #expect(row(.securePodProxy) == [true, false, false, false])
        // The host's key is not checked; an agent and its server check each other.
        #expect(row(.sshTunnel) == [true, false, true, false] && row(.konnectivity) == [true, true, true, true])
        #expect(row(.webhook) == [true, true, false, true] && row(.aggregated) == [true, true, true, true])
        settings.checksKubelets = true
        #expect(row(.serverToKubelet) == [true, true, true, true])
        #expect(Link.sshTunnel.initiator == "API server" && Link.konnectivity.initiator == "agent")
        #expect(Link.sshTunnel.facts(settings).transport == "SSH :22")
        // Each exists where its way is chosen.
        for (egress, tunnels) in [(LinkSettings.Egress.direct, [Link]()), (.sshTunnel, [.sshTunnel]), (.konnectivity, [.konnectivity])] {
            settings.egress = egress
            #expect(Link.present(settings).filter { [.sshTunnel, .konnectivity].contains($0) } == tunnels)
        }
        // On an untrusted network a hop that nobody checks can be intercepted: the dashboard warns.
        var simulation = LinkTests.running()
        TunnelTests.change(&simulation) { $0.networkIsUntrusted = true }
        #expect(try Self.trace(simulation, "logs web").canBeIntercepted && !(try Self.trace(simulation, "from web").canBeIntercepted))
    }

    // MARK: §8 Hops

    /// Rows: `control-plane-links.md` §8 rows 1–5, §9 row 10.
    @Test func `8: the hops of each link, and what they take`() throws {
        var simulation = LinkTests.running()
        func ends(_ text: String) throws -> [String] { try Self.trace(simulation, text).hops.map(\.to) }
        #expect(try ends("from web") == ["node a1", "API server:6443", "system:serviceaccount:default:default"])
        #expect(try ends("from web /api/v1/pods").last == "list pods")
        #expect(try ends("from node a1") == ["API server:6443", "Node authorizer"])
        #expect(try ends("logs web") == ["API server", "kubelet a1", "runtime"])
        #expect(try ends("get svc/web:80/proxy/") == ["API server", "web", "web"])
        #expect(try ends("get nodes/a1/proxy/metrics") == ["API server", "kubelet a1"])
        TunnelTests.change(&simulation) { $0.egress = .konnectivity }
        #expect(try ends("logs web") == ["API server", "konnectivity server", "agent on a1", "kubelet a1", "runtime"])
        let trace = try Self.trace(simulation, "logs web")
        #expect(trace.hops[2].took == .milliseconds(1) && trace.total == trace.hops.reduce(.zero) { $0 + $1.took } && trace.isEncrypted)
    }

    // MARK: §2.2 and §9

    /// Rows: `control-plane-links.md` §9 rows 5–7.
    @Test func `2.2: how long a token lives, and when it is fetched again`() throws {
        #expect(PodCredentials.lifeSeconds == 3607 && PodCredentials.extendedSeconds == 31_536_000)
        let simulation = LinkTests.running(until: .hours(30))
        let pod = try #require(simulation.cluster.store.pods[Self.web])
        let fetches = PodCredentials(of: pod, in: simulation.cluster, at: simulation.now).fetches
        // Past 80 % of 3607 s, up to 10 s early.
        #expect(fetches.count > 30 && zip(fetches, fetches.dropFirst()).allSatisfy { $1 - $0 > .seconds(2875) && $1 - $0 <= .seconds(2886) })
    }

    // MARK: pod-sessions.md §8.2, §8.3, §9

    /// Rows: `pod-sessions.md` §8.3 rows 3–7, §9 rows 2–3.
    @Test func `8.3: agents, and what they say`() throws {
        var simulation = LinkTests.running()
        TunnelTests.change(&simulation) { ($0.egress, $0.fault) = (.konnectivity, .tunnelsDown) }
        #expect(try Self.trace(simulation, "exec web").answer == "Error from server: error dialing backend: No agent available")
        TunnelTests.change(&simulation) { $0.fault = .proxyServerDown }
        let socket = "dial unix /etc/kubernetes/konnectivity-server/konnectivity-server.socket: connect: connection refused"
        #expect(try Self.trace(simulation, "exec web").answer == "Error from server: error dialing backend: \(socket)")
        TunnelTests.change(&simulation) { ($0.fault, $0.faultNodes) = (.kubeletPortClosed, ["a1"]) }
        #expect(try Self.trace(simulation, "exec web").answer.hasSuffix(":10250: connect: connection refused"))
        #expect(try Self.trace(simulation, "exec quiet").failedHop == nil)
        TunnelTests.change(&simulation) { $0.fault = .none }
        // Where there is no agent on the node, another dials for it.
        TunnelTests.change(&simulation) { ($0.fault, $0.faultNodes) = (.tunnelsDown, ["a1"]) }
        #expect(try Self.trace(simulation, "exec web").via == "a2")
    }
}
