import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// Groups of pods: the worked scenarios of `gang-scheduling.md` by their numbers, and the invariants of its §8.
@Suite struct GroupTests {
    // MARK: Building

    /// Two nodes of 2 CPU, the gate on.
    private func bench(_ minor: Int = 37, _ gates: [String] = ["GenericWorkload"], nodes: Int = 2) -> Bench {
        var bench = Bench(minor: minor, gates: gates)
        for i in 1...nodes { bench.node("n\(i)", cpu: "2") }
        return bench
    }
    private func group(_ bench: inout Bench, _ name: String = "g", gang: Int?, priority: Int = 0, _ change: (inout PodGroup) -> Void = { _ in }) throws {
        var group = PodGroup()
        group.metadata.name = name
        if let gang {
            group.spec.schedulingPolicy.gang = .init()
            group.spec.schedulingPolicy.gang?.minCount = gang
        } else {
            group.spec.schedulingPolicy.basic = .init()
        }
        if priority != 0 {
            group.spec.priorityClassName = "priority-\(priority)"
            var known = PriorityClass()
            (known.metadata.name, known.value) = (group.spec.priorityClassName, priority)
            if bench.cluster.store.priorityClasses[known.key] == nil { try bench.cluster.create(known) }
        }
        change(&group)
        try bench.cluster.create(group)
    }
    private func member(_ bench: inout Bench, _ name: String, of group: String = "g", priority: Int = 0, on node: String = "", cpu: String = "1") {
        bench.pod(name, cpu: cpu, priority: priority, on: node) {
            $0.spec.schedulingGroup = PodSchedulingGroup()
            $0.spec.schedulingGroup?.podGroupName = group
        }
    }
    private func members(_ bench: inout Bench, _ count: Int, priority: Int = 0) {
        for i in 1...count { member(&bench, "p\(i)", priority: priority) }
    }
    private func places(_ bench: Bench, _ count: Int) -> [String] { (1...count).map { bench.place("p\($0)") } }
    private func condition(_ bench: Bench, _ name: String = "g") -> Condition? {
        let group = bench.cluster.store.podGroups[ObjectKey(namespace: "default", name: name)]
        return group?.conditions[bench.cluster.profile.podGroupScheduledCondition]
    }
    private func message(_ bench: Bench, _ name: String) -> String { bench.stored(name).status.conditions["PodScheduled"]?.message ?? "" }
    private func explained(_ bench: Bench, _ name: String) -> String {
        bench.scheduler.explain(pod: bench.stored(name), in: bench.cluster).gate?.words ?? ""
    }
    /// Ends the pods that are being deleted, as their kubelets would.
    private func finish(_ bench: inout Bench) {
        for pod in bench.cluster.store.pods.all where pod.metadata.isTerminating {
            bench.cluster.finishDeletion(ofPod: pod.key, uid: pod.metadata.uid)
        }
    }

    // MARK: Scenarios

    @Test func `1 and 2 a gang is not tried before it is complete, and is then placed whole`() throws {
        var bench = bench()
        try group(&bench, gang: 4)
        members(&bench, 3)
        bench.run(.seconds(30))
        #expect(places(bench, 3) == ["", "", ""])
        #expect(bench.messages("FailedScheduling").isEmpty)
        #expect(message(bench, "p1").isEmpty)
        let why = "waiting for minCount pods from a gang to appear in scheduling queue"
        #expect(explained(bench, "p1") == why)
        let attempt = bench.scheduler.lastAttempt(of: bench.stored("p1").key, in: bench.cluster)
        #expect(attempt?.queue == "gated" && attempt?.message == why && attempt?.attempts == 0)
        #expect(condition(bench) == nil)

        member(&bench, "p4")
        bench.run(.seconds(1))
        #expect(places(bench, 4).sorted() == ["n1", "n1", "n2", "n2"])
        #expect(condition(bench)?.isTrue == true && condition(bench)?.reason == "Scheduled" && condition(bench)?.message == "")
        #expect(condition(bench)?.type == "PodGroupInitiallyScheduled" && condition(bench)?.observedGeneration == 1)
    }

    @Test func `3 and 5 a gang that does not fit binds nothing, and fits once less is asked for`() throws {
        var bench = bench()
        try group(&bench, gang: 5)
        members(&bench, 5)
        bench.run(.seconds(1))
        let text =
            "minCount (5) cannot be satisfied: 4 scheduled, 0 remaining, "
            + "pod group preemption: No preemption victims found for incoming preemptor"
        #expect(places(bench, 5) == Array(repeating: "", count: 5))
        #expect((1...4).map { message(bench, "p\($0)") } == Array(repeating: text, count: 4))
        #expect(message(bench, "p5") == "0/2 nodes are available: 2 Insufficient cpu.")
        #expect(condition(bench)?.status == "False" && condition(bench)?.reason == "Unschedulable" && condition(bench)?.message == text)
        #expect(bench.messages("FailedScheduling").count == 5, "one for each pod")
        #expect(bench.stored("p1").status.conditions["PodScheduled"]?.reason == "Unschedulable")

        let key = ObjectKey(namespace: "default", name: "g")
        try bench.cluster.update(PodGroup.self, key) { $0.spec.schedulingPolicy.gang?.minCount = 4 }
        bench.run(.seconds(10))
        #expect(places(bench, 5).filter { !$0.isEmpty }.count == 4)
        #expect(condition(bench)?.isTrue == true)
    }

    @Test func `4 what is beyond the minimum waits alone`() throws {
        var bench = bench()
        try group(&bench, gang: 3)
        members(&bench, 5)
        bench.run(.seconds(2))
        #expect(places(bench, 5).filter { !$0.isEmpty }.count == 4)
        #expect(places(bench, 5)[4] == "")
        #expect(message(bench, "p5") == "0/2 nodes are available: 2 Insufficient cpu.")
        #expect(condition(bench)?.isTrue == true)
        // Room for it is found like that for any pod.
        bench.node("n3", cpu: "1")
        bench.run(.seconds(10))
        #expect(bench.place("p5") == "n3")
    }

    @Test func `6 asking for more does nothing to what runs`() throws {
        var bench = bench()
        try group(&bench, gang: 4)
        members(&bench, 4)
        bench.run(.seconds(1))
        try bench.cluster.update(PodGroup.self, ObjectKey(namespace: "default", name: "g")) { $0.spec.schedulingPolicy.gang?.minCount = 6 }
        bench.run(.minutes(10))
        #expect(places(bench, 4).allSatisfy { !$0.isEmpty })
        #expect(condition(bench)?.isTrue == true)
        #expect(bench.messages("FailedScheduling").isEmpty && bench.messages("Preempted").isEmpty)
    }

    @Test func `7 pods wait for the group that they name`() throws {
        var bench = bench()
        members(&bench, 2)
        bench.run(.seconds(5))
        #expect(explained(bench, "p1") == "waiting for pods's pod group \"g\" to appear in scheduling queue")
        #expect(places(bench, 2) == ["", ""])
        try group(&bench, gang: 2)
        bench.run(.seconds(1))
        #expect(places(bench, 2).allSatisfy { !$0.isEmpty })
    }

    @Test func `8 a gang evicts as little as lets it in`() throws {
        var bench = bench()
        for i in 1...4 { bench.pod("old\(i)", cpu: "1", on: i <= 2 ? "n1" : "n2") }
        try group(&bench, gang: 2, priority: 100)
        members(&bench, 2, priority: 100)
        bench.run(.seconds(1))
        let text = condition(bench)?.message ?? ""
        #expect(text.hasPrefix("minCount (2) cannot be satisfied: 0 scheduled, 1 remaining, "), "\(text)")
        #expect(text.hasSuffix("found a placement for podgroup, preempting 2 victims"), "\(text)")
        let victims = (1...4).filter { bench.stored("old\($0)").metadata.isTerminating }
        #expect(victims.count == 2)
        #expect((1...2).allSatisfy { !bench.stored("p\($0)").status.nominatedNodeName.isEmpty })
        let marked = bench.stored("old\(victims[0])").status.conditions["DisruptionTarget"]
        #expect(marked?.message == "default-scheduler: preempting to accommodate a higher priority podgroup")
        let uid = bench.cluster.store.podGroups[ObjectKey(namespace: "default", name: "g")]?.metadata.uid ?? ""
        #expect(bench.messages("Preempted") == Array(repeating: "Preempted by podgroup \(uid) on node cluster", count: 2))
        finish(&bench)
        bench.run(.seconds(10))
        #expect(places(bench, 2).allSatisfy { !$0.isEmpty })
        #expect(condition(bench)?.isTrue == true)
    }

    @Test func `9 a group of mode all loses all its pods or none`() throws {
        var bench = bench()
        try group(&bench, "low", gang: 4) {
            $0.spec.disruptionMode = PodGroupDisruptionMode()
            $0.spec.disruptionMode?.all = .init()
        }
        for i in 1...4 { member(&bench, "old\(i)", of: "low", on: i <= 2 ? "n1" : "n2") }
        try group(&bench, gang: 2, priority: 100)
        members(&bench, 2, priority: 100)
        bench.run(.seconds(1))
        #expect(condition(bench)?.message.hasSuffix("found a placement for podgroup, preempting 4 victims") == true)
        #expect((1...4).allSatisfy { bench.stored("old\($0)").metadata.isTerminating })
        let low = bench.cluster.store.podGroups[ObjectKey(namespace: "default", name: "low")]
        #expect(low?.conditions["DisruptionTarget"]?.reason == "PreemptionByScheduler")
    }

    @Test func `9 a single pod drags the whole group too, where one victim would do`() throws {
        var bench = bench()
        try group(&bench, "low", gang: 4) {
            $0.spec.disruptionMode = PodGroupDisruptionMode()
            $0.spec.disruptionMode?.all = .init()
        }
        for i in 1...4 { member(&bench, "old\(i)", of: "low", on: i <= 2 ? "n1" : "n2") }
        bench.pod("urgent", cpu: "1", priority: 100)
        bench.run(.seconds(1))
        #expect((1...4).allSatisfy { bench.stored("old\($0)").metadata.isTerminating })
    }

    @Test func `10 pods of another priority than their group are an error`() throws {
        var bench = bench()
        for i in 1...4 { bench.pod("old\(i)", cpu: "1", on: i <= 2 ? "n1" : "n2") }
        try group(&bench, gang: 2)
        members(&bench, 2, priority: 100)
        bench.run(.milliseconds(500))
        let text = "all pods in a single pod group should have the same priority as the pod group's priority, got 100 and 0"
        #expect(condition(bench)?.reason == "SchedulerError" && condition(bench)?.message == text)
        #expect(bench.messages("FailedScheduling") == [text, text])
        #expect(bench.stored("p1").status.conditions["PodScheduled"]?.reason == "SchedulerError")
        #expect(bench.messages("Preempted").isEmpty)
    }

    @Test func `11 what is bound already counts and stays`() throws {
        var bench = bench()
        bench.pod("other", cpu: "1", on: "n2")
        try group(&bench, gang: 4)
        for i in 1...2 { member(&bench, "p\(i)", on: "n1") }
        for i in 3...4 { member(&bench, "p\(i)") }
        bench.run(.seconds(1))
        #expect(condition(bench)?.message.hasPrefix("minCount (4) cannot be satisfied: 3 scheduled, 0 remaining") == true)
        #expect(places(bench, 4) == ["n1", "n1", "", ""])
    }

    @Test func `13 pods of a basic group go one by one`() throws {
        var bench = bench(nodes: 1)
        bench.pod("other", cpu: "1", on: "n1")
        try group(&bench, gang: nil)
        members(&bench, 3)
        bench.run(.seconds(1))
        #expect(places(bench, 3) == ["n1", "", ""])
        #expect((2...3).map { message(bench, "p\($0)") } == Array(repeating: "0/1 nodes are available: 1 Insufficient cpu.", count: 2))
        #expect(condition(bench)?.isTrue == true)
    }

    @Test func `14 in 1_36 the pods that fit wait for the others`() throws {
        var bench = bench(36, ["GenericWorkload", "GangScheduling"])
        try group(&bench, gang: 5)
        members(&bench, 5)
        bench.run(.seconds(1))
        let text = "waiting for minCount pods from a gang to be scheduled"
        #expect((1...4).map { message(bench, "p\($0)") } == Array(repeating: text, count: 4))
        #expect(message(bench, "p5").hasPrefix("0/2 nodes are available: 2 Insufficient cpu."))
        #expect(condition(bench)?.type == "PodGroupScheduled" && condition(bench)?.status == "False" && condition(bench)?.message == text)
        #expect(places(bench, 5) == Array(repeating: "", count: 5))
    }

    @Test(arguments: [(37, [String]()), (36, []), (36, ["GenericWorkload"])])
    func `15 without the gate the pods are placed one by one`(minor: Int, gates: [String]) throws {
        var bench = bench(minor, gates)
        members(&bench, 5)
        bench.run(.seconds(1))
        #expect((bench.stored("p1").spec.schedulingGroup == nil) == gates.isEmpty)
        #expect(places(bench, 5).filter { !$0.isEmpty }.count == 4)
        if gates.isEmpty {
            let refusal = #expect(throws: APIError.self) { try group(&bench, gang: 5) }
            #expect(refusal?.code == 404)
        }
    }

    // MARK: Topology

    private let topology = ["GenericWorkload", "TopologyAwareWorkloadScheduling"]
    private func inOneZone(_ group: inout PodGroup) {
        var constraint = PodGroupSchedulingConstraints.Topology()
        constraint.key = "topology.kubernetes.io/zone"
        group.spec.schedulingConstraints = PodGroupSchedulingConstraints()
        group.spec.schedulingConstraints?.topology = [constraint]
    }

    @Test func `a group stays in the domain that holds all of it`() throws {
        var bench = Bench(minor: 37, gates: topology)
        for zone in ["a", "b", "c"] { for i in 1...2 { bench.node("\(zone)\(i)", cpu: "2", zone: zone) } }
        bench.pod("busy", cpu: "1", on: "a1")
        bench.pod("busier", cpu: "2", on: "b1")
        try group(&bench, gang: 4, inOneZone)
        members(&bench, 4)
        bench.run(.seconds(1))
        #expect(places(bench, 4).sorted() == ["c1", "c1", "c2", "c2"])
        // One more goes where the others are, or nowhere.
        member(&bench, "p5")
        bench.run(.seconds(5))
        #expect(bench.place("p5") == "")
        #expect(message(bench, "p5") == "0/2 nodes are available: 2 Insufficient cpu.")
    }

    @Test func `a group that no domain holds says so`() throws {
        var bench = Bench(minor: 37, gates: topology)
        for zone in ["a", "b", "c"] { bench.node("\(zone)1", cpu: "2", zone: zone) }
        try group(&bench, gang: 4, inOneZone)
        members(&bench, 4)
        bench.run(.seconds(1))
        #expect(places(bench, 4) == ["", "", "", ""])
        #expect(
            condition(bench)?.message
                == "0/3 placements are available, first placement status: minCount (4) cannot be satisfied: 2 scheduled, 1 remaining, "
                + "pod group preemption: No preemption victims found for incoming preemptor")
        #expect(message(bench, "p3") == "0/1 nodes are available: 1 Insufficient cpu.")
        #expect(message(bench, "p4") == condition(bench)?.message, "never tried")
    }

    // MARK: Invariants

    /// Random groups, pods and nodes: no pod of a gang is bound while too few of it are, conditions never fall back, and after a failed
    /// attempt nothing is left behind.
    @Test(arguments: 0..<40) func `invariants hold under churn`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed), stream: "groups")
        var bench = Bench(minor: 37, seed: UInt64(seed), gates: random.below(2) == 0 ? topology : ["GenericWorkload"])
        for i in 0..<4 { bench.node("n\(i)", cpu: "\(1 + random.below(3))", zone: "z\(i % 2)") }
        var made: Set<String> = []
        var wasTrue: Set<String> = []
        for step in 0..<60 {
            let name = "g\(random.below(4))"
            switch random.below(8) {
            case 0 where made.insert(name).inserted:
                let all = random.below(2) == 0
                let priority = random.below(2) * 100
                let zoned = bench.cluster.profile.groupsHaveTopology && random.below(2) == 0
                try group(&bench, name, gang: random.below(4) == 0 ? nil : 1 + random.below(4), priority: priority) { group in
                    if all {
                        group.spec.disruptionMode = PodGroupDisruptionMode()
                        group.spec.disruptionMode?.all = .init()
                    }
                    if zoned { inOneZone(&group) }
                }
            case 1...4:
                let object = bench.cluster.store.podGroups[ObjectKey(namespace: "default", name: name)]
                member(&bench, "p\(step)", of: name, priority: object?.spec.priority ?? 0, cpu: random.below(2) == 0 ? "1" : "500m")
            case 5: bench.pod("s\(step)", cpu: "1", priority: random.below(3) * 100)
            case 6:
                if let pod = bench.cluster.store.pods.all.shuffled(by: &random).first {
                    _ = try? bench.cluster.delete(Pod.self, pod.key, DeleteOptions(gracePeriodSeconds: 0))
                }
            default: finish(&bench)
            }
            bench.run(.milliseconds(random.below(3000)))
            for group in bench.cluster.store.podGroups.all where group.conditions.isTrue("PodGroupInitiallyScheduled") { wasTrue.insert(group.name) }
            for name in wasTrue {
                let group = bench.cluster.store.podGroups[ObjectKey(namespace: "default", name: name)]
                #expect(group?.conditions.isTrue("PodGroupInitiallyScheduled") == true, "seed \(seed): \(name) fell back")
            }
            for group in bench.cluster.store.podGroups.all where group.isGang && !wasTrue.contains(group.name) {
                let bound = bench.cluster.store.pods.all.count { $0.podGroupKey == group.key && !$0.nodeName.isEmpty }
                #expect(bound == 0, "seed \(seed): \(bound) of \(group.name) bound")
            }
        }
        // What the scheduler keeps is what it would read anew.
        bench.run(.minutes(20))
        let waiting = bench.cluster.store.pods.all.filter { $0.nodeName.isEmpty }.map(\.key)
        for key in waiting { #expect(bench.scheduler.lastAttempt(of: key, in: bench.cluster) != nil, "seed \(seed): \(key) was lost") }
    }
}

extension Array {
    /// In an order that chance gives.
    fileprivate func shuffled(by random: inout SeededRandom) -> [Element] {
        var rest = self
        var result: [Element] = []
        while !rest.isEmpty { result.append(rest.remove(at: random.below(rest.count))) }
        return result
    }
}
