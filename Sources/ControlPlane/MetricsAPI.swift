import KubernetesAPI
import SimulationKit

/// What the metrics API says about a pod: the use of its running containers, averaged over a window.
public struct PodMetrics: Sendable, Equatable {
    public struct Container: Sendable, Equatable {
        public var name: String
        /// Thousandths of a core.
        public var milliCPU: Int64
        /// Bytes.
        public var memory: Int64
        public init(name: String, milliCPU: Int64, memory: Int64) { (self.name, self.milliCPU, self.memory) = (name, milliCPU, memory) }
    }
    /// The end of the window.
    public var timestamp: Instant
    public var window: Duration
    public var containers: [Container]
    public init(timestamp: Instant, window: Duration, containers: [Container]) {
        (self.timestamp, self.window, self.containers) = (timestamp, window, containers)
    }
}

/// The resource metrics API, `metrics.k8s.io`: what the metrics server last measured of the pods that somebody asks for.
///
/// Autoscalers say which pods they want; nothing is measured of others, so a cluster without autoscalers pays nothing.
public struct MetricsAPI: Sendable {
    private var served: [String: PodMetrics] = [:]
    private var wanted: Set<ObjectKey> = []
    /// Whether the cluster has a metrics server: of one whose state was opened, only if something there says so.
    public var isInstalled = true

    /// The pods to measure, sorted.
    public var wantedPods: [ObjectKey] { wanted.sorted() }
    public var isWanted: Bool { !wanted.isEmpty }

    /// The last measurement of `pod`; nil if there is none.
    public subscript(pod: Pod) -> PodMetrics? { served[pod.metadata.uid] }

    /// Has the pod measured from now on.
    public mutating func want(_ pod: ObjectKey) { wanted.insert(pod) }
    /// Has a pod, or all if nil, no longer measured.
    public mutating func forgetWanted(_ pod: ObjectKey? = nil) { if let pod { wanted.remove(pod) } else { wanted = [] } }
    /// Puts all measurements in place, by the pods' identities.
    public mutating func serve(_ metrics: [String: PodMetrics]) { served = metrics }
}
