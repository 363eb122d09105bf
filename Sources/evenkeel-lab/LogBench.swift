// How long the log of one pod of very many takes to open, and what following the logs of many costs.

import Canvas
import ControlPlane
import Dashboard
import Foundation
import KubernetesAPI
import Simulation
import SimulationKit

private let frame = Size(width: 120, height: 36)

/// A cluster with this many pods that run, each on some node, for an hour.
private func running(_ pods: Int) -> Simulation {
    var simulation = Simulation(SimulationOptions())
    ScheduleBench.nodes(max(1, pods / 100 + 1), in: &simulation.cluster)
    ScheduleBench.deployments(pods, in: &simulation.cluster)
    let limit = Instant.start + .hours(2)
    while simulation.cluster.store.pods.rows.count(where: { $0?.isReady ?? false }) < pods, simulation.now < limit {
        simulation.advance(to: simulation.now + .seconds(10))
    }
    simulation.advance(to: simulation.now + .hours(1))
    return simulation
}

/// Opens the logs of pods here and there in a cluster of `pods`: the answer of the API server, and the screen to its first frame.
func openLogs(pods: Int) {
    let simulation = running(pods)
    let all = simulation.cluster.store.pods.all
    var dashboard = Dashboard(session: Session(simulation))
    _ = dashboard.frame(size: frame)
    var (answers, screens) = ([Double](), [Double]())
    for index in 0..<min(50, all.count) {
        let pod = all[index * all.count / min(50, all.count)]
        answers.append(seconds { _ = simulation.log(of: pod.key, LogOptions(tailLines: 1000)) })
        screens.append(
            seconds {
                dashboard.openLog(of: pod.key)
                _ = dashboard.frame(size: frame)
            })
        try? dashboard.press("<Esc>")
    }
    func line(_ what: String, _ times: [Double]) {
        let sorted = times.sorted()
        print(what + String(format: "%8.2f ms, at most %.2f ms", sorted[sorted.count / 2] * 1000, (sorted.last ?? 0) * 1000))
    }
    print("\(grouped(all.count)) pods; opening the log of one, median of \(answers.count)")
    line("last 1000 lines, as asked by a client ", answers)
    line("screen to its first frame             ", screens)
}

/// What following the logs of all pods of a Deployment costs at x100, beside what the simulation itself costs.
func followLogs(of count: Int, seconds: Int) {
    var simulation = running(50)
    var deployment = Deployment()
    (deployment.metadata.name, deployment.metadata.namespace) = ("followed", "default")
    deployment.spec.replicas = count
    deployment.spec.selector = LabelSelector(matchLabels: ["app": "followed"])
    deployment.spec.template.metadata.labels = ["app": "followed"]
    var container = Container(name: "app", image: "followed")
    container.resources.requests = ["cpu": Quantity(milli: 100), "memory": Quantity(bytes: 128 << 20)]
    // Who declares a port logs its requests.
    var port = ContainerPort()
    port.containerPort = 8080
    container.ports = [port]
    deployment.spec.template.spec.containers = [container]
    ScheduleBench.nodes(count / 50 + 2, named: "more", in: &simulation.cluster)
    _ = simulation.perform(.create(deployment))
    simulation.advance(to: simulation.now + .minutes(10))
    var session = Session(simulation)
    (session.isPaused, session.speed) = (false, .times(100))
    /// Seconds of computing for `seconds` seconds of real time, as the main loop has them.
    func cost(_ prepare: (inout Dashboard) -> Void) -> Double {
        var dashboard = Dashboard(session: session)
        prepare(&dashboard)
        _ = dashboard.frame(size: frame)
        return processorSeconds {
            for _ in 0..<seconds * 30 {
                dashboard.advance(by: .milliseconds(33)) { false }
                if dashboard.needsFrame { _ = dashboard.frame(size: frame) }
            }
        }
    }
    // The same screen with the log of one pod.
    let table = cost { $0.openLog(of: .deployment, ObjectKey(namespace: "default", name: "app-0")) }
    let follow = cost { $0.openLog(of: .deployment, ObjectKey(namespace: "default", name: "followed")) }
    print("\(grouped(count)) pods followed at x100 for \(seconds) s")
    print(String(format: "without  %6.2f %% of a core", table / Double(seconds) * 100))
    print(
        String(
            format: "with     %6.2f %% of a core: following costs %.2f %% of the simulation's speed", follow / Double(seconds) * 100,
            (follow - table) / Double(seconds) * 100))
}
