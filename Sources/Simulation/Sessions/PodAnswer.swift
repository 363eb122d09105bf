// What a simulated pod answers on its ports: for forwarded ports, the API server's proxy, and programs in other pods.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// What came of bytes that were sent to a port of a pod.
public enum PodAnswer: Sendable, Equatable {
    /// The answer, and how many bytes of what was sent it belongs to: what is behind them is the next request.
    case response([UInt8], consumed: Int)
    /// The request is not whole yet.
    case incomplete
    /// Nothing listens there; the text is what `kubectl port-forward` prints.
    case refused(String)
}

extension Simulation {
    /// What a pod answers to the HTTP/1.1 request in `request` on `port`: who it is and where it runs, as text, or as JSON for who
    /// accepts that. A path that a probe asks for fails while the probe does.
    ///
    /// - Source: `pod-sessions.md` §2.3, for the text of a port on which nothing listens.
    public func answer(of key: ObjectKey, port: Int, request: [UInt8]) -> PodAnswer {
        guard let pod = cluster.store.pods[key], let listener = kubelets.listener(of: pod, port: port, at: now) else {
            return .refused(Self.refusal(port, of: key, in: self))
        }
        guard let end = request.firstRange(of: "\r\n\r\n".utf8) else {
            // What is no HTTP at all need not be waited for.
            return request.count > 64 << 10 ? .response(HTTPText(status: 431, type: "text/plain", body: "").bytes, consumed: request.count) : .incomplete
        }
        let lines = String(decoding: request[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ").map(String.init) ?? []
        func header(_ name: String) -> String? {
            lines.dropFirst().first { $0.lowercased().hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
        }
        guard words.count == 3, words[2].hasPrefix("HTTP/1") else {
            return .response(HTTPText(status: 400, type: "text/plain; charset=utf-8", body: "Bad Request\n").bytes, consumed: request.count)
        }
        let length = max(0, header("content-length").flatMap { Int($0) } ?? 0)
        let consumed = end.upperBound + length
        if request.count < consumed { return .incomplete }
        let path = String(words[1].prefix { $0 != "?" })
        let node = cluster.store.nodes[ObjectKey(name: pod.nodeName)]
        var response: HTTPText
        if let probe = kubelets.failingProbe(of: pod, container: listener, path: path, at: now) {
            response = HTTPText(status: 503, type: "text/plain; charset=utf-8", body: "\(probe.rawValue) check failed\n")
        } else if header("accept")?.contains("json") ?? false || path.hasSuffix(".json") {
            let body: JSONValue = [
                "pod": .string(pod.name), "namespace": .string(pod.namespace), "node": .string(pod.nodeName), "zone": .string(node?.zone ?? ""),
                "ip": .string(pod.status.podIP), "container": .string(listener), "port": .int(Int64(port)), "method": .string(words[0]),
                "path": .string(words[1]), "time": .string(now.rfc3339),
            ]
            response = HTTPText(status: 200, type: "application/json", body: body.text() + "\n")
        } else {
            let zone = node?.zone ?? ""
            response = HTTPText(
                status: 200, type: "text/plain; charset=utf-8",
                body:
                    "pod \(pod.name) in \(pod.namespace) on node \(pod.nodeName)\(zone.isEmpty ? "" : " in zone \(zone)")\n\(words[0]) \(words[1]) on \(pod.status.podIP):\(port) at \(now.rfc3339)\n"
            )
        }
        response.closes = header("connection")?.lowercased() == "close"
        return .response(words[0] == "HEAD" ? Array(response.head.utf8) : response.bytes, consumed: consumed)
    }

    private static func refusal(_ port: Int, of key: ObjectKey, in simulation: Simulation) -> String {
        let uid = simulation.cluster.store.pods[key]?.metadata.uid ?? ""
        let (sandbox, namespace) = (StableHash.hex(StableHash.fnv1a64("sandbox \(uid)"), 4), StableHash.fnv1a64("netns \(uid)"))
        return
            "error forwarding port \(port) to pod \(sandbox), uid : failed to execute portforward in network namespace \"/var/run/netns/cni-\(String(namespace, radix: 16))\": failed to connect to localhost:\(port) inside namespace \"\(sandbox)\", IPv4: dial tcp4 127.0.0.1:\(port): connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found "
    }

    /// Why `kubectl port-forward` to a pod cannot begin; nil if it can.
    /// - Source: `pod-sessions.md` §2.3 and §5.
    public func portForwardProblem(_ key: ObjectKey) -> APIError? {
        do throws(APIError) {
            let pod = try sessionPod(key)
            if pod.status.phase != .running {
                throw .badRequest("unable to forward port because pod is not running. Current status=\(pod.status.phase.rawValue)")
            }
            guard let node = try sessionNode(pod, isLog: false) else { return nil }
            try reach(node, .portForward, pod, "")
            guard kubelets.knows(pod) else { throw .notFoundPlain("pod not found (\"\(pod.name)_\(pod.namespace)\")") }
            return nil
        } catch {
            return error
        }
    }
}

/// An HTTP answer with its text.
public struct HTTPText: Sendable, Equatable {
    public var status: Int
    /// The media type.
    public var type: String
    public var body: String
    var closes = false

    init(status: Int, type: String, body: String) { (self.status, self.type, self.body) = (status, type, body) }

    /// Reads an answer; nil if it is none.
    init?(response bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n"), let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        self.status = status
        type = text.split(separator: "\r\n").first { $0.hasPrefix("Content-Type: ") }.map { String($0.dropFirst(14)) } ?? ""
        body = String(text[end.upperBound...])
    }

    var reason: String {
        [
            200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 431: "Request Header Fields Too Large",
            503: "Service Unavailable",
        ][
            status] ?? ""
    }
    var head: String {
        "HTTP/1.1 \(status) \(reason)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(closes ? "Connection: close\r\n" : "")\r\n"
    }
    var bytes: [UInt8] { Array((head + body).utf8) }
}
