import Foundation
import KubernetesAPI
import Testing

/// The table of feature gates against the module's paper about them.
@Suite struct ProfileTableTests {
    @Test func `each gate has the history of the reference`() throws {
        let reference = try FeatureGateReference.read()
        for row in reference.rows {
            let gate = try #require(FeatureGate(name: row.name), "\(row.name) is missing")
            let history = KubernetesVersion.all.map { gate.stage(in: $0).rawValue }
            #expect(String(history) == row.history, "\(row.name)")
            #expect(gate.group.title == row.group, "\(row.name)")
        }
    }

    @Test func `gates come in the order of the reference and no gate is made up`() throws {
        let reference = try FeatureGateReference.read()
        #expect(FeatureGate.allCases.map(\.name) == reference.rows.map(\.name))
    }

    @Test func `the columns of the reference are the known releases`() throws {
        let reference = try FeatureGateReference.read()
        #expect(reference.minors == Array(KubernetesVersion.minors))
    }

    @Test func `each gate has the dependencies of the reference`() throws {
        let reference = try FeatureGateReference.read()
        for gate in FeatureGate.allCases {
            let needed = reference.dependencies[gate.name] ?? []
            #expect(gate.dependencies.map(\.name) == needed, "\(gate.name)")
        }
    }
}

/// What `feature-gates.md` says, read from its Markdown tables.
struct FeatureGateReference {
    struct Row {
        let name: String
        let group: String
        let history: String
    }

    var minors: [Int] = []
    var rows: [Row] = []
    var dependencies: [String: [String]] = [:]

    private static let url = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/KubernetesAPI/KubernetesAPI.docc/feature-gates.md")

    static func read() throws -> FeatureGateReference {
        let text = try String(contentsOf: url, encoding: .utf8)
        var reference = FeatureGateReference()
        var section = ""
        var group = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") {
                section = String(line.dropFirst(3).prefix { $0 != " " })
            } else if line.hasPrefix("### ") {
                group = String(line.dropFirst(4))
            } else if line.hasPrefix("| ") && !line.hasPrefix("| ---") {
                let cells = line.split(separator: "|").map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
                switch section {
                case "Tables": reference.addTableRow(cells, group: group)
                case "Dependencies": reference.addDependencies(cells)
                default: break
                }
            }
        }
        return reference
    }

    private mutating func addTableRow(_ cells: [String], group: String) {
        if cells[0] == "gate" {
            minors = cells.dropFirst().compactMap { Int($0) }
        } else {
            rows.append(Row(name: cells[0], group: group, history: cells.dropFirst().joined()))
        }
    }

    /// Takes a row such as `AxxCPUs, …Memory | A`: "…" stands for the beginning of a name that
    /// exists in the table.
    private mutating func addDependencies(_ cells: [String]) {
        guard cells[0] != "gate" else { return }
        for name in names(cells[0]) {
            dependencies[name] = names(cells[1])
        }
    }

    private func names(_ cell: String) -> [String] {
        var names: [String] = []
        for part in cell.components(separatedBy: ", ") {
            guard part.hasPrefix("…"), let first = names.first else {
                names.append(part)
                continue
            }
            let known = rows.map(\.name).filter { $0.hasSuffix(part.dropFirst()) }
            let alike = known.max { left, right in
                left.commonPrefix(with: first).count < right.commonPrefix(with: first).count
            }
            names.append(alike ?? part)
        }
        return names
    }
}
