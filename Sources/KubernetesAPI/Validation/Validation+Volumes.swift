// Volumes of pods.
extension Validation {
    /// The sources of volumes in the order in which the API server looks at them.
    static let volumeSources = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs",
        "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc", "flexVolume", "configMap",
        "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO",
        "csi", "ephemeral", "image",
    ]

    /// Checks the volumes and returns the valid ones by name.
    static func volumes(
        _ volumes: [Volume], podName: String, isPod: Bool, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) -> [String: Volume] {
        var valid: [String: Volume] = [:]
        let made = podName.isEmpty ? [] : volumes.filter { $0.ephemeral != nil }.map { "\(podName)-\($0.name)" }
        for (i, volume) in volumes.enumerated() {
            let at = "\(at)[\(i)]"
            var own: [FieldError] = []
            source(volume, podName: podName, isPod: isPod, at, profile, &own)
            if volume.name.isEmpty {
                own.required("\(at).name")
            } else {
                own.invalid("\(at).name", volume.name, each: NameRules.label(volume.name))
            }
            if valid[volume.name] != nil { own.duplicate("\(at).name", .string(volume.name)) }
            if own.isEmpty { valid[volume.name] = volume } else { errors += own }
            if let name = volume.persistentVolumeClaim?.claimName, made.contains(name) {
                errors.invalid(
                    "\(at).persistentVolumeClaim.claimName", .string(name),
                    "must not reference a PVC that gets created for an ephemeral volume")
            }
        }
        return valid
    }

    private static func source(
        _ volume: Volume, podName: String, isPod: Bool, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        let sources = volume.sources
        guard let first = sources.first else {
            errors.required(at, "must specify a volume type")
            return
        }
        switch first {
        case "emptyDir":
            if let limit = volume.emptyDir?.sizeLimit, limit < .zero {
                errors.forbidden("\(at).emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity")
            }
        case "gcePersistentDisk": disk(volume.gcePersistentDisk, \.pdName, "pdName", "\(at).persistentDisk", &errors)
        case "awsElasticBlockStore": disk(volume.awsElasticBlockStore, \.volumeID, "volumeID", "\(at).awsElasticBlockStore", &errors)
        case "secret":
            if let secret = volume.secret {
                if secret.secretName.isEmpty { errors.required("\(at).secret.secretName") }
                mode(secret.defaultMode, "\(at).secret.defaultMode", &errors)
                keys(secret.items, "\(at).secret.items", &errors)
            }
        case "configMap":
            if let map = volume.configMap {
                if map.name.isEmpty { errors.required("\(at).configMap.name") }
                mode(map.defaultMode, "\(at).configMap.defaultMode", &errors)
                keys(map.items, "\(at).configMap.items", &errors)
            }
        case "persistentVolumeClaim":
            if volume.persistentVolumeClaim?.claimName.isEmpty ?? true { errors.required("\(at).persistentVolumeClaim.claimName") }
        case "downwardAPI":
            if let source = volume.downwardAPI?.read(DownwardAPIVolumeSource.self) {
                mode(source.defaultMode, "\(at).downwardAPI.defaultMode", &errors)
                // The API server leaves the place in the list out.
                for file in source.items { downwardAPIFile(file, "\(at).downwardAPI", &errors) }
            }
        case "projected": if let source = volume.projected { projected(source, "\(at).projected", &errors) }
        case "csi":
            if let csi = volume.csi?.read(CSIVolumeSource.self) {
                csiDriverName(csi.driver, "\(at).csi.driver", &errors)
                if let secret = csi.nodePublishSecretRef {
                    if secret.name.isEmpty {
                        errors.required("\(at).csi.nodePublishSecretRef.name")
                    } else {
                        errors.invalid("\(at).csi.name", secret.name, each: NameRules.subdomain(secret.name))
                    }
                }
            }
        case "ephemeral":
            if let template = volume.ephemeral?.read(EphemeralVolumeSource.self)?.volumeClaimTemplate {
                claimTemplate(template, "\(at).ephemeral.volumeClaimTemplate", profile, &errors)
            } else {
                errors.required("\(at).ephemeral.volumeClaimTemplate")
            }
            if !podName.isEmpty, !volume.name.isEmpty {
                let claim = "\(podName)-\(volume.name)"
                for problem in NameRules.subdomain(claim) {
                    errors.invalid("\(at).name", .string(volume.name), "PVC name \"\(claim)\": \(problem)")
                }
            }
        case "image":
            if let image = volume.image {
                if image.reference.isEmpty, isPod || profile.has(.imageReferencesInTemplates) { errors.required("\(at).image.reference") }
                errors.choice("\(at).image.pullPolicy", image.pullPolicy, ["Always", "IfNotPresent", "Never"])
            }
        default: sharedSource(first, volume.jsonObject[first], isPersistent: false, at, &errors)
        }
        if first == "iscsi", let iscsi = volume.iscsi?.read(ISCSIVolumeSource.self), iscsi.initiatorName != nil,
            volume.name.utf8.count + 1 + iscsi.targetPortal.utf8.count > 64
        {
            errors.invalid(
                "\(at).name", .string(volume.name),
                "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.")
        }
        for name in sources.dropFirst() {
            // Two names are the API server's own.
            let shown = name == "cephfs" ? "cephFS" : name == "downwardAPI" ? "downwarAPI" : name
            errors.forbidden("\(at).\(shown)", "may not specify more than 1 volume type")
        }
    }

    static func disk(
        _ disk: DiskVolumeSource?, _ id: KeyPath<DiskVolumeSource, String>, _ name: String, _ at: String, _ errors: inout [FieldError]
    ) {
        guard let disk else { return }
        if disk[keyPath: id].isEmpty { errors.required("\(at).\(name)") }
        if !(0...255).contains(disk.partition) {
            errors.invalid("\(at).partition", disk.partition, "must be between 1 and 255, inclusive")
        }
    }

    private static func mode(_ mode: Int?, _ at: String, _ errors: inout [FieldError]) {
        if let mode, !(0...0o777).contains(mode) {
            errors.invalid(at, mode, "must be a number between 0 and 0777 (octal), both inclusive")
        }
    }

    private static func keys(_ items: JSONValue?, _ at: String, _ errors: inout [FieldError]) {
        for (i, item) in (items?.read([KeyToPath].self) ?? []).enumerated() {
            let at = "\(at)[\(i)]"
            if item.key.isEmpty { errors.required("\(at).key") }
            if item.path.isEmpty { errors.required("\(at).path") }
            localPath(item.path, "\(at).path", &errors)
            mode(item.mode, "\(at).mode", &errors)
        }
    }

    private static func downwardAPIFile(_ file: DownwardAPIVolumeFile, _ at: String, _ errors: inout [FieldError]) {
        if file.path.isEmpty { errors.required("\(at).path") }
        localPath(file.path, "\(at).path", &errors)
        if let reference = file.fieldRef {
            fieldReference(
                reference, ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"],
                "\(at).fieldRef", &errors)
            if file.resourceFieldRef != nil {
                errors.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
            }
        } else if let reference = file.resourceFieldRef {
            resourceReference(reference, needsContainer: true, "\(at).resourceFieldRef", &errors)
        } else {
            errors.required(at, "one of fieldRef and resourceFieldRef is required")
        }
        mode(file.mode, "\(at).mode", &errors)
    }

    private static func projected(_ volume: ProjectedVolumeSource, _ at: String, _ errors: inout [FieldError]) {
        mode(volume.defaultMode, "\(at).defaultMode", &errors)
        var paths: Set<String> = []
        func take(_ path: String, _ value: String) {
            if !path.isEmpty, !paths.insert(path).inserted { errors.invalid(at, .string(value), "conflicting duplicate paths") }
        }
        for (i, source) in volume.sources.enumerated() {
            let at = "\(at).sources[\(i)]"
            var count = 0
            for (name, items, field) in [
                (source.secret?.name, source.secret?.items, "secret"), (source.configMap?.name, source.configMap?.items, "configMap"),
            ] {
                guard let name else { continue }
                count += 1
                if name.isEmpty { errors.required("\(at).\(field).name") }
                keys(items, "\(at).\(field).items", &errors)
                for item in items?.read([KeyToPath].self) ?? [] { take(item.path, name) }
            }
            if let api = source.downwardAPI?.read(DownwardAPIProjection.self) {
                count += 1
                for file in api.items {
                    downwardAPIFile(file, "\(at).downwardAPI", &errors)
                    take(file.path, file.path)
                }
            }
            if let token = source.serviceAccountToken?.read(ServiceAccountTokenProjection.self) {
                count += 1
                let seconds = token.expirationSeconds ?? 3600
                let field = "\(at).serviceAccountToken.expirationSeconds"
                if seconds < 600 { errors.invalid(field, seconds, "may not specify a duration less than 10 minutes") }
                if seconds > 1 << 32 { errors.invalid(field, seconds, "may not specify a duration larger than 2^32 seconds") }
                // The path is told as the volume's.
                let whole = String(at.prefix(at.count - ".sources[\(i)]".count))
                if token.path.isEmpty { errors.required("\(whole).path") } else { localPath(token.path, "\(whole).path", &errors) }
            }
            if let bundle = source.clusterTrustBundle?.read(ClusterTrustBundleProjection.self) {
                count += 1
                trustBundle(bundle, "\(at).clusterTrustBundle", &errors)
                take(bundle.path, bundle.path)
            }
            if let certificate = source.podCertificate?.read(PodCertificateProjection.self) {
                count += 1
                podCertificate(certificate, "\(at).podCertificate", &errors)
            }
            if count > 1 { errors.forbidden(at, "may not specify more than 1 volume type per source") }
        }
    }

    private static func trustBundle(_ bundle: ClusterTrustBundleProjection, _ at: String, _ errors: inout [FieldError]) {
        switch (bundle.name, bundle.signerName) {
        case (.some, .some): errors.invalid(at, bundle.json ?? [:], "only one of name and signerName may be used")
        case (let name?, nil):
            if name.isEmpty { errors.required("\(at).name", "must be a valid object name") }
            for problem in NameRules.subdomain(name.replacing(":", with: ".")) {
                errors.invalid("\(at).name", .string(name), "not a valid clustertrustbundlename: \(problem)")
            }
            if let selector = bundle.labelSelector {
                errors.invalid("\(at).labelSelector", selector.json ?? [:], "labelSelector must be unset if name is specified")
            }
        case (nil, let signer?):
            if signer.isEmpty { errors.required("\(at).signerName", "must be a valid signer name") }
            signerName(signer, "\(at).signerName", &errors)
            labelSelector("\(at).labelSelector", bundle.labelSelector, &errors)
        case (nil, nil): errors.required(at, "either name or signerName must be specified")
        }
        if bundle.path.isEmpty { errors.required("\(at).path") }
        localPath(bundle.path, "\(at).path", &errors)
    }

    private static func signerName(_ name: String, _ at: String, _ errors: inout [FieldError]) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if name.isEmpty {
            errors.required(at)
        } else if parts.count != 2 || parts.contains("") {
            errors.invalid(at, .string(name), "must be a fully qualified domain and path of the form 'example.com/signer-name'")
        } else if !parts[0].contains(".") {
            errors.invalid(at, .string(name), "should be a domain with at least two segments separated by dots")
        } else {
            for problem in NameRules.subdomain(String(parts[0])) + NameRules.subdomain(String(parts[1])) {
                errors.invalid(at, .string(name), problem)
            }
        }
    }

    private static func podCertificate(_ certificate: PodCertificateProjection, _ at: String, _ errors: inout [FieldError]) {
        signerName(certificate.signerName, "\(at).signerName", &errors)
        errors.oneOf("\(at).keyType", certificate.keyType, ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"])
        if let seconds = certificate.maxExpirationSeconds, !(3600...7_862_400).contains(seconds) {
            errors.invalid("\(at).maxExpirationSeconds", seconds, "if provided, maxExpirationSeconds must be between 3600 and 7862400")
        }
        let paths = [
            ("credentialBundlePath", certificate.credentialBundlePath), ("keyPath", certificate.keyPath),
            ("certificateChainPath", certificate.certificateChainPath),
        ].filter { !$0.1.isEmpty }
        if paths.isEmpty { errors.required(at, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath") }
        for (name, path) in paths { localPath(path, "\(at).\(name)", &errors) }
    }

    static func claimTemplate(
        _ template: PersistentVolumeClaimTemplate, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        let meta = template.metadata
        annotations("\(at).metadata.annotations", meta.annotations, &errors)
        labels("\(at).metadata.labels", meta.labels, &errors)
        // Nothing but labels and annotations is taken over.
        for (name, _) in meta.jsonObject.members where name != "labels" && name != "annotations" {
            errors.forbidden("\(at).metadata.\(name)", "cannot be set")
        }
        persistentVolumeClaim(template.spec, "\(at).spec", profile, &errors)
    }

    // MARK: Paths

    static func descendingPath(_ path: String, _ at: String, _ errors: inout [FieldError]) {
        if path.hasPrefix("/") { errors.invalid(at, .string(path), "must be a relative path") }
        noBacksteps(path, at, &errors)
    }
    static func noBacksteps(_ path: String, _ at: String, _ errors: inout [FieldError]) {
        if hasBacksteps(path) { errors.invalid(at, .string(path), "must not contain '..'") }
    }
    static func hasBacksteps(_ path: String) -> Bool { path.split(separator: "/").contains("..") }
    /// A path below a folder, whose name does not begin with two dots.
    static func localPath(_ path: String, _ at: String, _ errors: inout [FieldError]) {
        descendingPath(path, at, &errors)
        if path.hasPrefix(".."), !path.hasPrefix("../") { errors.invalid(at, .string(path), "must not start with '..'") }
    }

    static func hostPath(_ source: JSONValue?, _ at: String, _ errors: inout [FieldError]) {
        guard let source = source?.read(HostPathVolumeSource.self) else { return }
        if source.path.isEmpty {
            errors.required("\(at).path")
            return
        }
        noBacksteps(source.path, "\(at).path", &errors)
        if let type = source.type {
            errors.oneOf(
                "\(at).type", type,
                ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"])
        }
    }

    static func csiDriverName(_ name: String, _ at: String, _ errors: inout [FieldError]) {
        if name.isEmpty { errors.required(at) }
        if name.utf8.count > 63 { errors.tooLong(at, 63) }
        errors.invalid(at, name, each: NameRules.subdomain(name.lowercased()))
    }
}
