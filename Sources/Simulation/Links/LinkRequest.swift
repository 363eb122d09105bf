import KubernetesAPI

/// A request whose way through the cluster is followed.
public enum LinkRequest: Sendable, Equatable {
    /// A verb of the kubelet's own API, by way of the API server.
    public enum Stream: String, Sendable, CaseIterable {
        case logs, attach, exec
        case portForward = "port-forward"
        /// The path on the kubelet.
        var path: String {
            switch self {
            case .logs: "containerLogs"
            case .attach, .exec: rawValue
            case .portForward: "portForward"
            }
        }
    }
    /// What `…/proxy/` stands behind.
    public struct ProxyTarget: Sendable, Equatable {
        public enum Thing: String, Sendable { case node, pod, service }
        public var thing: Thing
        public var namespace: String
        public var name: String
        /// `http`, `https`, or empty, which means http.
        public var scheme: String
        /// A number, or for a service also the port's name; empty if none was given.
        public var port: String
        /// As it stood in the path.
        public var id: String
        public var rest: String
    }
    case stream(Stream, pod: ObjectKey, container: String?)
    case proxy(ProxyTarget)
    /// A container asks the API server for `path`, with its token.
    case fromPod(ObjectKey, path: String = "/api")
    /// A kubelet renews its lease.
    case fromNode(String)

    /// A sentence that says what is wrong with what was typed.
    public struct Mistake: Error, Equatable {
        public var text: String
        public init(text: String) { self.text = text }
    }

    /// Reads `logs POD [CONTAINER]`, `exec`, `attach` and `port-forward` alike, `get PATH`, `from POD [PATH]`, `from node NODE`.
    /// `POD` may be `NAMESPACE/POD`; otherwise it is of `namespace`.
    public init(_ text: String, namespace: String) throws(Mistake) {
        let words = text.split(separator: " ").map(String.init)
        func key(_ word: String) -> ObjectKey {
            let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
            return parts.count == 2
                ? ObjectKey(namespace: parts[0], name: parts[1]) : ObjectKey(namespace: namespace.isEmpty ? "default" : namespace, name: word)
        }
        guard words.count >= 2 else { throw Mistake(text: "A request is one of: logs|exec|attach|port-forward POD, get PATH, from POD [PATH], from node NODE") }
        switch words[0] {
        case "get": self = .proxy(try ProxyTarget(path: words[1], namespace: namespace))
        case "from" where words[1] == "node" && words.count == 3: self = .fromNode(words[2])
        case "from": self = .fromPod(key(words[1]), path: words.count > 2 ? words[2] : "/api")
        default:
            guard let stream = Stream(rawValue: words[0]) else {
                throw Mistake(text: "Unknown request \(words[0]); use logs, exec, attach, port-forward, get or from")
            }
            self = .stream(stream, pod: key(words[1]), container: stream != .portForward && words.count > 2 ? words[2] : nil)
        }
    }
}

extension LinkRequest.ProxyTarget {
    /// Reads `/api/v1/nodes/ID/proxy/…`, `/api/v1/namespaces/NS/pods/ID/proxy/…` and services alike; `ID` is `name`,
    /// `name:port` or `scheme:name:port`. `/api/v1` may be left out, and so may the namespace if it is `namespace`:
    /// `pods/web:8080/proxy/`, `svc/https:web:tls/proxy`.
    public init(path: String, namespace: String = "default") throws(LinkRequest.Mistake) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        if let first = parts.first, first != "api" {
            let plurals = ["po": "pods", "pod": "pods", "svc": "services", "service": "services", "no": "nodes", "node": "nodes", "ns": "namespaces"]
            parts[0] = plurals[first] ?? first
            if parts[0] == "pods" || parts[0] == "services" { parts = ["namespaces", namespace.isEmpty ? "default" : namespace] + parts }
            parts = ["api", "v1"] + parts
        }
        func fail() -> LinkRequest.Mistake {
            LinkRequest.Mistake(text: "Not a proxy path: /api/v1/nodes/ID/proxy/… or /api/v1/namespaces/NS/pods|services/ID/proxy/…")
        }
        guard parts.count >= 5, parts[0] == "api", parts[1] == "v1" else { throw fail() }
        let at: Int
        switch (parts[2], parts.count) {
        case ("nodes", _): (thing, self.namespace, at) = (.node, "", 3)
        case ("namespaces", 7...) where parts[4] == "pods": (thing, self.namespace, at) = (.pod, parts[3], 5)
        case ("namespaces", 7...) where parts[4] == "services": (thing, self.namespace, at) = (.service, parts[3], 5)
        default: throw fail()
        }
        guard parts[at + 1] == "proxy" else { throw fail() }
        id = parts[at]
        rest = parts[(at + 2)...].joined(separator: "/")
        let words = id.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch words.count {
        case 1: (scheme, name, port) = ("", words[0], "")
        case 2: (scheme, name, port) = ("", words[0], words[1])
        case 3 where ["", "http", "https"].contains(words[0]): (scheme, name, port) = (words[0], words[1], words[2])
        default: throw LinkRequest.Mistake(text: "invalid \(thing.rawValue) request \"\(id)\"")
        }
        if name.isEmpty { throw LinkRequest.Mistake(text: "invalid \(thing.rawValue) request \"\(id)\"") }
    }
}
