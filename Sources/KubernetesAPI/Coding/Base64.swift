/// The text form of bytes in JSON.
public enum Base64 {
    /// The bytes in base64, with `=` at the end.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var (bits, count) = (0, 0)
        for byte in bytes {
            bits = bits << 8 | Int(byte)
            count += 1
            if count == 3 {
                for shift in [18, 12, 6, 0] { out.append(alphabet[bits >> shift & 63]) }
                (bits, count) = (0, 0)
            }
        }
        if count > 0 {
            bits <<= 8 * (3 - count)
            for i in 0..<4 { out.append(i <= count ? alphabet[bits >> (18 - 6 * i) & 63] : UInt8(ascii: "=")) }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
