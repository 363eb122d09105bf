import ControlPlane
import KubernetesAPI
import SimulationKit

/// Objects as kubectl prints them: tables, descriptions, explanations of fields.
///
/// Differs from Kubernetes: what kubectl asks of its own command line and says about it is left to a real kubectl, which works with
/// `evenkeel serve`: the `--` of exec, the words of `scale`, `--show-events`, unknown types of a group, `-L` beside custom columns, flags of
/// explain, versions and selectors of top (`kubernetes-1.37.md` rows 1.9, 2.13, 7.4, 7.7, 7.9, 7.10, 7.11, 7.12).
public enum Printers {
    /// The columns of `kubectl get` for `kind`, those of `-o wide` included.
    /// - Parameter cluster: where a custom resource's definition may be.
    public static func columns(for kind: KindInfo, in cluster: Cluster? = nil) -> [TableColumn] { printer(kind, cluster).columns }

    /// The cells of `object`, one for each of ``columns(for:)``.
    public static func row(for object: any StoredObject, in cluster: Cluster) -> [String] {
        printer(object.kindInfo, cluster).row(object, cluster)
    }

    /// A table as `kubectl get` prints it: the headings and a line for each of `objects`, all of one kind.
    /// Empty without objects.
    /// - Parameters:
    ///   - wide: with the columns of `-o wide`.
    ///   - namespaceColumn: with the namespace in front, as for `--all-namespaces`.
    public static func table(
        _ kind: KindInfo, _ objects: [any StoredObject], in cluster: Cluster, wide: Bool = false,
        namespaceColumn: Bool = false
    ) -> String {
        if objects.isEmpty { return "" }
        let printer = printer(kind, cluster)
        let shown = printer.columns.indices.filter { wide || printer.columns[$0].priority == 0 }
        let withNamespace = namespaceColumn && kind.isNamespaced
        var rows = [(withNamespace ? ["NAMESPACE"] : []) + shown.map { printer.columns[$0].title }]
        for object in objects {
            let cells = printer.row(object, cluster)
            // kubectl cuts a cell at its first line break.
            rows.append(
                (withNamespace ? [object.metadata.namespace] : [])
                    + shown.map { index in String(cells[index].prefix { !$0.isNewline }) })
        }
        return TabWriter.text(rows, minimum: 6, padding: 3)
    }

    private static func printer(_ kind: KindInfo, _ cluster: Cluster?) -> KindPrinter {
        switch kind.type {
        case .pod: .pod
        case .node: .node
        case .deployment: .deployment
        case .replicaSet: .replicaSet
        case .statefulSet: .statefulSet
        case .daemonSet: .daemonSet
        case .job: .job
        case .cronJob: .cronJob
        case .service: .service
        case .endpointSlice: .endpointSlice
        case .namespace: .namespace
        case .event: .event
        case .configMap: .configMap
        case .secret: .secret
        case .serviceAccount: .serviceAccount
        case .persistentVolume: .persistentVolume
        case .persistentVolumeClaim: .persistentVolumeClaim
        case .storageClass: .storageClass
        case .csiDriver: .csiDriver
        case .csiNode: .csiNode
        case .volumeAttachment: .volumeAttachment
        case .podDisruptionBudget: .podDisruptionBudget
        case .priorityClass: .priorityClass
        case .horizontalPodAutoscaler: .horizontalPodAutoscaler
        case .resourceQuota: .resourceQuota
        case .limitRange: .limitRange
        case .controllerRevision: .controllerRevision
        case .replicationController: .replicationController
        case .workload: .workload
        case .podGroup: .podGroup
        case .custom: .kept(kind, in: cluster)
        }
    }
}

/// The columns of one kind and how to fill them.
///
/// A new kind: a `KindPrinter` in Tables/, a line in the switch above.
struct KindPrinter: Sendable {
    let columns: [TableColumn]
    let row: @Sendable (any StoredObject, Cluster) -> [String]

    init<Object: StoredObject>(
        _ type: Object.Type, _ columns: [TableColumn], row: @escaping @Sendable (Object, Cluster) -> [String]
    ) {
        self.columns = columns
        self.row = { object, cluster in
            guard let object = object as? Object else {
                preconditionFailure("a row of \(Object.kind.rawValue) was asked for \(object.kindInfo.kind)")
            }
            return row(object, cluster)
        }
    }
}

extension KubernetesObject {
    /// The age of the object at the cluster's present moment.
    func age(_ cluster: Cluster) -> String {
        Printers.ageText(from: metadata.creationTimestamp, to: cluster.now)
    }
}

extension String {
    /// The text, or `other` if it is empty.
    func or(_ other: String) -> String { isEmpty ? other : self }
}

extension StringMap where Value == String {
    /// `a=1,b=2`, or `<none>`.
    var labelText: String { entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",").or("<none>") }
}

extension Optional where Wrapped == LabelSelector {
    /// `app=web,tier in (a,b)`, or `<none>`.
    var text: String { (self?.canonical ?? "").or("<none>") }
}
