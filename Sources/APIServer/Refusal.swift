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

    /// Appends the value as JSON on one line.
    func write(to out: inout [UInt8]) {
        switch self {
        case .null: out += Array("null".utf8)
        case .bool(let b): out += b ? [0x74, 0x72, 0x75, 0x65] : [0x66, 0x61, 0x6c, 0x73, 0x65]
        case .int(let i): out += Array(String(i).utf8)
        case .double: out += Array(text().utf8)
        case .string(let s): Self.quote(s, to: &out)
        case .array(let elements):
            out.append(0x5b)
            for (i, element) in elements.enumerated() {
                if i > 0 { out.append(0x2c) }
                element.write(to: &out)
            }
            out.append(0x5d)
        case .object(let object):
            out.append(0x7b)
            for (i, member) in object.members.enumerated() {
                if i > 0 { out.append(0x2c) }
                Self.quote(member.key, to: &out)
                out.append(0x3a)
                member.value.write(to: &out)
            }
            out.append(0x7d)
        }
    }

    /// Appends a text with its quotes.
    private static func quote(_ text: String, to out: inout [UInt8]) {
        out.append(0x22)
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for at in utf8.indices {
                let byte = utf8[at]
                guard byte < 0x20 || byte == 0x22 || byte == 0x5c else { continue }
                out.append(contentsOf: utf8[start..<at])
                start = at + 1
                switch byte {
                case 0x22, 0x5c: out += [0x5c, byte]
                case 0x0a: out += [0x5c, 0x6e]
                case 0x0d: out += [0x5c, 0x72]
                case 0x09: out += [0x5c, 0x74]
                default:
                    let digits = Array("0123456789abcdef".utf8)
                    out += [0x5c, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
            out.append(contentsOf: utf8[start...])
        }
        out.append(0x22)
    }
}
