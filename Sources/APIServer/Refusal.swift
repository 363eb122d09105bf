import ControlPlane
import KubernetesAPI

/// Why a request was not served, and what the answer says of it.
struct Refusal: Error, Sendable, Equatable {
    var error: APIError
    /// Whether the Status has details even if they are empty, as upstream's has for what its router refuses.
    var details = false
    /// A token with which an expired list can go on.
    var continueToken: String?
    /// Plain text in place of a Status.
    var isText = false

    init(_ error: APIError, details: Bool = false, continueToken: String? = nil, isText: Bool = false) {
        (self.error, self.details, self.continueToken, self.isText) = (error, details, continueToken, isText)
    }

    /// A path that leads nowhere.
    static let noPath = Refusal(APIError(code: 404, reason: "NotFound", message: "404 page not found\n"), isText: true)
    /// A resource that its group does not have.
    static let noResource = Refusal(
        APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource"), details: true)
    static let noMethod = Refusal(
        APIError(code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource"), details: true)

    /// What is wrong with the parameters of a request: `ListOptions.meta.k8s.io "" is invalid: …`.
    static func options(_ kind: String, _ errors: [FieldError]) -> Refusal {
        let info = KindInfo(group: "meta.k8s.io", version: "v1", kind: kind, plural: "", shortNames: [], isNamespaced: false, type: .custom)
        return Refusal(.invalid(info, "", errors))
    }

    var document: JSONValue {
        var status = error.status
        if details, status["details"] == nil {
            guard var members = status.object else { return status }
            let at = members.members.firstIndex { $0.key == "code" } ?? members.members.count
            members.members.insert(("details", [:]), at: at)
            status = .object(members)
        }
        if let continueToken { status["metadata"] = ["continue": .string(continueToken)] }
        return status
    }

    var response: APIResponse {
        if isText {
            let text = Array(error.message.utf8)
            return APIResponse(
                status: error.code, headers: [("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff")]
            ) { text }
        }
        var headers = [("content-type", "application/json")]
        if error.retryAfterSeconds > 0 { headers.append(("retry-after", String(error.retryAfterSeconds))) }
        let document = document
        return APIResponse(status: error.code, headers: headers) { document.line }
    }
}

extension JSONValue {
    /// The value as JSON in bytes, with the line's end that Go's encoder writes.
    var line: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        bytes.append(0x0a)
        return bytes
    }
}
