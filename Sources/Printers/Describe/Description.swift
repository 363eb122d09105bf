import ControlPlane
import KubernetesAPI
import SimulationKit

/// The lines of a description while it is made.
///
/// Differs from Kubernetes: no spaces at the ends of lines; appProtocol of Services, pod-level resources and ResourceSlices of nodes are
/// not described, and CronJobs as plain trees, as kubectl's words for them were not at hand (`kubernetes-1.37.md` row 7.8).
struct Description {
    let cluster: Cluster
    private var lines: [[String]] = []

    init(_ cluster: Cluster) { self.cluster = cluster }

    /// The text, with columns aligned.
    var text: String {
        TabWriter.text(lines, padding: 2).split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasSuffix(" ") ? $0.trimmedAtEnd : String($0) }.joined(separator: "\n")
    }

    /// Adds a line of cells; the first is indented by two spaces a level.
    mutating func line(_ level: Int, _ cells: String...) { self.line(level, cells) }
    mutating func line(_ level: Int, _ cells: [String]) {
        var cells = cells
        cells[0] = String(repeating: "  ", count: level) + cells[0]
        lines.append(cells)
    }
    mutating func blank() { lines.append([""]) }

    // MARK: Parts that many kinds have

    /// Several values under one title: the first beside it, the others below; `<none>` without any.
    mutating func multiline(_ level: Int, _ title: String, _ values: [String]) {
        if values.isEmpty { return line(level, "\(title):", "<none>") }
        for (i, value) in values.enumerated() { line(i == 0 ? level : 0, i == 0 ? "\(title):" : "", value) }
    }
    mutating func labels(_ map: StringMap<String>) { labels(0, "Labels", map) }
    mutating func labels(_ level: Int, _ title: String, _ map: StringMap<String>) {
        multiline(level, title, map.entries.map { "\($0.key)=\($0.value)" })
    }
    mutating func annotations(_ map: StringMap<String>) { annotations(0, map) }
    /// Annotations; long ones and those of several lines stand on lines of their own, cut at 140 characters.
    mutating func annotations(_ level: Int, _ map: StringMap<String>) {
        func cut(_ text: String) -> String { text.count > 140 ? text.prefix(140) + "..." : text }
        var values: [String] = []
        for (key, value) in map.entries where key != AnnotationKey.lastApplied {
            if key.count + value.count + 2 > 140 || value.contains("\n") {
                values.append("\(key):")
                values += value.split(separator: "\n").map { "  " + cut(String($0)) }
            } else {
                values.append("\(key): \(value)")
            }
        }
        multiline(level, "Annotations", values)
    }
    /// The deletion that is under way, or `phase`.
    mutating func status(_ meta: ObjectMeta, _ phase: String) {
        if let deletion = meta.deletionTimestamp {
            line(0, "Status:", "Terminating (lasts \(Printers.ageText(from: deletion, to: cluster.now)))")
        } else {
            line(0, "Status:", phase)
        }
    }
    /// A table under a title, its headings underlined.
    mutating func table(_ title: String, _ headings: [String], _ rows: [[String]]) {
        line(0, title)
        line(1, headings)
        // kubectl's own line under the events' headings is one too long for "Age".
        line(1, headings.map { String(repeating: "-", count: $0 == "Age" ? 4 : $0.count) })
        for row in rows { line(1, row) }
    }
    /// The events about `object`, oldest first: what ends each description.
    /// - Source: Kubernetes `kubectl/pkg/describe/describe.go`, `DescribeEvents`.
    mutating func events(about object: any StoredObject) {
        let reference = ObjectReference(object)
        let events = cluster.store.events(about: reference.kind, ObjectKey(namespace: reference.namespace, name: reference.name)).filter { event in
            event.involvedObject.uid.isEmpty || reference.uid.isEmpty || event.involvedObject.uid == reference.uid
        }.sorted { $0.key < $1.key }
        if events.isEmpty { return line(0, "Events:", "<none>") }
        let now = cluster.now
        func last(_ event: Event) -> Instant {
            event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? .start
        }
        let ordered = events.enumerated().sorted {
            (last($0.element), $0.offset) < (last($1.element), $1.offset)
        }
        table(
            "Events:", ["Type", "Reason", "Age", "From", "Message"],
            ordered.map { _, event in
                let first = Printers.ageText(from: event.eventTime ?? event.firstTimestamp, to: now)
                let age =
                    event.count > 1
                    ? "\(Printers.ageText(from: event.lastTimestamp, to: now)) (x\(event.count) over \(first))"
                    : first
                let path = event.involvedObject.fieldPath
                let tellsPath = !path.isEmpty && cluster.profile.has(.fieldPathBeforeEventText)
                return [
                    event.type, event.reason, age, event.source.component.or(event.reportingComponent),
                    (tellsPath ? path + ": " : "") + event.message.trimmed,
                ]
            })
    }
}

extension Instant {
    /// The moment as descriptions print it: `Thu, 01 Jan 2026 00:00:05 +0000` (RFC 1123 with a numeric zone).
    var rfc1123: String {
        let text = Array(rfc3339)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // The simulation starts on a Thursday.
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let day = flooredToSecond.nanoseconds / 1_000_000_000
        let number = Int((day >= 0 ? day : day - 86_399) / 86_400)
        let month = months[Int(String(text[5...6]))! - 1]
        return "\(days[((number % 7) + 7) % 7]), \(String(text[8...9])) \(month) \(String(text[0...3])) "
            + "\(String(text[11...18])) +0000"
    }
}

extension Printers {
    /// `object` as `kubectl describe` prints it, its events at the end. O(events), and O(pods) for some kinds.
    public static func describe(_ object: any StoredObject, in cluster: Cluster) -> String {
        var out = Description(cluster)
        switch object {
        case let object as Pod: out.pod(cluster.shown(object))
        case let object as Node: out.node(object)
        case let object as Deployment: out.deployment(object)
        case let object as ReplicaSet: out.replicaSet(object)
        case let object as StatefulSet: out.statefulSet(object)
        case let object as DaemonSet: out.daemonSet(object)
        case let object as Job: out.job(object)
        case let object as Service: out.service(object)
        case let object as PersistentVolume: out.persistentVolume(object)
        case let object as PersistentVolumeClaim: out.persistentVolumeClaim(object)
        case let object as PodDisruptionBudget: out.podDisruptionBudget(object)
        case let object as Namespace:
            out.namespace(object)
            return out.text
        case let object as HorizontalPodAutoscaler: out.horizontalPodAutoscaler(object)
        case let object as StorageClass: out.storageClass(object)
        case let object as ResourceQuota:
            out.resourceQuota(object)
            return out.text
        case let object as LimitRange:
            out.limitRange(object)
            return out.text
        default: out.generic(object)
        }
        out.events(about: object)
        return out.text
    }
}
