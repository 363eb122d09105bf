// Objects from JSON and back, without loss.

import Foundation
import KubernetesAPI
import SimulationKit
import Testing

struct CodingTests {
    /// A JSON object in which each field of `type` has a value.
    static func sample(_ type: any APIStruct.Type) -> JSONValue {
        func object<S: APIStruct>(_ type: S.Type) -> JSONValue {
            var object = JSONObject()
            for field in S.fields { object[field.name] = value(field.name, field.typeName, field.structure) }
            return .object(object)
        }
        return object(type)
    }
    private static func value(_ name: String, _ type: String, _ structure: (any APIStruct.Type)?) -> JSONValue {
        if type.hasPrefix("[]") { return [value(name, String(type.dropFirst(2)), structure)] }
        if type.hasPrefix("map[string]") {
            return ["key": value(name, String(type.dropFirst(11)), structure)]
        }
        switch (type, name) {
        case ("string", "phase"): return "Running"
        case ("string", "qosClass"): return "Burstable"
        case ("string", "resourceVersion"): return "7"
        case ("string", "data"), ("string", "binaryData"): return "c29tZQ=="
        case ("string", _): return .string("some \(name)")
        case ("integer", _): return 3
        case ("number", _): return .double(2.5)
        case ("boolean", _): return true
        case ("Time", _): return "2026-01-02T03:04:05Z"
        case ("Quantity", _): return "250m"
        case ("IntOrString", _): return "25%"
        default: return structure.map(sample) ?? ["anything": [1, "two", ["three": .null]]]
        }
    }

    static let types = Kind.allCases.filter { $0 != .custom }.map(\.type)

    @Test(arguments: Kind.allCases)
    func `each kind has the type that says so`(_ kind: Kind) {
        #expect(kind.type.kind == kind && kind.type.info.kind == kind.rawValue)
    }

    @Test(arguments: KindInfo.all.indices)
    func `each field of each kind is read and written again as it was`(_ index: Int) throws {
        func check<O: KubernetesObject>(_ type: O.Type) throws {
            let json = Self.sample(type)
            var decoder = APIDecoder()
            let object = try #require(O.decode(json, &decoder))
            #expect(decoder.problems.isEmpty, "\(O.kind)")
            #expect(object.json == json, "\(O.kind)")
            var again = APIDecoder()
            #expect(O.decode(try #require(object.json), &again) == object)
        }
        try check(Self.types[index])
    }

    // MARK: Recorded objects

    /// Objects as a real API server 1.36.2 has them, by name.
    static let recorded: [String: Data] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Recorded/answers.tsv")
        let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").map { $0.split(separator: "\t") }
        return Dictionary(uniqueKeysWithValues: lines.map { (String($0[0]), Data($0[1].utf8)) })
    }()

    @Test(arguments: ["deployment", "hpa-v2", "namespace", "node", "pdb", "pod", "pv", "pvc", "service"])
    func `a real object is read without problems and loses nothing`(_ file: String) throws {
        let data = try #require(Self.recorded["objects/\(file)"])
        var document = try JSONParser.read(Array(data)).value.object!
        let kind = document["kind"]!.string!
        document["apiVersion"] = nil
        document["kind"] = nil
        func check<O: KubernetesObject>(_ type: O.Type) throws {
            var decoder = APIDecoder()
            let object = try #require(O.decode(.object(document), &decoder))
            #expect(decoder.problems.isEmpty)
            let written = try #require(object.json)
            let lost = Self.missing(from: written, of: .object(document))
            #expect(lost.isEmpty)
            var again = APIDecoder()
            #expect(O.decode(written, &again) == object)
        }
        let index = try #require(Self.types.firstIndex { $0.kind.rawValue == kind })
        try check(Self.types[index])
    }

    /// The paths of values in `wanted` that `got` has not or has otherwise; empty values may be left out.
    static func missing(from got: JSONValue?, of wanted: JSONValue, _ path: String = "") -> [String] {
        switch wanted {
        case .null, "", [], [:], false, 0: return []
        case .object(let object):
            return object.members.flatMap { missing(from: got?[$0.key], of: $0.value, "\(path).\($0.key)") }
        case .array(let elements):
            return elements.enumerated().flatMap { i, element in
                let other = got?.array.flatMap { i < $0.count ? $0[i] : nil }
                return missing(from: other, of: element, "\(path)[\(i)]")
            }
        default: return got == wanted ? [] : ["\(path): \(got?.text() ?? "nothing") for \(wanted.text())"]
        }
    }

    // MARK: Problems

    @Test func `what is mended for a client is refused in a file`() throws {
        for (text, mended) in [
            ("{\"a\": 1, \"b\": {\"c\": 2, \"c\": [{\"d\": 1, \"d\": 2}]}}", ["a": 1, "b": ["c": [["d": 2]]]]),
            ("{\"a\": \"\\ud800\"}", ["a": "\u{fffd}"]), ("{\"a\": 99999999999999999999}", ["a": .double(1e20)]),
        ] as [(String, JSONValue)] {
            #expect(try JSONParser.read(Array(text.utf8)).value == mended)
            #expect(Array(text.utf8).withUnsafeBufferPointer { JSONParser.plain($0) } == nil)
        }
        #expect(try JSONParser.read(Array("{\"b\": {\"c\": 2, \"c\": [{\"d\": 1, \"d\": 2}]}}".utf8)).duplicates == ["b.c[0].d", "b.c"])
        let broken: [UInt8] = Array("{\"a\": \"".utf8) + [0xff] + Array("\"}".utf8)
        #expect(try JSONParser.read(broken).value == ["a": "\u{fffd}"])
        #expect(broken.withUnsafeBufferPointer { JSONParser.plain($0) } == nil)
        // Repeated texts are the same ones, whatever stands beside them.
        let texts = RepeatedTexts()
        for text in ["aaaaaaaa-bbbbbbbb-1", "aaaaaaaa-cccccccc-1", "aaaaaaaa-bbbbbbbb-1", "ä-aaaaaaaa-bbbbbbbb", "0123456789abcdef"] {
            let read = Array("[\"\(text)\", 7]".utf8).withUnsafeBufferPointer { JSONParser.plain($0, withLines: true, texts: texts) }
            #expect(read?.value == [.string(text), 7] && read?.lines == [1, 1, 1])
        }
    }

    @Test func `all kinds that make pods tell what their pods look like`() throws {
        var template = PodTemplateSpec()
        template.spec.containers = [Container(name: "c", image: "i")]
        var (job, cron, controller, pod) = (Job(), CronJob(), ReplicationController(), Pod())
        (job.spec.template, cron.spec.jobTemplate.spec.template, controller.spec.template) = (template, template, template)
        pod.spec = template.spec
        #expect([job.podSpec?.path, controller.podSpec?.path, pod.podSpec?.path] == ["spec.template.spec", "spec.template.spec", "spec"])
        #expect(cron.podTemplate?.path == "spec.jobTemplate.spec.template")
        let objects: [any KubernetesObject] = [job, cron, controller, pod]
        #expect(objects.allSatisfy { $0.podSpec?.spec.containers.map(\.image) == ["i"] })
        #expect(ReplicationController().podTemplate == nil && Node().podSpec == nil)
    }

    @Test func `unknown fields, wrong types and bad quantities are told with their path`() {
        let json: JSONValue = [
            "metadata": ["labels": ["app": 5]],
            "spec": [
                "bar": 1,
                "containers": [
                    ["name": "c", "imege": "x", "resources": ["requests": ["cpu": "12x"]]],
                    ["name": "d", "ports": [["containerPort": "eighty"]]],
                ],
            ],
        ]
        var decoder = APIDecoder()
        _ = Pod.decode(json, &decoder)
        #expect(
            decoder.problems.map(\.path) == [
                "metadata.labels[app]", "spec.bar", "spec.containers[0].imege",
                "spec.containers[0].resources.requests[cpu]", "spec.containers[1].ports[0].containerPort",
            ])
        #expect(decoder.problems.contains { $0.kind == .unknownField(nearest: "image") })
        #expect(
            decoder.problems.contains { $0.kind == .wrongType(expected: "a whole number", found: "string") })
    }

    @Test func `a null is as if the field were left out`() {
        var decoder = APIDecoder()
        let pod = Pod.decode(["spec": ["nodeName": .null, "containers": .null, "affinity": .null]], &decoder)
        #expect(decoder.problems.isEmpty)
        #expect(pod?.spec.containers.isEmpty == true && pod?.spec.affinity == nil && pod?.nodeName == "")
    }

    @Test func `the name of the node is written inside the spec`() {
        var pod = Pod()
        pod.nodeName = "n1"
        #expect(pod.json?["spec"]?["nodeName"] == "n1")
    }

    @Test func `a shared part is copied only when it is written`() {
        var pod = Pod()
        pod.spec.containers = [Container(name: "c", image: "i")]
        var other = pod
        #expect(other.spec.identity == pod.spec.identity)
        other.spec.containers[0].image = "j"
        #expect(other.spec.identity != pod.spec.identity)
        #expect(pod.spec.containers[0].image == "i")
    }

    // MARK: Time

    @Test(arguments: [
        ("0s", 0), ("90s", 90_000_000_000), ("1m30s", 90_000_000_000), ("1h2m3s", 3_723_000_000_000),
        ("1.503s", 1_503_000_000), ("300ms", 300_000_000), ("-1m", -60_000_000_000), ("1500us", 1_500_000),
    ])
    func `a duration is read as Go reads it`(text: String, nanoseconds: Int64) {
        #expect(Duration(text)?.nanoseconds == nanoseconds)
    }

    @Test(arguments: ["", "5", "s", "1x", "1 s", "abc", "1s2"])
    func `what is no duration is not read`(text: String) { #expect(Duration(text) == nil) }

    @Test(arguments: ["0s", "1m30s", "1h0m0s", "1.503s", "300ms", "1.5µs", "7ns", "-2m0s", "100h0m0.5s"])
    func `a duration is printed as Go prints it`(text: String) {
        #expect(Duration(text)?.description == text)
    }

    @Test(arguments: [
        ("2026-01-01T00:00:00Z", 0), ("2026-01-01T00:00:05Z", 5), ("2026-01-01T01:00:00+01:00", 0),
        ("2025-12-31T23:59:59Z", -1), ("2026-03-01T00:00:00Z", 59 * 86400),
        ("2028-03-01T00:00:00Z", 790 * 86400),
        ("1970-01-01T00:00:00Z", -1_767_225_600),
    ])
    func `a moment is read from RFC 3339 and written again`(text: String, seconds: Int64) {
        let instant = Instant(rfc3339: text)
        #expect(instant?.nanoseconds == seconds * 1_000_000_000)
        if text.hasSuffix("Z") { #expect(instant?.rfc3339 == text) }
    }

    @Test func `fractions of a second are kept and cut when printed`() {
        let instant = Instant(rfc3339: "2026-01-01T00:00:01.25Z")
        #expect(instant?.nanoseconds == 1_250_000_000)
        #expect(instant?.rfc3339 == "2026-01-01T00:00:01Z")
        #expect(Instant(nanoseconds: -1).rfc3339 == "2025-12-31T23:59:59Z")
    }

    @Test(arguments: ["", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "now"])
    func `what is no moment is not read`(text: String) { #expect(Instant(rfc3339: text) == nil) }
}
