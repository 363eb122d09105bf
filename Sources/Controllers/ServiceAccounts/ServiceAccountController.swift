import ControlPlane
import KubernetesAPI
import SimulationKit

/// Gives each namespace its account `default` and the ConfigMap `kube-root-ca.crt`, and secrets of accounts their tokens.
///
/// Differs from Kubernetes: the token of a secret ends after a hundred years rather than never.
/// - Source: Kubernetes `pkg/controller/serviceaccount/{serviceaccounts,tokens}_controller.go`,
///   `pkg/controller/certificates/rootcacertpublisher/publisher.go`.
struct ServiceAccountController: Controller {
    static let queueName = "serviceaccount"
    static let watches: [Kind] = [.namespace, .serviceAccount, .configMap, .secret]
    var queue = WorkQueue<ObjectKey>()

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        switch entry.kind {
        case .namespace:
            let change = cluster.store.namespaces.change(entry.index)
            if change.action == .added { queue.add(change.object.key) }
        case .serviceAccount:
            let change = cluster.store.serviceAccounts.change(entry.index)
            if change.action == .deleted { queue.add(ObjectKey(name: change.object.namespace)) }
            for secret in cluster.store.secrets.sorted(namespace: change.object.namespace) where Self.account(of: secret) == change.object.name {
                queue.add(secret.key)
            }
        case .secret:
            let change = cluster.store.secrets.change(entry.index)
            if change.action != .deleted, Self.account(of: change.object) != nil { queue.add(change.object.key) }
        default:
            let change = cluster.store.configMaps.change(entry.index)
            if change.object.name == "kube-root-ca.crt" {
                queue.add(ObjectKey(name: change.object.namespace))
            }
        }
    }

    /// The name of the account whose token a secret is to hold; nil for other secrets.
    private static func account(of secret: Secret) -> String? {
        secret.type == "kubernetes.io/service-account-token" ? secret.metadata.annotations[accountName] : nil
    }
    private static let accountName = "kubernetes.io/service-account.name"
    private static let accountUID = "kubernetes.io/service-account.uid"

    /// Fills in the token of a secret, or takes it away with its account.
    private func fill(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let secret = cluster.store.secrets[key], !secret.metadata.isTerminating, let name = Self.account(of: secret) else { return .none }
        let account = cluster.store.serviceAccounts[ObjectKey(namespace: key.namespace, name: name)]
        let known = secret.metadata.annotations[Self.accountUID]
        guard let account, known == nil || known == account.metadata.uid else {
            return (try? cluster.delete(Secret.self, key, DeleteOptions(uid: secret.metadata.uid))) == nil ? .retry : .none
        }
        if known != nil, secret.data["token"] != nil, secret.data["ca.crt"] != nil, secret.data["namespace"] != nil { return .none }
        let token = ServiceAccountToken(
            account: account.key, accountUID: account.metadata.uid, secret: .init(name: secret.name, uid: secret.metadata.uid), issued: cluster.now,
            expires: cluster.now + Duration.hours(24 * 36_525))
        let (text, certificates) = (token.text(key: cluster.tokenKey), cluster.settings.rootCertificates)
        let updated = try? cluster.update(Secret.self, key) { secret in
            secret.metadata.annotations[Self.accountUID] = account.metadata.uid
            for (field, value) in [("ca.crt", certificates), ("namespace", key.namespace), ("token", text)] where secret.data[field] == nil {
                secret.data[field] = Base64.encode(value.utf8)
            }
        }
        return updated == nil ? .retry : .none
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        if !key.namespace.isEmpty { return fill(key, &cluster) }
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
