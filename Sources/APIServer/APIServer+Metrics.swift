// metrics.k8s.io, and the server's own numbers.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

extension APIServer {
    /// NodeMetrics and PodMetrics: what is used now.
    func metrics(_ request: ResourceRequest, in session: Session) throws(Refusal) -> APIResponse {
        let isNodes = request.info.resource == "nodes"
        let info = isNodes ? Kind.node.info : Kind.pod.info
        var filter = try ObjectFilter(
            namespace: request.info.namespace, labelSelector: request.info.parameter("labelSelector") ?? "",
            fieldSelector: request.info.parameter("fieldSelector") ?? "", kind: info)
        if !request.info.name.isEmpty { filter.fields.append(.init(field: "metadata.name", value: request.info.name, isEqual: true)) }
        let simulation = session.simulation
        let found: [JSONValue] =
            isNodes
            ? session.cluster.store.nodes.sorted().filter(filter.matches).compactMap { Self.metrics(of: $0, in: simulation) }
            : session.cluster.store.pods.sorted(namespace: request.info.namespace.isEmpty ? nil : request.info.namespace).filter(filter.matches)
                .compactMap { Self.metrics(of: $0, in: simulation) }
        let kind = isNodes ? "NodeMetrics" : "PodMetrics"
        if request.info.verb == "get" {
            guard var one = found.first?.object else {
                let name = request.info.namespace.isEmpty ? request.info.name : "\(request.info.namespace)/\(request.info.name)"
                throw Refusal(
                    APIError(
                        code: 404, reason: "NotFound", message: "\(isNodes ? "nodemetrics" : "podmetrics").metrics.k8s.io \"\(name)\" not found",
                        kind: isNodes ? "nodemetrics" : "podmetrics", group: "metrics.k8s.io", name: name))
            }
            one.members.insert(contentsOf: [("kind", .string(kind)), ("apiVersion", "metrics.k8s.io/v1beta1")], at: 0)
            let document = one
            return answer(200) { .object(document) }
        }
        return answer(200) {
            ["kind": .string("\(kind)List"), "apiVersion": "metrics.k8s.io/v1beta1", "metadata": [:], "items": .array(found)]
        }
    }

    private static func usage(_ milliCPU: Int64, _ memory: Int64) -> JSONValue {
        ["cpu": .string("\(milliCPU)m"), "memory": .string("\(memory / 1024)Ki")]
    }

    private static func metrics(of object: some KubernetesObject, now: Instant) -> JSONObject {
        var metadata: JSONObject = ["name": .string(object.metadata.name)]
        if !object.metadata.namespace.isEmpty { metadata["namespace"] = .string(object.metadata.namespace) }
        metadata["creationTimestamp"] = .string(now.rfc3339)
        if let labels = object.metadata.labels.json { metadata["labels"] = labels }
        return ["metadata": .object(metadata), "timestamp": .string(now.rfc3339), "window": "10s"]
    }

    private static func metrics(of node: Node, in simulation: Simulation) -> JSONValue? {
        guard node.status.conditions.isTrue(ConditionType.ready) else { return nil }
        var (cpu, memory): (Int64, Int64) = (0, 0)
        for pod in simulation.cluster.store.pods(onNode: node.name) where pod.status.phase == .running {
            let usage = simulation.usage(of: pod)
            (cpu, memory) = (cpu.saturatingAdd(usage.milliCPU), memory.saturatingAdd(usage.memory))
        }
        var metrics = metrics(of: node, now: simulation.now)
        metrics["usage"] = usage(cpu, memory)
        return .object(metrics)
    }

    private static func metrics(of pod: Pod, in simulation: Simulation) -> JSONValue? {
        guard pod.status.phase == .running else { return nil }
        let containers = simulation.containerUsage(of: pod).map { used -> JSONValue in
            ["name": .string(used.container), "usage": usage(used.milliCPU, used.memory)]
        }
        if containers.isEmpty { return nil }
        var metrics = metrics(of: pod, now: simulation.now)
        metrics["containers"] = .array(containers)
        return .object(metrics)
    }

    /// `/metrics` in Prometheus' text format.
    func metricsText(_ session: Session) -> APIResponse {
        let store = session.cluster.store
        var text = "# HELP apiserver_storage_objects Number of stored objects\n# TYPE apiserver_storage_objects gauge\n"
        for info in KindInfo.all { text += "apiserver_storage_objects{resource=\"\(info.qualifiedPlural)\"} \(store.count(info.type))\n" }
        let pending = store.pods.all.count { $0.nodeName.isEmpty && !$0.isFinished }
        text += "# HELP scheduler_pending_pods Number of pending pods\n# TYPE scheduler_pending_pods gauge\n"
        text += "scheduler_pending_pods{queue=\"active\"} \(pending)\n"
        text += "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.\n# TYPE process_start_time_seconds gauge\n"
        text += "process_start_time_seconds \(session.cluster.origin.unixSeconds)\n"
        let bytes = Array(text.utf8)
        return APIResponse(status: 200, headers: [("content-type", "text/plain; version=0.0.4; charset=utf-8")]) { bytes }
    }
}

extension Instant {
    /// Seconds since 1970.
    fileprivate var unixSeconds: Int64 {
        let origin = Instant(rfc3339: "1970-01-01T00:00:00Z") ?? .start
        return (nanoseconds - origin.nanoseconds) / 1_000_000_000
    }
}
