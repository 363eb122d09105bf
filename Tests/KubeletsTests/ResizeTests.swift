import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// The worked scenarios and the decision table of `in-place-resize.md`.
@Suite struct ResizeTests {
    /// The decision table's ground: 4000m and 8Gi, others with 1500m and 2Gi, `c` with 500m/512Mi of 1000m/1Gi,
    /// using 700Mi.
    private func ground(_ minor: Int = 36, policies: [ContainerResizePolicy] = [], memory: String = "700Mi")
        throws -> Bench
    {
        var bench = try Bench(minor)
        try bench.node()
        try bench.bind(Pod.named("other").resources(cpu: "1200m", memory: "2Gi"))
        try bench.bind(Pod.named("small").resources(cpu: "300m"))
        let pod = Pod.named("p", ["memory": memory, "stop-time": "0s"])
            .resources(cpu: "500m", memory: "512Mi", cpuLimit: "1", memoryLimit: "1Gi")
        try bench.bind(pod.with { $0.spec.containers[0].resizePolicy = policies })
        bench.run(to: 60)
        return bench
    }

    @Test func `a resize that fits is granted and written without a restart`() throws {
        var bench = try ground()
        let before = bench.container()
        try bench.resize(cpu: "800m")
        #expect(bench.pod().metadata.generation == 2)
        bench.run(to: 60.02)
        #expect(bench.inProgress()?.status == "True")
        #expect(bench.container().allocatedResources["cpu"] == Quantity("800m"))
        #expect(bench.actual().requests["cpu"] == Quantity("500m"))
        bench.run(to: 61)
        #expect(bench.actual().requests["cpu"] == Quantity("800m"))
        #expect(bench.inProgress() == nil && bench.pending() == nil)
        #expect(bench.container().restartCount == 0)
        #expect(bench.container().containerID == before.containerID)
        let json =
            "{\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"},"
            + "\"requests\":{\"cpu\":\"800m\",\"memory\":\"512Mi\"}}}],\"generation\":2}"
        #expect(bench.events("ResizeStarted").map(\.message) == ["Pod resize started: \(json)"])
        #expect(bench.events("ResizeCompleted").map(\.message) == ["Pod resize completed: \(json)"])
    }

    @Test func `the policy of the changed resource decides about a restart`() throws {
        var bench = try ground(policies: [.init("cpu", "RestartContainer")])
        try bench.resize(cpu: "800m")
        bench.run(to: 70)
        #expect(bench.container().restartCount == 1)
        #expect(bench.events("Killing").map(\.message) == ["Container c resize requires restart"])
        #expect(bench.events("ResizeCompleted").count == 1)
        #expect(bench.actual().requests["cpu"] == Quantity("800m"))

        bench = try ground(policies: [.init("memory", "RestartContainer")])
        try bench.resize(cpu: "800m")
        bench.run(to: 70)
        #expect(bench.container().restartCount == 0)

        bench = try ground(policies: [.init("memory", "RestartContainer")])
        try bench.resize(cpu: "800m", memory: "600Mi")
        bench.run(to: 70)
        #expect(bench.container().restartCount == 1)
        #expect(bench.pod().isReady)
    }

    @Test func `a resize that does not fit now waits, and is retried when a neighbour goes`() throws {
        var bench = try ground()
        try bench.resize(cpu: "2600m", cpuLimit: "3")
        bench.run(to: 61)
        let text = "Node didn't have enough resource: cpu, requested: 2600, used: 1500, capacity: 4000"
        #expect(bench.pending()?.reason == "Deferred")
        #expect(bench.pending()?.message == text)
        #expect(bench.pending()?.observedGeneration == 2)
        #expect(bench.events("ResizeDeferred")[0].message.hasPrefix("Pod resize OutOfcpu: {\"containers\":"))
        // Retries that change nothing are silent.
        bench.run(to: 1000)
        #expect(bench.events("ResizeDeferred").count == 1)
        try bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "other"))
        bench.run(to: 1001)
        #expect(bench.pending()?.reason == "Deferred")
        bench.run(to: 1003)
        #expect(bench.pending() == nil)
        #expect(bench.actual().requests["cpu"] == Quantity("2600m"))
    }

    @Test func `2_3 and R3 a resize beyond the node is refused by the API server`() throws {
        var bench = try ground()
        let error = bench.refusal { try $0.resize(cpu: "5", cpuLimit: "5") }
        #expect(error?.code == 403)
        #expect(
            error?.message
                == "pods \"p\" is forbidden: node didn't have enough allocatable resources: cpu, requested: 5000, allocatable: 4000"
        )
        #expect(error?.causes.map(\.reason) == ["NodeCapacity"])
        bench.run(to: 70)
        #expect(bench.pod().metadata.generation == 1)
        #expect(bench.pending() == nil)
    }

    @Test func `before 1_36 the kubelet calls a resize beyond the node infeasible`() throws {
        var bench = try ground(35)
        try bench.resize(cpu: "5", cpuLimit: "5")
        bench.run(to: 70)
        #expect(bench.pending()?.reason == "Infeasible")
        #expect(
            bench.pending()?.message
                == "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000")
        #expect(bench.events("ResizeInfeasible").count == 1)
        // Set back, the condition goes.
        try bench.resize(cpu: "500m", cpuLimit: "1")
        bench.run(to: 71)
        #expect(bench.pending() == nil)
    }

    @Test func `a memory limit is not lowered below what is used`() throws {
        var bench = try ground()
        try bench.resize(memoryLimit: "600Mi")
        bench.run(to: 61)
        #expect(bench.inProgress()?.reason == "Error")
        #expect(
            bench.inProgress()?.message
                == "cannot decrease memory limits: [attempting to set pod memory limit (629145600) below current usage (734003200), "
                + "attempting to set container \"c\" memory limit (629145600) below current usage (734003200)]"
        )
        #expect(bench.actual().limits["memory"] == Quantity("1Gi"))
        bench.run(to: 200)
        #expect(bench.events("ResizeError").count == 1)
    }

    @Test func `R6 it is lowered at the first sync after the use has fallen`() throws {
        var bench = try ground()
        try bench.resize(memoryLimit: "600Mi")
        bench.run(to: 85)
        let key = ObjectKey(namespace: "default", name: "p")
        bench.fleet.setLoad(
            of: LoadTarget(kind: "Pod", key: key), cpu: nil, memory: 500 << 20, in: &bench.cluster)
        #expect(bench.inProgress()?.reason == "Error")
        bench.run(to: 101)
        #expect(bench.inProgress() == nil)
        #expect(bench.actual().limits["memory"] == Quantity("600Mi"))
        let completed = bench.times("ResizeCompleted")[0]
        #expect((85...100.2).contains(completed))
    }

    @Test
    func `a lowered memory limit with a restart takes effect in the new instance, which is then too big`()
        throws
    {
        var bench = try ground(policies: [.init("memory", "RestartContainer")])
        try bench.resize(memoryLimit: "600Mi")
        bench.run(to: 62)
        #expect(bench.actual().limits["memory"] == Quantity("600Mi"))
        #expect(
            bench.container().lastState.terminated?.reason == "OOMKilled"
                || bench.container().state.terminated?.reason == "OOMKilled")
    }

    @Test(arguments: [
        ("qos", "spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing"),
        ("removal", "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"),
        ("storage", "spec: Forbidden: only cpu and memory resources are mutable"),
        ("policy", "spec: Forbidden: only cpu and memory resources are mutable"),
        ("added", "spec.containers: Forbidden: containers may not be added or removed on resize"),
        (
            "renamed",
            "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize"
        ),
        (
            "above",
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"
        ),
    ])
    func `the API server refuses what is no resize`(what: String, text: String) throws {
        var bench = try ground()
        var pod = bench.pod()
        switch what {
        case "qos": pod.spec.containers[0].resources.requests = pod.spec.containers[0].resources.limits
        case "removal": pod.spec.containers[0].resources.limits["cpu"] = nil
        case "storage": pod.spec.containers[0].resources.requests["ephemeral-storage"] = Quantity("1Gi")!
        case "policy": pod.spec.containers[0].resizePolicy = [.init("cpu", "RestartContainer")]
        case "added": pod.spec.containers.append(Container(name: "d", image: "d:1"))
        case "renamed": pod.spec.containers[0].name = "d"
        default: pod.spec.containers[0].resources.requests["cpu"] = Quantity("2")!
        }
        let error = bench.refusal { try $0.cluster.resize(pod) }
        #expect(error?.code == 422)
        #expect(error?.message == "Pod \"p\" is invalid: \(text)")
        #expect(bench.pod().metadata.generation == 1)
    }

    @Test func `a resize stays within quota and limits`() throws {
        var bench = try ground()
        var quota = ResourceQuota()
        (quota.metadata.name, quota.metadata.namespace) = ("team", "default")
        quota.spec.hard = ["requests.cpu": Quantity("2200m")!]
        try bench.cluster.create(quota)
        // 2 of 2.2 cores are taken: 100m more are granted, another 200m are not.
        try bench.resize(cpu: "600m")
        let error = bench.refusal { try $0.resize(cpu: "800m") }
        #expect(
            error?.message == "pods \"p\" is forbidden: exceeded quota: team, requested: requests.cpu=200m, "
                + "used: requests.cpu=2100m, limited: requests.cpu=2200m")
        var range = LimitRange()
        (range.metadata.name, range.metadata.namespace) = ("bounds", "default")
        var item = LimitRangeItem()
        item.type = "Container"
        item.max["memory"] = Quantity("1Gi")!
        range.spec.limits = [item]
        try bench.cluster.create(range)
        let tooMuch = bench.refusal { try $0.resize(memoryLimit: "2Gi") }
        #expect(
            tooMuch?.message
                == "pods \"p\" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi")
    }

    @Test func `a mirror pod cannot be resized`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.cluster.create(
            Pod.named().resources(cpu: "500m").with {
                $0.metadata.annotations["kubernetes.io/config.mirror"] = "x"
                $0.nodeName = "n1"
            })
        bench.run(to: 60)
        #expect(
            bench.refusal { try $0.resize(cpu: "600m") }?.message.contains("static pods cannot be resized")
                == true)
    }

    @Test func `exclusive CPUs make a Guaranteed pod's resize infeasible`() throws {
        var configuration = KubeletConfiguration()
        configuration.cpuManagerPolicy = "static"
        var bench = try Bench(configuration: configuration)
        try bench.node()
        try bench.bind(Pod.named().resources(cpu: "2", memory: "1Gi", cpuLimit: "2", memoryLimit: "1Gi"))
        bench.run(to: 60)
        let key = ObjectKey(namespace: "default", name: "p")
        let wish = [ContainerResize("c", requests: .init(cpu: "3"), limits: .init(cpu: "3"))]
        let text = "Resize is infeasible for Guaranteed Pods alongside CPU Manager policy \"static\""
        #expect(
            bench.fleet.forecastResize(pod: key, containers: wish, in: bench.cluster).outcome
                == .infeasible(message: text))
        try bench.cluster.resize(pod: key, containers: wish)
        bench.run(to: 61)
        #expect(bench.pending()?.message == text)
        #expect(bench.actual().limits["cpu"] == Quantity("2"))
    }

    @Test func `a deferred resize that is set back leaves no trace`() throws {
        var bench = try ground()
        try bench.resize(cpu: "2600m", cpuLimit: "3")
        bench.run(to: 61)
        try bench.resize(cpu: "500m", cpuLimit: "1")
        bench.run(to: 62)
        #expect(bench.pending() == nil && bench.inProgress() == nil)
        #expect(bench.events("ResizeStarted").isEmpty)
    }

    @Test func `a deferred resize survives its kubelet's silence`() throws {
        var bench = try ground()
        try bench.resize(cpu: "2600m", cpuLimit: "3")
        bench.run(to: 61)
        bench.fleet.fail(node: "n1")
        bench.run(to: 100)
        bench.fleet.recover(node: "n1")
        bench.run(to: 101)
        #expect(bench.pending()?.reason == "Deferred")
        try bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "other"))
        bench.run(to: 110)
        #expect(bench.actual().requests["cpu"] == Quantity("2600m"))
    }

    @Test func `a crash-looping container is granted its resize at once and uses it at its next start`()
        throws
    {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("p", ["run-time": "0s", "exit-code": "1"]).resources(cpu: "500m"))
        bench.run(to: 60)
        #expect(bench.container().state.waiting?.reason == "CrashLoopBackOff")
        try bench.resize(cpu: "800m")
        bench.run(to: 61)
        #expect(bench.container().allocatedResources["cpu"] == Quantity("800m"))
        #expect(bench.inProgress() == nil)
        #expect(bench.events("ResizeStarted").count == 1 && bench.events("ResizeCompleted").count == 1)
    }

    @Test func `R1 the walk-through of the proposal`() throws {
        var bench = try Bench()
        try bench.node(cpu: "2")
        try bench.bind(Pod.named("other").resources(cpu: "400m"))
        try bench.bind(Pod.named().resources(cpu: "1"))
        bench.run(to: 60)
        try bench.resize(cpu: "1500m")
        bench.run(to: 61)
        #expect(bench.actual().requests["cpu"] == Quantity("1500m"))
        try bench.resize(cpu: "2")
        bench.run(to: 62)
        #expect(bench.pending()?.reason == "Deferred")
        #expect(bench.actual().requests["cpu"] == Quantity("1500m"))
        try bench.resize(cpu: "1600m")
        bench.run(to: 63)
        #expect(bench.pending() == nil && bench.inProgress() == nil)
        #expect(bench.actual().requests["cpu"] == Quantity("1600m"))
    }

    @Test func `R4 room goes by priority, then to Guaranteed pods, then to who waits longest`() throws {
        var bench = try Bench()
        try bench.node(cpu: "4")
        try bench.bind(Pod.named("filler").resources(cpu: "2500m"))
        for (name, priority, guaranteed) in [("p1", 0, false), ("p2", 1000, false), ("p3", 0, true)] {
            let pod =
                guaranteed
                ? Pod.named(name).resources(cpu: "500m", memory: "1Gi", cpuLimit: "500m", memoryLimit: "1Gi")
                : Pod.named(name).resources(cpu: "500m")
            try bench.bind(priority == 0 ? pod : pod.priority(bench.priorityClass(priority)))
        }
        bench.run(to: 60)
        for (i, name) in ["p1", "p2", "p3"].enumerated() {
            try bench.resize(name, cpu: "1200m", cpuLimit: name == "p3" ? "1200m" : nil)
            bench.run(to: Double(61 + i))
            #expect(bench.pending(name)?.reason == "Deferred")
        }
        var order: [String] = []
        try bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "filler"))
        bench.run(to: 80) { bench in
            for name in ["p1", "p2", "p3"]
            where !order.contains(name) && !bench.times("ResizeStarted", of: name).isEmpty {
                order.append(name)
            }
        }
        let told = bench.cluster.eventLog.events.filter { $0.reason == "ResizeStarted" }.map(\.object.name)
        #expect(told == ["p2", "p3", "p1"])
    }

    @Test func `R5 a resize that still does not fit does not stop a smaller one`() throws {
        var bench = try Bench()
        try bench.node(cpu: "4")
        try bench.bind(Pod.named("filler").resources(cpu: "300m"))
        try bench.bind(Pod.named("rest").resources(cpu: "2700m"))
        try bench.bind(Pod.named("a").resources(cpu: "500m").priority(bench.priorityClass(10)))
        try bench.bind(Pod.named("b").resources(cpu: "500m"))
        bench.run(to: 60)
        try bench.resize("a", cpu: "2500m")
        try bench.resize("b", cpu: "700m")
        bench.run(to: 61)
        #expect(bench.pending("a") != nil && bench.pending("b") != nil)
        try bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "filler"))
        bench.run(to: 70)
        #expect(bench.pending("a")?.reason == "Deferred")
        #expect(bench.actual("b").requests["cpu"] == Quantity("700m"))
        #expect(bench.events("ResizeDeferred", of: "a").count == 1)
    }

    @Test func `R7 of two containers that swap, the smaller one is written first`() throws {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(Pod.named(containers: ["c1", "c2"]).resources(cpu: "1", cpuLimit: "1"))
        bench.run(to: 60)
        try bench.cluster.resize(
            pod: key,
            containers: [
                .init("c2", requests: .init(cpu: "1500m"), limits: .init(cpu: "1500m")),
                .init("c1", requests: .init(cpu: "500m"), limits: .init(cpu: "500m")),
            ])
        var seen: [[Int64]] = []
        bench.run(to: 61) { bench in
            let limits = [0, 1].map { bench.actual("p", $0).limits.milliCPU! }
            if seen.last != limits { seen.append(limits) }
        }
        #expect(seen == [[1000, 1000], [500, 1000], [500, 1500]])
    }

    private func alpha() throws -> Bench {
        var bench = try Bench(27, gates: [("InPlacePodVerticalScaling", true)])
        try bench.node()
        try bench.bind(Pod.named("other").resources(cpu: "3"))
        try bench.bind(Pod.named().resources(cpu: "500m", memory: "512Mi", cpuLimit: "1", memoryLimit: "1Gi"))
        bench.run(to: 60)
        return bench
    }

    @Test func `R2 in the alpha a resize beyond the node is proposed, then infeasible`() throws {
        var bench = try alpha()
        try bench.resize(cpu: "5", cpuLimit: "5")
        #expect(bench.pod().status.resize == "Proposed")
        bench.run(to: 61)
        #expect(bench.pod().status.resize == "Infeasible")
        #expect(bench.container().allocatedResources["cpu"] == Quantity("500m"))
        #expect(bench.pod().requests(RequestRules(assigned: bench.cluster.profile)).milliCPU == 500)
    }

    @Test func `R8 in the alpha a deferred resize is looked at only at the pod's next sync`() throws {
        var bench = try alpha()
        try bench.resize(cpu: "1500m", cpuLimit: "2")
        bench.run(to: 61)
        #expect(bench.pod().status.resize == "Deferred")
        let began = 60.01
        try bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "other"))
        var granted: Double?
        bench.run(to: 200) { bench in
            if granted == nil, bench.container().allocatedResources["cpu"] == Quantity("1500m") {
                granted = bench.cluster.now.sinceStart.seconds
            }
        }
        #expect((60...90).contains(try #require(granted) - began))
        #expect(bench.pod().status.resize == "")
        #expect(bench.actual().requests["cpu"] == Quantity("1500m"))
    }

    @Test func `R9 the release retries as soon as room appears`() throws {
        var bench = try ground()
        try bench.resize(cpu: "2600m", cpuLimit: "3")
        bench.run(to: 61)
        try bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "other"))
        bench.run(to: 63)
        // One second until the neighbour has ended.
        #expect(close(bench.times("ResizeStarted"), [62.01]))
    }

    @Test func `R10 a failing write is repeated and keeps its generation`() throws {
        var bench = try ground()
        bench.fleet.failUpdates(of: bench.pod(), container: "c", resource: "cpu", times: 2)
        try bench.resize(cpu: "800m", memory: "600Mi")
        bench.run(to: 61)
        #expect(bench.inProgress()?.reason == "Error")
        #expect(bench.inProgress()?.observedGeneration == 2)
        #expect(bench.actual().requests["memory"] == Quantity("600Mi"))
        #expect(bench.actual().requests["cpu"] == Quantity("500m"))
        bench.run(to: 100)
        #expect(bench.inProgress() == nil)
        #expect(bench.actual().requests["cpu"] == Quantity("800m"))
        #expect(bench.events("ResizeError").count == 1)
        #expect(bench.events("ResizeCompleted")[0].message.contains("\"generation\":2"))
    }

    @Test func `R11 the scheduler sees room only once a decrease is in force`() throws {
        var bench = try ground()
        let rules = RequestRules(assigned: bench.cluster.profile)
        try bench.resize("other", cpu: "200m")
        var seen: [Int64] = []
        bench.run(to: 61) { bench in
            let requests = bench.pod("other").requests(rules).milliCPU
            let actual = bench.actual("other").requests.milliCPU!
            #expect(requests >= actual)
            if seen.last != requests { seen.append(requests) }
        }
        #expect(seen == [1200, 200])
    }

    @Test func `R12 in the alpha a resize restarts even a container that never restarts`() throws {
        var bench = try Bench(27, gates: [("InPlacePodVerticalScaling", true)])
        try bench.node()
        let pod = Pod.named("p", ["run-time": "forever"]).resources(cpu: "500m", cpuLimit: "1")
        // Given, not created: whether it may be created is validation's question.
        let given = try bench.cluster.adopt(
            pod.with {
                $0.spec.restartPolicy = "Never"
                $0.spec.containers[0].resizePolicy = [.init("cpu", "RestartContainer")]
            })
        try bench.cluster.bind(pod: given.key, uid: given.metadata.uid, to: "n1")
        bench.run(to: 60)
        try bench.resize(cpu: "600m")
        bench.run(to: 70)
        #expect(bench.container().state.running != nil)
        #expect(bench.container().restartCount == 1)
    }

    @Test func `R13 in the alpha a change of limits alone shows no state`() throws {
        var bench = try alpha()
        try bench.resize(cpuLimit: "2")
        #expect(bench.pod().status.resize == "")
        bench.run(to: 61)
        #expect(bench.pod().status.resize == "")
        #expect(bench.actual().limits["cpu"] == Quantity("2"))
    }

    @Test func `R14 two resizes in a row end at the second`() throws {
        var bench = try ground()
        try bench.resize(cpu: "800m")
        bench.run(to: 60.02)
        try bench.resize(cpu: "900m")
        bench.run(to: 62)
        #expect(bench.pod().metadata.generation == 3)
        #expect(bench.container().allocatedResources["cpu"] == Quantity("900m"))
        #expect(bench.actual().requests["cpu"] == Quantity("900m"))
        #expect(bench.events("ResizeStarted").count == 2)
        #expect(bench.inProgress() == nil)
    }

    @Test func `without the gate resources are immutable`() throws {
        var bench = try Bench(27)
        try bench.node()
        try bench.bind(Pod.named().resources(cpu: "500m"))
        bench.run(to: 60)
        let error = bench.refusal { try $0.resize(cpu: "600m") }
        #expect(
            error?.message.hasPrefix(
                "Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than ")
                == true)
    }

    @Test func `a forecast tells what would happen and changes nothing`() throws {
        let bench = try ground(policies: [.init("memory", "RestartContainer")])
        let key = ObjectKey(namespace: "default", name: "p")
        func forecast(_ change: ContainerResize) -> ResizeForecast {
            bench.fleet.forecastResize(pod: key, containers: [change], in: bench.cluster)
        }
        let fits = forecast(.init("c", requests: .init(memory: "600Mi")))
        #expect(fits.outcome == .fits)
        #expect(fits.restarts == ["c"])
        #expect(fits.largest == [.init(container: "c", milliCPU: 2500, memory: 6 << 30)])
        #expect(
            forecast(.init("c", requests: .init(cpu: "2600m"), limits: .init(cpu: "3"))).outcome
                == .deferred(
                    message:
                        "Node didn't have enough resource: cpu, requested: 2600, used: 1500, capacity: 4000",
                    resource: "cpu", shortBy: 100))
        guard
            case .refused(let error) = forecast(
                .init("c", requests: .init(cpu: "5"), limits: .init(cpu: "5"))
            ).outcome
        else {
            Issue.record("a resize beyond the node must be refused")
            return
        }
        #expect(error.causes.map(\.reason) == ["NodeCapacity"])
        #expect(forecast(.init("c", requests: .init(cpu: "500m"))).outcome == .unchanged)
        #expect(bench.pod().metadata.generation == 1)
    }
}
