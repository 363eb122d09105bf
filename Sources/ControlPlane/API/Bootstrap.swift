// What a new cluster has before anybody creates something: namespaces, classes of priority, the `kubernetes` Service.

import KubernetesAPI
import SimulationKit

extension Cluster {
    /// What every cluster has from the start, where it is not there yet: four namespaces, the two system priority classes, and the
    /// Service `kubernetes`.
    public mutating func bootstrap() {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] where store.namespaces[ObjectKey(name: name)] == nil {
            var namespace = Namespace()
            namespace.metadata.name = name
            makeNamespace(&namespace)
            store.insert(namespace, at: now)
        }
        for (name, value, text) in [
            (
                "system-cluster-critical", 2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
            ),
            ("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."),
        ] where store.priorityClasses[ObjectKey(name: name)] == nil {
            var priority = PriorityClass()
            priority.metadata.name = name
            priority.metadata.uid = makeUID()
            priority.metadata.creationTimestamp = now
            priority.metadata.generation = 1
            priority.value = value
            priority.description = text
            priority.preemptionPolicy = "PreemptLowerPriority"
            store.insert(priority, at: now)
        }
        bootstrapServer()
    }

    /// The Service `kubernetes` and its endpoint, which API servers write themselves: where pods find them.
    private mutating func bootstrapServer() {
        if store.services[ObjectKey(namespace: "default", name: "kubernetes")] != nil { return }
        withNames(of: "service kubernetes") { $0.makeServer() }
    }

    /// Makes objects with identities from a stream of their own, so that the names of everything else stay as they were.
    public mutating func withNames(of what: String, _ make: (inout Cluster) -> Void) {
        let others = names
        names = SeededRandom(seed: StableHash.fnv1a64(what), stream: "names")
        make(&self)
        names = others
    }

    private mutating func makeServer() {
        let labels: StringMap<String> = ["component": "apiserver", "provider": "kubernetes"]
        var service = Service()
        service.metadata.namespace = "default"
        service.metadata.name = "kubernetes"
        service.metadata.uid = makeUID()
        service.metadata.creationTimestamp = now
        service.metadata.labels = labels
        var port = ServicePort()
        (port.name, port.protocol, port.port, port.targetPort) = ("https", "TCP", 443, .int(6443))
        service.spec.ports = [port]
        service.spec.type = "ClusterIP"
        service.spec.clusterIP = "10.96.0.1"
        service.spec.clusterIPs = ["10.96.0.1"]
        service.spec.sessionAffinity = "None"
        service.spec.internalTrafficPolicy = "Cluster"
        service.spec.ipFamilies = ["IPv4"]
        service.spec.ipFamilyPolicy = "SingleStack"
        service.status = ["loadBalancer": [:]]
        store.insert(service, at: now)
        var slice = EndpointSlice()
        slice.metadata.namespace = "default"
        slice.metadata.name = "kubernetes"
        slice.metadata.uid = makeUID()
        slice.metadata.creationTimestamp = now
        slice.metadata.generation = 1
        slice.metadata.labels = [LabelKey.serviceName: "kubernetes"]
        slice.addressType = "IPv4"
        var endpoint = Endpoint()
        endpoint.addresses = ["172.18.0.1"]
        endpoint.conditions.ready = true
        slice.endpoints = [endpoint]
        var target = EndpointPort()
        (target.name, target.protocol, target.port) = ("https", "TCP", 6443)
        slice.ports = [target]
        if store.endpointSlices[slice.key] == nil { store.insert(slice, at: now) }
    }

    private mutating func makeNamespace(_ namespace: inout Namespace) {
        namespace.metadata.uid = makeUID()
        namespace.metadata.creationTimestamp = now
        namespace.metadata.labels["kubernetes.io/metadata.name"] = namespace.metadata.name
        namespace.spec.finalizers = ["kubernetes"]
        namespace.status.phase = "Active"
    }

    /// Puts an object into the store as it is, status included, with an identity and time where it has none:
    /// for a state that is given rather than reached (`evenkeel schedule`, tests).
    /// A missing namespace is made.
    /// - Parameter completing: an object without identity has not been through an API server: it gets what admission
    ///   would give it.
    @discardableResult
    public mutating func adopt<O: StoredObject>(_ object: O, completing: Bool = false) throws(APIError) -> O {
        var object = object
        settleKind(of: &object)
        if object.kindInfo.isNamespaced { ensureNamespace(of: &object) }
        let given = object
        let isWritten = !object.metadata.uid.isEmpty
        object.setDefaults(profile)
        if isWritten, !O.sameSpec(object, given) {
            // What an API server has stored keeps fields whose gate is off now.
            object = given
            object.setDefaults(Defaulting.profile(profile, keepingFieldsOf: given))
        }
        if completing, !isWritten { try object.completeGiven(in: &self) }
        if store.get(O.self, object.key) != nil { throw .alreadyExists(object.kindInfo, object.metadata.name) }
        if object.metadata.uid.isEmpty { object.metadata.uid = makeUID() }
        if object.metadata.creationTimestamp == nil { object.metadata.creationTimestamp = now }
        // Kinds without a generation have none.
        if !isWritten, object.metadata.generation == 0 { object.metadata.generation = 1 }
        let written = store.insert(object, at: now)
        if let event = written as? Event, let slot = store.events.slot(of: event.key) {
            // The same event again counts on, and it goes when its time is over.
            let last = event.lastTimestamp ?? event.metadata.creationTimestamp ?? now
            eventRecorder.expire(slot, number: eventRecorder.next(), at: max(now, last + settings.eventTimeToLive))
            eventLog.note(event, since: .distantFuture)
        }
        return written
    }

    /// Makes the namespace that the object is in, if it is not there.
    mutating func ensureNamespace(of object: inout some KubernetesObject) {
        if object.metadata.namespace.isEmpty { object.metadata.namespace = "default" }
        let key = ObjectKey(name: object.metadata.namespace)
        guard store.namespaces[key] == nil else { return }
        var namespace = Namespace()
        namespace.metadata.name = key.name
        makeNamespace(&namespace)
        store.insert(namespace, at: now)
    }
}
