// What a failure would cost each workload, looked for at once in a small cluster and in slices in a large one.

import ControlPlane
import Simulation
import SimulationKit

/// The availability of all workloads as it was found last, and the look that is under way.
struct AvailabilitySearch {
    /// The worst first.
    private(set) var found: [WorkloadAvailability] = []
    /// Raised when something else is found.
    private(set) var version = 0
    private var survey: AvailabilitySurvey?
    private var stamp: Stamp?
    private var beganAt = Duration.zero

    private struct Stamp: Equatable {
        var revision: Int
        var generation: Int
        var second: Int
        var parameters: AvailabilityParameters
    }
    /// A large cluster is looked at again after so much real time.
    private static let period = Duration.seconds(1)

    var isAtWork: Bool { survey != nil }
    /// How far the first look is, 0 … 1; nil if there was one.
    func progress(_ world: World) -> Double? { version == 0 ? survey?.progress(world.cluster) : nil }

    /// Looks again if time or the cluster has moved.
    mutating func refresh(_ world: World) {
        // While time runs, once a second of virtual time is often enough.
        let isPaused = world.session.isPaused
        let new = Stamp(
            revision: isPaused ? world.store.revision : -1, generation: world.generation, second: isPaused ? 0 : world.now.sinceStart.wholeSeconds,
            parameters: world.availability)
        let isSame = stamp?.generation == new.generation && stamp?.parameters == new.parameters
        if new == stamp || isSame && survey != nil { return }
        let isSmall = world.store.pods.count <= RowIndex.atOnce
        if !isSmall, isSame, !isPaused, world.clock - beganAt < Self.period { return }
        (stamp, beganAt) = (new, world.clock)
        survey = AvailabilitySurvey(world.cluster, world.availability)
        if isSmall { work(world) { false } }
    }
    mutating func work(_ world: World, until shouldStop: () -> Bool) {
        guard var survey else { return }
        self.survey = nil
        if survey.run(world.cluster, until: shouldStop) { (found, version) = (survey.results, version + 1) } else { self.survey = survey }
    }
}
