import ControlPlane
import KubernetesAPI
import SimulationKit

/// What an audit log says of a request, at the level Metadata: who asked what, and what became of it; no bodies.
///
/// - Source: staging/src/k8s.io/apiserver/pkg/apis/audit/v1/types.go
public struct AuditEvent: Sendable {
    public enum Stage: String, Sendable {
        /// A stream has begun.
        case started = "ResponseStarted"
        case complete = "ResponseComplete"
    }
    var id: String
    var request: APIRequest
    var info: RequestInfo
    /// Who asked by his credentials, and as whom if that is somebody else.
    var user: UserInfo
    var impersonated: UserInfo?
    /// The HTTP status.
    public var code: Int
    /// Why it was refused.
    public var failure: APIError?
    var received: Instant

    /// The entry as one line of JSON.
    public func line(_ stage: Stage, at now: Instant) -> [UInt8] {
        var event: JSONObject = [
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": .string(id), "stage": .string(stage.rawValue),
            "requestURI": .string(request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"), "verb": .string(info.verb),
            "user": Self.person(user),
        ]
        if let impersonated { event["impersonatedUser"] = Self.person(impersonated) }
        if !request.source.isEmpty { event["sourceIPs"] = [.string(request.source)] }
        if let agent = request.header("user-agent") { event["userAgent"] = .string(agent) }
        if info.isResource { event["objectRef"] = reference }
        var status: JSONObject = ["metadata": [:]]
        if let failure {
            status["status"] = "Failure"
            status["message"] = .string(failure.message)
            if !failure.reason.isEmpty { status["reason"] = .string(failure.reason) }
        }
        status["code"] = .int(Int64(code))
        event["responseStatus"] = .object(status)
        event["requestReceivedTimestamp"] = .string(Self.time(received))
        event["stageTimestamp"] = .string(Self.time(now))
        event["annotations"] = ["authorization.k8s.io/decision": failure?.reason == "Forbidden" ? "forbid" : "allow", "authorization.k8s.io/reason": ""]
        return JSONValue.object(event).line
    }

    private var reference: JSONValue {
        var reference: JSONObject = ["resource": .string(info.resource)]
        for (name, value) in [("namespace", info.namespace), ("name", info.name), ("apiGroup", info.group), ("apiVersion", info.version)] where !value.isEmpty {
            reference[name] = .string(value)
        }
        if !info.subresource.isEmpty { reference["subresource"] = .string(info.subresource) }
        return .object(reference)
    }

    private static func person(_ user: UserInfo) -> JSONValue {
        var person: JSONObject = ["username": .string(user.name)]
        if !user.uid.isEmpty { person["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { person["groups"] = .array(user.groups.map { .string($0) }) }
        if !user.extra.isEmpty {
            var extra = JSONObject()
            for (key, values) in user.extra.entries { extra[key] = .array(values.map { .string($0) }) }
            person["extra"] = .object(extra)
        }
        return .object(person)
    }

    /// With microseconds, as Kubernetes' MicroTime.
    private static func time(_ instant: Instant) -> String {
        let micro = instant.nanoseconds / 1000 % 1_000_000
        let digits = String(micro < 0 ? micro + 1_000_000 : micro)
        return instant.rfc3339.dropLast() + "." + String(repeating: "0", count: 6 - digits.count) + digits + "Z"
    }
}
