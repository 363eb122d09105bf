// What a kubelet refuses in its configuration, in its words.

import SimulationKit

extension KubeletConfiguration {
    /// What a kubelet of `profile` refuses to start with, each in its own words; empty if nothing.
    /// - Source: Kubernetes v1.36.2 `pkg/kubelet/apis/config/validation/validation.go`.
    public func validate(profile: KubernetesProfile) -> [String] {
        var errors: [String] = []
        var profile = profile
        do throws(ProfileError) {
            profile = try self.profile(profile)
        } catch {
            return ["failed to set feature gates from initial flags-based config: \(error.description)"]
        }
        if nodeSelector == nil {
            errors.append(
                "metadata.annotations[\(Self.selectorAnnotation)]: \"\(metadata.annotations[Self.selectorAnnotation] ?? "")\" is not a label selector")
        }
        func refuse(_ text: String) { errors.append("invalid configuration: \(text)") }
        func notNegative(_ value: Int?, _ field: String, _ flag: String) {
            if let value, value < 0 { refuse("\(field) (--\(flag)) \(value) must not be a negative number") }
        }
        func percent(_ value: Int?, _ field: String, _ flag: String) {
            if let value, !(0...100).contains(value) { refuse("\(field) (--\(flag)) \(value) must be between 0 and 100, inclusive") }
        }
        // 0 in a document means the default.
        if let seconds = nodeLeaseDurationSeconds, seconds < 0 { refuse("nodeLeaseDurationSeconds must be greater than 0") }
        notNegative(eventBurst, "eventBurst", "event-burst")
        notNegative(eventRecordQPS, "eventRecordQPS", "event-qps")
        percent(imageGCHighThresholdPercent, "imageGCHighThresholdPercent", "image-gc-high-threshold")
        percent(imageGCLowThresholdPercent, "imageGCLowThresholdPercent", "image-gc-low-threshold")
        if (imageGCLowThresholdPercent ?? 80) >= (imageGCHighThresholdPercent ?? 85) {
            refuse(
                "imageGCLowThresholdPercent (--image-gc-low-threshold) \(imageGCLowThresholdPercent ?? 80) must be less than "
                    + "imageGCHighThresholdPercent (--image-gc-high-threshold) \(imageGCHighThresholdPercent ?? 85)")
        }
        checkImageAges(profile, refuse)
        notNegative(kubeAPIQPS, "kubeAPIQPS", "kube-api-qps")
        notNegative(kubeAPIBurst, "kubeAPIBurst", "kube-api-burst")
        notNegative(maxOpenFiles, "maxOpenFiles", "max-open-files")
        notNegative(maxPods, "maxPods", "max-pods")
        notNegative(podsPerCore, "podsPerCore", "pods-per-core")
        notNegative(registryBurst, "registryBurst", "registry-burst")
        notNegative(registryPullQPS, "registryPullQPS", "registry-qps")
        if profile.hasMaxParallelImagePulls, let limit = maxParallelImagePulls {
            if limit < 1 {
                refuse("maxParallelImagePulls \(limit) must be a positive number")
            } else if serializeImagePulls == true && limit > 1 {
                refuse(
                    "maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false")
            }
        }
        // That it is missing with the gate on is no error: before 1.37 reading a document gives it its default.
        let factor = memoryThrottlingFactor
        if let factor, !(factor > 0 && factor <= 1) {
            refuse("memoryThrottlingFactor \(factor) must be greater than 0 and less than or equal to 1.0")
        }
        if profile.hasMemoryReservationPolicy {
            switch memoryReservationPolicy {
            case "", "None": break
            case "TieredReservation":
                if !profile.isEnabled(.memoryQoS) {
                    refuse("memoryReservationPolicy \"TieredReservation\" requires MemoryQoS feature gate to be enabled")
                }
            default:
                refuse(
                    "option \"\(memoryReservationPolicy)\" specified for memoryReservationPolicy. Valid options are \"None\" or \"TieredReservation\"")
            }
        }
        if let longest = crashLoopBackOff?.maxContainerRestartPeriod {
            if !profile.isEnabled(.kubeletCrashLoopBackOffMax) {
                refuse("FeatureGate KubeletCrashLoopBackOffMax not enabled, CrashLoopBackOff.MaxContainerRestartPeriod must not be set")
            } else if longest.value < .seconds(1) || longest.value > .seconds(300) {
                let seconds = longest.value.seconds
                let text = seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
                refuse("CrashLoopBackOff.MaxContainerRestartPeriod (got: \(text) seconds) must be set between 1s and 300s")
            }
        }
        checkMachine(refuse)
        checkShutdown(profile, refuse)
        checkReservations(refuse)
        checkThresholds { errors.append($0) }
        return errors
    }

    private func checkImageAges(_ profile: KubernetesProfile, _ refuse: (String) -> Void) {
        let (least, most) = (imageMinimumGCAge?.value ?? .minutes(2), imageMaximumGCAge?.value ?? .zero)
        if most != .zero, !profile.isEnabled(.imageMaximumGCAge) {
            refuse("ImageMaximumGCAge feature gate is required for Kubelet configuration option imageMaximumGCAge")
        }
        if least < .zero { refuse("imageMinimumGCAge \(least) must not be negative") }
        if most < .zero { refuse("imageMaximumGCAge \(most) must not be negative") }
        // An age of 0 in a document means the default.
        let floor = least == .zero ? .minutes(2) : least
        if most > .zero, most <= floor { refuse("imageMaximumGCAge \(most) must be greater than imageMinimumGCAge \(floor)") }
    }

    /// Ports, bits and choices that have no effect here, and that a kubelet still refuses to start with.
    private func checkMachine(_ refuse: (String) -> Void) {
        func between(_ value: Int?, _ range: ClosedRange<Int>, _ field: String, _ flag: String) {
            if let value, !range.contains(value) {
                refuse("\(field) (--\(flag)) \(value) must be between \(range.lowerBound) and \(range.upperBound), inclusive")
            }
        }
        if healthzPort != 0 { between(healthzPort, 1...65535, "healthzPort", "healthz-port") }
        // 0 is the default of both in a document.
        if port != 0 { between(port, 1...65535, "port", "port") }
        between(readOnlyPort, 0...65535, "readOnlyPort", "read-only-port")
        between(iptablesDropBit, 0...31, "iptablesDropBit", "iptables-drop-bit")
        between(iptablesMasqueradeBit, 0...31, "iptablesMasqueradeBit", "iptables-masquerade-bit")
        between(oomScoreAdj, -1000...1000, "oomScoreAdj", "oom-score-adj")
        if let images = nodeStatusMaxImages, images < -1 { refuse("nodeStatusMaxImages (--node-status-max-images) \(images) must be -1 or greater") }
        if !systemCgroups.isEmpty, cgroupRoot.isEmpty {
            refuse("systemCgroups (--system-cgroups) was specified and cgroupRoot (--cgroup-root) was not specified")
        }
        let policies = ["none", "best-effort", "restricted", "single-numa-node"]
        if !topologyManagerPolicy.isEmpty, !policies.contains(topologyManagerPolicy) {
            let list = policies.map { "\"\($0)\"" }.joined(separator: " ")
            refuse("topologyManagerPolicy (--topology-manager-policy) \"\(topologyManagerPolicy)\" must be one of: [\(list)]")
        }
        if !["", "container", "pod"].contains(topologyManagerScope) {
            refuse("topologyManagerScope (--topology-manager-scope) \"\(topologyManagerScope)\" must be one of: \"container\", or \"pod\"")
        }
        if !["", "none", "hairpin-veth", "promiscuous-bridge"].contains(hairpinMode) {
            refuse(
                "option \"\(hairpinMode)\" specified for hairpinMode (--hairpin-mode). Valid options are \"none\", \"hairpin-veth\" or "
                    + "\"promiscuous-bridge\"")
        }
        if let files = containerLogMaxFiles, files <= 1 { refuse("containerLogMaxFiles must be greater than 1") }
        if let workers = containerLogMaxWorkers, workers < 1 { refuse("containerLogMaxWorkers must be greater than or equal to 1") }
        if let interval = containerLogMonitorInterval?.value, interval < .seconds(3) {
            refuse("containerLogMonitorInterval must be a positive time duration greater than or equal to 3s")
        }
    }

    private func checkShutdown(_ profile: KubernetesProfile, _ refuse: (String) -> Void) {
        let (all, critical) = (shutdownGracePeriod?.value ?? .zero, shutdownGracePeriodCriticalPods?.value ?? .zero)
        guard profile.isEnabled(.gracefulNodeShutdown) else {
            if all > .zero || critical > .zero {
                refuse("specifying shutdownGracePeriod or shutdownGracePeriodCriticalPods requires feature gate GracefulNodeShutdown")
            }
            return
        }
        if critical > all { refuse("shutdownGracePeriodCriticalPods \(critical) must be <= shutdownGracePeriod \(all)") }
        for (field, value) in [("shutdownGracePeriod", all), ("shutdownGracePeriodCriticalPods", critical)]
        where value != .zero && value < .seconds(1) {
            refuse("\(field) \(value) must be either zero or otherwise >= 1 sec")
        }
    }

    /// Amounts that a kubelet finds wrong when it starts, after its configuration was taken.
    /// - Source: Kubernetes v1.36.2 `pkg/kubelet/eviction/helpers.go`, `parseThresholdStatement`; `cmd/kubelet/app/server.go`,
    ///   `parseResourceList`.
    private func checkThresholds(_ refuse: (String) -> Void) {
        let signals = [
            "memory.available", "allocatableMemory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available",
            "imagefs.inodesFree", "containerfs.available", "containerfs.inodesFree", "pid.available",
        ]
        for list in [evictionHard, evictionSoft] {
            for (signal, text) in list.entries {
                guard signals.contains(signal) else {
                    refuse("unsupported eviction signal \(signal)")
                    continue
                }
                if text.hasSuffix("%") {
                    guard let share = Float(text.dropLast()), share.isFinite else {
                        refuse("eviction percentage threshold \(signal) must be a number from 0% to 100%: \(text)")
                        continue
                    }
                    if share < 0 { refuse("eviction percentage threshold \(signal) must be >= 0%: \(text)") }
                    if share > 100 { refuse("eviction percentage threshold \(signal) must be <= 100%: \(text)") }
                } else if let amount = Quantity(text) {
                    if amount <= .zero { refuse("eviction threshold \(signal) must be positive: \(text)") }
                } else {
                    refuse("eviction threshold \(signal): quantities must match the regular expression '\(Quantity.pattern)': \(text)")
                }
            }
        }
        for (flag, list) in [("kube-reserved", kubeReserved), ("system-reserved", systemReserved)] {
            for (name, text) in list.entries {
                if !["cpu", "memory", "ephemeral-storage", "pid"].contains(name) {
                    refuse("--\(flag) value failed to parse: cannot reserve \"\(name)\" resource")
                } else if let amount = Quantity(text) {
                    if amount < .zero { refuse("--\(flag) value failed to parse: resource quantity for \"\(name)\" cannot be negative: \(text)") }
                } else {
                    refuse(
                        "--\(flag) value failed to parse: failed to parse quantity \"\(text)\" for \"\(name)\" resource: quantities must match "
                            + "the regular expression '\(Quantity.pattern)'")
                }
            }
        }
    }

    private func checkReservations(_ refuse: (String) -> Void) {
        let flag = "enforceNodeAllocatable (--enforce-node-allocatable)"
        var seen: [String] = []
        for option in enforceNodeAllocatable {
            if seen.contains(option) {
                refuse("duplicated enforcements \"\(option)\" in \(flag)")
                continue
            }
            seen.append(option)
            switch option {
            case "pods": break
            case "system-reserved" where systemReservedCgroup.isEmpty, "system-reserved-compressible" where systemReservedCgroup.isEmpty:
                refuse(
                    "systemReservedCgroup (--system-reserved-cgroup) must be specified when \"system-reserved\" or \"system-reserved-compressible\" included in \(flag)"
                )
            case "kube-reserved" where kubeReservedCgroup.isEmpty, "kube-reserved-compressible" where kubeReservedCgroup.isEmpty:
                refuse(
                    "kubeReservedCgroup (--kube-reserved-cgroup) must be specified when \"kube-reserved\" or \"kube-reserved-compressible\" included in \(flag)"
                )
            case "system-reserved", "kube-reserved", "system-reserved-compressible", "kube-reserved-compressible": break
            case "none":
                if enforceNodeAllocatable.count > 1 { refuse("\(flag) may not contain additional enforcements when \"none\" is specified") }
                continue
            default:
                refuse(
                    "option \"\(option)\" specified for \(flag). Valid options are \"pods\", \"system-reserved\", "
                        + "\"system-reserved-compressible\", \"kube-reserved\", \"kube-reserved-compressible\" or \"none\"")
                continue
            }
            if cgroupsPerQOS == false {
                refuse("cgroupsPerQOS (--cgroups-per-qos) must be set to true when \"\(option)\" contained in \(flag)")
            }
        }
        if !reservedSystemCPUs.isEmpty, !systemReservedCgroup.isEmpty || !kubeReservedCgroup.isEmpty {
            refuse(
                "can't use reservedSystemCPUs (--reserved-cpus) with systemReservedCgroup (--system-reserved-cgroup) or kubeReservedCgroup "
                    + "(--kube-reserved-cgroup)")
        }
    }
}
