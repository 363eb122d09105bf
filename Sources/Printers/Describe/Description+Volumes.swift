// `describe` of the volumes of a pod.

import ControlPlane
import KubernetesAPI

extension Description {
    mutating func volumes(_ volumes: [Volume], inTemplate: Bool = false) {
        let level = inTemplate ? 1 : 0
        if volumes.isEmpty { return line(level, "Volumes:", "<none>") }
        line(level, "Volumes:")
        for volume in volumes {
            line(1, (inTemplate ? " " : "") + volume.name + ":")
            source(of: volume)
        }
    }

    private mutating func source(of volume: Volume) {
        if let source = volume.emptyDir {
            line(2, "Type:", "EmptyDir (a temporary directory that shares a pod's lifetime)")
            line(2, "Medium:", source.medium)
            line(
                2, "SizeLimit:", source.sizeLimit.map { $0 > .zero ? $0.description : "<unset>" } ?? "<unset>"
            )
        } else if let source = volume.hostPath {
            hostPath(source)
        } else if let source = volume.secret {
            line(2, "Type:", "Secret (a volume populated by a Secret)")
            line(2, "SecretName:", source.secretName)
            line(2, "Optional:", String(source.optional ?? false))
        } else if let source = volume.configMap {
            line(2, "Type:", "ConfigMap (a volume populated by a ConfigMap)")
            line(2, "Name:", source.name)
            line(2, "Optional:", String(source.optional ?? false))
        } else if let source = volume.persistentVolumeClaim {
            line(
                2, "Type:",
                "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)")
            line(2, "ClaimName:", source.claimName)
            line(2, "ReadOnly:", String(source.readOnly))
        } else if let source = volume.projected {
            line(2, "Type:", "Projected (a volume that contains injected data from multiple sources)")
            for part in source.sources { projection(part) }
        } else if let source = volume.downwardAPI {
            line(2, "Type:", "DownwardAPI (a volume populated by information about the pod)")
            line(2, "Items:")
            for item in source["items"]?.array ?? [] {
                let from =
                    item["fieldRef"]?["fieldPath"]?.string ?? item["resourceFieldRef"]?["resource"]?.string
                    ?? ""
                line(3, "\(from) -> \(item["path"]?.string ?? "")")
            }
        } else {
            other(volume.jsonObject)
        }
    }

    private mutating func projection(_ part: VolumeProjection) {
        func text(_ flag: Bool?) -> String { flag.map(String.init) ?? "<nil>" }
        if let secret = part.secret {
            line(2, "SecretName:", secret.name)
            line(2, "SecretOptionalName:", text(secret.optional))
        } else if let map = part.configMap {
            line(2, "ConfigMapName:", map.name)
            line(2, "Optional:", text(map.optional))
        } else if part.downwardAPI != nil {
            line(2, "DownwardAPI:", "true")
        } else if let token = part.serviceAccountToken {
            line(2, "TokenExpirationSeconds:", String(token["expirationSeconds"]?.int ?? 3600))
        }
    }

    mutating func hostPath(_ source: JSONValue) {
        line(2, "Type:", "HostPath (bare host directory volume)")
        line(2, "Path:", source["path"]?.string ?? "")
        line(2, "HostPathType:", source["type"]?.string ?? "")
    }

    mutating func csi(_ source: CSIPersistentVolumeSource) {
        line(2, "Type:", "CSI (a Container Storage Interface (CSI) volume source)")
        line(2, "Driver:", source.driver)
        line(2, "FSType:", source.fsType)
        line(2, "VolumeHandle:", source.volumeHandle)
        line(2, "ReadOnly:", String(source.readOnly))
        let attributes = source.volumeAttributes?.object?.members.sorted { $0.key < $1.key } ?? []
        multiline(2, "VolumeAttributes", attributes.map { "\($0.key)=\($0.value.string ?? $0.value.text())" })
    }

    /// A source that is kept but has no type: its kind and its members.
    mutating func other(_ source: JSONObject) {
        guard
            let (name, content) = source.members.first(where: { $0.key != "name" && $0.value.object != nil })
        else {
            return line(2, "<unknown>")
        }
        line(2, "Type:", Self.title(name).replacing(" ", with: ""))
        tree(content, level: 2)
    }
}
