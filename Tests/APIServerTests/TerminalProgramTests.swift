// What terminal programs for clusters ask: k9s by the source of its client library, the others as they were recorded at a server of ours.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@testable import APIServer

struct TerminalProgramTests {
    static let requests = Recorded.lines("terminal-programs.jsonl")

    @Test func `five programs were recorded`() {
        #expect(Set(Self.requests.compactMap { $0["program"]?.string }) == ["k9s", "korvid", "kuberich", "kuno", "kutop"])
    }

    /// Each request of a program in its order, with the code, the kind and a part of the answer that it stands on.
    @Test(arguments: ["k9s", "korvid", "kuberich", "kuno", "kutop"])
    func `a program is answered as it expects`(_ program: String) throws {
        var client = Client()
        client.prepareForErrors()
        let pod = try #require(client.session.cluster.store.pods.all.first { $0.name.hasPrefix("web-") && $0.status.phase == .running }?.name)
        var revision = String(client.session.cluster.store.revision)
        for request in Self.requests where request["program"]?.string == program {
            let uri = (request["uri"]?.string ?? "").replacing("{pod}", with: pod).replacing("{node}", with: "n").replacing("{revision}", with: revision)
            let method = request["method"]?.string ?? ""
            let reply = client.reply(
                method, uri, accept: request["accept"]?.string, contentType: request["type"]?.string, text: request["body"]?.string ?? "")
            var (code, text) = (200, "")
            switch reply {
            case .answer(let response): (code, text) = (response.status, String(decoding: response.body(), as: UTF8.self))
            case .watch(var watch): text = Client.events(&watch, client.session).map { $0.text() }.joined(separator: "\n")
            case .log(var log): text = String(decoding: log.next(in: client.session).bytes, as: UTF8.self)
            default: code = 0
            }
            #expect(Int64(code) == request["code"]?.int, "\(method) \(uri): \(text.prefix(300))")
            let json = (try? JSONParser.read(Array(text.utf8)).value) ?? .null
            if let kind = request["kind"] { #expect(json["kind"] == kind, "\(method) \(uri): \(text.prefix(300))") }
            if let part = request["holds"]?.string { #expect(text.contains(part), "\(method) \(uri) lacks \(part): \(text.prefix(300))") }
            if let newer = json.value(at: "metadata.resourceVersion")?.string, json["items"] != nil { revision = newer }
        }
    }
}
