import ControlPlane
import KubernetesAPI
import Manifests
import SimulationKit

/// What a user of kubectl reads when a way to a node fails: each transport with each failure, as the model of the links answers.
public enum TransportFailures {
    /// What fails.
    public enum Failure: String, CaseIterable, Sendable {
        case none = "nothing"
        case nodeCutOff = "node cut off"
        case kubeletPortClosed = "kubelet port closed"
        case kubeletStopped = "kubelet stopped"
        case certificateUnknown = "certificate unknown"
        case noClientCertificate = "no client certificate"
        case clientForbidden = "client forbidden"
        case tunnelDown = "tunnel or agent of the node gone"
        case tunnelsDown = "tunnels down, agents gone"
        case keyRefused = "key refused"
        case keyUnreadable = "key unreadable"
        case proxyServerDown = "proxy server down"
    }
    /// What is asked: by its words after `:trace`.
    public static let requests = ["logs web", "exec web", "get pods/web:8080/proxy/", "get nodes/n1/proxy/metrics", "from web", "from node n1"]
    public static let transports: [LinkSettings.Egress] = [.direct, .sshTunnel, .konnectivity]

    /// A failure and a transport that can have it, with the answer to each of ``requests``.
    public static let rows: [(failure: String, transport: LinkSettings.Egress, answers: [String])] = Failure.allCases.flatMap { failure in
        transports.compactMap { egress in
            simulation(failure, egress).map { simulation in
                let asked = requests.compactMap { try? LinkRequest($0, namespace: "default") }
                return (failure.rawValue, egress, asked.map { simulation.trace($0).answer })
            }
        }
    }

    /// A small cluster of which something failed 100 s ago; nil if the transport cannot fail so.
    public static func simulation(_ failure: Failure, _ egress: LinkSettings.Egress) -> Simulation? {
        var simulation = cluster
        var settings = simulation.links
        (settings.egress, settings.showsHistory) = (egress, egress == .sshTunnel)
        _ = simulation.perform(.links(settings))
        // The API server has opened its tunnels by then.
        simulation.advance(to: simulation.now + .seconds(5))
        switch failure {
        case .none: break
        case .nodeCutOff: _ = simulation.perform(.fail(.node("n1")))
        case .kubeletStopped: _ = simulation.perform(.fail(.kubelet("n1")))
        case .certificateUnknown: settings.checksKubelets = true
        case .kubeletPortClosed: settings.fault = .kubeletPortClosed
        case .noClientCertificate: settings.fault = .noClientCertificate
        case .clientForbidden: settings.fault = .clientForbidden
        case .tunnelDown: (settings.fault, settings.faultNodes) = (.tunnelsDown, ["n1"])
        case .tunnelsDown: settings.fault = .tunnelsDown
        case .keyRefused: settings.fault = .keyRefused
        case .keyUnreadable: settings.fault = .keyUnreadable
        case .proxyServerDown: settings.fault = .proxyServerDown
        }
        guard LinkSettings.Fault.possible(egress).contains(settings.fault) else { return nil }
        _ = simulation.perform(.links(settings))
        // Until the health check of each tunnel has been due.
        simulation.advance(to: simulation.now + .seconds(100))
        return simulation
    }

    /// Two nodes and a pod with a port on the first.
    private static let cluster: Simulation = {
        let manifests = """
            {apiVersion: v1, kind: Node, metadata: {name: n1}, status: {allocatable: {cpu: "4", memory: 8Gi, pods: "10"}, addresses: [{type: InternalIP, address: 10.0.0.11}], conditions: [{type: Ready, status: "True"}]}}
            ---
            {apiVersion: v1, kind: Node, metadata: {name: n2}, status: {allocatable: {cpu: "4", memory: 8Gi, pods: "10"}, addresses: [{type: InternalIP, address: 10.0.0.12}], conditions: [{type: Ready, status: "True"}]}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: default}
            spec: {nodeName: n1, containers: [{name: app, image: web, ports: [{containerPort: 8080}]}]}
            """
        var simulation = Input(ManifestReader.read(text: manifests, file: "links")).makeSession().session.simulation
        simulation.advance(to: .start + .minutes(1))
        return simulation
    }()
}
