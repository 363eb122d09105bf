// What of the links is to become otherwise: for scenario steps and faults that clients make.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// Fields of ``LinkSettings`` that change; nil: they stay.
public struct LinkChange: Sendable, Equatable {
    public var egress: LinkSettings.Egress?
    public var showsHistory: Bool?
    public var agents: LinkSettings.AgentStrategy?
    public var fault: LinkSettings.Fault?
    /// Of the fault.
    public var nodes: [String]?
    public var checksKubelets: Bool?
    public var servingCertificate: LinkSettings.ServingCertificate?
    public var networkIsUntrusted: Bool?
    public var extendsTokens: Bool?
    public var sshUser: String?
    public var serverCount: Int?
    public var deadServers: Int?

    public init() {}

    func applied(to settings: LinkSettings) -> LinkSettings {
        var new = settings
        if let egress { new.egress = egress }
        if let showsHistory { new.showsHistory = showsHistory }
        if let agents { new.agents = agents }
        if let fault { (new.fault, new.faultNodes) = (fault, []) }
        if let nodes { new.faultNodes = nodes.sorted() }
        if let checksKubelets { new.checksKubelets = checksKubelets }
        if let servingCertificate { new.servingCertificate = servingCertificate }
        if let networkIsUntrusted { new.networkIsUntrusted = networkIsUntrusted }
        if let extendsTokens { new.extendsTokens = extendsTokens }
        if let sshUser { new.sshUser = sshUser }
        if let serverCount { new.serverCount = serverCount }
        if let deadServers { new.deadServers = deadServers }
        // What is wrong must be something that can be wrong with this way.
        if !LinkSettings.Fault.possible(new.egress).contains(new.fault), fault == nil { (new.fault, new.faultNodes) = (.none, []) }
        return new
    }
}

extension Simulation {
    /// Gives the API server other flags for the way to its nodes, or lets something go wrong with it.
    mutating func perform(_ asked: LinkSettings) throws(APIError) -> String {
        var settings = asked
        if let refusal = settings.refusal { throw .badRequest(refusal) }
        for name in settings.faultNodes where cluster.store.nodes[ObjectKey(name: name)] == nil { throw .notFound(Kind.node.info, name) }
        let before = links
        if before.deadServers != settings.deadServers, before.serversDiedAt == settings.serversDiedAt { settings.serversDiedAt = now }
        links = settings
        // Who takes the key off the nodes, or changes flags, starts the API server anew.
        let restarts = before.flags != settings.flags || settings.fault != before.fault && [.keyRefused, .keyUnreadable].contains(settings.fault)
        if restarts { tunnels.restart(settings, at: now) }
        tunnels.lose(settings)
        if before.networkIsUntrusted != settings.networkIsUntrusted {
            return "the network is treated as \(settings.networkIsUntrusted ? "untrusted" : "trusted")"
        }
        if before.servingCertificate != settings.servingCertificate {
            return "kubelets serve certificates \(settings.servingCertificate == .selfSigned ? "of their own" : "signed by the cluster's authority")"
        }
        if before.serverCount != settings.serverCount || before.deadServers != settings.deadServers {
            return "\(settings.serverCount - settings.deadServers) of \(counted(settings.serverCount, "API server")) run"
        }
        if before.egress == settings.egress, before.fault != settings.fault || before.faultNodes != settings.faultNodes {
            let place = settings.faultNodes.isEmpty ? "" : " on \(settings.faultNodes.joined(separator: ", "))"
            return "links to the nodes: \(settings.fault == .none ? "nothing is wrong" : settings.fault.rawValue + place)"
        }
        return "API server restarted: kubelet certificates \(settings.checksKubelets ? "checked" : "not checked"), egress \(settings.egress.title)"
    }
}

extension LinkSettings {
    /// What the API server is started with.
    fileprivate var flags: [String] {
        [egress.rawValue, "\(checksKubelets)", "\(extendsTokens)", agents.rawValue, sshUser, sshKeyfile]
    }
}
