// How Swift is written here: format, length of lines and functions, what each file says of itself, nothing that is left over.

import Foundation
import Testing

@Suite struct StyleTests {
    /// All Swift files, split into lines.
    static let files = ["Sources", "Tests"].flatMap(RepositoryTests.swiftFiles).map { file in
        SwiftFile(name: file.name, lines: file.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }

    @Test func `swift format finds nothing to say`() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["swift", "format", "lint", "--strict", "--parallel", "--recursive", "Sources", "Tests", "Package.swift"]
        process.currentDirectoryURL = RepositoryTests.root
        let words = Pipe()
        process.standardError = words
        try process.run()
        let said = String(decoding: words.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && said.isEmpty, "\(said.prefix(4000))")
    }

    /// swift format breaks code, but neither texts nor comments.
    @Test func `no line is longer than 160 columns, but for a text that has the line to itself`() {
        for file in Self.files {
            for (number, line) in file.code where line.utf8.count > 160 && line.count > 160 {
                #expect(line.first { !" =+#".contains($0) } == "\"", "\(file.name):\(number) has \(line.count) columns")
            }
        }
    }

    /// Keys can be given to other actions: hints ask the keymap in force. Dialogs have keys of their own.
    @Test func `no view spells out a key`() {
        for file in Self.files where file.name.contains("Sources/Dashboard/") && !file.name.contains("/Dialogs/") {
            for (number, line) in file.lines.enumerated() where !line.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") {
                #expect(!line.contains(/"[^"]*<(enter|esc|tab|space|[a-zA-Z]|ctrl-[a-z]|shift-[a-z])>/), "\(file.name):\(number + 1)")
            }
        }
    }

    @Test func `each file says what it is for before its first declaration`() {
        for file in Self.files {
            let first = file.lines.first { line in
                !line.isEmpty && !line.prefix(25).contains("import ")
            }
            #expect(first?.hasPrefix("//") == true, "\(file.name) begins with \(first ?? "nothing")")
        }
    }

    /// A scenario that expects an event of an unknown reason is refused: the list must have all.
    @Test func `each reason of an event that is told is known to scenarios`() throws {
        let list = try #require(Self.files.first { $0.name.hasSuffix("/EventReasons.swift") }).lines.joined()
        var told: Set<String> = []
        for file in Self.files where file.name.contains("Sources/") {
            let text = file.lines.joined(separator: " ")
            for match in text.matches(of: /(?:\b[rR]ecord|\btell)\(\s*"([A-Z][A-Za-z-]+)",/) { told.insert(String(match.1)) }
        }
        #expect(told.count > 20)
        #expect(told.filter { !list.contains("\"\($0)\"") }.sorted() == [])
    }

    /// Longer than 70 lines, and why.
    static let longFunctions: [String: String] = [
        "Command+Perform.swift answer": "a list: one case a command", "Clusters.swift workload": "a list: one document a kind",
        "ThemeReader.swift keys": "a list: one case a role", "Validation+SharedVolumes.swift sharedSource": "a list: one case a sort of volume",
        "Validation+Volumes.swift source": "a list: one case a sort of volume", "ObjectColumns.swift pods": "a list of columns",
        "KubeletConfiguration+Validation.swift validate": "a list: one check a field, in the kubelet's order",
        "PodDisplay.swift init": "one rule of kubectl from top to bottom", "StorageInvariantTests.swift look": "a list: one check an invariant",
    ]

    @Test func `no function is longer than 70 lines, but for lists`() {
        var long: Set<String> = []
        for file in Self.files {
            for function in file.functions where function.length > 70 {
                let name = "\(file.name.split(separator: "/").last ?? "") \(function.name)"
                long.insert(name)
                #expect(Self.longFunctions[name] != nil, "\(file.name):\(function.line) \(function.name) has \(function.length) lines")
            }
        }
        #expect(long == Set(Self.longFunctions.keys), "a function is short now: take it from the list")
    }

    /// What tests alone use, and the programs themselves.
    /// What NIO asks of its handlers by name is used by NIO.
    static let usedOutside: Set<String> = ["ScriptedTerminal", "Evenkeel", "Lab", "InboundIn", "InboundOut", "OutboundIn", "OutboundOut"]

    /// A file is dead when nothing uses what it declares.
    @Test func `every type is used somewhere else than where it is declared`() {
        let declaration = /^ *(?:(?:public|package|private|fileprivate|final|indirect|@\w+) )*(?:struct|enum|class|protocol|actor|typealias|extension) (\w+)/
        var used: [Substring: Int] = [:]
        var declared: [(name: String, file: String)] = []
        // What stands in a list of such things must be used in another file than its own.
        var places: [Substring: Set<String>] = [:]
        let listed = ["Step", "Expectation", "Screen", "Scenario"]
        for file in Self.files where file.name.hasPrefix("Sources/") {
            for (_, line) in file.code where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                for word in line.utf8.split(whereSeparator: { !SwiftFile.isWordByte($0) }) {
                    let name = Substring(word)
                    used[name, default: 0] += 1
                    if listed.contains(where: { name.hasSuffix($0) }) { places[name, default: []].insert(file.name) }
                }
                guard
                    line.contains("struct ") || line.contains("enum ") || line.contains("class ") || line.contains("protocol ")
                        || line.contains("actor ") || line.contains("extension ") || line.contains("typealias ")
                else { continue }
                guard let found = line.firstMatch(of: declaration) else { continue }
                used[found.1, default: 0] -= 1
                if !line.contains("extension ") { declared.append((String(found.1), file.name)) }
            }
        }
        for (name, file) in declared where used[name[...], default: 0] <= 0 && !Self.usedOutside.contains(name) {
            Issue.record("\(file): nothing uses \(name)")
        }
        for (name, file) in declared where listed.contains(where: { name.hasSuffix($0) && name != $0 }) && file.hasSuffix("/\(name).swift") {
            #expect(places[name[...], default: []].count > 1, "\(file): no other file names \(name), so that it is in no list")
        }
        #expect(declared.count > 500)
    }
}

/// A Swift file as lines, with what can be told from them where swift format has put everything in its place.
struct SwiftFile: Sendable {
    var name: String
    var lines: [String]

    /// The lines outside of texts in three quotes, each with its number.
    var code: [(number: Int, text: String)] {
        var isText = false
        return lines.enumerated().compactMap { index, line in
            let quotes = line.utf8.count < 3 ? 1 : line.components(separatedBy: "\"\"\"").count
            defer { if quotes % 2 == 0 { isText.toggle() } }
            return isText ? nil : (index + 1, line)
        }
    }

    /// Each function with the number of its first line and how many lines it has, without those of texts.
    var functions: [(name: String, line: Int, length: Int)] {
        let code = code
        var found: [(String, Int, Int)] = []
        for (start, (number, line)) in code.enumerated() where line.contains("func ") || line.contains("init") {
            guard let match = line.firstMatch(of: /^( *)(?:[@\w()]+ )*?(?:func (`[^`]+`|[^ (<]+)|(init)[?(<])/), !line.hasSuffix("}") else { continue }
            let end = match.1 + "}"
            guard let last = code[start...].firstIndex(where: { $0.text == end }) else { continue }
            found.append((String(match.2 ?? "init"), number, last - start + 1))
        }
        return found
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
}
