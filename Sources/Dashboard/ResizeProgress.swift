import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit

/// How far the resize of a pod has come, from the wish to what is in force.
enum ResizeProgress {
    /// For how long a finished resize is still shown in tables.
    static let remembered = Duration.minutes(5)

    /// Glyph and word: `◐ deferred`, `✓ 0.3 s`; nil if there is nothing to tell.
    static func word(_ pod: Pod, _ world: World) -> (text: String, role: Role)? {
        let glyphs = world.glyphs
        let conditions = pod.status.conditions
        if let pending = conditions[ConditionType.podResizePending] {
            return pending.reason == ConditionReason.infeasible ? ("\(glyphs.stopped) infeasible", .rowError) : ("\(glyphs.notReady) deferred", .rowPending)
        }
        if let progress = conditions[ConditionType.podResizeInProgress] {
            return progress.reason == "Error" ? ("! error", .rowError) : ("\(glyphs.wait) in progress", .rowPending)
        }
        switch pod.status.resize {
        case ConditionReason.deferred: return ("\(glyphs.notReady) deferred", .rowPending)
        case ConditionReason.infeasible: return ("\(glyphs.stopped) infeasible", .rowError)
        case "InProgress": return ("\(glyphs.wait) in progress", .rowPending)
        case "Proposed": return ("\(glyphs.starting) proposed", .rowPending)
        default: break
        }
        guard let trace = world.session.simulation.kubelets.resizeTrace(of: pod) else { return nil }
        if let done = trace.completed {
            guard world.now - done < remembered else { return nil }
            return ("\(trace.restarts.isEmpty ? glyphs.passed : glyphs.restarts) \(seconds(trace.length ?? .zero))", .good)
        }
        return trace.granted == nil ? nil : ("\(glyphs.wait) in progress", .rowPending)
    }

    /// `0.3 s`, `12 s`, `3m20s`.
    static func seconds(_ length: Duration) -> String {
        let tenths = (length.nanoseconds + 50_000_000) / 100_000_000
        if tenths < 100 { return "\(tenths / 10).\(tenths % 10) s" }
        let whole = tenths / 10
        return whole < 100 ? "\(whole) s" : whole < 6000 ? "\(whole / 60)m\(whole % 60)s" : "\(whole / 3600)h\(whole / 60 % 60)m"
    }

    /// One line for the peek pane: the state, what is wanted, granted and in force; nil if there is nothing to tell.
    static func line(_ pod: Pod, _ world: World) -> StyledText? {
        let theme = world.theme
        let trace = world.session.simulation.kubelets.resizeTrace(of: pod)
        guard let word = word(pod, world) else { return nil }
        var line = StyledText(word.text, theme[word.role])
        let stages = stages(pod, world).filter { $0.desired != $0.actual || $0.isWaiting }
        for stage in stages.prefix(2) {
            line.append("  \(stage.container) \(stage.resource) desired \(stage.desired) allocated \(stage.allocated) actual \(stage.actual)", theme[.text])
        }
        if let condition = pod.status.conditions[ConditionType.podResizePending] ?? pod.status.conditions[ConditionType.podResizeInProgress],
            !condition.message.isEmpty
        {
            line.append("  " + condition.message, theme[.rowPending])
        } else if let trace, trace.completed != nil {
            line.append("  resized in \(seconds(trace.length ?? .zero))", theme[.text])
            line.append("  \(trigger(trace))", theme[.dim])
            for name in trace.restarts { line.append("  \(name) restarted: its resizePolicy", theme[.rowPending]) }
            line.append("  " + trace.writes.map { "\($0.target) \($0.what) \($0.value)" }.joined(separator: ", "), theme[.dim])
        }
        return line
    }

    private static func trigger(_ trace: ResizeTrace) -> String {
        let tries = trace.tries > 1 ? ", \(trace.tries) tries" : ""
        return switch trace.trigger {
        case "pods_removed": "after a pod was removed\(tries)"
        case "pod_terminated": "after a pod ended\(tries)"
        case "pod_resized": "after another pod shrank\(tries)"
        case "pods_added": "after its kubelet came back\(tries)"
        case "periodic_retry": "at a periodic retry\(tries)"
        default: trace.tries > 1 ? "\(trace.tries) tries" : "at the first try"
        }
    }

    // MARK: The four sets

    /// Request/limit of one resource of one container: wanted, granted, written, reported.
    struct Stage {
        var container: String
        var resource: String
        var desired: String
        var allocated: String
        var actuated: String
        var actual: String
        /// Granted is less or more than what is asked for.
        var isWaiting: Bool
    }

    static func stages(_ pod: Pod, _ world: World) -> [Stage] {
        let written = world.session.simulation.kubelets.actuated(of: pod)
        let statuses = pod.status.initContainerStatuses + pod.status.containerStatuses
        func pair(_ resources: ResourceRequirements?, _ name: String) -> String {
            guard let resources else { return "-" }
            let (request, limit) = (resources.requests[name], resources.limits[name])
            if request == nil && limit == nil { return "-" }
            return "\(request?.description ?? "-")/\(limit?.description ?? "-")"
        }
        return (pod.spec.initContainers + pod.spec.containers).flatMap { container in
            ["cpu", "memory"].map { resource in
                let status = statuses.first { $0.name == container.name }
                return Stage(
                    container: container.name, resource: resource, desired: pair(container.resources, resource),
                    allocated: status?.allocatedResources[resource]?.description ?? "-",
                    actuated: pair(written.first { $0.container == container.name }?.resources, resource), actual: pair(status?.resources, resource),
                    isWaiting: status.map { $0.allocatedResources[resource] != container.resources.requests[resource] } ?? false)
            }
        }
    }

    /// All there is to say about a pod's resize: the tab of its detail screen.
    static func report(_ pod: Pod, _ world: World) -> [StyledText] {
        let theme = world.theme
        let kubelets = world.session.simulation.kubelets
        var lines: [StyledText] = []
        func add(_ text: String, _ role: Role = .text) { lines.append(StyledText(text, theme[role])) }
        func row(_ cells: [String]) -> String { zip(cells, [12, 8, 13, 11, 13, 13]).map { pad($0, $1) }.joined(separator: " ") }
        add(row(["CONTAINER", "RESOURCE", "DESIRED", "ALLOCATED", "ACTUATED", "ACTUAL"]), .tableHeader)
        for stage in stages(pod, world) {
            let isEqual = stage.desired == stage.actual
            add(row([stage.container, stage.resource, stage.desired, stage.allocated, stage.actuated, stage.actual]), isEqual ? .text : .rowPending)
        }
        add("asked for, granted (requests), written and reported by the kubelet: request/limit", .dim)
        add("")
        if let group = kubelets.cgroup(of: pod) {
            let shares = CgroupValue.shares(milliCPU: group.milliCPU)
            add("Control group of the pod")
            add("  cpu.weight    \(CgroupValue.weight(milliCPU: group.milliCPU, world.cluster.profile))   (cpu.shares \(shares))")
            add("  cpu.max       \(CgroupValue.quota(milliCPU: group.cpuLimit).map(String.init) ?? "max") 100000")
            add("  memory.max    \(group.memoryLimit.map(String.init) ?? "max")")
            add("")
        }
        guard let trace = kubelets.resizeTrace(of: pod) else {
            add("Not resized yet on this node.   \(world.hint(ObjectAction.resize, "resizes", in: Bindings.pods))", .dim)
            return lines
        }
        if let word = word(pod, world) { add("Latest resize   \(word.text)", word.role) } else { add("Latest resize") }
        add("  asked for     \(world.time(trace.asked))   generation \(trace.generation)")
        if let granted = trace.granted {
            add("  granted       \(world.time(granted))   \(trigger(trace))")
        } else {
            add("  not granted   \(counted(trace.tries, "try", "tries")) so far", .rowPending)
        }
        for write in trace.writes { add("  written       \(world.time(write.time))   \(pad(write.target, 14)) \(pad(write.what, 12)) \(write.value)") }
        for name in trace.restarts { add("  restarted     \(name): its resizePolicy says RestartContainer", .rowPending) }
        if let done = trace.completed { add("  in force      \(world.time(done))   after \(seconds(trace.length ?? .zero))", .good) }
        for type in [ConditionType.podResizePending, ConditionType.podResizeInProgress] {
            if let condition = pod.status.conditions[type] {
                add("")
                add(
                    "\(type)   \(condition.reason)   generation \(condition.observedGeneration)   since \(condition.lastTransitionTime.map { world.time($0) } ?? "-")",
                    .rowPending)
                if !condition.message.isEmpty { add("  \(condition.message)") }
            }
        }
        if !pod.status.resize.isEmpty { add("status.resize   \(pod.status.resize)", .rowPending) }
        return lines
    }
}
