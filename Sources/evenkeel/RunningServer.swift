// A server that listens, with its certificates and its kubeconfig.

#if Network
    import APIServer
    import Foundation
    import Network
    import Simulation

    /// What `serve` and a dashboard that serves have in common.
    struct RunningServer {
        /// By these names clients on this machine reach it.
        static let names = ["127.0.0.1", "::1", "localhost"]

        let inbox = Inbox()
        /// `127.0.0.1:6443`, as clients are told.
        let place: String
        /// The kubeconfig.
        let file: String
        private let listener: APIListener
        private let authority: CertificateAuthority
        private let isUsersFile: Bool

        /// Listens, and writes the kubeconfig: into `kubeconfig` if it names a file.
        init(address: String = "127.0.0.1", port: Int = 0, kubeconfig: String? = nil, in folder: RuntimeFolder) throws {
            let client: Identity
            do {
                authority = try CertificateAuthority()
                client = try authority.client(user: "evenkeel-admin", groups: ["system:masters"])
                let identity = try authority.server(for: Self.names + (Self.names.contains(address) ? [] : [address]))
                Self.raiseFileLimit()
                listener = try APIListener(address: address, port: port, identity: identity, authority: authority, inbox: inbox)
            } catch {
                throw Failure(status: 1, message: "Error: no server on \(address):\(port): \(error)\n")
            }
            place = "\(Self.reachable(address)):\(listener.port)"
            isUsersFile = kubeconfig != nil
            file = kubeconfig ?? "\(folder.path)/kubeconfig-\(ProcessInfo.processInfo.processIdentifier)"
            try SecretFile.write(Kubeconfig(server: "https://\(place)", authority: authority, client: client).text, to: file)
        }

        /// What answers this server's clients.
        func desk(audit: AuditLog? = nil) -> Desk {
            Desk(
                api: APIServer(address: place), inbox: inbox, audit: audit, signer: CertificateSigner(authority: authority), programs: SimulatedPrograms.find)
        }

        /// What clients trust, in PEM.
        var certificates: String { authority.root.certificatePEM }
        static func makeTokenKey() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: .min ... .max) } }

        /// A session that has not begun, as one that clients of this server use.
        func session(_ session: Session) -> Session { session.serving(certificates: certificates, tokenKey: Self.makeTokenKey()) }

        /// Ends all connections. Nobody needs the credentials of a server that is gone; a file that the user named is the user's.
        func close() {
            listener.close()
            if !isUsersFile { unlink(file) }
        }

        /// The address as a client on this machine writes it.
        private static func reachable(_ address: String) -> String {
            switch address {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case _ where address.contains(":"): "[\(address)]"
            default: address
            }
        }

        /// Each client takes a descriptor; the usual limit of 1024 is for programs that use `select`.
        private static func raiseFileLimit() {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return }
            limit.rlim_cur = min(limit.rlim_max, 65_536)
            _ = setrlimit(__rlimit_resource_t(7), &limit)
        }
    }
#endif
