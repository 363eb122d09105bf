// The API server's proxy to nodes, pods and Services.

import ControlPlane
import KubernetesAPI
import Simulation

extension APIServer {
    /// Hands a request on to a node, a pod or a Service; the answer is whatever comes back.
    ///
    /// - Source: Kubernetes `pkg/registry/core/{node,pod,service}/rest`, `staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go`
    func proxy(_ request: APIRequest, _ info: RequestInfo, in session: Session) throws(Refusal) -> APIReply {
        let parts = ["", "api", "v1"] + (info.resource == "nodes" ? [] : ["namespaces", info.namespace]) + [info.resource, info.name, "proxy", info.rest]
        let target: LinkRequest.ProxyTarget
        do throws(LinkRequest.Mistake) {
            target = try LinkRequest.ProxyTarget(path: parts.joined(separator: "/"))
        } catch {
            throw Refusal(.badRequest(error.text))
        }
        var path = Self.proxied(request.path)
        let query = request.query.isEmpty ? "" : "?\(request.query)"
        if path.isEmpty {
            // Relative links in the answer would lead elsewhere.
            if ["GET", "HEAD"].contains(request.method) {
                return .answer(APIResponse(status: 301, headers: [("location", "\(request.path)/\(query)")]) { [] })
            }
            path = "/"
        }
        // A pod's server that is asked for a WebSocket speaks one; a node's knows none here.
        if request.header("upgrade")?.lowercased() == "websocket", request.header("sec-websocket-key") != nil,
            let (pod, port) = session.simulation.proxied(target)
        {
            return .session(APIPodSession(kind: .webSocket(port: port), pod: pod, container: "", stdin: true, stdout: true, stderr: false, tty: false))
        }
        let headers = request.headers.filter { !$0.name.hasPrefix("impersonate-") }
        let sent = ProxyRequest(method: request.method, path: path + query, headers: headers, body: request.body)
        switch session.simulation.proxy(sent, to: target) {
        case .success(let answer):
            return .answer(APIResponse(status: answer.status, headers: [("content-type", answer.type)]) { Array(answer.body.utf8) })
        case .failure(let error): throw Refusal(error)
        }
    }

    /// What stands behind `proxy` in a path, as it was sent.
    private static func proxied(_ path: String) -> String {
        // /api/v1/nodes/NAME/proxy or /api/v1/namespaces/NS/pods/NAME/proxy: `proxy` cannot be the name of what stands before it.
        let isInNamespace = path.split(separator: "/").dropFirst(2).first == "namespaces"
        var rest = path[...]
        for _ in 0..<(isInNamespace ? 7 : 5) {
            rest = rest.drop { $0 == "/" }
            rest = rest.drop { $0 != "/" }
        }
        return String(rest)
    }
}
