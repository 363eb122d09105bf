// `describe` of pods and pod templates.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Description {
    /// - Source: Kubernetes `kubectl/pkg/describe/describe.go`, `describePod`.
    mutating func pod(_ pod: Pod) {
        let (meta, spec, status) = (pod.metadata.value, pod.spec.value, pod.status.value)
        line(0, "Name:", meta.name)
        line(0, "Namespace:", meta.namespace)
        if let priority = spec.priority { line(0, "Priority:", String(priority)) }
        if !spec.priorityClassName.isEmpty { line(0, "Priority Class Name:", spec.priorityClassName) }
        if let runtimeClass = spec.runtimeClassName { line(0, "Runtime Class Name:", runtimeClass) }
        if !spec.serviceAccountName.isEmpty { line(0, "Service Account:", spec.serviceAccountName) }
        line(0, "Node:", pod.nodeName.isEmpty ? "<none>" : "\(pod.nodeName)/\(status.hostIP)")
        if let start = status.startTime { line(0, "Start Time:", start.rfc1123) }
        labels(meta.labels)
        annotations(meta.annotations)
        if meta.isTerminating, !cluster.profile.has(.finishedPodDescribed) || !pod.isFinished {
            self.status(meta, "")
            line(0, "Termination Grace Period:", "\(meta.deletionGracePeriodSeconds ?? 0)s")
        } else {
            line(0, "Status:", status.phase.rawValue)
        }
        if !status.reason.isEmpty { line(0, "Reason:", status.reason) }
        if !status.message.isEmpty { line(0, "Message:", status.message) }
        line(0, "IP:", status.podIP)
        let addresses = status.podIPs?.array?.compactMap { $0["ip"]?.string } ?? []
        if addresses.isEmpty {
            line(0, "IPs:", "<none>")
        } else {
            line(0, "IPs:")
            for address in addresses { line(1, "IP:", address) }
        }
        controller(meta)
        if !status.nominatedNodeName.isEmpty { line(0, "NominatedNodeName:", status.nominatedNodeName) }
        if !spec.initContainers.isEmpty {
            containers("Init Containers", spec.initContainers, status.initContainerStatuses, of: pod)
        }
        containers("Containers", spec.containers, status.containerStatuses, of: pod)
        if spec.ephemeralContainers != nil {
            containers("Ephemeral Containers", spec.ephemeral.map(\.container), status.ephemeralStatuses, of: pod)
        }
        if !spec.readinessGates.isEmpty {
            line(0, "Readiness Gates:")
            line(1, "Type", "Status")
            for gate in spec.readinessGates {
                line(1, gate.conditionType + " ", status.conditions[gate.conditionType]?.status ?? "<none>")
            }
        }
        if !status.conditions.isEmpty {
            line(0, "Conditions:")
            line(1, "Type", "Status")
            for condition in status.conditions { line(1, condition.type + " ", condition.status) }
        }
        volumes(spec.volumes)
        line(0, "QoS Class:", (status.qosClass == .unset ? spec.qosClass : status.qosClass).rawValue)
        placement(spec)
    }

    /// What a controller's pods look like.
    mutating func podTemplate(_ template: PodTemplateSpec) {
        line(0, "Pod Template:")
        labels(1, "Labels", template.metadata.labels)
        if !template.metadata.annotations.isEmpty { annotations(1, template.metadata.annotations) }
        let spec = template.spec.value
        if !spec.serviceAccountName.isEmpty { line(1, "Service Account:", spec.serviceAccountName) }
        if !spec.initContainers.isEmpty { containers("Init Containers", spec.initContainers, nil, of: nil) }
        containers("Containers", spec.containers, nil, of: nil)
        volumes(spec.volumes, inTemplate: true)
        if !spec.topologySpreadConstraints.isEmpty { spreadConstraints(1, spec) }
        if !spec.priorityClassName.isEmpty { line(1, "Priority Class Name:", spec.priorityClassName) }
        labels(1, "Node-Selectors", spec.nodeSelector)
        multiline(1, "Tolerations", tolerationTexts(spec))
    }

    mutating func controller(_ meta: ObjectMeta) {
        if let owner = meta.controller { line(0, "Controlled By:", "\(owner.kind)/\(owner.name)") }
    }

    private mutating func placement(_ spec: PodSpec) {
        labels(0, "Node-Selectors", spec.nodeSelector)
        multiline(0, "Tolerations", tolerationTexts(spec))
        if !spec.topologySpreadConstraints.isEmpty { spreadConstraints(0, spec) }
    }

    private func tolerationTexts(_ spec: PodSpec) -> [String] {
        let sorted = spec.tolerations.enumerated().sorted {
            ($0.element.key, $0.offset) < ($1.element.key, $1.offset)
        }
        return sorted.map { _, toleration in
            var text = toleration.key
            if !toleration.value.isEmpty { text += "=\(toleration.value)" }
            if !toleration.effect.isEmpty { text += ":\(toleration.effect)" }
            if toleration.operator == "Exists", toleration.value.isEmpty {
                text += text.isEmpty ? "op=Exists" : " op=Exists"
            }
            if let seconds = toleration.tolerationSeconds { text += " for \(seconds)s" }
            return text
        }
    }

    private mutating func spreadConstraints(_ level: Int, _ spec: PodSpec) {
        multiline(
            level, "Topology Spread Constraints",
            spec.topologySpreadConstraints.map { constraint in
                var text =
                    "\(constraint.topologyKey):\(constraint.whenUnsatisfiable) when max skew "
                    + "\(constraint.maxSkew) is exceeded"
                if constraint.labelSelector != nil {
                    text += " for selector \(constraint.labelSelector.text)"
                }
                return text
            })
    }

    // MARK: Containers

    /// - Parameter statuses: nil in a template.
    private mutating func containers(
        _ title: String, _ containers: [Container], _ statuses: [ContainerStatus]?, of pod: Pod?
    ) {
        line(statuses == nil ? 1 : 0, containers.isEmpty ? "\(title): <none>" : "\(title):")
        for container in containers {
            line(1, (statuses == nil ? " " : "") + container.name + ":")
            self.container(container, statuses?.first { $0.name == container.name }, of: pod)
        }
    }

    private mutating func container(_ container: Container, _ status: ContainerStatus?, of pod: Pod?) {
        if let status { line(2, "Container ID:", status.containerID) }
        line(2, "Image:", container.image)
        if let status { line(2, "Image ID:", status.imageID) }
        func ports(_ number: (ContainerPort) -> Int) -> String {
            container.ports.map {
                "\(number($0))/\($0.protocol.or("TCP"))" + ($0.name.isEmpty ? "" : " (\($0.name))")
            }
            .joined(separator: ", ").or("<none>")
        }
        let several = container.ports.count > 1 ? "s" : ""
        line(2, "Port\(several):", ports(\.containerPort))
        line(2, "Host Port\(several):", ports(\.hostPort))
        for (title, words) in [("Command", container.command), ("Args", container.args)] where !words.isEmpty {
            line(2, "\(title):")
            for word in words {
                for part in word.split(separator: "\n", omittingEmptySubsequences: false) {
                    line(3, String(part))
                }
            }
        }
        if let status {
            state("State", status.state)
            if !status.lastState.isEmpty { state("Last State", status.lastState) }
            line(2, "Ready:", status.ready ? "True" : "False")
            line(2, "Restart Count:", String(status.restartCount))
        }
        for (title, list) in [
            ("Limits", container.resources.limits), ("Requests", container.resources.requests),
        ]
        where !list.isEmpty {
            line(2, "\(title):")
            for (name, quantity) in list.entries { line(3, "\(name):", quantity.description) }
        }
        if let probe = container.livenessProbe { line(2, "Liveness:", text(of: probe)) }
        if let probe = container.readinessProbe { line(2, "Readiness:", text(of: probe)) }
        if let probe = container.startupProbe { line(2, "Startup:", text(of: probe)) }
        environment(container, of: pod)
        if container.volumeMounts.isEmpty {
            line(2, "Mounts:", "<none>")
        } else {
            line(2, "Mounts:")
            for mount in container.volumeMounts.sorted(by: { $0.mountPath < $1.mountPath }) {
                let path = mount.subPath.isEmpty ? "" : ",path=\"\(mount.subPath)\""
                line(3, "\(mount.mountPath) from \(mount.name) (\(mount.readOnly ? "ro" : "rw")\(path))")
            }
        }
    }

    private mutating func state(_ title: String, _ state: ContainerState) {
        if let running = state.running {
            line(2, "\(title):", "Running")
            if let start = running.startedAt { line(3, "Started:", start.rfc1123) }
        } else if let ended = state.terminated {
            line(2, "\(title):", "Terminated")
            if !ended.reason.isEmpty { line(3, "Reason:", ended.reason) }
            if !ended.message.isEmpty { line(3, "Message:", ended.message) }
            line(3, "Exit Code:", String(ended.exitCode))
            if ended.signal > 0 { line(3, "Signal:", String(ended.signal)) }
            if let start = ended.startedAt { line(3, "Started:", start.rfc1123) }
            if let end = ended.finishedAt { line(3, "Finished:", end.rfc1123) }
        } else {
            line(2, "\(title):", "Waiting")
            if let reason = state.waiting?.reason, !reason.isEmpty { line(3, "Reason:", reason) }
        }
    }

    private func text(of probe: Probe) -> String {
        let (success, failure) = cluster.profile.has(.probeWords) ? ("successThreshold", "failureThreshold") : ("#success", "#failure")
        let timing =
            "delay=\(probe.initialDelaySeconds)s timeout=\(probe.timeoutSeconds)s "
            + "period=\(probe.periodSeconds)s \(success)=\(probe.successThreshold) \(failure)=\(probe.failureThreshold)"
        if let exec = probe.exec { return "exec [\(exec.command.joined(separator: " "))] \(timing)" }
        if let http = probe.httpGet {
            let path = http.path.hasPrefix("/") || http.path.isEmpty ? http.path : "/" + http.path
            return
                "http-get \(http.scheme.or("HTTP").lowercased())://\(http.host):\(http.port.text)\(path) \(timing)"
        }
        if let tcp = probe.tcpSocket { return "tcp-socket \(tcp.host):\(tcp.port.text) \(timing)" }
        if let grpc = probe.grpc { return "grpc <pod>:\(grpc.port) \(grpc.service ?? "") \(timing)" }
        return "unknown \(timing)"
    }

    private mutating func environment(_ container: Container, of pod: Pod?) {
        if !container.envFrom.isEmpty {
            line(2, "Environment Variables from:")
            for source in container.envFrom {
                let isSecret = source.configMapRef == nil
                guard let reference = source.configMapRef ?? source.secretRef else { continue }
                let prefix = source.prefix.isEmpty ? "" : " with prefix '\(source.prefix)'"
                line(
                    3, reference.name, (isSecret ? "Secret" : "ConfigMap") + prefix,
                    "Optional: \(reference.optional ?? false)")
            }
        }
        if container.env.isEmpty { return line(2, "Environment:", "<none>") }
        line(2, "Environment:")
        for variable in container.env {
            guard let source = variable.valueFrom else {
                let lines = (variable.value ?? "").split(separator: "\n", omittingEmptySubsequences: false)
                for (i, part) in lines.enumerated() {
                    line(3, i == 0 ? "\(variable.name):" : "", String(part))
                }
                continue
            }
            if let key = source.secretKeyRef {
                line(
                    3, "\(variable.name):", "<set to the key '\(key.key)' in secret '\(key.name)'>",
                    "Optional: \(key.optional ?? false)")
            } else if let key = source.configMapKeyRef {
                line(
                    3, "\(variable.name):", "<set to the key '\(key.key)' of config map '\(key.name)'>",
                    "Optional: \(key.optional ?? false)")
            } else if let field = source.fieldRef {
                let path = field["fieldPath"]?.string ?? ""
                line(
                    3, "\(variable.name):",
                    "\(value(of: path, pod)) (\(field["apiVersion"]?.string ?? "v1"):\(path))")
            } else if let field = source.resourceFieldRef {
                let name = field["resource"]?.string ?? ""
                line(3, "\(variable.name):", "\(value(ofResource: name, container)) (\(name))")
            }
        }
    }

    /// What a variable gets from a field of the pod; empty in a template.
    private func value(of path: String, _ pod: Pod?) -> String {
        guard let pod else { return "" }
        switch path {
        case "metadata.name": return pod.metadata.name
        case "metadata.namespace": return pod.metadata.namespace
        case "metadata.uid": return pod.metadata.uid
        case "spec.nodeName": return pod.nodeName
        case "spec.serviceAccountName": return pod.spec.serviceAccountName
        case "status.hostIP": return pod.status.hostIP
        case "status.podIP": return pod.status.podIP
        default: return ""
        }
    }
    private func value(ofResource name: String, _ container: Container) -> String {
        let parts = name.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return "0" }
        let list = parts[0] == "limits" ? container.resources.limits : container.resources.requests
        guard let quantity = list[String(parts[1])] else {
            return parts[0] == "limits" ? "node allocatable" : "0"
        }
        return String(quantity.value)
    }
}
