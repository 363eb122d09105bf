import ControlPlane
import KubernetesAPI
import SimulationKit

/// What kubectl says about a pod in a few words.
/// - Source: Kubernetes `pkg/printers/internalversion/printers.go`, `printPod`.
public struct PodDisplay: Sendable, Hashable {
    /// `Running`, `Init:1/2`, `CrashLoopBackOff`, `Terminating` …
    public var status: String
    /// Containers that are ready, and how many there are (sidecars included).
    public var readyContainers: Int
    public var totalContainers: Int
    public var restarts: Int
    /// When the last container that was restarted had ended; nil without restarts.
    public var lastRestart: Instant?

    /// `1/2`
    public var ready: String { "\(readyContainers)/\(totalContainers)" }
    /// `3 (12s ago)`
    public func restartsText(now: Instant) -> String {
        guard restarts > 0, let lastRestart else { return String(restarts) }
        return "\(restarts) (\(Printers.ageText(from: lastRestart, to: now)) ago)"
    }

    /// The STATUS of `pod` alone.
    public static func status(of pod: Pod, profile: KubernetesProfile = .default) -> String {
        PodDisplay(pod, profile: profile).status
    }

    /// Looks at phase, conditions and containers of `pod`, by the rules of the profile's version.
    public init(_ pod: Pod, profile: KubernetesProfile = .default) {
        // Not their values: copies of all that is in them, for each pod of a table.
        let (state, spec) = (pod.status, pod.spec)
        let countsSidecars = profile.isEnabled(.sidecarContainers)
        let sidecars = countsSidecars ? Set(spec.sidecars.map(\.name)) : []
        var (initRestarts, sidecarRestarts) = (0, 0)
        var (lastRestart, lastSidecarRestart): (Instant?, Instant?) = (nil, nil)
        var ready = 0
        var text = state.reason.or(state.phase.rawValue)
        if state.conditions.contains(where: { $0.type == ConditionType.podScheduled && $0.reason == ConditionReason.schedulingGated }) {
            text = ConditionReason.schedulingGated
        }

        // The first init container that has not done its part decides.
        var isInitializing = false
        for (index, container) in state.initContainerStatuses.enumerated() {
            initRestarts += container.restartCount
            let ended = container.lastState.terminated?.finishedAt
            lastRestart = Self.later(lastRestart, ended)
            let isSidecar = sidecars.contains(container.name)
            if isSidecar {
                sidecarRestarts += container.restartCount
                lastSidecarRestart = Self.later(lastSidecarRestart, ended)
            }
            if let terminated = container.state.terminated {
                if terminated.exitCode == 0 { continue }
                text = "Init:" + Self.ending(terminated)
            } else if isSidecar, container.started == true {
                if container.ready { ready += 1 }
                continue
            } else if let reason = container.state.waiting?.reason, !reason.isEmpty,
                reason != "PodInitializing"
            {
                text = "Init:" + reason
            } else {
                text = "Init:\(index)/\(spec.initContainers.count)"
            }
            isInitializing = true
            break
        }

        restarts = initRestarts
        if !isInitializing || state.conditions.isTrue(ConditionType.initialized) {
            restarts = sidecarRestarts
            lastRestart = lastSidecarRestart
            var failure: String?
            var hasRunning = false
            var hasReadyRunning = false
            for container in state.containerStatuses.reversed() {
                restarts += container.restartCount
                lastRestart = Self.later(lastRestart, container.lastState.terminated?.finishedAt)
                if let reason = container.state.waiting?.reason, !reason.isEmpty {
                    text = reason
                } else if let terminated = container.state.terminated {
                    text = Self.ending(terminated)
                    if terminated.exitCode != 0 { failure = text }
                } else if container.state.running != nil {
                    hasRunning = true
                    if container.ready {
                        hasReadyRunning = true
                        ready += 1
                    }
                }
            }
            if text == "Completed" {
                let isReady = state.conditions.isTrue(ConditionType.ready)
                if profile.statusColumnPrefersFailure {
                    if hasReadyRunning, isReady {
                        text = "Running"
                    } else if let failure {
                        text = failure
                    } else if hasRunning {
                        text = "NotReady"
                    }
                } else if hasReadyRunning {
                    text = isReady ? "Running" : "NotReady"
                }
            }
        }

        if pod.metadata.isTerminating {
            if state.reason == "NodeLost" {
                text = "Unknown"
            } else if !profile.statusColumnKeepsTerminalPhase || !pod.isFinished {
                text = "Terminating"
            }
        }
        status = text
        readyContainers = ready
        totalContainers = spec.containers.count + sidecars.count
        self.lastRestart = lastRestart
    }

    private static func ending(_ terminated: ContainerStateTerminated) -> String {
        if !terminated.reason.isEmpty { return terminated.reason }
        return terminated.signal != 0 ? "Signal:\(terminated.signal)" : "ExitCode:\(terminated.exitCode)"
    }
    private static func later(_ a: Instant?, _ b: Instant?) -> Instant? {
        guard let a, let b else { return a ?? b }
        return max(a, b)
    }
}

extension KindPrinter {
    static let pod = KindPrinter(
        Pod.self,
        [
            .name, TableColumn("READY"), TableColumn("STATUS"), TableColumn("RESTARTS", .number), .age,
            TableColumn("IP", wide: true), TableColumn("NODE", wide: true),
            TableColumn("NOMINATED NODE", wide: true),
            TableColumn("READINESS GATES", wide: true),
        ]
    ) { pod, cluster in
        let display = PodDisplay(pod, profile: cluster.profile)
        let gates = pod.spec.readinessGates
        let passed = gates.count { pod.status.conditions.isTrue($0.conditionType) }
        return [
            pod.name, display.ready, display.status, display.restartsText(now: cluster.now), pod.age(cluster),
            pod.status.podIP.or("<none>"), pod.nodeName.or("<none>"),
            pod.status.nominatedNodeName.or("<none>"),
            gates.isEmpty ? "<none>" : "\(passed)/\(gates.count)",
        ]
    }
}
