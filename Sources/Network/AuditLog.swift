// The audit log of a server: a file to which lines are added, off the simulation's thread.

#if Network
    import APIServer
    import Dispatch
    import Foundation
    import SimulationKit

    /// A file of audit events, one a line in the form of audit.k8s.io/v1.
    public final class AuditLog: @unchecked Sendable {
        // The file is used on the queue alone.
        private let queue = DispatchQueue(label: "evenkeel.audit")
        private let file: FileHandle

        /// Opens the file to add to it; it is made with mode 0600.
        /// - Throws: the system's words, with the file's name in front.
        public init(path: String) throws {
            let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Problem(description: "\(path): \(String(cString: strerror(errno)))") }
            file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        }

        public struct Problem: Error, CustomStringConvertible { public let description: String }

        func write(_ event: AuditEvent, _ stage: AuditEvent.Stage, at now: Instant) {
            queue.async { [file] in try? file.write(contentsOf: Data(event.line(stage, at: now))) }
        }

        /// Waits until all is written.
        public func flush() { queue.sync {} }
    }
#endif
