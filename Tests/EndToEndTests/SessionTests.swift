import Foundation
import Subprocess
import Testing

/// Sessions with pods in a real terminal: each key of k9s from the pods table, and forwarded ports answered to real curl.
@Suite(.serialized, .enabled(if: Program.isBuilt, "there is no .build/release/evenkeel: swift build -c release comes first"))
struct SessionTests {
    private func withDashboard(_ body: (Tmux) async throws -> Void) async throws {
        try await Tmux.withTerminal(running: "exec \"\(Program.path)\" --paused") { tmux in
            try await tmux.see("<deck>")
            try await body(tmux)
        }
    }
    /// What curl prints of a forwarded port, and its exit status.
    private func curl(_ port: Int, _ path: String = "/") async throws -> (text: String, isOK: Bool) {
        let result = try await Subprocess.run(
            .name("curl"), arguments: ["--noproxy", "*", "-s", "-m", "10", "http://127.0.0.1:\(port)\(path)"], output: .string(limit: 1 << 16))
        return (result.standardOutput, result.terminationStatus.isSuccess)
    }
    /// Forwards the first port of the row under the cursor to any of this machine, and answers which that is.
    ///
    /// - Parameter earlier: a port that was forwarded before, of which a message may still be seen.
    private func forward(_ tmux: Tmux, after earlier: Int? = nil) async throws -> Int {
        try await tmux.press("F")
        try await tmux.seeDialog("Port-forward", "Local port")
        // From the button to the last field, whose text is replaced.
        try await tmux.press("Up", "C-u", "0", "Enter", "Enter")
        func port(_ screen: String) -> Int? { screen.firstMatch(of: /Forwarding from 127\.0\.0\.1:(\d+) ->/).flatMap { Int($0.1) } }
        let screen = try await tmux.see("the port that is forwarded") { port($0).map { $0 != earlier } ?? false }
        return try #require(port(screen))
    }

    @Test func `a forwarded port of a pod answers curl, and is closed with the dashboard`() async throws {
        try await withDashboard { tmux in
            try await tmux.enter(":po")
            try await tmux.enter("/web-")
            try await tmux.see("15 of 55 shown")
            let port = try await forward(tmux)
            let answer = try await curl(port, "/hello")
            #expect(answer.isOK)
            #expect(answer.text.contains(/pod web-768bb988df-\w+ in shop on node [abc]\d in zone eu-[abc]/))
            #expect(answer.text.contains("GET /hello on 10.244."))
            try await tmux.press("f")
            let list = try await tmux.see("Port-forwards", "127.0.0.1:\(port)", "open")
            #expect(list.contains(/pod\/shop\/web-\S+ +\d+ +1\b/))
            try await tmux.press("C-c")
            try await Tmux.wait(for: "the port to be closed") { try await curl(port).isOK ? nil : true }
        }
    }

    @Test func `a forwarded Service spreads over its ready endpoints, a Deployment stays with one`() async throws {
        try await withDashboard { tmux in
            try await tmux.enter(":svc")
            try await tmux.enter("/web")
            try await tmux.see("Services", "10.96.")
            let port = try await forward(tmux)
            var pods: Set<Substring> = []
            for _ in 0..<12 { pods.formUnion(try await curl(port).text.matches(of: /pod (web-\S+) in/).map(\.1)) }
            #expect(pods.count > 3)
            try await tmux.enter(":deploy")
            try await tmux.enter("/web")
            try await tmux.see("Deployments")
            let own = try await forward(tmux, after: port)
            var single: Set<Substring> = []
            for _ in 0..<4 { single.formUnion(try await curl(own).text.matches(of: /pod (web-\S+) in/).map(\.1)) }
            #expect(single.count == 1)
        }
    }

    @Test func `logs, previous logs, a shell and attach come by one key`() async throws {
        try await withDashboard { tmux in
            try await tmux.enter(":po")
            try await tmux.enter("/web-")
            try await tmux.see("15 of 55 shown")
            try await tmux.press("l")
            try await tmux.see("Logs of web-768bb988df", "ms from 10.244.")
            // Escape and a letter at once would be a letter with alt.
            try await tmux.press("Escape")
            try await tmux.see("15 of 55 shown")
            try await tmux.press("p")
            try await tmux.see("previous terminated container", "not found")
            try await tmux.press("Escape")
            try await tmux.see("15 of 55 shown")
            try await tmux.press("s")
            try await tmux.see("Shell in web-768bb988df", "/ #")
            try await tmux.enter("hostname; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; exit 3")
            try await tmux.see("shop", "command terminated with exit code 3")
            try await tmux.press("Escape")
            try await tmux.see("15 of 55 shown")
            try await tmux.press("a")
            try await tmux.see("Attached to web-768bb988df")
        }
    }

    @Test func `a debugger is added by one key, and its shell opens when it runs`() async throws {
        try await withDashboard { tmux in
            try await tmux.enter(":po")
            try await tmux.enter("/web-")
            try await tmux.see("15 of 55 shown")
            try await tmux.press("E")
            try await tmux.seeDialog("Debug", "busybox")
            try await tmux.press("Enter")
            try await tmux.see("Defaulting debug container name to debugger-", "waits for the container")
            // The image is pulled as time goes on.
            try await tmux.press(",")
            try await tmux.see("If you don't see a command prompt, try pressing enter.")
            try await tmux.enter("id")
            try await tmux.see("uid=0(root)")
        }
    }
}
