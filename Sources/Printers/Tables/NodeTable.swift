import ControlPlane
import KubernetesAPI

/// What kubectl says about a node in a few words.
public enum NodeDisplay {
    /// `Ready`, `NotReady`, `Unknown`, with `,SchedulingDisabled` for a cordoned node.
    public static func status(of node: Node) -> String {
        let ready = node.status.conditions[ConditionType.ready]
        return (ready == nil ? "Unknown" : ready!.isTrue ? "Ready" : "NotReady")
            + (node.spec.unschedulable ? ",SchedulingDisabled" : "")
    }
    /// The roles that the node's labels name, sorted: `control-plane,worker`, or `<none>`.
    public static func roles(of node: Node) -> String {
        var roles: [String] = []
        for (key, value) in node.metadata.labels.entries {
            if key.hasPrefix("node-role.kubernetes.io/") { roles.append(String(key.dropFirst(24))) }
            if key == "kubernetes.io/role" { roles.append(value) }
        }
        roles.sort()
        var unique: [String] = []
        for role in roles where !role.isEmpty && unique.last != role { unique.append(role) }
        return unique.joined(separator: ",").or("<none>")
    }
}

extension KindPrinter {
    static let node = KindPrinter(
        Node.self,
        [
            .name, TableColumn("STATUS"), TableColumn("ROLES"), .age, TableColumn("VERSION"),
            TableColumn("INTERNAL-IP", wide: true), TableColumn("EXTERNAL-IP", wide: true),
            TableColumn("OS-IMAGE", wide: true), TableColumn("KERNEL-VERSION", wide: true),
            TableColumn("CONTAINER-RUNTIME", wide: true),
        ]
    ) { node, cluster in
        let info = node.status.nodeInfo ?? NodeSystemInfo()
        func address(_ type: String) -> String {
            (node.status.addresses.first { $0.type == type }?.address ?? "").or("<none>")
        }
        var kernel = info.kernelVersion.or("<unknown>")
        if cluster.profile.has(.architectureAfterKernel), !info.kernelVersion.isEmpty, !info.architecture.isEmpty {
            kernel += " (\(info.architecture))"
        }
        return [
            node.name, NodeDisplay.status(of: node), NodeDisplay.roles(of: node), node.age(cluster),
            info.kubeletVersion, address("InternalIP"), address("ExternalIP"), info.osImage.or("<unknown>"),
            kernel,
            info.containerRuntimeVersion.or("<unknown>"),
        ]
    }
}
