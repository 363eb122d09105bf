// What a kubelet makes of a pod that it finds when it starts, or comes back.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// A program ended while its kubelet was silent.
    mutating func endUnseen(_ worker: inout PodWorker, _ i: Int, _ host: KubeletHost, _ cluster: Cluster) {
        guard worker.containers[i].isRunning else { return }
        let usual = worker.containers[i].program.exitCode(worker.containers[i].instance)
        let exit = worker.containers[i].exited
        let (code, time) = (exit?.code ?? usual, exit?.at ?? cluster.now)
        let reason = exit?.reason ?? (code == 0 ? "Completed" : "Error")
        let words = lastWords(worker, i, code: code, reason: reason, at: time, host, cluster)
        markEnded(&worker, i, code: code, reason: reason, message: words, at: time, host.profile)
        worker.containers[i].crash.exit = time
    }

    /// A kubelet that was silent, or is new, looks at a pod.
    mutating func resume(_ worker: inout PodWorker, rebooted: Bool, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        worker.operation = nil
        worker.operationNumber += 1
        for i in worker.containers.indices where worker.containers[i].exited != nil { endUnseen(&worker, i, host, cluster) }
        if rebooted {
            for i in worker.containers.indices where worker.containers[i].isRunning {
                markEnded(&worker, i, code: 255, reason: "Unknown", at: cluster.now, host.profile)
                worker.containers[i].crash.exit = cluster.now
            }
        }
        guard let pod = cluster.store.pods[worker.key], pod.metadata.uid == worker.uid else {
            worker.isObjectRemoved = true
            terminate(&worker, grace: .seconds(1), &host, &cluster)
            return continueTermination(&worker, &host, &cluster)
        }
        let old = worker.pod
        worker.pod = pod
        if pod.isFinished {
            worker.verdict = worker.verdict ?? .init(reason: pod.status.reason, message: pod.status.message)
            terminate(&worker, grace: worker.grace, deletion: pod.metadata.isTerminating, &host, &cluster)
            return continueTermination(&worker, &host, &cluster)
        }
        if pod.metadata.isTerminating || worker.termination != nil {
            let grace = Duration.seconds(pod.metadata.deletionGracePeriodSeconds ?? 30)
            for i in worker.containers.indices { worker.containers[i].stop = nil }
            worker.termination = nil
            terminate(&worker, grace: grace, deletion: pod.metadata.isTerminating, &host, &cluster)
            return continueTermination(&worker, &host, &cluster)
        }
        if rebooted, worker.hasSandbox {
            // Differs from Kubernetes: init containers count as done in all versions; the new sandbox only costs its time
            // (`kubernetes-1.37.md` row 4.6.4).
            tell("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.", worker, &host, &cluster)
            worker.hasSandbox = false
            worker.stage = .sandbox
        }
        for i in worker.containers.indices where worker.containers[i].isRunning {
            worker.containers[i].stop = nil
            // After a restart of the kubelet each probe waits for a random part of its period, and up to 1.34 has said nothing yet.
            for (kind, probe) in worker.spec(i).probes {
                worker.containers[i].tickers[kind] = cluster.now + ProbeWorker.period(probe) * host.jitter.unit()
            }
            // What runs keeps its control group, whatever was granted meanwhile.
            let inForce = worker.containers[i].actuated
            let keepsProbes = host.profile.has(.kubeletRestartKeepsStatus)
            runs(&worker, i, since: worker.containers[i].startedAt, keepsProbes: keepsProbes, &host, &cluster)
            if inForce != ResourceRequirements() {
                worker.containers[i].actuated = inForce
                watchMemory(&worker, i, cluster.now, &host)
            }
        }
        if pod.metadata.annotations != old.metadata.annotations { reprogram(&worker, &host, cluster) }
        if pod.spec.identity != old.spec.identity { specChanged(&worker, old, &host, &cluster) }
        if worker.stage == .volumes { worker.hasBegunMounting = false }
        if let limit = pod.spec.activeDeadlineSeconds {
            host.schedule(.deadline, worker, at: max(cluster.now, worker.startTime + .seconds(limit)))
        }
        writeStatus(&worker, &host, &cluster)
        sync(&worker, &host, &cluster)
    }
}
