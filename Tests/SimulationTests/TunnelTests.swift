import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// SSH tunnels and Konnectivity agents of single nodes: scenarios 15 and 17–20 and the rows of `pod-sessions.md` §8.2 and §8.3.
///
/// Rows: `pod-sessions.md` §8.2 rows 1, 3, 5–14, §8.3 row 9, §9 row 4, #14, #15, #17, #18, #19.
@Suite struct TunnelTests {
    static let web = LinkTests.web
    private static let exec = LinkRequest.stream(.exec, pod: web, container: nil)

    /// Two nodes, a1 with the pod `web` and a2, and the API server restarted with tunnels at 2 minutes; then so much later.
    static func tunneled(_ later: Duration = .seconds(1), _ edit: (inout LinkSettings) -> Void = { _ in }) -> Simulation {
        var simulation = LinkTests.running()
        change(&simulation) {
            ($0.egress, $0.showsHistory) = (.sshTunnel, true)
            edit(&$0)
        }
        simulation.advance(to: simulation.now + later)
        return simulation
    }
    static func change(_ simulation: inout Simulation, _ edit: (inout LinkSettings) -> Void) {
        if case .failure(let error) = LinkTests.change(&simulation, edit) { Issue.record("\(error.message)") }
    }
    static func open(_ simulation: Simulation) -> [String] { simulation.tunnels.open.map(\.node).sorted() }
    static func messages(_ simulation: Simulation, _ start: String) -> [SSHTunnels.Message] { simulation.tunnels.messages.filter { $0.text.hasPrefix(start) } }
    static func address(_ node: String, _ simulation: Simulation) -> String {
        simulation.cluster.store.nodes[ObjectKey(name: node)]?.status.addresses.first { $0.type == "InternalIP" }?.address ?? ""
    }

    // MARK: Worked scenarios

    @Test func `15: of two agents that of a dead node is gone, and the other dials for it`() throws {
        var simulation = LinkTests.running()
        Self.change(&simulation) { $0.egress = .konnectivity }
        _ = simulation.perform(.fail(.node("a1")))
        let quiet = LinkRequest.stream(.logs, pod: ObjectKey(namespace: "default", name: "quiet"), container: nil)
        #expect(simulation.trace(quiet).failedHop == nil)
        let dead = simulation.trace(LinkTests.logs)
        #expect(dead.via == "a2" && dead.answer.hasSuffix("dial tcp \(Self.address("a1", simulation)):10250: i/o timeout"))
    }

    @Test func `17: no node takes the key`() {
        let simulation = Self.tunneled(.minutes(3)) { $0.fault = .keyRefused }
        #expect(Self.open(simulation).isEmpty)
        let words = "No SSH tunnels currently open. Were the targets able to accept an ssh-key for user \"gke\"?"
        let url = "https://\(Self.address("a1", simulation)):10250/containerLogs/default/web/web"
        #expect(simulation.trace(LinkTests.logs).answer == "Error from server: Get \"\(url)\": \(words)")
        #expect(simulation.trace(Self.exec).answer == "Error from server: error dialing backend: \(words)")
        // Each 15 s, both nodes.
        #expect(Self.messages(simulation, "Failed to open tunnel to").count == 2 * 13)
    }

    @Test func `18: without its own tunnel a node is reached through another`() {
        let simulation = Self.tunneled(.minutes(2)) { ($0.fault, $0.faultNodes) = (.tunnelsDown, ["a1"]) }
        #expect(Self.open(simulation) == ["a2"])
        let trace = simulation.trace(LinkTests.logs)
        #expect(trace.failedHop == nil && trace.via == "a2")
        let warning = "SSH tunnel not found for address \"\(Self.address("a1", simulation))\", picking random node"
        #expect(trace.hops.contains { $0.to == "node a2" && $0.note.hasSuffix(warning) })
    }

    @Test func `19: a killed SSH server is found by the next check, tried once, then every 15 s`() throws {
        var simulation = Self.tunneled(.minutes(2))
        let killed = simulation.now
        Self.change(&simulation) { ($0.fault, $0.faultNodes) = (.tunnelsDown, ["a1"]) }
        // Its tunnel is in the list still, and is chosen.
        #expect(Self.open(simulation) == ["a1", "a2"] && simulation.trace(Self.exec).answer == "Error from server: error dialing backend: EOF")
        simulation.advance(to: killed + .minutes(3))
        let address = Self.address("a1", simulation)
        let found = try #require(Self.messages(simulation, "Healthcheck failed for tunnel to \"\(address)\": ").first)
        #expect(found.time > killed && found.time <= killed + .minutes(1))
        #expect(found.text.hasSuffix("Get \"http://127.0.0.1:10255/healthz\": EOF"))
        #expect(Self.messages(simulation, "Attempting once to re-establish tunnel to \"\(address)\"").map(\.time) == [found.time])
        let tries = Self.messages(simulation, "Failed to open tunnel to \"\(address)\": dial tcp \(address):22: connect: connection refused").map(\.time)
        #expect(tries.first == found.time)
        #expect(zip(tries.dropFirst(), tries.dropFirst(2)).allSatisfy { $1 - $0 == .seconds(15) } && tries.count > 4)
        #expect(Self.open(simulation) == ["a2"])
        // It runs again.
        Self.change(&simulation) { $0.fault = .none }
        simulation.advance(to: simulation.now + .seconds(16))
        #expect(Self.open(simulation) == ["a1", "a2"])
    }

    // MARK: Rows of the table of tunnels

    @Test func `tunnels are opened at the start, one to each node, and counted`() {
        let simulation = Self.tunneled()
        #expect(Self.open(simulation) == ["a1", "a2"])
        #expect(simulation.tunnels.openCount == 2 && simulation.tunnels.openFailCount == 0)
        #expect(simulation.tunnels.messages.first?.text == "Flag --ssh-user has been deprecated, This flag will be removed in a future version.")
        #expect(Self.messages(simulation, "Successfully added tunnel for").count == 2)
        #expect(Self.tunneled(.minutes(3)) { $0.fault = .keyRefused }.tunnels.openFailCount == 26)
        // Nothing of it where there are none.
        #expect(LinkTests.running().tunnels == SSHTunnels() && LinkTests.running().tunnels.healthProblem(at: .start + .hours(9)) == nil)
    }

    @Test func `a long user is cut to 32 characters`() {
        let user = String(repeating: "u", count: 40)
        let simulation = Self.tunneled { ($0.sshUser, $0.fault) = (user, .keyRefused) }
        #expect(Self.messages(simulation, "SSH User is too long, truncating to 32 chars").count == 1)
        #expect(simulation.trace(Self.exec).answer.hasSuffix("for user \"\(user.prefix(32))\"?"))
        #expect(Self.messages(Self.tunneled { $0.sshUser = String(user.prefix(32)) }, "SSH User").isEmpty)
        var empty = LinkTests.running()
        guard case .failure(let error) = LinkTests.change(&empty, { ($0.egress, $0.showsHistory, $0.sshUser) = (.sshTunnel, true, "") }) else {
            Issue.record("accepted")
            return
        }
        #expect(error.message == "--ssh-user and --ssh-keyfile must not be empty")
    }

    @Test func `tunnels of new nodes are opened within 15 s, those of nodes that went are closed`() throws {
        var simulation = Self.tunneled()
        var node = try #require(simulation.cluster.store.nodes[ObjectKey(name: "a2")])
        node.metadata = Metadata(ObjectMeta())
        node.metadata.name = "a3"
        node.status.addresses = [NodeAddress("InternalIP", "10.9.9.9")]
        _ = try simulation.perform(.create(node)).get()
        simulation.advance(to: simulation.now + .seconds(16))
        #expect(Self.open(simulation) == ["a1", "a2", "a3"])
        _ = try simulation.perform(.delete(.node, ObjectKey(name: "a3"), DeleteOptions())).get()
        simulation.advance(to: simulation.now + .seconds(16))
        #expect(Self.open(simulation) == ["a1", "a2"])
        #expect(Self.messages(simulation, "Removing tunnel to deleted node at \"10.9.9.9\"").count == 1)
    }

    @Test func `checks are spread over the minute, and any answer is good`() throws {
        var simulation = Self.tunneled(.minutes(2))
        let start = simulation.now
        Self.change(&simulation) { $0.fault = .tunnelsDown }
        simulation.advance(to: start + .minutes(1))
        let times = Self.messages(simulation, "Healthcheck failed").map(\.time)
        #expect(times.count == 2 && times[1] - times[0] == .seconds(30))
        #expect(Self.open(simulation).isEmpty)
        // Without faults none ever fails.
        #expect(Self.messages(Self.tunneled(.minutes(30)), "Healthcheck").isEmpty)
    }

    @Test func `who is silent is given up after 150 s`() throws {
        var simulation = LinkTests.running()
        _ = simulation.perform(.fail(.node("a1")))
        let start = simulation.now
        Self.change(&simulation) { ($0.egress, $0.showsHistory) = (.sshTunnel, true) }
        simulation.advance(to: start + .minutes(3))
        let failed = try #require(Self.messages(simulation, "Failed to open tunnel to").first)
        #expect(failed.time == start + .seconds(150) && failed.text.hasSuffix(":22: i/o timeout"))
        #expect(Self.open(simulation) == ["a2"])
    }

    @Test func `a kubelet that does not answer has its tunnel opened anew`() {
        var simulation = Self.tunneled(.minutes(1))
        _ = simulation.perform(.fail(.kubelet("a1")))
        simulation.advance(to: simulation.now + .seconds(155))
        let address = Self.address("a1", simulation)
        let words =
            "Healthcheck failed for tunnel to \"\(address)\": Get \"http://127.0.0.1:10255/healthz\": ssh: rejected: connect failed (Connection refused)"
        #expect(Self.messages(simulation, words).count == 2 && Self.open(simulation) == ["a1", "a2"])
        #expect(simulation.trace(Self.exec).answer == "Error from server: error dialing backend: ssh: rejected: connect failed (Connection refused)")
    }

    @Test func `an address whose key cannot be read is never tried again`() {
        var simulation = Self.tunneled(.minutes(5)) { ($0.fault, $0.faultNodes) = (.keyUnreadable, ["a1"]) }
        let (address, file) = (Self.address("a1", simulation), simulation.links.sshKeyfile)
        let words = "Failed to create tunnel for \"\(address)\": error reading SSH key \(file): '"
        #expect(Self.messages(simulation, words).count == 1 && Self.open(simulation) == ["a2"])
        // It stays marked as being added until the server starts again.
        Self.change(&simulation) { $0.fault = .none }
        simulation.advance(to: simulation.now + .minutes(5))
        #expect(Self.open(simulation) == ["a2"])
        Self.change(&simulation) { $0.sshUser = "core" }
        simulation.advance(to: simulation.now + .seconds(1))
        #expect(Self.open(simulation) == ["a1", "a2"])
    }

    @Test func `the health check of the API server fails when the key was not installed for ten minutes`() {
        var simulation = Self.tunneled(.minutes(10)) { $0.fault = .keyRefused }
        #expect(simulation.tunnels.healthProblem(at: simulation.now) == nil)
        simulation.advance(to: simulation.now + .seconds(1))
        #expect(simulation.tunnels.healthProblem(at: simulation.now) == "SSHKey sync is taking to long: 601")
        #expect(Self.tunneled(.minutes(30)).tunnels.healthProblem(at: .start + .minutes(32)) == nil)
    }

    @Test func `a pod's own address has no tunnel, so any is taken`() throws {
        let simulation = Self.tunneled()
        let trace = simulation.trace(try LinkTests.get("pods/web:8080/proxy/"))
        #expect(trace.failedHop == nil && ["a1", "a2"].contains(trace.via))
        #expect(trace.hops.contains { $0.note.contains("picking random node") })
    }

    @Test func `a session ends with its tunnel, new ones go by another`() throws {
        var simulation = Self.tunneled(.minutes(1))
        let log = try simulation.log(of: Self.web).get()
        let cursor = try #require(log.cursor)
        Self.change(&simulation) { ($0.fault, $0.faultNodes) = (.tunnelsDown, ["a1"]) }
        #expect(simulation.log(after: cursor).problem == "error: read: connection reset by peer")
        simulation.advance(to: simulation.now + .minutes(2))
        let next = try #require(try simulation.log(of: Self.web).get().cursor)
        simulation.advance(to: simulation.now + .seconds(5))
        #expect(simulation.log(after: next).cursor != nil)
    }

    // MARK: Konnectivity

    @Test func `an agent that dies ends the sessions through it, and new ones take another`() throws {
        var simulation = LinkTests.running()
        Self.change(&simulation) { $0.egress = .konnectivity }
        var shell = try simulation.exec(in: Self.web, ["sh"]).get()
        Self.change(&simulation) { ($0.fault, $0.faultNodes) = (.tunnelsDown, ["a1"]) }
        let end = shell.run(Array("hostname\n".utf8), in: simulation)
        #expect(end.exitCode == 1 && String(decoding: end.stderr, as: UTF8.self) == "error: read: connection reset by peer\n")
        let trace = simulation.trace(Self.exec)
        #expect(trace.failedHop == nil && trace.via == "a2")
    }

    @Test func `by the strategy default any agent is taken, by destHost that of the node`() {
        var simulation = LinkTests.running()
        Self.change(&simulation) { $0.egress = .konnectivity }
        func ways() -> Set<String> {
            var (found, at): (Set<String>, Simulation) = ([], simulation)
            for _ in 0..<30 {
                at.advance(to: at.now + .milliseconds(7))
                found.insert(at.trace(LinkTests.logs).via)
            }
            return found
        }
        #expect(ways() == ["a1"])
        Self.change(&simulation) { $0.agents = .default }
        #expect(ways() == ["a1", "a2"])
    }

    /// Scenario 14 of `pod-sessions.md`: the process is gone, the machine is there.
    @Test func `14: a kubelet that stopped is refused, its pods go on, and the node is not ready after its grace period`() throws {
        var simulation = LinkTests.running()
        _ = try simulation.perform(.fail(.kubelet("a1"))).get()
        let place = "dial tcp \(Self.address("a1", simulation)):10250: connect: connection refused"
        #expect(simulation.trace(Self.exec).answer == "Error from server: error dialing backend: \(place)")
        #expect(
            simulation.trace(LinkTests.logs).answer
                == "Error from server: Get \"https://\(Self.address("a1", simulation)):10250/containerLogs/default/web/web\": \(place)")
        #expect(simulation.trace(try LinkTests.get("pods/web:8080/proxy/")).failedHop == nil)
        let stopped = simulation.now
        func isReady() -> Bool { simulation.cluster.store.nodes[ObjectKey(name: "a1")]?.isReady == true }
        let grace = simulation.cluster.profile.nodeMonitorGracePeriodSeconds
        simulation.advance(to: stopped + .seconds(grace - 15))
        #expect(isReady())
        simulation.advance(to: stopped + .seconds(grace + 10))
        #expect(!isReady() && simulation.cluster.store.pods[Self.web]?.status.phase == .running)
        _ = try simulation.perform(.recover(.kubelet("a1"))).get()
        simulation.advance(to: simulation.now + .seconds(10))
        #expect(isReady() && simulation.trace(Self.exec).failedHop == nil)
    }

    // MARK: Scenarios of files

    @Test func `a scenario's step changes the links, and says what cannot be`() throws {
        var played = session(
            scenario(
                """
                  cluster: {zones: 1, nodesPerZone: 2}
                  steps:
                  - {at: 10s, links: {egress: konnectivity, fault: tunnels down, nodes: [a2]}}
                  - {at: 20s, links: {egress: direct, kubeletCertificateAuthority: true, kubeletCertificates: clusterAuthority}}
                  - {at: 30s, links: {egress: sshTunnel}, refused: removed in Kubernetes 1.22}
                  - {at: 40s, links: {egress: sshTunnel, history: true, sshUser: core}}
                  - {at: 50s, fail: {kubelet: a1}}
                """))
        played.run(to: 15)
        #expect(played.simulation.links.has(.tunnelsDown, at: "a2") && !played.simulation.links.has(.tunnelsDown, at: "a1"))
        played.run(to: 25)
        #expect(played.simulation.links.fault == .none && played.simulation.links.checksKubelets)
        played.run(to: 60)
        #expect(played.script.failures.isEmpty)
        #expect(played.simulation.links.sshUser == "core" && Self.open(played.simulation) == ["a1", "a2"])
        #expect(played.simulation.kubelets.isFailed(node: "a1") && !played.simulation.kubelets.isCutOff(node: "a1"))
        #expect(
            problems(scenario("  steps:\n  - {links: {egress: pigeon}}"))
                == ["test.yaml:6: spec.steps[0].links.egress: \"pigeon\" is none of direct, konnectivity, sshTunnel"])
    }
}
