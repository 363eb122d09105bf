import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// Measures the pods that autoscalers ask for, each 15 s, and serves the mean over the last 30 s.
///
/// So what an autoscaler sees is 0 to 15 s old at its end and 30 s long: a load that jumps is fully seen after 30 to 45 s.
/// A pod is served from its second measurement on, and no longer when its node's kubelet is silent.
/// - Source: metrics-server v0.7 `--metric-resolution`; `controllers.md` §6.
public struct MetricsServer: Sendable {
    /// `metric-resolution`: the time between two measurements.
    public var resolution: Duration
    /// The window of the mean, twice the resolution.
    public var window: Duration { resolution * 2 }

    private var last: Instant?
    /// The last three measurements of each pod, oldest first, by its identity.
    private var samples: [String: [[KubeletFleet.Usage]]] = [:]

    public init(resolution: Duration = .seconds(15)) { self.resolution = resolution }

    /// Measurements lie between the autoscalers' looks, as nothing brings the two into step.
    private var phase: Duration { resolution * 2 / 3 }

    func nextWake(_ cluster: Cluster) -> Instant? {
        guard cluster.metrics.isInstalled, cluster.metrics.isWanted else { return nil }
        let since = max(Duration.zero, (last ?? .start).sinceStart - phase)
        let count = last == nil ? 0 : since.nanoseconds / resolution.nanoseconds + 1
        return .start + phase + resolution * Int(count)
    }

    mutating func run(_ cluster: inout Cluster, _ kubelets: KubeletFleet) {
        last = cluster.now
        var kept: [String: [[KubeletFleet.Usage]]] = [:]
        var served: [String: PodMetrics] = [:]
        for key in cluster.metrics.wantedPods {
            guard let pod = cluster.store.pods[key], !pod.nodeName.isEmpty, !kubelets.isFailed(node: pod.nodeName) else { continue }
            let usage = kubelets.containerUsage(of: pod, in: cluster)
            if usage.isEmpty { continue }
            let own = (samples[pod.metadata.uid] ?? []).suffix(2) + [usage]
            kept[pod.metadata.uid] = Array(own)
            guard own.count > 1 else { continue }
            served[pod.metadata.uid] = PodMetrics(
                timestamp: cluster.now, window: window,
                containers: usage.map { container in
                    let values = own.compactMap { $0.first { $0.container == container.container }?.milliCPU }
                    return PodMetrics.Container(name: container.container, milliCPU: Self.mean(values), memory: container.memory)
                })
        }
        samples = kept
        cluster.metrics.serve(served)
    }

    /// The mean of a curve through `values`, which lie at equal distances.
    private static func mean(_ values: [Int64]) -> Int64 {
        guard values.count > 1 else { return values.first ?? 0 }
        let doubled = values.saturatingSum.saturatingMultiply(2).saturatingSubtract(values[0].saturatingAdd(values[values.count - 1]))
        return doubled / Int64(2 * (values.count - 1))
    }
}
