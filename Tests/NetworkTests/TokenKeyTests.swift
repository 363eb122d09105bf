// Tokens of service accounts, checked by somebody else's code.

#if Network
    import CNIOBoringSSL
    import ControlPlane
    import KubernetesAPI
    import SimulationKit
    import Testing

    struct TokenKeyTests {
        /// Whether a signature is right, with the public key alone.
        private static func holds(_ signature: [UInt8], of message: [UInt8], x: [UInt8], y: [UInt8]) -> Bool {
            let (key, left, right) = (EC_KEY_new_by_curve_name(NID_X9_62_prime256v1), BN_bin2bn(x, x.count, nil), BN_bin2bn(y, y.count, nil))
            let pair = ECDSA_SIG_new()
            defer {
                EC_KEY_free(key)
                BN_free(left)
                BN_free(right)
                ECDSA_SIG_free(pair)
            }
            guard signature.count == 64, EC_KEY_set_public_key_affine_coordinates(key, left, right) == 1 else { return false }
            let (r, s) = (Array(signature[..<32]), Array(signature[32...]))
            guard ECDSA_SIG_set0(pair, BN_bin2bn(r, r.count, nil), BN_bin2bn(s, s.count, nil)) == 1 else { return false }
            return ECDSA_do_verify(SHA256.hash(message), 32, pair, key) == 1
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
