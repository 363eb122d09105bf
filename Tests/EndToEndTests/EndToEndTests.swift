import Foundation
import Glibc
import Testing

/// The program as users have it: the release build in a real terminal, worked by keys.
@Suite(.serialized, .enabled(if: Program.isBuilt, "there is no .build/release/evenkeel: swift build -c release comes first"))
struct EndToEndTests {
    /// Opens the dashboard, waits for its first frame and hands the terminal to `body`.
    ///
    /// A shell stays around it, which writes down the terminal's settings before and after and the exit status. What was typed and not
    /// read before the end is shown to nobody: printed, an escape and `=` among it would set the terminal that is looked at.
    private func withDashboard(
        _ arguments: String = "--paused", columns: Int = 120, rows: Int = 36, environment: [String] = [],
        _ body: (Tmux, RunningProcess) async throws -> Void
    ) async throws {
        let program = "sh -c 'echo $$ > pid; exec \"$0\" \"$@\"' \"\(Program.path)\" \(arguments)"
        let command = "stty -a > before; \(program); echo $? > status; stty -a > after; echo end > end; exec cat > /dev/null"
        try await Tmux.withTerminal(columns: columns, rows: rows, environment: environment, running: command) { tmux in
            let process = RunningProcess(pid: try #require(pid_t(try await tmux.file("pid"))))
            try await body(tmux, process)
            if process.isAlive { process.send(SIGKILL) }
        }
    }

    /// Expects that the process is gone within a second and the terminal is as it was, but for its size if `sameSize` is false.
    private func expectGone(_ process: RunningProcess, _ tmux: Tmux, status: Int32, sameSize: Bool = true) async throws {
        try await Tmux.wait(for: "the end of the process", within: .seconds(1)) { process.isAlive ? nil : true }
        _ = try await tmux.file("end")
        let (found, before, after) = (
            try await tmux.file("status"), try await tmux.file("before"), try await tmux.file("after")
        )
        #expect(found == "\(status)")
        let size = /rows \d+; columns \d+;/
        #expect(sameSize ? before == after : before.replacing(size, with: "") == after.replacing(size, with: ""))
        for (mode, expected) in [
            ("alternate_on", "0"), ("mouse_any_flag", "0"), ("keypad_flag", "0"), ("keypad_cursor_flag", "0"), ("cursor_flag", "1"),
        ] {
            // The terminal may still be reading the last bytes when the shell behind the program goes on.
            var value = try await tmux.variable(mode)
            for _ in 0..<20 where value != expected {
                try await Task.sleep(for: .milliseconds(50))
                value = try await tmux.variable(mode)
            }
            #expect(value == expected, "\(mode)")
        }
    }

    // MARK: Screens

    @Test func `it opens the built-in cluster on the Deck`() async throws {
        try await withDashboard("") { tmux, _ in
            let screen = try await tmux.see("sim:three-zones", "eu-a", "eu-b", "eu-c", "not placed 1", "<deck>", "▶ x10")
            #expect(screen.contains("web 768bb9"))
            let alternate = try await tmux.variable("alternate_on")
            #expect(alternate == "1")
        }
    }

    @Test func `tables, filters, describe, YAML and help come by keys`() async throws {
        try await withDashboard { tmux, _ in
            try await tmux.see("<deck>")
            try await tmux.enter(":po")
            try await tmux.see("Pods(all)[55]", "log-7t4wl")
            try await tmux.enter("/node:b1")
            try await tmux.see("</node:b1>", without: "a2 ")
            try await tmux.press("Escape")
            try await tmux.see("Pods(all)[55]", without: "</node:b1>")
            try await tmux.enter("/web-")
            try await tmux.see("15 of 55 shown", without: "log-")
            try await tmux.press("d")
            try await tmux.see("[Describe]", "Controlled By:  ReplicaSet/web-", "Priority Class Name:  front")
            try await tmux.press("y")
            try await tmux.see("[YAML]", "kind: Pod", "name: web-768bb988df")
            try await tmux.enter("/priorityClassName")
            try await tmux.press("n")
            try await tmux.see("priorityClassName: front")
            // The first takes the search away, the second the text.
            try await tmux.press("q")
            try await tmux.see("[YAML]", without: "</priorityClassName>")
            try await tmux.press("q")
            try await tmux.see("15 of 55 shown")
            try await tmux.press("?")
            try await tmux.see("Help (pods", "Evict the pod; disruption budgets")
            // Help is narrowed by typing, and Enter does what the line says.
            try await tmux.enter("/pause or play")
            try await tmux.see("</pause or play>", "▸<,>")
            try await tmux.press("Escape")
            try await tmux.see("Help (pods)", without: "</pause or play>")
            try await tmux.press("q")
            try await tmux.enter(":podz")
            try await tmux.see("No kind or command podz", "nearest: pod")
            try await tmux.press("Escape")
            try await tmux.see("15 of 55 shown", without: ":podz")
        }
    }

    // MARK: The cluster answers

    @Test func `a deployment is created, spread, and outlives a pod and a zone`() async throws {
        try await withDashboard { tmux, _ in
            try await tmux.see("<deck>")
            // Create: six replicas, spread over zones.
            try await tmux.press("C")
            try await tmux.seeDialog("Create", "Replicas")
            try await tmux.press("Tab")
            try await tmux.type("sea")
            try await tmux.press("Tab", "Tab", "Tab", "C-u", "6", "Tab", "Tab", "Tab", "Tab", "Tab", "Right")
            try await tmux.see("topology.kubernetes.io/zone", "DoNotSchedule")
            try await tmux.press("Enter", "Enter")
            try await tmux.see("deployment.apps/sea created")

            // eu-c has no room for one: it waits, as the rule forbids it elsewhere. The cordoned node is opened for them.
            try await tmux.enter(":deploy default")
            try await tmux.see("Deployments(default)[1]", "0/6")
            try await tmux.enter(":time +60s")
            try await tmux.see("sea    5/6")
            try await tmux.enter(":uncordon c2")
            try await tmux.see("node/c2 uncordoned")
            try await tmux.enter(":time +60s")
            try await tmux.see("sea    6/6")
            try await tmux.press("Enter")
            // A screen that is seen while it is written may have a row in part.
            let pods = Self.pods(
                in: try await tmux.see("six pods of sea, two in each zone") { screen in
                    let pods = Self.pods(in: screen)
                    return screen.contains("Pods of sea") && !screen.contains("Pending") && pods.count == 6
                        && ["eu-a", "eu-b", "eu-c"].allSatisfy { zone in pods.values.count { $0.contains(zone) } == 2 }
                })

            // Delete the pod under the cursor: another takes its place.
            let first = try #require(pods.keys.min())
            try await tmux.press("C-d")
            let dialog = try await tmux.seeDialog("Delete", "pod \(first)", "will create a replacement at once")
            #expect(dialog.contains("Cancel"))
            try await tmux.press("y")
            try await tmux.see("pod/\(first) deleted")
            try await tmux.enter(":time +60s")
            let replaced = Self.pods(in: try await tmux.see("six pods and a new one") { Self.runs(6, in: $0, without: first) })
            #expect(replaced.keys.count { pods[$0] == nil } == 1)

            // Fail a zone: its nodes become NotReady, the others do not.
            try await tmux.press("I")
            try await tmux.seeDialog("Fault", "eu-a", "The kubelet stops responding")
            // A form that nobody touched leads to Cancel first.
            try await tmux.press("Enter", "Right", "Enter")
            try await tmux.see("eu-a failed")
            try await tmux.enter(":time +60s")
            try await tmux.enter(":no")
            try await tmux.see("Nodes(all)[12]", "NotReady")
            // Rows of nodes: what is said of the zone below the table does not count.
            let nodes = try await tmux.screen().split(separator: "\n").filter {
                "abc".contains($0.dropFirst(2).prefix(1)) && "1234".contains($0.dropFirst(3).prefix(1))
            }
            #expect(nodes.count { $0.contains("NotReady") && $0.contains("eu-a") } == 4)
            #expect(nodes.count { $0.contains("NotReady") } == 4)
        }
    }

    @Test func `a pod is evicted and another is resized in place`() async throws {
        try await withDashboard { tmux, _ in
            try await tmux.see("<deck>")
            try await tmux.enter(":po shop /cart")
            let pods = Self.pods(in: try await tmux.see("Pods(shop)", "5 of"))
            let first = try #require(pods.keys.min())
            try await tmux.press("V")
            try await tmux.seeDialog("Evict", first)
            try await tmux.press("y")
            try await tmux.see("\(first) evicted")
            try await tmux.enter(":time +60s")
            try await tmux.see("five pods and a new one") { Self.runs(5, in: $0, without: first) }

            try await tmux.enter(":po shop /db-1")
            try await tmux.see("1 of", "db-1")
            try await tmux.press("R")
            try await tmux.seeDialog("Resize", "cpu request", "700m")
            try await tmux.press("+")
            try await tmux.see("800m", "+100m", "FITS now")
            try await tmux.press("Enter", "Enter")
            try await tmux.see("db-1 resized", without: "Apply:")
            try await tmux.enter(":time +30s")
            try await tmux.press("d")
            try await tmux.see("[Describe]")
            try await tmux.enter("/Requests")
            try await tmux.press("n")
            try await tmux.see("Requests:", "800m")
        }
    }

    @Test func `undo takes the last command back`() async throws {
        try await withDashboard { tmux, _ in
            try await tmux.see("<deck>")
            try await tmux.enter(":no")
            try await tmux.see("Nodes(all)[12]", "SchedulingDisabled")
            try await tmux.enter(":uncordon c2")
            try await tmux.see("node/c2 uncordoned", without: "SchedulingDisabled")
            try await tmux.press("U")
            try await tmux.see("Undone: node/c2 uncordoned", "SchedulingDisabled")
        }
    }

    @Test func `nothing can be changed with --read-only`() async throws {
        try await withDashboard("--paused --read-only") { tmux, _ in
            try await tmux.see("<deck>")
            try await tmux.enter(":cordon a1")
            try await tmux.see("Read-only: nothing can be changed")
            try await tmux.press("C")
            try await tmux.see("Read-only: nothing can be changed", without: "Image")
        }
    }

    // MARK: The terminal

    @Test func `it follows the size of the terminal`() async throws {
        try await withDashboard { tmux, process in
            try await tmux.see("evenkeel  sim:three-zones")
            for (columns, rows, shows) in [(80, 24, "not placed 1"), (200, 60, "evenkeel  sim:three-zones"), (40, 10, "paused")] {
                try await tmux(["resize-window", "-t", "test", "-x", "\(columns)", "-y", "\(rows)"])
                let screen = try await tmux.see(shows, columns >= 80 ? "<?> help" : "eu-a", without: "too small")
                let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(lines.allSatisfy { $0.count <= columns })
            }
            try await tmux(["resize-window", "-t", "test", "-x", "30", "-y", "8"])
            try await tmux.see("30", "8", "40", "10", without: "eu-a")
            try await tmux(["resize-window", "-t", "test", "-x", "120", "-y", "36"])
            try await tmux.see("evenkeel  sim:three-zones", "not placed 1", "<?> help")
            #expect(process.isAlive)
        }
    }

    @Test(arguments: [":suspend", "SIGTSTP"])
    func `it can be stopped and goes on in the foreground`(how: String) async throws {
        try await Tmux.withTerminal(running: "bash --noprofile --norc -i") { tmux in
            try await tmux.enter("PS1='ready: '; stty -a > before")
            try await tmux.enter("\(Program.path) --paused")
            try await tmux.see("<deck>")
            let children = try await tmux.variable("pane_pid")
            let found = try await Tmux.wait(for: "the program") { Self.children(of: pid_t(children) ?? 0).first }
            let process = RunningProcess(pid: found)
            if how == ":suspend" { try await tmux.enter(":suspend") } else { process.send(SIGTSTP) }
            try await tmux.see("Stopped", "ready: ", without: "<deck>")
            #expect(process.isStopped)
            let alternate = try await tmux.variable("alternate_on")
            #expect(alternate == "0")
            try await tmux.enter("stty -a > stopped; echo end > end")
            _ = try await tmux.file("end")
            let (before, stopped) = (try await tmux.file("before"), try await tmux.file("stopped"))
            #expect(before == stopped)
            try await tmux.enter("fg")
            try await tmux.see("<deck>", "not placed 1")
            try await tmux.enter(":po")
            try await tmux.see("Pods(all)[55]")
            try await tmux.enter(":q")
            try await tmux.see("evenkeel: stopped at", "ready: ", without: "<pods>")
            try await tmux.enter("stty -a > after; echo end > end2")
            _ = try await tmux.file("end2")
            let after = try await tmux.file("after")
            #expect(before == after)
            #expect(!process.isAlive)
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU])
    func `a signal ends it and gives the terminal back`(signal: Int32) async throws {
        try await withDashboard("") { tmux, process in
            try await tmux.see("<deck>")
            process.send(signal)
            try await expectGone(process, tmux, status: 128 + signal)
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP])
    func `a signal reaches the editor, and ends both`(signal: Int32) async throws {
        try await withDashboard("--paused -c 'deploy shop'", environment: ["EVENKEEL_EDITOR=sh editor"]) { tmux, process in
            try "echo $$ > editor-pid; echo EDITING; sleep 60\n".write(toFile: tmux.folder + "/editor", atomically: true, encoding: .utf8)
            try await tmux.see("<deployments>", "web")
            try await tmux.press("e")
            try await tmux.see("EDITING")
            let editor = RunningProcess(pid: try #require(pid_t(try await tmux.file("editor-pid"))))
            process.send(signal)
            try await expectGone(process, tmux, status: 128 + signal)
            try await Tmux.wait(for: "the end of the editor", within: .seconds(5)) { editor.isAlive ? nil : true }
        }
    }

    @Test(arguments: ["F10", "C-c"])
    func `long work shows how far it is, and a key stops it`(key: String) async throws {
        try await withDashboard("--paused") { tmux, process in
            try await tmux.see("<deck>", "not placed 1")
            try await tmux.enter(":time 5000h")
            try await tmux.see("Running to T+5000:00:00", "any key stops", " 0 %")
            try await tmux.press("x")
            try await tmux.see("Stopped at", without: "any key stops")
            try await tmux.enter(":time 5000h")
            try await tmux.see("any key stops")
            try await tmux.press(key)
            if key == "C-c" {
                try await tmux.see("Stopped at", without: "any key stops")
                try await tmux.enter(":q")
            }
            try await expectGone(process, tmux, status: 0)
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
    func `a signal gets through while it works for long`(signal: Int32) async throws {
        try await withDashboard("--paused") { tmux, process in
            try await tmux.see("<deck>", "not placed 1")
            try await tmux.enter(":time 5000h")
            try await tmux.see("any key stops")
            process.send(signal)
            try await expectGone(process, tmux, status: 128 + signal)
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
    func `a signal gets through while nobody reads the terminal`(signal: Int32) async throws {
        try await withDashboard("--speed max") { tmux, process in
            try await tmux.see("<deck>")
            // The server stops reading, as a terminal behind a broken line does.
            let server = RunningProcess(pid: try #require(pid_t(try await tmux.variable("pid"))))
            server.send(SIGSTOP)
            try await Task.sleep(for: .seconds(3))
            process.send(signal)
            try await Tmux.wait(for: "the end of the process", within: .seconds(2)) { process.isAlive ? nil : true }
            server.send(SIGCONT)
            _ = try await tmux.file("end")
            let (before, after) = (try await tmux.file("before"), try await tmux.file("after"))
            #expect(before == after)
        }
    }

    @Test func `a page pasted into the prompt is there at once`() async throws {
        try await withDashboard("--paused") { tmux, process in
            try await tmux.see("<deck>", "not placed 1")
            try await tmux.press(":")
            try String(repeating: "lorem ipsum\t", count: 1000).write(toFile: tmux.folder + "/page", atomically: true, encoding: .utf8)
            try await tmux(["load-buffer", tmux.folder + "/page"])
            let start = ContinuousClock.now
            try await tmux(["paste-buffer", "-p", "-t", "test"])
            try await tmux.see("lorem ipsum lorem ipsum")
            #expect(ContinuousClock.now - start < .seconds(5))
            try await tmux.press("Escape")
            try await tmux.see("<deck>", without: "lorem")
        }
    }

    @Test func `a type of terminal that is not known is drawn as one that is, and said so`() async throws {
        try await Tmux.withTerminal(running: "TERM=nobody-knows \(Program.path) --paused; exec cat") { tmux in
            try await tmux.see("no entry for TERM=nobody-knows; drawing as", "not placed 1")
            try await tmux.press("C-c")
            try await tmux.see("evenkeel: stopped at")
        }
    }

    @Test func `export replaces nothing unasked, and leaves no half of a file`() async throws {
        try await withDashboard("--paused") { tmux, _ in
            try await tmux.see("<deck>", "not placed 1")
            let path = tmux.folder + "/all.yaml"
            func text() -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
            try "mine\n".write(toFile: path, atomically: true, encoding: .utf8)
            chmod(path, 0o640)
            try await tmux.enter(":export all")
            try await tmux.seeDialog("Replace", "all.yaml")
            try await tmux.press("Enter")
            try await tmux.see("<deck>", without: "Replace")
            #expect(text() == "mine\n")
            try await tmux.enter(":export! all")
            try await tmux.see("Saved all.yaml")
            #expect(text().contains("kind: Deployment"))
            let mode = (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int) ?? 0
            #expect(mode == 0o640)
            chmod(path, 0o440)
            let before = text()
            try await tmux.enter(":export! all")
            try await tmux.see("Not saved: all.yaml is read-only")
            #expect(text() == before)
            try await tmux.enter(":export no/such/all")
            try await tmux.see("there is no folder")
            try await tmux.enter(":export /tmp/.yaml/../")
            try await tmux.see("Not saved")
            let left = try FileManager.default.contentsOfDirectory(atPath: tmux.folder).filter { $0.hasPrefix(".evenkeel") }
            #expect(left.isEmpty)
        }
    }

    @Test(arguments: ["C-c", "F10"])
    func `a key ends it and gives the terminal back`(key: String) async throws {
        try await withDashboard { tmux, process in
            try await tmux.see("<deck>")
            try await tmux.press(key)
            try await expectGone(process, tmux, status: 0)
            try await tmux.see("evenkeel: stopped at", without: "<deck>")
        }
    }

    /// Keys as a cat on the keyboard presses them, some hundred of each seed, at changing sizes.
    @Test(arguments: [1, 2] as [UInt64])
    func `whatever keys were pressed, it leaves in order, by ctrl-c at the latest, and gives the terminal back`(seed: UInt64) async throws {
        // Not ctrl-z: what it stops, no key continues.
        let special = [
            "Enter", "Tab", "BTab", "Escape", "BSpace", "DC", "IC", "Up", "Down", "Left", "Right", "Home", "End", "PPage", "NPage", "S-Up", "S-Down", "C-Left",
            "C-Right", "F1", "F5", "F12", "M-b", "M-x",
            "C-a", "C-d", "C-e", "C-f", "C-g", "C-k", "C-l", "C-n", "C-p", "C-r", "C-s", "C-u", "C-w", "Space", ":", "/", "?",
        ]
        var state = seed
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        try await withDashboard("", environment: ["EVENKEEL_EDITOR=true"]) { tmux, process in
            try await tmux.see("<deck>")
            for round in 0..<30 {
                // Each round leaves what the last one opened.
                var keys = ["Escape", "Escape"]
                for _ in 0..<20 { keys.append(below(2) == 0 ? special[below(special.count)] : String(UnicodeScalar(UInt8(0x21 + below(0x5E))))) }
                // A last ; would be tmux' own.
                try await tmux(["send-keys", "-t", "test"] + keys.filter { $0 != ";" })
                if round % 5 == 4 { try await tmux(["resize-window", "-t", "test", "-x", "\(40 + below(180))", "-y", "\(10 + below(50))"]) }
                // An escape that comes close before a key is alt and that key: so a line such as ":q" may come to be.
                if !process.isAlive { break }
            }
            // While something long is worked on, ctrl-c ends that first.
            for _ in 0..<3 where process.isAlive {
                try await tmux.press("C-c")
                for _ in 0..<20 where process.isAlive { try await Task.sleep(for: .milliseconds(100)) }
            }
            try await Tmux.wait(for: "the end of the process") { process.isAlive ? nil : true }
            try await expectGone(process, tmux, status: 0, sameSize: false)
        }
    }

    @Test(arguments: ["", "--paused"])
    func `it ends with its terminal`(arguments: String) async throws {
        try await withDashboard(arguments) { tmux, process in
            try await tmux.see("<deck>")
            try await tmux(["kill-pane", "-t", "test"])
            try await Tmux.wait(for: "the end of the process", within: .seconds(1)) { process.isAlive ? nil : true }
        }
    }

    @Test func `it is idle while it is paused`() async throws {
        try await withDashboard { tmux, process in
            try await tmux.see("<deck>")
            let start = (ContinuousClock.now, process.processorTime)
            try await Task.sleep(for: .seconds(3))
            let spent = process.processorTime - start.1
            let share = spent / ((ContinuousClock.now - start.0) / .seconds(1)) * 100
            print("Paused, the dashboard uses \(share.formatted(.number.precision(.fractionLength(1)))) % of a processor.")
            #expect(process.isAlive)
            #expect(share < 25)
        }
    }

    @Test func `it finds the themes beside its file when it is called by its bare name`() async throws {
        let themes = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../themes").path
        let script = """
            mkdir -p lib bin; cp \(Program.path) lib/evenkeel; cp -r \(themes) lib/themes; ln -s ../lib/evenkeel bin/evenkeel
            PATH="$PWD/bin:$PATH"; cd bin; XDG_CONFIG_HOME=/nowhere evenkeel --paused -c 'skin nothing'; exec cat
            """
        try await Tmux.withTerminal(running: script) { tmux in try await tmux.see("No theme nothing", "harbor-light") }
    }

    // MARK: Without a terminal

    @Test func `without a terminal it says what to do instead`() async throws {
        let answer = try await Program.run()
        #expect(answer.status == .exited(2))
        #expect(answer.error.contains("evenkeel run"))
        try await Tmux.withTerminal(running: "TERM=dumb \(Program.path) 2> error; echo $? > status; exec cat") { tmux in
            let (status, error) = (try await tmux.file("status"), try await tmux.file("error"))
            #expect(status == "2")
            #expect(error.contains("TERM=dumb"))
        }
    }

    @Test(arguments: [
        ("keys", "DRAIN:", "Stop draining; the node stays cordoned"), ("keys", "With --keymap k9s these are other:", "alt-d"),
        ("commands", ":deck [label]", ":help :h :?"), ("parameters", "runSandbox", "registryRate"),
        ("annotations", "POD:", "image-pull-time"), ("differences", "KUBELETS:", "Not acted on: network"),
        ("run", "USAGE: evenkeel run", "--until"), ("dash", "USAGE: evenkeel dashboard", "--speed"),
        ("help", "differences   Where", "A topic or a subcommand"),
    ])
    func `help tells about a topic or a subcommand`(about: String, first: String, second: String) async throws {
        let answer = try await Program.run("help", about)
        #expect(answer.status == .exited(0) && answer.error.isEmpty)
        #expect(answer.output.contains(first) && answer.output.contains(second), "\(answer.output)")
    }

    @Test func `help without a word is that of the program, and an unknown word is told once`() async throws {
        let (bare, flag) = (try await Program.run("help"), try await Program.run("--help"))
        #expect(bare.output == flag.output && bare.status == .exited(0))
        #expect(bare.output.contains("evenkeel help keys"))
        for unknown in [try await Program.run("help", "podz"), try await Program.run("help", "keys", "run")] {
            #expect(unknown.status == .exited(2) && unknown.output.isEmpty)
            #expect(unknown.error.split(separator: "\n").count == 1 && unknown.error.contains("there are: keys, commands, parameters"), "\(unknown.error)")
        }
        let script = try await Program.run("--generate-completion-script", "bash")
        #expect(script.output.contains("differences"))
    }

    @Test(arguments: [
        "run --scenario zone-outage-honor --until 1s -o json", "screen", "explain pod", "scenarios", "--help", "run --help", "--version",
        "help keys",
        "validate page", "schedule page",
    ])
    func `output that is lost is said once, and is no success`(arguments: String) async throws {
        let script = """
            printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: one, image: nginx}]}\n' > page
            for end in '>/dev/full' '>&-' '>/dev/full 2>&-'; do
                eval "\(Program.path) \(arguments) 2>error $end"; echo "$end $? $(grep -c 'standard output' error)"; done > results
            echo end > end; exec cat
            """
        try await Tmux.withTerminal(running: script) { tmux in
            _ = try await tmux.file("end")
            let results = try await tmux.file("results")
            #expect(results == ">/dev/full 4 1\n>&- 4 1\n>/dev/full 2>&- 4 0", "\(results)")
        }
    }

    @Test func `a workload of any size starts, and a signal ends the run`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-\(getpid())-huge")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "huge.yaml")
        try """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2147483647
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: c, image: nginx}]}
        """.write(to: file, atomically: true, encoding: .utf8)
        try await Tmux.withTerminal(running: "\(Program.path) run \(file.path) --until 300h & echo $! > pid; wait $!; echo $? > status; exec cat") { tmux in
            let process = RunningProcess(pid: try #require(pid_t(try await tmux.file("pid"))))
            try await Task.sleep(for: .seconds(2))
            process.send(SIGTERM)
            #expect(try await tmux.file("status", within: .seconds(2)) == "143")
        }
        let screen = try await Program.run("screen", file.path, "--after", "1s", "--size", "80x24")
        #expect(screen.status == .exited(0), "\(screen.error)")
        #expect(screen.output.contains("web"))
    }

    @Test func `the exit status tells what was wrong`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-\(getpid())-files")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws -> String {
            let file = folder.appending(path: name)
            try text.write(to: file, atomically: true, encoding: .utf8)
            return file.path
        }
        func scenario(phase: String) -> String {
            """
            apiVersion: evenkeel.dev/v1
            kind: Scenario
            metadata: {name: one-pod}
            spec:
              cluster: {zones: 1, nodesPerZone: 1}
              duration: 1m
              expect:
              - {pods: {namespace: default, phase: \(phase), count: 1}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: one}
            spec: {containers: [{name: one, image: nginx}]}
            """
        }
        let file = try write("good.yaml", scenario(phase: "Running"))
        let good = try await Program.run("run", file, "-o", "table")
        #expect(good.status == .exited(0), "\(good.error)")
        #expect(good.output.contains("Running"))
        let failed = try await Program.run("run", write("failed.yaml", scenario(phase: "Failed")))
        #expect(failed.status == .exited(1), "\(failed.error)")
        let unusable = try await Program.run("run", "--until", "soon", file)
        #expect(unusable.status == .exited(2))
        let bad = try await Program.run("run", write("bad.yaml", "apiVersion: v1\nkind: Pod\nspec: {nodeNam: x}\n"))
        #expect(bad.status == .exited(3))
        #expect(bad.error.contains("bad.yaml:3"))
    }

    @Test func `validate tells what the API server would refuse`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "evenkeel-validate-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws -> String {
            let file = folder.appending(path: name)
            try text.write(to: file, atomically: true, encoding: .utf8)
            return file.path
        }
        func claim(_ modes: String) -> String {
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data, namespace: shop}
            spec: {accessModes: [\(modes)], resources: {requests: {storage: 1Gi}}}
            """
        }
        let fine = try write("fine.yaml", claim("ReadWriteOncePod"))
        let accepted = try await Program.run("validate", fine)
        #expect(accepted.status == .exited(0))
        #expect(accepted.output == "\(fine):1: persistentvolumeclaim/data in shop accepted\n")
        #expect(accepted.error == "Assumed to exist: namespace shop.\n1 document, all accepted.\n")
        let alone = try await Program.run("validate", "--only-files", "-q", fine)
        #expect(alone.status == .exited(1))
        #expect(alone.output == "\(fine):1: persistentvolumeclaim/data in shop refused: 404 NotFound\n  namespaces \"shop\" not found\n")

        let mixed = try write("mixed.yaml", claim("ReadWriteOnce, ReadWriteOncePod"))
        let refused = try await Program.run("validate", mixed)
        #expect(refused.status == .exited(1))
        #expect(
            refused.output == """
                \(mixed):1: persistentvolumeclaim/data in shop refused: 422 Invalid
                  \(mixed):4: spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes

                """)
        let json = try await Program.run("validate", "-o", "json", mixed, fine)
        #expect(json.status == .exited(1))
        let report = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let items = try #require(report["items"] as? [[String: Any]])
        let statuses = items.compactMap { $0["status"] as? [String: Any] }
        #expect(statuses.map { $0["code"] as? Int } == [422, 201])
        #expect(statuses[0]["reason"] as? String == "Invalid")
        #expect(items[0]["line"] as? Int == 1)

        let broken = try await Program.run("validate", write("broken.yaml", "kind: [\n"))
        #expect(broken.status == .exited(3))
        #expect(broken.error.contains("broken.yaml:"))
    }

    // MARK: Reading

    /// The rows of the pod table on the screen by the pods' names.
    private static func pods(in screen: String) -> [String: String] {
        var rows: [String: String] = [:]
        for line in screen.split(separator: "\n") where ["Running", "Pending", "Terminating"].contains(where: line.contains) {
            let words = line.split(whereSeparator: { " │▸".contains($0) })
            if let name = words.first(where: { $0.contains("-") && $0 != "kube-system" }) { rows[String(name)] = String(line) }
        }
        return rows
    }

    /// Whether the table shows `count` pods, all running, and not the pod `gone`.
    private static func runs(_ count: Int, in screen: String, without gone: String) -> Bool {
        let pods = pods(in: screen)
        return pods.count == count && pods[gone] == nil && pods.values.allSatisfy { $0.contains("Running") }
    }

    /// The processes that `parent` started.
    private static func children(of parent: pid_t) -> [pid_t] {
        let text = try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)
        return text?.split(separator: " ").compactMap { pid_t($0) } ?? []
    }
}
