// What a real API server 1.36.2 answered, recorded in `Tests/Recorded`.

import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import SimulationKit
import Testing

enum Golden {
    /// The lines of a recorded file by their first cell.
    private static func lines(_ file: String) -> [String: [String]] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Recorded/\(file)").path
        let rows = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], Array($0.dropFirst())) })
    }
    /// Columns of the tables, each with its priority, by `VERSION/PLURAL`.
    static let columns = lines("columns.tsv")
    /// Objects and tables as JSON, by `objects/NAME` and `tables/NAME`.
    private static let answers = lines("answers.tsv")

    /// The documents of an answer: one, or those of a list.
    static func documents(_ name: String) throws -> [ManifestDocument] {
        let set = ManifestReader.read(text: try #require(answers[name]?.first))
        if let problem = set.problems.first { throw problem }
        return set.documents
    }

    /// The cells of each row of a recorded table, as texts.
    static func rows(_ table: String) throws -> [[String]] {
        let rows = try #require(try documents("tables/" + table)[0].json["rows"]?.array)
        return try rows.map { try #require($0["cells"]?.array).map { $0.string ?? $0.text() } }
    }

    /// The recorded objects of a kind.
    static func objects<O: KubernetesObject>(_ type: O.Type, _ name: String) throws -> [O] {
        try documents("objects/" + name).map { document in
            let (object, problems) = document.decode()
            if let problem = problems.first { throw problem }
            return try #require(object as? O)
        }
    }

    /// An empty cluster at the time when the tables were recorded: ten minutes and some after the objects were made.
    static var cluster: Cluster {
        var cluster = Cluster()
        cluster.now = Instant(rfc3339: "2026-11-23T05:26:56Z")!
        return cluster
    }
}
