/// The metadata of a stored object: a shared ``ObjectMeta`` and, beside it, the revision.
///
/// The revision changes with every write, the rest hardly ever. Standing apart, a write of status copies no names
/// and labels, and two versions of an object with the same ``identity`` have the same metadata but for the revision.
@dynamicMemberLookup
public struct Metadata: APIValue {
    @usableFromInline var shared: Shared<ObjectMeta>
    /// The store's counter at the last write of this object; 0 before the first.
    public var resourceVersion: Int

    public init(_ value: ObjectMeta) {
        var value = value
        resourceVersion = value.resourceVersion
        // It stands beside the rest, which is compared.
        value.resourceVersion = 0
        shared = Shared(value)
    }

    @inlinable public subscript<Member>(dynamicMember path: WritableKeyPath<ObjectMeta, Member>) -> Member {
        get { shared[dynamicMember: path] }
        _modify { yield &shared[dynamicMember: path] }
    }
    @inlinable public subscript<Member>(dynamicMember path: KeyPath<ObjectMeta, Member>) -> Member {
        shared[dynamicMember: path]
    }
    // Read of the box directly: by the path of a computed property all of the value would be copied first.
    public var isTerminating: Bool { shared.deletionTimestamp != nil }
    /// The owner that controls the object, if any.
    public var controller: OwnerReference? { shared.ownerReferences.first { $0.controller == true } }
    public var key: ObjectKey { ObjectKey(namespace: shared.namespace, name: shared.name) }

    /// All of it as one value.
    public var value: ObjectMeta {
        get {
            var value = shared.value
            value.resourceVersion = resourceVersion
            return value
        }
        set { self = Metadata(newValue) }
    }
    /// The same for versions that differ in the revision alone; valid while one of them lives.
    @inlinable public var identity: ObjectIdentifier { shared.identity }

    /// Equal but for the revision.
    public static func == (a: Metadata, b: Metadata) -> Bool { a.shared == b.shared }
    public static var typeName: String { ObjectMeta.typeName }
    public static var structure: (any APIStruct.Type)? { ObjectMeta.self }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Metadata? {
        ObjectMeta.decode(json, &decoder).map(Metadata.init)
    }
    public var json: JSONValue? { value.json }
}
