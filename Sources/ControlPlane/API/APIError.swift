import KubernetesAPI

/// A refusal of the API server: what would be a `v1` Status with `status: Failure`.
public struct APIError: Error, Sendable, Equatable {
    public struct Cause: Sendable, Equatable {
        public var reason: String
        public var message: String
        public var field: String
        public init(reason: String, message: String, field: String = "") {
            (self.reason, self.message, self.field) = (reason, message, field)
        }
    }
    /// The HTTP status code.
    public var code: Int
    /// `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden`, `TooManyRequests` …
    public var reason: String
    public var message: String
    public var causes: [Cause]
    /// What the details of the Status name: the kind for Invalid, else the plural; the group; the object.
    public var kind: String
    public var group: String
    public var name: String
    public var retryAfterSeconds: Int

    public init(
        code: Int, reason: String, message: String, causes: [Cause] = [], kind: String = "", group: String = "",
        name: String = "", retryAfterSeconds: Int = 0
    ) {
        (self.code, self.reason, self.message, self.causes) = (code, reason, message, causes)
        (self.kind, self.group, self.name, self.retryAfterSeconds) = (kind, group, name, retryAfterSeconds)
    }

    /// 404: `deployments.apps "web" not found`
    public static func notFound(_ info: KindInfo, _ name: String) -> APIError {
        APIError(
            code: 404, reason: "NotFound", message: "\(info.qualifiedPlural) \"\(name)\" not found",
            kind: info.plural, group: info.group, name: name)
    }
    /// 409: `pods "web" already exists`
    public static func alreadyExists(_ info: KindInfo, _ name: String) -> APIError {
        APIError(
            code: 409, reason: "AlreadyExists", message: "\(info.qualifiedPlural) \"\(name)\" already exists",
            kind: info.plural, group: info.group, name: name)
    }
    /// 409: the object changed since it was read.
    public static func conflict(_ info: KindInfo, _ name: String, _ why: String) -> APIError {
        APIError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(info.qualifiedPlural) \"\(name)\": \(why)",
            kind: info.plural, group: info.group, name: name)
    }
    /// 409: the object is not the one that was meant, but a later one of its name.
    public static func staleIdentity(_ info: KindInfo, _ name: String, wanted: String, found: String) -> APIError {
        APIError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(info.kind) \"\(name)\": the UID in the precondition (\(wanted)) "
                + "does not match the UID in record (\(found)). The object might have been deleted and then recreated",
            kind: info.kind, group: info.group, name: name)
    }
    /// 409: the object was written since.
    public static func staleRevision(_ info: KindInfo, _ name: String, wanted: String, found: Int) -> APIError {
        APIError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(info.kind) \"\(name)\": the ResourceVersion in the precondition (\(wanted)) "
                + "does not match the ResourceVersion in record (\(found)). The object might have been modified",
            kind: info.kind, group: info.group, name: name)
    }
    /// 409: the pod cannot be bound.
    public static func bindingConflict(_ pod: String, _ why: String) -> APIError {
        APIError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on pods/binding \"\(pod)\": \(why)", kind: "pods/binding", name: pod)
    }
    /// 422: a workload cannot have a negative number of replicas; the API refuses its Scale.
    public static func invalidScale(_ name: String, replicas: Int) -> APIError {
        let error = FieldError(
            .invalid, "spec.replicas", value: String(replicas), "must be greater than or equal to 0")
        return APIError(
            code: 422, reason: "Invalid", message: "Scale.autoscaling \"\(name)\" is invalid: \(error.message)",
            causes: [Cause(reason: error.kind.reason, message: error.body, field: error.field)], kind: "Scale",
            group: "autoscaling", name: name)
    }
    /// 403: `pods "web" is forbidden: why`
    public static func forbidden(_ info: KindInfo, _ name: String, _ why: String, causes: [Cause] = []) -> APIError {
        APIError(
            code: 403, reason: "Forbidden", message: "\(info.qualifiedPlural) \"\(name)\" is forbidden: \(why)",
            causes: causes, kind: info.plural, group: info.group, name: name)
    }
    /// 422: `Pod "web" is invalid: [first, second]`
    public static func invalid(_ info: KindInfo, _ name: String, _ errors: [FieldError]) -> APIError {
        // Equal errors are told once, as upstream's aggregate does.
        var texts: [String] = []
        for error in errors where !texts.contains(error.message) { texts.append(error.message) }
        let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
        let group = info.group.isEmpty ? "" : ".\(info.group)"
        return APIError(
            code: 422, reason: "Invalid", message: "\(info.kind)\(group) \"\(name)\" is invalid: \(list)",
            causes: errors.map { Cause(reason: $0.kind.reason, message: $0.body, field: $0.field) },
            kind: info.kind, group: info.group, name: name)
    }
    /// 400: the request makes no sense.
    public static func badRequest(_ message: String) -> APIError {
        APIError(code: 400, reason: "BadRequest", message: message)
    }
    /// 429: not now.
    public static func tooManyRequests(_ message: String, causes: [Cause] = [], retryAfterSeconds: Int = 0) -> APIError {
        APIError(
            code: 429, reason: "TooManyRequests", message: message, causes: causes,
            retryAfterSeconds: retryAfterSeconds)
    }

    /// The refusal as a `v1` Status.
    public var status: JSONValue {
        var details = JSONObject()
        if !name.isEmpty { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        if !kind.isEmpty { details["kind"] = .string(kind) }
        if !causes.isEmpty {
            details["causes"] = .array(
                causes.map { cause in
                    var object = JSONObject()
                    object["reason"] = .string(cause.reason)
                    object["message"] = .string(cause.message)
                    if !cause.field.isEmpty { object["field"] = .string(cause.field) }
                    return .object(object)
                })
        }
        if retryAfterSeconds > 0 { details["retryAfterSeconds"] = .int(Int64(retryAfterSeconds)) }
        var object: JSONObject = ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message)]
        if !reason.isEmpty { object["reason"] = .string(reason) }
        // A refusal of a path has nothing to tell, and says so.
        if !details.members.isEmpty || reason == "Forbidden" { object["details"] = .object(details) }
        object["code"] = .int(Int64(code))
        return .object(object)
    }
}
