import ControlPlane
import Foundation
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@testable import APIServer

/// A client of a server of its own.
struct Client {
    var server = APIServer(address: "127.0.0.1:26443")
    var session: Session
    var user = UserInfo(name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"])

    struct Answer {
        var code: Int
        var headers: [(name: String, value: String)]
        var text: String
        var json: JSONValue { (try? JSONParser.read(Array(text.utf8)).value) ?? .null }
        var warnings: [String] { headers.filter { $0.name == "warning" }.map(\.value) }
        func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    /// Of the version whose answers were recorded, unless told otherwise.
    init(namespaces: [String] = [], speed: Speed = .times(1), minor: Int = 36) {
        var options = SimulationOptions()
        options.profile = KubernetesProfile(KubernetesVersion(minor: minor))
        session = Session(Simulation(options))
        session.advance(to: .start + .seconds(1))
        for name in namespaces { _ = send("POST", "/api/v1/namespaces", body: ["metadata": ["name": .string(name)]]) }
        run(seconds: 1)
    }

    mutating func run(seconds: Double) { session.advance(to: session.now + .seconds(seconds)) }

    mutating func reply(
        _ method: String, _ path: String, accept: String? = "application/json", contentType: String? = nil, text: String = "",
        headers: [(name: String, value: String)] = []
    ) -> APIReply {
        let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var all = headers
        if let accept { all.append(("accept", accept)) }
        if let contentType { all.append(("content-type", contentType)) }
        let request = APIRequest(
            method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: all, body: Array(text.utf8),
            user: user)
        return server.reply(to: request, in: &session)
    }

    mutating func send(
        _ method: String, _ path: String, body: JSONValue? = nil, accept: String? = "application/json", contentType: String? = nil, text: String? = nil,
        headers: [(name: String, value: String)] = []
    ) -> Answer {
        let contentType = contentType ?? (body == nil && text == nil ? nil : "application/json")
        switch reply(method, path, accept: accept, contentType: contentType, text: text ?? body?.text() ?? "", headers: headers) {
        case .answer(let response):
            return Answer(code: response.status, headers: response.headers, text: String(decoding: response.body(), as: UTF8.self))
        case .watch(var watch):
            return Answer(code: 200, headers: watch.headers, text: Self.events(&watch, session).map { $0.text() }.joined(separator: "\n"))
        case .advance(let goal, let answer):
            session.advance(to: goal)
            let response = answer(session)
            return Answer(code: response.status, headers: response.headers, text: String(decoding: response.body(), as: UTF8.self))
        default: return Answer(code: 101, headers: [], text: "")
        }
    }

    /// A watch and its first events.
    mutating func watch(_ path: String, accept: String = "application/json") throws -> APIWatch {
        guard case .watch(let watch) = reply("GET", path, accept: accept) else { throw Failure("\(path) is no watch") }
        return watch
    }

    static func events(_ watch: inout APIWatch, _ session: Session) -> [JSONValue] {
        watch.next(in: session).chunks.map { (try? JSONParser.read($0()).value) ?? .null }
    }
    func events(_ watch: inout APIWatch) -> [JSONValue] { Self.events(&watch, session) }

    struct Failure: Error {
        var text: String
        init(_ text: String) { self.text = text }
    }
}

/// Files with answers of a real server.
enum Recorded {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Recorded")

    static func json(_ name: String) -> JSONValue {
        guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return .null }
        return (try? JSONParser.read(Array(data)).value) ?? .null
    }
    static func lines(_ url: URL) -> [JSONValue] {
        guard let data = try? Data(contentsOf: url) else { return [] }
        return data.split(separator: 0x0a).compactMap { try? JSONParser.read(Array($0)).value }
    }
    static func lines(_ name: String) -> [JSONValue] { lines(folder.appending(path: name)) }
}

/// The text with what differs from run to run hidden.
func masked(_ text: String) -> String {
    text.replacing(#/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/#, with: "UID").replacing(#/current: \d+/#, with: "current: N")
        .replacing(#/too old resource version: 2 \(\d+\)/#, with: "too old resource version: 2 (N)")
        .replacing(#/in record \(\d+\)/#, with: "in record (N)")
}
