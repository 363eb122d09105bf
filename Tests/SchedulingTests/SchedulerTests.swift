import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

@Suite struct SchedulerTests {
    @Test func `pending pods are bound to nodes with room`() {
        var bench = Bench()
        bench.node("a")
        bench.node("b")
        for i in 0..<6 { bench.pod("p\(i)", cpu: "1") }
        bench.run(.seconds(1))
        let places = (0..<6).map { bench.place("p\($0)") }
        #expect(places.filter { $0 == "a" }.count == 3)
        #expect(places.filter { $0 == "b" }.count == 3)
        #expect(bench.messages("Scheduled").first == "Successfully assigned default/p0 to \(places[0])")
        #expect(bench.stored("p0").status.conditions.isTrue("PodScheduled"))
    }

    @Test func `a pod that fits nowhere says why, and is placed when room appears`() {
        var bench = Bench()
        bench.node("a", cpu: "1")
        bench.pod("big", cpu: "2")
        bench.run(.seconds(1))
        let text = "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        #expect(bench.messages("FailedScheduling") == [text])
        let condition = bench.stored("big").status.conditions["PodScheduled"]
        #expect(condition?.status == "False")
        #expect(condition?.reason == "Unschedulable")
        #expect(condition?.message == text)
        bench.node("b")
        bench.run(.seconds(5))
        #expect(bench.place("big") == "b")
    }
}
