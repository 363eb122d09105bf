// What comes back through the API server's proxy to nodes, pods and Services.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// A request that the API server hands on.
public struct ProxyRequest: Sendable {
    public var method: String
    /// What stands behind `…/proxy`, as it was sent, with the query; begins with `/`.
    public var path: String
    /// Names in lower case.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(method: String, path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        (self.method, self.path, self.headers, self.body) = (method, path, headers, body)
    }
}

extension Simulation {
    /// The answer to a request through the proxy: the pod's or the kubelet's own, over the links as they are, or the API server's
    /// refusal.
    ///
    /// - Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go`; `control-plane-links.md` §5.
    public func proxy(_ request: ProxyRequest, to target: LinkRequest.ProxyTarget) -> Result<HTTPText, APIError> {
        let trace = trace(.proxy(target))
        if trace.failedHop != nil { return refusal(trace.answer, target) }
        guard let (key, port) = trace.destination.map({ ($0.pod, $0.port) }) else {
            guard let node = cluster.store.nodes[ObjectKey(name: target.name)] else { return .failure(.notFound(Kind.node.info, target.name)) }
            return .success(kubeletAnswer(request, of: node))
        }
        // What belongs to the connection with the client, and what says who he is, is not handed on.
        let own = ["host", "connection", "upgrade", "content-length", "transfer-encoding", "authorization", "expect"]
        var head = "\(request.method) \(request.path) HTTP/1.1\r\nHost: \(target.id)\r\n"
        for header in request.headers where !own.contains(header.name) { head += "\(header.name): \(header.value)\r\n" }
        head += "Content-Length: \(request.body.count)\r\n\r\n"
        guard case .response(let bytes, _) = answer(of: key, port: port, request: Array(head.utf8) + request.body), let text = HTTPText(response: bytes) else {
            return .failure(.unreachable("EOF"))
        }
        return .success(text)
    }

    /// The pod and the port that a request through the proxy gets to; nil for a kubelet, or if it gets nowhere.
    public func proxied(_ target: LinkRequest.ProxyTarget) -> (pod: ObjectKey, port: Int)? {
        let trace = trace(.proxy(target))
        return trace.failedHop == nil ? trace.destination.map { ($0.pod, $0.port) } : nil
    }

    /// The words of a trace that failed, as the API server has them in its answer.
    private func refusal(_ answer: String, _ target: LinkRequest.ProxyTarget) -> Result<HTTPText, APIError> {
        let parts = answer.split(separator: ": ", maxSplits: 1).map(String.init)
        guard parts.count == 2, let code = Int(parts[0]) else { return .failure(.unreachable(answer)) }
        switch code {
        case 404:
            let kind: Kind = [.node: .node, .pod: .pod, .service: .service][target.thing] ?? .pod
            return .failure(.notFound(kind.info, target.name))
        // Whoever listens with TLS says this itself.
        case 400 where parts[1].hasPrefix("Client sent"):
            return .success(HTTPText(status: 400, type: "text/plain; charset=utf-8", body: parts[1] + "\n"))
        case 400: return .failure(.badRequest(parts[1]))
        // A kubelet's own refusal is handed on as it came.
        case 401, 403: return .success(HTTPText(status: code, type: "text/plain; charset=utf-8", body: parts[1] + "\n"))
        default: return .failure(APIError(code: code, reason: "ServiceUnavailable", message: parts[1]))
        }
    }

    // MARK: The kubelet

    /// What a kubelet says at its own port, to the API server's client certificate.
    ///
    /// - Source: Kubernetes `pkg/kubelet/server/server.go`; `pod-sessions.md` §6.
    private func kubeletAnswer(_ request: ProxyRequest, of node: Node) -> HTTPText {
        let parts = request.path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let words = parts[0].split(separator: "/").map(String.init)
        func json(_ value: JSONValue) -> HTTPText { HTTPText(status: 200, type: "application/json", body: value.text()) }
        let isRead = request.method == "GET" || request.method == "HEAD"
        switch (words.first ?? "", words.count) {
        case ("healthz", 1...2): return HTTPText(status: 200, type: "text/plain; charset=utf-8", body: "ok")
        case ("pods", 1) where isRead, ("runningpods", 1) where isRead: return json(podList(of: node, running: words[0] == "runningpods"))
        case ("configz", 1) where isRead: return json(["kubeletconfig": .object(configuration(of: node))])
        case ("stats", 2) where words[1] == "summary": return json(summary(of: node))
        case ("metrics", 1) where isRead: return prometheus(kubeletMetrics(of: node))
        case ("metrics", 2) where isRead && words[1] == "resource": return prometheus(resourceMetrics(of: node))
        case ("containerLogs", 4) where isRead: return containerLog(words, query: parts.count > 1 ? parts[1] : "", of: node)
        // From 1.37 on other methods are told so.
        case ("containerLogs", 4) where cluster.profile.version.minor >= 37:
            return HTTPText(status: 405, type: "text/plain; charset=utf-8", body: "405: Method Not Allowed\n")
        default: return HTTPText(status: 404, type: "text/plain; charset=utf-8", body: "404 page not found\n")
        }
    }

    /// `/containerLogs/NAMESPACE/POD/CONTAINER` as the kubelet answers it.
    /// - Source: Kubernetes `pkg/kubelet/server/server.go`, `getContainerLogs`; `pod-sessions.md` §2.2.
    private func containerLog(_ words: [String], query: Substring, of node: Node) -> HTTPText {
        func plain(_ status: Int, _ text: String) -> HTTPText { HTTPText(status: status, type: "text/plain; charset=utf-8", body: text) }
        let key = ObjectKey(namespace: words[1], name: words[2])
        guard let pod = cluster.store.pods[key], pod.nodeName == node.metadata.name else { return plain(404, "pod \"\(words[2])\" does not exist\n") }
        guard pod.allContainers.contains(where: { $0.name == words[3] }) else {
            return plain(404, "container \"\(words[3])\" not found in pod \"\(words[2])\"\n")
        }
        var options = LogOptions(container: words[3])
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let value = pair.count > 1 ? pair[1] : ""
            let isTrue = ["true", "1"].contains(value)
            switch pair[0] {
            case "previous": options.previous = isTrue
            case "timestamps": options.timestamps = isTrue
            case "tailLines", "limitBytes", "sinceSeconds":
                guard let number = Int64(value) else {
                    return HTTPText(status: 400, type: "application/json", body: #"{"message": "Unable to decode query."}"#)
                }
                if pair[0] == "tailLines" {
                    options.tailLines = number
                } else if pair[0] == "limitBytes" {
                    options.limitBytes = number
                } else {
                    options.sinceSeconds = number
                }
            default: break
            }
        }
        switch kubeletLog(pod, options) {
        case .success(let log): return HTTPText(status: 200, type: "text/plain", body: String(decoding: log.text, as: UTF8.self))
        case .failure(let error) where error.code == 422:
            return HTTPText(status: 422, type: "application/json", body: #"{"message": "Invalid request."}"#)
        case .failure(let error): return plain(error.code, error.message + "\n")
        }
    }

    private func podList(of node: Node, running: Bool) -> JSONValue {
        let pods = cluster.store.pods(onNode: node.metadata.name).filter { !running || $0.status.phase == .running }
        return ["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(pods.map { .object($0.jsonObject) })]
    }

    /// Those settings that are acted on.
    private func configuration(of node: Node) -> JSONObject {
        var object = JSONObject()
        for setting in kubelets.settings(node: node.metadata.name) where setting.value != "unset" {
            object[setting.field] = Int64(setting.value).map { .int($0) } ?? .string(setting.value)
        }
        return object
    }

    private struct Used {
        var pod: Pod
        var containers: [KubeletFleet.Usage]
        var milliCPU: Int64 { containers.reduce(0) { $0.saturatingAdd($1.milliCPU) } }
        var memory: Int64 { containers.reduce(0) { $0.saturatingAdd($1.memory) } }
    }
    private func usage(on node: Node) -> [Used] {
        cluster.store.pods(onNode: node.metadata.name).filter { $0.status.phase == .running }.map { Used(pod: $0, containers: containerUsage(of: $0)) }
    }

    /// - Source: Kubernetes `staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go`
    private func summary(of node: Node) -> JSONValue {
        let time = JSONValue.string(now.rfc3339)
        func figures(_ cpu: Int64, _ memory: Int64) -> (cpu: JSONValue, memory: JSONValue) {
            (["time": time, "usageNanoCores": .int(cpu.saturatingMultiply(1_000_000))], ["time": time, "workingSetBytes": .int(memory)])
        }
        let used = usage(on: node)
        let pods = used.map { one -> JSONValue in
            let containers = one.containers.map { container -> JSONValue in
                let (cpu, memory) = figures(container.milliCPU, container.memory)
                return ["name": .string(container.container), "cpu": cpu, "memory": memory]
            }
            let (cpu, memory) = figures(one.milliCPU, one.memory)
            return [
                "podRef": ["name": .string(one.pod.name), "namespace": .string(one.pod.namespace), "uid": .string(one.pod.metadata.uid)],
                "startTime": (one.pod.status.startTime?.rfc3339).map { .string($0) } ?? .null, "containers": .array(containers), "cpu": cpu,
                "memory": memory,
            ]
        }
        let (cpu, memory) = figures(used.reduce(0) { $0.saturatingAdd($1.milliCPU) }, used.reduce(0) { $0.saturatingAdd($1.memory) })
        return ["node": ["nodeName": .string(node.metadata.name), "cpu": cpu, "memory": memory], "pods": .array(pods)]
    }

    private func prometheus(_ text: String) -> HTTPText { HTTPText(status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: text) }

    private func kubeletMetrics(of node: Node) -> String {
        let used = usage(on: node)
        return """
            # HELP kubelet_node_name [ALPHA] The node's name. The count is always 1.
            # TYPE kubelet_node_name gauge
            kubelet_node_name{node="\(node.metadata.name)"} 1
            # HELP kubelet_running_containers [ALPHA] Number of containers currently running
            # TYPE kubelet_running_containers gauge
            kubelet_running_containers{container_state="running"} \(used.reduce(0) { $0 + $1.containers.count })
            # HELP kubelet_running_pods [ALPHA] Number of pods that have a running pod sandbox
            # TYPE kubelet_running_pods gauge
            kubelet_running_pods \(used.count)

            """
    }

    private func resourceMetrics(of node: Node) -> String {
        let used = usage(on: node)
        var text = """
            # HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes
            # TYPE container_memory_working_set_bytes gauge

            """
        for one in used {
            for container in one.containers {
                text += "container_memory_working_set_bytes{container=\"\(container.container)\",namespace=\"\(one.pod.namespace)\",pod=\"\(one.pod.name)\"} "
                text += "\(container.memory)\n"
            }
        }
        text += """
            # HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes
            # TYPE node_memory_working_set_bytes gauge
            node_memory_working_set_bytes \(used.reduce(Int64(0)) { $0.saturatingAdd($1.memory) })
            # HELP scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise
            # TYPE scrape_error gauge
            scrape_error 0

            """
        return text
    }
}

extension APIError {
    /// 503, as the proxy words it.
    fileprivate static func unreachable(_ problem: String) -> APIError {
        APIError(code: 503, reason: "ServiceUnavailable", message: "error trying to reach service: \(problem)")
    }
}
