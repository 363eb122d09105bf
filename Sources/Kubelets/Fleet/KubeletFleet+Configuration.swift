// Which kubelet has which configuration and feature gates, and changing them while pods run.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// A configuration and what follows from it, shared by the nodes that have it.
struct KubeletSetup: Sendable {
    let configuration: KubeletConfiguration
    let settings: KubeletSettings
    let rows: [KubeletSetting]

    init(_ configuration: KubeletConfiguration, profile: KubernetesProfile) {
        self.configuration = configuration
        settings = KubeletSettings(configuration, profile: profile)
        rows = settings.rows(configuration)
    }
}

extension KubeletFleet {
    /// Takes other feature gates, as kubelets that are started again with them; containers go on.
    public mutating func restart(with profile: KubernetesProfile) {
        host.profile = profile
        // What the nodes declare may change with it.
        for index in host.reportDue.indices where host.reportDue[index] != .distantFuture { host.reportDue[index] = .start }
        for index in host.setups.indices { host.setups[index] = KubeletSetup(host.setups[index].configuration, profile: profile) }
    }

    /// The configuration of `node`'s kubelet: all documents that are for it, later ones over earlier ones, and what
    /// was changed since; nil if the kubelet has not started yet.
    public func configuration(node name: String) -> KubeletConfiguration? {
        kubelet(of: name).map { host.setups[$0.setup].configuration }
    }

    /// The position of the configuration for a node with `labels`: made if no node had the like before.
    mutating func setup(for labels: StringMap<String>) -> Int {
        let special = documents.filter { !$0.isForAllNodes && ($0.nodeSelector?.matches(labels) ?? false) }
        if special.isEmpty { return 0 }
        return setup(special.reduce(host.setups[0].configuration) { $0.applying($1.jsonObject) ?? $0 })
    }
    private mutating func setup(_ configuration: KubeletConfiguration) -> Int {
        let json = configuration.jsonObject
        if let known = host.setups.firstIndex(where: { $0.configuration.jsonObject == json }) { return known }
        host.setups.append(KubeletSetup(configuration, profile: profile))
        return host.setups.count - 1
    }

    /// Changes fields of the configuration of some kubelets. What starts from now on follows it: pulls that wait begin
    /// if there is room, token buckets are full anew; running containers keep the cgroups that they have.
    ///
    /// - Parameters:
    ///   - selected: names of nodes whose kubelets are changed.
    ///   - fields: what is to be different, in the document's own form; null gives a field its default back.
    /// - Returns: what is wrong, in the kubelet's words, if anything: then nothing is changed.
    public mutating func configure(
        _ selected: [String], _ fields: JSONObject, in cluster: inout Cluster
    ) -> [String] {
        var changes: [(node: Int, setup: KubeletConfiguration)] = []
        // Few configurations, many nodes: each is worked out once.
        var worked: [Int: KubeletConfiguration] = [:]
        for name in selected {
            guard let index = nodeIndex[name], let setup = nodes[index]?.setup else { continue }
            if let known = worked[setup] {
                changes.append((index, known))
            } else {
                var decoder = APIDecoder()
                let document = host.setups[setup].configuration.merged(with: fields)
                let new = KubeletConfiguration.decode(.object(document), &decoder)
                if !decoder.problems.isEmpty { return decoder.problems.map { "\($0.path): \($0.message)" } }
                guard let new else { return ["KubeletConfiguration: not an object"] }
                let errors = new.validate(profile: profile)
                if !errors.isEmpty { return errors }
                worked[setup] = new
                changes.append((index, new))
            }
        }
        for (index, configuration) in changes {
            let setup = setup(configuration)
            nodes[index]?.adopt(setup, &host, &cluster)
        }
        return []
    }
}

extension Kubelet {
    // Differs from Kubernetes: a kubelet takes a changed configuration without a restart of its own; pulls, back-offs
    // and waits that are under way go on.
    fileprivate mutating func adopt(_ setup: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if self.setup == setup { return }
        let now = cluster.now
        self.setup = setup
        host.reportDue[index] = .start
        let settings = settings(host)
        images.limit = settings.pullLimit
        images.registry = TokenBucket(qps: settings.registryQPS, burst: settings.registryBurst)
        api.main = TokenBucket(qps: settings.apiQPS, burst: settings.apiBurst)
        api.events = TokenBucket(qps: settings.eventQPS, burst: settings.eventBurst)
        pleg.settle(at: now, items: plegItems, host.latencies)
        (pleg.isEvented, pleg.hearsEnds) = (settings.isEvented, settings.hearsEnds)
        if let node = cluster.store.nodes[ObjectKey(name: name)] {
            if !isFailed { tell("Starting", "Starting kubelet.", node, &host, &cluster) }
            readResources(node, settings)
        }
        advancePulls(now, &host)
        watchPressure(now, &host)
        watchImages(now, &host)
    }
}

extension KubeletConfiguration {
    var isForAllNodes: Bool { nodeSelector == LabelSelector() }
    /// With the fields of `other` over it; nil if the two together cannot be read.
    func applying(_ other: JSONObject) -> KubeletConfiguration? {
        var over = other
        over["metadata"] = nil
        var decoder = APIDecoder()
        return KubeletConfiguration.decode(.object(merged(with: over)), &decoder)
    }
}

extension KubeletSettings {
    /// What is in force, in words, by field.
    func rows(_ document: KubeletConfiguration) -> [KubeletSetting] {
        let stated = document.jsonObject
        var rows: [KubeletSetting] = []
        func add(_ field: String, _ value: String) {
            rows.append(.init(field: field, value: value, isDefault: stated[field] == nil))
        }
        func rate(_ value: Int) -> String { value == 0 ? "no limit" : "\(value)" }
        add("serializeImagePulls", pullLimit == 1 && document.maxParallelImagePulls != 1 ? "true" : document.serializeImagePulls == true ? "true" : "false")
        if profile.hasMaxParallelImagePulls { add("maxParallelImagePulls", document.maxParallelImagePulls.map { "\($0)" } ?? "unset") }
        add("registryPullQPS", rate(registryQPS))
        add("registryBurst", "\(registryBurst)")
        add("kubeAPIQPS", rate(max(0, apiQPS)))
        add("kubeAPIBurst", "\(apiBurst)")
        add("eventRecordQPS", rate(eventQPS))
        add("eventBurst", "\(eventBurst)")
        add("imageMinimumGCAge", "\(imageMinimumAge)")
        if FeatureGate.imageMaximumGCAge.stage(in: profile.version).isKnown { add("imageMaximumGCAge", imageMaximumAge.map { "\($0)" } ?? "off") }
        add("imageGCHighThresholdPercent", "\(imageHighPercent)")
        add("imageGCLowThresholdPercent", "\(imageLowPercent)")
        add("nodeLeaseDurationSeconds", "\((leaseRenewal * 4).wholeSeconds)")
        add("nodeStatusReportFrequency", "\(statusReport)")
        add("maxPods", "\(maxPods)")
        add(
            "evictionHard",
            document.evictionHard.isEmpty
                ? "memory.available<100Mi, nodefs.available<10%" : document.evictionHard.entries.map { "\($0.key)<\($0.value)" }.joined(separator: ", "))
        add("evictionPressureTransitionPeriod", "\(pressureTransition)")
        add("cpuManagerPolicy", staticCPUs ? "static" : "none")
        add("memoryManagerPolicy", staticMemory ? "Static" : "None")
        func gate(_ gate: FeatureGate) {
            rows.append(
                .init(
                    field: "featureGates.\(gate.name)", value: profile.isEnabled(gate) ? "true" : "false",
                    isDefault: profile.isEnabled(gate) == gate.isOnByDefault(in: profile.version)))
        }
        if FeatureGate.eventedPLEG.stage(in: profile.version).isKnown { gate(.eventedPLEG) }
        gate(.memoryQoS)
        add("memoryThrottlingFactor", memory.factor.map { "\($0)" } ?? "none")
        if profile.hasMemoryReservationPolicy { add("memoryReservationPolicy", memory.policy == .tiered ? "TieredReservation" : "None") }
        return rows
    }
}
