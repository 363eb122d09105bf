import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps the EndpointSlices of each Service with a selector: which pods stand behind it, in which state.
/// - Source: Kubernetes `pkg/controller/endpointslice`, `staging/src/k8s.io/endpointslice/reconciler.go`.
struct EndpointSliceController: Controller {
    static let queueName = "endpoint_slice"
    static let watches: [Kind] = [.service, .endpointSlice, .pod, .node]
    var queue = WorkQueue<ObjectKey>()
    private var membership = PodMembership()
    private var slices = ChildIndex()
    /// The zones of nodes, until they change.
    private var zones: [String: String?] = [:]

    static let mostEndpoints = 100
    static let managedBy = "endpointslice-controller.k8s.io"
    /// Changes of pods are collected this long, so that a roll-out does not write a slice for each pod.
    static let batch = Duration.milliseconds(20)

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        if entry.kind == .endpointSlice {
            let change = cluster.store.endpointSlices.change(entry.index)
            slices.observe(change)
            if change.action == .deleted, let owner = change.object.metadata.controller {
                queue.add(ObjectKey(namespace: change.object.namespace, name: owner.name))
            }
            return
        }
        let change = cluster.store.services.change(entry.index)
        let selector = change.object.spec.selector
        let selects =
            change.action != .deleted && !selector.isEmpty && change.object.spec.type != "ExternalName"
        membership.set(change.object.key, selects ? LabelSelector(matchLabels: selector) : nil)
        queue.add(change.object.key)
    }

    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) { zones[change.object.name] = nil }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        let keys = membership.observe(change)
        if keys.isEmpty { return }
        if let old = change.previous, change.action == .modified {
            let new = change.object
            if old.isReady == new.isReady, old.status.podIP == new.status.podIP, old.nodeName == new.nodeName,
                old.isFinished == new.isFinished, old.metadata.isTerminating == new.metadata.isTerminating,
                old.metadata.identity == new.metadata.identity || old.metadata.labels == new.metadata.labels
            {
                return
            }
        }
        for key in keys { queue.add(key, at: cluster.now + Self.batch) }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let service = cluster.store.services[key], !service.spec.selector.isEmpty,
            service.spec.type != "ExternalName", !service.metadata.isTerminating
        else { return .none }
        var groups: [(ports: [EndpointPort], pods: [Pod])] = []
        // Pods of one template have the same ports.
        var last: (spec: Shared<PodSpec>, group: Int)?
        for pod in membership.pods(of: key, cluster) where !pod.isFinished && !pod.status.podIP.isEmpty {
            if let last, last.spec.identity == pod.spec.identity {
                groups[last.group].pods.append(pod)
                continue
            }
            let ports = Self.ports(of: service, for: pod)
            let group = groups.firstIndex { $0.ports == ports } ?? groups.count
            if group == groups.count { groups.append((ports, [])) }
            groups[group].pods.append(pod)
            last = (pod.spec, group)
        }
        // A service without endpoints has one empty slice, so that readers know it was looked at.
        if groups.isEmpty { groups = [([], [])] }
        var present = slices[service.metadata.uid].compactMap { cluster.store.endpointSlices[$0] }
        for group in groups {
            let own = present.filter { $0.ports == group.ports }
            present.removeAll { $0.ports == group.ports }
            write(group.pods, group.ports, into: own, of: service, &cluster)
        }
        for slice in present { _ = try? cluster.delete(EndpointSlice.self, slice.key) }
        return .none
    }

    private static func ports(of service: Service, for pod: Pod) -> [EndpointPort] {
        service.spec.ports.compactMap { wanted in
            var port = EndpointPort()
            port.name = wanted.name
            port.protocol = wanted.protocol.isEmpty ? "TCP" : wanted.protocol
            port.appProtocol = wanted.appProtocol
            switch wanted.targetPort {
            case nil: port.port = wanted.port
            case .int(let number): port.port = number == 0 ? wanted.port : number
            case .string(let name):
                let named = pod.spec.containers.lazy.flatMap(\.ports).first {
                    $0.name == name && ($0.protocol.isEmpty ? "TCP" : $0.protocol) == port.protocol
                }
                guard let named else { return nil }
                port.port = named.containerPort
            }
            return port
        }
    }

    /// The state of `pod` as an endpoint of `service`.
    private static func conditions(of pod: Pod, in service: Service) -> EndpointConditions {
        var conditions = EndpointConditions()
        let (isReady, isTerminating) = (pod.isReady, pod.metadata.isTerminating)
        conditions.serving = isReady
        conditions.terminating = isTerminating
        conditions.ready = service.spec.publishNotReadyAddresses || (isReady && !isTerminating)
        return conditions
    }
    private static func hostname(of pod: Pod, in service: Service) -> String? {
        !pod.spec.hostname.isEmpty && pod.spec.subdomain == service.name ? pod.spec.hostname : nil
    }
    private mutating func zone(of pod: Pod, _ cluster: Cluster) -> String? {
        if pod.nodeName.isEmpty { return nil }
        if let known = zones[pod.nodeName] { return known }
        guard let node = cluster.store.nodes[ObjectKey(name: pod.nodeName)] else { return nil }
        let zone = node.zone.isEmpty ? nil : node.zone
        zones[pod.nodeName] = .some(zone)
        return zone
    }
    /// Whether `old`, the endpoint of this very pod, is what ``endpoint(for:of:zone:)`` would make: a look, where making it costs ten.
    private static func isCurrent(_ old: Endpoint, for pod: Pod, of service: Service, zone: String?) -> Bool {
        old.addresses.count == 1 && old.addresses[0] == pod.status.podIP && old.conditions == conditions(of: pod, in: service)
            && old.nodeName ?? "" == pod.nodeName && old.hostname == hostname(of: pod, in: service) && old.zone == zone
            && old.deprecatedTopology == nil && old.hints == nil && old.targetRef?.object?.members.count == 4
    }

    private static func endpoint(for pod: Pod, of service: Service, zone: String?) -> Endpoint {
        var endpoint = Endpoint()
        endpoint.addresses = [pod.status.podIP]
        endpoint.conditions = conditions(of: pod, in: service)
        endpoint.hostname = hostname(of: pod, in: service)
        if !pod.nodeName.isEmpty { endpoint.nodeName = pod.nodeName }
        endpoint.zone = zone
        endpoint.targetRef = [
            "kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name),
            "uid": .string(pod.metadata.uid),
        ]
        return endpoint
    }

    /// Writes the endpoints of `pods`: each stays in its slice, new ones fill slices with room, then new slices.
    private mutating func write(
        _ pods: [Pod], _ ports: [EndpointPort], into present: [EndpointSlice], of service: Service,
        _ cluster: inout Cluster
    ) {
        // Endpoints stand in the order of their pods, but for those that came into the room of others: these are looked up.
        var places: [String: Int]?
        var next = 0
        func place(of uid: String) -> Int? {
            if next >= pods.count || pods[next].metadata.uid != uid {
                if places == nil { places = Dictionary(pods.enumerated().map { ($1.metadata.uid, $0) }, uniquingKeysWith: { $1 }) }
                guard let place = places?[uid] else { return nil }
                next = place
            }
            next += 1
            return next - 1
        }
        var isPlaced = Array(repeating: false, count: pods.count)
        var isChanged = Array(repeating: false, count: present.count)
        var contents = present.indices.map { index in
            present[index].endpoints.compactMap { old -> Endpoint? in
                guard let place = old.targetRef?["uid"]?.string.flatMap(place), !isPlaced[place] else {
                    isChanged[index] = true
                    return nil
                }
                isPlaced[place] = true
                let zone = zone(of: pods[place], cluster)
                if Self.isCurrent(old, for: pods[place], of: service, zone: zone) { return old }
                isChanged[index] = true
                return Self.endpoint(for: pods[place], of: service, zone: zone)
            }
        }
        var rest = pods.indices.filter { !isPlaced[$0] }.map { Self.endpoint(for: pods[$0], of: service, zone: zone(of: pods[$0], cluster)) }[...]
        for index in contents.indices {
            let room = rest.prefix(max(0, Self.mostEndpoints - contents[index].count))
            if !room.isEmpty { isChanged[index] = true }
            contents[index] += room
            rest = rest.dropFirst(room.count)
        }
        let keepsEmpty = pods.isEmpty
        for (index, slice) in present.enumerated() {
            if contents[index].isEmpty, !(keepsEmpty && index == 0) {
                _ = try? cluster.delete(EndpointSlice.self, slice.key)
            } else if isChanged[index], contents[index] != slice.endpoints {
                cluster.modify(EndpointSlice.self, slice.key) { $0.endpoints = contents[index] }
            }
        }
        while !rest.isEmpty || (keepsEmpty && present.isEmpty) {
            var slice = EndpointSlice()
            var meta = ObjectMeta()
            meta.generateName = service.name + "-"
            meta.namespace = service.namespace
            meta.labels = service.metadata.labels
            meta.labels[LabelKey.serviceName] = service.name
            meta.labels["endpointslice.kubernetes.io/managed-by"] = Self.managedBy
            if service.spec.clusterIP == "None" { meta.labels["service.kubernetes.io/headless"] = "" }
            meta.ownerReferences = [OwnerReference(controller: service)]
            slice.metadata = Metadata(meta)
            slice.addressType = "IPv4"
            slice.ports = ports
            slice.endpoints = Array(rest.prefix(Self.mostEndpoints))
            rest = rest.dropFirst(Self.mostEndpoints)
            _ = try? cluster.create(slice)
            if rest.isEmpty { break }
        }
    }
}
