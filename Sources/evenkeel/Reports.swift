// The forms in which questions are told: text for people, JSON for programs, Markdown for reviews, JUnit for CI.

import ArgumentParser
import KubernetesAPI
import Simulation
import SimulationKit

/// How to tell the answer to a question.
enum ReportForm: String, ExpressibleByArgument, CaseIterable { case text, json, markdown, junit }

/// The answer to a question, in each of the forms.
protocol Report {
    /// Whether the exit status is 0.
    var isFine: Bool { get }
    var text: String { get }
    var markdown: String { get }
    var json: JSONValue { get }
    var junit: String { get }
}

extension Report {
    /// Writes the report; ends the program with status 1 if it is not fine.
    func tell(as form: ReportForm) {
        switch form {
        case .text: Out.text(text)
        case .markdown: Out.text(markdown)
        case .json: Out.line(json.text(indent: 2))
        case .junit: Out.text(junit)
        }
        Out.flush()
        if !isFine { Out.end(1) }
    }
}

/// Cells in columns as wide as their widest; the last one of a row as it is.
func columns(_ rows: [[String]], gap: Int = 2) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        row.enumerated().map { i, cell in i == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[i] - cell.count + gap) }.joined()
    }
}

/// The lines of a table in Markdown, after an empty one; none without rows.
func markdownTable(_ head: [String], _ rows: [[String]]) -> [String] {
    if rows.isEmpty { return [] }
    return ["", "| " + head.joined(separator: " | ") + " |", "|" + head.map { _ in " --- |" }.joined()]
        + rows.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
}

/// At most `most` of the names, and how many more there are.
func shortList(_ names: [String], most: Int = 3) -> String {
    names.prefix(most).joined(separator: ", ") + (names.count > most ? " and \(names.count - most) more" : "")
}

/// A test suite as CI systems read it.
struct JUnit {
    struct Case {
        var className: String
        var name: String
        /// What is said about it; empty: nothing.
        var lines: [String] = []
        /// Whether what is said is a failure.
        var fails = false
    }
    var name: String
    var cases: [Case]

    var text: String {
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            #"<testsuite name="\#(escaped(name))" tests="\#(cases.count)" failures="\#(cases.count(where: \.fails))">"#,
        ]
        for test in cases {
            let head = #"  <testcase classname="\#(escaped(test.className))" name="\#(escaped(test.name))""#
            guard let first = test.lines.first else {
                lines.append(head + "/>")
                continue
            }
            let element = test.fails ? "failure" : "system-out"
            let message = test.fails ? #" message="\#(escaped(first))""# : ""
            lines += [head + ">", "    <\(element)\(message)>\(escaped(test.lines.joined(separator: "\n")))</\(element)>", "  </testcase>"]
        }
        return (lines + ["</testsuite>"]).joined(separator: "\n") + "\n"
    }

    private func escaped(_ text: String) -> String {
        // What XML cannot hold at all is left out.
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 32 || $0 == "\n" || $0 == "\t" }))
            .replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}

extension ClusterArguments {
    /// The state that a question is about, read and understood. Remarks about it go to standard error.
    func state(for question: String, live: LiveArguments?, namespace: String? = nil) throws -> Input {
        if let live, live.isAsked { return try state(of: live, namespace: namespace) }
        guard !files.isEmpty || scenario != nil else { throw Failure.usage("\(question) needs the state of a cluster: a file, a folder, -, or --context") }
        let input = try input()
        for remark in remarks(input) { Out.error(remark + "\n") }
        return input
    }

    /// The state as it is one second later: pods that wait have been looked at then, and controllers know what is there.
    static func present(_ input: Input) throws -> Simulation {
        let (session, refusals) = input.makeSession()
        try check(refusals, input)
        var simulation = session.simulation
        simulation.advance(to: simulation.now + .seconds(1))
        return simulation
    }

    func present(for question: String, live: LiveArguments?, namespace: String? = nil) throws -> Simulation {
        try Self.present(try state(for: question, live: live, namespace: namespace))
    }
}
