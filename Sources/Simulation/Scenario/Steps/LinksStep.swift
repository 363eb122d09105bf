// The action `links`.
import ControlPlane
import KubernetesAPI

struct LinksStep: StepAction, APIStruct {
    var egress: String?
    var history: Bool?
    var agents: String?
    var fault: String?
    var nodes: [String]?
    var kubeletCertificateAuthority: Bool?
    var kubeletCertificates: String?
    var untrustedNetwork: Bool?
    var extendTokens: Bool?
    var sshUser: String?
    var servers: Int?
    var deadServers: Int?
    init() {}
    static let name = "links"
    static let summary = "Changes how the API server reaches nodes and pods, or lets something go wrong with it."
    static let fields: Fields<LinksStep> = [
        .f("egress", \.egress, "direct, konnectivity or sshTunnel."),
        .f("history", \.history, "Lets sshTunnel be chosen, which Kubernetes 1.22 removed."),
        .f("agents", \.agents, "Which Konnectivity agent is taken: destHost (that on the node), default (any)."),
        .f("fault", \.fault, "\(LinkSettings.Fault.allCases.map(\.rawValue).joined(separator: ", "))."),
        .f("nodes", \.nodes, "The nodes that the fault is about; default all."),
        .f("kubeletCertificateAuthority", \.kubeletCertificateAuthority, "The API server is given --kubelet-certificate-authority."),
        .f("kubeletCertificates", \.kubeletCertificates, "What kubelets show: selfSigned or clusterAuthority."),
        .f("untrustedNetwork", \.untrustedNetwork, "Somebody may sit between the machines."),
        .f("extendTokens", \.extendTokens, "--service-account-extend-token-expiration."),
        .f("sshUser", \.sshUser, "--ssh-user."),
        .f("servers", \.servers, "How many API servers there are, 1 to 9."),
        .f("deadServers", \.deadServers, "How many of them have died."),
    ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        var change = LinkChange()
        func choice<C: RawRepresentable & CaseIterable>(_ field: String, _ text: String?) throws(StepProblem) -> C? where C.RawValue == String {
            guard let text else { return nil }
            if let found = C(rawValue: text) { return found }
            throw StepProblem(field, "\"\(text)\" is none of \(C.allCases.map { $0.rawValue }.joined(separator: ", "))")
        }
        change.egress = try choice("egress", egress)
        change.agents = try choice("agents", agents)
        change.fault = try choice("fault", fault)
        change.servingCertificate = try choice("kubeletCertificates", kubeletCertificates)
        (change.showsHistory, change.nodes, change.sshUser) = (history, nodes, sshUser)
        (change.checksKubelets, change.networkIsUntrusted) = (kubeletCertificateAuthority, untrustedNetwork)
        (change.extendsTokens, change.serverCount, change.deadServers) = (extendTokens, servers, deadServers)
        return .changeLinks(change)
    }
}
