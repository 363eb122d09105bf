// What kubectl has to be told of a server.

#if Network
    import Foundation

    /// A kubeconfig with everything in it that an administrator's client needs. On one machine packing costs more than it saves.
    public struct Kubeconfig: Sendable {
        /// `https://127.0.0.1:6443`
        public var server: String
        public var authority: CertificateAuthority
        public var client: Identity

        public init(server: String, authority: CertificateAuthority, client: Identity) {
            (self.server, self.authority, self.client) = (server, authority, client)
        }

        /// The file. Secret: it has the client's key.
        public var text: String {
            func base64(_ pem: String) -> String { Data(pem.utf8).base64EncodedString() }
            return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: evenkeel
                  cluster:
                    disable-compression: true
                    certificate-authority-data: \(base64(authority.root.certificatePEM))
                    server: \(server)
                contexts:
                - name: evenkeel
                  context:
                    cluster: evenkeel
                    user: evenkeel-admin
                current-context: evenkeel
                users:
                - name: evenkeel-admin
                  user:
                    client-certificate-data: \(base64(client.certificatePEM))
                    client-key-data: \(base64(client.keyPEM))

                """
        }
    }
#endif
