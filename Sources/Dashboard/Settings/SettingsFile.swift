import Yams

/// What a user changed about keys and names: a keymap, and k9s' own `aliases.yaml` and `hotkeys.yaml`.
///
/// Reading never fails as a whole: what makes sense is taken, the rest is told with file and line.
public struct UserSettings: Sendable {
    public var keymap = Keymap()
    /// What a first word of the `:` prompt stands for, by the word in lower case.
    public var aliases: [String: String] = [:]
    public var hotkeys: [Hotkey] = []
    public init() {}

    /// Takes in a keymap; see ``Keymap``. Returns what was strange, a line each.
    public mutating func read(keymap text: String, file: String) -> [String] {
        var problems: [String] = []
        guard let root = SettingsFile.mapping(text, file, &problems) else { return problems }
        keymap.read(root, file, &problems)
        return problems
    }

    /// Takes in k9s' `aliases.yaml`: `aliases: {pp: v1/pods, web: pods shop app=web}`.
    public mutating func read(aliases text: String, file: String) -> [String] {
        var problems: [String] = []
        guard let root = SettingsFile.mapping(text, file, &problems) else { return problems }
        for (key, value) in root {
            // Before 0.30, k9s called the block `alias`.
            guard ["aliases", "alias"].contains(key.string), let entries = value.mapping else {
                problems.append("\(SettingsFile.place(file, key)) `aliases` with a block of names is expected")
                continue
            }
            for (name, target) in entries {
                guard let word = name.string, let line = target.string, !line.isEmpty else {
                    problems.append("\(SettingsFile.place(file, name)) an alias is a name and a command")
                    continue
                }
                aliases[word.lowercased()] = line
            }
        }
        return problems
    }

    /// Takes in k9s' `hotkeys.yaml`: `hotKeys: {any: {shortCut: Shift-0, description: Pods, command: pods}}`.
    public mutating func read(hotkeys text: String, file: String) -> [String] {
        var problems: [String] = []
        guard let root = SettingsFile.mapping(text, file, &problems) else { return problems }
        for (key, value) in root {
            guard ["hotKeys", "hotKey"].contains(key.string), let entries = value.mapping else {
                problems.append("\(SettingsFile.place(file, key)) `hotKeys` with a block for each key is expected")
                continue
            }
            for (_, entry) in entries {
                guard let fields = entry.mapping, let short = fields["shortCut"]?.string, let line = fields["command"]?.string, !line.isEmpty else {
                    problems.append("\(SettingsFile.place(file, entry)) a hot key has a `shortCut` and a `command`")
                    continue
                }
                guard let key = Hotkey.key(short) else {
                    problems.append("\(SettingsFile.place(file, entry)) \"\(short)\" is not a key such as Shift-0, Ctrl-U or F5")
                    continue
                }
                hotkeys.removeAll { $0.key == key }
                hotkeys.append(
                    Hotkey(
                        key: key, command: line, description: fields["description"]?.string ?? line,
                        overrides: fields["override"]?.bool ?? false))
            }
        }
        return problems
    }
}

/// What the readers of settings share.
enum SettingsFile {
    /// The block at the top of a file; nil for an empty file, or with a problem noted.
    static func mapping(_ text: String, _ file: String, _ problems: inout [String]) -> Node.Mapping? {
        do {
            guard let root = try Yams.compose(yaml: text) else { return nil }
            if let mapping = root.mapping { return mapping }
            problems.append("\(place(file, root)) a block of keys and values is expected")
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
                problems.append("\(file):\(mark.line): not YAML: \(problem)")
            default: problems.append("\(file): not YAML")
            }
        } catch {
            problems.append("\(file): not YAML")
        }
        return nil
    }

    /// `file:line:` of a value.
    static func place(_ file: String, _ node: Node) -> String { "\(file):\(node.mark?.line ?? 1):" }
}
