import Foundation
import KubernetesAPI
import SimulationKit
import Testing

@testable import Manifests

/// JSON is read as the YAML reader reads it, which is many times slower.
@Suite struct JSONReaderTests {
    private func plain(_ text: String) -> (json: JSONValue, positions: PositionTree)? {
        var text = text
        return text.withUTF8 { JSONReader.read($0) }
    }

    @Test func `the items of a List are read one after another, and not kept where they are taken`() {
        let text = """
            {"apiVersion": "v1", "items": [
              {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "uid": "1"}, "data": {"brackets": "]}\\\"{["}},
              {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": {"x": "1", "x": "2"}},

              {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "uid": "3"}}]}
            ], "kind": "List"}
            """
        var taken: [String] = []
        let set = ManifestReader.read(paths: ["-"], standardInput: { Array(text.utf8) }) { document in
            if document.isState { taken.append("\(document.name) \(document.line)") }
            return document.isState
        }
        #expect(taken == ["a 2", "c 5"])
        #expect(set.documents.isEmpty)
        // What is not plain is explained as before.
        #expect(set.problems.map(\.line) == [3])
        let all = ManifestReader.read(text: text.replacing(#", "x": "2""#, with: ""))
        #expect(all.documents.map(\.name) == ["a", "b", "c"])
        #expect(all.documents.map { $0.line(of: "metadata.name") } == [2, 3, 5])
    }

    private func yaml(_ text: String) -> (json: JSONValue, positions: PositionTree)? {
        try? YAMLConversion.read(DocumentSplitter.Chunk(text: text[...], line: 1), file: "-")
    }
    private func lines(_ tree: PositionTree) -> [Int32] { [tree.line] + tree.children.flatMap(lines) }

    @Test(arguments: [
        #"{"a": 1}"#, "{\n  \"a\": [1, -2, 3.5, 1e3, true, false, null],\n  \"b\": {\"c\": \"\"}\n}\n", #"{"t": "a\n\t\"\\\/\u00e9\ud83d\ude00é"}"#,
        "{\"a\":\n [\n {\"b\":\n 1},\n\n []]}", #"{"big": 9223372036854775807, "small": -9223372036854775808, "zero": -0}"#, #" {"a":{}} "#,
    ])
    func `plain JSON gives the same value and lines`(text: String) throws {
        let read = try #require(plain(text))
        let slow = try #require(yaml(text))
        #expect(read.json == slow.json)
        #expect(lines(read.positions) == lines(slow.positions))
    }

    @Test(arguments: [
        "", "a: 1", "[1]", "{", "{}x", "{\"a\" 1}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a: 1}", "{\"a\": 01}", "{\"a\": 99999999999999999999}", "{\"a\": .5}",
        "{\"a\": \"\\x\"}", "{\"a\": \"\\ud800\"}", "{\"a\": \"\\u12\"}", "{\"a\": \"\u{1}\"}", "{\"a\": tru}", "{\"a\": 1}\n---\n{\"b\": 2}", "{\"a\": 1} # b",
        "{\"a\": \"", "{\"a\": \"\\", String(repeating: "{\"a\":", count: 300) + "1" + String(repeating: "}", count: 300),
    ])
    func `everything else is left to the YAML reader`(text: String) { #expect(plain(text) == nil) }

    /// A text that comes in pieces of at most seven bytes.
    private final class Drops: TextPages {
        private let text: UnsafeBufferPointer<UInt8>
        init(all text: UnsafeBufferPointer<UInt8>) {
            self.text = text
            super.init(UnsafeBufferPointer(rebasing: text.prefix(0)))
        }
        override func grow(by count: Int) -> Bool {
            let before = bytes.count
            bytes = UnsafeBufferPointer(rebasing: text.prefix(before + min(7, count)))
            return bytes.count > before
        }
    }

    @Test func `a List is found in a text that comes bit by bit`() throws {
        var text = "{\"items\": [{\"a\": \"]}\\\"\"},\n {\"b\": [1, 2, {\"c\": {}}]} , {}\n], \"kind\": \"List\"}\n\n "
        try text.withUTF8 { bytes in
            let whole = try #require(JSONReader.list(TextPages(bytes)))
            #expect(whole.items.map(\.line) == [1, 2, 2])
            for ahead in 22...40 {
                let list = try #require(JSONReader.list(Drops(all: bytes), ahead: ahead))
                #expect(list.items.map(\.place) == whole.items.map(\.place) && list.head.json == whole.head.json)
            }
            for end in 0..<bytes.count - 3 { #expect(JSONReader.list(Drops(all: UnsafeBufferPointer(rebasing: bytes[..<end])), ahead: 20) == nil) }
        }
    }

    @Test func `a packed List is read like a plain one`() throws {
        let items = (0..<3000).map {
            "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"map-\($0)\", \"uid\": \"\($0)\"}, \"data\": {\"x\": 1}}"
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "evenkeel-\(UUID().uuidString).json").path
        defer { for end in ["", ".gz", ".cut.gz"] { try? FileManager.default.removeItem(atPath: file + end) } }
        try "{\"apiVersion\": \"v1\", \"items\": [\n\(items.joined(separator: ",\n"))\n], \"kind\": \"List\"}\n".write(
            toFile: file, atomically: false, encoding: .utf8)
        let gzip = try Process.run(URL(filePath: "/usr/bin/env"), arguments: ["gzip", "-k", file])
        gzip.waitUntilExit()
        let (plain, packed) = (ManifestReader.read(paths: [file]), ManifestReader.read(paths: [file + ".gz"]))
        #expect(plain.documents.count == 3000 && plain.problems.isEmpty && packed.problems.isEmpty)
        #expect(plain.documents.map(\.json) == packed.documents.map(\.json) && plain.documents.map(\.line) == packed.documents.map(\.line))
        // The place of a mistake is found although lines are not kept.
        let problems = packed.documents[2].decode().problems
        #expect(problems.map(\.description) == ["\(file).gz:4: data[x]: must be a string, not number"])
        let data = try Data(contentsOf: URL(filePath: file + ".gz"))
        try data.dropLast(9).write(to: URL(filePath: file + ".cut.gz"))
        #expect(ManifestReader.read(paths: [file + ".cut.gz"]).problems.map(\.message) == ["is packed by gzip, and broken or cut off"])
    }

    @Test func `random JSON is read alike, and cut off anywhere it is no JSON`() throws {
        var random = SeededRandom(seed: 5, stream: "json")
        func value(_ depth: Int) -> JSONValue {
            switch random.below(depth > 3 ? 4 : 7) {
            case 0: return .int(Int64(random.below(2000)) - 1000)
            case 1: return .string(["", "a b", "\"q\"", "é\n", "1", "null", "\\"][random.below(7)])
            case 2: return .bool(random.below(2) == 0)
            case 3: return .null
            case 4: return .array((0..<random.below(4)).map { _ in value(depth + 1) })
            default:
                var object = JSONObject()
                for i in 0..<random.below(20) { object.members.append(("k\(i)", value(depth + 1))) }
                return .object(object)
            }
        }
        for round in 0..<200 {
            let json: JSONValue = ["a": value(0), "b": value(0)]
            let text = json.text(indent: round % 3)
            let read = try #require(plain(text), "\(text)")
            #expect(read.json == json)
            let slow = try #require(yaml(text))
            #expect(read.json == slow.json && lines(read.positions) == lines(slow.positions))
            let cut = text.prefix(random.below(text.count - 1))
            #expect(plain(String(cut)) == nil)
        }
    }
}
