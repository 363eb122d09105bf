import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

/// Containers added to running pods for debugging: `pod-sessions.md` §5.1 and its scenario 22.
@Suite struct EphemeralTests {
    static let key = ObjectKey(namespace: "default", name: "web")

    static func running() -> Simulation {
        PodLogTests.run(PodLogTests.pod(PodLogTests.app, annotations: "{evenkeel.dev/image-pull-time: 1s}"), to: 60)
    }
    /// Adds a container as `kubectl debug` does. Returns the refusal.
    static func add(_ container: JSONObject, to simulation: inout Simulation) -> APIError? {
        let patch: JSONValue = ["spec": ["ephemeralContainers": [.object(container)]]]
        let write = APIWrite(
            .patch(.strategic, patch, force: false), Kind.pod.info, namespace: "default", name: "web", subresource: "ephemeralcontainers")
        if case .failure(let error) = simulation.perform(.write(write)) { return error }
        return nil
    }
    static func status(_ name: String, _ simulation: Simulation) -> ContainerStatus? {
        simulation.cluster.store.pods[key]?.status.ephemeralStatuses.first { $0.name == name }
    }

    /// Rows: `pod-sessions.md` §5.1 row 7.
    @Test func `22: a debugger is pulled and started beside the others, and a second one too`() throws {
        var simulation = Self.running()
        let before = try #require(simulation.cluster.store.pods[Self.key]?.status.value)
        let debugger: JSONObject = ["name": "debugger-a", "image": "busybox", "stdin": true, "tty": true, "targetContainerName": "app"]
        #expect(Self.add(debugger, to: &simulation) == nil)
        simulation.advance(to: simulation.now + .minutes(2))
        let status = try #require(Self.status("debugger-a", simulation))
        #expect(status.state.running != nil && !status.ready && status.started == nil && status.restartCount == 0)
        let events = simulation.cluster.store.events.all.filter { $0.involvedObject.fieldPath == "spec.ephemeralContainers{debugger-a}" }
        #expect(Set(events.map(\.reason)).isSuperset(of: ["Pulling", "Pulled", "Created", "Started"]))
        // It counts for nothing.
        let pod = try #require(simulation.cluster.store.pods[Self.key])
        #expect(pod.isReady && pod.status.phase == .running && pod.status.qosClass == before.qosClass)
        #expect(pod.status.containerStatuses == before.containerStatuses)
        #expect(Self.add(["name": "debugger-b", "image": "alpine", "stdin": true], to: &simulation) == nil)
        simulation.advance(to: simulation.now + .minutes(2))
        #expect(Self.status("debugger-b", simulation)?.state.running != nil)
        // A patch that says nothing of the order puts what is new in front.
        #expect(simulation.cluster.store.pods[Self.key]?.spec.ephemeral.map(\.container.name) == ["debugger-b", "debugger-a"])
        // It is killed with its pod.
        _ = simulation.perform(.delete(.pod, Self.key, DeleteOptions()))
        simulation.advance(to: simulation.now + .minutes(1))
        #expect(simulation.cluster.store.pods[Self.key] == nil)
    }

    @Test func `22: its session is its shell: what is typed is logged, and it ends with it`() throws {
        var simulation = Self.running()
        _ = Self.add(["name": "debugger", "image": "busybox", "stdin": true, "tty": true, "targetContainerName": "app"], to: &simulation)
        simulation.advance(to: simulation.now + .minutes(2))
        var shell = try #require(try simulation.attachedShell(to: Self.key, container: "debugger", terminal: true).get())
        func type(_ text: String) throws -> (text: String, code: Int?) {
            let output = shell.run(Array(text.utf8), in: simulation)
            for command in output.commands { _ = try simulation.perform(command).get() }
            return (String(decoding: output.stdout, as: UTF8.self), output.exitCode)
        }
        #expect(try type("").text == "/ # ")
        #expect(try type("ps\r").text.contains("    1 root       0:00 nginx"))
        #expect(try type("exit 4\r").code == 4)
        simulation.advance(to: simulation.now + .seconds(5))
        #expect(Self.status("debugger", simulation)?.state.terminated?.exitCode == 4)
        let log = try simulation.log(of: Self.key, LogOptions(container: "debugger")).get()
        #expect(log.lines.contains { $0.text == "/ # ps" } && log.lines.contains { $0.text.hasSuffix(" sh") })
        // It is not started again, and exec finds it no more.
        simulation.advance(to: simulation.now + .minutes(5))
        #expect(Self.status("debugger", simulation)?.restartCount == 0)
        guard case .failure(let error) = simulation.exec(in: Self.key, container: "debugger", ["sh"]) else {
            Issue.record("it runs")
            return
        }
        #expect(error.message == "container not found (\"debugger\")")
        // What exec writes is in no log.
        var beside = try simulation.exec(in: Self.key, container: "app", ["echo", "unseen"]).get()
        let output = beside.run([], isEnd: true, in: simulation)
        for command in output.commands { _ = try simulation.perform(command).get() }
        #expect(!(try simulation.log(of: Self.key, LogOptions(container: "app")).get()).lines.contains { $0.text.contains("unseen") })
    }

    @Test func `a debugger without a terminal runs its command and stays ended`() throws {
        var simulation = Self.running()
        _ = Self.add(["name": "once", "image": "busybox", "command": ["sh", "-c", "echo looked; exit 2"]], to: &simulation)
        _ = Self.add(["name": "nothing", "image": "busybox"], to: &simulation)
        simulation.advance(to: simulation.now + .minutes(2))
        #expect(Self.status("once", simulation)?.state.terminated?.exitCode == 2)
        #expect(try simulation.log(of: Self.key, LogOptions(container: "once")).get().lines.map(\.text) == ["looked"])
        // A shell without input has nothing to do.
        #expect(Self.status("nothing", simulation)?.state.terminated?.exitCode == 0)
        #expect(simulation.cluster.store.pods[Self.key]?.isReady == true)
    }

    /// Rows: `pod-sessions.md` §5.1 rows 1–5.
    @Test func `what a debugger cannot have, and what cannot be taken back`() throws {
        var simulation = Self.running()
        func refusal(_ container: JSONObject) -> String { Self.add(container, to: &simulation)?.message ?? "accepted" }
        let why = "Forbidden: cannot be set for an Ephemeral Container"
        #expect(refusal(["name": "d", "image": "b", "ports": [["containerPort": 80]]]).contains("spec.ephemeralContainers[0].ports: \(why)"))
        #expect(refusal(["name": "d", "image": "b", "resources": ["limits": ["cpu": "1"]]]).contains("spec.ephemeralContainers[0].resources: \(why)"))
        #expect(
            refusal(["name": "d", "image": "b", "readinessProbe": ["exec": ["command": ["true"]]]]).contains(
                "spec.ephemeralContainers[0].readinessProbe: \(why)"))
        let mount: JSONValue = [["name": "files", "mountPath": "/files", "subPath": "a"]]
        #expect(refusal(["name": "d", "image": "b", "volumeMounts": mount]).contains("subPath: \(why)"))
        #expect(refusal(["name": "app", "image": "b"]).contains("spec.ephemeralContainers[0].name: Duplicate value: \"app\""))
        #expect(
            refusal(["name": "d", "image": "b", "targetContainerName": "nobody"]).contains(
                "spec.ephemeralContainers[0].targetContainerName: Not found: \"nobody\""))
        #expect(refusal(["name": "d", "image": "busybox", "stdin": true]) == "accepted")
        #expect(refusal(["name": "d", "image": "other"]).contains("existing ephemeral containers \"d\" may not be changed"))
        var pod = try #require(simulation.cluster.store.pods[Self.key])
        pod.spec.ephemeralContainers = nil
        let update = APIWrite(
            .update(simulation.cluster.document(of: pod)), Kind.pod.info, namespace: "default", name: "web", subresource: "ephemeralcontainers")
        guard case .failure(let error) = simulation.perform(.write(update)) else {
            Issue.record("it was removed")
            return
        }
        #expect(error.message.contains("existing ephemeral containers \"d\" may not be removed"))
    }

    @Test func `a state with a debugger goes on with it`() throws {
        var simulation = Self.running()
        _ = Self.add(["name": "debugger", "image": "busybox", "stdin": true], to: &simulation)
        simulation.advance(to: simulation.now + .minutes(2))
        _ = simulation.perform(.fail(.node("a1")))
        simulation.advance(to: simulation.now + .seconds(20))
        _ = simulation.perform(.recover(.node("a1")))
        simulation.advance(to: simulation.now + .minutes(1))
        // A node that comes back has lost its containers; who was added is not started again.
        #expect(Self.status("debugger", simulation) != nil)
        #expect(simulation.cluster.store.pods[Self.key]?.status.phase == .running)
    }
}
