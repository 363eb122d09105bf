import Foundation
import Glibc
import Subprocess
import Testing

/// One terminal of a tmux server of our own: keys go in, its screen is read back.
///
/// The server has its own socket in a folder of its own and no configuration; `withTerminal` ends both.
struct Tmux: Sendable {
    /// Where the socket and the files of the session are.
    let folder: String
    private var socket: String { "evenkeel-\(getpid())" }

    /// A screen did not show what was expected in time.
    struct NotSeen: Error, CustomStringConvertible {
        var expected: String
        var screen: String
        var description: String { "\(expected) did not come in time. The screen:\n\(screen)" }
    }

    /// How long to wait for anything; the machine may be busy building.
    static let patience = Duration.seconds(20)

    /// Runs `body` with a terminal in which a shell runs `command`; leaves nothing behind.
    static func withTerminal(
        columns: Int = 120, rows: Int = 36, environment: [String] = [], running command: String,
        _ body: (Tmux) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-\(getpid())-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tmux = Tmux(folder: folder)
        do {
            try await tmux(
                ["-f", "/dev/null", "new-session", "-d", "-s", "test", "-x", "\(columns)", "-y", "\(rows)", "-c", folder]
                    + (["LANG=C.UTF-8", "NO_COLOR=", "K9S_SKIN="] + environment).flatMap { ["-e", $0] } + [command])
            try await body(tmux)
        } catch {
            _ = try? await tmux(["kill-server"])
            throw error
        }
        // The server is gone already where the test closed its last pane.
        _ = try? await tmux(["kill-server"])
    }

    /// Runs a command of tmux and answers its output.
    @discardableResult
    func callAsFunction(_ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name("tmux"), arguments: Arguments(["-L", socket] + arguments),
            environment: .inherit.updating(["TMUX_TMPDIR": folder, "TMUX": nil]),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw NotSeen(expected: "tmux \(arguments.joined(separator: " "))", screen: result.standardError)
        }
        return result.standardOutput
    }

    // MARK: Keys

    /// Presses keys by tmux' names: `Enter`, `C-d`, `Tab`, `x`.
    func press(_ keys: String...) async throws { try await self(["send-keys", "-t", "test"] + keys) }

    /// Types a text as it is.
    func type(_ text: String) async throws { try await self(["send-keys", "-t", "test", "-l", "--", text]) }

    /// Types a line and Enter.
    func enter(_ line: String) async throws {
        try await type(line)
        try await press("Enter")
    }

    // MARK: Screen

    /// The screen's text.
    func screen() async throws -> String { try await self(["capture-pane", "-p", "-t", "test"]) }

    /// A variable of the pane, such as `alternate_on`.
    func variable(_ name: String) async throws -> String {
        try await self(["display-message", "-p", "-t", "test", "#{\(name)}"]).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits until the screen shows all of `texts` and none of `absent`, and answers it.
    @discardableResult
    func see(_ texts: String..., without absent: String...) async throws -> String {
        let what = texts.map { "\"\($0)\"" } + absent.map { "no \"\($0)\"" }
        return try await see(what.joined(separator: ", ")) { screen in
            texts.allSatisfy(screen.contains) && !absent.contains(where: screen.contains)
        }
    }

    /// Waits until the screen is as `isRight` wants it, and answers it.
    @discardableResult
    func see(_ what: String, _ isRight: (String) -> Bool) async throws -> String {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let screen = try await screen()
            if isRight(screen) { return screen }
            if ContinuousClock.now > deadline { throw NotSeen(expected: what, screen: screen) }
            try await Task.sleep(for: .milliseconds(15))
        }
    }

    /// Waits for a dialog, and until it takes keys: what is typed in its first 250 ms is dropped as a slip.
    @discardableResult
    func seeDialog(_ texts: String...) async throws -> String {
        for text in texts { try await see(text) }
        try await Task.sleep(for: .milliseconds(300))
        return try await screen()
    }

    // MARK: Files

    /// Waits for a file of the session to be complete, and answers its text.
    func file(_ name: String, within limit: Duration = Tmux.patience) async throws -> String {
        let text = try await Self.wait(for: name, within: limit) {
            let text = try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)
            return text.flatMap { $0.hasSuffix("\n") ? $0 : nil }
        }
        return text.trimmingCharacters(in: .newlines)
    }

    /// Waits until `look` finds something.
    @discardableResult
    static func wait<Found>(
        for what: String, within limit: Duration = Tmux.patience, _ look: () async throws -> Found?
    ) async throws -> Found {
        let deadline = ContinuousClock.now + limit
        while true {
            if let found = try await look() { return found }
            if ContinuousClock.now > deadline { throw NotSeen(expected: what, screen: "") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
