import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// Follows what takes the places of pods that were evicted or deleted by key, to say where it landed.
struct Replacements {
    /// Places that pods of one owner left.
    private struct Vacancy {
        var owner: String
        /// Identities of the owner's pods before any left.
        var known: Set<String>
        var count = 0
        var since: Instant
    }
    private var vacancies: [Vacancy] = []

    var isEmpty: Bool { vacancies.isEmpty }

    /// Remembers whose pods `commands` take away. To be called before they are performed.
    mutating func expect(after commands: [Command], _ world: World) {
        for command in commands {
            let key: ObjectKey
            switch command {
            case .evict(let pod): key = pod
            case .delete(.pod, let pod, _): key = pod
            default: continue
            }
            guard let owner = world.store.pods[key]?.metadata.controller?.uid else { continue }
            if let index = vacancies.firstIndex(where: { $0.owner == owner && $0.since == world.now }) {
                vacancies[index].count += 1
            } else {
                vacancies.removeAll { $0.owner == owner }
                vacancies.append(Vacancy(owner: owner, known: Set(world.store.pods(ownedBy: owner).map(\.metadata.uid)), count: 1, since: world.now))
            }
        }
    }

    mutating func forget() { vacancies = [] }

    /// Where the replacements of one owner's pods landed, or why one waits; nil as long as there is nothing to tell. Gives up
    /// after two minutes: a rollout or a scale may want fewer pods.
    mutating func news(_ world: World) -> String? {
        vacancies.removeAll { world.now - $0.since > .minutes(2) }
        for (index, vacancy) in vacancies.enumerated() {
            let fresh = world.store.pods(ownedBy: vacancy.owner).filter { !vacancy.known.contains($0.metadata.uid) }
            if let waiting = fresh.first(where: { $0.nodeName.isEmpty && $0.status.conditions[ConditionType.podScheduled]?.status == "False" }) {
                vacancies.remove(at: index)
                return "\(waiting.metadata.name) replaces it and waits: \(waiting.status.conditions[ConditionType.podScheduled]?.message ?? "")"
            }
            guard fresh.count >= vacancy.count, fresh.allSatisfy({ !$0.nodeName.isEmpty }) else { continue }
            vacancies.remove(at: index)
            let places = fresh.prefix(vacancy.count).map { pod in
                let zone = world.store.nodes[ObjectKey(name: pod.nodeName)]?.zone ?? ""
                return "\(pod.metadata.name) on \(pod.nodeName)\(zone.isEmpty ? "" : " (\(zone))")"
            }
            return
                "In \(places.count == 1 ? "its place" : "their places"): \(places.prefix(4).joined(separator: ", "))\(places.count > 4 ? " and \(places.count - 4) more" : "")"
        }
        return nil
    }
}
