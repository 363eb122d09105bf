// The settings that the startup lab compares, and its ready-made comparisons.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

extension StartupLab {
    /// What is set on one side.
    public struct Setting: Sendable, Equatable {
        public var serializeImagePulls: Bool
        /// Nil: no limit when pulls are not serialized.
        public var maxParallelImagePulls: Int?
        public var kubeAPIQPS: Int
        public var kubeAPIBurst: Int
        public var eventedPLEG: Bool
        /// Thousandths of a core; nil: none.
        public var cpuLimit: Int64? = 1000
        /// MB a second that one pull gets from the registry.
        public var registryRate: Int
        /// MB a second that all pulls of the node share.
        public var nodeBandwidth: Int

        /// What `base` has.
        public init(_ base: SimulationOptions) {
            let kubelet = base.commonKubelet
            let profile = (try? kubelet.profile(base.profile)) ?? base.profile
            maxParallelImagePulls = profile.hasMaxParallelImagePulls ? kubelet.maxParallelImagePulls : nil
            serializeImagePulls =
                kubelet.serializeImagePulls ?? profile.serializesImagePulls(maxParallelImagePulls: maxParallelImagePulls)
            kubeAPIQPS = kubelet.kubeAPIQPS ?? profile.kubeAPIQPS
            kubeAPIBurst = kubelet.kubeAPIBurst ?? profile.kubeAPIBurst
            eventedPLEG = profile.isEnabled(.eventedPLEG)
            registryRate = max(1, Int(base.latencies.registryRate / 1e6))
            nodeBandwidth = max(1, Int(base.latencies.nodeBandwidth / 1e6))
        }

        var isSerial: Bool { serializeImagePulls || maxParallelImagePulls == 1 }

        func configuration(_ base: SimulationOptions) -> KubeletConfiguration {
            var result = base.commonKubelet
            result.serializeImagePulls = serializeImagePulls
            result.maxParallelImagePulls = maxParallelImagePulls
            (result.kubeAPIQPS, result.kubeAPIBurst) = (kubeAPIQPS, kubeAPIBurst)
            let profile = (try? result.profile(base.profile)) ?? base.profile
            if profile.isEnabled(.eventedPLEG) != eventedPLEG {
                var gates = result.featureGates ?? .object(JSONObject())
                gates[FeatureGate.eventedPLEG.name] = .bool(eventedPLEG)
                result.featureGates = gates
            }
            return result
        }

        func latencies(_ base: SimulationOptions, _ network: Network) -> KubeletLatencies {
            var result = base.latencies
            result.registryRate = Double(registryRate) * 1e6
            result.nodeBandwidth = Double(network == .narrow ? min(registryRate, nodeBandwidth) : nodeBandwidth) * 1e6
            return result
        }
    }

    /// Pairs of settings that are worth a look, each with a burst that shows the difference.
    public enum Preset: Int, CaseIterable, Sendable {
        case serialOrParallel, smallOrLargeBudget, genericOrEvented, smallOrLargeLimit

        public var title: String {
            switch self {
            case .serialOrParallel: "serial against parallel pulls"
            case .smallOrLargeBudget: "API budget 5/10 against 50/100"
            case .genericOrEvented: "generic against evented PLEG"
            case .smallOrLargeLimit: "500m against 2 CPU"
            }
        }
        func pair(_ base: SimulationOptions) -> (Burst, [Setting]) {
            var burst = Burst()
            var (a, b) = (Setting(base), Setting(base))
            switch self {
            case .serialOrParallel:
                (a.serializeImagePulls, a.maxParallelImagePulls) = (true, nil)
                (b.serializeImagePulls, b.maxParallelImagePulls) = (false, base.profile.hasMaxParallelImagePulls ? 3 : nil)
            case .smallOrLargeBudget:
                (burst.pods, burst.images, burst.imageSize, burst.volumes) = (60, 2, 25, 10)
                (a.kubeAPIQPS, a.kubeAPIBurst) = (5, 10)
                (b.kubeAPIQPS, b.kubeAPIBurst) = (50, 100)
            case .genericOrEvented:
                // The kubelet goes on to the next init container when it has seen the end of the one before.
                (burst.pods, burst.images, burst.imageSize, burst.initContainers) = (20, 1, 25, 3)
                (a.eventedPLEG, b.eventedPLEG) = (false, true)
            case .smallOrLargeLimit:
                (burst.pods, burst.images, burst.work) = (4, 1, 10)
                (a.cpuLimit, b.cpuLimit) = (500, 2000)
            }
            return (burst, [a, b])
        }
    }

    /// What can be changed; those of the burst are the same on both sides.
    public enum Option: Int, CaseIterable, Sendable {
        case serializeImagePulls, maxParallelImagePulls, kubeAPI, eventedPLEG, cpuLimit, registryRate, nodeBandwidth
        case pods, images, imageSize, work, initContainers, volumes

        /// Those that the Kubernetes release has.
        public static func available(_ profile: KubernetesProfile) -> [Option] {
            allCases.filter { option in
                switch option {
                case .maxParallelImagePulls: profile.hasMaxParallelImagePulls
                case .eventedPLEG: profile.version >= KubernetesVersion(minor: 26)
                default: true
                }
            }
        }

        public var title: String {
            switch self {
            case .serializeImagePulls: "serializeImagePulls"
            case .maxParallelImagePulls: "maxParallelImagePulls"
            case .kubeAPI: "kubeAPIQPS/Burst"
            case .eventedPLEG: "EventedPLEG"
            case .cpuLimit: "CPU limit"
            case .registryRate: "registry, one pull"
            case .nodeBandwidth: "node's link"
            case .pods: "pods"
            case .images: "images"
            case .imageSize: "image size"
            case .work: "work at start"
            case .initContainers: "init containers"
            case .volumes: "ConfigMaps, Secrets"
            }
        }
        /// Belongs to the burst, not to a side.
        public var isShared: Bool { rawValue >= Option.pods.rawValue }

        /// The value in words.
        public func text(_ burst: Burst, _ setting: Setting) -> String {
            switch self {
            case .serializeImagePulls: "\(setting.serializeImagePulls)"
            case .maxParallelImagePulls: setting.maxParallelImagePulls.map { "\($0)" } ?? "-"
            case .kubeAPI: "\(setting.kubeAPIQPS)/\(setting.kubeAPIBurst)"
            case .eventedPLEG: "\(setting.eventedPLEG)"
            case .cpuLimit: setting.cpuLimit.map { Quantity(milli: $0).description } ?? "none"
            case .registryRate: "\(setting.registryRate) MB/s"
            case .nodeBandwidth: "\(setting.nodeBandwidth) MB/s"
            case .pods: "\(burst.pods)"
            case .images: "\(burst.images)"
            case .imageSize: "\(burst.imageSize) %"
            case .work: "\(burst.work == burst.work.rounded() ? "\(Int(burst.work))" : "\(burst.work)") CPU s"
            case .initContainers: "\(burst.initContainers) a pod"
            case .volumes: "\(burst.volumes) a pod"
            }
        }

        func step(_ burst: inout Burst, _ setting: inout Setting, by step: Int, _ profile: KubernetesProfile) {
            func move<Value: Equatable>(_ value: inout Value, _ choices: [Value], _ isLess: (Value, Value) -> Bool) {
                if let index = choices.firstIndex(of: value) {
                    value = choices[max(0, min(choices.count - 1, index + step))]
                } else {
                    value = (step > 0 ? choices.first { isLess(value, $0) } : choices.last { isLess($0, value) }) ?? value
                }
            }
            func moveNumber(_ value: inout Int, _ choices: [Int]) { move(&value, choices, <) }
            switch self {
            case .serializeImagePulls:
                setting.serializeImagePulls.toggle()
                // The kubelet refuses more than one at once together with true.
                if setting.serializeImagePulls { setting.maxParallelImagePulls = nil }
            case .maxParallelImagePulls:
                move(&setting.maxParallelImagePulls, [1, 2, 3, 4, 5, 8, 10, 20, nil]) { ($0 ?? .max) < ($1 ?? .max) }
                if setting.maxParallelImagePulls ?? 2 > 1 { setting.serializeImagePulls = false }
            case .kubeAPI:
                let budgets = [(5, 10), (10, 20), (20, 40), (50, 100), (100, 200)]
                moveNumber(&setting.kubeAPIQPS, budgets.map(\.0))
                setting.kubeAPIBurst = budgets.first { $0.0 == setting.kubeAPIQPS }?.1 ?? setting.kubeAPIBurst
            case .eventedPLEG: setting.eventedPLEG.toggle()
            case .cpuLimit:
                move(&setting.cpuLimit, [100, 250, 500, 1000, 2000, 4000, nil]) { ($0 ?? .max) < ($1 ?? .max) }
            case .registryRate: moveNumber(&setting.registryRate, [10, 25, 50, 100, 200, 400])
            case .nodeBandwidth: moveNumber(&setting.nodeBandwidth, [25, 50, 125, 200, 400, 1250])
            case .pods: moveNumber(&burst.pods, [1, 2, 4, 8, 12, 20, 30, 40, 60, 80, 110])
            case .images: moveNumber(&burst.images, Array(1...12))
            case .imageSize: moveNumber(&burst.imageSize, [10, 25, 50, 100, 200, 400])
            case .work: move(&burst.work, [0, 0.5, 1, 2, 4, 10, 20], <)
            case .initContainers: moveNumber(&burst.initContainers, Array(0...5))
            case .volumes: moveNumber(&burst.volumes, [0, 1, 2, 5, 10, 20])
            }
        }
    }
}

extension SimulationOptions {
    /// The configuration of kubelets that no document selects by their labels.
    var commonKubelet: KubeletConfiguration {
        kubelets.filter { $0.nodeSelector == LabelSelector() }.reduce(kubelet) { result, document in
            var decoder = APIDecoder()
            var over = document.jsonObject
            over["metadata"] = nil
            return KubeletConfiguration.decode(.object(result.merged(with: over)), &decoder) ?? result
        }
    }

    /// The parameters of the latency model that differ from their defaults, as a scenario states them.
    static func parameters(_ latencies: KubeletLatencies, _ settings: ClusterSettings) -> JSONValue {
        var result = JSONValue.object(JSONObject())
        for parameter in KubeletLatencies.parameters where parameter.json(in: latencies) != parameter.json(in: KubeletLatencies()) {
            result[parameter.name] = parameter.json(in: latencies)
        }
        for parameter in ClusterSettings.parameters where parameter.json(in: settings) != parameter.json(in: ClusterSettings()) {
            result[parameter.name] = parameter.json(in: settings)
        }
        return result
    }
}
