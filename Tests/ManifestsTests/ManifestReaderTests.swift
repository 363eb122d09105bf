// Reading manifests: places of mistakes, lists, damaged input, whole projects.

import Foundation
import KubernetesAPI
import Manifests
import Testing

private func read(_ text: String) -> ManifestSet { ManifestReader.read(text: text, file: "f.yaml") }
private func problems(_ text: String) -> [String] {
    let set = read(text)
    return (set.problems + set.decodeAll().problems).map(\.description)
}
private let configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %}\n"
private func map(_ name: String) -> String { configMap.replacing("%", with: name) }
/// What YAML's `value` becomes.
private func value(_ text: String) -> JSONValue? {
    read("apiVersion: x.io/v1\nkind: X\nvalue: " + text).documents.first?.json["value"]
}

struct ManifestReaderTests {
    @Test func `documents keep their order and lines`() {
        let set = read("# head\n---\n" + map("a") + "---\n# nothing\n---\n\n" + map("b") + "...\n" + map("c"))
        #expect(set.problems == [])
        #expect(set.documents.map { "\($0.name) \($0.line)" } == ["a 3", "b 10", "c 14"])
    }

    @Test func `a byte-order mark and carriage returns do no harm`() {
        let set = read("\u{FEFF}" + (map("a") + "---\n" + map("b")).replacing("\n", with: "\r\n"))
        #expect(set.problems == [])
        #expect(set.documents.map { "\($0.name) \($0.line)" } == ["a 1", "b 5"])
    }

    @Test func `a directive belongs to the document behind it`() {
        #expect(read("%YAML 1.1\n---\n" + map("a")).documents.map(\.name) == ["a"])
    }

    @Test func `JSON values may follow one another`() {
        let one =
            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"}{ \ud83d\ude00 \/"}}"#
        let set = read(one + "\n" + one.replacing("\"a\"", with: "\"b\""))
        #expect(set.problems == [])
        #expect(set.documents.map { "\($0.name) \($0.line)" } == ["a 1", "b 2"])
        #expect(set.documents.first?.json["data"]?["x"] == "}{ 😀 /")
    }

    @Test func `lists stand for their items, with the items' lines`() {
        let set = read(
            """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: ConfigMap
              metadata: {name: a}
            - apiVersion: rbac.authorization.k8s.io/v1
              kind: RoleList
              items:
              - metadata:
                  name: r
            """)
        #expect(set.problems == [])
        #expect(
            set.documents.map { "\($0.apiVersion) \($0.kind) \($0.name) \($0.line)" } == [
                "v1 ConfigMap a 4", "rbac.authorization.k8s.io/v1 Role r 10",
            ])
        #expect(set.documents.map { $0.line(of: "metadata.name") } == [6, 11])
    }

    @Test(
        arguments: [
            ("yes", true), ("on", true), ("y", true), ("True", true), ("no", false), ("Off", false),
            ("n", false),
            ("\"yes\"", "yes"), ("tRue", "tRue"),
            ("~", .null), ("null", .null), ("Null", .null), ("", .null), ("''", ""),
            ("0777", 511), ("0o777", 511), ("0x1f", 31), ("0b101", 5), ("-017", -15), ("1_000", 1000),
            ("+5", 5),
            ("1.5", .double(1.5)), ("1e3", .double(1000)), ("08", .double(8)), (".5", .double(0.5)),
            ("1.", .double(1)),
            ("1.2.3", "1.2.3"), ("2026-01-01", "2026-01-01"),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("12:30", "12:30"), ("100m", "100m"), ("1Gi", "1Gi"), ("!!str 12", "12"), ("!!int \"12\"", 12),
            ("!!binary aGk=", "hi"), (".", "."), ("-", "-"), ("0x", "0x"),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)),
        ] as [(String, JSONValue)])
    func `scalars mean what kubectl's parser takes them for`(_ text: String, _ expected: JSONValue) {
        if text == "-" { return #expect(value("\"-\"") == "-") }
        #expect(value(text) == (expected == .null ? .null : expected))
    }

    @Test func `anchors and merge keys are resolved, own keys win`() {
        let set = read(
            """
            apiVersion: x.io/v1
            kind: X
            base: &base {a: 1, b: 2}
            more: &more {b: 3, c: 4}
            value:
              <<: [*base, *more]
              a: 9
            copy: *base
            """)
        #expect(set.problems == [])
        #expect(set.documents.first?.json["value"] == ["a": 9, "b": 2, "c": 4])
        #expect(set.documents.first?.json["copy"] == ["a": 1, "b": 2])
    }

    @Test func `keys that look like other values are texts`() {
        #expect(value("{1: a, on: b, 1.5: c}") == ["1": "a", "true": "b", "1.5": "c"])
    }

    @Test func `configurations are kept apart`() {
        let set = read("apiVersion: evenkeel.dev/v1\nkind: Scenario\nsteps: []\n---\n" + map("a"))
        #expect(set.documents.map(\.name) == ["a"])
        #expect(set.configurations(ofKind: "Scenario").map { $0.line(of: "steps") } == [3])
        #expect(
            set.configurations[0].problem("steps", "must not be empty").description
                == "f.yaml:3: steps: must not be empty")
    }

    @Test func `an autoscaler of version 1 is read as version 2`() throws {
        let set = read(
            """
            apiVersion: autoscaling/v1
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {kind: Deployment, name: web}
              maxReplicas: 5
              targetCPUUtilizationPercentage: 60
            """)
        let hpa = try #require(set.documents[0].decode().object as? HorizontalPodAutoscaler)
        #expect(hpa.spec.metrics.map { $0.resource?.target.averageUtilization } == [60])
    }
}

struct BadInputTests {
    static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: three
          selectr: {}
          template:
            spec:
              containers:
              - name: c
                image: 5
                resources:
                  limits:
                    cpu: many
        """

    @Test(arguments: [
        ("a: b\n  c: d\n", ["f.yaml:2:4: YAML syntax: mapping values are not allowed in this context"]),
        ("a:\n\t- b\n", ["f.yaml:2:1: YAML syntax: a tab cannot indent; use spaces"]),
        (
            "a: [1, 2\nb: 3\n",
            [
                "f.yaml:2:2: YAML syntax: did not find expected ',' or ']' while parsing a flow sequence that began on line 1"
            ]
        ),
        ("a: *nowhere\n", ["f.yaml:1:4: YAML syntax: found undefined alias"]),
        ("- a\n", ["f.yaml:1: must be an object, not array"]),
        ("just words\n", ["f.yaml:1: must be an object, not string"]),
        ("metadata: {name: a}\n", ["f.yaml:1: apiVersion: is missing", "f.yaml:1: kind: is missing"]),
        ("apiVersion: v1\nkind: 5\n", ["f.yaml:2: kind: must be a string, not number"]),
        (
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: b\n  c: d\n  a: e\n",
            ["f.yaml:6: key \"a\" is there twice, first on line 4"]
        ),
        ("apiVersion: v1\nkind: ConfigMap\ndata: {a: b, a: c}\n", ["f.yaml:3: key \"a\" is there twice"]),
        ("apiVersion: v1\nkind: ConfigMap\n", ["f.yaml:1: metadata.name: is missing"]),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  nam: x\n",
            ["f.yaml:4: metadata.nam: unknown field (nearest: name)"]
        ),
        (
            "apiVersion: extensions/v1beta1\nkind: Deployment\n",
            ["f.yaml:1: apiVersion: no kind Deployment in extensions/v1beta1; use apps/v1"]
        ),
        (
            "apiVersion: apps/v1\nkind: Deploymnt\n",
            ["f.yaml:2: kind: no kind Deploymnt in apps/v1 (nearest: Deployment)"]
        ),
        ("", ["f.yaml: no objects in this file"]),
        ("# nothing\n---\n", ["f.yaml: no objects in this file"]),
        ("a: \u{0}\n", ["f.yaml: is a binary file, not YAML or JSON"]),
        (
            deployment,
            [
                "f.yaml:6: spec.replicas: must be a whole number, not string",
                "f.yaml:7: spec.selectr: unknown field (nearest: selector)",
                "f.yaml:12: spec.template.spec.containers[0].image: must be a string, not number",
                "f.yaml:15: spec.template.spec.containers[0].resources.limits[cpu]: quantities must match the regular expression '\(Quantity.pattern)'",
            ]
        ),
    ])
    func `bad input is told with file, line and field`(_ text: String, _ expected: [String]) {
        #expect(problems(text) == expected)
    }

    @Test func `a broken document does not hide the good ones`() {
        let set = read(map("a") + "---\nx: [\n---\n" + map("b") + "---\nkind: Z\n---\n" + map("a"))
        #expect(set.documents.map(\.name) == ["a", "b"])
        #expect(
            set.problems.map(\.description) == [
                "f.yaml:6:1: YAML syntax: did not find expected node content while parsing a flow node",
                "f.yaml:11: apiVersion: is missing",
                "f.yaml:13: ConfigMap a is there twice, first on line 1",
            ])
    }

    @Test func `the default namespace is the missing one, other namespaces are others`() {
        let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: NS}\n"
        #expect(problems(map("a") + "---\n" + other.replacing("NS", with: "b")) == [])
        #expect(problems(map("a") + "---\n" + other.replacing("NS", with: "default")).count == 1)
    }

    @Test(.timeLimit(.minutes(1))) func `aliases of aliases are stopped`() {
        var text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for i in 1...12 {
            text +=
                "a\(i): &a\(i) [" + Array(repeating: "*a\(i - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        #expect(problems(text) == ["f.yaml:4: aliases expand to too many values"])
    }

    @Test(arguments: ["*a : x", "? *a\n: x", "{*a : x}", "*a: x"])
    func `an alias is no key, but a star in a text is`(_ key: String) {
        let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
        #expect(
            problems(head + "x: &a [1]\ny:\n  " + key.replacing("\n", with: "\n  ") + "\n") == [
                "f.yaml:1: the alias *a cannot be a key"
            ])
        #expect(problems(head + "data:\n  script: |\n    rm *.txt : *a\n") == [])
    }

    @Test func `what nests too deep is refused before the parser sees it`() {
        for text in [String(repeating: "[", count: 100_000), String(repeating: "- ", count: 100_000) + "a"] {
            #expect(problems(text) == ["f.yaml:1: nested more than 200 levels deep"])
        }
    }
}

/// A folder of its own that goes away with the test.
private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("evenkeel-\(UUID().uuidString)")
        .path
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    func write(_ name: String, _ data: Data) {
        _ = FileManager.default.createFile(atPath: "\(path)/\(name)", contents: data)
    }
    func write(_ name: String, _ text: String) { write(name, Data(text.utf8)) }
}

struct ManifestFilesTests {
    @Test func `a folder stands for its manifests by name, without subfolders`() throws {
        let folder = try Folder()
        folder.write("b.yml", map("b"))
        folder.write("a.json", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#)
        folder.write("c.txt", "no manifest")
        folder.write("empty.yaml", "")
        try FileManager.default.createDirectory(
            atPath: folder.path + "/sub", withIntermediateDirectories: true)
        folder.write("sub/d.yaml", map("d"))
        let set = ManifestReader.read(paths: [folder.path])
        #expect(set.problems == [])
        #expect(set.documents.map(\.name) == ["a", "b"])
        #expect(set.documents.map(\.source) == [folder.path + "/a.json", folder.path + "/b.yml"])
    }

    @Test func `files that are of no use are told each`() throws {
        let folder = try Folder()
        folder.write("utf8", Data("a: b\nc: ".utf8) + [0xff, 0x0a])
        folder.write("utf16", Data([0xff, 0xfe, 0x61, 0]))
        try FileManager.default.createDirectory(
            atPath: folder.path + "/none", withIntermediateDirectories: true)
        let set = ManifestReader.read(paths: [
            "nowhere.yaml", folder.path + "/utf8", folder.path + "/utf16", folder.path + "/none",
        ])
        #expect(
            set.problems.map(\.description) == [
                "nowhere.yaml: does not exist",
                "\(folder.path)/utf8:2: is not valid UTF-8",
                "\(folder.path)/utf16: is UTF-16 text; save it as UTF-8",
                "\(folder.path)/none: no .yaml, .yml or .json file in this folder",
            ])
    }

    @Test func `a hundred megabytes of zeros are refused at once`() throws {
        let folder = try Folder()
        folder.write("zeros.yaml", "")
        let handle = try #require(FileHandle(forWritingAtPath: folder.path + "/zeros.yaml"))
        try handle.truncate(atOffset: 100_000_000)
        try handle.close()
        let clock = ContinuousClock()
        var problems: [String] = []
        let time = clock.measure {
            problems = ManifestReader.read(paths: [folder.path]).problems.map(\.message)
        }
        #expect(problems == ["is a binary file, not YAML or JSON"])
        #expect(time < .seconds(2))
    }

    @Test func `the same object in two files is told with both places`() throws {
        let folder = try Folder()
        folder.write("a.yaml", "\n" + map("x"))
        folder.write("b.yaml", map("x"))
        #expect(
            ManifestReader.read(paths: [folder.path]).problems.map(\.description) == [
                "\(folder.path)/b.yaml:1: ConfigMap x is there twice, first in \(folder.path)/a.yaml:2"
            ])
    }

    @Test func `a dash is standard input`() {
        let set = ManifestReader.read(paths: ["-"], standardInput: { Array(map("in").utf8) })
        #expect(set.documents.map { "\($0.source) \($0.name)" } == ["- in"])
    }
}

/// Manifests of whole projects: ours, and those that projects publish where they are at hand.
struct ProjectManifestTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let published = ["../../shared/manifests", "../../../shared/manifests"].map { tests.appending(path: $0) }
        .first { FileManager.default.fileExists(atPath: $0.path) }

    @Test(
        arguments: [("Manifests/shop", 36), ("Manifests/notes", 6), ("Manifests/ring", 3), ("Manifests/lookout", 27)]
            + (published == nil ? [] : [("online-boutique", 35), ("guestbook", 6), ("cassandra", 3), ("kube-prometheus", 77)]))
    func `manifests of whole projects load without problems`(_ name: String, _ count: Int) throws {
        let folder = name.hasPrefix("Manifests/") ? Self.tests : try #require(Self.published)
        let set = ManifestReader.read(paths: [folder.appending(path: name + ".yaml").path])
        let (objects, problems) = set.decodeAll()
        #expect((set.problems + problems).map(\.description) == [])
        #expect(objects.count == count)
        #expect(objects.count == set.documents.count)
    }
}

struct BrokenManifestTests {
    @Test func `no damage to a manifest ends the program`() {
        let original = Array(
            (BadInputTests.deployment
                + "\n---\n# note\n{\"a\": [1, \"\\u00e9\"], b: &x {c: *x}}\n---\n<<: *y\n- |+\n  t\n").utf8)
        let bytes = Array("\n\t -:?[]{},&*!|>'\"%@`#<\\u0d8~.\u{e9}".utf8)
        var state: UInt64 = 7
        func next(_ n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % n
        }
        var read = 0
        for _ in 0..<4000 {
            var text = original
            for _ in 0...next(6) {
                let at = next(text.count)
                switch next(3) {
                case 0: text[at] = bytes[next(bytes.count)]
                case 1: text.remove(at: at)
                default: text.insert(bytes[next(bytes.count)], at: at)
                }
            }
            let set = ManifestReader.read(paths: ["-"], standardInput: { text })
            _ = set.decodeAll()
            read += set.documents.count + set.problems.count
            #expect(
                set.problems.allSatisfy {
                    $0.line.map { $0 >= 1 && $0 <= text.count { $0 == 10 } + 1 } ?? true
                })
        }
        #expect(read > 4000)
    }
}
