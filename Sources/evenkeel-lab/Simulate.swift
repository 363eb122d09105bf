import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// One virtual hour of a cluster in which all pods run and nothing is asked of it.
func quietHour(nodes: Int, pods: Int?) {
    let pods = pods ?? nodes.saturatingMultiply(10)
    var simulation = Simulation(SimulationOptions())
    let start = seconds {
        ScheduleBench.nodes(nodes, in: &simulation.cluster)
        ScheduleBench.deployments(pods, in: &simulation.cluster)
        let limit = Instant.start + .hours(2)
        while simulation.cluster.store.pods.count(where: \.isReady) < pods, simulation.now < limit {
            simulation.advance(to: simulation.now + .seconds(10))
        }
    }
    print(
        "\(grouped(simulation.cluster.store.pods.count(where: \.isReady))) of \(grouped(pods)) pods ready on "
            + "\(grouped(nodes)) nodes after \(simulation.now.sinceStart) virtual, \(text(start)) s real")
    // What the start left behind, such as Events, settles first.
    simulation.advance(to: simulation.now + .minutes(1))
    let revision = simulation.cluster.store.revision
    let runs = simulation.eventsRun
    let hour = seconds { simulation.advance(to: simulation.now + .hours(1)) }
    print(
        "one quiet hour: \(text(hour)) s real, \(grouped(simulation.cluster.store.revision - revision)) writes, "
            + "\(grouped(simulation.eventsRun - runs)) component runs, peak \(peakMemory().map(grouped) ?? "–") MB")
}

private func text(_ seconds: Double) -> String {
    let hundredths = Int((seconds * 100).rounded())
    return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
}

extension Table {
    fileprivate func count(where test: (Object) -> Bool) -> Int { rows.count { $0.map(test) ?? false } }
}

/// The whole life of pods: from the Deployments that are created until all are ready, with all events; then what each has left behind.
func wholeLife(nodes: Int, pods: Int, deployments: Int) {
    let before = residentMemory() ?? 0
    var simulation = Simulation(SimulationOptions())
    ScheduleBench.nodes(nodes, in: &simulation.cluster)
    ScheduleBench.deployments(pods, count: deployments, in: &simulation.cluster)
    let limit = Instant.start + .hours(2)
    func ready() -> Int { simulation.cluster.store.pods.count(where: \.isReady) }
    var real = 0.0
    let computing = processorSeconds {
        real = seconds { while ready() < pods, simulation.now < limit { simulation.advance(to: simulation.now + .seconds(10)) } }
    }
    print(
        "\(grouped(ready())) of \(grouped(pods)) pods of \(grouped(deployments)) Deployments ready on \(grouped(nodes)) nodes after "
            + "\(simulation.now.sinceStart) virtual, \(text(real)) s real, \(text(computing)) s computing: \(grouped(Int(Double(ready()) / computing))) pods/s")
    let writes = simulation.cluster.store.revision
    simulation.advance(to: simulation.now + .minutes(2))
    let resident = residentMemory() ?? 0
    print(
        "\(grouped(writes)) writes, \(grouped(simulation.eventsRun)) component runs; peak \(peakMemory().map(grouped) ?? "–") MB, "
            + "then \(grouped(resident >> 20)) MB: \(grouped((resident - before) / max(1, pods))) bytes a pod, all in")
}

/// Pods created, changed and deleted through the API's verbs.
func storeWrites() {
    let count = 100_000
    var cluster = Cluster()
    var template = Pod()
    template.metadata.namespace = "default"
    template.metadata.labels = ["app": "app"]
    var owner = OwnerReference()
    (owner.apiVersion, owner.kind, owner.name, owner.uid) = ("apps/v1", "ReplicaSet", "app", "uid")
    owner.controller = true
    template.metadata.ownerReferences = [owner]
    template.spec.containers = [Container(name: "app", image: "app:1")]
    func report(_ what: String, _ work: () -> Void) {
        let time = seconds(work)
        print(row([what, grouped(Int(Double(count) / time)) + " /s"], [24, 14]))
        cluster.store.compact(before: cluster.store.end)
    }
    report("create") {
        for i in 0..<count {
            var pod = template
            pod.metadata.name = "pod-\(i)"
            _ = try! cluster.create(pod)
        }
    }
    let keys = cluster.store.pods.all.map(\.key)
    report("modify status") { for key in keys { cluster.modify(Pod.self, key) { $0.status.phase = .running } } }
    report("update labels") {
        for key in keys { _ = try! cluster.update(Pod.self, key) { $0.metadata.labels["tier"] = "front" } }
    }
    report("delete") {
        for key in keys { _ = try! cluster.delete(Pod.self, key, DeleteOptions(gracePeriodSeconds: 0)) }
    }
}
