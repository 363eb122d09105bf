/// IP addresses and ranges as Kubernetes takes them: leading zeros in IPv4 are allowed, zones in IPv6 are not.
/// - Source: Kubernetes `apimachinery/pkg/util/validation/ip.go`, `utils/net/parse.go`.
package struct IPAddress {
    /// 4 or 16; an IPv4 address that is mapped into IPv6 counts as IPv4.
    package private(set) var bytes: [UInt8]
    package var isV6: Bool { bytes.count == 16 }

    package init?(_ text: some StringProtocol) {
        if text.contains(":") {
            guard let bytes = Self.v6(Substring(text)) else { return nil }
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        } else {
            guard let bytes = Self.v4(text) else { return nil }
            self.bytes = bytes
        }
    }

    private static func v4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.utf8.split(separator: 46, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            let digits = part.drop { $0 == 48 }
            guard !part.isEmpty, part.allSatisfy({ 48...57 ~= $0 }), digits.count <= 3 else { return nil }
            let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
            guard value <= 255 else { return nil }
            bytes.append(UInt8(value))
        }
        return bytes
    }

    private static func v6(_ text: Substring) -> [UInt8]? {
        func groups(_ text: Substring, isEnd: Bool) -> [UInt8]? {
            if text.isEmpty { return [] }
            var bytes: [UInt8] = []
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            for (i, part) in parts.enumerated() {
                if isEnd, i == parts.count - 1, part.contains("."), let four = v4(part) {
                    bytes += four
                } else {
                    guard 1...4 ~= part.utf8.count, part.utf8.allSatisfy({ $0 != 43 && $0 != 45 }), let value = UInt16(part, radix: 16)
                    else { return nil }
                    bytes += [UInt8(value >> 8), UInt8(value & 255)]
                }
            }
            return bytes
        }
        let halves = text.ranges(of: "::")
        if halves.isEmpty {
            guard let bytes = groups(text, isEnd: true), bytes.count == 16 else { return nil }
            return bytes
        }
        guard let gap = halves.first, let before = groups(text[..<gap.lowerBound], isEnd: false),
            let after = groups(text[gap.upperBound...], isEnd: true), before.count + after.count <= 14
        else { return nil }
        return before + Array(repeating: 0, count: 16 - before.count - after.count) + after
    }

    /// Whether `text` is an address with the length of a prefix.
    static func isRange(_ text: String) -> Bool { range(text) != nil }
    /// The address of a range such as `10.0.0.0/8`.
    static func range(_ text: String) -> IPAddress? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), !parts[1].isEmpty, parts[1].utf8.count <= 3,
            parts[1].utf8.allSatisfy({ 48...57 ~= $0 }), let length = Int(parts[1]),
            length <= (parts[0].contains(":") ? 128 : 32)
        else { return nil }
        return address
    }

    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    var isLoopback: Bool { isV6 ? bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127 }
    var isLinkLocal: Bool { isV6 ? bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80 : bytes[0] == 169 && bytes[1] == 254 }
    var isLinkLocalMulticast: Bool {
        isV6 ? bytes[0] == 0xff && bytes[1] & 0x0f == 0x02 : bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0
    }
}

extension [FieldError] {
    mutating func ipAddress(_ field: String, _ text: String) {
        if IPAddress(text) == nil {
            invalid(field, .string(text), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
        }
    }
    mutating func ipRange(_ field: String, _ text: String) {
        if !IPAddress.isRange(text) {
            invalid(field, .string(text), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
        }
    }
    /// Refuses addresses that mean nothing outside of one machine.
    mutating func nonSpecialAddress(_ field: String, _ text: String) {
        guard let address = IPAddress(text) else {
            invalid(field, .string(text), "must be a valid IP address")
            return
        }
        if address.isUnspecified { invalid(field, .string(text), "may not be unspecified (\(text))") }
        if address.isLoopback { invalid(field, .string(text), "may not be in the loopback range (127.0.0.0/8, ::1/128)") }
        if address.isLinkLocal { invalid(field, .string(text), "may not be in the link-local range (169.254.0.0/16, fe80::/10)") }
        if address.isLinkLocalMulticast {
            invalid(field, .string(text), "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
        }
    }
}
