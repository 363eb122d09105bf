// What an opened state tells kubelets, and what it lets one guess of programs.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// What an opened state tells about nodes and programs beyond what their objects say themselves.
public struct KnownState: Sendable {
    /// When each node's kubelet last renewed its lease.
    public var renewals: [String: Instant] = [:]
    /// What containers used: thousandths of a core and bytes, by pod and container.
    public var usage: [ObjectKey: [String: (milliCPU: Int64, memory: Int64)]] = [:]
    /// What nodes used as a whole.
    public var nodeUsage: [String: (milliCPU: Int64, memory: Int64)] = [:]
    /// Whether the state names no ConfigMaps, or no Secrets: then those that pods ask for are taken as there.
    public var hidesConfigMaps = false
    public var hidesSecrets = false
    public init() {}
}

/// What programs were seen to do in an opened state, for those that start later from the same image. A guess, and shown as one.
struct SeenPrograms: Sendable {
    /// How containers ended that run no more: how long they ran and their exit code, by container and image.
    private var ends: [String: (time: Duration, code: Int)] = [:]
    /// Images that no container runs from and that somebody waits for.
    private var unpullable: Set<String> = []
    /// ConfigMaps, Secrets and keys that containers wait for, in the kubelet's words.
    private var missing: Set<String> = []
    private var known = KnownState()
    /// Whether there is nothing to go by: no state was opened.
    private(set) var isEmpty = true

    init() {}

    /// Gathers what programs are seen to do.
    init(_ known: KnownState, _ cluster: Cluster) {
        (self.known, isEmpty) = (known, false)
        var running: Set<String> = []
        var waiting: Set<String> = []
        for pod in cluster.store.pods.all {
            let specs = pod.spec.initContainers + pod.spec.containers
            for status in pod.status.initContainerStatuses + pod.status.containerStatuses {
                // The status has the image's name as the runtime completed it.
                let image = specs.first { $0.name == status.name }?.image ?? status.image
                if status.state.running != nil { running.insert(image) }
                switch status.state.waiting?.reason {
                case "ImagePullBackOff", "ErrImagePull", "RegistryUnavailable", "SignatureValidationFailed": waiting.insert(image)
                case "CreateContainerConfigError": missing.insert(status.state.waiting?.message ?? "")
                case "CrashLoopBackOff": note(status.lastState.terminated, status.name, image)
                default: break
                }
                if pod.spec.restartPolicy != "Always" { note(status.state.terminated, status.name, image) }
            }
        }
        unpullable = waiting.subtracting(running)
        // What a pod waits for before its containers are created is told by nothing but its events.
        for event in cluster.store.events.all where event.reason == EventReason.failedMount {
            let pod = cluster.store.pods[ObjectKey(namespace: event.involvedObject.namespace, name: event.involvedObject.name)]
            guard pod?.status.phase == .pending, let cause = event.message.firstRange(of: "\" : ") else { continue }
            missing.insert(String(event.message[cause.upperBound...]))
        }
    }

    private mutating func note(_ end: ContainerStateTerminated?, _ container: String, _ image: String) {
        guard let end, let startedAt = end.startedAt, let finishedAt = end.finishedAt, finishedAt >= startedAt else { return }
        ends["\(container)|\(image)"] = (finishedAt - startedAt, end.exitCode)
    }

    /// Whether a ConfigMap or Secret that the state does not name is to be taken as there.
    func covers(_ problem: String) -> Bool {
        if isEmpty || missing.contains(problem) { return false }
        return known.hidesConfigMaps && (problem.hasPrefix("configmap ") || problem.contains(" in ConfigMap "))
            || known.hidesSecrets && (problem.hasPrefix("secret ") || problem.contains(" in Secret "))
    }

    /// Whether what the container uses was measured.
    func isMeasured(_ pod: ObjectKey, _ container: String) -> Bool { known.usage[pod]?[container] != nil }

    /// What ran on a node beside its pods when the state was written; nil if nothing measured it, or if what is guessed of its pods is more.
    private(set) var beside: [String: (milliCPU: Int64, memory: Int64)] = [:]

    /// Works out what nodes used beside their pods: `pods` tells what those of a node use.
    mutating func noteNodes(_ pods: (String) -> (milliCPU: Int64, memory: Int64)) {
        for (name, whole) in known.nodeUsage {
            let own = pods(name)
            guard whole.milliCPU >= own.milliCPU, whole.memory >= own.memory else { continue }
            beside[name] = (whole.milliCPU - own.milliCPU, whole.memory - own.memory)
        }
    }

    /// Makes a program behave as others from the same image were seen to, where annotations do not say how.
    func guide(_ program: inout Program, _ worker: PodWorker, _ i: Int) {
        let spec = worker.spec(i)
        let annotations = worker.pod.metadata.annotations
        func isSaid(_ key: String) -> Bool { annotations[Program.prefix + key] != nil || annotations["\(Program.prefix)\(spec.name).\(key)"] != nil }
        if unpullable.contains(spec.image), !isSaid("image-pull") { program.pullFailure = .notFound }
        if let end = ends["\(spec.name)|\(spec.image)"], !isSaid("run-time") {
            program.runTimes = [end.time]
            if !isSaid("exit-code") { program.exitCodes = [end.code] }
        }
        if let used = known.usage[worker.pod.key]?[spec.name] {
            if used.milliCPU > 0, !isSaid("cpu") { program.cpu = .constant(used.milliCPU) }
            if used.memory > 0, !isSaid("memory") { program.memory = .constant(used.memory) }
        }
    }
}
