import ControlPlane
import KubernetesAPI

/// The cells of a service.
enum ServiceDisplay {
    static func externalAddress(_ service: Service, wide: Bool) -> String {
        let spec = service.spec
        let external = spec.externalIPs.joined(separator: ",")
        switch spec.type {
        case "ExternalName": return spec.externalName
        case "LoadBalancer":
            return [addresses(service.status?["loadBalancer"], wide: wide), external].filter { !$0.isEmpty }.joined(separator: ",").or("<pending>")
        default: return external.or("<none>")
        }
    }
    /// The addresses of a load balancer.
    static func addresses(_ balancer: JSONValue?, wide: Bool) -> String {
        var addresses: [String] = []
        for ingress in balancer?["ingress"]?.array ?? [] {
            guard let address = ingress["ip"]?.string ?? ingress["hostname"]?.string else { continue }
            if !addresses.contains(address) { addresses.append(address) }
        }
        let text = addresses.joined(separator: ",")
        return !wide && text.count > 16 ? text.prefix(13) + "..." : text
    }
    static func ports(_ service: Service) -> String {
        service.spec.ports.map { port in
            let number = port.nodePort > 0 ? "\(port.port):\(port.nodePort)" : String(port.port)
            return "\(number)/\(port.protocol.or("TCP"))"
        }.joined(separator: ",").or("<none>")
    }
}

extension KindPrinter {
    static let service = KindPrinter(
        Service.self,
        [
            .name, TableColumn("TYPE"), TableColumn("CLUSTER-IP"), TableColumn("EXTERNAL-IP"),
            TableColumn("PORT(S)"),
            .age, .selector,
        ]
    ) { object, cluster in
        let spec = object.spec
        return [
            object.name, spec.type.or("ClusterIP"), spec.clusterIP.or(spec.clusterIPs.first ?? "<none>"),
            ServiceDisplay.externalAddress(object, wide: false), ServiceDisplay.ports(object),
            object.age(cluster),
            spec.selector.labelText,
        ]
    }

    static let endpointSlice = KindPrinter(
        EndpointSlice.self,
        [.name, TableColumn("ADDRESSTYPE"), TableColumn("PORTS"), TableColumn("ENDPOINTS"), .age]
    ) { object, cluster in
        func short(_ list: [String]) -> String {
            let more = list.count > 3 ? " + \(list.count - 3) more..." : ""
            return list.isEmpty ? "<unset>" : list.prefix(3).joined(separator: ",") + more
        }
        return [
            object.name, object.addressType,
            short(object.ports.map { $0.port.map(String.init) ?? $0.name ?? "*" }),
            short(object.endpoints.flatMap(\.addresses)), object.age(cluster),
        ]
    }
}
