import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps the EndpointSlices of each Service with a selector: which pods stand behind it, in which state.
/// - Source: Kubernetes `pkg/controller/endpointslice`, `staging/src/k8s.io/endpointslice/reconciler.go`.
struct EndpointSliceController: Controller {
    static let watches: [Kind] = [.service, .endpointSlice, .pod, .node]
    var queue = WorkQueue<ObjectKey>()
    private var membership = PodMembership()
    private var slices = ChildIndex()

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
        for pod in membership.pods(of: key, cluster) where !pod.isFinished && !pod.status.podIP.isEmpty {
            let ports = Self.ports(of: service, for: pod)
            if let index = groups.firstIndex(where: { $0.ports == ports }) {
                groups[index].pods.append(pod)
            } else {
                groups.append((ports, [pod]))
            }
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

    private static func endpoint(for pod: Pod, of service: Service, _ cluster: Cluster) -> Endpoint {
        var endpoint = Endpoint()
        endpoint.addresses = [pod.status.podIP]
        let isTerminating = pod.metadata.isTerminating
        endpoint.conditions.serving = pod.isReady
        endpoint.conditions.terminating = isTerminating
        endpoint.conditions.ready = service.spec.publishNotReadyAddresses || (pod.isReady && !isTerminating)
        if !pod.spec.hostname.isEmpty, pod.spec.subdomain == service.name {
            endpoint.hostname = pod.spec.hostname
        }
        if !pod.nodeName.isEmpty {
            endpoint.nodeName = pod.nodeName
            if let zone = cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.zone, !zone.isEmpty {
                endpoint.zone = zone
            }
        }
        endpoint.targetRef = [
            "kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name),
            "uid": .string(pod.metadata.uid),
        ]
        return endpoint
    }

    /// Writes the endpoints of `pods`: each stays in its slice, new ones fill slices with room, then new slices.
    private func write(
        _ pods: [Pod], _ ports: [EndpointPort], into present: [EndpointSlice], of service: Service,
        _ cluster: inout Cluster
    ) {
        let wanted = pods.map { ($0.metadata.uid, Self.endpoint(for: $0, of: service, cluster)) }
        var byUID = Dictionary(wanted) { first, _ in first }
        var contents = present.map { slice in
            slice.endpoints.compactMap { old -> Endpoint? in
                old.targetRef?["uid"]?.string.flatMap { byUID.removeValue(forKey: $0) }
            }
        }
        var rest = wanted.filter { byUID[$0.0] != nil }.map(\.1)[...]
        for index in contents.indices {
            let room = rest.prefix(Self.mostEndpoints - contents[index].count)
            contents[index] += room
            rest = rest.dropFirst(room.count)
        }
        let keepsEmpty = pods.isEmpty
        for (index, slice) in present.enumerated() {
            if contents[index].isEmpty, !(keepsEmpty && index == 0) {
                _ = try? cluster.delete(EndpointSlice.self, slice.key)
            } else if contents[index] != slice.endpoints {
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
