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
            A summary and failed expectations go to standard error: with file and line,
            what was found (pods with the reason), and what would be needed. An
            expectation that matches nothing fails, too, unless it says
            matchesNothing: true, and so does one that is not reached.

              evenkeel run app.yaml --until 10m -o table
              evenkeel run scenario.yaml --events jsonl
              evenkeel run --scenario zone-outage-honor
              evenkeel run scenario.yaml --report junit > report.xml
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable { case json, yaml, table }
    enum Events: String, ExpressibleByArgument, CaseIterable { case jsonl }
    enum Form: String, ExpressibleByArgument, CaseIterable { case junit, json }

    @OptionGroup var cluster: ClusterArguments
    @Option(help: ArgumentHelp("Virtual time to stop at, such as 90s, 10m, 2h (default: the scenario's duration, or 10m).", valueName: "span")) var until:
        String?
    @Option(help: ArgumentHelp("Write each event as a line of JSON while it happens.", valueName: "jsonl")) var events: Events?
    @Option(name: .shortAndLong, help: ArgumentHelp("Write all objects at the end.", valueName: "json|yaml|table")) var output: Output?
    @Option(help: ArgumentHelp("Write what came of each step and expectation, for CI.", valueName: "junit|json")) var report: Form?

    func run() throws {
        var limit: Duration?
        if let until {
            guard let span = Duration(until), span >= .zero else { throw Failure.usage("--until must be a span such as 90s or 10m, not \(until)") }
            limit = span
        }
        if report != nil, output != nil || events != nil { throw Failure.usage("--report goes to standard output, as -o and --events do: give one of them") }
        if cluster.files.isEmpty, cluster.scenario == nil { throw Failure.usage("run needs files or --scenario; evenkeel alone opens the built-in cluster") }
        var (session, input) = try cluster.session()
        for remark in cluster.remarks(input) { note(remark) }
        let end = session.cluster.origin + (limit ?? session.script.duration ?? Script.usualDuration)
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
        session.finishScript(early: limit != nil)
        write(session)
        if let report { write(session, report) }
        Out.flush()
        try conclude(session)
    }

    private func write(_ session: Session) {
        let cluster = session.cluster
        switch output {
        case nil: break
        case .json, .yaml:
            var items: [JSONValue] = []
            for kind in Kind.allCases { items += cluster.store.objects(kind).map { session.simulation.document(of: $0) } }
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

    private func write(_ session: Session, _ form: Form) {
        let outcomes = session.script.outcomes
        let origin = session.cluster.origin
        switch form {
        case .junit:
            let cases = outcomes.map { outcome in
                let lines = outcome.failure.map { [$0.message] + $0.evidence } ?? []
                return JUnit.Case(
                    className: session.script.name, name: "\(outcome.title) at \(outcome.at - origin)", lines: lines, fails: outcome.failure != nil)
            }
            Out.text(JUnit(name: "evenkeel run", cases: cases).text)
        case .json:
            let list = outcomes.map { outcome -> JSONValue in
                var object: JSONObject = [
                    "what": .string(outcome.title), "at": .double((outcome.at - origin).seconds), "expectation": .bool(outcome.isExpectation),
                    "holds": .bool(outcome.failure == nil),
                ]
                if let failure = outcome.failure {
                    object["message"] = .string(failure.message)
                    object["evidence"] = .array(failure.evidence.map { .string($0) })
                }
                return .object(object)
            }
            let report: JSONValue = [
                "apiVersion": "evenkeel.dev/v1", "kind": "RunReport", "scenario": .string(session.script.name),
                "simulatedSeconds": .double((session.now - origin).seconds), "failures": .int(Int64(session.script.failures.count)), "outcomes": .array(list),
            ]
            Out.line(report.text(indent: 2))
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
            throw Failure.refused(
                script.failures.flatMap { ["FAILED at \($0.at - session.cluster.origin): \($0.message)"] + $0.evidence.map { "  \($0)" } })
        }
    }

    private func note(_ line: String) { Out.error(line + "\n") }
}
