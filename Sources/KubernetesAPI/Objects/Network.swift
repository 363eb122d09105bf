/// A name and address behind which ready pods stand.
public struct Service: ObjectWithStatus {
    public static let kind = Kind.service
    public static let info = KindInfo(.service, "", "v1", "services", ["svc"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = ServiceSpec()
    public var status: JSONValue?
    public init() {}
    public var conditions: [Condition] { [] }
    public static let summary = "A name and address behind which ready pods stand."
    public static let fields: Fields<Service> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "Which pods, which ports, how traffic is routed."),
        .f("status", \.status, "Addresses of a load balancer."),
    ]
}

extension Service {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.service(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.service(self, profile, &errors) }
    public func validateChange(from old: Service, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.serviceChange(spec, old.spec, &errors)
    }
    public var isFaulty: Bool { metadata.isTerminating }
    public var quotaUse: ResourceList {
        var use: ResourceList = ["services": Quantity(1)]
        let ports = spec.ports.count { $0.nodePort != 0 }
        if ports > 0 { use["services.nodeports"] = Quantity(Int64(ports)) }
        if spec.type == "LoadBalancer" { use["services.loadbalancers"] = Quantity(1) }
        return use
    }
}

public struct ServiceSpec: APIStruct {
    public var ports: [ServicePort] = []
    public var selector: StringMap<String> = [:]
    public var clusterIP = ""
    public var clusterIPs: [String] = []
    /// ClusterIP (default), NodePort, LoadBalancer, ExternalName.
    public var type = ""
    public var externalIPs: [String] = []
    public var sessionAffinity = ""
    public var loadBalancerIP = ""
    public var loadBalancerSourceRanges: [String] = []
    public var externalName = ""
    public var externalTrafficPolicy = ""
    public var healthCheckNodePort = 0
    public var publishNotReadyAddresses = false
    public var sessionAffinityConfig: JSONValue?
    public var ipFamilies: [String] = []
    public var ipFamilyPolicy: String?
    public var allocateLoadBalancerNodePorts: Bool?
    public var loadBalancerClass: String?
    public var internalTrafficPolicy: String?
    public var trafficDistribution: String?
    public init() {}
    public static let summary = "Which pods, which ports, and how traffic is routed."
    public static let fields: Fields<ServiceSpec> = [
        .f("ports", \.ports, "Ports of the service and where they lead."),
        .f("selector", \.selector, "Labels of the pods behind the service; none: endpoints are given by hand."),
        .f("clusterIP", \.clusterIP, "The address; None for a headless service."),
        .f("clusterIPs", \.clusterIPs, "The address in each family."),
        .f("type", \.type, "ClusterIP (default), NodePort, LoadBalancer or ExternalName."),
        .f("externalIPs", \.externalIPs, "Further addresses that lead to the service."),
        .f("sessionAffinity", \.sessionAffinity, "None (default) or ClientIP."),
        .f("loadBalancerIP", \.loadBalancerIP, "Wished address of the load balancer."),
        .f("loadBalancerSourceRanges", \.loadBalancerSourceRanges, "Who may use the load balancer."),
        .f("externalName", \.externalName, "The name that an ExternalName service stands for."),
        .f("externalTrafficPolicy", \.externalTrafficPolicy, "Cluster (default) or Local: whether traffic from outside leaves its node."),
        .f("healthCheckNodePort", \.healthCheckNodePort, "Port of the health check for policy Local."),
        .f("publishNotReadyAddresses", \.publishNotReadyAddresses, "Whether pods that are not ready count too."),
        .f("sessionAffinityConfig", \.sessionAffinityConfig, as: SessionAffinityConfig.self, "How long a client keeps its pod."),
        .f("ipFamilies", \.ipFamilies, "IPv4, IPv6."),
        .f("ipFamilyPolicy", \.ipFamilyPolicy, "SingleStack, PreferDualStack or RequireDualStack."),
        .f("allocateLoadBalancerNodePorts", \.allocateLoadBalancerNodePorts, "Whether node ports are taken for a load balancer."),
        .f("loadBalancerClass", \.loadBalancerClass, "Which load balancer."),
        .f("internalTrafficPolicy", \.internalTrafficPolicy, "Cluster (default) or Local: whether traffic from pods leaves its node."),
        .f("trafficDistribution", \.trafficDistribution, "PreferSameZone, PreferSameNode or PreferClose: a wish about where traffic goes."),
    ]
}

public struct ServicePort: APIStruct {
    public var name = ""
    public var `protocol` = ""
    public var appProtocol: String?
    public var port = 0
    public var targetPort: IntOrString?
    public var nodePort = 0
    public init() {}
    public static let summary = "A port of a service."
    public static let fields: Fields<ServicePort> = [
        .f("name", \.name, "Name; needed with more than one port."),
        .f("protocol", \.protocol, "TCP (default), UDP or SCTP."),
        .f("appProtocol", \.appProtocol, "What is spoken on it."),
        .f("port", \.port, "The port of the service.", always: true),
        .f("targetPort", \.targetPort, "Number or name of the pods' port; default the same."),
        .f("nodePort", \.nodePort, "The port on each node."),
    ]
}

/// The addresses behind a service, at most 100 in one object.
public struct EndpointSlice: ObjectWithoutStatus {
    public static let kind = Kind.endpointSlice
    public static let info = KindInfo(.endpointSlice, "discovery.k8s.io", "v1", "endpointslices", ["eps"])
    public var metadata = Metadata(ObjectMeta())
    public var addressType = ""
    public var endpoints: [Endpoint] = []
    public var ports: [EndpointPort] = []
    public init() {}
    public static let summary = "The addresses behind a service."
    public static let fields: Fields<EndpointSlice> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("addressType", \.addressType, "IPv4, IPv6 or FQDN.", always: true),
        .f("endpoints", \.endpoints, "The addresses and their state.", always: true),
        .f("ports", \.ports, "The ports of all of them.", always: true),
    ]
}

extension EndpointSlice {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.endpointSlice(&self) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) {}
    public func validateNew(_ errors: inout [FieldError]) {
        // Those of the controller are many, and right as they are made.
        if metadata.controller == nil { Validation.endpointSlice(self, &errors) }
    }
    public func validateChange(from old: EndpointSlice, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        if addressType != old.addressType {
            errors.invalid("addressType", .string(addressType), "field is immutable")
        }
    }
    public var quotaUse: ResourceList { [:] }
}

public struct Endpoint: APIStruct {
    public var addresses: [String] = []
    public var conditions = EndpointConditions()
    public var hostname: String?
    public var targetRef: JSONValue?
    public var deprecatedTopology: JSONValue?
    public var nodeName: String?
    public var zone: String?
    public var hints: JSONValue?
    public init() {}
    public static let summary = "One address behind a service."
    public static let fields: Fields<Endpoint> = [
        .f("addresses", \.addresses, "The address.", always: true),
        .f("conditions", \.conditions, "Whether it takes traffic."),
        .f("hostname", \.hostname, "Name of the pod in the service."),
        .f("targetRef", \.targetRef, "The pod."),
        .f("deprecatedTopology", \.deprecatedTopology, "No longer used."),
        .f("nodeName", \.nodeName, "Its node."),
        .f("zone", \.zone, "Its zone."),
        .f("hints", \.hints, "Zones and nodes that should use it."),
    ]
}

public struct EndpointConditions: APIStruct {
    public var ready: Bool?
    public var serving: Bool?
    public var terminating: Bool?
    public init() {}
    public static let summary = "Whether an address takes traffic."
    public static let fields: Fields<EndpointConditions> = [
        .f("ready", \.ready, "Serving and not being deleted."),
        .f("serving", \.serving, "The pod is ready."),
        .f("terminating", \.terminating, "The pod is being deleted."),
    ]
}

public struct EndpointPort: APIStruct {
    public var name: String?
    public var `protocol`: String?
    public var port: Int?
    public var appProtocol: String?
    public init() {}
    public static let summary = "A port of the addresses."
    public static let fields: Fields<EndpointPort> = [
        .f("name", \.name, "Its name."),
        .f("protocol", \.protocol, "TCP, UDP or SCTP."),
        .f("port", \.port, "Its number."),
        .f("appProtocol", \.appProtocol, "What is spoken on it."),
    ]
}
