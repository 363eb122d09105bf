// Names and addresses as pods see them, and who answers behind them.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// The cluster's DNS and the Services' rules, as a question to a state.
///
/// - Source: `control-plane-links.md` §2; Kubernetes "DNS for Services and Pods".
public struct PodNetwork: Sendable {
    @Shared private(set) var simulation: Simulation
    private var store: ObjectStore { simulation.cluster.store }

    public init(_ simulation: Simulation) { self.simulation = simulation }

    static let domain = "cluster.local"
    static func searchDomains(_ namespace: String) -> [String] { ["\(namespace).svc.\(domain)", "svc.\(domain)", domain] }

    /// The address of the cluster's DNS.
    var nameServer: String {
        store.services[ObjectKey(namespace: "kube-system", name: "kube-dns")]?.spec.clusterIP ?? "10.96.0.10"
    }
    /// Whether somebody answers there: a cluster that shows no Service for it is taken to have one.
    var hasNameServer: Bool {
        guard let service = store.services[ObjectKey(namespace: "kube-system", name: "kube-dns")] else { return true }
        return service.spec.ports.contains { !endpoints(of: service, $0).isEmpty }
    }

    // MARK: Names

    /// The full name and the addresses that `name` stands for in a pod of `namespace`; nil if nobody has it.
    func resolve(_ name: String, in namespace: String) -> (name: String, addresses: [String])? {
        if name == "localhost" { return (name, ["127.0.0.1"]) }
        if Self.isAddress(name) { return (name, [name]) }
        let isWhole = name.hasSuffix(".")
        let plain = isWhole ? String(name.dropLast()) : name
        let candidates = isWhole ? [plain] : Self.searchDomains(namespace).map { "\(plain).\($0)" } + [plain]
        for candidate in candidates {
            if let addresses = addresses(candidate), !addresses.isEmpty { return (candidate, addresses) }
        }
        return nil
    }
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Addresses of a full name.
    private func addresses(_ name: String) -> [String]? {
        guard name.hasSuffix(".\(Self.domain)") else { return nil }
        let parts = name.dropLast(Self.domain.count + 1).split(separator: ".").map(String.init)
        switch parts.last {
        case "svc" where parts.count == 3:
            guard let service = store.services[ObjectKey(namespace: parts[1], name: parts[0])] else { return nil }
            if service.spec.type == "ExternalName" { return nil }
            if service.spec.clusterIP != "None" { return [service.spec.clusterIP] }
            return service.spec.ports.first.map { endpoints(of: service, $0) }?.map(\.pod.status.podIP)
        case "svc" where parts.count == 4:
            // A pod of a headless Service, by its own name.
            guard let service = store.services[ObjectKey(namespace: parts[2], name: parts[1])] else { return nil }
            let pod = store.pods[ObjectKey(namespace: parts[2], name: parts[0])]
            return pod.flatMap { service.spec.selector.isEmpty || $0.status.podIP.isEmpty || $0.spec.subdomain != service.name ? nil : [$0.status.podIP] }
        case "pod" where parts.count == 3:
            let address = parts[0].replacing("-", with: ".")
            return Self.isAddress(address) ? [address] : nil
        default: return nil
        }
    }

    // MARK: Endpoints

    /// Who is ready behind a port of a Service, in the order of the slices.
    public func endpoints(of service: Service, _ port: ServicePort) -> [(pod: Pod, port: Int)] {
        var found: [(pod: Pod, port: Int)] = []
        for slice in store.endpointSlices.sorted(namespace: service.namespace) where slice.metadata.labels[LabelKey.serviceName] == service.name {
            guard let number = slice.ports.first(where: { ($0.name ?? "") == port.name })?.port else { continue }
            for endpoint in slice.endpoints where endpoint.conditions.ready == true {
                guard let name = endpoint.targetRef?["name"]?.string, let pod = store.pods[ObjectKey(namespace: service.namespace, name: name)] else {
                    continue
                }
                found.append((pod, number))
            }
        }
        return found
    }

    /// The endpoint that the rules on `node` give a new connection to: by the Service's traffic distribution, else any; nil if there is
    /// none. `draw` chooses among them.
    public func endpoint(of service: Service, _ port: ServicePort, from node: String, draw: UInt64) -> (pod: Pod, port: Int)? {
        let all = endpoints(of: service, port)
        let zone = store.nodes[ObjectKey(name: node)]?.zone ?? ""
        let here = all.filter { $0.pod.nodeName == node }
        let near = zone.isEmpty ? [] : all.filter { store.nodes[ObjectKey(name: $0.pod.nodeName)]?.zone == zone }
        let chosen =
            switch Routing(service, simulation.options.profile) {
            case .uniform: all
            case .local: here
            case .preferSameNode: here.isEmpty ? (near.isEmpty ? all : near) : here
            case .preferSameZone, .topologyHints: near.isEmpty ? all : near
            }
        return chosen.isEmpty ? nil : chosen[Int(draw % UInt64(chosen.count))]
    }

    // MARK: Connections

    enum Connection {
        case pod(Pod, port: Int)
        case server
        case refused
        /// Nothing comes back.
        case timeout
    }

    /// Who takes a connection from `pod` to an address and port.
    func connect(from pod: Pod, to address: String, port: Int, draw: UInt64) -> Connection {
        if address == "127.0.0.1" || address == pod.status.podIP { return listens(pod, port) ? .pod(pod, port: port) : .refused }
        if address == PodCredentials.serverAddress { return port == 443 ? .server : .timeout }
        if let service = store.services.all.first(where: { $0.spec.clusterIP == address }) {
            guard let found = service.spec.ports.first(where: { $0.port == port }) else { return .timeout }
            guard let (target, number) = endpoint(of: service, found, from: pod.nodeName, draw: draw) else {
                // Nobody is ready: refused; only those elsewhere are: dropped.
                return endpoints(of: service, found).isEmpty ? .refused : .timeout
            }
            return reach(target, number)
        }
        if let target = store.pods.all.first(where: { $0.status.podIP == address && !$0.isFinished && !$0.spec.hostNetwork }) { return reach(target, port) }
        guard let node = store.nodes.all.first(where: { $0.status.addresses.contains { $0.address == address } }) else { return .timeout }
        if simulation.kubelets.isCutOff(node: node.metadata.name) { return .timeout }
        for service in store.services.all {
            guard let found = service.spec.ports.first(where: { $0.nodePort == port && port != 0 }) else { continue }
            return endpoint(of: service, found, from: node.metadata.name, draw: draw).map { reach($0.pod, $0.port) } ?? .refused
        }
        for target in store.pods(onNode: node.metadata.name) {
            let ports = target.spec.containers.flatMap(\.ports)
            guard let found = ports.first(where: { $0.hostPort == port || target.spec.hostNetwork && $0.containerPort == port }) else { continue }
            return reach(target, found.containerPort)
        }
        return .refused
    }
    private func reach(_ target: Pod, _ port: Int) -> Connection {
        if simulation.kubelets.isCutOff(node: target.nodeName) { return .timeout }
        return listens(target, port) ? .pod(target, port: port) : .refused
    }
    private func listens(_ pod: Pod, _ port: Int) -> Bool { simulation.kubelets.listener(of: pod, port: port, at: simulation.now) != nil }
}
