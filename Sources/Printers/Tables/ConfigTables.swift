// Tables of namespaces, ConfigMaps, Secrets, ServiceAccounts, PriorityClasses, budgets, quotas, limits and events.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KindPrinter {
    static let namespace = KindPrinter(Namespace.self, [.name, TableColumn("STATUS"), .age]) {
        object, cluster in
        [object.name, object.status.phase, object.age(cluster)]
    }

    static let configMap = KindPrinter(ConfigMap.self, [.name, TableColumn("DATA", .number), .age]) {
        object, cluster in
        [object.name, String(object.data.count + object.binaryData.count), object.age(cluster)]
    }

    static let secret = KindPrinter(
        Secret.self, [.name, TableColumn("TYPE"), TableColumn("DATA", .number), .age]
    ) { object, cluster in
        [object.name, object.type.or("Opaque"), String(object.data.count), object.age(cluster)]
    }

    static let serviceAccount = KindPrinter(ServiceAccount.self, [.name, .age]) { object, cluster in
        [object.name, object.age(cluster)]
    }

    static let priorityClass = KindPrinter(
        PriorityClass.self,
        [
            .name, TableColumn("VALUE", .number), TableColumn("GLOBAL-DEFAULT"), .age,
            TableColumn("PREEMPTIONPOLICY"),
        ]
    ) { object, cluster in
        [
            object.name, String(object.value), String(object.globalDefault), object.age(cluster),
            object.preemptionPolicy ?? "PreemptLowerPriority",
        ]
    }

    static let podDisruptionBudget = KindPrinter(
        PodDisruptionBudget.self,
        [
            .name, TableColumn("MIN AVAILABLE"), TableColumn("MAX UNAVAILABLE"),
            TableColumn("ALLOWED DISRUPTIONS", .number), .age,
        ]
    ) { object, cluster in
        [
            object.name, object.spec.minAvailable?.text ?? "N/A", object.spec.maxUnavailable?.text ?? "N/A",
            String(object.status.disruptionsAllowed), object.age(cluster),
        ]
    }

    static let resourceQuota = KindPrinter(
        ResourceQuota.self, [.name, TableColumn("REQUEST"), TableColumn("LIMIT"), .age]
    ) { object, cluster in
        func cell(limits: Bool) -> String {
            object.status.hard.entries.filter { $0.key.hasPrefix("limits.") == limits }
                .map { "\($0.key): \(object.status.used[$0.key] ?? .zero)/\($0.value)" }.joined(
                    separator: ", ")
        }
        return [object.name, cell(limits: false), cell(limits: true), object.age(cluster)]
    }

    static let limitRange = KindPrinter(LimitRange.self, [.name, TableColumn("CREATED AT")]) { object, _ in
        [object.name, object.metadata.creationTimestamp?.rfc3339 ?? "<unknown>"]
    }

    static let event = KindPrinter(
        Event.self,
        [
            TableColumn("LAST SEEN", .age), TableColumn("TYPE"), TableColumn("REASON"), TableColumn("OBJECT"),
            TableColumn("SUBOBJECT", wide: true), TableColumn("SOURCE", wide: true), TableColumn("MESSAGE"),
            TableColumn("FIRST SEEN", .age, wide: true), TableColumn("COUNT", .number, wide: true),
            TableColumn("NAME", wide: true),
        ]
    ) { object, cluster in
        let first = object.firstTimestamp ?? object.eventTime
        let source = [
            object.source.component.or(object.reportingComponent),
            object.source.host.or(object.reportingInstance),
        ]
        return [
            Printers.ageText(from: object.lastTimestamp ?? first, to: cluster.now), object.type,
            object.reason,
            "\(object.involvedObject.kind.lowercased())/\(object.involvedObject.name)",
            object.involvedObject.fieldPath, source.filter { !$0.isEmpty }.joined(separator: ", "),
            object.message.trimmed, Printers.ageText(from: first, to: cluster.now),
            String(max(1, object.count)),
            object.name,
        ]
    }
}
