import ControlPlane
import KubernetesAPI
import SimulationKit

/// What a pod is given to talk to the API server: files, environment, and a token bound to it.
///
/// Worked out from the pod when asked for.
///
/// - Source: Kubernetes `plugin/pkg/admission/serviceaccount`, `pkg/kubelet/token`, `pkg/kubelet/envvars`.
public struct PodCredentials: Sendable, Equatable {
    /// The life asked for, in seconds: 60 minutes and 7 seconds mark tokens that the server extends.
    public static let lifeSeconds = ServiceAccountToken.podLife.wholeSeconds
    /// The life that the server really gives to such tokens: a year.
    public static let extendedSeconds = ServiceAccountToken.extendedLife.wholeSeconds
    public static let mountPath = Pod.tokenMountPath
    /// First address of the service network, where every cluster keeps the Service `kubernetes`.
    public static let serverAddress = "10.96.0.1"

    /// `system:serviceaccount:NAMESPACE:ACCOUNT`
    public let user: String
    /// Whether the token is mounted: the pod's word, else its account's, else yes.
    public let isMounted: Bool
    /// When the kubelet fetched tokens so far, oldest first; empty before the pod started or without a mount.
    public let fetches: [Instant]
    /// When it fetches the next one; nil if it never does.
    public let nextFetch: Instant?

    public init(of pod: Pod, in cluster: Cluster, at now: Instant) {
        user = UserInfo.serviceAccount(Self.account(of: pod)).name
        isMounted = cluster.store.mountsToken(pod)
        guard isMounted, let start = pod.status.startTime, !pod.isFinished else {
            (fetches, nextFetch) = ([], nil)
            return
        }
        var fetched = [start]
        var next = start + Self.refreshDelay(pod, 0)
        while next <= now {
            fetched.append(next)
            next = next + Self.refreshDelay(pod, fetched.count - 1)
        }
        (fetches, nextFetch) = (fetched, next)
    }

    /// The account under which `pod` talks to the API server.
    public static func account(of pod: Pod) -> ObjectKey {
        ObjectKey(namespace: pod.namespace, name: pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName)
    }

    /// 80 % of the life asked for, less up to 10 s, so that pods of one node do not ask all at once.
    private static func refreshDelay(_ pod: Pod, _ index: Int) -> Duration {
        let jitter = StableHash.fnv1a64("\(pod.metadata.uid)/token/\(index)") % 10_000
        return .milliseconds(lifeSeconds * 800 - Int(jitter))
    }

    /// The files under ``mountPath`` and where they come from.
    public static let files: [(name: String, source: String)] = [
        ("token", "bound to this pod, requested for \(lifeSeconds) s"),
        ("ca.crt", "ConfigMap kube-root-ca.crt"),
        ("namespace", "the pod's namespace"),
    ]
    /// The text of the file `token` at `now`: the one that the kubelet fetched last. Nil before the pod started, or without a mount.
    public func token(of pod: Pod, in cluster: Cluster, extending: Bool = true) -> String? {
        fetches.last.flatMap { cluster.token(for: pod, issued: $0, extending: extending) }?.text(key: cluster.tokenKey)
    }
    /// What every container finds in its environment, whatever `enableServiceLinks` says.
    public static let environment: [(name: String, value: String)] = [
        ("KUBERNETES_SERVICE_HOST", serverAddress), ("KUBERNETES_SERVICE_PORT", "443"), ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
        ("KUBERNETES_PORT", "tcp://\(serverAddress):443"), ("KUBERNETES_PORT_443_TCP", "tcp://\(serverAddress):443"),
        ("KUBERNETES_PORT_443_TCP_PROTO", "tcp"), ("KUBERNETES_PORT_443_TCP_PORT", "443"), ("KUBERNETES_PORT_443_TCP_ADDR", serverAddress),
    ]

    /// The environment of a container that started at `start`: of the Services that were there, in the namespace of the pod, each by name,
    /// and of the API server. `enableServiceLinks: false` leaves the API server's.
    /// - Source: Kubernetes `pkg/kubelet/envvars/envvars.go`, `pkg/kubelet/kubelet_pods.go`.
    public static func environment(of pod: Pod, started start: Instant, in cluster: Cluster) -> [(name: String, value: String)] {
        if pod.spec.enableServiceLinks == false { return environment }
        let services = cluster.store.services.sorted(namespace: pod.namespace).filter { service in
            let isThere = service.metadata.creationTimestamp.map { $0 <= start } ?? true
            return isThere && service.name != "kubernetes" && !["", "None"].contains(service.spec.clusterIP) && !service.spec.ports.isEmpty
        }
        return environment + services.flatMap(variables)
    }
    private static func variables(of service: Service) -> [(name: String, value: String)] {
        func upper(_ name: String) -> String { name.uppercased().replacing("-", with: "_") }
        let (name, address) = (upper(service.name), service.spec.clusterIP)
        var list = [(name: "\(name)_SERVICE_HOST", value: address)]
        for (index, port) in service.spec.ports.enumerated() {
            if index == 0 { list.append(("\(name)_SERVICE_PORT", "\(port.port)")) }
            if !port.name.isEmpty { list.append(("\(name)_SERVICE_PORT_\(upper(port.name))", "\(port.port)")) }
        }
        for (index, port) in service.spec.ports.enumerated() {
            let transport = port.protocol.isEmpty ? "TCP" : port.protocol
            let (prefix, url) = ("\(name)_PORT_\(port.port)_\(transport)", "\(transport.lowercased())://\(address):\(port.port)")
            if index == 0 { list.append(("\(name)_PORT", url)) }
            list += [(prefix, url), ("\(prefix)_PROTO", transport.lowercased()), ("\(prefix)_PORT", "\(port.port)"), ("\(prefix)_ADDR", address)]
        }
        return list
    }

    /// How the server takes a token of this age while its pod exists.
    public enum Verdict: Sendable, Equatable {
        case valid
        /// Taken, though its client should have read the file again: counted as stale.
        case stale
        /// 401 Unauthorized.
        case expired
    }
    public static func verdict(age: Duration, _ settings: LinkSettings) -> Verdict {
        if age <= .seconds(lifeSeconds) { return .valid }
        return settings.extendsTokens && age <= .seconds(extendedSeconds) ? .stale : .expired
    }
}
