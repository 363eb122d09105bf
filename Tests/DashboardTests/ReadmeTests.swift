import Canvas
import ControlPlane
import Dashboard
import Foundation
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// The README's generated parts are what the code generates: keys, commands, the picture, the differences.
///
/// `EVENKEEL_RECORD=1 swift test --filter ReadmeTests` writes them anew.
@Suite(.serialized) struct ReadmeTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test(arguments: ["keys", "k9s-keys", "commands", "picture", "annotations", "parameters", "steps", "scenarios", "burst", "differences"])
    func `a generated part of the README is true`(section: String) throws {
        let file = Self.root.appending(path: "README.md")
        let readme = try String(contentsOf: file, encoding: .utf8)
        let begin = "<!-- begin \(section) -->\n"
        let end = "\n<!-- end \(section) -->"
        let start = try #require(readme.range(of: begin), "README.md has no section \(section)")
        let stop = try #require(readme.range(of: end))
        let expected = try Self.content(of: section)
        if ProcessInfo.processInfo.environment["EVENKEEL_RECORD"] != nil {
            let new = readme[..<start.upperBound] + expected + readme[stop.lowerBound...]
            try String(new).write(to: file, atomically: true, encoding: .utf8)
            return
        }
        #expect(String(readme[start.upperBound..<stop.lowerBound]) == expected)
    }

    static func content(of section: String) throws -> String {
        switch section {
        case "keys": return KeyTable.markdown()
        case "k9s-keys": return KeyTable.markdown(.k9s)
        case "commands": return KeyTable.commandMarkdown
        case "picture":
            var dashboard = PictureTests.dashboards["block"]!
            return "```text\n\(dashboard.frame(size: Size(width: 120, height: 36)).picture())\n```"
        case "annotations": return AnnotationNote.markdown
        case "parameters":
            return
                (["| parameter | default | what | source |", "| --- | --- | --- | --- |"]
                + KubeletLatencies.parameters.map { $0.markdown(default: KubeletLatencies()) }
                + ClusterSettings.parameters.map { $0.markdown(default: ClusterSettings()) }).joined(separator: "\n")
        case "steps":
            func list(_ title: String, _ names: [String]) -> String { "\(title): \(names.map { "`\($0)`" }.joined(separator: ", "))." }
            return list("Steps", ScenarioStep.names) + "\n" + list("Expectations", Expectation.names)
        case "scenarios":
            return (["| scenario | shows |", "| --- | --- |"] + ScenarioCatalog.all.map { "| `\($0.name)` | \($0.summary) |" }).joined(separator: "\n")
        case "burst": return try burst()
        default: return try differences()
        }
    }

    /// What comes of a burst of sixty pods under three settings.
    static func burst() throws -> String {
        var lines = ["| scenario | waits for volumes that timed out | median | 95 % within | all within |", "| --- | --- | --- | --- | --- |"]
        for name in ["pod-burst-1-26", "pod-burst-1-27", "pod-burst-parallel"] {
            var (session, _) = try #require(ScenarioCatalog.find(name)).input().makeSession()
            let length = try #require(session.script.duration)
            session.advance(to: .start + length)
            let times = session.simulation.kubelets.timesToReady(in: session.cluster)
            let spans = [times.median, times.percentile(95), times.times.last].map { $0.map { "\($0.truncated(to: .milliseconds(100)))" } ?? "" }
            lines.append("| `\(name)` | \(session.simulation.kubelets.mountTimeouts) | \(spans.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }

    /// The comments that begin with `Differs from Kubernetes:`, in the order of the files.
    static func differences() throws -> String {
        let sources = root.appending(path: "Sources")
        let names = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
        var lines: [String] = []
        for name in names.filter({ $0.hasSuffix(".swift") }).sorted() {
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in text.enumerated() {
                guard let range = line.range(of: "Differs from Kubernetes: "), line.contains("//") else { continue }
                var sentence = String(line[range.upperBound...])
                var next = index + 1
                while next < text.count {
                    let rest = text[next].trimmingCharacters(in: .whitespaces)
                    guard rest.hasPrefix("//"), !rest.contains("Differs from Kubernetes"), !rest.hasPrefix("/// -") else { break }
                    let words = rest.drop { $0 == "/" }.trimmingCharacters(in: .whitespaces)
                    if words.isEmpty { break }
                    sentence += " " + words
                    next += 1
                }
                lines.append("- \(sentence.prefix(1).uppercased() + sentence.dropFirst()) (`\(name)`)")
            }
        }
        return lines.joined(separator: "\n")
    }
}
