import Testing

@testable import SimulationKit

/// Signatures of tokens.
@Suite struct SigningKeyTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
    /// RFC 6979, A.2.5.
    private static let known = SigningKey(scalar: bytes("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"))

    @Test func `the public key is that of the standard's example`() {
        let key = Self.known.publicKey
        #expect(key.x == Self.bytes("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"))
        #expect(key.y == Self.bytes("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"))
    }

    @Test(arguments: [
        (
            "sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
        ),
        ("test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"),
    ])
    func `signatures are those of the standard's examples`(_ message: String, _ signature: String) {
        #expect(Self.known.sign(Array(message.utf8)) == Self.bytes(signature))
        #expect(Self.known.made(Self.bytes(signature), of: Array(message.utf8)))
    }

    @Test func `a key knows its own signatures and no others`() {
        let (own, other) = (SigningKey(secret: [1, 2, 3]), SigningKey(secret: [1, 2, 4]))
        let signature = own.sign([7])
        #expect(own.made(signature, of: [7]))
        #expect(!own.made(signature, of: [8]) && !other.made(signature, of: [7]) && !own.made(other.sign([7]), of: [7]))
        #expect(!own.made([], of: [7]) && !own.made(Array(repeating: 0, count: 64), of: [7]) && !own.made(Array(repeating: 255, count: 64), of: [7]))
        for index in signature.indices {
            var wrong = signature
            wrong[index] ^= 1
            #expect(!own.made(wrong, of: [7]))
        }
    }
}
