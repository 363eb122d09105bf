import KubernetesAPI

/// Why a plugin refuses a node: small, and put into words only for those who read it, by the plugin's ``Plugin/words``.
///
/// A plugin gives its reasons names in an extension in its own file.
struct Reason: Sendable, Hashable {
    /// What a sentence is about.
    enum Subject: Sendable, Hashable {
        case nothing
        case shortage(Shortage)
        case taint(key: String, value: String)
        /// The sentence itself.
        case text(String)
        /// A PreFilter plugin had narrowed the set of nodes, and this one was not in it.
        case notSelected
    }
    /// Whose reason it is.
    var plugin: PluginName
    /// Which of the plugin's, as it counts them.
    var code: UInt8
    var subject: Subject

    init(_ plugin: PluginName, code: UInt8 = 0, _ subject: Subject = .nothing) {
        (self.plugin, self.code, self.subject) = (plugin, code, subject)
    }

    /// The sentences upstream prints, in its order.
    func words(_ demand: PodDemand, _ state: SchedulingState) -> [String] {
        switch subject {
        case .text(let text): [text]
        case .notSelected: ["node(s) didn't satisfy plugin(s) [\(plugin.rawValue)]"]
        default: PluginCatalog.plugin(plugin)?.words?(self, demand, state) ?? []
        }
    }
}

/// A plugin's refusal of a node, or of the pod as a whole.
struct Rejection: Sendable {
    var plugin: PluginName
    var reason: Reason
    /// Removing other pods would not help.
    var isUnresolvable: Bool
}

/// The nodes still in question while filters run, and, if somebody wants to know, why the others left.
struct FilterPass: Sendable {
    enum Recording: Sendable { case nothing, last, all }
    var candidates: NodeMask
    private let recording: Recording
    /// By row, if all are recorded.
    private(set) var rejections: [Rejection?] = []
    /// The last refusal: the only one when a single node is looked at.
    private(set) var last: Rejection?

    init(candidates: NodeMask, recording: Recording, rows: Int) {
        self.candidates = candidates
        self.recording = recording
        if recording == .all { rejections = Array(repeating: nil, count: rows) }
    }

    mutating func record(_ row: Int, _ rejection: Rejection) {
        if recording == .all { rejections[row] = rejection } else { last = rejection }
    }

    /// Refuses the candidates outside of `allowed`.
    @inline(__always)
    mutating func keep(_ allowed: NodeMask, else rejection: (Int) -> Rejection) {
        if recording != .nothing {
            candidates.forEach { row in if !allowed[row] { record(row, rejection(row)) } }
        }
        candidates.formIntersection(allowed)
    }
    /// Refuses the candidates in `refused`.
    @inline(__always)
    mutating func drop(_ refused: NodeMask, because rejection: @autoclosure () -> Rejection) {
        if recording != .nothing {
            candidates.forEach { row in if refused[row] { record(row, rejection()) } }
        }
        candidates.subtract(refused)
    }
    /// Refuses the candidates for which `test` holds; `reason` is asked only if somebody wants to know.
    @inline(__always)
    mutating func reject(
        _ plugin: PluginName, _ test: (Int) -> Bool, because reason: (Int) -> (reason: Reason, isUnresolvable: Bool)
    ) {
        if recording == .nothing {
            candidates.filter { !test($0) }
        } else {
            reject(plugin) { test($0) ? reason($0) : nil }
        }
    }
    /// Refuses the candidates for which `test` gives a reason.
    @inline(__always)
    mutating func reject(_ plugin: PluginName, _ test: (Int) -> (reason: Reason, isUnresolvable: Bool)?) {
        if recording == .nothing {
            candidates.filter { test($0) == nil }
            return
        }
        for row in candidates.members {
            if let (reason, unresolvable) = test(row) {
                record(row, Rejection(plugin: plugin, reason: reason, isUnresolvable: unresolvable))
                candidates[row] = false
            }
        }
    }
}

extension SchedulingState {
    /// The numbers and names behind a refusal, which the scheduler knows and does not tell: which constraint, which
    /// domain, how much is missing. Empty if the reason says it all.
    func detail(_ rejection: Rejection, row: Int, _ cycle: Cycle) -> String {
        switch rejection.reason.subject {
        case .text, .notSelected: ""
        default: PluginCatalog.plugin(rejection.plugin)?.detail?(rejection.reason, row, cycle, self) ?? ""
        }
    }

    /// `zone eu-a`: the row's domain in a view; nil without the label.
    func domain(_ view: Int, _ row: Int) -> String? {
        let column = columns[views[view].column]
        let value = column.value(row)
        return value < 0 ? nil : "\(Self.short(column.key)) \(column.values[value])"
    }
    /// The last part of a label's key: `zone` of `topology.kubernetes.io/zone`.
    static func short(_ key: String) -> String { String(key.split(separator: "/").last ?? "") }
}
