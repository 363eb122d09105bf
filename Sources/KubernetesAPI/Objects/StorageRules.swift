// What access modes, drivers and their sidecars allow.

extension PersistentVolume {
    /// The name under which nodes report the volume as attached or in use: `kubernetes.io/csi/DRIVER^HANDLE`.
    /// - Source: Kubernetes `pkg/volume/util/util.go`, `GetUniqueVolumeName`.
    public var uniqueName: String {
        if let csi = spec.csi { return "kubernetes.io/csi/\(csi.driver)^\(csi.volumeHandle)" }
        return "kubernetes.io/\(spec.sources.first ?? "none")/\(name)"
    }

    /// Whether a controller attaches the volume to a node before it is mounted there: disks are, file shares, paths of
    /// a node and volumes of CSI drivers that say so are not.
    /// - Parameter driver: the volume's CSIDriver object; without one its driver is taken to attach.
    public func isAttached(with driver: CSIDriver?) -> Bool {
        if spec.csi != nil { return driver?.spec.attachRequired ?? true }
        let attached: Set = ["gcePersistentDisk", "awsElasticBlockStore", "azureDisk", "cinder", "vsphereVolume", "rbd", "iscsi", "fc"]
        return spec.sources.first.map(attached.contains) ?? false
    }

    /// Whether the volume may be attached to several nodes at a time.
    /// - Source: Kubernetes `pkg/controller/volume/attachdetach/util/util.go`, `IsMultiAttachAllowed`.
    public var allowsMultiAttach: Bool {
        spec.accessModes.isEmpty || spec.accessModes.contains("ReadWriteMany") || spec.accessModes.contains("ReadOnlyMany")
    }

    /// Whether one pod alone may mount the volume: its access modes are just ReadWriteOncePod.
    /// - Source: Kubernetes `pkg/volume/util/util.go`, `ContainsAccessMode`, and `operation_generator.go`.
    public var isForOnePod: Bool { spec.accessModes == ["ReadWriteOncePod"] }
}

extension StorageClass {
    /// The default class that kind has: a volume is made on the node that its first pod goes to.
    public static let standard = make("standard", "rancher.io/local-path", waits: true, isDefault: true)

    /// A class whose volumes go with their claims.
    /// - Parameter waits: the node of the first pod decides where a volume is made.
    public static func make(_ name: String, _ provisioner: String, waits: Bool, isDefault: Bool) -> StorageClass {
        var made = StorageClass()
        made.metadata.name = name
        if isDefault { made.metadata.annotations[AnnotationKey.isDefaultClass] = "true" }
        made.provisioner = provisioner
        made.reclaimPolicy = "Delete"
        made.volumeBindingMode = waits ? "WaitForFirstConsumer" : "Immediate"
        return made
    }

    /// Whether claims that name no class get this one.
    public var isDefault: Bool {
        [AnnotationKey.isDefaultClass, "storageclass.beta.kubernetes.io/is-default-class"]
            .contains { metadata.annotations[$0] == "true" }
    }

    /// The CSI driver that makes its volumes; nil for a provisioner that is none, whose name has a slash.
    ///
    /// The names of Kubernetes' former own plugins stand for the drivers that took their place.
    /// - Source: Kubernetes `csi-translation-lib/plugins`.
    public var csiDriverName: String? {
        switch provisioner {
        case "kubernetes.io/gce-pd": "pd.csi.storage.gke.io"
        case "kubernetes.io/aws-ebs": "ebs.csi.aws.com"
        case "kubernetes.io/azure-disk": "disk.csi.azure.com"
        case "kubernetes.io/azure-file": "file.csi.azure.com"
        case "kubernetes.io/cinder": "cinder.csi.openstack.org"
        case "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com"
        case "kubernetes.io/portworx-volume": "pxd.portworx.com"
        default: provisioner.contains("/") ? nil : provisioner
        }
    }

    /// Whether the provisioner makes volumes on the disk of one node: they cannot be reached from any other.
    /// - Source: Rancher local-path-provisioner `provisioner.go`; the documentation of OpenEBS, TopoLVM and MicroK8s.
    public var isNodeLocal: Bool {
        switch provisioner {
        case "rancher.io/local-path", "openebs.io/local", "microk8s.io/hostpath", "local.csi.openebs.io", "zfs.csi.openebs.io",
            "topolvm.io", "topolvm.cybozu.com", "hostpath.csi.k8s.io":
            true
        default: false
        }
    }

    /// The node label, with its value, to which a volume made for a pod on `node` is pinned; nil: to none.
    public func place(ofVolumeMadeFor node: Node) -> (label: String, value: String)? {
        if isNodeLocal {
            let label = LabelKey.hostname
            return (label, node.metadata.labels[label] ?? node.name)
        }
        return node.zone.isEmpty ? nil : (LabelKey.zone, node.zone)
    }
}

/// The parts of a CSI driver that must know ReadWriteOncePod, with the first version that does.
///
/// Which version a simulated driver has is told by annotations of its CSIDriver object, `evenkeel.dev/csi-attacher: v3.2.1`;
/// without one it is new enough.
public enum CSISidecar: String, Sendable, CaseIterable {
    case provisioner = "csi-provisioner"
    case attacher = "csi-attacher"
    case resizer = "csi-resizer"

    /// The first version that knows ReadWriteOncePod.
    /// - Source: KEP-2485.
    public var required: String {
        switch self {
        case .provisioner: "v3.0.0"
        case .attacher: "v3.3.0"
        case .resizer: "v1.3.0"
        }
    }
}

extension CSIDriver {
    /// The annotation that says how many volumes of the driver a node can have: it goes into the nodes' CSINode objects.
    public static let volumesPerNode = "evenkeel.dev/volumes-per-node"

    /// The version of one of its sidecars, if the driver has one that does not know ReadWriteOncePod; else nil.
    public func outdated(_ sidecar: CSISidecar) -> String? {
        guard let version = metadata.annotations["evenkeel.dev/\(sidecar.rawValue)"] else { return nil }
        func numbers(_ text: String) -> [Int] { text.drop { $0 == "v" }.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 } }
        return numbers(version).lexicographicallyPrecedes(numbers(sidecar.required)) ? version : nil
    }
}
