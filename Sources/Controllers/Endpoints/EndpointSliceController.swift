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
    private var known: [ObjectKey: Known] = [:]
    /// A node was asked for its zone that is not there: it may come.
    private var lacksNode = false
    #if DEBUG
        private var looksUntilAudit = 0
    #endif

    /// What the last look at a Service left, while the pods that changed tell all that is new.
    private struct Known {
        /// The version of the Service.
        var service: Int
        var ports: [EndpointPort]
        /// The versions of the slices, in their order.
        var slices: [Int]
        /// By slot: the identity of the pod that has an endpoint, in which slice that is, and where at most: those before it may have gone.
        var pods: [Int: (uid: String, slice: Int, at: Int)]
    }

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
        if !selects { known[change.object.key] = nil }
        queue.add(change.object.key)
    }

    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) {
        let name = change.object.name
        // Services of which pods are on a node that is not there are not followed.
        if change.action != .deleted, zones[name].map({ $0 ?? "" == change.object.zone }) ?? true { return }
        zones[name] = nil
        known = [:]
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

    mutating func prepare(_ cluster: Cluster) -> Bool { membership.readAhead(cluster, most: ControllerManager.mostRead) }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let service = cluster.store.services[key], !service.spec.selector.isEmpty,
            service.spec.type != "ExternalName", !service.metadata.isTerminating
        else { return .none }
        if update(service, &cluster) { return .none }
        known[key] = nil
        lacksNode = false
        var groups: [(ports: [EndpointPort], pods: [Pod])] = []
        // Pods of one template have the same ports.
        var last: (spec: Shared<PodSpec>, group: Int)?
        var slots: [String: Int] = [:]
        var count = 0
        for (slot, pod) in membership.placed(of: key, cluster) where Self.hasEndpoint(pod) {
            slots[pod.metadata.uid] = slot
            count += 1
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
        let all = slices[service.metadata.uid]
        var present = all.compactMap { cluster.store.endpointSlices[$0] }
        for group in groups {
            let own = present.filter { $0.ports == group.ports }
            present.removeAll { $0.ports == group.ports }
            write(group.pods, group.ports, into: own, of: service, &cluster)
        }
        for slice in present { _ = try? cluster.delete(EndpointSlice.self, slice.key) }
        follow(service, groups.count == 1 && slots.count == count && !lacksNode ? groups[0].ports : nil, slots, all, cluster)
        return .none
    }

    /// Notes what a look at all pods left, so that the next one need look at those only that change by then.
    ///
    /// - Parameters:
    ///   - ports: nil if the pods do not all have the same, or not all was there that is to be known of them.
    ///   - slots: of the pods that have an endpoint, by identity.
    private mutating func follow(_ service: Service, _ ports: [EndpointPort]?, _ slots: [String: Int], _ all: [ObjectKey], _ cluster: Cluster) {
        let left = all.compactMap { cluster.store.endpointSlices[$0] }
        // Where slices came or went the feed has yet to tell of it.
        guard let ports, !slots.isEmpty, left.count == all.count, left.allSatisfy({ $0.ports == ports && !$0.metadata.isTerminating }),
            left.reduce(0, { $0 + $1.endpoints.count }) == slots.count
        else { return membership.unfollow(service.key) }
        var pods: [Int: (uid: String, slice: Int, at: Int)] = [:]
        for (index, slice) in left.enumerated() {
            for (at, endpoint) in slice.endpoints.enumerated() {
                if let uid = endpoint.targetRef?["uid"]?.string, let slot = slots[uid] { pods[slot] = (uid, index, at) }
            }
        }
        guard pods.count == slots.count else { return membership.unfollow(service.key) }
        known[service.key] = Known(
            service: service.metadata.resourceVersion, ports: ports, slices: left.map(\.metadata.resourceVersion), pods: pods)
        membership.follow(service.key, cluster)
    }
    private static func hasEndpoint(_ pod: Pod) -> Bool { !pod.isFinished && !pod.status.podIP.isEmpty }

    /// Brings the slices up to date by the pods that changed since the last look, as a look at all pods would. O(those pods).
    ///
    /// Returns false, and has done nothing, if that is not all that is new, or slices would have to come or go.
    private mutating func update(_ service: Service, _ cluster: inout Cluster) -> Bool {
        guard var known = known[service.key], known.service == service.metadata.resourceVersion,
            let changed = membership.changes(of: service.key, cluster)
        else { return false }
        let present = slices[service.metadata.uid].compactMap { cluster.store.endpointSlices[$0] }
        guard present.map(\.metadata.resourceVersion) == known.slices, !present.isEmpty else { return false }
        lacksNode = false
        var contents = present.map(\.endpoints)
        var isChanged = Array(repeating: false, count: present.count)
        var new: [(slot: Int, uid: String, endpoint: Endpoint)] = []
        for slot in changed {
            let pod = membership.pod(in: slot, of: service.key, cluster).flatMap { Self.hasEndpoint($0) ? $0 : nil }
            if let pod, Self.ports(of: service, for: pod) != known.ports { return false }
            if let (uid, index, last) = known.pods[slot] {
                guard let at = contents[index].indices.prefix(last + 1).last(where: { contents[index][$0].targetRef?["uid"]?.string == uid }) else {
                    return false
                }
                if let pod, pod.metadata.uid == uid {
                    let zone = zone(of: pod, cluster)
                    if Self.isCurrent(contents[index][at], for: pod, of: service, zone: zone) { continue }
                    contents[index][at] = Self.endpoint(for: pod, of: service, zone: zone)
                    isChanged[index] = true
                    continue
                }
                contents[index].remove(at: at)
                known.pods[slot] = nil
                isChanged[index] = true
            }
            if let pod { new.append((slot, pod.metadata.uid, Self.endpoint(for: pod, of: service, zone: zone(of: pod, cluster)))) }
        }
        var rest = new[...]
        for index in contents.indices {
            for (slot, uid, endpoint) in rest.prefix(max(0, Self.mostEndpoints - contents[index].count)) {
                known.pods[slot] = (uid, index, contents[index].count)
                contents[index].append(endpoint)
                isChanged[index] = true
                rest = rest.dropFirst()
            }
            if contents[index].isEmpty { return false }
        }
        if !rest.isEmpty || lacksNode { return false }
        for (index, slice) in present.enumerated() where isChanged[index] {
            cluster.modify(EndpointSlice.self, slice.key) { $0.endpoints = contents[index] }
        }
        known.slices = present.map { cluster.store.endpointSlices[$0.key]?.metadata.resourceVersion ?? 0 }
        self.known[service.key] = known
        #if DEBUG
            audit(service, present.map(\.key), cluster)
        #endif
        return true
    }
    #if DEBUG
        /// What was brought up to date pod by pod is what a look at all pods would find.
        private mutating func audit(_ service: Service, _ slices: [ObjectKey], _ cluster: Cluster) {
            looksUntilAudit -= 1
            if looksUntilAudit > 0 { return }
            var pods: [String: Pod] = [:]
            for (_, pod) in membership.placed(of: service.key, cluster) where Self.hasEndpoint(pod) { pods[pod.metadata.uid] = pod }
            looksUntilAudit = pods.count / 16
            for endpoint in slices.flatMap({ cluster.store.endpointSlices[$0]?.endpoints ?? [] }) {
                let pod = pods.removeValue(forKey: endpoint.targetRef?["uid"]?.string ?? "")
                precondition(
                    pod.map { Self.isCurrent(endpoint, for: $0, of: service, zone: zone(of: $0, cluster)) } ?? false,
                    "the Service \(service.key) has an endpoint of \(endpoint.addresses) that is out of date")
            }
            precondition(pods.isEmpty, "the Service \(service.key) lacks endpoints")
        }
    #endif

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
        guard let node = cluster.store.nodes[ObjectKey(name: pod.nodeName)] else {
            lacksNode = true
            return nil
        }
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
