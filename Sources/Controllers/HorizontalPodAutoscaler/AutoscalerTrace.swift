import ControlPlane
import KubernetesAPI
import SimulationKit

/// How an autoscaler came to its size when it last looked, step by step, and what its earlier looks came to.
///
/// The steps are those of the controller: each metric proposes a size, the highest is the wish; stabilization holds it
/// back, policies bound the speed, `minReplicas` and `maxReplicas` the size.
public struct AutoscalerTrace: Sendable, Equatable {
    /// When it looked, and when it will look next.
    public internal(set) var at: Instant
    public internal(set) var next: Instant
    /// Replicas of the workload then.
    public internal(set) var current = 0
    public internal(set) var least = 1
    public internal(set) var most = 0
    /// In the order of `spec.metrics`; empty if the bounds alone decided.
    public internal(set) var metrics: [Metric] = []
    /// The highest proposal; nil if the bounds alone decided, or no metric could be had.
    public internal(set) var wish: Int?
    public internal(set) var speed: Speed?
    /// What came of it; nil if it did not decide.
    public internal(set) var desired: Int?
    /// As the event `SuccessfulRescale` tells it; empty if the size is right.
    public internal(set) var reason = ""
    /// Earlier looks and this one, oldest first; those of an hour.
    public internal(set) var looks: [Look] = []

    /// What one metric came to.
    public struct Metric: Sendable, Equatable {
        /// `cpu`, `memory of app`
        public internal(set) var name: String
        /// Percent of what is requested, else thousandths of a core or byte for each pod.
        public internal(set) var target: Int64
        public internal(set) var isUtilization: Bool
        /// Nil: why the metric cannot be had is in ``failure``.
        public internal(set) var measured: Measured?
        public internal(set) var failure: String?
    }

    /// The arithmetic of a metric.
    public struct Measured: Sendable, Equatable {
        /// In the unit of the target.
        public internal(set) var value: Int64 = 0
        /// Of the pods that count: thousandths used, and requested.
        public internal(set) var used: Int64 = 0
        public internal(set) var requested: Int64 = 0
        /// Pods that count; that are not ready yet; without a measurement; that end.
        public internal(set) var ready = 0
        public internal(set) var unready = 0
        public internal(set) var missing = 0
        public internal(set) var ignored = 0
        /// Value over target.
        public internal(set) var ratio = 0.0
        /// The same with pods counted in that are not measured, at the value that makes the change smaller.
        public internal(set) var cautious: Double?
        /// Pods that the last ratio is multiplied with.
        public internal(set) var counted = 0
        /// How far below and above 1 the ratio may be without a change.
        public internal(set) var toleranceDown = 0.0
        public internal(set) var toleranceUp = 0.0
        public internal(set) var proposal = 0
    }

    /// What stabilization and speed left of the wish.
    public struct Speed: Sendable, Equatable {
        /// After stabilization.
        public internal(set) var stable: Int
        /// Until when an earlier wish holds it there, if nothing else comes; nil: the wish was taken.
        public internal(set) var heldUntil: Instant?
        public internal(set) var upWindow: Duration
        public internal(set) var downWindow: Duration
        /// The most and the least that the policies allow now; nil: any.
        public internal(set) var highest: Int?
        public internal(set) var lowest: Int?
    }

    /// What one look came to.
    public struct Look: Sendable, Equatable {
        public internal(set) var at: Instant
        public internal(set) var current: Int
        public internal(set) var desired: Int
        /// Of the first metric, in the unit of its target; nil: not measured.
        public internal(set) var value: Int64?
        /// Thousandths in use by the pods that count.
        public internal(set) var used: Int64?
    }

    static let kept = 240
}

extension ControllerManager {
    /// How the autoscaler `key` came to its size; nil if it has not looked yet.
    public func autoscaling(_ key: ObjectKey) -> AutoscalerTrace? {
        for case let controller as HorizontalPodAutoscalerController in controllers { return controller.traces[key] }
        return nil
    }
}
