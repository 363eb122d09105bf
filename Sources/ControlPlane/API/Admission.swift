import KubernetesAPI

/// The admission plugins: they complete or refuse what is written, after decoding and before validation.
extension Cluster {
    /// Completes `object` before it is created, or refuses it.
    mutating func admitCreate<O: StoredObject>(_ object: inout O) throws(APIError) {
        guard O.kind != .namespace, object.kindInfo.isNamespaced else { return }
        let namespace = object.metadata.namespace
        guard let found = store.namespaces[ObjectKey(name: namespace)] else {
            throw .notFound(Kind.namespace.info, namespace)
        }
        if found.metadata.isTerminating {
            throw .forbidden(
                object.kindInfo, object.metadata.name,
                "unable to create new content in namespace \(namespace) because it is being terminated",
                causes: [.init(reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated", field: "metadata.namespace")])
        }
    }

    /// Completes or refuses the change from `old` to `new`.
    mutating func admitUpdate<O: StoredObject>(_ new: inout O, old: O) throws(APIError) {
    }
}
