import ControlPlane
import KubernetesAPI
import SimulationKit

/// How many replicas one metric of an autoscaler asks for.
///
/// - Source: Kubernetes v1.36.2 `pkg/controller/podautoscaler/replica_calculator.go`.
struct MetricReplicas {
    /// What a metric came to.
    struct Proposal: Equatable {
        var replicas: Int
        /// Percent of the request; nil for an average value.
        var utilization: Int?
        /// Thousandths of a core, or of a byte, for each pod.
        var average: Int64
        var measured: AutoscalerTrace.Measured
    }
    struct Failure: Error, Equatable { var message: String }

    var settings: ControllerManagerSettings
    var now: Instant
    /// How far up and down the metric may be off without scaling.
    var tolerance: (up: Double, down: Double)
    var current: Int

    private func isWithin(_ ratio: Double) -> Bool { 1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up }

    // MARK: Measuring

    /// The use of `resource` by the pods that have a measurement of it, in thousandths, by the pod's place in `pods`.
    ///
    /// - Parameter container: only this container; empty for all of them.
    private func measure(_ resource: String, container: String, _ pods: [Pod], _ metrics: MetricsAPI) throws(Failure) -> [Int: Int64] {
        guard metrics.isInstalled else {
            throw Failure(
                message: "unable to get metrics for resource \(resource): unable to fetch metrics from resource metrics API: "
                    + "the server could not find the requested resource (get pods.metrics.k8s.io)")
        }
        var values: [Int: Int64] = [:]
        for (index, pod) in pods.enumerated() {
            guard let sample = metrics[pod] else { continue }
            var sum: Int64 = 0
            var found = container.isEmpty
            for own in sample.containers where container.isEmpty || own.name == container {
                sum = sum.saturatingAdd(resource == "cpu" ? own.milliCPU : own.memory.saturatingMultiply(1000))
                found = true
            }
            guard found else {
                throw Failure(
                    message:
                        "unable to get metrics for resource \(resource): failed to get container metrics: container \(container) not present in metrics for pod \(pod.key)"
                )
            }
            values[index] = sum
        }
        if values.isEmpty { throw Failure(message: "unable to get metrics for resource \(resource): no metrics returned from resource metrics API") }
        return values
    }

    private enum Group { case ignored, unready, missing, ready }

    private func group(_ pod: Pod, _ resource: String, hasMetric: Bool, _ metrics: MetricsAPI) -> Group {
        if pod.metadata.isTerminating || pod.status.phase == .failed { return .ignored }
        if pod.status.phase == .pending { return .unready }
        guard hasMetric, let sample = metrics[pod] else { return .missing }
        guard resource == "cpu" else { return .ready }
        guard let ready = pod.status.conditions[ConditionType.ready], let started = pod.status.startTime, let changed = ready.lastTransitionTime
        else { return .unready }
        let isUnready =
            if started + settings.autoscalerCPUInitializationPeriod > now {
                // While it starts: not ready, or not measured for a whole window since that changed.
                ready.status == "False" || sample.timestamp < changed + sample.window
            } else {
                // Later: not ready, and never was since it started.
                ready.status == "False" && started + settings.autoscalerInitialReadinessDelay > changed
            }
        return isUnready ? .unready : .ready
    }

    /// What each pod requests of `resource`, in thousandths.
    private func requests(_ resource: String, container: String, _ pods: [Pod]) throws(Failure) -> [Int64] {
        var sums: [Int64] = []
        for pod in pods {
            if container.isEmpty, let own = pod.spec.resources?.requests[resource] {
                sums.append(own.milliValue)
                continue
            }
            var sum: Int64 = 0
            for own in pod.spec.containers + pod.spec.initContainers.filter(\.isSidecar) where container.isEmpty || own.name == container {
                guard let request = own.resources.requests[resource] else {
                    throw Failure(message: "missing request for \(resource) in container \(own.name) of Pod \(pod.name)")
                }
                sum = sum.saturatingAdd(request.milliValue)
            }
            sums.append(sum)
        }
        return sums
    }

    // MARK: Deciding

    /// The replicas that bring the pods' use to `target` percent of their requests.
    func utilization(_ resource: String, container: String, target: Int, _ pods: [Pod], _ metrics: MetricsAPI) throws(Failure) -> Proposal {
        var values = try measure(resource, container: container, pods, metrics)
        let groups = try grouped(pods, resource, &values, metrics)
        let requests = try requests(resource, container: container, pods)
        func percent(_ values: [Int: Int64]) throws(Failure) -> Int {
            let (used, wanted) = (values.values.saturatingSum, values.keys.lazy.map { requests[$0] }.saturatingSum)
            if wanted == 0 { throw Failure(message: "no metrics returned matched known pods") }
            return Int(used.proportion(100, of: wanted))
        }
        let utilization = try percent(values)
        let average = values.values.saturatingSum / Int64(values.count)
        let fallback = Int64(max(100, target))
        var measured = try decide(
            groups, values, ratio: Double(utilization) / Double(target), missingWhenLow: { requests[$0].proportion(fallback, of: 100) },
            again: { values throws(Failure) in Double(try percent(values)) / Double(target) })
        (measured.value, measured.requested) = (Int64(utilization), values.keys.lazy.map { requests[$0] }.saturatingSum)
        return Proposal(replicas: measured.proposal, utilization: utilization, average: average, measured: measured)
    }

    /// The replicas that bring the use of each pod to `target` thousandths.
    func average(_ resource: String, container: String, target: Int64, _ pods: [Pod], _ metrics: MetricsAPI) throws(Failure) -> Proposal {
        var values = try measure(resource, container: container, pods, metrics)
        let groups = try grouped(pods, resource, &values, metrics)
        func mean(_ values: [Int: Int64]) -> Int64 { values.values.saturatingSum / Int64(max(1, values.count)) }
        let average = mean(values)
        var measured = try decide(
            groups, values, ratio: Double(average) / Double(target), missingWhenLow: { _ in target },
            again: { values throws(Failure) in Double(mean(values)) / Double(target) })
        measured.value = average
        return Proposal(replicas: measured.proposal, average: average, measured: measured)
    }

    /// The replicas that bring a value of thousandths, which all pods share, to its target. From zero replicas neither the tolerance nor
    /// the number of pods counts.
    func shared(_ value: Int64, _ target: MetricTarget, _ pods: [Pod]) -> Proposal {
        var result = AutoscalerTrace.Measured()
        result.proposal = current
        (result.value, result.toleranceDown, result.toleranceUp) = (value, tolerance.down, tolerance.up)
        result.ready = pods.count { $0.status.phase == .running && $0.isReady }
        func replicas(_ wanted: Double) -> Int { max(0, Int(saturating: wanted.rounded(.up))) }
        if let each = target.averageValue?.milliValue, each > 0 {
            result.counted = current
            result.ratio = current == 0 ? 0 : Double(value) / (Double(each) * Double(current))
            if current == 0 || !isWithin(result.ratio) { result.proposal = replicas(Double(value) / Double(each)) }
            let share = current == 0 ? value : Int64(saturating: (Double(value) / Double(current)).rounded(.up))
            result.value = share
            return Proposal(replicas: result.proposal, average: share, measured: result)
        }
        if let wanted = target.value?.milliValue, wanted > 0 {
            result.ratio = Double(value) / Double(wanted)
            result.counted = current == 0 ? 1 : result.ready
            if current == 0 || !isWithin(result.ratio) { result.proposal = replicas(result.ratio * Double(result.counted)) }
        }
        return Proposal(replicas: result.proposal, average: value, measured: result)
    }

    /// Sorts the pods, and drops the measurements of those that do not count.
    private func grouped(_ pods: [Pod], _ resource: String, _ values: inout [Int: Int64], _ metrics: MetricsAPI) throws(Failure) -> [Group] {
        if pods.isEmpty { throw Failure(message: "no pods returned by selector while calculating replica count") }
        let groups = pods.enumerated().map { group($1, resource, hasMetric: values[$0] != nil, metrics) }
        for (index, group) in groups.enumerated() where group == .ignored || group == .unready { values[index] = nil }
        if values.isEmpty { throw Failure(message: "did not receive metrics for targeted pods (pods might be unready)") }
        return groups
    }

    private func decide(
        _ groups: [Group], _ measured: [Int: Int64], ratio: Double, missingWhenLow: (Int) -> Int64,
        again: ([Int: Int64]) throws(Failure) -> Double
    ) throws(Failure) -> AutoscalerTrace.Measured {
        var values = measured
        let (missing, unready) = (groups.indices.filter { groups[$0] == .missing }, groups.indices.filter { groups[$0] == .unready })
        let ready = groups.count { $0 == .ready }
        var result = AutoscalerTrace.Measured()
        result.used = measured.values.saturatingSum
        (result.ready, result.unready, result.missing, result.ignored) = (ready, unready.count, missing.count, groups.count { $0 == .ignored })
        (result.ratio, result.counted) = (ratio, ready)
        (result.toleranceDown, result.toleranceUp) = (tolerance.down, tolerance.up)
        result.proposal = current
        let countsUnready = !unready.isEmpty && ratio > 1
        if !countsUnready, missing.isEmpty {
            if !isWithin(ratio) { result.proposal = Int(saturating: (ratio * Double(ready)).rounded(.up)) }
            return result
        }
        // Pods that are not measured are taken to be such that the change is smaller, never larger.
        for index in missing {
            if ratio < 1 { values[index] = missingWhenLow(index) } else if ratio > 1 { values[index] = 0 }
        }
        if countsUnready { for index in unready { values[index] = 0 } }
        let ratioNow = try again(values)
        (result.cautious, result.counted) = (ratioNow, values.count)
        if isWithin(ratioNow) || (ratio < 1 && ratioNow > 1) || (ratio > 1 && ratioNow < 1) { return result }
        let replicas = Int(saturating: (ratioNow * Double(values.count)).rounded(.up))
        if !((ratioNow < 1 && replicas > current) || (ratioNow > 1 && replicas < current)) { result.proposal = replicas }
        return result
    }
}
