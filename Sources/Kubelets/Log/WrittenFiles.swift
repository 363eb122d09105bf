// Files that somebody wrote into containers and volumes from outside: by a shell, or with kubectl cp.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// What was written into containers and volumes from outside; what images and volumes hold by themselves is not kept here.
///
/// A container's own layer goes with its instance, an emptyDir with its pod; what is on a claim stays.
public struct WrittenFiles: Sendable {
    /// Whose files they are.
    public enum Layer: Hashable, Sendable {
        /// The identity of the instance.
        case container(String)
        /// A volume of the pod with this identity.
        case volume(pod: String, name: String)
        /// The identity of a claim's volume.
        case claim(String)
    }
    /// A file, a folder, or the place of one that was removed.
    public struct Entry: Sendable, Equatable {
        public enum Content: Sendable, Equatable {
            case bytes([UInt8])
            case folder
            case removed
        }
        public var content: Content
        /// Permissions, such as 0o644.
        public var mode: Int
        public var time: Instant
        public init(_ content: Content, mode: Int = 0o644, time: Instant = .start) { (self.content, self.mode, self.time) = (content, mode, time) }
        public var size: Int { if case .bytes(let bytes) = content { bytes.count } else { 0 } }
    }
    /// Bytes that one layer may hold.
    public static let capacity = 16 << 20

    private var layers: [Layer: [String: Entry]] = [:]
    /// What shells wrote to whom is attached to them, by the identity of the instance: it is part of the container's log.
    private var typed: [String: [LogLine]] = [:]
    /// Lines of that sort that are kept of one instance.
    static let typedCapacity = 10_000

    /// The entries of a layer by their path in it, in order.
    public func entries(_ layer: Layer) -> [(path: String, entry: Entry)] { (layers[layer] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    public func entry(_ layer: Layer, _ path: String) -> Entry? { layers[layer]?[path] }
    func text(_ path: String, inContainer id: String) -> String? {
        guard !layers.isEmpty, case .bytes(let bytes)? = layers[.container(id)]?[path]?.content else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
    /// Bytes that a layer holds.
    public func size(_ layer: Layer) -> Int { (layers[layer] ?? [:]).reduce(0) { $0 + $1.value.size } }

    mutating func write(_ entry: Entry, _ layer: Layer, _ path: String) { layers[layer, default: [:]][path] = entry }

    func typedLines(inContainer id: String) -> [LogLine] { typed.isEmpty ? [] : typed[id] ?? [] }
    mutating func type(_ lines: [LogLine], inContainer id: String) {
        typed[id, default: []] += lines
        if let count = typed[id]?.count, count > Self.typedCapacity { typed[id]?.removeFirst(count - Self.typedCapacity) }
    }

    mutating func forget(container id: String?) {
        guard let id else { return }
        if !layers.isEmpty { layers[.container(id)] = nil }
        if !typed.isEmpty { typed[id] = nil }
    }
    /// The pod is gone: its containers' layers and its own volumes with it.
    mutating func forget(_ worker: PodWorker) {
        guard !layers.isEmpty || !typed.isEmpty else { return }
        for container in worker.containers { forget(container: container.status.containerID) }
        for volume in worker.pod.spec.volumes { layers[.volume(pod: worker.uid, name: volume.name)] = nil }
    }
}

extension KubeletFleet {
    /// What was written into containers and volumes from outside.
    public var files: WrittenFiles { host.files }

    /// Writes a file, or what stands for a folder or a removed one. Whether there is room for it is for the caller to know.
    public mutating func write(_ entry: WrittenFiles.Entry, _ layer: WrittenFiles.Layer, _ path: String) { host.files.write(entry, layer, path) }

    /// Puts what a container's shell wrote to whom is attached to it into the container's log.
    public mutating func type(_ lines: [LogLine], inContainer id: String) { host.files.type(lines, inContainer: id) }

    /// The container's shell, its first process, has ended with `code`.
    public mutating func endShell(inContainer name: String, of pod: Pod, code: Int, at now: Instant) {
        guard let place = host.pods[pod.metadata.uid], let worker = nodes[place.node]?.pods[place.slot],
            let i = worker.containers.firstIndex(where: { $0.status.name == name && $0.isRunning && $0.exited == nil })
        else { return }
        nodes[place.node]?.pods[place.slot]?.containers[i].program.exitCodes = [code]
        host.schedule(.exit(container: i, instance: worker.containers[i].instance), worker, at: now)
    }

    /// A signal from inside the container to its first process. That one is not killed by what it does not handle, SIGKILL among
    /// it; SIGTERM and SIGINT it takes as from its kubelet. Returns whether it will end.
    @discardableResult
    public mutating func signal(_ number: Int, toContainer name: String, of pod: Pod, at now: Instant) -> Bool {
        guard number == 15 || number == 2, let place = host.pods[pod.metadata.uid], let worker = nodes[place.node]?.pods[place.slot],
            let i = worker.containers.firstIndex(where: { $0.status.name == name && $0.isRunning && $0.exited == nil })
        else { return false }
        let container = worker.containers[i]
        if container.signalled == nil { nodes[place.node]?.pods[place.slot]?.containers[i].signalled = now }
        guard let time = container.program.stopTime else { return false }
        host.schedule(.quits(container: i, instance: container.instance), worker, at: now + time)
        return true
    }
}
