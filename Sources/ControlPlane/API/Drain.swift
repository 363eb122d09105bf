import KubernetesAPI
import SimulationKit

/// `kubectl drain` as a value that is moved on in virtual time: cordon, evict all pods, wait until they are gone.
///
/// ```swift
/// var drain = Drain(node: "c2", Drain.Options(ignoreDaemonSets: true))
/// drain.step(&cluster)                  // cordons, refuses or sends the first evictions
/// while let next = drain.nextStep { /* let time pass until next */ drain.step(&cluster) }
/// drain.state                           // .drained
/// ```
/// - Source: Kubernetes `kubectl/pkg/drain/{drain,filters}.go`, `kubectl/pkg/cmd/drain/drain.go`.
public struct Drain: Sendable {
    /// The flags of `kubectl drain`.
    public struct Options: Sendable, Equatable {
        /// Leave pods of DaemonSets where they are, instead of refusing.
        public var ignoreDaemonSets: Bool
        /// Evict pods with emptyDir volumes, whose data is lost.
        public var deleteEmptyDirData: Bool
        /// Evict pods that no controller replaces.
        public var force: Bool
        /// Delete instead of evicting: budgets are not asked.
        public var disableEviction: Bool
        /// Seconds of grace; nil: each pod's own.
        public var gracePeriodSeconds: Int?
        /// Give up after this long; nil: never.
        public var timeout: Duration?
        public init(
            ignoreDaemonSets: Bool = false, deleteEmptyDirData: Bool = false, force: Bool = false,
            disableEviction: Bool = false, gracePeriodSeconds: Int? = nil, timeout: Duration? = nil
        ) {
            (self.ignoreDaemonSets, self.deleteEmptyDirData) = (ignoreDaemonSets, deleteEmptyDirData)
            (self.force, self.disableEviction) = (force, disableEviction)
            (self.gracePeriodSeconds, self.timeout) = (gracePeriodSeconds, timeout)
        }

        /// As drains are mostly asked for: nothing stays but what ``leaves(_:)`` tells.
        public static let thorough = Options(ignoreDaemonSets: true, deleteEmptyDirData: true, force: true)

        /// Whether a pod stays without keeping the drain from its end: those of DaemonSets, and of files on the node.
        public func leaves(_ pod: Pod) -> Bool {
            ignoreDaemonSets && isOfDaemonSet(pod) || pod.metadata.annotations[AnnotationKey.mirrorPod] != nil
        }
        fileprivate func isOfDaemonSet(_ pod: Pod) -> Bool { pod.metadata.controller?.kind == "DaemonSet" && !pod.isFinished }
    }

    public enum State: Sendable, Equatable {
        /// Not begun, or pods are still there.
        case running
        case drained
        /// Nothing was evicted, or some pod could not be: the error that kubectl prints.
        case failed(String)
    }

    /// How far one pod is.
    public struct PodProgress: Sendable, Equatable {
        public enum State: Sendable, Equatable {
            /// The next try is at the instant; after a refusal with its message.
            case evicting(at: Instant, refusal: String?)
            /// Granted; the pod ends.
            case ending
            case gone
            case failed(String)
        }
        public var pod: ObjectKey
        public var uid: String
        public var state: State
    }

    public let node: String
    public let options: Options
    public private(set) var state = State.running
    /// The pods that are to go, in the order of namespace and name.
    public private(set) var pods: [PodProgress] = []
    /// What kubectl has printed so far.
    public private(set) var lines: [String] = []
    /// When ``step(_:)`` is to be called next; nil once it is over.
    public private(set) var nextStep: Instant? = .start
    private var began: Instant?

    static let retryInterval = Duration.seconds(5)
    static let pollInterval = Duration.seconds(1)

    public init(node: String, _ options: Options = Options()) {
        (self.node, self.options) = (node, options)
    }

    /// Does what is due at `cluster.now`.
    public mutating func step(_ cluster: inout Cluster) {
        guard state == .running else { return }
        if began == nil { begin(&cluster) }
        guard state == .running, let began else { return }
        for index in pods.indices { advance(index, &cluster) }
        if pods.allSatisfy({ $0.isOver }) { return finish() }
        if let timeout = options.timeout, cluster.now >= began + timeout { return giveUp(after: timeout) }
        nextStep = pods.compactMap { pod -> Instant? in
            switch pod.state {
            case .evicting(let at, _): at
            case .ending: cluster.now + Self.pollInterval
            case .gone, .failed: nil
            }
        }.min()
        if let timeout = options.timeout { nextStep = min(nextStep ?? began + timeout, began + timeout) }
    }

    private mutating func begin(_ cluster: inout Cluster) {
        began = cluster.now
        do throws(APIError) {
            lines.append("node/\(node) " + (try cluster.cordon(node) ? "cordoned" : "already cordoned"))
        } catch {
            return fail(error.message)
        }
        var refusals: [(reason: String, pods: [String])] = []
        var warnings: [(reason: String, pods: [String])] = []
        func note(_ list: inout [(reason: String, pods: [String])], _ reason: String, _ pod: Pod) {
            if let index = list.firstIndex(where: { $0.reason == reason }) {
                list[index].pods.append(pod.key.description)
            } else {
                list.append((reason, [pod.key.description]))
            }
        }
        for pod in cluster.store.pods(onNode: node).sorted(by: { $0.key < $1.key }) {
            let verdict = judge(pod)
            if let refusal = verdict.refusal { note(&refusals, refusal, pod) }
            if let warning = verdict.warning { note(&warnings, warning, pod) }
            guard verdict.goes else { continue }
            pods.append(
                PodProgress(
                    pod: pod.key, uid: pod.metadata.uid, state: .evicting(at: cluster.now, refusal: nil)))
        }
        if !refusals.isEmpty {
            pods = []
            let texts = refusals.map { "cannot delete \($0.reason): \($0.pods.joined(separator: ", "))" }
            return fail(texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]")
        }
        if !warnings.isEmpty {
            lines.append(
                "Warning: "
                    + warnings.map { "\($0.reason): \($0.pods.joined(separator: ", "))" }.joined(
                        separator: "; "))
        }
        for pod in pods { lines.append("evicting pod \(pod.pod)") }
    }

    /// Whether a pod is to go, or stays, or keeps the node from being drained: the filters in their order.
    private func judge(_ pod: Pod) -> (goes: Bool, refusal: String?, warning: String?) {
        var warning: String?
        let isOfDaemonSet = options.isOfDaemonSet(pod)
        if options.leaves(pod) { return (false, nil, isOfDaemonSet ? "ignoring DaemonSet-managed Pods" : nil) }
        if isOfDaemonSet { return (false, "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)", nil) }
        if !pod.isFinished, pod.spec.volumes.contains(where: { $0.emptyDir != nil }) {
            guard options.deleteEmptyDirData else {
                return (false, "Pods with local storage (use --delete-emptydir-data to override)", nil)
            }
            warning = "deleting Pods with local storage"
        }
        if !pod.isFinished, pod.metadata.controller == nil {
            guard options.force else {
                return (false, "Pods that declare no controller (use --force to override)", nil)
            }
            warning = "deleting Pods that declare no controller"
        }
        return (true, nil, warning)
    }

    private mutating func advance(_ index: Int, _ cluster: inout Cluster) {
        let pod = pods[index]
        let present = cluster.store.pods[pod.pod]
        let isThere = present?.metadata.uid == pod.uid
        switch pod.state {
        case .gone, .failed: return
        case .ending:
            if !isThere { end(index) }
        case .evicting(let at, _):
            guard at <= cluster.now else { return }
            guard isThere else { return end(index) }
            let wish = DeleteOptions(gracePeriodSeconds: options.gracePeriodSeconds, uid: pod.uid)
            do throws(APIError) {
                if options.disableEviction {
                    try cluster.delete(Pod.self, pod.pod, wish)
                } else {
                    try cluster.evict(pod: pod.pod, wish)
                }
                pods[index].state = .ending
                if cluster.store.pods[pod.pod]?.metadata.uid != pod.uid { end(index) }
            } catch {
                let name = "error when evicting pods/\"\(pod.pod.name)\" -n \"\(pod.pod.namespace)\""
                if error.code == 429 {
                    lines.append("\(name) (will retry after \(Self.retryInterval)): \(error.message)")
                    pods[index].state = .evicting(
                        at: cluster.now + Self.retryInterval, refusal: error.message)
                } else {
                    pods[index].state = .failed("\(name): \(error.message)")
                }
            }
        }
    }

    private mutating func end(_ index: Int) {
        pods[index].state = .gone
        lines.append("pod/\(pods[index].pod.name) \(options.disableEviction ? "deleted" : "evicted")")
    }

    private mutating func finish() {
        let failures = pods.compactMap { pod in if case .failed(let text) = pod.state { text } else { nil } }
        if !failures.isEmpty {
            return fail(failures.count == 1 ? failures[0] : "[\(failures.joined(separator: ", "))]")
        }
        lines.append("node/\(node) drained")
        (state, nextStep) = (.drained, nil)
    }

    /// The time is over: what was still refused, and what still ended, is told pod by pod.
    private mutating func giveUp(after timeout: Duration) {
        for (index, pod) in pods.enumerated() {
            switch pod.state {
            case .evicting:
                let name = "error when evicting pods/\"\(pod.pod.name)\" -n \"\(pod.pod.namespace)\""
                pods[index].state = .failed("\(name): global timeout reached: \(timeout)")
            case .ending:
                let what = "error when waiting for pod \"\(pod.pod.name)\" in namespace \"\(pod.pod.namespace)\" to terminate"
                pods[index].state = .failed("\(what): context deadline exceeded")
            case .gone, .failed: break
            }
        }
        finish()
    }

    private mutating func fail(_ error: String) {
        lines.append("error: unable to drain node \"\(node)\" due to error: \(error), continuing command...")
        lines += ["There are pending nodes to be drained:", " \(node)", error]
        (state, nextStep) = (.failed(error), nil)
    }
}

extension Drain.PodProgress {
    /// Nothing more will happen to the pod.
    public var isOver: Bool {
        switch state {
        case .evicting, .ending: false
        case .gone, .failed: true
        }
    }
}
