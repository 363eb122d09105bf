// The kubelet of one node: its pods, images, volumes, PLEG and requests, and what it does when a timer is due.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// The kubelet of one node.
///
/// Everything that happens on the node is a method of it, handed the ``KubeletHost`` and the cluster; the ``KubeletFleet`` routes
/// changes and timers here. What is done to a pod takes its ``PodWorker`` `inout`, out of the
/// table for that time: see `with`.
///
/// The life of a pod: `Kubelet+Arrival` (admission), `+Start` (stages up to running containers), `+Sync` (what to do next),
/// `+Probes`, `+Resize`, `+Eviction`, `+Stop` (termination), `PodWorker+Status` (what the API shows of it).
struct Kubelet: Sendable {
    /// The position among the fleet's kubelets, also in ``KubeletHost/reportDue``.
    let index: Int
    let name: String
    /// The node's address.
    var address = ""
    /// The first two or three numbers of its pods' addresses.
    var podPrefix = ""
    var nextPodAddress = 0
    var uid = ""
    var allocatable = Resources()
    var maxPods = 110
    var memoryCapacity: Int64 = 0
    var cores = 1
    /// The pods by slot; one that is being looked at stands outside of it.
    var pods: [PodWorker?] = []
    var freeSlots: [Int] = []
    /// Slots of the pods that count here, in order of arrival.
    var counted: [Int] = []
    /// Sum of the requests of pods that are admitted and not at their end.
    var used = Resources()
    var images: ImageStore
    var volumes = NodeVolumes()
    /// Its configuration's position.
    var setup = 0
    var api: APIClient
    var pleg: Pleg
    /// Bytes of the file system that images are on.
    var imageCapacity: Int64 = 0
    var isWatchingImages = false
    /// Failures of image garbage collection in a row.
    var imageFailures = 0
    /// Pods whose resize waits for room, in the order of trying.
    var pendingResizes: [PodReference] = []
    var resizeTimer = 0
    /// Why they are tried next, in the words of the kubelet's metrics.
    var resizeTrigger = ""
    /// Sum over running containers of the most memory each can come to use.
    var memoryPeak: Int64 = 0
    var isWatchingMemory = false
    var lastMemoryPressure: Instant?
    var hasMemoryPressure = false
    /// A pod that is being evicted: no other one until it is gone, or until this moment.
    var evicting: (pod: PodReference, until: Instant)?
    /// What ailed the node in the state that was opened, as its conditions told: it stays so, as the cause is not known.
    var ills: [Condition] = []
    /// Silent: nobody looks after the node's pods.
    var isFailed = false
    /// It is silent because its process does not run; the machine is there, and its network.
    var isStopped = false
    /// The last heartbeat before it fell silent, once one was missed.
    var silentSince: Instant?
    /// What becomes of the containers that ran when the kubelet fell silent.
    var containersDie = false
    var wasUnschedulable = false

    /// Its settings, shared by all kubelets with the same configuration.
    func settings(_ host: KubeletHost) -> KubeletSettings { host.setups[setup].settings }

    // MARK: Timers

    /// Something of the node is due.
    mutating func fire(_ timer: KubeletHost.NodeTimer, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        switch timer {
        case .pull(let token): pullsEnd(token, &host, &cluster)
        case .memory: checkMemory(&host, &cluster)
        case .images: collectImages(&host, &cluster)
        case .status(let token): continueSending(token, &host, &cluster)
        case .events: sendWaitingEvents(&host, &cluster)
        case .pleg: host.reportDue[index] = .start
        case .resizeRetry(let token): if resizeTimer == token { retryResizes(&host, &cluster) }
        case .unpublished(let volume, let pod): unpublished(volume, pod, cluster.now, &host)
        case .unstaged(let volume): unstaged(volume, &host)
        }
    }

    /// Something of one of its pods is due.
    mutating func fire(_ timer: KubeletHost.PodTimer, _ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if isFailed {
            // Programs go on without their kubelet; it finds out when it comes back.
            if case .exit(let i, let instance) = timer, worker.containers[i].instance == instance {
                endUnseen(&worker, i, host, cluster)
            }
            return
        }
        // A kubelet whose runtime does not answer waits; programs go on.
        if let hang = pleg.hang, hang.until > cluster.now, !timer.isOfTheProgram {
            return host.schedule(timer, worker, at: hang.until)
        }
        switch timer {
        case .sync: sync(&worker, &host, &cluster)
        case .operation(let number):
            if worker.operationNumber == number, worker.operation != nil { endOperation(&worker, &host, &cluster) }
        case .exit(let i, let instance):
            guard worker.isRunning(i, instance) else { return }
            let code = worker.containers[i].program.exitCode(instance)
            exits(&worker, i, code: code, reason: code == 0 ? "Completed" : "Error", cluster.now, &host)
        case .outOfMemory(let i, let instance, let token):
            guard worker.isRunning(i, instance), worker.containers[i].loadToken == token else { return }
            exits(&worker, i, code: 137, reason: "OOMKilled", cluster.now, &host)
        case .detected(let i, let instance):
            if worker.isRunning(i, instance) { detected(&worker, i, &host, &cluster) }
        case .memory(let i, let instance, let token):
            guard worker.isRunning(i, instance), worker.containers[i].loadToken == token else { return }
            stepMemory(&worker, i, &host, &cluster)
        case .probe(let i, let instance, let probe, let token):
            if worker.isRunning(i, instance) { attempt(&worker, i, probe, token, &host, &cluster) }
        case .stop(let i, let instance, let token):
            guard worker.containers[i].instance == instance, worker.containers[i].stop?.token == token else { return }
            continueStop(&worker, i, &host, &cluster)
        case .quits(let i, let instance):
            guard worker.isRunning(i, instance) else { return }
            let code = worker.containers[i].program.stopExitCode
            exits(&worker, i, code: code, reason: code == 0 ? "Completed" : "Error", cluster.now, &host)
        case .deadline: deadlinePassed(&worker, &host, &cluster)
        case .gone: finishDeletion(&worker, &host, &cluster)
        }
    }

    // MARK: Pods

    /// Runs `body` on the pod in `slot`, taken out of the table so that nothing is copied.
    mutating func with(
        _ slot: Int, _ host: inout KubeletHost, _ cluster: inout Cluster,
        _ body: (inout Kubelet, inout PodWorker, inout KubeletHost, inout Cluster) -> Void
    ) {
        // Swapped rather than assigned: a worker is large, and would be copied with all that it refers to.
        var taken: PodWorker?
        swap(&taken, &pods[slot])
        guard taken != nil else { return }
        body(&self, &taken!, &host, &cluster)
        // A worker that was dropped in the meantime must not come back.
        if !taken!.isDropped { swap(&taken, &pods[slot]) }
    }
    /// The same by reference; does nothing if that worker is gone.
    mutating func with(
        _ reference: PodReference, _ host: inout KubeletHost, _ cluster: inout Cluster,
        _ body: (inout Kubelet, inout PodWorker, inout KubeletHost, inout Cluster) -> Void
    ) {
        if has(reference) { with(reference.slot, &host, &cluster, body) }
    }
    /// Whether that worker is still there, and nobody looks at it.
    func has(_ reference: PodReference) -> Bool { pods[reference.slot]?.reference == reference }

    /// Forgets a pod whose containers have ended.
    mutating func drop(_ worker: inout PodWorker, _ host: inout KubeletHost) {
        release(&worker)
        forgetObjects(worker)
        host.files.forget(worker)
        api.correlator.forget(ObjectReference(worker.pod), EventSource("kubelet", host: worker.pod.nodeName))
        let slot = worker.reference.slot
        worker.isDropped = true
        host.pods[worker.uid] = nil
        host.timelines[worker.uid]?.containers = worker.containers.map(\.status.name)
        if worker.isObjectRemoved { host.timelines[worker.uid] = nil }
        freeSlots.append(slot)
        counted.removeAll { $0 == slot }
    }

    /// Takes the pod off the node's books.
    mutating func release(_ worker: inout PodWorker) {
        guard worker.holdsResources else { return }
        worker.holdsResources = false
        used -= worker.requests
        let reference = worker.reference
        pendingResizes.removeAll { $0 == reference }
        images.cancel(reference)
        for i in worker.containers.indices { countMemory(&worker, i, 0) }
    }

    // MARK: Changes

    /// The pod's object changed.
    mutating func see(_ change: Change<Pod>, _ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let pod = change.object
        if change.action == .deleted {
            worker.isObjectRemoved = true
            worker.pod = pod
            if isFailed { return }
            // Admission goes by what the API server has: what is deleted there counts no more, though it still ends.
            release(&worker)
            terminate(&worker, grace: .seconds(max(1, pod.metadata.deletionGracePeriodSeconds ?? 1)), &host, &cluster)
            continueTermination(&worker, &host, &cluster)
            return
        }
        let old = worker.pod
        worker.pod = pod
        if !isFailed { compare(&worker, with: old, &host, &cluster) }
    }

    /// Acts on what is new in a pod.
    private mutating func compare(_ worker: inout PodWorker, with old: Pod, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let pod = worker.pod
        if pod.metadata.identity != old.metadata.identity {
            if pod.metadata.annotations != old.metadata.annotations { reprogram(&worker, &host, cluster) }
            if pod.metadata.isTerminating,
                worker.termination?.isDeletion != true
                    || pod.metadata.deletionGracePeriodSeconds != old.metadata.deletionGracePeriodSeconds
            {
                terminate(
                    &worker, grace: .seconds(pod.metadata.deletionGracePeriodSeconds ?? 30), deletion: true, &host, &cluster)
                continueTermination(&worker, &host, &cluster)
                return
            }
        }
        if worker.termination != nil { return }
        if pod.spec.identity != old.spec.identity { specChanged(&worker, old, &host, &cluster) }
        if !pod.spec.readinessGates.isEmpty, pod.status.identity != old.status.identity {
            writeStatus(&worker, &host, &cluster)
        }
    }
}
