// The plugins of each profile with their weights, as a configuration turns them on and off.

import KubernetesAPI

extension SchedulingProfile {
    /// The profiles of a configuration; the default one if it has none.
    static func all(_ configuration: SchedulerConfiguration, _ profile: KubernetesProfile)
        -> [SchedulingProfile]
    {
        let written = configuration.profiles.isEmpty ? [SchedulerProfile()] : configuration.profiles
        return written.map { SchedulingProfile($0, configuration, profile) }
    }

    init(_ written: SchedulerProfile, _ configuration: SchedulerConfiguration, _ profile: KubernetesProfile) {
        self.init(profile)
        name = written.schedulerName ?? "default-scheduler"
        percentageOfNodesToScore =
            written.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore ?? 0
        let catalog = PluginCatalog.plugins(profile)
        func resolve(_ point: ExtensionPoints, _ own: SchedulerPluginSet?) -> [(plugin: Plugin, weight: Int)] {
            let multi = written.plugins?.multiPoint ?? SchedulerPluginSet()
            let own = own ?? SchedulerPluginSet()
            func isDisabled(_ plugin: Plugin, _ set: SchedulerPluginSet) -> Bool {
                set.disabled.contains { $0.name == "*" || $0.name == plugin.name.rawValue }
            }
            func named(_ entry: SchedulerPlugin) -> Plugin? {
                catalog.first { $0.name.rawValue == entry.name && $0.points.contains(point) }
            }
            var result: [(plugin: Plugin, weight: Int)] = []
            func add(_ plugin: Plugin, _ weight: Int?) {
                guard !result.contains(where: { $0.plugin.name == plugin.name }) else { return }
                result.append((plugin, weight ?? plugin.weight))
            }
            // What is enabled at the point itself comes first and decides the weight; then the defaults.
            for entry in own.enabled where !multi.enabled.contains(where: { $0.name == entry.name }) {
                guard let plugin = named(entry) else { continue }
                // A default plugin that is merely given another weight keeps its place.
                if isDisabled(plugin, own) || isDisabled(plugin, multi) { add(plugin, entry.weight) }
            }
            for plugin in catalog where plugin.points.contains(point) {
                if let entry = own.enabled.first(where: { $0.name == plugin.name.rawValue }) {
                    add(plugin, entry.weight)
                } else if isDisabled(plugin, own) {
                    continue
                } else if let entry = multi.enabled.first(where: { $0.name == plugin.name.rawValue }) {
                    add(plugin, entry.weight)
                } else if !isDisabled(plugin, multi) {
                    add(plugin, nil)
                }
            }
            return result
        }
        preEnqueue = Set(resolve(.preEnqueue, written.plugins?.preEnqueue).map(\.plugin.name))
        filters = resolve(.filter, written.plugins?.filter).map(\.plugin)
        scores = resolve(.score, written.plugins?.score)
        weighScores()
        postFilters = resolve(.postFilter, written.plugins?.postFilter).map(\.plugin.name)
        for config in written.pluginConfig { apply(config) }
    }

    /// Takes in the arguments of one plugin.
    private mutating func apply(_ config: SchedulerPluginConfig) {
        var decoder = APIDecoder()
        let args = config.args ?? [:]
        switch PluginName(rawValue: config.name) {
        case .podTopologySpread:
            if let spread = PodTopologySpreadArgs.decode(args, &decoder), spread.defaultingType == "List" {
                spreadDefaults = spread.defaultConstraints
            }
        case .interPodAffinity:
            if let affinity = InterPodAffinityArgs.decode(args, &decoder) {
                hardPodAffinityWeight = affinity.hardPodAffinityWeight ?? 1
                ignoresPreferredTermsOfExistingPods = affinity.ignorePreferredTermsOfExistingPods
            }
        case .volumeBinding:
            if let binding = VolumeBindingArgs.decode(args, &decoder), !binding.shape.isEmpty, storageShape != nil {
                storageShape = UtilizationShape(binding.shape)
            }
        case .nodeResourcesFit:
            if let args = NodeResourcesFitArgs.decode(args, &decoder) {
                fit = FitStrategy(args.scoringStrategy)
                (ignoredResources, ignoredResourceGroups) = (Set(args.ignoredResources), Set(args.ignoredResourceGroups))
            }
        case .nodeResourcesBalancedAllocation:
            if let balanced = NodeResourcesBalancedAllocationArgs.decode(args, &decoder), !balanced.resources.isEmpty {
                balancedResources = balanced.resources.map(\.name)
            }
        case .nodeAffinity: addedAffinity = NodeAffinityArgs.decode(args, &decoder)?.addedAffinity
        case .defaultPreemption:
            if let preemption = DefaultPreemptionArgs.decode(args, &decoder) {
                minCandidateNodesPercentage = preemption.minCandidateNodesPercentage ?? 10
                minCandidateNodesAbsolute = preemption.minCandidateNodesAbsolute ?? 100
            }
        default: break
        }
    }
}
