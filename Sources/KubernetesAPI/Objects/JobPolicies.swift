// What the policies of jobs may hold. The objects keep the JSON as it was written.

struct PodFailurePolicySchema: APIStruct {
    var rules: [PodFailureRule] = []
    static let summary = "What the failure of a pod means."
    static let fields: Fields<PodFailurePolicySchema> = [
        .f("rules", \.rules, "Rules; the first that matches counts.", always: true)
    ]
}

struct PodFailureRule: APIStruct {
    var action = ""
    var onExitCodes: PodFailureExitCodes?
    var onPodConditions: [PodFailureCondition] = []
    static let summary = "What one kind of failure means."
    static let fields: Fields<PodFailureRule> = [
        .f("action", \.action, "Count, FailIndex, FailJob or Ignore.", always: true),
        .f("onExitCodes", \.onExitCodes, "Which exit codes."),
        .f("onPodConditions", \.onPodConditions, "Which conditions of the pod."),
    ]
}

struct PodFailureExitCodes: APIStruct {
    var containerName: String?
    var `operator` = ""
    var values: [Int] = []
    static let summary = "Exit codes of containers."
    static let fields: Fields<PodFailureExitCodes> = [
        .f("containerName", \.containerName, "The container; default all."),
        .f("operator", \.operator, "In or NotIn.", always: true),
        .f("values", \.values, "The codes.", always: true),
    ]
}

struct PodFailureCondition: APIStruct {
    var type = ""
    var status = ""
    static let summary = "A condition of the pod."
    static let fields: Fields<PodFailureCondition> = [
        .f("type", \.type, "Its type.", always: true),
        .f("status", \.status, "Its status; default True."),
    ]
}

struct SuccessPolicySchema: APIStruct {
    var rules: [SuccessRule] = []
    static let summary = "When a job counts as done early."
    static let fields: Fields<SuccessPolicySchema> = [
        .f("rules", \.rules, "Rules of which one must hold.", always: true)
    ]
}

struct SuccessRule: APIStruct {
    var succeededIndexes: String?
    var succeededCount: Int?
    static let summary = "When a job counts as done early."
    static let fields: Fields<SuccessRule> = [
        .f("succeededIndexes", \.succeededIndexes, "Indexes such as 0,2-4."),
        .f("succeededCount", \.succeededCount, "How many."),
    ]
}
