import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// Room that the scheduler makes for resizes that a kubelet put off: `kubernetes-1.37.md` §3.8.
@Suite struct ResizePreemptionTests {
    private static let gate = "InPlacePodVerticalScalingSchedulerPreemption"

    /// One node of 4 CPU with `low` of 2 CPU and `high`, whose resize from 1 to 3 CPU is put off.
    private func bench(_ gates: [String] = [gate], low: Int = 0, _ change: (inout Pod) -> Void = { _ in }) -> Bench {
        var bench = Bench(minor: 37, gates: gates)
        bench.node("n1", cpu: "4")
        bench.node("n2", cpu: "4")
        bench.pod("low", cpu: "2", priority: low, on: "n1")
        bench.pod("other", cpu: "2", priority: low, on: "n2")
        bench.pod("high", cpu: "3", priority: 100, on: "n1")
        bench.cluster.modify(Pod.self, bench.stored("high").key, change)
        bench.run(.seconds(1))
        putOff(&bench)
        return bench
    }
    private func putOff(_ bench: inout Bench, _ reason: String = "Deferred") {
        let now = bench.cluster.now
        bench.cluster.modify(Pod.self, bench.stored("high").key) { pod in
            var status = ContainerStatus()
            status.name = "web"
            status.allocatedResources["cpu"] = Quantity("1")!
            status.resources = ResourceRequirements()
            status.resources?.requests["cpu"] = Quantity("1")!
            pod.status.containerStatuses = [status]
            pod.status.conditions.set(Condition(type: "PodScheduled", status: true), now: now)
            pod.status.conditions.set(Condition(type: "PodResizePending", status: true, reason: reason), now: now)
        }
    }
    private func isGoing(_ bench: Bench, _ name: String = "low") -> Bool { bench.stored(name).metadata.isTerminating }

    @Test func `3_8 a pod of lower priority goes for a resize that was put off, on its node alone`() {
        var off = bench([])
        off.run(.minutes(10))
        #expect(!isGoing(off))
        var bench = bench()
        bench.run(.seconds(1))
        #expect(isGoing(bench) && !isGoing(bench, "other"))
        let condition = bench.stored("low").status.conditions["DisruptionTarget"]
        #expect(condition?.reason == "PreemptionByScheduler")
        #expect(condition?.message == "default-scheduler: preempting to accommodate a higher priority pod")
        #expect(bench.messages("Preempted") == ["Preempted by pod \(bench.stored("high").metadata.uid) on node n1"])
        // The pod itself keeps its place and its condition.
        #expect(bench.messages("FailedScheduling").isEmpty && bench.stored("high").status.conditions.isTrue("PodScheduled"))
        #expect(bench.place("high") == "n1" && bench.stored("high").status.nominatedNodeName.isEmpty)
    }

    @Test func `3_8 what fits, may not preempt or has nobody below it evicts nobody`() {
        var never = bench { $0.spec.preemptionPolicy = "Never" }
        var equal = bench(low: 100)
        for _ in 0..<2 {
            never.run(.minutes(6))
            equal.run(.minutes(6))
        }
        #expect(!isGoing(never) && !isGoing(equal))
        var fits = bench()
        fits.cluster.modify(Pod.self, fits.stored("high").key) { $0.spec.containers[0].resources.requests["cpu"] = Quantity("2")! }
        fits.run(.minutes(1))
        #expect(!isGoing(fits))
        let attempt = fits.scheduler.lastAttempt(of: fits.stored("high").key, in: fits.cluster)
        #expect(attempt?.message == "pod resize fits, waiting for Kubelet actuation" && attempt?.queue == "unschedulable")
        var forbidden = bench()
        let now = forbidden.cluster.now
        forbidden.cluster.modify(Pod.self, forbidden.stored("high").key) {
            $0.status.conditions.set(Condition(type: "PodResizePreemptionDisabled", status: true, reason: "PreemptionDisabled"), now: now)
        }
        forbidden.run(.minutes(1))
        #expect(!isGoing(forbidden))
    }

    @Test func `3_8 it waits for its victim, is woken by another's growth, and leaves with the condition`() {
        var bench = bench()
        bench.run(.seconds(20))
        func attempts(_ bench: Bench) -> Int { bench.scheduler.lastAttempt(of: bench.stored("high").key, in: bench.cluster)?.attempts ?? 0 }
        #expect(isGoing(bench) && attempts(bench) == 1)
        bench.pod("small", cpu: "100m", priority: 0, on: "n1")
        bench.cluster.finishDeletion(ofPod: bench.stored("low").key, uid: bench.stored("low").metadata.uid)
        bench.run(.seconds(20))
        #expect(attempts(bench) == 2 && !isGoing(bench, "small"))
        // Somebody else took the room.
        bench.cluster.modify(Pod.self, bench.stored("small").key) { $0.spec.containers[0].resources.requests["cpu"] = Quantity("1500m")! }
        bench.run(.seconds(20))
        #expect(attempts(bench) == 3 && isGoing(bench, "small"))
        bench.cluster.modify(Pod.self, bench.stored("high").key) { $0.status.conditions = $0.status.conditions.filter { $0.type != "PodResizePending" } }
        bench.run(.seconds(1))
        #expect(bench.scheduler.lastAttempt(of: bench.stored("high").key, in: bench.cluster) == nil)
    }

    @Test func `3_8 a scheduler that starts anew finds what waits, and pods that end are forgotten`() {
        var bench = bench()
        bench.scheduler.restart(in: bench.cluster, configuration: .init())
        bench.run(.seconds(1))
        #expect(isGoing(bench))
        bench.cluster.modify(Pod.self, bench.stored("high").key) { $0.status.phase = .succeeded }
        bench.run(.minutes(1))
        #expect(bench.scheduler.lastAttempt(of: bench.stored("high").key, in: bench.cluster) == nil)
        var infeasible = self.bench([])
        putOff(&infeasible, "Infeasible")
        infeasible.scheduler.restart(in: infeasible.cluster, configuration: .init())
        infeasible.run(.minutes(6))
        #expect(!isGoing(infeasible))
    }
}
