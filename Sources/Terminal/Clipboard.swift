/// The escape sequence that asks a terminal to put text on its clipboard (OSC 52).
public enum Clipboard {
    /// The most bytes of encoded text that terminals are known to take.
    public static let encodedLimit = 74_994

    /// The bytes to write for `text`.
    ///
    /// Inside tmux it is sent twice: plainly, for `set-clipboard on`, and wrapped for the terminal
    /// outside, for `allow-passthrough on`. tmux drops the one it does not want.
    ///
    /// - Throws: `TerminalError.clipboard` with the reason: too long, or a terminal without one.
    public static func sequence(
        for text: String, insideTmux: Bool, terminalType: String
    ) throws(TerminalError) -> [UInt8] {
        if ["dumb", "linux", "vt100", "vt220", ""].contains(terminalType), !insideTmux {
            throw .clipboard("This terminal (TERM=\(terminalType)) has no clipboard.")
        }
        let encoded = base64(Array(text.utf8))
        guard encoded.count <= encodedLimit else {
            throw .clipboard(
                "Too long for the terminal's clipboard: \(text.utf8.count) bytes, "
                    + "at most \(encodedLimit / 4 * 3).")
        }
        let plain = Array("\u{1B}]52;c;".utf8) + encoded + [7]
        if insideTmux {
            let doubled = plain.flatMap { $0 == 0x1B ? [$0, $0] : [$0] }
            return plain + Array("\u{1B}Ptmux;".utf8) + doubled + Array("\u{1B}\\".utf8)
        }
        if terminalType.hasPrefix("screen") {
            // GNU screen passes on at most 768 bytes at a time.
            var wrapped: [UInt8] = []
            for start in stride(from: 0, to: plain.count, by: 240) {
                wrapped += Array("\u{1B}P".utf8)
                wrapped += plain[start..<min(start + 240, plain.count)]
                wrapped += Array("\u{1B}\\".utf8)
            }
            return wrapped
        }
        return plain
    }

    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let letters = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for offset in 0..<3 {
                bits = bits << 8 | (offset < part.count ? UInt32(part[start + offset]) : 0)
            }
            for sextet in 0..<4 {
                if sextet <= part.count {
                    result.append(letters[Int(bits >> UInt32(18 - 6 * sextet) & 63)])
                } else {
                    result.append(UInt8(ascii: "="))
                }
            }
        }
        return result
    }
}
