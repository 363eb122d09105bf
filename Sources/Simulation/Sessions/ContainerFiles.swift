// The file system of a container as a shell in it sees it.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// The file system of a container: a small image, what is mounted, and what was written into it.
struct ContainerFiles: Sendable {
    @Shared private(set) var simulation: Simulation
    let pod: Pod
    let container: Container
    let containerID: String
    let startedAt: Instant
    private let mounts: [Mount]
    /// What was written and is not in the simulation yet, newest last.
    var pending: [Write] = []

    /// A change of a file.
    struct Write: Sendable {
        var layer: WrittenFiles.Layer
        var path: String
        var entry: WrittenFiles.Entry
    }
    struct Mount: Sendable {
        var path: String
        var volume: String
        /// The files of a volume that only objects write; nil: it can be written.
        var content: [(path: String, bytes: [UInt8])]?
        var layer: WrittenFiles.Layer
        /// The part of the volume that is mounted: `/part`, or nothing.
        var part: String
        var isReadOnly: Bool
        var capacity: Int64?
        /// `tmpfs`, or the device.
        var device: String
    }
    /// A file or folder.
    struct Node: Sendable {
        /// Nil: a folder.
        var bytes: [UInt8]?
        var mode: Int
        var time: Instant
        var isFolder: Bool { bytes == nil }
    }

    init(_ simulation: Simulation, _ pod: Pod, _ container: Container, id: String, startedAt: Instant) {
        (self.simulation, self.pod, self.container, containerID, self.startedAt) = (simulation, pod, container, id, startedAt)
        mounts = Self.mounts(simulation, pod, container)
    }

    // MARK: Reading

    /// `path` as an absolute path without `.`, `..` and doubled slashes.
    static func absolute(_ path: String, from folder: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : "\(folder)/\(path)").split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
    static func parent(_ path: String) -> String {
        let parts = path.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }
    static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "/" }

    /// What mounts there are, in the order of the container's spec.
    var allMounts: [Mount] { mounts }

    /// What stands at an absolute path; nil if nothing does.
    func node(_ path: String) -> Node? {
        let (mount, inner) = place(path)
        if let mount, let content = mount.content {
            let full = mount.part + (inner == "/" ? "" : inner)
            if let file = content.first(where: { "/\($0.path)" == full }) { return Node(bytes: file.bytes, mode: 0o644, time: startedAt) }
            let isFolder = inner == "/" || content.contains { "/\($0.path)".hasPrefix(full + "/") }
            return isFolder ? Node(mode: 0o755, time: startedAt) : nil
        }
        let layer = mount?.layer ?? .container(containerID)
        let own = mount.map { $0.part + inner } ?? path
        if let entry = entry(layer, own) {
            switch entry.content {
            case .bytes(let bytes): return Node(bytes: bytes, mode: entry.mode, time: entry.time)
            case .folder: return Node(mode: entry.mode, time: entry.time)
            case .removed: return nil
            }
        }
        if inner == "/", mount != nil { return Node(mode: 0o777, time: startedAt) }
        if mount == nil {
            if let file = Self.image.first(where: { $0.path == path }) { return Node(bytes: Array(file.content(self).utf8), mode: 0o644, time: startedAt) }
            if Self.folders.contains(path) { return Node(mode: path == "/tmp" ? 0o777 : 0o755, time: startedAt) }
            if path.hasPrefix("/bin/"), Shell.programs.contains(Self.name(path)) { return Node(bytes: [], mode: 0o755, time: startedAt) }
            if mounts.contains(where: { $0.path.hasPrefix(path == "/" ? "/" : path + "/") }) { return Node(mode: 0o755, time: startedAt) }
        }
        let isFolder = written(layer).contains { $0.path.hasPrefix(own == "/" ? "/" : own + "/") && $0.entry.content != .removed }
        return isFolder ? Node(mode: 0o755, time: startedAt) : nil
    }

    /// The names in a folder, in order.
    func list(_ path: String) -> [String] {
        let prefix = path == "/" ? "/" : path + "/"
        func child(_ full: String) -> String? {
            guard full.hasPrefix(prefix), full.count > prefix.count else { return nil }
            return full.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
        }
        let (mount, inner) = place(path)
        var names: Set<String> = []
        if let mount {
            let root = mount.part + (inner == "/" ? "" : inner) + "/"
            func inside(_ full: String) -> String? {
                full.hasPrefix(root) ? full.dropFirst(root.count).split(separator: "/").first.map(String.init) : nil
            }
            names.formUnion((mount.content ?? []).compactMap { inside("/\($0.path)") })
            names.formUnion(written(mount.layer).compactMap { inside($0.path) })
        } else {
            names.formUnion(Self.image.compactMap { child($0.path) } + Self.folders.compactMap(child))
            if path == "/bin" { names.formUnion(Shell.programs) }
            names.formUnion(written(.container(containerID)).compactMap { child($0.path) })
        }
        names.formUnion(mounts.compactMap { child($0.path) })
        return names.sorted().filter { node(prefix + $0) != nil }
    }

    /// The mount in which `path` lies, and the path in it.
    private func place(_ path: String) -> (Mount?, String) {
        var best: Mount?
        for mount in mounts where path == mount.path || path.hasPrefix(mount.path + "/") || mount.path == "/" {
            if mount.path.count > best?.path.count ?? -1 { best = mount }
        }
        guard let best else { return (nil, path) }
        let inner = String(path.dropFirst(best.path.count))
        return (best, inner.isEmpty ? "/" : inner)
    }
    private func entry(_ layer: WrittenFiles.Layer, _ path: String) -> WrittenFiles.Entry? {
        pending.last { $0.layer == layer && $0.path == path }?.entry ?? simulation.kubelets.files.entry(layer, path)
    }
    private func written(_ layer: WrittenFiles.Layer) -> [(path: String, entry: WrittenFiles.Entry)] {
        simulation.kubelets.files.entries(layer) + pending.filter { $0.layer == layer }.map { ($0.path, $0.entry) }
    }

    // MARK: Writing

    /// Puts `entry` at `path`. Returns why it cannot be done, in the words of the C library; nil if it was.
    mutating func write(_ entry: WrittenFiles.Entry, at path: String) -> String? {
        let isThere = node(path) != nil
        if case .removed = entry.content {
            if !isThere { return "No such file or directory" }
        } else {
            guard let parent = node(Self.parent(path)) else { return "No such file or directory" }
            if !parent.isFolder { return "Not a directory" }
        }
        let (mount, inner) = place(path)
        let rootIsReadOnly = container.securityContext?["readOnlyRootFilesystem"] == .bool(true)
        if mount.map({ $0.isReadOnly || $0.content != nil }) ?? (rootIsReadOnly || path.hasPrefix("/proc/") || path.hasPrefix("/sys/")) {
            return "Read-only file system"
        }
        if path == "/dev/null" { return nil }
        let layer = mount?.layer ?? .container(containerID)
        let own = mount.map { $0.part + inner } ?? path
        let used = simulation.kubelets.files.size(layer) + pending.reduce(0) { $0 + ($1.layer == layer ? $1.entry.size : 0) }
        let room = min(mount?.capacity ?? .max, Int64(WrittenFiles.capacity))
        if Int64(used + entry.size) > room { return "No space left on device" }
        pending.append(Write(layer: layer, path: own, entry: entry))
        return nil
    }

    // MARK: Mounts

    private static func mounts(_ simulation: Simulation, _ pod: Pod, _ container: Container) -> [Mount] {
        container.volumeMounts.compactMap { mount in
            guard let volume = pod.spec.volumes.first(where: { $0.name == mount.name }) else { return nil }
            let path = absolute(mount.mountPath, from: "/")
            var result = Mount(
                path: path, volume: volume.name, content: nil, layer: .volume(pod: pod.metadata.uid, name: volume.name),
                part: mount.subPath.isEmpty ? "" : absolute(mount.subPath, from: "/"), isReadOnly: mount.readOnly, capacity: nil, device: "overlay")
            fill(&result, volume, simulation, pod, container)
            return result
        }
    }

    private static func fill(_ mount: inout Mount, _ volume: Volume, _ simulation: Simulation, _ pod: Pod, _ container: Container) {
        let source = VolumeContent(simulation: simulation, pod: pod, container: container)
        if let emptyDir = volume.emptyDir {
            mount.capacity = emptyDir.sizeLimit?.value
            if emptyDir.medium == "Memory" { mount.device = "tmpfs" }
        } else if let map = volume.configMap {
            mount.content = source.configMap(map.name, map.items)
        } else if let secret = volume.secret {
            (mount.content, mount.device) = (source.secret(secret.secretName, secret.items), "tmpfs")
        } else if let downward = volume.downwardAPI {
            (mount.content, mount.device) = (source.downward(downward), "tmpfs")
        } else if let projected = volume.projected {
            (mount.content, mount.device) = (projected.sources.flatMap(source.projection), "tmpfs")
        } else if let claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral == nil ? nil : "\(pod.name)-\(volume.name)") {
            let found = simulation.cluster.store.persistentVolumeClaims[ObjectKey(namespace: pod.namespace, name: claim)]
            if let uid = found?.metadata.uid { mount.layer = .claim(uid) }
            let disk = found.flatMap { simulation.cluster.store.persistentVolumes[ObjectKey(name: $0.spec.volumeName)] }
            mount.capacity = disk?.spec.capacity["storage"]?.value
            mount.device = "/dev/\(disk?.name ?? claim)"
            if volume.persistentVolumeClaim?.readOnly == true { mount.isReadOnly = true }
        }
    }

    // MARK: The image

    private static let folders: Set<String> = [
        "/", "/bin", "/dev", "/etc", "/home", "/lib", "/mnt", "/opt", "/proc", "/proc/1", "/root", "/sbin", "/sys", "/sys/fs", "/sys/fs/cgroup", "/tmp", "/usr",
        "/usr/bin", "/var", "/var/log", "/var/run", "/run",
    ]

    private struct ImageFile: Sendable {
        var path: String
        var content: @Sendable (ContainerFiles) -> String
    }
    private static let image: [ImageFile] = [
        ImageFile(path: "/etc/hostname") { $0.hostname + "\n" },
        ImageFile(path: "/etc/hosts") { files in
            "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\(files.pod.status.podIP)\t\(files.hostname)\n"
        },
        ImageFile(path: "/etc/resolv.conf") { files in
            let network = PodNetwork(files.simulation)
            return "search \(PodNetwork.searchDomains(files.pod.namespace).joined(separator: " "))\nnameserver \(network.nameServer)\noptions ndots:5\n"
        },
        ImageFile(path: "/etc/os-release") { "NAME=\"Simulated image\"\nID=evenkeel\nPRETTY_NAME=\"\($0.container.image), simulated\"\n" },
        ImageFile(path: "/etc/passwd") { _ in "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n" },
        ImageFile(path: "/dev/null") { _ in "" },
        ImageFile(path: "/proc/1/cmdline") { files in (files.firstProcess).split(separator: " ").joined(separator: "\0") + "\0" },
        ImageFile(path: "/proc/uptime") { files in "\((files.simulation.now - files.startedAt).wholeSeconds).00 0.00\n" },
        ImageFile(path: "/proc/meminfo") { files in
            let (total, used) = files.nodeMemory
            return "MemTotal:       \(total >> 10) kB\nMemFree:        \((total - used) >> 10) kB\nMemAvailable:   \((total - used) >> 10) kB\n"
        },
        ImageFile(path: "/sys/fs/cgroup/cpu.max") { files in
            files.usage?.cpuLimit.map { "\($0.saturatingMultiply(100)) 100000\n" } ?? "max 100000\n"
        },
        ImageFile(path: "/sys/fs/cgroup/memory.max") { files in files.usage?.memoryLimit.map { "\($0)\n" } ?? "max\n" },
        ImageFile(path: "/sys/fs/cgroup/memory.current") { "\($0.usage?.memory ?? 0)\n" },
    ]

    // MARK: What the container knows of itself

    var hostname: String { pod.spec.hostNetwork ? pod.nodeName : pod.spec.hostname.isEmpty ? pod.name : pod.spec.hostname }
    /// The command line of process 1.
    var firstProcess: String { Self.firstProcess(container) }
    static func firstProcess(_ container: Container) -> String {
        let words = container.command + container.args
        if !container.command.isEmpty { return words.joined(separator: " ") }
        let image = container.image.split(separator: "/").last.map(String.init) ?? container.image
        let name = String(image.prefix { $0 != ":" && $0 != "@" })
        return ([name.isEmpty ? "app" : name] + container.args).joined(separator: " ")
    }
    var usage: KubeletFleet.Usage? { simulation.containerUsage(of: pod).first { $0.container == container.name } }
    /// Bytes of the node's memory, and those in use by pods: what a container sees.
    var nodeMemory: (total: Int64, used: Int64) {
        let store = simulation.cluster.store
        let total = store.nodes[ObjectKey(name: pod.nodeName)]?.status.capacity.memoryBytes ?? 0
        let used = store.pods(onNode: pod.nodeName).map { simulation.usage(of: $0).memory }.saturatingSum
        return (total, min(total, used))
    }
    var nodeMilliCPU: (total: Int64, used: Int64) {
        let store = simulation.cluster.store
        let total = store.nodes[ObjectKey(name: pod.nodeName)]?.status.capacity.milliCPU ?? 0
        return (total, store.pods(onNode: pod.nodeName).map { simulation.usage(of: $0).milliCPU }.saturatingSum)
    }
}
