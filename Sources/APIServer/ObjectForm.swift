import ControlPlane
import KubernetesAPI
import Manifests
import Printers
import SimulationKit

/// How the objects of one kind are written for a client: in which version, whole or as something less.
struct ObjectForm: Sendable, Equatable {
    /// What of its object a row of a table has.
    enum Included: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }
    var info: KindInfo
    var apiVersion: String
    var representation: Representation
    var included = Included.metadata

    /// Kinds whose objects do not count the changes of what is wanted; here all do.
    private static let kindsWithoutGeneration: Set<String> = [
        "ConfigMap", "ControllerRevision", "CSINode", "Endpoints", "Event", "HorizontalPodAutoscaler", "Lease", "LimitRange", "Namespace", "Node",
        "PersistentVolume", "PersistentVolumeClaim", "PodTemplate", "ResourceQuota", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
        "CertificateSigningRequest", "CSIDriver", "CSIStorageCapacity", "RuntimeClass", "Secret", "Service", "ServiceAccount", "StorageClass",
        "VolumeAttachment", "VolumeAttributesClass",
    ]
    private static let builtInGroups = Set(APIGroupVersion.builtIn.map(\.group))

    private var isBuiltIn: Bool { Self.builtInGroups.contains(info.group) }

    /// The object as clients see it.
    func document(_ object: any StoredObject) -> JSONValue {
        let kept = object.document.inVersion(apiVersion)
        guard var members = kept.object?.members else { return kept }
        members.removeAll { $0.key == "apiVersion" || $0.key == "kind" }
        members.insert(contentsOf: [("kind", .string(info.kind)), ("apiVersion", .string(apiVersion))], at: 0)
        if isBuiltIn, Self.kindsWithoutGeneration.contains(info.kind), let at = members.firstIndex(where: { $0.key == "metadata" }) {
            members[at].value["generation"] = nil
        }
        var document = JSONObject()
        document.members = members
        return .object(document)
    }

    /// The object as an item of a list: Kubernetes' own kinds leave out what the list says of all.
    func item(_ object: any StoredObject) -> JSONValue {
        let whole = document(object)
        guard isBuiltIn, var members = whole.object?.members, members.count > 2 else { return whole }
        members.removeFirst(2)
        var item = JSONObject()
        item.members = members
        return .object(item)
    }

    /// Appends the object as ``document(_:)`` has it, or as ``item(_:)``.
    func write(_ object: any StoredObject, asItem: Bool, to out: inout [UInt8]) {
        guard apiVersion == info.apiVersion else {
            (asItem ? item(object) : document(object)).write(to: &out)
            return
        }
        func write<O: StoredObject>(_ object: O, to out: inout [UInt8]) {
            out.append(0x7b)
            let isBare = asItem && isBuiltIn
            if !isBare { out += Array("\"kind\":\"\(info.kind)\",\"apiVersion\":\"\(apiVersion)\"".utf8) }
            if isBuiltIn, Self.kindsWithoutGeneration.contains(info.kind) {
                var object = object
                object.metadata.generation = 0
                object.writeMembers(to: &out, afterOthers: !isBare)
            } else {
                object.writeMembers(to: &out, afterOthers: !isBare)
            }
            out.append(0x7d)
        }
        write(object, to: &out)
    }

    /// Names, labels and the like alone.
    func partial(_ object: any StoredObject, version: String) -> JSONValue {
        ["kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": document(object)["metadata"] ?? [:]]
    }

    // MARK: Tables

    /// Titles whose capitals do not follow from their words.
    private static let titles: [String: String] = {
        let names = [
            "AddressType", "AllowVolumeExpansion", "AttachRequired", "CIDRs", "DistinguisherMethod", "DriverName", "HandSize", "IP", "MatchingPrecedence",
            "MaxPods", "MinPods", "MissingPL", "NominalConcurrencyShares", "OS-Image", "Internal-IP", "External-IP", "Cluster-IP", "PV", "ParamKind",
            "ParamRef", "ParentRef", "PodInfoOnMount", "PolicyName", "Port(s)", "PreemptionPolicy", "PriorityLevel", "QueueLengthLimit", "ReclaimPolicy",
            "RequestedDuration", "RequiresRepublish", "ServiceAccounts", "SignerName", "StorageCapacity", "StorageClass", "TokenRequests", "Up-to-date",
            "VolumeAttributesClass", "VolumeBindingMode", "VolumeMode",
        ]
        return Dictionary(names.map { ($0.uppercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }()

    static func name(ofColumn title: String) -> String {
        if let name = titles[title] { return name }
        var result = ""
        for character in title {
            let begins = result.last.map { $0 == " " || $0 == "-" } ?? true
            result += begins ? String(character) : character.lowercased()
        }
        return result
    }

    func columnDefinitions(in cluster: Cluster) -> JSONValue {
        .array(
            Printers.columns(for: info, in: cluster).map { column in
                let name = Self.name(ofColumn: column.title)
                return [
                    "name": .string(name), "type": column.kind == .number ? "integer" : "string", "format": name == "Name" ? "name" : "",
                    "description": .string(name), "priority": .int(Int64(column.priority)),
                ]
            })
    }

    func row(_ object: any StoredObject, in cluster: Cluster) -> JSONValue {
        let columns = Printers.columns(for: info, in: cluster)
        var shown = object
        // Each version of a custom resource has columns of its own.
        if var custom = object as? CustomObject, custom.apiVersion != apiVersion {
            custom.apiVersion = apiVersion
            shown = custom
        }
        let cells = zip(columns, Printers.row(for: shown, in: cluster)).map { column, cell -> JSONValue in
            if column.kind == .number, let number = Int64(cell) { return .int(number) }
            return .string(cell)
        }
        let version = if case .table(let version) = representation.form { version } else { "v1" }
        let included: JSONValue =
            switch self.included {
            case .none: .null
            case .metadata: partial(object, version: version)
            case .object: document(cluster.seen(object))
            }
        return ["cells": .array(cells), "object": included]
    }

    static func table(_ version: String, metadata: JSONValue, columns: JSONValue, rows: [JSONValue]) -> JSONValue {
        [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": metadata, "columnDefinitions": columns, "rows": .array(rows),
        ]
    }

    // MARK: Answers

    /// One object. Rows are made at once, as they need the cluster; all else when the answer is written.
    func body(_ object: any StoredObject, in cluster: Cluster) -> @Sendable () -> [UInt8] {
        let object = cluster.seen(object)
        switch representation.form {
        case .whole where !representation.isYAML:
            return {
                var bytes: [UInt8] = []
                write(object, asItem: false, to: &bytes)
                bytes.append(0x0a)
                return bytes
            }
        case .whole: return encoded { document(object) }
        case .partial(let version): return encoded { partial(object, version: version) }
        case .table(let version):
            let table = Self.table(
                version, metadata: ["resourceVersion": .string(String(object.metadata.resourceVersion))], columns: columnDefinitions(in: cluster),
                rows: [row(object, in: cluster)])
            return encoded { table }
        }
    }

    /// A list of objects with its own metadata.
    /// - Parameter texts: of pods that were written before, and how often time went back until now.
    func body(
        _ objects: [any StoredObject], metadata: JSONValue, in cluster: Cluster, texts: (known: PodTexts, returns: Int)? = nil
    ) -> @Sendable () -> [UInt8] {
        switch representation.form {
        case .whole:
            let kind = "\(info.kind)List"
            if representation.isYAML {
                let objects = objects.map(cluster.seen)
                return encoded {
                    ["kind": .string(kind), "apiVersion": .string(apiVersion), "metadata": metadata, "items": .array(objects.map(item))]
                }
            }
            let showsToken = objects.map { ($0 as? Pod).map(cluster.showsToken) ?? false }
            let head: JSONValue = ["kind": .string(kind), "apiVersion": .string(apiVersion), "metadata": metadata]
            return {
                // Item by item: a list of thousands is never there as a value.
                var bytes: [UInt8] = []
                // About what they take: growing by and by would copy a long list several times.
                bytes.reserveCapacity(objects.count * (info.type == .pod ? 3072 : 1024))
                head.write(to: &bytes)
                bytes.removeLast()
                bytes += Array(",\"items\":[".utf8)
                if info.type == .pod {
                    write(pods: objects, showsToken, objects.count >= PodTexts.fewest ? texts : nil, to: &bytes)
                } else {
                    for (index, object) in objects.enumerated() {
                        if index > 0 { bytes.append(0x2c) }
                        write(object, asItem: true, to: &bytes)
                    }
                }
                bytes += Array("]}\n".utf8)
                return bytes
            }
        case .partial(let version):
            return encoded {
                [
                    "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": metadata,
                    "items": .array(objects.map { partial($0, version: version) }),
                ]
            }
        case .table(let version):
            let table = Self.table(version, metadata: metadata, columns: columnDefinitions(in: cluster), rows: objects.map { row($0, in: cluster) })
            return encoded { table }
        }
    }

    /// Appends pods with commas between them; those that are known are copied.
    private func write(pods: [any StoredObject], _ showsToken: [Bool], _ texts: (known: PodTexts, returns: Int)?, to bytes: inout [UInt8]) {
        let known = texts?.known.known ?? [:]
        var (written, size): ([PodTexts.Key: [UInt8]], Int) = ([:], 0)
        if texts != nil { written.reserveCapacity(pods.count) }
        var specs = PodSpecTexts()
        for (index, object) in pods.enumerated() {
            guard let pod = object as? Pod else { continue }
            if index > 0 { bytes.append(0x2c) }
            let hasToken = showsToken[index]
            let key = PodTexts.Key(revision: pod.metadata.resourceVersion, showsToken: hasToken)
            var text = known[key]
            if let text {
                bytes += text
            } else {
                let start = bytes.count
                bytes.append(0x7b)
                pod.writeMembers(to: &bytes, reusing: &specs, name: hasToken ? pod.tokenVolumeName : "") {
                    hasToken ? pod.withTokenVolume.spec.value : pod.spec.value
                }
                bytes.append(0x7d)
                if texts != nil { text = Array(bytes[start...]) }
            }
            if let text {
                written[key] = text
                size += text.count
            }
        }
        texts.map { $0.known.keep(written, size: size, at: $0.returns) }
    }

    private func encoded(_ document: @escaping @Sendable () -> JSONValue) -> @Sendable () -> [UInt8] {
        let isYAML = representation.isYAML
        return { isYAML ? Array(ManifestWriter.yaml(document()).utf8) : document().line }
    }
}
