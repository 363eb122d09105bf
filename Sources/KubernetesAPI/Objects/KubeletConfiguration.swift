import SimulationKit

/// The configuration of a kubelet: `kubelet.config.k8s.io/v1beta1`, `KubeletConfiguration`.
///
/// All fields that real files commonly set are known; those that the simulation does not act on say so.
/// An absent field has the default of the version, see ``KubernetesProfile``.
/// - Source: Kubernetes v1.36.2 `staging/src/k8s.io/kubelet/config/v1beta1/types.go`.
public struct KubeletConfiguration: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    /// Ours, not the kubelet's: which nodes the document is for. See ``nodeSelector``.
    public var metadata = ObjectMeta()
    public var enableServer: Bool?
    public var staticPodPath = ""
    public var podLogsDir = ""
    public var syncFrequency: GoDuration?
    public var fileCheckFrequency: GoDuration?
    public var httpCheckFrequency: GoDuration?
    public var staticPodURL = ""
    public var staticPodURLHeader: JSONValue?
    public var address = ""
    public var port: Int?
    public var readOnlyPort: Int?
    public var tlsCertFile = ""
    public var tlsPrivateKeyFile = ""
    public var tlsCipherSuites: [String] = []
    public var tlsMinVersion = ""
    public var tlsCurvePreferences: JSONValue?
    public var rotateCertificates: Bool?
    public var serverTLSBootstrap: Bool?
    public var authentication: JSONValue?
    public var authorization: JSONValue?
    public var registryPullQPS: Int?
    public var registryBurst: Int?
    public var imagePullCredentialsVerificationPolicy = ""
    public var preloadedImagesVerificationAllowlist: [String] = []
    public var eventRecordQPS: Int?
    public var eventBurst: Int?
    public var enableDebuggingHandlers: Bool?
    public var enableContentionProfiling: Bool?
    public var healthzPort: Int?
    public var healthzBindAddress = ""
    public var oomScoreAdj: Int?
    public var clusterDomain = ""
    public var clusterDNS: [String] = []
    public var streamingConnectionIdleTimeout: GoDuration?
    public var nodeStatusUpdateFrequency: GoDuration?
    public var nodeStatusReportFrequency: GoDuration?
    public var nodeLeaseDurationSeconds: Int?
    public var imageMinimumGCAge: GoDuration?
    public var imageMaximumGCAge: GoDuration?
    public var imageGCHighThresholdPercent: Int?
    public var imageGCLowThresholdPercent: Int?
    public var volumeStatsAggPeriod: GoDuration?
    public var kubeletCgroups = ""
    public var systemCgroups = ""
    public var cgroupRoot = ""
    public var cgroupsPerQOS: Bool?
    public var cgroupDriver = ""
    public var cpuManagerPolicy = ""
    public var singleProcessOOMKill: Bool?
    public var cpuManagerPolicyOptions: JSONValue?
    public var cpuManagerReconcilePeriod: GoDuration?
    public var memoryManagerPolicy = ""
    public var topologyManagerPolicy = ""
    public var topologyManagerScope = ""
    public var topologyManagerPolicyOptions: JSONValue?
    public var qosReserved: JSONValue?
    public var runtimeRequestTimeout: GoDuration?
    public var hairpinMode = ""
    public var maxPods: Int?
    public var podCIDR = ""
    public var podPidsLimit: Int?
    public var resolvConf: String?
    public var runOnce: Bool?
    public var cpuCFSQuota: Bool?
    public var cpuCFSQuotaPeriod: GoDuration?
    public var nodeStatusMaxImages: Int?
    public var maxOpenFiles: Int?
    public var contentType = ""
    public var kubeAPIQPS: Int?
    public var kubeAPIBurst: Int?
    public var serializeImagePulls: Bool?
    public var maxParallelImagePulls: Int?
    public var evictionHard: StringMap<String> = [:]
    public var evictionSoft: StringMap<String> = [:]
    public var evictionSoftGracePeriod: StringMap<String> = [:]
    public var evictionPressureTransitionPeriod: GoDuration?
    public var evictionMaxPodGracePeriod: Int?
    public var evictionMinimumReclaim: StringMap<String> = [:]
    public var mergeDefaultEvictionSettings: Bool?
    public var podsPerCore: Int?
    public var enableControllerAttachDetach: Bool?
    public var protectKernelDefaults: Bool?
    public var makeIPTablesUtilChains: Bool?
    public var iptablesMasqueradeBit: Int?
    public var iptablesDropBit: Int?
    public var featureGates: JSONValue?
    public var failSwapOn: Bool?
    public var memorySwap: JSONValue?
    public var containerLogMaxSize = ""
    public var containerLogMaxFiles: Int?
    public var containerLogMaxWorkers: Int?
    public var containerLogMonitorInterval: GoDuration?
    public var configMapAndSecretChangeDetectionStrategy = ""
    public var systemReserved: StringMap<String> = [:]
    public var kubeReserved: StringMap<String> = [:]
    public var reservedSystemCPUs = ""
    public var showHiddenMetricsForVersion = ""
    public var systemReservedCgroup = ""
    public var kubeReservedCgroup = ""
    public var enforceNodeAllocatable: [String] = []
    public var allowedUnsafeSysctls: [String] = []
    public var volumePluginDir = ""
    public var providerID = ""
    public var kernelMemcgNotification: Bool?
    public var logging: JSONValue?
    public var enableSystemLogHandler: Bool?
    public var enableSystemLogQuery: Bool?
    public var shutdownGracePeriod: GoDuration?
    public var shutdownGracePeriodCriticalPods: GoDuration?
    public var shutdownGracePeriodByPodPriority: JSONValue?
    public var crashLoopBackOff: CrashLoopBackOffConfig?
    public var reservedMemory: JSONValue?
    public var enableProfilingHandler: Bool?
    public var enableDebugFlagsHandler: Bool?
    public var seccompDefault: Bool?
    public var memoryThrottlingFactor: Double?
    public var memoryReservationPolicy = ""
    public var registerWithTaints: JSONValue?
    public var registerNode: Bool?
    public var tracing: JSONValue?
    public var localStorageCapacityIsolation: Bool?
    public var containerRuntimeEndpoint = ""
    public var imageServiceEndpoint = ""
    public var failCgroupV1: Bool?
    public var userNamespaces: JSONValue?

    public init() {}
    public static let summary = "How a kubelet works: limits, reservations, thresholds."
    public static let fields: Fields<KubeletConfiguration> = [
        .f("apiVersion", \.apiVersion, "kubelet.config.k8s.io/v1beta1."),
        .f("kind", \.kind, "KubeletConfiguration."),
        .f(
            "metadata", \.metadata,
            "Not part of a kubelet's own file. The annotation evenkeel.dev/node-selector says which nodes the document is for; default all."),
        .f("enableServer", \.enableServer, "Kept, not acted on."),
        .f("staticPodPath", \.staticPodPath, "Kept, not acted on."),
        .f("podLogsDir", \.podLogsDir, "Kept, not acted on."),
        .f("syncFrequency", \.syncFrequency, "Kept, not acted on."),
        .f("fileCheckFrequency", \.fileCheckFrequency, "Kept, not acted on."),
        .f("httpCheckFrequency", \.httpCheckFrequency, "Kept, not acted on."),
        .f("staticPodURL", \.staticPodURL, "Kept, not acted on."),
        .f("staticPodURLHeader", \.staticPodURLHeader, "Kept, not acted on."),
        .f("address", \.address, "Kept, not acted on."),
        .f("port", \.port, "Kept, not acted on."),
        .f("readOnlyPort", \.readOnlyPort, "Kept, not acted on."),
        .f("tlsCertFile", \.tlsCertFile, "Kept, not acted on."),
        .f("tlsPrivateKeyFile", \.tlsPrivateKeyFile, "Kept, not acted on."),
        .f("tlsCipherSuites", \.tlsCipherSuites, "Kept, not acted on."),
        .f("tlsMinVersion", \.tlsMinVersion, "Kept, not acted on."),
        .f("tlsCurvePreferences", \.tlsCurvePreferences, "Kept, not acted on."),
        .f("rotateCertificates", \.rotateCertificates, "Kept, not acted on."),
        .f("serverTLSBootstrap", \.serverTLSBootstrap, "Kept, not acted on."),
        .f("authentication", \.authentication, "Kept, not acted on."),
        .f("authorization", \.authorization, "Kept, not acted on."),
        .f("registryPullQPS", \.registryPullQPS, "Image pulls that may begin in a second; 0: no limit. One too many fails. Default 5."),
        .f("registryBurst", \.registryBurst, "Image pulls that may begin at once. Default 10."),
        .f("imagePullCredentialsVerificationPolicy", \.imagePullCredentialsVerificationPolicy, "Kept, not acted on."),
        .f("preloadedImagesVerificationAllowlist", \.preloadedImagesVerificationAllowlist, "Kept, not acted on."),
        .f("eventRecordQPS", \.eventRecordQPS, "Events a second; 0: no limit. Default 50, before 1.27 5."),
        .f("eventBurst", \.eventBurst, "Events that may go out at once. Default 100, before 1.27 10."),
        .f("enableDebuggingHandlers", \.enableDebuggingHandlers, "Kept, not acted on."),
        .f("enableContentionProfiling", \.enableContentionProfiling, "Kept, not acted on."),
        .f("healthzPort", \.healthzPort, "Kept, not acted on."),
        .f("healthzBindAddress", \.healthzBindAddress, "Kept, not acted on."),
        .f("oomScoreAdj", \.oomScoreAdj, "Kept, not acted on."),
        .f("clusterDomain", \.clusterDomain, "Kept, not acted on."),
        .f("clusterDNS", \.clusterDNS, "Kept, not acted on."),
        .f("streamingConnectionIdleTimeout", \.streamingConnectionIdleTimeout, "Kept, not acted on."),
        .f("nodeStatusUpdateFrequency", \.nodeStatusUpdateFrequency, "How often the node's status is computed. Default 10s. Kept, not acted on."),
        .f("nodeStatusReportFrequency", \.nodeStatusReportFrequency, "How often an unchanged status is written. Default 5m."),
        .f("nodeLeaseDurationSeconds", \.nodeLeaseDurationSeconds, "Life of the node's lease, renewed each quarter of it. Default 40."),
        .f("imageMinimumGCAge", \.imageMinimumGCAge, "How long an image stays at least when the disk is full. Default 2m."),
        .f("imageMaximumGCAge", \.imageMaximumGCAge, "How long an unused image stays at most; 0: as long as there is room. Default 0. From 1.29 on."),
        .f("imageGCHighThresholdPercent", \.imageGCHighThresholdPercent, "Share of the disk at which unused images are deleted. Default 85."),
        .f("imageGCLowThresholdPercent", \.imageGCLowThresholdPercent, "Share of the disk down to which they are deleted. Default 80."),
        .f("volumeStatsAggPeriod", \.volumeStatsAggPeriod, "Kept, not acted on."),
        .f("kubeletCgroups", \.kubeletCgroups, "Kept, not acted on."),
        .f("systemCgroups", \.systemCgroups, "Kept, not acted on."),
        .f("cgroupRoot", \.cgroupRoot, "Kept, not acted on."),
        .f("cgroupsPerQOS", \.cgroupsPerQOS, "Kept, not acted on."),
        .f("cgroupDriver", \.cgroupDriver, "Kept, not acted on."),
        .f("cpuManagerPolicy", \.cpuManagerPolicy, "none (default) or static: Guaranteed pods then get CPUs of their own and cannot be resized."),
        .f("singleProcessOOMKill", \.singleProcessOOMKill, "Kept, not acted on."),
        .f("cpuManagerPolicyOptions", \.cpuManagerPolicyOptions, "Kept, not acted on."),
        .f("cpuManagerReconcilePeriod", \.cpuManagerReconcilePeriod, "Kept, not acted on."),
        .f("memoryManagerPolicy", \.memoryManagerPolicy, "None (default) or Static: Guaranteed pods then cannot be resized in memory."),
        .f("topologyManagerPolicy", \.topologyManagerPolicy, "Kept, not acted on."),
        .f("topologyManagerScope", \.topologyManagerScope, "Kept, not acted on."),
        .f("topologyManagerPolicyOptions", \.topologyManagerPolicyOptions, "Kept, not acted on."),
        .f("qosReserved", \.qosReserved, "Kept, not acted on."),
        .f("runtimeRequestTimeout", \.runtimeRequestTimeout, "Kept, not acted on."),
        .f("hairpinMode", \.hairpinMode, "Kept, not acted on."),
        .f("maxPods", \.maxPods, "Pods that the node takes. Default 110."),
        .f("podCIDR", \.podCIDR, "Kept, not acted on."),
        .f("podPidsLimit", \.podPidsLimit, "Kept, not acted on.", bits: 64),
        .f("resolvConf", \.resolvConf, "Kept, not acted on."),
        .f("runOnce", \.runOnce, "Kept, not acted on."),
        .f("cpuCFSQuota", \.cpuCFSQuota, "Kept, not acted on."),
        .f("cpuCFSQuotaPeriod", \.cpuCFSQuotaPeriod, "Kept, not acted on."),
        .f("nodeStatusMaxImages", \.nodeStatusMaxImages, "Kept, not acted on."),
        .f("maxOpenFiles", \.maxOpenFiles, "Kept, not acted on.", bits: 64),
        .f("contentType", \.contentType, "Kept, not acted on."),
        .f("kubeAPIQPS", \.kubeAPIQPS, "Requests a second to the API server, but for events and heartbeats. Default 50, before 1.27 5."),
        .f("kubeAPIBurst", \.kubeAPIBurst, "Requests that may go out at once. Default 100, before 1.27 10."),
        .f("serializeImagePulls", \.serializeImagePulls, "One pull at a time. Default true, but false if maxParallelImagePulls is 2 or more."),
        .f("maxParallelImagePulls", \.maxParallelImagePulls, "Pulls at once when they are not serialized; absent: no limit. From 1.27 on."),
        .f("evictionHard", \.evictionHard, "Thresholds such as memory.available: 100Mi at which pods are evicted at once; memory is acted on."),
        .f("evictionSoft", \.evictionSoft, "Kept, not acted on."),
        .f("evictionSoftGracePeriod", \.evictionSoftGracePeriod, "Kept, not acted on."),
        .f(
            "evictionPressureTransitionPeriod", \.evictionPressureTransitionPeriod,
            "How long a pressure condition stays after the pressure has gone. Default 5m."),
        .f("evictionMaxPodGracePeriod", \.evictionMaxPodGracePeriod, "Kept, not acted on."),
        .f("evictionMinimumReclaim", \.evictionMinimumReclaim, "Kept, not acted on."),
        .f(
            "mergeDefaultEvictionSettings", \.mergeDefaultEvictionSettings,
            "Whether thresholds that evictionHard leaves out keep their defaults, instead of being off. From 1.36 on."),
        .f("podsPerCore", \.podsPerCore, "Pods per core that the node takes at most. Kept, not acted on."),
        .f("enableControllerAttachDetach", \.enableControllerAttachDetach, "Kept, not acted on."),
        .f("protectKernelDefaults", \.protectKernelDefaults, "Kept, not acted on."),
        .f("makeIPTablesUtilChains", \.makeIPTablesUtilChains, "Kept, not acted on."),
        .f("iptablesMasqueradeBit", \.iptablesMasqueradeBit, "Kept, not acted on."),
        .f("iptablesDropBit", \.iptablesDropBit, "Kept, not acted on."),
        .f("featureGates", \.featureGates, "Feature gates by name, over the cluster's; what pods may be resized to is decided by the cluster's."),
        .f("failSwapOn", \.failSwapOn, "Kept, not acted on."),
        .f("memorySwap", \.memorySwap, "Kept, not acted on."),
        .f("containerLogMaxSize", \.containerLogMaxSize, "Size beyond which a container's log file is rotated; default 10Mi."),
        .f("containerLogMaxFiles", \.containerLogMaxFiles, "How many log files a container has at most; default 5."),
        .f("containerLogMaxWorkers", \.containerLogMaxWorkers, "Kept, not acted on."),
        .f("containerLogMonitorInterval", \.containerLogMonitorInterval, "How often it is looked how large log files are, 3s or more; default 10s."),
        .f("configMapAndSecretChangeDetectionStrategy", \.configMapAndSecretChangeDetectionStrategy, "Kept, not acted on."),
        .f("systemReserved", \.systemReserved, "Resources kept for the operating system: taken off what pods may use."),
        .f("kubeReserved", \.kubeReserved, "Resources kept for Kubernetes itself: taken off what pods may use."),
        .f("reservedSystemCPUs", \.reservedSystemCPUs, "Kept, not acted on."),
        .f("showHiddenMetricsForVersion", \.showHiddenMetricsForVersion, "Kept, not acted on."),
        .f("systemReservedCgroup", \.systemReservedCgroup, "Kept, not acted on."),
        .f("kubeReservedCgroup", \.kubeReservedCgroup, "Kept, not acted on."),
        .f("enforceNodeAllocatable", \.enforceNodeAllocatable, "Kept, not acted on."),
        .f("allowedUnsafeSysctls", \.allowedUnsafeSysctls, "Kept, not acted on."),
        .f("volumePluginDir", \.volumePluginDir, "Kept, not acted on."),
        .f("providerID", \.providerID, "Kept, not acted on."),
        .f("kernelMemcgNotification", \.kernelMemcgNotification, "Kept, not acted on."),
        .f("logging", \.logging, "Kept, not acted on."),
        .f("enableSystemLogHandler", \.enableSystemLogHandler, "Kept, not acted on."),
        .f("enableSystemLogQuery", \.enableSystemLogQuery, "Kept, not acted on."),
        .f("shutdownGracePeriod", \.shutdownGracePeriod, "Kept, not acted on."),
        .f("shutdownGracePeriodCriticalPods", \.shutdownGracePeriodCriticalPods, "Kept, not acted on."),
        .f("shutdownGracePeriodByPodPriority", \.shutdownGracePeriodByPodPriority, "Kept, not acted on."),
        .f("crashLoopBackOff", \.crashLoopBackOff, "Bounds of the pause between restarts of a crashing container."),
        .f("reservedMemory", \.reservedMemory, "Kept, not acted on."),
        .f("enableProfilingHandler", \.enableProfilingHandler, "Kept, not acted on."),
        .f("enableDebugFlagsHandler", \.enableDebugFlagsHandler, "Kept, not acted on."),
        .f("seccompDefault", \.seccompDefault, "Kept, not acted on."),
        .f(
            "memoryThrottlingFactor", \.memoryThrottlingFactor,
            "For the gate MemoryQoS: where between request and limit memory.high lies. Default none from 1.37 on, 0.9 from 1.27, 0.8 before."),
        .f(
            "memoryReservationPolicy", \.memoryReservationPolicy,
            "For the gate MemoryQoS: None (default) protects no memory, TieredReservation what is requested. From 1.36 on."),
        .f("registerWithTaints", \.registerWithTaints, "Kept, not acted on."),
        .f("registerNode", \.registerNode, "Kept, not acted on."),
        .f("tracing", \.tracing, "Kept, not acted on."),
        .f("localStorageCapacityIsolation", \.localStorageCapacityIsolation, "Kept, not acted on."),
        .f("containerRuntimeEndpoint", \.containerRuntimeEndpoint, "Kept, not acted on."),
        .f("imageServiceEndpoint", \.imageServiceEndpoint, "Kept, not acted on."),
        .f("failCgroupV1", \.failCgroupV1, "Kept, not acted on."),
        .f("userNamespaces", \.userNamespaces, "Kept, not acted on."),
    ]
}

/// Bounds of the pause between restarts of a crashing container.
public struct CrashLoopBackOffConfig: APIStruct {
    public var maxContainerRestartPeriod: GoDuration?
    public init() {}
    public static let summary = "Bounds of the pause between restarts of a crashing container."
    public static let fields: Fields<CrashLoopBackOffConfig> = [
        .f("maxContainerRestartPeriod", \.maxContainerRestartPeriod, "The longest pause, 1s to 300s. Default 300s.")
    ]
}

/// A length of time as Go writes it: `90s`, `1m30s`.
public struct GoDuration: APIValue, Hashable {
    public var value: Duration
    public init(_ value: Duration) { self.value = value }
    public static var typeName: String { "Duration" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> GoDuration? {
        guard let text = json.string else {
            decoder.expected("a duration such as 1m30s", json)
            return nil
        }
        if let value = Duration(text) { return GoDuration(value) }
        decoder.note(.invalid("\"\(text)\" is not a duration"))
        return nil
    }
    public var json: JSONValue? { .string(value.description) }
}

// MARK: For which nodes, and with which gates

extension KubeletConfiguration {
    /// The annotation that says which nodes a document is for, as `kubectl -l` writes it: `pool=big,disk!=hdd`.
    public static let selectorAnnotation = "evenkeel.dev/node-selector"

    /// The nodes that the document is for: an empty selector, all nodes, without the annotation; nil if it cannot be
    /// read.
    public var nodeSelector: LabelSelector? {
        guard let text = metadata.annotations[Self.selectorAnnotation], !text.isEmpty else { return LabelSelector() }
        return LabelSelector(text: text)
    }

    /// The cluster's gates with those of the document over them.
    /// - Throws: what is wrong with the document's gates.
    public func profile(_ cluster: KubernetesProfile) throws(ProfileError) -> KubernetesProfile {
        guard let gates = featureGates?.object, !gates.members.isEmpty else { return cluster }
        var overrides = cluster.changedGates.map { ($0.name, cluster.isEnabled($0)) }
        for (name, value) in gates.members {
            guard case .bool(let isOn) = value else { throw .invalidValue(name: name, value: value.text()) }
            overrides.append((name, isOn))
        }
        return try KubernetesProfile(version: cluster.version, overrides: overrides)
    }

    /// This configuration with what `other` states over it, as the kubelet takes files of its drop-in directory:
    /// objects are merged, lists and values replaced; null gives a field its default back.
    public func merged(with other: JSONObject) -> JSONObject {
        func merge(_ base: JSONObject, _ over: JSONObject) -> JSONObject {
            var result = base
            for (key, value) in over.members {
                if case .null = value {
                    result[key] = nil
                } else if let new = value.object, let old = result[key]?.object {
                    result[key] = .object(merge(old, new))
                } else {
                    result[key] = value
                }
            }
            return result
        }
        return merge(jsonObject, other)
    }
}
