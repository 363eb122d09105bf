import KubernetesAPI

/// Why a plugin refuses a node: a small code, put into words only for those who read it.
enum Reason: Sendable, Hashable {
    case unschedulable
    case nodeName
    case taint(key: String, value: String)
    case nodeAffinity
    case ports
    case resources(Shortage)
    case diskConflict
    case readWriteOncePod
    case volumeLimit
    /// Bits in the order of ``volumeTexts``.
    case volumes(UInt8)
    case volumeZone
    case spreadLabel
    case spreadSkew
    case podAffinity
    case podAntiAffinity
    case existingAntiAffinity
    /// A PreFilter plugin had narrowed the set of nodes, and this one was not in it.
    case notSelected(by: PluginName)
    case noVictims
    case text(String)

    static let volumeConflict: UInt8 = 1
    static let volumeUnmatched: UInt8 = 2
    static let volumeNoSpace: UInt8 = 4
    static let volumeMissing: UInt8 = 8

    /// The sentences upstream prints, in its order.
    func words(_ demand: PodDemand, _ state: SchedulingState) -> [String] {
        switch self {
        case .unschedulable: return ["node(s) were unschedulable"]
        case .nodeName: return ["node(s) didn't match the requested node name"]
        case .taint(let key, let value):
            return [
                state.profile.taintReasonIsGeneric
                    ? "node(s) had untolerated taint(s)" : "node(s) had untolerated taint {\(key): \(value)}"
            ]
        case .nodeAffinity: return ["node(s) didn't match Pod's node affinity/selector"]
        case .ports: return ["node(s) didn't have free ports for the requested pod ports"]
        case .resources(let short):
            var result = short.isOfPods ? ["Too many pods"] : []
            for (i, amount) in demand.requests.enumerated() where short.contains(i) {
                result.append("Insufficient \(state.nodes.resourceNames[amount.resource])")
            }
            return result
        case .diskConflict: return ["node(s) had no available disk"]
        case .readWriteOncePod:
            return [state.profile.readWriteOncePodReason]
        case .volumeLimit: return ["node(s) exceed max volume count"]
        case .volumes(let bits):
            var result: [String] = []
            if bits & Self.volumeConflict != 0 {
                result.append(state.profile.volumeNodeAffinityReason)
            }
            if bits & Self.volumeUnmatched != 0 {
                result.append("node(s) didn't find available persistent volumes to bind")
            }
            if bits & Self.volumeNoSpace != 0 { result.append("node(s) did not have enough free storage") }
            if bits & Self.volumeMissing != 0 {
                result.append("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
            }
            return result
        case .volumeZone: return ["node(s) had no available volume zone"]
        case .spreadLabel:
            return ["node(s) didn't match pod topology spread constraints (missing required label)"]
        case .spreadSkew: return ["node(s) didn't match pod topology spread constraints"]
        case .podAffinity: return ["node(s) didn't match pod affinity rules"]
        case .podAntiAffinity: return ["node(s) didn't match pod anti-affinity rules"]
        case .existingAntiAffinity: return ["node(s) didn't satisfy existing pods anti-affinity rules"]
        case .notSelected(let plugin): return ["node(s) didn't satisfy plugin(s) [\(plugin.rawValue)]"]
        case .noVictims: return ["No preemption victims found for incoming pod"]
        case .text(let text): return [text]
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
