import KubernetesAPI
import SimulationKit

/// The SSH tunnels of an API server, one to each node, as Kubernetes had them up to 1.21.
///
/// Every 15 s the list of nodes is read: new ones get a tunnel, those that are gone lose theirs. Each minute every tunnel is asked for the
/// node's `/healthz`, spread evenly over the minute; one that does not answer is closed and opened again once, and if that fails, by the
/// next reading of the list.
///
/// - Source: Kubernetes 1.21 `pkg/ssh/ssh.go`, `pkg/controlplane/tunneler/ssh.go`; `pod-sessions.md` §8.2.
public struct SSHTunnels: Sendable, Equatable {
    /// A tunnel that is in the list, whether or not its connection is still there.
    public struct Tunnel: Sendable, Equatable {
        public let node: String
        /// At which kubelets are dialled, too.
        public let address: String
        public let since: Instant
        /// The other end has closed the connection; the list does not know it before the next check.
        public internal(set) var isBroken = false
    }
    /// What the API server writes to its own log about them.
    public struct Message: Sendable, Equatable {
        public let time: Instant
        public let text: String
    }
    /// Somebody who is dialled.
    private struct Opening: Sendable, Equatable {
        var node: String
        var address: String
        var until: Instant
        /// Nil: it will be open.
        var problem: String?
    }
    private struct Check: Sendable, Equatable {
        var address: String
        var due: Instant
        /// It was asked, and has not answered.
        var isWaiting = false
    }

    /// In the order in which they were opened.
    public private(set) var open: [Tunnel] = []
    private var opening: [Opening] = []
    private var checks: [Check] = []
    /// Addresses whose key could not be read: they stay marked as being added until the API server starts anew.
    private var stuck: [String] = []
    /// Nil: there are no tunnels.
    private var begin: Instant?
    private var nextSync = Instant.start
    private var nextRound = Instant.start
    private var nextKey = Instant.start
    private var lastSync = Instant.start
    private var lastKey = Instant.start
    /// `ssh_tunnel_open_count` and `ssh_tunnel_open_fail_count`.
    public private(set) var openCount = 0
    public private(set) var openFailCount = 0
    /// The newest 200.
    public private(set) var messages: [Message] = []

    static let syncPeriod = Duration.seconds(15)
    static let keyPeriod = Duration.minutes(5)
    static let checkPeriod = Duration.minutes(1)
    /// Until who dials gives up.
    static let dialTimeout = Duration.seconds(150)
    /// *Model*: until a node that answers has a tunnel.
    static let openTime = Duration.milliseconds(200)
    /// *Model*: a check that nobody answers. Kubernetes sets no time-out here, so that TCP's own retransmission ends it.
    static let checkTimeout = Duration.seconds(30)
    /// Behind which the API server's health check `SSH Tunnel Check` fails.
    static let longestLag = 600
    /// Of kubelets; a health check asks there.
    static let readOnlyPort = 10255
    /// Users' names are cut behind so many characters.
    public static let longestUser = 32

    /// What they need to know of the nodes.
    struct Nodes {
        /// The nodes with the addresses at which their kubelets are dialled, by name.
        var all: [(name: String, address: String)]
        var settings: LinkSettings
        var isCutOff: (String) -> Bool
        /// Its kubelet listens.
        var hasKubelet: (String) -> Bool

        fileprivate func hasServer(_ node: String) -> Bool { !settings.has(.tunnelsDown, at: node) }
    }

    public init() {}

    /// The tunnel by which a connection to `address` goes: that node's own, else any; nil if none is open.
    func pick(_ address: String, _ random: inout SeededRandom) -> (tunnel: Tunnel, isOwn: Bool)? {
        if let own = open.first(where: { $0.address == address }) { return (own, true) }
        return open.isEmpty ? nil : (open[random.below(open.count)], false)
    }

    /// What the check `SSH Tunnel Check` of the API server's `/healthz` says; nil: ok.
    public func healthProblem(at now: Instant) -> String? {
        guard begin != nil else { return nil }
        func lag(_ last: Instant) -> Int { Int(clamping: (now - last).nanoseconds / 1_000_000_000) }
        if lag(lastSync) > Self.longestLag { return "Tunnel sync is taking to long: \(lag(lastSync))" }
        if lag(lastKey) > Self.longestLag { return "SSHKey sync is taking to long: \(lag(lastKey))" }
        return nil
    }

    // MARK: What changes from outside

    /// The API server starts with these flags, or without them: nothing is kept.
    mutating func restart(_ settings: LinkSettings, at now: Instant) {
        self = SSHTunnels()
        guard settings.egress == .sshTunnel else { return }
        begin = now
        (nextSync, nextRound, nextKey, lastSync, lastKey) = (now, now, now, now, now)
        note("Flag --ssh-user has been deprecated, This flag will be removed in a future version.", now)
        if settings.sshUser.count > Self.longestUser { note("SSH User is too long, truncating to \(Self.longestUser) chars", now) }
    }
    /// Connections end with the SSH server at their other end.
    mutating func lose(_ settings: LinkSettings) {
        for index in open.indices where settings.has(.tunnelsDown, at: open[index].node) { open[index].isBroken = true }
    }

    // MARK: The loops

    var nextWake: Instant? {
        guard begin != nil else { return nil }
        return ([nextSync, nextRound, nextKey] + opening.map(\.until) + checks.map(\.due)).min()
    }

    mutating func run(_ nodes: Nodes, at now: Instant) {
        guard begin != nil else { return }
        for opened in opening where opened.until <= now { finish(opened, nodes, now) }
        opening.removeAll { $0.until <= now }
        if nextKey <= now {
            nextKey = now + Self.keyPeriod
            if nodes.settings.fault != .keyRefused { lastKey = now }
        }
        if nextSync <= now { sync(nodes, now) }
        if nextRound <= now {
            nextRound = now + Self.checkPeriod
            checks.removeAll { !$0.isWaiting }
            for (index, tunnel) in open.enumerated() {
                checks.append(Check(address: tunnel.address, due: now + Duration(nanoseconds: Self.checkPeriod.nanoseconds / Int64(open.count) * Int64(index))))
            }
        }
        let due = checks.filter { $0.due <= now }
        checks.removeAll { $0.due <= now }
        for check in due { self.check(check, nodes, now) }
    }

    private mutating func sync(_ nodes: Nodes, _ now: Instant) {
        (nextSync, lastSync) = (now + Self.syncPeriod, now)
        for tunnel in open where !nodes.all.contains(where: { $0.address == tunnel.address }) {
            note("Removing tunnel to deleted node at \"\(tunnel.address)\"", now)
        }
        open.removeAll { tunnel in !nodes.all.contains { $0.address == tunnel.address } }
        for node in nodes.all where !open.contains(where: { $0.address == node.address }) && !isAdding(node.address) {
            add(node.name, node.address, nodes, now)
        }
    }
    private func isAdding(_ address: String) -> Bool { stuck.contains(address) || opening.contains { $0.address == address } }

    private mutating func add(_ node: String, _ address: String, _ nodes: Nodes, _ now: Instant) {
        note("Trying to add tunnel to \"\(address)\"", now)
        if nodes.settings.has(.keyUnreadable, at: node) {
            let file = nodes.settings.sshKeyfile
            note("Failed to create tunnel for \"\(address)\": error reading SSH key \(file): 'open \(file): no such file or directory'", now)
            stuck.append(address)
            return
        }
        let host = "\(address):22"
        if nodes.isCutOff(node) {
            opening.append(Opening(node: node, address: address, until: now + Self.dialTimeout, problem: "dial tcp \(host): i/o timeout"))
        } else if !nodes.hasServer(node) {
            failed(address, "dial tcp \(host): connect: connection refused", now)
        } else if nodes.settings.has(.keyRefused, at: node) {
            failed(address, "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain", now)
        } else {
            opening.append(Opening(node: node, address: address, until: now + Self.openTime, problem: nil))
        }
    }
    private mutating func failed(_ address: String, _ problem: String, _ now: Instant) {
        (openCount, openFailCount) = (openCount + 1, openFailCount + 1)
        note("Failed to open tunnel to \"\(address)\": \(problem)", now)
    }
    private mutating func finish(_ opened: Opening, _ nodes: Nodes, _ now: Instant) {
        if let problem = opened.problem { return failed(opened.address, problem, now) }
        openCount += 1
        open.append(Tunnel(node: opened.node, address: opened.address, since: now, isBroken: !nodes.hasServer(opened.node)))
        note("Successfully added tunnel for \"\(opened.address)\"", now)
    }

    private mutating func check(_ check: Check, _ nodes: Nodes, _ now: Instant) {
        guard let index = open.firstIndex(where: { $0.address == check.address }) else { return }
        let tunnel = open[index]
        let problem: String
        if tunnel.isBroken {
            problem = "EOF"
        } else if nodes.isCutOff(tunnel.node) {
            if !check.isWaiting { return checks.append(Check(address: check.address, due: now + Self.checkTimeout, isWaiting: true)) }
            problem = Self.lostPacket
        } else if !nodes.hasKubelet(tunnel.node) {
            problem = "ssh: rejected: connect failed (Connection refused)"
        } else {
            // Any answer is good, also one that says that the kubelet is ill.
            return
        }
        note("Healthcheck failed for tunnel to \"\(tunnel.address)\": Get \"http://127.0.0.1:\(Self.readOnlyPort)/healthz\": \(problem)", now)
        note("Attempting once to re-establish tunnel to \"\(tunnel.address)\"", now)
        open.remove(at: index)
        add(tunnel.node, tunnel.address, nodes, now)
    }
    /// What Go's SSH says when a connection dies while it is asked for a channel.
    static let lostPacket = "ssh: unexpected packet in response to channel open: <nil>"

    private mutating func note(_ text: String, _ now: Instant) {
        messages.append(Message(time: now, text: text))
        if messages.count > 200 { messages.removeFirst() }
    }
}

extension Simulation {
    mutating func runTunnels() {
        let nodes = tunnelNodes
        tunnels.run(nodes, at: now)
    }
    private var tunnelNodes: SSHTunnels.Nodes {
        let (settings, kubelets) = (links, kubelets)
        return SSHTunnels.Nodes(
            all: cluster.store.nodes.sorted().map { ($0.metadata.name, $0.kubeletAddress) }, settings: settings,
            isCutOff: { kubelets.isCutOff(node: $0) }, hasKubelet: { !kubelets.isFailed(node: $0) && !settings.has(.kubeletPortClosed, at: $0) })
    }
}

extension Node {
    /// Where the API server dials its kubelet: the internal address, as kubeadm has it.
    var kubeletAddress: String { (status.addresses.first { $0.type == "InternalIP" } ?? status.addresses.first)?.address ?? metadata.name }
}
