import SimulationKit

/// How the control plane and the nodes talk to each other: what of it an installer decides.
public struct LinkSettings: Sendable, Equatable {
    /// How the API server reaches nodes, pods and services.
    public enum Egress: String, Sendable, CaseIterable {
        case direct
        /// A proxy server beside the API server; agents on the nodes dial out to it and keep tunnels open.
        case konnectivity
        /// The API server opens an SSH connection to each node and sends everything through it. Deprecated in Kubernetes 1.9 and removed
        /// in 1.22: shown as the documentation describes it, as history.
        case sshTunnel

        public var title: String { self == .sshTunnel ? "SSH tunnels" : rawValue }
    }
    /// One thing that is wrong with the ways to the nodes.
    public enum Fault: String, Sendable, CaseIterable {
        case none
        /// The nodes are up, their kubelets do not listen.
        case kubeletPortClosed = "kubelet port closed"
        /// The API server has no `--kubelet-client-certificate`: kubelets do not know who it is.
        case noClientCertificate = "no client certificate"
        /// Kubelets know the API server, and it has no right on `nodes/proxy`.
        case clientForbidden = "client forbidden"
        /// The SSH servers of the nodes do not run, or no agent is connected.
        case tunnelsDown = "tunnels down"
        /// The nodes do not take the SSH key.
        case keyRefused = "key refused"
        /// The API server cannot read its own SSH key.
        case keyUnreadable = "key unreadable"
        /// The Konnectivity server beside the API server does not run.
        case proxyServerDown = "proxy server down"

        private static let ofKubelets: [Fault] = [.none, .kubeletPortClosed, .noClientCertificate, .clientForbidden]

        /// Those that `egress` can have, ``none`` first.
        public static func possible(_ egress: Egress) -> [Fault] {
            switch egress {
            case .direct: ofKubelets
            case .sshTunnel: ofKubelets + [.tunnelsDown, .keyRefused, .keyUnreadable]
            case .konnectivity: ofKubelets + [.tunnelsDown, .proxyServerDown]
            }
        }
    }
    /// Which of the connected agents the Konnectivity server takes.
    public enum AgentStrategy: String, Sendable, CaseIterable {
        /// That on the node that is dialled, else any.
        case destHost
        /// Any.
        case `default`
    }
    /// Who signed the certificate that a kubelet shows on its port 10250.
    public enum ServingCertificate: String, Sendable, CaseIterable {
        /// Each kubelet made its own: what a kubelet does if nobody tells it otherwise.
        case selfSigned
        case clusterAuthority
    }

    /// `--kubelet-certificate-authority` is given to the API server. Kubernetes' default: no, so nothing is checked.
    public var checksKubelets = false
    public var servingCertificate = ServingCertificate.selfSigned
    public var egress = Egress.direct
    /// Somebody may sit between the machines: then each hop whose server is not checked can be read or changed.
    public var networkIsUntrusted = false
    /// `--service-account-extend-token-expiration`. Kubernetes' default: yes.
    public var extendsTokens = true
    public var fault = Fault.none
    /// The nodes that ``fault`` is about, in order; empty: all.
    public var faultNodes: [String] = []
    /// `--ssh-user`: who the API server is on the nodes when it opens tunnels.
    public var sshUser = "gke"
    /// `--ssh-keyfile`.
    public var sshKeyfile = "/etc/srv/kubernetes/.sshkeyfile"
    /// SSH tunnels can be chosen although no server of the simulated versions has them.
    public var showsHistory = false
    /// Which agent a connection goes by: `--proxy-strategies` of the Konnectivity server.
    public var agents = AgentStrategy.destHost
    /// How many API servers there are, 1 to 9.
    public var serverCount = 1
    /// How many of them have died, the last ones first, and when that was.
    public var deadServers = 0
    public var serversDiedAt = Instant.start
    /// One way between control plane and node. *Model*: 1 ms.
    public var nodeLatency = Duration.milliseconds(1)
    /// One way between pods. *Model*: 0.5 ms.
    public var podLatency = Duration.microseconds(500)
    /// Until the API server gives up dialling a kubelet: 5 s; anything else: 30 s.
    public var kubeletDialTimeout = Duration.seconds(5)
    public var proxyDialTimeout = Duration.seconds(30)

    public init() {}

    /// Why these settings cannot be had; nil if they can.
    public var refusal: String? {
        if egress == .sshTunnel, !showsHistory {
            return "SSH tunnels were removed in Kubernetes 1.22: kube-apiserver would not start (unknown flag: --ssh-user); they are shown as history alone"
        }
        if sshUser.isEmpty || sshKeyfile.isEmpty { return "--ssh-user and --ssh-keyfile must not be empty" }
        if !(1...9).contains(serverCount) { return "there can be 1 to 9 API servers, not \(serverCount)" }
        if !(0...serverCount).contains(deadServers) { return "of \(serverCount) API servers 0 to \(serverCount) can be dead, not \(deadServers)" }
        return nil
    }

    /// Whether this is wrong with the way to `node`.
    public func has(_ fault: Fault, at node: String) -> Bool { self.fault == fault && (faultNodes.isEmpty || faultNodes.contains(node)) }
    /// The user as the API server takes it.
    public var tunnelUser: String { String(sshUser.prefix(SSHTunnels.longestUser)) }

    /// What a server of the simulated versions would say to these settings, which are of another time; nil if they are of today.
    /// - Source: Kubernetes pull requests 54433 and 102297.
    public var warning: String? {
        egress == .sshTunnel ? "history: deprecated in 1.9, removed in 1.22; kube-apiserver would say: unknown flag: --ssh-user" : nil
    }

    /// How long a server's lease in the store lasts, and how often the servers look whose endpoints are to go.
    /// - Source: Kubernetes `pkg/controlplane/reconcilers/lease.go`, `pkg/controlplane/instance.go`.
    static let endpointLease = Duration.seconds(15)
    static let endpointReconcile = Duration.seconds(10)

    /// The servers among the endpoints of the Service `kubernetes` at `now`, by number: those that live, and those that died
    /// so lately that nobody has taken them out.
    public func serverEndpoints(at now: Instant) -> (alive: Int, dead: Int) {
        let expiry = (serversDiedAt + Self.endpointLease).sinceStart
        let period = Self.endpointReconcile.nanoseconds
        let gone = Instant(nanoseconds: expiry.nanoseconds.saturatingAdd(period - 1) / period * period)
        // With no server left there is nobody to take them out.
        let isListed = now < gone || deadServers == serverCount
        return (serverCount - deadServers, isListed ? deadServers : 0)
    }
}

/// One kind of connection between API server, nodes and pods, and what protects it.
///
/// - Source: Kubernetes documentation, "Communication between Nodes and the Control Plane";
///   `pkg/kubelet/client/kubelet_client.go`, `pkg/registry/core/{node,pod}/strategy.go`.
public enum Link: String, Sendable, CaseIterable {
    case podToServer, nodeToServer, serverToKubelet, nodeProxy, podProxy, securePodProxy, serviceProxy, sshTunnel, konnectivity, webhook, aggregated

    /// What protects a connection.
    public struct Facts: Sendable, Equatable {
        public var transport: String
        public var isEncrypted: Bool
        public var checksServer: Bool
        public var checksClient: Bool
        /// Safe where somebody may listen or pretend to be the other end.
        public var isSafe: Bool { isEncrypted && checksServer }
        /// What somebody between the two ends can do; nil: nothing.
        public var risk: String? { isSafe ? nil : isEncrypted ? "spoofable" : "readable" }
    }

    public var title: String {
        switch self {
        case .podToServer: "pod → API server"
        case .nodeToServer: "kubelet, kube-proxy → API server"
        case .serverToKubelet: "API server → kubelet (logs, exec, attach, port-forward)"
        case .nodeProxy: "API server → node proxy, other port"
        case .podProxy: "API server → pod proxy"
        case .securePodProxy: "API server → pod proxy, https:"
        case .serviceProxy: "API server → service proxy"
        case .sshTunnel: "API server → SSH server of a node"
        case .konnectivity: "konnectivity agent → proxy server"
        case .webhook: "API server → webhook on a service"
        case .aggregated: "API server → aggregated API"
        }
    }

    /// Who opens the connection.
    public var initiator: String {
        switch self {
        case .podToServer: "pod"
        case .nodeToServer: "node"
        case .konnectivity: "agent"
        default: "API server"
        }
    }

    public func facts(_ settings: LinkSettings) -> Facts {
        switch self {
        case .podToServer: Facts(transport: "HTTPS via ClusterIP", isEncrypted: true, checksServer: true, checksClient: true)
        case .nodeToServer: Facts(transport: "HTTPS", isEncrypted: true, checksServer: true, checksClient: true)
        case .serverToKubelet: Facts(transport: "HTTPS :10250", isEncrypted: true, checksServer: settings.checksKubelets, checksClient: true)
        case .nodeProxy, .podProxy, .serviceProxy: Facts(transport: "HTTP", isEncrypted: false, checksServer: false, checksClient: false)
        // The certificate is taken as it comes, and no client certificate is offered.
        case .securePodProxy: Facts(transport: "HTTPS", isEncrypted: true, checksServer: false, checksClient: false)
        // The key of the host is not checked.
        case .sshTunnel: Facts(transport: "SSH :22", isEncrypted: true, checksServer: false, checksClient: true)
        case .konnectivity: Facts(transport: "mTLS tunnel", isEncrypted: true, checksServer: true, checksClient: true)
        case .webhook, .aggregated: Facts(transport: "HTTPS", isEncrypted: true, checksServer: true, checksClient: self == .aggregated)
        }
    }

    /// The links that exist under these settings.
    public static func present(_ settings: LinkSettings) -> [Link] {
        allCases.filter { link in
            switch link {
            case .konnectivity: settings.egress == .konnectivity
            case .sshTunnel: settings.egress == .sshTunnel
            default: true
            }
        }
    }
}
