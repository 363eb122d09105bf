import ControlPlane
import KubernetesAPI
import SimulationKit

/// What a pod is given to talk to the API server: files, environment, and a token bound to it.
///
/// Worked out from the pod when asked for; no volume is written into its spec.
///
/// - Source: Kubernetes `plugin/pkg/admission/serviceaccount`, `pkg/kubelet/token`, `pkg/kubelet/envvars`.
public struct PodCredentials: Sendable, Equatable {
    /// The life asked for, in seconds: 60 minutes and 7 seconds mark tokens that the server extends.
    public static let lifeSeconds = 3607
    /// The life that the server really gives to such tokens: a year.
    public static let extendedSeconds = 31_536_000
    public static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
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
        let name = pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName
        user = "system:serviceaccount:\(pod.namespace):\(name)"
        let account = cluster.store.serviceAccounts[ObjectKey(namespace: pod.namespace, name: name)]
        isMounted = pod.spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true
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
    /// What every container finds in its environment, whatever `enableServiceLinks` says.
    public static let environment: [(name: String, value: String)] = [
        ("KUBERNETES_SERVICE_HOST", serverAddress), ("KUBERNETES_SERVICE_PORT", "443"), ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
        ("KUBERNETES_PORT", "tcp://\(serverAddress):443"), ("KUBERNETES_PORT_443_TCP", "tcp://\(serverAddress):443"),
        ("KUBERNETES_PORT_443_TCP_PROTO", "tcp"), ("KUBERNETES_PORT_443_TCP_PORT", "443"), ("KUBERNETES_PORT_443_TCP_ADDR", serverAddress),
    ]

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
