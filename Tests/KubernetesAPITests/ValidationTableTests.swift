import KubernetesAPI
import Testing

/// The cases of ``validationCases``.
struct ValidationTableTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var section: String
        var base: JSONValue
        /// What stands in front of the fields of the section.
        var prefix: String
        var line: String
        var expected: [String]
        var document: JSONValue
        var isExact: Bool
        var gate: String?
        var testDescription: String { "\(section): \(line)" }
    }

    static let types: [String: any KubernetesObject.Type] = [
        "service": Service.self, "job": Job.self, "cronjob": CronJob.self, "deployment": Deployment.self, "daemonset": DaemonSet.self,
        "statefulset": StatefulSet.self, "quota": ResourceQuota.self, "limitrange": LimitRange.self, "pv": PersistentVolume.self,
        "pvcsi": PersistentVolume.self, "pvc": PersistentVolumeClaim.self, "storageclass": StorageClass.self,
        "hpa": HorizontalPodAutoscaler.self, "secret": Secret.self, "configmap": ConfigMap.self, "node": Node.self,
        "namespace": Namespace.self, "endpointslice": EndpointSlice.self, "pdb": PodDisruptionBudget.self,
        "priorityclass": PriorityClass.self, "configmeta": ConfigMap.self, "podmeta": Pod.self,
    ]

    static let all: [Case] = {
        var cases: [Case] = []
        var (section, prefix, base) = ("", "", JSONValue.null)
        for line in validationCases.split(separator: "\n").map(String.init) where !line.hasSuffix(" skip") {
            if line.hasPrefix("[") {
                let end = line.firstIndex(of: "]")!
                section = String(line[line.index(after: line.startIndex)..<end])
                var rest = line[line.index(end, offsetBy: 2)...]
                prefix = rest.hasPrefix("{") ? "" : String(rest.prefix { $0 != " " })
                rest = rest.drop { $0 != "{" }
                base = ShortJSON.read(String(rest))
                continue
            }
            let bar = line.range(of: " | ")!
            var text = String(line[bar.upperBound...])
            let flags = text[text.lastIndex(of: "}")!...].dropFirst().split(separator: " ").map(String.init)
            text = String(text[...text.lastIndex(of: "}")!])
            var expected = line[..<bar.lowerBound] == "ok" ? [] : Self.expected(String(line[..<bar.lowerBound]))
            if flags.contains("2") { expected += expected }
            cases.append(
                Case(
                    section: section, base: base, prefix: prefix, line: line, expected: expected, document: ShortJSON.read(text),
                    isExact: !flags.contains("atLeast"),
                    gate: flags.first { $0.hasPrefix("gate=") }.map { String($0.dropFirst(5)) }))
        }
        return cases
    }()

    /// Each word `field:K`; a field may have a space inside of braces.
    private static func expected(_ text: String) -> [String] {
        var (words, current, depth) = ([String](), "", 0)
        for character in text {
            if character == "{" || character == "[" { depth += 1 }
            if character == "}" || character == "]" { depth -= 1 }
            if character == " ", depth == 0 {
                words.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        return words + [current]
    }

    private static func letter(_ kind: FieldError.Kind) -> String {
        switch kind {
        case .required: "R"
        case .invalid: "I"
        case .notSupported: "N"
        case .tooLong: "L"
        case .tooMany: "M"
        case .forbidden: "F"
        case .duplicate: "D"
        case .notFound: "X"
        case .typeInvalid, .internalError: "?"
        }
    }

    static func document(_ it: Case) -> (type: any KubernetesObject.Type, json: JSONValue) {
        func pod(_ spec: JSONValue) -> JSONValue { ["metadata": ["name": "p"], "spec": spec] }
        let own = ShortJSON.merge(it.base, it.document)
        switch it.section {
        case "container": return (Pod.self, pod(["containers": [own]]))
        case "mounts":
            let volumes = ShortJSON.read(
                "[{name:e,emptyDir:{}},{name:d,configMap:{name:m}},{name:p,persistentVolumeClaim:{claimName:x}},{name:im,image:{reference:i}}]")
            return (Pod.self, pod(["volumes": volumes, "containers": [own]]))
        case "volume": return (Pod.self, pod(["serviceAccountName": "s", "volumes": [own], "containers": [["name": "c", "image": "i"]]]))
        case "pod": return (Pod.self, pod(own))
        default:
            let named = ShortJSON.merge(["metadata": ["name": "x"]], own)
            return (types[it.section]!, named)
        }
    }

    @Test(arguments: all)
    func `a manifest is accepted or refused as the API server does`(_ it: Case) throws {
        let (type, json) = Self.document(it)
        var profile = KubernetesProfile(minor: 36)
        if let gate = it.gate { profile = try profile.setting([(gate, true)]) }
        func check<O: KubernetesObject>(_ type: O.Type) throws {
            var decoder = APIDecoder()
            var object = try #require(O.decode(json, &decoder))
            #expect(decoder.problems.isEmpty)
            object.setDefaults(profile)
            let errors = Validation.create(object, profile: profile)
            let found = errors.map { error in
                let field = error.field.hasPrefix(it.prefix) ? String(error.field.dropFirst(it.prefix.count)) : error.field
                return "\(field):\(Self.letter(error.kind))"
            }
            if it.isExact {
                #expect(found == it.expected, "\(errors.map(\.message))")
            } else {
                #expect(it.expected.allSatisfy(found.contains), "\(errors.map(\.message))")
            }
        }
        try check(type)
    }

    @Test func `the table has its cases`() { #expect(Self.all.count > 400) }
}

/// JSON without needless quotes: `{a:[1,b,'c d']}`.
enum ShortJSON {
    static func read(_ text: String) -> JSONValue {
        var rest = Substring(text)
        return value(&rest)
    }

    private static func value(_ rest: inout Substring) -> JSONValue {
        switch rest.first {
        case "{":
            var object = JSONObject()
            rest.removeFirst()
            while rest.first != "}", !rest.isEmpty {
                let key = word(&rest)
                rest.removeFirst()
                object[key.text] = value(&rest)
                if rest.first == "," { rest.removeFirst() }
            }
            rest = rest.dropFirst()
            return .object(object)
        case "[":
            var list: [JSONValue] = []
            rest.removeFirst()
            while rest.first != "]", !rest.isEmpty {
                list.append(value(&rest))
                if rest.first == "," { rest.removeFirst() }
            }
            rest = rest.dropFirst()
            return .array(list)
        default:
            let (text, isQuoted) = word(&rest)
            if isQuoted { return .string(text) }
            if let number = Int64(text) { return .int(number) }
            if let number = Double(text), text.first.map({ $0.isNumber || $0 == "-" }) ?? false { return .double(number) }
            return text == "true" ? true : text == "false" ? false : .string(text)
        }
    }

    private static func word(_ rest: inout Substring) -> (text: String, isQuoted: Bool) {
        if let quote = rest.first, quote == "'" || quote == "\"" {
            rest.removeFirst()
            let text = rest.prefix { $0 != quote }
            rest = rest.dropFirst(text.count + 1)
            return (String(text), true)
        }
        let text = rest.prefix { !",:{}[]".contains($0) }
        rest = rest.dropFirst(text.count)
        return (String(text), false)
    }

    /// `over` written over `base`, member by member.
    static func merge(_ base: JSONValue, _ over: JSONValue) -> JSONValue {
        guard var object = base.object, let other = over.object else { return over }
        for (key, value) in other.members { object[key] = object[key].map { merge($0, value) } ?? value }
        return .object(object)
    }
}
