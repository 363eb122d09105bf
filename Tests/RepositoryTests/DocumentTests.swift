// What the code and the documents cite is there, and each document is cited.

import Foundation
import Testing

@Suite struct DocumentTests {
    /// The documents of the modules by path; and the other texts that cite them.
    static let documents: [(path: String, text: String)] = {
        let base = RepositoryTests.root.appending(path: "Sources")
        let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".md") }.sorted().map { read("Sources/" + $0) }
    }()
    static let others = ["README.md", ".github/CONTRIBUTING.md", ".github/CHANGELOG.md"].map(read)
    static let swift = ["Sources", "Tests"].flatMap(RepositoryTests.swiftFiles).map { (path: $0.name, text: $0.text) }

    private static func read(_ path: String) -> (path: String, text: String) {
        (path, (try? String(contentsOf: RepositoryTests.root.appending(path: path), encoding: .utf8)) ?? "")
    }

    private static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    @Test func `each module has an overview that README links`() {
        for module in RepositoryTests.arrows.keys where !RepositoryTests.swiftFiles(in: "Sources/\(module)").isEmpty && !module.hasPrefix("evenkeel") {
            #expect(Self.others[0].text.contains("Sources/\(module)/\(module).docc/Overview.md"))
        }
    }

    @Test func `each document is cited by another text`() {
        let texts = Self.documents + Self.others + Self.swift
        for document in Self.documents {
            let name = Self.name(document.path)
            let isCited = texts.contains { text in
                text.path != document.path && (name == "Overview.md" ? text.text.contains(document.path) : text.text.contains(name))
            }
            #expect(isCited, "nothing cites \(document.path)")
        }
    }

    @Test func `each link of a document leads to a file`() {
        for (path, text) in Self.documents + Self.others {
            let folder = RepositoryTests.root.appending(path: path).deletingLastPathComponent()
            for link in text.matches(of: /\]\(([^)#:\s]+)\)|^\[[^\]]+\]: (\S+)$/.anchorsMatchLineEndings()) {
                let target = String(link.1 ?? link.2 ?? "")
                #expect(FileManager.default.fileExists(atPath: folder.appending(path: target).path), "\(path) links \(target)")
            }
        }
    }

    /// As in `scheduler.md` §4.4: what stands between quotes, without a folder, is a document of a module; its sections are headings that
    /// begin with their number.
    @Test func `cited documents and their sections exist`() {
        let headings = Dictionary(
            Self.documents.map { document in
                let lines = document.text.split(separator: "\n").filter { $0.hasPrefix("#") }
                return (Self.name(document.path), Set(lines.compactMap { $0.firstMatch(of: /^#+ (\d+(?:\.\d+)*)/).map { String($0.1) } }))
            }, uniquingKeysWith: { $0.union($1) })
        var sections = 0
        for (path, text) in Self.swift where text.contains(".md`") {
            for line in text.split(separator: "\n") where line.contains(".md`") && line.contains("//") {
                var cited: Set<String>?
                for part in line.matches(of: /`([a-z0-9.-]+\.md)`|§(\d+(?:\.\d+)*)/) {
                    if let name = part.1 {
                        cited = headings[String(name)]
                        #expect(cited != nil, "\(path) cites \(name)")
                    } else if let section = part.2, let cited {
                        sections += 1
                        #expect(cited.contains(String(section)), "\(path) cites §\(section): \(line)")
                    }
                }
            }
        }
        #expect(sections > 15)
    }
}
