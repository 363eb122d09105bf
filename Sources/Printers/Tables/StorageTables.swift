import ControlPlane
import KubernetesAPI

/// Access modes as kubectl shortens them: `RWO,ROX`.
func accessModeText(_ modes: [String]) -> String {
    [
        ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .filter { modes.contains($0.0) }.map(\.1).joined(separator: ",")
}

extension Printers {
    /// Access modes as kubectl shortens them: `RWO,ROX`.
    public static func accessModes(_ modes: [String]) -> String { accessModeText(modes) }
}

extension KindPrinter {
    static let persistentVolume = KindPrinter(
        PersistentVolume.self,
        [
            .name, TableColumn("CAPACITY", .quantity), TableColumn("ACCESS MODES"),
            TableColumn("RECLAIM POLICY"),
            TableColumn("STATUS"), TableColumn("CLAIM"), TableColumn("STORAGECLASS"),
            TableColumn("VOLUMEATTRIBUTESCLASS"), TableColumn("REASON"), .age,
            TableColumn("VOLUMEMODE", wide: true),
        ]
    ) { object, cluster in
        let spec = object.spec
        return [
            object.name, (spec.capacity["storage"] ?? .zero).description, accessModeText(spec.accessModes),
            spec.persistentVolumeReclaimPolicy,
            object.metadata.isTerminating ? "Terminating" : object.status.phase,
            spec.claimRef.map { "\($0.namespace)/\($0.name)" } ?? "",
            object.metadata.annotations[AnnotationKey.storageClass] ?? spec.storageClassName,
            spec.volumeAttributesClassName ?? "<unset>", object.status.reason, object.age(cluster),
            spec.volumeMode ?? "<unset>",
        ]
    }

    static let persistentVolumeClaim = KindPrinter(
        PersistentVolumeClaim.self,
        [
            .name, TableColumn("STATUS"), TableColumn("VOLUME"), TableColumn("CAPACITY", .quantity),
            TableColumn("ACCESS MODES"), TableColumn("STORAGECLASS"), TableColumn("VOLUMEATTRIBUTESCLASS"),
            .age,
            TableColumn("VOLUMEMODE", wide: true),
        ]
    ) { object, cluster in
        let isBound = !object.spec.volumeName.isEmpty
        return [
            object.name, object.metadata.isTerminating ? "Terminating" : object.status.phase,
            object.spec.volumeName,
            isBound ? (object.status.capacity["storage"] ?? .zero).description : "",
            isBound ? accessModeText(object.status.accessModes) : "",
            object.metadata.annotations[AnnotationKey.storageClass] ?? object.spec.storageClassName ?? "",
            object.spec.volumeAttributesClassName ?? "<unset>", object.age(cluster),
            object.spec.volumeMode ?? "<unset>",
        ]
    }

    static let storageClass = KindPrinter(
        StorageClass.self,
        [
            .name, TableColumn("PROVISIONER"), TableColumn("RECLAIMPOLICY"), TableColumn("VOLUMEBINDINGMODE"),
            TableColumn("ALLOWVOLUMEEXPANSION"), .age,
        ]
    ) { object, cluster in
        let isMarked = object.isDefault && (!cluster.profile.has(.oneDefaultStorageClass) || cluster.store.defaultStorageClass?.name == object.name)
        return [
            object.name + (isMarked ? " (default)" : ""), object.provisioner,
            object.reclaimPolicy ?? "Delete",
            object.volumeBindingMode ?? "Immediate", String(object.allowVolumeExpansion ?? false),
            object.age(cluster),
        ]
    }

    static let csiDriver = KindPrinter(
        CSIDriver.self,
        [
            .name, TableColumn("ATTACHREQUIRED"), TableColumn("PODINFOONMOUNT"),
            TableColumn("STORAGECAPACITY"),
            TableColumn("TOKENREQUESTS"), TableColumn("REQUIRESREPUBLISH"), TableColumn("MODES"), .age,
        ]
    ) { object, cluster in
        let spec = object.spec
        let audiences = spec.tokenRequests?.array?.compactMap { $0["audience"]?.string } ?? []
        return [
            object.name, String(spec.attachRequired ?? true), String(spec.podInfoOnMount ?? false),
            String(spec.storageCapacity ?? false), audiences.joined(separator: ",").or("<unset>"),
            String(spec.requiresRepublish ?? false),
            spec.volumeLifecycleModes.joined(separator: ",").or("<none>"),
            object.age(cluster),
        ]
    }

    static let csiNode = KindPrinter(CSINode.self, [.name, TableColumn("DRIVERS", .number), .age]) {
        object, cluster in
        [object.name, String(object.spec.drivers.count), object.age(cluster)]
    }

    static let volumeAttachment = KindPrinter(
        VolumeAttachment.self,
        [
            .name, TableColumn("ATTACHER"), TableColumn("PV"), TableColumn("NODE"), TableColumn("ATTACHED"),
            .age,
        ]
    ) { object, cluster in
        [
            object.name, object.spec.attacher, object.spec.source.persistentVolumeName ?? "",
            object.spec.nodeName,
            String(object.status.attached), object.age(cluster),
        ]
    }
}
