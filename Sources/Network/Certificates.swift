// Certificates for HTTPS on loopback, made anew for each server: a CA, the server's and the administrator's.

#if Network
    import APIServer
    import COpenSSL
    import ControlPlane
    import Foundation

    /// A certificate and its private key.
    public struct Identity: Sendable {
        /// X.509 as DER.
        public let certificate: [UInt8]
        /// PKCS #8 as DER. Secret: it goes into a kubeconfig and nowhere else.
        public let key: [UInt8]

        public init(certificate: [UInt8], key: [UInt8]) { (self.certificate, self.key) = (certificate, key) }

        /// `-----BEGIN CERTIFICATE-----` and so on.
        public var certificatePEM: String { Self.pem("CERTIFICATE", certificate) }
        /// `-----BEGIN PRIVATE KEY-----` and so on.
        public var keyPEM: String { Self.pem("PRIVATE KEY", key) }

        private static func pem(_ label: String, _ bytes: [UInt8]) -> String {
            let text = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
            return "-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n"
        }
    }

    /// A certificate could not be made.
    public struct CertificateError: Error, CustomStringConvertible {
        public let description: String
    }

    /// An authority that lives as long as its server. Keys are P-256, made by the OpenSSL that does the TLS.
    public struct CertificateAuthority: Sendable {
        /// The authority's own certificate, which clients have to trust, and the key that signs.
        public let root: Identity

        /// Makes an authority with a new key, valid for ten years.
        public init() throws {
            root = try Certificate.make(
                name: [("CN", "evenkeel-ca")], days: 3650,
                extensions: [.isAuthority(true), .keyUsage(signsCertificates: true)])
        }

        /// A server's certificate for these names; what reads as an IP address is one.
        public func server(for names: [String]) throws -> Identity {
            try leaf(name: [("CN", "evenkeel-apiserver")], [.usage(.server), .names(names)])
        }

        /// A client's certificate: the API server takes the common name for the user and the organizations for its groups.
        public func client(user: String, groups: [String]) throws -> Identity {
            try leaf(name: groups.map { ("O", $0) } + [("CN", user)], [.usage(.client)])
        }

        /// The certificate of a request, as PEM, valid for so many seconds.
        func sign(_ request: CertificateRequest, seconds: Int, isServer: Bool, isClient: Bool) throws -> String {
            var extensions: [CertificateExtension] = [.isAuthority(false), .keyUsage(signsCertificates: false)]
            if isServer || isClient { extensions.append(.usages((isServer ? [.server] : []) + (isClient ? [.client] : []))) }
            if let names = request.names { extensions.append(.names(encoded: names)) }
            return try Identity(certificate: Certificate.sign(request.der, seconds: seconds, extensions: extensions, issuer: root), key: []).certificatePEM
        }

        private func leaf(name: [(String, String)], _ extensions: [CertificateExtension]) throws -> Identity {
            try Certificate.make(
                name: name, days: 365, extensions: [.isAuthority(false), .keyUsage(signsCertificates: false)] + extensions, issuer: root)
        }
    }

    /// What a certificate says beyond name and key, as DER.
    private struct CertificateExtension {
        var nid: Int32
        var isCritical = false
        var value: [UInt8]

        enum Usage: UInt8 { case server = 1, client }

        static func isAuthority(_ isAuthority: Bool) -> Self {
            Self(nid: NID_basic_constraints, isCritical: true, value: der(0x30, isAuthority ? [0x01, 0x01, 0xff] : []))
        }
        /// digitalSignature is bit 0, keyCertSign and cRLSign are 5 and 6; the first byte counts the bits that are not used.
        static func keyUsage(signsCertificates: Bool) -> Self {
            Self(nid: NID_key_usage, isCritical: true, value: der(0x03, signsCertificates ? [1, 0b1000_0110] : [7, 0b1000_0000]))
        }
        /// 1.3.6.1.5.5.7.3.1 and .2
        static func usage(_ usage: Usage) -> Self { usages([usage]) }
        static func usages(_ usages: [Usage]) -> Self {
            Self(nid: NID_ext_key_usage, value: der(0x30, usages.flatMap { der(0x06, [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, $0.rawValue]) }))
        }
        static func names(encoded: [UInt8]) -> Self { Self(nid: NID_subject_alt_name, value: encoded) }
        static func names(_ names: [String]) -> Self {
            Self(nid: NID_subject_alt_name, value: der(0x30, names.flatMap { name in address(name).map { der(0x87, $0) } ?? der(0x82, Array(name.utf8)) }))
        }
        static func subjectKey(_ digest: [UInt8]) -> Self { Self(nid: NID_subject_key_identifier, value: der(0x04, digest)) }
        static func authorityKey(_ digest: [UInt8]) -> Self { Self(nid: NID_authority_key_identifier, value: der(0x30, der(0x80, digest))) }

        private static func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            let count = content.count
            let length: [UInt8] =
                count < 0x80 ? [UInt8(count)] : count < 0x100 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8 & 0xff), UInt8(count & 0xff)]
            return [tag] + length + content
        }

        /// The bytes of an IP address; nil if the text is none.
        private static func address(_ text: String) -> [UInt8]? {
            for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
                var bytes = [UInt8](repeating: 0, count: count)
                if inet_pton(family, text, &bytes) == 1 { return bytes }
            }
            return nil
        }
    }

    extension UserInfo {
        /// Who a client certificate is for, which was checked by TLS; nil if it names nobody.
        init?(certificate: [UInt8]) {
            guard let x509 = Certificate.parse(certificate) else { return nil }
            defer { X509_free(x509) }
            let (user, groups) = CertificateRequest.subject(X509_get_subject_name(x509))
            if user.isEmpty { return nil }
            self.init(name: user, groups: groups + (groups.contains(Self.authenticatedGroup) ? [] : [Self.authenticatedGroup]))
        }
    }

    /// The calls into OpenSSL: what is allocated is freed before they return, unless it is what they return.
    enum Certificate {
        fileprivate static func make(name: [(String, String)], days: Int, extensions: [CertificateExtension], issuer: Identity? = nil) throws -> Identity {
            guard let key = evk_new_p256_key() else { throw failed("key") }
            defer { EVP_PKEY_free(key) }
            guard let x509 = X509_new() else { throw failed("X509_new") }
            defer { X509_free(x509) }
            let subject = X509_get_subject_name(x509)
            for (field, value) in name {
                // 0x1000 | 1: the bytes are UTF-8.
                try check(X509_NAME_add_entry_by_txt(subject, field, 0x1001, Array(value.utf8), Int32(clamping: value.utf8.count), -1, 0), "name")
            }
            let certificate = try finish(x509, of: key, seconds: days * 86_400, extensions: extensions, issuer: issuer)
            return Identity(certificate: certificate, key: try keyBytes(key))
        }

        /// The certificate, as DER, that a request (DER) asks for, with its subject and its key.
        fileprivate static func sign(_ request: [UInt8], seconds: Int, extensions: [CertificateExtension], issuer: Identity) throws -> [UInt8] {
            guard let asked = CertificateRequest.parse(request) else { throw failed("request") }
            defer { X509_REQ_free(asked) }
            guard let key = X509_REQ_get_pubkey(asked) else { throw failed("public key") }
            defer { EVP_PKEY_free(key) }
            guard let x509 = X509_new() else { throw failed("X509_new") }
            defer { X509_free(x509) }
            try check(X509_set_subject_name(x509, X509_REQ_get_subject_name(asked)), "name")
            return try finish(x509, of: key, seconds: seconds, extensions: extensions, issuer: issuer)
        }

        /// All of a certificate but its subject, which it has: it is signed with the issuer's key, or else its own, and returned as DER.
        private static func finish(
            _ x509: OpaquePointer, of key: OpaquePointer, seconds: Int, extensions: [CertificateExtension], issuer: Identity?
        ) throws -> [UInt8] {
            var serial: UInt64 = 0
            withUnsafeMutableBytes(of: &serial) { _ = RAND_bytes($0.baseAddress, Int32($0.count)) }
            // 2 is version 3. The upper bit stays clear, so that no client takes the number for a negative one.
            try check(X509_set_version(x509, 2), "version")
            try check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1 | 1), "serial number")
            // An hour back, for machines whose clocks differ a little.
            guard X509_gmtime_adj(X509_getm_notBefore(x509), -3600) != nil, X509_gmtime_adj(X509_getm_notAfter(x509), seconds) != nil else {
                throw failed("validity")
            }
            try check(X509_set_pubkey(x509, key), "public key")
            let parent = issuer.flatMap { parse($0.certificate) }
            defer { if let parent { X509_free(parent) } }
            try check(X509_set_issuer_name(x509, X509_get_subject_name(parent ?? x509)), "issuer")
            let identifiers: [CertificateExtension] = [.subjectKey(try digest(x509)), .authorityKey(try digest(parent ?? x509))]
            for item in extensions + identifiers { try add(item, to: x509) }
            let signer = try issuer.map { try readKey($0.key) }
            defer { if let signer { EVP_PKEY_free(signer) } }
            guard X509_sign(x509, signer ?? key, EVP_sha256()) > 0 else { throw failed("signature") }
            return try der { i2d_X509(x509, $0) }
        }

        private static func add(_ item: CertificateExtension, to x509: OpaquePointer) throws {
            guard let value = ASN1_OCTET_STRING_new() else { throw failed("extension") }
            defer { ASN1_OCTET_STRING_free(value) }
            try check(ASN1_OCTET_STRING_set(value, item.value, Int32(item.value.count)), "extension")
            guard let made = X509_EXTENSION_create_by_NID(nil, item.nid, item.isCritical ? 1 : 0, value) else { throw failed("extension") }
            defer { X509_EXTENSION_free(made) }
            try check(X509_add_ext(x509, made, -1), "extension")
        }

        /// What names the key of a certificate: the first 20 bytes of its SHA-256, as RFC 7093 has it.
        private static func digest(_ x509: OpaquePointer) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var count: UInt32 = 0
            try check(X509_pubkey_digest(x509, EVP_sha256(), &bytes, &count), "key identifier")
            return Array(bytes.prefix(20))
        }

        /// A certificate read from DER; the caller frees it.
        static func parse(_ bytes: [UInt8]) -> OpaquePointer? {
            bytes.withUnsafeBufferPointer { buffer in
                var place = buffer.baseAddress
                return d2i_X509(nil, &place, buffer.count)
            }
        }

        private static func keyBytes(_ key: OpaquePointer) throws -> [UInt8] {
            guard let info = EVP_PKEY2PKCS8(key) else { throw failed("private key") }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            return try der { i2d_PKCS8_PRIV_KEY_INFO(info, $0) }
        }

        /// A private key; the caller frees it.
        static func readKey(_ bytes: [UInt8]) throws -> OpaquePointer {
            let key = bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
                var place = buffer.baseAddress
                guard let info = d2i_PKCS8_PRIV_KEY_INFO(nil, &place, buffer.count) else { return nil }
                defer { PKCS8_PRIV_KEY_INFO_free(info) }
                return EVP_PKCS82PKEY(info)
            }
            guard let key else { throw failed("private key") }
            return key
        }

        /// What OpenSSL writes as DER.
        static func der(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) throws -> [UInt8] {
            var bytes: UnsafeMutablePointer<UInt8>?
            let count = write(&bytes)
            guard count > 0, let bytes else { throw failed("encoding") }
            defer { evk_openssl_free(bytes) }
            return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }

        private static func check(_ result: Int32, _ what: String) throws { if result != 1 { throw failed(what) } }
        private static func failed(_ what: String) -> CertificateError { CertificateError(description: "a certificate could not be made: \(what)") }
    }
#endif
