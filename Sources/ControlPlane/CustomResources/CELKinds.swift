// Values of kinds that Kubernetes adds to the language: amounts, addresses, URLs, versions, formats of names.

import KubernetesAPI
import SimulationKit

/// An IP address in one of its two forms, as strictly as rules take it: no zeros before digits, no zone, no IPv4 within IPv6.
struct CELAddress: Sendable, Equatable {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(_ text: String) throws(CELProblem) {
        guard let address = IPAddress(text), !Self.hasZeros(text) else {
            throw CELProblem(text: "IP Address \(JSONValue.string(text).text()) parse error during conversion from string")
        }
        if text.contains(":"), !address.isV6 { throw CELProblem(text: "IPv4-mapped IPv6 address \(JSONValue.string(text).text()) is not allowed") }
        bytes = address.bytes
    }
    private static func hasZeros(_ text: String) -> Bool {
        !text.contains(":") && text.split(separator: ".").contains { $0.utf8.count > 1 && $0.hasPrefix("0") }
    }

    var isV6: Bool { bytes.count == 16 }

    /// The shortest text, as RFC 5952 has it.
    var text: String {
        if !isV6 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        // The longest row of zeros is left out, the first of several.
        var (gap, index) = (0..<0, 0)
        while index < 8 {
            let end = index + groups[index...].prefix { $0 == 0 }.count
            if end - index > max(1, gap.count) { gap = index..<end }
            index = max(end, index + 1)
        }
        func hex(_ range: Range<Int>) -> String { range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
        return gap.isEmpty ? hex(0..<8) : "\(hex(0..<gap.lowerBound))::\(hex(gap.upperBound..<8))"
    }

    /// With all bits after so many of them at zero.
    func masked(_ bits: Int) -> CELAddress {
        CELAddress(bytes.enumerated().map { $0.element & ~UInt8(truncatingIfNeeded: 0xff >> max(0, min(8, bits - $0.offset * 8))) })
    }

    /// What `isLoopback` and its like say.
    func holds(_ question: String) -> Bool? {
        let (isUnspecified, isLoopback) = (bytes.allSatisfy { $0 == 0 }, isV6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127)
        let isLinkLocal = isV6 ? bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80 : bytes[0] == 169 && bytes[1] == 254
        let isMulticast = isV6 ? bytes[0] == 0xff : bytes[0] & 0xf0 == 224
        switch question {
        case "isUnspecified": return isUnspecified
        case "isLoopback": return isLoopback
        case "isLinkLocalUnicast": return isLinkLocal
        case "isLinkLocalMulticast": return isV6 ? isMulticast && bytes[1] & 0x0f == 2 : bytes.prefix(3) == [224, 0, 0]
        case "isGlobalUnicast": return !(isUnspecified || isLoopback || isLinkLocal || isMulticast || bytes.allSatisfy { $0 == 255 })
        default: return nil
        }
    }
}

/// A range of addresses.
struct CELRange: Sendable, Equatable {
    var address: CELAddress
    var bits: Int

    init(_ text: String) throws(CELProblem) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let problem = CELProblem(text: "network address parse error during conversion from string: \(JSONValue.string(text).text())")
        guard parts.count == 2, let address = try? CELAddress(String(parts[0])), let bits = Int(parts[1]), 0...(address.isV6 ? 128 : 32) ~= bits,
            String(bits) == parts[1]
        else { throw problem }
        (self.address, self.bits) = (address, bits)
    }
    init(_ address: CELAddress, bits: Int) { (self.address, self.bits) = (address, bits) }

    var text: String { "\(address.text)/\(bits)" }
    func contains(_ other: CELAddress) -> Bool { other.isV6 == address.isV6 && other.masked(bits) == address.masked(bits) }
}

/// A URL that is absolute, or begins with a slash.
struct CELLocation: Sendable {
    var text: String
    var scheme = ""
    var host = ""
    var path = ""
    var query = ""

    init(_ text: String) throws(CELProblem) {
        func problem(_ why: String) -> CELProblem {
            CELProblem(text: "URL parse error during conversion from string: parse \(JSONValue.string(text).text()): \(why)")
        }
        self.text = text
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) { throw problem("net/url: invalid control character in URL") }
        var rest = text.prefix { $0 != "#" }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        if rest.dropFirst(name.count).first == ":", name.first?.isLetter == true {
            (scheme, rest) = (name.lowercased(), rest.dropFirst(name.count + 1))
        } else if rest.first != "/" {
            throw problem(rest.first == ":" ? "missing protocol scheme" : "invalid URI for request")
        }
        if let mark = rest.firstIndex(of: "?") { (query, rest) = (String(rest[rest.index(after: mark)...]), rest[..<mark]) }
        if rest.hasPrefix("//"), !scheme.isEmpty {
            let authority = rest.dropFirst(2).prefix { $0 != "/" }
            rest = rest.dropFirst(2 + authority.count)
            host = String(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
            if host.contains(where: { " <>\"".contains($0) }) { throw problem("invalid character in host name") }
            if !port.allSatisfy({ $0.isASCII && $0.isNumber }) { throw problem("invalid port \":\(port)\" after host") }
        }
        path = String(rest)
    }

    private var isBracketed: Bool { host.hasPrefix("[") }
    var hostname: String {
        isBracketed ? String(host.dropFirst().prefix { $0 != "]" }) : String(host.prefix { $0 != ":" })
    }
    var port: String {
        let rest = isBracketed ? host.drop { $0 != "]" }.dropFirst() : host.drop { $0 != ":" }
        return String(rest.dropFirst())
    }

    private static func decoded(_ text: Substring) -> String {
        var (bytes, rest): ([UInt8], Substring.UTF8View) = ([], text.utf8)
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 32 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
    /// The values of the query by name.
    var values: [(key: CELValue, value: CELValue)] {
        var found: [(key: String, values: [CELValue])] = []
        for pair in query.split(separator: "&") {
            let name = pair.prefix { $0 != "=" }
            let (key, value) = (Self.decoded(name), CELValue.string(Self.decoded(pair.dropFirst(name.count + 1))))
            if let index = found.firstIndex(where: { $0.key == key }) { found[index].values.append(value) } else { found.append((key, [value])) }
        }
        return found.map { (.string($0.key), .list($0.values)) }
    }
}

/// A version after semver.org.
struct CELVersion: Sendable {
    var numbers: [UInt64]
    var pre: [Substring]

    /// - Parameter isLoose: take `v1.2` as `1.2.0`.
    init?(_ given: String, isLoose: Bool = false) {
        var text = given[...]
        if isLoose, text.hasPrefix("v") { text.removeFirst() }
        let build = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let halves = (build.first ?? "").split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        var parts = (halves.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
        if isLoose {
            parts = parts.map {
                let digits = $0.drop { $0 == "0" }; return digits.isEmpty && !$0.isEmpty ? "0" : digits
            }
            while parts.count < 3, halves.count == 1, build.count == 1 { parts.append("0") }
        }
        func isWord(_ word: Substring) -> Bool { !word.isEmpty && word.utf8.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == 45 } }
        func isNumber(_ word: Substring) -> Bool { word.utf8.allSatisfy { 48...57 ~= $0 } && (word == "0" || !word.hasPrefix("0")) }
        numbers = parts.compactMap { isNumber($0) ? UInt64($0) : nil }
        pre = halves.count > 1 ? halves[1].split(separator: ".", omittingEmptySubsequences: false) : []
        func isRight(_ word: Substring) -> Bool { isWord(word) && (!word.utf8.allSatisfy { 48...57 ~= $0 } || isNumber(word)) }
        guard parts.count == 3, numbers.count == 3, pre.allSatisfy(isRight) else { return nil }
        if build.count > 1, !build[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isWord) { return nil }
    }

    func isBefore(_ other: CELVersion) -> Bool {
        if numbers != other.numbers { return numbers.lexicographicallyPrecedes(other.numbers) }
        if pre.isEmpty || other.pre.isEmpty { return !pre.isEmpty && other.pre.isEmpty }
        for (a, b) in zip(pre, other.pre) where a != b {
            switch (UInt64(a), UInt64(b)) {
            case (let a?, let b?): return a < b
            case (nil, nil): return a < b
            case (let a, _): return a != nil
            }
        }
        return pre.count < other.pre.count
    }
}

/// The formats of names that rules can ask for.
enum CELFormats {
    static let names = ["dns1123Label", "dns1123Subdomain", "dns1035Label", "qualifiedName", "labelValue", "uuid", "byte", "date", "datetime"]

    static func problems(_ name: String, _ text: String) -> [String] {
        switch name {
        case "dns1123Label": return NameRules.label(text)
        case "dns1123Subdomain": return NameRules.subdomain(text)
        case "dns1035Label": return NameRules.dns1035Label(text)
        case "qualifiedName": return NameRules.qualifiedName(text)
        case "labelValue": return NameRules.labelValue(text)
        case "uuid":
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            let isRight = parts.map(\.count) == [8, 4, 4, 4, 12] && parts.joined().allSatisfy { $0.isASCII && $0.isHexDigit }
            return isRight ? [] : ["does not match the UUID format"]
        case "byte": return Base64.decode(text) == nil ? ["invalid base64"] : []
        case "date": return Instant(rfc3339: text + "T00:00:00Z") == nil ? ["invalid date"] : []
        default: return Instant(rfc3339: text) == nil ? ["invalid datetime"] : []
        }
    }
}

extension CELFunctions {
    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/library/{quantity,ip,cidr,urls,semverlib,format}.go`
    static func kind(_ name: String, _ first: CELValue, _ second: CELValue?) throws(CELProblem) -> CELValue? {
        switch first {
        case .string(let text): return try made(name, text, second)
        case .quantity(let amount): return try quantity(name, amount, second)
        case .ip(let address):
            if name == "family" { return .int(address.isV6 ? 6 : 4) }
            return address.holds(name).map { .bool($0) }
        case .cidr(let range): return try self.range(name, range, second)
        case .url(let url):
            switch name {
            case "getScheme": return .string(url.scheme)
            case "getHost": return .string(url.host)
            case "getHostname": return .string(url.hostname)
            case "getPort": return .string(url.port)
            case "getEscapedPath": return .string(url.path)
            case "getQuery": return .map(url.values)
            default: return nil
            }
        case .semver(let version): return self.version(name, version, second)
        case .format(let format):
            guard case .string(let text)? = second else { return nil }
            let problems = CELFormats.problems(format, text)
            return .optional(problems.isEmpty ? nil : .list(problems.map { .string($0) }))
        default: return nil
        }
    }

    private static func made(_ name: String, _ text: String, _ second: CELValue?) throws(CELProblem) -> CELValue? {
        let isLoose: Bool = if case .bool(true)? = second { true } else { false }
        switch name {
        case "isQuantity": return .bool(Quantity(text) != nil)
        case "quantity":
            if let amount = Quantity(text) { return .quantity(amount) }
            throw CELProblem(text: "quantities must match the regular expression '\(Quantity.pattern)'")
        case "isIP": return .bool((try? CELAddress(text)) != nil)
        case "ip": return .ip(try CELAddress(text))
        case "ip.isCanonical": return .bool(try CELAddress(text).text == text)
        case "isCIDR": return .bool((try? CELRange(text)) != nil)
        case "cidr": return .cidr(try CELRange(text))
        case "isURL": return .bool((try? CELLocation(text)) != nil)
        case "url": return .url(try CELLocation(text))
        case "isSemver": return .bool(CELVersion(text, isLoose: isLoose) != nil)
        case "semver":
            if let version = CELVersion(text, isLoose: isLoose) { return .semver(version) }
            throw CELProblem(text: "No Major.Minor.Patch elements found")
        case "format.named": return .optional(CELFormats.names.contains(text) ? .format(text) : nil)
        default: return nil
        }
    }

    private static func quantity(_ name: String, _ amount: Quantity, _ second: CELValue?) throws(CELProblem) -> CELValue? {
        let (whole, rest) = amount.nano.quotientAndRemainder(dividingBy: 1_000_000_000)
        switch (name, second) {
        case ("isInteger", nil): return .bool(rest == 0)
        case ("asInteger", nil):
            guard rest == 0 else { throw CELProblem(text: "cannot convert value to integer") }
            return .int(Int64(clamping: whole))
        case ("asApproximateFloat", nil): return .double(Double(amount.nano) / 1e9)
        case ("sign", nil): return .int(Int64(amount.nano.signum()))
        case ("add", .int(let other)?): return .quantity(amount + Quantity(other))
        case ("sub", .int(let other)?): return .quantity(amount - Quantity(other))
        case ("add", .quantity(let other)?): return .quantity(amount + other)
        case ("sub", .quantity(let other)?): return .quantity(amount - other)
        case ("isLessThan", .quantity(let other)?): return .bool(amount < other)
        case ("isGreaterThan", .quantity(let other)?): return .bool(other < amount)
        case ("compareTo", .quantity(let other)?): return .int(amount < other ? -1 : other < amount ? 1 : 0)
        default: return nil
        }
    }

    private static func range(_ name: String, _ range: CELRange, _ second: CELValue?) throws(CELProblem) -> CELValue? {
        func contains(_ other: CELRange) -> CELValue { .bool(other.bits >= range.bits && range.contains(other.address)) }
        switch (name, second) {
        case ("ip", nil): return .ip(range.address)
        case ("masked", nil): return .cidr(CELRange(range.address.masked(range.bits), bits: range.bits))
        case ("prefixLength", nil): return .int(Int64(range.bits))
        case ("containsIP", .ip(let address)?): return .bool(range.contains(address))
        case ("containsIP", .string(let text)?): return .bool(range.contains(try CELAddress(text)))
        case ("containsCIDR", .cidr(let other)?): return contains(other)
        case ("containsCIDR", .string(let text)?): return contains(try CELRange(text))
        default: return nil
        }
    }

    private static func version(_ name: String, _ version: CELVersion, _ second: CELValue?) -> CELValue? {
        switch (name, second) {
        case ("major", nil): .int(Int64(clamping: version.numbers[0]))
        case ("minor", nil): .int(Int64(clamping: version.numbers[1]))
        case ("patch", nil): .int(Int64(clamping: version.numbers[2]))
        case ("isLessThan", .semver(let other)?): .bool(version.isBefore(other))
        case ("isGreaterThan", .semver(let other)?): .bool(other.isBefore(version))
        case ("compareTo", .semver(let other)?): .int(version.isBefore(other) ? -1 : other.isBefore(version) ? 1 : 0)
        default: nil
        }
    }
}
