// The sources that volumes of pods and persistent volumes have in common.
extension Validation {
    /// Checks the source called `name`. Persistent volumes name secrets with their namespace.
    static func sharedSource(
        _ name: String, _ json: JSONValue?, isPersistent: Bool, _ at: String, _ errors: inout [FieldError]
    ) {
        let at = "\(at).\(name)"
        guard let json else { return }
        func require(_ fields: (String, String)...) { for (field, value) in fields where value.isEmpty { errors.required("\(at).\(field)") } }
        func secret(_ reference: SecretReference?, needsNamespace: Bool) {
            guard let reference else { return }
            if reference.name.isEmpty { errors.required("\(at).secretRef.name") }
            if needsNamespace, reference.namespace.isEmpty { errors.required("\(at).secretRef.namespace") }
        }
        switch name {
        case "hostPath": hostPath(json, at, &errors)
        case "gitRepo":
            let source = json.read(GitRepoVolumeSource.self) ?? GitRepoVolumeSource()
            require(("repository", source.repository))
            descendingPath(source.directory, "\(at).directory", &errors)
        case "nfs":
            let source = json.read(NFSVolumeSource.self) ?? NFSVolumeSource()
            require(("server", source.server), ("path", source.path))
            if !source.path.hasPrefix("/") { errors.invalid("\(at).path", .string(source.path), "must be an absolute path") }
        case "iscsi": iscsi(json.read(ISCSIVolumeSource.self) ?? ISCSIVolumeSource(), isPersistent: isPersistent, at, &errors)
        case "glusterfs":
            let source = json.read(GlusterfsVolumeSource.self) ?? GlusterfsVolumeSource()
            require(("endpoints", source.endpoints), ("path", source.path))
            if isPersistent, let namespace = source.endpointsNamespace {
                if namespace.isEmpty {
                    errors.invalid(
                        "\(at).endpointsNamespace", "", "if the endpointnamespace is set, it must be a valid namespace name")
                } else {
                    errors.invalid("\(at).endpointsNamespace", namespace, each: NameRules.label(namespace))
                }
            }
        case "flocker":
            let source = json.read(FlockerVolumeSource.self) ?? FlockerVolumeSource()
            switch (source.datasetName.isEmpty, source.datasetUUID.isEmpty) {
            case (true, true): errors.required(at, "one of datasetName and datasetUUID is required")
            case (false, false):
                errors.invalid(at, "resource", "datasetName and datasetUUID can not be specified simultaneously")
            default: break
            }
            if source.datasetName.contains("/") {
                errors.invalid("\(at).datasetName", .string(source.datasetName), "must not contain '/'")
            }
        case "rbd":
            let source = json.read(RBDVolumeSource.self) ?? RBDVolumeSource()
            if source.monitors.isEmpty { errors.required("\(at).monitors") }
            require(("image", source.image))
        case "cinder":
            let source = json.read(CinderVolumeSource.self) ?? CinderVolumeSource()
            require(("volumeID", source.volumeID))
            secret(source.secretRef, needsNamespace: isPersistent)
        case "cephfs":
            if json.read(CephFSVolumeSource.self)?.monitors.isEmpty ?? true { errors.required("\(at).monitors") }
        case "quobyte":
            let source = json.read(QuobyteVolumeSource.self) ?? QuobyteVolumeSource()
            let why = "must be a host:port pair or multiple pairs separated by commas"
            if source.registry.isEmpty {
                errors.required("\(at).registry", why)
            } else if source.tenant.utf8.count >= 65 {
                errors.required("\(at).tenant", "must be a UUID and may not exceed a length of 64 characters")
            } else {
                for pair in source.registry.split(separator: ",", omittingEmptySubsequences: false) where !pair.contains(":") {
                    errors.invalid("\(at).registry", .string(source.registry), why)
                }
            }
            require(("volume", source.volume))
        case "fc": fibreChannel(json.read(FCVolumeSource.self) ?? FCVolumeSource(), at, &errors)
        case "flexVolume":
            let source = json.read(FlexVolumeSource.self) ?? FlexVolumeSource()
            require(("driver", source.driver))
            for key in source.options.keys {
                let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                let namespace = "." + parts[0].lowercased()
                if namespace.hasSuffix(".kubernetes.io") || namespace.hasSuffix(".k8s.io") {
                    errors.invalid("\(at).options[\(key)]", .string(key), "kubernetes.io and k8s.io namespaces are reserved")
                }
            }
        case "azureFile":
            let source = json.read(AzureFileVolumeSource.self) ?? AzureFileVolumeSource()
            require(("secretName", source.secretName), ("shareName", source.shareName))
            if isPersistent, source.secretNamespace == "" { errors.required("\(at).secretNamespace") }
        case "azureDisk": azureDisk(json.read(AzureDiskVolumeSource.self) ?? AzureDiskVolumeSource(), at, &errors)
        case "vsphereVolume": require(("volumePath", json.read(VsphereVolumeSource.self)?.volumePath ?? ""))
        case "photonPersistentDisk": require(("pdID", json.read(PhotonPersistentDiskVolumeSource.self)?.pdID ?? ""))
        case "portworxVolume": require(("volumeID", json.read(PortworxVolumeSource.self)?.volumeID ?? ""))
        case "scaleIO":
            let source = json.read(ScaleIOVolumeSource.self) ?? ScaleIOVolumeSource()
            require(("gateway", source.gateway), ("system", source.system), ("volumeName", source.volumeName))
        case "storageos":
            let source = json.read(StorageOSVolumeSource.self) ?? StorageOSVolumeSource()
            if source.volumeName.isEmpty {
                errors.required("\(at).volumeName")
            } else {
                errors.invalid("\(at).volumeName", source.volumeName, each: NameRules.label(source.volumeName))
            }
            if !source.volumeNamespace.isEmpty {
                errors.invalid("\(at).volumeNamespace", source.volumeNamespace, each: NameRules.label(source.volumeNamespace))
            }
            if let reference = source.secretRef {
                if reference.name.isEmpty { errors.required("\(at).secretRef.name") }
                if isPersistent, reference.namespace.isEmpty { errors.required("\(at).secretRef.namespace") }
            }
        default: break
        }
    }

    private static func iscsi(_ source: ISCSIVolumeSource, isPersistent: Bool, _ at: String, _ errors: inout [FieldError]) {
        if source.targetPortal.isEmpty { errors.required("\(at).targetPortal") }
        let unknown = isPersistent ? "must be valid format" : "must be valid format starting with iqn, eui, or naa"
        func check(_ name: String, _ field: String) {
            switch name.prefix(3) {
            case "iqn", "eui", "naa": if !isISCSIName(name) { errors.invalid("\(at).\(field)", .string(name), "must be valid format") }
            default: errors.invalid("\(at).\(field)", .string(name), unknown)
            }
        }
        if source.iqn.isEmpty { errors.required("\(at).iqn") } else { check(source.iqn, "iqn") }
        if !(0...255).contains(source.lun) { errors.invalid("\(at).lun", source.lun, "must be between 0 and 255, inclusive") }
        if source.chapAuthDiscovery || source.chapAuthSession, source.secretRef == nil { errors.required("\(at).secretRef") }
        if isPersistent, let secret = source.secretRef, secret.name.isEmpty { errors.required("\(at).secretRef.name") }
        if let name = source.initiatorName { check(name, "initiatorname") }
    }

    private static func isISCSIName(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool { 97...122 ~= byte | 0x20 || 48...57 ~= byte }
        let rest = Array(name.utf8.dropFirst(3))
        guard rest.count > 1 else { return false }
        switch name.prefix(3) {
        case "eui": return rest.count == 17 && rest[1...].allSatisfy(isAlphanumeric)
        case "naa": return rest.count == 33 && rest[1...].allSatisfy(isAlphanumeric)
        default:
            // iqn.2026-01.com.example:disk
            guard rest.count > 10, rest[0] == 46, rest[5] == 45, rest[8] == 46,
                (rest[1...4] + rest[6...7]).allSatisfy({ 48...57 ~= $0 }), let colon = rest.firstIndex(of: 58), colon > 9,
                rest[9..<colon].allSatisfy({ isAlphanumeric($0) || $0 == 45 || $0 == 46 })
            else { return false }
            let target = rest[(colon + 1)...]
            return !target.isEmpty && !target.contains { ",;*&$| \t\n\r\u{0c}".utf8.contains($0) }
        }
    }

    private static func fibreChannel(_ source: FCVolumeSource, _ at: String, _ errors: inout [FieldError]) {
        switch (source.targetWWNs.isEmpty, source.wwids.isEmpty) {
        case (true, true): errors.required("\(at).targetWWNs", "must specify either targetWWNs or wwids, but not both")
        case (false, false):
            errors.invalid(
                "\(at).targetWWNs", source.targetWWNs.json ?? [], "targetWWNs and wwids can not be specified simultaneously")
        default: break
        }
        if source.targetWWNs.isEmpty { return }
        guard let lun = source.lun else {
            errors.required("\(at).lun", "lun is required if targetWWNs is specified")
            return
        }
        if !(0...255).contains(lun) { errors.invalid("\(at).lun", lun, "must be between 0 and 255, inclusive") }
    }

    private static func azureDisk(_ source: AzureDiskVolumeSource, _ at: String, _ errors: inout [FieldError]) {
        if source.diskName.isEmpty { errors.required("\(at).diskName") }
        if source.diskURI.isEmpty { errors.required("\(at).diskURI") }
        if let mode = source.cachingMode { errors.oneOf("\(at).cachingMode", mode, ["None", "ReadOnly", "ReadWrite"]) }
        guard let kind = source.kind else { return }
        errors.oneOf("\(at).kind", kind, ["Dedicated", "Managed", "Shared"])
        if kind == "Managed", !source.diskURI.hasPrefix("/subscriptions/") {
            errors.notSupported(
                "\(at).diskURI", .string(source.diskURI),
                ["/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"])
        }
        if kind != "Managed", !source.diskURI.hasPrefix("https://") {
            errors.notSupported(
                "\(at).diskURI", .string(source.diskURI),
                ["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"])
        }
    }
}
