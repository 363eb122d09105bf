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
        let used = simulation.kubelets.usage(ofNode: node.name, in: simulation.cluster)
        var metrics = metrics(of: node, now: simulation.now)
        metrics["usage"] = usage(used.milliCPU, used.memory)
        return .object(metrics)
    }

    private static func metrics(of pod: Pod, in simulation: Simulation) -> JSONValue? {
        guard pod.status.phase == .running else { return nil }
        // Of those that were added for debugging nothing is told, as on the server whose answers were recorded.
        let own = Set((pod.spec.containers + pod.spec.initContainers).map(\.name))
        let containers = simulation.containerUsage(of: pod).filter { own.contains($0.container) }.map { used -> JSONValue in
            ["name": .string(used.container), "usage": usage(used.milliCPU, used.memory)]
        }
        if containers.isEmpty { return nil }
        var metrics = metrics(of: pod, now: simulation.now)
        metrics["containers"] = .array(containers)
        return .object(metrics)
    }

    /// `/metrics` in Prometheus' text format: of server, scheduler and controller manager together.
    func metricsText(_ session: Session) -> APIResponse {
        let (store, cluster) = (session.cluster.store, session.cluster)
        var text = MetricsText()
        text.begin("apiserver_request_total", "counter", "Counter of apiserver requests broken out for each verb, group, resource and HTTP response code.")
        for (labels, count) in requestCounts.sorted(by: { $0.key < $1.key }) {
            text.add(
                [("code", String(labels.code)), ("group", labels.group), ("resource", labels.resource), ("verb", labels.verb.uppercased())], count)
        }
        text.begin("apiserver_storage_objects", "gauge", "Number of stored objects at the time of last check split by kind.")
        for info in KindInfo.all { text.add([("resource", info.qualifiedPlural)], store.count(info.type)) }
        text.begin("etcd_object_counts", "gauge", "Number of stored objects at the time of last check split by kind.")
        for info in KindInfo.all { text.add([("resource", info.qualifiedPlural)], store.count(info.type)) }
        let (scheduler, pending) = (session.simulation.scheduler, session.simulation.scheduler.pendingPods)
        text.begin("scheduler_pending_pods", "gauge", "Number of pending pods, by the queue type.")
        for (queue, count) in [
            ("active", pending.active), ("backoff", pending.backoff), ("gated", pending.gated), ("unschedulable", pending.unschedulable),
        ] { text.add([("queue", queue)], count) }
        let totals = scheduler.totals
        text.begin("scheduler_schedule_attempts_total", "counter", "Number of attempts to schedule pods, by the result.")
        for (result, count) in [("error", totals.errors), ("scheduled", totals.scheduled), ("unschedulable", totals.unschedulable)] {
            text.add([("profile", "default-scheduler"), ("result", result)], count)
        }
        text.begin("scheduler_preemption_victims_sum", "counter", "Number of selected preemption victims.")
        text.add([], totals.victims)
        text.begin("workqueue_depth", "gauge", "Current depth of workqueue")
        for (name, depth) in session.simulation.controllers.queueDepths { text.add([("name", name)], depth) }
        text.begin("node_collector_unhealthy_nodes_in_zone", "gauge", "Gauge measuring number of not Ready Nodes per zones.")
        let zones = Dictionary(grouping: store.nodes.all, by: \.zone).sorted { $0.key < $1.key }
        for (zone, nodes) in zones { text.add([("zone", zone)], nodes.count { !$0.status.conditions.isTrue(ConditionType.ready) }) }
        text.begin("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.")
        text.add([], (cluster.origin - Instant(unixSeconds: 0)).wholeSeconds)
        let bytes = Array(text.text.utf8)
        return APIResponse(status: 200, headers: [("content-type", "text/plain; version=0.0.4; charset=utf-8")]) { bytes }
    }
}

/// Figures in Prometheus' text format.
private struct MetricsText {
    var text = ""
    private var name = ""

    mutating func begin(_ name: String, _ type: String, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }
    mutating func add(_ labels: [(name: String, value: String)], _ value: Int) {
        let list = labels.map { label in
            var quoted = ""
            JSONValue.quote(label.value, to: &quoted)
            return "\(label.name)=\(quoted)"
        }
        text += name + (list.isEmpty ? "" : "{\(list.joined(separator: ","))}") + " \(value)\n"
    }
}
