import SimulationKit

/// How the control plane and the nodes talk to each other: what of it an installer decides.
public struct LinkSettings: Sendable, Equatable {
    /// How the API server reaches nodes, pods and services.
    public enum Egress: String, Sendable, CaseIterable {
        case direct
        /// A proxy server beside the API server; agents on the nodes dial out to it and keep tunnels open.
        case konnectivity
        /// Removed in Kubernetes 1.22; refused by every version that is simulated.
        case sshTunnel
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
        egress == .sshTunnel ? "SSH tunnels were removed in Kubernetes 1.22; use konnectivity or direct" : nil
    }
}

/// One kind of connection between API server, nodes and pods, and what protects it.
///
/// - Source: Kubernetes documentation, "Communication between Nodes and the Control Plane";
///   `pkg/kubelet/client/kubelet_client.go`, `pkg/registry/core/{node,pod}/strategy.go`.
public enum Link: String, Sendable, CaseIterable {
    case podToServer, nodeToServer, serverToKubelet, nodeProxy, podProxy, securePodProxy, serviceProxy, konnectivity, webhook, aggregated

    /// What protects a connection.
    public struct Facts: Sendable, Equatable {
        public var transport: String
        public var isEncrypted: Bool
        public var checksServer: Bool
        public var checksClient: Bool
        /// Safe where somebody may listen or pretend to be the other end.
        public var isSafe: Bool { isEncrypted && checksServer }
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
        case .konnectivity: Facts(transport: "mTLS tunnel", isEncrypted: true, checksServer: true, checksClient: true)
        case .webhook, .aggregated: Facts(transport: "HTTPS", isEncrypted: true, checksServer: true, checksClient: self == .aggregated)
        }
    }

    /// The links that exist under these settings.
    public static func present(_ settings: LinkSettings) -> [Link] { allCases.filter { $0 != .konnectivity || settings.egress == .konnectivity } }
}
