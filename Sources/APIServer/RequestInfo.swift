import KubernetesAPI

/// What a request is about, read from its method, path and query.
///
/// - Source: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
public struct RequestInfo: Sendable, Equatable {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for what is no resource the method in
    /// lower case.
    public var verb: String
    /// The path, decoded.
    public var path: String
    public var isResource = false
    public var group = ""
    public var version = ""
    public var namespace = ""
    public var resource = ""
    /// `status`, `log` …
    public var subresource = ""
    public var name = ""
    /// The rest of the path of a proxy.
    public var rest = ""
    /// The parameters in their order, decoded.
    public var parameters: [Parameter] = []

    public struct Parameter: Sendable, Equatable {
        public var name: String
        public var value: String
    }

    /// The first parameter of this name.
    public func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }
    /// Whether a parameter says yes: `true`, `1`, or nothing at all.
    func flag(_ name: String) -> Bool {
        guard let value = parameter(name)?.lowercased() else { return false }
        return value != "false" && value != "0"
    }
    var groupVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// `pods/log`, or `pods`.
    var resourceName: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }

    public init(_ request: APIRequest) {
        let method = request.method.uppercased()
        verb = method.lowercased()
        let segments = request.path.split(separator: "/").map { Self.decoded($0, plusIsSpace: false) }
        path = Self.decoded(Substring(request.path), plusIsSpace: false)
        parameters = request.query.split(separator: "&").map { pair in
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            return Parameter(
                name: Self.decoded(pair[..<equals], plusIsSpace: true), value: Self.decoded(pair[equals...].dropFirst(), plusIsSpace: true))
        }
        var rest = segments[...]
        switch rest.popFirst() {
        case "api"?: break
        case "apis"?:
            guard rest.count >= 2 else { return }
            group = rest.removeFirst()
        default: return
        }
        guard let version = rest.popFirst() else { return }
        self.version = version
        var isWatch = false
        if rest.first == "watch", rest.count > 1 {
            isWatch = true
            rest.removeFirst()
        }
        guard let first = rest.popFirst() else { return }
        isResource = true
        resource = first
        if first == "namespaces", let name = rest.popFirst() {
            // What follows a namespace is a resource in it, but for its own two subresources.
            if let next = rest.first, !(group.isEmpty && ["status", "finalize"].contains(next) && rest.count == 1) {
                namespace = name
                resource = rest.removeFirst()
                self.name = rest.popFirst() ?? ""
            } else {
                (self.name, namespace) = (name, name)
            }
        } else {
            name = rest.popFirst() ?? ""
        }
        subresource = rest.popFirst() ?? ""
        self.rest = rest.joined(separator: "/")
        verb = verb(method, isWatch: isWatch)
        // There is one time, which has no name.
        if verb == "list", group == EvenkeelAPI.group, resource == "time" { verb = "get" }
    }

    private func verb(_ method: String, isWatch: Bool) -> String {
        switch method {
        case "GET", "HEAD":
            if isWatch || (flag("watch") && name.isEmpty) { return "watch" }
            return name.isEmpty ? "list" : "get"
        case "POST": return "create"
        case "PUT": return "update"
        case "PATCH": return "patch"
        case "DELETE": return name.isEmpty ? "deletecollection" : "delete"
        default: return method.lowercased()
        }
    }

    /// The text with `%2F` and the like read; what is no such sign stays as it is.
    static func decoded(_ text: Substring, plusIsSpace: Bool) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) || plusIsSpace && text.utf8.contains(UInt8(ascii: "+")) else { return String(text) }
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        func digit(_ index: Int) -> UInt8? {
            index < source.count ? Character(UnicodeScalar(source[index])).hexDigitValue.map(UInt8.init) : nil
        }
        var at = 0
        while at < source.count {
            if source[at] == UInt8(ascii: "%"), let high = digit(at + 1), let low = digit(at + 2) {
                bytes.append(high << 4 | low)
                at += 3
            } else {
                bytes.append(plusIsSpace && source[at] == UInt8(ascii: "+") ? 0x20 : source[at])
                at += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
