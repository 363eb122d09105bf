import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps `status.used` of each ResourceQuota. Admission refuses what would exceed it; this only counts.
/// - Source: Kubernetes `pkg/controller/resourcequota/resource_quota_controller.go`, `pkg/quota/v1/evaluator/core`.
struct ResourceQuotaController: Controller {
    static let queueName = "resourcequota_primary"
    static let watches: [Kind] = [
        .resourceQuota, .pod, .service, .persistentVolumeClaim, .configMap, .secret, .deployment, .replicaSet,
        .statefulSet, .job, .cronJob, .replicationController,
    ]
    var queue = WorkQueue<ObjectKey>()
    /// Quotas by namespace.
    private var quotas: [String: Set<ObjectKey>] = [:]

    /// Changes in a namespace are counted together.
    static let batch = Duration.milliseconds(200)

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        if entry.kind == .resourceQuota {
            let change = cluster.store.resourceQuotas.change(entry.index)
            let key = change.object.key
            if change.action == .deleted {
                quotas[key.namespace]?.remove(key)
                if quotas[key.namespace]?.isEmpty == true { quotas[key.namespace] = nil }
            } else {
                quotas[key.namespace, default: []].insert(key)
                queue.add(key)
            }
            return
        }
        if quotas.isEmpty { return }
        func open<O: StoredObject>(_ type: O.Type) {
            let change = cluster.store[keyPath: O.table].change(entry.index)
            if change.action != .modified { recount(change.object.namespace, cluster.now) }
        }
        open(ObjectStore.type(of: entry.kind))
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        if quotas.isEmpty { return }
        if change.action == .modified, change.previous?.isFinished == change.object.isFinished,
            change.previous?.spec.identity == change.object.spec.identity
        {
            return
        }
        recount(change.object.namespace, cluster.now)
    }

    private mutating func recount(_ namespace: String, _ now: Instant) {
        for key in (quotas[namespace] ?? []).sorted() { queue.add(key, at: now + Self.batch) }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let quota = cluster.store.resourceQuotas[key] else { return .none }
        var status = ResourceQuotaStatus()
        status.hard = quota.spec.hard
        status.used = QuotaUsage(of: quota, cluster).used
        if status != quota.status { cluster.modify(ResourceQuota.self, key) { $0.status = status } }
        return .none
    }
}

/// What the objects of a namespace use of the resources that a quota limits.
struct QuotaUsage {
    private(set) var used: ResourceList = [:]

    init(of quota: ResourceQuota, _ cluster: Cluster) {
        let namespace = quota.namespace
        var sum = Resources()
        var limits = Resources()
        var pods: Int64 = 0
        var counted: [Pod] = []
        for pod in cluster.store.pods.all where pod.namespace == namespace && !pod.isFinished {
            if quota.spec.selects(pod) { counted.append(pod) }
        }
        let rules = RequestRules(assigned: cluster.profile)
        for pod in counted {
            pods += 1
            sum += pod.requests(rules)
            for container in pod.spec.containers { limits += Resources(container.resources.limits) }
        }
        for (name, hard) in quota.spec.hard.entries {
            used[name] = Self.amount(name, hard, sum, limits, pods, namespace, cluster)
        }
    }

    private static func amount(
        _ name: String, _ hard: Quantity, _ sum: Resources, _ limits: Resources, _ pods: Int64,
        _ namespace: String,
        _ cluster: Cluster
    ) -> Quantity {
        func quantity(_ resources: Resources, _ resource: String) -> Quantity {
            resource == "cpu"
                ? Quantity(milli: resources.milliCPU) : Quantity(resources[resource], format: hard.format)
        }
        func claims(_ className: String?) -> [PersistentVolumeClaim] {
            cluster.store.persistentVolumeClaims.all.filter {
                $0.namespace == namespace && (className == nil || $0.className == className)
            }
        }
        func storage(_ claims: [PersistentVolumeClaim]) -> Quantity {
            Quantity(nano: claims.reduce(Int128(0)) { $0 + $1.requested.nano }, format: .binarySI)
        }
        let classMark = ".storageclass.storage.k8s.io/"
        if let mark = name.range(of: classMark) {
            let owned = claims(String(name[..<mark.lowerBound]))
            return name.hasSuffix("requests.storage") ? storage(owned) : Quantity(Int64(owned.count))
        }
        switch name {
        case "pods", "count/pods": return Quantity(pods)
        case "requests.storage": return storage(claims(nil))
        case "services.nodeports", "services.loadbalancers":
            let type = name == "services.nodeports" ? "NodePort" : "LoadBalancer"
            return Quantity(
                Int64(cluster.store.services.all.count { $0.namespace == namespace && $0.spec.type == type }))
        case "cpu", "memory", "ephemeral-storage": return quantity(sum, name)
        default: break
        }
        if name.hasPrefix("requests.") { return quantity(sum, String(name.dropFirst(9))) }
        if name.hasPrefix("limits.") { return quantity(limits, String(name.dropFirst(7))) }
        let plural = name.hasPrefix("count/") ? String(name.dropFirst(6)) : name
        guard let info = KindInfo.all.first(where: { $0.qualifiedPlural == plural || $0.plural == plural })
        else {
            return .zero
        }
        return Quantity(Int64(cluster.store.objects(info.type, namespace: namespace).count))
    }
}

extension String {
    /// The first place of `text` in this string.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
