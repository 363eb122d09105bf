// Each row of `kubernetes-1.37.md` that is certain or likely is a test or a stated difference.

import Foundation
import Testing

/// A test of a row begins with the row's number, as `3_8 a pod of lower priority …` or `2_7 and 4_3 …` does; a difference cites it as
/// (`kubernetes-1.37.md` rows 5.1.4, 5.1.5) or (`kubernetes-1.37.md` §3.5).
@Suite struct PaperTests {
    /// A numbered row, or a section whose rows have no numbers.
    struct Row {
        var number: String
        var text: String
    }

    /// The rows marked C or L, and the sections below them; tables of rows are not sections of their own.
    static let rows: [Row] = {
        let paper = DocumentTests.documents.first { $0.path.hasSuffix("/kubernetes-1.37.md") }?.text ?? ""
        var rows: [Row] = []
        for line in paper.split(separator: "\n").map(String.init) {
            if let heading = line.firstMatch(of: /^### (\d+\.\d+) (.*)$/) {
                if !["Table", "Other", "Jobs and others"].contains(String(heading.2)) { rows.append(Row(number: String(heading.1), text: String(heading.2))) }
                continue
            }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("|"), let number = cells.first, number.wholeMatch(of: /\d+(\.\d+)+/) != nil, let mark = cells.last?.first else { continue }
            if "CL".contains(mark) { rows.append(Row(number: number, text: cells.dropFirst().dropLast().joined(separator: ": "))) }
        }
        return rows
    }()

    private static func numbers(_ text: Substring) -> [String] { text.matches(of: /\d+(?:\.\d+)+/).map { String($0.0) } }

    /// The tests of each number, by their names.
    static let tests: [String: [String]] = {
        var tests: [String: [String]] = [:]
        for file in RepositoryTests.swiftFiles(in: "Tests") {
            for function in file.text.matches(of: /func `((?:(?:\d+(?:_\d+)+|[A-Z]\d+)(?: and |, )?)+) [^`]*`/) {
                for number in function.1.matches(of: /\d+(?:_\d+)+/) {
                    tests[String(number.0).replacing("_", with: "."), default: []].append("\(file.name): \(function.0.dropFirst(6).dropLast())")
                }
            }
        }
        return tests
    }()

    /// The numbers that a comment cites which says how we differ.
    static let differences: Set<String> = {
        var cited: Set<String> = []
        for file in RepositoryTests.swiftFiles(in: "Sources") where file.text.contains("`kubernetes-1.37.md`") {
            let comments = file.text.replacing(/\n\s*\/\/\/? ?/, with: " ")
            for difference in comments.split(separator: "\n").compactMap({ $0.firstMatch(of: /Differs from Kubernetes:(.*?)(?:- Source:|$)/)?.1 }) {
                for place in difference.matches(of: /`kubernetes-1\.37\.md` ((?:(?:rows? |§|, |and )*\d+(?:\.\d+)+)+)/) { cited.formUnion(numbers(place.1)) }
            }
        }
        return cited
    }()

    @Test func `each certain or likely row is a test or a stated difference`() {
        #expect(Self.rows.count > 80)
        for row in Self.rows {
            // A row that is told in a section of its own, or in another row, has its tests there.
            let elsewhere = row.text.matches(of: /(?:§|row )(\d+(?:\.\d+)+)/).map { String($0.1) }
            let isThere = ([row.number] + elsewhere).contains { Self.tests[$0] != nil || Self.differences.contains($0) }
            #expect(isThere, "row \(row.number) of kubernetes-1.37.md is neither tested nor a stated difference: \(row.text)")
        }
    }

    @Test func `what is cited as a difference is a row`() {
        let known = Set(Self.rows.map(\.number))
        for number in Self.differences.sorted() { #expect(known.contains(number), "kubernetes-1.37.md has no certain or likely row \(number)") }
    }
}
