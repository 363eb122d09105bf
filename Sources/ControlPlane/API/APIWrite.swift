import KubernetesAPI
import SimulationKit

/// What the server does with fields that a kind does not have.
public enum FieldValidation: String, Sendable, CaseIterable {
    case ignore = "Ignore"
    case warn = "Warn"
    case strict = "Strict"
}

/// How a patch says what is to change.
public enum PatchType: String, Sendable, CaseIterable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategic = "application/strategic-merge-patch+json"
    case apply = "application/apply-patch+yaml"
}

/// One write of a client as it was asked for: performed again on the same state it does the same.
public struct APIWrite: Sendable {
    public enum Action: Sendable {
        case create(JSONValue)
        case update(JSONValue)
        /// `force`: take fields over from other managers when applying.
        case patch(PatchType, JSONValue, force: Bool)
        case delete(DeleteOptions)
        /// The pod's eviction within its budget.
        case evict(DeleteOptions)
        /// The pod's node.
        case bind(JSONValue)
    }
    public var action: Action
    /// The kind as it is kept.
    public var info: KindInfo
    /// The version that the client writes and reads: mostly the kind's own.
    public var apiVersion: String
    public var namespace: String
    /// Empty for a new object.
    public var name: String
    /// `status`, `scale` …; empty for the object itself.
    public var subresource: String
    /// Whether the kind has a subresource `status`: then the object itself is written without it.
    public var hasStatus: Bool
    public var fieldManager: String
    public var fieldValidation: FieldValidation
    /// The name of the user.
    public var user: String
    /// Fields that stand twice in the document, as paths.
    public var duplicates: [String] = []

    public init(
        _ action: Action, _ info: KindInfo, apiVersion: String? = nil, namespace: String = "", name: String = "", subresource: String = "",
        hasStatus: Bool = true, fieldManager: String = "", fieldValidation: FieldValidation = .warn, user: String = ""
    ) {
        (self.action, self.info, self.apiVersion) = (action, info, apiVersion ?? info.apiVersion)
        (self.namespace, self.name, self.subresource, self.hasStatus) = (namespace, name, subresource, hasStatus)
        (self.fieldManager, self.fieldValidation, self.user) = (fieldManager, fieldValidation, user)
    }

    /// About how many bytes it holds. O(size).
    public var size: Int {
        let body =
            switch action {
            case .create(let value), .update(let value), .bind(let value), .patch(_, let value, _): value.size
            case .delete, .evict: 0
            }
        return body.saturatingAdd(200)
    }
    /// Where the object is kept.
    public var key: ObjectKey { ObjectStore.key(info, namespace: namespace, name) }
}

/// What became of a client's write.
public struct APIWritten: Sendable {
    /// As it was written; its last state if it was deleted.
    public var object: any StoredObject
    public var isNew = false
    /// Nothing is left of it.
    public var isGone = false
    public var warnings: [String] = []

    public init(_ object: any StoredObject, isNew: Bool = false, isGone: Bool = false, warnings: [String] = []) {
        (self.object, self.isNew, self.isGone, self.warnings) = (object, isNew, isGone, warnings)
    }
}

extension ObjectStore {
    /// Where the object `name` of a kind is kept, be the kind one with a type or not.
    public static func key(_ info: KindInfo, namespace: String, _ name: String) -> ObjectKey {
        info.type == .custom
            ? CustomObject.key(info.kind, info.group, namespace: info.isNamespaced ? namespace : "", name)
            : ObjectKey(namespace: info.isNamespaced ? namespace : "", name: name)
    }
}
