// The steps of a pod's start and the times they took.

import SimulationKit

/// The steps of a pod's start, in their order.
public enum StartStage: UInt8, Sendable, CaseIterable {
    /// From creation to binding.
    case scheduling
    /// Until the kubelet heard of it.
    case watch
    case setup
    /// Until all volumes are mounted and the pod's worker has seen it.
    case volumes
    /// The part of it in which requests wait for API tokens; runs beside `volumes`, and only if there is a wait.
    case tokens
    case sandbox
    /// Waiting for the image's turn to be pulled; only if there is a wait.
    case imageQueue
    /// Pulling the image.
    case image
    case create
    case start
    /// The postStart hook.
    case postStart
    /// An init container's run.
    case initRun
    /// The program's own start, throttled by its CPU limit, until it answers.
    case application
    /// Until probes have said that it is started and ready, after it could answer; only if there is a wait.
    case probes

    /// The stage in a word.
    public var title: String {
        switch self {
        case .scheduling: "Scheduling"
        case .watch: "Watch"
        case .setup: "Setup"
        case .volumes: "Volumes"
        case .tokens: "API tokens"
        case .sandbox: "Sandbox"
        case .imageQueue: "Image queue"
        case .image: "Image pull"
        case .create: "Create"
        case .start: "Start"
        case .postStart: "Post-start hook"
        case .initRun: "Init container"
        case .application: "Application"
        case .probes: "Probes"
        }
    }
}

/// One step of a pod's start: when it began and ended.
public struct StageSpan: Sendable, Equatable {
    public var stage: StartStage
    /// The container; empty for steps of the whole pod.
    public var container: String
    public var begin: Instant
    /// Nil while it is under way.
    public var end: Instant?
}

/// The recorded steps of one pod, small enough to keep for each of 150,000.
struct Timeline: Sendable {
    struct Entry: Sendable {
        var stage: StartStage
        /// The container's position, −1 for the whole pod.
        var container: Int16
        var begin: Instant
        /// `distantFuture` while under way.
        var end: Instant
    }
    var entries: [Entry] = []
    /// Names of the containers, kept only once the pod has ended.
    var containers: [String] = []
    /// When the pod was ready for the first time.
    var ready: Instant?

    /// The pod is ready: most have no more steps to come, so no room is kept for them.
    mutating func ready(at now: Instant) {
        ready = now
        entries = entries.map { $0 }
    }

    mutating func begin(_ stage: StartStage, container: Int = -1, at now: Instant) {
        append(Entry(stage: stage, container: Int16(clamping: container), begin: now, end: .distantFuture))
    }
    /// Of a pod whose containers start again and again its first start is kept, and the newest ones.
    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        if entries.count > 1024 { entries.removeSubrange(256..<768) }
    }
    mutating func end(_ stage: StartStage, container: Int = -1, at now: Instant) {
        guard let i = entries.lastIndex(where: { $0.stage == stage && Int($0.container) == container }),
            entries[i].end == .distantFuture
        else { return }
        entries[i].end = now
    }
    mutating func add(_ stage: StartStage, container: Int = -1, from begin: Instant, to end: Instant) {
        append(Entry(stage: stage, container: Int16(clamping: container), begin: begin, end: end))
    }
    /// The container is ready at `now`; its program could answer from `answers` on.
    mutating func ready(container: Int, answers: Instant, at now: Instant) {
        guard let i = entries.lastIndex(where: { $0.stage == .application && Int($0.container) == container }),
            entries[i].end == .distantFuture
        else { return }
        entries[i].end = max(entries[i].begin, min(answers, now))
        if entries[i].end < now { add(.probes, container: container, from: entries[i].end, to: now) }
    }
}
