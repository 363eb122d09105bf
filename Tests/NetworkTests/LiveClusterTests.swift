// A cluster that is followed over a socket, with what goes wrong on the way; and over a real kubectl proxy where there is a kubectl.

#if Network
    import ControlPlane
    import Dispatch
    import Foundation
    import KubernetesAPI
    import Network
    import Simulation
    import SimulationKit
    import Testing

    /// Follows a server, and waits for what is to come.
    final class Watcher {
        let cluster: LiveCluster
        var session = Session(.mirroring(SimulationOptions()))
        var status = LiveStatus()

        init(_ socket: String, namespace: String? = nil, patience: LiveCluster.Patience = .init(), revive: @escaping @Sendable () -> Void = {}) {
            cluster = LiveCluster(socket: socket, feed: LiveFeed(namespace: namespace, seed: 7), patience: patience, revive: revive)
        }
        deinit { cluster.close() }

        var store: ObjectStore { session.cluster.store }
        func pod(_ name: String, _ namespace: String = "default") -> Pod? { store.pods[ObjectKey(namespace: namespace, name: name)] }

        /// Whether it came true within so many seconds.
        func wait(_ seconds: Double = 20, until isDone: (Watcher) -> Bool) -> Bool {
            let end = DispatchTime.now().uptimeNanoseconds + UInt64(seconds * 1e9)
            repeat {
                let update = cluster.take()
                session.follow(update.changes, at: cluster.clock.now)
                status = update.status
                if isDone(self) { return true }
                usleep(3000)
            } while DispatchTime.now().uptimeNanoseconds < end
            return false
        }
        func waitForAll() -> Bool { wait { $0.status.heard != nil && $0.status.waiting == 0 } }
        func state(_ kind: Kind) -> LiveState? { status.kinds.first { $0.resource.info == kind.info && $0.resource.way == .watched }?.state }
    }

    @Suite(.serialized) struct LiveClusterTests {
        private static let pods = "/api/v1/pods"

        private func list(_ pods: [JSONValue], version: String = "9000", next: String? = nil) -> JSONValue {
            var metadata: JSONObject = ["resourceVersion": .string(version)]
            if let next { metadata["continue"] = .string(next) }
            return ["kind": "PodList", "apiVersion": "v1", "metadata": .object(metadata), "items": .array(pods)]
        }
        private func pod(_ name: String, version: Int = 100) -> JSONValue {
            [
                "metadata": ["name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"), "resourceVersion": .string("\(version)")],
                "spec": ["nodeName": "n1", "containers": [["name": "c", "image": "app"]]], "status": ["phase": "Running"],
            ]
        }
        private func event(_ type: String, _ object: JSONValue) -> String { JSONValue.object(["type": .string(type), "object": object]).text() + "\n" }

        @Test func `recorded answers are mirrored, and the life of a pod is followed`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            let watcher = Watcher(api.socket)
            #expect(watcher.waitForAll())
            #expect(watcher.pod("solo") != nil)
            #expect(watcher.store.nodes.count == 1 && watcher.store.deployments.count == 1 && watcher.store.events.count == 3)
            // As the server has it: no number of ours.
            let solo = try #require(watcher.pod("solo"))
            let recorded = try UnixAPI.recorded("lists.jsonl").first { $0["path"]?.string == Self.pods }?["body"]?["items"]?.array?.first
            let document = watcher.session.simulation.document(of: solo)
            #expect(document["metadata"]?["resourceVersion"] == recorded?["metadata"]?["resourceVersion"])
            #expect(document["metadata"]?["uid"] == recorded?["metadata"]?["uid"] && document["status"]?["phase"] == recorded?["status"]?["phase"])
            #expect(watcher.wait { _ in api.watches(Self.pods) == 1 })
            #expect(api.uris(Self.pods).last?.contains("resourceVersion=9000&") == true)

            let life = try UnixAPI.recorded("pod-life.jsonl")
            for event in life.dropLast() { api.push(Self.pods, event.text() + "\n") }
            #expect(watcher.wait { $0.pod("life")?.metadata.isTerminating == true })
            api.push(Self.pods, life[life.count - 1].text() + "\n")
            #expect(watcher.wait { $0.pod("life") == nil })
            #expect(watcher.pod("solo") != nil)
            // Nothing happens by itself.
            #expect(!watcher.session.step() && watcher.session.simulation.nextDue == nil)
            #expect(api.requests.allSatisfy { $0.method == "GET" })
            #expect(api.requests.allSatisfy { !$0.uri.contains("secrets") && !$0.uri.contains("/proxy") })
            #expect(Set(api.requests.map(\.uri).filter { $0.contains("configmaps") }) == ["/api/v1/namespaces/kube-system/configmaps/kubelet-config"])
        }

        @Test func `measured nodes, an older version of a kind and a recorded watch are taken in`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            api.fail("/apis/autoscaling/v2/", .status(404, "the server could not find the requested resource"), times: 1000)
            let watcher = Watcher(api.socket)
            #expect(watcher.waitForAll())
            #expect(watcher.store.horizontalPodAutoscalers.all.first?.spec.metrics.first?.resource?.name == "cpu")
            // Of pods nothing is measured in the recording, but of nodes: the rest of it is what runs beside pods.
            watcher.session.derive()
            let simulation = watcher.session.simulation
            let used = simulation.kubelets.usage(ofNode: "node-0", in: simulation.cluster)
            #expect(used.milliCPU == 250 && used.memory == 1 << 30)
            #expect(!simulation.kubelets.isGuessed(node: "node-0", in: simulation.cluster))
            #expect(watcher.wait { _ in api.watches("/api/v1/nodes") == 1 })
            let stream = try UnixAPI.recorded("nodes-watch.jsonl").dropFirst()
            for event in stream { api.push("/api/v1/nodes", event.text() + "\n") }
            let names = Set(stream.compactMap { $0["object"]?["metadata"]?["name"]?.string })
            #expect(names.count == 3)
            #expect(watcher.wait { $0.store.nodes.all.count == 3 && Set($0.store.nodes.all.map(\.name)) == names })
            // A watch that begins too far back is told so, and everything is listed again.
            #expect(watcher.wait { _ in api.watches(Self.pods) == 1 })
            let tooOld = try #require(UnixAPI.recorded("pods-too-old.jsonl").last)
            api.push(Self.pods, tooOld.text() + "\n")
            #expect(watcher.wait { _ in api.uris(Self.pods).count { $0.contains("limit=") } == 2 })
        }

        @Test func `each recorded refusal is understood for what it is`() throws {
            for refusal in try UnixAPI.recorded("refusals.jsonl") {
                let api = try UnixAPI()
                defer { api.remove() }
                let code = Int(refusal["code"]?.int ?? 0)
                let headers = (refusal["headers"]?.object?.members ?? []).filter { $0.key == "retry-after" }.map { ($0.key, $0.value.string ?? "") }
                let body = refusal["body"] ?? .null
                let answer = body.string.map { UnixAnswer.text(code, $0) } ?? .json(code, body, headers: headers)
                let isLasting = code == 403 || code == 404
                api.fail("\(Self.pods)?limit", answer, times: isLasting ? 1000 : 1)
                let watcher = Watcher(api.socket)
                let name = refusal["id"]?.string ?? ""
                switch code {
                case 403:
                    #expect(
                        watcher.wait { if case .forbidden(let why) = $0.state(.pod) { why.hasPrefix("403: nodes is forbidden: User") } else { false } },
                        "\(name)")
                case 404:
                    #expect(watcher.wait { if case .missing(let why) = $0.state(.pod) { why.hasPrefix("404: ") } else { false } }, "\(name)")
                default: #expect(watcher.wait { $0.state(.pod) == .following && $0.pod("solo") != nil }, "\(name)")
                }
                #expect(api.uris(Self.pods).count { $0.contains("limit=") } == (isLasting ? 1 : 2), "\(name)")
            }
        }

        @Test func `lists come in pages, and what is gone meanwhile goes`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            let all = (0..<1203).map { pod("p\($0)") }
            api.set(Self.pods, nil)
            api.fail("\(Self.pods)?limit=500&continue=b%2F2", .json(200, list(Array(all[1000...]))))
            api.fail("\(Self.pods)?limit=500&continue=a%3D", .json(200, list(Array(all[500..<1000]), next: "b/2")))
            api.fail("\(Self.pods)?limit=500", .json(200, list(Array(all[..<500]), next: "a=")))
            let watcher = Watcher(api.socket)
            #expect(watcher.waitForAll())
            #expect(watcher.store.pods.count == 1203)
            // The place is too old: it is listed anew, and what the new list does not have is gone.
            #expect(watcher.wait { _ in api.watches(Self.pods) == 1 })
            api.set(Self.pods, list([pod("p7"), pod("new")], version: "9100"))
            api.push(Self.pods, event("ERROR", ["kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version: 9000 (9100)"]))
            #expect(watcher.wait { $0.store.pods.count == 2 && $0.pod("new") != nil })
            #expect(watcher.wait { _ in api.uris(Self.pods).last?.contains("resourceVersion=9100&") == true })
        }

        @Test func `a watch goes on where it ended or was cut off`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            let watcher = Watcher(api.socket)
            #expect(watcher.waitForAll())
            #expect(watcher.wait { _ in api.watches(Self.pods) == 1 })
            api.push(Self.pods, event("ADDED", pod("x", version: 9010)))
            api.push(Self.pods, event("BOOKMARK", ["kind": "Pod", "metadata": ["resourceVersion": "9050"]]), ends: true)
            #expect(watcher.wait { _ in api.watches(Self.pods) == 1 && api.uris(Self.pods).last?.contains("resourceVersion=9050&") == true })
            #expect(watcher.pod("x") != nil && watcher.state(.pod) == .following)
            api.push(Self.pods, event("MODIFIED", pod("x", version: 9060)))
            #expect(watcher.wait { $0.pod("x").map { $0.metadata.uid == "uid-x" } ?? false })
            usleep(50_000)
            api.tear(Self.pods)
            #expect(watcher.wait { _ in api.watches(Self.pods) == 1 && api.uris(Self.pods).last?.contains("resourceVersion=9060&") == true })
            // It was not listed again.
            #expect(api.uris(Self.pods).count { $0.contains("limit=") } == 1)
        }

        @Test(arguments: [
            UnixAnswer.bytes(Array("{\"kind\": \"PodLi".utf8)), .bytes([0xff, 0, 0x7b]), .bytes(Array("[]".utf8)), .json(200, ["kind": "PodList"]),
            .cutOff(["kind": "PodList", "apiVersion": "v1", "items": []], after: 12), .status(500, "etcdserver: leader changed"), .status(503, "no endpoints"),
        ])
        func `what makes no sense or fails is tried again`(fault: UnixAnswer) throws {
            let api = try UnixAPI()
            defer { api.remove() }
            api.fail("\(Self.pods)?limit", fault, times: 2)
            let watcher = Watcher(api.socket)
            #expect(watcher.wait { $0.state(.pod)?.isFailing == true })
            #expect(watcher.wait { $0.state(.pod) == .following && $0.pod("solo") != nil })
            #expect(api.uris(Self.pods).count { $0.contains("limit=") } == 3)
        }

        @Test func `garbage on a watch ends it, and it goes on from the last place that was understood`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            let watcher = Watcher(api.socket)
            #expect(watcher.waitForAll())
            #expect(watcher.wait { _ in api.watches(Self.pods) == 1 })
            api.push(Self.pods, event("ADDED", pod("x", version: 9010)))
            api.push(Self.pods, "\u{0}{not json\n")
            #expect(watcher.wait { $0.state(.pod)?.isFailing == true })
            #expect(watcher.wait { _ in api.uris(Self.pods).last?.contains("resourceVersion=9010&") == true })
            // Objects that nothing can be made of are passed over.
            #expect(watcher.wait { _ in api.watches(Self.pods) >= 1 })
            api.push(Self.pods, event("ADDED", ["kind": "Pod", "metadata": 7]) + event("ADDED", pod("y", version: 9011)))
            #expect(watcher.wait { $0.pod("y") != nil && $0.state(.pod) == .following })
        }

        @Test func `a server that asks for patience gets it`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            api.fail("\(Self.pods)?limit", .status(429, "too many requests, please try again later", headers: [("Retry-After", "2")]))
            let watcher = Watcher(api.socket)
            #expect(watcher.wait { $0.state(.pod)?.isFailing == true })
            let start = DispatchTime.now().uptimeNanoseconds
            #expect(watcher.wait { $0.state(.pod) == .following })
            #expect(DispatchTime.now().uptimeNanoseconds - start > 1_800_000_000)
        }

        @Test func `slow answers are waited for, and silent ones not for ever`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            api.fail("\(Self.pods)?limit", .slow(list([pod("late")])))
            api.fail("/api/v1/services?limit", .silence)
            var patience = LiveCluster.Patience()
            patience.answer = .seconds(2)
            let watcher = Watcher(api.socket, patience: patience)
            #expect(watcher.wait { $0.pod("late") != nil })
            #expect(watcher.wait { $0.state(.service)?.isFailing == true })
            #expect(watcher.wait { $0.state(.service) == .following })
        }

        @Test func `what is not allowed is missing, and what it takes is told`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            for (path, list) in [("/api/v1/pods", "pods"), ("/api/v1/services", "services")] {
                api.set("/api/v1/namespaces/default/\(list)", try UnixAPI.recorded("lists.jsonl").first { $0["path"]?.string == path }?["body"])
            }
            for resource in LiveResource.all {
                let apiVersion = resource.info.apiVersion
                let root = (apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion
                api.fail("\(root)/\(resource.info.plural)?", .status(403, "\(resource.info.plural) is forbidden"), times: 1000)
            }
            let watcher = Watcher(api.socket, namespace: "default")
            #expect(watcher.waitForAll())
            #expect(watcher.pod("solo") != nil && watcher.store.services.count == 1)
            #expect(watcher.state(.pod) == .following && watcher.state(.node).map { if case .forbidden = $0 { true } else { false } } == true)
            // Nodes that pods run on are guessed, so that every view has something to show.
            watcher.session.derive()
            let node = try #require(watcher.pod("solo")).nodeName
            #expect(node.isEmpty || watcher.store.nodes[ObjectKey(name: node)] != nil)
            #expect(watcher.status.missing.contains { $0.hasPrefix("nodes may not be looked at: no labels") })
            #expect(watcher.status.missing.last?.hasPrefix("of namespace default alone: pods, ") == true)
            let role = LiveRule.role("x", watcher.status.rules)
            #expect(role.contains("resources: [nodes, namespaces, pods,") && role.contains("verbs: [list, watch]") && !role.contains("secrets"))
            #expect(api.requests.allSatisfy { $0.method == "GET" && !$0.uri.contains("secrets") })
        }

        private func definition(_ plural: String, _ kind: String) -> JSONValue {
            [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": .string(plural + ".example.com"), "uid": .string("uid-" + plural), "resourceVersion": "9100"],
                "spec": [
                    "group": "example.com", "scope": "Namespaced", "names": ["plural": .string(plural), "kind": .string(kind)],
                    "versions": [["name": "v1alpha1", "served": true, "storage": false], ["name": "v1", "served": true, "storage": true]],
                ],
            ]
        }

        @Test func `leases and custom kinds are followed, as their definitions come and go`() throws {
            let (definitions, widgets) = ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/apis/example.com/v1/widgets")
            let api = try UnixAPI()
            defer { api.remove() }
            func object(_ name: String) -> JSONValue {
                ["metadata": ["name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"), "resourceVersion": "9001"], "spec": ["size": 3]]
            }
            func list(_ items: [JSONValue]) -> JSONValue {
                ["kind": "List", "apiVersion": "v1", "metadata": ["resourceVersion": "9000"], "items": .array(items)]
            }
            api.set(definitions, list([definition("widgets", "Widget")]))
            api.set(widgets, list([object("w1")]))
            api.set("/apis/coordination.k8s.io/v1/leases", list([object("n1")]))
            api.fail("/apis/example.com/v1/gadgets", .status(403, "gadgets.example.com is forbidden"), times: 1000)
            let watcher = Watcher(api.socket)
            func names(_ kind: String, _ watcher: Watcher) -> [String] {
                watcher.store.customObjects.all.filter { $0.kindName == kind }.map(\.metadata.name).sorted()
            }
            #expect(watcher.wait { names("Widget", $0) == ["w1"] && names("Lease", $0) == ["n1"] && api.watches(widgets) > 0 && api.watches(definitions) > 0 })
            #expect(api.uris("/apis/example.com/v1alpha1/widgets").isEmpty)
            #expect(watcher.waitForAll())
            #expect(watcher.status.missing.isEmpty || !watcher.status.missing.contains { $0.contains("example.com") })
            api.push(widgets, event("ADDED", object("w2")))
            #expect(watcher.wait { names("Widget", $0) == ["w1", "w2"] })
            // One that is not allowed is told once, and all else goes on.
            api.push(definitions, event("ADDED", definition("gadgets", "Gadget")))
            #expect(watcher.wait { $0.status.missing.contains("gadgets.example.com may not be looked at: no objects of this custom kind") })
            #expect(watcher.status.missing.count { $0.contains("gadgets") } == 1)
            #expect(LiveRule.role("x", watcher.status.rules).contains("resources: [gadgets]"))
            api.push(widgets, event("ADDED", object("w3")))
            #expect(watcher.wait { names("Widget", $0) == ["w1", "w2", "w3"] })
            api.push(definitions, event("DELETED", definition("widgets", "Widget")))
            #expect(watcher.wait { names("Widget", $0).isEmpty })
            // What it would become from now on is worked out without leases, as of files.
            #expect(watcher.session.simulation.awake.cluster.store.customObjects.all.allSatisfy { $0.kindName != "Lease" })
            #expect(api.requests.allSatisfy { $0.method == "GET" && !$0.uri.contains("secrets") })
        }

        @Test func `a lost server is seen, and followed again when it is back`() throws {
            let api = try UnixAPI()
            defer { api.remove() }
            let watcher = Watcher(api.socket)
            #expect(watcher.waitForAll())
            #expect(watcher.wait { _ in api.watches(Self.pods) == 1 })
            api.stop()
            #expect(watcher.wait { $0.status.lost != nil })
            #expect(watcher.pod("solo") != nil)
            api.set(Self.pods, list([pod("other")], version: "9200"))
            api.fail("\(Self.pods)?watch=true", .status(410, "too old resource version"))
            try api.start()
            #expect(watcher.wait(30) { $0.status.lost == nil && $0.pod("other") != nil && $0.pod("solo") == nil })
            #expect(watcher.wait(30) { $0.status.failing == nil })
        }

        // MARK: A real kubectl

        /// The kubectl of the environment, else of the PATH.
        private static let kubectl: String? = {
            let environment = ProcessInfo.processInfo.environment
            if let own = environment["KUBECTL"] { return own }
            return (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/kubectl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        }()

        @Test(.enabled(if: kubectl != nil, "there is no kubectl: name one by KUBECTL"))
        func `a real kubectl proxy carries it, and lets nothing through that changes something`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let folder = FileManager.default.temporaryDirectory.appending(path: "evk-\(UUID().uuidString.prefix(8))").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let config = Kubeconfig(
                server: "https://127.0.0.1:\(server.listener.port)", authority: server.authority,
                client: try server.authority.client(user: "admin", groups: ["system:masters"]))
            try config.text.write(toFile: "\(folder)/config", atomically: true, encoding: .utf8)
            let kubectl = Kubectl(program: try #require(Self.kubectl), context: nil, kubeconfig: "\(folder)/config")
            let (status, output) = try kubectl.ask(["get", "--raw", "/version"])
            #expect(status == 0 && String(decoding: output, as: UTF8.self).contains("gitVersion"))
            let proxy = try KubectlProxy(kubectl, in: folder)
            let mode = try FileManager.default.attributesOfItem(atPath: (proxy.socket as NSString).deletingLastPathComponent)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            do {
                let watcher = Watcher(proxy.socket, revive: { proxy.revive() })
                #expect(watcher.waitForAll())
                #expect(watcher.pod("solo")?.isReady == true && watcher.store.nodes.count == 3)
                // Refused by the proxy itself.
                for (method, path) in [
                    ("DELETE", "/api/v1/namespaces/default/pods/solo"), ("POST", "/api/v1/namespaces/default/pods"), ("GET", "/api/v1/secrets"),
                    ("GET", "/api/v1/nodes/n1/proxy/stats"),
                ] {
                    #expect(try RawSocket.ask(proxy.socket, method, path).hasPrefix("HTTP/1.1 403"), "\(method) \(path)")
                }
                #expect(watcher.wait(1) { $0.pod("solo") == nil } == false)
            }
            proxy.end()
            #expect(!FileManager.default.fileExists(atPath: proxy.socket))
        }

        @Test func `a kubectl that is not there is said to be missing`() {
            let kubectl = Kubectl(program: "/nowhere/kubectl", context: "x", kubeconfig: nil)
            #expect(throws: Kubectl.Problem.self) { try kubectl.ask(["version"]) }
        }
    }

    /// One request on a Unix socket, by hand.
    enum RawSocket {
        static func ask(_ path: String, _ method: String, _ uri: String) throws -> String {
            let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw POSIXError(.EIO) }
            defer { close(descriptor) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
            guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
            let request = Array("\(method) \(uri) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".utf8)
            _ = write(descriptor, request, request.count)
            var bytes: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(descriptor, &part, part.count)
                if count <= 0 { break }
                bytes += part[..<count]
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
#endif
