// The policies of jobs about failures and success.
extension Validation {
    static func podFailurePolicy(_ spec: JobSpec, _ at: String, _ errors: inout [FieldError]) {
        guard let policy = spec.podFailurePolicy?.json?.read(PodFailurePolicySchema.self) else { return }
        if policy.rules.count > 20 { errors.tooMany("\(at).rules", policy.rules.count, 20) }
        let names = (spec.template.spec.containers + spec.template.spec.initContainers).map(\.name)
        for (i, rule) in policy.rules.enumerated() {
            let at = "\(at).rules[\(i)]"
            let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
            if rule.action.isEmpty {
                errors.required("\(at).action", "valid values: \(quoted(actions))")
            } else if rule.action == "FailIndex" {
                if spec.backoffLimitPerIndex == nil {
                    errors.invalid("\(at).action", .string(rule.action), "requires the backoffLimitPerIndex to be set")
                }
            } else {
                errors.oneOf("\(at).action", rule.action, actions)
            }
            if let codes = rule.onExitCodes { exitCodes(codes, names, "\(at).onExitCodes", &errors) }
            podConditions(rule.onPodConditions, "\(at).onPodConditions", &errors)
            switch (rule.onExitCodes != nil, !rule.onPodConditions.isEmpty) {
            case (true, true):
                errors.append(FieldError(.invalid, at, "specifying both OnExitCodes and OnPodConditions is not supported"))
            case (false, false):
                errors.append(FieldError(.invalid, at, "specifying one of OnExitCodes and OnPodConditions is required"))
            default: break
            }
        }
    }

    private static func quoted(_ words: [String]) -> String { "[\(words.map { "\"\($0)\"" }.joined(separator: " "))]" }

    private static func podConditions(_ conditions: [PodFailureCondition], _ at: String, _ errors: inout [FieldError]) {
        if conditions.count > 20 { errors.tooMany(at, conditions.count, 20) }
        for (i, condition) in conditions.enumerated() {
            errors.invalid("\(at)[\(i)].type", condition.type, each: NameRules.qualifiedName(condition.type))
            // The API server fills in True.
            if !condition.status.isEmpty { errors.oneOf("\(at)[\(i)].status", condition.status, ["False", "True", "Unknown"]) }
        }
    }

    private static func exitCodes(_ codes: PodFailureExitCodes, _ names: [String], _ at: String, _ errors: inout [FieldError]) {
        if codes.operator.isEmpty {
            errors.required("\(at).operator", "valid values: \(quoted(["In", "NotIn"]))")
        } else {
            errors.oneOf("\(at).operator", codes.operator, ["In", "NotIn"])
        }
        if let name = codes.containerName, !names.contains(name) {
            errors.invalid(
                "\(at).containerName", .string(name), "must be one of the container or initContainer names in the pod template")
        }
        let values = codes.values
        if values.isEmpty {
            errors.invalid("\(at).values", [], "at least one value is required")
        } else if values.count > 255 {
            errors.tooMany("\(at).values", values.count, 255)
        }
        for (i, value) in values.enumerated() {
            if codes.operator == "In", value == 0 { errors.invalid("\(at).values[\(i)]", 0, "must not be 0 for the In operator") }
            if values[..<i].contains(value) { errors.duplicate("\(at).values[\(i)]", .int(Int64(value))) }
        }
        if values != values.sorted() {
            errors.invalid("\(at).values", .array(values.map { .int(Int64($0)) }), "must be ordered")
        }
    }

    static func successPolicy(_ spec: JobSpec, _ at: String, _ errors: inout [FieldError]) {
        guard let json = spec.successPolicy?.json, let policy = json.read(SuccessPolicySchema.self) else { return }
        if spec.completionMode != "Indexed" { errors.invalid(at, json, "requires indexed completion mode") }
        if policy.rules.isEmpty {
            errors.required("\(at).rules", "at least one rules must be specified when the successPolicy is specified")
        }
        if policy.rules.count > 20 { errors.tooMany("\(at).rules", policy.rules.count, 20) }
        let completions = spec.completions ?? 0
        for (i, rule) in policy.rules.enumerated() {
            let at = "\(at).rules[\(i)]"
            if rule.succeededCount == nil, rule.succeededIndexes == nil {
                errors.required(at, "at least one of succeededCount or succeededIndexes must be specified")
            }
            var total: Int?
            if let indexes = rule.succeededIndexes {
                if indexes.utf8.count > 64 * 1024 { errors.tooLong("\(at).succeededIndexes", 64 * 1024) }
                switch count(indexes: indexes, of: completions) {
                case .success(let number): total = number
                case .failure(let problem):
                    total = 0
                    errors.invalid("\(at).succeededIndexes", .string(indexes), "error parsing succeededIndexes: \(problem.why)")
                }
            }
            guard let count = rule.succeededCount else { continue }
            let field = "\(at).succeededCount"
            errors.nonnegative(field, count)
            if count > completions {
                errors.invalid(field, count, "must be less than or equal to \(completions) (the number of specified completions)")
            }
            if let total, count > total {
                errors.invalid(
                    field, count,
                    "must be less than or equal to \(total) (the number of indexes in the specified succeededIndexes field)")
            }
        }
    }

    private struct IndexProblem: Error { var why: String }

    /// How many indexes a text such as `0,2-4` names.
    private static func count(indexes text: String, of completions: Int) -> Result<Int, IndexProblem> {
        if text.isEmpty { return .success(0) }
        var (total, last) = (0, -1)
        func index(_ part: Substring) throws(IndexProblem) -> Int {
            guard let index = Int(part), index >= 0 else {
                throw IndexProblem(why: "cannot convert string to integer for index: \"\(part)\"")
            }
            if index >= completions { throw IndexProblem(why: "too large index: \"\(part)\"") }
            if index <= last { throw IndexProblem(why: "non-increasing order, previous: \(last), current: \(index)") }
            return index
        }
        do throws(IndexProblem) {
            for fragment in text.split(separator: ",", omittingEmptySubsequences: false) {
                let parts = fragment.split(separator: "-", omittingEmptySubsequences: false)
                if parts.count > 2 {
                    throw IndexProblem(
                        why: "the fragment \"\(fragment)\" violates the requirement that an index interval can have at most two parts "
                            + "separated by '-'")
                }
                let first = try index(parts[0])
                last = first
                if parts.count == 2 { last = try index(parts[1]) }
                total += last - first + 1
            }
        } catch { return .failure(error) }
        return .success(total)
    }

    /// What holds for a job when it is created: its selector is made by the API server unless the user says otherwise, and
    /// its pods' host names must be names.
    static func newJob(_ job: Job, _ errors: inout [FieldError]) {
        let spec = job.spec.value
        if spec.manualSelector != true, let selector = spec.selector, !job.metadata.uid.isEmpty {
            let made: StringMap<String> = [
                LabelKey.jobControllerUID: job.metadata.uid, LabelKey.jobName: job.name,
                "controller-uid": job.metadata.uid, "job-name": job.name,
            ]
            if isSelector(selector), !selector.matches(made) {
                errors.invalid("spec.selector", selector.json ?? [:], "`selector` not auto-generated")
            }
        }
        if spec.completionMode == "Indexed", let completions = spec.completions, completions > 0 {
            let host = "\(job.name)-\(completions - 1)"
            if !NameRules.label(host).isEmpty {
                errors.invalid(
                    "metadata.name", .string(job.name), "will not able to create pod with invalid DNS label: \(host)")
            }
        }
    }

    static func managedBy(_ name: String, _ at: String, _ errors: inout [FieldError]) {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if name.isEmpty {
            errors.required(at)
        } else if parts.count != 2 || parts.contains("") {
            errors.invalid(at, .string(name), "must be a domain-prefixed path (such as \"acme.io/foo\")")
        } else {
            errors.invalid(at, String(parts[0]), each: NameRules.subdomain(String(parts[0])))
        }
        if name.utf8.count > 63 { errors.tooLong(at, 63) }
    }
}
