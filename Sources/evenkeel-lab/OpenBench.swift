// `evenkeel-lab open`: what opening the state of a cluster costs, and what an answer to a what-if costs that is asked of the command line.
import Foundation
import Simulation
import SimulationKit

/// What was used since it was made.
private struct Meter {
    private let started = seconds(on: CLOCK_MONOTONIC)
    private let processor = seconds(on: CLOCK_PROCESS_CPUTIME_ID)

    func row(_ title: String) -> [String] {
        let used: [Double] = [seconds(on: CLOCK_MONOTONIC) - started, seconds(on: CLOCK_PROCESS_CPUTIME_ID) - processor]
        return [title] + used.map { "\(($0 * 100).rounded() / 100)" } + [peakMemory().map { grouped($0) } ?? "?"]
    }
}

/// Opens the state in `path`, and asks what comes of draining a node.
func openState(_ path: String) {
    let widths = [34, 9, 9, 9]
    print(row(["", "seconds", "CPU s", "peak MB"], widths))
    let all = Meter()
    let reading = Meter()
    let input = Input(paths: [path], standardInput: { [] })
    print(row(reading.row("read"), widths))
    for problem in input.problems.prefix(3) { print(problem) }
    let opening = Meter()
    let (session, refusals) = input.makeSession()
    print(row(opening.row("open"), widths))
    for problem in refusals.problems.prefix(3) { print(problem) }
    let simulation = session.simulation
    print("\(grouped(simulation.cluster.store.nodes.all.count)) nodes, \(grouped(simulation.cluster.store.pods.all.count)) pods")
    guard let node = simulation.cluster.store.nodes.all.first else { return }
    let asking = Meter()
    let present = WhatIf.Present(simulation)
    print(row(asking.row("the present"), widths))
    let answering = Meter()
    let answer = WhatIf.drain(node.metadata.name).answer(from: present, limit: .minutes(10))
    print(row(answering.row("drain one node"), widths))
    print(row(all.row("in all"), widths))
    print("moved \(answer.moved), pending \(answer.pending.count), settled \(answer.isSettled) after \(answer.ran.wholeSeconds) s of virtual time")
}
