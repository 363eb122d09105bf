// The recorded steps of a pod's start, as screens read them.

import SimulationKit

extension KubeletFleet {
    /// The recorded steps of a pod's start, in the order of their begin; empty for a pod that this fleet did
    /// not start. Kept until the pod's object is gone.
    ///
    /// Of a container's own start only the parts of one instance after the other are told; a restarted container
    /// has its steps again. `tokens` lies beside `volumes`; all others follow each other for one container.
    ///
    /// - Parameter now: the present moment; with it a program's own start that is over is told as such, though probes
    ///   have not seen it yet.
    public func startup(of podUID: String, at now: Instant? = nil) -> [StageSpan] {
        guard let timeline = host.timelines[podUID] else { return [] }
        let place = host.pods[podUID]
        let worker = place.flatMap { nodes[$0.node]?.pods[$0.slot] }
        let names = worker?.containers.map(\.status.name) ?? timeline.containers
        var spans: [StageSpan] = []
        for entry in timeline.entries {
            let i = Int(entry.container)
            var span = StageSpan(
                stage: entry.stage, container: names.indices.contains(i) ? names[i] : "", begin: entry.begin,
                end: entry.end == .distantFuture ? nil : entry.end)
            if span.end == nil, entry.stage == .application, let now, let answers = worker?.containers[i].work?.end,
                answers <= now
            {
                let end = max(span.begin, answers)
                span.end = end
                spans.append(span)
                span = StageSpan(stage: .probes, container: span.container, begin: end, end: nil)
            }
            spans.append(span)
        }
        if now != nil, let worker { spans += pullsUnderWay(worker) }
        return spans
    }

    /// What the timeline gets only at the end of a pull, as far as it has come.
    private func pullsUnderWay(_ worker: PodWorker) -> [StageSpan] {
        guard let images = nodes[worker.reference.node]?.images else { return [] }
        var spans: [StageSpan] = []
        for (pulls, runs) in [(images.active, true), (images.waiting, false)] {
            for pull in pulls where pull.pod == worker.reference {
                if !runs || pull.began > pull.asked {
                    spans.append(StageSpan(stage: .imageQueue, container: pull.containerName, begin: pull.asked, end: runs ? pull.began : nil))
                }
                if runs { spans.append(StageSpan(stage: .image, container: pull.containerName, begin: pull.began, end: nil)) }
            }
        }
        return spans
    }

    /// When the pod's condition Ready was True for the first time; nil if it never was.
    public func firstReady(of podUID: String) -> Instant? { host.timelines[podUID]?.ready }
}
