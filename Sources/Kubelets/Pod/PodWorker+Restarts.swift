// Whether a container, or the whole pod, starts again: restart policies and rules.

import KubernetesAPI
import SimulationKit

extension PodWorker {
    mutating func setWaiting(_ i: Int, _ reason: String, _ message: String) {
        if containers[i].status.state.terminated != nil { containers[i].status.lastState = containers[i].status.state }
        containers[i].status.state = .waiting(reason, message)
    }

    /// Whether nothing of the pod will run again by itself: it has failed to initialize, or all app
    /// containers have ended for good.
    func isOver(_ profile: KubernetesProfile) -> Bool {
        if !wasInitialized {
            return (0..<initCount).contains { i in
                let container = containers[i]
                return container.isPlainInit && !container.isRunning && !container.startsAnew && container.kill != .allRestart
                    && (container.termination?.exitCode ?? 0) != 0
                    && !restarts(i, exitCode: 1, profile)
            }
        }
        return appIndices.allSatisfy { i in
            let container = containers[i]
            guard !container.isRunning, container.kill != .resize, container.kill != .allRestart, !container.startsAnew,
                let end = container.termination
            else { return false }
            return !restarts(i, exitCode: end.exitCode, profile)
        }
    }

    /// Whether container `i` starts again after it ended with `exitCode`.
    func restarts(_ i: Int, exitCode: Int, _ profile: KubernetesProfile) -> Bool {
        if containers[i].isSidecar { return true }
        if addedIndices.contains(i) { return false }
        var policy = restartPolicy
        if profile.isEnabled(.containerRestartRules), let own = spec(i).restartPolicy {
            if restartRule(i, exitCode: exitCode, profile) != nil { return true }
            policy = own
        }
        if containers[i].isPlainInit && policy == "Always" { policy = "OnFailure" }
        return policy == "Always" || policy == "OnFailure" && exitCode != 0
    }

    // MARK: Restart rules

    /// What a rule of a container has its kubelet do when the container ends.
    enum RestartAction: String {
        case restart = "Restart"
        case restartAllContainers = "RestartAllContainers"
    }

    /// The action of the first rule of container `i` that is for `exitCode`; nil: its restart policy decides.
    /// - Source: KEP-5307, KEP-5532; Kubernetes v1.36.2 `pkg/kubelet/container/helpers.go`.
    func restartRule(_ i: Int, exitCode: Int, _ profile: KubernetesProfile) -> RestartAction? {
        let spec = spec(i)
        guard !addedIndices.contains(i), spec.restartPolicyRules != nil, spec.restartPolicy != nil, profile.isEnabled(.containerRestartRules) else {
            return nil
        }
        for rule in spec.restartPolicyRules?.array ?? [] {
            let codes = (rule["exitCodes"]?["values"]?.array ?? []).compactMap { $0.int }
            let isListed = codes.contains(Int64(exitCode))
            guard rule["exitCodes"]?["operator"]?.string == "NotIn" ? !isListed : isListed else { continue }
            guard let action = RestartAction(rawValue: rule["action"]?.string ?? ""),
                action == .restart || profile.isEnabled(.restartAllContainersOnContainerExits)
            else { continue }
            return action
        }
        return nil
    }

    /// Once all containers have ended that a rule has start anew, they do: init containers first, in the same sandbox.
    mutating func beginAnew() {
        guard containers.contains(where: { $0.kill == .allRestart }), !isAnythingRunning else { return }
        for i in containers.indices where containers[i].kill == .allRestart {
            containers[i].kill = nil
            guard containers[i].instance > 0 else { continue }
            containers[i].startsAnew = true
            setWaiting(i, initCount > 0 ? "PodInitializing" : "ContainerCreating", "")
        }
    }
}
