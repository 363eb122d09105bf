// Volumes of pods.
extension Validation {
    /// Checks the volumes and answers their names.
    static func volumes(_ volumes: [Volume], _ at: String, _ errors: inout [FieldError]) -> [String] {
        var names: [String] = []
        for (i, volume) in volumes.enumerated() {
            let at = "\(at)[\(i)]"
            source(volume, at, &errors)
            if volume.name.isEmpty {
                errors.required("\(at).name")
            } else {
                errors.invalid("\(at).name", volume.name, each: NameRules.label(volume.name))
                if names.contains(volume.name) { errors.duplicate("\(at).name", .string(volume.name)) }
                names.append(volume.name)
            }
        }
        return names
    }

    private static func source(_ volume: Volume, _ at: String, _ errors: inout [FieldError]) {
        let sources = volume.sources
        if sources.isEmpty { errors.required(at, "must specify a volume type") }
        for name in sources.dropFirst() {
            errors.forbidden("\(at).\(name)", "may not specify more than 1 volume type")
        }
        switch sources.first {
        case "emptyDir":
            if let limit = volume.emptyDir?.sizeLimit, limit < .zero {
                errors.forbidden(
                    "\(at).emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity")
            }
        case "hostPath": hostPath(volume.hostPath, "\(at).hostPath", &errors)
        case "configMap": if volume.configMap!.name.isEmpty { errors.required("\(at).configMap.name") }
        case "secret": if volume.secret!.secretName.isEmpty { errors.required("\(at).secret.secretName") }
        case "persistentVolumeClaim":
            if volume.persistentVolumeClaim!.claimName.isEmpty {
                errors.required("\(at).persistentVolumeClaim.claimName")
            }
        case "ephemeral":
            if volume.ephemeral?["volumeClaimTemplate"] == nil {
                errors.required("\(at).ephemeral.volumeClaimTemplate")
            }
        default: break
        }
    }

    static func hostPath(_ source: JSONValue?, _ at: String, _ errors: inout [FieldError]) {
        let path = source?["path"]?.string ?? ""
        if path.isEmpty {
            errors.required("\(at).path")
        } else if path.split(separator: "/").contains("..") {
            errors.invalid("\(at).path", .string(path), "must not contain '..'")
        }
        if let type = source?["type"]?.string {
            errors.oneOf(
                "\(at).type", type,
                [
                    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
                    "Socket",
                ])
        }
    }
}
