import ControlPlane
import KubernetesAPI
import SimulationKit

/// A document of kind `Scenario`: what happens to a cluster, and what is expected of it.
public struct Scenario: APIStruct {
    public static let apiVersion = "evenkeel.dev/v1"
    public var apiVersion = ""
    public var kind = ""
    public var metadata = ObjectMeta()
    public var spec = ScenarioSpec()
    public init() {}
    public static let summary = "What happens to a cluster, and what is expected of it."
    public static let fields: Fields<Scenario> = [
        .f("apiVersion", \.apiVersion, "evenkeel.dev/v1"),
        .f("kind", \.kind, "Scenario"),
        .f("metadata", \.metadata, "Its name."),
        .f("spec", \.spec, "Cluster, steps and expectations."),
    ]
}

public struct ScenarioSpec: APIStruct {
    public var seed: JSONValue?
    public var kubernetesVersion: String?
    public var featureGates: StringMap<Bool> = [:]
    public var cluster: ScenarioCluster?
    public var parameters: JSONValue?
    public var controllerManager: ControllerManagerFlags?
    public var metricsServer: MetricsServerFlags?
    public var autoscaler: AutoscalerFlags?
    public var duration: Duration?
    public var steps: [ScenarioStep] = []
    public var expect: [Expectation] = []
    public init() {}
    public static let summary = "Cluster, steps and expectations."
    public static let fields: Fields<ScenarioSpec> = [
        .f("seed", \.seed, "Seed of all random choices, unsigned 64 bit; default 0."),
        .f("kubernetesVersion", \.kubernetesVersion, "\(KubernetesVersion.rangeText); default \(KubernetesVersion.default)."),
        .f("featureGates", \.featureGates, "Gates that differ from the version's defaults."),
        .f("cluster", \.cluster, "The nodes, if the files hold none."),
        .f("parameters", \.parameters, "Parameters of the latency model that differ from their defaults, by name."),
        .f("controllerManager", \.controllerManager, "Flags of kube-controller-manager."),
        .f("metricsServer", \.metricsServer, "Flags of the metrics server."),
        .f("autoscaler", \.autoscaler, "The node autoscaler; without it there is none."),
        .f("duration", \.duration, "How long run plays it; default 10m."),
        .f("steps", \.steps, "What happens, ordered by `at`, then as in the file."),
        .f("expect", \.expect, "What must hold, at a time or at the end."),
    ]
}

public struct ScenarioCluster: APIStruct {
    public var zones: Int?
    public var nodesPerZone: Int?
    public init() {}
    public static let summary = "The nodes, if the files hold none."
    public static let fields: Fields<ScenarioCluster> = [
        .f("zones", \.zones, "How many zones; default 3."),
        .f("nodesPerZone", \.nodesPerZone, "How many nodes in each; default 4."),
    ]
}

/// One step: a time and exactly one action.
public struct ScenarioStep: APIStruct {
    public var at = Duration.zero
    public var refused: JSONValue?
    /// What it does: one action, if it is written as it should be.
    var actions: [any StepAction] = []
    public init() {}
    public static func == (a: ScenarioStep, b: ScenarioStep) -> Bool { a.jsonObject == b.jsonObject }

    /// All actions that a step can have, in the order in which they are explained: reading, counting, `explain`, its
    /// completion and the documentation follow this list.
    static let catalog: [any StepAction.Type] = [
        ScaleStep.self, ResizeStep.self, DeleteStep.self, EvictStep.self, CordonStep.self, UncordonStep.self, DrainStep.self, TaintStep.self,
        UntaintStep.self, FailStep.self, RecoverStep.self, LoadStep.self, DemandStep.self, AutosizeStep.self, AutoscalerStep.self,
        SetImageStep.self, RestartStep.self, PauseStep.self, ResumeStep.self, UndoStep.self, ApplyStep.self, RebalanceStep.self,
        GatesStep.self, KubeletStep.self, RuntimeStep.self, LinksStep.self,
    ]
    /// The names of all actions.
    public static var names: [String] { catalog.map { $0.name } }

    public static let summary = "A time and one action."
    public static let fields =
        [
            .f("at", \.at, "When, as 90s, 1m30s or 2h; default 0s."),
            .f("refused", \.refused, "true, or part of the message, if the API server is to refuse the step."),
        ] as Fields<ScenarioStep> + catalog.map { $0.field }
}

extension StepAction {
    fileprivate static var field: Field<ScenarioStep> {
        .f(name, summary, get: { $0.actions.lazy.compactMap { $0 as? Self }.first }, set: { $0.actions.append($1) })
    }
}

/// Something that must hold at a time.
public struct Expectation: APIStruct {
    public var at: Duration?
    /// What must hold: one thing, if it is written as it should be.
    var claims: [any Claim] = []
    public init() {}
    public static func == (a: Expectation, b: Expectation) -> Bool { a.jsonObject == b.jsonObject }

    /// All that can be expected, in the order in which it is explained: everything about expectations follows this list.
    static let catalog: [any Claim.Type] = [
        SpreadExpectation.self, PodsExpectation.self, ConditionExpectation.self, EventExpectation.self, NodesExpectation.self,
        FieldExpectation.self, TimeToReadyExpectation.self,
    ]
    /// The names of all that can be expected.
    public static var names: [String] { catalog.map { $0.name } }

    public static let summary = "A time and one thing that must hold."
    public static let fields: Fields<Expectation> = [.f("at", \.at, "When; default the end.")] as Fields<Expectation> + catalog.map { $0.field }
}

extension Claim {
    fileprivate static var field: Field<Expectation> {
        .f(name, summary, get: { $0.claims.lazy.compactMap { $0 as? Self }.first }, set: { $0.claims.append($1) })
    }
}
