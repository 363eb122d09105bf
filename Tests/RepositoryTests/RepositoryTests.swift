import Foundation
import Testing

/// The tree checks itself: direction of imports, banned calls, top level, README.
@Suite struct RepositoryTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func swiftFiles(in folder: String) -> [(name: String, text: String)] {
        let base = root.appending(path: folder)
        let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            (folder + "/" + name, (try? String(contentsOf: base.appending(path: name), encoding: .utf8)) ?? "")
        }
    }

    /// What each module may import of ours, directly or through another module.
    static let allowed: [String: Set<String>] = [
        "SimulationKit": [],
        "KubernetesAPI": ["SimulationKit"],
        "Manifests": ["KubernetesAPI", "SimulationKit"],
        "ControlPlane": ["SimulationKit", "KubernetesAPI"],
        "Printers": ["SimulationKit", "KubernetesAPI", "ControlPlane", "Manifests"],
        "Scheduling": ["SimulationKit", "KubernetesAPI", "ControlPlane"],
        "Controllers": ["SimulationKit", "KubernetesAPI", "ControlPlane"],
        "Kubelets": ["SimulationKit", "KubernetesAPI", "ControlPlane"],
        "Simulation": ["SimulationKit", "KubernetesAPI", "ControlPlane", "Scheduling", "Controllers", "Kubelets", "Manifests"],
        "Canvas": [],
        "CTerminal": [],
        "CAllocations": [],
        "Terminal": ["Canvas", "CTerminal"],
        "Dashboard": [
            "SimulationKit", "KubernetesAPI", "ControlPlane", "Scheduling", "Controllers", "Kubelets", "Manifests", "Printers",
            "Simulation", "Canvas",
        ],
        "Fuzzing": [
            "SimulationKit", "KubernetesAPI", "ControlPlane", "Scheduling", "Controllers", "Kubelets", "Manifests", "Printers",
            "Simulation", "Canvas", "Dashboard",
        ],
    ]

    @Test(arguments: allowed.keys.sorted())
    func `imports point one way`(module: String) {
        let ours = Set(Self.allowed.keys)
        for file in Self.swiftFiles(in: "Sources/\(module)") {
            for line in file.text.split(separator: "\n") where line.contains("import ") {
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), at + 1 < words.count, at <= 1 else { continue }
                let imported = String(words.last!.split(separator: ".")[0])
                guard ours.contains(imported) else { continue }
                #expect(Self.allowed[module]!.contains(imported), "\(file.name) imports \(imported)")
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

    @Test func `the README has the two commands that the setup and CI use`() throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let ci = try String(contentsOf: Self.root.appending(path: ".ci/run"), encoding: .utf8)
        #expect(readme.contains(".ci/setup && swift run -c release evenkeel"))
        let test = ".ci/setup && swift build -c release && swift test"
        #expect(readme.contains(test))
        #expect(ci.contains(test))
    }
}
