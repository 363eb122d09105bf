// `evenkeel.dev/v1`: what a real cluster does not have. Time, faults, snapshots, and expectations to be checked.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// The group of the simulator's own resources, as clients see it.
enum EvenkeelAPI {
    static let group = "evenkeel.dev"
    static let version = "evenkeel.dev/v1"
    /// So many snapshots can be kept at once.
    static let mostSnapshots = 64
    /// A jump of time may be so long.
    static let longestJump = Duration.hours(24 * 366)

    static func info(_ resource: APIResource) -> KindInfo {
        KindInfo(group: group, version: "v1", kind: resource.kind, plural: resource.name, shortNames: [], isNamespaced: false, type: .custom)
    }

    /// A state of the session that a client wants to come back to.
    struct Snapshot: Sendable {
        @Shared var session: Session
        var time: Instant { session.now }
    }

    /// Something that is served: its document, and its cells in a table behind the name.
    struct Item: Sendable {
        var kind: String
        var name: String
        var created: Instant?
        var content: [(key: String, value: JSONValue)]
        var cells: [JSONValue]

        var metadata: JSONValue {
            var metadata: JSONObject = ["name": .string(name)]
            metadata["creationTimestamp"] = created?.json
            return .object(metadata)
        }
        var document: JSONValue {
            var object: JSONObject = ["kind": .string(kind), "apiVersion": .string(EvenkeelAPI.version), "metadata": metadata]
            object.members += content
            return .object(object)
        }
        func partial(_ version: String) -> JSONValue {
            ["kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": metadata]
        }
    }

    /// What each kind is, for `kubectl explain`.
    static let summaries = [
        "Time":
            "Virtual time. A POST changes it by any of `paused` (true or false), `speed` (0 to 10000, or max) and `advance` (how far at once, such as 10m).",
        "Fault": "One action of a scenario's step, done now: `fail: {zone: eu-a}`, `recover: {node: a1}` and so on, as `evenkeel explain scenario.spec.steps` "
            + "lists them. A list has what is out of order now.",
        "Snapshot": "The cluster as it was when this was created. A POST to its subresource `restore` goes back to it.",
        "ExpectationReview": "Whether expectations hold now: `expect` is a list as `evenkeel explain scenario.spec.expect` has it; or a whole Scenario.",
    ]
    /// The columns behind the name, by kind.
    static let columns = [
        "Time": ["Now", "Paused", "Speed"], "Fault": ["Fault"], "Snapshot": ["Time", "Resource Version", "Objects"],
        "ExpectationReview": ["Passed", "Failures"],
    ]

    /// What a body says beside what every object says.
    static func content(_ document: JSONValue) -> JSONValue {
        guard var object = document.object else { return document }
        object.members.removeAll { ["kind", "apiVersion", "metadata"].contains($0.key) }
        return .object(object)
    }
}

extension APIServer {
    mutating func replyEvenkeel(_ request: ResourceRequest, in session: inout Session) throws(Refusal) -> APIReply {
        if request.info.verb == "create", try request.writeOptions().isDryRun {
            var (trial, server, copy) = (request, self, session)
            trial.info.parameters.removeAll { $0.name == "dryRun" }
            let reply = try server.replyEvenkeel(trial, in: &copy)
            if case .advance = reply { return .answer(answer(request, timeItem(session))) }
            return reply
        }
        do throws(APIError) {
            switch (request.info.resource, request.info.verb) {
            case ("time", "get"): return .answer(answer(request, timeItem(session)))
            case ("time", "create"): return try changeTime(request, in: &session)
            case ("faults", "create"): return .answer(answer(request, try fail(request, in: &session)))
            case ("faults", "list"): return .answer(answer(request, list: faults(in: session), session))
            case ("expectations", "create"): return .answer(answer(request, try review(expectationsOf: request, in: session)))
            case ("snapshots", "list"):
                return .answer(answer(request, list: savedStates.sorted { $0.key < $1.key }.map { Self.item($0.key, $0.value) }, session))
            case ("snapshots", "get"): return .answer(answer(request, Self.item(request.info.name, try savedState(request))))
            case ("snapshots", "delete"):
                let gone = Self.item(request.info.name, try savedState(request))
                savedStates[request.info.name] = nil
                return .answer(answer(request, gone))
            case ("snapshots", "create") where request.info.subresource == "restore":
                let kept = try savedState(request)
                session.restore(kept.session)
                return .answer(answer(request, Self.item(request.info.name, kept)))
            case ("snapshots", "create"): return .answer(answer(request, try save(request, in: session)))
            default: break
            }
        } catch { throw Refusal(error) }
        throw .noMethod
    }

    /// The document in the body, without what every object says, and the name that it gives itself.
    private func own(_ request: ResourceRequest) throws(APIError) -> (content: JSONValue, name: String) {
        do throws(Refusal) {
            let document = request.request.body.isEmpty ? [:] : try body(request, as: request.kind.resource.kind).document
            guard document.object != nil else { throw Refusal(.badRequest("the body must be an object, not \(document.typeName)")) }
            return (EvenkeelAPI.content(document), document["metadata"]?["name"]?.string ?? "")
        } catch { throw error.error }
    }

    // MARK: Time

    private func timeItem(_ session: Session) -> EvenkeelAPI.Item {
        let speed: JSONValue = if case .times(let factor) = session.speed { .int(Int64(factor)) } else { "max" }
        let now: JSONValue = .string(session.now.rfc3339)
        return EvenkeelAPI.Item(
            kind: "Time", name: "time", created: nil, content: [("now", now), ("paused", .bool(session.isPaused)), ("speed", speed)],
            cells: [now, .string(String(session.isPaused)), .string(session.speed.description)])
    }

    /// Pauses, sets the speed, lets time pass at once: `{"paused": true}`, `{"speed": 100}`, `{"advance": "10m"}`, or several of these.
    private func changeTime(_ request: ResourceRequest, in session: inout Session) throws(APIError) -> APIReply {
        let info = EvenkeelAPI.info(request.kind.resource)
        let content = try own(request).content
        var errors: [FieldError] = []
        var (isPaused, speed, goal) = (session.isPaused, session.speed, Instant?.none)
        for (name, value) in content.object?.members ?? [] {
            let text = value.string ?? value.int.map(String.init) ?? ""
            switch name {
            case "paused":
                if case .bool(let value) = value {
                    isPaused = value
                } else {
                    errors.append(FieldError(.invalid, name, value: value.text(), "must be a boolean"))
                }
            case "speed":
                if text == "0" {
                    isPaused = true
                } else if let factor = Speed(text) {
                    speed = factor
                    if content["paused"] == nil { isPaused = false }
                } else {
                    errors.append(FieldError(.invalid, name, value: value.text(), "must be 0 to 10000, or max"))
                }
            case "advance":
                if let span = Duration(text), span >= .zero, span <= EvenkeelAPI.longestJump {
                    goal = session.now + span
                } else {
                    errors.append(FieldError(.invalid, name, value: value.text(), "must be a span such as 90s or 10m, at most 366 days"))
                }
            default: errors.append(FieldError(.invalid, name, "unknown field; there are paused, speed and advance"))
            }
        }
        if !errors.isEmpty { throw .invalid(info, "", errors) }
        (session.isPaused, session.speed) = (isPaused, speed)
        guard let goal, goal > session.now else { return .answer(answer(request, timeItem(session))) }
        return .advance(to: goal) { [self] session in answer(request, timeItem(session)) }
    }

    // MARK: Faults

    /// Does what one action of a scenario's step does, now; the journal has it as a command.
    private func fail(_ request: ResourceRequest, in session: inout Session) throws(APIError) -> EvenkeelAPI.Item {
        let (content, name) = try own(request)
        let command = try ScenarioStep.command(content, session.simulation.options, as: EvenkeelAPI.info(request.kind.resource))
        let receipt = try session.perform(command).get()
        return EvenkeelAPI.Item(
            kind: "Fault", name: name.isEmpty ? content.object?.members.first?.key ?? "" : name, created: session.now,
            content: (content.object?.members ?? []) + [("status", ["message": .string(receipt.message)])], cells: [.string(receipt.message)])
    }

    /// What is out of order now, by a fault.
    private func faults(in session: Session) -> [EvenkeelAPI.Item] {
        let simulation = session.simulation
        func item(_ name: String, _ content: (key: String, value: JSONValue), _ text: String) -> EvenkeelAPI.Item {
            EvenkeelAPI.Item(kind: "Fault", name: name, created: nil, content: [content, ("status", ["message": .string(text)])], cells: [.string(text)])
        }
        var items: [EvenkeelAPI.Item] = []
        for node in session.cluster.store.nodes.sorted().map(\.metadata.name) {
            if simulation.kubelets.isFailed(node: node) { items.append(item("fail-\(node)", ("fail", ["node": .string(node)]), "node \(node) failed")) }
            if let end = simulation.kubelets.activity(node: node, in: session.cluster)?.pleg.hangsUntil {
                let left = (end - session.now).description
                items.append(
                    item("runtime-\(node)", ("runtime", ["node": .string(node), "hangs": .string(left)]), "the runtime of node \(node) hangs for \(left)"))
            }
        }
        return items
    }

    // MARK: Expectations

    /// Checks what a Scenario would expect, at this moment: `{"expect": […]}`, or a whole Scenario, of which only that is looked at.
    private func review(expectationsOf request: ResourceRequest, in session: Session) throws(APIError) -> EvenkeelAPI.Item {
        let info = EvenkeelAPI.info(request.kind.resource)
        let (content, name) = try own(request)
        let path = content["expect"] == nil ? "spec.expect" : "expect"
        guard let list = content.value(at: path) else { throw .invalid(info, "", [FieldError(.required, "expect", "a list of expectations")]) }
        if path == "expect", let other = content.object?.members.first(where: { $0.key != "expect" }) {
            throw .invalid(info, "", [FieldError(.invalid, other.key, "unknown field; there is expect")])
        }
        let results = try Expectation.check(list, path, in: session.simulation, as: info)
        let failures = results.filter { $0.difference != nil }
        let found = results.map { result -> JSONValue in
            var entry: JSONObject = ["expectation": .string(result.title), "passed": .bool(result.difference == nil)]
            if let difference = result.difference {
                entry["message"] = .string(difference)
                entry["evidence"] = .array(result.evidence.map { .string($0) })
            }
            return .object(entry)
        }
        let status: JSONValue = [
            "passed": .bool(failures.isEmpty), "time": .string(session.now.rfc3339), "failures": .int(Int64(failures.count)), "results": .array(found),
        ]
        return EvenkeelAPI.Item(
            kind: "ExpectationReview", name: name, created: nil, content: [("status", status)],
            cells: [.string(String(failures.isEmpty)), .int(Int64(failures.count))])
    }

    // MARK: Snapshots

    private func savedState(_ request: ResourceRequest) throws(APIError) -> EvenkeelAPI.Snapshot {
        guard let state = savedStates[request.info.name] else { throw .notFound(Self.snapshotInfo, request.info.name) }
        return state
    }
    private static let snapshotInfo = KindInfo(
        group: EvenkeelAPI.group, version: "v1", kind: "Snapshot", plural: "snapshots", shortNames: [], isNamespaced: false, type: .custom)

    private mutating func save(_ request: ResourceRequest, in session: Session) throws(APIError) -> EvenkeelAPI.Item {
        let (content, name) = try own(request)
        if let other = content.object?.members.first { throw .invalid(Self.snapshotInfo, name, [FieldError(.invalid, other.key, "unknown field")]) }
        if name.isEmpty { throw .invalid(Self.snapshotInfo, name, [FieldError(.required, "metadata.name", "name is required")]) }
        let problems = NameRules.subdomain(name)
        if !problems.isEmpty {
            throw .invalid(Self.snapshotInfo, name, problems.map { FieldError(.invalid, "metadata.name", value: "\"\(name)\"", $0) })
        }
        if savedStates[name] != nil { throw .alreadyExists(Self.snapshotInfo, name) }
        guard savedStates.count < EvenkeelAPI.mostSnapshots else {
            throw .forbidden(Self.snapshotInfo, name, "there are \(EvenkeelAPI.mostSnapshots) snapshots already; delete one")
        }
        let state = EvenkeelAPI.Snapshot(session: session.snapshot)
        savedStates[name] = state
        return Self.item(name, state)
    }

    private static func item(_ name: String, _ state: EvenkeelAPI.Snapshot) -> EvenkeelAPI.Item {
        let store = state.session.cluster.store
        let (time, revision, count): (JSONValue, JSONValue, JSONValue) = (
            .string(state.time.rfc3339), .string(String(store.revision)), .int(Int64(store.count))
        )
        return EvenkeelAPI.Item(
            kind: "Snapshot", name: name, created: state.time, content: [("status", ["time": time, "resourceVersion": revision, "objects": count])],
            cells: [time, revision, count])
    }

    // MARK: Answers

    private func answer(_ request: ResourceRequest, _ item: EvenkeelAPI.Item) -> APIResponse {
        answer(request.info.verb == "create" ? 201 : 200, request.representation) { [form = request.representation.form] in
            switch form {
            case .whole: item.document
            case .partial(let version): item.partial(version)
            case .table(let version): Self.table(version, item.kind, [item], metadata: [:])
            }
        }
    }

    private func answer(_ request: ResourceRequest, list items: [EvenkeelAPI.Item], _ session: Session) -> APIResponse {
        let kind = request.kind.resource.kind
        let metadata: JSONValue = ["resourceVersion": .string(String(session.cluster.store.revision))]
        return answer(200, request.representation) { [form = request.representation.form] in
            switch form {
            case .whole:
                ["kind": .string("\(kind)List"), "apiVersion": .string(EvenkeelAPI.version), "metadata": metadata, "items": .array(items.map(\.document))]
            case .partial(let version):
                [
                    "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": metadata,
                    "items": .array(items.map { $0.partial(version) }),
                ]
            case .table(let version): Self.table(version, kind, items, metadata: metadata)
            }
        }
    }

    private static func table(_ version: String, _ kind: String, _ items: [EvenkeelAPI.Item], metadata: JSONValue) -> JSONValue {
        let columns = (["Name"] + (EvenkeelAPI.columns[kind] ?? [])).map { name -> JSONValue in
            ["name": .string(name), "type": "string", "format": name == "Name" ? "name" : "", "description": .string(name), "priority": 0]
        }
        let rows = items.map { item -> JSONValue in ["cells": .array([.string(item.name)] + item.cells), "object": item.partial(version)] }
        return ObjectForm.table(version, metadata: metadata, columns: .array(columns), rows: rows)
    }
}
