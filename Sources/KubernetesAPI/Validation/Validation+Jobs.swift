import SimulationKit

// Jobs and CronJobs.
extension Validation {
    static func job(_ spec: JobSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        errors.nonnegative("\(at).parallelism", spec.parallelism)
        errors.nonnegative("\(at).completions", spec.completions)
        errors.nonnegative("\(at).activeDeadlineSeconds", spec.activeDeadlineSeconds)
        errors.nonnegative("\(at).backoffLimit", spec.backoffLimit)
        errors.nonnegative("\(at).ttlSecondsAfterFinished", spec.ttlSecondsAfterFinished)
        errors.nonnegative("\(at).backoffLimitPerIndex", spec.backoffLimitPerIndex)
        errors.nonnegative("\(at).maxFailedIndexes", spec.maxFailedIndexes)
        if spec.maxFailedIndexes != nil, spec.backoffLimitPerIndex == nil {
            errors.required("\(at).backoffLimitPerIndex", "when maxFailedIndexes is specified")
        }
        if let name = spec.managedBy { managedBy(name, "\(at).managedBy", &errors) }
        if let mode = spec.completionMode {
            if !["NonIndexed", "Indexed"].contains(mode) {
                errors.notSupported("\(at).completionMode", .string(mode), ["Indexed", "NonIndexed"])
            }
            if mode == "Indexed" { indexed(spec, at, &errors) }
        }
        if spec.completionMode != "Indexed" {
            if spec.backoffLimitPerIndex != nil {
                errors.invalid(
                    "\(at).backoffLimitPerIndex", spec.backoffLimitPerIndex!,
                    "requires indexed completion mode")
            }
            if spec.maxFailedIndexes != nil {
                errors.invalid(
                    "\(at).maxFailedIndexes", spec.maxFailedIndexes!, "requires indexed completion mode")
            }
        }
        podFailurePolicy(spec, "\(at).podFailurePolicy", &errors)
        successPolicy(spec, "\(at).successPolicy", &errors)
        if let policy = spec.podReplacementPolicy {
            let known = spec.podFailurePolicy == nil ? ["Failed", "TerminatingOrFailed"] : ["Failed"]
            errors.oneOf("\(at).podReplacementPolicy", policy, known)
        }
        template(spec.template, "\(at).template", profile, &errors)
        // A job's pods must be able to end.
        if spec.template.spec.restartPolicy == "Always" {
            errors.required("\(at).template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"")
        } else {
            errors.oneOf(
                "\(at).template.spec.restartPolicy", spec.template.spec.restartPolicy, ["OnFailure", "Never"])
            if spec.podFailurePolicy != nil, spec.template.spec.restartPolicy != "Never" {
                errors.invalid(
                    "\(at).template.spec.restartPolicy", .string(spec.template.spec.restartPolicy),
                    "only \"Never\" is supported when podFailurePolicy is specified")
            }
        }
        // The template of a CronJob has no selector.
        if at == "spec" { jobSelector(spec, &errors) }
    }

    private static func jobSelector(_ spec: JobSpec, _ errors: inout [FieldError]) {
        guard let selector = spec.selector else {
            // Otherwise the API server makes it.
            if spec.manualSelector == true { errors.required("spec.selector") }
            return
        }
        labelSelector("spec.selector", selector, &errors)
        if isSelector(selector), !selector.matches(spec.template.metadata.labels) {
            errors.invalid(
                "spec.template.metadata.labels", spec.template.metadata.labels.json ?? .null,
                "`selector` does not match template `labels`")
        }
    }

    private static func indexed(_ spec: JobSpec, _ at: String, _ errors: inout [FieldError]) {
        if spec.completions == nil { errors.required("\(at).completions", "when completion mode is Indexed") }
        if let parallelism = spec.parallelism, parallelism > 100_000 {
            errors.invalid(
                "\(at).parallelism", parallelism,
                "must be less than or equal to 100000 when completion mode is Indexed")
        }
        if let most = spec.maxFailedIndexes, let completions = spec.completions, most > completions {
            errors.invalid("\(at).maxFailedIndexes", most, "must be less than or equal to completions")
        }
        if let most = spec.maxFailedIndexes, most > 100_000 {
            errors.invalid("\(at).maxFailedIndexes", most, "must be less than or equal to 100000")
        }
        guard let completions = spec.completions, completions > 100_000, spec.backoffLimitPerIndex != nil else { return }
        let why = "must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index"
        if spec.maxFailedIndexes == nil {
            errors.required("\(at).maxFailedIndexes", "must be specified when completions is above 100000")
        }
        if let parallelism = spec.parallelism, parallelism > 10_000 { errors.invalid("\(at).parallelism", parallelism, why) }
        if let most = spec.maxFailedIndexes, most > 10_000 { errors.invalid("\(at).maxFailedIndexes", most, why) }
    }

    static func jobChange(_ new: Job, _ old: Job, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        let (spec, before) = (new.spec.value, old.spec.value)
        // An indexed job may be made longer or shorter together with its parallelism.
        let elastic = spec.completionMode == "Indexed" && spec.completions == spec.parallelism
        if !elastic { errors.immutable("spec.completions", spec.completions, before.completions) }
        errors.immutable("spec.selector", spec.selector, before.selector)
        var template = spec.template
        // A suspended job that has not started may be sent elsewhere; by gates also one that was stopped, and it may get another size.
        if mayBeSentElsewhere(old, profile) {
            template.spec.nodeSelector = before.template.spec.nodeSelector
            template.spec.tolerations = before.template.spec.tolerations
            template.spec.affinity = before.template.spec.affinity
            template.spec.schedulingGates = before.template.spec.schedulingGates
            template.metadata.labels = before.template.metadata.labels
            template.metadata.annotations = before.template.metadata.annotations
        }
        if profile.isEnabled(.mutablePodResourcesForSuspendedJobs), isIdle(old, profile) {
            for i in template.spec.containers.indices where before.template.spec.containers.indices.contains(i) {
                template.spec.containers[i].resources = before.template.spec.containers[i].resources
            }
            for i in template.spec.initContainers.indices where before.template.spec.initContainers.indices.contains(i) {
                template.spec.initContainers[i].resources = before.template.spec.initContainers[i].resources
            }
        }
        if template != before.template { errors.invalid("spec.template", InternalForm.podTemplate(template.json ?? [:]), "field is immutable") }
        errors.immutable("spec.completionMode", spec.completionMode, before.completionMode)
        errors.immutable("spec.podFailurePolicy", spec.podFailurePolicy, before.podFailurePolicy)
        errors.immutable("spec.backoffLimitPerIndex", spec.backoffLimitPerIndex, before.backoffLimitPerIndex)
        errors.immutable("spec.managedBy", spec.managedBy, before.managedBy)
        errors.immutable("spec.successPolicy", spec.successPolicy, before.successPolicy)
    }

    private static func mayBeSentElsewhere(_ job: Job, _ profile: KubernetesProfile) -> Bool {
        if profile.isEnabled(.mutableSchedulingDirectivesForSuspendedJobs) { return isIdle(job, profile) }
        return job.spec.suspend == true && job.status.startTime == nil
    }
    /// Whether a suspended job has no pods: its condition says so, or, from 1.37 on, it never began.
    /// - Source: `kubernetes-1.37.md` §2.1 row 2.15, §5.5 row 5.5.2.
    private static func isIdle(_ job: Job, _ profile: KubernetesProfile) -> Bool {
        guard job.spec.suspend == true, job.status.active == 0 else { return false }
        return job.status.conditions.isTrue(ConditionType.suspended) || profile.has(.suspendedJobsWithoutCondition) && job.status.startTime == nil
    }

    static func cronJob(_ job: CronJob, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        let spec = job.spec
        if spec.schedule.isEmpty {
            errors.required("spec.schedule")
        } else {
            schedule(spec.schedule, &errors)
        }
        if let zone = spec.timeZone {
            if zone.isEmpty {
                errors.invalid("spec.timeZone", .string(zone), "timeZone must be nil or non-empty string")
            }
            if zone.lowercased() == "local" {
                errors.invalid(
                    "spec.timeZone", .string(zone),
                    "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
            }
            if zone != "Local", ZoneInfo.named(zone) == nil { errors.invalid("spec.timeZone", .string(zone), "unknown time zone \(zone)") }
        }
        errors.nonnegative("spec.startingDeadlineSeconds", spec.startingDeadlineSeconds)
        errors.oneOf("spec.concurrencyPolicy", spec.concurrencyPolicy, ["Allow", "Forbid", "Replace"])
        Self.job(spec.jobTemplate.spec, "spec.jobTemplate.spec", profile, &errors)
        if let selector = spec.jobTemplate.spec.selector {
            errors.invalid("spec.jobTemplate.spec.selector", selector.json ?? [:], "`selector` will be auto-generated")
        }
        if spec.jobTemplate.spec.manualSelector == true {
            errors.notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"])
        }
        errors.nonnegative("spec.successfulJobsHistoryLimit", spec.successfulJobsHistoryLimit)
        errors.nonnegative("spec.failedJobsHistoryLimit", spec.failedJobsHistoryLimit)
    }

    private static func schedule(_ text: String, _ errors: inout [FieldError]) {
        if text.contains("TZ") {
            errors.invalid(
                "spec.schedule", .string(text),
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        }
        do throws(CronSchedule.Problem) {
            _ = try CronSchedule(parsing: text)
        } catch {
            errors.invalid("spec.schedule", .string(text), error.message)
        }
    }
}
