import ControlPlane
import KubernetesAPI

/// Selectors of services and controllers: they tell which pods default spread constraints take together.
struct SelectorIndex: Sendable {
    private var services: [String: [(name: String, selector: StringMap<String>)]] = [:]
    private var owners: [Owner: LabelSelector] = [:]
    struct Owner: Sendable, Hashable {
        var kind: Kind
        var key: ObjectKey
    }
    /// Raised with every change: what was deduced before may be wrong.
    private(set) var epoch = 0

    init() {}
    init(_ store: ObjectStore) {
        for service in store.services.all { set(service, gone: false) }
        for object in store.replicaSets.all { set(.replicaSet, object.key, object.spec.selector) }
        for object in store.statefulSets.all { set(.statefulSet, object.key, object.spec.selector) }
        for object in store.replicationControllers.all { set(object, gone: false) }
    }

    mutating func set(_ service: Service, gone: Bool) {
        var list = services[service.metadata.namespace] ?? []
        let old = list.first { $0.name == service.metadata.name }?.selector
        if !gone, let old, old == service.spec.selector { return }
        list.removeAll { $0.name == service.metadata.name }
        if !gone { list.append((service.metadata.name, service.spec.selector)) }
        list.sort { $0.name < $1.name }
        services[service.metadata.namespace] = list
        epoch += 1
    }
    mutating func set(_ controller: ReplicationController, gone: Bool) {
        set(
            .replicationController, controller.key,
            gone ? nil : LabelSelector(matchLabels: controller.spec.selector))
    }
    mutating func set(_ kind: Kind, _ key: ObjectKey, _ selector: LabelSelector?) {
        let owner = Owner(kind: kind, key: key)
        if owners[owner] == selector { return }
        owners[owner] = selector
        epoch += 1
    }

    /// The selector of all services and the controller that select a pod; nil if none does.
    ///
    /// - Source: Kubernetes `pkg/scheduler/framework/plugins/helper/spread.go`, `DefaultSelector`.
    func deduced(namespace: String, labels: StringMap<String>, owner: OwnerReference?) -> LabelSelector? {
        var result = LabelSelector()
        for (_, selector) in services[namespace] ?? [] where !selector.isEmpty {
            if selector.entries.allSatisfy({ labels[$0.key] == $0.value }) {
                result.matchLabels = result.matchLabels.merging(selector)
            }
        }
        if let owner, let kind = Kind(rawValue: owner.kind), kind != .custom,
            let selector = owners[Owner(kind: kind, key: ObjectKey(namespace: namespace, name: owner.name))]
        {
            for (key, value) in selector.matchLabels.entries {
                if let other = result.matchLabels[key], other != value {
                    result.matchExpressions.append(SelectorRequirement(key, "In", [value]))
                } else {
                    result.matchLabels[key] = value
                }
            }
            result.matchExpressions += selector.matchExpressions
        }
        return result.isEmpty ? nil : result
    }
}
