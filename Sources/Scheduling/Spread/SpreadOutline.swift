/// What every screen needs to know of a spread group: who carries the rule, and by how much it is off.
///
/// Small and quick to make, where a ``SpreadGroup`` lists all domains and what the filters say to each node.
public struct SpreadOutline: Sendable, Equatable {
    /// As ``SpreadGroup/id``; where two rules have the same one, as those of two revisions with other node selectors, the second is told apart.
    public internal(set) var id: String
    /// The first of the workloads whose pods carry the rule; nil if there is none.
    public let owner: SpreadGroup.Owner?
    public let namespace: String
    public let topologyKey: String
    public let isHard: Bool
    public let isDefault: Bool
    public let maxSkew: Int
    /// As ``SpreadGroup/ownerName``.
    public let ownerName: String
    /// As ``SpreadGroup/carriers``.
    public internal(set) var carriers = 0
    /// How many of them have no node.
    public internal(set) var waiting = 0
    /// As ``SpreadGroup/skewNow``.
    public internal(set) var skewNow = 0
    public var isViolated: Bool { skewNow > maxSkew }

    /// The outline of a group of which the rule and the owners are known.
    init(_ group: SpreadGroup, id: String) {
        (self.id, owner, ownerName, namespace) = (id, group.owners.first, group.ownerName, group.namespace)
        (topologyKey, isHard, isDefault, maxSkew) = (group.topologyKey, group.isHard, group.isDefault, group.maxSkew)
    }
}

extension SpreadGroup {
    /// Tells a group from all others, and is the same as long as the rule is.
    public var id: String {
        "\(namespace)/\(owners.first?.kind ?? "")/\(ownerName)/\(topologyKey)/\(isHard)/\(maxSkew)/\(minDomains ?? 0)/\(honorsAffinity)/\(honorsTaints)/\(selector)\(scheduler == "default-scheduler" ? "" : "/\(scheduler)")"
    }
    /// The name of the first owner, else the selector.
    public var ownerName: String { owners.first?.name ?? selector }
}
