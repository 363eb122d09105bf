import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct JobTests {
    private let key = ObjectKey(namespace: "default", name: "work")
    private func make(
        _ test: inout TestCluster, image: String = "ok", _ change: (inout JobSpec) -> Void = { _ in }
    ) {
        test.player.endingImages = ["ok": 0, "bad": 1]
        var job = Job()
        job.metadata.name = "work"
        job.spec.template = TestCluster.template("work")
        job.spec.template.spec.containers[0].image = image
        job.spec.template.spec.restartPolicy = "Never"
        change(&job.spec.value)
        _ = try! test.cluster.create(job)
    }
    private func job(_ test: TestCluster) -> Job { test.cluster.store.jobs[key]! }

    @Test func `a job ends when enough pods succeeded, so many at a time`() {
        var test = TestCluster()
        make(&test) { spec in
            spec.completions = 5
            spec.parallelism = 2
        }
        var most = 0
        test.run(30) { most = max(most, $0.store.pods.all.count(where: \.isActive)) }
        #expect(most == 2)
        #expect(job(test).status.succeeded == 5)
        #expect(job(test).status.conditions["Complete"]?.reason == "CompletionsReached")
        #expect(test.events("Completed") == ["Job completed"])
        #expect(test.pods().count == 5)
    }

    @Test func `failures are retried with growing pauses up to the limit`() {
        var test = TestCluster()
        make(&test, image: "bad") { $0.backoffLimit = 2 }
        test.run(20)
        #expect(job(test).status.failed == 2)
        test.run(60)
        #expect(job(test).status.failed == 3)
        let failed = job(test).status.conditions["Failed"]
        #expect(failed?.reason == "BackoffLimitExceeded")
        #expect(failed?.message == "Job has reached the specified backoff limit")
        let made = test.pods().map { $0.metadata.creationTimestamp!.sinceStart.seconds }.sorted()
        #expect(made[1] - made[0] >= 10 && made[2] - made[1] >= 20)
    }

    @Test func `a job that takes too long fails and a finished one goes after its time`() {
        var test = TestCluster()
        make(&test, image: "endless") { spec in
            spec.activeDeadlineSeconds = 20
            spec.ttlSecondsAfterFinished = 30
        }
        test.run(19)
        #expect(job(test).status.active == 1)
        test.run(10)
        #expect(job(test).status.conditions["Failed"]?.reason == "DeadlineExceeded")
        #expect(test.pods().isEmpty)
        test.run(40)
        #expect(test.cluster.store.jobs.isEmpty)
    }

    @Test func `a suspended job has no pods until it is resumed`() {
        var test = TestCluster()
        make(&test) { $0.suspend = true }
        test.run(5)
        #expect(test.pods().isEmpty)
        #expect(job(test).status.conditions["Suspended"]?.reason == "JobSuspended")
        try! test.cluster.update(Job.self, key) { $0.spec.suspend = false }
        test.run(5)
        #expect(job(test).status.conditions.isTrue("Complete"))
        #expect(test.events("Resumed") == ["Job resumed"])
    }

    @Test func `each index of an indexed job is done once`() {
        var test = TestCluster()
        make(&test) { spec in
            spec.completionMode = "Indexed"
            spec.completions = 4
            spec.parallelism = 3
        }
        test.run(20)
        #expect(job(test).status.completedIndexes == "0-3")
        #expect(
            test.pods().map { $0.metadata.annotations["batch.kubernetes.io/job-completion-index"]! } == [
                "0", "1", "2", "3",
            ])
    }

    private func cron(_ schedule: String, _ change: (inout CronJobSpec) -> Void = { _ in }) -> CronJob {
        var cron = CronJob()
        cron.metadata.name = "tick"
        cron.spec.schedule = schedule
        cron.spec.jobTemplate.spec.template = TestCluster.template("tick")
        cron.spec.jobTemplate.spec.template.spec.containers[0].image = "ok"
        cron.spec.jobTemplate.spec.template.spec.restartPolicy = "Never"
        change(&cron.spec)
        return cron
    }

    @Test func `a cron job makes a job at each time and keeps three`() {
        var test = TestCluster()
        test.player.endingImages = ["ok": 0]
        _ = try! test.cluster.create(cron("*/5 * * * *"))
        test.run(60 * 26)
        let minutes = 1_767_225_600 / 60
        #expect(test.cluster.store.jobs.sorted().map(\.name) == [15, 20, 25].map { "tick-\(minutes + $0)" })
        #expect(test.events("SuccessfulCreate").count { $0.hasPrefix("Created job") } == 5)
        let status = test.cluster.store.cronJobs.all[0].status
        #expect(status.lastScheduleTime == .start + .minutes(25))
        #expect(status.active == nil)
    }

    @Test(arguments: [("Forbid", 1), ("Allow", 3), ("Replace", 1)])
    func `the concurrency policy decides about a job that still runs`(policy: String, running: Int) {
        var test = TestCluster()
        _ = try! test.cluster.create(cron("* * * * *") { $0.concurrencyPolicy = policy })
        test.run(190)
        #expect(test.cluster.store.jobs.count == running)
        #expect(test.events("JobAlreadyActive").isEmpty == (policy != "Forbid"))
    }

    @Test(arguments: [
        ("30 2 * * *", "2026-01-01T02:30:00Z"), ("0 0 1 2 *", "2026-02-01T00:00:00Z"),
        ("0 12 * * MON", "2026-01-05T12:00:00Z"), ("0 0 13 * 5", "2026-01-02T00:00:00Z"),
        ("@weekly", "2026-01-04T00:00:00Z"), ("15-45/15 8 29 FEB *", "2028-02-29T08:15:00Z"),
    ])
    func `a schedule runs at its times`(schedule: String, first: String) {
        var test = TestCluster(nodes: 1)
        test.player.endingImages = ["ok": 0]
        // The first job tells when the schedule first matched.
        _ = try! test.cluster.create(cron(schedule))
        let due = Instant(rfc3339: first)!
        test.controllers.run(&test.cluster)
        test.cluster.now = due - .seconds(1)
        test.controllers.run(&test.cluster)
        #expect(test.cluster.store.jobs.isEmpty)
        test.cluster.now = due
        test.controllers.run(&test.cluster)
        #expect(test.cluster.store.jobs.count == 1)
    }

    @Test func `a schedule that is none is told`() {
        var test = TestCluster()
        _ = try! test.cluster.create(cron("61 * * * *"))
        test.run(1)
        #expect(test.events("UnparseableSchedule").count == 1)
    }
}
