// What controllers count of pods, kept with each so that counting looks at nothing else.

import KubernetesAPI

/// What controllers count of a pod.
struct PodMarks: OptionSet, Sendable {
    let rawValue: UInt8
    /// Neither finished nor being deleted.
    static let active = PodMarks(rawValue: 1)
    static let ready = PodMarks(rawValue: 2)
    /// Being deleted, and not finished.
    static let terminating = PodMarks(rawValue: 4)

    init(rawValue: UInt8) { self.rawValue = rawValue }
    init(_ pod: Pod) {
        let (isFinished, isTerminating) = (pod.isFinished, pod.metadata.isTerminating)
        var marks: PodMarks = []
        if !isFinished { marks.insert(isTerminating ? .terminating : .active) }
        if pod.isReady { marks.insert(.ready) }
        self = marks
    }
}

/// How many pods of an owner are in which state.
public struct PodTally: Sendable, Equatable {
    /// Neither finished nor being deleted.
    public private(set) var active = 0
    /// Active, and with all labels of the template.
    public private(set) var fullyLabeled = 0
    /// Active and ready.
    public private(set) var ready = 0
    /// Being deleted, and not finished.
    public private(set) var terminating = 0
    public init() {}

    mutating func add(_ marks: PodMarks, isOfTemplate: Bool) {
        if marks.contains(.terminating) { terminating += 1 }
        guard marks.contains(.active) else { return }
        active += 1
        if isOfTemplate { fullyLabeled += 1 }
        if marks.contains(.ready) { ready += 1 }
    }
}
