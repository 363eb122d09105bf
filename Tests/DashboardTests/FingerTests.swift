import Canvas
import Dashboard
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// What fingers do: forms that are refused, editors that come back, stray keys, lists, and the k9s preset.
@Suite struct FingerTests {
    struct User {
        var dashboard: Dashboard
        var size = Size(width: 120, height: 36)
        init(_ preset: KeymapPreset = .evenkeel) throws {
            let known = try #require(PictureTests.dashboards["block"])
            var options = DashboardOptions()
            options.name = BuiltInCluster.name
            options.settings.keymap.preset = preset
            dashboard = Dashboard(session: known.session, options: options)
            _ = dashboard.frame(size: size)
        }
        @discardableResult
        mutating func press(_ keys: String) throws -> String {
            try dashboard.press(keys)
            return dashboard.frame(size: size).picture()
        }
        var screen: String {
            var copy = dashboard
            return copy.frame(size: size).picture()
        }
        func line(_ mark: String) -> String { screen.split(separator: "\n").first { $0.contains(mark) }.map(String.init) ?? "" }
        func lines(from mark: String) -> [String] {
            Array(screen.split(separator: "\n").map(String.init).drop { !$0.contains(mark) })
        }
        var commands: Int { dashboard.session.journal.count }
    }

    // MARK: Refused

    @Test func `a refused create keeps the form with all that was typed, at the field and with the reason`() throws {
        var user = try User()
        let screen = try user.press("C<Tab>Shop_Front<Tab><Tab><C-u>shop:2<Tab>7<Enter><Enter>")
        #expect(screen.contains("─ Create") && screen.contains("Shop_Front") && screen.contains("shop:2"))
        #expect(screen.contains("a lowercase RFC 1123"))
        // Nothing of the reason is cut, and the cursor stands at the name: it can be mended at once.
        #expect(screen.contains("for validation is"))
        try user.press("<C-u>shop-front<Enter><Enter>")
        #expect(!user.screen.contains("─ Create"))
        #expect(user.dashboard.session.cluster.store.deployments[ObjectKey(namespace: "default", name: "shop-front")]?.spec.replicas == 7)
        // A name that is taken leads to the name, too.
        #expect(try user.press("C<Tab>shop-front<Enter><Enter>").contains("already exists"))
        #expect(try user.press("2").contains("shop-front2"))
    }

    @Test func `amounts that are refused lead to their field`() throws {
        var user = try User()
        let screen = try user.press("C<Tab>big<Tab><Tab><Tab><Tab><Tab>100m<Enter><Enter>")
        #expect(screen.contains("be less than or equal to cpu limit of 100m"))
        // The first digit replaces the request.
        #expect(try user.press("<C-u>50m<Enter><Enter>").contains("deployment.apps/big created"))
    }

    @Test func `a refused scale keeps its form`() throws {
        var user = try User()
        #expect(try user.press(":deploy shop<Enter>s-1<Enter><Enter>").contains("─ Scale"))
        #expect(user.screen.contains("from 0 to 2147483647"))
    }

    @Test func `a refused edit opens the editor again with the reason on top, until it is given up`() throws {
        var user = try User()
        try user.press(":deploy shop /api<Enter>e")
        let edited = try #require(user.dashboard.objectToEdit)
        let first = edited.text
        #expect(first.hasPrefix("# Please edit the object below. Lines beginning with a '#' will be ignored,\n"))
        let wrong = first.replacing("  replicas: ", with: "  replicas: -")
        guard case .again(let again) = user.dashboard.applyEdited(wrong, of: edited) else {
            Issue.record("not refused")
            return
        }
        let second = again.text
        #expect(second.contains("# deployments.apps \"api\" was not valid:\n# * spec.replicas: Invalid value: -"))
        #expect(second.contains("must be greater than or equal to 0\n#\n"))
        #expect(second.contains("\n  replicas: -"))
        #expect(second.count { $0 == "#" } < 12)
        // Saved unchanged or emptied it is given up, and the text is not lost.
        var other = user
        #expect(other.dashboard.applyEdited(second, of: again) == .givenUp(message: "Edit cancelled, no valid changes were saved.", text: second))
        other = user
        #expect(other.dashboard.applyEdited("\n", of: again) == .givenUp(message: "Edit cancelled, saved file was empty.", text: second))
        // Mended, with the comments still there, it is applied.
        let commands = user.commands
        #expect(user.dashboard.applyEdited(second.replacing("  replicas: -", with: "  replicas: "), of: again) == .done)
        #expect(user.commands == commands + 1)
    }

    @Test func `an edit that is unchanged, emptied, misspelt or of another object changes nothing`() throws {
        var user = try User()
        try user.press(":deploy shop /api<Enter>e")
        let edited = try #require(user.dashboard.objectToEdit)
        let first = edited.text
        let before = user.commands
        var other = user
        #expect(other.dashboard.applyEdited(first, of: edited) == .done)
        #expect(other.screen.contains("Edit cancelled, no changes made."))
        other = user
        #expect(other.dashboard.applyEdited("# nothing\n", of: edited) == .done)
        #expect(other.screen.contains("Edit cancelled, saved file was empty."))
        for (wrong, reason) in [
            (first.replacing("  replicas:", with: "  replica:"), "spec.replica"), (first + "  x: [\n", "had a syntax error"),
            (first.replacing("  name: api\n", with: "  name: other\n"), "name was changed"),
        ] {
            other = user
            guard case .again(let again) = other.dashboard.applyEdited(wrong, of: edited) else {
                Issue.record("taken: \(reason)")
                continue
            }
            let text = again.text
            #expect(text.contains(reason), "\(text.prefix(600))")
        }
        // The line of a mistake is that of the file as it is opened again.
        other = user
        if case .again(let again) = other.dashboard.applyEdited(first.replacing("  replicas:", with: "  replica:"), of: edited) {
            let text = again.text
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let told = lines.first { $0.contains("line ") }.flatMap { $0.split(separator: " ").compactMap { Int($0.filter(\.isNumber)) }.first } ?? 0
            #expect(told > 0 && lines[told - 1].contains("replica:"), "\(text.prefix(500))")
        }
        #expect(user.commands == before && other.commands == before)
    }

    // MARK: Stray keys

    @Test(arguments: ["po", "deploy", "ds", "no", "pvc", "ev"])
    func `no letter with shift in a table changes anything with Enter or arrows after it`(kind: String) throws {
        var user = try User()
        try user.press(":\(kind)<Enter>")
        // What k9s users sort by; ours that open views of their own are left out.
        for letter in "NASPORTCMXZIULDVFJKH" {
            for rest in ["<Enter><Enter>", "<Down><Down><Enter>", "/web<Enter><Enter>"] {
                var copy = user
                try copy.dashboard.press("\(letter)\(rest)")
                #expect(copy.commands == user.commands, ":\(kind) \(letter)\(rest)")
                #expect(copy.dashboard.session.now == user.dashboard.session.now)
            }
        }
    }

    @Test func `U asks first where k9s sorts by it`() throws {
        var user = try User()
        try user.press(":deploy shop<Enter>s9<Enter><Enter>")
        let commands = user.commands
        #expect(try user.press("U").contains("Takes back the last command: deployment.apps/"))
        #expect(user.commands == commands)
        #expect(try user.press("y").contains("Undone"))
    }

    // MARK: Numbers

    @Test func `the first digit replaces a number that nobody typed`() throws {
        var user = try User()
        try user.press(":po /db-1<Enter>R5<Tab>5<Enter>")
        #expect(!user.line("cpu limit").contains("55"))
        #expect(user.screen.contains("cpu limit") && user.line("cpu limit").contains(" 5 "))
        var scale = try User()
        try scale.press(":deploy shop<Enter>s5<Enter><Enter>")
        #expect(scale.dashboard.session.cluster.store.deployments.all.contains { $0.spec.replicas == 5 })
        // Arrows and backspace edit.
        var edited = try User()
        let before = try edited.press(":deploy shop /web<Enter>s<BS>2<Enter>")
        #expect(before.contains("12"), "\(edited.line("Replicas"))")
        var create = try User()
        #expect(
            try create.press("C<Tab><Tab><Tab><Tab>8").split(separator: "\n").contains { $0.contains("Replicas") && $0.contains(" 8 ") && !$0.contains("38") })
        // Text is edited, not replaced.
        #expect(try create.press("<Up>x").contains("nginx:1.27x"))
    }

    // MARK: Words and dialogs

    @Test func `play plays and pause pauses`() throws {
        var user = try User()
        try user.press(":play<Enter>:play<Enter>")
        #expect(!user.dashboard.session.isPaused)
        try user.press(":pause<Enter>:pause<Enter>")
        #expect(user.dashboard.session.isPaused)
    }

    @Test func `the lab asks before it writes`() throws {
        var user = try User()
        #expect(try user.press(":lab<Enter>y").contains("─ Save"))
        #expect(user.dashboard.fileToWrite == nil)
        try user.press("<Enter>")
        #expect(user.dashboard.fileToWrite?.name == "startup-b.yaml")
    }

    @Test func `what is down is offered to be recovered`() throws {
        var user = try User()
        #expect(try user.press("I").contains("fail"))
        try user.press("<Esc>:fault fail eu-a<Enter>I")
        #expect(user.line("Action").contains("recover") && user.line("Zone").contains("eu-a"))
        // Another zone has not failed.
        try user.press("<Tab><Tab><Right>")
        #expect(user.line("Zone").contains("eu-b") && user.line("Action").contains("fail"))
        try user.press("<Esc>:no /b2<Enter>:fault recover eu-a<Enter><wait:1s>:fault fail b2<Enter>I<Enter>")
        #expect(user.line("Action").contains("recover") && user.line("Node").contains("b2"))
        try user.press("y<wait:1s>I")
        #expect(user.line("Action").contains("fail"))
    }

    @Test func `the digit of each namespace is on screen`() throws {
        var user = try User()
        #expect(try user.press(":po<Enter><wait:7s>").contains("<0> all <1> default"))
        user.dashboard.advance(by: .seconds(7), until: { false })
        let digits = user.line("<0> all")
        let shop = try #require(digits.split(separator: "<").first { $0.hasSuffix("shop ") || $0.contains("> shop") })
        try user.press(String(try #require(shop.first)))
        #expect(user.line("Pods(").contains("Pods(shop)"))
        #expect(try user.press(":ns<Enter>").contains("KEY"))
    }

    // MARK: Lists

    @Test func `no key leads out of an empty list`() throws {
        var user = try User()
        try user.press(":ns kube-public<Enter>")
        for line in [
            "recommend", "po", "deploy", "no", "ev", "volumes", "wk", "av", "spread", "pulses", "xray deploy", "gates", "links", "lab", "scenario", "hpa",
            "autoscaler", "aliases",
            "po /nothing-is-called-so",
        ] {
            for filter in ["", "/zzz-nothing<Enter>"] {
                var copy = user
                try copy.press(":\(line)<Enter>\(filter)")
                for key in ["<Down>", "<PgDn>", "<Up>", "<PgUp>", "<End>", "<Home>", "l", "h", "<C-o>", "<Tab>", "<Down>", "<C-w>", "<C-z>", "<S-Right>", "O"] {
                    try copy.dashboard.press(key)
                }
                _ = copy.screen
                for kind in [MouseEvent.Kind.wheelDown, .wheelUp, .press] {
                    copy.dashboard.handle(.mouse(MouseEvent(x: 5, y: 5, kind: kind)))
                    _ = copy.screen
                }
                try copy.press("<Down><PgDn>")
                _ = copy.screen
            }
        }
    }

    @Test func `lists and texts tell where they are`() throws {
        var user = try User()
        user.size = Size(width: 100, height: 24)
        #expect(try user.press(":po<Enter>").contains("1–"))
        #expect(user.screen.contains("of 55"))
        #expect(try user.press("G").contains("–55 of 55"))
        #expect(user.screen.split(separator: "\n").contains { $0.hasSuffix("┃") })
        #expect(try user.press("gy").contains("1–"))
        #expect(try user.press("G").contains("┃"))
    }

    @Test func `texts scroll sideways, with marks where they go on`() throws {
        var user = try User()
        user.size = Size(width: 80, height: 24)
        let pod = try #require(user.dashboard.session.cluster.store.pods.all.first { $0.nodeName.isEmpty })
        try user.press(":po /\(pod.name)<Enter>d")
        #expect(!user.screen.contains("‹"))
        try user.press("G")
        let wide = user.screen
        #expect(wide.contains("›"))
        try user.press("l")
        #expect(user.screen != wide && user.screen.contains("‹"))
        try user.press("<Right><Left>h")
        #expect(user.screen == wide)
        // It ends where the longest line does.
        try user.press(String(repeating: "l", count: 200))
        #expect(!user.screen.contains("›"))
        try user.press("h")
        #expect(user.screen.contains("›"))
    }

    @Test func `names are whole where there is room`() throws {
        let name = "payments-reconciliation-and-settlement-batch-worker-for-europe"
        let manifests = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: \(name)}
            spec:
              replicas: 1
              selector: {matchLabels: {app: x}}
              template:
                metadata: {labels: {app: x}}
                spec: {containers: [{name: x, image: "x:1"}]}
            """
        let input = Input(ManifestReader.read(text: manifests, file: "x"))
        var dashboard = Dashboard(session: input.makeSession().session)
        dashboard.run(to: .start + .seconds(20))
        for line in ["deploy", "rs", "wk", "recommend", "xray deploy"] {
            _ = dashboard.frame(size: Size(width: 200, height: 60))
            try dashboard.press(":\(line)<Enter>")
            #expect(dashboard.frame(size: Size(width: 200, height: 60)).picture().contains(name), "\(line)")
        }
    }

    @Test func `the peek pane tells about the row in every list, whole`() throws {
        for line in [
            "po", "no", "deploy", "sts", "pvc", "ev", "wk", "av", "recommend", "volumes", "spread", "why", "whatif web", "gates", "scenario", "xray deploy",
            "deck",
        ] {
            var user = try User()
            try user.press(line == "why" ? "W" : ":\(line)<Enter>")
            if !user.screen.contains("─ Peek") { try user.press("<C-o>") }
            #expect(user.screen.contains("─ Peek"), "\(line)")
            let shown = user.screen
            #expect(try !user.press("<C-o>").contains("─ Peek"), "\(line)")
            #expect(try user.press("<C-o>") == shown)
        }
        // The reason why a pod waits is whole even where the table cuts everything.
        var user = try User()
        user.size = Size(width: 80, height: 24)
        let pod = try #require(user.dashboard.session.cluster.store.pods.all.first { $0.nodeName.isEmpty })
        let reason = pod.status.conditions["PodScheduled"]?.message ?? ""
        try user.press(":po /\(pod.name)<Enter>")
        let words = user.lines(from: "─ Peek").map { $0.filter { !"│╭╮╰╯─".contains($0) } }.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(reason.count > 100 && words.contains(reason.split(separator: " ").joined(separator: " ")), "\(words)")
    }

    // MARK: Sorting and the k9s preset

    @Test func `S sorts by status`() throws {
        for preset in KeymapPreset.allCases {
            var user = try User(preset)
            user.size = Size(width: 160, height: 80)
            // Two pods leave; Running comes before Terminating, whatever READY says.
            try user.press(":po shop<Enter>/web<Enter>  <C-d>y<Esc>S")
            #expect(user.line("STATUS").contains("STATUS↑"))
            let first = user.screen.range(of: "Terminating")
            let last = user.screen.range(of: "Running", options: .last)
            #expect(first != nil && last != nil && last!.lowerBound < first!.lowerBound)
            #expect(try user.press("S").contains("STATUS↓"))
        }
    }

    @Test func `in the k9s preset letters with shift sort and do nothing else`() {
        let own = ["bottom", "owner", "searchPrevious", "clear", "portForward"]
        for group in KeyTable.groups {
            for binding in Keymap(preset: .k9s).applied(to: group).bindings {
                for case .character(let letter) in binding.keys where letter.isUppercase {
                    #expect(binding.action.name.hasPrefix("sortBy") || own.contains(binding.action.name), "\(letter) is \(binding.action) in \(group.title)")
                }
            }
        }
    }

    @Test func `sort keys of the preset sort by the column that k9s sorts by`() throws {
        for (kind, keys) in [
            ("po", ["R": "READY", "T": "RST", "C": "CPU", "M": "MEM", "O": "NODE", "N": "NAME", "A": "AGE", "P": "NAMESPACE"]),
            ("no", ["R": "ROLES", "C": "CPU%", "O": "PODS"]),
            ("deploy", ["R": "READY", "U": "UP-TO-DATE", "L": "AVAILABLE"]), ("ds", ["D": "DESIRED", "C": "CURRENT", "R": "READY"]),
            ("ev", ["T": "TYPE", "R": "REASON"]),
            ("pvc", ["V": "VOLUME", "C": "CAPACITY"]),
        ] {
            for (key, title) in keys {
                var user = try User(.k9s)
                user.size = Size(width: 200, height: 60)
                try user.press(":\(kind)<Enter>\(key)")
                #expect(user.screen.contains("\(title)↑") || user.screen.contains("\(title)↓"), ":\(kind) \(key)")
            }
        }
        // A column that is not shown sorts, too; the largest come first.
        var user = try User(.k9s)
        #expect(try !user.press(":po<Enter>I").contains("have no column"))
        user.size = Size(width: 200, height: 60)
        #expect(try user.press("C").contains("CPU↓"))
    }

    @Test func `in the k9s preset Enter opens what it opens there, and ours are with alt`() throws {
        var user = try User(.k9s)
        #expect(try user.press(":po /db-1<Enter><Enter>").contains("Containers of db-1"))
        #expect(try user.press("<Esc><A-k>").contains("─ Startup"))
        #expect(try user.press("<Esc><A-r>").contains("─ Resize"))
        #expect(try user.press("<Esc>:no /b1<Enter><Enter>").contains("Pods on b1"))
        #expect(try user.press("<A-d>").contains("<deck>"))
        #expect(try user.press("<A-c>").contains("─ Create"))
        try user.press("<Esc>")
        // Footer, help, palette and hints follow.
        #expect(try user.press(":po<Enter>").split(separator: "\n").last?.contains("<enter> containers") == true)
        #expect(user.screen.split(separator: "\n").last?.contains("<alt-r> resize") == true)
        #expect(try user.press("?/resize<Enter>").contains("<alt-r>"))
        #expect(try user.press("<Esc><Esc><C-p>resize the pod").contains("<alt-r>"))
        // Back to ours by a word.
        #expect(try user.press("<Esc>:keymap evenkeel<Enter>:po<Enter>").split(separator: "\n").last?.contains("<R> resize") == true)
    }

    @Test func `sessions with pods have k9s' keys`() throws {
        for preset in KeymapPreset.allCases {
            var user = try User(preset)
            try user.press(":po shop /web<Enter>")
            #expect(try user.press("l").contains("─ Logs of web-"))
            #expect(try user.press("1").contains("starting "))
            try user.press("<Esc>")
            #expect(try user.press("p").contains("previous terminated container"))
            try user.press("<Esc>")
            #expect(try user.press("shostname<Enter>").contains("/ # hostname"))
            #expect(try user.press("exit 3<Enter>").contains("command terminated with exit code 3"))
            try user.press("<Esc>")
            #expect(try user.press("a").contains("─ Attached to web-"))
            try user.press("<Esc>")
            #expect(try user.press(":deploy shop /web<Enter>l").contains("─ Logs of deployment/web"))
            #expect(user.screen.contains("[web-"))
            #expect(try user.press("<Esc>:svc shop<Enter>l").contains("─ Logs of service/"))
        }
    }

    @Test func `a preset is chosen in the keymap file`() throws {
        var settings = UserSettings()
        #expect(settings.read(keymap: "preset: k9s\nkeymap: {deck: f5}\n", file: "k.yaml") == [])
        #expect(settings.keymap.preset == .k9s)
        #expect(settings.read(keymap: "preset: vim\n", file: "k.yaml") == ["k.yaml:1: no preset vim; there are evenkeel, k9s"])
    }
}

extension String {
    enum Direction { case last }
    /// The last place of `word`.
    func range(of word: String, options: Direction) -> Range<String.Index>? {
        var found: Range<String.Index>?
        var rest = self[...]
        while let next = rest.firstRange(of: word) {
            found = next
            rest = rest[next.upperBound...]
        }
        return found
    }
}
