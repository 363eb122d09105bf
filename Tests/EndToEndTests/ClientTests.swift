// Real clients against `evenkeel serve`: kubectl, and a terminal program. Where there is none the tests say so and are skipped.

import Foundation
import Glibc
import Subprocess
import Testing

/// Programs of others, from the environment or from where `.ci/conformance` puts them.
enum Clients {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/clients").path

    private static func find(_ variable: String, _ names: [String]) -> String? {
        let candidates = [ProcessInfo.processInfo.environment[variable]].compactMap { $0 } + names.map { "\(folder)/\($0)" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
    static let kubectl = find("KUBECTL", ["kubectl-1.37", "kubectl-1.27"])
    /// kutop or korvid; the first runs kubectl.
    static let terminal = find("EVENKEEL_TERMINAL_PROGRAM", ["venv/bin/korvid"])
}

/// A server, and a shell in which `kubectl` and `evenkeel` are known and KUBECONFIG is set.
private struct ClientShell {
    let folder: URL

    /// Starts a server, with an object in it if there is a manifest, hands a shell to `body`, and ends both.
    static func with(_ options: String = "", manifest: String = "", _ body: (ClientShell) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-clients-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "bin"), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        let shell = ClientShell(folder: folder)
        for (name, path) in [("evenkeel", Program.path), ("kubectl", Clients.kubectl)] {
            if let path { try FileManager.default.createSymbolicLink(atPath: folder.appending(path: "bin/\(name)").path, withDestinationPath: path) }
        }
        let file = folder.appending(path: "objects.yaml")
        if !manifest.isEmpty { try manifest.write(to: file, atomically: true, encoding: .utf8) }
        let start = try await shell.run("evenkeel serve --background \(options) \(manifest.isEmpty ? "" : file.path) > \(folder.path)/start")
        #expect(start.status == .exited(0), "\(start.output)")
        do { try await body(shell) } catch {
            _ = try? await shell.run("evenkeel serve --stop")
            throw error
        }
        _ = try await shell.run("evenkeel serve --stop || true")
    }

    /// What a line prints on both its outputs, and how it ends.
    func run(_ line: String) async throws -> (status: TerminationStatus, output: String) {
        let set =
            "export XDG_RUNTIME_DIR=\(folder.path) HOME=\(folder.path) PATH=\(folder.path)/bin:$PATH; [ ! -e \(folder.path)/start ] || . \(folder.path)/start\n"
        let result = try await Subprocess.run(
            .path("/bin/bash"), arguments: ["-c", "exec 2>&1; set -o pipefail; \(set)\(line)"], output: .string(limit: 4 << 20), error: .discarded)
        return (result.terminationStatus, result.standardOutput)
    }
}

/// A file of command lines with the answers that are wanted: see the head of `Stories/kubectl.txt`.
private enum Story {
    struct Step {
        var line: String
        var answer: [String]
    }

    static func read(_ name: String) throws -> [Step] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Stories/\(name)")
        var steps: [Step] = []
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) where !line.hasPrefix("#") {
            if line.hasPrefix("$ ") {
                steps.append(Step(line: String(line.dropFirst(2)), answer: []))
            } else if line.hasPrefix("> "), let last = steps.indices.last {
                steps[last].line += "\n" + line.dropFirst(2)
            } else if let last = steps.indices.last {
                steps[last].answer.append(String(line))
            }
        }
        return steps
    }

    /// The lines without blanks that only fill columns, and without empty ones at the end.
    static func lines(_ text: some Collection<some StringProtocol>) -> [String] {
        var lines = text.map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    static func matches(_ found: ArraySlice<String>, _ wanted: ArraySlice<String>) -> Bool {
        guard let first = wanted.first else { return found.isEmpty }
        if first == "⋮" { return (found.startIndex...found.endIndex).contains { matches(found[$0...], wanted.dropFirst()) } }
        guard let line = found.first, matches(line[...], first.split(separator: "…", omittingEmptySubsequences: false)[...]) else { return false }
        return matches(found.dropFirst(), wanted.dropFirst())
    }

    /// Whether `line` is made of `parts` in their order, with anything in between.
    private static func matches(_ line: Substring, _ parts: ArraySlice<Substring>) -> Bool {
        guard let first = parts.first, line.hasPrefix(first) else { return false }
        var rest = line.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            guard let range = rest.range(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return parts.count == 1 ? rest.isEmpty : rest.hasSuffix(parts.last ?? "")
    }
}

@Suite(.serialized, .enabled(if: Program.isBuilt, "there is no .build/release/evenkeel: swift build -c release comes first"))
struct ClientTests {
    @Test(.enabled(if: Clients.kubectl != nil, "no kubectl: set KUBECTL, or run .ci/conformance, which fetches it"))
    func `kubectl is answered as by a real server`() async throws {
        let steps = try Story.read("kubectl.txt")
        #expect(steps.count > 40)
        try await ClientShell.with("--speed 10") { shell in
            for step in steps {
                let (_, output) = try await shell.run(step.line)
                let found = Story.lines(output.split(separator: "\n", omittingEmptySubsequences: false))
                #expect(Story.matches(found[...], Story.lines(step.answer)[...]), "$ \(step.line)\n\(output)")
            }
        }
    }

    /// What kubectl itself says of sessions; ``KubectlLogs`` has the same texts.
    ///
    /// Rows: `pod-sessions.md` §5 rows 1–2, 4–6, 8–10, 12–13, 15–18, 21–22, 25.
    @Test(.enabled(if: Clients.kubectl != nil, "no kubectl: set KUBECTL, or run .ci/conformance, which fetches it"))
    func `kubectl has its sessions and their texts`() async throws {
        let steps = try Story.read("sessions.txt")
        #expect(steps.count > 30)
        try await ClientShell.with("--speed 1") { shell in
            for step in steps {
                let (_, output) = try await shell.run(step.line)
                let found = Story.lines(output.split(separator: "\n", omittingEmptySubsequences: false))
                #expect(Story.matches(found[...], Story.lines(step.answer)[...]), "$ \(step.line)\n\(output)")
            }
        }
    }

    @Test(.enabled(if: Clients.kubectl != nil, "no kubectl: set KUBECTL, or run .ci/conformance, which fetches it"))
    func `what the page for operators' tests says can be done`() async throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/APIServer/APIServer.docc/InPlaceOfEnvtest.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let blocks = text.components(separatedBy: "\n```sh\n").dropFirst().compactMap { $0.components(separatedBy: "\n```").first }
        #expect(blocks.count > 6)
        try await ClientShell.with() { shell in
            // The page starts and ends a server of its own.
            _ = try await shell.run("evenkeel serve --stop; rm \(shell.folder.path)/start")
            let (status, output) = try await shell.run("set -eux\n" + blocks.joined(separator: "\n"))
            #expect(status == .exited(0), "\(output)")
            #expect(output.contains("\"passed\":true"))
        }
    }

    @Test(.enabled(if: Clients.terminal != nil, "no terminal program: set EVENKEEL_TERMINAL_PROGRAM, or run .ci/conformance, which fetches korvid"))
    func `a terminal program of others shows a pod`() async throws {
        let manifest = #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"lighthouse"},"spec":{"containers":[{"name":"c","image":"app"}]}}"#
        try await ClientShell.with("--nodes 3", manifest: manifest) { shell in
            let environment = ["HOME=\(shell.folder.path)", "PATH=\(shell.folder.path)/bin:/usr/bin:/bin"]
            let command = ". \(shell.folder.path)/start; exec \(Clients.terminal ?? "")"
            try await Tmux.withTerminal(columns: 150, rows: 40, environment: environment, running: command) { tmux in
                try await tmux.see("lighthouse")
            }
        }
    }
}
