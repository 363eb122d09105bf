import SimulationKit

public import KubernetesAPI

/// Nodes with the same outcome: the same plugin refuses them for the same reason.
public struct OutcomeGroup: Sendable {
    public var nodes: [String]
    /// The first node's.
    public var verdict: Explanation.Verdict
    public init(nodes: [String], verdict: Explanation.Verdict) { (self.nodes, self.verdict) = (nodes, verdict) }
}

extension Explanation {
    /// What one check says of a node.
    public enum Mark: Sendable { case passed, stopped, failsToo, notAsked }

    /// A column of the matrix: one plugin, or the four that look at volumes.
    public struct Check: Sendable {
        public var title: String
        var plugins: [String]
    }

    /// The columns of the matrix, in the order in which the plugins are asked.
    public var checks: [Check] {
        var result: [Check] = []
        for plugin in filterPlugins {
            let title = Self.title(of: plugin)
            if let last = result.indices.last, result[last].title == title {
                result[last].plugins.append(plugin)
            } else {
                result.append(Check(title: title, plugins: [plugin]))
            }
        }
        return result
    }
    private static func title(of plugin: String) -> String {
        PluginCatalog.all.first { $0.name.rawValue == plugin }?.title ?? String(plugin.prefix(6)).lowercased()
    }

    /// The marks of a node, one for each of ``checks``.
    /// - Parameter all: tells also what plugins say that were not asked any more.
    public func marks(_ verdict: Verdict, all: Bool) -> [Mark] {
        guard let refusal = verdict.refusal else { return checks.map { _ in .passed } }
        // Left out before any filter ran.
        if verdict.isPrefiltered { return checks.map { $0.plugins.contains(PluginName.nodeAffinity.rawValue) ? .stopped : .notAsked } }
        var isStopped = false
        return checks.map { check in
            if !isStopped {
                isStopped = refusal.plugin.map(check.plugins.contains) ?? false
                return isStopped ? .stopped : .passed
            }
            guard all else { return .notAsked }
            return verdict.further.contains { $0.plugin.map(check.plugins.contains) ?? false } ? .failsToo : .passed
        }
    }

    /// The reason in words, with the numbers behind it.
    public func reason(_ verdict: Verdict, all: Bool) -> String {
        guard let refusal = verdict.refusal else { return "" }
        return ([refusal] + (all ? verdict.further : [])).map(\.words).joined(separator: "; ")
    }

    /// Refused nodes with the same outcome together, each group under its first node; feasible nodes stand alone.
    public func groups(all: Bool) -> [OutcomeGroup] {
        var result: [OutcomeGroup] = []
        var places: [String: Int] = [:]
        for verdict in nodes {
            if let refusal = verdict.refusal {
                let key = "\(refusal.plugin ?? "") \(reason(verdict, all: all))" + (all ? "\(verdict.further.map(\.plugin))" : "")
                if let place = places[key] {
                    result[place].nodes.append(verdict.node)
                    continue
                }
                places[key] = result.count
            }
            result.append(OutcomeGroup(nodes: [verdict.node], verdict: verdict))
        }
        return result
    }

    /// How many nodes each plugin stopped, the most first.
    public var stoppedBy: [(plugin: String, nodes: Int)] {
        var counts: [(plugin: String, nodes: Int)] = []
        for verdict in nodes {
            guard let refusal = verdict.refusal else { continue }
            let name = refusal.plugin ?? PluginName.nodeAffinity.rawValue
            if let i = counts.firstIndex(where: { $0.plugin == name }) { counts[i].nodes += 1 } else { counts.append((name, 1)) }
        }
        return counts.enumerated().sorted { ($1.element.nodes, $0.offset) < ($0.element.nodes, $1.offset) }.map(\.element)
    }

    /// What preemption would do, in a sentence; empty if nothing was tried.
    public var preemptionWords: String {
        guard let preemption else { return "" }
        if let node = preemption.nominated, let candidate = preemption.candidates.first(where: { $0.node == node }) {
            let others = preemption.candidates.count - 1
            return "would evict \(candidate.victims.map(\.description).joined(separator: ", ")) on \(node)"
                + (candidate.pdbViolations > 0 ? ", \(candidate.pdbViolations) against a budget" : "")
                + (others > 0 ? "; \(counted(others, "other node")) would do" : "")
        }
        return preemption.message.hasPrefix("preemption: ") ? String(preemption.message.dropFirst(12)) : preemption.message
    }

    /// ``json`` with what ``nodes`` know beyond the recorded form: details, every plugin's refusal, changes that help.
    public var explainedJSON: JSONValue {
        guard var object = json.object else { return json }
        if !nodes.isEmpty {
            var map = JSONObject()
            map.members = nodes.map { verdict in
                guard var node = verdict.json.object, let refusal = verdict.refusal else { return (verdict.node, verdict.json) }
                if !refusal.detail.isEmpty { node["detail"] = .string(refusal.detail) }
                if !verdict.further.isEmpty {
                    node["alsoRefusedBy"] = .array(
                        verdict.further.map { further in
                            var object = further.json
                            if !further.detail.isEmpty { object["detail"] = .string(further.detail) }
                            return .object(object)
                        })
                }
                return (verdict.node, .object(node))
            }
            object["nodes"] = .object(map)
        }
        if !remedies.isEmpty {
            object["remedies"] = .array(
                remedies.map { remedy in
                    var object: JSONObject = ["change": .string(remedy.words), "cost": .string(remedy.cost)]
                    if let node = remedy.node { object["node"] = .string(node) }
                    return .object(object)
                })
        }
        return .object(object)
    }
}
