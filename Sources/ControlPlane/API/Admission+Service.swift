// Addresses, ports and policies of services, as they come and go with the type.

import KubernetesAPI

extension Service {
    private var hasNodePorts: Bool { spec.type == "NodePort" || spec.type == "LoadBalancer" && spec.allocateLoadBalancerNodePorts != false }
    /// Headless, and without a selector.
    fileprivate var takesAnyFamily: Bool { spec.clusterIP == "None" && spec.selector.isEmpty }
    private var isExternal: Bool { spec.type == "NodePort" || spec.type == "LoadBalancer" || spec.type == "ClusterIP" && !spec.externalIPs.isEmpty }

    /// Takes away what only the old type had a use for, unless the client changed it: that is for validation.
    /// - Source: Kubernetes `pkg/registry/core/service/strategy.go`, `dropTypeDependentFields`
    mutating func dropDependentFields(of old: Service) {
        if spec.type == "ExternalName", old.spec.type != "ExternalName" {
            if spec.clusterIPs == old.spec.clusterIPs { (spec.clusterIP, spec.clusterIPs) = ("", []) }
            if spec.ipFamilies == old.spec.ipFamilies { spec.ipFamilies = [] }
            if spec.ipFamilyPolicy == old.spec.ipFamilyPolicy { spec.ipFamilyPolicy = nil }
            if spec.internalTrafficPolicy == old.spec.internalTrafficPolicy { spec.internalTrafficPolicy = nil }
        }
        if old.hasNodePorts, !hasNodePorts, spec.ports.map(\.nodePort) == old.spec.ports.map(\.nodePort) {
            for index in spec.ports.indices { spec.ports[index].nodePort = 0 }
        }
        if old.spec.type == "LoadBalancer", spec.type != "LoadBalancer",
            spec.allocateLoadBalancerNodePorts == old.spec.allocateLoadBalancerNodePorts
        {
            spec.allocateLoadBalancerNodePorts = nil
        }
        if old.isExternal, !isExternal, spec.externalTrafficPolicy == old.spec.externalTrafficPolicy {
            spec.externalTrafficPolicy = ""
        }
    }
}

// Addresses of services: drawn from the cluster's own stream of random numbers, so they are the same in each
// run.
extension Cluster {
    /// Gives a service the cluster address and node ports that it lacks. O(services).
    /// - Throws: 422 for an address or a port that another service has.
    mutating func allocateAddresses(_ service: inout Service) throws(APIError) {
        guard service.spec.type != "ExternalName" else { return }
        try requireFree(service)
        if service.spec.clusterIP.isEmpty {
            service.spec.clusterIP = service.spec.clusterIPs.first ?? freeClusterIP()
        }
        if service.spec.clusterIPs.isEmpty { service.spec.clusterIPs = [service.spec.clusterIP] }
        // Who names the endpoints of a headless service himself may name some of both families.
        if service.spec.ipFamilyPolicy == nil { service.spec.ipFamilyPolicy = service.takesAnyFamily ? "RequireDualStack" : "SingleStack" }
        if service.spec.ipFamilies.isEmpty { service.spec.ipFamilies = ["IPv4"] }
        if service.takesAnyFamily, service.spec.ipFamilyPolicy != "SingleStack", service.spec.ipFamilies.count == 1 {
            service.spec.ipFamilies.append(service.spec.ipFamilies[0] == "IPv4" ? "IPv6" : "IPv4")
        }
        let takesNodePorts =
            service.spec.type == "NodePort"
            || service.spec.type == "LoadBalancer" && service.spec.allocateLoadBalancerNodePorts != false
        guard takesNodePorts else { return }
        var taken = service.spec.ports.map(\.nodePort)
        for i in service.spec.ports.indices where service.spec.ports[i].nodePort == 0 {
            let port = freeNodePort(besides: taken)
            taken.append(port)
            service.spec.ports[i].nodePort = port
        }
    }

    /// - Source: Kubernetes `pkg/registry/core/service/storage/alloc.go`, `pkg/registry/core/service/portallocator/allocator.go`
    private func requireFree(_ service: Service) throws(APIError) {
        let asksForAddress = !service.spec.clusterIP.isEmpty && service.spec.clusterIP != "None"
        guard asksForAddress || service.spec.ports.contains(where: { $0.nodePort != 0 }) else { return }
        var ports: Set<Int> = []
        for other in store.services.all where other.key != service.key {
            if asksForAddress, other.spec.clusterIP == service.spec.clusterIP {
                let list = service.spec.clusterIPs.isEmpty ? [service.spec.clusterIP] : service.spec.clusterIPs
                let value = JSONValue.array(list.map { .string($0) }).text()
                let problem = "failed to allocate IP \(service.spec.clusterIP): provided IP is already allocated"
                throw .invalid(Kind.service.info, service.name, [FieldError(.invalid, "spec.clusterIPs", value: value, problem)])
            }
            ports.formUnion(other.spec.ports.map(\.nodePort))
        }
        let taken = service.spec.ports.enumerated().filter { $0.element.nodePort != 0 && ports.contains($0.element.nodePort) }
        if taken.isEmpty { return }
        throw .invalid(
            Kind.service.info, service.name,
            taken.map { index, port in
                FieldError(.invalid, "spec.ports[\(index)].nodePort", value: "\(port.nodePort)", "provided port is already allocated")
            })
    }

    /// Refuses what a client asks for that this cluster does not have: it gives IPv4 addresses of 10.96.0.0/16. Manifests of other clusters
    /// keep the addresses that they had there.
    /// - Source: Kubernetes `pkg/registry/core/service/storage/alloc.go`, `initIPFamilyFields`; `pkg/registry/core/service/ipallocator/cidrallocator.go`
    func requireServable(_ service: Service, over old: Service?) throws(APIError) {
        if service.spec.type == "ExternalName" || service.takesAnyFamily { return }
        let spec = service.spec
        let addresses = spec.clusterIPs.isEmpty ? [spec.clusterIP].filter { !$0.isEmpty } : spec.clusterIPs
        let printed = JSONValue.array(addresses.map { .string($0) }).text()
        var errors: [FieldError] = []
        for (index, address) in addresses.enumerated() where index >= spec.ipFamilies.count && IPAddress(address)?.isV6 == true {
            errors.append(FieldError(.invalid, "spec.clusterIPs[\(index)]", value: printed, "IPv6 is not configured on this cluster"))
        }
        if errors.isEmpty {
            if spec.ipFamilyPolicy == "RequireDualStack" {
                errors.append(
                    FieldError(.invalid, "spec.ipFamilyPolicy", value: "\"RequireDualStack\"", "this cluster is not configured for dual-stack services"))
            }
            for (index, family) in spec.ipFamilies.enumerated() where family == "IPv6" {
                errors.append(FieldError(.invalid, "spec.ipFamilies[\(index)]", value: "\"IPv6\"", "not configured on this cluster"))
            }
        }
        if errors.isEmpty, old == nil || old?.spec.type == "ExternalName" {
            for address in addresses where IPAddress(address)?.isV6 == false && !address.hasPrefix("10.96.") {
                let problem = "failed to allocate IP \(address): the provided network does not match the current range"
                errors.append(FieldError(.invalid, "spec.clusterIPs", value: printed, problem))
            }
        }
        if !errors.isEmpty { throw .invalid(Kind.service.info, service.name, errors) }
    }

    /// A new version that leaves the addresses out keeps them.
    func keepAddresses(_ new: inout Service, of old: Service) {
        guard new.spec.type != "ExternalName" else { return }
        if new.spec.clusterIP.isEmpty { new.spec.clusterIP = old.spec.clusterIP }
        if new.spec.clusterIPs.isEmpty { new.spec.clusterIPs = old.spec.clusterIPs }
        // Who changes the one means the first of the others.
        if new.spec.clusterIP != old.spec.clusterIP, new.spec.clusterIPs == old.spec.clusterIPs { new.spec.clusterIPs[0] = new.spec.clusterIP }
        if new.spec.ipFamilies.isEmpty { new.spec.ipFamilies = old.spec.ipFamilies }
        if new.spec.ipFamilyPolicy == nil { new.spec.ipFamilyPolicy = old.spec.ipFamilyPolicy }
        guard new.spec.type == "NodePort" || new.spec.type == "LoadBalancer" else { return }
        for i in new.spec.ports.indices where new.spec.ports[i].nodePort == 0 {
            let same = old.spec.ports.first {
                $0.port == new.spec.ports[i].port && $0.protocol == new.spec.ports[i].protocol
            }
            if let same { new.spec.ports[i].nodePort = same.nodePort }
        }
    }

    /// A free address in 10.96.0.0/16, without the first 16, which clusters keep for their own.
    private mutating func freeClusterIP() -> String {
        while true {
            let number = 16 + names.below(65536 - 32)
            let address = "10.96.\(number >> 8).\(number & 255)"
            if !store.services.rows.contains(where: { $0?.spec.clusterIP == address }) { return address }
        }
    }

    private mutating func freeNodePort(besides taken: [Int]) -> Int {
        let used = Set(store.services.all.flatMap { $0.spec.ports.map(\.nodePort) } + taken)
        while true {
            let port = 30000 + names.below(2768)
            if !used.contains(port) || used.count >= 2768 { return port }
        }
    }
}
