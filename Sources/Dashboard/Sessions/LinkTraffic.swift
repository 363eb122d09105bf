import KubernetesAPI
import Simulation

/// A session with a pod that is open: what travels on the links.
struct LinkSession: Equatable {
    var stream: LinkRequest.Stream
    var pod: ObjectKey
    var container: String?
    /// Bytes that went either way.
    var bytes: Int
}

/// What is on a link now: as the view of the links shows it.
struct LinkTraffic {
    /// How many sessions, or tunnels, are open.
    var live = "0"
    /// How much went over it.
    var amount = "-"

    init(of link: Link, _ world: World) {
        let sessions = world.sessions
        switch link {
        case .serverToKubelet:
            live = "\(sessions.count)"
            if !sessions.isEmpty { amount = Self.text(bytes: sessions.reduce(0) { $0 + $1.bytes }) }
        case .nodeToServer:
            // Each kubelet that is up watches the API server.
            live = "\(Self.reachable(world))"
            amount = "\(world.session.simulation.kubelets.requestsToServer) req"
        case .konnectivity, .sshTunnel:
            let simulation = world.session.simulation
            // Tunnels that are open, or agents that are connected.
            let count =
                link == .sshTunnel
                ? simulation.tunnels.open.count { !$0.isBroken }
                : world.view.nodeNames.count { !simulation.kubelets.isCutOff(node: $0) && !simulation.links.has(.tunnelsDown, at: $0) }
            live = "\(count)"
            if !sessions.isEmpty { amount = Self.text(bytes: sessions.reduce(0) { $0 + $1.bytes }) }
        default: live = "-"
        }
    }
    private static func reachable(_ world: World) -> Int {
        world.view.nodeNames.count { !world.session.simulation.kubelets.isFailed(node: $0) }
    }
    static func text(bytes: Int) -> String {
        if bytes < 1 << 10 { return "\(bytes) B" }
        if bytes < 1 << 20 { return "\(bytes >> 10) KiB" }
        return "\(bytes >> 20) MiB"
    }
}

extension Dashboard {
    /// Sessions of all views that are open, and forwards that were used.
    var openSessions: [LinkSession] {
        stack.flatMap(\.sessions)
            + world.forwards.filter { $0.state == .open }.compactMap { forward in
                forward.lastKey.map { LinkSession(stream: .portForward, pod: $0, container: nil, bytes: forward.bytes) }
            }
    }
}
