// What a session in a container changes: the part of it that stands in the journal.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// Something that a program run in a container did.
public enum ContainerAction: Sendable {
    /// A signal to process 1, by its number.
    case signal(Int)
    case write([FileWrite])
    /// What the container's own shell wrote to whom is attached to it: lines of its log.
    case type([String])
    /// The container's own shell has ended with this code.
    case exit(Int)

    /// A file or folder that was written or removed.
    public struct FileWrite: Sendable {
        public var layer: WrittenFiles.Layer
        public var path: String
        public var entry: WrittenFiles.Entry
        public init(layer: WrittenFiles.Layer, path: String, entry: WrittenFiles.Entry) { (self.layer, self.path, self.entry) = (layer, path, entry) }
    }

    /// `kill -15 1`, `write /tmp/a`
    var text: String {
        switch self {
        case .signal(let number): "kill -\(number) 1"
        case .write(let writes): "write \(writes.map(\.path).joined(separator: " "))"
        case .type(let lines): "wrote \(counted(lines.count, "line"))"
        case .exit(let code): "exit \(code)"
        }
    }
}

extension Simulation {
    mutating func perform(_ action: ContainerAction, in key: ObjectKey, container: String) throws(APIError) -> String {
        let pod = try sessionPod(key)
        switch action {
        case .signal(let number): kubelets.signal(number, toContainer: container, of: pod, at: now)
        case .type(let lines):
            let id = pod.allContainerStatuses.first { $0.name == container }?.containerID ?? ""
            kubelets.type(lines.map { LogLine(now, $0) }, inContainer: id)
        case .exit(let code): kubelets.endShell(inContainer: container, of: pod, code: code, at: now)
        case .write(let writes): for write in writes { kubelets.write(write.entry, write.layer, write.path) }
        }
        return "pod/\(key.name) \(container): \(action.text)"
    }
}
