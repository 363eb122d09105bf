// What the API shows of a pod: phase, conditions, container statuses.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension PodWorker {
    /// The pod's status if it differs from what the API has.
    /// - Source: Kubernetes `pkg/kubelet/kubelet_pods.go`, `generateAPIPodStatus`; `pkg/kubelet/status/generate.go`.
    func changedStatus(hostIP: String, _ profile: KubernetesProfile, _ cluster: Cluster) -> PodStatus? {
        guard !isObjectRemoved, let current = cluster.store.pods[key],
            current.metadata.uid == uid
        else {
            return nil
        }
        let old = current.status.value
        var status = old
        let now = cluster.now
        let generation =
            profile.isEnabled(.podObservedGenerationTracking) ? pod.metadata.generation : 0
        if generation > 0 { status.observedGeneration = generation }
        if !current.isFinished {
            status.phase = phase(profile)
            if let verdict = verdict, status.phase == .failed {
                (status.reason, status.message) = (verdict.reason, verdict.message)
            }
        }
        status.startTime = old.startTime ?? startTime
        status.hostIP = hostIP
        // Made anew only where they differ: versions of a status share them.
        if profile.has(.hostIPsOfPods), !Self.isList(status.hostIPs, of: hostIP) { status.hostIPs = [["ip": .string(hostIP)]] }
        if !ip.isEmpty {
            status.podIP = ip
            if !Self.isList(status.podIPs, of: ip) { status.podIPs = [["ip": .string(ip)]] }
        }
        if status.qosClass == .unset { status.qosClass = pod.spec.qosClass }
        status.initContainerStatuses = (0..<initCount).map { containerStatus($0, profile) }
        status.containerStatuses = appIndices.map { containerStatus($0, profile) }
        if !added.isEmpty { status.ephemeralStatuses = addedIndices.map(addedStatus) }
        addPodResources(&status, profile)
        status.conditions = conditions(status, generation, now, profile)
        if profile.isEnabled(.inPlacePodVerticalScaling), !profile.resizeReportsConditions {
            status.resize =
                status.phase == .succeeded || status.phase == .failed ? "" : resize.text ?? old.resize
        }
        return status == old ? nil : status
    }

    private static func isList(_ json: JSONValue?, of address: String) -> Bool {
        guard case .array(let list)? = json, list.count == 1, case .object(let entry) = list[0] else { return false }
        return entry.members.count == 1 && entry.members[0].key == "ip" && entry.members[0].value.string == address
    }

    /// What the API shows of a container that was added for debugging: it has no readiness and no resources.
    private func addedStatus(_ i: Int) -> ContainerStatus {
        var status = containers[i].status
        (status.ready, status.started) = (false, nil)
        return status
    }

    private func containerStatus(_ i: Int, _ profile: KubernetesProfile) -> ContainerStatus {
        var status = containers[i].status
        // - Source: Kubernetes `pkg/kubelet/prober/prober_manager.go`, `UpdatePodStatus`.
        if containers[i].isPlainInit, status.state.terminated?.exitCode == 0 { status.ready = true }
        if profile.isEnabled(.inPlacePodVerticalScaling) {
            let spec = spec(i)
            status.allocatedResources = spec.resources.requests
            if containers[i].isRunning {
                // What cannot be resized is in force as it was granted.
                // Where all is as granted, the pods of a template share it.
                var resources = spec.resources
                let actual = containers[i].actuated
                for name in ["cpu", "memory"] {
                    if resources.requests[name] != actual.requests[name] { resources.requests[name] = actual.requests[name] }
                    if resources.limits[name] != actual.limits[name] { resources.limits[name] = actual.limits[name] }
                }
                // The alpha finds no memory request in the control group and shows the granted one; so small amounts
                // of CPU cannot be told apart there.
                if !profile.resizeReportsConditions, resources.requests["memory"] != spec.resources.requests["memory"] {
                    resources.requests["memory"] = spec.resources.requests["memory"]
                }
                if max(actual.limits.milliCPU ?? .max, spec.resources.limits.milliCPU ?? .max) <= 10 {
                    if resources.limits["cpu"] != spec.resources.limits["cpu"] { resources.limits["cpu"] = spec.resources.limits["cpu"] }
                }
                if max(actual.requests.milliCPU ?? .max, spec.resources.requests.milliCPU ?? .max) <= 2 {
                    if resources.requests["cpu"] != spec.resources.requests["cpu"] { resources.requests["cpu"] = spec.resources.requests["cpu"] }
                }
                status.resources = resources
            } else {
                status.resources = profile.resizeReportsConditions ? spec.resources : nil
            }
        }
        return status
    }

    private func addPodResources(_ status: inout PodStatus, _ profile: KubernetesProfile) {
        guard profile.isEnabled(.inPlacePodLevelResourcesVerticalScaling),
            let own = allocated.value.resources
        else {
            return
        }
        status.allocatedResources = own.requests
        var actual = own
        if let cgroup = resize.cgroup {
            // What is written of the pod's own group; memory requests are not written anywhere.
            if own.requests["cpu"] != nil { actual.requests["cpu"] = Quantity(milli: cgroup.milliCPU) }
            if own.limits["cpu"] != nil { actual.limits["cpu"] = cgroup.cpuLimit.map { Quantity(milli: $0) } }
            if own.limits["memory"] != nil { actual.limits["memory"] = cgroup.memoryLimit.map { Quantity(bytes: $0) } }
        }
        status.resources = actual
    }

    // MARK: Phase

    /// - Source: Kubernetes `pkg/kubelet/kubelet_pods.go`, `getPhase`, and `pod-lifecycle.md` §1.
    private func phase(_ profile: KubernetesProfile) -> PodPhase {
        let isOver = termination?.isFinished == true
        // A pod that starts anew as a whole goes on being what it was.
        if !isOver, verdict == nil, termination == nil, pod.status.phase == .running, isStartingAnew { return .running }
        let phase =
            isOver || termination == nil || !isAnythingRunning ? phaseOfContainers(profile) : nil
        if isAnythingRunning || termination != nil && !isOver {
            // A final phase is not told before the containers have ended.
            guard let phase, phase == .pending || phase == .running else {
                return pod.status.phase == .pending && !wasInitialized ? .pending : .running
            }
            return phase
        }
        if verdict != nil { return .failed }
        if isOver, phase != .succeeded, phase != .failed {
            return profile.deletedPodsGetTerminalPhase ? .failed : phase ?? .running
        }
        return phase ?? .pending
    }

    private func phaseOfContainers(_ profile: KubernetesProfile) -> PodPhase {
        var initIsPending = false
        for i in 0..<initCount {
            let container = containers[i]
            if container.isSidecar {
                if !container.isStarted && container.termination == nil { initIsPending = true }
            } else if let end = container.termination, end.exitCode != 0 {
                if !restarts(i, exitCode: end.exitCode, profile) { return .failed }
                initIsPending = true
            } else if container.status.state.terminated == nil {
                initIsPending = true
            }
        }
        if initIsPending && !wasInitialized { return .pending }
        var (running, waiting, stopped, succeeded, restartable) = (0, 0, 0, 0, 0)
        for i in 0..<appIndices.upperBound where !containers[i].isPlainInit {
            let container = containers[i]
            if container.isRunning {
                running += 1
            } else if let end = container.termination {
                if container.isSidecar { continue }
                stopped += 1
                if end.exitCode == 0 { succeeded += 1 }
                if restarts(i, exitCode: end.exitCode, profile) { restartable += 1 }
            } else {
                waiting += 1
            }
        }
        if waiting > 0 { return .pending }
        if running > 0 { return .running }
        guard stopped > 0 else { return .pending }
        if termination == nil && restartable > 0 { return .running }
        return stopped == succeeded ? .succeeded : .failed
    }

    // MARK: Conditions

    private func conditions(
        _ status: PodStatus, _ generation: Int, _ now: Instant, _ profile: KubernetesProfile
    ) -> [Condition] {
        let old = status.conditions
        var own: [Condition] = []
        func add(_ type: String, _ isTrue: Bool, _ reason: String = "", _ message: String = "") {
            var condition = Condition(type: type, status: isTrue, reason: reason, message: message)
            condition.observedGeneration = generation
            let previous = old[type]
            condition.lastTransitionTime =
                previous?.status == condition.status ? previous?.lastTransitionTime : now
            own.append(condition)
        }
        for condition in resizeConditions(status, generation, now, profile) { own.append(condition) }
        if let message = verdict?.disruption, profile.isEnabled(.podDisruptionConditions) {
            add("DisruptionTarget", true, "TerminationByKubelet", message)
        } else if let disruption = old["DisruptionTarget"] {
            own.append(disruption)
        }
        let hasSandbox = hasSandbox && termination?.isFinished != true
        if profile.isEnabled(.podReadyToStartContainersCondition) {
            // Up to 1.35 the status was written only after the first image had come.
            let isTold = hasSandbox && (profile.has(.sandboxToldBeforeImages) || containers.contains { $0.instance > 0 })
            let why = isTold || !profile.has(.sandboxConditionReason) ? ("", "") : ("PodSandboxNotReady", self.hasSandbox ? "" : "no pod sandbox exists")
            add("PodReadyToStartContainers", isTold, why.0, why.1)
        } else if profile.isEnabled(.podHasNetworkCondition) {
            add("PodHasNetwork", hasSandbox)
        }
        if isStartingAnew { add("AllContainersRestarting", true, "RestartAllContainersStarted") }
        let incomplete = (0..<initCount).filter { i in
            let container = containers[i]
            if container.isSidecar { return !container.isStarted }
            return container.startsAnew || (container.status.state.terminated ?? container.status.lastState.terminated)?.exitCode != 0
        }.map { containers[$0].status.name }
        if status.phase == .succeeded {
            add(ConditionType.initialized, true, "PodCompleted")
        } else if incomplete.isEmpty || wasInitialized {
            add(ConditionType.initialized, true)
        } else {
            add(
                ConditionType.initialized, false, "ContainersNotInitialized",
                "containers with incomplete status: [\(incomplete.joined(separator: " "))]")
        }
        let ready = readiness(status.phase)
        let gate = ready.isReady ? unmetGate(old) : nil
        if let gate {
            add(ConditionType.ready, false, "ReadinessGatesNotReady", gate)
        } else {
            add(ConditionType.ready, ready.isReady, ready.reason, ready.message)
        }
        add(ConditionType.containersReady, ready.isReady, ready.reason, ready.message)
        add(ConditionType.podScheduled, true)
        let known = ["PodResizePending", "PodResizeInProgress", "AllContainersRestarting"]
        var all: [Condition] = []
        all.reserveCapacity(max(own.count, old.count))
        for condition in old where !own.contains(where: { $0.type == condition.type }) && !known.contains(condition.type) { all.append(condition) }
        return all + own
    }

    private func readiness(_ phase: PodPhase) -> (
        isReady: Bool, reason: String, message: String
    ) {
        if phase == .succeeded { return (false, "PodCompleted", "") }
        if phase == .failed { return (false, "PodFailed", "") }
        let unready = containers[..<appIndices.upperBound].filter { !$0.isPlainInit && !$0.status.ready }.map(\.status.name)
        if unready.isEmpty { return (true, "", "") }
        return (
            false, "ContainersNotReady", "containers with unready status: [\(unready.joined(separator: " "))]"
        )
    }

    private func unmetGate(_ conditions: [Condition]) -> String? {
        var problems: [String] = []
        for gate in pod.spec.readinessGates {
            let type = gate.conditionType
            if let condition = conditions[type] {
                if condition.isTrue { continue }
                problems.append(
                    "the status of pod readiness gate \"\(type)\" is not \"True\", but \(condition.status)")
            } else {
                problems.append("corresponding condition of pod readiness gate \"\(type)\" does not exist.")
            }
        }
        return problems.isEmpty ? nil : problems.joined(separator: ", ")
    }
}
