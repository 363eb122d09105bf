import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// A burst of pods on one cold node, run under two settings with the same pods, arrivals and seeds: what makes pods
/// start faster, and by how much?
///
/// Each run is a simulation of its own; the session that the user works with is not touched. Runs are computed in
/// slices, in a fixed order: the same burst, settings and seed give the same result however the slices fall.
///
/// ```swift
/// var lab = StartupLab(SimulationOptions())
/// lab.apply(.serialOrParallel)
/// lab.work { false }
/// let half = lab.summary(.half, .b)?.middle
/// ```
public struct StartupLab: Sendable {
    /// The two settings that are compared.
    public enum Side: Int, CaseIterable, Sendable {
        case a, b
        /// `A` or `B`.
        public var name: String { self == .a ? "A" : "B" }
        public var other: Side { self == .a ? .b : .a }
    }

    /// The two assumptions about the network under which the settings are compared.
    public enum Network: Int, CaseIterable, Sendable {
        /// As set.
        case given
        /// The node's link gives all pulls together no more than the registry gives to one.
        case narrow
    }

    /// Version, gates and kubelet configuration that both sides start from; its seed is the first one.
    @Shared public private(set) var base: SimulationOptions
    /// What arrives on the node: the same for both sides.
    public private(set) var burst = Burst()
    private var settings: [Setting]
    /// How many seeds are wanted.
    public private(set) var seedCount = StartupLab.handful
    /// Added to the seed of the base: which seed is the first one, and shown.
    public private(set) var seedShift: UInt64 = 0
    private var results: [[Run]]
    private var current: LabRun?

    /// So many seeds are run at first, and added by ``addSeeds()``.
    public static let handful = 5

    public init(_ base: SimulationOptions) {
        self.base = base
        settings = [Setting(base), Setting(base)]
        results = Array(repeating: [], count: 4)
        apply(.serialOrParallel)
    }

    public func setting(_ side: Side) -> Setting { settings[side.rawValue] }

    // MARK: Changes

    /// Begins anew with another pair of settings.
    public mutating func apply(_ preset: Preset) {
        (burst, settings) = preset.pair(base)
        forget()
    }

    /// Sets an option to its next (`step` 1) or previous (−1) value; returns false if there is none.
    @discardableResult
    public mutating func change(_ option: Option, _ side: Side, by step: Int) -> Bool {
        let before = (burst, settings)
        option.step(&burst, &settings[side.rawValue], by: step, base.profile)
        guard before.0 != burst || before.1 != settings else { return false }
        forget()
        return true
    }

    /// Another first seed.
    public mutating func nextSeed() {
        seedShift += 1
        forget()
    }
    /// Some more seeds.
    public mutating func addSeeds() { seedCount += Self.handful }

    private mutating func forget() {
        results = Array(repeating: [], count: 4)
        current = nil
        seedCount = Self.handful
    }

    /// Why a side cannot be run, in the kubelet's words; nil if it can.
    public func problem(_ side: Side) -> String? {
        setting(side).configuration(base).validate(profile: base.profile).first
    }

    // MARK: Running

    /// The seed of the run number `index`, counted from 0.
    public func seed(_ index: Int) -> UInt64 { base.seed &+ seedShift &+ UInt64(index) }

    /// Whether the narrow link is worth a run: where one side pulls one after another it changes nothing for that side.
    public var comparesNetworks: Bool { Side.allCases.contains { !setting($0).isSerial } }

    /// How many runs are done, and how many are wanted.
    public var progress: (done: Int, wanted: Int) {
        let sides = Side.allCases.count { problem($0) == nil }
        return (results.reduce(0) { $0 + $1.count }, seedCount * sides * (comparesNetworks ? 2 : 1))
    }
    public var isDone: Bool { nextRun == nil }

    /// First both sides of one seed, then the narrow link, then the next seed.
    private var nextRun: (side: Side, network: Network, seed: Int)? {
        for seed in 0..<seedCount {
            for network in comparesNetworks ? Network.allCases : [.given] {
                for side in Side.allCases where results[slot(side, network)].count == seed && problem(side) == nil {
                    return (side, network, seed)
                }
            }
        }
        return nil
    }
    private func slot(_ side: Side, _ network: Network) -> Int { side.rawValue + 2 * network.rawValue }

    /// Goes on with the runs until all are done or `shouldStop` says so; it is asked after each event.
    public mutating func work(until shouldStop: () -> Bool) {
        while let (side, network, index) = nextRun {
            var run: LabRun
            if let current {
                run = current
            } else {
                run = LabRun(burst, setting(side), base, network, seed: seed(index))
            }
            current = nil
            guard run.advance(until: shouldStop) else {
                current = run
                return
            }
            results[slot(side, network)].append(run.result)
            if shouldStop() { return }
        }
    }

    // MARK: Results

    /// The run of a side with the first seed; nil until it is done.
    public func run(_ side: Side, _ network: Network = .given) -> Run? { results[slot(side, network)].first }

    /// A moment of the burst.
    public enum Moment: String, CaseIterable, Sendable {
        case first = "first pod ready"
        case half = "half of them"
        case most = "95 % of them"
        case all = "all of them"
        var share: Double {
            switch self {
            case .first: 0
            case .half: 0.5
            case .most: 0.95
            case .all: 1
            }
        }
    }

    /// The spread of a moment over the seeds that are done.
    public struct Summary: Sendable, Equatable {
        /// The smallest but for 5 %, the median, and the largest but for 5 %.
        public var low: Duration
        public var middle: Duration
        public var high: Duration
    }

    /// When `moment` came, over all seeds that are done; nil if it did not come in every one, or none is done.
    public func summary(_ moment: Moment, _ side: Side, _ network: Network = .given) -> Summary? {
        let times = results[slot(side, network)].map { $0.time(of: moment) }
        let known = times.compactMap { $0 }.sorted()
        guard !known.isEmpty, known.count == times.count else { return nil }
        return Summary(low: Rank.pick(known, 0.05), middle: Rank.pick(known, 0.5), high: Rank.pick(known, 0.95))
    }
}

extension StartupLab {
    /// What arrives on the node.
    public struct Burst: Sendable, Equatable {
        /// How many pods, 1 … 110.
        public var pods = 8
        /// How many images they are of, 1 … 12; the pods are divided evenly.
        public var images = 5
        /// Size of the images in percent of the usual 41 to 520 MB.
        public var imageSize = 100
        /// CPU seconds that each program works before it answers probes.
        public var work = 1.0
        /// Init containers of each pod; each runs for 200 ms.
        public var initContainers = 0
        /// ConfigMaps and Secrets that each pod mounts, all its own.
        public var volumes = 0
    }

    /// One pod's way to ready, measured from the beginning of the burst.
    public struct PodStart: Sendable, Equatable {
        public var name: String
        public var image: String
        public var created: Duration
        /// When the pull of its image was asked for, began and ended; nil if that did not come or was not needed.
        public var pullAsked: Duration?
        public var pullBegan: Duration?
        public var pullEnded: Duration?
        /// When its first container ran.
        public var started: Duration?
        /// When its kubelet knew it to be ready.
        public var answered: Duration?
        /// When the API showed it ready; nil if it did not come to that.
        public var ready: Duration?
        /// Time to ready.
        public var took: Duration? { ready.map { $0 - created } }
    }

    /// What came of one burst.
    public struct Run: Sendable, Equatable {
        public var seed: UInt64
        /// In the order of arrival.
        public var pods: [PodStart]
        /// Warnings FailedMount that were told.
        public var failedMounts: Int
        /// Those of them that say that a pod waited 2 m 3 s for its volumes; 1.36 tells no such event.
        public var mountTimeouts: Int
        /// Pods that were not ready in time.
        public var unready: Int { pods.count { $0.ready == nil } }
        /// The last moment of the run.
        public var end: Duration

        /// When `moment` came, from the beginning of the burst; nil if it did not.
        public func time(of moment: Moment) -> Duration? {
            let sorted = pods.map { $0.ready ?? .seconds(1_000_000) }.sorted()
            guard !sorted.isEmpty else { return nil }
            let time = Rank.pick(sorted, moment.share)
            return time < .seconds(1_000_000) ? time : nil
        }
    }
}

/// Percentiles by the nearest rank.
enum Rank {
    /// The smallest value that at least `share` of the sorted values do not exceed.
    static func pick(_ sorted: [Duration], _ share: Double) -> Duration {
        let rank = Int((Double(sorted.count) * share).rounded(.up))
        return sorted[max(0, min(sorted.count, rank) - 1)]
    }
}
