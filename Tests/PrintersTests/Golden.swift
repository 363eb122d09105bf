import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import SimulationKit

/// The recorded answers of a real API server, where they are at hand.
enum Golden {
    static let folder: String? = ["../../shared", "../shared"].map { $0 + "/golden/api-v1.36/" }
        .first { FileManager.default.fileExists(atPath: $0 + "README.md") }
    static var isThere: Bool { folder != nil }

    /// A recorded file as JSON.
    static func json(_ path: String) throws -> JSONValue {
        let set = ManifestReader.read(paths: [folder! + path])
        if let problem = set.problems.first { throw problem }
        return set.documents[0].json
    }

    /// A recorded object.
    static func object<O: KubernetesObject>(_ type: O.Type, _ path: String) throws -> O {
        let set = ManifestReader.read(paths: [folder! + path])
        let (object, problems) = set.documents[0].decode()
        if let problem = problems.first { throw problem }
        return object as! O
    }

    /// An empty cluster at the time when the tables were recorded: ten minutes and some after the objects were made.
    static var cluster: Cluster {
        var cluster = Cluster()
        cluster.now = Instant(rfc3339: "2026-11-23T05:26:56Z")!
        return cluster
    }
}
