// The controller that signs approved CertificateSigningRequests with the server's own CA.

#if Network
    import APIServer
    import COpenSSL
    import ControlPlane
    import Foundation
    import KubernetesAPI
    import Simulation

    /// Signs what was approved. The certificate is written as a client's write, with a place in the journal: a run that is replayed has the
    /// same one without the key.
    ///
    /// Differs from Kubernetes: it signs within the request that approves, and does not approve the requests of kubelets by itself.
    /// - Source: Kubernetes `pkg/controller/certificates/signer/signer.go`
    public struct CertificateSigner: Sendable {
        private let authority: CertificateAuthority
        private static let info = KindInfo.custom(apiVersion: "certificates.k8s.io/v1", kind: "CertificateSigningRequest")

        public init(authority: CertificateAuthority) { self.authority = authority }

        /// Looks at all requests that wait for a certificate.
        func run(_ session: inout Session) {
            for object in session.cluster.store.objects(of: Self.info) {
                var document = object.document
                let status = document["status"]
                func has(_ type: String) -> Bool { status?["conditions"]?.array?.contains { $0["type"]?.string == type && $0["status"] == "True" } ?? false }
                guard has("Approved"), !has("Denied"), !has("Failed"), status?["certificate"] == nil, let spec = document["spec"] else { continue }
                switch signed(spec) {
                case nil: continue
                case .success(let certificate)?: document["status"]?["certificate"] = .string(Data(certificate.utf8).base64EncodedString())
                case .failure(let refusal)?:
                    let failed: JSONValue = [
                        "type": "Failed", "status": "True", "reason": "SignerValidationFailure", "message": .string(refusal.text),
                        "lastUpdateTime": .string(session.now.rfc3339), "lastTransitionTime": .string(session.now.rfc3339),
                    ]
                    document["status"]?["conditions"] = .array((status?["conditions"]?.array ?? []) + [failed])
                }
                let write = APIWrite(
                    .update(document), Self.info, name: object.metadata.name, subresource: "status", fieldManager: "kube-controller-manager",
                    user: "system:kube-controller-manager")
                _ = session.perform(write)
            }
        }

        struct Refusal: Error { var text: String }

        /// The certificate as PEM; nil if the signer is another's.
        func signed(_ spec: JSONValue) -> Result<String, Refusal>? {
            let usages = (spec["usages"]?.array ?? []).compactMap(\.string)
            guard let purpose = Purpose(rawValue: spec["signerName"]?.string ?? "") else { return nil }
            guard let request = CertificateRequest(pem: Base64.decode(spec["request"]?.string ?? "") ?? []) else {
                return .failure(Refusal(text: "unable to parse csr"))
            }
            if let problem = purpose.problem(request, usages) { return .failure(Refusal(text: problem)) }
            // As upstream: at most a year, at least ten minutes.
            let seconds = spec["expirationSeconds"]?.int ?? 31_536_000
            do {
                let identity = try authority.sign(
                    request, seconds: Int(min(max(seconds, 600), 31_536_000)), isServer: usages.contains("server auth"),
                    isClient: usages.contains("client auth"))
                return .success(identity)
            } catch { return .failure(Refusal(text: "\(error)")) }
        }

        /// The signers of the controller manager, by name.
        enum Purpose: String {
            case client = "kubernetes.io/kube-apiserver-client"
            case kubeletClient = "kubernetes.io/kube-apiserver-client-kubelet"
            case kubeletServing = "kubernetes.io/kubelet-serving"

            /// What keeps a request from being signed.
            /// - Source: Kubernetes `pkg/apis/certificates/helpers.go`
            func problem(_ request: CertificateRequest, _ usages: [String]) -> String? {
                switch self {
                case .client:
                    for usage in usages where !["client auth", "digital signature", "key encipherment"].contains(usage) {
                        return "invalid usage for client certificate: \(usage)"
                    }
                    return usages.contains("client auth") ? nil : "missing required usage for client certificate: client auth"
                case .kubeletClient, .kubeletServing:
                    if request.organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
                    if !request.commonName.hasPrefix("system:node:") { return "subject common name does not begin with system:node: " }
                    if self == .kubeletClient, request.names != nil { return "DNS or IP subjectAltNames are not allowed" }
                    if self == .kubeletServing, request.names == nil { return "at least one DNS or IP subjectAltName is required" }
                    let needed = self == .kubeletClient ? "client auth" : "server auth"
                    let rest = Set(usages).subtracting([needed, "digital signature", "key encipherment"])
                    return usages.contains(needed) && usages.contains("digital signature") && rest.isEmpty ? nil : "usages did not match"
                }
            }
        }
    }

    /// A PKCS #10 request whose signature is right.
    struct CertificateRequest {
        let der: [UInt8]
        let commonName: String
        let organizations: [String]
        /// The alternative names as the extension has them; nil if it has none.
        let names: [UInt8]?

        init?(pem: [UInt8]) {
            let text = String(decoding: pem, as: UTF8.self)
            let (begin, end) = ("-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----")
            guard let first = text.range(of: begin), let last = text.range(of: end, range: first.upperBound..<text.endIndex),
                let data = Data(base64Encoded: String(text[first.upperBound..<last.lowerBound]), options: .ignoreUnknownCharacters)
            else { return nil }
            der = Array(data)
            guard let request = Self.parse(der) else { return nil }
            defer { X509_REQ_free(request) }
            guard let key = X509_REQ_get_pubkey(request) else { return nil }
            defer { EVP_PKEY_free(key) }
            guard X509_REQ_verify(request, key) == 1 else { return nil }
            (commonName, organizations) = Self.subject(X509_REQ_get_subject_name(request))
            names = Self.alternativeNames(request)
        }

        /// A request read from DER; the caller frees it.
        static func parse(_ bytes: [UInt8]) -> OpaquePointer? {
            bytes.withUnsafeBufferPointer { buffer in
                var place = buffer.baseAddress
                return d2i_X509_REQ(nil, &place, buffer.count)
            }
        }

        /// The common name and the organizations of a subject.
        static func subject(_ subject: OpaquePointer?) -> (user: String, groups: [String]) {
            var (user, groups): (String, [String]) = ("", [])
            for index in 0..<X509_NAME_entry_count(subject) {
                guard let entry = X509_NAME_get_entry(subject, index), let data = X509_NAME_ENTRY_get_data(entry) else { continue }
                let text = String(decoding: UnsafeBufferPointer(start: ASN1_STRING_get0_data(data), count: Int(ASN1_STRING_length(data))), as: UTF8.self)
                switch OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) {
                case NID_commonName: user = text
                case NID_organizationName: groups.append(text)
                default: break
                }
            }
            return (user, groups)
        }

        private static func alternativeNames(_ request: OpaquePointer) -> [UInt8]? {
            guard let extensions = X509_REQ_get_extensions(request) else { return nil }
            defer { evk_free_extensions(extensions) }
            let place = X509v3_get_ext_by_NID(extensions, NID_subject_alt_name, -1)
            guard place >= 0, let found = X509v3_get_ext(extensions, place), let data = X509_EXTENSION_get_data(found) else { return nil }
            return Array(UnsafeBufferPointer(start: ASN1_STRING_get0_data(data), count: Int(ASN1_STRING_length(data))))
        }
    }
#endif
