// A kubelet's configuration as durations and numbers.

import KubernetesAPI
import SimulationKit

/// The configuration in the form in which kubelets use it: durations and numbers, defaults filled in.
struct KubeletSettings: Sendable {
    var maxPods = 110
    /// Pulls at once; nil: no limit.
    var pullLimit: Int?
    var leaseRenewal = Duration.seconds(10)
    var statusReport = Duration.minutes(5)
    var pressureTransition = Duration.minutes(5)
    /// Nil: memory is never evicted for.
    var memoryThreshold: Threshold?
    var nodefsThreshold: Threshold?
    var reserved = Resources()
    /// Whether the configuration itself takes something off what pods may use.
    var hasReservations = false
    var crashInitial = Duration.seconds(10)
    var crashMaximum = Duration.seconds(300)
    var staticCPUs = false
    var staticMemory = false
    /// Version and gates of this kubelet.
    var profile = KubernetesProfile.default
    var apiQPS = 50
    var apiBurst = 100
    var eventQPS = 50
    var eventBurst = 100
    var registryQPS = 5
    var registryBurst = 10
    var imageMinimumAge = Duration.minutes(2)
    /// Nil: images stay as long as there is room.
    var imageMaximumAge: Duration?
    var imageHighPercent = 85
    var imageLowPercent = 80
    var memory = MemoryProtection()
    var isEvented = false
    var hearsEnds = false
    /// Bytes beyond which a container's log file is rotated, and how many files of it there are at most.
    var logMaxSize: Int64 = 10 << 20
    var logMaxFiles = 5
    var logMonitorInterval = Duration.seconds(10)
    /// Burstable pods may use swap (`LimitedSwap`).
    var swapsMemory = false

    /// An amount, or a share of the capacity.
    enum Threshold: Sendable, Equatable {
        case amount(Quantity)
        case percent(Double)
        func value(of capacity: Int64) -> Int64 {
            switch self {
            case .amount(let quantity): quantity.value
            case .percent(let share): Int64(saturating: (Double(capacity) * share / 100).rounded(.towardZero))
            }
        }
        /// Reads `100Mi` or `10%`.
        init?(_ text: String) {
            if text.hasSuffix("%") {
                // All or nothing of the capacity means no threshold.
                guard let share = Double(text.dropLast()), share > 0, share < 100 else { return nil }
                self = .percent(share)
            } else {
                guard let quantity = Quantity(text) else { return nil }
                self = .amount(quantity)
            }
        }
    }
}

extension KubeletSettings {
    /// - Parameter cluster: the cluster's gates, over which the document's own go.
    init(_ configuration: KubeletConfiguration, profile cluster: KubernetesProfile) {
        let profile = (try? configuration.profile(cluster)) ?? cluster
        self.profile = profile
        // 0 of a field that is no pointer in Kubernetes is the same as leaving it out, as kubeadm writes it.
        func stated(_ value: Int?) -> Int? { value == 0 ? nil : value }
        func stated(_ time: GoDuration?) -> Duration? { time?.value == .zero ? nil : time?.value }
        maxPods = stated(configuration.maxPods) ?? 110
        let parallel = profile.hasMaxParallelImagePulls ? configuration.maxParallelImagePulls : nil
        let isSerial =
            configuration.serializeImagePulls ?? profile.serializesImagePulls(maxParallelImagePulls: parallel)
        pullLimit = isSerial ? 1 : parallel
        leaseRenewal = .seconds(stated(configuration.nodeLeaseDurationSeconds) ?? 40) / 4
        statusReport = stated(configuration.nodeStatusReportFrequency) ?? .minutes(5)
        pressureTransition = stated(configuration.evictionPressureTransitionPeriod) ?? .minutes(5)
        let hard = configuration.evictionHard
        // A threshold of one's own turns the other defaults off, unless they are to be merged.
        let keepsDefaults =
            hard.isEmpty
            || profile.hasMergeDefaultEvictionSettings && configuration.mergeDefaultEvictionSettings == true
        memoryThreshold = (hard["memory.available"] ?? (keepsDefaults ? "100Mi" : nil)).flatMap(
            Threshold.init)
        nodefsThreshold = (hard["nodefs.available"] ?? (keepsDefaults ? "10%" : nil)).flatMap(Threshold.init)
        for list in [configuration.kubeReserved, configuration.systemReserved] {
            for (name, text) in list.entries {
                guard let quantity = Quantity(text) else { continue }
                reserved[name] = reserved[name].saturatingAdd(name == "cpu" ? quantity.milliValue : quantity.value)
            }
        }
        hasReservations =
            !(hard.isEmpty && configuration.kubeReserved.isEmpty && configuration.systemReserved.isEmpty)
        if profile.isEnabled(.reduceDefaultCrashLoopBackOffDecay) {
            (crashInitial, crashMaximum) = (.seconds(1), .seconds(60))
        }
        if let longest = configuration.crashLoopBackOff?.maxContainerRestartPeriod?.value {
            crashMaximum = longest
            crashInitial = min(crashInitial, longest)
        }
        staticCPUs = configuration.cpuManagerPolicy == "static"
        staticMemory = configuration.memoryManagerPolicy == "Static"
        // A rate of zero means the client's own 5 for requests; for events no limit, or, up to 1.36, the default.
        apiQPS = configuration.kubeAPIQPS ?? profile.kubeAPIQPS
        apiBurst = stated(configuration.kubeAPIBurst) ?? profile.kubeAPIBurst
        if apiQPS == 0 { apiQPS = 5 }
        eventQPS = configuration.eventRecordQPS ?? profile.eventRecordQPS
        if eventQPS == 0, !profile.has(.unlimitedEvents) { eventQPS = profile.eventRecordQPS }
        eventBurst = stated(configuration.eventBurst) ?? profile.eventRecordBurst
        registryQPS = configuration.registryPullQPS ?? profile.registryPullQPS
        registryBurst = stated(configuration.registryBurst) ?? profile.registryPullBurst
        imageMinimumAge = stated(configuration.imageMinimumGCAge) ?? .minutes(2)
        if let age = configuration.imageMaximumGCAge?.value, age > .zero, profile.isEnabled(.imageMaximumGCAge) {
            imageMaximumAge = age
        }
        imageHighPercent = configuration.imageGCHighThresholdPercent ?? 85
        imageLowPercent = configuration.imageGCLowThresholdPercent ?? 80
        memory.isEnabled = profile.isEnabled(.memoryQoS)
        memory.factor = configuration.memoryThrottlingFactor ?? profile.memoryThrottlingFactor
        memory.formula = profile.memoryHighFormula
        memory.coversBestEffort = profile.memoryHighOfBestEffort
        if profile.hasMemoryReservationPolicy {
            memory.policy = configuration.memoryReservationPolicy == "TieredReservation" ? .tiered : .none
        }
        if let size = Quantity(configuration.containerLogMaxSize)?.value, size > 0 { logMaxSize = size }
        logMonitorInterval = configuration.containerLogMonitorInterval?.value ?? .seconds(10)
        logMaxFiles = stated(configuration.containerLogMaxFiles) ?? 5
        isEvented = profile.isEnabled(.eventedPLEG) && !profile.has(.eventedPLEGOnDemand)
        hearsEnds = profile.isEnabled(.eventedPLEG)
        if profile.isEnabled(.nodeSwap), case .object(let swap) = configuration.memorySwap {
            swapsMemory = swap["swapBehavior"] == "LimitedSwap"
        }
    }
}
