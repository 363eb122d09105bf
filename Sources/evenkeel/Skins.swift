import Canvas
import Foundation

/// Finds themes: a file, or a name in the user's folders or in `themes`.
enum Skins {
    struct Problem: Error {
        var message: String
    }

    /// The folders that are searched, in order.
    static var folders: [String] {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? ""
        let config = environment["XDG_CONFIG_HOME"] ?? home + "/.config"
        return [config + "/evenkeel/themes", config + "/k9s/skins", "themes"]
    }

    /// The theme called `name`: `standard`, a path, or a file in one of the folders.
    static func load(_ name: String) -> Result<Theme, Problem> {
        if name == "standard" || name == "default" { return .success(.standard) }
        let paths = name.contains("/") || name.hasSuffix(".yaml") ? [name] : folders.map { "\($0)/\(name).yaml" }
        for path in paths {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
            do {
                return .success(try ThemeReader.read(text, file: path, name: name).theme)
            } catch {
                return .failure(Problem(message: "\(error)"))
            }
        }
        let known = folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
            .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
        return .failure(Problem(message: "No theme \(name). There are: standard\(known.map { ", " + $0 }.joined())"))
    }
}
