// What volumes made of objects hold, and the environment of a container.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// Makes files and variables of ConfigMaps, Secrets and the pod itself, for one container.
struct VolumeContent {
    typealias Files = [(path: String, bytes: [UInt8])]
    @Shared private(set) var simulation: Simulation
    let pod: Pod
    let container: Container

    private func key(_ name: String) -> ObjectKey { ObjectKey(namespace: pod.namespace, name: name) }

    /// The keys that `items` names, under its paths; all without.
    private func chosen(_ all: Files, _ items: JSONValue?) -> Files {
        guard let items = items?.array, !items.isEmpty else { return all.sorted { $0.path < $1.path } }
        return items.compactMap { item in
            let bytes = all.first { $0.path == item["key"]?.string }?.bytes
            return bytes.map { (item["path"]?.string ?? "", $0) }
        }
    }

    func configMap(_ name: String, _ items: JSONValue?) -> Files {
        guard let map = simulation.cluster.store.configMaps[key(name)] else {
            // Every namespace has it; it is not kept as an object in each.
            return name == "kube-root-ca.crt" ? chosen([("ca.crt", Array(Self.certificate.utf8))], items) : []
        }
        return chosen(map.data.entries.map { ($0.0, Array($0.1.utf8)) } + map.binaryData.entries.map { ($0.0, Self.decoded($0.1)) }, items)
    }
    func secret(_ name: String, _ items: JSONValue?) -> Files {
        chosen((simulation.cluster.store.secrets[key(name)]?.data.entries ?? []).map { ($0.0, Self.decoded($0.1)) }, items)
    }
    func downward(_ source: JSONValue) -> Files {
        (source["items"]?.array ?? []).map { item in
            let text = item["fieldRef"].map { field($0["fieldPath"]?.string ?? "") } ?? item["resourceFieldRef"].map(resource) ?? ""
            return (item["path"]?.string ?? "", Array(text.utf8))
        }
    }
    func projection(_ source: VolumeProjection) -> Files {
        if let map = source.configMap { return configMap(map.name, map.items) }
        if let secret = source.secret { return self.secret(secret.name, secret.items) }
        if let downward = source.downwardAPI { return self.downward(downward) }
        if let token = source.serviceAccountToken { return [(token["path"]?.string ?? "token", Array(self.token.utf8))] }
        return []
    }

    /// Stands for the certificate of the cluster's authority.
    static let certificate = "-----BEGIN CERTIFICATE-----\nZXZlbmtlZWwsIHRoZSBzaW11bGF0ZWQgY2x1c3RlcidzIGF1dGhvcml0eQ==\n-----END CERTIFICATE-----\n"

    /// The text of the pod's token.
    var token: String {
        let credentials = PodCredentials(of: pod, in: simulation.cluster, at: simulation.now)
        return credentials.token(of: pod, in: simulation.cluster, extending: simulation.links.extendsTokens) ?? ""
    }

    // MARK: Fields

    /// A field of the pod by its path, as the downward API gives it.
    func field(_ path: String) -> String {
        let meta = pod.metadata
        func map(_ map: StringMap<String>) -> String { map.entries.sorted { $0.0 < $1.0 }.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: "\n") }
        switch path {
        case "metadata.name": return meta.name
        case "metadata.namespace": return meta.namespace
        case "metadata.uid": return meta.uid
        case "metadata.labels": return map(meta.labels)
        case "metadata.annotations": return map(meta.annotations)
        case "spec.nodeName": return pod.nodeName
        case "spec.serviceAccountName": return pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName
        case "status.hostIP", "status.hostIPs": return pod.status.hostIP
        case "status.podIP", "status.podIPs": return pod.status.podIP
        default:
            // metadata.labels['app']
            let parts = path.split(separator: "'").map(String.init)
            guard parts.count == 3 else { return "" }
            return (parts[0].hasPrefix("metadata.labels") ? meta.labels[parts[1]] : meta.annotations[parts[1]]) ?? ""
        }
    }

    /// A request or limit of a container, in whole units of its divisor.
    func resource(_ reference: JSONValue) -> String {
        let name = reference["containerName"]?.string ?? container.name
        let parts = (reference["resource"]?.string ?? "").split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, let of = (pod.spec.containers + pod.spec.initContainers).first(where: { $0.name == name }) else { return "0" }
        let list = parts[0] == "limits" ? of.resources.limits : of.resources.requests
        let node = simulation.cluster.store.nodes[ObjectKey(name: pod.nodeName)]
        let amount = list[parts[1]] ?? (parts[0] == "limits" ? node?.status.allocatable[parts[1]] : nil)
        guard let amount else { return "0" }
        // A divisor of 0 is none.
        let divisor = reference["divisor"]?.string.flatMap { Quantity($0) }.flatMap { $0.value == 0 ? nil : $0 } ?? Quantity(1)
        let (value, unit) = parts[1] == "cpu" ? (amount.milliValue, max(1, divisor.milliValue)) : (amount.value, max(1, divisor.value))
        return "\(value / unit + (value % unit > 0 ? 1 : 0))"
    }

    // MARK: Environment

    /// The variables of the container, in the order in which its kubelet gives them.
    func environment(startedAt: Instant) -> [(name: String, value: String)] {
        var list: [(name: String, value: String)] = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOSTNAME", pod.spec.hostNetwork ? pod.nodeName : pod.spec.hostname.isEmpty ? pod.name : pod.spec.hostname),
        ]
        func set(_ name: String, _ value: String) {
            if let at = list.firstIndex(where: { $0.name == name }) { list[at].value = value } else { list.append((name, value)) }
        }
        for (name, value) in PodCredentials.environment(of: pod, started: startedAt, in: simulation.cluster) { set(name, value) }
        for source in container.envFrom {
            let files = source.configMapRef.map { configMap($0.name, nil) } ?? source.secretRef.map { secret($0.name, nil) } ?? []
            for file in files { set(source.prefix + file.path, String(decoding: file.bytes, as: UTF8.self)) }
        }
        for variable in container.env { set(variable.name, value(of: variable, list)) }
        set("HOME", "/root")
        return list
    }

    private func value(of variable: EnvVar, _ before: [(name: String, value: String)]) -> String {
        if let source = variable.valueFrom {
            func find(_ files: Files, _ key: String) -> String { files.first { $0.path == key }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "" }
            if let map = source.configMapKeyRef { return find(configMap(map.name, nil), map.key) }
            if let secret = source.secretKeyRef { return find(self.secret(secret.name, nil), secret.key) }
            if let reference = source.fieldRef { return field(reference["fieldPath"]?.string ?? "") }
            if let reference = source.resourceFieldRef { return resource(reference) }
            return ""
        }
        var (text, rest) = ("", (variable.value ?? "")[...])
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$$") {
                text += "$"
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("$("), let close = rest.firstIndex(of: ")"),
                let known = before.first(where: { $0.name == rest[rest.index(rest.startIndex, offsetBy: 2)..<close] })
            {
                text += known.value
                rest = rest[rest.index(after: close)...]
            } else {
                text += "$"
                rest = rest.dropFirst()
            }
        }
        return text + rest
    }

    /// The bytes behind a text in base64; what is no sign of it is passed over.
    static func decoded(_ text: String) -> [UInt8] {
        var (bytes, bits, count) = ([UInt8](), UInt32(0), 0)
        for byte in text.utf8 {
            let value: UInt32
            switch byte {
            case 65...90: value = UInt32(byte) - 65
            case 97...122: value = UInt32(byte) - 71
            case 48...57: value = UInt32(byte) + 4
            case 43, 45: value = 62
            case 47, 95: value = 63
            default: continue
            }
            (bits, count) = (bits << 6 | value, count + 6)
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
