// Whom a kubelet lets in, and for what.

import ControlPlane
import KubernetesAPI

/// How a kubelet authenticates and authorizes who asks it on its port.
///
/// - Source: Kubernetes `pkg/kubelet/server/{auth.go,server.go}`; `pod-sessions.md` §7.
public enum KubeletAccess {
    /// 401 or 403, in the kubelet's words.
    public struct Refusal: Sendable, Equatable {
        public var code: Int
        public var text: String
    }
    /// The API server's own name as kubeadm gives it.
    public static let client = "kube-apiserver-kubelet-client"

    /// The verb that a method asks for.
    public static func verb(_ method: String) -> String {
        ["POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"][method] ?? ""
    }

    /// The subresources of the node that are tried in turn; one that is allowed is enough.
    public static func subresources(_ path: String, _ profile: KubernetesProfile) -> [String] {
        let first = path.split(separator: "?").first?.split(separator: "/").first.map(String.init) ?? ""
        let isFine = profile.version.minor >= 33
        switch first {
        case "stats": return ["stats"]
        case "metrics": return ["metrics"]
        case "logs": return ["log"]
        case "checkpoint": return ["checkpoint"]
        case "statusz" where isFine, "flagz" where isFine: return [first == "statusz" ? "statusz" : "configz"]
        case "pods" where isFine, "runningpods" where isFine: return ["pods", "proxy"]
        case "healthz" where isFine: return ["healthz", "proxy"]
        case "configz" where isFine: return ["configz", "proxy"]
        default: return ["proxy"]
        }
    }

    /// What a kubelet says to `user`, by the rights on its node; nil: it lets him.
    public static func refusal(_ user: UserInfo, _ method: String, _ path: String, node: String, in cluster: Cluster) -> Refusal? {
        // Anonymous requests are refused before rights are asked for.
        if user.name == UserInfo.anonymous.name { return Refusal(code: 401, text: "Unauthorized") }
        let (verb, tried) = (verb(method), subresources(path, cluster.profile))
        let authorizer = Authorizer(cluster)
        for subresource in tried {
            let request = AccessRequest(verb: verb, group: "", resource: "nodes", subresource: subresource, namespace: "", name: node)
            if authorizer.decide(user, request).isAllowed { return nil }
        }
        return forbidden(user.name, verb, tried)
    }

    /// What it says to the API server, which has all rights unless something is wrong.
    static func refusal(of settings: LinkSettings, at node: String, _ path: String, _ method: String) -> Refusal? {
        if settings.has(.noClientCertificate, at: node) { return Refusal(code: 401, text: "Unauthorized") }
        return settings.has(.clientForbidden, at: node) ? forbidden(client, verb(method), ["proxy"]) : nil
    }

    private static func forbidden(_ user: String, _ verb: String, _ subresources: [String]) -> Refusal {
        Refusal(code: 403, text: "Forbidden (user=\(user), verb=\(verb), resource=nodes, subresource(s)=[\(subresources.joined(separator: " "))])")
    }
}
