// What must hold of the repository as a whole.

import Foundation
import Testing

/// The tree checks itself: direction of imports, banned calls, top level, README. How it is written, `StyleTests` check; what it cites,
/// `DocumentTests`.
@Suite struct RepositoryTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func swiftFiles(in folder: String) -> [(name: String, text: String)] {
        let base = root.appending(path: folder)
        let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            (folder + "/" + name, (try? String(contentsOf: base.appending(path: name), encoding: .utf8)) ?? "")
        }
    }

    /// What each of our modules may import of ours: what `Package.swift` names as its dependencies, and what those may import.
    static let arrows: [String: Set<String>] = {
        let manifest = (try? String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)) ?? ""
        var direct: [String: Set<String>] = [:]
        for target in manifest.split(separator: /\n {8}\.(?:target|executableTarget|testTarget)\(/).dropFirst() {
            // What others offer does not count; a condition does not matter.
            let plain = target.replacing(/\.product\([^)]*\)/, with: "").replacing(/\.target\(name: ("[^"]+"), condition: [^)]*\)\)/) { $0.output.1 }
            let names = plain.prefix { $0 != "]" }.matches(of: /"([^"]+)"/).map { String($0.1) }
            direct[names[0]] = Set(names.dropFirst().filter { $0 != "ncursesw" })
        }
        func all(_ module: String) -> Set<String> { (direct[module] ?? []).reduce(into: []) { $0.formUnion(all($1).union([$1])) } }
        let modules = direct.keys.filter { FileManager.default.fileExists(atPath: root.appending(path: "Sources/\($0)").path) }
        return Dictionary(uniqueKeysWithValues: modules.map { ($0, all($0)) })
    }()

    @Test func `the arrows are read from Package.swift`() {
        #expect(Self.arrows["KubernetesAPI"] == ["SimulationKit"])
        #expect(Self.arrows["Terminal"] == ["Canvas", "CTerminal"])
        #expect(Self.arrows["Network"]?.isSuperset(of: ["APIServer", "CZlib", "COpenSSL"]) ?? false)
        #expect(Self.arrows.count == 22)
    }

    @Test(arguments: arrows.keys.sorted())
    func `imports point one way`(module: String) {
        for file in Self.swiftFiles(in: "Sources/\(module)") {
            for line in file.text.split(separator: "\n") where line.contains("import ") {
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), at + 1 < words.count, at <= 1 else { continue }
                let imported = String(words.last!.split(separator: ".")[0])
                guard Self.arrows[imported] != nil else { continue }
                #expect(Self.arrows[module]!.contains(imported), "\(file.name) imports \(imported)")
            }
        }
    }

    /// Calls that would make a run differ from another: the wall clock, global chance, threads, the environment.
    @Test(arguments: ["SimulationKit", "KubernetesAPI", "ControlPlane", "Scheduling", "Controllers", "Kubelets", "Simulation", "Dashboard", "Fuzzing"])
    func `the simulation asks nobody for time or chance`(module: String) {
        let banned = [
            "Date()", "ContinuousClock", "SuspendingClock", "DispatchQueue", "DispatchTime", "UUID()", ".hashValue", "Task {", "getenv", "ProcessInfo",
            "SystemRandomNumberGenerator", "import Foundation", "import Glibc",
        ]
        for file in Self.swiftFiles(in: "Sources/\(module)") {
            for call in banned { #expect(!file.text.contains(call), "\(file.name) contains \(call)") }
            for line in file.text.split(separator: "\n") where line.contains(".random(") || line.contains(".randomElement(") || line.contains(".shuffled(") {
                #expect(line.contains("using:"), "\(file.name): \(line)")
            }
        }
    }

    /// What is left of a width may be less than nothing, and `prefix`, `suffix`, `dropFirst` and `repeating` end the program then.
    /// `first(upTo:)`, `last(upTo:)`, `skipping(_:)` and `String(_:times:)` do not.
    @Test(arguments: ["Canvas", "Dashboard"])
    func `no text or list is cut by what may be less than nothing`(module: String) throws {
        let cut = try Regex(#"(\.(prefix|suffix|dropFirst|dropLast)\(|String\(repeating: .*count: )([^(){}]|\([^()]*\))* - "#)
        for file in Self.swiftFiles(in: "Sources/\(module)") {
            for line in file.text.split(separator: "\n") {
                guard let found = line.firstMatch(of: cut), !line[found.range].contains("max(") else { continue }
                Issue.record("\(file.name): \(line)")
            }
        }
    }

    @Test func `the top level has only what its owner fixed`() throws {
        let fixed: Set<String> = ["Package.swift", "Sources", "Tests", "themes", "README.md", "Package.resolved"]
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.root.path) where !name.hasPrefix(".") {
            #expect(fixed.contains(name), "\(name) stands at the top level")
        }
    }

    @Test func `each dependency says why it is there`() throws {
        let lines = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8).split(separator: "\n")
        for (index, line) in lines.enumerated() where line.contains(".package(url:") {
            #expect(lines[index - 1].contains("//"), "\(line) has no reason")
            #expect(line.contains("exact:"), "\(line) has no exact version")
        }
    }

    /// What a test may need that is not in the repository, or not always; each has the same test on what is.
    static let mayBeMissing: Set<String> = [
        // `swift build -c release` comes before `swift test`.
        "Tests/EndToEndTests/EndToEndTests.swift", "Tests/EndToEndTests/SessionTests.swift",
        // Clients of others; what they ask is replayed by `Tests/APIServerTests`.
        "Tests/EndToEndTests/ClientTests.swift",
        // A real kubectl proxy; the same is followed without one over a socket of the test.
        "Tests/NetworkTests/LiveClusterTests.swift",
        // Manifests that projects publish, besides ours.
        "Tests/ManifestsTests/ManifestReaderTests.swift", "Tests/SimulationTests/ProjectManifestTests.swift", "Tests/EndToEndTests/StateTests.swift",
    ]

    @Test func `on a fresh clone no test is skipped`() {
        let outside = [".enabled(" + "if", ".disabled" + "(", "XCT" + "Skip", "shared" + "/golden", "shared" + "/manifests", "shared" + "/spec"]
        for file in Self.swiftFiles(in: "Tests") where !Self.mayBeMissing.contains(file.name) {
            for word in outside { #expect(!file.text.contains(word), "\(file.name) has \(word)") }
        }
        for file in [
            "Tests/Recorded/answers.tsv", "Tests/Recorded/columns.tsv", "Tests/Recorded/widgets.json", "Tests/ControlPlaneTests/Golden/validation.jsonl",
            "Tests/SchedulingTests/Golden/handwritten.jsonl.gz", "Tests/SchedulingTests/Golden/random.jsonl.gz", "Tests/Manifests/lookout.yaml",
            "Tests/Manifests/notes.yaml", "Tests/Manifests/ring.yaml", "Tests/Manifests/shop.yaml", ".swift-format",
        ] { #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: file).path), "\(file) is missing") }
    }

    @Test func `the README has the two commands that the setup and CI use`() throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let ci = try String(contentsOf: Self.root.appending(path: ".ci/run"), encoding: .utf8)
        #expect(readme.contains(".ci/setup && swift run -c release evenkeel"))
        let test = ".ci/setup && swift build -c release && swift test"
        #expect(readme.contains(test))
        #expect(ci.contains(test))
        #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count <= 251)
    }
}
