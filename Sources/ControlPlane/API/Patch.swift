// Merge patches of any object.

import KubernetesAPI

extension Cluster {
    /// Changes an object as `kubectl patch` does: members of `patch` replace the object's, null takes one away,
    /// lists are merged by their keys, and what the result may be is what an update may do. A `status` in the patch is left out.
    ///
    /// - Returns: the object as written; as it was if nothing differs.
    /// - Throws: 404 if there is none, 400 for a patch that renames it or cannot be read, else what the update is
    ///   refused with; the object is as it was then.
    @discardableResult
    public mutating func patch(_ kind: Kind, _ key: ObjectKey, _ patch: JSONValue) throws(APIError) -> any StoredObject {
        let new = try patched(kind, key, patch)
        func write<O: StoredObject>(_ object: O, _ cluster: inout Cluster) throws(APIError) -> any StoredObject {
            try cluster.update(object)
        }
        return try write(new, &self)
    }

    /// The object as a patch would have it; nothing is written.
    package func patched(_ kind: Kind, _ key: ObjectKey, _ patch: JSONValue) throws(APIError) -> any StoredObject {
        guard let old = store.object(kind, key) else { throw .notFound(kind.info, key.name) }
        var patch = patch
        if patch.object != nil { patch["status"] = nil }
        let new = try decodeObject(old.document.patched(patch, MergeRules(old.kindInfo))).get()
        if new.metadata.name != key.name {
            throw .badRequest("the name of the object (\(new.metadata.name)) does not match the name on the URL (\(key.name))")
        }
        if new.metadata.namespace != key.namespace {
            throw .badRequest(
                "the namespace of the object (\(new.metadata.namespace)) does not match the namespace on the URL (\(key.namespace))")
        }
        return new
    }
}
