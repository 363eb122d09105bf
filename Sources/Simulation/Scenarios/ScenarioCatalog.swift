import Manifests
import SimulationKit

/// A scenario that comes with the program: a story to look at, and a file for a team to start its own from.
public struct ShippedScenario: Sendable {
    /// By which it is opened: `zone-outage-honor`.
    public var name: String
    /// What it shows, in one line.
    public var summary: String
    /// How long it has run when the dashboard first shows it.
    public var prelude: Duration
    /// The scenario and its objects, as a user would write them into a file.
    public var manifests: String

    public init(_ name: String, _ summary: String, prelude: Duration = .zero, _ manifests: String) {
        (self.name, self.summary, self.prelude, self.manifests) = (name, summary, prelude, manifests)
    }

    /// The scenario, understood; ``Input/problems`` is empty for all of ``ScenarioCatalog``.
    public func input(overrides: InputOverrides = InputOverrides()) -> Input {
        Input(ManifestReader.read(text: manifests, file: name), overrides: overrides)
    }
}

/// The one list of scenarios that come with the program, in the order in which they are shown.
///
/// A new one is a file of this folder with an extension of ``ShippedScenario``, and a line here. Each is run with its
/// expectations by a test.
public enum ScenarioCatalog {
    public static let all: [ShippedScenario] = [
        .threeZones,
        .zoneOutageIgnore,
        .zoneOutageHonor,
        .drainBudget,
        .rollingUpdate,
        .rollingUpdateRevisions,
        .singlePoint,
        .singleWriter,
        .nodeFullResize,
        .horizontalAutoscaling,
        .verticalScaling,
        .elasticWeb,
        .minDomains,
        .podBurstOld,
        .podBurst,
        .podBurstParallel,
        .gang,
    ]

    /// The scenario called `name`; nil if there is none.
    public static func find(_ name: String) -> ShippedScenario? { all.first { $0.name == name } }
}
