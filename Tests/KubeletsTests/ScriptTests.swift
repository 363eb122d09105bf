import KubernetesAPI
import SimulationKit
import Testing

@testable import Kubelets

/// Commands that the small shell knows: how long a container runs, what it writes, how it exits.
@Suite struct ScriptTests {
    static func script(_ words: [String], env: [(String, String)] = []) -> Script? {
        var container = Container(name: "c", image: "busybox")
        container.command = words
        container.env = env.map { name, value in
            var variable = EnvVar()
            (variable.name, variable.value) = (name, value)
            return variable
        }
        return Script(container)
    }
    /// `runs 5.0, exits 0: 0.0 hi`
    static func text(_ script: Script?) -> String {
        guard let script else { return "not known" }
        let time = script.runTime.map { "runs \($0.seconds), exits \(script.exitCode)" } ?? "runs on"
        let round = script.round.map { " then from \($0.begin.seconds) each \($0.period.seconds): \($0.lines.map { "\($0.offset.seconds) \($0.text)" })" } ?? ""
        return "\(time)\(script.lines.isEmpty ? "" : ": \(script.lines.map { "\($0.offset.seconds) \($0.text)" }.joined(separator: ", "))")\(round)"
    }

    @Test(arguments: [
        (["sleep", "5"], "runs 5.0, exits 0"), (["/bin/sleep", "1m", "2"], "runs 62.0, exits 0"), (["sleep", "infinity"], "runs on"),
        (["true"], "runs 0.0, exits 0"), (["/bin/false"], "runs 0.0, exits 1"), (["echo", "hi", "$HOME"], "runs 0.0, exits 0: 0.0 hi $HOME"),
        (["tail", "-f", "/dev/null"], "runs on"), (["nginx", "-g", "daemon off;"], "not known"), (["sleep", "long"], "not known"), (["sh"], "not known"),
    ])
    func `programs by themselves`(words: [String], expected: String) { #expect(Self.text(Self.script(words)) == expected) }

    @Test(arguments: [
        ("exit 3", "runs 0.0, exits 3"), ("echo hi && sleep 5", "runs 5.0, exits 0: 0.0 hi"), ("sleep 2; false", "runs 2.0, exits 1"),
        ("false || echo saved", "runs 0.0, exits 0: 0.0 saved"), ("false && echo no; echo $?", "runs 0.0, exits 0: 0.0 1"),
        ("! true", "runs 0.0, exits 1"), ("exec sleep 7; echo never", "runs 7.0, exits 0"), ("echo a > /tmp/x; echo b >&2", "runs 0.0, exits 0: 0.0 b"),
        ("for i in 1 2 3; do echo n$i; sleep 1; done", "runs 3.0, exits 0: 0.0 n1, 1.0 n2, 2.0 n3"),
        ("for i in $(seq 2); do echo $i; done", "runs 0.0, exits 0: 0.0 1, 0.0 2"),
        ("if false; then echo a; elif true; then echo b; else echo c; fi", "runs 0.0, exits 0: 0.0 b"),
        ("echo start; while true; do echo tick; sleep 5; done", "runs on: 0.0 start then from 0.0 each 5.0: [\"0.0 tick\"]"),
        ("sleep 1; until false; do sleep 2; echo x; done", "runs on then from 1.0 each 2.0: [\"2.0 x\"]"),
        ("while false; do echo never; done; exit 4", "runs 0.0, exits 4"), ("while :; do sleep 1; exit 2; done", "runs 1.0, exits 2"),
        ("{ echo a; sleep 1; } && echo b", "runs 1.0, exits 0: 0.0 a, 1.0 b"), ("WHO=me; echo \"hi $WHO\" '$WHO'", "runs 0.0, exits 0: 0.0 hi me $WHO"),
        ("sh -c 'exit 5'; echo $?", "runs 0.0, exits 0: 0.0 5"), ("set -e; false; echo never", "runs 0.0, exits 1"),
        ("set -e; if false; then true; fi; false || true; echo on", "runs 0.0, exits 0: 0.0 on"), ("echo ${NAME:-nobody}", "runs 0.0, exits 0: 0.0 nobody"),
        // What it does not know it does not guess.
        ("ps | grep x", "not known"), ("sleep 5 & wait", "not known"), ("trap 'exit 0' TERM; sleep 5", "not known"),
        ("while true; do echo fast; done", "not known"),
        ("find / || true", "not known"), ("echo *", "not known"), ("echo $UNKNOWN", "not known"), ("i=0; while true; do i=1$i; sleep 1; done", "not known"),
        ("if true; then echo", "not known"), ("done", "not known"), ("echo `date`", "not known"),
    ])
    func `scripts`(text: String, expected: String) { #expect(Self.text(Self.script(["sh", "-c", text])) == expected) }

    @Test func `variables of the container, and arguments that have them`() {
        #expect(Self.text(Self.script(["sh", "-c", "echo $COLOR"], env: [("COLOR", "blue")])) == "runs 0.0, exits 0: 0.0 blue")
        #expect(Self.text(Self.script(["echo", "$(COLOR)", "$(NOTHING)"], env: [("COLOR", "blue")])) == "runs 0.0, exits 0: 0.0 blue $(NOTHING)")
    }

    @Test func `lines of any stretch of time are those of the whole`() throws {
        let script = try #require(Self.script(["sh", "-c", "echo first; sleep 3; while true; do echo a; sleep 2; echo $(hostname); sleep 1; done"]))
        let start = Instant.start + .seconds(100)
        func lines(_ from: Double, _ to: Double) -> [LogLine] {
            script.lines(from: start + .seconds(from), through: start + .seconds(to), start: start) { mark, _ in "<\(mark)>" }
        }
        let whole = lines(0, 60)
        #expect(whole.prefix(4).map(\.text) == ["first", "a", "<pod>", "a"])
        #expect(whole.map(\.time) == whole.map(\.time).sorted())
        var parts: [LogLine] = []
        for second in stride(from: 0.0, to: 60, by: 1.5) { parts += lines(second, min(60, second + 1.5 - 1e-9)) }
        parts += lines(60, 60)
        #expect(parts == whole)
    }

    @Test func `ports that are known`() {
        func ports(_ image: String, _ edit: (inout Container) -> Void = { _ in }) -> [Int]? {
            var container = Container(name: "c", image: image)
            edit(&container)
            return KubeletFleet.ports(of: container)
        }
        #expect(ports("docker.io/library/nginx:1.27@sha256:0") == [80])
        #expect(ports("shop") == nil)
        #expect(ports("shop") { $0.command = ["sleep", "5"] } == [])
        // What only sleeps stands for something else.
        #expect(ports("busybox") { $0.command = ["sleep", "3600"] } == nil)
        #expect(ports("busybox") { $0.command = ["sleep", "infinity"] } == nil)
        var port = ContainerPort()
        port.containerPort = 8080
        #expect(ports("nginx") { $0.ports = [port] } == [8080])
        var probe = Probe()
        probe.httpGet = HTTPGetAction()
        probe.httpGet?.port = .int(9000)
        #expect(ports("shop") { $0.readinessProbe = probe } == [9000])
    }
}
