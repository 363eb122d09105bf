import ControlPlane
import KubernetesAPI
import SimulationKit

/// Brings each autoscaler's workload to the size that its metrics ask for, every 15 s.
///
/// Differs from Kubernetes: the gate StaleControllerConsistencyHPA changes nothing, because a controller's own writes are seen at once; metrics of objects
/// are asked of nobody, so that their error has one text in all versions (`kubernetes-1.37.md` rows 5.1.4, 5.1.5).
/// - Source: Kubernetes v1.36.2 `pkg/controller/podautoscaler/horizontal.go`; for 1.37 `kubernetes-1.37.md` §5.1.
struct HorizontalPodAutoscalerController: Controller {
    static let queueName = "horizontalpodautoscaler"
    static let watches: [Kind] = [.horizontalPodAutoscaler, .pod]
    var queue = WorkQueue<ObjectKey>()
    private let settings: ControllerManagerSettings
    private var membership = PodMembership()
    private var histories: [ObjectKey: ScalingHistory] = [:]
    /// How each came to its size, for users to read; nothing is decided by it.
    private(set) var traces: [ObjectKey: AutoscalerTrace] = [:]
    private let source = EventSource("horizontal-pod-autoscaler")

    init(settings: ControllerManagerSettings) { self.settings = settings }

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        let change = cluster.store.horizontalPodAutoscalers.change(entry.index)
        let key = change.object.key
        if change.action == .deleted {
            histories[key] = nil
            traces[key] = nil
            membership.set(key, nil)
            // The others say again which pods they want when they are looked at.
            cluster.metrics.forgetWanted()
        } else {
            if change.action == .added { follow(change.object, &cluster) }
            // One of an opened state that was looked at before goes on in its rhythm: its pods are not measured yet.
            let isNew = change.action == .added ? change.object.status.conditions.isEmpty : change.previous?.spec != change.object.spec
            if isNew, cluster.profile.has(.autoscalerSyncedAtOnce) { queue.add(key) } else { queue.add(key, at: cluster.now + settings.autoscalerSyncPeriod) }
        }
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        if membership.observe(change).isEmpty { return }
        if change.action == .deleted { cluster.metrics.forgetWanted(change.object.key) } else { cluster.metrics.want(change.object.key) }
    }

    /// Keeps an eye on the pods of the autoscaler's workload and has them measured.
    private mutating func follow(_ scaler: HorizontalPodAutoscaler, _ cluster: inout Cluster) {
        membership.set(scaler.key, cluster.scaleTarget(of: scaler)?.selector)
        for pod in membership.pods(of: scaler.key, cluster) { cluster.metrics.want(pod.key) }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let scaler = cluster.store.horizontalPodAutoscalers[key] else { return .none }
        var pass = Pass(
            scaler: scaler, status: scaler.status, now: cluster.now,
            generation: cluster.profile.isEnabled(.hpaGeneration) ? scaler.metadata.generation : nil,
            trace: AutoscalerTrace(at: cluster.now, next: cluster.now + settings.autoscalerSyncPeriod))
        sync(&pass, &cluster)
        if let generation = pass.generation { pass.status.observedGeneration = generation }
        keep(pass, earlier: traces[key]?.looks ?? [])
        if pass.status != scaler.status { cluster.modify(HorizontalPodAutoscaler.self, key) { $0.status = pass.status } }
        return .at(cluster.now + settings.autoscalerSyncPeriod)
    }

    private mutating func keep(_ pass: Pass, earlier: [AutoscalerTrace.Look]) {
        var trace = pass.trace
        trace.looks = earlier
        let measured = trace.metrics.first?.measured
        trace.looks.append(
            AutoscalerTrace.Look(at: pass.now, current: trace.current, desired: trace.desired ?? trace.current, value: measured?.value, used: measured?.used))
        if trace.looks.count > AutoscalerTrace.kept * 2 { trace.looks.removeFirst(trace.looks.count - AutoscalerTrace.kept) }
        traces[pass.scaler.key] = trace
    }

    /// One look at one autoscaler.
    private struct Pass {
        let scaler: HorizontalPodAutoscaler
        var status: HorizontalPodAutoscalerStatus
        let now: Instant
        /// What status and conditions say that they are about; nil without the gate HPAGeneration.
        let generation: Int?
        var trace: AutoscalerTrace
        var spec: HorizontalPodAutoscalerSpec { scaler.spec }

        mutating func set(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
            var condition = Condition(type: type, status: isTrue, reason: reason, message: message)
            condition.observedGeneration = generation ?? 0
            status.conditions.set(condition, now: now)
        }
    }

    private mutating func sync(_ pass: inout Pass, _ cluster: inout Cluster) {
        let (scaler, spec) = (pass.scaler, pass.spec)
        guard let target = cluster.scaleTarget(of: scaler) else {
            let why = spec.scaleTargetRef.notFoundMessage
            cluster.record("FailedGetScale", why, about: scaler, warning: true, source: source)
            return pass.set(ConditionType.ableToScale, false, "FailedGetScale", "the HPA controller was unable to get the target's current scale: \(why)")
        }
        pass.set(ConditionType.ableToScale, true, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
        let current = target.replicas
        let least = spec.minReplicas ?? 1
        histories[scaler.key, default: ScalingHistory()].begin(current, now: pass.now)
        (pass.trace.current, pass.trace.least, pass.trace.most) = (current, least, spec.maxReplicas)
        var desired = current
        var reason = ""
        var metrics: [MetricStatus]?
        if current == 0, !mayLeaveZero(pass, cluster.profile) {
            pass.set(ConditionType.scalingActive, false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
        } else if current > spec.maxReplicas {
            (desired, reason) = (spec.maxReplicas, "Current number of replicas above Spec.MaxReplicas")
        } else if current < least, current > 0 {
            (desired, reason) = (least, "Current number of replicas below Spec.MinReplicas")
        } else {
            let (wish, statuses) = wish(&pass, target, &cluster)
            metrics = statuses
            guard let wish else {
                pass.status.currentReplicas = current
                pass.status.currentMetrics = statuses
                return
            }
            pass.trace.wish = wish.replicas
            reason = wish.replicas > current ? "\(wish.metric) above target" : wish.replicas < current ? "All metrics below target" : ""
            let bounds = ScalingHistory.Bounds(current: current, least: least, most: spec.maxReplicas)
            let decision =
                if let rules = rules(spec) {
                    histories[scaler.key]!.decide(wish.replicas, bounds, up: rules.up, down: rules.down, now: pass.now)
                } else {
                    histories[scaler.key]!.decide(wish.replicas, bounds, window: settings.autoscalerDownscaleStabilization, now: pass.now)
                }
            pass.set(ConditionType.ableToScale, true, decision.able.reason, decision.able.message)
            pass.set(ConditionType.scalingLimited, decision.limited.isTrue, decision.limited.reason, decision.limited.message)
            // What stands at zero by its own doing goes to a minimum that was raised in the meantime.
            desired = current == 0 ? max(decision.replicas, least) : decision.replicas
            pass.trace.speed = decision.speed
        }
        (pass.trace.desired, pass.trace.reason) = (desired, reason)
        pass.status.currentReplicas = current
        pass.status.currentMetrics = metrics
        if desired != current {
            do throws(APIError) {
                try cluster.scale(target.kind, target.key, to: desired)
            } catch {
                cluster.record(
                    "FailedRescale", "New size: \(desired); reason: \(reason); error: \(error.message)", about: scaler, warning: true,
                    source: source)
                return pass.set(
                    ConditionType.ableToScale, false, "FailedUpdateScale", "the HPA controller was unable to update the target scale: \(error.message)")
            }
            pass.set(ConditionType.ableToScale, true, "SucceededRescale", "the HPA controller was able to update the target scale to \(desired)")
            cluster.record("SuccessfulRescale", "New size: \(desired); reason: \(reason)", about: scaler, source: source)
            if let rules = rules(spec) {
                histories[scaler.key]!.note(from: current, to: desired, up: rules.up, down: rules.down, now: pass.now)
            }
            pass.status.lastScaleTime = pass.now
            noteZero(&pass, from: current, to: desired, cluster.profile)
        }
        pass.status.desiredReplicas = desired
    }

    // MARK: Zero

    private static let scaledToZero = "ScaledToZero"

    /// Whether metrics decide about a workload without replicas: only if it was the autoscaler that took them all.
    private func mayLeaveZero(_ pass: Pass, _ profile: KubernetesProfile) -> Bool {
        guard profile.has(.ownZeroRemembered) else { return pass.spec.minReplicas == 0 }
        return pass.status.conditions.isTrue(Self.scaledToZero) && (pass.spec.minReplicas ?? 1 != 0 || pass.spec.hasMetricWithoutPods)
    }

    /// Remembers after a change of size whether it was the autoscaler that took all replicas.
    private func noteZero(_ pass: inout Pass, from current: Int, to desired: Int, _ profile: KubernetesProfile) {
        guard profile.has(.ownZeroRemembered) else { return }
        guard profile.isEnabled(.hpaScaleToZero) else { return pass.status.conditions.removeAll { $0.type == Self.scaledToZero } }
        if current > 0, desired == 0, pass.spec.minReplicas == 0, pass.spec.hasMetricWithoutPods {
            pass.set(Self.scaledToZero, true, "ScaledToZero", "the HPA controller scaled the workload to zero")
        } else {
            pass.set(Self.scaledToZero, false, "NotScaledToZero", "the HPA controller did not scale the workload to zero")
        }
    }

    /// The rules of `behavior`, completed; nil if there is none.
    private func rules(_ spec: HorizontalPodAutoscalerSpec) -> (up: HPAScalingRules, down: HPAScalingRules)? {
        guard let behavior = spec.behavior else { return nil }
        var (up, down) = (behavior.scaleUp ?? HPAScalingRules(), behavior.scaleDown ?? HPAScalingRules())
        if up.stabilizationWindowSeconds == nil { up.stabilizationWindowSeconds = 0 }
        if down.stabilizationWindowSeconds == nil { down.stabilizationWindowSeconds = Int(settings.autoscalerDownscaleStabilization.seconds) }
        return (up, down)
    }

    // MARK: Metrics

    /// The highest of what the metrics ask for, with its name; nil if there is none to go by.
    private mutating func wish(_ pass: inout Pass, _ target: ScaleTarget, _ cluster: inout Cluster)
        -> (wish: (replicas: Int, metric: String)?, statuses: [MetricStatus])
    {
        let (scaler, spec) = (pass.scaler, pass.spec)
        guard let selector = target.selector, !selector.isEmpty else {
            cluster.record("SelectorRequired", "selector is required", about: scaler, warning: true, source: source)
            pass.set(ConditionType.scalingActive, false, "InvalidSelector", "the HPA target's scale is missing a selector")
            return (nil, [])
        }
        follow(scaler, &cluster)
        let pods = membership.pods(of: scaler.key, cluster)
        let others = pods.reduce(into: [ObjectKey]()) { keys, pod in
            for key in membership.selecting(pod) where !keys.contains(key) { keys.append(key) }
        }
        if others.count > 1 {
            let list = others.sorted().map { "{\($0.name) \($0.namespace)}" }.joined(separator: " ")
            let why = "pods by selector \(selector.canonical) are controlled by multiple HPAs: [\(list)]"
            cluster.record("AmbiguousSelector", why, about: scaler, warning: true, source: source)
            pass.set(ConditionType.scalingActive, false, "AmbiguousSelector", why)
            return (nil, [])
        }
        var best: (replicas: Int, metric: String)?
        var failures: [(reason: String, condition: String, error: String)] = []
        var statuses: [MetricStatus] = []
        for metric in spec.metrics {
            do throws(MetricFailure) {
                let (proposal, name, status) = try measure(metric, pods, current: target.replicas, scaler, cluster)
                statuses.append(status)
                pass.trace.metrics.append(trace(metric, proposal.measured))
                if best.map({ proposal.replicas > $0.replicas }) ?? true { best = (proposal.replicas, name) }
            } catch {
                pass.trace.metrics.append(trace(metric, nil, failure: error.message))
                cluster.record(error.reason, error.message, about: scaler, warning: true, source: source)
                failures.append((error.reason, "the HPA was unable to compute the replica count: \(error.message)", error.summary))
                statuses.append(MetricStatus())
            }
        }
        if let first = failures.first, best == nil || best!.replicas < target.replicas {
            pass.set(ConditionType.scalingActive, false, first.reason, first.condition)
            cluster.record(
                "FailedComputeMetricsReplicas", "invalid metrics (\(failures.count) invalid out of \(spec.metrics.count)), first error is: \(first.error)",
                about: scaler, warning: true, source: source)
            return (nil, statuses)
        }
        guard let best else { return (nil, statuses) }
        pass.set(ConditionType.scalingActive, true, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from \(best.metric)")
        return (best, statuses)
    }

    private func trace(_ metric: MetricSpec, _ measured: AutoscalerTrace.Measured?, failure: String? = nil) -> AutoscalerTrace.Metric {
        let shared = metric.external?.target ?? metric.object?.target
        let target = metric.resource?.target ?? metric.containerResource?.target ?? shared
        let name =
            metric.resource?.name ?? metric.containerResource.map { "\($0.name) of \($0.container)" } ?? metric.external?.metric.name
            ?? metric.object?.metric.name ?? metric.type
        return AutoscalerTrace.Metric(
            name: name, target: target?.averageValue?.milliValue ?? target?.value?.milliValue ?? Int64(target?.averageUtilization ?? 80),
            isUtilization: shared == nil && target?.averageValue == nil, measured: measured, failure: failure)
    }

    /// Why a metric cannot be had: the event's and condition's reason, their message, and how it is summed up.
    private struct MetricFailure: Error {
        var reason: String
        var message: String
        var summary: String
    }

    private func measure(
        _ metric: MetricSpec, _ pods: [Pod], current: Int, _ scaler: HorizontalPodAutoscaler, _ cluster: Cluster
    ) throws(MetricFailure) -> (proposal: MetricReplicas.Proposal, name: String, status: MetricStatus) {
        let reason: String
        let (resource, target, container): (String, MetricTarget, String)
        switch metric.type {
        case "Resource":
            let own = metric.resource ?? ResourceMetricSource()
            (reason, resource, target, container) = ("FailedGetResourceMetric", own.name, own.target, "")
        case "ContainerResource":
            let own = metric.containerResource ?? ContainerResourceMetricSource()
            (reason, resource, target, container) = ("FailedGetContainerResourceMetric", own.name, own.target, own.container)
        case "External", "Object":
            return try measureShared(metric, pods, current: current, scaler, cluster)
        default: throw noAdapter(metric)
        }
        let calculator = calculator(scaler.spec, current: current, cluster)
        do throws(MetricReplicas.Failure) {
            let proposal: MetricReplicas.Proposal
            if let wanted = target.averageValue {
                proposal = try calculator.average(resource, container: container, target: wanted.milliValue, pods, cluster.metrics)
            } else {
                proposal = try calculator.utilization(resource, container: container, target: target.averageUtilization ?? 80, pods, cluster.metrics)
            }
            var value = MetricValueStatus()
            value.averageUtilization = proposal.utilization
            value.averageValue = Quantity(milli: proposal.average)
            var status = MetricStatus()
            status.type = metric.type
            let sort = container.isEmpty ? "resource" : "container resource"
            if container.isEmpty {
                status.resource = ResourceMetricStatus()
                (status.resource!.name, status.resource!.current) = (resource, value)
            } else {
                status.containerResource = ContainerResourceMetricStatus()
                (status.containerResource!.name, status.containerResource!.current, status.containerResource!.container) = (resource, value, container)
            }
            let name = target.averageValue == nil ? "\(resource) \(sort) utilization (percentage of request)" : "\(resource) \(sort)"
            return (proposal, name, status)
        } catch {
            let message = "failed to get \(resource) \(target.averageValue == nil ? "utilization" : "usage"): \(error.message)"
            let value = container.isEmpty ? "\(resource) resource" : "\(container) container"
            throw MetricFailure(reason: reason, message: message, summary: "failed to get \(value) metric value: \(message)")
        }
    }

    private func calculator(_ spec: HorizontalPodAutoscalerSpec, current: Int, _ cluster: Cluster) -> MetricReplicas {
        let rules = cluster.profile.isEnabled(.hpaConfigurableTolerance) ? spec.behavior : nil
        func tolerance(_ rules: HPAScalingRules?) -> Double { rules?.tolerance.map { Double($0.milliValue) / 1000 } ?? settings.autoscalerTolerance }
        return MetricReplicas(
            settings: settings, now: cluster.now, tolerance: (tolerance(rules?.scaleUp), tolerance(rules?.scaleDown)), current: current)
    }

    /// A metric that is one value for all pods. An adapter would serve it: here an annotation of the autoscaler stands for it.
    private func measureShared(
        _ metric: MetricSpec, _ pods: [Pod], current: Int, _ scaler: HorizontalPodAutoscaler, _ cluster: Cluster
    ) throws(MetricFailure) -> (proposal: MetricReplicas.Proposal, name: String, status: MetricStatus) {
        guard let identifier = metric.external?.metric ?? metric.object?.metric, let target = metric.external?.target ?? metric.object?.target,
            let value = scaler.metadata.annotations[AnnotationNote.prefix + "metric-" + identifier.name].flatMap({ Quantity($0) })
        else { throw noAdapter(metric) }
        let proposal = calculator(scaler.spec, current: current, cluster).shared(value.milliValue, target, pods)
        var present = MetricValueStatus()
        if target.averageValue != nil { present.averageValue = Quantity(milli: proposal.average) } else { present.value = value }
        var status = MetricStatus()
        status.type = metric.type
        var kept: JSONObject = ["metric": identifier.json ?? .object([:]), "current": present.json ?? .object([:])]
        if let object = metric.object {
            kept["describedObject"] = object.describedObject.json
            status.object = .object(kept)
            return (proposal, "\(object.describedObject.kind) metric \(identifier.name)", status)
        }
        status.external = .object(kept)
        return (proposal, "external metric \(identifier.name)(\(identifier.selector.map(\.canonical) ?? "nil"))", status)
    }

    /// Metrics that an adapter would serve: there is none here, as in a cluster without one.
    private func noAdapter(_ metric: MetricSpec) -> MetricFailure {
        let (reason, sort, message): (String, String, String) =
            switch metric.type {
            case "Pods":
                (
                    "FailedGetPodsMetric", "pods",
                    "unable to get metric \(metric.pods?.metric.name ?? ""): unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
                )
            case "Object":
                (
                    "FailedGetObjectMetric", "object",
                    "unable to get metric \(metric.object?.metric.name ?? ""): unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
                )
            default:
                (
                    "FailedGetExternalMetric", "external",
                    "unable to get external metric \(metric.external?.metric.name ?? ""): unable to fetch metrics from external metrics API: the server could not find the requested resource"
                )
            }
        return MetricFailure(reason: reason, message: message, summary: "failed to get \(sort) metric value: \(message)")
    }
}
