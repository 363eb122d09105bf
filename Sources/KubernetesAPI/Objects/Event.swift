// Events: what components tell of objects. There are several for each pod, so those told here are kept in short.

import SimulationKit

/// Something that happened to an object, told by a component.
///
/// One that the simulation told takes a third of a kilobyte: what many events say alike is shared, and name, identity and metadata
/// are made when they are read. One that came from outside, or was changed, is kept in full.
@dynamicMemberLookup
public struct Event: ObjectWithoutStatus {
    public static let kind = Kind.event
    public static let info = KindInfo(.event, "", "v1", "events", ["ev"])
    public var resourceVersion = 0
    /// Exactly one of the two is there.
    private var told: Told?
    private var whole: Whole?

    public init() { whole = Whole(Metadata(ObjectMeta()), EventContent()) }

    /// All of an event, as others write it.
    private final class Whole: Sendable {
        let metadata: Metadata
        let content: EventContent
        init(_ metadata: Metadata, _ content: EventContent) { (self.metadata, self.content) = (metadata, content) }
    }

    /// An event as it was told, which stays as it is.
    private final class Told: Sendable {
        let about: Shared<ObjectReference>
        let source: Shared<EventSource>
        let reason: String
        let message: String
        let action: String
        /// Of its identity.
        let bits: (UInt64, UInt64)
        /// What the name ends with.
        let stamp: UInt64
        let created: Instant
        let first: Instant
        let last: Instant
        let count: Int32
        let isWarning: Bool

        init(
            _ about: Shared<ObjectReference>, _ source: Shared<EventSource>, _ reason: String, _ message: String, _ action: String, bits: (UInt64, UInt64),
            stamp: UInt64, created: Instant, first: Instant, last: Instant, count: Int32, isWarning: Bool
        ) {
            (self.about, self.source, self.reason, self.message, self.action) = (about, source, reason, message, action)
            (self.bits, self.stamp, self.created, self.first, self.last) = (bits, stamp, created, first, last)
            (self.count, self.isWarning) = (count, isWarning)
        }
        /// The same so many times more.
        func repeated(at time: Instant, saying message: String, times: Int) -> Told {
            Told(
                about, source, reason, message, action, bits: bits, stamp: stamp, created: created, first: first, last: time,
                count: Int32(clamping: Int(count).saturatingAdd(times)), isWarning: isWarning)
        }

        var namespace: String { about.namespace.isEmpty ? "default" : about.namespace }
        var name: String { "\(about.name).\(String(stamp, radix: 16))" }
        var metadata: Metadata {
            var meta = ObjectMeta(name: name, namespace: namespace)
            meta.uid = StableHash.uuid(bits)
            meta.creationTimestamp = created
            return Metadata(meta)
        }
        var content: EventContent {
            var content = EventContent()
            content.involvedObject = about.value
            (content.reason, content.message, content.action) = (reason, message, action)
            (content.source, content.reportingComponent, content.reportingInstance) = (source.value, source.component, source.host)
            (content.firstTimestamp, content.lastTimestamp, content.count) = (first, last, Int(count))
            content.type = isWarning ? "Warning" : "Normal"
            return content
        }
    }

    /// An event as a component tells it.
    /// - Parameters:
    ///   - bits: of its identity.
    ///   - stamp: what its name ends with, unlike that of any other.
    ///   - happened: when it happened, which may be before it is told.
    ///   - count: how often.
    public init(
        telling reason: String, _ message: String, about: Shared<ObjectReference>, isWarning: Bool, source: Shared<EventSource>, action: String,
        bits: (UInt64, UInt64), stamp: UInt64, at now: Instant, happened: Instant, count: Int = 1
    ) {
        told = Told(
            about, source, reason, message, action, bits: bits, stamp: stamp, created: now, first: happened, last: happened,
            count: Int32(clamping: count), isWarning: isWarning)
    }

    /// Counts the same so many times more. One that stands for several says what happened last.
    public mutating func again(at time: Instant, saying message: String, times: Int = 1) {
        if let told {
            self.told = told.repeated(at: time, saying: message, times: times)
        } else {
            change { $0.message = message }
            count = count.saturatingAdd(times)
            lastTimestamp = time
        }
    }
    /// Whether it tells just this.
    public func tells(_ reason: String, _ message: String, about: ObjectReference, source: EventSource) -> Bool {
        self.message == message && self.reason == reason && self.source == source && involvedObject.uid == about.uid
            && involvedObject.name == about.name && involvedObject.fieldPath == about.fieldPath
    }

    // MARK: What it says

    public var metadata: Metadata {
        get {
            var metadata = whole?.metadata ?? told?.metadata ?? Metadata(ObjectMeta())
            metadata.resourceVersion = resourceVersion
            return metadata
        }
        set {
            resourceVersion = newValue.resourceVersion
            (whole, told) = (Whole(newValue, content), nil)
        }
    }
    public var key: ObjectKey {
        if let told { return ObjectKey(namespace: told.namespace, name: told.name) }
        return whole?.metadata.key ?? ObjectKey(name: "")
    }
    /// What its name ends with, if it was told here.
    public var stamp: UInt64? { told?.stamp }

    /// All of it but its metadata.
    public var content: EventContent {
        get { whole?.content ?? told?.content ?? EventContent() }
        set { change { $0 = newValue } }
    }
    private mutating func change(_ body: (inout EventContent) -> Void) {
        var content = content
        body(&content)
        (whole, told) = (Whole(metadata, content), nil)
    }
    public subscript<Member>(dynamicMember path: WritableKeyPath<EventContent, Member>) -> Member {
        get { whole?.content[keyPath: path] ?? content[keyPath: path] }
        set { change { $0[keyPath: path] = newValue } }
    }

    // Those that are asked for of all events are read where they are.
    public var involvedObject: ObjectReference {
        get { told?.about.value ?? content.involvedObject }
        set { change { $0.involvedObject = newValue } }
    }
    public var reason: String {
        get { told?.reason ?? content.reason }
        set { change { $0.reason = newValue } }
    }
    public var message: String {
        get { told?.message ?? content.message }
        set { change { $0.message = newValue } }
    }
    public var source: EventSource {
        get { told?.source.value ?? content.source }
        set { change { $0.source = newValue } }
    }
    public var firstTimestamp: Instant? {
        get { told?.first ?? content.firstTimestamp }
        set { change { $0.firstTimestamp = newValue } }
    }
    public var lastTimestamp: Instant? {
        get { told?.last ?? content.lastTimestamp }
        set { change { $0.lastTimestamp = newValue } }
    }
    public var count: Int {
        get { told.map { Int($0.count) } ?? content.count }
        set { change { $0.count = newValue } }
    }
    /// Whether its type is Warning.
    public var isWarning: Bool { told?.isWarning ?? (content.type == "Warning") }

    public static func == (a: Event, b: Event) -> Bool {
        if let x = a.told, x === b.told { return a.resourceVersion == b.resourceVersion }
        return a.metadata == b.metadata && a.content == b.content
    }

    public static let summary = "Something that happened to an object, told by a component."
    public static let fields: Fields<Event> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("involvedObject", \.involvedObject, "The object it happened to.", always: true),
        .f("reason", \.reason, "What happened, in one word."),
        .f("message", \.message, "What happened, in a sentence."),
        .f("source", \.source, "Who tells it."),
        .f("firstTimestamp", \.firstTimestamp, "When it first happened."),
        .f("lastTimestamp", \.lastTimestamp, "When it last happened."),
        .f("count", \.count, "How often."),
        .f("type", \.type, "Normal or Warning."),
        .f("eventTime", \.eventTime, "When it happened, exactly."),
        .f("series", \.series, "Kept, not acted on."),
        .f("action", \.action, "What was being done."),
        .f("related", \.related, "Another object that has to do with it."),
        .f("reportingComponent", \.reportingComponent, "Who tells it.", always: true),
        .f("reportingInstance", \.reportingInstance, "Which instance of it.", always: true),
    ]
}

extension Event {
    public mutating func setDefaults(_ profile: KubernetesProfile) {}
    /// - Source: Kubernetes `pkg/apis/core/validation/events.go`, `legacyValidateEvent`
    public func validateNew(_ errors: inout [FieldError]) {
        let namespace = involvedObject.namespace
        if namespace.isEmpty ? metadata.namespace != "default" : namespace != metadata.namespace {
            errors.invalid("involvedObject.namespace", .string(namespace), "does not match event.namespace")
        }
    }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) {}
    public func validateChange(from old: Event, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {}
    public var isFaulty: Bool { isWarning }
    public var quotaUse: ResourceList { [:] }
}

/// All of an event but its metadata.
public struct EventContent: APIStruct {
    public var involvedObject = ObjectReference()
    public var reason = ""
    public var message = ""
    public var source = EventSource()
    public var firstTimestamp: Instant?
    public var lastTimestamp: Instant?
    public var count = 0
    /// Normal or Warning.
    public var type = ""
    public var eventTime: Instant?
    public var series: JSONValue?
    public var action = ""
    public var related: ObjectReference?
    public var reportingComponent = ""
    public var reportingInstance = ""
    public init() {}
    public static let summary = Event.summary
    /// None: they are read and written as fields of ``Event``.
    public static let fields: Fields<EventContent> = []
}
