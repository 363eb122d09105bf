import KubernetesAPI
import SimulationKit

/// Draws what users, files and terminals may bring: names at the edges of the rules, texts of any characters, numbers at
/// the ends of their types.
public struct Hostile {
    public var random: SeededRandom

    public init(_ random: SeededRandom) { self.random = random }

    public mutating func below(_ bound: Int) -> Int { random.below(bound) }
    public mutating func chance(_ percent: Int) -> Bool { random.below(100) < percent }
    public mutating func pick<Element>(_ list: [Element]) -> Element { list[random.below(list.count)] }
    public mutating func text(from alphabet: [Character], _ count: Int) -> String { String((0..<count).map { _ in pick(alphabet) }) }

    // MARK: Names

    private static let letters = Array("abcdefghijklmnopqrstuvwxyz")
    private static let inner = Array("abcdefghijklmnopqrstuvwxyz0123456789-")
    private static let outer = Array("abcdefghijklmnopqrstuvwxyz0123456789")

    /// A DNS label: 1 to `most` letters, digits and dashes.
    public mutating func label(_ most: Int = 63) -> String {
        let length = chance(70) ? 1 + below(min(most, 16)) : chance(30) ? most : 1 + below(most)
        if length == 1 { return text(from: Self.outer, 1) }
        return text(from: Self.letters, 1) + text(from: Self.inner, length - 2) + text(from: Self.outer, 1)
    }

    /// A DNS subdomain: labels with dots between them, at most 253 characters.
    public mutating func subdomain() -> String {
        var name = label()
        for _ in 0..<pick([0, 0, 1, 2, 3, 8]) { name += "." + label() }
        while name.utf8.count > 253 { name.removeLast() }
        while let last = name.last, last == "." || last == "-" { name.removeLast() }
        return name
    }

    /// Names of nodes as clouds and people give them; those of one cluster are alike.
    public mutating func nodeNames(_ count: Int) -> [String] {
        let style = below(9)
        let (a, b, stem) = (below(256), below(256), label(24))
        let names = (0..<count).map { index in
            switch style {
            case 0: "ip-10-\(a)-\(b)-\(index * 7 % 256).eu-central-1.compute.internal"
            case 1: "gke-\(stem)-pool-\(index % 2)-8f3b\(a)c1d-\(text(from: Self.outer, 4))"
            case 2: "aks-nodepool1-\(10_000_000 + a)-vmss00000\(index)"
            case 3: "10.\(a).\(b).\(index)"
            case 4: "\(index)"
            case 5: String((stem + "-" + String(repeating: "x", count: 250)).prefix(250)) + "\(index)"
            case 6: "\(index)-" + stem + "-prod-eu"
            case 7: subdomain()
            default: "worker-\(index).\(stem).example.com"
            }
        }
        return Array(Set(names)).sorted()
    }

    // MARK: Texts

    private static let alphabets: [[Character]] = [
        Array("abcdefghijklmnopqrstuvwxyz0123456789"), Array("-._/:@=,;!?<>()[]{}|&%$#*+~^`'\"\\ "), Array("äöüßéñçøłžÅ"), Array("日本語中文字漢한국어テスト"),
        Array("👍🏽👩‍💻🇩🇪🎉⚙️☸️1️⃣❤️‍🔥"), Array("e\u{301}a\u{308}\u{200D}\u{200B}\u{FEFF}\u{202E}\u{0}\u{7}\u{1B}\u{7F}\u{85}\u{2028}"),
        Array("\t\n\r  "), Array("שלוםمرحبا"),
        Array("0123456789.eE+-"),
    ]
    /// Any text of at most about `most` characters.
    public mutating func anyText(_ most: Int = 40) -> String {
        var result = ""
        for _ in 0..<(1 + below(3)) { result += text(from: pick(Self.alphabets), below(chance(95) ? 12 : most)) }
        return result
    }

    // MARK: Numbers

    public static let wholeNumbers: [Int64] = [
        0, 1, -1, 2, 3, 10, 100, 1000, 65_535, 65_536, 99_999, 2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649, 4_294_967_295, 4_294_967_296,
        9_007_199_254_740_993, 86_400_000_000_000, .max, .max - 1, .min, .min + 1,
    ]
    public static let numberTexts = [
        "9223372036854775808", "-9223372036854775809", "18446744073709551616", "99999999999999999999999999", "1e18", "1e19", "1e308", "1e999", "-1e300",
        "1e-320", "0.5",
        "nan", "inf", "-inf", "0x10", "1_000", "+5", "-0", "٣", "½", "५", "1.", ".1", "", " 1", "00000000000000000000001", "9999999999999999", "true",
    ]
    public static let quantities = [
        "0", "1", "-1", "1m", "1n", "100m", "250m", "512Mi", "1Gi", "4", "8Ei", "7.9Ei", "9Ei", "90Pi", "16Ei", "1e18", "1e19", "1E", "-8Ei",
        "9223372036854775807",
        "9223372036854775808", "9223372036854775807m", "0.000000001", "1e-9", "1e-18", "9999999999999999", "99999999999999999999999999", "1.5e3", "1Ki", "1k",
        "0.1Mi", "110",
    ]
    public static let durations = [
        "0s", "0", "1ns", "1s", "-1s", "30s", "5m", "10m30s", "1h", "24h", "1000h", "2555555h", "2562047h47m16.854775807s", "99999999999h", "-2562048h", "1e5s",
        "1.5h", "9999999999s",
        "1µs", "nans", "infs", "forever", "",
    ]
    public static let times = [
        "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1733-12-31T23:59:59Z", "1734-01-01T00:00:00Z", "2026-01-01T00:00:10Z", "2318-12-31T23:59:59Z",
        "2320-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z", "99999-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2026-02-30T25:61:61Z", "2026-01-01T00:00:00.999999999999+23:59",
        "2026-01-01T00:00:00+99:99", "2026", "",
    ]

    public mutating func number() -> String { chance(60) ? String(pick(Self.wholeNumbers)) : pick(Self.numberTexts) }
    public mutating func quantity() -> String { chance(80) ? pick(Self.quantities) : number() + pick(["", "m", "Mi", "Gi", "Ei", "k", "u", "e3"]) }
    public mutating func duration() -> String { chance(80) ? pick(Self.durations) : number() + pick(["s", "m", "h", "ms", "ns"]) }

    /// A value for a field of the API that the tables call `type`, mostly of that type.
    public mutating func value(_ type: String, of field: String) -> JSONValue {
        if chance(6) { return pick([.null, [], [:], true, 0, "", .double(1.5), .double(1e300), .array([.null]), .string(anyText())]) }
        if type.hasPrefix("[]") {
            let element = String(type.dropFirst(2))
            return .array((0..<pick([0, 1, 1, 2, 3, 70])).map { _ in value(element, of: field) })
        }
        if type.hasPrefix("map[string]") {
            let element = String(type.dropFirst("map[string]".count))
            var object = JSONObject()
            for _ in 0..<pick([0, 1, 1, 2, 3, 20]) {
                let key =
                    element == "Quantity"
                    ? pick(Self.resources) : field == "annotations" && chance(70) ? pick(Self.annotations) : chance(80) ? subdomain() : anyText()
                object[key] = field == "annotations" ? .string(chance(40) ? load() : chance(50) ? duration() : number()) : value(element, of: key)
            }
            return .object(object)
        }
        switch type {
        case "integer": return chance(85) ? .int(pick(Self.wholeNumbers)) : pick([.string(number()), .double(1e30), .double(-1e30), .double(0.5)])
        case "number":
            return pick([.int(pick(Self.wholeNumbers)), .double(1e300), .double(-1e300), .double(1e-300), .double(0.1), .double(0), .string(number())])
        case "boolean": return .bool(chance(50))
        case "Quantity": return chance(85) ? .string(quantity()) : .int(pick(Self.wholeNumbers))
        case "IntOrString":
            return chance(50)
                ? .int(pick(Self.wholeNumbers))
                : .string(pick(["0%", "1%", "50%", "100%", "101%", "-1%", "9223372036854775807%", "99999999999999999999%", "%", "http", ""]))
        case "Duration": return .string(duration())
        case "Time": return .string(pick(Self.times))
        default:
            switch below(9) {
            case 0: return .string(label())
            case 1: return .string(subdomain())
            case 2: return .string(quantity())
            case 3: return .string(duration())
            case 4: return .string(number())
            case 5: return .string(pick(Self.words))
            case 6: return .string(pick(Self.times))
            default: return .string(anyText(300))
            }
        }
    }

    private static let resources = [
        "cpu", "memory", "ephemeral-storage", "storage", "pods", "nvidia.com/gpu", "hugepages-2Mi", "hugepages-1Gi", "limits.cpu", "requests.memory",
        "requests.storage",
        "count/deployments.apps", "example.com/" + String(repeating: "r", count: 63), "x",
    ]
    private static let programs = [
        "cpu", "memory", "demand", "image-size", "startup-work", "stop-time", "threads", "run-time", "exit-code", "image-pull", "image-pull-time", "page-cache",
        "post-start",
        "post-start-time", "pre-stop", "pre-stop-time", "stop-exit-code", "volumes-per-node", "main.cpu",
    ]
    public static let annotations =
        programs.map { "evenkeel.dev/" + $0 } + [
            "deployment.kubernetes.io/revision", "controller.kubernetes.io/pod-deletion-cost", "kubernetes.io/description",
        ]
    private static let words = [
        "Always", "Never", "OnFailure", "RollingUpdate", "Recreate", "OnDelete", "Parallel", "DoNotSchedule", "ScheduleAnyway", "NoExecute", "NoSchedule",
        "Exists", "In", "Gt", "Lt",
        "Local", "Cluster", "None", "True", "False", "Unknown", "Running", "Succeeded", "Failed", "ReadWriteOncePod", "kubernetes.io/hostname",
        "topology.kubernetes.io/zone", "default",
        "main", "web", "* * * * *", "*/0 * * * *", "59 23 31 2 *", "@hourly", "cpu", "memory", "Utilization", "Europe/Berlin", "ClusterIP", "10.0.0.1", "::1",
        "TCP", "Guaranteed",
    ]
    /// A program's load over time, as annotations and commands take it.
    public mutating func load() -> String {
        switch below(5) {
        case 0: quantity()
        case 1: "\(quantity())..\(quantity())/\(duration())"
        case 2: "\(quantity())->\(quantity())/\(duration())"
        case 3: "\(quantity())@\(duration()) \(quantity())@\(duration())"
        default: pick(["", "@", "/", "..", "->", "1@", "@1s", "1..2/0s", "5m@0s 5m@0s", "1->2/1ns"])
        }
    }
}
