// What kubectl makes of an answer, and what it says by itself before it asks.

import ControlPlane
import KubernetesAPI

extension APIError {
    /// The error as a user of kubectl reads it after a request of this sort.
    /// - Source: `pod-sessions.md` §2.
    public func kubectlText(_ stream: LinkRequest.Stream) -> String {
        if message.hasPrefix("Internal error occurred: ") { return "error: \(message)" }
        if code == 500 { return "Error from server: \(message)" }
        if stream == .logs, code == 401 { return "error: You must be logged in to the server (\(message))" }
        // A kubelet's own words end the upgrade of a connection, and so do the API server's about the pod.
        if stream == .exec || stream == .attach, kind.isEmpty, [400, 401, 403, 404].contains(code) { return "error: unable to upgrade connection: \(message)" }
        if stream == .portForward, kind.isEmpty, [401, 403, 404].contains(code) { return "error: unable to upgrade connection: \(message)" }
        if stream == .portForward, kind.isEmpty { return "error: \(message)" }
        return "Error from server (\(reason)): \(message)"
    }
}

extension Simulation {
    /// What kubectl says of a pod before it asks for a session at all; nil if it asks.
    /// - Source: `pod-sessions.md` §5.
    public func sessionProblem(_ key: ObjectKey, _ stream: LinkRequest.Stream) -> String? {
        guard let pod = cluster.store.pods[key] else { return APIError.notFound(Kind.pod.info, key.name).kubectlText(.logs) }
        let phase = pod.status.phase.rawValue
        switch stream {
        case .exec where pod.isFinished: return "error: cannot exec into a container in a completed pod; current phase is \(phase)"
        case .attach where pod.isFinished: return "error: cannot attach a container in a completed pod; current phase is \(phase)"
        case .portForward where pod.status.phase != .running: return "error: unable to forward port because pod is not running. Current status=\(phase)"
        default: return nil
        }
    }
}
