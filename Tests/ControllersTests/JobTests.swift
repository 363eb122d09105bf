// Jobs and CronJobs: completions, failures, deadlines, schedules.

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

    @Test(arguments: [
        // 9 o'clock in Berlin: winter, summer, and the days of the changes.
        ("0 9 * * *", "Europe/Berlin", "2026-01-01T00:00:00Z", ["2026-01-01T08:00:00Z", "2026-01-02T08:00:00Z"]),
        ("0 9 * * *", "Europe/Berlin", "2026-03-28T10:00:00Z", ["2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"]),
        // 2:30 is left out when the clocks go forward, and comes twice when they go back.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
        ("0 0 1 * *", "America/New_York", "2026-02-15T00:00:00Z", ["2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"]),
        ("0 0 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", ["2026-01-01T18:30:00Z"]),
        ("0 12 * * *", "Pacific/Chatham", "2026-04-04T00:00:00Z", ["2026-04-04T23:15:00Z"]),
        ("0 3 * * *", "America/Sao_Paulo", "2026-06-01T00:00:00Z", ["2026-06-01T06:00:00Z"]),
        // The fast of 2026: an hour back on 15 February, forward again on 22 March.
        ("0 12 * * *", "Africa/Casablanca", "2026-02-14T12:00:00Z", ["2026-02-15T12:00:00Z"]),
        ("0 12 * * *", "Africa/Casablanca", "2026-03-21T13:00:00Z", ["2026-03-22T11:00:00Z"]),
        ("0 12 * * *", "Europe/Dublin", "2026-07-01T00:00:00Z", ["2026-07-01T11:00:00Z"]),
        ("0 12 * * *", "Australia/Lord_Howe", "2026-07-01T00:00:00Z", ["2026-07-01T01:30:00Z"]),
        ("0 12 * * *", "America/Santiago", "2026-12-31T00:00:00Z", ["2026-12-31T15:00:00Z"]),
        ("@daily", "US/Hawaii", "2026-01-01T00:00:00Z", ["2026-01-01T10:00:00Z"]),
    ])
    func `a schedule runs by the clocks of its zone`(schedule: String, zone: String, from: String, times: [String]) throws {
        let schedule = try #require(CronSchedule(schedule))
        let zone = try #require(ZoneInfo.named(zone))
        var time = Instant(rfc3339: from)!
        for expected in times {
            time = try #require(schedule.next(after: time, in: zone))
            #expect(time.rfc3339 == expected)
        }
    }

    @Test func `all zones are known, and none that is none`() {
        #expect(ZoneInfo.names.count == 598)
        for name in ["UTC", "Etc/UTC", "GMT", "EST5EDT", "Europe/Kyiv", "America/Argentina/Ushuaia", "Asia/Gaza"] {
            #expect(ZoneInfo.named(name) != nil)
        }
        for name in ["Mars/Olympus", "europe/berlin", "CEST", "Local", " UTC", "../UTC"] { #expect(ZoneInfo.named(name) == nil) }
        // No zone is more than fourteen hours from UTC, at any time.
        for name in ZoneInfo.names {
            for year in stride(from: -40, through: 80, by: 7) {
                #expect(abs(ZoneInfo.named(name)!.offset(atSecond: year * 31_556_952)) <= 14 * 3600)
            }
        }
    }

    @Test func `a cron job in a zone makes its job at the local time and says so`() {
        var test = TestCluster(nodes: 1)
        test.player.endingImages = ["ok": 0]
        _ = try! test.cluster.create(cron("0 9 * * *") { $0.timeZone = "America/New_York" })
        test.run(15 * 3600)
        let jobs = test.cluster.store.jobs.sorted()
        #expect(jobs.map(\.name) == ["tick-\((1_767_225_600 + 14 * 3600) / 60)"])
        #expect(jobs[0].metadata.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-01-01T09:00:00-05:00")
        let error = #expect(throws: APIError.self) { try test.cluster.create(cron("0 9 * * *") { $0.timeZone = "Mars/Olympus" }) }
        #expect(error?.message.hasSuffix("spec.timeZone: Invalid value: \"Mars/Olympus\": unknown time zone Mars/Olympus") == true)
        // One that got in nevertheless is told of.
        var odd = cron("0 9 * * *") { $0.timeZone = "Mars/Olympus" }
        odd.metadata.name = "odd"
        _ = try! test.cluster.adopt(odd)
        test.run(1)
        #expect(test.events("UnknownTimeZone") == ["invalid timeZone: \"Mars/Olympus\": unknown time zone Mars/Olympus"])
    }

    @Test(arguments: [
        ("@every 90s", [90, 180, 270]), ("@every 500ms", [1, 2, 3]), ("@every 1m30.7s", [90, 180, 270]),
        ("@hourly", [3600, 7200]), ("*/2 * * * *", [120, 240]), ("5/20 * * * *", [300, 1500]), ("1-3,7 * * * *", [60, 120, 180, 420]),
    ])
    func `intervals and steps`(schedule: String, seconds: [Int]) {
        var time = Instant.start
        for second in seconds {
            time = CronSchedule(schedule)!.next(after: time)!
            #expect(time == .start + .seconds(second))
        }
    }

    @Test(arguments: [
        ("61 * * * *", "end of range (61) above maximum (59): 61"), ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("0 0 * * 7", "end of range (7) above maximum (6): 7"), ("0 0 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"), ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"), ("@fortnightly", "unrecognized descriptor: @fortnightly"),
        ("@every soon", "failed to parse duration @every soon: time: invalid duration \"soon\""), ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"), ("", "empty spec string"),
    ])
    func `what is no schedule is refused in the library's words`(schedule: String, message: String) {
        let problem = #expect(throws: CronSchedule.Problem.self) { try CronSchedule(parsing: schedule) }
        #expect(problem?.message == message)
    }

    @Test func `missed times make one job, and too many are told`() {
        var test = TestCluster(nodes: 1)
        test.player.endingImages = ["ok": 0]
        _ = try! test.cluster.create(cron("* * * * *") { $0.suspend = true })
        test.run(3600 * 3)
        let key = ObjectKey(namespace: "default", name: "tick")
        try! test.cluster.update(CronJob.self, key) { $0.spec.suspend = false }
        test.run(1)
        #expect(test.events("SuccessfulCreate").count { $0.hasPrefix("Created job") } == 1)
        #expect(test.events("TooManyMissedTimes").count == 1)
        #expect(test.cluster.store.cronJobs[key]?.status.lastScheduleTime == .start + .hours(3))
        // With a deadline only what is late by less counts; the last time may be too late itself.
        var late = cron("0 * * * *") { spec in
            spec.suspend = true
            spec.startingDeadlineSeconds = 600
        }
        late.metadata.name = "late"
        late = try! test.cluster.create(late)
        test.run(3600 + 900)
        try! test.cluster.update(CronJob.self, late.key) { $0.spec.suspend = false }
        test.run(1)
        #expect(test.cluster.store.jobs.sorted().allSatisfy { !$0.name.hasPrefix("late") })
        test.run(3600)
        #expect(test.cluster.store.jobs.sorted().count { $0.name.hasPrefix("late") } == 1)
    }

    @Test func `a schedule that is none is told`() {
        var test = TestCluster()
        _ = try! test.cluster.adopt(cron("61 * * * *"))
        test.run(1)
        #expect(
            test.events("UnparseableSchedule") == ["unparseable schedule: \"61 * * * *\" : end of range (61) above maximum (59): 61"])
        // One whose day never comes.
        var never = cron("0 0 30 2 *")
        never.metadata.name = "never"
        _ = try! test.cluster.create(never)
        test.run(1)
        #expect(test.events("InvalidSchedule").count == 1)
    }

    // MARK: Groups

    private func makeIndexed(_ test: inout TestCluster, parallelism: Int, completions: Int? = nil) {
        make(&test, image: "endless") {
            ($0.parallelism, $0.completions, $0.completionMode) = (parallelism, completions ?? parallelism, "Indexed")
        }
    }

    /// Source: gang-scheduling.md §7.
    @Test func `an indexed job whose pods all run at once makes a group of them, by its gates`() throws {
        for isOn in [false, true] {
            var test = TestCluster(minor: 37, gates: [.genericWorkload: true, .workloadWithJob: isOn])
            makeIndexed(&test, parallelism: 3)
            test.run(5)
            #expect(test.pods().count == 3)
            guard isOn else {
                #expect(test.cluster.store.workloads.isEmpty && test.pods().allSatisfy { $0.podGroupKey == nil })
                continue
            }
            let plan = try #require(test.cluster.store.workloads.all.first)
            let group = try #require(test.cluster.store.podGroups.all.first)
            #expect(test.cluster.store.workloads.count == 1 && test.cluster.store.podGroups.count == 1)
            #expect(plan.name.hasPrefix("work-") && plan.spec.podGroupTemplates.map(\.name) == ["work-pgt-0"])
            #expect(plan.metadata.ownerReferences.map(\.kind) == ["Job"] && plan.spec.controllerRef?.name == "work")
            #expect(group.name.hasPrefix("\(plan.name)-work-pgt-0-") && group.minCount == 3 && group.isGang)
            #expect(group.metadata.ownerReferences.map(\.kind) == ["Job", "Workload"])
            #expect(test.pods().allSatisfy { $0.podGroupKey == group.key })
            #expect(test.events("WorkloadCreated").count == 1)
            _ = try test.cluster.delete(Job.self, key)
            test.run(60)
            #expect(test.cluster.store.workloads.isEmpty && test.cluster.store.podGroups.isEmpty && test.pods().isEmpty)
        }
    }

    @Test func `a job is placed pod by pod if they do not run all at once, or several plans point at it`() throws {
        let gates: [FeatureGate: Bool] = [.genericWorkload: true, .workloadWithJob: true]
        var fewer = TestCluster(minor: 37, gates: gates)
        makeIndexed(&fewer, parallelism: 2, completions: 4)
        fewer.run(5)
        #expect(fewer.cluster.store.workloads.isEmpty && fewer.pods().count == 2)
        var several = TestCluster(minor: 37, gates: gates)
        for name in ["a", "b"] {
            var plan = SchedulingWorkload()
            (plan.metadata.name, plan.metadata.namespace) = (name, "default")
            var reference = SchedulingWorkloadSpec.ControllerReference()
            (reference.apiGroup, reference.kind, reference.name) = ("batch", "Job", "work")
            plan.spec.controllerRef = reference
            var template = PodGroupTemplate()
            template.name = "t"
            template.spec.schedulingPolicy.basic = .init()
            plan.spec.podGroupTemplates = [template]
            _ = try several.cluster.create(plan)
        }
        makeIndexed(&several, parallelism: 2)
        several.run(5)
        #expect(several.cluster.store.podGroups.isEmpty && several.pods().allSatisfy { $0.podGroupKey == nil })
    }
}
