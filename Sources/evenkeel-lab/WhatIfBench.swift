import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// A cluster of `pods` pods on `nodes` nodes that has come to rest, or two hours after its start.
private func restingCluster(nodes: Int, pods: Int) -> Simulation {
    var simulation = Simulation(SimulationOptions())
    ScheduleBench.nodes(nodes, in: &simulation.cluster)
    ScheduleBench.deployments(pods, in: &simulation.cluster) { i, deployment in
        if i % 2 == 0 {
            deployment.spec.template.spec.topologySpreadConstraints = [
                TopologySpreadConstraint(
                    maxSkew: 1, topologyKey: ScheduleBench.zone, whenUnsatisfiable: "DoNotSchedule",
                    labelSelector: LabelSelector(matchLabels: ["app": "app-\(i)"]))
            ]
        }
    }
    for i in 0..<50 {
        var budget = PodDisruptionBudget()
        budget.metadata.name = "app-\(i)"
        budget.metadata.namespace = "default"
        budget.spec.selector = LabelSelector(matchLabels: ["app": "app-\(i)"])
        budget.spec.maxUnavailable = .string("10%")
        _ = try! simulation.cluster.create(budget)
    }
    let limit = Instant.start + .hours(2)
    while simulation.readyPods < pods, simulation.now < limit { simulation.advance(to: simulation.now + .seconds(10)) }
    simulation.advance(to: simulation.now + .minutes(1))
    return simulation
}

extension Simulation {
    fileprivate var readyPods: Int { cluster.store.pods.rows.count { $0?.isReady ?? false } }
}

/// How long an answer to a what-if takes on a cluster at rest, with its difference to the present; with a title only
/// questions that begin so.
func whatIf(nodes: Int, pods: Int?, only title: String) {
    let pods = pods ?? nodes.saturatingMultiply(10)
    let simulation = restingCluster(nodes: nodes, pods: pods)
    print("\(grouped(simulation.readyPods)) of \(grouped(pods)) pods ready on \(grouped(nodes)) nodes; milliseconds of real time, the better of two")
    var present: WhatIf.Present?
    func milliseconds(_ work: () -> Void) -> String { grouped(Int((seconds(work) * 1000).rounded())) }
    print("the present, once for all questions: \(milliseconds { present = WhatIf.Present(simulation) }) ms")
    let node = simulation.cluster.store.nodes.all[nodes / 2]
    let key = ObjectKey(namespace: "default", name: "app-0")
    let count = simulation.cluster.replicas(.deployment, key) ?? 0
    let group = present!.spread.first { !$0.isDefault && $0.owners.first?.name == "app-0" }!
    var questions = [
        WhatIf.drain(node.metadata.name), WhatIf("lose node \(node.metadata.name)", [.fail(.node(node.metadata.name))]),
        .scale(.deployment, key, from: count, to: count * 2), .scale(.deployment, key, from: count, to: count / 2),
        .addNode(like: node),
    ]
    questions += WhatIf.questions(about: group, simulation.cluster.store).filter { $0.title.hasPrefix("maxSkew") || $0.title.hasPrefix("minDomains") }
    questions += [WhatIf("restart app-1", [.restart(.deployment, ObjectKey(namespace: "default", name: "app-1"))]), WhatIf("lose zone a", [.fail(.zone("a"))])]
    print("first: what came of it in the first \(WhatIf.Trial.first) of virtual time, which is the whole answer if it settles by then")
    let widths = [34, 8, 8, 10, 8, 8]
    print(row(["change", "first ms", "settled", "virtual s", "moved", "pending"], widths))
    var slowest = 0.0
    for question in questions where question.title.hasPrefix(title) {
        var answer: WhatIfAnswer?
        var best = Double.infinity
        var first = Double.infinity
        for _ in 0..<2 {
            var trial: WhatIf.Trial?
            let toFirst = seconds {
                trial = WhatIf.Trial(question, from: present!)
                trial!.run(pause: WhatIf.Trial.first)
                answer = trial!.answer()
            }
            first = min(first, toFirst)
            best = min(
                best,
                toFirst
                    + seconds {
                        if trial!.isDone { return }
                        trial!.run()
                        answer = trial!.answer()
                    })
        }
        slowest = max(slowest, first)
        guard let answer else { continue }
        print(
            row(
                [
                    question.title, grouped(Int((first * 1000).rounded())), grouped(Int((best * 1000).rounded())),
                    grouped(answer.ran.wholeSeconds) + (answer.isSettled ? "" : " +"), grouped(answer.moved), grouped(answer.pending.count),
                ], widths))
    }
    print("slowest first answer \(grouped(Int((slowest * 1000).rounded()))) ms, to be within 300 ms: \(slowest <= 0.3 ? "holds" : "does not hold")")
    print("+ the limit of ten virtual minutes came before it settled")
}
