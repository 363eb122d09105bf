import Foundation
import KubernetesAPI
import SimulationKit
import Testing

/// Values at and beyond the ends of what a field takes: read, refused or kept, and never a trap.
struct ExtremeValueTests {
    static let values: [JSONValue] = [
        .null, true, 0, -1, 1, 2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649, .int(.max), .int(.min),
        .double(1.5), .double(-0.0), .double(1e9), .double(1e19), .double(-1e300), .double(1e-300), "", " ", "-1", "0", "8Ei", "90Pi", "1e18",
        "1E400", "-1E400", "1e-400", "99999999999999999999999999999999999999999999", "100%", "9999999999999999999%", "-1%", "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:60Z", "1700-01-01T00:00:00Z", "2026-01-01T00:00:00+24:60", "2555555h", "-9223372036854775808ns", "👩‍💻", "../..", "/",
        [], [.null], [[]], ["a"], [:], ["a": .null], ["a": [:]], ["": ""],
    ]

    /// Every path through the fields of `type`, as a document that has `value` at its end and nothing else; not the paths inside
    /// of pod templates unless `templates` is set.
    static func documents(_ type: any APIStruct.Type, _ value: JSONValue, templates: Bool = false, _ visit: (String, String, JSONValue) -> Void) {
        func walk<S: APIStruct>(_ type: S.Type, _ path: String, _ depth: Int, _ wrap: (JSONValue) -> JSONValue) {
            for field in S.fields {
                let at = path.isEmpty ? field.name : "\(path).\(field.name)"
                visit(at, field.typeName, wrap([field.name: value]))
                guard depth < 12, templates || path.isEmpty || S.self != PodTemplateSpec.self else { continue }
                func nested(_ name: String, _ inner: @escaping (JSONValue) -> JSONValue) {
                    if name.hasPrefix("[]") {
                        visit(at + "[]", String(name.dropFirst(2)), wrap([field.name: inner([value])]))
                        nested(String(name.dropFirst(2))) { inner([$0]) }
                    } else if name.hasPrefix("map[string]") {
                        visit(at + "{}", String(name.dropFirst(11)), wrap([field.name: inner(["cpu": value])]))
                        nested(String(name.dropFirst(11))) { inner(["cpu": $0]) }
                    } else if let structure = field.structure {
                        walk(structure, at, depth + 1) { wrap([field.name: inner($0)]) }
                    }
                }
                nested(field.typeName) { $0 }
            }
        }
        walk(type, "", 0) { $0 }
    }

    @Test(arguments: CodingTests.types.indices)
    func `no value of any field traps on the way through reading, defaulting and validation`(index: Int) {
        func check<O: KubernetesObject>(_ type: O.Type) {
            for (number, value) in Self.values.enumerated() {
                let profile = KubernetesProfile(minor: number % 2 == 0 ? 36 : 33)
                // Each fifth value goes into the templates of Deployments too: the rest of a pod is the pod's.
                Self.documents(type, value, templates: O.kind == .deployment && number % 5 == 0) { path, _, document in
                    var decoder = APIDecoder()
                    guard var object = O.decode(document, &decoder) else { return }
                    if object.metadata.name.isEmpty { object.metadata.name = "a" }
                    object.setDefaults(profile)
                    _ = Validation.create(object, profile: profile).map(\.message)
                    guard decoder.problems.isEmpty, let written = object.json else { return }
                    var again = APIDecoder()
                    #expect(O.decode(written, &again) != nil && again.problems.isEmpty, "\(path) \(value.text())")
                }
            }
        }
        check(CodingTests.types[index])
    }

    /// The API's whole numbers of 64 bits; all others have 32.
    static let wide: Set<String> = [
        "generation", "observedGeneration", "deletionGracePeriodSeconds", "terminationGracePeriodSeconds", "activeDeadlineSeconds",
        "tolerationSeconds", "seconds", "sizeBytes", "revision", "startingDeadlineSeconds", "podPidsLimit", "maxOpenFiles",
        "podInitialBackoffSeconds", "podMaxBackoffSeconds", "nodeAllocatableUpdatePeriodSeconds",
        "expirationSeconds", "runAsUser", "runAsGroup", "fsGroup", "supplementalGroups[]",
    ]

    @Test(arguments: CodingTests.types.map { $0 as any APIStruct.Type } + [KubeletConfiguration.self, SchedulerConfiguration.self])
    func `whole numbers are as wide as in the API`(type: any APIStruct.Type) {
        func problems<S: APIStruct>(_ type: S.Type, _ document: JSONValue) -> [DecodeProblem] {
            var decoder = APIDecoder()
            _ = S.decode(document, &decoder)
            return decoder.problems
        }
        var count = 0
        for (value, bits) in [(Int64(Int32.max), 32), (Int64(Int32.min), 32), (1 << 31, 64), (-1 << 31 - 1, 64), (.max, 64), (.min, 64)] {
            Self.documents(type, .int(value)) { path, typeName, document in
                guard typeName == "integer" || typeName == "IntOrString" else { return }
                count += 1
                let isWide = Self.wide.contains(String(path.split(separator: ".").last!))
                let found = problems(type, document)
                #expect(found.isEmpty == (bits == 32 || isWide), "\(path) \(value)")
                if let first = found.first { #expect(first.message.contains("int32"), "\(first.message)") }
            }
        }
        // Floats that are whole are read, others and what is beyond 64 bits are not.
        for (value, isRead) in [(3.0, true), (1.5, false), (1e19, false), (-1e300, false)] {
            Self.documents(type, .double(value)) { path, typeName, document in
                guard typeName == "integer" else { return }
                #expect(problems(type, document).isEmpty == isRead, "\(path) \(value)")
            }
        }
        #expect(count > 0)
    }

    @Test func `zero time is no time, and times out of range stand at its ends`() throws {
        func created(_ text: String) -> (Instant?, [DecodeProblem]) {
            var decoder = APIDecoder()
            let meta = ObjectMeta.decode(["creationTimestamp": .string(text)], &decoder)
            return (meta?.creationTimestamp, decoder.problems)
        }
        for text in ["0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00"] {
            #expect(created(text).0 == nil && created(text).1.isEmpty)
        }
        let rising = try ["0000-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
            .map { try #require(created($0).0) }
        #expect(rising == rising.sorted() && Set(rising).count == 5)
        for instant in rising { _ = (instant.rfc3339, instant + .hours(1_000_000), instant - .start, instant.flooredToSecond) }
        for text in [
            "", "now", "2026-01-01", "2026-01-01T00:00:60Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00", "2026-01-01T00:00:00+1:00", "2026-01-01t00:00:00z", "26-01-01T00:00:00Z", "2026-01-01T00:00:00.Z",
            "-2026-01-01T00:00:00Z", "99999999999999999999-01-01T00:00:00Z", "2026-01-01T00:00:infZ", "2026-01-01T00:00:00Z ",
        ] {
            #expect(created(text).1.first?.path == "creationTimestamp", "\(text)")
        }
    }
}
