// A dashboard that follows a simulated cluster by way of its API server, which fails now and then. No sockets.

import APIServer
import ControlPlane
import Dashboard
import KubernetesAPI
import Simulation
import SimulationKit

/// A cluster that is served, and the feed that follows it.
struct FuzzedLive {
    private var served: Session
    private var server = APIServer()
    private var feed: LiveFeed
    private var watches: [(id: Int, watch: APIWatch)] = []
    private var hostile: Hostile
    private var now: Instant

    init(_ number: Int) {
        served = FuzzedClusters.dashboard(number).session
        hostile = Hostile(SeededRandom(seed: UInt64(number), stream: "live"))
        feed = LiveFeed(namespace: hostile.pick([nil, "default"]), seed: UInt64(number))
        now = served.now
    }

    /// The dashboard, with what the first answers told.
    mutating func dashboard() -> Dashboard {
        var options = SimulationOptions()
        options.origin = now
        var dashboard = Dashboard(session: Session(.mirroring(options)))
        dashboard.beginFollowing("fuzz", kubectl: "kubectl --context fuzz")
        for _ in 0..<12 { pass(.milliseconds(500), &dashboard) }
        return dashboard
    }

    /// Time goes on in both: what changes is told.
    mutating func pass(_ span: Duration, _ dashboard: inout Dashboard) {
        now = now + span
        var events = 0
        served.advance(to: now) {
            events += 1
            return events > 200
        }
        for request in feed.requests(at: now) { answer(request) }
        for id in feed.takeAbandoned() { watches.removeAll { $0.id == id } }
        for index in watches.indices.reversed() {
            let (chunks, isOver) = watches[index].watch.next(in: served)
            for chunk in chunks {
                for line in chunk().split(separator: UInt8(ascii: "\n")) { feed.receive(.line(Array(line)), for: watches[index].id, at: now) }
            }
            let breaks = hostile.chance(3)
            if isOver || breaks { feed.receive(.over(breaks ? "cut off" : nil), for: watches.remove(at: index).id, at: now) }
        }
        dashboard.follow(LiveUpdate(changes: feed.take(), status: feed.status), at: now)
        precondition(served.journal.allSatisfy { if case .write = $0.command { false } else { true } }, "the followed cluster was changed")
    }

    private mutating func answer(_ request: LiveRequest) {
        func fail(_ status: Int, _ body: String) {
            feed.receive(.answer(status: status, retryAfter: .seconds(1), body: Array(body.utf8)), for: request.id, at: now)
        }
        switch hostile.below(40) {
        case 0: return fail(403, "")
        case 1: return fail(410, "{\"message\": 7}")
        case 2: return fail(429, "slowly")
        case 3: return fail(200, hostile.anyText(200))
        case 4: return feed.receive(.over("cut off"), for: request.id, at: now)
        case 5: feed.receive(.line(Array(hostile.anyText(200).utf8)), for: request.id, at: now)
        default: break
        }
        precondition(!request.path.contains("secrets") && !request.path.contains("/proxy"), request.path)
        let parts = request.path.split(separator: "?", maxSplits: 1).map(String.init)
        let asked = APIRequest(
            method: "GET", path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: [("accept", "application/json")],
            user: UserInfo(name: "fuzz", groups: ["system:masters", "system:authenticated"]))
        switch server.reply(to: asked, in: &served) {
        case .answer(let response): feed.receive(.answer(status: response.status, retryAfter: nil, body: response.body()), for: request.id, at: now)
        case .watch(let watch): watches.append((request.id, watch))
        case .log, .session, .advance: preconditionFailure("\(request.path) is no reading of objects")
        }
    }
}
