import ControlPlane
import KubernetesAPI
import SimulationKit
public struct SchedulerConfiguration: Sendable { public init() {} }
public struct Scheduler: Component {
    public var cursor = WatchCursor.beginning
    public init(profile: KubernetesProfile, seed: UInt64, configuration: SchedulerConfiguration = .init()) {}
    public func nextWake(_ cluster: Cluster) -> Instant? { nil }
    public mutating func run(_ cluster: inout Cluster) {}
    public func explain(_ pod: Pod, in cluster: Cluster) -> Explanation { Explanation() }
}
public struct Explanation { 
    public struct Node { public var name = ""; public var isFeasible = false; public var plugin: String?; public var reasons: [String] = []; public var scores: [Int] = []; public var total: Int? }
    public var nodes: [Node] = []; public var winner: String?; public var scorePlugins: [String] = [] }
public struct SpreadGroup: Sendable {
    public struct Domain: Sendable { public var name = ""; public var count = 0; public var ready = 0; public var nodes = 0; public var openNodes = 0; public var accepts = false }
    public var id = ""; public var namespace = ""; public var ownerKind = ""; public var ownerName = ""; public var topologyKey = ""
    public var isHard = true; public var whenUnsatisfiable = ""; public var maxSkew = 1; public var minDomains: Int?; public var nodeAffinityPolicy = ""; public var nodeTaintsPolicy = ""; public var selectorText = ""; public var revision: String?
    public var domains: [Domain] = []; public var skewNow = 0; public var isViolated = false; public var isAtLimit = false; public var waiting = 0; public var movesToEven = 0
    public var blockers: [String] = []; public var room: Int?; public var stranded = 0; public var terminating = 0; public var carriers = 0; public var matched = 0; public var isDefault = false; public var globalMinimum = 0; public var selfMatch = 1
    public var excluded: [(String, [String])] = []
}
public enum SpreadView { public static func groups(of cluster: Cluster) -> [SpreadGroup] { [] } }
public struct KubeSchedulerConfiguration: APIStruct { public init() {}; public static let summary = ""; public static let fields: [Field<KubeSchedulerConfiguration>] = []; public func validate() -> [FieldError] { [] } }
extension SchedulerConfiguration { public init(_ k: KubeSchedulerConfiguration) {} }
public enum DecisionOrder { case queue, file }
public struct Decision { public static let scorePlugins: [String] = []; public var pod = ""; public var resultText = ""; public var winner: String?; public var message: String?; public var json: JSONValue { .null } }
public func decide(cluster: Cluster, order: DecisionOrder, configuration: SchedulerConfiguration) -> [Decision] { [] }
