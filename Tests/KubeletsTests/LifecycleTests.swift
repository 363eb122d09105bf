import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// The worked scenarios of `pod-lifecycle.md` §14 that concern the kubelet.
@Suite struct LifecycleTests {
    @Test func `a bound pod becomes running and ready`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named())
        bench.run(to: 60)
        let pod = bench.pod()
        #expect(pod.status.phase == .running)
        #expect(
            pod.condition == [
                "PodReadyToStartContainers": "True", "Initialized": "True", "Ready": "True",
                "ContainersReady": "True",
                "PodScheduled": "True",
            ])
        #expect(pod.status.podIP == "10.244.0.2")
        #expect(bench.container().ready && bench.container().started == true)
        let told = bench.cluster.eventLog.events.filter { $0.object.name == "p" }.map(\.reason)
        #expect(told == ["Pulling", "Pulled", "Created", "Started"])
        #expect(bench.events("Created").map(\.message) == ["Container created"])
    }

    @Test func `events of 1_27 name the container`() throws {
        var bench = try Bench(27)
        try bench.node()
        try bench.bind(.named())
        bench.run(to: 60)
        #expect(bench.events("Created").map(\.message) == ["Created container c"])
        #expect(bench.events("Started").map(\.message) == ["Started container c"])
    }

    @Test func `a deleted pod is told to stop, ends, and goes`() throws {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(.named())
        bench.run(to: 60)
        try bench.cluster.delete(Pod.self, key)
        bench.run(to: 60.5)
        #expect(bench.events("Killing").map(\.message) == ["Stopping container c"])
        #expect(bench.pod().status.phase == .running)
        bench.run(to: 62)
        #expect(!bench.has())
    }

    /// When each instance of the first container began and ended, by the API.
    private func runs(_ bench: inout Bench, to end: Double, container: Int = 0) -> [(
        start: Double, end: Double
    )] {
        var ends: [(Double, Double)] = []
        bench.run(to: end) { bench in
            guard bench.has(), !bench.pod().status.containerStatuses.isEmpty,
                let ended = bench.container(container).state.terminated, let start = ended.startedAt,
                let at = ended.finishedAt
            else { return }
            if ends.last?.1 != at.sinceStart.seconds {
                ends.append((start.sinceStart.seconds, at.sinceStart.seconds))
            }
        }
        return ends
    }

    @Test func `L1 a container that exits at once restarts after 0, 10, 20, 40, 80, 160, 300 seconds`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named("p", ["run-time": "0s", "exit-code": "1"]))
        let runs = runs(&bench, to: 1200)
        // Create and start take 150 ms each time.
        let waits = zip(runs.dropFirst(), runs).map { $0.start - $1.end - 0.15 }
        // The first restart comes as soon as the PLEG has found the exit: within its second.
        #expect((0...1.1).contains(waits[0]))
        #expect(close(Array(waits[1..<8]), [10, 20, 40, 80, 160, 300, 300]))
        #expect(bench.pod().status.phase == .running)
        let state = bench.container().state
        #expect(state.waiting?.reason == "CrashLoopBackOff")
        #expect(
            state.waiting?.message
                == "back-off 5m0s restarting failed container=c pod=p_default(\(bench.pod().metadata.uid))")
        #expect(bench.container().restartCount == runs.count - 1)
        #expect(bench.container().lastState.terminated?.reason == "Error")
    }

    @Test func `L2 a run of more than ten minutes makes the back-off start afresh`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named("p", ["run-time": "0s,0s,0s,0s,11m,0s", "exit-code": "1"]))
        let runs = runs(&bench, to: 900)
        let waits = zip(runs.dropFirst(), runs).map { $0.start - $1.end - 0.15 }
        #expect(close([waits[1], waits[2], waits[3], waits[5]], [10, 20, 40, 10]))
        #expect((0...1.1).contains(waits[0]) && (0...1.1).contains(waits[4]))
    }

    @Test func `L3 a failing init container fails a pod that never restarts`() throws {
        var bench = try Bench()
        try bench.node()
        var texts: [String] = []
        try bench.bind(
            Pod.named("p", ["a.run-time": "5s", "b.run-time": "1s", "b.exit-code": "1"]).with {
                $0.spec.restartPolicy = "Never"
                $0.spec.initContainers = [
                    Container(name: "a", image: "i:1"), Container(name: "b", image: "i:1"),
                ]
            })
        bench.run(to: 120) { bench in
            let done = bench.pod().status.initContainerStatuses.map {
                $0.state.terminated.map { "\($0.reason)" }
                    ?? ($0.state.running != nil ? "running" : "waiting")
            }.joined(separator: " ")
            if texts.last != done { texts.append(done) }
        }
        #expect(
            texts == [
                "waiting waiting", "running waiting", "Completed waiting", "Completed running",
                "Completed Error",
            ])
        #expect(bench.pod().status.phase == .failed)
        #expect(bench.container().state.waiting?.reason == "PodInitializing")
        #expect(bench.events("Created").count == 2)
    }

    @Test func `L4 a failing init container of a pod that restarts loops while the pod is pending`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["i.exit-code": "1"]).with {
                $0.spec.initContainers = [Container(name: "i", image: "i:1")]
            })
        bench.run(to: 60)
        let pod = bench.pod()
        #expect(pod.status.phase == .pending)
        #expect(pod.status.initContainerStatuses[0].state.waiting?.reason == "CrashLoopBackOff")
        #expect(pod.status.conditions["Initialized"]?.message == "containers with incomplete status: [i]")
    }

    private func sidecar(_ name: String) -> Container {
        var container = Container(name: name, image: "side:1")
        container.restartPolicy = "Always"
        return container
    }

    @Test func `L5 a sidecar does not keep a job's pod alive and stops after its container`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["c.run-time": "20s"]).with {
                $0.spec.restartPolicy = "Never"
                $0.spec.initContainers = [sidecar("s")]
            })
        bench.run(to: 120)
        let pod = bench.pod()
        #expect(pod.status.phase == .succeeded)
        let job = bench.container().state.terminated!
        let side = pod.status.initContainerStatuses[0].state.terminated!
        #expect(side.finishedAt! > job.finishedAt!)
        #expect(pod.status.conditions["Ready"]?.reason == "PodCompleted")
    }

    /// When a pod deleted at 60 s had its first container end, and how.
    private func ending(_ pod: Pod) throws -> (seconds: Double, code: Int) {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(pod)
        bench.run(to: 60)
        try bench.cluster.delete(Pod.self, key)
        var result = (0.0, -1)
        bench.run(to: 120) { bench in
            if bench.has(), let end = bench.container().state.terminated {
                result = (end.finishedAt!.sinceStart.seconds - 60.01, end.exitCode)
            }
        }
        #expect(!bench.has())
        return result
    }
    private func preStop(_ pod: Pod, grace: Int) -> Pod {
        pod.with {
            $0.spec.terminationGracePeriodSeconds = grace
            $0.spec.containers[0].lifecycle = Lifecycle()
            $0.spec.containers[0].lifecycle?.preStop = LifecycleHandler()
            $0.spec.containers[0].lifecycle?.preStop?.exec = ExecAction()
            $0.spec.containers[0].lifecycle?.preStop?.exec?.command = ["drain"]
        }
    }

    @Test func `L6 the preStop hook counts against the grace, and SIGKILL ends it`() throws {
        let end = try ending(preStop(.named("p", ["pre-stop-time": "10s", "stop-time": "never"]), grace: 30))
        #expect(close([end.seconds], [30]))
        #expect(end.code == 137)
    }

    @Test func `L6 a program that heeds SIGTERM gets it after the preStop hook`() throws {
        let end = try ending(preStop(.named("p", ["pre-stop-time": "10s", "stop-time": "0s"]), grace: 30))
        #expect(close([end.seconds], [10]))
        #expect(end.code == 143)
    }

    @Test func `L7 a preStop hook longer than the grace is cut, and two seconds remain`() throws {
        let end = try ending(preStop(.named("p", ["pre-stop-time": "20s", "stop-time": "never"]), grace: 5))
        #expect(close([end.seconds], [7]))
        #expect(end.code == 137)
    }

    @Test func `L8 a startup probe gives a slow program its time`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["startup-work": "95"]).with {
                $0.spec.containers[0].startupProbe = .http(period: 10, threshold: 30)
                $0.spec.containers[0].livenessProbe = .http(period: 10, threshold: 3)
            })
        bench.run(to: 300)
        let start = bench.container().state.running!.startedAt!
        let ready = bench.pod().status.conditions["Ready"]!.lastTransitionTime!
        #expect(ready - start >= .seconds(95))
        #expect(ready - start <= .seconds(105))
        #expect(bench.container().restartCount == 0)
        #expect(bench.times("Killing").isEmpty)
    }

    @Test func `L9 three failing liveness probes have the container restarted`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["liveness-fails": "100s"]).with {
                $0.spec.containers[0].livenessProbe = .http(period: 10, threshold: 3)
            })
        bench.run(to: 200)
        let start = bench.times("Started")[0]
        let unhealthy = bench.events("Unhealthy").filter { $0.time < start + 140 }
        #expect(
            unhealthy.map(\.message)
                == Array(repeating: "Liveness probe failed: HTTP probe failed with statuscode: 503", count: 3)
        )
        let killing = bench.events("Killing")[0]
        #expect(killing.message == "Container c failed liveness probe, will be restarted")
        #expect((120...130).contains(killing.time - start))
        #expect(bench.container().restartCount == 1)
    }

    @Test func `L10 a pod that does not fit is refused with the amounts`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named("other").resources(cpu: "3500m"))
        bench.run(to: 30)
        try bench.bind(.named().resources(cpu: "1"))
        bench.run(to: 31)
        let text = "Node didn't have enough resource: cpu, requested: 1000, used: 3500, capacity: 4000"
        #expect(bench.pod().status.phase == .failed)
        #expect(bench.pod().status.reason == "OutOfcpu")
        #expect(bench.pod().status.message == "Pod was rejected: \(text)")
        #expect(bench.events("OutOfcpu").map(\.message) == [text])
    }

    @Test func `L11 for memory those above their request go first, then by priority`() throws {
        var bench = try Bench()
        // What is left: 3040 − 900 − 2000 − 50 = 90 Mi.
        try bench.node(memory: "3040Mi")
        try bench.bind(Pod.named("a", ["memory": "900Mi"]).resources(memory: "512Mi"))
        try bench.bind(Pod.named("b", ["memory": "2000Mi"]).resources(memory: "2500Mi"))
        try bench.bind(Pod.named("c", ["memory": "50Mi"]).priority(bench.priorityClass(1000)))
        bench.run(to: 60)
        let a = bench.pod("a")
        let text =
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. "
            + "Container c was using 900Mi, request is 512Mi, has larger consumption of memory. "
        #expect(a.status.phase == .failed)
        #expect(a.status.reason == "Evicted")
        #expect(a.status.message == text)
        #expect(a.status.conditions["DisruptionTarget"]?.reason == "TerminationByKubelet")
        #expect(bench.pod("b").status.phase == .running)
        #expect(bench.pod("c").status.phase == .running)
        #expect(
            bench.events("EvictionThresholdMet", of: "n1").map(\.message) == ["Attempting to reclaim memory"])
        // The condition stays for five minutes after the last observation.
        func pressure() -> Bool {
            bench.cluster.store.nodes[ObjectKey(name: "n1")]!.status.conditions.isTrue("MemoryPressure")
        }
        #expect(pressure())
        bench.run(to: 300)
        #expect(pressure())
        bench.run(to: 400)
        #expect(!pressure())
    }

    @Test func `L12 a silent kubelet renews nothing and finishes no deletion until it is back`() throws {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(.named())
        bench.run(to: 60)
        let last = bench.cluster.leaseRenewals["n1"]
        bench.fleet.fail(node: "n1")
        try bench.cluster.delete(Pod.self, key)
        bench.run(to: 400)
        #expect(bench.cluster.leaseRenewals["n1"] == last)
        #expect(bench.has())
        #expect(bench.pod().status.phase == .running)
        bench.fleet.recover(node: "n1")
        bench.run(to: 402)
        #expect(!bench.has())
        #expect(bench.cluster.leaseRenewals["n1"]! >= .start + .seconds(400))
    }

    @Test func `containers of a machine that was off start again when it returns`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named())
        bench.run(to: 60)
        bench.fleet.fail(node: "n1", containers: .die)
        bench.run(to: 100)
        #expect(bench.pod().status.phase == .running)
        bench.fleet.recover(node: "n1")
        bench.run(to: 130)
        #expect(bench.container().restartCount == 1)
        #expect(bench.container().lastState.terminated?.exitCode == 255)
        #expect(bench.events("Rebooted", of: "n1").count == 1)
        #expect(bench.pod().isReady)
    }

    @Test func `L13 sidecars stop in reverse order after the containers`() throws {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(
            Pod.named("p", ["c.stop-time": "3s", "s1.stop-time": "2s", "s2.stop-time": "1s"]).with {
                $0.spec.initContainers = [sidecar("s1"), sidecar("s2")]
            })
        bench.run(to: 60)
        try bench.cluster.delete(Pod.self, key)
        var ends: [String: Double] = [:]
        bench.run(to: 90) { bench in
            guard bench.has() else { return }
            for status in bench.pod().status.containerStatuses + bench.pod().status.initContainerStatuses {
                if let end = status.state.terminated?.finishedAt {
                    ends[status.name] = end.sinceStart.seconds - 60.01
                }
            }
        }
        #expect(close([ends["c"]!, ends["s2"]!, ends["s1"]!], [3, 4, 6]))
    }

    @Test func `L14 a pod of which one container is done runs on and is not ready`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named(containers: ["done", "runs"], ["done.run-time": "5s", "runs.run-time": "forever"]).with {
                $0.spec.restartPolicy = "OnFailure"
            })
        bench.run(to: 60)
        #expect(bench.container(0).state.terminated?.reason == "Completed")
        #expect(bench.container(1).ready)
        #expect(bench.pod().status.phase == .running)
        #expect(bench.pod().status.conditions["Ready"]?.message == "containers with unready status: [done]")
    }

    @Test func `L15 a critical pod drives off the pods that come closest to what it lacks`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("big").resources(cpu: "2500m"))
        try bench.bind(Pod.named("middle").resources(cpu: "1"))
        try bench.bind(Pod.named("small").resources(cpu: "400m"))
        bench.run(to: 60)
        try bench.bind(Pod.named("critical").resources(cpu: "1").priority(bench.priorityClass(2_000_000_000)))
        bench.run(to: 120)
        #expect(bench.pod("critical").isReady)
        // 100m are free: of those that give the missing 900m the one with the least surplus goes.
        #expect(bench.pod("middle").status.reason == "Preempting")
        #expect(bench.pod("middle").status.phase == .failed)
        #expect(bench.pod("big").isReady && bench.pod("small").isReady)
        #expect(
            bench.events("Preempting", of: "middle").map(\.message) == [
                "Preempted in order to admit critical pod"
            ])
    }

    @Test(arguments: [("0", 999), ("1Gi", 938), ("4Gi", 750), ("16Gi", 3)])
    func `the readiness to be killed falls with the memory request`(request: String, score: Int) {
        let pod = Pod.named().resources(cpu: "1", memory: request)
        #expect(OOMScore.adjustment(of: pod.spec.containers[0], in: pod, nodeMemory: 16 << 30) == score)
    }

    @Test func `L16 a Guaranteed pod is killed last`() {
        let pod = Pod.named().resources(cpu: "1", memory: "1Gi", cpuLimit: "1", memoryLimit: "1Gi")
        #expect(OOMScore.adjustment(of: pod.spec.containers[0], in: pod, nodeMemory: 16 << 30) == -997)
    }

    @Test func `memory above the limit ends the container`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["memory": "100Mi->300Mi/100s"]).resources(memory: "100Mi", memoryLimit: "200Mi"))
        bench.run(to: 70)
        let end = bench.container().lastState.terminated ?? bench.container().state.terminated
        #expect(end?.reason == "OOMKilled")
        #expect(end?.exitCode == 137)
        #expect(abs((end!.finishedAt! - end!.startedAt!).seconds - 50) < 0.1)
    }

    @Test func `a pod past its active deadline fails`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named().with { $0.spec.activeDeadlineSeconds = 30 })
        bench.run(to: 60)
        #expect(bench.pod().status.phase == .failed)
        #expect(bench.pod().status.reason == "DeadlineExceeded")
        #expect(
            bench.events("DeadlineExceeded").map(\.message) == [
                "Pod was active on the node longer than the specified deadline"
            ])
    }

    @Test func `a shorter grace on a second delete shortens the wait`() throws {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(.named("p", ["stop-time": "never"]))
        bench.run(to: 60)
        try bench.cluster.delete(Pod.self, key)
        bench.run(to: 62)
        try bench.cluster.delete(Pod.self, key, DeleteOptions(gracePeriodSeconds: 5))
        bench.run(to: 66)
        #expect(bench.has())
        bench.run(to: 68)
        #expect(!bench.has())
    }

    @Test func `a failing readiness probe takes the pod out and puts it back`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["readiness-fails": "60s-120s"]).with {
                $0.spec.containers[0].readinessProbe = .http(period: 5, threshold: 2)
            })
        var changes: [(Double, Bool)] = []
        bench.run(to: 300) { bench in
            let ready = bench.pod().isReady
            if changes.last?.1 != ready { changes.append((bench.cluster.now.sinceStart.seconds, ready)) }
        }
        let start = bench.times("Started")[0]
        #expect(changes.map(\.1) == [false, true, false, true])
        #expect(close(changes.dropFirst(2).map { $0.0 - start }, [65, 120]))
        #expect(bench.container().restartCount == 0)
    }

    @Test func `a quiet cluster costs only its heartbeats`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named().with {
                $0.spec.containers[0].livenessProbe = .http()
                $0.spec.containers[0].readinessProbe = .http()
            })
        bench.run(to: 60)
        var wakes = 0
        bench.run(to: 290) { _ in wakes += 1 }
        #expect(wakes == 23)
    }
}
