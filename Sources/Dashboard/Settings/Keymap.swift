import Canvas
import Yams

import func KubernetesAPI.nearest

/// A set of keys to start from.
public enum KeymapPreset: String, CaseIterable, Sendable {
    /// Our own: k9s' keys, and letters with shift for what k9s does not have.
    case evenkeel
    /// Letters with shift sort as in k9s and do nothing else; ours are the same letters with alt. Enter opens what it opens in k9s.
    case k9s
}

/// Keys that a user gave to actions, in place of those of the preset.
///
/// ```yaml
/// preset: k9s                 # or evenkeel, which is the default
/// keymap:
///   kill: []                  # no key at all
///   delete: [ctrl-x, del]     # in every view
///   nodes:
///     drain: ctrl-r           # in one view
/// ```
///
/// Actions are called as their cases (``ScreenAction``), views by the headings of the help in lower case. Names from before an action had its own still work
/// and are told (``Binding/oldName``).
public struct Keymap: Sendable {
    private struct Change {
        /// Lower-case title of a group; nil for all.
        var view: String?
        var action: Action
        var keys: [Key]
        var place: String
    }
    private var changes: [Change] = []
    public var preset = KeymapPreset.evenkeel

    public init(preset: KeymapPreset = .evenkeel) { self.preset = preset }

    /// The group with the preset's keys.
    private func withPreset(_ group: BindingGroup) -> BindingGroup {
        if preset != .k9s, group.bindings.allSatisfy({ $0.preset == nil || $0.preset == preset }) { return group }
        var result = group
        result.bindings = group.bindings.compactMap { binding in
            guard binding.preset == nil || binding.preset == preset else { return nil }
            var result = binding
            if preset == .k9s {
                result.keys =
                    binding.k9sKeys
                    ?? binding.keys.map { key in
                        guard case .character(let letter) = key, letter.isASCII, letter.isUppercase, let lower = letter.lowercased().first else { return key }
                        return .alt(lower)
                    }
            }
            return result
        }
        return result
    }

    /// The group with the user's keys. An action that lost its keys is left out.
    public func applied(to group: BindingGroup) -> BindingGroup {
        let group = withPreset(group)
        if changes.isEmpty { return group }
        var result = group
        let title = group.title.lowercased()
        var done: Set<Action> = []
        result.bindings = group.bindings.compactMap { binding in
            guard let change = change(binding, in: title) else { return binding }
            // An action may stand there twice, as esc and q; the first has all its keys now.
            guard !change.keys.isEmpty, done.insert(binding.action).inserted else { return nil }
            var changed = binding
            changed.keys = change.keys
            return changed
        }
        return result
    }

    private func change(_ binding: Binding, in view: String) -> Change? {
        changes.last { $0.action == binding.action && $0.view == view } ?? changes.last { $0.action == binding.action && $0.view == nil }
            // Keys given to an action everywhere are also those of what borrowed its name before.
            ?? changes.last { $0.action.name == binding.oldName && $0.view == nil }
    }

    mutating func read(_ root: Node.Mapping, _ file: String, _ problems: inout [String]) {
        let views = KeyTable.groups.map { $0.title.lowercased() }
        for (key, value) in root {
            if key.string == "preset" {
                if let preset = KeymapPreset(rawValue: value.string ?? "") {
                    self.preset = preset
                } else {
                    problems.append(
                        "\(SettingsFile.place(file, value)) no preset \(value.string ?? ""); there are \(KeymapPreset.allCases.map(\.rawValue).joined(separator: ", "))"
                    )
                }
                continue
            }
            guard key.string == "keymap", let entries = value.mapping else {
                problems.append("\(SettingsFile.place(file, key)) `keymap` with a block of actions is expected")
                continue
            }
            for (name, value) in entries {
                let word = name.string ?? ""
                if let inner = value.mapping {
                    guard views.contains(word.lowercased()) else {
                        problems.append("\(SettingsFile.place(file, name)) no view \(word); there are \(views.joined(separator: ", "))")
                        continue
                    }
                    for (name, value) in inner { take(name, value, view: word.lowercased(), file, &problems) }
                } else {
                    take(name, value, view: nil, file, &problems)
                }
            }
        }
        problems += clashes()
    }

    private mutating func take(_ name: Node, _ value: Node, view: String?, _ file: String, _ problems: inout [String]) {
        let word = name.string ?? ""
        let place = SettingsFile.place(file, name)
        let bindings = KeyTable.groups.filter { view == nil || $0.title.lowercased() == view }.flatMap(\.bindings)
        var action = Action(name: word)
        if let view, let renamed = bindings.first(where: { $0.oldName == word }) {
            action = renamed.action
            problems.append("\(place) \(word) is called \(action) in \(view) now; the old name still works")
        }
        guard KeyTable.actions.contains(action) else {
            let near = nearest(word, among: KeyTable.actions.map(\.name)).map { "; nearest: \($0)" } ?? ""
            return problems.append("\(place) no action \(word)\(near)")
        }
        guard bindings.contains(where: { $0.action == action }) else { return problems.append("\(place) \(word) has no key\(view.map { " in \($0)" } ?? "")") }
        let isNone = value.null != nil || value.string == "none"
        var keys: [Key] = []
        for node in isNone ? [] : value.sequence.map(Array.init) ?? [value] {
            let text = node.string ?? ""
            guard let key = Key.named(text) else {
                problems.append("\(place) \"\(text)\" is not a key such as x, ctrl-x, shift-left, f5 or space")
                continue
            }
            keys.append(key)
        }
        changes.append(Change(view: view, action: action, keys: keys, place: place))
    }

    /// Keys that a change gave a second meaning in the same view.
    private func clashes() -> [String] {
        var found: [String] = []
        let everywhere = [Bindings.general, Bindings.time, Bindings.navigation]
        for group in KeyTable.groups {
            let isEverywhere = everywhere.contains { $0.title == group.title }
            // What is in force together with the group: kinds come with the table's keys.
            var others = isEverywhere ? everywhere : [group] + everywhere
            if KeyTable.kinds.contains(where: { $0.title == group.title }) { others.append(Bindings.table) }
            for binding in applied(to: group).bindings {
                guard let change = change(binding, in: group.title.lowercased()) else { continue }
                for key in binding.keys {
                    for other in others {
                        for rival in applied(to: other).bindings
                        where rival.keys.contains(key) && rival.action != binding.action
                            && rival.action.name != binding.oldName
                        {
                            found.append("\(change.place) \(key) is both \(binding.action) (\(group.title)) and \(rival.action) (\(other.title))")
                        }
                    }
                }
            }
        }
        var seen: Set<String> = []
        return found.filter { seen.insert($0).inserted }
    }
}

extension DashboardOptions {
    fileprivate func key(_ action: some ScreenAction, in group: BindingGroup) -> String {
        settings.keymap.applied(to: group).bindings.first { $0.action == Action(action) }?.keys[0].description ?? ""
    }
    fileprivate func hint(_ action: some ScreenAction, _ text: String, in group: BindingGroup) -> String {
        let key = key(action, in: group)
        return key.isEmpty ? "" : "<\(key)> \(text)"
    }

    /// The keys to begin with: `<,> pause   <?> help   <:> command`.
    public var firstKeys: String {
        let hints = [
            hint(GeneralAction.pause, "pause", in: Bindings.time), hint(GeneralAction.help, "help", in: Bindings.general),
            hint(GeneralAction.command, "command", in: Bindings.general),
        ]
        return hints.filter { !$0.isEmpty }.joined(separator: "   ")
    }
}

extension World {
    /// The first key of an action as the footer shows it, for hints inside a view: `ctrl-o`; "" if it has none.
    func key(_ action: some ScreenAction, in group: BindingGroup) -> String { options.key(action, in: group) }
    /// `<alt-c>`: the key of an action that has a command of the same name, which stands there if it has no key.
    func mark(_ action: some ScreenAction, in group: BindingGroup = Bindings.general) -> String {
        let key = key(action, in: group)
        return key.isEmpty ? ":\(action.rawValue)" : "<\(key)>"
    }
    /// `<ctrl-o> hide`; empty if the action has no key.
    func hint(_ action: some ScreenAction, _ text: String, in group: BindingGroup = Bindings.general) -> String { options.hint(action, text, in: group) }
}
