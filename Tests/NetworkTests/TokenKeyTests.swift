// Tokens of service accounts, checked by somebody else's code.

#if Network
    import COpenSSL
    import ControlPlane
    import KubernetesAPI
    import SimulationKit
    import Testing

    struct TokenKeyTests {
        /// What stands before the two coordinates in a public key on P-256 as DER (RFC 5480).
        private static let head: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
            0x42, 0x00, 0x04,
        ]

        /// Whether a signature is right, with the public key alone.
        private static func holds(_ signature: [UInt8], of message: [UInt8], x: [UInt8], y: [UInt8]) -> Bool {
            let encoded = head + x + y
            let key = encoded.withUnsafeBufferPointer { buffer -> OpaquePointer? in
                var place = buffer.baseAddress
                return d2i_PUBKEY(nil, &place, buffer.count)
            }
            let (pair, check) = (ECDSA_SIG_new(), EVP_MD_CTX_new())
            defer {
                EVP_PKEY_free(key)
                ECDSA_SIG_free(pair)
                EVP_MD_CTX_free(check)
            }
            guard signature.count == 64, key != nil else { return false }
            let (r, s) = (Array(signature[..<32]), Array(signature[32...]))
            guard ECDSA_SIG_set0(pair, BN_bin2bn(r, 32, nil), BN_bin2bn(s, 32, nil)) == 1 else { return false }
            var bytes: UnsafeMutablePointer<UInt8>?
            let count = i2d_ECDSA_SIG(pair, &bytes)
            defer { evk_openssl_free(bytes) }
            return EVP_DigestVerifyInit(check, nil, EVP_sha256(), nil, key) == 1 && EVP_DigestVerify(check, bytes, Int(count), message, message.count) == 1
        }

        @Test(arguments: 0..<8) func `a token is checked with the published key alone`(_ number: UInt8) throws {
            let secret: [UInt8] = [number, 1, 2, 3]
            let account = ObjectKey(namespace: "kit", name: "robot \(number)")
            let token = ServiceAccountToken(account: account, accountUID: "u", issued: .start, expires: .start + .hours(1)).text(key: secret)
            let parts = token.split(separator: ".")
            let key = try #require(ServiceAccountToken.publicKeys(of: secret).value(at: "keys[0]"))
            let x = try #require(Base64URL.decode(key["x"]?.string ?? "")), y = try #require(Base64URL.decode(key["y"]?.string ?? ""))
            var signature = try #require(Base64URL.decode(parts[2]))
            let message = Array("\(parts[0]).\(parts[1])".utf8)
            #expect(Self.holds(signature, of: message, x: x, y: y))
            #expect(!Self.holds(signature, of: message + [0], x: x, y: y))
            signature[40] ^= 1
            #expect(!Self.holds(signature, of: message, x: x, y: y))
        }
    }
#endif
