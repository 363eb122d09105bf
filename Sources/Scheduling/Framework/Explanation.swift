public import KubernetesAPI

/// How a pod would be placed, and why: every node's verdict, every score.
public struct Explanation: Sendable {
    public enum Result: String, Sendable { case bound, unschedulable, gated, skipped, error }

    /// A refusal, of a node or of the pod as a whole.
    public struct Refusal: Sendable, Equatable {
        /// The plugin; nil if several together narrowed the set of nodes.
        public var plugin: String?
        /// `UnschedulableAndUnresolvable` if evicting other pods would not help, else `Unschedulable`.
        public var code: String
        public var reasons: [String]
        /// The numbers and names behind it that Kubernetes leaves out: `zone eu-a: 5+1-4 = 2 > 1`. May be empty.
        public var detail = ""
        /// The detail, or the reasons where there is none.
        public var words: String { detail.isEmpty ? reasons.joined(separator: ", ") : detail }
    }

    /// What was found about one node.
    public struct Verdict: Sendable, Equatable {
        public var node: String
        /// nil: the node would do.
        public var refusal: Refusal?
        /// Filters did not run on the node: it was not in the set that a plugin had narrowed.
        public var isPrefiltered = false
        /// What plugins say that were not asked any more after ``refusal``; only if every filter was to be asked.
        public var further: [Refusal] = []
        /// Weighted scores in the order of ``Explanation/scorePlugins``; empty for refused nodes.
        public var scores: [Int] = []
        public var total: Int { scores.reduce(0, +) }
        public var isFeasible: Bool { refusal == nil }
    }

    /// Whom preemption would evict.
    public struct Candidate: Sendable, Equatable {
        public var node: String
        /// The pods to evict, the most important first.
        public var victims: [ObjectKey]
        /// How many of them are evicted against a disruption budget.
        public var pdbViolations: Int
    }

    public struct PreemptionResult: Sendable, Equatable {
        /// Sorted by node.
        public var candidates: [Candidate] = []
        public var nominated: String?
        /// Nodes that are equal under every rule of the choice, if there is more than one.
        public var tied: [String] = []
        /// The plugin's text if it fails, starting with `preemption: `.
        public var message = ""
    }

    public var pod: ObjectKey
    public var result: Result
    /// The plugins that look at nodes, in the order in which they are asked.
    public var filterPlugins: [String] = []
    /// The names that the scores of the nodes follow.
    public var scorePlugins: [String] = []
    /// Every node, sorted by name; empty if no node was looked at.
    public var nodes: [Verdict] = []
    /// The feasible node with the highest total, the first by name among equals.
    public var winner: String?
    /// All nodes with the highest total if there is more than one, sorted.
    public var tied: [String] = []
    /// The node was taken because room had been made there for the pod.
    public var viaNomination = false
    public var preFilter: Refusal?
    public var gate: Refusal?
    /// Names of the plugins that refused a node or narrowed the set, sorted.
    public var unschedulablePlugins: [String] = []
    /// `0/N nodes are available: …`; empty if the pod would be placed.
    public var core = ""
    /// The whole text of the FailedScheduling event.
    public var message = ""
    public var preemption: PreemptionResult?
    /// Changes that would help, each tried; only if they were asked for.
    public var remedies: [Remedy] = []

    init(pod: ObjectKey, result: Result) { (self.pod, self.result) = (pod, result) }

    /// The explanation in the form in which decisions of the real scheduler were recorded.
    public var json: JSONValue {
        var object: JSONObject = ["pod": .string("\(pod)"), "result": .string(result.rawValue)]
        if !nodes.isEmpty {
            var map = JSONObject()
            map.members = nodes.map { ($0.node, $0.json) }
            object["nodes"] = .object(map)
        }
        if let winner { object["winner"] = .string(winner) }
        if !tied.isEmpty { object["tied"] = .array(tied.map(JSONValue.string)) }
        if viaNomination { object["viaNomination"] = true }
        if let preFilter { object["preFilter"] = .object(preFilter.json) }
        if let gate { object["gate"] = .object(gate.json) }
        if !unschedulablePlugins.isEmpty {
            object["unschedulablePlugins"] = .array(unschedulablePlugins.map(JSONValue.string))
        }
        if !core.isEmpty { object["core"] = .string(core) }
        if !message.isEmpty { object["message"] = .string(message) }
        if let preemption { object["preemption"] = preemption.json }
        return .object(object)
    }
}

extension Explanation.Refusal {
    var json: JSONObject {
        var object = JSONObject()
        if let plugin { object["plugin"] = .string(plugin) }
        object["code"] = .string(code)
        object["reasons"] = .array(reasons.map(JSONValue.string))
        return object
    }
}

extension Explanation.Verdict {
    var json: JSONValue {
        guard let refusal else {
            return ["total": .int(Int64(total)), "scores": .array(scores.map { .int(Int64($0)) })]
        }
        var object = refusal.json
        if isPrefiltered { object["prefiltered"] = true }
        return .object(object)
    }
}

extension Explanation.PreemptionResult {
    var json: JSONValue {
        var object: JSONObject = ["code": nominated == nil ? "Unschedulable" : "Success"]
        if !message.isEmpty { object["message"] = .string(message) }
        if !candidates.isEmpty {
            object["candidates"] = .array(
                candidates.map {
                    [
                        "node": .string($0.node), "victims": .array($0.victims.map { .string("\($0)") }),
                        "pdbViolations": .int(Int64($0.pdbViolations)),
                    ]
                })
        }
        if let nominated { object["nominated"] = .string(nominated) }
        if !tied.isEmpty { object["tied"] = .array(tied.map(JSONValue.string)) }
        return .object(object)
    }
}
