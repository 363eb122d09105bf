// What is asked of a followed cluster's API server, when, and what becomes of the answers: no sockets, no clock.

import ControlPlane
import KubernetesAPI
import Manifests
import SimulationKit

/// A request to the API server. All are GET.
public struct LiveRequest: Sendable, Hashable {
    public let id: Int
    /// Path and query.
    public let path: String
    /// Whether the answer is a stream of lines that ends some time later.
    public var isWatch = false
    /// Whether it only asks if the server is there: it is not waited for long.
    public var isBeat = false
}

/// What the API server, or the way to it, has to say to a request.
public enum LiveReply: Sendable {
    /// The whole answer; of a watch only if it was refused.
    case answer(status: Int, retryAfter: Duration?, body: [UInt8])
    /// A watch has begun.
    case began
    /// A line of a watch.
    case line([UInt8])
    /// Nothing more comes; why, if that is not the stream's own end.
    case over(String?)
}

/// Follows a cluster: lists each kind in pages, watches it from there on, goes on where a watch has ended, lists anew where that is too old,
/// and waits longer each time that something fails.
///
/// ```swift
/// var feed = LiveFeed(namespace: nil, seed: 1)
/// for request in feed.requests(at: now) { send(request) }
/// feed.receive(.line(bytes), for: id, at: now)
/// session.follow(feed.take(), at: now)
/// ```
/// - Source: Kubernetes `client-go/tools/cache/reflector.go`: back-off of 800 ms, doubled up to 30 s, with jitter, and forgotten after 2 minutes;
///   a watch asks for 5 to 10 minutes.
public struct LiveFeed: Sendable {
    static let pageSize = 500
    static let firstWait = Duration.milliseconds(800)
    static let longestWait = Duration.seconds(30)
    /// How often measurements are fetched, what was denied is tried again, and whether the server is there is asked.
    static let pollPeriod = Duration.seconds(30)
    static let deniedPeriod = Duration.minutes(2)
    static let beatPeriod = Duration.seconds(10)
    /// So many lists are fetched at the same time.
    static let listsAtOnce = 4

    /// One kind, and how far it is.
    private struct Track: Sendable {
        enum Stage: Equatable {
            case due(Instant)
            case asked(Int)
        }
        let resource: LiveResource
        var stage = Stage.due(.zeroTime)
        /// Which of the resource's versions is asked for.
        var version = 0
        /// The namespace that is listed; nil: all.
        var namespace: String?
        /// From where the watch goes on; empty: it is to be listed.
        var resourceVersion = ""
        /// The next page of the list.
        var next = ""
        var keys: Set<ObjectKey> = []
        var failures = 0
        var lastFailure = Instant.zeroTime
        var state = LiveState.waiting
        var isWatching: Bool { resource.way == .watched && !resourceVersion.isEmpty && next.isEmpty }
    }
    private var tracks: [Track]
    private var random: SeededRandom
    private var changes: [MirrorChange] = []
    private var lastID = 0
    private var owners: [Int: Int] = [:]
    /// The request that asks whether the server is there, and when the next is due.
    private var beat: Int?
    private var nextBeat = Instant.zeroTime
    private var heard: Instant?
    /// Why the server cannot be reached.
    private var lost: (since: Instant, why: String)?
    /// Listed when all of the cluster may not be.
    private let fallback: String?

    /// - Parameters:
    ///   - namespace: what is looked at where the whole cluster may not be.
    ///   - seed: of the jitter; chance has its place here.
    public init(namespace: String?, seed: UInt64, resources: [LiveResource] = LiveResource.all) {
        fallback = namespace.flatMap { $0.isEmpty ? nil : $0 }
        tracks = resources.map { Track(resource: $0) }
        random = SeededRandom(seed: seed, stream: "live")
    }

    // MARK: What is to be asked

    /// The requests that are due; they are taken to be sent.
    public mutating func requests(at now: Instant) -> [LiveRequest] {
        var requests: [LiveRequest] = []
        if beat == nil, nextBeat <= now {
            requests.append(make("/version", isBeat: true))
            beat = requests[0].id
        }
        // Without a server that answers nothing else is tried.
        if lost != nil { return requests }
        var lists = tracks.count { if case .asked = $0.stage { !$0.isWatching } else { false } }
        for index in tracks.indices {
            guard case .due(let time) = tracks[index].stage, time <= now else { continue }
            if !tracks[index].isWatching {
                if lists >= Self.listsAtOnce { continue }
                lists += 1
            }
            let request = make(path(of: tracks[index]), isWatch: tracks[index].isWatching)
            tracks[index].stage = .asked(request.id)
            owners[request.id] = index
            requests.append(request)
        }
        return requests
    }

    /// When something is next to be asked, as far as that is known; nil: when an answer has come.
    public var nextDue: Instant? {
        var due = beat == nil ? nextBeat : nil
        if lost != nil { return due }
        for track in tracks { if case .due(let time) = track.stage { due = min(due ?? time, time) } }
        return due
    }

    private mutating func make(_ path: String, isWatch: Bool = false, isBeat: Bool = false) -> LiveRequest {
        lastID += 1
        return LiveRequest(id: lastID, path: path, isWatch: isWatch, isBeat: isBeat)
    }

    private mutating func path(of track: Track) -> String {
        let path = track.resource.path(version: track.version, namespace: track.namespace)
        switch track.resource.way {
        case .one: return path
        case .watched where track.isWatching:
            let seconds = 300 + random.below(300)
            return "\(path)?watch=true&allowWatchBookmarks=true&resourceVersion=\(Self.escaped(track.resourceVersion))&timeoutSeconds=\(seconds)"
        case .watched, .polled:
            return "\(path)?limit=\(Self.pageSize)" + (track.next.isEmpty ? "" : "&continue=\(Self.escaped(track.next))")
        }
    }

    /// What is not plain in a query is written as %XX.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46 || byte == 95
            let digits = String(byte, radix: 16, uppercase: true)
            result += isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
        }
        return result
    }

    // MARK: Answers

    /// Takes in what was said to the request called `id`.
    public mutating func receive(_ reply: LiveReply, for id: Int, at now: Instant) {
        if id == beat { return receiveBeat(reply, now) }
        guard let index = owners[id] else { return }
        switch reply {
        case .began:
            guard tracks[index].stage == .asked(id) else { return }
            note(heard: now)
            tracks[index].state = .following
        case .line(let bytes):
            // A stream that was given up may still say something.
            guard tracks[index].stage == .asked(id) else { return }
            note(heard: now)
            readLine(bytes, index, now)
        case .answer(let status, let retryAfter, let body):
            owners[id] = nil
            // A proxy answers for a server that it cannot reach.
            if status < 500 { note(heard: now) }
            read(status, retryAfter, body, index, now)
        case .over(let why):
            owners[id] = nil
            // A stream that was refused, or failed, has been dealt with.
            guard tracks[index].stage == .asked(id) else { return }
            if let why { fail(index, why, now) } else { endOfWatch(index, now) }
        }
    }

    private mutating func note(heard now: Instant) { heard = max(heard ?? now, now) }

    private mutating func receiveBeat(_ reply: LiveReply, _ now: Instant) {
        beat = nil
        switch reply {
        case .answer(let status, _, _) where status < 500 && status != 401:
            note(heard: now)
            nextBeat = now + Self.beatPeriod
            // A watch that has nothing to tell is silent, but it is there: proxies may not even pass on that it has begun.
            for index in tracks.indices where tracks[index].state.isFailing && tracks[index].isWatching {
                if case .asked = tracks[index].stage, now - tracks[index].lastFailure > Self.longestWait { tracks[index].state = .following }
            }
            guard lost != nil else { return }
            lost = nil
            for index in tracks.indices where tracks[index].state.isFailing {
                if case .due = tracks[index].stage { tracks[index].stage = .due(now) }
            }
        case .answer(let status, _, let body): lose("\(status): \(Self.message(of: body))", now)
        case .over(let why): lose(why ?? "the connection was closed without an answer", now)
        case .line, .began: break
        }
    }

    private mutating func lose(_ why: String, _ now: Instant) {
        lost = (lost?.since ?? heard ?? now, why)
        nextBeat = now + .seconds(2) + .milliseconds(random.below(1000))
    }

    private mutating func read(_ status: Int, _ retryAfter: Duration?, _ body: [UInt8], _ index: Int, _ now: Instant) {
        let message = "\(status): \(Self.message(of: body))"
        switch status {
        case 200..<300: readWhole(body, index, now)
        case 403:
            if tracks[index].namespace == nil, let fallback, tracks[index].resource.isNarrowed {
                tracks[index].namespace = fallback
                return restart(index, at: now)
            }
            deny(index, .forbidden(message), now)
        case 404, 405:
            if tracks[index].version + 1 < tracks[index].resource.versions.count {
                tracks[index].version += 1
                return restart(index, at: now)
            }
            deny(index, .missing(message), now)
        case 410: restart(index, at: now)
        case 429: fail(index, message, now, atLeast: retryAfter)
        default: fail(index, message, now, atLeast: retryAfter)
        }
    }

    /// Lists the kind anew.
    private mutating func restart(_ index: Int, at time: Instant) {
        (tracks[index].resourceVersion, tracks[index].next, tracks[index].keys) = ("", "", [])
        tracks[index].stage = .due(time)
    }

    private mutating func deny(_ index: Int, _ state: LiveState, _ now: Instant) {
        let wasSeen = tracks[index].state == .following
        restart(index, at: now + Self.deniedPeriod + .milliseconds(random.below(30_000)))
        tracks[index].state = state
        // What may no longer be seen is not shown as if it were known.
        if wasSeen { changes.append(.keepOnly(tracks[index].resource.info, [], namespace: nil)) }
        switch tracks[index].resource {
        case .metrics: changes.append(.usage(nil))
        case .nodeMetrics: changes.append(.nodeUsage([:]))
        case let resource where resource.info.type == .node: changes.append(.guessNodes)
        default: break
        }
    }

    private mutating func fail(_ index: Int, _ why: String, _ now: Instant, atLeast: Duration? = nil) {
        if now - tracks[index].lastFailure > .minutes(2) { tracks[index].failures = 0 }
        tracks[index].lastFailure = now
        let wait = min(Self.firstWait * (1 << min(tracks[index].failures, 10)), Self.longestWait)
        tracks[index].failures += 1
        let jitter = wait * (Double(random.below(1000)) / 1000)
        // A page that failed is asked for again: what its token is good for, the server says.
        tracks[index].stage = .due(now + max(wait + jitter, atLeast ?? .zero))
        tracks[index].state = .failing(why, since: tracks[index].state.failingSince ?? now)
        // Whether it is the server, or the way to it, is found out at once.
        if beat == nil { nextBeat = min(nextBeat, now) }
    }

    private mutating func endOfWatch(_ index: Int, _ now: Instant) {
        // Most servers end a stream after some minutes. One that ends them at once is not asked all the time.
        tracks[index].stage = .due(now + .milliseconds(200 + random.below(800)))
    }

    // MARK: Lists

    private mutating func readWhole(_ body: [UInt8], _ index: Int, _ now: Instant) {
        guard let json = try? JSONParser.read(body).value, let object = json.object else { return fail(index, "the answer is no JSON object", now) }
        let resource = tracks[index].resource
        if case .one = resource.way {
            (tracks[index].state, tracks[index].stage) = (.following, .due(.distantFuture))
            if let settings = Self.kubeletSettings(json) { changes.append(.kubelets(settings)) }
            return
        }
        guard let items = object["items"]?.array ?? (object["items"] == .null ? [] : nil), let metadata = object["metadata"]?.object else {
            return fail(index, "the answer is no list", now)
        }
        if resource.info.group == LiveResource.metrics.info.group { return readUsage(items, index, now) }
        for item in items {
            guard let read = Self.object(item, resource, version: tracks[index].version) else { continue }
            tracks[index].keys.insert(read.object.key)
            changes.append(.put(read))
            if resource.isOfDefinitions { follow(kindOf: item) }
        }
        tracks[index].next = metadata["continue"]?.string ?? ""
        if !tracks[index].next.isEmpty {
            tracks[index].stage = .due(now)
            return
        }
        changes.append(.keepOnly(resource.info, tracks[index].keys, namespace: tracks[index].namespace))
        tracks[index].keys = []
        tracks[index].resourceVersion = metadata["resourceVersion"]?.string ?? ""
        tracks[index].state = .following
        tracks[index].failures = 0
        // Without a place to go on from it is listed again.
        tracks[index].stage = .due(tracks[index].resourceVersion.isEmpty ? now + Self.pollPeriod : now)
    }

    private mutating func readUsage(_ items: [JSONValue], _ index: Int, _ now: Instant) {
        var (usage, nodes): (MeasuredUsage, MeasuredNodes) = ([:], [:])
        let isOfNodes = tracks[index].resource == .nodeMetrics
        for item in items {
            guard let name = item["metadata"]?["name"]?.string else { continue }
            if isOfNodes {
                nodes[name] = OpenedState.amounts(item["usage"])
            } else {
                usage[ObjectKey(namespace: item["metadata"]?["namespace"]?.string ?? "", name: name)] = OpenedState.usage(in: item)
            }
        }
        changes.append(isOfNodes ? .nodeUsage(nodes) : .usage(usage))
        (tracks[index].state, tracks[index].failures) = (.following, 0)
        tracks[index].stage = .due(now + Self.pollPeriod)
    }

    /// An object of a list, whose items leave out what the list says; nil if nothing can be made of it.
    private static func object(_ json: JSONValue, _ resource: LiveResource, version: Int) -> StateObject? {
        guard var object = json.object else { return nil }
        if object["kind"] == nil { object["kind"] = .string(resource.info.kind) }
        if object["apiVersion"] == nil { object["apiVersion"] = .string(resource.versions[min(version, resource.versions.count - 1)]) }
        let read = StateObject.read(ManifestDocument(source: resource.name, json: .object(object))).object
        guard let read, read.object.kindInfo.kind == resource.info.kind, !read.object.metadata.uid.isEmpty else { return nil }
        return read
    }

    /// The KubeletConfiguration in kubeadm's ConfigMap.
    private static func kubeletSettings(_ json: JSONValue) -> KubeletConfiguration? {
        guard let text = json["data"]?["kubelet"]?.string else { return nil }
        let document = ManifestReader.read(text: text, file: "kubelet-config").configurations(ofKind: "KubeletConfiguration").first
        return document?.decode(as: KubeletConfiguration.self).value
    }

    // MARK: Watches

    private mutating func readLine(_ bytes: [UInt8], _ index: Int, _ now: Instant) {
        guard !bytes.isEmpty else { return }
        guard let event = try? JSONParser.read(bytes).value, let type = event["type"]?.string, let object = event["object"] else {
            return giveUpStream(index, "a line of the watch is no event", now)
        }
        if type == "ERROR" {
            if object["code"]?.int == 410 || object["reason"]?.string == "Expired" { return restart(index, at: now) }
            return giveUpStream(index, object["message"]?.string ?? "the watch failed", now)
        }
        if let version = object["metadata"]?["resourceVersion"]?.string, !version.isEmpty { tracks[index].resourceVersion = version }
        tracks[index].state = .following
        tracks[index].failures = 0
        let resource = tracks[index].resource
        guard type != "BOOKMARK", let read = Self.object(object, resource, version: tracks[index].version) else { return }
        switch type {
        case "ADDED", "MODIFIED":
            changes.append(.put(read))
            if resource.isOfDefinitions { follow(kindOf: object) }
        case "DELETED":
            changes.append(.remove(resource.info.type, read.object.key))
            if resource.isOfDefinitions { leave(kindOf: object) }
        default: break
        }
    }

    // MARK: Custom kinds

    /// Follows the objects of a kind whose definition was seen.
    private mutating func follow(kindOf definition: JSONValue) {
        guard let resource = LiveResource.custom(definedBy: definition) else { return }
        guard let index = place(of: resource) else { return tracks.append(Track(resource: resource)) }
        if tracks[index].resource == resource {
            if tracks[index].stage == .due(.distantFuture) { restart(index, at: .zeroTime) }
            return
        }
        // It is served in another version now, or was defined anew.
        var track = Track(resource: resource)
        track.namespace = tracks[index].namespace
        tracks[index] = track
    }
    /// A kind that is no longer defined has no objects.
    private mutating func leave(kindOf definition: JSONValue) {
        guard let resource = LiveResource.custom(definedBy: definition), let index = place(of: resource) else { return }
        restart(index, at: .distantFuture)
        tracks[index].state = .missing("it is no longer defined")
        changes.append(.keepOnly(tracks[index].resource.info, [], namespace: nil))
    }
    /// Which track is that of the same kind, in whatever version.
    private func place(of resource: LiveResource) -> Int? {
        tracks.firstIndex { $0.resource.way == .watched && $0.resource.info.group == resource.info.group && $0.resource.info.plural == resource.info.plural }
    }

    /// Leaves a stream that makes no sense; it goes on from the last place that was understood.
    private mutating func giveUpStream(_ index: Int, _ why: String, _ now: Instant) {
        fail(index, why, now)
        // A second time in a row the place itself is not trusted.
        if tracks[index].failures > 1, case .due(let time) = tracks[index].stage { restart(index, at: time) }
    }

    /// Requests whose answer is no longer of interest: their connections are to be closed.
    public mutating func takeAbandoned() -> [Int] {
        let abandoned = owners.filter { tracks[$0.value].stage != .asked($0.key) }.map(\.key)
        for id in abandoned { owners[id] = nil }
        return abandoned.sorted()
    }

    // MARK: What came of it

    /// Takes the changes that came since the last time.
    public mutating func take() -> [MirrorChange] {
        defer { changes = [] }
        return changes
    }

    /// How it stands.
    public var status: LiveStatus {
        LiveStatus(
            kinds: tracks.map { LiveStatus.Row(resource: $0.resource, state: $0.state, namespace: $0.namespace) }, heard: heard,
            lost: lost.map { LiveStatus.Loss(since: $0.since, why: $0.why) })
    }

    /// The message of a Status, or the beginning of what is there instead.
    static func message(of body: [UInt8]) -> String {
        if let json = try? JSONParser.read(body).value, let message = json["message"]?.string { return message }
        let text = String(decoding: body.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return text.isEmpty ? "no reason was given" : text
    }
}
