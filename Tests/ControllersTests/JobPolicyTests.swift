import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

/// Failure and success policies, limits for each index. Images `exit-N` end with N, `fail-I-…` fails the indexes named.
@Suite struct JobPolicyTests {
    private let key = ObjectKey(namespace: "default", name: "work")

    private func make(
        _ test: inout TestCluster, _ image: String, codes: [String: Int] = [:], _ change: (inout JobSpec) -> Void
    ) {
        test.player.endingImages = ["ok": 0, "bad": 1, "exit-42": 42].merging(codes) { $1 }
        var job = Job()
        job.metadata.name = "work"
        job.spec.template = TestCluster.template("work")
        job.spec.template.spec.containers[0].image = image
        job.spec.template.spec.restartPolicy = "Never"
        change(&job.spec.value)
        _ = try! test.cluster.create(job)
    }
    private func status(_ test: TestCluster) -> JobStatus { test.cluster.store.jobs[key]!.status }
    private func policy(_ rules: JSONValue...) -> JSONValue { ["rules": .array(rules)] }
    private func codes(_ action: String, _ comparison: String, _ values: [Int], container: String? = nil) -> JSONValue {
        var codes: JSONValue = ["operator": .string(comparison), "values": .array(values.map { .int(Int64($0)) })]
        if let container { codes["containerName"] = .string(container) }
        return ["action": .string(action), "onExitCodes": codes]
    }

    @Test func `an exit code can fail the job at once, with its running pods`() {
        var test = TestCluster()
        make(&test, "exit-42") { spec in
            (spec.parallelism, spec.completions, spec.backoffLimit) = (3, 3, 6)
            spec.podFailurePolicy = policy(codes("Ignore", "In", [1]), codes("FailJob", "In", [40, 42], container: "main"))
        }
        test.run(10)
        let conditions = status(test).conditions
        #expect(conditions.map(\.type) == ["FailureTarget", "Failed"])
        #expect(conditions.allSatisfy { $0.reason == "PodFailurePolicy" && $0.isTrue })
        let message = conditions.last!.message
        #expect(message.hasPrefix("Container main for pod default/work-") && message.hasSuffix(" failed with exit code 42 matching FailJob rule at index 1"))
        #expect(test.events("PodFailurePolicy") == [message])
        #expect(test.events("BackoffLimitExceeded").isEmpty)
    }

    @Test(arguments: [("Ignore", 0), ("Count", 3)]) func `failures can be ignored or counted`(action: String, failed: Int) {
        var test = TestCluster()
        make(&test, "exit-42") { spec in
            spec.backoffLimit = 2
            spec.podFailurePolicy = policy(codes(action, "NotIn", [1, 2]))
        }
        test.run(170)
        #expect(status(test).failed == failed)
        #expect(status(test).conditions.isTrue("Failed") == (action == "Count"))
        // Ignored or not, the pauses grow: 10, 20, 40, 80 s.
        #expect(test.pods().count == (action == "Count" ? 3 : 5))
    }

    @Test func `a condition of the pod decides about disruptions`() {
        var test = TestCluster()
        make(&test, "endless") { spec in
            spec.backoffLimit = 0
            spec.podFailurePolicy = policy(["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]])
        }
        test.run(5)
        let pod = test.pods()[0]
        let now = test.cluster.now
        test.cluster.modify(Pod.self, pod.key) { pod in
            pod.status.conditions.set(Condition(type: "DisruptionTarget", status: true, reason: "EvictionByEvictionAPI"), now: now)
            pod.status.phase = .failed
        }
        test.run(20)
        #expect(status(test).failed == 0 && status(test).active == 1)
        // Without the condition the failure counts, and one is one too many.
        test.cluster.modify(Pod.self, test.pods().first { $0.isActive }!.key) { $0.status.phase = .failed }
        test.run(20)
        #expect(status(test).failed == 1)
        #expect(status(test).conditions["Failed"]?.reason == "BackoffLimitExceeded")
    }

    @Test func `FailJob on a condition names the pod`() {
        var test = TestCluster()
        make(&test, "endless") { $0.podFailurePolicy = policy(["action": "FailJob", "onPodConditions": [["type": "ConfigIssue", "status": "True"]]]) }
        test.run(5)
        let pod = test.pods()[0]
        let now = test.cluster.now
        test.cluster.modify(Pod.self, pod.key) { pod in
            pod.status.conditions.set(Condition(type: "ConfigIssue", status: true), now: now)
            pod.status.phase = .failed
        }
        test.run(5)
        #expect(status(test).conditions["Failed"]?.message == "Pod default/\(pod.name) has condition ConfigIssue matching FailJob rule at index 0")
    }

    /// Pods of these indexes end with 1, the others with 0.
    private func failing(_ test: inout TestCluster, _ indexes: Set<Int>, until seconds: Double) {
        let end = test.cluster.now + .seconds(seconds)
        while test.cluster.now < end {
            test.run(0.5)
            let now = test.cluster.now
            for pod in test.pods() where pod.status.phase == .running {
                let index = Int(pod.metadata.annotations["batch.kubernetes.io/job-completion-index"] ?? "") ?? -1
                test.cluster.modify(Pod.self, pod.key) { pod in
                    pod.status.phase = indexes.contains(index) ? .failed : .succeeded
                    var end = ContainerStateTerminated()
                    (end.exitCode, end.finishedAt) = (indexes.contains(index) ? 1 : 0, now)
                    pod.status.containerStatuses[0].state = ContainerState()
                    pod.status.containerStatuses[0].state.terminated = end
                }
            }
        }
    }

    @Test func `each index has its own limit and its own pauses`() {
        var test = TestCluster()
        make(&test, "endless") { spec in
            (spec.completionMode, spec.completions, spec.parallelism, spec.backoffLimitPerIndex) = ("Indexed", 5, 5, 1)
        }
        #expect(test.cluster.store.jobs[key]?.spec.backoffLimit == Int(Int32.max))
        failing(&test, [1, 3], until: 8)
        #expect(status(test).completedIndexes == "0,2,4")
        #expect(status(test).failedIndexes == "")
        failing(&test, [1, 3], until: 20)
        #expect(status(test).failedIndexes == "1,3")
        #expect(status(test).failed == 4 && status(test).succeeded == 3)
        let failed = status(test).conditions["Failed"]
        #expect(failed?.reason == "FailedIndexes" && failed?.message == "Job has failed indexes")
        let counts = test.pods().map { $0.metadata.annotations["batch.kubernetes.io/job-index-failure-count"] ?? "none" }
        #expect(counts.sorted() == ["0", "0", "0", "0", "0", "1", "1"])
        let again = test.pods().filter { $0.name.hasPrefix("work-1-") }.map { $0.metadata.creationTimestamp!.sinceStart.seconds }.sorted()
        #expect(again[1] - again[0] >= 10 && again[1] - again[0] < 14)
    }

    @Test func `too many failed indexes fail the job`() {
        var test = TestCluster()
        make(&test, "endless") { spec in
            (spec.completionMode, spec.completions, spec.parallelism) = ("Indexed", 10, 2)
            (spec.backoffLimitPerIndex, spec.maxFailedIndexes) = (0, 1)
        }
        failing(&test, [0, 2, 4, 6], until: 40)
        #expect(status(test).failedIndexes == "0,2")
        let failed = status(test).conditions["Failed"]
        #expect(failed?.reason == "MaxFailedIndexesExceeded")
        #expect(failed?.message == "Job has exceeded the specified maximal number of failed indexes")
        #expect(status(test).conditions.isTrue("FailureTarget"))
    }

    @Test func `FailIndex gives an index up at its first failure`() {
        var test = TestCluster()
        make(&test, "endless") { spec in
            (spec.completionMode, spec.completions, spec.parallelism, spec.backoffLimitPerIndex) = ("Indexed", 3, 3, 5)
            spec.podFailurePolicy = policy(codes("FailIndex", "In", [1]))
        }
        failing(&test, [1], until: 30)
        #expect(status(test).failedIndexes == "1" && status(test).completedIndexes == "0,2")
        #expect(status(test).conditions["Failed"]?.reason == "FailedIndexes")
    }

    @Test(
        arguments: [
            ([["succeededIndexes": "0-1"]], [0, 1], true), ([["succeededIndexes": "0,2-3", "succeededCount": 2]], [2, 3], true),
            ([["succeededIndexes": "0,2-3", "succeededCount": 2]], [1, 3], false), ([["succeededCount": 3]], [0, 1, 4], true),
            ([["succeededCount": 3]], [0, 1], false), ([["succeededIndexes": "4"], ["succeededCount": 1]], [2], true),
        ] as [([JSONValue], [Int], Bool)])
    func `a success policy ends the job early`(rules: [JSONValue], done: [Int], isMet: Bool) {
        var test = TestCluster()
        make(&test, "endless") { spec in
            (spec.completionMode, spec.completions, spec.parallelism) = ("Indexed", 5, 5)
            spec.successPolicy = ["rules": .array(rules)]
        }
        test.run(4)
        for pod in test.pods() where done.contains(Int(pod.metadata.annotations["batch.kubernetes.io/job-completion-index"]!)!) {
            test.cluster.modify(Pod.self, pod.key) { $0.status.phase = .succeeded }
        }
        test.run(1.5)
        let rule = rules.count - 1
        #expect(status(test).conditions["SuccessCriteriaMet"]?.message == (isMet ? "Matched rules at index \(rule)" : nil))
        // The rest is being deleted: Complete only when it has gone.
        #expect(!status(test).conditions.isTrue("Complete"))
        test.run(20)
        let complete = status(test).conditions["Complete"]
        #expect(complete?.reason == (isMet ? "SuccessPolicy" : nil))
        #expect(complete?.message == (isMet ? "Matched rules at index \(rule)" : nil))
        #expect(status(test).succeeded == done.count)
        #expect(test.pods().count == (isMet ? done.count : 5))
        #expect(!status(test).conditions.isTrue("Failed"))
    }

    @Test func `suspending deletes pods without calling them failed`() {
        var test = TestCluster()
        make(&test, "endless") { spec in
            (spec.parallelism, spec.completions, spec.backoffLimit) = (3, 3, 0)
        }
        for _ in 0..<2 {
            test.run(10)
            #expect(status(test).active == 3)
            try! test.cluster.update(Job.self, key) { $0.spec.suspend = true }
            test.run(10)
            #expect(status(test).active == 0 && status(test).failed == 0)
            #expect(status(test).startTime == nil)
            try! test.cluster.update(Job.self, key) { $0.spec.suspend = false }
        }
        test.run(10)
        #expect(status(test).active == 3 && !status(test).conditions.isTrue("Failed"))
        #expect(test.events("Suspended").count == 2 && test.events("Resumed").count == 2)
        // Fewer at a time: those that are too many have not failed either.
        try! test.cluster.update(Job.self, key) { $0.spec.parallelism = 1 }
        test.run(10)
        #expect(status(test).active == 1 && status(test).failed == 0)
    }

    @Test(arguments: [("Failed", 3), ("TerminatingOrFailed", 4)]) func `a pod is replaced when it ends or as soon as it is going`(policy: String, most: Int) {
        var test = TestCluster()
        make(&test, "endless") { spec in
            (spec.parallelism, spec.completions, spec.podReplacementPolicy) = (3, 3, policy)
        }
        test.player.gone = .seconds(30)
        test.run(5)
        // It goes for 30 s; a failure is followed by a pause of 10 s, from its beginning or its end.
        _ = try! test.cluster.delete(Pod.self, test.pods()[0].key)
        var seen = 0
        test.run(60) { seen = max(seen, $0.store.pods.count) }
        #expect(seen == most)
        #expect(status(test).active == 3 && status(test).failed == 1)
    }
}
