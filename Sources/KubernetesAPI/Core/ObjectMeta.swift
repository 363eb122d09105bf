import SimulationKit

/// A namespaced name. Cluster-scoped objects have an empty namespace.
public struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var namespace: String
    public var name: String

    public init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }
    /// By namespace, then by name.
    public static func < (a: ObjectKey, b: ObjectKey) -> Bool {
        a.namespace != b.namespace ? a.namespace < b.namespace : a.name < b.name
    }
    /// `namespace/name`, or the name alone without namespace.
    public var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}

/// What every object carries: names, labels, owners, version counters.
public struct ObjectMeta: APIStruct {
    public var name = ""
    public var generateName = ""
    public var namespace = ""
    public var uid = ""
    /// The store's counter at the last write of this object; 0 before the first.
    public var resourceVersion = 0
    public var generation = 0
    public var creationTimestamp: Instant?
    public var deletionTimestamp: Instant?
    public var deletionGracePeriodSeconds: Int?
    public var labels = StringMap<String>()
    public var annotations = StringMap<String>()
    public var ownerReferences: [OwnerReference] = []
    public var finalizers: [String] = []
    public var selfLink = ""
    public var managedFields: Shared<KeptJSON>?

    public init() {}
    public init(name: String, namespace: String = "", labels: StringMap<String> = [:]) {
        self.name = name
        self.namespace = namespace
        self.labels = labels
    }

    /// The owner that controls this object, if any.
    public var controller: OwnerReference? { ownerReferences.first { $0.controller == true } }
    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    public var isTerminating: Bool { deletionTimestamp != nil }

    public static let summary = "What every object carries: its names, labels, owners and version counters."
    public static let fields: Fields<ObjectMeta> = [
        .f("name", \.name, "Name, unique in its namespace among objects of one kind. Cannot be changed."),
        .f("generateName", \.generateName, "Prefix to which the API server adds five characters when name is empty."),
        .f("namespace", \.namespace, "The namespace that the name is unique in; empty for cluster-scoped kinds."),
        .f("uid", \.uid, "Identity of this very object; a later object of the same name has another one."),
        .f("resourceVersion", \.resourceVersionText, "Counter of the whole store at the last write of this object."),
        .f("generation", \.generation, "Counts the changes of what is wanted (spec), not of what is (status).", bits: 64),
        .f("creationTimestamp", \.creationTimestamp, "When the API server accepted the object."),
        .f("deletionTimestamp", \.deletionTimestamp, "Set when deletion began: by then the object should be gone."),
        .f("deletionGracePeriodSeconds", \.deletionGracePeriodSeconds, "Seconds of grace that the deletion granted.", bits: 64),
        .f("labels", \.labels, "Names and values by which selectors find the object."),
        .f("annotations", \.annotations, "Names and values for tools; nothing selects by them."),
        .f("ownerReferences", \.ownerReferences, "Objects this one belongs to; it goes when all of them are gone."),
        .f("finalizers", \.finalizers, "Names of parties who must do something before the object may vanish."),
        .f("selfLink", \.selfLink, "No longer filled in."),
        .f("managedFields", \.managedFields, "Who set which field, for server-side apply. Kept, not acted on."),
    ]

    var resourceVersionText: String {
        get { resourceVersion == 0 ? "" : String(resourceVersion) }
        set { resourceVersion = Int(newValue) ?? 0 }
    }
}

/// A reference from an object to its owner.
public struct OwnerReference: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var name = ""
    public var uid = ""
    public var controller: Bool?
    public var blockOwnerDeletion: Bool?

    public init() {}
    /// The reference by which a controller marks `object` as the controlling owner.
    public init(controller object: some KubernetesObject) {
        let info = type(of: object).kind.info
        (apiVersion, kind) = (info.apiVersion, info.kind)
        (name, uid) = (object.metadata.name, object.metadata.uid)
        (controller, blockOwnerDeletion) = (true, true)
    }
    /// The owner's API group; empty for the core group.
    public var group: String { KindInfo.group(of: apiVersion) }
    public static let summary = "The object that this one belongs to."
    public static let fields: Fields<OwnerReference> = [
        .f("apiVersion", \.apiVersion, "Group and version of the owner.", always: true),
        .f("kind", \.kind, "Kind of the owner.", always: true),
        .f("name", \.name, "Name of the owner.", always: true),
        .f("uid", \.uid, "Identity of the owner.", always: true),
        .f("controller", \.controller, "Whether the owner manages this object. At most one owner does."),
        .f("blockOwnerDeletion", \.blockOwnerDeletion, "Whether foreground deletion of the owner waits for this object."),
    ]
}

/// One condition in an object's status.
public struct Condition: APIStruct {
    public var type = ""
    public var status = ""
    public var observedGeneration = 0
    public var lastTransitionTime: Instant?
    public var reason = ""
    public var message = ""
    private var others = Seldom<Others>()

    /// What conditions of pods have nothing of.
    fileprivate struct Others: SeldomSet {
        var lastProbeTime: Instant?
        var lastHeartbeatTime: Instant?
        var lastUpdateTime: Instant?
    }
    public var lastProbeTime: Instant? {
        get { others.lastProbeTime }
        set { others.lastProbeTime = newValue }
    }
    public var lastHeartbeatTime: Instant? {
        get { others.lastHeartbeatTime }
        set { others.lastHeartbeatTime = newValue }
    }
    public var lastUpdateTime: Instant? {
        get { others.lastUpdateTime }
        set { others.lastUpdateTime = newValue }
    }

    public init() {}
    public init(type: String, status: String, reason: String = "", message: String = "", at time: Instant? = nil) {
        (self.type, self.status, self.reason, self.message) = (type, status, reason, message)
        lastTransitionTime = time
    }
    public init(type: String, status: Bool, reason: String = "", message: String = "", at time: Instant? = nil) {
        self.init(type: type, status: status ? "True" : "False", reason: reason, message: message, at: time)
    }
    public var isTrue: Bool { status == "True" }

    public static let summary = "One aspect of the object's state, observed by a controller."
    public static let fields: Fields<Condition> = [
        .f("type", \.type, "What is observed, such as Ready or PodScheduled.", always: true),
        .f("status", \.status, "True, False or Unknown.", always: true),
        .f("observedGeneration", \.observedGeneration, "The generation that the observation belongs to.", bits: 64),
        .f("lastProbeTime", \.lastProbeTime, "When the condition was last checked."),
        .f("lastHeartbeatTime", \.lastHeartbeatTime, "When the node last reported the condition."),
        .f("lastUpdateTime", \.lastUpdateTime, "When the condition was last refreshed."),
        .f("lastTransitionTime", \.lastTransitionTime, "When the status last changed."),
        .f("reason", \.reason, "Why, in one word."),
        .f("message", \.message, "Why, in a sentence."),
    ]
}

extension Array where Element == Condition {
    /// The condition called `type`.
    public subscript(type: String) -> Condition? { first { $0.type == type } }
    /// Whether the condition `type` is there with status True.
    public func isTrue(_ type: String) -> Bool { self[type]?.isTrue ?? false }

    /// Puts `condition` in place of the one of its type. Its transition time is `now` if the status changed,
    /// else the old one. Returns whether anything changed.
    @discardableResult
    public mutating func set(_ condition: Condition, now: Instant) -> Bool {
        var new = condition
        if let index = firstIndex(where: { $0.type == condition.type }) {
            new.lastTransitionTime = self[index].status == new.status ? self[index].lastTransitionTime : now
            if self[index] == new { return false }
            self[index] = new
        } else {
            new.lastTransitionTime = now
            append(new)
        }
        return true
    }
    /// Removes the condition called `type`; returns whether it was there.
    @discardableResult
    public mutating func remove(_ type: String) -> Bool {
        guard let index = firstIndex(where: { $0.type == type }) else { return false }
        remove(at: index)
        return true
    }
}
