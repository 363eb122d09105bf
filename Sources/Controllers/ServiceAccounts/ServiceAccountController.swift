import ControlPlane
import KubernetesAPI

/// Gives each namespace its account `default` and the ConfigMap `kube-root-ca.crt`.
/// - Source: Kubernetes `pkg/controller/serviceaccount/serviceaccounts_controller.go`,
///   `pkg/controller/certificates/rootcacertpublisher/publisher.go`.
struct ServiceAccountController: Controller {
    static let watches: [Kind] = [.namespace, .serviceAccount, .configMap]
    var queue = WorkQueue<ObjectKey>()

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        switch entry.kind {
        case .namespace:
            let change = cluster.store.namespaces.change(entry.index)
            if change.action == .added { queue.add(change.object.key) }
        case .serviceAccount:
            let change = cluster.store.serviceAccounts.change(entry.index)
            if change.action == .deleted { queue.add(ObjectKey(name: change.object.namespace)) }
        default:
            let change = cluster.store.configMaps.change(entry.index)
            if change.object.name == "kube-root-ca.crt" {
                queue.add(ObjectKey(name: change.object.namespace))
            }
        }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let namespace = cluster.store.namespaces[key], !namespace.metadata.isTerminating else {
            return .none
        }
        var account = ServiceAccount()
        account.metadata = Metadata(ObjectMeta(name: "default", namespace: key.name))
        if cluster.store.serviceAccounts[account.key] == nil, (try? cluster.create(account)) == nil {
            return .retry
        }
        var bundle = ConfigMap()
        bundle.metadata = Metadata(ObjectMeta(name: "kube-root-ca.crt", namespace: key.name))
        bundle.metadata.annotations["kubernetes.io/description"] =
            "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as "
            + "the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
            + "Kubernetes clusters."
        bundle.data = ["ca.crt": cluster.settings.rootCertificates]
        if let present = cluster.store.configMaps[bundle.key] {
            if present.data == bundle.data { return .none }
            return (try? cluster.update(ConfigMap.self, bundle.key) { $0.data = bundle.data }) == nil
                ? .retry : .none
        }
        return (try? cluster.create(bundle)) == nil ? .retry : .none
    }
}
