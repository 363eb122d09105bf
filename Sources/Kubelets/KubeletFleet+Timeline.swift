import SimulationKit

extension KubeletFleet {
    /// The recorded steps of a pod's start, in the order of their begin; empty for a pod that this fleet did
    /// not start. Kept until the pod's object is gone.
    public func startup(of podUID: String) -> [StageSpan] {
        guard let timeline = timelines[podUID] else { return [] }
        let names =
            slots[podUID].flatMap { workers[$0] }?.containers.map(\.status.name) ?? timeline.containers
        return timeline.entries.map { entry in
            let i = Int(entry.container)
            return StageSpan(
                stage: entry.stage, container: names.indices.contains(i) ? names[i] : "", begin: entry.begin,
                end: entry.end == .distantFuture ? nil : entry.end)
        }
    }
}
