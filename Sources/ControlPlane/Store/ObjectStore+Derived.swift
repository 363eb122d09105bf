import KubernetesAPI
import SimulationKit

// Objects that are not written: what is known already is read from where it is.
extension ObjectStore {
    /// All objects of one kind, sorted by namespace and name; those of Endpoints, ComponentStatus, the default
    /// roles and the like are made from what there is.
    public func objects(of info: KindInfo) -> [any StoredObject] {
        guard info.type == .custom else { return objects(info.type) }
        let kept = customObjects.sorted().filter { $0.kindInfo.kind == info.kind && $0.kindInfo.group == info.group }
        let made = derived(info).filter { made in !kept.contains { $0.key == made.key } }
        return made.isEmpty ? kept : (kept + made).sorted { $0.key < $1.key }
    }

    /// The object that is made for `key`; nil if there is none.
    func derived(_ key: ObjectKey) -> (any StoredObject)? {
        guard let slash = key.name.firstIndex(of: "/") else { return nil }
        let name = String(key.name[key.name.index(after: slash)...])
        switch key.name[..<slash] {
        case "Endpoints.":
            guard let service = services[ObjectKey(namespace: key.namespace, name: name)] else { return nil }
            return endpoints(of: service)
        case "ComponentStatus.": return derivedStatuses.first { $0.name == name }
        case "ClusterRole.rbac.authorization.k8s.io": return DefaultRoles.role(name).map(derived)
        case "ClusterRoleBinding.rbac.authorization.k8s.io": return DefaultRoles.bindings.first { $0.name == name }.map { derived($0.name, $0.subjects) }
        case let kind: return defaults(kind).first { $0.key == key }
        }
    }

    private func derived(_ info: KindInfo) -> [CustomObject] {
        switch (info.group, info.kind) {
        case ("", "Endpoints"): services.sorted().compactMap(endpoints)
        case ("", "ComponentStatus"): derivedStatuses
        case ("rbac.authorization.k8s.io", "ClusterRole"): DefaultRoles.roles.map(derived)
        case ("rbac.authorization.k8s.io", "ClusterRoleBinding"): DefaultRoles.bindings.map { derived($0.name, $0.subjects) }
        case let (group, kind): defaults("\(kind).\(group)")
        }
    }

    /// The Endpoints that Kubernetes keeps beside the slices of a Service; nil for a Service without slices.
    private func endpoints(of service: Service) -> CustomObject? {
        let slices = endpointSlices.sorted(namespace: service.namespace).filter { $0.metadata.labels[LabelKey.serviceName] == service.name }
        if slices.isEmpty { return nil }
        let subsets = slices.compactMap { slice -> JSONValue? in
            func addresses(ready: Bool) -> [JSONValue] {
                slice.endpoints.filter { ($0.conditions.ready ?? true) == ready }.flatMap { endpoint in
                    endpoint.addresses.map { address -> JSONValue in
                        var entry: JSONObject = ["ip": .string(address)]
                        if let node = endpoint.nodeName, !node.isEmpty { entry["nodeName"] = .string(node) }
                        if let target = endpoint.targetRef?.json { entry["targetRef"] = target }
                        return .object(entry)
                    }
                }
            }
            var subset = JSONObject()
            for (name, list) in [("addresses", addresses(ready: true)), ("notReadyAddresses", addresses(ready: false))] where !list.isEmpty {
                subset[name] = .array(list)
            }
            if subset.members.isEmpty { return nil }
            subset["ports"] = .array(slice.ports.compactMap(\.json))
            return .object(subset)
        }
        var made = CustomObject()
        (made.apiVersion, made.kindName) = ("v1", "Endpoints")
        made.metadata.name = service.name
        made.metadata.namespace = service.namespace
        made.metadata.labels = service.metadata.labels
        made.metadata.uid = service.metadata.uid
        made.metadata.creationTimestamp = service.metadata.creationTimestamp
        made.metadata.resourceVersion = service.metadata.resourceVersion
        if !subsets.isEmpty { made.content["subsets"] = .array(subsets) }
        return made
    }

    /// The parts of the control plane, which are well as long as there is a cluster.
    private var derivedStatuses: [CustomObject] {
        ["controller-manager", "etcd-0", "scheduler"].map { name in
            var made = CustomObject()
            (made.apiVersion, made.kindName) = ("v1", "ComponentStatus")
            made.metadata.name = name
            made.content["conditions"] = [["type": "Healthy", "status": "True", "message": "ok"]]
            return made
        }
    }

    // Roles and bindings that each API server makes for itself.

    private func derived(_ role: DefaultRoles.Role) -> CustomObject {
        var made = standard("ClusterRole", role.name, role.labels)
        if role.isAggregated {
            made.content["aggregationRule"] = ["clusterRoleSelectors": .array(role.selectors.compactMap(\.json))]
        }
        let rules = Authorizer(store: self).rules(ofRole: "ClusterRole", role.name, namespace: "") ?? []
        made.content["rules"] = .array(rules.map { .object($0.jsonObject) })
        return made
    }
    private func derived(_ name: String, _ subjects: [(kind: String, name: String)]) -> CustomObject {
        var made = standard("ClusterRoleBinding", name, ["kubernetes.io/bootstrapping": "rbac-defaults"])
        let group = "rbac.authorization.k8s.io"
        made.content["roleRef"] = ["apiGroup": .string(group), "kind": "ClusterRole", "name": .string(name)]
        if subjects.isEmpty { return made }
        made.content["subjects"] = .array(
            Authorizer.Binding(name, subjects).subjects.map { subject in
                var json: JSONObject = ["kind": .string(subject.kind)]
                if subject.namespace.isEmpty { json["apiGroup"] = .string(group) }
                json["name"] = .string(subject.name)
                if !subject.namespace.isEmpty { json["namespace"] = .string(subject.namespace) }
                return .object(json)
            })
        return made
    }
    private func standard(_ kind: String, _ name: String, _ labels: StringMap<String>) -> CustomObject {
        var made = CustomObject()
        (made.apiVersion, made.kindName) = ("rbac.authorization.k8s.io/v1", kind)
        made.metadata.name = name
        made.metadata.uid = StableHash.uuid("\(kind) \(name)")
        made.metadata.labels = labels
        made.metadata.annotations["rbac.authorization.kubernetes.io/autoupdate"] = "true"
        made.metadata.creationTimestamp = namespaces[ObjectKey(name: "kube-system")]?.metadata.creationTimestamp
        // As old as can be, since it is there from the beginning.
        made.metadata.resourceVersion = 1
        return made
    }

    /// The CustomResourceDefinition of a kind, if it is there.
    public func definition(of kind: KindInfo) -> CustomObject? {
        func defines(_ object: CustomObject) -> Bool {
            let spec = object.content["spec"]
            return object.kindName == "CustomResourceDefinition" && spec?["group"]?.string == kind.group && spec?["names"]?["kind"]?.string == kind.kind
        }
        let likely = customObjects[CustomObject.key("CustomResourceDefinition", "apiextensions.k8s.io", "\(kind.plural).\(kind.group)")]
        if let likely, defines(likely) { return likely }
        return customObjects.all.first(where: defines)
    }
}
