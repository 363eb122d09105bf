// Each row of the tables of two papers is cited by a test that covers it, or stands here with the reason why none does.

import Foundation
import Testing

/// Tests cite rows in comments, such as `/// Rows: ` + "`pod-sessions.md` §2.2 rows 1–4, #7, §9 #12": the place of a row among those of its
/// section, or the text of its column `#`.
@Suite struct PaperRowTests {
    /// Rows that no test covers, and why.
    static let untested: [String: String] = [
        "pod-sessions.md §4 8": "a sandbox is not made anew here while its pod lives",
        "pod-sessions.md §4 11": "tested is that all containers start again, not what their logs keep",
        "pod-sessions.md §4 12": "that previous logs survive a reboot is shown by the kubelet's tests of reboots; files of nodes are not kept",
        "pod-sessions.md §5 14": "by design another: a forwarded Service spreads over its endpoints, as the issue asks; kubectl's own picks one",
        "pod-sessions.md §5 19": "symlinks: files of simulated containers have none",
        "pod-sessions.md §5.1 6": "static pods are not taken from files here",
        "pod-sessions.md §7 1": "the read-only port serves the tunnels' health checks alone",
        "pod-sessions.md §7 4": "client certificates are a fact of the model, not files",
        "pod-sessions.md §8.2 4": "the API server's key is no file here; that it cannot be read is a fault",
        "pod-sessions.md §8.3 1": "the file of --egress-selector-config-file is not read: the way is a switch",
        "pod-sessions.md §8.3 2": "history",
        "pod-sessions.md §8.3 8": "HTTPConnect is not modelled: the API server speaks GRPC over a socket",
        "pod-sessions.md §8.3 10": "webhooks are kept, not called",
        "control-plane-links.md §2.3 8": "kube-proxy follows at once: no delay is modelled",
        "control-plane-links.md §6 5": "the protocol to the proxy server is not modelled",
        "control-plane-links.md §6 6": "only the selection cluster exists here",
        "control-plane-links.md §6 7": "ports of agents carry nothing that could be seen",
        "control-plane-links.md §9 12": "kube-proxy follows at once: no delay is modelled",
    ]
    static let papers = ["pod-sessions.md", "control-plane-links.md"]

    /// All rows: `pod-sessions.md §2.2 #7`.
    static let rows: [String] = papers.flatMap { paper -> [String] in
        let text = DocumentTests.documents.first { $0.path.hasSuffix("Simulation.docc/\(paper)") }?.text ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var (found, section, counts, index) = ([String](), "", [String: Int](), 0)
        while index < lines.count {
            defer { index += 1 }
            if let heading = lines[index].firstMatch(of: /^#+ (\d+(?:\.\d+)*)/) { section = String(heading.1) }
            guard lines[index].hasPrefix("|"), index + 1 < lines.count, lines[index + 1].hasPrefix("| -") else { continue }
            let isNumbered = lines[index].hasPrefix("| # |")
            index += 2
            while index < lines.count, lines[index].hasPrefix("|") {
                if isNumbered {
                    let number = lines[index].split(separator: "|").first.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
                    found.append("\(paper) §\(section) #\(number)")
                } else {
                    counts[section, default: 0] += 1
                    found.append("\(paper) §\(section) \(counts[section] ?? 0)")
                }
                index += 1
            }
        }
        return found
    }

    /// All rows that comments of tests cite.
    static let cited: Set<String> = {
        var cited: Set<String> = []
        for file in RepositoryTests.swiftFiles(in: "Tests") {
            for line in file.text.split(separator: "\n") {
                guard let start = line.firstRange(of: "/// Rows: "), line[..<start.lowerBound].allSatisfy(\.isWhitespace) else { continue }
                var (paper, section) = ("", "")
                for part in line[start.upperBound...].matches(of: /`([a-z-]+\.md)`|§(\d+(?:\.\d+)*)|#(C?\d+)|(\d+)(?:[–-](\d+))?/) {
                    if let name = part.1 {
                        paper = String(name)
                    } else if let number = part.2 {
                        section = String(number)
                    } else if let mark = part.3 {
                        cited.insert("\(paper) §\(section) #\(mark)")
                    } else if let first = part.4.flatMap({ Int($0) }) {
                        for row in first...max(first, part.5.flatMap { Int($0) } ?? first) { cited.insert("\(paper) §\(section) \(row)") }
                    }
                }
            }
        }
        return cited
    }()

    @Test func `each row of the papers on sessions and links is covered by a test, or it says why not`() {
        #expect(Self.rows.count > 200)
        for row in Self.rows {
            #expect(Self.cited.contains(row) != (Self.untested[row] != nil), "\(row)")
        }
    }

    @Test func `what is cited or left out is there`() {
        let all = Set(Self.rows)
        for row in Self.cited.union(Self.untested.keys) where Self.papers.contains(where: row.hasPrefix) { #expect(all.contains(row), "\(row)") }
    }
}
