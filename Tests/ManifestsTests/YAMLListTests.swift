// Large Lists in YAML, which are read item by item.

import Foundation
import KubernetesAPI
import Manifests
import Testing

@Suite struct YAMLListTests {
    /// An item as kubectl prints it, behind a dash that is indented by `indent`.
    private static func item(_ name: String, indent: String = "", more: String = "") -> String {
        """
        - apiVersion: v1
          data:
            text: |
              - no item: \(name)

              # no comment
            number: "1"
        \(more)  kind: ConfigMap
          metadata:
            name: \(name)
            uid: u-\(name)

        """.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { $0.isEmpty ? "\n" : indent + $0 + "\n" }.joined()
    }
    private static func list(_ items: [String], tail: String = "kind: List\nmetadata:\n  resourceVersion: \"\"\n") -> String {
        "apiVersion: v1\nitems:\n" + items.joined() + tail
    }
    /// So many that they are more than is read at once.
    private static let many = 9_000
    private func read(_ text: String) -> ManifestSet { ManifestReader.read(text: text, file: "big.yaml") }

    @Test(arguments: ["", "  "]) func `each item is what it is in a small List, on its line`(indent: String) throws {
        let small = read(Self.list([Self.item("c0", indent: indent), Self.item("c1", indent: indent)]))
        let large = read(Self.list((0..<Self.many).map { Self.item("c\($0)", indent: indent) }))
        #expect(small.problems.isEmpty && large.problems.isEmpty, "\(large.problems.prefix(3))")
        #expect(large.documents.count == Self.many)
        for (a, b) in zip(small.documents, large.documents) { #expect(a.json == b.json && a.line == b.line) }
        let last = try #require(large.documents.last)
        #expect(last.name == "c\(Self.many - 1)" && last.line == 3 + 11 * (Self.many - 1))
        #expect(last.json["data"]?["text"]?.string == "- no item: c\(Self.many - 1)\n\n# no comment\n")
        #expect(last.problem("data.number", "no").line == last.line + 6)
    }

    @Test func `carriage returns and anchors do no harm`() {
        let text = Self.list((0..<Self.many).map { Self.item("c\($0)") }).replacing("\n", with: "\r\n")
        let large = read(text)
        #expect(large.problems.isEmpty && large.documents.count == Self.many)
        // An alias may stand for what is in another item: then all is read at once.
        let first = Self.item("a", more: "    same: &same x\n"), second = Self.item("b", more: "    same: *same\n")
        let aliased = read(Self.list([first, second] + (0..<Self.many).map { Self.item("c\($0)") }))
        #expect(aliased.problems.isEmpty && aliased.documents[1].json["data"]?["same"]?.string == "x")
    }

    @Test func `a broken item is told with its line, and hides no other`() {
        var items = (0..<Self.many).map { Self.item("c\($0)") }
        items[4_000] = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: [}\n"
        let set = read(Self.list(items))
        #expect(set.documents.count == Self.many - 1)
        #expect(set.problems.map(\.line) == [3 + 11 * 4_000 + 2])
        items[4_000] = "- null\n"
        #expect(read(Self.list(items)).problems.map(\.description) == ["big.yaml:\(3 + 11 * 4_000): must be an object, not null"])
    }

    @Test func `it is told how far reading is`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "evenkeel-\(UUID().uuidString).yaml")
        try Self.list((0..<Self.many).map { Self.item("c\($0)") }).write(to: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: path) }
        var (looks, reads) = (0, 0)
        let set = ManifestReader.read(paths: [path.path], standardInput: { [] }) { progress in
            if progress.stage == .looking { looks += 1 } else { reads += 1 }
        } taking: { _ in
            true
        }
        #expect(set.problems.isEmpty && looks > 0 && reads == Self.many)
    }

    @Test func `a file that is cut off says so`() {
        let text = Self.list((0..<3).map { Self.item("c\($0)") }, tail: "")
        #expect(
            read(text).problems.map(\.description) == ["big.yaml:1: kind: is missing; was the file cut off? kubectl writes it behind the items"])
    }

    @Test(arguments: ["{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":null}", "apiVersion: v1\nkind: PodList\nitems: null\n"])
    func `a List of nothing is no mistake beside others`(text: String) {
        #expect(read(text).problems.map(\.message) == ["no objects in this file"])
        #expect(read(text + "\n---\n" + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n").problems.isEmpty)
    }
}
