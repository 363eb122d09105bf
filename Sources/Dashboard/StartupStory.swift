import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// How a pod started, step by step, and where the time went.
struct StartupStory {
    /// One line of the waterfall.
    struct Row {
        var label: String
        /// Who did it, or what it waited for.
        var who: String
        var bars: [Gantt.Bar] = []
        /// Said instead of a total.
        var note = ""
        /// Under way.
        var isOpen = false
        /// What the row leads to.
        var link = Link.none
        var total: Double { bars.reduce(0) { $0 + $1.to - $1.from } }
    }
    /// Where Enter on a row goes.
    enum Link { case none, why, pulls, client, node }

    /// What the time went into, for the line under the waterfall.
    enum Cause: Int, CaseIterable {
        case scheduling, watch, tokens, volumes, queue, pull, runtime, initContainers, program, probes
        var title: String {
            ["scheduling", "watch", "API tokens", "volumes", "image queue", "image pull", "runtime", "init containers", "program", "probes"][rawValue]
        }
    }

    var rows: [Row] = []
    /// From creation to ready, to its end, or to now, in seconds.
    var length = 0.0
    var isReady = false
    /// Seconds on the critical path by cause, the largest first.
    var causes: [(cause: Cause, seconds: Double)] = []
    /// `cart:2.3: serializeImagePulls`: what the longest wait for a pull stood behind, and why.
    var queuedBehind = ""

    init(_ pod: Pod, _ world: World) {
        let kubelets = world.session.simulation.kubelets
        let created = pod.metadata.creationTimestamp ?? .start
        let spans = kubelets.startup(of: pod.metadata.uid, at: world.now)
        let now = world.now
        func seconds(_ time: Instant) -> Double { max(0, (time - created).seconds) }
        guard !spans.isEmpty else {
            guard pod.nodeName.isEmpty else { return }
            length = seconds(now)
            rows = [Row(label: "queue and schedule", who: "scheduler", bars: [.init(kind: .wait, from: 0, to: length)], isOpen: true, link: .why)]
            causes = [(.scheduling, length)]
            return
        }
        let ready = kubelets.firstReady(of: pod.metadata.uid)
        isReady = ready != nil
        let end = ready ?? (pod.isFinished ? spans.compactMap(\.end).max() ?? now : now)
        length = seconds(end)
        // What came after it was ready for the first time are restarts.
        let shown = spans.filter { $0.begin < end }
        func bar(_ span: StageSpan) -> Gantt.Bar {
            let waits = [.tokens, .imageQueue, .probes].contains(span.stage) || span.stage == .scheduling && (span.end ?? end) - span.begin > .seconds(1)
            return .init(kind: waits ? .wait : .work, from: seconds(span.begin), to: seconds(min(end, span.end ?? end)))
        }
        func row(_ label: String, _ who: String, _ stages: [StartStage], _ container: String = "", link: Link = .none) {
            let spans = shown.filter { stages.contains($0.stage) && $0.container == container }
            guard !spans.isEmpty else { return }
            rows.append(Row(label: label, who: who, bars: spans.map(bar), isOpen: !isReady && spans.contains { $0.end == nil }, link: link))
        }
        row("queue and schedule", "scheduler", [.scheduling], link: .why)
        row("bind, watch", "api server", [.watch])
        row("admission, set-up", "kubelet", [.setup], link: .node)
        row("API tokens", "kubelet QPS", [.tokens], link: .client)
        row("volumes", "kubelet", [.volumes], link: .client)
        row("sandbox, network", "runtime, CNI", [.sandbox], link: .node)
        let isSerial = kubelets.activity(node: pod.nodeName, in: world.cluster)?.pullLimit == 1
        let several = pod.spec.initContainers.count + pod.spec.containers.count > 1
        for container in pod.spec.initContainers + pod.spec.containers {
            let name = container.name
            guard let first = shown.first(where: { $0.container == name }) else { continue }
            let pull = "pull \(shortImage(container.image))"
            if shown.contains(where: { $0.container == name && ($0.stage == .image || $0.stage == .imageQueue) }) {
                row(pull, isSerial ? "image, serial" : "image, parallel", [.imageQueue, .image], name, link: .pulls)
            } else {
                let at = seconds(first.begin)
                rows.append(Row(label: pull, who: "image, present", bars: [.init(kind: .work, from: at, to: at)], link: .pulls))
            }
            row(several ? "create, start \(name)" : "create and start", "runtime", [.create, .start, .postStart], name, link: .node)
            row("init \(name)", "until it exits", [.initRun], name)
            row(several ? "program \(name)" : "program", "its own start", [.application], name)
            row(several ? "probes \(name)" : "probes", Self.probes(container), [.probes], name)
        }
        // What the kubelet knows is in the API when its status is written, which waits for tokens too.
        if let ready, let known = shown.compactMap(\.end).max(), ready - known > .milliseconds(1) {
            rows.append(Row(label: "status written", who: "kubelet QPS", bars: [.init(kind: .wait, from: seconds(known), to: seconds(ready))], link: .client))
        }
        findCauses(shown, end)
        findQueue(pod, shown, isSerial: isSerial, world)
    }

    private static func probes(_ container: Container) -> String {
        func every(_ probe: Probe) -> String { "every \(probe.periodSeconds == 0 ? 10 : probe.periodSeconds) s" }
        if let probe = container.startupProbe { return "startup \(every(probe))" }
        if let probe = container.readinessProbe { return "ready \(every(probe))" }
        return "status"
    }

    /// Walks back from the end: at each moment the step counts that ended then, or that was under way.
    private mutating func findCauses(_ spans: [StageSpan], _ end: Instant) {
        var sums = Array(repeating: 0.0, count: Cause.allCases.count)
        var at = end
        while true {
            func until(_ span: StageSpan) -> Instant { min(at, span.end ?? end) }
            let before = spans.filter { $0.begin < at && until($0) > $0.begin }
            guard let last = before.map(until).max() else { break }
            // Nothing under way: its status waited to be written, or the kubelet was between two syncs.
            if last < at { sums[(at == end ? Cause.tokens : .runtime).rawValue] += (at - last).seconds }
            let reaching = before.filter { until($0) == last }
            let exact = reaching.filter { ($0.end ?? end) == last }
            guard let step = (exact.isEmpty ? reaching : exact).max(by: { ($0.begin, $0.stage.rawValue) < ($1.begin, $1.stage.rawValue) }) else { break }
            let cause: Cause =
                switch step.stage {
                case .scheduling: .scheduling
                case .watch: .watch
                case .tokens: .tokens
                case .volumes: .volumes
                case .imageQueue: .queue
                case .image: .pull
                case .initRun: .initContainers
                case .application: .program
                case .probes: .probes
                default: .runtime
                }
            var length = (last - step.begin).seconds
            if cause == .volumes {
                // Tokens lie beside the volumes, and are the reason why those take long.
                let tokens = spans.filter { $0.stage == .tokens }.reduce(0) { $0 + max(0, (min(last, until($1)) - max(step.begin, $1.begin)).seconds) }
                sums[Cause.tokens.rawValue] += min(length, tokens)
                length -= min(length, tokens)
            }
            sums[cause.rawValue] += length
            at = step.begin
        }
        causes = Cause.allCases.map { ($0, sums[$0.rawValue]) }.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
    }

    /// Finds the pull that was under way for the longest time while this pod's waited.
    private mutating func findQueue(_ pod: Pod, _ spans: [StageSpan], isSerial: Bool, _ world: World) {
        let waits = spans.filter { $0.stage == .imageQueue }.map { (from: $0.begin, to: $0.end ?? world.now) }
        guard let wait = waits.max(by: { $0.to - $0.from < $1.to - $1.from }),
            let activity = world.session.simulation.kubelets.activity(node: pod.nodeName, in: world.cluster)
        else { return }
        var others = activity.pastPulls.map { ($0.image, $0.began, $0.ended) }
        others += activity.pulls.compactMap { pull in pull.began.map { (pull.image, $0, world.now) } }
        var longest = Duration.zero
        for (image, began, ended) in others {
            let shared = min(wait.to, ended) - max(wait.from, began)
            guard shared > longest else { continue }
            longest = shared
            queuedBehind = "\(shortImage(image)): \(isSerial ? "serializeImagePulls" : "maxParallelImagePulls")"
        }
    }
}
