import Dashboard
import Foundation

/// The user's folders, as the XDG base directory specification has them.
enum Folders {
    static func config(_ path: String) -> String { folder("XDG_CONFIG_HOME", ".config") + "/" + path }
    static func state(_ path: String) -> String { folder("XDG_STATE_HOME", ".local/state") + "/" + path }

    private static func folder(_ variable: String, _ fallback: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        // A relative path is to be ignored.
        if let path = environment[variable], path.hasPrefix("/") { return path }
        return (environment["HOME"] ?? "") + "/" + fallback
    }
}

/// The files by which users change keys and names.
enum Settings {
    /// Reads k9s' files, then ours, which win. Returns what was strange.
    static func load(_ settings: inout UserSettings) -> [String] {
        var problems: [String] = []
        func read(_ path: String, _ take: (String, String) -> [String]) {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
            problems += take(text, path)
        }
        for folder in ["k9s", "evenkeel"] {
            read(Folders.config("\(folder)/aliases.yaml")) { settings.read(aliases: $0, file: $1) }
            read(Folders.config("\(folder)/hotkeys.yaml")) { settings.read(hotkeys: $0, file: $1) }
        }
        read(Folders.config("evenkeel/keymap.yaml")) { settings.read(keymap: $0, file: $1) }
        return problems
    }
}

/// The commands of the `:` prompt from one start to the next: a line each, oldest first.
enum History {
    private static let capacity = 200
    private static var path: String { Folders.state("evenkeel/history") }

    static func load() -> [String] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").suffix(capacity).map(String.init)
    }

    /// A history that cannot be written is no reason to complain on the way out.
    static func save(_ lines: [String]) {
        if lines.isEmpty { return }
        try? FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try? SavedFile(path: path).write(lines.suffix(capacity).joined(separator: "\n") + "\n", replacing: true)
    }
}
