// One object of a state, as it is kept: read leniently, without what only an API server needs.

import ControlPlane
import KubernetesAPI
import Manifests

/// An object that an API server wrote.
public struct StateObject: Sendable {
    public internal(set) var object: any StoredObject
    /// Fields that are not known here.
    var unknown: [UnknownField] = []
    /// Their paths.
    private(set) var unknownPaths: [String] = []
    /// Whether it had managedFields, or a Secret's data, which are left out.
    private(set) var hadManagedFields = false
    private(set) var hadSecretData = false

    /// Reads a document; nil with problems.
    public static func read(_ document: ManifestDocument) -> (object: StateObject?, problems: [ManifestProblem]) {
        let (object, unknown, problems) = document.decodeState()
        guard let stored = object as? any StoredObject else { return (nil, problems) }
        var read = StateObject(object: stored)
        read.unknownPaths = unknown
        read.unknown = unknown.compactMap { UnknownField($0, in: document.json) }
        if stored.metadata.managedFields != nil {
            read.hadManagedFields = true
            read.object.metadata.managedFields = nil
        }
        if var secret = stored as? Secret, !secret.data.isEmpty {
            read.hadSecretData = true
            secret.metadata.managedFields = nil
            // The names of the keys stay: pods refer to them.
            for key in secret.data.keys { secret.data[key] = "" }
            read.object = secret
        }
        return (read, problems)
    }

    private init(object: any StoredObject) { self.object = object }
}
