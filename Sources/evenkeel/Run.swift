import ArgumentParser
import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import Printers
import Simulation
import SimulationKit

/// `evenkeel run FILE…`: the simulation without a screen.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Simulate without a screen, as fast as possible.",
        discussion: """
            Plays the manifests, and the Scenario among them if there is one, and
            writes what comes of it. The same input and seed give the same bytes.
            A summary and failed expectations go to standard error.

              evenkeel run app.yaml --until 10m -o table
              evenkeel run scenario.yaml --events jsonl
              evenkeel run --scenario zone-outage-honor
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable { case json, yaml, table }
    enum Events: String, ExpressibleByArgument, CaseIterable { case jsonl }

    @OptionGroup var cluster: ClusterArguments
    @Option(help: ArgumentHelp("Virtual time to stop at, such as 90s, 10m, 2h (default: the scenario's duration, or 10m).", valueName: "span")) var until:
        String?
    @Option(help: ArgumentHelp("Write each event as a line of JSON while it happens.", valueName: "jsonl")) var events: Events?
    @Option(name: .shortAndLong, help: ArgumentHelp("Write all objects at the end.", valueName: "json|yaml|table")) var output: Output?

    func run() throws {
        var limit: Duration?
        if let until {
            guard let span = Duration(until), span >= .zero else { throw Failure.usage("--until must be a span such as 90s or 10m, not \(until)") }
            limit = span
        }
        if cluster.files.isEmpty, cluster.scenario == nil { throw Failure.usage("run needs files or --scenario; evenkeel alone opens the built-in cluster") }
        var (session, input) = try cluster.session()
        for remark in cluster.remarks(input) { note(remark) }
        let end = session.cluster.origin + (limit ?? session.script.duration ?? .minutes(10))
        // What the state tells of the past is no news.
        var told = session.cluster.eventLog.past
        func tell(_ session: Session) {
            guard events == .jsonl else { return }
            let eventLog = session.cluster.eventLog
            for event in eventLog.events(from: told) { Out.line(event.json(since: session.cluster.origin).text()) }
            told = eventLog.count
        }
        tell(session)
        // Events are read often enough that none is forgotten before it is written.
        var steps = 0
        while !session.advance(
            to: end,
            until: {
                steps += 1
                return steps % 256 == 0
            })
        { tell(session) }
        tell(session)
        session.finishScript()
        write(session)
        Out.flush()
        try conclude(session)
    }

    private func write(_ session: Session) {
        let cluster = session.cluster
        switch output {
        case nil: break
        case .json, .yaml:
            var items: [JSONValue] = []
            for kind in Kind.allCases { items += cluster.store.objects(kind).map(cluster.document(of:)) }
            let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(items)]
            if output == .json { Out.line(list.text(indent: 2)) } else { Out.text(ManifestWriter.yaml(list)) }
        case .table:
            var first = true
            for info in KindInfo.all + cluster.store.customKinds where info.type != .event {
                let objects = cluster.store.objects(info.type).filter { info.type != .custom || $0.kindInfo == info }
                if objects.isEmpty { continue }
                if !first { Out.line("") }
                first = false
                Out.text(Printers.table(info, objects, in: cluster, wide: info.type == .pod, namespaceColumn: info.isNamespaced))
            }
        }
    }

    private func conclude(_ session: Session) throws {
        let pods = session.cluster.store.pods.all
        let ready = pods.count(where: \.isReady)
        let pending = pods.count { $0.status.phase == .pending && $0.nodeName.isEmpty }
        note(
            "\(session.now - session.cluster.origin) simulated: \(session.cluster.store.nodes.count) nodes, \(pods.count) pods, \(ready) ready, \(pending) waiting for a node, \(session.cluster.eventLog.count - session.cluster.eventLog.past) events."
        )
        let times = session.simulation.kubelets.timesToReady(in: session.cluster)
        if let median = times.median, let most = times.percentile(95), let longest = times.times.last {
            func text(_ time: Duration) -> String { time.truncated(to: .milliseconds(100)).description }
            note("time to ready of \(times.count) pods: median \(text(median)), 95 % within \(text(most)), all within \(text(longest)).")
        }
        let timeouts = session.simulation.kubelets.mountTimeouts
        if timeouts > 0 { note("mounts of volumes timed out \(timeouts) times.") }
        let script = session.script
        if script.passed + script.failures.count > 0 { note("\(script.passed) expectations held, \(script.failures.count) failed.") }
        guard script.failures.isEmpty else {
            throw Failure.refused(script.failures.map { "FAILED at \($0.at - session.cluster.origin): \($0.message)" })
        }
    }

    private func note(_ line: String) { Out.error(line + "\n") }
}
