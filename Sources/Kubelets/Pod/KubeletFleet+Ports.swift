// Which of a pod's programs listen, as the network finds them.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// The container of `pod` whose program listens on `port`: it runs, is done with its start and was not told to stop; nil if none does.
    ///
    /// Declared ports are for readers and bind nobody, so other signs count too: the ports that probes ask, and those on which the programs
    /// of well-known images listen. A command that is a ``Script`` listens nowhere. Of a container of which nothing tells, nobody can say
    /// where it listens, and it is taken to listen wherever it is asked.
    public func listener(of pod: Pod, port: Int, at now: Instant) -> String? {
        guard let worker = worker(of: pod) else { return nil }
        var anywhere: String?
        var somethingTells = false
        for i in worker.containers.indices {
            let container = worker.containers[i]
            let isUp = container.isRunning && container.exited == nil && container.signalled == nil && container.work.map { $0.end <= now } ?? true
            guard !container.isPlainInit else { continue }
            guard let ports = Self.ports(of: worker.spec(i)) else {
                if isUp { anywhere = anywhere ?? container.status.name }
                continue
            }
            somethingTells = somethingTells || !ports.isEmpty
            if isUp, ports.contains(port) { return container.status.name }
        }
        // Where one container's ports are known, another is not taken to have all the rest.
        return somethingTells ? nil : anywhere
    }

    /// The TCP ports on which the program of `container` listens; nil if nothing tells.
    public static func ports(of container: Container) -> [Int]? {
        let script = Script(container)
        if let script, !script.isPlaceholder { return [] }
        var ports = container.ports.filter { $0.protocol != "UDP" && $0.protocol != "SCTP" }.map(\.containerPort)
        for (_, probe) in container.probes {
            let asked = [probe.httpGet?.port, probe.tcpSocket?.port].compactMap { $0 }
            for port in asked { if case .int(let number) = port, !ports.contains(number) { ports.append(number) } }
            if let number = probe.grpc?.port, !ports.contains(number) { ports.append(number) }
        }
        if !ports.isEmpty || !container.ports.isEmpty { return ports }
        if script != nil { return nil }
        let name = container.image.split(separator: "/").last?.prefix { $0 != ":" && $0 != "@" } ?? ""
        return portsOfImages[String(name)]
    }

    /// Where the programs of well-known images listen if nobody tells them otherwise: what the images expose. *Model*: by the last part of
    /// the image's name.
    private static let portsOfImages: [String: [Int]] = [
        "nginx": [80], "httpd": [80], "caddy": [80, 443, 2019], "traefik": [80], "wordpress": [80], "whoami": [80], "nginx-unprivileged": [8080],
        "redis": [6379], "valkey": [6379], "memcached": [11211], "postgres": [5432], "mysql": [3306], "mariadb": [3306], "mongo": [27017],
        "rabbitmq": [4369, 5671, 5672, 15672, 25672], "elasticsearch": [9200, 9300], "cassandra": [7000, 7001, 7199, 9042, 9160], "etcd": [2379, 2380],
        "zookeeper": [2181, 2888, 3888, 8080], "nats": [4222, 6222, 8222], "prometheus": [9090], "grafana": [3000], "tomcat": [8080], "registry": [5000],
        "vault": [8200], "jenkins": [8080, 50000], "echoserver": [8080], "hello-app": [8080], "podinfo": [9898],
        "busybox": [], "alpine": [], "debian": [], "ubuntu": [], "pause": [],
    ]

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
