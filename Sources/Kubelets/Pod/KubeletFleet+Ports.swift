// Which of a pod's programs listen, as the network finds them.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// The container of `pod` whose program listens on `port`: one that declares it, is done with its start and was not told to stop; nil
    /// if none does. Ports are declared for readers: of a pod that declares none, nobody can say where it listens, and the first container does.
    public func listener(of pod: Pod, port: Int, at now: Instant) -> String? {
        guard let worker = worker(of: pod) else { return nil }
        let declaresNone = pod.spec.containers.allSatisfy(\.ports.isEmpty)
        for i in worker.containers.indices {
            let container = worker.containers[i]
            let isUp = container.isRunning && container.exited == nil && container.signalled == nil && container.work.map { $0.end <= now } ?? true
            let declares = worker.spec(i).ports.contains { $0.containerPort == port && $0.protocol != "UDP" && $0.protocol != "SCTP" }
            guard isUp, declares || declaresNone else { continue }
            return container.status.name
        }
        return nil
    }

    /// The probe that asks a container for `path` and fails now; nil if none does.
    public func failingProbe(of pod: Pod, container name: String, path: String, at now: Instant) -> ProbeKind? {
        guard let worker = worker(of: pod), let i = worker.containers.firstIndex(where: { $0.status.name == name }) else { return nil }
        let container = worker.containers[i]
        let age = now - container.startedAt
        for (kind, probe) in worker.spec(i).probes where probe.httpGet?.path == path {
            guard let window = container.program.failures[kind] else { continue }
            if age >= window.from, window.until.map({ age < $0 }) ?? true { return kind }
        }
        return nil
    }
}
