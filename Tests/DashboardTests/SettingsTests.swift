import Canvas
import Dashboard
import Testing

/// A user's own keys and names: ours and k9s' files.
@Suite struct SettingsTests {
    private func dashboard(_ prepare: (inout UserSettings) -> [String]) throws -> (Dashboard, [String]) {
        var options = DashboardOptions()
        let problems = prepare(&options.settings)
        var dashboard = Dashboard(session: try #require(PictureTests.dashboards["block"]).session, options: options)
        _ = dashboard.frame(size: Size(width: 120, height: 36))
        return (dashboard, problems)
    }
    private func screen(_ dashboard: inout Dashboard, _ keys: String) throws -> String {
        try dashboard.press(keys)
        return dashboard.frame(size: Size(width: 120, height: 36)).picture()
    }

    @Test func `a key can be given to another action, and taken from its own`() throws {
        var (dashboard, problems) = try dashboard {
            $0.read(keymap: "keymap:\n  deck: [F5]\n  describe: none\n  nodes:\n    drain: ctrl-t\n", file: "keymap.yaml")
        }
        #expect(problems == [])
        #expect(try screen(&dashboard, ":no<Enter>d").contains("d does nothing here"))
        #expect(try screen(&dashboard, "<C-t>").contains("─ Drain"))
        #expect(try screen(&dashboard, "<Esc>r").contains("r does nothing here"))
        #expect(try screen(&dashboard, "<F5>").contains("<deck>"))
    }

    @Test func `help and footer show the user's keys`() throws {
        var (dashboard, _) = try dashboard { $0.read(keymap: "keymap: {evict: ctrl-t, why: []}", file: "keymap.yaml") }
        let table = try screen(&dashboard, ":po<Enter>")
        #expect(table.contains("<ctrl-t> evict"))
        #expect(!table.contains("<W> why"))
        #expect(try screen(&dashboard, "?").contains("<ctrl-t>            Evict the pod"))
    }

    @Test func `hints inside a view name the user's keys`() throws {
        var (dashboard, problems) = try dashboard {
            $0.read(
                keymap: "keymap:\n  volumes: {describe: f5}\n  scenarios: {yaml: f6}\n  autoscaler: {toggleNodeAutoscaler: f7}\n  feature gates: {open: f8}\n",
                file: "keymap.yaml")
        }
        #expect(problems == [])
        #expect(try screen(&dashboard, ":scenarios<Enter>").contains("<f6> all of it"))
        #expect(try screen(&dashboard, ":gates<Enter>").contains("<f8> "))
    }

    @Test func `two meanings of a key in one view are reported`() throws {
        var settings = UserSettings()
        #expect(
            settings.read(keymap: "keymap:\n  pods:\n    evict: d\n", file: "k.yaml")
                == ["k.yaml:3: d is both evict (Pods) and describe (Table)"])
    }

    @Test func `an old name of an action still works, with a warning that names the new one`() throws {
        var (dashboard, problems) = try dashboard {
            $0.read(keymap: "keymap:\n  namespace1: f8\n  wide: f6\n  deck:\n    faultsOnly: f7\n  why: {namespace2: f9}\n", file: "k.yaml")
        }
        #expect(
            problems == [
                "k.yaml:5: faultsOnly is called warningsOnly in deck now; the old name still works",
                "k.yaml:6: namespace2 is called tryFix2 in why now; the old name still works",
            ])
        #expect(try screen(&dashboard, "").contains("<f7> warnings"))
        // In every view the name is right, and what borrowed it follows.
        #expect(try screen(&dashboard, ":gates<Enter>").contains("<f6> all releases"))
        #expect(try screen(&dashboard, ":po<Enter>/Pending<Enter>W").contains("<f8> try fix"))
        let after = try screen(&dashboard, "<F9>")
        #expect(!after.contains("f9 does nothing"))
    }

    @Test func `each old name is one that the view had, and each new one has a key there`() {
        let names = Set(KeyTable.groups.flatMap(\.bindings).map(\.action.name))
        var count = 0
        for group in KeyTable.groups {
            for case let (action, old?) in group.bindings.map({ ($0.action, $0.oldName) }) {
                #expect(!group.bindings.contains { $0.action.name == old }, "\(old) is still in \(group.title), beside \(action)")
                #expect(names.contains(old), "\(old) is no action any more")
                count += 1
            }
        }
        #expect(count == 28)
    }

    @Test func `every k9s key keeps one meaning in each view`() {
        for group in KeyTable.groups {
            var seen: [Key: Action] = [:]
            for binding in group.bindings {
                for key in binding.keys { #expect(seen.updateValue(binding.action, forKey: key) == nil, "\(key) twice in \(group.title)") }
            }
        }
    }

    @Test func `mistakes in a keymap are told with their line`() {
        var settings = UserSettings()
        #expect(
            settings.read(keymap: "keymap:\n  evct: x\n  evict: ctrl-foo\n  podz:\n    evict: x\n  nodes:\n    evict: x\n", file: "k.yaml") == [
                "k.yaml:2: no action evct; nearest: evict", "k.yaml:3: \"ctrl-foo\" is not a key such as x, ctrl-x, shift-left, f5 or space",
                "k.yaml:4: no view podz; there are \(KeyTable.groups.map { $0.title.lowercased() }.joined(separator: ", "))",
                "k.yaml:7: evict has no key in nodes",
            ])
        #expect(settings.read(keymap: "keymap: [", file: "k.yaml").first?.contains("not YAML") ?? false)
        #expect(settings.read(keymap: "", file: "k.yaml") == [])
    }

    @Test func `k9s' aliases are read as they are`() throws {
        var (dashboard, problems) = try dashboard {
            $0.read(aliases: "aliases:\n  pp: v1/pods\n  dep: apps/v1/deployments\n  web: pods shop app=web\n  PVC: pvc\n", file: "aliases.yaml")
        }
        #expect(problems == [])
        #expect(try screen(&dashboard, ":pp<Enter>").contains("Pods(all)"))
        #expect(try screen(&dashboard, ":dep<Enter>").contains("Deployments("))
        #expect(try screen(&dashboard, ":web<Enter>").contains("Pods(shop)"))
        #expect(try screen(&dashboard, ":pvc<Enter>").contains("PersistentVolumeClaims("))
        #expect(try screen(&dashboard, "<C-a>G").contains("yours"))
    }

    @Test func `k9s' hot keys are read as they are`() throws {
        let yaml = """
            hotKeys:
              shift-1:
                shortCut: Shift-1
                description: Nodes
                command: nodes
              d:
                shortCut: d
                description: Deployments
                command: deploy
              f6:
                shortCut: F6
                override: true
                command: 'po kube-system /log'
            """
        var (dashboard, problems) = try dashboard { $0.read(hotkeys: yaml, file: "hotkeys.yaml") }
        #expect(problems == [])
        #expect(try screen(&dashboard, "!").contains("Nodes(all)"))
        // A key with a meaning keeps it unless the file says so.
        #expect(try screen(&dashboard, "d").contains("[Describe]"))
        #expect(try screen(&dashboard, "<F6>").contains("</log>"))
        #expect(try screen(&dashboard, "?").contains("Hot keys"))
        var settings = UserSettings()
        #expect(
            settings.read(hotkeys: "hotKeys:\n  x: {shortCut: Shift-Foo, command: po}\n", file: "h.yaml") == [
                "h.yaml:2: \"Shift-Foo\" is not a key such as Shift-0, Ctrl-U or F5"
            ])
    }
}
