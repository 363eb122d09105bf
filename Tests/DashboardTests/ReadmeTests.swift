import Canvas
import ControlPlane
import Dashboard
import Foundation
import Kubelets
import KubernetesAPI
import Printers
import Simulation
import SimulationKit
import Testing

/// Blocks between `<!-- begin NAME -->` and `<!-- end NAME -->` are what the program generates, in the README, in the documentation of
/// the modules, and in the file from which the program itself tells its differences.
///
/// `EVENKEEL_RECORD=1 swift test --filter ReadmeTests` writes them anew.
@Suite(.serialized) struct ReadmeTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The files that can have generated blocks.
    static let files: [String] = {
        let names = FileManager.default.enumerator(atPath: root.appending(path: "Sources").path)?.compactMap { $0 as? String } ?? []
        return ["README.md", "Sources/Dashboard/Reference/Differences.swift"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "Sources/" + $0 }
    }()

    @Test(arguments: files)
    func `the generated blocks of a file are true`(name: String) throws {
        let file = Self.root.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        var new = ""
        var rest = text[...]
        while let begin = rest.firstMatch(of: #/<!-- begin ([a-z0-9-]+) -->\n/#) {
            let end = try #require(rest[begin.range.upperBound...].firstMatch(of: #/\n *<!-- end ([a-z0-9-]+) -->/#))
            #expect(begin.1 == end.1)
            let expected = try Self.content(of: String(begin.1))
            if !Self.isRecording { #expect(String(rest[begin.range.upperBound..<end.range.lowerBound]) == expected, "\(begin.1)") }
            new += rest[..<begin.range.upperBound] + expected + rest[end.range]
            rest = rest[end.range.upperBound...]
        }
        #expect(!rest.contains("<!-- begin") && !rest.contains("<!-- end"), "a block of \(name) has no end")
        if Self.isRecording, new + rest != text { try (new + rest).write(to: file, atomically: true, encoding: .utf8) }
    }

    static let isRecording = ProcessInfo.processInfo.environment["EVENKEEL_RECORD"] != nil

    @Test(arguments: ReferenceTopic.allCases)
    func `a topic of help is plain text of at most 80 columns that has all rows of its tables`(topic: ReferenceTopic) {
        let lines = topic.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 80 && $0.last != " " && !$0.contains("`") })
        let words = topic.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for row in topic.tables.flatMap(\.table.rows) {
            for cell in row.dropFirst() where !cell.isEmpty {
                let plain = cell.replacing("`", with: "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
                #expect(words.contains(plain), "\(topic) misses \(cell)")
            }
        }
    }

    static func content(of block: String) throws -> String {
        if let topic = ReferenceTopic(rawValue: block), topic != .differences { return topic.tables[0].table.markdown }
        switch block {
        case "picture":
            var dashboard = PictureTests.dashboards["block"]!
            return "```text\n\(dashboard.frame(size: Size(width: 120, height: 36)).picture())\n```"
        case "k9s-keys": return ReferenceTopic.keys.tables[1].table.markdown
        // From the sources, as what the program has of them may be older.
        case "differences": return Differences.table(of: try differences()).markdown
        case "not-acted-on": return ReferenceTopic.notActedOn
        case "difference-lines": return String(try differences().map { "        \($0)\n\(Explain.wrapped($1, indent: 10))" }.joined().dropLast())
        case "steps":
            let fields = ScenarioStep.fields.filter { ScenarioStep.names.contains($0.name) }
            return ReferenceTable(["step", "does"], rows: fields.map { ["`\($0.name)`", $0.summary] }).markdown
        case "expectations":
            let fields = Expectation.fields.filter { Expectation.names.contains($0.name) }
            return ReferenceTable(["expectation", "about"], rows: fields.map { ["`\($0.name)`", $0.summary] }).markdown
        case "scenarios":
            return ReferenceTable(["scenario", "shows"], rows: ScenarioCatalog.all.map { ["`\($0.name)`", $0.summary] }).markdown
        case "burst": return try burst()
        default: throw UnknownBlock(name: block)
        }
    }
    struct UnknownBlock: Error {
        var name: String
    }

    /// What comes of a burst of sixty pods under three settings.
    static func burst() throws -> String {
        var rows: [[String]] = []
        for name in ["pod-burst-1-26", "pod-burst-1-27", "pod-burst-parallel"] {
            var (session, _) = try #require(ScenarioCatalog.find(name)).input().makeSession()
            let length = try #require(session.script.duration)
            session.advance(to: .start + length)
            let times = session.simulation.kubelets.timesToReady(in: session.cluster)
            let spans = [times.median, times.percentile(95), times.times.last].map { $0.map { "\($0.truncated(to: .milliseconds(100)))" } ?? "" }
            rows.append(["`\(name)`", "\(session.simulation.kubelets.mountTimeouts)"] + spans)
        }
        return ReferenceTable(["scenario", "waits for volumes that timed out", "median", "95 % within", "all within"], rows: rows).markdown
    }

    /// The comments that begin with `Differs from Kubernetes:`, in the order of the files.
    static func differences() throws -> [(file: String, text: String)] {
        let sources = root.appending(path: "Sources")
        let names = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
        var found: [(file: String, text: String)] = []
        for name in names.filter({ $0.hasSuffix(".swift") }).sorted() {
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in text.enumerated() {
                guard let range = line.range(of: "Differs from Kubernetes: "), line.contains("//") else { continue }
                var sentence = String(line[range.upperBound...])
                var next = index + 1
                while next < text.count {
                    let rest = text[next].trimmingCharacters(in: .whitespaces)
                    guard rest.hasPrefix("//"), !rest.contains("Differs from Kubernetes"), !rest.contains("// -") else { break }
                    let words = rest.drop { $0 == "/" }.trimmingCharacters(in: .whitespaces)
                    if words.isEmpty { break }
                    sentence += " " + words
                    next += 1
                }
                found.append((name, sentence.prefix(1).uppercased() + sentence.dropFirst()))
            }
        }
        return found
    }
}
