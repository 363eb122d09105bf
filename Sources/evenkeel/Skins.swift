import Canvas
import Foundation
import SimulationKit

/// Finds themes: a file, or a name in the user's folders or in `themes`.
enum Skins {
    struct Problem: Error {
        var message: String
    }
    /// A theme, and what is to be said about it: keys that mean nothing, text that is hard to read.
    struct Found {
        var theme: Theme
        var remarks: [String] = []
    }

    /// The folders that are searched, in order: the user's, k9s', ours here and beside the program.
    static var folders: [String] {
        // The kernel knows the program's file; the name that it was called by says nothing when it was found in PATH.
        let file = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let program = URL(fileURLWithPath: file).resolvingSymlinksInPath().deletingLastPathComponent().path
        return [Folders.config("evenkeel/themes"), Folders.config("k9s/skins"), "themes", program + "/themes", program + "/../../../themes"]
    }

    /// The theme called `name`: `standard`, a path, or a file in one of the folders.
    static func load(_ name: String) -> Result<Found, Problem> {
        if name == "standard" || name == "default" { return .success(Found(theme: .standard)) }
        let paths = name.contains("/") || name.hasSuffix(".yaml") ? [name] : folders.map { "\($0)/\(name).yaml" }
        for path in paths {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
            do {
                let reading = try ThemeReader.read(text, file: path, name: name)
                return .success(Found(theme: reading.theme, remarks: reading.warnings + faint(reading.theme)))
            } catch {
                return .failure(Problem(message: "\(error)"))
            }
        }
        var known: [String] = []
        for file in folders.flatMap({ (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }).sorted() where file.hasSuffix(".yaml") {
            if known.last != String(file.dropLast(5)) { known.append(String(file.dropLast(5))) }
        }
        return .failure(Problem(message: "\(name.isEmpty ? "" : "No theme \(name). ")There are: standard\(known.map { ", " + $0 }.joined())"))
    }

    private static func faint(_ theme: Theme) -> [String] {
        let roles = theme.faintRoles(below: 3)
        guard let worst = roles.min(by: { $0.contrast < $1.contrast }) else { return [] }
        let tenths = Int((worst.contrast * 10).rounded())
        return ["hard to read: \(counted(roles.count, "colour")) under 3:1, \(worst.role.rawValue) \(tenths / 10).\(tenths % 10):1"]
    }

    /// Whether the terminal is light: by its own answer, else by `COLORFGBG`, whose last number is the background.
    static func isLight(_ background: Color?, _ hint: String?) -> Bool {
        if let luminance = background?.luminance { return luminance > 0.4 }
        guard let number = hint?.split(separator: ";").last.flatMap({ Int($0) }) else { return false }
        return number == 7 || (9...15).contains(number)
    }
}
