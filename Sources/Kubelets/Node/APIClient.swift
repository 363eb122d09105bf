// A kubelet's requests to the API server and the tokens they wait for.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// One kubelet's requests to the API server: they wait for tokens, in the order in which they were made.
///
/// Heartbeats have a client of their own without a limit and do not come here.
/// - Source: Kubernetes `cmd/kubelet/app/server.go`; `pod-startup.md` §4.
struct APIClient: Sendable {
    var main: TokenBucket
    var events: TokenBucket
    /// ConfigMaps and Secrets that some pod of the node uses: when the answer to their first LIST is there, and how
    /// many pods use them. By `configmap NAMESPACE/NAME`.
    var cached: [String: (ready: Instant, users: Int)] = [:]
    /// Pods whose new status waits for its turn; the first is being sent.
    var unsent: [PodReference] = []
    /// The first of `unsent` was read, and is to be patched.
    var isPatching = false
    /// Raised when the sender is reset: older timers are void.
    var sendToken = 0
    /// Events that wait for those before them, and the first for a token.
    var untold: [PendingEvent] = []
    var correlator = EventCorrelator()
    /// How many events the recorder holds; more are dropped.
    /// - Source: Kubernetes `client-go/tools/record/event.go`, `maxQueuedEvents`.
    static let maxQueuedEvents = 1000
    var calls = 0
    var callsWaited = 0
    var longestWait = Duration.zero
    /// Times a pod's worker gave up waiting for its volumes.
    var mountTimeouts = 0
    /// Events that the recorder dropped: its queue was full, or too much was told about their object.
    var droppedEvents = 0
    var waits = Recent<NodeActivity.Call>(1024)

    init(_ settings: KubeletSettings) {
        main = TokenBucket(qps: settings.apiQPS, burst: settings.apiBurst)
        events = TokenBucket(qps: settings.eventQPS, burst: settings.eventBurst)
    }

    /// Makes a request; returns when it begins.
    mutating func call(_ request: String, for pod: ObjectKey, at now: Instant) -> Instant {
        let start = main.reserve(at: now)
        calls += 1
        if start > now {
            callsWaited += 1
            longestWait = max(longestWait, start - now)
            waits.append(.init(request: request, pod: pod, asked: now, began: start))
        }
        return start
    }

    /// An event that waits for a token.
    struct PendingEvent: Sendable {
        var happened: Instant
        var reason: String
        var message: String
        var about: ObjectReference
        var isWarning: Bool
        var source: EventSource
    }
}
